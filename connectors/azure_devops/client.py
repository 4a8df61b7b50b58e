"""Azure DevOps, Services and Server, as a connector: one organisation or collection, read only.

connector = connect(settings, now=..., monotonic=..., sleep=..., random=...)
connector.preflight()
for batch in connector.changes_since(cursor, known): ...
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from difflib import get_close_matches
from functools import partial
from typing import TypeVar

from connectors.azure_devops.discovery import Findings, draft
from connectors.azure_devops.look import Look, TypeTable, categories_in, highest, look_of, renamed, table_of
from connectors.azure_devops.mapping import (
    AREA,
    ITERATION,
    VALUE_FIELDS,
    Vocabulary,
    category_of,
    read_again,
    record_of,
)
from connectors.azure_devops.questions import BATCH_OF_ITEMS, Questions
from connectors.azure_devops.streams import (
    IS_DELETED,
    ITEM,
    RefusedProjectError,
    ScopeRule,
    Streams,
    asked_fields,
    position_of,
)
from connectors.base import (
    AccessDeniedError,
    AccountAtStakeError,
    Batch,
    Connector,
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
    Sprint,
    TrackerError,
    Unread,
    UnreadableAnswerError,
    UnreadableItemError,
    ids_asked,
    refuse_renamed,
)
from connectors.reading import Fields, day_of
from domain.work_item import Status

_log = logging.getLogger(__name__)
T = TypeVar("T")

PROBED = ("System.Id", "System.TeamProject", "System.AreaPath")
NO_SUCH_ITEM = "TF401232"  # "does not exist, or you do not have permissions to read it"
DISCOVERY_SAMPLE = 60  # items whose histories a first look reads, one request each
RENAMED_AT_ONCE = 500  # items in one batch
LARGEST_QUERY = 19_999  # at 20,000 rows the service answers VS402337 instead of rows
HOSTED = ("dev.azure.com", ".visualstudio.com")
STRANGER = "aaaaaaaa-aaaa-aaaa-aaaa-aaaaaaaaaaaa"  # the id under which the service knows those who did not sign in


def connect(
    settings: SourceSettings,
    *,
    now: Callable[[], datetime],
    monotonic: Callable[[], float],
    sleep: Callable[[float], None],
    random: Callable[[], float],
) -> Connector:
    """Make the connector; nothing is asked yet. Raises SettingsError for an address that cannot be pinned."""
    return AzureDevOps(settings, Questions(settings, now=now, monotonic=monotonic, sleep=sleep, random=random), now=now)


def discover(
    settings: SourceSettings,
    *,
    now: Callable[[], datetime],
    monotonic: Callable[[], float],
    sleep: Callable[[float], None],
    random: Callable[[], float],
) -> Discovery:
    """Look into one source and draft its mapping. May raise any TrackerError."""
    questions = Questions(settings, now=now, monotonic=monotonic, sleep=sleep, random=random)
    try:
        return AzureDevOps(settings, questions, now=now).discovery()
    finally:
        questions.close()


class AzureDevOps:
    """One source. Projects are asked for with each preflight; fields, types, areas and iterations once a day."""

    def __init__(self, settings: SourceSettings, questions: Questions, *, now: Callable[[], datetime]) -> None:
        self.settings = settings
        self._questions = questions
        self._now = now
        self._server_time: datetime | None = None
        self._roster = Roster(settings, questions, now=now)

    def preflight(self) -> Preflight:
        """Who are we, what may we see now? Raises AccessDeniedError rather than show an empty world."""
        self._roster.forget_projects()
        scopes = self._roster.scopes()
        connection = self._questions.connection()
        read = Fields(connection.json if connection else {}, who=f"{self.settings.name}: who we are")
        identity = read.optional_text("authenticatedUser/id") or ""
        if connection is not None and not identity:
            raise UnreadableAnswerError(
                f"{self.settings.name}: the answer does not say who we are (no authenticatedUser); nothing was read; "
                "does a proxy answer in its place?"
            )
        if identity.lower() == STRANGER:
            raise AccessDeniedError(
                f"{self.settings.name}: the server answers as to a stranger; the token is wrong or expired"
            )
        hosted = read.optional_text("deploymentType") == "hosted" or self._questions.transport.host.endswith(HOSTED)
        kind = "Services" if hosted else "Server"
        self._server_time = server_time = connection.server_date if connection else None
        return Preflight(
            product=f"Azure DevOps {kind} {self._questions.server_version()}",
            identity=identity,
            identity_name=read.optional_text("authenticatedUser/providerDisplayName") or "",
            server_time=server_time or self._now(),
            tells_time=server_time is not None,
            server_zone=None,
            scopes=(*scopes, *self._roster.left_out()),
            names_projects=bool(self.settings.projects),
            warnings=tuple(dict.fromkeys(self._roster.warnings)),
        )

    def changes_since(self, cursor: Cursor | None, known: KnownItems, *, full: bool = False) -> Iterator[Batch]:
        """Yield one batch a page: first the stream of revisions, then the stream of links.

        The first one brings statuses and iterations, on the days on which we ask for them. Items whose area or
        iteration was renamed come before: to rename it leaves no revision of theirs.

        On those days, both streams begin where they stood a day ago. Within the day nothing is asked of a project but
        its part of the streams, which leave out what we may not see and never say so: a project that refuses us for an
        hour is not noticed, and the tokens pass over what changes meanwhile. A question to each project, with each
        run, would notice; it would also multiply what an idle run costs.
        """
        scope = self._roster.rule()
        kept = None if full else self._kept_look(cursor)
        position = position_of(cursor, scope=scope, full=full)
        sprints: Sequence[Sprint] = ()
        if kept is not None and self._serves(kept):
            self._roster.recall(kept)
        else:
            sprints = self._look_around(before=kept)
            position = position.looked(at=self._server_time or self._now(), before=kept.asked_at if kept else None)
        self._roster.refuse_nothing_left()
        warnings = self._unasked()
        streams = Streams(
            asked=self._questions,
            surroundings=self._roster,
            known=known,
            vocabulary=self._vocabulary(self._roster.look.ids),
            scope=scope,
            now=self._now,
        )
        if kept is not None:
            yield from self._renamed(streams, kept)
        for batch in streams.batches(position):
            first = sprints or warnings
            yield replace(batch, sprints=sprints, warnings=[*warnings, *batch.warnings]) if first else batch
            sprints, warnings = (), []

    def census(self) -> Iterator[Sequence[str]]:
        """Yield the ids of every item in scope, by windows of ids below the service's limit of 20,000 rows.

        Raises SettingsError first, where the settings name an area or a field that is nowhere: such a scope is empty.
        """
        self._named_fields()
        if self.settings.area:
            self._sprints_of(self._live())
        for project in self._live():
            try:
                yield from self._roster.listed(project)
            except (AccessDeniedError, SettingsError) as error:
                self._roster.refuse(project, error)
        self._roster.refuse_nothing_left()

    def unread(self) -> tuple[Unread, ...]:
        """The projects whose types, states or lists of items were refused."""
        return self._roster.unread()

    def probe(self, external_ids: Sequence[str]) -> Mapping[str, Presence]:
        """Look at items that a census missed: in another place, in a recycle bin, or nowhere that we may see.

        An entry that a batch leaves empty tells nothing yet: it is asked for alone. Destroyed and hidden items get the
        same answer, TF401232; every other refusal leaves open what became of the item.
        """
        rule = self._roster.rule()
        found: dict[str, Presence] = {}
        for start in range(0, len(external_ids), BATCH_OF_ITEMS):
            for entry in self._questions.items(external_ids[start : start + BATCH_OF_ITEMS], fields=PROBED):
                if isinstance(entry, Mapping) and isinstance(entry.get("fields"), Mapping):
                    found[str(entry.get("id"))] = _place_of(entry, rule)
        empty = [one for one in external_ids if one not in found]
        recycled = self._recycled() if empty else frozenset()
        return found | {one: Presence.RECYCLED if one in recycled else self._probe_alone(one, rule) for one in empty}

    def _probe_alone(self, external_id: str, rule: ScopeRule) -> Presence:
        try:
            return _place_of(self._questions.item(external_id, fields=PROBED), rule)
        except (AccessDeniedError, SettingsError) as error:
            return Presence.ABSENT if error.status == 404 and NO_SUCH_ITEM in str(error) else Presence.UNKNOWN

    def read(self, raws: Sequence[Raw], named: Mapping[str, str]) -> Reading:
        body = next((raw.body for raw in raws if raw.kind == ITEM), None)
        if body is None:
            raise UnreadableItemError(f"{self.settings.name}: an item cannot be read without its newest revision")
        record = record_of(body, who=f"{self.settings.name}: an item")
        revisions = [raw.body for raw in raws if raw.kind.startswith("revision:")]
        return read_again(record, revisions, self._vocabulary(named))

    def inspect(self, *, items: int) -> Inspection:
        """Count by a census; read the items changed last, in equal parts from each project, one request an item."""
        self._look_around()
        shown = self._roster.shown()
        counts = {identity: self._unless_refused(name, partial(self._count, name)) for identity, name in shown.items()}
        sample = self._newest(items=items)
        self._roster.refuse_nothing_left()
        visible = {identity: count for identity, count in counts.items() if count is not None}
        return Inspection(visible=visible, is_estimate=False, sample=replace(sample, warnings=self._unasked()))

    def _count(self, project: str) -> int:
        return sum(len(ids) for ids in self._roster.listed(project))

    def _unless_refused(self, project: str, ask: Callable[[], T]) -> T | None:
        """What the project answers; None where it refuses, and from then on it is left out."""
        try:
            return ask()
        except (AccessDeniedError, SettingsError) as error:
            self._roster.refuse(project, error)
            return None

    def _newest(self, *, items: int) -> Batch:
        """The items changed last, with their histories. Fields, types and areas have been asked for."""
        names = list(self._roster.shown().values())
        each = max(1, min(BATCH_OF_ITEMS, items) // max(1, len(names)))
        ids: list[str] = []
        for name in names[:items]:
            wiql = newest_query(name, self.settings.area)
            ids += self._unless_refused(name, partial(self._questions.query, name, wiql, top=each)) or ()
        streams = Streams(
            asked=self._questions,
            surroundings=self._roster,
            known=_NothingKnown(),
            vocabulary=self._vocabulary(self._roster.look.ids),
            scope=self._roster.rule(),
            now=self._now,
        )
        return streams.whole(ids) if ids else Batch()

    def discovery(self) -> Discovery:
        """What the source says of itself, and the mapping that it suggests."""
        seen = self.preflight()
        names = self._live()
        statuses = tuple(self._roster.statuses(names))
        self._look_around()
        sample = self._newest(items=DISCOVERY_SAMPLE)
        self._roster.refuse_nothing_left()
        found = draft(
            Findings(
                sample=sample,
                source=self.settings.name,
                product=seen.product,
                scopes=self._roster.scopes(),
                statuses=statuses,
                fields=self._roster.fields(),
                types={name: self._types(name) for name in names},
                backlogs={name: self._backlog(name) for name in names},
                areas={name: self._areas(name) for name in names},
            )
        )
        return replace(found, unread=self.unread())

    def named(self, cursor: Cursor | None, *, then: Mapping[str, str]) -> Mapping[str, str]:
        kept = self._kept_look(cursor)
        if kept is not None and self._serves(kept):
            return kept.ids
        named, fields = self._named_fields(), self._roster.fields()
        today = {str(each["referenceName"]): str(each.get("name", "")) for each in fields}
        refuse_renamed(named, then=then, today=today, who=self.settings.name)
        return ids_asked(named, asked_fields(fields, who=self.settings.name))

    def asked(self) -> Sequence[str]:
        return self._roster.look.fields

    def requests_made(self) -> int:
        return self._questions.requests_made()

    def close(self) -> None:
        self._questions.close()

    def _look_around(self, *, before: Look | None = None) -> list[Sprint]:
        """Ask for fields, types, areas and iterations. Raises SettingsError for a field or an area that is nowhere."""
        named = self._named_fields()
        for name in (name for name, reference in named.items() if not reference):
            _log.warning(
                "%s: there is no field “%s” here, so settings that name it find nothing there",
                self.settings.name,
                name,
            )
        self._roster.ask(named, projects=self._live(), before=before)
        sprints = self._sprints_of(self._live())
        self._roster.learn_nodes(self._live())
        return sprints

    def _renamed(self, streams: Streams, before: Look) -> Iterator[Batch]:
        """The items below areas and iterations that are called otherwise than at our last look.

        No cursor comes with them: the look that vouches for the new names is kept with the first page.
        """
        paths = renamed(before.nodes, self._roster.look.nodes)
        for project in self._live() if paths else ():
            for root in self._roster.trees(project):
                place = AREA if _is_area(root) else ITERATION
                for path in highest(path for path, node in nodes_of(root) if str(node["id"]) in paths):
                    for ids in self._roster.listed(project, below=(place, path)):
                        for start in range(0, len(ids), RENAMED_AT_ONCE):
                            yield streams.renamed(ids[start : start + RENAMED_AT_ONCE], paths)

    def _live(self) -> list[str]:
        return [scope.name for scope in self._roster.scopes() if scope.state == "live"]

    def _named_fields(self) -> dict[str, str]:
        """The settings' field names as reference names. Raises SettingsError for one that the collection lacks.

        A field that rules for every source name may be lacking: then it has no name here, "".
        """
        known = field_names(self._roster.fields())
        for name in self.settings.named_fields:
            if name.lower() not in known and name not in self.settings.shared_fields:
                raise SettingsError(
                    f"{self.settings.name}: there is no field “{name}”{_perhaps(name, known)}; "
                    "name it as the form shows it, or by its reference name"
                )
        return {name: known.get(name.lower(), "") for name in self.settings.named_fields}

    def _kept_look(self, cursor: Cursor | None) -> Look | None:
        """The look that a cursor of today's scope carries."""
        same = cursor is not None and cursor.get("scope") == self._roster.rule().words()
        return look_of(cursor.get("look")) if cursor is not None and same else None

    def _serves(self, look: Look) -> bool:
        """Do we go on by this look? While rules name fields, only if names still stand for the same ones: what a field
        says of an item may be a restriction, which is not to come a day late.
        """
        if not look.serves(at=self._now(), projects=self._live(), names=self.settings.named_fields):
            return False
        return not self.settings.text_fields or look.named == self._named_fields()

    def _unasked(self) -> list[str]:
        """What a person should know of the settings' fields that are here, and that no question of ours names."""
        look = self._roster.look
        return [
            f"{self.settings.name}: the field “{name}” is never asked for, as no long text is and no person but the "
            "assignee and those in fields of your own: settings that name it find nothing there; name another field"
            for name in self.settings.named_fields
            if (reference := look.named.get(name)) and reference not in look.fields
        ]

    def _vocabulary(self, named: Mapping[str, str]) -> Vocabulary:
        settings = self.settings
        own = {ours: (named[theirs],) if named[theirs] else () for ours, theirs in settings.value_fields.items()}
        return Vocabulary(
            source=settings.name,
            base_url=settings.url.strip().rstrip("/"),
            value_fields={**VALUE_FIELDS, **own},
            value_scales=settings.value_scales,
            text_fields={name: named[name] for name in settings.text_fields if named[name]},
            blocked_flags=settings.blocked_flags,
            blocked_fields={named[name]: values for name, values in settings.blocked_fields.items() if named[name]},
        )

    def _recycled(self) -> frozenset[str]:
        """The recycle bins of the projects in scope; one that may not be looked into tells nothing."""
        found: set[str] = set()
        for scope in self._roster.scopes():
            if scope.state == "live":
                try:
                    found |= self._questions.recycled(scope.name)
                except (AccessDeniedError, SettingsError):
                    continue  # then its items are absent, and a census has to miss them twice
        return frozenset(found)

    def _types(self, project: str) -> Sequence[Mapping[str, Json]]:
        try:
            return self._roster.types(project)
        except (AccessDeniedError, SettingsError):
            return ()  # the preflight has warned of it

    def _backlog(self, project: str) -> Mapping[str, Json] | None:
        try:
            return self._questions.backlogs(project)
        except (AccessDeniedError, SettingsError):
            return None  # then the types' names have to say it

    def _areas(self, project: str) -> list[str]:
        roots = self._roster.trees(project)
        return [path for root in roots if _is_area(root) for path, _ in nodes_of(root)]

    def _sprints_of(self, projects: Sequence[str]) -> list[Sprint]:
        """The iterations of the projects. Where the trees could be read, an area that is in none is an error."""
        sprints, areas = list[Sprint](), dict[str, str]()
        for project in projects:
            for root in self._roster.trees(project):
                if _is_area(root):
                    areas |= {path.lower(): path for path, _ in nodes_of(root)}
                else:
                    sprints += sprints_of(root, today=self._now().date())
        wanted = (self.settings.area or "").strip("\\")
        if wanted and areas and wanted.lower() not in areas:
            raise SettingsError(
                f"{self.settings.name}: there is no area “{wanted}”{_perhaps(wanted, areas)}; "
                "write the whole path, the project first, parted by backslashes"
            )
        return sprints


def _place_of(entry: Mapping[str, Json], rule: ScopeRule) -> Presence:
    return Presence.THERE if rule.holds(entry) else Presence.ELSEWHERE


class Roster:
    """Projects, fields, types and states of one source: asked for when first needed, or recalled from the cursor."""

    def __init__(self, settings: SourceSettings, questions: Questions, *, now: Callable[[], datetime]) -> None:
        self._settings = settings
        self._questions = questions
        self._now = now
        self._projects: list[Scope] | None = None
        self._scopes: tuple[Scope, ...] | None = None
        self._ids: dict[str, str] | None = None  # of projects, by name
        self._fields: list[Mapping[str, Json]] | None = None
        self._types: dict[str, Sequence[Mapping[str, Json]]] = {}  # by project name, as those below
        self._trees: dict[str, Sequence[Mapping[str, Json]]] = {}
        self._categories: dict[str, Mapping[str, str]] = {}  # status id -> category
        self._tables: dict[str, TypeTable] = {}
        self._recalled: set[str] = set()  # projects whose types were not asked for by this connector
        self._changing = threading.Lock()  # the next page is asked for beside the one that is read
        self._look: Look | None = None
        self._kept: Json = None
        self._new_statuses: list[Status] = []
        self._refused: dict[str, Unread] = {}  # by project name
        self._refusal: TrackerError | None = None  # the last one
        self._untried: set[str] = set()  # refused when the look was taken, and not asked for since
        self._first_refused: set[str] = set()  # by this look
        self._refused_elsewhere: set[str] = set()  # projects that nobody asked for
        self._has_looked_again = False
        self.warnings: list[str] = []

    @property
    def look(self) -> Look:
        """What we know of fields and types. Raises LookupError before it was asked for or recalled."""
        if self._look is None:
            raise LookupError("neither asked for nor recalled")
        return self._look

    def forget_projects(self) -> None:
        """Projects may be hidden from us at any time: they are asked for again when they are next needed."""
        self._projects, self._scopes, self._ids = None, None, None
        self._has_looked_again = False

    def recall(self, look: Look) -> None:
        """Go on with what was asked for earlier in the day; only what was refused is asked for again.

        A project that was refused twice and of which nothing was met is left alone: it may well have no boards at all.
        """
        self._look = look
        self._tables = dict(look.types)
        self._categories = {project: categories_in(project, table) for project, table in look.types.items()}
        self._recalled = set(look.types)
        for project in self.shown().values():
            if project in look.refused:
                if not self._may_be_known(project):
                    self.is_refused(project)  # something of it was met before
            elif project in look.to_try:
                self._may_be_known(project)
            elif project in look.unseen:
                self._untried.add(project)
                self._refused[project] = Unread(id=self.project_id(project), key=project, is_empty=True)
        self._look = replace(look, unseen=tuple(name for name in look.unseen if name not in self._tables))

    def ask(self, named: Mapping[str, str], *, projects: Sequence[str], before: Look | None) -> None:
        """Ask for fields, and for the types of these projects; those that may not be seen are logged.

        What `before` knew of a project tells one that is refused by now from one that never had items.
        """
        offered = self.fields()
        self._look = Look(
            asked_at=self._now(),
            fields=asked_fields(offered, who=self._settings.name),
            marks_deletions=any(each.get("referenceName") == IS_DELETED for each in offered),
            named=named,
        )
        warned = len(self.warnings)
        seen = {project for project in projects if self._may_be_known(project)}
        self._first_refused = self._refused.keys() - set(before.unseen if before is not None else ())
        for project in {*before.types, *before.refused} & self._refused.keys() if before is not None else ():
            self.is_refused(project)
        self._look = replace(self._look, unseen=tuple(name for name in projects if name not in seen))
        for warning in self.warnings[warned:]:
            _log.warning("%s: %s", self._settings.name, warning)

    def learn_nodes(self, projects: Sequence[str]) -> None:
        """Keep what areas and iterations are called."""
        nodes = {
            str(node["id"]): path
            for project in projects
            for root in self.trees(project)
            for path, node in nodes_of(root)
        }
        self._look = replace(self.look, nodes=nodes)
        self._kept = None

    def fields_again(self) -> Look:
        """Our look with those of its fields alone that are still there, after one was refused.

        One that was made since waits for the next look: what was read before, and is written later, was not asked for
        it.
        """
        there = set(asked_fields(self.fields(), who=self._settings.name))
        with self._changing:
            still = tuple(name for name in self.look.fields if name in there)
            self._look = replace(self.look, fields=still)
            self._kept = None
            return self._look

    def kept_look(self) -> Json:
        """The look for the cursor, with the types that were learned since."""
        with self._changing:
            if self._kept is None:
                met = {name for name, one in self._refused.items() if not one.is_empty}
                first = self._first_refused & self._refused.keys() - met
                self._look = replace(
                    self.look,
                    types=dict(self._tables),
                    unseen=tuple(name for name in self.look.unseen if name not in self._tables),
                    refused=tuple(sorted(met)),
                    to_try=tuple(sorted(first)),
                )
                self._kept = self._look.kept()
            return self._kept

    def refuse(self, project: str, refusal: TrackerError) -> None:
        """Go on without a project that we may not read (403, or 404 where it has gone meanwhile); raises the rest.

        No position of this run vouches for it, so that all of it is read once it may be.
        """
        _raise_unless_of_one_project(refusal)
        identity = self.project_id(project)
        if not self._has_looked_again:
            self.forget_projects()
            self._has_looked_again = True
        is_shown = any(one.id == identity for one in self._visible())
        wanted = self._settings.projects
        self._refusal = refusal
        self._refused[project] = Unread(
            id=identity,
            key=project,
            state="forbidden" if is_shown else "access_lost",
            is_empty=is_shown and not {identity.lower(), project.lower()} & {name.lower() for name in wanted},
        )
        self._kept = None

    def is_refused(self, project: str) -> bool:
        """Must we do without this project, something of which was met? One not asked for since yesterday is tried."""
        if project in self._untried:
            self._untried.discard(project)
            if self._may_be_known(project):
                return False
        found = self._refused.get(project)
        if found is not None and found.is_empty:
            self._refused[project] = replace(found, is_empty=False)
            self._kept = None
        return found is not None

    def are_all_read(self) -> bool:
        """Do we have to do without no project of which anything was met?"""
        return all(one.is_empty for one in self._refused.values())

    def refuse_nothing_left(self) -> None:
        """Raises the refusal where every project was refused: then it is not about one of them."""
        if self._refusal is not None and not self.shown():
            raise self._refusal

    def unread(self) -> tuple[Unread, ...]:
        return tuple(self._refused[name] for name in sorted(self._refused))

    def scopes(self) -> tuple[Scope, ...]:
        """The projects in scope; those of the settings that the token does not see are access_lost."""
        if self._scopes is None:
            self._scopes = self._found_scopes()
        return self._scopes

    def left_out(self) -> Iterator[Scope]:
        """The projects that the token sees and nobody asked for; those of a census may have moved there."""
        asked = {scope.id for scope in self.scopes()}
        return (replace(scope, state="out_of_scope") for scope in self._visible() if scope.id not in asked)

    def shown(self) -> Mapping[str, str]:
        """The projects in scope that the token sees, and that were not refused: their names by id."""
        live = (scope for scope in self.scopes() if scope.state == "live")
        return {scope.id: scope.name for scope in live if scope.name not in self._refused}

    def listed(self, project: str, *, below: tuple[str, str] | None = None) -> Iterator[Sequence[str]]:
        """The ids of the project's items in scope, by windows of ids below the service's limit of 20,000 rows.

        `below`: of those alone whose area or iteration (the field) is at or below a path.
        """
        after = 0
        while True:
            query = census_query(project, self._settings.area, after, below=below)
            ids = self._questions.query(project, query, top=LARGEST_QUERY)
            if ids:
                yield ids
            if len(ids) < LARGEST_QUERY:
                return
            after = max(map(int, ids))

    def knock(self, project: str) -> None:
        """Ask the project one thing, which says no more than whether it answers."""
        self._questions.query(project, census_query(project, self._settings.area, 0), top=1)

    def rule(self) -> ScopeRule:
        names = frozenset(scope.name.lower() for scope in self.scopes()) if self._settings.projects else None
        return ScopeRule(projects=names, area=self._settings.area)

    def fields(self) -> Sequence[Mapping[str, Json]]:
        if self._fields is None:
            self._fields = self._questions.fields()
        return self._fields

    def statuses(self, projects: Sequence[str]) -> Iterator[Status]:
        """Every status that these projects' types know; a warning for a project whose types may not be seen."""
        for project in projects:
            if self._may_be_known(project):
                for identity, word in self._of(project).items():
                    yield self._status(identity, word)

    def types(self, project: str) -> Sequence[Mapping[str, Json]]:
        """The types of a project with their states."""
        if project not in self._types:
            self._types[project] = self._questions.types(project)
        return self._types[project]

    def trees(self, project: str) -> Sequence[Mapping[str, Json]]:
        """The roots of areas and iterations of a project; none, and a warning, where they may not be seen."""
        if project not in self._trees:
            self._trees[project] = ()
            try:
                self._trees[project] = self._questions.nodes(project)
            except (AccessDeniedError, SettingsError) as error:
                self.warnings.append(f"the areas and iterations of {project} are not known: {error}")
        return self._trees[project]

    def project_id(self, name: str) -> str:
        """The project's id; the name itself for one that the token does not see."""
        if self._ids is None:
            self._ids = {scope.name: scope.id for scope in self._visible()}
        return self._ids.get(name, name)

    def category(self, project: str, status_id: str) -> str | None:
        """What the tracker says of a status; None for one that is in no list of its type.

        Raises RefusedProjectError where the types may not be seen: an item read without them would keep an unknown
        category for good. A project that nobody asked for may refuse them, too.
        """
        if project not in self._refused and project not in self._refused_elsewhere:
            try:
                return self._category(project, status_id)
            except (AccessDeniedError, SettingsError) as error:
                if project in self.shown().values():
                    self.refuse(project, error)
                else:
                    _raise_unless_of_one_project(error)
                    self._refused_elsewhere.add(project)
        raise RefusedProjectError(
            f"{self._settings.name}: its history leads through project {project}, which the tracker refuses to let us "
            "read"
        )

    def _category(self, project: str, status_id: str) -> str | None:
        known = self._of(project)
        if status_id not in known and project in self._recalled:
            self._recalled.discard(project)
            del self._categories[project]  # its types have changed since we asked
            self._tables.pop(project, None)
            known = self._of(project)
        return known.get(status_id)

    def take_new_statuses(self) -> Sequence[Status]:
        """The statuses learned since this was last asked."""
        taken, self._new_statuses = self._new_statuses, []
        return taken

    def _found_scopes(self) -> tuple[Scope, ...]:
        visible = self._visible()
        wanted = self._settings.projects
        if not wanted:
            return tuple(visible)
        by_name = {scope.name.lower(): scope for scope in visible} | {scope.id.lower(): scope for scope in visible}
        scopes = []
        for name in wanted:
            lost = Scope(id=name, key=name, name=name, state="access_lost")
            scopes.append(by_name.get(name.lower(), lost))
        if all(scope.state == "access_lost" for scope in scopes):
            raise SettingsError(
                f"{self._settings.name}: the token sees no project “{wanted[0]}”"
                f"{_perhaps(wanted[0], {scope.name.lower(): scope.name for scope in visible})}; "
                "check the spelling, and that the token's owner may see it"
            )
        self.warnings += [
            f"the token sees no project “{scope.name}”: nothing of it is read, and what we hold of it stays"
            for scope in scopes
            if scope.state == "access_lost"
        ]
        return tuple(scopes)

    def _visible(self) -> list[Scope]:
        if self._projects is None:
            found = [Fields(each, who=f"{self._settings.name}: a project") for each in self._questions.projects()]
            self._projects = [
                Scope(id=read.text("id"), key=read.text("name"), name=read.text("name"))
                for read in found
                if (read.optional_text("state") or "wellFormed") == "wellFormed"
            ]
        if not self._projects:
            raise AccessDeniedError(
                f"{self._settings.name}: the token sees no project at all; give its owner access to the projects, "
                "and the token the scope “Work Items (Read)” in this organisation"
            )
        return self._projects

    def _may_be_known(self, project: str) -> bool:
        """May its types be seen? A warning where not."""
        try:
            self._of(project)
        except (AccessDeniedError, SettingsError) as error:
            self.warnings.append(f"the states of {project} are not known: {error}")
            self.refuse(project, error)
            return False
        if self._refused.pop(project, None) is not None:
            self._kept = None
        return True

    def _of(self, project: str) -> Mapping[str, str]:
        if project not in self._categories:
            visible = any(scope.name == project for scope in self._visible())
            table = table_of(self.types(project)) if visible else {}
            self._categories[project] = categories_in(project, table)
            if visible:
                self._tables[project] = table
                self._kept = None
            self._new_statuses += [self._status(name, word) for name, word in self._categories[project].items()]
        return self._categories[project]

    def _status(self, identity: str, word: str) -> Status:
        return Status(
            source=self._settings.name, status_id=identity, name=identity.split("/", 2)[2], category=category_of(word)
        )


def _raise_unless_of_one_project(refusal: TrackerError) -> None:
    if refusal.status not in (403, 404) or isinstance(refusal, AccountAtStakeError):
        raise refusal


def sprints_of(root: Mapping[str, Json], *, today: date) -> list[Sprint]:
    """The iterations below a project's root, named by the path that items carry; their days are never shifted."""
    found: list[Sprint] = []
    for path, node in nodes_of(root):
        if node is root:
            continue  # the whole project is no iteration
        attributes = node.get("attributes") or {}
        starts, ends = (_day(attributes.get(name)) for name in ("startDate", "finishDate"))
        state = _timeframe(starts, ends, today)
        found.append(Sprint(id=str(node["id"]), name=path, state=state, starts_on=starts, ends_on=ends))
    return found


def nodes_of(root: Mapping[str, Json]) -> Iterator[tuple[str, Mapping[str, Json]]]:
    """Every node of a tree with its path as items carry it: Project, then Project\\Release 1\\Sprint 2."""
    pending = [(str(root["name"]), root)]
    while pending:
        path, node = pending.pop(0)
        yield path, node
        pending += [(f"{path}\\{child['name']}", child) for child in node.get("children") or ()]


def census_query(project: str, area: str | None, after: int, *, below: tuple[str, str] | None = None) -> str:
    """The query for the next window of ids; without an upper bound, its rows are limited by $top."""
    bounds = [(AREA, area.strip(chr(92)))] if area else []
    under = "".join(f" AND [{field}] UNDER {_quoted(path)}" for field, path in [*bounds, *([below] if below else [])])
    where = f"[System.TeamProject] = {_quoted(project)}{under} AND [System.Id] > {after}"
    return f"SELECT [System.Id] FROM WorkItems WHERE {where} ORDER BY [System.Id]"  # noqa: S608  # WIQL, quoted above


def newest_query(project: str, area: str | None) -> str:
    """The query for the items changed last; its rows are limited by $top."""
    below = f" AND [System.AreaPath] UNDER {_quoted(area.strip(chr(92)))}" if area else ""
    where = f"[System.TeamProject] = {_quoted(project)}{below}"
    return f"SELECT [System.Id] FROM WorkItems WHERE {where} ORDER BY [System.ChangedDate] DESC"  # noqa: S608  # WIQL


class _NothingKnown:
    """What is known of items where none is held."""

    def updated_at(self, external_ids: Sequence[str]) -> Mapping[str, datetime]:  # noqa: ARG002
        return {}

    def pending_chunks(self) -> Iterator[tuple[int, Sequence[str]]]:
        return iter(())

    def newest_update(self) -> datetime | None:
        return None

    def item_raws(self, external_ids: Sequence[str]) -> Mapping[str, Raw]:  # noqa: ARG002
        return {}

    def parents(self, external_ids: Sequence[str]) -> Mapping[str, str | None]:  # noqa: ARG002
        return {}

    def parentless(self, project_ids: Sequence[str]) -> Sequence[str]:  # noqa: ARG002
        return ()

    def moved_out_of(self, project_id: str) -> Sequence[str]:  # noqa: ARG002
        return ()


def field_names(fields: Sequence[Mapping[str, Json]]) -> dict[str, str]:
    """Reference names by every name people use for them, lower-cased; a reference name wins over a display name."""
    shown = {str(each.get("name", "")).lower(): str(each["referenceName"]) for each in fields}
    return shown | {str(each["referenceName"]).lower(): str(each["referenceName"]) for each in fields}


def _is_area(root: Mapping[str, Json]) -> bool:
    return str(root.get("structureType", "")).lower() == "area"


def _timeframe(starts: date | None, ends: date | None, today: date) -> str:
    if ends is not None and ends < today:
        return "closed"
    return "active" if starts is not None and starts <= today else "future"


def _day(value: Json) -> date | None:
    return None if value in (None, "") else day_of(value)


def _perhaps(wanted: str, known: Mapping[str, str]) -> str:
    close = get_close_matches(wanted.lower(), known, n=1)
    return f" (did you mean “{known[close[0]]}”?)" if close else ""


def _quoted(text: str) -> str:
    """A text literal of the query language; a quotation mark in it is doubled."""
    return "'" + text.replace("'", "''") + "'"
