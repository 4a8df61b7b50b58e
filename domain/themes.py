"""Which theme an item serves, by which rule, and why not another; and on which days, where themes begin and end.

```
theme A        ───────────────30 June│
theme B                              │1 July───────────────
stretches      ──────────────────────│─────────────────────>
```
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise

from domain.journey import Stretch
from domain.matching import Matchers
from domain.period import Period
from domain.strategy import Theme
from domain.tree import Tree, tree
from domain.work_item import HeldItem, ItemId, WorkItem

MOST_STEPS = 64  # a line of parents longer than that is a fault of the tracker's data, not a strategy
WHOLE = Decimal(1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Deciding:
    """A rule that gave a share. `rule` counts a theme's rules from 0; `words` is the rule as its author wrote it."""

    theme: str
    rule: int
    words: str
    share: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class RunnerUp:
    """The rule that came nearest to deciding otherwise, and why it did not."""

    theme: str
    rule: int
    words: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Assignment:
    """The themes of one item. What `shares` lacks to 1 is unaligned.

    `path` goes from the item up to the one whose match decided, both included; empty where none did.
    `problem` says what is wrong with the item's line of parents, in words.
    """

    shares: Mapping[str, Decimal] = field(default_factory=dict)
    rules: tuple[Deciding, ...] = ()
    path: tuple[ItemId, ...] = ()
    runner_up: RunnerUp | None = None
    problem: str | None = None

    @property
    def decided_by(self) -> Deciding | None:
        """The first rule that gave a share; None: unaligned."""
        return self.rules[0] if self.rules else None

    @property
    def inherited(self) -> bool:
        return len(self.path) > 1

    @property
    def unaligned(self) -> Decimal:
        return WHOLE - sum(self.shares.values(), Decimal(0))


def assign(
    items: Iterable[HeldItem | WorkItem],
    themes: Sequence[Theme],
    *,
    on: date,
    parents: Mapping[ItemId, ItemId | None] | None = None,
) -> dict[ItemId, Assignment]:
    """Give every item its themes, with the reason.

    Themes are tried in order. An item's own match beats one inherited from a parent, and a nearer parent's beats a
    farther one's. Among an item's own, the first rule that gives the whole wins; without one, each theme's first rule
    that matches gives its share, until 100 % are given. Only themes in effect `on` that day count.
    `parents` overrides the parents that items name (the parent at finish, for finished work).

    Own label of theme A below an epic of theme B: A. A story without any, below that epic: B, inherited.
    """
    return assign_tree(tree(items, parents=parents), themes, on=on)


def assign_tree(grown: Tree, themes: Sequence[Theme], *, on: date) -> dict[ItemId, Assignment]:
    """The same for items that are already a tree."""
    ruling = _Ruling(themes, grown=grown, on=on)
    assignments: dict[ItemId, Assignment] = {}
    for item_id, item in grown.items.items():
        parent = grown.parents.get(item_id)
        above = _NONE if parent is None else assignments[parent]
        assignments[item_id] = _decide(item, ruling=ruling, above=above, knot=grown.knots.get(item_id))
    return assignments


@dataclass(frozen=True, slots=True, kw_only=True)
class Assigned:
    """The themes of every item: its own, and those of other days for the few that have others then."""

    own: Mapping[ItemId, Assignment]
    stretches: Mapping[ItemId, tuple[Stretch, ...]] = field(default_factory=dict)


def assign_by_day(
    grown: Tree,
    themes: Sequence[Theme],
    *,
    on: date,
    todays: Mapping[ItemId, date] | None = None,
    ended_on: Mapping[ItemId, date] | None = None,
) -> Assigned:
    """Give every item the themes of the day it ended, or of today where that names no day; and those of all other days.

    Today is `on`, or each item's own of `todays`: where it is worked on, days begin earlier or later. With those, days
    after today are as today; without, they are told, too. Parents are judged on that same day. A theme that ends,
    begins or is replaced so changes nothing of what is over. Finished on 12 May under A, which ends on 30 June: A for
    ever. B follows on 1 July, which it is in Auckland while it is 30 June in Paris: what is open there has B, here A.
    """
    spans = stretches(themes, until=None if todays is None else max(todays.values(), default=on))
    asked = assign_tree(grown, themes, on=on)
    if len(spans) == 1:
        return Assigned(own=asked)
    told = [asked if on in days else assign_tree(grown, themes, on=_a_day_of(days)) for days in spans]
    own: dict[ItemId, Assignment] = {}
    by_day: dict[ItemId, tuple[Stretch, ...]] = {}
    for item_id in grown.items:
        today = (todays or {}).get(item_id, on)
        own[item_id] = told[_span_of(spans, (ended_on or {}).get(item_id, today))][item_id]
        begun = spans if todays is None else spans[: _span_of(spans, today) + 1]
        found = _joined((days, one[item_id].shares) for days, one in zip(begun, told, strict=False))
        if len(found) > 1:
            by_day[item_id] = (*found[:-1], replace(found[-1], days=Period(found[-1].days.start, date.max)))
    return Assigned(own=own, stretches=by_day)


def stretches(themes: Iterable[Theme], *, until: date | None = None) -> list[Period]:
    """The runs of days on which the same themes are in effect, oldest first: one of all days where no theme has dates.

    What begins after `until` is not looked at. A until 30 June, B from 1 July: all days before 1 July, and the rest.
    """
    begins: set[date] = set()
    for theme in themes:
        if theme.effective_from is not None:
            begins.add(theme.effective_from)
        if theme.effective_to is not None and theme.effective_to < date.max:
            begins.add(theme.effective_to + timedelta(days=1))
    asked = sorted(day for day in begins if date.min < day < date.max and (until is None or day <= until))
    return [Period(start, end) for start, end in pairwise([date.min, *asked, date.max])]


def _a_day_of(days: Period) -> date:
    """A day to judge a stretch by: its last; of one without an end, its first."""
    return days.start if days.end == date.max else days.last_day


def _span_of(spans: Sequence[Period], day: date) -> int:
    return bisect_right(spans, day, key=lambda one: one.start) - 1


def _joined(told: Iterable[tuple[Period, Mapping[str, Decimal]]]) -> tuple[Stretch, ...]:
    """The stretches, those that follow each other with the same themes as one."""
    found: list[Stretch] = []
    for days, shares in told:
        if found and found[-1].themes == shares:
            found[-1] = replace(found[-1], days=Period(found[-1].days.start, days.end))
        else:
            found.append(Stretch(days=days, themes=shares))
    return tuple(found)


@dataclass(frozen=True, slots=True)
class _Rule:
    theme: str
    number: int
    words: str
    share: Decimal
    in_effect: bool


class _Ruling:
    """All rules of all themes in file order, ready to be asked."""

    def __init__(self, themes: Sequence[Theme], *, grown: Tree, on: date) -> None:
        self.on = on
        self._rules = [
            _Rule(theme.id, number, rule.matcher.words(), rule.share, is_in_effect(theme, on))
            for theme in themes
            for number, rule in enumerate(theme.rules)
        ]
        self._matchers = Matchers([rule.matcher for theme in themes for rule in theme.rules], tree=grown)
        self.keys = {item_id: item.key for item_id, item in grown.items.items()}

    def shown_by(self, item: WorkItem) -> list[_Rule]:
        return [self._rules[number] for number in self._matchers.shown_by(item)]


def is_in_effect(theme: Theme, on: date) -> bool:
    begun = theme.effective_from is None or theme.effective_from <= on
    return begun and (theme.effective_to is None or on <= theme.effective_to)


def days_in_effect(theme: Theme, period: Period) -> Period | None:
    """The days of a period on which a theme is in effect; None where there are none."""
    start = max(period.start, theme.effective_from or period.start)
    last = min(period.last_day, theme.effective_to or period.last_day)
    return Period(start, last + timedelta(days=1)) if start <= last else None


def _decide(item: WorkItem, *, ruling: _Ruling, above: Assignment, knot: str | None) -> Assignment:
    shown = ruling.shown_by(item)
    winners = _winners([rule for rule in shown if rule.in_effect])
    if not winners:
        return _inherited(item, shown, ruling=ruling, above=above, knot=knot)
    return Assignment(
        shares={rule.theme: rule.share for rule in winners},
        rules=winners,
        path=(item.id,),
        runner_up=_runner_up(winners, shown, ruling=ruling, above=above),
        problem=knot,
    )


def _winners(matching: Sequence[_Rule]) -> tuple[Deciding, ...]:
    """The first rule that gives the whole; else each theme's first, as long as something is left to give."""
    for rule in matching:
        if rule.share >= WHOLE:
            return (_deciding(rule, WHOLE),)
    winners: dict[str, Deciding] = {}
    left = WHOLE
    for rule in matching:
        if rule.theme not in winners and left > 0 and rule.share > 0:
            winners[rule.theme] = _deciding(rule, min(rule.share, left))
            left -= winners[rule.theme].share
    return tuple(winners.values())


def _deciding(rule: _Rule, share: Decimal) -> Deciding:
    return Deciding(theme=rule.theme, rule=rule.number, words=rule.words, share=share)


def _inherited(
    item: WorkItem, shown: Sequence[_Rule], *, ruling: _Ruling, above: Assignment, knot: str | None
) -> Assignment:
    lapsed = next((_lost(rule, _out_of_effect(ruling)) for rule in shown), None)
    if not above.rules:
        return Assignment(runner_up=lapsed or above.runner_up, problem=knot or above.problem)
    if len(above.path) > MOST_STEPS:
        problem = f"more than {MOST_STEPS} parents up to the item whose theme it would inherit"
        return Assignment(runner_up=lapsed, problem=problem)
    runner_up = lapsed or above.runner_up
    return replace(above, path=(item.id, *above.path), runner_up=runner_up, problem=knot)


def _runner_up(
    winners: Sequence[Deciding], shown: Sequence[_Rule], *, ruling: _Ruling, above: Assignment
) -> RunnerUp | None:
    """The best rule of another theme: of the item's own first, then the one it would have inherited."""
    won = {winner.theme for winner in winners}
    others = [rule for rule in shown if rule.theme not in won]
    for rule in others:
        if rule.in_effect:
            return _lost(rule, _why_lost(rule, winners))
    if above.decided_by is not None and above.decided_by.theme not in won:
        inherited = above.decided_by
        key = ruling.keys[above.path[-1]]
        why = f"inherited from {key}; a match of the item's own beats it"
        return RunnerUp(theme=inherited.theme, rule=inherited.rule, words=inherited.words, why=why)
    return next((_lost(rule, _out_of_effect(ruling)) for rule in others), None)


def _why_lost(rule: _Rule, winners: Sequence[Deciding]) -> str:
    if winners[0].share < WHOLE:
        return "nothing was left of 100 %"
    return "it comes later in the file" if rule.share >= WHOLE else "it gives only a share; a full match beats it"


def _out_of_effect(ruling: _Ruling) -> str:
    return f"the theme is not in effect on {ruling.on.isoformat()}"


def _lost(rule: _Rule, why: str) -> RunnerUp:
    return RunnerUp(theme=rule.theme, rule=rule.number, words=rule.words, why=why)


_NONE = Assignment()
