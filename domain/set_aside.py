"""What people wrote into a CSV file and nobody can believe: it is set aside and told, and the rest goes on."""

from __future__ import annotations

from collections.abc import Iterable
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
    whole, and not only this line of it.
    """

    file: str
    line: int
    path: str
    message: str
    of_file: bool = field(default=False, compare=False)

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

    def closed(self) -> SetAside:
        """The same for those who may not see what stands in the file: where, and not what."""
        return replace(self, mistakes=tuple(sorted({replace(one, path="", message="") for one in self.mistakes})))


def untold(aside: Iterable[SetAside]) -> frozenset[str]:
    """What nobody can be told of, since a file is set aside as a whole: budgets, objectives, ..."""
    return frozenset(one.tells for one in aside if one.is_whole)
