"""The shape of the flow: what came in and what left, week by week, and what lies between."""

from __future__ import annotations

from collections.abc import Sequence

from domain.period import Period
from metrics.cumulative_flow import CumulativeFlow
from metrics.flow_load import day_counts
from reports.charts.shapes import Cumulative, Mark
from reports.page import Column, Figure, Table, Text
from reports.sections.scribe import Scribe, row


def cumulative(scribe: Scribe) -> Figure | None:
    """Cumulative flow over the last weeks, counted from the evening before them; None where nothing ever began."""
    words, flow = scribe.words, scribe.numbers.flow
    assert flow is not None
    lines = flow.cumulative
    if not lines.waiting[-1]:
        return None
    begun, worked, done = (_weekly(line, less=lines.done[0]) for line in (lines.waiting, lines.active, lines.done))
    left = _weekly(lines.left, less=lines.left[0])
    paused, reopened = _weekly(_behind(lines, "waiting")), _weekly(_behind(lines, "done"))
    label = words.text("cumulative.alt", begun=begun[-1] - begun[0], done=done[-1], left=left[-1])
    weeks = flow.weeks[-len(begun) + 1 :]
    months = ["", *(_tick(scribe, weeks, index) for index in range(len(weeks)))]
    return Figure(
        title=_title(scribe, before=begun[0], now=begun[-1] - done[-1]),
        subtitle=words.say("cumulative.subtitle", level=scribe.level()),
        alt=label,
        chart=Cumulative(
            begun=begun,
            worked=worked,
            done=done,
            left=left,
            behind_begun=paused,
            behind_done=reopened,
            ticks=tuple(months),
            words=(
                words.text("cumulative.begun"),
                words.text("cumulative.done", n=done[-1]),
                words.text("cumulative.left", n=left[-1]),
            ),
            axis=words.text("cumulative.axis", level=scribe.level()),
            label=label,
        ),
        key=(
            *([(Mark.BAND, words.text("key.queue"))] if begun != worked else []),
            (Mark.PREVIOUS, words.text("key.between")),
            (Mark.PLAN_LINE, words.text("key.left")),
            *([(Mark.HATCH, words.text("key.behind"))] if any(paused) or any(reopened) else []),
        ),
        notes=tuple(one for one in (_balance(scribe), scribe.left_out(lines.excluded)) if one),
        definition=scribe.definition("cumulative_flow"),
        data=Table(
            caption=words.text("cumulative.subtitle", level=scribe.level()),
            columns=(
                Column(head=words.text("head.week")),
                *(
                    Column(head=words.text(f"head.{name}"), numeric=True)
                    for name in ("begun", "worked", "finished", "left", "behind")
                ),
            ),
            rows=tuple(
                row(words.period(week), *(words.whole(line[index + 1]) for line in (begun, worked, done, left)),
                    words.whole(paused[index + 1] + reopened[index + 1]))
                for index, week in enumerate(weeks)
            ),
        ),
        columns=6,
    )  # fmt: skip


def _balance(scribe: Scribe) -> Text:
    """What came into the work in progress over the window, and what left it."""
    words, flow = scribe.words, scribe.numbers.flow
    assert flow is not None
    moved = flow.balance
    return words.say(
        f"balance.{moved.verdict}",
        begun=words.whole(moved.arrivals),
        finished=words.whole(len(moved.finished)),
        left=words.whole(len(moved.cancelled) + len(moved.removed)),
    )


def _title(scribe: Scribe, *, before: int, now: int) -> Text:
    """How much more, or less, lies between begun and done than before the first week."""
    words = scribe.words
    if now == before:
        return words.say("cumulative.title.same", level=scribe.level())
    change = "more" if now > before else "less"
    return words.say(f"cumulative.title.{change}", n=abs(now - before), now=now, before=before, level=scribe.level())


def _weekly(line: tuple[int, ...], *, less: int = 0) -> tuple[int, ...]:
    """The evening before the first week, and the last evening of each."""
    return tuple(count - less for count in line[::7])


def _behind(lines: CumulativeFlow, mark: str) -> tuple[int, ...]:
    return day_counts(((one.since, one.until) for one in lines.corrections if one.mark == mark), lines.period)


def _tick(scribe: Scribe, weeks: Sequence[Period], index: int) -> str:
    """The month at its first week."""
    start = weeks[index].start
    is_first = index == 0 or start.month != weeks[index - 1].start.month
    return scribe.words.month(start) if is_first else ""
