"""What a first look into a Jira finds, and the mapping that it drafts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from connectors import discover
from connectors.base import AccessDeniedError, Discovery, SourceSettings
from connectors.jira.discovery import CANCELLED, WAITING, _matches
from connectors.sandbox.jira_site import BUSINESS_VALUE, Status
from tests.connectors.jira.jira_house import (
    MONDAY,
    TOKEN,
    USER,
    Clock,
    House,
    a_cloud,
    a_data_center,
    a_site,
    an_issue,
    millis,
)


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


def test_it_drafts_the_scale_that_a_fields_name_tells(house: House) -> None:
    found = look(house)

    scales = {guess.value: guess.scale for guess in found.guesses if guess.what.startswith("fields.")}
    assert scales["Cost (k€)"] == 1_000
    assert scales["Business Value"] == 1


def test_it_drafts_levels_states_resolutions_kinds_and_fields(house: House) -> None:
    found = look(house)

    drafted = {(guess.what, guess.value) for guess in found.guesses if guess.confidence >= 0.5}
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


def test_initiatives_are_epics_also_where_the_server_names_no_ranks(house: House) -> None:
    an_issue(house.site, type="Initiative")

    levels = {guess.value: guess.what for guess in look(house).guesses if guess.what.startswith("levels.")}

    assert levels["Initiative"] == "levels.epic"
    assert levels["Epic"] == "levels.feature"


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


def told(found: Discovery, what: str, value: str) -> tuple[float, str]:
    (guess,) = [guess for guess in found.guesses if (guess.what, guess.value) == (what, value)]
    return guess.confidence, guess.evidence


def test_a_waiting_status_that_issues_go_through_is_surer_and_says_how_long_they_lie_there(house: House) -> None:
    site = house.server.site
    for _ in range(6):
        issue = an_issue(site)
        site.transition(issue, "Ready for review", millis(MONDAY + timedelta(days=1)))
        site.transition(issue, "Done", millis(MONDAY + timedelta(days=4)))

    found = look(house)

    used, evidence = told(found, "states.waiting", "Ready for review")
    unused, nothing = told(found, "states.waiting", "En attente du client")
    assert used > unused
    assert "left 6 times after a median of 3.0 days" in evidence
    assert "not seen among the items looked at" in nothing


def test_a_status_that_contradicts_its_category_is_suggested_with_what_was_seen(house: House) -> None:
    site = house.server.site
    site.statuses[7] = Status(id=7, name="Shipped", category="indeterminate")
    for number in range(6):
        issue = an_issue(site)
        site.transition(issue, "Cancelled", millis(MONDAY + timedelta(days=1)))
        site.transition(issue, "Shipped", millis(MONDAY + timedelta(days=2 + number)))

    found = look(house)

    assert "no item has ever left it: 6 stand in it now" in told(found, "states.done", "Shipped")[1]
    assert "most items go on from it: left 6 times" in told(found, "states.active", "Cancelled")[1]


def test_a_field_that_issues_fill_goes_before_one_that_none_fills(house: House) -> None:
    site = house.server.site
    an_issue(site, values={BUSINESS_VALUE: 8})

    found = look(house)

    filled = [guess for guess in found.guesses if "fill it" in guess.evidence and "about" in guess.evidence]
    empty = [guess for guess in found.guesses if "no issue fills it" in guess.evidence]
    assert filled
    assert min(guess.confidence for guess in filled) > max(guess.confidence for guess in empty)


def test_a_label_that_names_a_kind_is_drafted_as_a_rule(house: House) -> None:
    for _ in range(3):
        an_issue(house.server.site, labels=("tech-debt",))

    confidence, evidence = told(look(house), "kinds.debt", "label: tech-debt")

    assert confidence >= 0.5
    assert "is on 3 of the 7 items looked at" in evidence
