"""A KPI's newest value, asked of an address that answers JSON. One GET, through the guarded transport.

What the settings name is the whole of what may leave: that host, that path, that query. The answer is small and comes
soon, or it is none; and what is not there, or is no number, becomes an error and never a zero.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal

import requests
from urllib3.util import parse_url

from connectors.base import Json, SourceSettings, UnreadableAnswerError
from connectors.reading import day_of, moment_of, number_of
from connectors.transport import Transport, answer_of
from domain.strategy import Reading

LARGEST_ANSWER_BYTES = 1024 * 1024
REQUEST_SECONDS = 30
RUN_SECONDS = 90  # tries and waits included
WAITING_SECONDS = 20  # that an endpoint may ask of us in one run
TRIES = 2


@dataclass(frozen=True, kw_only=True)
class EndpointSettings:
    """What must be known of an endpoint. `value` and `date` are JSON pointers; `token` is the secret itself."""

    kpi: str
    url: str
    value: str
    date: str | None = None
    token: str = field(default="", repr=False)
    allow_insecure: bool = False
    allow_private: bool = False
    ca_bundle: str | None = None
    proxy: str | None = None


def read(
    settings: EndpointSettings,
    *,
    now: Callable[[], datetime],
    monotonic: Callable[[], float],
    sleep: Callable[[float], None],
    random: Callable[[], float],
    local_day: Callable[[datetime], date],
) -> Reading:
    """The newest value of a KPI and the day that it is of, with its provenance; may raise any TrackerError.

    A day comes as the endpoint says it; an instant counts on its local day. Without either it is of today. A day that
    is later than tomorrow, whatever the zone, is no day of a measurement.
    """
    who, today = f"kpis.{settings.kpi}", local_day(now())
    address = parse_url(settings.url)
    path = address.path or "/"
    transport = Transport(
        SourceSettings(
            name=who,
            kind="endpoint",
            url=f"{address.scheme}://{address.netloc}",
            token=settings.token,
            allow_insecure=settings.allow_insecure,
            allow_private=settings.allow_private,
            ca_bundle=settings.ca_bundle,
            proxy=settings.proxy,
            request_timeout_seconds=REQUEST_SECONDS,
            run_deadline_seconds=RUN_SECONDS,
            sleep_budget_seconds=WAITING_SECONDS,
        ),
        allowed=f"GET {path}",
        now=now,
        monotonic=monotonic,
        sleep=sleep,
        random=random,
        largest_answer_bytes=LARGEST_ANSWER_BYTES,
        hints={
            401: "check its token, and whether it has expired",
            403: "check what its token may read",
            404: "check its url",
        },
    )
    try:
        with requests.Session() as session, transport.tries(TRIES):
            transport.mount(session)
            session.headers["Accept"] = "application/json"
            if settings.token:
                session.headers["Authorization"] = f"Bearer {settings.token}"
            body = answer_of(session.get(settings.url)).json
    finally:
        transport.close()
    return Reading(
        kpi=settings.kpi,
        day=today if settings.date is None else _day(body, settings.date, who=who, today=today, local_day=local_day),
        value=_value(body, settings.value, who=who),
        source=f"{address.scheme}://{address.netloc}{path}",
        origin="endpoint",
    )


def at(body: Json, pointer: str) -> Json:
    """What stands at a JSON pointer (RFC 6901). Raises LookupError where nothing does."""
    value = body
    for step in pointer.split("/")[1:]:
        name = step.replace("~1", "/").replace("~0", "~")
        if isinstance(value, Mapping):
            value = value[name]
        elif isinstance(value, Sequence) and not isinstance(value, str) and name.isascii() and name.isdigit():
            value = value[int(name)]
        else:
            raise LookupError(pointer)
    return value


def _value(body: Json, pointer: str, *, who: str) -> Decimal:
    found = _found(body, pointer, who=who)
    try:
        return number_of(found)
    except ValueError:
        raise UnreadableAnswerError(
            f"{who}: expected a number at {pointer or 'the top'} of the answer, found {_said(found)}; "
            "nothing of it was kept"
        ) from None


def _day(body: Json, pointer: str, *, who: str, today: date, local_day: Callable[[datetime], date]) -> date:
    found = _found(body, pointer, who=who)
    try:
        is_day = isinstance(found, str) and len(found) == len("2026-09-28")
        day = day_of(found) if is_day else local_day(moment_of(found))
    except ValueError:
        raise UnreadableAnswerError(
            f"{who}: expected a day such as 2026-09-28, or an instant, at {pointer or 'the top'} of the answer, found "
            f"{_said(found)}; nothing of it was kept"
        ) from None
    if day > today + timedelta(days=1):
        raise UnreadableAnswerError(f"{who}: the answer is of {day}, which has not come yet; nothing of it was kept")
    return day


def _found(body: Json, pointer: str, *, who: str) -> Json:
    try:
        found = at(body, pointer)
    except LookupError:
        found = None
    if found is None:
        raise UnreadableAnswerError(
            f"{who}: the answer has nothing at {pointer}; check the pointer, or what the endpoint answers; "
            "nothing of it was kept"
        )
    return found


def _said(value: Json) -> str:
    """What was found, without its words: they may be anything."""
    kinds = {bool: "true or false", str: "text", dict: "an object", list: "a list"}
    return kinds.get(type(value), "a number that cannot be held")
