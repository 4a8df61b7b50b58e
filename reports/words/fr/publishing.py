"""Ce que le flux et la messagerie disent d’une édition."""

from __future__ import annotations

MESSAGES: dict[str, str | tuple[str, str]] = {
    "feed.link": "Suivre les nouvelles éditions dans un lecteur de flux (Atom).",
    "feed.summary": "Édition {edition}, données au {day}.",
    "feed.revision": "Révision {n}, qui corrige la précédente.",
    "feed.sample": "Données fictives : l’entreprise et tous les chiffres sont inventés.",
    "chat.open": "Ouvrir l’édition",
}
