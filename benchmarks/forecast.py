"""How long does a forecast of a whole portfolio take? And how much longer would a plain loop?

    python -m benchmarks.forecast                    # 500 epics, 30 teams, 10,000 trials: under 10 s
    python -m benchmarks.forecast --epics 100

Every epic has work at three teams, every third waits for another one, every tenth is not split yet, and every team
works on three epics at once. So all that a forecast says is asked for: with and without predecessors, with and without
unknown scope, together and apart. The plain loop plays the same rules in the words of the definition, item by item, on
a few trials; its time for all of them is reckoned from those.
"""

from __future__ import annotations

import argparse
import resource
import time
from collections.abc import Callable
from datetime import date, timedelta
from random import Random

from domain.period import Period
from metrics.forecasts.plan import Epic, Plan, Team, Work
from metrics.forecasts.samples import Samples
from metrics.forecasts.when import forecast

LIMIT_SECONDS = 10.0
LOOP_TRIALS = 20
TODAY = date(2026, 11, 22)
WINDOW = Period(TODAY - timedelta(days=60), TODAY)


def main() -> int:
    """Print both times and their ratio; 1 when the forecast takes longer than it may."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--epics", type=int, default=500)
    parser.add_argument("--teams", type=int, default=30)
    parser.add_argument("--trials", type=int, default=10_000)
    asked = parser.parse_args()
    plan = a_plan(epics=asked.epics, teams=asked.teams, trials=asked.trials)
    items = sum(epic.remaining for epic in plan.epics)
    print(f"{len(plan.epics)} epics, {len(plan.teams)} teams, {items:,} open items, {plan.trials:,} trials")
    ours = _best(lambda: _ours(plan), times=3)
    loop = _best(lambda: plain(plan, trials=LOOP_TRIALS), times=1) * plan.trials / LOOP_TRIALS
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"  forecast    {ours:8.2f} s   {peak:.0f} MB   (limit {LIMIT_SECONDS:.0f} s)")
    print(f"  plain loop  {loop:8.0f} s   reckoned from {LOOP_TRIALS} trials: {loop / ours:.0f} times as long")
    return int(ours > LIMIT_SECONDS)


def a_plan(*, epics: int, teams: int, trials: int) -> Plan:
    """An invented portfolio, the same every time."""
    chance = Random(7)
    names = [f"team {number:02d}" for number in range(teams)]
    found = []
    for number in range(epics):
        at = chance.sample(names, min(3, teams))
        work = {name: Work(remaining=chance.randint(2, 18)) for name in at}
        if number % 10 == 9:
            work = {at[0]: Work(remaining=0, unsplit={"Epic": 1})}
        after = (f"E-{chance.randrange(number):03d}",) if number % 3 == 2 else ()
        found.append(Epic(id=f"E-{number:03d}", work=work, after=after, due_on=TODAY + timedelta(days=200)))
    return Plan(
        as_of=TODAY,
        seed=42,
        teams={name: Team(samples=_a_sample(chance), wip=3) for name in names},
        epics=tuple(found),
        sizes={"Epic": tuple(chance.randint(8, 40) for _ in range(25))},
        trials=trials,
    )


def plain(plan: Plan, *, trials: int) -> None:
    """The same, item by item: what each trial says of each epic, with everything that a forecast says."""
    chance = Random(plan.seed)
    for _ in range(trials):
        for with_unsplit in (True, False):
            spans = {name: _plain_team(name, plan, chance, with_unsplit=with_unsplit) for name in plan.teams}
            for with_predecessors in (True, False) if with_unsplit else (True,):
                _plain_chain(plan, spans, with_predecessors=with_predecessors)


def _plain_team(name: str, plan: Plan, chance: Random, *, with_unsplit: bool) -> dict[str, tuple[int, int]]:
    team = plan.teams[name]
    assert isinstance(team.samples, Samples)
    waiting = []
    for epic in plan.epics:
        if (work := epic.work.get(name)) is not None:
            drawn = sum(chance.choice(plan.sizes["Epic"]) for _ in range(work.unsplit.get("Epic", 0)))
            if todo := work.remaining + (drawn if with_unsplit else 0):
                waiting.append((epic.id, todo))
    spans: dict[str, tuple[int, int]] = {}
    open_ones: list[tuple[str, int]] = [(id, 0) for id, _ in waiting[: team.wip]]
    left = dict(waiting)
    del waiting[: team.wip]
    day = 0
    while open_ones and day < plan.horizon_days:
        day += 1
        if not team.is_working(plan.as_of + timedelta(days=day)):
            continue
        for _ in range(chance.choice(team.samples.counts)):
            if not open_ones:
                break
            at = chance.randrange(len(open_ones))
            id, begun = open_ones[at]
            left[id] -= 1
            if not left[id]:
                spans[id] = (begun, day)
                if waiting:
                    open_ones[at] = (waiting.pop(0)[0], day)
                else:
                    del open_ones[at]
    return spans


def _plain_chain(plan: Plan, spans: dict[str, dict[str, tuple[int, int]]], *, with_predecessors: bool) -> None:
    done: dict[str, int] = {}
    for epic in plan.epics:
        free = max((done[name] for name in epic.after), default=0) if with_predecessors else 0
        parts = [spans[name][epic.id] for name in epic.work if epic.id in spans[name]]
        done[epic.id] = max((max(begun, free) + end - begun for begun, end in parts), default=free)


def _a_sample(chance: Random) -> Samples:
    counts = tuple(sorted(chance.choice((0, 0, 0, 1, 1, 2, 3)) for _ in range(43)))
    return Samples(counts=counts, window=WINDOW)


def _ours(plan: Plan) -> None:
    forecast(plan)


def _best(work: Callable[[], None], *, times: int) -> float:
    """The shortest of some runs: what the machine does beside it is not ours."""
    found = []
    for _ in range(times):
        began = time.perf_counter()
        work()
        found.append(time.perf_counter() - began)
    return min(found)


if __name__ == "__main__":
    raise SystemExit(main())
