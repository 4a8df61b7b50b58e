"""What we wrote down of our own doings: settings as they changed, readings, editions, mails. For those who audit."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, kw_only=True)
class SettingChange:
    """One value of one settings file that differs from the version before. None: it was not there, or is no more.

    `seen_at` is when the new version was first seen; who saved it, no file says.
    """

    file: str
    seen_at: datetime
    digest: str
    path: str
    before: str | None
    after: str | None


@dataclass(frozen=True, kw_only=True)
class SettingsVersion:
    """A settings file as it was first seen. `differences` counts what changed against the version before it."""

    file: str
    seen_at: datetime
    digest: str
    differences: int | None  # None: nothing older is kept


@dataclass(frozen=True, kw_only=True)
class Reading:
    """One reading of a tracker that has ended. `items` and `changes` None, `sentence` "": not told to this audience."""

    id: int
    source: str
    kind: str
    started_at: datetime
    finished_at: datetime
    outcome: str
    sentence: str
    items: int | None
    changes: int | None


@dataclass(frozen=True, kw_only=True)
class Rights:
    """What `vmo check` found of a token. `state`: may_write, may_not_write (of `asked_of` items), or unseen."""

    source: str
    state: str
    asked_of: int
    seen_at: datetime


@dataclass(frozen=True, kw_only=True)
class Issued:
    """An edition that was published. `revision` 1 is the first."""

    id: str
    folder: str
    report: str
    period: str
    revision: int
    digest: str
    known_at: datetime
    published_at: datetime
    version: str
    config_digest: str | None = None


@dataclass(frozen=True, kw_only=True)
class Mailed:
    """A mail of an edition. The recipient is masked; `is_first`: this was none when the report was mailed before."""

    edition: str
    recipient: str
    state: str
    at: datetime
    attempts: int
    is_first: bool = False


@dataclass(frozen=True, kw_only=True)
class Confirmed:
    """What a person confirmed of a source."""

    id: int
    source: str
    subject: str
    confirmed_at: datetime


@dataclass(frozen=True, kw_only=True)
class Records:
    """All of it, of the period from `since` on (editions: of all times), as known at an instant.

    `is_whole` False: for an audience that does not see the whole portfolio, and is not told what the settings were.
    """

    since: datetime | None = None
    versions: tuple[SettingsVersion, ...] = ()
    changes: tuple[SettingChange, ...] = ()
    readings: tuple[Reading, ...] = ()
    rights: tuple[Rights, ...] = ()  # the last ones seen, by source
    editions: tuple[Issued, ...] = ()
    mails: tuple[Mailed, ...] = ()
    confirmed: tuple[Confirmed, ...] = ()
    is_whole: bool = True
