"""What was brought of what was committed, taken apart."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from metrics.commitment import Commitment
from metrics.increments import brought, objectives_of
from metrics.membership.asking import Asked, Fact, Number, Part, ids
from metrics.predictability import Objective, Predictability
from metrics.state_time import DAY, state_times
from metrics.table import scopes


def _predictability(asked: Asked) -> Iterator[Number]:
    """Each increment that shares days with the period; the portfolio is followed by its parts and their teams."""
    facts, today = asked.facts, asked.calendar.day(asked.facts.as_of)
    asks = [asked.scope] if asked.scope.kind != "portfolio" else scopes(facts.portfolio)
    told = [one for one in facts.commitments if one.increment.period.start <= today]
    within = [one for one in told if _meets(one, asked)] or told[-1:]
    for commitment in within:
        for scope in asks:
            by_key = {one.key: one for one in objectives_of(commitment, facts.portfolio, scope=scope)}
            for name, found in brought(commitment, facts.portfolio, scope=scope):
                yield asked.number(
                    name,
                    found.percent,
                    used=found.n_used,
                    in_scope=found.n_in_scope,
                    scope=scope.name,
                    period=commitment.increment.period,
                    of="objectives",
                    counted=tuple(_part(by_key[key]) for key in found.keys),
                    left_out=ids(found.excluded),
                    facts=_facts(commitment, found),
                )


def _meets(one: Commitment, asked: Asked) -> bool:
    return one.increment.period.start < asked.period.end and asked.period.start < one.increment.period.end


def _part(one: Objective) -> Part:
    """An objective with what it brought; `mark` says where it differs from one that was committed and kept."""
    if one.dropped_because is not None:
        return Part(name=one.key, amount=0, unit="points", mark="dropped")
    return Part(name=one.key, amount=one.actual, unit="points", mark="" if one.committed else "uncommitted")


def _facts(commitment: Commitment, found: Predictability) -> dict[str, Fact]:
    facts: dict[str, Fact] = {
        "increment": commitment.increment.name, "committed_value": found.planned, "brought_value": found.actual
    }  # fmt: skip
    if commitment.known_on is not None:
        facts["known_on"] = commitment.known_on
    if found.band is not None:
        facts["verdict"] = found.band
    return facts


def _state_time(asked: Asked) -> Iterator[Number]:
    """One number for each level and state, with the items that were in it."""
    for level in asked.at_levels():
        found = state_times(level.journeys, finished_in=asked.period, calendar=asked.calendar)
        if not found.states:
            left_out = level.left_out(found.excluded)
            counted = level.parts(found.keys)
            yield level.number(
                "state_time", None, used=found.n_used, in_scope=found.n_in_scope, counted=counted, left_out=left_out
            )
        for state in found.states:
            own = [name for name in found.keys if level.named[name].id.source == state.source]
            held = {
                name: spent
                for name in own
                for status, spent in level.named[name].spans.per_state.items()
                if status.casefold() == state.status.casefold()
            }
            yield level.number(
                f"state_time:{state.name}",
                round(state.days, 4),
                used=state.finished,
                in_scope=state.finished + found.n_in_scope - found.n_used,
                counted=tuple(level.part(name, amount=round(held.get(name, 0) / DAY, 2), unit="days") for name in own),
                left_out=level.left_out(found.excluded),
            )


HOW: Mapping[str, Callable[[Asked], Iterator[Number]]] = {"predictability": _predictability, "state_time": _state_time}
