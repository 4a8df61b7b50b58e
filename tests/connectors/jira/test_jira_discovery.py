"""What a first look into a Jira finds, and the mapping that it drafts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from connectors import discover
from connectors.base import AccessDeniedError, Discovery, SourceSettings
from connectors.jira.discovery import CANCELLED, WAITING, _matches
from connectors.sandbox.jira_site import Status
from tests.connectors.jira.jira_house import MONDAY, TOKEN, USER, Clock, House, a_cloud, a_data_center, a_site, an_issue


@pytest.fixture(params=["cloud", "data center"])
def house(request: pytest.FixtureRequest) -> Iterator[House]:
    site = a_site()
    site.statuses[8] = Status(id=8, name="En attente du client", category="indeterminate")
    an_issue(site, type="Epic")
    for _ in range(3):
        an_issue(site)
    made = a_cloud(site, Clock(MONDAY)) if request.param == "cloud" else a_data_center(site, Clock(MONDAY))
    with made.server:
        yield made


def look(house: House) -> Discovery:
    is_cloud = type(house.server).__name__ == "JiraCloudSandbox"
    settings = SourceSettings(
        name="claims",
        kind="jira",
        url=house.server.url,
        user=USER if is_cloud else None,
        token=TOKEN,
        jql="project = CLM",
        allow_insecure=True,
    )
    clock = house.clock
    return discover(settings, now=clock.now, monotonic=clock.monotonic, sleep=clock.sleep, random=lambda: 0.5)


def test_it_drafts_levels_states_resolutions_kinds_and_fields(house: House) -> None:
    found = look(house)

    drafted = {(guess.what, guess.value) for guess in found.guesses if guess.confidence > 0.6}
    assert {
        ("levels.feature", "Epic"),
        ("levels.story", "Story"),
        ("states.waiting", "Ready for review"),
        ("states.waiting", "En attente du client"),
        ("states.cancelled", "Cancelled"),
        ("resolutions.cancelled", "Won't Do"),
        ("kinds.defect", "Bug"),
        ("fields.business_value", "Business Value"),
        ("fields.job_size", "Job Size"),
        ("fields.story_points", "Story point estimate"),
    } <= drafted
    assert found.items == 4
    assert {seen.name: seen.count for seen in found.types}["Story"] == 3
    assert [scope.key for scope in found.scopes] == ["CLM"]


def test_every_guess_has_its_evidence_and_a_confidence_between_none_and_sure(house: House) -> None:
    for guess in look(house).guesses:
        assert 0 < guess.confidence < 1
        assert guess.evidence


def test_a_field_whose_name_two_fields_bear_is_drafted_by_its_id(house: House) -> None:
    first = next(field for field in house.site.fields.values() if field.name == "Business Value")
    house.site.fields["customfield_20000"] = replace(first, id="customfield_20000")

    values = [guess.value for guess in look(house).guesses if guess.what == "fields.business_value"]

    assert values == [first.id, "customfield_20000"]


def test_a_stranger_discovers_nothing(house: House) -> None:
    house.server.token = "another"

    with pytest.raises(AccessDeniedError):
        look(house)


@pytest.mark.parametrize(
    "name", ["Waiting for customer", "On hold", "Blocked", "Prêt pour recette", "À valider", "Selected"]
)
def test_names_of_waiting_are_known(name: str) -> None:
    assert _matches(WAITING, name)


@pytest.mark.parametrize("name", ["In Progress", "En cours", "Implementing", "Already started", "Done"])
def test_names_of_working_are_not_taken_for_waiting(name: str) -> None:
    assert not _matches(WAITING, name)


@pytest.mark.parametrize(
    "name", ["Won't Do", "Won’t Fix", "Duplicate", "Annulé", "Abandonné", "Cannot Reproduce", "Rejected"]
)
def test_names_of_giving_up_are_known(name: str) -> None:
    assert _matches(CANCELLED, name)


@pytest.mark.parametrize("name", ["Done", "Fixed", "Terminé", "Resolved"])
def test_names_of_finishing_are_not_taken_for_giving_up(name: str) -> None:
    assert not _matches(CANCELLED, name)
