"""The ROAM register: which items are risks, and what was said of each at any instant. Definition 3.8."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from domain.calendar import Calendar
from domain.change import Change
from domain.journey import Journey, Visit
from domain.matching import Matchers
from domain.risks import RiskField, RiskRules
from domain.tree import Tree, tree
from domain.work_item import FlowState, HeldItem, HistoryState, ItemId, WorkItem
from metrics.risk import Risk, Roam

_CLOSED = (FlowState.DONE, FlowState.CANCELLED, FlowState.IGNORE)
_RATINGS = ("probability", "impact", "residual_probability", "residual_impact", "roam")


@dataclass(frozen=True, kw_only=True)
class Recorded:
    """One risk and what it was from each instant on, oldest first. `until`: when it was removed.

    `concerns` is what stands above it or is linked with it, `works` the open work linked with it.
    """

    journey: Journey
    states: tuple[tuple[datetime, Risk], ...]
    until: datetime | None = None
    concerns: tuple[ItemId, ...] = ()
    works: tuple[ItemId, ...] = ()
    is_history_whole: bool = True

    def at(self, instant: datetime) -> Risk | None:
        """What it was at an instant; None before it was raised, and once it was removed."""
        place = bisect_right([since for since, _ in self.states], instant)
        if not place or (self.until is not None and self.until <= instant):
            return None
        return self.states[place - 1][1]


@dataclass(frozen=True, kw_only=True)
class Register:
    """Every risk, in the order of the ids, and the rules it was read by."""

    risks: tuple[Recorded, ...] = ()
    rules: RiskRules = field(default_factory=RiskRules)

    def at(self, instant: datetime) -> tuple[Risk, ...]:
        return tuple(risk for one in self.risks if (risk := one.at(instant)) is not None)

    @property
    def ids(self) -> frozenset[ItemId]:
        return frozenset(one.journey.id for one in self.risks)

    def of(self, items: Iterable[ItemId]) -> Register:
        """The risks among some items."""
        wanted = set(items)
        return Register(risks=tuple(one for one in self.risks if one.journey.id in wanted), rules=self.rules)


def risk_items(held: Iterable[HeldItem], rules: RiskRules, *, grown: Tree | None = None) -> list[HeldItem]:
    """The items that the rules take for risks, in the order of their ids. `grown` is their tree, where it is known."""
    if not rules.matchers:
        return []
    kept = list(held)
    matchers = Matchers(rules.matchers, tree=tree(kept) if grown is None else grown)
    return sorted((one for one in kept if matchers.holding(one.item)), key=lambda one: one.item.id)


def register(
    risks: Iterable[HeldItem],
    *,
    rules: RiskRules,
    journeys: Mapping[ItemId, Journey],
    changes: Mapping[ItemId, Sequence[Change]],
    linked: Mapping[ItemId, Sequence[ItemId]],
    calendar: Calendar,
) -> Register:
    """The register of some risks: what each is today, and what it was since it was raised.

    What was decided is read off the field for it, else off the status, as `rules.roam` says. A risk that is done, given
    up or ignored, and of which neither says that it was accepted or mitigated, is resolved. Probabilities are shares of
    1 (0.3, 30%), or words of a scale; a number above 1 is not guessed to be percent.

    Ratings and decisions of former days come from the changes of their fields; owner, dates and links are today's.
    """
    kept = [one for one in risks if one.item.id in journeys]
    themselves = {one.item.id for one in kept}
    found = []
    for one in kept:
        journey = journeys[one.item.id]
        around = [other for other in linked.get(one.item.id, ()) if other in journeys and other not in themselves]
        above = [one for one in (journey.parent_id,) if one is not None and one in journeys]
        works = tuple(other for other in around if journeys[other].is_open and other != journey.parent_id)
        teller = _Teller(one.item, journey, rules=rules, changes=changes.get(one.item.id, ()), calendar=calendar)
        found.append(
            Recorded(
                journey=journey,
                states=teller.states(has_live_work=bool(works)),
                until=journey.removed_at,
                concerns=tuple(dict.fromkeys([*above, *(other for other in around if other not in works)])),
                works=works,
                is_history_whole=one.history is HistoryState.COMPLETE,
            )
        )  # fmt: skip
    return Register(risks=tuple(found), rules=rules)


def links_between(held: Iterable[HeldItem], of: Iterable[ItemId]) -> dict[ItemId, tuple[ItemId, ...]]:
    """What is linked with some items, told from either end, or below them; in the order of the ids."""
    wanted, kept = set(of), list(held)
    by_key = {(one.item.source, one.item.key): one.item.id for one in kept}
    known = {one.item.id for one in kept}
    found: dict[ItemId, set[ItemId]] = defaultdict(set)
    for one in kept:
        ends = []
        for link in one.item.links:
            other = ItemId(one.item.source, link.to_id)
            ends.append(other if other in known else by_key.get((one.item.source, link.to_key), other))
        if one.item.parent_id is not None:
            ends.append(ItemId(one.item.source, one.item.parent_id))
        for other in ends:
            if one.item.id in wanted and other in known:
                found[one.item.id].add(other)
            if other in wanted:
                found[other].add(one.item.id)
    return {item: tuple(sorted(others - {item})) for item, others in found.items()}


class _Teller:
    """Says what one risk was at any instant of its life."""

    def __init__(
        self, item: WorkItem, journey: Journey, *, rules: RiskRules, changes: Sequence[Change], calendar: Calendar
    ) -> None:
        self._item, self._journey, self._rules, self._calendar = item, journey, rules, calendar
        self._changes: dict[str, list[Change]] = defaultdict(list)
        for change in sorted(changes, key=lambda one: (one.occurred_at, one.sequence)):
            self._changes[change.field].append(change)

    def states(self, *, has_live_work: bool) -> tuple[tuple[datetime, Risk], ...]:
        told: list[tuple[datetime, Risk]] = []
        for instant in self._instants():
            risk = self._at(instant, has_live_work=has_live_work)
            if not told or told[-1][1] != risk:
                told.append((instant, risk))
        return tuple(told)

    def _instants(self) -> list[datetime]:
        followed = {f"fields.{one.field}" for told in _RATINGS for one in self._fields(told)}
        moments = {change.occurred_at for name in followed for change in self._changes[name]}
        moments |= {visit.entered_at for visit in self._journey.visits}
        return sorted({self._journey.created_at, *(at for at in moments if at > self._journey.created_at)})

    def _at(self, instant: datetime, *, has_live_work: bool) -> Risk:
        numbers: dict[str, Decimal | None] = {}
        unreadable = []
        for told in _RATINGS[:4]:
            text, source = self._text(told, instant)
            numbers[told] = None if text is None or source is None else self._number(told, text, source)
            if text is not None and numbers[told] is None:
                unreadable.append(told)
        journey = self._journey
        return Risk(
            key=journey.key,
            id=journey.id,
            raised_on=self._calendar.day(journey.created_at),
            roam=self._roam(instant),
            probability=numbers["probability"],
            impact=self._minor(numbers["impact"]),
            residual_probability=numbers["residual_probability"],
            residual_impact=self._minor(numbers["residual_impact"]),
            owner=self._text("owner")[0] or journey.owner,
            due_on=journey.due_on,
            accepted_by=self._text("accepted_by")[0],
            has_live_work=has_live_work,
            next_step=self._text("next_step")[0],
            touched_on=self._calendar.day(journey.updated_at),
            unreadable=tuple(unreadable),
        )

    def _roam(self, instant: datetime) -> Roam | None:
        text, _ = self._text("roam", instant)
        visit = self._visit(instant)
        said = self._rules.roam.get((text or "").strip().casefold())
        said = said or self._rules.roam.get((visit.status if visit else self._journey.status).casefold())
        roam = None if said is None else Roam(said)
        is_over = (visit.flow_state if visit else self._journey.flow_state) in _CLOSED
        return Roam.RESOLVED if is_over and roam in (None, Roam.OWNED) else roam

    def _visit(self, instant: datetime) -> Visit | None:
        found = [one for one in self._journey.visits if one.entered_at <= instant]
        return found[-1] if found else None

    def _fields(self, told: str) -> Sequence[RiskField]:
        return tuple(self._rules.fields_of(self._item.source, told))

    def _text(self, told: str, instant: datetime | None = None) -> tuple[str | None, RiskField | None]:
        """What the first field that says anything says, at an instant or today."""
        for one in self._fields(told):
            told_of = self._changes[f"fields.{one.field}"]
            later = [] if instant is None else [change for change in told_of if change.occurred_at > instant]
            text = later[0].from_value if later else self._item.fields.get(one.field)
            if text is not None and text.strip():
                return text.strip(), one
        return None, None

    def _number(self, told: str, text: str, source: RiskField) -> Decimal | None:
        number = self._rules.scale_of(told).get(text.casefold())
        is_share = told.endswith("probability")
        if number is None:
            match = _NUMBER.fullmatch(text)
            if match is None or (match[2] and not is_share):
                return None
            number = Decimal(match[1])
            number = number / 100 if match[2] or (is_share and source.is_percent) else number
            number = number if is_share else number * source.scale
        return number if number >= 0 and (not is_share or number <= 1) else None

    def _minor(self, number: Decimal | None) -> int | None:
        return None if number is None else round(number * self._rules.minor_per_unit)


_NUMBER = re.compile(
    r"(\d+(?:\.\d+)?)\s*(%?)"
)  # 1,200 may be one and a bit, or more than a thousand: neither is guessed
