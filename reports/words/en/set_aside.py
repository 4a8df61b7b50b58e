"""English: CSV files that nobody can believe, and what is told without them."""

# ruff: noqa: E501  # a message is read, and compared with its twin, on one line

from __future__ import annotations

MESSAGES: dict[str, str | tuple[str, str]] = {
    "aside.file": "**{file} is not read.**",
    "aside.lines": ("**{n:W} line of {file} is not read.**", "**{n:W} lines of {file} are not read.**"),
    "aside.where": ("In {place}: {problem}", "The first of {n} mistakes, in {place}: {problem}"),
    "aside.where.other": (
        "The mistake is to be mended here: {place}; vmo check says how.",
        "The first of {n} mistakes is to be mended here: {place}; vmo check says how.",
    ),
    "aside.where.closed": ("The mistake is in {place}.", "The first of {n} mistakes is in {place}."),
    "aside.place": "line {line}",
    "aside.place.column": "line {line}, {column}",
    "aside.place.other": "{file}, line {line}",
    "aside.without.budgets": "No money is told until it is mended: a year without its budgets would be another.",
    "aside.without.actuals": "No money is told until it is mended: a year without its costs would be another.",
    "aside.without.votes": "What people voted for is not told until it is mended.",
    "aside.without.objectives": "What teams committed to and reached is not told until it is mended.",
    "aside.without.readings": "Its KPIs are told as not read, as far as nothing else tells them.",
    "aside.without.decisions": "What was asked there is told nowhere; whether something was approved or decided there is told as not known.",
    "aside.without.dependencies": "Dates and risks do without the dependencies that it lists.",
    "aside.without.line.readings": "KPIs are told by their other readings.",
    "aside.without.line.decisions": "What it asks is told nowhere; whether it approves or decides something is told as not known.",
    "aside.without.line.dependencies": "Dates and risks do without it.",
    "decisions.none.aside": "Nobody can say whether a decision is waiting",
    "decisions.none.aside.text": "Something of the decision log is not read; the notice at the top says where.",
    "aside.unknown.decisions": "What was decided is not known: {file} is not read",
    "aside.unknown.line.decisions": (
        "What was decided is not known: {n:w} line of {file} is not read",
        "What was decided is not known: {n:w} lines of {file} are not read",
    ),
    "aside.unknown.dependencies": "Who waits for whom is not known: {file} is not read",
    "aside.unknown.line.dependencies": (
        "Who waits for whom is not known: {n:w} line of {file} is not read",
        "Who waits for whom is not known: {n:w} lines of {file} are not read",
    ),
    "aside.read_of_log": ", as far as the log is read",
    "aside.who": "Whoever keeps the file mends it.",
    "aside.who.closed": "Whoever runs vmo finds the mend with vmo check.",
    "quality.aside.question": "Which files, or lines of them, are not read?",
    "quality.aside.head": (
        "{n:W} mistake keeps a file from being read as it was meant",
        "{n:W} mistakes keep files from being read as they were meant",
    ),
    "quality.aside.note": "Where the rows of a file add up to something, one mistake sets all of it aside, for the sum of a part is a wrong number. Nothing is learned from what is set aside: no month closes, and what is missing is told as no change.",
    "quality.aside.more": ("{n} more is named by vmo check.", "{n} more are named by vmo check."),
    "quality.caption.aside": "Mistakes in files, and how to mend them",
    "quality.head.file": "File",
    "quality.head.line": "Line",
    "quality.head.column": "Column",
    "quality.head.problem": "What is wrong, and the mend",
    "money.aside.head": "No budget and no cost is told, since a file of them is not read",
    "money.aside.title": "The money is not on this page",
    "money.aside.text": "The notice at the top names the file, its line and the mend. Months that are closed stay as they were kept, and are told again once it is mended.",
}
