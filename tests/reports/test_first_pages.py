"""What a first-time user meets: a project that is old, young, without history, or without a single theme."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

from domain.journey import Journey
from domain.work_item import HistoryState
from reports.packs.overview import overview
from reports.page import plain
from reports.reckoning import Reckoning, reckon
from tests.builders import a_journey
from tests.reports.books import AS_OF, DAY, a_book


def reckoned(journeys: Sequence[Journey], *, themes: bool = False) -> Reckoning:
    book = a_book(journeys=tuple(journeys), readings=False, decisions=False)
    return reckon(book if themes else replace(book, portfolio=replace(book.portfolio, themes=())))


def days_ago(days: int) -> str:
    return (AS_OF - days * DAY).isoformat()


def test_where_nothing_finished_lately_speaks_of_the_level_at_work() -> None:
    epics = [a_journey("2012-01-02", "2012-03-01", key=f"E-{number}", level="feature") for number in range(3)]
    stories = [a_journey("2020-01-02", key=f"S-{number}") for number in range(2)]

    found = reckoned([*epics, *stories])

    assert found.flow is not None
    assert (found.flow.level, found.flow.load.items) == ("story", 2)


def test_weeks_before_the_first_item_are_no_part_of_what_is_usual() -> None:
    stories = [
        a_journey(days_ago(day + 3), days_ago(day), key=f"S-{day}", created=days_ago(58)) for day in range(1, 56, 3)
    ]

    found = reckoned(stories)

    assert found.flow is not None
    assert found.flow.throughput_range.n_used == 9
    assert found.flow.throughput_range.change == "none"


def test_without_histories_alignment_is_measured_by_what_was_finished() -> None:
    served = {"settle-fast": 1}
    stories = [
        replace(
            a_journey(
                None, days_ago(20), key=f"S-{number}", history=HistoryState.NONE, themes=served if number < 3 else None
            ),
            excluded_reason="no_history",
        )
        for number in range(4)
    ]

    found = reckoned(stories, themes=True)

    assert found.alignment is not None
    assert (found.alignment_by, found.alignment.share) == ("items", Decimal("0.75"))


def test_nobody_is_asked_to_mend_what_no_theme_could_hold() -> None:
    found = reckoned([a_journey(days_ago(9), key="S-1")])

    assert "orphan" not in {one.rule for one in found.defects}
    assert found.trust.aligned.share is None


def test_an_old_quiet_project_is_not_in_its_first_weeks_and_has_no_rhythm() -> None:
    page = overview(reckoned([a_journey("2020-01-02", key=f"S-{number}") for number in range(2)]), "en")

    flow = next(section for section in page.sections if section.id == "flow")

    assert page.banners == ()
    assert plain(flow.headline) == "0 stories were finished in 13 weeks"
    assert plain(next(one for one in page.figures if one.id == "throughput").trend).startswith("Too few in a week")


def test_a_project_in_its_first_weeks_says_so() -> None:
    page = overview(reckoned([a_journey(days_ago(9), key="S-1", created=days_ago(10))]), "en")

    assert plain(page.banners[0].text).startswith("First weeks.")
