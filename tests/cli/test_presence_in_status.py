"""What `vmo status` says of items that are missing, projects that are suspended, and what was removed."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from cli.status import _source_problems
from connectors.sandbox.loopback import RecordedRequest, Response, answer
from domain.trust import SourceTrust
from tests.cli.program import vmo
from tests.cli.small_company import SECRETS, Trackers


@contextmanager
def hidden(trackers: Trackers, count: int) -> Iterator[list[str]]:
    """The token sees so many issues of the largest project less; yields their keys."""
    site = trackers.jira.site
    largest, _ = Counter(issue.project_id for issue in site.issues.values()).most_common(1)[0]
    issues = [issue for _, issue in sorted(site.issues.items()) if issue.project_id == largest][-count:]
    site.hidden |= {issue.id for issue in issues}
    try:
        yield [issue.key for issue in issues]
    finally:
        site.hidden.clear()


def nothing_found() -> Response:
    return answer({"issues": [], "isLast": True})


def shop(folder: Path) -> dict[str, Any]:
    told = json.loads(vmo("status", "--json", folder=folder).out)
    return next(one for one in told["sources"] if one["source"] == "shop")


def test_a_missing_item_is_named_with_its_strikes_and_then_counted_as_removed(synced: Path, trackers: Trackers) -> None:
    with hidden(trackers, 1) as (key,):
        vmo("sync", "--sweep", folder=synced, env=SECRETS)
        missing, told = shop(synced)["missing"], vmo("status", folder=synced).out
        trackers.wall.ahead = timedelta(hours=7)
        vmo("sync", "--sweep", folder=synced, env=SECRETS)
        removed, told_removed = shop(synced), vmo("status", folder=synced).out
    back = vmo("sync", "--sweep", folder=synced, env=SECRETS)
    returned = shop(synced)

    assert [(one["key"], one["strikes"], one["of"]) for one in missing] == [(key, 1, 2)]
    assert f"missing: {key}, strike 1 of 2, since " in told
    assert (removed["missing"], removed["removed"]) == ([], {"deleted_or_hidden": 1})
    assert "removed, with their histories kept: 1 deleted or hidden" in told_removed
    assert f"1 back, and read again next: {key}" in back.out + back.err
    assert (back.code, returned["removed"], returned["held"]) == (0, {}, removed["held"] + 1)  # read in the same turn


def test_a_suspended_project_is_named_with_why_and_what_to_do(synced: Path, trackers: Trackers) -> None:
    with hidden(trackers, 12):
        swept = vmo("sync", "--sweep", folder=synced, env=SECRETS)
        source, ended = shop(synced), vmo("status", folder=synced)
        later = vmo("sync", "--source", "shop", env=SECRETS, folder=synced)
        read = shop(synced)

    assert swept.code == 3
    assert (later.code, read["outcome"], read["stale"]) == (3, "ok", False)
    assert "have vanished at once; they are kept; if they really went, run `vmo confirm shop vanished`" in later.out
    assert source["suspended"]
    assert all("vmo confirm shop vanished" in one["what_to_do"] for one in source["suspended"])
    assert "have vanished at once; they are kept" in ended.out
    assert ended.code == 3


def test_confirming_says_that_a_sweep_within_six_hours_changes_nothing(synced: Path, trackers: Trackers) -> None:
    with hidden(trackers, 12):
        vmo("sync", "--sweep", folder=synced, env=SECRETS)
        confirmed = vmo("confirm", "shop", "vanished", folder=synced, env=SECRETS)
        vmo("sync", "--sweep", folder=synced, env=SECRETS)
        source = shop(synced)

    assert "6 hours or more after they were first missed" in confirmed.out
    assert (source["suspects"], source["removed"]) == (12, {})


def test_a_count_that_differs_says_when_it_was_made(synced: Path, trackers: Trackers) -> None:
    with hidden(trackers, 1):
        vmo("sync", "--sweep", folder=synced, env=SECRETS)
        source, told = shop(synced), vmo("status", folder=synced).out

    assert f"the source has {source['held'] - 1} as counted " in told


def test_each_project_is_counted_and_a_count_that_agrees_says_when_it_was_made(synced: Path) -> None:
    vmo("sync", "--sweep", folder=synced, env=SECRETS)

    source, told = shop(synced), vmo("status", folder=synced)

    assert f"{source['held']} items held, the source has {source['held']} as counted " in told.out
    assert (told.code, "were last counted" in told.out) == (0, False)
    assert sum(one["held"] for one in source["projects"]) == source["held"] == source["declared"]
    assert {one["declared_by"] for one in source["projects"]} == {"census"}
    assert source["not_held"] == 0


def test_a_count_that_no_sync_has_made_for_days_is_an_open_problem() -> None:
    counted_at = datetime(2026, 11, 10, 9, tzinfo=UTC)
    read = SourceTrust(
        source="shop", kind="Jira", base_url="", complete_at=counted_at + timedelta(days=3), attempted_at=None,
        outcome="ok", census_at=counted_at,
    )  # fmt: skip
    later = replace(read, complete_at=counted_at + timedelta(days=3, minutes=1))

    paris = ZoneInfo("Europe/Paris")
    found = [_source_problems((one,), now=counted_at + timedelta(days=3), zone=paris) for one in (read, later)]
    (stale,) = _source_problems((read,), now=counted_at + timedelta(days=9), zone=paris)

    told = "all ids were last counted Tue 10 Nov 2026 10:00 CET, though it was read since; run `vmo sync --sweep`"
    assert found == [[], [f"shop: {told}"]]
    assert stale == "shop: STALE since Fri 13 Nov 2026 10:00 CET"


def test_a_census_that_failed_is_an_open_problem_and_made_again_until_one_goes_through(
    synced: Path, trackers: Trackers
) -> None:
    trackers.jira.intercept = lambda asked: nothing_found() if asked.path.endswith("search/jql") else None
    vmo("sync", "--sweep", folder=synced, env=SECRETS)
    trackers.jira.intercept = None
    while_empty = vmo("status", folder=synced)
    again = vmo("sync", folder=synced, env=SECRETS)

    ended = vmo("status", folder=synced)

    assert while_empty.code == 3
    assert "shop: the last census failed" in while_empty.out.partition("Open problems:")[2]
    assert "but we hold" in while_empty.out
    assert "a census named" in again.out + again.err
    assert "census failed" not in ended.out
    assert ended.code == 0


def test_a_run_that_goes_on_and_the_last_census_are_told(synced: Path, trackers: Trackers) -> None:
    told: list[str] = []

    def look(asked: RecordedRequest) -> None:
        if asked.path.endswith("search/jql") and not told:
            told.append(vmo("status", folder=synced).out)

    trackers.jira.intercept = look
    vmo("sync", "--sweep", "--source", "shop", folder=synced, env=SECRETS)
    trackers.jira.intercept = None
    ended = vmo("status", folder=synced).out

    assert "under way since " in told[0]
    assert "(sync): 0 items and " in told[0]
    assert "under way" not in ended
    assert "last census: shop: a census named" in ended
