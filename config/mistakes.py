"""What is wrong with the settings: every mistake at once, each with its place and its mend."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

from domain.set_aside import Mistake

MOST_SHOWN = 100  # a CSV file in the wrong shape has a mistake on every line
MOST_KNOWN = 10  # names that a message lists

__all__ = ["ConfigurationError", "Mistake", "did_you_mean", "or_known"]


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


def or_known(word: str, known: Iterable[str], *, block: str) -> str:
    """What to write in place of an unknown name: one that is near, else one that is known, else where to declare it."""
    names = list(known)
    if near := did_you_mean(word, names):
        return near
    if not names:
        return f"; declare it under `{block}:`"
    more = f" and {len(names) - MOST_KNOWN} more" if len(names) > MOST_KNOWN else ""
    return f"; known: {', '.join(names[:MOST_KNOWN])}{more}"
