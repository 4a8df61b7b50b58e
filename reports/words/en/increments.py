"""Increments: objectives, predictability."""

from __future__ import annotations

MESSAGES: dict[str, str | tuple[str, str]] = {
    # --- vmo explain
    "explain.counted.uncommitted": "counted, added after the start",
    "explain.counted.dropped": "counted as 0, dropped",
    "explain.fact.increment": "increment",
    "explain.fact.committed_value": "committed business value",
    "explain.fact.brought_value": "business value brought",
    "explain.fact.known_on": "commitment first known on",
    "explain.word.healthy": "healthy",
    "explain.word.under_committed": "committed to too little",
}
