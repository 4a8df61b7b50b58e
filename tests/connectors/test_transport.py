"""The guarded transport, against servers that answer by script."""

from __future__ import annotations

import base64
import json
import logging
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import jira
import pytest
import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from connectors.base import (
    AccessDeniedError,
    DeferredError,
    RefusedRequestError,
    SettingsError,
    SourceSettings,
    TrackerError,
    TrackerUnavailableError,
    UnreadableAnswerError,
)
from connectors.transport import AZURE_DEVOPS, JIRA_CLOUD, JIRA_DATA_CENTER, Answer, Transport, answer_of
from tests.connectors.scripted_server import Reply, ScriptedServer, Seen, html_answer, json_answer, serving
from tests.faults.catalogue import case

TOKEN = "s3cr3t-token-9d2f"
MYSELF = "/rest/api/3/myself"
NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)


class Clock:
    """Time that passes only when somebody sleeps."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self.slept: list[float] = []
        self._lock = threading.Lock()

    def now(self) -> datetime:
        return NOON + timedelta(seconds=self.seconds)

    def monotonic(self) -> float:
        return self.seconds

    def sleep(self, seconds: float) -> None:
        with self._lock:
            self.slept.append(seconds)
            self.seconds += seconds


def a_transport(url: str, *, clock: Clock | None = None, allowed: str = JIRA_CLOUD, **more: Any) -> Transport:
    clock = clock or Clock()
    given: dict[str, Any] = {
        "name": "claims",
        "kind": "jira",
        "url": url,
        "token": TOKEN,
        "user": "vmo",
        "allow_insecure": True,
    }
    largest = more.pop("largest_answer_bytes", 1_000_000)
    return Transport(
        SourceSettings(**given | more),
        allowed=allowed,
        now=clock.now,
        monotonic=clock.monotonic,
        sleep=clock.sleep,
        random=lambda: 0.5,
        largest_answer_bytes=largest,
    )


def asking(transport: Transport) -> Callable[..., Answer]:
    session = requests.Session()
    session.auth = ("vmo", TOKEN)
    transport.mount(session)

    def ask(path: str = MYSELF, *, method: str = "GET", **more: Any) -> Answer:
        base = transport.settings.url.rstrip("/")
        return answer_of(session.request(method, path if "://" in path else base + path, **more))

    return ask


@contextmanager
def answering(*replies: Reply, **more: Any) -> Iterator[tuple[ScriptedServer, Callable[..., Answer], Clock]]:
    clock = Clock()
    with serving(replies) as server:
        yield server, asking(a_transport(server.url, clock=clock, **more)), clock


def test_an_answer_brings_its_json_and_the_servers_time() -> None:
    with answering(json_answer({"accountId": "5f", "n": 1.10})) as (_, ask, _):
        answer = ask()

    assert answer.json["accountId"] == "5f"
    assert str(answer.json["n"]) == "1.1"
    assert answer.server_date == NOON


def test_a_packed_answer_is_unpacked() -> None:
    with answering(json_answer({"a": "b" * 5_000}, packed=True)) as (server, ask, _):
        assert ask().json == {"a": "b" * 5_000}

    assert server.seen[0].headers["Accept-Encoding"] == "gzip"


# --- what may leave


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/rest/api/3/issue"),
        ("PUT", "/rest/api/3/issue/1"),
        ("DELETE", "/rest/api/3/issue/1"),
        ("PATCH", "/rest/api/3/issue/1"),
        ("POST", "/rest/api/3/issue/1/comment"),
        ("POST", "/rest/api/3/issue/bulk"),
        ("GET", "/rest/api/3/user"),
        ("GET", "/rest/api/3/myself/extra"),
        ("GET", "/rest/api/3/issue/1/../../myself/x"),
        ("GET", "/rest/api/3/issue/1%2fchangelog"),
        ("GET", "/rest/api/3/issue/%2e%2e"),
        ("GET", "/rest/api/3//myself"),
        ("GET", "/rest/api/3/myself?_method=DELETE"),
        ("GET", "/secure/admin"),
        ("OPTIONS", "/rest/api/3/myself"),
        ("HEAD", "/rest/api/3/myself"),
    ],
)
def test_what_is_not_in_the_table_never_leaves(method: str, path: str) -> None:
    with answering(json_answer({})) as (server, ask, _):
        with pytest.raises(RefusedRequestError):
            ask(path, method=method)

        assert server.seen == []


@pytest.mark.parametrize(
    ("method", "path", "leaves"),
    [
        ("OPTIONS", "/org/_apis", True),
        ("OPTIONS", "/org/_apis/wit", False),
        ("GET", "/org/_apis/ResourceAreas", True),
        ("GET", "/org/_apis/projects", True),
        ("GET", "/org/Claims/_apis/wit/workItemTypes", True),
        ("GET", "/org/Claims/_apis/wit/workItemTypes/User%20Story/states", True),
        ("GET", "/org/Claims/Team%20A/_apis/work/backlogConfiguration", True),
        ("POST", "/org/_apis/wit/workItemsBatch", True),
        ("POST", "/org/Claims/_apis/wit/wiql", True),
        ("POST", "/org/_apis/wit/sendmail", False),
        ("POST", "/org/_apis/wit/artifacturiquery", False),
        ("POST", "/org/_apis/wit/queriesbatch", False),
        ("POST", "/org/_apis/wit/workitemsdelete", False),
        ("POST", "/org/Claims/_apis/wit/workitems/$Bug", False),
        ("POST", "/org/_apis/wit/$batch", False),
        ("PATCH", "/org/_apis/wit/workitems/1", False),
        ("GET", "/other/_apis/projects", False),
    ],
)
def test_the_table_of_azure_devops_holds_the_reads_and_nothing_beside(method: str, path: str, leaves: bool) -> None:
    with serving([json_answer({})]) as server:
        ask = asking(a_transport(server.url + "/org", allowed=AZURE_DEVOPS))
        if leaves:
            ask(server.url + path, method=method)
        else:
            with pytest.raises(RefusedRequestError):
                ask(server.url + path, method=method)

    assert len(server.seen) == leaves


def test_a_header_that_asks_for_another_method_is_refused() -> None:
    with answering(json_answer({})) as (server, ask, _):
        with pytest.raises(RefusedRequestError, match="another method"):
            ask(headers={"X-HTTP-Method-Override": "DELETE"})

        assert server.seen == []


def test_nothing_goes_to_another_host_however_it_is_written() -> None:
    with serving([json_answer({})]) as other, answering(json_answer({})) as (server, ask, _):
        ours = server.url.removeprefix("http://")
        theirs = other.url.removeprefix("http://")
        for url in (
            f"{other.url}{MYSELF}",
            f"http://{theirs}\\@{ours}{MYSELF}",
            f"http://{ours}@{theirs}{MYSELF}",
            f"http://localhost:{ours.rpartition(':')[2]}{MYSELF}",
            f"https://{ours}{MYSELF}",
        ):
            with pytest.raises(RefusedRequestError):
                ask(url)

        assert (server.seen, other.seen) == ([], [])


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com",
        "https://user:pass@example.com",
        "https://a\\@example.com",
        "ftp://example.com",
        "example.com",
        "https://example.com/?x=1",
    ],
)
def test_an_address_that_cannot_be_pinned_is_a_mistake_in_the_settings(url: str) -> None:
    with pytest.raises(SettingsError, match="claims: the url of this source cannot be used"):
        a_transport(url, allow_insecure=False)


@case("E051")
def test_the_jira_package_cannot_write_through_a_mounted_session() -> None:
    with serving([json_answer({})]) as server:
        client = jira.JIRA(server.url, basic_auth=("vmo", TOKEN), get_server_info=False, max_retries=0)
        a_transport(server.url).mount(client._session)

        with pytest.raises(RefusedRequestError):
            client.create_issue({"project": "CLM", "summary": "x", "issuetype": "Bug"})
        with pytest.raises(RefusedRequestError):
            client._session.delete(server.url + "/rest/api/2/issue/1")

        assert server.seen == []


# --- what counts as an answer


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        pytest.param(json_answer({}, status=401), AccessDeniedError, id="401"),
        pytest.param(json_answer({}, status=403), AccessDeniedError, id="403"),
        pytest.param(json_answer({}, status=404), SettingsError, id="404"),
        pytest.param(json_answer({}, status=400), SettingsError, id="400"),
        pytest.param(json_answer({}, status=410), SettingsError, id="410"),
        pytest.param(html_answer(status=407), SettingsError, id="407"),
        pytest.param(html_answer(status=203), AccessDeniedError, id="203"),
        pytest.param(html_answer(), UnreadableAnswerError, id="200 with a web page"),
        pytest.param(Reply(status=204), UnreadableAnswerError, id="204"),
        pytest.param(json_answer({}, status=206), UnreadableAnswerError, id="206"),
        pytest.param(json_answer({}, status=207), UnreadableAnswerError, id="207"),
        pytest.param(Reply(headers={"Content-Type": "application/json"}), UnreadableAnswerError, id="200 and empty"),
        pytest.param(json_answer(None), UnreadableAnswerError, id="200 and null"),
        pytest.param(
            Reply(headers={"Content-Type": "text/plain"}, body=b"{}"), UnreadableAnswerError, id="JSON by another name"
        ),
        pytest.param(
            Reply(headers={"Content-Type": "application/json"}, body=b'{"a":1,"a":2}'),
            UnreadableAnswerError,
            id="twice",
        ),
        pytest.param(json_answer({}, Location="/login.jsp", status=302), AccessDeniedError, id="302 to a login"),
        pytest.param(json_answer({}, Location="/elsewhere", status=302), SettingsError, id="302 on the same host"),
        pytest.param(json_answer({}, Location="http://169.254.169.254/", status=307), SettingsError, id="307 away"),
        pytest.param(
            json_answer({}, X_Seraph_LoginReason="AUTHENTICATED_FAILED"), AccessDeniedError, id="as a stranger"
        ),
    ],
)
@case("E047", "E048")
def test_everything_but_data_is_an_error_by_name_after_one_request(reply: Reply, error: type[TrackerError]) -> None:
    with answering(reply) as (server, ask, clock):
        with pytest.raises(error) as caught:
            ask("/rest/api/3/search/jql?jql=project=SECRET", method="GET")

        assert type(caught.value) is error
        assert caught.value.status == reply.status
        assert str(caught.value).startswith("claims: ")
        assert "SECRET" not in str(caught.value)
        assert len(server.seen) == 1
        assert clock.slept == []


def test_a_redirect_sends_nothing_to_the_other_host() -> None:
    with serving([json_answer({})]) as other:
        away = json_answer({}, Location=other.url + MYSELF, status=307)
        with answering(away) as (_, ask, _), pytest.raises(SettingsError):
            ask("/rest/api/3/search/jql", method="POST", data="{}")

    assert other.seen == []


def test_the_trackers_own_words_are_passed_on_without_our_secret() -> None:
    said = {"errorMessages": [f"The value 'X' does not exist; you sent {TOKEN}\r\nforged line"]}
    with answering(json_answer(said, status=400)) as (_, ask, _), pytest.raises(SettingsError) as caught:
        ask()

    assert "The value 'X' does not exist; you sent ***  forged line" in str(caught.value)


def test_a_captcha_stops_all_further_requests() -> None:
    challenge = json_answer({}, status=403, X_Authentication_Denied_Reason="CAPTCHA_CHALLENGE; login-url=x")
    with answering(challenge) as (server, ask, _):
        for _ in range(3):
            with pytest.raises(AccessDeniedError, match="CAPTCHA"):
                ask()

        assert len(server.seen) == 1


def test_a_token_that_is_refused_three_times_is_not_tried_again() -> None:
    with answering(json_answer({}, status=401)) as (server, ask, _):
        for _ in range(6):
            with pytest.raises(AccessDeniedError):
                ask()

        assert len(server.seen) == 3


# --- size, time, completeness


@pytest.mark.parametrize(
    "reply",
    [
        pytest.param(json_answer({"a": "x" * 1_100_000}), id="a large body"),
        pytest.param(json_answer({"a": "x" * 50_000_000}, packed=True), id="a small body that unpacks large"),
    ],
)
def test_a_body_beyond_the_cap_is_refused(reply: Reply) -> None:
    with answering(reply) as (_, ask, _), pytest.raises(UnreadableAnswerError, match=r"larger than|unpacks to more"):
        ask()


def test_a_body_that_unpacks_beyond_its_ratio_is_refused() -> None:
    bomb = json_answer({"a": "x" * 20_000_000}, packed=True)
    with (
        answering(bomb, largest_answer_bytes=64_000_000) as (_, ask, _),
        pytest.raises(UnreadableAnswerError, match="100 times"),
    ):
        ask()


def cut(reply: Reply, *, by: int) -> Reply:
    return Reply(headers=dict(reply.headers) | {"Content-Length": str(len(reply.body) - by)}, body=reply.body[:-by])


@pytest.mark.parametrize(
    "broken",
    [
        pytest.param(Reply(reset=True), id="a reset"),
        pytest.param(cut(json_answer({"a": "b" * 500}, packed=True), by=4), id="a packed body without its trailer"),
        pytest.param(
            Reply(headers={"Content-Type": "application/json", "Content-Length": "500"}, body=b'{"a": 1}'),
            id="fewer bytes than promised",
        ),
        pytest.param(html_answer(status=502), id="502"),
        pytest.param(Reply(status=503), id="503"),
        pytest.param(Reply(status=504), id="504"),
        pytest.param(json_answer({}, status=500), id="500"),
        pytest.param(json_answer({}, status=408), id="408"),
    ],
)
def test_what_may_be_better_later_is_tried_again(broken: Reply) -> None:
    with answering(broken, broken, json_answer({"ok": True})) as (server, ask, clock):
        assert ask().json == {"ok": True}

    assert len(server.seen) == 3
    assert clock.slept == [1, 2]


def test_after_five_tries_it_is_unavailable() -> None:
    with answering(Reply(status=503)) as (server, ask, clock):
        with pytest.raises(TrackerUnavailableError, match="503") as caught:
            ask()

        assert len(server.seen) == 5
        assert clock.slept == [1, 2, 4, 8]
        assert caught.value.status == 503


def test_reads_that_are_posts_are_tried_again_too() -> None:
    with answering(Reply(status=429), json_answer({"issues": []})) as (server, ask, _):
        ask("/rest/api/3/search/jql", method="POST", data='{"jql": "x"}')

    assert [json.loads(seen.body) for seen in server.seen] == [{"jql": "x"}, {"jql": "x"}]


def test_a_host_that_is_not_there_is_unavailable_and_named() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}"

    with pytest.raises(TrackerUnavailableError, match=r"claims: no connection to 127\.0\.0\.1"):
        asking(a_transport(url))()


@pytest.mark.parametrize("where", ["body", "headers"])
def test_a_server_that_drips_is_cut_at_the_total_deadline(where: str) -> None:
    stop = threading.Event()

    def drip(listener: socket.socket) -> None:
        connection, _ = listener.accept()
        connection.recv(10_000)
        head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n"
        connection.sendall(head if where == "body" else b"HTTP/1.1 200 OK\r\nX-Slow: ")
        try:
            while not stop.wait(0.1):
                connection.sendall(b" ")
        except OSError:
            return

    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=drip, args=(listener,), daemon=True).start()
        transport = a_transport(f"http://127.0.0.1:{listener.getsockname()[1]}", request_timeout_seconds=1)
        began = time.monotonic()
        with transport.tries(1), pytest.raises(TrackerUnavailableError, match="longer than 1 s"):
            asking(transport)()
        stop.set()

    assert time.monotonic() - began < 3


def test_fewer_tries_can_be_asked_for_within_a_thread() -> None:
    with serving([Reply(status=503)]) as server:
        transport = a_transport(server.url)
        with transport.tries(2), pytest.raises(TrackerUnavailableError):
            asking(transport)()

        assert transport.requests_made() == len(server.seen) == 2


# --- pacing


def test_a_wait_that_is_asked_for_is_waited() -> None:
    busy = json_answer({}, status=429, Retry_After="120")
    with answering(busy, json_answer({})) as (_, ask, clock):
        ask()

    assert clock.slept == [120]


def test_a_wait_is_reckoned_on_the_servers_clock() -> None:
    busy = json_answer({}, status=429, Retry_After="Sun, 01 Nov 2026 12:01:30 GMT")
    with answering(busy, json_answer({})) as (_, ask, clock):
        clock.seconds = 60  # our clock is a minute ahead of the server's
        ask()

    assert clock.slept == [90]


@pytest.mark.parametrize("asked", ["901", "1000000000"])
def test_a_wait_beyond_the_budget_defers_the_run(asked: str) -> None:
    with answering(json_answer({}, status=429, Retry_After=asked)) as (server, ask, clock):
        with pytest.raises(DeferredError) as caught:
            ask()

        assert caught.value.until is not None
        assert caught.value.until > NOON + timedelta(seconds=900)
        assert len(server.seen) == 1
        assert clock.slept == []


def test_many_small_waits_use_the_budget_up() -> None:
    with (
        answering(json_answer({}, status=429, Retry_After="300")) as (server, ask, clock),
        pytest.raises(DeferredError),
    ):
        ask()

    assert clock.slept == [300, 300, 300]
    assert len(server.seen) == 4


def test_a_run_does_not_last_beyond_its_deadline() -> None:
    with answering(json_answer({}), run_deadline_seconds=60) as (server, ask, clock):
        ask()
        clock.seconds = 61
        with pytest.raises(DeferredError):
            ask()

        assert len(server.seen) == 1


def test_a_good_answer_with_retry_after_slows_the_next_request() -> None:
    with answering(json_answer({}, Retry_After="30"), json_answer({})) as (_, ask, clock):
        ask()
        assert clock.slept == []
        ask()

    assert clock.slept == [30]


def test_a_burst_limit_slows_its_endpoint_only() -> None:
    def script(seen: Seen) -> Reply:
        if seen.path.endswith("field"):
            return json_answer({}, status=429, Retry_After="20", RateLimit_Reason="jira-burst-based")
        return json_answer({})

    clock = Clock()
    with serving(script) as server:
        transport = a_transport(server.url, clock=clock)
        ask = asking(transport)
        with transport.tries(1), pytest.raises(TrackerUnavailableError):
            ask("/rest/api/3/field")
        ask()

    assert clock.slept == []


def test_eight_workers_share_one_pause() -> None:
    lock, replies = threading.Lock(), {"until": 0.0}
    clock = Clock()
    started = threading.Barrier(8)

    def script(seen: Seen) -> Reply:
        with lock:
            if clock.seconds < 60:
                replies["until"] += 1
                return json_answer({}, status=429, Retry_After="60")
            return json_answer({})

    with serving(script) as server:
        transports = [a_transport(server.url, clock=clock) for _ in range(8)]

        def work(transport: Transport) -> None:
            ask = asking(transport)
            started.wait()
            ask()

        threads = [threading.Thread(target=work, args=(transport,)) for transport in transports]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    assert replies["until"] <= 8 + 1


# --- secrets, cookies, environment


def test_a_pause_on_one_clock_holds_nobody_who_is_told_of_another_time() -> None:
    with serving([json_answer({}, Retry_After="600"), json_answer({})]) as server:
        early, late = a_transport(server.url, clock=Clock()), Clock()
        asking(early)()

        asking(a_transport(server.url, clock=late))()

    assert late.slept == []


@case("E101")
def test_netrc_and_proxies_of_the_environment_are_not_read(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login thief password thief\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    with serving([json_answer({})]) as server:
        session = requests.Session()
        session.headers["Authorization"] = f"Bearer {TOKEN}"
        a_transport(server.url).mount(session)
        session.get(server.url + MYSELF)

    assert server.seen[0].headers["Authorization"] == f"Bearer {TOKEN}"


@case("E103")
def test_a_proxy_of_the_settings_is_used() -> None:
    with serving([json_answer({"by": "proxy"})]) as proxy:
        ask = asking(a_transport("http://tracker.invalid", proxy=proxy.url))

        assert ask().json == {"by": "proxy"}


def test_cookies_are_neither_kept_nor_sent() -> None:
    with answering(json_answer({}, Set_Cookie="a=b; Path=/")) as (server, ask, _):
        ask()
        ask()

    assert "Cookie" not in server.seen[1].headers


def test_cookies_of_the_pinned_host_are_kept_where_a_data_center_needs_them() -> None:
    with serving([json_answer({}, Set_Cookie="a=b; Path=/")]) as server:
        session = requests.Session()
        a_transport(server.url, allowed=JIRA_DATA_CENTER).mount(session, cookies=True)
        session.get(server.url + "/rest/api/2/myself")
        session.get(server.url + "/rest/api/2/myself")

    assert server.seen[1].headers["Cookie"] == "a=b"


@pytest.mark.parametrize(
    "reply",
    [
        Reply(reset=True),
        Reply(status=503),
        html_answer(status=203),
        json_answer({"errorMessages": [TOKEN]}, status=400, Set_Cookie="sid=hidden"),
        json_answer({"message": base64.b64encode(f"vmo:{TOKEN}".encode()).decode()}, status=401),
        json_answer({}, status=302, Location=f"/login?token={TOKEN}"),
        Reply(headers={"Content-Type": "application/json"}, body=TOKEN.encode()),
    ],
    ids=["reset", "503", "203", "400", "401", "302", "no JSON"],
)
def test_no_error_or_log_line_carries_a_secret(reply: Reply, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    with answering(reply) as (_, ask, _), pytest.raises(TrackerError) as caught:
        ask(f"{MYSELF}?jql=secret-project")

    chain: list[str] = []
    error: BaseException | None = caught.value
    while error is not None:
        chain.append(repr(error) + repr(vars(error)))
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    told = " ".join([*chain, caplog.text])
    packed = base64.b64encode(f"vmo:{TOKEN}".encode()).decode()
    assert not [word for word in (TOKEN, packed, "sid=hidden", "secret-project") if word in told]


def test_a_response_of_another_session_is_no_answer() -> None:
    with pytest.raises(RefusedRequestError):
        answer_of(requests.Response())


def test_a_response_that_waits_for_the_collector_holds_nothing_of_its_page() -> None:
    with serving(lambda seen: json_answer({"accountId": "me"})) as server:
        session, base = requests.Session(), server.url
        a_transport(base).mount(session)
        response = session.get(base + MYSELF)

        answer = answer_of(response)

        assert answer.json == {"accountId": "me"}
        assert (response.content, getattr(response, "answer", None)) == (b"", None)
        with pytest.raises(RefusedRequestError):
            answer_of(response)


# --- TLS


def a_certificate(folder: Path, *, host: str, days: int = 1) -> tuple[Path, Path]:
    """A self-signed certificate for one address, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "sandbox")])
    begins = datetime.now(UTC) - timedelta(days=10)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begins)
        .not_valid_after(datetime.now(UTC) + timedelta(days=days))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address(host))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    cert_file, key_file = folder / "cert.pem", folder / "key.pem"
    cert_file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    key_file.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return cert_file, key_file


def ask_over_tls(cert_file: Path, key_file: Path, **settings: Any) -> tuple[Answer, list[float]]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert_file, key_file)
    clock = Clock()
    with serving([json_answer({"ok": True})], tls=context) as server:
        return asking(a_transport(server.url, clock=clock, allow_insecure=False, **settings))(), clock.slept


@case("E103")
def test_a_certificate_of_the_settings_authority_is_accepted(tmp_path: Path) -> None:
    cert_file, key_file = a_certificate(tmp_path, host="127.0.0.1")

    answer, _ = ask_over_tls(cert_file, key_file, ca_bundle=str(cert_file))

    assert answer.json == {"ok": True}


@pytest.mark.parametrize(
    ("host", "days", "trusted"),
    [("127.0.0.1", 1, False), ("127.0.0.2", 1, True), ("127.0.0.1", -1, True)],
    ids=["self-signed", "of another host", "expired"],
)
def test_a_certificate_that_cannot_be_verified_ends_it_at_once(
    host: str, days: int, trusted: bool, tmp_path: Path
) -> None:
    cert_file, key_file = a_certificate(tmp_path, host=host, days=days)

    with pytest.raises(SettingsError, match=r"certificate of 127\.0\.0\.1 cannot be verified"):
        ask_over_tls(cert_file, key_file, **({"ca_bundle": str(cert_file)} if trusted else {}))


def test_an_address_in_capitals_is_the_same_host() -> None:
    with serving([json_answer({})]) as server:
        url = server.url.replace("http://127.0.0.1", "HTTP://LOCALHOST")
        asking(a_transport(url + "/"))(url.lower() + MYSELF)

    assert len(server.seen) == 1
