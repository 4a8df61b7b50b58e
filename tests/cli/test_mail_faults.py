"""The mail ledger through whole runs: processes that are killed at a step, servers that are away, many recipients."""

from __future__ import annotations

import shutil
import signal
from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from cli.notifying import troubles
from cli.workspace import open_workspace
from sync.store.reading import Mail
from sync.store.store import open_store
from tests.cli.program import Ended, started, vmo, wait_until
from tests.cli.small_company import SECRETS, Trackers
from tests.faults.catalogue import case
from tests.reports.scripted_mail import HANGS_UP, SILENT, Relay, a_scripted_relay

ANN, BOB = "ann@example.com", "bob@example.com"
FIVE = tuple(f"{name}@example.com" for name in ("ann", "bob", "cid", "dan", "eve"))


@pytest.fixture
def relay() -> Iterator[Relay]:
    with a_scripted_relay() as relay:
        yield relay


@pytest.fixture
def home(synced: Path) -> Path:
    """A synced store that has never mailed; one language, to be quick."""
    path = synced / "vmo.yaml"
    path.write_text(path.read_text("utf-8").replace("locales: [en, fr]", "locales: [en]"), encoding="utf-8")
    return synced


def with_reports(home: Path, text: str) -> None:
    path = home / "vmo.yaml"
    path.write_text(path.read_text("utf-8").partition("reports:")[0] + text, encoding="utf-8")


def run(home: Path, *words: str) -> Ended:
    return vmo("run", *words, folder=home, env=SECRETS)


def mails(home: Path) -> list[Mail]:
    with open_store(f"sqlite:///{home / 'vmo-data' / 'vmo.db'}", now=lambda: datetime.now(UTC), write=False) as store:
        return store.mails()


@case("M09")
@pytest.mark.slow
@pytest.mark.timeout(120)
@pytest.mark.parametrize(
    ("step", "in_doubt"),
    [
        ("greeting", False),
        ("EHLO", False),
        ("MAIL", False),
        ("RCPT", False),
        ("DATA", True),
        ("body", True),
        ("dot", True),
        ("QUIT", False),
    ],
)
def test_killed_at_any_step_nobody_gets_two_and_nobody_is_forgotten(
    step: str, in_doubt: bool, home: Path, relay: Relay
) -> None:
    with_reports(home, relay.settings(ANN, BOB).replace(f"to: [{ANN}, {BOB}], ", ""))
    run(home, "--first-run")  # the edition is there, and nobody to mail it to
    with_reports(home, relay.settings(ANN, BOB))
    relay.script[step] = [SILENT]
    process = started("send", "weekly", folder=home, env=SECRETS)
    wait_until(lambda: relay.reached[step] > 0, process)
    wait_until(lambda: step != "dot" or len(relay.received) == 1, process)
    process.send_signal(signal.SIGKILL)
    process.communicate()

    again = [run(home) for _ in range(2)]

    states = {one.recipient: one.state for one in mails(home)}
    assert states == {ANN: "unknown" if in_doubt else "accepted", BOB: "accepted"}
    assert sorted(relay.taken + ([ANN] if in_doubt else [])) == [ANN, BOB]
    assert len([one for one in relay.sent_to if one == ANN]) <= 1
    assert all(len(one) <= 1 for one in relay.transactions)
    assert [one.code for one in again] == [0, 0]
    assert (f"to {ANN} is unknown" in vmo("status", folder=home).out) == in_doubt


@case("M03")
def test_one_of_five_refused_leaves_the_other_four_with_their_mail(home: Path, relay: Relay) -> None:
    relay.refuses = {"cid@example.com": "550 no such person"}
    with_reports(home, relay.settings(*FIVE) + "operators: {mail: [ops@example.com]}\n")

    first, again = run(home, "--first-run"), run(home)

    states = {one.recipient: one.state for one in mails(home)}
    assert states == {one: "refused" if one.startswith("cid") else "accepted" for one in FIVE}
    assert [first.code, again.code] == [3, 0]
    assert relay.sent_to == [*(one for one in FIVE if not one.startswith("cid")), "ops@example.com"]
    assert "to cid@example.com is refused: no such person" in relay.mails[-1].get_content()
    assert "cid@example.com" in vmo("status", folder=home).out


@case("M04")
def test_where_all_are_refused_nobody_is_asked_again(home: Path, relay: Relay) -> None:
    relay.refuses = dict.fromkeys(FIVE, "550 no such person")
    with_reports(home, relay.settings(*FIVE))
    first = run(home, "--first-run")
    asked = relay.reached["RCPT"]

    run(home)

    assert {one.state for one in mails(home)} == {"refused"}
    assert first.code != 0
    assert relay.reached["RCPT"] == asked == 5


@case("M20")
def test_a_recipient_who_is_named_twice_has_one_mail_however_the_name_is_written(home: Path, relay: Relay) -> None:
    with_reports(home, relay.settings(ANN, "Ann@Example.com", BOB))
    twice = run(home, "--first-run")
    with_reports(home, relay.settings(ANN, BOB))
    run(home, "--first-run")
    with_reports(home, relay.settings("ANN@example.com", BOB))

    ended = vmo("send", "weekly", folder=home, env=SECRETS)

    assert (twice.code, "already in the list" in twice.err) == (2, True), twice
    assert ended.code == 0, ended
    assert relay.sent_to == [ANN, BOB]
    assert [one.recipient for one in mails(home)] == [ANN, BOB]


@case("M19")
def test_after_three_days_without_a_server_the_newest_edition_is_sent_and_no_other(
    home: Path, relay: Relay, trackers: Trackers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cli.clock.now", trackers.wall.now)
    with_reports(home, relay.settings(ANN, when="daily 07:00"))
    run(home, "--first-run")
    relay.script["greeting"] = ["421 down for a while"] * 1000
    for days in (1, 2, 3):
        trackers.wall.ahead = timedelta(days=days)
        run(home)
    relay.script.clear()

    trackers.wall.ahead = timedelta(days=4)
    ended = run(home)

    states = [one.state for one in mails(home)]
    assert ended.code == 0, ended
    assert states == ["accepted", "superseded", "superseded", "superseded", "accepted"]
    assert len(relay.received) == 2


@case("M19")
def test_a_mail_older_than_a_day_expires_and_is_shown(
    home: Path, relay: Relay, trackers: Trackers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cli.clock.now", trackers.wall.now)
    with_reports(home, relay.settings(ANN, when="first Mon of year 07:00"))
    relay.script["greeting"] = ["421 down for a while"] * 1000
    run(home, "--first-run")
    relay.script.clear()

    trackers.wall.ahead = timedelta(hours=25)
    late = run(home)

    assert [one.state for one in mails(home)] == ["expired"]
    assert late.code != 0
    assert relay.received == []
    assert f"to {ANN} is expired" in vmo("status", folder=home).out


@case("M19")
@pytest.mark.parametrize("name", ["weekly", "second"], ids=["taken out for a while", "renamed"])
def test_a_deferred_mail_outlives_that_its_report_leaves_the_settings_or_goes_by_another_name(
    name: str, home: Path, relay: Relay, trackers: Trackers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cli.clock.now", trackers.wall.now)
    with_reports(home, relay.settings(ANN, BOB, when="first Mon of year 07:00"))
    relay.script["greeting"] = ["421 down for a while"] * 1000
    run(home, "--first-run")
    relay.script.clear()
    if name == "weekly":
        with_reports(home, "")
        run(home)

    with_reports(home, relay.settings(ANN, when="first Mon of year 07:00").replace("weekly:", f"{name}:"))
    run(home)
    soon = {one.recipient: one.state for one in mails(home)}
    trackers.wall.ahead = timedelta(hours=25)
    late = run(home)

    assert soon == {ANN: "accepted", BOB: "claimed"}
    assert {one.recipient: (one.state, one.reply) for one in mails(home)}[BOB] == ("superseded", "no longer asked for")
    assert relay.sent_to == [ANN]
    assert late.code == 0, late


@case("T07")
def test_nothing_is_published_or_mailed_while_the_trackers_say_another_year(
    home: Path, relay: Relay, trackers: Trackers, monkeypatch: pytest.MonkeyPatch
) -> None:
    ahead = timedelta()
    monkeypatch.setattr("cli.clock.now", lambda: trackers.wall.now() + ahead)
    with_reports(home, relay.settings(ANN))
    run(home, "--first-run")
    ahead = timedelta(days=365)

    wrong = run(home)
    ahead = timedelta()
    right = run(home)

    assert "8,760 hours ahead of" in wrong.out
    assert wrong.code == 3
    assert "published 20" not in wrong.out
    assert right.code == 0, right
    assert len(relay.received) == 1


@case("M09")
@pytest.mark.parametrize("brought_back", [False, True], ids=["lost", "brought back from a backup"])
def test_a_store_that_forgot_what_was_sent_sends_nothing_twice(brought_back: bool, home: Path, relay: Relay) -> None:
    with_reports(home, relay.settings(ANN, BOB))
    run(home)
    backup = home / "backup"
    shutil.copytree(home / "vmo-data", backup)
    relay.script["dot"] = ["250 taken", HANGS_UP]
    run(home, "--first-run")
    for file in (home / "vmo-data").glob("vmo.db*"):
        file.unlink()
    if brought_back:
        for file in backup.glob("vmo.db*"):
            shutil.copy(file, home / "vmo-data" / file.name)

    run(home, "--first-run")

    assert relay.sent_to == [ANN, BOB]
    assert {one.recipient: one.state for one in mails(home)} == {ANN: "accepted", BOB: "unknown"}


@case("M09")
def test_a_store_that_is_older_than_what_was_published_mails_nothing_until_somebody_says_so(
    home: Path, relay: Relay, trackers: Trackers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cli.clock.now", trackers.wall.now)
    with_reports(home, relay.settings(ANN, when="daily 07:00"))
    data, backup = home / "vmo-data", home / "backup"
    today = datetime.now(ZoneInfo("Europe/Paris"))
    tomorrow = datetime.combine(today.date() + timedelta(days=1), time(7, 5), tzinfo=today.tzinfo)
    run(home, "--first-run")
    shutil.copytree(data, backup)
    trackers.wall.ahead = tomorrow - today
    run(home)
    data.rename(home / "lost")
    backup.rename(data)  # with the second ledger
    assert relay.taken == [ANN, ANN]

    held, sent = run(home), vmo("send", "weekly", folder=home)
    told = vmo("status", folder=home)
    with open_workspace(home / "vmo.yaml") as workspace:
        notices = [one.sentence for one in troubles(workspace, now=trackers.wall.now())]
    said = vmo("db", "restored", folder=home)
    after, well = run(home), vmo("status", folder=home)
    trackers.wall.ahead += timedelta(days=1)
    run(home)

    reason = f"{tomorrow.date()} was published"
    for one, code in ((held, 3), (sent, 1), (told, 3)):
        assert reason in one.out + one.err
        assert "`vmo db restored`" in one.out + one.err
        assert one.code == code, one
    assert "nobody made it" not in told.out
    assert any(reason in one for one in notices)
    assert f"weekly, due {tomorrow:%a %d %b %Y} 07:00 CE" in said.out
    assert (said.code, after.code, well.code) == (0, 0, 0), (said, after, well)
    assert relay.taken == [ANN, ANN, ANN]


@case("M09")
def test_what_cannot_be_written_into_the_second_ledger_is_not_sent(home: Path, relay: Relay) -> None:
    with_reports(home, relay.settings(ANN))
    (home / "vmo-data" / "mails.jsonl").symlink_to(home / "elsewhere")

    ended = run(home, "--first-run")
    (home / "vmo-data" / "mails.jsonl").unlink()
    mended = run(home)

    assert "mails.jsonl beside the store cannot be written" in ended.out
    assert (ended.code, mended.code) == (3, 0)
    assert relay.taken == [ANN]


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ("", ("vmo@example.com", "<mailto:vmo@example.com?subject=unsubscribe>", None)),
        (", reply_to: pmo@example.com", ("pmo@example.com", "<mailto:pmo@example.com?subject=unsubscribe>", None)),
        (", unsubscribe: 'https://lists.example.com/leave?list=vmo'",
         ("vmo@example.com", "<https://lists.example.com/leave?list=vmo>", "List-Unsubscribe=One-Click")),
    ],
)  # fmt: skip
def test_a_reader_knows_where_to_answer_and_how_to_leave_and_reads_our_time(
    more: str, told: tuple[str, str, str | None], home: Path, relay: Relay
) -> None:
    with_reports(home, relay.settings(ANN).replace("from: vmo@example.com", f"from: vmo@example.com{more}"))

    run(home, "--first-run")

    (mail,) = relay.mails
    assert (mail["Reply-To"], mail["List-Unsubscribe"], mail["List-Unsubscribe-Post"]) == told
    assert mail["Date"].datetime.utcoffset() == datetime.now(ZoneInfo("Europe/Paris")).utcoffset()


@pytest.mark.parametrize("runs", [False, True], ids=["at once", "after a run"])
def test_a_renamed_report_sends_what_it_published_by_its_former_name_to_those_who_have_it_not(
    runs: bool, home: Path, relay: Relay, trackers: Trackers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cli.clock.now", trackers.wall.now)
    with_reports(home, relay.settings(ANN, when="first Mon of year 07:00"))
    run(home, "--first-run")

    with_reports(home, relay.settings(ANN, BOB, when="first Mon of year 07:00").replace("weekly:", "second:"))
    taken_over = [run(home).code] if runs else []
    before = list(relay.sent_to)
    sent, again = (vmo("send", "second", folder=home, env=SECRETS) for _ in range(2))

    assert (before, taken_over) == ([ANN], [0] if runs else [])
    assert (sent.code, again.code) == (0, 0), (sent, again)
    assert relay.sent_to == [ANN, BOB]
    assert {one.recipient: one.state for one in mails(home)} == {ANN: "accepted", BOB: "accepted"}


def test_a_renamed_report_whose_readers_are_others_says_what_to_run_before_it_sends(
    home: Path, relay: Relay, trackers: Trackers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cli.clock.now", trackers.wall.now)
    with_reports(home, relay.settings(ANN, when="first Mon of year 07:00"))
    run(home, "--first-run")

    with_reports(home, relay.settings(BOB, when="first Mon of year 07:00").replace("weekly:", "second:"))
    refused = vmo("send", "second", folder=home, env=SECRETS)
    run(home)
    sent = vmo("send", "second", folder=home, env=SECRETS)

    assert refused.code == 1
    assert refused.message == (
        "no edition of second has been published yet; `vmo run` does it when it is due, and takes over what weekly has "
        "published, if that was its name before"
    )
    assert (sent.code, relay.sent_to) == (0, [ANN, BOB]), sent
