"""Français : les fichiers CSV auxquels on ne peut se fier, et ce qui est dit sans eux."""

# ruff: noqa: E501  # un message se lit, et se compare à son jumeau, sur une ligne

from __future__ import annotations

MESSAGES: dict[str, str | tuple[str, str]] = {
    "aside.file": "**{file} n’est pas lu.**",
    "aside.lines": ("**Une ligne de {file} n’est pas lue.**", "**{n:W} lignes de {file} ne sont pas lues.**"),
    "aside.where": (
        "À corriger, {place} : {problem}",
        "La première de {n} erreurs, {place} : {problem}",
    ),
    "aside.where.other": (
        "L’erreur est à corriger ici : {place} ; la commande vmo check dit comment.",
        "La première de {n} erreurs est à corriger ici : {place} ; la commande vmo check dit comment.",
    ),
    "aside.where.closed": ("L’erreur est ici : {place}.", "La première de {n} erreurs est ici : {place}."),
    "aside.place": "ligne {line}",
    "aside.place.column": "ligne {line}, {column}",
    "aside.place.other": "{file}, ligne {line}",
    "aside.without.budgets": "Aucun montant n’est donné avant la correction : sans ses budgets, l’année serait une autre.",
    "aside.without.actuals": "Aucun montant n’est donné avant la correction : sans ses coûts, l’année serait une autre.",
    "aside.without.votes": "Les votes ne sont pas donnés avant la correction.",
    "aside.without.objectives": "Les engagements des équipes et ce qu’elles ont atteint ne sont pas donnés avant la correction.",
    "aside.without.readings": "Ses indicateurs sont donnés comme non lus, sauf ce qu’on en sait par ailleurs.",
    "aside.without.decisions": "Ce qui y est demandé n’est dit nulle part ; ce qui y est approuvé ou décidé passe pour inconnu.",
    "aside.without.dependencies": "Les dates et les risques ne tiennent pas compte des dépendances qu’il énumère.",
    "aside.without.line.readings": "Les indicateurs sont donnés d’après leurs autres mesures.",
    "aside.without.line.decisions": "Ce qui y est demandé n’est dit nulle part ; ce qui y est approuvé ou décidé passe pour inconnu.",
    "aside.without.line.dependencies": "Les dates et les risques n’en tiennent pas compte.",
    "decisions.none.aside": "On ne sait pas si une décision est attendue",
    "decisions.none.aside.text": "Une part du journal des décisions n’est pas lue ; l’avis en haut de page dit où.",
    "aside.unknown.decisions": "Ce qui a été décidé n’est pas connu : {file} n’est pas lu",
    "aside.unknown.line.decisions": (
        "Ce qui a été décidé n’est pas connu : une ligne de {file} n’est pas lue",
        "Ce qui a été décidé n’est pas connu : {n:w} lignes de {file} ne sont pas lues",
    ),
    "aside.unknown.dependencies": "Qui attend qui n’est pas connu : {file} n’est pas lu",
    "aside.unknown.line.dependencies": (
        "Qui attend qui n’est pas connu : une ligne de {file} n’est pas lue",
        "Qui attend qui n’est pas connu : {n:w} lignes de {file} ne sont pas lues",
    ),
    "aside.read_of_log": ", pour ce qui est lu du journal",
    "aside.who": "La correction revient à qui tient le fichier.",
    "aside.who.closed": "Qui exploite vmo trouve la correction avec vmo check.",
    "quality.aside.question": "Quels fichiers, ou quelles lignes, ne sont pas lus ?",
    "quality.aside.head": (
        "Une erreur empêche de lire un fichier comme il a été voulu",
        "{n:W} erreurs empêchent de lire des fichiers comme ils ont été voulus",
    ),
    "quality.aside.note": "Quand les lignes d’un fichier forment un total, une seule erreur écarte tout le fichier : la somme d’une partie est un chiffre faux. Rien n’est retenu de ce qui est écarté : aucun mois n’est clos, et ce qui manque n’est pas présenté comme un changement.",
    "quality.aside.more": ("La commande vmo check en nomme {n} autre.", "La commande vmo check en nomme {n} autres."),
    "quality.caption.aside": "Erreurs dans les fichiers, et comment les corriger",
    "quality.head.file": "Fichier",
    "quality.head.line": "Ligne",
    "quality.head.column": "Colonne",
    "quality.head.problem": "Ce qui ne va pas, et la correction",
    "money.aside.head": "Ni budget ni coût n’est donné, car un de leurs fichiers n’est pas lu",
    "money.aside.title": "L’argent n’est pas sur cette page",
    "money.aside.text": "L’avis en haut de page nomme le fichier, la ligne et ce qu’il faut faire. Les mois clos restent tels qu’ils ont été retenus ; ils seront donnés à nouveau après la correction.",
}
