"""Why did the date move? Two published forecasts of the same thing, and the change taken apart. Definition 3.4."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from itertools import pairwise

from metrics.forecasts.plan import Epic, Plan, Team, Work
from metrics.forecasts.samples import Refusal
from metrics.forecasts.trials import Turns, play
from metrics.forecasts.when import Dates, percentile_days

PARTS = ("draws", "scope", "throughput", "order", "predecessor", "lateness", "calendar")


@dataclass(frozen=True, kw_only=True)
class Moved:
    """By how many calendar days the p-th percentile moved, and what moved it: later is positive.

    `parts` add up to `days`. `refused` says why it cannot be said: `no_date` (one of the forecasts, or one between
    them, has no such date) or `definition_changed`.
    """

    id: str
    percentile: int
    before: date | None
    after: date | None
    parts: Mapping[str, int] = field(default_factory=dict)
    refused: Refusal | None = None

    @property
    def days(self) -> int | None:
        return None if self.before is None or self.after is None else (self.after - self.before).days


def moved(
    before: Plan,
    after: Plan,
    *,
    published: Mapping[str, Dates],
    republished: Mapping[str, Dates],
    finished: Collection[str] = (),
    levels: Iterable[int] = (50, 85),
) -> tuple[Moved, ...]:
    """Take the change of each epic's date apart, by turning one plan into the other, one kind of change at a time.

    `published` and `republished` are the dates as they were told of the two plans. All steps draw the same lots (those
    of the newer plan), in this order:

    draws        the older plan with the newer lots: what chance alone moves, a day or so
    scope        work that was added or dropped, split or estimated anew, of the epic or of those before it; epics
                 that were given up (`finished` names those that were not)
    throughput   time passes, what was finished is finished, and the newer samples count: nothing moves where the
                 teams did as they were expected to
    order        another rank, newcomers, and other limits of work in progress
    predecessor  other epics to wait for
    lateness     what looking back teaches now
    calendar     other free days

    Each part is the difference of two dates in a row, so they add up to the whole. Definition 3.4, version 1.
    """
    wanted = tuple(levels)
    both = [epic.id for epic in after.epics if epic.id in published and epic.id in republished]
    if before.definition_version != after.definition_version:
        return tuple(
            Moved(
                id=id, percentile=p, before=published[id].get(p), after=republished[id].get(p),
                refused=Refusal(reason="definition_changed"),
            )
            for id in both
            for p in wanted
        )  # fmt: skip
    told = _ahead_of_each(_between(before, after, finished=frozenset(finished)), levels=wanted)
    return tuple(_moved(id, p, published, republished, told) for id in both for p in wanted)


def _moved(
    id: str,
    p: int,
    published: Mapping[str, Dates],
    republished: Mapping[str, Dates],
    told: list[dict[str, Dates]],
) -> Moved:
    first, last = published[id].get(p), republished[id].get(p)
    dates = [first, *(one.get(id, {}).get(p) for one in told), last]
    known = [day for day in dates if day is not None]
    if len(known) < len(dates):
        return Moved(id=id, percentile=p, before=first, after=last, refused=Refusal(reason="no_date"))
    steps = [(later - earlier).days for earlier, later in pairwise(known)]
    return Moved(id=id, percentile=p, before=first, after=last, parts=dict(zip(PARTS, steps, strict=True)))


def _ahead_of_each(plans: Iterable[Plan], *, levels: Iterable[int]) -> list[dict[str, Dates]]:
    """The dates of plans in a row. Where a step changes nothing, they are those of the plan before."""
    told: list[dict[str, Dates]] = []
    former: Plan | None = None
    turns = Turns()
    for plan in plans:
        told.append(told[-1] if plan == former else _ahead(plan, levels=levels, turns=turns))
        former = plan
    return told


def _ahead(plan: Plan, *, levels: Iterable[int], turns: Turns) -> dict[str, Dates]:
    """The dates of a plan, by epic."""
    return {
        id: {}
        if isinstance(played, Refusal)
        else {p: plan.as_of + timedelta(days=day) for p, day in percentile_days(played.done, levels=levels).items()}
        for id, played in play(plan, turns=turns).items()
    }


def _between(before: Plan, after: Plan, *, finished: frozenset[str]) -> list[Plan]:
    """The older plan with the newer lots, then with the newer scope, throughput, order, predecessors and lateness, too.

    The last step, to the newer calendar, is the newer plan itself.
    """
    lots = replace(before, seed=after.seed, trials=after.trials, horizon_days=after.horizon_days)
    scope = _with_scope(lots, after, finished=finished)
    throughput = _with_throughput(scope, after)
    order = _with_order(throughput, after)
    waits = {epic.id: epic.after for epic in after.epics}
    predecessor = replace(order, epics=tuple(replace(epic, after=waits[epic.id]) for epic in order.epics))
    return [lots, scope, throughput, order, predecessor, replace(predecessor, late=after.late)]


def _with_scope(plan: Plan, after: Plan, *, finished: frozenset[str]) -> Plan:
    """As if nothing had been finished since, but all that was added, dropped and split had been known before."""
    newer = {epic.id: epic for epic in after.epics}
    kept = [epic for epic in plan.epics if epic.id in newer or epic.id in finished]
    epics = [replace(epic, work=_scope(epic, newer[epic.id])) if epic.id in newer else epic for epic in kept]
    return replace(
        plan, epics=_waiting_for_what_is_there(epics), teams={**after.teams, **plan.teams}, sizes=after.sizes,
        assumed=after.assumed, growth=after.growth,
    )  # fmt: skip


def _scope(older: Epic, newer: Epic) -> dict[str, Work]:
    """Work as it is now, and what was finished in between put back."""
    found = {}
    for team in sorted({*older.work, *newer.work}):
        then, now = older.work.get(team, Work(remaining=0)), newer.work.get(team, Work(remaining=0))
        found[team] = Work(remaining=max(now.remaining + now.done - then.done, 0), done=then.done, unsplit=now.unsplit)
    return found


def _with_throughput(plan: Plan, after: Plan) -> Plan:
    """Time has passed: what is finished is finished, and the newer samples count; limits and free days as before."""
    newer = {epic.id: epic for epic in after.epics}
    epics = [replace(epic, work=newer[epic.id].work) for epic in plan.epics if epic.id in newer]
    teams = {
        name: replace(team, samples=after.teams[name].samples, read_on=after.teams[name].read_on)
        if name in after.teams
        else team
        for name, team in plan.teams.items()
    }
    return replace(plan, as_of=after.as_of, epics=_waiting_for_what_is_there(epics), teams=teams)


def _with_order(plan: Plan, after: Plan) -> Plan:
    """The newer rank, with those that came since, and the newer limits of work in progress."""
    older = {epic.id: epic for epic in plan.epics}
    epics = [replace(epic, after=older[epic.id].after) if epic.id in older else epic for epic in after.epics]
    teams: dict[str, Team] = {
        name: replace(team, holidays=plan.teams[name].holidays) for name, team in after.teams.items()
    }
    return replace(plan, epics=tuple(epics), teams=teams)


def _waiting_for_what_is_there(epics: Iterable[Epic]) -> tuple[Epic, ...]:
    """Epics without the predecessors that have gone: they are finished, or given up."""
    kept = tuple(epics)
    there = {epic.id for epic in kept}
    return tuple(replace(epic, after=tuple(name for name in epic.after if name in there)) for epic in kept)
