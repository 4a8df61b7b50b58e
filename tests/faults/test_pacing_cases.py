"""When we may ask again: what trackers say of it, through whole syncs and among threads."""

from __future__ import annotations

import logging
import re
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest
import requests

from connectors import connect
from connectors.base import SourceSettings, TrackerUnavailableError
from connectors.jira import cloud
from connectors.sandbox.loopback import Fault, RecordedRequest, Response, page
from connectors.transport import JIRA_CLOUD, Transport, answer_of
from sync.engine import sync_all
from sync.store import RunRecord
from tests.connectors.jira.jira_house import Clock
from tests.connectors.scripted_server import Reply, ScriptedServer, Seen, json_answer, serving
from tests.faults.catalogue import case
from tests.faults.trackers import AZURE, CLOUD, DATA_CENTER, KINDS, MORNING, TOKEN, Tracker, a_tracker, undisturbed
from tests.sync.fakes import ignore_progress

BUSY = 429
IN_FIVE_MINUTES = MORNING + timedelta(minutes=5)


@contextmanager
def asked_with_times(tracker: Tracker) -> Iterator[list[tuple[str, float]]]:
    """Every request's path, with the seconds of the tracker's clock at which it came."""
    found: list[tuple[str, float]] = []
    healthy = tracker.server.handle

    def handle(request: Any) -> Response:
        found.append((request.path, tracker.clock.monotonic()))
        return healthy(request)

    tracker.server.handle = handle  # type: ignore[method-assign]  # only listens
    yield found


def gap_after_fault(found: list[tuple[str, float]], path: str) -> float:
    """Seconds between the first request to a path and the next one of all."""
    at = next(number for number, (one, _) in enumerate(found) if re.search(path, one, re.IGNORECASE))
    return found[at + 1][1] - found[at][1]


WALK = {CLOUD: "/search/jql$", DATA_CENTER: "/rest/api/2/search$", AZURE: "/reporting/workitemrevisions$"}


@case("E040")
@pytest.mark.parametrize("kind", KINDS)
def test_a_wait_of_two_minutes_is_two_minutes(kind: str, tmp_path: Path) -> None:
    with a_tracker(kind, tmp_path) as tracker, asked_with_times(tracker) as found:
        tracker.fails("first page", response=Response(status=BUSY, headers={"Retry-After": "120"}))

        record = tracker.sync()

        assert record.outcome == "ok"
        assert 120 <= gap_after_fault(found, WALK[kind]) <= 121
        assert tracker.dump() == undisturbed(kind, "full").told


@case("E041")
@pytest.mark.parametrize(
    ("headers", "least", "most"),
    [
        pytest.param({"Retry-After": format_datetime(IN_FIVE_MINUTES, usegmt=True)}, 295, 301, id="date"),
        pytest.param({"X-RateLimit-Reset": IN_FIVE_MINUTES.strftime("%Y-%m-%dT%H:%MZ")}, 295, 301, id="no seconds"),
        pytest.param({"X-RateLimit-Reset": str(int(MORNING.timestamp()) + 240)}, 235, 241, id="epoch"),
        pytest.param({}, 0.7, 1.3, id="nothing"),
        pytest.param({"Retry-After": "soon", "X-RateLimit-Reset": "later"}, 0.7, 1.3, id="nonsense"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("kind", KINDS)
def test_each_way_of_asking_for_time_is_understood(
    kind: str, headers: dict[str, str], least: float, most: float, tmp_path: Path
) -> None:
    with a_tracker(kind, tmp_path) as tracker, asked_with_times(tracker) as found:
        tracker.fails("first page", response=Response(status=BUSY, headers=headers))

        record = tracker.sync()

        assert record.outcome == "ok"
        assert least <= gap_after_fault(found, WALK[kind]) <= most


@case("E042")
def test_a_quota_stops_everything_until_the_hour_turns(tmp_path: Path) -> None:
    with a_tracker(CLOUD, tmp_path) as tracker, asked_with_times(tracker) as found:
        tracker.clock.pass_(minutes=50)
        told = {"RateLimit-Reason": "jira-quota-tenant-based"}
        tracker.server.faults.append(_once("/issue/bulkfetch$", Response(status=BUSY, headers=told)))

        record = tracker.sync()

        assert record.outcome == "ok"
        assert gap_after_fault(found, "/issue/bulkfetch$") >= 10 * 60


@case("E042")
def test_a_burst_slows_its_endpoint_and_no_other() -> None:
    clock = Clock()
    burst = json_answer({}, status=BUSY, Retry_After="30", RateLimit_Reason="jira-burst-based")
    served: dict[str, int] = {}

    def script(seen: Seen) -> Reply:
        served[seen.path] = served.get(seen.path, 0) + 1
        is_first = seen.path.endswith("/field") and served[seen.path] == 1
        return burst if is_first else json_answer({})

    with serving(script) as server:
        with pytest.raises(TrackerUnavailableError):
            ask(server, "/rest/api/3/field", clock, tries=1)
        ask(server, "/rest/api/3/status", clock)
        other = clock.monotonic()
        ask(server, "/rest/api/3/field", clock)

    assert other == 0
    assert clock.monotonic() >= 30


def ask(server: ScriptedServer, path: str, clock: Clock, *, tries: int = 5, **settings: Any) -> None:
    session, transport = a_way(server, clock, **settings)
    _kept.append(transport)
    with transport.tries(tries):
        answer_of(session.get(server.url + path))


_kept: list[Transport] = []  # a pacer lives as long as somebody holds it


def a_way(server: ScriptedServer, clock: Any, **settings: Any) -> tuple[requests.Session, Transport]:
    given: dict[str, Any] = {"name": "claims", "kind": "jira", "url": server.url, "token": "t", "allow_insecure": True}
    transport = Transport(
        SourceSettings(**given | settings),
        allowed=JIRA_CLOUD,
        now=clock.now,
        monotonic=clock.monotonic,
        sleep=clock.sleep,
        random=lambda: 0.5,
    )
    session = requests.Session()
    transport.mount(session)
    return session, transport


class Wall:
    """The real clock, ten times as fast, so that a pause of two seconds is short and threads really wait for it."""

    def now(self) -> datetime:
        return MORNING

    def monotonic(self) -> float:
        return time.monotonic() * 10

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds / 10)


@case("E043")
def test_eight_workers_that_are_refused_together_make_one_pause_and_no_storm() -> None:
    """Each has a transport of its own, as sources of one account have: host and identity are what counts."""
    clock, together = Wall(), threading.Barrier(8)
    began = time.monotonic()
    arrivals: list[float] = []

    def script(_: Seen) -> Reply:
        arrivals.append((time.monotonic() - began) * 10)
        return json_answer({}) if arrivals[-1] > 15 else json_answer({}, status=BUSY, Retry_After="20")

    with serving(script) as server:
        ways = [a_way(server, clock) for _ in range(8)]

        def work(session: requests.Session) -> None:
            together.wait()
            answer_of(session.get(server.url + "/rest/api/3/myself"))

        threads = [threading.Thread(target=work, args=(session,)) for session, _ in ways]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)

    before_it_ended = [at for at in arrivals if at < 15]
    assert len(before_it_ended) <= 8 + 1
    assert min(at for at in arrivals if at >= 15) >= min(arrivals) + 20
    assert len(arrivals) == len(before_it_ended) + 8


@dataclass
class Arrival:
    source: str
    path: str
    at: float  # seconds of the wall


class Street:
    """Several sources at one host and identity, synced beside each other; each request with its source and its time.

    `held_up` is asked of every request, may keep it waiting, and may answer in the tracker's place.
    """

    def __init__(self, tracker: Tracker, clock: Wall) -> None:
        self.arrivals: list[Arrival] = []
        self._tracker = tracker
        self._clock = clock
        self._lock = threading.Lock()

    def sync_all(self, names: Sequence[str], held_up: Callable[[Arrival], Response | None]) -> list[RunRecord]:
        tracker, clock, healthy = self._tracker, self._clock, self._tracker.server.handle

        def handle(request: RecordedRequest) -> Response:
            arrival = Arrival(request.headers["x-source"], request.path, clock.monotonic())
            with self._lock:
                self.arrivals.append(arrival)
            return held_up(arrival) or healthy(request)

        tracker.server.handle = handle  # type: ignore[method-assign]  # only listens
        with tracker.in_small_steps(), ExitStack() as opened:
            connectors = []
            for name in names:
                settings = replace(tracker.settings(), name=name)
                connector: Any = connect(
                    settings, now=clock.now, monotonic=clock.monotonic, sleep=clock.sleep, random=lambda: 0.5
                )
                connector.site._session.headers["X-Source"] = name
                connectors.append(opened.enter_context(closing(connector)))
            told: dict[str, Any] = {"now": clock.now, "monotonic": clock.monotonic, "stop": lambda: False}
            return sync_all(connectors, tracker.store, progress=ignore_progress, **told)

    def of(self, *, before: float, source: str | None = None, path: str = "") -> list[Arrival]:
        return [
            one
            for one in self.arrivals
            if one.at < before and source in (None, one.source) and re.search(path, one.path)
        ]

    def held_by(self, source: str) -> int:
        return sum(scope["held"] for scope in self._tracker.store.holdings(source).values())


@case("E043")
def test_eight_syncs_that_are_refused_together_make_one_pause_and_no_storm(tmp_path: Path) -> None:
    """Seven are refused in the same moment. The eighth is not, and yet waits as long as they do."""
    clock, refused_together = Wall(), threading.Barrier(7)
    names, refused = [f"claims-{number}" for number in range(8)], threading.Event()
    has_arrived = threading.Event()
    ended: list[float] = []

    def held_up(arrival: Arrival) -> Response | None:
        if len(street.of(before=float("inf"), source=arrival.source)) > 1:
            return None
        if arrival.source == "claims-7":
            has_arrived.set()
            refused.wait(10)
            time.sleep(0.2)  # until the others have read their refusals
            return None
        refused_together.wait(10)
        has_arrived.wait(10)  # a busy machine may begin the eighth late
        refused.set()
        ended.append(clock.monotonic() + 20)
        return Response(status=BUSY, headers={"Retry-After": "20"})

    with a_tracker(CLOUD, tmp_path) as tracker:
        street = Street(tracker, clock)
        records = street.sync_all(names, held_up)
        held = [street.held_by(name) for name in names]

    in_the_pause = street.of(before=max(ended) - 1)
    assert [record.outcome for record in records] == ["ok"] * 8, records
    assert held == [11] * 8
    assert sorted(one.source for one in in_the_pause) == names
    assert sum(record.requests for record in records) == len(street.arrivals)


@case("E042")
def test_a_burst_at_one_endpoint_lets_another_sync_ask_all_others(tmp_path: Path) -> None:
    """Two sources of one account. The second begins when the first has been told to wait for its issues."""
    clock, told = Wall(), threading.Event()
    ends_at: list[float] = []

    def held_up(arrival: Arrival) -> Response | None:
        if arrival.source == "disputes":
            told.wait(10)
        elif arrival.path.endswith("/issue/bulkfetch") and not ends_at:
            ends_at.append(clock.monotonic() + 20)
            told.set()
            return Response(status=BUSY, headers={"Retry-After": "20", "RateLimit-Reason": "jira-burst-based"})
        return None

    with a_tracker(CLOUD, tmp_path) as tracker:
        street = Street(tracker, clock)
        records = street.sync_all(["claims", "disputes"], held_up)
        held = [street.held_by(name) for name in ("claims", "disputes")]

    meanwhile = street.of(before=ends_at[0] - 0.5, source="disputes")
    assert [record.outcome for record in records] == ["ok", "ok"], records
    assert held == [11, 11]
    assert [one for one in meanwhile if one.path.endswith("/search/jql")]
    assert not [one for one in meanwhile if one.path.endswith("/issue/bulkfetch")]
    under_way = street.of(before=ends_at[0] - 0.5, path="/issue/bulkfetch$")  # when the first was told to wait
    assert 1 <= len(under_way) <= cloud.LANES
    assert sum(record.requests for record in records) == len(street.arrivals)


def test_another_identity_at_the_same_host_waits_for_nobody_else() -> None:
    clock = Clock()
    with serving([json_answer({}, status=BUSY, Retry_After="600"), json_answer({})]) as server:
        with pytest.raises(TrackerUnavailableError):
            ask(server, "/rest/api/3/myself", clock, tries=1, token="one")

        ask(server, "/rest/api/3/myself", clock, token="two")

    assert clock.monotonic() == 0


@case("E044")
def test_a_good_answer_that_asks_for_time_gets_it(tmp_path: Path) -> None:
    with a_tracker(AZURE, tmp_path) as tracker, asked_with_times(tracker) as found:
        tracker.fails("first page", alter=lambda _, good: Response(body=good.body, headers={"Retry-After": "30"}))

        record = tracker.sync()

        assert record.outcome == "ok"
        assert gap_after_fault(found, WALK[AZURE]) >= 30
        assert len(found) == len(undisturbed(AZURE, "full").asked)


@case("E045")
@pytest.mark.parametrize("status", [429, 503])
def test_questions_of_azure_devops_that_are_posts_are_asked_again_by_us(status: int, tmp_path: Path) -> None:
    with a_tracker(AZURE, tmp_path) as tracker:
        tracker.sync()
        busy = Response(status=status, headers={"Retry-After": "7"})
        tracker.server.requests.clear()
        for path in ("/wit/wiql$", "/wit/workitemsbatch$"):
            tracker.server.faults.append(_once(path, busy))
        tracker.delete(4)

        record = tracker.sweep()

        asked = [request.path for request in tracker.server.requests if request.method == "POST"]
        assert record.outcome == "ok", record.sentence
        for word in ("wiql", "workitemsbatch"):
            assert len([one for one in asked if word in one.lower()]) >= 2
        assert tracker.clock.slept.count(7.0) == 2


def _once(path: str, response: Response) -> Fault:
    return Fault(path=path, response=response)


TROUBLES = [
    pytest.param(page("<h1>Bad Gateway</h1>", status=502), id="502 HTML"),
    pytest.param(Response(status=503), id="503 bare"),
    pytest.param(Response(status=504), id="504"),
    pytest.param(Response(reset=True), id="reset"),
    pytest.param(Response(body=b'{"a": "' + b"x" * 99 + b'"}', truncate_at=20), id="cut"),
]  # fmt: skip


@case("E046")
@pytest.mark.parametrize("trouble", TROUBLES)
@pytest.mark.parametrize("kind", KINDS)
def test_what_may_pass_is_tried_again_and_then_told_by_name(kind: str, trouble: Response, tmp_path: Path) -> None:
    with a_tracker(kind, tmp_path) as tracker:
        tracker.fails("first page", response=trouble, times=2)
        healed = tracker.sync()
        waited = list(tracker.clock.slept)
        before = tracker.standing()
        tracker.server.requests.clear()
        tracker.server.faults.clear()
        tracker.server.faults.append(_always(trouble))

        lost = tracker.sync()

        assert healed.outcome == "ok"
        assert [round(seconds, 1) for seconds in waited] in ([1.0, 2.0], [1.0, 1.0])  # a smaller page is asked anew
        assert lost.outcome == "failed"
        assert lost.sentence.startswith("claims: ")
        assert len(tracker.server.requests) == 5
        assert tracker.standing() == before


def _always(trouble: Response) -> Fault:
    return Fault(times=None, response=trouble)


@case("E052")
@pytest.mark.parametrize("trouble", TROUBLES)
@pytest.mark.parametrize("kind", KINDS)
def test_no_trouble_shows_a_secret_or_a_cookie(kind: str, trouble: Response, tmp_path: Path) -> None:
    cookie = "canary-cookie-51aa"
    spoken = Response(
        status=trouble.status,
        body=trouble.body or TOKEN.encode(),
        reset=trouble.reset,
        truncate_at=trouble.truncate_at,
        headers={"Set-Cookie": f"JSESSIONID={cookie}"},
    )
    with a_tracker(kind, tmp_path) as tracker:
        tracker.log_level = logging.DEBUG
        tracker.fails("middle page", response=spoken, times=None)

        record = tracker.sync()

        told = "\n".join([*tracker.log, record.sentence, *record.warnings, repr(tracker.settings())])
        tracker.close()
        held = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    for secret in (TOKEN, cookie):
        assert secret not in told
        assert secret.encode() not in held
