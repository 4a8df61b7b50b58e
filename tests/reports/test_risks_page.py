"""The page of risks and dependencies: as the metrics say, in both languages, and silent where nothing is wrong."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from domain.board import Board
from domain.journey import Journey
from domain.precedence import Precedence, Unresolved
from domain.risks import RiskRules
from domain.work_item import ItemId
from metrics.dependencies import Edge
from metrics.forecasts.situation import Situation
from metrics.forecasts.when import Forecast, Forecasts
from metrics.hazards import Hazards
from metrics.risk import Risk, Roam, Rules
from metrics.risk_register import Recorded, Register
from reports import hazards as told_by
from reports.book import Book
from reports.data import tables
from reports.findings import findings
from reports.findings.engine import Name
from reports.packs.digest import digest
from reports.packs.overview import overview
from reports.packs.review import review
from reports.packs.risks import risks
from reports.page import Changes, Empty, Exhibit, Page, Paragraph, Section, Table, plain
from reports.reckoning import Reckoning, reckon
from reports.render.html import html
from reports.render.markdown import markdown
from reports.sections.dependencies import awaited
from reports.sections.scribe import Scribe
from reports.words.catalogue import Words
from tests.builders import a_journey, a_moment
from tests.reports.books import a_book

LOCALES = pytest.mark.parametrize("locale", ["en", "fr"])
GOOD = {"owner": "Ada Lovelace", "due_on": date(2027, 3, 1), "next_step": "Ask the supplier", "accepted_by": "Ada"}


def a_risk(key: str, roam: Roam | None = Roam.OWNED, probability: str | None = "0.5", impact: int | None = 100_000_00,
           **told: object) -> Recorded:  # fmt: skip
    """A risk that breaks no rule, unless it is told to."""
    journey = replace(a_journey(created="2026-03-01", key=key, level=None, source="claims", train="ART 1"),
                      title=f"Title of {key}")  # fmt: skip
    risk = Risk(
        key=key, id=journey.id, raised_on=date(2026, 3, 1), roam=roam,
        probability=None if probability is None else Decimal(probability), impact=impact,
        **{**GOOD, "touched_on": date(2026, 11, 1), **told},  # type: ignore[arg-type] # its further fields by name
    )  # fmt: skip
    return Recorded(journey=journey, states=((a_moment("2026-03-01"), risk),))


def an_epic(key: str, *, train: str = "ART 1", started: str | None = None, finished: str | None = None) -> Journey:
    return a_journey(started, finished, key=key, level="epic", train=train, source="claims", owner="Grace Hopper")


def a_book_with(
    *recorded: Recorded,
    edges: Sequence[Edge] = (),
    items: Sequence[Journey] = (),
    unresolved: Sequence[Unresolved] = (),
) -> Book:
    register = Register(risks=recorded, rules=RiskRules(roam={"closed": "resolved"}))
    hazards = Hazards(
        register=register,
        hygiene=Rules(untouched_days=84),
        has_risk_rules=True,
        edges=edges,
        waits=Precedence(unresolved=tuple(unresolved)),
        horizon=date(2026, 12, 20),
    )
    book = a_book()
    return replace(
        book, hazards=hazards, journeys=(*book.journeys, *items, *(one.journey for one in recorded)), decisions=()
    )


def numbers_with(
    book: Book, likely: Mapping[str, tuple[date, date]] | None = None, *, starts: Mapping[str, date] | None = None
) -> Reckoning:
    """A reckoning whose forecasts say these 50 and 85 % days of epics, by key, and when half of them would begin."""
    if likely is None:
        return reckon(book)
    from reports.outlook import look_ahead  # noqa: PLC0415 - only where a forecast is needed

    situation = Situation(
        journeys=book.journeys, calendar=book.calendar, as_of=book.as_of, portfolio=book.portfolio.id,
        sources=book.trust,
    )  # fmt: skip
    ahead = look_ahead(situation)
    by_key = {journey.key: name for name, journey in ahead.planned.epics.items()}
    known = {by_key[key]: days for key, days in likely.items()}
    begun = {by_key[key]: {50: day} for key, day in (starts or {}).items()}

    def told(one: Forecast) -> Forecast:
        days, one = known.get(one.id), replace(one, starts=begun.get(one.id, {}))
        return one if days is None else replace(one, refused=None, dates={50: days[0], 85: days[1]})

    found = replace(ahead.forecasts, epics=tuple(map(told, ahead.forecasts.epics)))
    assert isinstance(found, Forecasts)
    return reckon(replace(book, outlook=replace(ahead, forecasts=found)))


def section(page: Page, id: str) -> Section:
    return next(one for one in page.sections if one.id == id)


def all_tables(section: Section) -> list[Table]:
    return [block.table for block in section.blocks if isinstance(block, Exhibit)]


def cells(table: Table) -> list[list[str]]:
    return [[plain(cell.text) for cell in row.cells] for row in table.rows]


def data(numbers: Reckoning, name: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(tables(numbers, packs=["risks"])[name].decode("utf-8-sig"))))


LATE = (date(2027, 2, 1), date(2027, 4, 1))
WAIT = Edge(before=ItemId("claims", "E-1"), after=ItemId("claims", "E-2"), needed_on=date(2026, 12, 10))
ENDS = (an_epic("E-1", train="ART 1", started="2026-09-01"), an_epic("E-2", train="ART 2"))


def test_the_five_largest_come_first_and_those_not_estimated_come_last_and_are_not_zero() -> None:
    sized = [a_risk(f"R-{n}", impact=n * 10_000_00) for n in range(1, 4)]
    numbers = reckon(a_book_with(a_risk("R-0", probability=None), *sized))

    (table, *_) = all_tables(section(risks(numbers, "en"), "risks"))

    assert [row[0] for row in cells(table)] == ["R-3", "R-2", "R-1", "R-0"]
    assert [row[1] for row in cells(table)] == ["€15k", "€10k", "€5k", "not estimated"]


@LOCALES
def test_risks_that_nobody_has_estimated_have_no_sum(locale: str) -> None:
    numbers = reckon(a_book_with(a_risk("R-1", probability=None), a_risk("R-2", impact=None)))

    for page in (risks(numbers, locale), review(numbers, locale), overview(numbers, locale)):
        told = markdown(page, words=a_voice(page))
        assert not re.search(r"€0\b|\b0\s€", told), page.report
    assert {"en": "not estimated", "fr": "non estimé"}[locale] in told


@LOCALES
def test_where_nobody_says_which_items_are_risks_there_is_no_exposure_and_no_count(locale: str) -> None:
    numbers = reckon(replace(a_book(), hazards=replace(a_book_with().hazards, has_risk_rules=False)))

    figures = {one.id: one.value for one in risks(numbers, locale).figures if one.id in ("exposure", "risks")}

    unknown = {"en": "not known", "fr": "non connu"}[locale]
    assert figures == {"exposure": unknown, "risks": unknown}
    said = {"en": "which items are risks is not said yet", "fr": "quels éléments sont des risques n’est pas encore dit"}
    assert said[locale] in plain(review(numbers, locale).sections[0].headline)


def test_residual_figures_alone_leave_what_mitigation_saved_unknown() -> None:
    risk = a_risk(
        "R-1", Roam.MITIGATED, probability=None, residual_probability=Decimal("0.2"), residual_impact=40_000_00
    )
    numbers = reckon(a_book_with(risk))

    told = markdown(risks(numbers, "en"), words=a_voice(risks(numbers, "en")))

    assert "Without mitigation: not known" in told
    assert not re.search(r"€0\b", told)


def test_a_late_dependency_and_a_risk_without_owner_lead_the_page_and_reach_the_overview() -> None:
    numbers = numbers_with(a_book_with(a_risk("R-1", owner=None), edges=[WAIT], items=ENDS), {"E-1": LATE})

    kinds = [one.kind for one in findings(numbers)]
    page = risks(numbers, "en")

    assert {"dependency_late", "risk_unowned"} <= set(kinds)
    assert "too late for" in plain(page.headline)
    assert [question.id for question in page.decisions] == ["own-R-1", "wait-E-2-E-1"]
    meta = plain(page.decisions[1].meta)
    assert "Grace Hopper answers for it. What waits is not begun itself (“to do”): likely" in meta
    scribe = Scribe(numbers, Words(locale="en", year=2026, zone=numbers.book.calendar.zone))
    assert plain(awaited(scribe, WAIT.after)) == "It waits for E-1, likely 1 Feb to 1 Apr 2027."
    assert awaited(scribe, WAIT.before) == ()
    assert "Title of R-1" in plain(*[cell.text for table in all_tables(section(overview(numbers, "en"), "risk"))
                                     for row in table.rows for cell in row.cells])  # fmt: skip

    board = Board(states=("analysing",), by_status={"to do": "analysing"})
    named = replace(numbers.book, portfolio=replace(numbers.book.portfolio, board=board), kept={})
    meta = plain(risks(numbers_with(named, {"E-1": LATE}), "fr").decisions[1].meta)
    assert "(« Analyse »)" in meta.replace("\u00a0", " ")


@LOCALES
def test_a_need_that_only_the_forecast_dates_is_told_as_one(locale: str) -> None:
    book = a_book_with(edges=[replace(WAIT, needed_on=None)], items=ENDS)
    numbers = numbers_with(book, {"E-1": LATE})
    assert data(numbers, "dependencies")[0]["health"] == "unknown"

    numbers = numbers_with(book, {"E-1": LATE}, starts={"E-2": date(2026, 12, 10)})

    page = risks(numbers, locale)
    table = next(one for one in all_tables(section(page, "dependencies")) if one.name == "waits")
    said, name = ("10 Dec", "forecast start") if locale == "en" else ("10 déc.", "début prévu")
    assert (plain(table.rows[0].cells[2].text), plain(table.rows[0].cells[2].note)) == (said, name)
    assert f"{said}, " in plain(page.decisions[0].meta) and name in plain(page.decisions[0].meta)
    begins = {"en": "“Title of E-2” could begin before “Title of E-1” is done",
              "fr": "« Title of E-2 » pourrait commencer avant la fin de « Title of E-1 »"}[locale]  # fmt: skip
    assert begins in plain(page.headline)
    (row,) = data(numbers, "dependencies")
    assert (row["needed_on"], row["need_from"], row["health"]) == ("2026-12-10", "forecast", "late")


@pytest.mark.parametrize(
    ("locale", "said", "plainly"),
    [
        ("en", "would not begin before Wed 20 Jan 2027 anyway", "is likely to wait 53 days longer"),
        ("fr", "ne commencerait de toute façon pas avant le mer. 20 janv. 2027", "devrait attendre 53 jours de plus"),
    ],
)
def test_what_would_not_begin_in_time_anyway_is_not_said_to_wait_from_its_agreed_day_on(
    locale: str, said: str, plainly: str
) -> None:
    book = a_book_with(a_risk("R-1", owner=None), edges=[WAIT], items=ENDS)

    later, in_time = (
        plain(risks(numbers_with(book, {"E-1": LATE}, starts={"E-2": day}), locale).standfirst).replace("\u00a0", " ")
        for day in (date(2027, 1, 20), date(2026, 12, 10))
    )

    assert (said in later, plainly in later) == (True, False)
    assert (said in in_time, plainly in in_time) == (False, True)


def test_a_need_that_people_dated_is_told_before_an_earlier_one_of_the_forecast() -> None:
    other = an_epic("E-3", train="ART 2")
    book = a_book_with(edges=[replace(WAIT, after=other.id, needed_on=None), WAIT], items=[*ENDS, other])
    numbers = numbers_with(book, {"E-1": LATE}, starts={"E-3": date(2026, 12, 3)})

    (told,) = (one for one in findings(numbers) if one.kind == "dependency_late")

    assert (told.variant, told.facts["needed"], told.facts["after"]) == ("", WAIT.needed_on, Name("Title of E-2"))
    assert [question.id for question in risks(numbers, "en").decisions] == ["wait-E-2-E-1", "wait-E-3-E-1"]


@LOCALES
def test_a_quiet_portfolio_raises_nothing(locale: str) -> None:
    book = a_book_with(a_risk("R-1"), a_risk("R-2", Roam.ACCEPTED), edges=[WAIT], items=ENDS)
    numbers = numbers_with(book, {"E-1": (date(2026, 11, 25), date(2026, 12, 1))})

    from reports.findings import hazards as rules  # noqa: PLC0415 - the part alone

    assert [one.kind for one in findings(numbers, parts=(rules,))] == ["quiet"]
    page = risks(numbers, locale)
    assert page.decisions == ()
    assert {row[1] for row in cells(all_tables(section(page, "hygiene"))[0])} == {"0"}
    assert told_by.dangers(numbers).dependencies.counts == {"ok": 1}


@LOCALES
def test_an_empty_page_says_why_and_who_can_fill_it(locale: str) -> None:
    page = risks(reckon(replace(a_book(), decisions=())), locale)

    empty = [block for one in page.sections for block in one.blocks if isinstance(block, Empty)]
    assert len(empty) == 3
    assert "vmo.yaml" in plain(empty[0].text)
    assert "{{" not in plain(empty[0].text)


@LOCALES
def test_where_nobody_says_which_items_are_risks_no_risk_is_said_to_be_quiet(locale: str) -> None:
    begun = (an_epic("E-1", started="2026-10-01"), an_epic("E-2", started="2026-11-02"))
    book = a_book_with(edges=[WAIT], items=begun)
    unset = replace(book, hazards=replace(book.hazards, has_risk_rules=False))

    page, known = risks(reckon(unset), locale), risks(reckon(book), locale)

    said = [plain(page.headline), *(plain(one.headline) for one in page.sections)]
    assert said[0] == said[1] == {
        "en": "Which items are risks is not said yet", "fr": "Quels éléments sont des risques n’est pas encore dit",
    }[locale]  # fmt: skip
    assert said[2] == {
        "en": "Whether a risk waits for anybody is not known", "fr": "On ne sait pas si un risque attend quelqu’un",
    }[locale]  # fmt: skip
    assert said[3] in plain(page.standfirst)
    assert ("of risks nothing is known" in said[-1]) or ("des risques, on ne sait rien" in said[-1])
    assert plain(known.headline) == said[3] == plain(section(known, "dependencies").headline)
    assert {"en": "passed over", "fr": "attendue"}[locale] in said[3]


def test_every_figure_of_the_page_is_recomputed_from_the_published_tables() -> None:
    register = (
        a_risk("R-1", Roam.RESOLVED, "0.5", 100_000_00),
        a_risk("R-2", Roam.OWNED, "0.4", 50_000_00, owner=None),
        a_risk("R-3", Roam.ACCEPTED, "0.1", 200_000_00),
        a_risk("R-4", Roam.MITIGATED, "0.6", 80_000_00, residual_probability=Decimal("0.2"),
               residual_impact=40_000_00, has_live_work=True),
        a_risk("R-5", None, "0.5", 30_000_00),
        a_risk("R-6", None, None, 5),
    )  # fmt: skip
    numbers = numbers_with(a_book_with(*register, edges=[WAIT], items=ENDS), {"E-1": LATE})
    rows, waits = data(numbers, "risks"), data(numbers, "dependencies")

    figures = {one.id: one.value for one in risks(numbers, "en").figures}

    exposure = sum(int(row["exposure_minor"]) for row in rows if row["exposure_minor"])
    assert (exposure, figures["exposure"]) == (63_000_00, "€63k")
    assert sum(int(row["inherent_minor"]) for row in rows if row["inherent_minor"]) == 103_000_00
    assert figures["risks"] == str(sum(row["roam"] != "resolved" for row in rows))
    assert figures["late"] == str(sum(row["health"] == "late" for row in waits)) == "1"
    good = sum(row["health"] in ("resolved", "ok") for row in waits)
    assert figures["health"] == f"{round(100 * good / len(waits))}%"
    assert data(numbers, "risk-months")[-1]["exposure_minor"] == "6300000"
    assert [row["faults"] for row in rows if row["key"] == "R-2"] == ["no_owner"]


def test_names_that_lead_nowhere_are_listed_with_their_place_and_mend() -> None:
    lost = (Unresolved(where="dependencies.csv, line 4", name="PAY-9", reason="not_held"),)

    page = risks(reckon(a_book_with(unresolved=lost)), "en")

    (table,) = all_tables(section(page, "dependencies"))
    assert cells(table) == [
        ["dependencies.csv, line 4", "PAY-9", "we hold no such item; mend the key, or read its project"]
    ]


def some_trains(count: int) -> tuple[list[Edge], list[Journey]]:
    items = [an_epic(f"T-{n}", train=f"ART {n:02}") for n in range(count)]
    edges = [Edge(before=items[n].id, after=items[n - 1].id) for n in range(1, count)]
    return edges, items


@pytest.mark.parametrize(("count", "shape"), [(12, (12, 13)), (24, (20, 4))], ids=["a matrix", "the busiest pairs"])
def test_above_twelve_trains_the_twenty_busiest_pairs_are_listed(count: int, shape: tuple[int, int]) -> None:
    edges, items = some_trains(count)

    page = risks(reckon(a_book_with(edges=edges, items=items)), "en")

    (table, *_) = all_tables(section(page, "dependencies"))
    assert (len(table.rows), len(table.columns)) == shape
    if count == 12:
        assert cells(table)[0] == ["ART 01", "1", *["0"] * 10, "1"]
        assert cells(table)[-1][-1] == "11"


def test_the_matrix_marks_how_many_come_late() -> None:
    numbers = numbers_with(a_book_with(edges=[WAIT], items=ENDS), {"E-1": LATE})

    (table, *_) = all_tables(section(risks(numbers, "en"), "dependencies"))

    assert cells(table) == [["ART 1", "1 ■1", "1 ■1"], ["All", "1 ■1", "1 ■1"]]


def test_a_ring_is_named_item_by_item() -> None:
    back = Edge(before=ItemId("claims", "E-2"), after=ItemId("claims", "E-1"))
    page = risks(reckon(a_book_with(edges=[WAIT, back], items=(an_epic("E-1"), an_epic("E-2")))), "en")

    said = [plain(block.text) for block in section(page, "dependencies").blocks if isinstance(block, Paragraph)]

    assert said == ["A ring: E-1, E-2 wait for each other; one of the links must go."]


@LOCALES
def test_a_stale_tracker_keeps_its_numbers_out_of_the_headline(locale: str) -> None:
    book = a_book_with(a_risk("R-1", owner=None))
    stale = replace(book, trust=a_book(is_stale=True).trust)

    said = plain(risks(reckon(stale), locale).headline)

    assert ("not fresh" in said) or ("pas frais" in said)


@LOCALES
def test_the_page_is_rendered_in_both_forms(locale: str) -> None:
    numbers = numbers_with(a_book_with(a_risk("R-1", owner=None), edges=[WAIT], items=ENDS), {"E-1": LATE})
    page = risks(numbers, locale)

    words = a_voice(page)
    assert len(html(page, words=words).encode()) < 1_000_000
    told = markdown(page, words=words)
    assert told.count("\n# ") == 1
    assert "R-1" in told
    assert "{" not in told.split("---", 2)[2]


def a_voice(page: Page) -> Words:
    return Words(locale=page.locale, year=page.day.year, zone=a_book().calendar.zone)


def test_risks_that_were_raised_or_resolved_since_are_among_what_changed() -> None:
    old, new = a_risk("R-1"), a_risk("R-2")
    ((_, before),) = old.states
    resolved = replace(old, states=(*old.states, (a_moment("2026-11-20"), replace(before, roam=Roam.RESOLVED))))
    raised = replace(new, states=((a_moment("2026-11-18"), new.states[0][1]),))

    (block, *_) = section(digest(reckon(a_book_with(resolved, raised, a_risk("R-3"))), "en"), "changes").blocks

    assert isinstance(block, Changes)
    told = [(one.label, plain(one.text)) for one in block.entries if one.label.startswith("Risk")]
    assert told == [("Risk raised", "R-2 Title of R-2"), ("Risk resolved", "R-1 Title of R-1")]
