"""Operators are told once for each trouble, by mail and by webhook, and again only of what is new."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from cli.health import health
from cli.notifying import troubles
from cli.status import describe
from cli.workspace import open_workspace
from connectors.sandbox.loopback import Fault, Response
from tests.builders import a_moment
from tests.cli.program import Ended, vmo
from tests.cli.small_company import SECRETS, Trackers, a_folder
from tests.config.settings_files import SMALLEST
from tests.connectors.scripted_server import Reply, serving
from tests.reports.scripted_mail import HANGS_UP, Relay, a_scripted_relay
from tests.sync.test_ledgers import EDITION

ANN, OPS = "ann@example.com", "ops@example.com"
TOKEN = "canary-hook-51b77a"
ENV = SECRETS | {"HOOK": TOKEN}


@pytest.fixture
def relay() -> Iterator[Relay]:
    with a_scripted_relay() as relay:
        yield relay


@pytest.fixture
def home(synced: Path) -> Path:
    path = synced / "vmo.yaml"
    path.write_text(path.read_text("utf-8").replace("locales: [en, fr]", "locales: [en]"), encoding="utf-8")
    return synced


def with_settings(home: Path, text: str) -> None:
    with (home / "vmo.yaml").open("a", encoding="utf-8") as settings:
        settings.write(text)


def run(home: Path, *words: str) -> Ended:
    return vmo("run", *words, folder=home, env=ENV)


def notices(relay: Relay) -> list[str]:
    return [mail.get_content() for mail in relay.mails if mail["To"] == OPS]


def test_a_refused_mail_is_told_once_and_not_at_every_run(home: Path, relay: Relay) -> None:
    relay.refuses = {ANN: "550 no such person"}
    with_settings(home, relay.settings(ANN) + f"operators: {{mail: {OPS}}}\n")

    run(home, "--first-run")
    run(home)

    (notice,) = notices(relay)
    assert f"to {ANN} is refused: no such person; see `vmo mail list`" in notice
    assert relay.mails[0]["Subject"] == "vmo: 1 thing needs a person"
    assert relay.mails[0]["Auto-Submitted"] == "auto-generated"


def test_a_mail_that_is_put_off_for_more_than_an_hour_is_a_problem_and_told_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "vmo.yaml").write_text(SMALLEST, encoding="utf-8")
    first, soon, later, last = (a_moment(f"2026-12-07T{at}") for at in ("06:05", "06:55", "07:15", "09:15"))
    monkeypatch.setattr("cli.clock.now", lambda: later)

    with open_workspace(tmp_path / "vmo.yaml", write=True, first_run=True) as workspace:
        workspace.store.record_edition(replace(EDITION, edition_id="2026-w50/weekly"))
        workspace.store.enter_mails("2026-w50/weekly", {ANN: "<1@example.com>"}, first)
        workspace.store.mark_mail("2026-w50/weekly", ANN, "data_started", soon)
        workspace.store.mark_mail(
            "2026-w50/weekly", ANN, "claimed", soon, reply="535 wrong password of <ANN@example.com>"
        )
        at_once = [*troubles(workspace, now=soon), *_of_mails(describe(workspace, now=soon)["problems"])]
        (problem,) = _of_mails(describe(workspace, now=later)["problems"])
        told = health(workspace, {})
        keys = [[one.key for one in troubles(workspace, now=at)] for at in (later, last)]
        (trouble,) = troubles(workspace, now=later)

    waits = f"to {ANN} has waited since Mon 07 Dec 2026 07:05 CET, put off with: 535 wrong password"
    assert at_once == []
    assert waits in problem and waits in trouble.sentence
    assert keys[0] == keys[1] == [f"mail 2026-w50/weekly {ANN} claimed"]
    assert not told["ok"]
    assert "a...@example.com has waited since" in " ".join(told["problems"])
    assert "ann@" not in str(told).casefold()


def _of_mails(problems: list[str]) -> list[str]:
    return [one for one in problems if one.startswith("mail of ")]


def test_all_is_well_and_nobody_is_told_anything(home: Path, relay: Relay) -> None:
    with_settings(home, relay.settings(ANN) + f"operators: {{mail: {OPS}}}\n")

    run(home, "--first-run")

    assert relay.sent_to == [ANN]


def test_an_edition_that_was_not_made_is_told_by_the_webhook_with_its_token(home: Path, relay: Relay) -> None:
    with serving(lambda _: Reply(status=204)) as hook:
        with_settings(
            home,
            relay.settings(ANN)
            + f"operators: {{webhook: {{url: {hook.url}/hooks/vmo, token: env:HOOK, allow_insecure: true}}}}\n",
        )
        (home / "vmo-reports").write_text("in the way")
        ended = [run(home, "--first-run"), run(home)]

    (seen,) = hook.seen
    assert seen.headers["Authorization"] == f"Bearer {TOKEN}"
    assert seen.json["portfolio"] == "Small"
    assert [one["key"] for one in seen.json["troubles"]] == ["weekly first failed"]
    assert "weekly first was not made: failed" in seen.json["text"]
    assert all(TOKEN not in one.out + one.err for one in ended)


def test_a_mail_in_doubt_is_told_by_the_webhook_where_the_mail_server_is_the_trouble(home: Path, relay: Relay) -> None:
    relay.script["dot"] = [HANGS_UP] * 9
    with serving(lambda _: Reply(status=200, body=b"ok")) as hook:
        webhook = f"{{url: {hook.url}/h, allow_insecure: true}}"
        with_settings(home, relay.settings(ANN) + f"operators: {{webhook: {webhook}}}\n")
        run(home, "--first-run")

    assert f"to {ANN} is unknown" in hook.seen[0].json["text"]


def test_a_source_that_never_could_be_read_is_told_once(trackers: Trackers, tmp_path: Path, relay: Relay) -> None:
    home = a_folder(tmp_path / "portfolio", trackers, relay.settings(ANN) + f"operators: {{mail: {OPS}}}\n")
    trackers.azure.faults.append(Fault(times=None, response=Response(status=401)))

    run(home, "--first-run")
    run(home)

    (notice,) = [one for one in notices(relay) if "never read" in one]
    assert "stores was never read completely: " in notice
    assert "shop" not in notice.replace("small", "")


def test_a_stale_source_is_told_once_for_each_time_that_it_became_stale(
    home: Path, relay: Relay, trackers: Trackers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cli.clock.now", trackers.wall.now)
    with_settings(home, relay.settings(ANN, when="first Mon of year 07:00") + f"operators: {{mail: {OPS}}}\n")
    run(home, "--first-run")
    trackers.azure.faults.append(Fault(times=None, response=Response(status=503)))

    for hours in (26, 27, 28):
        trackers.wall.ahead = timedelta(hours=hours)
        run(home)
    once = len(notices(relay))
    trackers.azure.faults.clear()
    trackers.wall.ahead = timedelta(hours=29)
    run(home)
    trackers.azure.faults.append(Fault(times=None, response=Response(status=503)))
    trackers.wall.ahead = timedelta(hours=60)
    run(home)

    assert once == 1
    assert len(notices(relay)) == 2
    assert all("stores is stale" in one and "shop" not in one for one in notices(relay))


def test_what_could_not_be_told_is_told_by_the_next_run_and_its_failure_is_said_once(home: Path, relay: Relay) -> None:
    answers = [Reply(status=500), Reply(status=500), Reply(status=200)]
    relay.refuses = {ANN: "550 no such person"}
    with serving(lambda _: answers.pop(0)) as hook:
        webhook = f"{{url: {hook.url}/h, token: env:HOOK, allow_insecure: true}}"
        with_settings(home, relay.settings(ANN) + f"operators: {{webhook: {webhook}}}\n")
        ended = []
        for words in (["--first-run"], [], [], []):
            ended.append(run(home, *words))
            gc.collect()  # as after a process: nothing is left of how long this one was to wait before it asked again

    assert len(hook.seen) == 3
    assert ["could not be told" in one.out for one in ended] == [True, False, False, False]
    assert all(TOKEN not in one.out + one.err for one in ended)


def test_a_new_store_tells_nobody_anything(home: Path, relay: Relay) -> None:
    with_settings(home, relay.settings(ANN) + f"operators: {{mail: {OPS}}}\n")

    run(home)

    assert relay.received == []


def test_status_says_who_got_which_mail_last(home: Path, relay: Relay) -> None:
    relay.refuses = {OPS: "550 no such person"}
    with_settings(home, relay.settings(ANN, OPS))
    run(home, "--first-run")

    told = vmo("status", folder=home).out

    assert f"weekly to {OPS}: never" in told
    assert f"weekly to {ANN}: never" not in told
    assert f"weekly to {ANN}: " in told


def test_status_says_when_nobody_made_what_was_due(
    home: Path, relay: Relay, trackers: Trackers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cli.clock.now", trackers.wall.now)
    with_settings(home, relay.settings(ANN, when="daily 07:00") + "sync: {stale_after: 30 days}\n")
    run(home, "--first-run")
    before = vmo("status", folder=home)

    trackers.wall.ahead = timedelta(days=3)
    after = vmo("status", folder=home)

    assert (before.code, after.code) == (0, 3)
    assert "and nobody made it: is `vmo serve`, or a timer for `vmo run`, at work?" in after.out
