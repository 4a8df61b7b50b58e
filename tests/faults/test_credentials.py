"""Access tokens that run out, are renewed once for all, and are lost in the worst moment."""

from __future__ import annotations

import base64
import json
import multiprocessing
import os
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest

from connectors.base import AccessDeniedError, OAuth, SettingsError, SourceSettings, TrackerUnavailableError
from connectors.credentials import Bearer
from connectors.sandbox.loopback import RecordedRequest, Response, answer
from sync.store import RunRecord
from tests.connectors.jira.jira_house import Clock
from tests.connectors.scripted_server import Reply, ScriptedServer, Seen, json_answer, serving
from tests.faults.catalogue import case
from tests.faults.trackers import AZURE, CLOUD, TOKEN, USER, Tracker, a_tracker, undisturbed

CLIENT, SECRET, FIRST = "client-17", "client-secret-9d2c", "refresh-token-first-5b1e"
LIFE_SECONDS = 3600
CLOUD_PATH, ENTRA_PATH = "/oauth/token", "/tenant-1/oauth2/v2.0/token"


@dataclass
class Endpoint:
    """A token endpoint: gives out access tokens, and with rotating refresh tokens takes each of them once."""

    access: str = ""  # the one that is good now
    refresh: str = FIRST
    given: int = 0
    forgives: bool = False
    broken: Reply | None = None
    told: list[str] = field(default_factory=list)  # every secret that left

    def __call__(self, seen: Seen) -> Reply:
        if self.broken is not None:
            return self.broken
        asked = json.loads(seen.body) if seen.body.startswith(b"{") else _form(seen.body)
        if (asked["client_id"], asked["client_secret"]) != (CLIENT, SECRET):
            return json_answer({"error": "access_denied"}, status=401)
        rotates = asked["grant_type"] == "refresh_token"
        if rotates and asked["refresh_token"] != self.refresh and not self.forgives:
            return json_answer(
                {"error": "invalid_grant", "error_description": f"Unknown {asked['refresh_token']}"}, status=403
            )
        self.given += 1
        self.access = f"access-token-{self.given}-7c4a"
        self.told.append(self.access)
        answered: dict[str, Any] = {"access_token": self.access, "expires_in": LIFE_SECONDS, "token_type": "Bearer"}
        if rotates:
            self.refresh = f"refresh-token-{self.given}-2f8d"
            self.told.append(self.refresh)
            answered["refresh_token"] = self.refresh
        return json_answer(answered)


def _form(body: bytes) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(body.decode()).items()}


@dataclass
class Stage:
    """A tracker that takes only the access token that its endpoint gave out last."""

    tracker: Tracker
    endpoint: Endpoint
    server: ScriptedServer
    learned: list[str] = field(default_factory=list)
    expires_at: set[int] = field(default_factory=set)  # before these requests, counted from 1, the token runs out
    takes_none: bool = False

    def guard(self, request: RecordedRequest) -> Response | None:
        if len(self.tracker.server.requests) in self.expires_at:
            self.endpoint.access = ""
        bearer = request.bearer_token()
        if self.takes_none or not bearer or bearer != self.endpoint.access:
            return answer({"message": "Unauthorized"}, status=401)
        user = USER if self.tracker.kind == CLOUD else ""
        headers = {**request.headers, "authorization": f"Basic {_packed(f'{user}:{TOKEN}')}"}
        return self.tracker.server._healthy(replace(request, headers=headers))

    def use(self, **oauth: Any) -> None:
        path = ENTRA_PATH if self.tracker.kind == AZURE else CLOUD_PATH
        told: dict[str, Any] = {
            "client_id": CLIENT,
            "client_secret": SECRET,
            "tenant": "tenant-1" if self.tracker.kind == AZURE else None,
            "token_url": self.server.url + path,
            "learned": self.learned.append,
        }
        self.tracker.given = {"user": None, "token": "", "oauth": OAuth(**told | oauth)}

    def sync(self) -> RunRecord:
        before = len(self.server.seen)
        record = self.tracker.sync()
        self.asked_for_tokens = len(self.server.seen) - before
        return record

    asked_for_tokens: int = 0


def _packed(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


@contextmanager
def a_stage(kind: str, folder: Path, **endpoint: Any) -> Iterator[Stage]:
    gives = Endpoint(**endpoint)
    with serving(gives) as server, a_tracker(kind, folder) as tracker:
        stage = Stage(tracker, gives, server)
        tracker.server.intercept = stage.guard
        stage.use()
        yield stage


def all_bytes(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file())


# --- renewed in mid-run


@case("E049")
@pytest.mark.parametrize("kind", [CLOUD, AZURE])
@pytest.mark.parametrize("at", [3, 7, 10])
def test_a_token_that_runs_out_in_mid_run_is_renewed_once_and_the_request_repeated(
    kind: str, at: int, tmp_path: Path
) -> None:
    with a_stage(kind, tmp_path) as stage:
        stage.expires_at = {at}

        record = stage.sync()

        assert (record.outcome, stage.asked_for_tokens) == ("ok", 2), record.sentence
        assert stage.tracker.dump() == undisturbed(kind, "full").told
        assert len(stage.tracker.server.requests) == len(undisturbed(kind, "full").asked) + 1


@case("E049")
@pytest.mark.parametrize("kind", [CLOUD, AZURE])
def test_a_second_refusal_in_a_row_ends_the_run(kind: str, tmp_path: Path) -> None:
    with a_stage(kind, tmp_path) as stage:
        assert stage.sync().outcome == "ok"
        before = stage.tracker.standing()
        stage.takes_none = True
        stage.tracker.server.requests.clear()

        record = stage.sync()

        assert record.outcome == "failed"
        assert "401" in record.sentence
        assert len(stage.tracker.server.requests) == 2
        assert stage.tracker.standing() == before


def test_a_token_is_renewed_before_it_runs_out(tmp_path: Path) -> None:
    with a_stage(CLOUD, tmp_path) as stage:
        stage.sync()
        stage.tracker.clock.pass_(minutes=30)
        stage.sync()
        in_half_an_hour = stage.asked_for_tokens
        stage.tracker.clock.pass_(minutes=29)

        record = stage.sync()

        assert record.outcome == "ok"
        assert (in_half_an_hour, stage.asked_for_tokens) == (0, 1)
        assert not [one for one in stage.tracker.log if "401" in one]


def test_each_service_is_asked_as_it_wants_to_be(tmp_path: Path) -> None:
    asked: list[tuple[str, str, dict[str, str]]] = []
    for kind in (CLOUD, AZURE):
        with a_stage(kind, tmp_path / kind.replace(" ", "-")) as stage:
            stage.sync()
            seen = stage.server.seen[0]
        told = json.loads(seen.body) if kind == CLOUD else _form(seen.body)
        asked.append((seen.method, seen.path, told))

    assert asked == [
        ("POST", CLOUD_PATH, {"client_id": CLIENT, "client_secret": SECRET, "grant_type": "client_credentials"}),
        (
            "POST",
            ENTRA_PATH,
            {
                "client_id": CLIENT,
                "client_secret": SECRET,
                "grant_type": "client_credentials",
                "scope": "499b84ac-1321-427f-aa17-267ca6975798/.default",
            },
        ),
    ]


# --- rotating refresh tokens


@case("E050")
def test_eight_workers_that_need_a_token_at_once_ask_for_one(tmp_path: Path) -> None:
    endpoint = Endpoint()
    together = threading.Barrier(8)
    with serving(endpoint) as server:
        source = a_source(server, tmp_path)
        bearers = [a_bearer(source) for _ in range(8)]
        found: list[str] = []

        def ask(bearer: Bearer) -> None:
            together.wait()
            found.append(bearer.token())

        threads = [threading.Thread(target=ask, args=(bearer,)) for bearer in bearers]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert len(server.seen) == 1
    assert found == [endpoint.access] * 8


@case("E050")
def test_each_refresh_token_is_kept_before_its_access_token_is_used(tmp_path: Path) -> None:
    keep = tmp_path / "secrets" / "claims.json"
    keep.parent.mkdir()
    with a_stage(CLOUD, tmp_path / "held") as stage:
        stage.use(refresh_token=FIRST, kept_in=str(keep))
        kept_when_asked: list[str] = []
        guard = stage.guard

        def looking(request: RecordedRequest) -> Response | None:
            kept_when_asked.append(json.loads(keep.read_bytes())["refresh_token"])
            return guard(request)

        stage.tracker.server.intercept = looking
        stage.expires_at = {5}

        record = stage.sync()

        assert record.outcome == "ok"
        assert sorted(set(kept_when_asked)) == ["refresh-token-1-2f8d", "refresh-token-2-2f8d"]
        assert keep.stat().st_mode & 0o777 == 0o600
        assert json.loads(keep.read_bytes())["state"] == "ready"


@case("E050")
@pytest.mark.parametrize("forgives", [False, True], ids=["used up", "forgiven for some minutes"])
def test_a_process_killed_between_refresh_and_save_says_what_to_do_and_asks_no_more(
    forgives: bool, tmp_path: Path
) -> None:
    keep = tmp_path / "claims.json"
    with a_stage(CLOUD, tmp_path / "held") as stage:
        source = a_source(stage.server, tmp_path, refresh_token=FIRST, kept_in=str(keep))
        dying = multiprocessing.get_context("spawn").Process(target=_die_before_saving, args=(source_words(source),))
        dying.start()
        dying.join(30)
        assert (dying.exitcode, stage.endpoint.given) == (9, 1)
        stage.endpoint.forgives = forgives
        stage.use(refresh_token=FIRST, kept_in=str(keep))

        runs = [stage.sync() for _ in range(3)]

        if forgives:
            assert [run.outcome for run in runs] == ["ok", "ok", "ok"]
        else:
            assert [run.outcome for run in runs] == ["failed"] * 3
            assert "killed before it could keep the next one" in runs[0].sentence
            assert all("Sign in again in a browser" in run.sentence for run in runs)
            assert len(stage.server.seen) == 2  # the dead process asked once, we once, then nobody
            assert stage.tracker.server.requests == []

            stage.endpoint.refresh = "refresh-token-of-a-person-1c3d"
            stage.use(refresh_token="refresh-token-of-a-person-1c3d", kept_in=str(keep))
            assert stage.sync().outcome == "ok"


def _die_before_saving(words: Mapping[str, Any]) -> None:
    """In a process of its own: renew, and die as soon as the next refresh token has come."""
    oauth = OAuth(**words, learned=lambda secret: os._exit(9) if secret == "refresh-token-1-2f8d" else None)
    a_bearer(
        SourceSettings(name="claims", kind="jira", url=_origin(words), token="", oauth=oauth, allow_insecure=True)
    ).token()


def source_words(source: SourceSettings) -> dict[str, Any]:
    assert source.oauth is not None
    names = ("client_id", "client_secret", "refresh_token", "kept_in", "token_url")
    return {name: getattr(source.oauth, name) for name in names}


def _origin(words: Mapping[str, Any]) -> str:
    return str(words["token_url"]).removesuffix(CLOUD_PATH)


@case("E050")
def test_two_processes_never_use_the_same_refresh_token(tmp_path: Path) -> None:
    keep = tmp_path / "claims.json"
    endpoint = Endpoint()
    with serving(endpoint) as server:
        here = a_source(server, tmp_path, refresh_token=FIRST, kept_in=str(keep))
        process = multiprocessing.get_context("spawn").Process(target=_renew_once, args=(source_words(here),))

        a_bearer(here).token()
        process.start()
        process.join(30)
        again = a_bearer(here)
        again.refused(again.token())
        again.token()

        assert process.exitcode == 0
        used = [json.loads(seen.body)["refresh_token"] for seen in server.seen]
    assert used == [FIRST, "refresh-token-1-2f8d", "refresh-token-2-2f8d"]


def _renew_once(words: Mapping[str, Any]) -> None:
    oauth = OAuth(**words)
    a_bearer(
        SourceSettings(name="claims", kind="jira", url=_origin(words), token="", oauth=oauth, allow_insecure=True)
    ).token()


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        pytest.param(lambda keep: keep.write_text("{}"), "is not a file of ours", id="another file"),
        pytest.param(lambda keep: (keep.write_text("{}"), keep.chmod(0o644)), "chmod 0600", id="readable by others"),
        pytest.param(lambda keep: keep.parent.rmdir(), "No such file or directory", id="no folder"),
    ],
)
def test_a_file_that_cannot_be_trusted_is_named_before_anything_is_asked(
    spoil: Any, words: str, tmp_path: Path
) -> None:
    keep = tmp_path / "secrets" / "claims.json"
    keep.parent.mkdir()
    if words != "No such file or directory":
        keep.touch(0o600)
    spoil(keep)
    with serving(Endpoint()) as server:
        bearer = a_bearer(a_source(server, tmp_path, refresh_token=FIRST, kept_in=str(keep)))

        with pytest.raises(SettingsError, match=words):
            bearer.token()

        assert server.seen == []


# --- refused


REFUSALS = [
    pytest.param(json_answer({"error": "invalid_client"}, status=401), 1, id="401"),
    pytest.param(json_answer({"error": "unauthorized_client"}, status=400), 1, id="400"),
    pytest.param(json_answer({"error": "invalid_grant"}, status=403), 1, id="403"),
    pytest.param(json_answer({"error": "server_error"}, status=503), 5, id="503"),
    pytest.param(json_answer({"message": f"not good: {FIRST} refresh-token-1-2f8d {SECRET}"}, status=422), 1, id="422"),
    pytest.param(json_answer({"token_type": "Bearer"}), 1, id="no token in it"),
    pytest.param(Reply(status=200, body=b"<html>", headers={"Content-Type": "text/html"}), 1, id="a web page"),
    pytest.param(Reply(status=302, headers={"Location": "https://evil.example.com/oauth/token"}), 1, id="a redirect"),
]


@case("A15")
@pytest.mark.parametrize(("broken", "tries"), REFUSALS)
@pytest.mark.parametrize("kind", [CLOUD, AZURE])
def test_a_token_endpoint_that_fails_ends_the_run_and_shows_no_secret(
    kind: str, broken: Reply, tries: int, tmp_path: Path
) -> None:
    with a_stage(kind, tmp_path) as stage:
        if kind == CLOUD:
            stage.use(refresh_token=FIRST, kept_in=str(tmp_path / "kept.json"))
        assert stage.sync().outcome == "ok"
        before = stage.tracker.standing()
        stage.endpoint.broken, stage.endpoint.access = broken, ""
        stage.tracker.clock.pass_(hours=2)
        stage.tracker.server.requests.clear()

        record = stage.sync()

        assert record.outcome == "failed"
        assert record.sentence.startswith("claims: ")
        assert (stage.asked_for_tokens, stage.tracker.server.requests) == (tries, [])
        assert stage.tracker.standing() == before
        secrets = [SECRET, FIRST, *stage.endpoint.told]
        said = "\n".join([*stage.tracker.log, record.sentence, *record.warnings])
        held = all_bytes(tmp_path / "held")
        assert [secret for secret in secrets if secret in said or secret.encode() in held] == []


@case("E052")
def test_every_secret_is_told_to_those_who_redact_before_it_is_used(tmp_path: Path) -> None:
    with a_stage(CLOUD, tmp_path) as stage:
        stage.use(refresh_token=FIRST, kept_in=str(tmp_path / "kept.json"))
        stage.expires_at = {4}

        stage.sync()

        assert set(stage.learned) == {SECRET, FIRST, *stage.endpoint.told}


def test_a_trackers_words_never_repeat_an_access_token(tmp_path: Path) -> None:
    with a_stage(AZURE, tmp_path) as stage:
        guard = stage.guard

        def talkative(request: RecordedRequest) -> Response | None:
            if request.path.endswith("/projects"):
                return answer({"message": f"no {request.bearer_token()} here"}, status=403)
            return guard(request)

        stage.tracker.server.intercept = talkative

        record = stage.sync()

        assert "no *** here" in record.sentence


@pytest.mark.parametrize("tenant", ["../x", "a/b", "t?x=1", "t#", "a\\b", "..", "a b", "a@b"])
def test_a_tenant_leads_to_no_other_address(tenant: str) -> None:
    source = SourceSettings(
        name="claims", kind="azure_devops", url="https://dev.azure.com/o", token="",
        oauth=OAuth(client_id=CLIENT, client_secret=SECRET, tenant=tenant),
    )  # fmt: skip

    with pytest.raises(SettingsError, match=r"oauth\.tenant"):
        a_bearer(source)


def test_another_token_endpoint_is_only_for_sources_on_this_machine_or_network() -> None:
    source = SourceSettings(
        name="claims", kind="jira", url="https://api.atlassian.com/ex/jira/1", token="",
        oauth=OAuth(client_id=CLIENT, client_secret=SECRET, token_url="https://evil.example.com/oauth/token"),
    )  # fmt: skip

    with pytest.raises(SettingsError, match="token_url is only for"):
        a_bearer(source)


def test_an_endpoint_out_of_reach_is_tried_again_later_and_keeps_the_token(tmp_path: Path) -> None:
    keep = tmp_path / "kept.json"
    endpoint = Endpoint(broken=Reply(reset=True))
    with serving(endpoint) as server:
        source = a_source(server, tmp_path, refresh_token=FIRST, kept_in=str(keep))
        with pytest.raises(TrackerUnavailableError):
            a_bearer(source).token()
        endpoint.broken = None

        token = a_bearer(source).token()

    assert token == endpoint.access


def test_what_was_refused_is_not_asked_again_by_the_same_run(tmp_path: Path) -> None:
    with serving(Endpoint(broken=json_answer({"error": "invalid_client"}, status=401))) as server:
        bearer = a_bearer(a_source(server, tmp_path))

        for _ in range(3):
            with pytest.raises(AccessDeniedError, match="client_id and client_secret"):
                bearer.token()

        assert len(server.seen) == 1


def a_source(server: ScriptedServer, folder: Path, **oauth: Any) -> SourceSettings:
    told: dict[str, Any] = {"client_id": CLIENT, "client_secret": SECRET, "token_url": server.url + CLOUD_PATH}
    return SourceSettings(
        name="claims", kind="jira", url=server.url, token="", oauth=OAuth(**told | oauth), allow_insecure=True
    )


def a_bearer(source: SourceSettings) -> Bearer:
    clock = Clock()
    return Bearer(source, now=clock.now, monotonic=clock.monotonic, sleep=clock.sleep, random=lambda: 0.5)
