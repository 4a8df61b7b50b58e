"""When we may ask again."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from connectors.pacing import Pacer, Pause, backoff_seconds, pause_after_failure, pause_after_success

NOON = datetime(2026, 3, 26, 15, 40, tzinfo=UTC)


def after_429(headers: dict[str, str]) -> Pause:
    return pause_after_failure(429, headers, server_now=NOON, attempt=0, draw=0.5)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        pytest.param({"Retry-After": "120"}, 120, id="whole seconds"),
        pytest.param({"Retry-After": "1.5"}, 1.5, id="a decimal"),
        pytest.param({"Retry-After": "Thu, 26 Mar 2026 15:42:00 GMT"}, 120, id="a date, against the server's clock"),
        pytest.param({"Retry-After": "1000000000"}, 1e9, id="longer than any run"),
        pytest.param({"X-RateLimit-Reset": "2026-03-26T16:00Z"}, 1200, id="a reset without seconds"),
        pytest.param({"X-RateLimit-Reset": "2026-03-26T15:41:30Z"}, 90, id="a reset with seconds"),
        pytest.param({"X-RateLimit-Reset": str(int(NOON.timestamp()) + 45)}, 45, id="a reset in epoch seconds"),
        pytest.param({"Retry-After": "5", "X-RateLimit-Reset": "2026-03-26T15:41:00Z"}, 60, id="the longer one"),
        pytest.param({}, 1, id="nothing said"),
        pytest.param({"Retry-After": "0"}, 1, id="zero is no licence for a tight loop"),
        pytest.param({"Retry-After": "-5"}, 1, id="negative"),
        pytest.param({"Retry-After": "abc"}, 1, id="nonsense"),
        pytest.param({"Retry-After": "nan"}, 1, id="not a number"),
        pytest.param({"X-RateLimit-Reset": "soon"}, 1, id="a reset of nonsense"),
        pytest.param({"RateLimit-Reason": "jira-quota-tenant-based"}, 1200, id="a quota lasts until the hour turns"),
    ],
)
def test_what_is_asked_is_never_undercut(headers: dict[str, str], seconds: float) -> None:
    pause = after_429(headers)

    assert pause.seconds == pytest.approx(seconds)


@pytest.mark.parametrize(
    ("reason", "endpoint_only"),
    [("jira-burst-based", True), ("jira-quota-global-based", False), ("jira-cost-based", False), ("", False)],
)
def test_a_burst_slows_one_endpoint_and_anything_else_slows_all(reason: str, endpoint_only: bool) -> None:
    pause = after_429({"RateLimit-Reason": reason, "Retry-After": "3"})

    assert pause == Pause(3, endpoint_only=endpoint_only)


def test_waiting_doubles_with_each_try_and_ends_at_thirty_seconds() -> None:
    waits = [backoff_seconds(attempt, draw=0.5) for attempt in range(8)]

    assert waits == [1, 2, 4, 8, 16, 30, 30, 30]


@pytest.mark.parametrize(("draw", "seconds"), [(0.0, 0.7), (0.9999999, 1.3)])
def test_chance_spreads_the_waits(draw: float, seconds: float) -> None:
    assert backoff_seconds(0, draw=draw) == pytest.approx(seconds)


@pytest.mark.parametrize(
    ("headers", "pause"),
    [
        pytest.param({}, None, id="nothing said"),
        pytest.param({"Retry-After": "30"}, Pause(30), id="Azure DevOps slows before it refuses"),
        pytest.param({"X-RateLimit-Delay": "2.5"}, Pause(2.5), id="a delay"),
        pytest.param({"Retry-After": "0", "X-RateLimit-Remaining": "5"}, None, id="Data Center: tokens are left"),
        pytest.param(
            {"X-RateLimit-Remaining": "0", "X-RateLimit-Interval-Seconds": "60"}, Pause(60), id="Data Center: none left"
        ),
        pytest.param(
            {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "2026-03-26T15:40:10Z"}, Pause(10), id="until the reset"
        ),
    ],
)
def test_a_good_answer_may_slow_the_next_request(headers: dict[str, str], pause: Pause | None) -> None:
    assert pause_after_success(headers, server_now=NOON) == pause


def test_a_pacer_holds_all_or_one_endpoint_and_never_shortens() -> None:
    pacer = Pacer()
    pacer.hold(50, endpoint="GET /a")
    pacer.hold(20, endpoint=None)
    pacer.hold(10, endpoint=None)

    assert (pacer.ready_at("GET /a"), pacer.ready_at("GET /b")) == (50, 20)
