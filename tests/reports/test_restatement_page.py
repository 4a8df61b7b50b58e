"""The page of restatements names each figure as its readers know it, with its unit and why it reads otherwise."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

from domain.calendar import Increment
from domain.closed import ClosedFigure, FirstTold
from domain.period import Period
from domain.strategy import Kpi
from metrics.catalogue import VERSION
from metrics.restatement import Restated
from reports.book import Past
from reports.packs.restatement import restatements
from reports.page import Exhibit, plain
from reports.reckoning import reckon
from reports.sections.restatement import in_short
from reports.sections.scribe import Scribe
from reports.words.catalogue import Words
from tests.builders import a_moment
from tests.reports.books import a_book

OCTOBER = Period(date(2026, 10, 1), date(2026, 11, 1))
LAST = Increment(name="PI 4", period=Period(date(2026, 7, 6), date(2026, 9, 28)))


def a_restated(metric: str, level: str, was: str, now: str | None, *, period: Period = OCTOBER) -> Restated:
    figure = ClosedFigure(metric=metric, level=level, period=period, value=Decimal(was))
    first = FirstTold(
        figure=figure, edition="2026-w45", published_at=a_moment("2026-11-09"), config_digest="other",
        definitions_version=VERSION, changed=("readings.csv",),
    )  # fmt: skip
    return Restated(first=first, now=replace(figure, value=None if now is None else Decimal(now)))


def test_kpis_trains_risks_and_kinds_of_work_are_named_with_their_unit_and_cause() -> None:
    book = a_book()
    past = Past(
        compared=9,
        restated=(
            a_restated("kpi", "nps", "72", None),
            a_restated("risk_exposure", "", "50000000", "65000000"),
            a_restated("predictability", "Cedre", "80", "90", period=LAST.period),
            a_restated("capacity_share", "Cedre/debt", "25", "20.5", period=LAST.period),
        ),
    )
    book = replace(
        book,
        past=past,
        portfolio=replace(book.portfolio, kpis=(*book.portfolio.kpis, Kpi(id="nps", name="Promoters", unit="points"))),
        calendar=replace(book.calendar, increments=(LAST,)),
    )

    page = restatements(reckon(book), "en")
    french = restatements(reckon(book), "fr")

    block = page.sections[0].blocks[0]
    assert isinstance(block, Exhibit)
    told = [[plain(cell.text) for cell in row.cells] for row in block.table.rows]
    assert [row[:4] for row in told] == [
        ["Promoters", "Oct 2026", "72 points", "not known"],
        ["Risk exposure", "Oct 2026", "€500k", "€650k"],
        ["Predictability", "PI 4", "80.0%", "90.0%"],
        ["Capacity share", "PI 4", "25.0%", "20.5%"],
    ]
    assert told[0][4] == "A reading of the month was changed, added or taken away since."
    assert [plain(row.cells[0].note) for row in block.table.rows] == [
        "KPI, last reading", "the whole portfolio", "Cedre", "debt and upkeep, Cedre",
    ]  # fmt: skip
    assert "Un relevé du mois a été modifié" in repr(french.sections)


def test_where_nothing_was_told_before_no_page_says_which_figures_differ() -> None:
    book = a_book()
    words = Words(locale="en", year=2026, zone=book.calendar.zone)

    first, later = (in_short(Scribe(reckon(replace(book, past=Past(compared=n))), words)) for n in (0, 9))

    assert plain(first) == "Nothing to compare with yet: nothing was told before of a closed period."
    assert plain(later).endswith(": which, and why.")
