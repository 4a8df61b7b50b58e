"""One Jira, through the `jira` package's session and our transport; Cloud or Data Center is asked of the server."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol

from connectors.base import (
    AccountAtStakeError,
    Batch,
    Cursor,
    Discovery,
    Inspection,
    Json,
    KnownItems,
    Preflight,
    Presence,
    Raw,
    Reading,
    Scope,
    SettingsError,
    SourceSettings,
    TrackerError,
    Unread,
    UnreadableAnswerError,
    ids_asked,
    refuse_renamed,
)
from connectors.jira.fields import FieldDefinition, SiteFields, fields_to_ask, lacking, named_fields, site_fields
from connectors.jira.gathering import Gathered
from connectors.jira.hierarchy import circles
from connectors.jira.mapping import read_issue, statuses_of
from connectors.jira.scope import JqlScope, scope_of
from connectors.reading import Fields, moment_of, object_list
from connectors.transport import (
    JIRA_CLOUD,
    JIRA_DATA_CENTER,
    JIRA_UNKNOWN,
    LARGEST_JIRA_ANSWER_BYTES,
    Answer,
    Transport,
    answer_of,
)
from domain.work_item import Status

if TYPE_CHECKING:
    from connectors.jira.agile import Look

CLOUD = "Cloud"
PROJECTS_A_PAGE = 100
MOST_REFUSED = 10  # projects one after the other, before all are taken to be
CURSOR_VERSION = 1  # raise it when a cursor means something else; those without one are of version 1
VOUCHED = ("v", "scope", "fields", "projects")  # what a cursor says of its walk


def connect(
    settings: SourceSettings,
    *,
    now: Callable[[], datetime],
    monotonic: Callable[[], float],
    sleep: Callable[[float], None],
    random: Callable[[], float],
) -> JiraConnector:
    """Return a connector; no request leaves before its first question. Raises SettingsError."""
    return JiraConnector(JiraSite(settings, now=now, monotonic=monotonic, sleep=sleep, random=random))


def discover(
    settings: SourceSettings,
    *,
    now: Callable[[], datetime],
    monotonic: Callable[[], float],
    sleep: Callable[[float], None],
    random: Callable[[], float],
) -> Discovery:
    """Look into the site and draft its mapping."""
    connector = connect(settings, now=now, monotonic=monotonic, sleep=sleep, random=random)
    try:
        return connector.discover()
    finally:
        connector.close()


class JiraSite:
    """What both kinds of Jira share: asking, and the constants of the site, each asked for once."""

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
        self.now = now
        self.monotonic = monotonic
        self.scope: JqlScope = scope_of(settings.jql, who=settings.name)
        self.transport = Transport(
            settings,
            allowed=JIRA_UNKNOWN,
            now=now,
            monotonic=monotonic,
            sleep=sleep,
            random=random,
            largest_answer_bytes=LARGEST_JIRA_ANSWER_BYTES,
        )
        self._package: Any = None
        self._server: Fields | None = None
        self._fields: SiteFields | None = None
        self._asked: tuple[str, ...] | None = None
        self._statuses: tuple[Status, ...] | None = None
        self._roster: tuple[Scope, ...] | None = None
        self._refused: set[str] = set()
        self._has_looked_again = False
        self._vanished: tuple[Scope, ...] = ()  # shown when the run began, and no more
        self._clock: datetime | None = None

    @property
    def who(self) -> str:
        return self.settings.name

    @property
    def is_cloud(self) -> bool:
        return self.server().optional_text("deploymentType") == CLOUD

    @property
    def base_url(self) -> str:
        """Where people browse; through a gateway this is not where we ask."""
        return self.server().optional_text("baseUrl") or self.settings.url

    @property
    def product(self) -> str:
        kind = "Cloud" if self.is_cloud else "Data Center"
        return f"Jira {kind} {self.server().optional_text('version') or ''}".strip()

    def server(self) -> Fields:
        """GET /serverInfo, once; from then on only the reads of this kind of Jira may leave."""
        if self._server is None:
            answer = self._told(self._session.get(self._jira._get_url("serverInfo")))
            if not isinstance(answer.json, Mapping) or "deploymentType" not in answer.json:
                raise SettingsError(
                    f"{self.who}: {self.transport.host} answers, but not as a Jira does; set url to the address that "
                    "stands before /browse in your browser"
                )
            self._server = Fields(answer.json, who=self.who)
            self._become(self._server.optional_text("deploymentType") == CLOUD)
        return self._server

    def get(self, path: str, **params: Json) -> Answer:
        """Ask below the REST API's address (`myself`, `project/search`)."""
        self.server()
        return self._told(self._session.get(self._jira._get_url(path), params=params))

    def post(self, path: str, body: Json) -> Answer:
        self.server()
        return self._told(self._session.post(self._jira._get_url(path), data=json.dumps(body)))

    def agile(self, path: str, **params: Json) -> Answer:
        """Ask below the agile API's address (`board`)."""
        self.server()
        return answer_of(self._session.get(self._jira._get_url(path, base=self._jira.AGILE_BASE_URL), params=params))

    def myself(self) -> tuple[Fields, datetime]:
        """Who we are, and the server's clock. Raises AccessDeniedError for a stranger."""
        answer = self.get("myself")
        return Fields(answer.json, who=self.who), self.server_time(answer)

    def server_time(self, answer: Answer) -> datetime:
        """The server's clock at an answer: watermarks never come from our own."""
        if answer.server_date is not None:
            return answer.server_date
        told = self.get("serverInfo").json
        try:
            return moment_of(told.get("serverTime") if isinstance(told, Mapping) else None)
        except ValueError:
            raise UnreadableAnswerError(
                f"{self.who}: {self.transport.host} does not tell its time (no Date header); a proxy may strip it"
            ) from None

    def server_clock(self) -> datetime:
        """The server's clock at the latest answer that told it."""
        if self._clock is None:
            self._clock = self.server_time(self.get("serverInfo"))
        return self._clock

    def fields(self) -> SiteFields:
        if self._fields is None:
            self._fields = site_fields(self.get("field").json, who=self.who)
        return self._fields

    def fields_looked_up(self) -> Mapping[str, FieldDefinition]:
        """What the site has said of its fields; nothing where nobody has asked it."""
        return {} if self._fields is None else self._fields.by_id

    def heed(self, look: Look) -> None:
        """From now on estimate as the boards do, and know fields by their former names, too."""
        fields = self.fields()
        self._fields = replace(fields, estimates=look.estimates(fields), former=look.former_names(fields))
        self._asked = None

    def asked_fields(self) -> tuple[str, ...]:
        """The fields to fetch, at most 100. Raises SettingsError for fields of the settings that are not there."""
        asked = self._asked
        if asked is None:  # one that fetches may forget it while one that writes asks
            asked = self._asked = fields_to_ask(self.fields(), self.settings)
        return asked

    def clause(self) -> str:
        """The scope as one clause of JQL; projects are only asked for where their names have to be known."""
        shown = self.roster() if self.scope.can_narrow else ()
        return self.scope.clause([project for project in shown if project.id not in self._refused])

    def goes_on_from(self, cursor: Cursor) -> bool:
        """Does a cursor vouch for what is asked today? Not for another scope, nor for a field never asked for."""
        if cursor.get("v", 1) != CURSOR_VERSION or cursor.get("scope") != self.scope.words:
            return False
        return set(named_fields(self.fields(), self.settings)) <= set(cursor.get("fields") or ())

    def narrowed(self, cursor: Cursor) -> dict[str, Json]:
        """A cursor that a walk of today's settings goes on from. It no longer vouches for what these do not ask for, so
        that settings which name a field again have everything read again.
        """
        asked = set(self.asked_fields())
        return dict(cursor) | {"fields": [name for name in cursor.get("fields") or () if name in asked]}

    def vouched(self) -> dict[str, Json]:
        """What a cursor must say of its walk, so that another scope, project or field is noticed."""
        told = (CURSOR_VERSION, self.scope.words, list(self.asked_fields()), self.live_projects())
        return dict(zip(VOUCHED, told, strict=True))

    def narrows(self, is_refused: Callable[[Sequence[str]], bool]) -> bool:
        """Was one project to blame for a refusal, or a few? Go on without them then; True: ask again.

        No cursor of this run vouches for them, so the run that may read them again reads them whole. The roster is
        looked at once more first, for a project may have gone since. `is_refused` asks for some projects by themselves.
        """
        if not self.scope.can_narrow:
            return False
        if not self._has_looked_again:
            self._has_looked_again = True
            if self._look_again():
                return True
        asked = self.live_projects()
        refused = _refused_among(asked, is_refused) if asked else []  # nothing that is shown is in scope
        if not 0 < len(refused) < len(asked):
            return False
        self._refused.update(refused)
        return True

    def unread(self) -> tuple[Unread, ...]:
        """The projects in scope that refused to be asked about, and those that were hidden on the way."""
        refused = [Unread(id=one.id, key=one.key) for one in self.scopes() if one.id in self._refused]
        return (*refused, *(Unread(id=one.id, key=one.key, state="access_lost") for one in self._vanished))

    def _look_again(self) -> bool:
        """Ask for the projects once more: are some of those in scope no longer shown?"""
        before = [scope for scope in self.scopes() if scope.state == "live"]
        self._roster = None
        live = set(self.live_projects())
        self._vanished = tuple(scope for scope in before if scope.id not in live)
        return bool(self._vanished)

    def unread_projects(self, cursor: Cursor) -> list[str]:
        """Ids of projects in scope that were not shown when the cursor was made: `updated` alone finds no old issue."""
        read = set(cursor.get("projects") or ())
        return [project_id for project_id in self.live_projects() if project_id not in read]

    def live_projects(self) -> list[str]:
        """Ids of the projects in scope that the token sees, and that the tracker does not refuse to be asked about."""
        return [scope.id for scope in self.scopes() if scope.state == "live" and scope.id not in self._refused]

    def statuses(self) -> tuple[Status, ...]:
        if self._statuses is None:
            answer = self.get("status").json
            if not isinstance(answer, list):
                raise UnreadableAnswerError(f"{self.who}: the list of statuses is no list; nothing of it was kept")
            self._statuses = statuses_of(answer, source=self.who)
        return self._statuses

    def listed_statuses(self) -> frozenset[str]:
        """The ids of the statuses that the site lists; those it has deleted live on in change logs."""
        return frozenset(status.status_id for status in self.statuses())

    def roster(self) -> tuple[Scope, ...]:
        """Every project that the token may see."""
        if self._roster is None:
            self._roster = tuple(self._cloud_projects() if self.is_cloud else self._data_center_projects())
        return self._roster

    def scopes(self) -> tuple[Scope, ...]:
        """The projects in scope; one that the JQL names and the token does not see is `access_lost`."""
        visible = tuple(scope for scope in self.roster() if self.scope.holds(scope))
        names = {name for scope in visible for name in (scope.id.lower(), scope.key.lower(), scope.name.lower())}
        lost = sorted(self.scope.projects - names)
        return (*visible, *(Scope(id=name, key=name.upper(), name=name, state="access_lost") for name in lost))

    def left_out(self) -> tuple[Scope, ...]:
        """The projects that the token sees and the scope does not ask for."""
        return tuple(replace(scope, state="out_of_scope") for scope in self.roster() if not self.scope.holds(scope))

    def forget(self) -> None:
        """Let what may change from hour to hour be asked again: projects and statuses."""
        self._roster, self._statuses = None, None
        self._has_looked_again = False

    def close(self) -> None:
        if self._package is not None:
            self._session.close()
        self.transport.close()

    def _told(self, response: Any) -> Answer:
        answer = answer_of(response)
        self._clock = answer.server_date or self._clock
        return answer

    @property
    def _session(self) -> Any:
        return self._jira._session

    @property
    def _jira(self) -> Any:
        """The package's client, made without a request, with one attempt per call (2-trackers D.3)."""
        if self._package is None:
            import jira  # noqa: PLC0415  # 0.4 s that `vmo --help` should not pay

            settings = self.settings
            credentials: dict[str, Any] = (
                {"basic_auth": (settings.user, settings.token)} if settings.user else {"token_auth": settings.token}
            )
            self._package = jira.JIRA(
                settings.url.strip().rstrip("/"),
                get_server_info=False,
                max_retries=0,
                logging=False,
                options={
                    "rest_api_version": "2",
                    "check_update": False,
                    "headers": {"Accept-Language": "en", "X-Force-Accept-Language": "true"},
                },
                **credentials,
            )
            self.transport.mount(self._package._session)
        return self._package

    def _become(self, cloud: bool) -> None:
        self._jira.deploymentType = CLOUD if cloud else "Server"
        if cloud:
            self._jira._options["rest_api_version"] = "3"
            self.transport.allow(JIRA_CLOUD)
            self.transport.hints[401] = (
                "check that user is the e-mail address of the token's owner and that the token has not expired; "
                "a token with scopes works only at https://api.atlassian.com/ex/jira/CLOUD-ID"
            )
            return
        self.transport.allow(JIRA_DATA_CENTER)
        self.transport.mount(self._session, cookies=True)  # one node, one index, as long as the run lasts
        if self.settings.user:
            self.transport.hints[401] = (
                "a personal access token is needed (Jira 11 takes no passwords): make one in your profile and leave "
                "user out of the settings"
            )

    def _cloud_projects(self) -> Iterator[Scope]:
        """Archived ones, too: unless asked, the site names live ones alone, and an archived one would seem hidden."""
        start = 0
        while True:
            page = self.get(
                "project/search",
                startAt=start,
                maxResults=PROJECTS_A_PAGE,
                expand="insight",
                status=["live", "archived"],
            ).json
            found = object_list(page, "values", who=self.who)
            yield from (_scope(entry, counts=self.scope.is_whole_projects) for entry in found)
            start += len(found)
            if page.get("isLast") is True or not found or start >= page.get("total", start + 1):
                return

    def _data_center_projects(self) -> Iterator[Scope]:
        found = self.get("project", includeArchived="true").json
        if not isinstance(found, list):
            raise UnreadableAnswerError(f"{self.who}: the list of projects is no list; nothing of it was kept")
        yield from (_scope(entry) for entry in found)


def _scope(entry: Mapping[str, Json], *, counts: bool = False) -> Scope:
    """`counts`: the scope is whole projects, so that a project's own count of its issues is one of ours."""
    insight = entry.get("insight")
    declared = insight.get("totalIssueCount") if counts and isinstance(insight, Mapping) else None
    return Scope(
        id=str(entry["id"]),
        key=str(entry["key"]),
        name=str(entry.get("name") or entry["key"]),
        state="archived" if entry.get("archived") is True or entry.get("status") == "archived" else "live",
        declared=whole_count(declared),
    )


def whole_count(told: Json) -> int | None:
    """A number of issues; None where what is told is none."""
    return told if isinstance(told, int) and not isinstance(told, bool) and told >= 0 else None


def _refused_among(asked: Sequence[str], is_refused: Callable[[Sequence[str]], bool]) -> list[str]:
    """Halve what is refused until single projects are left. Where none of many is accepted, return them all."""
    found: list[str] = []
    accepted = False
    waiting = [list(asked)]
    while waiting:
        some = waiting.pop()
        if not is_refused(some):
            accepted = True
        elif len(some) == 1:
            found += some
        else:
            middle = len(some) // 2
            waiting += [some[middle:], some[:middle]]
        if len(found) == MOST_REFUSED and not accepted:
            accepted = not all(is_refused(others[-1:]) for others in waiting)
            if not accepted:
                return list(asked)
    return found


def may_concern_one_project(refusal: TrackerError) -> bool:
    """Can a refusal be for one of the projects that a question names? A CAPTCHA is for the whole account."""
    return refusal.status in (400, 403) and not isinstance(refusal, AccountAtStakeError)


class Walk(Protocol):
    """How one kind of Jira is read: `cloud.CloudWalk` or `data_center.DataCenterWalk`."""

    def changes_since(self, cursor: Cursor | None, known: KnownItems, *, full: bool) -> Iterator[Batch]: ...

    def census(self) -> Iterator[Sequence[str]]: ...

    def probe(self, external_ids: Sequence[str]) -> Mapping[str, Presence]: ...

    def newest(self, restriction: str, *, size: int) -> Gathered: ...


class JiraConnector:
    """A Connector for either kind of Jira; which one is asked with the first question."""

    def __init__(self, site: JiraSite) -> None:
        self.site = site
        self.settings = site.settings
        self._chosen: Walk | None = None

    def preflight(self) -> Preflight:
        """Who we are and what we may see, with the settings' fields checked; five requests and project pages."""
        self.site.forget()
        me, server_time = self.site.myself()
        scopes = self.site.scopes()
        self.site.asked_fields()
        lost = [scope.key for scope in scopes if scope.state == "access_lost"]
        return Preflight(
            product=self.site.product,
            identity=me.optional_text("accountId") or me.optional_text("key") or me.text("name"),
            identity_name=me.optional_text("displayName") or "",
            server_time=server_time,
            server_zone=me.optional_text("timeZone"),
            scopes=(*scopes, *self.site.left_out()),
            names_projects=bool(self.site.scope.projects),
            statuses=self.site.statuses(),
            warnings=(
                *(f"{self.site.who}: project {key} is in the scope, but this token does not see it" for key in lost),
                *(
                    f"{self.site.who}: there is no field “{name}” here, so settings that name it find nothing there"
                    for name in lacking(self.site.fields(), self.settings)
                ),
            ),
        )

    def changes_since(self, cursor: Cursor | None, known: KnownItems, *, full: bool = False) -> Iterator[Batch]:
        """As the walk does, after a look at boards where the last one is a day old; it goes with the cursor."""
        from connectors.jira.agile import look_at, look_of  # noqa: PLC0415  # it leans on this module

        look, projects = look_of((cursor or {}).get("look")), self.site.live_projects()
        if look is None or not look.serves(at=self.site.now(), projects=projects):
            look = yield from look_at(self.site, look, projects=projects)
        self.site.heed(look)
        if warnings := look.warnings(who=self.site.who):
            yield Batch(warnings=warnings)
        for batch in self._walk.changes_since(cursor, known, full=full):
            if told := self._circles(batch, known):
                batch = replace(batch, warnings=[*batch.warnings, *told])  # noqa: PLW2901  # the same, and a word more
            if batch.cursor is not None:
                batch = replace(batch, cursor={**batch.cursor, "look": look.kept()})  # noqa: PLW2901
            yield batch
            del batch  # it is written and forgotten while the next one is made

    def _circles(self, batch: Batch, known: KnownItems) -> list[str]:
        """What a person should mend: issues that are each other's parents. They are kept as the tracker tells them."""
        keys = {item.external_id: item.key for item in batch.items}
        found = circles({item.external_id: item.parent_id for item in batch.items}, known.parents)
        return [
            f"{self.site.who}: issues {', '.join(keys.get(each, each) for each in circle)} are each other's parents in "
            "a circle; mend Epic Link or Parent Link of one of them"
            for circle in found
        ]

    def census(self) -> Iterator[Sequence[str]]:
        """Ids of everything in scope. The token's owner is asked before and after: a stranger sees nothing."""
        before, _ = self.site.myself()
        yield from self._walk.census()
        after, _ = self.site.myself()
        if before.body.get("accountId") != after.body.get("accountId"):
            raise UnreadableAnswerError(f"{self.site.who}: the token changed its owner during the census; it is void")

    def probe(self, external_ids: Sequence[str]) -> Mapping[str, Presence]:
        return self._walk.probe(external_ids)

    def named(
        self,
        cursor: Cursor | None,  # noqa: ARG002  # each preflight asks for the fields
        *,
        then: Mapping[str, str],
    ) -> Mapping[str, str]:
        fields = self.site.fields()
        ids = {name: fields.id_of(name) or "" for name in self.settings.named_fields}
        refuse_renamed(ids, then=then, today=fields.called, who=self.site.who)
        return ids_asked(ids, self.site.asked_fields())

    def asked(self) -> Sequence[str]:
        return self.site.asked_fields()

    def unread(self) -> tuple[Unread, ...]:
        return self.site.unread()

    def read(self, raws: Sequence[Raw], named: Mapping[str, str]) -> Reading:
        return read_issue(raws, settings=self.settings, fields=named, today=self.site.fields_looked_up())

    def inspect(self, *, items: int) -> Inspection:
        from connectors.jira.inspection import inspect_site  # noqa: PLC0415  # it leans on this module

        return inspect_site(self.site, self._walk, items=items)

    def discover(self) -> Discovery:
        from connectors.jira.discovery import discover_site  # noqa: PLC0415  # it leans on this module

        return discover_site(self.site, self._walk)

    def requests_made(self) -> int:
        return self.site.transport.requests_made()

    def close(self) -> None:
        self.site.close()

    @property
    def _walk(self) -> Walk:
        from connectors.jira.cloud import CloudWalk  # noqa: PLC0415  # both lean on this module
        from connectors.jira.data_center import DataCenterWalk  # noqa: PLC0415

        if self._chosen is None:
            self._chosen = CloudWalk(self.site) if self.site.is_cloud else DataCenterWalk(self.site)
        return self._chosen
