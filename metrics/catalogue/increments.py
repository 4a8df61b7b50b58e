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
                "ended. A train is the sum of its teams. 80 to 100% is healthy. For "
                "example, 34 brought of 38 planned: 89.5%."
            ),
            "fr": (
                "Valeur métier apportée par tous les objectifs d’un incrément, engagés ou non, rapportée à la valeur "
                "prévue des objectifs engagés. L’engagement est ce que disait le fichier à la fin du premier jour. Un "
                "train est la somme de ses équipes. De 80 à 100 %, c’est sain. Par exemple, 34 sur 38 : 89,5 %."
            ),
        },
        unit="%",
        better="range",
        precision=1,
        includes={
            "en": "Objectives that were dropped: their plan stays and they bring 0. Those that left the file: what "
            "they were scored at. Later ones: what they bring. Of a theme: those that name it.",
            "fr": "Les objectifs abandonnés : leur plan demeure et ils apportent 0. Sortis du fichier : leur "
            "note. Ajoutés : ce qu’ils apportent. D’un thème : ceux qui le nomment.",
        },
        excludes={
            "en": "Objectives without a planned value. While one is not scored there is no percentage: pending, not 0; "
            "nor where one left the file before it was scored.",
            "fr": "Les objectifs sans valeur prévue. Tant qu’un objectif n’est pas noté, pas de pourcentage : en "
            "attente, et non 0 ; ni si un objectif est sorti du fichier avant d’être noté.",
        },
        minimum_sample=1,
        source="objectives.csv and the versions of it that were kept",
    ),
    Metric(
        id="state_time",
        version=2,
        name={
            "en": "Time in each state",
            "fr": "Temps passé dans chaque état",
        },
        question={
            "en": "Where does the time of finished work go?",
            "fr": "Où passe le temps du travail terminé ?",
        },
        formula={
            "en": (
                "Days between start and finish of the items finished in the period, by the state they were in, divided "
                "by the items of its tracker: each has its own words for a step. Days of 24 hours; blocked time is "
                "deducted from no state. For example, 2 and 4 days in Build, one item 3 in Review: 3.0 and 1.5."
            ),
            "fr": (
                "Jours entre début et fin des éléments terminés dans la période, par état, divisés par les éléments de "
                "son outil : chacun a ses mots. Jours de 24 heures ; le temps bloqué n’est retiré d’aucun état. Par "
                "exemple, 2 et 4 jours en Réalisation, et un élément 3 en Revue : 3,0 et 1,5."
            ),
        },
        unit="days",
        better="down",
        precision=1,
        includes={
            "en": "Items of one level that finished in the period; one that passed a state by counts there as 0.",
            "fr": "Les éléments d’un niveau terminés dans la période ; celui qui saute un état y compte pour 0.",
        },
        excludes={
            "en": "What flow time leaves out, and items that have the clock of their children.",
            "fr": "Ce que le temps de flux laisse de côté, et les éléments qui suivent l’horloge de leurs enfants.",
        },
        minimum_sample=5,
        source="status history",
    ),
)
