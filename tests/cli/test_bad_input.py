"""Whatever is wrong ends in one clear message that names the place and the mend, the right code, and the same store."""

from __future__ import annotations

import hashlib
import sqlite3
from pathlib import Path

import pytest

from cli import clock
from connectors.sandbox.loopback import answer
from sync.store.store import open_store
from tests.cli.program import Ended, vmo, vmo_alone
from tests.cli.small_company import SECRETS, Trackers, a_folder

FACTS = ("items", "changes", "raws", "statuses", "sprints", "editions", "mails", "due")


def facts(folder: Path) -> str:
    """A digest of every fact in the store; what is not a fact is who asked when, and how that ended."""
    with sqlite3.connect(f"file:{folder / 'vmo-data' / 'vmo.db'}?mode=ro", uri=True) as store:
        known = {row[0] for row in store.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        rows = [row for table in FACTS if table in known for row in store.execute(f"SELECT * FROM {table}")]
    assert rows
    return hashlib.sha256(repr(rows).encode()).hexdigest()


def settings(folder: Path, *changes: tuple[str, str]) -> None:
    """Change words of vmo.yaml; each must be there."""
    path = folder / "vmo.yaml"
    text = path.read_text("utf-8")
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new)
    path.write_text(text, encoding="utf-8")


def refused(ended: Ended, *words: str, code: int = 2) -> None:
    """One message, all these words in it, nothing else on standard output, and no trace."""
    assert ended.code == code, ended
    assert "Traceback" not in ended.err
    assert "unforeseen" not in ended.err
    for word in words:
        assert word in ended.err, ended.err
    assert ended.out == ""


# --- one source of two fails: the other goes through


@pytest.mark.parametrize(
    ("env", "source", "words"),
    [
        ({"JT": "not-the-token"}, "shop", ("401", "token")),
        ({"AT": "not-the-token"}, "stores", ("token",)),
    ],
    ids=["Jira answers 401", "Azure DevOps answers 203 with a sign-in page"],
)
def test_a_wrong_token_fails_its_source_alone(
    synced: Path, env: dict[str, str], source: str, words: tuple[str, ...]
) -> None:
    before = facts(synced)

    ended = vmo("sync", folder=synced, env=SECRETS | env)

    (line,) = [line for line in ended.out.splitlines() if line.startswith(f"{source}:")]
    assert ended.code == 3
    assert all(word in line for word in words), line
    assert "not-the-token" not in ended.out + ended.err
    assert len(ended.out.splitlines()) == 2
    assert facts(synced) == before


def test_all_sources_failing_is_a_failure(synced: Path) -> None:
    before = facts(synced)

    ended = vmo("sync", folder=synced, env={"JT": "wrong-1", "AT": "wrong-2"})

    assert ended.code == 1
    assert facts(synced) == before


def test_a_project_that_does_not_exist_is_named(synced: Path) -> None:
    settings(
        synced,
        ("    user:", "    scope: project = NOWHERE\n    user:"),
        ("    token: env:AT", "    token: env:AT\n    scope: {projects: [Nowhere]}"),
    )
    before = facts(synced)

    ended = vmo("sync", folder=synced, env=SECRETS)

    shop, stores = sorted(ended.out.splitlines())
    assert ended.code == 1
    assert shop.startswith("shop: ")
    assert "NOWHERE" in shop
    assert stores.startswith("stores: ")
    assert "Nowhere" in stores
    assert facts(synced) == before


def test_jql_that_jira_does_not_understand_is_told_in_its_words(synced: Path) -> None:
    settings(synced, ("    user:", "    scope: projekt = LOY\n    user:"))

    ended = vmo("sync", "--source", "shop", folder=synced, env=SECRETS)

    assert ended.code == 1
    assert ended.out.startswith("shop: ")
    assert "projekt" in ended.out


def test_a_host_out_of_reach_is_named(synced: Path, trackers: Trackers) -> None:
    settings(synced, (trackers.jira.url, "http://127.0.0.1:9"))
    before = facts(synced)

    ended = vmo("sync", folder=synced, env=SECRETS)

    (line,) = [line for line in ended.out.splitlines() if line.startswith("shop:")]
    assert ended.code == 3
    assert "127.0.0.1" in line
    assert "network" in line
    assert facts(synced) == before


def test_a_configured_field_that_the_tracker_lacks_is_named(synced: Path) -> None:
    settings(synced, ("    user:", "    fields: {business_value: Busines Value}\n    user:"))
    before = facts(synced)

    ended = vmo("check", folder=synced, env=SECRETS)
    vmo("sync", "--source", "shop", folder=synced, env=SECRETS)

    told = [line for line in ended.out.splitlines() if "Busines Value" in line]
    assert told, ended.out
    assert facts(synced) == before


def test_the_report_says_at_its_top_that_a_source_failed(synced: Path) -> None:
    vmo("sync", folder=synced, env=SECRETS | {"AT": "not-the-token"})

    ended = vmo("report", "overview", "--locale", "en", folder=synced)

    assert ended.code == 0, ended
    (page,) = synced.glob("vmo-reports/r/small/latest/overview.en.html")
    text = page.read_text("utf-8")
    top = text[text.index("<body") : text.index("<h2")]
    assert "stores" in top
    status = vmo("status", folder=synced)
    assert status.code == 3
    assert "stores" in status.out.partition("Open problems:")[2]


# --- settings


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("sources:", "sources: [", ("vmo.yaml", "line")),
        ("    user:", "    usr: somebody\n    user:", ("vmo.yaml", "usr", "user")),
        ("Europe/Paris", "Europe/Pariss", ("vmo.yaml", "Pariss")),
        ("kind: azure_devops", "kind: azure_devop", ("vmo.yaml", "azure_devop")),
    ],
    ids=["broken YAML", "an unknown setting", "an unknown time zone", "an unknown kind of tracker"],
)
@pytest.mark.parametrize("command", ["sync", "report", "run", "status"])
def test_a_mistake_in_the_settings_stops_every_command(
    synced: Path, command: str, old: str, new: str, words: tuple[str, ...]
) -> None:
    settings(synced, (old, new))
    before = facts(synced)

    ended = vmo(command, folder=synced, env=SECRETS)

    refused(ended, *words, "nothing was done")
    assert facts(synced) == before


def test_missing_settings_are_told_with_the_command_that_writes_them(tmp_path: Path) -> None:
    for command in (["sync"], ["status"], ["run"], ["serve"], ["export", "items"], ["mail", "list"], ["check"]):
        refused(vmo(*command, folder=tmp_path), "vmo.yaml", "vmo init", "--config")

    assert not list(tmp_path.iterdir())


def test_a_missing_token_variable_is_named_and_stops_no_other_source(synced: Path) -> None:
    ended = vmo("sync", folder=synced, env={"AT": SECRETS["AT"]})

    assert ended.code == 3
    assert "sources.shop.token" in ended.out + ended.err
    assert "JT" in ended.out + ended.err
    assert "stores:" in ended.out


def test_without_any_token_nothing_is_done_and_each_is_named(synced: Path) -> None:
    refused(vmo("sync", folder=synced, env={}), "sources.shop.token", "sources.stores.token")


def test_an_unknown_source_is_answered_with_the_known_ones(synced: Path) -> None:
    refused(vmo("sync", "--source", "shpo", folder=synced, env=SECRETS), "shpo", "shop, stores")


# --- folders and stores


def test_an_output_folder_that_is_a_file_is_named(synced: Path) -> None:
    (synced / "pages").write_text("in the way")
    before = facts(synced)

    refused(vmo("report", "--out", "pages", folder=synced), "pages", code=1)
    assert facts(synced) == before


def test_an_export_into_a_folder_that_is_not_there_is_named(synced: Path) -> None:
    for fmt in ("csv", "jsonl", "parquet"):
        ended = vmo("export", "items", "--format", fmt, "--out", f"nowhere/items.{fmt}", folder=synced)

        refused(ended, f"nowhere/items.{fmt}", "--out", code=1)


def test_a_store_folder_that_is_a_file_is_named(trackers: Trackers, tmp_path: Path) -> None:
    folder = a_folder(tmp_path, trackers)
    (folder / "vmo-data").write_text("in the way")

    refused(vmo("sync", folder=folder, env=SECRETS), "vmo-data", code=1)


def test_an_empty_store_file_is_refused_and_left_alone(synced: Path) -> None:
    store = synced / "vmo-data" / "vmo.db"
    for leftover in store.parent.glob("vmo.db*"):
        leftover.unlink()
    store.touch()

    for command in ("sync", "report", "status", "run"):
        refused(vmo(command, folder=synced, env=SECRETS), "vmo.db", "empty", "backup", code=1)
    assert store.read_bytes() == b""


def test_reading_before_the_first_sync_says_what_to_run(trackers: Trackers, tmp_path: Path) -> None:
    folder = a_folder(tmp_path, trackers)

    for command in (["status"], ["explain", "LOY-1"], ["export", "items"], ["mail", "list"]):
        refused(vmo(*command, folder=folder), "vmo sync", code=1)
    assert not (folder / "vmo-data").exists()


def test_a_second_writer_is_refused_and_readers_are_not(synced: Path) -> None:
    url = f"sqlite:///{synced / 'vmo-data' / 'vmo.db'}"
    with open_store(url, now=clock.now):
        second = vmo_alone("sync", folder=synced, env=SECRETS)
        reader = vmo("status", folder=synced)

    refused(second, "vmo.db", "another", code=1)
    assert reader.out.startswith("Small")


# --- words on the command line


@pytest.mark.parametrize(
    ("command", "words"),
    [
        (["export", "itmes"], ("itmes", "items, changes, flow, metrics")),
        (["export", "items", "--format", "xlsx"], ("xlsx", "csv, jsonl, parquet")),
        (["export", "items", "--states"], ("--states", "flow")),
        (["export", "flow", "--flow"], ("--flow", "metrics")),
        (["export", "items", "--format", "parquet"], ("--out",)),
        (["report", "overvue"], ("overvue", "overview")),
        (["report", "--locale", "de"], ("de", "en, fr")),
        (["report", "--as-of", "2999-01-01"], ("2999-01-01",)),
        (["report", "--as-of", "yesterday"], ("yesterday", "2026-09-30")),
        (["report", "--known-at", "2026-09-30T18:00:00"], ("2026-09-30T18:00:00", "+02:00")),
        (["report", "--known-at", "2999-09-30T18:00:00Z"], ("2999",)),
        (["explain", "NOPE-1"], ("NOPE-1", "flow_time")),
        (["explain", "flow_time", "--scope", "theme:nope"], ("theme:nope", "theme:first")),
        (["explain", "flow_time", "--scope", "galaxy"], ("galaxy", "portfolio, theme:first")),
        (["confirm", "shop", "nonsense"], ("nonsense", "identity or vanished")),
        (["confirm", "shpo", "identity"], ("shpo", "shop, stores")),
        (["send", "nightly"], ("nightly",)),
        (["mail", "resend", "2026-w01/weekly", "a@example.com"], ("2026-w01/weekly",)),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_an_unknown_word_is_answered_with_the_known_ones(
    synced: Path, command: list[str], words: tuple[str, ...]
) -> None:
    before = facts(synced)

    refused(vmo(*command, folder=synced, env=SECRETS), *words)
    assert facts(synced) == before


@pytest.mark.parametrize("command", [["drop", "2026-w01/weekly", "a@example.com"]], ids=" ".join)
def test_a_mail_that_is_not_held_cannot_be_dropped(synced: Path, command: list[str]) -> None:
    refused(vmo("mail", *command, folder=synced), "2026-w01/weekly", "vmo mail list", code=1)


def test_what_nobody_foresaw_is_told_without_a_trace_and_is_never_a_success(
    synced: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cli.status.describe", lambda *_, **__: 1 / 0)

    ended = vmo("status", folder=synced)

    assert ended.code == 1
    assert "ZeroDivisionError" in ended.message
    assert "--verbose" in ended.message


def test_a_tracker_that_answers_nonsense_is_an_error_not_an_empty_portfolio(synced: Path, trackers: Trackers) -> None:
    trackers.jira.intercept = lambda request: answer({"issues": []}) if "search" in request.path else None
    before = facts(synced)

    ended = vmo("sync", "--source", "shop", "--full", folder=synced, env=SECRETS)

    assert ended.code != 0
    assert facts(synced) == before
