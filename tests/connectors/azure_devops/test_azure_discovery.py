"""A first draft of a mapping from what a real process says of itself."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from connectors.azure_devops.discovery import Findings, draft, ranks_of
from connectors.base import Scope
from connectors.reading import json_of
from domain.work_item import Status, StatusCategory
from tests.connectors.azure_devops.scripted_collection import a_type, fields_offered

PAYLOADS = Path(__file__).parents[2] / "payloads" / "ado"


def a_look(**changed: Any) -> Findings:
    plain: dict[str, Any] = {
        "source": "claims",
        "product": "Azure DevOps Services 7.1",
        "scopes": (Scope(id="p-1", key="Claims", name="Claims"),),
        "statuses": (),
        "fields": fields_offered(),
    }
    return Findings(**(plain | changed))


def a_status(name: str, category: StatusCategory) -> Status:
    return Status(source="claims", status_id=f"Claims/Bug/{name}", name=name, category=category)


def drafted(findings: Findings) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for guess in draft(findings).guesses:
        found.setdefault(guess.what, []).append(guess.value)
    return found


def test_ranks_follow_microsofts_backlog_configuration() -> None:
    backlog = json_of((PAYLOADS / "backlogconfiguration.json").read_bytes())["responses"]["200"]["body"]

    assert ranks_of(backlog) == {"Task": -1, "Ticket": 0, "User Story": 0, "Feature": 1, "Epic": 2}


def test_types_of_one_s_own_take_the_level_of_their_backlog() -> None:
    backlog = {
        "portfolioBacklogs": [
            {"rank": 5, "workItemTypes": [{"name": "Initiative"}]},
            {"rank": 4, "workItemTypes": [{"name": "Epic"}]},
            {"rank": 3, "workItemTypes": [{"name": "Capability"}]},
        ],
        "requirementBacklog": {"workItemTypes": [{"name": "Ticket"}]},
    }

    found = drafted(a_look(backlogs={"Claims": backlog}))

    assert found["levels.epic"] == ["Epic", "Initiative"]
    assert found["levels.feature"] == ["Capability"]
    assert found["levels.story"] == ["Ticket"]


def test_without_a_backlog_the_names_of_microsofts_own_processes_serve() -> None:
    types = {"Claims": [a_type(name) for name in ("Epic", "Issue", "Task", "Test Case")]}

    found = draft(a_look(types=types, backlogs={"Claims": None}))

    assert [(kind.name, kind.rank) for kind in found.types] == [
        ("Epic", 2), ("Issue", 0), ("Task", -1), ("Test Case", None),
    ]  # fmt: skip
    assert ("levels.story", "Issue") in {(guess.what, guess.value) for guess in found.guesses}


def test_only_states_that_differ_from_their_category_are_guessed() -> None:
    statuses = (
        a_status("New", StatusCategory.NEW),
        a_status("Active", StatusCategory.IN_PROGRESS),
        a_status("Waiting for customer", StatusCategory.IN_PROGRESS),
        a_status("Ready for test", StatusCategory.IN_PROGRESS),
        a_status("Ready", StatusCategory.NEW),
        a_status("Resolved", StatusCategory.RESOLVED),
        a_status("Removed", StatusCategory.REMOVED),
        a_status("Won't fix", StatusCategory.DONE),
    )

    found = drafted(a_look(statuses=statuses))

    assert found["states.cancelled"] == ["Removed", "Won't fix"]
    assert found["states.waiting"] == ["Ready for test", "Waiting for customer", "Resolved"]


def test_value_fields_name_the_types_that_carry_them() -> None:
    kind = a_type("Epic") | {"fields": [{"referenceName": "Microsoft.VSTS.Common.BusinessValue"}]}
    own = {"name": "RR-OE Value", "referenceName": "Custom.RROEValue", "type": "integer"}

    guesses = draft(a_look(types={"Claims": [kind]}, fields=fields_offered(own))).guesses
    found = {guess.what: (guess.value, guess.evidence) for guess in guesses if guess.what.startswith("fields.")}

    assert found == {
        "fields.business_value": ("Microsoft.VSTS.Common.BusinessValue", "carried by Epic"),
        "fields.risk_reduction": ("Custom.RROEValue", "a number field called RR-OE Value"),
    }


def test_areas_right_below_a_project_are_candidates_for_value_streams() -> None:
    areas = {"Claims": ["Claims", "Claims\\Motor", "Claims\\Motor\\Glass", "Claims\\Home"], "Empty": ["Empty"]}

    found = drafted(a_look(areas=areas))

    assert found["value_streams"] == ["area: Claims\\Home", "area: Claims\\Motor", "project: Empty"]
