"""Telling an address over real HTTP: what leaves, and what counts as told."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from connectors.base import SettingsError, TrackerError
from connectors.webhook import WebhookSettings, tell
from tests.connectors.scripted_server import Reply, serving
from tests.connectors.test_transport import Clock

TOKEN = "canary-hook-7c1e20"
BODY = {"portfolio": "Small", "text": "one thing", "troubles": []}


def told(url: str, **settings: Any) -> None:
    clock = Clock()
    tell(
        replace(WebhookSettings(url=url, token=TOKEN, allow_insecure=True), **settings),
        BODY,
        now=clock.now,
        monotonic=clock.monotonic,
        sleep=clock.sleep,
        random=lambda: 0.0,
    )


@pytest.mark.parametrize(
    "reply",
    [
        Reply(status=200, body=b"ok", headers={"Content-Type": "text/plain"}),
        Reply(status=202),
        Reply(status=204),
        Reply(status=200, body=b"{}", headers={"Content-Type": "application/json"}),
    ],
    ids=["text", "accepted", "nothing", "json"],
)
def test_posts_its_words_and_token_once_and_takes_any_yes(reply: Reply) -> None:
    with serving(lambda _: reply) as server:
        told(f"{server.url}/hooks/vmo?team=7")

    (seen,) = server.seen
    assert (seen.method, seen.path, seen.query) == ("POST", "/hooks/vmo", {"team": ["7"]})
    assert seen.headers["Authorization"] == f"Bearer {TOKEN}"
    assert seen.json == BODY


@pytest.mark.parametrize("status", [301, 302, 400, 401, 403, 404, 410, 429, 500, 503])
def test_anything_else_is_a_no_that_hides_the_token_and_is_not_tried_twice(status: int) -> None:
    elsewhere = {"Location": "http://127.0.0.1:1/else", "Retry-After": "3600"}
    reply = Reply(status=status, body=TOKEN.encode(), headers=elsewhere)
    with serving(lambda _: reply) as server, pytest.raises(TrackerError) as raised:
        told(f"{server.url}/hooks/vmo")

    assert len(server.seen) == 1
    assert TOKEN not in str(raised.value)


def test_a_connection_that_is_cut_is_a_no() -> None:
    with serving(lambda _: Reply(reset=True)) as server, pytest.raises(TrackerError):
        told(f"{server.url}/hooks/vmo")


def test_sends_no_token_in_the_clear_unless_told_to() -> None:
    with pytest.raises(SettingsError, match="https"):
        told("http://hooks.example.com/vmo", allow_insecure=False)
