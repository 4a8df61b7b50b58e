"""Why the year will end where it will, in words."""

from __future__ import annotations

from metrics.catalogue.metric import Metric

METRICS = (
    Metric(
        id="forecast_difference",
        version=1,
        name={
            "en": "Forecast less budget, by cause",
            "fr": "Prévision moins budget, par cause",
        },
        question={
            "en": "What moves the forecast away from the budget?",
            "fr": "Qu’est-ce qui éloigne la prévision du budget ?",
        },
        formula={
            "en": (
                "Year-end forecast less the budget, day by day: closed months as first told; what they cost now less "
                "that; told months still open; days without a cost and days to come, at the pace so far. Each less the "
                "budget of its days: the sum is the difference. For example, 100 planned, 90 closed, 95 now: −10, +5."
            ),
            "fr": (
                "Prévision de fin d’année moins budget, jour par jour : mois clos comme dits d’abord ; leur coût "
                "actuel moins cela ; mois dits, pas clos ; jours sans coût et jours à venir, au rythme constaté. "
                "Chacun moins le budget de ses jours : la somme est l’écart. Par exemple, 100 prévus, 90 clos, 95 "
                "depuis : −10, +5."
            ),
        },
        unit="money",
        better="down",
        precision=0,
        includes={
            "en": "Every day of the budget year, each for one cause; months named are those of a value stream.",
            "fr": "Chaque jour de l’année budgétaire, pour une seule cause ; les mois, par chaîne de valeur.",
        },
        excludes={
            "en": (
                "Years whose budget does not cover each day; while a value stream has told no cost, not known. Price "
                "and amount: a budget names no amount of work."
            ),
            "fr": (
                "Les années sans budget pour chaque jour ; tant qu’une chaîne de valeur n’a aucun coût dit, inconnu. "
                "Prix et volume : un budget ne dit pas de quantité."
            ),
        },
        minimum_sample=1,
        source="budgets.csv, actuals.csv, closed months as the store keeps them",
    ),
)
