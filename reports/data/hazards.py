"""The register of risks, the dependencies and what is blocked, row by row."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from domain.journey import Journey
from metrics.dependencies import Likely
from metrics.hazards import likely_days
from metrics.risk import faults
from reports.hazards import dangers
from reports.reckoning import Reckoning
from reports.render.csv import Value

RISKS = (
    "source", "key", "title", "roam", "probability", "impact_minor", "residual_probability", "residual_impact_minor",
    "exposure_minor", "inherent_minor", "currency", "owner", "due_on", "next_step", "raised_on", "touched_on",
    "value_stream", "train", "themes", "faults",
)  # fmt: skip
MONTHS = ("day", "exposure_minor", "inherent_minor", "currency", "rated", "in_scope")
WAITS = (
    "before_source", "before", "before_train", "after_source", "after", "after_train", "level", "needed_on",
    "likely_p50", "likely_p85", "health", "crosses_trains", "date_conflict", "said_by", "note",
    "need_from",
)  # fmt: skip
BLOCKED = ("source", "key", "level", "train", "cause", "waits_for", "days_lost")


def _risks(numbers: Reckoning) -> Iterator[Sequence[Value]]:
    """Every risk, the resolved ones too; an empty amount is not known, and not 0."""
    told, currency = dangers(numbers), numbers.book.portfolio.currency
    for entry in told.facts.register.risks:
        risk = entry.at(numbers.book.as_of)
        if risk is None:
            continue
        journey = entry.journey
        placement = journey.placement
        yield (
            journey.id.source, risk.key, journey.title, risk.roam.value if risk.roam else None, risk.probability,
            risk.impact, risk.residual_probability, risk.residual_impact, 0 if risk.is_closed else risk.amount,
            0 if risk.is_closed else risk.inherent, currency, risk.owner, _day(risk.due_on), risk.next_step,
            _day(risk.raised_on), _day(risk.touched_on), placement.value_stream, placement.train,
            "; ".join(placement.themes), "; ".join(faults(risk, today=told.today, rules=told.facts.hygiene)),
        )  # fmt: skip


def _months(numbers: Reckoning) -> Iterator[Sequence[Value]]:
    for day, one in dangers(numbers).monthly:
        amount = one.amount if one.is_known else None
        yield (day.isoformat(), amount, one.inherent, numbers.book.portfolio.currency, one.n_used, one.n_in_scope)


def _waits(numbers: Reckoning) -> Iterator[Sequence[Value]]:
    ahead = numbers.book.outlook
    likely = {} if ahead is None else likely_days(ahead.planned, ahead.forecasts)
    for one in dangers(numbers).dependencies.edges:
        before, after = numbers.items.get(one.edge.before), numbers.items[one.edge.after]
        found = likely.get(one.edge.before, Likely(p50=None, p85=None))
        yield (
            one.edge.before.source, one.edge.before.external_id if before is None else before.key, _train(before),
            after.id.source, after.key, _train(after), after.placement.level, _day(one.edge.needed_on),
            _day(found.p50), _day(found.p85), one.health.value, str(one.crosses_trains).lower(),
            str(one.edge.is_planned_late).lower(), one.edge.said_by, one.edge.note,
            one.edge.need_from,
        )  # fmt: skip


def _blocked(numbers: Reckoning) -> Iterator[Sequence[Value]]:
    for one in dangers(numbers).blocked:
        others = "; ".join(numbers.items[id].key for id in one.others)
        placement = one.journey.placement
        yield (
            one.journey.id.source, one.journey.key, placement.level, placement.train, one.cause, others, one.days_lost
        )  # fmt: skip


def _day(day: object) -> str | None:
    return None if day is None else str(day)


def _train(journey: Journey | None) -> str | None:
    return None if journey is None else journey.placement.train


TABLES: Mapping[str, tuple[Sequence[str], Callable[[Reckoning], Iterable[Sequence[Value]]]]] = {
    "risks": (RISKS, _risks),
    "risk-months": (MONTHS, _months),
    "dependencies": (WAITS, _waits),
    "blocked": (BLOCKED, _blocked),
}
