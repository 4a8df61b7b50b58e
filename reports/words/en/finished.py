"""Epics that were done, and dates of gates."""

# a message is read, and compared with its twin, on one line

from __future__ import annotations

MESSAGES: dict[str, str | tuple[str, str]] = {
    "finished.question": "What was done, and was it worth it?",
    "finished.head": (
        "One epic was done in 13 weeks; with a value hypothesis: {declared}",
        "{n:W} epics were done in 13 weeks; with a value hypothesis: {declared}",
    ),
    "finished.none": "No epic was done in 13 weeks",
    "finished.none.text": "What is done stands here with the verdict on its hypothesis.",
    "finished.caption": "Epics done, {period}, the newest first, with the verdict on what they were to bring",
    "finished.head.done": "Done on",
    "finished.head.hypothesis": "Value hypothesis",
    "finished.head.verdict": "Verdict",
    "finished.undeclared": "none declared",
    "finished.note": "A hypothesis is a benefit in the settings that names the epic; its owner declares it.",
    "gates.overdue": "overdue since {day}",
    "gates.finished": "work finished, to be closed",
    "gates.done_by": "to be done by {day}",
}
