"""The pages of value streams: where work waits, what their trains brought, what they may take on."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest

from domain.journey import Journey, Visit
from domain.set_aside import Mistake, SetAside
from domain.strategy import FlowTolerances
from domain.work_item import FlowState, ItemId
from metrics.dependencies import Dependency, Edge, Health
from metrics.flow_efficiency import flow_efficiency
from metrics.flow_time import flow_time
from metrics.forecasts.load_capacity import load_capacity
from metrics.selection import Scope, at_level, in_scope
from metrics.state_time import state_times
from metrics.table import metric_rows
from metrics.throughput import weekly
from reports.book import Book
from reports.packs import pages
from reports.packs.overview import overview
from reports.page import Exhibit, Figure, Page, Paragraph, Section, Status, plain
from reports.reckoning import reckon
from reports.render.html import html
from reports.render.markdown import markdown
from reports.sections import increments
from reports.sections.figures import objectives
from reports.sections.scribe import Scribe
from reports.sections.stream import beside as beside_it
from reports.sections.stream import constraint
from reports.streams import streams
from reports.words.catalogue import Words
from tests.builders import a_journey, a_moment
from tests.metrics.test_planning import a_story, an_epic, finished
from tests.reports.books import AS_OF
from tests.reports.stream_books import BROUGHT, PENDING, a_book_of_streams
from tests.reports.test_forecasts_on_pages import NOW, ahead_of, some

BOOK = a_book_of_streams()
NUMBERS = reckon(BOOK)
ENGLISH, FRENCH = (Words(locale=one, year=2026, zone=BOOK.calendar.zone) for one in ("en", "fr"))


def page(book: Book = BOOK, *, stream: str = "claims", locale: str = "en") -> Page:
    found = pages(NUMBERS if book is BOOK else reckon(book), packs=("stream",), locales=(locale,))
    return next(one for one in found if one.slug == stream)


def section(told: Page, name: str) -> Section:
    return next(one for one in told.sections if one.id == name)


def words_of(told: Page, locale: str = "en") -> str:
    return markdown(told, words=Words(locale=locale, year=told.day.year, zone=BOOK.calendar.zone))


def rows(told: Page, name: str) -> list[list[str]]:
    tables = [one.table for one in section(told, name).blocks if isinstance(one, Exhibit)]
    return [[plain(cell.text) for cell in row.cells] for table in tables for row in table.rows]


def figure(told: Page, id: str) -> str:
    return next(f"{one.value} {one.unit}".strip() for one in told.figures if one.id == id)


def features() -> list[Journey]:
    return at_level(in_scope(BOOK.journeys, Scope("value_stream:claims")), "feature")


def test_opens_with_where_the_work_waits() -> None:
    window = streams(NUMBERS)[0].numbers.flow
    assert window is not None
    times = state_times(features(), finished_in=window.window, calendar=BOOK.calendar)
    longest = times.longest()
    assert longest is not None

    said = plain(page().headline)

    assert longest.status == "Validating"
    assert f"Validating ({longest.source})" in said
    assert f"{round(longest.days, 1)} of {round(longest.total_days, 1)} days" in said


def test_the_five_figures_are_those_of_its_own_items() -> None:
    told, flow = page(), streams(NUMBERS)[0].numbers.flow
    assert flow is not None

    time = flow_time(features(), finished_in=flow.window, calendar=BOOK.calendar)
    spent = flow_efficiency(
        features(), finished_in=flow.window, calendar=BOOK.calendar, waiting_known=BOOK.waiting_known
    )
    assert [one.id for one in told.figures] == [
        "flow_time", "throughput", "flow_load", "flow_efficiency", "predictability",
    ]  # fmt: skip
    assert figure(told, "flow_time") == f"{time.p85_days} days"
    assert f"Half took {time.p50_days} days or less" in [one.versus for one in told.figures]
    last = weekly(features(), periods=flow.weeks, calendar=BOOK.calendar)[-1]
    assert figure(told, "throughput").split()[0] == str(last)
    assert spent.share is not None
    assert figure(told, "flow_efficiency") == f"{round(spent.share * 100)}%"


def test_what_the_trains_brought_is_what_the_export_says() -> None:
    exported = {
        (row["scope"], row["metric"], row["period_start"]): row["value"]
        for row in metric_rows(
            BOOK.journeys[:0], portfolio=BOOK.portfolio, calendar=BOOK.calendar, as_of=BOOK.as_of, waiting_known=(),
            commitments=BOOK.commitments,
        )
    }  # fmt: skip

    printed = {row[0]: row[4] for row in rows(page(), "objectives")[:6] if len(row) == 5}

    assert printed["Train Azur"] == f"{exported['train:Azur', 'predictability', '2026-07-27']}%" == "89.5%"
    assert printed["A"] == f"{exported['train:Azur', 'predictability:A', '2026-07-27']}%" == "100.0%"
    assert printed["B"] == "73.3%"
    assert printed["Train Jade"] == "0.0%"
    whole = exported["value_stream:claims", "predictability", "2026-07-27"]
    assert printed["The whole value stream"] == f"{whole}%" == figure(page(), "predictability")
    assert whole == Decimal("85.0")


def test_says_what_was_dropped_what_came_later_and_since_when_a_plan_is_known() -> None:
    said = words_of(page())

    assert "Dropped: the law changed." in said
    assert "Not committed when the increment began." in said
    assert "The commitment is what the objectives file said as 27 Jul ended" in said
    assert "Commitment first known on 26 Oct" in said


def test_what_is_not_scored_is_pending_and_not_zero() -> None:
    printed = [row for row in rows(page(), "objectives") if row[0] == "Train Azur"]

    assert printed[1][2:] == ["not yet scored", "0", "One objective is not scored yet"]


def test_an_increment_that_is_not_over_is_not_the_last_that_was_scored() -> None:
    early = replace(PENDING, objectives=(replace(PENDING.objectives[0], actual=10),))
    book = replace(BOOK, commitments=(BROUGHT, early), kept={})

    assert figure(page(book), "predictability") == figure(page(), "predictability") == "85.0%"
    assert figure(overview(reckon(book), "en"), "predictability") == "85.0%"


@pytest.mark.parametrize(
    ("locale", "said"), [("en", "Nothing was committed for PI 26.3"), ("fr", "Rien n’a été engagé pour PI 26.3")]
)
def test_where_nothing_was_committed_no_objective_is_counted_as_not_scored(locale: str, said: str) -> None:
    later = replace(BROUGHT, objectives=tuple(replace(one, committed=False) for one in BROUGHT.objectives))

    told = objectives(Scribe(reckon(BOOK), Words(locale=locale, year=2026, zone=BOOK.calendar.zone)), later)

    assert (told.value, plain(told.trend)) == ({"en": "not known", "fr": "non connu"}[locale], said)


@pytest.mark.parametrize(("locale", "said"), [("en", "First known on 26 Oct."), ("fr", "Connus seulement le 26 oct.")])
def test_what_was_brought_of_a_plan_that_is_known_late_says_so_wherever_it_stands(locale: str, said: str) -> None:
    late = replace(BROUGHT, known_on=date(2026, 10, 26))
    book = replace(BOOK, commitments=(late,), kept={})

    told, known = (
        next(one for one in overview(reckon(one_book), locale).figures if one.id == "predictability")
        for one_book in (book, BOOK)
    )

    assert plain(told.trend).replace("\u00a0", " ").endswith(said)
    assert said not in plain(known.trend).replace("\u00a0", " ")


def test_a_decision_that_is_asked_for_later_waits_for_nobody_yet() -> None:
    first, *others = BOOK.decisions
    book = replace(BOOK, decisions=(replace(first, asked_on=NUMBERS.today + timedelta(days=1)), *others), kept={})

    assert {one.id for one in NUMBERS.waiting} - {one.id for one in reckon(book).waiting} == {first.id}


@pytest.mark.parametrize(
    ("locale", "head", "not_known"),
    [
        ("en", "What PI 26.3 brought is not known: one objective left the file", "not known"),
        ("fr", "On ne sait pas ce que PI 26.3 a apporté : un objectif est sorti du fichier", "non connu"),
    ],
)
def test_what_left_the_file_before_it_was_scored_brought_nobody_knows_what(
    locale: str, head: str, not_known: str
) -> None:
    gone = replace(BROUGHT.objectives[0], actual=None, is_gone=True)
    told = replace(BROUGHT, objectives=(gone, *BROUGHT.objectives[1:]))

    printed = page(a_book_of_streams(told=(told,)), locale=locale)

    said = plain(section(printed, "objectives").headline).replace("\u00a0", " ")
    assert said.startswith(head)
    assert figure(printed, "predictability") == not_known


def test_a_stream_without_items_or_objectives_says_who_can_fill_it() -> None:
    told = page(stream="policy")
    said = words_of(told)

    assert "No feature or story belongs to this value stream" in said
    assert "Objectives stand in objectives.csv" in said
    assert figure(told, "predictability") == "not known"


def test_a_rhythm_whose_newest_week_is_not_read_to_its_end_is_no_usual_one() -> None:
    sources = tuple(replace(one, complete_at=AS_OF - timedelta(days=2)) for one in BOOK.trust)

    told = page(replace(BOOK, trust=sources, kept={}))

    head = plain(section(told, "rhythm").headline)
    assert head.endswith("finished in 13 weeks; not known after 20 Nov for claims and policy-core"), head


@pytest.mark.parametrize(
    ("locale", "head"),
    [
        ("en", "Objectives are not known: objectives.csv is"),
        ("fr", "Les objectifs ne sont pas connus : objectives.csv n"),
    ],
)
def test_objectives_that_nobody_can_read_are_not_told_as_none(locale: str, head: str) -> None:
    wrong = Mistake(
        file="objectives.csv", line=3, path="team", message='unknown team "dorstep"; did you mean "doorstep"?'
    )
    aside = SetAside(file="objectives.csv", tells="objectives", is_whole=True, mistakes=(wrong,))
    told = page(replace(BOOK, commitments=(), set_aside=(aside,), kept={}), locale=locale)
    said = words_of(told, locale).replace("\xa0", " ")

    assert plain(section(told, "objectives").headline).replace("\xa0", " ").startswith(head)
    assert "No team has objectives" not in said
    assert "Aucune équipe n’a d’objectif" not in said
    assert "?." not in said


def test_wait_states_that_nobody_mapped_are_said_and_not_taken_for_work() -> None:
    told = page(replace(BOOK, waiting_known=frozenset(), kept={}))

    assert figure(told, "flow_efficiency") == "not known"
    assert "Wait states are not mapped for its trackers." in words_of(told)


def test_too_few_finished_items_are_listed_and_no_state_is_blamed() -> None:
    few = [one for one in features() if one.finished_at is not None][-3:]

    told = page(replace(BOOK, journeys=few, kept={}))

    assert "too few to say where work waits" in plain(told.headline)
    assert all(one.key in words_of(told) for one in few)


def jammed(*, status: str, state: FlowState) -> Book:
    """Six of eight stories of Azur stand in a state since October, two are in work; three others have left it."""
    stories = []
    for n in range(11):
        entered = a_moment("2026-10-05") + timedelta(hours=n)
        plain_one = a_journey("2026-10-01", key=f"S-{n}", value_stream="claims", train="Azur", source="claims")
        new, begun = plain_one.visits
        last = Visit(status=status, status_id=status, flow_state=state, entered_at=entered, left_at=None)
        left = replace(last, left_at=entered + timedelta(days=1))
        visits = (new, begun) if n < 2 else (new, replace(begun, left_at=entered), last if n < 8 else left)
        done = left.left_at if n >= 8 else None
        stories.append(replace(plain_one, visits=visits, finished_at=done, flow_state=visits[-1].flow_state))
    return replace(BOOK, journeys=(*BOOK.journeys, *stories), kept={})


@pytest.mark.parametrize(
    ("locale", "said"),
    [
        ("en", "In Azur, 6 of 8 stories in progress wait in “Ready for review”"),
        ("fr", "Train Azur : 6 des 8 stories en cours attendent à « Ready for review »"),
    ],
)
def test_what_jams_in_the_smallest_items_of_a_train_is_told_though_features_flow(locale: str, said: str) -> None:
    book = jammed(status="Ready for review", state=FlowState.WAITING)

    told = page(book, locale=locale)
    (whole,) = pages(reckon(book), packs=("flow",), locales=(locale,))

    spoken = re.sub(r"[\u00a0\u202f]", " ", words_of(told, locale))
    assert said in spoken
    assert "[S-2](" in spoken
    assert said in re.sub(r"[\u00a0\u202f]", " ", words_of(whole, locale))


@pytest.mark.parametrize(
    ("locale", "share", "head", "other"),
    [
        (
            "en",
            0.5,
            "6 of 8 stories that Azur has in progress wait in “Ready for review”",
            "For features, work piles up in",
        ),
        ("en", 0.99, "Work piles up in", "One level below, 6 of 8 stories that Azur has in progress wait"),
        (
            "fr",
            0.5,
            "6 des 8 stories en cours du train Azur attendent à « Ready for review »",
            "le travail s’accumule en",
        ),
        (
            "fr",
            0.99,
            "Le travail s’accumule en",
            "Un niveau plus bas, 6 des 8 stories en cours du train Azur",
        ),
    ],
)
def test_of_two_constraints_the_larger_leads_and_the_other_stands_beside_it(
    locale: str, share: float, head: str, other: str
) -> None:
    (told,) = [one for one in streams(reckon(jammed(status="Ready for review", state=FlowState.WAITING))) if one.jams]
    flow = told.numbers.flow
    assert flow is not None
    first, *others = flow.bottleneck.states
    held = replace(flow.bottleneck, states=(replace(first, share=share, verdict="observe"), *others))
    numbers = replace(told.numbers, flow=replace(flow, bottleneck=held))
    scribe = Scribe(numbers, Words(locale=locale, year=2026, zone=numbers.book.calendar.zone))

    said, beside = (re.sub(r"[\u00a0\u202f]", " ", plain(one(scribe, told))) for one in (constraint, beside_it))

    assert said.startswith(head)
    assert other in beside


def test_what_takes_less_of_the_time_than_was_agreed_is_no_jam() -> None:
    book = jammed(status="Ready for review", state=FlowState.WAITING)
    agreed = replace(book.portfolio.guardrails, flow=FlowTolerances(constraint=Decimal(1), act=Decimal(1)))
    book = replace(book, portfolio=replace(book.portfolio, guardrails=agreed))

    assert [one.jams for one in streams(reckon(book)) if one.jams] == []


def test_work_in_hand_is_no_jam() -> None:
    assert "in progress wait in" not in words_of(page(jammed(status="Building", state=FlowState.ACTIVE)))


def test_waiting_states_are_pale_and_stand_in_the_order_of_the_flow() -> None:
    drawn = next(
        one.chart for one in section(page(), "flow").blocks
        if isinstance(one, Figure) and one.definition is not None and one.definition.id == "state_time"
    )  # fmt: skip

    for source in ("claims", "policy-core"):
        bars = [(bar.name, bar.pale) for bar in drawn.bars if source in bar.name]  # type: ignore[union-attr]
        assert bars == [(f"Implementing ({source})", False), (f"Validating ({source})", True)]


def test_pages_lead_to_each_other() -> None:
    told = page()

    assert [place.href for place in told.places if place.current] == ["stream-claims.en.html"]
    links = [span.href for block in section(told, "others").blocks for span in getattr(block, "text", ()) if span.href]
    assert links == ["stream-policy.en.html"]


def test_without_value_streams_there_are_no_pages_and_no_way_to_them() -> None:
    book = replace(BOOK, portfolio=replace(BOOK.portfolio, value_streams=()), kept={})

    assert pages(reckon(book), packs=("stream",)) == []
    overview = pages(reckon(book), packs=("overview",))[0]
    assert not [place for place in overview.places if place.href.startswith("stream")]


@pytest.mark.parametrize("locale", ["en", "fr"])
def test_no_person_is_named(locale: str) -> None:
    told = page(locale=locale)
    owners = {one.owner for one in BOOK.journeys if one.owner}

    assert not [
        one for one in owners if one in html(told, words=Words(locale=locale, year=2026, zone=BOOK.calendar.zone))
    ]


def test_the_french_page_says_the_same_numbers() -> None:
    english, french = page(), page(locale="fr")

    def numbers(told: Page) -> list[str]:
        return [re.sub(r"\D", "", f"{one.value}") for one in told.figures]

    assert numbers(english) == numbers(french)
    assert plain(french.headline).startswith(("Le travail s’accumule", "Aucun état ne retient"))


def test_another_revision_of_the_book_tells_its_own_number_with_the_same_figures() -> None:
    again = replace(NUMBERS, book=BOOK.revised(2))

    assert [one.revision for one in pages(again, packs=("stream",), locales=("en",))] == [2, 2]
    assert figure(pages(again, packs=("stream",), locales=("en",))[0], "flow_time") == figure(page(), "flow_time")


@pytest.mark.parametrize(
    ("open_ones", "locale", "title", "said"),
    [
        (0, "en", "No decision is waiting", "Nothing is open in the decision log."),
        (1, "en", "No decision is waiting here", "Nothing in the decision log concerns this page; one other waits."),
        (3, "en", "No decision is waiting here", "Nothing in the decision log concerns this page; three others wait."),
        (0, "fr", "Aucune décision n’est attendue", "Rien n’est ouvert au journal des décisions."),
        (1, "fr", "Aucune décision n’est attendue ici",
         "Aucune décision du journal ne concerne cette page ; une autre attend."),
        (3, "fr", "Aucune décision n’est attendue ici",
         "Aucune décision du journal ne concerne cette page ; trois autres attendent."),
    ],
)  # fmt: skip
def test_a_page_that_no_open_decision_concerns_says_how_many_wait_elsewhere(
    open_ones: int, locale: str, title: str, said: str
) -> None:
    elsewhere = tuple(
        replace(one, item=None, question="Renew the lease?") for one in BOOK.decisions if one.decision is None
    )

    told = page(replace(BOOK, decisions=elsewhere[:open_ones]), locale=locale)

    words = Words(locale=locale, year=told.day.year, zone=BOOK.calendar.zone)
    assert (told.decisions, told.decisions_title) == ((), title)
    assert said in re.sub(r"[\u00a0\u202f]", " ", markdown(told, words=words))
    assert said in re.sub(r"[\u00a0\u202f]", " ", html(told, words=words))


def test_what_names_a_stream_or_one_of_its_trains_is_asked_on_its_page() -> None:
    waits = replace(next(one for one in BOOK.decisions if one.decision is None), item=None)
    asked = ("Who clears the jam in Claims?", "May Jade take it?", "Who pays for Jadeite?", "Renew the lease?")
    book = replace(BOOK, decisions=tuple(replace(waits, id=f"D-{n}", question=one) for n, one in enumerate(asked)))

    assert [plain(one.text) for one in page(book).decisions] == list(asked[:2])
    assert page(book, stream="policy").decisions == ()


def a_wait(before: str, after: str = "Z-1", health: Health = Health.OK) -> Dependency:
    return Dependency(
        edge=Edge(before=ItemId("x", before), after=ItemId("x", after)), health=health, crosses_trains=True
    )


LATE, SOUND = a_wait("I-1", health=Health.LATE), a_wait("I-2")


@pytest.mark.parametrize(
    ("taken", "given", "inside", "headline", "intro"),
    [
        pytest.param((), (), (LATE,), "One dependency between its own trains comes too late",
                     "One dependency runs between its own trains.", id="a late one inside"),
        pytest.param((a_wait("T-1"),), (), (LATE, replace(LATE, edge=SOUND.edge), a_wait("I-3")),
                     "Two dependencies between its own trains come too late",
                     "It waits for one item of others and three dependencies run between its own trains.",
                     id="late ones inside, and others"),
        pytest.param((a_wait("T-1"),), (a_wait("G-1"), a_wait("G-2")), (),
                     "It waits for one item of others and others wait for two of its own", "", id="others alone"),
        pytest.param((a_wait("T-1"), a_wait("T-1", "Z-2"), a_wait("T-2")), (a_wait("G-1"),), (SOUND,),
                     "It waits for two items of others, others wait for one of its own and one dependency runs "
                     "between its own trains", "", id="an item waited for twice is one"),
    ],
)  # fmt: skip
def test_dependencies_between_its_own_trains_count_and_a_late_one_leads(
    taken: tuple[Dependency, ...],
    given: tuple[Dependency, ...],
    inside: tuple[Dependency, ...],
    headline: str,
    intro: str,
) -> None:
    told = replace(streams(NUMBERS)[0], taken=taken, given=given, inside=inside)

    found = increments.waits(Scribe(NUMBERS, ENGLISH), told, pages={})

    assert (plain(found.headline), plain(found.intro)) == (headline, intro)


def test_the_french_page_says_who_waits_in_its_own_words() -> None:
    told = replace(streams(NUMBERS)[0], taken=(a_wait("T-1"),), given=(a_wait("G-1"), a_wait("G-2")), inside=(LATE,))

    found = increments.waits(Scribe(NUMBERS, FRENCH), told, pages={})

    assert plain(found.headline) == "Une dépendance entre ses propres trains arrive trop tard"
    assert plain(found.intro) == (
        "Elle attend un élément des autres, les autres attendent d’elle deux éléments et une dépendance relie ses "
        "propres trains."
    )


def what_is_ahead(due: str, *, words: Words = ENGLISH) -> Section:
    """One epic due on a day with nine stories left, of people who finish one a working day."""
    work = some(due=due)
    outlook = ahead_of(*work)
    load = load_capacity(outlook.planned, scope=Scope(), by=date(2026, 7, 3), calendar=BOOK.calendar, as_of=NOW)
    numbers = replace(NUMBERS, book=replace(BOOK, outlook=outlook))

    told = replace(streams(NUMBERS)[0], due=outlook.forecasts.epics, loads=(load,))
    found = increments.ahead(Scribe(numbers, words), told)

    assert found is not None
    return found


def test_what_is_due_and_likely_can_be_done() -> None:
    found = what_is_ahead("2026-07-01")

    assert plain(found.headline) == (
        "What is planned until 3 Jul can be done: 9 items, and 24 will probably be finished"
    )
    assert plain(found.intro) == ""
    assert load_verdict(found) == (Status.GOOD, "can be done")


def load_verdict(found: Section) -> tuple[Status | None, str]:
    """What the table of loads says of the first row: how good that is, and in words."""
    table = found.blocks[-1]
    assert isinstance(table, Exhibit)
    assert table.table.caption.lower().startswith(("by number alone", "en nombre seulement"))
    verdict = table.table.rows[0].cells[-1]
    return verdict.status, plain(verdict.note)


@pytest.mark.parametrize(
    "due", [pytest.param("2026-06-03", id="hardly in time"), pytest.param("2026-05-20", id="overdue")]
)
def test_nothing_can_be_done_while_a_due_epic_is_overdue_or_unlikely(due: str) -> None:
    english, french = what_is_ahead(due), what_is_ahead(due, words=FRENCH)

    assert plain(english.headline) == ("Of the epics due by 3 Jul, one is overdue or unlikely to be done in time")
    assert plain(english.intro) == "By number alone: 9 items are planned, and 24 will probably be finished by then."
    assert plain(french.headline) == (
        "Parmi les epics dus d’ici le 3 juil., un est en retard ou a peu de chances d’être fini à temps"
    )
    assert plain(french.intro) == "En nombre seulement : 9 éléments prévus, pour 24 sans doute terminés d’ici là."
    assert load_verdict(english) == (Status.WARN, "but one epic is overdue or unlikely to be done in time")
    assert load_verdict(french) == (Status.WARN, "mais un epic est en retard ou a peu de chances d’être fini à temps")


@pytest.mark.parametrize(
    ("words", "headline", "lead"),
    [
        pytest.param(ENGLISH, "Of the features due by 3 Jul, one is overdue or unlikely to be done in time",
                     "Two open features are due by 3 Jul; of these, 1 more likely late than in time.", id="en"),
        pytest.param(FRENCH, "Parmi les features dus d’ici le 3 juil., un est en retard ou a peu de chances d’être "
                     "fini à temps",
                     "Deux features ouverts sont dus d’ici le 3 juil. ; plutôt en retard qu’à temps : 1.", id="fr"),
    ],
)  # fmt: skip
def test_features_that_are_due_say_how_likely_they_are_and_lead_where_they_will_be_late(
    words: Words, headline: str, lead: str
) -> None:
    work = some(due="2026-07-01")
    soon, later = (
        replace(one, placement=replace(one.placement, level="feature"))
        for one in (an_epic("F", due="2026-06-02"), an_epic("G", due="2026-07-02"))
    )
    below = [a_story(f"F-{n}", parent="F") for n in range(6)] + [a_story("G-1", parent="G")]
    done = [replace(one, parent_id=soon.id) for one in finished(60)]
    outlook = ahead_of(*work, soon, later, *below, *done)
    numbers = replace(NUMBERS, book=replace(BOOK, outlook=outlook))
    assert outlook.features is not None
    last = date(2026, 7, 3)
    load = load_capacity(ahead_of(*work).planned, scope=Scope(), by=last, calendar=BOOK.calendar, as_of=NOW)
    told = replace(
        streams(NUMBERS)[0], due=(), due_features=outlook.features.due(by=last), loads=(load,)
    )  # fmt: skip

    found = increments.ahead(Scribe(numbers, words), told)

    assert found is not None
    assert plain(found.headline) == headline
    assert load_verdict(found)[0] is Status.WARN
    assert "feature" in load_verdict(found)[1]
    assert lead in [plain(one.text).replace("\u202f", " ") for one in found.blocks if isinstance(one, Paragraph)]
    table = next(one.table for one in found.blocks if isinstance(one, Exhibit) and one.table.name == "due-features")
    assert [plain(row.cells[3].text) for row in table.rows] == ["6", "1"]
