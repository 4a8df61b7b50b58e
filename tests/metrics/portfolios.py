"""A portfolio whose flow is as steady as forecasts take it to be: what is looked back on where nothing is wrong."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from random import Random

from domain.journey import Journey
from tests.builders import a_journey

FIRST = date(2024, 10, 7)  # a Monday
READY = 6  # epics that are written down and split before they begin


class _Epic:
    """An epic on its way; `left` are its stories that are not finished."""

    def __init__(self, key: str, *, born: date, size: int) -> None:
        self.key = key
        self.born = born
        self.begun: date | None = None
        self.left = [f"{key}-{number}" for number in range(size)]


def steady(today: date, *, seed: int, train: str = "Azur", wip: int = 2, closing_days: int = 0) -> list[Journey]:
    """Epics of 8 to 20 stories, some in progress at a time; on each working day none to two stories are finished.

    All is written down before it begins, each story belongs to one of the epics in progress by lot, and an epic ends
    with its last story: nothing that trials do not know. Or so many days after it, which they do not.
    """
    return list(_lived(today, chance=Random(f"{seed} {train}"), train=train, wip=wip, closing_days=closing_days))


def _lived(today: date, *, chance: Random, train: str, wip: int, closing_days: int) -> Iterator[Journey]:
    names = (f"{train}-{number}" for number in range(10_000))
    waiting: list[_Epic] = []
    running: list[_Epic] = []
    day = FIRST
    while day < today:
        while len(waiting) < READY + wip - len(running):
            waiting.append(_Epic(next(names), born=day, size=chance.randint(8, 20)))
        while len(running) < wip:
            running.append(waiting.pop(0))
            running[-1].begun = day
        for _ in range(chance.choice((0, 1, 1, 2)) if day.weekday() < 5 else 0):
            epic = chance.choice(running)
            yield _story(epic.left.pop(), epic, train=train, done=day)
            if not epic.left:
                yield _journey(epic, train=train, done=day + timedelta(days=closing_days), today=today)
                after = waiting.pop(0)
                after.begun = day
                running[running.index(epic)] = after
        day += timedelta(days=1)
    for epic in (*running, *waiting):
        yield _journey(epic, train=train, done=None, today=today)
        for name in epic.left:
            yield _story(name, epic, train=train, done=None)


def _journey(epic: _Epic, *, train: str, done: date | None, today: date) -> Journey:
    ended = f"{done}T16:00" if done is not None and done < today else None
    return a_journey(
        f"{epic.begun}T09:00" if epic.begun else None, ended, key=epic.key, level="epic", created=f"{epic.born}T08:00",
        train=train,
    )  # fmt: skip


def _story(name: str, epic: _Epic, *, train: str, done: date | None) -> Journey:
    began, ended = (f"{done}T09:00", f"{done}T15:00") if done is not None else (None, None)
    return a_journey(began, ended, key=name, parent=epic.key, created=f"{epic.born}T08:00", train=train)
