"""What people wrote into a CSV file and nobody can believe: it is set aside and told, and the rest goes on."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace

LONGEST_PATH = 200
# What files tell. Rows of a whole add up to something: where one is wrong, nothing of the file is believed.
STANDING = ("readings", "decisions", "dependencies")
WHOLES = ("budgets", "actuals", "votes", "objectives")
MONEY = frozenset({"budgets", "actuals"})


@dataclass(frozen=True, order=True)
class Mistake:
    """One mistake. `line` counts from 1; `path` is dotted, "" for the file itself. Never holds a secret's text.

    `message` "": there is one, and who reads of it may not see what the line says. `of_file`: the file is wrong as a
    whole, and not only this line of it. `names` are the items that the line speaks of, as far as it can be read.
    """

    file: str
    line: int
    path: str
    message: str
    of_file: bool = field(default=False, compare=False)
    names: tuple[str, ...] = field(default=(), compare=False)

    def __str__(self) -> str:
        path = self.path if len(self.path) <= LONGEST_PATH else f"{self.path[:LONGEST_PATH]}..."
        words = ": ".join(part for part in (f"{self.file}:{self.line}", path, self.message) if part)
        return "".join(letter if letter.isprintable() else "?" for letter in words)


@dataclass(frozen=True, kw_only=True)
class SetAside:
    """A file that is not believed, or some lines of it. `tells`: budgets, readings, ...; it has a mistake at least.

    `is_whole`: nothing of it counts, as if nobody had told of it; else only the lines with mistakes do not.
    """

    file: str
    tells: str
    is_whole: bool
    mistakes: tuple[Mistake, ...]

    @property
    def first(self) -> Mistake:
        return self.mistakes[0]

    @property
    def lines(self) -> int:
        """How many lines have a mistake."""
        return len({(one.file, one.line) for one in self.mistakes})

    @property
    def place(self) -> str:
        """Where to look first, without a word of what stands there."""
        return f"{self.first.file}:{self.first.line}"

    def closed(self, shows: Callable[[str], bool]) -> SetAside:
        """The same for those who may not see what stands in the file: where, and not what.

        `shows` says which items they see: that a line speaks of one of those, they may know.
        """
        told: dict[tuple[str, int], Mistake] = {}
        for one in sorted(self.mistakes):
            names = tuple(name for name in one.names if shows(name))
            before = told.get((one.file, one.line))
            names = names if before is None else tuple(dict.fromkeys((*before.names, *names)))
            told[one.file, one.line] = replace(one, path="", message="", names=names)
        return replace(self, mistakes=tuple(told.values()))


@dataclass(frozen=True, kw_only=True)
class Unread:
    """Where the decision log may speak of an item and nobody can believe what it says. `items` are folded keys.

    `whole` is the place of a mistake for which nothing of a log is read: it may speak of any item. A place is a file
    and a line, as in decisions.csv:12.
    """

    items: Mapping[str, str] = field(default_factory=dict)
    whole: str | None = None

    def of(self, *keys: str) -> str | None:
        """Where it may speak of an item of these keys; None: all that is said of it was read."""
        places = (self.items.get(key.casefold()) for key in keys)
        return next((one for one in places if one is not None), self.whole)


ALL_READ = Unread()


def unread_decisions(aside: Iterable[SetAside]) -> Unread:
    """What of the decision log is set aside, by the items that it may be about: the first line of each."""
    items: dict[str, str] = {}
    whole = None
    for one in aside:
        if one.tells != "decisions":
            continue
        if one.is_whole:
            whole = whole or one.place
        for mistake in sorted(one.mistakes):
            for name in mistake.names:
                items.setdefault(name.casefold(), f"{mistake.file}:{mistake.line}")
    return Unread(items=items, whole=whole)


def untold(aside: Iterable[SetAside]) -> frozenset[str]:
    """What nobody can be told of, since a file is set aside as a whole: budgets, objectives, ..."""
    return frozenset(one.tells for one in aside if one.is_whole)
