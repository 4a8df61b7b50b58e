"""The shape of the flow: what came in and what left, week by week, and what lies between."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from domain.period import Period
from metrics.bottleneck import StateFlow
from metrics.cumulative_flow import CumulativeFlow
from metrics.distribution import percentages
from metrics.flow_load import day_counts
from reports.charts.shapes import Cumulative, Mark, ShareBar, Shares
from reports.findings import closed
from reports.page import Column, Figure, Row, Table, Text, joined
from reports.sections.scribe import Scribe, row
from reports.words.catalogue import foreign
from reports.words.foreign import one_line

MOST_STATES = 7
LONGEST_STATE = 60
MOST_NAMED = 6


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
        notes=tuple(
            one
            for one in (_balance(scribe, left=left[-1]), _waste(scribe), scribe.left_out(lines.excluded))
            if one
        ),
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


def bottleneck(scribe: Scribe) -> Figure | None:
    """Where work in progress spent the time, and whether it piles up there; None where too few items say so."""
    words, flow = scribe.words, scribe.numbers.flow
    assert flow is not None
    found = flow.bottleneck
    if not found.is_told:
        return None
    shown = _most(found.states)
    shares = percentages({one.name.casefold(): one.seconds for one in found.states})
    name = one_line(found.states[0].name, LONGEST_STATE)
    label = words.text("bottleneck.alt", state=name, share=scribe.share(shares[found.states[0].name.casefold()]))
    sources = {journey.id.source for key in found.keys if (journey := scribe.numbers.by_key.get(key)) is not None}
    return Figure(
        title=_constraint(scribe, found.states[0], scribe.share(shares[found.states[0].name.casefold()])),
        subtitle=words.say(
            "bottleneck.subtitle", n=found.n_used, level=scribe.level(), period=words.period(flow.window)
        ),
        alt=label,
        chart=Shares(
            bars=tuple(
                ShareBar(
                    name=one_line(one.name, LONGEST_STATE),
                    value=one.share,
                    intended=None,
                    words=scribe.share(shares[one.name.casefold()]),
                    detail=words.text(_turn(one), n=abs(one.growth)),
                    out=one.verdict in ("observe", "act"),
                )
                for one in shown
            ),
            label=label,
        ),
        notes=tuple(
            one
            for one in (
                words.say("bottleneck.sources", n=len(sources)) if len(sources) > 1 else (),
                scribe.left_out(found.excluded),
            )
            if one
        ),
        definition=scribe.definition("bottleneck"),
        data=Table(
            caption=words.text("bottleneck.caption"),
            columns=(
                Column(head=words.text("head.state")),
                *(
                    Column(head=words.text(f"head.{name}"), numeric=True)
                    for name in ("share", "slowness", "entered", "exited", "present", "blocked", "over_days")
                ),
            ),
            rows=tuple(_state_row(scribe, one, scribe.share(shares[one.name.casefold()])) for one in shown),
        ),
        columns=6,
    )


def balance(scribe: Scribe) -> Text:
    """How much began and how much left over the last weeks, as a statement."""
    flow = scribe.numbers.flow
    assert flow is not None
    begun, ended = flow.balance.arrivals, flow.balance.departures
    return scribe.words.say(
        f"stream.where.head.{flow.balance.verdict}", n=begun, begun=scribe.count(begun),
        ended=scribe.words.whole(ended),
    )  # fmt: skip


def held_up(scribe: Scribe) -> Text:
    """The state that took most of the time, in a sentence; nothing where too few items say so."""
    flow = scribe.numbers.flow
    if flow is None or not flow.bottleneck.is_told:
        return ()
    state = flow.bottleneck.states[0]
    shares = percentages({one.name.casefold(): one.seconds for one in flow.bottleneck.states})
    return closed(_constraint(scribe, state, scribe.share(shares[state.name.casefold()])))


def _constraint(scribe: Scribe, state: StateFlow, share: str) -> Text:
    """The statement about the state that took most of the time."""
    return scribe.words.say(
        f"bottleneck.{state.verdict}", state=foreign(one_line(state.name, LONGEST_STATE)), share=share,
        entered=state.entries, exited=state.exits,
    )  # fmt: skip


def _turn(state: StateFlow) -> str:
    return f"bottleneck.turn.{'same' if not state.growth else 'more' if state.growth > 0 else 'fewer'}"


def _state_row(scribe: Scribe, state: StateFlow, share: str) -> Row:
    words = scribe.words
    over = words.text("no_limit") if state.days_over is None else words.percent(state.days_over)
    return row(
        foreign(one_line(state.name, LONGEST_STATE)), share, words.number(Decimal(str(round(state.slowness, 1)))),
        *(words.whole(one) for one in (state.entries, state.exits, len(state.now), len(state.blocked))), over,
    )  # fmt: skip


def _most(states: Sequence[StateFlow]) -> Sequence[StateFlow]:
    """The states to show: the first so many; a shorter tail would still be a tail."""
    return states[:MOST_STATES]


def _balance(scribe: Scribe, *, left: int) -> Text:
    """What came into the work in progress over the window, and what left it; and what of the line never was in it."""
    words, flow = scribe.words, scribe.numbers.flow
    assert flow is not None
    moved = flow.balance
    lost = len(moved.cancelled) + len(moved.removed)
    said = words.say(
        f"balance.{moved.verdict}",
        begun=words.whole(moved.arrivals),
        finished=words.whole(len(moved.finished)),
        left=words.whole(lost),
    )
    return joined([said, words.say("balance.others", n=left - lost)]) if left > lost else said


def _waste(scribe: Scribe) -> Text:
    """What was given up after it was begun; nothing where nothing was."""
    flow = scribe.numbers.flow
    assert flow is not None
    lost = [journey for key in flow.waste.keys if (journey := scribe.numbers.by_key.get(key)) is not None]
    if not flow.waste.items:
        return ()
    return scribe.words.say(
        "waste", n=flow.waste.items, days=scribe.words.text("days", n=flow.waste.total_days),
        items=scribe.items(lost, most=MOST_NAMED),
    )  # fmt: skip


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
