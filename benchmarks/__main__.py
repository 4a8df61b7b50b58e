"""Every benchmark, one after the other: `python -m benchmarks`. Ends with 1 if one of them passed its limit."""

from __future__ import annotations

import subprocess
import sys

RUNS = (
    ("benchmarks/help.py",),
    ("-m", "benchmarks.floor"),
    ("-m", "benchmarks.sync"),
    ("-m", "benchmarks.exports"),
    ("-m", "benchmarks.portfolio"),
    ("-m", "benchmarks.forecast"),
    ("-m", "benchmarks.report"),
)


def main() -> int:
    """Run them all, whatever one of them says."""
    ended = []
    for words in RUNS:
        print(" ".join(("python", *words)), flush=True)
        ended.append(subprocess.run([sys.executable, *words], check=False).returncode)
    return int(any(ended))


if __name__ == "__main__":
    sys.exit(main())
