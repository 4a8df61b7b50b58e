"""Azure DevOps: what is there, gone, hidden, shown later or named by a census, as whole runs into a real store."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from domain.work_item import HistoryState
from sync.store.tables import SOURCE_STATES
from tests.connectors.azure_devops.azure_house import PROJECTS, House, house, updates_of
from tests.connectors.azure_devops.scripted_collection import NOW, a_link, a_revision
from tests.connectors.scripted_server import Reply, Seen, json_answer
from tests.faults.catalogue import case

REVISIONS = "/wit/reporting/workItemRevisions"
MOTOR = {"TeamProject": "Motor", "AreaPath": "Motor"}
NOT_THERE = "TF401232: Work item 8 does not exist, or you do not have permissions to read it."


def hidden(at: House) -> None:
    """The project Motor is not shown: neither itself nor its items nor their links."""
    inside = {revision["id"] for revision in at.site.revisions if revision["fields"]["System.TeamProject"] == "Motor"}

    def without_motor(seen: Seen) -> Reply | None:
        if seen.path.endswith("/projects"):
            return json_answer({"count": 1, "value": PROJECTS[:1]})
        for end, values, kind in ((REVISIONS, at.site.revisions, "r"), ("/workItemLinks", at.site.links, "l")):
            if seen.path.endswith(end):
                shown = [value for value in values if not {value.get("id"), value.get("targetId")} & inside]
                return json_answer({**at.site._stream(seen, values, kind), "values": shown})
        return None

    at.site.fault = without_motor


def shown(at: House) -> None:
    at.site.fault = lambda _: None


def a_motor() -> dict[str, Any]:
    """Two items of each project, and what their updates say."""
    revisions = [
        a_revision(7, 1), a_revision(7, 2, State="Active"), a_revision(12, 1),
        a_revision(20, 1, **MOTOR), a_revision(20, 2, State="Active", **MOTOR), a_revision(21, 1, **MOTOR),
    ]  # fmt: skip
    links = [a_link(12, 7, at="2026-03-02T10:00:00Z"), a_link(21, 20, at="2026-03-02T10:00:00Z")]
    updates = {str(item): updates_of([each for each in revisions if each["id"] == item]) for item in (7, 12, 20, 21)}
    return {"revisions": revisions, "links": links, "updates": updates, "projects": PROJECTS}


@pytest.mark.parametrize("page", [200, 1], ids=["few pages: from the beginning", "many pages: one by one"])
@pytest.mark.parametrize("projects", [(), ("Claims", "Motor")], ids=["all", "named"])
def test_a_project_that_is_shown_later_is_read_whole(tmp_path: Path, projects: tuple[str, ...], page: int) -> None:
    with house(tmp_path, **a_motor(), page=page) as at:
        hidden(at)
        at.sync(projects=projects)
        before = set(at.items)
        shown(at)
        asked = len(at.site.server.seen)
        run = at.sync(projects=projects)
        once = [seen.path.rpartition("_apis/")[2] for seen in at.site.server.seen[asked:]]
        again = at.sync(projects=projects)

        assert (before, run.outcome, again.changes) == ({"7", "12"}, "ok", 0)
        assert set(at.items) == {"7", "12", "20", "21"}
        assert at.told("20", "status") == [("03-01", None, "New"), ("03-02", "New", "Active")]
        assert at.items["20"].history is HistoryState.COMPLETE
        assert (at.items["20"].item.parent_id, at.items["7"].item.parent_id) == ("21", "12")
        assert at.told("20", "parent") == [("03-02", None, "AB#21")]
        assert at.cursor["projects"] == ["p-1", "p-2"]
        assert ("wit/workItems/20/updates" in once) == (page == 1)
        assert at.store.pending_chunks("claims") == 0


@pytest.mark.parametrize("page", [200, 1], ids=["few pages: from the beginning", "many pages: one by one"])
def test_what_happened_while_a_project_was_hidden_is_caught_up_with(tmp_path: Path, page: int) -> None:
    with house(tmp_path, **a_motor(), page=page) as at:
        at.sync(projects=("Claims", "Motor"))
        at.site.revisions += [a_revision(20, 3, State="Closed", **MOTOR), a_revision(22, 1, **MOTOR)]
        at.site.links += [a_link(21, 20, at="2026-03-04T10:00:00Z", active=False)]
        at.site.updates |= {"20": updates_of([each for each in at.site.revisions if each["id"] == 20]),
                            "22": updates_of([a_revision(22, 1, **MOTOR)])}  # fmt: skip
        hidden(at)
        lost = at.sync(projects=("Claims", "Motor"))
        kept = (at.items["20"].item.status, at.cursor["projects"])
        shown(at)
        run = at.sync(projects=("Claims", "Motor"))

        assert (lost.outcome, kept) == ("partial", ("Active", ["p-1"]))
        assert "Motor" in lost.sentence
        assert run.outcome == "ok"
        assert at.told("20", "status")[-1] == ("03-03", "Active", "Closed")
        assert at.told("20", "parent") == [("03-02", None, "AB#21"), ("03-04", "AB#21", None)]
        assert "22" in at.items


def test_a_project_shown_later_is_read_whole_wherever_the_run_was_stopped(tmp_path: Path) -> None:
    undisturbed = None
    for place in range(40):
        folder = tmp_path / str(place)
        folder.mkdir()
        with house(folder, **a_motor(), page=1) as at:
            hidden(at)
            at.sync()
            shown(at)
            count = iter(range(1_000))
            # At place 0 nothing is refused: what comes of that is what must come of all.
            at.site.fault = lambda _, count=count, place=place: (  # type: ignore[misc]  # bound in the loop
                json_answer({"message": "no"}, status=403) if place and next(count) == place - 1 else None
            )
            stopped = at.sync()
            shown(at)
            healthy = at.sync()
            undisturbed = undisturbed or at.rows()

            assert healthy.outcome == "ok"
            assert at.rows() == undisturbed, f"stopped at request {place}"
            if place and stopped.outcome == "ok" and next(count) < place:
                return  # every request has been refused once
    raise AssertionError("a run of forty requests was not expected")


def test_the_roster_tells_projects_left_out_from_those_not_shown(tmp_path: Path) -> None:
    with house(tmp_path, revisions=[a_revision(7, 1)], projects=PROJECTS) as at:
        connector = at.site.connector(projects=("Claims", "Fleet"))
        seen = connector.preflight()

    assert [(scope.name, scope.state) for scope in seen.scopes] == [
        ("Claims", "live"), ("Fleet", "access_lost"), ("Motor", "out_of_scope"),
    ]  # fmt: skip


def test_what_a_census_names_and_we_lack_is_fetched_with_its_history_and_its_parent(tmp_path: Path) -> None:
    whole = a_motor()
    with house(tmp_path, **whole) as at:
        hole = [each for each in at.site.revisions if each["id"] == 7]
        at.site.revisions = [each for each in at.site.revisions if each["id"] != 7]
        at.sync()
        at.site.revisions += hole  # for the census; the token has passed over them
        at.site.fault = lambda seen: (
            json_answer({"values": [], "continuationToken": "r;6", "isLastBatch": True})
            if seen.path.endswith(REVISIONS) else None
        )  # fmt: skip
        swept = at.sweep()
        waiting = at.store.pending_chunks("claims")
        run = at.sync()
        again = at.sweep()

        assert (swept.unheld, waiting, run.outcome, again.unheld) == (1, 1, "ok", 0)
        assert at.told("7", "status") == [("03-01", None, "New"), ("03-02", "New", "Active")]
        assert at.items["7"].history is HistoryState.COMPLETE
        assert at.items["7"].item.parent_id == "12"
        assert at.store.pending_chunks("claims") == 0


@case("E072")
def test_a_census_of_twenty_thousand_and_one_ids_goes_by_windows(tmp_path: Path) -> None:
    ids = range(1, 20_002)

    def limited(seen: Seen) -> Reply | None:
        if not seen.path.endswith("/wit/wiql"):
            return None
        after = int((re.search(r"System\.Id\] > (\d+)", seen.json["query"]) or ["", "0"])[1])
        top = int(seen.query.get("$top", ["1000000"])[0])
        found = [one for one in ids if one > after][:top]
        if len(found) >= 20_000:
            refusal = "VS402337: The number of work items returned exceeds the size limit of 20000."
            return json_answer({"message": refusal}, status=400)
        return json_answer({"queryType": "flat", "workItems": [{"id": one, "url": ""} for one in found]})

    with house(tmp_path, revisions=[a_revision(7, 1)], fault=limited) as at:
        at.sync()
        run = at.sweep()

        assert (run.outcome, run.declared, run.unheld, run.missing) == ("ok", 20_001, 20_000, 0)
        assert len(at.asked("/wit/wiql")) == 2
        assert at.store.pending_chunks("claims") == 200


@case("E073")
def test_one_deleted_id_in_a_batch_spoils_none_of_the_others(tmp_path: Path) -> None:
    """A census from a stale index missed four items: two are there, one is gone, one moved."""
    moved = a_revision(9, 2, **MOTOR)
    revisions = [a_revision(one, 1) for one in (6, 7, 8, 9)]
    with house(tmp_path, revisions=revisions, projects=PROJECTS) as at:
        at.sync(projects=("Claims",))
        at.site.revisions = [*revisions[:2], revisions[3], moved]
        at.site.fault = lambda seen: (
            json_answer({"workItems": [{"id": 6}]}) if seen.path.endswith("/wit/wiql") else None
        )
        run = at.sweep(projects=("Claims",))

        [asked] = at.asked("/workItemsBatch")
        assert run.outcome == "ok"
        assert asked.json["errorPolicy"] == "omit"
        assert asked.json["ids"] == [7, 8, 9]
        assert at.items["7"].missing_since is None
        assert (at.items["8"].missing_since is not None, at.items["8"].removed_reason) == (True, None)
        assert at.items["9"].removed_reason == "out_of_scope"


@case("E073")
def test_one_deleted_id_in_the_queue_spoils_none_of_the_others(tmp_path: Path) -> None:
    with house(tmp_path, revisions=[a_revision(6, 1)], page=1) as at:
        at.sync()
        at.site.fault = lambda seen: (
            json_answer({"workItems": [{"id": one} for one in (6, 7, 8, 9)]}) if seen.path.endswith("/wit/wiql")
            else json_answer({"message": NOT_THERE}, status=404) if seen.path.endswith("/8/updates")
            else json_answer({"values": [], "continuationToken": "r;1", "isLastBatch": True})
            if seen.path.endswith(REVISIONS) and "continuationToken" in seen.query else None
        )  # fmt: skip
        at.sweep()
        at.site.updates = {str(one): updates_of([a_revision(one, 1)]) for one in (7, 9)}
        many_pages(at)
        run = at.sync()

        assert (run.outcome, set(at.items)) == ("ok", {"6", "7", "9"})
        assert at.store.pending_chunks("claims") == 0


def many_pages(at: House) -> None:
    """The cursor says that a walk from the beginning would be long, so that the queue is read one by one."""
    cursor = json.dumps({**at.cursor, "revisions": 1_000_000, "page": 1_000})
    at.store.write(lambda connection: connection.execute(update(SOURCE_STATES).values(cursor=cursor)))


@case("A11")
@pytest.mark.parametrize(
    ("answer", "missing"),
    [
        (json_answer({"message": NOT_THERE}, status=404), "struck"),
        (json_answer({"message": "not here"}, status=404), "waits"),
        (json_answer({"message": "TF401347: forbidden"}, status=403), "waits"),
        (None, "there"),
    ],
    ids=["destroyed or hidden", "an address that is not there", "forbidden", "there after all"],
)
def test_an_empty_entry_of_a_batch_tells_nothing_until_its_item_is_asked_for_alone(
    tmp_path: Path, answer: Reply | None, missing: str
) -> None:
    def empty(seen: Seen) -> Reply | None:
        if seen.path.endswith("/wit/wiql"):
            return json_answer({"workItems": [{"id": 7}]})
        if seen.path.endswith("/workItemsBatch"):
            return json_answer({"count": 1, "value": [None]})
        return answer if seen.path.endswith("/workItems/8") else None

    with house(tmp_path, revisions=[a_revision(7, 1), a_revision(8, 1)]) as at:
        at.sync()
        at.site.fault = empty
        at.sweep()
        at.move(hours=7)
        at.sync()
        at.sweep()

        alone = at.asked("/workItems/8")
        assert len(alone) == 2
        assert {seen.query["fields"][0] for seen in alone} == {"System.Id,System.TeamProject,System.AreaPath"}
        found = at.items["8"]
        assert (found.removed_reason, found.missing_since is None) == {
            "struck": ("destroyed_or_hidden", True), "waits": (None, False), "there": (None, True),
        }[missing]  # fmt: skip


@case("E080")
def test_deleted_restored_deleted_and_destroyed(tmp_path: Path) -> None:
    with house(tmp_path, revisions=[a_revision(7, 1), a_revision(8, 1), a_revision(8, 2, IsDeleted=True)]) as at:
        at.sync()
        deleted = at.items["8"].removed_reason
        at.site.revisions.append(a_revision(8, 3))
        at.sync()
        restored = at.items["8"].removed_reason
        bare = {"System.IsDeleted": True, "System.ChangedDate": "2026-03-04T09:00:00Z"}
        at.site.revisions.append({"id": 8, "rev": 4, "fields": bare})
        at.sync()
        again = at.items["8"].removed_reason
        at.site.revisions = [a_revision(7, 1), a_revision(9, 1), *[a_revision(7, 1)] * 3]
        at.site.updates = {}
        swept = at.sweep()

        assert (deleted, restored, again) == ("recycled", None, "recycled")
        assert swept.outcome == "ok"
        assert at.items["8"].removed_reason == "recycled"  # a census says nothing of what is known to be gone
        assert at.told("8", "removed") == [
            ("03-02", None, "recycled"), ("03-03", "recycled", None), ("03-04", None, "recycled"),
        ]  # fmt: skip
        assert at.items["8"].item.title == "Item 8"


@case("E080")
def test_what_was_destroyed_leaves_after_two_censuses_and_keeps_its_history(tmp_path: Path) -> None:
    with house(tmp_path, revisions=[a_revision(one, 1) for one in range(1, 9)]) as at:
        at.sync()
        at.site._current = lambda: {one: a_revision(one, 1) for one in range(1, 8)}  # type: ignore[method-assign]  # 8 is destroyed: the streams say nothing
        first = at.sweep()
        suspect = (at.items["8"].missing_since, at.items["8"].removed_at)
        at.move(hours=7)
        at.sync()
        second = at.sweep()
        third = at.sweep()

        assert (first.missing, first.tombstoned, suspect) == (1, 0, (NOW, None))
        assert (second.tombstoned, third.tombstoned) == (1, 0)
        assert at.items["8"].removed_reason == "destroyed_or_hidden"
        assert at.items["8"].removed_at == NOW + timedelta(hours=7)
        assert at.told("8", "status") == [("03-01", None, "New")]


def test_an_item_in_the_recycle_bin_that_the_stream_did_not_tell_of_leaves_at_once(tmp_path: Path) -> None:
    with house(tmp_path, revisions=[a_revision(one, 1) for one in range(1, 9)], recycle_bin=[8]) as at:
        at.sync()
        at.site._current = lambda: {one: a_revision(one, 1) for one in range(1, 8)}  # type: ignore[method-assign]  # as above
        run = at.sweep()

        assert (run.tombstoned, at.items["8"].removed_reason) == (1, "recycled")
