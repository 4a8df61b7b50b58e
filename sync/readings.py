"""Ask the endpoints of KPIs, one after the other, and keep what they answer. One that fails stops no other."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from connectors.base import AccessDeniedError, DeferredError, TrackerError
from domain.strategy import Reading
from sync.store.kpis import keep_reading, keep_trouble
from sync.store.reading import RunRecord
from sync.store.store import Store


def ask_all(
    endpoints: Mapping[str, Callable[[], Reading]],
    store: Store,
    *,
    now: Callable[[], datetime],
    go_on: Callable[[], bool] = lambda: True,
    ended: Callable[[RunRecord], None] = lambda _: None,
) -> list[RunRecord]:
    """Ask each endpoint once, by the name of its KPI; the records say how each went, and are told to `ended`, too.

    A reading and the note that it came are written in one transaction. A failure leaves every reading as it was, and
    says since when there has been none.
    """
    records = []
    for kpi, read in endpoints.items():
        if not go_on():
            break
        record = _ask(kpi, read, store, now=now)
        ended(record)
        records.append(record)
    return records


def _ask(kpi: str, read: Callable[[], Reading], store: Store, *, now: Callable[[], datetime]) -> RunRecord:
    began = now()
    try:
        reading = read()
    except TrackerError as error:
        keep_trouble(store, kpi, str(error), now=now())
        outcome, sentence = ("deferred" if isinstance(error, DeferredError) else "failed"), str(error)
        if not isinstance(error, AccessDeniedError | DeferredError):
            sentence = f"{sentence}; its earlier readings stay as they are"
    else:
        is_new = keep_reading(store, reading, now=now())
        outcome = "ok"
        sentence = f"kpis.{kpi}: {reading.value} of {reading.day}, {'new' if is_new else 'as we hold it'}"
    return RunRecord(
        run_id=0, source=f"kpis.{kpi}", kind="reading", started_at=began, finished_at=now(), outcome=outcome,
        sentence=sentence,
    )  # fmt: skip
