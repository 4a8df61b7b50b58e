"""Tell an address something: one POST of JSON, through the guarded transport, tried once.

What the settings name is the whole of what may leave: that host and that path. Any answer of the 200s is a yes, and
nothing of it is read.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

import requests
from urllib3.util import parse_url

from connectors.base import Json, SourceSettings
from connectors.transport import Transport, answer_of

LARGEST_ANSWER_BYTES = 64 * 1024
REQUEST_SECONDS = 20
RUN_SECONDS = 30


@dataclass(frozen=True, kw_only=True)
class WebhookSettings:
    """What must be known of an address. `token` is the secret itself."""

    url: str
    token: str = field(default="", repr=False)
    allow_insecure: bool = False
    allow_private: bool = False
    ca_bundle: str | None = None
    proxy: str | None = None


def tell(
    settings: WebhookSettings,
    body: Json,
    *,
    now: Callable[[], datetime],
    monotonic: Callable[[], float],
    sleep: Callable[[float], None],
    random: Callable[[], float],
) -> None:
    """Post it. Raises a TrackerError for anything but a yes; whoever asked decides whether to try again."""
    address = parse_url(settings.url)
    path = address.path or "/"
    transport = Transport(
        SourceSettings(
            name="operators.webhook",
            kind="webhook",
            url=f"{address.scheme}://{address.netloc}",
            token=settings.token,
            allow_insecure=settings.allow_insecure,
            allow_private=settings.allow_private,
            ca_bundle=settings.ca_bundle,
            proxy=settings.proxy,
            request_timeout_seconds=REQUEST_SECONDS,
            run_deadline_seconds=RUN_SECONDS,
            sleep_budget_seconds=0,
        ),
        allowed=f"POST {path}",
        now=now,
        monotonic=monotonic,
        sleep=sleep,
        random=random,
        largest_answer_bytes=LARGEST_ANSWER_BYTES,
        hints={401: "check its token", 403: "check its token", 404: "check its url"},
        reads_answers=False,
    )
    try:
        with requests.Session() as session, transport.tries(1):
            transport.mount(session)
            if settings.token:
                session.headers["Authorization"] = f"Bearer {settings.token}"
            answer_of(session.post(settings.url, json=body))
    finally:
        transport.close()
