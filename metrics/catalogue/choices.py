"""What decisions on an epic buy, in words."""

from __future__ import annotations

from metrics.catalogue.metric import Metric

METRICS = (
    Metric(
        id="choice",
        version=1,
        name={"en": "What a choice buys", "fr": "Ce qu’un choix apporte"},
        question={
            "en": "What would another order, or half of the work, do to the date of an epic?",
            "fr": "Que ferait à la date d’un epic un autre ordre, ou la moitié du travail ?",
        },
        formula={
            "en": (
                "The forecast of the epic played again with the same trials: as it stands; put before all other epics "
                "of its teams; with half of what is left of it. What comes no earlier put first is first already. "
                "Shown: the 50% and 85% dates, and the share of trials done by its due date."
            ),
            "fr": (
                "La prévision de l’epic rejouée avec les mêmes tirages : tel quel ; placé avant tous les autres epics "
                "de ses équipes ; avec la moitié de ce qui reste. Ce qui n’avance pas, placé avant tous, l’est déjà. "
                "Dates à 50 et 85 %, et part des tirages terminés à son échéance."
            ),
        },
        unit="days",
        better="down",
        precision=0,
        includes={
            "en": "Open epics that have a likely date; without a name, the first twenty in progress.",
            "fr": "Les epics ouverts qui ont une date probable ; sans nom, les vingt premiers en cours.",
        },
        excludes={
            "en": "What the others lose by it, and what half of an epic is worth.",
            "fr": "Ce que les autres y perdent, et ce que vaut la moitié d’un epic.",
        },
        minimum_sample=1,
        source="Forecast plan (metrics/choices.py). Definition 3.4.",
    ),
)
