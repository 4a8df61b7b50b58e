"""A KPI that is kept in a tracker's field: the field's history, as readings. Definition 3.6."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation

from domain.calendar import Calendar
from domain.change import Change
from domain.matching import Matchers
from domain.strategy import FieldKpi, Reading
from domain.tree import tree
from domain.work_item import HeldItem, ItemId

MEAN_PLACES = 6


@dataclass(frozen=True, kw_only=True)
class FieldReadings:
    """The readings of one KPI, oldest first, the keys of the items that carry it, and texts that are no number."""

    kpi: str
    readings: tuple[Reading, ...]
    items: tuple[str, ...]
    unreadable: tuple[tuple[str, str], ...] = ()  # item's key, what its field said


def carriers(kpi: FieldKpi, held: Sequence[HeldItem]) -> list[HeldItem]:
    """The items whose field a KPI reads: the one of its key, now or formerly, or those for which a matcher holds."""
    if kpi.item is not None:
        wanted = kpi.item.casefold()
        named = [one for one in held if one.item.key.casefold() == wanted]
        return named or [one for one in held if wanted in {key.casefold() for key in one.item.previous_keys}]
    asking = Matchers(kpi.matchers, tree=tree(held))
    return [one for one in held if asking.holding(one.item)]


def field_readings(
    kpi: FieldKpi,
    held: Sequence[HeldItem],
    changes: Mapping[ItemId, Iterable[Change]],
    *,
    calendar: Calendar,
    as_of: datetime,
) -> FieldReadings:
    """A reading for each local day on which the field changed: what the items then said together, at the day's end.

    ```
    A: 10 ──────> 12            B: (nothing) ──> 5          sum of both: 10, 12, 17
       created    1 March                        3 March                created, 1 March, 3 March
    ```

    What an item said before its first change it has said since it was created. An item that is gone, or whose field is
    empty or says what is no number, adds nothing; where none says anything there is no reading, and not a zero.
    """
    events: list[tuple[datetime, str, ItemId, str | None, datetime | None]] = []
    keys = {one.item.id: one.item.key for one in held}
    name = f"fields.{kpi.field}"
    for one in held:
        mine = sorted((each for each in changes.get(one.item.id, ()) if each.field == name), key=_in_order)
        first = mine[0].from_value if mine else one.item.fields.get(kpi.field)
        known = one.first_known_at
        events.append((one.item.created_at, one.item.key, one.item.id, first, known))
        if one.removed_at is not None:
            events.append((one.removed_at, one.item.key, one.item.id, None, one.removed_at))
        events += [(each.occurred_at, one.item.key, one.item.id, each.to_value, each.known_at) for each in mine]
    said: dict[ItemId, Decimal] = {}
    by_day: dict[date, Reading | None] = {}
    odd: dict[tuple[str, str], None] = {}
    for at, key, item, text, known_at in sorted(events, key=lambda event: (event[0], event[1])):
        if at > as_of:
            break
        value = _number(text)
        if value is None:
            said.pop(item, None)
            if text and text.strip():
                odd[(key, text)] = None
        else:
            said[item] = value
        if text is not None or by_day:
            by_day[calendar.day(at)] = _reading(kpi, said, keys, day=calendar.day(at), known_at=known_at)
    return FieldReadings(
        kpi=kpi.kpi,
        readings=tuple(one for _, one in sorted(by_day.items()) if one is not None),
        items=tuple(sorted(keys.values())),
        unreadable=tuple(odd),
    )


def chosen(readings: Iterable[Reading]) -> list[Reading]:
    """One reading a KPI and day: a file's goes before one that a machine gave, for a person has confirmed it."""
    found: dict[tuple[str, date], Reading] = {}
    for one in readings:
        before = found.get((one.kpi, one.day))
        if before is None or (one.origin == "file" and before.origin != "file"):
            found[(one.kpi, one.day)] = one
    return sorted(found.values(), key=lambda one: (one.kpi, one.day))


def by_item(changes: Iterable[Change]) -> dict[ItemId, list[Change]]:
    found: dict[ItemId, list[Change]] = defaultdict(list)
    for change in changes:
        found[change.item_id].append(change)
    return found


def _in_order(change: Change) -> tuple[datetime, int]:
    return change.occurred_at, change.sequence


def _reading(
    kpi: FieldKpi, said: Mapping[ItemId, Decimal], keys: Mapping[ItemId, str], *, day: date, known_at: datetime | None
) -> Reading | None:
    if not said:
        return None
    total = sum(said.values(), Decimal(0))
    value = round(total / len(said), MEAN_PLACES) if kpi.combine == "mean" else total
    names = ", ".join(sorted(keys[item] for item in said))
    return Reading(
        kpi=kpi.kpi, day=day, value=value, source=f"{kpi.field} of {names}", origin="field", known_at=known_at
    )


def _number(text: str | None) -> Decimal | None:
    """A number as trackers write one; None: nothing, or what is no number."""
    if text is None:
        return None
    try:
        number = Decimal(text.strip())
    except InvalidOperation:
        return None
    return number if number.is_finite() else None
