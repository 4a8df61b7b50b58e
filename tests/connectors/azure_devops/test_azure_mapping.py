"""Revisions, updates and trees as Microsoft and live services give them, read in our words."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from connectors.azure_devops.client import nodes_of, sprints_of
from connectors.azure_devops.look import categories_in, table_of
from connectors.azure_devops.mapping import (
    LinkFact,
    Record,
    Vocabulary,
    category_of,
    follow,
    item_of,
    link_up,
    person_name,
    record_of,
    revisions_from_updates,
)
from connectors.azure_devops.streams import page_of
from connectors.base import UnreadableItemError
from connectors.reading import json_of
from domain.change import Change
from domain.work_item import RANK, StatusCategory, WorkItem
from tests.connectors.azure_devops.scripted_collection import a_revision

PAYLOADS = Path(__file__).parents[2] / "payloads" / "ado"
VOCABULARY = Vocabulary(source="claims", base_url="https://dev.azure.com/fabrikam")


def sample(name: str) -> Any:
    """The body of one of Microsoft's examples."""
    return json_of((PAYLOADS / name).read_bytes())["responses"]["200"]["body"]


def read(
    *revisions: Any, vocabulary: Vocabulary = VOCABULARY, category: str | None = None
) -> tuple[Record, list[Change]]:
    """Follow the revisions from the first to the last."""
    record, changes = None, list[Change]()
    for revision in revisions:
        record, found = follow(
            record,
            revision,
            is_whole=True,
            in_scope=lambda _: True,
            project_id=lambda _: "p-1",
            category=lambda *_: category,
            vocabulary=vocabulary,
        )
        changes += found
    assert record is not None
    return record, changes


def an_item(vocabulary: Vocabulary = VOCABULARY, **fields: Any) -> WorkItem:
    return item_of(read(a_revision(7, 1, **fields), vocabulary=vocabulary)[0], vocabulary)


def test_reads_microsofts_page_of_revisions() -> None:
    page = page_of(sample("reporting-revisions.json"), who="sample")

    record, changes = read(*[value for value in page.values if value["id"] == 1])
    item = item_of(record, VOCABULARY)

    assert page.is_last
    assert page.token == "3;2;1"
    assert item.title == "Technician can check on parts orders on Windows Phone"
    assert item.url == "https://dev.azure.com/fabrikam/Fabrikam-Fiber-Git/_workitems/edit/1"
    assert item.created_at == datetime(2014, 3, 18, 17, 16, 56, 250_000, tzinfo=UTC)
    assert item.updated_at == datetime(2014, 3, 18, 17, 17, 5, 760_000, tzinfo=UTC)
    assert [(change.field, change.from_value, change.to_value) for change in changes] == [
        ("status", None, "New"),
        ("rank", None, "1000000000"),
    ]
    assert item.fields == {RANK: "1000000000"}


def test_reads_microsofts_nine_revisions_of_one_bug() -> None:
    record, changes = read(*sample("workitem-revisions.json")["value"])

    told = [(change.field, change.from_value, change.to_value, change.change_id) for change in changes]
    assert told[:3] == [
        ("status", None, "New", "1:status"),
        ("owner", None, "User 283", "2:owner"),
        ("status", "New", "Active", "3:status"),
    ]
    assert ("labels", "beauty", "beauty; Güvenlik açığı testi", "9:labels") in told
    assert changes[0].occurred_at == datetime(2017, 9, 4, 2, 8, 16, 600_000, tzinfo=UTC)
    assert item_of(record, VOCABULARY).labels == ("beauty", "Güvenlik açığı testi")


def test_updates_add_up_to_the_revisions_that_microsoft_gives_beside_them() -> None:
    """Link-only updates repeat a revision, fall in date, and the last one is dated 9999: none of that must matter."""
    revisions = sample("workitem-revisions.json")["value"]
    fields = {name for revision in revisions for name in revision["fields"]} - {"System.Tags", "System.ChangedBy"}

    rebuilt = revisions_from_updates(sample("workitem-updates.json")["value"], fields=fields)

    assert [revision["rev"] for revision in rebuilt] == [revision["rev"] for revision in revisions]
    for made, given in zip(rebuilt, revisions, strict=True):
        for name in ("System.State", "System.ChangedDate", "System.WorkItemType", "System.AreaPath", "System.Title"):
            assert made["fields"].get(name) == given["fields"].get(name), (given["rev"], name)


def test_reads_items_with_identities_and_decimals() -> None:
    items = json_of((PAYLOADS / "workitems.json").read_bytes())["value"]

    read_items = [item_of(read(item)[0], VOCABULARY) for item in items]

    assert [item.owner for item in read_items][1] == "User 283"
    assert read_items[0].values["job_size"] == Decimal(8)


def test_reads_the_states_of_every_type_of_a_live_process() -> None:
    types = json_of((PAYLOADS / "workitemtypes.json").read_bytes())["value"]

    categories = categories_in("Claims", table_of(types))

    assert categories["Claims/Bug/Resolved"] == "Resolved"
    assert {category_of(word) for word in categories.values()} == set(StatusCategory) - {StatusCategory.UNKNOWN}


def test_reads_recorded_trees_of_areas_and_iterations() -> None:
    recorded = json.loads((PAYLOADS / "recorded-projects-iterations-areas.json").read_text())
    trees = [answer["body"] for answer in recorded if "classificationNodes" in answer["uri"]]
    iterations = next(tree for tree in trees if tree["structureType"] == "iteration")
    areas = [tree for tree in trees if tree["structureType"] == "area"][-1]

    sprints = sprints_of(iterations, today=date(2019, 6, 20))

    assert [(one.name, one.starts_on, one.ends_on, one.state) for one in sprints][-1] == (
        "IterationProj_000001\\teamName1_000002_Root_Itr_000003\\Child_Itr_000005",
        date(2019, 6, 17), date(2019, 6, 28), "active",
    )  # fmt: skip
    assert [path for path, _ in nodes_of(areas)][:2] == ["Area1000001", "Area1000001\\teamArea_000002_Root_Area_000003"]


@pytest.mark.parametrize(
    ("value", "name"),
    [
        ({"displayName": "Ada Moreau", "uniqueName": "ada@example.test", "id": "1"}, "Ada Moreau"),
        ("Ada Moreau <ada@example.test>", "Ada Moreau"),
        ("Ada Moreau <EXAMPLE\\ada>", "Ada Moreau"),
        ("Ada Moreau", "Ada Moreau"),
        ("  ", None),
        (None, None),
        ({}, None),
    ],
    ids=["object", "name and mail", "name and account", "name", "blank", "null", "empty object"],
)
def test_an_identity_is_a_display_name_whatever_its_form(value: Any, name: str | None) -> None:
    assert person_name(value) == name
    assert an_item(AssignedTo=value).owner == name


def test_seven_digits_of_a_second_are_cut_to_six() -> None:
    item = an_item(CreatedDate="2026-03-01T08:00:00.1234567Z")

    assert item.created_at.microsecond == 123_456


@pytest.mark.parametrize(
    "fields",
    [{"Microsoft__VSTS__CMMI__Blocked": "Yes"}, {"Custom__Blocked": True}, {"Tags": "x; BLOCKED"}],
    ids=["the CMMI field", "a check box of one's own", "a tag"],
)
def test_blocked_is_a_field_or_a_tag(fields: dict[str, Any]) -> None:
    before = a_revision(7, 1)
    _, changes = read(before, a_revision(7, 2, **fields), a_revision(7, 3))

    flags = [(change.from_value, change.to_value) for change in changes if change.field == "flagged"]
    assert an_item(**fields).flagged
    assert not an_item(Microsoft__VSTS__CMMI__Blocked="No").flagged
    assert flags == [(None, "true"), ("true", None)]


@pytest.mark.parametrize(
    ("values", "said", "flagged"),
    [
        (("Vendor",), "vendor", True),
        (("Vendor",), "None", False),
        ((), "anything", True),
        ((), False, False),
        ((), None, False),
    ],
    ids=["a value that means blocked", "another value", "any value", "a box not ticked", "nothing"],
)
def test_blocked_is_what_the_settings_say_too(values: tuple[str, ...], said: Any, flagged: bool) -> None:
    vocabulary = replace(VOCABULARY, blocked_fields={"Custom.WaitsFor": values})

    assert an_item(vocabulary, Custom__WaitsFor=said).flagged is flagged


def test_the_trackers_own_flag_counts_only_where_the_settings_let_it() -> None:
    vocabulary = replace(VOCABULARY, blocked_flags=False)

    assert not an_item(vocabulary, Microsoft__VSTS__CMMI__Blocked="Yes", Tags="blocked").flagged


def test_values_are_decimals_and_nothing_is_not_zero() -> None:
    item = an_item(
        Microsoft__VSTS__Common__BusinessValue=0,
        Microsoft__VSTS__Scheduling__Effort=Decimal("3.5"),
        Microsoft__VSTS__Scheduling__Size=8,
    )

    assert item.values == {"business_value": Decimal(0), "job_size": Decimal("3.5")}


@pytest.mark.parametrize("field", ["Microsoft__VSTS__Common__StackRank", "Microsoft__VSTS__Common__BacklogPriority"])
def test_the_rank_is_read_with_its_history_whichever_process_a_project_follows(field: str) -> None:
    ranks: tuple[Any, ...] = (1e9, 1000000000, 999.5)
    revisions = [a_revision(7, rev, **{field: rank}) for rev, rank in enumerate(ranks, start=1)]

    record, changes = read(*revisions)

    assert item_of(record, VOCABULARY).fields == {RANK: "999.5"}
    told = [(change.from_value, change.to_value) for change in changes if change.field == "rank"]
    assert told == [("1000000000", "999.5")]


def test_a_rank_beyond_all_numbers_is_none_and_sets_nothing_aside() -> None:
    record, _ = read(a_revision(7, 1, Microsoft__VSTS__Common__StackRank=1e25))

    assert item_of(record, VOCABULARY).fields == {}


def test_a_value_that_is_written_another_way_is_no_change() -> None:
    written: list[Any] = [5, Decimal("5.0"), 20]

    _, changes = read(*(a_revision(7, rev, Microsoft__VSTS__Common__BusinessValue=value)
                        for rev, value in enumerate(written, 1)))  # fmt: skip

    told = [(change.from_value, change.to_value) for change in changes if change.field == "business_value"]
    assert told == [("5", "20")]


def test_a_value_that_is_no_number_sets_the_item_aside() -> None:
    with pytest.raises(UnreadableItemError, match="BusinessValue"):
        an_item(Microsoft__VSTS__Common__BusinessValue="much")


@pytest.mark.parametrize("field", ["State", "WorkItemType", "TeamProject", "Title", "ChangedDate"])
def test_an_item_without_what_every_item_has_is_set_aside(field: str) -> None:
    with pytest.raises(UnreadableItemError, match=f"System.{field}"):
        an_item(**{field: None} if field != "ChangedDate" else {"ChangedDate": 17.5})


def test_days_are_taken_as_they_stand() -> None:
    item = an_item(
        Microsoft__VSTS__Scheduling__StartDate="2026-03-01T00:00:00Z",
        Microsoft__VSTS__Scheduling__TargetDate="2026-06-30T00:00:00Z",
    )

    assert (item.starts_on, item.due_on) == (date(2026, 3, 1), date(2026, 6, 30))


def test_an_end_that_was_undone_is_no_resolution() -> None:
    closed = {"Microsoft__VSTS__Common__ClosedDate": "2026-04-01T09:00:00Z", "State": "Closed", "Reason": "Duplicate"}
    revision = a_revision(7, 1, **closed)

    record, _ = read(revision, category="Completed")
    reopened, _ = read(revision, category="InProgress")

    assert item_of(record, VOCABULARY).resolution == "Duplicate"
    assert item_of(record, VOCABULARY).resolved_at == datetime(2026, 4, 1, 9, tzinfo=UTC)
    assert item_of(reopened, VOCABULARY).resolution is None
    assert item_of(reopened, VOCABULARY).resolved_at is None


def test_a_record_comes_back_from_its_body_as_it_was() -> None:
    record, _ = read(a_revision(7, 1), category="Proposed")
    fact = LinkFact(parent="12", active=True, at=datetime(2026, 3, 2, 10, tzinfo=UTC))
    record, _ = link_up(record, [fact], VOCABULARY)

    body = json.loads(json.dumps(record.body()))

    assert record_of(body, who="test") == record


@pytest.mark.parametrize("path", [r"L\W\S", r"L\S", r"L\W\Board\S", r"L\W\T"])
def test_the_levels_of_an_area_are_those_of_its_path_today_however_deep_it_is(path: str) -> None:
    then = {"System.AreaPath": r"L\W\S", "System.AreaLevel1": "L", "System.AreaLevel2": "W", "System.AreaLevel3": "S",
            "System.NodeName": "S"}  # fmt: skip
    record, _ = read(a_revision(7, 1))
    record = replace(record, revision={**record.revision, "fields": {**record.revision["fields"], **then}})

    today = replace(record, places={"System.AreaPath": path}).today()["fields"]

    steps = path.split("\\")
    levels = {name: told for name, told in today.items() if name.startswith("System.AreaLevel")}
    assert levels == {f"System.AreaLevel{number}": step for number, step in enumerate(steps, start=1)}
    assert (today["System.AreaPath"], today["System.NodeName"]) == (path, steps[-1])


def test_a_fact_that_comes_late_does_not_undo_a_newer_one() -> None:
    record, _ = read(a_revision(7, 1))
    newer = LinkFact(parent="40", active=True, at=datetime(2026, 5, 9, tzinfo=UTC))
    older = LinkFact(parent="12", active=True, at=datetime(2026, 3, 2, tzinfo=UTC))

    record, _ = link_up(record, [newer], VOCABULARY)
    record, _ = link_up(record, [older], VOCABULARY)

    assert item_of(record, VOCABULARY).parent_id == "40"


def test_a_link_that_was_made_and_undone_and_made_again_holds() -> None:
    record, _ = read(a_revision(7, 1))
    days = [LinkFact(parent="12", active=on, at=datetime(2026, 3, day, tzinfo=UTC))
            for day, on in ((2, True), (3, False), (4, True))]  # fmt: skip

    record, changes = link_up(record, days, VOCABULARY)

    assert item_of(record, VOCABULARY).parent_id == "12"
    assert [change.to_id for change in changes] == ["12", None, "12"]


def test_own_fields_are_found_by_their_reference_names_and_by_no_other() -> None:
    vocabulary = Vocabulary(
        source="claims",
        base_url="https://dev.azure.com/fabrikam",
        value_fields={"cost_estimate": ("Custom.BusinessCase",), "job_size": ("Custom.Size",)},
        value_scales={"cost_estimate": 1000},
        text_fields={"Strategic theme": "Custom.StrategicTheme", "Owner": "Custom.EpicOwner"},
    )

    item = an_item(
        vocabulary,
        Custom__BusinessCase=2,
        Vendor__Size=3,
        Custom__StrategicTheme="Settle fast",
        Custom__EpicOwner={"displayName": "Ada Moreau", "uniqueName": "ada@example.test"},
    )

    assert item.values == {"cost_estimate": Decimal(2000)}
    assert item.fields == {"Strategic theme": "Settle fast", "Owner": "Ada Moreau"}
