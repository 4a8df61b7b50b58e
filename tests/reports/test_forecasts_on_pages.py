"""What lies ahead, as its readers get it: ranges, refusals with their reason, alarms, moves, and what came true."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest

from domain.calendar import Calendar, Increment
from domain.forecasting import AssumedSize, Forecasting
from domain.journey import Journey
from domain.period import Period
from domain.promises import WHEN, Foretold, Given, Promise
from domain.trust import SourceTrust
from domain.work_item import RANK, ItemId
from metrics.forecasts.keeping import foretold
from metrics.forecasts.situation import Situation
from reports.book import Book
from reports.outlook import Outlook, look_ahead
from reports.packs.digest import digest
from reports.packs.flow import flow_and_forecasts
from reports.packs.overview import overview
from reports.page import Cell, Changes, Exhibit, Paragraph, Section, Status, plain
from reports.reckoning import reckon
from reports.render.html import BUDGET, html
from reports.render.markdown import markdown
from reports.sections.epics import epics
from reports.sections.forecast import date_range, forecast
from reports.sections.scribe import Scribe
from reports.words.catalogue import Words
from tests.builders import SOURCE, a_journey, a_source_trust
from tests.metrics.test_planning import a_story, an_epic, finished
from tests.reports.books import a_book

NOW = datetime.fromisoformat("2026-06-01T12:00+00:00")
TODAY = NOW.date()
LOCALES = pytest.mark.parametrize("locale", ["en", "fr"])


def ahead_of(
    *journeys: Journey,
    given: Sequence[Given] = (),
    former: Foretold | None = None,
    predecessors: dict[str, tuple[str, ...]] | None = None,
    at: datetime = NOW,
    sources: Sequence[SourceTrust] | None = None,
    agreed: Forecasting | None = None,
) -> Outlook:
    increment = Increment(name="PI 26.2", period=Period(date(2026, 5, 4), date(2026, 7, 4)))
    situation = Situation(
        journeys=journeys,
        parents={one.id: one.parent_id for one in journeys if one.parent_id is not None},
        predecessors={
            ItemId(SOURCE, id): tuple(ItemId(SOURCE, one) for one in before)
            for id, before in (predecessors or {}).items()
        },
        calendar=Calendar(zone=a_book().calendar.zone, increments=(increment,)),
        as_of=at,
        portfolio="claims",
        sources=[replace(a_source_trust(), complete_at=at)] if sources is None else sources,
        agreed=agreed or Forecasting(),
    )
    return look_ahead(situation, given=given, former=former)


def a_page_of(outlook: Outlook, *journeys: Journey) -> Book:
    return replace(a_book(journeys=journeys), as_of=NOW, outlook=outlook)


def section(outlook: Outlook, *journeys: Journey, locale: str = "en") -> Section:
    scribe = Scribe(reckon(a_page_of(outlook, *journeys)), Words(locale=locale, year=2026, zone=a_book().calendar.zone))
    found = forecast(scribe)
    assert found is not None
    return found


def rows(found: Section, name: str) -> list[list[str]]:
    """What a table says, notes included, row by row."""
    exhibit = next(one for one in found.blocks if isinstance(one, Exhibit) and one.table.name == name)
    return [[plain(cell.text, cell.note) for cell in row.cells] for row in exhibit.table.rows]


def cells(found: Section, name: str) -> list[tuple[Cell, ...]]:
    return [
        row.cells
        for one in found.blocks
        if isinstance(one, Exhibit) and one.table.name == name
        for row in one.table.rows
    ]


def said(found: Section) -> str:
    notes = [plain(*one.notes) for one in found.blocks if isinstance(one, Exhibit)]
    return " ".join(
        [plain(found.intro), *(plain(one.text) for one in found.blocks if isinstance(one, Paragraph)), *notes]
    )


def some(left: int = 9, due: str | None = "2026-07-01", **more: str) -> list[Journey]:
    """An epic with so many stories left, of people who finish one a working day."""
    epic = an_epic(due=due, **more) if due else an_epic(**more)
    return [epic, *(a_story(f"S-{n}") for n in range(left)), *finished(60)]


class TestDates:
    def test_are_a_range_with_the_likelihood_of_the_due_date(self) -> None:
        found = section(ahead_of(*some()), *some())

        assert rows(found, "forecast") == [
            ["Title of EE, 9 stories left", "1 Jul", "over 95%", "12 Jun70%: 12 Jun", "12 Jun95%: 12 Jun"]
        ]

    @LOCALES
    def test_are_never_certain_while_anything_is_left(self, locale: str) -> None:
        found = section(ahead_of(*some(left=1, due="2027-06-01")), *some(), locale=locale)

        assert not any("100" in cell for row in rows(found, "forecast") for cell in row)
        assert "100" not in plain(found.intro)

    def test_that_cannot_be_told_say_why(self) -> None:
        work = [an_epic(due="2026-07-01"), a_story("S-1")]

        found = section(ahead_of(*work), *work)

        assert rows(found, "forecast")[0][2:] == [
            "not known",
            "too early to say" + f"nothing of an epic was finished in {SOURCE} in the last 60 days",
            "not known",
        ]
        assert plain(found.headline) == "No date can be forecast yet"

    def test_of_what_waits_for_the_unknown_are_told_as_if_it_did_not(self) -> None:
        found = section(ahead_of(*some(), predecessors={"E": ("X-9",)}), *some())

        (row,) = rows(found, "forecast")
        assert row[3] == (
            "too early to say" + "it waits for X-9, of which nothing can be forecast; "
            "if it waited for nothing: 12 Jun to 12 Jun"
        )

    def test_of_what_is_finished_and_not_closed_are_none(self) -> None:
        found = section(ahead_of(*some(left=0)), *some(left=0))

        assert "nobody has closed it" in rows(found, "forecast")[0][3]

    @pytest.mark.parametrize(
        ("locale", "said"),
        [
            ("en", "no item is left below it, and one feature is still open"),
            ("fr", "il n’y reste aucun élément à faire, et une feature est encore ouverte"),
        ],
    )
    def test_of_what_has_no_item_left_and_an_open_feature_are_none_and_it_is_not_finished(
        self, locale: str, said: str
    ) -> None:
        feature = a_journey("2026-03-01", key="F", level="feature", parent="E")
        work = [an_epic(due="2026-07-01"), feature, a_story("F-1", "2026-05-20", parent="F"), *finished(60)]

        found = section(ahead_of(*work), *work, locale=locale)

        assert said in rows(found, "forecast")[0][3]

    def test_that_are_missed_in_the_table_are_as_many_as_in_the_headline(self) -> None:
        closed = [an_epic("C", due="2026-05-05"), a_story("C-1", "2026-05-20", parent="C")]
        work = [*some(due="2026-06-05"), *closed, an_epic("O", due="2026-05-06"), a_story("O-1", parent="O")]

        found = section(ahead_of(*work), *work)

        likely = {plain(row[0].note).split(",")[0]: row[2] for row in cells(found, "forecast")}
        assert plain(found.headline) == "Each of the two due dates is missed, or likely to be"
        assert [name for name, cell in likely.items() if cell.status is Status.BAD] == ["O", "E"]
        assert plain(likely["C"].text) == "to be closed"

    @LOCALES
    def test_tell_a_year_that_both_ends_share_once(self, locale: str) -> None:
        work = some(left=300, due=None)
        outlook = ahead_of(*work)

        told = plain(
            date_range(
                Scribe(reckon(a_page_of(outlook, *work)), Words(locale=locale, year=2026, zone=a_book().calendar.zone)),
                outlook.forecasts.epics[0],
            )
        )

        assert told.count("2027") == 1

    def test_that_will_rather_be_missed_are_the_headline(self) -> None:
        found = section(ahead_of(*some(due="2026-06-05")), *some())

        assert plain(found.headline) == "The one due date is missed, or likely to be"

    def test_of_a_size_that_is_assumed_say_so(self) -> None:
        sized: list[Journey] = []
        for n in range(10):
            sized += [
                an_epic(f"D{n}", "2026-01-05", finished="2026-04-01"),
                a_story(f"T{n}", "2026-03-02", parent=f"D{n}"),
            ]
        work = [*some(left=0), *sized, an_epic("F", None, due="2026-09-01")]

        found = section(ahead_of(*work), *work)

        assert rows(found, "forecast")[1][0] == "Title of FF, not split yet (size assumed)"
        assert "A size that is assumed is drawn from finished ones of its type." in said(found)

    @pytest.mark.parametrize(
        ("locale", "expected"),
        [
            ("en", "Of type Story fewer than ten were finished: one is assumed to have 3 to 5 items, as the"),
            ("fr", "Moins de dix éléments de type Story sont terminés : on leur suppose de 3 à 5 éléments"),
        ],
    )
    def test_of_a_size_that_was_agreed_say_which(self, locale: str, expected: str) -> None:
        bare = an_epic("F", due="2026-08-01")
        agreed = Forecasting(sizes=(AssumedSize(level="epic", least=3, most=5),))

        found = section(ahead_of(*some(), bare, agreed=agreed), *some(), bare, locale=locale)

        assert expected in said(found).replace("\u00a0", " ").replace("\u202f", " ")
        assert "drawn from finished ones" not in said(found)
        assert "–" not in rows(found, "forecast")[1][3]

    @pytest.mark.parametrize(
        ("agreed", "locale", "expected"),
        [
            (
                Forecasting(seed=7),
                "en",
                "trials, seed 7: the same data give the same dates. Drawn from the last 60 days",
            ),
            (Forecasting(window_days=30), "en", "Drawn from the last 30 days before the last reading."),
            (Forecasting(window_days=30), "fr", "On tire parmi les 30 derniers jours avant la dernière lecture."),
        ],
    )
    def test_say_from_which_days_they_are_drawn(self, agreed: Forecasting, locale: str, expected: str) -> None:
        found = section(ahead_of(*some(), agreed=agreed), *some(), locale=locale)

        assert expected in said(found).replace("\u00a0", " ").replace("\u202f", " ")

    @pytest.mark.parametrize(
        ("rank", "agreed", "expected"),
        [
            pytest.param("", Forecasting(), "then by due date, then by age.", id="nobody ranks"),
            pytest.param("0|i00001:", Forecasting(), "then as the trackers rank them;", id="the tracker ranks"),
            pytest.param(
                "0|i00001:", Forecasting(order="kanban", rank=(RANK,)), "the portfolio kanban;", id="the board ranks"
            ),
            pytest.param("0|i00001:", Forecasting(order="dates"), "then by due date, then by age.", id="by dates"),
        ],
    )
    def test_say_in_which_order_epics_are_taken(self, rank: str, agreed: Forecasting, expected: str) -> None:
        epic, *work = some()
        epic = replace(epic, fields={RANK: rank} if rank else {})

        found = section(ahead_of(epic, *work, agreed=agreed), epic, *work)

        assert expected in said(found)

    @pytest.mark.parametrize(
        ("agreed", "place", "expected"),
        [
            pytest.param(
                Forecasting(sizes=(AssumedSize(level="feature", least=30, most=40),)),
                4,
                "15 Jun without what is not split",
                id="beside those that count on it",
            ),
            pytest.param(
                Forecasting(), 3, "of what is split alone: 15 Jun to 15 Jun", id="in the place of those nobody can tell"
            ),
        ],
    )
    def test_are_told_without_what_nobody_has_split_too(self, agreed: Forecasting, place: int, expected: str) -> None:
        bare = a_journey("2026-03-01", key="F", level="feature", parent="E")
        work = [*some(), bare]

        other = [an_epic("G", due="2026-07-02"), a_story("T-1", parent="G")]

        found = section(ahead_of(*work, *other, agreed=agreed), *work, *other)

        first, second = rows(found, "forecast")
        assert expected in first[place]
        assert "split" not in "".join(second)

    def test_none_of_them_is_lost_further_down(self) -> None:
        queue = [an_epic(f"Q{n}", None) for n in range(30)]
        stories = [a_story(f"T{n}", parent=f"Q{n}") for n in range(30)]
        work = [*some(), *queue, *stories]

        found = section(ahead_of(*work), *work)

        shown = len(rows(found, "forecast"))
        assert shown + said(found).count(" to ") >= 31
        assert all(f"Q{n} (" in said(found) for n in range(30))

    def test_say_until_when_what_was_finished_is_known(self) -> None:
        read = replace(a_source_trust(), complete_at=NOW - timedelta(days=10))

        found = section(ahead_of(*some(), sources=[read]), *some())

        assert f"{SOURCE} until 21 May" in said(found)

    def test_are_nowhere_without_an_open_epic(self) -> None:
        scribe = Scribe(
            reckon(a_page_of(ahead_of(), *some())), Words(locale="en", year=2026, zone=a_book().calendar.zone)
        )

        assert forecast(scribe) is None


class TestTheIncrement:
    def test_has_a_number_beside_what_as_many_days_had(self) -> None:
        found = section(ahead_of(*some()), *some())

        assert rows(found, "many") == [["Whole portfolio", "24", "24", "24", "22"]]
        assert "By the end of PI 26.2 (3 Jul), at least 24 stories are finished" in said(found)

    def test_that_promises_what_nobody_has_seen_is_asked_about(self) -> None:
        """T26."""
        before = [one for one in finished(60) if one.finished_at is not None and one.finished_at.month != 5]
        burst = [a_story(f"B-{n}", "2026-04-20") for n in range(40)]
        work = [an_epic(), a_story("S-1"), *before, *burst, *(a_story(f"M-{n}", f"2026-05-0{n}") for n in range(4, 9))]

        found = section(ahead_of(*work), *work)

        assert "Be careful with Whole portfolio" in said(found)
        assert "out of the usual" in rows(found, "many")[0][4]

    def test_tells_how_likely_all_epics_due_in_it_are(self) -> None:
        found = section(ahead_of(*some(due="2026-06-30")), *some())

        assert plain(found.intro).startswith("Over 95% likely: the one epic due by the end of PI 26.2 (3 Jul)")

    def test_is_not_likely_but_done_where_all_work_is_finished(self) -> None:
        found = section(ahead_of(*some(left=0, due="2026-06-30")), *some(left=0))

        assert plain(found.intro) == "The work of the one epic due by the end of PI 26.2 (3 Jul) is finished."


class TestMoves:
    def former(self, *journeys: Journey) -> Foretold:
        at = NOW - timedelta(days=7)
        told = ahead_of(*journeys, at=at)
        return foretold(told.planned, told.forecasts, known_at=at, published_at=at, calendar=a_book().calendar)

    def test_are_told_from_the_second_edition_on(self) -> None:
        assert "from the next edition on" in said(section(ahead_of(*some()), *some()))

    def test_say_why(self) -> None:
        former = self.former(*some(left=4))

        found = section(ahead_of(*some(left=14), former=former), *some())

        (row,) = rows(found, "moved")
        assert row[0] == "Title of EE"
        assert "scope: 14 days later" in row[4]

    @LOCALES
    def test_stand_among_the_changes_of_the_digest(self, locale: str) -> None:
        former = self.former(*some(left=4))
        outlook = ahead_of(*some(left=14), former=former)

        page = digest(reckon(replace(a_book(), outlook=outlook)), locale)

        told = [plain(one.text) for part in page.sections for block in part.blocks if isinstance(block, Changes)
                for one in block.entries]  # fmt: skip
        words = {
            "en": "E Title of E: with 85% by 19 Jun; the last edition said 29 May (scope: 14 days later, "
            "throughput: 7 days later). Flow not stable.",
            "fr": "E Title of E : 85 % au 19 juin ; l’édition précédente disait le 29 mai "
            "(périmètre : 14 jours plus tard, "
            "débit : 7 jours plus tard). Flux instable.",
        }
        assert words[locale] in told

    def test_of_a_day_or_so_are_chance(self) -> None:
        work = some(left=14)
        former = self.former(*work)
        a_week_later = [one for one in work if one.key not in {f"S-{n}" for n in range(5)}]
        a_week_later += [a_story(f"S-{n}", f"2026-05-{25 + n}") for n in range(5)]

        found = section(ahead_of(*a_week_later, former=former), *work)

        assert "No 85% date has really moved since 25 May." in said(found)


class TestWhatCameTrue:
    def given(self, n: int) -> list[Given]:
        day = date(2026, 5, 1)
        return [
            Given(
                edition="w10",
                as_of=date(2026, 3, 2),
                promise=Promise(
                    item=ItemId(SOURCE, f"P{i}"), key=f"P{i}", kind=WHEN, percentile=85, day=day, trials=10_000
                ),
            )
            for i in range(n)
        ]

    def epics(self, kept: int, n: int) -> list[Journey]:
        return [an_epic(f"P{i}", finished="2026-04-30" if i < kept else "2026-05-20") for i in range(n)]

    @pytest.mark.parametrize(
        ("kept", "words"),
        [
            pytest.param(14, "14 of 20 dates told with 85% were met (70%): optimistic so far.", id="T25"),
            pytest.param(
                13, "13 of 20 dates told with 85% were met (65%): our forecasts are over-confident.", id="red"
            ),
            pytest.param(17, "17 of 20 dates told with 85% were met (85%): as promised.", id="as promised"),
        ],
    )
    def test_is_held_against_what_was_promised(self, kept: int, words: str) -> None:
        work = [*some(), *self.epics(kept, 20)]

        assert words in said(section(ahead_of(*work, given=self.given(20)), *work))

    @pytest.mark.parametrize("n", [pytest.param(0, id="none came"), pytest.param(4, id="a few")])
    @LOCALES
    def test_stands_before_every_date_until_it_is_proven(self, n: int, locale: str) -> None:
        work = [*some(), *self.epics(n, n)]

        first = section(ahead_of(*work, given=self.given(n)), *work, locale=locale).blocks[0]

        assert isinstance(first, Paragraph)
        words = {
            ("en", 0): "Not yet tested: no day that an edition had forecast has come",
            ("fr", 0): "Pas encore vérifié : aucun jour prévu par une édition n’est encore venu",
            ("en", 4): "4 of 4 dates told with 85% were met: too few to judge our forecasts by.",
            ("fr", 4): "Dates tenues : 4 sur 4 annoncées à 85\u202f%, trop peu pour juger",
        }
        assert plain(first.text).startswith(words[locale, n])

    def test_stands_after_the_dates_once_it_is_proven(self) -> None:
        work = [*some(), *self.epics(17, 20)]

        found = section(ahead_of(*work, given=self.given(20)), *work)

        assert "17 of 20" not in " ".join(plain(one.text) for one in found.blocks[:2] if isinstance(one, Paragraph))
        assert "17 of 20 dates told with 85% were met (85%): as promised." in said(found)

    @LOCALES
    def test_stands_below_the_likely_dates_of_a_theme_until_it_is_proven(self, locale: str) -> None:
        work = [*some(), *self.epics(13, 20)]
        book = a_book()
        numbers = reckon(replace(book, outlook=ahead_of(*work, given=self.given(20))))

        (block,) = epics(
            Scribe(numbers, Words(locale=locale, year=2026, zone=book.calendar.zone)), numbers.themes[0]
        ).blocks

        assert isinstance(block, Exhibit)
        assert "13" in plain(*block.notes)

    def test_is_not_judged_by_a_few(self) -> None:
        work = [*some(), *self.epics(0, 4)]

        assert "0 of 4 dates told with 85% were met: too few" in said(
            section(ahead_of(*work, given=self.given(4)), *work)
        )


@LOCALES
def test_the_page_stays_in_its_limits_with_a_long_queue(locale: str) -> None:
    book = a_book()
    queue = [an_epic(f"Q{n}", "2026-03-01", due="2026-09-01") for n in range(90)]
    work = [*some(), *queue, *(a_story(f"T{n}", parent=f"Q{n}") for n in range(90))]
    outlook = ahead_of(*work)
    numbers = reckon(replace(book, outlook=outlook))
    words = Words(locale=locale, year=2026, zone=book.calendar.zone)

    whole, short = (html(one(numbers, locale), words=words) for one in (flow_and_forecasts, overview))

    assert 'id="forecast"' in whole
    assert f'href="flow.{locale}.html#forecast"' in short
    assert max(len(whole.encode()), len(short.encode())) < BUDGET


@LOCALES
def test_the_same_facts_give_the_same_bytes(locale: str) -> None:
    def told() -> tuple[str, str]:
        page = flow_and_forecasts(reckon(a_page_of(ahead_of(*some()), *some())), locale)
        words = Words(locale=locale, year=2026, zone=a_book().calendar.zone)
        return html(page, words=words), markdown(page, words=words)

    assert told() == told()
