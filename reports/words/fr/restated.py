"""Les chiffres du passé qui se liraient autrement aujourd’hui."""

# ruff: noqa: E501  # a message is read, and compared with its twin, on one line

from __future__ import annotations

MESSAGES: dict[str, str | tuple[str, str]] = {
    "report.restatement": "Chiffres révisés",
    "restated.question": "Quels chiffres passés se lisent autrement aujourd’hui ?",
    "restated.first": "Rien à comparer encore : rien n’avait été dit d’une période close",
    "restated.aside": "Ce que diraient aujourd’hui les mois clos n’est pas connu : un fichier de montants n’est pas lu",
    "restated.first.text": "Dès la prochaine édition, chaque chiffre d’une semaine, d’un mois ou d’un incrément clos sera comparé à ce qui en a été dit la première fois.",
    "restated.none": (
        "Le chiffre de période close se lit comme la première fois",
        "Les {n} chiffres de périodes closes se lisent comme la première fois",
    ),
    "restated.head": (
        "{n:W} chiffre de période close sur {total} se lit autrement aujourd’hui",
        "{n:W} chiffres de périodes closes sur {total} se lisent autrement aujourd’hui",
    ),
    "restated.standfirst": "Une page publiée ne change jamais. Quand du travail est reclassé, rouvert ou déplacé, les chiffres d’une période close seraient différents si on les calculait aujourd’hui ; cette page donne chacun d’eux, avec ce qui fait la différence. Sont comparés le débit, le temps de flux, le travail abandonné, l’argent des mois clos, les relevés des indicateurs, l’exposition aux risques, ce que les trains ont apporté de leurs engagements et la répartition du travail des derniers incréments.",
    "restated.caption": "Chiffres de périodes closes, tels que publiés d’abord et tels qu’ils se lisent aujourd’hui",
    "restated.figure": "Chiffre",
    "restated.period": "Période",
    "restated.was": "Publié d’abord",
    "restated.now": "Se lit aujourd’hui",
    "restated.why": "Pourquoi",
    "restated.edition": "{edition}, {day}",
    "restated.note": (
        "{n} chiffre comparé : par semaine et par mois, le débit ; par mois, le temps de flux de 85 %, le travail abandonné après son début, les indicateurs et l’exposition aux risques ; par incrément, la prévisibilité et, pour le dernier, la répartition du travail.",
        "{n} chiffres comparés : par semaine et par mois, le débit ; par mois, le temps de flux de 85 %, le travail abandonné après son début, les indicateurs et l’exposition aux risques ; par incrément, la prévisibilité et, pour le dernier, la répartition du travail.",
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
    "restated.kpi": "indicateur, dernier relevé",
    "restated.whole": "tout le portefeuille",
    "restated.why.kpi": "Un relevé du mois a été modifié, ajouté ou retiré depuis.",
    "restated.why.predictability": "Les objectifs de l’incrément se lisent autrement désormais.",
    "restated.why.risk_exposure": "Les risques, ou leur état en fin de mois, se lisent autrement désormais.",
    "restated.why.capacity_share": "Les jours en cours, la nature ou le rattachement d’éléments se lisent autrement désormais.",
    "restated.why.settings": "Les réglages ont changé depuis.",
    "restated.files": (
        "Un fichier de données a changé aussi depuis, dont aucun chiffre du flux ne dépend : {files}.",
        "{n:W} fichiers de données ont changé aussi depuis, dont aucun chiffre du flux ne dépend : {files}.",
    ),
    "restated.why.definitions": "Les définitions ont changé depuis.",
    "restated.flow.none": (
        "{n} chiffre, hors argent, a été comparé à ce qui en avait été dit la première fois : il tient.",
        "{n} chiffres, hors argent, ont été comparés à ce qui en avait été dit la première fois : tous tiennent.",
    ),
    "restated.colon": " : ",
}
