"""Our numbers beside those of another tool, over the same real shapes: payloads/agile-metrics, see SOURCES.md there.

It counts the days between, where we count both days; and it back-fills steps that an item skipped, where we leave
them out. Everything else agrees.
"""

from __future__ import annotations

import csv
import json
from datetime import date
from pathlib import Path

import pytest

from domain.journey import Journey
from domain.period import Period
from metrics.flow_time import flow_time
from metrics.throughput import throughput
from tests.builders import a_calendar, a_moment, an_item

PAYLOADS = Path(__file__).parent.parent / "payloads" / "agile-metrics"
OURS = {"Backlog": "to do", "Next": "review", "Build": "in progress", "QA": "testing", "Done": "done"}
FIRST_QUARTER = Period(date(2021, 1, 1), date(2021, 4, 1))


def traced() -> dict[str, Journey]:
    """The twenty issues, through an adapter that only translates status names."""
    journeys = {}
    for issue in json.loads((PAYLOADS / "search_issues.json").read_text(encoding="utf-8")):
        fields = issue["fields"]
        told = [
            (history["created"], item["field"], item["fromString"], item["toString"])
            for history in issue["changelog"]["histories"]
            for item in history["items"]
        ]
        moves = [(moment, OURS[after]) for moment, field, _, after in told if field == "status"]
        journeys[issue["key"]] = an_item(
            *moves,
            key=issue["key"],
            created=fields["created"],
            changes=[(moment, "flagged", before, after) for moment, field, before, after in told if field == "Flagged"],
        ).journey(as_of="2021-04-15")
    return journeys


def expected() -> dict[str, dict[str, str]]:
    with (PAYLOADS / "cycletime.csv").open(newline="", encoding="utf-8") as file:
        return {row["ID"]: row for row in csv.DictReader(file)}


@pytest.mark.parametrize(("theirs", "ours"), [("Committed", "started_at"), ("Done", "finished_at")])
def test_items_start_and_finish_on_the_same_days(theirs: str, ours: str) -> None:
    journeys = traced()

    days = {key: getattr(journey, ours) for key, journey in journeys.items()}

    assert {key: day.date().isoformat() if day else "" for key, day in days.items()} == {
        key: row[theirs] for key, row in expected().items()
    }


def test_flow_time_is_one_day_more_because_both_days_count() -> None:
    theirs = {
        key: (a_moment(row["Done"]) - a_moment(row["Committed"])).days for key, row in expected().items() if row["Done"]
    }

    measured = flow_time(traced().values(), finished_in=FIRST_QUARTER, calendar=a_calendar())

    assert dict(zip(measured.keys, measured.days, strict=True)) == {key: days + 1 for key, days in theirs.items()}
    assert (measured.n_used, measured.p50_days, measured.p85_days, measured.p95_days) == (
        14,
        16,
        19,
        None,
    )  # theirs: 15, 18


def test_the_same_number_of_items_is_finished() -> None:
    done = throughput(traced().values(), finished_in=FIRST_QUARTER, calendar=a_calendar())

    assert done.items == sum(bool(row["Done"]) for row in expected().values())


def test_a_skipped_step_is_left_out_and_not_filled_in() -> None:
    skipper = traced()["I-1"]

    assert "testing" not in {visit.status for visit in skipper.visits}
    assert expected()["I-1"]["Test"] == "2021-01-20"


def test_the_same_days_are_blocked() -> None:
    blocked = {key: str(journey.spans.blocked // 86_400) for key, journey in traced().items() if journey.finished_at}

    assert blocked == {key: row["Blocked Days"] for key, row in expected().items() if row["Done"]}
