"""What was agreed about forecasts: in which order epics are worked on, how large the unknown is, and the lots."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

WINDOW_DAYS = 60
OrderBy = Literal["rank", "kanban", "dates"]


@dataclass(frozen=True, kw_only=True)
class AssumedSize:
    """How many items something has that nobody has split, from the least to the most. `type` None: any of the level."""

    level: str
    type: str | None = None
    least: int
    most: int


@dataclass(frozen=True, kw_only=True)
class Forecasting:
    """The portfolio's own assumptions.

    `window_days`: so many days before today tell who finishes how much.
    `order`: rank, the tracker's own, and by dates what has none; kanban, what the board's fields say (`rank`); or dates
    alone. `sizes` hold where too few of a type were finished to draw from; the first that matches. `seed` None: that of
    the day.
    """

    order: OrderBy = "rank"
    rank: tuple[str, ...] = ()
    sizes: tuple[AssumedSize, ...] = ()
    seed: int | None = None
    window_days: int = WINDOW_DAYS

    def size_of(self, *, level: str, type: str) -> AssumedSize | None:
        """What is assumed of one that nobody has split; None: nothing."""
        return next(
            (
                one
                for one in self.sizes
                if one.level == level and (one.type is None or one.type.casefold() == type.casefold())
            ),
            None,
        )
