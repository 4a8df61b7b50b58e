"""Strategy and value, in words: key results, benefits, alignment."""

from __future__ import annotations

from metrics.catalogue.metric import Metric

METRICS = (
    Metric(
        id="key_result",
        version=1,
        name={
            "en": "Key result",
            "fr": "Résultat clé",
        },
        question={
            "en": "How far have we come towards what we promised?",
            "fr": "Où en sommes-nous de ce que nous avons promis ?",
        },
        formula={
            "en": (
                "Newest reading minus baseline, divided by target minus baseline, held between 0 and "
                "100%. Until the due date its status compares this with the share of time gone: at most "
                "{on_track} behind is on track, at most {at_risk} at risk, more is off track."
            ),
            "fr": (
                "Dernière mesure moins le point de départ, rapportée à la cible moins le point de "
                "départ, bornée entre 0 et 100 %. Avant l’échéance, le statut la compare à la part du "
                "temps écoulé : au plus {on_track} de retard, en bonne voie ; au plus {at_risk}, à risque ; "
                "au-delà, en retard."
            ),
        },
        unit="%",
        better="up",
        precision=0,
        includes={
            "en": (
                "Readings dated up to the day of the report. Of milestones: those reached of all; the plan asks for "
                "whole ones, a single one on its due date."
            ),
            "fr": (
                "Les mesures datées jusqu’au jour du rapport. De jalons : ceux atteints sur tous ; le plan demande "
                "des jalons entiers, un seul à son échéance."
            ),
        },
        excludes={
            "en": "Results without a target: their trend is shown, not graded.",
            "fr": "Les résultats sans cible : leur tendance est montrée, sans note.",
        },
        minimum_sample=1,
        source="KPI readings; Doerr, whatmatters.com; stale without a reading for an eighth of the cycle",
    ),
    Metric(
        id="objective",
        version=1,
        name={
            "en": "Objective",
            "fr": "Objectif",
        },
        question={
            "en": "Is the theme getting where it should?",
            "fr": "Le thème arrive-t-il où il doit ?",
        },
        formula={
            "en": (
                "Mean of the theme’s key results that are measured, by their weights. Results without a "
                "reading are left out and named: the mean always says how many of how many it rests on."
            ),
            "fr": (
                "Moyenne pondérée des résultats clés mesurés du thème. Les résultats sans mesure sont "
                "laissés de côté et nommés : la moyenne dit toujours sur combien d’entre eux elle repose."
            ),
        },
        unit="%",
        better="up",
        precision=0,
        includes={
            "en": "Measured key results.",
            "fr": "Les résultats clés mesurés.",
        },
        excludes={
            "en": "Key results without a reading, a target or a baseline.",
            "fr": "Les résultats clés sans mesure, sans cible ou sans point de départ.",
        },
        minimum_sample=1,
        source="KPI readings; Doerr, whatmatters.com",
    ),
    Metric(
        id="benefit",
        version=2,
        name={
            "en": "Benefit realisation",
            "fr": "Réalisation des bénéfices",
        },
        question={
            "en": "Does the promised value arrive?",
            "fr": "La valeur promise arrive-t-elle ?",
        },
        formula={
            "en": (
                "Newest reading minus baseline, divided by target minus baseline. Not held within limits: "
                "below zero means worse than before. Expected by a date is, linear, the share of the time "
                "between start and due date that has gone; on a ramp, its square; in one step, nothing before "
                "the due date."
            ),
            "fr": (
                "Dernière mesure moins le point de départ, rapportée à la cible moins le point de départ. "
                "Sans borne : au-dessous de zéro, la situation s’est dégradée. L’attendu à une date est, en "
                "linéaire, la part écoulée du temps entre départ et échéance ; en rampe, son carré ; en "
                "palier, rien avant l’échéance."
            ),
        },
        unit="%",
        better="up",
        precision=1,
        includes={
            "en": "Readings dated up to the day of the report.",
            "fr": "Les mesures datées jusqu’au jour du rapport.",
        },
        excludes={
            "en": "Benefits without a reading, or whose target equals the baseline.",
            "fr": "Les bénéfices sans mesure, ou dont la cible égale le point de départ.",
        },
        minimum_sample=1,
        source="KPI readings",
    ),
    Metric(
        id="benefit_portfolio",
        version=2,
        name={
            "en": "Benefits realised to date",
            "fr": "Bénéfices réalisés à ce jour",
        },
        question={
            "en": "How much of the planned value has arrived?",
            "fr": "Quelle part de la valeur prévue est arrivée ?",
        },
        formula={
            "en": (
                "Sum of realised amounts divided by the sum of amounts planned to date; the share of the "
                "whole plan is named beside it. What several epics claim is split by their shares; without "
                "shares that add up to 100%, it is counted once and flagged."
            ),
            "fr": (
                "Somme des montants réalisés rapportée à la somme des montants prévus à ce jour ; la part du "
                "plan entier est donnée à côté. Ce que plusieurs epics revendiquent est divisé selon leurs "
                "parts ; sans parts dont la somme est 100 %, il est compté une fois et signalé."
            ),
        },
        unit="%",
        better="up",
        precision=1,
        includes={
            "en": "Benefits with an amount and a reading.",
            "fr": "Les bénéfices chiffrés et mesurés.",
        },
        excludes={
            "en": "Benefits not valued, not measured, retired, or claimed twice.",
            "fr": "Les bénéfices non chiffrés, non mesurés, retirés ou revendiqués deux fois.",
        },
        minimum_sample=1,
        source="KPI readings, planned amounts",
    ),
    Metric(
        id="alignment_items",
        version=2,
        name={
            "en": "Alignment by items",
            "fr": "Alignement par éléments",
        },
        question={
            "en": "How many finished items serve a theme?",
            "fr": "Combien d’éléments terminés servent un thème ?",
        },
        formula={
            "en": (
                "Finished items that serve at least one strategic theme, divided by all items finished "
                "in the period at that level."
            ),
            "fr": (
                "Éléments terminés qui servent au moins un thème stratégique, rapportés à tous les "
                "éléments terminés pendant la période à ce niveau."
            ),
        },
        unit="%",
        better="up",
        precision=1,
        includes={
            "en": (
                "Themes of the item’s own and themes inherited from what is above it, as they were in effect on the "
                "day it finished."
            ),
            "fr": (
                "Les thèmes propres à l’élément et ceux hérités de ce qui est au-dessus de lui, tels qu’ils étaient en "
                "vigueur le jour de sa fin."
            ),
        },
        excludes={
            "en": "Cancelled work.",
            "fr": "Le travail annulé.",
        },
        minimum_sample=1,
        source="theme rules of the settings",
    ),
    Metric(
        id="alignment_flow",
        version=2,
        name={
            "en": "Alignment by flow",
            "fr": "Alignement du flux",
        },
        question={
            "en": "How much of the work in progress serves a theme?",
            "fr": "Quelle part du travail en cours sert un thème ?",
        },
        formula={
            "en": (
                "Item-days that serve a strategic theme, divided by all item-days. An item gives one "
                "item-day for each day of the period at whose end it was in progress; an item split "
                "between themes counts with the shares it declares."
            ),
            "fr": (
                "Jours-éléments qui servent un thème stratégique, rapportés à tous les jours-éléments. "
                "Un élément donne un jour-élément pour chaque jour de la période à la fin duquel il "
                "était en cours ; un élément partagé entre thèmes compte selon ses parts."
            ),
        },
        unit="%",
        better="up",
        precision=1,
        includes={
            "en": (
                "Everything in progress, finished since or not, with the themes that it has now, or had at its finish. "
                "Where a theme begins or ends, each day counts with the themes in effect on it."
            ),
            "fr": (
                "Tout ce qui était en cours, terminé depuis ou non, avec les thèmes actuels de l’élément, "
                "ou ceux de sa fin. Là où un thème commence ou prend fin, chaque jour compte avec les thèmes en "
                "vigueur ce jour-là."
            ),
        },
        excludes={
            "en": "Days in the backlog, done, cancelled or removed.",
            "fr": "Les jours au backlog, terminés, annulés ou retirés.",
        },
        minimum_sample=1,
        source="status history, theme rules of the settings",
    ),
    Metric(
        id="alignment_epics",
        version=2,
        name={
            "en": "Alignment of open epics",
            "fr": "Alignement des epics ouverts",
        },
        question={
            "en": "How many open epics serve a theme?",
            "fr": "Combien d’epics ouverts servent un thème ?",
        },
        formula={
            "en": "Open epics that serve at least one strategic theme, divided by all open epics.",
            "fr": ("Epics ouverts qui servent au moins un thème stratégique, rapportés à tous les epics ouverts."),
        },
        unit="%",
        better="up",
        precision=1,
        includes={
            "en": "Epics not begun and in progress, by the themes in effect today.",
            "fr": "Les epics non commencés et en cours, selon les thèmes en vigueur aujourd’hui.",
        },
        excludes={
            "en": "Epics done, cancelled or removed.",
            "fr": "Les epics terminés, annulés ou retirés.",
        },
        minimum_sample=1,
        source="theme rules of the settings",
    ),
    Metric(
        id="flow_share",
        version=2,
        name={
            "en": "Flow share of a theme",
            "fr": "Part du flux d’un thème",
        },
        question={
            "en": "Where does the work go?",
            "fr": "Où va le travail ?",
        },
        formula={
            "en": (
                "Item-days in progress that serve the theme, divided by all item-days of the period; "
                "what serves no theme is “unaligned”. Shares are rounded by largest remainder, so they "
                "add up to 100.0%."
            ),
            "fr": (
                "Jours-éléments en cours qui servent le thème, rapportés à tous les jours-éléments de la "
                "période ; ce qui ne sert aucun thème est « non aligné ». Les parts sont arrondies au "
                "plus fort reste : leur somme fait 100,0 %."
            ),
        },
        unit="%",
        better="range",
        precision=1,
        includes={
            "en": (
                "Everything in progress, by the shares that split items declare, each day with the themes in effect on "
                "it: an item that worked 10 days under one theme and 5 under the next gives 10 and 5."
            ),
            "fr": (
                "Tout ce qui était en cours, selon les parts des éléments partagés, chaque jour avec les thèmes en "
                "vigueur ce jour-là : 10 jours sous un thème puis 5 sous le suivant donnent 10 et 5."
            ),
        },
        excludes={
            "en": "Days in the backlog, done, cancelled or removed.",
            "fr": "Les jours au backlog, terminés, annulés ou retirés.",
        },
        minimum_sample=1,
        source="status history, theme rules of the settings",
    ),
    Metric(
        id="theme_focus",
        version=2,
        name={
            "en": "Distance from the intended shares",
            "fr": "Écart aux parts voulues",
        },
        question={
            "en": "Does the work go where the strategy wants it?",
            "fr": "Le travail va-t-il où la stratégie le veut ?",
        },
        formula={
            "en": (
                "Half the sum of the differences between flow share and intended share, over all themes "
                "that declare an intention; 0 points means exactly as intended. What the intentions "
                "leave to 100% is compared with all other work."
            ),
            "fr": (
                "Moitié de la somme des écarts entre part du flux et part voulue, sur tous les thèmes "
                "qui en déclarent une ; 0 point : exactement comme voulu. Ce que les intentions laissent "
                "jusqu’à 100 % est comparé à tout le reste du travail."
            ),
        },
        unit="points",
        better="down",
        precision=1,
        includes={
            "en": (
                "Themes with an intended share. One that is in effect for a part of the period counts with its "
                "intention for that part of the working days."
            ),
            "fr": (
                "Les thèmes qui ont une part voulue. Celui qui n’est en vigueur qu’une partie de la période compte "
                "avec sa part voulue pour cette partie des jours ouvrés."
            ),
        },
        excludes={
            "en": "Nothing; not known without an intention.",
            "fr": "Rien ; inconnu sans intention déclarée.",
        },
        minimum_sample=1,
        source="flow shares; total variation distance",
    ),
)
