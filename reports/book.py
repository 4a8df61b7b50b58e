"""Everything a report may know, read in one moment and handed over by the cli. Reports read nothing else."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, TypeVar, cast

from domain.calendar import Calendar
from domain.change import Change
from domain.funding import ClosedSpend, YearTold
from domain.governance import Governed
from domain.journey import Journey, StartPolicy
from domain.records import Records
from domain.set_aside import SetAside, Unread, unread_decisions
from domain.strategy import Decision, Guardrails, Objective, Portfolio, Reading, Silence
from domain.trust import ChecksTold, SourceTrust
from domain.work_item import HeldItem, ItemId
from domain.workflow import Workflow
from metrics import catalogue
from metrics.hazards import NOTHING, Hazards

if TYPE_CHECKING:
    from domain.themes import Assignment
    from metrics.commitment import Commitment
    from metrics.field_readings import FieldReadings
    from metrics.restatement import Restated
    from reports.outlook import Outlook

T = TypeVar("T")
NOT_RECKONED_FROM = frozenset({"edition", "published_at", "records", "kept"})  # in which revisions of a book differ
NO_WORKFLOW = Workflow(rules={}, statuses=())


@dataclass(frozen=True, kw_only=True)
class Former:
    """What a revision said that another corrects: by page its headline and figures. `tables` read otherwise now.

    `titles` are the names of the figures, by page; revisions of older versions did not keep them. `as_of` is the
    instant whose state it told; None where that was not kept. `program` is the version that made it, by these
    definitions, where that is another than the one that makes this; tables that only have other columns are none of
    `tables` then.
    """

    revision: int
    folder: str
    headlines: Mapping[str, str]
    figures: Mapping[str, Mapping[str, str]]
    tables: tuple[str, ...] = ()
    as_of: datetime | None = None
    titles: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    program: str | None = None
    definitions_version: int | None = None


@dataclass(frozen=True, kw_only=True)
class Edition:
    """Which edition of the reports this is: 2026-W47, revision 1. `corrects`: the revision before.

    `looks_back`: it tells of an earlier instant, or with what was known then, and is no news.
    """

    id: str
    revision: int = 1
    corrects: Former | None = None
    looks_back: bool = False

    @property
    def folder(self) -> str:
        """2026-w47, or 2026-w47-r2 from the second revision on."""
        return self.id.lower() if self.revision == 1 else f"{self.id.lower()}-r{self.revision}"


@dataclass(frozen=True, kw_only=True)
class Past:
    """What became of figures that former editions told: how many are held against today's, and those that differ."""

    compared: int = 0
    restated: tuple[Restated, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Book:
    """The state of a portfolio at an instant. All instants are aware and in UTC.

    `policy` says which start of an item its clock counts from; how days are counted, `calendar` knows.
    `waiting_known` names the sources whose settings say which states wait: elsewhere flow efficiency is not known.
    `scored_at` is when the WSJF of an epic last changed, `flagged_at` since when one that is blocked has been flagged.
    `silences` are endpoints of KPIs that do not answer, `measured` the KPIs that are fields of a tracker.
    `marks` are the labels and the area of each epic, as (kind, name).
    `outlook` is what lies ahead, None where nobody has looked.
    `governed` are the rules of governance with their items, `records` what the store wrote down of its own doings.
    `commitments` are what was committed by increment. `kept` are numbers that were reckoned from this book before.
    `closed` is how the money of closed periods was first told.
    `in_store` is how many live items the store has of each source, None where it tells of the past.
    `past` is what became of the figures of former editions, `years_told` where they said that budget years would end,
    `checks_told` what the last one said of the data's quality.
    `seen` are the ids of what the edition before found, each with the day since when every edition has found it; None
    where there is no edition before.
    `agreed_before` are the guardrails that were agreed when the edition before was made, `apart_before` by how much the
    readings of money might differ then; None where that is not kept.
    `held` are the items as the trackers show them and `workflow` what their statuses mean: for the baseline.
    `audience` is who the book is for, "" where a report names nobody; what it may not see is in no part of the book.
    `is_part`: they know that they are told of a part of the portfolio, and every page says so.
    `withholds_money`: of some value stream they see only a part, so that its money is not told them.
    `set_aside` is what of the CSV files nobody can believe: all numbers do without it.
    `people` are those who get the digest with what waits for them first. `sample` marks invented data, and every page
    says so. `base_url` is where the editions are served, if they are. `code_version` is that of the program, `wording`
    the digest of all of it that decides what is said, and how.
    """

    portfolio: Portfolio
    calendar: Calendar
    policy: StartPolicy = StartPolicy.FIRST
    journeys: Sequence[Journey]
    readings: Sequence[Reading] = ()
    decisions: Sequence[Decision] = ()
    governed: Governed = field(default_factory=Governed)
    records: Records = field(default_factory=Records)
    objectives: Sequence[Objective] = ()
    commitments: Sequence[Commitment] = ()
    initiative_changes: Mapping[ItemId, Sequence[Change]] = field(default_factory=dict)
    closed: Sequence[ClosedSpend] = ()
    silences: Sequence[Silence] = ()
    measured: Sequence[FieldReadings] = ()
    marks: Mapping[ItemId, tuple[tuple[str, str], ...]] = field(default_factory=dict)
    trust: tuple[SourceTrust, ...] = ()
    in_store: Mapping[str, int] | None = None
    assignments: Mapping[ItemId, Assignment] = field(default_factory=dict)
    as_of: datetime
    published_at: datetime
    edition: Edition
    config_digest: str
    definitions_version: int = catalogue.VERSION
    outlook: Outlook | None = None
    past: Past = Past()
    years_told: tuple[YearTold, ...] = ()
    checks_told: ChecksTold | None = None
    seen: Mapping[str, date] | None = None
    agreed_before: Guardrails | None = None
    apart_before: Decimal | None = None
    waiting_known: frozenset[str] = frozenset()
    hazards: Hazards = NOTHING
    scored_at: Mapping[ItemId, datetime] = field(default_factory=dict)
    flagged_at: Mapping[ItemId, datetime] = field(default_factory=dict)
    kept: dict[str, tuple[tuple[object, ...], object]] = field(default_factory=dict, compare=False, repr=False)
    held: Sequence[HeldItem] = ()
    workflow: Workflow = NO_WORKFLOW
    audience: str = ""
    is_part: bool = False
    withholds_money: bool = False
    sample: bool = False
    brand: str = ""
    base_url: str | None = None
    people: tuple[str, ...] = ()
    code_version: str = ""
    wording: str = ""
    set_aside: tuple[SetAside, ...] = ()

    @property
    def unread(self) -> Unread:
        """What of the decision log is set aside, by the items that it may be about."""
        return unread_decisions(self.set_aside)

    @property
    def root(self) -> str:
        """The folder of its editions, archive and feed: small, or small.board for an audience of that name."""
        return f"{self.portfolio.id}.{self.audience}" if self.audience else self.portfolio.id

    @property
    def data_as_of(self) -> datetime:
        """As of when its data are: of the oldest complete reading, where a source is older than it may be."""
        stale = [one.complete_at for one in self.trust if one.complete_at is not None and one.is_stale(self.as_of)]
        return min([self.as_of, *stale])

    def once(self, name: str, work: Callable[[], T]) -> T:
        """What `work` gives; asked again under this name, for this book or a revision of it, it is not worked again.

        A book with any other fact in it is another book, whose numbers are worked out anew.
        """
        rests_on = tuple(getattr(self, one.name) for one in fields(self) if one.name not in NOT_RECKONED_FROM)
        before = self.kept.get(name)
        if before is None or any(one is not other for one, other in zip(before[0], rests_on, strict=True)):
            before = self.kept[name] = (rests_on, work())
        return cast("T", before[1])

    def revised(self, revision: int, *, corrects: Former | None = None) -> Book:
        """The same book as another revision of its edition, which says what it corrects where that is known."""
        return replace(self, edition=replace(self.edition, revision=revision, corrects=corrects))
