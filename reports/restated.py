"""How many figures of closed periods read differently today: those of the flow, and the closed months of money."""

from __future__ import annotations

from dataclasses import dataclass

from domain.funding import Adjustment
from metrics.restatement import Restated
from reports.money import funds
from reports.reckoning import Reckoning


@dataclass(frozen=True, kw_only=True)
class Retold:
    """Every page counts the same: `compared` figures were held against what was first told, `differing` differ.

    `figures` are those of the flow that differ, `adjustments` what changed in closed months of money. `months` is how
    many months are closed, `changed` how many of them read differently: each month of a value stream is one figure.
    """

    figures: tuple[Restated, ...]
    adjustments: tuple[Adjustment, ...]
    months: int
    changed: int
    compared: int

    @property
    def differing(self) -> int:
        return len(self.figures) + self.changed


def retold(numbers: Reckoning) -> Retold:
    """What became of all that was told of closed periods."""
    past, told = numbers.book.past, funds(numbers.book)
    kept = [] if told is None else [
        one for stream in told.streams for one in stream.spent.entries if one.closed is not None
    ]  # fmt: skip
    adjustments = told.adjustments if told is not None and kept else ()
    return Retold(
        figures=past.restated,
        adjustments=adjustments,
        months=len(kept),
        changed=len({(one.value_stream, one.of) for one in adjustments}),
        compared=past.compared + len(kept),
    )
