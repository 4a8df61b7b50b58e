"""What the rules find in the value ledger: value nobody measured, verdicts, double claims, stale KPIs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from metrics.ledger import Hypothesis
from reports.findings.engine import BASE, Finding, Money, Name, finding
from reports.ledger import Ledger, lately, ledger
from reports.reckoning import Reckoning

MOST_FOR_SHARE = 15  # what a finding gains for the share of the planned value that it touches
FIRST_SEEN = 5


def _unmeasured(reckoning: Reckoning) -> list[Finding]:
    told = ledger(reckoning)
    found = told.unmeasured
    if not found:
        return []
    amount = int(told.unmeasured_amount or 0)
    return [
        finding(
            reckoning,
            "unmeasured_value",
            subject="value",
            variant="" if amount else "unvalued",
            severity=BASE["unmeasured_value"] + _touched(told, amount),
            since=min(one.indicator.by for each in found for one in each.judgements),
            facts={"n": len(found), "amount": Money(amount, reckoning.book.portfolio.currency)},
            items=_items(found),
        )
    ]


def _verdicts(reckoning: Reckoning) -> list[Finding]:
    """Refuted ones until somebody decides what follows; confirmed ones for a month."""
    told = ledger(reckoning)
    refuted = [one for one in told.undecided if one.verdict == "refuted"]
    confirmed = [one for one in told.settled if one.verdict == "confirmed" and lately(one, today=told.today)]
    return [
        finding(
            reckoning,
            "hypothesis_verdict",
            subject=verdict,
            variant=verdict,
            severity=BASE["hypothesis_verdict"]
            + (FIRST_SEEN if any(lately(one, today=told.today) for one in kept) else 0),
            is_good=verdict == "confirmed",
            needs_decision=verdict == "refuted",
            since=min(one.settled_on for one in kept if one.settled_on is not None),
            facts={"n": len(kept), "name": Name(kept[0].benefit.name)},
            items=_items(kept),
        )
        for verdict, kept in (("refuted", refuted), ("confirmed", confirmed))
        if kept
    ]


def _double_claims(reckoning: Reckoning) -> list[Finding]:
    claims = ledger(reckoning).claims
    return [finding(reckoning, "double_claim", subject="benefits", facts={"n": len(claims)})] if claims else []


def _stale_kpis(reckoning: Reckoning) -> list[Finding]:
    told = ledger(reckoning)
    names = {kpi.id: kpi.name for kpi in reckoning.book.portfolio.kpis}
    if not told.stale:
        return []
    facts = {"n": len(told.stale), "of": len(told.freshness), "name": Name(names[told.stale[0].kpi])}
    return [finding(reckoning, "kpi_stale", subject="kpis", facts=facts)]


def _touched(told: Ledger, amount: int) -> int:
    """The share of the planned value that it touches, as severity."""
    total = told.realised.planned_total if told.realised is not None else 0
    return int(min(1, amount / (total + amount)) * MOST_FOR_SHARE) if amount else 0


def _items(found: Sequence[Hypothesis]) -> tuple[str, ...]:
    return tuple(one.epic.key for one in found if one.epic is not None)


RULES: tuple[Callable[[Reckoning], Iterable[Finding]], ...] = (_unmeasured, _verdicts, _double_claims, _stale_kpis)
