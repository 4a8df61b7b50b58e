"""A KPI that is kept in a tracker's field: its history as readings."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from domain.strategy import FieldKpi, Matcher, Reading
from domain.work_item import HeldItem
from metrics.field_readings import FieldReadings, by_item, carriers, chosen, field_readings
from tests.builders import NOW, Told, a_calendar, a_reading, an_item

NPS = FieldKpi(kpi="nps", field="NPS", item="PAY-1")
SAVED = FieldKpi(kpi="saved", field="NPS", matchers=(Matcher(type="Story"),))


def an_item_saying(*said: tuple[str, str | None, str | None], key: str = "PAY-1", now: str | None = None) -> Told:
    told = an_item(key=key, changes=[(at, "fields.NPS", before, after) for at, before, after in said])
    fields = {"NPS": now} if now is not None else {}
    return replace(told, held=replace(told.held, item=replace(told.held.item, fields=fields)))


def read(kpi: FieldKpi, *items: Told, zone: str = "UTC") -> FieldReadings:
    changes = by_item(change for one in items for change in one.changes)
    held: list[HeldItem] = [one.held for one in items]
    return field_readings(kpi, carriers(kpi, held), changes, calendar=a_calendar(zone), as_of=NOW)


def told(found: FieldReadings) -> list[tuple[str, int]]:
    return [(one.day.isoformat(), int(one.value)) for one in found.readings]


def test_each_change_is_a_reading_and_what_stood_there_before_was_true_since_it_was_created() -> None:
    found = read(NPS, an_item_saying(("2026-03-01", "31", "34"), ("2026-04-01", "34", "36"), now="36"))

    assert told(found) == [("2026-01-01", 31), ("2026-03-01", 34), ("2026-04-01", 36)]
    assert {(one.source, one.origin) for one in found.readings} == {("NPS of PAY-1", "field")}


def test_a_field_that_never_changed_has_said_the_same_since_the_beginning() -> None:
    assert told(read(NPS, an_item_saying(now="31"))) == [("2026-01-01", 31)]


def test_the_last_word_of_a_local_day_is_its_reading() -> None:
    changes = [("2026-03-01T22:30", "31", "33"), ("2026-03-01T22:45", "33", "34"), ("2026-03-01T23:30", "34", "35")]

    found = read(NPS, an_item_saying(*changes), zone="Europe/Paris")

    assert told(found)[1:] == [("2026-03-01", 34), ("2026-03-02", 35)]


def test_an_empty_field_has_no_reading_and_not_a_zero() -> None:
    found = read(NPS, an_item_saying(("2026-03-01", None, "34"), ("2026-04-01", "34", None), ("2026-05-01", None, "0")))

    assert told(found) == [("2026-03-01", 34), ("2026-05-01", 0)]


def test_a_text_that_is_no_number_is_told_and_counts_for_nothing() -> None:
    found = read(NPS, an_item_saying(("2026-03-01", "31", "n/a"), ("2026-04-01", "n/a", "36")))

    assert told(found) == [("2026-01-01", 31), ("2026-04-01", 36)]
    assert found.unreadable == (("PAY-1", "n/a"),)


@pytest.mark.parametrize(("combine", "values"), [("sum", [10, 12, 18]), ("mean", [10, 12, 9])])
def test_several_items_are_read_together(combine: str, values: list[int]) -> None:
    one = an_item_saying(("2026-03-01", "10", "12"), key="PAY-1")
    other = an_item_saying(("2026-03-03", None, "6"), key="PAY-2")

    found = read(replace(SAVED, combine=combine), one, other)

    assert [int(each.value) for each in found.readings] == values
    assert found.readings[-1].source == "NPS of PAY-1, PAY-2"


def test_an_item_that_is_gone_adds_nothing_any_more() -> None:
    stays, gone = an_item_saying(now="5"), an_item_saying(now="7", key="PAY-2")
    gone = replace(gone, held=replace(gone.held, removed_at=NOW))

    assert told(read(SAVED, stays, gone))[-1] == (NOW.date().isoformat(), 5)


def test_an_item_is_found_by_the_key_it_bore_once() -> None:
    moved = an_item_saying(now="31", key="NEW-7")
    moved = replace(moved, held=replace(moved.held, item=replace(moved.held.item, previous_keys=("PAY-1",))))

    assert read(NPS, moved).items == ("NEW-7",)


def test_what_happens_after_the_day_of_the_report_has_not_happened() -> None:
    assert told(read(NPS, an_item_saying(("2026-06-02", "31", "34")))) == [("2026-01-01", 31)]


def test_a_persons_reading_goes_before_a_machines_of_the_same_day() -> None:
    asked = Reading(kpi="kpi", day=date(2026, 3, 1), value=Decimal(9), source="https://x", origin="endpoint")

    assert [one.value for one in chosen([asked, a_reading(7, "2026-03-01"), a_reading(8, "2026-03-02")])] == [7, 8]
