"""`vmo serve`: keeps the schedule, survives its trackers, and leaves when it is told to."""

from __future__ import annotations

import contextlib
import json
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest

from cli import service
from cli.renewing import Renewing
from cli.workspace import open_workspace
from connectors.jira import cloud
from connectors.sandbox.loopback import Fault, RecordedRequest, Response
from tests.cli.program import started, vmo, wait_until
from tests.cli.relay import PASSWORD, a_relay
from tests.cli.small_company import SECRETS, Trackers, a_folder
from tests.faults.catalogue import case
from tests.reports.scripted_mail import SILENT, Relay, a_scripted_relay

PATIENCE = 10.0  # seconds from SIGTERM to the end
WEEKLY = 'reports: {weekly: {packs: [digest], locale: en, when: "Mon 07:00"}}\n'
HURRIED = "import cli.service, cli.main; cli.service.FIRST_TURN_SECONDS = 2.0; cli.main.main()"


def ended_by_sigterm(process: subprocess.Popen[str]) -> tuple[int, str, str, float]:
    """Exit code, standard output, log, and how long it took."""
    began = time.monotonic()
    process.send_signal(signal.SIGTERM)
    out, log = process.communicate(timeout=30)
    return process.returncode, out, log, time.monotonic() - began


def runs(folder: Path) -> list[tuple[str, str]]:
    """Source and outcome of each run in the store, oldest first."""
    path = folder / "vmo-data" / "vmo.db"
    if not path.exists():
        return []
    with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as store:
        try:
            found: list[tuple[str, str]] = store.execute("SELECT source, outcome FROM runs ORDER BY id").fetchall()
        except sqlite3.OperationalError:
            return []
    return found


def eventually(what: Callable[[], object], seconds: float = 40.0) -> bool:
    until = time.monotonic() + seconds
    while not what() and time.monotonic() < until:
        time.sleep(0.1)
    return bool(what())


def events(log: str) -> list[dict[str, Any]]:
    """The log, one JSON object a line."""
    return [json.loads(line) for line in log.splitlines()]


@pytest.mark.timeout(200)
def test_it_syncs_publishes_mails_and_leaves_and_can_be_started_again(trackers: Trackers, tmp_path: Path) -> None:
    with a_relay(tmp_path) as relay:
        text = relay.settings("lead@example.com")
        folder = a_folder(tmp_path / "portfolio", trackers, text)
        path = folder / "vmo.yaml"
        path.write_text(path.read_text("utf-8").replace("locales: [en, fr]", "locales: [en]"), encoding="utf-8")
        env = SECRETS | {"SMTP_PASSWORD": PASSWORD}
        process = started("serve", "--first-run", folder=folder, env=env)
        wait_until(lambda: len(relay.mails) == 1, process, 120)
        code, out, log, seconds = ended_by_sigterm(process)

        before = len(runs(folder))
        second = started("serve", folder=folder, env=env)
        wait_until(lambda: [outcome for _, outcome in runs(folder)[before:]] == ["ok", "ok"], second, 120)
        code_2, _, _, seconds_2 = ended_by_sigterm(second)

    said = events(log)
    assert (code, code_2) == (0, 0), log
    assert max(seconds, seconds_2) < PATIENCE
    assert out == ""
    assert said[-1]["event"] == "stopped"
    assert {one["source"] for one in said if one["event"] == "sync"} == {"shop", "stores"}
    assert len(relay.mails) == 1
    assert vmo("sync", folder=folder, env=SECRETS).code == 0


@pytest.mark.timeout(120)
def test_it_lives_on_while_a_tracker_fails_and_leaves_while_another_hangs(synced: Path, trackers: Trackers) -> None:
    before = len(runs(synced))
    trackers.azure.faults.append(Fault(times=None, response=Response(status=401)))
    trackers.jira.faults.append(Fault(path="search/jql", times=None, response=Response(delay_seconds=100)))
    trackers.jira.requests.clear()
    process = started("serve", folder=synced, env=SECRETS)

    wait_until(lambda: ("stores", "failed") in runs(synced)[before:], process)
    wait_until(lambda: any("search/jql" in one.path for one in trackers.jira.requests), process)
    code, _, log, seconds = ended_by_sigterm(process)

    assert code == 0, log
    assert seconds < PATIENCE
    assert "Traceback" not in log
    assert vmo("db", "upgrade", folder=synced).code == 0


def begun(folder: Path) -> dict[str, float]:
    """When the first run of each source began, in seconds."""
    with sqlite3.connect(f"file:{folder / 'vmo-data' / 'vmo.db'}?mode=ro", uri=True) as store:
        return dict(store.execute("SELECT source, min(started_at) / 1e6 FROM runs GROUP BY source"))


def published(folder: Path) -> list[Path]:
    return list((folder / "vmo-reports" / "r" / "small" / "latest").glob("*.html"))


@case("T09")
@pytest.mark.slow
@pytest.mark.timeout(200)
def test_ten_sources_that_hang_delay_neither_the_eleventh_nor_its_report(trackers: Trackers, tmp_path: Path) -> None:
    assert service.FIRST_TURN_SECONDS == 60
    with socket.create_server(("127.0.0.1", 0), backlog=64) as silent:  # the kernel accepts, and nobody answers
        port = silent.getsockname()[1]
        folder = a_folder(tmp_path / "portfolio", trackers, WEEKLY)
        path = folder / "vmo.yaml"
        hung = "".join(
            f"  hung{n}: {{kind: azure_devops, url: 'http://127.0.0.1:{port}/c{n}', token: env:AT, "
            "allow_insecure: true, levels: {story: [Task]}}\n"
            for n in range(10)
        )
        text = path.read_text("utf-8").replace("sources:\n", f"sources:\n{hung}").replace("[en, fr]", "[en]")
        path.write_text(text, encoding="utf-8")
        process = subprocess.Popen(
            [sys.executable, "-c", HURRIED, "serve", "--first-run"],
            cwd=folder, env=SECRETS | {"PATH": ""}, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        wait_until(lambda: bool(published(folder)), process, 90)
        told, starts = runs(folder), begun(folder)
        code, _, log, seconds = ended_by_sigterm(process)

    assert ("shop", "ok") in told
    assert [outcome for source, outcome in told if source.startswith("hung")] == ["running"] * 10
    assert starts["shop"] - min(starts.values()) < 5
    assert (code, seconds < PATIENCE) == (0, True), log
    assert "it still does not answer" in log


def test_other_turns_are_kept_at_once_while_a_source_hangs(
    synced: Path, trackers: Trackers, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, secret in SECRETS.items():
        monkeypatch.setenv(name, secret)
    monkeypatch.setattr(service, "FIRST_TURN_SECONDS", 0.1)
    answers, asked, path = threading.Event(), threading.Event(), synced / "vmo.yaml"
    before = len(runs(synced))

    def hang(_: RecordedRequest) -> None:
        asked.set()
        answers.wait(60)

    trackers.azure.intercept = hang
    with open_workspace(path, write=True, first_run=True) as workspace, ThreadPoolExecutor(1) as beside:
        current = Renewing(workspace)
        serving = beside.submit(service._serve, current)
        hung = asked.wait(20) and eventually(lambda: ("shop", "ok") in runs(synced)[before:])
        trackers.jira.requests.clear()
        path.write_text(path.read_text("utf-8").replace("[en, fr]", "[en]") + WEEKLY, encoding="utf-8")
        current.look()
        current.look()
        made = eventually(lambda: published(synced))
        told = runs(synced)[before:]
        answers.set()
        again = eventually(lambda: runs(synced)[before:].count(("stores", "ok")) == 2)
        workspace.sleep.wake()
        everything_ended = serving.result(30)

    assert (bool(hung), bool(made), bool(again), everything_ended) == (True, True, True, True)
    assert trackers.jira.requests
    assert [one for one in told if one[0] == "stores"] == [("stores", "running")]  # and not begun twice


def test_a_run_publishes_what_is_due_without_waiting_for_a_source_that_hangs(
    synced: Path, trackers: Trackers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "FIRST_TURN_SECONDS", 0.5)
    with (synced / "vmo.yaml").open("a", encoding="utf-8") as settings:
        settings.write(WEEKLY)
    already: list[bool] = []

    def late(_: object, healthy: Response) -> Response:
        until = time.monotonic() + 60
        while not published(synced) and time.monotonic() < until:
            time.sleep(0.05)
        already.append(bool(published(synced)))
        return healthy

    trackers.azure.faults.append(Fault(alter=late))

    ended = vmo("run", "--first-run", folder=synced, env=SECRETS)

    assert already == [True]  # the tracker answered only when the edition was there
    assert ended.code == 3, ended
    assert "stores: not read to the end yet; what is due is made without waiting for it" in ended.out
    assert "published 2026-w" in ended.out.lower()
    assert ended.out.count("stores: ") == 2  # it went on, and said how it ended
    assert runs(synced)[-1] == ("stores", "ok")


@pytest.mark.parametrize("slow", ["search/jql", "bulkfetch"])  # ids are listed before any item is held
def test_the_first_edition_waits_for_a_tracker_that_is_read_for_the_first_time(
    slow: str, trackers: Trackers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "FIRST_TURN_SECONDS", 4.0)
    monkeypatch.setattr(cloud, "CHUNK", 5)
    monkeypatch.setattr(cloud, "IDS_A_PAGE", 3)
    folder = a_folder(tmp_path / "portfolio", trackers, WEEKLY)
    asked: list[float] = []
    already: list[bool] = []

    def late(request: RecordedRequest, healthy: Response) -> Response:
        if slow in request.path:
            time.sleep(0.7)
            asked.append(time.monotonic())
        if "bulkfetch" in request.path:
            already.append(bool(published(folder)))
        return healthy

    trackers.jira.faults.append(Fault(times=None, alter=late))

    vmo("run", "--first-run", folder=folder, env=SECRETS)

    assert max(asked) - min(asked) > service.FIRST_TURN_SECONDS
    assert already
    assert not any(already)
    assert published(folder)


@case("T13")
@pytest.mark.timeout(200)
def test_told_to_stop_within_a_mail_it_leaves_and_the_next_run_sends_it(synced: Path) -> None:
    with a_scripted_relay(Relay(script={"RCPT": [SILENT]})) as relay:
        with (synced / "vmo.yaml").open("a", encoding="utf-8") as settings:
            settings.write(relay.settings("ann@example.com"))
        process = started("serve", "--first-run", folder=synced, env=SECRETS)
        wait_until(lambda: relay.reached["RCPT"] > 0, process, 120)
        code, _, log, seconds = ended_by_sigterm(process)
        ended = vmo("run", folder=synced, env=SECRETS)

    assert (code, seconds < PATIENCE) == (0, True), log
    assert ended.code == 0, ended
    assert relay.taken == ["ann@example.com"]


@pytest.mark.timeout(200)
def test_the_health_endpoint_says_what_arrived_and_names_nobody(synced: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    with a_scripted_relay(Relay(refuses={"bob@example.com": "550 no such person"})) as relay:
        with (synced / "vmo.yaml").open("a", encoding="utf-8") as settings:
            settings.write(relay.settings("ann@example.com", "bob@example.com"))
            settings.write(f'serve: {{listen: "127.0.0.1:{port}"}}\n')
        process = started("serve", "--first-run", folder=synced, env=SECRETS)
        wait_until(lambda: relay.reached["RCPT"] == 2 and bool(relay.taken), process, 120)
        wait_until(lambda: "refused" in json.dumps(health(port)[1]["problems"]), process, 20)
        status, told = health(port)
        elsewhere, _ = health(port, "/metrics")
        code, _, log, _ = ended_by_sigterm(process)

    assert (status, elsewhere, told["ok"], code) == (503, 404, False, 0), log
    assert [(one["recipient"], one["accepted_at"] is not None) for one in told["arrivals"]] == [
        ("a...@example.com", True),
        ("b...@example.com", False),
    ]
    assert "ann@" not in json.dumps(told)
    assert "bob@" not in json.dumps(told)
    assert {one["source"] for one in told["sources"]} == {"shop", "stores"}


def health(port: int, path: str = "/health") -> tuple[int, dict[str, Any]]:
    """The endpoint's status and answer."""
    connection = HTTPConnection("127.0.0.1", port, timeout=10)
    with contextlib.closing(connection):
        connection.request("GET", path)
        answer = connection.getresponse()
        told: dict[str, Any] = json.loads(answer.read())
    return answer.status, told
