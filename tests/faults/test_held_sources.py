"""Sources that are left alone: their credentials were refused too often, or their tracker asked for time."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from connectors.base import AccessDeniedError, AccountAtStakeError, DeferredError, SourceSettings, TrackerError
from connectors.sandbox.loopback import Fault, LoopbackServer, Response
from sync.holds import after_run, credential_of, holds_now
from sync.store.holds import Hold
from tests.cli.program import Ended, vmo
from tests.cli.small_company import SECRETS, Trackers, a_folder, small_trackers
from tests.faults.catalogue import case

NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def running() -> Iterator[Trackers]:
    with small_trackers() as trackers:
        yield trackers


@pytest.fixture
def trackers(running: Trackers, monkeypatch: pytest.MonkeyPatch) -> Iterator[Trackers]:
    monkeypatch.setattr("cli.clock.now", running.wall.now)
    monkeypatch.setattr("cli.clock.monotonic", lambda: time.monotonic() + running.wall.ahead.total_seconds())
    yield running
    running.well_again()


@pytest.fixture
def folder(trackers: Trackers, tmp_path: Path) -> Path:
    """A folder whose sources were read once, and have nothing new to tell."""
    folder = a_folder(tmp_path / "portfolio", trackers)
    assert vmo("sync", folder=folder, env=SECRETS).code == 0
    return folder


def asked_by(server: LoopbackServer, *words: str, folder: Path, **env: str) -> tuple[Ended, int]:
    """How a command ended, and how many requests it cost this tracker."""
    before = len(server.requests)
    ended = vmo(*words, folder=folder, env=SECRETS | env)
    return ended, len(server.requests) - before


def problems(folder: Path) -> list[str]:
    said = json.loads(vmo("status", "--json", folder=folder).out)
    found: list[str] = said["problems"]
    return found


@case("A01")
def test_refused_credentials_are_tried_three_times_and_then_left_alone(folder: Path, trackers: Trackers) -> None:
    trackers.azure.faults.append(Fault(times=None, response=Response(status=401)))

    costs = []
    for _ in range(6):
        ended, cost = asked_by(trackers.azure, "run", folder=folder)
        costs.append(cost)

    assert ended.code == 3
    assert [cost > 0 for cost in costs] == [True, True, True, False, False, False]
    assert max(costs) == 1
    (told,) = [one for one in problems(folder) if "not asked again" in one]
    assert told.startswith("stores: not asked again before ")
    assert "3 times" in told
    assert "vmo sync --source stores" in told
    assert "canary" not in ended.out + told


def test_another_secret_is_tried_at_once(folder: Path, trackers: Trackers) -> None:
    for _ in range(4):
        vmo("run", folder=folder, env=SECRETS | {"AT": "wrong-token-1"})

    _, same = asked_by(trackers.azure, "run", folder=folder, AT="wrong-token-1")
    ended, right = asked_by(trackers.azure, "run", folder=folder)
    _, after = asked_by(trackers.azure, "run", folder=folder)

    assert (same, ended.code) == (0, 0)
    assert min(right, after) > 0
    assert not [one for one in problems(folder) if "not asked" in one]


def test_a_person_may_try_once_and_the_schedule_once_a_day(folder: Path, trackers: Trackers) -> None:
    trackers.azure.faults.append(Fault(times=None, response=Response(status=401)))
    for _ in range(3):
        vmo("run", folder=folder, env=SECRETS)

    _, everything = asked_by(trackers.azure, "sync", folder=folder)
    _, by_hand = asked_by(trackers.azure, "sync", "--source", "stores", folder=folder)
    _, checked = asked_by(trackers.azure, "check", folder=folder)
    _, by_schedule = asked_by(trackers.azure, "run", folder=folder)
    trackers.wall.ahead = timedelta(days=1, minutes=1)
    costs = [asked_by(trackers.azure, "run", folder=folder)[1] for _ in range(2)]

    assert (everything, by_hand, checked, by_schedule) == (0, 1, 1, 0)
    assert costs == [1, 0]


@case("A04")
def test_a_captcha_is_enough_at_once(folder: Path, trackers: Trackers) -> None:
    asks = Response(status=403, headers={"X-Authentication-Denied-Reason": "CAPTCHA_CHALLENGE; login-url=https://x"})
    trackers.jira.faults.append(Fault(times=None, response=asks))

    costs = [asked_by(trackers.jira, "run", folder=folder)[1] for _ in range(3)]

    assert costs == [1, 0, 0]
    assert any("CAPTCHA" in one for one in problems(folder))


def test_missing_permission_is_no_reason_to_stop_asking(folder: Path, trackers: Trackers) -> None:
    trackers.azure.faults.append(Fault(times=None, response=Response(status=403)))

    costs = [asked_by(trackers.azure, "run", folder=folder)[1] for _ in range(5)]

    assert min(costs) > 0


@case("E053")
def test_a_tracker_that_asks_for_two_hours_gets_them_whoever_asks_and_however_often_we_start(
    folder: Path, trackers: Trackers
) -> None:
    busy = Response(status=429, headers={"Retry-After": "7200"})
    trackers.jira.faults.append(Fault(path="/search/jql$", response=busy))

    first, _ = asked_by(trackers.jira, "run", folder=folder)
    again = [asked_by(trackers.jira, *words, folder=folder) for words in (("run",), ("sync", "--source", "shop"))]
    told = problems(folder)
    trackers.wall.ahead = timedelta(hours=2, minutes=1)
    late, cost = asked_by(trackers.jira, "run", folder=folder)

    assert first.code == 3
    assert "asks us to wait 7200 s" in first.out
    assert [cost for _, cost in again] == [0, 0]
    assert [ended.code for ended, _ in again] == [3, 3]
    assert any(one.startswith("shop: its tracker asks us not to come back before") for one in told)
    assert (late.code, cost > 0) == (0, True)


# --- decided


def a_hold(**told: Any) -> Hold:
    given: dict[str, Any] = {
        "source": "claims", "since": NOON, "until": NOON + timedelta(days=1), "refusals": 3, "credential": "a1",
        "sentence": "claims: no",
    }  # fmt: skip
    return Hold(**given | told)


def refused(status: int = 401) -> AccessDeniedError:
    error = AccessDeniedError("claims: no")
    error.status = status
    return error


@pytest.mark.parametrize(
    ("before", "error", "refusals", "until"),
    [
        pytest.param(None, refused(), 1, None, id="a first refusal"),
        pytest.param(a_hold(refusals=2, until=None), refused(), 3, timedelta(days=1), id="the third"),
        pytest.param(a_hold(refusals=2, until=None, credential="b2"), refused(), 1, None, id="other credentials"),
        pytest.param(a_hold(refusals=2, until=None), TrackerError("down"), 2, None, id="another trouble in between"),
        pytest.param(None, AccountAtStakeError("claims: CAPTCHA"), 3, timedelta(days=1), id="a CAPTCHA"),
        pytest.param(
            None, DeferredError("later", until=NOON + timedelta(hours=2)), 0, timedelta(hours=2), id="asked to wait"
        ),
    ],
)
def test_what_a_run_says_of_the_next_one(
    before: Hold | None, error: TrackerError, refusals: int, until: timedelta | None
) -> None:
    hold = after_run(before, error, source="claims", credential="a1", now=NOON)

    assert hold is not None
    assert (hold.refusals, hold.until) == (refusals, None if until is None else NOON + until)


@pytest.mark.parametrize(
    ("before", "error"),
    [
        pytest.param(a_hold(), None, id="went through"),
        pytest.param(None, TrackerError("down"), id="down"),
        pytest.param(None, refused(403), id="no permission"),
        pytest.param(None, DeferredError("stopped"), id="stopped"),
    ],
)
def test_nothing_is_known_against_asking_again(before: Hold | None, error: TrackerError | None) -> None:
    assert after_run(before, error, source="claims", credential="a1", now=NOON) is None


def test_a_clock_that_is_set_back_keeps_nobody_waiting() -> None:
    hold = a_hold(refusals=0)

    assert holds_now(hold, credential="a1", now=NOON, by_hand=False)
    assert not holds_now(hold, credential="a1", now=NOON - timedelta(hours=1), by_hand=False)


def test_the_name_of_a_credential_changes_with_any_part_of_it_and_tells_none() -> None:
    def named(**told: Any) -> str:
        given: dict[str, Any] = {"url": "https://a.example.com", "user": "u", "token": "canary-token"} | told
        return credential_of(SourceSettings(name="claims", kind="jira", **given), salt="s")

    names = [named(), named(token="other"), named(user="v"), named(url="https://b.example.com")]

    assert len(set(names)) == 4
    assert {len(name) for name in names} == {6}
