"""The ticker wakes, the ledger decides: real threads, a clock of our own."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import time_machine

from config.schedule import schedule
from sync.due import Owed
from sync.schedule import Job, Schedule
from sync.store import Store, open_store
from tests.faults.catalogue import case
from tests.sync.conftest import sqlite_url
from tests.sync.fakes import FakeClock

MONDAY = datetime(2026, 3, 9, 6, 59, tzinfo=UTC)


@pytest.fixture
def clock() -> FakeClock:
    clock = FakeClock()
    clock.at = MONDAY
    return clock


@pytest.fixture
def store(tmp_path: Path, clock: FakeClock) -> Iterator[Store]:
    with open_store(sqlite_url(tmp_path), now=clock.now) as opened:
        yield opened


def running(store: Store, clock: FakeClock, *jobs: Job) -> Schedule:
    made = Schedule(
        jobs, store, now=clock.now, monotonic=time.monotonic, zone=ZoneInfo("UTC"), since=MONDAY, tick_seconds=0.05
    )
    made.start()
    return made


def at_rest(store: Store, clock: FakeClock, *jobs: Job) -> Schedule:
    return Schedule(jobs, store, now=clock.now, monotonic=time.monotonic, zone=ZoneInfo("UTC"), since=MONDAY)


def weekly(work: Callable[[Owed], object], name: str = "weekly") -> Job:
    return Job(name=name, when=schedule("Mon 07:00"), work=work)


def eventually(holds: Callable[[], bool]) -> bool:
    until = time.monotonic() + 10
    while time.monotonic() < until:
        if holds():
            return True
        time.sleep(0.02)
    return False


def test_a_report_is_made_once_when_its_time_has_come(store: Store, clock: FakeClock) -> None:
    made: list[str] = []
    ticking = running(store, clock, weekly(lambda period: made.append(period.period_key)))
    time.sleep(0.3)
    too_early = list(made)

    clock.move(minutes=2)
    came = eventually(lambda: [row.state for row in store.due("weekly")] == ["done"])
    time.sleep(0.3)
    stopped = ticking.stop(5)

    assert (too_early, came, made, stopped) == ([], True, ["2026-W11"], True)


def test_a_report_that_fails_is_written_down_and_the_schedule_lives_on(store: Store, clock: FakeClock) -> None:
    def fail(_: Owed) -> None:
        raise RecursionError

    made: list[str] = []
    clock.move(minutes=2)
    ticking = running(store, clock, weekly(fail, "failing"), weekly(lambda period: made.append(period.period_key)))

    both = eventually(lambda: {row.report: row.state for row in store.due()} == {"failing": "failed", "weekly": "done"})
    ticking.stop(5)

    assert both
    assert [row.note for row in store.due("failing")] == ["RecursionError"]


@case("T09")
def test_ten_jobs_that_hang_hold_up_no_other(store: Store, clock: FakeClock) -> None:
    release, made = threading.Event(), threading.Event()
    hanging = [weekly(lambda _: release.wait(20), f"hanging-{number}") for number in range(10)]
    clock.move(minutes=2)

    ticking = running(store, clock, *hanging, weekly(lambda _: made.set()))
    in_time = made.wait(5)
    still_at_work = ticking.stop(0.1)
    release.set()

    assert in_time
    assert not still_at_work
    assert ticking.stop(10)


@case("E093")
def test_a_job_that_is_still_at_work_is_not_started_twice(store: Store, clock: FakeClock) -> None:
    release, begun = threading.Event(), threading.Semaphore(0)

    def work(_: Owed) -> None:
        begun.release()
        release.wait(10)

    ticking = running(store, clock, Job(name="sync", when=schedule("every 1 minute"), work=work, kept=False))
    begun.acquire(timeout=5)
    for _ in range(5):
        clock.move(minutes=1)
        time.sleep(0.1)
    twice = begun.acquire(blocking=False)
    release.set()
    again = begun.acquire(timeout=5)
    ticking.stop(5)

    assert (twice, again) == (False, True)
    assert store.due() == []


@case("T10")
def test_work_claimed_by_a_process_that_died_is_taken_up_again(store: Store, clock: FakeClock) -> None:
    made: list[str] = []
    store.claim_due("weekly", "2026-W10", MONDAY - timedelta(hours=7))

    ticking = running(store, clock, weekly(lambda period: made.append(period.period_key)))
    came = eventually(lambda: [row.state for row in store.due("weekly")] == ["done"])
    ticking.stop(5)

    assert came
    assert made == ["2026-W10"]


def test_what_was_missed_is_written_down_and_not_made(store: Store, clock: FakeClock) -> None:
    made: list[str] = []
    clock.move(days=9)

    ticking = running(store, clock, weekly(lambda period: made.append(period.period_key)))
    both = eventually(lambda: len(store.due("weekly")) == 2)
    ticking.stop(5)

    assert both
    assert {row.period_key: row.state for row in store.due("weekly")} == {"2026-W11": "missed", "2026-W12": "missed"}
    assert made == []


def test_the_next_runs_can_be_told(store: Store, clock: FakeClock) -> None:
    ticking = running(store, clock, weekly(lambda _: None))

    coming = ticking.next_runs()
    ticking.stop(5)

    assert coming == {"weekly": datetime(2026, 3, 9, 7, 0, tzinfo=UTC)}


def test_what_failed_is_made_by_the_next_run_within_the_time_of_catching_up(store: Store, clock: FakeClock) -> None:
    tries: list[str] = []

    def fail_once(period: Owed) -> None:
        tries.append(period.period_key)
        if len(tries) == 1:
            raise OSError

    clock.move(minutes=2)
    turns = at_rest(store, clock, weekly(fail_once))
    turns.once()
    failed = [row.state for row in store.due("weekly")]

    turns.once()
    turns.once()

    assert failed == ["failed"]
    assert [row.state for row in store.due("weekly")] == ["done"]
    assert len(tries) == 2


def test_what_failed_too_long_ago_is_left_alone(store: Store, clock: FakeClock) -> None:
    tries: list[str] = []

    def fail(period: Owed) -> None:
        tries.append(period.period_key)
        raise OSError

    clock.move(minutes=2)
    turns = at_rest(store, clock, weekly(fail))
    turns.once()
    clock.move(minutes=25 * 60)

    turns.once()

    assert len(tries) == 1


@case("E093")
def test_after_a_night_asleep_one_turn_is_taken_and_not_one_for_each_hour(store: Store, clock: FakeClock) -> None:
    turns: list[Owed] = []
    hourly = Job(name="sync", when=schedule("every 1 hour"), work=turns.append, kept=False)
    resting = at_rest(store, clock, hourly)
    resting.once()

    clock.move(minutes=9 * 60)
    for _ in range(5):
        resting.once()

    assert len(turns) == 2


@pytest.mark.parametrize("jump", [timedelta(days=-1), timedelta(days=1)], ids=["back", "forward"])
def test_a_clock_that_jumps_neither_doubles_a_turn_nor_stops_them(
    jump: timedelta, store: Store, clock: FakeClock
) -> None:
    turns: list[Owed] = []
    often = Job(name="sync", when=schedule("every 15 minutes"), work=turns.append, kept=False)
    reported: list[str] = []
    resting = at_rest(store, clock, often, weekly(lambda period: reported.append(period.period_key)))
    clock.move(minutes=2)
    resting.once()

    clock.at += jump
    for _ in range(10):
        resting.once()
    at_once = len(turns)
    clock.move(minutes=31)
    resting.once()

    assert at_once <= 2
    assert len(turns) == at_once + 1
    assert reported == ["2026-W11"]


def test_the_ticker_goes_on_when_the_wall_clock_is_set_back(store: Store) -> None:
    """The library looks at the real clock, so that it is the real one that jumps here."""
    seen: list[Owed] = []
    with time_machine.travel(MONDAY, tick=True) as wall:
        ticking = Schedule(
            [Job(name="sync", when=schedule("every 1 minute"), work=seen.append, kept=False)],
            store, now=lambda: datetime.now(UTC), monotonic=time.perf_counter, zone=ZoneInfo("UTC"), since=MONDAY,
            tick_seconds=0.1,
        )  # fmt: skip
        ticking.start()
        first = eventually_by_count(seen, 1)
        wall.move_to(MONDAY - timedelta(hours=5))
        wait_a_little()
        wall.shift(timedelta(minutes=2))
        second = eventually_by_count(seen, 2)
        ticking.stop(5)

    assert (first, second) == (True, True)


def eventually_by_count(seen: list[Owed], count: int) -> bool:
    for _ in range(250):
        if len(seen) >= count:
            return True
        threading.Event().wait(0.02)
    return False


def wait_a_little() -> None:
    threading.Event().wait(0.5)


@case("T07")
def test_nothing_is_claimed_made_or_missed_while_the_clock_is_in_doubt(store: Store, clock: FakeClock) -> None:
    why: list[str] = ["the clock is a year ahead"]
    made: list[str] = []
    jobs = [weekly(lambda period: made.append(period.period_key))]
    resting = Schedule(
        jobs, store, now=clock.now, monotonic=time.monotonic, zone=ZoneInfo("UTC"), since=MONDAY,
        doubt=lambda: why[0] if why else None,
    )  # fmt: skip
    clock.move(days=365)
    resting.once()
    in_doubt = (store.due("weekly"), list(made))

    clock.move(days=-365, minutes=2)
    why.clear()
    resting.once()

    assert in_doubt == ([], [])
    assert made == ["2026-W11"]


@case("T07")
def test_periods_that_a_wrong_clock_entered_keep_no_later_one_away(store: Store, clock: FakeClock) -> None:
    made: list[str] = []
    ahead = MONDAY + timedelta(days=364)
    store.claim_due("weekly", "2027-W10", ahead, due_at=ahead)
    clock.move(minutes=2)

    at_rest(store, clock, weekly(lambda period: made.append(period.period_key))).once()

    assert made == ["2026-W11"]


@case("T08")
def test_turns_that_pass_while_one_is_at_work_are_counted(
    store: Store, clock: FakeClock, caplog: pytest.LogCaptureFixture
) -> None:
    slow = Job(name="sync", when=schedule("every 15 minutes"), work=lambda _: clock.move(minutes=50), kept=False)
    resting = at_rest(store, clock, slow)

    resting.once()

    assert resting.skipped == {"sync": 2}
    assert "sync: 2 turns skipped" in caplog.text


@case("T10")
@pytest.mark.parametrize(
    ("hours", "expected"),
    [pytest.param(2, {"2026-W11": "done"}, id="soon"), pytest.param(100, {"2026-W11": "missed"}, id="too late")],
)
def test_what_a_killed_process_had_claimed_is_made_unless_it_is_too_late(
    hours: int, expected: dict[str, str], store: Store, clock: FakeClock
) -> None:
    clock.move(minutes=2)
    store.claim_due("weekly", "2026-W11", clock.now(), due_at=MONDAY + timedelta(minutes=1))
    clock.move(minutes=60 * hours)

    at_rest(store, clock, weekly(lambda _: None)).once()

    assert {row.period_key: row.state for row in store.due("weekly")} == expected


@case("T10", "T05")
@pytest.mark.parametrize("left", ["claimed", "failed"])
def test_where_a_newer_period_is_owed_the_older_one_is_not_made_beside_it(
    left: str, store: Store, clock: FakeClock
) -> None:
    made: list[str] = []
    daily = Job(name="daily", when=schedule("daily 07:00"), work=lambda period: made.append(period.period_key))
    clock.move(minutes=2)
    store.claim_due("daily", "2026-03-09", clock.now(), due_at=MONDAY + timedelta(minutes=1))
    if left == "failed":
        store.finish_due("daily", "2026-03-09", "failed", clock.now())
    clock.move(minutes=24 * 60 - 1)

    at_rest(store, clock, daily).once()

    assert made == ["2026-03-10"]


@case("T12")
def test_a_hundred_reports_due_at_once_are_all_made_in_order_by_few_threads(store: Store, clock: FakeClock) -> None:
    made: list[str] = []
    at_work, most = [0], [0]
    turn = threading.Lock()

    def work(period: Owed) -> None:
        with turn:
            at_work[0] += 1
            most[0] = max(most[0], at_work[0])
        made.append(period.report)
        with turn:
            at_work[0] -= 1

    clock.move(minutes=2)
    names = [f"report-{number:03}" for number in range(100)]
    ticking = Schedule(
        [weekly(work, name) for name in names], store, now=clock.now, monotonic=time.monotonic, zone=ZoneInfo("UTC"),
        since=MONDAY, tick_seconds=30, at_once=1,
    )  # fmt: skip
    ticking.start()
    came = False
    for _ in range(12):
        came = came or eventually(lambda: len(made) == len(names))
    ticking.stop(5)

    assert came
    assert made == names
    assert most == [1]


class _Odd(BaseException):
    """Like SystemExit or what a library makes of it: no Exception."""


@case("T14")
@pytest.mark.parametrize("error", [OSError, MemoryError, RecursionError, SystemExit, _Odd])
def test_whatever_a_job_raises_it_has_failed_and_the_others_are_made(
    error: type[BaseException], store: Store, clock: FakeClock
) -> None:
    def fail(_: Owed) -> None:
        raise error

    made: list[str] = []
    clock.move(minutes=2)
    ticking = running(store, clock, weekly(fail, "failing"), weekly(lambda period: made.append(period.period_key)))

    both = eventually(lambda: {row.report: row.state for row in store.due()} == {"failing": "failed", "weekly": "done"})
    ticking.stop(5)

    assert both
    assert [row.note for row in store.due("failing")] == [error.__name__]
