"""What a sync costs, beside a bare script that moves the same bytes, in one run.

    python -m benchmarks.sync                      # all that follows, at 20,000 items
    python -m benchmarks.sync cpu cloud 20000      # processor time beside the bare script's
    python -m benchmarks.sync latency cloud 20000  # wall time at 80 ms an answer, beside the necessary requests
    python -m benchmarks.sync memory cloud 200000  # peak memory of a full sync
    python -m benchmarks.sync incremental cloud 20000

Ours is `sync_source` with the real connector and a real SQLite store. The bare script sends the same requests, parses
their answers with the same parser, compresses the same raw answers and inserts the same rows into the same tables,
one transaction a page, WAL and synchronous=FULL as well; the rows come to it ready made, so that reading them out of
the answers, comparing, guarding and checking are ours alone. Each side runs in a process of its own and counts the
processor time of all its threads, without its imports; tracker and reader are never the same process.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from benchmarks.bare import chained, copied
from benchmarks.trackers import KINDS, SMALL_PAGES, Asked, Tracker, running

CPU_LIMIT = 2.0
WALL_LIMIT = 1.3
MEMORY_LIMIT_MB = 300
LATENCY_SECONDS = 0.08
INCREMENTAL_REQUESTS, INCREMENTAL_SECONDS = 3, 1.0
ITEMS = 20_000
MANY_ITEMS = 200_000
CHANGED = 100
TURNS = 2  # others load the machine: the better ratio counts
NAMES = {
    "cloud": "Jira Cloud",
    "data_center": "Jira Data Center",
    SMALL_PAGES: "Jira Data Center, a hundred issues a page",
    "azure_devops": "Azure DevOps",
}


@dataclass(frozen=True, kw_only=True)
class Spent:
    """What one process spent on its work."""

    cpu_seconds: float
    wall_seconds: float
    peak_mb: float
    requests: int = 0
    items: int = 0
    changes: int = 0
    sentence: str = ""


# --- what a child does


def ours(kind: str, url: str, store_file: str) -> Spent:
    """One sync as `vmo sync` does it, into that store."""
    from datetime import UTC, datetime  # noqa: PLC0415  # the imports of a sync are its own child's
    from random import random  # noqa: PLC0415

    from connectors import connect  # noqa: PLC0415
    from connectors.base import SourceSettings  # noqa: PLC0415
    from sync.engine import sync_source  # noqa: PLC0415
    from sync.store import open_store  # noqa: PLC0415

    settings = SourceSettings(
        name="claims",
        kind="azure_devops" if kind == "azure_devops" else "jira",
        url=url,
        user="vmo@tressande.example" if kind == "cloud" else None,
        token="sandbox-token",
        jql=None if kind == "azure_devops" else "project in (CLM)",
        allow_insecure=True,
    )
    with open_store(f"sqlite:///{store_file}", now=lambda: datetime.now(UTC)) as store:
        connector = connect(
            settings, now=lambda: datetime.now(UTC), monotonic=time.monotonic, sleep=time.sleep, random=random
        )
        cpu, wall = time.process_time(), time.monotonic()
        record = sync_source(
            connector,
            store,
            now=lambda: datetime.now(UTC),
            monotonic=time.monotonic,
            stop=lambda: False,
            progress=lambda _: None,
        )
        spent = Spent(
            cpu_seconds=time.process_time() - cpu,
            wall_seconds=time.monotonic() - wall,
            peak_mb=peak_mb(),
            requests=record.requests,
            items=record.items,
            changes=record.changes,
            sentence=f"{record.outcome}: {record.sentence}",
        )
        connector.close()
    return spent


def bare(kind: str, host: str, asked_file: str, *files: str) -> Spent:
    """The same requests, answers and rows, with nothing of ours but the parser."""
    source, target, packs = files
    wall = time.monotonic()
    cpu = copied(kind, host=host, asked=_read_asked(asked_file), source=source, target=target, packs=packs)
    return Spent(cpu_seconds=cpu, wall_seconds=time.monotonic() - wall, peak_mb=peak_mb())


def chain(kind: str, host: str, asked_file: str, lanes: str) -> Spent:
    """The necessary requests alone, answered and parsed."""
    asked = _read_asked(asked_file)
    cpu, wall = time.process_time(), time.monotonic()
    chained(kind, host=host, asked=asked, lanes=int(lanes))
    return Spent(cpu_seconds=time.process_time() - cpu, wall_seconds=time.monotonic() - wall, peak_mb=peak_mb())


def peak_mb() -> float:
    """The largest memory that this process has had, from its kernel's book."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM"):
            return int(line.split()[1]) / 1024
    raise RuntimeError("this system tells no VmHWM")


def _read_asked(file: str) -> list[Asked]:
    return [Asked(**one) for one in json.loads(Path(file).read_text())]


# --- what the parent asks of its children


class Bench:
    """One tracker, and the children that are measured against it."""

    def __init__(self, kind: str, tracker: Tracker, folder: Path) -> None:
        self.kind = kind
        self.tracker = tracker
        self._folder = folder
        self._runs = 0

    def ours(self, *, store: str = "") -> tuple[Spent, str]:
        """A sync into a new store, or into one of before; and where the store is."""
        self._runs += 1
        store = store or str(self._folder / f"ours-{self._runs}.db")
        spent = _child("ours", self.kind, self.tracker.url, store)
        if not spent.sentence.startswith("ok"):
            raise SystemExit(f"the sync went wrong: {spent.sentence}")
        return spent, store

    def bare(self, asked: Sequence[Asked], store: str, *, packs: str) -> Spent:
        self._runs += 1
        copy = str(self._folder / f"bare-{self._runs}.db")
        return _child("bare", self.kind, self.tracker.host, self._told(asked), store, copy, packs)

    def chain(self, asked: Sequence[Asked], *, lanes: int) -> Spent:
        return _child("chain", self.kind, self.tracker.host, self._told(asked), str(lanes))

    def _told(self, asked: Sequence[Asked]) -> str:
        file = self._folder / f"asked-{self._runs}.json"
        file.write_text(json.dumps([asdict(one) for one in asked]))
        return str(file)


def _child(*words: str) -> Spent:
    command = [sys.executable, "-m", "benchmarks.sync", "child", *words]
    told = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    return Spent(**json.loads(told.splitlines()[-1]))


def _bench(kind: str, items: int) -> Iterator[Bench]:
    with tempfile.TemporaryDirectory(prefix="vmo-bench-") as folder, running(kind, items=items) as tracker:
        yield Bench(kind, tracker, Path(folder))


def cpu(kind: str, items: int) -> bool:
    """Processor time of a full sync beside the bare script's, turn by turn."""
    for bench in _bench(kind, items):
        ratios, peaks = [], []
        for _ in range(TURNS):
            spent, store = bench.ours()
            asked = bench.tracker.asked()
            plain, alike = (bench.bare(asked, store, packs=packs) for packs in ("plain", "ours"))
            bench.tracker.asked()
            ratios.append(spent.cpu_seconds / plain.cpu_seconds)
            peaks.append(spent.peak_mb)
            print(
                f"{NAMES[kind]}: {spent.items} items, {spent.changes} changes, {spent.requests} requests: "
                f"ours {spent.cpu_seconds:.2f} s of processor time, bare {plain.cpu_seconds:.2f} s, "
                f"ratio {ratios[-1]:.2f} (at most {CPU_LIMIT}); one that packs as we do {alike.cpu_seconds:.2f} s, "
                f"ratio {spent.cpu_seconds / alike.cpu_seconds:.2f}; peak memory {spent.peak_mb:.0f} MB "
                f"(at most {MEMORY_LIMIT_MB}), bare {plain.peak_mb:.0f} MB",
                flush=True,
            )
    return min(ratios) <= CPU_LIMIT and max(peaks) < MEMORY_LIMIT_MB


def memory(kind: str, items: int) -> bool:
    """Peak memory of a full sync."""
    for bench in _bench(kind, items):
        spent, _ = bench.ours()
        print(
            f"{NAMES[kind]}: {spent.items} items, {spent.changes} changes: peak memory {spent.peak_mb:.0f} MB "
            f"(at most {MEMORY_LIMIT_MB}), {spent.cpu_seconds:.0f} s of processor time",
            flush=True,
        )
    return spent.peak_mb < MEMORY_LIMIT_MB


def latency(kind: str, items: int) -> bool:
    """Wall time with a slow tracker beside that of its slowest necessary chain of requests."""
    for bench in _bench(kind, items):
        bench.ours()  # so that every page is rendered
        bench.tracker.asked()
        bench.tracker.delay(LATENCY_SECONDS)
        spent, _ = bench.ours()
        asked = bench.tracker.asked()
        alone = bench.chain(asked, lanes=1)
        ratio = spent.wall_seconds / alone.wall_seconds
        print(
            f"{NAMES[kind]}, {LATENCY_SECONDS * 1000:.0f} ms an answer: {spent.items} items, "
            f"{spent.requests} requests: "
            f"ours {spent.wall_seconds:.1f} s of wall time (processor {spent.cpu_seconds:.1f} s), "
            f"its requests one after the other {alone.wall_seconds:.1f} s, ratio {ratio:.2f} (at most {WALL_LIMIT})",
            flush=True,
        )
        if kind == "cloud":
            four = bench.chain(asked, lanes=4)
            print(f"    beside four lanes of bulk requests: {four.wall_seconds:.1f} s, ratio "
                  f"{spent.wall_seconds / four.wall_seconds:.2f}", flush=True)  # fmt: skip
    return ratio <= WALL_LIMIT


def incremental(kind: str, items: int) -> bool:
    """What a run costs after a hundred items have changed. What is constant is what `benchmarks.floor` calls so."""
    from benchmarks.floor import walks  # noqa: PLC0415  # the children, whose memory is measured, do without it

    for bench in _bench(kind, items):
        _, store = bench.ours()
        idle, _ = bench.ours(store=store)
        bench.tracker.change(CHANGED)
        time.sleep(1.5)
        bench.tracker.asked()
        spent, _ = bench.ours(store=store)
        beyond = sum(walks(one.path) for one in bench.tracker.asked())
        print(
            f"{NAMES[kind]}, {CHANGED} of {items} items changed: {spent.items} items and {spent.changes} changes, "
            f"{spent.requests} requests, {beyond} beyond the constants (at most {INCREMENTAL_REQUESTS}), "
            f"{spent.cpu_seconds:.2f} s of processor time (at most {INCREMENTAL_SECONDS:.0f}); "
            f"idle before: {idle.requests} requests, {idle.cpu_seconds:.2f} s",
            flush=True,
        )
    return beyond <= INCREMENTAL_REQUESTS and spent.cpu_seconds <= INCREMENTAL_SECONDS


def everything() -> bool:
    """All of them; the machine is left to one at a time."""
    held = [ask(kind, ITEMS) for ask in (cpu, latency, incremental) for kind in KINDS]
    held.append(latency(SMALL_PAGES, ITEMS))
    held += [memory(kind, MANY_ITEMS) for kind in KINDS]
    return all(held)


def main(words: Sequence[str]) -> int:
    """Run what the words name, everything without words; 1 where a limit is passed."""
    if words[:1] == ["child"]:
        children: dict[str, Any] = {"ours": ours, "bare": bare, "chain": chain}
        print(json.dumps(asdict(children[words[1]](*words[2:]))))
        return 0
    if not words:
        return 0 if everything() else 1
    asks = {"cpu": cpu, "memory": memory, "latency": latency, "incremental": incremental}
    return 0 if asks[words[0]](words[1], int(words[2])) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
