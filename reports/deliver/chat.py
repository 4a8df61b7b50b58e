"""Tell a channel of Teams or Slack of an edition: one POST to its webhook, and what became of it.

    claim ──> connect ──> data_started ──> POST ──> 2xx   accepted
                          (committed)               4xx   refused
                                                    429, 5xx, no connection   deferred
                                                    no answer                 unknown

The webhook's address is a secret: no message of ours repeats it, not even its host.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3.exceptions import LocationParseError
from urllib3.util import parse_url

from reports.deliver.mail import Journal, Outcome
from reports.words.foreign import one_line

CONNECT_SECONDS = 10.0
READ_SECONDS = 30.0
LARGEST_ANSWER_BYTES = 4_096
LONGEST_HEADLINE = 280


class WebhookError(Exception):
    """The address cannot be used as it is: a person must act. Nothing was sent."""


@dataclass(frozen=True, kw_only=True)
class Notice:
    """What a channel is told. `href` is empty where no server shows the edition."""

    headline: str
    summary: str
    href: str
    label: str


@dataclass(frozen=True, kw_only=True)
class Channel:
    """A webhook. `kind` is teams or slack; `url` the secret itself."""

    kind: str
    url: str = field(repr=False)
    allow_insecure: bool = False


def tell(notice: Notice, *, channel: Channel, journal: Journal) -> tuple[Outcome, str]:
    """Tell one channel once; return what became of it, with a sentence for the operator.

    `journal` is called with `data_started` before the message leaves, and must have committed when it returns. No
    redirect is followed, and no proxy or password of the environment used. Raises WebhookError.
    """
    _refuse_unsafe(channel)
    with requests.Session() as session:
        session.trust_env = False
        session.mount("https://", HTTPAdapter(max_retries=0))
        session.mount("http://", HTTPAdapter(max_retries=0))
        journal("data_started")
        try:
            answer = session.post(
                channel.url,
                json=message(notice, kind=channel.kind),
                timeout=(CONNECT_SECONDS, READ_SECONDS),
                allow_redirects=False,
                stream=True,
            )
        except requests.exceptions.SSLError:
            return Outcome.DEFERRED, "the webhook's certificate cannot be verified"
        except requests.exceptions.ConnectTimeout:
            return Outcome.DEFERRED, "no connection to the webhook in time"
        except requests.exceptions.ConnectionError as error:
            if _never_left(error):
                return Outcome.DEFERRED, "no connection to the webhook"
            return Outcome.UNKNOWN, "the connection was lost before an answer came; the message may have arrived"
        except requests.RequestException:
            return Outcome.UNKNOWN, "no answer in time; the message may have arrived"
        with answer:
            return _outcome(answer.status_code)


def message(notice: Notice, *, kind: str) -> Mapping[str, Any]:
    """The message as the service takes it. Headlines are shown as they are: nothing in them links, calls or formats."""
    headline, summary = one_line(notice.headline, LONGEST_HEADLINE), one_line(notice.summary)
    return _slack(headline, summary, notice) if kind == "slack" else _teams(headline, summary, notice)


def _slack(headline: str, summary: str, notice: Notice) -> Mapping[str, Any]:
    def block(text: str) -> dict[str, Any]:
        return {"type": "section", "text": {"type": "plain_text", "text": text, "emoji": False}}

    blocks: list[dict[str, Any]] = [block(headline), block(summary)]
    if notice.href:
        link = f"<{notice.href}|{_escaped(notice.label)}>"
        blocks.append({"type": "section", "text": {"type": "mrkdwn", "text": link}})
    return {"text": _escaped(headline), "blocks": blocks, "unfurl_links": False, "unfurl_media": False}


def _teams(headline: str, summary: str, notice: Notice) -> Mapping[str, Any]:
    def text(said: str, **style: Any) -> dict[str, Any]:  # runs of text take no Markdown, text blocks would
        return {"type": "RichTextBlock", "inlines": [{"type": "TextRun", "text": said, **style}]}

    card: dict[str, Any] = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "body": [text(headline, weight="Bolder", size="Medium"), text(summary, isSubtle=True)],
    }
    if notice.href:
        card["actions"] = [{"type": "Action.OpenUrl", "title": notice.label, "url": notice.href}]
    content = {"contentType": "application/vnd.microsoft.card.adaptive", "content": card}
    return {"type": "message", "attachments": [content]}


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _refuse_unsafe(channel: Channel) -> None:
    try:
        url = parse_url(channel.url)
    except LocationParseError:
        raise WebhookError("the webhook's address cannot be read; copy it again") from None
    if url.auth is not None or not url.host or "\\" in channel.url:
        raise WebhookError("the webhook's address cannot be read; copy it again, without user or password")
    if channel.allow_insecure and url.scheme in ("https", "http"):
        return
    if url.scheme != "https":
        raise WebhookError("the webhook's address is not https; copy it again")
    if _is_numeric(url.host):
        raise WebhookError("the webhook's address names a machine by number, or this one; copy it again")


def _is_numeric(host: str) -> bool:
    try:
        ip_address(host.strip("[]"))
    except ValueError:
        last = host.rstrip(".").rpartition(".")[2]
        return last == "localhost" or last.isdigit() or last.startswith("0x")
    return True


def _never_left(error: requests.ConnectionError) -> bool:
    """Was no connection made at all?"""
    return any(word in repr(error) for word in ("NewConnectionError", "NameResolutionError", "ConnectTimeoutError"))


def _outcome(status: int) -> tuple[Outcome, str]:
    if 200 <= status < 300:
        return Outcome.ACCEPTED, f"answered {status}"
    if status == 429 or status >= 500:
        return Outcome.DEFERRED, f"the webhook answers {status}"
    if 300 <= status < 400:
        return Outcome.REFUSED, f"the webhook leads elsewhere ({status}), and we follow no redirect; copy it again"
    return Outcome.REFUSED, f"the webhook refuses the message ({status}); check whether it is still there"
