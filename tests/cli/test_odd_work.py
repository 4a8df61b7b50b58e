"""What a tracker shows and nobody expected: a state of tomorrow, and a tree that goes in circles."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from connectors.sandbox.jira_site import Issue, Status
from tests.cli.program import vmo
from tests.cli.small_company import SECRETS, Trackers, a_folder, small_trackers
from tests.faults.catalogue import case


@pytest.fixture
def own_trackers() -> Iterator[Trackers]:
    with small_trackers() as trackers:
        yield trackers


def stories(trackers: Trackers) -> list[Issue]:
    site = trackers.jira.site
    return [one for one in site.issues.values() if site.types[one.type_id].name == "Story"]


def pages(folder: Path) -> str:
    return "".join(path.read_text("utf-8") for path in folder.glob("vmo-reports/**/latest/*.html"))


def published(folder: Path) -> str:
    """All pages, after a sync and a report that went through."""
    for command in (("sync",), ("report",)):
        ended = vmo(*command, folder=folder, env=SECRETS)
        assert ended.code == 0, ended
    return pages(folder)


@case("D10")
def test_a_state_of_tomorrow_is_named_on_the_page_as_one_that_nobody_mapped(
    own_trackers: Trackers, tmp_path: Path
) -> None:
    site = own_trackers.jira.site
    site.statuses[99] = Status(id=99, name="Simmering", category="undefined")
    story = stories(own_trackers)[0]
    site.transition(story, "Simmering", int(datetime.now(UTC).timestamp() * 1000))

    page = published(a_folder(tmp_path, own_trackers))

    assert "Status nobody mapped" in page
    assert "Simmering" in page
    assert story.key in page


@case("D18")
def test_parents_that_go_in_circles_end_no_run_and_count_once(own_trackers: Trackers, tmp_path: Path) -> None:
    first, second, alone = stories(own_trackers)[:3]
    first.parent_id, second.parent_id, alone.parent_id = second.id, first.id, alone.id

    page = published(a_folder(tmp_path, own_trackers))
    explained = [vmo("explain", one.key, folder=tmp_path) for one in (first, second, alone)]

    assert [ended.code for ended in explained] == [0, 0, 0]
    assert "Its own ancestor" in page
