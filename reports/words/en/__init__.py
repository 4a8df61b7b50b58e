"""English, en-GB. A pair is (singular, plural); `**strong**`; `{n:w}` says a small count in words."""

from __future__ import annotations

from reports.words.en import ahead, changes, explain, flow, general, headlines, ledger, mail, trust, value

PARTS = (
    general,
    headlines,
    value,
    ledger,
    flow,
    ahead,
    changes,
    trust,
    mail,
    explain,
)  # a subject each; no two say the same key

MESSAGES: dict[str, str | tuple[str, str]] = {key: said for part in PARTS for key, said in part.MESSAGES.items()}
