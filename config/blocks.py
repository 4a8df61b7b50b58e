"""The blocks of a settings text: as somebody wrote them, with the comments above each, or written anew."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

import yaml

from config.yaml_text import Plain

LONGEST = 100  # a value that takes more of a line is written in lines of its own
_BARE = re.compile(r"[\w./][\w./-]*")


@dataclass(frozen=True, kw_only=True)
class BlockText:
    """A block as it stands in its file. `above` are the comments and empty lines before it."""

    name: str
    above: tuple[str, ...]
    lines: tuple[str, ...]


def blocks_of(text: str) -> tuple[list[BlockText], tuple[str, ...]]:
    """The blocks of a text in their order, and the comments below the last one; none where it is written in braces.

    Comments that are indented behind their # go on with the block above them: they are settings of it to use later.
    """
    root = yaml.compose(text, Loader=yaml.BaseLoader)
    if not isinstance(root, yaml.MappingNode) or root.flow_style:
        return [], ()
    lines = text.splitlines()
    starts = [key.start_mark.line for key, _ in root.value]
    blocks: list[BlockText] = []
    begin = 0
    for (key, _), start, end in zip(root.value, starts, [*starts[1:], len(lines)], strict=True):
        last = end
        while last > start + 1 and _is_comment(lines[last - 1]):
            last -= 1
        while last < end and _goes_on(lines[last]):
            last += 1
        blocks.append(
            BlockText(name=key.value, above=tuple(lines[begin:start]), lines=tuple(lines[start:last])),
        )
        begin = last
    return blocks, tuple(lines[begin:])


def written(name: str, value: Plain, *, indent: int = 0) -> list[str]:
    """The lines of a setting, in one line where it is short."""
    head, short = f"{' ' * indent}{_scalar(name)}:", _short(value)
    if len(short) <= LONGEST or not isinstance(value, (dict, tuple)):
        return [f"{head} {short}".rstrip()]
    if isinstance(value, dict):
        return [head, *(line for key, inner in value.items() for line in written(key, inner, indent=indent + 2))]
    return [head, *(f"{' ' * indent}  - {_short(one)}" for one in value)]


def _is_comment(line: str) -> bool:
    return not line.strip() or line.lstrip().startswith("#")


def _goes_on(line: str) -> bool:
    """Is it empty, or a comment of what stands inside a block?"""
    return not line.strip() or re.match(r"\s+#|#\s{2,}", line) is not None


def _short(value: Plain) -> str:
    if isinstance(value, dict):
        return f"{{{', '.join(f'{_scalar(key)}: {_short(inner)}'.rstrip() for key, inner in value.items())}}}"
    if isinstance(value, tuple):
        return f"[{', '.join(map(_short, value))}]"
    return "" if value is None else _scalar(value)


def _scalar(text: str) -> str:
    return text if _BARE.fullmatch(text) else json.dumps(text, ensure_ascii=False)
