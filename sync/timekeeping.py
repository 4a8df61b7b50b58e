"""Is our clock to be believed? The trackers' own clocks are asked.

```
a tracker said 07:00:00 ──> 20 minutes of the monotonic clock ──> ours says 07:20:01     believed
                                                              ──> ours says 07:20, 2027  in doubt
```

Nothing is published, mailed or written down as missed while the clock is in doubt: an edition of the wrong period
cannot be taken back. Whoever puts the clock right, or a tracker whose answer agrees with it, ends the doubt.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

TOLERANCE = timedelta(hours=6)
Heard = tuple[datetime, float]  # what a clock said, and when that was by the monotonic clock


def doubt(heard: Mapping[str, Heard], *, now: datetime, at: float) -> str | None:
    """Why the clock that says `now` is in doubt; None while at least one of those heard agrees with it.

    `at` is the monotonic clock's reading. Each was right when it was heard, and has gone on since at the pace of the
    monotonic clock.
    """
    apart = {name: now - (said + timedelta(seconds=at - then)) for name, (said, then) in heard.items()}
    if not apart or any(abs(gap) <= TOLERANCE for gap in apart.values()):
        return None
    name, gap = min(apart.items(), key=lambda one: abs(one[1]))
    way = "ahead of" if gap > timedelta() else "behind"
    hours = round(abs(gap) / timedelta(hours=1))
    return (
        f"the clock is {hours:,} hours {way} {name}; nothing is published or mailed until they agree: "
        "set this machine's clock, or wait for the next sync"
    )


class Timekeeper:
    """Remembers what each tracker said of the time, and until one has, what our clock said at the beginning."""

    def __init__(self, *, now: Callable[[], datetime], monotonic: Callable[[], float]) -> None:
        self._now = now
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._began: Heard = (now(), monotonic())
        self._heard: dict[str, Heard] = {}

    def hear(self, source: str, said: datetime) -> None:
        """A tracker has just said what time it is."""
        with self._lock:
            self._heard[source] = (said, self._monotonic())

    def doubt(self) -> str | None:
        """Why our clock is in doubt now, or None."""
        with self._lock:
            heard = dict(self._heard) or {"what it said when this process began": self._began}
        return doubt(heard, now=self._now(), at=self._monotonic())
