"""Les chiffres du passé qui se liraient autrement aujourd’hui."""

# ruff: noqa: E501  # a message is read, and compared with its twin, on one line

from __future__ import annotations

MESSAGES: dict[str, str | tuple[str, str]] = {
    "report.restatement": "Chiffres révisés",
    "restated.question": "Quels chiffres passés se lisent autrement aujourd’hui ?",
    "restated.first": "Rien à comparer encore : rien n’avait été dit d’une période close",
    "restated.first.text": "Dès la prochaine édition, chaque chiffre du flux d’une semaine ou d’un mois clos sera comparé à ce qui en a été dit la première fois.",
    "restated.none": (
        "Le chiffre de période close se lit comme la première fois",
        "Les {n} chiffres de périodes closes se lisent comme la première fois",
    ),
    "restated.head": (
        "{n:W} chiffre de période close sur {total} se lit autrement aujourd’hui",
        "{n:W} chiffres de périodes closes sur {total} se lisent autrement aujourd’hui",
    ),
    "restated.standfirst": "Une page publiée ne change jamais. Quand du travail est reclassé, rouvert ou déplacé, les chiffres d’une période close seraient différents si on les calculait aujourd’hui ; cette page donne chacun d’eux pour le débit, le temps de flux, le travail abandonné et l’argent des mois clos, avec les éléments qui font la différence. La prévisibilité, les résultats clés et les garde-fous ne sont pas comparés.",
    "restated.caption": "Chiffres de périodes closes, tels que publiés d’abord et tels qu’ils se lisent aujourd’hui",
    "restated.figure": "Chiffre",
    "restated.period": "Période",
    "restated.was": "Publié d’abord",
    "restated.now": "Se lit aujourd’hui",
    "restated.why": "Pourquoi",
    "restated.edition": "{edition}, {day}",
    "restated.note": (
        "{n} chiffre comparé : le débit de 13 semaines et de 13 mois et, par mois, le temps de flux de 85 % et le travail abandonné après son début, niveau par niveau.",
        "{n} chiffres comparés : le débit de 13 semaines et de 13 mois et, par mois, le temps de flux de 85 % et le travail abandonné après son début, niveau par niveau.",
    ),
    "restated.label": "Révisé",
    "restated.link": "lesquels, et pourquoi",
    "restated.why.removed": ("Retiré depuis : {items}.", "Retirés depuis : {items}."),
    "restated.why.reopened": ("Rouvert depuis : {items}.", "Rouverts depuis : {items}."),
    "restated.why.other_level": ("Désormais à un autre niveau : {items}.", "Désormais à un autre niveau : {items}."),
    "restated.why.left_out": ("Désormais laissé de côté : {items}.", "Désormais laissés de côté : {items}."),
    "restated.why.elsewhere": (
        "Terminé un autre jour, selon l’historique actuel : {items}.",
        "Terminés un autre jour, selon l’historique actuel : {items}.",
    ),
    "restated.why.learned": ("Appris depuis : {items}.", "Appris depuis : {items}."),
    "restated.why.recounted": (
        "Commencé ou terminé un autre jour, selon l’historique actuel : {items}.",
        "Commencés ou terminés un autre jour, selon l’historique actuel : {items}.",
    ),
    "restated.why.settings": "Les réglages ont changé depuis.",
    "restated.files": (
        "Un fichier de données a changé aussi depuis, dont aucun chiffre du flux ne dépend : {files}.",
        "{n:W} fichiers de données ont changé aussi depuis, dont aucun chiffre du flux ne dépend : {files}.",
    ),
    "restated.why.definitions": "Les définitions ont changé depuis.",
    "restated.flow.none": (
        "{n} chiffre du flux a été comparé à ce qui en avait été dit la première fois : il tient.",
        "{n} chiffres du flux ont été comparés à ce qui en avait été dit la première fois : tous tiennent.",
    ),
    "restated.colon": " : ",
}
