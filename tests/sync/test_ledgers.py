"""Editions, due periods, mails, settings: each is entered once, and claimed before it is done."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from sync.store import Edition, Store, StoreError, open_store
from tests.sync.fakes import NOON, FakeClock

EDITION = Edition(
    edition_id="overview-2026-W10-fr",
    report="weekly",
    period_key="2026-W10",
    audience="",
    locale="fr",
    revision=0,
    digest="d1",
    known_at=NOON,
    published_at=NOON,
    program_version="0.1.0",
    path="overview/2026-W10.html",
    manifest={"figures": {"throughput": "12"}},
)
RECIPIENT, MESSAGE = "direction@example.com", "<1@vmo.example.com>"


@pytest.fixture
def store(store_url: str) -> Iterator[Store]:
    with open_store(store_url, now=FakeClock().now) as opened:
        opened.record_edition(EDITION)
        yield opened


def claim(store: Store) -> bool:
    return store.claim_mail(EDITION.edition_id, RECIPIENT, MESSAGE, NOON)


def mark(store: Store, state: str, reply: str = "") -> bool:
    return store.mark_mail(EDITION.edition_id, RECIPIENT, state, NOON + timedelta(minutes=1), reply=reply)


def test_an_edition_is_entered_once_and_never_changes(store: Store) -> None:
    again = store.record_edition(replace(EDITION, digest="d2"))

    assert not again
    assert store.editions("weekly") == [EDITION]
    assert store.edition(EDITION.edition_id) == EDITION
    assert store.editions("review") == []


def test_a_due_period_is_claimed_by_the_first_alone(store: Store) -> None:
    claims = [store.claim_due("weekly", "2026-W10", NOON) for _ in range(2)]

    store.finish_due("weekly", "2026-W10", "done", NOON, note="2 mails")

    (row,) = store.due("weekly")
    assert claims == [True, False]
    assert (row.state, row.note, row.finished_at) == ("done", "2 mails", NOON)


def test_a_mail_goes_from_claim_to_acknowledgement(store: Store) -> None:
    steps = [claim(store), mark(store, "data_started"), mark(store, "accepted", reply="250 queued")]

    (mail,) = store.mails(edition_id=EDITION.edition_id)
    assert steps == [True, True, True]
    assert (mail.state, mail.reply, mail.attempts, mail.claimed_at) == ("accepted", "250 queued", 1, NOON)
    assert not claim(store)


def test_a_mail_whose_text_never_left_may_be_claimed_again(store: Store) -> None:
    claims = [claim(store), claim(store)]

    (mail,) = store.mails(states=("claimed",))
    assert claims == [True, True]
    assert mail.attempts == 2


def test_a_mail_cannot_skip_a_state(store: Store) -> None:
    claim(store)

    assert not mark(store, "accepted")
    assert mark(store, "data_started")
    assert not mark(store, "expired")


def test_a_mail_cut_off_in_the_middle_is_in_doubt_after_a_restart(store_url: str) -> None:
    clock = FakeClock()
    with open_store(store_url, now=clock.now) as store:
        store.record_edition(EDITION)
        claim(store)
        mark(store, "data_started")

    with open_store(store_url, now=clock.now) as store:
        (mail,) = store.mails(states=("unknown",))
        claimed = claim(store)

    assert mail.recipient == RECIPIENT
    assert not claimed


def test_a_mail_of_no_edition_is_refused(store: Store) -> None:
    with pytest.raises(StoreError):
        store.claim_mail("no such edition", RECIPIENT, MESSAGE, NOON)

    assert store.mails() == []


def test_a_new_store_mails_nothing_until_somebody_says_so(store: Store) -> None:
    before = store.may_mail()

    store.allow_mail(NOON)

    assert (before, store.may_mail()) == (False, True)


def test_each_state_of_a_settings_file_is_kept_whole_and_once(store: Store) -> None:
    first = store.record_configuration(b"portfolio: {}", name="vmo.yaml", now=NOON)
    store.record_configuration(b"portfolio: {}", name="vmo.yaml", now=NOON + timedelta(days=1))
    second = store.record_configuration(b"portfolio: {name: x}", name="vmo.yaml", now=NOON + timedelta(days=2))

    kept = store.configurations("vmo.yaml")

    assert [state.digest for state in kept] == [first, second]
    assert kept[0].seen_at == NOON + timedelta(days=1)
    assert store.configuration(name="vmo.yaml", digest=first) == b"portfolio: {}"


def test_nothing_waits_for_confirmation_in_a_quiet_store(store: Store) -> None:
    with pytest.raises(StoreError, match="no changed identity"):
        store.confirm_identity("claims", now=NOON)
    with pytest.raises(StoreError, match="no missing items"):
        store.confirm_vanished("claims", now=NOON)

    assert store.trust("claims").outcome == "never"


def test_a_period_that_has_ended_is_entered_in_one_step_and_takes_no_ones_place(store: Store) -> None:
    due_at = NOON - timedelta(hours=1)

    entered = [
        store.enter_due("second", "2026-W10", state, NOON, due_at=due_at, note="") for state in ("done", "missed")
    ]

    assert entered == [True, False]
    assert [(row.state, row.finished_at, row.due_at) for row in store.due("second")] == [("done", NOON, due_at)]
