"""The shape of the flow as readers see it: what came in, what left, what lies between."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

import pytest

from domain.journey import Journey
from domain.strategy import FlowTolerances, Guardrails
from reports.charts.drawing import draw
from reports.charts.shapes import Ageing, Cumulative, Mark
from reports.findings import findings
from reports.packs import PACKS
from reports.packs.flow import flow_and_forecasts
from reports.page import Figure, Page, plain
from reports.reckoning import reckon
from reports.render.markdown import markdown
from reports.sections.forecast import doubts
from reports.sections.scribe import Scribe
from reports.words.catalogue import Words
from tests.builders import a_journey, a_moment, an_item
from tests.reports.books import AS_OF, DAY, a_book
from tests.reports.test_forecasts_on_pages import ahead_of, some


def a_page(journeys: Sequence[Journey], locale: str = "en", *, agreed: FlowTolerances | None = None) -> Page:
    book = a_book(journeys=tuple(journeys), readings=False, decisions=False)
    if agreed is not None:
        guardrails = replace(book.portfolio.guardrails, flow=agreed)
        book = replace(book, portfolio=replace(book.portfolio, guardrails=guardrails))
    return flow_and_forecasts(reckon(book), locale)


def written(page: Page, locale: str = "en") -> str:
    return markdown(page, words=Words(locale=locale, year=AS_OF.year, zone=a_book().calendar.zone))


def figure(page: Page, definition: str) -> Figure:
    (found,) = [
        block
        for section in page.sections
        for block in section.blocks
        if isinstance(block, Figure) and block.definition is not None and block.definition.id == definition
    ]
    return found


def days_ago(days: int) -> str:
    return (AS_OF - days * DAY).isoformat()


def moved(key: str, *moves: tuple[int, str]) -> Journey:
    """An item written down 120 days ago that moved so many days ago."""
    return an_item(*((days_ago(days), status) for days, status in moves), key=key, created=days_ago(120)).journey(
        as_of=a_moment(AS_OF)
    )


def test_cumulative_flow_counts_from_the_evening_before_the_quarter() -> None:
    before = [moved(f"OLD-{n}", (110, "in progress"), (100, "done")) for n in range(5)]
    carried = moved("CARRIED", (100, "in progress"))
    begun = [moved(f"NEW-{n}", (40, "in progress"), (20, "done")) for n in range(2)]
    dropped = moved("DROPPED", (30, "in progress"), (10, "dropped"))

    chart = figure(a_page([*before, carried, *begun, dropped]), "cumulative_flow").chart

    assert isinstance(chart, Cumulative)
    assert (chart.begun[0], chart.done[0], chart.left[0]) == (1, 0, 0)
    assert (chart.begun[-1], chart.done[-1], chart.left[-1]) == (3, 2, 1)
    assert len(chart.begun) == 14


@pytest.mark.parametrize(
    ("locale", "head"),
    [
        ("en", "What began and what left in 13 weeks is not known"),
        ("fr", "On ne sait pas ce qui a commencé ni ce qui est sorti"),
    ],
)
def test_where_no_status_is_mapped_nothing_is_said_to_have_begun_or_left(locale: str, head: str) -> None:
    page = a_page([moved(f"LOST-{n}", (40, "wibble")) for n in range(3)], locale)

    assert head in written(page, locale)


def test_what_is_behind_its_line_is_hatched_and_explained() -> None:
    reopened = moved("BACK", (60, "in progress"), (30, "done"), (20, "in progress"))

    shown = figure(a_page([reopened]), "cumulative_flow")

    assert isinstance(shown.chart, Cumulative)
    assert sum(shown.chart.behind_done) == 3
    assert Mark.HATCH in [mark for mark, _ in shown.key]
    assert draw(shown.chart, width=544).markup().count("hatch-line") == 1


@pytest.mark.parametrize(
    ("locale", "said"),
    [
        ("en", "One more of the stories lies between begun and done than 13 weeks ago: 2, after 1"),
        ("fr", "Un élément de plus entre début et fin qu’il y a 13 semaines : 2, après 1"),
    ],
)
def test_says_how_much_more_lies_between_begun_and_done(locale: str, said: str) -> None:
    page = a_page([moved("A", (100, "in progress")), moved("B", (30, "in progress"))], locale)

    assert plain(figure(page, "cumulative_flow").title) == said


def steady(*, more: int = 0) -> list[Journey]:
    """One story begins every second day and finishes four days later; `more` begin in the last month and stay."""
    found = [
        moved(f"S-{day}", (day, "in progress"), *([(day - 4, "done")] if day >= 4 else [])) for day in range(0, 110, 2)
    ]
    return found + [moved(f"MORE-{n}", (20 - n, "in progress")) for n in range(more)]


def test_averages_of_a_steady_flow_bear_no_ribbon() -> None:
    page = a_page(steady())

    assert "System not stable" not in written(page)
    assert plain(figure(page, "cumulative_flow").notes[0]).startswith("As much leaves as comes in: 46 begun")


@pytest.mark.parametrize(
    ("locale", "said"),
    [
        (
            "en",
            "System not stable over 13 weeks: more begins than ends (56 begun, 46 ended), the load went from 2 to 13",
        ),
        ("fr", "Système instable sur 13 semaines : il en commence plus qu’il n’en finit (56 contre 46), l’en-cours"),
    ],
)
def test_a_flow_that_is_not_stable_says_why_once_before_all_that_it_makes_doubtful(locale: str, said: str) -> None:
    page = a_page(steady(more=10), locale)

    (section,) = [one for one in page.sections if one.id == "flow"]
    assert plain(section.intro).startswith(said)
    assert written(page, locale).count(said.partition(" sur " if locale == "fr" else " over ")[0]) == 1


def test_how_many_may_lack_a_flow_time_is_what_the_portfolio_agreed() -> None:
    unseen = [moved(f"UNSEEN-{n}", (50 - 4 * n, "done")) for n in range(9)]
    loose = FlowTolerances(without_start=Decimal("0.2"))

    usual, agreed = (written(a_page([*steady(), *unseen], agreed=one)) for one in (None, loose))

    assert "System not stable over 13 weeks: 9 of 55 finished have no known flow time." in usual
    assert "System not stable" not in agreed


@pytest.mark.parametrize(("locale", "said"), [("en", "Flow not stable"), ("fr", "Flux instable")])
@pytest.mark.parametrize(
    ("pack", "way"),
    [
        ("overview", "flow.{}.html#flow"),
        ("digest", "flow.{}.html#flow"),
        ("review", "flow.{}.html#flow"),
        ("flow", "#flow"),
    ],
)
def test_a_flow_time_bears_a_mark_while_the_flow_is_not_stable(pack: str, way: str, locale: str, said: str) -> None:
    found = []
    for more in (0, 10):
        book = a_book(journeys=tuple(steady(more=more)), readings=False, decisions=False)
        (page,) = PACKS[pack](reckon(book), locale)
        (time,) = [one for one in page.figures if one.id == "flow_time"]
        found.append([(span.text, span.href) for span in time.trend if span.href])

    assert found == [[], [(said, way.format(locale))]]


def test_likely_dates_bear_the_mark_too_beside_what_is_known_of_forecasts() -> None:
    told = []
    for more in (0, 10):
        book = replace(a_book(journeys=tuple(steady(more=more))), outlook=ahead_of(*some()))
        told.append(plain(doubts(Scribe(reckon(book), Words(locale="en", year=2026, zone=book.calendar.zone)))))

    steady_flow, growing = told
    assert "Flow not stable" not in steady_flow
    assert growing == f"{steady_flow} Flow not stable."


def queued(*, stuck: int) -> list[Journey]:
    """Five stories that worked two days and waited three for review; `stuck` more have waited for 40 days."""
    found = [moved(f"R-{n}", (30, "in progress"), (28, "review"), (25, "done")) for n in range(5)]
    return found + [moved(f"STUCK-{n}", (44, "in progress"), (40, "review")) for n in range(stuck)]


@pytest.mark.parametrize(
    ("stuck", "locale", "said"),
    [
        (0, "en", "“review” is slow but draining: 60.0% of the time in progress; 5 entered, 5 left"),
        (2, "en", "Act: “review” is the constraint, with 84.1% of the time in progress; 7 entered, 5 left"),
        (2, "fr", "Agir : « review » est la contrainte, avec 84,1 % du temps d’en-cours ; 7 entrés, 5 sortis"),
    ],
)
def test_says_where_work_is_held_up_and_whether_it_piles_up_there(stuck: int, locale: str, said: str) -> None:
    page = a_page(queued(stuck=stuck), locale)

    assert plain(figure(page, "bottleneck").title).replace("\u202f", " ").replace("\u00a0", " ") == said


def test_a_constraint_is_observed_up_to_the_share_that_the_portfolio_agreed() -> None:
    page = a_page(queued(stuck=2), agreed=FlowTolerances(act=Decimal("0.9")))

    assert plain(figure(page, "bottleneck").title) == (
        "“review” is the constraint to observe, with 84.1% of the time in progress; 7 entered, 5 left"
    )


def test_below_five_items_no_state_is_called_a_constraint() -> None:
    page = a_page(queued(stuck=0)[:4])

    assert "bottleneck" not in {one.id for one in page.definitions}


def test_ageing_shows_the_band_of_each_state_and_names_what_is_slow_for_it() -> None:
    done = [moved(f"D-{n}", (60, "in progress"), (60 - n % 10, "review"), (30, "done")) for n in range(20)]
    slow = moved("SLOW", (15, "in progress"))

    shown = figure(a_page([*done, slow, moved("FINE", (5, "in progress"))]), "work_item_age")

    assert isinstance(shown.chart, Ageing)
    assert shown.chart.states[0][0] == "in progress"
    assert shown.chart.bands == ((5, 9),)  # they left it on days 1 to 10
    assert plain(shown.notes[0]) == "One lingers in its state, which 85% had left by that age: SLOW."


def test_those_who_linger_come_on_top_of_those_already_named_as_old() -> None:
    done = [moved(f"D-{n}", (60, "in progress"), (60 - n % 10, "review"), (30, "done")) for n in range(20)]

    shown = figure(
        a_page([*done, moved("SLOW", (15, "in progress")), moved("OLD", (90, "in progress"))]), "work_item_age"
    )

    told = plain(*shown.notes)
    assert "Oldest: OLD" in told
    assert "One more lingers in its state, which 85% had left by that age: SLOW." in told


@pytest.mark.parametrize(
    ("locale", "said"),
    [
        ("en", "1 given up or gone. Two more were given up or gone that nobody saw begin."),
        ("fr", "1. Deux de plus, jamais vus commencer, ont été abandonnés ou ont disparu."),
    ],
)
def test_what_was_given_up_is_as_many_in_the_sentence_as_on_the_line(locale: str, said: str) -> None:
    begun = [moved("A", (40, "in progress")), moved("B", (30, "in progress"), (10, "dropped"))]

    shown = figure(a_page([*begun, *(moved(f"N-{n}", (20, "dropped")) for n in range(2))], locale), "cumulative_flow")

    assert isinstance(shown.chart, Cumulative)
    assert shown.chart.left[-1] == 3
    assert said in plain(shown.notes[0])


def agreed(journeys: Sequence[Journey], days: int | None, locale: str = "en") -> Page:
    book = a_book(journeys=tuple(journeys), readings=False, decisions=False)
    guardrails = replace(book.portfolio.guardrails, service_days={} if days is None else {"story": days})
    return flow_and_forecasts(reckon(replace(book, portfolio=replace(book.portfolio, guardrails=guardrails))), locale)


SIX = [moved(f"S-{n}", (20, "in progress"), (20 - n, "done")) for n in range(1, 7)]  # 2 to 7 days


@pytest.mark.parametrize(
    ("locale", "said"),
    [
        ("en", "50% of the 6 finished in 13 weeks kept the agreed 4 days."),
        ("fr", "50 % des 6 finis en 13 semaines ont tenu le délai convenu de 4 jours."),
    ],
)
def test_says_how_often_the_agreed_time_was_kept_and_draws_it_over_the_ages(locale: str, said: str) -> None:
    page = agreed([*SIX, moved("OPEN", (5, "in progress"))], 4, locale)

    notes = [plain(note).replace("\u202f", " ") for note in figure(page, "flow_time").notes]
    chart = figure(page, "work_item_age").chart
    assert said in notes
    assert isinstance(chart, Ageing)
    assert chart.lines[0].age_days == 4


def test_without_an_agreement_and_a_year_before_no_attainment_is_told() -> None:
    page = agreed(SIX, None)

    assert not any("kept" in plain(note) or "or less, as" in plain(note) for note in figure(page, "flow_time").notes)


def test_names_what_was_given_up_after_it_was_begun() -> None:
    lost = [moved("LOST", (20, "in progress"), (10, "dropped")), moved("NEVER", (20, "dropped"))]

    shown = figure(a_page([*SIX, *lost]), "cumulative_flow")

    assert "One was given up after it was begun, 11 days of age: LOST." in [plain(note) for note in shown.notes]


def test_a_limit_of_the_portfolio_kanban_counts_the_epics_in_all_statuses_of_its_state() -> None:
    """The settings name states of the kanban, trackers their statuses."""
    epics = [in_status(f"E-{number}", status) for number, status in enumerate(("Doing", "MVP", "doing", "Elsewhere"))]
    agreed = Guardrails(wip={"implementing": 2}, kanban={"doing": "implementing", "mvp": "implementing"})
    book = a_book(journeys=tuple(epics))

    found = findings(reckon(replace(book, portfolio=replace(book.portfolio, guardrails=agreed))))

    (over,) = [one for one in found if one.kind == "over_limit"]
    assert over.subject == "implementing"
    assert sorted(over.items) == ["E-0", "E-1", "E-2"]


def in_status(key: str, status: str) -> Journey:
    one = a_journey("2026-01-05", key=key, level="epic")
    return replace(one, status=status)
