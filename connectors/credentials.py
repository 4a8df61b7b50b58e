"""Credentials that are renewed: access tokens of OAuth 2.0, got by a client of its own with a list of its own.

    bearer = Bearer(settings, now=..., monotonic=..., sleep=..., random=...)
    bearer.token()                  # good for about an hour; asked for when there is none, or when it runs out
    bearer.refused(token)           # the tracker did not take it: the next `token()` is another one

Two kinds of grants. *Client credentials*: a service principal of Microsoft Entra (Azure DevOps Services), a service
account of Atlassian. *Refresh token* (Atlassian 3LO): each may be used once and brings the next one, so that the next
one is kept in a file, durably, before the access token that came with it is used:

    ready ──asked──> asking ──answered──> ready, with the next token
                       │
                       └──refused──> spent: a person must sign in again; nothing is asked until then

A process that dies in between leaves `asking`. Its successor tries the same token once more (the service forgives that
for some minutes) and otherwise says what to do.

Sources: learn.microsoft.com "OAuth 2.0 client credentials flow", developer.atlassian.com "Implementing the Refresh
Token Flow" (rotating tokens, 403 invalid_grant), support.atlassian.com "Create OAuth 2.0 credential for service
accounts" (60 minutes, same token endpoint).
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import re
import stat
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import requests

from connectors.base import (
    AccessDeniedError,
    Json,
    OAuth,
    SettingsError,
    SourceSettings,
    UnreadableAnswerError,
)
from connectors.transport import Transport, answer_of

# The only requests that leave for a token, matched whole: host and path, nothing behind them.
ENTRA_HOST, ENTRA = "https://login.microsoftonline.com", "POST /{tenant}/oauth2/v2.0/token"
ATLASSIAN_HOST, ATLASSIAN = "https://auth.atlassian.com", "POST /oauth/token"

AZURE_DEVOPS_SCOPE = "499b84ac-1321-427f-aa17-267ca6975798/.default"
SHORTEST_LIFE_SECONDS = 60.0
MARGIN_SECONDS = 120.0  # an access token is renewed before it runs out, since clocks and requests take their time
LARGEST_KEPT_BYTES = 65_536


@dataclass(frozen=True)
class Grant:
    """What a token endpoint gave: an access token, how long it is good for, and the next refresh token, if any."""

    access_token: str
    seconds: float
    refresh_token: str | None = None


@dataclass(frozen=True, kw_only=True)
class Kept:
    """A refresh token in its file. `began_with` names the token of the settings from which it came, not the token."""

    began_with: str
    state: str  # ready, asking, spent
    refresh_token: str


class Bearer:
    """The access token of one transport. Transports of one identity share theirs; safe among threads.

    What the token endpoint refuses is not asked again by this transport. Raises AccessDeniedError (a person must act),
    SettingsError, or TrackerUnavailableError.
    """

    def __init__(
        self,
        settings: SourceSettings,
        *,
        now: Callable[[], datetime],
        monotonic: Callable[[], float],
        sleep: Callable[[float], None],
        random: Callable[[], float],
    ) -> None:
        if settings.oauth is None:
            raise ValueError("a source without `oauth` has a token of its own")
        self._settings = settings
        self._oauth = settings.oauth
        self._monotonic = monotonic
        self._transport = _way_out(settings, now=now, monotonic=monotonic, sleep=sleep, random=random)
        self._session = requests.Session()
        self._transport.mount(self._session)
        self._shared = _shared(settings)
        self._denied: str | None = None

    def token(self) -> str:
        """An access token that is good for a while; one request, however many threads ask at once."""
        with self._shared.lock:
            if self._denied is not None:
                raise AccessDeniedError(self._denied)
            if self._shared.token is None or self._monotonic() >= self._shared.good_until:
                try:
                    self._take(self._renewed())
                except (AccessDeniedError, SettingsError) as error:
                    self._denied = str(error)
                    raise
            return self._shared.token or ""

    def refused(self, token: str) -> None:
        """Forget this token; another one that a second thread got meanwhile stays."""
        with self._shared.lock:
            if self._shared.token == token:
                self._shared.token = None

    def secrets(self) -> tuple[str, ...]:
        """Every secret that was learned here."""
        return tuple(self._shared.secrets)

    def hang_up(self) -> None:
        self._transport.hang_up()

    def close(self) -> None:
        self._session.close()
        self._transport.close()

    def _take(self, grant: Grant) -> None:
        life = max(SHORTEST_LIFE_SECONDS, grant.seconds)
        self._shared.token = grant.access_token
        self._shared.good_until = self._monotonic() + life - min(MARGIN_SECONDS, life / 2)

    def _learn(self, *secrets: str | None) -> None:
        """Before a secret is used or kept, whoever redacts is told of it."""
        for secret in secrets:
            if secret and secret not in self._shared.secrets:
                self._shared.secrets.add(secret)
                self._oauth.learned(secret)

    def _renewed(self) -> Grant:
        self._learn(self._oauth.client_secret, self._oauth.refresh_token)
        if self._oauth.refresh_token is None:
            return self._ask_or_explain(None)
        if self._oauth.kept_in is None:
            raise SettingsError(f"{self._settings.name}: oauth.keep must name the file for renewed refresh tokens")
        with _KeptToken(Path(self._oauth.kept_in), who=self._settings.name) as file:
            return self._rotate(file, file.read(began_with=_name_of(self._oauth.refresh_token)))

    def _rotate(self, file: _KeptToken, found: Kept | None) -> Grant:
        """Use up the refresh token and keep the next one, in this order: asking, the request, ready."""
        assert self._oauth.refresh_token is not None
        kept = found or Kept(
            began_with=_name_of(self._oauth.refresh_token), state="ready", refresh_token=self._oauth.refresh_token
        )
        self._learn(kept.refresh_token)
        if kept.state == "spent":
            raise _as_refused(self._sign_in_again("it was refused before, and nothing has changed since"))
        file.write(replace(kept, state="asking"))
        try:
            grant = self._ask_or_explain(kept.refresh_token)
        except _SpentError:
            file.write(replace(kept, state="spent"))
            died = "; a vmo that renewed it was killed before it could keep the next one" * (kept.state == "asking")
            raise _as_refused(self._sign_in_again(f"Atlassian no longer accepts it{died}")) from None
        except (AccessDeniedError, SettingsError):
            file.write(kept)
            raise
        file.write(replace(kept, state="ready", refresh_token=grant.refresh_token or kept.refresh_token))
        return grant

    def _ask_or_explain(self, refresh_token: str | None) -> Grant:
        """Ask for a token. Raises _SpentError where a refresh token is refused."""
        name = self._settings.name
        try:
            response = self._session.post(self._url, **self._question(refresh_token))
            grant = _grant_of(answer_of(response).json, who=name)
        except (AccessDeniedError, SettingsError) as error:
            if error.status is None or error.status < 400:
                raise
            if error.status not in (400, 401, 403, 404):  # what the endpoint says may quote what it was sent
                refusal = SettingsError(
                    f"{name}: {self._transport.host} refuses to renew the token ({error.status}); try again later, and "
                    "check oauth of this source"
                )
                refusal.status = error.status
                raise refusal from None
            if refresh_token is not None and error.status in (400, 403):
                raise _SpentError from None
            raise _as_refused(
                AccessDeniedError(
                    f"{name}: {self._transport.host} gives us no access token ({error.status}); check that client_id "
                    f"and client_secret{' and tenant' if self._oauth.tenant else ''} belong together and that the "
                    "secret has not expired"
                )
            ) from None
        self._learn(grant.access_token, grant.refresh_token)
        return grant

    @property
    def _url(self) -> str:
        if self._oauth.token_url is not None:
            return self._oauth.token_url
        if self._oauth.tenant is not None:
            return f"{ENTRA_HOST}/{self._oauth.tenant}/oauth2/v2.0/token"
        return f"{ATLASSIAN_HOST}/oauth/token"

    def _question(self, refresh_token: str | None) -> dict[str, Json]:
        told = {"client_id": self._oauth.client_id, "client_secret": self._oauth.client_secret}
        if self._oauth.tenant is not None:
            return {"data": {**told, "grant_type": "client_credentials", "scope": AZURE_DEVOPS_SCOPE}}
        if refresh_token is None:
            return {"json": {**told, "grant_type": "client_credentials"}}
        return {"json": {**told, "grant_type": "refresh_token", "refresh_token": refresh_token}}

    def _sign_in_again(self, why: str) -> AccessDeniedError:
        return AccessDeniedError(
            f"{self._settings.name}: the refresh token cannot be renewed: {why}. Sign in again in a browser for this "
            "app, with offline_access among its scopes, and put the new refresh token where oauth.refresh_token of "
            "this source points; nothing was read, and nothing held was changed"
        )


class _SpentError(Exception):
    """A refresh token was refused: it was used up, has expired, or was revoked."""


class _Shared:
    """What the transports of one identity have in common. `good_until` is in monotonic seconds."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.token: str | None = None
        self.good_until = 0.0
        self.secrets: set[str] = set()


class _KeptToken:
    """The file of a refresh token, 0600, for one process at a time; held until the next token is safely in it."""

    def __init__(self, path: Path, *, who: str) -> None:
        self._path = path
        self._who = who
        self._lock = -1

    def __enter__(self) -> _KeptToken:
        with self._troubles():
            self._lock = os.open(self._path.with_name(self._path.name + ".lock"), os.O_RDWR | os.O_CREAT, 0o600)
            fcntl.flock(self._lock, fcntl.LOCK_EX)
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._lock)

    def read(self, *, began_with: str) -> Kept | None:
        """What is kept of the token that the settings point to; None where a person has put a new one there."""
        with self._troubles():
            try:
                descriptor = os.open(self._path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
            except FileNotFoundError:
                return None
            with os.fdopen(descriptor, "rb") as opened:
                mode = stat.S_IMODE(os.fstat(descriptor).st_mode)
                body = opened.read(LARGEST_KEPT_BYTES)
        if mode & 0o077:
            raise SettingsError(f"{self._who}: others may read {self._path} (mode {mode:04o}); chmod 0600 it")
        try:
            told = json.loads(body)
            kept = Kept(
                began_with=str(told["began_with"]), state=str(told["state"]), refresh_token=str(told["refresh_token"])
            )
        except (ValueError, TypeError, KeyError):
            raise SettingsError(
                f"{self._who}: {self._path} is not a file of ours; name another one with oauth.keep, or remove it and "
                "sign in again"
            ) from None
        return kept if kept.began_with == began_with else None

    def write(self, kept: Kept) -> None:
        """Durably, and whole or not at all."""
        body = json.dumps(
            {"began_with": kept.began_with, "state": kept.state, "refresh_token": kept.refresh_token}
        ).encode()
        beside = self._path.with_name(self._path.name + ".new")
        with self._troubles():
            descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
            with os.fdopen(descriptor, "wb") as opened:
                os.fchmod(descriptor, 0o600)
                opened.write(body)
                opened.flush()
                os.fsync(descriptor)
            beside.replace(self._path)
            folder = os.open(self._path.parent, os.O_RDONLY | os.O_DIRECTORY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)

    @contextmanager
    def _troubles(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise SettingsError(
                f"{self._who}: the refresh token cannot be kept in {self._path}: {error.strerror}; "
                "oauth.keep must name a file in a folder where vmo may write"
            ) from None


def _way_out(
    settings: SourceSettings,
    *,
    now: Callable[[], datetime],
    monotonic: Callable[[], float],
    sleep: Callable[[float], None],
    random: Callable[[], float],
) -> Transport:
    """A transport to the token endpoint and nowhere else. It knows no token, and the tracker's transport no secret."""
    assert settings.oauth is not None
    if settings.oauth.tenant is not None and not _TENANT.fullmatch(settings.oauth.tenant):
        raise SettingsError(f"{settings.name}: oauth.tenant is a directory's id or domain, and nothing else")
    host, line = (ENTRA_HOST, ENTRA) if settings.oauth.tenant is not None else (ATLASSIAN_HOST, ATLASSIAN)
    if settings.oauth.token_url is not None:
        if not (settings.allow_insecure or settings.allow_private):
            raise SettingsError(
                f"{settings.name}: oauth.token_url is only for sources with allow_insecure or allow_private; "
                "leave it out: tokens are asked for at the tracker's own service"
            )
        host, _, path = _split(settings.oauth.token_url)
        line = f"POST {path}"
    return Transport(
        replace(settings, url=host, user=settings.oauth.client_id, token=settings.oauth.client_secret, oauth=None),
        allowed=line,
        now=now,
        monotonic=monotonic,
        sleep=sleep,
        random=random,
        largest_answer_bytes=LARGEST_KEPT_BYTES,
    )


def _split(url: str) -> tuple[str, str, str]:
    """Scheme and host, a slash, and the path with its slash."""
    scheme, _, rest = url.partition("://")
    host, slash, path = rest.partition("/")
    return f"{scheme}://{host}", slash, f"/{path}"


def _grant_of(told: Json, *, who: str) -> Grant:
    """Read a token endpoint's answer. Its words are never repeated: they are secrets."""
    token = told.get("access_token") if isinstance(told, Mapping) else None
    if not isinstance(token, str) or not token.isascii() or not token.isprintable() or " " in token:
        raise UnreadableAnswerError(f"{who}: the token endpoint's answer carries no access token; nothing of it kept")
    following = told.get("refresh_token")
    try:
        seconds = float(told.get("expires_in", 0))
    except (TypeError, ValueError):
        seconds = 0.0
    return Grant(token, seconds, following if isinstance(following, str) and following else None)


def _as_refused(error: AccessDeniedError) -> AccessDeniedError:
    """Whatever status a token endpoint chose: our credentials were not accepted."""
    error.status = 401
    return error


def _name_of(secret: str) -> str:
    """A name by which a long random token is known again, and from which it cannot be told."""
    return hashlib.sha256(secret.encode()).hexdigest()


def _shared(settings: SourceSettings) -> _Shared:
    """One for each identity and way, as long as the process lives: the next run needs no new token."""
    oauth: OAuth | None = settings.oauth
    assert oauth is not None
    told = (oauth.client_id, oauth.client_secret, oauth.refresh_token, oauth.tenant, oauth.token_url, oauth.kept_in)
    key = hashlib.sha256(repr(told).encode()).hexdigest()
    with _all_lock:
        return _all_shared.setdefault(key, _Shared())


_TENANT = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]*(\.[A-Za-z0-9-]+)*")
_all_shared: dict[str, _Shared] = {}
_all_lock = threading.Lock()
