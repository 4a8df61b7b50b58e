"""Journeys kept by syncs: equal to tracing everything anew, and never believed when stale."""

from __future__ import annotations

import json
import random
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import duckdb
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select, text

from connectors.base import Batch, LinkEvent
from domain.calendar import Calendar
from domain.change import Change
from domain.journey import Journey, Placement
from domain.placing import KindRule, PlacingRules, place
from domain.strategy import Matcher, Portfolio, Theme, ThemeRule, Train, ValueStream
from domain.work_item import FlowState, HeldItem, HistoryState, ItemId, Link, Status, StatusCategory, WorkItem
from domain.workflow import StateRules
from metrics import table
from metrics.columns import flow_metric_rows, prepare, trace_columns
from metrics.journeys import derive_clocks, trace_all
from metrics.kept import Tracing, resume
from sync.store import Store, StoreError, columns, open_store
from sync.store.columns import pour_changes, pour_current, pour_journeys
from sync.store.instants import micros
from sync.store.journeys import catch_up, placement
from sync.store.tables import CHANGES, ITEMS, JOURNEYS, LINK_WORDS, PLACES, UNTRACED
from sync.store.writing import mark_present, remove_items
from tests.sync.fakes import NOON, FakeClock, FakeConnector, a_batch, a_change, an_item, sync

SOURCE = "claims"
FAST = (Phase.explicit, Phase.reuse, Phase.generate)  # an example takes tenths of a second: shrinking takes an hour
IN_MEMORY = Path("/dev/shm")  # where there is one: a disk that syncs each commit takes minutes
LATER = NOON + timedelta(days=400)
RULES = StateRules(
    states={"to do": FlowState.NEW, "doing": FlowState.ACTIVE, "review": FlowState.WAITING, "done": FlowState.DONE},
    cancelled_resolutions=frozenset({"won't do"}),
    blocked_states=frozenset({"on hold"}),
)
STATUSES = ("To Do", "Doing", "Review", "On Hold", "Done", "Odd")
IDS = st.sampled_from("123456")
A_THEME = Theme(
    id="growth",
    name="Growth",
    rules=(ThemeRule(matcher=Matcher(label="growth")), ThemeRule(matcher=Matcher(under="CLM-1"))),
)
ANOTHER = Theme(
    id="trust",
    name="Trust",
    rules=(ThemeRule(matcher=Matcher(type="Bug"), share=Decimal("0.5")),),
    effective_from=date(2026, 4, 1),
)
PLACING = PlacingRules(
    levels={SOURCE: {"epic": "epic", "story": "story", "bug": "story"}},
    kinds={SOURCE: (KindRule(matcher=Matcher(type="Bug"), kind="defect"), KindRule(matcher=None, kind="feature"))},
    value_streams=(
        ValueStream(id="vs", name="VS", trains=(Train(name="ART", matchers=(Matcher(label="art"),)),), matchers=()),
    ),
)


def a_tracing(**told: Any) -> Tracing:
    given_ = {"rules": {SOURCE: RULES}, "placing": PLACING, "themes": (A_THEME, ANOTHER), "on": date(2026, 3, 2)}
    return Tracing(**{**given_, **told})


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def store(store_url: str, clock: FakeClock) -> Iterator[Store]:
    with open_store(store_url, now=clock.now) as opened:
        yield opened


@contextmanager
def a_store_of_its_own() -> Iterator[str]:
    """The address of a fresh store; the first is made by every migration, the others are copies of it."""
    with tempfile.TemporaryDirectory(dir=IN_MEMORY if IN_MEMORY.is_dir() else None) as folder:
        path = Path(folder) / "vmo.db"
        if not _made:
            open_store(f"sqlite:///{path}", now=FakeClock().now).close()
            _made.append(path.read_bytes())
        path.write_bytes(_made[0])
        yield f"sqlite:///{path}"


_made: list[bytes] = []


# --- the law


@dataclass(frozen=True)
class Believed:
    """What the store would let anybody believe, and what is true."""

    journeys: Mapping[ItemId, tuple[Journey, HeldItem]]
    true_journeys: Mapping[ItemId, tuple[Journey, HeldItem]]
    places: Mapping[ItemId, Placement | None]
    true_places: Mapping[ItemId, Placement]


def believed(store: Store, tracing: Tracing) -> Believed:
    with store.snapshot() as snapshot:
        held = {one.item.id: one for one in snapshot.held_items()}
        statuses = snapshot.statuses()
        kept = list(snapshot.kept_journeys({SOURCE: tracing.traced_with(SOURCE, statuses)}))
        traced = trace_all(
            held.values(),
            snapshot.changes(),
            workflow=tracing.workflow(statuses),
            as_of=LATER,
            blockings=snapshot.blockings(held.values()),
        )
        with snapshot._reading() as connection:
            query = select(JOURNEYS.c.source, JOURNEYS.c.external_id, PLACES).outerjoin(
                PLACES, JOURNEYS.c.place == PLACES.c.place
            )
            places = {
                ItemId(row["source"], row["external_id"]): None if row["place"] is None else placement(row)
                for row in connection.execute(query).mappings()
            }
    ids = [ItemId(one.source, one.external_id) for one in kept]
    return Believed(
        journeys={id: resume(one, held[id], as_of=LATER) for id, one in zip(ids, kept, strict=True)},
        true_journeys={journey.id: (journey, counted) for journey, counted in traced},
        places=places,
        true_places=place(
            [counted for _, counted in traced], rules=tracing.placing, themes=tracing.themes, on=tracing.on
        ),
    )


@st.composite
def moved_items(draw: st.DrawFn) -> tuple[WorkItem, tuple[Change, ...]]:
    """An item as its tracker tells of it at some time, with a history that leads there or does not."""
    external_id, age = draw(IDS), draw(st.integers(0, 50))
    moves = draw(st.lists(st.tuples(st.integers(1, 600), st.sampled_from(STATUSES)), max_size=4))
    parents = st.none() | IDS
    parent, filed = draw(parents), draw(st.lists(st.tuples(st.integers(1, 600), parents), max_size=2))
    changes = []
    before = "To Do"
    for number, (hours, status) in enumerate(sorted(moves)):
        told = {"from_value": before, "to_value": status, "to_id": None}
        changes.append(a_change(external_id, f"s{number}:0", occurred_at=hour(hours), sequence=number, **told))
        before = status
    was = parent
    for number, (hours, to) in enumerate(sorted(filed, key=lambda each: each[0])):
        told = {"from_value": was, "to_value": to, "from_id": was, "to_id": to}
        changes.append(
            a_change(external_id, f"p{number}:0", field="parent", occurred_at=hour(hours), sequence=9 + number, **told)
        )
        was = to
    for number, (hours, to, came) in enumerate(
        draw(st.lists(st.tuples(st.integers(1, 600), IDS, st.booleans()), max_size=2))
    ):
        changes.append(a_change_of_links(external_id, f"l{number}:0", hours, to, came=came, sequence=20 + number))
    item = an_item(
        external_id,
        type=draw(st.sampled_from(["Epic", "Story", "Bug"])),
        status=draw(st.sampled_from([before, before, "Odd"])),
        status_id="",
        parent_id=was,
        labels=tuple(draw(st.sets(st.sampled_from(["growth", "art"])))),
        resolution=draw(st.sampled_from([None, "won't do"])),
        flagged=draw(st.booleans()),
        links=tuple(Link(kind="blocked_by", to_id=to, to_key=f"CLM-{to}") for to in draw(st.sets(IDS, max_size=2))),
        updated_at=NOON + timedelta(minutes=age),
    )
    return item, tuple(changes)


def a_change_of_links(external_id: str, change_id: str, hours: int, to: str, *, came: bool, sequence: int) -> Change:
    key, text = f"CLM-{to}", f"This issue is blocked by CLM-{to}"
    told = {"from_value": None, "from_id": None, "to_value": text, "to_id": key}
    if not came:
        told = {"from_value": text, "from_id": key, "to_value": None, "to_id": None}
    return a_change(external_id, change_id, field="links", occurred_at=hour(hours), sequence=sequence, **told)


def hour(hours: int) -> Any:
    return NOON - timedelta(days=30) + timedelta(hours=hours)


@st.composite
def batches(draw: st.DrawFn) -> Batch:
    told = draw(st.lists(moved_items(), max_size=4, unique_by=lambda each: each[0].external_id))
    return Batch(
        items=[item for item, _ in told],
        changes=[change for _, changes in told for change in changes],
        histories={item.external_id: draw(st.sampled_from(HistoryState)) for item, _ in told},
        cursor={"mark": draw(st.integers(0, 99))},
        recycled=[(each, NOON) for each in draw(st.lists(IDS, max_size=1))],
        restored=draw(st.lists(IDS, max_size=1)),
        links=draw(st.lists(st.builds(a_link, IDS, IDS, st.integers(1, 600), st.booleans()), max_size=2)),
        statuses=draw(
            st.lists(st.builds(a_status, st.sampled_from(["1", "2"]), st.sampled_from(StatusCategory)), max_size=1)
        ),
    )


def a_link(one: str, other: str, hours: int, active: bool) -> LinkEvent:
    return LinkEvent(from_id=one, to_id=other, kind="blocks", active=active, changed_at=hour(hours))


def a_status(status_id: str, category: StatusCategory) -> Status:
    return Status(source=SOURCE, status_id=status_id, name="Odd", category=category)


def by_hand(store: Store, external_id: str, what: str) -> None:
    """Something that no sync does: another program, another version, a mending hand."""

    def work(connection: Any) -> None:
        if what == "remove":
            remove_items(connection, source=SOURCE, external_ids=[external_id], at=micros(NOON), reason="recycled")
        elif what == "return":
            mark_present(connection, source=SOURCE, external_ids=[external_id])
        elif what == "forget a change":
            connection.execute(
                CHANGES.delete().where(CHANGES.c.external_id == external_id, CHANGES.c.change_id == "s0:0")
            )
        elif what == "forget a word":
            connection.execute(LINK_WORDS.delete().where(LINK_WORDS.c.to_id == external_id))
        elif what == "take a word back":
            connection.execute(LINK_WORDS.update().where(LINK_WORDS.c.to_id == external_id).values(active=False))
        elif what == "give another key":
            held = select(ITEMS.c.key).where(ITEMS.c.external_id == external_id)
            key = connection.execute(held).scalar() or ""
            other = "CLM-1" if key != "CLM-1" else "CLM-7"
            moved = ITEMS.update().where(ITEMS.c.external_id == external_id)
            connection.execute(moved.values(key=other, previous_keys=f'["{key}"]'))
        elif what == "tell otherwise":
            told = CHANGES.update().where(CHANGES.c.external_id == external_id, CHANGES.c.change_id == "s0:0")
            connection.execute(told.values(to_value="Done"))
        else:
            before = select(func.count()).where(ITEMS.c.external_id.startswith(f"{external_id}@then"))
            times = connection.execute(before).scalar()  # it may have been given away once already
            moved = ITEMS.update().where(ITEMS.c.external_id == external_id)
            connection.execute(moved.values(parent_id="1", external_id=f"{external_id}@then{times}"))

    store.write(work)


DEEDS = st.one_of(
    st.tuples(st.just("sync"), batches()),
    st.tuples(st.just("full"), batches()),
    st.tuples(st.just("sync without tracing"), batches()),
    st.tuples(
        st.sampled_from(
            [
                "remove",
                "return",
                "forget a change",
                "tell otherwise",
                "give the id to another",
                "forget a word",
                "take a word back",
                "give another key",
            ]
        ),
        IDS,
    ),
)


@settings(max_examples=48, phases=FAST)
@given(st.lists(DEEDS, min_size=1, max_size=8))
def test_whatever_happens_what_is_kept_is_what_tracing_everything_says(deeds: list[tuple[str, Any]]) -> None:
    with a_store_of_its_own() as url:
        assert_the_law(url, deeds)


def assert_the_law(url: str, deeds: list[tuple[str, Any]]) -> None:
    clock, tracing = FakeClock(), a_tracing()
    with open_store(url, now=clock.now) as store:
        for what, told in deeds:
            clock.move(minutes=1)
            if isinstance(told, Batch):
                options = {} if what == "sync without tracing" else {"tracing": tracing}
                sync(FakeConnector([told]), store, clock, full=what == "full", **options)
            else:
                by_hand(store, told, what)

            found = believed(store, tracing)
            assert found.journeys == {id: found.true_journeys[id] for id in found.journeys}, what

        catch_up(store, tracing, sources=[SOURCE])

        found = believed(store, tracing)
        assert found.journeys == found.true_journeys
        assert found.places == found.true_places


@settings(max_examples=40, phases=FAST)
@given(st.lists(st.tuples(st.sampled_from(["sync", "full"]), batches()), min_size=1, max_size=6))
def test_a_sync_that_traces_leaves_nothing_stale_unless_the_mapping_changed(deeds: list[tuple[str, Batch]]) -> None:
    clock, tracing = FakeClock(), a_tracing()
    with a_store_of_its_own() as url, open_store(url, now=clock.now) as store:
        for what, batch in deeds:
            clock.move(minutes=1)
            sync(FakeConnector([replace(batch, statuses=[])]), store, clock, full=what == "full", tracing=tracing)

            found = believed(store, tracing)
            assert found.journeys == found.true_journeys
            assert found.places == found.true_places


# --- one at a time, on both databases


@pytest.mark.parametrize("seed", range(6))
def test_whatever_links_and_blockers_do_kept_journeys_follow(store: Store, clock: FakeClock, seed: int) -> None:
    chance, tracing = random.Random(seed), a_tracing()
    ids = "1234"
    begun = [
        a_change(each, "s0:0", from_value="To Do", to_value="Doing", to_id=None, occurred_at=hour(1)) for each in ids
    ]
    items = {each: an_item(each, status="Doing", status_id="", links=()) for each in ids}
    sync(FakeConnector([a_batch(*items.values(), changes=begun)]), store, clock, tracing=tracing)
    blocked = 0
    for step in range(12):
        clock.move(minutes=1)
        one, other, at = chance.choice(ids), chance.choice(ids), 10 + 20 * step
        what = chance.choice(["link", "unlink", "word", "word gone", "finish", "reopen", "remove", "return"])
        batch = _edited(what, one, other, at, items=items, updated_at=NOON + timedelta(minutes=step))
        if batch is None:
            by_hand(store, one, what)
            catch_up(store, tracing, sources=[SOURCE])
        else:
            sync(FakeConnector([batch]), store, clock, tracing=tracing)

        found = believed(store, tracing)
        assert found.journeys == found.true_journeys, (step, what)
        blocked += sum(journey.is_blocked for journey, _ in found.true_journeys.values())
        assert_columns_agree(store, found, tracing)
    assert blocked


@pytest.mark.parametrize("named_by", ["key", "id"])
def test_a_journey_is_stale_once_what_blocks_it_arrives_or_goes(store: Store, clock: FakeClock, named_by: str) -> None:
    """Jira's changes name the other end by its key, a stream of links by its id."""
    changes = [a_change("1", "s0:0", to_value="Doing", to_id=None, occurred_at=hour(1))]
    links = []
    if named_by == "key":
        changes.append(a_change_of_links("1", "l0:0", 2, "2", came=True, sequence=5))
    else:
        links.append(a_link("2", "1", 2, active=True))
    batch = replace(a_batch(an_item("1", status="Doing", status_id=""), changes=changes), links=links)
    sync(FakeConnector([batch]), store, clock, tracing=a_tracing())
    alone = believed(store, a_tracing())

    sync(FakeConnector([a_batch(an_item("2"))]), store, clock, tracing=a_tracing())
    met = believed(store, a_tracing())
    by_hand(store, "2", "remove")

    assert [found.journeys == found.true_journeys for found in (alone, met)] == [True, True]
    spans = [found.true_journeys[ItemId(SOURCE, "1")][0].spans.blocked > 0 for found in (alone, met)]
    assert spans == [False, True]
    assert believed(store, a_tracing()).journeys == {}


def test_a_move_of_a_blocker_is_noted_for_what_it_blocks_though_the_blocker_was_noted_before(
    store: Store, clock: FakeClock
) -> None:
    changes = [a_change("1", "s0:0", to_value="Doing", to_id=None, occurred_at=hour(1))]
    batch = replace(a_batch(an_item("1"), an_item("2"), changes=changes), links=[a_link("2", "1", 2, active=True)])
    sync(FakeConnector([batch]), store, clock, tracing=a_tracing())

    later = {"source": SOURCE, "external_id": "2", "sequence": 9, "occurred_at": micros(hour(3)), "known_at": 1}
    noted = []
    for field in ("labels", "status"):
        one = CHANGES.insert().values(change_id=f"{field}:0", field=field, **later)
        noted.append(store.write(partial(_noted_after, one)))

    assert noted == [{"2"}, {"1", "2"}]


def _noted_after(work: Any, connection: Any) -> set[str]:
    connection.execute(work)
    return set(connection.execute(select(UNTRACED.c.external_id)).scalars())


def test_a_blocker_that_moved_to_another_project_has_blocked_as_long_as_before(store: Store, clock: FakeClock) -> None:
    """The link is gone, and the change that tells of it names the key of that time."""
    changes = [
        a_change("1", "s0:0", to_value="Doing", to_id=None, occurred_at=hour(1)),
        a_change_of_links("1", "l0:0", 2, "2", came=True, sequence=5),
        a_change_of_links("1", "l1:0", 12, "2", came=False, sequence=6),
    ]
    blocked = an_item("1", status="Doing", status_id="")
    sync(FakeConnector([a_batch(blocked, an_item("2"), changes=changes)]), store, clock, tracing=a_tracing())
    moved = an_item("2", key="CORE-2", previous_keys=("CLM-2",), updated_at=NOON + timedelta(minutes=1))
    sync(FakeConnector([a_batch(moved)]), store, clock, tracing=a_tracing())

    found = believed(store, a_tracing())

    assert found.journeys == found.true_journeys
    assert found.true_journeys[ItemId(SOURCE, "1")][0].spans.blocked == 10 * 3600
    assert_columns_agree(store, found, a_tracing())


def test_a_journey_is_stale_once_something_arrives_that_bore_the_name_of_its_blocker(
    store: Store, clock: FakeClock
) -> None:
    changes = [
        a_change("1", "s0:0", to_value="Doing", to_id=None, occurred_at=hour(1)),
        a_change_of_links("1", "l0:0", 2, "2", came=True, sequence=5),
        a_change_of_links("1", "l1:0", 12, "2", came=False, sequence=6),
    ]
    blocked = an_item("1", status="Doing", status_id="")
    sync(FakeConnector([a_batch(blocked, changes=changes)]), store, clock, tracing=a_tracing())
    for key, former in (("CORE-2", ()), ("CORE-2", ("CLM-2",))):  # its history is read later than itself
        clock.move(minutes=1)
        moved = an_item("2", key=key, previous_keys=former, updated_at=NOON + timedelta(minutes=len(former)))
        sync(FakeConnector([a_batch(moved)]), store, clock, tracing=a_tracing())

    found = believed(store, a_tracing())

    assert found.journeys == found.true_journeys
    assert len(found.journeys) == 2
    assert found.true_journeys[ItemId(SOURCE, "1")][0].spans.blocked == 10 * 3600


def _edited(what: str, one: str, other: str, at: int, *, items: dict[str, WorkItem], updated_at: Any) -> Batch | None:
    """What a tracker tells after somebody linked, finished or reopened an item; None: it is done by hand."""
    item = replace(items[one], updated_at=updated_at)
    if what in ("link", "unlink"):
        link = Link(kind="blocked_by", to_id=other, to_key=f"CLM-{other}")
        rest = tuple(each for each in item.links if each != link)
        items[one] = item = replace(item, links=(*rest, link) if what == "link" else rest)
        change = a_change_of_links(one, f"l{at}:0", at, other, came=what == "link", sequence=at)
        return a_batch(item, changes=[change])
    if what in ("word", "word gone"):
        return replace(a_batch(), links=[a_link(other, one, at, what == "word")])
    if what in ("finish", "reopen"):
        before, after = ("Doing", "Done") if what == "finish" else ("Done", "Doing")
        items[one] = item = replace(item, status=after)
        told = {"from_value": before, "to_value": after, "to_id": None}
        return a_batch(item, changes=[a_change(one, f"s{at}:0", occurred_at=hour(at), sequence=at, **told)])
    return None


def assert_columns_agree(store: Store, found: Believed, tracing: Tracing) -> None:
    """The journeys traced over the store's columns are blocked when, and as long as, the definition says."""
    with duckdb.connect() as connection:
        pour_changes(store, connection)
        left_out = trace_columns(connection, workflow=tracing.workflow(store.statuses()), as_of=LATER)
        told = connection.execute(
            "SELECT external_id, is_blocked, blocked_seconds, active_seconds FROM journeys"
        ).fetchall()
    assert left_out == 0
    assert {row[0]: row[1:] for row in told} == {
        id.external_id: (journey.is_blocked, journey.spans.blocked, journey.spans.active)
        for id, (journey, _) in found.true_journeys.items()
    }


def test_a_sync_keeps_the_journeys_of_what_it_brings(store: Store, clock: FakeClock) -> None:
    done = a_change("1", from_value="To Do", to_value="Done", to_id=None)
    batch = a_batch(an_item("1", status="Done", status_id=""), an_item("2"), changes=[done])

    sync(FakeConnector([batch]), store, clock, tracing=a_tracing())

    found = believed(store, a_tracing())
    assert set(found.journeys) == {ItemId(SOURCE, "1"), ItemId(SOURCE, "2")}
    assert found.journeys == found.true_journeys
    assert found.places == found.true_places


@pytest.mark.parametrize("what", ["remove", "forget a change", "tell otherwise", "give the id to another"])
def test_a_journey_is_not_believed_after_anybody_changed_its_item(store: Store, clock: FakeClock, what: str) -> None:
    told = [a_change("1", "s0:0", to_value="Doing", to_id=None), a_change("2", "s0:0", to_value="Doing", to_id=None)]
    sync(FakeConnector([a_batch(an_item("1"), an_item("2"), changes=told)]), store, clock, tracing=a_tracing())

    by_hand(store, "1", what)

    assert set(believed(store, a_tracing()).journeys) == {ItemId(SOURCE, "2")}


def test_what_did_not_change_is_not_traced_again(store: Store, clock: FakeClock) -> None:
    batch = a_batch(an_item("1"), an_item("2"))
    sync(FakeConnector([batch]), store, clock, tracing=a_tracing())
    asked: list[str] = []

    class Noting(Tracing):
        def trace(self, held: Any, *args: Any, **told: Any) -> Any:
            asked.append(held.item.external_id)
            return super().trace(held, *args, **told)

    noting = Noting(rules={SOURCE: RULES}, placing=PLACING, themes=(A_THEME, ANOTHER), on=date(2026, 3, 2))
    again = replace(batch, items=[an_item("1"), an_item("2", status="Done", updated_at=NOON)])
    sync(FakeConnector([again]), store, clock, tracing=noting)

    assert asked == ["2"]


def test_what_is_below_an_epic_moves_with_it(store: Store, clock: FakeClock) -> None:
    epic, story = an_item("1", type="Epic"), an_item("2", type="Story", parent_id="1")
    task = an_item("3", type="Story", parent_id="2")
    sync(FakeConnector([a_batch(epic, story, task)]), store, clock, tracing=a_tracing())

    labelled = replace(epic, labels=("art",), updated_at=NOON)
    sync(FakeConnector([a_batch(labelled)]), store, clock, tracing=a_tracing())

    trains = {id.external_id: found.train for id, found in believed(store, a_tracing()).places.items() if found}
    assert trains == {"1": "ART", "2": "ART", "3": "ART"}


def test_another_mapping_makes_every_journey_stale_and_catching_up_mends_them(store: Store, clock: FakeClock) -> None:
    sync(FakeConnector([a_batch(an_item("1"), an_item("2"))]), store, clock, tracing=a_tracing())
    other = a_tracing(rules={SOURCE: replace(RULES, states={"to do": FlowState.ACTIVE})})
    before = believed(store, other).journeys

    count = catch_up(store, other, sources=[SOURCE])

    after = believed(store, other)
    assert (before, count) == ({}, 2)
    assert after.journeys == after.true_journeys


def test_a_theme_that_comes_into_effect_places_anew_and_traces_nothing(store: Store, clock: FakeClock) -> None:
    sync(FakeConnector([a_batch(an_item("1", type="Bug"))]), store, clock, tracing=a_tracing())
    in_april = a_tracing(on=date(2026, 4, 1))
    was_current = is_current(store, in_april)
    kept = set(believed(store, in_april).journeys)

    catch_up(store, in_april, sources=[SOURCE])

    found = believed(store, in_april)
    assert (was_current, kept) == (False, {ItemId(SOURCE, "1")})
    assert found.places[ItemId(SOURCE, "1")] == found.true_places[ItemId(SOURCE, "1")]


def is_current(store: Store, tracing: Tracing) -> bool:
    with duckdb.connect() as connection:
        return pour_current(store, connection, tracing=tracing, sources=[SOURCE])


@pytest.mark.parametrize(
    ("what", "tracing"),
    [
        ("nothing", {}),
        ("an item changed", {}),
        ("a journey went", {}),
        ("an id went", {}),
        ("nothing", {"rules": {SOURCE: replace(RULES, cancelled_resolutions=frozenset({"nobody cared"}))}}),
        ("nothing", {"placing": replace(PLACING, value_streams=())}),
        ("a status came", {}),
        ("another source changed", {}),
    ],
    ids=["now", "changed", "untraced", "gone", "other rules", "other places", "other statuses", "elsewhere"],
)
def test_columns_are_believed_only_if_nothing_has_changed_since(
    store: Store, clock: FakeClock, what: str, tracing: dict[str, Any]
) -> None:
    sync(FakeConnector([a_batch(an_item("1"), an_item("2", parent_id="1"))]), store, clock, tracing=a_tracing())
    statement = {
        "an item changed": "UPDATE items SET labels = '[\"other\"]' WHERE external_id = '1'",
        "a journey went": "DELETE FROM journeys WHERE external_id = '1'",
        "an id went": "INSERT INTO untraced VALUES (:source, '3')",
        "a status came": "INSERT INTO statuses VALUES (:source, '77', 'Cold', 'new', 0)",
        "another source changed": "INSERT INTO untraced VALUES ('elsewhere', '1')",
    }.get(what)
    if statement is not None:
        store.write(lambda connection: connection.execute(text(statement), {"source": SOURCE}))

    found = is_current(store, a_tracing(**tracing))

    assert found == (what in ("nothing", "another source changed") and not tracing)


def test_an_item_whose_journey_cannot_be_traced_holds_up_no_sync(store: Store, clock: FakeClock) -> None:
    class Failing(Tracing):
        def trace(self, held: Any, *args: Any, **told: Any) -> Any:
            if held.item.external_id == "1":
                raise ZeroDivisionError
            return super().trace(held, *args, **told)

    failing = Failing(rules={SOURCE: RULES}, placing=PLACING, themes=(), on=date(2026, 3, 2))

    record = sync(FakeConnector([a_batch(an_item("1"), an_item("2"))]), store, clock, tracing=failing)

    assert record.outcome == "ok"
    assert set(believed(store, failing).journeys) == {ItemId(SOURCE, "2")}


@pytest.mark.parametrize("trigger", ["items_updated", "changes_deleted", "link_words_inserted"])
def test_a_store_that_no_longer_notes_its_changes_is_refused(store_url: str, clock: FakeClock, trigger: str) -> None:
    with open_store(store_url, now=clock.now) as store:
        on = "" if store_url.startswith("sqlite") else f" ON {trigger.rsplit('_', maxsplit=1)[0]}"
        store.write(lambda connection: connection.execute(text(f"DROP TRIGGER {trigger}{on}")))

    with pytest.raises(StoreError, match=f"the trigger {trigger} is not there"):
        open_store(store_url, now=clock.now)


def test_columns_of_the_store_say_what_its_rows_say(store: Store, clock: FakeClock) -> None:
    moves = [a_change("1", "s0:0", from_value="To Do", to_value="Doing", to_id=None)]
    batch = a_batch(an_item("1", status="Doing", status_id=""), an_item("2", type="Bug", parent_id="1"), changes=moves)
    sync(FakeConnector([batch]), store, clock, tracing=a_tracing())

    with duckdb.connect() as connection:
        pour_journeys(store, connection)
        told = connection.execute(f"SELECT {', '.join(columns.JOURNEYS)} FROM journeys ORDER BY external_id").fetchall()
        places = connection.execute("SELECT place, level, kind, themes FROM places ORDER BY place").fetchall()
        pour_changes(store, connection)
        changes = connection.execute("SELECT external_id, field, to_value, occurred_at FROM changes").fetchall()

    with store._reading() as rows:
        query = select(*[JOURNEYS.c[name] for name in columns.JOURNEYS]).order_by(JOURNEYS.c.external_id)
        assert told == [tuple(row) for row in rows.execute(query)]
        query = select(PLACES.c.place, PLACES.c.level, PLACES.c.kind, PLACES.c.themes).order_by(PLACES.c.place)
        assert places == [tuple(row) for row in rows.execute(query)]
    assert changes == [("1", "status", "Doing", micros(NOON - timedelta(days=2)))]


def test_rows_of_flow_are_counted_over_columns_as_they_are_item_by_item(store: Store, clock: FakeClock) -> None:
    moves = [
        a_change("2", "s0:0", from_value="To Do", to_value="Doing", to_id=None, occurred_at=hour(1)),
        a_change("2", "s1:0", from_value="Doing", to_value="Done", to_id=None, occurred_at=hour(90)),
        a_change("3", "s0:0", from_value="To Do", to_value="Odd", to_id=None, occurred_at=hour(5)),
        a_change("3", "s1:0", from_value="Odd", to_value="Doing", to_id=None, occurred_at=hour(400)),
        a_change("5", "s0:0", from_value="To Do", to_value="Done", to_id=None, occurred_at=hour(7)),
        a_change("6", "s0:0", from_value="To Do", to_value="Doing", to_id=None, occurred_at=hour(1)),
    ]
    for day in range(20):  # to and fro, so that days of one week are untold twice
        before, after = ("Odd", "Doing") if day % 2 else ("Doing", "Odd")
        told = {"from_value": before, "to_value": after, "to_id": None, "occurred_at": hour(30 + 26 * day)}
        moves.append(a_change("6", f"s{day + 1}:0", sequence=day + 1, **told))
    items = [
        an_item("1", type="Epic", labels=("growth",), status="To Do", status_id=""),
        an_item("2", type="Story", parent_id="1", status="Done", status_id=""),
        an_item("3", type="Bug", labels=("art",), status="Doing", status_id=""),
        an_item("4", type="Bug", labels=("art",), status="Doing", status_id=""),
        an_item("5", type="Story", labels=("art",), status="Done", status_id=""),
        an_item("6", type="Story", status="Doing", status_id=""),
    ]
    batch = replace(a_batch(*items, changes=moves), histories={"4": HistoryState.NONE})
    both = {SOURCE: PLACING.levels[SOURCE], "elsewhere": PLACING.levels[SOURCE]}
    tracing = a_tracing(placing=replace(PLACING, levels=both), on=(NOON + timedelta(days=60)).date())
    sync(FakeConnector([batch]), store, clock, tracing=tracing)
    not_configured = an_item("7", type="Story", source="elsewhere")
    sync(FakeConnector([a_batch(not_configured)], name="elsewhere"), store, clock, tracing=tracing)
    calendar = Calendar(zone=ZoneInfo("Europe/Paris"))
    portfolio = Portfolio(
        id="p",
        name="P",
        currency="EUR",
        locales=("en",),
        themes=(A_THEME, ANOTHER),
        value_streams=tuple(PLACING.value_streams),
    )
    asked: dict[str, Any] = {"portfolio": portfolio, "calendar": calendar, "as_of": NOON + timedelta(days=60)}

    with duckdb.connect() as connection:
        assert pour_current(store, connection, tracing=tracing, sources=[SOURCE])
        prepare(connection, calendar=calendar, as_of=asked["as_of"], waiting_known=[SOURCE])
        rows = list(flow_metric_rows(connection, **asked))

    found = believed(store, tracing)
    placed = [
        replace(journey, placement=found.true_places[id])
        for id, (journey, _) in found.true_journeys.items()
        if id.source == SOURCE
    ]
    plain = list(table.flow_metric_rows(derive_clocks(placed), waiting_known=[SOURCE], **asked))
    assert rows == plain
    left_out = {(row["metric"], why) for row in rows for why in json.loads(str(row["excluded"]))}
    assert left_out >= {("flow_load", "unmapped"), ("flow_load", "no_history"), ("flow_balance", "no_start")}


def test_visits_leave_the_store_for_what_has_moved_since_or_goes_on(store: Store, clock: FakeClock) -> None:
    batch = a_batch(an_item("1"), an_item("2"), an_item("3"), an_item("4"))
    sync(FakeConnector([batch]), store, clock, tracing=a_tracing())
    long_ago, lately = micros(NOON - timedelta(days=300)), micros(NOON - timedelta(days=100))
    told = {"1": (long_ago, long_ago), "2": (long_ago, lately), "3": (None, long_ago), "4": (lately, lately)}
    statement = text("UPDATE journeys SET finished_at = :ended, settled_at = :settled WHERE external_id = :key")
    rows = [{"key": key, "ended": ended, "settled": settled} for key, (ended, settled) in told.items()]
    store.write(lambda connection: connection.execute(statement, rows))

    with duckdb.connect() as connection:
        pour_journeys(store, connection, stays_since=NOON - timedelta(days=200))
        poured = connection.execute("SELECT external_id FROM journeys WHERE stays IS NOT NULL ORDER BY ALL").fetchall()
        since = connection.execute("SELECT since FROM stays_since").fetchall()
        pour_journeys(store, connection)
        without = connection.execute("SELECT since FROM stays_since").fetchall()
        ((level,),) = connection.execute("SELECT DISTINCT level FROM places").fetchall()
        pour_journeys(store, connection, stays_at=level)
        at_level = connection.execute("SELECT count(stays) FROM journeys").fetchall()
        pour_journeys(store, connection, stays_at="of no board")
        elsewhere = connection.execute("SELECT count(stays) FROM journeys").fetchall()

    assert poured == [("2",), ("3",), ("4",)]
    assert (at_level, elsewhere) == ([(4,)], [(0,)])
    assert (since, without) == ([(micros(NOON - timedelta(days=200)),)], [])


def test_a_text_that_comes_after_thousands_without_one_is_still_a_text(clock: FakeClock) -> None:
    given_up = replace(an_item("5001", status="Dropped", status_id=""), resolution="won't do")
    states = {**RULES.states, "dropped": FlowState.CANCELLED}
    tracing = a_tracing(rules={SOURCE: replace(RULES, states=states)})
    batch = a_batch(*(an_item(str(number)) for number in range(3000)), given_up)
    with a_store_of_its_own() as url, open_store(url, now=clock.now) as store:
        sync(FakeConnector([batch]), store, clock)
        catch_up(store, tracing, sources=[SOURCE])

        with duckdb.connect() as connection:
            pour_journeys(store, connection)
            found = connection.execute(
                "SELECT excluded_reason, count(*) FROM journeys GROUP BY ALL ORDER BY 2"
            ).fetchall()

    assert found == [("cancelled", 1), (None, 3000)]


def test_a_theme_whose_dates_are_edited_places_anew_and_keeps_the_days_of_each(store: Store, clock: FakeClock) -> None:
    sync(FakeConnector([a_batch(an_item("1", labels=("growth",)))]), store, clock, tracing=a_tracing())
    ending = a_tracing(themes=(replace(A_THEME, effective_to=date(2026, 6, 30)), ANOTHER))  # in effect before and after
    was_current = is_current(store, ending)

    catch_up(store, ending, sources=[SOURCE])

    (found,) = believed(store, ending).places.values()
    assert found is not None
    assert (was_current, is_current(store, ending)) == (False, True)
    assert found.themes == {"growth": Decimal(1)}
    assert [(one.days.end, dict(one.themes)) for one in found.stretches] == [
        (date(2026, 7, 1), {"growth": Decimal(1)}),
        (date.max, {}),
    ]
