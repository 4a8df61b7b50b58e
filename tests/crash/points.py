"""Where a sync is disturbed: every operation of every kind, for each database, tracker and moment."""

from __future__ import annotations

import errno
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tests.crash.shim import Action, Arming, Watch
from tests.crash.trackers import ALL, CENSUS, FIRST, LATER, SOURCES

SQLITE, POSTGRESQL = "sqlite", "postgresql"
CREATION = "creation"  # a moment before all others: the store itself is made


@dataclass(frozen=True, kw_only=True)
class Kind:
    """A kind of disturbance. `kills`: the process dies. `signs`: one of these words is in what a failed run says.

    `watch` None: the session is ended by the server, at the n-th statement.
    """

    name: str
    watch: Watch | None
    action: Action = Action.COUNT
    error: int = 0
    kills: bool = True
    signs: tuple[str, ...] = ()

    def arming(self, at: int) -> Arming | None:
        if self.watch is None:
            return None
        return Arming(watch=self.watch, at=at, action=self.action, error=self.error)


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """A sync of one source, or of all beside each other, at one moment, into one database."""

    database: str
    source: str
    moment: str

    def __str__(self) -> str:
        return f"{self.database}, {self.source}, {self.moment}"


@dataclass(frozen=True, kw_only=True)
class Point:
    """The n-th operation of a kind in a scenario."""

    scenario: Scenario
    kind: Kind
    at: int

    def __str__(self) -> str:
        return f"{self.scenario}: {self.kind.name} at {self.at}"


def _kills(what: str, watch: Watch, *, torn: Watch | None = None) -> tuple[Kind, ...]:
    return (
        Kind(name=f"kill before a {what}", watch=watch, action=Action.KILL_BEFORE),
        Kind(name=f"kill after a {what}", watch=watch, action=Action.KILL_AFTER),
        Kind(name=f"kill within a {what}", watch=torn or watch, action=Action.KILL_TORN),
    )


def _fails(name: str, watch: Watch, action: Action, error: int, *signs: str) -> Kind:
    return Kind(name=name, watch=watch, action=action, error=error, kills=False, signs=signs)


TRACKER_KILLS = _kills("call to a tracker", Watch.NETWORK)
AT_A_REQUEST = Kind(name="kill before a request", watch=Watch.REQUESTS, action=Action.KILL_BEFORE)
FULL, IO, READ_ONLY, GONE = "make space", "the disk", "writable", "the server"
KINDS: Mapping[str, tuple[Kind, ...]] = {
    SQLITE: (
        *_kills("write to disk", Watch.DISK, torn=Watch.WRITES),
        *TRACKER_KILLS,
        _fails("disk full once", Watch.WRITES | Watch.SIZES, Action.FAIL_ONCE, errno.ENOSPC, FULL, IO),
        _fails("disk full from there", Watch.WRITES | Watch.SIZES, Action.FAIL_FROM_THERE, errno.ENOSPC, FULL, IO),
        _fails("disk full within a write", Watch.WRITES, Action.SHORT_THEN_FAIL, errno.ENOSPC, FULL, IO),
        _fails("short write", Watch.WRITES, Action.SHORT_ONCE, 0),
        _fails("failed fsync", Watch.SYNCS, Action.FAIL_ONCE, errno.EIO, IO),
        _fails("failed write", Watch.WRITES, Action.FAIL_ONCE, errno.EIO, IO),
        _fails("read-only from there", Watch.DISK | Watch.OPENS, Action.FAIL_FROM_THERE, errno.EROFS, READ_ONLY, IO),
    ),
    POSTGRESQL: (
        *_kills("call to the database", Watch.SERVER),
        *TRACKER_KILLS,
        _fails("connection lost", Watch.SERVER, Action.FAIL_ONCE, errno.ECONNRESET, GONE),
        Kind(name="session ended by the server", watch=None, kills=False, signs=(GONE,)),
    ),
}
# A store is made without a tracker.
CREATION_KINDS: Mapping[str, tuple[Kind, ...]] = {
    database: tuple(kind for kind in kinds if kind.watch is not None and kind.kills and kind not in TRACKER_KILLS)
    for database, kinds in KINDS.items()
}
SCENARIOS = tuple(
    Scenario(database=database, source=source, moment=moment)
    for database in (SQLITE, POSTGRESQL)
    for moment in (CREATION, FIRST, LATER, CENSUS)
    for source in ((ALL,) if moment == CREATION else (*SOURCES, ALL))
)


def kinds_of(scenario: Scenario) -> tuple[Kind, ...]:
    return (CREATION_KINDS if scenario.moment == CREATION else KINDS)[scenario.database]


def every_point(scenario: Scenario, counts: Mapping[str, int]) -> list[Point]:
    """All points of a scenario; `counts`: how many operations of each kind an undisturbed run has."""
    return [
        Point(scenario=scenario, kind=kind, at=at)
        for kind in kinds_of(scenario)
        for at in range(1, counts[kind.name] + 1)
    ]


def sample(scenario: Scenario, counts: Mapping[str, int], *, size: int, seed: int) -> list[Point]:
    """Some points of a scenario, as many of each kind as can be; the same for the same seed."""
    chance = random.Random(f"{seed} {scenario}")
    left = {kind: list(range(1, counts[kind.name] + 1)) for kind in kinds_of(scenario)}
    order = list(left)
    chance.shuffle(order)
    chosen: list[Point] = []
    while len(chosen) < size and any(left.values()):
        for kind in order:
            if left[kind] and len(chosen) < size:
                at = left[kind].pop(chance.randrange(len(left[kind])))
                chosen.append(Point(scenario=scenario, kind=kind, at=at))
    return chosen


def shares(scenarios: Sequence[Scenario], total: int) -> dict[Scenario, int]:
    """How many of `total` points each scenario gets: the same, but for the rest of the division."""
    least, rest = divmod(total, len(scenarios))
    return {scenario: least + (number < rest) for number, scenario in enumerate(scenarios)}
