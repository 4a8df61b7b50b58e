"""Ce que le flux et la messagerie disent d’une édition."""

from __future__ import annotations

MESSAGES: dict[str, str | tuple[str, str]] = {
    "feed.link": "Suivre les nouvelles éditions dans un lecteur de flux (Atom).",
    "feed.summary": "Édition {edition}, données au {day}.",
    "feed.revision": "Révision {n}, qui corrige la précédente.",
    "feed.sample": "Données fictives : l’entreprise et tous les chiffres sont inventés.",
    "correction": "**Édition corrigée.** La révision {revision}, publiée le {published}, corrige {link}.",
    "correction.link": "la révision {revision}",
    "correction.state": (
        "Elle donne l’état au {now}, la révision {revision} l’état au {was} : entre-temps le travail a continué, et un "
        "chiffre peut différer pour cette seule raison."
    ),
    "correction.program": (
        "Une autre version du programme a produit la révision {revision} : il se peut que seuls les mots et les "
        "colonnes diffèrent, et non les données."
    ),
    "correction.definitions": (
        "Une autre version du programme a produit la révision {revision}, selon d’autres définitions : un chiffre peut "
        "différer pour cette seule raison."
    ),
    "correction.figures": "Ce qui a bougé : {figures}.",
    "correction.figure": "{figure}, {now} au lieu de {was}",
    "correction.figure.new": "{figure}, {now}, qui ne figurait pas sur cette page",
    "correction.figure.lost": "{figure}, {was}, qui n’est plus indiqué",
    "correction.figure.lost.n": (
        "un chiffre de cette page n’est plus indiqué",
        "{n:w} chiffres de cette page ne sont plus indiqués",
    ),
    "correction.figures.none": "Aucun chiffre clé de cette page n’a bougé.",
    "correction.tables": (
        "Un tableau de données de l’édition a changé : {tables}.",
        "{n:W} tableaux de données de l’édition ont changé : {tables}.",
    ),
    "correction.tables.many": (
        "{n:W} tableau de données de l’édition a changé.",
        "{n:W} tableaux de données de l’édition ont changé.",
    ),
    "correction.between": " ; ",
    "correction.rows": "Ce qui diffère se trouve dans les phrases et les lignes de ses pages.",
    "correction.headline.same": "Le titre reste le même.",
    "correction.headline.other": "Le titre était « {headline} ».",
    "correction.new": "Cette page n’y figurait pas.",
    "chat.open": "Ouvrir l’édition",
}
