"""Who brought what of their objectives: each part of the portfolio that has some, under its name in the export."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from domain.strategy import Portfolio
from metrics.commitment import Commitment
from metrics.predictability import Objective, Predictability, by_team, predictability
from metrics.selection import Scope


def brought(told: Commitment, portfolio: Portfolio, *, scope: Scope) -> Iterator[tuple[str, Predictability]]:
    """Of a scope, `predictability`; of a train, each of its teams too: `predictability:TEAM`."""
    objectives = objectives_of(told, portfolio, scope=scope)
    if not objectives:
        return
    yield "predictability", predictability(objectives)
    if scope.kind == "train":
        for team, found in by_team(objectives).items():
            yield f"predictability:{team}", found


def objectives_of(told: Commitment, portfolio: Portfolio, *, scope: Scope) -> list[Objective]:
    """The objectives of a scope: of the trains that belong to it; of a theme, those that name it."""
    if scope.kind == "theme":
        return [one for one in told.objectives if scope.name == f"theme:{one.theme}"]
    return told.within(None if scope.kind == "portfolio" else trains_of(portfolio, scope=scope))


def trains_of(portfolio: Portfolio, *, scope: Scope) -> Iterable[str]:
    kind, _, id = scope.name.partition(":")
    if kind == "train":
        return (id,)
    return [train.name for stream in portfolio.value_streams if stream.id == id for train in stream.trains]
