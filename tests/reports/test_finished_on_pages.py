"""What the kanban says of days that were set, and of epics that are done."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest

from domain.strategy import Benefit, Indicator, Reading
from reports.packs.kanban import kanban
from reports.page import Cell, Page, Status, plain
from reports.reckoning import reckon
from tests.builders import a_journey
from tests.reports.books import AS_OF
from tests.reports.test_board_on_pages import a_board_book, epic, exhibit, numbers_of, section, spoken, through
from tests.reports.test_forecasts_on_pages import ahead_of

TODAY = AS_OF.date()


def gate(page: Page) -> Cell:
    """What stands under the next gate of the one epic of the board."""
    (row,) = exhibit(page, "epics", "board-epics").table.rows
    return row.cells[4]


@pytest.mark.parametrize(
    ("locale", "status", "due", "said", "tone"),
    [
        pytest.param("en", "Implementing", date(2026, 12, 18), "due 18 Dec", None, id="the next state is done"),
        pytest.param("en", "Analysing", date(2026, 12, 18), "to be done by 18 Dec", None, id="far from done"),
        pytest.param("fr", "Analysing", date(2026, 12, 18), "à terminer d’ici le 18 déc.", None, id="loin de la fin"),
        pytest.param("en", "Implementing", date(2026, 11, 5), "overdue since 5 Nov", Status.BAD, id="overdue"),
        pytest.param("fr", "Analysing", date(2026, 11, 5), "en retard depuis le 5 nov.", Status.BAD, id="en retard"),
        pytest.param("en", "Implementing", None, "", None, id="no day is set"),
    ],
)
def test_a_gate_has_the_day_that_the_tracker_gives(
    locale: str, status: str, due: date | None, said: str, tone: Status | None
) -> None:
    one = replace(epic("1", (60, status)), due_on=due)

    cell = gate(kanban(numbers_of(one), locale))

    assert (spoken(plain(cell.note)), cell.status) == (said, tone)


@pytest.mark.parametrize(("locale", "said"), [("en", "work finished, to be closed"), ("fr", "travail fini, à clore")])
def test_the_gate_of_an_epic_whose_work_is_finished_is_not_overdue(locale: str, said: str) -> None:
    one = replace(epic("1", (60, "Implementing")), due_on=date(2026, 11, 5))
    work = replace(a_journey("2026-10-01", "2026-10-20", key="S-1"), parent_id=one.id)
    book = replace(a_board_book([one, work]), outlook=ahead_of(one, work, at=AS_OF))

    cell = gate(kanban(reckon(book), locale))

    assert (spoken(plain(cell.note)), cell.status) == (said, None)


def with_hypotheses(*benefits: Benefit, reading: int | None = None) -> Page:
    book = a_board_book([*through(last=60)])
    theme = replace(book.portfolio.themes[0], benefits=benefits)
    readings = () if reading is None else (
        Reading(kpi="calls", day=TODAY - timedelta(days=40), value=Decimal(reading), source="x"),
    )  # fmt: skip
    return kanban(
        reckon(
            replace(book, portfolio=replace(book.portfolio, themes=(theme, *book.portfolio.themes[1:])),
                    readings=readings)
        ),
        "en",
    )  # fmt: skip


def a_benefit(item: str) -> Benefit:
    starts = TODAY - timedelta(days=300)
    by = TODAY - timedelta(days=30)
    indicator = Indicator(kpi="calls", baseline=Decimal(50), target=Decimal(30), by=by, starts=starts)
    return Benefit(
        id="fewer", name="Fewer calls", kpi="calls", baseline=Decimal(50), target=Decimal(20),
        starts=TODAY - timedelta(days=300), due=TODAY + timedelta(days=200), item=item, indicators=(indicator,),
    )  # fmt: skip


@pytest.mark.parametrize(("reading", "verdict", "tone"), [(25, "Confirmed", Status.GOOD), (49, "Refuted", Status.BAD)])
def test_what_is_done_stands_with_the_verdict_on_its_hypothesis(reading: int, verdict: str, tone: Status) -> None:
    page = with_hypotheses(a_benefit("clm-103"), reading=reading)

    rows = {plain(row.cells[0].note): row for row in exhibit(page, "finished", "board-finished").table.rows}

    assert len(rows) == 10
    assert plain(rows["CLM-103"].cells[2].text) == "Fewer calls"
    assert (plain(rows["CLM-103"].cells[3].text), rows["CLM-103"].cells[3].status) == (verdict, tone)
    assert plain(rows["CLM-104"].cells[2].text) == "none declared"
    assert plain(section(page, "finished").headline) == ("10 epics were done in 13 weeks; with a value hypothesis: 1")


def test_nothing_done_is_said_kindly() -> None:
    page = kanban(numbers_of(epic("1", (60, "Implementing"))), "fr")

    assert plain(section(page, "finished").headline) == "Aucun epic terminé en 13 semaines"
