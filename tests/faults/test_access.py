"""Access that is lost, wrong or too large: nothing is taken for gone, and a person is told what to do."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from cli.gathering import outcome_of
from cli.outcome import ExitCode
from connectors.jira import cloud
from connectors.sandbox.azure_site import Person as AzurePerson
from connectors.sandbox.jira_site import Person as JiraPerson
from connectors.sandbox.loopback import Fault, RecordedRequest, Response, answer
from domain.work_item import HistoryState
from sync import plan
from sync.store import RunRecord
from sync.store.bookkeeping import update_source
from tests.cli.program import vmo
from tests.cli.small_company import SECRETS, a_folder, small_trackers
from tests.faults.catalogue import case
from tests.faults.trackers import (
    AZURE,
    CLOUD,
    DATA_CENTER,
    JIRAS,
    KINDS,
    SOURCE,
    AzureTracker,
    DataCenterTracker,
    JiraTracker,
    Tracker,
    a_tracker,
    the_law_holds,
    wherever,
)

REFUSED = answer({"errorMessages": ["no longer"], "message": "no longer"}, status=401)
FORBIDDEN = answer({"errorMessages": ["not for you"], "message": "not for you"}, status=403)


@pytest.fixture
def tracker(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Tracker]:
    with a_tracker(request.param, tmp_path) as made:
        yield made


each = pytest.mark.parametrize("tracker", KINDS, indirect=True)
each_jira = pytest.mark.parametrize("tracker", JIRAS, indirect=True)
only_cloud = pytest.mark.parametrize("tracker", [CLOUD], indirect=True)
only_azure = pytest.mark.parametrize("tracker", [AZURE], indirect=True)


def told(tracker: Tracker) -> str:
    """Everything that a person is told of the source now: sentences of the last sync and of the last census."""
    state = tracker.store.state(SOURCE)
    assert state is not None
    return " ".join([*state.problems, *state.census_problems])


def swept(tracker: Tracker, times: int = 3) -> RunRecord:
    """Sweep so often, seven hours apart; the last record."""
    for _ in range(times):
        record = tracker.sweep()
        tracker.clock.pass_(hours=7)
    return record


# --- the token


@case("A01")
@pytest.mark.parametrize(("tracker", "place"), [(kind, "first request") for kind in KINDS], indirect=["tracker"])
def test_a_refused_token_is_tried_once(tracker: Tracker, place: str) -> None:
    tracker.fails(place, response=REFUSED, times=None)

    record = the_law_holds(tracker, outcomes=("failed",), says=("401", "token"))

    assert record.requests == 1


@case("A02", "A03")
@pytest.mark.parametrize(("tracker", "place"), wherever(), indirect=["tracker"])
def test_a_token_that_expires_on_the_way_leaves_good_batches_and_no_verdict_on_absence(
    tracker: Tracker, place: str
) -> None:
    tracker.fails(place, response=REFUSED, times=None)
    swept_after: list[RunRecord] = []

    def run() -> RunRecord:
        record = tracker.sync()
        swept_after.append(tracker.sweep())
        return record

    the_law_holds(tracker, outcomes=("failed",), says=("401",), run=run)

    assert (swept_after[0].outcome, swept_after[0].missing) == ("deferred", None)


@case("A02", "A03")
@pytest.mark.parametrize(("kind", "place"), [(CLOUD, "history"), (DATA_CENTER, "middle page"), (AZURE, "middle page")])
def test_a_token_that_expires_while_news_are_read_changes_nothing_that_is_held(
    kind: str, place: str, tmp_path: Path
) -> None:
    with a_tracker(kind, tmp_path, phase="incremental") as tracker:
        before = tracker.titles().keys()
        tracker.fails(place, response=REFUSED, times=None)

        def run() -> RunRecord:
            record = tracker.sync()
            assert tracker.sweep().outcome == "deferred"
            assert tracker.titles().keys() >= before
            return record

        the_law_holds(tracker, outcomes=("failed",), says=("401",), run=run)


@case("A03")
@pytest.mark.parametrize("tracker", [DATA_CENTER], indirect=True)
def test_an_item_is_not_kept_without_the_history_that_could_not_be_read(tracker: DataCenterTracker) -> None:
    tracker.server.history_limit = 2  # so that longer ones are asked for alone
    tracker.server.faults.append(Fault(path=r"/issue/\d+$", times=None, response=REFUSED))

    def run() -> RunRecord:
        record = tracker.sync()
        tracker.server.history_limit = None
        return record

    the_law_holds(tracker, outcomes=("failed",), says=("401",), run=run)


def _without_a_revision(tracker: AzureTracker) -> Fault:
    """The second revision of the fourth item is in no page: its own updates have to be asked for."""

    def without_second(_: RecordedRequest, healthy: Response) -> Response:
        page = healthy.json()
        kept = [one for one in page["values"] if one["rev"] != 2 or str(one["id"]) != tracker.items()[3]]
        return healthy.with_json({**page, "values": kept})

    return Fault(path="/workitemrevisions$", times=None, alter=without_second)


@case("A03")
@only_azure
def test_an_item_that_is_shown_but_whose_missing_revision_is_refused_is_not_kept_without_it(
    tracker: AzureTracker,
) -> None:
    tracker.server.faults += [_without_a_revision(tracker), Fault(path="/updates$", times=None, response=FORBIDDEN)]

    the_law_holds(tracker, outcomes=("failed",), says=("403",))


@case("A03")
@only_azure
def test_a_history_whose_missing_revision_is_hidden_with_its_item_is_not_called_whole(tracker: AzureTracker) -> None:
    hidden = Fault(path=rf"/{tracker.items()[3]}(/updates)?$", times=None, response=FORBIDDEN)
    tracker.server.faults += [_without_a_revision(tracker), hidden]

    record = tracker.sync()

    histories = {held.item.external_id: held.history for held in tracker.store.held_items()}
    assert record.outcome == "ok"
    assert [one for one, history in histories.items() if history is not HistoryState.COMPLETE] == [tracker.items()[3]]


@case("A04")
@pytest.mark.parametrize(
    ("tracker", "place"),
    [(CLOUD, "preflight"), (CLOUD, "history"), (DATA_CENTER, "first request"), (DATA_CENTER, "middle page")],
    indirect=["tracker"],
)
def test_a_captcha_ends_it_after_one_request(tracker: Tracker, place: str) -> None:
    asks = {"X-Authentication-Denied-Reason": "CAPTCHA_CHALLENGE; login-url=https://claims.example.com/login.jsp"}
    tracker.fails(place, response=answer({}, status=403, headers=asks), times=None)
    path, skip = tracker.place(place)

    record = the_law_holds(tracker, outcomes=("failed",), says=("CAPTCHA", "sign in once in a browser"))

    asked = [one for one in tracker.undisturbed().asked if path.rstrip("$") in one]
    at_once = cloud.LANES if place == "history" else 1  # what is under way when the answer comes cannot be taken back
    assert record.requests <= len(tracker.undisturbed().asked) - len(asked) + skip + at_once


# --- projects


def refusing_the_second_project(tracker: Tracker, *, status: int) -> None:
    """Whatever names the second project is refused; it stays in the list of projects."""
    words = {"errorMessages": ["The value '200' does not exist for the field 'project'."], "message": "not for you"}

    def refuses(request: RecordedRequest) -> Response | None:
        asked = request.first("jql") or (request.json() if request.method == "POST" else {}).get("jql", "")
        names_it = "/Policy Core/" in request.path or "200" in asked or "DST" in asked
        return answer(words, status=status) if names_it else None

    tracker.server.intercept = refuses


def a_week_of_work(tracker: Tracker, *, status: int | None) -> list[RunRecord]:
    """Two syncs while there is work in both projects, with or without the second one refused, and one afterwards."""
    records = [tracker.sync()]
    for turn in range(2):
        tracker.clock.pass_(hours=30)
        if status is not None:
            refusing_the_second_project(tracker, status=status)
        tracker.edit(1, f"Here {turn}")
        tracker.edit(9, f"There {turn}")
        tracker.transition(9)
        tracker.add(f"New there {turn}", second_project=True)
        tracker.add(f"New here {turn}")
        records.append(tracker.sync())
    tracker.server.intercept = None
    tracker.clock.pass_(hours=30)
    return records


@case("A05", "A07", "A14", "E010")
@pytest.mark.parametrize(
    ("tracker", "status"),
    [(kind, status) for kind in JIRAS for status in (400, 403)] + [(AZURE, 403)],
    indirect=["tracker"],
)
def test_a_project_that_is_forbidden_holds_up_no_other_and_lacks_nothing_once_it_may_be_read(
    tracker: Tracker, status: int, tmp_path: Path
) -> None:
    with a_tracker(tracker.kind, tmp_path / "twin") as twin:
        a_week_of_work(twin, status=None)
        assert (twin.sync().outcome, twin.sweep().outcome) == ("ok", "ok")
        undisturbed = twin.dump()
    key = "Policy Core" if tracker.kind == AZURE else "DST"

    first, *refused = a_week_of_work(tracker, status=status)
    meanwhile, state = tracker.titles(), tracker.store.state(SOURCE)
    refusing_the_second_project(tracker, status=status)
    counted = tracker.sweep()
    trust = tracker.store.trust(SOURCE)
    tracker.server.intercept = None
    healed = tracker.sync()
    tracker.sweep()

    assert [record.outcome for record in refused] == ["partial", "partial"]
    assert outcome_of(refused[:1]) is ExitCode.PARTLY
    assert all(f"project {key} is shown to us, and the tracker refuses" in record.sentence for record in refused)
    assert {"Here 1", "New here 0", "New here 1"} <= set(meanwhile.values())
    assert not [title for title in meanwhile.values() if "here 0" in title.lower() and "new" not in title.lower()]
    assert not [title for title in meanwhile.values() if "there" in title.lower()]
    assert state is not None and state.complete_at is not None and state.complete_at <= first.started_at
    assert sorted(state.roster.values()) == sorted([(key, "forbidden"), ("Claims" if key != "DST" else "CLM", "live")])
    assert (counted.outcome, counted.tombstoned) == ("ok", 0)
    assert [(one.key, one.state, one.since) for one in trust.unread] == [(key, "forbidden", refused[0].finished_at)]
    assert healed.outcome == "ok"
    assert tracker.store.trust(SOURCE).suspended == ()
    for table in ("items", "changes", "item_links"):
        assert tracker.dump()[table] == undisturbed[table]


@case("A05", "A14")
@only_azure
def test_an_item_that_has_left_a_forbidden_project_is_read_once_that_may_be(
    tracker: AzureTracker, tmp_path: Path
) -> None:
    with a_tracker(AZURE, tmp_path / "twin") as twin:
        twin.move(9)
        assert twin.sync().outcome == "ok"
        undisturbed = twin.dump()
    tracker.move(9)
    refusing_the_second_project(tracker, status=403)

    refused = [tracker.sync(), tracker.sync()]
    aside = tracker.store.unreadable(SOURCE)
    healed = tracker.healthy().sync()

    assert [record.outcome for record in refused] == ["partial", "partial"]
    assert all("once been in a project which may not be read: 1" in record.warnings[-1] for record in refused)
    assert (aside, healed.outcome) == ([], "ok")
    for table in ("items", "changes", "item_links"):
        assert tracker.dump()[table] == undisturbed[table]


@case("A05")
@only_azure
def test_a_project_without_boards_that_nobody_asked_for_raises_no_alarm(tracker: AzureTracker) -> None:
    tracker.given["projects"] = ()
    tracker.site.projects["Wiki"] = replace(tracker.site.projects["Claims"], name="Wiki")
    tracker.server.faults.append(Fault(path="/Wiki/", times=None, response=answer({"message": "TF1"}, status=404)))

    records = [tracker.sync(), tracker.sweep(), tracker.sync()]

    assert [record.outcome for record in records] == ["ok", "ok", "ok"]
    assert tracker.store.trust(SOURCE).suspended == ()


@case("E102")
@each
def test_a_project_that_goes_after_the_roster_was_read_costs_one_more_look_and_no_other_project(
    tracker: Tracker,
) -> None:
    tracker.sync()
    tracker.clock.pass_(hours=30)
    tracker.edit(1, "Here")
    roster = {CLOUD: "/project/search$", DATA_CENTER: "/rest/api/2/project$", AZURE: "/_apis/projects$"}[tracker.kind]

    def goes(_: RecordedRequest, healthy: Response) -> Response:
        tracker.hide_project()
        tracker.server.faults.append(Fault(path="/Policy Core/", times=None, response=answer({}, status=404)))
        return healthy

    tracker.server.faults.append(Fault(path=roster, alter=goes))
    before = len(tracker.server.requests)

    record = tracker.sync()

    looks = [one for one in tracker.server.requests[before:] if re.search(roster, one.path)]
    assert (record.outcome, len(looks)) == ("partial", 2)
    assert "is no longer shown to us; its 3 items stay as last known" in record.sentence
    assert "Here" in tracker.titles().values()
    assert len(tracker.titles()) == 11


@case("A07")
@each_jira
def test_a_scope_that_the_tracker_does_not_know_is_a_mistake_in_the_settings_not_an_emptiness(
    tracker: JiraTracker,
) -> None:
    words = "The value 'CLM' does not exist for the field 'project'."
    refusal = answer({"errorMessages": [words], "errors": {}}, status=400)
    tracker.server.faults.append(Fault(path="/search", times=None, response=refusal, method=None, skip=0))
    if tracker.kind == CLOUD:
        tracker.server.faults[-1].path = "/search/jql$"

    the_law_holds(tracker, outcomes=("failed",), says=("400", words))


@case("A06", "A14")
@each
def test_a_project_that_is_no_longer_shown_is_suspect_and_comes_back_whole(tracker: Tracker) -> None:
    assert tracker.sync().outcome == "ok"
    before, dumped = tracker.titles(), tracker.dump()
    tracker.hide_project()
    tracker.clock.pass_(hours=1)

    whole = tracker.store.trust(SOURCE).complete_at
    hidden = tracker.sync()
    state = tracker.store.state(SOURCE)
    assert plan.sweep_is_due(state, now=tracker.clock.now() + timedelta(hours=1))
    last = swept(tracker)
    meanwhile, words, trust = tracker.titles(), told(tracker), tracker.store.trust(SOURCE)
    tracker.show_all()
    shown = tracker.sync()
    again = swept(tracker, 1)
    tracker.sync()

    assert meanwhile == before
    assert (hidden.outcome, outcome_of([hidden]), trust.complete_at) == ("partial", ExitCode.PARTLY, whole)
    assert [(one.state, one.since, one.missing) for one in trust.suspended] == [("access_lost", hidden.finished_at, 3)]
    assert (last.outcome, last.tombstoned) == ("ok", 0)
    assert "no longer shown" in words
    assert (shown.outcome, again.outcome) == ("ok", "ok")
    assert tracker.store.trust(SOURCE).suspended == () and told(tracker) == ""
    assert tracker.titles() == before
    assert tracker.dump()["changes"] == dumped["changes"]


# --- items


def emptied(tracker: Tracker) -> None:
    """Every search and every stream tells of nothing."""

    def empty(request: RecordedRequest, healthy: Response) -> Response:
        told = healthy.json()
        for name in ("issues", "workItems", "values", "value"):
            if name in told:
                told[name] = []
        return healthy.with_json({**told, "isLast": True, "total": 0} if "issues" in told else told)

    for path in ("/search/jql$", "/rest/api/2/search$", "/wiql$", "/workitemrevisions$"):
        tracker.server.faults.append(Fault(path=path, times=None, alter=empty))


@case("A08")
@each
def test_an_ordinary_sync_that_is_told_nothing_removes_nothing_and_the_census_after_it_says_so(
    tracker: Tracker,
) -> None:
    assert tracker.sync().outcome == "ok"
    before = tracker.dump()
    emptied(tracker)
    tracker.clock.pass_(hours=30)

    record, counted = tracker.sync(), tracker.sweep()

    assert record.changes == 0
    assert tracker.dump() == before
    assert (counted.outcome, counted.tombstoned) == ("failed", None)
    assert "found nothing, but we hold 11 items" in " ".join(tracker.store.trust(SOURCE).problems)


@case("A08")
@each
def test_a_scope_that_is_suddenly_empty_is_not_believed(tracker: Tracker) -> None:
    assert tracker.sync().outcome == "ok"
    before = tracker.dump()
    emptied(tracker)
    tracker.clock.pass_(hours=1)
    records = [tracker.sync(full=True), tracker.sweep()]

    assert [record.outcome for record in records] == ["failed", "deferred"]
    assert "found nothing, but we hold 11 items" in records[0].sentence
    assert tracker.healthy().sync().outcome == "ok"
    assert tracker.dump() == before


@case("A08")
@each
def test_a_census_that_names_nothing_decides_nothing(tracker: Tracker) -> None:
    assert tracker.sync().outcome == "ok"
    before = tracker.titles()
    tracker.hide(*range(11))

    records = [swept(tracker, 1) for _ in range(3)]

    assert not any(record.tombstoned for record in records)
    assert {record.outcome for record in records} <= {"failed", "deferred"}
    assert "11 items" in records[0].sentence
    assert tracker.titles() == before


@case("A09", "A14")
@each
def test_a_third_of_a_project_that_vanishes_at_once_is_suspect_and_comes_back_without_doubles(
    tracker: Tracker,
) -> None:
    for number in range(12):
        tracker.add(f"Added {number}")
    assert tracker.sync().outcome == "ok"
    before, dumped = tracker.titles(), tracker.dump()
    tracker.hide(*range(11, 19))
    tracker.clock.pass_(hours=1)

    tracker.sync()
    last = swept(tracker)
    meanwhile, words = tracker.titles(), told(tracker)
    tracker.show_all()
    swept(tracker, 1)
    tracker.sync()

    assert last.tombstoned == 0
    assert meanwhile == before
    assert "have vanished at once" in words
    assert tracker.titles() == before
    assert tracker.dump()["changes"] == dumped["changes"]
    assert len(tracker.item_rows) == 23


@case("A10", "A14")
@each
def test_an_item_that_is_not_found_is_missing_first_and_its_history_outlives_its_absence(tracker: Tracker) -> None:
    assert tracker.sync().outcome == "ok"
    before, dumped = tracker.titles(), tracker.dump()
    tracker.hide(5)

    first = tracker.sweep()
    after_first = tracker.titles()
    tracker.clock.pass_(hours=7)
    second = tracker.sweep()
    after_second = tracker.titles()
    tracker.show_all()
    tracker.clock.pass_(hours=7)
    tracker.sweep()
    tracker.sync()

    assert (first.missing, first.tombstoned, second.tombstoned) == (1, 0, 1)
    assert after_first == before
    assert before.keys() - after_second.keys() == {tracker.items()[5]}
    assert tracker.titles() == before
    assert tracker.dump()["changes"] == dumped["changes"]


# --- who


@case("A12")
@each
def test_a_token_of_somebody_else_reads_nothing_until_a_person_confirms_it(tracker: Tracker) -> None:
    assert tracker.sync().outcome == "ok"
    before = tracker.dump()
    assert isinstance(tracker, JiraTracker | AzureTracker)
    if isinstance(tracker, JiraTracker):
        tracker.site.owner = JiraPerson("5f00000000000000000000bb", "Somebody else")
    else:
        tracker.site.owner = AzurePerson("Somebody else")
    tracker.clock.pass_(hours=1)
    tracker.edit(4, "Seen by somebody else")

    refused = tracker.sync()
    swept_meanwhile = tracker.sweep()
    unchanged = tracker.dump()
    tracker.store.confirm_identity(SOURCE, now=tracker.clock.now())
    accepted = tracker.sync()

    assert (refused.outcome, swept_meanwhile.outcome) == ("failed", "deferred")
    assert "Somebody else" in refused.sentence and f"vmo confirm {SOURCE} identity" in refused.sentence
    assert unchanged == before
    assert accepted.outcome == "ok"
    assert "Seen by somebody else" in tracker.titles().values()


@case("A12")
@only_azure
def test_an_account_that_the_server_did_not_name_at_first_is_pinned_as_soon_as_it_does(tracker: AzureTracker) -> None:
    assert tracker.sync().outcome == "ok"
    tracker.store.write(lambda connection: update_source(connection, SOURCE, {"identity": ""}))

    named = tracker.sync()
    state = tracker.store.state(SOURCE)
    tracker.site.owner = AzurePerson("Somebody else")
    refused = tracker.sync()

    assert (named.outcome, refused.outcome) == ("ok", "failed")
    assert state is not None and state.identity


@case("A13")
def test_check_warns_of_a_token_whose_owner_could_write(tmp_path: Path) -> None:
    with small_trackers() as trackers:
        folder = a_folder(tmp_path / "portfolio", trackers)
        well = vmo("check", folder=folder, env=SECRETS)
        trackers.jira.may_move = True
        ill = vmo("check", folder=folder, env=SECRETS)

    (told,) = [line for line in ill.out.splitlines() if "shop: this token's owner may change items" in line]
    assert told.startswith("warning")
    assert "read scopes alone" in told
    assert "may change items" not in well.out
    assert "stores: whether this token could write cannot be seen" in well.out and "vso.work" in well.out
    assert (well.code, ill.code) == (0, 0)


@case("A13")
def test_one_issue_that_nobody_may_move_hides_no_token_that_could_write_to_the_others(tmp_path: Path) -> None:
    with small_trackers() as trackers:
        folder = a_folder(tmp_path / "portfolio", trackers)
        trackers.jira.may_move = True
        told = vmo("check", folder=folder, env=SECRETS)
        first = next(each.path for each in trackers.jira.requests if "transitions" in each.all("expand"))
        trackers.jira.faults.append(Fault(path=f"{first}$", times=None, alter=without_transitions))
        ill = vmo("check", folder=folder, env=SECRETS)
        trackers.jira.may_move = False
        well = vmo("check", folder=folder, env=SECRETS)

    assert "shop: this token's owner may change items" in told.out
    assert "shop: this token's owner may change items" in ill.out
    (words,) = [line for line in well.out.splitlines() if "may change none of the" in line]
    assert int(re.findall(r"none of the (\d+) items", words)[0]) >= len(trackers.jira.site.projects)


def without_transitions(_: RecordedRequest, response: Response) -> Response:
    return response.with_json({**response.json(), "transitions": []})
