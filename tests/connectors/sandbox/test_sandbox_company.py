"""The company keeps its promises: what a demo must show is really in its trackers."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from datetime import UTC, date, datetime
from itertools import pairwise
from pathlib import Path

import pytest

from config.load import load
from config.meaning import endpoints, field_kpis
from connectors.sandbox.azure_site import CHILD, Revision
from connectors.sandbox.company import Company, make_company
from connectors.sandbox.configuration import write_configuration
from connectors.sandbox.jira_answers import Answers
from connectors.sandbox.measures import readings
from connectors.sandbox.register import dependencies

TODAY = date(2026, 11, 23)
MORNING = int(datetime(2026, 11, 23, tzinfo=UTC).timestamp() * 1000)


@pytest.fixture(scope="module")
def company() -> Company:
    return make_company(TODAY)


def test_the_same_day_and_seed_make_the_same_company(company: Company) -> None:
    again = make_company(TODAY)

    assert _bytes(again) == _bytes(company)


def test_another_seed_makes_another_company(company: Company) -> None:
    other = make_company(TODAY, seed=8)

    assert _bytes(other) != _bytes(company)


def test_its_size_is_what_a_demo_can_sync_in_seconds(company: Company) -> None:
    items = len(company.jira.issues) + len(company.azure.items)

    assert 2_000 <= items <= 3_100


def test_nothing_happens_today_or_later(company: Company) -> None:
    updates = [issue.updated for issue in company.jira.issues.values()]
    saves = [revision.at for _, revision in company.azure.stream]

    assert max(updates) < MORNING
    assert max(saves) < MORNING


def test_titles_read_as_work_and_are_hardly_ever_repeated(company: Company) -> None:
    titles = Counter(work.title for work in company.works)

    assert len(titles) > 0.98 * len(company.works)
    assert not any("{" in title for title in titles)


def test_both_trackers_hold_three_levels_and_risks(company: Company) -> None:
    jira = Counter(company.jira.types[issue.type_id].name for issue in company.jira.issues.values())
    azure = Counter(item.fields["System.WorkItemType"] for item in company.azure.items.values())

    assert min(jira[name] for name in ("Initiative", "Epic", "Story", "Bug", "Task", "Sub-task", "Risk")) >= 8
    assert min(azure[name] for name in ("Epic", "Feature", "User Story", "Bug", "Risk")) >= 8


def test_every_kind_of_misfortune_happens(company: Company) -> None:
    fields = Counter(
        item.field for issue in company.jira.issues.values() for history in issue.histories for item in history.items
    )
    removed = [event for event in company.azure.link_stream if event.kind == CHILD and not event.active]
    blocked = [row for row in company.azure.stream if row[1].fields.get("Microsoft.VSTS.CMMI.Blocked") == "Yes"]
    moved = [one for one in company.azure.items.values() if len(_values(one.revisions, "System.TeamProject")) > 1]

    for name in ("Flagged", "Key", "IssueParentAssociation", "issuetype", "Link", "Sprint", "labels", "duedate"):
        assert fields[name] >= 5, name
    assert len(removed) >= 5
    assert len(blocked) >= 20
    assert len(moved) >= 5


def test_work_is_reopened_cancelled_skipped_and_orphaned(company: Company) -> None:
    jira = company.jira
    issues = list(jira.issues.values())
    statuses = [[i.to_text for h in issue.histories for i in h.items if i.field == "status"] for issue in issues]
    stories = [issue for issue in issues if jira.types[issue.type_id].level == 0]

    assert sum("Done" in one[:-1] for one in statuses) >= 20  # came back from done
    assert sum("Won't Do" in one for one in statuses) >= 30
    assert sum(one == ["Done"] for one in statuses) >= 20  # straight from To Do
    assert sum(issue.parent_id is None and not issue.labels for issue in stories) >= 30


def test_one_epic_was_begun_above_the_threshold_without_approval(company: Company) -> None:
    breaches = [
        issue
        for issue in company.jira.issues.values()
        if (issue.values.get("customfield_10105") or 0) >= 1_500
        and not any(item.to_text == "Approved" for history in issue.histories for item in history.items)
        and company.jira.statuses[issue.status_id].name == "Implementing"
    ]

    assert [issue.summary for issue in breaches] == ["Move the order book in one weekend"]


def test_reviews_pile_up_in_supply_and_epics_in_analysis(company: Company) -> None:
    jira = company.jira
    ready = [one for one in jira.issues.values() if jira.statuses[one.status_id].name == "Ready for review"]
    analysing = sum(jira.statuses[one.status_id].name == "Analysing" for one in jira.issues.values())
    analysing += sum(one.fields["System.State"] == "Analysing" for one in company.azure.items.values())

    assert sum(one.key.startswith("SUP-") for one in ready) >= 15
    assert analysing > 6  # the limit that its guardrails set


def test_the_shop_gets_faster_and_supply_slower(company: Company) -> None:
    shop = [_median(company, "shop", quarter) for quarter in (0, 3)]
    supply = [_median(company, "supply", quarter) for quarter in (0, 3)]

    assert shop[1] < 0.75 * shop[0]
    assert supply[1] > 1.5 * supply[0]


def test_every_recent_week_finishes_enough_for_percentiles(company: Company) -> None:
    weeks = Counter(
        int((company.time.now - work.finished) // 5)
        for work in company.works
        if work.level == "story" and work.finished is not None and work.finished < company.time.now
    )

    assert min(weeks[back] for back in range(1, 13)) >= 8


def test_the_theme_in_trouble_has_late_epics_and_falling_readings(company: Company) -> None:
    late = Counter(
        work.theme.id
        for work in company.works
        if work.level == "epic"
        and work.theme is not None
        and work.due is not None
        and work.due < company.time.now < (work.finished or 0.0)
    )
    told = [float(row[2]) for row in readings(company.today)["orders_on_new_core"]]

    assert late.most_common(1)[0][0] == "core"
    assert late["core"] >= 3
    assert told[-1] < max(told) - 10


def test_a_kpi_is_kept_in_a_field_of_the_epic_that_the_settings_name(company: Company, tmp_path: Path) -> None:
    path = write_configuration(
        company, tmp_path, jira_url="http://127.0.0.1:1", ado_url="http://127.0.0.1:2/t", store_url="sqlite:///s.db"
    )

    (told,) = field_kpis(load(path, environ={}))
    assert told.item is not None
    changes = [item for history in company.jira.issue(told.item).histories for item in history.items]
    said = [float(one.to_text or "") for one in changes if one.field == told.field]
    assert said == [float(row[2]) for row in readings(company.today)["orders_on_new_core"]]
    assert not (tmp_path / "kpi" / "orders_on_new_core.csv").exists()


def test_histories_are_numbered_in_the_order_in_which_they_happened(company: Company) -> None:
    everything = sorted((h.id, h.at) for issue in company.jira.issues.values() for h in issue.histories)

    assert all(before[1] <= after[1] for before, after in pairwise(everything))
    assert len({number for number, _ in everything}) == len(everything)


def test_its_settings_are_accepted_without_a_single_mistake(company: Company, tmp_path: Path) -> None:
    file = write_configuration(
        company,
        tmp_path,
        jira_url="http://127.0.0.1:8101",
        ado_url="http://127.0.0.1:8102/tressande",
        store_url="sqlite:///vmo-data/vmo.db",
        kpi_url="http://127.0.0.1:8103",
    )

    settings = load(file, environ={})

    assert [(one.kpi, one.url) for one in endpoints(settings)] == [
        ("order_calls", "http://127.0.0.1:8103/kpi/order_calls")
    ]
    assert list(settings.document.themes) == ["doorstep", "checkout", "circular", "loyalty", "core"]
    promised = {
        name: [one.planned_amount for one in block.benefits] for name, block in settings.document.themes.items()
    }
    assert {name: amounts for name, amounts in promised.items() if amounts} == {
        "doorstep": [3_200_000, 650_000, 300_000],
        "checkout": [2_400_000, None, None],
        "circular": [800_000, 500_000],
        "loyalty": [900_000],
        "core": [1_900_000, 1_900_000, 240_000],  # the first two are parts of one
    }


def _bytes(company: Company) -> bytes:
    answers = Answers(company.jira, "http://jira", True)
    issues = [
        (answers.issue(one, lambda _: True), [answers.history(history, numeric=True) for history in one.histories])
        for one in company.jira.issues.values()
    ]
    items = [(item.id, item.fields) for item in company.azure.items.values()]
    return json.dumps([issues, items]).encode()


def _values(revisions: Iterable[Revision], name: str) -> set[str]:
    return {one.fields[name] for one in revisions if name in one.fields}


def _median(company: Company, stream: str, quarter: int) -> float:
    quarters = company.time.now / 4
    days = sorted(
        work.finished - work.started
        for work in company.works
        if work.level == "story"
        and work.team.stream == stream
        and work.finished is not None
        and work.started is not None
        and quarters * quarter <= work.finished < quarters * (quarter + 1)
    )
    return days[len(days) // 2]


def test_the_register_shows_one_of_each_thing_that_may_be_wanting(company: Company) -> None:
    risks = [work for work in company.works if work.level == "risk"]

    assert sum(work.owner is None for work in risks) == 1
    assert sum("impact" not in work.values for work in risks) == 1
    assert {work.values.get("roam") for work in risks} == {"Owned", "Accepted", None}


def test_epics_wait_for_each_other_across_the_two_trackers(company: Company) -> None:
    by_key = {work.key: work for work in company.works}

    rows = dependencies(company.works, today=company.today, now=company.time.now)

    assert len(rows) == 3
    assert all(by_key[before].team.tracker != by_key[after].team.tracker for before, after, *_ in rows)
