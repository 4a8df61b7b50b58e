"""Ce qui a changé."""

from __future__ import annotations

MESSAGES: dict[str, str | tuple[str, str]] = {
    # --- changements
    "changes.question": "Ce qui a changé, {period}",
    "changes.head": ("{counts} a fini", "{counts} ont fini"),
    "changes.head.none": "Rien n’a fini cette semaine",
    "changes.counts": "Dans la semaine, fini : {finished} ; commencé : {started} ; annulé : {cancelled}.",
    "count.epic": ("{n} epic", "{n} epics"),
    "count.feature": ("{n} feature", "{n} features"),
    "count.story": ("{n} story", "{n} stories"),
    "changes.quiet.label": "Calme",
    "changes.quiet": "Aucun epic, aucune feature n’a commencé, fini ou été abandonné.",
    "changes.status.label": "Statut",
    "changes.status": "« {theme} » passe à « {now} », contre « {before} ».",
    "changes.reading.label": "Relevé",
    "changes.reading": "{result} : {value}, après {before}.",
    "changes.reading.same": "{result} : {value}, inchangé.",
    "changes.reading.more": (
        "Un autre relevé est arrivé ; voir la page du thème.",
        "{n:W} autres relevés sont arrivés ; voir les pages des thèmes.",
    ),
    "changes.finished.label": "Fini",
    "changes.finished.more": ("Et un autre.", "Et {n:w} autres."),
    "changes.cancelled.label": "Annulé",
    "changes.cancelled.more": ("Et un autre.", "Et {n:w} autres."),
    "changes.removed.label": "Retiré",
    "changes.removed.more": ("Et un autre.", "Et {n:w} autres."),
    "changes.started.label": "Commencé",
    "changes.started.more": ("Et un autre.", "Et {n:w} autres."),
    "removed.deleted": " (supprimé)",
    "removed.recycled": " (à la corbeille)",
    "removed.archived": " (archivé)",
    "removed.access_lost": " (devenu invisible pour nous)",
    "removed.out_of_scope": " (sorti du périmètre)",
    "removed.deleted_or_hidden": " (supprimé, ou caché)",
    "removed.destroyed_or_hidden": " (supprimé pour de bon, ou caché)",
    "removed.id_reused": " (son numéro désigne un autre élément)",
}
