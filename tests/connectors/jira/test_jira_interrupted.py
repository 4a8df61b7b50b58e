"""Stopped at any request, the next runs end with what an undisturbed one would hold."""

from __future__ import annotations

import subprocess
import sys
from datetime import timedelta

import pytest

from connectors import connect
from connectors.base import SettingsError, SourceSettings, TrackerError
from connectors.sandbox.jira_cloud import JiraCloudSandbox
from connectors.sandbox.jira_data_center import JiraDataCenterSandbox
from connectors.sandbox.jira_site import JiraSite
from connectors.sandbox.loopback import answer
from tests.connectors.jira.jira_house import (
    MONDAY,
    Clock,
    House,
    Kept,
    a_cloud,
    a_data_center,
    a_site,
    an_issue,
    millis,
)

KINDS = ["cloud", "data center"]


def a_house(kind: str) -> House:
    """Small pages, so that a small site takes many requests."""
    site, clock = a_site(), Clock(MONDAY + timedelta(days=1))
    epic = an_issue(site, type="Epic")
    for number in range(24):
        issue = an_issue(site, at=MONDAY + timedelta(minutes=number), parent=epic)
        site.transition(issue, "Doing", millis(MONDAY + timedelta(minutes=number + 60)))
    if kind == "cloud":
        house = a_cloud(site, clock)
        assert isinstance(house.server, JiraCloudSandbox)
        house.server.key_page, house.server.search_page, house.server.changelog_page = 10, 5, 7
        return house
    house = a_data_center(site, clock)
    assert isinstance(house.server, JiraDataCenterSandbox)
    house.server.page_limit = 5
    return house


def edit(site: JiraSite, clock: Clock) -> None:
    clock.pass_(hours=1)
    for number in range(2, 20):
        site.transition(site.issue(f"CLM-{number}"), "Done", millis(clock.at) + number)
    clock.pass_(minutes=1)


def undisturbed(kind: str) -> Kept:
    house = a_house(kind)
    with house.server:
        house.sync()
        edit(house.site, house.clock)
        house.sync()
    return house.kept


def told(kept: Kept) -> object:
    """What was kept, less the server's address, which differs."""
    items = {each: (item.key, item.status, item.parent_id, item.updated_at) for each, item in kept.items.items()}
    return items, kept.changes, kept.histories, kept.suspects, kept.unreadable


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("number", range(0, 36, 2))
def test_a_run_that_is_stopped_at_any_request_is_made_good_by_the_next(kind: str, number: int) -> None:
    expected = told(undisturbed(kind))
    house = a_house(kind)
    house.fails(path="", skip=number, times=1, response=answer({"message": "no"}, status=403))
    with house.server:
        for step in range(2):
            try:
                house.sync()
            except TrackerError:
                house.sync()
            if step == 0:
                edit(house.site, house.clock)

    assert told(house.kept) == expected


@pytest.mark.parametrize("kind", KINDS)
def test_reading_again_leaves_everything_as_it_was(kind: str) -> None:
    house = a_house(kind)
    with house.server:
        house.sync()
        before = told(house.kept)
        for full in (False, True, False):
            house.sync(full=full)

            assert told(house.kept) == before


def test_no_request_leaves_before_the_first_question() -> None:
    house = a_house("cloud")
    with house.server:
        connector = house.connector()
        connector.close()

    assert (connector.requests_made(), house.server.requests) == (0, [])


def test_an_unknown_kind_of_tracker_names_the_known_ones() -> None:
    settings = SourceSettings(name="claims", kind="trello", url="https://example.test", token="t")
    clock = Clock()

    with pytest.raises(SettingsError, match="azure_devops, jira"):
        connect(settings, now=clock.now, monotonic=clock.monotonic, sleep=clock.sleep, random=lambda: 0.5)


def test_the_client_packages_are_not_loaded_before_they_are_needed() -> None:
    script = (
        "import connectors, sys; print({'jira', 'azure', 'requests'} & {name.split('.')[0] for name in sys.modules})"
    )

    loaded = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)

    assert loaded.stdout.strip() == "set()"
