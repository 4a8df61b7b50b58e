"""What a feed and a chat say of an edition."""

from __future__ import annotations

MESSAGES: dict[str, str | tuple[str, str]] = {
    "feed.link": "Follow new editions in a feed reader (Atom).",
    "feed.summary": "Edition {edition}, data as of {day}.",
    "feed.revision": "This is revision {n}; it corrects the one before it.",
    "feed.sample": "Sample data: the company and every figure are invented.",
    "correction": "**Corrected.** Revision {revision}, published {published}, corrects {link}.",
    "correction.link": "revision {revision}",
    "correction.state": (
        "It tells the state of {now}, revision {revision} that of {was}. A figure may differ because work went on."
    ),
    "correction.program": (
        "Another version of the program made revision {revision}: it may be words and columns that differ, and not the "
        "data."
    ),
    "correction.definitions": (
        "Another version of the program made revision {revision}, by other definitions: a figure may differ for that "
        "reason alone."
    ),
    "correction.figures": "Moved: {figures}.",
    "correction.figure": "{figure}, from {was} to {now}",
    "correction.figure.new": "{figure}, {now}, which was not on this page before",
    "correction.figure.lost": "{figure}, {was}, which is no longer told",
    "correction.figure.lost.n": (
        "one figure of this page is no longer told",
        "{n:w} figures of this page are no longer told",
    ),
    "correction.figures.none": "No key figure of this page moved.",
    "correction.tables": (
        "One data table of the edition has changed: {tables}.",
        "{n:W} data tables of the edition have changed: {tables}.",
    ),
    "correction.tables.many": (
        "{n:W} data table of the edition has changed.",
        "{n:W} data tables of the edition have changed.",
    ),
    "correction.between": "; ",
    "correction.rows": "What differs stands in the words and the rows of its pages.",
    "correction.headline.same": "The headline stands.",
    "correction.headline.other": "The headline was “{headline}”.",
    "correction.new": "This page was not in it.",
    "chat.open": "Open the edition",
}
