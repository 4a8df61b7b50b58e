"""The pack of guardrails: what it says, what it asks, and that its figures are those of the tables beside it."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest

from domain.calendar import Increment
from domain.change import Change
from domain.journey import Journey, Visit
from domain.period import Period
from domain.set_aside import Mistake, SetAside
from domain.strategy import (
    Decision,
    Engagement,
    FlowTolerances,
    Guardrails,
    Matcher,
    Objective,
    PaceTolerances,
    Train,
    ValueStream,
)
from domain.work_item import FlowState, HistoryState, ItemId
from metrics.guardrails import HORIZONS, Initiatives
from reports.book import Book
from reports.charts.shapes import Ranges
from reports.data import tables
from reports.findings import findings
from reports.findings import guardrails as rules
from reports.findings.late import estimate
from reports.guardrails import guardrails
from reports.packs import pages
from reports.packs.review import review
from reports.page import Exhibit, Figure, Page, Section, plain
from reports.reckoning import Reckoning, reckon
from reports.sections.crossings import crossings
from reports.sections.initiatives import unjudged
from reports.sections.scribe import Scribe
from reports.words import numbers as spoken
from reports.words.catalogue import Words
from tests.builders import a_decision, a_journey, a_moment
from tests.reports.books import AS_OF, a_book

TODAY = date(2026, 11, 22)
LAST = Increment(name="PI 4", period=Period(date(2026, 7, 6), date(2026, 9, 28)))
NOW = Increment(name="PI 5", period=Period(date(2026, 9, 28), date(2026, 12, 21)))
AGREED = Guardrails(
    horizons={"H1": Decimal("0.6"), "H2": Decimal("0.2"), "H3": Decimal("0.2")},
    capacity={"feature": Decimal("0.6"), "debt": Decimal("0.4")},
    approval_threshold=1_500_000_00,
    approving_states=("Approved",),
    implementing_states=("Implementing",),
    engagement=Engagement(least_share=Decimal("0.8")),
)
STREAM = ValueStream(
    id="claims",
    name="Claims",
    trains=tuple(Train(name=name, matchers=(Matcher(project=name),)) for name in ("Cedre", "Azur")),
)


def stories(shares: dict[tuple[str, str, str], int]) -> list[Journey]:
    """So many stories in work since June, by horizon's theme, kind and train; each is finished in the last week."""
    found = []
    for (theme, kind, train), count in shares.items():
        for number in range(count):
            found.append(
                a_journey(
                    "2026-06-01T08:00",
                    "2026-11-20T08:00",
                    key=f"{theme}-{kind}-{train}-{number}",
                    created="2026-05-01",
                    kind=kind,
                    themes={theme: 1},
                    value_stream="claims",
                    train=train,
                    source="claims",
                )
            )
    return found


def an_epic(key: str, cost: int | None, *, steps: Sequence[tuple[str, str]], parent: str | None = None) -> Journey:
    """An epic that made these steps, each a status and its day."""
    entered = [("Funnel", "2026-03-02"), *steps]
    left = [a_moment(day) for _, day in entered[1:]]
    states = {"Funnel": FlowState.NEW, "Approved": FlowState.ACTIVE, "Implementing": FlowState.ACTIVE,
              "In arbeit": FlowState.UNKNOWN}  # fmt: skip
    visits = tuple(
        Visit(status=status, status_id=status, flow_state=states[status], entered_at=a_moment(day), left_at=until)
        for (status, day), until in zip(entered, [*left, None], strict=True)
    )
    base = a_journey(
        steps[0][1] if steps else None, key=key, created="2026-03-02", level="epic", themes={"now": 1},
        parent=parent, owner="H. Solberg", updated="2026-11-20", source="claims", train="Cedre", value_stream="claims",
    )  # fmt: skip
    return replace(
        base,
        visits=visits,
        status=entered[-1][0],
        title=f"Title of {key}",
        values={} if cost is None else {"cost_estimate": Decimal(cost)},
    )


def a_portfolio_book(
    items: Sequence[Journey],
    *,
    agreed: Guardrails = AGREED,
    decisions: Sequence[Decision] = (),
    objectives: Sequence[Objective] = (),
    changes: Sequence[Change] = (),
) -> Book:
    book = a_book(journeys=tuple(items), decisions=False, readings=False)
    themes = tuple(
        replace(book.portfolio.themes[0], id=id, name=id, horizon=horizon, key_results=(), target_share=None)
        for id, horizon in (("now", "H1"), ("next", "H2"), ("later", "H3"))
    )
    by_item: dict[ItemId, list[Change]] = {}
    for one in changes:
        by_item.setdefault(one.item_id, []).append(one)
    return replace(
        book,
        portfolio=replace(book.portfolio, themes=themes, value_streams=(STREAM,), guardrails=agreed),
        calendar=replace(book.calendar, increments=(LAST, NOW)),
        decisions=tuple(decisions),
        objectives=tuple(objectives),
        initiative_changes=by_item,
    )


INSIDE = {
    (theme, kind, train): many * more
    for theme, many in (("now", 3), ("next", 1), ("later", 1))
    for kind, more in (("feature", 3), ("debt", 2))
    for train in ("Cedre", "Azur")
}
OUTSIDE = INSIDE | {("now", "feature", "Cedre"): 60}


def an_objective(*, planned_on: date, scored_on: date | None) -> list[Objective]:
    told = Objective(
        increment="PI 5", train="Cedre", team="Shelf", objective="Labels", committed=True, planned_bv=Decimal(8),
        actual_bv=None, planned_on=planned_on,
    )  # fmt: skip
    done = replace(told, increment="PI 4", planned_on=date(2026, 7, 1), actual_bv=Decimal(8), scored_on=scored_on)
    return [told, done]


QUIET = [
    *stories(INSIDE),
    an_epic("CLM-1", 2_400_000, steps=[("Approved", "2026-04-01"), ("Implementing", "2026-04-08")]),
    an_epic("CLM-2", 900_000, steps=[("Implementing", "2026-04-08")]),
]
CALM = an_objective(planned_on=date(2026, 9, 24), scored_on=date(2026, 10, 1))


def entry(key: str, day: str) -> Change:
    return Change(
        source="claims", external_id=key, change_id=f"{key}:1", sequence=1, field="status", occurred_at=a_moment(day),
        from_value="Funnel", to_value="Implementing", known_at=a_moment("2026-05-05T06:00"),
    )  # fmt: skip


def the_page(book: Book, locale: str = "en") -> Page:
    (page,) = pages(reckon(book), packs=["guardrails"], locales=[locale])
    return page


def words_of(section: Section) -> str:
    """Everything that a section says."""
    said = [plain(section.headline), plain(section.intro)]
    for block in section.blocks:
        if isinstance(block, Exhibit):
            for one in block.table.rows:
                said += [plain(cell.text, cell.note) for cell in one.cells]
            said += [plain(note) for note in block.notes]
        elif hasattr(block, "text"):
            said.append(plain(block.text))
    return "\n".join(said)


def section(page: Page, id: str) -> Section:
    return next(one for one in page.sections if one.id == id)


def the_rows(numbers: Reckoning, name: str) -> list[dict[str, str]]:
    text = tables(numbers, packs=("guardrails", "theme"))[name].decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_nothing_is_out_on_a_quiet_portfolio() -> None:
    book = a_portfolio_book(QUIET, objectives=CALM)

    found = [one.kind for one in findings(reckon(book), parts=(rules,))]
    page = the_page(book)

    assert found == ["quiet"]
    assert plain(page.headline) == "All four guardrails that can be judged hold"
    assert page.decisions == ()
    assert [one.trend[0].text for one in page.figures] == ["Inside."] * 4


def test_an_epic_begun_without_approval_is_the_headline_with_the_event_that_proves_it() -> None:
    breach = an_epic("CLM-9", 2_400_000, steps=[("Implementing", "2026-05-04")])
    book = a_portfolio_book([*QUIET, breach], objectives=CALM, changes=[entry("CLM-9", "2026-05-04")])

    page = the_page(book)
    (overview,) = pages(reckon(book), packs=["overview"], locales=["en"])

    assert plain(page.headline) == "“Title of CLM-9” was begun without approval"
    assert "“Title of CLM-9” was begun without approval" in plain(overview.headline)
    assert "Funnel → Implementing, learned 5 May, 08:00" in words_of(section(page, "initiatives"))
    assert "started without approval" in words_of(section(page, "initiatives"))
    assert [plain(one.text) for one in page.decisions] == [
        "Approve CLM-9 Title of CLM-9 after the fact, pause it, or stop it?"
    ]


@pytest.mark.parametrize(
    ("locale", "said"),
    [
        ("en", "Whether CLM-9 was approved is not known: decisions.csv:12 may say so and is not read. Mend the line."),
        ("fr", "On ne sait pas si CLM-9 a été approuvé : decisions.csv:12 le dit peut-être et n’est pas lu."),
    ],
)
def test_an_epic_that_a_line_may_approve_which_is_not_read_is_no_breach_and_the_line_is_named(
    locale: str, said: str
) -> None:
    breach = an_epic("CLM-9", 2_400_000, steps=[("Implementing", "2026-05-04")])
    wrong = Mistake("decisions.csv", 12, "date", "expected a day", names=("CLM-9",))
    aside = SetAside(file="decisions.csv", tells="decisions", is_whole=False, mistakes=(wrong,))
    book = replace(a_portfolio_book([*QUIET, breach], objectives=CALM), set_aside=(aside,))

    page = the_page(book, locale)

    assert said in words_of(section(page, "initiatives"))
    assert page.decisions == ()
    assert "CLM-9" not in [row["key"] for row in the_rows(reckon(book), "significant-initiatives")]
    lamp = next(one for one in page.figures if one.id == "initiatives")
    assert not plain(lamp.trend).startswith(("Inside", "Respecté"))


def test_a_decision_that_waits_is_not_asked_for_again() -> None:
    breach = an_epic("CLM-9", 2_400_000, steps=[("Implementing", "2026-05-04")])
    waits = Decision(
        id="D-7", asked_on=TODAY - timedelta(days=3), meeting="Portfolio sync", question="Approve it now?",
        decision=None, owner="P. Lemaire", due=TODAY + timedelta(days=4), item="CLM-9",
    )  # fmt: skip

    page = the_page(a_portfolio_book([*QUIET, breach], objectives=CALM, decisions=[waits]))

    assert [plain(one.text) for one in page.decisions] == ["Approve it now?"]


SPLIT = [an_epic(f"CLM-3{n}", 1_450_000, steps=[("Implementing", "2026-07-04")], parent="CLM-3") for n in (1, 2)]
UNAPPROVED = an_epic("CLM-9", 2_400_000, steps=[("Implementing", "2026-05-04")])


@pytest.mark.parametrize(
    ("items", "is_logged", "said"),
    [
        pytest.param([*QUIET, UNAPPROVED], True, ("settle the one breach", "régler le dépassement"), id="logged"),
        pytest.param([*QUIET, UNAPPROVED, *SPLIT], False, ("settle the one breach", "régler le dépassement"),
                     id="a notice beside it"),
        pytest.param([*QUIET, *SPLIT], False, ("answer what is noticed", "trancher ce qui est signalé"),
                     id="only a notice"),
    ],
)  # fmt: skip
def test_the_review_proposes_to_settle_as_many_breaches_as_it_counts(
    items: list[Journey],
    is_logged: bool,
    said: tuple[str, str],
) -> None:
    waits = Decision(
        id="D-7", asked_on=TODAY - timedelta(days=3), meeting="Portfolio sync", question="Approve it now?",
        decision=None, owner="P. Lemaire", due=TODAY + timedelta(days=4), item="CLM-9",
    )  # fmt: skip
    numbers = reckon(a_portfolio_book(items, objectives=CALM, decisions=[waits] if is_logged else []))

    for locale, words in zip(("en", "fr"), said, strict=True):
        found = next(one for one in review(numbers, locale).sections if one.id == "guardrails")
        assert words in plain(found.blocks[-1].text)  # type: ignore[union-attr]


def test_horizons_and_trains_outside_their_range_are_marked_and_asked_about() -> None:
    page = the_page(a_portfolio_book(stories(OUTSIDE)))

    figure = next(block for block in section(page, "horizons").blocks if isinstance(block, Figure))
    assert isinstance(figure.chart, Ranges)
    assert [(one.name, one.out) for one in figure.chart.marks] == [
        ("H1 (invest and extract)", True),
        ("H2 (emerging)", True),
        ("H3 (evaluating)", True),
    ]
    assert "One of two trains is outside its allocation: Cedre" in words_of(section(page, "capacity"))
    assert [one.id for one in page.decisions] == ["horizons", "capacity"]


@pytest.mark.parametrize(
    ("shares", "locale", "number", "said"),
    [
        (OUTSIDE, "en", "1 of 2", "Breached. Trains outside their allocation, in PI 4."),
        (OUTSIDE, "fr", "1 sur 2", "Non respecté. Trains hors de leur allocation, sur PI 4."),
        (INSIDE, "en", "2 of 2", "Inside. Trains inside their allocation, in PI 4."),
        (INSIDE, "fr", "2 sur 2", "Respecté. Trains dans leur allocation, sur PI 4."),
    ],
)
def test_the_number_beside_a_lamp_of_capacity_is_of_what_the_lamp_says(
    shares: dict[tuple[str, str, str], int], locale: str, number: str, said: str
) -> None:
    page = the_page(a_portfolio_book(stories(shares)), locale)

    lamp = next(one for one in page.figures if one.id == "capacity")
    assert (lamp.value.replace("\u00a0", " "), plain(lamp.trend)) == (number, said)


def test_every_share_of_the_pack_is_that_of_the_table_beside_it() -> None:
    numbers = reckon(a_portfolio_book(stories(OUTSIDE)))
    rows = the_rows(numbers, "guardrail-shares")
    page = the_page(numbers.book)

    days = {row["part"]: Decimal(row["item_days"]) for row in rows if row["guardrail"] == "horizons"}
    plan = {row["part"]: Decimal(row["plan_percent"]) for row in rows if row["guardrail"] == "horizons"}
    whole = sum(days.values())
    shares = {part: 100 * amount / whole for part, amount in days.items()}
    distance = sum(abs(shares[part] - plan[part]) for part in days) / 2

    figure = next(block for block in section(page, "horizons").blocks if isinstance(block, Figure))
    assert figure.data is not None
    printed = [[plain(cell.text) for cell in one.cells] for one in figure.data.rows]
    parts = [one for one in HORIZONS if one in days]
    for part, told in zip(parts, printed, strict=False):
        assert abs(Decimal(told[2].rstrip("%")) - shares[part]) <= Decimal("0.1")
        assert Decimal(told[3].rstrip("%")) == plan[part]
        assert abs(_signed(told[4]) - (shares[part] - plan[part])) <= Decimal("0.1")
    assert page.figures[0].value == f"{spoken.decimal(distance, 'en', places=1)} points"
    assert sum(Decimal(told[2].rstrip("%")) for told in printed[: len(parts)]) == 100
    capacity = [row for row in rows if row["scope"] == "train:Cedre" and row["period_start"] == "2026-07-06"]
    table = next(block for block in section(page, "capacity").blocks if isinstance(block, Exhibit)).table
    cedre = next(one for one in table.rows if plain(one.cells[0].text) == "Cedre")
    assert {plain(cell.text) for cell in cedre.cells[1:3]} == {
        f"{Decimal(row['share_percent']):.1f}%" for row in capacity
    }


def _signed(text: str) -> Decimal:
    return Decimal(text.replace("\u2212", "-").replace("+", ""))


@pytest.mark.parametrize(
    ("locale", "said", "others"),
    [
        ("en", "Eight more are asked: ", "The other three are about CLM-21, CLM-22, CLM-23."),
        ("fr", "Huit autres sont demandées : ", "Les trois autres concernent CLM-21, CLM-22, CLM-23."),
    ],
)
def test_of_many_decisions_the_first_are_asked_and_of_the_others_the_items_are_named(
    locale: str, said: str, others: str
) -> None:
    epics = [an_epic(f"CLM-{n}", 2_400_000, steps=[("Implementing", "2026-05-04")]) for n in range(11, 24)]

    agreed = replace(AGREED, horizons={}, capacity={})

    page = the_page(a_portfolio_book(epics, agreed=agreed, objectives=CALM), locale)

    more = plain(page.decisions_more)
    assert [one.about for one in page.decisions] == [(f"CLM-{n}",) for n in range(11, 16)]
    assert more.startswith(said)
    assert more.endswith(others)
    assert more.count("?") == 5


def test_two_trackers_may_share_a_key_and_both_epics_of_it_are_not_judged() -> None:
    twins = tuple(a_journey("2026-05-04", key="CLM-1", level="epic", source=name) for name in ("claims", "other"))
    ended = replace(twins[0], finished_at=AS_OF, flow_state=FlowState.DONE)

    told = Initiatives(significant=(), splits=(), untold={"unmapped": twins, "no_history": (ended,)})

    assert unjudged(told) == 2


def test_the_table_of_initiatives_has_every_verdict_with_its_event() -> None:
    breach = an_epic("CLM-9", 2_400_000, steps=[("Implementing", "2026-05-04")])
    numbers = reckon(a_portfolio_book([*QUIET, breach], changes=[entry("CLM-9", "2026-05-04")]))

    rows = the_rows(numbers, "significant-initiatives")

    assert [(row["key"], row["verdict"], row["amount_minor"]) for row in rows] == [
        ("CLM-1", "approved", "240000000"), ("CLM-9", "unapproved", "240000000"),
    ]  # fmt: skip
    assert [rows[1][name] for name in ("event_before", "event_after", "begun_at", "event_learned_at")] == [
        "Funnel", "Implementing", "2026-05-04T00:00:00Z", "2026-05-05T06:00:00Z",
    ]  # fmt: skip


@pytest.mark.parametrize("locale", ["en", "fr"])
def test_epics_of_which_nothing_is_mapped_and_no_epics_at_all_are_not_inside_a_threshold(locale: str) -> None:
    anywhere = an_epic("CLM-8", 2_400_000, steps=[("In arbeit", "2026-05-04")])

    told = [the_page(a_portfolio_book([*stories(INSIDE), *epics]), locale) for epics in ([anywhere], [])]

    not_known = {"en": ("not known", "Not judged."), "fr": ("non connu", "Non jugé.")}[locale]
    assert [(page.figures[2].value, page.figures[2].trend[0].text) for page in told] == [not_known] * 2
    heads = [plain(section(page, "initiatives").headline) for page in told]
    assert [one.split()[:3] for one in heads] == {
        "en": [["One", "epic", "in"], ["No", "epic", "is"]],
        "fr": [["Un", "epic", "en"], ["Aucun", "epic", "à"]],
    }[locale]


@pytest.mark.parametrize("locale", ["en", "fr"])
def test_epics_without_an_estimate_are_not_inside_a_threshold(locale: str) -> None:
    unknown = an_epic("CLM-8", None, steps=[("Implementing", "2026-05-04")])
    approved, unread = QUIET[-2], replace(QUIET[-2], key="CLM-7", visits=QUIET[-1].visits, history=HistoryState.GAP)

    told = [
        the_page(a_portfolio_book([*stories(INSIDE), *epics], objectives=CALM), locale)
        for epics in ([unknown], [unread], [approved, unknown])
    ]

    lamps = [(page.figures[2].value, page.figures[2].trend[0].text) for page in told]
    unjudged, to_look_at = {"en": ("Not judged.", "To look at."), "fr": ("Non jugé.", "À regarder.")}[locale]
    not_known = {"en": "not known", "fr": "non connu"}[locale]
    assert lamps == [(not_known, unjudged), (not_known, unjudged), ("0", to_look_at)]
    said = {"en": "One epic in work cannot be held against", "fr": "Un epic en réalisation ne peut être comparé"}[
        locale
    ]
    for page in told:
        assert said in plain(page.figures[2].trend)
        assert plain(section(page, "initiatives").headline).startswith(said)


def test_owners_are_not_inside_where_no_day_of_their_objectives_is_recorded() -> None:
    undated = [replace(one, planned_on=None, scored_on=None) for one in CALM]

    lamp = the_page(a_portfolio_book(QUIET, objectives=undated)).figures[3]

    assert lamp.trend[0].text == "To look at."
    assert "is not recorded" in plain(lamp.trend)


@pytest.mark.parametrize(
    ("locale", "said"),
    [
        ("en", "Not judged. How objectives were planned and scored is not known: objectives.csv is not read."),
        (
            "fr",
            "Non jugé. La planification et la notation des objectifs sont inconnues : objectives.csv n’est pas lu.",
        ),
    ],
)
def test_owners_are_not_judged_by_their_epics_alone_where_the_file_of_objectives_is_not_read(
    locale: str, said: str
) -> None:
    wrong = Mistake("objectives.csv", 9, "theme", "no theme is called loyalti", of_file=True)
    aside = SetAside(file="objectives.csv", tells="objectives", is_whole=True, mistakes=(wrong,))
    idle = [replace(one, owner=None) if one.placement.level == "epic" else one for one in QUIET]
    unread, idling = (replace(a_portfolio_book(items), set_aside=(aside,)) for items in (QUIET, idle))

    page, broken = the_page(unread, locale), the_page(idling, locale)

    lamp = page.figures[3]
    assert lamp.value == {"en": "not known", "fr": "non connu"}[locale]
    assert plain(lamp.trend).replace("\u202f", " ").replace("\xa0", " ") == said
    assert "objectives.csv" in plain(section(page, "owners").headline)
    assert broken.figures[3].trend[0].text == {"en": "Breached.", "fr": "Non respecté."}[locale]  # which is known


@pytest.mark.parametrize(
    ("locale", "said", "headline"),
    [
        (
            "en",
            "No objective of an increment that has begun is told: list them in objectives.csv to have it judged.",
            "Whether business owners take part is not judged: no objective is told",
        ),
        (
            "fr",
            "Aucun objectif d’un incrément commencé n’est connu : listez-les dans objectives.csv pour en juger.",
            "La part que prennent les Business Owners n’est pas jugée : aucun objectif n’est connu",
        ),
    ],
)
def test_owners_are_not_judged_by_their_epics_alone_where_no_objective_is_told(
    locale: str, said: str, headline: str
) -> None:
    idle = [replace(one, owner=None) if one.placement.level == "epic" else one for one in QUIET]
    ahead = [replace(one, increment="PI 9") for one in CALM]

    none, later, idling = (
        the_page(a_portfolio_book(items, objectives=objectives), locale)
        for items, objectives in ((QUIET, ()), (QUIET, ahead), (idle, ()))
    )

    for page in (none, later):
        lamp = page.figures[3]
        assert lamp.value == {"en": "not known", "fr": "non connu"}[locale]
        assert plain(lamp.trend[1:]).replace("\u202f", " ").replace("\xa0", " ").strip() == said
        assert plain(section(page, "owners").headline).replace("\u202f", " ").replace("\xa0", " ") == headline
    assert idling.figures[3].trend[0].text == {"en": "Breached.", "fr": "Non respecté."}[locale]  # which is known


def test_a_split_is_noticed_and_asked_about() -> None:
    pair = [an_epic(key, 1_450_000, steps=[], parent="CLM-1") for key in ("CLM-5", "CLM-6")]

    page = the_page(a_portfolio_book([*QUIET, *pair], objectives=CALM))

    assert "just under the threshold of €1.5m, €2.9m together, under CLM-1" in words_of(section(page, "initiatives"))
    assert plain(page.headline) == "Two epics look like one that was split"
    assert page.figures[2].trend[0].text == "To look at."


def test_an_estimate_finer_than_a_cent_is_the_same_cent_wherever_it_is_told() -> None:
    pair = [
        replace(an_epic(key, 0, steps=[], parent="CLM-1"), values={"cost_estimate": Decimal("1450000.006")})
        for key in ("CLM-5", "CLM-6")
    ]

    numbers = reckon(a_portfolio_book([*QUIET, *pair], objectives=CALM))

    assert guardrails(numbers).initiatives.splits[0].amount == 2 * 145_000_001
    assert [one["amount_minor"] for one in the_rows(numbers, "split-initiatives")] == ["145000001"] * 2
    assert {one["estimate_minor"] for one in the_rows(numbers, "theme-epics") if one["key"] == "CLM-5"} == {"145000001"}
    assert estimate(numbers, pair[0]) == 145_000_001


@pytest.mark.parametrize("locale", ["en", "fr"])
def test_what_is_not_agreed_is_told_and_not_judged(locale: str) -> None:
    book = a_portfolio_book(QUIET, agreed=Guardrails(implementing_states=("Implementing",)))

    page = the_page(book, locale)
    (overview,) = pages(reckon(book), packs=["overview"], locales=[locale])

    head = {"en": "No guardrail has been agreed yet", "fr": "Aucun garde-fou n’est encore convenu"}[locale]
    assert plain(page.headline) == head
    below = {
        "en": "What follows is told and held against nothing.",
        "fr": "Ce qui suit est dit et n’est comparé à rien.",
    }
    assert plain(page.standfirst).startswith(below[locale])
    assert guardrails(reckon(book)).capacity_out == ()
    assert all(one.id != "guardrails" for one in overview.sections)


def test_an_empty_portfolio_says_who_can_fill_it() -> None:
    page = the_page(a_portfolio_book([]))

    assert "settings file" in plain(
        *(block.text for block in section(page, "horizons").blocks if hasattr(block, "text"))
    )
    assert [one.value for one in page.figures][:2] == ["not known", "not known"]


def test_business_owners_below_what_was_agreed_are_told_by_train() -> None:
    late = an_objective(planned_on=date(2026, 10, 9), scored_on=date(2026, 10, 1))

    page = the_page(a_portfolio_book(QUIET, objectives=late))

    assert plain(section(page, "owners").headline) == (
        "Only 0% of objectives were planned in time, at least 80% were agreed"
    )
    assert "only 0.0% of objectives were planned in time" in plain(page.headline).lower()


@pytest.mark.parametrize(
    ("locale", "said"),
    [
        ("en", "Have business owners take part as agreed, or agree on a lower share?"),
        ("fr", "Obtenir que les Business Owners prennent part comme convenu, ou convenir d’une part moindre ?"),
    ],
)
def test_a_breach_of_every_guardrail_is_asked_about(locale: str, said: str) -> None:
    late = an_objective(planned_on=date(2026, 10, 9), scored_on=date(2026, 10, 1))
    numbers = reckon(a_portfolio_book(QUIET, objectives=late))

    for page in (the_page(numbers.book, locale), review(numbers, locale)):
        (asked,) = [one for one in page.decisions if plain(one.text).replace("\u202f", " ") == said]
        assert asked.page in ("", "guardrails#owners")


def test_business_owners_take_part_by_value_stream_and_by_its_trains() -> None:
    own = an_epic("CLM-7", 100_000, steps=[("Implementing", "2026-05-04")])
    of_no_train = replace(own, placement=replace(own.placement, train=None))
    numbers = reckon(a_portfolio_book([*QUIET, of_no_train], objectives=CALM))

    table = next(
        one for one in section(the_page(numbers.book), "owners").blocks if isinstance(one, Exhibit)
    ).table  # fmt: skip
    rows = {(row["scope"], row["share"]): row["in_scope"] for row in the_rows(numbers, "owner-engagement")}

    assert [plain(row.cells[0].text) for row in table.rows] == [
        STREAM.name,
        *(one.name for one in STREAM.trains),
        "Whole portfolio",
    ]
    assert rows[f"value_stream:{STREAM.id}", "active"] == "3"  # one of no train is the stream's all the same
    assert rows["train:Cedre", "active"] == "2"


def test_without_a_logged_decision_nobody_knows_that_none_waits_too_long() -> None:
    book = a_portfolio_book(QUIET, objectives=CALM)
    taken = (a_decision("D-1", "2026-07-05", decision="Persevere"),)

    cells, rows = [], []
    for decisions in ((), taken):
        numbers = reckon(replace(book, decisions=decisions))
        (table,) = [one.table for one in section(the_page(numbers.book), "owners").blocks if isinstance(one, Exhibit)]
        cells.append(plain(table.rows[-1].cells[-1].text))
        rows.append([row["met"] for row in the_rows(numbers, "owner-engagement") if row["share"] == "old_decisions"])

    assert cells == ["not known", "0"]
    assert (rows[0], set(rows[1])) == ([], {"0"})


def test_money_sections_have_one_place_after_the_four() -> None:
    page = the_page(a_portfolio_book(QUIET))

    ids = [one.id for one in page.sections]
    assert ids[:5] == ["horizons", "capacity", "initiatives", "owners", "money"]
    assert ids[-1] == "assumptions"
    assert page.as_of == AS_OF


def test_a_guardrail_that_is_left_or_passed_by_in_the_week_is_among_what_changed() -> None:
    """Fifty stories of 88 days until they are finished, 30 of them H1; and 300 of H1 for seven days: 4740 of 6500."""
    crowd = [
        a_journey("2026-11-16T08:00", None, key=f"NEW-{n}", themes={"now": 1}, train="Azur", source="claims")
        for n in range(300)
    ]
    hasty = an_epic("CLM-9", 2_400_000, steps=[("Implementing", "2026-11-17")])
    book = a_portfolio_book([*QUIET, *crowd, hasty], objectives=CALM)

    told = crossings(Scribe(reckon(book), Words(locale="en", year=2026, zone=book.calendar.zone)))

    assert [one.label for one in told] == ["Guardrail", "Guardrail"]
    assert [plain(one.text) for one in told] == [
        "H1 (invest and extract) is outside its range now: 72.9% of the work, 60.0% before.",
        "CLM-9 Title of CLM-9 was begun without the approval that it needs.",
    ]
    assert (
        crossings(
            Scribe(
                reckon(a_portfolio_book(QUIET, objectives=CALM)), Words(locale="fr", year=2026, zone=book.calendar.zone)
            )
        )
        == []
    )


@pytest.mark.parametrize(
    ("epics", "said"),
    [
        (
            {"WOKEN": ("2026-06-01", "2026-06-01", "2026-11-18")},
            ["100% of epics in work have an active owner: at least 80%, as agreed, again."],
        ),
        ({"COMMENTED": ("2026-06-01", "2026-11-20", "2026-06-02")}, []),
        (
            {"LIVELY": ("2026-11-02", "2026-11-20", "2026-11-03"), "BEGUN": ("2026-11-17", "2026-11-17", "2026-11-17")},
            [],
        ),
        (
            {"TIRED": ("2026-06-01", "2026-10-19", "2026-06-02")},
            ["Only 0% of epics in work have an active owner, at least 80% were agreed."],
        ),
    ],
    ids=["moved again", "touched, by then perhaps, too", "begun only since", "not touched any more"],
)
def test_owners_are_as_active_on_an_earlier_day_as_is_known_of_it(
    epics: dict[str, tuple[str, str, str]], said: list[str]
) -> None:
    """Of each epic, since when it is in work, its last touch, and when its story was begun; from 16 November on."""
    items = []
    for key, (begun, touched, moved) in epics.items():
        items.append(replace(an_epic(key, None, steps=[("Implementing", begun)]), updated_at=a_moment(touched)))
        items.append(a_journey(moved, key=f"{key}-1", created="2026-06-01", parent=key, source="claims"))
    book = a_portfolio_book(items, agreed=replace(AGREED, horizons={}, capacity={}), objectives=CALM)

    told = crossings(Scribe(reckon(book), Words(locale="en", year=2026, zone=book.calendar.zone)))

    assert [plain(one.text) for one in told] == said


def test_a_guardrail_that_was_loosened_is_not_told_as_one_that_is_kept_again() -> None:
    """What the last edition told is judged by what was agreed then; and what was agreed otherwise since is said."""
    late = an_objective(planned_on=date(2026, 10, 24), scored_on=date(2026, 10, 1))
    loose = replace(AGREED, tolerance_points=Decimal(40), engagement=Engagement(least_share=Decimal(0)))
    book = replace(a_portfolio_book([*stories(OUTSIDE)], agreed=loose, objectives=late), agreed_before=AGREED)

    told = crossings(Scribe(reckon(book), Words(locale="en", year=2026, zone=book.calendar.zone)))

    wider = "Its tolerance was widened from 5 to 40 points."
    lowered = "The share that was agreed was lowered from 80% to 0%."
    assert [plain(one.text) for one in told] == [
        f"H1 (invest and extract) is inside its range again: 80.2% of the work, 80.2% before. {wider}",
        f"Cedre: the share of debt and upkeep is inside its allocation again: 13.2% of the work, 13.2% before. {wider}",
        f"0% of objectives were planned in time: at least 0%, as agreed, again. {lowered}",
    ]


@pytest.mark.parametrize(
    ("points", "said"), [("2.5", "2.5 points"), ("1", "1 point"), ("1.25", "1.25 points"), ("4.996", "4.996 points")]
)
def test_what_was_agreed_otherwise_is_told_where_nothing_crossed_a_line(points: str, said: str) -> None:
    flow = FlowTolerances(without_start=Decimal("0.075"), constraint=Decimal("0.3"))
    pace = PaceTolerances(at_risk_points=Decimal(10))
    tight = replace(
        AGREED, tolerance_points=Decimal(points), horizons={}, engagement=Engagement(), flow=flow, pace=pace,
        measured_within_days=1,
    )  # fmt: skip
    book = a_portfolio_book(QUIET, agreed=tight, objectives=CALM)
    book = replace(book, agreed_before=AGREED, apart_before=Decimal("7.25"))

    told = crossings(Scribe(reckon(book), Words(locale="en", year=2026, zone=book.calendar.zone)))

    assert [plain(one.text) for one in told] == [
        "The shares of the horizons are not agreed any more.",
        f"The tolerance of the guardrails was narrowed from 5 to {said}.",
        "What business owners must reach, 80%, is not agreed any more.",
        "The share of the time from which on a state is the constraint was changed from 40% to 30%.",
        "The share of finished work that may lack a start was changed from 15% to 7.5%.",
        "How far behind its plan an outcome may be before it is off track was changed from 15 to 10 points.",
        "The time after which value that is due and was not measured is told was changed from 30 days to 1 day.",
        "How far readings of a theme’s money may differ before all are told was changed from 7.25 to 10 points.",
    ]
    assert [one.label for one in told] == [*["Guardrail"] * 3, *["Flow"] * 2, "Status", "Value", "Money"]
