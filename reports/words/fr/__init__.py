"""Français de France. Une paire est (singulier, pluriel) ; les espaces de la ponctuation sont posées à la fin."""

from __future__ import annotations

from reports.words.fr import (
    ahead,
    baseline,
    board,
    capacity,
    changes,
    explain,
    flow,
    general,
    guardrails,
    hazards,
    headlines,
    increments,
    item,
    ledger,
    looking_back,
    mail,
    money,
    publishing,
    restated,
    stream,
    trust,
    value,
)

PARTS = (
    general,
    headlines,
    value,
    money,
    flow,
    ahead,
    board,
    capacity,
    increments,
    stream,
    looking_back,
    changes,
    trust,
    mail,
    item,
    restated,
    hazards,
    guardrails,
    ledger,
    publishing,
    explain,
    baseline,
)  # a subject each; no two say the same key

MESSAGES: dict[str, str | tuple[str, str]] = {key: said for part in PARTS for key, said in part.MESSAGES.items()}
