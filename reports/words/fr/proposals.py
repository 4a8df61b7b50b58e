"""Ce que les constats proposent de décider, et qui en répond."""

# ruff: noqa: E501  # un message se lit, et se compare à son jumeau, sur une ligne

from __future__ import annotations

MESSAGES: dict[str, str | tuple[str, str]] = {
    "finding.items_missing.short": "{share} seulement des éléments sont là : ne décidez rien sur ces chiffres",
    "finding.items_missing.long": "**sur {declared} éléments que les outils déclarent, {held} seulement sont là** ; tous les chiffres comptent trop peu",
    "finding.train_blocked.short": "{train} est à l’arrêt, dans l’attente de {item}",
    "finding.train_blocked.long": "**sur {of} éléments en cours du train {train}, {n} sont bloqués**, dont {waiting} par {item}, « {title} »",
    "finding.train_blocked.unknown.short": "{train} est à l’arrêt : {n} éléments bloqués sur {of}",
    "finding.train_blocked.unknown.long": "**sur {of} éléments en cours du train {train}, {n} sont bloqués**, et aucun lien ne dit par quoi",
    "propose.source_failed": "Ne rien décider sur ces chiffres avant une lecture complète de {source}.",
    "propose.items_missing": "Ne rien décider sur ces chiffres tant que les éléments manquants n’ont pas été lus.",
    "propose.theme": "« {theme} » s’écarte de son plan : continuer, changer de cap ou arrêter ?",
    "propose.limit": (
        "Mettre en pause un epic de « {state} », ou relever sa limite ?",
        "Mettre en pause {n:w} epics de « {state} », ou relever sa limite ?",
    ),
    "propose.train": (
        "Débloquer {train} : faire passer {item} en premier, pour l’élément qui l’attend ?",
        "Débloquer {train} : faire passer {item} en premier, pour les {n:w} éléments qui l’attendent ?",
    ),
    "propose.train.unknown": (
        "",
        "Débloquer {train} : qu’attendent ses {n:w} éléments bloqués, et qui s’en charge ?",
    ),
    "propose.cost": "Réduire ce que « {stream} » entreprend, ou le financer au-delà de son budget ?",
    "propose.exception": (
        "Lever l’exception accordée à {items}, ou la renouveler ?",
        "Lever les exceptions accordées à {items}, ou les renouveler ?",
    ),
    "propose.exception.meta": ("{owners}. Fin le {day}.", "{owners}. Fin de la première le {day}."),
    "propose.vmo": "Responsable du VMO, avant la prochaine réunion.",
    "propose.sponsor": "Le sponsor du thème",
    "propose.review": "{owner}, révision stratégique du portefeuille.",
    "propose.lpm": "LPM, synchronisation du portefeuille.",
    "propose.finance": "LPM et finance, révision stratégique du portefeuille.",
    "propose.owner": "{owner}, synchronisation du portefeuille.",
    "propose.train.owner": "RTE de {train}, synchronisation du portefeuille.",
}
