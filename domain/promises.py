"""Forecasts as they were published, and what became of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from domain.work_item import ItemId

WHEN = "when"  # the day by which an item is done, with so much probability
DUE = "due"  # how likely it is done by its due date

FINISHED, WITHDRAWN = "finished", "withdrawn"  # how an item ends


@dataclass(frozen=True, slots=True, kw_only=True)
class Promise:
    """What one edition told of one item: a day with its probability, or the likelihood of its due date.

    `kind` is WHEN or DUE. `percentile` is that of a day, 0 for a due date. `day` None: it is not reached within the
    horizon, or `refused` says why nothing could be told. A likelihood is `done_trials` of `trials`.
    """

    item: ItemId
    key: str
    kind: str
    percentile: int
    day: date | None
    done_trials: int | None = None
    trials: int
    refused: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Foretold:
    """All that one edition told of the future, and the plan that it told it from, as plain values.

    `as_of` is the day it spoke on, `known_at` when what it knew was known. `in_hindsight`: it was published after that
    day, when more was known; such a forecast proves nothing. `digest` names the content of the plan.
    """

    as_of: date
    known_at: datetime
    published_at: datetime
    seed: int
    definition_version: int
    digest: str
    plan: Mapping[str, Any]
    promises: tuple[Promise, ...]
    in_hindsight: bool = False
    edition: str = ""  # set by the store


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """A promise, and when it was given."""

    edition: str
    as_of: date
    promise: Promise


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """How an item ended, and on which day: FINISHED, or WITHDRAWN when it was given up or removed."""

    how: str
    day: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of one promise: `kept` on the day or before it, or not; None where nobody can say any more."""

    edition: str
    promise: Promise
    ending: Ending
    kept: bool | None


def outcome(given: Given, ending: Ending) -> Outcome:
    """Hold a promise against the end of its item.

    An item that was given up by the day keeps no promise and breaks none; a day that was never named cannot be kept.
    """
    day = given.promise.day
    if day is None or (ending.how == WITHDRAWN and ending.day <= day):
        kept = None
    else:
        kept = ending.how == FINISHED and ending.day <= day
    return Outcome(edition=given.edition, promise=given.promise, ending=ending, kept=kept)
