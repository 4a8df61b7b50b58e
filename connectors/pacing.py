"""When we may ask again: decisions over status and headers, without a clock of their own.

Sources of the rules: developer.atlassian.com "Rate limiting" (Retry-After is a minimum; X-RateLimit-Reset may lack
its seconds; RateLimit-Reason), confluence.atlassian.com _RateLimiting_HTTPheaders (Data Center's token bucket),
learn.microsoft.com "Rate and usage limits" (Retry-After on a 200, X-RateLimit-Reset in epoch seconds).
"""

from __future__ import annotations

import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

MAX_TRIES = 5
LONGEST_BACKOFF_SECONDS = 30.0
RETRIED_STATUSES = frozenset({408, 425, 429, 500, 502, 503, 504})


@dataclass(frozen=True, slots=True)
class Pause:
    """Wait `seconds` before the next request: to `endpoint_only`, or to anything of this host and identity."""

    seconds: float
    endpoint_only: bool = False


def backoff_seconds(attempt: int, *, draw: float) -> float:
    """Seconds before try number `attempt` + 1 when nobody said how long; `draw` is uniform in [0, 1).

    Attempt 0: 0.7 to 1.3 s; doubled each time, capped at 30 s before the jitter.
    """
    return min(LONGEST_BACKOFF_SECONDS, float(2**attempt)) * (0.7 + 0.6 * draw)


def pause_after_failure(
    status: int | None, headers: Mapping[str, str], *, server_now: datetime, attempt: int, draw: float
) -> Pause:
    """How long to wait after an answer that asks to come back, or after none at all (`status` None).

    What the tracker asks is never undercut. A hold of zero seconds is no licence for a tight loop: the back-off holds.
    """
    own = backoff_seconds(attempt, draw=draw)
    reason = headers.get("RateLimit-Reason", "").strip().lower()
    asked = asked_seconds(headers, server_now=server_now)
    if reason.startswith("jira-quota") and asked is None:
        asked = _seconds_to_next_hour(server_now)
    slows_all = status in (429, 503) and reason != "jira-burst-based"
    return Pause(max(own, asked or 0.0), endpoint_only=not slows_all)


def pause_after_success(headers: Mapping[str, str], *, server_now: datetime) -> Pause | None:
    """What a good answer says about the next request: Azure DevOps slows callers before it refuses them."""
    told = [
        seconds
        for seconds in (
            _retry_after_seconds(headers.get("Retry-After"), server_now=server_now),
            _plain_seconds(headers.get("X-RateLimit-Delay")),
        )
        if seconds
    ]
    if headers.get("X-RateLimit-Remaining", "").strip() == "0":
        reset = _reset_seconds(headers.get("X-RateLimit-Reset"), server_now=server_now)
        interval = _plain_seconds(headers.get("X-RateLimit-Interval-Seconds"))
        told += [seconds for seconds in (reset, interval) if seconds]
    return Pause(max(told)) if told else None


def asked_seconds(headers: Mapping[str, str], *, server_now: datetime) -> float | None:
    """Seconds that the tracker asks us to wait: the longest that any header names; None where none says."""
    told = (
        _retry_after_seconds(headers.get("Retry-After"), server_now=server_now),
        _reset_seconds(headers.get("X-RateLimit-Reset"), server_now=server_now),
    )
    given = [seconds for seconds in told if seconds is not None]
    return max(given) if given else None


class Pacer:
    """When the next request of one identity to one host may leave, in monotonic seconds; safe among threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._all = float("-inf")
        self._endpoints: dict[str, float] = {}

    def hold(self, until: float, *, endpoint: str | None) -> None:
        """Let nothing leave before `until`; only this endpoint where one is named."""
        with self._lock:
            if endpoint is None:
                self._all = max(self._all, until)
            else:
                self._endpoints[endpoint] = max(self._endpoints.get(endpoint, until), until)

    def ready_at(self, endpoint: str) -> float:
        with self._lock:
            return max(self._all, self._endpoints.get(endpoint, self._all))


def _retry_after_seconds(value: str | None, *, server_now: datetime) -> float | None:
    if value is None:
        return None
    plain = _plain_seconds(value)
    if plain is not None:
        return plain
    try:
        moment = parsedate_to_datetime(value.strip())
    except (ValueError, TypeError):
        return None
    return max(0.0, (_aware(moment) - server_now).total_seconds())


def _reset_seconds(value: str | None, *, server_now: datetime) -> float | None:
    """Seconds until X-RateLimit-Reset: epoch seconds, or ISO 8601 that may lack its seconds (2026-03-26T16:00Z)."""
    if value is None:
        return None
    epoch = _plain_seconds(value)
    try:
        if epoch is not None:
            moment = datetime.fromtimestamp(epoch, UTC)
        else:
            moment = datetime.fromisoformat(value.strip().replace("Z", "+00:00"))
    except (ValueError, OverflowError, OSError):
        return None
    return max(0.0, (_aware(moment) - server_now).total_seconds())


def _plain_seconds(value: str | None) -> float | None:
    if value is None or not _DECIMAL.fullmatch(value.strip()):
        return None
    return float(value)


def _seconds_to_next_hour(moment: datetime) -> float:
    next_hour = moment.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    return (next_hour - moment).total_seconds()


def _aware(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


_DECIMAL = re.compile(r"\d{1,12}(\.\d{1,9})?")
