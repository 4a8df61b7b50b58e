"""Order and dependencies, in words: what comes first, and what waits for what."""

from __future__ import annotations

from metrics.catalogue.metric import Metric

METRICS = (
    Metric(
        id="wsjf",
        version=1,
        name={
            "en": "WSJF",
            "fr": "WSJF",
        },
        question={
            "en": "What should come first?",
            "fr": "Que faut-il faire d’abord ?",
        },
        formula={
            "en": (
                "Business value, time criticality and risk reduction or opportunity enablement, added up and "
                "divided by the job’s size; the largest comes first, of equal ones that with the higher cost of "
                "delay, then the older. The number is the highest score."
            ),
            "fr": (
                "Valeur métier, urgence et réduction de risque ou ouverture d’opportunité, additionnées puis "
                "divisées par la taille ; la plus grande d’abord, à égalité celle dont le coût du retard est le "
                "plus haut, puis la plus ancienne. Le nombre est le score le plus haut."
            ),
        },
        unit="",
        better="none",
        precision=2,
        includes={
            "en": "Items not finished, begun or not, as of today.",
            "fr": "Les éléments non terminés, commencés ou non, à ce jour.",
        },
        excludes={
            "en": "Items without a size, and those that lack a part of the cost of delay: they are listed.",
            "fr": "Les éléments sans taille, ou sans une part du coût du retard : ils sont listés.",
        },
        minimum_sample=1,
        source="fields of the tracker; SAFe, WSJF",
    ),
    Metric(
        id="dependency_health",
        version=2,
        name={
            "en": "Dependency health",
            "fr": "Santé des dépendances",
        },
        question={
            "en": "Will what we depend on be there in time?",
            "fr": "Ce dont nous dépendons sera-t-il prêt à temps ?",
        },
        formula={
            "en": (
                "Links whose predecessor is done or will be in time in 85% of forecasts, divided by all open ones. "
                "A link is stale (the predecessor was given up), resolved, a cycle, broken (the successor began "
                "while the predecessor is open), unknown (no date or no forecast), late, at risk or ok."
            ),
            "fr": (
                "Liens dont le prédécesseur est terminé, ou le sera à temps dans 85 % des prévisions, rapportés "
                "à tous les liens ouverts. Un lien est caduc (prédécesseur abandonné), résolu, en boucle, rompu "
                "(le successeur a commencé avant la fin), inconnu (sans date ou sans prévision), en retard, à "
                "risque ou tenu."
            ),
        },
        unit="%",
        better="up",
        precision=1,
        includes={
            "en": (
                "Links to predecessors of items not finished, as of today. Needed by the day of the list, else the "
                "planned start or due date of the successor, else its forecast start: the day by which half of all "
                "trials would begin it if it waited for nothing. Only epics are forecast: what waits for an open item "
                "of another level is unknown."
            ),
            "fr": (
                "Les liens vers les prédécesseurs des éléments non terminés, à ce jour. On les attend au jour de la "
                "liste, sinon au début planifié ou à l’échéance du successeur, sinon à son début prévu : le jour où la "
                "moitié des tirages l’auraient commencé s’il n’attendait rien. Seuls les epics ont des "
                "prévisions : ce qui attend un élément ouvert d’un autre niveau est inconnu."
            ),
        },
        excludes={
            "en": "Links both of whose ends are done, and those of items given up or removed.",
            "fr": "Les liens dont les deux bouts sont terminés, et ceux d’éléments abandonnés ou retirés.",
        },
        minimum_sample=1,
        source="links of the trackers",
    ),
)
