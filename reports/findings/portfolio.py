"""What the rules find in sources, decisions, themes and flow."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from metrics.behaviour import UsualRange
from metrics.trust import is_low
from reports.findings.engine import BASE, Amount, Finding, Level, Name, Percent, State, finding
from reports.reckoning import Reckoning, ThemeScore

DECISION_HORIZON = timedelta(days=14)
WEEK = timedelta(days=7)
FIRST_SEEN = 5
STILL_DAYS = 14  # nothing leaves a state: from then on it is said
_RANK = {"too_early": 0, "unmeasured": 0, "unread": 0, "on_track": 0, "at_risk": 1, "off_track": 2}


def _sources(reckoning: Reckoning) -> list[Finding]:
    """Sources that are stale; one that is only so because a project of it cannot be read is told as that."""
    return [
        finding(
            reckoning,
            "source_failed",
            subject=one.source,
            variant="since" if one.complete_at else "never",
            source=one.source,
            facts={"source": Name(one.source), "kind": one.kind, "since": one.complete_at or reckoning.book.as_of},
        )
        for one in reckoning.stale_sources
        if not (one.unread and one.outcome == "partial")
    ]


def _missing(reckoning: Reckoning) -> list[Finding]:
    """Too few of the items that the trackers declare are held: every figure counts too little."""
    held = reckoning.trust.complete
    if held.share is None or not is_low(held.share):
        return []
    return [
        finding(
            reckoning,
            "items_missing",
            subject="items",
            facts={"share": Percent(held.share), "held": held.n_used, "declared": held.n_in_scope},
        )
    ]


def _decisions(reckoning: Reckoning) -> list[Finding]:
    due = [one for one in reckoning.waiting if one.due is not None and one.due <= reckoning.today + DECISION_HORIZON]
    if not due:
        return []
    first = due[0].due
    assert first is not None
    latest = max(one.due for one in due if one.due is not None)
    variant = "overdue" if latest < reckoning.today else "week" if first <= reckoning.today + WEEK else ""
    return [
        finding(
            reckoning,
            "decision_due",
            subject="decisions",
            variant=variant,
            needs_decision=True,
            since=min(one.asked_on for one in due),
            facts={"n": len(due), "due": first},
            items=tuple(one.item for one in due if one.item),
        )
    ]


def _themes(reckoning: Reckoning) -> list[Finding]:
    found: list[Finding] = []
    for score in reckoning.themes:
        if (one := _theme(reckoning, score)) is not None:
            found.append(one)
    measured = [one for one in reckoning.themes if one.objective.score is not None]
    well = [one for one in measured if one.objective.status == "on_track"]
    if well:
        every = len(well) == len(measured)
        found.append(
            finding(
                reckoning,
                "themes_on_track",
                subject="themes",
                variant="all" if every else "",
                is_good=True,
                facts={
                    "n": len(well),
                    "total": len(measured),
                    "themes": len(reckoning.themes),
                    "on": reckoning.on_track,
                    "of": reckoning.key_results,
                },
            )
        )
    return found


def _theme(reckoning: Reckoning, score: ThemeScore) -> Finding | None:
    now, before = score.objective, score.before
    behind = score.behind
    if behind is None or now.status not in ("off_track", "at_risk"):
        return None
    fell = before.score is not None and _RANK[now.status] > _RANK[before.status]
    kind = "status_worse" if fell else f"theme_{now.status}"
    lead = max(now.key_results, key=lambda one: -(one.pace_points if one.pace_points is not None else Decimal(0)))
    facts: dict[str, object] = {
        "theme": Name(score.theme.name),
        "n": behind,
        "result": Name(lead.key_result.name),
    }
    if lead.reading is not None and lead.key_result.target is not None:
        facts["value"] = Amount(lead.reading.value, lead.key_result.unit)
        facts["target"] = Amount(lead.key_result.target, lead.key_result.unit)
    return finding(
        reckoning,
        kind,
        subject=score.theme.id,
        variant=now.status if fell else "",
        severity=BASE[kind] + min(15, behind // 3) // 2 + (FIRST_SEEN if fell else 0),
        since=lead.reading.day if lead.reading else None,
        facts=facts,
    )


def _limits(reckoning: Reckoning) -> list[Finding]:
    """States over their agreed limit: those of the portfolio kanban; without one, statuses of that name."""
    found = []
    guardrails = reckoning.book.portfolio.guardrails
    for state, limit in guardrails.wip.items():
        held = [one for one in reckoning.open_epics if guardrails.limited(one.status) == state]
        if len(held) > limit:
            since = _still_since(reckoning, state)
            facts = {"state": State(state), "n": len(held), "limit": limit, "over": len(held) - limit}
            found.append(
                finding(
                    reckoning,
                    "over_limit",
                    subject=state,
                    uses_flow=True,
                    variant="still" if since is not None else "",
                    since=since,
                    items=tuple(one.key for one in held),
                    facts=facts if since is None else {**facts, "since": _noon(since)},
                )
            )
    return found


def _still_since(reckoning: Reckoning, state: str) -> date | None:
    """Since when nothing has left a state of the portfolio kanban, where that is a fortnight or more."""
    if reckoning.board is None:
        return None
    last = next(
        (one.last_left_on for one in reckoning.board.kanban.states if one.name.casefold() == state.casefold()), None
    )
    return last if last is not None and (reckoning.today - last).days >= STILL_DAYS else None


def _noon(day: date) -> datetime:
    """A day that is said without its weekday."""
    return datetime(day.year, day.month, day.day, 12, tzinfo=UTC)


def _signals(reckoning: Reckoning) -> list[Finding]:
    flow = reckoning.flow
    if flow is None:
        return []
    found = []
    days = flow.time.p85_days
    times = [one.p85_days for one in flow.monthly_times]
    if days is not None and times and times[-1] is not None:
        found += _signal(reckoning, flow.time_range, "flow_time", lower_is_better=True, facts={"days": days})
    found += _signal(
        reckoning, flow.throughput_range, "throughput", lower_is_better=False, facts={"n": flow.weekly_counts[-1]}
    )
    found += _signal(reckoning, flow.load_range, "flow_load", lower_is_better=True, facts={"n": flow.load.items})
    return found


def _signal(
    reckoning: Reckoning, usual: UsualRange, measure: str, *, lower_is_better: bool, facts: Mapping[str, object]
) -> list[Finding]:
    if usual.change not in ("higher", "lower") or usual.certainty != "firm":
        return []
    assert reckoning.flow is not None
    is_good = (usual.change == "lower") == lower_is_better
    kind = "signal_good" if is_good else "signal_bad"
    said = {"level": Level(reckoning.flow.level), **facts}
    return [finding(reckoning, kind, subject=measure, variant=measure, is_good=is_good, uses_flow=True, facts=said)]


def _ages(reckoning: Reckoning) -> list[Finding]:
    flow = reckoning.flow
    if flow is None or (limit := flow.time_year.p85_days) is None:
        return []
    old = [one for one in flow.ages.items if one.days > limit]
    if not old:
        return []
    return [
        finding(
            reckoning,
            "overdue_age",
            subject=flow.level,
            uses_flow=True,
            items=tuple(one.key for one in old),
            facts={"n": len(old), "days": old[0].days, "limit": limit, "level": Level(flow.level)},
        )
    ]


def _coverage(reckoning: Reckoning) -> list[Finding]:
    found = []
    share = reckoning.alignment.share if reckoning.alignment else None
    printed = reckoning.aligned_percent
    if share is not None and printed is not None and is_low(share) and reckoning.themes:
        found.append(
            finding(
                reckoning, "coverage_low", subject="alignment", uses_flow=True, facts={"share": Percent(printed / 100)}
            )
        )
    every = (one for score in reckoning.themes for one in score.objective.key_results)
    stale = [one for one in every if one.is_stale and one.key_result.is_read]
    if stale:
        found.append(
            finding(
                reckoning,
                "key_result_stale",
                subject="key_results",
                facts={"n": len(stale), "of": reckoning.key_results},
            )
        )
    return found


RULES: tuple[Callable[[Reckoning], Iterable[Finding]], ...] = (
    _sources, _missing, _decisions, _themes, _limits, _signals, _ages, _coverage,
)  # fmt: skip
