"""Are we inside policy? One line a part: the agreed range as a band, what is as a mark on it (chart C8)."""

from __future__ import annotations

import math

from reports.charts.canvas import Canvas, shortened, text_width
from reports.charts.shapes import Ranges

WIDE_ROW, NARROW_ROW = 34, 56


def ranges(chart: Ranges, width: float, css: str) -> Canvas:
    """A circle inside the range, a square outside; the value and the range in words at the right."""
    wide = width > 400
    row = WIDE_ROW if wide else NARROW_ROW
    canvas = Canvas(width, row * len(chart.marks) + 6, chart.label, css)
    words = max((text_width(one.words, bold=True) for one in chart.marks), default=0)
    detail = max((text_width(one.detail) for one in chart.marks), default=0)
    if wide:
        left = min(max((text_width(one.name, bold=True) for one in chart.marks), default=0) + 18, width * 0.34)
        right = width - words - detail - 34
    else:
        left, right = 8.0, width - 8
    most = max([one.actual or 0 for one in chart.marks] + [one.high for one in chart.marks] + [0.1])
    scale = (right - left) / min(1.0, math.ceil(most * 10 + 0.01) / 10)
    for index, one in enumerate(chart.marks):
        y = 4 + row * index
        middle = y + (14 if wide else 36)
        if wide:
            canvas.text(left - 14, y + 19, shortened(one.name, left - 16, bold=True), "strong end")
            canvas.text(width - detail - 12, y + 19, one.words, "end b" if one.out else "end strong")
            canvas.text(width, y + 19, one.detail, "end soft")
        else:
            told = f"{one.words} · {one.detail}"
            canvas.text(0, y + 14, shortened(one.name, width - text_width(told, bold=True) - 12, bold=True), "strong")
            canvas.text(width, y + 14, told, "end b" if one.out else "end")
        canvas.line(left, middle, right, middle, "grid")
        low, high = left + max(one.low, 0) * scale, left + min(one.high * scale, right - left)
        canvas.rect(low, middle - 9, high - low, 18, "band")
        for edge in (low, high):
            canvas.line(edge, middle - 9, edge, middle + 9, "axis")
        if one.actual is None:
            continue
        x = left + one.actual * scale
        if one.out:
            canvas.rect(x - 5.5, middle - 5.5, 11, 11, "over")
        else:
            canvas.circle(x, middle, 5.5, "dot")
    return canvas
