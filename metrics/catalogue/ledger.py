"""The value ledger, in words: hypotheses, verdicts, unmeasured value, amounts."""

from __future__ import annotations

from metrics.catalogue.metric import Metric

METRICS = (
    Metric(
        id="hypothesis",
        version=1,
        name={
            "en": "Benefit hypothesis",
            "fr": "Hypothèse de valeur",
        },
        question={
            "en": "Was the epic worth it?",
            "fr": "L’epic en valait-il la peine ?",
        },
        formula={
            "en": (
                "Each leading indicator is judged by its newest reading up to its day: confirmed at the "
                "target; refuted when the day has passed with less than half of the way made; inconclusive "
                "otherwise. All confirmed confirm the hypothesis; one refuted and none confirmed refute it. "
                "The number is the way made by the indicator furthest behind."
            ),
            "fr": (
                "Chaque indicateur avancé est jugé sur sa dernière mesure à son échéance : confirmé à la "
                "cible ; réfuté si l’échéance est passée avec moins de la moitié du chemin ; sinon, non "
                "concluant. Tous confirmés, l’hypothèse l’est ; un réfuté et aucun confirmé la réfutent. Le "
                "chiffre est le chemin du plus en retard."
            ),
        },
        unit="%",
        better="up",
        precision=0,
        includes={
            "en": "Benefits that name an epic or a leading indicator, from their first day on.",
            "fr": "Les bénéfices qui nomment un epic ou un indicateur avancé, dès leur premier jour.",
        },
        excludes={
            "en": "Readings before the baseline; on the day, a reading older than its KPI allows refutes nothing.",
            "fr": (
                "Les mesures d’avant le point de départ ; à l’échéance, une mesure trop ancienne pour son "
                "indicateur ne réfute rien."
            ),
        },
        minimum_sample=1,
        source="settings (leading indicators, what refutes them), KPI readings; SAFe, epic hypothesis statement",
    ),
    Metric(
        id="verdicts",
        version=1,
        name={
            "en": "Verdicts",
            "fr": "Verdicts",
        },
        question={
            "en": "How many bets are settled, and how?",
            "fr": "Combien de paris sont tranchés, et comment ?",
        },
        formula={
            "en": (
                "Benefit hypotheses by verdict: confirmed, refuted or inconclusive. The decision that "
                "followed is the first in the decision log on the same item, dated on or after the day since "
                "which the verdict stands."
            ),
            "fr": (
                "Hypothèses de valeur par verdict : confirmée, réfutée ou non concluante. La décision qui a "
                "suivi est la première du journal sur le même élément, datée du jour où le verdict est acquis "
                "ou après."
            ),
        },
        unit="items",
        better="none",
        precision=0,
        includes={
            "en": "Hypotheses that have begun and have a leading indicator.",
            "fr": "Les hypothèses commencées qui ont un indicateur avancé.",
        },
        excludes={
            "en": "Hypotheses without a leading indicator: they are named.",
            "fr": "Les hypothèses sans indicateur avancé : elles sont nommées.",
        },
        minimum_sample=1,
        source="settings (leading indicators), KPI readings, decision log",
    ),
    Metric(
        id="unmeasured_value",
        version=1,
        name={
            "en": "Unmeasured value",
            "fr": "Valeur non mesurée",
        },
        question={
            "en": "Which finished work did nobody measure?",
            "fr": "Quel travail fini n’a été mesuré par personne ?",
        },
        formula={
            "en": (
                "Hypotheses whose epic is done and whose first leading indicator was due {measured} ago or more, "
                "without a measurement of any of their indicators. A measurement is a reading no older, on "
                "the day of its indicator, than its KPI allows, or a later one."
            ),
            "fr": (
                "Hypothèses dont l’epic est terminé et dont le premier indicateur avancé était attendu il y a "
                "{measured} ou plus, sans mesure d’aucun de leurs indicateurs. Une mesure est un relevé assez "
                "récent au jour de son indicateur, ou postérieur."
            ),
        },
        unit="items",
        better="down",
        precision=0,
        includes={
            "en": "Hypotheses that have begun.",
            "fr": "Les hypothèses commencées.",
        },
        excludes={
            "en": "Retired benefits; hypotheses without a leading indicator; those of which a reading may stand in a "
            "file that is not read, or not all of it: they are named.",
            "fr": "Les bénéfices retirés ; les hypothèses sans indicateur avancé ; celles dont un relevé est peut-être "
            "dans un fichier non lu, ou pas en entier : elles sont nommées.",
        },
        minimum_sample=1,
        source="settings (leading indicators), KPI readings, status history of the epics",
    ),
    Metric(
        id="benefit_amount",
        version=1,
        name={
            "en": "Benefit amounts",
            "fr": "Montants des bénéfices",
        },
        question={
            "en": "How much value was planned, and how much has come?",
            "fr": "Combien de valeur était prévue, et combien est venue ?",
        },
        formula={
            "en": (
                "Planned amount times the share realised, expected by now, or whole, summed. Shares of what "
                "several epics claim split it; where they do not add up to 100%, it counts once. Unmeasured: "
                "the planned amounts of hypotheses that nobody measured. In hundredths of the currency, or as "
                "it is divided."
            ),
            "fr": (
                "Montant prévu multiplié par la part réalisée, attendue à ce jour, ou entière, puis "
                "additionné. Les parts d’un bénéfice commun le divisent ; si leur somme n’est pas 100 %, il "
                "compte une fois. Non mesuré : montants prévus des hypothèses que personne n’a mesurées. En "
                "centimes, ou selon la monnaie."
            ),
        },
        unit="money",
        better="up",
        precision=0,
        includes={
            "en": "Benefits that have begun, with an amount and a reading.",
            "fr": "Les bénéfices commencés, chiffrés et mesurés.",
        },
        excludes={
            "en": "Benefits not valued, not measured, retired, or claimed twice.",
            "fr": "Les bénéfices non chiffrés, non mesurés, retirés ou revendiqués deux fois.",
        },
        minimum_sample=1,
        source="settings (planned amounts, shares, profiles), KPI readings",
    ),
    Metric(
        id="value_given_up",
        version=1,
        name={
            "en": "Planned value given up",
            "fr": "Valeur prévue abandonnée",
        },
        question={
            "en": "What would never arrive if this stopped today?",
            "fr": "Qu’est-ce qui n’arriverait jamais si tout s’arrêtait aujourd’hui ?",
        },
        formula={
            "en": (
                "Benefit by benefit, its planned amount less what has come of it, at least zero; then summed. "
                "One worse than before has all of it to come. What one brought beyond its plan makes up for no "
                "other; what is claimed twice counts once. Left out: benefits not valued, not measured or retired, "
                "and what a stop saves."
            ),
            "fr": (
                "Bénéfice par bénéfice, son montant prévu moins ce qui en est venu, au moins zéro ; puis la somme. "
                "Si l’on est plus bas qu’au départ, tout reste à venir. Un surplus ne compense aucun autre. "
                "Ce qui est revendiqué deux fois compte une fois. Hors calcul : bénéfices non chiffrés, non mesurés ou "
                "retirés, et l’économie d’un arrêt."
            ),
        },
        unit="money",
        better="none",
        precision=0,
        includes={
            "en": "Benefits that have begun, with an amount and a reading.",
            "fr": "Les bénéfices commencés, chiffrés et mesurés.",
        },
        excludes={
            "en": "Benefits not valued, not measured, retired, or claimed twice.",
            "fr": "Les bénéfices non chiffrés, non mesurés, retirés ou revendiqués deux fois.",
        },
        minimum_sample=1,
        source="KPI readings, planned amounts",
    ),
    Metric(
        id="benefit_total",
        version=1,
        name={
            "en": "Benefits realised of the total",
            "fr": "Bénéfices réalisés sur le total",
        },
        question={
            "en": "How much of the whole plan has arrived?",
            "fr": "Quelle part du plan entier est arrivée ?",
        },
        formula={
            "en": (
                "Sum of realised amounts divided by the sum of planned amounts, whole, whatever the date; the "
                "share of what was planned to date is named beside it."
            ),
            "fr": (
                "Somme des montants réalisés rapportée à la somme des montants prévus, entiers, quelle que "
                "soit la date ; la part de ce qui était prévu à ce jour est donnée à côté."
            ),
        },
        unit="%",
        better="up",
        precision=1,
        includes={
            "en": "Benefits that have begun, with an amount and a reading.",
            "fr": "Les bénéfices commencés, chiffrés et mesurés.",
        },
        excludes={
            "en": "Benefits not valued, not measured, retired, or claimed twice.",
            "fr": "Les bénéfices non chiffrés, non mesurés, retirés ou revendiqués deux fois.",
        },
        minimum_sample=1,
        source="KPI readings, planned amounts",
    ),
    Metric(
        id="forecast_accuracy",
        version=1,
        name={
            "en": "Accuracy of benefit forecasts",
            "fr": "Justesse des prévisions de bénéfices",
        },
        question={
            "en": "Did benefits bring what was foretold at their approval?",
            "fr": "Les bénéfices ont-ils apporté ce qui était annoncé à leur approbation ?",
        },
        formula={
            "en": (
                "Sum of the amounts realised 6, 12 or 24 months after approval, divided by the sum foretold "
                "for that month: as the settings say, or else the planned amount by its profile. Realised is "
                "taken from the newest reading up to that day."
            ),
            "fr": (
                "Somme des montants réalisés 6, 12 ou 24 mois après l’approbation, rapportée à la somme "
                "annoncée pour ce mois : celle des réglages, sinon le montant prévu selon son profil. Le "
                "réalisé vient de la dernière mesure jusqu’à ce jour."
            ),
        },
        unit="%",
        better="range",
        precision=0,
        includes={
            "en": "Benefits with a day of approval that is as many months ago.",
            "fr": "Les bénéfices dont l’approbation date d’autant de mois.",
        },
        excludes={
            "en": "Benefits not valued, not measured by then, or with nothing foretold.",
            "fr": "Les bénéfices non chiffrés, non mesurés à cette date, ou sans rien d’annoncé.",
        },
        minimum_sample=1,
        source="settings (day of approval, forecasts), KPI readings",
    ),
    Metric(
        id="kpi_freshness",
        version=1,
        name={
            "en": "Fresh KPIs",
            "fr": "Indicateurs à jour",
        },
        question={
            "en": "Are the readings recent enough to judge by?",
            "fr": "Les mesures sont-elles assez récentes pour juger ?",
        },
        formula={
            "en": (
                "KPIs whose newest reading is no older than they allow (35 days where nothing is said), "
                "divided by all KPIs that are declared."
            ),
            "fr": (
                "Indicateurs dont la dernière mesure n’est pas plus ancienne qu’ils ne le permettent (35 "
                "jours sans autre précision), rapportés à tous les indicateurs déclarés."
            ),
        },
        unit="%",
        better="up",
        precision=0,
        includes={
            "en": "Readings from files, tracker fields and endpoints alike.",
            "fr": "Les mesures des fichiers, des champs de l’outil et des adresses interrogées.",
        },
        excludes={
            "en": "Nothing: a KPI without a reading, or whose file is not read, is not fresh.",
            "fr": "Rien : un indicateur sans mesure, ou dont le fichier n’est pas lu, n’est pas à jour.",
        },
        minimum_sample=1,
        source="KPI readings, stale_after of the settings",
    ),
)
