"""Comment de telles dates auraient été tenues."""

# ruff: noqa: E501  # a message is read, and compared with its twin, on one line

from __future__ import annotations

MESSAGES: dict[str, str | tuple[str, str]] = {
    # --- looking back
    "forecast.back.begun": "epics en cours",
    "forecast.back.queued": "epics pas encore commencés",
    "forecast.back": (
        "Après coup : la seule date à 85 % déjà venue parmi les {what}, donnée à l’une des {months} dernières fins de mois avec ce que l’on savait alors, aurait été tenue à {share}",
        "Après coup : sur {n} dates à 85 % d’{what}, données aux {months} dernières fins de mois avec ce que l’on savait alors, {share} auraient été tenues",
    ),
    "forecast.back.too_few": (
        "Après coup, sur les {months} dernières fins de mois, une seule date à 85 % d’{what} est venue : trop peu pour en juger.",
        "Après coup, sur les {months} dernières fins de mois, {n} dates à 85 % d’{what} sont venues, pour {epics} : trop peu pour en juger.",
    ),
    "forecast.back.none": "Après coup, sur les {months} dernières fins de mois, aucune date à 85 % d’{what} n’est venue : personne ne sait comment elles sont tenues.",
    "forecast.back.as_promised": ", comme promis. Elles restent telles que les tirages les donnent.",
    "forecast.back.optimistic": " (probabilité d’un simple hasard : {chance}), optimistes jusqu’ici. Elles restent telles que les tirages les donnent.",
    "forecast.back.over_confident": " (probabilité d’un simple hasard : {chance}) : **trop sûres d’elles,** avec trop peu d’epics pour dire de combien. Elles restent telles que les tirages les donnent.",
    "forecast.back.later": (
        " (probabilité d’un simple hasard : {chance}). **Toutes sont donc reculées d’autant qu’il l’aurait fallu :** celle à 85 % de {n} jour.",
        " (probabilité d’un simple hasard : {chance}). **Toutes sont donc reculées d’autant qu’il l’aurait fallu :** celle à 85 % de {n} jours.",
    ),
    "forecast.back.unknown": " (probabilité d’un simple hasard : {chance}). **Toutes sont donc reculées,** et aucune n’est donnée à 85 % : trop d’epics sont encore ouverts pour dire de combien.",
    "forecast.back.note": "Ce retour en arrière prend les parents, les liens, les rangs et les échéances d’aujourd’hui.",
    "about.hindsight": "Cette page parle du {day}, et fut faite plus tard. Les historiques sont lus jusqu’à ce jour ; les liens, les échéances et les réglages sont ceux du jour où elle fut faite.",
    "forecast.unlearnt": "nul ne peut le dire",
    "forecast.part.lateness": "leçon du passé",
    "explain.of.dates": "dates qui auraient été données",
    "explain.fact.epics": "epics dont une date est venue",
    "explain.fact.later_p50": "jours dont les dates à 50 % dépassent celles des tirages",
    "explain.fact.later_p70": "jours dont les dates à 70 % dépassent celles des tirages",
    "explain.fact.later_p85": "jours dont les dates à 85 % dépassent celles des tirages",
    "explain.fact.later_p95": "jours dont les dates à 95 % dépassent celles des tirages",
    "explain.word.not_learnt": "nul ne peut le dire, trop d’epics sont encore ouverts",
    "explain.instead.to_be_closed": "tout son travail est terminé ; il attend d’être clos",
    "explain.instead.series": "une série, détaillée ci-dessous",
    "explain.instead.five_years": "pas d’ici cinq ans",
    "explain.instead.ten_years": "pas d’ici dix ans",
    "explain.instead.unlearnt": "nul ne peut le dire : trop d’epics ainsi annoncés sont encore ouverts",
    "explain.instead.reached": "la cible est atteinte",
}
