"""What readers see when data are missing, few, stale or quiet: words, never a wrong number."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from domain.journey import Journey
from domain.strategy import ProcessChange
from domain.trust import Suspension
from domain.work_item import FlowState
from reports.book import Book
from reports.editions import publish, render
from reports.packs import PACKS, pages, shell
from reports.packs.flow import flow_and_forecasts
from reports.packs.overview import overview
from reports.page import Changes, Empty, Figure, plain
from reports.reckoning import reckon
from tests.reports.books import a_book, the_sources
from tests.reports.test_forecasts_on_pages import ahead_of, some


def stories(book: Book) -> list[Journey]:
    return [one for one in book.journeys if one.placement.level == "story"]


def without_themes(book: Book) -> Book:
    return replace(book, portfolio=replace(book.portfolio, themes=()), readings=(), decisions=())


def unread(book: Book) -> Book:
    lost = Suspension(scope_id="1", key="PC", why="", since=book.as_of, missing=9, state="access_lost")
    return replace(
        book, trust=tuple(replace(one, outcome="partial", suspended=(lost,)) for one in the_sources(is_stale=True))
    )


STATES = [
    pytest.param(replace(a_book(), journeys=()), id="no items"),
    pytest.param(without_themes(replace(a_book(), journeys=())), id="nothing at all"),
    pytest.param(without_themes(a_book()), id="no themes"),
    pytest.param(a_book(readings=False), id="no readings"),
    pytest.param(replace(a_book(), journeys=stories(a_book())), id="stories alone"),
    pytest.param(
        replace(a_book(), journeys=[one for one in stories(a_book()) if one.finished_at][:4]), id="four items"
    ),
    pytest.param(replace(a_book(), trust=()), id="no sources"),
    pytest.param(a_book(is_stale=True), id="a stale source"),
    pytest.param(
        unread(replace(a_book(), journeys=(), outlook=ahead_of(*some(due="2026-06-03")))),
        id="a project not readable for days",
    ),
    pytest.param(replace(a_book(), waiting_known=frozenset()), id="no waiting states"),
    pytest.param(
        replace(a_book(), journeys=[replace(one, flow_state=FlowState.UNKNOWN) for one in a_book().journeys]),
        id="nothing mapped",
    ),
    pytest.param(
        replace(a_book(), journeys=[replace(one, started_at=None, visits=()) for one in a_book().journeys]),
        id="no history",
    ),
]


@pytest.mark.parametrize("book", STATES)
def test_every_pack_is_published_whatever_is_missing(book: Book) -> None:
    written = render(reckon(book), packs=tuple(PACKS))

    assert written
    for name, data in written.items():
        if name.endswith((".html", ".md")):
            assert not re.search(rb"\bnan\b|>None<|\| None \|", data), name


def test_lists_the_items_when_they_are_too_few_for_a_percentile() -> None:
    few = [one for one in stories(a_book()) if one.finished_at][:4]

    page = flow_and_forecasts(reckon(replace(a_book(), journeys=few)), "en")

    figure = next(one for one in page.figures if one.id == "flow_time")
    assert figure.value == "not known"
    flow = next(section for section in page.sections if section.id == "flow")
    assert any(plain(block.title).startswith("Too few to say") for block in flow.blocks if isinstance(block, Figure))


def test_says_which_setting_is_missing_instead_of_one_hundred_percent() -> None:
    page = flow_and_forecasts(reckon(replace(a_book(), waiting_known=frozenset())), "en")

    served = next(section for section in page.sections if section.id == "served")
    figure = next(block for block in served.blocks if isinstance(block, Figure) and block.empty)
    assert isinstance(figure.empty, Empty)
    assert "Not known" in plain(figure.empty.title)


def test_marks_stale_data_in_the_subject_of_the_mail() -> None:
    made = pages(reckon(a_book(is_stale=True)), packs=["digest"])

    assert made[0].subject.startswith("STALE: ")
    assert made[1].subject.startswith("PÉRIMÉ")
    assert all(len(page.subject) <= 75 for page in made)


def test_gives_each_subject_its_week_within_its_limit() -> None:
    for seed in range(4):
        for page in pages(reckon(a_book(seed=seed)), packs=["digest"]):
            assert "47)" in page.subject
            assert len(page.subject) <= 75


def test_reads_no_signal_into_weeks_that_are_mostly_zero() -> None:
    few = [one for one in stories(a_book()) if one.finished_at][:4]

    flow = reckon(replace(a_book(), journeys=few)).flow

    assert flow is not None
    assert flow.throughput_range.change is None
    assert flow.load_range.change is None


@pytest.mark.parametrize(
    ("locale", "head", "trust"),
    [("en", "No work has been seen to move yet", "Hardly checked"), ("fr", "Aucun travail n’a encore", "À peine")],
)
def test_an_empty_portfolio_is_neither_quiet_nor_good_enough_to_decide_on(locale: str, head: str, trust: str) -> None:
    numbers = reckon(without_themes(replace(a_book(), journeys=())))

    page = overview(numbers, locale)

    assert plain(page.headline).startswith(head)
    assert plain(next(one for one in page.sections if one.id == "trust").headline).startswith(trust)
    assert "47)" in pages(numbers, packs=["digest"], locales=[locale])[0].subject


@pytest.mark.parametrize(
    ("locale", "told"),
    [("en", "policy-core: the token was refused (401)"), ("fr", "vérifie que l’outil répond et que son jeton")],
)
def test_what_is_to_be_done_about_a_reading_that_failed_stands_on_the_page_itself(locale: str, told: str) -> None:
    problem = "policy-core: the token was refused (401); make a new one"
    book = a_book()
    trust = tuple(replace(one, outcome="failed", problems=(problem,)) for one in book.trust)

    page = overview(reckon(replace(book, trust=trust)), locale)

    assert told in plain(page.banners[0].text)


def test_figures_that_count_items_of_a_stale_tracker_say_so() -> None:
    page = overview(reckon(a_book(is_stale=True)), "en")

    said = {one.id: plain(one.trend) for one in page.figures}

    assert {name for name, trend in said.items() if "Without all of policy-core." in trend} == {
        "flow_time", "throughput", "flow_load", "alignment"
    }  # fmt: skip
    flow = next(section for section in page.sections if section.id == "flow")
    assert plain(flow.headline).startswith("Only a part of the work is known here: policy-core")


def test_a_figure_whose_data_fail_a_check_says_so_beside_its_number() -> None:
    numbers = reckon(a_book())
    weak = replace(numbers.trust, fresh=replace(numbers.trust.fresh, n_used=51, n_in_scope=100))

    page = overview(replace(numbers, trust=weak), "en")

    load = next(one for one in page.figures if one.id == "flow_load")
    assert "Read with care: the share of work in progress touched in 30 days is only 51%." in plain(load.trend)


def test_a_stale_page_is_told_as_of_the_oldest_complete_reading_wherever_it_says_of_when_it_is(tmp_path: Path) -> None:
    fresh, stale = a_book(), a_book(is_stale=True)
    oldest = min(one.complete_at for one in stale.trust if one.complete_at is not None)
    day = oldest.astimezone(stale.calendar.zone)

    told = publish(stale, tmp_path, packs=("overview", "digest"))

    page = (told.folder / "overview.en.md").read_text("utf-8")
    assert fresh.data_as_of == fresh.as_of
    assert stale.data_as_of == oldest < stale.as_of - timedelta(days=1)
    assert f'data_as_of: "{oldest.isoformat()}"' in page
    assert f"Data as of {day:%A} {day.day} November 2026, {day:%H:%M} CET." in page
    assert f"Data as of {day:%A} {day.day} November" in (told.folder / "digest.en.mail.json").read_text("utf-8")
    assert f"{day.day} November 2026" in (told.folder.parent / "index.en.html").read_text("utf-8")
    assert f"data as of {day.day} November 2026" in (told.folder.parent / "feed.en.xml").read_text("utf-8")


@pytest.mark.parametrize("pack", [one for one in shell.WHOLE if one not in ("audit", "quality", "kanban")])
@pytest.mark.parametrize(("locale", "said"), [("en", "Read with care"), ("fr", "À lire avec prudence")])
def test_every_pack_says_above_its_numbers_or_in_a_section_that_the_data_fail_a_check(
    pack: str, locale: str, said: str
) -> None:
    numbers = reckon(a_book())
    weak = replace(numbers.trust, fresh=replace(numbers.trust.fresh, n_used=51, n_in_scope=100))

    (page,) = pages(replace(numbers, trust=weak), packs=[pack], locales=[locale])

    top, heads = plain(page.freshness), [plain(one.headline) for one in page.sections]
    assert sum(said in one for one in (top, *heads)) == 1


def read_last(**days: int) -> Book:
    """The book of week 47 with each source last read completely on a morning of November."""
    book = a_book()
    at = {name.replace("_", "-"): datetime(2026, 11, day, 7, tzinfo=UTC) for name, day in days.items()}
    quiet = [
        one for one in book.journeys
        if not any(at_ and at_ >= min(at.values()) for at_ in (one.finished_at, one.started_at, one.cancelled_at))
    ]  # fmt: skip
    return replace(book, journeys=quiet, trust=tuple(replace(one, complete_at=at[one.source]) for one in book.trust))


@pytest.mark.parametrize(
    ("locale", "days", "head"),
    [
        ("en", {"claims": 16, "policy_core": 13}, "Not known: no tracker has been read since 16 Nov"),
        ("fr", {"claims": 16, "policy_core": 13}, "Non connu : aucun outil de suivi n’a été lu depuis le 16 nov"),
        ("en", {"claims": 22, "policy_core": 15}, "Nothing is known to be finished; not known after 15 Nov for policy"),
        ("fr", {"claims": 22, "policy_core": 15}, "Rien de terminé, à notre connaissance ; non connu après le 15 nov"),
    ],
)
def test_a_week_that_nobody_has_read_is_not_told_as_an_idle_one(locale: str, days: dict[str, int], head: str) -> None:
    numbers = reckon(read_last(**days))

    told = next(one for one in overview(numbers, locale).sections if one.id == "changes")
    assert plain(told.headline).replace("\xa0", " ").replace("\u202f", " ").startswith(head)
    assert isinstance(told.blocks[0], Changes)
    entries = [plain(one.text) for one in told.blocks[0].entries]
    assert not any(one.startswith(("No epic or feature was", "Aucun epic, aucune feature")) for one in entries)


def test_the_throughput_of_a_week_that_nobody_has_read_is_a_gap_and_no_signal() -> None:
    numbers = reckon(read_last(claims=16, policy_core=16))
    flow = numbers.flow

    page = flow_and_forecasts(numbers, "en")

    assert flow is not None
    assert flow.weekly_counts[-1] == 0
    assert flow.known_counts[-1] is None
    assert flow.known_counts[-2] == flow.weekly_counts[-2]
    assert flow.throughput_range.change is None
    assert flow.load_range.change is None
    figure = next(one for one in page.figures if one.id == "throughput")
    assert figure.value == "not known"
    assert plain(figure.trend).startswith("Not known after 16 Nov for claims and policy-core.")


@pytest.mark.parametrize(
    ("read", "changed", "said"),
    [(16, 16, "Not known after 16 Nov for claims and policy-core."), (23, 2, "Nothing to compare with yet")],
    ids=["since which nobody has read", "which is young"],
)
def test_a_rhythm_since_a_change_of_the_process_is_not_told_as_too_few_items(
    read: int, changed: int, said: str
) -> None:
    book = read_last(claims=read, policy_core=read)
    change = ProcessChange(on=date(2026, 11, changed), name="One board for all")

    figures = overview(
        reckon(replace(book, portfolio=replace(book.portfolio, process_changes=(change,)))), "en"
    ).figures

    assert [plain(one.trend)[: len(said)] for one in figures if one.id in ("throughput", "flow_load")] == [said, said]
