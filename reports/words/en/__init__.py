"""English, en-GB. A pair is (singular, plural); `**strong**`; `{n:w}` says a small count in words."""

from __future__ import annotations

from reports.words.en import (
    ahead,
    capacity,
    changes,
    explain,
    flow,
    general,
    headlines,
    item,
    ledger,
    looking_back,
    mail,
    trust,
    value,
)

PARTS = (
    general,
    headlines,
    value,
    ledger,
    flow,
    ahead,
    capacity,
    looking_back,
    changes,
    trust,
    mail,
    explain,
    item,
)  # a subject each; no two say the same key

MESSAGES: dict[str, str | tuple[str, str]] = {key: said for part in PARTS for key, said in part.MESSAGES.items()}
