"""Does the value arrive that was promised? Benefit realisation: definition 3.6."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal

from domain.strategy import Benefit, PaceTolerances, Reading
from metrics.key_results import elapsed_share, latest, pace_status, progress
from metrics.selection import Excluded

DEFINITION_VERSION = 2
WHOLE = Decimal(1)


@dataclass(frozen=True, kw_only=True)
class Realisation:
    """How much of one benefit has arrived.

    `realised` and `expected` are shares of the whole, 0 to 1 (`realised` may be below 0, worse than before, or
    above 1). Amounts are minor units of the portfolio's currency, None where the benefit is not valued, and are those
    of the `portion` that this benefit has of what several epics claim together. `reason` says why nothing is known:
    no_reading, invalid (target equals baseline), file_unread (something of the file with its readings is set aside).
    """

    benefit: Benefit
    reading: Reading | None
    realised: Decimal | None
    expected: Decimal
    portion: Decimal = WHOLE
    reason: str | None = None
    definition_version: int = DEFINITION_VERSION

    @property
    def health_points(self) -> Decimal | None:
        """Points ahead of (or behind) what was expected by the date."""
        return None if self.realised is None else (self.realised - self.expected) * 100

    def status(self, pace: PaceTolerances) -> str:
        """achieved once whole; else by pace: on_track, at_risk, off_track; unmeasured where nothing is known.

        unread where what is known of it may stand in a file that is not read.
        """
        if self.realised is None or self.health_points is None:
            return "unread" if self.reason == "file_unread" else "unmeasured"
        return "achieved" if self.realised >= 1 else pace_status(self.health_points, pace)

    @property
    def planned_amount(self) -> Decimal | None:
        return None if self.benefit.planned_amount is None else self.portion * self.benefit.planned_amount

    @property
    def realised_amount(self) -> Decimal | None:
        if self.realised is None or self.planned_amount is None:
            return None
        return self.realised * self.planned_amount

    @property
    def expected_amount(self) -> Decimal | None:
        return None if self.planned_amount is None else self.expected * self.planned_amount

    @property
    def amount_to_come(self) -> Decimal | None:
        """What of the plan has not arrived: all of it of one worse than before, nothing of one beyond its plan."""
        if self.planned_amount is None or self.realised_amount is None:
            return None
        return max(self.planned_amount - max(self.realised_amount, Decimal(0)), Decimal(0))


@dataclass(frozen=True, kw_only=True)
class PortfolioRealisation:
    """What all valued and measured benefits have brought, of what was planned to date and of the whole plan.

    `double_claims` maps a KPI to the benefits that claim it for several epics; only the first of them is counted.
    """

    realised_amount: Decimal
    planned_to_date: Decimal
    planned_total: Decimal
    used: tuple[Realisation, ...]
    excluded: Excluded = field(default_factory=dict)
    double_claims: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    definition_version: int = DEFINITION_VERSION

    @property
    def n_used(self) -> int:
        return len(self.used)

    @property
    def n_in_scope(self) -> int:
        return self.n_used + sum(len(ids) for ids in self.excluded.values())

    @property
    def to_date(self) -> Decimal | None:
        """Realised of what should have arrived by now, 0 to 1; None where nothing was due yet."""
        return self.realised_amount / self.planned_to_date if self.planned_to_date else None

    @property
    def given_up(self) -> Decimal:
        """What would never arrive if all stopped today: the sum of what each benefit has to come. Definition 3.6.

        Of 240 planned 216 arrived, of 100 20, of 50 less than nothing: 24 + 80 + 50. What one lost, or brought beyond
        its plan, changes no other.
        """
        return sum((one.amount_to_come or Decimal(0) for one in self.used), Decimal(0))

    @property
    def of_total(self) -> Decimal | None:
        """Realised of the whole plan, 0 to 1."""
        return self.realised_amount / self.planned_total if self.planned_total else None


def realise(benefit: Benefit, readings: Iterable[Reading], *, today: date) -> Realisation:
    """Compare the newest reading of the KPI with baseline and target, and with what its profile expects by today.

    From 100 to 160 and now 130: 0.5. After 90 of 364 days 24.7 % is expected of a linear benefit. One that names its
    share of a claim counts with that share. Definition 3.6, version 2.
    """
    known = latest(readings, kpi=benefit.kpi, today=today)
    realised = None
    if known:
        realised = progress(baseline=benefit.baseline, target=benefit.target, value=known[0].value)
    lacking = "no_reading" if benefit.is_read else "file_unread"
    reason = "invalid" if benefit.target == benefit.baseline else None if known else lacking
    return Realisation(
        benefit=benefit,
        reading=known[0] if known else None,
        realised=realised,
        expected=expected_share(benefit, today=today),
        portion=WHOLE if benefit.share is None else benefit.share,
        reason=reason,
    )


def expected_share(benefit: Benefit, *, today: date) -> Decimal:
    """How much of a benefit should have arrived by a day, 0 to 1, by its profile.

    ```
    linear   the share of the time that has gone                          half-way through the time: 0.5
    ramp     the square of it: slowly at first, then ever faster          half-way through the time: 0.25
    step     nothing before the due date, everything from that day on     half-way through the time: 0
    ```
    """
    elapsed = elapsed_share(starts=benefit.starts, due=benefit.due, today=today)
    if benefit.profile == "step":
        return Decimal(today >= benefit.due)
    return elapsed * elapsed if benefit.profile == "ramp" else elapsed


def realise_portfolio(
    benefits: Sequence[Benefit],
    readings: Sequence[Reading],
    *,
    today: date,
    among: Sequence[Benefit] | None = None,
) -> PortfolioRealisation:
    """Sum realised and planned amounts over all benefits that are valued and measured; the others are named.

    60 and 90 realised, 100 and 150 planned to date, 400 and 600 in all: 60 % to date, 15 % of the total. What several
    epics claim is split by their shares; where these do not add up to 1, it is flagged and counted once. `among` are
    the benefits of the whole portfolio, where those of a part of it are summed: a claim may cross themes.
    """
    everyone = benefits if among is None else among
    claims = double_claims(everyone, today=today)
    counted = {kpi: _counted(ids, everyone, today=today) for kpi, ids in claims.items()}
    used: list[Realisation] = []
    excluded: dict[str, list[str]] = defaultdict(list)
    for benefit in benefits:
        one = realise(benefit, readings, today=today)
        is_claimed = benefit.id in claims.get(benefit.kpi, ())
        reason = one.reason or ("not_valued" if benefit.planned_amount is None else None)
        reason = "double_claim" if is_claimed and benefit.id != counted[benefit.kpi] else reason
        reason = "retired" if is_retired(benefit, today=today) else reason
        if reason is None:
            used.append(replace(one, portion=WHOLE) if is_claimed else one)
        else:
            excluded[reason].append(benefit.id)
    mine = {benefit.id for benefit in benefits}
    return PortfolioRealisation(
        realised_amount=sum((one.realised_amount or Decimal(0) for one in used), Decimal(0)),
        planned_to_date=sum((one.expected_amount or Decimal(0) for one in used), Decimal(0)),
        planned_total=sum((one.planned_amount or Decimal(0) for one in used), Decimal(0)),
        used=tuple(used),
        excluded={reason: tuple(ids) for reason, ids in sorted(excluded.items())},
        double_claims={kpi: ids for kpi, ids in claims.items() if mine.intersection(ids)},
    )


def is_retired(benefit: Benefit, *, today: date) -> bool:
    return benefit.retired_on is not None and benefit.retired_on <= today


def double_claims(benefits: Iterable[Benefit], *, today: date) -> dict[str, tuple[str, ...]]:
    """The benefits that claim one KPI for several epics without shares that add up to 1, by KPI.

    What is retired claims nothing any more.
    """
    by_kpi: dict[str, list[Benefit]] = defaultdict(list)
    for benefit in benefits:
        if benefit.item is not None:
            by_kpi[benefit.kpi].append(benefit)
    found = {}
    for kpi, claimed in by_kpi.items():
        living = [one for one in claimed if not is_retired(one, today=today)]
        if len({one.item for one in living}) > 1 and not _is_split(claimed):
            found[kpi] = tuple(one.id for one in living)
    return found


def _is_split(claimed: Iterable[Benefit]) -> bool:
    shares = [one.share for one in claimed]
    return None not in shares and sum((share or Decimal(0) for share in shares), Decimal(0)) == WHOLE


def _counted(ids: Sequence[str], benefits: Iterable[Benefit], *, today: date) -> str:
    """The one that counts of those that claim the same: the first that has begun and is valued, or else the first."""
    claimed = [one for one in benefits if one.id in ids]
    best = [one.id for one in claimed if one.starts <= today and one.planned_amount is not None]
    return best[0] if best else ids[0]
