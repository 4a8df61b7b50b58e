"""YAML as people mean it: every scalar is text, every key is said once, every value knows its line."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import yaml

from config.mistakes import Mistake

MOST_BYTES = 1_000_000
MOST_DEPTH = 24
MOST_VALUES = 100_000  # after anchors are written out: a few lines of anchors can stand for billions of values

Plain = str | None | tuple["Plain", ...] | dict[str, "Plain"]
Path = tuple[str | int, ...]


@dataclass(frozen=True, kw_only=True)
class Marked:
    """A YAML text as plain values (text, tuples, mappings), and the line of each, by path.

    Settings left empty (`budget:`) are left out of `data`, but not of `lines`; `empty` has their paths.
    """

    data: dict[str, Plain]
    lines: Mapping[Path, int]
    empty: Sequence[Path] = ()

    def place(self, path: Iterable[str | int], *, keep_last: bool = False) -> Path:
        """The part of a path that the file has, as its reader would say it.

        A model's path also names what the file has not: the tag of a union, `[key]`, an index where one value stood
        for a list, and (kept with `keep_last`) the setting that is missing.
        """
        here: Plain = self.data
        place: list[str | int] = []
        parts = tuple(path)
        for number, part in enumerate(parts, start=1):
            if isinstance(here, dict) and part in here:
                here = here[str(part)]
            elif isinstance(here, tuple) and isinstance(part, int) and part < len(here):
                here = here[part]
            elif not (keep_last and number == len(parts)):
                continue
            place.append(part)
        return tuple(place)

    def line(self, path: Path) -> int:
        """The line of a path, or of the nearest block around it."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)


class _TextLoader(yaml.SafeLoader):
    """Without implicit resolvers: `NO` is Norway and `1.10` keeps its nought."""

    yaml_implicit_resolvers: dict[str, list[tuple[str, object]]] = {}  # noqa: RUF012 - PyYAML's own class attribute


class _MistakenError(Exception):
    def __init__(self, line: int, path: Path, message: str) -> None:
        super().__init__(message)
        self.line, self.path, self.message = line, path, message


def read(content: bytes, *, file: str) -> tuple[Marked, list[Mistake]]:
    """Return the values with their lines, and what is wrong with the text itself."""
    empty = Marked(data={}, lines={})
    try:
        text = _decoded(content)
        _refuse_hostile(text)
        root = yaml.compose(text, Loader=_TextLoader)
    except _MistakenError as error:
        return empty, [Mistake(file, error.line, "", error.message)]
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = 1 if mark is None else mark.line + 1
        return empty, [Mistake(file, line, "", f"not YAML: {_problem(error)}; mend the line or the one above")]
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        return empty, [Mistake(file, line, "", "a control character; remove it")]
    if root is None:
        return empty, [Mistake(file, 1, "", "the file is empty; `vmo init` writes one to begin with")]
    if not isinstance(root, yaml.MappingNode):
        return empty, [Mistake(file, 1, "", "expected settings such as `portfolio:`, found something else")]
    return _Reading(file).of(root)


def dotted(path: Path) -> str:
    """`themes.settle-fast.match[0].label`."""
    words = ""
    for part in path:
        words += f"[{part}]" if isinstance(part, int) else f".{part}"
    return words.removeprefix(".")


def _decoded(content: bytes) -> str:
    if len(content) > MOST_BYTES:
        raise _MistakenError(1, (), f"the file has {len(content):,} bytes; settings may have {MOST_BYTES:,}")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise _MistakenError(line, (), "not UTF-8 text; save the file as UTF-8") from None


def _problem(error: yaml.MarkedYAMLError) -> str:
    """The parser's own words, without the names it quotes: `token: *abc` would show the token as an alias."""
    return re.sub(r""" (['"])(?!<)[^'"]{3,}\1""", "", error.problem or error.context or "it cannot be read")


def _refuse_hostile(text: str) -> None:
    """Look at the events before anything is built from them: tags, depth, and more than one document."""
    depth, documents = 0, 0
    for event in yaml.parse(text, Loader=_TextLoader):
        line = 1 if event.start_mark is None else event.start_mark.line + 1
        if getattr(event, "tag", None) is not None:
            raise _MistakenError(
                line, (), "YAML tags (a word that begins with `!`) are not accepted; remove it or quote it"
            )
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > MOST_DEPTH:
            raise _MistakenError(line, (), f"blocks inside blocks, more than {MOST_DEPTH} deep")
        documents += isinstance(event, yaml.DocumentStartEvent)
        if documents > 1:
            raise _MistakenError(line, (), "a second document begins here; one file holds one (remove the `---`)")


class _Reading:
    """Nodes to plain values; remembers lines and mistakes on the way."""

    def __init__(self, file: str) -> None:
        self._file = file
        self._lines: dict[Path, int] = {}
        self._empty: list[Path] = []
        self._mistakes: list[Mistake] = []
        self._left = MOST_VALUES

    def of(self, root: yaml.MappingNode) -> tuple[Marked, list[Mistake]]:
        try:
            data = self._mapping(root, (), frozenset())
        except _MistakenError as error:
            self._mistakes.append(Mistake(self._file, error.line, dotted(error.path), error.message))
            data = {}
        return Marked(data=data, lines=self._lines, empty=self._empty), self._mistakes

    def _value(self, node: yaml.Node, path: Path, around: frozenset[int]) -> Plain:
        line = node.start_mark.line + 1
        self._lines.setdefault(path, line)
        self._left -= 1
        if self._left < 0:
            raise _MistakenError(line, path, f"anchors make more than {MOST_VALUES:,} values of this file")
        if id(node) in around:
            raise _MistakenError(line, path, "an anchor that holds itself")
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, path, around)
        if isinstance(node, yaml.SequenceNode):
            inside = around | {id(node)}
            return tuple(self._value(child, (*path, index), inside) for index, child in enumerate(node.value))
        if node.value == "" and getattr(node, "style", None) is None:
            return None
        return str(node.value)

    def _mapping(self, node: yaml.MappingNode, path: Path, around: frozenset[int]) -> dict[str, Plain]:
        values: dict[str, Plain] = {}
        said: dict[str, int] = {}
        for key, line, child in self._entries(node, path):
            if key in said:
                message = f"said twice, first in line {said[key]}; keep one of them"
                self._mistakes.append(Mistake(self._file, line, dotted((*path, key)), message))
                continue
            said[key] = line
            self._lines.setdefault((*path, key), line)
            value = self._value(child, (*path, key), around | {id(node)})
            if value is None:
                self._empty.append((*path, key))
            else:
                values[key] = value
        return values

    def _entries(self, node: yaml.MappingNode, path: Path) -> Iterator[tuple[str, int, yaml.Node]]:
        for key, child in node.value:
            line = key.start_mark.line + 1
            if not isinstance(key, yaml.ScalarNode):
                self._mistakes.append(Mistake(self._file, line, dotted(path), "a setting's name must be a word"))
            elif key.value == "<<":
                message = "merging with `<<` is not accepted; write the settings out, or use an anchor for one value"
                self._mistakes.append(Mistake(self._file, line, dotted(path), message))
            else:
                yield key.value, line, child
