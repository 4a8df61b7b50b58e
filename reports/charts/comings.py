"""Entries and exits of each state, week by week: two bars a week on one scale."""

from __future__ import annotations

from reports.charts.canvas import Canvas, shortened, text_width
from reports.charts.shapes import Comings

TALL, TOP, FOOT = 40, 6, 22
GAP = 2


def comings(chart: Comings, width: float, css: str) -> Canvas:
    """A row for each state; entered is pale, left is solid."""
    wide = width > 400
    names = min(max((text_width(row.name, bold=True) for row in chart.rows), default=0) + 14, 150 if wide else 104)
    words = max((text_width(row.words) for row in chart.rows), default=0)
    canvas = Canvas(width, TOP + TALL * len(chart.rows) + FOOT, chart.label, css)
    left, right = names, width - words - 12
    most = max([n for row in chart.rows for pair in row.weeks for n in pair] + [1])
    weeks = max((len(row.weeks) for row in chart.rows), default=1)
    pitch = (right - left) / max(weeks, 1)
    bar = max(1.5, (pitch - 2 * GAP) / 2)
    for index, row in enumerate(chart.rows):
        base = TOP + TALL * (index + 1) - 6
        canvas.text(names - 12, base - 8, shortened(row.name, names - 14, bold=True), "strong end")
        canvas.line(left, base, right, base, "axis")
        for place, (entered, gone) in enumerate(row.weeks):
            x = left + pitch * place + GAP
            for offset, count, mark in ((0.0, entered, "py"), (bar, gone, "ac")):
                tall = (TALL - 14) * count / most
                if count:
                    canvas.rect(x + offset, base - tall, bar, tall, mark)
        canvas.text(width, base - 8, row.words, "end")
    foot = TOP + TALL * len(chart.rows) + 10
    for place, tick in enumerate(chart.ticks):
        if tick:
            canvas.text_if_free(left + pitch * place, foot, tick, "soft")
    return canvas
