"""Every metric in words: what it asks, how it is computed, what it leaves out. Written once, in both languages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

VERSION = 1  # of the definitions as a whole; printed in the footer of every page

Words = Mapping[str, str]  # by locale: en, fr


@dataclass(frozen=True, kw_only=True)
class Metric:
    """One definition. `better`: up, down, range (inside its limits) or none. `precision`: decimal places shown.

    `formula` is what the page says under "how is this computed?": at most 60 words. `source` says which fields it
    is computed from, and who defined it.
    """

    id: str
    version: int
    name: Words
    question: Words
    formula: Words
    unit: str
    better: str
    precision: int
    includes: Words
    excludes: Words
    minimum_sample: int
    source: str


def of(name: str) -> Metric:
    """The metric of a name in the export: `flow_time_p85` and `flow_time`, `key_result:npq` and `key_result`."""
    stem = name.partition(":")[0]
    for suffix in ("_p50", "_p85", "_p95"):
        stem = stem.removesuffix(suffix)
    return METRICS[stem]


METRICS: dict[str, Metric] = {}
