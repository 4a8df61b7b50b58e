"""The guardrails, row by row: every share against its plan, every significant initiative, every engagement share."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal

from domain.period import Period
from metrics.guardrails import Mix
from reports.guardrails import guardrails
from reports.reckoning import Reckoning
from reports.render.csv import Value

MIXES = (
    "guardrail", "scope", "level", "period_start", "period_end", "part", "item_days", "share_percent", "plan_percent",
    "points_off", "tolerance_points", "distance_points", "told_percent", "verdict",
)  # fmt: skip
INITIATIVES = (
    "source", "key", "title", "owner", "amount_minor", "currency", "job_size", "verdict", "begun_at", "event_field",
    "event_before", "event_after", "event_learned_at", "approval_kind", "approval", "approved_at", "approved_by",
    "approval_words", "recorded_late", "mvp_spend_minor", "mvp_approved_minor", "is_open",
)  # fmt: skip
SPLITS = ("source", "parent", "key", "title", "amount_minor", "currency", "created_at")
ENGAGEMENT = ("scope", "share", "increment", "met", "used", "in_scope", "percent", "least_percent")


def _mixes(numbers: Reckoning) -> Iterator[Sequence[Value]]:
    found = guardrails(numbers)
    if found.horizons is not None:
        yield from _mix("horizons", "portfolio", found.level, found.window, found.horizons)
    streams = [(f"value_stream:{id}", one) for id, one in found.by_stream.items()]
    trains = [("portfolio" if one.train is None else f"train:{one.train}", one) for one in found.capacity]
    for scope, one in (*trains, *streams):
        if one.last is not None and found.last is not None:
            yield from _mix("capacity", scope, found.capacity_level, found.last.period, one.last)
        yield from _mix("capacity", scope, found.capacity_level, found.running.period, one.running)


def _mix(guardrail: str, scope: str, level: str | None, period: Period, mix: Mix) -> Iterator[Sequence[Value]]:
    told = None if mix.told_share is None else round(100 * mix.told_share, 4)
    for part, share in mix.percent.items():
        verdict = mix.unjudged or ("out" if part in mix.breaches else "inside")
        yield (
            guardrail, scope, level, period.start.isoformat(), period.end.isoformat(), part,
            mix.item_days.get(part, Decimal(0)), share, 100 * mix.plan.get(part, Decimal(0)) if mix.plan else None,
            mix.deviations.get(part), mix.tolerance_points, mix.distance_points, told, verdict,
        )  # fmt: skip


def _initiatives(numbers: Reckoning) -> Iterator[Sequence[Value]]:
    """An empty amount is not known, and not 0."""
    currency = numbers.book.portfolio.currency
    for one in guardrails(numbers).initiatives.significant:
        event, approval, journey = one.event, one.approval, one.journey
        proof = (
            (None, None, None, None)
            if event is None
            else (
                event.field,
                event.before,
                event.after,
                _at(event.known_at),
            )
        )
        said = (
            (None, None, None, None, None, None)
            if approval is None
            else (
                approval.kind,
                approval.name,
                _at(approval.at),
                approval.by,
                approval.words,
                str(approval.recorded_late).lower(),
            )
        )
        yield (
            journey.id.source, journey.key, journey.title, journey.owner, one.amount, currency, one.size, one.verdict,
            _at(one.needed_at), *proof, *said, one.spend, one.spend_approved, str(journey.is_open).lower(),
        )  # fmt: skip


def _splits(numbers: Reckoning) -> Iterator[Sequence[Value]]:
    book = numbers.book
    for split in guardrails(numbers).initiatives.splits:
        parent = numbers.items.get(split.parent)
        for one in split.journeys:
            amount = book.portfolio.guardrails.minor(one.values["cost_estimate"])
            yield (
                one.id.source, parent.key if parent else split.parent.external_id, one.key, one.title, amount,
                book.portfolio.currency, _at(one.created_at),
            )  # fmt: skip


def _engagement(numbers: Reckoning) -> Iterator[Sequence[Value]]:
    found = guardrails(numbers)
    streams = ((f"value_stream:{id}", one) for id, one in found.engaged_streams)
    trains = ((f"train:{name}", one) for name, one in found.by_train)
    for scope, told in (("portfolio", found.engaged), *streams, *trains):
        least = None if told.least_share is None else 100 * told.least_share
        increments = {"planned": told.planned_in, "scored": told.scored_in}
        for name, share in told.shares.items():
            increment = increments.get(name)
            yield (
                scope, name, increment.name if increment else None, len(share.met), share.n_used, share.n_in_scope,
                None if share.share is None else round(100 * share.share, 4), least,
            )  # fmt: skip
        if numbers.book.decisions:
            yield (scope, "old_decisions", None, len(told.old), told.waiting, told.waiting, None, None)


def _at(instant: datetime | None) -> str | None:
    return None if instant is None else instant.isoformat().replace("+00:00", "Z")


TABLES: Mapping[str, tuple[Sequence[str], Callable[[Reckoning], Iterable[Sequence[Value]]]]] = {
    "guardrail-shares": (MIXES, _mixes),
    "significant-initiatives": (INITIATIVES, _initiatives),
    "split-initiatives": (SPLITS, _splits),
    "owner-engagement": (ENGAGEMENT, _engagement),
}
