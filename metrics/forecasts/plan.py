"""What a forecast is made from: teams with their samples, work in its order, a seed. It can be kept and read again."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from domain.period import Period
from metrics.forecasts import DEFINITION_VERSION, HORIZON_DAYS, TRIALS
from metrics.forecasts.samples import Refusal, Samples

BEGUN, QUEUED = "begun", "queued"  # groups of epics


@dataclass(frozen=True, kw_only=True)
class Team:
    """Who finishes things. `wip`: on how many epics it works at once. `holidays`: its free weekdays.

    `read_on` is the day of the last reading, where that is not the plan's own: what is left is what was left then, and
    what was finished since is drawn like the days to come.
    """

    samples: Samples | Refusal
    wip: int = 1
    holidays: frozenset[date] = frozenset()
    read_on: date | None = None

    def is_working(self, day: date) -> bool:
        return day.weekday() < 5 and day not in self.holidays


@dataclass(frozen=True, kw_only=True)
class Work:
    """What one team has to do of an epic, and did of it, in items.

    `unsplit` counts, by type, what nobody has split into items yet: how many items that makes is drawn.
    """

    remaining: int
    done: int = 0
    unsplit: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Epic:
    """Something with a date to be forecast: its work by team, and the epics that must be finished before it begins.

    `is_begun`: somebody works on it already. The others are a queue, and what is told of them is worth less.
    `unclosed`: how many features below it are open though no item is left below any of them. Whether they are done or
    have more to come, nobody has said.
    """

    id: str
    work: Mapping[str, Work]
    after: tuple[str, ...] = ()
    due_on: date | None = None
    is_begun: bool = False
    unclosed: int = 0

    @property
    def group(self) -> str:
        """Looking back, epics are held against those that stood as they stand."""
        return BEGUN if self.is_begun else QUEUED

    @property
    def remaining(self) -> int:
        return sum(one.remaining for one in self.work.values())

    @property
    def unsplit(self) -> int:
        return sum(count for one in self.work.values() for count in one.unsplit.values())


@dataclass(frozen=True, kw_only=True)
class Plan:
    """Epics in the order of their rank, and the teams that work on them.

    `sizes` are, by type, the numbers of items to draw from for what is not split yet; for a type in `assumed` that is
    the range that was agreed, since too few were finished. `growth` are percentages to draw from for what splits while
    it is worked on: 100 is no growth. A predecessor that is not in the plan cannot be forecast; one that is
    finished is none.

    `late` is what looking back taught: by group of epics and percentile, how many days later than the trials say. None:
    too many of those that were told so are open still, so that nobody knows. A group that is not there was told well.
    """

    as_of: date
    seed: int
    teams: Mapping[str, Team]
    epics: tuple[Epic, ...]
    sizes: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    assumed: frozenset[str] = frozenset()
    growth: tuple[int, ...] = (100,)
    late: Mapping[str, Mapping[int, int | None]] = field(default_factory=dict)
    trials: int = TRIALS
    horizon_days: int = HORIZON_DAYS
    definition_version: int = DEFINITION_VERSION

    def __post_init__(self) -> None:
        if not 0 <= self.seed < 2**32:
            raise ValueError(f"a seed has 32 bits, and {self.seed} has not")
        if self.trials < 1 or not 1 <= self.horizon_days < 2**15:
            raise ValueError("a forecast needs at least one trial, and a horizon of 1 to 32,767 days")
        if any(size < 1 for sizes in (*self.sizes.values(), self.growth) for size in sizes) or not self.growth:
            raise ValueError("what is not split yet has a size of at least 1, and what grows at least 1 % of it")
        if any(days is not None and days < 0 for late in self.late.values() for days in late.values()):
            raise ValueError("what looking back taught makes dates later, never earlier")
        names = [epic.id for epic in self.epics]
        if len(set(names)) != len(names):
            raise ValueError("an epic stands in the plan once")


def cycles(epics: Sequence[Epic]) -> tuple[tuple[str, ...], ...]:
    """The rings of epics that wait for each other, each in the order of its names: nothing in one can ever begin."""
    after = {epic.id: epic.after for epic in epics}
    reach = {name: _reached(name, after) for name in after}
    rings = {tuple(sorted(other for other in reach[name] if name in reach.get(other, ()))) for name in after}
    return tuple(sorted(ring for ring in rings if ring))


def to_dict(plan: Plan) -> dict[str, Any]:
    """The plan as plain values, ready to be kept: order and names that are the same for the same plan."""
    assumed = {"assumed": sorted(plan.assumed)} if plan.assumed else {}
    return assumed | {
        "as_of": plan.as_of.isoformat(),
        "seed": plan.seed,
        "teams": {name: _team_out(team) for name, team in sorted(plan.teams.items())},
        "epics": [_epic_out(epic) for epic in plan.epics],
        "sizes": {kind: list(sizes) for kind, sizes in sorted(plan.sizes.items())},
        "growth": list(plan.growth),
        "late": {group: [list(pair) for pair in sorted(late.items())] for group, late in sorted(plan.late.items())},
        "trials": plan.trials,
        "horizon_days": plan.horizon_days,
        "definition_version": plan.definition_version,
    }


def from_dict(kept: Mapping[str, Any]) -> Plan:
    """The plan that was kept."""
    return Plan(
        as_of=date.fromisoformat(kept["as_of"]),
        seed=kept["seed"],
        teams={name: _team_in(team) for name, team in kept["teams"].items()},
        epics=tuple(_epic_in(epic) for epic in kept["epics"]),
        sizes={kind: tuple(sizes) for kind, sizes in kept["sizes"].items()},
        assumed=frozenset(kept.get("assumed", ())),
        growth=tuple(kept["growth"]),
        late={group: dict(late) for group, late in kept.get("late", {}).items()},
        trials=kept["trials"],
        horizon_days=kept["horizon_days"],
        definition_version=kept["definition_version"],
    )


def calendar_digest(plan: Plan) -> str:
    """A short name for the free days of all teams: another one means that a calendar was changed."""
    told = {name: sorted(day.isoformat() for day in team.holidays) for name, team in plan.teams.items()}
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()[:16]


def _reached(start: str, after: Mapping[str, Sequence[str]]) -> set[str]:
    """Everything that an epic waits for, itself included if it does."""
    seen: set[str] = set()
    ahead = list(after.get(start, ()))
    while ahead:
        name = ahead.pop()
        if name not in seen:
            seen.add(name)
            ahead.extend(after.get(name, ()))
    return seen


def _team_out(team: Team) -> dict[str, Any]:
    told: dict[str, Any] = {"wip": team.wip, "holidays": sorted(day.isoformat() for day in team.holidays)}
    if team.read_on is not None:
        told["read_on"] = team.read_on.isoformat()
    if isinstance(team.samples, Refusal):
        return told | {"refused": team.samples.reason}
    window = team.samples.window
    return told | {
        "samples": list(team.samples.counts),
        "unit": team.samples.unit,
        "window": [window.start.isoformat(), window.end.isoformat()],
    }


def _team_in(kept: Mapping[str, Any]) -> Team:
    found: Samples | Refusal
    if "refused" in kept:
        found = Refusal(reason=kept["refused"])
    else:
        start, end = (date.fromisoformat(day) for day in kept["window"])
        found = Samples(counts=tuple(kept["samples"]), unit=kept["unit"], window=Period(start, end))
    return Team(
        samples=found,
        wip=kept["wip"],
        holidays=frozenset(date.fromisoformat(day) for day in kept["holidays"]),
        read_on=date.fromisoformat(kept["read_on"]) if "read_on" in kept else None,
    )


def _epic_out(epic: Epic) -> dict[str, Any]:
    unclosed = {"unclosed": epic.unclosed} if epic.unclosed else {}
    return unclosed | {
        "id": epic.id,
        "work": {
            team: {"remaining": one.remaining, "done": one.done, "unsplit": dict(sorted(one.unsplit.items()))}
            for team, one in sorted(epic.work.items())
        },
        "after": sorted(epic.after),
        "due_on": epic.due_on.isoformat() if epic.due_on else None,
        "is_begun": epic.is_begun,
    }


def _epic_in(kept: Mapping[str, Any]) -> Epic:
    return Epic(
        id=kept["id"],
        work={team: Work(**one) for team, one in kept["work"].items()},
        after=tuple(kept["after"]),
        due_on=date.fromisoformat(kept["due_on"]) if kept["due_on"] else None,
        is_begun=kept.get("is_begun", False),
        unclosed=kept.get("unclosed", 0),
    )
