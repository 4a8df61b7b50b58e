"""How dates would have been met before, in words."""

from __future__ import annotations

from metrics.catalogue.metric import Metric

METRICS = (
    Metric(
        id="forecast_look_back",
        version=1,
        name={
            "en": "Dates, looking back",
            "fr": "Dates, après coup",
        },
        question={
            "en": "How often would such dates have been met in the last year?",
            "fr": "Combien de ces dates auraient été tenues depuis un an ?",
        },
        formula={
            "en": (
                "At each of the last 12 month ends (fewer above 10,000 items), forecast with what was known then. Of "
                "the 85% dates that have passed, the share met. Where chance explains so few in under 5% (an epic "
                "counts once), every percentile is as many days later as p·(n + 1)/n of the dates of n epics came "
                "within (Kaplan-Meier)."
            ),
            "fr": (
                "À chacune des 12 dernières fins de mois (moins au-delà de 10 000 éléments), prévoir avec ce que "
                "l’on savait. Des dates à 85 % passées, la part tenue. Si le hasard l’explique à moins de 5 % (un "
                "epic compte une fois), chaque percentile recule des jours qui auraient suffi à p·(n + 1)/n "
                "d’entre elles, n epics (Kaplan-Meier)."
            ),
        },
        unit="%",
        better="range",
        precision=0,
        includes={
            "en": "Epics in progress, and those of the queue apart, each once a month end at which it was open.",
            "fr": "Les epics en cours et, à part, ceux en attente, une fois par fin de mois où ils étaient ouverts.",
        },
        excludes={
            "en": "Dates to come, and epics given up by theirs. Parents, links and due dates are those of today.",
            "fr": "Les dates à venir, les epics abandonnés avant. Parents, liens et échéances : ceux d’aujourd’hui.",
        },
        minimum_sample=5,
        source="status history of the last year; a one-sided binomial test; ten epics before a date is changed",
    ),
)
