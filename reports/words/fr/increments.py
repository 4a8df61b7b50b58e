"""Les incréments : objectifs, prévisibilité."""

from __future__ import annotations

MESSAGES: dict[str, str | tuple[str, str]] = {
    # --- vmo explain
    "explain.counted.uncommitted": "comptés, ajoutés après le départ",
    "explain.counted.dropped": "comptés pour 0, abandonnés",
    "explain.fact.increment": "incrément",
    "explain.fact.committed_value": "valeur métier engagée",
    "explain.fact.brought_value": "valeur métier apportée",
    "explain.fact.known_on": "engagement connu à partir du",
    "explain.word.healthy": "sain",
    "explain.word.under_committed": "engagement trop faible",
}
