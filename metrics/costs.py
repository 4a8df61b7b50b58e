"""What did the work on an epic cost since it began? Earlier years are told as far as anybody told their money.

```
 in progress    ├───────────────────────┤
 money told            ├────────────────┤      the least that it cost, since then
```
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property

from domain.funding import BUDGET, common, without
from domain.journey import Journey
from domain.period import Period
from domain.work_item import ItemId
from metrics.closing import Books, Entry, StreamSpend
from metrics.flow_load import Days, load_days, untold_days
from metrics.selection import at_level


@dataclass(frozen=True, kw_only=True)
class EpicCost:
    """What the work on an epic cost, in minor units, `in_year` of it in the budget year.

    `counted`: whole, of all days on which it was in progress; year, of those of the budget year, since no money is
    told of the others, which lie before it; least, of some of them. `since`: the first day of the first month whose
    money it has; None where it has none. `even` is how much of it is the even share of a budget, for want of a told
    cost.
    """

    amount: int
    in_year: int
    counted: str
    since: date | None
    even: int = 0

    @property
    def is_even(self) -> bool:
        """Is all of it the even share of a budget?"""
        return bool(self.amount) and self.even == self.amount

    @property
    def is_whole(self) -> bool:
        return self.counted == "whole"


def together(costs: Iterable[EpicCost | None]) -> EpicCost | None:
    """What several epics cost: whole where each is; of the year where none counts more and none less than that.

    The least where of one it is not known; None where it is of none, or where the others cost nothing. 62 euros and not
    known: at least 62. Nothing, since it is not begun, and not known: not known.
    """
    told = list(costs)
    every = [one for one in told if one is not None]
    amount, in_year = sum(one.amount for one in every), sum(one.in_year for one in every)
    if not every or (None in told and not amount):
        return None
    kinds = {"least" if one is None else one.counted for one in told}
    is_of_year = "least" not in kinds and amount == in_year
    return EpicCost(
        amount=amount,
        in_year=in_year,
        counted="whole" if kinds <= {"whole"} else "year" if is_of_year else "least",
        since=min((one.since for one in every if one.since is not None), default=None),
        even=sum(one.even for one in every),
    )


class Costs:
    """What the epics of some value streams cost: closed months as they were first told, the others as of today.

    `spent` is the money of the streams in the budget year. What changes of closed months move names no item, and is in
    no cost of an epic.
    """

    def __init__(self, books: Books, spent: Mapping[str, StreamSpend], *, year: Period) -> None:
        self._books, self._year = books, year
        self._streams = {one.id: one for one in books.portfolio.value_streams if one.id in spent}
        self._spent = spent

    def of(self, epic: ItemId) -> EpicCost | None:
        """What an epic cost; None where it was in progress, and nobody told money of any of those days.

        None, too, where it or anything below it was in progress, or may have been, and nothing below it is of the level
        whose days divide the money: an epic with stories alone, once another has features.
        In progress since 1 December at a euro a day: on 31 January 62 euros; where last year's money is not told, 31,
        of this year.
        """
        known = self._known.get(epic, ())
        amount, in_year = (sum(one.amount for one in some) for some in (known, [one for one in known if one.in_year]))
        untold = max((run.end for one in self._items.get(epic, ()) for run in self._untold(one)), default=None)
        counted = "whole" if untold is None else "least"
        if untold is not None and untold <= self._year.start and amount == in_year:
            counted = "year"
        if (counted == "least" and not known) or epic in self._unreached:
            return None
        return EpicCost(
            amount=amount,
            in_year=in_year,
            counted=counted,
            since=min((one.since for one in known), default=None),
            even=sum(one.amount for one in known if one.is_even),
        )

    @cached_property
    def _known(self) -> Mapping[ItemId, Sequence[_Part]]:
        """What each epic took of every month."""
        found: dict[ItemId, list[_Part]] = defaultdict(list)
        for entry, in_year in self._entries():
            for line in entry.lines:
                epic = None if line.item is None else self._books.epics.get(line.item)
                if epic is not None:
                    found[epic].append(
                        _Part(
                            amount=line.amount,
                            in_year=in_year,
                            since=entry.period.start,
                            is_even=entry.basis == BUDGET,
                        )
                    )
        return found

    def _entries(self) -> Iterator[tuple[Entry, bool]]:
        """The months of the year, then those before it that have money."""
        for id, stream in self._streams.items():
            yield from ((one, True) for one in self._spent[id].entries)
            first = min((one.start for one in self._told[id]), default=self._year.start)
            if first < self._year.start:
                earlier = self._books.spent(stream, Period(first, self._year.start))
                yield from ((one, False) for one in earlier.entries)

    @cached_property
    def _told(self) -> Mapping[str, Sequence[Period]]:
        """The days of each stream that have money."""
        books = self._books
        return {
            id: [
                *(one.period for one in books.kept(id)),
                *(period for _, period in books.actuals(id)),
                *books.budget(stream).amounts,
            ]
            for id, stream in self._streams.items()
        }

    @cached_property
    def _items(self) -> Mapping[ItemId, Sequence[Journey]]:
        """The items whose days divide the money, by the epic that they are, or are done under."""
        found: dict[ItemId, list[Journey]] = defaultdict(list)
        for one in at_level(self._books.journeys, self._books.level or ""):
            if (epic := self._books.epics.get(one.id)) is not None:
                found[epic].append(one)
        return found

    @cached_property
    def _unreached(self) -> frozenset[ItemId]:
        """Epics that were worked on, or may have been, and have no item whose days divide the money."""
        calendar, found = self._books.calendar, set[ItemId]()
        for one in self._books.journeys:
            epic = self._books.epics.get(one.id)
            if epic is None or epic in found or epic in self._items:
                continue
            unsure = (days for _, days in untold_days(one, calendar=calendar))
            if any(self._over([*load_days(one, calendar=calendar), *unsure])):
                found.add(epic)
        return frozenset(found)

    def _untold(self, item: Journey) -> Iterator[Period]:
        """The days on which an item was in progress, or may have been, without money for them."""
        calendar = self._books.calendar
        told = self._told.get(item.placement.value_stream or "", ())
        for run in self._over(load_days(item, calendar=calendar)):
            yield from without(run, told)
        yield from self._over(days for _, days in untold_days(item, calendar=calendar))

    def _over(self, runs: Iterable[Days]) -> Iterator[Period]:
        """Runs of days, as far as they are over."""
        past = Period(date.min, self._books.until)
        for first, until in runs:
            days = common(Period(first, until or max(first + timedelta(days=1), past.end)), past)
            if days is not None:
                yield days


@dataclass(frozen=True, slots=True, kw_only=True)
class _Part:
    amount: int
    in_year: bool
    since: date
    is_even: bool
