"""Plain data to SVG: one function for each kind of chart, drawn wide (desks) and narrow (phones, 358 px)."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from itertools import product
from typing import Any

from reports.charts import money
from reports.charts.canvas import Box, Canvas, number, shortened, text_width
from reports.charts.comings import comings
from reports.charts.ranges import ranges
from reports.charts.shapes import (
    AgeDot,
    Ageing,
    Bullet,
    Chart,
    Columns,
    Comings,
    Cumulative,
    Diverging,
    Interval,
    Mark,
    MoneyBar,
    Outcome,
    Process,
    Ranges,
    Shares,
    Sparkline,
    Strip,
    Tokens,
    Units,
    Waterfall,
)

NARROW = 358
HALF = 544
FULL = 720


def inline(chart: Chart) -> str:
    """A chart that stands in a line or a cell: one drawing for every width."""
    if isinstance(chart, Sparkline):
        return _sparkline(chart).markup()
    if isinstance(chart, Bullet):
        return _bullet(chart).markup()
    if isinstance(chart, Tokens):
        return _tokens(chart).markup()
    if isinstance(chart, Diverging):
        return money.diverging(chart).markup()
    if isinstance(chart, MoneyBar):
        return money.bar(chart).markup()
    if isinstance(chart, Interval):
        return _interval(chart).markup()
    raise TypeError(f"{type(chart).__name__} is a figure of its own")


def drawings(chart: Chart, *, columns: int = 12) -> tuple[str, str]:
    """A figure's chart, wide and narrow; the stylesheet shows one of them."""
    width = HALF if columns <= 6 else FULL
    return draw(chart, width=width, css="wide").markup(), draw(chart, width=NARROW, css="narrow").markup()


def draw(chart: Chart, *, width: float, css: str = "") -> Canvas:
    """One figure at one width."""
    drawn = _FIGURES.get(type(chart))
    if drawn is None:
        raise TypeError(f"{type(chart).__name__} stands in a line, not in a figure")
    return drawn(chart, width, css)


_KEYS = {
    Mark.ACTUAL: '<rect class="ac" x="0" y="1" width="18" height="10"/>',
    Mark.PREVIOUS: '<rect class="py" x="0" y="1" width="18" height="10"/>',
    Mark.PLAN: '<rect class="pl-open" x="0.7" y="1.7" width="16.6" height="8.6"/>',
    Mark.TICK: '<rect class="track" x="0" y="2" width="18" height="8"/>'
    '<line class="tick" x1="11" y1="0" x2="11" y2="12"/>',
    Mark.LIMIT: '<line class="tick" x1="9" y1="0" x2="9" y2="12"/>',
    Mark.OVER: '<rect class="over" x="3" y="1" width="10" height="10"/>',
    Mark.BETTER: '<rect class="g" x="3" y="1" width="10" height="10"/>',
    Mark.BAND: '<rect class="band" x="0" y="1" width="18" height="10"/>',
    Mark.DOT: '<circle class="dot" cx="9" cy="6" r="5"/>',
    Mark.LINE: '<line class="line" x1="1" y1="6" x2="17" y2="6"/>',
    Mark.PLAN_LINE: '<line class="line-pl" x1="0" y1="6" x2="18" y2="6"/>',
    Mark.FAN: '<path class="fan" d="M1 10L20 1V10Z"/>',
    Mark.HATCH: '<path class="hatch-line" d="M2 1V11M7 1V11M12 1V11M17 1V11"/>',
    Mark.TARGET: '<line class="target" x1="0" y1="6" x2="18" y2="6"/>',
}


def key_mark(mark: Mark) -> str:
    return f'<svg class="inline" aria-hidden="true" viewBox="0 0 18 12">{_KEYS[mark]}</svg>'


_SHAPES = {
    "good": '<circle class="g" cx="6" cy="6" r="5"/>',
    "warn": '<path class="w" d="M6 0.4L11.8 11.4H0.2Z"/>',
    "bad": '<rect class="b" x="1" y="1" width="10" height="10"/>',
    "none": '<circle class="ring" cx="6" cy="6" r="4.6"/>',
}


def status_mark(status: str) -> str:
    return f'<svg aria-hidden="true" viewBox="0 0 12 12">{_SHAPES[status]}</svg>'


def _sparkline(chart: Sparkline) -> Canvas:
    width, height = 176, 40
    canvas = Canvas(width, height)
    known = [value for value in chart.values if value is not None]
    if not known:
        return canvas
    marks = [*known, *(chart.band or ()), *([chart.target] if chart.target is not None else [])]
    low, high = min(marks), max(marks)
    x = _across(3, width - 6, len(chart.values))
    y = _down(5, height - 5, low, high)
    if chart.band is not None:
        canvas.rect(0, y(chart.band[1]), width, y(chart.band[0]) - y(chart.band[1]), "band")
    if chart.target is not None:
        canvas.line(0, y(chart.target), width, y(chart.target), "target")
    for run in _runs(chart.values):
        if len(run) == 1:
            canvas.circle(x(run[0][0]), y(run[0][1]), 1.6, "ac")
        else:
            canvas.polyline([(x(index), y(value)) for index, value in run], "line")
    last = max(index for index, value in enumerate(chart.values) if value is not None)
    tone = {"good": "g", "bad": "b"}.get(chart.tone, "dot")
    canvas.circle(x(last), y(known[-1]), 4, tone)
    return canvas


def _bullet(chart: Bullet) -> Canvas:
    width, height = 168, 18
    canvas = Canvas(width, height, chart.label)
    canvas.rect(0, 4, width, height - 8, "track")
    canvas.rect(0, 4, width * _clamp(chart.actual), height - 8, "ac")
    canvas.line(width - 0.5, 2, width - 0.5, height - 2, "axis")
    if chart.expected is not None:
        place = min(max(width * _clamp(chart.expected), 1), width - 1)
        canvas.line(place, 0, place, height, "tick")
    return canvas


def _interval(chart: Interval) -> Canvas:
    """A line from the day of 50 % to that of 85 %, a dot at the first and a bar at the last; a tick where it is due."""
    width, height, edge = 120.0, 14, 4.0
    canvas = Canvas(width, height)

    def place(share: float) -> float:
        return edge + (width - 2 * edge) * _clamp(share)

    canvas.line(0, 7, width, 7, "grid")
    canvas.line(place(chart.first), 7, width if chart.last is None else place(chart.last), 7, "line")
    if chart.last is not None:
        canvas.rect(place(chart.last) - 1.5, 2, 3, 10, "ac")
    canvas.circle(place(chart.first), 7, 4, "dot")
    if chart.due is not None:
        canvas.line(place(chart.due), 0, place(chart.due), height, "tick")
    return canvas


def _tokens(chart: Tokens) -> Canvas:
    shown = min(chart.total, 8)
    canvas = Canvas(max(15 * shown, 1), 12, css="inline")
    for index in range(shown):
        filled = index < chart.filled
        canvas.circle(6 + 15 * index, 6, 5 if filled else 4.3, "ac" if filled else "pl-open")
    return canvas


def _ageing(chart: Ageing, width: float, css: str) -> Canvas:
    wide = width > 400
    left, right, top, bottom = 38, 122 if wide else 8, 32, 42
    height = 276
    canvas = Canvas(width, height, chart.label, css)
    ages = [dot.age_days for _, dots in chart.states for dot in dots] + [line.age_days for line in chart.lines]
    ages += [band[1] for band in chart.bands if band is not None]
    step = nice_step(max([*ages, 1]) * 1.05)
    highest = step * math.ceil(max([*ages, 1]) * 1.05 / step)
    y = _down(top, height - bottom, 0, highest)
    for value in range(0, int(highest) + 1, int(step)):
        canvas.line(left, y(value), width - right, y(value), "grid" if value else "axis")
        canvas.text(left - 8, y(value) + 4, str(value), "end soft")
    canvas.text(0, top - 17, chart.axis, "soft")
    column = (width - left - right) / max(len(chart.states), 1)
    for index, band in enumerate(chart.bands):
        if band is not None:
            canvas.rect(left + column * index + 4, y(band[1]), column - 8, y(band[0]) - y(band[1]), "band")
    _age_lines(canvas, chart, y=y, left=left, right=width - right, wide=wide)
    stepped = any(text_width(name, bold=True) > column - 6 and " " not in name for name, _ in chart.states)
    for index, (name, dots) in enumerate(chart.states):
        centre = left + column * (index + 0.5)
        lower = 14 if stepped and index % 2 else 0  # each second name a line lower, so that it may be twice as wide
        room = (2 * column if stepped else column) - 6
        half = min(text_width(name, bold=True), room) / 2
        place = min(max(centre, half), width - half) if stepped else centre
        _state_name(canvas, name, place, height - bottom + 17 + lower, room)
        _age_dots(canvas, dots, centre=centre, y=y, reach=column / 2 - 6)
    return canvas


def _age_lines(canvas: Canvas, chart: Ageing, *, y: Scale, left: float, right: float, wide: bool) -> None:
    placed: list[float] = []
    for index, line in enumerate(sorted(chart.lines, key=lambda one: -one.age_days)):
        canvas.line(left, y(line.age_days), right, y(line.age_days), "target" if index == 0 else "line-pl")
        if wide:
            place = y(line.age_days) - 3
            if placed:
                place = max(place, placed[-1] + 34)
            placed.append(place)
            canvas.text(right + 8, place, line.words, "strong")
            canvas.text(right + 8, place + 15, line.detail)
        else:
            canvas.text_if_free(left + 4, y(line.age_days) - 5, line.words, "strong halo")


def _state_name(canvas: Canvas, name: str, centre: float, baseline: float, width: float) -> None:
    """A state's name on one line, or on two where it has two words and too little room."""
    if text_width(name, bold=True) <= width or " " not in name:
        canvas.text(centre, baseline, shortened(name, width, bold=True), "mid strong")
        return
    words = name.split(" ")
    half = (len(words) + 1) // 2
    canvas.text(centre, baseline, shortened(" ".join(words[:half]), width, bold=True), "mid strong")
    canvas.text(centre, baseline + 14, shortened(" ".join(words[half:]), width, bold=True), "mid strong")


def _age_dots(canvas: Canvas, dots: tuple[AgeDot, ...], *, centre: float, y: Scale, reach: float) -> None:
    steps = [0.0]
    while abs(steps[-1]) + 11 <= reach:
        steps += [abs(steps[-1]) + 11, -abs(steps[-1]) - 11]
    taken: list[tuple[float, float]] = []
    named: list[tuple[AgeDot, float]] = []
    for dot in sorted(dots, key=lambda one: one.age_days):
        place = y(dot.age_days)
        offset = next(
            (step for step in steps if all(abs(place - py) > 9 or abs(step - px) > 9 for px, py in taken)), 0.0
        )
        taken.append((offset, place))
        canvas.circle(centre + offset, place, 5.5 if dot.over else 4.5, "b" if dot.over else "dot")
        if dot.named:
            named.append((dot, offset))
    for dot, offset in reversed(named):  # the oldest first, and over the dots
        place = y(dot.age_days) + 4
        sides = ((centre + offset - 10, "strong end halo"), (centre + offset + 10, "strong halo"))
        for written, (x, css) in product((f"{dot.key}, {dot.age_days}", dot.key), sides):
            if not _covers(canvas.box(x, place, written, css), taken, centre=centre) and canvas.text_if_free(
                x, place, written, css
            ):
                break


def _covers(box: Box, dots: Sequence[tuple[float, float]], *, centre: float) -> bool:
    """Would words stand on one of these dots?"""
    return any(
        box.left - 5 < centre + offset < box.right + 5 and box.top - 5 < place < box.bottom + 5
        for offset, place in dots
    )


def _process(chart: Process, width: float, css: str) -> Canvas:
    wide = width > 400
    left, right, top, bottom = 38, (104 if chart.mean_words and wide else 14), 32, 28
    height = 260 if wide else 230
    canvas = Canvas(width, height, chart.label, css)
    known = [point.value for point in chart.points if point.value is not None]
    marks = [*known, *(chart.band or ()), *([chart.mean] if chart.mean is not None else [])]
    step = nice_step(max([*marks, 1]))
    highest = step * math.ceil(max([*marks, 1]) / step)
    x = _centres(left, width - right, len(chart.points))
    y = _down(top, height - bottom, 0, highest)
    if chart.band is not None:
        canvas.rect(left, y(chart.band[1]), width - right - left, y(chart.band[0]) - y(chart.band[1]), "band")
    value = 0.0
    while value <= highest + 1e-9:
        canvas.line(left, y(value), width - right, y(value), "grid" if value else "axis")
        canvas.text(left - 8, y(value) + 4, _axis_number(value), "end soft")
        value += step
    canvas.text(0, top - 17, chart.axis, "soft")
    if chart.mean is not None:
        canvas.line(left, y(chart.mean), width - right, y(chart.mean), "line-pl")
        if chart.mean_words and wide:
            canvas.text(width - right + 8, y(chart.mean) + 4, chart.mean_words)
    _process_points(canvas, chart, x=x, y=y, bar=(width - left - right) / max(len(chart.points), 1))
    for index, point in enumerate(chart.points):
        if point.tick:
            canvas.text_if_free(x(index), height - bottom + 18, point.tick, "mid soft")
    return canvas


def _process_points(canvas: Canvas, chart: Process, *, x: Scale, y: Scale, bar: float) -> None:
    colours = {"good": "g", "bad": "b", None: "ac"}
    if chart.columns:
        for index, point in enumerate(chart.points):
            if point.value:
                thick = min(bar * 0.66, 26)
                canvas.rect(x(index) - thick / 2, y(point.value), thick, y(0) - y(point.value), colours[point.signal])
    else:
        for run in _runs(tuple(point.value for point in chart.points)):
            if len(run) > 1:
                canvas.polyline([(x(index), y(value)) for index, value in run], "line")
        for index, point in enumerate(chart.points):
            if point.value is not None:
                css = colours[point.signal] if point.signal else "dot"
                canvas.circle(x(index), y(point.value), 4.5 if point.signal else 3.5, css)
    last = max((index for index, point in enumerate(chart.points) if point.value is not None), default=None)
    if last is not None and chart.points[last].written:
        place, before = chart.points[last].value, chart.points[last - 1].value if last else None
        assert place is not None
        is_under = not chart.columns and before is not None and before > place  # above it, the line comes down
        drop = 20 if is_under else -9
        for css, shift in (("strong lg mid halo", 0.0), ("strong lg end halo", 6.0)):
            if canvas.text_if_free(x(last) + shift, y(place) + drop, chart.points[last].written, css):
                break


def _cumulative(chart: Cumulative, width: float, css: str) -> Canvas:
    wide = width > 400
    words = max(text_width(one, bold=True) for one in chart.words)
    left, right, top, bottom = 38, (words + 14 if wide else 14), 32, 28
    height = 260 if wide else 230
    canvas = Canvas(width, height, chart.label, css)
    low = min([0, *chart.begun, *chart.done])
    high = max([1, *chart.begun, *chart.done, *chart.left])
    step = nice_step(high - low)
    low, high = step * math.floor(low / step), step * math.ceil(high / step)
    x = _across(left, width - right, len(chart.begun))
    y = _down(top, height - bottom, low, high)

    def line(counts: tuple[int, ...]) -> list[tuple[float, float]]:
        return [(x(index), y(count)) for index, count in enumerate(counts)]

    canvas.area(line(chart.begun), line(chart.worked), "band")
    canvas.area(line(chart.worked), line(chart.done), "py")
    for value in range(low, high + 1, step):
        canvas.line(left, y(value), width - right, y(value), "grid" if value else "axis")
        canvas.text(left - 8, y(value) + 4, str(value), "end soft")
    canvas.text(0, top - 17, chart.axis, "soft")
    for counts, behind in ((chart.begun, chart.behind_begun), (chart.done, chart.behind_done)):
        _hatching(canvas, counts, behind, x=x, y=y)
    canvas.polyline(line(chart.left), "line-pl")
    canvas.polyline(line(chart.begun), "line")
    canvas.polyline(line(chart.done), "line")
    if wide:
        for counts, said in zip((chart.begun, chart.done, chart.left), chart.words, strict=True):
            for shift in (4, -12, 20):
                if canvas.text_if_free(width - right + 8, y(counts[-1]) + shift, said, "strong"):
                    break
    for index, tick in enumerate(chart.ticks):
        if tick:
            canvas.text_if_free(x(index), height - bottom + 18, tick, "mid soft")
    return canvas


def _hatching(canvas: Canvas, counts: tuple[int, ...], behind: tuple[int, ...], *, x: Scale, y: Scale) -> None:
    """Strokes that hang from a line, as long as what is behind it."""
    strokes = [
        f"M{number(x(index))} {number(y(count))}V{number(y(count - less))}"
        for index, (count, less) in enumerate(zip(counts, behind, strict=True))
        if less
    ]
    if strokes:
        canvas.path("".join(strokes), "hatch-line")


def _outcome(chart: Outcome, width: float, css: str) -> Canvas:
    wide = width > 400
    left, right, top, bottom = 46, 132 if wide else 16, 36, 30
    height = 320 if width > HALF else 250
    canvas = Canvas(width, height, chart.label, css)
    values = [point.value for point in (*chart.readings, *chart.plan)] + [chart.target]
    for value, _ in chart.marks:
        values.append(value)
    low, high = min(values), max(values)
    if high == low:
        high = low + 1
    y = _down(top, height - bottom, low, high)

    def x(offset: float) -> float:
        return left + (width - left - right) * offset

    for index, (value, words) in enumerate(chart.marks):
        canvas.line(left, y(value), width - right, y(value), "grid" if index else "axis")
        canvas.text(left - 8, y(value) + 4, words, "end soft")
    canvas.text(0, top - 20, chart.axis, "soft")
    for offset, words in chart.ticks:
        canvas.line(x(offset), height - bottom, x(offset), height - bottom + 5, "axis")
        canvas.text_if_free(x(offset), height - bottom + 20, words, "mid soft")
    canvas.line(left, y(chart.target), width - right, y(chart.target), "target")
    if wide:
        for index, part in enumerate(chart.target_words.split("\n")):
            canvas.text(width - right + 10, y(chart.target) + 4 + 15 * index, part, "strong" if index == 0 else "")
    for offset, words in chart.events:
        canvas.line(x(offset), top - 4, x(offset), height - bottom, "axis")
        canvas.text_if_free(x(offset) + 4, top + 6, words, "soft halo") or canvas.text_if_free(
            x(offset) + 4, height - bottom - 6, words, "soft halo"
        )
    if chart.fan is not None:
        now, goal = (x(chart.readings[-1].offset), y(chart.readings[-1].value)), y(chart.target)
        canvas.area([now, (x(chart.fan[0]), goal)], [now, (x(chart.fan[1]), goal)], "fan")
    canvas.polyline([(x(point.offset), y(point.value)) for point in chart.plan], "line-pl")
    if len(chart.readings) > 1:
        canvas.polyline([(x(point.offset), y(point.value)) for point in chart.readings], "line")
    canvas.circle(x(chart.plan[-1].offset), y(chart.plan[-1].value), 5, "pl")
    last = chart.readings[-1]
    canvas.circle(x(last.offset), y(last.value), 5, "dot")
    for css_class, dx, dy in (("strong lg halo", 10, -9), ("strong lg halo", 10, 20), ("strong lg end halo", -10, -9)):
        if canvas.text_if_free(x(last.offset) + dx, y(last.value) + dy, chart.last_words, css_class):
            break
    return canvas


def _shares(chart: Shares, width: float, css: str) -> Canvas:
    wide = width > 400
    names = min(max((text_width(bar.name, bold=True) for bar in chart.bars), default=0) + 16, width * 0.42)
    words = max((text_width(bar.words, bold=True) for bar in chart.bars), default=0) + 12
    row = 32
    canvas = Canvas(width, row * len(chart.bars) + 6, chart.label, css)
    room = width - names - words - (max((text_width(bar.detail) for bar in chart.bars), default=0) + 14 if wide else 0)
    top = max([bar.value for bar in chart.bars] + [bar.intended or 0 for bar in chart.bars] + [0.01])
    scale = room / (1.0 if top > 0.66 else min(1.0, math.ceil(top * 10 + 0.5) / 10))
    for index, bar in enumerate(chart.bars):
        y = 4 + row * index
        canvas.text(names - 12, y + 17, shortened(bar.name, names - 14, bold=True), "strong end")
        canvas.rect(names, y + 4, max(bar.value * scale, 1), 16, "py" if bar.pale else "ac")
        if bar.intended is not None:
            canvas.line(names + bar.intended * scale, y, names + bar.intended * scale, y + 24, "tick")
        end = names + max(bar.value, bar.intended or 0) * scale + 8
        canvas.text(end, y + 17, bar.words, "strong" + (" b" if bar.out else ""))
        if wide and bar.detail:
            canvas.text(width, y + 17, bar.detail, "end soft")
    return canvas


def _units(chart: Units, width: float, css: str) -> Canvas:
    wide = width > 400
    names = min(max((text_width(row.name, bold=True) for row in chart.rows), default=0) + 16, 150 if wide else 110)
    tall, top = 36, 26
    canvas = Canvas(width, top + tall * len(chart.rows) + 4, chart.label, css)
    canvas.text(width, 13, chart.oldest_head, "end soft")
    most = max([row.count for row in chart.rows] + [row.limit or 0 for row in chart.rows] + [1])
    words = max((text_width(row.words, bold=True) for row in chart.rows), default=0)
    oldest = max((text_width(row.oldest, bold=True) for row in chart.rows), default=0)
    pitch = min(20.0 if wide else 13.7, (width - names - words - oldest - 26) / most)
    square = pitch * 0.85
    for index, row in enumerate(chart.rows):
        y = top + tall * index
        is_over = row.limit is not None and row.count > row.limit
        canvas.text(names - 12, y + 17, shortened(row.name, names - 14, bold=True), "strong end")
        if pitch >= 5:
            for place in range(row.count):
                over = row.limit is not None and place >= row.limit
                canvas.rect(names + place * pitch, y + (24 - square) / 2, square, square, "over" if over else "ac")
        elif row.count:
            inside = min(row.count, row.limit) if row.limit is not None else row.count
            canvas.rect(names, y + 4, inside * pitch, 16, "ac")
            canvas.rect(names + inside * pitch, y + 4, (row.count - inside) * pitch, 16, "over")
        if row.limit is not None:
            x = names + row.limit * pitch - (pitch - square) / 2
            canvas.line(x, y - 1, x, y + 25, "limit" if is_over else "tick")
        canvas.text(names + max(row.count, row.limit or 0) * pitch + 8, y + 17, row.words, "b" if is_over else "")
        if row.oldest:
            canvas.text(width, y + 17, row.oldest, "end b" if is_over else "end")
    return canvas


def _strip(chart: Strip, width: float, css: str) -> Canvas:
    canvas = Canvas(width, 96, chart.label, css)
    highest = max([dot.value for dot in chart.dots] + [1])
    step = nice_step(highest)
    end = step * math.ceil(highest / step)
    left, right = 10, width - 24
    canvas.line(left, 60, right, 60, "axis")
    value = 0.0
    while value <= end + 1e-9:
        place = left + (right - left) * value / end
        canvas.line(place, 60, place, 65, "axis")
        canvas.text_if_free(place, 80, _axis_number(value), "mid soft")
        value += step
    canvas.text(0, 13, chart.axis, "soft")
    for dot in sorted(chart.dots, key=lambda one: one.value):
        place = left + (right - left) * dot.value / end
        canvas.circle(place, 60, 5.5, "dot")
        for height in (46, 31):
            if canvas.text_if_free(place, height, dot.words, "mid strong"):
                break
    return canvas


class Scale:
    """From a value to a place."""

    def __init__(self, first: float, last: float, low: float, high: float) -> None:
        self._first, self._length = first, last - first
        self._low, self._range = low, (high - low) or 1.0

    def __call__(self, value: float) -> float:
        return self._first + self._length * (value - self._low) / self._range


def nice_step(highest: float) -> int:
    """A round step, at least 1, that gives three to six gridlines."""
    for magnitude in range(9):
        for base in (1, 2, 5):
            step = base * 10**magnitude
            if highest / step <= 5:
                return int(step)
    return int(highest)


def _down(top: float, bottom: float, low: float, high: float) -> Scale:
    return Scale(bottom, top, low, high)


def _across(first: float, last: float, count: int) -> Scale:
    return Scale(first, last, 0, max(count - 1, 1))


def _centres(left: float, right: float, count: int) -> Scale:
    half = (right - left) / max(count, 1) / 2
    return Scale(left + half, right - half, 0, max(count - 1, 1))


def _runs(values: tuple[float | None, ...]) -> list[list[tuple[int, float]]]:
    """Unbroken runs of known values: gaps are gaps."""
    runs: list[list[tuple[int, float]]] = [[]]
    for index, value in enumerate(values):
        if value is None:
            runs.append([])
        else:
            runs[-1].append((index, value))
    return [run for run in runs if run]


def _axis_number(value: float) -> str:
    return str(int(value)) if value == int(value) else f"{value:g}"


def _clamp(share: float) -> float:
    return min(max(share, 0.0), 1.0)


_FIGURES: Mapping[type, Callable[[Any, float, str], Canvas]] = {
    Ageing: _ageing,
    Process: _process,
    Cumulative: _cumulative,
    Outcome: _outcome,
    Shares: _shares,
    Ranges: ranges,
    Units: _units,
    Strip: _strip,
    Comings: comings,
    Columns: money.columns,
    Waterfall: money.waterfall,
}
