"""Ce que les pages d’un wiki disent d’elles-mêmes."""

from __future__ import annotations

MESSAGES: dict[str, str | tuple[str, str]] = {
    "wiki.title": "{page}, {portfolio} ({locale})",
    "wiki.titled": "{page} : {name}, {portfolio} ({locale})",
    "wiki.kept": (
        "Page tenue à jour par vmo. Les commentaires restent ; une modification de la page elle-même "
        "met fin aux mises à jour."
    ),
}
