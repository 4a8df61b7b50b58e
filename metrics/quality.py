"""What must be mended in the trackers so that the other numbers can be believed: one function a rule."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import datetime

from domain.journey import Journey
from domain.work_item import FlowState, HistoryState, ItemId
from metrics.alignment import is_orphan
from metrics.trust import missing_fields

DEFINITION_VERSION = 1


@dataclass(frozen=True, kw_only=True)
class Defect:
    """What one rule found: the items at fault, oldest first, of the items it looked at.

    `details` says more of an item by its key: the status nobody mapped, the fields it lacks, its parent's key.
    It is for showing: which items are at fault is in `journeys`.
    """

    rule: str
    journeys: tuple[Journey, ...]
    n_in_scope: int
    details: Mapping[str, str]
    definition_version: int = DEFINITION_VERSION

    @property
    def keys(self) -> tuple[str, ...]:
        return tuple(one.key for one in self.journeys)

    @property
    def n_used(self) -> int:
        return self.n_in_scope

    @property
    def share(self) -> float | None:
        """The share of items at fault, 0 to 1; None where there was nothing to look at."""
        return len(self.journeys) / self.n_in_scope if self.n_in_scope else None


RULES = (
    "unmapped_status", "no_level", "ignored", "orphan", "done_parent_open_children", "started_child_unstarted_parent",
    "finished_without_start", "history_gap", "no_history", "parent_circle", "moved_before_creation", "future_date",
    "missing_owner", "missing_size",
)  # fmt: skip


def defects(
    journeys: Sequence[Journey],
    *,
    portfolio_level: str,
    as_of: datetime,
    has_themes: bool = True,
    risks: Set[ItemId] = frozenset(),
) -> list[Defect]:
    """Every rule that found something, most items first."""
    return worst_first(
        checks(journeys, portfolio_level=portfolio_level, as_of=as_of, has_themes=has_themes, risks=risks)
    )


def worst_first(checked: Iterable[Defect]) -> list[Defect]:
    """Of some rules, those that found something, most items first."""
    return sorted((one for one in checked if one.journeys), key=lambda one: -len(one.journeys))


def checks(
    journeys: Sequence[Journey],
    *,
    portfolio_level: str,
    as_of: datetime,
    has_themes: bool = True,
    risks: Set[ItemId] = frozenset(),
) -> list[Defect]:
    """Every rule, those that found nothing, too, in the order of `RULES`.

    Removed items are left out; levels may be mixed.

    A date is in the future if it comes after `as_of`: what happened since to items of a page that looks back is no part
    of their journeys, so that only a wrong date is left. Nothing is an orphan where no theme is declared.
    `risks` are in the register, and need no level.
    """
    live = [one for one in journeys if one.removed_at is None]
    counted = [one for one in live if one.flow_state is not FlowState.IGNORE]
    placed = [one for one in counted if one.placement.level is not None]
    is_open = [one for one in placed if one.is_open]
    done = [one for one in placed if one.finished_at is not None]
    epics = [one for one in is_open if one.placement.level == portfolio_level]
    parents = {one.id: one for one in counted}
    return [
        _defect("unmapped_status", counted, lambda one: one.status if _is_unmapped(one) else None),
        _defect(
            "no_level",
            counted,
            lambda one: one.type if one.placement.level is None and one.id not in risks else None,
        ),
        _defect("ignored", live, lambda one: one.status if one.flow_state is FlowState.IGNORE else None),
        _defect("orphan", is_open if has_themes else (), lambda one: one.type if is_orphan(one) else None),
        _defect("done_parent_open_children", is_open, _beside(parents, _is_left_open)),
        _defect("started_child_unstarted_parent", placed, _beside(parents, _is_ahead)),
        _defect("finished_without_start", done, lambda one: one.status if one.excluded_reason == "no_start" else None),
        _defect("history_gap", counted, lambda one: one.status if one.history is HistoryState.GAP else None),
        _defect("no_history", counted, lambda one: one.status if one.history is HistoryState.NONE else None),
        _defect("parent_circle", counted, lambda one: _circle_through(one, parents)),
        _defect("moved_before_creation", counted, lambda one: one.status if _is_older_than_itself(one) else None),
        _defect("future_date", counted, lambda one: _future(one, as_of)),
        _defect("missing_owner", epics, lambda one: "owner" if "owner" in missing_fields(one) else None),
        _defect("missing_size", epics, lambda one: "size" if "size" in missing_fields(one) else None),
    ]


def _defect(rule: str, looked_at: Sequence[Journey], fault: Callable[[Journey], str | None]) -> Defect:
    """The items in which a rule finds fault; `fault` says which, or None."""
    faults = [(one, what) for one in looked_at if (what := fault(one)) is not None]
    at_fault = sorted((one for one, _ in faults), key=lambda one: (one.created_at, one.key))
    return Defect(
        rule=rule,
        journeys=tuple(at_fault),
        n_in_scope=len(looked_at),
        details={one.key: what for one, what in faults},
    )


def _is_unmapped(journey: Journey) -> bool:
    if not journey.visits:  # nobody told which status it was in, so there is none to map
        return False
    return journey.excluded_reason == "unmapped" or journey.flow_state is FlowState.UNKNOWN


def _beside(
    parents: Mapping[ItemId, Journey], is_at_fault: Callable[[Journey, Journey], bool]
) -> Callable[[Journey], str | None]:
    """A rule about a parent and its child: finds fault with the child, naming the parent's key."""

    def fault(child: Journey) -> str | None:
        parent = parents.get(child.parent_id) if child.parent_id else None
        return parent.key if parent and is_at_fault(parent, child) else None

    return fault


def _is_left_open(parent: Journey, child: Journey) -> bool:
    return parent.flow_state is FlowState.DONE and child.is_open


def _is_ahead(parent: Journey, child: Journey) -> bool:
    """Has the child started although its parent, by its own status, has not?"""
    own_start = parent.started_at if parent.clock == "own" else None
    return parent.is_open and own_start is None and child.started_at is not None


def _circle_through(journey: Journey, parents: Mapping[ItemId, Journey]) -> str | None:
    """The key of its parent, where the way up from an item comes back to it."""
    seen, above = {journey.id}, journey.parent_id
    while above is not None and (parent := parents.get(above)) is not None:
        if above == journey.id:
            return parents[journey.parent_id].key if journey.parent_id else None
        if above in seen:
            return None  # it hangs below a circle, and is in none
        seen.add(above)
        above = parent.parent_id
    return None


def _is_older_than_itself(journey: Journey) -> bool:
    """Did it move before the tracker says that it was created? Imported items do; their ages then begin too late."""
    return journey.clock == "own" and bool(journey.visits) and journey.visits[0].entered_at < journey.created_at


def _future(journey: Journey, as_of: datetime) -> str | None:
    dates = {"finished_at": journey.finished_at, "created_at": journey.created_at, "updated_at": journey.updated_at}
    return next((name for name, moment in dates.items() if moment is not None and moment > as_of), None)
