"""La capacité d’une chaîne de valeur face à ce qui est convenu."""

# ruff: noqa: E501  # a message is read, and compared with its twin, on one line

from __future__ import annotations

MESSAGES: dict[str, str | tuple[str, str]] = {
    "stream_capacity.capacity.question": "La capacité est-elle employée comme alloué ?",
    "stream_capacity.capacity.subtitle": "Toute la chaîne de valeur : part des jours-éléments en cours, en pourcentage, {increment}. {counts}",
    "stream_capacity.head.one": "{train} sort de son allocation : {part} {share}, prévu {plan}",
    "stream_capacity.whole": "Toute la chaîne de valeur",
}
