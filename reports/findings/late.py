"""What the rules find in epics that are late and have money behind them: each needs an answer from who funds it."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from domain.journey import Journey
from reports.findings.engine import Finding, Money, Name, finding
from reports.guardrails import guardrails
from reports.hazards import dangers
from reports.money import epic_costs
from reports.reckoning import Reckoning


def costly(reckoning: Reckoning) -> tuple[Finding, ...]:
    """Epics with an estimate whose due date is past, or more likely missed than met.

    Those that cost more, as far as that is told, than they were estimated at come first, the furthest over first; then
    the largest.

    What is asked already is left to that question: by the log, since it was begun without the approval it needs, or
    since another epic waits for it. Of the whole portfolio, whichever page asks.
    """
    return reckoning.book.once("late costly", lambda: tuple(_costly(reckoning)))


def _costly(reckoning: Reckoning) -> list[Finding]:
    ahead = reckoning.book.outlook
    if ahead is None:
        return []
    apart = asked_apart(reckoning)
    late = [epic for one in ahead.late if (epic := ahead.epic(one)).key not in apart]
    costs = epic_costs(reckoning.book)
    cost = {} if costs is None else {one.id: known.amount for one in late if (known := costs.of(one.id)) is not None}
    over = {one.id: max(0, cost.get(one.id, 0) - estimate(reckoning, one)) for one in late}
    epics = sorted(
        (one for one in late if estimate(reckoning, one)),
        key=lambda one: (-over[one.id], -estimate(reckoning, one), one.key),
    )
    if not epics:
        return []
    largest = max(epics, key=lambda one: estimate(reckoning, one))
    amount = Money(sum(estimate(reckoning, one) for one in epics), reckoning.book.portfolio.currency)
    return [
        finding(
            reckoning,
            "late_costly",
            subject="dates",
            uses_flow=True,
            needs_decision=True,
            items=tuple(one.key for one in epics),
            facts={"n": len(epics), "amount": amount, "epic": Name(largest.title)},
        )
    ]


def bare(reckoning: Reckoning) -> list[Finding]:
    """Late epics that nobody estimated and nothing else asks about: one decision, and a lesser one."""
    rest, _ = unestimated(reckoning)
    if not rest:
        return []
    facts = {"n": len(rest), "epic": Name(rest[0].title)}
    return [
        finding(
            reckoning,
            "late_unestimated",
            subject="dates",
            uses_flow=True,
            needs_decision=True,
            items=tuple(one.key for one in rest),
            facts=facts,
        )
    ]


def unestimated(reckoning: Reckoning) -> tuple[list[Journey], list[Journey]]:
    """Late epics without an estimate, of which only the dates can be asked; and those that are asked apart."""
    ahead = reckoning.book.outlook
    if ahead is None:
        return [], []
    own = asked_apart(reckoning).union(*(one.items for one in costly(reckoning)))
    late = [ahead.epic(one) for one in ahead.late]
    return [one for one in late if one.key not in own], [one for one in late if one.key in own]


def asked_apart(reckoning: Reckoning) -> frozenset[str]:
    """Items with a question of their own: in the log, whether to approve them, or since another that is late waits."""
    awaited = [one.edge.before for one in dangers(reckoning).late[:1]]
    held = [reckoning.items[id].key for id in awaited if id in reckoning.items]
    unapproved = {one.journey.key for one in guardrails(reckoning).initiatives.breaches}
    return frozenset({one.item for one in reckoning.waiting if one.item is not None} | unapproved | set(held))


def estimate(reckoning: Reckoning, epic: Journey) -> int:
    """What an epic is estimated to cost, in minor units; 0 where nobody says."""
    return reckoning.book.portfolio.guardrails.minor(epic.values.get("cost_estimate")) or 0


RULES: tuple[Callable[[Reckoning], Iterable[Finding]], ...] = (costly, bare)
