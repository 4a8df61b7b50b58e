"""The value ledger on its page, on theme pages and in the headline; each figure is that of the exported tables."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from domain.journey import Journey
from domain.set_aside import Mistake, SetAside
from domain.strategy import Benefit, Decision, Kpi, Reading, Silence
from domain.work_item import RELEASED
from metrics.ledger import hypotheses
from metrics.table import metric_rows
from metrics.trust import RIBBON_BELOW
from reports.book import Book
from reports.contents import printed
from reports.findings import findings, headline
from reports.ledger import ledger
from reports.packs.ledger import value_ledger
from reports.packs.overview import overview
from reports.packs.quality import quality
from reports.packs.theme import theme
from reports.page import Changes, Exhibit, Page, Section, Status, Table, plain
from reports.reckoning import reckon
from reports.render.html import html
from reports.render.markdown import markdown
from reports.sections.crossings import crossings
from reports.sections.ledger import unplanned_of
from reports.sections.scribe import Scribe
from reports.words.catalogue import LOCALES, Words
from tests.builders import a_benefit, a_decision, a_journey, a_key_result, a_reading, a_theme, an_indicator
from tests.reports.books import AS_OF, a_book

TODAY = reckon(a_book()).today  # 22 November 2026
DONE = a_journey("2026-01-10", "2026-06-01", key="BET-1", level="epic", owner="A. Martin", themes={"settle-fast": 1})
OTHER = a_journey("2026-01-10", "2026-06-01", key="BET-2", level="epic", owner="B. Morel")
KPIS = tuple(
    Kpi(id=id, name=f"KPI {id}", unit="%", lens=lens, business_result=result)
    for id, lens, result in (
        ("up", "current_value", "value"), ("flat", "current_value", None), ("mute", "time_to_market", "cost"),
    )
)  # fmt: skip
BY = "2026-09-30"
CONFIRMED = a_benefit(
    0, 100, id="confirmed", kpi="up", item="BET-2", planned_amount=300_000_00,
    indicators=[an_indicator(0, 50, kpi="up", by=BY)],
)  # fmt: skip
REFUTED = a_benefit(
    0, 100, id="refuted", kpi="flat", item="BET-1", planned_amount=200_000_00,
    indicators=[an_indicator(0, 50, kpi="flat", by=BY)],
)  # fmt: skip
UNMEASURED = a_benefit(
    0, 100, id="unmeasured", kpi="mute", item="BET-1", planned_amount=900_000_00,
    indicators=[an_indicator(0, 50, kpi="mute", by=BY)],
)  # fmt: skip
SOON = a_benefit(
    0, 100, id="soon", kpi="flat", item="BET-2", indicators=[an_indicator(0, 50, kpi="flat", by="2027-01-15")]
)
READINGS = tuple(
    a_reading(value, day, kpi=kpi) for kpi, value in (("up", 60), ("flat", 10)) for day in ("2026-09-20", "2026-11-15")
)


def a_book_of(
    *benefits: Benefit, readings: Sequence[Reading] = READINGS, decisions: Sequence[Decision] = (), kpis: bool = True
) -> Book:
    book = a_book()
    first, *others = book.portfolio.themes
    portfolio = replace(
        book.portfolio,
        themes=(replace(first, benefits=benefits), *others),
        kpis=(*book.portfolio.kpis, *(KPIS if kpis else ())),
    )
    items = (*book.journeys, DONE, OTHER)
    return replace(
        book, portfolio=portfolio, readings=(*book.readings, *readings), journeys=items, decisions=tuple(decisions)
    )


def page_of(book: Book, locale: str = "en") -> Page:
    return value_ledger(reckon(book), locale)


def section(page: Page, id: str) -> Section:
    return next(one for one in page.sections if one.id == id)


def table(page: Page, id: str) -> Table:
    block = section(page, id).blocks[0]
    assert isinstance(block, Exhibit)
    return block.table


def tables_of(page: Page, id: str, *, names: set[str]) -> list[Table]:
    found = [block.table for block in section(page, id).blocks if isinstance(block, Exhibit)]
    return [one for one in found if one.name in names]


def column(page: Page, id: str, number: int) -> list[str]:
    return [plain(row.cells[number].text) for row in table(page, id).rows]


def test_what_nobody_measured_is_the_headline_and_what_it_asks_for_stands_beside() -> None:
    page = page_of(a_book_of(CONFIRMED, REFUTED, UNMEASURED))

    assert plain(page.headline) == "The value of one finished epic has never been measured"
    assert [plain(one.text) for one in page.decisions] == [
        "Measure “Name of unmeasured”, or write off €900k?",
        "“Name of confirmed” is confirmed: do more of it, or end it here?",
        "“Name of refuted” is refuted: persevere, pivot or stop?",
    ]
    assert plain(page.decisions[0].meta) == "A. Martin. BET-1"


def test_a_reading_that_came_after_its_day_is_named_and_is_none_of_that_day() -> None:
    late = a_reading(66, "2026-11-15", kpi="mute")

    told = markdown(
        page_of(a_book_of(UNMEASURED, readings=(*READINGS, late))),
        words=Words(locale="en", year=2026, zone=a_book().calendar.zone),
    )

    assert "KPI mute: no reading by 30 Sep, when 50% was due; 66% on 15 Nov" in told
    assert "KPI mute: no reading; " not in told


def test_each_hypothesis_says_epic_indicator_verdict_and_what_followed() -> None:
    decided = a_decision("D-9", "2026-10-10", item="BET-1", decision="Pivot: fewer steps")

    page = page_of(a_book_of(CONFIRMED, REFUTED, UNMEASURED, SOON, decisions=[decided]))

    assert column(page, "hypotheses", 3) == ["Not measured", "Refuted", "Confirmed", "Inconclusive"]
    assert column(page, "hypotheses", 4) == [
        "Measure it, or write it off", "Pivot: fewer steps", "No decision yet", "nothing to decide yet",
    ]  # fmt: skip
    assert column(page, "hypotheses", 2)[1] == "KPI flat: 10 against 50% by 30 Sep"
    assert column(page, "hypotheses", 5)[:3] == ["A. Martin", "A. Martin", "B. Morel"]
    statuses = [row.cells[3].status for row in table(page, "hypotheses").rows]
    assert statuses == [Status.WARN, Status.BAD, Status.GOOD, Status.NONE]
    followed = table(page, "hypotheses").rows[1].cells[4]
    assert plain(followed.note) == "10 Oct, A. Martin"


@pytest.mark.parametrize(
    ("locale", "said"),
    [
        ("en", "1 confirmed, 2 refuted, 1 inconclusive, 1 not measured and 1 with no verdict possible."),
        ("fr", "1 confirmée, 2 réfutées, 1 non concluante, 1 non mesurée et 1 sans verdict possible."),
    ],
)
def test_each_verdict_is_counted_as_the_table_names_it(locale: str, said: str) -> None:
    again, bare = replace(REFUTED, id="again"), replace(CONFIRMED, id="bare", indicators=())

    page = page_of(a_book_of(CONFIRMED, REFUTED, again, UNMEASURED, SOON, bare), locale)

    assert len(column(page, "hypotheses", 3)) == 6
    assert said in plain(page.standfirst)
    assert said in plain(section(page, "hypotheses").intro)


@pytest.mark.parametrize("locale", LOCALES)
def test_what_nobody_valued_or_measured_is_no_zero(locale: str) -> None:
    bare = replace(CONFIRMED, indicators=())
    approved = replace(UNMEASURED, approved_on=date(2026, 3, 1), forecast={6: 100_00})
    books = [a_book_of(replace(UNMEASURED, planned_amount=None)), a_book_of(bare), a_book_of(approved), a_book_of(SOON)]

    unvalued, unsaid, unread, quiet = (page_of(one, locale) for one in books)
    rows = [list(metric_rows(
        (DONE, OTHER), portfolio=one.portfolio, calendar=one.calendar, as_of=one.as_of, waiting_known=(),
        readings=one.readings,
    )) for one in books[:2]]  # fmt: skip
    last = [{str(row["metric"]): row["value"] for row in each if row["scope"] == "portfolio"} for each in rows]

    trends = [
        plain(figure.trend)
        for page in (unvalued, unsaid, quiet)
        for figure in page.figures
        if figure.id == "unmeasured"
    ]
    assert trends == {
        "en": ["Nobody has said what they are worth.", "One finished epic has no indicator to be measured by.",
               "Nothing finished is overdue to be measured."],
        "fr": ["Personne n’a dit ce qu’ils valent.", "Un epic fini n’a pas d’indicateur pour être mesuré.",
               "Rien de ce qui est fini n’est en retard de mesure."],
    }[locale]  # fmt: skip
    assert (
        plain(section(unread, "accuracy").headline)
        == {
            "en": "Nobody knows yet how right the forecasts were",
            "fr": "Nul ne sait encore si les prévisions étaient justes",
        }[locale]
    )
    amounts = ("realised", "planned_to_date", "planned_total", "unmeasured")
    assert {last[0][f"benefit_amount:{name}"] for name in amounts} == {None}
    assert (last[0]["unmeasured_value"], last[1]["unmeasured_value"], last[1]["verdicts:confirmed"]) == (1, None, None)


def test_a_portfolio_without_a_hypothesis_says_who_can_declare_one() -> None:
    page = page_of(a_book())

    assert plain(page.headline) == "No value hypothesis is declared yet"
    assert "Settings" not in plain(section(page, "hypotheses").headline)
    assert page.decisions == ()
    assert plain(section(page, "due").headline) == (
        "Which verdicts come next is not known: no benefit hypothesis is declared"
    )
    book = a_book()
    bare = page_of(replace(book, portfolio=replace(book.portfolio, kpis=(), themes=()), readings=()))
    assert plain(section(bare, "lenses").headline) == "What the lenses would show is not known: no KPI is declared"


def test_verdicts_of_the_next_sixty_days_come_with_their_theme_and_owner() -> None:
    page = page_of(a_book_of(REFUTED, SOON))

    assert plain(section(page, "due").headline) == "One verdict is due within 60 days"
    assert column(page, "due", 0) == ["15 Jan 2027"]
    assert column(page, "due", 3) == ["Settle claims in days, not weeks"]


def test_a_lens_without_a_fresh_kpi_is_printed_empty() -> None:
    page = page_of(a_book_of(CONFIRMED))

    lenses = dict(zip(column(page, "lenses", 0), column(page, "lenses", 1), strict=True))
    assert lenses["Unrealised value"] == "Empty: no KPI is tagged with it"
    assert lenses["Cost"] == "Empty: no KPI of it has a fresh reading"
    assert lenses["Value"] == "KPI up 60% (15 Nov)"
    assert lenses["Time to market"].startswith("85% of ")  # flow itself feeds it
    assert len(lenses) == 8


@pytest.mark.parametrize(
    ("locale", "lens", "told", "lacking"),
    [
        ("en", "Ability to innovate", "whose plan is known were created after it began", "unplanned share not known"),
        ("fr", "Capacité d’innover", "dont le plan est connu ont été créés après son début",
         "part non planifiée inconnue"),
        ("en", "Time to market", "newest release known: 7 days ago (", "release age not known"),
        ("fr", "Délai de mise sur le marché", "dernière livraison connue : il y a 7 jours (",
         "âge de la dernière livraison inconnu"),
    ],
)  # fmt: skip
def test_a_lens_tells_what_flow_feeds_it_with_or_that_this_is_not_known(
    locale: str, lens: str, told: str, lacking: str
) -> None:
    unknown = a_book_of(CONFIRMED)
    released = {RELEASED: (reckon(unknown).today - timedelta(days=7)).isoformat()}
    dated = [replace(one, planned_on=date(2025, 1, 6), fields=released) for one in unknown.journeys]

    before, after = (
        next(row.cells[1] for row in table(page_of(book, locale), "lenses").rows if plain(row.cells[0].text) == lens)
        for book in (unknown, replace(unknown, journeys=tuple(dated)))
    )

    assert (told in plain(before.text), lacking in plain(before.note)) == (False, True)
    assert (told in plain(after.text), plain(after.note)) == (True, "")


@pytest.mark.parametrize(
    ("locale", "told"),
    [("en", "the plan of one alone is known: 0.0% created after it began"),
     ("fr", "un seul a un plan connu : 0,0 % de créés après son début")],
)  # fmt: skip
def test_of_one_planned_item_the_lens_speaks_as_of_one(locale: str, told: str) -> None:
    book = a_book_of(CONFIRMED)
    flow = reckon(book).flow
    assert flow is not None
    one = next(each for each in book.journeys if each.key in unplanned_of(book, flow).excluded["no_plan"])
    dated = [replace(each, planned_on=date(2030, 1, 6)) if each is one else each for each in book.journeys]

    rows = table(page_of(replace(book, journeys=tuple(dated)), locale), "lenses").rows

    assert any(told in plain(row.cells[1].text).replace("\u202f", " ") for row in rows)


def test_the_newest_release_is_told_of_its_items_where_no_level_flows() -> None:
    numbers = reckon(a_book_of(CONFIRMED))
    item = numbers.book.journeys[0]
    for one in (numbers, replace(numbers, flow=None)):
        assert [each.pages for each in printed(one, item) if each.metric == "release_age"] == [("ledger",)]


@pytest.mark.parametrize(
    ("locale", "short", "whole"),
    [
        ("en", "€100k of it rests on old readings.",
         "€100k of it rests on readings older than their KPI allows: “Name of worth”."),
        ("fr", "100 k€ en reposent sur des relevés anciens.",
         "100 k€ en reposent sur des relevés plus anciens que leur KPI ne l’admet : « Name of worth »."),
    ],
)  # fmt: skip
def test_what_was_realised_by_old_readings_is_named(locale: str, short: str, whole: str) -> None:
    worth = a_benefit(0, 100, id="worth", kpi="up", planned_amount=200_000_00)
    old = a_book_of(worth, readings=[a_reading(50, "2026-03-01", kpi="up")])
    fresh = a_book_of(worth, readings=[a_reading(50, "2026-11-15", kpi="up")])

    def told(book: Book) -> tuple[str, str]:
        numbers = reckon(book)
        figure = next(one for one in page_of(book, locale).figures if one.id == "realised")
        blocks = [one for each in theme(numbers, numbers.themes[0], locale).sections for one in each.blocks]
        notes = [plain(note) for one in blocks if isinstance(one, Exhibit) for note in one.notes]
        return tuple(re.sub(r"[\u00a0\u202f]", " ", one) for one in (plain(figure.trend), " ".join(notes)))  # type: ignore[return-value] # two

    assert [one in said for one, said in zip((short, whole), told(old), strict=True)] == [True, True]
    assert [one in said for one, said in zip((short, whole), told(fresh), strict=True)] == [False, False]


def test_a_stale_kpi_comes_first_and_every_reading_says_where_it_is_from() -> None:
    asked = Reading(
        kpi="up", day=TODAY, value=Decimal(61), source="https://dwh.example.com/up", origin="endpoint",
        known_at=datetime(2026, 11, 22, 6, tzinfo=UTC),
    )  # fmt: skip
    book = a_book_of(CONFIRMED, readings=(*READINGS, asked))
    book = replace(
        book, silences=(Silence(kpi="flat", since=AS_OF - timedelta(days=1), trouble="kpis.flat: no connection"),)
    )

    rows = {plain(row.cells[0].text): row for row in table(page_of(book), "kpis").rows}

    assert next(iter(rows)) == "KPI mute"
    assert plain(rows["KPI mute"].cells[2].text) == "Stale"
    assert plain(rows["KPI mute"].cells[2].note) == "no reading yet"
    assert plain(rows["KPI flat"].cells[2].note) == "7 days; up to 35"
    assert plain(rows["KPI up"].cells[3].text).startswith("endpoint https://dwh.example.com/up, learned ")
    assert plain(rows["KPI flat"].cells[3].note).startswith("no reading from its endpoint since ")
    assert "no connection" not in html(page_of(book), words=Words(locale="en", year=2026, zone=book.calendar.zone))


@pytest.mark.parametrize(
    ("locale", "said"),
    [("en", "tracker field “Sold of late” of BET-1 and BET-2"), ("fr", "champ « Sold of late » de BET-1 et BET-2")],
)
def test_a_reading_from_a_field_names_the_field_and_its_items(locale: str, said: str) -> None:
    asked = Reading(
        kpi="up", day=TODAY, value=Decimal(61), source="Sold of late of BET-1, BET-2", origin="field",
    )  # fmt: skip
    book = a_book_of(CONFIRMED, readings=(*READINGS, asked))

    rows = {plain(row.cells[0].text): row for row in table(page_of(book, locale), "kpis").rows}

    assert plain(rows["KPI up"].cells[3].text).replace("\u00a0", " ") == said


def test_a_double_claim_is_flagged_and_counted_once_on_every_page_that_adds_up() -> None:
    twice = [a_benefit(0, 100, id=f"claim {n}", kpi="up", item=f"BET-{n}", planned_amount=100_000_00) for n in (1, 2)]
    book = a_book_of(*twice)

    told = ledger(reckon(book))
    page = page_of(book)

    assert told.realised is not None
    assert told.realised.planned_total == 100_000_00
    (block,) = section(page, "hypotheses").blocks
    assert isinstance(block, Exhibit)
    assert any("claim the same KPI for different epics" in plain(note) for note in block.notes)


def test_unmeasured_value_reaches_the_headline_of_the_overview() -> None:
    numbers = reckon(a_book_of(UNMEASURED))
    calm = replace(numbers, themes=(), waiting=())

    found = findings(calm)
    said, _ = headline(found, Words(locale="en", year=2026, zone=numbers.book.calendar.zone), is_stale=False)

    assert found[0].kind == "unmeasured_value"
    assert "one finished epic was never measured" in plain(said).lower()
    assert "€900k planned" in plain(overview(numbers, "en").standfirst)


@pytest.mark.parametrize(
    ("locale", "said"),
    [
        ("en", "obody measured whether €900k came."),
        ("fr", "ersonne n’a mesuré si 900 k€ sont arrivés."),
    ],
)
def test_what_nobody_measured_stands_beside_what_was_realised(locale: str, said: str) -> None:
    page = overview(reckon(a_book_of(UNMEASURED)), locale)

    assert said in re.sub(r"[\u00a0\u202f]", " ", plain(section(page, "value").intro))


@pytest.mark.parametrize(
    ("locale", "said"),
    [
        ("en", "Both measured themes are on course, one of them likely late"),
        ("fr", "Les deux thèmes mesurés sont en bonne voie, dont un sans doute en retard"),
    ],
)
def test_a_theme_that_is_where_its_plan_has_it_and_hardly_moves_is_told_as_likely_late(locale: str, said: str) -> None:
    book = a_book()
    slow = [a_reading(80 + 0.7 * n, f"2026-{n:02}-20", kpi="slow") for n in range(1, 11)]
    steady = [a_reading(9.1 * n, f"2026-{n:02}-28", kpi="steady") for n in range(1, 11)]
    themes = tuple(a_theme(name, key_results=[a_key_result(0, 100, id=name, kpi=name)]) for name in ("slow", "steady"))
    page = overview(
        reckon(replace(book, portfolio=replace(book.portfolio, themes=themes), readings=(*slow, *steady))), locale
    )

    value = section(page, "value")
    assert [one.status for one in (row.cells[1] for row in table(page, "value").rows)] == [Status.GOOD, Status.GOOD]
    assert plain(value.headline) == said


@pytest.mark.parametrize("locale", LOCALES)
def test_a_portfolio_without_benefits_raises_no_alarm(locale: str) -> None:
    kinds = {one.kind for one in findings(reckon(a_book_of(kpis=False)))}

    assert not kinds & {"unmeasured_value", "hypothesis_verdict", "double_claim", "kpi_stale"}
    assert "hypotheses" not in {one.id for one in theme(reckon(a_book()), reckon(a_book()).themes[0], locale).sections}


def test_a_refuted_hypothesis_is_told_until_somebody_decides() -> None:
    decided = a_decision("D-9", "2026-10-10", item="BET-1", decision="Stop")

    def told(book: Book) -> set[str]:
        return {one.id for one in findings(reckon(book))}

    assert "hypothesis_verdict:refuted" in told(a_book_of(REFUTED))
    assert "hypothesis_verdict:refuted" not in told(a_book_of(REFUTED, decisions=[decided]))


def test_what_followed_a_verdict_is_not_known_where_the_line_that_may_say_so_is_not_read() -> None:
    wrong = Mistake("decisions.csv", 12, "date", "expected a day", names=("BET-1",))
    aside = SetAside(file="decisions.csv", tells="decisions", is_whole=False, mistakes=(wrong,))

    numbers = reckon(replace(a_book_of(REFUTED), set_aside=(aside,)))

    assert "hypothesis_verdict:refuted" not in {one.id for one in findings(numbers)}
    words = Words(locale="en", year=2026, zone=numbers.book.calendar.zone)
    said = markdown(value_ledger(numbers, "en"), words=words).replace("\u2060", "")
    assert "not known: decisions.csv:12 may say what followed" in said


def test_a_theme_page_tells_its_own_hypotheses_and_not_those_of_others() -> None:
    numbers = reckon(a_book_of(CONFIRMED, SOON))

    mine, other = (theme(numbers, score, "en") for score in numbers.themes[:2])

    (bets, due), none = (tables_of(page, "money", names={"bets", "due"}) for page in (mine, other))
    assert [plain(row.cells[3].text) for row in bets.rows] == ["Confirmed", "Inconclusive"]
    assert len(due.rows) == 1
    assert not none


def test_an_orphan_is_suggested_with_its_evidence_and_counted_nowhere() -> None:
    orphan = a_journey("2026-03-01", key="LOST-1", level="epic")
    marked = [a_journey("2026-03-01", key=f"LIKE-{n}", level="epic", themes={"settle-fast": 1}) for n in range(3)]
    child = a_journey("2026-03-02", key="CHILD-1", level="feature", themes={"embed": 1}, parent="LOST-1")
    book = a_book(journeys=(orphan, *marked, child))
    book = replace(book, marks={one.id: (("label", "fast-lane"),) for one in (orphan, *marked)})
    numbers = reckon(book)

    first, second, third = (theme(numbers, score, "en") for score in numbers.themes[:3])

    (fast,), (embedded,), none = (tables_of(page, "epics", names={"orphans"}) for page in (first, second, third))
    assert [plain(row.cells[1].text) for row in fast.rows] == ["shares the label fast-lane with 3 of its epics"]
    assert [plain(row.cells[1].text) for row in embedded.rows] == ["one of its children serves this theme"]
    assert not none
    assert column(quality(numbers, "en"), "orphans", 1) == [
        "Sell where customers already are",
        "Settle claims in days, not weeks",
    ]
    assert column(quality(numbers, "en"), "orphans", 2) == [
        "one of its children serves this theme",
        "shares the label fast-lane with 3 of its epics",
    ]
    assert not orphan.placement.themes
    assert numbers.themes[0].open_epics == tuple(marked)


def test_an_open_epic_that_nothing_speaks_for_is_named_and_without_any_there_is_no_list() -> None:
    lost, tied = (
        a_journey("2026-03-01", key="LOST-1", level="epic"),
        a_journey("2026-03-01", key="TIED-1", level="epic", themes={"settle-fast": 1}),
    )

    both, one = (quality(reckon(a_book(journeys=kept)), "en") for kept in ((lost, tied), (tied,)))

    assert column(both, "orphans", 1) == ["not known"]
    assert column(both, "orphans", 2) == ["nothing speaks for any theme"]
    assert "orphans" not in {each.id for each in one.sections}


@pytest.mark.parametrize("locale", LOCALES)
def test_every_figure_of_the_page_is_that_of_the_exported_tables(locale: str) -> None:
    book = a_book_of(CONFIRMED, REFUTED, UNMEASURED, SOON)
    rows = {
        str(row["metric"]): row
        for row in metric_rows(
            list(book.journeys),
            portfolio=book.portfolio,
            calendar=book.calendar,
            as_of=book.as_of + timedelta(microseconds=1),
            waiting_known=book.waiting_known,
            readings=book.readings,
        )
        if row["scope"] == "portfolio" and row["period_end"] == "2026-11-23" and row["level"] is None
    }

    page = page_of(book, locale)
    words = Words(locale=locale, year=2026, zone=book.calendar.zone)
    figures = {one.id: one for one in page.figures}

    def exported(name: str) -> Decimal:
        return Decimal(str(rows[name]["value"]))

    assert figures["realised"].value == words.money(exported("benefit_amount:realised"), "EUR")
    assert figures["realised"].versus.startswith(words.percent(exported("benefit_portfolio") / 100)) or (
        words.percent(exported("benefit_portfolio") / 100) in figures["realised"].versus
    )
    assert words.percent(exported("benefit_total") / 100) in plain(figures["realised"].trend)
    assert words.money(exported("benefit_amount:planned_total"), "EUR") in plain(figures["realised"].trend)
    assert figures["verdicts"].value == words.whole(int(exported("verdicts:confirmed")))
    assert re.match(rf"{int(exported('verdicts:refuted'))}\b", figures["verdicts"].versus)
    assert figures["unmeasured"].value == words.whole(int(exported("unmeasured_value")))
    assert words.money(exported("benefit_amount:unmeasured"), "EUR") in plain(figures["unmeasured"].trend)
    whole = reckon(book).realised
    assert whole is not None
    assert exported("value_given_up") == whole.given_up > 0
    assert figures["fresh"].value == words.whole(int(str(rows["kpi_freshness"]["n_used"])))


def held(book: Book) -> list[Journey]:
    return list(book.journeys)


def test_what_was_true_last_quarter_is_not_rewritten_by_readings_of_this_one() -> None:
    book = a_book_of(REFUTED)
    late = (*book.readings, a_reading(80, "2026-11-20", kpi="flat"))

    def verdict(readings: Sequence[Reading]) -> str | None:
        (one,) = hypotheses(book.portfolio, held(book), readings, today=TODAY, day_of=lambda one: None)
        return one.verdict

    assert verdict(book.readings) == verdict(late) == "refuted"


@pytest.mark.parametrize("locale", LOCALES)
def test_a_share_below_what_is_wanted_names_the_items_that_lower_it(locale: str) -> None:
    numbers = reckon(a_book())
    low = {name: share for name, share in numbers.trust.shares.items() if share is not None and share < RIBBON_BELOW}
    low.pop("complete", None)

    told = table(quality(numbers, locale), "weak")

    assert low
    assert len(told.rows) == len(low)
    assert [plain(row.cells[2].text) for row in told.rows] == [
        str(len(getattr(numbers.trust, name).missing)) for name in sorted(low, key=lambda one: (low[one], one))
    ]
    assert all(plain(row.cells[4].text) for row in told.rows)


def test_a_verdict_of_the_week_and_one_that_is_due_soon_are_among_what_changed() -> None:
    fresh = a_benefit(
        0, 100, id="fresh", kpi="up", item="BET-2", indicators=[an_indicator(0, 75, kpi="up", by="2026-11-18")]
    )
    soon = a_benefit(
        0, 100, id="soon", kpi="flat", item="BET-2", indicators=[an_indicator(0, 50, kpi="flat", by="2026-11-30")]
    )
    book = a_book_of(CONFIRMED, fresh, soon, SOON, readings=(*READINGS, a_reading(80, "2026-11-17", kpi="up")))

    told = crossings(Scribe(reckon(book), Words(locale="en", year=2026, zone=book.calendar.zone)))

    assert [(one.label, plain(one.text)) for one in told] == [
        ("Verdict", "Name of fresh: hypothesis confirmed."),
        ("Verdict due", "Name of soon, by 30 Nov."),
    ]
    own = {one.theme.id: theme(reckon(book), one, "en") for one in reckon(book).themes}
    entries = {
        id: [plain(one.text) for block in section(page, "changes").blocks if isinstance(block, Changes)
             for one in block.entries]
        for id, page in own.items()
    }  # fmt: skip
    assert [id for id, said in entries.items() if "Name of fresh: hypothesis confirmed." in said] == [
        one.theme for one in ledger(reckon(book)).hypotheses if one.benefit.id == "fresh"
    ]


PLAIN_SPACES = {0xA0: " ", 0x202F: " ", 0x2068: None, 0x2069: None}


def unread(book: Book, *names: str) -> Book:
    """The same where the file with the readings of these KPIs is not read."""
    first, *others = book.portfolio.themes
    benefits = tuple(
        replace(one, is_read=False, indicators=tuple(replace(each, is_read=False) for each in one.indicators))
        if one.kpi in names
        else one
        for one in first.benefits
    )
    kpis = tuple(replace(one, is_read=one.id not in names) for one in book.portfolio.kpis)
    portfolio = replace(book.portfolio, themes=(replace(first, benefits=benefits), *others), kpis=kpis)
    return replace(book, portfolio=portfolio)


def test_what_may_stand_in_a_file_that_is_not_read_is_not_called_unmeasured_and_asks_for_no_write_off() -> None:
    book = unread(a_book_of(CONFIRMED, UNMEASURED), "mute")

    page = page_of(book)

    told = ledger(reckon(book))
    assert (len(told.unmeasured), told.unmeasured_amount) == (0, Decimal(0))
    assert plain(page.headline) == "What became of one value hypothesis is not known: a file with readings is not read"
    assert [one.id for one in page.decisions] == ["confirmed"]
    figures = {one.id: one for one in page.figures}
    assert figures["unmeasured"].value == "0"
    assert plain(figures["unmeasured"].trend) == "Not known of one hypothesis: its readings are not read."
    assert "The readings of one KPI are not read." in plain(figures["fresh"].trend)
    assert column(page, "hypotheses", 3) == ["Confirmed", "Inconclusive"]
    assert "Not read" in column(page, "kpis", 2)
    assert not {one.kind for one in findings(reckon(book))} & {"unmeasured_value", "kpi_stale"}
    assert "key_result_stale" not in {one.kind for one in findings(reckon(key_results_unread(book)))}
    assert [(row["value"], row["n_used"]) for row in unmeasured_rows(book)] == [(0, 1)]
    alone = unread(a_book_of(UNMEASURED), "mute")
    assert {one.id: one.value for one in page_of(alone).figures}["unmeasured"] == "not known"
    assert [(row["value"], row["n_used"]) for row in unmeasured_rows(alone)] == [(None, 0)]


def key_results_unread(book: Book) -> Book:
    """The same where nothing is read of what key results measure."""
    themes = tuple(
        replace(theme, key_results=tuple(replace(one, is_read=False) for one in theme.key_results))
        for theme in book.portfolio.themes
    )
    return replace(book, portfolio=replace(book.portfolio, themes=themes), readings=READINGS)


def unmeasured_rows(book: Book) -> list[dict[str, Any]]:
    """What the export says of value that nobody measured, of the whole portfolio on the last day."""
    rows = metric_rows(
        list(book.journeys), portfolio=book.portfolio, calendar=book.calendar, as_of=book.as_of, waiting_known=(),
        readings=book.readings,
    )  # fmt: skip
    told = [dict(row) for row in rows if (row["scope"], row["metric"]) == ("portfolio", "unmeasured_value")]
    return told[-1:]


@pytest.mark.parametrize("locale", LOCALES)
def test_every_page_that_tells_of_bets_says_that_readings_are_not_read(locale: str) -> None:
    book = unread(a_book_of(UNMEASURED, readings=()), "up", "flat", "mute")
    words = Words(locale=locale, year=2026, zone=book.calendar.zone)

    numbers = reckon(key_results_unread(book))
    pages = page_of(book, locale), theme(numbers, numbers.themes[0], locale)
    bets, of_theme = (re.sub("<[^>]+>", "", html(one, words=words)).translate(PLAIN_SPACES) for one in pages)

    for said in (
        words.text("ledger.reason.file_unread"),
        words.text("ledger.kpi.file_unread"),
        words.text("lens.unread"),
    ):
        assert said in bets, said
    for said in (
        words.text("theme.headline.unread"),
        words.text("theme.outcome.head.unread"),
        words.text("theme.outcome.unread"),
        words.text("theme.standfirst.unread", n=numbers.themes[0].objective.n_in_scope),
        words.text("figure.key_results.unread", n=numbers.themes[0].objective.n_in_scope),
    ):
        assert said in of_theme, said
    assert words.text("benefits.file_unread", kpi="KPI mute") in of_theme
    assert words.text("ledger.verdict.unmeasured") not in bets
