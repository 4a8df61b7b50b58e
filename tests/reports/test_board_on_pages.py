"""The portfolio kanban as its readers see it: what moves, what is stuck, what may start."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from itertools import combinations

import pytest

from domain.board import DEFAULT_POLICIES, WORDS, Board, Delay, Policy
from domain.journey import Journey
from domain.set_aside import Mistake, SetAside
from domain.strategy import Decision, Guardrails
from metrics.kanban import portfolio_kanban
from metrics.order import order
from reports.board import reckon_board
from reports.book import Book
from reports.charts.drawing import FULL, HALF, NARROW, draw
from reports.charts.shapes import Ageing, Comings, Units
from reports.data import tables
from reports.findings import findings, sentence
from reports.packs.digest import digest
from reports.packs.kanban import kanban
from reports.packs.overview import overview
from reports.packs.review import review
from reports.page import Changes, Exhibit, Figure, Page, Paragraph, Section, plain
from reports.reckoning import Reckoning, reckon
from reports.render.html import html
from reports.render.markdown import markdown
from reports.sections.scribe import Scribe
from reports.sections.sheets import entering
from reports.words.catalogue import Words
from tests.builders import a_benefit, a_decision, a_journey, a_theme
from tests.metrics.boards import BOARD, an_epic, scored
from tests.reports.books import AS_OF, DAY, a_book
from tests.reports.scripted import a_source

LIMITS = {"reviewing": 2, "analysing": 2}


def ago(days: int) -> str:
    return (AS_OF - days * DAY).isoformat()


def epic(key: str, *moves: tuple[int, str], values: dict[str, int] | None = None, owner: str = "C. Vasseur") -> Journey:
    """An epic of the first tracker, written down 300 days ago, that moved so many days ago."""
    return an_epic(
        *((ago(days), status) for days, status in moves), key=f"CLM-{key}", created=ago(300), values=values,
        owner=owner, source="claims", as_of=AS_OF,
    )  # fmt: skip


def through(*, last: int = 30) -> list[Journey]:
    """Ten epics that went the whole way, a week in each state; the last left analysis `last` days ago."""
    return [
        epic(str(100 + n), (21 + last + n, "Reviewing"), (7 + last + n, "Analysing"), (last + n, "Approved"),
             (last - 7 + n, "Implementing"), (max(1, last - 14) + n, "Done"))
        for n in range(10)
    ]  # fmt: skip


def a_board_book(
    epics: Sequence[Journey],
    *,
    board: Board = BOARD,
    decisions: Sequence[Decision] = (),
    wip: dict[str, int] | None = None,
) -> Book:
    book = a_book(journeys=tuple(epics), readings=False, decisions=False)
    portfolio = replace(
        book.portfolio,
        board=board,
        guardrails=Guardrails(wip=LIMITS if wip is None else wip, kanban=board.by_status),
        currency="EUR",
    )
    return replace(book, portfolio=portfolio, decisions=tuple(decisions))


def numbers_of(*epics: Journey, **more: object) -> Reckoning:
    return reckon(a_board_book(epics, **more))  # type: ignore[arg-type] # as above


def spoken(text: str) -> str:
    return text.replace("\u202f", " ").replace("\u00a0", " ")


def section(page: Page, name: str) -> Section:
    return next(one for one in page.sections if one.id == name)


def exhibit(page: Page, name: str, table: str) -> Exhibit:
    return next(one for one in section(page, name).blocks if isinstance(one, Exhibit) and one.table.name == table)


def figure(page: Page, kind: type) -> Figure:
    return next(one for one in section(page, "flow").blocks if isinstance(one, Figure) and isinstance(one.chart, kind))


def rendered(page: Page) -> str:
    words = Words(locale=page.locale, year=page.day.year, zone=a_book().calendar.zone)
    return html(page, words=words) + markdown(page, words=words)


CROWD = [epic(str(n), (60 + n, "Analysing")) for n in range(5)]


@pytest.mark.parametrize(
    ("locale", "said"),
    [
        ("en", "“Analysing” is over its limit by three; nothing has left it since 24 Oct"),
        ("fr", "« Analyse » dépasse sa limite, trois de trop ; rien n’en est sorti depuis le 24 oct."),
    ],
)
def test_the_headline_says_what_is_over_its_limit_and_since_when_nothing_left_it(locale: str, said: str) -> None:
    page = kanban(numbers_of(*through(), *CROWD), locale)

    assert spoken(plain(page.headline)) == said


def test_the_limit_holds_for_a_state_that_several_statuses_of_two_trackers_make() -> None:
    crowd = [epic("1", (9, "Reviewing")), epic("2", (8, "In review")), epic("3", (7, "In review"))]

    numbers = numbers_of(*crowd)

    (found,) = [one for one in findings(numbers) if one.kind == "over_limit"]
    assert (found.subject, found.facts["n"], found.facts["limit"]) == ("reviewing", 3, 2)
    assert "“Reviewing”" in plain(overview(numbers, "en").headline)


def test_without_a_board_a_limit_is_still_that_of_a_status_of_its_name() -> None:
    crowd = [epic(str(n), (60 + n, "Analysing")) for n in range(3)]

    (found,) = [one for one in findings(numbers_of(*crowd, board=Board())) if one.kind == "over_limit"]

    assert (found.variant, found.facts["over"]) == ("", 1)


def test_nothing_is_said_of_when_where_something_left_of_late() -> None:
    (found,) = [one for one in findings(numbers_of(*through(last=10), *CROWD)) if one.kind == "over_limit"]

    assert found.variant == ""


def test_the_unit_chart_shows_every_state_with_its_limit_and_what_is_over() -> None:
    page = kanban(numbers_of(*through(), *CROWD, epic("9", (3, "Parked"))), "en")

    chart = figure(page, Units).chart
    assert isinstance(chart, Units)
    assert [(one.name, one.count, one.limit) for one in chart.rows] == [
        ("Funnel", 0, None), ("Reviewing", 0, 2), ("Analysing", 5, 2), ("Ready", 0, None), ("Implementing", 0, None),
        ("Not mapped", 1, None),
    ]  # fmt: skip
    assert chart.rows[2].words == "5 of 2, three over"
    assert "One epic is not mapped, in Parked" in plain(*figure(page, Units).notes)


@pytest.mark.parametrize("locale", ["en", "fr"])
def test_a_board_without_limits_statuses_or_scores_is_not_told_as_within_them(locale: str) -> None:
    page = kanban(numbers_of(epic("9", (3, "Parked")), wip={}), locale)

    trends = [spoken(plain(one.trend)) for one in page.figures]
    said = [spoken(plain(section(page, "flow").headline)), spoken(plain(figure(page, Units).title)),
            spoken(plain(figure(page, Comings).title))]  # fmt: skip
    assert [part in whole for part, whole in zip({
        "en": ("nobody knows whether it is stuck", "No limit is agreed", "0 epics were done in 13 weeks"),
        "fr": ("nul ne sait s’il est à l’arrêt", "Aucune limite n’est convenue", "0 epic a été terminé en 13 semaines"),
    }[locale], said, strict=True)] == [True] * 3, said  # fmt: skip
    assert {"en": "No open epic has a score.", "fr": "Aucun epic ouvert n’a de score."}[locale] in trends


def test_two_bars_a_week_tell_what_entered_and_what_left_each_state() -> None:
    page = kanban(numbers_of(*through()), "en")

    chart = figure(page, Comings).chart
    assert isinstance(chart, Comings)
    row = next(one for one in chart.rows if one.name == "Analysing")
    assert len(row.weeks) == 13
    assert (sum(entered for entered, _ in row.weeks), sum(left for _, left in row.weeks)) == (10, 10)
    assert row.words == "10 in, 10 out"
    assert draw(chart, width=720).markup().count('class="ac"') > 0


def test_every_epic_has_a_row_grouped_by_state_the_longest_in_it_first() -> None:
    epics = [epic("1", (9, "Analysing")), epic("2", (20, "Analysing")), epic("3", (4, "Implementing")), epic("4")]

    rows = exhibit(kanban(numbers_of(*epics), "en"), "epics", "board-epics").table.rows

    assert [plain(row.cells[0].note).split(" ")[0] for row in rows] == ["CLM-3", "CLM-2", "CLM-1", "CLM-4"]
    assert [plain(row.cells[2].text) for row in rows] == ["5 days", "21 days", "10 days", "301 days"]


def test_a_row_says_theme_gate_business_case_score_and_since_when_it_is_blocked() -> None:
    one = replace(epic("1", (9, "Approved"), values=scored(8, 2)), is_blocked=True)
    due = Decision(
        id="D", asked_on=date(2026, 11, 1), meeting="sync", question="Go?", decision=None, owner="LPM",
        due=date(2026, 11, 27), item="CLM-1",
    )  # fmt: skip
    served = replace(one, placement=replace(one.placement, themes={"embed": Decimal(1)}))
    book = replace(a_board_book([served], decisions=[due]), flagged_at={served.id: AS_OF - 3 * DAY})

    (row,) = exhibit(kanban(reckon(book), "en"), "epics", "board-epics").table.rows

    assert "Sell where customers already are" in plain(row.cells[0].note)
    assert (plain(row.cells[4].text), plain(row.cells[4].note)) == ("Implementing", "decision due 27 Nov")
    assert [plain(row.cells[place].text) for place in (3, 5, 6, 7)] == ["C. Vasseur", "no", "4.0", "19 Nov"]


@pytest.mark.parametrize("width", [720, 358])
def test_every_epic_older_than_its_line_is_marked_and_no_state_is_cut(width: int) -> None:
    old = [epic(f"L{n}", (60 + 5 * n, "Analysing")) for n in range(9)]

    drawn = figure(kanban(numbers_of(*through(), *old, epic("8", (9, "Implementing"))), "en"), Ageing)

    assert isinstance(drawn.chart, Ageing)
    markup = draw(drawn.chart, width=width).markup()
    assert plain(drawn.title).startswith("10 epics")
    assert markup.count('class="b"') == 10
    assert ("…" in markup, markup.count(">Implementing<")) == (False, 1)


STUCK = epic("7", (90, "Analysing"), values=scored(8, 2))


@pytest.mark.parametrize(("locale", "unknown"), [("en", "not known"), ("fr", "non connu")])
def test_where_no_status_is_mapped_no_state_holds_a_zero(locale: str, unknown: str) -> None:
    lost, placed = epic("1", (9, "Parked")), epic("2", (5, "Reviewing"))

    nothing, partly = (kanban(numbers_of(*epics), locale) for epics in ((lost,), (lost, placed)))

    def loads(page: Page) -> list[str]:
        data, chart = figure(page, Units).data, figure(page, Units).chart
        assert data is not None
        assert isinstance(chart, Units)
        numbers = [plain(one.cells[1].text) for one in data.rows]
        assert all(row.words.startswith(number) for row, number in zip(chart.rows, numbers, strict=True))
        return numbers

    assert loads(nothing) == [*[unknown] * (len(BOARD.states) - 1), "1"]
    assert loads(partly) == ["0", "1", "0", "0", "0", "1"]
    values = {one.id: one.value for one in nothing.figures}
    assert (values["load"], values["stuck"], values["policies"]) == ("1", unknown, unknown)
    said = {"en": "Nobody knows whether the limits are kept", "fr": "Nul ne sait si les limites sont tenues"}[locale]
    assert plain(figure(nothing, Units).title) == said
    assert plain(figure(partly, Units).title) != said


def test_a_stuck_epic_is_named_with_its_days_and_put_to_the_meeting() -> None:
    numbers = numbers_of(*through(), STUCK)

    page = kanban(numbers, "en")

    assert plain(page.headline) == "One epic is stuck in “Analysing”"
    assert [one.id for one in page.decisions] == ["stop-1"]
    assert plain(page.decisions[0].text) == "Say what CLM-7 needs to leave “Analysing”, or stop it."
    assert plain(page.decisions[0].meta) == (
        "C. Vasseur, portfolio sync. "
        "There for 90 days; 85% of those that left stayed 8 or less, and none has left since 24 Oct."
    )
    assert page.decisions_title == "One decision is waiting"


def test_the_first_by_wsjf_of_those_that_are_ready_is_proposed_to_be_pulled_where_there_is_room() -> None:
    ready = [epic("1", (9, "Approved"), values=scored(5, 5)), epic("2", (8, "Approved"), values=scored(20, 2))]
    busy = epic("3", (4, "Implementing"))

    free = kanban(numbers_of(*ready, busy, wip={"implementing": 2}), "en")
    full = kanban(numbers_of(*ready, busy, wip={"implementing": 1}), "en")

    assert [plain(one.text) for one in free.decisions] == ["Pull CLM-2 into “Implementing”."]
    assert full.decisions == ()
    assert full.decisions_title == "No decision is waiting"


@pytest.mark.parametrize(
    ("locale", "said"), [("en", "The kanban asks one more."), ("fr", "Le kanban en demande une de plus.")]
)
def test_what_only_the_kanban_asks_is_counted_where_the_portfolio_s_decisions_are(locale: str, said: str) -> None:
    numbers = numbers_of(*through(), STUCK, epic("8", (60, "Analysing")))
    none_left = numbers_of(*through(), STUCK)

    for pack in (overview, digest, review):
        page = pack(numbers, locale)
        assert plain(page.decisions_more).replace("\u00a0", " ") == said
        assert page.decisions_more[1].href == f"kanban.{locale}.html"
        assert pack(none_left, locale).decisions_more == ()


def test_what_the_kanban_would_pull_is_a_decision_of_the_review_with_a_line_in_its_record() -> None:
    """Unless the figures cannot carry a decision: then nothing is let in."""
    book = a_board_book([epic("1", (9, "Approved"), values=scored(5, 5)), epic("3", (4, "Implementing"))])
    half = replace(book, trust=(a_source(held=60),))

    page, untrusted = review(reckon(book), "en"), review(reckon(half), "en")

    said = "Pull CLM-1 into “Implementing”."
    assert [plain(one.text) for one in page.decisions] == [said]
    assert plain(exhibit(page, "record", "form").table.rows[0].cells[0].text) == f"1. {said}"
    assert plain(section(page, "candidates").blocks[-1].text).startswith("We propose: let CLM-1")  # type: ignore[union-attr] # a paragraph
    lacks = exhibit(page, "candidates", "candidates").table.rows[0].cells[-1]
    assert plain(lacks.text) == "an estimate"  # nobody declares a hypothesis of any epic
    assert page.decisions == overview(reckon(book), "en").decisions
    assert not [one for one in untrusted.decisions if one.id.startswith("pull")]
    assert "let CLM-1" not in plain(section(untrusted, "candidates").blocks[-1].text)  # type: ignore[union-attr] # as above


@pytest.mark.parametrize(
    ("promised", "said"),
    [
        ("CLM-2", "Pull CLM-2 into “Implementing”."),
        ("CLM-3", "Pull CLM-2 into “Implementing” once its hypothesis is written."),
    ],
)
def test_board_and_review_ask_alike_for_the_hypothesis_of_what_is_to_be_pulled(promised: str, said: str) -> None:
    ready = [epic("1", (9, "Approved"), values=scored(5, 5)), epic("2", (8, "Approved"), values=scored(20, 2))]
    book = a_board_book([*ready, epic("3", (4, "Implementing"))])
    benefit = a_benefit(0, 100, id="worth", kpi="calls", item=promised)
    theme = replace(a_theme(), benefits=(benefit,))
    numbers = reckon(replace(book, portfolio=replace(book.portfolio, themes=(theme,))))

    proposed = next(one for one in review(numbers, "en").sections if one.id == "candidates").blocks[-1]

    assert [plain(one.text) for one in kanban(numbers, "en").decisions] == [said]
    assert isinstance(proposed, Paragraph)
    assert ("once its hypothesis is written" in plain(proposed.text)) == ("hypothesis" in said)
    exported = tables(numbers, packs=["review"])["review-candidates"].decode("utf-8-sig")
    lacks = {row["key"]: row["lacks"] for row in csv.DictReader(io.StringIO(exported))}
    assert lacks["CLM-2"] == ("hypothesis estimate" if "hypothesis" in said else "estimate")


def test_nothing_is_pulled_for_people_who_have_more_in_progress_than_usual() -> None:
    ready = [epic("1", (9, "Approved"), values=scored(5, 5)), epic("2", (8, "Approved"), values=scored(20, 2))]
    book = a_board_book([*ready, epic("3", (4, "Implementing"))])

    def proposed(*overloaded: str) -> list[tuple[str, str]]:
        week = reckon(book).week
        board = reckon_board(book, week=week, is_overloaded=lambda one: one.key in overloaded)
        assert board is not None
        return [(one.kind, one.epics[0].key) for one in board.proposals if one.kind in ("pull", "hold")]

    assert proposed() == [("pull", "CLM-2")]
    assert proposed("CLM-2") == [("pull", "CLM-1")]
    assert proposed("CLM-1", "CLM-2") == [("hold", "CLM-2")]


def test_as_many_as_are_beyond_the_limit_are_proposed_to_pause_the_lowest_wsjf_first() -> None:
    crowd = [epic(str(n), (9, "Analysing"), values=scored(3 + n, 2)) for n in range(4)]

    (asked,) = kanban(numbers_of(*crowd), "en").decisions

    assert plain(asked.text) == "Pause two epics of “Analysing”, or raise its limit: CLM-0, CLM-1."


@pytest.mark.parametrize(
    ("locale", "said"),
    [
        ("en", "CLM-2: its MVP is finished. Persevere, pivot or stop?"),
        ("fr", "CLM-2 : son MVP est terminé. Persévérer, pivoter ou arrêter ?"),
    ],
)
def test_an_epic_whose_mvp_is_finished_without_a_verdict_is_asked_whether_to_persevere(locale: str, said: str) -> None:
    board = replace(
        BOARD, states=("funnel", "analysing", "ready", "mvp", "implementing", "done"), commits="mvp", mvp="mvp",
        by_status={**BOARD.by_status, "mvp": "mvp", "reviewing": "analysing", "in review": "analysing"},
    )  # fmt: skip
    gone_on, proved, at_it = (
        epic("1", (60, "MVP"), (20, "Implementing")), epic("2", (90, "MVP")), epic("3", (90, "MVP")),
    )  # fmt: skip
    parts = [
        a_journey(ago(80), ago(30), key="F-1", parent="CLM-2", level="feature", source="claims"),
        a_journey(ago(80), ago(40), key="F-2", parent="CLM-2", level="feature", source="claims"),
        a_journey(ago(80), ago(40), key="F-3", parent="CLM-3", level="feature", source="claims"),
        a_journey(ago(80), key="F-4", parent="CLM-3", level="feature", source="claims"),
    ]
    book = a_board_book([gone_on, proved, at_it, *parts], board=board)

    def asked(book: Book) -> list[tuple[str, ...]]:
        return [one.about for one in kanban(reckon(book), locale).decisions if one.id.startswith("pivot")]

    told = review(reckon(book), locale).decisions
    decided = a_decision("D-1", (AS_OF - 9 * DAY).date().isoformat(), item="CLM-2")
    assert asked(book) == [("CLM-2",), ("CLM-1",)]
    assert said in [plain(one.text).replace("\u00a0", " ").replace("\u202f", " ") for one in told]
    assert asked(replace(book, decisions=(decided,))) == [("CLM-1",)]


@pytest.mark.parametrize(
    ("locale", "said"),
    [("en", "a hypothesis, an estimate and an owner"), ("fr", "une hypothèse, une estimation et un responsable")],
)
def test_what_a_candidate_lacks_is_named_once_though_its_state_asks_for_it_too(locale: str, said: str) -> None:
    asks = tuple(Policy(check=one) for one in ("estimate", "hypothesis", "owner"))
    bare = epic("1", (30, "Analysing"), owner="")
    numbers = numbers_of(bare, board=replace(BOARD, policies={"analysing": asks}))

    found = entering(Scribe(numbers, Words(locale=locale, year=2026, zone=numbers.book.calendar.zone)))

    (exhibit,) = [one for one in found.blocks if isinstance(one, Exhibit)]
    (row,) = exhibit.table.rows
    assert plain(row.cells[-1].text) == said


@pytest.mark.parametrize(("locale", "said"), [("en", "One more is asked: "), ("fr", "Une autre est demandée : ")])
def test_what_is_asked_beyond_those_that_come_first_is_named_below_them(locale: str, said: str) -> None:
    board = replace(
        BOARD, states=("funnel", "analysing", "ready", "mvp", "implementing", "done"), commits="mvp", mvp="mvp",
        by_status={**BOARD.by_status, "mvp": "mvp", "reviewing": "analysing", "in review": "analysing"},
    )  # fmt: skip
    part = a_journey(ago(80), ago(30), key="F-1", parent="CLM-9", level="feature", source="claims")
    epics = [epic(str(n), (290 - n, "Analysing")) for n in range(4)]
    proved = epic("9", (90, "MVP"))
    log = [a_decision(f"D-{n}", (AS_OF - 9 * DAY).date().isoformat(), item=f"CLM-{n}", decision=None) for n in range(2)]
    book = replace(a_board_book([*through(last=90), *epics, proved, part], board=board), decisions=tuple(log))

    page = kanban(reckon(book), locale)

    kinds = [one.id.partition("-")[0] for one in page.decisions]
    assert kinds == ["D", "D", "pause", "pivot", "stop", "stop"]
    assert [one.about for one in page.decisions][4:] == [("CLM-0",), ("CLM-1",)]
    assert spoken(plain(page.decisions_more)).startswith(said)
    assert "CLM-2" in plain(page.decisions_more)
    assert spoken(rendered(page)).count(said) == 2


def with_policies(agreed: bool) -> Board:
    return replace(BOARD, policies=DEFAULT_POLICIES, is_agreed=agreed)


def test_a_policy_gap_names_what_is_missing_and_how_to_mend_it() -> None:
    book = a_board_book([epic("1", (9, "Implementing"), owner="")], board=with_policies(agreed=True))

    page = kanban(reckon(book), "en")

    (row,) = exhibit(page, "policies", "board-gaps").table.rows
    assert "a go decision (Ready)" in plain(row.cells[2].text)
    assert plain(row.cells[3].text) == "an owner and an indicator that is measured, or will be"
    assert "record the decision with item CLM-1 in decisions.csv" in plain(row.cells[4].text)
    assert plain(section(page, "policies").headline) == "One of 1 epics has left a state without what was agreed"


def test_a_decision_that_may_stand_on_a_line_that_is_not_read_is_not_missing_and_the_line_is_named() -> None:
    wrong = Mistake("decisions.csv", 12, "date", "expected a day", names=("CLM-1",))
    aside = SetAside(file="decisions.csv", tells="decisions", is_whole=False, mistakes=(wrong,))
    book = a_board_book([epic("1", (9, "Implementing"), owner="")], board=with_policies(agreed=True))

    page = kanban(reckon(replace(book, set_aside=(aside,))), "en")

    (row,) = exhibit(page, "policies", "board-gaps").table.rows
    assert "a go decision" not in plain(row.cells[2].text)
    said = [plain(one.text) for one in section(page, "policies").blocks if isinstance(one, Paragraph)]
    assert (
        "Whether CLM-1 has a go decision is not known: decisions.csv:12 may say so and is not read. Mend the line."
        in said
    )


def test_policies_that_nobody_agreed_on_are_a_proposal_and_raise_no_finding() -> None:
    epics = [epic("1", (9, "Implementing"))]

    agreed, proposed = (numbers_of(*epics, board=with_policies(agreed=one)) for one in (True, False))

    assert "policy_slipped" in {one.kind for one in findings(agreed)}
    assert "policy_slipped" not in {one.kind for one in findings(proposed)}
    assert "as a proposal" in rendered(kanban(proposed, "en"))


def test_words_alone_are_listed_as_what_we_cannot_check() -> None:
    board = replace(BOARD, policies={"reviewing": (Policy(check=WORDS, says="a sponsor stands behind it"),)})

    page = kanban(numbers_of(epic("1", (9, "Reviewing")), board=board), "fr")

    assert "Nous ne pouvons pas vérifier : a sponsor stands behind it (Revue)." in spoken(
        plain(*(one.text for one in section(page, "policies").blocks if hasattr(one, "text")))
    )


A, B, C = ({"business_value": v, "time_criticality": t, "risk_reduction": r, "job_size": s}
           for v, t, r, s in ((5, 5, 3, 5), (3, 3, 2, 2), (8, 8, 4, 13)))  # fmt: skip
T15 = [
    epic("33", (30, "Reviewing"), values=C),
    epic("31", (20, "Reviewing"), values=A),
    epic("32", (10, "Analysing"), values=B),
]  # fmt: skip


@pytest.mark.parametrize(
    ("locale", "said"),
    [
        ("en", "Today’s order of 3 waiting epics costs 29% more than the WSJF order"),
        ("fr", "L’ordre actuel de 3 epics en attente coûte 29 % de plus que l’ordre WSJF"),
    ],
)
def test_the_price_of_todays_order_is_told_with_its_sums(locale: str, said: str) -> None:
    """T15: 654 against 507."""
    page = kanban(numbers_of(*T15), locale)

    assert spoken(plain(section(page, "order").headline)) == said
    notes = plain(*exhibit(page, "order", "board-order").notes)
    assert "654" in notes
    assert "507" in notes


def test_the_order_in_the_table_gives_the_price_again() -> None:
    page = kanban(numbers_of(*T15), "en")

    rows = exhibit(page, "order", "board-order").table.rows
    jobs = [tuple(int(plain(row.cells[place].text)) for place in (2, 3, 5, 6)) for row in rows]  # now, best, cost, size

    def cost(place: int) -> int:
        done = total = 0
        for job in sorted(jobs, key=lambda one: one[place]):
            done += job[3]
            total += job[2] * done
        return total

    assert (cost(0), cost(1)) == (654, 507)
    assert next(one for one in page.figures if one.id == "order").value == f"+{round((654 / 507 - 1) * 100)}%"


def test_the_price_of_an_order_is_rounded_once_from_the_exact_one_wherever_it_is_told() -> None:
    """27 against 24: 12.5 %, in points of one percent."""
    ten, seven = ({"business_value": v, "time_criticality": t, "risk_reduction": r, "job_size": 1}
                  for v, t, r in ((5, 3, 2), (3, 2, 2)))  # fmt: skip
    numbers = numbers_of(epic("2", (30, "Reviewing"), values=seven), epic("1", (20, "Reviewing"), values=ten))

    page = kanban(numbers, "en")

    (told,) = [one for one in findings(numbers) if one.kind == "order_price"]
    assert "costs 13% more" in plain(section(page, "order").headline)
    assert "costs 13% more" in plain(sentence(told, Words(locale="en", year=2026, zone=numbers.book.calendar.zone)))
    assert next(one for one in page.figures if one.id == "order").value == "+13%"


def test_what_waits_approved_is_told_in_money_and_the_total_is_the_sum_of_its_rows() -> None:
    board = replace(
        BOARD,
        delays=(
            Delay(item="CLM-1", per_week=1_400_000, needed=date(2026, 12, 1)),
            Delay(item="CLM-2", per_week=700_000),
        ),
    )
    page = kanban(numbers_of(epic("1", (14, "Approved")), epic("2", (7, "Approved")), board=board), "en")

    *rows, total = exhibit(page, "order", "board-money").table.rows
    waited = [int(re.sub(r"\D", "", plain(row.cells[5].text))) for row in (*rows, total)]
    assert waited == [28_000, 7_000, 35_000]
    assert next(one for one in page.figures if one.id == "queue").value == "€35k"
    assert "85% of trials" in plain(*exhibit(page, "order", "board-money").notes)


@pytest.mark.parametrize(
    ("locale", "value", "said"),
    [
        ("en", "at least €7k", "Two approved epics wait to be begun; that has cost at least €7k so far."),
        ("fr", "au moins 7 k€", "Deux epics approuvés attendent de commencer ; cela a déjà coûté au moins 7 k€."),
    ],
)
def test_the_cost_of_a_queue_of_which_one_has_no_price_is_a_least_one(locale: str, value: str, said: str) -> None:
    board = replace(BOARD, delays=(Delay(item="CLM-2", per_week=700_000),))
    numbers = numbers_of(epic("1", (14, "Approved")), epic("2", (7, "Approved")), board=board)

    figure_of = next(one for one in kanban(numbers, locale).figures if one.id == "queue")

    (found,) = [one for one in findings(numbers) if one.kind == "queue_cost"]
    words = Words(locale=locale, year=2026, zone=numbers.book.calendar.zone)
    assert spoken(figure_of.value) == value
    assert spoken(figure_of.versus).startswith("2 epics")
    assert spoken(plain(sentence(found, words))) == said


@pytest.mark.parametrize(("locale", "said"), [("en", "not waiting"), ("fr", "n’attendent pas")])
def test_where_no_epic_waits_the_total_says_so_and_not_that_nobody_knows_it(locale: str, said: str) -> None:
    delays = (Delay(item="CLM-1", per_week=1_400_000), Delay(item="CLM-2", per_week=700_000))
    epics = [epic(key, (14, "Implementing")) for key in ("1", "2")]

    page = kanban(numbers_of(*epics, board=replace(BOARD, delays=delays)), locale)

    total = exhibit(page, "order", "board-money").table.rows[-1]
    assert plain(total.cells[5].text) == said


@pytest.mark.parametrize(
    ("locale", "least", "without"), [("en", "at least €", "without "), ("fr", "au moins ", "sans ")]
)
def test_a_total_with_an_amount_that_is_not_known_is_a_least_one_and_names_what_it_leaves_out(
    locale: str, least: str, without: str
) -> None:
    finished = replace(epic("1", (90, "Implementing"), (14, "Done")), due_on=(AS_OF - 28 * DAY).date())
    board = replace(
        BOARD,
        delays=(
            Delay(item="CLM-1", per_week=1_400_000),
            Delay(item="CLM-2", per_week=700_000),
            Delay(item="CLM-3", at_once=900_000, needed=date(2026, 12, 1)),
        ),
    )
    epics = [finished, epic("2", (7, "Approved")), epic("3", (9, "Approved"))]

    total = exhibit(kanban(numbers_of(*epics, board=board), locale), "order", "board-money").table.rows[-1]

    late, waited = total.cells[4], total.cells[5]
    assert plain(late.text).startswith(least)
    assert plain(late.note) == f"{without}CLM-2, CLM-3"
    assert plain(waited.text).startswith(least)
    assert plain(waited.note) == f"{without}CLM-3"


def test_where_nobody_says_what_a_week_costs_the_page_says_how_to_say_it() -> None:
    page = kanban(numbers_of(epic("1", (14, "Approved"))), "en")

    assert next(one for one in page.figures if one.id == "queue").value == "not known"
    assert "Say it under kanban: delays" in rendered(page)


def test_what_moved_back_and_what_was_given_up_stand_below_with_whether_that_was_in_time() -> None:
    back = epic("1", (40, "Analysing"), (10, "Reviewing"))
    early, late = epic("2", (40, "Analysing"), (9, "Dropped")), epic("3", (40, "Implementing"), (8, "Dropped"))

    told = section(kanban(numbers_of(back, early, late), "en"), "changes")

    (block,) = told.blocks
    assert isinstance(block, Changes)
    assert [one.label for one in block.entries] == ["Back", "Given up in time", "Given up late"]
    assert plain(told.headline) == "One epic moved backwards and two were given up in 13 weeks"


def test_a_quiet_board_raises_nothing_and_says_so() -> None:
    """Nothing over its limit, nothing stuck, in the best order, nothing agreed that is missing."""
    quiet = [
        epic("1", (5, "Analysing"), values=B),
        epic("2", (4, "Reviewing"), values=A),
        epic("3", (3, "Implementing")),
    ]

    numbers = numbers_of(*through(last=5), *quiet)
    page = kanban(numbers, "en")

    board_kinds = {"over_limit", "board_stuck", "policy_slipped", "queue_cost", "order_price", "board_unmapped"}
    assert not board_kinds & {one.kind for one in findings(numbers)}
    assert plain(page.headline) == "Nothing is over its limit and nothing is stuck on the portfolio kanban"
    assert page.decisions == ()
    assert plain(section(page, "order").headline) == "The 2 waiting epics stand in the order that costs least"


@pytest.mark.parametrize("locale", ["en", "fr"])
def test_without_a_kanban_the_page_says_how_one_is_set_up(locale: str) -> None:
    page = kanban(reckon(a_book()), locale)

    assert "kanban" in plain(page.headline).lower()
    assert "guardrails" in rendered(page)


def test_a_stale_tracker_keeps_the_board_out_of_the_headline() -> None:
    book = a_board_book([*through(), *CROWD])
    stale = replace(book, trust=a_book(is_stale=True).trust)

    page = kanban(reckon(stale), "en")

    assert "Analysing" not in plain(page.headline)
    assert page.banners


@pytest.mark.parametrize("locale", ["en", "fr"])
def test_figures_of_the_page_are_those_of_the_metrics(locale: str) -> None:
    book = a_board_book([*through(), *CROWD, *T15, epic("9", (3, "Parked"))])
    numbers = reckon(book)
    assert numbers.board is not None
    epics = [one for one in book.journeys if one.placement.level == "epic"]
    measured = portfolio_kanban(
        epics, board=BOARD, day=numbers.today, period=numbers.board.kanban.period, calendar=book.calendar, limits=LIMITS
    )

    page = kanban(numbers, locale)
    data = figure(page, Units).data
    assert data is not None

    shown = [int(plain(row.cells[1].text)) for row in data.rows]
    assert sum(shown) == measured.n_used == len(exhibit(page, "epics", "board-epics").table.rows)
    assert next(one for one in page.figures if one.id == "load").value == str(measured.n_used)
    table = exhibit(page, "flow", "board").table
    assert [int(plain(row.cells[4].text)) for row in table.rows] == [
        len(one.entered) for one in measured.states if one.held or one.name != "not_mapped"
    ]
    price = order(epics, board=BOARD).price
    assert price is not None
    assert str(round(price * 100)) in plain(section(page, "order").headline)


@pytest.mark.parametrize("locale", ["en", "fr"])
def test_a_page_of_a_thousand_epics_is_cut_to_what_is_read_and_names_the_files_that_have_all(locale: str) -> None:
    many = [epic(str(1000 + n), (50 + n % 40, "Analysing"), values=scored(5 + n % 15, 3)) for n in range(1_000)]
    numbers = reckon(a_board_book(many, board=with_policies(agreed=False)))

    page = kanban(numbers, locale)

    assert len(rendered(page)) < 400_000
    for name, table, file in (
        ("epics", "board-epics", "kanban-epics"), ("policies", "board-gaps", "kanban-epics"),
        ("order", "board-order", "kanban-order"),
    ):  # fmt: skip
        told = exhibit(page, name, table)
        assert len(told.table.rows) < len(exported(numbers, file)) == len(many)
        assert any(f"data/{file}.csv" in plain(note) for note in told.notes), name


def exported(numbers: Reckoning, name: str) -> list[dict[str, str]]:
    text = tables(numbers, packs=["kanban"])[name].decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text)))


def test_every_figure_of_the_page_is_computed_again_from_its_exported_tables() -> None:
    board = replace(
        with_policies(agreed=True),
        delays=(Delay(item="CLM-41", per_week=1_400_000), Delay(item="CLM-42", per_week=700_000)),
    )
    approved = [epic("41", (14, "Approved"), values=scored(8, 5)), epic("42", (7, "Approved"), values=scored(9, 3))]
    numbers = numbers_of(*through(), *CROWD, *T15, *approved, STUCK_TWICE, epic("9", (3, "Parked")), board=board)

    page = kanban(numbers, "en")
    epics, weeks = exported(numbers, "kanban-epics"), exported(numbers, "kanban-weeks")
    ordered, priced = exported(numbers, "kanban-order"), exported(numbers, "kanban-delays")
    value = {one.id: one.value for one in page.figures}

    units = figure(page, Units).chart
    assert isinstance(units, Units)
    assert value["load"] == str(len(epics))
    assert [one.count for one in units.rows] == [
        sum(row["state"] == name for row in epics) for name in (*BOARD.states[:-1], "not_mapped")
    ]
    assert value["stuck"] == str(sum(row["is_stuck"] == "true" for row in epics))
    unproven = [row["key"] for row in exported(numbers, "kanban-done") if row["lacks"]]
    assert len(unproven) == len(through())  # nobody said what they were to bring
    lacking = sum(bool(row["lacks"] or row["should_have_had"]) for row in epics)
    assert value["policies"] == str(lacking + len(unproven))
    shown = exhibit(page, "flow", "board").table.rows
    for row in shown:
        name = next(
            one for one in (*BOARD.states, "not_mapped") if plain(row.cells[0].text).lower().startswith(one[:3])
        )
        mine = [one for one in weeks if one["state"] == name]
        assert plain(row.cells[4].text) == str(sum(int(one["entered"]) for one in mine))
        assert plain(row.cells[5].text) == str(sum(int(one["left"]) for one in mine))

    def cost(place: str) -> Decimal:
        done = total = Decimal(0)
        for row in sorted(ordered, key=lambda one: int(one[place])):
            done += Decimal(row["size"])
            total += Decimal(row["cost_of_delay"]) * done
        return total

    assert value["order"] == f"+{round((cost('place_today') / cost('place_by_wsjf') - 1) * 100)}%"
    assert value["queue"] == f"€{sum(int(row['queue_cost_minor']) for row in priced) // 100_000}k"


STUCK_TWICE = epic("77", (95, "Reviewing"))


def test_a_title_that_a_spreadsheet_would_run_is_no_formula_in_the_table() -> None:
    evil = replace(epic("1", (9, "Analysing")), title="=HYPERLINK(1)")

    assert [row["title"] for row in exported(numbers_of(evil), "kanban-epics")] == ["'=HYPERLINK(1)"]


@pytest.mark.parametrize("width", [HALF, FULL, NARROW])
@pytest.mark.parametrize("locale", ["en", "fr"])
def test_words_of_its_charts_stand_free_and_inside(width: int, locale: str) -> None:
    page = kanban(numbers_of(*through(), *CROWD, *T15, epic("9", (3, "Parked"))), locale)

    for block in section(page, "flow").blocks:
        if isinstance(block, Figure) and block.chart is not None and width in (
            NARROW, HALF if block.columns <= 6 else FULL
        ):  # fmt: skip
            canvas = draw(block.chart, width=width)
            for one, other in combinations(canvas.boxes, 2):
                assert not one.meets(other), f"{one} covers {other}"
            assert all(box.left >= -1 and box.right <= canvas.width + 1 for box in canvas.boxes)
            assert all(box.top >= -1 and box.bottom <= canvas.height + 1 for box in canvas.boxes)
