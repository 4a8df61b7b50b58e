"""KPIs that are asked of an address over real HTTP: what counts as a reading, and all that does not."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from connectors.base import (
    AccessDeniedError,
    RefusedRequestError,
    SettingsError,
    TrackerError,
    TrackerUnavailableError,
    UnreadableAnswerError,
)
from connectors.endpoint import EndpointSettings, at, read
from domain.strategy import Reading
from tests.builders import a_calendar
from tests.connectors.scripted_server import Reply, html_answer, json_answer, serving
from tests.connectors.test_transport import Clock

TOKEN = "canary-kpi-3e0d1f"
ANSWER = {"data": [{"value": 42.5, "day": "2026-10-31", "at": "2026-10-31T23:30:00Z", "text": "n/a", "none": None}]}


def asked(server_url: str, **settings: Any) -> Reading:
    clock = Clock()
    told = EndpointSettings(
        kpi="nps", url=f"{server_url}/kpi/nps", value="/data/0/value", token=TOKEN, allow_insecure=True
    )
    return read(
        replace(told, **settings),
        now=clock.now,
        monotonic=clock.monotonic,
        sleep=clock.sleep,
        random=lambda: 0.0,
        local_day=a_calendar("Europe/Paris").day,
    )


def test_a_reading_has_the_value_the_day_and_the_address_that_it_came_from() -> None:
    with serving(lambda _: json_answer(ANSWER)) as server:
        found = asked(server.url, date="/data/0/day")

    assert found == Reading(kpi="nps", day=date(2026, 10, 31), value=Decimal("42.5"), source=f"{server.url}/kpi/nps")
    assert found.origin == "endpoint"


def test_asks_once_with_get_and_its_token_and_its_query_and_nothing_else() -> None:
    with serving(lambda _: json_answer(ANSWER)) as server:
        found = asked(server.url, url=f"{server.url}/kpi?name=nps&of=all")

    (seen,) = server.seen
    assert (seen.method, seen.path, seen.query) == ("GET", "/kpi", {"name": ["nps"], "of": ["all"]})
    assert seen.headers["Authorization"] == f"Bearer {TOKEN}"
    assert found.source == f"{server.url}/kpi"


@pytest.mark.parametrize(
    ("pointer", "day"),
    [
        pytest.param(None, date(2026, 11, 1), id="the day of asking where none is told"),
        pytest.param("/data/0/day", date(2026, 10, 31), id="a day as it is told"),
        pytest.param("/data/0/at", date(2026, 11, 1), id="an instant on its local day"),
    ],
)
def test_a_reading_is_of_the_day_that_the_answer_tells(pointer: str | None, day: date) -> None:
    with serving(lambda _: json_answer(ANSWER)) as server:
        assert asked(server.url, date=pointer).day == day


@pytest.mark.parametrize(
    ("answer", "pointer", "message"),
    [
        ({"data": []}, "/data/0/value", "the answer has nothing at /data/0/value; check the pointer"),
        (ANSWER, "/data/0/none", "the answer has nothing at /data/0/none"),
        (ANSWER, "/data/0/text", "expected a number at /data/0/text of the answer, found text"),
        (ANSWER, "/data/0", "expected a number at /data/0 of the answer, found an object"),
        ({"v": True}, "/v", "expected a number at /v of the answer, found true or false"),
        ({"v": float("nan")}, "/v", "expected a number at /v"),
        ({"v": ""}, "/v", "expected a number at /v"),
    ],
)
def test_what_is_not_there_or_is_no_number_is_an_error_and_never_a_zero(
    answer: Any, pointer: str, message: str
) -> None:
    with serving(lambda _: json_answer(answer)) as server, pytest.raises(UnreadableAnswerError) as told:
        asked(server.url, value=pointer)

    assert str(told.value).startswith(f"kpis.nps: {message}")


@pytest.mark.parametrize(("day", "is_read"), [("2026-11-02", True), ("2026-11-03", False), ("yesterday", False)])
def test_a_day_that_has_not_come_in_any_zone_is_no_day_of_a_reading(day: str, is_read: bool) -> None:
    with serving(lambda _: json_answer({"v": 1, "day": day})) as server:
        if is_read:
            assert asked(server.url, value="/v", date="/day").day == date.fromisoformat(day)
        else:
            with pytest.raises(UnreadableAnswerError, match="nothing of it was kept"):
                asked(server.url, value="/v", date="/day")


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        pytest.param(json_answer({}, status=401), AccessDeniedError, id="a token that is not accepted"),
        pytest.param(json_answer({"message": TOKEN}, status=403), AccessDeniedError, id="a token that may not"),
        pytest.param(json_answer({}, status=404), SettingsError, id="a wrong address"),
        pytest.param(
            Reply(status=302, headers={"Location": "http://elsewhere.example/"}), SettingsError, id="redirect"
        ),
        pytest.param(html_answer(), UnreadableAnswerError, id="a web page"),
        pytest.param(Reply(headers={"Content-Type": "application/json"}), UnreadableAnswerError, id="nothing"),
        pytest.param(
            Reply(headers={"Content-Type": "application/json"}, body=b'{"data": 1, "data": 2}'),
            UnreadableAnswerError,
            id="one name twice",
        ),
        pytest.param(
            Reply(headers={"Content-Type": "application/json"}, body=b'"' + b"x" * 1_100_000 + b'"'),
            UnreadableAnswerError,
            id="more than a megabyte",
        ),
        pytest.param(Reply(reset=True), TrackerUnavailableError, id="a connection that breaks"),
        pytest.param(json_answer({}, status=503), TrackerUnavailableError, id="a trouble of its own"),
    ],
)
def test_every_failure_is_an_error_that_names_the_kpi_and_tells_no_secret(
    reply: Reply, error: type[TrackerError]
) -> None:
    with serving([reply]) as server, pytest.raises(error) as told:
        asked(server.url)

    assert str(told.value).startswith("kpis.nps: ")
    assert TOKEN not in str(told.value)
    assert len(server.seen) <= 2


def test_a_busy_endpoint_is_not_waited_for_long() -> None:
    with serving([json_answer({}, status=429, Retry_After="600")]) as server, pytest.raises(TrackerUnavailableError):
        asked(server.url)

    assert len(server.seen) == 1


def test_plain_http_is_refused_unless_it_is_asked_for() -> None:
    with (
        serving(lambda _: json_answer(ANSWER)) as server,
        pytest.raises(SettingsError, match="the token would travel in clear"),
    ):
        asked(server.url, allow_insecure=False)

    assert server.seen == []


def test_a_path_that_two_readers_may_read_differently_never_leaves() -> None:
    with serving(lambda _: json_answer(ANSWER)) as server, pytest.raises(RefusedRequestError):
        asked(server.url, url=f"{server.url}/kpi/%2e%2e/admin")

    assert server.seen == []


def test_the_secret_is_in_no_repr() -> None:
    assert TOKEN not in repr(EndpointSettings(kpi="nps", url="https://x.example/", value="", token=TOKEN))


@pytest.mark.parametrize(
    ("pointer", "value"),
    [("", {"a/b": {"~": [7]}}), ("/a~1b/~0/0", 7), ("/a~1b", {"~": [7]})],
)
def test_a_pointer_finds_what_it_names(pointer: str, value: Any) -> None:
    assert at({"a/b": {"~": [7]}}, pointer) == value


@pytest.mark.parametrize("pointer", ["/b", "/a~1b/~0/1", "/a~1b/~0/x", "/a~1b/~0/0/0", "/a~1b/~0/-1"])
def test_a_pointer_that_leads_nowhere_finds_nothing(pointer: str) -> None:
    with pytest.raises(LookupError):
        at({"a/b": {"~": [7]}}, pointer)
