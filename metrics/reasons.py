"""Why something is left out of a number. Written once, in both languages: for pages, exports and `vmo explain`."""

from __future__ import annotations

from collections.abc import Mapping

ITEMS: Mapping[str, Mapping[str, str]] = {
    "no_start": {
        "en": "finished, but nobody was seen to begin it (or it began and finished in the same instant)",
        "fr": "terminé sans que personne ne l’ait vu commencer (ou commencé et terminé au même instant)",
    },
    "no_history": {
        "en": "the tracker gave no history; it counts as finished by its resolution date",
        "fr": "l’outil n’a pas donné d’historique ; il compte comme terminé à sa date de résolution",
    },
    "history_gap": {
        "en": "the history has a hole: its last state is not the current one",
        "fr": "l’historique a un trou : son dernier état n’est pas l’état actuel",
    },
    "unmapped": {
        "en": "it is, or may have begun, in a status that nobody mapped",
        "fr": "il est dans un statut que personne n’a associé, ou a pu y commencer",
    },
    "cancelled": {
        "en": "given up: a cancelled state or resolution",
        "fr": "abandonné : un état ou une résolution d’annulation",
    },
    "removed": {
        "en": "gone from the tracker or from the scope before it was finished",
        "fr": "disparu de l’outil ou du périmètre avant d’être terminé",
    },
    "ignored": {
        "en": "in a state that the settings ignore",
        "fr": "dans un état que les réglages ignorent",
    },
    "left_behind": {
        "en": "never begun, under a parent that is done",
        "fr": "jamais commencé, sous un parent terminé",
    },
    "no_waiting_states": {
        "en": "its tracker has no waiting states configured, so idle time is not known",
        "fr": "aucun état d’attente n’est configuré pour son outil : le temps inactif est inconnu",
    },
    "derived_clock": {
        "en": "it never moved itself and has the clock of its children, so idle time is not known",
        "fr": "il n’a jamais bougé lui-même et suit l’horloge de ses enfants : le temps inactif est inconnu",
    },
    "no_plan": {
        "en": "in no iteration whose days are told, nor above stories in an increment that the settings name",
        "fr": "sans itération datée, ni, au-dessus des stories, d’incrément que les réglages nomment",
    },
    "no_size": {
        "en": "no size, so that nothing can be divided by it",
        "fr": "pas de taille : rien à diviser",
    },
    "no_cost": {
        "en": "no cost is told, so that the forecast is the budget itself",
        "fr": "aucun coût n’est connu : la prévision est le budget lui-même",
    },
    "no_estimate": {
        "en": "in work without an estimate to hold against the threshold",
        "fr": "en réalisation sans estimation à comparer au seuil",
    },
    "not_begun": {
        "en": "given up before anybody began it",
        "fr": "abandonné avant que personne ne l’ait commencé",
    },
    "no_price": {
        "en": "nobody says what a week of delay costs",
        "fr": "personne ne dit ce que coûte une semaine de retard",
    },
    "not_mapped": {
        "en": "in a status that belongs to no state of the portfolio kanban",
        "fr": "dans un statut qui n’appartient à aucun état du kanban du portefeuille",
    },
    "not_scored": {
        "en": "business value, time criticality or risk reduction is missing",
        "fr": "il manque la valeur métier, l’urgence ou la réduction de risque",
    },
    "paused": {
        "en": "begun, and back in the backlog now; its age is shown apart",
        "fr": "commencé, puis renvoyé au backlog ; son âge est montré à part",
    },
}

VALUE: Mapping[str, Mapping[str, str]] = {
    "not_yet_scored": {
        "en": "not scored yet: pending, which is not 0",
        "fr": "pas encore noté : en attente, ce qui n’est pas 0",
    },
    "no_longer_told": {
        "en": "taken out of the file before it was scored, and nobody said why: what it brought is not known",
        "fr": "sorti du fichier avant d’être noté, sans explication : on ne sait pas ce qu’il a apporté",
    },
    "no_reading": {
        "en": "no reading up to that day",
        "fr": "aucune mesure jusqu’à ce jour",
    },
    "no_target": {
        "en": "no target: its trend is shown, not graded",
        "fr": "pas de cible : la tendance est montrée, sans note",
    },
    "no_baseline": {
        "en": "no baseline to measure from",
        "fr": "pas de point de départ",
    },
    "invalid": {
        "en": "its target equals its baseline",
        "fr": "sa cible égale son point de départ",
    },
    "not_valued": {
        "en": "no planned amount",
        "fr": "aucun montant prévu",
    },
    "double_claim": {
        "en": "another benefit claims the same KPI for another epic; it counts once",
        "fr": "un autre bénéfice revendique le même indicateur pour un autre epic ; il compte une fois",
    },
}

MONEY: Mapping[str, Mapping[str, str]] = {
    "no_money": {
        "en": "nobody has told an amount for these days",
        "fr": "personne n’a dit de montant pour ces jours",
    },
    "too_early": {
        "en": "costs of less than an eighth of the year are told",
        "fr": "moins d’un huitième de l’année a un coût connu",
    },
    "capital_kind": {
        "en": "a kind of work that is no candidate",
        "fr": "une nature de travail qui n’est pas candidate",
    },
    "capital_no_epic": {
        "en": "done under no epic",
        "fr": "réalisé sans epic",
    },
    "capital_before": {
        "en": "done before its epic had come so far",
        "fr": "réalisé avant que son epic en soit là",
    },
}

LEDGER: Mapping[str, Mapping[str, str]] = {
    "no_indicator": {
        "en": "no leading indicator, so that nothing can confirm or refute it",
        "fr": "aucun indicateur avancé ; rien ne peut la confirmer ni la réfuter",
    },
    "retired": {
        "en": "retired: written off, or ended",
        "fr": "retiré, parce qu’abandonné ou échu",
    },
    "nothing_foretold": {
        "en": "nothing was foretold for that month",
        "fr": "rien n’était annoncé pour ce mois",
    },
    "file_unread": {
        "en": "the file with its readings, or a line of it, is not read, since something in it is wrong",
        "fr": "le fichier de ses relevés, ou une de ses lignes, n’est pas lu, car il contient une erreur",
    },
    "stale": {
        "en": "its newest reading is older than it allows",
        "fr": "sa dernière mesure est plus ancienne qu’il ne le permet",
    },
    "few_readings": {
        "en": "fewer than seven readings, too few to go on from",
        "fr": "moins de sept relevés, trop peu pour prolonger",
    },
    "milestones": {
        "en": "it is counted in milestones, which come in steps and at no pace",
        "fr": "il se compte en jalons, qui viennent par paliers et sans rythme",
    },
}

FORECAST: Mapping[str, Mapping[str, str]] = {
    "nothing_finished": {
        "en": "nothing was finished in the days of the sample by those who work on it",
        "fr": "rien n’a été terminé dans les jours de l’échantillon par ceux qui y travaillent",
    },
    "too_little_history": {
        "en": "fewer than 30 days are known, or too few of them saw anything finished",
        "fr": "moins de 30 jours sont connus, ou trop peu ont vu finir quelque chose",
    },
    "unread": {
        "en": "its source was never read completely",
        "fr": "sa source n’a jamais été lue en entier",
    },
    "unknown_size": {
        "en": "it is not split, and fewer than ten of its type were finished to guess from",
        "fr": "il n’est pas découpé, et moins de dix de son type sont terminés pour en juger",
    },
    "unclosed": {
        "en": "no item is left below it, and features below it are still open",
        "fr": "il n’y reste aucun élément à faire, et des features y sont encore ouvertes",
    },
    "no_work": {
        "en": "nothing is below it",
        "fr": "rien ne s’y rattache",
    },
    "cycle": {
        "en": "it waits for itself",
        "fr": "il s’attend lui-même",
    },
    "predecessor_unknown": {
        "en": "it waits for something of which nothing can be forecast",
        "fr": "il attend quelque chose dont rien ne peut être prévu",
    },
    "pending": {
        "en": "its day is not over, or its source was not read since",
        "fr": "son jour n’est pas passé, ou sa source n’a pas été lue depuis",
    },
    "few_items": {
        "en": "fewer than five items were finished for one of the two themes",
        "fr": "moins de cinq éléments ont été terminés pour l’un des deux thèmes",
    },
    "no_epics": {
        "en": "neither of the two themes has an open epic with a likely date",
        "fr": "aucun des deux thèmes n’a d’epic ouvert avec une date probable",
    },
    "unsplit": {
        "en": "nobody has split it into items: it comes on top",
        "fr": "personne ne l’a découpé en éléments : il s’y ajoute",
    },
    "no_date": {
        "en": "no day was told with that probability",
        "fr": "aucun jour n’a été annoncé avec cette probabilité",
    },
}

TRUST: Mapping[str, Mapping[str, str]] = {
    "unproven": {
        "en": "this source was never counted",
        "fr": "cette source n’a jamais été dénombrée",
    },
    "not_complete": {
        "en": "fewer items are held than this source declares",
        "fr": "moins d’éléments détenus que cette source n’en déclare",
    },
    "not_start_known": {
        "en": "finished without being seen to start",
        "fr": "terminé sans début connu",
    },
    "not_aligned": {
        "en": "serves no theme",
        "fr": "ne sert aucun thème",
    },
    "not_fields": {
        "en": "lacks an owner, a size, a due date or a business value",
        "fr": "sans responsable, taille, échéance ou valeur",
    },
    "not_fresh": {
        "en": "in progress, and not touched for 30 days",
        "fr": "en cours, et pas touché depuis 30 jours",
    },
}

GOVERNANCE: Mapping[str, Mapping[str, str]] = {
    "rule_unknown": {
        "en": "cannot be judged: no history, no estimate, a field that nothing shows, nobody named, or a decision on a "
        "line that is not read",
        "fr": "ne peut être jugé : ni historique, ni estimation, un champ jamais montré, personne de nommé, ou une "
        "décision sur une ligne qui n’est pas lue",
    },
    "decision_unread": {
        "en": "a line of the decision log may speak of it and is not read, since something in it is wrong",
        "fr": "une ligne du journal des décisions en parle peut-être et n’est pas lue, car elle contient une erreur",
    },
}

RISKS: Mapping[str, Mapping[str, str]] = {
    "not_rated": {
        "en": "no probability or no impact: not estimated, and not nothing",
        "fr": "sans probabilité ou sans impact : non estimé, et ce n’est pas rien",
    },
    "unreadable": {
        "en": "its fields say neither a number nor a word of their scale",
        "fr": "ses champs ne disent ni un nombre, ni un mot de leur échelle",
    },
}

REASONS: Mapping[str, Mapping[str, str]] = {**GOVERNANCE, **ITEMS, **VALUE, **LEDGER, **FORECAST, **TRUST, **RISKS}


def words(reason: str, locale: str) -> str:
    """What a reason means; the reason itself where nobody has put it into words."""
    return REASONS[reason][locale] if reason in REASONS else reason
