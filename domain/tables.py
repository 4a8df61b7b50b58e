"""The declared columns of what `vmo export` writes. No column is dropped or renamed without a new major version.

Instants are UTC, ISO 8601; durations are seconds; null means unknown.
"""

from __future__ import annotations

ITEMS = (
    "source", "key", "previous_keys", "external_id", "url", "title", "level", "type", "kind", "state", "flow_state",
    "parent_key", "themes", "value_stream", "train", "team", "created_at", "started_at", "finished_at", "updated_at",
    "reopen_count", "blocked", "removed_at", "removed_reason",
)  # fmt: skip

CHANGES = (
    "source", "key", "field", "occurred_at", "known_at", "from_value", "to_value", "from_flow_state", "to_flow_state",
)  # fmt: skip

FLOW = (
    "source", "key", "level", "started_at", "finished_at", "flow_time_days", "elapsed_seconds", "active_seconds",
    "waiting_seconds", "blocked_seconds", "paused_seconds", "excluded_reason",
)  # fmt: skip

FLOW_STATES = ("source", "key", "level", "state", "flow_state", "seconds")

METRICS = (
    "metric", "definition_version", "level", "scope", "period_start", "period_end", "value", "unit", "n_used",
    "n_in_scope", "excluded",
)  # fmt: skip
