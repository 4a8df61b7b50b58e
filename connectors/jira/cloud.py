"""Jira Cloud: ids, then issues and change logs in bulk; afterwards only what was updated.

    full         search ids ──> queue of 1,000 ids ──> issue/bulkfetch ──> changelog/bulkfetch ──> one batch a chunk
    incremental  search updated >= watermark - overlap, with fields ──> changelog/bulkfetch ──> one batch a 1,000

The cursor: `phase` (listing, working, idle), `t0_ms` (server's clock when the full load began), `watermark_ms`,
`wide_ms` (when the wide overlap was last used), `bulk_size` (1,000, or 100 where the site takes no more), `owed` (ids
that the tracker could not give, to be asked for by the next run); and what it vouches for: `v` (what the words of a
cursor mean), `scope`, `fields` (those asked for), `projects` (those shown). Another scope or a field never asked for
needs another full load; of a project not shown before, every issue is read, whatever its `updated` says, and of the
others every one without a parent, which may be there.

Change logs are asked for whole: `fieldIds` (ten at most) would save pages, and the history of every field that a rule
names only tomorrow.
"""

from __future__ import annotations

import threading
from collections import defaultdict, deque
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import nullcontext
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from itertools import islice
from typing import Any, NamedTuple

from connectors.base import (
    AccessDeniedError,
    Batch,
    Cursor,
    IncompleteWalkError,
    Json,
    KnownItems,
    Presence,
    SettingsError,
)
from connectors.forerunner import Forerunner
from connectors.jira.client import CURSOR_VERSION, VOUCHED, JiraSite, may_concern_one_project, whole_count
from connectors.jira.gathering import Gathered, gather
from connectors.jira.scope import project_of
from connectors.reading import moment_of, object_list
from connectors.register import Ids
from connectors.transport import Answer

SEARCHED_AT_ONCE = 100  # issues with fields, which is what a search gives
CHUNK = 1_000  # issues of one batch, and asked for at once; a search with fields gives 100 or so
IDS_A_PAGE = 5_000
HISTORIES_A_PAGE = 10_000
BULK_SIZES = (1_000, 100)
LANES = 2  # blocks asked for at once, while another is read; each holds some 50 MB
RECONCILED_AT_ONCE = 50
OVERLAP = timedelta(minutes=15)
WIDE_OVERLAP = timedelta(hours=26)
WIDE_EVERY = timedelta(hours=24)
MOST_BARREN_PAGES = 10  # in a row, with a token but without anything new
MOST_PAGES = 100_000
_ISSUES = "issue/bulkfetch"
_CHANGE_LOGS = "changelog/bulkfetch"


class CloudWalk:
    """Reads one Jira Cloud site."""

    def __init__(self, site: JiraSite) -> None:
        self.site = site
        self._bulk_size = BULK_SIZES[0]
        self._is_settled = False  # the bulk size: the first block is asked for by itself, so that one alone is refused
        self._settling = threading.Lock()
        self._refused: set[str] = set()  # bulk reads that this token's scopes do not cover
        self._named: Ids | None = None  # by this walk's own searches of the scope; None: by those of an earlier walk

    def changes_since(self, cursor: Cursor | None, known: KnownItems, *, full: bool) -> Iterator[Batch]:
        """Go on from the cursor; an interrupted full load goes on where it stood, asked for `full` or not.

        A project that refuses to be searched is left out, and no cursor vouches for it; the others are synced.
        """
        state = dict(cursor or {})
        self._bulk_size = int(state.get("bulk_size") or BULK_SIZES[0])
        if state and not self.site.goes_on_from(state):
            yield Batch(starts_over=True)
            for number, _ in _each_once(known):
                yield Batch(finished_chunk=number)  # ids of the former scope
            state = {}
        if state and (narrowed := self.site.narrowed(state)) != state:
            yield Batch(cursor=dict(narrowed))  # before anything that is read without those fields
            state = narrowed
        phase = state.get("phase")
        if phase == "idle" and not full:
            yield from self._incremental(state, known)
            return
        if phase != "working":
            began = state.get("t0_ms") if phase == "listing" else None
            vouched = _vouched(state) if began is not None else self.site.vouched()
            state = {"phase": "listing", "t0_ms": began, "bulk_size": self._bulk_size, **vouched}
            yield from self._listing(state, known)
        else:
            self._list_again()
        yield from self._working(state, known)

    def census(self) -> Iterator[Sequence[str]]:
        for page in self._pages(self._by_age, fields=("id",), size=IDS_A_PAGE):
            yield [str(issue["id"]) for issue in page.issues]

    def newest(self, restriction: str, *, size: int) -> Gathered:
        """The issues of the scope that changed last, read whole; the restriction begins with AND, or is empty."""
        fields = self.site.asked_fields()
        page = next(
            self._pages(lambda: f"{self._clause()}{restriction} ORDER BY updated DESC", fields=fields, size=size)
        )
        return self._with_histories(list(page.issues)[:size])

    def probe(self, external_ids: Sequence[str]) -> Mapping[str, Presence]:
        """Ask for the ids themselves: bulkfetch does not go through the search index that missed them."""
        ids = list(dict.fromkeys(external_ids))
        found, failed = self._issues(ids, fields=("project",))
        presence = dict.fromkeys(ids, Presence.ABSENT) | dict.fromkeys(failed, Presence.UNKNOWN)
        doubtful: dict[str, str] = {}  # id -> project
        for issue in found:
            if not self.site.scope.holds(project_of(issue)):
                presence[str(issue["id"])] = Presence.ELSEWHERE
            elif self.site.scope.is_whole_projects:
                presence[str(issue["id"])] = Presence.THERE
            else:
                doubtful[str(issue["id"])] = project_of(issue).id
        there = self._in_scope(list(doubtful))
        refused = {one.id for one in self.site.unread()}  # what a search of the others does not show says nothing
        for each, project in doubtful.items():
            otherwise = Presence.UNKNOWN if project in refused else Presence.ELSEWHERE
            presence[each] = Presence.THERE if each in there else otherwise
        return {each: presence[each] for each in ids}

    def _in_scope(self, ids: Sequence[str]) -> set[str]:
        """Let the site match ids against the scope, with the index told to look again (reconcileIssues)."""
        there: set[str] = set()
        for chunk in _chunks(ids, RECONCILED_AT_ONCE):

            def jql(chunk: Sequence[str] = chunk) -> str:
                return f"{self._clause()} AND id in ({', '.join(chunk)}) ORDER BY created ASC"

            for page in self._pages(jql, fields=("id",), size=IDS_A_PAGE, reconcile=chunk):
                there.update(str(issue["id"]) for issue in page.issues)
        return there

    def _parted(self, issues: list[Json], *, unsure: Collection[str]) -> tuple[list[Json], dict[str, str | None]]:
        """Those that are ours to read; of the others, where they are: in another project or beside the scope, by the
        key that they have now, or, without one, in a project that refuses to be searched or is archived.

        An id tells nothing of the scope: what was queued may have left it since. `unsure`: ids that no search of this
        walk has named; only they cost a question, and only where the scope is more than whole projects.
        """
        ours, others = list[Json](), dict[str, str | None]()
        for issue in issues:
            if self.site.scope.holds(project_of(issue)):
                ours.append(issue)
            else:
                others[str(issue["id"])] = str(issue.get("key"))
        doubtful = [str(issue["id"]) for issue in ours if str(issue["id"]) in unsure]
        if self.site.scope.is_whole_projects or not doubtful:
            return ours, others
        there, searched = self._in_scope(doubtful), set(self.site.live_projects())
        for issue in ours:
            if str(issue["id"]) in unsure and str(issue["id"]) not in there:
                others[str(issue["id"])] = str(issue.get("key")) if project_of(issue).id in searched else None
        return [issue for issue in ours if str(issue["id"]) not in others], others

    def _listing(self, state: dict[str, Json], known: KnownItems) -> Iterator[Batch]:
        """Queue all ids in scope. Chunks of an interrupted listing are kept; only what they lack is added."""
        queued = Ids(item_id for _, ids in _each_once(known) for item_id in ids)
        listed = len(queued)
        left: list[str] = []
        self._named = Ids()
        for page in self._pages(self._by_age, fields=("id",), size=IDS_A_PAGE):
            self._name(page)
            state["t0_ms"] = state.get("t0_ms") or _millis(page.server_time)
            fresh = [item_id for issue in page.issues if (item_id := str(issue["id"])) not in queued]
            queued.update(fresh)
            listed += len(fresh)
            left += fresh
            whole = len(left) if page.is_last else len(left) // CHUNK * CHUNK
            state |= {"expected": listed, "phase": "working" if page.is_last else "listing"}
            state["projects"] = self.site.live_projects()
            yield Batch(enqueue=_chunks(left[:whole], CHUNK), cursor=dict(state), expected=listed)
            left = left[whole:]

    def _list_again(self) -> None:
        """What an earlier run queued may have left the scope since: a page of 5,000 ids tells it of all of them, where
        whole projects are not all that the scope says.
        """
        if not self.site.scope.is_whole_projects:
            self._named = Ids()
            for page in self._pages(self._by_age, fields=("id",), size=IDS_A_PAGE):
                self._name(page)

    def _working(self, state: dict[str, Json], known: KnownItems) -> Iterator[Batch]:
        """Fetch chunk by chunk; each is one transaction with its place in the queue."""
        done = 0
        self._vouch_for_the_live(state)
        yield from self._owed(state, known)
        for batch in self._fetched(state, known):
            done = batch.done
            yield batch
            del batch
        self._vouch_for_the_live(state)
        yield Batch(cursor=self._at_rest(state, watermark=state["t0_ms"], wide=state["t0_ms"]), done=done)

    def _vouch_for_the_live(self, state: dict[str, Json]) -> None:
        """Of a project that is hidden or refused, what is queued is passed over: it is read anew once it is back."""
        if "projects" in state:
            live = self.site.live_projects()
            state["projects"] = [each for each in state["projects"] if each in live]

    def _owed(self, state: dict[str, Json], known: KnownItems) -> Iterator[Batch]:
        """What the tracker could not give to an earlier run; what it still cannot is owed again."""
        if ids := state.pop("owed", None):
            yield self._read(ids, self._ask(ids), state, known.updated_at(ids))

    def _name(self, page: _Page) -> None:
        if self._named is not None and not self.site.scope.is_whole_projects:  # else an issue's project tells it
            self._named.update(str(issue["id"]) for issue in page.issues)

    def _fetched(self, state: dict[str, Json], known: KnownItems) -> Iterator[Batch]:
        """What the queue still holds, one batch a chunk. While one chunk is read, the next ones are asked for.

        What is held of a chunk is looked up before the batch ahead of it is yielded: later, the answer would wait until
        that batch is written, and nothing would be asked for meanwhile.
        """
        done, expected = 0, state.get("expected")
        chunks = ((number, ids, known.updated_at(ids)) for number, ids in _each_once(known))
        with Forerunner(self.site.who, lanes=LANES) as forerunner:

            def begun(chunk: _Chunk) -> tuple[_Chunk, Future[_Asked]]:
                return chunk, forerunner.begin(partial(ask, chunk[1]))

            def ask(ids: Sequence[str]) -> _Asked:
                with self.site.transport.as_long_as(forerunner.is_awaited):
                    return self._ask(ids)

            ahead = deque(map(begun, islice(chunks, LANES)))
            following = next(chunks, None)
            while ahead:
                (number, ids, held), asked = ahead.popleft()
                answered = asked.result()
                if following is not None:
                    ahead.append(begun(following))
                done += len(ids)
                batch = self._read(ids, answered, state, held)
                del asked, answered
                ready = replace(batch, finished_chunk=number, done=done, expected=expected)
                following = next(chunks, None)
                yield ready
                del batch, ready  # it is written and forgotten while the next one is made

    def _ask(self, ids: Sequence[str]) -> _Asked:
        """These issues, why some could not be given, and the histories of those that were."""
        issues, failed = self._issues(list(ids), fields=self.site.asked_fields())
        named = self._named
        unsure = frozenset[str]() if named is None else frozenset(each for each in ids if each not in named)
        ours, others = self._parted(issues, unsure=unsure)
        return _Asked(ours, failed, others, self._histories([str(issue["id"]) for issue in ours]))

    def _read(self, ids: Sequence[str], asked: _Asked, state: dict[str, Json], held: Mapping[str, datetime]) -> Batch:
        """The batch of these issues, and the cursor, which remembers those that could not be given."""
        present = {str(issue["id"]) for issue in asked.issues} | asked.others.keys()
        gathered = self._mended(_not_older(asked.issues, held), asked.histories)
        state["bulk_size"] = self._bulk_size
        if asked.failed:
            state["owed"] = sorted({*state.get("owed", ()), *asked.failed})
        return _batch(
            gathered,
            unreadable=[*gathered.unreadable, *asked.failed.items()],
            suspects=[each for each in ids if each not in present and each not in asked.failed],
            out_of_scope=[(each, key) for each, key in asked.others.items() if key is not None],
            cursor=dict(state),
        )

    def _incremental(self, state: dict[str, Json], known: KnownItems) -> Iterator[Batch]:
        """Read what was updated since the watermark, less an overlap; the watermark moves with the last page only."""
        self._named = Ids()
        yield from self._owed(state, known)
        yield from self._unread_projects(state, known)
        yield from self._fetched(state, known)
        watermark, wide = int(state["watermark_ms"]), int(state.get("wide_ms") or 0)
        is_wide = _millis(self.site.server_clock()) - wide >= _millis_of(WIDE_EVERY)
        since = watermark - _millis_of(WIDE_OVERLAP if is_wide else OVERLAP)
        began: int | None = None
        done = 0
        newer: dict[str, Json] = {}
        for page in self._pages(lambda: self._updated_since(since), fields=self.site.asked_fields(), size=CHUNK):
            began = began or _millis(page.server_time)
            newer |= {str(issue["id"]): issue for issue in self._newer(page.issues, known, beside=newer)}
            if not page.is_last and len(newer) < CHUNK:
                continue
            issues = list(newer.values())[: None if page.is_last else CHUNK]
            newer = dict(list(newer.items())[len(issues) :])
            gathered = self._with_histories(issues)
            done += len(gathered.items)
            rested = self._at_rest(
                state | {"projects": self.site.live_projects()},
                watermark=max(watermark, began),
                wide=began if is_wide else wide,
            )
            yield _batch(gathered, cursor=rested if page.is_last else None, done=done)

    def _unread_projects(self, state: Mapping[str, Json], known: KnownItems) -> Iterator[Batch]:
        """Queue all issues of projects that are shown anew; the cursor names them when the walk has come to its end.

        And those that have no parent: one that we may not see is left out of its children, and to show it is no update
        of theirs.
        """
        if not self.site.unread_projects(state):
            return
        queued = Ids(item_id for _, ids in _each_once(known) for item_id in ids)
        left: list[str] = []
        is_empty = True
        for page in self._pages(lambda: self._of_unread(state), fields=("id",), size=IDS_A_PAGE):
            self._name(page)
            is_empty = is_empty and not page.issues
            left += [item_id for issue in page.issues if (item_id := str(issue["id"])) not in queued]
            queued.update(left)
            whole = len(left) // CHUNK * CHUNK
            yield Batch(enqueue=_chunks(left[:whole], CHUNK))
            left = left[whole:]
        if not is_empty:
            orphans = [each for each in known.parentless(self.site.live_projects()) if each not in queued]
            fits = len(orphans) <= -len(left) % CHUNK  # then they cost no request
            left += orphans if fits or self._were_there_before(state) else []
            if self._named is not None:  # a search has named them once; of those that left since, a census tells
                self._named.update(orphans)
        yield Batch(enqueue=_chunks(left, CHUNK))

    def _were_there_before(self, state: Mapping[str, Json]) -> bool:
        """Were any issues of the projects shown anew made before we last looked? Whoever gives a child to a later one
        updates the child.
        """
        oldest = next(self._pages(lambda: self._of_unread(state), fields=("created",), size=1), None)
        if oldest is None or not oldest.issues:
            return False
        try:
            created = moment_of((oldest.issues[0].get("fields") or {}).get("created"))
        except ValueError:
            return True
        return _millis(created) < int(state["watermark_ms"]) + _millis_of(OVERLAP)  # that run took its time

    def _at_rest(self, state: Mapping[str, Json], *, watermark: int, wide: int) -> Cursor:
        rest = {"phase": "idle", "watermark_ms": watermark, "wide_ms": wide, "bulk_size": self._bulk_size}
        owed = {"owed": state["owed"]} if state.get("owed") else {}
        return rest | owed | _vouched(state)

    def _newer(self, issues: Sequence[Json], known: KnownItems, *, beside: Mapping[str, Json]) -> list[Json]:
        """Those newer than what we hold, and not older than those `beside` them, which are not held yet."""
        held = known.updated_at([str(issue["id"]) for issue in issues])
        return [
            issue
            for issue in issues
            if _is_after(issue, held.get(str(issue["id"])), or_equal=False)
            and _is_after(issue, _updated(beside.get(str(issue["id"]))), or_equal=True)
        ]

    def _with_histories(self, issues: list[Json]) -> Gathered:
        return self._mended(issues, self._histories([str(issue["id"]) for issue in issues]))

    def _mended(self, issues: list[Json], histories: dict[str, list[Json]]) -> Gathered:
        """Read issues with their change logs; those whose chain does not close are asked for once more, both parts."""
        first = self._gathered(issues, histories)
        if not first.gaps:
            return first
        again, _ = self._issues(list(first.gaps), fields=self.site.asked_fields())
        newer = {str(issue["id"]): issue for issue in again}
        histories |= self._histories(list(first.gaps))
        return self._gathered([newer.get(str(issue["id"]), issue) for issue in issues], histories)

    def _gathered(self, issues: list[Json], histories: Mapping[str, Sequence[Json]]) -> Gathered:
        return gather(
            issues,
            histories,
            settings=self.site.settings,
            base_url=self.site.base_url,
            fields=self.site.fields(),
            listed=self.site.listed_statuses() if issues else (),
        )

    def _issues(self, ids: list[str], *, fields: Sequence[str]) -> tuple[list[Json], dict[str, str]]:
        """Fetch issues by id. Returns those found, and why others failed twice; the rest is silently absent."""
        found, failed = self._issues_once(ids, fields=fields)
        if failed:
            second, failed = self._issues_once(list(failed), fields=fields)
            found += second
        return found, failed

    def _issues_once(self, ids: list[str], *, fields: Sequence[str]) -> tuple[list[Json], dict[str, str]]:
        found: list[Json] = []
        failed: dict[str, str] = {}
        left = ids
        while left:
            if _ISSUES in self._refused:
                return found + self._issues_otherwise(left, fields=fields), failed
            with nullcontext() if self._is_settled else self._settling:
                size = self._bulk_size  # which another thread may have lowered meanwhile
                answer = self._bulk(left[:size], size=size, fields=fields)
                self._is_settled = True
            if answer is None:
                continue
            left = left[size:]
            found += object_list(answer.json, "issues", who=self.site.who)
            for error in answer.json.get("issueErrors") or ():
                failed[str(error.get("id"))] = (
                    f"{self.site.who}: the tracker could not give this issue, twice; the next run asks for it again"
                )
        return found, failed

    def _bulk(self, ids: Sequence[str], *, size: int, fields: Sequence[str]) -> Answer | None:
        """One bulkfetch; None where the site refused: the size, which is then smaller for good, or the whole call."""
        body = {"issueIdsOrKeys": list(ids), "fields": list(fields)}
        try:
            return self.site.post(_ISSUES, body)
        except AccessDeniedError as refusal:
            self._do_without(_ISSUES, refusal)
            return None
        except SettingsError as refusal:
            if refusal.status != 400 or size == BULK_SIZES[-1]:
                raise
            self._bulk_size = BULK_SIZES[-1]
            return None

    def _histories(self, ids: Sequence[str]) -> dict[str, list[Json]]:
        """Fetch whole change logs; one issue's may be spread over pages."""
        found: dict[str, list[Json]] = defaultdict(list)
        for chunk in _chunks(ids, CHUNK):
            if _CHANGE_LOGS not in self._refused:
                try:
                    for log in (log for page in self._history_pages(chunk) for log in page):
                        found[str(log.get("issueId"))] += _without_authors(log.get("changeHistories") or ())
                    continue
                except AccessDeniedError as refusal:
                    self._do_without(_CHANGE_LOGS, refusal)
            found |= {each: self._history_of(each) for each in chunk}
        return found

    def _history_pages(self, ids: Sequence[str]) -> Iterator[Sequence[Mapping[str, Json]]]:
        guard = _TokenGuard(self.site.who)
        token: str | None = None
        while True:
            body: dict[str, Json] = {"issueIdsOrKeys": list(ids), "maxResults": HISTORIES_A_PAGE}
            if token is not None:
                body["nextPageToken"] = token
            page = self.site.post(_CHANGE_LOGS, body).json
            logs = object_list(page, "issueChangeLogs", who=self.site.who)
            yield logs
            token = page.get("nextPageToken")
            if not token:
                return
            guard.check(token, is_barren=not logs)

    def _do_without(self, path: str, refusal: AccessDeniedError) -> None:
        """A bulk read that the token's scopes do not cover (403) is replaced by single reads; a 401 is the end."""
        if refusal.status != 403:
            raise refusal
        self._refused.add(path)

    def _issues_otherwise(self, ids: Sequence[str], *, fields: Sequence[str]) -> list[Json]:
        """Without bulk reads: a hundred at a time by search, and one by one those that its index does not show."""
        found: list[Json] = []
        for chunk in _chunks(ids, SEARCHED_AT_ONCE):
            jql = f"id in ({', '.join(chunk)}) ORDER BY created ASC"
            try:
                found += [issue for page in self._search(jql, fields=fields, size=len(chunk)) for issue in page.issues]
            except SettingsError as refusal:
                if refusal.status != 400:  # one id that is gone spoils the question for all
                    raise
        shown = {str(issue.get("id")) for issue in found}
        return found + self._issues_one_by_one([each for each in ids if each not in shown], fields=fields)

    def _issues_one_by_one(self, ids: Sequence[str], *, fields: Sequence[str]) -> list[Json]:
        found = []
        for each in ids:
            try:
                found.append(self.site.get(f"issue/{each}", fields=",".join(fields)).json)
            except SettingsError as refusal:
                if refusal.status != 404:
                    raise
        return found

    def _history_of(self, issue_id: str) -> list[Json]:
        """One issue's change log by its own pages, to the end that `total` names."""
        found: list[Json] = []
        while True:
            page = self.site.get(f"issue/{issue_id}/changelog", startAt=len(found), maxResults=100).json
            values = object_list(page, "values", who=self.site.who)
            found += values
            total = whole_count(page.get("total"))
            if page.get("isLast") is True or (total is not None and len(found) >= total):
                return found
            if not values:
                raise self._incomplete(f"the change log of issue {issue_id} ends before its end")

    def _pages(
        self, jql: Callable[[], str | None], *, fields: Sequence[str], size: int, reconcile: Sequence[str] = ()
    ) -> Iterator[_Page]:
        """Walk a search of the scope. Where the site refuses it, `jql` is asked again after a project was left out."""
        while (text := jql()) is not None:
            pages = self._search(text, fields=fields, size=size, reconcile=reconcile)
            try:
                first = next(pages)
            except (SettingsError, AccessDeniedError) as refusal:
                if may_concern_one_project(refusal) and self.site.narrows(self._are_refused):
                    continue
                raise
            yield first
            yield from pages
            return

    def _are_refused(self, project_ids: Sequence[str]) -> bool:
        jql = f"project in ({', '.join(project_ids)}) ORDER BY created ASC"
        try:
            self.site.post("search/jql", {"jql": jql, "fields": ["id"], "maxResults": 1})
        except (SettingsError, AccessDeniedError) as refusal:
            if not may_concern_one_project(refusal):
                raise
            return True
        return False

    def _by_age(self) -> str:
        return f"{self._clause()} ORDER BY created ASC"

    def _updated_since(self, since: int) -> str:
        return f"{self._clause()} AND updated >= {since} ORDER BY updated ASC"

    def _of_unread(self, state: Mapping[str, Json]) -> str | None:
        unread = self.site.unread_projects(state)
        return f"{self._clause()} AND project in ({', '.join(unread)}) ORDER BY created ASC" if unread else None

    def _search(self, jql: str, *, fields: Sequence[str], size: int, reconcile: Sequence[str] = ()) -> Iterator[_Page]:
        """Walk a search to its end. Raises IncompleteWalkError rather than end early or go in circles."""
        guard = _TokenGuard(self.site.who)
        seen = Ids()
        token: str | None = None
        warned = False
        while True:
            body: dict[str, Json] = {"jql": jql, "fields": list(fields), "maxResults": size}
            if token is not None:
                body["nextPageToken"] = token
            if reconcile:
                body["reconcileIssues"] = [int(each) for each in reconcile]
            answer = self._search_page(body)
            issues = object_list(answer.json, "issues", who=self.site.who)
            token, is_last = answer.json.get("nextPageToken"), answer.json.get("isLast")
            warned = warned or bool(answer.json.get("warnings") or answer.json.get("warningMessages"))
            ended = not token or is_last is True
            broken = not token and is_last is False
            new = [item_id for issue in issues if (item_id := str(issue.get("id"))) not in seen]
            whole = ended and not broken and not warned
            yield _Page(issues=issues, is_last=whole, server_time=self.site.server_time(answer))
            if broken:
                raise self._incomplete("a page says that more follow, but not where")
            if ended and warned:
                raise self._incomplete("the tracker warned that its answer is cut short; narrow the scope")
            if ended or token is None:
                return
            seen.update(new)
            guard.check(token, is_barren=not new)

    def _search_page(self, body: Mapping[str, Json]) -> Answer:
        try:
            return self.site.post("search/jql", body)
        except SettingsError as refusal:
            if refusal.status == 400 and "nextPageToken" in body:
                raise self._incomplete("the tracker no longer accepts its own page token") from None
            raise

    def _incomplete(self, what: str) -> IncompleteWalkError:
        return IncompleteWalkError(f"{self.site.who}: {what}; what was read is kept, the next run starts here again")

    def _clause(self) -> str:
        if self.site.scope.jql is None and not any(scope.state == "live" for scope in self.site.roster()):
            raise AccessDeniedError(
                f"{self.site.who}: this token sees no project at all; check what its owner may browse"
            )
        return self.site.clause()


_Chunk = tuple[int, Sequence[str], Mapping[str, datetime]]  # number, ids, and when what we hold of them was updated


class _Asked(NamedTuple):
    issues: list[Json]
    failed: dict[str, str]  # id -> why
    others: dict[str, str | None]  # not read: id -> key of what has left the scope, None for what cannot be told
    histories: dict[str, list[Json]]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Page:
    issues: Sequence[Mapping[str, Json]]
    is_last: bool
    server_time: datetime


class _TokenGuard:
    """Stops a walk that goes in circles or nowhere."""

    def __init__(self, who: str) -> None:
        self._who = who
        self._seen: set[int] = set()
        self._barren = 0

    def check(self, token: str, *, is_barren: bool) -> None:
        self._barren = self._barren + 1 if is_barren else 0
        mark = hash(token)
        if mark in self._seen:
            raise IncompleteWalkError(f"{self._who}: the tracker's pages go in circles; the next run starts here again")
        if self._barren > MOST_BARREN_PAGES or len(self._seen) >= MOST_PAGES:
            raise IncompleteWalkError(
                f"{self._who}: the tracker gives page after page without anything new; the next run starts here again"
            )
        self._seen.add(mark)


def _batch(gathered: Gathered, **more: Any) -> Batch:
    return Batch(
        items=gathered.items,
        histories=gathered.histories,
        changes=gathered.changes,
        raws=gathered.raws,
        statuses=tuple(gathered.statuses.values()),
        sprints=tuple(gathered.sprints.values()),
        **({"unreadable": gathered.unreadable} | more),
    )


def _without_authors(histories: Json) -> list[Json]:
    """The histories, less what we never keep of them: a fifth of what a block waiting to be read holds in memory."""
    told = list(histories)
    for history in told:
        if isinstance(history, dict):
            history.pop("author", None)
    return told


def _each_once(known: KnownItems) -> Iterator[tuple[int, Sequence[str]]]:
    """The chunks that are not done, oldest first; never the same one twice, whatever the engine looks up again."""
    last: int | None = None
    for number, ids in known.pending_chunks():
        if last is not None and number <= last:
            return
        last = number
        yield number, ids


def _not_older(issues: Sequence[Json], held: Mapping[str, datetime]) -> list[Json]:
    return [issue for issue in issues if _is_after(issue, held.get(str(issue["id"])), or_equal=True)]


def _is_after(issue: Json, held: datetime | None, *, or_equal: bool) -> bool:
    """Is this copy newer than ours? The search index may still give an older one. Unreadable dates count as newer."""
    updated = _updated(issue)
    if held is None or updated is None:
        return True
    return updated >= held if or_equal else updated > held


def _updated(issue: Json) -> datetime | None:
    """When the issue was last updated; None where there is no issue or no readable date."""
    try:
        return moment_of(((issue or {}).get("fields") or {}).get("updated"))
    except ValueError:
        return None


def _vouched(state: Mapping[str, Json]) -> dict[str, Json]:
    return {"v": CURSOR_VERSION} | {name: state[name] for name in VOUCHED if name in state}


def _chunks(ids: Sequence[str], size: int) -> list[list[str]]:
    return [list(ids[start : start + size]) for start in range(0, len(ids), size)]


def _millis(moment: datetime) -> int:
    return round(moment.timestamp() * 1000)


def _millis_of(span: timedelta) -> int:
    return int(span.total_seconds() * 1000)
