"""More planned than can be finished? Definition 3.7."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime

from domain.journey import Journey
from domain.period import Period
from domain.strategy import Train, ValueStream
from domain.work_item import FlowState, ItemId
from metrics.forecasts.load_capacity import LoadCapacity, load_capacity
from metrics.membership import Facts, Number, take_apart
from metrics.selection import Scope
from tests.builders import SOURCE, a_calendar, a_portfolio, a_theme
from tests.metrics.test_planning import NOW, TODAY, a_story, an_epic, finished, planned

BY = date(2026, 8, 21)  # 59 working days after the first Monday of June
SOON, LATER = "2026-08-01", "2026-10-01"


def asked(*journeys: Journey, by: date = BY, scope: str = "portfolio", as_of: datetime = NOW) -> LoadCapacity:
    return load_capacity(planned(*journeys), scope=Scope(scope), by=by, calendar=a_calendar(), as_of=as_of)


def stories(n: int, *, parent: str = "E", prefix: str = "S", **more: str) -> list[Journey]:
    return [a_story(f"{prefix}-{number}", parent=parent, **more) for number in range(n)]


def test_is_what_is_planned_by_what_half_of_all_trials_finish() -> None:
    """T22: one story a working day and sixty of them: 72 / 60 = 1.2."""
    found = asked(an_epic(due=SOON), *stories(72), *finished(60), by=date(2026, 8, 24))

    assert (len(found.items), found.capacity, found.ratio) == (72, 60, 1.2)
    assert found.is_over_committed
    assert found.finish_all == 0.0


def test_tells_how_likely_all_is_finished() -> None:
    found = asked(an_epic(due=SOON), *stories(20), *finished(60))

    assert not found.is_over_committed
    assert found.finish_all == 1.0


def test_plans_what_is_overdue_and_nothing_that_is_due_later_or_never() -> None:
    epics = [an_epic("OLD", due="2026-05-01"), an_epic("LATER", due=LATER), an_epic("NEVER")]
    work = [story for epic in epics for story in stories(3, parent=epic.key, prefix=epic.key)]

    found = asked(*epics, *work, *finished(60, parent="NEVER"))

    assert [one.key for one in found.items] == ["OLD-0", "OLD-1", "OLD-2"]


def a_feature(key: str, *, parent: str | None, due: str) -> Journey:
    one = an_epic(key, due=due)
    above = None if parent is None else ItemId(SOURCE, parent)
    return replace(one, parent_id=above, placement=replace(one.placement, level="feature"))


def test_plans_what_is_below_features_that_are_due_before_their_epic_and_each_item_once() -> None:
    """Work that is due belongs to the increment, whenever the epic above it is due; work of no epic stays upkeep."""
    features = [
        a_feature("SOON", parent="LATER", due=SOON),
        a_feature("AFTER", parent="LATER", due=LATER),
        a_feature("BOTH", parent="E", due=SOON),
        a_feature("BARE", parent="LATER", due=SOON),
        a_feature("NOBODY", parent=None, due=SOON),
    ]
    work = [story for one in features if one.key != "BARE" for story in stories(2, parent=one.key, prefix=one.key)]

    found = asked(an_epic(due=SOON), an_epic("LATER", due=LATER), *features, *work, *finished(60))

    assert sorted(one.key for one in found.items) == ["BOTH-0", "BOTH-1", "SOON-0", "SOON-1"]
    assert [one.key for one in found.unsplit] == ["BARE"]


def test_plans_nothing_of_an_epic_that_was_given_up_or_removed() -> None:
    """A feature of it may be open still: nobody will ask for it."""
    given_up = replace(an_epic("GIVEN"), cancelled_at=NOW, flow_state=FlowState.CANCELLED)
    removed = replace(an_epic("GONE"), removed_at=NOW)
    features = [a_feature(f"F-{one.key}", parent=one.key, due=SOON) for one in (given_up, removed)]
    work = [story for one in features for story in stories(2, parent=one.key, prefix=one.key)]
    bare = a_feature("BARE", parent="GIVEN", due=SOON)

    found = asked(an_epic(due=SOON), given_up, removed, *features, bare, *work, *stories(3), *finished(60))

    assert ([one.key for one in found.items], found.unsplit) == (["S-0", "S-1", "S-2"], ())


def test_leaves_upkeep_out_on_both_sides() -> None:
    """Requests go on beside the epics: they are neither planned nor what the epics' people bring."""
    found = asked(
        an_epic(due=SOON),
        *stories(30),
        *finished(60),
        *finished(60, parent=None, prefix="U"),
        a_story("X", parent=None),
    )

    assert (len(found.items), found.capacity) == (30, 59)


def test_is_of_a_train_and_of_a_theme_too() -> None:
    mine = [*stories(30, train="Azur"), *finished(60, train="Azur")]
    theirs = [*stories(10, train="Jade", prefix="J"), *finished(60, train="Jade", prefix="JD")]
    epic = an_epic(due=SOON)

    azur, jade = (asked(epic, *mine, *theirs, scope=f"train:{name}") for name in ("Azur", "Jade"))
    grow = [replace(one, placement=replace(one.placement, themes={"grow": 1})) for one in mine]  # type: ignore[dict-item]
    theme = asked(epic, *grow, *theirs, scope="theme:grow")

    assert [(len(one.items), one.capacity) for one in (azur, jade, theme)] == [(30, 59), (10, 59), (30, 59)]


def test_names_epics_that_nobody_has_split_apart() -> None:
    found = asked(an_epic(due=SOON), an_epic("BARE", due=SOON), *stories(3), *finished(60))

    assert [one.key for one in found.unsplit] == ["BARE"]


def test_is_not_known_where_nothing_is_planned_in_items() -> None:
    none = asked(an_epic("NEVER"), *finished(60, parent="NEVER"))
    bare = asked(an_epic("BARE", due=SOON), an_epic("NEVER"), *finished(60, parent="NEVER"))

    for found in (none, bare):
        assert found.capacity == 59
        assert (found.ratio, found.finish_all, found.is_over_committed) == (None, None, False)


def test_is_not_known_without_a_sample() -> None:
    found = asked(an_epic(due=SOON), *stories(3))

    assert (found.ratio, found.finish_all) == (None, None)
    assert found.found.refused is not None


def apart(*journeys: Journey, scope: str = "portfolio") -> list[Number]:
    stream = ValueStream(id="shop", name="Shop", matchers=(), trains=(Train(name="Azur", matchers=()),))
    facts = Facts(
        journeys=journeys,
        portfolio=replace(a_portfolio(themes=[a_theme("grow")]), value_streams=(stream,)),
        calendar=a_calendar(),
        as_of=NOW,
        parents={one.id: one.parent_id for one in journeys if one.parent_id is not None},
    )
    levels = ["epic", "story"]
    return take_apart("load_capacity", facts, scope=Scope(scope), period=Period(date(2026, 5, 1), TODAY), levels=levels)


def test_taken_apart_names_its_items_for_the_portfolio_each_train_and_each_theme() -> None:
    work = [an_epic(due="2026-06-20"), *stories(30, train="Azur"), *finished(60, train="Azur")]

    numbers = apart(*work)

    assert [(one.scope, one.n_used, one.value) for one in numbers] == [
        ("portfolio", 30, round(30 / 21, 4)),  # by the end of the quarter: 21 working days
        ("train:Azur", 30, round(30 / 21, 4)),
        ("theme:grow", 0, None),
    ]
    assert numbers[0].facts["verdict"] == "over_committed"
    assert [part.name for part in numbers[0].counted] == [f"S-{number}" for number in range(30)]
    assert [one.scope for one in apart(*work, scope="train:Azur")] == ["train:Azur"]
