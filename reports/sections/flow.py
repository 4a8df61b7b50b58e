"""Is work flowing? How much finishes, how long it takes, what is getting too old, where it piles up."""

from __future__ import annotations

from collections.abc import Collection
from decimal import Decimal

from metrics.age import Age
from metrics.behaviour import UsualRange, newest_change
from metrics.distribution import percentages
from metrics.percentiles import shown
from reports.charts.shapes import (
    AgeDot,
    Ageing,
    AgeLine,
    Mark,
    Point,
    Process,
    ShareBar,
    Shares,
    Strip,
    StripDot,
    UnitRow,
    Units,
)
from reports.findings import Finding, capitalised, clause, closed
from reports.page import Column, Definition, Empty, Figure, Section, Span, Table, Text, plain
from reports.sections import shape
from reports.sections.changes import unread
from reports.sections.scribe import Scribe, band, row, text
from reports.sections.themes import flow_shares
from reports.words.catalogue import foreign
from reports.words.foreign import one_line
from reports.words.states import state_words

MOST_STATES = 6
MOST_NAMED = 6
MOST_LABELLED = 12  # dots of a strip
LONGEST_STATE = 60
HALF_A_POINT = Decimal("0.5")  # less is printed as none
SIGNALS = ("signal_bad", "signal_good")  # findings about the rhythm
PILES = ("over_limit", "overdue_age", "constraint")  # and about where work waits


def rhythm(scribe: Scribe, found: list[Finding]) -> Section:
    """How much finishes and how long it takes, of the level that figures speak of."""
    words, numbers = scribe.words, scribe.numbers
    if numbers.flow is None:
        return unseen(scribe)
    return Section(
        id="flow",
        question=words.text("flow.question"),
        headline=headline(scribe, found, SIGNALS),
        intro=scribe.unstable(),  # once, before all that it makes doubtful, forecasts included
        blocks=(throughput(scribe), flow_time(scribe)),
        definitions=_defined(scribe, "flow_stability", "service_level"),
    )


def waits(scribe: Scribe, found: list[Finding]) -> Section | None:
    """Where work piles up, and what grows old there; None without any flow."""
    words, flow = scribe.words, scribe.numbers.flow
    if flow is None:
        return None
    figures = [shape.cumulative(scribe), shape.bottleneck(scribe), limits(scribe), ageing(scribe)]
    shown = tuple(one for one in figures if one is not None)
    is_found = not scribe.numbers.stale_sources and any(one.kind in PILES for one in found)
    return Section(
        id="waits",
        question=words.text("stream.where.question"),
        headline=headline(scribe, found, PILES) if is_found else shape.balance(scribe),
        intro=closed(shape.balance(scribe)) if is_found else (),
        blocks=shown,
        definitions=_defined(scribe, "flow_balance", "waste", "pace"),
    )


def served(scribe: Scribe) -> Section | None:
    """What the work is for: themes, kinds, and how much of the time it moved; None where nothing of it is known."""
    words = scribe.words
    if scribe.numbers.flow is None:
        return None
    figures = [flow_shares(scribe), distribution(scribe), efficiency(scribe)]
    shown = tuple(one for one in figures if one is not None)
    if not shown:
        return None
    return Section(
        id="served",
        question=words.text("flow.served.question"),
        headline=_served(scribe),
        blocks=shown,
        definitions=_defined(scribe, "theme_focus"),
    )


def unseen(scribe: Scribe) -> Section:
    """That nothing has moved yet, and who can change that."""
    words = scribe.words
    nothing = Empty(title=words.say("flow.empty.title"), text=words.say("flow.empty.text"))
    return Section(
        id="flow", question=words.text("flow.question"), headline=words.say("flow.empty.head"), blocks=(nothing,)
    )


def _defined(scribe: Scribe, *names: str) -> tuple[Definition, ...]:
    return tuple(one for name in names if (one := scribe.definition(name)) is not None)


def _served(scribe: Scribe) -> Text:
    """How far the work in progress is from what was intended; else what most of the finished work was."""
    words, numbers, flow = scribe.words, scribe.numbers, scribe.numbers.flow
    assert flow is not None
    apart = numbers.shares.distance_points if numbers.shares is not None and numbers.book.portfolio.themes else None
    if apart is not None:
        said = "flow.served.apart" if apart >= HALF_A_POINT else "flow.served.even"
        return words.say(said, points=words.number(apart, places=0))
    if flow.distribution.percent:
        most = max(flow.distribution.percent.items(), key=lambda pair: pair[1])
        return words.say("flow.served.kind", kind=_kind_name(scribe, most[0]), share=scribe.share(most[1]))
    return words.say("flow.served.untold")


def headline(scribe: Scribe, found: list[Finding], kinds: Collection[str] = (*SIGNALS, *PILES)) -> Text:
    """The worst finding about flow, with the good news where there is some; else the reassuring number."""
    words, numbers, flow = scribe.words, scribe.numbers, scribe.numbers.flow
    assert flow is not None
    if numbers.stale_sources:
        return words.say("flow.partial", sources=words.listed([foreign(one.source) for one in numbers.stale_sources]))
    about = [one for one in found if one.kind in kinds]
    good = next((one for one in about if one.is_good), None)
    bad = next((one for one in about if not one.is_good), None)
    if good and bad:
        return capitalised(words.say("headline.contrast", good=clause(good, words), bad=clause(bad, words)))
    if worst := bad or good:
        return capitalised(clause(worst, words))
    said = "flow.few" if flow.throughput_range.limits is None or flow.behind else "flow.quiet"
    done = sum(flow.weekly_counts[-13:])
    return words.say(said, n=done, counts=scribe.count(done))


def throughput(scribe: Scribe) -> Figure:
    words, flow = scribe.words, scribe.numbers.flow
    assert flow is not None
    usual = flow.throughput_range
    signals = {one.at: _tone(one.side, lower_is_better=False) for one in usual.signals} if _firm(usual) else {}
    points = []
    counts = flow.known_counts
    for index, (week, count) in enumerate(zip(flow.weeks, counts, strict=True)):
        is_first = index == 0 or week.start.month != flow.weeks[index - 1].start.month
        points.append(
            Point(
                name=words.text("week", n=week.start.isocalendar().week),
                value=None if count is None else float(count),
                tick=words.month(week.start) if is_first else "",
                signal=signals.get(index),
                written=_counted(scribe, count),
            )
        )
    total = sum(flow.weekly_counts)
    title = _moved(scribe, usual, "throughput") or words.say(
        "throughput.title" if usual.limits and not signals and not flow.behind else "throughput.few",
        n=total,
        counts=scribe.count(total),
    )
    return Figure(
        title=title,
        subtitle=words.say("throughput.subtitle", level=scribe.level()),
        alt=words.text("throughput.alt", n=_counted(scribe, counts[-1]), total=total),
        chart=Process(
            points=tuple(points),
            mean=usual.limits.mean if usual.limits else None,
            band=band(usual),
            axis=words.text("throughput.axis", level=scribe.level()),
            label=words.text("throughput.alt", n=_counted(scribe, counts[-1]), total=total),
            columns=True,
            mean_words=words.text("mean", value=words.number(usual.limits.mean, places=1)) if usual.limits else "",
        ),
        key=_usual_key(scribe, usual, Mark.ACTUAL, words.text("key.finished"), lower_is_better=False),
        notes=tuple(one for one in (late(scribe), baseline(scribe, "weeks", usual)) if one),
        definition=scribe.definition("throughput"),
        data=Table(
            caption=words.text("throughput.subtitle", level=scribe.level()),
            columns=(Column(head=words.text("head.week")), Column(head=words.text("head.finished"), numeric=True)),
            rows=tuple(
                row(words.period(week), _counted(scribe, count)) for week, count in zip(flow.weeks, counts, strict=True)
            ),
        ),
        columns=6,
    )


def late(scribe: Scribe) -> Text:
    """Of which trackers not all of the newest week is known, and since when; else nothing."""
    flow = scribe.numbers.flow
    return closed(capitalised(unread(scribe, flow.behind))) if flow is not None and flow.behind else ()


def _counted(scribe: Scribe, count: int | None) -> str:
    return scribe.words.text("unknown") if count is None else scribe.words.whole(count)


def unrepresentative(scribe: Scribe) -> Text:
    """That too many finished items were never seen to start for a flow time to speak for all; else nothing."""
    flow, allowed = scribe.numbers.flow, scribe.numbers.book.portfolio.guardrails.flow.without_start
    if flow is None or flow.time.is_representative(without_start=allowed):
        return ()
    return scribe.words.say("flow_time.not_representative", share=scribe.agreed(allowed))


def baseline(scribe: Scribe, periods: str, usual: UsualRange) -> Text:
    """Since which named change of the process a usual range is measured, in weeks or months; nothing without one.

    Of a range that is not shown yet, what it will be measured by.
    """
    words, numbers = scribe.words, scribe.numbers
    change = newest_change(numbers.book.portfolio.process_changes, end=numbers.week.end)
    if change is None:
        return ()
    key = "usual.since" if usual.limits is not None else "usual.to_come"
    return words.say(f"{key}.{periods}", name=foreign(change.name), day=words.full_day(change.on))


def flow_time(scribe: Scribe) -> Figure:
    """The flow time of each month's finished items; where hardly a month has enough of them, the items themselves."""
    words, flow = scribe.words, scribe.numbers.flow
    assert flow is not None
    hardly = sum(one.p85_days is not None for one in flow.monthly_times) < 2
    if hardly and (flow.time.p85_days is None or flow.time.n_used <= MOST_LABELLED):
        return few_times(scribe)
    known = [index for index, one in enumerate(flow.monthly_times) if one.p85_days is not None]
    usual = flow.time_range
    signals = {known[one.at]: _tone(one.side, lower_is_better=True) for one in usual.signals} if _firm(usual) else {}
    points = []
    for index, (month, taken) in enumerate(zip(flow.months, flow.monthly_times, strict=True)):
        days = taken.p85_days
        points.append(
            Point(
                name=words.month_year(month.start),
                value=None if days is None else float(days),
                tick=words.month(month.start) if index % 3 == 0 else "",
                signal=signals.get(index),
                written="" if days is None else words.text("days", n=days),
            )
        )
    days = flow.time.p85_days
    half = flow.time.p50_days
    alt = words.text("flow_time.alt", n=days) if days is not None else words.text("flow_time.alt.unknown")
    notes = [
        words.say("flow_time.half", n=half, days=half) if half is not None else (),
        _kept(scribe),
        baseline(scribe, "months", usual),
        scribe.left_out(flow.time.excluded),
        unrepresentative(scribe),
    ]
    unknown = words.text("unknown")
    return Figure(
        title=_moved(scribe, usual, "flow_time")
        or (
            words.say("flow_time.title", n=days, level=scribe.level())
            if days is not None
            else words.say("flow_time.title.unknown")
        ),
        subtitle=words.say("flow_time.subtitle", level=scribe.level()),
        alt=alt,
        chart=Process(
            points=tuple(points),
            mean=usual.limits.mean if usual.limits else None,
            band=band(usual),
            axis=words.text("axis.days"),
            label=alt,
            mean_words=words.text("mean", value=words.number(usual.limits.mean, places=0)) if usual.limits else "",
        ),
        key=_usual_key(scribe, usual, Mark.LINE, words.text("key.flow_time"), lower_is_better=True),
        notes=tuple(one for one in notes if one),
        definition=scribe.definition("flow_time"),
        data=Table(
            caption=words.text("flow_time.subtitle", level=scribe.level()),
            columns=(
                Column(head=words.text("head.month")),
                Column(head=words.text("head.half"), numeric=True),
                Column(head=words.text("head.most"), numeric=True),
                Column(head=words.text("head.finished"), numeric=True),
            ),
            rows=tuple(
                row(
                    words.month_year(month.start),
                    unknown if taken.p50_days is None else words.whole(taken.p50_days),
                    unknown if taken.p85_days is None else words.whole(taken.p85_days),
                    words.whole(taken.n_used),
                )
                for month, taken in zip(flow.months, flow.monthly_times, strict=True)
            ),
        ),
        columns=6,
    )


def _kept(scribe: Scribe) -> Text:
    """How many kept the expected time, and who expects it; nothing where that is not known, or too few finished."""
    words, flow = scribe.words, scribe.numbers.flow
    assert flow is not None
    kept = flow.service
    if kept.share is None or kept.expected_days is None or not shown(kept.n_used):
        return ()
    said = "service.agreed" if kept.is_agreed else "service.usual"
    return words.say(said, share=words.percent(kept.share), n=kept.expected_days, of=kept.n_used)


def few_times(scribe: Scribe) -> Figure:
    """Too few to summarise by month: the items themselves, of the quarter where these tell a percentile."""
    words, flow = scribe.words, scribe.numbers.flow
    assert flow is not None
    days = flow.time.p85_days
    taken, name = (flow.time_year, "few.subtitle") if days is None else (flow.time, "few.subtitle.quarter")
    pairs = list(zip(taken.days, taken.keys, strict=True))
    columns = (Column(head=words.text("head.item")), Column(head=words.text("axis.days"), numeric=True))
    data = Table(
        caption=words.text(name, level=scribe.level()),
        columns=columns,
        rows=tuple(row(scribe.key(key), words.whole(took)) for took, key in pairs),
    )
    title = words.say("few.title", n=len(pairs))
    half: Text = ()
    if days is not None and flow.time.p50_days is not None:
        title = words.say("flow_time.title", n=days, level=scribe.level())
        half = words.say("flow_time.half", n=flow.time.p50_days, days=flow.time.p50_days)
    if not pairs:
        return Figure(
            title=title,
            subtitle=words.say(name, level=scribe.level()),
            empty=Empty(
                title=words.say("flow.empty.title"),
                text=scribe.left_out(taken.excluded) or words.say("few.none"),
            ),
            definition=scribe.definition("flow_time"),
            columns=6,
        )
    return Figure(
        title=title,
        subtitle=words.say(name, level=scribe.level()),
        alt=words.text("few.alt", n=len(pairs)),
        chart=Strip(
            dots=tuple(StripDot(value=float(took), words=f"{key}, {took}") for took, key in pairs[:MOST_LABELLED]),
            axis=words.text("axis.days"),
            label=words.text("few.alt", n=len(pairs)),
        ),
        notes=tuple(
            one
            for one in (
                half or words.say("few.gate"),
                _kept(scribe),
                scribe.left_out(taken.excluded),
                unrepresentative(scribe),
            )
            if one
        ),
        definition=scribe.definition("flow_time"),
        data=data,
        columns=6,
    )


def limits(scribe: Scribe) -> Figure | None:
    """States with an agreed limit, one square per epic; None where no limit is set or no epic stands in one."""
    words, numbers = scribe.words, scribe.numbers
    guardrails = numbers.book.portfolio.guardrails
    agreed = guardrails.wip
    by_state: dict[str, list[Age | None]] = {state: [] for state in agreed}
    aged = {one.journey.id: one for one in numbers.flow.ages.items} if numbers.flow else {}
    for epic in numbers.open_epics:
        if (state := guardrails.limited(epic.status)) is not None:
            by_state[state].append(aged.get(epic.id))
    if not any(by_state.values()):
        return None
    rows, data = [], []
    over = 0
    for state, held in by_state.items():
        limit, count = agreed[state], len(held)
        over += max(0, count - limit)
        oldest = max((one.days for one in held if one is not None), default=None)
        said = words.text("limits.of", n=count, limit=limit)
        if count > limit:
            said += words.text("limits.over", n=count - limit)
        rows.append(
            UnitRow(
                name=one_line(plain(state_words(state, words)), LONGEST_STATE),
                count=count,
                limit=limit,
                words=said,
                oldest="" if oldest is None else words.whole(oldest),
            )
        )
        data.append(row(state_words(state, words), words.whole(count), words.whole(limit)))
    label = words.text("limits.alt", n=over)
    return Figure(
        title=words.say("limits.title.over", n=over) if over else words.say("limits.title"),
        subtitle=words.say("limits.subtitle", day=words.full_day(numbers.today)),
        alt=label,
        chart=Units(
            rows=tuple(rows),
            oldest_head=words.text("limits.oldest") if any(one.oldest for one in rows) else "",
            label=label,
        ),
        key=(
            (Mark.ACTUAL, words.text("level.epic.one")),
            (Mark.OVER, words.text("key.over")),
            (Mark.LIMIT, words.text("key.limit")),
        ),
        definition=scribe.definition("flow_load"),
        data=Table(
            caption=words.text("limits.subtitle", day=words.full_day(numbers.today)),
            columns=(
                Column(head=words.text("head.state")),
                Column(head=words.text("level.epic.Many"), numeric=True),
                Column(head=words.text("head.limit"), numeric=True),
            ),
            rows=tuple(data),
        ),
        columns=6,
    )


def ageing(scribe: Scribe) -> Figure | None:
    words, flow = scribe.words, scribe.numbers.flow
    assert flow is not None
    if not flow.ages.items:
        return None
    limit, half = flow.time_year.p85_days, flow.time_year.p50_days
    grouped: dict[str, list[Age]] = {}
    for one in flow.ages.items:
        grouped.setdefault(one_line(one.journey.status, 60), []).append(one)
    states = sorted(grouped, key=lambda name: (_median_age(grouped[name]), name))
    if len(states) > MOST_STATES:
        by_size = sorted(states, key=lambda name: -len(grouped[name]))
        kept = set(by_size[: MOST_STATES - 1])
        rest = [one for name in by_size[MOST_STATES - 1 :] for one in grouped[name]]
        grouped = {name: ages for name, ages in grouped.items() if name in kept}
        grouped[words.text("ageing.other")] = rest
        states = [name for name in states if name in kept] + [words.text("ageing.other")]
    old = [one for one in flow.ages.items if limit is not None and one.days > limit]
    lines = []
    if flow.service.is_agreed and flow.service.expected_days is not None:
        lines.append(
            AgeLine(
                age_days=flow.service.expected_days,
                words=words.text("ageing.agreed"),
                detail=words.text("ageing.or_less", n=flow.service.expected_days),
            )
        )
    if limit is not None:
        lines.append(
            AgeLine(age_days=limit, words=words.text("ageing.most"), detail=words.text("ageing.or_less", n=limit))
        )
    if half is not None:
        lines.append(
            AgeLine(age_days=half, words=words.text("ageing.half"), detail=words.text("ageing.or_less", n=half))
        )
    named = {one.key for one in old[:MOST_NAMED]}
    bands = tuple(_band_of(scribe, name) for name in states)
    slow = [one for one in flow.ages.items if one.pace in (85, 95) and one not in old]
    label = words.text("ageing.alt", n=len(flow.ages.items), old=len(old))
    return Figure(
        title=words.say("ageing.title", n=len(old), level=scribe.level(), one=scribe.level(many=False))
        if limit is not None and old
        else words.say("ageing.title.none", level=scribe.level())
        if limit is not None
        else words.say("ageing.title.unknown", n=len(flow.ages.items), level=scribe.level()),
        subtitle=words.say("ageing.subtitle", n=len(flow.ages.items), of=flow.time_year.n_used, level=scribe.level()),
        alt=label,
        chart=Ageing(
            states=tuple(
                (
                    name,
                    tuple(
                        AgeDot(age_days=one.days, key=one.key, over=one in old, named=one.key in named)
                        for one in grouped[name]
                    ),
                )
                for name in states
            ),
            bands=bands,
            lines=tuple(lines),
            axis=words.text("axis.age"),
            label=label,
        ),
        key=((Mark.BAND, words.text("key.pace")),) if any(bands) else (),
        notes=tuple(
            one
            for one in (
                _oldest(scribe, old),
                _slow(scribe, slow, are_more=bool(old)),
                scribe.left_out(flow.ages.excluded),
                scribe.care("fresh"),
            )
            if one
        ),
        definition=scribe.definition("work_item_age"),
        data=Table(
            caption=words.text("ageing.caption", level=scribe.level()),
            columns=(
                Column(head=words.text("head.state")),
                Column(head=words.text("head.pace"), numeric=True),
                Column(head=words.text("ageing.ages")),
            ),
            rows=tuple(
                row(
                    foreign(name),
                    _pace_words(scribe, name),
                    ", ".join(str(one.days) for one in sorted(grouped[name], key=lambda a: a.days)[:60]),
                )
                for name in states
            ),
        ),
        columns=6,
    )


def _oldest(scribe: Scribe, old: list[Age]) -> Text:
    """The oldest items by key, and the list of all of them in the tracker."""
    words = scribe.words
    if not old:
        return ()
    named: list[Text] = [
        (*scribe.item(one.journey), Span(text=" "), *words.say("days", n=one.days)) for one in old[:MOST_NAMED]
    ]
    spans = [*words.say("ageing.oldest", items=words.listed(named))]
    if len(old) > MOST_NAMED and (lists := scribe.lists(one.journey for one in old)):
        spans += [Span(text=" "), *lists, Span(text=".")]
    return tuple(spans)


def _band_of(scribe: Scribe, state: str) -> tuple[int, int] | None:
    """The ages at which half and 85 % of finished items left a state; None where too few did."""
    flow = scribe.numbers.flow
    band = flow.pace.of(state) if flow is not None else None
    half, most = (band.percentile(50), band.percentile(85)) if band is not None else (None, None)
    return (half, most) if half is not None and most is not None else None


def _pace_words(scribe: Scribe, state: str) -> str:
    band = _band_of(scribe, state)
    return scribe.words.text("unknown") if band is None else scribe.words.whole(band[1])


def _slow(scribe: Scribe, slow: list[Age], *, are_more: bool) -> Text:
    """Items that are not old yet, but older than 85 % were when they left the state these are in."""
    words = scribe.words
    if not slow:
        return ()
    return words.say(
        "ageing.slow.more" if are_more else "ageing.slow",
        n=len(slow),
        items=scribe.items([one.journey for one in slow], most=MOST_NAMED),
    )


def distribution(scribe: Scribe) -> Figure | None:
    words, flow = scribe.words, scribe.numbers.flow
    assert flow is not None
    percent = flow.distribution.percent
    if not percent:
        return None
    plan = scribe.numbers.book.portfolio.guardrails.capacity
    kinds = sorted({*percent, *plan}, key=lambda kind: (kind == "unclassified", -percent.get(kind, 0), kind))

    bars = []
    for kind in kinds:
        intended = plan.get(kind)
        share = percent.get(kind, 0) / 100
        bars.append(
            ShareBar(
                name=_kind_name(scribe, kind),
                value=float(share),
                intended=None if intended is None else float(intended),
                words=scribe.share(percent.get(kind, Decimal(0))),
                detail="" if intended is None else words.text("planned", share=words.percent(intended)),
            )
        )
    most = kinds[0]
    share_of_most = scribe.share(percent.get(most, Decimal(0)))
    label = words.text("distribution.alt", kind=_kind_name(scribe, most), share=share_of_most)
    return Figure(
        title=words.say("distribution.title", kind=_kind_name(scribe, most), share=share_of_most),
        subtitle=words.say(
            "distribution.subtitle",
            n=flow.distribution.n_used,
            level=scribe.level(),
            period=words.period(flow.window),
        ),
        alt=label,
        chart=Shares(bars=tuple(bars), label=label),
        key=((Mark.ACTUAL, words.text("key.done")), *([(Mark.LIMIT, words.text("key.guardrail"))] if plan else [])),
        definition=scribe.definition("flow_distribution"),
        data=Table(
            caption=words.text("distribution.caption"),
            columns=(
                Column(head=words.text("head.kind")),
                Column(head=words.text("head.finished"), numeric=True),
                Column(head=words.text("head.share"), numeric=True),
            ),
            rows=tuple(
                row(
                    text(_kind_name(scribe, kind)),
                    words.whole(flow.distribution.counts.get(kind, 0)),
                    scribe.share(percent.get(kind, Decimal(0))),
                )
                for kind in kinds
            ),
        ),
        columns=6,
    )


def _kind_name(scribe: Scribe, kind: str) -> str:
    words = scribe.words
    return words.text(f"kind.{kind}") if words.has(f"kind.{kind}") else kind


def efficiency(scribe: Scribe) -> Figure | None:
    words, flow = scribe.words, scribe.numbers.flow
    assert flow is not None
    efficiency = flow.efficiency
    share = efficiency.share
    subtitle = words.say(
        "efficiency.subtitle", n=efficiency.n_used, level=scribe.level(), period=words.period(flow.window)
    )
    if share is None:
        if efficiency.is_configured:
            return None
        empty = Empty(title=words.say("efficiency.unknown.title"), text=words.say("efficiency.unknown.text"))
        return Figure(
            title=words.say("efficiency.unknown"),
            subtitle=subtitle,
            empty=empty,
            definition=scribe.definition("flow_efficiency"),
            columns=6,
        )
    parts = percentages(
        {"active": efficiency.active_seconds, "idle": efficiency.total_seconds - efficiency.active_seconds}
    )
    active, idle = scribe.share(parts["active"]), scribe.share(parts["idle"])
    label = words.text("efficiency.alt", share=active)
    bars = (
        ShareBar(name=words.text("efficiency.active"), value=share, intended=None, words=active),
        ShareBar(name=words.text("efficiency.idle"), value=1 - share, intended=None, words=idle),
    )
    return Figure(
        title=words.say("efficiency.title", share=active),
        subtitle=subtitle,
        alt=label,
        chart=Shares(bars=bars, label=label),
        notes=tuple(one for one in (scribe.left_out(efficiency.excluded),) if one),
        definition=scribe.definition("flow_efficiency"),
        data=Table(
            caption=words.text("efficiency.caption"),
            columns=(Column(head=words.text("head.part")), Column(head=words.text("head.share"), numeric=True)),
            rows=(
                row(words.text("efficiency.active"), active),
                row(words.text("efficiency.idle"), idle),
            ),
        ),
        columns=6,
    )


def _usual_key(
    scribe: Scribe, usual: UsualRange, mark: Mark, name: str, *, lower_is_better: bool
) -> tuple[tuple[Mark, str], ...]:
    if usual.limits is None:
        return ((mark, name),)
    words = scribe.words
    key = [(mark, name), (Mark.BAND, words.text("key.usual")), (Mark.PLAN_LINE, words.text("key.mean"))]
    tones = {_tone(one.side, lower_is_better=lower_is_better) for one in usual.signals} if _firm(usual) else set()
    key += [(Mark.BETTER, words.text("key.better"))] if "good" in tones else []
    key += [(Mark.OVER, words.text("key.signal"))] if "bad" in tones else []
    return tuple(key)


def _moved(scribe: Scribe, usual: UsualRange, measure: str) -> Text:
    """The statement over a chart when its newest point is a real change; nothing otherwise."""
    if not _firm(usual) or usual.change not in ("higher", "lower"):
        return ()
    return scribe.words.say(f"moved.{measure}.{usual.change}", level=scribe.level())


def _firm(usual: UsualRange) -> bool:
    return usual.certainty == "firm"


def _tone(side: int, *, lower_is_better: bool) -> str:
    return "good" if (side < 0) == lower_is_better else "bad"


def _median_age(ages: list[Age]) -> int:
    ordered = sorted(one.days for one in ages)
    return ordered[len(ordered) // 2]
