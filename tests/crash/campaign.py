"""Many points one after the other, the planted bugs, and the figures at the end."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from tests.crash.harness import Harness, Tally
from tests.crash.planted import BUGS
from tests.crash.points import AT_A_REQUEST, KINDS, SQLITE, Kind, Point, Scenario, every_point, sample, shares
from tests.crash.shim import Action
from tests.crash.stores import Stores
from tests.crash.trackers import FIRST, listening
from tests.crash.zygote import BrokenHarnessError, Zygote

STRIKES_AT_A_BUG = 60  # points, spread over a run, within which a planted bug has to be caught
MOST_SHOWN = 40


class Campaign:
    """One worker's harness, at work on many points."""

    def __init__(self, harness: Harness) -> None:
        self._harness = harness

    @classmethod
    @contextlib.contextmanager
    def begun(cls, library: Path, stores: Stores) -> Iterator[Campaign]:
        # The process that forks is started before the servers' threads: it must have none of its own.
        with Zygote(library) as zygote, listening() as trackers:
            yield cls(Harness(trackers, zygote, stores))

    def through(
        self, scenarios: Sequence[Scenario], *, size: int | None, seed: int, tell: Callable[[str], None]
    ) -> Tally:
        """Every point of the scenarios (`size` None), or a sample of them by `seed`; `tell` hears of each scenario."""
        total = Tally()
        share = {} if size is None else shares(scenarios, size)
        for scenario in scenarios:
            if size is not None and share[scenario] == 0:
                continue
            counts = self._harness.reference(scenario).counts
            points = (
                every_point(scenario, counts)
                if size is None
                else sample(scenario, counts, size=share[scenario], seed=seed)
            )
            tally = Tally()
            for point in points:
                self._harness.strike(point, tally)
            tell(f"{scenario}: {len(points)} points, {len(tally.violations)} violations")
            total += tally
        return total

    def at_every_request(self, scenario: Scenario) -> Tally:
        """Kill a run before each of its requests in turn."""
        tally = Tally()
        for at in range(1, self._harness.reference(scenario).counts[AT_A_REQUEST.name] + 1):
            self._harness.strike(Point(scenario=scenario, kind=AT_A_REQUEST, at=at), tally)
        return tally

    def catches(self, bug: str, *, seed: int) -> bool:
        """Is a planted bug caught within a few points? Raises BrokenHarnessError where it was never at work."""
        scenario = Scenario(database=SQLITE, source="cloud", moment=FIRST)
        kind = _kind_for(bug)
        counts = self._harness.reference(scenario).counts[kind.name]
        step = max(1, counts // STRIKES_AT_A_BUG)
        worked = 0
        for at in range(1 + seed % step, counts + 1, step):
            tally = Tally()
            worked += self._harness.strike(Point(scenario=scenario, kind=kind, at=at), tally, bug=bug)
            if tally.violations:
                return True
        if not worked and not kind.kills:
            raise BrokenHarnessError(f"the planted bug “{bug}” was never at work")
        return False


def caught(library: Path, stores: Stores, *, seed: int) -> dict[str, bool]:
    """Which of the planted bugs are caught."""
    with Campaign.begun(library, stores) as campaign:
        return {bug: campaign.catches(bug, seed=seed) for bug in BUGS}


def report(tally: Tally, bugs: Mapping[str, bool], *, seconds: float) -> Iterable[str]:
    """The figures, a line a kind, and every violation that is to be shown."""
    for kind, count in sorted(tally.points.items()):
        yield f"{count:>7,}  {kind}"
    total = tally.points.total()
    yield f"{total:>7,}  points in {seconds:,.0f} s: {tally.killed:,} killed, {tally.told:,} failed and said why, "
    yield f"         {tally.unharmed:,} went through unharmed, {tally.ended_by_itself:,} ended before their point"
    yield f"{tally.whole:>7,}  left a prefix of whole batches"
    yield f"{tally.equal:>7,}  next runs ended as if undisturbed"
    yield f"{sum(bugs.values()):>7,}  of {len(bugs)} planted bugs caught"
    yield from (f"NOT CAUGHT: {bug}" for bug, found in bugs.items() if not found)
    yield from (f"VIOLATION: {words}" for words in tally.violations[:MOST_SHOWN])
    if len(tally.violations) > MOST_SHOWN:
        yield f"... and {len(tally.violations) - MOST_SHOWN} more"


def _kind_for(bug: str) -> Kind:
    """Most bugs show when the process dies; one that swallows an error needs an error."""
    wanted = Action.FAIL_ONCE if bug == "trouble swallowed" else Action.KILL_BEFORE
    return next(kind for kind in KINDS[SQLITE] if kind.action is wanted)
