"""Time at Jira Cloud: whose clock, whose zone, which bounds, and many issues of one instant."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.connectors.jira.jira_house import MONDAY, an_issue, millis
from tests.faults.catalogue import case
from tests.faults.clouds import Cloud, a_cloud_of, many

OVERLAP_MS = 15 * 60_000


def updated_since(cloud: Cloud) -> list[int]:
    """The lower bounds of the incremental searches so far."""
    found = (re.search(r"updated >= (\d+)", body["jql"]) for body in cloud.bodies("/search/jql"))
    return [int(bound[1]) for bound in found if bound]


@case("E035")
@pytest.mark.parametrize(
    ("zone", "night"),
    [
        ("Pacific/Kiritimati", datetime(2026, 11, 1, tzinfo=UTC)),
        ("America/St_Johns", datetime(2026, 11, 1, 2, tzinfo=UTC)),  # clocks go back at 04:30 UTC
        ("Europe/Paris", datetime(2026, 3, 28, 23, tzinfo=UTC)),  # clocks go forward at 01:00 UTC
    ],
)
def test_nothing_is_missed_between_runs_ten_minutes_apart_in_any_zone_and_any_night(
    tmp_path: Path, zone: str, night: datetime
) -> None:
    with a_cloud_of(tmp_path, zone=zone) as cloud:
        cloud.clock.at = night
        issue = an_issue(cloud.site, at=night - timedelta(days=3))
        cloud.sync()
        for step in range(30):
            status = ("Doing", "To Do")[step % 2]
            cloud.site.transition(issue, status, millis(cloud.clock.at))
            cloud.clock.pass_(minutes=10)

            assert cloud.sync().outcome == "ok"
            assert cloud.held(issue).item.status == status

        at = [change.occurred_at for change in cloud.changes(issue)]
        assert at == [night + timedelta(minutes=10 * step) for step in range(30)]


@case("E036")
@pytest.mark.parametrize("minutes", [-9, 9, 60 * 24 * 3], ids=["slow", "fast", "three days fast"])
def test_a_wrong_clock_of_ours_moves_no_watermark_and_widens_no_overlap(tmp_path: Path, minutes: int) -> None:
    with a_cloud_of(tmp_path) as cloud:
        (issue,) = many(cloud, 1)
        cloud.clock.pass_(hours=24 * 5)
        cloud.server.now = lambda: cloud.clock.at - timedelta(minutes=minutes)  # the server's is right
        began = millis(cloud.server.now())
        cloud.sync()
        first = cloud.place_of_cursor["watermark_ms"]
        cloud.clock.pass_(minutes=1)
        cloud.site.transition(issue, "Done", millis(cloud.server.now()))
        cloud.clock.pass_(minutes=9)

        cloud.sync()

        assert (first, updated_since(cloud)) == (began, [began - OVERLAP_MS])
        assert cloud.held(issue).item.status == "Done"
        assert cloud.place_of_cursor["watermark_ms"] == began + 10 * 60_000


@case("E036")
def test_the_wide_overlap_comes_once_a_day_by_the_servers_clock(tmp_path: Path) -> None:
    with a_cloud_of(tmp_path, issues=1) as cloud:
        cloud.sync()
        for _ in range(9):
            cloud.clock.pass_(hours=7)
            cloud.sync()

        spans = [(millis(MONDAY.replace(day=3, hour=9) + timedelta(hours=7 * step)), since)
                 for step, since in enumerate(updated_since(cloud))]  # fmt: skip
        wide = [watermark - since > OVERLAP_MS for watermark, since in spans]

        assert wide == [False, False, False, True, False, False, False, True, False]


@case("E037")
def test_a_search_names_instants_as_bare_milliseconds_and_never_an_upper_bound(tmp_path: Path) -> None:
    with a_cloud_of(tmp_path, issues=5) as cloud:
        cloud.sync()
        for _ in range(3):
            cloud.clock.pass_(hours=13)
            many(cloud, 2)
            cloud.sync()
        cloud.sweep()

        asked = [body["jql"] for body in cloud.bodies("/search/jql")]

    assert len(asked) >= 5
    for jql in asked:
        assert "<" not in jql
        assert re.fullmatch(
            r"\(project in \(CLM, DST\)\)( AND updated >= \d{13})? ORDER BY (created|updated) ASC", jql
        ), jql


@case("E038")
def test_five_hundred_issues_of_one_instant_are_held_once_and_the_walk_goes_on(tmp_path: Path) -> None:
    with a_cloud_of(tmp_path) as cloud:
        cloud.sync()
        cloud.clock.pass_(hours=1)
        for number in range(500):
            an_issue(cloud.site, at=cloud.clock.at, summary=f"Imported {number}")
        before = cloud.place_of_cursor["watermark_ms"]

        record = cloud.sync()
        again = cloud.sync()

        assert (record.outcome, record.items, again.items) == ("ok", 500, 0)
        assert len({held.item.external_id for held in cloud.store.held_items()}) == 500
        assert cloud.place_of_cursor["watermark_ms"] > before
