"""What is wrong with the settings: every mistake at once, each with its place and its mend."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches

MOST_SHOWN = 100  # a CSV file in the wrong shape has a mistake on every line
LONGEST_PATH = 200


@dataclass(frozen=True, order=True)
class Mistake:
    """One mistake. `line` counts from 1; `path` is dotted, "" for the file itself. Never holds a secret's text."""

    file: str
    line: int
    path: str
    message: str

    def __str__(self) -> str:
        path = self.path if len(self.path) <= LONGEST_PATH else f"{self.path[:LONGEST_PATH]}..."
        words = ": ".join(part for part in (f"{self.file}:{self.line}", path, self.message) if part)
        return "".join(letter if letter.isprintable() else "?" for letter in words)


class ConfigurationError(Exception):
    """A person must mend the settings. `mistakes` holds all that were found, in the order of the files."""

    def __init__(self, mistakes: Iterable[Mistake]) -> None:
        self.mistakes = tuple(sorted(set(mistakes)))
        lines = [str(mistake) for mistake in self.mistakes[:MOST_SHOWN]]
        if (more := len(self.mistakes) - MOST_SHOWN) > 0:
            lines.append(f"... and {more:,} more")
        super().__init__("\n".join(lines))


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """`; did you mean "token"?`, or nothing where no known name is near."""
    by_folded = {name.casefold(): name for name in known}
    near = get_close_matches(word.casefold(), list(by_folded), n=1, cutoff=0.6)
    return f'; did you mean "{by_folded[near[0]]}"?' if near else ""
