"""What is printed twice is printed the same: pages agree with themselves, with each other and with the metrics."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

import pytest

from domain.period import week_label
from domain.strategy import PaceTolerances
from metrics.alignment import UNALIGNED, coverage_flow, flow_shares
from metrics.distribution import flow_distribution, percentages
from metrics.flow_efficiency import flow_efficiency
from metrics.key_results import score_objective
from metrics.main_flow import told_week
from metrics.selection import at_level
from reports.book import Book
from reports.packs.digest import digest
from reports.packs.flow import flow_and_forecasts
from reports.packs.overview import overview
from reports.packs.theme import theme
from reports.page import Changes, Exhibit, Facts, Figure, Page, Section, plain
from reports.reckoning import reckon
from reports.render.mail import mail
from reports.words.catalogue import Words
from tests.reports.books import AS_OF, a_book

SEEDS = range(3)


def section(page: Page, name: str) -> Section:
    return next(one for one in page.sections if one.id == name)


def figures(page: Page, name: str) -> list[Figure]:
    return [block for block in section(page, name).blocks if isinstance(block, Figure)]


def figure(page: Page, definition: str) -> Figure:
    (found,) = [
        one
        for each in page.sections
        for one in figures(page, each.id)
        if one.definition and one.definition.id == definition
    ]
    return found


def column(one: Figure, index: int) -> list[str]:
    assert one.data is not None
    return [plain(row.cells[index].text) for row in one.data.rows]


def percent(text: str) -> Decimal:
    found = re.search(r"(\d+(?:\.\d+)?)%", text)
    assert found, text
    return Decimal(found.group(1))


@pytest.mark.parametrize("seed", SEEDS)
def test_the_share_of_work_tied_to_a_theme_is_one_number(seed: int) -> None:
    book = a_book(seed=seed)
    numbers = reckon(book)
    page = overview(numbers, "en")

    shares = figure(flow_and_forecasts(numbers, "en"), "flow_share")
    printed = dict(zip(column(shares, 0), map(percent, column(shares, 1)), strict=True))

    assert numbers.flow is not None
    kept = at_level(numbers.book.journeys, numbers.flow.level)
    exact = coverage_flow(kept, period=numbers.flow.window, calendar=book.calendar).share
    key = percent(next(one for one in page.figures if one.id == "alignment").value)
    assert sum(printed.values()) == 100
    assert key == percent(plain(shares.title)) == 100 - printed["No theme"]
    assert exact is not None
    assert abs(key - exact * 100) < Decimal("0.1")


@pytest.mark.parametrize("seed", SEEDS)
def test_theme_shares_are_those_of_the_metric_on_every_page(seed: int) -> None:
    book = a_book(seed=seed)
    numbers = reckon(book)
    assert numbers.flow is not None
    measured = flow_shares(
        at_level(numbers.book.journeys, numbers.flow.level),
        period=numbers.flow.window,
        calendar=book.calendar,
        themes=book.portfolio.themes,
    ).percent

    table = section(overview(numbers, "en"), "value").blocks[0]

    assert isinstance(table, Exhibit)
    for score, row in zip(numbers.themes, table.table.rows, strict=True):
        own = theme(numbers, score, "en")
        assert percent(plain(row.cells[4].text)) == measured[score.theme.id]
        assert percent(next(one for one in own.figures if one.id == "share").value) == measured[score.theme.id]
        drawn = figure(own, "flow_share")
        assert (
            percent(dict(zip(column(drawn, 0), column(drawn, 1), strict=True))[score.theme.name])
            == measured[score.theme.id]
        )
        assert f"{measured[score.theme.id]:.1f}%" in plain(own.standfirst)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_kinds_of_work_add_up_and_their_title_is_one_of_them(seed: int) -> None:
    book = a_book(seed=seed)
    numbers = reckon(book)
    assert numbers.flow is not None
    measured = flow_distribution(
        at_level(numbers.book.journeys, numbers.flow.level), finished_in=numbers.flow.window, calendar=book.calendar
    )

    drawn = figure(flow_and_forecasts(numbers, "en"), "flow_distribution")

    shown = [percent(one) for one in column(drawn, 2)]
    assert sum(shown) == 100
    assert sorted(one for one in shown if one) == sorted(measured.percent.values())
    assert percent(plain(drawn.title)) == max(shown)
    assert sum(int(one) for one in column(drawn, 1)) == measured.n_used


def test_active_and_idle_time_add_up_to_the_whole() -> None:
    book = a_book()
    numbers = reckon(book)
    assert numbers.flow is not None
    measured = flow_efficiency(
        at_level(numbers.book.journeys, numbers.flow.level),
        finished_in=numbers.flow.window,
        calendar=book.calendar,
        waiting_known=book.waiting_known,
    )

    drawn = figure(flow_and_forecasts(numbers, "en"), "flow_efficiency")

    active, idle = (percent(one) for one in column(drawn, 1))
    assert active + idle == 100
    assert percent(plain(drawn.title)) == active
    assert active == percentages(
        {"active": measured.active_seconds, "idle": measured.total_seconds - measured.active_seconds}
    )["active"]  # fmt: skip


def test_every_check_of_the_data_prints_its_own_share() -> None:
    page = overview(reckon(a_book()), "en")

    facts = next(block for block in section(page, "trust").blocks if isinstance(block, Facts))

    checked = 0
    for fact in facts.facts:
        if counts := re.fullmatch(r"([\d,]+) of ([\d,]+)", plain(fact.value)):
            good, total = (Decimal(one.replace(",", "")) for one in counts.groups())
            assert abs(percent(plain(fact.note)) - good / total * 100) <= Decimal("0.5")
            checked += 1
    assert checked == 5


def test_key_results_on_track_are_the_same_on_top_in_the_table_and_in_the_metric() -> None:
    book = a_book()
    page = overview(reckon(book), "en")

    table = section(page, "value").blocks[0]

    assert isinstance(table, Exhibit)
    scores = [
        score_objective(one, book.readings, today=book.calendar.day(AS_OF), pace=PaceTolerances())
        for one in book.portfolio.themes
    ]
    on_track = sum(one.on_track for one in scores)
    top = next(one for one in page.figures if one.id == "key_results")
    assert top.value == str(on_track)
    assert sum(int(plain(row.cells[3].note).split(" of ")[0]) for row in table.table.rows) == on_track


def test_points_behind_plan_in_the_headline_stand_in_the_table() -> None:
    page = overview(reckon(a_book()), "en")

    found = re.search(r"“(.+)” is (\d+) points? behind plan", plain(section(page, "value").headline))

    table = section(page, "value").blocks[0]
    assert isinstance(table, Exhibit)
    if found:
        row = next(row for row in table.table.rows if plain(row.cells[0].text) == found.group(1))
        assert plain(row.cells[1].note).startswith(f"{found.group(2)} point")


def test_points_behind_plan_are_rounded_once() -> None:
    score = next(one for one in reckon(a_book()).themes if one.objective.score is not None)

    exact = replace(score, objective=replace(score.objective, score=Decimal("0.246"), elapsed=Decimal("0.974")))

    assert exact.behind == 73


def test_levels_are_told_apart_and_never_summed() -> None:
    numbers = reckon(a_book(seed=1))

    for locale in ("en", "fr"):
        words = Words(locale=locale, year=2026, zone=numbers.book.calendar.zone)
        told = digest(numbers, locale)
        block = next(one for one in section(told, "changes").blocks if isinstance(one, Changes))
        text = mail(told, words=words).text
        counts = Counter(one.placement.level for one in numbers.changes.finished)
        assert len(counts) > 1
        for level, n in counts.items():
            expected = words.text(f"count.{level}", n=n)
            assert expected in plain(section(told, "changes").headline)
            assert expected in plain(block.more)
            assert expected in text.replace("\u00a0", " ")
        assert str(sum(counts.values())) not in re.findall(r"\d+", plain(block.more))


@pytest.mark.parametrize("locale", ["en", "fr"])
def test_names_of_themes_stand_in_quotes_within_sentences(locale: str) -> None:
    numbers = reckon(a_book())

    page = overview(numbers, locale)

    for one in numbers.book.portfolio.themes:
        for said in (plain(page.headline), plain(page.standfirst), plain(section(page, "value").headline)):
            if one.name in said:
                assert f"“{one.name}”" in said or f"« {one.name} »" in said


def test_a_share_that_is_not_whole_never_reads_as_the_whole() -> None:
    numbers = reckon(a_book())
    assert numbers.shares is not None
    assert numbers.flow is not None
    lone = next(
        one for one in at_level(numbers.book.journeys, numbers.flow.level) if one.is_open and not one.placement.themes
    )
    begun = replace(lone, started_at=AS_OF - timedelta(days=1))
    served = [
        replace(one, placement=replace(one.placement, themes={"embed": Decimal(1)}))
        for one in numbers.book.journeys
        if one.id != lone.id
    ]

    found = reckon(replace(numbers.book, journeys=[*served, begun]))

    assert found.aligned_percent is not None
    assert found.aligned_percent < 100
    assert found.share_percent[UNALIGNED] > 0
    assert sum(found.share_percent.values()) == 100


@pytest.mark.parametrize(
    ("moment", "week"),
    [
        pytest.param("2026-11-22T12:00:00+01:00", "2026-W46", id="Sunday noon: the week is not over"),
        pytest.param("2026-11-22T23:40:00+01:00", "2026-W46", id="late on Sunday"),
        pytest.param("2026-11-22T23:59:59.999999+01:00", "2026-W47", id="the last instant of Sunday"),
        pytest.param("2026-11-23T00:00:00+01:00", "2026-W47", id="Monday"),
    ],
)
def test_tells_of_the_last_week_that_is_over(moment: str, week: str) -> None:
    book = at(a_book(), moment)

    numbers = reckon(book)

    assert (
        week_label(told_week(calendar=book.calendar, as_of=book.as_of))
        == week_label(numbers.week)
        == week_label(numbers.changes.period)
        == week
    )
    assert f"Week {int(week[-2:])}" in plain(overview(numbers, "en").kicker)


def test_an_edition_that_is_made_late_tells_of_its_own_week() -> None:
    book = at(a_book(), "2026-11-30T00:05:00+01:00")

    numbers = reckon(book)

    assert book.edition.id == "2026-W47"
    assert week_label(numbers.week) == week_label(numbers.changes.period) == "2026-W47"
    assert "Week 47" in plain(overview(numbers, "en").kicker)


def at(book: Book, moment: str) -> Book:
    return replace(book, as_of=datetime.fromisoformat(moment))


def test_the_newest_month_with_too_few_finished_gives_no_verdict_on_flow_time() -> None:
    numbers = reckon(a_book())
    assert numbers.flow is not None
    month = numbers.flow.months[-1]
    late = [
        one
        for one in numbers.book.journeys
        if one.finished_at is None or numbers.book.calendar.day(one.finished_at) not in month
    ]

    found = reckon(replace(numbers.book, journeys=late))

    assert found.flow is not None
    assert found.flow.time_range.change is None
    said = next(one for one in overview(found, "en").figures if one.id == "flow_time")
    assert plain(said.trend).startswith("Too few finished last month")


@pytest.mark.parametrize("seed", SEEDS)
def test_points_behind_plan_say_over_how_many_results_beside_the_bar_of_one(seed: int) -> None:
    numbers = reckon(a_book(seed=seed))
    page = overview(numbers, "en")

    (block,) = (one for one in section(page, "value").blocks if isinstance(one, Exhibit))

    notes = {(row.anchor or "").removeprefix("theme-"): plain(row.cells[1].note) for row in block.table.rows}
    paced = [one for one in numbers.themes if one.behind is not None and one.objective.n_used > 1]
    assert paced
    assert all(f"over its {one.objective.n_used} key results" in notes[one.theme.id] for one in paced)
