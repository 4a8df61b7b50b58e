"""Shifts of capacity, in words."""

from __future__ import annotations

from metrics.catalogue.metric import Metric

METRICS = (
    Metric(
        id="scenario",
        version=1,
        name={"en": "Shift of capacity", "fr": "Report de capacité"},
        question={
            "en": "What would moving people from one theme to another do to the likely dates?",
            "fr": "Que ferait aux dates probables un report de capacité d’un thème à l’autre ?",
        },
        formula={
            "en": (
                "The forecast played again with the same trials. Work for the theme that gives goes at 1 − share of "
                "its speed; for the one that takes, at 1 + share × what was finished for the first ÷ for the second. "
                "Shown: 85% dates of the first five epics of each."
            ),
            "fr": (
                "La prévision rejouée avec les mêmes tirages. Le thème qui donne va à 1 − part de son allure ; celui "
                "qui reçoit, à 1 + part × ce qui fut fini pour le premier ÷ pour le second. Dates à 85 % des cinq "
                "premiers epics de chacun."
            ),
        },
        unit="days",
        better="none",
        precision=0,
        includes={
            "en": "Open epics of both themes that have a likely date; one of several themes goes at the mean by share.",
            "fr": "Les epics ouverts des deux thèmes qui ont une date probable ; un epic de plusieurs thèmes va à la "
            "moyenne de leurs allures, par part.",
        },
        excludes={
            "en": "Learning time, and who can do whose work: whoever moves is taken to finish as much as those there.",
            "fr": "Le temps d’apprentissage, et qui sait faire quoi : qui change de thème est supposé finir autant que "
            "ceux qui y sont.",
        },
        minimum_sample=5,
        source="Forecast plan; placement by theme (metrics/scenario.py). Definition 3.4.",
    ),
)
