"""Money on pages: what they print is what the exported tables say, and each section says what it is."""

from __future__ import annotations

import csv
import io
from collections import defaultdict
from dataclasses import replace
from datetime import date
from decimal import Decimal
from itertools import combinations

import pytest

from domain.calendar import Increment
from domain.funding import Actual, CapitalRule, Funding, Vote
from domain.journey import Journey
from domain.period import Period
from domain.set_aside import Mistake, SetAside
from domain.strategy import Decision, ValueStream
from metrics.table import metric_rows
from reports.book import Book
from reports.charts.drawing import FULL, NARROW, draw, inline
from reports.charts.shapes import MoneyBar
from reports.data import tables
from reports.findings import findings
from reports.findings import money as rules
from reports.money import Funds, funds
from reports.packs.theme import theme
from reports.page import Block, Exhibit, Figure, Page, Paragraph, plain
from reports.reckoning import reckon
from reports.render.html import html
from reports.render.markdown import markdown
from reports.words.catalogue import Words
from tests.reports.books import a_book
from tests.reports.money_pages import money_page

RULE = CapitalRule(
    method="item_days", kinds=("feature",), after="implementing", statuses=frozenset({"implementing", "done"})
)
STREAMS = {"claims": "Claims", "policy-core": "Policy core"}


def the_costs(pace: float = 1.0) -> tuple[Actual, ...]:
    """Ten closed months of both streams; claims costs its budget, policy core `pace` times its own."""
    return tuple(
        Actual(
            value_stream=stream,
            period=f"2026-{month:02d}",
            amount=int(100_000_000 * (pace if stream == "policy-core" else 1) * days / 365 * 12),
            closed_on=date(2026, month + 1, 8),
        )
        for month, days in zip(range(1, 11), (31, 28, 31, 30, 31, 30, 31, 31, 30, 31), strict=True)
        for stream in STREAMS
    )


def a_funded_book(
    *, pace: float = 1.2, budgets: bool = True, costs: bool = True, funding: Funding | None = None
) -> Book:
    book = a_book()
    journeys = [_in_stream(one) for one in book.journeys]
    streams = tuple(
        ValueStream(id=id, name=name, owner="A. Owner", budget={"2026": 1_200_000_000} if budgets else {})
        for id, name in STREAMS.items()
    )
    votes = (
        Vote(subject="value_stream:claims", period="2026", share=Decimal("0.7")),
        Vote(subject="value_stream:policy-core", period="2026", share=Decimal("0.3")),
        Vote(subject="theme:embed", period="2026", share=Decimal("0.5")),
    )
    given = funding or Funding(level="story", actuals=the_costs(pace) if costs else (), votes=votes, capital=RULE)
    epic = next(one for one in journeys if one.placement.level == "epic")
    taken = Decision(
        id="D-9", asked_on=date(2026, 1, 5), meeting="Review", question="Go?", decision="Yes", owner="A. Lead",
        due=None, item=epic.key,
    )  # fmt: skip
    return replace(
        book,
        journeys=tuple(journeys),
        portfolio=replace(book.portfolio, value_streams=streams, funding=given),
        decisions=(*book.decisions, taken),
    )


def _in_stream(journey: Journey) -> Journey:
    return replace(journey, placement=replace(journey.placement, value_stream=journey.id.source))


def page_of(book: Book, locale: str = "en") -> Page:
    return money_page(reckon(book), locale)


def blocks(page: Page, section: str) -> tuple[Block, ...]:
    return next(one.blocks for one in page.sections if one.id == section)


def told(book: Book) -> Funds:
    found = funds(book)
    assert found is not None
    return found


def printed(page: Page, section: str, table: str) -> list[list[str]]:
    """The cells of a table of a section."""
    for block in blocks(page, section):
        if isinstance(block, Exhibit) and block.table.name == table:
            return [[plain(cell.text) for cell in row.cells] for row in block.table.rows]
    raise AssertionError(f"no table {table}")


def rows_of(book: Book) -> list[dict[str, object]]:
    return list(
        metric_rows(
            book.journeys, portfolio=book.portfolio, calendar=book.calendar, as_of=book.as_of, waiting_known=set(),
            closed=book.closed,
        )
    )  # fmt: skip


def test_the_matrix_prints_what_the_exported_months_and_the_open_one_add_up_to() -> None:
    book = a_funded_book()
    page, words = page_of(book), Words(locale="en", year=2026, zone=book.calendar.zone)
    sums: dict[tuple[str, str], int] = defaultdict(int)
    for row in rows_of(book):
        if str(row["metric"]).startswith("spend:") and str(row["period_start"]) >= "2026":
            sums[str(row["scope"]), str(row["metric"]).partition(":")[2]] += int(str(row["value"]))
    for one in told(book).streams:  # the month that is not over is in no export yet
        for line in (line for entry in one.spent.entries[-1:] for line in entry.lines):
            sums[f"value_stream:{one.stream.id}", line.cell.theme] += line.amount
            sums["portfolio", line.cell.theme] += line.amount

    names = {one.name: one.id for one in book.portfolio.themes} | {"No theme": "unaligned", "Idle days": "idle"}
    for name, *cells in printed(page, "spend", "matrix")[:-1]:
        scopes = [*(f"value_stream:{stream}" for stream in STREAMS), "portfolio"]
        expected = [sums[scope, names[name]] for scope in scopes]
        assert cells[:-1] == [words.money(amount, "EUR") if amount else "0" for amount in expected]


def test_the_shares_of_the_themes_add_up_to_the_whole_on_every_page() -> None:
    """Each rounded by itself, some would add up to 99.9 or 100.1."""
    for pace in (1.0, 1.06):
        book = a_funded_book(pace=pace)
        page, numbers = page_of(book), reckon(book)
        *rows, total = printed(page, "spend", "matrix")

        shares = {name: Decimal(cells[-1].removesuffix("%")) for name, *cells in rows}

        assert (sum(shares.values()), total[-1]) == (100, "100.0%")
        tied = next(one for one in page.figures if one.id == "tied")
        assert Decimal(tied.value.removesuffix("%")) == 100 - shares["No theme"] - shares["Idle days"]
        for score in numbers.themes:
            own = next(one for one in theme(numbers, score, "en").figures if one.id == "spend")
            assert f"{shares[score.theme.name]}%" in own.versus


def test_the_streams_print_what_the_export_says_of_cost_and_forecast() -> None:
    book = a_funded_book()
    page, words = page_of(book), Words(locale="en", year=2026, zone=book.calendar.zone)
    rows = [row for row in rows_of(book) if str(row["period_start"]) >= "2026"]
    scopes = [*(f"value_stream:{stream}" for stream in STREAMS), "portfolio"]

    for scope, (_, plan, cost, forecast, *_) in zip(scopes, printed(page, "money", "funds"), strict=True):
        mine = [row for row in rows if row["scope"] == scope]
        costs = sum(int(str(row["value"])) for row in mine if row["metric"] == "cost" and row["value"] is not None)
        newest = next(
            row for row in mine if row["metric"] == "cost_forecast" and row["period_start"] == "2026-10-01"
        )  # fmt: skip
        assert cost == words.money(costs, "EUR")
        assert forecast == words.money(int(str(newest["value"])), "EUR")
        assert plan == words.money(1_200_000_000 * (2 if scope == "portfolio" else 1), "EUR")


def test_each_stream_is_drawn_with_its_budget_cost_and_forecast_on_one_scale() -> None:
    book = a_funded_book()
    block = next(
        one for one in blocks(page_of(book), "money") if isinstance(one, Exhibit) and one.table.name == "funds"
    )
    charts = [row.cells[5].chart for row in block.table.rows]
    runs = [one.run for one in told(book).streams]
    most = max(max(run.plan or 0, run.forecast or 0) for run in runs)

    assert charts == [
        *(MoneyBar(plan=run.plan, actual=run.spent, forecast=run.forecast, reach=most) for run in runs), None
    ]  # fmt: skip
    drawn = inline(MoneyBar(plan=100, actual=40, forecast=80, reach=200))
    assert 'class="ac" d="M0 5h29.8v8h-29.8z"' in drawn  # 40 of 200
    assert 'class="pl-open" d="M29.8 5h29.8v8' in drawn  # to 80, hatched
    assert "M0.5 1.5h74.5v15h-74.5z" in drawn  # the outline of 100


def test_months_of_the_chart_add_up_to_the_year() -> None:
    run = told(a_funded_book()).whole

    assert run.plan is not None
    assert sum(one.told or 0 for one in run.months) == run.forecast
    assert sum(one.plan or 0 for one in run.months) == run.plan
    assert sum(one.difference or 0 for one in run.months) == run.difference


def test_the_evidence_on_capitalisation_is_published_whole_and_adds_up() -> None:
    book = a_funded_book()
    page, words = page_of(book), Words(locale="en", year=2026, zone=book.calendar.zone)

    text = tables(reckon(book), packs=("guardrails",))["capitalisation"].decode("utf-8-sig")

    rows = list(csv.DictReader(io.StringIO(text)))
    whole = sum(int(row["amount_minor_units"]) for row in rows if row["classification"] == "candidate")
    section = next(one for one in page.sections if one.id == "capitalisation")
    assert words.money(whole, "EUR") in plain(section.headline)
    assert {row["view"] for row in rows} == {"management view, not ledger"}
    assert sum(int(row["amount_minor_units"]) for row in rows) <= told(book).spent


def test_who_approved_a_candidate_is_not_known_where_the_log_is_not_read() -> None:
    book = a_funded_book()
    epic = next(one for one in book.journeys if one.key == "CLM-2")
    below = tuple(replace(one, parent_id=epic.id) if one.placement.level == "story" else one for one in book.journeys)
    unread = SetAside(
        file="decisions.csv", tells="decisions", is_whole=True,
        mistakes=(Mistake("decisions.csv", 1, "", "empty", of_file=True),),
    )  # fmt: skip

    def approved(book: Book) -> str:
        section = next(one for one in page_of(book).sections if one.id == "capitalisation")
        (table,) = (one.table for one in section.blocks if isinstance(one, Exhibit))
        return plain(section.intro) + plain(table.rows[0].cells[-1].text)

    read = replace(book, journeys=below)
    assert approved(read).count("no decision on record") == 2
    assert approved(replace(read, set_aside=(unread,))).endswith(
        "not known: decisions.csv:1 may say so and is not read"
    )
    assert "no decision on record" not in approved(replace(read, set_aside=(unread,)))


@pytest.mark.parametrize(("locale", "label"), [("en", "not ledger"), ("fr", "hors comptabilité")])
def test_every_money_page_says_that_it_is_no_ledger_and_calls_nothing_accounting(locale: str, label: str) -> None:
    book = a_funded_book()
    page = page_of(book, locale)
    words = Words(locale=locale, year=2026, zone=book.calendar.zone)

    text = markdown(page, words=words)

    assert text.count(label) >= 4
    assert "accounting" not in text.lower()
    assert text.lower().count("comptab") == text.lower().count("hors comptab")
    assert html(page, words=words)


def test_the_year_that_closes_over_its_budget_is_a_finding_and_names_the_stream() -> None:
    numbers = reckon(a_funded_book(pace=1.2))

    (found,) = [one for one in findings(numbers, parts=(rules,)) if one.kind == "cost_over"]

    assert plain(page_of(a_funded_book()).headline).startswith("The year will close €2.4m over budget")
    assert 55 <= found.severity <= 70


def test_a_stream_that_gives_back_is_good_news() -> None:
    kinds = {one.kind: one.is_good for one in findings(reckon(a_funded_book(pace=0.8)), parts=(rules,))}

    assert kinds.get("cost_under") is True
    assert "cost_over" not in kinds


@pytest.mark.parametrize(
    "book",
    [
        pytest.param(a_funded_book(pace=1.001), id="near its budget"),
        pytest.param(a_funded_book(costs=False), id="no cost is told"),
        pytest.param(a_book(), id="no money at all"),
        pytest.param(a_funded_book(budgets=False), id="no budget"),
    ],
)
def test_a_quiet_portfolio_raises_no_alarm_about_money(book: Book) -> None:
    assert {one.kind for one in findings(reckon(book), parts=(rules,))} == {"quiet"}


def test_without_themes_no_reading_of_the_money_is_said_to_differ_by_nothing() -> None:
    book = a_funded_book()
    bare = replace(book.portfolio, themes=(), funding=replace(book.portfolio.funding, apart_points=Decimal(10)))

    said = [
        "so one reading is enough" in repr(blocks(page_of(replace(book, portfolio=one, kept={})), "spend"))
        for one in (replace(bare, themes=book.portfolio.themes), bare)
    ]

    assert said == [True, False]


def test_costs_without_a_budget_end_somewhere_and_are_held_against_none() -> None:
    book = a_funded_book(budgets=False)
    claims, policy = book.portfolio.value_streams
    half = replace(book.portfolio, value_streams=(replace(claims, budget={"2026": 1_200_000_000}), policy))
    early = a_funded_book(budgets=False, funding=Funding(actuals=the_costs()[:2]))

    none, some, unknown = (page_of(one) for one in (book, replace(book, portfolio=half), early))

    assert plain(none.sections[0].headline) == (
        "No budget is known to hold the year against; at this pace it ends at €26.4m"
    )
    assert plain(some.sections[0].headline) == (
        "Not every cost has a budget to be held against; at this pace the year ends at €26.4m"
    )
    assert plain(unknown.sections[0].headline) == "It is too early to say where the year will end"


def a_book_with_a_silent_stream(pace: float = 1.2) -> Book:
    """Ten months of policy core are told, and none of claims."""
    return a_funded_book(
        funding=Funding(actuals=tuple(one for one in the_costs(pace) if one.value_stream == "policy-core"))
    )


@pytest.mark.parametrize(
    ("locale", "heads", "figures", "intro"),
    [
        pytest.param(
            "en",
            [
                "Policy core will close €2.4m over its budget; no cost is told for Claims",
                "No cost is told for Claims, so nobody knows how far from its budget the year will close",
            ],
            ["Without Claims: no cost is told", "Not compared: no cost for Claims"],
            "Costs of €12.0m are told so far; the budget for 1 January to 31 December 2026 is €24.0m, and at the same "
            "pace the year ends at €26.4m.",
            id="en",
        ),
        pytest.param(
            "fr",
            [
                "Policy core finira 2,4 M€ au-dessus de son budget ; aucun coût n’est connu pour Claims",
                "Aucun coût n’est connu pour Claims : nul ne sait à quel écart de son budget l’année finira",
            ],
            ["Sans Claims : aucun coût connu", "Pas de comparaison : aucun coût pour Claims"],
            "12,0 M€ de coûts connus à ce jour ; le budget de la période du 1er janvier au 31 décembre 2026 est de "
            "24,0 M€ et, au même rythme, l’année finit à 26,4 M€.",
            id="fr",
        ),
    ],
)
def test_what_was_spent_is_without_a_stream_whose_costs_are_not_told_and_names_it(
    locale: str, heads: list[str], figures: list[str], intro: str
) -> None:
    page, near = (page_of(a_book_with_a_silent_stream(pace), locale) for pace in (1.2, 1.0))
    section, spent = page.sections[0], next(one for one in page.figures if one.id == "spent")
    forecast = next(one for one in page.figures if one.id == "forecast")
    cells = printed(page, "money", "funds")

    assert [_told(plain(one.sections[0].headline)) for one in (page, near)] == heads
    assert _told(plain(section.intro)).startswith(intro)
    assert [_told(said) for said in (spent.versus, plain(forecast.trend))] == figures
    assert spent.value == next(row[2] for row in cells if row[0] == "Policy core") == cells[-1][2]
    unknown = Words(locale=locale, year=2026, zone=a_book().calendar.zone).text("unknown")
    assert (cells[0][2], cells[0][4], cells[-1][4]) == (unknown, unknown, unknown)
    assert "causes" not in [one.data.name for one in section.blocks if isinstance(one, Figure) and one.data]


def test_a_stream_that_closes_over_its_budget_raises_its_alarm_beside_one_whose_costs_are_not_told() -> None:
    over, near = (
        [one for one in findings(reckon(a_book_with_a_silent_stream(pace)), parts=(rules,)) if one.kind == "cost_over"]
        for pace in (1.2, 1.0)
    )

    words = Words(locale="en", year=2026, zone=a_book().calendar.zone)
    said = [plain(page_of(a_book_with_a_silent_stream(pace)).headline) for pace in (1.2, 1.0)]
    assert words.has(f"finding.{over[0].message}.short")
    assert said[0].startswith("Policy core will close €2.4m over its budget")
    assert ("over" in said[1], near) == (False, [])


@pytest.mark.parametrize(
    ("locale", "spent", "others", "heads"),
    [
        pytest.param(
            "en",
            ("Budget’s even share to date", "No cost is told"),
            ["No cost is told: the budget itself", "By the budget’s even share"],
            [" of the budget’s even share", " of the budget’s even share, "],
            id="en",
        ),
        pytest.param(
            "fr",
            ("Part égale du budget à ce jour", "Aucun coût n’est connu"),
            ["Aucun coût connu : le budget lui-même", "Selon la part égale du budget"],
            [" de la part égale du budget", " de la part égale du budget, "],
            id="fr",
        ),
    ],
)
def test_the_even_share_of_a_budget_is_nowhere_called_spent(
    locale: str, spent: tuple[str, str], others: list[str], heads: list[str]
) -> None:
    book = a_funded_book(costs=False)
    words = Words(locale=locale, year=2026, zone=book.calendar.zone)
    page = page_of(book, locale)

    forecast, figure, tied = page.figures
    parts = {one.id: one for one in page.sections}
    assert (figure.title, figure.versus) == spent
    assert [_told(plain(one.trend)) for one in (forecast, tied)] == others
    assert told(book).is_even
    assert not told(a_funded_book()).is_even
    assert not told(a_book_with_a_silent_stream()).is_even
    for one, said in zip((parts["spend"], parts["capitalisation"]), heads, strict=True):
        assert said in _told(plain(one.headline))
    assert words.text("money.spend.even.all") in plain(parts["spend"].intro)
    assert not [word for word in ("closed months", "mois clos") if word in plain(parts["spend"].intro)]
    notes = [plain(note) for one in parts["votes"].blocks if isinstance(one, Exhibit) for note in one.notes]
    assert words.text("money.votes.even") in notes


def _told(said: str) -> str:
    return said.replace("\u00a0", " ").replace("\u202f", " ")


@pytest.mark.parametrize("locale", ["en", "fr"])
@pytest.mark.parametrize(
    "book",
    [
        pytest.param(a_funded_book(costs=False), id="no cost is told"),
        pytest.param(a_funded_book(budgets=False), id="no budget"),
        pytest.param(a_book(), id="no money at all"),
        pytest.param(a_funded_book(funding=Funding(actuals=the_costs()[:2])), id="a single month"),
        pytest.param(a_funded_book(funding=Funding(closes_after=5)), id="months close by themselves"),
    ],
)
def test_what_is_not_known_is_said_in_words(book: Book, locale: str) -> None:
    page = page_of(book, locale)

    text = html(page, words=Words(locale=locale, year=2026, zone=book.calendar.zone))

    assert plain(page.sections[0].headline)
    assert "None" not in plain(*(one.headline for one in page.sections))
    assert "{" not in "".join(plain(one.headline, one.intro) for one in page.sections)
    assert text


@pytest.mark.parametrize(
    ("first", "after", "locale", "said"),
    [
        pytest.param("2026-10-05", "2026-12-28", "en", "PI 26.4 will end at €6.1m of €5.5m.", id="inside the year"),
        pytest.param("2026-10-05", "2026-12-28", "fr", "PI 26.4 finira à 6,1 M€ sur 5,5 M€.", id="dans l’année"),
        pytest.param(
            "2026-10-19", "2027-01-11", "en",
            "PI 26.4 has no budget after 31 Dec: not compared. At the same pace it will end at €6.1m.",
            id="across the end of the year",
        ),
        pytest.param(
            "2026-10-19", "2027-01-11", "fr",
            "PI 26.4 n’a pas de budget après le 31 déc. : pas de comparaison. Au même rythme, il finira à 6,1 M€.",
            id="à cheval sur deux années",
        ),
        pytest.param(
            "2025-12-29", "2026-12-28", "en",
            "PI 26.4 has a budget for 361 of its 364 days: not compared. At the same pace it will end at €26.3m.",
            id="begun before the budget",
        ),
    ],
)  # fmt: skip
def test_an_increment_is_held_against_a_budget_that_covers_all_of_it(
    first: str, after: str, locale: str, said: str
) -> None:
    book = a_funded_book()
    increment = Increment(name="PI 26.4", period=Period(date.fromisoformat(first), date.fromisoformat(after)))

    page = page_of(replace(book, calendar=replace(book.calendar, increments=(increment,))), locale)

    assert said in plain(page.sections[0].intro).replace("\u00a0", " ").replace("\u202f", " ")


@pytest.mark.parametrize(("agreed", "are_told"), [(10, False), (0, True)])
def test_readings_that_differ_by_more_than_was_agreed_are_all_told(agreed: int, *, are_told: bool) -> None:
    book = a_funded_book()
    funding = replace(book.portfolio.funding, apart_points=Decimal(agreed))
    book = replace(book, portfolio=replace(book.portfolio, funding=funding), kept={})

    names = [one.table.name for one in blocks(page_of(book), "spend") if isinstance(one, Exhibit)]

    assert ("readings" in names) == (told(book).apart > agreed) == are_told


@pytest.mark.parametrize(
    ("sizes", "methods"),
    [({}, {"item_days", "count"}), ({"job_size": Decimal(3)}, {"item_days", "count", "size"})],
)
def test_money_is_not_read_by_a_size_that_nothing_has(sizes: dict[str, Decimal], methods: set[str]) -> None:
    book = a_funded_book()
    book = replace(book, journeys=[replace(one, values=sizes) for one in book.journeys])

    assert set(told(book).readings) == methods
    assert told(book).apart < 10
    for locale, said in (("en", "can be divided by size"), ("fr", "être réparti selon la taille")):
        notes = [plain(one.text) for one in blocks(page_of(book, locale), "spend") if isinstance(one, Paragraph)]
        assert any(said in note for note in notes) == (not sizes)


def test_without_a_theme_nobody_knows_what_the_money_served() -> None:
    book = a_funded_book()
    items = [replace(one, placement=replace(one.placement, themes={})) for one in book.journeys]
    page = page_of(replace(book, journeys=items, portfolio=replace(book.portfolio, themes=())))

    tied = next(one for one in page.figures if one.id == "tied")
    head = next(plain(one.headline) for one in page.sections if one.id == "spend")

    assert (tied.value, tied.versus) == ("not known", "No theme is declared")
    assert head == "No theme is declared, so nobody knows which theme the money served"


def test_where_no_work_is_known_no_share_of_the_money_serves_a_theme() -> None:
    page = page_of(replace(a_funded_book(), journeys=()))

    tied = next(one for one in page.figures if one.id == "tied")

    assert (tied.value, tied.versus) == ("not known", "No work is known to divide it by")


def test_money_of_a_stream_without_any_work_is_said_to_have_nothing_to_be_divided_by() -> None:
    book = a_funded_book()
    kept = [one for one in book.journeys if one.placement.value_stream != "policy-core"]

    whole, part = (
        plain(next(one for one in page_of(each).sections if one.id == "spend").intro)
        for each in (book, replace(book, journeys=kept))
    )

    assert "No work of Policy core is known here" in part
    assert "is known here" not in whole


def test_figures_have_a_statement_an_alternative_and_their_data() -> None:
    drawn = [block for one in page_of(a_funded_book()).sections for block in one.blocks if isinstance(block, Figure)]

    assert len(drawn) == 3
    assert all(one.title and one.alt and one.data and one.definition for one in drawn)


def test_the_same_facts_are_not_computed_twice() -> None:
    book = a_funded_book()

    assert funds(book) is funds(book.revised(2))
    assert funds(replace(book, closed=())) is funds(replace(book, closed=()))


@pytest.mark.parametrize("locale", ["en", "fr"])
@pytest.mark.parametrize("width", [FULL, NARROW])
@pytest.mark.parametrize("pace", [0.4, 1.2, 9.0])
def test_words_of_a_chart_of_money_stand_free_and_inside(pace: float, width: int, locale: str) -> None:
    page = page_of(a_funded_book(pace=pace), locale)
    charts = [one.chart for one in blocks(page, "money") if isinstance(one, Figure) and one.chart is not None]

    assert len(charts) == 3
    for chart in charts:
        canvas = draw(chart, width=width)
        for one, other in combinations(canvas.boxes, 2):
            assert not one.meets(other), f"{type(chart).__name__}: {one} covers {other}"
        for box in canvas.boxes:
            assert box.left >= -1
            assert box.right <= canvas.width + 1
            assert box.top >= -1
            assert box.bottom <= canvas.height + 1
