"""A real project of 1,499 issues without changelogs, from HTTP to the page, with nothing but the draft as settings."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import yaml

from tests.real.real_trackers import Office, aloy_issues, by_key, key_figures, office

GIVEN_UP = ["Won't Fix", "Duplicate", "Invalid", "Cannot Reproduce", "Won't Do"]


@pytest.fixture(scope="module")
def aloy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    with office(tmp_path_factory.mktemp("aloy"), aloy=aloy_issues()) as here:
        here.gather()
        yield here


def drafted(here: Office) -> dict[str, Any]:
    settings = yaml.safe_load((here.folder / "draft.yaml").read_text(encoding="utf-8"))
    source: dict[str, Any] = settings["sources"]["aloy"]
    return source


def resolved_at(issue: dict[str, Any]) -> datetime | None:
    """Counted from the raw file: when an issue was resolved, if it is done and its work was not given up."""
    fields = issue["fields"]
    is_done = fields["status"]["statusCategory"]["key"] == "done" and fields["resolutiondate"] is not None
    if not is_done or fields["resolution"]["name"] in GIVEN_UP:
        return None
    return datetime.fromisoformat(fields["resolutiondate"]).astimezone(UTC)


def test_the_draft_finds_levels_kinds_and_the_resolutions_that_give_up(aloy: Office) -> None:
    source = drafted(aloy)

    assert source["levels"] == {"feature": ["Epic"], "story": ["Bug", "Story", "Improvement", "New Feature"]}
    assert source["resolutions"] == {"cancelled": GIVEN_UP}
    assert source["kinds"] == [{"when": {"type": "Bug"}, "kind": "defect"}, {"kind": "feature"}]


def test_the_draft_says_which_types_count_nowhere(aloy: Office) -> None:
    text = (aloy.folder / "draft.yaml").read_text(encoding="utf-8")

    assert '# at no level, so they count nowhere: "Sub-task", "Technical task"' in text


def test_the_page_makes_no_nonsense_of_what_it_cannot_know(aloy: Office) -> None:
    page = aloy.pages("--as-of", "2014-06-30")["en.md"]

    assert "Date in the future" not in page
    assert "Status nobody mapped" not in page
    assert "Serves no theme" not in page
    assert "items without history" in page
    assert page.count("not known") <= 7


def test_all_1499_issues_are_held_and_proven(aloy: Office) -> None:
    told = aloy.status()

    assert re.search(r"1,499 items held, the source has 1,499 as counted [^;]+; 0 suspect", told)
    assert len(aloy.table("items")) == len({row["key"] for row in aloy.table("items")}) == 1_499


def test_an_issue_without_changelog_finishes_on_its_resolution_date(aloy: Office) -> None:
    rows = by_key(aloy.table("items"))

    finished = {key: datetime.fromisoformat(row["finished_at"]) for key, row in rows.items() if row["finished_at"]}

    assert finished == {issue["key"]: at for issue in aloy_issues() if (at := resolved_at(issue)) is not None}
    assert len(finished) > 900


def test_finished_issues_stay_out_of_flow_time_and_say_why(aloy: Office) -> None:
    rows = [row for row in aloy.table("flow") if row["finished_at"]]

    assert {row["excluded_reason"] for row in rows} == {"no_history"}
    assert {(row["started_at"], row["flow_time_days"], row["active_seconds"]) for row in rows} <= {
        ("", "", ""),
        ("", "", "0"),
    }


def test_throughput_by_month_is_what_the_raw_file_says(aloy: Office) -> None:
    levels = {name: level for level, names in drafted(aloy)["levels"].items() for name in names}
    counted = Counter(
        (levels[kind], at.strftime("%Y-%m-01"))
        for issue in aloy_issues()
        if (at := resolved_at(issue)) is not None and (kind := issue["fields"]["issuetype"]["name"]) in levels
    )

    measured = {
        (row["level"], row["period_start"]): int(row["value"])
        for row in aloy.table("metrics")
        if row["metric"] == "throughput" and row["scope"] == "portfolio" and is_month(row)
    }

    assert {month: items for month, items in measured.items() if items} == counted
    assert sum(counted.values()) > 900


def test_work_that_was_given_up_is_named_and_not_counted(aloy: Office) -> None:
    given_up = {
        issue["key"] for issue in aloy_issues() if (issue["fields"]["resolution"] or {}).get("name") in GIVEN_UP
    }

    rows = by_key(aloy.table("items"))

    assert {key for key, row in rows.items() if row["flow_state"] == "cancelled"} == given_up
    assert not any(rows[key]["finished_at"] for key in given_up)


@pytest.mark.parametrize(
    ("as_of", "expected"),
    [
        pytest.param((), (0, 2, None), id="today, years after the last finish"),
        pytest.param(
            ("--as-of", "2014-06-30"), (2, None, None), id="in the middle of its life, when nobody knows the load"
        ),
    ],
)
def test_the_draft_alone_makes_a_page_whose_figures_are_real_or_not_known(
    aloy: Office, as_of: tuple[str, ...], expected: tuple[int | None, ...]
) -> None:
    pages = aloy.pages(*as_of)

    figures = {locale: tuple(key_figures(pages[f"{locale}.md"]).values()) for locale in ("en", "fr")}

    # Flow time, which no changelog tells; throughput, load and alignment, in percent.
    assert figures["en"] == (None, *expected)
    assert figures["fr"] == figures["en"]


def is_month(row: dict[str, str]) -> bool:
    begin, end = (datetime.fromisoformat(row[name]) for name in ("period_start", "period_end"))
    return begin.day == 1 and end.day == 1
