"""Workflow: what a status means, asked as late as we can."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from domain.work_item import FlowState, Status, StatusCategory

BY_CATEGORY = {
    StatusCategory.NEW: FlowState.NEW,
    StatusCategory.IN_PROGRESS: FlowState.ACTIVE,
    StatusCategory.RESOLVED: FlowState.ACTIVE,  # Azure DevOps counts Resolved as in progress until Completed
    StatusCategory.DONE: FlowState.DONE,
    StatusCategory.REMOVED: FlowState.CANCELLED,
    StatusCategory.UNKNOWN: FlowState.UNKNOWN,
}


@dataclass(frozen=True, kw_only=True)
class StateRules:
    """What the settings say of one source's statuses: by id first, by name second (case does not matter)."""

    states: Mapping[str, FlowState] = field(default_factory=dict)  # status id or lower-cased name -> meaning
    cancelled_resolutions: frozenset[str] = frozenset()  # lower-cased
    blocked_states: frozenset[str] = frozenset()  # lower-cased names of statuses that mean "blocked"


class Workflow:
    """What each source's statuses mean. A status nobody mapped follows the tracker's own category."""

    def __init__(self, *, rules: Mapping[str, StateRules], statuses: Iterable[Status]) -> None:
        self._rules = rules
        self._by_id = {(status.source, status.status_id): status for status in statuses}
        self._asked: dict[tuple[str, str | None, str | None], FlowState] = {}  # asked once for every visit

    def flow_state(self, *, source: str, status_id: str | None, name: str | None) -> FlowState:
        """Return what a status means; `unknown` where neither settings nor tracker say."""
        asked = (source, status_id, name)
        if asked not in self._asked:
            self._asked[asked] = self._meaning(source, status_id, name)
        return self._asked[asked]

    def said_by(self, *, source: str, status_id: str | None, name: str | None) -> str:
        """Who says what a status means: `settings`, `category` (the tracker's own), or `nobody`."""
        rules, status = self._rules.get(source, _NO_RULES), self._by_id.get((source, status_id or ""))
        asked = (status_id, name, None if status is None else status.name)
        if any(one is not None and one.lower() in rules.states for one in asked):
            return "settings"
        return "nobody" if status is None or status.category is StatusCategory.UNKNOWN else "category"

    def is_cancelling(self, *, source: str, resolution: str | None) -> bool:
        """Does this resolution mean that the work was given up, whatever the status says?"""
        return resolution is not None and resolution.lower() in self._rules.get(source, _NO_RULES).cancelled_resolutions

    def is_blocked_state(self, *, source: str, name: str | None) -> bool:
        return name is not None and name.lower() in self._rules.get(source, _NO_RULES).blocked_states

    def has_blocked_states(self, source: str) -> bool:
        return bool(self._rules.get(source, _NO_RULES).blocked_states)

    def has_waiting_states(self, source: str) -> bool:
        """Flow efficiency is only known where somebody said which states wait."""
        return FlowState.WAITING in self._rules.get(source, _NO_RULES).states.values()

    def _meaning(self, source: str, status_id: str | None, name: str | None) -> FlowState:
        rules = self._rules.get(source, _NO_RULES)
        if status_id is not None and status_id.lower() in rules.states:
            return rules.states[status_id.lower()]
        if name is not None and name.lower() in rules.states:
            return rules.states[name.lower()]
        status = self._by_id.get((source, status_id or ""))
        if status is None:
            return FlowState.UNKNOWN
        if status.name.lower() in rules.states:  # renamed since: the history's old name still means the same
            return rules.states[status.name.lower()]
        return BY_CATEGORY[status.category]


_NO_RULES = StateRules()
