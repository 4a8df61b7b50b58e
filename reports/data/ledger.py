"""The value ledger, row by row: every hypothesis with its verdict, every KPI with its age."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal

from metrics.ledger import weakest
from reports.ledger import ledger
from reports.reckoning import Reckoning
from reports.render.csv import Value

HYPOTHESES = (
    "theme", "benefit", "name", "source", "key", "state", "verdict", "reason", "settled_on", "next_due",
    "is_unmeasured", "planned_minor", "way_made_percent", "decision", "decided_on",
)  # fmt: skip
BENEFITS = (
    "theme", "benefit", "name", "kpi", "item", "planned_minor", "planned_by_now_minor", "realised_minor", "is_counted",
    "why_not",
)  # fmt: skip
KPIS = ("kpi", "name", "value", "read_on", "age_days", "allowed_days", "is_stale", "source")


def _hypotheses(numbers: Reckoning) -> Iterator[Sequence[Value]]:
    """Every benefit that an epic claims or that has leading indicators; an empty number is not known, and not 0."""
    for one in ledger(numbers).hypotheses:
        made, _ = weakest(one)
        epic, taken = one.epic, one.decision
        yield (
            one.theme, one.benefit.id, one.benefit.name, epic.id.source if epic else None, one.benefit.item, one.state,
            one.verdict, one.reason, _day(one.settled_on), _day(one.next_due), str(one.is_unmeasured).lower(),
            _rounded(one.realisation.planned_amount),
            None if made is None else round(100 * made, 4), taken.id if taken else None,
            _day(taken.asked_on) if taken else None,
        )  # fmt: skip


def _benefits(numbers: Reckoning) -> Iterator[Sequence[Value]]:
    """Every benefit with what was planned and came, in minor units; the sums of the pages are of those counted."""
    whole = ledger(numbers).realised
    if whole is None:
        return
    used = {one.benefit.id: one for one in whole.used}
    why = {id: reason for reason, ids in whole.excluded.items() for id in ids}
    for theme in numbers.book.portfolio.themes:
        for benefit in theme.benefits:
            came = used.get(benefit.id)
            amounts = (
                (None, None, None)
                if came is None
                else (_rounded(came.planned_amount), _rounded(came.expected_amount), _rounded(came.realised_amount))
            )
            yield (
                theme.id, benefit.id, benefit.name, benefit.kpi, benefit.item, *amounts, str(came is not None).lower(),
                why.get(benefit.id),
            )  # fmt: skip


def _rounded(amount: Decimal | None) -> Decimal | None:
    return None if amount is None else round(amount, 4)


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
    "ledger-benefits": (BENEFITS, _benefits),
    "ledger-hypotheses": (HYPOTHESES, _hypotheses),
    "ledger-kpis": (KPIS, _kpis),
}
