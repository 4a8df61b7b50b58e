"""Fields, types and states are asked for once a day; in between the cursor remembers them."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

import pytest

from connectors.azure_devops.client import AzureDevOps
from connectors.azure_devops.look import Look, look_of
from connectors.azure_devops.questions import Questions
from domain.work_item import StatusCategory
from tests.connectors.azure_devops.scripted_collection import (
    AGILE_STATES,
    NOW,
    Site,
    Store,
    a_revision,
    a_type,
    collection,
    fields_offered,
)
from tests.connectors.scripted_server import Reply, Seen, json_answer

LOOK = ("/wit/fields", "/wit/workItemTypes", "/wit/classificationNodes")
TREE = [{"id": 10, "name": "Claims", "structureType": "iteration", "children": [{"id": 11, "name": "Sprint 1"}]}]


def a_run(site: Site, store: Store, *, after: timedelta = timedelta(), full: bool = False, **changed: Any) -> list[str]:
    """Sync at a moment after NOW; return what of the look was asked for."""

    def then() -> datetime:
        return NOW + after

    questions = Questions(site.settings(**changed), **{**site.world(), "now": then})
    before = len(site.server.seen)
    store.sync(AzureDevOps(site.settings(**changed), questions, now=then), full=full)
    store.cursor = json.loads(json.dumps(store.cursor))  # as a database gives it back
    paths = [seen.path for seen in site.server.seen[before:]]
    return [end for end in LOOK for path in paths if path.endswith(end)]


@pytest.mark.parametrize(
    ("after", "asked"),
    [
        pytest.param(timedelta(hours=1), [], id="within the day"),
        pytest.param(timedelta(hours=24), [*LOOK], id="a day later"),
        pytest.param(timedelta(hours=-1), [*LOOK], id="by a clock that was set back"),
    ],
)
def test_the_look_is_taken_once_a_day(after: timedelta, asked: list[str]) -> None:
    store = Store()
    with collection(revisions=[a_revision(7, 1)], nodes=TREE) as site:
        assert a_run(site, store) == [*LOOK]

        found = a_run(site, store, after=after)

    assert found == asked


def test_a_full_run_another_scope_a_new_project_and_another_field_take_the_look_again() -> None:
    store = Store()
    with collection(revisions=[a_revision(7, 1)]) as site:
        a_run(site, store)
        full = a_run(site, store, full=True)
        scope = a_run(site, store, projects=("Claims",))
        field = a_run(site, store, projects=("Claims",), value_fields={"job_size": "Effort"})
        site.projects.append({"id": "p-2", "name": "Motor", "state": "wellFormed"})
        a_run(site, store)
        site.projects.append({"id": "p-3", "name": "Home", "state": "wellFormed"})
        project = a_run(site, store)

    assert full == scope == field == [*LOOK]
    assert project.count("/wit/workItemTypes") == 3


def test_an_item_that_comes_within_the_day_is_read_as_on_a_day_of_looking() -> None:
    store, other = Store(), Store()
    custom = {"name": "Cost", "referenceName": "Custom.Cost", "type": "double"}
    own: dict[str, Any] = {"value_fields": {"cost_estimate": "Cost"}}
    with collection(revisions=[a_revision(7, 1)], fields=fields_offered(custom)) as site:
        a_run(site, store, **own)
        site.revisions += [a_revision(7, 2, State="Active", Custom__Cost=12), a_revision(8, 1, WorkItemType="Bug")]

        asked = a_run(site, store, after=timedelta(hours=1), **own)
        a_run(site, other, **own)

    assert asked == []
    assert (store.items, store.changes, store.kept) == (other.items, other.changes, other.kept)


def test_a_state_that_is_not_known_yet_is_asked_for_once() -> None:
    store = Store()
    with collection(revisions=[a_revision(7, 1)]) as site:
        a_run(site, store)
        site.types = [a_type("User Story", (*AGILE_STATES, ("On hold", "InProgress")))]
        site.revisions += [a_revision(7, 2, State="On hold"), a_revision(7, 3, State="Nowhere")]

        asked = a_run(site, store)
        again = a_run(site, store)

    assert (asked, again) == (["/wit/workItemTypes"], [])
    assert store.items["7"].status_category is StatusCategory.UNKNOWN
    assert store.cursor["look"]["tables"][0]["User Story"]["On hold"] == "InProgress"


def without_reason(seen: Seen) -> Reply | None:
    """A collection that has System.Reason no more refuses to tell of it."""
    gone = seen.path.endswith("/workItemRevisions") and "System.Reason" in seen.json["fields"]
    return json_answer({"message": "TF51535: Cannot find field System.Reason."}, status=400) if gone else None


def test_a_field_that_went_within_the_day_is_asked_for_no_more() -> None:
    store = Store()
    with collection(revisions=[a_revision(7, 1)]) as site:
        a_run(site, store)
        site.fields, site.fault = fields_offered(without=("System.Reason",)), without_reason
        site.revisions.append(a_revision(7, 2, State="Active"))

        asked = a_run(site, store)
        again = a_run(site, store)

    assert (asked, again) == (["/wit/fields"], [])
    assert store.items["7"].status == "Active"


def test_a_field_made_within_the_day_is_asked_for_from_the_next_look_on_even_where_another_went() -> None:
    made = {"name": "Secrecy", "referenceName": "Custom.Secrecy", "type": "string"}

    store = Store()
    with collection(revisions=[a_revision(7, 1)]) as site:
        a_run(site, store)
        site.fields, site.fault = fields_offered(made, without=("System.Reason",)), without_reason
        a_run(site, store)
        within_the_day = store.cursor["look"]["fields"]
        a_run(site, store, after=timedelta(hours=25))

    assert not {"System.Reason", "Custom.Secrecy"} & set(within_the_day)
    assert "Custom.Secrecy" in store.cursor["look"]["fields"]


def test_a_project_whose_types_may_not_be_seen_is_tried_twice_and_then_with_its_first_item(
    caplog: pytest.LogCaptureFixture,
) -> None:
    def denied(seen: Seen) -> Reply | None:
        return json_answer({"message": "no"}, status=403) if "/Motor/" in seen.path else None

    store = Store()
    projects = [{"id": "p-1", "name": "Claims"}, {"id": "p-2", "name": "Motor"}]
    with collection(revisions=[a_revision(7, 1)], projects=projects, fault=denied) as site:
        a_run(site, store)
        idle = [a_run(site, store), a_run(site, store)]
        vouched = store.cursor["projects"]
        site.revisions += [a_revision(8, 1, TeamProject="Motor"), a_revision(9, 1)]
        a_run(site, store)

    assert "the states of Motor are not known" in caplog.text
    assert (idle, vouched) == ([["/wit/workItemTypes"], []], ["p-1"])
    assert store.items.keys() == {"7", "9"}
    assert (store.cursor["projects"], store.cursor["look"]["refused"]) == (["p-1"], ["Motor"])


@pytest.mark.parametrize("kept", [None, {}, [], {"asked_at": "soon"}, {"asked_at": NOW.isoformat(), "fields": 3}])
def test_what_is_no_look_is_asked_for_again(kept: Any) -> None:
    assert look_of(kept) is None


def test_projects_of_one_process_share_its_table() -> None:
    table = {"Bug": {"New": "Proposed"}}
    look = Look(
        asked_at=NOW, fields=("System.Id",), marks_deletions=True, types={"Claims": table, "Motor": dict(table)}
    )

    kept = look.kept()

    assert kept["tables"] == [table]
    assert look_of(json.loads(json.dumps(kept))) == look
