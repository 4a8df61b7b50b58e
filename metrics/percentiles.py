"""Percentiles by nearest rank, and how many of them a sample may show: definitions 3.0.7 and 3.0.8."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

Number = TypeVar("Number", int, float)


def percentile(ascending: Sequence[Number], p: int) -> Number:
    """The value at rank ceil(p/100 · n) of ascending data, the first being 1: always a value that happened.

    The 85th percentile of 1, 2, 2, 3, 4, 5, 8, 13, 21, 34 is 21. Raises ValueError on no data.
    """
    if not ascending:
        raise ValueError("no data has no percentile")
    rank = -(-p * len(ascending) // 100)  # rounded up, in whole numbers: no float error may move a rank
    return ascending[max(rank, 1) - 1]


def shown(n: int) -> tuple[int, ...]:
    """Which percentiles a sample of n may show: none below 5, the median to 9, the 85th to 19, then the 95th."""
    if n < 5:
        return ()
    if n < 10:
        return (50,)
    return (50, 85) if n < 20 else (50, 85, 95)


def gated(ascending: Sequence[Number], p: int) -> Number | None:
    """The percentile, or None where the sample is too small to show it."""
    return percentile(ascending, p) if p in shown(len(ascending)) else None
