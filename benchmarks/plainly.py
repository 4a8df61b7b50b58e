"""The same numbers as anyone would get them from the journeys with pandas, by month, theme, value stream and train."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pandas

from benchmarks.generated import CALENDAR, NOW

ZONE = str(CALENDAR.zone)
DAYS = 91


def overview_in_pandas(path: Path) -> dict[str, Any]:
    """Throughput, flow and lead time, efficiency, kinds, ages, load, shares and cumulative flow."""
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
        frame = pandas.read_sql_query(
            "SELECT place, state, created_at, started_at, finished_at, cancelled_at, removed_at, first_active_at, "
            "first_done_at, loaded_from, loaded_until, excluded_reason, active_seconds, waiting_seconds, "
            "blocked_seconds, paused_seconds, idle_done_seconds FROM journeys",
            connection,
        )
        places = pandas.read_sql_query("SELECT place, level, kind, value_stream, train, themes FROM places", connection)
    for name in (
        "created_at", "started_at", "finished_at", "cancelled_at", "removed_at", "first_active_at", "first_done_at",
        "loaded_from", "loaded_until",
    ):  # fmt: skip
        moments = pandas.to_datetime(frame[name], unit="us", utc=True).dt.tz_convert(ZONE)
        frame[name] = moments.dt.tz_localize(None).dt.normalize()
    frame["flow_days"] = (frame.finished_at - frame.started_at).dt.days + 1
    frame["lead_days"] = (frame.finished_at - frame.created_at).dt.days + 1
    frame["total"] = frame[[f"{part}_seconds" for part in ("active", "waiting", "blocked", "paused", "idle_done")]].sum(
        axis=1
    )
    scoped = frame.merge(_scopes(places), on="place")
    by = ["level", "scope", "month"]
    done = scoped[scoped.finished_at.notna()].assign(month=lambda told: told.finished_at.dt.to_period("M"))
    used = done[done.excluded_reason.isna()]
    today = pandas.Timestamp(CALENDAR.day(NOW + timedelta(days=1)))
    is_open = scoped[(scoped.state <= 2) & scoped.started_at.notna() & scoped.removed_at.isna()]
    return {
        "throughput": done.groupby(by).size(),
        "flow time": _percentiles(used, by, "flow_days"),
        "lead time": _percentiles(done, by, "lead_days"),
        "flow efficiency": used.groupby(by)[["active_seconds", "total"]].sum(),
        "distribution": done.groupby([*by, "kind"]).size(),
        "ageing": is_open.assign(age=(today - is_open.started_at).dt.days + 1)
        .groupby(["level", "scope", "age"])
        .size(),
        "flow load": _by_day(scoped, "loaded_from", "loaded_until", today),
        "cumulative flow": {
            band: _by_day(scoped, band, "cancelled_at", today)
            for band in ("created_at", "started_at", "first_active_at", "first_done_at")
        },
    }


def _scopes(places: pandas.DataFrame) -> pandas.DataFrame:
    rows = []
    for one in places.itertuples():
        names = ["portfolio", *(f"theme:{theme}" for theme, _ in json.loads(one.themes))]
        names += [f"value_stream:{one.value_stream}"] if one.value_stream else []
        names += [f"train:{one.train}"] if one.train else []
        rows += [(one.place, one.level, one.kind, name) for name in names]
    return pandas.DataFrame(rows, columns=["place", "level", "kind", "scope"])


def _percentiles(frame: pandas.DataFrame, by: list[str], days: str) -> pandas.DataFrame:
    return frame.groupby(by)[days].quantile([0.5, 0.85, 0.95], interpolation="higher")


def _by_day(frame: pandas.DataFrame, since: str, until: str, today: pandas.Timestamp) -> pandas.DataFrame:
    comes = frame[frame[since].notna()].groupby(["level", "scope", since]).size()
    goes = frame[frame[since].notna() & frame[until].notna()].groupby(["level", "scope", until]).size()
    steps = comes.rename_axis(["level", "scope", "day"]).sub(goes.rename_axis(["level", "scope", "day"]), fill_value=0)
    lines = steps.groupby(level=["level", "scope"]).cumsum().unstack("day").ffill(axis=1)
    return lines.loc[:, lines.columns >= today - pandas.Timedelta(days=DAYS)]
