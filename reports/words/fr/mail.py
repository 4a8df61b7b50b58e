"""Le courriel."""

# ruff: noqa: E501  # a message is read, and compared with its twin, on one line

from __future__ import annotations

MESSAGES: dict[str, str | tuple[str, str]] = {
    # --- courriel
    "mail.subject": "{finding} ({issue})",
    "mail.subject.mine": (
        "Pour vous : {finding} ({issue})",
        "{n:W} points pour vous : {finding} ({issue})",
    ),
    "mail.subject.mine.stale": (
        "PÉRIMÉ : pour vous : {finding} ({issue})",
        "PÉRIMÉ : {n:w} points pour vous : {finding} ({issue})",
    ),
    "mine.waiting": ("Un point vous attend", "{n:W} points vous attendent"),
    "mine.repair": (
        "Corriger un élément : {rule}",
        "Corriger {n} éléments : {rule}",
    ),
    "mine.more": ("Un autre changement figure sur les pages.", "{n:W} autres changements figurent sur les pages."),
    "mail.subject.stale": "PÉRIMÉ : {finding} ({issue})",
    "mail.subject.quiet": "Semaine calme : aucun seuil franchi ({issue})",
    "mail.subject.quiet.other": "Tout est calme : aucun seuil franchi ({issue})",
    "mail.subject.correction": "Rectificatif : ",
    "mail.left_out": "Les pages de l’édition {edition} ne sont pas jointes : elles sont trop lourdes pour le serveur "
    "de messagerie. Demandez-les au VMO.",
    "mail.attached": "Les pages de cette édition sont jointes ; elles s’ouvrent dans tout navigateur.",
    "mail.open": "Ouvrir la vue d’ensemble",
    "mail.figures": "Cinq chiffres",
    "mail.figures.n": "Chiffres clés",
    "mail.themes": "Thèmes stratégiques",
    "mail.changes": "Ce qui a changé",
    "mail.trust": "Confiance dans les données.",
    "mail.why": "Vous recevez ce message parce que votre adresse figure parmi les destinataires de ce rapport de {portfolio}. Pour "
    "changer cela, écrivez au VMO.",
    "mail.edition": "Édition {edition}, révision {revision}.",
    "mail.now": "{name} : {value}",
}
