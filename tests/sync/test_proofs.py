"""What each run proves of what we hold, by project, and what was believed when."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from connectors.base import Batch, Raw, Scope
from domain.trust import ScopeProof
from domain.work_item import ItemId
from sync import engine, plan, proof
from sync.store import Store, StoreError, open_store
from tests.sync.fakes import NOON, FakeClock, FakeConnector, a_batch, a_change, an_item, sweep, sync

EVERYONE = [str(number) for number in range(20)]


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def store(store_url: str, clock: FakeClock) -> Iterator[Store]:
    with open_store(store_url, now=clock.now) as opened:
        yield opened


def telling(*steps: Batch, declared: int | None) -> FakeConnector:
    """A source whose only project says how many items it has."""
    connector = FakeConnector(list(steps))
    connector.scopes = (Scope(id="10", key="CLM", name="Claims", declared=declared),)
    connector.ids = EVERYONE
    return connector


def everything() -> Batch:
    return a_batch(*(an_item(number) for number in EVERYONE), cursor={"mark": 1})


def nothing_new() -> Batch:
    return Batch(cursor={"mark": 2})


def test_a_projects_own_count_stands_beside_what_is_held_and_costs_nothing(store: Store, clock: FakeClock) -> None:
    record = sync(telling(everything(), declared=22), store, clock)

    proofs = store.proofs("claims", run_id=record.run_id)
    assert (proofs["10"].declared, proofs["10"].declared_by, proofs["10"].held) == (22, "project", 20)
    assert (proofs[""].declared, proofs[""].held, proofs[""].complete) == (22, 20, 20)
    assert store.trust("claims").problems == ()


def test_a_count_told_at_the_end_of_a_walk_is_not_lost_where_that_end_cannot_be_written(
    store: Store, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object, **__: object) -> None:
        raise StoreError("the disk is full: make space")

    connector = FakeConnector([everything(), Batch(cursor={"mark": 2}, declared=20)])
    with monkeypatch.context() as trouble, pytest.raises(StoreError):
        trouble.setattr(engine, "save_proofs", fails)
        sync(connector, store, clock)

    state = store.state("claims")

    assert state is not None and state.cursor == {"mark": 1}
    sync(FakeConnector([Batch(cursor={"mark": 2}, declared=20)]), store, clock)
    state = store.state("claims")
    assert state is not None and state.cursor == {"mark": 2}
    assert (store.proofs("claims")[""].declared, store.proofs("claims")[""].declared_by) == (20, "walk")


def test_counts_that_are_not_told_are_not_known(store: Store, clock: FakeClock) -> None:
    sync(telling(everything(), declared=None), store, clock)

    proofs = store.proofs("claims")
    assert (proofs["10"].declared, proofs["10"].declared_by, proofs[""].declared) == (None, None, None)


def test_counts_far_apart_are_a_problem_in_words_and_ask_for_a_sweep(store: Store, clock: FakeClock) -> None:
    sync(telling(everything(), declared=20), store, clock)
    sweep(telling(declared=20), store, clock)
    clock.move(hours=2)
    calm = plan.sweep_is_due(store.state("claims"), now=clock.now())

    record = sync(telling(nothing_new(), declared=30), store, clock)

    assert record.outcome == "ok"
    assert "project CLM has 30 items by its tracker's own count, and we hold 20" in record.sentence
    assert (calm, plan.sweep_is_due(store.state("claims"), now=clock.now())) == (False, True)


def test_what_a_census_found_the_count_to_have_too_many_is_no_problem_later(store: Store, clock: FakeClock) -> None:
    sync(telling(everything(), declared=30), store, clock)
    doubtful = store.trust("claims").problems
    sweep(telling(declared=30), store, clock)

    sync(telling(nothing_new(), declared=31), store, clock)

    assert doubtful
    assert store.trust("claims").problems == ()
    assert store.proofs("claims")["10"].uncounted == 10
    assert store.trust("claims").declared == 20


def test_a_count_that_agrees_but_for_what_is_known_to_be_missing_is_no_doubt(store: Store, clock: FakeClock) -> None:
    sync(telling(everything(), declared=20), store, clock)
    fewer = telling(declared=20)  # its own count still has what it no longer shows
    fewer.ids = EVERYONE[:8]
    sweep(fewer, store, clock)

    record = sync(telling(nothing_new(), declared=20), store, clock)

    assert store.trust("claims").suspended
    assert "own count" not in record.sentence


def test_a_scope_of_which_the_tracker_counts_far_fewer_than_we_hold_is_a_doubt(store: Store, clock: FakeClock) -> None:
    record = sync(telling(everything(), a_batch(cursor={"mark": 2}, declared=3), declared=None), store, clock)
    later = sync(telling(nothing_new(), declared=None), store, clock)

    state = store.state("claims")
    assert "the tracker counts 3 items in the scope, and we hold 20; the next count" in record.sentence
    assert state is not None
    assert state.sweep_asked_at is not None
    assert "counts 3" not in later.sentence, "what an earlier run was told says nothing of what is held by now"


def test_a_doubt_tells_what_the_last_census_has_left_out(store: Store, clock: FakeClock) -> None:
    sync(telling(everything(), declared=30), store, clock)
    sweep(telling(declared=30), store, clock)

    record = sync(telling(nothing_new(), declared=50), store, clock)

    assert (
        "50 items by its tracker's own count, of which the last census named all but 10, and we hold 20"
        in record.sentence
    )


def test_what_a_census_left_out_is_no_doubt_while_one_that_it_named_cannot_be_had(
    store: Store, clock: FakeClock
) -> None:
    sync(telling(everything(), declared=30), store, clock)
    connector = telling(declared=30)
    connector.ids = [*EVERYONE, "never given"]
    sweep(connector, store, clock)

    sync(telling(nothing_new(), declared=31), store, clock)

    assert not any("own count" in problem for problem in store.trust("claims").problems)
    assert store.proofs("claims")["10"].uncounted == 9


@pytest.mark.parametrize("state", ["out_of_scope", "unnamed", "forbidden"])
def test_what_a_census_left_out_of_a_project_that_it_was_not_asked_for_is_no_doubt_later(state: str) -> None:
    former = ScopeProof(scope_id="10", key="CLM", state=state, declared=0, declared_by="census", uncounted=20)
    last = replace(former, scope_id="")
    held = {name: 20 * (name in ("held", "complete")) for name in ("held", "missing", "complete")}
    seen = (Scope(id="10", key="CLM", name="Claims", declared=20),)

    told = proof.of_sync(
        {"10": held}, roster={"10": ("CLM", "live")}, scopes=seen, told_at=NOON, last={"": last, "10": former},
        unheld=0,
    )  # fmt: skip

    assert (told[1].declared, told[1].uncounted, proof.doubts("claims", told)) == (20, None, [])


def test_a_project_that_stays_as_it_is_is_entered_once(store: Store, clock: FakeClock) -> None:
    connector = telling(everything(), declared=20)
    connector.script += [[nothing_new()] for _ in range(3)]
    records = [sync(connector, store, clock) for _ in range(4)]

    with store._reading() as connection:
        rows = connection.exec_driver_sql("SELECT scope_id, run_id FROM proofs ORDER BY run_id, scope_id").all()
    assert [tuple(row) for row in rows] == [
        ("", records[0].run_id), ("10", records[0].run_id),
        *(("", record.run_id) for record in records[1:]),
    ]  # fmt: skip


def told(*changes: str, to: str = "To Do") -> Batch:
    """Item 1 with its whole history, each entry with its raw answer."""
    return a_batch(
        an_item("1"),
        changes=[
            a_change("1", f"{each}:0", occurred_at=NOON - timedelta(days=9 - int(each)), to_value=to)
            for each in changes
        ],
        raws=[Raw(external_id="1", kind=f"history:{each}", body={"id": each, "to": to}) for each in changes],
        cursor={"mark": 1},
    )


@pytest.mark.parametrize(
    ("later", "now"),
    [
        pytest.param(
            told("1", "2", "3", to="Open"), [("1:0", "Open"), ("2:0", "Open"), ("3:0", "Open")], id="otherwise"
        ),
        pytest.param(told("1", "3"), [("1:0", "To Do"), ("3:0", "To Do")], id="one less, in the middle"),
        pytest.param(
            told("2", "3"), [("1:0", "To Do"), ("2:0", "To Do"), ("3:0", "To Do")], id="its beginning cut off"
        ),
        pytest.param(told(), [("1:0", "To Do"), ("2:0", "To Do"), ("3:0", "To Do")], id="nothing at all"),
    ],
)
def test_what_was_believed_then_is_told_for_then(
    store: Store, clock: FakeClock, later: Batch, now: list[tuple[str, str]]
) -> None:
    item_id = ItemId("claims", "1")
    sync(FakeConnector([told("1", "2", "3")]), store, clock)
    then, believed = clock.now(), store.changes_of(item_id)
    clock.move(days=1)

    sync(FakeConnector([later]), store, clock)

    assert sorted((each.change_id, each.to_value) for each in store.changes_of(item_id)) == now
    assert store.changes_of(item_id, known_at=then) == believed
    assert list(store.changes(known_at=then)) == believed
    assert [each._replace(known_at=None) for each in store.changes(known_at=clock.now())] == [
        each._replace(known_at=None) for each in store.changes()
    ]
