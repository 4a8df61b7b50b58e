"""When a source must not be asked (pure): its tracker said until when, or its credentials were refused too often.

```
refused ──> refused ──> refused ──> not asked for a day ──> one try ──> refused ──> not asked for a day ...
                                        │
                         other settings or another secret, or a person who asks for this source alone: asked at once
```

A person's question does not shorten what the tracker itself asked for.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime, timedelta

from connectors.base import AccessDeniedError, AccountAtStakeError, DeferredError, SourceSettings, TrackerError
from sync.store.holds import Hold

REFUSALS = 3  # in a row; services lock an account after five or ten
PAUSE = timedelta(days=1)
NOT_ACCEPTED = (200, 203, 301, 302, 303, 307, 308, 401)  # how credentials are refused; 403 speaks of permissions


def after_run(
    before: Hold | None, error: TrackerError | None, *, source: str, credential: str, now: datetime
) -> Hold | None:
    """What holds after a run that ended with this error; None: it went through, or nothing is known against asking."""
    known = before if before is not None and before.credential == credential else None
    refusals = known.refusals if known else 0
    until: datetime | None = None
    if error is None:
        return None
    if isinstance(error, AccountAtStakeError):
        refusals = max(REFUSALS, refusals + 1)
    elif isinstance(error, AccessDeniedError) and error.status in NOT_ACCEPTED:
        refusals += 1
    elif isinstance(error, DeferredError):
        until = error.until
    elif known is None:
        return None
    if refusals >= REFUSALS and isinstance(error, AccessDeniedError):
        until = now + PAUSE
    if until is None and refusals == 0:
        return None
    return Hold(
        source=source, since=now, until=until, refusals=refusals, credential=credential, sentence=str(error)
    )  # fmt: skip


def holds_now(hold: Hold | None, *, credential: str, now: datetime, by_hand: bool) -> bool:
    """Must the source be left alone now?

    A clock that was set back makes nothing of what was written in its future believable: then we ask.
    """
    if hold is None or hold.until is None or now < hold.since or now >= hold.until:
        return False
    if is_refused(hold):
        return not by_hand and hold.credential == credential
    return True


def is_refused(hold: Hold) -> bool:
    """Is it the credentials, rather than the tracker's own wish?"""
    return hold.refusals >= REFUSALS


def words_of(hold: Hold) -> str:
    """What a person should know of a source that is left alone."""
    until = "" if hold.until is None else f"{hold.until:%Y-%m-%d %H:%M} UTC"
    if not is_refused(hold):
        return f"{hold.source}: its tracker asks us not to come back before {until}; the next run after that goes on"
    return (
        f"{hold.source}: not asked again before {until}, for its credentials were not accepted {hold.refusals} times "
        f"and one more could lock the account ({hold.sentence.removeprefix(f'{hold.source}: ')}); mend them, or try "
        f"once with `vmo sync --source {hold.source}`"
    )


def credential_of(settings: SourceSettings, *, salt: str) -> str:
    """A name for address and credentials together: another one after any change, and no help to whoever reads it.

    Slow to reckon, and so short that guesses cannot be confirmed with it.
    """
    oauth = settings.oauth
    told: Sequence[str | None] = (settings.url, settings.user, settings.token)
    if oauth is not None:
        told = (*told, oauth.client_id, oauth.client_secret, oauth.tenant, oauth.refresh_token)
    return hashlib.scrypt(repr(told).encode(), salt=salt.encode(), n=2**13, r=8, p=1, dklen=3).hex()
