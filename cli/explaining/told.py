"""What `vmo explain` answers: lines for a person, and the same as data for a program."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Explained:
    lines: list[str]
    data: dict[str, Any]
