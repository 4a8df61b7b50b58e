"""From journeys to a plan: who finishes how much a day, and what is still to do, in which order. Definition 3.4."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from domain.calendar import Calendar
from domain.forecasting import WINDOW_DAYS, Forecasting, OrderBy
from domain.journey import Journey
from domain.period import Period
from domain.trust import SourceTrust
from domain.work_item import FlowState, ItemId
from metrics.forecasts import DEFINITION_VERSION, TRIALS
from metrics.forecasts.lots import derived_seed
from metrics.forecasts.plan import Epic, Plan, Team, Work
from metrics.forecasts.samples import Refusal, Samples, samples
from metrics.forecasts.situation import Situation
from metrics.ranks import OWN, are_comparable, by_rank, rank_of
from metrics.selection import at_level, calendar_of

LEVELS = ("epic", "feature", "story")  # the highest first
LEAST_SIZES = 10  # finished ones of a type, from which the size of another may be guessed
LEAST_GROWN = 10  # finished epics, from which it may be guessed how others grow
QUARTERS = (1, 2, 3)  # of the way of a finished epic: the moments at which its growth is looked at
LEAST_LEFT = 3  # items left at such a moment: of fewer, one more is a multiple
PORTFOLIO = "portfolio"


@dataclass(frozen=True, kw_only=True)
class DueFeature:
    """An open feature with a due date, the epic above it, and what is left below it; itself, where features count."""

    feature: Journey
    epic: Journey
    left: tuple[Journey, ...]
    is_split: bool


@dataclass(frozen=True, kw_only=True)
class Planned:
    """A plan, and what it was made from.

    `level` is the level of the items that are counted (None: there is nothing below the epics). `epics` and `open_work`
    are by the names of the plan. `everyone` are the same people with all they finish, whether it belongs to an epic or
    not, and the portfolio as a whole: who is asked how many, not when. `finished_on` are the days behind `everyone`.
    `ordered_by`: rank or kanban, as was agreed, where any epic has one; else dates.
    """

    plan: Plan
    level: str | None
    epics: Mapping[str, Journey]
    open_work: Mapping[str, tuple[Journey, ...]] = field(default_factory=dict)
    everyone: Mapping[str, Team] = field(default_factory=dict)
    finished_on: Mapping[str, tuple[date, ...]] = field(default_factory=dict)
    known: Mapping[str, Period] = field(default_factory=dict)  # the days of which all is known, by who
    of_epics: tuple[Journey, ...] = ()  # the items that are counted and belong to an epic, finished or not
    due_features: tuple[DueFeature, ...] = ()  # open ones with a due date, of an epic that was not given up
    ordered_by: OrderBy = "dates"
    window_days: int = WINDOW_DAYS  # that samples are of, as far as they are known
    unmapped: tuple[str, ...] = ()  # keys of epics that may be open, and are in a status that nobody mapped


def name_of(item: ItemId) -> str:
    """How a plan names an epic."""
    return f"{item.source}/{item.external_id}"


def who(journey: Journey) -> str:
    """Who works on an item: its train; its value stream where it has none; or all who work in its tracker.

    The rules that say so hold at every level, so that an epic which nobody has split has somebody to do it, too.
    """
    placement = journey.placement
    if placement.train is not None:
        return f"train:{placement.train}"
    if placement.value_stream is not None:
        return f"value_stream:{placement.value_stream}"
    return f"source:{journey.id.source}"


def read_at(sources: Iterable[SourceTrust], *, as_of: datetime) -> dict[str, datetime]:
    """Until when all is known, by source: its last complete reading, or now. One that was never read is not there."""
    return {one.source: min(one.complete_at, as_of) for one in sources if one.complete_at is not None}


def known_until(sources: Iterable[SourceTrust], *, as_of: datetime, calendar: Calendar) -> dict[str, date]:
    """The first day of which not all is known, by source: that of its last complete reading, or today.

    A source that was never read completely is not among them.
    """
    return {source: calendar.day(at) for source, at in read_at(sources, as_of=as_of).items()}


def plan_of(situation: Situation, *, trials: int = TRIALS) -> Planned:
    """The plan of all open epics as of an instant.

    What is counted are items of the lowest level that has any, as they are below an epic. *Left to do* is each that is
    neither finished, given up, removed nor ignored; one in a status that nobody mapped is left to do, too. An open
    feature or epic with nothing below it is not split yet: it has the size of a finished one of its type, drawn from
    all of them (10 at least, by the items finished below them); with fewer, a size from the range that was agreed, each
    as likely as another; and without a range none, so that nothing can be told of it. Nor can anything be told of an
    epic that has open features and no item left below any of them: they may be done, or have more to come.

    *What is left grows* while it is worked on, as what was left of finished epics did (`growth`); where fewer than ten
    of them say how, it does not.

    *Who finishes how much* is the sample of `samples`: items that belong to an epic, over the 60 days (or as many as
    were agreed) before the last complete reading of the sources they come from, since a day that nobody has read is no
    day without a finish. Days are those of the calendar of their value stream, and so are the days on which they do not
    work.

    *The order* is: epics in progress, then the others; among each, by due date, those without one last, then by when
    they began or were written down. Within the places that this gives to ranked epics of one tracker they stand in the
    order of their rank, unless dates alone were agreed: ranks of two trackers cannot be compared, nor can those of two
    buckets of one. As many epics share
    what is finished as are in progress with work left for the same people, one at least.

    An epic waits for the epics that block it and are open. One that blocks it and that we do not hold is a predecessor
    of which nothing is known. Definition 3.4, version 1.
    """
    every, calendar = situation.journeys, situation.calendar
    there = {one.placement.level for one in every if one.flow_state is not FlowState.IGNORE}
    level = next((name for name in reversed(LEVELS[1:]) if name in there), None)
    work = _Work(every, parents=situation.parents, level=level)
    until = known_until(situation.sources, as_of=situation.as_of, calendar=calendar)
    unread = {one.source for one in situation.sources} - set(until)
    today = calendar.day(situation.as_of)
    finished_on = {
        one.id: calendar_of(one, calendar).day(one.finished_at)
        for one in every
        if one.finished_at is not None and one.placement.level == level
    }
    crew = _Crew(
        calendar=calendar,
        until=until,
        unread=frozenset(unread),
        today=today,
        finished_on=finished_on,
        window_days=situation.agreed.window_days,
    )
    held = at_level(every, LEVELS[0])
    ordered = _in_order((one for one in held if one.is_open), situation.agreed)
    epics = [_epic(one, work, predecessors=situation.predecessors) for one in ordered]
    doing = work.by_people()
    of_epics = {name: [one for one in done if work.epic_above(one) is not None] for name, done in doing.items()}
    names = sorted({*of_epics, *(name for epic in epics for name in epic.work)})
    at_once = _in_progress(ordered, epics)
    sizes = work.sizes()
    assumed = work.assumed(situation.agreed, known=sizes)
    seed = situation.agreed.seed
    everyone = dict(doing) | ({PORTFOLIO: [one for each in doing.values() for one in each]} if doing else {})
    return Planned(
        plan=Plan(
            as_of=today,
            seed=derived_seed(situation.portfolio, today, DEFINITION_VERSION) if seed is None else seed,
            teams={name: crew.team(of_epics.get(name, ()), wip=max(at_once[name], 1)) for name in names},
            epics=tuple(epics),
            sizes=sizes | assumed,
            assumed=frozenset(assumed),
            growth=work.growth() or (100,),
            trials=trials,
        ),
        level=level,
        epics={name_of(one.id): one for one in ordered},
        open_work={name_of(one.id): tuple(work.left_of(one.id)) for one in ordered},
        everyone={name: crew.team(items) for name, items in sorted(everyone.items())},
        finished_on={name: tuple(sorted(crew.days(items))) for name, items in sorted(everyone.items())},
        of_epics=tuple(one for items in of_epics.values() for one in items),
        due_features=tuple(work.due_features()),
        known={name: known for name, items in sorted(everyone.items()) if (known := crew.known(items)) is not None},
        ordered_by=situation.agreed.order if any(_ranks(ordered, situation.agreed)) else "dates",
        window_days=situation.agreed.window_days,
        unmapped=tuple(
            sorted(one.key for one in held if one.removed_at is None and one.flow_state is FlowState.UNKNOWN)
        ),
    )


def team_of(
    items: Sequence[Journey],
    *,
    calendar: Calendar,
    as_of: datetime,
    sources: Sequence[SourceTrust] = (),
    window_days: int = WINDOW_DAYS,
) -> Team:
    """Those who work on some items, whoever they are, with what they finished, as `plan_of` takes it of its teams."""
    until = known_until(sources, as_of=as_of, calendar=calendar)
    finished_on = {
        one.id: calendar_of(one, calendar).day(one.finished_at) for one in items if one.finished_at is not None
    }
    unread = frozenset({one.source for one in sources} - set(until))
    return _Crew(
        calendar=calendar,
        until=until,
        unread=unread,
        today=calendar.day(as_of),
        finished_on=finished_on,
        window_days=window_days,
    ).team(items)


def kind_of(journey: Journey) -> str:
    """What is finished and what is open of one kind are of one size: those of a level and a type."""
    return f"{journey.placement.level} {journey.type}"


class _Work:
    """Items below epics, sorted out."""

    def __init__(self, journeys: Sequence[Journey], *, parents: Mapping[ItemId, ItemId], level: str | None) -> None:
        self._parents = parents
        self._level = level
        self._held = {one.id for one in journeys}
        placed = [one for one in journeys if one.placement.level in LEVELS and one.flow_state is not FlowState.IGNORE]
        self._all = {one.id: one for one in placed}
        self._counted = [one for one in placed if _counts(one)]
        self._lines: dict[ItemId, tuple[ItemId, ...]] = {}  # from each parent on, all that is above it
        self._tops: dict[ItemId, Journey | None] = {}  # the epic above the children of an item, once it was asked for
        self._own: dict[ItemId, list[Journey]] = {}  # what is below an epic and no other one, once it was asked for
        self._inner: dict[ItemId, list[ItemId]] = defaultdict(list)  # epics directly under an epic
        self._split: set[ItemId] = set()  # what has something below it
        self._below: dict[ItemId, list[Journey]] = defaultdict(list)  # the items of the counted level
        self._ever_below: dict[ItemId, list[Journey]] = defaultdict(list)  # the same, given up or removed ones included
        self._unsplit: dict[ItemId, list[Journey]] = defaultdict(list)  # by epic: what has still to be split
        self._open_parts: Counter[ItemId] = Counter()  # by epic: open features with no item left
        for one in self._counted:
            above = self._above(one.id)
            self._split.update(above)
            if one.placement.level == level:
                for each in above:
                    self._below[each].append(one)
        for one in placed:
            if one.placement.level == level:
                for each in self._above(one.id):
                    self._ever_below[each].append(one)
        for one in self._counted:
            is_whole = one.placement.level == level or one.id in self._split
            top = one if one.placement.level == LEVELS[0] else self.epic_above(one)
            if one.placement.level == LEVELS[0] and (outer := self.epic_above(one)) is not None:
                self._inner[outer.id].append(one.id)
            if not is_whole and top is not None and not _is_finished(one):
                self._unsplit[top.id].append(one)
            is_part = one.placement.level not in (LEVELS[0], level) and one.id in self._split
            if is_part and top is not None and not _is_finished(one) and all(map(_is_finished, self._below[one.id])):
                self._open_parts[top.id] += 1

    def epic_above(self, journey: Journey) -> Journey | None:
        above = self._above(journey.id)
        if not above:
            return None
        if above is not self._lines[above[0]]:  # it is above itself, and its siblings are not
            return self._first_epic(above)
        if above[0] not in self._tops:
            self._tops[above[0]] = self._first_epic(above)
        return self._tops[above[0]]

    def _first_epic(self, above: Iterable[ItemId]) -> Journey | None:
        held = (self._all.get(each) for each in above)
        return next((one for one in held if one is not None and one.placement.level == LEVELS[0]), None)

    def left_of(self, epic: ItemId) -> list[Journey]:
        """What is left to do below an epic; what is below another epic under it is that one's."""
        return [one for one in self._of(epic) if not _is_finished(one)]

    def done_of(self, epic: ItemId) -> list[Journey]:
        return [one for one in self._of(epic) if _is_finished(one)]

    def unsplit_of(self, epic: ItemId) -> list[Journey]:
        return self._unsplit[epic]

    def unclosed_of(self, epic: ItemId) -> int:
        """How many features below an epic are open, where no item and nothing unsplit is left to do."""
        return 0 if self._unsplit[epic] or self.left_of(epic) else self._open_parts[epic]

    def is_awaited(self, item: ItemId) -> bool:
        """Is it an epic still to be finished, or something that we do not hold? Epics do not wait for lower levels."""
        if item not in self._held:
            return True
        one = self._all.get(item)
        return one is not None and one.placement.level == LEVELS[0] and _counts(one) and not _is_finished(one)

    def epics_below(self, epic: ItemId) -> list[ItemId]:
        """Epics directly under an epic: it is not done before they are."""
        return self._inner[epic]

    def due_features(self) -> Iterator[DueFeature]:
        for one in self._counted:
            if one.placement.level != LEVELS[1] or one.due_on is None or _is_finished(one):
                continue
            epic, is_counted = self.epic_above(one), self._level == LEVELS[1]
            if epic is not None and _counts(epic):
                left = [one] if is_counted else [each for each in self._below[one.id] if not _is_finished(each)]
                is_split = is_counted or one.id in self._split
                yield DueFeature(feature=one, epic=epic, left=tuple(left), is_split=is_split)

    def by_people(self) -> dict[str, list[Journey]]:
        """All items of the counted level, by who works on them; the finished ones however they went since."""
        found: dict[str, list[Journey]] = defaultdict(list)
        for one in self._all.values():
            if one.placement.level == self._level and self._level is not None:
                found[who(one)].append(one)
        return found

    def sizes(self) -> dict[str, tuple[int, ...]]:
        """How many items were finished below each finished epic and feature, by kind; too few of a kind say nothing."""
        found: dict[str, list[int]] = defaultdict(list)
        for one in self._all.values():
            if one.placement.level != self._level and one.finished_at is not None:
                size = sum(_is_finished(each) for each in self._below[one.id])
                if size:
                    found[kind_of(one)].append(size)
        return {kind: tuple(sorted(sizes)) for kind, sizes in sorted(found.items()) if len(sizes) >= LEAST_SIZES}

    def assumed(self, agreed: Forecasting, *, known: Collection[str]) -> dict[str, tuple[int, ...]]:
        """The range that was agreed for each kind that is not split, and of which too few were finished."""
        unsplit = {kind_of(one): one for each in self._unsplit.values() for one in each}
        found = {
            kind: agreed.size_of(level=one.placement.level or "", type=one.type)
            for kind, one in sorted(unsplit.items())
            if kind not in known
        }
        return {kind: tuple(range(size.least, size.most + 1)) for kind, size in found.items() if size is not None}

    def growth(self) -> tuple[int, ...]:
        """By how much what was left of finished epics grew from there on, in percent; none where too few say so.

        Looked at when a quarter, half and three quarters of the way from start to finish had passed: what was finished
        from then on, by what was written down and open then. What a feature brought that was there and not split yet is
        no growth, since it has a size of its own. 4 were open, and 6 were finished later: 150 %.
        """
        found: list[int] = []
        epics = 0
        for one in self._all.values():
            if one.placement.level == LEVELS[0] and one.finished_at is not None and one.started_at is not None:
                way = one.finished_at - one.started_at
                grown = [self._grown(one.id, one.started_at + way * quarter / 4) for quarter in QUARTERS]
                known = [percent for percent in grown if percent is not None]
                found += known
                epics += bool(known)
        return tuple(sorted(found)) if epics >= LEAST_GROWN else ()

    def _grown(self, epic: ItemId, at: datetime) -> int | None:
        """The growth of one epic from a moment on; None where next to nothing was left."""
        ever = self._ever_below[epic]
        left = sum(one.created_at <= at and not _is_over(one, at) for one in ever)
        if left < LEAST_LEFT:
            return None
        split = {self._parents.get(one.id) for one in ever if one.created_at <= at}
        later = [one for one in ever if one.finished_at is not None and one.finished_at > at]
        grown = sum(not self._was_unsplit(one, at, split=split) for one in later)
        return max(-(-grown * 100 // left), 1)

    def _was_unsplit(self, item: Journey, at: datetime, *, split: Collection[ItemId | None]) -> bool:
        """Was the feature of an item there, with nothing below it?"""
        parent = self._all.get(self._parents.get(item.id, item.id))
        if parent is None or parent.id in split or parent.placement.level in (LEVELS[0], self._level):
            return False
        return parent.created_at <= at

    def _of(self, epic: ItemId) -> list[Journey]:
        if epic not in self._own:
            below = self._below[epic]
            self._own[epic] = [one for one in below if (top := self.epic_above(one)) is not None and top.id == epic]
        return self._own[epic]

    def _above(self, item: ItemId) -> tuple[ItemId, ...]:
        """The parent of an item, its grandparent and so on; up to the item itself where it is above itself."""
        parent = self._parents.get(item)
        if parent is None or parent == item:
            return ()
        line = self._lines.get(parent)
        if line is None:
            line = self._lines[parent] = (parent, *self._walk(parent))
        return line[: line.index(item)] if item in line else line

    def _walk(self, item: ItemId) -> Iterator[ItemId]:
        seen = {item}
        while (parent := self._parents.get(item)) is not None and parent not in seen:
            yield parent
            seen.add(parent)
            item = parent


@dataclass(frozen=True, kw_only=True)
class _Crew:
    """How samples are taken of what some people finished."""

    calendar: Calendar
    until: Mapping[str, date]
    unread: frozenset[str]
    today: date
    finished_on: Mapping[ItemId, date]
    window_days: int

    def team(self, items: Sequence[Journey], *, wip: int = 1) -> Team:
        known = self.known(items)
        found = self._samples(items, known)
        read_on = known.end if known is not None and known.end < self.today else None
        return Team(samples=found, wip=wip, holidays=self._own(items).holidays, read_on=read_on)

    def days(self, items: Iterable[Journey]) -> list[date]:
        return [day for one in items if (day := self.finished_on.get(one.id)) is not None]

    def known(self, items: Sequence[Journey]) -> Period | None:
        """From the first item that was written down to the day that nobody has read whole; None: no such day."""
        sources = {one.id.source for one in items}
        if not sources or not sources.isdisjoint(self.unread):
            return None
        start = self.calendar.day(min(one.created_at for one in items))
        end = min(self.until.get(source, self.today) for source in sources)
        return Period(start, end) if start < end else None

    def _samples(self, items: Sequence[Journey], known: Period | None) -> Samples | Refusal:
        if not items:
            return Refusal(reason="nothing_finished")
        if known is None:
            is_unread = any(one.id.source in self.unread for one in items)
            return Refusal(reason="unread" if is_unread else "too_little_history")
        return samples(
            self.days(items),
            window=Period(known.end - timedelta(days=self.window_days), known.end),
            known_from=known.start,
            is_working=self._own(items).is_working,
        )

    def _own(self, items: Sequence[Journey]) -> Calendar:
        """By which calendar they work: that of their value stream; the portfolio's where they are of several."""
        streams = {one.placement.value_stream for one in items}
        return self.calendar.of(streams.pop()) if len(streams) == 1 else self.calendar


def _epic(epic: Journey, work: _Work, *, predecessors: Mapping[ItemId, Sequence[ItemId]]) -> Epic:
    left = Counter(who(one) for one in work.left_of(epic.id))
    done = Counter(who(one) for one in work.done_of(epic.id))
    unsplit: dict[str, Counter[str]] = defaultdict(Counter)
    for one in work.unsplit_of(epic.id):
        unsplit[who(one)][kind_of(one)] += 1
    people = sorted({*left, *done, *unsplit}) or [who(epic)]
    before = predecessors.get(epic.id, ())
    return Epic(
        id=name_of(epic.id),
        work={
            name: Work(remaining=left[name], done=done[name], unsplit=dict(unsplit.get(name, {}))) for name in people
        },
        after=tuple(sorted(name_of(one) for one in {*before, *work.epics_below(epic.id)} if work.is_awaited(one))),
        due_on=epic.due_on,
        is_begun=epic.flow_state is not FlowState.NEW,
        unclosed=work.unclosed_of(epic.id),
    )


def _in_progress(ordered: Sequence[Journey], epics: Sequence[Epic]) -> Counter[str]:
    """On how many epics that are in progress some people have work left."""
    found: Counter[str] = Counter()
    for journey, epic in zip(ordered, epics, strict=True):
        if journey.flow_state is not FlowState.NEW:
            found.update(name for name, one in epic.work.items() if one.remaining or one.unsplit)
    return found


def _counts(journey: Journey) -> bool:
    """Is it work of an epic: neither removed unfinished, nor given up, nor left behind under a parent that is done?"""
    return (
        (journey.removed_at is None or journey.finished_at is not None)
        and journey.flow_state is not FlowState.CANCELLED
        and journey.excluded_reason != "left_behind"
    )


def _is_finished(journey: Journey) -> bool:
    return journey.finished_at is not None or journey.flow_state is FlowState.DONE


def _is_over(journey: Journey, at: datetime) -> bool:
    """Had it been finished, given up or removed by then?"""
    ends = (journey.finished_at, journey.cancelled_at, journey.removed_at)
    return any(end is not None and end <= at for end in ends)


def _in_order(epics: Iterable[Journey], agreed: Forecasting) -> list[Journey]:
    """Epics in the order in which they are worked on: by dates, and in the places of a tracker's own by its ranks."""
    found = sorted(epics, key=_turn)
    places: dict[tuple[str, bool], list[int]] = defaultdict(list)
    for place, (epic, rank) in enumerate(zip(found, _ranks(found, agreed), strict=True)):
        if rank:
            places[epic.id.source, epic.flow_state is FlowState.NEW].append(place)
    for own in places.values():
        if not are_comparable((found[each] for each in own), agreed.rank or OWN):
            continue
        for place, epic in zip(own, by_rank([found[each] for each in own], agreed.rank or OWN), strict=True):
            found[place] = epic
    return found


def _ranks(epics: Iterable[Journey], agreed: Forecasting) -> list[str]:
    """The rank of each epic that counts; "" where it has none, or where dates alone were agreed."""
    return ["" if agreed.order == "dates" else rank_of(one, agreed.rank or OWN) for one in epics]


def _turn(epic: Journey) -> tuple[object, ...]:
    """The place of an epic in the order."""
    begun = epic.flow_state is not FlowState.NEW
    since = epic.started_at if begun and epic.started_at is not None else epic.created_at
    return (not begun, epic.due_on is None, epic.due_on or date.max, since, epic.key, epic.id)
