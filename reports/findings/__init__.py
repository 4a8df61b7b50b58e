"""What is worth saying, by fixed rules: findings with severities, and the headline composed of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import date, timedelta
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
FIRST_SEEN = UNRESOLVED = 5  # what a finding gains that no edition told before, or that they tell for four weeks
LONG = timedelta(weeks=4)
HIGHEST = 100
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
    loud = [_weighed(one, reckoning) for one in loud]
    return sorted(loud, key=lambda one: (-one.severity, one.since or date.max, one.id))


def _weighed(one: Finding, reckoning: Reckoning) -> Finding:
    """More severe where it is news, and where every edition has told it for four weeks and nobody has resolved it.

    A verdict is news by its own day. In a first edition nothing is either.
    """
    seen = reckoning.book.seen
    if seen is None or one.kind in ("quiet", "hypothesis_verdict"):
        return one
    since = seen.get(one.id)
    gained = FIRST_SEEN if since is None else UNRESOLVED if reckoning.today - since >= LONG and not one.is_good else 0
    return replace(one, severity=min(HIGHEST, one.severity + gained)) if gained else one
