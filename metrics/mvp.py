"""Has an epic proved itself? MVPs that are finished, of which somebody must say: persevere, pivot or stop. 3.9."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import date

from domain.calendar import Calendar
from domain.journey import Journey
from domain.work_item import ItemId
from metrics.kanban import NOT_MAPPED, PortfolioKanban, Standing
from metrics.policies import Evidence
from metrics.selection import calendar_of

DEFINITION_VERSION = 1


def finished_mvps(
    kanban: PortfolioKanban, *, below: Iterable[Journey], calendar: Calendar
) -> Iterator[tuple[Standing, date]]:
    """Epics on the board whose MVP is finished, each with the day since which it is. `below` is whatever has a parent.

    It is when the epic went on from the state in which it proves itself, or when it still stands there and everything
    below it has ended, something of it done. In MVP since 2 March, its two features done on 5 and 9 March: since
    9 March. Moved on to Persevere on 12 March with one feature open: since 12 March. Definition 3.9, version 1.
    """
    board = kanban.board
    if board.mvp is None:
        return
    place = board.states.index(board.mvp)
    parts: dict[ItemId, list[Journey]] = defaultdict(list)
    for each in below:
        if each.parent_id is not None and each.removed_at is None:
            parts[each.parent_id].append(each)
    for one in kanban.standing:
        if one.state == NOT_MAPPED:
            continue
        here, own = board.states.index(one.state), calendar_of(one.journey, calendar)
        if here > place:
            left = [each.left_at for each in one.journey.visits if board.of(each.status) == board.mvp and each.left_at]
            if left:
                yield one, own.day(max(left))
        elif here == place:
            its = parts[one.journey.id]
            done = [each.finished_at for each in its if each.finished_at is not None]
            if done and not any(each.is_open for each in its):
                yield one, own.day(max(done))


def is_undecided(journey: Journey, *, since: date, seen: Evidence) -> bool:
    """Is there neither a verdict on its hypothesis nor a decision about it since a day?

    Where a line of the decision log may speak of it that is set aside, nobody can say so.
    """
    key = journey.key.casefold()
    decided = seen.last_decided.get(key)
    is_decided = decided is not None and decided >= since
    return not is_decided and not seen.verdicts.get(key, False) and seen.unread.of(key) is None
