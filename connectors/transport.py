"""The guarded transport under both tracker packages: who may be asked what, and what counts as an answer.

    transport = Transport(settings, allowed=JIRA_CLOUD, now=..., monotonic=..., sleep=..., random=...)
    transport.mount(session)                       # any requests.Session; may be called again and again
    answer = answer_of(session.get(url))           # parsed JSON, headers, the server's Date
    with transport.tries(1): ...                   # fewer tries than five, within this thread

Every request of a mounted session goes through here, the packages' own ones too. Before it leaves: its method and
path stand in the table of its tracker, its host is the configured one as urllib3 will dial it, no header asks for
another method, and the pacer says the time has come. When the answer is there: no redirect is followed, body and
time are bounded, and only a 200 with whole, strict JSON is data; everything else becomes an error of `base`.
Five tries a request, all for reads; what the tracker asks us to wait is never undercut, and a wait that would pass
the run's sleep budget or its deadline ends the run as DeferredError. No message carries a query, a header or a secret.

Clock, sleep and chance are told: `now()` aware UTC, `monotonic()` seconds, `sleep(seconds)`, `random()` in [0, 1).
"""

from __future__ import annotations

import base64
import hashlib
import logging
import re
import socket
import threading
import weakref
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from http.client import HTTPException, IncompleteRead
from http.cookiejar import DefaultCookiePolicy
from typing import TYPE_CHECKING, Any, NoReturn
from urllib.parse import quote

import requests
import urllib3
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import ConnectTimeoutError, LocationParseError, SSLError
from urllib3.util import Url, parse_url

from connectors.base import (
    AccessDeniedError,
    AccountAtStakeError,
    DeferredError,
    Json,
    RefusedRequestError,
    SettingsError,
    SourceSettings,
    TrackerError,
    TrackerUnavailableError,
    UnreadableAnswerError,
)
from connectors.pacing import (
    MAX_TRIES,
    RETRIED_STATUSES,
    Pacer,
    Pause,
    pause_after_failure,
    pause_after_success,
)
from connectors.reading import json_of

if TYPE_CHECKING:
    from connectors.credentials import Bearer

CONNECT_SECONDS = 10.0
READ_SECONDS = 60.0
LARGEST_ANSWER_BYTES = 32 * 1024 * 1024
LARGEST_JIRA_ANSWER_BYTES = 64 * 1024 * 1024  # 1,000 issues with 100 fields each: 7.5 MB measured, texts vary
LONGEST_HOLD_SECONDS = 86_400.0  # a tracker that asks for more is asked again tomorrow, when nobody reads it by hand
LARGEST_RATIO = 100  # of unpacked to packed bytes, beyond the first megabyte
REFUSALS_BEFORE_STOP = 3  # 401s; more could lock an account out


# The only requests that may leave. [part] is optional, {name} is one path segment, {n} is a number.
# What stands after the configured URL is matched whole; a prefix never suffices.
JIRA_CLOUD = """
GET  /rest/api/3/myself
GET  /rest/api/3/serverInfo
GET  /rest/api/3/field
GET  /rest/api/3/status
GET  /rest/api/3/statuses/search
GET  /rest/api/3/issuetype
GET  /rest/api/3/priority
GET  /rest/api/3/resolution
GET  /rest/api/3/project/search
GET  /rest/api/3/project/{id}
GET  /rest/api/3/project/{id}/statuses
GET  /rest/api/3/project/{id}/versions
GET  /rest/api/3/search/jql
GET  /rest/api/3/issue/{id}
GET  /rest/api/3/issue/{id}/changelog
GET  /rest/agile/1.0/board
GET  /rest/agile/1.0/board/{n}/configuration
GET  /rest/agile/1.0/board/{n}/sprint
GET  /_edge/tenant_info
POST /rest/api/3/search/jql
POST /rest/api/3/search/approximate-count
POST /rest/api/3/issue/bulkfetch
POST /rest/api/3/changelog/bulkfetch
POST /rest/api/3/jql/parse
"""
JIRA_DATA_CENTER = """
GET  /rest/api/2/myself
GET  /rest/api/2/serverInfo
GET  /rest/api/2/field
GET  /rest/api/2/status
GET  /rest/api/2/issuetype
GET  /rest/api/2/priority
GET  /rest/api/2/resolution
GET  /rest/api/2/project
GET  /rest/api/2/project/{id}
GET  /rest/api/2/project/{id}/statuses
GET  /rest/api/2/project/{id}/versions
GET  /rest/api/2/search
GET  /rest/api/2/issue/{id}
GET  /rest/agile/1.0/board
GET  /rest/agile/1.0/board/{n}/configuration
GET  /rest/agile/1.0/board/{n}/sprint
POST /rest/api/2/search
"""
JIRA_UNKNOWN = "GET /rest/api/2/serverInfo"  # until the server has said which of the two it is
AZURE_DEVOPS = """
OPTIONS /_apis
GET  /_apis/ResourceAreas
GET  /_apis/connectionData
GET  /_apis/projects[/{id}]
GET  /_apis/teams
GET  /_apis/projects/{id}/teams
GET  [/{project}]/_apis/wit/workitems[/{n}]
GET  [/{project}]/_apis/wit/workitems/{n}/updates
GET  [/{project}]/_apis/wit/fields
GET  [/{project}]/_apis/wit/workitemtypes
GET  [/{project}]/_apis/wit/workitemtypes/{type}/states
GET  [/{project}]/_apis/wit/workitemtypecategories
GET  [/{project}]/_apis/wit/workitemrelationtypes
GET  [/{project}]/_apis/wit/classificationnodes[/{group}]
GET  [/{project}]/_apis/wit/recyclebin
GET  [/{project}]/_apis/wit/reporting/workitemrevisions
GET  [/{project}]/_apis/wit/reporting/workitemlinks
GET  [/{project}[/{team}]]/_apis/work/boards
GET  [/{project}[/{team}]]/_apis/work/boards/{id}
GET  [/{project}[/{team}]]/_apis/work/boards/{id}/columns
GET  [/{project}[/{team}]]/_apis/work/backlogs
GET  [/{project}[/{team}]]/_apis/work/backlogconfiguration
GET  [/{project}]/_apis/work/processconfiguration
GET  [/{project}[/{team}]]/_apis/work/teamsettings
GET  [/{project}[/{team}]]/_apis/work/teamsettings/iterations
GET  [/{project}[/{team}]]/_apis/work/teamsettings/iterations/{id}/capacities
GET  [/{project}[/{team}]]/_apis/work/teamsettings/iterations/{id}/teamdaysoff
GET  [/{project}[/{team}]]/_apis/work/teamsettings/teamfieldvalues
GET  [/{project}]/_apis/work/iterations/{id}/iterationcapacities
GET  /_apis/work/processes
GET  /_apis/work/processes/{id}/workitemtypes
GET  /_apis/work/processes/{id}/workitemtypes/{type}/states
GET  /_apis/work/processes/{id}/behaviors
POST [/{project}[/{team}]]/_apis/wit/wiql
POST [/{project}]/_apis/wit/workitemsbatch
POST [/{project}]/_apis/wit/reporting/workitemrevisions
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the tracker said. `server_date` is its Date header, in UTC; None where a proxy dropped it."""

    json: Json
    status: int
    headers: Mapping[str, str]
    server_date: datetime | None


def answer_of(response: object) -> Answer:
    """Take the checked answer out of a response of a mounted session; once, since it is gone from there.

    Responses stand in circles with their requests until Python looks for such: a page must not wait for that.
    """
    answer = getattr(response, "answer", None)
    if not isinstance(answer, Answer) or not isinstance(response, requests.Response):
        raise RefusedRequestError("this response did not come through the guarded transport")
    response.answer = None  # type: ignore[attr-defined]
    response._content = b""
    return answer


def hang_up() -> None:
    """End every request that is on its way from this process: it was told to stop."""
    for transport in list(_live):
        transport.hang_up()


class Transport:
    """One source's way out. Safe among threads, if each thread has a session of its own.

    `hints` says what to do about a status of this tracker, where it knows better than we do in general.
    Without `reads_answers` any answer of the 200s is a yes, whatever it says: for who is told and not asked.
    Raises SettingsError at once for an address that cannot be pinned or would send the token in clear.
    """

    def __init__(
        self,
        settings: SourceSettings,
        *,
        allowed: str,
        now: Callable[[], datetime],
        monotonic: Callable[[], float],
        sleep: Callable[[float], None],
        random: Callable[[], float],
        largest_answer_bytes: int = LARGEST_ANSWER_BYTES,
        hints: Mapping[int, str] | None = None,
        reads_answers: bool = True,
    ) -> None:
        self.settings = settings
        self.now = now
        self.monotonic = monotonic
        self.sleep = sleep
        self.random = random
        self.largest_answer_bytes = largest_answer_bytes
        self.hints = dict(hints or {})
        self.base = _pinned_base(settings)
        self.reads_answers = reads_answers
        self._table = _compiled(allowed)
        self._pacer = _shared_pacer(settings, host=self.base.netloc or "", monotonic=monotonic)
        self._adapter = _GuardedAdapter(self)
        self._local = threading.local()
        self._lock = threading.Lock()
        self._made = 0
        self._slept = 0.0
        self._sleeps_until = float("-inf")
        self._deadline = monotonic() + settings.run_deadline_seconds
        self._refusals = 0
        self._stopped: str | None = None
        self._hung_up = False
        self._cuts: set[_Cut] = set()
        self._bearer = _bearer_of(settings, now=now, monotonic=monotonic, sleep=sleep, random=random)
        _live.add(self)

    def mount(self, session: requests.Session, *, cookies: bool = False) -> None:
        """Let everything that the session sends go through here, and nothing else reach the network.

        `cookies` keeps those of the pinned host as long as the session lives (Data Center's node affinity).
        """
        session.trust_env = False
        session.adapters.clear()
        session.mount("https://", self._adapter)
        session.mount("http://", self._adapter)
        session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=None if cookies else []))

    def allow(self, table: str) -> None:
        """Replace the table of what may leave, once the server has said what it is."""
        self._table = _compiled(table)

    @contextmanager
    def tries(self, count: int) -> Iterator[None]:
        """Within this thread, try each request `count` times at most."""
        before = getattr(self._local, "tries", MAX_TRIES)
        self._local.tries = count
        try:
            yield
        finally:
            self._local.tries = before

    @contextmanager
    def as_long_as(self, is_awaited: Callable[[], bool]) -> Iterator[None]:
        """Within this thread, let requests out only while somebody waits for their answers; else DeferredError."""
        self._local.is_awaited = is_awaited
        try:
            yield
        finally:
            del self._local.is_awaited

    def requests_made(self) -> int:
        """How many requests have left, tries included."""
        with self._lock:
            return self._made

    def close(self) -> None:
        self._adapter.close()
        if self._bearer is not None:
            self._bearer.close()

    def hang_up(self) -> None:
        """End the requests that are on their way, and let no further one out; every caller gets a DeferredError."""
        self._hung_up = True
        with self._lock:
            cuts = list(self._cuts)
        for cut in cuts:
            cut()

    @contextmanager
    def cut_in_time(self, seconds: float) -> Iterator[_Cut]:
        """What goes on inside is cut off after `seconds`, or when we hang up."""
        with _deadline(seconds) as cut:
            with self._lock:
                self._cuts.add(cut)
            try:
                if self._hung_up:
                    raise self._stopped_on_request()
                yield cut
            finally:
                with self._lock:
                    self._cuts.discard(cut)

    def send(self, request: requests.PreparedRequest, attempt_once: Callable[[float], _Received]) -> Answer:
        """Guard, pace, try and check one request; called by the adapter."""
        endpoint = self._admit(request)
        last: int = getattr(self._local, "tries", MAX_TRIES) - 1
        attempt = 0
        may_renew = self._bearer is not None
        while True:
            self._wait_for_turn(endpoint)
            token = self._sign(request)
            try:
                outcome = self._try_once(endpoint, attempt_once, attempt=attempt)
            except AccessDeniedError as error:
                if token is None or error.status in (None, 403):
                    raise
                self._renew_or_stop(token, error, may_renew=may_renew)
                may_renew = False
                continue
            if isinstance(outcome, Answer):
                return outcome
            if attempt >= last:
                raise outcome
            attempt += 1

    def _sign(self, request: requests.PreparedRequest) -> str | None:
        """Put today's access token on the request, in place of whatever a package put there; None without one."""
        if self._bearer is None:
            return None
        token = self._bearer.token()
        request.headers["Authorization"] = f"Bearer {token}"
        return token

    def _renew_or_stop(self, token: str, error: AccessDeniedError, *, may_renew: bool) -> None:
        """A refused access token may have run out: another one is worth one try, a second refusal is not."""
        assert self._bearer is not None
        self._bearer.refused(token)
        if not may_renew:
            self._stopped = str(error)
            raise error

    def _try_once(
        self, endpoint: str, attempt_once: Callable[[float], _Received], *, attempt: int
    ) -> Answer | TrackerUnavailableError:
        """Send once. Return the answer, or what stood in its way for now, with the pacer told; raise what will stay."""
        with self._lock:
            self._made += 1
        began = self.monotonic()
        try:
            received = attempt_once(min(float(self.settings.request_timeout_seconds), self._deadline - began))
        except DeferredError:
            raise
        except TrackerUnavailableError as trouble:
            pause = pause_after_failure(None, {}, server_now=self.now(), attempt=attempt, draw=self.random())
            self._hold(pause, endpoint)
            _log.info("%s; the next try waits %.0f s", trouble, pause.seconds)
            return trouble
        server_now = received.server_date or self.now()
        if received.status in RETRIED_STATUSES:
            pause = pause_after_failure(
                received.status, received.headers, server_now=server_now, attempt=attempt, draw=self.random()
            )
            self._hold(pause, endpoint)
            _log.info(
                "%s: %s answers %d; the next try waits %.0f s",
                self.settings.name,
                self.host,
                received.status,
                pause.seconds,
            )
            return self._busy(received.status)
        slower = pause_after_success(received.headers, server_now=server_now)
        if slower is not None:
            self._hold(slower, endpoint)
        return self._checked(received)

    def _admit(self, request: requests.PreparedRequest) -> str:
        """Return the line of the table that lets this request out, or refuse it."""
        self._refuse_if_over()
        if self._stopped is not None:
            raise AccessDeniedError(self._stopped)
        method = (request.method or "").upper()
        for name in request.headers:
            if name.lower().startswith("x-http-method"):
                raise self._refusal(method, "a header asks for another method")
        path = self._path_below_base(request, method)
        if path is not None:
            for line_method, pattern, line in self._table:
                if line_method == method and pattern.fullmatch(path):
                    return line
        raise self._refusal(method, "it is not one of the reads we make")

    def _path_below_base(self, request: requests.PreparedRequest, method: str) -> str | None:
        """Parse as urllib3 will dial it; None where the path is not below the configured one."""
        raw = request.url if isinstance(request.url, str) else ""
        if _UNSAFE_IN_URL.search(raw.partition("?")[0]):
            raise self._refusal(method, "its address is written in a way that two readers may read differently")
        try:
            url = parse_url(raw)
        except LocationParseError:
            raise self._refusal(method, "its address cannot be read") from None
        if url.auth is not None or _origin(url) != _origin(self.base):
            raise self._refusal(method, "it would go to another host than the configured one")
        path, prefix = url.path or "/", (self.base.path or "").rstrip("/")
        if "_method=" in (url.query or "").lower():
            raise self._refusal(method, "its query asks for another method")
        if not path.lower().startswith(prefix.lower() + "/"):
            return None
        return path[len(prefix) :]

    def _refusal(self, method: str, why: str) -> RefusedRequestError:
        return RefusedRequestError(
            f"{self.settings.name}: refused to let a {method} request out: {why}. "
            "Nothing was sent; please report this, it is a mistake in vmo or an attack"
        )

    def _wait_for_turn(self, endpoint: str) -> None:
        """Sleep until the pacer lets this endpoint be asked; DeferredError where that is too long for this run."""
        ready = self._pacer.ready_at(endpoint)
        while (wait := ready - (asked_at := self.monotonic())) > 0:
            with self._lock:
                alone = max(0.0, ready - max(asked_at, self._sleeps_until))  # through the rest another thread sleeps
                too_long = self._slept + alone > self.settings.sleep_budget_seconds
                if not too_long:
                    self._slept += alone
                    self._sleeps_until = max(self._sleeps_until, ready)
            if too_long or asked_at + wait > self._deadline:
                until = self.now() + timedelta(seconds=min(wait, _ONE_YEAR_SECONDS))
                raise DeferredError(
                    f"{self.settings.name}: the tracker asks us to wait {wait:.0f} s, longer than this run may last; "
                    "the next run goes on from here",
                    until=until,
                )
            self.sleep(wait)
            if self._hung_up:
                raise self._stopped_on_request(still=ready - self.monotonic())
            if (later := self._pacer.ready_at(endpoint)) == ready:
                break
            ready = later
        if self.monotonic() >= self._deadline:
            raise DeferredError(f"{self.settings.name}: this run has lasted as long as it may; the next one goes on")
        self._refuse_if_over()

    def _refuse_if_over(self) -> None:
        is_awaited: Callable[[], bool] | None = getattr(self._local, "is_awaited", None)
        if self._hung_up or (is_awaited is not None and not is_awaited()):
            raise self._stopped_on_request()

    def _stopped_on_request(self, *, still: float = 0.0) -> DeferredError:
        """`still`: seconds for which the tracker had asked us to wait, and which the next process owes it too."""
        until = self.now() + timedelta(seconds=min(still, _ONE_YEAR_SECONDS)) if still > 0 else None
        return DeferredError(f"{self.settings.name}: stopped on request; the next run goes on from here", until=until)

    def _hold(self, pause: Pause, endpoint: str) -> None:
        until = self.monotonic() + min(pause.seconds, LONGEST_HOLD_SECONDS)
        self._pacer.hold(until, endpoint=endpoint if pause.endpoint_only else None)

    def _busy(self, status: int) -> TrackerUnavailableError:
        what = "too many requests" if status == 429 else "a trouble of its own"
        error = TrackerUnavailableError(
            f"{self.settings.name}: {self.host} answers {status}, {what}; everything held stays, try again later"
        )
        error.status = status
        return error

    @property
    def host(self) -> str:
        return self.base.host or ""

    @property
    def is_hung_up(self) -> bool:
        return self._hung_up

    def _checked(self, received: _Received) -> Answer:
        """The response gate: 200 with strict JSON is data, everything else is an error by name."""
        status, headers = received.status, received.headers
        if not self.reads_answers and status in (200, 201, 202, 204):
            return Answer(json=None, status=status, headers=headers, server_date=received.server_date)
        if status != 200:
            self._raise_for(received)
        login = headers.get("X-Seraph-LoginReason", "").upper()
        if "AUTHENTICATED_FAILED" in login or "AUTHENTICATION_DENIED" in login:
            # Jira answers 200 with what a stranger may see, often nothing (jira.js #418).
            self._raise(
                AccessDeniedError,
                "the tracker did not accept our token and answers as to a stranger; make a new token",
                status,
            )
        kind = headers.get("Content-Type", "").lower()
        if not _JSON_TYPE.match(kind):
            found = "a web page" if "html" in kind else "no JSON"
            self._raise(
                UnreadableAnswerError,
                f"{self.host} answered {found} where data was expected: a sign-in or maintenance page, or a proxy; "
                "open the address in a browser to see what stands in the way",
                status,
            )
        try:
            value = json_of(received.body)
        except ValueError as reason:
            self._raise(
                UnreadableAnswerError, f"the answer of {self.host} cannot be read: {reason}; nothing of it kept", status
            )
        if value is None:
            self._raise(UnreadableAnswerError, f"the answer of {self.host} is empty; nothing of it kept", status)
        return Answer(json=value, status=status, headers=headers, server_date=received.server_date)

    def _raise_for(self, received: _Received) -> NoReturn:
        status, headers = received.status, received.headers
        said = self._said(received)
        if status == 401:
            self._refused_token()
            hint = self.hints.get(401, "check user and token, and whether the token has expired")
            self._raise(AccessDeniedError, f"{self.host} does not accept our token (401){said}; {hint}", status)
        if status == 403 and "X-Authentication-Denied-Reason" in headers:
            self._stopped = (
                f"{self.settings.name}: {self.host} asks for a CAPTCHA after failed logins; sign in once in a browser, "
                "then use a personal access token. We stop asking, so that the account is not locked"
            )
            self._raise(AccountAtStakeError, self._stopped.partition(": ")[2], status)
        if status == 403:
            hint = self.hints.get(403, "check what the token's owner may see and which scopes the token has")
            self._raise(AccessDeniedError, f"{self.host} denies access (403){said}; {hint}", status)
        if status == 203:
            self._raise(
                AccessDeniedError,
                f"{self.host} answers with its sign-in page (203); the token is wrong or expired",
                203,
            )
        if 300 <= status < 400:
            self._raise_for_redirect(status, headers.get("Location", ""))
        if status == 407:
            self._raise(SettingsError, "the proxy asks for credentials of its own (407); check proxy", status)
        if status >= 500:
            self._raise(TrackerUnavailableError, f"{self.host} answers {status}; try again later", status)
        if status >= 400:
            general = {
                404: "check the address, and that the token's owner may see what is asked for",
                410: "the tracker has removed what we asked for: this address is a Jira Cloud, or a newer one",
            }.get(status, "check the settings of this source")
            self._raise(
                SettingsError,
                f"{self.host} refuses the question ({status}){said}; {self.hints.get(status, general)}",
                status,
            )
        self._raise(UnreadableAnswerError, f"{self.host} answered {status}, which is not data", status)

    def _raise_for_redirect(self, status: int, location: str) -> NoReturn:
        if _LOGIN.search(location):
            self._raise(
                AccessDeniedError,
                f"{self.host} sends us to a sign-in page ({status}); the token is wrong, expired, or of another kind",
                status,
            )
        self._raise(
            SettingsError,
            f"{self.host} sends us elsewhere ({status}), and we follow no redirect; set url to the tracker's own",
            status,
        )

    def _refused_token(self) -> None:
        if self._bearer is not None:
            return  # access tokens run out; `send` counts for itself
        with self._lock:
            self._refusals += 1
            if self._refusals >= REFUSALS_BEFORE_STOP:
                self._stopped = (
                    f"{self.settings.name}: {self.host} has refused our token {self._refusals} times; "
                    "we stop asking, so that the account is not locked. Check user and token"
                )

    def _said(self, received: _Received) -> str:
        """The tracker's own words about a refusal, shortened, one line, free of our secrets."""
        if not _JSON_TYPE.match(received.headers.get("Content-Type", "").lower()):
            return ""
        try:
            body = json_of(received.body)
        except ValueError:
            return ""
        words = " ".join(_words(body)).strip()
        if not words:
            return ""
        words = _without_controls(self._redacted(words))
        return f": “{words[:_LONGEST_QUOTE]}{'…' if len(words) > _LONGEST_QUOTE else ''}”"

    def _redacted(self, text: str) -> str:
        for secret in (*_forms_of(self.settings), *(self._bearer.secrets() if self._bearer is not None else ())):
            text = text.replace(secret, "***")
        return text

    def _raise(self, kind: type[TrackerError], message: str, status: int) -> NoReturn:
        error = kind(f"{self.settings.name}: {message}")
        error.status = status
        raise error


@dataclass(frozen=True, slots=True, kw_only=True)
class _Received:
    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def server_date(self) -> datetime | None:
        try:
            moment = parsedate_to_datetime(self.headers.get("Date", ""))
        except (ValueError, TypeError):
            return None
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)


class _GuardedAdapter(HTTPAdapter):
    """The one adapter of a Transport. What the packages say of retries, proxies, certificates and time is ignored."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        super().__init__(pool_connections=4, pool_maxsize=8)

    @property
    def max_retries(self) -> urllib3.Retry:
        return urllib3.Retry(0, read=False)

    @max_retries.setter
    def max_retries(self, _: object) -> None:
        """Msrest sets its own before every request; ours stay."""

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = _POOLS

    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> urllib3.ProxyManager:
        manager: urllib3.ProxyManager = super().proxy_manager_for(proxy, **kwargs)
        manager.pool_classes_by_scheme = _POOLS
        return manager

    def send(self, request: requests.PreparedRequest, *_: Any, **__: Any) -> requests.Response:
        request.headers["Accept-Encoding"] = "gzip"
        response: requests.Response | None = None

        def attempt_once(seconds: float) -> _Received:
            nonlocal response
            response, received = self._attempt(request, seconds=seconds)
            return received

        answer = self._transport.send(request, attempt_once)
        assert response is not None
        response.answer = answer  # type: ignore[attr-defined]  # read back by answer_of
        return response

    def _attempt(self, request: requests.PreparedRequest, *, seconds: float) -> tuple[requests.Response, _Received]:
        """One request on the wire, its body read whole, within `seconds` in all."""
        settings = self._transport.settings
        proxies = {"http": settings.proxy, "https": settings.proxy} if settings.proxy else {}
        has_begun = False  # to answer
        with self._transport.cut_in_time(seconds) as late:
            try:
                response = super().send(
                    request,
                    stream=True,
                    timeout=(min(CONNECT_SECONDS, seconds), min(READ_SECONDS, seconds)),
                    verify=settings.ca_bundle or True,
                    proxies=proxies,
                )
                has_begun = True
                try:
                    body = self._body_of(response)
                finally:
                    response.raw.close() if late.is_set() else response.raw.release_conn()
            except TrackerError as error:
                raise (self._translated(error, late=True, seconds=seconds) if late.is_set() else error) from None
            except (requests.RequestException, urllib3.exceptions.HTTPError, OSError) as error:
                if (
                    has_begun
                    and not late.is_set()
                    and not isinstance(error, TimeoutError | urllib3.exceptions.TimeoutError)
                ):
                    raise self._cut_short() from None
                raise self._translated(error, late=late.is_set(), seconds=seconds) from None
            if late.is_set():  # a cut connection may look like an answer that came to its end
                raise self._translated(TimeoutError(), late=True, seconds=seconds)
        response._content = body
        return response, _Received(status=response.status_code, headers=response.headers, body=body)

    def _body_of(self, response: requests.Response) -> bytes:
        """Read and unpack the body under the size and ratio caps; a body cut short is no body."""
        raw = response.raw
        encoding = response.headers.get("Content-Encoding", "").strip().lower()
        length = response.headers.get("Content-Length")
        packed = 0
        try:
            if length is not None and length.isdigit() and int(length[:18]) > self._transport.largest_answer_bytes:
                raise _TooLargeError.than(self._transport.largest_answer_bytes)
            unpack = _Unpacker(encoding, largest=self._transport.largest_answer_bytes)
            while chunk := raw.read1(65_536, decode_content=False):
                packed += len(chunk)
                unpack.feed(chunk)
        except _TooLargeError as error:
            raw.close()
            raise UnreadableAnswerError(f"{self._transport.settings.name}: {error}; nothing of it was kept") from None
        chunked = "chunked" in response.headers.get("Transfer-Encoding", "").lower()
        cut_short = length is not None and not chunked and length.isdigit() and packed != int(length)
        if (cut_short and response.status_code != 204) or not unpack.is_whole:
            raw.close()
            raise self._cut_short()
        return bytes(unpack.body)

    def _cut_short(self) -> TrackerUnavailableError:
        name, host = self._transport.settings.name, self._transport.host
        return TrackerUnavailableError(f"{name}: an answer of {host} was cut short; try again later")

    def _translated(self, error: Exception, *, late: bool, seconds: float) -> TrackerError:
        """Name a network error by what to do about it; its own text may carry the query, so it is dropped."""
        name, host = self._transport.settings.name, self._transport.host
        if late and self._transport.is_hung_up:
            return self._transport._stopped_on_request()
        if isinstance(error, requests.exceptions.SSLError | SSLError) and not late:
            return SettingsError(f"{name}: {_tls_trouble(error, host=host)}")
        if late:
            what = f"{host} took longer than {seconds:.0f} s to answer; try again later"
        elif isinstance(error, requests.exceptions.ProxyError):
            what = f"the proxy does not let us through to {host}; check proxy"
        elif isinstance(error, requests.exceptions.Timeout | urllib3.exceptions.TimeoutError):
            what = f"{host} did not answer in time; try again later"
        elif _is_no_http(error):
            what = f"{host} answers with headers that cannot be read; look for a proxy in between"
        else:
            what = f"no connection to {host}; check the address and the network"
        return TrackerUnavailableError(f"{name}: {what}")


def _tls_trouble(error: Exception, *, host: str) -> str:
    if "CERTIFICATE_VERIFY_FAILED" in str(error):
        return (
            f"the certificate of {host} cannot be verified; "
            "where your organisation signs its own, name its file with ca_bundle"
        )
    return (
        f"what answers at {host} does not speak TLS 1.2 or newer; "
        "check url and proxy, and whether a portal of the network asks for a sign-in"
    )


def _is_no_http(error: BaseException) -> bool:
    """Did something answer, but not as HTTP has it: headers without end, no status line?"""
    broken = [part for part in (error, *error.args) if isinstance(part, BaseException)]
    broken += [part for one in broken[1:] for part in one.args if isinstance(part, BaseException)]
    return any(isinstance(one, HTTPException) and not isinstance(one, OSError | IncompleteRead) for one in broken)


class _TooLargeError(Exception):
    """An answer that we do not want to hold; its text ends a sentence."""

    @classmethod
    def than(cls, largest: int) -> _TooLargeError:
        return cls(f"an answer is larger than {largest // 1_048_576} MB")


class _Unpacker:
    """Gathers a body, unpacked if it is packed, and knows whether it came to its proper end."""

    def __init__(self, encoding: str, *, largest: int) -> None:
        self.body = bytearray()
        self._largest = largest
        self._packed = 0
        self._gzip = None
        if encoding in ("gzip", "x-gzip"):
            self._gzip = zlib.decompressobj(wbits=31)
        elif encoding not in ("", "identity"):
            raise _TooLargeError("the answer is packed in a way that we did not ask for")

    def feed(self, chunk: bytes) -> None:
        self._packed += len(chunk)
        if self._gzip is None:
            self.body += chunk
        while self._gzip is not None and chunk:
            if self._gzip.eof:
                self._gzip = zlib.decompressobj(wbits=31)
            try:
                self.body += self._gzip.decompress(chunk, 1_048_576)
            except zlib.error:
                raise _TooLargeError("the answer cannot be unpacked") from None
            chunk = self._gzip.unconsumed_tail or self._gzip.unused_data
            self._check_size()
        self._check_size()

    @property
    def is_whole(self) -> bool:
        return self._gzip is None or self._gzip.eof or self._packed == 0

    def _check_size(self) -> None:
        if len(self.body) > self._largest:
            raise _TooLargeError.than(self._largest)
        if len(self.body) > max(1_048_576, LARGEST_RATIO * self._packed):
            raise _TooLargeError(f"an answer unpacks to more than {LARGEST_RATIO} times its size")


class _Watched:
    """Remembers, by thread, the connection in use, so that the deadline can cut it wherever it hangs."""

    def request(self, *args: Any, **kwargs: Any) -> Any:
        if (cut := getattr(_in_use, "cut", None)) is not None:
            cut.connection = self
        return super().request(*args, **kwargs)  # type: ignore[misc]  # a mixin of HTTPConnection

    def _new_conn(self) -> socket.socket:
        """Resolve the name and dial, both within the deadline: a resolver that hangs cannot be interrupted, only left.

        Raises ConnectTimeoutError, as urllib3's own does.
        """
        cut: _Cut | None = getattr(_in_use, "cut", None)
        dial: Callable[[], socket.socket] = super()._new_conn  # type: ignore[misc]  # a mixin of HTTPConnection
        if cut is None:
            return dial()
        cut.connection = self  # a greeting (TLS, a proxy's) comes before the request
        dialled = cut.awaited(dial)
        if dialled is None:
            raise ConnectTimeoutError(self, "no connection before the deadline")
        return dialled


class _Dialling(threading.Thread):
    """A connection in the making; whoever waits for it may leave."""

    def __init__(self, dial: Callable[[], socket.socket], *, ended: Callable[[], None]) -> None:
        super().__init__(name="dial", daemon=True)
        self._dial = dial
        self._ended = ended
        self._lock = threading.Lock()
        self._is_left = False
        self._made: socket.socket | None = None
        self._trouble: BaseException | None = None

    def run(self) -> None:
        try:
            made = self._dial()
        except BaseException as error:  # the one who waits has to know
            self._trouble = error
        else:
            with self._lock:
                self._made = made
                if self._is_left:
                    made.close()
        self._ended()

    def taken(self) -> socket.socket | None:
        """What was made so far, which is nobody else's from now on; None: nothing, and what still comes is closed."""
        if self._trouble is not None:
            raise self._trouble
        with self._lock:
            self._is_left = self._made is None
            return self._made


class _WatchedConnection(_Watched, HTTPConnection):
    pass


class _WatchedTLSConnection(_Watched, HTTPSConnection):
    pass


class _WatchedPool(HTTPConnectionPool):
    ConnectionCls = _WatchedConnection


class _WatchedTLSPool(HTTPSConnectionPool):
    ConnectionCls = _WatchedTLSConnection


class _Cut:
    """Cuts a connection at the deadline: a server that drips bytes resets every other time-out."""

    def __init__(self) -> None:
        self.connection: Any = None
        self._late = threading.Event()
        self._looked_at = threading.Event()  # set where one who waits for a connection should look

    def is_set(self) -> bool:
        return self._late.is_set()

    def awaited(self, dial: Callable[[], socket.socket]) -> socket.socket | None:
        """The connection that `dial` makes; None where it is too late."""
        self._looked_at.clear()
        dialling = _Dialling(dial, ended=self._looked_at.set)
        dialling.start()
        if not self.is_set():
            self._looked_at.wait()
        made = dialling.taken()
        if made is not None and self.is_set():
            made.close()
            return None
        return made

    def __call__(self) -> None:
        self._late.set()
        self._looked_at.set()
        sock = getattr(self.connection, "sock", None)
        if sock is not None:
            try:
                sock.shutdown(2)
            except OSError:
                return  # already closed


@contextmanager
def _deadline(seconds: float) -> Iterator[_Cut]:
    cut = _Cut()
    timer = threading.Timer(max(0.001, seconds), cut)
    timer.daemon = True
    _in_use.cut = cut
    timer.start()
    try:
        yield cut
    finally:
        timer.cancel()
        _in_use.cut = None


def _pinned_base(settings: SourceSettings) -> Url:
    """Parse the configured address as it will be dialled, or say what is wrong with it."""
    problem = None
    try:
        url = parse_url(settings.url.strip().rstrip("/"))
    except LocationParseError:
        url, problem = Url(), "it cannot be read"
    if problem is None and (url.scheme not in ("http", "https") or not url.host):
        problem = "it should look like https://example.atlassian.net"
    elif url.auth is not None:
        problem = "it carries credentials; name them with user and token"
    elif url.query or url.fragment or _UNSAFE_IN_URL.search(settings.url):
        problem = "it carries more than scheme, host and path"
    elif url.scheme == "http" and not settings.allow_insecure:
        problem = "it is not https, so the token would travel in clear (allow_insecure: true permits that)"
    if problem is not None:
        raise SettingsError(f"{settings.name}: the url of this source cannot be used: {problem}")
    return url


def _origin(url: Url) -> tuple[str, str, int]:
    port = url.port or {"http": 80, "https": 443}.get(url.scheme or "", 0)
    return (url.scheme or "", (url.host or "").lower(), port)


def _compiled(table: str) -> tuple[tuple[str, re.Pattern[str], str], ...]:
    """Compile the lines of a table; paths match whole, without case (Azure DevOps writes them both ways)."""
    lines = (line.split() for line in table.strip().splitlines())
    return tuple((method, _pattern(path), f"{method} {path}") for method, path in lines)


def _pattern(path: str) -> re.Pattern[str]:
    parts = {"[": "(?:", "]": ")?", "{n}": r"\d+"}
    tokens = re.split(r"(\[|\]|\{[a-z]+\})", path)
    expression = "".join(parts.get(token, "[^/]+" if token.startswith("{") else re.escape(token)) for token in tokens)
    return re.compile(expression, re.IGNORECASE)


def _shared_pacer(settings: SourceSettings, *, host: str, monotonic: Callable[[], float]) -> Pacer:
    """One pacer for each host and identity, however many transports ask there at once.

    Its instants mean something on one clock only, so transports that are told of another time share nothing.
    """
    own = settings.oauth
    secrets = [settings.token] if own is None else [own.client_id, own.client_secret, own.refresh_token]
    identity = hashlib.sha256(repr((settings.user, *secrets)).encode()).hexdigest()
    with _pacers_lock:
        pacer = _pacers.get((host, identity, monotonic))
        if pacer is None:
            pacer = _pacers[(host, identity, monotonic)] = Pacer()
        return pacer


def _bearer_of(settings: SourceSettings, **clocks: Any) -> Bearer | None:
    if settings.oauth is None:
        return None
    from connectors.credentials import Bearer  # noqa: PLC0415  # it leans on this module

    return Bearer(settings, **clocks)


def _words(body: Json) -> Iterator[str]:
    """The sentences of an error body: Jira's errorMessages, errors, message; Azure DevOps' message."""
    if not isinstance(body, Mapping):
        return
    for name in ("errorMessages", "errors", "message", "errorMessage"):
        found = body.get(name)
        if isinstance(found, Mapping):
            found = list(found.values())
        for words in found if isinstance(found, list) else [found]:
            if isinstance(words, str):
                yield words


def _forms_of(settings: SourceSettings) -> tuple[str, ...]:
    """The ways in which our secret could come back to us."""
    if not settings.token:
        return ()
    pairs = [f"{user}:{settings.token}" for user in {settings.user or "", ""}]
    packed = [base64.b64encode(pair.encode()).decode() for pair in pairs]
    return (*packed, base64.b64encode(settings.token.encode()).decode(), quote(settings.token, safe=""), settings.token)


def _without_controls(text: str) -> str:
    return "".join(letter if letter.isprintable() else " " for letter in text)


_POOLS = {"http": _WatchedPool, "https": _WatchedTLSPool}
_in_use = threading.local()
_pacers: weakref.WeakValueDictionary[tuple[str, str, Callable[[], float]], Pacer] = weakref.WeakValueDictionary()
_pacers_lock = threading.Lock()
_live: weakref.WeakSet[Transport] = weakref.WeakSet()
_log = logging.getLogger(__name__)
_ONE_YEAR_SECONDS = 366 * 86_400.0
_LONGEST_QUOTE = 300
_JSON_TYPE = re.compile(r"application/([a-z0-9.+-]+\+)?json\s*(;|$)")
_LOGIN = re.compile(r"log-?in|sign-?in|saml|sso|oauth|/auth|adfs|accounts?\.", re.IGNORECASE)
# Backslashes, dots and slashes in disguise, dot segments, empty segments, controls: readers of URLs disagree on them.
_UNSAFE_IN_URL = re.compile(r"[\\\s\x00-\x1f\x7f]|%(?:2e|2f|5c|00)|/\.{1,2}(?:/|$)|[^:]//", re.IGNORECASE)
