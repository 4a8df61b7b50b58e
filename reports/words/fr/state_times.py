"""Le temps passé dans chaque état, de plusieurs outils."""

# ruff: noqa: E501  # a message is read, and compared with its twin, on one line

from __future__ import annotations

MESSAGES: dict[str, str | tuple[str, str]] = {
    "state_times.of": "{n} sur {total}",
    "state_times.trackers": "Chaque outil a ses mots pour les étapes : ses jours sont divisés par ses propres éléments finis.",
}
