"""Rules of governance, in words."""

from __future__ import annotations

from metrics.catalogue.metric import Metric

METRICS = (
    Metric(
        id="governance",
        version=2,
        name={"en": "Items that break a rule of governance", "fr": "Éléments qui enfreignent une règle de gouvernance"},
        question={
            "en": "Are the rules we agreed kept, and what proves it?",
            "fr": "Les règles convenues sont-elles respectées, et qu’est-ce qui le prouve ?",
        },
        formula={
            "en": (
                "Items of the rule’s level that do not show what it asks for: now, or when they first entered its "
                "state, as their history tells. Approval: an approving status or a decision about the item, by then. "
                "Segregation: who owns the decision does not own the item."
            ),
            "fr": (
                "Éléments du niveau de la règle qui ne montrent pas ce qu’elle demande : maintenant, ou à leur "
                "première entrée dans son état, selon leur historique. Approbation : un statut d’approbation ou une "
                "décision sur l’élément, à cette date. Séparation : le décideur n’est pas le responsable."
            ),
        },
        unit="items",
        better="down",
        precision=0,
        includes={
            "en": (
                "Open items, and those that finished in the last 365 days; of those given up then, the ones that had "
                "entered the rule’s state."
            ),
            "fr": (
                "Les éléments ouverts, et ceux terminés depuis 365 jours au plus ; de ceux annulés depuis, les seuls "
                "qui étaient entrés dans l’état de la règle."
            ),
        },
        excludes={
            "en": (
                "Removed items and the other cancelled ones; those that have not reached the rule’s state; exceptions "
                "that still count; what cannot be judged, which is named. Where nothing can be judged: not known."
            ),
            "fr": (
                "Les éléments retirés et les autres annulés ; ceux qui n’ont pas atteint l’état de la règle ; les "
                "exceptions en cours ; ce qui ne peut être jugé, et qui est nommé. Si rien ne peut être jugé : inconnu."
            ),
        },
        minimum_sample=1,
        source="governance.rules of the settings, status and field changes, decisions.csv",
    ),
)
