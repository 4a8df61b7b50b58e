"""Secrets are in no store, report, mail, standard output or log, in none of their forms."""

from __future__ import annotations

import base64
import contextlib
import sqlite3
import urllib.parse
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from connectors.sandbox.loopback import Fault, RecordedRequest, Response, answer
from sync.store.packing import decompressed
from tests.cli.program import Ended, vmo
from tests.cli.relay import a_relay
from tests.cli.small_company import ADO_TOKEN, JIRA_TOKEN, SECRETS, Trackers, a_folder
from tests.faults.catalogue import case

COOKIE = "canary-cookie-51aa"
PASSWORD = "canary+mail/5d77e0=="


def forms(secret: str, *, user: str) -> Iterator[bytes]:
    """The secret itself, in base64 alone and with its user as Basic sends it, and as it stands in an address."""
    yield secret.encode()
    yield urllib.parse.quote(secret, safe="").encode()
    for text in (secret, f"{user}:{secret}", f":{secret}", f"\0{user}\0{secret}"):
        yield base64.b64encode(text.encode()).rstrip(b"=")


def unpacked(path: Path) -> bytes:
    """What a file holds, with every packed answer that is in it where it is a store."""
    found = [path.read_bytes()]
    if found[0].startswith(b"SQLite format 3"):
        with contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as held:
            found += [decompressed(body) for (body,) in held.execute("SELECT body FROM raws")]
            found += [zlib.decompress(body) for (body,) in held.execute("SELECT body FROM configurations")]
        assert len(found) > 2
    return b"\n".join(found)


def echoing(request: RecordedRequest) -> Response:
    """A careless proxy: it repeats the headers it was sent, in words, JSON and headers."""
    told = request.headers.get("authorization", "")
    decoded = base64.b64decode(told.partition(" ")[2] + "==").decode(errors="replace")
    return answer(
        {"errorMessages": [f"bad header Authorization: {told}", decoded], "message": f"{told} {decoded}"},
        status=400,
        headers={"X-Echo": told, "Set-Cookie": f"JSESSIONID={COOKIE}"},
    )


@case("E052")
@pytest.mark.parametrize("faulty", [False, True], ids=["all is well", "trackers and relay repeat what they were sent"])
def test_no_secret_leaves_a_trace(trackers: Trackers, tmp_path: Path, faulty: bool) -> None:
    said: list[Ended] = []
    env = SECRETS | {"SMTP_PASSWORD": PASSWORD}
    with a_relay(tmp_path) as relay:
        folder = a_folder(tmp_path / "portfolio", trackers, relay.settings("lead@example.com"))
        if faulty:
            said.append(vmo("sync", folder=folder, env=env))
            for sandbox in (trackers.jira, trackers.azure):
                sandbox.faults += [
                    Fault(path=path, times=1, alter=lambda request, _: echoing(request))
                    for path in ("myself|connectionData", "search|wiql|reporting", "fetch|field|projects")
                ]
        else:
            relay.data_replies = [f"451 later, {PASSWORD}"]
        for words in (
            ("--verbose", "check"),
            ("--verbose", "run", "--first-run"),
            ("run",),
            ("status", "--json"),
            ("mail", "list"),
            ("discover",),
        ):
            said.append(vmo(*words, folder=folder, env=env))
        mails = b"".join(relay.received)

    files = {path: unpacked(path) for path in folder.rglob("*") if path.is_file()}
    assert any("vmo.db" in path.name for path in files)
    assert any(path.suffix == ".html" for path in files)
    spoken = "".join(one.out + one.err for one in said).encode()
    pages = b"".join(data for path, data in files.items() if path.suffix == ".html")
    assert (b"refuses the question" in pages) is faulty  # so that what a tracker said of its trouble is on a page
    assert b"***" in spoken  # something was hidden, so there was something to hide
    for secret, user in ((JIRA_TOKEN, trackers.jira.user), (ADO_TOKEN, ""), (PASSWORD, "vmo"), (COOKIE, "JSESSIONID")):
        for form in forms(secret, user=user):
            assert form not in spoken, (form, spoken[max(0, spoken.find(form) - 200) :][:400])
            assert form not in mails
            assert [path for path, data in files.items() if form in data] == [], form
