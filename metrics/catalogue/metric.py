"""One definition of a number."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

Words = Mapping[str, str]  # by locale: en, fr


@dataclass(frozen=True, kw_only=True)
class Metric:
    """One definition. `better`: up, down, range (inside its limits) or none. `precision`: decimal places shown.

    `formula` is what the page says under "how is this computed?": at most 60 words. `source` says which fields it
    is computed from, and who defined it. `settings` name what of it a portfolio may agree otherwise.
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
    settings: tuple[str, ...] = ()
