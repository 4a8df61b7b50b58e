"""Money, in words: budgets, costs, and what they were spent on."""

from __future__ import annotations

from metrics.catalogue.metric import Metric

METRICS = (
    Metric(
        id="spend",
        version=2,
        name={
            "en": "Attributed spend",
            "fr": "Dépense attribuée",
        },
        question={
            "en": "Where did the money go?",
            "fr": "Où est allé l’argent ?",
        },
        formula={
            "en": (
                "The month’s money of a value stream (its cost where finance has told it, else the even share of "
                "its budget), divided by the days on which items were in progress. Days on which nothing was are "
                "idle; work that serves no theme is unaligned. Parts add up to the last minor unit. A management "
                "view, not a ledger."
            ),
            "fr": (
                "L’argent du mois d’une chaîne de valeur (son coût si la finance l’a dit, sinon la part égale du "
                "budget), réparti selon les jours où des éléments étaient en cours. Les jours sans rien en cours "
                "sont inactifs ; le travail sans thème est non rattaché. Les parts s’ajoutent à l’unité près. Vue "
                "de gestion, hors comptabilité."
            ),
        },
        unit="money",
        better="none",
        precision=0,
        includes={
            "en": (
                "Items in progress at the end of any day of the month, at the level that the settings name. Each day "
                "is paid to the themes in effect on it; read by count or by size, an item is divided among its themes "
                "by those days."
            ),
            "fr": (
                "Les éléments en cours à la fin d’un jour du mois, au niveau que nomment les réglages. Chaque jour va "
                "aux thèmes en vigueur ce jour-là ; par nombre ou par taille, un élément se divise entre ses thèmes "
                "selon ces jours."
            ),
        },
        excludes={
            "en": "Months without a budget or a cost; changes of closed months, which are adjustments.",
            "fr": "Les mois sans budget ni coût ; les changements de mois clos, qui sont des ajustements.",
        },
        minimum_sample=1,
        source="budgets.csv, actuals.csv, the changes of items; minor units of the portfolio's currency",
    ),
    Metric(
        id="spend_total",
        version=2,
        name={
            "en": "Attributed spend, in all",
            "fr": "Dépense attribuée, en tout",
        },
        question={
            "en": "How much did it cost?",
            "fr": "Combien cela a-t-il coûté ?",
        },
        formula={
            "en": (
                "The sum of attributed spend within a scope: all value streams, one, what serves a theme, or what the "
                "items of a train took."
            ),
            "fr": (
                "La somme de la dépense attribuée dans un périmètre : toutes les chaînes de valeur, une seule, ce qui "
                "sert un thème, ou ce qu’ont pris les éléments d’un train."
            ),
        },
        unit="money",
        better="none",
        precision=0,
        includes={
            "en": "What attributed spend includes.",
            "fr": "Ce que comprend la dépense attribuée.",
        },
        excludes={
            "en": "Adjustments of closed months.",
            "fr": "Les ajustements des mois clos.",
        },
        minimum_sample=1,
        source="as attributed spend",
    ),
    Metric(
        id="spend_horizon",
        version=2,
        name={
            "en": "Spend by horizon",
            "fr": "Dépense par horizon",
        },
        question={
            "en": "Do we pay for today or for tomorrow?",
            "fr": "Payons-nous pour aujourd’hui ou pour demain ?",
        },
        formula={
            "en": (
                "Attributed spend, added up by the investment horizon of the theme that work serves; unaligned "
                "work and idle days stand apart."
            ),
            "fr": (
                "La dépense attribuée, additionnée par horizon d’investissement du thème servi ; le travail non "
                "rattaché et les jours inactifs sont à part."
            ),
        },
        unit="money",
        better="none",
        precision=0,
        includes={
            "en": "What attributed spend includes.",
            "fr": "Ce que comprend la dépense attribuée.",
        },
        excludes={
            "en": "Nothing; themes without a horizon are told as none.",
            "fr": "Rien ; les thèmes sans horizon sont dits none.",
        },
        minimum_sample=1,
        source="as attributed spend; horizons of themes in vmo.yaml",
    ),
    Metric(
        id="spend_kind",
        version=1,
        name={
            "en": "Spend by kind of work",
            "fr": "Dépense par nature de travail",
        },
        question={
            "en": "What kind of work do we pay for?",
            "fr": "Quelle nature de travail payons-nous ?",
        },
        formula={
            "en": (
                "Attributed spend, added up by the kind of work: feature, enabler, debt, defect, or the "
                "portfolio’s own kinds; idle days stand apart."
            ),
            "fr": (
                "La dépense attribuée, additionnée par nature de travail : fonctionnalité, facilitateur, dette, "
                "défaut ou les natures du portefeuille ; les jours inactifs sont à part."
            ),
        },
        unit="money",
        better="none",
        precision=0,
        includes={
            "en": "What attributed spend includes.",
            "fr": "Ce que comprend la dépense attribuée.",
        },
        excludes={
            "en": "Nothing.",
            "fr": "Rien.",
        },
        minimum_sample=1,
        source="as attributed spend; kinds of sources in vmo.yaml",
    ),
    Metric(
        id="spend_adjustment",
        version=2,
        name={
            "en": "Adjustment of closed months",
            "fr": "Ajustement des mois clos",
        },
        question={
            "en": "What has changed in months that were closed?",
            "fr": "Qu’est-ce qui a changé dans des mois déjà clos ?",
        },
        formula={
            "en": (
                "What closed months would read today, less what they were first told as and what is adjusted "
                "already, by theme. It is booked in the month that is open when the change is learnt; the closed "
                "figure stays."
            ),
            "fr": (
                "Ce que diraient aujourd’hui les mois clos, moins ce qu’ils ont dit d’abord et ce qui est déjà "
                "ajusté, par thème. L’écart est inscrit dans le mois ouvert quand on l’apprend ; le chiffre clos "
                "reste."
            ),
        },
        unit="money",
        better="none",
        precision=0,
        includes={
            "en": "Items moved, found, lost or corrected since, and amounts restated.",
            "fr": "Les éléments déplacés, trouvés, perdus ou corrigés depuis, et les montants repris.",
        },
        excludes={
            "en": "Changes of definitions: a closed month keeps the version it was told by.",
            "fr": "Les changements de définition : un mois clos garde la version qui l’a dit.",
        },
        minimum_sample=1,
        source="closed months as the store keeps them",
    ),
    Metric(
        id="budget",
        version=1,
        name={
            "en": "Budget",
            "fr": "Budget",
        },
        question={
            "en": "What may it cost?",
            "fr": "Combien cela peut-il coûter ?",
        },
        formula={
            "en": (
                "The budget of a value stream for a year, quarter, month or planning interval, spread evenly over "
                "its days; a period inside another has its own amount."
            ),
            "fr": (
                "Le budget d’une chaîne de valeur pour une année, un trimestre, un mois ou un incrément, réparti "
                "également sur ses jours ; une période dans une autre a son propre montant."
            ),
        },
        unit="money",
        better="none",
        precision=0,
        includes={
            "en": "Value streams with a budget in the period.",
            "fr": "Les chaînes de valeur qui ont un budget dans la période.",
        },
        excludes={
            "en": "Those without one; they are named.",
            "fr": "Celles qui n’en ont pas ; elles sont nommées.",
        },
        minimum_sample=1,
        source="budgets.csv and vmo.yaml",
    ),
    Metric(
        id="cost",
        version=1,
        name={
            "en": "Actual cost",
            "fr": "Coût réalisé",
        },
        question={
            "en": "What has it cost?",
            "fr": "Combien cela a-t-il coûté ?",
        },
        formula={
            "en": (
                "What finance has told that a value stream cost in a period. Days of a longer period are given "
                "even shares."
            ),
            "fr": (
                "Ce que la finance a dit du coût d’une chaîne de valeur dans une période. Les jours d’une période "
                "plus longue en reçoivent des parts égales."
            ),
        },
        unit="money",
        better="none",
        precision=0,
        includes={
            "en": (
                "Value streams of which a cost is told, closed or not. Of a past day: costs that had closed by it, and "
                "unclosed ones of periods that were over."
            ),
            "fr": (
                "Les chaînes de valeur dont un coût est dit, clos ou non. À une date passée : les coûts alors clos et, "
                "sans clôture, ceux des périodes finies."
            ),
        },
        excludes={
            "en": "Those of which none is told; they are named.",
            "fr": "Celles dont aucun n’est dit ; elles sont nommées.",
        },
        minimum_sample=1,
        source="actuals.csv",
    ),
    Metric(
        id="cost_forecast",
        version=1,
        name={
            "en": "Forecast at year end",
            "fr": "Prévision de fin d’année",
        },
        question={
            "en": "Where will the year end?",
            "fr": "Comment finira l’année ?",
        },
        formula={
            "en": (
                "What the budget year has cost so far, and for the days without a told cost the same pace: cost "
                "to date divided by its days. Where nothing is told, the budget itself. It needs costs of an "
                "eighth of the year."
            ),
            "fr": (
                "Ce que l’année budgétaire a coûté jusqu’ici, et pour les jours sans coût dit le même rythme : le "
                "coût à ce jour divisé par ses jours. Si rien n’est dit, le budget lui-même. Il faut les coûts "
                "d’un huitième de l’année."
            ),
        },
        unit="money",
        better="down",
        precision=0,
        includes={
            "en": "Costs of days up to the end of the period.",
            "fr": "Les coûts des jours jusqu’à la fin de la période.",
        },
        excludes={
            "en": (
                "Value streams whose costs cover too few days: then nothing is foretold. An increment with days that "
                "have no budget is foretold and not compared."
            ),
            "fr": (
                "Les chaînes de valeur aux coûts trop récents : rien n’est alors prévu. Un incrément dont des jours "
                "n’ont pas de budget est prévu, mais non comparé."
            ),
        },
        minimum_sample=1,
        source="budgets.csv, actuals.csv",
    ),
    Metric(
        id="capital_share",
        version=1,
        name={
            "en": "Candidates for capitalisation",
            "fr": "Candidats à l’immobilisation",
        },
        question={
            "en": "Which part of the money may be worth capitalising?",
            "fr": "Quelle part de l’argent pourrait être immobilisée ?",
        },
        formula={
            "en": (
                "The share of attributed spend that went to the kinds of work the settings name, on days after "
                "their epic had come to the portfolio state that they name. Evidence for whoever decides it; a "
                "management view, not a ledger."
            ),
            "fr": (
                "La part de la dépense attribuée aux natures de travail que nomment les réglages, les jours où "
                "leur epic avait atteint l’état du portefeuille qu’ils nomment. Des éléments pour qui en décide ; "
                "vue de gestion, hors comptabilité."
            ),
        },
        unit="%",
        better="none",
        precision=1,
        includes={
            "en": "Items with at least one such day.",
            "fr": "Les éléments qui ont au moins un tel jour.",
        },
        excludes={
            "en": "Other kinds, work under no epic, and work before its epic had come so far: they are listed.",
            "fr": "Les autres natures, le travail sans epic et celui d’avant cet état : ils sont listés.",
        },
        minimum_sample=1,
        source="as attributed spend; funding.capitalisation in vmo.yaml; SAFe, CapEx and OpEx",
    ),
)
