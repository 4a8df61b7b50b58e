"""The capacity of a value stream against what was agreed."""

# ruff: noqa: E501  # a message is read, and compared with its twin, on one line

from __future__ import annotations

MESSAGES: dict[str, str | tuple[str, str]] = {
    "stream_capacity.capacity.question": "Is the capacity spent as allocated?",
    "stream_capacity.capacity.subtitle": "The whole value stream: share of the item-days in progress, in percent, {increment}. {counts}",
    "stream_capacity.head.one": "{train} is outside its allocation: {part} {share}, planned {plan}",
    "stream_capacity.whole": "The whole value stream",
}
