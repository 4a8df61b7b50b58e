"""What a baseline tells of today, in words: what lies forgotten, and how far statuses mean what they say."""

from __future__ import annotations

from metrics.catalogue.metric import Metric

METRICS = (
    Metric(
        id="forgotten_work",
        version=1,
        name={"en": "Forgotten work", "fr": "Travail oublié"},
        question={
            "en": "What is in progress that nobody works on?",
            "fr": "Qu’est-ce qui est en cours sans que personne n’y travaille ?",
        },
        formula={
            "en": (
                "Items in progress whose age is over the 95th percentile of the flow time of what finished at their "
                "level in the last 52 weeks, and that nobody has changed in the tracker for 60 days or more, "
                "nor anything below them."
            ),
            "fr": (
                "Éléments en cours dont l’âge dépasse le 95e centile du temps de traversée de ce qui a été terminé à "
                "leur niveau en 52 semaines, et que personne n’a modifiés dans l’outil depuis 60 jours ou "
                "plus, ni rien de ce qui en dépend."
            ),
        },
        unit="items",
        better="down",
        precision=0,
        includes={
            "en": "Waiting and active items that were seen to start.",
            "fr": "Les éléments en attente et actifs dont le début a été vu.",
        },
        excludes={
            "en": "Levels of which fewer than 20 items finished in the year: nothing is called old there.",
            "fr": "Les niveaux dont moins de 20 éléments ont été terminés en un an : rien n’y est dit ancien.",
        },
        minimum_sample=20,
        source="status history and last change in the trackers; work item age of the Kanban Guide",
    ),
    Metric(
        id="status_agreement",
        version=1,
        name={"en": "Confidence in a status", "fr": "Confiance dans un statut"},
        question={
            "en": "Does work behave as this status says?",
            "fr": "Le travail se comporte-t-il comme ce statut le dit ?",
        },
        formula={
            "en": (
                "Visits that behave as the status is understood, of all its visits. Not begun: no work in progress "
                "came before. In progress: nothing was done or given up before. Done and given up: the "
                "item has not left."
            ),
            "fr": (
                "Les passages qui se comportent comme le statut est compris, sur tous ses passages. Pas commencé : "
                "rien d’en cours avant. En cours : rien de terminé ni d’abandonné avant. Terminé et abandonné : "
                "l’élément n’en est pas ressorti."
            ),
        },
        unit="%",
        better="up",
        precision=0,
        includes={
            "en": "Every visit of every item, of all levels and of none.",
            "fr": "Chaque passage de chaque élément, de tous les niveaux et sans niveau.",
        },
        excludes={
            "en": "Items gone from their tracker; statuses that nobody explains, or that are not counted.",
            "fr": "Les éléments disparus de leur outil ; les statuts que personne n’explique ou qui ne comptent pas.",
        },
        minimum_sample=1,
        source="status history in the trackers, their categories, and the settings",
    ),
)
