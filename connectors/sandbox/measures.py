"""What Tressande measures every month, as its data warehouse tells it.

One KPI is kept in a field of its epic, and one is told at an address, too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime, timedelta
from random import Random

from connectors.sandbox.loopback import LoopbackServer, RecordedRequest, Response, answer
from connectors.sandbox.work import Event, Work
from connectors.sandbox.working_time import WorkingTime

# kpi, unit, name, lens, first reading, newest reading, noise: the mainframe theme's readings turn round half-way
KPIS = (
    ("next_day_share", "%", "Orders delivered the next day", "current_value", 58.0, 81.0, 1.2),
    ("delivery_cost", "EUR", "Cost of a delivery", "ability_to_innovate", 7.9, 6.6, 0.12),
    ("checkout_wait", "seconds", "Wait at the checkout, median", "current_value", 212.0, 128.0, 5.0),
    ("self_checkout_share", "%", "Baskets paid without a cashier", "time_to_market", 11.0, 38.0, 0.9),
    ("repeat_customers", "%", "Customers who buy again within 90 days", "current_value", 31.0, 36.5, 0.4),
    ("complaint_days", "days", "Days to answer a complaint", "current_value", 6.4, 2.9, 0.2),
    ("resold_items", "items", "Items resold or repaired in a month", "unrealised_value", 300.0, 4_150.0, 90.0),
    ("orders_on_new_core", "%", "Orders handled by the new core", "ability_to_innovate", 8.0, 31.0, 0.6),
    ("core_incidents", "incidents", "Major incidents in a month", "ability_to_innovate", 4.0, 11.0, 0.7),
    ("order_calls", "calls", "Calls in a thousand orders", "current_value", 48.0, 46.0, 0.6),
    ("returns_share", "%", "Parcels sent back", "current_value", 14.0, 12.2, 0.2),
    ("first_contact", "%", "Questions solved at first contact", "current_value", 0.0, 0.0, 0.0),
)
_NEWEST = {"returns_share": 3, "first_contact": 24}  # so many months late: nobody has measured since, or ever
_TURNS = {"orders_on_new_core": 46.0, "core_incidents": 3.0}  # what it had reached before it turned
IN_TRACKER: Mapping[str, str] = {"orders_on_new_core": "Orders on the new core (%)"}  # kpi, field

AT_ADDRESS = "order_calls"  # the telephone system counts them every day


def readings(today: date) -> dict[str, list[tuple[str, str, str, str]]]:
    """Monthly readings by KPI: kpi, date, value, source; the newest is less than five weeks old."""
    random = Random(11)  # noqa: S311 - a story, not a secret
    months = [today - timedelta(days=30 * back + 6) for back in range(23, -1, -1)]
    told: dict[str, list[tuple[str, str, str, str]]] = {}
    for name, _, _, _, first, last, noise in KPIS:
        rows = []
        for place, day in enumerate(months[: len(months) - _NEWEST.get(name, 0)]):
            value = _expected(name, first, last, place / (len(months) - 1)) + random.uniform(-noise, noise)
            digits = 0 if name in ("resold_items", "core_incidents", "checkout_wait") else 1
            rows.append((name, day.isoformat(), f"{max(value, 0.0):.{digits}f}", "data warehouse, monthly close"))
        told[name] = rows
    return told


def measure(works: Iterable[Work], *, today: date, time: WorkingTime) -> None:
    """Write the readings that are kept in the tracker into their epic, each on its day or the next at work."""
    told, epic = readings(today), carrier(works, now=time.now)
    for kpi in IN_TRACKER:
        for _, day, value, _ in told[kpi]:
            moment = time.moment_of(date.fromisoformat(day)) + 0.1
            epic.events.append(Event(max(moment, epic.created + 0.1), "value", float(value), kpi))


def carrier(works: Iterable[Work], *, now: float) -> Work:
    """The epic of the mainframe theme that was finished first, of those in Jira."""
    done = [
        one
        for one in works
        if one.level == "epic"
        and one.team.tracker == "jira"
        and one.theme is not None
        and one.theme.id == "core"
        and one.finished is not None
        and one.finished < now
    ]
    return min(done, key=lambda one: one.finished or 0.0)


def _expected(name: str, first: float, last: float, progress: float) -> float:
    """A straight way, except where it turns: up to the best by six tenths of the way, then back."""
    best = _TURNS.get(name)
    if best is None:
        return first + (last - first) * progress
    return first + (best - first) * progress / 0.6 if progress < 0.6 else best + (last - best) * (progress - 0.6) / 0.4


class MeasuresSandbox(LoopbackServer):
    """The telephone system's address: the newest value of a KPI as JSON, of the day before."""

    def __init__(self, today: date, *, now: Callable[[], datetime]) -> None:
        super().__init__(now=now)
        self._yesterday = today - timedelta(days=1)
        self._values = {f"/kpi/{AT_ADDRESS}": readings(today)[AT_ADDRESS][-1][2]}

    def respond(self, request: RecordedRequest) -> Response:
        value = self._values.get(request.path)
        if value is None or request.method != "GET":
            return self.not_found()
        return answer({"date": self._yesterday.isoformat(), "value": value})
