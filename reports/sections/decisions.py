"""Which decisions wait, for whom, where and until when."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from domain.journey import Journey
from domain.strategy import Decision
from reports.page import Question, Span, Text, joined
from reports.sections.scribe import Scribe, text
from reports.words.catalogue import foreign

MOST = 5
EVERY = 1_000  # which nobody asks in one meeting
MOST_ASKED = 12  # that one meeting can take
MOST_NAMED = 5  # in a line beside those that come first
APPROVING = re.compile(r"appro[vub]", re.IGNORECASE)  # approve, approval; approuver, approbation


def title(scribe: Scribe, waiting: tuple[Decision, ...]) -> str:
    """Three decisions are waiting; or that none is."""
    return count(scribe, len(waiting))


def count(scribe: Scribe, n: int) -> str:
    if n:
        return scribe.words.text("decisions.waiting", n=n)
    if _is_partly_read(scribe):
        return scribe.words.text("decisions.none.aside")
    return scribe.words.text("decisions.none.here" if _open(scribe) else "decisions.none")


def first(scribe: Scribe, n: int, *, shown: int = MOST) -> str:
    """How many are asked in all, of which a page shows the first: the same number on every page that asks them."""
    return count(scribe, n) if n <= shown else scribe.words.text("review.first", n=n)


def more(scribe: Scribe, left: Sequence[Question]) -> Text:
    """What a page asks beyond those that come first, each with the items it is about; of many, of the others these."""
    if not left:
        return ()
    others = [one for one in left[MOST_NAMED:] if _held(scribe, one)]
    told = [scribe.words.say("review.first.more", n=len(left), questions=_named(scribe, left, without=others))]
    if others:
        items = {journey.key: journey for one in others for journey in _held(scribe, one)}
        told.append(scribe.words.say("review.first.others", n=len(others), items=scribe.items([*items.values()])))
    return joined(told)


def nothing(scribe: Scribe) -> str:
    """Under a page's title when it asks nothing: the log is empty, or not read, or what waits concerns other pages."""
    if _is_partly_read(scribe):
        return scribe.words.text("decisions.none.aside.text")
    others = _open(scribe)
    return scribe.words.text("decisions.none.others" if others else "decisions.none.text", n=others)


def questions(scribe: Scribe, waiting: tuple[Decision, ...], *, most: int = MOST) -> tuple[Question, ...]:
    """The most urgent first; what is not shown stays in the decisions file."""
    return tuple(
        Question(
            id=one.id,
            text=foreign(one.question),
            meta=_meta(scribe, one),
            about=() if one.item is None else (one.item,),
        )
        for one in waiting[:most]
    )


def asks_to_approve(one: Decision) -> bool:
    """Does a decision of the log let its item begin? As the log says; else by the words of its question."""
    return one.approves if one.approves is not None else APPROVING.search(one.question) is not None


def concerning(waiting: tuple[Decision, ...], is_ours: Callable[[str], bool]) -> tuple[Decision, ...]:
    """Decisions about items of one part of the portfolio."""
    return tuple(one for one in waiting if one.item is not None and is_ours(one.item))


def _named(scribe: Scribe, left: Sequence[Question], *, without: Sequence[Question]) -> Text:
    """Questions one after the other, with the keys that their words leave out."""
    told: list[Text] = []
    for one in left:
        if one not in without:
            unsaid = [each for each in _held(scribe, one) if each.key not in {span.text for span in one.text}]
            told += [one.text, (*text("("), *scribe.items(unsaid), *text(".)")) if unsaid else ()]
    return joined(told)


def _held(scribe: Scribe, one: Question) -> list[Journey]:
    """The items that a question is about."""
    return [journey for key in one.about if (journey := scribe.numbers.by_key.get(key)) is not None]


def _open(scribe: Scribe) -> int:
    """How many decisions of the whole log wait, whichever part of the portfolio the page is about."""
    numbers = scribe.numbers
    return sum(one.decision is None and one.asked_on <= numbers.today for one in numbers.book.decisions)


def _is_partly_read(scribe: Scribe) -> bool:
    """Is any of the log set aside? A decision that waits may stand there."""
    return any(one.tells == "decisions" for one in scribe.numbers.book.set_aside)


def _meta(scribe: Scribe, decision: Decision) -> Text:
    spans: list[Span] = [*foreign(decision.owner), Span(text=", "), *foreign(decision.meeting)]
    if decision.due is not None:
        due = scribe.words.day(decision.due, weekday=True)
        late = decision.due < scribe.numbers.today
        spans += [Span(text=", "), Span(text=due, strong=True)]
        if late:
            spans += scribe.words.say("decisions.late")
        if not (due.endswith(".") and not late):
            spans.append(Span(text="."))
    else:
        spans.append(Span(text="."))
    if decision.item:
        spans += [Span(text=" "), *scribe.key(decision.item)]
    return tuple(spans)
