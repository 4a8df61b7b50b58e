"""What the review looks back and ahead on: decisions with their outcomes, shifts of capacity, the days to come."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal

from domain.board import Policy
from domain.journey import Journey
from domain.strategy import Decision
from metrics.forecasts.planning import name_of
from metrics.ledger import Hypothesis
from metrics.scenario import Scenario, play_shift, wanted_shifts
from reports.hazards import dangers
from reports.ledger import ledger
from reports.reckoning import Reckoning, ThemeScore, children_of

SOON = timedelta(days=21)  # an increment that ends sooner is that of this review: the next one is a whole one later


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What became of a decision: of the item it is about, since the day on which it was asked for.

    `kind`: finished, dropped, begun, moved (into another status), below (it stands as it did, what is below it does
    not: so many items `ended` since, and others have `begun`), still (nothing moved), over (its item had ended before),
    no_item (it names none), not_held (we do not hold what it names). `day` is when that happened. `verdict` is that on
    the item's hypothesis.
    """

    decision: Decision
    kind: str
    item: Journey | None = None
    day: date | None = None
    verdict: str | None = None
    ended: int = 0
    begun: int = 0


@dataclass(frozen=True, kw_only=True)
class Coming:
    """Something that falls due before the next review: verdict, benefit, decision, risk, dependency, increment."""

    day: date
    kind: str
    name: str
    owner: str | None = None
    item: Journey | None = None


def outcomes(numbers: Reckoning) -> tuple[Outcome, ...]:
    """Every decision that was taken, the newest first, with what became of its item."""
    verdicts = {
        one.benefit.item.casefold(): one.verdict
        for one in ledger(numbers).hypotheses
        if one.benefit.item is not None and one.is_settled
    }
    by_key = {one.key.casefold(): one for one in numbers.book.journeys}
    taken = [one for one in numbers.book.decisions if one.decision is not None and one.asked_on <= numbers.today]
    found = []
    for one in sorted(taken, key=lambda each: (-each.asked_on.toordinal(), each.id)):
        if one.item is None:
            found.append(Outcome(decision=one, kind="no_item"))
            continue
        item = by_key.get(one.item.casefold())
        if item is None:
            found.append(Outcome(decision=one, kind="not_held"))
            continue
        kind, day = _since(numbers, item, one.asked_on)
        told = Outcome(decision=one, kind=kind, item=item, day=day, verdict=verdicts.get(one.item.casefold()))
        found.append(_with_below(numbers, told, item) if kind == "still" else told)
    return tuple(found)


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """An epic that may enter the portfolio: its business case as far as anybody wrote it.

    `state` is where it stands on the board, `days` for how long. `estimate` is in minor units. `score` is its WSJF,
    `rate` what a week of delay costs. `dates` are its likely ones in the order of today. `lacks` are the exit policies
    of its state that it does not meet. `is_bet_asked`: others have a hypothesis, or its state asks for one, so
    that it lacks one without; where nobody declares any, its case is no less complete for that.
    """

    epic: Journey
    state: str
    days: int | None
    bet: Hypothesis | None
    estimate: int | None
    score: Decimal | None
    rate: int | None
    dates: Mapping[int, date]
    lacks: tuple[Policy, ...]
    is_bet_asked: bool = True

    @property
    def case_lacks(self) -> tuple[str, ...]:
        """What its case lacks, whatever its state asks for, by the names of the checks."""
        asked = [("hypothesis", self.bet)] if self.is_bet_asked else []
        return tuple(name for name, told in (*asked, ("estimate", self.estimate)) if told is None)

    @property
    def state_lacks(self) -> tuple[Policy, ...]:
        """What its state asks for beside that."""
        return tuple(policy for policy in self.lacks if policy.check not in self.case_lacks)

    @property
    def all_lacks(self) -> tuple[str, ...]:
        """Both, by the names of the checks, each once."""
        return tuple(dict.fromkeys([*self.case_lacks, *(policy.check for policy in self.state_lacks)]))


def candidates(numbers: Reckoning) -> tuple[Candidate, ...]:
    """The epics in the last two states before work begins, those closest to it first, then by WSJF.

    None where no board is set up, or it does not say where work begins.
    """
    board, ahead = numbers.board, numbers.book.outlook
    if board is None or board.kanban.board.commits is None:
        return ()
    entering = board.kanban.board.early[1:][-2:]
    bets = {one.epic.id: one for one in ledger(numbers).hypotheses if one.epic is not None}
    rates = {one.journey.id: one.delay.per_week for one in board.delays.epics}
    agreed = numbers.book.portfolio.guardrails
    found = []
    for one in board.kanban.standing:
        if one.state not in entering:
            continue
        epic = numbers.items[one.journey.id]
        told = ahead.forecasts.of(name_of(epic.id)) if ahead is not None else None
        checked = next((each for each in board.policies.epics if each.standing.journey.id == epic.id), None)
        lacks = () if checked is None else tuple(gap.policy for gap in checked.gaps)
        found.append(
            Candidate(
                epic=epic,
                state=one.state,
                days=one.days,
                bet=bets.get(epic.id),
                estimate=agreed.minor(epic.values.get("cost_estimate")),
                score=board.scores.get(epic.id),
                rate=rates.get(epic.id),
                dates={} if told is None else told.dates,
                lacks=lacks,
                is_bet_asked=bool(bets) or any(policy.check == "hypothesis" for policy in lacks),
            )
        )
    return tuple(
        sorted(
            found,
            key=lambda one: (-entering.index(one.state), one.score is None, -(one.score or Decimal(0)), one.epic.key),
        )
    )


def off_plan(numbers: Reckoning) -> tuple[ThemeScore, ...]:
    """The themes that are off track or at risk, the furthest behind first."""
    found = [one for one in numbers.themes if one.objective.status in ("off_track", "missed", "at_risk")]
    return tuple(sorted(found, key=lambda one: (-(one.behind or 0), one.theme.id)))


def shifts(numbers: Reckoning) -> tuple[Scenario, ...]:
    """The shifts of the settings, or one towards the intended shares, played through once for every page.

    None without a forecast, and none where no theme is over its intended share.
    """
    return numbers.book.once("shifts", lambda: _played(numbers))


def next_review(numbers: Reckoning) -> date:
    """The last day of the running increment, or of the quarter; of the one after it where that is within three weeks.

    Three weeks, since a review so close to the end of an increment is the one of that end.
    """
    calendar, today = numbers.book.calendar, numbers.today
    running = calendar.increment_of(today)
    if running.period.last_day - today < SOON:
        running = calendar.increment_of(running.period.end)
    return running.period.last_day


def coming(numbers: Reckoning) -> tuple[Coming, ...]:
    """What falls due until the next review, the next first; what is overdue stands in its own pack."""
    until, today = next_review(numbers), numbers.today
    found = [
        Coming(
            day=one.due, kind="decision", name=one.question, owner=one.owner, item=numbers.by_key.get(one.item or "")
        )
        for one in numbers.waiting
        if one.due is not None
    ]
    for bet in ledger(numbers).hypotheses:
        owner = bet.epic.owner if bet.epic is not None else None
        if bet.next_due is not None:
            found.append(Coming(day=bet.next_due, kind="verdict", name=bet.benefit.name, owner=owner, item=bet.epic))
    for theme in numbers.themes:
        for result in theme.theme.key_results:
            found.append(Coming(day=result.due, kind="key_result", name=result.name, owner=theme.theme.sponsor))
    for risk in dangers(numbers).risks:
        if risk.due_on is not None:
            item = numbers.items.get(risk.id) if risk.id is not None else None
            name = item.title if item is not None else risk.key
            found.append(Coming(day=risk.due_on, kind="risk", name=name, owner=risk.owner, item=item))
    for epic in numbers.open_epics:
        if epic.due_on is not None:
            found.append(Coming(day=epic.due_on, kind="epic", name=epic.title, owner=epic.owner, item=epic))
    increment = numbers.book.calendar.increment_of(today)
    found.append(Coming(day=increment.period.last_day, kind="increment", name=increment.name))
    return tuple(
        sorted((one for one in found if today <= one.day <= until), key=lambda one: (one.day, one.kind, one.name))
    )


def _played(numbers: Reckoning) -> tuple[Scenario, ...]:
    book, ahead = numbers.book, numbers.book.outlook
    if ahead is None:
        return ()
    wanted = wanted_shifts(book.portfolio, numbers.shares, today=numbers.today)
    return tuple(play_shift(ahead.planned, ahead.forecasts, one, calendar=book.calendar) for one in wanted)


def _with_below(numbers: Reckoning, told: Outcome, item: Journey) -> Outcome:
    """Where an item stands as it did: how much of what is below it, at any depth, has ended or begun since."""
    day_of, since = numbers.book.calendar.day, told.decision.asked_on
    seen, below, left = {item.id}, list[Journey](), [item]
    while left:
        children = [one for one in children_of(numbers.book, left.pop().id) if one.id not in seen]
        seen |= {one.id for one in children}
        below += children
        left += children
    ended = [one for one in below if (at := one.finished_at or one.cancelled_at) is not None and day_of(at) >= since]
    begun = [
        one for one in below if one not in ended and one.started_at is not None and day_of(one.started_at) >= since
    ]
    if not ended and not begun:
        return told
    return replace(told, kind="below", ended=len(ended), begun=len(begun))


def _since(numbers: Reckoning, item: Journey, day: date) -> tuple[str, date | None]:
    """What happened to an item since a day, the most final first."""
    local = numbers.book.calendar.day
    ends = (("finished", item.finished_at), ("dropped", item.cancelled_at or item.removed_at))
    for kind, at in (*ends, ("begun", item.started_at)):
        if at is not None and local(at) >= day:
            return kind, local(at)
    moved = [local(one.entered_at) for one in item.visits if local(one.entered_at) > day]
    if moved and item.is_open:
        return "moved", moved[-1]
    if not item.is_open:
        return "over", None
    return "still", None
