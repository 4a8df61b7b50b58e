"""Whole runs that keep a bucket like the folder: what was killed or put off goes on, and nothing is held up."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from cli.workspace import open_workspace
from reports.deliver.mail import Outcome
from tests.cli.object_store import KEY, SECRET, Asked, ObjectStore, an_object_store
from tests.cli.program import Ended, started, vmo
from tests.cli.small_company import SECRETS, Trackers, a_folder
from tests.cli.webhooks import Webhook, a_webhook

SETTINGS = """
reports:
  weekly: {{packs: [digest], locale: en, when: "Mon 07:00"}}
publish:
  s3:
    bucket: reports
    prefix: teams/vmo
    endpoint: {url}
    access_key: env:S3_KEY
    secret_key: env:S3_SECRET
    allow_insecure: true
"""
OPERATORS = "operators: {{webhook: {{url: '{url}', allow_insecure: true}}}}\n"
RESTRICTED = "restricted: {deal: {match: [{label: zanzibarq}]}}\n"
ELSEWHERE = {  # what must have no say
    "AWS_PROFILE": "nobody",
    "AWS_ACCESS_KEY_ID": "OTHERKEY",
    "AWS_SECRET_ACCESS_KEY": "other",
    "AWS_ENDPOINT_URL_S3": "http://127.0.0.1:9",
    "AWS_CA_BUNDLE": "/nowhere.pem",
    "HTTP_PROXY": "http://127.0.0.1:9",
    "http_proxy": "http://127.0.0.1:9",
}


@pytest.fixture
def store() -> Iterator[ObjectStore]:
    with an_object_store() as told:
        yield told


@pytest.fixture
def webhook() -> Iterator[Webhook]:
    with a_webhook() as told:
        yield told


def test_a_run_brings_the_edition_and_what_leads_to_it_and_the_next_run_sends_nothing(
    trackers: Trackers, store: ObjectStore, tmp_path: Path
) -> None:
    folder = a_folder(tmp_path, trackers, SETTINGS.format(url=store.url))
    broken: list[str] = []
    store.written = lambda: broken.extend(store.dangling())

    first = vmo("--verbose", "run", "--first-run", folder=folder, env=_environment(**ELSEWHERE))
    sent = len(store.puts())
    again = _run(folder)

    assert (first.code, again.code) == (0, 0), first
    assert "to s3:reports/teams/vmo: accepted" in first.out + first.err
    assert _copied(store) == _in_folder(folder)
    assert (broken, store.troubles) == ([], [])
    assert len(store.puts()) == sent
    assert store.headers[f"teams/vmo/{_one(folder, '*/data/*.csv')}"]["content-type"] == "text/csv; charset=utf-8"
    assert store.headers["teams/vmo/r/small/index.en.html"]["content-type"] == "text/html; charset=utf-8"
    for said in (first, again, vmo("status", folder=folder), vmo("mail", "list", folder=folder)):
        assert [one for one in (KEY, SECRET) if one in said.out + said.err] == []
    for path in folder.rglob("*"):
        assert not path.is_file() or not any(one.encode() in path.read_bytes() for one in (KEY, SECRET))


def test_a_correction_by_hand_comes_to_the_bucket_when_it_is_sent(
    synced: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    brought: list[str] = []

    def accepts(_: Path, *, edition: str, **__: object) -> tuple[Outcome, str]:
        brought.append(edition)
        return Outcome.ACCEPTED, "all of it"

    monkeypatch.setattr("cli.targets.put_up", accepts)
    settings = synced / "vmo.yaml"
    before = settings.read_text("utf-8").replace("locales: [en, fr]", "locales: [en]")
    settings.write_text(before + SETTINGS.format(url="http://127.0.0.1:9"), encoding="utf-8")
    _run(synced, "--first-run")
    settings.write_text(settings.read_text("utf-8").replace("First theme", "Another theme"), encoding="utf-8")
    vmo("report", folder=synced)

    sent = [vmo("send", "weekly", folder=synced, env=_environment()) for _ in range(2)]

    assert [one.code for one in sent] == [0, 0], sent
    assert len(brought) == 2
    assert brought[1] == f"{brought[0]}-r2"


def test_a_run_killed_at_a_request_is_finished_by_the_next(
    trackers: Trackers, store: ObjectStore, tmp_path: Path
) -> None:
    folder = a_folder(tmp_path, trackers, SETTINGS.format(url=store.url))
    process: list[subprocess.Popen[str]] = []

    def kill(number: int, _: Asked) -> int | None:
        if number == 30:
            os.kill(process[0].pid, signal.SIGKILL)
            return 0
        return None

    store.fault = kill
    process.append(started("run", "--first-run", folder=folder, env=_environment()))
    killed = process[0].wait(timeout=120)
    process[0].communicate()
    left = store.dangling()
    second = _run(folder)

    assert (killed, left) == (-signal.SIGKILL, [])
    assert second.code == 0, second
    assert _copied(store) == _in_folder(folder)
    assert "no mail is held" in vmo("mail", "list", folder=folder).out


def test_what_fails_costs_nobody_the_edition_is_said_and_goes_on_once_it_is_mended(
    trackers: Trackers, store: ObjectStore, webhook: Webhook, tmp_path: Path
) -> None:
    folder = a_folder(tmp_path, trackers, SETTINGS.format(url=store.url) + OPERATORS.format(url=webhook.url()))

    secretless = vmo("run", "--first-run", folder=folder, env=SECRETS | {"S3_KEY": KEY})
    asked = [len(store.asked)]
    store.fault = lambda number, _: 503 if number == 12 else None
    busy = _run(folder)
    asked.append(len(store.asked))
    store.fault = lambda _, asked: 403 if asked.method == "PUT" else None
    denied = _run(folder)
    state, listed = vmo("status", folder=folder), vmo("mail", "list", folder=folder)
    asked.append(len(store.asked))
    ignored = _run(folder)
    asked.append(len(store.asked))
    store.fault = lambda _, __: None
    edition = f"{_one(folder, '20*').split('/')[-1]}/weekly"
    mended = vmo("mail", "resend", edition, "s3:reports/teams/vmo", folder=folder, env=_environment())

    checked = vmo("check", folder=folder, env=SECRETS | {"S3_KEY": KEY})
    assert "FAILED   publish.s3: env:S3_SECRET: the environment has no S3_SECRET" in checked.out
    assert [one.code for one in (secretless, busy, denied, ignored, mended)] == [0] * 5
    assert "publish.s3.secret_key: env:S3_SECRET: the environment has no S3_SECRET" in secretless.out + secretless.err
    assert "tried again at the next run (the store answers 503 SlowDown to the write of" in busy.out + busy.err
    assert "(403 AccessDenied); let its key list the bucket" in denied.out + denied.err
    assert "to s3:reports/teams/vmo is refused" in state.out
    assert "3 attempts: bucket reports refuses the write of" in listed.out
    (notice,) = webhook.received
    assert "to s3:reports/teams/vmo is refused: bucket reports refuses the write of" in notice["text"]
    assert [asked[0], asked[1], asked[3] - asked[2]] == [0, 12, 0]
    assert _copied(store) == _in_folder(folder)
    assert "no mail is held" in vmo("mail", "list", folder=folder).out


def test_an_edition_that_was_put_off_before_something_was_restricted_stays_out_of_the_bucket(
    trackers: Trackers, store: ObjectStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cli.clock.now", trackers.wall.now)
    folder = a_folder(tmp_path, trackers, SETTINGS.format(url=store.url))
    store.fault = lambda _, __: 503
    put_off = _run(folder, "--first-run")
    store.fault = lambda _, __: None
    former = _one(folder, "20*")
    edition = f"{former.split('/')[-1]}/weekly"

    a_folder(tmp_path, trackers, SETTINGS.format(url=store.url) + RESTRICTED)
    retried = _run(folder)
    asked = vmo("mail", "resend", edition, "s3:reports/teams/vmo", folder=folder, env=_environment())
    sent = len(store.puts())
    now = trackers.wall.now()
    monday = now.replace(hour=12) + timedelta(days=7 - now.weekday())  # on the day for which it is due
    trackers.wall.ahead = monday - now
    next_week = _run(folder)

    assert "to s3:reports/teams/vmo: deferred" in put_off.out + put_off.err
    assert "was made before what its readers may see changed, so s3:reports" in retried.out + retried.err
    assert (retried.code, asked.code) == (0, 1)
    assert "nothing of" in asked.message
    assert sent == 0
    assert next_week.code == 0, next_week
    assert _copied(store) == {
        key: data for key, data in _in_folder(folder).items() if not key.startswith(f"{former}/")
    }  # fmt: skip


def test_a_target_that_is_gone_from_the_settings_is_no_longer_asked_for(trackers: Trackers, tmp_path: Path) -> None:
    settings = SETTINGS.format(url="http://127.0.0.1:9")
    folder = a_folder(tmp_path, trackers, settings)
    _run(folder, "--first-run")

    a_folder(tmp_path, trackers, settings.partition("publish:")[0])
    again = _run(folder)

    assert again.code == 0, again
    with open_workspace(folder / "vmo.yaml") as workspace:
        assert [(one.state, one.reply) for one in workspace.store.mails()] == [("superseded", "no longer asked for")]


def test_whatever_a_target_fails_with_a_channel_hears_and_only_its_kind_is_told(
    trackers: Trackers, webhook: Webhook, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object, **__: object) -> None:
        raise ZeroDivisionError(SECRET)

    monkeypatch.setattr("cli.targets.put_up", fails)
    chat = "  chat: [{kind: slack, url: env:HOOK, allow_insecure: true}]\n"
    folder = a_folder(tmp_path, trackers, SETTINGS.format(url="http://127.0.0.1:9") + chat)

    ended = _run(folder, "--first-run", HOOK=webhook.url())

    assert ended.code == 0, ended
    assert "s3:reports/teams/vmo: deferred, tried again at the next run (ZeroDivisionError)" in ended.out + ended.err
    assert len(webhook.received) == 1


def _environment(**more: str) -> dict[str, str]:
    return {**SECRETS, "S3_KEY": KEY, "S3_SECRET": SECRET, **more}


def _run(folder: Path, *words: str, **more: str) -> Ended:
    return vmo("run", *words, folder=folder, env=_environment(**more))


def _one(folder: Path, pattern: str) -> str:
    """The first file of that pattern, by its address."""
    path = min((folder / "vmo-reports/r/small").glob(pattern))
    return path.relative_to(folder / "vmo-reports").as_posix()


def _copied(store: ObjectStore) -> dict[str, bytes]:
    return {key.removeprefix("teams/vmo/"): data for key, data in store.objects.items()}


def _in_folder(folder: Path) -> dict[str, bytes]:
    """What a copy holds: every file but mails in the making."""
    root = folder / "vmo-reports"
    files = [one for one in root.rglob("*") if one.is_file() and not one.name.endswith(".mail.json")]
    return {one.relative_to(root).as_posix(): one.read_bytes() for one in files}
