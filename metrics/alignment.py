"""Does the work serve the strategy? Coverage, flow share per theme, orphans: definition 3.6, theme alignment."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from itertools import groupby

from domain.calendar import Calendar
from domain.journey import Journey
from domain.period import Period
from domain.strategy import Theme
from domain.themes import days_in_effect
from metrics.distribution import apportion, distance, percentages
from metrics.flow_load import Days, days_within, load_days, near
from metrics.selection import Excluded, finished, one_level

DEFINITION_VERSION = 2
UNALIGNED = "unaligned"
_ALIGNED = "aligned"


@dataclass(frozen=True, kw_only=True)
class Coverage:
    """How much serves a theme, of how much: items, item-days or epics as the function says."""

    aligned: Decimal
    total: Decimal
    orphans: tuple[str, ...]  # keys of what serves no theme at all
    n_used: int
    n_in_scope: int
    excluded: Excluded = field(default_factory=dict)
    definition_version: int = DEFINITION_VERSION

    @property
    def share(self) -> Decimal | None:
        """0 to 1; None where there was nothing to align."""
        return self.aligned / self.total if self.total else None


@dataclass(frozen=True, kw_only=True)
class FlowShares:
    """Item-days in progress in a period, by theme id, `unaligned` among them where there are any."""

    item_days: Mapping[str, Decimal]
    intended: Mapping[str, Decimal]  # theme id -> share intended for the period, 0 to 1; only themes that declare one
    n_used: int
    definition_version: int = DEFINITION_VERSION

    @property
    def n_in_scope(self) -> int:
        return self.n_used

    @property
    def percent(self) -> dict[str, Decimal]:
        """Shares in percent, to one place, adding up to 100.0; empty where nothing was in progress.

        What serves any theme is rounded once, as the alignment is, and divided among the themes then. 98.46 % for three
        themes: 98.5 %, and not what three shares rounded apart leave of it.
        """
        aligned = {theme: days for theme, days in self.item_days.items() if theme != UNALIGNED}
        whole = percentages({_ALIGNED: sum(aligned.values(), Decimal(0)), UNALIGNED: self.item_days.get(UNALIGNED, 0)})
        if not whole:
            return {}
        parts = apportion(aligned, int(whole[_ALIGNED] * 10)) if any(aligned.values()) else {}
        found = {theme: Decimal(tenths) / 10 for theme, tenths in parts.items()} | {UNALIGNED: whole[UNALIGNED]}
        return {theme: found[theme] for theme in self.item_days}

    @property
    def told_percent(self) -> dict[str, Decimal]:
        """The same as printed, `unaligned` always among them: what serves no theme is never rounded away."""
        if not (percent := self.percent):
            return {}
        percent = {UNALIGNED: Decimal("0.0"), **percent}
        if self.item_days.get(UNALIGNED) and not percent[UNALIGNED]:
            most = max(percent, key=lambda name: percent[name])
            percent |= {UNALIGNED: Decimal("0.1"), most: percent[most] - Decimal("0.1")}
        return percent

    @property
    def distance_points(self) -> Decimal | None:
        """How far the flow is from what was intended (total variation distance), in points.

        What the intended shares leave to 100 % is intended for nothing in particular. None without intentions.
        """
        if not self.intended:
            return None
        rest = max(Decimal(0), 1 - sum(self.intended.values(), Decimal(0)))
        actual = {theme: days for theme, days in self.item_days.items() if theme in self.intended}
        elsewhere = sum(self.item_days.values(), Decimal(0)) - sum(actual.values(), Decimal(0))
        return distance({**actual, UNALIGNED: elsewhere}, {**self.intended, UNALIGNED: rest})


def coverage_items(journeys: Iterable[Journey], *, finished_in: Period, calendar: Calendar) -> Coverage:
    """Of the items of one level that finished in the period, those that serve a theme: 160 of 200 is 80 %."""
    return _coverage(finished(journeys, finished_in=finished_in, calendar=calendar))


def coverage_epics(journeys: Iterable[Journey]) -> Coverage:
    """Of the open items of one level (the portfolio's epics), those that serve a theme: 12 of 15 is 80 %."""
    return _coverage([one for one in one_level(journeys) if one.is_open])


def coverage_flow(journeys: Iterable[Journey], *, period: Period, calendar: Calendar) -> Coverage:
    """Of the item-days in progress in the period at one level, those that serve a theme, by share."""
    return cover(item_days(one_level(journeys), period=period, calendar=calendar))


def flow_shares(
    journeys: Iterable[Journey], *, period: Period, calendar: Calendar, themes: Iterable[Theme] = ()
) -> FlowShares:
    """Item-days in progress in the period at one level, by theme; a split item gives each theme its share."""
    worked = item_days(one_level(journeys), period=period, calendar=calendar)
    return share_out(worked, intended=intended_shares(themes, period=period, calendar=calendar))


def item_days(journeys: Iterable[Journey], *, period: Period, calendar: Calendar) -> list[tuple[Journey, int]]:
    """The items that were in progress at the end of any day of the period, and on how many.

    Each has one place on all its days, that of its finish or of the instant of asking, but for its themes: where one
    ends or begins meanwhile, the item comes once for each stretch of days, one after the other, with the themes of
    those days. Ten days under A until 30 June, five under B from 1 July: (A, 10), (B, 5).
    """
    counted: list[tuple[Journey, int]] = []
    for one in near(journeys, period):
        runs = load_days(one, calendar=calendar)
        counted += [(then, days_within(told, period)) for then, told in by_stretch(one, runs)]
    return [(journey, days) for journey, days in counted if days]


def by_stretch(journey: Journey, runs: Iterable[Days]) -> Iterator[tuple[Journey, Iterable[Days]]]:
    """Runs of days of an item, parted by the themes that it had on them: nearly always all of them as they are."""
    if not journey.placement.stretches:
        yield journey, runs
        return
    every = list(runs)
    for one in journey.placement.stretches:
        then = replace(journey, placement=replace(journey.placement, themes=one.themes, stretches=()))
        yield then, list(_clipped(every, one.days))


def _clipped(runs: Iterable[Days], days: Period) -> Iterator[Days]:
    for first, until in runs:
        begin, end = max(first, days.start), days.end if until is None else min(until, days.end)
        if begin < end:
            yield begin, (None if until is None and end == date.max else end)


def by_item(worked: Iterable[tuple[Journey, int]]) -> Iterator[tuple[Journey, int]]:
    """Item-days with all stretches of an item as one, for whoever asks for no theme."""
    for _, stretches in groupby(worked, key=lambda one: one[0].id):
        told = list(stretches)
        yield told[-1][0], sum(days for _, days in told)


def days_serving(
    worked: Iterable[tuple[Journey, int]], themes: Collection[str] | None
) -> Iterator[tuple[Journey, Decimal]]:
    """How many of its item-days each item gives some themes, `unaligned` as one of them; None: all of its days."""
    for _, stretches in groupby(worked, key=lambda one: one[0].id):
        days = Decimal(0)
        for journey, its_days in stretches:
            days += its_days * (Decimal(1) if themes is None else _served(journey, themes))
        yield journey, days


def _served(journey: Journey, themes: Collection[str]) -> Decimal:
    shares = {**journey.placement.themes, UNALIGNED: 1 - aligned_share(journey)}
    return sum((share for theme, share in shares.items() if theme in themes), Decimal(0))


def intended_shares(themes: Iterable[Theme], *, period: Period, calendar: Calendar) -> dict[str, Decimal]:
    """The share of a period's flow that is intended for each theme that declares one, 0 to 1.

    A theme that is in effect on a part of the period counts with that part of its working days (of its days, where
    none is worked); on none of them, nothing is intended for it. 30 % until 30 April, 22 of a quarter's 65 working
    days, followed by 40 %: 10.2 % and 26.5 %; never more in all than what is intended at once.
    """
    found: dict[str, Decimal] = {}
    for theme in themes:
        if theme.target_share is None:
            continue
        held = days_in_effect(theme, period)
        if held == period:
            found[theme.id] = theme.target_share
        elif held is not None:
            found[theme.id] = theme.target_share * _part(held, of=period, calendar=calendar)
    return found


def _part(held: Period, *, of: Period, calendar: Calendar) -> Decimal:
    worked = calendar.working_days(of.start, of.last_day)
    if not worked:
        return Decimal(held.length_days) / of.length_days
    return Decimal(calendar.working_days(held.start, held.last_day)) / worked


def cover(worked: Iterable[tuple[Journey, int]]) -> Coverage:
    """The coverage of item-days that are known already."""
    aligned = total = Decimal(0)
    lost: list[str] = []
    used = 0
    for _, stretches in groupby(worked, key=lambda one: one[0].id):
        used += 1
        serves = False
        for journey, days in stretches:
            total += days
            aligned += days * aligned_share(journey)
            serves = serves or not is_orphan(journey)
        if not serves:
            lost.append(journey.key)
    return Coverage(aligned=aligned, total=total, orphans=tuple(sorted(lost)), n_used=used, n_in_scope=used)


def share_out(worked: Sequence[tuple[Journey, int]], *, intended: Mapping[str, Decimal] | None = None) -> FlowShares:
    """The flow shares of item-days that are known already, beside those that are intended for their period."""
    by_theme: dict[str, Decimal] = {}
    for journey, days in worked:
        shares = {**journey.placement.themes, UNALIGNED: 1 - aligned_share(journey)}
        for theme, share in shares.items():
            if share:
                by_theme[theme] = by_theme.get(theme, Decimal(0)) + days * share
    return FlowShares(
        item_days=dict(sorted(by_theme.items())), intended=intended or {}, n_used=sum(1 for _ in by_item(worked))
    )


def orphans(journeys: Iterable[Journey]) -> list[Journey]:
    """Open items that serve no theme, oldest first."""
    return sorted(
        (one for one in journeys if one.is_open and is_orphan(one)), key=lambda one: (one.created_at, one.key)
    )


def is_orphan(journey: Journey) -> bool:
    return not any(journey.placement.themes.values())


def aligned_share(journey: Journey) -> Decimal:
    """The share of an item that serves any theme, 0 to 1."""
    return min(Decimal(1), sum(journey.placement.themes.values(), Decimal(0)))


def _coverage(journeys: list[Journey]) -> Coverage:
    lost = tuple(sorted(one.key for one in journeys if is_orphan(one)))
    total = len(journeys)
    return Coverage(
        aligned=Decimal(total - len(lost)), total=Decimal(total), orphans=lost, n_used=total, n_in_scope=total
    )
