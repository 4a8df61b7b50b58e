"""Rules of governance, taken apart."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from metrics.governance import Ruling, results
from metrics.membership.asking import Asked, Number, Part, today

MARKS = ("broken", "excepted", "kept")


def _governance(asked: Asked) -> Iterator[Number]:
    """One number for each rule: the items that break it, as of now, before the excepted and those that keep it."""
    facts = asked.facts
    here = [one for one in facts.journeys if asked.scope.holds(one)]
    found = results(
        facts.governed, here, decisions=facts.decisions, as_of=facts.as_of, calendar=facts.calendar
    )  # fmt: skip
    for one in found:
        unknown = tuple(map(_part, one.having("unknown")))
        yield asked.number(
            f"governance:{one.rule.id}",
            len(one.broken),
            used=one.n_used,
            in_scope=one.n_in_scope,
            level=one.rule.level,
            period=today(asked),
            counted=tuple(_part(each, mark=f"rule_{verdict}") for verdict in MARKS for each in one.having(verdict)),
            left_out={"rule_unknown": unknown} if unknown else {},
        )


def _part(ruling: Ruling, mark: str = "") -> Part:
    return Part(name=ruling.journey.key, item=ruling.journey.id, mark=mark, proof=ruling.proof)


HOW: Mapping[str, Callable[[Asked], Iterator[Number]]] = {"governance": _governance}
