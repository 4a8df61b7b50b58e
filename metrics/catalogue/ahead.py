"""What lies ahead, in words: forecasts, and how they came true."""

from __future__ import annotations

from metrics.catalogue.metric import Metric

METRICS = (
    Metric(
        id="forecast_when",
        version=2,
        name={
            "en": "Likely date",
            "fr": "Date probable",
        },
        question={
            "en": "When will it be done?",
            "fr": "Quand sera-ce terminé ?",
        },
        formula={
            "en": (
                "Ten thousand trials: each draws, for every working day, one of the last {window} days of "
                "those who work on it, zeros included, until nothing is left. “85% by” is the first day on which 85% "
                "of all trials are done, as much later as the last year taught. An epic follows those it waits for."
            ),
            "fr": (
                "Dix mille tirages : chacun tire, pour chaque jour ouvré, l’un des {window} derniers jours "
                "de ceux qui y travaillent, zéros compris, jusqu’à ce qu’il ne reste rien. « 85 % au » est "
                "le premier jour où 85 % des tirages sont terminés, reculé comme l’an passé l’a appris. "
                "Un epic suit ceux qu’il attend."
            ),
        },
        unit="days",
        better="down",
        precision=0,
        includes={
            "en": (
                "Items left below an open epic, grown as finished ones grew; what is not split has the size of "
                "finished ones of its type; where fewer than ten are, of the range agreed. In progress first, then the "
                "queue, by the tracker’s rank, else by due date and age."
            ),
            "fr": (
                "Ce qui reste sous un epic ouvert, grossi comme les epics terminés ; ce qui n’est pas "
                "découpé a la taille de ce qui, du même "
                "type, est terminé ; à moins de dix, de la fourchette convenue. D’abord l’en-cours, puis la file, "
                "selon le rang dans l’outil, sinon par échéance et ancienneté."
            ),
        },
        excludes={
            "en": (
                "Days of which not all is known; work that is added later, where fewer than ten finished epics "
                "tell how they grew."
            ),
            "fr": (
                "Les jours dont tout n’est pas connu ; le travail ajouté plus tard, si moins de dix epics "
                "terminés disent comment ils ont grossi."
            ),
        },
        minimum_sample=1,
        source="status history, parents, ranks, links that block, due dates; 30 known days, 5 of them with a finish",
    ),
    Metric(
        id="forecast_how_many",
        version=1,
        name={
            "en": "How many by then",
            "fr": "Combien d’ici là",
        },
        question={
            "en": "How much will be finished by the end of the increment?",
            "fr": "Combien sera terminé à la fin de l’incrément ?",
        },
        formula={
            "en": (
                "Trials draw, for every working day until the end of the increment, one of the last {window} days, "
                "zeros included. For example, “at least 23 with 85%” is the largest number that 85% of all "
                "trials reach. "
                "Outside half to twice of what as many days brought before, its median is asked about."
            ),
            "fr": (
                "On tire, pour chaque jour ouvré jusqu’à la fin de l’incrément, l’un des {window} derniers jours, "
                "zéros compris. Par exemple, « au moins 23 à 85 % » est le plus grand nombre que "
                "85 % des tirages atteignent. Hors de la moitié au double des jours précédents, sa médiane alerte."
            ),
        },
        unit="items",
        better="up",
        precision=0,
        includes={
            "en": "Items of the lowest level, whether they belong to an epic or not.",
            "fr": "Les éléments du niveau le plus bas, qu’ils relèvent ou non d’un epic.",
        },
        excludes={
            "en": "Days of which not all is known.",
            "fr": "Les jours dont tout n’est pas connu.",
        },
        minimum_sample=1,
        source="status history, calendar, increments; 30 known days, 5 of them with a finish",
    ),
    Metric(
        id="forecast_coverage",
        version=1,
        name={
            "en": "Dates that came true",
            "fr": "Dates tenues",
        },
        question={
            "en": "Do our forecasts come true as often as they say?",
            "fr": "Nos prévisions se réalisent-elles aussi souvent qu’elles le disent ?",
        },
        formula={
            "en": (
                "Of the dates told with 85% that have passed, the share by which the item was finished; each "
                "item counts once, with its first published forecast. How likely so few would be if the "
                "forecasts were right says whether they are optimistic, or below 5% over-confident."
            ),
            "fr": (
                "Parmi les dates annoncées à 85 % et passées, la part où l’élément était terminé ; chaque "
                "élément compte une fois, avec sa première prévision publiée. La probabilité d’en tenir si peu "
                "si elles étaient justes dit si elles sont optimistes ou, sous 5 %, trop sûres."
            ),
        },
        unit="%",
        better="range",
        precision=0,
        includes={
            "en": "Items that are overdue: their date was missed.",
            "fr": "Les éléments en retard : leur date est manquée.",
        },
        excludes={
            "en": "Dates to come, items given up by their date, forecasts published in hindsight.",
            "fr": "Les dates à venir, ce qui fut abandonné avant sa date, les prévisions publiées après coup.",
        },
        minimum_sample=5,
        source="forecasts kept with each edition, status history; a one-sided binomial test",
    ),
    Metric(
        id="forecast_brier",
        version=1,
        name={
            "en": "Brier score",
            "fr": "Score de Brier",
        },
        question={
            "en": "How good are our likelihoods of due dates?",
            "fr": "Que valent nos probabilités de tenir une échéance ?",
        },
        formula={
            "en": (
                "The mean squared distance between the likelihood first told of a due date and what happened: "
                "1 where it was met, 0 where it was missed. 0 is perfect, 0.25 is a coin’s. For example, told 0.9 "
                "and met, told 0.6 and missed: (0.01 + 0.36) / 2 = 0.185."
            ),
            "fr": (
                "Moyenne des carrés des écarts entre la première probabilité annoncée d’une échéance et ce qui "
                "advint : 1 si elle fut tenue, 0 sinon. 0 est parfait, 0,25 celui d’une pièce. Par exemple, "
                "dit 0,9 et tenu, dit 0,6 et manqué : (0,01 + 0,36) / 2 = 0,185."
            ),
        },
        unit="",
        better="down",
        precision=2,
        includes={
            "en": "Due dates that have passed, as they were when the forecast was published.",
            "fr": "Les échéances passées, telles qu’elles étaient à la publication de la prévision.",
        },
        excludes={
            "en": "Due dates to come, and items given up by them.",
            "fr": "Les échéances à venir, et ce qui fut abandonné avant elles.",
        },
        minimum_sample=1,
        source="forecasts kept with each edition, status history, due dates",
    ),
)
