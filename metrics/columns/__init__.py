"""The metrics over columns: the same numbers as the plain functions of `metrics`, for millions of items at once.

The definitions stay where they are, in `metrics/throughput.py` and its neighbours; a test holds each number here equal
to theirs. Columns are read from kept journeys (`domain.kept`) in an in-memory DuckDB.
"""

from __future__ import annotations

from metrics.columns.measures import (
    Ageing,
    Bands,
    Efficiency,
    Finished,
    Kinds,
    Loaded,
    Moved,
    Percentiles,
    ThemeDays,
    Wasted,
    ageing,
    coverage_items,
    cumulative_flow,
    distribution,
    flow_balance,
    flow_efficiency,
    flow_load,
    flow_shares,
    flow_time,
    lead_time,
    throughput,
    waste,
)
from metrics.columns.places import Where
from metrics.columns.prepared import KeptLaterError, RingOfParentsError, StaysNotPouredError, prepare
from metrics.columns.rows import flow_metric_rows
from metrics.columns.states import Band, Paced, StateStay, Stayed, bottleneck, pace
from metrics.columns.steady import Steady, stability
from metrics.columns.traced import trace_columns

__all__ = [
    "Ageing",
    "Band",
    "Bands",
    "Efficiency",
    "Finished",
    "KeptLaterError",
    "Kinds",
    "Loaded",
    "Moved",
    "Paced",
    "Percentiles",
    "RingOfParentsError",
    "StateStay",
    "Stayed",
    "StaysNotPouredError",
    "Steady",
    "ThemeDays",
    "Wasted",
    "Where",
    "ageing",
    "bottleneck",
    "coverage_items",
    "cumulative_flow",
    "distribution",
    "flow_balance",
    "flow_efficiency",
    "flow_load",
    "flow_metric_rows",
    "flow_shares",
    "flow_time",
    "lead_time",
    "pace",
    "prepare",
    "stability",
    "throughput",
    "trace_columns",
    "waste",
]
