"""Ce qui est prévu, à côté de ce qui peut se faire."""

from __future__ import annotations

MESSAGES: dict[str, str | tuple[str, str]] = {
    # --- load by capacity
    "explain.fact.planned": "prévus",
    "explain.fact.capacity": "que la moitié des tirages terminent",
    "explain.fact.finish_all_percent": "probabilité d’en terminer autant, en % (jamais dite au-dessus de 95)",
    "explain.word.over_committed": "trop d’engagements",
    "explain.word.can_be_done": "tient en nombre seulement, si rien ne s’ajoute ni ne passe devant",
}
