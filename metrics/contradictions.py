"""Where the records say two things at once: somebody must say which of them holds."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from domain.journey import Journey
from domain.work_item import FlowState
from metrics.quality import Defect

SAID_BY_RULES = ("finished_without_start", "moved_before_creation", "future_date", "done_parent_open_children",
                 "started_child_unstarted_parent", "parent_circle")  # fmt: skip
SHORTEST = 12  # characters of a title that two items cannot share by chance


@dataclass(frozen=True, kw_only=True)
class Contradiction:
    """What one rule found, with the items, the oldest first."""

    rule: str
    journeys: tuple[Journey, ...]


def contradictions(checked: Sequence[Defect], journeys: Sequence[Journey]) -> list[Contradiction]:
    """Rules of `metrics.quality` that contradict themselves, then work that went back, and work in two trackers.

    Went back: begun, open, and in a state that stands before the beginning, or reopened after it was done. In two
    trackers: open items of one level and one title, in different sources. Removed and ignored items are left out.
    """
    by_rule = {one.rule: one for one in checked}
    found = [
        Contradiction(rule=rule, journeys=by_rule[rule].journeys)
        for rule in SAID_BY_RULES
        if rule in by_rule and by_rule[rule].journeys
    ]
    is_open = [one for one in journeys if one.is_open and one.placement.level is not None]
    back = [one for one in is_open if _went_back(one)]
    twice = _twice(is_open)
    found += [Contradiction(rule="went_back", journeys=_sorted(back))] if back else []
    found += [Contradiction(rule="in_two_trackers", journeys=_sorted(twice))] if twice else []
    return found


def _went_back(journey: Journey) -> bool:
    began = journey.first_started_at is not None and journey.clock == "own"
    return bool(journey.reopen_count) or (began and journey.flow_state is FlowState.NEW)


def _twice(journeys: Sequence[Journey]) -> list[Journey]:
    same: dict[tuple[str | None, str], list[Journey]] = defaultdict(list)
    for one in journeys:
        title = " ".join(one.title.casefold().split())
        if len(title) >= SHORTEST:
            same[one.placement.level, title].append(one)
    return [one for kept in same.values() if len({each.id.source for each in kept}) > 1 for one in kept]


def _sorted(journeys: Sequence[Journey]) -> tuple[Journey, ...]:
    return tuple(sorted(journeys, key=lambda one: (one.created_at, one.key)))
