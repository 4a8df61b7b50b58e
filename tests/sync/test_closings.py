"""A closed period is kept once, as it was first told, and stays; on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import text

from domain.funding import ACTUAL, Adjustment, Cell, ClosedSpend, SpendLine
from domain.period import Period
from domain.work_item import ItemId
from sync.store import Store, StoreError, open_store
from sync.store.opening import writing as writing_engine
from tests.sync.fakes import NOON, FakeClock

ALIGNED, LOST = Cell("grow", "H1", "feature"), Cell("unaligned", "", "debt")
LINES = (
    SpendLine(item=ItemId("jira", "1"), key="PAY-1", cell=ALIGNED, weight=Decimal("12.6"), amount=30_00),
    SpendLine(item=ItemId("jira", "1"), key="PAY-1", cell=LOST, weight=Decimal("8.4"), amount=9_99),
    SpendLine(item=None, key="", cell=Cell("idle", "", ""), weight=Decimal(1), amount=1),
)
MARCH = ClosedSpend(
    value_stream="cards",
    name="2026-03",
    period=Period(date(2026, 3, 1), date(2026, 4, 1)),
    closed_on=date(2026, 4, 10),
    known_at=NOON,
    kept_at=NOON,
    amount=40_00,
    basis=ACTUAL,
    level="feature",
    definition_version=1,
    lines=LINES,
    adjustments=(
        Adjustment(
            value_stream="cards", of="2026-02", cause="work", moved={ALIGNED: -5, LOST: 5}, items={"theme": ("PAY-7",)}
        ),
    ),
)


@pytest.fixture
def store(store_url: str) -> Iterator[Store]:
    with open_store(store_url, now=FakeClock().now) as opened:
        yield opened


def test_a_closed_period_is_read_back_as_it_was_told(store: Store) -> None:
    assert store.keep_closed([MARCH]) == 1

    assert store.closed_spend(known_at=NOON) == [MARCH]


def test_a_closed_figure_stays_whatever_is_told_later(store: Store) -> None:
    store.keep_closed([MARCH])

    kept = store.keep_closed([replace(MARCH, amount=41_00, lines=LINES[:1])])

    assert kept == 0
    assert store.closed_spend(known_at=NOON) == [MARCH]


def test_what_was_not_known_yet_is_not_told(store: Store) -> None:
    store.keep_closed([MARCH])

    assert store.closed_spend(known_at=NOON - timedelta(microseconds=1)) == []


def test_each_stream_closes_on_its_own(store: Store) -> None:
    other = replace(MARCH, value_stream="loans", adjustments=())

    assert store.keep_closed([MARCH, other]) == 2
    assert [one.value_stream for one in store.closed_spend(known_at=NOON)] == ["cards", "loans"]


def test_nothing_to_keep_is_no_transaction(store: Store) -> None:
    assert store.keep_closed([]) == 0


def test_a_figure_that_somebody_wrote_anew_is_not_believed(store: Store) -> None:
    """Planted: another amount in the row, as a well-meant correction by hand would be."""
    store.keep_closed([MARCH])
    with writing_engine(store._engine) as connection:
        connection.execute(text("UPDATE closed_spend SET amount = amount + 100"))

    with pytest.raises(StoreError, match="cards for 2026-03 is not the one that was kept"):
        store.closed_spend(known_at=NOON)
