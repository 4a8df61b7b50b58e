"""The full set of packs in both languages, beside a bare reading of the same rows.

    python -m benchmarks.report                       # the large sample: 50,000 items, made in some minutes
    python -m benchmarks.report --size demo           # the small one: 3,000
    python -m benchmarks.report --made FOLDER         # one that `vmo demo` has made, which is left as it is

Each side is a process of its own over a copy. Ends with 1 if publishing takes more than 30 s of processor time, or more
than 500 MB. The time on the wall is printed and not judged: on a machine with other work it tells of that.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

LIMIT_SECONDS, LIMIT_MB = 30, 500
VMO = str(Path(sys.executable).with_name("vmo"))
STORE = Path("vmo-data") / "vmo.db"
TABLES = ("items", "flow", "metrics")
BARE = """
import json, sqlite3, sys
with sqlite3.connect(sys.argv[1]) as store:
    items = store.execute("SELECT * FROM items ORDER BY source, external_id").fetchall()
    journeys = [
        (row, json.loads(stays), json.loads(seconds))
        for *row, stays, seconds in store.execute(
            "SELECT source, external_id, started_at, finished_at, stays, seconds FROM journeys "
            "ORDER BY source, external_id"
        )
    ]
print(len(items))
"""


@dataclass(frozen=True, kw_only=True)
class Used:
    """What a process took: processor and wall time in seconds, its peak memory in MB."""

    cpu: float
    wall: float
    peak: float

    def __str__(self) -> str:
        return f"{self.cpu:6.1f} s of processor  {self.wall:6.1f} s on the wall  {self.peak:5.0f} MB"


def main() -> int:
    """Print both sides, their ratio, and what the exports take; 1 when publishing passes a limit."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", choices=("demo", "large"), default="large")
    parser.add_argument("--made", type=Path)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "copy"
        made = asked.made
        if made is None:
            made = Path(name) / "made"
            subprocess.run([VMO, "demo", "--size", asked.size, "--out", str(made)], check=True, capture_output=True)
        shutil.copytree(made, folder)
        bare = _run((sys.executable, "-c", BARE, str(folder / STORE)), folder)
        ours = _run((VMO, "report", "kickoff", "--out", str(folder / "anew")), folder)
        print(f"bare reading  {bare}")
        print(f"all packs     {ours}   {ours.cpu / bare.cpu:.1f} times the bare reading")
        for table in TABLES:
            print(f"{table:12}  {_run((VMO, 'export', table, '--out', str(folder / table)), folder)}")
    print(f"limits: {LIMIT_SECONDS} s of processor, {LIMIT_MB} MB")
    return int(ours.cpu > LIMIT_SECONDS or ours.peak > LIMIT_MB)


def _run(command: Sequence[str], folder: Path) -> Used:
    """Raises SystemExit where the process ends in an error."""
    began = time.perf_counter()
    process = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"{' '.join(command)} ended with {os.waitstatus_to_exitcode(status)}")
    return Used(
        cpu=used.ru_utime + used.ru_stime, wall=time.perf_counter() - began, peak=used.ru_maxrss / 1024
    )  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
