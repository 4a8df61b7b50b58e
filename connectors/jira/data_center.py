"""Jira Data Center: one walk by `updated`, keyset windows, change logs with the pages.

    updated >= u ──> page of P ──> u := its last `updated`, cut to the second, less one ──> updated >= u ──> ...

The next page is asked for as soon as the end of one is known, and comes while that one is read and written.
Where many rows share a second, a window is read on by offset, never beyond 9,000 (the platform refuses 10,000): each
page then begins with the last row of the one before, so that a shift shows. Shifting pages cannot hide rows between
windows, since equal stamps are read again. The walk ends with a page that is shorter than it may be and that the
count confirms, or with one that brings nothing new; who is updated meanwhile comes with the next run, which begins
before this one began. A walk that finds fewer issues than the tracker counts is not complete.

The cursor: `phase` (walking, idle), `u_ms` (where the walk stands), `t0_ms` (server's clock when it began),
`watermark_ms`, `wide_ms` (when the wide overlap was last used), `page` (the size that the server bears) and `largest`
(more it does not), `quoted` or `proven` (the server does not, or does, honour epoch milliseconds in JQL), `short` (how
many issues fewer than counted the last walk found) and `short_walks` (how many in a row did), `whole` (how many issues
the tracker counted as a full walk began); and what it vouches for:
`v`, `scope`, `fields` (those asked for), `projects` (those shown). Another scope or a field never asked for needs
another full walk; of a project not shown before, every issue is read by key, and of the others those that name a
parent there and have none.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from urllib.parse import quote
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from connectors.base import (
    AccessDeniedError,
    Batch,
    Cursor,
    DeferredError,
    IncompleteWalkError,
    Json,
    KnownItems,
    Presence,
    Scope,
    SettingsError,
    TrackerError,
    TrackerUnavailableError,
    UnreadableAnswerError,
    may_be_of_one_item,
    refused_alone,
)
from connectors.forerunner import Forerunner
from connectors.jira.client import VOUCHED, JiraSite, may_concern_one_project, whole_count
from connectors.jira.gathering import Gathered, gather
from connectors.jira.mapping import parent_key
from connectors.jira.scope import project_of
from connectors.pacing import MAX_TRIES
from connectors.reading import moment_of, object_list
from connectors.register import Keys, Numbers, Register
from connectors.transport import Answer

FIRST_PAGE = 100
LARGEST_PAGE = 1_000
SMALLEST_PAGE = 10
GOOD_SECONDS = 4.0  # that a page may well take
MOST_GROWTH = 10
SLOW_SECONDS = 20.0
LAST_OFFSET = 9_000
IDS_A_PAGE = 1_000
OVERLAP = timedelta(minutes=15)
WIDE_OVERLAP = timedelta(hours=26)  # once a day: an update may come late into the index
WIDE_EVERY = timedelta(hours=24)
FIRST_QUOTED_SLACK = timedelta(hours=24)
QUOTED_SLACK = timedelta(hours=2)  # an hour of summer time, and one for the minute's rounding
SMALL_SLACK = timedelta(minutes=2)  # enough where the page shows that the server reads our dates as we do
TOLERANCE_MS = 60_000
SAME_STAMP_MS = 2_000  # before the last walk began: some servers keep whole seconds, and round them
READ_AGAIN = 20  # at most one row in so many
MOST_SHIFTS = 10  # of one walk
MOST_SHORT_WALKS = 3  # in a row, whose counts never agree
LONGEST_QUERY = 4_000  # letters of an address; servers and proxies refuse from 8,000 on
PARENTS_AT_ONCE = 100


@dataclass(kw_only=True)
class _State:
    """Where a walk stands; it becomes the cursor."""

    low: int  # epoch milliseconds, 0: everything
    began: int | None
    page: int
    largest: int = LARGEST_PAGE
    borne: int = 0  # the largest page that the server has given in this run
    quoted: bool = False
    proven: bool = False  # that the server honours epoch milliseconds
    is_guess: bool = False  # quoted for a refusal that may be about something else
    has_moved: bool = False  # `low` was taken from a row of this walk
    slack: timedelta = FIRST_QUOTED_SLACK
    usual_slack: timedelta = SMALL_SLACK  # of windows that begin at a row of this walk
    on_trial: bool = False  # are quoted dates asked because nothing came?
    shifts: int = 0
    reached: int = 0  # the stamp of the last row that a window gave
    is_first: bool = False  # nothing of this source is held, and everything is read
    zone: ZoneInfo | None = None  # in which the server reads quoted dates, once it was asked
    vouched: Mapping[str, Json] = field(default_factory=dict)
    seen: Register = field(default_factory=Register)  # id -> updated, of rows that may come again
    found: Numbers = field(default_factory=Numbers)  # the ids of all rows
    counted: int | None = None  # how many the tracker says there are, when it was first asked
    question: str = ""  # that it was asked
    counted_from: int = 0  # the bound of that question: `low` as it was asked
    whole: int | None = None  # how many there are in the scope, where that was counted
    doubtful: int | None = None  # rows updated then or later may have changed again since, within one stamp
    short: int = 0
    short_walks: int = 0  # in a row

    def count(self, told: int) -> None:
        """Take what the tracker counted for the question: all of the scope, where that had no lower bound."""
        self.counted = told
        if self.counted_from == 0:
            self.whole = told

    def ask_in_quotes(self) -> None:
        """From here on; a count that was made without a date stays as true as it was."""
        self.quoted = True
        if self.counted_from > 0:
            self.counted = None

    def cursor(self, phase: str, **more: int) -> Cursor:
        named: dict[str, Json] = {"phase": phase, "page": self.page, "largest": self.largest, "short": self.short}
        named["short_walks"] = self.short_walks
        return {**named, "quoted": self.quoted, "proven": self.proven, **self.vouched, **more}


class _Place(NamedTuple):
    """Where a page begins in its window, and the row it must begin with, where pages are read on by offset."""

    offset: int
    last: str | None


_BEGINNING = _Place(0, None)
_WIDER = {SMALL_SLACK: QUOTED_SLACK, QUOTED_SLACK: FIRST_QUOTED_SLACK}  # where a window does not begin as it must


class DataCenterWalk:
    """Reads one Jira Data Center."""

    def __init__(self, site: JiraSite) -> None:
        self.site = site
        self._ids_by_key = Keys()
        self._refused: list[tuple[str, str]] = []  # issues asked for alone, and why; no batch has told of them yet

    def changes_since(self, cursor: Cursor | None, known: KnownItems, *, full: bool) -> Iterator[Batch]:
        """Go on from the cursor; an interrupted walk goes on where it stood."""
        given = dict(cursor or {})
        goes_on = not given or self.site.goes_on_from(given)
        if not goes_on:
            yield Batch(starts_over=True)
            given = {name: given[name] for name in ("page", "largest", "quoted", "proven") if name in given}
        elif given and (narrowed := self.site.narrowed(given)) != given:
            yield Batch(cursor=dict(narrowed))  # before anything that is read without those fields
            given = narrowed
        is_walking = given.get("phase") == "walking"
        is_idle = given.get("phase") == "idle"
        wide = int(given.get("wide_ms") or 0)
        is_wide = _millis(self.site.server_clock()) - wide >= _span_ms(WIDE_EVERY)
        low, began = (int(given["u_ms"]), int(given["t0_ms"])) if is_walking else (0, None)
        if is_idle and not full:
            low = max(0, int(given["watermark_ms"]) - _span_ms(WIDE_OVERLAP if is_wide else OVERLAP))
            newest = None if given.get("proven") or given.get("quoted") else known.newest_update()
            if newest is not None:  # an answer without it shows that the server does not honour epochs
                low = min(low, _millis(newest) - TOLERANCE_MS)
        state = _State(
            low=low,
            began=began,
            page=int(given.get("page") or FIRST_PAGE),
            largest=int(given.get("largest") or LARGEST_PAGE),
            quoted=bool(given.get("quoted")),
            proven=bool(given.get("proven")),
            short=int(given.get("short") or 0),
            short_walks=int(given.get("short_walks") or 0),
            vouched=_vouched(given) if is_walking else self.site.vouched(),
            whole=given.get("whole") if is_walking else None,
        )
        if (read_at := given.get("t0_ms" if is_walking else "watermark_ms")) is not None:
            state.doubtful = int(read_at) - SAME_STAMP_MS
        everything = full or low == 0 or (is_walking and bool(given.get("everything")))
        is_wide = bool(given.get("is_wide")) if is_walking else is_wide or everything
        state.is_first = everything and known.newest_update() is None
        yield from self._queued(known, is_wanted=goes_on)
        unread = self.site.unread_projects(given) if is_idle and not everything else []
        for rows in self._whole_projects(unread, state, known):
            yield Batch(**self._batch(rows))
        for rows in self._orphans(unread, state, known):
            yield Batch(**self._batch(rows))
        done = 0
        for rows, stood in self._windows(state, known, everything=everything):
            done += len(rows)
            assert stood.began is not None
            place = self._cursor(
                stood,
                "walking",
                u_ms=stood.low,
                t0_ms=stood.began,
                wide_ms=wide,
                everything=everything,
                is_wide=is_wide,
                **({} if stood.whole is None else {"whole": stood.whole}),
            )
            batch = Batch(**self._batch(rows), cursor=place, done=done)
            yield batch
            del batch
        assert state.began is not None
        rest = {"watermark_ms": max(int(given.get("watermark_ms") or 0), state.began)}
        rest["wide_ms"] = state.began if is_wide else wide
        yield from self._counted(state, again=low, everything=everything, is_wide=is_wide, rest=rest)
        yield Batch(cursor=self._cursor(state, "idle", **rest), done=done, declared=state.whole)

    def _counted(
        self, state: _State, *, again: int, everything: bool, is_wide: bool, rest: Mapping[str, int]
    ) -> Iterator[Batch]:
        """Hold what the walk found against the tracker's own count; what lacks is looked for once more from `again`.

        A count that stays too high by the same number, or for three walks, is the search index's own mistake: then we
        say so and go on. A census, which compares each project's count, decides nothing as long as it lasts.
        """
        lacking = self._lacking(state, since=again)
        if lacking and lacking != state.short and state.short_walks < MOST_SHORT_WALKS:
            state.short, began = lacking, rest["watermark_ms"]
            state.short_walks += 1
            yield Batch(
                cursor=self._cursor(
                    state,
                    "walking",
                    u_ms=again,
                    t0_ms=began,
                    wide_ms=rest["wide_ms"],
                    everything=everything,
                    is_wide=is_wide,
                )
            )
            raise IncompleteWalkError(
                f"{self.site.who}: the tracker counts {len(state.found) + lacking} issues and gave "
                f"{len(state.found)}; what came is kept, the next run reads them again"
            )
        state.short, state.short_walks = lacking, state.short_walks if lacking else 0
        if lacking:
            told = (
                f"{self.site.who}: the tracker counts {lacking} issues more than it gives, time and again; "
                "its search index may need to be rebuilt; ask an administrator"
            )
            yield Batch(warnings=[told])

    def _lacking(self, state: _State, *, since: int) -> int:
        """How many issues fewer than counted were found; deletions meanwhile are taken off by a second count.

        A count that was made anew on the way is of the rest of the walk, and says nothing of all that was found.
        """
        if state.counted is None or state.counted_from != since or len(state.found) >= state.counted:
            return 0
        again = whole_count(self._search(state.question, startAt=0, maxResults=0, fields="id").json.get("total"))
        if again is None:
            return 0
        state.count(again)
        return max(0, again - len(state.found))

    def census(self) -> Iterator[Sequence[str]]:
        """Ids by key, project by project: offsets over a moving table cannot prove presence, nor can equal counts.

        Raises IncompleteWalkError where a project gives fewer issues than it counts.
        """
        for project in self._projects():
            found = Numbers()
            counted: list[int] = []
            for rows in self._of_project(project, where="", fields="id", size=IDS_A_PAGE, counted=counted):
                for row in rows:
                    found.add(_number(str(row["id"])))
                yield [str(row["id"]) for row in rows]
            if counted and len(found) < counted[0]:
                self._refuse_fewer(project, found=len(found))

    def _refuse_fewer(self, project: Scope, *, found: int) -> None:
        """Count again, for some may have been deleted meanwhile."""
        jql = f"{self._clause()} AND project = {project.id}"
        counted = whole_count(self._search(jql, startAt=0, maxResults=0, fields="id").json.get("total"))
        if counted is not None and counted > found:
            raise IncompleteWalkError(
                f"{self.site.who}: the tracker counts {counted} issues of project {project.key} and gave {found}; "
                "nothing is concluded from that"
            )

    def probe(self, external_ids: Sequence[str]) -> Mapping[str, Presence]:
        return {each: self._presence(each) for each in external_ids}

    def _presence(self, issue_id: str) -> Presence:
        try:
            issue = self.site.get(f"issue/{issue_id}", fields="project").json
        except SettingsError as refusal:
            if refusal.status == 404:
                return Presence.ABSENT
            raise
        except AccessDeniedError as refusal:
            if refusal.status == 403:
                return Presence.UNKNOWN
            raise
        if not self.site.scope.holds(project_of(issue)):
            return Presence.ELSEWHERE
        if self.site.scope.is_whole_projects:
            return Presence.THERE
        if self._is_shown(f"{self._clause()} AND id = {int(issue_id)}"):
            return Presence.THERE
        is_indexed = self._is_shown(f"id = {int(issue_id)}")  # else the index lags, and proves nothing
        return Presence.ELSEWHERE if is_indexed else Presence.THERE

    def _is_shown(self, jql: str) -> bool:
        return bool(self._search(jql, startAt=0, maxResults=1, fields="id").json["issues"])

    def _queued(self, known: KnownItems, *, is_wanted: bool) -> Iterator[Batch]:
        """Issues that a census named and no walk has brought, asked for one by one; not those of a former scope."""
        last = 0
        for number, ids in known.pending_chunks():
            if number <= last:
                return
            last = number
            rows = [row for each in ids if (row := self._issue(each)) is not None] if is_wanted else []
            ours, left = self._parted(rows)
            del rows
            yield Batch(**self._batch(ours), out_of_scope=left, finished_chunk=number)
            del ours

    def _parted(self, rows: Sequence[Json]) -> tuple[list[Json], list[tuple[str, str]]]:
        """Those that are ours to read, and of those that have left the scope ids and keys: an id tells nothing of it.

        Where the scope is more than whole projects, the server is asked. What it does not show there, though it shows
        it elsewhere, has left; but of a project that refuses to be searched, or is archived, that says nothing.
        """
        inside = [row for row in rows if self.site.scope.holds(project_of(row))]
        kept = {str(row["id"]) for row in inside}
        left = {str(row["id"]) for row in rows} - kept
        if inside and not self.site.scope.is_whole_projects:
            there, indexed = self._shown(kept), set[str]()
            if kept - there:
                indexed = self._shown(kept - there, anywhere=True)  # else the index lags, and proves nothing
            searched = set(self.site.live_projects())
            for row in inside:
                if (number := str(row["id"])) in indexed - there:
                    kept.discard(number)
                    if project_of(row).id in searched:
                        left.add(number)
        keys = [(str(row["id"]), str(row.get("key"))) for row in rows if str(row["id"]) in left]
        return [row for row in rows if str(row["id"]) in kept], keys

    def _shown(self, issue_ids: Iterable[str], *, anywhere: bool = False) -> set[str]:
        """Those of these issues that a search of the scope shows, or one of everything."""
        ids, found = sorted(issue_ids), set[str]()
        for start in range(0, len(ids), PARENTS_AT_ONCE):
            some = f"id in ({', '.join(ids[start : start + PARENTS_AT_ONCE])})"
            answer = self._search_scope(
                lambda some=some: some if anywhere else f"{self._clause()} AND {some}",  # type: ignore[misc]  # bound in the loop
                startAt=0,
                maxResults=PARENTS_AT_ONCE,
                fields="id",
            )
            found |= {str(row["id"]) for row in answer.json["issues"]}
        return found

    def _issue(self, issue_id: str) -> Json | None:
        """None for one that is gone or hidden, and for one that the server cannot give: the next batch tells of it."""
        fields = ",".join(self.site.asked_fields())
        try:
            return self.site.get(f"issue/{issue_id}", fields=fields, expand="changelog").json
        except TrackerError as refusal:
            if not may_be_of_one_item(refusal):
                raise
            if refusal.status not in (403, 404):
                self.site.myself()  # else it is the server that is out of order
                self._refused.append((issue_id, refused_alone(f"{self.site.who}: issue {issue_id}", refusal)))
            return None

    def _whole_projects(self, unread: Sequence[str], state: _State, known: KnownItems) -> Iterator[list[Json]]:
        """All issues of projects that are shown anew; the cursor names them only when a walk begins or ends."""
        fields = ",".join(self.site.asked_fields())
        for project in self._projects() if unread else ():
            if project.id in unread:
                for rows in self._of_project(project, where="", fields=fields, size=state.page, expand="changelog"):
                    if new := self._new_of(self._unmet(rows, state), state, known, everything=True):
                        yield new

    def _orphans(self, unread: Sequence[str], state: _State, known: KnownItems) -> Iterator[list[Json]]:
        """Issues that were read while the project of their parent was hidden: the raw answer names it by a key that led
        nowhere then, and to show it is no update of theirs.
        """
        keys = {scope.key for scope in self.site.scopes() if scope.id in unread}
        without = known.parentless(self.site.live_projects()) if keys else ()
        lost: dict[str, list[str]] = defaultdict(list)  # by project
        for start in range(0, len(without), IDS_A_PAGE):
            for issue_id, raw in known.item_raws(without[start : start + IDS_A_PAGE]).items():
                issue = raw.body["issue"]
                if (parent_key(issue, self.site.fields()) or "").rpartition("-")[0] in keys:
                    lost[project_of(issue).id].append(issue_id)
        fields = ",".join(self.site.asked_fields())
        for project in self._projects() if lost else ():
            ids = lost.get(project.id, [])
            for start in range(0, len(ids), PARENTS_AT_ONCE):
                some = ids[start : start + PARENTS_AT_ONCE]
                where = f" AND id in ({', '.join(some)})"
                try:
                    for rows in self._of_project(
                        project, where=where, fields=fields, size=state.page, expand="changelog"
                    ):
                        yield [*rows]  # whoever takes them empties the list
                except SettingsError as refusal:
                    if refusal.status != 400:  # one id that is gone spoils the question for all
                        raise
                    ours, _ = self._parted([issue for each in some if (issue := self._issue(each)) is not None])
                    yield ours  # what has left the scope, a census finds

    def _windows(self, state: _State, known: KnownItems, *, everything: bool) -> Iterator[tuple[list[Json], _State]]:
        """Yield new rows, window by window, and where the walk stood after them. Moves `state.low` on the way."""
        with Forerunner(self.site.who) as forerunner:

            def begun(offset: int) -> Future[Answer]:
                def ask() -> Answer:
                    with self.site.transport.as_long_as(forerunner.is_awaited):
                        return self._page(state, offset=offset)

                return forerunner.begin(ask)

            yield from self._through(state, known, begun, everything=everything)

    def _through(
        self, state: _State, known: KnownItems, begun: Callable[[int], Future[Answer]], *, everything: bool
    ) -> Iterator[tuple[list[Json], _State]]:
        """`begun` asks for the page at an offset of the window where the state stands when it leaves."""
        place = _BEGINNING
        asked = begun(place.offset)
        while True:
            answer = asked.result()
            rows, size = list(object_list(answer.json, "issues", who=self.site.who)), _size(answer, state)
            state.began = state.began or _millis(self.site.server_time(answer))
            if state.on_trial and not any(_stamp(row) >= state.low for row in rows) and len(rows) < size:
                if state.has_moved and state.slack in _WIDER:  # dates may be read as later ones than ours
                    state.slack = _WIDER[state.slack]
                    place = _BEGINNING
                    asked = begun(place.offset)
                    continue
                state.quoted = False
                return  # what had to be there is not there in quotes, either: it has gone, and nothing else came
            if self._has_to_be_asked_again(state, rows, known, place):
                place = _BEGINNING
                asked = begun(place.offset)
                continue
            state.on_trial = False
            total = whole_count(answer.json.get("total"))
            if state.counted is None and total is not None:
                state.count(total)
            unmet = self._unmet(rows, state)
            has_all = total is None or place.offset + len(rows) >= total
            ends_here = not rows or (has_all and len(rows) < size)
            before = (state.low, place.offset)
            place = self._advance(state, rows, place, size=size)
            stands_still = (state.low, place.offset) == before
            goes_on = not ends_here and not stands_still and place.offset < LAST_OFFSET
            stood = replace(state)
            if goes_on and not has_all:
                asked = begun(place.offset)
            del answer, rows  # a page is large, and the next one comes while what is new of this one is written
            new = self._new_of(unmet, state, known, everything=everything)
            if goes_on and has_all and new:
                asked = begun(place.offset)
            is_over = ends_here or stands_still or (has_all and not new)
            del unmet
            if new:
                yield new, stood
            if is_over:  # nothing more comes, whatever the count says
                return
            if not goes_on:
                yield from ((rest, stood) for rest in self._crowded(state, known, everything=everything))
                return

    def _has_to_be_asked_again(self, state: _State, rows: Sequence[Json], known: KnownItems, place: _Place) -> bool:
        """Can this page not be taken as it is? Then the window is asked for again: in quotes, from earlier, or since
        rows have shifted. Raises IncompleteWalkError where they do time and again.
        """
        if not self._honours_epochs(state, rows, known):
            state.ask_in_quotes()
            state.on_trial = not rows
            return True
        if state.quoted and state.has_moved and place == _BEGINNING and self._has_to_begin_earlier(state, rows):
            return True
        if place.last is not None and (not rows or str(rows[0]["id"]) != place.last):
            state.shifts += 1
            if state.shifts > MOST_SHIFTS:
                raise IncompleteWalkError(
                    f"{self.site.who}: the tracker's pages shift while we read them; the next run goes on from here"
                )
            return True
        return False

    @staticmethod
    def _has_to_begin_earlier(state: _State, rows: Sequence[Json]) -> bool:
        """Does a window lack what we know, the row that it was begun from? Then it is begun earlier.

        That row may have been changed since; only where the wider window holds what the narrower one should have held
        does the server read dates otherwise, and further windows are begun as early.
        """
        if rows and _stamp(rows[0]) // 1000 <= state.reached // 1000:
            narrower = next((slack for slack, wider in _WIDER.items() if wider == state.slack), None)
            if narrower is not None and state.usual_slack < state.slack:
                bound = state.low - _span_ms(narrower)
                if any(bound <= _stamp(row) <= state.reached for row in rows):
                    state.usual_slack = state.slack
            return False
        if state.slack not in _WIDER:
            return False
        state.slack = _WIDER[state.slack]
        return True

    def _advance(self, state: _State, rows: Sequence[Json], place: _Place, *, size: int) -> _Place:
        """Where the next page is: in a new window from the last row on, or further in this one."""
        reach = place.offset + len(rows) - 1
        following = (_stamp(rows[-1]) if rows else state.low) // 1000 * 1000 - 1000
        if following > state.low and (reach >= LAST_OFFSET or self._is_cheap(state, following, rows=len(rows))):
            state.low, state.has_moved = following, True
            state.reached, state.slack = _stamp(rows[-1]), state.usual_slack
            oldest = following - (_span_ms(QUOTED_SLACK) if state.quoted else 0)
            state.seen = _not_before(oldest, state.seen)
            return _BEGINNING
        if not rows:
            return place
        if size == 1:  # such pages cannot begin with the last row and go on: the window is read by key
            return _Place(LAST_OFFSET, None)
        return _Place(reach, str(rows[-1]["id"]))

    @staticmethod
    def _is_cheap(state: _State, following: int, *, rows: int) -> bool:
        """Would a window from `following` bring few rows again? The last one always comes."""
        oldest = following - (_span_ms(state.usual_slack) if state.quoted else 0)
        again = sum(updated >= oldest for _, updated in state.seen.items())
        return again <= max(2, rows // READ_AGAIN)

    def _crowded(self, state: _State, known: KnownItems, *, everything: bool) -> Iterator[list[Json]]:
        """More rows share one stamp than offsets can reach: read the rest of the window by key."""
        for project in self._projects():
            where = f" AND updated >= {self._since(state)}"
            fields = ",".join(self.site.asked_fields())
            for rows in self._of_project(project, where=where, fields=fields, size=state.page, expand="changelog"):
                if new := self._new_of(self._unmet(rows, state), state, known, everything=everything):
                    yield new

    def _page(self, state: _State, *, offset: int) -> Answer:
        """One page of the size that the server bears; smaller when it gives up, larger when it is quick."""
        while True:
            where = f" AND updated >= {self._since(state)}" if state.low > 0 else ""
            jql = f"{self._clause()}{where} ORDER BY updated ASC, key ASC"
            if state.counted is None:
                state.question, state.counted_from = jql, state.low
            began = self.site.monotonic()
            try:
                answer = self._patiently(state, jql, offset=offset)
            except DeferredError:
                raise
            except TrackerUnavailableError as trouble:
                if state.page <= SMALLEST_PAGE or trouble.status == 429:
                    raise
                # A size that was borne before is sure; else half of what was too much.
                was_borne = 0 < state.borne < state.page
                state.page = state.borne if was_borne else max(SMALLEST_PAGE, state.page // 2)
                state.largest = state.page
                continue
            except (SettingsError, AccessDeniedError) as refusal:
                may_be_epochs = refusal.status == 400 and not (state.quoted or state.proven or state.low == 0)
                if may_be_epochs:
                    state.ask_in_quotes()
                    state.is_guess = True
                    continue
                if not self._narrows(refusal):
                    raise
                if state.is_guess:
                    state.quoted = state.is_guess = False
                state.counted = state.whole = None  # they were of more projects than are asked for now
                continue
            state.is_guess = False
            self._resize(state, answer, seconds=self.site.monotonic() - began)
            return answer

    def _patiently(self, state: _State, jql: str, *, offset: int) -> Answer:
        """Ask for a page. A gateway that gave up waiting, or a long silence, says that the page is too large."""

        def ask() -> Answer:
            fields = ",".join(self.site.asked_fields())
            return self._search(jql, startAt=offset, maxResults=state.page, fields=fields, expand="changelog")

        began = self.site.monotonic()
        try:
            with self.site.transport.tries(1):
                return ask()
        except DeferredError:
            raise
        except TrackerUnavailableError as trouble:
            too_large = trouble.status == 504 or self.site.monotonic() - began > SLOW_SECONDS
            if too_large and state.page > SMALLEST_PAGE:
                raise
        with self.site.transport.tries(MAX_TRIES - 1):
            return ask()

    def _resize(self, state: _State, answer: Answer, *, seconds: float) -> None:
        """Note what the server bore, and choose the next size: one that takes some seconds, by this page's pace."""
        echoed = answer.json.get("maxResults")
        if isinstance(echoed, int) and 0 < echoed < state.page:
            state.page = state.largest = echoed
        state.borne = max(state.borne, state.page)
        if seconds > SLOW_SECONDS:
            state.page = max(SMALLEST_PAGE, state.page // 2)
        elif seconds < GOOD_SECONDS:
            growth = min(MOST_GROWTH, GOOD_SECONDS / max(seconds, 0.001))
            state.page = min(state.largest, int(state.page * growth))

    def _search(self, jql: str, **params: Json) -> Answer:
        """Ask once. `validateQuery` makes unknown values a refusal instead of an empty page; warnings are one, too.

        A question too long for an address is posted: its `fields` and `expand` are lists there, a text is refused.
        """
        asked: dict[str, Json] = {"jql": jql, "validateQuery": "true", **params}
        if sum(len(quote(str(value), safe="")) for value in asked.values()) > LONGEST_QUERY:
            lists = {name: str(asked[name]).split(",") for name in ("fields", "expand") if name in asked}
            answer = self.site.post("search", asked | {"validateQuery": True} | lists)
        else:
            answer = self.site.get("search", **asked)
        object_list(answer.json, "issues", who=self.site.who)
        if answer.json.get("warningMessages"):
            raise IncompleteWalkError(
                f"{self.site.who}: the tracker warned that its answer is not whole; the next run starts here again"
            )
        return answer

    def _search_scope(self, jql: Callable[[], str], **params: Json) -> Answer:
        """Ask once; where it is refused, `jql` is asked again after a project was left out."""
        while True:
            try:
                return self._search(jql(), **params)
            except (SettingsError, AccessDeniedError) as refusal:
                if not self._narrows(refusal):
                    raise

    def _narrows(self, refusal: TrackerError) -> bool:
        """Was it for one of the projects asked for? It is left out then, and the question can be asked again."""
        return may_concern_one_project(refusal) and self.site.narrows(self._are_refused)

    def _are_refused(self, project_ids: Sequence[str]) -> bool:
        try:
            self._search(f"project in ({', '.join(project_ids)})", startAt=0, maxResults=0, fields="id")
        except (SettingsError, AccessDeniedError) as refusal:
            if not may_concern_one_project(refusal):
                raise
            return True
        return False

    def _cursor(self, state: _State, phase: str, **more: int) -> Cursor:
        """The cursor of a state; no cursor vouches for a project that was refused, or is no longer shown."""
        cursor, live = state.cursor(phase, **more), set(self.site.live_projects())
        return {**cursor, "projects": [each for each in cursor.get("projects") or () if each in live]}

    def _of_project(self, project: Scope, **asked: Any) -> Iterator[list[Json]]:
        """Walk one project by key, from its beginning again where another one that the scope names is refused."""
        while project.id in self.site.live_projects():
            try:
                yield from self._by_key(project, **asked)
            except (SettingsError, AccessDeniedError) as refusal:
                if not self._narrows(refusal):
                    raise
            else:
                return

    def _by_key(
        self,
        project: Scope,
        *,
        where: str,
        fields: str,
        size: int,
        expand: str | None = None,
        counted: list[int] | None = None,
    ) -> Iterator[list[Json]]:
        """Walk one project by key. An anchor that was deleted meanwhile is refused (400): take an earlier one.

        `counted` is given the tracker's own count of the whole walk, with its first page.
        """
        anchors: list[str | None] = [None]
        while True:
            after = "" if anchors[-1] is None else f' AND key > "{anchors[-1]}"'
            jql = f"{self._clause()} AND project = {project.id}{where}{after} ORDER BY key ASC"
            more: dict[str, Json] = {} if expand is None else {"expand": expand}
            try:
                answer = self._search(jql, startAt=0, maxResults=size, fields=fields, **more)
            except SettingsError as refusal:
                if refusal.status != 400 or len(anchors) == 1:
                    raise
                anchors.pop()
                continue
            rows = list(object_list(answer.json, "issues", who=self.site.who))
            if not rows:
                return
            yield rows
            total, given = whole_count(answer.json.get("total")), answer.json.get("maxResults")
            if counted is not None and anchors[-1] is None and total is not None:
                counted.append(total)
            may_be = given if isinstance(given, int) else size
            if total is not None and len(rows) >= total and len(rows) < may_be:
                return
            keys = [str(row.get("key")) for row in rows]
            if not _is_key(keys[-1]):
                raise UnreadableAnswerError(f"{self.site.who}: an issue of project {project.key} has no readable key")
            if keys[-1] in anchors:
                raise IncompleteWalkError(
                    f"{self.site.who}: the tracker's pages go in circles; the next run tries again"
                )
            # Two anchors a page: when the last row is deleted meanwhile, the one before it still stands.
            anchors = [*anchors[-4:], *keys[-2:]]

    @staticmethod
    def _unmet(rows: Sequence[Json], state: _State) -> list[Json]:
        """Rows that this walk has not met as they are now; from here on it has."""
        unmet = []
        for row in rows:
            number, updated = _number(str(row["id"])), _stamp(row)
            state.found.add(number)
            if state.seen.get(number) != updated:
                state.seen[number] = updated
                unmet.append(row)
        return unmet

    @staticmethod
    def _new_of(rows: list[Json], state: _State, known: KnownItems, *, everything: bool) -> list[Json]:
        """Those that we do not hold already, unless everything is wanted; and those that were updated as they were last
        read, for they may have been once more with the same stamp.
        """
        if state.is_first or not rows:
            return rows  # an answer would wait until the last batch is written
        held = known.updated_at([str(row["id"]) for row in rows])
        new = []
        for row in rows:
            have = _millis(held[str(row["id"])]) if str(row["id"]) in held else None
            again = everything or (state.doubtful is not None and _stamp(row) >= state.doubtful)
            if have is None or _stamp(row) > have or (again and _stamp(row) == have):
                new.append(row)
        return new

    def _honours_epochs(self, state: _State, rows: Sequence[Json], known: KnownItems) -> bool:
        """Does the answer show that the server understands epoch milliseconds? Asked until it is proven once.

        It does not if rows are older than the bound, or if nothing comes where something must: the row that the bound
        was taken from, or the newest one that we hold.
        """
        if state.quoted or state.low == 0:
            return True
        if rows:
            state.proven = all(_stamp(row) >= state.low - TOLERANCE_MS for row in rows)
        if rows or state.proven or state.has_moved:
            return state.proven
        newest = known.newest_update()
        return newest is None or _millis(newest) < state.low

    def _since(self, state: _State) -> str:
        """The lower bound as JQL: epoch milliseconds, unquoted; or local minutes where the server knows no better."""
        if not state.quoted:
            return str(state.low)
        state.zone = state.zone or self._own_zone()
        bound = datetime.fromtimestamp(state.low / 1000, UTC) - state.slack
        return f'"{bound.astimezone(state.zone):%Y/%m/%d %H:%M}"'

    def _own_zone(self) -> ZoneInfo:
        me, _ = self.site.myself()
        try:
            return ZoneInfo(me.optional_text("timeZone") or "UTC")
        except (ZoneInfoNotFoundError, ValueError):
            return ZoneInfo("UTC")

    def newest(self, restriction: str, *, size: int) -> Gathered:
        """The issues of the scope that changed last, read whole; the restriction begins with AND, or is empty."""
        asked = {"maxResults": min(size, FIRST_PAGE), "fields": ",".join(self.site.asked_fields())}
        answer = self._search_scope(
            lambda: f"{self._clause()}{restriction} ORDER BY updated DESC", startAt=0, expand="changelog", **asked
        )
        return self._gathered(list(object_list(answer.json, "issues", who=self.site.who))[:size])

    def _gathered(self, rows: list[Json]) -> Gathered:
        claimed: dict[str, int] = {}
        histories = {str(row["id"]): self._histories(row, claimed) for row in rows}
        return gather(
            rows,
            histories,
            settings=self.site.settings,
            base_url=self.site.base_url,
            fields=self.site.fields(),
            parents=self._parents(rows),
            claimed=claimed,
            listed=self.site.listed_statuses() if rows else (),
        )

    def _batch(self, rows: list[Json]) -> dict[str, Json]:
        """The nouns of these rows. Empties the list, so that whoever still holds it does not hold a page."""
        gathered = self._gathered(rows)
        rows.clear()
        refused, self._refused = self._refused, []
        return {
            "items": gathered.items,
            "histories": gathered.histories,
            "changes": gathered.changes,
            "raws": gathered.raws,
            "statuses": tuple(gathered.statuses.values()),
            "sprints": tuple(gathered.sprints.values()),
            "unreadable": [*gathered.unreadable, *refused],
        }

    def _histories(self, row: Json, claimed: dict[str, int]) -> list[Json]:
        """An issue's histories; asked for alone where the page cut them short. Notes how many there should be."""
        found, total = _log_of(row)
        if len(found) < total:
            alone = self.site.get(f"issue/{row['id']}", fields="updated", expand="changelog").json
            found, total = _log_of(alone)
        if len(found) < total:
            claimed[str(row["id"])] = total
        return found

    def _parents(self, rows: Sequence[Json]) -> dict[str, str]:
        """Resolve parents that are named by key alone (Epic Link, Parent Link): issue id -> parent's id."""
        fields = self.site.fields()
        self._learn(rows)
        named = {str(row["id"]): parent_key(row, fields) for row in rows}
        wanted = {issue_id: key for issue_id, key in named.items() if key is not None and _is_key(key)}
        unknown = sorted({key for key in wanted.values() if key not in self._ids_by_key})
        for start in range(0, len(unknown), PARENTS_AT_ONCE):
            self._look_up(unknown[start : start + PARENTS_AT_ONCE])
        return {issue_id: found for issue_id, key in wanted.items() if (found := self._ids_by_key.get(key)) is not None}

    def _look_up(self, keys: list[str]) -> None:
        """Learn ids of keys. One invisible key refuses the whole list, so the list is then asked one by one."""
        for key in keys:
            self._ids_by_key.learn(key, None)
        try:
            rows = object_list(
                self._search(f"key in ({', '.join(keys)})", startAt=0, maxResults=len(keys), fields="id").json,
                "issues",
                who=self.site.who,
            )
            self._learn(rows)
        except (SettingsError, AccessDeniedError) as refusal:
            if not may_concern_one_project(refusal):
                raise
            for key in keys:
                self._ids_by_key.learn(key, self._id_of(key))

    def _learn(self, rows: Iterable[Json]) -> None:
        for row in rows:
            self._ids_by_key.learn(str(row.get("key")), str(row["id"]))

    def _id_of(self, key: str) -> str | None:
        try:
            return str(self.site.get(f"issue/{key}", fields="updated").json["id"])
        except (SettingsError, AccessDeniedError) as refusal:
            if refusal.status in (403, 404):
                return None
            raise

    def _projects(self) -> list[Scope]:
        shown = set(self.site.live_projects())
        live = [scope for scope in self.site.scopes() if scope.id in shown]
        if not live:
            raise AccessDeniedError(f"{self.site.who}: this token sees no project in scope; check what it may browse")
        return live

    def _clause(self) -> str:
        if self.site.scope.jql is None:
            self._projects()
        return self.site.clause()


def _log_of(row: Json) -> tuple[list[Json], int]:
    log = row.get("changelog") if isinstance(row, Mapping) else None
    if not isinstance(log, Mapping):
        return [], 0
    found = log.get("histories") or []
    histories = list(found.values()) if isinstance(found, Mapping) else list(found)
    total = whole_count(log.get("total"))
    return histories, len(histories) if total is None else total


def _stamp(row: Json) -> int:
    """When a row was updated, in epoch milliseconds. A walk by `updated` cannot go on without it."""
    try:
        return _millis(moment_of((row.get("fields") or {}).get("updated")))
    except ValueError:
        raise UnreadableAnswerError(f"issue {row.get('key')} has no readable date of update; the walk stops") from None


def _size(answer: Answer, state: _State) -> int:
    """How many rows the page could have held."""
    echoed = answer.json.get("maxResults")
    return echoed if isinstance(echoed, int) and echoed > 0 else state.page


def _vouched(cursor: Mapping[str, Json]) -> dict[str, Json]:
    return {name: cursor[name] for name in VOUCHED if name in cursor}


def _number(issue_id: str) -> int:
    """An id as a number, which takes less room; ids are numbers wherever anyone has seen them."""
    return int(issue_id) if issue_id.isascii() and issue_id.isdigit() else hash(issue_id)


def _not_before(oldest: int, seen: Register) -> Register:
    """Those of them that were updated then or later: no other comes again."""
    left = Register()
    for number, updated in seen.items():
        if updated >= oldest:
            left[number] = updated
    return left


def _is_key(key: str) -> bool:
    """Only what looks like an issue key is put into a query."""
    return _KEY.fullmatch(key) is not None


def _span_ms(span: timedelta) -> int:
    return int(span.total_seconds() * 1000)


def _millis(moment: datetime) -> int:
    return round(moment.timestamp() * 1000)


_KEY = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,99}-\d{1,12}")
