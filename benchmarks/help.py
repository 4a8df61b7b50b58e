"""How long `vmo --help` takes, as a ratio to importing what any command line of its kind imports.

    python benchmarks/help.py

Both run in turns in new processes, so that a busy machine slows both; the medians are compared.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

TURNS = 11
LIMIT_SECONDS = 0.5
HELP = (str(Path(sys.executable).with_name("vmo")), "--help")
BASE = (sys.executable, "-c", "import typer, rich")


def seconds(command: Sequence[str]) -> float:
    """Wall-clock time of one run."""
    began = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - began


def main() -> int:
    """Print both medians and their ratio; 1 when help is slower than it may be."""
    turns = [(seconds(HELP), seconds(BASE)) for _ in range(TURNS)][1:]  # the first turn warms the disk's cache
    told, base = (statistics.median(times) for times in zip(*turns, strict=True))
    print(f"vmo --help {told:.3f} s, import typer, rich {base:.3f} s, ratio {told / base:.1f}")
    return 0 if told < LIMIT_SECONDS else 1


if __name__ == "__main__":
    sys.exit(main())
