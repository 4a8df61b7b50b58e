"""What the breaches of the guardrails ask for, and what their pages assume."""

from __future__ import annotations

from reports.findings import closed
from reports.guardrails import Guardrails, guardrails
from reports.page import Changes, Entry, Question, Section, Text, joined
from reports.sections.initiatives import day
from reports.sections.mixes import train_named
from reports.sections.scribe import Scribe
from reports.words.catalogue import foreign

MOST_NAMED = 5


def asked(scribe: Scribe) -> tuple[Question, ...]:
    """What the breaches ask for, where no decision of the log asks it already."""
    words, found = scribe.words, guardrails(scribe.numbers)
    waiting = {one.item for one in scribe.numbers.waiting if one.approves is not False}
    questions = [
        Question(
            id=f"approve-{one.journey.key}",
            text=words.say("guardrails.ask.initiative", epic=scribe.item(one.journey, with_title=True)),
            meta=closed(
                words.say(
                    "guardrails.ask.initiative.meta",
                    owner=foreign(one.journey.owner) if one.journey.owner else words.say("guardrails.nobody"),
                    day=day(scribe, one.needed_at),
                )
            ),
            about=(one.journey.key,),
        )
        for one in found.initiatives.breaches
        if one.journey.key not in waiting
    ]
    if found.direction is not None:
        high, low = found.direction
        questions.append(
            Question(
                id="horizons",
                text=words.say(
                    "guardrails.ask.horizons",
                    high=words.text(f"horizon.{high}"),
                    low=words.text(f"horizon.{low}"),
                ),
                meta=words.say("guardrails.ask.review"),
            )
        )
    if found.capacity_out:
        out = found.capacity_out
        trains = words.listed([train_named(scribe, one) for one in out[:MOST_NAMED]])
        questions.append(
            Question(
                id="capacity",
                text=words.say("guardrails.ask.capacity", n=len(out), trains=trains),
                meta=_since_then(scribe, found),
                about=tuple(f"train:{one.train}" for one in out if one.train is not None),
            )
        )
    for split in found.initiatives.splits:
        questions.append(
            Question(
                id=f"split-{split.parent.external_id}",
                text=words.say("guardrails.ask.split", epics=scribe.items(split.journeys)),
                meta=words.say("guardrails.ask.review"),
                about=tuple(one.key for one in split.journeys),
            )
        )
    return tuple(questions)


def _since_then(scribe: Scribe, found: Guardrails) -> Text:
    """Where the shares are decided; and which other trains are outside theirs in the increment that goes on."""
    words = scribe.words
    others = sorted(
        (one for one in found.allocated if one not in found.capacity_out and one.last is not None
         and one.running.breaches),
        key=lambda one: (-(one.running.distance_points or 0), one.train or ""),
    )  # fmt: skip
    if not others:
        return words.say("guardrails.ask.review")
    trains = words.listed([train_named(scribe, one) for one in others[:MOST_NAMED]])
    said = words.say("guardrails.ask.capacity.now", n=len(others), trains=trains, increment=foreign(found.running.name))
    return joined([words.say("guardrails.ask.review"), said])


def assumptions(scribe: Scribe) -> Section:
    """What an auditor must know to rely on these pages."""
    words, found = scribe.words, guardrails(scribe.numbers)
    keys = ["weight", "unknown", "increments", "approval", "dates", "attendance"]
    if not found.has_threshold:
        keys.remove("approval")
    return Section(
        id="assumptions",
        question=words.text("guardrails.assumptions.question"),
        headline=words.say("guardrails.assumptions.head"),
        blocks=(
            Changes(
                entries=tuple(
                    Entry(label=words.text(f"guardrails.{key}.label"), text=words.say(f"guardrails.assumptions.{key}"))
                    for key in keys
                )
            ),
        ),
    )
