"""How would such dates have been met before, and how much later do they have to be? Definition 3.4, looking back.

```
month end ──> what was known then ──> a forecast ──> what happened since
                                        85 % by      finished then or before: met
```

The trials know what was written down, and who finishes how much. They do not know what is found out on the way, who is
called away, and how long an epic stays open when its work is done. How much that comes to, the portfolio's own past
says.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from fractions import Fraction

from domain.calendar import Calendar
from domain.journey import Journey
from domain.period import months_back
from domain.promises import FINISHED, WITHDRAWN
from domain.work_item import FlowState
from metrics.calibration import ALARM, LEAST, Told, one_sided
from metrics.forecasts.keeping import ending_of, known_until
from metrics.forecasts.plan import BEGUN, QUEUED
from metrics.forecasts.planning import Planned, name_of, plan_of, read_at
from metrics.forecasts.situation import Situation
from metrics.forecasts.trials import Played, play
from metrics.forecasts.when import percentile_days
from metrics.journeys import as_it_stood

DEFINITION_VERSION = 1
MONTHS = 12
LEAST_MONTHS = 3
ITEMS = 120_000  # over all month ends: a large portfolio has dates enough at fewer of them
TRIALS = 1_000  # of each month end: a percentile of them is off by a day or two, and lateness by weeks
PROMISED = 85  # the percentile by which dates are judged
PERCENTILES = range(5, 100, 5)  # of each of them lateness is learnt, so that early days stay likely where they were
LEAST_EPICS = 10  # epics with a date that has come, from which it may be learnt


@dataclass(frozen=True, kw_only=True)
class LookedBack:
    """How dates of one group of epics would have been met: those in progress (`begun`), or the queue (`queued`).

    `told` is everything that would have been told. Of the 85 % dates among them `met` and `missed` have come, each an
    epic's name and the day on which it would have been told; the others are left out, by reason. `p_value`: how likely
    so few would be if the dates were right. `late`: how much later dates have to be by percentile; empty: not at all.
    """

    group: str
    months: int = MONTHS  # at how many month ends
    told: tuple[Told, ...] = ()
    met: tuple[tuple[str, date], ...] = ()
    missed: tuple[tuple[str, date], ...] = ()
    excluded: Mapping[str, tuple[tuple[str, date], ...]] = field(default_factory=dict)
    epics: int = 0  # with a date that has come
    p_value: float | None = None
    verdict: str = "too_few"  # as_promised, optimistic, over_confident
    late: Mapping[int, int | None] = field(default_factory=dict)
    definition_version: int = DEFINITION_VERSION

    @property
    def resolved(self) -> int:
        return len(self.met) + len(self.missed)

    @property
    def share(self) -> Fraction | None:
        return Fraction(len(self.met), self.resolved) if self.resolved else None


def plan_ahead(situation: Situation) -> tuple[Planned, tuple[LookedBack, ...]]:
    """The plan of all open epics (`plan_of`) with what looking back over a year teaches; and what was seen."""
    planned = plan_of(situation)
    found = look_back(situation)
    late = {one.group: one.late for one in found if one.late}
    return replace(planned, plan=replace(planned.plan, late=late)), found


def look_back(situation: Situation) -> tuple[LookedBack, ...]:
    """Forecast the epics that were open at the last month ends (`month_ends`), and hold that against what happened.

    Items are as they stood then; parents, links, ranks and due dates are those of today, since trackers keep no history
    of all of them. A date counts when it has come: an epic finished by then met it, any other missed it. Left out are
    `pending` dates and those of epics given up before (`cancelled`). What an epic tells of itself month after month is
    one witness: each counts once in the p-value, by the share of its dates that were met, all together rounded down.
    """
    journeys, sources, calendar = situation.journeys, situation.sources, situation.calendar
    today = calendar.day(situation.as_of)
    until = read_at(sources, as_of=situation.as_of)
    told: dict[str, list[Told]] = {BEGUN: [], QUEUED: []}
    ends = month_ends(len(journeys))
    for month in months_back(today, ends):
        at = calendar.end_of(month.last_day) - timedelta(microseconds=1)
        then = replace(
            situation,
            journeys=_then(journeys, at=at),
            as_of=at,
            sources=[
                replace(one, complete_at=None if one.complete_at is None else min(one.complete_at, at))
                for one in sources
            ],
        )
        planned = plan_of(then, trials=TRIALS)
        _tell(planned, told)
    epics = {name_of(one.id): one for one in journeys if one.placement.level == "epic"}
    return tuple(
        judged(
            group,
            [
                _fated(
                    one,
                    epics[one.id],
                    calendar=calendar,
                    read=until.get(epics[one.id].id.source, situation.as_of if not sources else None),
                )
                for one in found
            ],
            today=today,
            months=ends,
        )
        for group, found in told.items()
    )


def month_ends(items: int) -> int:
    """At how many month ends a portfolio of so many items is looked at: twelve up to 10,000, three from 40,000 on."""
    return max(LEAST_MONTHS, min(MONTHS, ITEMS // max(items, 1)))


def judged(group: str, told: Sequence[Told], *, today: date, months: int = MONTHS) -> LookedBack:
    """How the 85 % dates of a group were met; and where that is too seldom, how much later all dates have to be.

    20 epics with a date each, 14 of them met: 70 %, p = 0.067, optimistic so far, and dates stay where they are. Below
    0.05 they are over-confident: then `lateness` of each percentile is learnt, from ten epics on.
    """
    fates: dict[str, list[tuple[str, date]]] = defaultdict(list)
    shares: dict[str, list[bool]] = defaultdict(list)
    for one in told:
        day = one.dates.get(PROMISED)
        fate = (one.fate(day, today=today) or "pending") if day is not None else "no_date"
        fates[fate].append((one.id, one.as_of))
        if fate in ("met", "missed"):
            shares[one.id].append(fate == "met")
    met, missed = (tuple(sorted(fates.pop(name, ()))) for name in ("met", "missed"))
    kept = int(sum((Fraction(sum(each), len(each)) for each in shares.values()), Fraction(0)))
    value = one_sided(kept, len(shares), PROMISED) if shares else None
    verdict = _verdict(len(met), len(met) + len(missed), len(shares), value)
    is_learnt = verdict == "over_confident" and len(shares) >= LEAST_EPICS
    return LookedBack(
        group=group,
        months=months,
        told=tuple(told),
        met=met,
        missed=missed,
        excluded={reason: tuple(sorted(each)) for reason, each in sorted(fates.items())},
        epics=len(shares),
        p_value=value,
        verdict=verdict,
        late={p: lateness(told, percentile=p, today=today) for p in PERCENTILES} if is_learnt else {},
    )


def lateness(told: Iterable[Told], *, percentile: int, today: date) -> int | None:
    """By how many days the dates of a percentile were too early; never less than 0, and None where it is not known.

    An epic that is not finished was at least as late as it is by now, and one that was given up as it was then, so that
    the slow ones are not left out (Kaplan and Meier). The lateness is the smallest that so many were within: with n
    epics not p but p · (n + 1) / n of 100, since the date to come is one more. Twelve epics, told 85 % dates of which
    ten were met to the day and two came 20 and 30 days late: 85 · 13 / 12 is 92 %, so that the dates have to be 30 days
    later. Definition 3.4, looking back, version 1.
    """
    seen: list[tuple[int, bool]] = []  # days late, and whether it ended so
    epics = set()
    for one in told:
        if (day := one.dates.get(percentile)) is None:
            continue
        epics.add(one.id)
        over = min(today, one.known_until or today)  # the first day of which not all is known
        if one.finished_on is not None and one.finished_on < over:
            seen.append(((one.finished_on - day).days, True))
        elif one.withdrawn_on is not None and one.withdrawn_on < over:
            seen.append(((one.withdrawn_on - day).days, False))
        else:
            seen.append(((over - timedelta(days=1) - day).days, False))
    if not epics:
        return None
    wanted = Fraction(percentile * (len(epics) + 1), 100 * len(epics))
    open_still, left = Fraction(1), len(seen)
    for days, is_over in sorted(seen, key=lambda one: (one[0], not one[1])):
        if is_over:
            open_still *= Fraction(left - 1, left)
            if 1 - open_still >= wanted:
                return max(days, 0)
        left -= 1
    return None


def _then(journeys: Iterable[Journey], *, at: datetime) -> list[Journey]:
    """All items as they stood at an instant. What nobody had begun below what was done had been left behind."""
    stood = [then for one in journeys if (then := as_it_stood(one, at=at)) is not None]
    done = {one.id for one in stood if one.flow_state is FlowState.DONE}
    return [
        replace(one, excluded_reason="left_behind")
        if one.parent_id in done and one.is_open and one.started_at is None and one.excluded_reason is None
        else one
        for one in stood
    ]


def _tell(planned: Planned, told: Mapping[str, list[Told]]) -> None:
    """Enter what would have been told of each epic that had a date."""
    plan = planned.plan
    played = play(plan)
    for epic in plan.epics:
        one = played[epic.id]
        if isinstance(one, Played) and (epic.remaining or epic.unsplit or epic.after):
            days = percentile_days(one.done, levels=PERCENTILES)
            dates = {p: plan.as_of + timedelta(days=day) for p, day in days.items()}
            told[epic.group].append(Told(id=epic.id, as_of=plan.as_of, dates=dates))


def _fated(one: Told, epic: Journey, *, calendar: Calendar, read: datetime | None) -> Told:
    """What was told, with what became of it."""
    ending = ending_of(epic, calendar=calendar)
    return replace(
        one,
        finished_on=ending.day if ending is not None and ending.how == FINISHED else None,
        withdrawn_on=ending.day if ending is not None and ending.how == WITHDRAWN else None,
        known_until=known_until(epic, read_at=read, calendar=calendar),
    )


def _verdict(hits: int, resolved: int, epics: int, value: float | None) -> str:
    if value is None or epics < LEAST:
        return "too_few"
    if hits * 100 >= PROMISED * resolved:
        return "as_promised"
    return "over_confident" if value < ALARM else "optimistic"
