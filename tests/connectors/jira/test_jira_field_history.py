"""What changed besides the status: parents, projects, types, labels, lists, values, and fields that rules name."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from connectors.base import Reading
from connectors.jira.fields import SiteFields, site_fields
from connectors.jira.mapping import history_raw
from connectors.sandbox.jira_site import BUSINESS_VALUE, STRATEGIC_THEME
from domain.work_item import HistoryState
from tests.connectors.jira.jira_house import MONDAY, Clock, House, a_cloud, a_data_center, a_site, an_issue, millis
from tests.connectors.jira.test_jira_mapping import FIELDS, PLUGIN, a_history, a_move, an_answer, read

ASKED = site_fields(
    [
        *[
            {"id": each.id, "name": each.names[0], "schema": {"type": each.type, "custom": each.custom}}
            for each in FIELDS.by_id.values()
        ],
        {"id": "cf_place", "name": "Place", "schema": {"type": "array", "items": "option", "custom": PLUGIN + "x"}},
        {"id": "cf_tags", "name": "Tags", "schema": {"type": "array", "items": "string", "custom": PLUGIN + "labels"}},
        {"id": "cf_cost", "name": "Cost", "schema": {"type": "number", "custom": PLUGIN + "float"}},
        {"id": "cf_gate", "name": "Gate day", "schema": {"type": "date", "custom": PLUGIN + "datepicker"}},
        {
            "id": "cf_end",
            "name": "Fin visée",
            "schema": {"type": "date", "custom": "com.atlassian.jpo:jpo-custom-field-baseline-end"},
        },
        {"id": "fixVersions", "name": "Fix versions", "schema": {"type": "array", "items": "version"}},
        {"id": "labels", "name": "Labels", "schema": {"type": "array", "items": "string"}},
    ],
    who="claims",
)


def an_entry(name: str, field_id: str | None = None, kind: str = "custom", **told: str | None) -> dict[str, Any]:
    """`old`, `new`: as people read them; `old_id`, `new_id`: beside them. Data Center gives no field id."""
    entry = {"field": name, "fieldtype": kind, "fromString": told.get("old"), "toString": told.get("new")}
    entry |= {"from": told.get("old_id"), "to": told.get("new_id")}
    return entry if field_id is None else entry | {"fieldId": field_id}


def told(reading: Reading) -> list[tuple[str, str | None, str | None]]:
    return [(change.field, change.from_value, change.to_value) for change in reading.changes]


def read_with(*entries: dict[str, Any], fields: SiteFields = ASKED, issue: Any = None, **settings: Any) -> Reading:
    histories = [a_history(number, entry) for number, entry in enumerate(entries, 1)]
    return read(issue or an_answer(), *histories, fields=fields, **settings)


@pytest.mark.parametrize(
    ("entry", "change"),
    [
        pytest.param(an_entry("Theme", "cf_theme", old="A", new="B"), ("A", "B"), id="an option"),
        pytest.param(
            an_entry(
                "Theme",
                "cf_theme",
                old="Parent values: Europe(10200)Level 1 values: France(10201)",
                new="Parent values: Europe(10200)",
            ),
            ("Europe / France", "Europe"),
            id="a cascade",
        ),
        pytest.param(
            an_entry("Theme", "cf_theme", old="North,South", old_id="[10, 11]", new="South", new_id="[11]"),
            ("North; South", "South"),
            id="a list",
        ),
        pytest.param(
            an_entry("Theme", "cf_theme", old=None, new="Cost, time", new_id="[10]"),
            (None, "Cost, time"),
            id="a name with a comma in a list",
        ),
        pytest.param(an_entry("An older name", "cf_theme", old="A", new=""), ("A", None), id="renamed since"),
        pytest.param(an_entry("Theme", old="A", new="B"), ("A", "B"), id="Data Center, by name"),
    ],
)
def test_a_field_that_a_rule_names_has_a_history_in_the_words_of_its_value(
    entry: dict[str, Any], change: tuple[str | None, str | None]
) -> None:
    reading = read_with(entry, text_fields=("Theme",), issue=an_answer(cf_theme={"value": "B"}))

    assert told(reading) == [("fields.Theme", *change)]


@pytest.mark.parametrize(
    ("wanted", "entry", "change"),
    [
        ("Tags", an_entry("Tags", "cf_tags", old="a b", new="b"), ("a; b", "b")),
        ("Cost", an_entry("Cost", "cf_cost", old="5.00", new="7.5"), ("5", "7.5")),
        (
            "Gate day",
            an_entry(
                "Gate day",
                "cf_gate",
                old="1/Mar/26",
                old_id="2026-03-01",
                new="9/Mar/26",
                new_id="2026-03-09",
            ),
            ("2026-03-01", "2026-03-09"),
        ),
    ],
    ids=["labels of its own", "a number", "a day"],
)
def test_a_fields_change_is_read_as_its_value_is(
    wanted: str, entry: dict[str, Any], change: tuple[str | None, str | None]
) -> None:
    issue = an_answer(cf_tags=["b"], cf_cost=7.5, cf_gate="2026-03-09")

    reading = read_with(entry, text_fields=(wanted,), issue=issue)

    assert told(reading) == [(f"fields.{wanted}", *change)]
    assert reading.item.fields[wanted] == change[1]


def test_a_value_that_changed_is_scaled_as_the_value_of_today_is() -> None:
    reading = read_with(
        an_entry("Cost", "cf_cost", old="", new="40"),
        an_entry("Cost", "cf_cost", old="40", new="62.5"),
        issue=an_answer(cf_cost=62.5),
        value_fields={"cost_estimate": "Cost"},
        value_scales={"cost_estimate": 1000},
    )

    assert told(reading) == [("cost_estimate", None, "40000"), ("cost_estimate", "40000", "62500")]
    assert reading.item.values["cost_estimate"] == 62500


def test_another_field_of_the_same_name_is_not_taken_for_the_one_that_the_settings_name() -> None:
    reading = read_with(
        an_entry("Cost", "cf_other", old="1", new="2"),
        issue=an_answer(cf_cost=3),
        value_fields={"cost_estimate": "cf_cost"},
    )

    assert told(reading) == []


def test_points_of_a_field_that_the_settings_name_are_not_mixed_with_jiras_own() -> None:
    reading = read_with(
        an_entry("Points", "cf_points", old="1", new="2"),
        an_entry("Cost", "cf_cost", old="3", new="5"),
        value_fields={"story_points": "Cost"},
    )

    assert told(reading) == [("story_points", "3", "5")]


def test_components_that_come_and_go_one_by_one_are_told_as_whole_lists() -> None:
    reading = read_with(
        an_entry("Component", "components", "jira", new="Portal", new_id="1"),
        an_entry("Component", "components", "jira", new="Archive", new_id="2"),
        an_entry("Component", "components", "jira", old="Portal", old_id="1"),
        issue=an_answer(components=[{"id": "2", "name": "Archive"}, {"id": "3", "name": "Ledger"}]),
    )

    assert told(reading) == [
        ("components", "Ledger", "Ledger; Portal"),
        ("components", "Ledger; Portal", "Archive; Ledger; Portal"),
        ("components", "Archive; Ledger; Portal", "Archive; Ledger"),
    ]


def test_versions_that_a_rule_names_are_whole_lists_too_and_read_again_without_the_site() -> None:
    entry = an_entry("Fix Version", "fixVersions", "jira", new="2.0", new_id="7")

    reading = read_with(
        entry,
        an_entry("Fix Version", None, "jira", new="3.0", new_id="8"),
        issue=an_answer(fixVersions=[{"id": "7", "name": "2.0"}, {"id": "8", "name": "3.0"}]),
        text_fields=("Fix versions",),
    )

    assert told(reading) == [("fields.Fix versions", None, "2.0"), ("fields.Fix versions", "2.0", "2.0; 3.0")]
    assert reading.item.fields == {"Fix versions": "2.0; 3.0"}


def test_labels_that_are_a_label_to_us_and_a_field_to_a_rule_change_under_both_names() -> None:
    entry = an_entry("labels", "labels", "jira", old="theme-a", new="theme-a theme-b")

    reading = read_with(entry, text_fields=("Labels",), issue=an_answer(labels=["theme-a", "theme-b"]))

    assert told(reading) == [
        ("labels", "theme-a", "theme-a; theme-b"),
        ("fields.Labels", "theme-a", "theme-a; theme-b"),
    ]
    assert [change.change_id for change in reading.changes] == ["1:0", "1:0:fields.Labels"]


def test_a_due_day_is_the_day_and_not_the_sites_way_of_writing_it() -> None:
    entry = an_entry(
        "duedate",
        "duedate",
        "jira",
        old="2026-03-01 00:00:00.0",
        old_id="2026-03-01",
        new="9/Mar/26",
        new_id="2026-03-09",
    )

    assert told(read_with(entry)) == [("due_on", "2026-03-01", "2026-03-09")]


def a_day(name: str, old: str | None, new: str | None) -> dict[str, Any]:
    """One more day: the Due date, or else the Target end, by which the issue is due."""
    field_id = {"duedate": "duedate", "Fin visée": "cf_end"}[name]
    return an_entry(name, field_id, "jira" if field_id == "duedate" else "custom", old_id=old, new_id=new)


@pytest.mark.parametrize(
    ("entries", "issue", "changes"),
    [
        pytest.param(
            [a_day("Fin visée", None, "2026-05-01"), a_day("Fin visée", "2026-05-01", "2026-05-08")],
            an_answer(cf_end="2026-05-08"),
            [(None, "2026-05-01"), ("2026-05-01", "2026-05-08")],
            id="a target alone",
        ),
        pytest.param(
            [
                a_day("Fin visée", None, "2026-05-01"),
                a_day("duedate", None, "2026-05-09"),
                a_day("Fin visée", "2026-05-01", "2026-05-08"),
                a_day("duedate", "2026-05-09", None),
            ],
            an_answer(cf_end="2026-05-08"),
            [(None, "2026-05-01"), ("2026-05-01", "2026-05-09"), ("2026-05-09", "2026-05-08")],
            id="a target behind a due date",
        ),
        pytest.param(
            [a_day("duedate", None, "2026-05-09")],
            an_answer(cf_end="2026-05-08", duedate="2026-05-09"),
            [("2026-05-08", "2026-05-09")],
            id="a due date in front of a target that was always there",
        ),
    ],
)
def test_what_an_issue_is_due_by_changes_with_its_target_end_where_no_due_date_stands(
    entries: list[dict[str, Any]], issue: Any, changes: list[tuple[str | None, str | None]]
) -> None:
    assert told(read_with(*entries, issue=issue)) == [("due_on", *days) for days in changes]


@pytest.mark.parametrize(
    ("moves", "state"),
    [
        pytest.param([("1", "2"), ("2", "3")], HistoryState.COMPLETE, id="it closes"),
        pytest.param([("1", "2"), ("4", "3")], HistoryState.GAP, id="a hole in the middle"),
        pytest.param([("1", "2"), ("2", "4")], HistoryState.GAP, id="its end is missing"),
        pytest.param([("1", "3"), ("3", "2"), ("2", "3")], HistoryState.COMPLETE, id="there and back"),
    ],
)
def test_a_history_is_whole_only_if_every_step_follows_the_one_before(
    moves: list[tuple[str, str]], state: HistoryState
) -> None:
    names = {"1": "To Do", "2": "Analysis", "3": "Doing", "4": "Review"}
    histories = [a_history(n, a_move((a, names[a]), (b, names[b]))) for n, (a, b) in enumerate(moves, 1)]

    assert read(an_answer(), *histories).history is state


def test_a_step_whose_status_was_renamed_on_the_way_still_follows() -> None:
    first = a_history(1, a_move(("1", "To Do"), ("2", "Analysis")))
    second = a_history(2, a_move(("2", "Exploration"), ("3", "Doing")))

    assert read(an_answer(), first, second).history is HistoryState.COMPLETE


@pytest.fixture(params=[a_cloud, a_data_center], ids=["cloud", "data center"])
def house(request: pytest.FixtureRequest) -> Iterator[House]:
    with (house := request.param(a_site(), Clock(MONDAY))).server:
        yield house


def test_parents_projects_types_labels_values_and_fields_have_a_history_from_both_kinds_of_jira(house: House) -> None:
    site = house.site
    first, second = an_issue(site, type="Epic"), an_issue(site, type="Epic")
    story = an_issue(site, parent=first, values={BUSINESS_VALUE: 5, STRATEGIC_THEME: {"id": "1", "value": "Old"}})
    steps = iter(range(1, 10))

    def then() -> int:
        return millis(MONDAY) + 60_000 * next(steps)

    site.reparent(story, second, then())
    site.move(story, "DST", then())
    site.move(story, "CLM", then())
    site.retype(story, "Bug", then())
    site.relabel(story, ("a", "b"), then())
    site.set_value(story, BUSINESS_VALUE, 8, then())
    site.set_value(story, STRATEGIC_THEME, {"id": "2", "value": "New"}, then())
    house.clock.pass_(hours=1)

    house.sync(value_fields={"business_value": "Business Value"}, text_fields=("Strategic theme",))

    of = house.kept.changes_of
    assert of(story.id, of="parent") == [("CLM-1", "CLM-2")]
    assert of(story.id, of="project") == [("Claims", "Distribution"), ("Distribution", "Claims")]
    assert of(story.id, of="key") == [("CLM-3", "DST-1"), ("DST-1", "CLM-4")]
    assert of(story.id, of="type") == [("Story", "Bug")]
    assert of(story.id, of="labels") == [(None, "a; b")]
    assert of(story.id, of="business_value") == [("5", "8")]
    assert of(story.id, of="fields.Strategic theme") == [("Old", "New")]
    assert house.kept.items[str(story.id)].previous_keys == ("CLM-3", "DST-1")


def test_an_entry_whose_field_id_is_null_is_kept_under_the_id_that_its_name_has_today() -> None:
    """The name may be another one tomorrow, and the kept answer is read again then."""
    entry = an_entry("Theme", old="A", new="B") | {"fieldId": None}

    raw = history_raw("10001", a_history(1, entry), fields=ASKED)

    assert raw.body["items"][0]["fieldId"] == "cf_theme"
