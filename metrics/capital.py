"""Which work is a candidate for capitalisation? Evidence for whoever decides it: definition 3.7.

A management view: whether anything is capitalised, and how, is decided elsewhere and by others.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from domain.calendar import Calendar
from domain.funding import CapitalRule, SpendLine
from domain.journey import Journey
from domain.period import Period
from domain.strategy import Decision
from domain.work_item import ItemId
from metrics.distribution import apportion
from metrics.flow_load import days_within, load_days
from metrics.selection import calendar_of
from metrics.spend import summed

DEFINITION_VERSION = 1
CANDIDATE = "candidate"


class Line(NamedTuple):
    """What one item took of the money of a month of a value stream."""

    value_stream: str
    period: Period
    item: ItemId
    amount: int


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """One item in one month: how many of its days make it a candidate, or why none does.

    `reason` is `candidate`, or kind, no_epic, before (its epic had not come so far). An item of which only some days
    are those of a candidate has two of these. `approver` is the owner of the newest decision taken about its epic.
    """

    value_stream: str
    period: Period
    item: Journey
    epic: Journey | None
    reason: str
    days: int
    amount: int
    decision: Decision | None

    @property
    def approver(self) -> str | None:
        return None if self.decision is None else self.decision.owner


@dataclass(frozen=True, kw_only=True)
class Capital:
    """All work that money went to, candidates and others."""

    rule: CapitalRule
    evidence: tuple[Evidence, ...]
    nobodys: Mapping[str, int]  # amounts of no item that is held: idle days, items that are gone, adjustments
    definition_version: int = DEFINITION_VERSION

    @property
    def candidates(self) -> tuple[Evidence, ...]:
        return tuple(one for one in self.evidence if one.reason == CANDIDATE)

    @property
    def amount(self) -> int:
        return sum(one.amount for one in self.candidates)

    @property
    def others(self) -> dict[str, int]:
        """Amounts of what is no candidate, by reason."""
        found = dict(self.nobodys)
        for one in self.evidence:
            if one.reason != CANDIDATE:
                found[one.reason] = found.get(one.reason, 0) + one.amount
        return found

    @property
    def share(self) -> Decimal | None:
        """The share of candidates, 0 to 1; None where there is no money."""
        whole = self.amount + sum(self.others.values())
        return Decimal(self.amount) / whole if whole else None


def capital(
    months: Iterable[tuple[str, Period, Sequence[SpendLine]]],
    *,
    rule: CapitalRule,
    items: Mapping[ItemId, Journey],
    epics: Mapping[ItemId, ItemId],
    decisions: Sequence[Decision],
    calendar: Calendar,
    adjusted: int = 0,
) -> Capital:
    """Part the money of months of value streams into candidates and others, item by item.

    A candidate is a day of work of a kind that the rule names, from the day on that its epic first entered the rule's
    portfolio state. By count or size an item is one as a whole once it has such a day. A feature in progress for 20
    days, the last 15 of them after its epic had come to implementing, with 4,000: 3,000. What adjustments of closed
    months `adjusted` in all names no item, and is no candidate. Definition 3.7, version 1.
    """
    found: list[Evidence] = []
    nobodys = {"adjusted": adjusted} if adjusted else {}
    for stream, period, lines in months:
        for item, amount in summed(lines, lambda one: one.item).items():
            if item is None or item not in items:
                reason = "idle" if item is None else "gone"
                nobodys[reason] = nobodys.get(reason, 0) + amount
            else:
                line = Line(stream, period, item, amount)
                found += _evidence(line, rule=rule, items=items, epics=epics, decisions=decisions, calendar=calendar)
    return Capital(rule=rule, evidence=tuple(found), nobodys=nobodys)


def _evidence(
    line: Line,
    *,
    rule: CapitalRule,
    items: Mapping[ItemId, Journey],
    epics: Mapping[ItemId, ItemId],
    decisions: Sequence[Decision],
    calendar: Calendar,
) -> Iterator[Evidence]:
    journey = items[line.item]
    epic = items.get(epics[line.item]) if line.item in epics else None
    decision = None if epic is None else approval(epic.key, decisions, by=line.period.last_day)
    days = {
        reason: count
        for reason, count in _days(journey, epic, line.period, rule=rule, calendar=calendar).items()
        if count
    }
    if rule.method != "item_days" and CANDIDATE in days:
        days = {CANDIDATE: sum(days.values())}
    for reason, amount in apportion(days, line.amount).items() if days else ():
        yield Evidence(
            value_stream=line.value_stream,
            period=line.period,
            item=journey,
            epic=epic,
            reason=reason,
            days=days[reason],
            amount=amount,
            decision=decision,
        )


def _days(
    journey: Journey, epic: Journey | None, period: Period, *, rule: CapitalRule, calendar: Calendar
) -> dict[str, int]:
    """The days of an item in progress in a period, by whether they are those of a candidate and why not."""
    runs = list(load_days(journey, calendar=calendar))
    whole = days_within(runs, period)
    if journey.placement.kind not in rule.kinds:
        return {"kind": whole}
    if epic is None:
        return {"no_epic": whole}
    since = entered(epic, rule, calendar=calendar)
    if since is None or since >= period.end:
        return {"before": whole}
    after = days_within(runs, Period(max(since, period.start), period.end))
    return {CANDIDATE: after, "before": whole - after}


def entered(epic: Journey, rule: CapitalRule, *, calendar: Calendar) -> date | None:
    """The day on which an epic first came to the rule's portfolio state, or beyond; None: it has not."""
    own = calendar_of(epic, calendar)
    return next((own.day(one.entered_at) for one in epic.visits if one.status.lower() in rule.statuses), None)


def approval(key: str, decisions: Sequence[Decision], *, by: date) -> Decision | None:
    """The newest decision about an item that was taken by a day."""
    taken = [one for one in decisions if one.item == key and one.decision is not None and one.asked_on <= by]
    return max(taken, key=lambda one: (one.asked_on, one.id), default=None)
