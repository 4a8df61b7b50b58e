"""When outcomes arrive, taken apart."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from metrics.arrival import LEVELS, arrival
from metrics.key_results import latest
from metrics.membership.asking import Asked, Fact, Number, Part, today


def _outcome_date(asked: Asked) -> Iterator[Number]:
    """As things stand: the days from today to each percentile, and the readings they rest on.

    A reading brings its change since the one before it; the oldest only shows where the first stretch begins.
    """
    day, portfolio = today(asked), asked.facts.portfolio
    for theme in portfolio.themes:
        if asked.scope.kind not in ("portfolio", "theme") or asked.scope.name not in ("portfolio", f"theme:{theme.id}"):
            continue
        for one in theme.key_results:
            told = arrival(
                one, asked.facts.readings, today=day.start, pace=portfolio.guardrails.pace, portfolio=portfolio.id
            )
            changes = [change for _, change in told.stretches]
            known = latest(asked.facts.readings, kpi=one.kpi, today=day.start)[: len(changes) + 1] if changes else []
            facts: dict[str, Fact] = {f"there_by:{level} %": on for level, on in told.dates.items()}
            if told.by_due is not None:
                facts |= {"due_on": one.due, "in_time": round(100 * told.by_due, 2)}
            out = "reached" if told.reached else "refused" if told.refused else ""
            for level in LEVELS:
                on = told.dates.get(level)
                yield asked.number(
                    f"outcome_date_p{level}:{one.id}",
                    None if on is None else (on - day.start).days,
                    used=len(known) if told.refused is None else 0,
                    in_scope=len(known),
                    scope=f"theme:{theme.id}",
                    period=day,
                    of="kpi_readings",
                    counted=tuple(
                        Part(name=reading.day.isoformat(), amount=change, unit=one.unit)
                        for reading, change in zip(known, (*changes, None), strict=False)
                    ),
                    left_out={told.refused: (Part(name=one.id),)} if told.refused else {},
                    facts=facts,
                    instead=out or ("five_years" if on is None else ""),
                )


HOW: Mapping[str, Callable[[Asked], Iterator[Number]]] = {"outcome_date": _outcome_date}
