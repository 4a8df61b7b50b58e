"""The numbers of a definition that a portfolio may agree otherwise: where they are agreed, and how they are said.

A text has `{constraint}` where such a number stands.
"""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from string import Formatter

from domain.board import Board
from domain.forecasting import Forecasting
from domain.strategy import Guardrails
from metrics.catalogue.metric import Metric, Words

SETTINGS = {
    "constraint": "guardrails.flow.constraint",
    "act": "guardrails.flow.act",
    "counted": "guardrails.flow.without_start",
    "on_track": "guardrails.pace.on_track",
    "at_risk": "guardrails.pace.at_risk",
    "scored": "guardrails.engagement.scored_within",
    "active": "guardrails.engagement.active_within",
    "decided": "guardrails.engagement.decided_within",
    "measured": "guardrails.measured_within",
    "window": "forecasts.window",
    "stuck": "kanban.stuck_after",
}


def filled(metric: Metric, *, guardrails: Guardrails, forecasting: Forecasting, board: Board) -> Metric:
    """The definition with what was agreed."""
    named = dict.fromkeys(
        name for text in (*metric.question.values(), *metric.formula.values()) for name in _names(text)
    )
    if not named:
        return metric
    said = {locale: _said(locale, guardrails, forecasting, board) for locale in metric.formula}
    return replace(
        metric,
        question=_filled(metric.question, said),
        formula=_filled(metric.formula, said),
        settings=tuple(SETTINGS[name] for name in named),
    )


def _names(text: str) -> list[str]:
    return [name for _, name, _, _ in Formatter().parse(text) if name]


def _filled(words: Words, said: dict[str, dict[str, str]]) -> Words:
    return {locale: text.format(**said[locale]) for locale, text in words.items()}


def _said(locale: str, guardrails: Guardrails, forecasting: Forecasting, board: Board) -> dict[str, str]:
    flow, pace, owners = guardrails.flow, guardrails.pace, guardrails.engagement
    return {
        "constraint": _share(flow.constraint, locale),
        "act": _share(flow.act, locale),
        "counted": _share(1 - flow.without_start, locale),
        "on_track": _points(pace.on_track_points, locale),
        "at_risk": _number(pace.at_risk_points, locale),
        "scored": _days(owners.scored_within_days, locale, worked=True),
        "active": _days(owners.active_within_days, locale),
        "decided": _days(owners.decided_within_days, locale),
        "measured": _days(guardrails.measured_within_days, locale),
        "window": str(forecasting.window_days),
        "stuck": _days(board.stuck_after, locale),
    }


def _share(share: Decimal, locale: str) -> str:
    return f"{_number(share * 100, locale)}\u202f%" if locale == "fr" else f"{_number(share * 100, locale)}%"


def _points(points: Decimal, locale: str) -> str:
    is_one = points < 2 if locale == "fr" else points == 1
    return f"{_number(points, locale)} {'point' if is_one else 'points'}"


def _number(number: Decimal, locale: str) -> str:
    said = f"{number.normalize():f}"
    return said.replace(".", ",") if locale == "fr" else said


def _days(n: int, locale: str, *, worked: bool = False) -> str:
    if locale == "fr":
        return f"{n} {'jours' if n > 1 else 'jour'}{(' ouvrés' if n > 1 else ' ouvré') if worked else ''}"
    return f"{n} {'working ' if worked else ''}{'day' if n == 1 else 'days'}"
