"""What the pages of a wiki say of themselves."""

from __future__ import annotations

MESSAGES: dict[str, str | tuple[str, str]] = {
    "wiki.title": "{page}, {portfolio} ({locale})",
    "wiki.titled": "{page}: {name}, {portfolio} ({locale})",
    "wiki.kept": (
        "This copy is renewed with each edition; the one that never changes is the permanent edition. "
        "Comments stay; whoever changes the page by hand stops its renewal."
    ),
}
