"""What the pages of a wiki say of themselves."""

from __future__ import annotations

MESSAGES: dict[str, str | tuple[str, str]] = {
    "wiki.title": "{page}, {portfolio} ({locale})",
    "wiki.titled": "{page}: {name}, {portfolio} ({locale})",
    "wiki.kept": "vmo keeps this page up to date. Comments stay; whoever changes the page itself stops that.",
}
