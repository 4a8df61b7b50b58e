"""Flow and money at a glance: what the overview shows of them, and which page has the rest."""

from __future__ import annotations

from dataclasses import replace

from reports.findings import Finding, capitalised, closed
from reports.money import funds
from reports.page import Block, Definition, Paragraph, Section, Span, Text, joined
from reports.sections import flow as flows
from reports.sections import forecast, lamps, mixes, money, shape
from reports.sections.scribe import Scribe

HALF = 6  # columns of twelve


def flow(scribe: Scribe, found: list[Finding]) -> Section:
    """The states against their limits and the ages of what is in progress, then dates and the constraint in words."""
    words, numbers = scribe.words, scribe.numbers
    if numbers.flow is None:
        return flows.unseen(scribe)
    said = [Paragraph(text=one, columns=HALF) for one in (_dates(scribe), _rest(scribe)) if one]
    ages = flows.ageing(scribe)
    blocks: list[Block] = [flows.limits(scribe) or flows.throughput(scribe)]
    blocks += [replace(ages, rows=1 + len(said))] if ages is not None else []
    blocks += said
    return Section(
        id="flow",
        question=words.text("flow.question"),
        headline=flows.headline(scribe, found),
        intro=scribe.unstable(),
        blocks=tuple(blocks),
        definitions=_defined(scribe, "flow_stability", "bottleneck", "forecast_when"),
    )


def spending(scribe: Scribe) -> Section | None:
    """The year's months, its horizons, its guardrails and its value streams; None where nothing of it is agreed."""
    words, numbers = scribe.words, scribe.numbers
    told, page = funds(numbers.book), f"guardrails.{words.locale}.html"
    fences = lamps.facts(scribe, page=page)
    if told is None and fences is None:
        return None
    is_agreed = fences is not None
    figures = [
        money.months(scribe, told, columns=HALF) if told is not None else None,
        mixes.horizon_marks(scribe, columns=HALF) if is_agreed else None,
    ]
    blocks: list[Block] = [one for one in figures if one is not None]
    blocks += [fences] if fences is not None else []
    blocks += [money.in_short(scribe, told)] if told is not None else []
    said = [money.headline(scribe, told)] if told is not None else []
    said += [one for one in (lamps.verdict(scribe),) if one]
    return Section(
        id="money",
        question=words.text("glance.money.question"),
        headline=capitalised(words.say("glance.both", first=said[0], second=said[1]) if len(said) > 1 else said[0]),
        intro=money.intro(scribe, told, with_increment=False) if told is not None else (),
        blocks=tuple(blocks),
        long=True,
        definitions=_defined(scribe, *(one.metric for one in lamps.lamps(scribe))) if is_agreed else (),
    )


def _dates(scribe: Scribe) -> Text:
    """How the due dates stand and how far that can be believed; nothing where no epic is open."""
    said = forecast.in_short(scribe)
    return joined([said, forecast.unproven(scribe), _link(scribe, "dates", "forecast")]) if said else ()


def _rest(scribe: Scribe) -> Text:
    """What began and what left, where it waits, and the page that shows it."""
    return joined([closed(shape.balance(scribe)), shape.held_up(scribe), _link(scribe, "flow", "waits")])


def _link(scribe: Scribe, name: str, place: str) -> Text:
    words = scribe.words
    return (Span(text=words.text(f"glance.{name}.more"), href=f"flow.{words.locale}.html#{place}"), Span(text="."))


def _defined(scribe: Scribe, *names: str) -> tuple[Definition, ...]:
    return tuple(one for name in names if (one := scribe.definition(name)) is not None)
