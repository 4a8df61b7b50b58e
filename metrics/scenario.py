"""What if a part of the people who serve one theme served another: the same trials at other speeds. Definition 3.4."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

from domain.calendar import Calendar
from domain.journey import Journey
from domain.strategy import Guardrails, Portfolio, Shift, Theme
from domain.themes import is_in_effect
from metrics.alignment import FlowShares
from metrics.forecasts.planning import Planned, who
from metrics.forecasts.samples import LEAST_ITEMS, Refusal, Samples
from metrics.forecasts.trials import Played, play_paced
from metrics.forecasts.when import Forecasts, percentile_days
from metrics.selection import calendar_of

DEFINITION_VERSION = 1
LEVEL = 85
MOST = 5  # epics of each theme
USUAL_SHARE = Decimal("0.1")


@dataclass(frozen=True, kw_only=True)
class Redated:
    """One epic with its 85 % date as it is and as it would be. None: not within the horizon, or not forecast."""

    epic: Journey
    theme: str
    before: date | None
    after: date | None

    @property
    def days(self) -> int | None:
        """How much later; negative: earlier."""
        return None if self.before is None or self.after is None else (self.after - self.before).days


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """A shift, played through. `finished` are the items finished for each of both themes in the samples' windows.

    `refused`: few_items (fewer than 5 were finished for one of them) or no_epics (neither has an epic with a date).
    `gives` and `takes` are how fast work for the themes goes then, 1 being as now.
    """

    shift: Shift
    finished: Mapping[str, Decimal]
    gives: Fraction
    takes: Fraction
    epics: tuple[Redated, ...] = ()
    refused: str | None = None
    trials: int
    seed: int
    definition_version: int = DEFINITION_VERSION


def play_shift(
    planned: Planned, forecasts: Forecasts, shift: Shift, *, calendar: Calendar, most: int = MOST
) -> Scenario:
    """The 85 % dates of the top epics of two themes, as forecast and with a share of the first one's throughput moved.

    `finished` are the items of the forecast's samples that belong to each theme, by share. Work for the theme that
    gives goes at 1 - share of its speed; work for the one that takes at 1 + share x finished(gives) / finished(takes).
    An epic of several themes goes at the mean by share; the others keep their speed. Order, lots, seed and trials are
    those of the forecast, and so is what looking back taught. *Top* are the first so many epics of each theme, in the
    forecast's order, that have a date. Left out: learning time, and who can do whose work.

    A finished 40 items, B 10; 10 % of A's go to B: A goes at 0.9, B at 1 + 0.1 x 40 / 10 = 1.4. Version 1.
    """
    finished = {name: _finished(planned, name, calendar) for name in (shift.gives, shift.takes)}
    seed, trials = planned.plan.seed, planned.plan.trials
    if min(finished.values()) < LEAST_ITEMS:
        return Scenario(
            shift=shift,
            finished=finished,
            gives=Fraction(1),
            takes=Fraction(1),
            refused="few_items",
            trials=trials,
            seed=seed,
        )
    gives, takes = speeds(shift, gives=finished[shift.gives], takes=finished[shift.takes])
    top = [(id, theme) for theme in (shift.gives, shift.takes) for id in _top(planned, forecasts, theme, most=most)]
    by_theme = {shift.gives: gives, shift.takes: takes}
    paced = {id: _speed(epic, by_theme) for id, epic in planned.epics.items()}
    played = play_paced(planned.plan, paced) if top else {}
    epics = []
    for id, theme in top:
        told = forecasts.of(id)
        assert told is not None
        epics.append(
            Redated(
                epic=planned.epics[id],
                theme=theme,
                before=told.dates.get(LEVEL),
                after=_date(planned, played[id]),
            )
        )
    return Scenario(
        shift=shift,
        finished=finished,
        gives=gives,
        takes=takes,
        epics=tuple(epics),
        refused=None if epics else "no_epics",
        trials=trials,
        seed=seed,
    )


def speeds(shift: Shift, *, gives: Decimal, takes: Decimal) -> tuple[Fraction, Fraction]:
    """How fast work goes for the theme that gives and the one that takes: 40 and 10 finished, 10 %: 0.9 and 1.4."""
    share = Fraction(shift.share)
    return 1 - share, 1 + share * Fraction(gives) / Fraction(takes)


def wanted_shifts(portfolio: Portfolio, shares: FlowShares | None, *, today: date) -> tuple[Shift, ...]:
    """The shifts that the settings name; else the usual one, by the shares of the flow as pages print them.

    Between themes that are in effect today, by what was intended for them in the period of the shares.
    """
    if portfolio.scenarios or shares is None:
        return tuple(portfolio.scenarios)
    themes = [
        replace(one, target_share=shares.intended.get(one.id) if is_in_effect(one, today) else None)
        for one in portfolio.themes
    ]
    usual = usual_shift(themes, shares.told_percent, guardrails=portfolio.guardrails)
    return () if usual is None else (usual,)


def usual_shift(
    themes: Sequence[Theme], shares: Mapping[str, Decimal], *, guardrails: Guardrails | None = None
) -> Shift | None:
    """10 % from the theme that is furthest over its intended share to the one that is furthest under it, in points.

    Where an investment horizon is off its plan by more than the tolerance of `guardrails`, from a theme of the horizon
    that has most too much to one of that which has most too little, so that the shift mends what is breached.
    None where no two themes stand so, or no share is intended. `shares` are in percent.
    """
    off = {
        one.id: shares.get(one.id, Decimal(0)) - 100 * one.target_share
        for one in themes
        if one.target_share is not None and shares
    }
    if not off:
        return None
    giving, taking = _breached(themes, shares, guardrails or Guardrails())
    horizon_of = {one.id: one.horizon for one in themes}
    over = max((id for id in off if giving in (None, horizon_of[id])), key=lambda id: off[id], default=None)
    under = min((id for id in off if taking in (None, horizon_of[id])), key=lambda id: off[id], default=None)
    if over is None or under is None or off[over] <= 0 or off[under] >= 0:
        return usual_shift(themes, shares) if giving is not None else None
    return Shift(gives=over, takes=under, share=USUAL_SHARE)


def _breached(
    themes: Sequence[Theme], shares: Mapping[str, Decimal], guardrails: Guardrails
) -> tuple[str | None, str | None]:
    """The horizon with most too much and the one with most too little, where one of all is off beyond the tolerance.

    Nobody shifts work to what is to be retired (H0). By the shares of themes that have a horizon.
    """
    known: dict[str, Decimal] = defaultdict(Decimal)
    for one in themes:
        if one.horizon is not None:
            known[one.horizon] += shares.get(one.id, Decimal(0))
    whole = sum(known.values(), Decimal(0))
    if not whole or not guardrails.horizons:
        return None, None
    off = {one: 100 * known[one] / whole - 100 * plan for one, plan in guardrails.horizons.items()}
    if max(map(abs, off.values())) <= guardrails.tolerance_points:
        return None, None
    return max(off, key=lambda one: off[one]), min((one for one in off if one != "H0"), key=lambda one: off[one])


def _finished(planned: Planned, theme: str, calendar: Calendar) -> Decimal:
    """Items of the samples that belong to a theme, by share: those finished in the window of who finished them."""
    teams = planned.plan.teams
    windows = {name: team.samples.window for name, team in teams.items() if isinstance(team.samples, Samples)}
    found = Decimal(0)
    for one in planned.of_epics:
        share, window = one.placement.themes.get(theme), windows.get(who(one))
        if share and window and one.finished_at and calendar_of(one, calendar).day(one.finished_at) in window:
            found += share
    return found


def _top(planned: Planned, forecasts: Forecasts, theme: str, *, most: int) -> list[str]:
    """The first epics of a theme that have a date, in the forecast's order; each stands with its largest theme."""
    found = [
        one.id
        for one in forecasts.epics
        if LEVEL in one.dates and not one.is_done and _largest(planned.epics[one.id]) == theme
    ]
    return found[:most]


def _largest(epic: Journey) -> str | None:
    shares = epic.placement.themes
    return max(sorted(shares), key=lambda name: shares[name], default=None)


def _speed(epic: Journey, by_theme: Mapping[str, Fraction]) -> Fraction:
    shares = {name: Fraction(share) for name, share in epic.placement.themes.items() if name in by_theme}
    return sum((share * by_theme[name] for name, share in shares.items()), 1 - sum(shares.values(), Fraction(0)))


def _date(planned: Planned, played: Played | Refusal) -> date | None:
    if isinstance(played, Refusal):
        return None
    day = percentile_days(played.done, levels=(LEVEL,)).get(LEVEL)
    return None if day is None else planned.plan.as_of + timedelta(days=day)
