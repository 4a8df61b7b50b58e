"""Absence is not deletion: when a missing item is believed gone, and when it is not."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from datetime import timedelta

import pytest

from connectors.base import AccessDeniedError, Batch, Presence, Scope, TrackerUnavailableError
from domain.work_item import HistoryState
from sync import plan
from sync.presence import Missing, Verdict, is_too_many, judge, merge_roster
from sync.store import Store, open_store
from sync.store.store import Known
from tests.sync.fakes import NOON, FakeClock, FakeConnector, a_batch, a_change, an_item, items_held, sweep, sync

EVERYONE = [str(number) for number in range(10)]
LIVE = Scope(id="10", key="CLM", name="Claims")


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def store(store_url: str, clock: FakeClock) -> Iterator[Store]:
    """Ten items of one project, just synced."""
    with open_store(store_url, now=clock.now) as opened:
        sync(FakeConnector([a_batch(*(an_item(number) for number in EVERYONE), cursor={"mark": 1})]), opened, clock)
        yield opened


def showing(*ids: str, **answers: Presence) -> FakeConnector:
    """A source whose census names these, and that answers a probe of item "7" by `i7=...`."""
    connector = FakeConnector()
    connector.ids = list(ids)
    connector.answers = {name[1:]: answer for name, answer in answers.items()}
    return connector


def without(*gone: str) -> list[str]:
    return [number for number in EVERYONE if number not in gone]


def presence_of(store: Store, external_id: str) -> tuple[bool, str | None]:
    """Is it labelled missing; why was it removed?"""
    (held,) = [held for held in store.held_items() if held.item.external_id == external_id]
    return held.missing_since is not None, held.removed_reason


# --- decisions


@pytest.mark.parametrize(
    ("count", "of", "too_many"),
    [
        pytest.param(5, 10, False, id="five of ten"),
        pytest.param(6, 10, True, id="six of ten"),
        pytest.param(20, 1_000, False, id="two per cent"),
        pytest.param(21, 1_000, True, id="more than two per cent"),
    ],
)
def test_many_at_once_are_no_house_keeping(count: int, of: int, too_many: bool) -> None:
    answer = is_too_many(count, of=of)

    assert answer is too_many


@pytest.mark.parametrize(
    ("strikes", "hours_ago", "presence", "verdict"),
    [
        pytest.param(0, None, Presence.ABSENT, Verdict.STRIKE, id="first sweep"),
        pytest.param(1, 5.9, Presence.ABSENT, Verdict.WAIT, id="too soon after the first"),
        pytest.param(1, 6, Presence.ABSENT, Verdict.REMOVE, id="second sweep"),
        pytest.param(1, 24, Presence.THERE, Verdict.PRESENT, id="the index was stale"),
        pytest.param(1, 24, Presence.UNKNOWN, Verdict.WAIT, id="nobody can say"),
        pytest.param(0, None, Presence.RECYCLED, Verdict.REMOVE, id="the tracker says deleted"),
        pytest.param(0, None, Presence.ELSEWHERE, Verdict.MOVED, id="in another project"),
    ],
)
def test_an_item_is_removed_only_after_two_sweeps_and_a_direct_look(
    strikes: int, hours_ago: float | None, presence: Presence, verdict: Verdict
) -> None:
    struck_at = None if hours_ago is None else NOON - timedelta(hours=hours_ago)
    item = Missing(external_id="1", scope="10", strikes=strikes, struck_at=struck_at, missing_since=struck_at)

    judgement = judge(item, presence=presence, scope_state="live", now=NOON)

    assert judgement.verdict is verdict


def test_a_project_that_is_not_shown_any_more_stays_in_the_roster_as_lost() -> None:
    held = {"10": ("CLM", "live"), "11": ("DST", "live")}

    roster = merge_roster(held, [Scope(id="10", key="CLAIMS", name="Claims")])

    assert roster == {"10": ("CLAIMS", "live"), "11": ("DST", "access_lost")}


def test_a_project_that_settings_neither_name_nor_see_was_given_up_if_all_their_names_are_known() -> None:
    held = {"10": ("CLM", "live"), "11": ("DST", "forbidden")}
    live = Scope(id="10", key="CLM", name="Claims")
    unknown = Scope(id="disputes", key="DISPUTES", name="disputes", state="access_lost")

    assert merge_roster(held, [live], names_projects=True)["11"] == ("DST", "out_of_scope")
    assert merge_roster(held, [live, unknown], names_projects=True)["11"] == ("DST", "access_lost")
    assert merge_roster(held, [live, Scope(id="11", key="DST", name="Disputes")])["11"] == ("DST", "forbidden")


@pytest.mark.parametrize(
    ("shown", "before", "found"),
    [
        pytest.param("CLX", "CLM", ("CLM", "unnamed"), id="renamed, and still named as before"),
        pytest.param("CLM", "CML", ("CLM", "unnamed"), id="misspelt"),
        pytest.param("CLX", "CLY", ("CLM", "unnamed"), id="renamed, and misspelt since"),
        pytest.param("CLM", None, ("CLM", "out_of_scope"), id="taken out"),
        pytest.param("CLX", None, ("CLX", "out_of_scope"), id="renamed and taken out"),
        pytest.param("CLM", "FLT", ("CLM", "out_of_scope"), id="taken out, while another is hidden"),
    ],
)
def test_a_project_left_out_was_given_up_only_if_each_name_of_the_settings_is_accounted_for(
    shown: str, before: str | None, found: tuple[str, str]
) -> None:
    held = {"10": ("CLM", "live"), "11": ("DST", "live"), "12": ("FLT", "live")}
    left_out = Scope(id="10", key=shown, name="Claims", state="out_of_scope")
    lost = [] if before is None else [Scope(id=before.lower(), key=before, name=before, state="access_lost")]

    roster = merge_roster(held, [Scope(id="11", key="DST", name="Disputes"), left_out, *lost], names_projects=True)
    again = merge_roster(roster, [Scope(id="11", key="DST", name="Disputes"), left_out, *lost], names_projects=True)

    assert roster["10"] == found
    assert again == roster


def test_one_taken_out_and_another_misspelt_at_once_are_both_kept() -> None:
    held = {"10": ("CLM", "live"), "11": ("DST", "live"), "12": ("FLT", "live")}
    shown = [Scope(id=each, key=key, name=key, state="out_of_scope") for each, key in (("10", "CLM"), ("12", "FLT"))]
    other, misspelt = (
        Scope(id="11", key="DST", name="Disputes"),
        Scope(id="ftl", key="FTL", name="ftl", state="access_lost"),
    )

    roster = merge_roster(held, [other, *shown, misspelt], names_projects=True)
    put_right = [other, shown[0], dataclasses.replace(shown[1], state="live")]
    mended = merge_roster(roster, put_right, names_projects=True)

    assert {roster["10"][1], roster["12"][1]} == {"unnamed"}
    assert [state for _, state in mended.values()] == ["out_of_scope", "live", "live"]


def test_a_project_whose_name_another_has_taken_is_not_given_up() -> None:
    held = {"10": ("CLM", "live")}
    renamed = Scope(id="10", key="CLX", name="Claims", state="out_of_scope")

    roster = merge_roster(held, [Scope(id="30", key="CLM", name="Claims of today"), renamed], names_projects=True)

    assert roster == {"10": ("CLM", "unnamed"), "30": ("CLM", "live")}


def test_what_was_given_up_on_purpose_stays_so_when_a_name_is_misspelt_later() -> None:
    given_up = Scope(id="10", key="CLM", name="Claims", state="out_of_scope")
    misspelt = Scope(id="dts", key="DTS", name="dts", state="access_lost")

    roster = merge_roster({"10": ("CLM", "out_of_scope")}, [given_up, misspelt], names_projects=True)

    assert roster["10"] == ("CLM", "out_of_scope")


# --- sweeps


def test_a_census_that_names_all_proves_what_we_hold(store: Store, clock: FakeClock) -> None:
    record = sweep(showing(*EVERYONE), store, clock)

    trust = store.trust("claims")
    assert record.sentence == "claims: a census named 10 items, and we hold exactly these"
    assert (trust.declared, trust.held, trust.suspects) == (10, 10, 0)
    assert trust.census_at == NOON - timedelta(seconds=30)


def test_an_item_missing_once_is_kept_and_labelled(store: Store, clock: FakeClock) -> None:
    record = sweep(showing(*without("7")), store, clock)

    assert (record.missing, record.tombstoned) == (1, 0)
    assert presence_of(store, "7") == (True, None)
    assert store.trust("claims").suspects == 1


def test_an_item_missing_twice_is_removed_once_and_its_history_is_kept(store: Store, clock: FakeClock) -> None:
    sync(FakeConnector([Batch(changes=[a_change("7")], cursor={"mark": 2})]), store, clock)
    records = []

    for _ in range(3):
        records.append(sweep(showing(*without("7")), store, clock))
        clock.move(hours=6)

    assert [record.tombstoned for record in records] == [0, 1, 0]
    assert presence_of(store, "7") == (False, "deleted_or_hidden")
    assert len(list(store.changes())) == 1
    assert len(items_held(store)) == 9


def test_two_sweeps_in_a_row_are_too_close_to_remove_anything(store: Store, clock: FakeClock) -> None:
    sweep(showing(*without("7")), store, clock)
    clock.move(hours=5)

    sweep(showing(*without("7")), store, clock)

    assert presence_of(store, "7") == (True, None)


def test_an_item_that_is_seen_again_begins_anew(store: Store, clock: FakeClock) -> None:
    for ids in (without("7"), EVERYONE, without("7")):
        sweep(showing(*ids), store, clock)
        clock.move(hours=24)

    assert presence_of(store, "7") == (True, None)


def test_an_item_that_the_direct_look_finds_is_present(store: Store, clock: FakeClock) -> None:
    for _ in range(3):
        sweep(showing(*without("7"), i7=Presence.THERE), store, clock)
        clock.move(hours=24)

    assert presence_of(store, "7") == (False, None)


def test_a_removed_item_that_a_census_names_is_read_again_before_it_is_back(store: Store, clock: FakeClock) -> None:
    """What we hold of it is as old as its removal."""
    sweep(showing(*without("7"), i7=Presence.RECYCLED), store, clock)
    removed = presence_of(store, "7")

    record = sweep(showing(*EVERYONE), store, clock)

    assert (removed, presence_of(store, "7")) == ((False, "recycled"), (False, "recycled"))
    assert (record.returned, record.unheld, store.pending_chunks("claims")) == (0, 1, 1)
    assert (record.held, record.declared) == (9, 10)


def test_an_item_in_another_project_is_out_of_scope(store: Store, clock: FakeClock) -> None:
    sweep(showing(*without("7"), i7=Presence.ELSEWHERE), store, clock)

    assert presence_of(store, "7") == (False, "out_of_scope")


def test_many_that_vanish_at_once_are_kept_until_a_person_confirms(store: Store, clock: FakeClock) -> None:
    few = ["1", "2", "3"]
    for _ in range(3):
        record = sweep(showing(*few), store, clock)
        clock.move(hours=24)
    kept = len(items_held(store))
    problems = store.trust("claims").problems

    count = store.confirm_vanished("claims", now=clock.now())
    confirmed = sweep(showing(*few), store, clock)

    assert (kept, record.tombstoned) == (10, 0)
    assert "7 of 10 items of project CLM have vanished at once" in problems[0]
    assert "vmo confirm claims vanished" in problems[0]
    assert (count, confirmed.tombstoned, len(items_held(store))) == (7, 7, 3)
    assert store.trust("claims").problems == ()


def test_many_that_moved_at_once_are_kept_and_said_to_be_elsewhere(store: Store, clock: FakeClock) -> None:
    moved = {f"i{number}": Presence.ELSEWHERE for number in range(4, 10)}

    record = sweep(showing("1", "2", "3", **moved), store, clock)

    told = "7 of 10 items of project CLM have vanished at once; they are kept; found outside the scope: 6 of them"
    assert told in record.sentence
    assert (record.tombstoned, len(items_held(store))) == (0, 10)


def test_a_confirmation_holds_for_one_sweep_only(store: Store, clock: FakeClock) -> None:
    sweep(showing("1", "2", "3"), store, clock)
    clock.move(hours=24)
    store.confirm_vanished("claims", now=clock.now())
    sweep(showing(*EVERYONE), store, clock)
    sweep(showing("1", "2", "3"), store, clock)
    clock.move(hours=24)

    sweep(showing("1", "2", "3"), store, clock)
    clock.move(hours=24)
    last = sweep(showing("1", "2", "3"), store, clock)

    assert last.tombstoned == 0


def test_a_hidden_project_is_no_deletion(store: Store, clock: FakeClock) -> None:
    other = replace_scope(showing(), Scope(id="11", key="DST", name="Disputes"))
    other.ids = ["other"]

    for _ in range(3):
        sweep(other, store, clock)
        clock.move(hours=24)

    assert len(items_held(store)) == 10
    assert "project CLM is no longer shown to us" in store.trust("claims").problems[0]
    assert other.probed == []


def test_an_archived_project_takes_its_items_with_it(store: Store, clock: FakeClock) -> None:
    archived = replace_scope(showing("other"), Scope(id="10", key="CLM", name="Claims", state="archived"))

    for _ in range(2):
        sweep(archived, store, clock)
        clock.move(hours=24)

    assert {held.removed_reason for held in store.held_items()} == {"archived"}


def replace_scope(connector: FakeConnector, *scopes: Scope) -> FakeConnector:
    connector.scopes = scopes
    return connector


class Interrupted(FakeConnector):
    """Its census breaks off."""

    def census(self) -> Iterator[Sequence[str]]:
        yield ["1", "2"]
        raise TrackerUnavailableError("claims: no answer on page 2")


class Blinded(FakeConnector):
    """What it may see changes while it counts."""

    def census(self) -> Iterator[Sequence[str]]:
        yield ["1", "2"]
        self.scopes = () if self.scopes else (LIVE,)


class Unmasked(FakeConnector):
    """The token ends while it counts."""

    def census(self) -> Iterator[Sequence[str]]:
        yield ["1", "2"]
        self.refusal = AccessDeniedError("claims: the token has expired")


class Unprobed(FakeConnector):
    """Cannot look at items one by one today."""

    def probe(self, external_ids: Sequence[str]) -> dict[str, Presence]:
        raise TrackerUnavailableError("claims: no answer")


@pytest.mark.parametrize("kind", [FakeConnector, Interrupted, Blinded, Unmasked, Unprobed])
def test_a_sweep_that_is_not_whole_decides_nothing(store: Store, clock: FakeClock, kind: type[FakeConnector]) -> None:
    connector = kind()  # a plain one names nothing at all
    connector.ids = [] if kind is FakeConnector else without("7")
    before = list(store.held_items())

    outcomes = []
    for _ in range(3):
        outcomes.append(sweep(connector, store, clock).outcome)
        clock.move(hours=24)

    assert set(outcomes) == {"failed"}
    assert list(store.held_items()) == before


def test_a_sweep_waits_for_a_complete_sync(store: Store, clock: FakeClock) -> None:
    sync(FakeConnector([TrackerUnavailableError("claims: no answer")]), store, clock)

    record = sweep(showing(*without("7")), store, clock)

    assert (record.outcome, presence_of(store, "7")) == ("deferred", (False, None))
    assert "the sweep waits" in record.sentence


def test_items_that_a_census_names_and_we_do_not_hold_are_counted(store: Store, clock: FakeClock) -> None:
    record = sweep(showing(*EVERYONE, "11", "12"), store, clock)

    assert record.unheld == 2
    assert "2 that it named are not held yet; 2 not held, and fetched next: 11, 12" in record.sentence


def test_what_a_census_names_and_we_do_not_hold_is_queued_for_the_next_sync(store: Store, clock: FakeClock) -> None:
    sweep(showing(*EVERYONE, "11", "12"), store, clock)
    sweep(showing(*EVERYONE, "11", "13"), store, clock)

    queued = [list(ids) for _, ids in Known(store, "claims").pending_chunks()]

    assert queued == [["11", "13"]], "the newest census alone says what there is to fetch"


def test_what_was_named_and_never_came_is_kept_until_the_next_census_and_makes_no_emptiness_believed(
    store: Store, clock: FakeClock
) -> None:
    sweep(showing(*EVERYONE, "11"), store, clock)
    clock.move(hours=1)
    ((chunk, _),) = Known(store, "claims").pending_chunks()
    steps = [a_batch(cursor={"m": 2}, finished_chunk=chunk), a_batch(cursor={"m": 3})]
    told = [sync(FakeConnector([step]), store, clock) for step in steps]
    kept = store.unheld("claims")

    empty = sync(FakeConnector([a_batch(cursor={"m": 4})]), store, clock, full=True)
    clock.move(hours=1)
    sync(FakeConnector([a_batch(cursor={"m": 5})]), store, clock)
    sweep(showing(*EVERYONE), store, clock)

    assert all("named 1 item of which the tracker gives nothing when asked (11)" in each.sentence for each in told)
    assert (kept, store.unheld("claims")) == (["11"], [])
    assert empty.outcome == "failed"
    assert "a full sync found nothing, but we hold 10 items" in empty.sentence


def test_an_item_that_was_missing_and_is_named_again_is_read_again(store: Store, clock: FakeClock) -> None:
    for _ in range(2):
        sweep(showing(*without("7")), store, clock)
        clock.move(hours=7)

    sweep(showing(*EVERYONE), store, clock)

    assert [list(ids) for _, ids in Known(store, "claims").pending_chunks()] == [["7"]]


def test_a_tracker_whose_stream_names_every_item_is_given_no_queue(store: Store, clock: FakeClock) -> None:
    connector = showing(*EVERYONE, "11")
    connector.settings = dataclasses.replace(connector.settings, kind="azure_devops")

    sweep(connector, store, clock)

    assert not list(Known(store, "claims").pending_chunks())


def test_a_project_that_the_scope_gave_up_is_neither_lost_nor_counted(store: Store, clock: FakeClock) -> None:
    gone = (
        Scope(id="10", key="CLM", name="Claims", state="out_of_scope"),
        Scope(id="20", key="DST", name="Distribution"),
    )
    narrowed = FakeConnector([Batch(cursor={"mark": 2})])
    narrowed.scopes = gone
    synced = sync(narrowed, store, clock)
    connector = showing("99")
    connector.scopes = gone
    connector.answers = dict.fromkeys(EVERYONE, Presence.ELSEWHERE)

    record = sweep(connector, store, clock)

    assert "no longer shown" not in synced.sentence + record.sentence
    assert {presence_of(store, number) for number in EVERYONE} == {(False, "out_of_scope")}


def test_a_project_that_never_was_in_scope_is_not_entered() -> None:
    elsewhere = Scope(id="20", key="DST", name="Distribution", state="out_of_scope")

    assert merge_roster({"10": ("CLM", "live")}, [elsewhere]) == {"10": ("CLM", "access_lost")}


def test_a_project_that_was_only_named_is_forgotten_when_it_is_shown_or_named_no_more() -> None:
    only_named = Scope(id="dst", key="DST", name="dst", state="access_lost")
    shown = Scope(id="20", key="DST", name="Distribution")
    roster = merge_roster({}, [only_named])

    assert roster == {"dst": ("DST", "access_lost")}
    assert merge_roster(roster, []) == {}
    assert merge_roster(roster, [shown]) == {"20": ("DST", "live")}
    assert merge_roster({"20": ("DST", "live")}, [only_named]) == {"20": ("DST", "access_lost")}


def test_a_sweep_finds_histories_that_do_not_lead_to_the_present(store: Store, clock: FakeClock) -> None:
    told = a_batch(
        an_item("1"),
        an_item("2", status="Done", status_id="300"),
        changes=[a_change("1"), a_change("2")],
        cursor={"m": 2},
    )
    sync(FakeConnector([told]), store, clock)

    sweep(showing(*EVERYONE), store, clock)

    gaps = [held.item.external_id for held in store.held_items() if held.history is HistoryState.GAP]
    assert gaps == ["2"]


def test_a_sweep_that_a_clock_running_ahead_made_keeps_none_from_being_made(store: Store, clock: FakeClock) -> None:
    clock.move(days=365)
    sweep(showing(*EVERYONE), store, clock)
    clock.move(days=-365)

    assert plan.sweep_is_due(store.state("claims"), now=clock.now())


def test_a_sweep_is_due_once_a_day_and_only_after_a_complete_sync(store: Store, clock: FakeClock) -> None:
    fresh = plan.sweep_is_due(store.state("claims"), now=clock.now())
    sweep(showing(*EVERYONE), store, clock)
    just_swept = plan.sweep_is_due(store.state("claims"), now=clock.now())
    clock.move(hours=21)
    next_day = plan.sweep_is_due(store.state("claims"), now=clock.now())
    sync(FakeConnector([TrackerUnavailableError("claims: no answer")]), store, clock)
    after_failure = plan.sweep_is_due(store.state("claims"), now=clock.now())

    assert (fresh, just_swept, next_day, after_failure) == (True, False, True, False)
    assert plan.sweep_is_due(None, now=clock.now()) is False
