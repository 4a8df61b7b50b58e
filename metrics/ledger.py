"""Was it worth it? The value ledger: benefit hypotheses with their verdicts, and value nobody has measured.

Definition 3.6.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal

from domain.calendar import Calendar
from domain.journey import Journey
from domain.strategy import Benefit, Decision, Indicator, Portfolio, Reading, Theme
from domain.work_item import FlowState
from metrics.benefits import PortfolioRealisation, Realisation, is_retired, realise
from metrics.key_results import latest, progress
from metrics.selection import Excluded, calendar_of

DEFINITION_VERSION = 1
KPI_STALE_AFTER = timedelta(days=35)  # of a KPI that says nothing else
DUE_SOON = timedelta(days=60)
VERDICTS = ("confirmed", "refuted", "inconclusive")
AFTER_MONTHS = (6, 12, 24)


@dataclass(frozen=True, kw_only=True)
class Judgement:
    """What the readings say of one leading indicator.

    `reading` is the newest up to the day by which it should be reached, `realised` the way it has made. `reason` says
    why a verdict is inconclusive: not_due (its day has not passed), between (half-way), no_reading, stale (the newest
    reading is older on its day than its KPI allows), invalid (target equals baseline), file_unread (it has none, or
    too old a one, and something of the file with its readings is set aside). `settled_on` is the day since which the
    verdict stands.
    """

    indicator: Indicator
    verdict: str
    reason: str | None
    reading: Reading | None
    realised: Decimal | None
    settled_on: date | None
    is_measured: bool


@dataclass(frozen=True, kw_only=True)
class Hypothesis:
    """A benefit that an epic claims, or that has leading indicators: what became of it, and what was decided.

    `state`: projected, in_delivery, realising, sustained, retired. `verdict` None: it has no leading indicator.
    `reason`, of an inconclusive one: that of its indicators, or mixed. `decision` is the first that was taken on its
    item since the verdict stands, `waiting` one that is still asked.
    """

    benefit: Benefit
    theme: str
    epic: Journey | None
    state: str
    judgements: tuple[Judgement, ...]
    verdict: str | None
    reason: str | None
    settled_on: date | None
    realisation: Realisation
    decision: Decision | None = None
    waiting: Decision | None = None
    is_unmeasured: bool = False
    is_unread: bool = False  # it would be, but what measured it may stand where nobody reads it
    definition_version: int = DEFINITION_VERSION

    @property
    def is_settled(self) -> bool:
        return self.verdict in ("confirmed", "refuted")

    @property
    def next_due(self) -> date | None:
        """The next day on which one of its indicators is due that is not settled yet."""
        open_days = [one.indicator.by for one in self.judgements if one.reason == "not_due"]
        return min(open_days, default=None)


@dataclass(frozen=True, kw_only=True)
class Accuracy:
    """What benefits brought so many months after their approval, beside what was foretold then. Minor units."""

    months: int
    actual: Decimal
    forecast: Decimal
    used: tuple[str, ...]
    excluded: Excluded = field(default_factory=dict)
    definition_version: int = DEFINITION_VERSION

    @property
    def share(self) -> Decimal | None:
        """Actual of forecast; None where nothing was foretold."""
        return self.actual / self.forecast if self.forecast else None

    @property
    def n_used(self) -> int:
        return len(self.used)

    @property
    def n_in_scope(self) -> int:
        return self.n_used + sum(len(ids) for ids in self.excluded.values())


@dataclass(frozen=True, kw_only=True)
class Freshness:
    """How old the newest reading of a KPI is, against what it allows."""

    kpi: str
    reading: Reading | None
    age: timedelta | None
    is_stale: bool
    is_read: bool = True

    @property
    def reason(self) -> str | None:
        """Why it is not fresh: no_reading, stale, or file_unread where something of its file is set aside."""
        if not self.is_stale:
            return None
        if not self.is_read:
            return "file_unread"
        return "no_reading" if self.reading is None else "stale"


def hypotheses(
    portfolio: Portfolio,
    journeys: Iterable[Journey],
    readings: Sequence[Reading],
    *,
    today: date,
    day_of: Callable[[Journey], date | None],
    decisions: Sequence[Decision] = (),
) -> tuple[Hypothesis, ...]:
    """Every benefit of a portfolio that an epic claims or that has leading indicators, in the order of the settings.

    `day_of` says on which local day an item finished. A hypothesis is confirmed when all of its indicators are; refuted
    when one is and none is confirmed; inconclusive otherwise.
    """
    by_key: dict[str, Journey] = {}
    for one in journeys:
        by_key.setdefault(one.key.casefold(), one)
    patience = {kpi.id: kpi.stale_after for kpi in portfolio.kpis}
    by_kpi: dict[str, list[Reading]] = {}
    for reading in readings:
        by_kpi.setdefault(reading.kpi, []).append(reading)
    found = []
    for theme in portfolio.themes:
        for benefit in theme.benefits:
            if benefit.item is None and not benefit.indicators:
                continue
            epic = by_key.get(benefit.item.casefold()) if benefit.item else None
            judged = tuple(
                judge(one, by_kpi.get(one.kpi, ()), today=today, stale_after=patience.get(one.kpi, KPI_STALE_AFTER))
                for one in benefit.indicators
            )
            found.append(
                _hypothesis(
                    benefit, theme, epic, judged, by_kpi.get(benefit.kpi, ()), decisions=decisions, today=today,
                    finished_on=None if epic is None else day_of(epic),
                    measured_within=portfolio.guardrails.measured_within_days,
                )
            )  # fmt: skip
    return tuple(found)


def judge(
    indicator: Indicator, readings: Iterable[Reading], *, today: date, stale_after: timedelta = KPI_STALE_AFTER
) -> Judgement:
    """The verdict on one leading indicator, by its newest reading up to its day.

    ```
    baseline 100, target 160, by 30 June         way made    30 June    1 July
    reads 160                                    1           confirmed  confirmed
    reads 130                                    0.5         not due    inconclusive: half-way
    reads 118                                    0.3         not due    refuted
    ```

    Readings before its baseline was taken say nothing of it. One that is older on its day than the KPI allows refutes
    nothing: nobody looked. Where a line of its file is not read it is told by the others, and where these say nothing,
    nobody can say that it was not measured: file_unread.
    """
    known = [
        one
        for one in latest(readings, kpi=indicator.kpi, today=min(today, indicator.by))
        if one.day >= indicator.starts
    ]
    reading = known[0] if known else None
    made = None
    if reading is not None:
        made = progress(baseline=indicator.baseline, target=indicator.target, value=reading.value)
    verdict, reason = _verdict(indicator, reading, made, today=today, stale_after=stale_after)
    oldest = max(indicator.starts, indicator.by - stale_after)
    return Judgement(
        indicator=indicator,
        verdict=verdict,
        reason=reason,
        reading=reading,
        realised=made,
        settled_on={"confirmed": _reached_on(indicator, known), "refuted": indicator.by}.get(verdict),
        is_measured=verdict == "confirmed"
        or any(one.kpi == indicator.kpi and oldest <= one.day <= today for one in readings),
    )


def forecast_accuracy(benefits: Sequence[Benefit], readings: Sequence[Reading], *, today: date) -> tuple[Accuracy, ...]:
    """What valued benefits brought 6, 12 and 24 months after their approval, by what was foretold at their approval.

    Foretold is what the settings say for that many months, or else the planned amount by the benefit's profile. Brought
    is the planned amount by the newest reading up to that day. Those whose day has not come are no part of it; those
    without a reading, or with nothing foretold, are named. Foretold 400 and brought 300: 75 %.
    """
    return tuple(_accuracy(benefits, readings, months=months, today=today) for months in AFTER_MONTHS)


def freshness(portfolio: Portfolio, readings: Sequence[Reading], *, today: date) -> tuple[Freshness, ...]:
    """Every KPI with its newest reading; stale where that is older than `stale_after`, or where there is none."""
    found = []
    for kpi in portfolio.kpis:
        known = latest(readings, kpi=kpi.id, today=today)
        age = today - known[0].day if known else None
        found.append(
            Freshness(
                kpi=kpi.id,
                reading=known[0] if known else None,
                age=age,
                is_stale=age is None or age > kpi.stale_after,
                is_read=kpi.is_read,
            )
        )
    return tuple(found)


def months_after(day: date, months: int) -> date:
    """The same day of a later month, or its last where that is shorter."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    first = date(year, month + 1, 1)
    following = date(year + (month == 11), 1 if month == 11 else month + 2, 1)
    return min(first + timedelta(days=day.day - 1), following - timedelta(days=1))


def by_verdict(found: Iterable[Hypothesis]) -> dict[str, tuple[str, ...]]:
    """The ids of hypotheses by verdict, every verdict among them; those without an indicator under `no_indicator`."""
    told: dict[str, list[str]] = {name: [] for name in VERDICTS}
    for one in found:
        told.setdefault(one.verdict or "no_indicator", []).append(one.benefit.id)
    return {name: tuple(ids) for name, ids in told.items()}


def weakest(one: Hypothesis) -> tuple[Decimal | None, str | None]:
    """The way made by the indicator that is furthest behind, and why it is not known: every indicator has to be."""
    if not one.judgements:
        return None, "no_indicator"
    made = [each.realised for each in one.judgements]
    known = [each for each in made if each is not None]
    if len(known) < len(made):
        if any(each.reason == "invalid" for each in one.judgements):
            return None, "invalid"
        is_read = all(each.indicator.is_read for each in one.judgements if each.realised is None)
        return None, "no_reading" if is_read else "file_unread"
    return min(known), None


def counted_once(found: Iterable[Hypothesis], whole: PortfolioRealisation) -> list[Hypothesis]:
    """Those of some hypotheses that are not a second claim on what another already counts."""
    second = set(whole.excluded.get("double_claim", ()))
    return [one for one in found if one.benefit.id not in second]


def finish_day(calendar: Calendar) -> Callable[[Journey], date | None]:
    """On which local day an item finished, by the calendar of its value stream; None where it has not."""

    def told(journey: Journey) -> date | None:
        at = journey.finished_at
        return None if at is None else calendar_of(journey, calendar).day(at)

    return told


def _verdict(
    indicator: Indicator, reading: Reading | None, made: Decimal | None, *, today: date, stale_after: timedelta
) -> tuple[str, str | None]:
    if indicator.target == indicator.baseline:
        return "inconclusive", "invalid"
    if made is not None and made >= 1:
        return "confirmed", None
    if today <= indicator.by:
        return "inconclusive", "not_due"
    if reading is None or made is None or indicator.by - reading.day > stale_after:
        lacking = "no_reading" if reading is None or made is None else "stale"
        return "inconclusive", lacking if indicator.is_read else "file_unread"
    return ("refuted", None) if made < indicator.refuted_below else ("inconclusive", "between")


def _reached_on(indicator: Indicator, known: Sequence[Reading]) -> date | None:
    """The day of the first reading of those at the end that are all at the target or beyond; `known` newest first."""
    reached = None
    for one in known:
        made = progress(baseline=indicator.baseline, target=indicator.target, value=one.value)
        if made is None or made < 1:
            break
        reached = one.day
    return reached


def _hypothesis(
    benefit: Benefit,
    theme: Theme,
    epic: Journey | None,
    judged: tuple[Judgement, ...],
    readings: Sequence[Reading],
    *,
    decisions: Sequence[Decision],
    today: date,
    finished_on: date | None,
    measured_within: int,
) -> Hypothesis:
    realisation = realise(benefit, readings, today=today)
    verdict, reason = _of_all(judged)
    settled = [one.settled_on for one in judged if one.settled_on is not None]
    settled_on = max(settled, default=None) if verdict in ("confirmed", "refuted") else None
    mine = [one for one in decisions if benefit.item and (one.item or "").casefold() == benefit.item.casefold()]
    after = [one for one in mine if one.decision and settled_on and settled_on <= one.asked_on <= today]
    is_done = finished_on is not None and finished_on <= today
    first = min((one.indicator.by for one in judged), default=None)
    is_overdue = (
        is_done
        and first is not None
        and today >= first + timedelta(days=measured_within)
        and not any(one.is_measured for one in judged)
        and not is_retired(benefit, today=today)
    )
    is_read = all(one.indicator.is_read for one in judged)
    return Hypothesis(
        benefit=benefit,
        theme=theme.id,
        epic=epic,
        state=_state(benefit, epic, readings, is_done=is_done, today=today),
        judgements=judged,
        verdict=verdict,
        reason=reason,
        settled_on=settled_on,
        realisation=realisation,
        decision=min(after, key=lambda one: (one.asked_on, one.id), default=None),
        waiting=next((one for one in mine if one.decision is None and one.asked_on <= today), None),
        is_unmeasured=is_overdue and is_read,
        is_unread=is_overdue and not is_read,
    )


def _of_all(judged: Sequence[Judgement]) -> tuple[str | None, str | None]:
    """The verdict on a hypothesis, by those on its indicators, and why it is inconclusive."""
    if not judged:
        return None, None
    told = {one.verdict for one in judged}
    if told == {"confirmed"}:
        return "confirmed", None
    if "refuted" in told and "confirmed" not in told:
        return "refuted", None
    if {"refuted", "confirmed"} <= told:
        return "inconclusive", "mixed"
    return "inconclusive", next(one.reason for one in judged if one.verdict == "inconclusive")


def _state(benefit: Benefit, epic: Journey | None, readings: Sequence[Reading], *, is_done: bool, today: date) -> str:
    """Where a benefit is in its life: projected, in_delivery, realising, sustained, retired.

    Projected until its epic begins; in delivery until it is done; realising until the benefit has stayed whole: every
    reading since its due date, of at least one, is at the target or beyond. Retired when the settings say so, or when
    its epic was given up or has gone. Without an epic, it is realising from its start on.
    """
    if is_retired(benefit, today=today):
        return "retired"
    if epic is not None and not is_done:
        if epic.removed_at is not None or epic.flow_state is FlowState.CANCELLED:
            return "retired"
        return "projected" if epic.started_at is None else "in_delivery"
    if (epic is None and benefit.item is not None) or benefit.starts > today:
        return "projected"
    since = [one for one in latest(readings, kpi=benefit.kpi, today=today) if one.day >= benefit.due]
    made = [progress(baseline=benefit.baseline, target=benefit.target, value=one.value) for one in since]
    return "sustained" if made and all(one is not None and one >= 1 for one in made) else "realising"


def _accuracy(benefits: Sequence[Benefit], readings: Sequence[Reading], *, months: int, today: date) -> Accuracy:
    actual = forecast = Decimal(0)
    used: list[str] = []
    excluded: dict[str, list[str]] = {}
    for benefit in benefits:
        if benefit.approved_on is None:
            continue
        day = months_after(benefit.approved_on, months)
        if day > today:
            continue
        then = realise(benefit, readings, today=day)
        foretold = _foretold(benefit, then, months=months)
        reason = then.reason or ("not_valued" if then.planned_amount is None else None)
        reason = reason or (None if foretold else "nothing_foretold")
        if reason is not None:
            excluded.setdefault(reason, []).append(benefit.id)
            continue
        used.append(benefit.id)
        actual += then.realised_amount or Decimal(0)
        forecast += foretold
    return Accuracy(
        months=months,
        actual=actual,
        forecast=forecast,
        used=tuple(used),
        excluded={reason: tuple(ids) for reason, ids in sorted(excluded.items())},
    )


def _foretold(benefit: Benefit, then: Realisation, *, months: int) -> Decimal:
    said: Mapping[int, int] = benefit.forecast
    return then.portion * said[months] if months in said else then.expected_amount or Decimal(0)
