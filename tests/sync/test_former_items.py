"""Items as an edition told of them: the database keeps what a sync overwrites; on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select

from sync.store import Store, open_store
from sync.store.tables import FORMER_ITEMS
from tests.sync.fakes import FakeClock, FakeConnector, a_batch, an_item, sync
from tests.sync.test_ledgers import EDITION


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def store(store_url: str, clock: FakeClock) -> Iterator[Store]:
    with open_store(store_url, now=clock.now) as opened:
        yield opened


def titled(store: Store, clock: FakeClock, title: str) -> datetime:
    """Sync one item of this title, an hour later; when that was known."""
    clock.move(hours=1)
    touched = clock.now() - timedelta(minutes=1)
    sync(FakeConnector([a_batch(an_item(title=title, updated_at=touched))]), store, clock)
    clock.move(hours=1)
    return clock.now()


def published(store: Store, known_at: datetime) -> None:
    edition = replace(EDITION, edition_id=f"weekly {known_at}", known_at=known_at, published_at=known_at)
    store.record_edition(edition)


def told(store: Store, known_at: datetime | None = None) -> list[str]:
    return [one.item.title for one in store.held_items(known_at)]


def test_what_an_edition_told_of_an_item_is_told_again_though_it_was_overwritten_twice(
    store: Store, clock: FakeClock
) -> None:
    first = titled(store, clock, "Pay twice")
    published(store, first)
    second = titled(store, clock, "Pay once")
    published(store, second)
    titled(store, clock, "Never pay")

    assert told(store) == ["Never pay"]
    assert told(store, first) == ["Pay twice"]
    assert told(store, second) == ["Pay once"]
    today, then = list(store.held_items()), list(store.held_items(first))
    assert None not in [one.asked for one in today]
    assert [one.asked for one in then] == [one.asked for one in today]  # of that, today's knowledge counts


def test_what_no_edition_told_of_is_not_kept(store: Store, clock: FakeClock) -> None:
    for title in ("One", "Two", "Three"):
        titled(store, clock, title)
    published(store, clock.now())
    for title in ("Four", "Five", "Six"):
        titled(store, clock, title)

    with store._reading() as connection:
        kept = connection.execute(select(func.count()).select_from(FORMER_ITEMS)).scalar_one()

    assert kept == 1


def test_an_item_learned_of_later_is_not_told(store: Store, clock: FakeClock) -> None:
    before = clock.now()
    published(store, before)
    titled(store, clock, "Later")

    assert told(store, before) == []


def test_an_item_that_left_under_another_key_is_told_as_it_was_called_and_as_there(
    store: Store, clock: FakeClock
) -> None:
    first = titled(store, clock, "Pay twice")
    published(store, first)
    (before,) = store.held_items(first)
    for _ in range(2):  # it is told so twice, and left once
        clock.move(hours=1)
        sync(FakeConnector([a_batch(out_of_scope=[("1", "DST-4")])]), store, clock)
    away = clock.now()
    clock.move(hours=1)
    sync(FakeConnector([a_batch(before.item)]), store, clock)  # and is shown again as it was

    (then,), (meanwhile,), (today,) = store.held_items(first), store.held_items(away), store.held_items()
    (tombstone,) = store.removals(before.item.source)

    assert then == before
    assert (meanwhile.removed_at, meanwhile.removed_reason) == (away - timedelta(hours=1), "out_of_scope")
    assert (today.item.key, today.removed_at) == (before.item.key, None)
    assert (tombstone.removed_at, tombstone.returned_at) == (meanwhile.removed_at, clock.now())
