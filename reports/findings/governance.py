"""What the rules of governance find: items that break one, and exceptions that have ended."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from metrics.governance import expired
from reports.findings.engine import Finding, Name, finding
from reports.governance import rulings
from reports.reckoning import Reckoning

BROKEN, EXPIRED = 58, 34
KINDS = ("rule_broken", "exception_expired")


def _broken(reckoning: Reckoning) -> list[Finding]:
    """One finding for all rules, named by the one that most items break."""
    found = [one for one in rulings(reckoning) if one.broken]
    if not found:
        return []
    worst = max(found, key=lambda one: len(one.broken))
    items = {each.journey.id: each.journey.key for one in found for each in one.broken}
    return [
        finding(
            reckoning,
            "rule_broken",
            subject="governance",
            severity=BROKEN,
            variant="" if len(found) == 1 else "several",
            uses_flow=True,
            items=tuple(items.values()),
            facts={"n": len(items), "rules": len(found), "rule": Name(worst.rule.name)},
        )
    ]


def _expired(reckoning: Reckoning) -> list[Finding]:
    ended = expired(rulings(reckoning), on=reckoning.today)
    if not ended:
        return []
    return [
        finding(
            reckoning,
            "exception_expired",
            subject="exceptions",
            severity=EXPIRED,
            since=min(one.until for _, one in ended),
            items=tuple(one.item for _, one in ended),
            facts={"n": len(ended), "item": Name(ended[0][1].item), "until": min(one.until for _, one in ended)},
        )
    ]


RULES: tuple[Callable[[Reckoning], Iterable[Finding]], ...] = (_broken, _expired)
