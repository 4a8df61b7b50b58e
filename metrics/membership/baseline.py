"""What is true today, and what a shift of capacity would do, taken apart."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from metrics.age import ages
from metrics.baseline import lying, status_uses
from metrics.guardrails.engagement import last_touched
from metrics.main_flow import told_shares, told_week
from metrics.membership.ahead import forecasts, planned_with_hindsight
from metrics.membership.asking import PORTFOLIO_LEVEL, Asked, Fact, Number, Part, percent, today
from metrics.scenario import play_shift, wanted_shifts


def _forgotten_work(asked: Asked) -> Iterator[Number]:
    """Work in progress that is both old and untouched, the oldest first, with its age."""
    touched_at = asked.facts.once("touched", work=lambda: last_touched(asked.facts.journeys))
    for here in asked.at_levels():
        measured = ages(here.journeys, as_of=asked.facts.as_of, calendar=asked.calendar, finished=here.of_the_year())
        found = lying(measured, as_of=asked.facts.as_of, calendar=asked.calendar, touched_at=touched_at)
        forgotten = [one for one in found if one.is_forgotten]
        yield here.number(
            "forgotten_work",
            len(forgotten),
            used=len(forgotten),
            in_scope=len(forgotten),
            period=today(asked),
            counted=tuple(here.part(one.journey.key, amount=one.days, unit="days") for one in forgotten),
        )


def _status_agreement(asked: Asked) -> Iterator[Number]:
    """One number a status of each tracker, over all levels; its parts are no items: visits are counted."""
    if asked.scope.kind != "portfolio":
        return
    for one in status_uses(asked.facts.journeys, None, as_of=asked.facts.as_of):
        share = None if one.agreeing is None else percent(one.agreeing / one.visits)
        facts: dict[str, Fact] = {"visits": one.visits}
        if one.agreeing is not None:
            facts["agreeing"] = one.agreeing
        yield asked.number(
            f"status_agreement:{one.source} / {one.name}",
            share,
            used=one.visits if one.agreeing is not None else 0,
            in_scope=one.visits,
            period=today(asked),
            of="visits",
            facts=facts,
        )


def _scenario(asked: Asked) -> Iterator[Number]:
    """The shifts that the settings name, or the usual one: by how many days each epic's date moves."""
    facts = asked.facts
    if asked.scope.kind != "portfolio":
        return
    week = told_week(calendar=asked.calendar, as_of=facts.as_of)
    shares = told_shares(facts.journeys, themes=facts.portfolio.themes, calendar=asked.calendar, week=week)
    wanted = wanted_shifts(facts.portfolio, shares, today=asked.calendar.day(facts.as_of))
    if not wanted:
        return
    planned = planned_with_hindsight(asked)[0]
    ahead = forecasts(asked)
    for shift in wanted:
        played = play_shift(planned, ahead, shift, calendar=asked.calendar)
        yield asked.number(
            f"scenario:{shift.gives} {shift.takes}",
            None,
            used=len(played.epics),
            in_scope=len(played.epics),
            period=today(asked),
            level=PORTFOLIO_LEVEL,
            counted=tuple(
                Part(
                    name=one.epic.key,
                    item=one.epic.id,
                    amount=one.days,
                    unit="days",
                    mark="gives" if one.theme == shift.gives else "takes",
                )
                for one in played.epics
            ),
            left_out={played.refused: ()} if played.refused else {},
            facts={"share": percent(shift.share) or 0, "seed": played.seed},
            instead="refused" if played.refused else "series",
        )


HOW: Mapping[str, Callable[[Asked], Iterator[Number]]] = {
    "forgotten_work": _forgotten_work,
    "status_agreement": _status_agreement,
    "scenario": _scenario,
}
