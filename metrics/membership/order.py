"""Order and dependencies, taken apart."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from domain.work_item import ItemId
from metrics.dependencies import Likely, dependency_health
from metrics.hazards import likely_days
from metrics.membership.ahead import forecasts, planned_with_hindsight
from metrics.membership.asking import Asked, Number, today
from metrics.wsjf import wsjf


def _wsjf(asked: Asked) -> Iterator[Number]:
    """The first comes first."""
    for here in asked.at_levels():
        ranking = wsjf(here.journeys)
        yield here.number(
            "wsjf",
            round(ranking.jobs[0].score, 2) if ranking.jobs else None,
            used=ranking.n_used,
            in_scope=ranking.n_in_scope,
            period=today(asked),
            counted=tuple(here.part(job.key, amount=round(job.score, 2)) for job in ranking.jobs),
            left_out=here.left_out(ranking.excluded),
            facts={f"{doubt}:{name}": count for name, doubt, count in ranking.doubts},
        )


def _dependency_health(asked: Asked) -> Iterator[Number]:
    """Each part is an item that waits for another, named after both; its mark says how it stands, epics as forecast."""
    likely = likely_by_item(asked) if asked.facts.hazards.edges else {}
    keys = {one.id: one.key for one in asked.facts.journeys}
    for here in asked.at_levels():
        names = {one.id: name for name, one in here.named.items()}
        edges = [one for one in asked.facts.hazards.edges if one.after in names]
        found = dependency_health(edges, asked.facts.journeys, forecasts=likely)
        yield here.number(
            "dependency_health",
            None if found.share is None else round(found.share * 100, 4),
            used=len(found.edges),
            in_scope=len(found.edges),
            period=today(asked),
            of="links",
            counted=tuple(
                here.part(
                    names[one.edge.after],
                    name=f"{keys.get(one.edge.before, one.edge.before.external_id)} \u2192 {keys[one.edge.after]}",
                    mark=one.health.value,
                    needed_on=one.edge.needed_on,
                    need_from=one.edge.need_from,
                )
                for one in found.edges
            ),
        )


def likely_by_item(asked: Asked) -> dict[ItemId, Likely]:
    """What is forecast of each open epic, worked out once."""
    planned = planned_with_hindsight(asked)[0]
    return asked.facts.once("likely", work=lambda: likely_days(planned, forecasts(asked)))


HOW: Mapping[str, Callable[[Asked], Iterator[Number]]] = {
    "wsjf": _wsjf,
    "dependency_health": _dependency_health,
}
