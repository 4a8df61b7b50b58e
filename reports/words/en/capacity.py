"""What is planned beside what can be done."""

from __future__ import annotations

MESSAGES: dict[str, str | tuple[str, str]] = {
    # --- load by capacity
    "explain.fact.planned": "planned",
    "explain.fact.capacity": "that half of all trials finish",
    "explain.fact.finish_all_percent": "likelihood that as many are finished, in % (never more than 95 is said)",
    "explain.word.over_committed": "over-committed",
    "explain.word.can_be_done": "fits by number alone, if nothing is added and nothing else comes first",
}
