"""Disturb a sync at a point, and judge what is left and how the next run ends."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.crash.points import AT_A_REQUEST, CREATION, Kind, Point, Scenario, kinds_of
from tests.crash.shim import Arming, Watch
from tests.crash.stores import Stores
from tests.crash.trackers import ALL, CENSUS, FIRST, LATER, SOURCES, Trackers
from tests.crash.zygote import BrokenHarnessError, Told, Zygote

MORE_REQUESTS = 3  # that a run after a disturbed one may make beyond an undisturbed one
_BEFORE = {FIRST: CREATION, LATER: FIRST, CENSUS: LATER}


@dataclass(frozen=True, kw_only=True)
class Reference:
    """An undisturbed run: the store it starts from, every state it goes through, how it ends, and what it asks."""

    begin: str
    states: Mapping[str, Mapping[str, frozenset[str]]]  # view -> source -> digests
    ended: Told
    requests: Mapping[str, int]
    asked: frozenset[str]
    counts: Mapping[str, int]


@dataclass
class Tally:
    """What came of the points."""

    points: Counter[str] = field(default_factory=Counter)
    killed: int = 0
    ended_by_itself: int = 0
    told: int = 0  # runs that failed and said why
    unharmed: int = 0  # runs that went through, whatever failed under them
    whole: int = 0  # states left that are a prefix of whole batches
    equal: int = 0  # next runs that ended as if undisturbed
    violations: list[str] = field(default_factory=list)

    def __add__(self, other: Tally) -> Tally:
        return Tally(
            points=self.points + other.points,
            killed=self.killed + other.killed,
            ended_by_itself=self.ended_by_itself + other.ended_by_itself,
            told=self.told + other.told,
            unharmed=self.unharmed + other.unharmed,
            whole=self.whole + other.whole,
            equal=self.equal + other.equal,
            violations=self.violations + other.violations,
        )


class Harness:
    """Everything that one worker needs: trackers, a process that forks, and stores of one database."""

    def __init__(self, trackers: Trackers, zygote: Zygote, stores: Stores) -> None:
        self._trackers = trackers
        self._zygote = zygote
        self._stores = stores
        self._references: dict[Scenario, Reference] = {}
        self._prepared: dict[Scenario, str] = {}

    def reference(self, scenario: Scenario) -> Reference:
        """Run undisturbed, once: for the states it goes through, and for the number of operations of each kind."""
        if scenario not in self._references:
            self._references[scenario] = self._undisturbed(scenario)
        return self._references[scenario]

    def strike(self, point: Point, tally: Tally, *, bug: str | None = None) -> int:
        """Disturb one run and judge it; return how often the planted bug was at work."""
        reference = self.reference(point.scenario)
        url = self._stores.copy(reference.begin)
        try:
            answer = self._disturbed(point, url, bug=bug)
            violations = [f"{point}: {words}" for words in self._judge(point, reference, url, answer, tally)]
        finally:
            self._stores.drop(url)
        tally.points[point.kind.name] += 1
        tally.violations += violations
        return int(answer.get("planted", 0))

    def _judge(self, point: Point, reference: Reference, url: str, answer: Told, tally: Tally) -> Iterable[str]:
        if answer["hung"]:
            yield "the run did not end"
            return
        if point.kind.kills:
            tally.killed += answer["killed"]
            tally.ended_by_itself += not answer["killed"]
        else:
            yield from self._what_a_survivor_told(point.kind, reference, url, answer, tally)
        before = self._trackers.requests()
        after = self._zygote.do("again", **self._job(point.scenario, url))
        if after["hung"] or after["killed"]:
            yield "the next run did not end"
            return
        view = "whole" if answer["killed"] else "rows"
        wrong = [
            source
            for source, digest in after["left"][view].items()
            if digest not in reference.states[view].get(source, ())
        ]
        if wrong:
            yield f"what was left of {', '.join(wrong)} is no prefix of whole batches"
        elif after["sound"] != "ok":
            yield f"the database is damaged: {after['sound']}"
        else:
            tally.whole += 1
        if not _went_through(after):
            yield f"the next run did not go through: {after['error']} {after['sentences']}"
        elif after["then"]["ended"] != reference.ended:
            yield f"the next run ended in another state than an undisturbed one: {_differing(after['then'], reference)}"
        else:
            tally.equal += 1
        yield from self._requests_beyond(reference, before)

    def _what_a_survivor_told(
        self, kind: Kind, reference: Reference, url: str, answer: Told, tally: Tally
    ) -> Iterable[str]:
        """A run that lives on either went through and holds everything, or says what happened and what to do."""
        if answer["killed"]:
            yield "the process died of an error that it should have told"
            return
        words = " ".join([answer["error"], *answer["sentences"]])
        if _went_through(answer):
            left = self._zygote.do("look", **self._job_of(url))["left"]
            if left["ended"] != reference.ended:
                yield f"the run says ok, but does not hold what an undisturbed one holds: {_differing(left, reference)}"
            tally.unharmed += 1
        elif any(sign in words for sign in kind.signs):
            tally.told += 1
        else:
            yield f"the run failed and did not say why and what to do: {words!r}"

    def _requests_beyond(self, reference: Reference, before: Mapping[str, list[str]]) -> Iterable[str]:
        after = self._trackers.requests()
        for source in SOURCES:
            new = after[source][len(before[source]) :]
            if beyond := {_shape(source, one) for one in new} - reference.asked:
                yield f"the next run asked {source} for {', '.join(sorted(beyond))}"
            if len(new) > reference.requests.get(source, 0) + MORE_REQUESTS:
                yield f"the next run made {len(new)} requests to {source}, an undisturbed one {reference.requests}"

    def _disturbed(self, point: Point, url: str, *, bug: str | None) -> Told:
        told = self._job(point.scenario, url)
        arming = point.kind.arming(point.at)
        told |= {"terminate_at": point.at} if arming is None else {"arm": _told(arming)}
        if bug is not None:
            told["planted"] = bug
        return self._zygote.do("create" if point.scenario.moment == CREATION else "sync", **told)

    def _undisturbed(self, scenario: Scenario) -> Reference:
        begin = self._begin(scenario)
        url = self._stores.copy(begin)
        before = self._trackers.requests()
        told = self._zygote.do("states", **self._job(scenario, url))
        if not _went_through(told):
            raise BrokenHarnessError(f"{scenario}: an undisturbed run failed: {told}")
        after = self._trackers.requests()
        self._prepared[scenario] = url
        new = {source: after[source][len(before[source]) :] for source in SOURCES}
        counts = self._counts(scenario, begin, kinds=(*kinds_of(scenario), AT_A_REQUEST))
        if idle := [kind.name for kind in kinds_of(scenario) if counts[kind.name] == 0]:
            raise BrokenHarnessError(f"{scenario}: no operation was seen for: {', '.join(idle)}")
        return Reference(
            begin=begin,
            states=_by_view(told["states"]),
            ended=told["left"]["ended"],
            requests={source: len(asked) for source, asked in new.items()},
            asked=frozenset(_shape(source, one) for source, asked in new.items() for one in asked),
            counts=counts,
        )

    def _begin(self, scenario: Scenario) -> str:
        """The store that a scenario starts from: the one in which the moment before ended."""
        if scenario.moment == CREATION:
            return self._stores.fresh()
        if scenario.moment == FIRST:
            made = Scenario(database=scenario.database, source=ALL, moment=CREATION)
            if made not in self._prepared:
                url = self._stores.fresh()
                self._zygote.do("create", url=url, moment=FIRST)
                self._prepared[made] = url
            return self._prepared[made]
        before = Scenario(database=scenario.database, source=scenario.source, moment=_BEFORE[scenario.moment])
        if before not in self._prepared:
            url = self._stores.copy(self._begin(before))
            self._zygote.do("sync", **self._job(before, url))
            self._prepared[before] = url
        return self._prepared[before]

    def _counts(self, scenario: Scenario, begin: str, *, kinds: Sequence[Kind]) -> dict[str, int]:
        """How many operations of each kind an undisturbed run has."""
        url = self._stores.copy(begin)
        told = self._job(scenario, url) | {"arm": _told(Arming(watch=Watch.EVERYTHING))}
        try:
            answer = self._zygote.do("create" if scenario.moment == CREATION else "sync", **told)
        finally:
            self._stores.drop(url)
        return {
            kind.name: answer["statements"]
            if kind.watch is None
            else sum(answer["operations"][str(int(each))] for each in kind.watch)
            for kind in kinds
        }

    def _job(self, scenario: Scenario, url: str) -> Told:
        moment = FIRST if scenario.moment == CREATION else scenario.moment
        sources = [] if scenario.moment == CREATION else self._trackers.settings(moment, scenario.source)
        return self._job_of(url) | {"moment": moment, "sources": sources}

    def _job_of(self, url: str) -> Told:
        folder = self._stores.folder(url)
        return {"url": url, "folder": None if folder is None else str(folder)}


def _went_through(told: Told) -> bool:
    return not told["error"] and set(told["outcomes"]) <= {"ok"}


def _differing(seen: Told, reference: Reference) -> str:
    """The tables in which two ends differ."""
    one, other = seen["ended"], reference.ended
    return ", ".join(sorted(table for table in one.keys() | other.keys() if one.get(table) != other.get(table)))


def _by_view(states: Iterable[Told]) -> dict[str, dict[str, frozenset[str]]]:
    found: dict[str, dict[str, set[str]]] = {}
    for state in states:
        for view, by_source in state.items():
            for source, digest in by_source.items():
                found.setdefault(view, {}).setdefault(source, set()).add(digest)
    return {
        view: {source: frozenset(digests) for source, digests in by_source.items()} for view, by_source in found.items()
    }


def _told(arming: Arming) -> dict[str, Any]:
    return {"watch": int(arming.watch), "at": arming.at, "action": int(arming.action), "error": arming.error}


def _shape(source: str, request: str) -> str:
    """A request without the numbers in it."""
    return f"{source} {re.sub(r'[0-9]+', 'N', request)}"
