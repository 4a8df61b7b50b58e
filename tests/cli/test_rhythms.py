"""Each report comes by its own schedule, and its editions are named by it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from cli.issuing import edition_id
from config.schedule import schedule
from domain.calendar import Calendar
from domain.rhythm import slot_label
from tests.cli.program import vmo
from tests.cli.relay import LEAD, PASSWORD, SPONSOR, Relay, a_relay
from tests.cli.small_company import SECRETS, Trackers

ENV = SECRETS | {"SMTP_PASSWORD": PASSWORD}
PARIS = ZoneInfo("Europe/Paris")


@pytest.fixture
def relay(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Relay]:
    with a_relay(tmp_path_factory.mktemp("authority")) as relay:
        yield relay


def test_each_day_has_an_edition_of_its_own_and_none_is_a_correction(
    synced: Path, relay: Relay, trackers: Trackers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cli.clock.now", trackers.wall.now)
    settings(synced, relay.settings(LEAD, when="daily 07:00"))
    noon = datetime.combine((datetime.now(PARIS) + timedelta(hours=12)).date(), time(12), tzinfo=PARIS)
    today, tomorrow = noon.date(), noon.date() + timedelta(days=1)

    trackers.wall.ahead = noon - datetime.now(UTC)
    vmo("run", "--first-run", folder=synced, env=ENV)
    before = datetime.combine(tomorrow, time(6), tzinfo=PARIS)
    trackers.wall.ahead = before - datetime.now(UTC)
    early = vmo("report", folder=synced)
    trackers.wall.ahead = datetime.combine(tomorrow, time(7, 5), tzinfo=PARIS) - datetime.now(UTC)
    vmo("run", folder=synced, env=ENV)
    by_hand = vmo("report", folder=synced)
    evening = datetime.combine(tomorrow, time(18, 5), tzinfo=PARIS)
    trackers.wall.ahead = evening - datetime.now(UTC)
    path = synced / "vmo.yaml"
    second = 'reports: {evening: {packs: [digest], to: [], when: "daily 18:00"}, '
    path.write_text(path.read_text("utf-8").replace("reports: {", second), encoding="utf-8")
    vmo("run", folder=synced, env=ENV)

    named, later = (slot_label(one).lower() for one in (before, evening))
    assert f"published {named}/pages" in early.out, "the day's name is its turn's"
    assert sorted(editions(synced)) == sorted([f"{today}", f"{tomorrow}", named, later])
    assert "superseded" not in (root(synced) / f"{today}" / "overview.en.html").read_text("utf-8")
    assert "Corrected" not in (root(synced) / f"{tomorrow}" / "overview.en.html").read_text("utf-8")
    assert len({str(mail["Subject"]) for mail in relay.mails}) == len(relay.mails) == 2
    assert f"already published, unchanged: {tomorrow}/pages" in by_hand.out


def test_a_monthly_report_is_named_by_its_month_and_tells_what_changed_in_it(synced: Path) -> None:
    settings(synced, "reports: {monthly: {packs: [digest], to: [], when: first Mon of month 07:00}}\n")
    month = edition_id(schedule("first Mon of month 07:00"), at=datetime.now(UTC), calendar=Calendar(zone=PARIS))

    published = vmo("report", "--report", "monthly", folder=synced)
    holds = vmo("verify", f"{month}/monthly", folder=synced)

    assert editions(synced) == [month]
    assert f"published {month}/monthly" in published.out
    assert f'edition: "{month}"' in (root(synced) / month / "digest.en.md").read_text("utf-8")
    assert holds.code == 0, holds


def test_a_report_by_hand_is_weekly_where_any_report_is(synced: Path) -> None:
    settings(
        synced,
        "reports: {daily: {packs: [digest], to: [], when: daily 07:00}, "
        "weekly: {packs: [digest], to: [], when: Mon 07:00}}\n",
    )

    vmo("report", folder=synced)

    assert [name[4:6] for name in editions(synced)] == ["-w"]


def test_what_is_made_by_hand_on_a_later_day_corrects_nothing_until_somebody_says_so(
    synced: Path, trackers: Trackers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cli.clock.now", trackers.wall.now)
    day = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")[datetime.now(PARIS).weekday()]
    settings(synced, f"reports: {{weekly: {{packs: [digest], to: [], when: {day} 00:00}}}}\n")

    vmo("report", "--report", "weekly", folder=synced)
    (weekly,) = editions(synced)
    trackers.wall.ahead = timedelta(days=1)
    later = datetime.now(PARIS).date() + timedelta(days=1)
    by_hand = vmo("report", folder=synced)
    untouched = (root(synced) / weekly / "overview.en.html").read_text("utf-8")
    corrected = vmo("report", "--report", "weekly", folder=synced)

    assert f"published {later}/pages" in by_hand.out, by_hand
    assert f"{weekly.upper()} stays as it was published; `vmo report --report weekly` corrects it" in by_hand.out
    assert "superseded" not in untouched
    assert f"published {weekly}-r2/weekly" in corrected.out, corrected
    told = (root(synced) / f"{weekly}-r2" / "overview.en.md").read_text("utf-8")
    assert "A figure may differ because work went on" in told


def test_the_first_edition_of_a_report_that_is_added_answers_the_turn_that_was_due_last(
    synced: Path, trackers: Trackers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cli.clock.now", trackers.wall.now)
    today = datetime.now(PARIS)
    day = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")[(today - timedelta(days=2)).weekday()]
    settings(synced, "")
    vmo("run", "--first-run", folder=synced, env=ENV)
    trackers.wall.ahead = timedelta(weeks=3)
    settings(synced, f"reports: {{second: {{packs: [digest], to: [], when: {day} 00:00}}}}\n")

    vmo("run", folder=synced, env=ENV)

    now = today + timedelta(weeks=3)
    assert editions(synced) == [edition_id(schedule(f"{day} 00:00"), at=now, calendar=Calendar(zone=PARIS)).lower()]


@pytest.mark.parametrize("is_taken", [False, True], ids=["a day of its own", "a day that has an edition"])
def test_two_weekly_reports_correct_each_other_neither_by_their_turns_nor_on_purpose(
    is_taken: bool, synced: Path, trackers: Trackers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cli.clock.now", trackers.wall.now)
    now = datetime.now(PARIS)
    monday = datetime.combine(now.date() + timedelta(days=7 - now.weekday()), time(7, 5), tzinfo=PARIS)
    friday, second = (f"{name}: {{packs: [{pack}], to: [], when: Fri 12:00}}" for name, pack in
                      (("friday", "digest"), ("second", "kickoff")))  # fmt: skip
    weekly = "weekly: {packs: [digest], to: [], when: Mon 07:00}"
    settings(synced, f"reports: {{{weekly}, {friday}, {second}}}\n")
    trackers.wall.ahead = monday - now
    vmo("run", "--first-run", folder=synced, env=ENV)
    trackers.wall.ahead += timedelta(days=4, hours=5)
    if is_taken:
        by_hand = vmo("report", folder=synced)
        assert f"published {(monday + timedelta(days=4)).date()}/pages" in by_hand.out

    turn = vmo("run", folder=synced, env=ENV)
    again = vmo("report", "--report", "friday", folder=synced)

    utc = (monday + timedelta(days=4, hours=5)).astimezone(UTC)
    day = (monday + timedelta(days=4)).date().isoformat() + (f"t{utc:%H%M}z" if is_taken else "")
    assert f"published {day}/friday" in turn.out
    assert f"already published, unchanged: {day}/second" in turn.out, "they share their turn, and its edition"
    assert f" {day}/friday" in again.out
    assert not [name for name in editions(synced) if "-r2" in name]


def test_what_a_process_published_before_it_died_is_of_its_turn_over_midnight_too(
    synced: Path, relay: Relay, trackers: Trackers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cli.clock.now", trackers.wall.now)
    settings(synced, relay.settings(LEAD, when="Sun 23:50"))
    now = datetime.now(PARIS)
    monday = datetime.combine(now.date() + timedelta(days=7 - now.weekday()), time(0, 10), tzinfo=PARIS)
    trackers.wall.ahead = monday - timedelta(minutes=30) - now  # before the turn
    vmo("run", "--first-run", folder=synced, env=ENV)
    trackers.wall.ahead += timedelta(minutes=15)
    with monkeypatch.context() as dying:
        dying.setattr("sync.store.store.Store.record_edition", lambda *_, **__: sys.exit(9))
        vmo("run", folder=synced, env=ENV)
    trackers.wall.ahead += timedelta(minutes=15)

    again = vmo("run", folder=synced, env=ENV)

    named = edition_id(schedule("Sun 23:50"), at=monday, calendar=Calendar(zone=PARIS)).lower()
    assert f"published {named}-r2/weekly" in again.out, again
    assert [name for name in editions(synced) if name.startswith(named)] == [named, f"{named}-r2"]
    assert f"week {int(named[-2:])}" in str(relay.mails[-1]["Subject"])
    assert not str(relay.mails[-1]["Subject"]).startswith("Correction")


def test_the_reports_of_a_turn_tell_of_one_moment_and_are_mailed_after_a_death_too(
    synced: Path, relay: Relay, trackers: Trackers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cli.clock.now", trackers.wall.now)
    second = f'reports: {{brief: {{packs: [digest], to: [{SPONSOR}], locale: en, when: "Mon 23:55"}}, '
    settings(synced, relay.settings(LEAD, when="Mon 23:55").replace("reports: {", second))
    now = datetime.now(PARIS)
    monday = datetime.combine(now.date() + timedelta(days=7 - now.weekday()), time(23, 58), tzinfo=PARIS)
    trackers.wall.ahead = monday - timedelta(minutes=30) - now  # before the turn
    vmo("run", "--first-run", folder=synced, env=ENV)
    trackers.wall.ahead += timedelta(minutes=30)
    relay.received.clear()
    before = editions(synced)

    def dies(*_: object, **__: object) -> None:
        trackers.wall.ahead += timedelta(minutes=4)  # over midnight
        sys.exit(9)

    with monkeypatch.context() as dying:
        dying.setattr("cli.service.deliver", dies)
        dying.setattr("sync.store.store.Store.finish_due", lambda *_, **__: None)
        vmo("run", folder=synced, env=ENV)
    again = vmo("run", folder=synced, env=ENV)

    named = edition_id(schedule("Mon 23:55"), at=monday, calendar=Calendar(zone=PARIS)).lower()
    assert sorted({*editions(synced)} - {*before}) == [named], again
    assert relay.sent_to == [LEAD, SPONSOR]
    assert "published" not in again.out, "both were published before either was mailed"


def settings(folder: Path, more: str) -> None:
    """One language, to be quick, and some reports."""
    path = folder / "vmo.yaml"
    path.write_text(path.read_text("utf-8").replace("locales: [en, fr]", "locales: [en]") + more, encoding="utf-8")


def root(folder: Path) -> Path:
    return folder / "vmo-reports" / "r" / "small"


def editions(folder: Path) -> list[str]:
    return sorted(one.name for one in root(folder).iterdir() if one.is_dir() and one.name != "latest")
