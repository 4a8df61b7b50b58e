"""What forecasts assume, as people write it."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from config.portfolio import Block
from config.values import Duration, OneOrMore, Text, Whole, said

MOST_ITEMS = 1_000  # below one epic; more is rather a slip of the pen
MOST_SEED = 2**32 - 1


class SizeBlock(Block):
    """How many items are assumed below an epic or a feature that nobody has split."""

    level: Literal["epic", "feature"]
    """The level it is about."""
    type: Text | None = None
    """The type of item, as the tracker names it; every type of the level where nothing is said."""
    from_: Whole = Field(alias="from")
    """The fewest items it may turn out to have."""
    to: Whole
    """The most; each number from the one to the other is as likely as another."""

    @model_validator(mode="after")
    def _is_a_range(self) -> SizeBlock:
        if not self.from_ <= self.to <= MOST_ITEMS:
            raise ValueError(f"expected a range from 1 up to at most {MOST_ITEMS:,} items, such as from: 4, to: 12")
        return self


class ForecastsBlock(Block):
    """What forecasts of dates assume where the trackers do not tell."""

    order: Literal["rank", "kanban", "dates"] = "rank"
    """Epics in progress come first, then the queue. Each by its tracker's rank; by what the fields of `kanban: rank` \
say; or by dates: the due date, then the age. What has no rank keeps the place that its dates give it."""
    sizes: Annotated[tuple[SizeBlock, ...], OneOrMore()] = ()
    """Assumed sizes where fewer than ten of a type were finished to draw from; the first that matches."""
    window: Duration | None = None
    """How many days before today tell who finishes how much, from 30 to 90; 60 days where nothing is said."""
    seed: Whole | None = None
    """The seed of all trials, from 1 to 4294967295; one of the portfolio and the day where nothing is said."""

    @field_validator("window")
    @classmethod
    def _neither_too_short_nor_stale(cls, length: timedelta | None) -> timedelta | None:
        if length is not None and (length % timedelta(days=1) or not 30 <= length.days <= 90):
            raise ValueError("expected whole days from 30 to 90, such as 60 days")
        return length

    @field_validator("seed")
    @classmethod
    def _has_32_bits(cls, seed: int | None) -> int | None:
        if seed is not None and seed > MOST_SEED:
            raise ValueError(f"expected a whole number from 1 to {MOST_SEED}")
        return seed

    @model_validator(mode="after")
    def _each_can_match(self) -> ForecastsBlock:
        seen: set[tuple[str, str | None]] = set()
        for one in self.sizes:
            type = None if one.type is None else one.type.casefold()
            if {(one.level, type), (one.level, None)} & seen:
                of = "" if one.type is None else f" of type {said(one.type)}"
                raise ValueError(f"an earlier size holds for every {one.level}{of}; put it before, or remove it")
            seen.add((one.level, type))
        return self
