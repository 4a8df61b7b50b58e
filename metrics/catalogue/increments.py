"""What teams and trains bring of what they commit to, in words."""

from __future__ import annotations

from metrics.catalogue.metric import Metric

METRICS = (
    Metric(
        id="predictability",
        version=1,
        name={
            "en": "Predictability",
            "fr": "Prévisibilité",
        },
        question={
            "en": "Do teams and trains bring what they committed to?",
            "fr": "Les équipes et les trains livrent-ils ce sur quoi ils se sont engagés ?",
        },
        formula={
            "en": (
                "Business value brought by all objectives of an increment, committed or not, divided by the value "
                "planned for those committed. The commitment is what the objectives file said when the first day "
                "ended. A train is the sum of its teams. 80 to 100 % is healthy. 34 brought of 38 planned: 89.5 %."
            ),
            "fr": (
                "Valeur métier apportée par tous les objectifs d’un incrément, engagés ou non, rapportée à la valeur "
                "prévue des objectifs engagés. L’engagement est ce que disait le fichier à la fin du premier jour. Un "
                "train est la somme de ses équipes. De 80 à 100 %, c’est sain. 34 sur 38 : 89,5 %."
            ),
        },
        unit="%",
        better="range",
        precision=1,
        includes={
            "en": "Objectives that were dropped, or left the file: their plan stays and they bring 0. Later ones: what "
            "they bring.",
            "fr": "Les objectifs abandonnés ou sortis du fichier : leur plan demeure et ils apportent 0. Les objectifs "
            "ajoutés : ce qu’ils apportent.",
        },
        excludes={
            "en": "Objectives without a planned value. While one is not scored there is no percentage: pending, not 0.",
            "fr": "Les objectifs sans valeur prévue. Tant qu’un objectif n’est pas noté, pas de pourcentage : en "
            "attente, et non 0.",
        },
        minimum_sample=1,
        source="objectives.csv and the versions of it that were kept",
    ),
)
