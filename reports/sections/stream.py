"""How one value stream flows: where time goes, its rhythm, what waits, what is blocked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from decimal import Decimal

from domain.work_item import FlowState
from metrics.behaviour import LEAST, UsualRange
from metrics.bottleneck import StateFlow
from metrics.state_time import StateTime
from reports.charts.shapes import Mark, Point, Process, ShareBar, Shares
from reports.page import (
    Block,
    Cell,
    Column,
    Empty,
    Exhibit,
    Figure,
    Paragraph,
    Place,
    Row,
    Section,
    Span,
    Table,
    Text,
    joined,
    plain,
)
from reports.sections import flow, shape
from reports.sections.changes import unread
from reports.sections.scribe import Scribe, band, row, text
from reports.streams import Jam, Stream
from reports.words.catalogue import foreign
from reports.words.foreign import one_line

LONGEST_STATE = 60
MEDIAN_FROM = 5  # finished items from which on a median is shown
MOST_STATES = 9
MOST_BLOCKED = 12
MOST_JAMMED = 5
CAUSES = ("item", "status", "flag")


def where(scribe: Scribe, told: Stream) -> Section:
    """Where the time goes: the constraint, the days in each state, what came in and what left."""
    words = scribe.words
    if scribe.numbers.flow is None:
        nothing = Empty(title=words.say("stream.empty.title"), text=words.say("stream.empty.text"))
        return Section(
            id="flow",
            question=words.text("stream.where.question"),
            headline=words.say("stream.empty.head"),
            blocks=(nothing,),
        )
    figures = [_states(scribe, told), shape.bottleneck(scribe), shape.cumulative(scribe), flow.efficiency(scribe)]
    jammed = [Paragraph(text=one) for one in jams(scribe, told)]
    return Section(
        id="flow",
        question=words.text("stream.where.question"),
        headline=shape.balance(scribe),
        intro=scribe.unstable(),
        blocks=(*jammed, *(one for one in figures if one is not None)),
        definitions=tuple(
            one for name in ("flow_balance", "flow_stability") if (one := scribe.definition(name)) is not None
        ),
    )


def rhythm(scribe: Scribe, told: Stream) -> Section | None:
    """Is the rhythm stable, and what grows old? Throughput, flow time, ages and the kinds of work."""
    words, numbers = scribe.words, scribe.numbers
    if numbers.flow is None:
        return None
    figures = [flow.throughput(scribe), _times(scribe, told), flow.ageing(scribe), flow.distribution(scribe)]
    done = sum(numbers.flow.weekly_counts[-13:])
    return Section(
        id="rhythm",
        question=words.text("stream.rhythm.question"),
        headline=words.parted([words.say("flow.few", n=done, counts=scribe.count(done)), unread(scribe, late)])
        if (late := numbers.flow.behind)
        else words.say(_rhythm(numbers.flow.throughput_range), n=done, counts=scribe.count(done)),
        blocks=tuple(one for one in figures if one is not None),
        definitions=tuple(one for name in ("pace",) if (one := scribe.definition(name)) is not None),
    )


def blocked(scribe: Scribe, told: Stream) -> Section:
    """What is blocked now, by cause, the cause that cost most days first."""
    words, found = scribe.words, told.blocked
    days = {cause: sum(one.days_lost for one in found if one.cause == cause) for cause in CAUSES}
    counts = Counter(one.cause for one in found)
    ranked = sorted((one for one in CAUSES if counts[one]), key=lambda one: (-days[one], one))
    blocks: list[Block] = []
    if ranked:
        blocks.append(
            Exhibit(
                table=Table(
                    caption=words.text("stream.blocked.caption"),
                    columns=(
                        Column(head=words.text("head.cause")),
                        Column(head=words.text("head.stream.items"), numeric=True),
                        Column(head=words.text("head.days_lost"), numeric=True),
                        Column(head=words.text("head.stream.which")),
                    ),
                    rows=tuple(
                        Row(
                            cells=(
                                Cell(text=text(words.text(f"blocked.cause.{cause}"))),
                                Cell(text=text(words.whole(counts[cause]))),
                                Cell(text=text(words.whole(days[cause]))),
                                Cell(
                                    text=scribe.items(
                                        [one.journey for one in found if one.cause == cause], most=MOST_BLOCKED
                                    ),
                                    width=6,
                                ),
                            )
                        )
                        for cause in ranked
                    ),
                ),
                definition=scribe.definition("blocked_now"),
            )
        )
        headline = words.say(
            "stream.blocked.head", n=len(found), days=words.text("days", n=sum(days.values())),
            cause=words.text(f"blocked.cause.{ranked[0]}"),
        )  # fmt: skip
    else:
        blocks.append(Empty(title=words.say("blocked.empty.title"), text=words.say("blocked.empty")))
        headline = words.say("stream.blocked.none")
    return Section(id="blocked", question=words.text("blocked.question"), headline=headline, blocks=tuple(blocks))


def others(scribe: Scribe, every: tuple[Place, ...]) -> Section | None:
    """The pages of the other value streams; None where there is one alone."""
    rest: list[Text] = [(Span(text=one.label, foreign=True, href=one.href),) for one in every if not one.current]
    if not rest:
        return None
    words = scribe.words
    return Section(
        id="others",
        question=words.text("stream.others.question"),
        headline=words.say("stream.others.head", n=len(rest)),
        blocks=(Paragraph(text=words.say("stream.others.text", streams=words.listed(rest))),),
    )


def jams(scribe: Scribe, told: Stream) -> Iterator[Text]:
    """Where the smallest items of a train wait, in a sentence each, with the items."""
    words = scribe.words
    for one in told.jams:
        said = words.say(
            "stream.jam",
            **_jammed(scribe, one),
            share=words.percent(one.state.share),
            entered=one.state.entries,
            exited=one.state.exits,
        )
        yield joined([said, scribe.items(one.waiting, most=MOST_JAMMED), scribe.lists(one.waiting)])


def constraint(scribe: Scribe, told: Stream) -> Text:
    """Where work waits: the state that holds it up, here or in one train's smallest items, or that takes longest."""
    words, numbers = scribe.words, scribe.numbers
    assert numbers.flow is not None
    if (worst := _leading(scribe, told)) is not None:
        return words.say("stream.jam.head", **_jammed(scribe, worst))
    held, times = numbers.flow.bottleneck.constraint, told.states
    longest = None if times is None else times.longest(of=MEDIAN_FROM)
    if times is None or longest is None:
        return words.say("stream.where.few", n=0 if times is None else times.n_used)
    if held is not None and (state := _of(told, held)) is not None:
        return words.say("stream.where.constraint", **_told(scribe, told, state))
    return words.say("stream.where.longest", **_told(scribe, told, longest))


def beside(scribe: Scribe, told: Stream) -> Text:
    """The constraint that the headline leaves out, where features are held up in one state and stories wait in another.

    A reader who is asked about the one must find it beside the other.
    """
    words, flow = scribe.words, scribe.numbers.flow
    held = flow.bottleneck.constraint if flow is not None else None
    if held is None or not told.jams:
        return ()
    if _leading(scribe, told) is None:
        return words.say("stream.jam.beside", **_jammed(scribe, _worst(told)))
    state = _of(told, held)
    return () if state is None else words.say("stream.where.beside", level=scribe.level(), **_told(scribe, told, state))


def _leading(scribe: Scribe, told: Stream) -> Jam | None:
    """The jam that the headline names: where nothing larger is held up, or not for so large a share of its time."""
    flow = scribe.numbers.flow
    held = flow.bottleneck.constraint if flow is not None else None
    worst = _worst(told) if told.jams else None
    return None if worst is None or (held is not None and held.share >= worst.state.share) else worst


def _worst(told: Stream) -> Jam:
    return max(told.jams, key=lambda one: len(one.waiting))


def _jammed(scribe: Scribe, one: Jam) -> dict[str, Text | str | int]:
    return {
        "train": foreign(one.train),
        "n": len(one.waiting),
        "all": scribe.words.text(f"count.{one.level}", n=one.open),
        "state": foreign(one_line(one.state.name, LONGEST_STATE)),
    }


def _of(told: Stream, held: StateFlow) -> StateTime | None:
    """The days of the state that holds up the work, where enough finished items of its tracker tell them."""
    assert told.states is not None
    names = (held.name.casefold(), held.name.partition(" / ")[2].casefold())
    kept = [one for one in told.states.states if one.finished >= MEDIAN_FROM]
    return next(
        (
            one
            for one in kept
            if one.name.casefold() == names[0]
            or (held.name.startswith(f"{one.source} / ") and one.status.casefold() == names[1])
        ),
        None,
    )


def _told(scribe: Scribe, told: Stream, state: StateTime) -> dict[str, Text | str]:
    """A state with its days; where there are several trackers, the days are those of its own."""
    return {
        "state": _named(told, state),
        "days": scribe.words.number(Decimal(str(round(state.days, 1))), places=1),
        "total": scribe.words.number(Decimal(str(round(state.total_days, 1))), places=1),
    }


def _named(told: Stream, state: StateTime) -> Text:
    """A state, with its tracker in brackets where the stream has several."""
    assert told.states is not None
    tracker = f" ({state.source})" if len(told.states.sources) > 1 else ""
    return foreign(f"{one_line(state.status, LONGEST_STATE)}{tracker}")


def _states(scribe: Scribe, told: Stream) -> Figure | None:
    """Mean days in each state, in the order of the flow, waiting ones pale; the items where there are too few."""
    words, numbers, times = scribe.words, scribe.numbers, told.states
    assert numbers.flow is not None
    longest = None if times is None else times.longest(of=MEDIAN_FROM)
    if times is None or longest is None:
        return None
    shown = sorted(times.states, key=lambda one: -one.days)[:MOST_STATES]
    states = [one for one in times.states if one in shown]
    label = words.text("stream.states.alt", **_told(scribe, told, longest))
    known = any(one.flow_state is FlowState.WAITING for one in times.states)
    return Figure(
        title=words.say("stream.states.title", **_told(scribe, told, longest)),
        subtitle=words.say(
            "stream.states.subtitle", n=times.n_used, level=scribe.level(), period=words.period(numbers.flow.window)
        ),
        alt=label,
        chart=Shares(
            bars=tuple(
                ShareBar(
                    name=plain(_named(told, one)),
                    value=one.days / one.total_days if one.total_days else 0.0,
                    intended=None,
                    words=_days(scribe, one.days),
                    pale=one.flow_state is not FlowState.ACTIVE,
                )
                for one in states
            ),
            label=label,
        ),
        key=(
            (Mark.ACTUAL, words.text("key.stream.active")),
            *([(Mark.PREVIOUS, words.text("key.stream.waiting"))] if known else []),
        ),
        notes=tuple(
            one
            for one in (
                words.say("state_times.trackers") if len(times.sources) > 1 else (),
                () if known else words.say("stream.states.unmapped"),
                scribe.left_out(times.excluded),
            )
            if one
        ),
        definition=scribe.definition("state_time"),
        data=Table(
            caption=words.text("stream.states.caption"),
            columns=(
                Column(head=words.text("head.state")),
                Column(head=words.text("head.stream.means")),
                Column(head=words.text("head.stream.days"), numeric=True),
                Column(head=words.text("head.stream.went_through"), numeric=True),
            ),
            rows=tuple(
                row(
                    _named(told, one),
                    words.text(f"stream.means.{one.flow_state}"),
                    words.number(Decimal(str(round(one.days, 1))), places=1),
                    words.text("state_times.of", n=words.whole(one.items), total=words.whole(one.finished)),
                )
                for one in times.states
            ),
        ),
        columns=6,
    )


def _days(scribe: Scribe, days: float) -> str:
    return scribe.words.text("stream.days", days=scribe.words.number(Decimal(str(round(days, 1))), places=1))


def _times(scribe: Scribe, told: Stream) -> Figure:
    """The median flow time of each week's finished items; a gap where there were too few."""
    words, numbers = scribe.words, scribe.numbers
    assert numbers.flow is not None
    known = [place for place, one in enumerate(told.weekly_times) if one.p50_days is not None]
    if len(known) < LEAST:  # by month then, or item by item
        return flow.flow_time(scribe)
    usual = told.time_range
    is_firm = usual.certainty == "firm"
    signals = {known[one.at]: "good" if one.side < 0 else "bad" for one in usual.signals} if is_firm else {}
    weeks = numbers.flow.weeks
    points = tuple(
        Point(
            name=words.text("week", n=week.start.isocalendar().week),
            value=None if taken.p50_days is None else float(taken.p50_days),
            tick=words.month(week.start) if place == 0 or week.start.month != weeks[place - 1].start.month else "",
            signal=signals.get(place),
            written="" if taken.p50_days is None else words.text("days", n=taken.p50_days),
        )
        for place, (week, taken) in enumerate(zip(weeks, told.weekly_times, strict=True))
    )
    label = words.text("stream.times.alt", n=len(known))
    key = [(Mark.LINE, words.text("key.stream.median"))]
    if usual.limits is not None:
        key += [(Mark.BAND, words.text("key.usual")), (Mark.PLAN_LINE, words.text("key.mean"))]
        key += [(Mark.BETTER, words.text("key.better"))] if "good" in signals.values() else []
        key += [(Mark.OVER, words.text("key.signal"))] if "bad" in signals.values() else []
    unknown = words.text("unknown")
    return Figure(
        title=words.say(f"stream.times.{usual.change if is_firm and usual.change else 'none'}", level=scribe.level()),
        subtitle=words.say("stream.times.subtitle", level=scribe.level(), n=MEDIAN_FROM),
        alt=label,
        chart=Process(
            points=points,
            mean=usual.limits.mean if usual.limits else None,
            band=band(usual),
            axis=words.text("axis.days"),
            label=label,
            mean_words=words.text("mean", value=words.number(usual.limits.mean, places=1)) if usual.limits else "",
        ),
        key=tuple(key),
        notes=tuple(
            one
            for one in (
                flow.baseline(scribe, "weeks", usual),
                scribe.left_out(numbers.flow.time.excluded),
                flow.unrepresentative(scribe),
            )
            if one
        ),
        definition=scribe.definition("flow_time"),
        data=Table(
            caption=words.text("stream.times.subtitle", level=scribe.level(), n=MEDIAN_FROM),
            columns=(
                Column(head=words.text("head.week")),
                Column(head=words.text("head.stream.median"), numeric=True),
                Column(head=words.text("head.finished"), numeric=True),
            ),
            rows=tuple(
                row(
                    words.period(week),
                    unknown if taken.p50_days is None else words.whole(taken.p50_days),
                    words.whole(taken.n_in_scope),
                )
                for week, taken in zip(weeks, told.weekly_times, strict=True)
            ),
        ),
        columns=6,
    )


def _rhythm(usual: UsualRange) -> str:
    if usual.limits is None:
        return "stream.rhythm.few"
    if usual.certainty == "firm" and usual.change in ("higher", "lower"):
        return f"stream.rhythm.{usual.change}"
    return "stream.rhythm.same"
