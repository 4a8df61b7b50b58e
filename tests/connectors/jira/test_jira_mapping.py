"""One issue and its histories, read with today's mapping."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from connectors.base import Raw, Reading, SourceSettings, UnreadableAnswerError, UnreadableItemError
from connectors.jira.fields import SiteFields, fields_to_ask, site_fields
from connectors.jira.mapping import history_raw, item_raw, parent_key, read_issue, sprints_of, statuses_of
from connectors.reading import json_of
from domain.work_item import ITERATION_ID, RANK, RELEASED, HistoryState, Link, StatusCategory

GREENHOPPER = "com.pyxis.greenhopper.jira:"
PLUGIN = "com.atlassian.jira.plugin.system.customfieldtypes:"

FIELDS = site_fields(
    [
        {"id": "summary", "name": "Summary", "schema": {"type": "string", "system": "summary"}},
        {"id": "cf_sprint", "name": "Sprint", "schema": {"type": "array", "custom": GREENHOPPER + "gh-sprint"}},
        {"id": "cf_epic", "name": "Epic Link", "schema": {"type": "any", "custom": GREENHOPPER + "gh-epic-link"}},
        {"id": "cf_epic_name", "name": "Nom", "schema": {"type": "string", "custom": GREENHOPPER + "gh-epic-label"}},
        {
            "id": "cf_parent",
            "name": "Parent Link",
            "schema": {"type": "any", "custom": "com.atlassian.jpo:jpo-custom-field-parent"},
        },
        {
            "id": "cf_flag",
            "name": "Indicateur",
            "untranslatedName": "Flagged",
            "schema": {"type": "array", "items": "option", "custom": PLUGIN + "multicheckboxes"},
        },
        {"id": "cf_points", "name": "Points", "schema": {"type": "number", "custom": GREENHOPPER + "jsw-story-points"}},
        {"id": "cf_value", "name": "Business Value", "schema": {"type": "number", "custom": PLUGIN + "float"}},
        {"id": "cf_theme", "name": "Theme", "schema": {"type": "option-with-child", "custom": PLUGIN + "cascading"}},
        {"id": "cf_state", "name": "Impediment", "schema": {"type": "option", "custom": PLUGIN + "select"}},
        {"id": "cf_team", "name": "Équipe", "schema": {"type": "team", "custom": PLUGIN + "atlassian-team"}},
        {
            "id": "cf_start",
            "name": "Début",
            "schema": {"type": "date", "custom": "com.atlassian.jpo:jpo-custom-field-baseline-start"},
        },
        {"id": "cf_rank", "name": "Rang", "schema": {"type": "any", "custom": GREENHOPPER + "gh-lexo-rank"}},
    ],
    who="claims",
)
SETTINGS = SourceSettings(name="claims", kind="jira", url="https://example.test", token="t")


def an_answer(**fields: Any) -> Any:
    given = {
        "summary": "Settle by photo",
        "issuetype": {"id": "12", "name": "Story", "hierarchyLevel": 0},
        "project": {"id": "100", "key": "CLM", "name": "Claims"},
        "status": {"id": "3", "name": "Doing", "statusCategory": {"key": "indeterminate"}},
        "created": "2026-03-01T10:00:00.000+0100",
        "updated": "2026-03-05T10:00:00.000+0100",
    }
    return {"id": "10001", "key": "CLM-1", "fields": given | fields}


def a_history(number: int, *items: dict[str, Any], created: Any = "2026-03-02T09:00:00.000+0000") -> Any:
    return {"id": str(number), "created": created, "author": {"displayName": "Somebody"}, "items": list(items)}


def a_move(before: tuple[str, str], after: tuple[str, str], **more: Any) -> dict[str, Any]:
    entry = {"field": "status", "fieldId": "status", "fieldtype": "jira"}
    return entry | {"from": before[0], "fromString": before[1], "to": after[0], "toString": after[1]} | more


START = a_move(("1", "To Do"), ("3", "Doing"))


def read(issue: Any, *histories: Any, fields: SiteFields = FIELDS, **settings: Any) -> Reading:
    """As in life: the raw answers go through the store's JSON before they are read."""
    raws = [item_raw(issue, base_url="https://example.test/jira/", fields=fields)]
    raws += [history_raw("10001", history, fields=fields) for history in histories]
    stored = [Raw(external_id=raw.external_id, kind=raw.kind, body=json.loads(json.dumps(raw.body))) for raw in raws]
    given: dict[str, Any] = {"name": "claims", "kind": "jira", "url": "https://example.test", "token": "t"}
    asked = SourceSettings(**given | settings)
    return read_issue(stored, settings=asked, fields={name: fields.id_of(name) or "" for name in asked.named_fields})


def test_a_meaning_that_a_kept_answer_does_not_name_is_found_in_the_definitions_it_carries() -> None:
    raw = item_raw(an_answer(cf_rank="0|i000ct:4"), base_url="https://example.test/jira/", fields=FIELDS)
    roles = {role: ids for role, ids in raw.body["roles"].items() if role != "rank"}
    definitions = {"cf_rank": [["Rang"], "any", None, GREENHOPPER + "gh-lexo-rank"]} | raw.body["definitions"]
    kept = Raw(external_id=raw.external_id, kind=raw.kind, body=raw.body | {"roles": roles, "definitions": definitions})
    settings = SourceSettings(name="claims", kind="jira", url="https://example.test", token="t")

    assert read_issue([kept], settings=settings, fields={}).item.fields == {RANK: "0|i000ct:4"}


@pytest.mark.parametrize(
    ("versions", "days"),
    [
        pytest.param([{"name": "Alloy 0.3.4", "released": True, "releaseDate": "2012-12-14"},
                      {"name": "2012 Sprint 26", "released": True, "releaseDate": "2012-12-31"}],
                     "2012-12-14; 2012-12-31", id="each of its versions"),
        pytest.param([{"name": "2012 Sprint 16", "archived": True, "released": False},
                      {"name": "Next", "released": False, "releaseDate": "2013-01-31"}], None, id="planned alone"),
        pytest.param([{"name": "1.0", "released": True}, {"released": True, "releaseDate": "31/Dec/12"},
                      {"released": True, "releaseDate": "2012-13-31"}], None, id="nobody knows when"),
        pytest.param("1.0", None, id="of no known shape"),
    ],
)  # fmt: skip
def test_the_days_of_releases_are_read_from_the_versions_that_are_out(versions: Any, days: str | None) -> None:
    assert read(an_answer(fixVersions=versions)).item.fields.get(RELEASED) == days


def test_an_issue_reads_in_our_words() -> None:
    issue = an_answer(
        labels=["theme-settle"],
        components=[{"name": "Portal"}],
        duedate="2026-09-30",
        cf_start="2026-01-15",
        cf_team={"id": "t1", "name": "Heron"},
        assignee={"displayName": "A. Owner", "accountId": "5f"},
        resolution={"name": "Done"},
        resolutiondate="2026-03-05T09:00:00.000+0000",
    )

    item = read(issue, a_history(1, START)).item

    assert (item.key, item.url) == ("CLM-1", "https://example.test/jira/browse/CLM-1")
    assert (item.type, item.type_rank, item.status_category) == ("Story", 0, StatusCategory.IN_PROGRESS)
    assert (item.labels, item.components, item.team) == (("theme-settle",), ("Portal",), "Heron")
    assert (item.starts_on, item.due_on) == (date(2026, 1, 15), date(2026, 9, 30))
    assert item.created_at == datetime(2026, 3, 1, 9, tzinfo=UTC)
    assert (item.owner, item.resolution) == ("A. Owner", "Done")


@pytest.mark.parametrize(
    ("fields", "parent"),
    [
        ({"parent": {"id": "7", "key": "CLM-7"}}, "7"),
        ({"cf_parent": {"data": {"id": 7, "key": "CLM-7"}}}, "7"),
        ({"cf_parent": {"id": "7", "key": "CLM-7"}}, "7"),
        ({"epic": {"id": 7, "key": "CLM-7"}}, "7"),
        ({"cf_parent": {"hasEpicLinkFieldDependency": False, "showField": False}}, None),
        ({"parent": None}, None),
    ],
    ids=["parent", "Parent Link of Plans", "Parent Link", "epic of the agile API", "a link without one", "none"],
)
def test_a_parent_is_found_however_it_is_spelled(fields: dict[str, Any], parent: str | None) -> None:
    assert read(an_answer(**fields)).item.parent_id == parent


@pytest.mark.parametrize("field", ["cf_epic", "cf_parent"])
def test_a_parent_that_is_a_bare_key_waits_for_its_id(field: str) -> None:
    issue = an_answer(**{field: "CLM-7"})

    raw = item_raw(issue, base_url="https://example.test", fields=FIELDS, parent_id="7")

    assert parent_key(issue, FIELDS) == "CLM-7"
    assert read_issue([raw], settings=SETTINGS, fields={}).item.parent_id == "7"


def test_sprints_are_objects_or_what_java_made_of_them() -> None:
    java = (
        "com.atlassian.greenhopper.service.sprint.Sprint@1f[id=12,rapidViewId=4,state=CLOSED,name=Sprint, 1=one,"
        "startDate=2026-01-05T08:00:00.000+01:00,endDate=<null>,completeDate=<null>,sequence=12,goal=a, b=c]"
    )
    issue = an_answer(
        cf_sprint=[
            java,
            {"id": 13, "name": "Sprint 2", "state": "active", "boardId": 4, "startDate": "2026-01-19T00:30Z"},
            None,
        ]
    )

    first, second = sprints_of(issue, FIELDS)

    assert (first.id, first.name, first.state, first.board) == ("12", "Sprint, 1=one", "closed", "4")
    assert (first.starts_on, first.ends_on) == (date(2026, 1, 5), None)
    assert (second.id, second.starts_on) == ("13", date(2026, 1, 19))
    assert first.starts_at == datetime(2026, 1, 5, 7, tzinfo=UTC)
    assert second.starts_at == datetime(2026, 1, 19, 0, 30, tzinfo=UTC)
    assert (read(issue).item.iteration, read(issue).item.fields) == ("Sprint 2", {ITERATION_ID: "13"})


@pytest.mark.parametrize("start", [None, "2026-01-19", "2026-01-19T09:00:00.000", "2026-13-19T09:00:00.000Z", 7])
def test_a_sprint_of_which_no_instant_is_told_begins_on_its_day(start: Any) -> None:
    (sprint,) = sprints_of(an_answer(cf_sprint=[{"id": 13, "name": "Sprint 2", "startDate": start}]), FIELDS)

    assert sprint.starts_at is None


@pytest.mark.parametrize(
    ("fields", "settings", "flagged"),
    [
        ({"cf_flag": [{"value": "Impediment"}]}, {}, True),
        ({"cf_flag": None}, {}, False),
        ({"flagged": True}, {}, True),
        ({"cf_flag": [{"value": "Impediment"}]}, {"blocked_flags": False}, False),
        ({"cf_state": {"value": "Yes"}}, {"blocked_fields": {"Impediment": ("yes",)}}, True),
        ({"cf_state": {"value": "No"}}, {"blocked_fields": {"Impediment": ("yes",)}}, False),
        ({"cf_state": {"value": "No"}}, {"blocked_fields": {"Impediment": ()}}, True),
    ],
)
def test_a_flag_is_known_by_its_schema_and_by_the_settings(
    fields: dict[str, Any], settings: dict[str, Any], flagged: bool
) -> None:
    assert read(an_answer(**fields), **settings).item.flagged is flagged


def test_a_blocking_field_leaves_flag_changes_only_where_its_meaning_changes() -> None:
    def entry(before: str, after: str) -> dict[str, Any]:
        return {
            "field": "Impediment",
            "fieldId": "cf_state",
            "fieldtype": "custom",
            "fromString": before,
            "toString": after,
        }

    histories = [a_history(1, entry("", "No")), a_history(2, entry("No", "Yes")), a_history(3, entry("Yes", "No"))]
    changes = read(an_answer(cf_state={"value": "No"}), *histories, blocked_fields={"Impediment": ("Yes",)}).changes

    assert [(change.field, change.from_value, change.to_value) for change in changes] == [
        ("flagged", None, "Yes"),
        ("flagged", "Yes", None),
    ]


@pytest.mark.parametrize(
    ("value", "number"),
    [(5, "5"), (Decimal("0.1"), "0.1"), ("8", "8"), ({"value": "13"}, "13"), ({"value": "High"}, None), (None, None)],
)
def test_values_are_exact_and_what_is_no_number_is_unknown(value: Any, number: str | None) -> None:
    values = read(an_answer(cf_value=value), value_fields={"business_value": "Business Value"}).item.values

    assert values == ({} if number is None else {"business_value": Decimal(number)})


def test_money_survives_the_store_to_the_last_digit() -> None:
    issue = json_of(
        json.dumps(an_answer()).replace('"summary"', '"cf_value": 123456789012345678.91, "summary"').encode()
    )

    values = read(issue, value_fields={"cost_estimate": "cf_value"}, value_scales={"cost_estimate": 1000}).item.values

    assert values == {"cost_estimate": Decimal("123456789012345678910.00")}


def test_story_points_are_found_without_being_asked_for() -> None:
    assert read(an_answer(cf_points=3)).item.values == {"story_points": 3}


def test_a_cascading_choice_reads_with_its_child() -> None:
    theme = {"value": "Claims", "child": {"value": "Photo"}}

    assert read(an_answer(cf_theme=theme), text_fields=("Theme",)).item.fields == {"Theme": "Claims / Photo"}


@pytest.mark.parametrize(
    ("name", "side", "kind"),
    [
        ("Blocks", "outwardIssue", "blocks"),
        ("Blocks", "inwardIssue", "blocked_by"),
        ("Bloque", "inwardIssue", "blocked_by"),
        ("Relates", "outwardIssue", "relates"),
    ],
)
def test_a_link_says_who_blocks_whom(name: str, side: str, kind: str) -> None:
    entry = {"type": {"name": name}, side: {"id": "9", "key": "CLM-9"}}

    assert read(an_answer(issuelinks=[entry])).item.links == (
        Link(kind=kind, to_id="9", to_key="CLM-9", type=name, is_outward=side == "outwardIssue"),
    )


@pytest.mark.parametrize(("side", "kind"), [("outwardIssue", "blocked_by"), ("inwardIssue", "blocks")])
def test_a_link_whose_words_say_who_waits_is_read_by_its_words(side: str, kind: str) -> None:
    words = {"name": "Dependency", "outward": "depends on", "inward": "is depended on by"}
    entry = {"type": words, side: {"id": "9", "key": "CLM-9"}}

    assert [link.kind for link in read(an_answer(issuelinks=[entry])).item.links] == [kind]


@pytest.mark.parametrize("created", [1732877091, 1732877091000, "2024-11-29T10:44:51.000+0000", "2024-11-29T10:44:51Z"])
def test_a_change_has_one_instant_however_it_is_written(created: Any) -> None:
    changes = read(an_answer(), a_history(1, START, created=created)).changes

    assert changes[0].occurred_at == datetime(2024, 11, 29, 10, 44, 51, tzinfo=UTC)


def test_changes_come_oldest_first_whatever_their_order() -> None:
    back = a_history(2, a_move(("3", "Doing"), ("1", "To Do")), created="2026-03-03T09:00:00.000+0000")
    again = a_history(3, START, created="2026-03-04T09:00:00.000+0000")

    changes = read(an_answer(), again, back, a_history(1, START)).changes

    assert [(change.change_id, change.sequence) for change in changes] == [("1:0", 1), ("2:0", 2), ("3:0", 3)]


@pytest.mark.parametrize(
    ("entry", "field"),
    [
        ({"field": "status", "fieldtype": "jira"}, "status"),
        ({"field": "Component", "fieldtype": "jira"}, "components"),
        ({"field": "Key", "fieldtype": "jira"}, "key"),
        ({"field": "Link", "fieldtype": "jira"}, "links"),
        ({"field": "Indicateur", "fieldtype": "custom"}, "flagged"),
        ({"field": "Flagged", "fieldtype": "custom"}, "flagged"),
        ({"field": "Sprint", "fieldtype": "custom"}, "iteration"),
        ({"field": "Business Value", "fieldtype": "custom"}, "business_value"),
        ({"field": "An old name", "fieldId": "cf_value", "fieldtype": "custom"}, "business_value"),
        ({"field": "Epic Link", "fieldtype": "custom"}, "parent"),
        ({"field": "status", "fieldtype": "custom"}, None),
        ({"field": "summary", "fieldId": "summary", "fieldtype": "jira"}, None),
        ({"field": "Rank", "fieldtype": "custom"}, None),
    ],
)
def test_a_change_is_known_by_id_or_by_name_and_type(entry: dict[str, Any], field: str | None) -> None:
    issue = an_answer(cf_flag=[{"value": "x"}], cf_value=1, cf_sprint=[])
    named = a_history(1, entry | {"fromString": "1", "toString": "2"})

    changes = read(issue, named, value_fields={"business_value": "Business Value"}).changes

    assert [change.field for change in changes] == ([] if field is None else [field])


def test_the_rank_is_read_by_the_kind_of_its_field_and_its_log_tells_no_place() -> None:
    """A change of the rank says "Ranked higher": that is no rank to be kept."""
    higher = {"field": "Rang", "fieldId": "cf_rank", "fieldtype": "custom", "toString": "Ranked higher"}

    found = read(an_answer(cf_rank="0|i000ct:4"), a_history(1, higher), text_fields=("Rang",))

    assert found.item.fields == {RANK: "0|i000ct:4", "Rang": "0|i000ct:4"}
    assert found.changes == ()
    assert "cf_rank" in fields_to_ask(FIELDS, SETTINGS)


def test_one_history_with_two_spellings_of_a_parent_is_one_change() -> None:
    entries = (
        {"field": "Parent Link", "fieldtype": "custom", "fromString": "CLM-7", "toString": "CLM-8"},
        {
            "field": "IssueParentAssociation",
            "fieldtype": "jira",
            "from": "7",
            "fromString": "CLM-7",
            "to": "8",
            "toString": "CLM-8",
        },
    )

    changes = read(an_answer(), a_history(1, *entries)).changes

    assert [(change.change_id, change.from_id, change.to_id) for change in changes] == [("1:1", "7", "8")]


@pytest.mark.parametrize(
    ("category", "histories", "state"),
    [
        ("indeterminate", [a_history(1, START)], HistoryState.COMPLETE),
        ("indeterminate", [a_history(1, a_move(("1", "To Do"), ("4", "Review")))], HistoryState.GAP),
        ("indeterminate", [], HistoryState.NONE),
        ("new", [], HistoryState.COMPLETE),
        ("done", [a_history(1, {"field": "labels", "fieldtype": "jira", "toString": "x"})], HistoryState.COMPLETE),
        ("indeterminate", [a_history(1, START | {"toString": "Its old name"})], HistoryState.COMPLETE),
    ],
    ids=["it closes", "it does not", "moved, no history", "new, no history", "born so", "renamed since"],
)
def test_a_history_is_whole_if_it_leads_to_where_the_item_stands(
    category: str, histories: list[Any], state: HistoryState
) -> None:
    issue = an_answer(status={"id": "3", "name": "Doing", "statusCategory": {"key": category}})

    assert read(issue, *histories).history is state


def test_an_epic_without_hierarchy_levels_is_known_by_its_epic_name() -> None:
    epic = read(an_answer(issuetype={"name": "Épopée", "subtask": False}, cf_epic_name="Photo"))
    story = read(an_answer(issuetype={"name": "Story", "subtask": False}))
    task = read(an_answer(issuetype={"name": "Sous-tâche", "subtask": True}))

    assert [each.item.type_rank for each in (epic, story, task)] == [1, None, -1]


@pytest.mark.parametrize("missing", ["status", "issuetype", "project", "created"])
def test_an_issue_without_what_it_must_have_is_set_aside_by_name(missing: str) -> None:
    with pytest.raises(UnreadableItemError, match=rf"claims: CLM-1: expected .* at fields/{missing}"):
        read(an_answer(**{missing: None}))


def test_raw_answers_without_the_issue_cannot_be_read() -> None:
    with pytest.raises(UnreadableAnswerError):
        read_issue([history_raw("10001", a_history(1, START), fields=FIELDS)], settings=SETTINGS, fields={})


def test_long_texts_of_a_history_are_not_kept_but_their_place_is() -> None:
    entry = {"field": "description", "fieldId": "description", "fieldtype": "jira", "fromString": "a" * 9_000}

    raw = history_raw("10001", a_history(1, entry, START), fields=FIELDS)

    assert "a" * 100 not in json.dumps(raw.body)
    assert raw.body["items"][1]["toString"] == "Doing"
    assert read(an_answer(), a_history(1, entry, START)).changes[0].change_id == "1:1"


def test_statuses_are_told_apart_by_id() -> None:
    answer = [
        {"id": "5", "name": "Done", "statusCategory": {"key": "done"}},
        {"id": "77", "name": "Done", "statusCategory": {"key": "undefined"}},
    ]

    assert [(status.status_id, status.category) for status in statuses_of(answer, source="claims")] == [
        ("5", StatusCategory.DONE),
        ("77", StatusCategory.UNKNOWN),
    ]


def test_a_change_of_a_field_that_is_empty_today_is_still_known() -> None:
    lowered = {
        "field": "Drapeau",
        "fieldId": "cf_flag",
        "fieldtype": "custom",
        "fromString": "Impediment",
        "toString": "",
    }

    changes = read(an_answer(), a_history(1, lowered)).changes

    assert [(change.field, change.from_value, change.to_value) for change in changes] == [
        ("flagged", "Impediment", None)
    ]
