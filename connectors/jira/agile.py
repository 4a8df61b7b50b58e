"""Boards and sprints by the agile API, asked for once a day and kept in the cursor until then; and fields' old names.

    boards of each project in scope ──> of each board: configuration, sprints ──> a Look, kept in the cursor

A board belongs to the project that it is located in; Data Center does not tell that place, there it belongs to the
projects that it is listed for. Issues are never asked of a board: its lists are being moved to another API. Nothing
here stops a sync: boards and sprints that this token may not read are left out, with a warning.

Source: developer.atlassian.com/cloud/jira/software/rest (board, board configuration, sprints of a board; a board
without sprints answers 400; closed sprints come first).
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from connectors.base import (
    IMPOSSIBLE_SHAPES,
    AccessDeniedError,
    Batch,
    DeferredError,
    Json,
    SettingsError,
    Sprint,
    TrackerUnavailableError,
    UnreadableAnswerError,
)
from connectors.jira.client import JiraSite
from connectors.jira.fields import SiteFields
from connectors.jira.mapping import sprint_of
from connectors.reading import moment_of, object_list

LASTS = timedelta(hours=24)
SOONER = timedelta(hours=1)  # until the next try, where the agile API was in trouble
MOST_PROJECTS = 1_000  # each is asked for its boards; beyond, a day's look would be felt
A_PAGE = 50
MOST_PAGES = 1_000  # of one list; more, and it goes in circles
_REFUSALS = (401, 403, 404)


@dataclass(frozen=True, kw_only=True)
class Board:
    """One board. `columns`: names, each with the ids of its statuses, left to right. `projects`: ids.

    `estimate`: the field that its configuration names, None where it estimates in no field or may not be read.
    `closed` counts the closed sprints, `last_closed` is the last of them, `open` are the others; None of either where
    it has no sprints.
    """

    id: str
    name: str
    type: str  # scrum, kanban, simple
    projects: tuple[str, ...]
    columns: tuple[tuple[str, tuple[str, ...]], ...] = ()
    estimate: str | None = None
    closed: int | None = None
    last_closed: str | None = None
    open: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Look:
    """What the site told of its boards and its fields' names, and when. `projects`: those it was asked for.

    `hidden`: ids of boards, or parts of boards, that the token may not read. `refused`: what it may not read at all
    (boards, configurations, sprints), and `projects` where they are too many. `names`: field id -> the names that it
    bears or ever bore, lower-cased.
    """

    asked_at: datetime
    projects: tuple[str, ...] = ()
    boards: tuple[Board, ...] = ()
    hidden: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()
    in_trouble: bool = False
    names: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def serves(self, *, at: datetime, projects: Iterable[str]) -> bool:
        """Is it young enough, and of these projects?"""
        lasts = SOONER if self.in_trouble else LASTS
        return timedelta() <= at - self.asked_at < lasts and set(projects) == set(self.projects)

    def estimates(self, fields: SiteFields) -> dict[str, tuple[str, ...]]:
        """Project id -> the number fields in which its boards estimate, in the order of the boards' ids.

        Boards that estimate in hours or by counting issues have no story points.
        """
        found: dict[str, list[str]] = {}
        for board in sorted(self.boards, key=lambda board: (len(board.id), board.id)):
            definition = fields.by_id.get(board.estimate or "")
            if definition is None or not definition.custom or definition.type != "number":
                continue
            for project in board.projects:
                if definition.id not in (own := found.setdefault(project, [])):
                    own.append(definition.id)
        return {project: tuple(own) for project, own in found.items()}

    def former_names(self, fields: SiteFields) -> dict[str, str]:
        """Names that one field bore before, and that no field bears today -> its id."""
        bearers: dict[str, list[str]] = {}
        for field_id, names in self.names.items():
            for name in names:
                if field_id in fields.by_id and not fields.named(name):
                    bearers.setdefault(name, []).append(field_id)
        return {name: ids[0] for name, ids in bearers.items() if len(ids) == 1}

    def warnings(self, *, who: str) -> tuple[str, ...]:
        """What a person should know of it."""
        told = []
        if "boards" in self.refused:
            told.append(
                f"{who}: boards and sprints cannot be read with this token; issues are synced all the same, story "
                "points by their field's name; a token with scopes needs read:board-scope:jira-software and "
                "read:sprint:jira-software"
            )
        if "configurations" in self.refused:
            told.append(
                f"{who}: the configuration of boards cannot be read with this token, so story points go by their "
                "field's name; a token with scopes needs read:board-scope.admin:jira-software"
            )
        if "sprints" in self.refused:
            told.append(
                f"{who}: the sprints of boards cannot be read with this token; those that issues name are known; a "
                "token with scopes needs read:sprint:jira-software"
            )
        if "projects" in self.refused:
            told.append(
                f"{who}: more than {MOST_PROJECTS} projects are in scope, so boards are not looked at; story points go "
                "by their field's name; name fewer projects in jql to have them"
            )
        if self.hidden:
            told.append(f"{who}: {len(self.hidden)} boards are private or may not be read; they are left out")
        if self.in_trouble:
            told.append(f"{who}: boards could not be read now; issues are synced all the same, we try again in an hour")
        return tuple(told)

    def kept(self) -> Json:
        """As JSON values, for the cursor."""
        return {
            "asked_at": self.asked_at.isoformat(),
            "projects": list(self.projects),
            "boards": [_kept_board(board) for board in self.boards],
            "hidden": list(self.hidden),
            "refused": list(self.refused),
            "in_trouble": self.in_trouble,
            "names": {field_id: list(names) for field_id, names in self.names.items()},
            "instants": True,  # of its sprints' starts were kept
        }


def look_of(kept: Json) -> Look | None:
    """Read a look back from `Look.kept`; None for what is none, which only costs asking again.

    Of one that kept no more than the days of sprints, closed sprints are not known, so that they are read once more.
    """
    if not isinstance(kept, Mapping):
        return None
    try:
        boards = [_board_of(board) for board in kept["boards"]]
        return Look(
            asked_at=moment_of(kept["asked_at"]),
            projects=tuple(kept["projects"]),
            boards=tuple(board if kept.get("instants") else replace(board, closed=None) for board in boards),
            hidden=tuple(kept["hidden"]),
            refused=tuple(kept["refused"]),
            in_trouble=bool(kept["in_trouble"]),
            names={field_id: tuple(names) for field_id, names in kept["names"].items()},
        )
    except (KeyError, TypeError, ValueError, AttributeError):
        return None


def look_at(site: JiraSite, before: Look | None, *, projects: Sequence[str]) -> Generator[Batch, None, Look]:
    """Read all boards and their sprints; returns the new look, and yields what it finds on the way.

    Sprints that were closed when we last looked are not read again.
    """
    names = {} if site.is_cloud else _names(site, before)  # Cloud's change logs name fields by id
    reading = _Reading(site, {board.id: board for board in before.boards} if before is not None else {})
    try:
        for sprints in reading.through(projects):
            yield Batch(sprints=sprints)
    except DeferredError:
        raise
    except (TrackerUnavailableError, UnreadableAnswerError, *IMPOSSIBLE_SHAPES):
        kept = before or Look(asked_at=site.now())
        return replace(kept, asked_at=site.now(), projects=tuple(projects), in_trouble=True, names=names)
    return Look(
        asked_at=site.now(),
        projects=tuple(projects),
        boards=tuple(reading.boards.values()),
        hidden=tuple(dict.fromkeys(reading.hidden)),
        refused=tuple(dict.fromkeys(reading.refused)),
        names=names,
    )


class _Reading:
    """One pass over the boards. What is refused once for the whole token is not asked for again."""

    def __init__(self, site: JiraSite, before: Mapping[str, Board]) -> None:
        self.site = site
        self.before = before
        self.boards: dict[str, Board] = {}
        self.hidden: list[str] = []
        self.refused: list[str] = []

    def through(self, projects: Sequence[str]) -> Iterator[tuple[Sprint, ...]]:
        if len(projects) > MOST_PROJECTS:
            self.refused.append("projects")
            return
        for project in projects:
            if "boards" not in self.refused:
                self._list(project)
        for listed in list(self.boards.values()):
            board, sprints = self._with_sprints(self._configured(listed))
            self.boards[board.id] = board
            yield sprints

    def _list(self, project: str) -> None:
        try:
            for entry in self._paged("board", projectKeyOrId=project):
                place = (entry.get("location") or {}).get("projectId")
                board_id = str(entry["id"])
                seen = self.boards.get(board_id)
                where = (str(place),) if place is not None else (*(seen.projects if seen else ()), project)
                self.boards[board_id] = Board(
                    id=board_id, name=str(entry.get("name") or ""), type=str(entry.get("type") or ""), projects=where
                )
        except (AccessDeniedError, SettingsError) as refusal:
            if refusal.status in _REFUSALS:
                self.refused.append("boards")
            elif refusal.status != 400:  # a project that the agile API knows nothing of
                raise

    def _configured(self, board: Board) -> Board:
        if "configurations" in self.refused:
            return board
        try:
            told = self.site.agile(f"board/{board.id}/configuration").json
        except (AccessDeniedError, SettingsError) as refusal:
            self._leave_out(board, refusal, whole="configurations")
            return board
        if not isinstance(told, Mapping):
            raise UnreadableAnswerError(f"{self.site.who}: the configuration of a board cannot be read")
        columns = (told.get("columnConfig") or {}).get("columns") or ()
        field_id = ((told.get("estimation") or {}).get("field") or {}).get("fieldId")
        return replace(
            board,
            columns=tuple(
                (str(column.get("name") or ""), tuple(str(status["id"]) for status in column.get("statuses") or ()))
                for column in columns
            ),
            estimate=None if field_id is None else str(field_id),
        )

    def _with_sprints(self, board: Board) -> tuple[Board, tuple[Sprint, ...]]:
        """The board with its sprints. A kanban board has none, and some other boards answer that they have none."""
        if board.type == "kanban" or "sprints" in self.refused:
            return board, ()
        try:
            known, entries = self._sprints(board.id)
        except (AccessDeniedError, SettingsError) as refusal:
            if refusal.status != 400:
                self._leave_out(board, refusal, whole="sprints")
            return board, ()
        closed = [str(entry["id"]) for entry in entries if entry.get("state") == "closed"]
        before = self.before.get(board.id)
        board = replace(
            board,
            closed=known + len(closed),
            last_closed=closed[-1] if closed else (before.last_closed if known and before is not None else None),
            open=tuple(str(entry["id"]) for entry in entries if entry.get("state") != "closed"),
        )
        return board, tuple(sprint for entry in entries if (sprint := sprint_of(entry)) is not None)

    def _sprints(self, board_id: str) -> tuple[int, list[Mapping[str, Json]]]:
        """How many closed sprints are skipped as known, and the entries after them.

        Closed sprints come first, so we go on at the last one that we know. Where it stands there no more, or where a
        sprint that was open is not among the rest, everything is read.
        """
        before = self.before.get(board_id)
        if before is not None and before.closed:
            found = list(self._paged(f"board/{board_id}/sprint", start=before.closed - 1))
            ids = [str(entry["id"]) for entry in found]
            if ids and ids[0] == before.last_closed and set(before.open) <= set(ids):
                return before.closed - 1, found
        return 0, list(self._paged(f"board/{board_id}/sprint"))

    def _paged(self, path: str, *, start: int = 0, **params: Json) -> Iterator[Mapping[str, Json]]:
        for _ in range(MOST_PAGES):
            page = self.site.agile(path, startAt=start, maxResults=A_PAGE, **params).json
            values = object_list(page, "values", who=self.site.who)
            if any(entry.get("id") is None for entry in values):
                raise UnreadableAnswerError(f"{self.site.who}: a board or sprint without an id cannot be kept")
            yield from values
            start += len(values)
            if not values or page.get("isLast") is True:
                return
        raise UnreadableAnswerError(f"{self.site.who}: the list of boards or sprints goes in circles")

    def _leave_out(self, board: Board, refusal: AccessDeniedError | SettingsError, *, whole: str) -> None:
        """A 401 speaks of the token's scopes: once is enough, for three of them end the run. Others of one board."""
        if refusal.status == 401:
            self.refused.append(whole)
        elif refusal.status in (400, 403, 404):
            self.hidden.append(board.id)
        else:
            raise refusal


def _names(site: JiraSite, before: Look | None) -> dict[str, tuple[str, ...]]:
    """The names of the custom fields that we ask for: those that we saw before, and today's."""
    known = before.names if before is not None else {}
    asked = (site.fields().by_id[field_id] for field_id in site.asked_fields() if field_id in site.fields().by_id)
    today = {
        each.id: tuple(dict.fromkeys([*known.get(each.id, ()), *(name.strip().lower() for name in each.names)]))
        for each in asked
        if each.custom
    }
    return {**known, **today}


def _kept_board(board: Board) -> Json:
    return [
        board.id,
        board.name,
        board.type,
        list(board.projects),
        [[name, list(statuses)] for name, statuses in board.columns],
        board.estimate,
        board.closed,
        board.last_closed,
        list(board.open),
    ]


def _board_of(kept: Json) -> Board:
    id, name, type, projects, columns, estimate, closed, last_closed, still_open = kept
    return Board(
        id=id,
        name=name,
        type=type,
        projects=tuple(projects),
        columns=tuple((column, tuple(statuses)) for column, statuses in columns),
        estimate=estimate,
        closed=closed,
        last_closed=last_closed,
        open=tuple(still_open),
    )
