"""Was it approved before it began? Significant initiatives, guardrail 3 of definition 3.7, found from their events."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation

from domain.calendar import Calendar
from domain.change import Change
from domain.journey import Journey, Visit
from domain.set_aside import ALL_READ, Unread
from domain.strategy import Decision, Guardrails
from domain.work_item import FlowState, HistoryState, ItemId
from metrics.journeys import IN_PROGRESS
from metrics.selection import Excluded, calendar_of, count, known

DEFINITION_VERSION = 1
COST, SIZE = "cost_estimate", "job_size"
UNREAD = "decision_unread"


@dataclass(frozen=True, kw_only=True)
class Event:
    """What an item's history says: `field` went from one value to another. `known_at` None: not told when learned."""

    field: str
    before: str | None
    after: str | None
    occurred_at: datetime
    known_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class Approval:
    """What says that an initiative may begin. `kind`: status or decision; `by` and `words` are those of a decision.

    `at` is from when on it holds. `recorded_late`: its date is before the beginning, but it was written down after it.
    """

    kind: str
    name: str  # the status, or the decision's id
    at: datetime
    event: Event | None = None
    by: str | None = None
    words: str | None = None
    recorded_late: bool = False


@dataclass(frozen=True, kw_only=True)
class Initiative:
    """An initiative at or over the threshold, or one that was begun without an estimate.

    `amount` is its cost estimate in minor units, the larger of today's and that of its beginning, `size` its job size;
    None: not estimated. `needed_at` is when the
    approval had to be there, None while it has not begun; `event` proves it. `verdict`: waiting (not begun), approved,
    unapproved, approved_late (after it had begun), no_estimate.
    """

    journey: Journey
    amount: int | None
    size: Decimal | None
    verdict: str
    needed_at: datetime | None = None
    event: Event | None = None
    approval: Approval | None = None
    spend: int | None = None  # on its MVP, and what was approved for it, in minor units
    spend_approved: int | None = None

    @property
    def ended_at(self) -> datetime | None:
        return self.journey.finished_at or self.journey.cancelled_at or self.journey.removed_at

    @property
    def is_approved(self) -> bool:
        """Was it approved in time, or is it without an estimate that could need an approval?"""
        return self.verdict in ("approved", "no_estimate") or (self.verdict == "waiting" and self.approval is not None)

    @property
    def is_breach(self) -> bool:
        """Is it in work without approval, as things stand?"""
        return self.verdict == "unapproved" and self.journey.is_open

    @property
    def overspent(self) -> int | None:
        """By how much its MVP has cost more than was approved; None where it has not, or where either is not known."""
        if self.spend is None or self.spend_approved is None or self.spend <= self.spend_approved:
            return None
        return self.spend - self.spend_approved

    def stood(self, at: datetime) -> bool:
        """Was it in work without approval at an instant?"""
        return (
            self.verdict in ("unapproved", "approved_late")
            and self.needed_at is not None
            and self.needed_at < at
            and not (self.approval is not None and self.approval.at < at)
            and not (self.ended_at is not None and self.ended_at < at)
        )

    def was_begun(self, at: datetime) -> bool:
        """Had it begun, and not ended, at an instant?"""
        return (
            self.needed_at is not None
            and self.needed_at < at
            and not (self.ended_at is not None and self.ended_at < at)
        )


@dataclass(frozen=True, kw_only=True)
class Split:
    """Initiatives just under the threshold, of one parent, begun or created within days of each other."""

    parent: ItemId
    journeys: tuple[Journey, ...]
    amount: int  # of all of them, in minor units
    seen_at: datetime  # when the second of them was there


@dataclass(frozen=True, kw_only=True)
class Begun:
    """The initiatives in work at an instant: those that can be judged, the unapproved ones of them, and the others."""

    judged: tuple[Initiative, ...]
    unapproved: tuple[Initiative, ...]
    excluded: Excluded

    @property
    def known(self) -> int | None:
        """How many were in work without approval; None where none can be judged, and some may have been."""
        return known(len(self.unapproved), used=self.n_used, lost=count(self.excluded))

    @property
    def n_used(self) -> int:
        return len(self.judged)

    @property
    def n_in_scope(self) -> int:
        return self.n_used + count(self.excluded)


@dataclass(frozen=True, kw_only=True)
class Initiatives:
    """The initiatives that the guardrail looks at, of `n_items` epics in all.

    `untold` are those, by reason, of which nobody can say whether or when they began, or whether a line that is set
    aside approves them.
    """

    significant: tuple[Initiative, ...]
    splits: tuple[Split, ...]
    untold: Mapping[str, tuple[Journey, ...]] = field(default_factory=dict)
    n_items: int = 0
    definition_version: int = DEFINITION_VERSION

    @property
    def excluded(self) -> Excluded:
        return {reason: tuple(one.key for one in some) for reason, some in self.untold.items()}

    def at(self, instant: datetime) -> Begun:
        """Those that were in work at an instant, as they stood then."""
        begun = (one for one in self.significant if one.was_begun(instant) and one.verdict != "no_estimate")
        return Begun(
            judged=tuple(begun),
            unapproved=tuple(one for one in self.significant if one.stood(instant)),
            excluded=self._left_out(instant),
        )

    def _left_out(self, at: datetime) -> Excluded:
        """What can be judged by nothing, and was there at an instant: begun without an estimate, or untold."""
        bare = [one.journey for one in self.unestimated if one.was_begun(at)]
        there = {reason: [one for one in some if _was_there(one, at)] for reason, some in self.untold.items()}
        every = {**there, "no_estimate": bare}
        return {reason: tuple(one.key for one in some) for reason, some in sorted(every.items()) if some}

    @property
    def n_used(self) -> int:
        return len(self.significant)

    @property
    def n_in_scope(self) -> int:
        return self.n_used + count(self.excluded)

    @property
    def breaches(self) -> tuple[Initiative, ...]:
        """In work without approval, the largest first."""
        return tuple(one for one in self.significant if one.is_breach)

    @property
    def unestimated(self) -> tuple[Initiative, ...]:
        return tuple(one for one in self.significant if one.verdict == "no_estimate")

    @property
    def overspent(self) -> tuple[Initiative, ...]:
        return tuple(one for one in self.significant if one.overspent is not None)


def initiatives(
    journeys: Iterable[Journey],
    *,
    changes: Mapping[ItemId, Sequence[Change]],
    decisions: Sequence[Decision],
    guardrails: Guardrails,
    calendar: Calendar,
    as_of: datetime,
    unread: Unread = ALL_READ,
) -> Initiatives:
    """The epics at or over the threshold, each with its approval, or with the event that proves there was none.

    An epic is significant by its cost estimate or its job size. It needs an approval when it enters a status of the
    portfolio state `implementing`; where its estimate grew to the threshold later, when it did. An approval is an entry
    into an approving status, or a decision of the log for that epic (which does not say that it approves nothing),
    dated on or before that. Without one it is `unapproved`; where one came later, `approved_late`. An epic in work
    without an estimate of what a threshold speaks of is `no_estimate`; it is judged from its entry on once it has one.
    Back-dated entries count by their date, and say that they were recorded later. Histories that do not tell when the
    epic began are left out; so are epics without an approval of which a line of the log may speak that is set aside
    (`decision_unread`), and open ones that may have begun for all that their status tells (`unmapped`): nobody mapped
    it, or, without a portfolio kanban, it is one of progress and no epic ever had one of those that ask for approval.
    Approved on 3 March and begun on 5 March: approved. Begun on 2 March: a breach, proved by that change of status;
    approved late from 3 March on. Definition 3.7, guardrail 3, version 1.
    """
    found: list[Initiative] = []
    left_out: dict[str, list[Journey]] = defaultdict(list)
    kept = [one for one in journeys if one.flow_state is not FlowState.IGNORE]
    if guardrails.approval_threshold is None and guardrails.approval_size is None:
        return Initiatives(significant=(), splits=(), n_items=len(kept))
    log, placed = _log(decisions), _placed(kept, guardrails, as_of)
    for journey in kept:
        case = _Case(
            journey,
            changes.get(journey.id, ()),
            decisions=log.get(journey.key.casefold(), ()),
            guardrails=guardrails,
            calendar=calendar_of(journey, calendar),
            as_of=as_of,
            is_placed=placed(journey),
        )
        told = case.told()
        if isinstance(told, Initiative) and not told.is_approved and unread.of(journey.key) is not None:
            told = UNREAD
        if isinstance(told, str):
            left_out[told].append(journey)
        elif told is not None:
            found.append(told)
    found.sort(key=lambda one: (-(one.amount or 0), -(one.size or 0), one.journey.key))
    return Initiatives(
        significant=tuple(found),
        splits=tuple(_splits(kept, guardrails=guardrails)),
        untold={reason: tuple(some) for reason, some in sorted(left_out.items())},
        n_items=len(kept),
    )


def _placed(journeys: Sequence[Journey], guardrails: Guardrails, as_of: datetime) -> Callable[[Journey], bool]:
    """Does the status of an epic tell whether it has begun? Of one that has ended nobody asks."""
    begun = {one.casefold() for one in guardrails.implementing_states}
    known = {*guardrails.kanban, *begun, *(one.casefold() for one in guardrails.approving_states)}
    is_seen = any(visit.status.casefold() in begun for one in journeys for visit in one.visits)

    def is_placed(journey: Journey) -> bool:
        if journey.status.casefold() in known or not _was_there(journey, as_of):
            return True
        if journey.flow_state in IN_PROGRESS:
            return is_seen and not guardrails.kanban
        return journey.flow_state is not FlowState.UNKNOWN

    return is_placed


class _Case:
    """One epic before the guardrail."""

    def __init__(
        self,
        journey: Journey,
        changes: Sequence[Change],
        *,
        decisions: Sequence[Decision],
        guardrails: Guardrails,
        calendar: Calendar,
        as_of: datetime,
        is_placed: bool,
    ) -> None:
        self._is_placed = is_placed
        self._journey = journey
        self._moves = [one for one in changes if one.field == "status" and one.occurred_at <= as_of]
        self._decisions = decisions
        self._agreed = guardrails
        self._calendar = calendar
        self._as_of = as_of
        self._estimates = {name: [one for one in changes if one.field == name] for name in (COST, SIZE)}
        self._statuses = {one.casefold() for one in guardrails.implementing_states}
        self._approving = {one.casefold() for one in guardrails.approving_states}

    def told(self) -> Initiative | str | None:
        """The initiative; why it cannot be judged; None where it is not significant."""
        amount, size = self._amount(self._as_of), self._value(SIZE, self._as_of)
        stays = self._stays()
        due = [one for one in (self._due(visit) for visit in stays) if one is not None]
        if not due:
            if stays and self._is_in_work(stays) and self._is_untold(amount, size):
                event = self._entry(stays[-1])
                return self._initiative("no_estimate", needed_at=stays[-1].entered_at, event=event)
            return None if stays else self._unbegun(amount, size)
        needed_at, event = min(due, key=lambda one: one[0])
        is_seen = self._journey.history is not HistoryState.NONE  # else it had begun before anybody saw it
        approval = self._approval(by=needed_at if is_seen else self._journey.created_at)
        if approval is not None:
            return self._initiative("approved", needed_at=needed_at, event=event, approval=approval)
        if self._journey.history is not HistoryState.COMPLETE:
            return "history_gap" if is_seen else "no_history"
        late = self._approval(by=self._as_of)
        verdict = "unapproved" if late is None else "approved_late"
        return self._initiative(verdict, needed_at=needed_at, event=event, approval=late)

    def _unbegun(self, amount: int | None, size: Decimal | None) -> Initiative | str | None:
        """What was never seen in the state that asks for approval: it waits, or its status does not tell."""
        is_significant = self._is_significant(amount, size)
        if not self._is_placed and (is_significant or self._is_untold(amount, size)):
            return "unmapped"
        if not is_significant or not self._journey.is_open:
            return None
        return self._initiative("waiting", approval=self._approval(by=self._as_of))

    def _initiative(
        self,
        verdict: str,
        *,
        needed_at: datetime | None = None,
        event: Event | None = None,
        approval: Approval | None = None,
    ) -> Initiative:
        then = self._as_of if needed_at is None else needed_at
        amounts = [one for one in (self._amount(then), self._amount(self._as_of)) if one is not None]
        return Initiative(
            journey=self._journey,
            amount=max(amounts, default=None),
            size=self._value(SIZE, self._as_of),
            verdict=verdict,
            needed_at=needed_at,
            event=event,
            approval=approval,
            spend=self._agreed.minor(self._journey.values.get("mvp_spend")),
            spend_approved=self._agreed.minor(self._journey.values.get("mvp_cost")),
        )

    # --- when an approval had to be there

    def _stays(self) -> list[Visit]:
        """The entries into the state that must not be entered without: moves inside it are none."""
        found: list[Visit] = []
        inside = False
        for visit in self._journey.visits:
            is_in = visit.status.casefold() in self._statuses
            if is_in and not inside:
                found.append(visit)
            elif is_in:
                found[-1] = _prolonged(found[-1], visit)
            inside = is_in
        return found

    def _due(self, stay: Visit) -> tuple[datetime, Event | None] | None:
        """When in a stay an approval had to be there first, and what proves it; None: at no time."""
        at_entry = self._amount(stay.entered_at), self._value(SIZE, stay.entered_at)
        if self._is_significant(*at_entry):
            return stay.entered_at, self._entry(stay)
        for name, changes in self._estimates.items():
            for one in changes:
                if stay.entered_at < one.occurred_at <= min(stay.left_at or self._as_of, self._as_of):
                    grown = self._amount(one.occurred_at), self._value(SIZE, one.occurred_at)
                    if self._is_significant(*grown):
                        was_untold = at_entry[0 if name == COST else 1] is None
                        return (stay.entered_at, self._entry(stay)) if was_untold else (one.occurred_at, _event(one))
        return None

    def _entry(self, stay: Visit) -> Event | None:
        """The change of status that led in; an epic that was created there has no status before."""
        for one in reversed(self._moves):
            if one.occurred_at == stay.entered_at and (one.to_value or "").casefold() == stay.status.casefold():
                return _event(one)
        before = [one for one in self._journey.visits if one.left_at == stay.entered_at]
        return Event(
            field="status",
            before=before[-1].status if before else None,
            after=stay.status,
            occurred_at=stay.entered_at,
        )

    def _is_in_work(self, stays: Sequence[Visit]) -> bool:
        return self._journey.is_open and stays[-1].left_at is None

    def _is_significant(self, amount: int | None, size: Decimal | None) -> bool:
        threshold, large = self._agreed.approval_threshold, self._agreed.approval_size
        costs = threshold is not None and amount is not None and amount >= threshold
        return costs or (large is not None and size is not None and size >= large)

    def _is_untold(self, amount: int | None, size: Decimal | None) -> bool:
        """Is there nothing that could be held against a threshold that is agreed?"""
        return (self._agreed.approval_threshold is None or amount is None) and (
            self._agreed.approval_size is None or size is None
        )

    # --- what it was estimated at

    def _amount(self, at: datetime) -> int | None:
        return self._agreed.minor(self._value(COST, at))

    def _value(self, name: str, at: datetime) -> Decimal | None:
        """What the item said at an instant: today's value, unless a later change tells what was there before."""
        for one in self._estimates[name]:
            if one.occurred_at > at:
                return _number(one.from_value)
        return self._journey.values.get(name)

    # --- who approved it

    def _approval(self, *, by: datetime) -> Approval | None:
        """The first approval dated on or before an instant; a decision's day counts from its beginning."""
        found = [one for one in (*self._by_status(), *self._by_decision()) if one.at <= by]
        return min(found, key=lambda one: (one.at, one.kind, one.name), default=None)

    def _by_status(self) -> Iterable[Approval]:
        began = min((one.entered_at for one in self._stays()), default=None)
        begun = None if began is None else self._entry(self._stays()[0])
        for visit in self._journey.visits:
            if visit.status.casefold() in self._approving and visit.entered_at <= self._as_of:
                event = self._entry(visit)
                learned = event.known_at if event is not None else None
                known = begun.known_at if begun is not None else None
                late = began is not None and visit.entered_at <= began and bool(learned and known and learned > known)
                yield Approval(kind="status", name=visit.status, at=visit.entered_at, event=event, recorded_late=late)

    def _by_decision(self) -> Iterable[Approval]:
        began = min((one.entered_at for one in self._stays()), default=None)
        for one in self._decisions:
            at = self._calendar.start_of(one.asked_on)
            if one.waited_until is not None:  # its date is that of the question
                at = max(at, one.waited_until)
            missing_at = one.seen.missing_at if one.seen is not None else None
            late = began is not None and missing_at is not None and at <= began < missing_at
            if at <= self._as_of:
                yield Approval(
                    kind="decision", name=one.id, at=at, by=one.owner, words=one.decision, recorded_late=late
                )


def _log(decisions: Iterable[Decision]) -> dict[str, list[Decision]]:
    """The decisions that were taken about an item and do not say that they approve nothing, by its key."""
    found: dict[str, list[Decision]] = defaultdict(list)
    for one in decisions:
        if one.item is not None and one.decision is not None and one.approves is not False:
            found[one.item.casefold()].append(one)
    return found


def _splits(journeys: Iterable[Journey], *, guardrails: Guardrails) -> Iterable[Split]:
    """Two or more just under the threshold, of one parent, created or begun within days of each other."""
    threshold = guardrails.approval_threshold
    if threshold is None:
        return
    least = threshold * (1 - guardrails.near_share)
    families: dict[ItemId, list[tuple[Journey, int]]] = defaultdict(list)
    for one in journeys:
        amount = guardrails.minor(one.values.get(COST))
        if amount is None or one.parent_id is None or one.removed_at is not None or one.cancelled_at is not None:
            continue
        if least <= amount < threshold:
            families[one.parent_id].append((one, amount))
    apart = timedelta(days=guardrails.split_within_days)
    for parent, family in sorted(families.items()):
        near = [
            (one, amount)
            for one, amount in family
            if any(other is not one and _are_close(one, other, apart) for other, _ in family)
        ]
        if any(one.is_open for one, _ in near):
            yield Split(
                parent=parent,
                journeys=tuple(sorted((one for one, _ in near), key=lambda one: one.key)),
                amount=sum(amount for _, amount in near),
                seen_at=sorted(one.created_at for one, _ in near)[1],
            )


def _was_there(journey: Journey, at: datetime) -> bool:
    ended_at = journey.finished_at or journey.cancelled_at or journey.removed_at
    return journey.created_at < at and not (ended_at is not None and ended_at < at)


def _are_close(one: Journey, other: Journey, apart: timedelta) -> bool:
    if abs(one.created_at - other.created_at) <= apart:
        return True
    begun, also = one.first_started_at, other.first_started_at
    return begun is not None and also is not None and abs(begun - also) <= apart


def _prolonged(first: Visit, last: Visit) -> Visit:
    return Visit(
        status=first.status,
        status_id=first.status_id,
        flow_state=first.flow_state,
        entered_at=first.entered_at,
        left_at=last.left_at,
    )


def _event(change: Change) -> Event:
    return Event(
        field=change.field,
        before=change.from_value,
        after=change.to_value,
        occurred_at=change.occurred_at,
        known_at=change.known_at,
    )


def _number(text: str | None) -> Decimal | None:
    try:
        return None if text is None else Decimal(text)
    except InvalidOperation:
        return None
