"""Ce qui a changé."""

from __future__ import annotations

MESSAGES: dict[str, str | tuple[str, str]] = {
    # --- changements
    "changes.question": "Ce qui a changé, {period}",
    "changes.head": ("{counts} a fini", "{counts} ont fini"),
    "changes.head.none": "Rien n’a fini cette semaine",
    "changes.head.none.other": "Rien n’a fini ces jours-là",
    "changes.head.none.known": "Rien de terminé, à notre connaissance",
    "changes.head.unread": "Non connu : aucun outil de suivi n’a été lu depuis le {day}",
    "changes.head.never": "Non connu : aucun outil de suivi n’a encore été lu en entier",
    "changes.unread.after": "non connu {sources}",
    "changes.unread": "après le {day} pour {sources}",
    "changes.unread.never": "du tout pour {sources}",
    "changes.unread.text": "Aucun outil de suivi n’a été lu depuis le {day}.",
    "changes.unread.text.never": "Aucun outil de suivi n’a encore été lu en entier.",
    "changes.unread.label": "Non connu",
    "changes.counts.other": "Sur ces jours, fini : {finished} ; commencé : {started} ; annulé : {cancelled}.",
    "changes.counts": "Dans la semaine, fini : {finished} ; commencé : {started} ; annulé : {cancelled}.",
    "count.epic": ("{n} epic", "{n} epics"),
    "count.feature": ("{n} feature", "{n} features"),
    "count.story": ("{n} story", "{n} stories"),
    "changes.quiet.label": "Calme",
    "changes.quiet": "Aucun epic, aucune feature n’a commencé, fini ou été abandonné.",
    "changes.quiet.known": "À notre connaissance, aucun epic, aucune feature n’a commencé, fini ou été abandonné.",
    "changes.status.label": "Statut",
    "changes.status.label.other": "Statut, 7 jours",
    "changes.status": "« {theme} » passe à « {now} », contre « {before} ».",
    "changes.reading.label": "Relevé",
    "changes.reading.label.other": "Relevé, 7 jours",
    "changes.reading": "{result} : {value}, après {before}.",
    "changes.reading.same": "{result} : {value}, inchangé.",
    "changes.reading.more": (
        "Un autre relevé est arrivé ; voir la page du thème.",
        "{n:W} autres relevés sont arrivés ; voir les pages des thèmes.",
    ),
    "crossings.guardrail.label": "Garde-fou",
    "crossings.verdict.label": "Verdict",
    "crossings.risk.label": "Risque",
    "crossings.due.label": "Verdict attendu",
    "crossings.risk.raised": "Risque ouvert",
    "crossings.risk.resolved": "Risque résolu",
    "crossings.horizon.out": "{part} sort de son garde-fou : {share} du travail, contre {before} auparavant.",
    "crossings.horizon.in": "{part} revient dans son garde-fou : {share} du travail, contre {before} auparavant.",
    "crossings.capacity.out": (
        "{train} : la part « {part} » sort de son allocation : {share} du travail, contre {before} auparavant."
    ),
    "crossings.capacity.in": (
        "{train} : la part « {part} » revient dans son allocation : {share} du travail, contre {before} auparavant."
    ),
    "crossings.whole": "Tout le portefeuille",
    "crossings.owners.planned": (
        "{share} des objectifs ont été planifiés à temps : de nouveau au moins {least}, comme convenu"
    ),
    "crossings.owners.scored": (
        "{share} des objectifs ont été notés à temps : de nouveau au moins {least}, comme convenu"
    ),
    "crossings.owners.active": (
        "{share} des epics en réalisation sont suivis : de nouveau au moins {least}, comme convenu"
    ),
    "crossings.agreed.plan": "Sa part convenue est passée de {before} à {now}.",
    "crossings.agreed.tolerance.wider": "Sa tolérance a été élargie de {before} à {now} points.",
    "crossings.agreed.tolerance.narrower": "Sa tolérance a été resserrée de {before} à {now} points.",
    "crossings.agreed.least.lowered": "La part convenue a été abaissée de {before} à {now}.",
    "crossings.agreed.least.raised": "La part convenue a été relevée de {before} à {now}.",
    "crossings.changed.tolerance.wider": "La tolérance des garde-fous a été élargie de {before} à {now} points.",
    "crossings.changed.tolerance.narrower": "La tolérance des garde-fous a été resserrée de {before} à {now} points.",
    "crossings.changed.least.lowered": (
        "Ce que les Business Owners doivent atteindre a été abaissé de {before} à {now}."
    ),
    "crossings.changed.least.raised": "Ce que les Business Owners doivent atteindre a été relevé de {before} à {now}.",
    "crossings.changed.least.gone": "Ce que les Business Owners devaient atteindre, {before}, n’est plus convenu.",
    "crossings.changed.horizons": "Les parts convenues des horizons ont changé.",
    "crossings.changed.horizons.gone": "Les parts des horizons ne sont plus convenues.",
    "crossings.changed.capacity": "L’allocation de capacité convenue a changé.",
    "crossings.changed.capacity.gone": "L’allocation de capacité n’est plus convenue.",
    "crossings.flow.label": "Flux",
    "crossings.flow.constraint": (
        "La part du temps dès laquelle un état est la contrainte est passée de {before} à {now}."
    ),
    "crossings.flow.act": (
        "La part du temps dès laquelle il faut agir sur la contrainte est passée de {before} à {now}."
    ),
    "crossings.flow.without_start": (
        "La part du travail terminé qui peut être sans début connu est passée de {before} à {now}."
    ),
    "crossings.pace.label": "Statut",
    "crossings.pace.on_track": "L’écart au plan admis pour être en bonne voie est passé de {before} à {now} points.",
    "crossings.pace.at_risk": "L’écart au plan admis avant d’être en retard est passé de {before} à {now} points.",
    "crossings.value.label": "Valeur",
    "crossings.value.measured": (
        "Le délai après lequel une valeur attendue et non mesurée est signalée est passé de {before} à {now}."
    ),
    "crossings.money.label": "Argent",
    "crossings.money.apart": (
        "L’écart admis entre lectures de l’argent avant de toutes les montrer est passé de {before} à {now} points."
    ),
    "crossings.initiative": "{epic} a commencé sans l’approbation requise.",
    "crossings.initiative.approved": "{epic} a été approuvé, après avoir commencé.",
    "crossings.verdict.confirmed": "{name} : hypothèse confirmée.",
    "crossings.verdict.refuted": "{name} : hypothèse réfutée.",
    "crossings.due": "{name}, au plus tard le {day}.",
    "crossings.more": ("Et un autre.", "Et {n:w} autres."),
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
