"""What a feed and a chat say of an edition."""

from __future__ import annotations

MESSAGES: dict[str, str | tuple[str, str]] = {
    "feed.link": "Follow new editions in a feed reader (Atom).",
    "feed.summary": "Edition {edition}, data as of {day}.",
    "feed.revision": "This is revision {n}; it corrects the one before it.",
    "feed.sample": "Sample data: the company and every figure are invented.",
    "chat.open": "Open the edition",
}
