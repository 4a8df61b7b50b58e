"""The mail."""

# ruff: noqa: E501  # a message is read, and compared with its twin, on one line

from __future__ import annotations

MESSAGES: dict[str, str | tuple[str, str]] = {
    # --- mail
    "mail.subject": "{finding} ({issue})",
    "mail.subject.mine": (
        "For you: {finding} ({issue})",
        "{n:W} things for you: {finding} ({issue})",
    ),
    "mail.subject.mine.stale": (
        "STALE: for you: {finding} ({issue})",
        "STALE: {n:w} things for you: {finding} ({issue})",
    ),
    "mine.waiting": ("One thing waits for you", "{n:W} things wait for you"),
    "mine.repair": (
        "Mend one item: {rule}",
        "Mend {n} items: {rule}",
    ),
    "mine.more": ("One more change is on the pages.", "{n:W} more changes are on the pages."),
    "mail.subject.stale": "STALE: {finding} ({issue})",
    "mail.subject.quiet": "Quiet week: nothing crossed a threshold ({issue})",
    "mail.subject.quiet.other": "All quiet: nothing crossed a threshold ({issue})",
    "mail.subject.correction": "Correction: ",
    "mail.left_out": "The pages of edition {edition} are not attached: they are too large for the mail server. "
    "Ask the VMO office for them.",
    "mail.attached": "The pages of this edition are attached; they open in any browser.",
    "mail.open": "Open the portfolio overview",
    "mail.figures": "Five figures",
    "mail.figures.n": "Key figures",
    "mail.themes": "Strategic themes",
    "mail.changes": "What changed",
    "mail.trust": "Trust in the data.",
    "mail.why": "You receive this because your address is listed for this report in {portfolio}. To change that, write to the VMO.",
    "mail.edition": "Edition {edition}, revision {revision}.",
    "mail.now": "{name}: {value}",
}
