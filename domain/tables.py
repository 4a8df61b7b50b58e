"""The declared columns of what `vmo export` writes. No column is dropped or renamed without a new major version.

Instants are UTC, ISO 8601; durations are seconds; null means unknown unless the column says otherwise.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column. `type`: text, json (text that holds JSON), instant, day, whole, number or truth.

    `unit` is empty where there is none. `null` says what an empty cell means; empty: the cell is never empty.
    """

    name: str
    type: str
    meaning: str
    unit: str = ""
    null: str = ""


SOURCE = Column(name="source", type="text", meaning="the source, as the settings name it")
KEY = Column(name="key", type="text", meaning="the item's key today: CLM-412, AB#20418")
LEVEL = Column(
    name="level",
    type="text",
    meaning="epic, feature or story, as the settings map its type",
    null="its type is at no level; it counts nowhere",
)
STARTED = Column(
    name="started_at", type="instant", meaning="first entry into a waiting or active state", null="nobody saw it start"
)
FINISHED = Column(
    name="finished_at", type="instant", meaning="last entry into done", null="it is not done now"
)  # fmt: skip
FLOW_STATES_WORDS = "new, waiting, active, done, cancelled, ignore or unknown (nobody mapped it)"
NOT_SEEN = "nobody saw it start itself"


def _seconds(name: str, meaning: str) -> Column:
    return Column(name=name, type="whole", unit="seconds", meaning=meaning, null=NOT_SEEN)


COLUMNS: Mapping[str, tuple[Column, ...]] = {
    "items": (
        SOURCE,
        KEY,
        Column(name="previous_keys", type="json", meaning="a list of the keys it bore before, newest last"),
        Column(name="external_id", type="text", meaning="the tracker's own id, which never changes"),
        Column(name="url", type="text", meaning="its page in the tracker"),
        Column(name="title", type="text", meaning="its title today"),
        LEVEL,
        Column(name="type", type="text", meaning="its type: at its finish once it is done, else now"),
        Column(name="kind", type="text", meaning="feature, defect, risk, debt ..., or unclassified, by the settings"),
        Column(name="state", type="text", meaning="its state, in the tracker's word"),
        Column(name="flow_state", type="text", meaning=f"what the state means for flow: {FLOW_STATES_WORDS}"),
        Column(name="parent_key", type="text", meaning="the key of its parent: at its finish once it is done, else now",
               null="no parent, or one that is not held"),
        Column(name="themes", type="json", meaning="theme to share of its work, 0 to 1; what lacks to 1 is unaligned"),
        Column(name="value_stream", type="text", meaning="the value stream's id", null="no rule takes it"),
        Column(name="train", type="text", meaning="the train's name", null="no rule takes it"),
        Column(name="team", type="text", meaning="the tracker's team", null="the tracker names none"),
        Column(name="created_at", type="instant", meaning="when the tracker says it was created"),
        STARTED,
        FINISHED,
        Column(name="updated_at", type="instant", meaning="when it was last touched: as the tracker says, or of an "
               "earlier day by the newest change that we hold of it"),
        Column(name="reopen_count", type="whole", unit="times", meaning="how often it left done again"),
        Column(name="blocked", type="truth", meaning="is it blocked now: flagged, or in a blocked state"),
        Column(name="removed_at", type="instant", meaning="when it was found to be gone", null="it is there"),
        Column(name="removed_reason", type="text", meaning="why: recycled, archived, access_lost, out_of_scope, "
               "deleted_or_hidden, destroyed_or_hidden or id_reused", null="it is there"),
    ),
    "changes": (
        SOURCE,
        KEY,
        Column(name="field", type="text",
               meaning="what changed: status, type, parent, key, labels, flagged, removed ..."),
        Column(name="occurred_at", type="instant", meaning="when it became true"),
        Column(name="known_at", type="instant", meaning="when we learned it"),
        Column(name="from_value", type="text", meaning="the value before, in the tracker's word",
               null="there was none"),
        Column(name="to_value", type="text", meaning="the value after", null="there is none any more"),
        Column(name="from_flow_state", type="text", meaning="what the state before meant for flow, by today's settings",
               null="no change of state, or the first state"),
        Column(name="to_flow_state", type="text", meaning="what the state after means for flow, by today's settings",
               null="no change of state"),
    ),
    "flow": (
        SOURCE,
        KEY,
        LEVEL,
        STARTED,
        FINISHED,
        Column(name="flow_time_days", type="whole", unit="days", meaning="local days from start to finish, and both",
               null="it has no flow time: not finished, or left out (`excluded_reason`)"),
        Column(name="elapsed_seconds", type="whole", unit="seconds", meaning="seconds from start to finish",
               null="not started, or not finished"),
        _seconds("active_seconds", "of the time since the start, up to the finish or now: in an active state"),
        _seconds("waiting_seconds", "in a waiting state"),
        _seconds("blocked_seconds", "blocked; an hour with two reasons counts once, and first as blocked"),
        _seconds("paused_seconds", "back in a new state"),
        Column(name="excluded_reason", type="text", meaning="why it stays out of flow time: the reasons of metrics.md",
               null="nothing keeps it out"),
    ),
    "flow_states": (
        SOURCE,
        KEY,
        LEVEL,
        Column(name="state", type="text", meaning="a state in which it stayed, in the tracker's word"),
        Column(name="flow_state", type="text", meaning=f"what the state means for flow: {FLOW_STATES_WORDS}"),
        Column(name="seconds", type="whole", unit="seconds", meaning="how long it stayed in it, from its start to its "
               "finish or now, blocked time included"),
    ),
    "metrics": (
        Column(name="metric", type="text", meaning="its name: throughput, flow_time_p85, flow_distribution:debt ..."),
        Column(name="definition_version", type="whole", meaning="the version of its definition in metrics.md"),
        Column(name="level", type="text", meaning="epic, feature or story", null="it rests on readings or risks"),
        Column(name="scope", type="text", meaning="portfolio, theme:ID, value_stream:ID or train:ID"),
        Column(name="period_start", type="day", meaning="the first local day of the week, month or increment; "
               "today, of what is told as of today"),
        Column(name="period_end", type="day", meaning="the first local day after it"),
        Column(name="value", type="number", meaning="the number", unit="see `unit`",
               null="not known: too small a sample, or nothing to compute it from; never zero"),
        Column(name="unit", type="text", meaning="items, days, %, points, or money (minor units)",
               null="it has none: a score, a ratio"),
        Column(name="n_used", type="whole", unit="items", meaning="how many it rests on"),
        Column(name="n_in_scope", type="whole", unit="items", meaning="how many there were to look at"),
        Column(name="excluded", type="json", meaning="reason to how many were left out for it"),
    ),
}  # fmt: skip


def names(table: str) -> tuple[str, ...]:
    """The names of a table's columns, in their order."""
    return tuple(column.name for column in COLUMNS[table])


ITEMS = names("items")
CHANGES = names("changes")
FLOW = names("flow")
FLOW_STATES = names("flow_states")
METRICS = names("metrics")


def described(table: str) -> str:
    """The columns of a table as `docs/data.md` shows them."""
    rows = [
        f"| `{one.name}` | {one.type} | {one.unit} | {one.meaning} | {one.null or 'never empty'} |"
        for one in COLUMNS[table]
    ]
    return "\n".join(("| column | type | unit | meaning | empty means |", "|:--|:--|:--|:--|:--|", *rows))
