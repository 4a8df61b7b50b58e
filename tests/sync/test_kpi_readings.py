"""What endpoints of KPIs answer is kept with both clocks, and a failure takes nothing away; on both databases."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from decimal import Decimal

import pytest

from connectors.base import AccessDeniedError, TrackerUnavailableError
from domain.strategy import Reading
from sync.readings import ask_all
from sync.store import Store, open_store
from sync.store.kpis import keep_reading, keep_trouble, kept_readings, silences
from tests.sync.fakes import NOON, FakeClock

MONDAY = date(2026, 9, 28)
LATER = NOON + timedelta(hours=1)
LATEST = NOON + timedelta(hours=2)


@pytest.fixture
def store(store_url: str) -> Iterator[Store]:
    with open_store(store_url, now=FakeClock().now) as opened:
        yield opened


def a_reading(value: str, *, kpi: str = "nps", day: date = MONDAY) -> Reading:
    return Reading(kpi=kpi, day=day, value=Decimal(value), source="https://dwh.example.com/nps", origin="endpoint")


def held(store: Store, **known: object) -> list[tuple[str, str]]:
    return [(str(one.day), str(one.value)) for one in kept_readings(store, ["nps"], **known)]  # type: ignore[arg-type]


def raising(error: Exception) -> Callable[[], Reading]:
    def read() -> Reading:
        raise error

    return read


def test_a_reading_is_kept_with_its_provenance_and_when_we_learned_it(store: Store) -> None:
    keep_reading(store, a_reading("42.50"), now=NOON)

    (found,) = kept_readings(store, ["nps"])

    assert found == a_reading("42.50")
    assert (found.origin, found.known_at) == ("endpoint", NOON)


def test_the_same_answer_again_changes_nothing(store: Store) -> None:
    assert keep_reading(store, a_reading("42.5"), now=NOON)
    assert not keep_reading(store, a_reading("42.50"), now=LATER)

    assert held(store) == [(str(MONDAY), "42.5")]
    assert kept_readings(store, ["nps"])[0].known_at == NOON


def test_another_answer_for_the_same_day_is_the_one_that_counts_from_then_on(store: Store) -> None:
    keep_reading(store, a_reading("42"), now=NOON)
    keep_reading(store, a_reading("40"), now=LATER)

    assert held(store) == [(str(MONDAY), "40")]
    assert held(store, known_at=NOON + timedelta(minutes=1)) == [(str(MONDAY), "42")]
    assert held(store, known_at=NOON - timedelta(minutes=1)) == []


def test_what_was_answered_before_comes_back_as_news(store: Store) -> None:
    for value, at in (("42", NOON), ("40", LATER), ("42", LATEST)):
        assert keep_reading(store, a_reading(value), now=at)

    assert held(store) == [(str(MONDAY), "42")]


def test_only_kpis_that_are_asked_for_are_told(store: Store) -> None:
    keep_reading(store, a_reading("1", kpi="gone"), now=NOON)

    assert kept_readings(store, ["nps"]) == []


def test_a_failure_leaves_every_reading_as_it_was_and_says_since_when(store: Store) -> None:
    keep_reading(store, a_reading("42"), now=NOON)

    keep_trouble(store, "nps", "kpis.nps: no connection", now=LATER)
    keep_trouble(store, "nps", "kpis.nps: 503", now=LATEST)

    assert held(store) == [(str(MONDAY), "42")]
    (silent,) = silences(store, ["nps"])
    assert (silent.since, silent.trouble) == (LATER, "kpis.nps: 503")
    assert silences(store, ["nps"], known_at=NOON) == []


def test_an_answer_ends_the_silence(store: Store) -> None:
    keep_trouble(store, "nps", "kpis.nps: no connection", now=NOON)

    keep_reading(store, a_reading("42"), now=LATER)

    assert silences(store, ["nps"]) == []
    assert [one.since for one in silences(store, ["nps"], known_at=NOON)] == [NOON]


def test_one_endpoint_that_fails_stops_no_other(store: Store) -> None:
    told: list[str] = []

    records = ask_all(
        {
            "down": raising(TrackerUnavailableError("kpis.down: no connection to dwh.example.com")),
            "shut": raising(AccessDeniedError("kpis.shut: check its token")),
            "nps": lambda: a_reading("42"),
        },
        store,
        now=lambda: NOON,
        ended=lambda record: told.append(record.sentence),
    )

    assert [(one.source, one.outcome) for one in records] == [
        ("kpis.down", "failed"), ("kpis.shut", "failed"), ("kpis.nps", "ok"),
    ]  # fmt: skip
    assert told[0] == "kpis.down: no connection to dwh.example.com; its earlier readings stay as they are"
    assert told[2] == f"kpis.nps: 42 of {MONDAY}, new"
    assert held(store) == [(str(MONDAY), "42")]


def test_whoever_is_told_to_stop_asks_no_further(store: Store) -> None:
    assert ask_all({"nps": lambda: a_reading("42")}, store, now=lambda: NOON, go_on=lambda: False) == []
