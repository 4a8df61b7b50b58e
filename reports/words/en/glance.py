"""Flow and forecasts on a page of their own, and what the overview keeps of them."""

# ruff: noqa: E501  # a message is read, and compared with its twin, on one line

from __future__ import annotations

MESSAGES: dict[str, str | tuple[str, str]] = {
    "nav.flow": "Flow and forecasts",
    "nav.whole": "Whole portfolio",
    "report.flow": "Flow and forecasts",
    # --- findings
    "finding.dates_missed.short": (
        "{n:w} of {total} due dates is missed, or likely to be",
        "{n:w} of {total} due dates are missed, or likely to be",
    ),
    "finding.dates_missed.long": (
        "**{n:w} of {total} due dates** has passed, or is more likely missed than met",
        "**{n:w} of {total} due dates** have passed, or are more likely missed than met",
    ),
    "finding.dates_missed.all.short": (
        "the one due date is missed, or likely to be",
        "each of the {n:w} due dates is missed, or likely to be",
    ),
    "finding.dates_missed.all.long": (
        "**the one due date** has passed, or is more likely missed than met",
        "**each of the {n:w} due dates** has passed, or is more likely missed than met",
    ),
    "finding.dates_kept.short": ("the one due date is likely met", "all {n:w} due dates are likely met"),
    "finding.dates_kept.long": (
        "**the one due date** is more likely met than missed",
        "**all {n:w} due dates** are more likely met than missed",
    ),
    "finding.date_slip.short": "“{epic}” slips by {days} days",
    "finding.date_slip.long": (
        "**“{epic}” slips by {days} days** since the last edition",
        "**“{epic}” slips by {days} days** since the last edition; {n:w} dates moved back by two weeks or more",
    ),
    "finding.constraint.short": "work piles up in “{state}”",
    "finding.constraint.long": "**work piles up in “{state}”**, which takes {share} of the time in progress",
    "finding.late_costly.short": (
        "an epic estimated at {amount} is likely to be late",
        "{n:w} epics estimated at {amount} in all are likely to be late",
    ),
    "finding.late_costly.long": (
        "**“{epic}”, estimated at {amount},** is likely to miss its due date",
        "**{n:W} epics, estimated at {amount} in all,** are likely to miss their due dates; the largest is “{epic}”",
    ),
    "finding.late_unestimated.short": (
        "an epic that nobody estimated is likely to be late",
        "{n:w} epics that nobody estimated are likely to be late",
    ),
    "finding.late_unestimated.long": (
        "**“{epic}”, which nobody estimated,** is likely to miss its due date",
        "**{n:W} epics that nobody estimated** are likely to miss their due dates, “{epic}” among them",
    ),
    "propose.late": (
        "One epic, estimated at {amount}, is likely late: put less in, agree another date, or stop it?",
        "{n:W} epics, estimated at {amount} in all, are likely late: put less in, agree other dates, or stop some?",
    ),
    "propose.late.spent": (
        "One epic, estimated at {amount}, at a cost of {spent}, is likely late: put less in, agree another date, or stop it?",
        "{n:W} epics, estimated at {amount} in all, at a cost of {spent}, are likely late: put less in, agree other dates, or stop some?",
    ),
    "propose.late.epic": "{item} ({amount}; due {due}: {share} likely)",
    "propose.late.overdue": "{item} ({amount}; overdue since {due})",
    "propose.dates": (
        "One epic is likely to miss its due date: put less in it, or agree another date?",
        "{n:W} epics are likely to miss their due dates: put less in them, or agree other dates?",
    ),
    "propose.dates.apart": (
        "{all:W} epics are likely to miss their due dates (asked apart: {apart}): put less in the other one, or agree another date?",
        "{all:W} epics are likely to miss their due dates (asked apart: {apart}): put less in the others, or agree other dates?",
    ),
    # --- key figure
    "flow.figure.dates": "Due dates likely met",
    "flow.figure.dates.of": "of {n}",
    "flow.figure.dates.versus": "Target: all of them",
    "flow.figure.dates.first": "Nothing to compare with yet: whether dates move is told from the next edition on.",
    "flow.figure.dates.moved": (
        "{n:W} 85% date has moved since {day}.",
        "{n:W} 85% dates have moved since {day}.",
    ),
    # --- sections
    "flow.served.question": "What is the work for?",
    "flow.served.apart": "Work in progress lies {points} points away from what the themes were meant to get",
    "flow.served.even": "Work in progress is shared between the themes as intended",
    "flow.served.kind": "Most of what was finished is of one kind: {kind}, {share}",
    "flow.served.untold": "Too little was finished to say what the work is for",
    # --- the overview
    "glance.dates.more": "All dates, and why they moved",
    "glance.flow.more": "Flow and forecasts",
    "glance.changes.more": "All changes of the week",
    "glance.changes.more.other": "All changes of these days",
    "glance.money.question": "Is money inside the guardrails?",
    "glance.risks": (
        "The one open risk: probability times impact, not a worst case.",
        "The {n} open risks: the sum of probability times impact, not a worst case.",
    ),
    "glance.risks.more": "All risks and dependencies",
    "glance.both": "{first}; {second}",
    "guardrails.verdict.out": ("one guardrail is breached", "{n:w} guardrails are breached"),
    "guardrails.verdict.hold": (
        "the one guardrail that can be judged holds",
        "all {n:w} guardrails that can be judged hold",
    ),
    "guardrails.verdict.untold": "no guardrail can be judged yet",
}
