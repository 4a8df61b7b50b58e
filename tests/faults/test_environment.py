"""What this machine says of the way to a tracker is not asked; what the settings say of it is done. Whole syncs."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest

from tests.faults.catalogue import case
from tests.faults.trackers import (
    AZURE,
    CLOUD,
    DATA_CENTER,
    KINDS,
    TOKEN,
    USER,
    a_tracker,
    only_reads_were_asked,
    undisturbed,
)
from tests.faults.wires import a_certificate, a_proxy, dialled, somebody_else


def basic(user: str) -> str:
    return f"Basic {base64.b64encode(f'{user}:{TOKEN}'.encode()).decode()}"


OURS = {CLOUD: basic(USER), DATA_CENTER: f"Bearer {TOKEN}", AZURE: basic("")}


@case("E101")
@pytest.mark.parametrize("kind", KINDS)
def test_credentials_of_a_netrc_file_never_take_the_place_of_ours(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / ".netrc"
    netrc.write_text("machine 127.0.0.1 login thief password thief\n", encoding="ascii")
    netrc.chmod(0o600)
    with a_tracker(kind, tmp_path) as tracker:
        monkeypatch.setenv("NETRC", str(netrc))
        monkeypatch.setenv("HOME", str(tmp_path))

        record = tracker.sync()

        assert record.outcome == "ok", record.sentence
        assert {request.headers.get("authorization") for request in tracker.server.requests} == {OURS[kind]}
        assert record.requests == len(tracker.server.requests)
        assert tracker.dump() == undisturbed(kind, "full").told
        assert tracker.cursor == undisturbed(kind, "full").standings[-1].cursor


@case("E103")
@pytest.mark.parametrize("kind", KINDS)
def test_proxy_and_authority_of_the_settings_are_used_and_those_of_the_environment_are_not(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificate, other = a_certificate(tmp_path / "tls"), a_certificate(tmp_path / "other")
    with a_tracker(kind, tmp_path) as tracker, a_proxy() as proxy, somebody_else() as wrong:
        tracker.server.stop()
        tracker.server.start(tls=certificate.context())
        port = int(tracker.server.url.split(":")[2].split("/")[0])
        tracker.given = {"proxy": proxy.url, "ca_bundle": str(certificate.file), "allow_insecure": False}
        for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{wrong.port}")
        for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
            monkeypatch.setenv(name, str(other.file))

        with dialled() as called:
            record = tracker.sync()

        assert record.outcome == "ok", record.sentence
        assert tracker.dump() == undisturbed(kind, "full").told
        assert tracker.cursor == undisturbed(kind, "full").standings[-1].cursor
        assert record.requests == len(tracker.server.requests)
        only_reads_were_asked(tracker)
    to_the_tracker = [one for one in called if one == ("127.0.0.1", port)]
    assert len(to_the_tracker) == proxy.tunnels > 0  # every one by the proxy's own hand
    assert wrong.heard == []
    assert all(heard.startswith(b"CONNECT ") and TOKEN.encode() not in heard for heard in proxy.heard)


@case("E103")
def test_without_the_authority_of_the_settings_a_sync_reads_nothing(tmp_path: Path) -> None:
    certificate = a_certificate(tmp_path / "tls")
    with a_tracker(CLOUD, tmp_path) as tracker:
        tracker.server.stop()
        tracker.server.start(tls=certificate.context())
        tracker.given = {"allow_insecure": False}

        record = tracker.sync()

        assert record.outcome == "failed"
        assert "ca_bundle" in record.sentence
        assert tracker.server.requests == []
        assert tracker.item_rows == []
        assert tracker.cursor is None
