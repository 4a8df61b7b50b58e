"""Does a history lead, step by step, to where the item stands?

```
To Do ──> Doing ──> Done                now Done: it closes
To Do ──> Doing     Review ──> Done     a hole in the middle
To Do ──> Doing                         now Done: its end is missing
```
"""

from __future__ import annotations

from collections.abc import Iterable

from domain.change import Change


def closes(moves: Iterable[Change], *, status: str, status_id: str) -> bool:
    """Does each status change, oldest first, begin where the one before it ended, and the last lead to `status`?

    The first `from` is the state at creation and has nothing to agree with. Two states are one where their ids agree,
    or their names: statuses are renamed, and a project's own copy of a status has another id.
    """
    reached: tuple[str | None, str | None] | None = None
    for move in moves:
        if reached is not None and not _is_one(reached, (move.from_id, move.from_value)):
            return False
        reached = (move.to_id, move.to_value)
    return reached is None or _is_one(reached, (status_id, status))


def _is_one(left: tuple[str | None, str | None], right: tuple[str | None, str | None]) -> bool:
    if left[0] is not None and left[0] == right[0]:
        return True
    return (left[1] or "").casefold() == (right[1] or "").casefold()
