"""Ce que les pages d’un wiki disent d’elles-mêmes."""

from __future__ import annotations

MESSAGES: dict[str, str | tuple[str, str]] = {
    "wiki.title": "{page}, {portfolio} ({locale})",
    "wiki.titled": "{page} : {name}, {portfolio} ({locale})",
    "wiki.kept": (
        "Cette copie est renouvelée à chaque édition ; seule l’édition permanente ne change plus. "
        "Les commentaires restent ; une modification à la main met fin au renouvellement."
    ),
}
