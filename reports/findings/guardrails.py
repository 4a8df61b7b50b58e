"""What the rules find in the four guardrails."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from decimal import Decimal

from metrics.guardrails import Mix
from reports.findings.engine import BASE, Amount, Finding, Name, Percent, Term, finding
from reports.guardrails import guardrails
from reports.reckoning import Reckoning

KINDS = (
    "source_failed",
    "project_unread",
    "guardrail_out",
    "guardrail_notice",
)  # that matter to whoever reads of guardrails
MOST_ADDED = 15  # by the share of the budget, or the points, that a breach touches


def _horizons(reckoning: Reckoning) -> list[Finding]:
    mix = guardrails(reckoning).horizons
    if mix is None or not mix.breaches:
        return []
    worst = starved(mix) or mix.breaches[0]
    return [
        finding(
            reckoning,
            "guardrail_out",
            subject="horizons",
            variant="horizon_low" if mix.deviations[worst] < 0 else "horizon_high",
            severity=BASE["guardrail_out"] + _points(mix),
            uses_flow=True,
            facts={"part": Term(f"horizon.{worst}"), **_range(mix, worst)},
        )
    ]


def _capacity(reckoning: Reckoning) -> list[Finding]:
    found = guardrails(reckoning)
    out = found.capacity_out
    if not out:
        return []
    mix, train = out[0].judged, out[0].train
    worst = mix.breaches[0]
    return [
        finding(
            reckoning,
            "guardrail_out",
            subject="capacity",
            variant="capacity" if train is not None else "capacity_whole",
            severity=BASE["guardrail_out"],
            uses_flow=True,
            facts={
                "n": len(out),
                "of": len(found.allocated),
                "train": Name(train or ""),
                "part": kind_named(worst),
                **_range(mix, worst),
            },
        )
    ]


def _initiatives(reckoning: Reckoning) -> list[Finding]:
    breaches = guardrails(reckoning).initiatives.breaches
    if not breaches:
        return []
    amount = sum(one.amount or 0 for one in breaches)
    since = min(one.needed_at for one in breaches if one.needed_at is not None)
    return [
        finding(
            reckoning,
            "guardrail_out",
            subject="initiatives",
            variant="initiatives",
            severity=BASE["guardrail_out"] + _of_budget(reckoning, amount),
            uses_flow=True,
            since=reckoning.book.calendar.day(since),
            items=tuple(one.journey.key for one in breaches),
            facts={"n": len(breaches), "epic": Name(breaches[0].journey.title), "since": since},
        )
    ]


def _owners(reckoning: Reckoning) -> list[Finding]:
    engaged = guardrails(reckoning).engaged
    if not engaged.below:
        return []
    worst = min(engaged.below, key=lambda name: engaged.shares[name].share or 0)
    share = engaged.shares[worst].share
    assert share is not None
    assert engaged.least_share is not None
    return [
        finding(
            reckoning,
            "guardrail_out",
            subject="owners",
            variant=f"owners_{worst}",
            severity=BASE["guardrail_out"] - 5,
            uses_flow=worst == "active",
            facts={"share": Percent(share), "least": Amount(100 * engaged.least_share, "%")},
        )
    ]


def _notices(reckoning: Reckoning) -> list[Finding]:
    found = guardrails(reckoning).initiatives
    told = []
    if found.splits:
        told.append(
            finding(
                reckoning,
                "guardrail_notice",
                subject="split",
                variant="split",
                uses_flow=True,
                items=tuple(one.key for split in found.splits for one in split.journeys),
                facts={"n": len(found.splits[0].journeys)},
            )
        )
    if found.overspent:
        told.append(
            finding(
                reckoning,
                "guardrail_notice",
                subject="overspent",
                variant="overspent",
                severity=BASE["guardrail_out"] - 10,
                uses_flow=True,
                items=tuple(one.journey.key for one in found.overspent),
                facts={"n": len(found.overspent), "epic": Name(found.overspent[0].journey.title)},
            )
        )
    return told


def starved(mix: Mix) -> str | None:
    """The horizon that lacks the most; nobody is starved of what is to be retired."""
    return next((part for part in mix.breaches if mix.deviations[part] < 0 and part != "H0"), None)


def kind_named(kind: str) -> Term | Name:
    """A kind of work in our words, or in those of the settings."""
    known = ("feature", "defect", "risk", "debt", "enabler")
    return Term(f"guardrails.kind.{kind}") if kind in known else Name(kind)


def _range(mix: Mix, part: str) -> dict[str, object]:
    plan, tolerance = mix.plan.get(part, Decimal(0)), mix.tolerance_points / 100
    return {
        "share": Percent(mix.percent[part] / 100),
        "low": Amount(100 * max(plan - tolerance, Decimal(0)), "%"),
        "high": Amount(100 * min(plan + tolerance, Decimal(1)), "%"),
    }


def _points(mix: Mix) -> int:
    return min(MOST_ADDED, int(mix.distance_points or 0)) // 2


def _of_budget(reckoning: Reckoning, amount: int) -> int:
    """Points for the share of the year's budget that is touched; none where no budget is declared for the year."""
    year = str(reckoning.today.year)
    budget = sum(stream.budget.get(year, 0) for stream in reckoning.book.portfolio.value_streams)
    return min(MOST_ADDED, 100 * amount // budget) if budget else 0


RULES: tuple[Callable[[Reckoning], Iterable[Finding]], ...] = (_horizons, _capacity, _initiatives, _owners, _notices)
