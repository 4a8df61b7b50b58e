"""A table as plain data: names of its columns, and its rows. None is an empty cell."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Rows:
    header: tuple[str, ...]
    rows: Sequence[Sequence[str | int | None]]
