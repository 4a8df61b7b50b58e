"""How long one thread may reckon before another gets its turn: not so long while we fetch, read and write side by side.

A thread that fetches gives way to the others with every piece that comes off the wire or is unpacked, some twenty times
for a thousand issues with their histories; one that writes does so with every statement. Each time it gets its turn
back only after as long as those that reckon may keep it: five milliseconds, as Python has it, and a tenth of a second
for the thousand issues, in which the next answer is not even asked for.
"""

from __future__ import annotations

import sys
from contextlib import AbstractContextManager

from sync.settings_of_process import SettingOfProcess

LONGEST_TURN_SECONDS = 0.001


def taken_often() -> AbstractContextManager[None]:
    """Take turns often as long as anyone is within such a block, in whichever thread; then as before."""
    return _TURNS.changed()


def take_without(thread: int) -> None:
    """A thread that hangs within such a block shortens nobody's turns any more."""
    _TURNS.given_up(thread)


def _shorten() -> float:
    before = sys.getswitchinterval()
    sys.setswitchinterval(LONGEST_TURN_SECONDS)
    return before


_TURNS = SettingOfProcess(change=_shorten, put_back=sys.setswitchinterval)
