"""A book with two value streams, whose trains committed to something; the second has nothing yet."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from domain.calendar import Increment
from domain.journey import Journey, Spans
from domain.period import Period
from domain.strategy import Train, ValueStream
from domain.work_item import FlowState
from metrics.commitment import Commitment
from metrics.predictability import Objective
from reports.book import Book
from tests.reports.books import a_book

CLAIMS = ValueStream(
    id="claims", name="Claims", trains=(Train(name="Azur", matchers=()), Train(name="Jade", matchers=()))
)  # fmt: skip
POLICY = ValueStream(id="policy", name="Policy core", trains=(Train(name="Ebene", matchers=()),))
LAST = Increment(name="PI 26.3", period=Period(date(2026, 7, 27), date(2026, 10, 19)))
CURRENT = Increment(name="PI 26.4", period=Period(date(2026, 10, 19), date(2027, 1, 11)))
BROUGHT = Commitment(
    increment=LAST,
    objectives=(
        Objective(key="A: faster", team="A", train="Azur", planned=10, actual=8),
        Objective(key="A: safer", team="A", train="Azur", planned=8, actual=8),
        Objective(key="A: cheaper", team="A", train="Azur", planned=5, actual=3),
        Objective(key="A: later", team="A", train="Azur", planned=7, actual=4, committed=False),
        Objective(key="B: wider", team="B", train="Azur", planned=9, actual=5),
        Objective(key="B: kinder", team="B", train="Azur", planned=6, actual=6),
        Objective(key="C: gone", team="C", train="Jade", planned=2, actual=None, dropped_because="the law changed"),
    ),
)
PENDING = Commitment(
    increment=CURRENT,
    objectives=(Objective(key="A: next", team="A", train="Azur", planned=10, actual=None),),
    known_on=date(2026, 10, 26),
)


def with_states(journey: Journey) -> Journey:
    """Two fifths of its time in Implementing, the rest in Validating."""
    whole = journey.spans.active + journey.spans.waiting
    if not whole:
        return journey
    spans = Spans(
        active=journey.spans.active,
        waiting=journey.spans.waiting,
        per_state={"Implementing": whole * 2 // 5, "Validating": whole - whole * 2 // 5},
    )
    first = journey.visits[-1]
    then = replace(first, status="Validating", flow_state=FlowState.WAITING)
    return replace(journey, spans=spans, visits=(*journey.visits, then))


def a_book_of_streams(*, told: tuple[Commitment, ...] = (BROUGHT, PENDING)) -> Book:
    book = a_book()
    journeys = tuple(
        replace(with_states(one), placement=replace(one.placement, level="feature"))
        if one.placement.level != "epic"
        else one
        for one in book.journeys
    )
    return replace(
        book,
        journeys=journeys,
        portfolio=replace(book.portfolio, value_streams=(CLAIMS, POLICY)),
        calendar=replace(book.calendar, increments=(LAST, CURRENT)),
        commitments=told,
    )
