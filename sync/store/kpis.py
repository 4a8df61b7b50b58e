"""Rows of KPIs: what endpoints answered, with when it was true and when we learned it; and how they answer."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import Connection, select

from domain.strategy import Reading, Silence
from sync.store.instants import micros, moment
from sync.store.reading import Reading as Holding
from sync.store.rows import Cleaner
from sync.store.store import Store
from sync.store.tables import KPI_ANSWERS, KPI_READINGS


def keep_reading(store: Store, reading: Reading, *, now: datetime) -> bool:
    """Keep what an endpoint answered; False where we hold just that of the day already. Nothing is ever overwritten."""
    clean = Cleaner()

    def work(connection: Connection) -> bool:
        of_day = (KPI_READINGS.c.kpi == reading.kpi) & (KPI_READINGS.c.day == reading.day.isoformat())
        newest = select(KPI_READINGS.c.value).where(of_day).order_by(KPI_READINGS.c.known_at.desc()).limit(1)
        held = connection.execute(newest).scalar_one_or_none()
        is_new = held is None or Decimal(held) != reading.value
        if is_new:
            row = {
                "kpi": reading.kpi,
                "day": reading.day.isoformat(),
                "known_at": store.learned_at(now),
                "value": str(reading.value),
                "source": clean.text(reading.source),
            }
            connection.execute(KPI_READINGS.insert().values(**row))
        _enter(connection, reading.kpi, trouble=None, at=store.learned_at(now))
        return is_new

    return store.write(work)


def keep_trouble(store: Store, kpi: str, trouble: str, *, now: datetime) -> None:
    """Write down that an endpoint gave no reading, and why. What it gave before stays as it is."""
    words = Cleaner().text(trouble)
    store.write(lambda connection: _enter(connection, kpi, trouble=words, at=store.learned_at(now)))


def kept_readings(store: Holding, kpis: Iterable[str], *, known_at: datetime | None = None) -> list[Reading]:
    """What the endpoints of some KPIs answered, by KPI and day: of each day what was last known by an instant."""
    query = select(KPI_READINGS).order_by(KPI_READINGS.c.kpi, KPI_READINGS.c.day, KPI_READINGS.c.known_at)
    query = query.where(KPI_READINGS.c.kpi.in_(list(kpis)))
    if known_at is not None:
        query = query.where(KPI_READINGS.c.known_at <= micros(known_at))
    found: dict[tuple[str, str], Reading] = {}
    with store._reading() as connection:
        for row in connection.execute(query).mappings():
            found[(row["kpi"], row["day"])] = Reading(
                kpi=row["kpi"],
                day=date.fromisoformat(row["day"]),
                value=Decimal(row["value"]),
                source=row["source"],
                origin="endpoint",
                known_at=moment(row["known_at"]),
            )
    return list(found.values())


def silences(store: Holding, kpis: Iterable[str], *, known_at: datetime | None = None) -> list[Silence]:
    """Which endpoints of some KPIs gave nothing when they were last asked, and since when, as known at an instant."""
    query = select(KPI_ANSWERS).where(KPI_ANSWERS.c.kpi.in_(list(kpis)))
    if known_at is not None:
        query = query.where(KPI_ANSWERS.c.known_at <= micros(known_at))
    silent: dict[str, Silence] = {}
    with store._reading() as connection:
        for row in connection.execute(query.order_by(KPI_ANSWERS.c.kpi, KPI_ANSWERS.c.known_at)).mappings():
            kpi, trouble = row["kpi"], row["trouble"]
            if trouble is None:
                silent.pop(kpi, None)
            else:
                since = silent[kpi].since if kpi in silent else moment(row["known_at"])
                silent[kpi] = Silence(kpi=kpi, since=since, trouble=trouble)
    return list(silent.values())


def _enter(connection: Connection, kpi: str, *, trouble: str | None, at: int) -> None:
    """Enter how an endpoint answers, where that differs from how it did before."""
    newest = select(KPI_ANSWERS.c.trouble).where(KPI_ANSWERS.c.kpi == kpi).order_by(KPI_ANSWERS.c.known_at.desc())
    before = connection.execute(newest.limit(1)).first()
    if before is None or before[0] != trouble:
        connection.execute(KPI_ANSWERS.insert().values(kpi=kpi, known_at=at, trouble=trouble))
