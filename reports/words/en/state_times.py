"""Time in each state, of several trackers."""

# ruff: noqa: E501  # a message is read, and compared with its twin, on one line

from __future__ import annotations

MESSAGES: dict[str, str | tuple[str, str]] = {
    "state_times.of": "{n} of {total}",
    "state_times.trackers": "Each tracker has its own words for the steps, so its days are divided by its own finished items.",
}
