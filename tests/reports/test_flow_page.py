"""The page of the flow and the forecasts: what it finds, what it asks, and that it has all that the overview links."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest

from domain.funding import Actual, Funding
from domain.period import Period, weeks_back
from domain.promises import Foretold
from domain.strategy import FlowTolerances, ProcessChange, ValueStream
from domain.work_item import ItemId
from metrics.behaviour import limits, usual_range
from metrics.calibration import Coverage
from metrics.forecasts.moved import Moved
from metrics.membership import Facts as KnownFacts
from metrics.membership import take_apart
from metrics.selection import Scope, at_level
from metrics.throughput import weekly
from reports.book import Book
from reports.charts.shapes import Strip
from reports.findings import Finding, findings
from reports.findings import flow as rules
from reports.outlook import Outlook
from reports.packs.flow import flow_and_forecasts
from reports.packs.overview import overview
from reports.packs.review import review
from reports.page import Exhibit, Facts, Figure, Page, Paragraph, Question, plain
from reports.reckoning import Reckoning, reckon
from reports.sections.flow import few_times, flow_time, throughput
from reports.sections.options import with_options
from reports.sections.scribe import Scribe
from reports.words.catalogue import Words
from tests.builders import SOURCE, a_decision
from tests.metrics.test_planning import a_story, an_epic
from tests.reports.books import AS_OF, a_book
from tests.reports.scripted import a_quiet_book
from tests.reports.test_forecasts_on_pages import NOW, TestMoves, a_page_of, ahead_of, some
from tests.reports.test_guardrails_on_pages import AGREED
from tests.reports.test_guardrails_on_pages import an_epic as an_initiative


def spoken(told: str) -> str:
    return told.replace("\u00a0", " ").replace("\u202f", " ")


LOCALES = pytest.mark.parametrize("locale", ["en", "fr"])


def late() -> Reckoning:
    """An epic of nine days of work, due in two."""
    return reckon(a_page_of(ahead_of(*some(due="2026-06-03")), *some(due="2026-06-03")))


def definitions(page: Page) -> set[str]:
    return {one.id for one in page.definitions}


def links(page: Page) -> set[str]:
    said = [
        span for one in page.sections for block in one.blocks if isinstance(block, Paragraph) for span in block.text
    ]
    said += [span for one in page.sections for span in one.intro]
    facts = [one for each in page.sections for block in each.blocks if isinstance(block, Facts) for one in block.facts]
    return {span.href for span in said if span.href} | {one.href for one in facts if one.href}


@pytest.mark.parametrize(
    ("locale", "said", "asked"),
    [
        ("en", "the one due date is missed, or likely to be", "One epic is likely to miss its due date"),
        ("fr", "la seule échéance est manquée ou le sera sans doute", "Un epic manquera sans doute son échéance"),
    ],
)
def test_a_due_date_that_will_be_missed_leads_the_page_and_asks_for_an_answer(
    locale: str, said: str, asked: str
) -> None:
    page = flow_and_forecasts(late(), locale)

    assert plain(page.headline).endswith(said)
    assert plain(page.decisions[0].text).startswith(asked)
    assert "E" in plain(page.decisions[0].meta)
    dates = next(one for one in page.figures if one.id == "dates")
    assert (dates.value, dates.unit.split()[-1]) == ("0", "1")


@pytest.mark.parametrize(
    ("locale", "head", "said"),
    [
        ("en", "The one due date is missed, or likely to be", "the one epic due by the end of PI 26.2"),
        ("fr", "La seule échéance est manquée ou le sera sans doute", "le seul epic dû à la fin de PI 26.2"),
    ],
)
def test_an_epic_whose_work_is_finished_is_in_no_count_of_dates(locale: str, head: str, said: str) -> None:
    """Nobody has closed it since it was due: that it was late is not known, and nothing of it is ahead."""
    unclosed = replace(an_epic("F", due="2026-05-20"), title="Unclosed")
    items = [*some(due="2026-06-03"), unclosed, a_story("T-1", "2026-05-05", parent="F")]

    found = next(one for one in flow_and_forecasts(reckon(a_page_of(ahead_of(*items), *items)), locale).sections
                 if one.id == "forecast")  # fmt: skip

    assert spoken(plain(found.headline)) == head
    assert said in spoken(plain(found.intro))


@LOCALES
def test_a_late_epic_with_money_behind_it_is_among_the_decisions_that_the_review_asks(locale: str) -> None:
    def told(cost: int | None) -> Book:
        epic, *below = some(due="2026-06-03")
        epic = replace(epic, values={} if cost is None else {"cost_estimate": Decimal(cost)})
        return replace(a_page_of(ahead_of(epic, *below), epic, *below), decisions=())

    def asked(book: Book) -> list[Question]:
        return [one for one in review(reckon(book), locale).decisions if one.id.startswith("late_costly")]

    book = told(830_000)
    waits = a_decision("D-7", "2026-05-20", item="E", decision=None)

    (question,) = asked(book)
    amount = {"en": "830", "fr": "830"}[locale]
    assert amount in plain(question.text)
    assert amount in plain(question.meta)
    assert question.about == ("E",)
    assert asked(told(None)) == []
    assert asked(replace(book, decisions=(waits,))) == []


@LOCALES
def test_a_decision_on_dates_is_the_same_on_the_page_of_the_flow_and_in_the_review(locale: str) -> None:
    epic, *below = some(due="2026-06-03")
    costly = replace(epic, values={"cost_estimate": Decimal(830_000)})
    bare = replace(epic, id=ItemId(SOURCE, "F"), key="F", title="Bare")
    items = [costly, *below, bare, *(replace(a_story(f"F-{n}", parent="F")) for n in range(9))]
    numbers = reckon(replace(a_page_of(ahead_of(*items), *items), decisions=()))

    asked = [one for one in flow_and_forecasts(numbers, locale).decisions if {"E", "F"} & set(one.about)]
    known = [one for one in review(numbers, locale).decisions if {"E", "F"} & set(one.about)]

    assert [one.about for one in asked] == [("E",), ("F",)]
    assert asked == known
    assert {"en": "(asked apart: E)", "fr": "(demandés à part : E)"}[locale] in spoken(plain(asked[1].text))


def test_an_epic_that_is_to_be_approved_is_not_asked_about_twice() -> None:
    begun = an_initiative("E", 2_400_000, steps=[("Implementing", "2026-05-04")])
    items = [replace(begun, id=ItemId(SOURCE, "E"), due_on=date(2026, 6, 3)), *some()[1:]]
    book = replace(a_page_of(ahead_of(*items), *items), decisions=())
    numbers = reckon(replace(book, portfolio=replace(book.portfolio, guardrails=AGREED)))

    assert [one.id for one in review(numbers, "en").decisions if "E" in one.about] == ["approve-E"]


@pytest.mark.parametrize(
    ("locale", "asked", "ways"),
    [
        ("en", "approve-E", ["Approve: ", "Pause: 9 items in progress wait", "Stop: 9 items in progress are freed"]),
        ("en", "late_costly:dates", ["Put less in, say, half of what is left: ", "Agree another date; as it stands: ",
                                     "Stop: 9 items in progress are freed"]),
        ("en", "dates_missed:dates", ["Put less in, say, half of what is left: ", "Agree another date; as it"]),
        ("fr", "approve-E", ["Approuver : ", "Suspendre : 9 éléments en cours attendent",
                             "Arrêter : 9 éléments en cours libérés"]),
        ("fr", "late_costly:dates", ["Réduire, par exemple de moitié ce qui reste : ",
                                     "Convenir d’une autre date ; tel quel : ",
                                     "Arrêter : 9 éléments en cours libérés"]),
        ("en", "D-7", ["As it stands (first already): "]),
        ("en", "hold-1", []),
    ],
)  # fmt: skip
def test_every_way_to_decide_answers_its_own_question(locale: str, asked: str, ways: list[str]) -> None:
    """What the log asks in its own words gets dates beside it, and no answers."""
    numbers = late()
    scribe = Scribe(numbers, Words(locale=locale, year=2026, zone=numbers.book.calendar.zone))
    question = Question(id=asked, text=(), meta=(), about=("E",))

    told = [spoken(plain(one)) for one in with_options(scribe, question, numbers.themes[0]).options]

    assert [one.startswith(way) for one, way in zip(told, ways, strict=True)] == [True] * len(ways), told
    assert with_options(scribe, replace(question, about=("E", "S-1")), numbers.themes[0]).options == ()


@pytest.mark.parametrize(
    ("locale", "asked", "approves", "ways"),
    [
        ("en", "E: approve it after the fact, or pause it?", None,
         ["Approve: ", "Pause: 9 items in progress wait", "Stop: 9 items in progress are freed"]),
        ("fr", "E : l’approuver après coup ?", None,
         ["Approuver : ", "Suspendre : 9 éléments en cours attendent", "Arrêter : 9 éléments en cours libérés"]),
        ("en", "Let E go on?", True, ["Approve: ", "Pause: ", "Stop: "]),
        ("en", "Who owns E from now on?", None, ["As it stands (first already): "]),
        ("fr", "À qui confier E ?", None, ["Tel quel (déjà en premier) : "]),
        ("en", "Who approves the scope of E?", False, ["As it stands (first already): "]),
    ],
)  # fmt: skip
def test_where_the_log_asks_whether_to_approve_an_epic_its_answers_are_those_of_that_question(
    locale: str, asked: str, approves: bool | None, ways: list[str]
) -> None:
    """Where it asks something else of the epic, its answers are dates; said to approve nothing, it leaves that open."""
    begun = an_initiative("E", 2_400_000, steps=[("Implementing", "2026-05-04")])
    epic = replace(begun, id=ItemId(SOURCE, "E"), due_on=date(2026, 6, 3))
    items = [epic, *some()[1:]]
    waits = replace(a_decision("D-7", "2026-05-20", item="E", decision=None), question=asked, approves=approves)
    book = replace(a_page_of(ahead_of(*items), *items), decisions=(waits,))
    numbers = reckon(replace(book, portfolio=replace(book.portfolio, guardrails=AGREED)))
    scribe = Scribe(numbers, Words(locale=locale, year=2026, zone=book.calendar.zone))
    question = Question(id="D-7", text=(), meta=(), about=("E",))
    about = [one.id for one in review(numbers, locale).decisions if "E" in one.about]
    assert about == (["D-7", "approve-E"] if approves is False else ["D-7"])

    told = [spoken(plain(one)) for one in with_options(scribe, question, numbers.themes[0]).options]

    assert [one.startswith(way) for one, way in zip(told, ways, strict=True)] == [True] * len(ways), told


@pytest.mark.parametrize(
    ("locale", "said", "named"),
    [
        ("en", "Two epics, estimated at €930k in all, at a cost of at least €500k since 1 May, are likely late",
         "F (at least €250k since 1 May, €100k estimated; due 3 Jun"),
        ("fr", "Deux epics, estimés à 930 k€ en tout et qui ont coûté au moins 500 k€ depuis le 1er mai, seront",
         "F (au moins 250 k€ depuis le 1er mai, 100 k€ estimés ; moins de 1 % de chances au 3 juin)"),
    ],
)  # fmt: skip
def test_what_late_epics_have_cost_stands_beside_their_estimates_and_those_over_it_come_first(
    locale: str, said: str, named: str
) -> None:
    larger, *work = some(due="2026-06-03")
    larger = replace(larger, values={"cost_estimate": Decimal(830_000)})
    over = replace(an_epic("F", due="2026-06-03"), values={"cost_estimate": Decimal(100_000)})
    theirs = [a_story(f"T-{n}", parent="F") for n in range(9)]
    parts = [replace(one, placement=replace(one.placement, value_stream="s")) for one in (larger, *work, over, *theirs)]
    book = a_page_of(ahead_of(*parts), *parts)
    stream = ValueStream(id="s", name="S")
    month = Actual(value_stream="s", period="2026-05", amount=50_000_000, closed_on=date(2026, 5, 31))
    portfolio = replace(book.portfolio, value_streams=(stream,), funding=Funding(level="epic", actuals=(month,)))

    asked = review(reckon(replace(book, portfolio=portfolio, decisions=())), locale).decisions

    (question,) = [one for one in asked if one.id.startswith("late_costly")]
    assert question.about == ("F", "E")
    assert spoken(plain(question.text)).startswith(said)
    assert spoken(plain(question.meta)).partition(". ")[2].startswith(named)
    assert {"en": ", €830k estimated; due 3 Jun", "fr": ", 830 k€ estimés ; "}[locale] in spoken(plain(question.meta))


@pytest.mark.parametrize(
    ("locale", "stream", "said"),
    [
        ("en", "s", "One epic, estimated at €830k, at a cost of at least €500k since 1 May by the budget’s even"),
        ("fr", "s", "Un epic, estimé à 830 k€ et qui a coûté au moins 500 k€ depuis le 1er mai selon la part égale du"),
        ("en", "other", "One epic, estimated at €830k, is likely late"),
        ("fr", "other", "Un epic, estimé à 830 k€, sera sans doute en retard"),
        ("en", "other with F", "Two epics, estimated at €930k in all, are likely late"),
        ("fr", "other with F", "Deux epics, estimés à 930 k€ en tout, seront sans doute en retard"),
    ],
)  # fmt: skip
def test_what_a_late_epic_cost_is_told_as_an_even_share_where_it_is_one_and_never_as_none_where_nobody_tells_it(
    locale: str, stream: str, said: str
) -> None:
    epic, *work = some(due="2026-06-03")
    epic = replace(epic, values={"cost_estimate": Decimal(830_000)})
    stream, _, beside = stream.partition(" with ")
    unbegun = replace(an_epic("F", None, due="2026-06-03"), values={"cost_estimate": Decimal(100_000)})
    theirs = [unbegun, *(a_story(f"T-{n}", parent="F") for n in range(9))] if beside else []
    parts = [replace(one, placement=replace(one.placement, value_stream=stream)) for one in (epic, *work, *theirs)]
    book = a_page_of(ahead_of(*parts), *parts)
    streams = (ValueStream(id="s", name="S", budget={"2026-05": 50_000_000}), ValueStream(id="other", name="O"))
    portfolio = replace(book.portfolio, value_streams=streams, funding=Funding(level="epic"))

    asked = review(reckon(replace(book, portfolio=portfolio, decisions=())), locale).decisions

    (question,) = [one for one in asked if one.id.startswith("late_costly")]
    assert spoken(plain(question.text)).startswith(said)
    assert {"en": "€830k estimated; due", "fr": "830 k€ estimés ; "}[locale] in spoken(plain(question.meta))


@pytest.mark.parametrize(
    ("locale", "said"),
    [
        ("en", "Two epics are likely to miss their due dates (asked apart: F): put less in the other one, or"),
        (
            "fr",
            "Deux epics manqueront sans doute leur échéance (demandés à part : F) : réduire le contenu de l’autre, ou",
        ),
    ],
)
def test_a_late_epic_that_the_log_asks_about_is_told_apart_from_those_that_are_asked_together(
    locale: str, said: str
) -> None:
    parts = [
        *some(due="2026-06-03"),
        an_epic("F", due="2026-06-03"),
        *(a_story(f"T-{n}", parent="F") for n in range(9)),
    ]
    waits = a_decision("D-7", "2026-05-20", item="F", decision=None)

    page = flow_and_forecasts(reckon(replace(a_page_of(ahead_of(*parts), *parts), decisions=(waits,))), locale)

    logged, together = page.decisions
    assert logged.about == ("F",)
    assert spoken(plain(together.text)).startswith(said)
    assert together.about == ("E",)
    assert plain(together.meta).endswith("E.")


def test_dates_that_will_be_kept_are_no_good_news_until_our_forecasts_are_proven() -> None:
    outlook = ahead_of(*some(due="2027-06-01"))
    proven = replace(
        outlook, coverage=(Coverage(percentile=85, resolved=40, hits=35, p_value=0.5, verdict="as_promised"),)
    )

    unproven, good = ([one.kind for one in _found(each) if one.kind.startswith("date")] for each in (outlook, proven))

    assert (unproven, good) == ([], ["dates_kept"])


@pytest.mark.parametrize(("days", "kinds"), [(13, []), (14, ["date_slip"])])
def test_a_date_has_slipped_from_a_fortnight_on(days: int, kinds: list[str]) -> None:
    outlook = ahead_of(*some(due=None))
    (epic,) = outlook.planned.epics
    before = date(2026, 7, 1)
    moved = Moved(id=epic, percentile=85, before=before, after=before + timedelta(days=days))

    slipped = replace(outlook, moved=(moved,), former=_an_edition())
    everyones = findings(reckon(replace(a_book(journeys=(), readings=False, decisions=False), outlook=slipped)))

    assert [one.kind for one in _found(slipped)] == kinds
    assert [one.kind for one in everyones if one.kind == "date_slip"] == kinds


@LOCALES
def test_a_quiet_flow_raises_no_alarm_and_asks_nothing(locale: str) -> None:
    numbers = reckon(replace(a_book(journeys=(), readings=False, decisions=False), as_of=NOW))

    page = flow_and_forecasts(numbers, locale)

    assert page.decisions == ()
    assert page.sections[0].id == "flow"
    assert plain(page.headline)


def test_a_stale_tracker_leads_the_page_and_no_date_is_asked_about() -> None:
    numbers = reckon(replace(a_book(is_stale=True), outlook=ahead_of(*some(due="2026-06-03"))))

    page = flow_and_forecasts(numbers, "en")

    assert "policy-core" in plain(page.headline)
    assert not [one for one in page.decisions if one.id.startswith("dates_missed")]


def test_what_left_the_overview_stands_on_the_page_of_the_flow_and_is_one_link_away() -> None:
    numbers = reckon(replace(a_book(), outlook=ahead_of(*some(), an_epic("F2"))))
    short, whole = overview(numbers, "en"), flow_and_forecasts(numbers, "en")

    moved = {
        "throughput", "flow_time", "cumulative_flow", "work_item_age", "flow_share", "flow_distribution",
        "flow_efficiency", "forecast_when", "forecast_how_many", "forecast_look_back", "forecast_coverage",
        "forecast_brier", "flow_balance", "flow_stability", "waste", "service_level",
    }  # fmt: skip
    assert moved <= definitions(whole)
    assert {"flow.en.html#forecast", "flow.en.html#waits"} <= links(short)
    assert {"forecast", "waits", "changes"} <= {one.id for one in whole.sections}
    drawn = [block for one in whole.sections for block in one.blocks if isinstance(block, Figure | Exhibit)]
    assert all(one.data is not None or one.empty is not None for one in drawn if isinstance(one, Figure))


def _found(outlook: Outlook) -> list[Finding]:
    numbers = reckon(a_page_of(outlook, *some()))
    return [one for rule in rules.RULES for one in rule(numbers)]


def _an_edition() -> Foretold:
    """Of an earlier week: only that there is one counts."""
    return TestMoves().former(*some(due=None))


def test_a_dozen_finished_in_a_quarter_are_shown_one_by_one_where_no_month_has_enough() -> None:
    book = a_book()
    level = reckon(book).flow.level  # type: ignore[union-attr]  # there is a flow
    done = sorted(
        (one for one in book.journeys if one.finished_at is not None and one.placement.level == level),
        key=lambda one: str(one.finished_at),
    )
    spread = [
        replace(one, started_at=at - timedelta(days=20), first_started_at=at - timedelta(days=20), finished_at=at)
        for n, one in enumerate(done[-12:])
        if (at := AS_OF - timedelta(days=1 + 7 * n))
    ]
    others = [one for one in book.journeys if one.finished_at is None]
    told = Scribe(
        reckon(replace(book, journeys=(*others, *spread))), Words(locale="en", year=2026, zone=book.calendar.zone)
    )

    figure = flow_time(told)

    assert isinstance(figure.chart, Strip)
    assert len(figure.chart.dots) == 12
    assert plain(figure.title).startswith("85% of ")


@LOCALES
def test_a_usual_range_is_that_since_the_named_change_of_the_process_and_says_so(locale: str) -> None:
    book = a_quiet_book()
    change = ProcessChange(on=date(2026, 2, 2), name="One board for all")
    changed = replace(book, portfolio=replace(book.portfolio, process_changes=(change,)))
    before, since = reckon(book).flow, reckon(changed).flow
    assert before is not None
    assert since is not None

    weeks = [one for one in weeks_back(since.weeks[-1].end, 60) if one.start >= change.on]
    counts = weekly(at_level(book.journeys, since.level), periods=weeks, calendar=book.calendar)
    assert since.throughput_range.limits == limits(counts[:12])
    assert since.throughput_range.limits != before.throughput_range.limits
    assert since.weekly_counts == before.weekly_counts
    scribe = Scribe(reckon(changed), Words(locale=locale, year=2026, zone=book.calendar.zone))
    assert "One board for all" in plain(*throughput(scribe).notes)
    assert "One board for all" in plain(*flow_time(scribe).notes)
    shown, to_come = {"en": ("range is that", "it will be that"), "fr": ("habituelle est celle", "ce sera celle")}[
        locale
    ]
    assert shown in plain(*throughput(scribe).notes)
    young = replace(changed.portfolio, process_changes=(replace(change, on=since.weeks[-4].start),))
    early = Scribe(reckon(replace(changed, portfolio=young)), scribe.words)
    assert to_come in plain(*throughput(early).notes)
    assert to_come in plain(*flow_time(early).notes)
    facts = KnownFacts(journeys=book.journeys, portfolio=changed.portfolio, calendar=book.calendar, as_of=book.as_of)
    number = next(
        one
        for one in take_apart(
            "usual_range",
            facts,
            scope=Scope("portfolio"),
            period=Period(since.weeks[0].start, since.weeks[-1].end),
            levels=[since.level],
        )
        if one.metric == "usual_range:throughput"
    )
    assert number.facts["baseline_since"] == change.on
    assert number.value == round(limits(counts[:12]).mean, 4)


UNSEEN = "never seen to start: this flow time is not representative."
INCONNUS = "n’ont pas de début connu : ce temps de flux n’est pas représentatif."


@pytest.mark.parametrize("figure", [flow_time, few_times], ids=["month by month", "item by item"])
@pytest.mark.parametrize(
    ("unseen", "agreed", "locale", "said"),
    [
        pytest.param(0.10, "0.15", "en", "", id="fewer than 15 %"),
        pytest.param(0.20, "0.15", "en", f"More than 15% were {UNSEEN}", id="more than 15 %"),
        pytest.param(0.20, "0.225", "en", "", id="fewer than was agreed"),
        pytest.param(0.10, "0.075", "fr", f"Plus de 7,5 % {INCONNUS}", id="more than was agreed"),
    ],
)
def test_a_flow_time_of_which_too_many_starts_are_unknown_says_so(
    figure: Callable[[Scribe], Figure], unseen: float, agreed: str, locale: str, said: str
) -> None:
    book = a_quiet_book()
    flow = FlowTolerances(without_start=Decimal(agreed))
    guardrails = replace(book.portfolio.guardrails, flow=flow)
    numbers = reckon(replace(book, portfolio=replace(book.portfolio, guardrails=guardrails)))
    assert numbers.flow is not None
    lost = tuple(f"L-{n}" for n in range(round(numbers.flow.time.n_used * unseen / (1 - unseen))))
    time = replace(numbers.flow.time, excluded={"no_start": lost})
    numbers = replace(numbers, flow=replace(numbers.flow, time=time))

    notes = figure(Scribe(numbers, Words(locale=locale, year=2026, zone=numbers.book.calendar.zone))).notes

    told = [one for one in map(plain, notes) if "représentati" in one or "representati" in one]
    assert [one.replace("\u202f", " ").replace("\u00a0", " ") for one in told] == [said][: bool(said)]


@pytest.mark.parametrize(
    ("newest", "english", "french"),
    [
        pytest.param([13] * 8, "than usual for some time", "depuis un certain temps", id="a run"),
        pytest.param([60], "than its usual range", "par rapport à sa plage habituelle", id="out of it"),
    ],
)  # fmt: skip
def test_what_lies_within_its_usual_range_is_not_told_to_lie_outside(
    newest: list[float], english: str, french: str
) -> None:
    usual = usual_range([*[8, 14] * 6, *newest])

    book = a_book()
    for locale, said in (("en", f"▲ Higher {english}."), ("fr", f"▲ En hausse {french}.")):
        scribe = Scribe(reckon(book), Words(locale=locale, year=2026, zone=book.calendar.zone))
        told, _ = scribe.trend(usual, lower_is_better=True, measure="count")
        assert plain(told) == said
