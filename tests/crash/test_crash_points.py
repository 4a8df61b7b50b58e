"""A sample of `make crash`: a sync that dies or fails anywhere leaves whole batches, and the next one finishes."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.crash.campaign import Campaign
from tests.crash.planted import BUGS
from tests.crash.points import CREATION, POSTGRESQL, SCENARIOS, SQLITE, Scenario
from tests.crash.trackers import ALL, CENSUS, FIRST, LATER, SOURCES
from tests.faults.catalogue import case

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1_200)]
SEED = 1
CampaignOn = Callable[[str], Campaign]
# Each database, each tracker and each moment at least once; `make crash` takes all of them.
SAMPLED = {
    SQLITE: ((ALL, CREATION), ("cloud", FIRST), ("azure", LATER), ("data_center", CENSUS)),
    POSTGRESQL: ((ALL, CREATION), (ALL, FIRST), ("data_center", LATER)),
}


@case("E075")
@pytest.mark.parametrize(("database", "points"), [(SQLITE, 24), (POSTGRESQL, 14)])
def test_a_sync_disturbed_anywhere_leaves_whole_batches_and_the_next_one_ends_as_if_undisturbed(
    campaign_on: CampaignOn, database: str, points: int
) -> None:
    chosen = [one for one in SCENARIOS if one.database == database and (one.source, one.moment) in SAMPLED[database]]

    tally = campaign_on(database).through(chosen, size=points, seed=SEED, tell=print)

    assert tally.violations == []
    assert (tally.points.total(), tally.whole, tally.equal) == (points, points, points)
    assert tally.killed > points / 3


@case("E091")
@pytest.mark.parametrize("source", SOURCES)
def test_a_sync_killed_at_any_request_ends_in_the_undisturbed_store(campaign_on: CampaignOn, source: str) -> None:
    scenario = Scenario(database=SQLITE, source=source, moment=FIRST)

    tally = campaign_on(SQLITE).at_every_request(scenario)

    assert tally.violations == []
    assert tally.killed == tally.equal == tally.points.total() >= 9


@pytest.mark.parametrize("bug", BUGS)
def test_a_planted_bug_is_caught(campaign_on: CampaignOn, bug: str) -> None:
    found = campaign_on(SQLITE).catches(bug, seed=SEED)

    assert found
