"""What is worth saying, by fixed rules: findings with severities, and the headline composed of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import date
from typing import Protocol

from reports.findings import board, governance, guardrails, hazards, late, ledger, money, portfolio, slips, unread
from reports.findings.engine import (
    QUIET_BELOW,
    Finding,
    capitalised,
    clause,
    closed,
    finding,
    fits,
    headline,
    sentence,
    standfirst,
)
from reports.reckoning import Reckoning

__all__ = [
    "Finding", "capitalised", "clause", "closed", "finding", "findings", "fits", "headline", "sentence", "standfirst",
]  # fmt: skip


class Part(Protocol):
    """A subject: the rules that look for what is worth a sentence in it."""

    RULES: tuple[Callable[[Reckoning], Iterable[Finding]], ...]


EMPTY = 60  # nothing has moved yet: that comes before all that is stale
UNDISTURBING = ("themes_on_track", "coverage_low", "key_result_stale", "kpi_stale")  # beside which a week is quiet
PARTS: tuple[Part, ...] = (portfolio, unread, slips, late, guardrails, money, ledger, hazards, board, governance)


def findings(reckoning: Reckoning, parts: Sequence[Part] = PARTS) -> list[Finding]:
    """Everything that the rules of some subjects find, worst first; `quiet` alone when nothing is worth a sentence."""
    found = [one for part in parts for rule in part.RULES for one in rule(reckoning)]
    loud = [one for one in found if one.severity > QUIET_BELOW]
    if not any(one for one in loud if one.kind not in UNDISTURBING):
        variant = "" if reckoning.flow is not None else "empty"
        severity = EMPTY if variant else QUIET_BELOW + 1
        quiet = finding(reckoning, "quiet", subject="portfolio", is_good=True, severity=severity, variant=variant)
        loud.append(quiet)
    return sorted(loud, key=lambda one: (-one.severity, one.since or date.max, one.id))
