"""Twenty real issues through the whole job, beside what another tool made of them. The adapter is docs/comparing.md.

Ours come over HTTP, through the store, out of `vmo export`; theirs from payloads/agile-metrics, see SOURCES.md there.
"""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from itertools import pairwise

import pytest

from tests.real.real_trackers import PAYLOADS, Office, agile_metrics_issues, by_key, key_figures, office

STEPS = {"Backlog": "Backlog", "Next": "Committed", "Build": "Build", "QA": "Test", "Done": "Done"}  # ours: theirs
DAY = timedelta(days=1)


@pytest.fixture(scope="module")
def twenty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    with office(tmp_path_factory.mktemp("twenty"), team=agile_metrics_issues()) as here:
        here.gather()
        yield here


def theirs(name: str) -> list[dict[str, str]]:
    with (PAYLOADS / "agile-metrics" / f"{name}.csv").open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def entered(here: Office, *, back_filled: bool) -> dict[str, dict[str, str]]:
    """The adapter: the day on which each item entered each of their steps, by key; "" where it never did.

    Theirs looks at items that moved only, and fills a step that was skipped with the day of the next one entered.
    """
    moves: dict[str, list[tuple[str, date]]] = {row["key"]: [] for row in here.table("items")}
    for row in here.table("changes"):
        if row["field"] == "status":
            moves[row["key"]].append((STEPS[row["to_value"]], day(row["occurred_at"])))
    born = {row["key"]: day(row["created_at"]) for row in here.table("items")}
    found = {}
    for key, steps in moves.items():
        days = dict.fromkeys(STEPS.values(), "")
        if steps:
            days |= {"Backlog": born[key].isoformat(), **{step: on.isoformat() for step, on in steps}}
        for later, earlier in pairwise(reversed(STEPS.values())):
            if back_filled and not days[earlier]:
                days[earlier] = days[later]
        found[key] = days
    return found


def test_every_item_enters_every_step_on_the_same_day(twenty: Office) -> None:
    ours = entered(twenty, back_filled=True)

    assert ours == {row["ID"]: {step: row[step] for step in STEPS.values()} for row in theirs("cycletime")}


def test_only_a_skipped_step_is_filled_in_by_them_and_left_out_by_us(twenty: Office) -> None:
    ours, filled = entered(twenty, back_filled=False), entered(twenty, back_filled=True)

    differing = {(key, step) for key, days in filled.items() for step, on in days.items() if ours[key][step] != on}
    seconds = twenty.vmo("export", "flow", "--states", "--format", "csv")

    assert differing == {("I-1", "Test")}
    assert not [line for line in seconds.splitlines() if ",I-1," in line and "QA" in line]


def test_starts_and_finishes_are_their_committed_and_done(twenty: Office) -> None:
    rows = by_key(twenty.table("flow"))

    ours = {key: (iso_day(row["started_at"]), iso_day(row["finished_at"])) for key, row in rows.items()}

    assert ours == {row["ID"]: (row["Committed"], row["Done"]) for row in theirs("cycletime")}


def test_type_status_and_resolution_agree(twenty: Office) -> None:
    ours = {row["key"]: (row["type"], row["state"], row["title"]) for row in twenty.table("items")}

    assert ours == {row["ID"]: (row["Type"], row["Status"], row["Name"]) for row in theirs("cycletime")}


def test_flow_time_is_one_day_more_for_every_item(twenty: Office) -> None:
    ours = {row["key"]: int(row["flow_time_days"]) for row in twenty.table("flow") if row["flow_time_days"]}

    assert ours == {row["key"]: int(row["cycle_time"]) + 1 for row in theirs("scatterplot")}


def test_lead_time_is_from_creation_to_finish(twenty: Office) -> None:
    items = [row for row in twenty.table("items") if row["finished_at"]]

    ours = {row["key"]: (day(row["finished_at"]) - day(row["created_at"])).days for row in items}

    assert ours == {row["key"]: int(row["lead_time"]) for row in theirs("scatterplot")}


def test_as_many_items_finish_on_each_day(twenty: Office) -> None:
    ours = Counter(iso_day(row["finished_at"]) for row in twenty.table("flow") if row["finished_at"])

    expected = {row["Period starting"]: int(row["count"]) for row in theirs("throughput")}

    assert {on: ours[on] for on in expected} == expected
    assert sum(ours.values()) == sum(expected.values())


def test_the_exported_throughput_of_each_month_is_the_sum_of_their_days(twenty: Office) -> None:
    ours = {
        row["period_start"][:7]: int(row["value"])
        for row in twenty.table("metrics")
        if (row["metric"], row["level"], row["scope"]) == ("throughput", "story", "portfolio")
        and (row["period_start"][8:], row["period_end"][8:]) == ("01", "01")
        and row["value"] != "0"
    }

    expected: Counter[str] = Counter()
    for row in theirs("throughput"):
        expected[row["Period starting"][:7]] += int(row["count"])

    assert ours == expected


def test_their_percentiles_are_ours_interpolated_and_less_a_day(twenty: Office) -> None:
    days = sorted(int(row["flow_time_days"]) for row in twenty.table("flow") if row["flow_time_days"])

    expected = {float(row["Quantile"]): duration(row["cycle_time"]) for row in theirs("percentiles")}

    assert {share: interpolated(days, share) * DAY - DAY for share in expected} == expected


def test_the_page_says_a_percentile_that_really_happened(twenty: Office) -> None:
    pages = twenty.pages("--as-of", "2021-03-31")

    figures = key_figures(pages["en.md"])

    # Theirs: 18 days, and 19 days 1 h 12 min for 95%, of which we say nothing: 14 items are too few.
    assert figures["Flow time, 85% of stories"] == 19
    assert (figures["Throughput, stories"], figures["Flow load, stories"]) == (2, 3)


def test_the_same_item_was_blocked_in_the_same_step_on_the_same_days(twenty: Office) -> None:
    changes = [row for row in twenty.table("changes") if row["field"] == "flagged"]
    raised = {row["key"]: row for row in changes if row["to_value"]}
    lowered = {row["key"]: row for row in changes if row["from_value"]}

    ours = [
        {
            "key": key,
            "status": step_at(twenty, key, row["occurred_at"]),
            "flag": row["to_value"],
            "start": iso_day(row["occurred_at"]),
            "end": iso_day(lowered[key]["occurred_at"]),
        }
        for key, row in raised.items()
    ]

    assert ours == theirs("impediments")


def test_as_many_days_are_blocked(twenty: Office) -> None:
    ours = {row["key"]: int(row["blocked_seconds"]) / 86_400 for row in twenty.table("flow") if row["finished_at"]}

    assert ours == {row["key"]: int(row["blocked_days"]) for row in theirs("scatterplot")}


def step_at(here: Office, key: str, moment: str) -> str:
    moves = [row for row in here.table("changes") if row["key"] == key and row["field"] == "status"]
    return [STEPS[row["to_value"]] for row in moves if row["occurred_at"] <= moment][-1]


def interpolated(values: Sequence[int], share: float) -> float:
    """The percentile as theirs is computed: between the two nearest values, in proportion."""
    place = share * (len(values) - 1)
    below = int(place)
    above = min(below + 1, len(values) - 1)
    return values[below] + (place - below) * (values[above] - values[below])


def duration(text: str) -> timedelta:
    """`19 days 01:12:00`."""
    days, _, clock = text.partition(" days ")
    hours, minutes, seconds = map(int, clock.split(":"))
    return timedelta(days=int(days), hours=hours, minutes=minutes, seconds=seconds)


def day(instant: str) -> date:
    return datetime.fromisoformat(instant).date()


def iso_day(instant: str) -> str:
    return day(instant).isoformat() if instant else ""
