"""The whole path against the sandbox, as Services and as a Server of 2020."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import pytest

from connectors.azure_devops.client import AzureDevOps, connect, discover
from connectors.base import AccessDeniedError, Presence, SourceSettings
from connectors.sandbox.azure_devops import AzureDevOpsSandbox
from connectors.sandbox.azure_site import (
    SUCCESSOR,
    AzureProject,
    AzureSite,
    Node,
    Person,
    State,
    Team,
    WorkItem,
    WorkItemType,
)
from domain.work_item import RANK, HistoryState, StatusCategory
from tests.connectors.azure_devops.scripted_collection import NOW, Store

STATES = (State("New", "Proposed"), State("Active", "InProgress"), State("Closed", "Completed"),
          State("Removed", "Removed"))  # fmt: skip
TYPES = (
    WorkItemType(name="Epic", reference="Microsoft.VSTS.WorkItemTypes.Epic", states=STATES, level=2),
    WorkItemType(name="Feature", reference="Microsoft.VSTS.WorkItemTypes.Feature", states=STATES, level=1),
    WorkItemType(name="User Story", reference="Microsoft.VSTS.WorkItemTypes.UserStory", states=STATES, level=0),
    WorkItemType(name="Bug", reference="Microsoft.VSTS.WorkItemTypes.Bug", states=STATES, level=0),
)

flavours = pytest.mark.parametrize(
    "flavour", [{"flavour": "services"}, {"flavour": "server", "max_version": "6.0"}], ids=["services", "server 2020"]
)


def at(day: str) -> int:
    return int(datetime.fromisoformat(f"{day}T09:00:00+00:00").timestamp() * 1000)


def a_project(name: str) -> AzureProject:
    areas = (Node(1, name), Node(2, f"{name}\\Motor"), Node(3, f"{name}\\Home"))
    iterations = (Node(10, name), Node(11, f"{name}\\Sprint 1", "2026-10-26", "2026-11-08"))
    return AzureProject(
        name=name, types=TYPES, teams=(Team(name=f"{name} Team", areas=(name,)),), areas=areas, iterations=iterations
    )


def a_site() -> AzureSite:
    site = AzureSite(organisation="fabrikam", owner=Person("Reporting"))
    site.projects = {name: a_project(name) for name in ("Claims", "Policy Core")}
    return site


def a_story(site: AzureSite, title: str = "Photo of the damage", **changed: Any) -> WorkItem:
    plain: dict[str, Any] = {"project": "Claims", "type": "User Story", "title": title, "state": "New",
                             "at": at("2026-03-01"), "area": "Claims\\Motor"}  # fmt: skip
    return site.create(**(plain | changed))


@contextmanager
def served(site: AzureSite, **knobs: Any) -> Iterator[AzureDevOpsSandbox]:
    with AzureDevOpsSandbox(site, now=lambda: NOW, token="sandbox-secret", **knobs) as server:
        yield server


def connector(server: AzureDevOpsSandbox, **changed: Any) -> AzureDevOps:
    found = connect(settings(server, **changed), **world())
    assert isinstance(found, AzureDevOps)
    return found


def settings(server: AzureDevOpsSandbox, **changed: Any) -> SourceSettings:
    plain: dict[str, Any] = {"token": "sandbox-secret", "projects": ("Claims",)}
    return SourceSettings(name="claims", kind="azure_devops", url=server.url, allow_insecure=True, **(plain | changed))


def world() -> dict[str, Any]:
    return {"now": lambda: NOW, "monotonic": lambda: 0.0, "sleep": lambda _: None, "random": lambda: 0.5}


@flavours
def test_a_portfolio_comes_home_with_its_hierarchy_values_order_and_history(flavour: dict[str, str]) -> None:
    site = a_site()
    values = {"Microsoft.VSTS.Common.BusinessValue": 34, "Microsoft.VSTS.Common.StackRank": 1999999999.5}
    epic = a_story(site, "Settle in days", type="Epic", values=values)
    site.save(epic, at("2026-03-02"), {"Microsoft.VSTS.Common.StackRank": 1000000000})
    story = a_story(site, parent=epic, tags=("theme-settle",), assignee=Person("Product owner"))
    other = a_story(site, "Estimate by phone")
    site.move_state(story, "Active", at("2026-03-05"))
    site.retag(story, ("theme-settle", "Blocked"), at("2026-03-06"))
    site.place(story, "Claims\\Home", at("2026-03-07"))
    site.iterate(story, "Claims\\Sprint 1", at("2026-03-08"))
    site.move_state(story, "Closed", at("2026-03-09"))
    site.link(other, story, SUCCESSOR, at("2026-03-10"))
    store = Store()

    with served(site, **flavour) as server:
        client = connector(server)
        seen = client.preflight()
        first, *_ = store.sync(client)

    one = str(story.id)
    item = store.items[one]
    assert seen.product == f"Azure DevOps {'Services 7.1' if flavour['flavour'] == 'services' else 'Server 6.0'}"
    assert seen.identity_name == "Reporting"
    assert [(sprint.name, sprint.state) for sprint in first.sprints] == [("Claims\\Sprint 1", "active")]
    assert (item.parent_id, item.status, item.status_category) == (str(epic.id), "Closed", StatusCategory.DONE)
    assert (item.area, item.iteration, item.labels, item.flagged) == (
        "Claims\\Home", "Claims\\Sprint 1", ("theme-settle", "Blocked"), True,
    )  # fmt: skip
    assert (item.owner, item.project_id) == ("Product owner", site.projects["Claims"].id)
    assert [(event.from_id, event.to_id) for event in store.links if event.kind == "blocks"] == [(str(other.id), one)]
    assert item.url == f"{server_base(flavour, item.url)}/Claims/_workitems/edit/{one}"
    assert store.items[str(epic.id)].values == {"business_value": 34}
    assert store.items[str(epic.id)].fields == {RANK: "1000000000"}
    assert store.told(str(epic.id), "rank") == [("2026-03-02", "1999999999.5", "1000000000")]
    assert [told[::2] for told in store.told(one, "status")] == [
        ("2026-03-01", "New"), ("2026-03-05", "Active"), ("2026-03-09", "Closed"),
    ]  # fmt: skip
    assert store.told(one, "parent") == [("2026-03-01", None, f"AB#{epic.id}")]
    assert set(store.histories.values()) == {HistoryState.COMPLETE}


@flavours
def test_an_idle_run_is_two_requests_and_a_change_brings_only_itself(flavour: dict[str, str]) -> None:
    site = a_site()
    story, _ = a_story(site), a_story(site, "Another")
    store = Store()
    with served(site, **flavour) as server:
        store.sync(connector(server))
        client = connector(server)
        client.preflight()
        before = client.requests_made()
        store.sync(client)
        assert client.requests_made() - before == 2

        site.move_state(story, "Active", at("2026-04-01"))
        batches = store.sync(client)

    assert [item.external_id for batch in batches for item in batch.items] == [str(story.id)]
    assert store.items[str(story.id)].status == "Active"


@pytest.mark.parametrize("page", [1, 2, 3, 7], ids=lambda page: f"pages of {page}")
def test_pages_of_any_size_come_to_the_same(page: int) -> None:
    site = a_site()
    epic = a_story(site, type="Epic")
    for number in range(5):
        story = a_story(site, f"Story {number}", parent=epic)
        site.move_state(story, "Active", at(f"2026-03-{number + 2:02d}"))
    site.order_streams()
    stores = [Store(), Store()]
    with served(site) as server:
        stores[0].sync(connector(server))
        server.revision_page = server.link_page = page
        stores[1].sync(connector(server))

    assert stores[0].items == stores[1].items
    assert stores[0].changes == stores[1].changes


def test_a_move_to_another_project_keeps_the_history_of_both() -> None:
    site = a_site()
    story = a_story(site)
    site.move_state(story, "Active", at("2026-03-05"))
    site.move(story, "Policy Core", at("2026-03-06"))
    site.move_state(story, "Closed", at("2026-03-07"))
    came = a_story(site, "From elsewhere", project="Policy Core", area="Policy Core")
    site.move_state(came, "Active", at("2026-03-05"))
    store = Store()
    with served(site) as server:
        server.revision_page = 1
        store.sync(connector(server))
        assert store.gone == {str(story.id): "elsewhere"}

        site.move(came, "Claims", at("2026-03-08"))
        store.sync(connector(server))

    assert [told[2] for told in store.told(str(story.id), "status")] == ["New", "Active", "Active", "Closed"]
    assert store.items[str(story.id)].project == "Policy Core"
    assert store.histories[str(came.id)] is HistoryState.COMPLETE
    assert store.told(str(came.id), "status")[0] == ("2026-03-01", None, "New")


def test_deleted_restored_deleted_and_destroyed() -> None:
    site = a_site()
    story, other = a_story(site), a_story(site, "Another")
    one = str(story.id)
    store = Store()
    with served(site) as server:
        client = connector(server)
        store.sync(client)
        site.delete(story, at("2026-04-01"))
        store.sync(client)
        assert store.gone == {one: "recycled"}
        assert client.probe([one]) == {one: Presence.RECYCLED}

        site.restore(story, at("2026-04-02"))
        store.sync(client)
        assert store.gone == {}
        assert client.probe([one]) == {one: Presence.THERE}

        site.delete(story, at("2026-04-03"))
        store.sync(client)
        site.destroy(story)
        store.sync(client)
        assert [list(ids) for ids in client.census()] == [[str(other.id)]]
        assert client.probe([one]) == {one: Presence.ABSENT}


def test_a_lost_token_costs_nothing_that_was_held() -> None:
    site = a_site()
    story = a_story(site)
    site.move_state(story, "Active", at("2026-03-05"))
    store = Store()
    with served(site) as server:
        store.sync(connector(server))
        changes = dict(store.changes)
        store.cursor = {**store.cursor, "rev_token": "of another server", "link_token": "of another server"}
        site.move_state(story, "Closed", at("2026-03-06"))

        store.sync(connector(server))

    assert changes.items() <= store.changes.items()
    assert store.items[str(story.id)].status == "Closed"
    assert store.cursor["rev_token"].split(";")[0].isdigit()


@pytest.mark.parametrize("status", [203, 302, 401])
def test_a_wrong_token_is_an_access_problem(status: int) -> None:
    with served(a_site()) as server:
        server.sign_in_status = status
        with pytest.raises(AccessDeniedError):
            connector(server, token="another").preflight()

        assert len(server.requests) == 1


def test_a_census_of_an_area_names_what_is_below_it() -> None:
    site = a_site()
    inside = a_story(site)
    a_story(site, "Elsewhere", area="Claims\\Home")
    with served(site) as server:
        client = connector(server, area="Claims\\Motor")
        client.preflight()

        assert [list(ids) for ids in client.census()] == [[str(inside.id)]]


@flavours
def test_a_first_look_drafts_levels_states_fields_and_value_streams(flavour: dict[str, str]) -> None:
    site = a_site()
    with served(site, **flavour) as server:
        found = discover(settings(server), **world())

    guesses = {(guess.what, guess.value) for guess in found.guesses}
    assert [(kind.name, kind.rank) for kind in found.types] == [
        ("Epic", 2),
        ("Feature", 1),
        ("Bug", 0),
        ("User Story", 0),
    ]
    assert {("levels.epic", "Epic"), ("levels.feature", "Feature"), ("levels.story", "User Story")} <= guesses
    assert {("states.cancelled", "Removed"), ("kinds.defect", "Bug")} <= guesses
    assert ("fields.business_value", "Microsoft.VSTS.Common.BusinessValue") in guesses
    assert ("fields.cost_estimate", "Custom.CostEstimate") in guesses
    assert {("value_streams", "area: Claims\\Motor"), ("value_streams", "area: Claims\\Home")} <= guesses
    assert all(0 < guess.confidence <= 1 and guess.evidence for guess in found.guesses)


def test_a_walk_with_little_memory_comes_to_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("connectors.azure_devops.streams.MOST_RECORDS_IN_MEMORY", 50)
    site = a_site()
    stories = [a_story(site, f"Story {number}") for number in range(300)]
    for story in stories:
        site.move_state(story, "Active", at("2026-03-05"))
    site.order_streams()
    store = Store()
    with served(site) as server:
        server.revision_page = 100
        store.sync(connector(server))

    assert len(store.items) == 300
    assert {tuple(told[2] for told in store.told(one, "status")) for one in store.items} == {("New", "Active")}


def server_base(flavour: dict[str, str], url: str) -> str:
    base = url.partition("/Claims/")[0]
    assert base.endswith("/fabrikam" if flavour["flavour"] == "services" else "/tfs/DefaultCollection")
    return base


@flavours
def test_an_inspection_counts_each_project_and_reads_the_newest_items_whole(flavour: dict[str, str]) -> None:
    site = a_site()
    stories = [a_story(site, f"Story {number}") for number in range(3)]
    site.move_state(stories[1], "Active", at("2026-03-02"))
    site.move_state(stories[1], "Closed", at("2026-03-05"))
    with served(site, **flavour) as server:
        looked = connector(server).inspect(items=2)

    (visible,) = looked.visible.values()
    assert (visible, looked.is_estimate) == (3, False)
    assert stories[1].id in {int(item.external_id) for item in looked.sample.items}
    assert looked.sample.histories[str(stories[1].id)] is HistoryState.COMPLETE
    moves = [c.to_value for c in looked.sample.changes if c.field == "status" and c.external_id == str(stories[1].id)]
    assert moves == ["New", "Active", "Closed"]


@flavours
def test_a_first_look_says_how_long_items_lay_in_a_state(flavour: dict[str, str]) -> None:
    site = a_site()
    for number in range(5):
        story = a_story(site, f"Story {number}", area="Claims\\Motor" if number % 2 else "Claims\\Home")
        site.move_state(story, "Active", at("2026-03-02"))
        site.move_state(story, "Removed", at("2026-03-12"))
    with served(site, **flavour) as server:
        found = discover(settings(server), **world())

    (removed,) = [guess for guess in found.guesses if guess.value == "Removed"]
    assert "5 stand in it now" in removed.evidence
    streams = {guess.value for guess in found.guesses if guess.what == "value_streams" and guess.confidence >= 0.5}
    assert streams == {"area: Claims\\Motor", "area: Claims\\Home"}
