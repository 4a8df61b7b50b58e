"""How a command ends: exit codes, and the one message a person reads."""

from __future__ import annotations

from enum import IntEnum


class ExitCode(IntEnum):
    """0 done, 1 failed, 2 wrong usage or configuration, 3 partly done (some source failed, the rest went through)."""

    DONE = 0
    FAILED = 1
    WRONG_USAGE = 2
    PARTLY = 3


class CommandError(Exception):
    """Ends a command with a message that names the place and the mend."""

    def __init__(self, message: str, *, code: ExitCode = ExitCode.FAILED) -> None:
        super().__init__(message)
        self.code = code
