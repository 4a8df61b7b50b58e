"""What is planned beside what can be done, in words."""

from __future__ import annotations

from metrics.catalogue.metric import Metric

METRICS = (
    Metric(
        id="load_capacity",
        version=1,
        name={
            "en": "Load by capacity",
            "fr": "Charge sur capacité",
        },
        question={
            "en": "Is more planned for the increment than can be finished?",
            "fr": "L’incrément prévoit-il plus que ce qui peut être terminé ?",
        },
        formula={
            "en": (
                "Items left below epics that are due by the end of the increment, divided by how many of such items "
                "half of all trials finish by then. Above 1: over-committed. Beside it, the share of trials that "
                "finish all of them. For example, 72 planned and 60 likely: 1.2."
            ),
            "fr": (
                "Éléments restant sous les epics dus d’ici la fin de l’incrément, rapportés au nombre de tels éléments "
                "que la moitié des tirages terminent d’ici là. Au-dessus de 1 : trop d’engagements. À côté, la part "
                "des tirages qui les terminent tous. Par exemple, 72 prévus et 60 probables : 1,2."
            ),
        },
        unit="",
        better="down",
        precision=2,
        includes={
            "en": "Overdue epics, which are planned still. One number for the portfolio, each train and each theme.",
            "fr": "Les epics en retard, toujours prévus. Un nombre pour le portefeuille, chaque train et chaque thème.",
        },
        excludes={
            "en": (
                "Work that belongs to no epic, on both sides; epics that nobody has split, which come on top. Where "
                "no item is planned: not known."
            ),
            "fr": (
                "Ce qui ne relève d’aucun epic, des deux côtés ; les epics non découpés, qui s’y ajoutent. Si aucun "
                "élément n’est prévu : inconnu."
            ),
        },
        minimum_sample=1,
        source="status history, parents, due dates, increments; 30 known days, 5 of them with a finish",
    ),
)
