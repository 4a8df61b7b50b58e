"""How far can these numbers be believed? Five shares, of which the smallest speaks: definition 3.10."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal

from domain.calendar import Calendar
from domain.journey import Journey
from domain.period import Period
from domain.trust import SourceTrust
from domain.work_item import FlowState
from metrics.alignment import is_orphan
from metrics.journeys import IN_PROGRESS
from metrics.selection import Scope, falls_in

DEFINITION_VERSION = 2
RIBBON_BELOW = 0.85
FRESH = timedelta(days=30)


@dataclass(frozen=True, kw_only=True)
class Share:
    """`n_used` good ones of `n_in_scope`; `missing` are the keys (or sources) of the others."""

    n_used: int
    n_in_scope: int
    missing: tuple[str, ...] = ()

    @property
    def share(self) -> float | None:
        """0 to 1; None where there is nothing to judge."""
        return self.n_used / self.n_in_scope if self.n_in_scope else None


@dataclass(frozen=True, kw_only=True)
class Trust:
    """The five shares of one value stream or of the portfolio.

    `complete`: items held of items the sources declare. `start_known`: finished items seen to start. `aligned`:
    open and finished items with a theme. `fields`: owner, size, due date and business value of open epics.
    `fresh`: items in progress touched less than 30 days ago. Items at no level, a risk among them, are in `complete`
    alone. `unproven` are sources that were never counted.
    """

    scope: str
    complete: Share
    start_known: Share
    aligned: Share
    fields: Share
    fresh: Share
    unproven: tuple[str, ...] = ()
    definition_version: int = DEFINITION_VERSION
    names: tuple[str, ...] = field(default=("complete", "start_known", "aligned", "fields", "fresh"), repr=False)

    @property
    def shares(self) -> dict[str, float | None]:
        return {name: getattr(self, name).share for name in self.names}

    @property
    def headline(self) -> float | None:
        """The smallest share that is known, 0 to 1: a mean would hide it."""
        return min((share for share in self.shares.values() if share is not None), default=None)

    @property
    def weakest(self) -> str | None:
        """Which of the five is the headline."""
        known = {name: share for name, share in self.shares.items() if share is not None}
        return min(known, key=lambda name: known[name]) if known else None


def trust(
    journeys: Iterable[Journey],
    *,
    scope: Scope,
    sources: Sequence[SourceTrust],
    portfolio_level: str,
    finished_in: Period,
    as_of: datetime,
    calendar: Calendar,
    has_themes: bool = True,
) -> Trust:
    """How far the numbers of a scope can be believed: starts over `finished_in`, everything else at `as_of`.

    What is at no level counts in no figure, and is nothing that these could be believed by: it is held, and that is
    all. Where no theme is declared, how much is `aligned` is not known: it would say nothing of the trackers.
    Two stories in progress, one of them touched lately, and a risk that was: 1 of 2 are fresh. Version 2.
    """
    held = [one for one in journeys if scope.holds(one) and one.flow_state is not FlowState.IGNORE]
    placed = [one for one in held if one.placement.level is not None]
    live = [one for one in placed if one.removed_at is None]
    is_within = falls_in(finished_in, calendar)
    done = [one for one in placed if is_within(one, one.finished_at)]
    is_open = [one for one in live if one.is_open]
    working = [one for one in live if one.flow_state in IN_PROGRESS]
    used_sources = {one.id.source for one in held}
    counted = [one for one in sources if one.source in used_sources or scope.kind == "portfolio"]
    epics = [one for one in is_open if one.placement.level == portfolio_level]
    return Trust(
        scope=scope.name,
        complete=_complete(counted),
        start_known=_share(done, lambda one: one.started_at is not None),
        aligned=_share([*is_open, *done] if has_themes else [], lambda one: not is_orphan(one)),
        fields=_fields(epics),
        fresh=_share(working, lambda one: as_of - one.updated_at < FRESH),
        unproven=tuple(sorted(one.source for one in counted if one.declared is None)),
    )


def is_low(share: float | Decimal) -> bool:
    """Must a metric that leans on this share say so beside it? From 85 % on it need not: 0.84 is low, 0.85 is not."""
    return share < RIBBON_BELOW


def missing_fields(journey: Journey) -> tuple[str, ...]:
    """Which of owner, size, due date and business value an epic lacks."""
    values = journey.values
    present = {
        "owner": journey.owner is not None,
        "size": any(name in values for name in ("job_size", "story_points", "cost_estimate")),
        "due_on": journey.due_on is not None,
        "business_value": "business_value" in values,
    }
    return tuple(name for name, is_there in present.items() if not is_there)


def _share(journeys: Collection[Journey], is_good: Callable[[Journey], bool]) -> Share:
    missing = tuple(sorted(one.key for one in journeys if not is_good(one)))
    return Share(n_used=len(journeys) - len(missing), n_in_scope=len(journeys), missing=missing)


def _complete(sources: Iterable[SourceTrust]) -> Share:
    """Items held of items declared, over the sources that were ever counted; holding more is no better."""
    counted = [(one.source, one.held, one.declared) for one in sources if one.declared is not None]
    return Share(
        n_used=sum(min(held, declared) for _, held, declared in counted),
        n_in_scope=sum(declared for _, _, declared in counted),
        missing=tuple(sorted(source for source, held, declared in counted if held < declared)),
    )


def _fields(epics: Collection[Journey]) -> Share:
    lacking = {one.key: len(missing_fields(one)) for one in epics}
    return Share(
        n_used=4 * len(epics) - sum(lacking.values()),
        n_in_scope=4 * len(epics),
        missing=tuple(sorted(key for key, lacks in lacking.items() if lacks)),
    )
