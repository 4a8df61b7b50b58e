"""What the scope takes in changes: other JQL, another project shown, a field that was never asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest

from connectors import transport
from connectors.base import Presence, Scope, TrackerUnavailableError
from connectors.jira import client
from connectors.jira.scope import scope_of
from connectors.sandbox.loopback import answer
from tests.connectors.jira.jira_house import MONDAY, Clock, House, a_cloud, a_data_center, a_site, an_issue, millis

LATER = MONDAY + timedelta(days=30)
Make = Callable[..., House]


@pytest.fixture(params=[a_cloud, a_data_center], ids=["cloud", "data center"])
def house(request: pytest.FixtureRequest) -> Iterator[House]:
    make: Make = request.param
    with (house := make(a_site(), Clock(LATER))).server:
        yield house


def keys(house: House) -> set[str]:
    return {item.key for item in house.kept.items.values()}


def test_old_issues_of_a_project_that_the_scope_takes_in_later_are_read(house: House) -> None:
    old, new = an_issue(house.site), an_issue(house.site, project="DST")
    house.sync(jql="project = CLM")
    house.clock.pass_(hours=1)

    house.sync(jql="project in (CLM, DST)")

    assert keys(house) == {old.key, new.key}


def test_old_issues_that_a_wider_condition_takes_in_are_read(house: House) -> None:
    an_issue(house.site, type="Bug")
    an_issue(house.site)
    house.sync(jql="project = CLM AND issuetype = Bug")
    house.clock.pass_(hours=1)

    house.sync(jql="project = CLM")

    assert len(keys(house)) == 2


@pytest.mark.parametrize("jql", [None, "project in (CLM, DST)"], ids=["every project", "named projects"])
def test_what_changed_in_a_project_while_it_was_hidden_is_read_when_it_is_shown_again(
    house: House, jql: str | None
) -> None:
    an_issue(house.site)
    hidden = an_issue(house.site, project="DST")
    house.sync(jql=jql)
    house.clock.pass_(hours=1)
    distribution = house.site.projects[200]
    distribution.archived = True
    house.site.transition(hidden, "Done", millis(house.clock.at))
    house.clock.pass_(hours=30)
    house.sync(jql=jql)
    house.clock.pass_(hours=30)
    house.sync(jql=jql)
    distribution.archived = False

    house.clock.pass_(hours=1)
    house.sync(jql=jql)
    requests = house.sync(jql=jql)

    assert house.kept.by_key(hidden.key).status == "Done"
    assert requests <= 2


def test_a_scope_that_changes_while_a_full_load_is_interrupted_fetches_nothing_of_the_old_one(house: House) -> None:
    for number in range(150):
        an_issue(house.site, summary=str(number))
    new = an_issue(house.site, project="DST")
    path = "/issue/bulkfetch" if "cloud" in type(house.server).__name__.lower() else "/search"
    house.fails(path=path, skip=1 if path == "/search" else 0, times=30, response=answer({}, status=503))
    with pytest.raises(TrackerUnavailableError):
        house.sync(jql="project = CLM")
    house.server.faults.clear()
    before = set(house.kept.items)

    house.sync(jql="project = DST")

    assert {item.key for each, item in house.kept.items.items() if each not in before} == {new.key}
    assert not house.kept.chunks


@pytest.mark.parametrize(
    ("jql", "is_read", "searches"), [("project = CLM AND labels = vmo", False, 2), ("project = CLM", True, 0)]
)
def test_what_left_the_condition_while_a_full_load_was_interrupted_is_not_read(
    jql: str, is_read: bool, searches: int
) -> None:
    with (house := a_cloud(a_site(), Clock(LATER))).server:
        for _ in range(3):
            an_issue(house.site, labels=("vmo",))
        left = an_issue(house.site, labels=("vmo",))
        house.fails(path="/issue/bulkfetch", times=30, response=answer({}, status=503))
        with pytest.raises(TrackerUnavailableError):
            house.sync(jql=jql)
        house.server.faults.clear()
        house.clock.pass_(hours=1)
        house.site.relabel(left, (), millis(house.clock.at))
        before = len(house.asked("/search/jql"))
        house.sync(jql=jql)

    assert (left.key in keys(house), len(keys(house))) == (is_read, 4 if is_read else 3)
    assert len(house.asked("/search/jql")) - before == searches
    assert not house.kept.chunks


def test_a_field_that_was_never_asked_for_is_fetched_for_old_issues_too(house: House) -> None:
    issue = an_issue(house.site)
    house.sync()
    house.clock.pass_(hours=1)

    house.sync(text_fields=("Reporter",))

    assert house.kept.by_key(issue.key).fields["Reporter"].lower() == issue.reporter.name.lower()


def test_ids_in_the_queue_are_fetched_whatever_their_last_update_says(house: House) -> None:
    missed = an_issue(house.site)
    an_issue(house.site)
    house.sync()
    del house.kept.items[str(missed.id)]
    house.kept.chunks[77] = [str(missed.id), "999999"]
    house.clock.pass_(hours=40)

    house.sync()

    assert missed.key in keys(house)
    assert not house.kept.chunks


def test_one_project_that_is_no_longer_shown_does_not_stop_the_others(house: House) -> None:
    here = an_issue(house.site)
    house.site.projects[200].archived = True

    house.sync(jql="project in (CLM, DST, GONE)")

    assert keys(house) == {here.key}


@pytest.mark.parametrize(
    "jql",
    [
        'project = CLM OR labels = "vmo"',
        'NOT project = CLM AND labels = "vmo"',
        'labels = "vmo" AND summary !~ "project = APOLLO"',
    ],
)
def test_a_census_counts_projects_that_the_scope_does_not_name(house: House, jql: str) -> None:
    issue = an_issue(house.site, project="DST", labels=("vmo",))
    connector = house.connector(jql=jql)

    counted = {each for page in connector.census() for each in page}
    looked = connector.probe([str(issue.id)])

    assert str(issue.id) in counted
    assert looked == {str(issue.id): Presence.THERE}


def test_an_issue_that_left_the_condition_is_not_taken_for_one_in_scope(house: House) -> None:
    here = an_issue(house.site, labels=("vmo",))
    left = an_issue(house.site)

    found = house.connector(jql="project = CLM AND labels = vmo").probe([str(here.id), str(left.id)])

    assert found == {str(here.id): Presence.THERE, str(left.id): Presence.ELSEWHERE}


@pytest.mark.parametrize(
    "hostile",
    [{"labels": 7}, {"issuelinks": [{"type": 3, "outwardIssue": {"id": 1}}]}, {"customfield_10020": 5}],
    ids=["labels that are a number", "a link of no type", "sprints that are a number"],
)
def test_an_issue_of_an_impossible_shape_is_set_aside_and_stops_no_other(
    house: House, hostile: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    good, bad = an_issue(house.site), an_issue(house.site)
    spoil(monkeypatch, str(bad.id), hostile)

    house.sync()

    assert good.key in keys(house)
    assert {*house.kept.items, *(each for each, _ in house.kept.unreadable)} == {str(good.id), str(bad.id)}


def spoil(monkeypatch: pytest.MonkeyPatch, issue_id: str, hostile: dict[str, Any]) -> None:
    """Let the answers carry these values in the fields of one issue."""
    sound = transport.answer_of

    def spoilt(response: Any) -> Any:
        told = sound(response)
        for issue in told.json.get("issues", []) if isinstance(told.json, dict) else []:
            if issue.get("id") == issue_id:
                issue["fields"] |= hostile
        return told

    monkeypatch.setattr(client, "answer_of", spoilt)


@pytest.mark.parametrize(
    ("jql", "clause"),
    [
        ("project in (CLM, GONE)", "(project in (100))"),
        (
            "labels = a AND project in (CLM, GONE) AND issuetype = Story",
            "(labels = a AND project in (100) AND issuetype = Story)",
        ),
        ('summary ~ "project = GONE" AND project = CLM', '(summary ~ "project = GONE" AND project = CLM)'),
        ("project = GONE", "(project = GONE)"),
        ("project = GONE OR project = CLM", "(project = GONE OR project = CLM)"),
        ("project != GONE AND project = CLM", "(project != GONE AND project = CLM)"),
        ("(project = GONE)", "((project = GONE))"),
    ],
    ids=["projects", "among conditions", "in a quotation", "none left", "beside an or", "not that one", "in brackets"],
)
def test_a_project_that_is_not_shown_is_left_out_of_the_query_where_its_place_is_plain(jql: str, clause: str) -> None:
    shown = [Scope(id="100", key="CLM", name="Claims"), Scope(id="200", key="DST", name="Distribution")]

    assert scope_of(jql, who="claims").clause(shown) == clause
