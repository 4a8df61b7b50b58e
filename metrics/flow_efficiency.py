"""How much of the time somebody worked: definition 3.3, flow efficiency."""

from __future__ import annotations

from collections.abc import Container, Iterable
from dataclasses import dataclass, field

from domain.calendar import Calendar
from domain.journey import Journey
from domain.period import Period
from domain.work_item import FlowState
from metrics.selection import Excluded, count, finished, part

DEFINITION_VERSION = 2


@dataclass(frozen=True, kw_only=True)
class FlowEfficiency:
    """Active seconds of all seconds between start and finish, over the items finished in a period."""

    active_seconds: int
    total_seconds: int
    keys: tuple[str, ...]
    excluded: Excluded = field(default_factory=dict)
    definition_version: int = DEFINITION_VERSION

    @property
    def n_used(self) -> int:
        return len(self.keys)

    @property
    def n_in_scope(self) -> int:
        return self.n_used + count(self.excluded)

    @property
    def share(self) -> float | None:
        """0 to 1, over all items together, not a mean of items; None where nothing can be said."""
        return self.active_seconds / self.total_seconds if self.total_seconds else None

    @property
    def is_configured(self) -> bool:
        """False when no item could be used because nobody said which statuses wait: never 100 %."""
        return bool(self.keys) or "no_waiting_states" not in self.excluded


def flow_efficiency(
    journeys: Iterable[Journey], *, finished_in: Period, calendar: Calendar, waiting_known: Container[str]
) -> FlowEfficiency:
    """Active of all time of the items of one level that finished in the period; idle hours count once.

    `waiting_known` are the sources whose settings name waiting states; items of others are left out
    (`no_waiting_states`), and so are epics that only have their children's clock (`derived_clock`).
    Active for hours 0 to 4, waiting 4 to 7, blocked 3 to 5: 3 of 7 hours, 42.9 %.
    """

    def reason(journey: Journey) -> str | None:
        if journey.excluded_reason is not None:
            return journey.excluded_reason
        if journey.clock == "derived":
            return "derived_clock"
        if journey.id.source not in waiting_known:
            return "no_waiting_states"
        return "unmapped" if any(visit.flow_state is FlowState.UNKNOWN for visit in journey.visits) else None

    used, excluded = part(finished(journeys, finished_in=finished_in, calendar=calendar), reason=reason)
    return FlowEfficiency(
        active_seconds=sum(one.spans.active for one in used),
        total_seconds=sum(_seconds(one) for one in used),
        keys=tuple(one.key for one in used),
        excluded=excluded,
    )


def _seconds(journey: Journey) -> int:
    spans = journey.spans
    return spans.active + spans.waiting + spans.blocked + spans.paused + spans.idle_done
