"""A channel is told once, by whatever way it answers, and what it is told cannot do more than be read."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from reports.deliver.chat import Channel, Notice, WebhookError, message, tell
from reports.deliver.mail import Outcome
from tests.cli.webhooks import Webhook, a_webhook

NOTICE = Notice(
    headline="Claims settle in 11 days",
    summary="Edition 2026-W47, data as of 22 November.",
    href="https://vmo.example.com/r/claims/2026-w47/overview.en.html",
    label="Open the edition",
)


@pytest.fixture
def webhook() -> Iterator[Webhook]:
    with a_webhook() as told:
        yield told


@pytest.mark.parametrize("kind", ["slack", "teams"])
def test_a_channel_gets_headline_period_and_link_in_one_message(webhook: Webhook, kind: str) -> None:
    steps: list[str] = []

    outcome, _ = tell(NOTICE, channel=_channel(webhook, kind), journal=steps.append)

    assert outcome is Outcome.ACCEPTED
    assert steps == ["data_started"]
    (sent,) = webhook.received
    for said in (NOTICE.headline, NOTICE.summary, NOTICE.href):
        assert said in json.dumps(sent)


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        (200, Outcome.ACCEPTED),
        (202, Outcome.ACCEPTED),
        (302, Outcome.REFUSED),
        (404, Outcome.REFUSED),
        (429, Outcome.DEFERRED),
        (503, Outcome.DEFERRED),
        pytest.param(0, Outcome.UNKNOWN, id="hangs up after it has read all"),
    ],
)
def test_an_answer_means_what_it_means(webhook: Webhook, status: int, outcome: Outcome) -> None:
    webhook.answers = [status]
    webhook.location = webhook.url("/elsewhere")

    found, sentence = tell(NOTICE, channel=_channel(webhook, "slack"), journal=lambda _: None)

    assert found is outcome
    assert len(webhook.received) == 1
    assert "canary" not in sentence
    assert "127.0.0.1" not in sentence


def test_a_webhook_that_cannot_be_reached_is_tried_later(webhook: Webhook) -> None:
    nobody = Channel(kind="slack", url="http://127.0.0.1:9/canary", allow_insecure=True)

    outcome, sentence = tell(NOTICE, channel=nobody, journal=lambda _: None)

    assert outcome is Outcome.DEFERRED
    assert "canary" not in sentence


@pytest.mark.parametrize(
    "url",
    [
        "http://hooks.example.com/canary",
        "https://127.0.0.1/canary",
        "https://169.254.169.254/canary",
        "https://[::1]/canary",
        "https://2130706433/canary",
        "https://0x7f000001/canary",
        "https://localhost/canary",
        "https://user:pass@hooks.example.com/canary",
        "https://hooks.example.com\\@127.0.0.1/canary",
        "ftp://hooks.example.com/canary",
        "canary",
    ],
)
def test_an_address_that_may_lead_inside_is_refused_and_not_repeated(url: str) -> None:
    steps: list[str] = []

    with pytest.raises(WebhookError) as refused:
        tell(NOTICE, channel=Channel(kind="slack", url=url), journal=steps.append)

    assert "canary" not in str(refused.value)
    assert steps == []


def test_a_channel_does_not_show_its_address() -> None:
    assert "canary" not in repr(Channel(kind="slack", url="https://hooks.example.com/canary"))


def test_a_headline_calls_nobody_links_nowhere_and_is_one_line() -> None:
    hostile = "<!channel> <https://evil.example.com|all is well> *x* [a](https://evil.example.com)\n\u202eabc\x00"
    notice = Notice(headline=hostile, summary="s", href="", label="l")

    slack, teams = message(notice, kind="slack"), message(notice, kind="teams")

    assert "<" not in slack["text"]
    assert all(block["text"]["type"] == "plain_text" for block in slack["blocks"])
    body = teams["attachments"][0]["content"]["body"]
    assert {block["type"] for block in body} == {"RichTextBlock"}
    assert not set(json.dumps([slack, teams], ensure_ascii=False)) & {"\n", "\u202e", "\x00"}
    assert "actions" not in teams["attachments"][0]["content"]


def _channel(webhook: Webhook, kind: str) -> Channel:
    return Channel(kind=kind, url=webhook.url(), allow_insecure=True)
