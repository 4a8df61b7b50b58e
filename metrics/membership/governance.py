"""Rules of governance, taken apart."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta

from metrics.governance import Ruling, results
from metrics.membership.asking import Asked, Number, Part

MARKS = ("broken", "excepted", "kept")


def _governance(asked: Asked) -> Iterator[Number]:
    """One number for each rule: the items that break it at the end of the period, or by now where it is not over."""
    facts = asked.facts
    here = [one for one in facts.journeys if asked.scope.holds(one)]
    at = min(facts.as_of, facts.calendar.start_of(asked.period.end) - timedelta(microseconds=1))
    concerned = [one for one in here if one.id in facts.governed.subjects]
    found = results(
        facts.governed, concerned, decisions=facts.decisions, as_of=at, calendar=facts.calendar, unread=facts.unread
    )
    for one in found:
        unknown = tuple(map(_part, one.having("unknown")))
        yield asked.number(
            f"governance:{one.rule.id}",
            one.value,
            used=one.n_used,
            in_scope=one.n_in_scope,
            level=one.rule.level,
            counted=tuple(_part(each, mark=f"rule_{verdict}") for verdict in MARKS for each in one.having(verdict)),
            left_out={"rule_unknown": unknown} if unknown else {},
        )


def _part(ruling: Ruling, mark: str = "") -> Part:
    return Part(name=ruling.journey.key, item=ruling.journey.id, mark=mark, proof=ruling.proof)


HOW: Mapping[str, Callable[[Asked], Iterator[Number]]] = {"governance": _governance}
