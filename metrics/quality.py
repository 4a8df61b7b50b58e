"""What must be mended in the trackers so that the other numbers can be believed: one function a rule."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
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
    "finished_without_start", "history_gap", "no_history", "future_date", "missing_owner", "missing_size",
)  # fmt: skip


def defects(journeys: Sequence[Journey], *, portfolio_level: str, as_of: datetime) -> list[Defect]:
    """Every rule that found something, most items first. Removed items are left out; levels may be mixed."""
    live = [one for one in journeys if one.removed_at is None]
    counted = [one for one in live if one.flow_state is not FlowState.IGNORE]
    placed = [one for one in counted if one.placement.level is not None]
    is_open = [one for one in placed if one.is_open]
    done = [one for one in placed if one.finished_at is not None]
    epics = [one for one in is_open if one.placement.level == portfolio_level]
    families = _families(counted)
    found = [
        _defect("unmapped_status", counted, {one.key: one.status for one in counted if _is_unmapped(one)}),
        _defect("no_level", counted, {one.key: one.type for one in counted if one.placement.level is None}),
        _defect("ignored", live, {one.key: one.status for one in live if one.flow_state is FlowState.IGNORE}),
        _defect("orphan", is_open, {one.key: one.type for one in is_open if is_orphan(one)}),
        _defect("done_parent_open_children", is_open, _under(families, _is_left_open)),
        _defect("started_child_unstarted_parent", placed, _under(families, _is_ahead)),
        _defect(
            "finished_without_start", done, {one.key: one.status for one in done if one.excluded_reason == "no_start"}
        ),
        _defect("history_gap", counted, {one.key: one.status for one in counted if one.history is HistoryState.GAP}),
        _defect("no_history", counted, {one.key: one.status for one in counted if one.history is HistoryState.NONE}),
        _defect("future_date", counted, {one.key: name for one in counted if (name := _future(one, as_of))}),
        _defect("missing_owner", epics, {one.key: "owner" for one in epics if "owner" in missing_fields(one)}),
        _defect("missing_size", epics, {one.key: "size" for one in epics if "size" in missing_fields(one)}),
    ]
    return sorted((one for one in found if one.journeys), key=lambda one: -len(one.journeys))


def _defect(rule: str, looked_at: Iterable[Journey], details: Mapping[str, str]) -> Defect:
    scope = list(looked_at)
    at_fault = sorted((one for one in scope if one.key in details), key=lambda one: (one.created_at, one.key))
    return Defect(rule=rule, journeys=tuple(at_fault), n_in_scope=len(scope), details=details)


def _is_unmapped(journey: Journey) -> bool:
    return journey.excluded_reason == "unmapped" or journey.flow_state is FlowState.UNKNOWN


def _families(journeys: Iterable[Journey]) -> list[tuple[Journey, list[Journey]]]:
    by_id = {one.id: one for one in journeys}
    children: dict[ItemId, list[Journey]] = defaultdict(list)
    for one in by_id.values():
        if one.parent_id in by_id:
            children[one.parent_id].append(one)
    return [(by_id[parent_id], family) for parent_id, family in children.items()]


def _under(
    families: Iterable[tuple[Journey, list[Journey]]], is_at_fault: Callable[[Journey, Journey], bool]
) -> dict[str, str]:
    """The children at fault, with the key of their parent."""
    return {child.key: parent.key for parent, family in families for child in family if is_at_fault(parent, child)}


def _is_left_open(parent: Journey, child: Journey) -> bool:
    return parent.flow_state is FlowState.DONE and child.is_open


def _is_ahead(parent: Journey, child: Journey) -> bool:
    """Has the child started although its parent, by its own status, has not?"""
    own_start = parent.started_at if parent.clock == "own" else None
    return parent.is_open and own_start is None and child.started_at is not None


def _future(journey: Journey, as_of: datetime) -> str | None:
    dates = {"finished_at": journey.finished_at, "created_at": journey.created_at, "updated_at": journey.updated_at}
    return next((name for name, moment in dates.items() if moment is not None and moment > as_of), None)
