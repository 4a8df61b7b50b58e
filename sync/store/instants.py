"""Instants as the store keeps them: whole microseconds since 1970-01-01 UTC, without a float in between."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import overload

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


@overload
def micros(instant: datetime) -> int: ...
@overload
def micros(instant: None) -> None: ...
def micros(instant: datetime | None) -> int | None:
    """Refuses a naive instant (TypeError): it does not say when."""
    if instant is None:
        return None
    return (instant - _EPOCH) // _MICROSECOND


@overload
def moment(number: int) -> datetime: ...
@overload
def moment(number: None) -> None: ...
def moment(number: int | None) -> datetime | None:
    """The instant in UTC that `micros` made into a number."""
    return None if number is None else _EPOCH + number * _MICROSECOND
