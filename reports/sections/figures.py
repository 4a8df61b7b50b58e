"""The five figures on top of the overview: what they are, what they are held against, whether they moved."""

from __future__ import annotations

from collections.abc import Collection

from metrics.behaviour import LEAST, UsualRange
from metrics.commitment import Commitment
from metrics.trust import RIBBON_BELOW, is_low
from reports.charts.shapes import Sparkline
from reports.findings import capitalised, closed
from reports.money import funds
from reports.page import Column, KeyFigure, Table, Text, joined
from reports.sections import money
from reports.sections.changes import unread
from reports.sections.scribe import Scribe, band, row
from reports.sections.set_aside import unread_file
from reports.streams import over
from reports.words.catalogue import foreign, toned

SHOWN = 13  # points of a small line


def key_figures(scribe: Scribe) -> tuple[KeyFigure, ...]:
    """Key results, the year's money, flow time, PI predictability, spend tied to a theme: those that are known here.

    Until an increment is scored, throughput stands in place of predictability; where no money is told, the flow load
    in that of the year's, and the work tied to a theme in that of the spend.
    """
    figures: list[KeyFigure] = []
    told = funds(scribe.numbers.book)
    scored = last_scored(scribe)
    if scribe.numbers.key_results:
        figures.append(_key_results(scribe))
    if told is not None:
        figures.append(money.forecast_figure(scribe, told))
    if scribe.numbers.flow is not None:
        figures += [flow_time(scribe), throughput(scribe) if scored is None else objectives(scribe, scored)]
        figures += [load(scribe)] if told is None else []
    if told is not None and told.spent:
        figures.append(money.tied_figure(scribe, told))
    elif scribe.numbers.alignment is not None:
        figures.append(_alignment(scribe))
    return tuple(figures)


def last_scored(scribe: Scribe) -> Commitment | None:
    """The last increment that is over and whose objectives are all scored, whosever they are; None before."""
    told = [one for one in over(scribe.numbers.book) if one.of().percent is not None]
    return told[-1] if told else None


def of_flow(scribe: Scribe) -> tuple[KeyFigure, ...]:
    """Flow time, throughput, flow load, flow efficiency, due dates: none of what cannot be known yet."""
    figures: list[KeyFigure] = []
    if scribe.numbers.flow is not None:
        figures += [flow_time(scribe, page=""), throughput(scribe), load(scribe), efficiency(scribe)]
    dates = _dates(scribe)
    return (*figures, *([dates] if dates is not None else []))


def figures_data(scribe: Scribe) -> Table | None:
    """The points behind the small lines, month by month and week by week."""
    numbers, words, flow = scribe.numbers, scribe.words, scribe.numbers.flow
    if flow is None:
        return None
    unknown = words.text("unknown")
    rows = []
    for index, month in enumerate(flow.months):
        days = flow.monthly_times[index].p85_days
        share = numbers.monthly_alignment[index]
        rows.append(
            row(
                words.month_year(month.start),
                unknown if days is None else words.whole(days),
                words.whole(flow.monthly_times[index].n_in_scope),
                unknown if share is None else words.percent(share, places=1),
            )
        )
    return Table(
        caption=words.text("figures.data"),
        columns=(
            Column(head=words.text("head.month")),
            Column(head=words.text("figure.flow_time.data"), numeric=True),
            Column(head=words.text("head.finished"), numeric=True),
            Column(head=words.text("figure.alignment.data"), numeric=True),
        ),
        rows=tuple(rows),
    )


def not_measured(scribe: Scribe, missing: int, *, unread: int) -> Text:
    """Of how many key results nobody told anything, and of how many nobody reads what was told."""
    told = (("unmeasured", missing), ("unread", unread))
    return joined([scribe.words.say(f"figure.key_results.{name}", n=n) for name, n in told if n])


def _key_results(scribe: Scribe) -> KeyFigure:
    numbers, words = scribe.numbers, scribe.words
    moved = numbers.on_track - numbers.on_track_before
    change = "same" if moved == 0 else "up" if moved > 0 else "down"
    trend = words.say(f"figure.key_results.{change}", n=abs(moved)) if numbers.measured else ()
    shut = numbers.unread_results
    trend = joined([trend, not_measured(scribe, numbers.key_results - numbers.measured - shut, unread=shut)])
    return KeyFigure(
        id="key_results",
        title=words.text("figure.key_results"),
        value=words.whole(numbers.on_track) if numbers.measured else words.text("unknown"),
        unit=words.text("figure.key_results.of", n=numbers.key_results) if numbers.measured else "",
        versus=words.text("figure.key_results.versus"),
        chart=Sparkline(values=tuple(float(one) for one in numbers.monthly_on_track)),
        trend=trend,
        definition=scribe.definition("key_result"),
    )


def objectives(scribe: Scribe, one: Commitment | None, trains: Collection[str] | None = None) -> KeyFigure:
    """What was brought of what was committed in an increment, with those before; of some trains, or of all."""
    words = scribe.words
    history = tuple(
        None if (percent := each.of(trains).percent) is None else float(percent)
        for each in over(scribe.numbers.book)
        if each.within(trains) and each.is_scored
    )
    found = one.of(trains) if one is not None else None
    if one is None or found is None:
        file = unread_file(scribe, "objectives")
        is_told = any(each.within(trains) for each in scribe.numbers.book.commitments)
        trend = (
            words.say("stream.figure.objectives.aside", file=file)
            if file
            else words.say(f"stream.figure.objectives.{'none' if is_told else 'unknown'}")
        )
    elif found.percent is None:
        name, unknown = ("gone", found.gone) if found.gone else ("pending", found.pending)
        uncommitted = words.say("increments.head.uncommitted", increment=foreign(one.increment.name))
        trend = words.say(f"increments.{name}", n=len(unknown)) if unknown else uncommitted
    else:
        trend = words.say("stream.figure.objectives.trend", actual=found.actual, planned=found.planned)
        if one.known_on is not None:  # what had been changed by then, nobody can tell
            trend = joined([trend, words.say("stream.figure.objectives.known_on", day=words.day(one.known_on))])
    return KeyFigure(
        id="predictability",
        title=words.text("stream.figure.objectives"),
        value=words.text("unknown") if found is None or found.percent is None else scribe.share(found.percent),
        versus=words.text("stream.figure.objectives.versus", increment=one.increment.name)
        if one is not None
        else words.text("stream.figure.objectives.healthy"),
        chart=Sparkline(values=history) if sum(one is not None for one in history) > 1 else None,
        trend=trend,
        definition=scribe.definition("predictability"),
    )


def flow_time(scribe: Scribe, *, page: str | None = None) -> KeyFigure:
    """The 85th percentile of the flow time; `page` says why the flow is not stable, where it is not."""
    words, flow = scribe.words, scribe.numbers.flow
    assert flow is not None
    days = flow.time.p85_days
    trend, tone = scribe.trend(flow.time_range, lower_is_better=True, measure="time")
    if days is None:
        trend = words.say("figure.flow_time.few", n=flow.time.n_used)
        tone = "flat"
    elif flow.time_range.limits is not None and flow.time_range.change is None:
        trend = words.say("figure.flow_time.gap")
    trend = joined([trend, scribe.shaky(page) if days is not None else ()])
    return KeyFigure(
        id="flow_time",
        title=words.text("figure.flow_time", level=scribe.level()),
        value=words.text("unknown") if days is None else words.whole(days),
        unit="" if days is None else words.text("unit.days", n=days),
        versus=words.text("figure.flow_time.versus", n=flow.time.n_used),
        chart=Sparkline(
            values=tuple(None if one.p85_days is None else float(one.p85_days) for one in flow.monthly_times),
            band=band(flow.time_range),
            tone=tone,
        ),
        trend=(*trend, *scribe.care("start_known"), *scribe.without()),
        definition=scribe.definition("flow_time"),
    )


def throughput(scribe: Scribe) -> KeyFigure:
    words, flow = scribe.words, scribe.numbers.flow
    assert flow is not None
    trend, tone = _count_trend(scribe, flow.throughput_range, lower_is_better=False)
    return KeyFigure(
        id="throughput",
        title=words.text("figure.throughput", level=scribe.level()),
        value=words.text("unknown") if flow.weeks_unread else words.whole(flow.weekly_counts[-1]),
        unit=words.text("figure.throughput.unit"),
        versus=_usual(scribe, flow.throughput_range),
        chart=Sparkline(
            values=tuple(None if one is None else float(one) for one in flow.known_counts[-SHOWN:]),
            band=band(flow.throughput_range),
            tone=tone,
        ),
        trend=(*trend, *scribe.without()),
        definition=scribe.definition("throughput"),
    )


def load(scribe: Scribe) -> KeyFigure:
    words, flow = scribe.words, scribe.numbers.flow
    assert flow is not None
    trend, tone = _count_trend(scribe, flow.load_range, lower_is_better=True)
    untold = len(flow.load.excluded.get("no_history", ()))
    if untold:
        trend = (*trend, *words.say("figure.flow_load.untold", n=untold))
    return KeyFigure(
        id="flow_load",
        title=words.text("figure.flow_load", level=scribe.level()),
        value=words.text("unknown") if flow.load.known is None else words.whole(flow.load.known),
        unit="" if flow.load.known is None else words.text("figure.flow_load.unit"),
        versus=_usual(scribe, flow.load_range),
        chart=Sparkline(
            values=tuple(float(one) for one in flow.weekly_loads[-SHOWN:]), band=band(flow.load_range), tone=tone
        ),
        trend=(*trend, *scribe.care("fresh"), *scribe.without()),
        definition=scribe.definition("flow_load"),
    )


def efficiency(scribe: Scribe) -> KeyFigure:
    words, flow = scribe.words, scribe.numbers.flow
    assert flow is not None
    share = flow.efficiency.share
    trend = words.say("stream.figure.efficiency.trend", n=flow.efficiency.n_used)
    if share is None:
        known = "few" if flow.efficiency.is_configured else "unmapped"
        trend = words.say(f"stream.figure.efficiency.{known}")
    return KeyFigure(
        id="flow_efficiency",
        title=words.text("stream.figure.efficiency"),
        value=words.text("unknown") if share is None else words.percent(share),
        versus=words.text("stream.figure.efficiency.versus"),
        trend=trend,
        definition=scribe.definition("flow_efficiency"),
    )


def _dates(scribe: Scribe) -> KeyFigure | None:
    """How many due dates are more likely met than missed, and whether dates moved; None where no epic has one."""
    words, ahead = scribe.words, scribe.numbers.book.outlook
    if ahead is None or not ahead.due:
        return None
    if ahead.former is None:
        trend = words.say("flow.figure.dates.first")
    else:
        since = words.day(ahead.former.as_of)
        trend = words.say("flow.figure.dates.moved", n=len(ahead.really_moved), day=since)
    return KeyFigure(
        id="dates",
        title=words.text("flow.figure.dates"),
        value=words.whole(len(ahead.due) - len(ahead.late)),
        unit=words.text("flow.figure.dates.of", n=len(ahead.due)),
        versus=words.text("flow.figure.dates.versus"),
        trend=joined([trend, scribe.shaky("")]),
        definition=scribe.definition("forecast_when"),
    )


def _alignment(scribe: Scribe) -> KeyFigure:
    numbers, words = scribe.numbers, scribe.words
    assert numbers.alignment is not None
    share = numbers.aligned_percent
    orphans = len(numbers.alignment.orphans)
    trend, tone = _alignment_trend(scribe)
    if numbers.book.portfolio.themes and orphans:
        counts = capitalised(scribe.count(orphans))
        trend = (*trend, *words.say("figure.alignment.orphans", n=orphans, counts=counts))
    return KeyFigure(
        id="alignment",
        title=words.text("figure.alignment"),
        value=words.text("unknown") if share is None else scribe.share(share),
        versus=words.text(f"figure.alignment.versus.{numbers.alignment_by}"),
        chart=Sparkline(
            values=tuple(None if one is None else float(one) for one in numbers.monthly_alignment),
            target=RIBBON_BELOW,
            tone=tone,
        ),
        trend=(*trend, *scribe.without()),
        definition=scribe.definition(f"alignment_{numbers.alignment_by}"),
    )


def _alignment_trend(scribe: Scribe) -> tuple[Text, str]:
    """Held against its target: a share near the whole has no usual range worth a colour."""
    words, alignment = scribe.words, scribe.numbers.alignment
    share = None if alignment is None else alignment.share
    if not scribe.numbers.book.portfolio.themes:
        return words.say("figure.alignment.no_themes"), "flat"
    if share is None:
        return words.say("trust.aligned.unknown"), "flat"
    if not is_low(share):
        return words.say("figure.alignment.met"), "flat"
    return toned(words.say("figure.alignment.missed"), "bad"), "bad"


def _count_trend(scribe: Scribe, usual: UsualRange, *, lower_is_better: bool) -> tuple[Text, str]:
    """Whether a weekly count has moved; where nobody has read the newest week, or hardly anything is in any, that."""
    flow = scribe.numbers.flow
    if flow is not None and flow.behind:
        return closed(capitalised(unread(scribe, flow.behind))), "flat"
    if usual.limits is None and not usual.n_used and flow is not None and flow.weeks_known >= LEAST:
        return scribe.words.say("trend.sparse"), "flat"
    return scribe.trend(usual, lower_is_better=lower_is_better, measure="count")


def _usual(scribe: Scribe, usual: UsualRange) -> str:
    if usual.limits is None:
        return scribe.words.text("figure.no_target")
    mean = usual.limits.mean
    return scribe.words.text("figure.mean", mean=scribe.words.number(mean, places=0 if mean >= 10 else 1))
