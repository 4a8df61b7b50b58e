"""The ways to decide a question about a theme or an epic, each with what it buys."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal

from domain.journey import Journey
from metrics.choices import AS_IS, FIRST, HALF, Choice, choices
from metrics.forecasts.planning import name_of
from metrics.journeys import IN_PROGRESS
from metrics.scenario import Scenario
from reports.guardrails import guardrails
from reports.money import epic_costs
from reports.page import Question, Text, joined
from reports.reckoning import ThemeScore
from reports.review import shifts
from reports.sections import arrivals, decisions, ledger
from reports.sections.epics import below
from reports.sections.scribe import Scribe
from reports.words.catalogue import foreign

UNPLAYED = (
    "pause",
    "stop",
    "pull",
    "hold",
    "split",
    "own",
    "wait",
    "unblock",
    "pivot",
    "exception_expired",
)  # kinds of questions that ask for no date
LETTERS = "ABCDEF"  # by which the ways to decide a question are named
ANSWERS: Mapping[str, tuple[tuple[str, str | None], ...]] = {
    "approve": (("approve", AS_IS), ("pause", None), ("stop", None)),
    "late_costly": (("less", HALF), ("later", AS_IS), ("stop", None)),
    "dates_missed": (("less", HALF), ("later", AS_IS)),
}
"""What a kind of question about an epic may be answered with, and the choice that says what an answer buys."""


def with_options(scribe: Scribe, question: Question, score: ThemeScore | None) -> Question:
    """A question with the ways to decide it; as it is where nothing can be said of what they buy.

    Each way answers what is asked. A question of the log asks in words of its own: it gets the dates of its epic, or
    the answers to whether to approve it, where that is what the log asks.
    """
    kind = "approve" if _asks_to_approve(scribe, question) else re.split("[-:]", question.id)[0]
    if kind in UNPLAYED:
        return question
    if score is not None and f"theme:{score.theme.id}" in question.about:
        if _is_bet(question, score):
            return replace(question, options=())
        defined = scribe.definition("value_given_up") if _given_up(score) else None
        return replace(question, options=_of_theme(scribe, score), definition=defined)
    epic = scribe.numbers.by_key.get(question.about[0]) if len(question.about) == 1 else None
    return question if epic is None else replace(question, options=_of_epic(scribe, epic, ANSWERS.get(kind)))


def shifted(scribe: Scribe, one: Scenario, theme: str) -> Text:
    """What a shift of capacity does, as a way to decide about the theme that gives it or takes it."""
    words, shift = scribe.words, one.shift
    names = {each.id: each.name for each in scribe.numbers.book.portfolio.themes}
    gave, took = (
        [each.days for each in one.epics if each.theme == side and each.days is not None]
        for side in (shift.gives, shift.takes)
    )
    gives = theme == shift.gives
    return words.say(
        "option.theme.gives" if gives else "option.theme.takes",
        share=words.percent(shift.share),
        other=foreign(names[shift.takes if gives else shift.gives]),
        later=words.text("days", n=max([0, *gave])),
        sooner=words.text("days", n=max([0, *(-days for days in took)])),
    )


def _asks_to_approve(scribe: Scribe, question: Question) -> bool:
    """Does the log ask whether to approve an epic that was begun without the approval it needs?

    Where no threshold says which epics need one, any that has begun may.
    """
    logged = next((one for one in scribe.numbers.waiting if one.id == question.id), None)
    if logged is None or not question.about or not decisions.asks_to_approve(logged):
        return False
    found = guardrails(scribe.numbers)
    if not found.has_threshold:
        epics = [scribe.numbers.by_key.get(key) for key in question.about]
        return all(one is not None and one.is_open and one.started_at is not None for one in epics)
    return {one.journey.key for one in found.initiatives.breaches}.issuperset(question.about)


def _is_bet(question: Question, score: ThemeScore) -> bool:
    return question.id in {one.id for one in score.theme.benefits}


def _of_theme(scribe: Scribe, score: ThemeScore) -> tuple[Text, ...]:
    """Go on: when the outcome arrives. Change course: what a shift of capacity does. Stop: what that frees."""
    words = scribe.words
    told = [words.say("option.theme.continue", outlook=arrivals.in_short(scribe, score))]
    for one in shifts(scribe.numbers)[:1]:
        if one.refused is None and score.theme.id in (one.shift.gives, one.shift.takes):
            told.append(shifted(scribe, one, score.theme.id))
    left = _given_up(score)
    if score.share is not None:
        share = scribe.share(score.share)
        told.append(
            words.say("option.theme.stop", share=share, amount=ledger.money(scribe, left))
            if left
            else words.say("option.theme.stop.unvalued", share=share)
        )
    return tuple(told)


def _given_up(score: ThemeScore) -> Decimal | None:
    """The planned value that a stop gives up, where its share of the work is known too; None where none is to come."""
    return score.realised.given_up or None if score.realised is not None and score.share is not None else None


def _of_epic(scribe: Scribe, epic: Journey, answers: tuple[tuple[str, str | None], ...] | None) -> tuple[Text, ...]:
    """The answers, each with what it buys; without such, its dates as they stand, put first, with half of what is left.

    Where nothing is left to choose, that.
    """
    words, ahead = scribe.words, scribe.numbers.book.outlook
    told = ahead.forecasts.of(name_of(epic.id)) if ahead is not None else None
    if ahead is None or told is None:
        return ()
    if told.is_done:
        done = scribe.counted(one for one in below(scribe, epic) if one.finished_at is not None)
        return (words.say("option.epic.closable", done=done, item=scribe.item(epic)),)
    found = scribe.numbers.book.once(f"choices of {told.id}", lambda: choices(ahead.planned, ahead.forecasts, told.id))
    if answers is not None:
        return _answered(scribe, epic, answers, {one.name: one for one in found if one.dates})
    is_first = len({tuple(sorted(one.dates.items())) for one in found if one.name != HALF}) == 1
    dated = [
        _choice(scribe, epic, one, name="already_first" if is_first and one.name == AS_IS else one.name)
        for one in found
        if one.dates and not (is_first and one.name == FIRST)
    ]
    return (joined(dated, " "),) if dated else ()


def _answered(
    scribe: Scribe, epic: Journey, answers: tuple[tuple[str, str | None], ...], found: Mapping[str, Choice]
) -> tuple[Text, ...]:
    """Each answer with the dates that it buys, or with what it frees; nothing where a date is not told."""
    if any(choice is not None and choice not in found for _, choice in answers):
        return ()
    running = sum(one.flow_state in IN_PROGRESS for one in below(scribe, epic))
    costs = epic_costs(scribe.numbers.book)
    cost = None if costs is None else costs.of(epic.id)
    spent = () if cost is None else scribe.words.say("option.spent", spent=scribe.cost(cost))
    return tuple(
        scribe.words.say(f"option.epic.{answer}", n=running, spent=spent)
        if choice is None
        else _choice(scribe, epic, found[choice], name=answer)
        for answer, choice in answers
    )


def _choice(scribe: Scribe, epic: Journey, one: Choice, *, name: str) -> Text:
    words = scribe.words
    outlook = arrivals.span(scribe, one.dates)
    if epic.due_on is not None and one.by_due is not None:
        outlook = arrivals.against_due(
            scribe, outlook, one.by_due, due=epic.due_on, is_missed=epic.due_on < scribe.numbers.today
        )
    return words.say(f"option.epic.{name}", outlook=outlook)
