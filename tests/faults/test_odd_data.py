"""Data that is odd: what one item shows wrongly never stops the others, and is never taken for something it is not."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from connectors.sandbox.jira_site import BUSINESS_VALUE, STRATEGIC_THEME, ChangeItem, Field
from connectors.sandbox.loopback import Fault, RecordedRequest, Response
from domain.work_item import HeldItem, ItemId
from sync.engine import sync_all
from sync.store import RunRecord, open_store
from tests.connectors.jira.jira_house import millis
from tests.faults.catalogue import case
from tests.faults.trackers import (
    AZURE,
    CLOUD,
    DATA_CENTER,
    JIRAS,
    KINDS,
    SOURCE,
    AzureTracker,
    JiraTracker,
    Tracker,
    a_tracker,
    the_law_holds,
)
from tests.sync.conftest import new_postgresql_database

EVERYWHERE = pytest.mark.parametrize("kind", KINDS)
ODD = 4  # the place of the item that shows something wrong

# Where items come from, and under which name.
ITEMS_AT = {
    CLOUD: ("issue/bulkfetch$|search/jql$", "issues"),
    DATA_CENTER: ("/rest/api/2/(search|issue/.*)$", "issues"),
    AZURE: ("reporting/workitemrevisions$", "values"),
}
# The same thing under the names of either tracker.
STATUS = {CLOUD: "status", DATA_CENTER: "status", AZURE: "System.State"}
TITLE = {CLOUD: "summary", DATA_CENTER: "summary", AZURE: "System.Title"}
UPDATED = {CLOUD: "updated", DATA_CENTER: "updated", AZURE: "System.ChangedDate"}


def spoil(
    tracker: Tracker,
    change: Callable[[dict[str, Any]], None],
    *,
    numbers: Sequence[int] = (ODD,),
    written: Mapping[str, bytes] | None = None,
) -> str:
    """Let items show something else in their fields wherever they are shown; returns the first one's id.

    `written`: texts that stand for bytes of JSON which no JSON library would write.
    """
    wanted = [tracker.items()[number] for number in numbers]
    path, name = ITEMS_AT[tracker.kind]

    def alter(_: RecordedRequest, response: Response) -> Response:
        told = response.json()
        for entry in told.get(name, [told]):
            if str(entry.get("id")) in wanted and entry.get("fields"):
                change(entry["fields"])
        response = response.with_json(told)
        for text, literally in (written or {}).items():
            response = replace(response, body=response.body.replace(json.dumps(text).encode(), literally))
        return response

    tracker.server.faults.append(Fault(path=path, times=None, alter=alter))
    return wanted[0]


def spoil_title(tracker: Tracker, written: bytes) -> str:
    """Let the odd item's title be these bytes of JSON; returns its id."""
    name, marker = TITLE[tracker.kind], "the title of the odd one"
    return spoil(tracker, lambda fields: fields.update({name: marker}), written={marker: written})


def held(tracker: Tracker) -> dict[str, HeldItem]:
    return {one.item.external_id: one for one in tracker.store.held_items()}


def set_aside(tracker: Tracker) -> dict[str, str]:
    return {one.external_id: one.reason for one in tracker.store.unreadable(SOURCE)}


def only_this_one_is_aside(tracker: Tracker, record: RunRecord, odd: str) -> None:
    """The run is ok, says that something was set aside, and holds every other item."""
    assert record.outcome == "ok", record.sentence
    assert record.unreadable == 1
    assert (
        "could not be read; `vmo status` lists what is set aside" in record.sentence or "set aside" in record.sentence
    )
    assert set(set_aside(tracker)) == {odd}
    assert set(held(tracker)) == set(tracker.items()) - {odd}


def comes_back(tracker: Tracker) -> None:
    """Once the tracker shows the item well, the next sync reads it, and nothing is aside."""
    assert tracker.healthy().sync().outcome == "ok"
    assert set(held(tracker)) == set(tracker.items())
    assert set_aside(tracker) == {}


@EVERYWHERE
@pytest.mark.parametrize("phase", ["full", "incremental"])
def test_items_too_odd_for_an_accident_fail_the_run_and_are_read_by_the_next_healthy_one(
    kind: str, phase: str, tmp_path: Path
) -> None:
    numbers = (ODD, ODD + 1)
    with a_tracker(kind, tmp_path, phase=phase) as tracker:
        if phase == "incremental":
            for number in numbers:
                tracker.edit(number, f"Edited {number}")
        tracker.clock.pass_(hours=2)  # no overlap reaches back to them
        spoil(tracker, lambda fields: fields.pop(STATUS[kind], None), numbers=numbers)

        record = tracker.sync()

        assert (record.outcome, record.unreadable) == ("failed", 2)
        assert "the next run asks for it again" in record.sentence
        tracker.clock.pass_(hours=2)
        comes_back(tracker)
        if phase == "incremental":
            titles = {held.item.external_id: held.item.title for held in tracker.store.held_items()}
            assert [titles[tracker.items()[number]] for number in numbers] == [f"Edited {each}" for each in numbers]


@EVERYWHERE
def test_an_item_that_could_not_be_read_and_is_deleted_then_is_aside_no_more(kind: str, tmp_path: Path) -> None:
    with a_tracker(kind, tmp_path) as tracker:
        odd = spoil(tracker, lambda fields: fields.pop(STATUS[kind], None))
        assert tracker.sync().outcome == "ok"
        assert set(set_aside(tracker)) == {odd}
        tracker.healthy()
        tracker.delete(ODD)
        assert tracker.sync().outcome == "ok"

        assert tracker.sweep().outcome == "ok"

        assert set_aside(tracker) == {}


# --- texts


@case("D01")
@EVERYWHERE
@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_a_nul_in_a_title_is_stored_cleaned_the_same_on_both_databases(
    kind: str, database: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    with a_tracker(kind, tmp_path) as tracker:
        if database == "postgresql":
            tracker.store_url = new_postgresql_database(request.getfixturevalue("postgresql_server"))
        odd = spoil_title(tracker, rb'"Photo\u0000 of the damage"')

        record = tracker.sync()

        assert record.outcome == "ok", record.sentence
        assert held(tracker)[odd].item.title == "Photo\ufffd of the damage"


@case("D02")
@EVERYWHERE
def test_a_lone_surrogate_is_replaced(kind: str, tmp_path: Path) -> None:
    with a_tracker(kind, tmp_path) as tracker:
        odd = spoil_title(tracker, rb'"Photo \ud800 of the damage"')

        record = tracker.sync()

        assert record.outcome == "ok", record.sentence
        assert held(tracker)[odd].item.title == "Photo \ufffd of the damage"


@case("D03", "E098")
@pytest.mark.parametrize("kind", JIRAS)
def test_a_text_of_a_million_letters_in_a_field_of_the_rules_is_cut_with_a_mark(kind: str, tmp_path: Path) -> None:
    document = {
        "type": "doc",
        "version": 1,
        "content": [
            {"type": "paragraph", "content": [{"type": "text", "text": "Reserve"}, {"type": "novelty", "deep": [{}]}]},
            {"type": "paragraph", "content": [{"type": "text", "text": "x" * 1_000_000}]},
        ],
    }
    with a_tracker(kind, tmp_path) as tracker:
        tracker.given = {"text_fields": ("Strategic theme",)}
        odd = spoil(tracker, lambda fields: fields.update({STRATEGIC_THEME: document}))

        record = tracker.sync()

        told = held(tracker)[odd].item.fields["Strategic theme"]
        assert record.outcome == "ok", record.sentence
        assert told.startswith("Reserve")
        assert len(told) == 1_000
        assert told.endswith("…")


@case("D03")
@EVERYWHERE
def test_a_description_of_five_megabytes_is_never_asked_for(kind: str, tmp_path: Path) -> None:
    with a_tracker(kind, tmp_path) as tracker:
        tracker.sync()

        asked = [
            *(word for one in tracker.server.requests for word in one.all("fields")),
            *(word for one in tracker.server.requests if one.body for word in one.json().get("fields", ())),
        ]
        assert asked
        assert not {"description", "comment", "*all", "System.Description", "System.History"} & set(asked)


# --- numbers


@case("D05", "E097")
@EVERYWHERE
@pytest.mark.parametrize(
    "written", ["NaN", "1e999", "1e400", "9" * 5_000], ids=["NaN", "1e999", "1e400", "5,000 digits"]
)
def test_a_number_that_is_none_sets_its_item_aside_and_stops_no_other(kind: str, written: str, tmp_path: Path) -> None:
    with a_tracker(kind, tmp_path) as tracker:
        odd = a_value(tracker, written)

        record = tracker.sync()

        only_this_one_is_aside(tracker, record, odd)
        comes_back(tracker)


@case("E097")
@EVERYWHERE
@pytest.mark.parametrize(
    ("written", "value"),
    [('"5"', Decimal(5)), ("null", None), ("0.123456789012", Decimal("0.123456789012")), ("0", Decimal(0))],
)
def test_a_number_is_a_decimal_to_its_last_digit_or_unknown(
    kind: str, written: str, value: Decimal | None, tmp_path: Path
) -> None:
    with a_tracker(kind, tmp_path) as tracker:
        odd = a_value(tracker, written)

        record = tracker.sync()

        assert record.outcome == "ok", record.sentence
        assert held(tracker)[odd].item.values.get("business_value") == value


def a_value(tracker: Tracker, written: str) -> str:
    """Let the odd item's business value be this text of JSON."""
    name = BUSINESS_VALUE
    if isinstance(tracker, AzureTracker):
        name = "Microsoft.VSTS.Common.BusinessValue"
    else:
        tracker.given = {"value_fields": {"business_value": "Business Value"}}
    marker = "the odd number"
    return spoil(tracker, lambda fields: fields.update({name: marker}), written={marker: written.encode()})


# --- shapes


@case("D06")
@EVERYWHERE
def test_an_answer_that_names_a_key_twice_is_refused_and_the_next_run_is_whole(kind: str, tmp_path: Path) -> None:
    with a_tracker(kind, tmp_path) as tracker:
        spoil_title(tracker, rb'"one", "id": "1", "id": "2"')

        the_law_holds(tracker, says=("names a key twice",))


@case("D07")
@EVERYWHERE
def test_an_answer_of_a_hundred_thousand_levels_is_refused_and_the_next_run_is_whole(kind: str, tmp_path: Path) -> None:
    with a_tracker(kind, tmp_path) as tracker:
        spoil_title(tracker, b"[" * 100_000 + b"]" * 100_000)

        the_law_holds(tracker, says=("nests deeper",))


@case("D08")
@EVERYWHERE
def test_an_item_without_a_status_is_set_aside_alone_and_comes_back(kind: str, tmp_path: Path) -> None:
    with a_tracker(kind, tmp_path) as tracker:
        odd = spoil(tracker, lambda fields: fields.pop(STATUS[kind], None))

        record = tracker.sync()

        only_this_one_is_aside(tracker, record, odd)
        comes_back(tracker)


@case("D08")
@EVERYWHERE
def test_two_of_eleven_items_without_a_status_are_too_many_for_an_accident(kind: str, tmp_path: Path) -> None:
    with a_tracker(kind, tmp_path) as tracker:
        spoil(tracker, lambda fields: fields.pop(STATUS[kind], None), numbers=(ODD, ODD + 1))

        record = tracker.sync()

        assert record.outcome == "failed"
        assert "2 items cannot be read" in record.sentence
        state = tracker.store.state(SOURCE)
        assert state is not None
        assert state.complete_at is None


@case("D09")
@EVERYWHERE
@pytest.mark.parametrize("value", ["Doing", 7, ["Doing"]], ids=["a text", "a number", "a list"])
def test_a_status_of_another_type_sets_its_item_aside(kind: str, value: Any, tmp_path: Path) -> None:
    if kind == AZURE:
        value = {"name": value}  # where a text belongs
    with a_tracker(kind, tmp_path) as tracker:
        odd = spoil(tracker, lambda fields: fields.update({STATUS[kind]: value}))

        record = tracker.sync()

        only_this_one_is_aside(tracker, record, odd)
        assert odd not in {one for one, item in held(tracker).items() if item.item.status == "Doing"}


@case("D09")
@EVERYWHERE
def test_a_held_item_that_cannot_be_read_any_more_stays_as_it_was_and_is_read_again_when_it_can(
    kind: str, tmp_path: Path
) -> None:
    with a_tracker(kind, tmp_path) as tracker:
        tracker.sync()
        before = held(tracker)
        tracker.clock.pass_(hours=1)
        tracker.edit(ODD, "Another title")
        odd = spoil(tracker, lambda fields: fields.pop(STATUS[kind], None))
        tracker.clock.pass_(minutes=1)

        record = tracker.sync()

        assert record.outcome == "ok", record.sentence
        assert set(set_aside(tracker)) == {odd}
        assert held(tracker)[odd].item == before[odd].item
        comes_back(tracker)
        assert held(tracker)[odd].item.title == "Another title"


# --- instants


@case("D14")
@EVERYWHERE
@pytest.mark.parametrize("value", ["soon", [], {"at": 1}], ids=["words", "a list", "an object"])
def test_an_instant_that_is_none_never_becomes_one(kind: str, value: Any, tmp_path: Path) -> None:
    created = {CLOUD: "created", DATA_CENTER: "created", AZURE: "System.CreatedDate"}[kind]
    with a_tracker(kind, tmp_path) as tracker:
        odd = spoil(tracker, lambda fields: fields.update({created: value}))

        record = tracker.sync()

        only_this_one_is_aside(tracker, record, odd)


@case("D14")
@EVERYWHERE
def test_an_instant_without_a_zone_counts_as_utc(kind: str, tmp_path: Path) -> None:
    created = {CLOUD: "created", DATA_CENTER: "created", AZURE: "System.CreatedDate"}[kind]
    with a_tracker(kind, tmp_path) as tracker:
        odd = spoil(tracker, lambda fields: fields.update({created: "2026-09-01T10:30:00"}))

        tracker.sync()

        assert held(tracker)[odd].item.created_at.isoformat() == "2026-09-01T10:30:00+00:00"


@case("D14")
@pytest.mark.parametrize("kind", JIRAS)
def test_an_older_copy_of_an_issue_changes_nothing(kind: str, tmp_path: Path) -> None:
    with a_tracker(kind, tmp_path) as tracker:
        tracker.sync()
        before = held(tracker)
        tracker.clock.pass_(hours=1)

        def older(fields: dict[str, Any]) -> None:
            fields |= {"updated": "2026-10-01T00:00:00.000+0000", "summary": "An older copy"}

        odd = spoil(tracker, older)

        record = tracker.sync(full=True)

        assert record.outcome == "ok", record.sentence
        assert held(tracker)[odd].item.title == before[odd].item.title


@case("D19")
@pytest.mark.slow
def test_fifty_thousand_changes_of_one_issue_are_all_kept(tmp_path: Path) -> None:
    with a_tracker(CLOUD, tmp_path) as tracker:
        assert isinstance(tracker, JiraTracker)
        tracker.server.changelog_page = 10_000  # type: ignore[attr-defined]  # a knob of the Cloud sandbox
        issue = tracker.site.issues[int(tracker.items()[ODD])]
        at = millis(tracker.clock.at - timedelta(days=8))
        for number in range(50_000):
            told = ChangeItem("labels", "labels", "jira", None, f"label-{number}", None, f"label-{number + 1}")
            tracker.site.record(issue, at + number, told)

        record = tracker.sync()

        labels = [one for one in tracker.store.changes_of(ItemId(SOURCE, str(issue.id))) if one.field == "labels"]
        assert record.outcome == "ok", record.sentence
        assert len(labels) == 50_000
        assert len({one.change_id for one in labels}) == 50_000


# --- people


@case("D20", "E099")
@pytest.mark.parametrize("kind", JIRAS)
def test_an_owner_who_was_made_anonymous_loses_the_name_everywhere(kind: str, tmp_path: Path) -> None:
    with a_tracker(kind, tmp_path) as tracker:
        named = {"accountId": "5f01", "key": "JIRAUSER1", "name": "amara", "displayName": "Amara Osei"}
        odd = spoil(tracker, lambda fields: fields.update({"assignee": named}))
        tracker.sync()
        before = held(tracker)[odd].item.owner
        tracker.healthy()
        tracker.edit(ODD, "Another title")
        anonymous = {"accountId": "5f01", "key": "JIRAUSER1", "name": "JIRAUSER1", "displayName": "Former user"}
        spoil(tracker, lambda fields: fields.update({"assignee": anonymous}))
        tracker.clock.pass_(minutes=1)

        record = tracker.sync()

        assert before == "Amara Osei"
        assert record.outcome == "ok", record.sentence
        assert held(tracker)[odd].item.owner == "Former user"
        assert "Amara" not in json.dumps([dict(raw.body) for raw in item_raws(tracker, odd)], default=str)


@case("D20", "E099")
@EVERYWHERE
@pytest.mark.parametrize(
    "person", [None, {}, {"displayName": None, "accountId": None, "emailAddress": None}], ids=["none", "empty", "nulls"]
)
def test_an_owner_without_name_or_address_is_nobody(kind: str, person: Any, tmp_path: Path) -> None:
    assignee = "System.AssignedTo" if kind == AZURE else "assignee"
    with a_tracker(kind, tmp_path) as tracker:
        odd = spoil(tracker, lambda fields: fields.update({assignee: person}))

        record = tracker.sync()

        assert record.outcome == "ok", record.sentence
        assert held(tracker)[odd].item.owner is None


def item_raws(tracker: Tracker, external_id: str) -> list[Any]:
    return [raw for raw in tracker.store.raws(ItemId(SOURCE, external_id)) if raw.kind == "item"]


# --- fields and sources


@case("D21")
@pytest.mark.parametrize("kind", JIRAS)
def test_two_fields_of_one_name_are_a_mistake_of_the_settings_that_names_both(kind: str, tmp_path: Path) -> None:
    with a_tracker(kind, tmp_path) as tracker:
        assert isinstance(tracker, JiraTracker)
        tracker.given = {"value_fields": {"business_value": "Business Value"}}
        tracker.sync()
        before = tracker.standing()
        again = a_second_field(tracker.site.fields[BUSINESS_VALUE])
        tracker.site.fields[again.id] = again

        record = tracker.sync()

        assert record.outcome == "failed"
        assert BUSINESS_VALUE in record.sentence
        assert again.id in record.sentence
        assert tracker.standing() == before


@case("D21")
@pytest.mark.parametrize("kind", JIRAS)
def test_a_field_replaced_by_another_of_its_name_is_read_anew_for_every_item(kind: str, tmp_path: Path) -> None:
    with a_tracker(kind, tmp_path) as tracker:
        assert isinstance(tracker, JiraTracker)
        tracker.given = {"value_fields": {"business_value": "Business Value"}}
        tracker.sync()
        again = a_second_field(tracker.site.fields.pop(BUSINESS_VALUE))
        tracker.site.fields[again.id] = again
        for issue in tracker.site.issues.values():
            issue.values[again.id] = 8
        tracker.clock.pass_(hours=1)

        record = tracker.sync()

        assert record.outcome == "ok", record.sentence
        assert {one.item.values.get("business_value") for one in held(tracker).values()} == {Decimal(8)}


def a_second_field(field: Field) -> Field:
    return replace(field, id="customfield_10999")


@case("D22")
def test_the_same_key_at_two_sources_is_two_items(tmp_path: Path) -> None:
    with (
        a_tracker(CLOUD, tmp_path / "one") as one,
        a_tracker(DATA_CENTER, tmp_path / "two") as two,
        open_store(f"sqlite:///{tmp_path / 'both' / 'vmo.db'}", now=one.clock.now) as store,
    ):
        two.given = {"name": "stores"}
        connectors = [one.connector(), two.connector()]
        for connector in connectors:
            records = sync_all([connector], store, **one._told())
            assert [record.outcome for record in records] == ["ok"]
            connector.close()

        by_source: Mapping[str, list[str]] = {
            name: sorted(each.item.key for each in store.held_items(source=name)) for name in (SOURCE, "stores")
        }
        assert by_source[SOURCE] == by_source["stores"] != []
        assert len(list(store.held_items())) == 2 * len(by_source[SOURCE])


@case("D24")
@pytest.mark.parametrize("kind", JIRAS)
def test_another_time_zone_in_the_profile_moves_no_instant_of_the_past(kind: str, tmp_path: Path) -> None:
    with a_tracker(kind, tmp_path) as tracker:
        assert isinstance(tracker, JiraTracker)
        tracker.sync()
        before = tracker.dump()
        tracker.site.zone = "Pacific/Kiritimati"
        tracker.clock.pass_(hours=1)

        record = tracker.sync(full=True)

        assert record.outcome == "ok", record.sentence
        assert tracker.dump()["changes"] == before["changes"]
        assert [one[:20] for one in tracker.dump()["items"]] == [one[:20] for one in before["items"]]
