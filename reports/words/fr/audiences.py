"""Français : ce qui est dit à un public de ce qu’il ne doit pas voir."""

# ruff: noqa: E501  # a message is read, and compared with its twin, on one line

from __future__ import annotations

MESSAGES: dict[str, str | tuple[str, str]] = {
    "banner.part": (
        "**Pour {audience} : une partie du portefeuille.** Totaux et parts sont ceux de cette partie ; ce qui a été convenu pour l’ensemble ne lui est pas appliqué."
    ),
    "audit.settings.hidden": "Cette édition ne dit pas ce qui a changé dans les réglages",
    "audit.settings.hidden.text": (
        "Les réglages nomment toutes les parties d’un portefeuille. Les éditions destinées à qui en voit l’ensemble énumèrent chaque changement."
    ),
    "item.hidden": "aucun : le public de cette édition ne doit pas le voir",
    "money.withheld.head": "Cette édition ne donne ni budget ni coût",
    "money.withheld.title": "L’argent n’est pas sur cette page",
    "money.withheld.text": "L’argent d’une chaîne de valeur est montré à qui en voit tout le travail ; qui exploite vmo sait quelle édition le donne.",
}
