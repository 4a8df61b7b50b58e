"""Les features dus dans l’incrément."""

# ruff: noqa: E501  # a message is read, and compared with its twin, on one line

from __future__ import annotations

MESSAGES: dict[str, str | tuple[str, str]] = {
    "due_features.head": (
        "Parmi les features dus d’ici le {day}, un est en retard ou a peu de chances d’être fini à temps",
        "Parmi les features dus d’ici le {day}, {n:w} sont en retard ou ont peu de chances d’être finis à temps",
    ),
    "due_features.none": "Aucun feature ouvert de cette chaîne de valeur n’est dû d’ici le {day}.",
    "due_features.caption": "Features dus d’ici le {day}, en retard compris, avec leur prévision",
    "due_features.late": (
        "**Un feature ouvert est dû d’ici le {day}**, et sera plutôt en retard qu’à temps.",
        "**{n:W} features ouverts sont dus d’ici le {day}** ; {late}.",
    ),
    "due_features.late.of": (
        "l’un d’eux sera plutôt en retard qu’à temps",
        "{n:w} seront plutôt en retard qu’à temps",
    ),
    "due_features.likely": (
        "**Un feature ouvert est dû d’ici le {day}**, et sera plutôt à temps qu’en retard.",
        "**{n:W} features ouverts sont dus d’ici le {day}** ; chacun sera plutôt à temps qu’en retard.",
    ),
    "due_features.unknown": (
        "**Un feature ouvert est dû d’ici le {day}** ; nul ne peut dire avec quelle chance.",
        "**{n:W} features ouverts sont dus d’ici le {day}** ; pour certains, nul ne peut dire avec quelle chance.",
    ),
    "due_features.left": "Éléments restants",
    "due_features.unsplit": "non découpé",
    "due_features.note": "Prévus comme les epics, les features à leur place ; sans le retard que le passé a enseigné des epics : dates plutôt trop proches.",
}
