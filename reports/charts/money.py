"""Drawings of money: columns with their variance, diverging bars, waterfalls."""

from __future__ import annotations

from collections.abc import Sequence

from reports.charts.canvas import Canvas, number, shortened, text_width
from reports.charts.shapes import Columns, Diverging, MoneyBar, MoneyColumn, Step, Waterfall

TIER = 62  # height of the upper tier, with its words
BODY = 144
ROW = 34
HATCH = 5


def diverging(chart: Diverging) -> Canvas:
    """A bar to the right of the zero line for more than planned, to its left for less."""
    canvas = Canvas(150, 18)
    middle = 75.0
    length = 70 * min(1.0, abs(chart.value) / chart.reach) if chart.reach else 0.0
    if length:
        start, css = (middle, "b") if chart.value > 0 else (middle - length, "g")
        canvas.rect(start, 3, max(length, 1), 12, css)
    canvas.line(middle, 0, middle, 18, "tick")
    return canvas


def bar(chart: MoneyBar) -> Canvas:
    """The plan as an outline, what was spent in it, and hatched what is foreseen beyond."""
    canvas = Canvas(150, 18)
    scale = 149 / chart.reach if chart.reach else 0.0
    spent = (chart.actual or 0) * scale
    if spent:
        canvas.rect(0, 5, max(spent, 1), 8, "ac")
    if chart.forecast is not None and (rest := chart.forecast * scale - spent) >= 0.5:
        _hatched(canvas, spent, 5, rest, 8)
    if chart.plan is not None:
        canvas.rect(0.5, 1.5, chart.plan * scale, 15, "pl-open")
    return canvas


def columns(chart: Columns, width: float, css: str) -> Canvas:
    """Months from left to right: below, plan and cost; above, on one scale with each other, what they differ by."""
    canvas = Canvas(width, TIER + BODY + 48, chart.label, css)
    place = width / max(len(chart.columns), 1)
    bar = min(place * 0.62, 34)
    highest = max((_top(one) for one in chart.columns), default=0) or 1
    reach = max((abs(one.difference) for one in chart.columns if one.difference is not None), default=0) or 1
    zero, floor = 16 + TIER / 2, TIER + BODY + 26
    canvas.text(0, 11, chart.above, "soft")
    canvas.text(0, TIER + 30, chart.below, "soft")
    canvas.line(0, zero, width, zero, "axis")
    for index, one in enumerate(chart.columns):
        middle = place * (index + 0.5)
        _variance(canvas, one, middle=middle, bar=bar, zero=zero, reach=reach)
        _month(canvas, one, middle=middle, bar=bar, floor=floor, scale=(BODY - 40) / highest)
        canvas.text_if_free(middle, floor + 18, one.tick, "mid")
    canvas.line(0, floor, width, floor, "axis")
    return canvas


def waterfall(chart: Waterfall, width: float, css: str) -> Canvas:
    """Rows from the first total to the last; each step begins where the one before it ended."""
    canvas = Canvas(width, ROW * len(chart.steps) + 6, chart.label, css)
    names = min(max((text_width(one.name, bold=True) for one in chart.steps), default=0) + 14, width * 0.38)
    words = max((text_width(one.words, bold=True) for one in chart.steps), default=0) + 14
    low, high = _reach(chart.steps)
    scale = (width - names - words) / ((high - low) or 1)
    before = 0.0
    for index, one in enumerate(chart.steps):
        y = 4 + ROW * index
        after = one.value if one.is_total else before + one.value
        start, end = (low, after) if one.is_total else (min(before, after), max(before, after))
        left, right = names + (start - low) * scale, names + (end - low) * scale
        canvas.text(names - 10, y + 17, shortened(one.name, names - 12, bold=one.is_total), _css(one, "end"))
        canvas.rect(left, y + 4, max(right - left, 1), 16, _tone(one, more_is_good=chart.more_is_good))
        canvas.text(max(right, names) + 8, y + 17, one.words, "strong")
        if index + 1 < len(chart.steps):
            edge = names + (after - low) * scale
            canvas.line(edge, y + 20, edge, y + ROW + 4, "axis")
        before = after
    return canvas


def _tone(step: Step, *, more_is_good: bool) -> str:
    if step.is_total:
        return "ac"
    if step.is_neutral:
        return "cx"
    return "g" if (step.value > 0) == more_is_good else "b"


def _css(step: Step, anchor: str) -> str:
    return f"strong {anchor}" if step.is_total else anchor


def _reach(steps: Sequence[Step]) -> tuple[float, float]:
    """The scale of the totals: where they lie close together it does not begin at zero, and the text says so."""
    reached, stand = [], 0.0
    for one in steps:
        stand = one.value if one.is_total else stand + one.value
        reached.append(stand)
    low, high = min(reached, default=0.0), max(reached, default=1.0)
    room = (high - low) or high or 1.0
    return max(0.0, low - room), high


def _top(one: MoneyColumn) -> float:
    return max(one.plan or 0, (one.actual or 0) + (one.ahead or 0))


def _variance(canvas: Canvas, one: MoneyColumn, *, middle: float, bar: float, zero: float, reach: float) -> None:
    if one.difference is None:
        return
    size = abs(one.difference) / reach * (TIER / 2 - 16)
    is_over = one.difference > 0
    if size >= 0.5:
        canvas.rect(middle - bar / 4, zero - size if is_over else zero, bar / 2, size, "b" if is_over else "g")
    canvas.text_if_free(middle, zero - size - 3 if is_over else zero + size + 11, one.difference_words, "mid soft")


def _month(canvas: Canvas, one: MoneyColumn, *, middle: float, bar: float, floor: float, scale: float) -> None:
    spent, whole = (one.actual or 0) * scale, _told(one) * scale
    if one.actual is not None:
        canvas.rect(middle - bar / 2, floor - spent, bar, spent, "ac")
    if one.ahead:
        _hatched(canvas, middle - bar / 2, floor - whole, bar, whole - spent)
    if one.plan is not None:
        canvas.rect(middle - bar / 2 - 3, floor - one.plan * scale, bar + 6, one.plan * scale, "pl-open")
    css = "mid strong halo" if one.actual is not None else "mid halo"
    canvas.text_if_free(middle, floor - max(whole, (one.plan or 0) * scale) - 5, one.words, css)


def _told(one: MoneyColumn) -> float:
    return (one.actual or 0) + (one.ahead or 0)


def _hatched(canvas: Canvas, left: float, top: float, width: float, height: float) -> None:
    """An outlined box with strokes in it: a forecast."""
    canvas.rect(left, top, width, height, "pl-open")
    places = range(1, int(width // HATCH))
    if height > 1 and places:
        strokes = "".join(f"M{number(left + HATCH * n)} {number(top + 1)}V{number(top + height - 1)}" for n in places)
        canvas.path(strokes, "hatch-line")
