"""The records themselves, in words: how far they can be believed, and what to mend."""

from __future__ import annotations

from metrics.catalogue.metric import Metric

METRICS = (
    Metric(
        id="trust",
        version=2,
        name={
            "en": "Trust",
            "fr": "Confiance",
        },
        question={
            "en": "How far can you trust this page?",
            "fr": "Peut-on s’y fier ?",
        },
        formula={
            "en": (
                "The smallest of five shares: items held of items the sources declare; finished items "
                "seen to start; open and finished items with a theme; owner, size, due date and business "
                "value of open epics; items in progress touched in the last 30 days."
            ),
            "fr": (
                "La plus petite de cinq parts : éléments détenus sur éléments déclarés par les sources ; "
                "éléments terminés dont le début a été vu ; éléments ouverts et terminés rattachés à un "
                "thème ; responsable, taille, échéance et valeur des epics ouverts ; éléments en cours "
                "touchés depuis 30 jours."
            ),
        },
        unit="%",
        better="up",
        precision=0,
        includes={
            "en": "All levels together: these are shares of records, not of flow.",
            "fr": "Tous les niveaux ensemble : ce sont des parts de données, non de flux.",
        },
        excludes={
            "en": (
                "Ignored items; in all shares but the first, "
                "items at no level; sources that were never counted are named."
            ),
            "fr": (
                "Les éléments ignorés ; hors de la première part, "
                "ceux sans niveau ; les sources jamais dénombrées sont nommées."
            ),
        },
        minimum_sample=1,
        source="census of each source, status history, theme rules, fields",
    ),
    Metric(
        id="data_quality",
        version=1,
        name={
            "en": "Data quality",
            "fr": "Qualité des données",
        },
        question={
            "en": "What must be mended in the trackers?",
            "fr": "Que faut-il corriger dans les outils ?",
        },
        formula={
            "en": (
                "Items that break a rule, of the items the rule looks at: unmapped status, no level, no "
                "theme, open children under a done parent, begun children under a parent not begun, "
                "finish without start, holes in history, dates in the future, epics without owner or "
                "size."
            ),
            "fr": (
                "Éléments qui enfreignent une règle, parmi ceux qu’elle examine : statut non associé, "
                "sans niveau, sans thème, enfants ouverts sous un parent terminé, enfants commencés sous "
                "un parent qui ne l’est pas, fin sans début, historique troué, dates futures, epics sans "
                "responsable ou sans taille."
            ),
        },
        unit="items",
        better="down",
        precision=0,
        includes={
            "en": "Items of all levels.",
            "fr": "Les éléments de tous les niveaux.",
        },
        excludes={
            "en": "Removed items. Risks of the register need no level.",
            "fr": "Les éléments retirés. Les risques du registre n’ont pas besoin de niveau.",
        },
        minimum_sample=1,
        source="all fields read",
    ),
)
