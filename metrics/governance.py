"""Do items keep the rules of governance? Judged from their history, with the event that proves it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal, InvalidOperation

from domain.calendar import Calendar
from domain.governance import OWN, VALUES, Exemption, Governed, Rule, Subject
from domain.journey import Journey, Visit
from domain.set_aside import ALL_READ, Unread
from domain.strategy import Decision
from domain.work_item import HistoryState
from metrics.guardrails import Event
from metrics.selection import Excluded, calendar_of

DEFINITION_VERSION = 2
LOOKED_BACK = timedelta(days=365)  # finished work is judged for so long
COST = "cost_estimate"
VERDICTS = ("broken", "excepted", "unknown", "kept", "waiting")  # the order in which they are told


@dataclass(frozen=True, kw_only=True)
class Lack:
    """What an item does not show. `kind`: field, approval, late_approval, same_owner, ceiling.

    `name` is the field, or the decision's id. `event` proves it; `mended_at`: it was filled since.
    """

    kind: str
    name: str = ""
    event: Event | None = None
    mended_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class Ruling:
    """What a rule says of one item. `verdict`: broken, excepted, unknown, kept, or waiting (not yet at its state).

    `proof` is the entry into the rule's state, or what fills the field; `record` the decision that approved it.
    `unknown` says why it cannot be judged. `exemption` is the one that counts, or the last one where all have expired.
    """

    rule: Rule
    journey: Journey
    verdict: str
    lacks: tuple[Lack, ...] = ()
    unknown: tuple[str, ...] = ()
    proof: Event | None = None
    record: str | None = None
    exemption: Exemption | None = None

    @property
    def has_expired(self) -> bool:
        """Is it broken although somebody once made an exception?"""
        return self.verdict == "broken" and self.exemption is not None


@dataclass(frozen=True, kw_only=True)
class RuleResult:
    """One rule with all of its rulings. `idle` are exceptions for items that the rule does not look at.

    `passed_by` are the items of its matcher and level that it does not look at, by why: finished_before, given_up,
    removed, below_threshold.
    """

    rule: Rule
    rulings: tuple[Ruling, ...]
    idle: tuple[Exemption, ...] = ()
    passed_by: Excluded = field(default_factory=dict)
    definition_version: int = DEFINITION_VERSION

    def having(self, verdict: str) -> tuple[Ruling, ...]:
        return tuple(one for one in self.rulings if one.verdict == verdict)

    @property
    def broken(self) -> tuple[Ruling, ...]:
        return self.having("broken")

    @property
    def value(self) -> int | None:
        """How many items break it; None where it is about some, and none of them can be judged."""
        return len(self.broken) if self.n_used or not self.n_in_scope else None

    @property
    def n_in_scope(self) -> int:
        """Items that the rule holds for today, those that have not reached its state left out."""
        return sum(one.verdict != "waiting" for one in self.rulings)

    @property
    def n_used(self) -> int:
        """Those that could be judged."""
        return sum(one.verdict in ("broken", "excepted", "kept") for one in self.rulings)


def results(
    governed: Governed,
    journeys: Iterable[Journey],
    *,
    decisions: Sequence[Decision],
    as_of: datetime,
    calendar: Calendar,
    unread: Unread = ALL_READ,
) -> tuple[RuleResult, ...]:
    """What each rule says of each item at an instant, broken ones first.

    A rule looks at items of its level that its matcher takes and that reach its threshold: open ones, and those that
    finished in the last 365 days; not at removed ones. What was given up in these days counts where it had entered the
    rule's state: giving it up unmakes nothing. Without `before`, what it asks for must be there now.
    With it, it must have been there when the item first entered the state, as the item's changes tell: a field filled
    a day later is late for ever. An approval is an approving status entered by then, or a decision about the item
    taken on that day or earlier, unless the log says that it approves nothing.
    Left out as `unknown`: no history, no estimate to hold against a threshold, a field that no item of the source ever
    showed, an approver or an owner that nobody names, an approval that may stand on a line of the log set aside.
    An epic implementing since 4 May, its field “Security review” filled on 6 May: broken, proved by the move of 4 May.
    """
    held = {one.id: one for one in journeys}
    judges = [(held[id], subject) for id, subject in governed.subjects.items() if id in held]
    found: list[RuleResult] = []
    for rule in governed.rules:
        told: list[Ruling] = []
        passed_by: dict[str, list[str]] = defaultdict(list)
        for journey, subject in judges:
            if rule.id not in subject.rules or not _is_there(journey, rule, as_of=as_of):
                continue
            why = _passed_by(journey, rule, as_of=as_of)
            judge = _Judge(rule, journey, subject, decisions=decisions, as_of=as_of, calendar=calendar, unread=unread)
            ruling = judge.ruling() if why is None else None
            if ruling is not None:
                told.append(ruling)
            else:
                passed_by[why or "below_threshold"].append(journey.key)
        told.sort(key=lambda one: (VERDICTS.index(one.verdict), one.journey.created_at, one.journey.key))
        named = {name for one in told for name in _names(governed.subjects[one.journey.id])}
        idle = tuple(one for one in rule.exemptions if one.item.casefold() not in named)
        unseen = {why: tuple(sorted(keys)) for why, keys in passed_by.items()}
        found.append(RuleResult(rule=rule, rulings=tuple(told), idle=idle, passed_by=unseen))
    return tuple(found)


def asked_fields(rule: Rule) -> tuple[str, ...]:
    """The tracker's own fields that a rule asks for."""
    return tuple(name for name in rule.requires if name not in OWN and name not in VALUES)


class _Judge:
    """One rule and one item at an instant."""

    def __init__(
        self,
        rule: Rule,
        journey: Journey,
        subject: Subject,
        *,
        decisions: Sequence[Decision],
        as_of: datetime,
        calendar: Calendar,
        unread: Unread,
    ) -> None:
        self.rule, self.journey, self.subject = rule, journey, subject
        self.as_of, self.calendar = as_of, calendar_of(journey, calendar)
        self.day = self.calendar.day(as_of)
        names = _names(subject)
        self.is_read = unread.of(*names) is None
        self.decisions = [
            one
            for one in decisions
            if one.decision is not None
            and one.item is not None
            and one.item.casefold() in names
            and self._taken_on(one) <= self.day
        ]

    def _taken_on(self, decision: Decision) -> date:
        """The day of a decision: that of its question cannot be it while we saw it wait."""
        waited = decision.waited_until
        return decision.asked_on if waited is None else max(decision.asked_on, self.calendar.day(waited))

    def ruling(self) -> Ruling | None:
        """None: its cost is below the threshold, so that the rule is not about it."""
        rule = self.rule
        entry = self._entry()
        cost = self._cost(entry)
        if rule.threshold is not None and cost is not None and cost < rule.threshold:
            return None
        unknown: list[str] = []
        if rule.before is not None and entry is None:
            if self.journey.history is not HistoryState.COMPLETE:
                return self._told("unknown", unknown=("no_history",))
            return self._told("waiting")
        if rule.threshold is not None and cost is None:
            return self._told("unknown", unknown=("no_estimate",), proof=entry)
        at = self.as_of if entry is None else entry.occurred_at
        lacks = [*self._fields(at, entry, unknown)]
        approval = self._approval(at, entry)
        if rule.approved and (approval is None or approval.kind):
            if self.is_read:
                lacks.append(approval or Lack(kind="approval", event=entry))
            else:
                unknown.append("decision_unread")
        lacks += self._segregation(at, unknown)
        lacks += self._ceiling(cost, entry, unknown)
        record = approval.name if approval is not None and not approval.kind and approval.name else None
        if lacks:
            return self._with_exemption(lacks, unknown, entry, record)
        verdict = "unknown" if unknown else "kept"
        return self._told(verdict, unknown=tuple(unknown), proof=entry or self._filling(at), record=record)

    def _told(self, verdict: str, *, unknown: tuple[str, ...] = (), proof: Event | None = None,
              record: str | None = None) -> Ruling:  # fmt: skip
        return Ruling(
            rule=self.rule, journey=self.journey, verdict=verdict, unknown=unknown, proof=proof, record=record
        )

    def _with_exemption(
        self, lacks: Iterable[Lack], unknown: Iterable[str], entry: Event | None, record: str | None
    ) -> Ruling:
        names = _names(self.subject)
        mine = sorted((one for one in self.rule.exemptions if one.item.casefold() in names), key=lambda one: one.until)
        newest = mine[-1] if mine else None
        is_excepted = newest is not None and newest.until >= self.day
        return Ruling(
            rule=self.rule,
            journey=self.journey,
            verdict="excepted" if is_excepted else "broken",
            lacks=tuple(lacks),
            unknown=tuple(unknown),
            proof=entry,
            record=record,
            exemption=newest,
        )

    def _entry(self) -> Event | None:
        """The first entry into the rule's state; None: not by then, or the rule names none."""
        if self.rule.before is None:
            return None
        first = next((one for one in self.journey.visits if one.status.casefold() in self.rule.states), None)
        if first is None or first.entered_at > self.as_of:
            return None
        return self._move_into(first)

    def _move_into(self, visit: Visit) -> Event:
        for one in self.subject.changes:
            if one.field == "status" and one.occurred_at == visit.entered_at and one.to_value == visit.status:
                return Event(field="status", before=one.from_value, after=one.to_value, occurred_at=one.occurred_at,
                             known_at=one.known_at)  # fmt: skip
        return Event(field="status", before=None, after=visit.status, occurred_at=visit.entered_at)

    def _cost(self, entry: Event | None) -> Decimal | None:
        """The larger of today's estimate and that of the entry; None: there is none."""
        told = [self.subject.item.values.get(COST) if self._now(COST) else None]
        if entry is not None and (text := self._value(COST, entry.occurred_at)):
            with suppress(InvalidOperation):
                told.append(Decimal(text))
        known = [one for one in told if one is not None]
        return max(known) if known else None

    def _fields(self, at: datetime, entry: Event | None, unknown: list[str]) -> Iterator[Lack]:
        for name in self.rule.requires:
            if self._value(name, at):
                continue
            if name in self.subject.unseen:
                unknown.append("field_unseen")
            elif entry is not None and self.journey.history is not HistoryState.COMPLETE:
                unknown.append("no_history")
            else:
                filled = self._change(name, after=at) if entry is not None else None
                yield Lack(
                    kind="field",
                    name=name,
                    event=entry or self._emptied(name),
                    mended_at=filled.occurred_at if filled is not None else None,
                )

    def _approval(self, at: datetime, entry: Event | None) -> Lack | None:
        """What approved the item by then, as a lack of no kind; a late approval; or None: there is none at all."""
        if not self.rule.approved:
            return None
        for visit in self.journey.visits:
            if visit.status.casefold() in self.rule.approving_states and visit.entered_at <= self.as_of:
                event = self._move_into(visit)
                if visit.entered_at <= at:
                    return Lack(kind="", event=event)
        day = self.calendar.day(at)
        approving = [one for one in self.decisions if one.approves is not False]
        in_time = [one for one in approving if self._taken_on(one) <= day]
        if in_time:
            return Lack(kind="", name=in_time[0].id)
        late = next(iter(approving), None)
        if late is not None:
            return Lack(kind="late_approval", name=late.id, event=entry,
                        mended_at=self.calendar.start_of(self._taken_on(late)))  # fmt: skip
        return None

    def _segregation(self, at: datetime, unknown: list[str]) -> Iterator[Lack]:
        if not self.rule.segregated:
            return
        day = self.calendar.day(at)
        taken = [one for one in self.decisions if self._taken_on(one) <= day] or self.decisions
        owner = self.journey.owner
        if not taken:
            if not self.rule.approved or any(
                one.status.casefold() in self.rule.approving_states for one in self.journey.visits
            ):
                unknown.append("no_approver")
        elif owner is None:
            unknown.append("no_owner")
        else:
            yield from (
                Lack(kind="same_owner", name=one.id)
                for one in taken
                if one.owner.strip().casefold() == owner.strip().casefold()
            )

    def _ceiling(self, cost: Decimal | None, entry: Event | None, unknown: list[str]) -> Iterator[Lack]:
        if self.rule.ceiling is None:
            return
        if cost is None:
            unknown.append("no_estimate")
        elif cost > self.rule.ceiling:
            yield Lack(kind="ceiling", name=COST, event=entry or self._filling_of(COST))

    def _filling(self, at: datetime) -> Event | None:
        """What filled the last of the required fields, where its history tells."""
        events = [event for name in self.rule.requires if (event := self._filling_of(name)) is not None]
        return max((one for one in events if one.occurred_at <= at), key=lambda one: one.occurred_at, default=None)

    def _filling_of(self, name: str) -> Event | None:
        found = [one for one in self._changes(name) if one.occurred_at <= self.as_of and one.after]
        return found[-1] if found else None

    def _emptied(self, name: str) -> Event | None:
        found = [one for one in self._changes(name) if one.occurred_at <= self.as_of and not one.after]
        return found[-1] if found else None

    def _change(self, name: str, *, after: datetime) -> Event | None:
        return next((one for one in self._changes(name) if after < one.occurred_at <= self.as_of and one.after), None)

    def _changes(self, name: str) -> list[Event]:
        field = _kept_as(name)
        return [
            Event(field=name, before=one.from_value, after=one.to_value, occurred_at=one.occurred_at,
                  known_at=one.known_at)
            for one in self.subject.changes
            if one.field == field
        ]  # fmt: skip

    def _value(self, name: str, at: datetime) -> str:
        """What a field said at an instant: what the first change after it took away, or else what it says now."""
        later = next((one for one in self._changes(name) if one.occurred_at > at), None)
        return (later.before or "").strip() if later is not None else self._present(name)

    def _now(self, name: str) -> str:
        return self._value(name, self.as_of)

    def _present(self, name: str) -> str:
        item = self.subject.item
        if name in VALUES:
            value = item.values.get(name)
            return "" if value is None else str(value)
        if name == "parent":
            return item.parent_id or ""
        if name in OWN:
            told = getattr(item, name)
            return "; ".join(told) if isinstance(told, tuple) else "" if told is None else str(told)
        wanted = name.casefold()
        return next((text.strip() for field, text in item.fields.items() if field.casefold() == wanted), "")


def _is_there(journey: Journey, rule: Rule, *, as_of: datetime) -> bool:
    return journey.placement.level == rule.level and journey.created_at <= as_of


def _passed_by(journey: Journey, rule: Rule, *, as_of: datetime) -> str | None:
    """Why a rule does not look at an item of its level; None: it does."""
    removed, given_up, finished = (
        None if at is None or at > as_of else at
        for at in (journey.removed_at, journey.cancelled_at, journey.finished_at)
    )
    if removed is not None:
        return "removed"
    if given_up is not None and (given_up <= as_of - LOOKED_BACK or not _had_begun(journey, rule, by=given_up)):
        return "given_up"
    return "finished_before" if finished is not None and finished <= as_of - LOOKED_BACK else None


def _had_begun(journey: Journey, rule: Rule, *, by: datetime) -> bool:
    """Had it entered the rule's state? A rule that names none asks for what is there now, and nothing is there."""
    return any(one.status.casefold() in rule.states and one.entered_at <= by for one in journey.visits)


def _names(subject: Subject) -> frozenset[str]:
    return frozenset(key.casefold() for key in (subject.item.key, *subject.item.previous_keys))


def _kept_as(name: str) -> str:
    """The name under which changes of a field are kept."""
    return name if name in OWN or name in VALUES else f"fields.{name}"


def expired(found: Iterable[RuleResult], *, on: date) -> list[tuple[Rule, Exemption]]:
    """Exceptions whose day has passed, whatever became of their items: somebody must end or renew them."""
    return [(one.rule, each) for one in found for each in one.rule.exemptions if each.until < on]


def totals(found: Iterable[RuleResult]) -> Mapping[str, int]:
    """How many rulings there are of each verdict."""
    kept = [one.verdict for result in found for one in result.rulings]
    return {verdict: kept.count(verdict) for verdict in VERDICTS}
