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
    Where,
    ageing,
    cumulative_flow,
    distribution,
    flow_balance,
    flow_efficiency,
    flow_load,
    flow_shares,
    flow_time,
    lead_time,
    throughput,
)
from metrics.columns.prepared import RingOfParentsError, prepare
from metrics.columns.traced import trace_columns

__all__ = [
    "Ageing",
    "Bands",
    "Efficiency",
    "Finished",
    "Kinds",
    "Loaded",
    "Moved",
    "Percentiles",
    "RingOfParentsError",
    "ThemeDays",
    "Where",
    "ageing",
    "cumulative_flow",
    "distribution",
    "flow_balance",
    "flow_efficiency",
    "flow_load",
    "flow_shares",
    "flow_time",
    "lead_time",
    "prepare",
    "throughput",
    "trace_columns",
]
