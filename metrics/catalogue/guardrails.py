"""The four guardrails, in words: where the work goes, who approved it, whether its owners take part."""

from __future__ import annotations

from metrics.catalogue.metric import Metric

METRICS = (
    Metric(
        id="horizon_share",
        version=2,
        name={"en": "Horizon share", "fr": "Part d’horizon"},
        question={
            "en": "Does the work go to today and tomorrow as agreed?",
            "fr": "Le travail va-t-il à aujourd’hui et à demain comme convenu ?",
        },
        formula={
            "en": (
                "Item-days in progress at one level, by the horizon of the theme that they serve, in percent of those "
                "with a horizon. Out: off the agreed share by more than the tolerance. With fewer than 5 items, or "
                "less than half of the work with a horizon, nothing is judged."
            ),
            "fr": (
                "Jours-éléments en cours à un niveau, selon l’horizon du thème servi, en pourcentage de ceux qui en "
                "ont un. Hors garde-fou : l’écart à la part convenue dépasse la tolérance. Sous 5 éléments, ou si "
                "moins de la moitié du travail a un horizon, rien n’est jugé."
            ),
        },
        unit="%",
        better="range",
        precision=1,
        includes={
            "en": (
                "Items in progress at the end of a day, with the themes in effect on it; one that two themes share is "
                "divided."
            ),
            "fr": (
                "Les éléments en cours en fin de journée, avec les thèmes en vigueur ce jour-là ; celui que deux "
                "thèmes partagent est divisé."
            ),
        },
        excludes={
            "en": "Work without a theme, or whose theme has no horizon: counted and named.",
            "fr": "Le travail sans thème, ou dont le thème n’a pas d’horizon : compté et nommé.",
        },
        minimum_sample=1,
        source="status history, theme rules, guardrails.horizons; SAFe, lean budget guardrails",
    ),
    Metric(
        id="horizon_distance",
        version=2,
        name={"en": "Distance from the horizon mix", "fr": "Distance à la répartition par horizon"},
        question={
            "en": "How far is the whole mix from what was agreed?",
            "fr": "À quelle distance la répartition est-elle de ce qui fut convenu ?",
        },
        formula={
            "en": "Half the sum of the differences between the share of each horizon and its agreed share, in points.",
            "fr": "Moitié de la somme des écarts entre la part de chaque horizon et sa part convenue, en points.",
        },
        unit="points",
        better="down",
        precision=1,
        includes={
            "en": "The item-days of the horizon shares.",
            "fr": "Les jours-éléments des parts d’horizon.",
        },
        excludes={
            "en": "Work without a horizon. No agreed shares: not known.",
            "fr": "Le travail sans horizon. Sans parts convenues : inconnu.",
        },
        minimum_sample=1,
        source="status history, theme rules, guardrails.horizons; total variation distance",
    ),
    Metric(
        id="capacity_share",
        version=2,
        name={"en": "Capacity share", "fr": "Part de capacité"},
        question={
            "en": "Does each kind of work get the capacity that was allocated?",
            "fr": "Chaque nature de travail reçoit-elle la capacité allouée ?",
        },
        formula={
            "en": (
                "Item-days in progress of a train, by kind of work, in percent of those whose kind is known, over an "
                "increment. Out: off the allocation by more than the tolerance. A kind that the allocation does not "
                "name is held against 0%."
            ),
            "fr": (
                "Jours-éléments en cours d’un train, par nature de travail, en pourcentage de ceux dont la nature est "
                "connue, sur un incrément. Hors garde-fou : l’écart à l’allocation dépasse la tolérance. Une nature "
                "absente de l’allocation est comparée à 0 %."
            ),
        },
        unit="%",
        better="range",
        precision=1,
        includes={
            "en": "Planned and actual; also by week and by month. Of a theme: the days on which work served it.",
            "fr": (
                "Le prévu et le réel ; aussi par semaine et par mois. D’un thème : les jours où le travail le servait."
            ),
        },
        excludes={
            "en": "Items whose kind no rule tells.",
            "fr": "Les éléments dont aucune règle ne dit la nature.",
        },
        minimum_sample=1,
        source="status history, kinds of the sources, guardrails.capacity; SAFe, capacity allocation",
    ),
    Metric(
        id="capacity_distance",
        version=2,
        name={"en": "Distance from the capacity allocation", "fr": "Distance à l’allocation de capacité"},
        question={
            "en": "How far is the work of a train from its allocation?",
            "fr": "À quelle distance le travail d’un train est-il de son allocation ?",
        },
        formula={
            "en": "Half the sum of the differences between the share of each kind and its allocation, in points.",
            "fr": "Moitié de la somme des écarts entre la part de chaque nature et son allocation, en points.",
        },
        unit="points",
        better="down",
        precision=1,
        includes={
            "en": "The item-days of the capacity shares.",
            "fr": "Les jours-éléments des parts de capacité.",
        },
        excludes={
            "en": "Items whose kind no rule tells. No allocation: not known.",
            "fr": "Les éléments dont aucune règle ne dit la nature. Sans allocation : inconnu.",
        },
        minimum_sample=1,
        source="status history, kinds of the sources, guardrails.capacity; total variation distance",
    ),
    Metric(
        id="significant_initiatives",
        version=1,
        name={"en": "Significant initiatives without approval", "fr": "Initiatives importantes sans approbation"},
        question={
            "en": "Was every large initiative approved before it began?",
            "fr": "Chaque grande initiative fut-elle approuvée avant de commencer ?",
        },
        formula={
            "en": (
                "Epics at or over the threshold that entered the portfolio state named, with no approval dated on or "
                "before: an entry into an approving status, or a decision of the log. Where the estimate grew to the "
                "threshold in work, from then on. The change in the epic's history proves it."
            ),
            "fr": (
                "Epics au seuil ou au-dessus, entrés dans l’état de portefeuille nommé sans approbation datée d’alors "
                "ou d’avant : entrée dans un statut d’approbation, ou décision du journal. Si l’estimation a atteint "
                "le seuil en cours de route, dès ce moment. Le changement dans l’historique le prouve."
            ),
        },
        unit="items",
        better="down",
        precision=0,
        includes={
            "en": (
                "By cost estimate or job size, the one it had when it began or has now. Apart: in work without an "
                "estimate, MVPs that cost more than approved, and two or more just under the threshold of one parent."
            ),
            "fr": (
                "Par coût estimé ou taille, à l’entrée ou à présent. À part : en réalisation sans estimation, MVP "
                "plus chers qu’approuvé, et deux ou plus juste sous le seuil avec le même parent."
            ),
        },
        excludes={
            "en": (
                "Epics whose history or status (nobody mapped it) does not tell whether and when they began, those in "
                "work without an estimate, and those that a line of the log may approve which is not read; with these "
                "alone, not known. Who moved an epic is not kept."
            ),
            "fr": (
                "Les epics dont l’historique ou le statut (que personne n’a associé) ne dit pas s’ils ont commencé ni "
                "quand, ceux en réalisation sans estimation, et ceux qu’une ligne non lue du journal approuve "
                "peut-être ; s’il n’y a qu’eux, inconnu. Qui déplace un epic n’est pas conservé."
            ),
        },
        minimum_sample=1,
        source="status and estimate history, decisions.csv, guardrails.approval, kanban; SAFe, significant initiatives",
    ),
    Metric(
        id="owner_engagement",
        version=1,
        name={"en": "Business-owner engagement", "fr": "Engagement des Business Owners"},
        question={
            "en": "Do business owners plan, score and follow what they own?",
            "fr": "Les Business Owners planifient-ils, notent-ils et suivent-ils ce qui est à eux ?",
        },
        formula={
            "en": (
                "planned: objectives with a business value by the first day of the increment. scored: with an actual "
                "one at most {scored} after its end. active: epics in work that name an owner and saw a change "
                "on or below them in {active}. Dates are the file's, or when its kept versions first said it."
            ),
            "fr": (
                "planifiés : objectifs avec une valeur dès le premier jour de l’incrément. notés : avec une valeur "
                "réelle {scored} au plus après sa fin. suivis : epics en réalisation avec un responsable et un "
                "changement, eux ou dessous, depuis {active}. Dates du fichier, ou de ses versions conservées."
            ),
        },
        unit="%",
        better="up",
        precision=0,
        includes={
            "en": "The newest increment that has begun, and the newest whose time for scoring is over.",
            "fr": "Le dernier incrément commencé, et le dernier dont le délai de notation est passé.",
        },
        excludes={
            "en": (
                "Objectives of which nobody can say when they were planned or scored: counted and named. Without any, "
                "or with their file unread, epics alone can show that the guardrail is breached, never that it holds."
            ),
            "fr": (
                "Les objectifs dont nul ne peut dire quand ils furent planifiés ou notés : comptés et nommés. Sans "
                "aucun, ou leur fichier non lu, les epics seuls peuvent montrer un dépassement, jamais le respect."
            ),
        },
        minimum_sample=1,
        source="objectives.csv and its kept versions, status history; SAFe, continuous Business Owner engagement",
    ),
    Metric(
        id="old_decisions",
        version=1,
        name={"en": "Decisions that wait for too long", "fr": "Décisions qui attendent trop longtemps"},
        question={
            "en": "Which decisions have waited for more than {decided}?",
            "fr": "Quelles décisions attendent depuis plus de {decided} ?",
        },
        formula={
            "en": "Decisions of the log that are not taken and were asked more than {decided} ago.",
            "fr": "Décisions du journal non prises et demandées depuis plus de {decided}.",
        },
        unit="items",
        better="down",
        precision=0,
        includes={
            "en": "All that wait; for a part of the portfolio, those about its epics.",
            "fr": "Toutes celles qui attendent ; pour une partie du portefeuille, celles de ses epics.",
        },
        excludes={
            "en": "Decisions that were taken: the log does not say when they ceased to wait. "
            "A log without any: not known.",
            "fr": "Les décisions prises : le journal ne dit pas quand elles ont cessé d’attendre. "
            "Journal vide : non connu.",
        },
        minimum_sample=1,
        source="decisions.csv",
    ),
)
