"""What goes in comes out, once, and never older than what was there."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from connectors.base import Batch, LinkEvent, Raw, Sprint
from domain.work_item import HistoryState, ItemId, Link, Status, StatusCategory
from sync.store import Store, open_store, rows
from sync.store.instants import micros
from sync.store.writing import Saved, replace_changes, save_batch
from tests.sync.conftest import sqlite_url
from tests.sync.fakes import NOON, FakeClock, a_batch, a_change, an_item, dump

ONE = ItemId("claims", "1")


@pytest.fixture
def store(store_url: str) -> Iterator[Store]:
    with open_store(store_url, now=FakeClock().now) as opened:
        yield opened


def save(store: Store, batch: Batch, *, at_day: int = 0, arrived: bool = True) -> Saved:
    at = micros(NOON + timedelta(days=at_day))
    return store.write(lambda connection: save_batch(connection, batch, source="claims", known_at=at, arrived=arrived))


def test_an_item_comes_back_as_it_was_told(store: Store) -> None:
    item = an_item(
        previous_keys=("OLD-1",),
        type_rank=1,
        resolution="Done",
        labels=("été", "theme-settle"),
        components=("Core",),
        area=r"PolicyCore\Claims",
        iteration="PI 26.4",
        team="Cedre",
        owner="T. Marchetti",
        flagged=True,
        resolved_at=NOON,
        starts_on=date(2026, 1, 1),
        due_on=date(2026, 6, 30),
        revision=7,
        values={"cost_estimate": Decimal("1200000.10")},
        fields={"Strategic theme": "Settle fast; Other"},
        links=(
            Link(kind="blocks", to_id="2", to_key="CLM-2"),
            Link(kind="relates", to_id="3", to_key="CLM-3", type="Polaris", is_outward=False),
        ),
    )

    save(store, a_batch(item))

    (held,) = store.held_items()
    assert held.item == item
    assert (held.first_known_at, held.known_at, held.history) == (NOON, NOON, HistoryState.COMPLETE)


def test_the_same_rows_twice_change_nothing(store: Store) -> None:
    batch = a_batch(
        an_item("1"),
        an_item("2", parent_id="1"),
        changes=[a_change(), a_change(change_id="502:0")],
        raws=[Raw(external_id="1", kind="item", body={"id": "1"}), Raw(external_id="1", kind="history:501", body={})],
        links=[LinkEvent(from_id="1", to_id="2", kind="child", active=True, changed_at=NOON)],
        statuses=[Status(source="claims", status_id="100", name="To Do", category=StatusCategory.NEW)],
        sprints=[Sprint(id="7", name="Sprint 7", state="active", starts_on=date(2026, 3, 2), ends_on=None)],
    )
    first = save(store, batch)
    before = dump(store)

    second = save(store, batch, at_day=1)

    assert (first.changes, second.changes) == (2, 0)
    assert dump(store) == before


def test_a_sprint_is_told_as_it_was_known_then_though_its_days_were_moved_since(store: Store) -> None:
    sprint = Sprint(id="7", name="Sprint 7", state="future", starts_on=date(2026, 3, 2), ends_on=date(2026, 3, 15))
    moved = replace(sprint, starts_on=date(2026, 3, 9), state="active")
    for day, told in enumerate((sprint, replace(sprint, state="active"), moved, replace(moved, state="closed"))):
        save(store, a_batch(sprints=[told]), at_day=day)

    then = {day: store.sprints(NOON + timedelta(days=day)) for day in (-1, 0, 1, 2, 3)}

    starts = {day: [one.starts_on for one in told.get("claims", ())] for day, told in then.items()}
    march_2, march_9 = [date(2026, 3, 2)], [date(2026, 3, 9)]
    assert starts == {-1: [], 0: march_2, 1: march_2, 2: march_9, 3: march_9}
    assert store.sprints()["claims"] == [replace(moved, state="closed")]


@pytest.mark.parametrize(
    ("older", "newer"),
    [
        pytest.param({"updated_at": NOON}, {"updated_at": NOON + timedelta(seconds=1)}, id="by instant"),
        pytest.param({"revision": 9}, {"revision": 10}, id="by revision"),
        pytest.param(
            {"revision": 9, "updated_at": NOON},
            {"revision": 10, "updated_at": NOON - timedelta(days=1)},
            id="by revision though its clock went back",
        ),
    ],
)
def test_an_older_answer_never_replaces_a_newer_one(store: Store, older: dict[str, Any], newer: dict[str, Any]) -> None:
    old = a_batch(an_item(title="old", **older), raws=[Raw(external_id="1", kind="item", body="old")])
    new = a_batch(an_item(title="new", **newer), raws=[Raw(external_id="1", kind="item", body="new")])
    save(store, new)

    save(store, old, at_day=1)

    assert [held.item.title for held in store.held_items()] == ["new"]
    assert [raw.body for raw in store.raws(ONE)] == ["new"]


def test_pages_in_any_order_and_any_number_of_times_end_alike(store_url: str) -> None:
    clock = FakeClock()
    pages = [
        a_batch(an_item(str(item), title=f"version {version}", revision=version, key=f"CLM-{item}"))
        for item in range(3)
        for version in range(4)
    ]
    shuffled = pages * 2
    random.Random(7).shuffle(shuffled)

    with open_store(store_url, now=clock.now) as store:
        for page in shuffled:
            save(store, page)
        titles = [held.item.title for held in store.held_items()]

    assert titles == ["version 3"] * 3


def test_one_batch_with_two_versions_of_an_item_keeps_the_newer(store: Store) -> None:
    batch = a_batch(an_item(title="new", updated_at=NOON), an_item(title="old", updated_at=NOON - timedelta(days=1)))

    save(store, batch)

    assert [held.item.title for held in store.held_items()] == ["new"]


def test_what_databases_cannot_hold_is_mended_and_counted(store: Store) -> None:
    item = an_item(title="a\x00b", labels=("c\ud800",), fields={"x\x00": "back\\u0000slash"})

    saved = save(store, a_batch(item, changes=[a_change(to_value="\udfff")]))

    (held,) = store.held_items()
    assert (held.item.title, held.item.labels) == ("a\ufffdb", ("c\ufffd",))
    assert held.item.fields == {"x\ufffd": "back\\u0000slash"}
    assert [change.to_value for change in store.changes_of(ONE)] == ["\ufffd"]
    assert saved.cleaned == 4


def test_one_odd_name_of_a_raw_answer_is_mended_and_the_others_stay_as_they_are(store: Store) -> None:
    named = ("history:1", "history:\x00", "item")

    saved = save(store, a_batch(an_item(), raws=[Raw(external_id="1", kind=kind, body=kind) for kind in named]))

    assert [(raw.kind, raw.body) for raw in store.raws(ONE)] == [
        ("history:1", "history:1"), ("history:\ufffd", "history:\x00"), ("item", "item"),
    ]  # fmt: skip
    assert saved.cleaned == 1


def test_a_raw_answer_comes_back_with_its_decimals_and_every_character(store: Store) -> None:
    body = {
        "cost": Decimal("12.10"),
        "big": Decimal("1E+400"),
        "text": "nul \x00, half \ud83d, whole 😀",
        "n": 1,
        "f": 0.5,
    }

    save(store, a_batch(an_item(), raws=[Raw(external_id="1", kind="item", body=body)]))

    (raw,) = store.raws(ONE)
    assert raw.body == body
    assert isinstance(raw.body["cost"], Decimal)


def test_raw_entries_of_a_history_are_kept_for_ever_and_asked_for_by_prefix(store: Store) -> None:
    first = [Raw(external_id="1", kind="history:501", body="as it was"), Raw(external_id="1", kind="item", body="item")]
    save(store, Batch(raws=first))

    save(store, Batch(raws=[Raw(external_id="1", kind="history:501", body="told otherwise")]))

    assert [(raw.kind, raw.body) for raw in store.raws(ONE, prefix="history:")] == [("history:501", "as it was")]


def test_rows_go_in_however_few_values_a_build_of_sqlite_takes_in_one_statement(tmp_path: Path) -> None:
    """999 by default before 3.32, and where somebody builds it so."""
    with open_store(sqlite_url(tmp_path), now=FakeClock().now) as store:
        event.listen(store._engine, "checkout", few_values)
        changes = [a_change(change_id=f"{number}:0", sequence=number) for number in range(1_001)]
        raws = [Raw(external_id="1", kind=f"history:{number}", body={}) for number in range(1_001)]

        saved = save(store, a_batch(*(an_item(str(n)) for n in range(1, 1_002)), changes=changes, raws=raws))

        assert saved.changes == 1_001
        assert len(list(store.changes())) == len(store.raws(ONE)) == 1_001


@pytest.mark.parametrize("many", [1, 90, 91, 908, 909, 910, 1_900])
def test_every_row_of_a_batch_goes_in_once_however_many_there_are(store: Store, many: int) -> None:
    changes = [a_change(change_id=f"{number}:0", sequence=number) for number in range(many)]
    raws = [Raw(external_id="1", kind=f"history:{number}", body=number) for number in range(many)]

    saved = [save(store, a_batch(an_item(), changes=changes, raws=raws)).changes for _ in range(2)]

    assert saved == [many, 0]
    assert sorted(change.sequence for change in store.changes_of(ONE)) == list(range(many))
    assert sorted(raw.body for raw in store.raws(ONE)) == list(range(many))


def few_values(connection: Any, *_: object) -> None:
    connection.setlimit(sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER, 999)


def test_entries_of_one_batch_may_be_told_twice_with_and_without_what_may_be_missing(store: Store) -> None:
    changes = [
        a_change(change_id=f"{number}:0", sequence=2 ** (number % 60), from_value=None if number % 3 else "é")
        for number in [*range(150), *range(150)]
    ]
    items = [an_item("1", revision=70_000), an_item("2", revision=None)]
    raws = [Raw(external_id=str(1 + n % 2), kind=f"history:{n}", body={"n": n}) for n in [*range(150), *range(150)]]

    first = save(store, a_batch(*items, changes=changes, raws=raws))
    again = save(store, a_batch(*items, changes=changes, raws=raws), at_day=1)

    assert (first.changes, again.changes) == (150, 0)
    assert {change.sequence for change in store.changes()} == {2**number for number in range(60)}
    assert {change.known_at for change in store.changes()} == {NOON}
    assert sorted(raw.body["n"] for n in "12" for raw in store.raws(ItemId("claims", n))) == list(range(150))


def test_changes_come_in_order_and_only_as_far_as_they_were_known(store: Store) -> None:
    later = a_change(change_id="503:0", occurred_at=NOON, field="labels")
    save(store, a_batch(an_item(), changes=[later, a_change(change_id="502:1", sequence=1), a_change()]))
    save(store, Batch(changes=[a_change(change_id="500:0", occurred_at=NOON - timedelta(days=9))]), at_day=1)

    everything = [change.change_id for change in store.changes()]
    known_then = [change.change_id for change in store.changes(known_at=NOON)]
    states = [change.change_id for change in store.changes(known_at=NOON, fields=("status",))]

    assert everything == ["500:0", "501:0", "502:1", "503:0"]
    assert known_then == ["501:0", "502:1", "503:0"]
    assert states == ["501:0", "502:1"]


def test_items_first_known_later_are_left_out(store: Store) -> None:
    save(store, a_batch(an_item("1")))
    save(store, a_batch(an_item("2")), at_day=2)

    ids = [held.item.external_id for held in store.held_items(known_at=NOON + timedelta(days=1))]

    assert ids == ["1"]


def test_an_item_that_moved_is_found_by_both_keys(store: Store) -> None:
    save(store, a_batch(an_item(key="CLM-1")))
    save(store, a_batch(an_item(key="DST-9")))

    found = {name: [held.item.key for held in store.items_called(name)] for name in ("clm-1", "DST-9", "1", "CLM-11")}

    assert found == {"clm-1": ["DST-9"], "DST-9": ["DST-9"], "1": ["DST-9"], "CLM-11": []}


def child(parent: str, *, active: bool, day: int) -> LinkEvent:
    return LinkEvent(from_id=parent, to_id="1", kind="child", active=active, changed_at=NOON + timedelta(days=day))


@pytest.mark.parametrize(
    ("links", "parent"),
    [
        pytest.param([child("8", active=True, day=0)], "8", id="a parent"),
        pytest.param([child("8", active=False, day=1), child("8", active=True, day=0)], None, id="no parent any more"),
        pytest.param(
            [child("9", active=True, day=2), child("8", active=False, day=2), child("8", active=True, day=0)],
            "9",
            id="another parent",
        ),
    ],
)
@pytest.mark.parametrize("links_first", [True, False], ids=["links first", "item first"])
def test_the_newest_link_says_who_the_parent_is(
    store: Store, links: Sequence[LinkEvent], parent: str | None, links_first: bool
) -> None:
    batches = [Batch(links=[link]) for link in links]
    batches.insert(0 if not links_first else len(batches), a_batch(an_item(parent_id="told by the item")))

    for batch in batches:
        save(store, batch)

    (held,) = store.held_items()
    assert held.item.parent_id == parent


def test_links_of_a_stream_are_seen_from_both_ends_until_they_go(store: Store) -> None:
    blocks = LinkEvent(from_id="1", to_id="2", kind="blocks", active=True, changed_at=NOON)
    save(store, a_batch(an_item("1"), an_item("2"), links=[blocks]))
    one, two = (held.item.links for held in store.held_items())

    save(store, Batch(links=[replace(blocks, active=False, changed_at=NOON + timedelta(days=1))]))

    type = "System.LinkTypes.Dependency"
    assert one == (Link(kind="blocks", to_id="2", to_key="CLM-2", type=type),)
    assert two == (Link(kind="blocked_by", to_id="1", to_key="CLM-1", type=type, is_outward=False),)
    assert [held.item.links for held in store.held_items()] == [(), ()]


def test_what_the_tracker_says_of_presence_is_believed_and_taken_back(store: Store) -> None:
    save(store, a_batch(an_item("1"), an_item("2"), an_item("3"), an_item("4")))

    save(store, Batch(recycled=[("1", NOON)], out_of_scope=[("2", "HR-7")], suspects=["3"]))
    removed = {held.item.external_id: (held.removed_reason, held.missing_since) for held in store.held_items()}
    save(store, Batch(restored=["1"]))

    assert removed == {
        "1": ("recycled", None), "2": ("out_of_scope", None), "3": (None, NOON), "4": (None, None),
    }  # fmt: skip
    assert [held.item.external_id for held in store.held_items() if held.removed_at is None] == ["1", "3", "4"]
    assert [held.item.key for held in store.items_called("CLM-2")] == ["HR-7"]


def test_a_removed_item_that_arrives_again_is_present_and_one_only_read_again_is_not(store: Store) -> None:
    save(store, a_batch(an_item("1"), an_item("2")))
    save(store, Batch(recycled=[("1", NOON), ("2", NOON)]))

    save(store, a_batch(an_item("1")), arrived=True)
    save(store, a_batch(an_item("2")), arrived=False)

    assert [held.removed_reason for held in store.held_items()] == [None, "recycled"]


def test_an_unreadable_item_is_set_aside_until_it_can_be_read(store: Store) -> None:
    save(store, a_batch(an_item("1"), unreadable=[("2", "no status")]))
    save(store, Batch(unreadable=[("2", "still no status")]), at_day=1)
    (aside,) = store.unreadable("claims")

    save(store, a_batch(an_item("2")), at_day=2)

    assert (aside.external_id, aside.reason, aside.first_seen_at) == ("2", "still no status", NOON)
    assert store.unreadable() == []


def test_a_status_that_is_told_again_keeps_its_place_and_one_that_is_dropped_stays(store: Store) -> None:
    open_, gone = (
        Status(source="claims", status_id=number, name=name, category=StatusCategory.NEW)
        for number, name in (("1", "Open"), ("2", "Odd"))
    )
    save(store, Batch(statuses=[open_, gone]))

    save(store, Batch(statuses=[replace(open_, name="Opened")]))

    assert [status.name for status in store.statuses()] == ["Opened", "Odd"]


def test_a_status_known_from_a_history_alone_never_takes_the_place_of_one_that_was_listed(store: Store) -> None:
    listed = Status(source="claims", status_id="1", name="Open", category=StatusCategory.DONE)
    from_history = Status(source="claims", status_id="1", name="Opened once", category=StatusCategory.UNKNOWN)
    gone = replace(from_history, status_id="2")
    save(store, Batch(statuses=[listed, gone]))

    save(store, Batch(statuses=[from_history, replace(gone, name="Its last name")]))
    before = store.statuses()
    save(store, Batch(statuses=[replace(listed, status_id="2", name="Listed again")]))

    assert before == [listed, replace(gone, name="Its last name")]
    assert [status.category for status in store.statuses()] == [StatusCategory.DONE] * 2


def test_what_is_there_no_more_is_not_set_aside_for_ever(store: Store) -> None:
    save(store, Batch(unreadable=[("2", "the tracker could not give it"), ("3", "nor this one")]))

    save(store, Batch(suspects=["2"]), at_day=1)

    assert [aside.external_id for aside in store.unreadable()] == ["3"]


def test_changes_read_otherwise_keep_the_instant_at_which_we_learned_them(store: Store) -> None:
    save(store, a_batch(an_item(), changes=[a_change(change_id="501:0"), a_change(change_id="502:0")]))
    today = [a_change(change_id="501:0", to_value="Open"), a_change(change_id="503:0")]
    clean = rows.Cleaner()

    new = store.write(
        lambda connection: replace_changes(
            connection,
            source="claims",
            external_id="1",
            changes=[rows.change_row(change, known_at=micros(NOON) + 99, clean=clean) for change in today],
        )
    )

    held = [
        (change.change_id, change.to_value, micros(change.known_at or NOON) - micros(NOON))
        for change in store.changes()
    ]
    assert held == [("501:0", "Open", 0), ("503:0", "To Do", 99)]
    assert new == 1


def test_both_databases_hold_the_same(both_urls: tuple[str, str]) -> None:
    batch = a_batch(
        *(
            an_item(number, title=f"é {number} \x00", values={"job_size": Decimal("3.0")})
            for number in ("a", "B", "10", "9")
        ),
        changes=[a_change(number, change_id=f"{number}:0") for number in ("a", "B", "10", "9")],
        raws=[Raw(external_id="a", kind="item", body={"b": 1, "a": Decimal("1.5")})],
    )
    dumps, orders = [], []

    for url in both_urls:
        with open_store(url, now=FakeClock().now) as store:
            save(store, batch)
            dumps.append(dump(store))
            orders.append([change.external_id for change in store.changes()])

    assert dumps[0] == dumps[1]
    assert orders[0] == orders[1] == ["10", "9", "B", "a"]


def test_a_snapshot_answers_from_one_moment_while_others_write(store: Store) -> None:
    save(store, a_batch(an_item("1")))

    with store.snapshot() as snapshot:
        before = len(list(snapshot.held_items()))
        save(store, a_batch(an_item("2")))
        after = len(list(snapshot.held_items()))

    assert (before, after) == (1, 1)
    assert len(list(store.held_items())) == 2


def test_a_new_store_that_repeats_what_was_told_stands_as_the_migrations_leave_it(
    tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """Thousands of tests open a store that the migrations did not make themselves (tests/conftest.py)."""

    def made(name: str) -> tuple[list[Any], list[Any]]:
        open_store(sqlite_url(tmp_path / name), now=FakeClock().now).close()
        with sqlite3.connect(tmp_path / name / "held" / "vmo.db") as held:
            schema = held.execute("SELECT type, name, tbl_name, sql FROM sqlite_master ORDER BY name").fetchall()
            return schema, held.execute("SELECT * FROM alembic_version").fetchall()

    made("first")
    repeated = made("repeated")
    request.getfixturevalue("every_migration")

    assert repeated == made("migrated")
    assert len(repeated[0]) > 60
