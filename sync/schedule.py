"""APScheduler wakes us; the due ledger decides.

The library only ticks, in UTC, with its jobs in memory: left to itself it skips and doubles runs when clocks change,
and forgets what was due while the process was down. Each job has its own place in the pool, so that one that hangs
holds up no other; a job that is still at work when it is due again is not started twice.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.interval import IntervalTrigger

from config import schedule as words
from sync.due import CATCH_UP, Owed, local, next_due, owed, periods
from sync.store import Store
from sync.store.reading import DueRow

TICK_SECONDS = 20.0
JUMP_SECONDS = 5.0  # by which wall clock and monotonic clock may drift apart between two ticks
AFTER_FAILURE = timedelta(minutes=10)  # what failed is tried again, as long as it would be caught up on
_log = logging.getLogger("vmo.schedule")


@dataclass(frozen=True, kw_only=True)
class Job:
    """Something to do when it is due.

    `kept`: each period is claimed in the store's due ledger, done once, caught up on return, and shown when missed
    (reports). Otherwise only the newest turn counts, and a new process begins with one at once (syncs). `since`: from
    when on this one holds, where the whole has held for longer.
    """

    name: str
    when: words.Schedule
    work: Callable[[Owed], object]
    kept: bool = True
    since: datetime | None = None


class Schedule:
    """Runs jobs in threads until it is stopped."""

    def __init__(
        self,
        jobs: Sequence[Job],
        store: Store,
        *,
        now: Callable[[], datetime],
        monotonic: Callable[[], float],
        zone: ZoneInfo,
        since: datetime,
        tick_seconds: float = TICK_SECONDS,
        catch_up: timedelta = CATCH_UP,
        doubt: Callable[[], str | None] = lambda: None,
        at_once: int | None = None,
    ) -> None:
        """`since`: from when on these schedules hold; nothing from before is owed (the store's beginning, say).

        `doubt` says why the clock must not be believed, if so: then nothing is claimed, made or missed by the ledger.
        `at_once`: so many jobs at work at a time; each has a place of its own where nothing is said.
        """
        self.stopping = threading.Event()
        self._now = now
        self._monotonic = monotonic
        self._zone = zone
        self._tick_seconds = tick_seconds
        self._turns = [
            _Turn(
                job,
                store,
                now=now,
                zone=zone,
                since=job.since or since,
                catch_up=catch_up,
                doubt=doubt,
                stopping=self.stopping,
            )
            for job in jobs
        ]
        self._scheduler = BackgroundScheduler(
            timezone=UTC,
            executors={"default": ThreadPoolExecutor(at_once or max(1, len(jobs)))},
            job_defaults={"max_instances": 1, "coalesce": True, "misfire_grace_time": None},
        )

    def start(self) -> None:
        """Begin to tick; what is owed already is begun at once."""
        for turn in self._turns:
            self._scheduler.add_job(turn.take, _AtOnceAndEvery(seconds=self._tick_seconds), id=turn.job.name)
        self._scheduler.start()
        threading.Thread(target=self._mind_the_clock, name="clock", daemon=True).start()

    def _mind_the_clock(self) -> None:
        """The library sleeps by the wall clock: where that is set back by an hour, it would not tick for an hour."""
        apart = self._wall_beside_monotonic()
        while not self.stopping.wait(self._tick_seconds):
            if abs(self._wall_beside_monotonic() - apart) > JUMP_SECONDS:
                apart = self._wall_beside_monotonic()
                _log.warning("the clock was set; what is due is looked at anew")
                for turn in self._turns:
                    at_once = datetime.now(UTC)  # of the clock that the library looks at
                    self._scheduler.modify_job(turn.job.name, next_run_time=at_once)

    def _wall_beside_monotonic(self) -> float:
        return self._now().timestamp() - self._monotonic()

    def once(self) -> None:
        """Do what is owed now, one job after the other, and return: for cron."""
        for turn in self._turns:
            turn.take(after_failure=timedelta())

    def stop(self, timeout: float) -> bool:
        """Begin nothing new, and wait for what is at work; False if something still was when the time was over.

        Jobs see `stopping` and should end soon. What does not end has to die with the process, by `os._exit`, since
        Python otherwise waits for its thread; its claim stands in the ledger, and the next process takes it up again.
        """
        self.stopping.set()
        if self._scheduler.running:
            self._scheduler.shutdown(wait=False)
        until = self._monotonic() + timeout
        return all(turn.idle.wait(max(0.0, until - self._monotonic())) for turn in self._turns)

    @property
    def at_work(self) -> tuple[str, ...]:
        """The names of the jobs that are at work now."""
        return tuple(turn.job.name for turn in self._turns if not turn.idle.is_set())

    @property
    def skipped(self) -> dict[str, int]:
        """How many turns of each job passed while it was still at work; those that lost none are left out."""
        return {turn.job.name: turn.skipped for turn in self._turns if turn.skipped}

    def next_runs(self) -> dict[str, datetime]:
        """When each job is due next."""
        return {turn.job.name: next_due(turn.job.when, after=self._now(), zone=self._zone) for turn in self._turns}


class _AtOnceAndEvery(IntervalTrigger):  # type: ignore[misc] # the library ships no types
    """An interval whose first tick does not wait for one to pass."""

    def get_next_fire_time(self, previous: datetime | None, now: datetime) -> datetime | None:
        if previous is None:
            return now
        following: datetime | None = super().get_next_fire_time(previous, now)
        return following


class _Turn:
    """One job, asked at each tick whether something of it is owed."""

    def __init__(
        self,
        job: Job,
        store: Store,
        *,
        now: Callable[[], datetime],
        zone: ZoneInfo,
        since: datetime,
        catch_up: timedelta,
        doubt: Callable[[], str | None],
        stopping: threading.Event,
    ) -> None:
        self.job = job
        self.skipped = 0
        self.idle = threading.Event()
        self.idle.set()
        self._store = store
        self._now = now
        self._zone = zone
        self._since = since
        self._catch_up = catch_up
        self._doubt = doubt
        self._stopping = stopping
        self._one = threading.Lock()
        self._last: Owed | None = None
        self._mine: set[str] = set()

    def take(self, after_failure: timedelta = AFTER_FAILURE) -> None:
        """Do what is owed, if anything; what failed is taken again after a while.

        A job that fails is written down as failed, and the schedule lives on.
        """
        if not self._one.acquire(blocking=False):
            return
        self.idle.clear()
        try:
            if self._stopping.is_set():  # asked only now: whoever has seen us idle by then may rely on it
                return
            if not self.job.kept:
                self._take_newest()
            elif self._doubt() is None:
                self._take_kept(after_failure)
        except BaseException as error:  # whatever it is, it ends this turn and no other; Ctrl-C does not come as one
            _log.error(
                "%s: the schedule could not do it: %s",
                self.job.name,
                type(error).__name__,
                exc_info=_log.isEnabledFor(logging.DEBUG),
            )
        finally:
            self.idle.set()
            self._one.release()

    def _take_newest(self) -> None:
        now = self._now()
        if self._last is not None and self._last.due_at > now:  # the clock was set back; wait one turn, not a day
            self._last = replace(self._last, due_at=now)
        begun = self._last.due_at if self._last else None
        if begun is None or next_due(self.job.when, after=begun, zone=self._zone) <= now:
            self._last = Owed(report=self.job.name, period_key=now.isoformat(), due_at=now)
            try:
                self.job.work(self._last)
            finally:
                self._count_skipped(began=now)

    def _count_skipped(self, *, began: datetime) -> None:
        """Turns that came while this one was at work: the newest is taken next, the others are counted and told."""
        passed = (self._now() - began) // self.job.when.every if self.job.when.every is not None else 0
        if passed > 1:
            self.skipped += passed - 1
            turns = "1 turn" if passed == 2 else f"{passed - 1} turns"
            _log.warning("%s: %s skipped, since the one before took longer than its interval", self.job.name, turns)

    def _take_kept(self, after_failure: timedelta) -> None:
        now = self._now()
        ledger = [row for row in self._store.due(self.job.name) if row.due_at <= now]
        for row in self._left_behind(ledger, now=now):
            self._do(Owed(report=row.report, period_key=row.period_key, due_at=row.due_at))
        known = [
            Owed(report=row.report, period_key=row.period_key, due_at=row.due_at)
            for row in self._store.due(self.job.name)
        ]
        owing = owed(
            {self.job.name: self.job.when}, known, now=now, zone=self._zone, since=self._since, catch_up=self._catch_up
        )
        newest = max(ledger, key=lambda row: row.due_at, default=None)
        if not owing.owed and newest is not None and newest.state == "failed" and newest.finished_at is not None:
            is_late = now - newest.due_at > self._catch_up
            if not is_late and now - newest.finished_at >= after_failure:
                self._do(Owed(report=newest.report, period_key=newest.period_key, due_at=newest.due_at))
        for period in owing.missed:
            if self._store.claim_due(period.report, period.period_key, now, due_at=period.due_at):
                self._miss(period, now=now)
        for period in owing.owed:
            if self._store.claim_due(period.report, period.period_key, now, due_at=period.due_at):
                self._do(period)

    def _left_behind(self, ledger: Sequence[DueRow], *, now: datetime) -> list[DueRow]:
        """What a process that died had claimed: the newest is taken up, if not too late; the others are missed."""
        claimed = [row for row in ledger if row.state == "claimed" and row.period_key not in self._mine]
        until = now - self._catch_up
        coming = list(periods(self.job.when, report=self.job.name, after=max(self._since, until), until=now,
                              zone=self._zone))  # fmt: skip
        newest = max([*(row.due_at for row in ledger), *(one.due_at for one in coming)], default=now)
        taken = [row for row in claimed if row.due_at == newest and max(row.due_at, row.claimed_at) >= until]
        for row in claimed:
            if row not in taken:
                self._miss(row, now=now)
        return taken

    def _miss(self, period: Owed | DueRow, *, now: datetime) -> None:
        self._mine.add(period.period_key)
        self._store.finish_due(self.job.name, period.period_key, "missed", now)
        _log.warning("%s, due %s, was missed", self.job.name, local(period.due_at, self._zone))

    def _do(self, period: Owed) -> None:
        self._mine.add(period.period_key)
        try:
            self.job.work(period)
        except BaseException as error:
            note = type(error).__name__
            self._store.finish_due(period.report, period.period_key, "failed", self._now(), note=note)
            raise
        self._store.finish_due(period.report, period.period_key, "done", self._now())
