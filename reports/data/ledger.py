"""The value ledger, row by row: every hypothesis with its verdict, every KPI with its age."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date

from metrics.ledger import weakest
from reports.ledger import ledger
from reports.reckoning import Reckoning
from reports.render.csv import Value

HYPOTHESES = (
    "theme", "benefit", "name", "source", "key", "state", "verdict", "reason", "settled_on", "next_due",
    "is_unmeasured", "is_counted", "planned_minor", "planned_by_now_minor", "realised_minor", "way_made_percent",
    "decision", "decided_on",
)  # fmt: skip
KPIS = ("kpi", "name", "value", "read_on", "age_days", "allowed_days", "is_stale", "source")


def _hypotheses(numbers: Reckoning) -> Iterator[Sequence[Value]]:
    """Every benefit that an epic claims or that has leading indicators; an empty number is not known, and not 0."""
    told = ledger(numbers)
    counted = set() if told.realised is None else {one.benefit.id for one in told.realised.used}
    for one in told.hypotheses:
        made, _ = weakest(one)
        came, epic, taken = one.realisation, one.epic, one.decision
        yield (
            one.theme, one.benefit.id, one.benefit.name, epic.id.source if epic else None, one.benefit.item, one.state,
            one.verdict, one.reason, _day(one.settled_on), _day(one.next_due), str(one.is_unmeasured).lower(),
            str(one.benefit.id in counted).lower(), came.planned_amount, came.expected_amount, came.realised_amount,
            None if made is None else round(100 * made, 4), taken.id if taken else None,
            _day(taken.asked_on) if taken else None,
        )  # fmt: skip


def _kpis(numbers: Reckoning) -> Iterator[Sequence[Value]]:
    """Every KPI with its newest reading."""
    known = {one.id: one for one in numbers.book.portfolio.kpis}
    for one in ledger(numbers).freshness:
        kpi, reading = known[one.kpi], one.reading
        yield (
            kpi.id, kpi.name, reading.value if reading else None, _day(reading.day) if reading else None,
            None if one.age is None else one.age.days, kpi.stale_after.days, str(one.is_stale).lower(),
            reading.source if reading else None,
        )  # fmt: skip


def _day(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


TABLES: Mapping[str, tuple[Sequence[str], Callable[[Reckoning], Iterable[Sequence[Value]]]]] = {
    "ledger-hypotheses": (HYPOTHESES, _hypotheses),
    "ledger-kpis": (KPIS, _kpis),
}
