"""A plan played through thousands of times: on which day each epic is done.

A trial draws, for every working day of a team, one of the days of its sample. What the team finishes goes to its
epics in rank order: with a work-in-progress limit of k, each finished item belongs to one of the top k, by lot. So
which item of which epic comes n-th is one question (`_ends`), and on which day the n-th item comes another
(`_Stream`). An epic is done when its last team has done its part, in the same trial.

Half of the trials mirror the other half: where one draws the k-th best day, its mirror draws the k-th worst. That
halves the noise of a median, and makes it exact where the sample is symmetric.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction
from graphlib import TopologicalSorter
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from metrics.forecasts.lots import Urn, below
from metrics.forecasts.plan import Epic, Plan, Team, cycles
from metrics.forecasts.samples import DAY, Refusal, Samples, steps

Days = NDArray[np.uint16]  # a day after `as_of` for each trial
Count = NDArray[np.int32]
NEVER = np.uint16(2**16 - 1)  # not within the horizon
_CELLS = 8_000_000  # draws held in memory at once
_TRIALS_AT_ONCE = 200
_AT_ONCE = 32


@dataclass(frozen=True, kw_only=True)
class Played:
    """The days on which the parts of one epic are done, by team, and the epic itself. Some days are NEVER.

    `starts`: on which it would begin if it waited for no other; told where it waits, by `play_apart` alone.
    """

    parts: Mapping[str, Days]
    done: Days
    starts: Days | None = None


@dataclass(frozen=True, kw_only=True)
class _Part:
    """One team's part of an epic, in draws by trial: when the team comes to it, and when it is done.

    `begun` is known where the epic waits for others, and nobody asks elsewhere; so is `heir_of`: whose end, of the
    team's epics in their order, gave it its turn (-1: none's).
    """

    begun: Count | None
    done: Count
    heir_of: NDArray[np.int16] | None = None


def refusal(epic: Epic, plan: Plan, *, with_unsplit: bool) -> Refusal | None:
    """Why this epic has no date, whatever it waits for; None where it has one."""
    kinds = {kind for one in epic.work.values() for kind, count in one.unsplit.items() if count}
    if with_unsplit and (unknown := sorted(kind for kind in kinds if not plan.sizes.get(kind))):
        return Refusal(reason="unknown_size", subject=unknown[0])
    if not epic.work or (not with_unsplit and kinds and not epic.remaining):
        return Refusal(reason="no_work" if not kinds else "unknown_size", subject=min(kinds, default=""))
    if epic.unclosed:
        return Refusal(reason="unclosed", subject=str(epic.unclosed))
    for name in sorted(epic.work):
        found = plan.teams[name].samples
        if isinstance(found, Refusal) and (epic.work[name].remaining or epic.work[name].unsplit):
            return Refusal(reason=found.reason, subject=name)
    return None


def play(plan: Plan, *, turns: Turns | None = None) -> dict[str, Played | Refusal]:
    """Play the whole plan through, all teams and epics in the same trials.

    An epic that waits for others begins when its own teams come to it or, where that is later, when the last epic that
    it waits for is done in the same trial; from then on it takes as long as it would have. What its teams do meanwhile
    is not played anew: nothing else becomes earlier by it. In the end every date is as much later as looking back
    taught (`plan.late`). `turns` are those of the plan played before, of which this one is a step away.
    """
    stage = _Stage(plan, turns=turns)
    return _taught(stage.chained(stage.parts(with_unsplit=(True,))[0], with_unsplit=True, with_predecessors=True), plan)


def play_paced(plan: Plan, speeds: Mapping[str, Fraction]) -> dict[str, Played | Refusal]:
    """The same trials, with what is finished for some epics scaled: by 9/10, what took 9 items takes 10 to get through.

    `speeds` are by epic; the others keep theirs. Lots, order and calendars are those of `play`.
    """
    stage = _Stage(plan, speeds=speeds)
    return _taught(stage.chained(stage.parts(with_unsplit=(True,))[0], with_unsplit=True, with_predecessors=True), plan)


def play_apart(plan: Plan) -> tuple[dict[str, Played | Refusal], ...]:
    """The plan as a whole; as if no epic waited for another; and without all work of which nobody knows the size."""
    stage = _Stage(plan)
    if any(epic.unsplit for epic in plan.epics):
        all_parts, known_parts = stage.parts(with_unsplit=(True, False))
        known = stage.chained(known_parts, with_unsplit=False, with_predecessors=True)
    else:
        all_parts = stage.parts(with_unsplit=(True,))[0]
        known = None
    whole = stage.chained(all_parts, with_unsplit=True, with_predecessors=True)
    waits = any(epic.after for epic in plan.epics)
    alone = stage.chained(all_parts, with_unsplit=True, with_predecessors=False) if waits else whole
    told, by_itself, of_known = (_taught(one, plan) for one in (whole, alone, whole if known is None else known))
    return told, _with_starts(by_itself, stage.starts(all_parts)), of_known


def draws_of(samples: Samples, *, seed: int, team: str, trials: int, draws: int) -> NDArray[np.int64]:
    """How much a team finishes in so many draws, by trial: the same lots that date its epics."""
    return _Stream(samples, urn=Urn(seed, "day", team), trials=trials, draws=draws).finished()


def later(days: Days, late: Mapping[int, int | None]) -> Days:
    """The days in ascending order, each as much later as its rank among the trials has to be.

    Between two percentiles the days grow evenly; below the first and above the last they stay. From a percentile of
    which nobody knows how late it is, no day is told above the one before. Never earlier, and never out of order.
    """
    added: list[tuple[int, int]] = []  # percentile, days
    for p, more in sorted(late.items()):
        if more is None:
            break
        added.append((p, max(more, added[-1][1] if added else 0)))
    ordered = np.sort(days).astype(np.int64)
    ranks = np.arange(1, len(days) + 1) * 100
    if not added:
        return np.full(len(days), NEVER, dtype=np.uint16)
    places, more_days = (np.array(one, dtype=np.int64) for one in zip(*added, strict=True))
    shift = np.floor(np.interp(ranks, places * len(days), more_days) + 0.5).astype(np.int64)
    told = np.where(ordered == NEVER, NEVER, np.minimum(ordered + shift, int(NEVER) - 1))
    if len(added) < len(late):
        told[ranks > -(-places[-1] * len(days) // 100) * 100] = NEVER
    return told.astype(np.uint16)


def _with_starts(played: Mapping[str, Played | Refusal], starts: Mapping[str, Days]) -> dict[str, Played | Refusal]:
    """No later than the epic's own end, which what looking back taught of the epics ahead of it does not move."""
    return {
        id: replace(one, starts=np.minimum(starts[id], one.done)) if id in starts and isinstance(one, Played) else one
        for id, one in played.items()
    }


def _taught(played: dict[str, Played | Refusal], plan: Plan) -> dict[str, Played | Refusal]:
    """What was played, as much later as looking back taught; what is finished already stays so."""
    if not plan.late:
        return played
    taught = dict(played)
    for epic in plan.epics:
        late, one = plan.late.get(epic.group), played[epic.id]
        if late and isinstance(one, Played) and (epic.remaining or epic.unsplit or epic.after):
            taught[epic.id] = Played(
                parts={name: later(days, late) for name, days in one.parts.items()}, done=later(one.done, late)
            )
    return taught


Parts = dict[str, dict[str, _Part]]  # by epic, by team


class _Stage:
    """A plan that is being played."""

    def __init__(
        self, plan: Plan, *, speeds: Mapping[str, Fraction] = MappingProxyType({}), turns: Turns | None = None
    ) -> None:
        self._plan = plan
        self._turns = turns or Turns()
        self._speeds = speeds
        self._calendars: dict[str, _Calendar] = {}
        known: dict[tuple[str, frozenset[date], date | None], _Calendar] = {}
        for name, team in sorted(plan.teams.items()):
            if isinstance(team.samples, Samples):
                kind = (team.samples.unit, team.holidays, team.read_on)
                known[kind] = known.get(kind) or _Calendar.of(team, team.samples, plan=plan)
                self._calendars[name] = known[kind]

    def parts(self, *, with_unsplit: tuple[bool, ...]) -> list[Parts]:
        """What each team has to do of each epic, with and without work of unknown size: with the same lots."""
        found: list[Parts] = [{epic.id: {} for epic in self._plan.epics} for _ in with_unsplit]
        waiting = {epic.id for epic in self._plan.epics if epic.after}
        for name, calendar in self._calendars.items():
            team = self._plan.teams[name]
            assert isinstance(team.samples, Samples)
            queues = [self._queue(name, with_unsplit=each) for each in with_unsplit]
            if not any(queues):
                continue
            seed, trials = self._plan.seed, self._plan.trials
            ends = [self._turns.ends(name, queue, team=team, seed=seed, trials=trials) for queue in queues]
            ends = [end.at(self._speeds, queue) for end, queue in zip(ends, queues, strict=True)]
            stream = _Stream(team.samples, urn=Urn(seed, "day", name), trials=trials, draws=calendar.draws)
            draws = stream.draws_until(np.concatenate([end.place for end in ends]))
            for parts, queue, end in zip(found, queues, ends, strict=True):
                done, draws = draws[: len(queue)], draws[len(queue) :]
                for row, id in enumerate(queue):
                    waits = id in waiting
                    parts[id][name] = _Part(
                        begun=end.begun(row, done) if waits else None,
                        done=done[row],
                        heir_of=end.heir_of[row] if waits else None,
                    )
        return found

    def chained(self, parts: Parts, *, with_unsplit: bool, with_predecessors: bool) -> dict[str, Played | Refusal]:
        """Every epic after those that it waits for."""
        plan = self._plan
        known = {epic.id: epic for epic in plan.epics}
        rings = {name: ring for ring in cycles(plan.epics) for name in ring} if with_predecessors else {}
        waits = {
            id: [name for name in epic.after if name in known and name not in rings]
            if with_predecessors and id not in rings
            else []
            for id, epic in known.items()
        }
        played: dict[str, Played | Refusal] = {}
        for id in TopologicalSorter(waits).static_order():
            epic = known[id]
            after = epic.after if with_predecessors else ()
            unknown = [name for name in after if not isinstance(played.get(name), Played)]
            if why := refusal(epic, plan, with_unsplit=with_unsplit):
                played[id] = why
            elif id in rings:
                played[id] = Refusal(reason="cycle", subject=", ".join(rings[id]))
            elif unknown:
                played[id] = Refusal(reason="predecessor_unknown", subject=min(unknown))
            else:
                before = [one.done for name in after if isinstance(one := played[name], Played)]
                played[id] = self._dated(parts[id], free=_last(before))
        return played

    def starts(self, parts: Parts) -> dict[str, Days]:
        """On which day each epic that waits, and is not begun, would begin if it did not wait, by trial.

        That is when the first of its teams comes to it: on the next working day where nothing is ahead of it, else on
        the one after the day on which that epic is done whose end gives it its turn, which is as much later as looking
        back taught.
        """
        ready: dict[tuple[str, str], Days] = {}
        found = {}
        for epic in self._plan.epics:
            turns = {name: part.heir_of for name, part in parts[epic.id].items() if part.heir_of is not None}
            if turns and not epic.is_begun:
                firsts = [self._start(name, heir_of, parts, ready=ready) for name, heir_of in turns.items()]
                found[epic.id] = np.minimum.reduce(firsts)
        return found

    def _start(
        self, team: str, heir_of: NDArray[np.int16], parts: Parts, *, ready: dict[tuple[str, str], Days]
    ) -> Days:
        """On which day a team comes to an epic that has its turn from others; `ready` is when it was found to be."""
        queue = [epic for epic in self._plan.epics if team in parts[epic.id]]
        start = np.full(self._plan.trials, self._calendars[team].next_day(np.zeros(1, dtype=np.uint16))[0])
        for row in np.unique(heir_of[heir_of >= 0]):
            before = queue[row]
            if (team, before.id) not in ready:
                ready[team, before.id] = self._ready(team, before, parts[before.id][team])
            np.copyto(start, ready[team, before.id], where=heir_of == row)
        return start

    def _ready(self, team: str, before: Epic, part: _Part) -> Days:
        """The working day after the one on which a team has done its part of an epic, by trial."""
        calendar = self._calendars[team]
        done = calendar.day_of(part, free=None)
        if late := self._plan.late.get(before.group):
            order = np.argsort(done, kind="stable")
            done[order] = later(done, late)
        return calendar.next_day(done)

    def _queue(self, team: str, *, with_unsplit: bool) -> dict[str, Count]:
        """What a team has still to do, by epic in the order of their rank, and trial."""
        plan = self._plan
        found = ((epic.id, _todo(epic, team, plan=plan, with_unsplit=with_unsplit)) for epic in plan.epics)
        return {id: todo for id, todo in found if todo is not None}

    def _dated(self, parts: Mapping[str, _Part], *, free: Days | None) -> Played:
        """The days on which an epic's parts are done, when it may not begin before `free`."""
        dated = {name: self._calendars[name].day_of(part, free=free) for name, part in parts.items()}
        done = _last([*dated.values(), *(() if free is None else (free,))])
        return Played(parts=dated, done=np.zeros(self._plan.trials, dtype=np.uint16) if done is None else done)


@dataclass(frozen=True, kw_only=True)
class _Calendar:
    """Which day after `as_of` the n-th draw of a team falls on, and how many draws fall up to a day."""

    day: Days  # by number of draws; 0 draws: day 0; one draw too many: NEVER
    draws_until: Count  # by day
    working: Days  # those after `as_of`, and NEVER

    @classmethod
    def of(cls, team: Team, samples: Samples, *, plan: Plan) -> _Calendar:
        since = min(team.read_on or plan.as_of, plan.as_of)
        unread = (plan.as_of - since).days
        ahead = steps(unit=samples.unit, as_of=since, days=unread + plan.horizon_days, is_working=team.is_working)
        day = np.array([0, *(max(one - unread, 0) for one in ahead), NEVER], dtype=np.uint16)
        until = np.searchsorted(day[1:-1], np.arange(plan.horizon_days + 1, dtype=np.uint16), side="right")
        if samples.unit == DAY:
            working = [one - unread for one in ahead if one > unread]
        else:
            working = list(steps(unit=DAY, as_of=plan.as_of, days=plan.horizon_days, is_working=team.is_working))
        return cls(day=day, draws_until=until.astype(np.int32), working=np.array([*working, NEVER], dtype=np.uint16))

    @property
    def draws(self) -> int:
        return len(self.day) - 2

    def next_day(self, days: Days) -> Days:
        """The working day after each day."""
        return self.working[np.searchsorted(self.working[:-1], days, side="right")]

    def day_of(self, part: _Part, *, free: Days | None) -> Days:
        """The day on which a part is done, if it may not begin before `free`."""
        done = part.done
        if free is not None and part.begun is not None:
            blocked = free == NEVER
            since = self.draws_until[np.where(blocked, 0, free)]
            later = np.maximum(part.begun, since) + (part.done - part.begun)
            done = np.where(blocked | (part.done > self.draws), self.draws + 1, later)
        return self.day[np.minimum(done, self.draws + 1)]


def _last(days: Sequence[Days]) -> Days | None:
    return np.maximum.reduce(list(days)) if days else None


def _todo(epic: Epic, team: str, *, plan: Plan, with_unsplit: bool) -> Count | None:
    """How many items the team has still to finish of an epic, by trial; None where there is nothing, or no telling.

    What is not split yet counts as many items as a finished one of its type had, by lot. What an epic of unknown
    size will ask of its team nobody can say, so that it is left out, and the epics behind it are told too early.
    """
    work = epic.work.get(team)
    if work is None:
        return None
    todo = np.full(plan.trials, work.remaining, dtype=np.int32)
    if plan.growth != (100,) and work.remaining:
        lots = Urn(plan.seed, "growth", epic.id, team).draw(1, plan.trials)[0]
        percent = np.array(sorted(plan.growth), dtype=np.int32)[below(lots, len(plan.growth))]
        todo = -(-todo * percent // 100)
    for kind, count in sorted(work.unsplit.items()) if with_unsplit else ():
        if sizes := plan.sizes.get(kind):
            lots = Urn(plan.seed, "size", epic.id, team, kind).draw(count, plan.trials)
            todo = todo + np.array(sorted(sizes), dtype=np.int32)[below(lots, len(sizes))].sum(axis=0, dtype=np.int32)
    return todo if todo.any() else None


@dataclass(frozen=True, kw_only=True)
class _Ends:
    """Which of the team's items is the last of each epic, by trial; and whose end gave the epic its turn (-1: none's).

    One epic at a time, 3 items of A, then 2 of B: A ends with the 3rd, which gives B its turn, and B with the 5th.
    """

    place: Count
    heir_of: NDArray[np.int16]

    def begun(self, row: int, done: Count) -> Count:
        """After how many draws the epic gets its turn, when those of all ends are known."""
        before = self.heir_of[row]
        found = np.take_along_axis(done, np.maximum(before, 0)[None].astype(np.int64), axis=0)[0]
        begun: Count = np.where(before < 0, 0, np.minimum(found, done[row]))  # a faster epic may pass a slower one
        return begun

    def at(self, speeds: Mapping[str, Fraction], queue: Iterable[str]) -> _Ends:
        """The same ends where what is finished for an epic is scaled."""
        if not speeds:
            return self
        rows = [(speeds.get(id, Fraction(1)), place) for id, place in zip(queue, self.place, strict=True)]
        scaled = [-(-place.astype(np.int64) * one.denominator // one.numerator) for one, place in rows]
        return _Ends(place=np.array(scaled, dtype=np.int32).reshape(self.place.shape), heir_of=self.heir_of)


class Turns:
    """Who came when in the plan played last, by team: a step that leaves a team its work and its order changes none.

    Which item belongs to which epic is drawn with lots of its own, whatever the team finishes on a day.
    """

    def __init__(self) -> None:
        self._known: dict[str, tuple[tuple[int, int, int], dict[str, Count], _Ends]] = {}

    def ends(self, name: str, queue: Mapping[str, Count], *, team: Team, seed: int, trials: int) -> _Ends:
        """The ends of a team's queue: as they were, or drawn where anything that they rest on is other."""
        rests_on = (seed, trials, team.wip)
        known = self._known.get(name)
        if known is None or known[0] != rests_on or not _is_same(known[1], queue):
            found = _ends(queue, team=team, urn=Urn(seed, "turn", name), trials=trials)
            known = self._known[name] = (rests_on, dict(queue), found)
        return known[2]


def _is_same(one: Mapping[str, Count], other: Mapping[str, Count]) -> bool:
    return list(one) == list(other) and all(np.array_equal(one[id], other[id]) for id in one)


def _ends(queue: Mapping[str, Count], *, team: Team, urn: Urn, trials: int) -> _Ends:
    """One epic after the other, or several at once."""
    todo = np.array(list(queue.values()), dtype=np.int32).reshape(len(queue), trials)
    if team.wip == 1 or len(todo) <= 1:
        before = np.arange(-1, len(todo) - 1, dtype=np.int16)[:, None]
        return _Ends(place=np.cumsum(todo, axis=0, dtype=np.int32), heir_of=np.broadcast_to(before, todo.shape))
    return _shuffled(todo, wip=min(team.wip, len(todo)), urn=urn)


def _shuffled(todo: Count, *, wip: int, urn: Urn) -> _Ends:
    """The ends where a team works on several epics at once: each finished item belongs to one of them, by lot.

    Every trial has `wip` slots side by side. An epic that is done leaves its slot to the next in rank; when there is
    none, the last open slot moves into its place.
    """
    epics, trials = todo.shape
    place = np.zeros_like(todo)
    heir_of = np.full(todo.shape, -1, dtype=np.int16)
    left = np.ascontiguousarray(todo[:wip].T).ravel()  # items left in each slot
    held = np.tile(np.arange(wip, dtype=np.int16), trials)  # which epic holds it
    first = np.arange(0, trials * wip, wip, dtype=np.int64)
    open_slots = np.full(trials, wip, dtype=np.uint32)
    coming = np.full(trials, wip, dtype=np.int16)
    slot, scaled = np.empty_like(first), np.empty_like(open_slots)
    for item in range(int(todo.sum(axis=0).max())):
        if item % _AT_ONCE == 0:
            lots = urn.draw_short(_AT_ONCE, trials)
        np.multiply(lots[item % _AT_ONCE], open_slots, out=scaled)
        np.right_shift(scaled, 16, out=scaled)
        np.add(first, scaled, out=slot)
        after = left[slot]
        after -= 1
        left[slot] = after
        over = np.flatnonzero(after == 0)
        if not len(over):
            continue
        slots = slot[over]
        ended = held[slots]
        place[ended, over] = item + 1
        following = coming[over]
        some = following < epics
        trial, into, epic = over[some], slots[some], following[some]
        left[into], held[into] = todo[epic, trial], epic
        heir_of[epic, trial] = ended[some]
        coming[trial] += 1
        if len(trial) < len(over):
            trial, into = over[~some], slots[~some]
            open_slots[trial] -= 1
            last = first[trial] + open_slots[trial]
            left[into], held[into] = left[last], held[last]
            left[last] = 0
    return _Ends(place=place, heir_of=heir_of)


class _Stream:
    """What a team finishes, draw by draw, in every trial."""

    def __init__(self, samples: Samples, *, urn: Urn, trials: int, draws: int) -> None:
        self._counts = np.array(samples.counts, dtype=np.min_scalar_type(max(samples.counts)))
        self._urn, self._trials, self._draws = urn, trials, draws
        self._mean = samples.items / len(samples.counts)

    def draws_until(self, places: Count) -> Count:
        """After how many draws the n-th item is finished, for each row of places: one place a trial.

        Place 0 needs no draw; a place that is not reached has one draw more than there are.
        """
        wanted = np.ascontiguousarray(places.T)  # by trial, then row: so that the search goes forward
        found = np.where(wanted == 0, 0, self._draws + 1).astype(np.int32)
        finished = np.zeros((self._trials, 1), dtype=np.int32)
        most = wanted.max(axis=1, keepdims=True)
        drawn = 0
        while drawn < self._draws and (finished < most).any():
            block = min(self._draws - drawn, self._block(int((most - finished).max())))
            counts = self._next(block)
            for since in range(0, self._trials, _TRIALS_AT_ONCE):  # few enough to be searched in the cache
                part = slice(since, since + _TRIALS_AT_ONCE)
                finished[part] += _search(counts[part], wanted[part] - finished[part], found[part], drawn=drawn)
            drawn += block
        return np.ascontiguousarray(found.T)

    def finished(self) -> NDArray[np.int64]:
        """How many items all draws bring, by trial."""
        sums = np.zeros(self._trials, dtype=np.int64)
        at_once = max(_CELLS // self._trials, 1)
        for drawn in range(0, self._draws, at_once):
            sums += self._next(min(at_once, self._draws - drawn)).sum(axis=1, dtype=np.int64)
        return sums

    def _block(self, missing: int) -> int:
        """How many draws to make at once: about as many as will do, and no more than memory holds."""
        return max(16, min(int(missing / self._mean * 1.1) + 16, _CELLS // self._trials))

    def _next(self, rows: int) -> NDArray[Any]:
        """The next draws: items finished, by trial and draw. Half of the trials mirror the others."""
        half = -(-self._trials // 2)
        n = len(self._counts)
        drawn = below(self._urn.draw(rows, half), n).astype(np.min_scalar_type(n)).T
        order = np.empty((2 * half, rows), dtype=drawn.dtype)
        order[:half] = drawn
        np.subtract(n - 1, order[:half], out=order[half:])
        return self._counts[order[: self._trials]]


def _search(counts: NDArray[Any], wanted: Count, found: Count, *, drawn: int) -> Count:
    """Enter which draw finishes the wanted items of some trials, where one does; return what was finished, by trial."""
    block = counts.shape[1]
    running = np.cumsum(counts.ravel(), dtype=np.int32)
    ends = running[block - 1 :: block, None]
    starts = np.concatenate([np.zeros((1, 1), dtype=np.int32), ends[:-1]])
    here = (wanted > 0) & (wanted <= ends - starts)
    found[here] = drawn + 1 + np.searchsorted(running, (wanted + starts)[here]) % block
    finished: Count = ends - starts
    return finished
