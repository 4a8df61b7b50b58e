"""A second ledger of mails, beside the store: a file that only grows, a line of JSON for each step.

A store that is lost or brought back from a backup has forgotten what was sent since. The file has not: a message that
it knows as started or accepted is not sent again by a store that knows nothing of it.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

_TAKEN = {"data_started": "unknown", "accepted": "accepted", "unknown": "unknown", "refused": "refused"}


class Mirror:
    """The file, by its path; it is made when the first step is written."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def write(self, message_id: str, state: str, *, at: str) -> None:
        """Add a step and see it to the disk. Raises OSError: then nothing may be sent."""
        line = "\n" + json.dumps({"at": at, "message_id": message_id, "state": state})  # never behind a torn one
        self._path.parent.mkdir(parents=True, exist_ok=True)
        file = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW, 0o640)
        try:
            os.write(file, line.encode())
            os.fsync(file)
        finally:
            os.close(file)

    def outcome(self, message_id: str) -> str | None:
        """What became of a message that is not to be sent again; None: it may be sent. Raises OSError.

        A line that was torn by a crash counts for nothing; the step that it would have told was not taken.
        """
        try:
            text = self._path.read_text("utf-8", errors="replace")
        except FileNotFoundError:
            return None
        last = None
        for line in text.splitlines():
            if message_id in line:
                try:
                    last = json.loads(line)["state"]
                except (ValueError, KeyError, TypeError):
                    continue
        return None if last is None else _TAKEN.get(last)
