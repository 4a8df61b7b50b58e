"""Les projets qu’on ne peut pas lire."""

# ruff: noqa: E501  # un message se lit, et se compare à son jumeau, sur une ligne

from __future__ import annotations

MESSAGES: dict[str, str | tuple[str, str]] = {
    "banner.unread": (
        "**Le projet {project} de {kind} ({source}) n’est plus lisible depuis le {since}.** Son unique élément est donné tel qu’on l’a connu ; ce qui a changé depuis manque.",
        "**Le projet {project} de {kind} ({source}) n’est plus lisible depuis le {since}.** Ses {n} éléments sont donnés tels qu’on les a connus ; ce qui a changé depuis manque.",
    ),
    "banner.unread.nothing": "**Le projet {project} de {kind} ({source}) n’est pas lisible ; on le sait depuis le {since}.** Aucun chiffre n’en tient compte.",
    "banner.unread.more": (
        "**{n:W} autre projet de {kind} ({source}) n’est pas lisible.** La page sur la qualité des données le nomme.",
        "**{n:W} autres projets de {kind} ({source}) ne sont pas lisibles.** La page sur la qualité des données les nomme.",
    ),
    "proof.unread": "illisible : {projects}",
    "proof.unread.since": "{project} (depuis le {since})",
    "quality.fresh.unread": ("{n:W} projet n’est pas lisible", "{n:W} projets ne sont pas lisibles"),
    "finding.project_unread.short": "le projet {project} ({source}) n’est plus lisible depuis le {since}",
    "finding.project_unread.long": (
        "**le projet {project} de {source} n’est plus lisible depuis le {since}** ; son unique élément est donné tel qu’on l’a connu",
        "**le projet {project} de {source} n’est plus lisible depuis le {since}** ; ses {n} éléments sont donnés tels qu’on les a connus",
    ),
    "finding.project_unread.nothing.short": "le projet {project} ({source}) n’est pas lisible",
    "finding.project_unread.nothing.long": "**le projet {project} de {source} n’est pas lisible**, on le sait depuis le {since} ; aucun chiffre n’en tient compte",
    "finding.project_unread.many.short": "{projects} projets de {source} ne sont pas lisibles, {project} depuis le {since}",
    "finding.project_unread.many.long": "**{projects} projets de {source} ne sont pas lisibles**, {project} depuis le {since} ; leurs éléments sont donnés tels qu’on les a connus",
    "propose.project_unread": "Ne rien décider sur ces chiffres tant qu’un projet de {source} reste illisible : rendre l’accès, ou corriger les réglages.",
    "audit.scope.forbidden": "refusé par l’outil",
    "audit.scope.unnamed": "absent des réglages sous son nom actuel",
}
