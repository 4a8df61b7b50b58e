"""À quoi l’argent a servi, outre les thèmes."""

# ruff: noqa: E501  # a message is read, and compared with its twin, on one line

from __future__ import annotations

MESSAGES: dict[str, str | tuple[str, str]] = {
    "purposes.horizon.caption": "Dépense par horizon d’investissement, cette année à ce jour",
    "purposes.horizon.head": "Horizon",
    "purposes.nothing": "[so] sans objet.",
    "purposes.horizon.note": "Les parts sont celles de l’argent qui sert un thème doté d’un horizon.",
    "purposes.horizon.agreed": "Convenu sur les jours de travail de 13 semaines, où le garde-fou est jugé plus haut ; l’argent d’une année n’est pas jugé ainsi.",
    "purposes.kind.caption": "Dépense par nature de travail, cette année à ce jour",
    "purposes.kind.head": "Nature du travail",
    "purposes.none": "Thèmes sans horizon",
    "purposes.unaligned": "Aucun thème",
    "purposes.idle": "Jours inactifs",
    "purposes.col.share": "Part",
    "purposes.col.agreed": "Convenu",
}
