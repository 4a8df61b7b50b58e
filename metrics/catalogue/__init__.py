"""Every metric in words: what it asks, how it is computed, what it leaves out. Written once, in both languages."""

from __future__ import annotations

from domain.board import Board
from domain.forecasting import Forecasting
from domain.strategy import Guardrails, Portfolio
from metrics.catalogue import (
    ahead,
    arrival,
    baseline,
    board,
    capacity,
    choices,
    flow,
    governance,
    guardrails,
    hazards,
    increments,
    ledger,
    looking_back,
    money,
    order,
    page,
    records,
    scenario,
    value,
    year_end,
)
from metrics.catalogue.agreed import filled
from metrics.catalogue.metric import Metric

VERSION = 5  # of the definitions as a whole; printed in the footer of every page. Raise it when a definition changes.

PARTS = (
    flow,
    value,
    order,
    records,
    ahead,
    capacity,
    looking_back,
    hazards,
    board,
    governance,
    guardrails,
    money,
    year_end,
    ledger,
    increments,
    baseline,
    scenario,
    arrival,
    choices,
)  # a subject each

SUBJECTS = tuple(part.__name__.rpartition(".")[2] for part in PARTS)

_TEXTS = {metric.id: metric for part in PARTS for metric in part.METRICS}

METRICS: dict[str, Metric] = {  # with what holds where nothing was agreed
    id: filled(metric, guardrails=Guardrails(), forecasting=Forecasting(), board=Board())
    for id, metric in _TEXTS.items()
}


def of(name: str, portfolio: Portfolio | None = None) -> Metric:
    """The metric of a name in the export: `flow_time_p85` and `flow_time`, `key_result:npq` and `key_result`.

    With a portfolio its texts say what that agreed.
    """
    stem = name.partition(":")[0]
    for suffix in ("_p50", "_p70", "_p85", "_p95"):
        stem = stem.removesuffix(suffix)
    usual = METRICS[stem]
    if portfolio is None or not usual.settings:
        return usual
    return filled(
        _TEXTS[stem], guardrails=portfolio.guardrails, forecasting=portfolio.forecasting, board=portfolio.board
    )


def subject_of(name: str) -> str:
    """The subject of a metric: `flow`, `board`."""
    return _SUBJECT_OF[of(name).id]


def markdown(locale: str = "en") -> str:
    """The page `docs/metrics.md` (or `docs/metrics.fr.md`): every definition, in one language."""
    return page.markdown(METRICS.values(), VERSION, locale=locale)


_SUBJECT_OF = {metric.id: subject for part, subject in zip(PARTS, SUBJECTS, strict=True) for metric in part.METRICS}
