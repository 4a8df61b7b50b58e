"""The page of all definitions, in one language."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from metrics.catalogue.metric import Metric, Words
from metrics.reasons import FORECAST, ITEMS, MONEY, VALUE


def markdown(metrics: Iterable[Metric], version: int, *, locale: str) -> str:
    """Every definition, in one language, with the version of them all."""
    said = _PAGE[locale]
    reasons = "\n".join(
        f"| `{reason}` | {meaning[locale]} |" for reason, meaning in {**ITEMS, **VALUE, **MONEY, **FORECAST}.items()
    )
    parts = [said.introduction.replace("{version}", str(version)).replace("{reasons}", reasons)]
    for metric in metrics:
        rows = {
            said.export: f"`{metric.id}`",
            said.other: metric.name["fr" if locale == "en" else "en"],
            said.unit: said.units.get(metric.unit, metric.unit),
            said.better: said.directions[metric.better],
            said.precision: str(metric.precision),
            said.includes: metric.includes[locale],
            said.excludes: metric.excludes[locale],
            said.sample: str(metric.minimum_sample),
            **({said.settings: ", ".join(f"`{one}`" for one in metric.settings)} if metric.settings else {}),
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
    settings: str
    source: str


_PAGE = {
    "en": _Page(
        introduction="""# The metrics

Definitions, version {version}. This page is generated from `metrics/catalogue`; a test keeps it current.
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
        units={"": "that of the series", "money": "minor units of the portfolio’s currency"},
        better="Better",
        directions={"up": "more", "down": "less", "range": "within its usual range or plan", "none": "neither"},
        precision="Decimals shown",
        includes="Includes",
        excludes="Leaves out",
        sample="Minimum sample",
        settings="May be agreed otherwise",
        source="Computed from",
    ),
    "fr": _Page(
        introduction="""# Les indicateurs

Définitions, version {version}. Cette page est produite à partir de `metrics/catalogue` ; un test la tient à jour.
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
        units={
            "": "celle de la série",
            "items": "éléments",
            "days": "jours",
            "%": "%",
            "points": "points",
            "money": "unités mineures de la devise du portefeuille",
        },
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
        settings="Réglable",
        source="Sources (en anglais)",
    ),
}
