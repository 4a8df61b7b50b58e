"""Risks and what is blocked, in words: what could stop us."""

from __future__ import annotations

from metrics.catalogue.metric import Metric

METRICS = (
    Metric(
        id="risk_exposure",
        version=2,
        name={"en": "Risk exposure", "fr": "Exposition aux risques"},
        question={"en": "What may our risks cost?", "fr": "Que peuvent coûter nos risques ?"},
        formula={
            "en": (
                "Probability times impact, added up over the risks: nothing for a resolved one, what is left for a "
                "mitigated one where somebody said so, the whole for the others, sorted (ROAM) or not. Without "
                "mitigation: the whole for every risk that is not resolved."
            ),
            "fr": (
                "Probabilité multipliée par l’impact, additionnée sur les risques : rien pour un risque résolu, ce qui "
                "reste pour un risque atténué quand quelqu’un l’a dit, le tout pour les autres, triés (ROAM) ou non. "
                "Sans mesures : le tout pour chaque risque non résolu."
            ),
        },
        unit="money",
        better="down",
        precision=0,
        includes={
            "en": "Items that the settings name as risks, as they were at the end of the period or today.",
            "fr": "Les éléments que les réglages désignent comme risques, tels qu’à la fin de la période ou ce jour.",
        },
        excludes={
            "en": "Risks without probability or impact, and those whose fields nobody can read: they are listed.",
            "fr": "Les risques sans probabilité ou impact, et ceux dont les champs sont illisibles : ils sont listés.",
        },
        minimum_sample=1,
        source="fields, statuses and their history in the trackers; SAFe, ROAM",
    ),
    Metric(
        id="risk_hygiene",
        version=1,
        name={"en": "Risk hygiene", "fr": "Tenue du registre des risques"},
        question={"en": "Who acts on our risks, by when?", "fr": "Qui agit sur nos risques, et pour quand ?"},
        formula={
            "en": (
                "Open risks that break a rule: owned without owner or date; accepted without acceptor; mitigated "
                "without open linked work; unsorted for over seven days; past their date; without next step or linked "
                "work; untouched for longer than an increment."
            ),
            "fr": (
                "Risques ouverts qui enfreignent une règle : pris en charge sans responsable ou sans date ; accepté "
                "sans dire par qui ; atténué sans travail ouvert lié ; non trié depuis plus de sept jours ; échéance "
                "dépassée ; sans étape ni travail lié ; intouché depuis plus d’un incrément."
            ),
        },
        unit="items",
        better="down",
        precision=0,
        includes={"en": "Risks that are not resolved, as of today.", "fr": "Les risques non résolus, à ce jour."},
        excludes={
            "en": "Rules for which the settings name no field are not held against anybody.",
            "fr": "Les règles pour lesquelles les réglages ne nomment aucun champ ne sont opposées à personne.",
        },
        minimum_sample=1,
        source="fields, statuses and links of the trackers",
    ),
    Metric(
        id="blocked_now",
        version=1,
        name={"en": "Blocked items", "fr": "Éléments bloqués"},
        question={"en": "What is blocked now, and by what?", "fr": "Qu’est-ce qui est bloqué, et par quoi ?"},
        formula={
            "en": (
                "Open items that are blocked: by an open item linked as blocking, else by a status that blocks, else "
                "by a flag. Days lost: the blocked days since the item began, to the nearest whole day."
            ),
            "fr": (
                "Éléments ouverts bloqués : par un élément ouvert lié comme bloquant, sinon par un statut qui bloque, "
                "sinon par un drapeau. Jours perdus : les jours bloqués depuis le début de l’élément, arrondis au jour."
            ),
        },
        unit="items",
        better="down",
        precision=0,
        includes={"en": "Items in progress or not yet begun.", "fr": "Les éléments en cours ou non commencés."},
        excludes={"en": "Items that are done or given up.", "fr": "Les éléments terminés ou abandonnés."},
        minimum_sample=1,
        source="flags, statuses and links of the trackers",
    ),
)
