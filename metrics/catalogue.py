"""Every metric in words: what it asks, how it is computed, what it leaves out. Written once, in both languages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from metrics.reasons import FORECAST, ITEMS, VALUE

VERSION = 2  # of the definitions as a whole; printed in the footer of every page. Raise it when a definition changes.

Words = Mapping[str, str]  # by locale: en, fr


@dataclass(frozen=True, kw_only=True)
class Metric:
    """One definition. `better`: up, down, range (inside its limits) or none. `precision`: decimal places shown.

    `formula` is what the page says under "how is this computed?": at most 60 words. `source` says which fields it
    is computed from, and who defined it.
    """

    id: str
    version: int
    name: Words
    question: Words
    formula: Words
    unit: str
    better: str
    precision: int
    includes: Words
    excludes: Words
    minimum_sample: int
    source: str


def of(name: str) -> Metric:
    """The metric of a name in the export: `flow_time_p85` and `flow_time`, `key_result:npq` and `key_result`."""
    stem = name.partition(":")[0]
    for suffix in ("_p50", "_p70", "_p85", "_p95"):
        stem = stem.removesuffix(suffix)
    return METRICS[stem]


def markdown(locale: str = "en") -> str:
    """The page `docs/metrics.md` (or `docs/metrics.fr.md`): every definition, in one language."""
    said = _PAGE[locale]
    reasons = "\n".join(
        f"| `{reason}` | {meaning[locale]} |" for reason, meaning in {**ITEMS, **VALUE, **FORECAST}.items()
    )
    parts = [said.introduction.replace("{version}", str(VERSION)).replace("{reasons}", reasons)]
    for metric in METRICS.values():
        rows = {
            said.export: f"`{metric.id}`",
            said.other: metric.name["fr" if locale == "en" else "en"],
            said.unit: said.units.get(metric.unit, metric.unit),
            said.better: said.directions[metric.better],
            said.precision: str(metric.precision),
            said.includes: metric.includes[locale],
            said.excludes: metric.excludes[locale],
            said.sample: str(metric.minimum_sample),
            said.source: metric.source,
        }
        table = "\n".join(f"| {name} | {value} |" for name, value in rows.items())
        parts.append(
            f"## {metric.name[locale]}\n\n*{metric.question[locale]}* Version {metric.version}.\n\n"
            f"{metric.formula[locale]}\n\n| | |\n|:--|:--|\n{table}\n"
        )
    return "\n".join(parts)


@dataclass(frozen=True, kw_only=True)
class _Page:
    """The words of the page of definitions that are not the catalogue's."""

    introduction: str
    export: str
    other: str
    unit: str
    units: Words
    better: str
    directions: Words
    precision: str
    includes: str
    excludes: str
    sample: str
    source: str


_PAGE = {
    "en": _Page(
        introduction="""# The metrics

Definitions, version {version}. This page is generated from `metrics/catalogue.py`; a test keeps it current.
[En français](metrics.fr.md).

A number that is not known is never shown as 0. Each figure carries how many items it used, how many were in scope, and
which were left out, by reason:

| Reason | What it means |
|:--|:--|
{reasons}

An item *starts* when it first enters a waiting or active state, and *finishes* when it last enters a done state,
provided that it is still done. Moves between two waiting or active states, or two done states, change nothing.
An epic or feature that never moved itself takes the clock of its children. Work is *blocked* while its impediment flag
is raised, it is in a blocked status, or a link says that another item blocks it which is neither done, given up nor
removed; an hour that has several reasons counts once. What blocks it but is in no source that is read is not counted.
Days are local days of the portfolio's time zone; weeks are ISO weeks; an unfinished week is never used.
Percentiles are values that happened (nearest rank): none below 5 items, the median to 9, 85% to 19, then 95%.

Ask `vmo explain METRIC` for the items behind a number, and `vmo explain ITEM` for the numbers that count an item.
""",
        export="Name in exports",
        other="In French",
        unit="Unit",
        units={"": "that of the series"},
        better="Better",
        directions={"up": "more", "down": "less", "range": "within its usual range or plan", "none": "neither"},
        precision="Decimals shown",
        includes="Includes",
        excludes="Leaves out",
        sample="Minimum sample",
        source="Computed from",
    ),
    "fr": _Page(
        introduction="""# Les indicateurs

Définitions, version {version}. Cette page est produite à partir de `metrics/catalogue.py` ; un test la tient à jour.
[In English](metrics.md).

Un nombre inconnu n’est jamais montré comme un zéro. Chaque chiffre dit combien d’éléments il utilise, combien étaient
dans son périmètre, et lesquels sont laissés de côté, par motif :

| Motif | Ce que cela veut dire |
|:--|:--|
{reasons}

Un élément *commence* à sa première entrée dans un état d’attente ou actif, et *finit* à sa dernière entrée dans un état
terminé, s’il y est encore. Passer d’un état d’attente ou actif à un autre, ou d’un état terminé à un autre, ne change
rien. Un epic ou une fonctionnalité qui n’a jamais bougé suit l’horloge de ses enfants. Un travail est *bloqué* tant que
son drapeau est levé, qu’il est dans un statut bloqué, ou qu’un lien le dit bloqué par un autre élément qui n’est ni
terminé, ni abandonné, ni retiré ; une heure qui a plusieurs causes ne compte qu’une fois. Ce qui le bloque sans être
dans une source lue ne compte pas.
Les jours sont ceux du fuseau horaire du portefeuille ; les semaines sont celles de la norme ISO ; une semaine
inachevée ne sert jamais.
Les percentiles sont des valeurs observées (rang le plus proche) : aucun au-dessous de 5 éléments, la médiane jusqu’à
9, 85 % jusqu’à 19, puis 95 %.

`vmo explain INDICATEUR --locale fr` montre les éléments derrière un nombre, et `vmo explain ÉLÉMENT` les nombres où un
élément compte.
""",
        export="Nom dans les exports",
        other="En anglais",
        unit="Unité",
        units={"": "celle de la série", "items": "éléments", "days": "jours", "%": "%", "points": "points"},
        better="Préférable",
        directions={
            "up": "en hausse",
            "down": "en baisse",
            "range": "dans sa plage habituelle, ou conforme au plan",
            "none": "ni l’un ni l’autre",
        },
        precision="Décimales montrées",
        includes="Compte",
        excludes="Laisse de côté",
        sample="Échantillon minimal",
        source="Sources (en anglais)",
    ),
}

METRICS: dict[str, Metric] = {
    metric.id: metric
    for metric in (
        Metric(
            id="throughput",
            version=1,
            name={
                "en": "Throughput",
                "fr": "Débit",
            },
            question={
                "en": "How much do we finish?",
                "fr": "Combien terminons-nous ?",
            },
            formula={
                "en": (
                    "Items of one level that last entered a done state in the period and are still done. A "
                    "count of items, not of points; a reopened item counts once, on the day it finished "
                    "again."
                ),
                "fr": (
                    "Éléments d’un même niveau entrés pour la dernière fois dans un état terminé pendant la "
                    "période, et toujours terminés. On compte des éléments, non des points ; un élément "
                    "rouvert compte une fois, au jour de sa dernière fin."
                ),
            },
            unit="items",
            better="up",
            precision=0,
            includes={
                "en": "Finished items, with or without a known start.",
                "fr": "Éléments terminés, que leur début soit connu ou non.",
            },
            excludes={
                "en": "Cancelled work.",
                "fr": "Le travail annulé.",
            },
            minimum_sample=1,
            source="status history, resolution date; Kanban Guide, Flow Framework (flow velocity)",
        ),
        Metric(
            id="flow_time",
            version=1,
            name={
                "en": "Flow time",
                "fr": "Temps de flux",
            },
            question={
                "en": "How long does work take once begun?",
                "fr": "Combien de temps prend un travail une fois commencé ?",
            },
            formula={
                "en": (
                    "Calendar days from the first entry into a waiting or active state to the last entry "
                    "into done, both days included, of the items finished in the period. “85% within 13 "
                    "days” is the value at rank 85% of n, rounded up: it always happened, and is never "
                    "interpolated."
                ),
                "fr": (
                    "Jours calendaires entre la première entrée dans un état d’attente ou actif et la "
                    "dernière entrée dans un état terminé, les deux jours compris, pour les éléments "
                    "terminés pendant la période. « 85 % en 13 jours » est la valeur de rang 85 % de n, "
                    "arrondi au supérieur : elle a toujours été observée."
                ),
            },
            unit="days",
            better="down",
            precision=0,
            includes={
                "en": "Time spent back in the backlog or reopened: the customer waits.",
                "fr": "Le temps repassé au backlog ou après une réouverture : le client attend.",
            },
            excludes={
                "en": ("Items nobody was seen to begin, without history or with a hole in it, and cancelled work."),
                "fr": (
                    "Les éléments dont le début n’a pas été vu, dont l’historique manque ou a un trou, et le "
                    "travail annulé."
                ),
            },
            minimum_sample=5,
            source="status history; nearest-rank percentiles; 5 items for the median, 10 for 85%, 20 for 95%",
        ),
        Metric(
            id="service_level",
            version=1,
            name={
                "en": "Service level attainment",
                "fr": "Respect du délai visé",
            },
            question={
                "en": "How often do we keep the expected time?",
                "fr": "À quelle fréquence tenons-nous le délai attendu ?",
            },
            formula={
                "en": (
                    "Items whose flow time is at most the expected number of days, divided by all items "
                    "finished in the period that have a flow time. Where the settings name no expected time for the "
                    "level, it is what 85% of the items finished in the year before stayed within."
                ),
                "fr": (
                    "Éléments dont le temps de flux ne dépasse pas le nombre de jours attendu, rapportés à "
                    "tous les éléments terminés pendant la période qui ont un temps de flux. Si personne n’a "
                    "fixé de délai, c’est celui que 85 % des éléments terminés l’année précédente ont tenu."
                ),
            },
            unit="%",
            better="up",
            precision=1,
            includes={
                "en": "Items with a flow time.",
                "fr": "Les éléments qui ont un temps de flux.",
            },
            excludes={
                "en": "The same items as flow time.",
                "fr": "Les mêmes éléments que pour le temps de flux.",
            },
            minimum_sample=5,
            source="flow time; Kanban Guide (service level expectation)",
        ),
        Metric(
            id="lead_time",
            version=1,
            name={
                "en": "Lead time",
                "fr": "Délai total",
            },
            question={
                "en": "How long did the requester wait?",
                "fr": "Combien de temps le demandeur a-t-il attendu ?",
            },
            formula={
                "en": (
                    "Calendar days from the creation of an item to its last entry into done, both days "
                    "included, of the items finished in the period. A different clock from flow time: the "
                    "time before anyone began is part of it."
                ),
                "fr": (
                    "Jours calendaires entre la création d’un élément et sa dernière entrée dans un état "
                    "terminé, les deux jours compris, pour les éléments terminés pendant la période. Une "
                    "autre horloge que le temps de flux : le temps d’avant le début en fait partie."
                ),
            },
            unit="days",
            better="down",
            precision=0,
            includes={
                "en": "Every finished item.",
                "fr": "Tous les éléments terminés.",
            },
            excludes={
                "en": "Cancelled work.",
                "fr": "Le travail annulé.",
            },
            minimum_sample=5,
            source="creation date, status history; nearest-rank percentiles",
        ),
        Metric(
            id="flow_load",
            version=1,
            name={
                "en": "Flow load",
                "fr": "En-cours",
            },
            question={
                "en": "How much is in progress?",
                "fr": "Combien d’éléments sont en cours ?",
            },
            formula={
                "en": (
                    "Items of one level whose state at the end of the day is waiting or active. For "
                    "averages, each item counts on every day from its start to its finish, both included."
                ),
                "fr": (
                    "Éléments d’un même niveau en attente ou actifs à la fin de la journée. Pour les "
                    "moyennes, chaque élément compte chaque jour de son début à sa fin, tous deux compris."
                ),
            },
            unit="items",
            better="range",
            precision=0,
            includes={
                "en": "Blocked items: they are in progress, too.",
                "fr": "Les éléments bloqués : ils sont aussi en cours.",
            },
            excludes={
                "en": (
                    "Items done, cancelled, removed or back in the backlog by then; those in a status nobody mapped "
                    "are named."
                ),
                "fr": (
                    "Les éléments alors terminés, annulés, retirés ou renvoyés au backlog ; ceux dont le statut n’est "
                    "pas associé sont nommés."
                ),
            },
            minimum_sample=1,
            source="status history, removals; Flow Framework, Kanban Guide (WIP)",
        ),
        Metric(
            id="cumulative_flow",
            version=1,
            name={
                "en": "Cumulative flow",
                "fr": "Flux cumulé",
            },
            question={
                "en": "Does as much leave as comes in?",
                "fr": "En sort-il autant qu’il en entre ?",
            },
            formula={
                "en": (
                    "Items that by the end of a day had ever come as far as each state: written down (new), begun "
                    "(waiting), worked on (active), done. The furthest state counts: a reopened item stays in done and "
                    "is marked as behind. What is given up leaves every line that day and is counted apart (left)."
                ),
                "fr": (
                    "Éléments déjà arrivés, à la fin d’un jour, jusqu’à chaque état : inscrits, commencés, "
                    "travaillés, terminés. L’état le plus avancé compte : un élément "
                    "rouvert reste terminé, signalé en retrait. Un abandon quitte ce jour-là toutes les courbes et "
                    "compte à part."
                ),
            },
            unit="items",
            better="none",
            precision=0,
            includes={
                "en": "Items of one level; finished ones stay, even when they are gone from the tracker.",
                "fr": "Les éléments d’un même niveau ; ceux qui sont terminés restent, même disparus de l’outil.",
            },
            excludes={
                "en": "Items without history: nobody knows when they came as far.",
                "fr": "Les éléments sans historique : nul ne sait quand ils en sont arrivés là.",
            },
            minimum_sample=1,
            source="status history, removals; cumulative flow diagram by high-water mark",
        ),
        Metric(
            id="flow_balance",
            version=1,
            name={
                "en": "Arrivals less departures",
                "fr": "Entrées moins sorties",
            },
            question={
                "en": "Do we begin more than we end?",
                "fr": "Commençons-nous plus que nous ne terminons ?",
            },
            formula={
                "en": (
                    "Items of one level begun in the period, less items that had begun and were finished, given up or "
                    "gone in it. Balanced while they are fewer than two items, or at most 5% of the larger number, "
                    "apart."
                ),
                "fr": (
                    "Éléments d’un même niveau commencés pendant la période, moins ceux qui avaient commencé et y ont "
                    "été terminés, abandonnés ou ont disparu. À l’équilibre tant que l’écart reste sous deux "
                    "éléments, ou dans les 5 % du plus grand des deux nombres."
                ),
            },
            unit="items",
            better="range",
            precision=0,
            includes={
                "en": "An item that begins and ends in the period, on both sides.",
                "fr": "Un élément commencé et terminé pendant la période, des deux côtés.",
            },
            excludes={
                "en": "What ended without being seen to begin.",
                "fr": "Ce qui a pris fin sans que son début ait été vu.",
            },
            minimum_sample=1,
            source="status history, removals; arrival and departure rates of Little’s law",
        ),
        Metric(
            id="flow_stability",
            version=1,
            name={
                "en": "Stability of the flow",
                "fr": "Stabilité du flux",
            },
            question={
                "en": "May averages and forecasts be believed?",
                "fr": "Peut-on se fier aux moyennes et aux prévisions ?",
            },
            formula={
                "en": (
                    "How far mean load is from throughput a day times mean flow time (Little’s law). Stable when as "
                    "much leaves as comes in (within 10%), under 10% is given up, the last day’s load is within 20% "
                    "of the first day’s, mean age moves by at most 20%, and 85% of what finished has a flow time."
                ),
                "fr": (
                    "Écart entre l’en-cours moyen et le débit par jour fois le temps de flux moyen (loi de Little). "
                    "Stable si entrées et sorties se valent à 10 % près, si moins de 10 % est abandonné, si en-cours "
                    "et âge moyen varient de 20 % au plus, si 85 % a son temps de flux."
                ),
            },
            unit="%",
            better="down",
            precision=1,
            includes={
                "en": "Every item on every day from its start to its end, both included.",
                "fr": "Chaque élément chaque jour de son début à sa fin, tous deux compris.",
            },
            excludes={
                "en": "Finished items without a flow time.",
                "fr": "Les éléments terminés sans temps de flux.",
            },
            minimum_sample=5,
            source="flow load, throughput, flow time; Little’s law and its assumptions after D. Vacanti",
        ),
        Metric(
            id="bottleneck",
            version=1,
            name={
                "en": "Share of time by state",
                "fr": "Part du temps par état",
            },
            question={
                "en": "Where does work wait longest, and does it pile up there?",
                "fr": "Où le travail attend-il le plus, et s’y accumule-t-il ?",
            },
            formula={
                "en": (
                    "Time that items spent in a waiting or active state in the period, divided by that in all such "
                    "states. The state with the largest share is the constraint from 40% on (from 60%: act) if more "
                    "entered it than left, or it was over its limit on half of the days; otherwise it is slow but "
                    "draining."
                ),
                "fr": (
                    "Temps passé dans un état d’attente ou actif pendant la période, rapporté au temps dans tous ces "
                    "états. Celui qui en prend le plus est la contrainte dès 40 % (60 % : agir) s’il y entre plus "
                    "qu’il n’en sort, ou s’il dépasse sa limite un jour sur deux ; sinon, lent mais se vide."
                ),
            },
            unit="%",
            better="none",
            precision=1,
            includes={
                "en": "Visits that go on, up to the end of the period; blocked time is part of them.",
                "fr": "Les séjours en cours, jusqu’à la fin de la période ; le temps bloqué en fait partie.",
            },
            excludes={
                "en": "Items that follow the clock of their children, without history or with a hole in it.",
                "fr": "Les éléments qui suivent l’horloge de leurs enfants, sans historique, ou à l’historique troué.",
            },
            minimum_sample=5,
            source="status history, limits of the guardrails; LetPeopleWork, Viz bottleneck finder",
        ),
        Metric(
            id="work_item_age",
            version=1,
            name={
                "en": "Work item age",
                "fr": "Âge du travail en cours",
            },
            question={
                "en": "What has been going on for too long?",
                "fr": "Qu’est-ce qui traîne ?",
            },
            formula={
                "en": (
                    "Days from the start of an unfinished item to today, both included. It is compared with "
                    "the flow time of finished items: at risk once it has passed the value that half, 85% or "
                    "95% of them stayed within."
                ),
                "fr": (
                    "Jours entre le début d’un élément non terminé et aujourd’hui, tous deux compris. Il est "
                    "comparé au temps de flux des éléments terminés : à risque dès qu’il dépasse la valeur "
                    "tenue par la moitié, 85 % ou 95 % d’entre eux."
                ),
            },
            unit="days",
            better="down",
            precision=0,
            includes={
                "en": "Items in progress; days spent back in the backlog are part of the age and shown apart.",
                "fr": (
                    "Les éléments en cours ; les jours repassés au backlog font partie de l’âge et sont montrés à part."
                ),
            },
            excludes={
                "en": "Items whose start is not known.",
                "fr": "Les éléments dont le début n’est pas connu.",
            },
            minimum_sample=1,
            source="status history; Kanban Guide",
        ),
        Metric(
            id="pace",
            version=1,
            name={
                "en": "Pace by state",
                "fr": "Allure par état",
            },
            question={
                "en": "How old is work when it leaves each state?",
                "fr": "Quel âge a le travail quand il quitte chaque état ?",
            },
            formula={
                "en": (
                    "Days from the start of an item to its last leaving of a waiting or active state, both included, "
                    "of the items finished in the 52 weeks up to the end of the period. A state that fewer than five "
                    "items left has the values of the state before it. Open work older than them is slow already."
                ),
                "fr": (
                    "Jours entre le début d’un élément et son dernier départ d’un état d’attente ou actif, tous deux "
                    "compris, pour les éléments terminés dans les 52 semaines. Un état que moins de cinq ont quitté "
                    "reprend les valeurs de l’état précédent. Un travail plus âgé est déjà lent."
                ),
            },
            unit="days",
            better="down",
            precision=0,
            includes={
                "en": "Finished items with a flow time.",
                "fr": "Les éléments terminés qui ont un temps de flux.",
            },
            excludes={
                "en": "The same items as flow time, and items that follow the clock of their children.",
                "fr": "Les mêmes éléments que pour le temps de flux, et ceux qui suivent l’horloge de leurs enfants.",
            },
            minimum_sample=5,
            source="status history; nearest-rank percentiles; ageing chart with pace bands",
        ),
        Metric(
            id="waste",
            version=1,
            name={
                "en": "Work given up after it was begun",
                "fr": "Travail abandonné après son début",
            },
            question={
                "en": "How much work was for nothing?",
                "fr": "Combien de travail n’a servi à rien ?",
            },
            formula={
                "en": (
                    "Items of one level that were begun, and given up in the period: their number. Their days run "
                    "from the start to the day they were given up, both included. Work taken up again since is none."
                ),
                "fr": (
                    "Éléments d’un même niveau commencés, puis abandonnés pendant la période : leur nombre. Leurs "
                    "jours vont du début au jour de l’abandon, tous deux compris. Un travail repris depuis n’en est "
                    "pas."
                ),
            },
            unit="items",
            better="down",
            precision=0,
            includes={
                "en": "A cancelled state, and a resolution that means giving up.",
                "fr": "Un état annulé, et une résolution qui vaut abandon.",
            },
            excludes={
                "en": "What was given up before anybody began it: that is choosing.",
                "fr": "Ce qui a été abandonné avant d’être commencé : c’est choisir.",
            },
            minimum_sample=1,
            source="status history, resolutions; Lean portfolio kanban",
        ),
        Metric(
            id="flow_efficiency",
            version=2,
            name={
                "en": "Flow efficiency",
                "fr": "Efficacité du flux",
            },
            question={
                "en": "Of the time work takes, how much is worked on?",
                "fr": "Sur le temps que prend le travail, quelle part est travaillée ?",
            },
            formula={
                "en": (
                    "Active seconds divided by all seconds between start and finish, over all items finished "
                    "in the period together. Blocked, paused and waiting time is idle, and an hour with two "
                    "reasons counts once. Time in done before a reopening is idle."
                ),
                "fr": (
                    "Secondes actives rapportées à toutes les secondes entre début et fin, sur l’ensemble "
                    "des éléments terminés pendant la période. Le temps bloqué, en pause ou en attente est "
                    "inactif ; une heure qui a deux causes compte une fois. Le temps passé à l’état terminé avant une "
                    "réouverture est inactif."
                ),
            },
            unit="%",
            better="up",
            precision=1,
            includes={
                "en": "Finished items of trackers whose waiting states are configured.",
                "fr": "Les éléments terminés des outils dont les états d’attente sont configurés.",
            },
            excludes={
                "en": "Items without a start or a whole history, items that passed through an unmapped status.",
                "fr": ("Les éléments sans début ou sans historique complet, et ceux passés par un statut non associé."),
            },
            minimum_sample=1,
            source="status history, flags; Flow Framework; never 100% because nothing was configured",
        ),
        Metric(
            id="flow_distribution",
            version=1,
            name={
                "en": "Flow distribution",
                "fr": "Répartition du flux",
            },
            question={
                "en": "What kind of work do we finish?",
                "fr": "Quel genre de travail terminons-nous ?",
            },
            formula={
                "en": (
                    "Items of each kind finished in the period, divided by all items finished at that level. "
                    "The first matching rule of the settings gives the kind; what matches none is "
                    "“unclassified”. Shares are rounded by largest remainder, so they add up to 100.0%."
                ),
                "fr": (
                    "Éléments de chaque genre terminés pendant la période, rapportés à tous les éléments "
                    "terminés à ce niveau. La première règle satisfaite donne le genre ; le reste est « non "
                    "classé ». Les parts sont arrondies au plus fort reste : leur somme fait 100,0 %."
                ),
            },
            unit="%",
            better="none",
            precision=1,
            includes={
                "en": "Every finished item, unclassified ones among them.",
                "fr": "Tous les éléments terminés, non classés compris.",
            },
            excludes={
                "en": "Cancelled work.",
                "fr": "Le travail annulé.",
            },
            minimum_sample=1,
            source="type and labels; Flow Framework",
        ),
        Metric(
            id="usual_range",
            version=1,
            name={
                "en": "Usual range",
                "fr": "Plage habituelle",
            },
            question={
                "en": "Is this change real?",
                "fr": "Ce changement est-il réel ?",
            },
            formula={
                "en": (
                    "Mean plus or minus 2.66 times the mean difference between neighbouring points, over the "
                    "first 12 points. A change is real when a point falls outside, two of three lie beyond "
                    "two sigma, four of five beyond one, or eight in a row are on one side of the mean."
                ),
                "fr": (
                    "Moyenne plus ou moins 2,66 fois l’écart moyen entre points voisins, sur les 12 premiers "
                    "points. Un changement est réel si un point en sort, si deux points sur trois dépassent "
                    "deux sigmas, quatre sur cinq un sigma, ou si huit de suite sont du même côté de la "
                    "moyenne."
                ),
            },
            unit="",
            better="none",
            precision=2,
            includes={
                "en": "Whole weeks or months.",
                "fr": "Les semaines ou les mois entiers.",
            },
            excludes={
                "en": "The running period; a lower limit below zero is not drawn.",
                "fr": "La période en cours ; une limite basse sous zéro n’est pas tracée.",
            },
            minimum_sample=6,
            source="the series itself; process behaviour chart (Wheeler, XmR)",
        ),
        Metric(
            id="key_result",
            version=1,
            name={
                "en": "Key result",
                "fr": "Résultat clé",
            },
            question={
                "en": "How far have we come towards what we promised?",
                "fr": "Où en sommes-nous de ce que nous avons promis ?",
            },
            formula={
                "en": (
                    "Newest reading minus baseline, divided by target minus baseline, held between 0 and "
                    "100%. Until the due date its status compares this with the share of time gone: at most "
                    "5 points behind is on track, at most 15 at risk, more is off track."
                ),
                "fr": (
                    "Dernière mesure moins le point de départ, rapportée à la cible moins le point de "
                    "départ, bornée entre 0 et 100 %. Avant l’échéance, le statut la compare à la part du "
                    "temps écoulé : au plus 5 points de retard, en bonne voie ; au plus 15, à risque ; "
                    "au-delà, en retard."
                ),
            },
            unit="%",
            better="up",
            precision=0,
            includes={
                "en": "Readings dated up to the day of the report.",
                "fr": "Les mesures datées jusqu’au jour du rapport.",
            },
            excludes={
                "en": "Results without a target: their trend is shown, not graded.",
                "fr": "Les résultats sans cible : leur tendance est montrée, sans note.",
            },
            minimum_sample=1,
            source="KPI readings; Doerr, whatmatters.com; stale without a reading for an eighth of the cycle",
        ),
        Metric(
            id="objective",
            version=1,
            name={
                "en": "Objective",
                "fr": "Objectif",
            },
            question={
                "en": "Is the theme getting where it should?",
                "fr": "Le thème arrive-t-il où il doit ?",
            },
            formula={
                "en": (
                    "Mean of the theme’s key results that are measured, by their weights. Results without a "
                    "reading are left out and named: the mean always says how many of how many it rests on."
                ),
                "fr": (
                    "Moyenne pondérée des résultats clés mesurés du thème. Les résultats sans mesure sont "
                    "laissés de côté et nommés : la moyenne dit toujours sur combien d’entre eux elle repose."
                ),
            },
            unit="%",
            better="up",
            precision=0,
            includes={
                "en": "Measured key results.",
                "fr": "Les résultats clés mesurés.",
            },
            excludes={
                "en": "Key results without a reading, a target or a baseline.",
                "fr": "Les résultats clés sans mesure, sans cible ou sans point de départ.",
            },
            minimum_sample=1,
            source="KPI readings; Doerr, whatmatters.com",
        ),
        Metric(
            id="benefit",
            version=1,
            name={
                "en": "Benefit realisation",
                "fr": "Réalisation des bénéfices",
            },
            question={
                "en": "Does the promised value arrive?",
                "fr": "La valeur promise arrive-t-elle ?",
            },
            formula={
                "en": (
                    "Newest reading minus baseline, divided by target minus baseline. Not held within "
                    "limits: below zero means worse than before. Expected by a date is the share of the time "
                    "between start and due date that has gone."
                ),
                "fr": (
                    "Dernière mesure moins le point de départ, rapportée à la cible moins le point de "
                    "départ. Sans borne : au-dessous de zéro, la situation s’est dégradée. L’attendu à une "
                    "date est la part écoulée du temps entre le départ et l’échéance."
                ),
            },
            unit="%",
            better="up",
            precision=1,
            includes={
                "en": "Readings dated up to the day of the report.",
                "fr": "Les mesures datées jusqu’au jour du rapport.",
            },
            excludes={
                "en": "Benefits without a reading, or whose target equals the baseline.",
                "fr": "Les bénéfices sans mesure, ou dont la cible égale le point de départ.",
            },
            minimum_sample=1,
            source="KPI readings",
        ),
        Metric(
            id="benefit_portfolio",
            version=1,
            name={
                "en": "Benefits realised to date",
                "fr": "Bénéfices réalisés à ce jour",
            },
            question={
                "en": "How much of the planned value has arrived?",
                "fr": "Quelle part de la valeur prévue est arrivée ?",
            },
            formula={
                "en": (
                    "Sum of realised amounts divided by the sum of amounts planned to date; the share of the "
                    "whole plan is named beside it. A benefit claimed by several epics is counted once and "
                    "flagged."
                ),
                "fr": (
                    "Somme des montants réalisés rapportée à la somme des montants prévus à ce jour ; la "
                    "part du plan entier est donnée à côté. Un bénéfice revendiqué par plusieurs epics est "
                    "compté une fois et signalé."
                ),
            },
            unit="%",
            better="up",
            precision=1,
            includes={
                "en": "Benefits with an amount and a reading.",
                "fr": "Les bénéfices chiffrés et mesurés.",
            },
            excludes={
                "en": "Benefits not valued, not measured, or claimed twice.",
                "fr": "Les bénéfices non chiffrés, non mesurés ou revendiqués deux fois.",
            },
            minimum_sample=1,
            source="KPI readings, planned amounts",
        ),
        Metric(
            id="alignment_items",
            version=1,
            name={
                "en": "Alignment by items",
                "fr": "Alignement par éléments",
            },
            question={
                "en": "How many finished items serve a theme?",
                "fr": "Combien d’éléments terminés servent un thème ?",
            },
            formula={
                "en": (
                    "Finished items that serve at least one strategic theme, divided by all items finished "
                    "in the period at that level."
                ),
                "fr": (
                    "Éléments terminés qui servent au moins un thème stratégique, rapportés à tous les "
                    "éléments terminés pendant la période à ce niveau."
                ),
            },
            unit="%",
            better="up",
            precision=1,
            includes={
                "en": "Themes of the item’s own and themes inherited from what is above it.",
                "fr": "Les thèmes propres à l’élément et ceux hérités de ce qui est au-dessus de lui.",
            },
            excludes={
                "en": "Cancelled work.",
                "fr": "Le travail annulé.",
            },
            minimum_sample=1,
            source="theme rules of the settings",
        ),
        Metric(
            id="alignment_flow",
            version=1,
            name={
                "en": "Alignment by flow",
                "fr": "Alignement du flux",
            },
            question={
                "en": "How much of the work in progress serves a theme?",
                "fr": "Quelle part du travail en cours sert un thème ?",
            },
            formula={
                "en": (
                    "Item-days that serve a strategic theme, divided by all item-days. An item gives one "
                    "item-day for each day of the period at whose end it was in progress; an item split "
                    "between themes counts with the shares it declares."
                ),
                "fr": (
                    "Jours-éléments qui servent un thème stratégique, rapportés à tous les jours-éléments. "
                    "Un élément donne un jour-élément pour chaque jour de la période à la fin duquel il "
                    "était en cours ; un élément partagé entre thèmes compte selon ses parts."
                ),
            },
            unit="%",
            better="up",
            precision=1,
            includes={
                "en": "Everything in progress, finished since or not.",
                "fr": "Tout ce qui était en cours, terminé depuis ou non.",
            },
            excludes={
                "en": "Days in the backlog, done, cancelled or removed.",
                "fr": "Les jours au backlog, terminés, annulés ou retirés.",
            },
            minimum_sample=1,
            source="status history, theme rules of the settings",
        ),
        Metric(
            id="alignment_epics",
            version=1,
            name={
                "en": "Alignment of open epics",
                "fr": "Alignement des epics ouverts",
            },
            question={
                "en": "How many open epics serve a theme?",
                "fr": "Combien d’epics ouverts servent un thème ?",
            },
            formula={
                "en": "Open epics that serve at least one strategic theme, divided by all open epics.",
                "fr": ("Epics ouverts qui servent au moins un thème stratégique, rapportés à tous les epics ouverts."),
            },
            unit="%",
            better="up",
            precision=1,
            includes={
                "en": "Epics not begun and in progress.",
                "fr": "Les epics non commencés et en cours.",
            },
            excludes={
                "en": "Epics done, cancelled or removed.",
                "fr": "Les epics terminés, annulés ou retirés.",
            },
            minimum_sample=1,
            source="theme rules of the settings",
        ),
        Metric(
            id="flow_share",
            version=1,
            name={
                "en": "Flow share of a theme",
                "fr": "Part du flux d’un thème",
            },
            question={
                "en": "Where does the work go?",
                "fr": "Où va le travail ?",
            },
            formula={
                "en": (
                    "Item-days in progress that serve the theme, divided by all item-days of the period; "
                    "what serves no theme is “unaligned”. Shares are rounded by largest remainder, so they "
                    "add up to 100.0%."
                ),
                "fr": (
                    "Jours-éléments en cours qui servent le thème, rapportés à tous les jours-éléments de la "
                    "période ; ce qui ne sert aucun thème est « non aligné ». Les parts sont arrondies au "
                    "plus fort reste : leur somme fait 100,0 %."
                ),
            },
            unit="%",
            better="range",
            precision=1,
            includes={
                "en": "Everything in progress, by the shares that split items declare.",
                "fr": "Tout ce qui était en cours, selon les parts des éléments partagés.",
            },
            excludes={
                "en": "Days in the backlog, done, cancelled or removed.",
                "fr": "Les jours au backlog, terminés, annulés ou retirés.",
            },
            minimum_sample=1,
            source="status history, theme rules of the settings",
        ),
        Metric(
            id="theme_focus",
            version=1,
            name={
                "en": "Distance from the intended shares",
                "fr": "Écart aux parts voulues",
            },
            question={
                "en": "Does the work go where the strategy wants it?",
                "fr": "Le travail va-t-il où la stratégie le veut ?",
            },
            formula={
                "en": (
                    "Half the sum of the differences between flow share and intended share, over all themes "
                    "that declare an intention; 0 points means exactly as intended. What the intentions "
                    "leave to 100% is compared with all other work."
                ),
                "fr": (
                    "Moitié de la somme des écarts entre part du flux et part voulue, sur tous les thèmes "
                    "qui en déclarent une ; 0 point : exactement comme voulu. Ce que les intentions laissent "
                    "jusqu’à 100 % est comparé à tout le reste du travail."
                ),
            },
            unit="points",
            better="down",
            precision=1,
            includes={
                "en": "Themes with an intended share.",
                "fr": "Les thèmes qui ont une part voulue.",
            },
            excludes={
                "en": "Nothing; not known without an intention.",
                "fr": "Rien ; inconnu sans intention déclarée.",
            },
            minimum_sample=1,
            source="flow shares; total variation distance",
        ),
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
            version=1,
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
                    "Links to predecessors of items not finished, as of today. Only epics are forecast: what waits for "
                    "an open item of another level is unknown."
                ),
                "fr": (
                    "Les liens vers les prédécesseurs des éléments non terminés, à ce jour. Seuls les epics ont des "
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
        Metric(
            id="trust",
            version=1,
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
                "en": "Ignored items; sources that were never counted are named.",
                "fr": "Les éléments ignorés ; les sources jamais dénombrées sont nommées.",
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
                "en": "Removed items.",
                "fr": "Les éléments retirés.",
            },
            minimum_sample=1,
            source="all fields read",
        ),
        Metric(
            id="forecast_when",
            version=1,
            name={
                "en": "Likely date",
                "fr": "Date probable",
            },
            question={
                "en": "When will it be done?",
                "fr": "Quand sera-ce terminé ?",
            },
            formula={
                "en": (
                    "Ten thousand trials: each draws, for every working day, one of the last 60 days of those who "
                    "work on it, zeros included, until nothing is left. “85% by” is the first day on which 85% of "
                    "all trials are done. Shares of a team go by order; an epic begins after those it waits for."
                ),
                "fr": (
                    "Dix mille tirages : chacun tire, pour chaque jour ouvré, l’un des 60 derniers jours de ceux "
                    "qui y travaillent, zéros compris, jusqu’à ce qu’il ne reste rien. « 85 % au » est le premier "
                    "jour où 85 % des tirages sont terminés. Un epic suit l’ordre et ceux qu’il attend."
                ),
            },
            unit="days",
            better="down",
            precision=0,
            includes={
                "en": (
                    "Items left below an open epic, grown as finished ones grew; what is not split has the size of "
                    "finished ones of its type."
                ),
                "fr": (
                    "Ce qui reste sous un epic ouvert, grossi comme les epics terminés ; ce qui n’est pas "
                    "découpé a la taille de ce qui, du même "
                    "type, est terminé."
                ),
            },
            excludes={
                "en": (
                    "Days of which not all is known; work that is added later, where fewer than ten finished epics "
                    "tell how they grew."
                ),
                "fr": (
                    "Les jours dont tout n’est pas connu ; le travail ajouté plus tard, si moins de dix epics "
                    "terminés disent comment ils ont grossi."
                ),
            },
            minimum_sample=1,
            source="status history, parents, links that block, due dates; 30 known days, 5 of them with a finish",
        ),
        Metric(
            id="forecast_how_many",
            version=1,
            name={
                "en": "How many by then",
                "fr": "Combien d’ici là",
            },
            question={
                "en": "How much will be finished by the end of the increment?",
                "fr": "Combien sera terminé à la fin de l’incrément ?",
            },
            formula={
                "en": (
                    "Trials draw, for every working day until the end of the increment, one of the last 60 days, "
                    "zeros included. “At least 23 with 85%” is the largest number that 85% of all trials reach. "
                    "Outside half to twice of what as many days brought before, its median is asked about."
                ),
                "fr": (
                    "On tire, pour chaque jour ouvré jusqu’à la fin de l’incrément, l’un des 60 derniers jours, "
                    "zéros compris. « Au moins 23 à 85 % » est le plus grand nombre que 85 % des tirages "
                    "atteignent. Hors de la moitié au double des jours précédents, sa médiane alerte."
                ),
            },
            unit="items",
            better="up",
            precision=0,
            includes={
                "en": "Items of the lowest level, whether they belong to an epic or not.",
                "fr": "Les éléments du niveau le plus bas, qu’ils relèvent ou non d’un epic.",
            },
            excludes={
                "en": "Days of which not all is known.",
                "fr": "Les jours dont tout n’est pas connu.",
            },
            minimum_sample=1,
            source="status history, calendar, increments; 30 known days, 5 of them with a finish",
        ),
        Metric(
            id="forecast_coverage",
            version=1,
            name={
                "en": "Dates that came true",
                "fr": "Dates tenues",
            },
            question={
                "en": "Do our forecasts come true as often as they say?",
                "fr": "Nos prévisions se réalisent-elles aussi souvent qu’elles le disent ?",
            },
            formula={
                "en": (
                    "Of the dates told with 85% that have passed, the share by which the item was finished; each "
                    "item counts once, with its first published forecast. How likely so few would be if the "
                    "forecasts were right says whether they are optimistic, or below 5% over-confident."
                ),
                "fr": (
                    "Parmi les dates annoncées à 85 % et passées, la part où l’élément était terminé ; chaque "
                    "élément compte une fois, avec sa première prévision publiée. La probabilité d’en tenir si peu "
                    "si elles étaient justes dit si elles sont optimistes ou, sous 5 %, trop sûres."
                ),
            },
            unit="%",
            better="range",
            precision=0,
            includes={
                "en": "Items that are overdue: their date was missed.",
                "fr": "Les éléments en retard : leur date est manquée.",
            },
            excludes={
                "en": "Dates to come, items given up by their date, forecasts published in hindsight.",
                "fr": "Les dates à venir, ce qui fut abandonné avant sa date, les prévisions publiées après coup.",
            },
            minimum_sample=5,
            source="forecasts kept with each edition, status history; a one-sided binomial test",
        ),
        Metric(
            id="forecast_brier",
            version=1,
            name={
                "en": "Brier score",
                "fr": "Score de Brier",
            },
            question={
                "en": "How good are our likelihoods of due dates?",
                "fr": "Que valent nos probabilités de tenir une échéance ?",
            },
            formula={
                "en": (
                    "The mean squared distance between the likelihood first told of a due date and what happened: "
                    "1 where it was met, 0 where it was missed. 0 is perfect, 0.25 is a coin’s. Told 0.9 and met, "
                    "told 0.6 and missed: (0.01 + 0.36) / 2 = 0.185."
                ),
                "fr": (
                    "Moyenne des carrés des écarts entre la première probabilité annoncée d’une échéance et ce qui "
                    "advint : 1 si elle fut tenue, 0 sinon. 0 est parfait, 0,25 celui d’une pièce. Dit 0,9 et "
                    "tenu, dit 0,6 et manqué : (0,01 + 0,36) / 2 = 0,185."
                ),
            },
            unit="",
            better="down",
            precision=2,
            includes={
                "en": "Due dates that have passed, as they were when the forecast was published.",
                "fr": "Les échéances passées, telles qu’elles étaient à la publication de la prévision.",
            },
            excludes={
                "en": "Due dates to come, and items given up by them.",
                "fr": "Les échéances à venir, et ce qui fut abandonné avant elles.",
            },
            minimum_sample=1,
            source="forecasts kept with each edition, status history, due dates",
        ),
    )
}
