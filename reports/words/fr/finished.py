"""Les epics terminés, et les dates des étapes."""

# ruff: noqa: E501  # a message is read, and compared with its twin, on one line

from __future__ import annotations

MESSAGES: dict[str, str | tuple[str, str]] = {
    "finished.question": "Qu’a-t-on terminé, et cela en valait-il la peine ?",
    "finished.head": (
        "{n:W} epic terminé en 13 semaines ; avec une hypothèse de valeur : {declared}",
        "{n:W} epics terminés en 13 semaines ; avec une hypothèse de valeur : {declared}",
    ),
    "finished.none": "Aucun epic terminé en 13 semaines",
    "finished.none.text": "Ce qui est terminé figure ici, avec le verdict sur son hypothèse.",
    "finished.caption": "Epics terminés, {period}, du plus récent au plus ancien, avec le verdict sur ce qu’ils devaient apporter",
    "finished.head.done": "Terminé le",
    "finished.head.hypothesis": "Hypothèse de valeur",
    "finished.head.verdict": "Verdict",
    "finished.undeclared": "aucune déclarée",
    "finished.note": "Une hypothèse est un bénéfice des réglages qui nomme l’epic ; son responsable la déclare.",
    "gates.overdue": "en retard depuis le {day}",
    "gates.finished": "travail fini, à clore",
    "gates.done_by": "à terminer d’ici le {day}",
}
