"""Missing, suspect, moved, gone: absence is not deletion.

```
present ──missed──> missing ──missed again, 6 hours later──> removed
   ^                   │                                        │
   └──── seen again ───┴───────────── seen again ───────────────┘
```

An item is missed by a complete census *and* not found when looked at directly. When too many of one project are
missed at once, or the project itself is hidden from us, nothing of it is removed: a person has to look.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from connectors.base import Presence, Scope

APART = timedelta(hours=6)
FEW = 5
SHARE_PERCENT = 2
STRIKES = 2
GONE = "deleted_or_hidden"
UNREAD = {  # states of projects that cannot be read, in words
    "access_lost": "is no longer shown to us",
    "forbidden": "is shown to us, and the tracker refuses to let us read it",
    "unnamed": "is shown to us, and the settings do not name it, while they name one that is not shown",
}
NO_LONGER_ASKED = "unnamed"  # renamed, or misspelt in the settings: nobody meant to give it up
DESTROYED = "destroyed_or_hidden"  # where the tracker tells deletion apart: its recycle bin says so


@dataclass(frozen=True, slots=True, kw_only=True)
class Missing:
    """A live item that the census did not name. `scope` is its project's id; `struck_at` is the tracker's time.

    `confirmed`: a person has accepted that it went, after we had told that it was missing.
    """

    external_id: str
    scope: str
    strikes: int
    struck_at: datetime | None
    missing_since: datetime | None
    confirmed: bool = False


class Verdict(StrEnum):
    """What to do with a missing item."""

    PRESENT = "present"  # it is there: the census came from a stale index
    WAIT = "wait"  # labelled missing, and nothing more
    STRIKE = "strike"
    REMOVE = "remove"
    MOVED = "moved"


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    verdict: Verdict
    reason: str | None = None  # recycled, archived, access_lost, out_of_scope, deleted_or_hidden, destroyed_or_hidden


def merge_roster(
    held: Mapping[str, tuple[str, str]], scopes: Collection[Scope], *, names_projects: bool = False
) -> dict[str, tuple[str, str]]:
    """Projects by id, each with key and state. A project once seen stays; one that is not shown any more is lost.

    One that the token sees and the settings leave out is out_of_scope; it matters only if it was in scope before. So is
    one that is neither shown nor named by settings that name theirs, if every name there is known. But one that is
    shown is unnamed, and keeps the key under which we hold it, while that key stands in the settings, or another name
    there that nobody knows: it was renamed, or is misspelt. A forbidden one stays so until a walk has read it.
    """
    known = {scope_id: key for scope_id, (key, _) in held.items() if not _is_name_only(scope_id, key)}
    named = {key.casefold() for key in known.values()}
    asked = {word.casefold() for scope in scopes if scope.state == "access_lost" for word in (scope.id, scope.key)}
    is_known = asked <= {*named, *(scope_id.casefold() for scope_id in known)}
    is_clear = names_projects and is_known
    lost = {
        scope_id: (key, "out_of_scope" if is_clear and asked.isdisjoint({scope_id.casefold(), key.casefold()}) else
                   "access_lost")
        for scope_id, key in known.items()
    }  # fmt: skip
    told = (
        scope
        for scope in scopes
        if scope.id in lost
        or (
            scope.state != "out_of_scope" and not (_is_name_only(scope.id, scope.key) and scope.key.casefold() in named)
        )
    )
    given = asked | {scope.key.casefold() for scope in scopes if scope.state != "out_of_scope"}
    return lost | {scope.id: _told(scope, held.get(scope.id), given=given, is_known=is_known) for scope in told}


def unnamed(roster: Mapping[str, tuple[str, str]]) -> frozenset[str]:
    """The ids of projects that were renamed, or are misspelt in the settings."""
    return frozenset(scope_id for scope_id, (_, state) in roster.items() if state == NO_LONGER_ASKED)


def _told(scope: Scope, before: tuple[str, str] | None, *, given: Collection[str], is_known: bool) -> tuple[str, str]:
    """`given`: the names in the settings, as far as they say anything; `is_known`: none of them is new to us."""
    if before is None:
        return scope.key, scope.state
    if (
        scope.state == "out_of_scope"
        and before[1] != "out_of_scope"
        and (before[0].casefold() in given or not is_known)
    ):
        return before[0], NO_LONGER_ASKED
    key = before[0] if _is_name_only(scope.id, scope.key) else scope.key
    return key, "forbidden" if (before[1], scope.state) == ("forbidden", "live") else scope.state


def _is_name_only(scope_id: str, key: str) -> bool:
    """A project that the settings name and that was never shown has no id but its name."""
    return scope_id.casefold() == key.casefold()


def suspended(
    missing: Collection[Missing], *, live: Mapping[str, int], roster: Mapping[str, tuple[str, str]]
) -> dict[str, str]:
    """The projects of which nothing may be removed now, each with a sentence that says why.

    `live` counts held items by project. Items that a person has accepted as gone suspend nothing; `believed` says of
    which that can be so.
    """
    found: dict[str, str] = {}
    by_scope = Counter(item.scope for item in missing if not item.confirmed)
    for scope, count in sorted(by_scope.items()):
        key, state = roster.get(scope, (scope, "access_lost"))
        if state in UNREAD:
            found[scope] = f"project {key} {UNREAD[state]}; its {count} items are kept"
        elif state not in ("archived", "out_of_scope") and is_too_many(count, of=live[scope]):
            found[scope] = f"{count} of {live[scope]} items of project {key} have vanished at once; they are kept"
    return found


def with_moved(why: str, moved: int, *, looked_at: int, of: int) -> str:
    """Why a project is suspended, with how many of its missing items were found elsewhere."""
    if not moved:
        return why
    whom = "them" if looked_at == of else f"the {looked_at} that were looked at"
    return f"{why}; found outside the scope: {moved} of {whom}"


def believed(missing: Collection[Missing], *, roster: Mapping[str, tuple[str, str]]) -> list[Missing]:
    """What a person has accepted as gone is not, where the tracker shows the project and refuses to let us read it."""
    return [
        replace(item, confirmed=item.confirmed and roster.get(item.scope, ("", ""))[1] != "forbidden")
        for item in missing
    ]


def is_too_many(count: int, *, of: int) -> bool:
    """More than 5 and more than 2 % of a project at once is no house-keeping."""
    return count > max(FEW, of * SHARE_PERCENT / 100)


def judge(item: Missing, *, presence: Presence, scope_state: str, now: datetime, gone: str = GONE) -> Judgement:
    """Decide on one missing item of a project that is not suspended.

    `now` is the tracker's time, as that of the first strike: our own clock may jump. A person's confirmation stands for
    the first of the two strikes. `gone` is the reason for an item whose project is shown.
    """
    if presence is Presence.THERE and scope_state != "archived":  # archived items are still shown to who has their id
        return Judgement(verdict=Verdict.PRESENT)
    if presence is Presence.ELSEWHERE:
        return Judgement(verdict=Verdict.MOVED)
    if presence is Presence.RECYCLED:
        return Judgement(verdict=Verdict.REMOVE, reason="recycled")
    if presence is Presence.UNKNOWN:
        return Judgement(verdict=Verdict.WAIT)
    return _judge_absent(item, scope_state=scope_state, now=now, gone=gone)


def unexplained(*, before: Sequence[Scope], after: Sequence[Scope]) -> bool:
    """Did what the token may see change while we counted?"""

    def shown(scopes: Sequence[Scope]) -> set[tuple[str, str]]:
        return {(scope.id, scope.state) for scope in scopes if scope.state != "out_of_scope"}

    return shown(before) != shown(after)


def _judge_absent(item: Missing, *, scope_state: str, now: datetime, gone: str) -> Judgement:
    strikes, since = item.strikes, item.struck_at
    if item.confirmed and strikes == 0:
        strikes, since = 1, item.missing_since
    if since is not None and now - since < APART:
        return Judgement(verdict=Verdict.WAIT)
    if strikes + 1 < STRIKES:
        return Judgement(verdict=Verdict.STRIKE)
    reasons = {"access_lost": "access_lost", "forbidden": "access_lost"} | {
        state: state for state in ("archived", "out_of_scope")
    }
    return Judgement(verdict=Verdict.REMOVE, reason=reasons.get(scope_state, gone))
