"""Le flux et les prévisions sur leur page, et ce que la vue d’ensemble en garde."""

# ruff: noqa: E501  # a message is read, and compared with its twin, on one line

from __future__ import annotations

MESSAGES: dict[str, str | tuple[str, str]] = {
    "nav.flow": "Flux et prévisions",
    "nav.whole": "Portefeuille",
    "report.flow": "Flux et prévisions",
    # --- constats
    "finding.dates_missed.short": (
        "{n:wf} échéance sur {total} est manquée ou le sera sans doute",
        "{n:w} échéances sur {total} sont manquées ou le seront sans doute",
    ),
    "finding.dates_missed.long": (
        "**{n:wf} échéance sur {total}** est passée, ou sera plus probablement manquée que tenue",
        "**{n:w} échéances sur {total}** sont passées, ou seront plus probablement manquées que tenues",
    ),
    "finding.dates_missed.all.short": (
        "la seule échéance est manquée ou le sera sans doute",
        "les {n:w} échéances sont manquées ou le seront sans doute",
    ),
    "finding.dates_missed.all.long": (
        "**la seule échéance** est passée, ou sera plus probablement manquée que tenue",
        "**les {n:w} échéances** sont passées, ou seront plus probablement manquées que tenues",
    ),
    "finding.dates_kept.short": (
        "la seule échéance sera sans doute tenue",
        "les {n:w} échéances seront sans doute tenues",
    ),
    "finding.dates_kept.long": (
        "**la seule échéance** sera plus probablement tenue que manquée",
        "**les {n:w} échéances** seront plus probablement tenues que manquées",
    ),
    "finding.date_slip.short": "« {epic} » glisse de {days} jours",
    "finding.date_slip.long": (
        "**« {epic} » glisse de {days} jours** depuis la dernière édition",
        "**« {epic} » glisse de {days} jours** depuis la dernière édition ; {n:w} dates ont reculé de deux semaines ou plus",
    ),
    "finding.constraint.short": "« {state} » est le goulot d’étranglement",
    "finding.constraint.long": "**« {state} » est le goulot d’étranglement** et prend {share} du temps en cours",
    "finding.late_costly.short": (
        "un epic estimé à {amount} sera sans doute en retard",
        "{n:w} epics, estimés à {amount} en tout, seront sans doute en retard",
    ),
    "finding.late_costly.long": (
        "**« {epic} », estimé à {amount},** manquera sans doute son échéance",
        "**{n:W} epics, estimés à {amount} en tout,** manqueront sans doute leur échéance ; le plus grand est « {epic} »",
    ),
    "finding.late_unestimated.short": (
        "un epic que personne n’a estimé sera sans doute en retard",
        "{n:w} epics que personne n’a estimés seront sans doute en retard",
    ),
    "finding.late_unestimated.long": (
        "**« {epic} », que personne n’a estimé,** manquera sans doute son échéance",
        "**{n:W} epics que personne n’a estimés** manqueront sans doute leur échéance, dont « {epic} »",
    ),
    "propose.late": (
        "Un epic, estimé à {amount}, sera sans doute en retard : le réduire, convenir d’une autre date, ou l’arrêter ?",
        "{n:W} epics, estimés à {amount} en tout, seront sans doute en retard : les réduire, convenir d’autres dates, ou en arrêter ?",
    ),
    "propose.late.spent": (
        "Un epic, estimé à {amount} et qui a coûté {spent}, sera sans doute en retard : le réduire, convenir d’une autre date, ou l’arrêter ?",
        "{n:W} epics, estimés à {amount} en tout et qui ont coûté {spent}, seront sans doute en retard : les réduire, convenir d’autres dates, ou en arrêter ?",
    ),
    "propose.late.epic": "{item} ({amount} ; {share} de chances au {due})",
    "propose.late.overdue": "{item} ({amount} ; en retard depuis le {due})",
    "propose.dates": (
        "Un epic manquera sans doute son échéance : en réduire le contenu, ou convenir d’une autre date ?",
        "{n:W} epics manqueront sans doute leur échéance : en réduire le contenu, ou convenir d’autres dates ?",
    ),
    "propose.dates.apart": (
        "{all:W} epics manqueront sans doute leur échéance (demandés à part : {apart}) : réduire le contenu de l’autre, ou convenir d’une autre date ?",
        "{all:W} epics manqueront sans doute leur échéance (demandés à part : {apart}) : réduire le contenu des autres, ou convenir d’autres dates ?",
    ),
    # --- chiffre clé
    "flow.figure.dates": "Échéances sans doute tenues",
    "flow.figure.dates.of": "sur {n}",
    "flow.figure.dates.versus": "Cible : toutes",
    "flow.figure.dates.first": "Rien à comparer encore : les dates qui bougent se liront dès la prochaine édition.",
    "flow.figure.dates.moved": (
        "{n:Wf} date à 85 % a bougé depuis le {day}.",
        "{n:W} dates à 85 % ont bougé depuis le {day}.",
    ),
    # --- rubriques
    "flow.served.question": "À quoi sert le travail ?",
    "flow.served.apart": "L’en-cours est à {points} points de ce que les thèmes devaient recevoir",
    "flow.served.even": "L’en-cours se partage entre les thèmes comme prévu",
    "flow.served.kind": "Ce qui a fini est surtout d’une sorte : {kind}, {share}",
    "flow.served.untold": "Trop peu a fini pour dire à quoi sert le travail",
    # --- vue d’ensemble
    "glance.dates.more": "Toutes les dates, et pourquoi elles ont bougé",
    "glance.flow.more": "Flux et prévisions",
    "glance.changes.more": "Tous les changements de la semaine",
    "glance.changes.more.other": "Tous les changements de ces jours",
    "glance.money.question": "L’argent reste-t-il dans les garde-fous ?",
    "glance.risks": (
        "Le seul risque ouvert : probabilité fois impact, non le pire des cas.",
        "Somme des {n} risques ouverts : probabilité fois impact, non le pire des cas.",
    ),
    "glance.risks.more": "Tous les risques et dépendances",
    "glance.both": "{first} ; {second}",
    "guardrails.verdict.out": ("un garde-fou non respecté", "{n:w} garde-fous non respectés"),
    "guardrails.verdict.hold": (
        "le seul garde-fou qui peut être jugé tient",
        "les {n:w} garde-fous qui peuvent être jugés tiennent",
    ),
    "guardrails.verdict.untold": "aucun garde-fou ne peut encore être jugé",
}
