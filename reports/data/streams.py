"""Tables of value streams: the days in each state, what is due with its likelihood, and the load."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from domain.journey import Journey
from metrics.forecasts.when import Forecast
from reports.reckoning import Reckoning
from reports.render.csv import Value
from reports.streams import streams

STATES = (
    "value_stream", "level", "period_start", "period_end", "source", "state", "meaning", "days_per_item", "total_days",
    "items", "finished",
)  # fmt: skip
DUE = (
    "value_stream", "train", "level", "source", "key", "title", "due_on", "items_left", "unsplit", "p50", "p85",
    "likelihood_percent", "is_done", "refused",
)  # fmt: skip
LOAD = ("value_stream", "scope", "by", "planned", "capacity_p50", "ratio", "finish_all_percent", "refused")


def _states(numbers: Reckoning) -> Iterator[Sequence[Value]]:
    """One row for each state of finished items, divided by those of its tracker."""
    for told in streams(numbers):
        flow = told.numbers.flow
        for one in told.states.states if told.states is not None and flow is not None else ():
            assert flow is not None
            yield (
                told.stream.id, flow.level, flow.window.start.isoformat(), flow.window.end.isoformat(), one.source,
                one.status, str(one.flow_state), round(one.days, 4), round(one.total_days, 4), one.items, one.finished,
            )  # fmt: skip


def _due(numbers: Reckoning) -> Iterator[Sequence[Value]]:
    """Epics and open features due by the end of the increment; an empty likelihood is not known."""
    outlook = numbers.book.outlook
    for told in streams(numbers) if outlook is not None else ():
        assert outlook is not None
        epics = [(outlook.epic(one), one) for one in told.due]
        for level, items in (("epic", epics), ("feature", told.due_features)):
            for item, one in items:
                yield (told.stream.id, item.placement.train, level, *_forecast(item, one))


def _forecast(item: Journey, one: Forecast) -> tuple[Value, ...]:
    likely = None if one.likelihood is None or one.is_done else round(100 * one.likelihood.share, 2)
    return (
        item.id.source, item.key, item.title, item.due_on.isoformat() if item.due_on else None, one.epic.remaining,
        one.epic.unsplit, *(day.isoformat() if (day := one.dates.get(p)) else None for p in (50, 85)), likely,
        str(one.is_done).lower(), None if one.refused is None else one.refused.reason,
    )  # fmt: skip


def _load(numbers: Reckoning) -> Iterator[Sequence[Value]]:
    """What is planned until the end of the increment beside what half of all trials finish."""
    for told in streams(numbers):
        for one in told.loads:
            yield (
                told.stream.id, one.scope.name, one.by.isoformat(), len(one.items), one.capacity,
                None if one.ratio is None else round(one.ratio, 4),
                None if one.finish_all is None else round(100 * one.finish_all, 2),
                None if one.found.refused is None else one.found.refused.reason,
            )  # fmt: skip


TABLES: Mapping[str, tuple[Sequence[str], Callable[[Reckoning], Iterable[Sequence[Value]]]]] = {
    "stream-due": (DUE, _due),
    "stream-load": (LOAD, _load),
    "stream-states": (STATES, _states),
}
