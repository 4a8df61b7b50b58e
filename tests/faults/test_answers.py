"""Answers that are none: whatever comes back instead of data, at whatever place of the walk, the law holds."""

from __future__ import annotations

import contextlib
import gzip
import itertools
import json
import re
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest

from connectors import transport
from connectors.base import DeferredError
from connectors.sandbox.loopback import RecordedRequest, Response, answer, page
from sync.engine import sync_all, sync_source
from sync.store import RunRecord
from tests.faults.catalogue import case
from tests.faults.trackers import (
    AZURE,
    CLOUD,
    DATA_CENTER,
    KINDS,
    MORNING,
    Tracker,
    a_tracker,
    here_and_there,
    the_law_holds,
    wherever,
)
from tests.faults.wires import a_certificate, a_proxy, black_hole, dialled, growing, somebody_else
from tests.sync.fakes import ignore_progress

Alter = Callable[[RecordedRequest, Response], Response]
MEGABYTE = 1_048_576


@pytest.fixture
def tracker(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Tracker]:
    with a_tracker(request.param, tmp_path) as made:
        yield made


everywhere = pytest.mark.parametrize(("tracker", "place"), wherever(), indirect=["tracker"])


def struck_by(variants: Mapping[str, Any], **spread: Any) -> pytest.MarkDecorator:
    return pytest.mark.parametrize(
        ("tracker", "place", "strike"), here_and_there(variants, **spread), indirect=["tracker"]
    )


def altered(**parts: Any) -> Alter:
    """The healthy answer with other parts."""
    return lambda _, healthy: replace(healthy, **parts)


def stop_at(tracker: Tracker, place: str, *, then: Callable[[int], object] = lambda port: None) -> int:
    """Let the server go at a place of the walk, as if its process had died. Returns its port."""
    port = int(tracker.server.url.split(":")[2].split("/")[0])

    def gone(_: RecordedRequest, __: Response) -> Response:
        tracker.server.stop()
        then(port)
        return Response(reset=True)

    tracker.fails(place, alter=gone)
    return port


# --- connections


@case("H01")
@struck_by({"gone": None}, at_least=2)
def test_a_server_that_is_gone_is_tried_five_times_and_nothing_held_changes(
    tracker: Tracker, place: str, strike: None
) -> None:
    port = stop_at(tracker, place)

    def run() -> RunRecord:
        record = tracker.sync()
        assert max(tracker.clock.slept) <= 1.3 * 30 and len(tracker.clock.slept) >= 4
        tracker.server.start(port=port)
        return record

    record = the_law_holds(tracker, outcomes=("failed", "partial"), says=("127.0.0.1",), run=run)

    assert len(set(tracker.clock.slept)) > 1  # longer from try to try
    assert record.requests >= 5


@case("H01")
def test_a_source_that_cannot_be_reached_delays_no_other(tmp_path: Path) -> None:
    with a_tracker(CLOUD, tmp_path / "gone") as gone, a_tracker(AZURE, tmp_path / "well") as well:
        gone.given = {"name": "gone", "url": gone.server.url}
        gone.server.stop()
        clock = well.clock
        with closing(gone.connector()) as one, closing(well.connector()) as other:
            told: dict[str, Any] = {"now": clock.now, "monotonic": clock.monotonic, "stop": lambda: False}
            records = sync_all([one, other], well.store, progress=ignore_progress, **told)

    assert [record.outcome for record in records] == ["failed", "ok"]
    assert records[1].held == 11


@case("H02")
@pytest.mark.parametrize("trouble", ["unknown", "slow"])
@pytest.mark.parametrize("tracker", [CLOUD, DATA_CENTER, AZURE], indirect=True)
def test_a_name_that_does_not_resolve_in_time_is_told_without_more_than_the_host(
    tracker: Tracker, trouble: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    well, broken, asked = socket.getaddrinfo, threading.Event(), [0]
    broken.set()

    def resolve(host: Any, *more: Any, **named: Any) -> Any:
        if host == "tracker.test" and broken.is_set():
            asked[0] += 1
            if trouble == "unknown":
                raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
            time.sleep(3.0)
        return well("127.0.0.1" if host == "tracker.test" else host, *more, **named)

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    tracker.given = {"url": tracker.server.url.replace("127.0.0.1", "tracker.test"), "request_timeout_seconds": 0.1}
    took = []

    def run() -> RunRecord:
        began = time.monotonic()
        record = tracker.sync()
        took.append(time.monotonic() - began)
        broken.clear()
        tracker.given["request_timeout_seconds"] = 120
        return record

    record = the_law_holds(tracker, outcomes=("failed",), says=("tracker.test",), run=run)

    assert asked[0] >= 5
    assert took[0] < asked[0] * 1.5  # no try waited for the resolver to end
    assert "http" not in record.sentence and "rest" not in record.sentence


@case("H03")
@struck_by({"hole": None}, first=1)
def test_a_connection_that_nobody_accepts_is_given_up_in_time(
    tracker: Tracker, place: str, strike: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert transport.CONNECT_SECONDS == 10
    monkeypatch.setattr(transport, "CONNECT_SECONDS", 0.05)
    holes: list[Any] = []

    def dig(port: int) -> None:
        holes.append(black_hole(port))
        holes[0].__enter__()

    port = stop_at(tracker, place, then=dig)

    def run() -> RunRecord:
        record = tracker.sync()
        holes[0].__exit__(None, None, None)
        monkeypatch.undo()
        tracker.server.start(port=port)
        return record

    the_law_holds(tracker, outcomes=("failed", "partial"), says=("did not answer in time",), run=run)


@case("H04")
@struck_by({"for ever": None, "once": 1}, at_least=2)
def test_a_server_that_never_answers_is_asked_again_after_the_read_time_out(
    tracker: Tracker, place: str, strike: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transport, "READ_SECONDS", 0.15)
    tracker.fails(place, alter=altered(delay_seconds=5.0), times=strike)

    record = the_law_holds(tracker, outcomes=("ok",) if strike else ("failed", "partial"))

    assert strike or "did not answer in time" in record.sentence


@case("H05")
@struck_by({"dripping": None}, first=2)
def test_an_answer_that_drips_byte_by_byte_meets_the_total_deadline(tracker: Tracker, place: str, strike: None) -> None:
    tracker.given = {"request_timeout_seconds": 0.3}  # no single byte is this late
    tracker.fails(place, alter=altered(drip_seconds=0.02), times=None)

    def run() -> RunRecord:
        record = tracker.sync()
        tracker.given = {}
        return record

    the_law_holds(tracker, outcomes=("failed", "partial"), says=("took longer than",), run=run)


# --- bodies that do not come whole


def cut_gzip(_: RecordedRequest, healthy: Response) -> Response:
    packed = gzip.compress(healthy.body)
    return replace(healthy, body=packed[: len(packed) - 8], headers={"Content-Encoding": "gzip"})


CUTS: Mapping[str, Alter] = {
    "reset": altered(truncate_at=20, reset=True),
    "short": altered(truncate_at=20),
    "chunked": altered(truncate_at=20, chunked=True),
    "gzip": cut_gzip,
}


@case("H06", "H07", "H08", "H09")
@struck_by(CUTS, first=1)
def test_an_answer_that_is_cut_short_for_ever_leaves_whole_batches(tracker: Tracker, place: str, strike: Alter) -> None:
    tracker.fails(place, alter=strike, times=None)

    record = the_law_holds(tracker, outcomes=("failed", "partial"))

    assert "cut short" in record.sentence
    assert [line for line in tracker.log if "cut short; try again later; the next try waits " in line]


@case("H06", "H07", "H08", "H09")
@struck_by(CUTS, first=3)
def test_an_answer_that_is_cut_short_twice_is_asked_for_again(tracker: Tracker, place: str, strike: Alter) -> None:
    tracker.fails(place, alter=strike, times=2 if tracker.kind != DATA_CENTER else 1)

    the_law_holds(tracker, outcomes=("ok",))


# --- too much


@case("H10")
@struck_by({"bomb": None}, at_least=1, first=3)
def test_a_packed_answer_that_unpacks_a_thousandfold_is_refused_before_it_fills_the_memory(
    tracker: Tracker, place: str, strike: None
) -> None:
    bomb = gzip.compress(b"[" + b" " * (64 * MEGABYTE) + b"]")
    tracker.fails(place, alter=altered(body=bomb, headers={"Content-Encoding": "gzip"}), times=None)

    with growing() as growth:
        the_law_holds(tracker, outcomes=("failed",), says=("times its size", "nothing of it was kept"))

    assert growth.megabytes <= 40


@case("H29")
@pytest.mark.slow
@struck_by({"told": "told", "untold": "untold"}, first=3)
def test_an_answer_of_two_hundred_megabytes_is_not_read_to_its_end(tracker: Tracker, place: str, strike: str) -> None:
    flood = altered(body=b" " * MEGABYTE, repeat=200, chunked=strike == "untold")
    tracker.fails(place, alter=flood, times=None)
    tracker.server.bytes_sent = 0

    with growing() as growth:
        the_law_holds(tracker, outcomes=("failed",), says=("larger than", "nothing of it was kept"))

    assert tracker.server.bytes_sent < (16 if strike == "told" else 80) * MEGABYTE
    assert growth.megabytes < (40 if strike == "told" else 160)


@case("H30")
@struck_by(
    {"two hundred": {f"X-Part-{number}": "x" for number in range(200)}, "a megabyte": {"X-Large": "x" * 1_000_000}},
    at_least=2,
)
def test_headers_beyond_all_measure_are_an_error_with_a_sentence(
    tracker: Tracker, place: str, strike: dict[str, str]
) -> None:
    tracker.fails(place, alter=altered(headers=strike), times=None)

    the_law_holds(tracker, outcomes=("failed", "partial"), says=("headers",))


# --- later, it says


@case("H11", "H12")
@struck_by({"500": 500, "502": 502, "503": 503, "504": 504})
def test_a_trouble_of_the_servers_own_is_waited_out_and_then_told(tracker: Tracker, place: str, strike: int) -> None:
    tracker.fails(place, response=page("<html>Bad gateway</html>", status=strike), times=None)

    the_law_holds(tracker, outcomes=("failed", "partial"), says=(str(strike),))

    assert max(tracker.clock.slept) <= 1.3 * 30


@case("H11", "H12")
@struck_by({"500": 500, "502": 502, "503": 503, "504": 504}, first=4)
def test_a_trouble_that_passes_is_not_noticed_in_the_store(tracker: Tracker, place: str, strike: int) -> None:
    tracker.fails(place, response=page("", status=strike), times=2 if tracker.kind != DATA_CENTER else 1)

    the_law_holds(tracker, outcomes=("ok",))

    assert tracker.clock.slept


@case("H13")
@struck_by({"120 s": 120})
def test_a_tracker_that_says_how_long_to_wait_is_not_asked_before(tracker: Tracker, place: str, strike: int) -> None:
    tracker.fails(place, response=answer({}, status=429, headers={"Retry-After": str(strike)}))

    the_law_holds(tracker, outcomes=("ok",))

    assert max(tracker.clock.slept) >= strike
    assert [line for line in tracker.log if "the next try waits 120 s" in line]


def http_date(seconds: int) -> str:
    return format_datetime(MORNING + timedelta(seconds=seconds), usegmt=True)


@case("H14")
@struck_by(
    {
        "decimal": ("1.5", "ok", 1.5),
        "date": (http_date(90), "ok", 90),
        "past": (http_date(-90), "ok", 0),
        "negative": ("-5", "ok", 0),
        "abc": ("abc", "ok", 0),
        "empty": ("", "ok", 0),
        "digits": ("9" * 400, "ok", 0),
        "10^9": ("1000000000", "deferred", None),
        "far date": ("Fri, 31 Dec 9999 23:59:59 GMT", "deferred", None),
    },
)
def test_any_word_on_how_long_to_wait_is_read_or_replaced_by_our_own(
    tracker: Tracker, place: str, strike: tuple[str, str, float | None]
) -> None:
    said, outcome, least = strike
    tracker.fails(place, response=answer({}, status=429, headers={"Retry-After": said}))

    def run() -> RunRecord:
        record = tracker.sync()
        tracker.clock.pass_(hours=24)  # whatever it said, tomorrow it is asked again
        return record

    the_law_holds(tracker, outcomes=(outcome,), run=run)

    assert sum(tracker.clock.slept) <= 900
    assert least is None or max(tracker.clock.slept) >= max(least, 0.7)


@case("H15")
@struck_by({"60 s": {"Retry-After": "60"}, "nothing": {}, "400 s": {"Retry-After": "400"}})
def test_a_tracker_that_refuses_for_ever_ends_the_run_in_time_and_the_next_goes_on(
    tracker: Tracker, place: str, strike: dict[str, str]
) -> None:
    began = tracker.clock.monotonic()
    tracker.fails(place, response=answer({}, status=429, headers=strike), times=None)
    ended: list[float] = []

    def run() -> RunRecord:
        record = tracker.sync()
        ended.append(tracker.clock.monotonic())
        return record

    record = the_law_holds(tracker, outcomes=("failed", "partial", "deferred"), run=run)

    assert ended[0] - began <= 900
    assert "429" in record.sentence or "asks us to wait" in record.sentence


@case("H16")
@pytest.mark.parametrize(
    "headers", [{"Retry-After": "30"}, {"X-RateLimit-Delay": "30"}], ids=["Retry-After", "X-RateLimit-Delay"]
)
@pytest.mark.parametrize(("tracker", "place"), wherever((AZURE,))[:5], indirect=["tracker"])
def test_a_good_answer_that_asks_for_slowness_is_obeyed(tracker: Tracker, place: str, headers: dict[str, str]) -> None:
    tracker.fails(place, alter=altered(headers=headers))

    the_law_holds(tracker, outcomes=("ok",))

    assert tracker.clock.slept[0] == 30


@case("H17")
@pytest.mark.parametrize(
    ("reason", "goes_on"),
    [("jira-burst-based", True), ("jira-quota-global-based", False)],
    ids=["a burst", "a quota"],
)
def test_a_burst_limit_holds_one_endpoint_and_a_quota_holds_them_all(
    tmp_path: Path, reason: str, goes_on: bool
) -> None:
    with a_tracker(CLOUD, tmp_path) as tracker, tracker.in_small_steps(), closing(tracker.connector()) as first:
        told = {"Retry-After": "2000", "RateLimit-Reason": reason}
        tracker.fails("items", response=answer({}, status=429, headers=told), times=None)
        clock = tracker.clock
        held = sync_source(
            first, tracker.store, now=clock.now, monotonic=clock.monotonic, stop=lambda: False, progress=ignore_progress
        )
        refused = contextlib.nullcontext() if goes_on else pytest.raises(DeferredError, match="asks us to wait")
        with closing(tracker.connector()) as second, refused:
            assert sum(map(len, second.census())) == 11

    assert held.outcome == "deferred"
    assert clock.slept == []


# --- elsewhere, it says


@case("H18")
@struck_by({"301": 301, "302": 302, "303": 303})
def test_a_redirect_to_the_same_tracker_is_not_followed(tracker: Tracker, place: str, strike: int) -> None:
    there = {"Location": f"{tracker.server.url}/moved/here"}
    tracker.fails(place, response=Response(status=strike, headers=there), times=None)

    record = the_law_holds(tracker, outcomes=("failed",), says=("redirect", str(strike)))

    assert not [request for request in tracker.server.requests if "moved" in request.path]
    assert record.outcome == "failed"


@case("H19")
@struck_by({"307": 307, "308": 308}, at_least=2, first=2)
def test_a_redirect_to_another_host_tells_that_host_nothing(tracker: Tracker, place: str, strike: int) -> None:
    with somebody_else() as other:
        there = {"Location": f"http://127.0.0.1:{other.port}/rest/api/3/search/jql"}
        tracker.fails(place, response=Response(status=strike, headers=there), times=None)

        the_law_holds(tracker, outcomes=("failed",), says=("redirect",))

    assert other.heard == []


@case("H20")
@struck_by({"down": None}, first=1)
def test_a_redirect_out_of_tls_sends_nothing_in_clear(
    tracker: Tracker, place: str, strike: None, tmp_path: Path
) -> None:
    tracker.server.stop()
    certificate = a_certificate(tmp_path / "tls")
    tracker.server.start(tls=certificate.context())
    tracker.given = {"ca_bundle": str(certificate.file), "allow_insecure": False}
    with somebody_else() as other:
        there = {"Location": f"http://127.0.0.1:{other.port}/"}
        tracker.fails(place, response=Response(status=302, headers=there), times=None)

        the_law_holds(tracker, outcomes=("failed",), says=("redirect",))

    assert other.heard == []


@case("H21")
@struck_by(
    {
        "metadata": "http://169.254.169.254/latest/meta-data/",
        "file": "file:///etc/passwd",
        "localhost": "http://localhost:9/",
        "unix": "http+unix://%2Fvar%2Frun%2Fdocker.sock/info",
    },
)
def test_a_redirect_inside_our_own_network_dials_nothing(tracker: Tracker, place: str, strike: str) -> None:
    tracker.fails(place, response=Response(status=302, headers={"Location": strike}), times=None)
    port = int(tracker.server.url.split(":")[2].split("/")[0])

    with dialled() as addresses:
        the_law_holds(tracker, outcomes=("failed",))

    assert set(addresses) == {("127.0.0.1", port)}


# --- something else than data


@case("H22")
@everywhere
def test_a_sign_in_page_ends_the_run_and_changes_nothing(tracker: Tracker, place: str) -> None:
    tracker.fails(place, response=page("<html>Sign in</html>"), times=None)

    record = the_law_holds(tracker, outcomes=("failed",))

    assert "sign-in" in record.sentence or "token is wrong" in record.sentence


@case("H23")
@struck_by(
    {
        "a page": altered(status=203, body=b"<html>Sign in</html>", content_type="text/html"),
        "data": altered(status=203),
    },
    at_least=3,
)
def test_a_203_is_a_refusal_whatever_it_carries(tracker: Tracker, place: str, strike: Alter) -> None:
    tracker.fails(place, alter=strike, times=None)

    the_law_holds(tracker, outcomes=("failed",), says=("203", "token is wrong or expired"))


@case("H24")
@struck_by(
    {
        "204": Response(status=204),
        "empty": Response(),
        "blank": Response(body=b" \n "),
        "empty and untyped": Response(headers={"Content-Type": ""}),
    },
)
def test_an_empty_answer_is_not_an_empty_tracker(tracker: Tracker, place: str, strike: Response) -> None:
    tracker.fails(place, response=strike, times=None)

    the_law_holds(tracker, outcomes=("failed",))


NOTHINGS: Mapping[str, Any] = {
    "an object": {},
    "null": None,
    "a list": [],
    "no issues": {"issues": None, "value": None, "values": None, "issueChangeLogs": None},
    "a number": 0,
    "a text": "",
    "false": False,
    "lists of nothing": {"issues": [None], "value": [None], "values": [None], "issueChangeLogs": [None]},
    "another shape": {"issues": {}, "value": {}, "values": {}, "issueChangeLogs": {}},
}


@case("H25")
@struck_by(NOTHINGS, all_of=True)
def test_json_of_another_shape_is_not_an_empty_tracker(tracker: Tracker, place: str, strike: Any) -> None:
    tracker.fails(place, response=answer(strike), times=None)

    the_law_holds(tracker, outcomes=("failed",))


@case("H25")
@pytest.mark.parametrize(("tracker", "place"), wherever(), indirect=["tracker"])
def test_an_empty_object_is_nowhere_taken_for_an_answer(tracker: Tracker, place: str) -> None:
    tracker.fails(place, response=answer({}), times=None)

    the_law_holds(tracker, outcomes=("failed",))


@case("H26")
@struck_by({"206": 206, "207": 207, "201": 201, "202": 202})
def test_another_kind_of_success_is_no_data(tracker: Tracker, place: str, strike: int) -> None:
    tracker.fails(place, alter=altered(status=strike), times=None)

    record = the_law_holds(tracker, outcomes=("failed",))

    assert f"{strike}, which is not data" in record.sentence or "first question with data" in record.sentence


@case("H27")
@struck_by(
    {"html": "text/html", "text": "text/plain", "none": "", "almost": "application/jsonp", "xml": "application/xml"},
)
def test_json_under_another_name_is_not_believed(tracker: Tracker, place: str, strike: str) -> None:
    tracker.fails(place, alter=altered(headers={"Content-Type": strike}), times=None)

    the_law_holds(tracker, outcomes=("failed",))


def in_latin_1(_: RecordedRequest, healthy: Response) -> Response:
    return replace(healthy, body=json.dumps(_accented(healthy.json()), ensure_ascii=False).encode("latin-1"))


def in_utf_16(_: RecordedRequest, healthy: Response) -> Response:
    return replace(healthy, body=json.dumps(healthy.json(), ensure_ascii=False).encode("utf-16"))


def _accented(value: Any) -> Any:
    return {**value, "sél": "où"} if isinstance(value, dict) else [*value, "où"]


@case("H28")
@struck_by({"Latin-1": in_latin_1, "UTF-16": in_utf_16}, at_least=2)
def test_text_in_another_encoding_is_refused_rather_than_mangled(tracker: Tracker, place: str, strike: Alter) -> None:
    tracker.fails(place, alter=strike, times=None)

    the_law_holds(tracker, outcomes=("failed",))

    assert "\ufffd" not in repr(tracker.dump())


@case("H28")
@struck_by({"BOM": None}, at_least=2)
def test_a_byte_order_mark_does_no_harm(tracker: Tracker, place: str, strike: None) -> None:
    tracker.fails(place, alter=lambda _, healthy: replace(healthy, body=b"\xef\xbb\xbf" + healthy.body), times=None)

    the_law_holds(tracker, outcomes=("ok",))


# --- TLS and what stands in between


@case("H31")
@pytest.mark.parametrize(
    ("tracker", "wrong"),
    [*itertools.product([CLOUD], ["self-signed", "expired", "another host", "TLS 1.0"]),
     (DATA_CENTER, "self-signed"), (AZURE, "self-signed"), (AZURE, "expired")],
    indirect=["tracker"],
)  # fmt: skip
def test_a_certificate_that_cannot_be_verified_ends_it_before_anything_is_told(
    tracker: Tracker, wrong: str, tmp_path: Path
) -> None:
    bad = a_certificate(
        tmp_path / "bad",
        host="127.0.0.2" if wrong == "another host" else "127.0.0.1",
        days=-1 if wrong == "expired" else 1,
    )
    good = a_certificate(tmp_path / "good")
    tracker.server.stop()
    newest = ssl.TLSVersion.TLSv1 if wrong == "TLS 1.0" else None
    tracker.server.start(tls=bad.context(newest=newest))
    trusted = None if wrong == "self-signed" else str(bad.file)
    tracker.given = {"ca_bundle": trusted, "allow_insecure": False}

    def run() -> RunRecord:
        with dialled() as addresses:
            record = tracker.sync()
        assert len(addresses) == 1
        assert tracker.server.requests == []
        tracker.server.stop()
        tracker.server.start(tls=good.context())
        tracker.given["ca_bundle"] = str(good.file)
        return record

    the_law_holds(tracker, outcomes=("failed",), says=("TLS 1.2",) if newest else ("ca_bundle",), run=run)


@case("H32")
@struck_by({"unannounced": altered(hang_up=True)}, at_least=2)
def test_connections_that_are_closed_between_requests_are_not_noticed(
    tracker: Tracker, place: str, strike: Alter
) -> None:
    tracker.fails(place, alter=strike, times=None)

    the_law_holds(tracker, outcomes=("ok",))


@case("H32")
@struck_by({"reset": None}, at_least=2, first=2)
def test_a_connection_that_is_closed_upon_a_request_costs_one_more_try(
    tracker: Tracker, place: str, strike: None
) -> None:
    tracker.fails(place, response=Response(reset=True))

    record = the_law_holds(tracker, outcomes=("ok",))

    assert record.requests == len(tracker.undisturbed().asked) + 1


@case("H33")
@pytest.mark.parametrize("tracker", [CLOUD, AZURE], indirect=True)
@pytest.mark.parametrize(
    "says",
    [
        b"HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 26\r\n\r\n<html>Welcome guest</html>",
        b"HTTP/1.1 302 Found\r\nLocation: http://captive.example.com/\r\nContent-Length: 0\r\n\r\n",
    ],
    ids=["407", "a captive portal", "a redirect"],
)
def test_a_proxy_that_wants_something_is_named_and_never_told_the_token(
    tracker: Tracker, says: bytes, tmp_path: Path
) -> None:
    tracker.server.stop()
    certificate = a_certificate(tmp_path / "tls")
    tracker.server.start(tls=certificate.context())
    with a_proxy() as proxy:
        proxy.says = says
        tracker.given = {"ca_bundle": str(certificate.file), "allow_insecure": False, "proxy": proxy.url}

        def run() -> RunRecord:
            record = tracker.sync()
            proxy.says = None
            return record

        the_law_holds(tracker, outcomes=("failed",), says=("proxy",), run=run)

    assert proxy.tunnels > 0
    assert not [heard for heard in proxy.heard if b"uthorization: B" in heard or b"canary" in heard]


@case("H34")
@struck_by({"a cookie": None}, first=1)
def test_a_cookie_is_neither_kept_nor_sent_but_to_the_data_center_within_one_run(
    tracker: Tracker, place: str, strike: None
) -> None:
    numbers = itertools.count()

    def baked(_: RecordedRequest, healthy: Response) -> Response:
        crumbs = f"JSESSIONID=crumb-{next(numbers)}; Path=/; HttpOnly"
        return replace(healthy, headers={**healthy.headers, "Set-Cookie": crumbs})

    tracker.fails(place, alter=baked, times=None)
    before = len(tracker.server.requests)

    the_law_holds(tracker, outcomes=("ok",), secrets=("crumb-",))

    sent = [request.headers["cookie"] for request in tracker.server.requests if "cookie" in request.headers]
    assert bool(sent) == (tracker.kind == DATA_CENTER)
    next_run = [n for n, request in enumerate(tracker.server.requests) if request.path.endswith("/serverInfo")]
    assert all("cookie" not in tracker.server.requests[n].headers for n in next_run)
    assert before == 0


@case("E047")
@pytest.mark.parametrize("status", [200, 203])
@pytest.mark.parametrize("words", ["<title>Single sign-on</title>", "<h1>Down for maintenance</h1>"])
@pytest.mark.parametrize("kind", KINDS)
def test_a_web_page_in_the_place_of_data_ends_the_run_by_name_with_its_cursor_unmoved(
    kind: str, words: str, status: int, tmp_path: Path
) -> None:
    with a_tracker(kind, tmp_path, phase="incremental") as tracker:
        before = tracker.standing()
        tracker.fails("first page", response=page(words, status=status), times=None)
        path, _ = tracker.place("first page")
        tracker.server.requests.clear()
        asked: list[int] = []

        def run() -> RunRecord:
            record = tracker.sync()
            asked.append(sum(1 for one in tracker.server.requests if re.search(path, one.path, re.IGNORECASE)))
            assert tracker.standing() == before
            assert record.requests == len(tracker.server.requests)
            return record

        record = the_law_holds(
            tracker, outcomes=["failed"], says=["web page" if status == 200 else "sign-in page (203)"], run=run
        )

    assert record.items == record.changes == 0
    assert asked == [1]
    assert tracker.clock.slept == []


@case("E048")
@pytest.mark.parametrize("place", ["first request", "first page"])
@pytest.mark.parametrize("kind", KINDS)
def test_a_redirect_to_a_sign_in_page_is_a_matter_of_access_after_one_request(
    kind: str, place: str, tmp_path: Path
) -> None:
    with a_tracker(kind, tmp_path) as tracker, somebody_else() as elsewhere:
        login = f"http://127.0.0.1:{elsewhere.port}/login.jsp?os_destination=%2F"
        path, _ = tracker.place(place)
        tracker.fails(place, response=Response(status=302, headers={"Location": login}), times=None)
        before, asked = tracker.standing(), list[int]()

        def run() -> RunRecord:
            record = tracker.sync()
            found = [bool(re.search(path, one.path, re.IGNORECASE)) for one in tracker.server.requests]
            asked.append(found.count(True))
            assert found[-1], "something was asked after it"
            assert place != "first request" or len(found) == 1
            assert tracker.standing() == before
            assert record.requests == len(found)
            return record

        the_law_holds(tracker, outcomes=["failed"], says=["sends us to a sign-in page (302)"], run=run)

    assert asked == [1]
    assert elsewhere.heard == []
    assert tracker.clock.slept == []
