"""How a command ends: exit codes, and the one message a person reads."""

from __future__ import annotations

import logging
from enum import IntEnum

_log = logging.getLogger("vmo")


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


def no_known_shape(error: Exception) -> str:
    """What a first look says where an answer lacks what every such answer has."""
    _log.debug("an answer of no known shape", exc_info=error)
    return f"an answer of no known shape ({type(error).__name__}); `vmo --verbose` shows where it was read"
