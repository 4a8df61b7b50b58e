"""The value ledger as the pages tell it: hypotheses, verdicts, amounts, and how far the readings can carry them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from domain.journey import Journey
from domain.set_aside import ALL_READ, Unread
from metrics.benefits import PortfolioRealisation, Realisation, double_claims
from metrics.ledger import (
    DUE_SOON,
    Accuracy,
    Freshness,
    Hypothesis,
    by_verdict,
    counted_once,
    finish_day,
    forecast_accuracy,
    freshness,
    hypotheses,
)
from metrics.lenses import Lens, lenses
from reports.reckoning import Reckoning, realised


@dataclass(frozen=True, kw_only=True)
class Ledger:
    """The ledger of a portfolio or of one of its themes, on the day of the book.

    `claims` are the ids of benefits that claim one KPI without shares, by KPI. `unmeasured_amount` counts each claim
    once. `due` are hypotheses with an indicator due soon, the next first. `unread` is what of the decision log is set
    aside.
    """

    today: date
    hypotheses: tuple[Hypothesis, ...]
    realised: PortfolioRealisation | None
    claims: dict[str, tuple[str, ...]]
    unmeasured_amount: Decimal | None
    due: tuple[Hypothesis, ...]
    accuracy: tuple[Accuracy, ...]
    freshness: tuple[Freshness, ...]
    lenses: tuple[Lens, ...]
    unread: Unread = ALL_READ

    @property
    def unmeasured(self) -> tuple[Hypothesis, ...]:
        return tuple(one for one in self.hypotheses if one.is_unmeasured)

    @property
    def verdicts(self) -> dict[str, tuple[str, ...]]:
        return by_verdict(self.hypotheses)

    @property
    def settled(self) -> tuple[Hypothesis, ...]:
        return tuple(one for one in self.hypotheses if one.is_settled)

    @property
    def undecided(self) -> tuple[Hypothesis, ...]:
        """Those refuted, or confirmed, after which nothing was decided; one that is retired needs no decision.

        Where a line of the log that is set aside may say what was, nobody can say that nothing was.
        """
        return tuple(
            one
            for one in self.settled
            if one.decision is None and one.state != "retired" and self.unread.of(one.benefit.item or "") is None
        )

    @property
    def judged(self) -> tuple[Hypothesis, ...]:
        """Those that have an indicator whose readings, if there are any, are read."""
        return tuple(one for one in self.hypotheses if one.judgements and not one.is_unread)

    @property
    def unread_bets(self) -> tuple[Hypothesis, ...]:
        """Those of which nobody can say whether they were measured: their file is not read, or not all of it."""
        return tuple(one for one in self.hypotheses if one.is_unread)

    @property
    def stale(self) -> tuple[Freshness, ...]:
        """The KPIs that nobody measured lately; of those whose file is not read, nobody can say so."""
        return tuple(one for one in self.freshness if one.is_stale and one.is_read)

    @property
    def unread_kpis(self) -> tuple[Freshness, ...]:
        return tuple(one for one in self.freshness if one.reason == "file_unread")


def ledger(numbers: Reckoning, theme: str | None = None) -> Ledger:
    """The ledger of the whole portfolio, or of one theme."""
    name = "ledger" if theme is None else f"ledger of {theme}"
    return numbers.book.once(name, lambda: _reckoned(numbers, theme))


def _reckoned(numbers: Reckoning, theme: str | None) -> Ledger:
    book, today = numbers.book, numbers.today
    portfolio = book.portfolio
    every = [one for each in portfolio.themes for one in each.benefits]
    found = tuple(
        one
        for one in hypotheses(
            portfolio,
            _epics(numbers, [one.item for one in every if one.item is not None]),
            book.readings,
            today=today,
            day_of=finish_day(book.calendar),
            decisions=book.decisions,
        )
        if theme in (None, one.theme)
    )
    benefits = [one for each in portfolio.themes if theme in (None, each.id) for one in each.benefits]
    whole = realised(book, benefits, today=today)
    mine = {one.id for one in benefits}
    unmeasured = [one for one in found if one.is_unmeasured]
    once = counted_once(unmeasured, whole) if whole is not None else unmeasured
    valued = [one.realisation.planned_amount for one in once if one.realisation.planned_amount is not None]
    soon = [one for one in found if one.next_due is not None and one.next_due <= today + DUE_SOON]
    return Ledger(
        today=today,
        hypotheses=found,
        realised=whole,
        claims={kpi: ids for kpi, ids in double_claims(every, today=today).items() if mine.intersection(ids)},
        unmeasured_amount=sum(valued, Decimal(0)) if valued or not once else None,
        due=tuple(sorted(soon, key=lambda one: (one.next_due or today, one.benefit.id))),
        accuracy=forecast_accuracy([one for one in benefits if one.starts <= today], book.readings, today=today),
        freshness=freshness(portfolio, book.readings, today=today),
        lenses=lenses(portfolio, book.readings, today=today),
        unread=book.unread,
    )


def lately(one: Hypothesis, *, today: date, within: timedelta = timedelta(days=30)) -> bool:
    """Was it settled in the last days?"""
    return one.settled_on is not None and today - one.settled_on <= within


def _epics(numbers: Reckoning, keys: Sequence[str]) -> list[Journey]:
    """The items of some keys, written as anybody writes them."""
    exact = [numbers.by_key[key] for key in keys if key in numbers.by_key]
    if len(exact) == len(keys):
        return exact
    wanted = {key.casefold() for key in keys}
    return [one for one in numbers.book.journeys if one.key.casefold() in wanted]


def lacks_hypothesis(numbers: Reckoning, epic: Journey) -> bool:
    """Does nobody say what an epic should bring, in a portfolio that says it of others?"""
    promised = {one.epic.id for one in ledger(numbers).hypotheses if one.epic is not None}
    return bool(promised) and epic.id not in promised


def on_old_readings(numbers: Reckoning, whole: PortfolioRealisation) -> tuple[Realisation, ...]:
    """The counted benefits whose reading is older than their KPI allows: what they brought is no longer sure."""
    stale = {one.kpi for one in ledger(numbers).freshness if one.is_stale}
    return tuple(one for one in whole.used if one.benefit.kpi in stale and one.realised_amount)
