"""When outcomes arrive, in words."""

from __future__ import annotations

from metrics.catalogue.metric import Metric

METRICS = (
    Metric(
        id="outcome_date",
        version=1,
        name={"en": "Likely date of an outcome", "fr": "Date probable d’un résultat"},
        question={
            "en": "When will the outcome arrive, if it goes on as it did?",
            "fr": "Quand le résultat arrivera-t-il, s’il continue ainsi ?",
        },
        formula={
            "en": (
                "Ten thousand trials: each starts at the newest reading and draws, from the newest twelve stretches "
                "between two readings, one after the other with its days and its change, until the target is reached. "
                "“85% by” is the first day by which 85% of all trials are there. It needs seven readings."
            ),
            "fr": (
                "Dix mille tirages : chacun part du dernier relevé et tire, parmi les douze derniers écarts entre deux "
                "relevés, l’un après l’autre avec ses jours et sa variation, jusqu’à la cible. « 85 % au » est le "
                "premier jour où 85 % des tirages y sont. Il faut sept relevés."
            ),
        },
        unit="days",
        better="down",
        precision=0,
        includes={
            "en": "Key results with a target, a starting value and at least seven readings, the newest not too old.",
            "fr": "Les résultats clés qui ont une cible, un départ et au moins sept relevés, le dernier récent.",
        },
        excludes={
            "en": "What epics still to come may change: the outcome is taken to go on as its readings did. Trials that "
            "have not arrived in five years count as not arrived.",
            "fr": "Ce que les epics à venir peuvent changer : le résultat est supposé continuer comme ses relevés. Un "
            "tirage qui n’y est pas en cinq ans n’arrive pas.",
        },
        minimum_sample=7,
        source="KPI readings (metrics/arrival.py). Definition 3.4.",
    ),
)
