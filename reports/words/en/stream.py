"""The pages of value streams."""

from __future__ import annotations

MESSAGES: dict[str, str | tuple[str, str]] = {}
