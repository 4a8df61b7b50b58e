"""What of the CSV files is set aside: said where something rests on it, and never in silence."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence

from cli.outcome import ExitCode
from cli.terminal import plain
from config.load import Settings
from domain.set_aside import SetAside

MOST_SAID = 10  # `vmo check` names every one
FILES = "settings"  # in the manifest that the store keeps of an edition: the digest of each file that was read


def said(settings: Settings) -> list[str]:
    """The first mistakes, each with its place and mend, and how many more there are; nothing where there are none."""
    found = settings.mistakes
    lines = [f"{_is_aside(one)}; {without(one)}" for one in settings.set_aside]
    lines += [f"  {plain(str(one))}" for one in found[:MOST_SAID]]
    if (more := len(found) - MOST_SAID) > 0:
        lines.append(f"  and {more:,} more; `vmo check` names every one")
    return lines


def in_one_line(aside: Sequence[SetAside]) -> str | None:
    """Which files are set aside, and who says why; None: none is. What stands in the files is not repeated."""
    if not aside:
        return None
    places = ", ".join(f"{names(one)} (first {plain(one.place)})" for one in aside)
    return f"set aside: {places}; `vmo check` says what is wrong and how to mend it"


def problems(settings: Settings) -> list[str]:
    """One sentence a file, for those who run the service; what stands in the file is not repeated."""
    return [
        f"{_is_aside(one)}: there {_mistakes(one)}, the first in {plain(one.place)}; {without(one)}; "
        "`vmo check` names the mend"
        for one in settings.set_aside
    ]


def tell(settings: Settings, say: Callable[[str], None]) -> None:
    for line in said(settings):
        say(line)


def outcome(settings: Settings, code: ExitCode) -> ExitCode:
    """What went through went through without what is set aside."""
    return ExitCode.PARTLY if code is ExitCode.DONE and settings.set_aside else code


def digests(settings: Settings) -> dict[str, str]:
    """The digest of each file by its name, so that these very settings can be found again."""
    return {name: hashlib.sha256(body).hexdigest() for name, body in settings.files.items()}


def names(one: SetAside) -> str:
    """The file, or how many lines of it."""
    file = plain(one.file)
    return file if one.is_whole else f"{'1 line' if one.lines == 1 else f'{one.lines:,} lines'} of {file}"


def without(one: SetAside) -> str:
    """What goes on without it."""
    return _WITHOUT[one.tells] if one.is_whole else f"the other {one.tells} are told"


def _is_aside(one: SetAside) -> str:
    return f"{names(one)} {'is' if one.is_whole or one.lines == 1 else 'are'} set aside"


def _mistakes(one: SetAside) -> str:
    count = len(one.mistakes)
    return "is a mistake in it" if count == 1 else f"are {count:,} mistakes in it"


_WITHOUT = {
    "budgets": "no money is told and no month is closed until it is mended",
    "actuals": "no money is told and no month is closed until it is mended",
    "votes": "what people voted for is not told",
    "objectives": "what was committed and reached by increment is not told",
    "readings": "its readings are not told",
    "decisions": "no decision is told",
    "dependencies": "the dependencies that it lists are not told",
}
