"""Twelve real issues with whole changelogs, from HTTP to the page. Instants were read off the changelogs by hand."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from tests.real.real_trackers import Office, jirametrics_issues, key_figures, office

BEGUN = {
    ("first", "SP-1"): "2021-06-18T18:43:34.818000Z",
    ("first", "SP-2"): "2021-06-18T18:43:38.192000Z",
    ("first", "SP-10"): "2021-08-29T18:06:28.717000Z",
    ("first", "SP-13"): "2022-04-19T01:31:30.710000Z",
    ("first", "SP-14"): "2022-04-19T01:31:32.667000Z",
    ("first", "SP-15"): "2022-04-24T20:30:38.234000Z",
    ("second", "SP-1"): "2021-06-18T18:43:34.818000Z",
    ("second", "SP-2"): "2021-06-18T18:43:38.192000Z",
    ("second", "SP-5"): "2021-06-23T12:44:38.197000Z",
    ("second", "SP-7"): "2021-12-14T00:30:27.952000Z",
    ("second", "SP-8"): "2021-08-29T18:06:23.463000Z",
    ("second", "SP-11"): "2021-12-14T00:30:33.979000Z",
}
FINISHED = {
    ("first", "SP-10"): ("2021-09-06T04:34:26.239000Z", 9),
    ("first", "SP-13"): ("2022-04-19T01:53:42.206000Z", 1),
    ("first", "SP-14"): ("2022-04-19T01:53:07.054000Z", 1),
    ("second", "SP-5"): ("2021-10-11T12:49:07.261000Z", 111),
}


@pytest.fixture(scope="module")
def two_sites(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    first, second = jirametrics_issues()
    with office(tmp_path_factory.mktemp("sites"), first=first, second=second) as here:
        here.gather()
        yield here


def flow(here: Office) -> dict[tuple[str, str], dict[str, str]]:
    return {(row["source"], row["key"]): row for row in here.table("flow")}


def test_keys_that_two_sites_share_stay_two_items(two_sites: Office) -> None:
    items = two_sites.table("items")

    assert sorted((row["source"], row["key"]) for row in items) == sorted(BEGUN)
    assert {row["state"] for row in items if row["key"] == "SP-1"} == {"In Progress", "Review"}


def test_every_item_starts_when_its_changelog_says(two_sites: Office) -> None:
    started = {item: row["started_at"] for item, row in flow(two_sites).items()}

    assert started == BEGUN


def test_only_what_is_done_has_finished_and_both_days_count(two_sites: Office) -> None:
    rows = flow(two_sites)

    finished = {
        item: (row["finished_at"], int(row["flow_time_days"])) for item, row in rows.items() if row["finished_at"]
    }

    assert finished == FINISHED
    assert {row["excluded_reason"] for row in rows.values()} == {""}


def test_a_reopened_item_keeps_its_first_start_and_its_idle_month_is_nobodys(two_sites: Office) -> None:
    row = flow(two_sites)["second", "SP-5"]
    item = next(one for one in two_sites.table("items") if one["key"] == "SP-5")

    # Flagged from 29 August 18:04:59, done from 6 September 04:34:14 to 11 October 12:48:42, done again at 12:49:07.
    flagged_before, flagged_after = 7 * 86_400 + 37_755, 25

    assert int(row["blocked_seconds"]) == flagged_before + flagged_after
    assert (item["reopen_count"], item["blocked"]) == ("1", "False")
    assert int(row["waiting_seconds"]) + int(row["active_seconds"]) + int(row["blocked_seconds"]) < int(
        row["elapsed_seconds"]
    )


def test_flags_block_the_open_items_that_carry_them(two_sites: Office) -> None:
    blocked = {(row["source"], row["key"]) for row in two_sites.table("items") if row["blocked"] == "True"}

    assert blocked == {("first", "SP-1"), ("first", "SP-15"), ("second", "SP-1")}
    assert int(flow(two_sites)["first", "SP-10"]["blocked_seconds"]) == 25


def test_histories_are_complete_and_nothing_is_lost(two_sites: Office) -> None:
    moves = [
        item
        for site in jirametrics_issues()
        for issue in site
        for history in issue["changelog"]["histories"]
        for item in history["items"]
        if item["field"] == "status"
    ]

    told = two_sites.status()

    held = re.findall(
        r"6 items held, the source has 6 as counted [^;]+; 0 suspect, 0 with gaps [^,]+, 0 set aside", told
    )
    assert len(held) == 2
    assert sum(row["field"] == "status" for row in two_sites.table("changes")) == len(moves)


def test_the_draft_gives_every_item_a_kind(two_sites: Office) -> None:
    assert {row["kind"] for row in two_sites.table("items")} == {"feature"}


def test_the_draft_alone_makes_a_page_whose_figures_are_real_or_not_known(two_sites: Office) -> None:
    pages = two_sites.pages("--as-of", "2022-04-30")

    figures = key_figures(pages["en.md"])

    assert figures == {
        "Flow time, 85% of stories": None,  # two finished in the quarter: too few
        "Throughput, stories": 2,
        "Flow load, stories": 8,
        "Work tied to a theme": None,  # no theme is declared
    }
    assert list(key_figures(pages["fr.md"]).values()) == list(figures.values())
