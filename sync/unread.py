"""Projects that a run could not read: since when, and what a person can do (pure).

```
live ──refused, no longer shown, or shown under a name that the settings do not give──> unread: its items stay as
 ^                                       │                                              last known, none is removed
 └─ shown again, and all of it read ─────┘   taken out of the settings, or its items confirmed as gone: told no more
```

The others are synced meanwhile. The run is partial, since what it proves has a hole with a name.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from connectors.base import Cursor, Scope, Unread, vouches_for
from domain.trust import Suspension
from sync.presence import NO_LONGER_ASKED, UNREAD

Roster = Mapping[str, tuple[str, str]]  # projects by id, each with key and state


def read_but(roster: Roster, refused: Sequence[Unread], *, by: Cursor | None = None) -> dict[str, tuple[str, str]]:
    """The roster after a walk that came to its end: what was forbidden before has been read, but for these.

    Nor has what the cursor that the walk led to, `by`, does not vouch for: nobody asked for anything of it.
    """
    walked = {
        scope_id: (key, "live" if state == "forbidden" and vouches_for(by, scope_id) else state)
        for scope_id, (key, state) in roster.items()
    }
    return with_refused(walked, refused)


def with_refused(roster: Roster, refused: Sequence[Unread]) -> dict[str, tuple[str, str]]:
    return dict(roster) | {one.id: (roster.get(one.id, (one.key, ""))[0], one.state) for one in refused}


def out_of_reach(
    roster: Roster,
    *,
    asked: Sequence[Scope],
    refused: Sequence[Unread],
    held: Mapping[str, int],
    before: Sequence[Suspension],
    at: datetime,
) -> list[Suspension]:
    """The projects of a roster that cannot be read, as far as it matters: those of which items are held or looked for.

    `asked` is what the source showed when the run began, with the names that the settings give and that it does not
    show. `held` counts live items by project.
    """
    called = {scope.id: scope.key for scope in asked}
    named = {word.casefold() for scope in asked if scope.state == "access_lost" for word in (scope.id, scope.key)}
    named |= {one.id.casefold() for one in refused if not one.is_empty}
    since = {word.casefold(): one.since for one in before if one.is_unread for word in (one.key, one.scope_id)}
    found = []
    for scope_id, (key, state) in sorted(roster.items()):
        words = (scope_id.casefold(), key.casefold())
        count = held.get(scope_id, 0)
        if state not in UNREAD or not (count or named.intersection(words)):
            continue
        found.append(
            Suspension(
                scope_id=scope_id,
                key=key,
                why=why(key, state, count=count, called=called.get(scope_id, key)),
                since=next((since[word] for word in words if word in since), at),
                missing=count,
                state=state,
            )
        )
    return found


def sentence(source: str, one: Suspension) -> str:
    """What a person is told of it, and can do."""
    return f"{source}: {one.why}; {what_to_do(source, one)}"


def what_to_do(source: str, one: Suspension) -> str:
    if not one.is_unread:
        return f"check what the token may see; if the items really went: vmo confirm {source} vanished"
    if one.state == "forbidden":
        return "check that the token's owner may read it; what changes meanwhile is read as soon as it may"
    if one.state == NO_LONGER_ASKED:
        return (
            "write it in the settings as it is called now; if it was taken out on purpose, put the other names there "
            f"right, or run `vmo confirm {source} vanished`"
        )
    if not one.missing:
        return "check its spelling, and that the token's owner may see it, or take it out of the settings"
    return f"check the token's access; if the project really went, run `vmo confirm {source} vanished`"


def refusals(refused: Sequence[Unread]) -> list[str]:
    """What a first look tells of projects that refused it; not of those that nobody named and that may be empty."""
    return [
        f"project {one.key} {UNREAD[one.state]}: nothing of it is read; check that the token's owner may read it, or "
        "take it out of the settings"
        for one in refused
        if not one.is_empty
    ]


def is_news(found: Sequence[Suspension], *, before: Sequence[Suspension]) -> bool:
    """Are these others than before? Then all ids are to be counted soon."""
    return {one.scope_id for one in found} != {one.scope_id for one in before if one.is_unread}


def why(key: str, state: str, *, count: int, called: str | None = None) -> str:
    """`called`: the name under which the source shows it now, where it shows it."""
    if state == NO_LONGER_ASKED and called is not None and called.casefold() != key.casefold():
        known = f"its {count} items stay as last known" if count else "nothing of it is held"
        return f"project {key} is called {called} now; {known}"
    if count:
        return f"project {key} {UNREAD[state]}; its {count} items stay as last known"
    if state == "access_lost":
        return f"project {key} is in the scope, and this token does not see it: nothing of it is read"
    return f"project {key} {UNREAD[state]}: nothing of it is held"
