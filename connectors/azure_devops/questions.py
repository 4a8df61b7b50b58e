"""The questions we ask Azure DevOps, through Microsoft's package, whose sessions go through our guarded transport.

The package knows addresses and versions: it asks the server for its locations (OPTIONS) and agrees on a version with
it, so that one client serves Server 2019 (5.x), 2020 (6.0), 2022 (7.x) and Services. We take the plain JSON and leave
its object layer alone: its reporting calls return empty objects (`ReportingWorkItemRevisionsBatch._attribute_map` is
empty in 7.1.0b4), and the others cost 16 to 61 times the parsing.
"""

from __future__ import annotations

import importlib
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

from urllib3.util import parse_url

from connectors.base import AccessDeniedError, Json, SettingsError, SourceSettings, TrackerError, UnreadableAnswerError
from connectors.transport import AZURE_DEVOPS, Answer, Transport, answer_of

CLIENT_VERSION = 7.1
PAGE_OF_PROJECTS = 500
PAGE_OF_UPDATES = 200
PAGE_OF_REVISIONS = 1_000
BATCH_OF_ITEMS = 200  # the service's own limit for workitemsbatch
TREE_DEPTH = 20  # classification nodes nest 14 deep at most (Microsoft's object limits)

HINTS = {
    401: "check that the token is a personal access token of this organisation or collection, and has not expired",
    403: "the token needs the scope “Work Items (Read)”, and its owner a licence that may see the projects",
}


@dataclass(frozen=True, slots=True)
class Location:
    """One address of the service, by the id under which every server registers it."""

    what: str
    method: str
    id: str
    version: str


CONNECTION = Location("who we are", "GET", "00d9565f-ed9c-4a06-9a50-00e7896ccab4", "7.1-preview.1")
PROJECTS = Location("the projects", "GET", "603fe2ac-9723-48b9-88ad-09305aa6c6e1", "7.1-preview.4")
FIELDS = Location("the fields", "GET", "b51fd764-e5c2-4b9b-aaf7-3395cf4bdd94", "7.1-preview.3")
TYPES = Location("the work item types", "GET", "7c8d7a76-4a09-43e8-b5df-bd792f4ac6aa", "7.1-preview.2")
STATES = Location("the states of a type", "GET", "7c9d7a76-4a09-43e8-b5df-bd792f4ac6aa", "7.1-preview.1")
NODES = Location("areas and iterations", "GET", "a70579d1-f53a-48ee-a5be-7be8659023b9", "7.1-preview.2")
REVISIONS = Location("the stream of revisions", "POST", "f828fe59-dd87-495d-a17c-7a8d6211ca6c", "7.1-preview.2")
LINKS = Location("the stream of links", "GET", "b5b5b6d0-0308-40a1-b3f4-b9bb3c66878f", "7.1-preview.3")
UPDATES = Location("the updates of an item", "GET", "6570bf97-d02c-4a91-8d93-3abe9895b1a9", "7.1-preview.3")
ITEM = Location("a work item", "GET", "72c7ddf8-2cdc-4f60-90cd-ab71c14a399b", "7.1-preview.3")
BATCH = Location("work items by id", "POST", "908509b6-4248-4475-a1cd-829139ba419f", "7.1-preview.1")
WIQL = Location("a query", "POST", "1a9c53f7-f243-4447-b110-35ef023636e4", "7.1-preview.2")
RECYCLE_BIN = Location("the recycle bin", "GET", "b70d8d39-926c-465e-b927-b1bf0e5ca0e0", "7.1-preview.2")
BACKLOGS = Location("the backlog levels", "GET", "7799f497-3cb5-4f16-ad4f-5cd06012db64", "7.1-preview.1")


class Questions:
    """One source's questions. Nothing is asked before the first one; every foreign error becomes one of ours."""

    def __init__(
        self,
        settings: SourceSettings,
        *,
        now: Callable[[], datetime],
        monotonic: Callable[[], float],
        sleep: Callable[[float], None],
        random: Callable[[], float],
    ) -> None:
        self.settings = settings
        self.transport = Transport(
            settings,
            allowed=AZURE_DEVOPS,
            now=now,
            monotonic=monotonic,
            sleep=sleep,
            random=random,
            hints=HINTS,
        )
        self._client: Any = None
        self._asks_for_large_pages = True

    def connection(self) -> Answer | None:
        """Who the token's owner is; None where a server has no such address."""
        return self._ask(CONNECTION) if self.offers(CONNECTION) else None

    def projects(self) -> list[Mapping[str, Json]]:
        """Every project the token sees. A first answer that is no data means that we were shown a sign-in page."""
        found: list[Mapping[str, Json]] = []
        while True:
            query = {"$top": PAGE_OF_PROJECTS, "$skip": len(found)}
            with _sign_in_page_means_denied(self.settings.name):
                page = listed(self._ask(PROJECTS, query=query).json, who=self._who(PROJECTS))
            found += page
            if len(page) < PAGE_OF_PROJECTS:
                return found

    def fields(self) -> list[Mapping[str, Json]]:
        return self._listed(FIELDS)

    def types(self, project: str) -> list[Mapping[str, Json]]:
        """The types of a project, each with its `states`; asked for one by one where a server leaves them out."""
        return [self._type(project, kind) for kind in self._listed(TYPES, project=project)]

    def nodes(self, project: str) -> list[Mapping[str, Json]]:
        """The roots of the project's two trees, whole: `structureType` is area or iteration."""
        return self._listed(NODES, project=project, query={"$depth": TREE_DEPTH})

    def backlogs(self, project: str) -> Mapping[str, Json] | None:
        """The backlog levels of the project's default team; None where a server has no such address."""
        if not self.offers(BACKLOGS):
            return None
        return _object(self._ask(BACKLOGS, project=project).json, who=self._who(BACKLOGS))

    def revisions(self, *, token: str | None, since: str | None, fields: Sequence[str]) -> Json:
        """One page of revisions of the whole collection: asked of a project, those from before a move are missing.

        As many on a page as the server gives. Microsoft documents $maxPageSize for GET alone, whose address is too
        short for all fields; where a server does refuse it, it is not asked for again.
        """
        body = {"fields": list(fields), "includeDeleted": True, "includeIdentityRef": True}
        place = _from(token, since)
        if self._asks_for_large_pages:
            try:
                return self._ask(REVISIONS, query={**place, "$maxPageSize": PAGE_OF_REVISIONS}, body=body).json
            except SettingsError as error:
                if error.status != 400 or "pagesize" not in str(error).lower().replace(" ", ""):
                    raise
                self._asks_for_large_pages = False
        return self._ask(REVISIONS, query=place, body=body).json

    def links(self, *, token: str | None, since: str | None) -> Json:
        return self._ask(LINKS, query=_from(token, since)).json

    def has_links(self) -> bool:
        """Does this server tell of links? Where it does not, System.Parent of a revision is all we know."""
        return self.offers(LINKS)

    def as_long_as(self, is_awaited: Callable[[], bool]) -> AbstractContextManager[None]:
        """Within this thread, ask only while somebody waits for the answers."""
        return self.transport.as_long_as(is_awaited)

    def updates(self, external_id: str) -> list[Mapping[str, Json]]:
        """All updates of one item, oldest first."""
        found: list[Mapping[str, Json]] = []
        while True:
            query = {"$top": PAGE_OF_UPDATES, "$skip": len(found)}
            page = self._listed(UPDATES, id=external_id, query=query)
            found += page
            if len(page) < PAGE_OF_UPDATES:
                return found

    def item(self, external_id: str, *, fields: Sequence[str]) -> Mapping[str, Json]:
        """One item. Raises SettingsError (404) where it is gone or hidden."""
        answer = _object(self._ask(ITEM, id=external_id, query={"fields": ",".join(fields)}).json, who=self._who(ITEM))
        if not isinstance(answer.get("fields"), Mapping):
            raise UnreadableAnswerError(f"{self._who(ITEM)}: the answer should carry “fields”")
        return answer

    def is_shown(self, external_id: str) -> bool:
        """Does the server show this item? What it refuses of one that it shows, it refuses for another reason."""
        try:
            return bool(self.item(external_id, fields=("System.Id",)))
        except (AccessDeniedError, SettingsError) as error:
            if error.status not in (403, 404):
                raise
            return False

    def items(self, external_ids: Sequence[str], *, fields: Sequence[str]) -> list[Json]:
        """At most 200 items by id; what is gone or hidden comes as null, or not at all.

        None at all where a server has no such address: then each has to be asked for alone.
        """
        if not self.offers(BATCH):
            return []
        body = {"ids": [int(one) for one in external_ids], "fields": list(fields), "errorPolicy": "omit"}
        answer = self._ask(BATCH, body=body).json
        found = answer.get("value") if isinstance(answer, Mapping) else None
        if not isinstance(found, list):
            raise UnreadableAnswerError(f"{self._who(BATCH)}: the answer should carry a list “value”")
        return found

    def query(self, project: str, wiql: str, *, top: int) -> list[str]:
        """The ids that a query finds, in its order, `top` at most."""
        query = {"timePrecision": "true", "$top": top}
        answer = self._ask(WIQL, project=project, query=query, body={"query": wiql}).json
        rows = answer.get("workItems") if isinstance(answer, Mapping) else None
        if not isinstance(rows, list) or not all(isinstance(row, Mapping) and "id" in row for row in rows):
            raise UnreadableAnswerError(f"{self._who(WIQL)}: the answer should carry a list “workItems” with ids")
        return [str(row["id"]) for row in rows]

    def recycled(self, project: str) -> frozenset[str]:
        """The ids in the project's recycle bin."""
        answer = self._ask(RECYCLE_BIN, project=project).json
        rows = answer if isinstance(answer, list) else listed(answer, who=self._who(RECYCLE_BIN))
        return frozenset(str(row["id"]) for row in rows)

    def offers(self, location: Location) -> bool:
        """Does this server have such an address?"""
        with self._foreign_errors_as_ours(location):
            return self._registered(location) is not None

    def server_version(self) -> str:
        """The newest version of the work item tracking API that the server speaks: "7.1"."""
        with self._foreign_errors_as_ours(PROJECTS):
            found = self._registered(REVISIONS) or self._registered(PROJECTS)
        return str(found.max_version) if found else "unknown"

    def requests_made(self) -> int:
        return self.transport.requests_made()

    def close(self) -> None:
        self.transport.close()

    def _type(self, project: str, kind: Mapping[str, Json]) -> Mapping[str, Json]:
        """What we need of a type; its form alone can be 100 KB."""
        states = kind.get("states") or self._listed(STATES, project=project, type=str(kind["name"]))
        fields = [{"referenceName": each.get("referenceName")} for each in kind.get("fieldInstances") or ()]
        return {"name": kind["name"], "isDisabled": kind.get("isDisabled"), "states": states, "fields": fields}

    def _listed(self, location: Location, *, query: Mapping[str, Any] | None = None, **route: str) -> list[Any]:
        answer = self._ask(location, query=query, **route)
        return listed(answer.json, who=self._who(location))

    def _ask(
        self, location: Location, *, query: Mapping[str, Any] | None = None, body: Json = None, **route: str
    ) -> Answer:
        with self._foreign_errors_as_ours(location):
            registered = self._registered(location)
            if registered is None:
                raise SettingsError(
                    f"{self._who(location)}: this server has no such address; "
                    "check that the url names an organisation or a collection (https://server/tfs/Collection)"
                )
            _check_version(registered, who=self._who(location))
            response = self._client._send(
                location.method,
                location.id,
                location.version,
                route_values={name: quote(value, safe="") for name, value in route.items()},
                query_parameters={name: quote(str(value), safe="") for name, value in (query or {}).items()},
                content=body,
            )
            return answer_of(response)

    def _registered(self, location: Location) -> Any:
        """What the server says of a location; None where it does not have it."""
        if self._client is None:
            with _sign_in_page_means_denied(self.settings.name):
                self._client = _package_client(self.settings, self.transport)
        return self._client._get_organization_resource_location(location.id)

    @contextmanager
    def _foreign_errors_as_ours(self, location: Location) -> Iterator[None]:
        """What the package makes of an odd answer has no one type: it raises whatever broke inside of it."""
        try:
            yield
        except (TrackerError, GeneratorExit):
            raise
        except Exception as error:
            raise UnreadableAnswerError(
                f"{self._who(location)}: the answer was of a shape that Microsoft's package cannot read "
                f"({type(error).__name__}); nothing of it was kept"
            ) from None

    def _who(self, location: Location) -> str:
        return f"{self.settings.name}: {location.what}"


def listed(body: Json, *, who: str) -> list[Any]:
    """The list of objects that an answer carries. Live servers say `value`, Microsoft's samples also `values`."""
    if isinstance(body, Mapping):
        for name in ("value", "values"):
            found = body.get(name)
            if isinstance(found, list) and all(isinstance(part, Mapping) for part in found):
                return found
    raise UnreadableAnswerError(f"{who}: the answer should carry a list “value”; nothing of it was kept")


def _object(body: Json, *, who: str) -> Mapping[str, Json]:
    if not isinstance(body, Mapping):
        raise UnreadableAnswerError(f"{who}: the answer should be an object; nothing of it was kept")
    return body


def _check_version(registered: Any, *, who: str) -> None:
    """The package breaks with a TypeError on a server whose oldest version is newer than its own."""
    if registered.min_version > CLIENT_VERSION:
        raise SettingsError(
            f"{who}: this server speaks API {registered.min_version} and later, "
            f"we speak {CLIENT_VERSION} and earlier; a newer vmo is needed"
        )


def _from(token: str | None, since: str | None) -> dict[str, str]:
    """Where a stream goes on: a token or a time, never both."""
    if token is not None:
        return {"continuationToken": token}
    return {"startDateTime": since} if since is not None else {}


def _package_client(settings: SourceSettings, transport: Transport) -> Any:
    """Make the package's client with every session guarded, the one that looks up locations too.

    The package sends its credentials wherever a ResourceAreas answer points, and to app.vssps.visualstudio.com where
    a non-empty answer lacks an area. So we look first: another host is refused, a lacking area is at our own address.
    """
    connection_module = _package("azure.devops.connection")
    authentication = _package("msrest.authentication")
    location_module = _package("azure.devops.v7_1.location.location_client")
    base_url = settings.url.strip().rstrip("/")
    _forget_other_servers(base_url)
    credentials = authentication.BasicAuthentication("", settings.token)
    connection = connection_module.Connection(base_url=base_url, creds=credentials)

    looks_up = _guarded(location_module.LocationClient(base_url, credentials), transport)
    registered = looks_up._get_organization_resource_location(_RESOURCE_AREAS)
    if registered is not None:
        _check_version(registered, who=settings.name)
        for area in looks_up.get_resource_areas() or []:
            _refuse_elsewhere(area, settings, transport)
    connection._resource_areas = []  # to the package that means: everything is at the configured address
    return _guarded(connection.clients_v7_1.get_work_item_tracking_client(), transport)


def _refuse_elsewhere(area: Any, settings: SourceSettings, transport: Transport) -> None:
    """Work items at another host: the token stays here. Builds and packages do live elsewhere; we never ask them."""
    client = _package("azure.devops.v7_1.work_item_tracking.work_item_tracking_client").WorkItemTrackingClient
    if str(area.id).lower() != str(client.resource_area_identifier).lower() or not area.location_url:
        return
    if parse_url(area.location_url).host != transport.base.host:
        raise SettingsError(
            f"{settings.name}: the server says that its work items are at another host, where we will not send the "
            "token; set url to the address that the browser shows for your boards"
        )


def _guarded(client: Any, transport: Transport) -> Any:
    client.config.retry_policy.retries = 0
    client.config.session_configuration_callback = lambda session, *_, **__: transport.mount(session)
    return client


def _forget_other_servers(base_url: str) -> None:
    """Drop what the package remembers, for the whole process, of this address: another server may answer there now."""
    client_class = _package("azure.devops.client").Client
    caches = _package("azure.devops._file_cache")
    for remembered in (client_class._locations_cache, caches.OPTIONS_CACHE, caches.RESOURCE_CACHE):
        remembered.pop(base_url.rstrip("/").lower(), None)


def _package(module: str) -> Any:
    """Import a part of Microsoft's package, whose caches then stay in the memory of this process.

    While it is imported the package makes a folder for them, by default below the home directory: that fails where the
    home is read-only, what one process left there misleads another, and a folder of our own would outlive a process
    that is killed. A folder that is there already is taken as it is; a cache without a file name is never written.
    AZURE_DEVOPS_CACHE_DIR is its only switch and is read at import alone, so this is the one place below cli that
    touches the environment; it is put back at once.
    """
    if not _caches:
        before = os.environ.get(_CACHE_SWITCH)
        os.environ[_CACHE_SWITCH] = str(Path(__file__).parent)
        try:
            imported = importlib.import_module("azure.devops._file_cache")
        finally:
            if before is None:
                del os.environ[_CACHE_SWITCH]
            else:
                os.environ[_CACHE_SWITCH] = before
        _caches.extend((imported.OPTIONS_CACHE, imported.RESOURCE_CACHE))
        for cache in _caches:
            cache.file_name = ""
    return importlib.import_module(module)


@contextmanager
def _sign_in_page_means_denied(name: str) -> Iterator[None]:
    """The first answers of a source: what is no data there is the sign-in page that a wrong token is shown."""
    try:
        yield
    except UnreadableAnswerError as error:
        if error.status is None:
            raise  # it was data, of another shape
        denied = AccessDeniedError(
            f"{name}: the server did not answer our first question with data, which is what it does when a token is "
            "wrong, expired or of another organisation; make a new token, or look for a proxy in between"
        )
        denied.status = error.status
        raise denied from error


_RESOURCE_AREAS = "e81700f7-3be2-46de-8624-2eb35882fcaa"
_CACHE_SWITCH = "AZURE_DEVOPS_CACHE_DIR"
_caches: list[Any] = []  # those of Microsoft's package, once it is imported
