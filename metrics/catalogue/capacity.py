"""What is planned beside what can be done, in words."""

from __future__ import annotations

from metrics.catalogue.metric import Metric

METRICS = (
    Metric(
        id="load_capacity",
        version=2,
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
                "Items left below epics and features that are due by the end of the increment, each once, divided by "
                "how many items of epics half of all trials finish by then. Above 1: over-committed. Beside it, the "
                "share of trials that finish all of them. For example, 72 planned and 60 likely: 1.2."
            ),
            "fr": (
                "Éléments restant sous les epics et features dus d’ici la fin de l’incrément, chacun une fois, "
                "rapportés au nombre d’éléments d’epics que la moitié des tirages terminent d’ici là. Au-dessus de "
                "1 : trop d’engagements. À côté, la part des tirages qui les terminent tous. Par exemple, 72 prévus "
                "et 60 probables : 1,2."
            ),
        },
        unit="",
        better="down",
        precision=2,
        includes={
            "en": "Overdue ones, which are planned still. One number for the portfolio, each train and each theme.",
            "fr": "Les retards, toujours prévus. Un nombre pour le portefeuille, chaque train et chaque thème.",
        },
        excludes={
            "en": (
                "Work that belongs to no epic, on both sides; what is left below one that was given up or removed; "
                "what nobody has split, which comes on top. Where no item is planned: not known."
            ),
            "fr": (
                "Ce qui ne relève d’aucun epic, des deux côtés ; ce qui reste sous un epic abandonné ou retiré ; ce "
                "qui n’est pas découpé, qui s’y ajoute. Si aucun élément n’est prévu : inconnu."
            ),
        },
        minimum_sample=1,
        source="status history, parents, due dates, increments; 30 known days, 5 of them with a finish",
    ),
)
