"""The strategic portfolio review: a finding and a proposal a point, what came of decisions, what a shift would do."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from domain.calendar import Increment
from domain.period import Period
from domain.strategy import Decision, Guardrails, Shift
from metrics.forecasts.situation import Situation
from metrics.membership import Facts, take_apart
from metrics.selection import Scope
from reports.book import Book
from reports.data import tables
from reports.outlook import look_ahead
from reports.packs.digest import digest
from reports.packs.overview import overview
from reports.packs.review import review
from reports.packs.theme import theme
from reports.page import Empty, Exhibit, Figure, Page, Paragraph, Section, Table, plain
from reports.reckoning import Reckoning, reckon
from reports.render.html import html
from reports.render.markdown import markdown
from reports.review import Candidate, next_review, outcomes, shifts
from reports.sections.decisions import questions
from reports.sections.proposals import with_ways
from reports.sections.review import since
from reports.sections.scribe import Scribe
from reports.sections.shifts import scenarios
from reports.words.catalogue import LOCALES, Words
from tests.builders import a_benefit, a_decision, a_journey
from tests.metrics.test_planning import an_epic
from tests.reports.scripted import TODAY, a_quiet_book
from tests.reports.test_money_on_pages import a_funded_book
from tests.reports.test_scripted_portfolios import a_refuted_bet

PROPOSED = {"en": "We propose", "fr": "Nous proposons"}
LANGUAGES = pytest.mark.parametrize("locale", LOCALES)


def with_forecast(book: Book) -> Book:
    """With dates, and a first theme that gets more than is intended."""
    intended = ("0.5", "0.25", "0.25")
    themes = [replace(one, target_share=Decimal(s)) for one, s in zip(book.portfolio.themes, intended, strict=True)]
    parents = {one.id: one.parent_id for one in book.journeys if one.parent_id is not None}
    situation = Situation(
        journeys=book.journeys, parents=parents, calendar=book.calendar, as_of=book.as_of,
        portfolio=book.portfolio.id, sources=book.trust,
    )  # fmt: skip
    return replace(book, portfolio=replace(book.portfolio, themes=tuple(themes)), outlook=look_ahead(situation))


@pytest.fixture(scope="module")
def numbers() -> Reckoning:
    return reckon(with_forecast(a_refuted_bet()))


def section(page: Page, id: str) -> Section:
    return next(one for one in page.sections if one.id == id)


def table(found: Section) -> Table:
    return next(block.table for block in found.blocks if isinstance(block, Exhibit))


def column(found: Section, number: int) -> list[str]:
    return [plain(row.cells[number].text) for row in table(found).rows]


def exported(numbers: Reckoning, name: str) -> list[dict[str, str]]:
    text = tables(numbers, packs=["review"])[name].decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text, newline="")))


@LANGUAGES
def test_every_point_opens_with_a_finding_and_ends_with_a_proposal(numbers: Reckoning, locale: str) -> None:
    page = review(numbers, locale)

    assert [one.id for one in page.sections] == [
        "portfolio", "agenda", "since", "calibration", "restated", "value", "benefits", "hypotheses", "guardrails",
        "horizons", "candidates", "scenarios", "risks", "calendar", "record",
    ]  # fmt: skip
    for one in page.sections:
        assert plain(one.headline)
        last = one.blocks[-1]
        assert isinstance(last, Paragraph), one.id
        assert plain(last.text).startswith(PROPOSED[locale]), one.id


@LANGUAGES
def test_the_agenda_asks_first_and_links_every_point(numbers: Reckoning, locale: str) -> None:
    page = review(numbers, locale)

    assert "Partner portal" in column(section(page, "agenda"), 1)[0]
    assert "M. Petit" in column(section(page, "agenda"), 2)[0]
    assert [plain(one.text) for one in page.decisions] == column(section(page, "agenda"), 1)
    text = html(page, words=Words(locale=locale, year=2026, zone=numbers.book.calendar.zone))
    for one in page.sections[2:]:  # after the first sheet and the agenda itself
        assert f'href="#{one.id}"' in text
        assert f'id="{one.id}"' in text


@LANGUAGES
def test_the_record_has_a_line_for_each_decision_and_room_to_write(numbers: Reckoning, locale: str) -> None:
    form = table(section(review(numbers, locale), "record"))

    assert len(form.rows) == 1 + 2  # one asked, two others
    assert all(not plain(cell.text).strip() for row in form.rows for cell in row.cells[1:])


@LANGUAGES
def test_it_prints_landscape_and_stays_small(numbers: Reckoning, locale: str) -> None:
    words = Words(locale=locale, year=2026, zone=numbers.book.calendar.zone)
    page = review(numbers, locale)

    text = html(page, words=words)

    assert '<body class="landscape">' in text
    assert "size:A4 landscape" in text
    assert len(text.encode()) < 1024 * 1024
    assert PROPOSED[locale] in markdown(page, words=words)


def test_the_dates_of_a_shift_are_those_of_the_exported_table(numbers: Reckoning) -> None:
    words = Words(locale="en", year=2026, zone=numbers.book.calendar.zone)
    found = section(review(numbers, "en"), "scenarios")

    rows = exported(numbers, "review-scenarios")

    assert [(one["from"], one["to"], one["share"]) for one in rows] == [("settle", "embed", "0.1")] * len(rows)
    first = [each for theme in ("settle", "embed") for each in [one for one in rows if one["theme"] == theme][:3]]
    assert column(found, 2) == [words.day(date.fromisoformat(one["p85_as_is"])) for one in first]
    assert column(found, 3) == [words.day(date.fromisoformat(one["p85_shifted"])) for one in first]
    assert all(int(one["days"]) >= 0 for one in rows if one["theme"] == "settle")
    assert all(int(one["days"]) < 0 for one in rows if one["theme"] == "embed")
    (block,) = (one for one in found.blocks if isinstance(one, Exhibit))
    said = " ".join(plain(note) for note in block.notes)
    assert f"{int(Decimal(rows[0]['finished_from']))} items were finished for “Theme settle”" in said
    assert f"seed {rows[0]['seed']}" in said
    assert "who can do whose work" in said


def test_the_shift_that_is_taken_apart_is_that_of_the_page(numbers: Reckoning) -> None:
    """In the last week most epics serve another theme than in the quarter of which pages tell."""
    over = [a_journey("2026-08-24", "2026-11-10", key=f"PAST-{n}", level="epic", themes={"grow": 1}) for n in range(20)]
    book = replace(numbers.book, journeys=(*numbers.book.journeys, *over))
    ahead = book.outlook
    assert ahead is not None
    facts = Facts(journeys=book.journeys, portfolio=book.portfolio, calendar=book.calendar, as_of=book.as_of)
    facts.once("plan ahead", work=lambda: (ahead.planned, ahead.looked_back))
    facts.once("forecasts", work=lambda: ahead.forecasts)

    (found,) = take_apart("scenario", facts, scope=Scope(), period=numbers.week, levels=())
    (told,) = shifts(reckon(book))

    assert (told.shift.gives, told.shift.takes) == ("grow", "settle")
    assert found.metric == "scenario:grow settle"
    assert [(one.item, one.amount) for one in found.counted] == [(one.epic.id, one.days) for one in told.epics]


def test_a_shift_of_the_settings_takes_the_place_of_the_usual_one() -> None:
    book = with_forecast(a_quiet_book())
    wanted = (Shift(gives="grow", takes="settle", share=Decimal("0.2")),)

    found = section(
        review(reckon(replace(book, portfolio=replace(book.portfolio, scenarios=wanted))), "en"), "scenarios"
    )

    assert plain(found.headline).startswith("20% from “Theme grow” to “Theme settle”")


@LANGUAGES
def test_a_shift_is_weighed_in_the_decision_that_it_answers_and_proposed_by_itself_in_none(
    numbers: Reckoning, locale: str
) -> None:
    """A theme of H1 gives to one of H2, since that is what the horizons ask; in the other portfolio nothing asks it."""
    book = numbers.book
    agreed = {"H1": Decimal("0.3"), "H2": Decimal("0.5"), "H3": Decimal("0.2")}
    guardrails = replace(book.portfolio.guardrails, horizons=agreed)
    log = tuple(a_decision(f"D-{n}", "2026-11-10", decision=None) for n in range(2))
    book = replace(book, portfolio=replace(book.portfolio, guardrails=guardrails), decisions=log, kept={})

    page = review(reckon(book), locale)

    number = column(section(page, "agenda"), 1).index(
        next(plain(one.text) for one in page.decisions if one.id == "horizons")
    )
    last, bare = (section(one, "scenarios").blocks[-1] for one in (page, review(numbers, locale)))
    assert isinstance(last, Paragraph)
    assert isinstance(bare, Paragraph)
    said = {"en": f"in decision {number + 1} of the agenda", "fr": f"à la décision {number + 1} de l’ordre du jour"}
    assert number >= len(log)
    assert said[locale] in plain(last.text).replace("\u00a0", " ")
    assert [one.href for one in last.text if one.href] == ["#agenda"]
    nothing = {"en": "no decision asked today calls for this shift", "fr": "n’appelle ce report"}[locale]
    assert nothing in plain(bare.text)


@LANGUAGES
def test_a_shift_is_weighed_in_the_decision_that_has_it_among_its_ways(numbers: Reckoning, locale: str) -> None:
    """The horizons ask for it as well, and come first."""
    book = numbers.book
    agreed = {"H1": Decimal("0.3"), "H2": Decimal("0.5"), "H3": Decimal("0.2")}
    guardrails = replace(book.portfolio.guardrails, horizons=agreed)
    readings = [replace(one, value=Decimal(1)) if one.kpi == "settle" else one for one in book.readings]
    book = replace(
        book, portfolio=replace(book.portfolio, guardrails=guardrails), readings=tuple(readings), decisions=(), kept={}
    )

    page = review(reckon(book), locale)

    (asked,) = (block for block in section(page, "agenda").blocks if isinstance(block, Exhibit))
    mark = {"en": "Change course, say, 10% of its capacity", "fr": "Changer de cap, par exemple 10 % de sa capacité"}
    (number,) = (
        number
        for number, row in enumerate(asked.table.rows, 1)
        if mark[locale] in plain(row.cells[1].note).replace("\u202f", " ").replace("\u00a0", " ")
    )
    last = section(page, "scenarios").blocks[-1]
    assert isinstance(last, Paragraph)
    said = {
        "en": f"in decision {number} of the agenda, as its way B",
        "fr": f"à la décision {number} de l’ordre du jour, voie B",
    }
    assert said[locale] in plain(last.text).replace("\u00a0", " ")
    assert number > 1 + [one.id for one in page.decisions].index("horizons")


def test_without_a_forecast_or_a_theme_over_its_share_it_says_what_is_missing() -> None:
    found = section(review(reckon(a_quiet_book()), "en"), "scenarios")

    assert plain(found.headline) == "No shift could be played through"
    assert "There is no forecast" in plain(found.blocks[0].text)  # type: ignore[union-attr] # an empty block


def test_each_past_decision_comes_with_what_became_of_its_item() -> None:
    book = a_quiet_book()
    epics = [one for one in book.journeys if one.placement.level == "epic"]
    waiting = next(one for one in epics if one.started_at is None)
    begun = max((one for one in epics if one.is_open and one.started_at), key=lambda one: str(one.started_at))
    done = max((one for one in epics if one.finished_at), key=lambda one: str(one.finished_at))
    log: list[Decision] = [
        a_decision("D-2", "2026-11-20", item=waiting.key, decision="Start"),
        a_decision("D-3", str(begun.started_at)[:10], item=begun.key, decision="Go"),
        a_decision("D-4", str(done.finished_at)[:10], item=done.key, decision="Finish it"),
        a_decision("D-5", "2026-10-01", item="NOBODY-1", decision="Stop"),
        a_decision("D-6", "2026-10-02", decision="Meet monthly"),
        a_decision("D-7", "2026-11-01", item=waiting.key, decision=None),
    ]

    told = {one.decision.id: one.kind for one in outcomes(reckon(replace(book, decisions=(*book.decisions, *log))))}

    assert told == {
        "D-1": "over", "D-2": "still", "D-3": "begun", "D-4": "finished", "D-5": "not_held", "D-6": "no_item",
    }  # fmt: skip
    heads = {
        ("D-2", "D-3", "D-5"): ("One decision of 3 has moved nothing yet", "Une décision sur 3 n’a encore rien fait"),
        ("D-3", "D-5", "D-6"): ("One decision of 3 was followed by something; of the rest nothing can be told",
                                "Une décision sur 3 a eu une suite ; du reste, on ne peut rien dire"),
        ("D-3", "D-4"): ("Each of the two decisions taken was followed by", "Les deux décisions prises ont toutes"),
        ("D-5", "D-6"): ("Of the two decisions taken nothing can be told", "Des deux décisions prises, on ne peut"),
    }  # fmt: skip
    for ids, said in heads.items():
        numbers = reckon(replace(book, decisions=tuple(one for one in log if one.id in ids)))
        for locale, start in zip(("en", "fr"), said, strict=True):
            scribe = Scribe(numbers, Words(locale=locale, year=2026, zone=book.calendar.zone))
            assert plain(since(scribe).headline).replace("\u00a0", " ").replace("\u202f", " ").startswith(start)


@pytest.mark.parametrize(
    ("due", "locale", "said"),
    [
        ("2026-11-19", "en", "a decision is overdue"),
        ("2026-11-19", "fr", "une décision est en retard"),
        ("2026-11-27", "en", "a decision is needed this week"),
    ],
)
def test_a_decision_that_should_have_been_taken_is_not_needed_this_week(due: str, locale: str, said: str) -> None:
    waits = replace(a_decision("D-9", "2026-11-10", decision=None), due=date.fromisoformat(due))

    page = overview(reckon(replace(a_quiet_book(), decisions=(waits,))), locale)

    assert said in plain(page.headline).lower()


def test_a_decision_whose_epic_stands_still_moved_something_where_work_below_it_did() -> None:
    book = a_quiet_book()
    epic = next(one for one in book.journeys if one.placement.level == "epic" and one.is_open)
    done = max(
        (one for one in book.journeys if one.placement.level != "epic" and one.finished_at),
        key=lambda one: str(one.finished_at),
    )
    still = replace(epic, visits=epic.visits[:1], started_at=None)
    below = replace(done, parent_id=epic.id)
    others = [one for one in book.journeys if one not in (epic, done)]
    log = (a_decision("D-2", str(done.finished_at)[:10], item=epic.key, decision="Go on"),)
    numbers = reckon(replace(book, journeys=(*others, still, below), decisions=log))

    told = outcomes(numbers)[0]
    found = section(review(numbers, "en"), "since")

    assert (told.kind, told.ended, told.begun) == ("below", 1, 0)
    assert column(found, 2)[0].startswith("Its own status is as it was")
    assert column(found, 2)[0].endswith("below it one item has ended")
    assert "moved nothing" not in plain(found.headline)


@LANGUAGES
def test_what_one_meeting_cannot_take_is_counted_and_named_below_the_table(locale: str) -> None:
    book = a_quiet_book()
    log = tuple(a_decision(f"D-{n}", "2026-11-10", decision=None) for n in range(100, 115))
    numbers = reckon(replace(book, decisions=log))
    others = {"en": "The other 10 are in the review.", "fr": "Les 10 autres sont dans la révision."}[locale]

    for page in (review(numbers, locale), overview(numbers, locale), digest(numbers, locale)):
        assert page.decisions_title.startswith("15")
        assert len(page.decisions) == 5
        if page.report != "review":  # which has them all further down
            assert plain(page.decisions_more) == others
            assert [one.href for one in page.decisions_more if one.href] == [f"review.{locale}.html#agenda"]
    agenda = section(review(numbers, locale), "agenda")
    table = next(one for one in agenda.blocks if isinstance(one, Exhibit))
    assert len(table.table.rows) == 12
    assert all(f"{n - 99}. Question of D-{n} (Audit)" in plain(table.notes[0]) for n in (112, 113, 114))
    assert {one.href for one in table.notes[0] if one.href} == {f"audit.{locale}.html#decisions"}
    assert plain(agenda.headline).startswith("15")
    record = next(one for one in section(review(numbers, locale), "record").blocks if isinstance(one, Exhibit))
    assert [plain(row.cells[0].text).split(".")[0] for row in record.table.rows[:15]] == [str(n + 1) for n in range(15)]
    assert len(record.table.rows) == 15 + 2


def test_the_table_of_decisions_says_the_dates_of_an_epic_beside_what_the_log_asks_of_it(numbers: Reckoning) -> None:
    epic = next(one for one in numbers.open_epics if one.started_at is not None and one.placement.themes)
    log = (a_decision("D-2", "2026-11-20", item=epic.key, decision=None),)

    agenda = section(review(reckon(replace(numbers.book, decisions=log, kept={})), "en"), "agenda")

    asked = table(agenda).rows[0].cells[1]
    assert plain(asked.text) == "Question of D-2"
    assert plain(asked.note).startswith("As it stands")
    agreed = replace(numbers.book.portfolio.guardrails, approval_threshold=None, approval_size=None)
    without = replace(numbers.book.portfolio, guardrails=agreed)
    loose = [  # which serves no theme
        replace(one, placement=replace(one.placement, themes={})) if one.id == epic.id else one
        for one in numbers.book.journeys
    ]
    waits = replace(log[0], question="Approve or pause?")
    alike = replace(numbers.book, portfolio=without, decisions=(waits,), journeys=tuple(loose), kept={})
    told = Scribe(reckon(alike), Words(locale="en", year=2026, zone=alike.calendar.zone))
    (question,) = with_ways(told, questions(told, told.numbers.waiting))
    assert plain(question.options[0]).startswith("Approve: ")


def test_the_waterfall_goes_from_all_that_is_planned_to_what_was_realised() -> None:
    book = a_quiet_book()
    worth = a_benefit(0, 100, id="worth", kpi="calls", starts="2026-01-01", due="2027-12-31", planned_amount=100_000_00)
    themes = (replace(book.portfolio.themes[0], benefits=(worth,)), *book.portfolio.themes[1:])
    numbers = reckon(replace(book, portfolio=replace(book.portfolio, themes=themes)))

    found = section(review(numbers, "en"), "benefits")

    figure = found.blocks[0]
    assert isinstance(figure, Figure)
    assert figure.chart is not None
    steps = figure.chart.steps  # type: ignore[union-attr] # a waterfall
    totals = [one.value for one in steps if one.is_total]
    moves = [one.value for one in steps if not one.is_total]
    assert numbers.realised is not None
    assert totals[0] == 100_000_00
    assert totals[-1] == numbers.realised.realised_amount == 47_000_00
    assert totals[0] + sum(moves) == pytest.approx(totals[-1])


def test_the_next_review_is_at_the_end_of_the_increment_unless_that_is_now() -> None:
    book = a_quiet_book()
    near = Increment(name="PI 5", period=Period(date(2026, 9, 28), date(2026, 12, 7)))
    after = Increment(name="PI 6", period=Period(date(2026, 12, 7), date(2027, 3, 1)))

    assert next_review(reckon(book)) == date(2026, 12, 31)
    assert (near.period.last_day - TODAY).days < 21
    planned = replace(book, calendar=replace(book.calendar, increments=(near, after)))
    assert next_review(reckon(planned)) == date(2027, 2, 28)


@pytest.mark.parametrize(
    ("locale", "said"),
    [
        ("en", ("No key result is declared for any of the four themes", "None declared",
                "We propose: declare the key results first", "This theme has no key result yet",
                "No key result is declared that the spend")),
        ("fr", ("Aucun des quatre thèmes n’a de résultat clé déclaré", "Non déclaré",
                "Nous proposons : déclarer d’abord les résultats", "Ce thème n’a pas encore de résultat clé",
                "Aucun résultat clé n’est déclaré auquel")),
    ],
)  # fmt: skip
def test_themes_without_a_key_result_are_asked_to_declare_one_and_not_to_measure(
    locale: str, said: tuple[str, ...]
) -> None:
    book = a_funded_book()
    themes = tuple(replace(one, key_results=()) for one in book.portfolio.themes)
    numbers = reckon(replace(book, portfolio=replace(book.portfolio, themes=themes)))

    found = section(review(numbers, locale), "value")
    page = theme(numbers, numbers.themes[0], locale)

    proposal = plain(found.blocks[-1].text)  # type: ignore[union-attr]
    cost = plain(section(page, "money").intro)
    told = [plain(found.headline), column(found, 1)[0], proposal, plain(page.headline), cost]
    assert [part in whole.replace("\u00a0", " ") for part, whole in zip(said, told, strict=True)] == [True] * 5, told


@LANGUAGES
def test_themes_that_nobody_measured_are_neither_off_course_nor_to_be_continued(locale: str) -> None:
    book = replace(a_quiet_book(), readings=())

    page = review(reckon(book), locale)
    told = [plain(section(page, name).blocks[-1].text) for name in ("value", "benefits")]  # type: ignore[union-attr]
    (results,) = [one for one in overview(reckon(book), locale).figures if one.id == "key_results"]

    said = {
        "en": ("Which of the three themes are on course is not known;", "We propose: measure the key results first"),
        "fr": (
            "On ne sait pas lesquels des trois thèmes sont en bonne voie ;",
            "Nous proposons : mesurer d’abord les résultats clés",
        ),
    }[locale]
    head = plain(section(page, "portfolio").headline).replace("\u202f", " ").replace("\u00a0", " ")
    assert head.startswith(said[0])
    assert (results.unit, plain(results.trend)[:1].isupper()) == ("", True)
    assert plain(results.trend).endswith({"en": "have no reading yet.", "fr": "n’ont pas encore de relevé."}[locale])
    assert {"en": "Unchanged", "fr": "Inchangé"}[locale] not in plain(results.trend)
    assert told[0].replace("\u00a0", " ").startswith(said[1])
    assert (
        plain(section(page, "benefits").headline)
        == {
            "en": "What the benefits have brought is not known yet",
            "fr": "On ne sait pas encore ce que les bénéfices ont apporté",
        }[locale]
    )


@LANGUAGES
def test_without_themes_guardrails_or_risks_nothing_is_said_to_be_zero(numbers: Reckoning, locale: str) -> None:
    book = a_quiet_book()
    bare = replace(book, portfolio=replace(book.portfolio, themes=(), guardrails=Guardrails()))
    loose = tuple(replace(one, target_share=None) for one in numbers.book.portfolio.themes)
    portfolio = replace(numbers.book.portfolio, themes=loose)
    unshared = Scribe(
        reckon(replace(numbers.book, portfolio=portfolio, kept={})),
        Words(locale=locale, year=2026, zone=book.calendar.zone),
    )

    numbers = reckon(bare)
    page = review(numbers, locale)

    assert (
        plain(section(page, "portfolio").headline).replace("\u202f", " ").replace("\u00a0", " ")
        == {
            "en": "No theme is declared; no guardrail is agreed; which items are risks is not said yet",
            "fr": "Aucun thème n’est déclaré ; aucun garde-fou n’est convenu ; "
            "quels éléments sont des risques n’est pas encore dit",
        }[locale]
    )
    shift, entering = (
        next(block for block in one.blocks if isinstance(block, Empty))
        for one in (scenarios(unshared), section(page, "candidates"))
    )
    said = {
        "en": ("No theme has an intended share", "What may enter is not known: no portfolio kanban is set up"),
        "fr": ("Aucun thème n’a de part visée", "On ne sait pas ce qui peut entrer : aucun kanban n’est défini"),
    }[locale]
    assert plain(shift.text).startswith(said[0])
    assert plain(section(page, "candidates").headline).replace("\u00a0", " ") == said[1]
    assert plain(entering.text).count("kanban") >= 1
    (tied,) = [one for one in overview(numbers, locale).figures if one.id == "alignment"]
    assert tied.value == {"en": "not known", "fr": "non connu"}[locale]
    assert set(numbers.monthly_alignment) == {None}


def test_a_hypothesis_is_missing_only_where_some_are_declared() -> None:
    epic = an_epic("E", due="2026-06-03")
    bare, asked = (
        Candidate(epic=epic, state="ready", days=3, bet=None, estimate=1, score=None, rate=None, dates={}, lacks=(),
                  is_bet_asked=is_asked)
        for is_asked in (False, True)
    )  # fmt: skip

    assert (bare.all_lacks, asked.all_lacks) == ((), ("hypothesis",))


@LANGUAGES
def test_a_quiet_review_asks_nothing(locale: str) -> None:
    page = review(reckon(a_quiet_book()), locale)

    assert page.decisions == ()
    assert plain(section(page, "agenda").headline) == {
        "en": "No decision is asked today", "fr": "Aucune décision n’est demandée aujourd’hui",
    }[locale]  # fmt: skip
