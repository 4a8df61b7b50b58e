"""Keep pages of a Confluence space, through the guarded transport; no page of somebody else is ever changed.

    look for the title ──> none: make it, then sign it
                      ──> ours and untouched: a new version, unless it tells this edition already
                      ──> changed by hand, or somebody else's: refused

A page is ours that carries our property. The property says which edition it tells and in which version we left it; the
message of that version says it, too, so that whoever is stopped between the two requests knows the page again.
What may leave is the tables below alone: pages, their properties and the space, below the configured address.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, Protocol

import requests

from connectors.base import (
    Json,
    SettingsError,
    SourceSettings,
    TrackerError,
    UnreadableAnswerError,
    UnreadableItemError,
)
from connectors.transport import Transport, answer_of

CLOUD = """
GET  /api/v2/spaces
GET  /api/v2/pages
POST /api/v2/pages
GET  /api/v2/pages/{n}
PUT  /api/v2/pages/{n}
GET  /api/v2/pages/{n}/properties
POST /api/v2/pages/{n}/properties
PUT  /api/v2/pages/{n}/properties/{n}
"""
DATA_CENTER = """
GET  /rest/api/content
POST /rest/api/content
GET  /rest/api/content/{n}
PUT  /rest/api/content/{n}
GET  /rest/api/content/{n}/property/vmo-edition
POST /rest/api/content/{n}/property
PUT  /rest/api/content/{n}/property/vmo-edition
"""
PROPERTY = "vmo-edition"
REQUEST_SECONDS = 20
LARGEST_ANSWER_BYTES = 16 * 1024 * 1024


class PageRefusedError(TrackerError):
    """One page stays as it is, since a hand was at it or the wiki does not take it: a person must act, others go on."""


@dataclass(frozen=True, kw_only=True)
class WikiSettings:
    """What must be known of a space. `token` is the secret itself; `kind` is cloud or data_center."""

    url: str
    kind: str
    space: str
    parent: str
    user: str | None = None
    token: str = field(repr=False)
    allow_insecure: bool = False
    allow_private: bool = False
    ca_bundle: str | None = None
    proxy: str | None = None
    seconds: int = 180  # for all pages together


@dataclass(frozen=True, kw_only=True)
class WikiPage:
    """A page as we want it. `file` is that of the edition it tells; `told_at` orders editions, older ones replace none.

    `mark` names edition and digest ("vmo PORTFOLIO/EDITION DIGEST"), and stands in the body, too.
    """

    title: str
    body: str
    file: str
    portfolio: str
    mark: str
    told_at: str


@dataclass(frozen=True, kw_only=True)
class Standing:
    """A page as it stands in the wiki. `message` is that of its last version."""

    id: str
    version: int
    message: str
    body: str


@dataclass(frozen=True, kw_only=True)
class Signature:
    """Our property of a page: what it tells, and in which version we left it. `id` and `revision` are its own."""

    file: str
    portfolio: str
    mark: str
    told_at: str
    version: int
    id: str = ""
    revision: int = 0


Step = Literal["make", "sign", "renew", "leave"]


def decide(wanted: WikiPage, standing: Standing | None, signature: Signature | None) -> Step:
    """What to do about a page. Raises PageRefusedError where a hand or somebody else was at it."""
    if standing is None:
        return "make"
    if signature is None:
        if standing.version == 1 and f"<code>vmo {wanted.portfolio}/" in standing.body:  # then we were stopped
            return "sign" if f"<code>{wanted.mark}</code>" in standing.body else "renew"
        raise PageRefusedError(
            f"the page “{wanted.title}” is not ours, and stays as it is; rename it, or move it to another space"
        )
    if (signature.portfolio, signature.file) != (wanted.portfolio, wanted.file):
        raise PageRefusedError(
            f"the page “{wanted.title}” tells {signature.portfolio}/{signature.file} already; "
            "give one of them another name"
        )
    left_at = signature.version
    if standing.version == left_at + 1 and standing.message == wanted.mark:
        return "sign"
    if standing.version == left_at + 1 and standing.message.startswith(f"vmo {wanted.portfolio}/"):
        left_at += 1  # we were stopped after a version of a former edition
    if standing.version != left_at:
        raise PageRefusedError(
            f"the page “{wanted.title}” was changed by hand (version {standing.version}, we left it at {left_at}), and "
            "stays as it is; rename or delete it, and the next edition makes a new one"
        )
    if signature.mark == wanted.mark or signature.told_at > wanted.told_at:
        return "leave"
    return "renew"


def keep_pages(
    settings: WikiSettings,
    pages: list[WikiPage],
    *,
    now: Callable[[], datetime],
    monotonic: Callable[[], float],
    sleep: Callable[[float], None],
    random: Callable[[], float],
) -> tuple[int, list[str]]:
    """Bring every page up to date; return how many were written, and why others could not be.

    A page that a hand was at holds up no other. Raises a TrackerError for what stands in the way of them all; what was
    written then is known again.
    """
    transport = Transport(
        SourceSettings(
            name="publish.confluence",
            kind="confluence",
            url=settings.url,
            user=settings.user,
            token=settings.token,
            allow_insecure=settings.allow_insecure,
            allow_private=settings.allow_private,
            ca_bundle=settings.ca_bundle,
            proxy=settings.proxy,
            request_timeout_seconds=REQUEST_SECONDS,
            run_deadline_seconds=settings.seconds,
            sleep_budget_seconds=0,
        ),
        allowed=CLOUD if settings.kind == "cloud" else DATA_CENTER,
        now=now,
        monotonic=monotonic,
        sleep=sleep,
        random=random,
        largest_answer_bytes=LARGEST_ANSWER_BYTES,
        hints={
            401: "check user and token",
            403: "let its user view the space, and add and edit pages there",
            404: "check url, kind and space, and what its user may see",
            400: "look for a page of that title in the trash or the archive of the space",
            413: "the page is too large for this Confluence",
        },
    )
    try:
        with requests.Session() as session, transport.tries(1):
            transport.mount(session)
            if settings.user is None:
                session.headers["Authorization"] = f"Bearer {settings.token}"
            else:
                session.auth = (settings.user, settings.token)
            wiki = _Cloud(session, settings) if settings.kind == "cloud" else _DataCenter(session, settings)
            return _keep(wiki, pages)
    finally:
        transport.close()


def _keep(wiki: _Wiki, pages: list[WikiPage]) -> tuple[int, list[str]]:
    parent = wiki.parent()
    written, refused = 0, []
    for page in pages:
        try:
            written += _kept(wiki, page, parent=parent)
        except PageRefusedError as error:
            refused.append(str(error))
    return written, refused


def _kept(wiki: _Wiki, page: WikiPage, *, parent: str) -> bool:
    """Bring one page up to date; True where it was written. Its signature comes last."""
    standing = wiki.standing(page.title)
    try:
        signature = None if standing is None else wiki.signature(standing.id)
    except UnreadableItemError:
        raise PageRefusedError(
            f"the page “{page.title}” has a property {PROPERTY} that is not as we left it; delete the page, and the "
            "next edition makes a new one"
        ) from None
    step = decide(page, standing, signature)
    if step == "leave":
        return False
    if step == "sign" and standing is not None:
        wiki.sign(standing.id, page, version=standing.version, former=signature)
        return True
    try:
        if standing is None:
            id, version = wiki.make(page, parent=parent), 1
        else:
            id, version = standing.id, standing.version + 1
            wiki.renew(id, page, version=version)
    except TrackerError as error:
        if error.status == 409:
            raise PageRefusedError(
                f"the page “{page.title}” was changed by hand meanwhile, and stays as it is"
            ) from None
        if error.status in (400, 413):  # this page's own trouble
            raise PageRefusedError(f"the page “{page.title}” is not taken: {error}") from None
        raise
    wiki.sign(id, page, version=version, former=signature)
    return True


class _Wiki(Protocol):
    def parent(self) -> str: ...
    def standing(self, title: str) -> Standing | None: ...
    def signature(self, page: str) -> Signature | None: ...
    def make(self, page: WikiPage, *, parent: str) -> str: ...
    def renew(self, id: str, page: WikiPage, *, version: int) -> None: ...
    def sign(self, id: str, page: WikiPage, *, version: int, former: Signature | None) -> None: ...


class _Client:
    """What both kinds share: JSON in and out, and the parent's place."""

    def __init__(self, session: requests.Session, settings: WikiSettings) -> None:
        self._session = session
        self._settings = settings

    def _ask(self, method: str, path: str, body: Json = None, **query: str) -> Any:
        url = f"{self._settings.url}{path}"
        return answer_of(self._session.request(method, url, json=body, params=query)).json

    def _parent_of(self, standing: Standing | None) -> str:
        if standing is None:
            raise SettingsError(
                f"publish.confluence: space {self._settings.space} shows no page “{self._settings.parent}”; "
                "make it, or name another parent"
            )
        return standing.id


class _Cloud(_Client):
    """Confluence Cloud, REST API version 2."""

    def parent(self) -> str:
        spaces = _results(self._ask("GET", "/api/v2/spaces", keys=self._settings.space))
        found = [one for one in spaces if _text(one, "key") == self._settings.space]
        if not found:
            raise SettingsError(
                f"publish.confluence: there is no space {self._settings.space}, or it is not shown to us"
            )
        self._space = _text(found[0], "id")
        return self._parent_of(self.standing(self._settings.parent))

    def standing(self, title: str) -> Standing | None:
        query = {"space-id": self._space, "title": title, "status": "current", "body-format": "storage"}
        for one in _results(self._ask("GET", "/api/v2/pages", **query)):
            if _text(one, "title") == title:
                return _standing(one)
        return None

    def signature(self, page: str) -> Signature | None:
        found = _results(self._ask("GET", f"/api/v2/pages/{page}/properties", key=PROPERTY))
        return next((_signature(one) for one in found if _text(one, "key") == PROPERTY), None)

    def make(self, page: WikiPage, *, parent: str) -> str:
        body = {"spaceId": self._space, "status": "current", "title": page.title, "parentId": parent, **_body(page)}
        return _text(self._ask("POST", "/api/v2/pages", body), "id")

    def renew(self, id: str, page: WikiPage, *, version: int) -> None:
        told = {"number": version, "message": page.mark}
        body = {"id": id, "status": "current", "title": page.title, "version": told, **_body(page)}
        self._ask("PUT", f"/api/v2/pages/{id}", body)

    def sign(self, id: str, page: WikiPage, *, version: int, former: Signature | None) -> None:
        body: dict[str, Json] = {"key": PROPERTY, "value": _value(page, version)}
        if former is None:
            self._ask("POST", f"/api/v2/pages/{id}/properties", body)
        else:
            body["version"] = {"number": former.revision + 1}
            self._ask("PUT", f"/api/v2/pages/{id}/properties/{former.id}", body)


class _DataCenter(_Client):
    """Confluence Data Center, its content API."""

    def parent(self) -> str:
        return self._parent_of(self.standing(self._settings.parent))

    def standing(self, title: str) -> Standing | None:
        query = {"spaceKey": self._settings.space, "title": title, "type": "page", "expand": "version,body.storage"}
        for one in _results(self._ask("GET", "/rest/api/content", **query)):
            if _text(one, "title") == title:
                return _standing(one)
        return None

    def signature(self, page: str) -> Signature | None:
        try:
            found = self._ask("GET", f"/rest/api/content/{page}/property/{PROPERTY}", expand="version")
        except TrackerError as error:
            if error.status == 404:
                return None
            raise
        return _signature(found)

    def make(self, page: WikiPage, *, parent: str) -> str:
        body = {
            "type": "page",
            "title": page.title,
            "space": {"key": self._settings.space},
            "ancestors": [{"id": parent}],
            "body": {"storage": _body(page)["body"]},
        }
        return _text(self._ask("POST", "/rest/api/content", body), "id")

    def renew(self, id: str, page: WikiPage, *, version: int) -> None:
        body = {
            "id": id,
            "type": "page",
            "title": page.title,
            "version": {"number": version, "message": page.mark},
            "body": {"storage": _body(page)["body"]},
        }
        self._ask("PUT", f"/rest/api/content/{id}", body)

    def sign(self, id: str, page: WikiPage, *, version: int, former: Signature | None) -> None:
        body: dict[str, Json] = {"key": PROPERTY, "value": _value(page, version)}
        if former is None:
            self._ask("POST", f"/rest/api/content/{id}/property", body)
        else:
            body["version"] = {"number": former.revision + 1}
            self._ask("PUT", f"/rest/api/content/{id}/property/{PROPERTY}", body)


def _body(page: WikiPage) -> dict[str, Json]:
    return {"body": {"representation": "storage", "value": page.body}}


def _value(page: WikiPage, version: int) -> dict[str, Json]:
    return {
        "file": page.file,
        "portfolio": page.portfolio,
        "mark": page.mark,
        "told_at": page.told_at,
        "version": version,
    }


def _standing(one: Mapping[str, Json]) -> Standing:
    version = _block(one, "version")
    return Standing(
        id=_text(one, "id"),
        version=_number(version, "number"),
        message=str(version.get("message") or ""),
        body=_text(_block(_block(one, "body"), "storage"), "value"),
    )


def _signature(one: Json) -> Signature:
    """Raises UnreadableItemError where it is a property, but does not say what we wrote there."""
    id, revision = _text(one, "id"), _number(_block(one, "version"), "number")
    try:
        value = _block(one, "value")
        return Signature(
            file=_text(value, "file"),
            portfolio=_text(value, "portfolio"),
            mark=_text(value, "mark"),
            told_at=_text(value, "told_at"),
            version=_number(value, "version"),
            id=id,
            revision=revision,
        )
    except UnreadableAnswerError as error:
        raise UnreadableItemError(str(error)) from None


def _results(answer: Json) -> list[Mapping[str, Json]]:
    found = answer.get("results") if isinstance(answer, Mapping) else None
    if not isinstance(found, list) or not all(isinstance(one, Mapping) for one in found):
        raise _unreadable("results")
    return found


def _block(one: Json, name: str) -> Mapping[str, Json]:
    found = one.get(name) if isinstance(one, Mapping) else None
    if not isinstance(found, Mapping):
        raise _unreadable(name)
    return found


def _text(one: Json, name: str) -> str:
    """Words, or an id, which older servers give as a number."""
    found = one.get(name) if isinstance(one, Mapping) else None
    if not isinstance(found, str | int) or isinstance(found, bool):
        raise _unreadable(name)
    return str(found)


def _number(one: Mapping[str, Json], name: str) -> int:
    found = one.get(name)
    if not isinstance(found, int) or isinstance(found, bool):
        raise _unreadable(name)
    return found


def _unreadable(name: str) -> UnreadableAnswerError:
    return UnreadableAnswerError(f"publish.confluence: an answer without a usable {name}; check url and kind")
