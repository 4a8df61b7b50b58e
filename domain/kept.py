"""A journey as the store keeps it: traced when its item last changed, and good for every instant since."""

from __future__ import annotations

from typing import NamedTuple

from domain.work_item import FlowState

# A state in a narrow column is its place in this line. Never reorder it; a new one goes to the end.
STATES = (
    FlowState.NEW, FlowState.WAITING, FlowState.ACTIVE, FlowState.DONE, FlowState.CANCELLED, FlowState.IGNORE,
    FlowState.UNKNOWN,
)  # fmt: skip
CODES = {state: code for code, state in enumerate(STATES)}


class KeptJourney(NamedTuple):
    """What `metrics.journeys` said of one item by itself, as one narrow row; make it by keyword.

    Instants are whole microseconds since 1970 in UTC, spans whole seconds. Nothing has happened to the item after
    `settled_at`: a question about that instant or a later one has this answer, less what goes on meanwhile (the age and
    the spans of what is open). `traced_with` names the definition, the mapping and the statuses it was traced with.

    Children's clocks are not in it, since they change without their parent; where the item belongs stands beside it.
    """

    source: str
    external_id: str
    traced_with: str
    settled_at: int
    parent_id: str | None
    counted_parent_id: str | None  # the parent and the type that count: those at the finish
    counted_type: str
    state: int  # `STATES`
    visits: int
    created_at: int
    updated_at: int
    first_started_at: int | None
    last_started_at: int | None
    started_at: int | None
    finished_at: int | None
    cancelled_at: int | None
    removed_at: int | None
    first_active_at: int | None  # the first entry into active, whatever came of it
    first_done_at: int | None
    loaded_from: int | None  # the first stretch in progress; `loaded_until` None: it goes on
    loaded_until: int | None
    more_loads: str | None  # further stretches: "from-until from-", in order
    reopen_count: int
    is_blocked: bool
    has_unmapped: bool
    excluded_reason: str | None
    active_seconds: int  # up to `settled_at` while the item is open
    waiting_seconds: int
    blocked_seconds: int
    paused_seconds: int
    idle_done_seconds: int
    stays: str  # JSON: [[status, status id, state, entered at], ...], oldest first
    seconds: str  # JSON: [[status, seconds], ...]


COLUMNS = KeptJourney._fields
