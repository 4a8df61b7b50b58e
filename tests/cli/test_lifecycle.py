"""`vmo run`, week after week: who gets which mail, once, whatever fails in between."""

from __future__ import annotations

import signal
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from cli.recording import records_of
from config.differences import masked
from connectors.sandbox.loopback import Fault, Response
from sync.store.store import open_store
from tests.cli.program import Ended, started, vmo, wait_until
from tests.cli.relay import LEAD, PASSWORD, SPONSOR, Relay, a_relay
from tests.cli.small_company import SECRETS, Trackers
from tests.faults.catalogue import case

ENV = SECRETS | {"SMTP_PASSWORD": PASSWORD}


def run(home: Path, *words: str) -> Ended:
    return vmo("run", *words, folder=home, env=ENV)


def a_monday_at_seven() -> datetime:
    """In Paris, at least a week ahead."""
    paris = ZoneInfo("Europe/Paris")
    day = (datetime.now(paris) + timedelta(days=7)).date()
    return datetime.combine(day + timedelta(days=-day.weekday() % 7), time(7), tzinfo=paris)


def edition_of(home: Path) -> str:
    with open_store(f"sqlite:///{home / 'vmo-data' / 'vmo.db'}", now=lambda: datetime.now(UTC), write=False) as store:
        return store.editions("weekly")[0].edition_id


def test_a_new_store_mails_nothing_until_somebody_says_so(home: Path, relay: Relay) -> None:
    ended = run(home)

    assert ended.code == 0
    assert "--first-run" in ended.out
    assert relay.mails == []
    assert not (home / "vmo-reports").exists()


def test_a_first_run_publishes_and_mails_at_once_and_the_next_one_does_not(home: Path, relay: Relay) -> None:
    first = run(home, "--first-run")
    again = [run(home), run(home, "--first-run")]

    assert first.code == 0, first
    assert [one.code for one in again] == [0, 0]
    assert relay.sent_to == [LEAD, SPONSOR]
    assert relay.logins == ["vmo", "vmo"]
    assert (home / "vmo-reports" / "r" / "small" / "latest" / "overview.en.html").is_file()
    assert vmo("status", folder=home).code == 0


def test_a_week_later_one_new_edition_is_published_and_mailed(
    home: Path, relay: Relay, trackers: Trackers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cli.clock.now", trackers.wall.now)
    run(home, "--first-run")
    monday = a_monday_at_seven()

    trackers.wall.ahead = monday - timedelta(minutes=5) - datetime.now(UTC)
    early = run(home)
    trackers.wall.ahead = monday + timedelta(minutes=5) - datetime.now(UTC)
    due = run(home)
    late = run(home)

    assert [one.code for one in (early, due, late)] == [0, 0, 0], (early, due, late)
    assert "published" not in early.out
    assert due.out.count("published") == 1
    assert "published" not in late.out
    assert relay.sent_to == [LEAD, LEAD, SPONSOR, SPONSOR]
    assert len({str(mail["Message-ID"]) for mail in relay.mails}) == 4
    assert "first mail" not in due.out


def test_the_first_mail_to_an_address_that_was_added_is_said(
    home: Path, relay: Relay, trackers: Trackers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cli.clock.now", trackers.wall.now)
    run(home, "--first-run")
    path, added = home / "vmo.yaml", "third@example.com"
    path.write_text(path.read_text("utf-8").replace(SPONSOR, added), "utf-8")
    trackers.wall.ahead = a_monday_at_seven() + timedelta(minutes=5) - datetime.now(UTC)

    due = run(home)

    (line,) = [one for one in due.out.splitlines() if "first mail" in one]
    assert added in line
    assert line.endswith("the first mail of this report to this address")
    page = (home / "vmo-reports" / "r" / "small" / "latest" / "overview.en.html").read_text("utf-8")
    assert added not in page
    with open_store(f"sqlite:///{home / 'vmo-data' / 'vmo.db'}", now=trackers.wall.now, write=False) as store:
        records = records_of(store, since=datetime(2000, 1, 1, tzinfo=UTC), at=trackers.wall.now())
    assert [one.recipient for one in records.mails if one.is_first] == [masked(added)]


def test_a_first_run_in_a_crontab_does_not_keep_mondays_away(
    home: Path, relay: Relay, trackers: Trackers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cli.clock.now", trackers.wall.now)
    run(home, "--first-run")

    for weeks in (0, 1):
        trackers.wall.ahead = a_monday_at_seven() + timedelta(weeks=weeks, minutes=5) - datetime.now(UTC)
        run(home, "--first-run")

    with open_store(f"sqlite:///{home / 'vmo-data' / 'vmo.db'}", now=trackers.wall.now, write=False) as store:
        assert sum(row.state == "done" for row in store.due("weekly")) == 3


def test_a_first_run_without_any_source_owes_its_edition_still(home: Path, relay: Relay) -> None:
    for file in (home / "vmo-data").iterdir():
        file.unlink()

    failed = vmo("run", "--first-run", folder=home, env={"JT": "wrong-1", "AT": "wrong-2", "SMTP_PASSWORD": PASSWORD})
    mended = run(home)

    assert failed.code in (1, 3)
    assert "Traceback" not in failed.err
    assert mended.code == 0, mended
    assert relay.sent_to == [LEAD, SPONSOR]


def test_a_kill_before_the_message_left_is_made_good_once(home: Path, relay: Relay) -> None:
    relay.hangs_at_rcpt = True
    killed = started("run", "--first-run", folder=home, env=ENV)
    assert relay.reached.wait(60)
    killed.send_signal(signal.SIGKILL)
    killed.communicate()
    relay.hangs_at_rcpt = False
    path = home / "vmo.yaml"  # today's edition would read differently
    path.write_text(path.read_text("utf-8").replace("First theme", "The theme that comes first"), encoding="utf-8")

    ended = run(home)

    assert ended.code == 0, ended
    assert relay.sent_to == [LEAD, SPONSOR]
    assert run(home).code == 0
    assert len(relay.mails) == 2


def test_a_mail_put_off_by_the_server_is_sent_by_the_next_run(home: Path, relay: Relay) -> None:
    relay.data_replies = ["451 later"]

    first = run(home, "--first-run")
    listed = vmo("mail", "list", folder=home)
    second = run(home)

    assert first.code == 3
    assert "deferred" in first.out
    assert "451" in listed.out or "later" in listed.out, listed.out
    assert second.code == 0, second
    assert relay.sent_to == [LEAD, SPONSOR]
    assert vmo("mail", "list", folder=home).out == "no mail is held or in doubt\n"


def test_one_recipient_refused_does_not_keep_the_mail_from_the_other(home: Path, relay: Relay) -> None:
    relay.refuses = {LEAD}

    ended = run(home, "--first-run")
    again = run(home)

    listed = vmo("mail", "list", folder=home)
    status = vmo("status", folder=home)
    assert ended.code == 3
    assert relay.sent_to == [SPONSOR]
    assert again.code == 0
    assert "refused" in listed.out
    assert LEAD in listed.out
    assert "no such person" in listed.out
    assert SPONSOR not in listed.out
    assert status.code == 3
    assert LEAD in status.out.partition("Open problems:")[2]


@case("M06")
def test_a_mail_in_doubt_is_shown_and_a_person_decides(home: Path, relay: Relay) -> None:
    relay.hangs_up_after_the_dot = True
    first = run(home, "--first-run")
    relay.hangs_up_after_the_dot = False

    second = run(home)
    status = vmo("status", folder=home)
    edition = edition_of(home)
    resent = vmo("mail", "resend", edition, LEAD, folder=home, env=ENV)
    dropped = vmo("mail", "drop", edition, SPONSOR, folder=home, env=ENV)

    assert first.code == 3
    assert second.code == 0
    assert status.out.count("is unknown") == 2
    assert resent.code == 0, resent
    assert dropped.code == 0, dropped
    assert relay.sent_to == [LEAD, LEAD, SPONSOR]
    assert len({str(mail["Message-ID"]) for mail in relay.mails if mail["To"] == LEAD}) == 1
    assert vmo("status", folder=home).code == 0
    assert vmo("mail", "list", folder=home).out == "no mail is held or in doubt\n"


def test_a_missing_password_holds_the_mails_and_the_next_run_sends_them(home: Path, relay: Relay) -> None:
    held = vmo("run", "--first-run", folder=home, env=SECRETS)

    sent = run(home)

    assert held.code == 3
    assert "SMTP_PASSWORD" in held.out + held.err
    assert sent.code == 0, sent
    assert relay.sent_to == [LEAD, SPONSOR]


def test_a_server_that_cannot_prove_who_it_is_gets_no_mail(home: Path, relay: Relay, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    path, text = home / "vmo.yaml", (home / "vmo.yaml").read_text("utf-8")
    with a_relay(other) as stranger:
        path.write_text(text.replace(f"port: {relay.port}", f"port: {stranger.port}"), encoding="utf-8")
        ended = run(home, "--first-run")
        assert stranger.mails == []
        assert stranger.logins == []
    path.write_text(text, encoding="utf-8")

    mended = run(home)

    assert ended.code == 3
    assert "certificate" in ended.out + ended.err
    assert mended.code == 0, mended
    assert relay.sent_to == [LEAD, SPONSOR]


def test_a_dry_run_writes_mails_as_files_and_sends_none(home: Path, relay: Relay) -> None:
    relay.refuses = {LEAD, SPONSOR}
    run(home, "--first-run")

    ended = vmo("send", "weekly", "--dry-run", folder=home, env=ENV)

    assert ended.code == 0
    assert len(list((home / "vmo-mails").rglob("*.eml"))) == 2
    assert relay.mails == []


def test_an_edition_is_sent_by_hand_to_those_who_lack_it(home: Path, relay: Relay) -> None:
    run(home, "--first-run")

    ended = vmo("send", "weekly", folder=home, env=ENV)

    assert ended.code == 0
    assert ended.out.count("not sent again") == 2
    assert len(relay.mails) == 2


def test_commands_may_be_started_from_anywhere(home: Path, relay: Relay, tmp_path: Path) -> None:
    relay.hangs_up_after_the_dot = True
    vmo("--config", Path("portfolio") / "vmo.yaml", "run", "--first-run", folder=home.parent, env=ENV)
    relay.hangs_up_after_the_dot = False
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()

    config = home / "vmo.yaml"
    ended = vmo("mail", "resend", edition_of(home), LEAD, "--config", config, folder=elsewhere, env=ENV)

    assert ended.code == 0, ended
    assert not list(elsewhere.iterdir())


def test_a_run_that_is_stopped_publishes_nothing(home: Path, relay: Relay, trackers: Trackers) -> None:
    busy = Response(status=503, headers={"Retry-After": "60"})
    trackers.jira.faults.append(Fault(path="search/jql", response=busy, times=None))
    trackers.jira.requests.clear()
    process = started("run", "--first-run", folder=home, env=ENV)
    wait_until(lambda: any("search/jql" in one.path for one in trackers.jira.requests), process)
    process.send_signal(signal.SIGTERM)
    out, err = process.communicate(timeout=20)

    assert process.returncode in (1, 3), (out, err)
    assert "Traceback" not in err
    assert relay.mails == []
    assert not (home / "vmo-reports").exists()


def test_an_edition_that_failed_is_made_by_the_next_run_and_shown_until_then(home: Path, relay: Relay) -> None:
    (home / "vmo-reports").write_text("in the way")

    failed = run(home, "--first-run")
    status = vmo("status", folder=home)
    (home / "vmo-reports").unlink()
    mended = run(home)

    assert failed.code == 3
    assert "vmo-reports" in failed.out
    assert "Traceback" not in failed.err
    assert "weekly first failed" in status.out
    assert mended.code == 0, mended
    assert relay.sent_to == [LEAD, SPONSOR]
    assert vmo("status", folder=home).code == 0


def test_each_gets_what_waits_for_them_first_and_the_others_what_everyone_gets(home: Path, relay: Relay) -> None:
    decisions = "id,date,meeting,decision,owner,question\nD-1,2026-01-05,Review,,Ada  Sponsor,Go on with it?\n"
    (home / "decisions.csv").write_text(decisions, encoding="utf-8")
    path = home / "vmo.yaml"
    named = f"mail: {{people: {{{SPONSOR}: ada sponsor, {LEAD}: Bo Lead}}, "
    text = path.read_text("utf-8").replace("mail: {", named)
    path.write_text(f"{text}files: {{decisions: decisions.csv}}\n", encoding="utf-8")

    ended = run(home, "--first-run")

    assert ended.code == 0, ended
    subjects = {str(mail["To"]): str(mail["Subject"]) for mail in relay.mails}
    assert subjects[SPONSOR].startswith("For you: Go on with it?")
    assert not subjects[LEAD].startswith("For you")
    held = vmo("verify", edition_of(home).partition("/")[0], folder=home)
    assert held.out.splitlines()[-1] == "it holds"
    folder = home / "vmo-reports/r/small/latest"
    assert not [one.name for one in folder.iterdir() if "ada" in one.name.casefold()]
