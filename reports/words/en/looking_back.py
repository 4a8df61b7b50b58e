"""How such dates would have been met before."""

# ruff: noqa: E501  # a message is read, and compared with its twin, on one line

from __future__ import annotations

MESSAGES: dict[str, str | tuple[str, str]] = {
    # --- looking back
    "forecast.back.begun": "epics in progress",
    "forecast.back.queued": "epics that had not begun",
    "forecast.back": (
        "Looking back over the one date of {what} that has come, told with 85% at one of the last {months} month ends by what was known then: {share} would have been met",
        "Looking back over {n} dates of {what}, told with 85% at the last {months} month ends by what was known then: {share} would have been met",
    ),
    "forecast.back.too_few": (
        "Looking back over the last {months} month ends, only one 85% date of {what} has come: too few to judge by.",
        "Looking back over the last {months} month ends, {n} 85% dates of {what} have come, of {epics}: too few to judge by.",
    ),
    "forecast.back.none": "Looking back over the last {months} month ends, no 85% date of {what} has come: nobody knows how such dates are met.",
    "forecast.back.as_promised": ", as promised. They stand as the trials tell them.",
    "forecast.back.optimistic": " ({chance} likely by chance), optimistic so far. They stand as the trials tell them.",
    "forecast.back.over_confident": " ({chance} likely by chance): **over-confident,** and too few epics to tell by how much. They stand as the trials tell them.",
    "forecast.back.later": (
        " ({chance} likely by chance). **So they are told as much later as they then had to be:** the 85% date by {n} day.",
        " ({chance} likely by chance). **So they are told as much later as they then had to be:** the 85% date by {n} days.",
    ),
    "forecast.back.unknown": " ({chance} likely by chance). **So they are told later,** and no 85% date: too many are open still to say by how much.",
    "forecast.back.note": "Looking back takes parents, links, ranks and due dates as they are today.",
    "about.hindsight": "This page tells of {day}, and was made later. Histories are read up to that day; links, due dates and what the settings say are those of when it was made.",
    "forecast.unlearnt": "nobody can say",
    "forecast.part.lateness": "what looking back teaches",
    "explain.of.dates": "dates that would have been told",
    "explain.fact.epics": "epics with a date that has come",
    "explain.fact.later_p50": "days that 50% dates are later than their trials say",
    "explain.fact.later_p70": "days that 70% dates are later than their trials say",
    "explain.fact.later_p85": "days that 85% dates are later than their trials say",
    "explain.fact.later_p95": "days that 95% dates are later than their trials say",
    "explain.word.not_learnt": "nobody can say, too many are open still",
    "explain.instead.to_be_closed": "all its work is done; it waits to be closed",
    "explain.instead.series": "a series, one by one below",
    "explain.instead.five_years": "not within five years",
    "explain.instead.ten_years": "not within ten years",
    "explain.instead.unlearnt": "nobody can say: too many epics of which that was told are open still",
    "explain.instead.reached": "the target is reached",
}
