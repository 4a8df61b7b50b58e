"""Constats, décisions et chiffres clés."""

# ruff: noqa: E501  # a message is read, and compared with its twin, on one line

from __future__ import annotations

MESSAGES: dict[str, str | tuple[str, str]] = {
    # --- titre
    "headline.contrast": "{good}, mais {bad}",
    "headline.asked": "{text} ; {asked}",
    "finding.source_failed.since.short": "{kind} ({source}) n’a pas été lu en entier depuis le {since}",
    "finding.source_failed.since.long": "{kind} ({source}) n’a pas été lu en entier depuis le {since} ; les chiffres peuvent "
    "être périmés",
    "finding.source_failed.never.short": "{kind} ({source}) n’a jamais été lu en entier",
    "finding.source_failed.never.long": "{kind} ({source}) n’a jamais été lu en entier ; les chiffres sont incomplets",
    "finding.decision_due.short": (
        "une décision est attendue pour le {due}",
        "{n:w} décisions sont attendues, la première pour le {due}",
    ),
    "finding.decision_due.long": (
        "une décision est attendue pour le {due}",
        "{n:w} décisions sont attendues, la première pour le {due}",
    ),
    "finding.decision_due.overdue.short": (
        "une décision est en retard",
        "{n:w} décisions sont en retard",
    ),
    "finding.decision_due.overdue.long": (
        "une décision était attendue pour le {due}",
        "{n:w} décisions étaient attendues, la première pour le {due}",
    ),
    "finding.decision_due.week.short": (
        "une décision est attendue cette semaine",
        "{n:w} décisions sont attendues sous peu",
    ),
    "finding.decision_due.week.long": (
        "une décision est attendue pour le {due}",
        "{n:w} décisions sont attendues, la première pour le {due}",
    ),
    "finding.status_worse.off_track.short": "« {theme} » passe en retard",
    "finding.status_worse.off_track.long": (
        "**« {theme} »** passe en retard, à {n} point du plan ; le plus en retard est « {result} », à {value}, pour une cible de {target}",
        "**« {theme} »** passe en retard, à {n} points du plan ; le plus en retard est « {result} », à {value}, pour une cible de {target}",
    ),
    "finding.status_worse.at_risk.short": "« {theme} » passe à risque",
    "finding.status_worse.at_risk.long": (
        "**« {theme} »** passe à risque, à {n} point du plan ; le plus en retard est « {result} », à {value}, pour une cible de {target}",
        "**« {theme} »** passe à risque, à {n} points du plan ; le plus en retard est « {result} », à {value}, pour une cible de {target}",
    ),
    "finding.theme_off_track.short": ("« {theme} » a {n} point de retard", "« {theme} » a {n} points de retard"),
    "finding.theme_off_track.long": (
        "**« {theme} »** a {n} point de retard sur son plan ; le plus en retard est « {result} », à {value}, pour une cible de {target}",
        "**« {theme} »** a {n} points de retard sur son plan ; le plus en retard est « {result} », à {value}, pour une cible de {target}",
    ),
    "finding.theme_at_risk.short": (
        "« {theme} » a {n} point de retard sur son plan",
        "« {theme} » a {n} points de retard sur son plan",
    ),
    "finding.theme_at_risk.long": (
        "**« {theme} »** est à risque, à {n} point du plan ; le plus en retard est « {result} », à {value}, pour une cible de {target}",
        "**« {theme} »** est à risque, à {n} points du plan ; le plus en retard est « {result} », à {value}, pour une cible de {target}",
    ),
    "finding.themes_on_track.short": (
        "{n:w} thème sur {themes:w} est en bonne voie",
        "{n:w} thèmes sur {themes:w} sont en bonne voie",
    ),
    "finding.themes_on_track.long": (
        "{n:w} thème mesuré sur {total:w} est en bonne voie, avec {on} résultats clés sur {of} en bonne voie",
        "{n:w} thèmes mesurés sur {total:w} sont en bonne voie, avec {on} résultats clés sur {of} en bonne voie",
    ),
    "finding.themes_on_track.all.short": (
        "le seul thème mesuré est en bonne voie",
        "les {n:w} thèmes mesurés sont en bonne voie",
    ),
    "finding.themes_on_track.all.long": (
        "le seul thème mesuré est en bonne voie, avec {on} résultats clés sur {of} en bonne voie",
        "les {n:w} thèmes mesurés sont en bonne voie, avec {on} résultats clés sur {of} en bonne voie",
    ),
    "finding.over_limit.short": "« {state} » dépasse sa limite : {n} epics pour {limit}",
    "finding.over_limit.long": (
        "« {state} » contient {n} epic pour une limite de {limit}",
        "« {state} » contient {n} epics pour une limite de {limit}",
    ),
    "finding.signal_good.flow_time.short": "le travail avance plus vite",
    "finding.signal_good.flow_time.long": "**85 % des {level} finissent désormais en {days} jours**, plus vite que d’habitude",
    "finding.signal_good.throughput.short": "davantage de {level} finissent chaque semaine",
    "finding.signal_good.throughput.long": "**{n} {level} ont fini la semaine passée**, plus que d’habitude",
    "finding.signal_good.flow_load.short": "moins de travail est en cours à la fois",
    "finding.signal_good.flow_load.long": "**{n} {level} sont en cours**, moins que d’habitude",
    "finding.signal_bad.flow_time.short": "le travail prend plus de temps",
    "finding.signal_bad.flow_time.long": "**85 % des {level} prennent désormais jusqu’à {days} jours**, plus que d’habitude",
    "finding.signal_bad.throughput.short": "moins de {level} finissent chaque semaine",
    "finding.signal_bad.throughput.long": (
        "**{n} des {level} seulement a fini la semaine passée**, moins que d’habitude",
        "**{n} {level} seulement ont fini la semaine passée**, moins que d’habitude",
    ),
    "finding.signal_bad.flow_load.short": "plus de travail est en cours que d’habitude",
    "finding.signal_bad.flow_load.long": "**{n} {level} sont en cours à la fois**, plus que d’habitude",
    "finding.overdue_age.short": (
        "un élément en cours est plus âgé que presque tout ce qui finit",
        "{n:w} {level} dépassent l’âge de presque tout ce qui finit",
    ),
    "finding.overdue_age.long": (
        "un élément en cours dépasse l’âge de 85 % de ce qui finit : {days} jours, contre {limit}",
        "{n:w} {level} en cours dépassent l’âge de 85 % de ce qui finit, jusqu’à {days} jours contre {limit}",
    ),
    "finding.coverage_low.short": "{share} seulement du travail sert un thème",
    "finding.coverage_low.long": "{share} seulement du travail en cours sert un thème, alors que ces chiffres en demandent 85 %",
    "finding.key_result_stale.short": (
        "un résultat clé n’a pas de relevé récent",
        "{n:w} résultats clés n’ont pas de relevé récent",
    ),
    "finding.key_result_stale.long": (
        "un résultat clé sur {of} n’a pas de relevé récent",
        "{n:w} résultats clés sur {of} n’ont pas de relevé récent",
    ),
    "finding.quiet.short": "aucun seuil franchi cette semaine",
    "finding.quiet.long": "aucun chiffre connu n’est sorti de sa plage habituelle, aucune limite n’est dépassée",
    "finding.quiet.empty.short": "aucun travail n’a encore été vu bouger",
    "finding.quiet.empty.long": "rien n’a commencé ni fini, à aucun niveau ; vérifiez les niveaux et les états des réglages",
    # --- décisions
    "decisions.waiting": ("Une décision est attendue", "{n:W} décisions sont attendues"),
    "decisions.none": "Aucune décision n’est attendue",
    "decisions.none.text": "Rien n’est ouvert au journal des décisions.",
    "decisions.none.here": "Aucune décision n’est attendue ici",
    "decisions.none.others": (
        "Aucune décision du journal ne concerne cette page ; une autre attend.",
        "Aucune décision du journal ne concerne cette page ; {n:w} autres attendent.",
    ),
    "decisions.late": " (dépassé)",
    # --- chiffres
    "figure.key_results": "Résultats clés en bonne voie",
    "figure.key_results.of": "sur {n}",
    "figure.key_results.versus": "Face à un plan linéaire",
    "figure.key_results.same": "Inchangé cette semaine.",
    "figure.key_results.up": "{n:W} de plus cette semaine.",
    "figure.key_results.down": "{n:W} de moins cette semaine.",
    "figure.key_results.unmeasured": ("Un n’a pas encore de relevé.", "{n:W} n’ont pas encore de relevé."),
    "figure.key_results.unread": ("Pour un, les relevés ne sont pas lus.", "Pour {n:w}, les relevés ne sont pas lus."),
    "figure.flow_time": "Temps de flux, 85 % des {level}",
    "figure.flow_time.data": "Temps de flux, 85 %, jours",
    "figure.flow_time.versus": "13 semaines, {n} éléments",
    "figure.flow_time.few": (
        "Trop peu pour conclure : {n} fini, au début connu.",
        "Trop peu pour conclure : {n} finis, au début connu.",
    ),
    "figure.throughput": "Débit, {level}",
    "figure.throughput.unit": "la semaine passée",
    "figure.flow_load": "En-cours, {level}",
    "figure.flow_load.unit": "en cours",
    "figure.flow_load.untold": (
        " Un élément sans historique est peut-être en cours aussi.",
        " {n} éléments sans historique sont peut-être en cours aussi.",
    ),
    "figure.alignment": "Travail rattaché à un thème",
    "figure.alignment.versus.flow": "Cible : 85 % ou plus",
    "figure.alignment.versus.items": "Des éléments finis ; cible : 85 % ou plus",
    "figure.alignment.no_themes": "Aucun thème n’est encore déclaré.",
    "figure.alignment.data": "Travail rattaché à un thème",
    "figure.alignment.orphans": (" {counts} ne sert aucun thème.", " {counts} ne servent aucun thème."),
    "figure.no_target": "Sans cible",
    "figure.mean": "Sans cible ; d’habitude {mean}",
    "figure.flow_time.gap": "Trop peu d’éléments finis en un mois.",
    "care": " À lire avec prudence : {weak} n’atteint que {share}.",
    "care.source": " Sans tout ce que contient {sources}.",
    "figure.alignment.met": "Cible tenue.",
    "figure.alignment.missed": "Sous la cible.",
    "trend.too_few": "Rien à comparer encore : une tendance demande six points.",
    "trend.sparse": "Trop peu par semaine pour parler de tendance.",
    "trend.firm.none": "Pas de vrai changement.",
    "trend.probable.none": "Sans doute pas de vrai changement.",
    "trend.firm.higher.time": "Plus lent",
    "trend.firm.lower.time": "Plus rapide",
    "trend.firm.higher.count": "En hausse",
    "trend.firm.lower.count": "En baisse",
    "trend.probable.higher.time": "Sans doute plus lent",
    "trend.probable.lower.time": "Sans doute plus rapide",
    "trend.probable.higher.count": "Sans doute en hausse",
    "trend.probable.lower.count": "Sans doute en baisse",
    "trend.than_usual": " par rapport à sa plage habituelle.",
    "trend.for_long": " depuis un certain temps.",
}
