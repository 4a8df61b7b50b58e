"""Fetch, read, save, advance: what a run does when all goes well, and what it leaves alone when it does not."""

from __future__ import annotations

import dataclasses
import gc
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from connectors.base import (
    AccessDeniedError,
    Batch,
    CursorLostError,
    DeferredError,
    IncompleteWalkError,
    KnownItems,
    Raw,
    Reading,
    Scope,
    SettingsError,
    TrackerUnavailableError,
    UnreadableAnswerError,
)
from domain.work_item import RANK, RELEASED, HistoryState, ItemId
from sync.engine import Progress, reread_source, sync_all, sync_source
from sync.store import RunRecord, Store, StoreError, open_store
from tests.sync.fakes import (
    NOON,
    FakeClock,
    FakeConnector,
    Step,
    a_batch,
    a_change,
    an_item,
    dump,
    ignore_progress,
    items_held,
    sweep,
    sync,
)

FIRST = a_batch(an_item("1"), an_item("2"), cursor={"mark": 1}, changes=[a_change("1"), a_change("2")])
SECOND = a_batch(an_item("3"), cursor={"mark": 2}, changes=[a_change("3")])


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def store(store_url: str, clock: FakeClock) -> Iterator[Store]:
    with open_store(store_url, now=clock.now) as opened:
        yield opened


def test_a_first_run_brings_everything_home(store: Store, clock: FakeClock) -> None:
    connector = FakeConnector([FIRST, SECOND])

    record = sync(connector, store, clock)

    trust, state = store.trust("claims"), store.state("claims")
    assert (record.outcome, record.items, record.changes, record.batches) == ("ok", 3, 3, 2)
    assert record.sentence == "claims: 3 new changes; 3 items held"
    assert (trust.kind, trust.outcome, trust.held) == ("Jira", "ok", 3)
    assert trust.complete_at == NOON - timedelta(seconds=30)  # the server's clock when the run began
    assert state is not None
    assert (state.cursor, state.identity, state.roster) == ({"mark": 2}, "account-1", {"10": ("CLM", "live")})
    assert store.last_run("claims") == record


def test_the_next_run_goes_on_from_the_cursor(store: Store, clock: FakeClock) -> None:
    connector = FakeConnector([FIRST], [SECOND])

    sync(connector, store, clock)
    record = sync(connector, store, clock)

    assert connector.cursors == [(None, False), ({"mark": 1}, False)]
    assert (record.items, record.held) == (1, 3)


def test_a_second_run_over_the_same_pages_adds_nothing(store: Store, clock: FakeClock) -> None:
    connector = FakeConnector([FIRST, SECOND], [FIRST, SECOND])
    sync(connector, store, clock)
    before = dump(store, without=("instance", "runs", "source_states"))
    clock.move(hours=1)

    record = sync(connector, store, clock, full=True)

    assert record.changes == 0
    assert dump(store, without=("instance", "runs", "source_states")) == before


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        pytest.param(TrackerUnavailableError("claims: no answer"), "partial", id="unavailable"),
        pytest.param(IncompleteWalkError("claims: paging went in circles"), "partial", id="circles"),
        pytest.param(DeferredError("claims: come back later"), "deferred", id="deferred"),
        pytest.param(AccessDeniedError("claims: the token has expired"), "failed", id="denied"),
        pytest.param(SettingsError("claims: no such project"), "failed", id="settings"),
        pytest.param(UnreadableAnswerError("claims: an HTML page"), "failed", id="not data"),
    ],
)
def test_an_error_in_the_middle_keeps_what_was_proven_and_no_more(
    store: Store, clock: FakeClock, error: Exception, outcome: str
) -> None:
    connector = FakeConnector([FIRST, error], [SECOND])

    record = sync(connector, store, clock)

    state, trust = store.state("claims"), store.trust("claims")
    assert state is not None
    assert (record.outcome, record.sentence) == (outcome, str(error))
    assert (state.cursor, trust.complete_at, trust.problems) == ({"mark": 1}, None, (str(error),))
    assert set(items_held(store)) == {"1", "2"}
    assert sync(connector, store, clock).outcome == "ok"
    assert store.trust("claims").problems == ()


@pytest.mark.parametrize(
    "error",
    [
        AccessDeniedError("claims: the token has expired; make a new one"),
        TrackerUnavailableError("claims: no connection"),
        RecursionError(),
        MemoryError(),
        ValueError("a mistake of ours that quotes secret-token"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_a_failure_before_the_first_batch_changes_no_item(store: Store, clock: FakeClock, error: Exception) -> None:
    connector = FakeConnector([FIRST], [error])
    sync(connector, store, clock)
    before = dump(store, without=("instance", "runs", "source_states"))

    record = sync(connector, store, clock)

    state = store.state("claims")
    assert record.outcome == "failed"
    assert "secret-token" not in record.sentence
    assert dump(store, without=("instance", "runs", "source_states")) == before
    assert state is not None
    assert (state.cursor, state.outcome, state.complete_at) == ({"mark": 1}, "failed", NOON - timedelta(seconds=30))


def test_a_denied_preflight_ends_in_one_sentence(store: Store, clock: FakeClock) -> None:
    connector = FakeConnector([FIRST])
    connector.refusal = AccessDeniedError("claims: the token was refused; make a new one")

    record = sync(connector, store, clock)

    assert (record.outcome, record.sentence) == ("failed", "claims: the token was refused; make a new one")
    assert store.trust("claims").outcome == "failed"
    assert connector.cursors == []


def test_a_full_walk_that_finds_nothing_is_not_believed(store: Store, clock: FakeClock) -> None:
    connector = FakeConnector([FIRST], [Batch(cursor={"mark": 9})])
    sync(connector, store, clock)

    record = sync(connector, store, clock, full=True)

    state = store.state("claims")
    assert record.outcome == "failed"
    assert record.sentence == (
        "claims: a full sync found nothing, but we hold 2 items; check what the token may see before removing them"
    )
    assert state is not None
    assert state.cursor == {"mark": 1}
    assert len(items_held(store)) == 2


def test_a_connector_that_starts_over_by_itself_is_not_believed_when_it_finds_nothing(
    store: Store, clock: FakeClock
) -> None:
    connector = FakeConnector([FIRST], [Batch(starts_over=True), Batch(cursor={"mark": 9})])
    sync(connector, store, clock)

    record = sync(connector, store, clock)

    state = store.state("claims")
    assert record.outcome == "failed"
    assert "found nothing, but we hold 2 items" in record.sentence
    assert state is not None
    assert state.cursor == {"mark": 1}


def test_a_full_walk_that_the_connector_began_is_marked_as_one(store: Store, clock: FakeClock) -> None:
    again = a_batch(an_item("1", updated_at=NOON), cursor={"mark": 2})
    broken = TrackerUnavailableError("claims: no answer; try again later")
    connector = FakeConnector([FIRST], [Batch(starts_over=True), again, broken], [])
    sync(connector, store, clock)
    clock.move(hours=1)

    sync(connector, store, clock)
    interrupted = store.state("claims")
    sync(connector, store, clock)
    whole = store.state("claims")

    assert interrupted is not None
    assert interrupted.full_since is not None
    assert whole is not None
    assert (whole.full_since, connector.cursors[-1]) == (None, ({"mark": 2}, False))


def test_an_empty_source_that_never_had_items_is_believed(store: Store, clock: FakeClock) -> None:
    connector = FakeConnector([Batch(cursor={"mark": 1})])

    record = sync(connector, store, clock)

    state = store.state("claims")
    assert (record.outcome, record.held) == ("ok", 0)
    assert state is not None
    assert state.cursor == {"mark": 1}


def test_a_quiet_day_is_no_emptiness(store: Store, clock: FakeClock) -> None:
    connector = FakeConnector([FIRST], [Batch(cursor={"mark": 2})])
    sync(connector, store, clock)

    record = sync(connector, store, clock)

    assert (record.outcome, record.items, record.held) == ("ok", 0, 2)


def test_another_owner_of_the_token_is_refused_until_a_person_confirms(store: Store, clock: FakeClock) -> None:
    connector = FakeConnector([FIRST], [SECOND])
    sync(connector, store, clock)
    connector.identity = "account-2"

    refused = sync(connector, store, clock)
    name = store.confirm_identity("claims", now=clock.now())
    accepted = sync(connector, store, clock)

    assert refused.outcome == "failed"
    assert "vmo confirm claims identity" in refused.sentence
    assert name == "Owner of account-2"
    assert (accepted.outcome, accepted.held) == ("ok", 3)
    assert connector.cursors == [(None, False), ({"mark": 1}, False)]  # nothing was asked while it was refused


@pytest.mark.parametrize(
    ("told", "is_other"),
    [
        ({"url": "https://motor.example.com"}, True),
        ({"url": "https://claims.example.com/second"}, True),
        ({"kind": "azure_devops"}, True),
        ({"url": "http://CLAIMS.example.com:8443/"}, False),
    ],
    ids=["another host", "another path", "another kind", "another port"],
)
def test_another_tracker_under_the_same_name_is_refused_until_a_person_confirms(
    store: Store, clock: FakeClock, told: dict[str, Any], is_other: bool
) -> None:
    sync(FakeConnector([FIRST]), store, clock)
    connector = FakeConnector([SECOND])
    connector.settings = dataclasses.replace(connector.settings, **told)

    record = sync(connector, store, clock)
    again = sync(connector, store, clock) if is_other else record

    assert (record.outcome, again.outcome) == (("failed", "failed") if is_other else ("ok", "ok"))
    assert len(connector.cursors) == (0 if is_other else 1)
    if is_other:
        assert "vmo confirm claims identity" in record.sentence
        store.confirm_identity("claims", now=clock.now())
        assert sync(connector, store, clock).outcome == "ok"
        assert store.trust("claims").base_url == connector.settings.url


def test_one_unreadable_item_never_stops_the_rest(store: Store, clock: FakeClock) -> None:
    connector = FakeConnector([replace(FIRST, unreadable=[("9", "no status")])])

    record = sync(connector, store, clock)

    assert (record.outcome, record.unreadable, record.held) == ("ok", 1, 2)
    assert "1 item could not be read" in store.trust("claims").problems[0]
    assert store.trust("claims").quarantined == 1


def test_more_than_one_in_a_hundred_unreadable_fails_the_run(store: Store, clock: FakeClock) -> None:
    connector = FakeConnector([replace(FIRST, unreadable=[("8", "no status"), ("9", "no status")])])

    record = sync(connector, store, clock)

    assert record.outcome == "failed"
    assert "2 items cannot be read" in record.sentence
    assert store.trust("claims").complete_at is None


def test_more_than_twenty_unreadable_stop_the_run_before_they_are_saved(store: Store, clock: FakeClock) -> None:
    many = [an_item(str(number)) for number in range(3_000)]
    flood = Batch(unreadable=[(f"x{number}", "no status") for number in range(21)], cursor={"mark": 2})
    connector = FakeConnector([a_batch(*many, cursor={"mark": 1}), flood])

    record = sync(connector, store, clock)

    state = store.state("claims")
    assert record.outcome == "failed"
    assert state is not None
    assert state.cursor == {"mark": 1}
    assert store.unreadable() == []


def test_a_lost_cursor_begins_again_in_the_same_run(store: Store, clock: FakeClock) -> None:
    connector = FakeConnector([FIRST], [CursorLostError("claims: the token is too old")], [FIRST, SECOND])
    sync(connector, store, clock)

    record = sync(connector, store, clock)

    assert (record.outcome, record.held) == ("ok", 3)
    assert connector.cursors[-2:] == [({"mark": 1}, False), ({"mark": 1}, True)]


def test_a_stop_ends_between_batches_and_the_next_run_goes_on(store: Store, clock: FakeClock) -> None:
    asked = threading.Event()
    connector = FakeConnector([FIRST, asked.set, SECOND], [SECOND])

    record = sync_all(
        [connector], store, now=clock.now, monotonic=clock.monotonic, stop=asked.is_set, progress=ignore_progress
    )[0]
    went_on = sync(connector, store, clock)

    assert record.outcome == "partial"
    assert (went_on.outcome, went_on.held) == ("ok", 3)


def test_a_run_that_lasts_too_long_is_deferred(store: Store, clock: FakeClock) -> None:
    connector = FakeConnector([FIRST, lambda: clock.move(hours=7), SECOND])

    record = sync(connector, store, clock)

    assert (record.outcome, record.batches, record.seconds) == ("deferred", 1, 7 * 3600)


def test_an_interrupted_full_walk_goes_on_and_is_not_begun_again(store: Store, clock: FakeClock) -> None:
    connector = FakeConnector([FIRST], [FIRST, TrackerUnavailableError("claims: no answer")], [SECOND])
    sync(connector, store, clock)

    sync(connector, store, clock, full=True)
    record = sync(connector, store, clock, full=True)

    assert connector.cursors == [(None, False), ({"mark": 1}, True), ({"mark": 1}, False)]
    assert record.outcome == "ok"


class ChunkedConnector(FakeConnector):
    """Walks ids first and fetches them in chunks, as a bulk interface wants it."""

    def changes_since(self, cursor: Any, known: KnownItems, *, full: bool = False) -> Iterator[Batch]:
        self.cursors.append((cursor, full))
        if cursor is None and not list(known.pending_chunks()):
            yield Batch(enqueue=[["1", "2"], ["3"]])
        for number, ids in known.pending_chunks():
            if self.refusal:
                raise self.refusal
            yield a_batch(*(an_item(external_id) for external_id in ids), finished_chunk=number)
            self.refusal = self.script.pop(0)[0] if self.script else None  # type: ignore[assignment] # errors only
        yield Batch(cursor={"mark": 7})


def test_a_full_load_goes_on_from_the_chunks_that_are_not_done(store: Store, clock: FakeClock) -> None:
    connector = ChunkedConnector([TrackerUnavailableError("claims: no answer")])

    cut = sync(connector, store, clock)
    connector.refusal = None
    record = sync(connector, store, clock)

    assert (cut.outcome, cut.items) == ("partial", 2)
    assert (record.outcome, record.items, record.held) == ("ok", 1, 3)
    assert not store.has_queue("claims")


def test_a_walk_that_leaves_chunks_unfetched_is_not_complete(store: Store, clock: FakeClock) -> None:
    connector = FakeConnector([Batch(enqueue=[["1"], ["2"]]), Batch(cursor={"mark": 1})])

    record = sync(connector, store, clock)

    assert (record.outcome, store.trust("claims").complete_at) == ("partial", None)
    assert "2 blocks of items are still to be fetched" in record.sentence


def test_a_connector_may_ask_what_is_held(store: Store, clock: FakeClock) -> None:
    answers: list[Any] = []

    class Asking(FakeConnector):
        def changes_since(self, cursor: Any, known: KnownItems, *, full: bool = False) -> Iterator[Batch]:
            yield a_batch(
                an_item("1"), an_item("2", parent_id="1"), raws=[Raw(external_id="1", kind="item", body={"id": 1})]
            )
            answers.append(known.updated_at(["1", "5"]))
            answers.append(known.parents(["1", "2"]))
            answers.append(known.newest_update())
            answers.append(known.item_raws(["1", "5"]))

    sync(Asking(), store, clock)

    updated = NOON - timedelta(days=1)
    held = Raw(external_id="1", kind="item", body={"id": 1})
    assert answers == [{"1": updated}, {"1": None, "2": "1"}, updated, {"1": held}]


def test_a_project_that_is_hidden_from_us_is_named_and_its_items_stay(store: Store, clock: FakeClock) -> None:
    connector = FakeConnector([FIRST], [Batch(cursor={"mark": 2})])
    sync(connector, store, clock)
    connector.scopes = (Scope(id="11", key="DST", name="Disputes"),)

    record = sync(connector, store, clock)

    assert "project CLM is no longer shown to us" in record.sentence
    assert len(items_held(store)) == 2


def test_where_the_connector_is_silent_the_changes_say_whether_a_history_is_whole(
    store: Store, clock: FakeClock
) -> None:
    items = [an_item("1"), an_item("2", status="Done", status_id="300"), an_item("3")]
    connector = FakeConnector([Batch(items=items, changes=[a_change("1"), a_change("2")])])

    sync(connector, store, clock)

    assert [held.history for held in store.held_items()] == [HistoryState.COMPLETE, HistoryState.GAP, HistoryState.NONE]
    assert (store.trust("claims").history_gaps, store.trust("claims").without_history) == (1, 1)


# --- reading again


def as_today(raws: Sequence[Raw]) -> Reading:
    (item,) = [raw for raw in raws if raw.kind == "item"]
    if item.body == "broken":
        raise UnreadableAnswerError("claims: 2 has no status")
    if item.body == "odd":
        raise TypeError("'int' object is not iterable")
    return Reading(
        item=an_item(item.external_id, title=f"{item.body} read anew"),
        changes=(a_change(item.external_id, "501:0", to_value="Open"), a_change(item.external_id, "502:0")),
        history=HistoryState.COMPLETE,
    )


def test_a_new_mapping_reads_what_was_kept_and_asks_for_nothing(store: Store, clock: FakeClock) -> None:
    raws = [Raw(external_id="1", kind="item", body="one"), Raw(external_id="1", kind="history:502", body={})]
    first = a_batch(an_item("1"), cursor={"mark": 1}, raws=raws, changes=[a_change("1", "501:0")])
    connector = FakeConnector([first], [Batch(cursor={"mark": 2})])
    sync(connector, store, clock)
    clock.move(days=1)
    again = FakeConnector([Batch(cursor={"mark": 2})], value_fields={"job_size": "Job Size"})
    again.mapping = as_today

    record = sync(again, store, clock)

    changes = [
        (change.change_id, change.to_value, change.known_at) for change in store.changes_of(ItemId("claims", "1"))
    ]
    assert record.outcome == "ok"
    assert items_held(store) == {"1": "one read anew"}
    assert changes == [("501:0", "Open", NOON), ("502:0", "To Do", NOON)]


def test_an_answer_of_no_known_shape_stops_no_reading_again(store: Store, clock: FakeClock) -> None:
    raws = [Raw(external_id=number, kind="item", body="odd" if number == "2" else number) for number in "12"]
    connector = FakeConnector([a_batch(an_item("1"), an_item("2"), cursor={"mark": 1}, raws=raws)])
    connector.mapping = as_today
    sync(connector, store, clock)

    record = reread_source(
        connector, store, now=clock.now, monotonic=clock.monotonic, stop=lambda: False, progress=ignore_progress
    )

    assert (record.outcome, record.items, record.unreadable) == ("ok", 1, 1)
    assert items_held(store) == {"1": "1 read anew", "2": "Item 2"}
    assert [one.reason for one in store.unreadable()] == ["claims: item 2 has a value of no known shape (TypeError)"]


def stopped_after_reading_some_again(
    store: Store, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., FakeConnector]:
    """Three items, read with `first`; a run that reads them with `second` was stopped after two. Makes further runs'
    connectors, by the field that is asked for, which read each item as "N by FIELD"."""
    monkeypatch.setattr("sync.engine.REREAD_AT_ONCE", 2)

    def connector(field: str, *script: Sequence[Any]) -> FakeConnector:
        made = FakeConnector(*script, value_fields={"job_size": field})

        def mapping(raws: Sequence[Raw]) -> Reading:
            (item,) = raws
            made.probed.append(item.external_id)
            told = an_item(item.external_id, title=f"{item.external_id} by {field}")
            return Reading(item=told, changes=(), history=HistoryState.COMPLETE)

        made.mapping = mapping
        return made

    raws = [Raw(external_id=number, kind="item", body=number) for number in "123"]
    items = [an_item(number, title=f"{number} by first") for number in "123"]
    sync(connector("first", [a_batch(*items, cursor={"mark": 1}, raws=raws)]), store, clock)
    second = connector("second")

    record = sync_source(
        second, store, now=clock.now, monotonic=clock.monotonic, stop=lambda: True, progress=ignore_progress
    )  # fmt: skip

    assert (record.outcome, record.sentence, second.probed) == (
        "partial",
        "claims: stopped on request; the next run goes on from here",
        ["1", "2"],
    )
    return connector


def test_reading_again_goes_on_where_it_was_stopped(
    store: Store, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    connector = stopped_after_reading_some_again(store, clock, monkeypatch)
    later = connector("second", [Batch(cursor={"mark": 2})])

    record = sync(later, store, clock)
    again = sync(unasked := connector("second", [Batch(cursor={"mark": 3})]), store, clock)

    assert (record.outcome, later.probed) == ("ok", ["3"])
    assert items_held(store) == {number: f"{number} by second" for number in "123"}
    assert (again.outcome, unasked.probed) == ("ok", [])


def test_settings_put_back_while_items_were_read_again_read_all_of_them_by_what_holds(
    store: Store, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    connector = stopped_after_reading_some_again(store, clock, monkeypatch)

    record = sync(connector("first", [Batch(cursor={"mark": 2})]), store, clock)

    assert record.outcome == "ok"
    assert items_held(store) == {number: f"{number} by first" for number in "123"}


def test_a_name_that_another_field_takes_over_has_what_is_kept_read_again_and_is_believed_with_its_end(
    store: Store, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sync.engine.REREAD_AT_ONCE", 2)

    def connector(bearer: str, *script: Sequence[Any]) -> FakeConnector:
        made = FakeConnector(*script, text_fields=("Secrecy",))
        made.bearers = {"Secrecy": bearer}
        made.mapping = lambda raws: Reading(
            item=an_item(raws[0].external_id, title=made.read_by["Secrecy"]), changes=(), history=HistoryState.COMPLETE
        )
        return made

    def believed() -> Any:
        state = store.state("claims")
        return state and (state.named, state.rereading_digest is None)

    raws = [Raw(external_id=number, kind="item", body=number) for number in "123"]
    items = [an_item(number, title="cf_1") for number in "123"]
    sync(connector("cf_1", [a_batch(*items, cursor={"mark": 1}, raws=raws)]), store, clock)
    sync(connector("cf_2"), store, clock, stop=lambda: True)
    amid = items_held(store), believed()
    sync(connector("cf_3", [Batch(cursor={"mark": 2})]), store, clock)
    offline = connector("cf_4")
    reread_source(
        offline, store, now=clock.now, monotonic=clock.monotonic, stop=lambda: False, progress=ignore_progress
    )

    assert amid == ({"1": "cf_2", "2": "cf_2", "3": "cf_1"}, ({"Secrecy": "cf_1"}, False))
    assert (items_held(store), believed()) == (dict.fromkeys("123", "cf_3"), ({"Secrecy": "cf_3"}, True))
    assert (offline.cursors, offline.read_by) == ([], {"Secrecy": "cf_3"})


def test_settings_that_change_during_the_first_load_read_its_first_part_again(store: Store, clock: FakeClock) -> None:
    raws = [Raw(external_id="1", kind="item", body="1")]
    broken_off: list[Step] = [
        a_batch(an_item("1"), cursor={"mark": 1}, raws=raws),
        TrackerUnavailableError("claims: 503"),
    ]
    sync(FakeConnector(broken_off, value_fields={"job_size": "first"}), store, clock)
    later = FakeConnector([Batch(cursor={"mark": 2})], value_fields={"job_size": "second"})
    later.mapping = as_today

    record = sync(later, store, clock)

    assert (record.outcome, items_held(store)) == ("ok", {"1": "1 read anew"})


def test_a_rank_or_a_release_that_came_without_a_new_date_is_kept_and_is_no_mistake(
    store: Store, clock: FakeClock
) -> None:
    first = a_batch(an_item("1", fields={RANK: "0|i1:", "Team": "A"}), cursor={"mark": 1})
    moved = a_batch(an_item("1", fields={RANK: "1|i9:", RELEASED: "2026-03-02", "Team": "A"}), cursor={"mark": 2})
    wrong = a_batch(an_item("1", fields={RANK: "1|i9:", "Team": "B"}), cursor={"mark": 3})
    connector = FakeConnector([first], [moved], [wrong])
    sync(connector, store, clock)

    ranked = sync(connector, store, clock, full=True)
    mended = sync(connector, store, clock, full=True)

    assert "mended" not in ranked.sentence
    assert "1 item differed from what the source says and were mended (1)" in mended.sentence


def test_reading_again_leaves_alone_what_it_cannot_read_and_what_was_removed(store: Store, clock: FakeClock) -> None:
    raws = [Raw(external_id=number, kind="item", body="broken" if number == "2" else number) for number in "123"]
    first = a_batch(an_item("1"), an_item("2"), an_item("3"), cursor={"mark": 1}, raws=raws, recycled=[("3", NOON)])
    connector = FakeConnector([first])
    connector.mapping = as_today
    sync(connector, store, clock)

    record = reread_source(
        connector, store, now=clock.now, monotonic=clock.monotonic, stop=lambda: False, progress=ignore_progress
    )

    assert (record.kind, record.outcome, record.items, record.unreadable) == ("reread", "ok", 2, 1)
    assert items_held(store) == {"1": "1 read anew", "2": "Item 2"}
    assert [aside.external_id for aside in store.unreadable()] == ["2"]
    assert len(connector.cursors) == 1


# --- many sources


def test_a_source_that_hangs_delays_no_other_and_is_not_saved_later(store: Store, clock: FakeClock) -> None:
    release = threading.Event()
    hanging = [FakeConnector([lambda: release.wait(20), FIRST], name=f"hanging-{number}") for number in range(10)]
    healthy = FakeConnector([FIRST])
    ended: list[str] = []
    began = time.monotonic()
    usual = sys.getswitchinterval(), gc.get_threshold()

    records = sync_all(
        [*hanging, healthy], store, now=clock.now, monotonic=time.monotonic, stop=lambda: False,
        progress=ignore_progress, patience_seconds=2.0, ended=lambda record: ended.append(record.source),
    )  # fmt: skip
    took = time.monotonic() - began
    put_back = sys.getswitchinterval(), gc.get_threshold()
    release.set()
    for thread in threading.enumerate():
        if thread.name.startswith("sync hanging"):
            thread.join(10)

    assert [record.outcome for record in records] == ["failed"] * 10 + ["ok"]
    assert "still does not answer" in records[0].sentence
    assert took < 5
    assert ended == ["claims"]
    assert len(items_held(store)) == 2
    assert put_back == usual  # what those that hang changed for the whole process


def test_a_source_that_hangs_delays_no_census_of_another(store: Store, clock: FakeClock) -> None:
    counted = threading.Event()
    was_counted: list[bool] = []  # the other one, when the hanging one could not wait any longer
    hanging = FakeConnector([lambda: was_counted.append(counted.wait(20))], name="hanging")
    healthy = FakeConnector([FIRST])
    healthy.ids = ["1", "2"]

    def census(connector: Any, record: RunRecord, _: Any) -> list[RunRecord]:
        if record.source == "hanging":
            return []
        found = sweep(connector, store, clock)
        counted.set()
        return [found]

    records = sync_all(
        [hanging, healthy], store, now=clock.now, monotonic=time.monotonic, stop=lambda: False,
        progress=ignore_progress, then=census,
    )  # fmt: skip

    assert [(one.source, one.kind, one.outcome) for one in records] == [
        ("hanging", "sync", "ok"), ("claims", "sync", "ok"), ("claims", "sweep", "ok"),
    ]  # fmt: skip
    assert was_counted == [True]


def test_a_failing_source_leaves_the_others_alone(store: Store, clock: FakeClock) -> None:
    failing, healthy = FakeConnector([AccessDeniedError("x: denied")], name="x"), FakeConnector([FIRST])

    records = sync_all(
        [failing, healthy],
        store,
        now=clock.now,
        monotonic=clock.monotonic,
        stop=lambda: False,
        progress=ignore_progress,
    )

    assert [(record.source, record.outcome) for record in records] == [("x", "failed"), ("claims", "ok")]
    assert store.sources() == ["claims", "x"]


def test_many_sources_write_at_once_without_losing_a_row(store: Store, clock: FakeClock) -> None:
    def batches(name: str) -> list[Batch]:
        return [
            a_batch(*(replace(an_item(f"{page}-{number}"), source=name) for number in range(20)), cursor={"page": page})
            for page in range(5)
        ]

    connectors = [FakeConnector(batches(name), name=name) for name in ("a", "b", "c", "d")]

    records = sync_all(
        connectors, store, now=clock.now, monotonic=clock.monotonic, stop=lambda: False, progress=ignore_progress
    )

    assert {record.outcome for record in records} == {"ok"}
    assert [store.trust(name).held for name in ("a", "b", "c", "d")] == [100] * 4


def test_one_source_is_not_synced_twice_at_once(store: Store, clock: FakeClock) -> None:
    inner: list[str] = []
    connector = FakeConnector()
    connector.script = [[lambda: inner.append(sync(FakeConnector([SECOND]), store, clock).outcome), FIRST]]

    record = sync(connector, store, clock)

    assert (inner, record.outcome, record.held) == (["deferred"], "ok", 2)


def test_progress_is_told_by_phase(store: Store, clock: FakeClock) -> None:
    told: list[Progress] = []
    connector = FakeConnector([replace(FIRST, done=2, expected=3), replace(SECOND, done=3, expected=3)])

    sync_all([connector], store, now=clock.now, monotonic=clock.monotonic, stop=lambda: False, progress=told.append)

    assert [(step.phase, step.done, step.expected) for step in told] == [
        ("preflight", 0, None), ("sync", 2, 3), ("sync", 3, 3),
    ]  # fmt: skip


def test_a_store_that_cannot_be_written_says_so(store_url: str, clock: FakeClock) -> None:
    open_store(store_url, now=clock.now).close()
    reader = open_store(store_url, now=clock.now, write=False)

    with reader, pytest.raises(StoreError, match="opened for reading"):
        sync(FakeConnector([FIRST]), reader, clock)

    with open_store(store_url, now=clock.now) as store:
        assert store.runs() == []
