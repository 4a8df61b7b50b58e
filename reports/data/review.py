"""The review, row by row: what came of decisions, what a shift of capacity does to dates, what falls due."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date

from reports.reckoning import Reckoning
from reports.render.csv import Value
from reports.review import candidates, coming, outcomes, shifts

DECISIONS = ("decision", "asked_on", "meeting", "question", "decided", "owner", "item", "outcome", "on", "verdict")
SCENARIOS = (
    "from", "to", "share", "finished_from", "finished_to", "speed_from", "speed_to", "theme", "source", "key",
    "p85_as_is", "p85_shifted", "days", "refused", "trials", "seed",
)  # fmt: skip
CANDIDATES = (
    "source", "key", "state", "days", "hypothesis", "estimate_minor", "wsjf", "delay_per_week_minor", "p50", "p85",
    "lacks",
)  # fmt: skip
COMING = ("day", "kind", "name", "owner", "item")


def _decisions(numbers: Reckoning) -> Iterator[Sequence[Value]]:
    for one in outcomes(numbers):
        told = one.decision
        yield (
            told.id, _day(told.asked_on), told.meeting, told.question, told.decision, told.owner, told.item, one.kind,
            _day(one.day), one.verdict,
        )  # fmt: skip


def _scenarios(numbers: Reckoning) -> Iterator[Sequence[Value]]:
    """An epic a row; a shift that could not be played has one row, which says why."""
    for one in shifts(numbers):
        shift = one.shift
        head = (
            shift.gives, shift.takes, shift.share, one.finished[shift.gives], one.finished[shift.takes],
            round(float(one.gives), 4), round(float(one.takes), 4),
        )  # fmt: skip
        tail = (one.refused, one.trials, one.seed)
        if one.refused is not None:
            yield (*head, None, None, None, None, None, None, *tail)
        for each in one.epics:
            yield (
                *head, each.theme, each.epic.id.source, each.epic.key, _day(each.before), _day(each.after), each.days,
                *tail,
            )  # fmt: skip


def _coming(numbers: Reckoning) -> Iterator[Sequence[Value]]:
    for one in coming(numbers):
        yield _day(one.day), one.kind, one.name, one.owner, None if one.item is None else one.item.key


def _candidates(numbers: Reckoning) -> Iterator[Sequence[Value]]:
    for one in candidates(numbers):
        yield (
            one.epic.id.source, one.epic.key, one.state, one.days, None if one.bet is None else one.bet.benefit.name,
            one.estimate, one.score, one.rate, _day(one.dates.get(50)), _day(one.dates.get(85)),
            " ".join(one.all_lacks),
        )  # fmt: skip


def _day(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


TABLES: Mapping[str, tuple[Sequence[str], Callable[[Reckoning], Iterable[Sequence[Value]]]]] = {
    "review-candidates": (CANDIDATES, _candidates),
    "review-coming": (COMING, _coming),
    "review-decisions": (DECISIONS, _decisions),
    "review-scenarios": (SCENARIOS, _scenarios),
}
