"""What the findings ask to be decided: each a proposal with the item it is about and who answers for it."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace

from domain.journey import Journey
from domain.strategy import Decision, Theme, ValueStream
from metrics.costs import EpicCost, together
from reports.findings import Finding, closed
from reports.findings.engine import UNTRUSTED, Money
from reports.findings.late import costly, estimate, unestimated
from reports.hazards import blocked_trains
from reports.ledger import ledger
from reports.money import epic_costs
from reports.page import Question, Span, Text, joined, plain
from reports.reckoning import ThemeScore
from reports.sections import board, decisions, dependencies, forecast, guardrails, risks
from reports.sections import ledger as bets
from reports.sections.options import with_options
from reports.sections.scribe import Scribe
from reports.words.catalogue import foreign

MOST_WITH_OPTIONS = 3  # of the questions about a theme
MOST_COSTLY = 3  # late epics that are told with their money and dates
MOST_DATES = 5  # epics whose date is asked about, by key; the others are counted


def asked(
    scribe: Scribe,
    found: Sequence[Finding],
    *,
    most: int = decisions.MOST,
    waiting: tuple[Decision, ...] | None = None,
) -> tuple[Question, ...]:
    """The decisions that the log waits for, then what the findings propose, the worst first, then what may enter.

    `waiting` are those of the log that the page is about, all of them unless told otherwise; a page about a part of
    them asks of nothing to enter. Where the figures cannot carry a decision, that is the first thing said, and nothing
    is proposed that rests on them.
    """
    untrusted = [one for one in found if one.kind in UNTRUSTED]
    told = [one for one in found if not (untrusted and one.uses_flow)]
    proposals = [one for each in told for one in proposed(scribe, each)]
    first = proposals[: len(untrusted)]
    logged = decisions.questions(scribe, scribe.numbers.waiting if waiting is None else waiting, most=most - len(first))
    pulled = () if untrusted or waiting is not None else _pulled(scribe)
    unique = {one.id: one for one in (*first, *logged, *proposals, *pulled)}
    return tuple(unique.values())[:most]


def of_theme(scribe: Scribe, found: Sequence[Finding], score: ThemeScore) -> tuple[Question, ...]:
    """What the portfolio's pages ask about a theme, or about an item that serves it, with what each answer buys."""
    every = asked(scribe, found, most=decisions.EVERY)
    mine = [one for one in every if any(_concerns(scribe, name, score.theme.id) for name in one.about)]
    return tuple(
        with_options(scribe, one, score) if place < MOST_WITH_OPTIONS else one for place, one in enumerate(mine)
    )


def of_stream(scribe: Scribe, every: Sequence[Question], stream: ValueStream) -> tuple[Question, ...]:
    """Of all that the portfolio's pages ask: about a value stream, its trains or its items, or what names one."""
    trains = {one.name for one in stream.trains}
    places = {f"value_stream:{stream.id}", *(f"train:{one}" for one in trains)}

    def is_ours(name: str) -> bool:
        journey = scribe.numbers.by_key.get(name)
        return name in places or (journey is not None and journey.placement.value_stream == stream.id)

    names = {stream.id, stream.name, *trains}
    return tuple(
        one for one in every if (any(map(is_ours, one.about)) if one.about else _mentions(plain(one.text), names))
    )


def with_ways(scribe: Scribe, questions: Sequence[Question]) -> tuple[Question, ...]:
    """Questions about a theme, or about an epic that serves one, each with the ways to decide it."""
    told = []
    for one in questions:
        score = next(
            (
                each
                for each in scribe.numbers.themes
                if any(_concerns(scribe, name, each.theme.id) for name in one.about)
            ),
            None,
        )
        told.append(one if score is None else with_options(scribe, one, score))
    return tuple(told)


def elsewhere(
    scribe: Scribe,
    asked: Sequence[Question],
    *,
    shown: int = decisions.MOST,
    is_review: bool = False,
    with_places: bool = True,
) -> Text:
    """Where the decisions stand that a page does not show: in the review, and on the kanban those that only it asks.

    Without places, for who has no other page, only how many they are.
    """
    words, numbers = scribe.words, scribe.numbers.board
    kind, board_kind = ("elsewhere", "kanban") if with_places else ("unshown", "unshown.board")
    said = []
    if len(asked) > shown and not is_review:
        link = Span(text=words.text("review.first.review"), href=f"review.{words.locale}.html#agenda")
        said.append(words.say(f"review.first.{kind}", n=len(asked) - shown, review=(link,)))
    told = {one.id for one in asked}
    others = [] if numbers is None else [one for one in board.proposals(scribe, numbers) if one.id not in told]
    if others:
        link = Span(text=words.text("review.first.board"), href=f"kanban.{words.locale}.html")
        said.append(words.say(f"review.first.{board_kind}", n=len(others), kanban=(link,)))
    return joined(said)


def _mentions(text: str, names: Collection[str]) -> bool:
    """Does a text say one of these as words of its own?"""
    either = "|".join(re.escape(one) for one in sorted(names, key=len, reverse=True))
    return re.search(rf"(?<!\w)(?:{either})(?!\w)", text, re.IGNORECASE) is not None


def _concerns(scribe: Scribe, name: str, theme: str) -> bool:
    journey = scribe.numbers.by_key.get(name)
    return name == f"theme:{theme}" or (journey is not None and bool(journey.placement.themes.get(theme)))


def proposed(scribe: Scribe, found: Finding) -> tuple[Question, ...]:
    """What one finding proposes; nothing where it asks for nothing, or where the log asks it already."""
    build, page = _BY_KIND.get(found.kind, (None, ""))
    is_approval = found.kind == "guardrail_out"
    waiting = {
        one.item
        for one in scribe.numbers.waiting
        if one.item is not None and not (is_approval and one.approves is False)
    }
    if build is None or (found.items and waiting.issuperset(found.items)):
        return ()
    if found.kind in ("guardrail_out", "guardrail_notice"):
        page = f"guardrails#{found.subject if found.subject in ('horizons', 'capacity') else 'initiatives'}"
    return tuple(replace(one, page=page) for one in build(scribe, found))


def _pulled(scribe: Scribe) -> tuple[Question, ...]:
    """The epic that the kanban would pull into work, where it is ready and its people have room."""
    numbers = scribe.numbers.board
    told = () if numbers is None else board.pulled(scribe, numbers)
    return tuple(replace(one, page="kanban#order") for one in told)


def _wait(scribe: Scribe, found: Finding) -> tuple[Question, ...]:
    words = scribe.words
    said = words.say(f"propose.{found.kind}", source=foreign(found.source or ""))
    return (Question(id=found.id, text=said, meta=words.say("propose.vmo")),)


def _theme(scribe: Scribe, found: Finding) -> tuple[Question, ...]:
    words = scribe.words
    theme = _theme_of(scribe, found.subject)
    if theme is None:
        return ()
    owner = foreign(theme.sponsor) if theme.sponsor else words.say("propose.sponsor")
    said = words.say("propose.theme", theme=foreign(theme.name))
    meta = words.say("propose.review", owner=owner)
    return (Question(id=found.id, text=said, meta=meta, about=(f"theme:{theme.id}",)),)


def _guardrail(scribe: Scribe, found: Finding) -> tuple[Question, ...]:
    told = guardrails.asked(scribe)
    if found.subject == "initiatives":
        return tuple(one for one in told if one.id.startswith("approve-"))
    if found.subject == "split":
        return tuple(one for one in told if one.id.startswith("split-"))
    return tuple(one for one in told if one.id == found.subject)


def _limit(scribe: Scribe, found: Finding) -> tuple[Question, ...]:
    """Pause as many as are beyond the limit, by name where a portfolio kanban says which; or raise the limit."""
    words = scribe.words
    numbers = scribe.numbers.board
    if numbers is not None:
        told = board.about(scribe, numbers, kind="pause", state=found.subject)
        if told:
            return told
    over = found.facts["over"]
    assert isinstance(over, int)
    said = words.say("propose.limit", n=over, state=board.state_text(scribe, found.subject))
    return (Question(id=found.id, text=said, meta=words.say("propose.lpm")),)


def _dates(scribe: Scribe, _: Finding) -> tuple[Question, ...]:
    """What becomes of due dates that will be missed: those with money behind them are one decision, the others one."""
    return (*(question for one in costly(scribe.numbers) for question in _late(scribe, one)), *_bare(scribe, _))


def _bare(scribe: Scribe, _: Finding) -> tuple[Question, ...]:
    """Less in late epics that nobody estimated, or another date, each by its key: in the same words on every page.

    Epics that have a question of their own are counted and named as that.
    """
    words, numbers = scribe.words, scribe.numbers
    rest, apart = unestimated(numbers)
    if not rest:
        return ()
    if apart:
        named = scribe.items(apart, most=MOST_DATES)
        said = words.say("propose.dates.apart", n=len(rest), all=len(rest) + len(apart), apart=named)
    else:
        said = words.say("propose.dates", n=len(rest))
    meta = joined([words.say("propose.lpm"), closed(scribe.items(rest, most=MOST_DATES))])
    return (Question(id="dates_missed:dates", text=said, meta=meta, about=tuple(one.key for one in rest)),)


def _late(scribe: Scribe, found: Finding) -> tuple[Question, ...]:
    """What becomes of late epics with money behind them: the first with their amounts and dates, the rest counted."""
    words, numbers = scribe.words, scribe.numbers
    ahead = numbers.book.outlook
    likely = {} if ahead is None else {ahead.epic(one).id: one.likelihood for one in ahead.due}
    epics = [journey for key in found.items if (journey := numbers.by_key.get(key)) is not None]
    costs = epic_costs(numbers.book)
    told = [
        words.say(
            f"propose.late.{'overdue' if one.due_on < numbers.today else 'epic'}",
            item=scribe.item(one),
            amount=_estimated(scribe, one, None if costs is None else costs.of(one.id)),
            due=words.day(one.due_on),
            share=forecast.likely_share(scribe, chance.share),
        )
        for one in epics[:MOST_COSTLY]
        if one.due_on is not None and (chance := likely.get(one.id)) is not None
    ]
    amount = found.facts["amount"]
    assert isinstance(amount, Money)
    estimated = words.money(amount.amount, amount.currency)
    cost = None if costs is None else together(costs.of(one.id) for one in epics)
    if cost is None:
        said = words.say("propose.late", n=len(epics), amount=estimated)
    else:
        said = words.say("propose.late.spent", n=len(epics), amount=estimated, spent=scribe.cost(cost))
    meta = words.say("propose.review", owner=words.say("review.owner.lpm"))
    return (
        Question(
            id=found.id,
            text=said,
            meta=joined([meta, closed(words.listed(told, more=len(epics) - len(told)))]),
            about=found.items,
        ),
    )


def _estimated(scribe: Scribe, epic: Journey, cost: EpicCost | None) -> Text:
    """What an epic was estimated at, behind what it cost where that is known: a bare amount could be either."""
    words = scribe.words
    amount = words.money(estimate(scribe.numbers, epic), scribe.numbers.book.portfolio.currency)
    estimated = words.say("theme.epic.estimate.apart", amount=amount)
    return estimated if cost is None else joined([scribe.cost(cost), estimated], separator=", ")


def _stuck(scribe: Scribe, found: Finding) -> tuple[Question, ...]:
    numbers = scribe.numbers.board
    return () if numbers is None else board.about(scribe, numbers, kind="stop", state=found.subject)[:1]


def _pivots(scribe: Scribe, _: Finding) -> tuple[Question, ...]:
    numbers = scribe.numbers.board
    return () if numbers is None else board.pivots(scribe, numbers)


def _bets(scribe: Scribe, found: Finding) -> tuple[Question, ...]:
    told = ledger(scribe.numbers)
    verdict = {"refuted": "refuted", "confirmed": "confirmed"}.get(found.subject)
    if verdict is None:
        wanted = {one.benefit.id for one in told.unmeasured}
    else:
        wanted = {one.benefit.id for one in told.undecided if one.verdict == verdict}
    return tuple(one for one in bets.asks(scribe, told) if one.id in wanted)


def _train(scribe: Scribe, _: Finding) -> tuple[Question, ...]:
    """What is to be finished first so that the train can go on, and who answers for that."""
    words = scribe.words
    told = []
    for one in blocked_trains(scribe.numbers):
        train = foreign(one.train)
        if one.blocker is None:
            said = words.say("propose.train.unknown", train=train, n=len(one.blocked))
            meta = joined(
                [words.say("propose.train.owner", train=train), scribe.items([b.journey for b in one.blocked])]
            )
        else:
            item = scribe.item(one.blocker, with_title=True)
            said = words.say("propose.train", train=train, item=item, n=one.waiting)
            owner = foreign(one.blocker.owner) if one.blocker.owner else None
            place = foreign(one.blocker.placement.train or one.train)
            meta = words.say("propose.owner", owner=owner) if owner else words.say("propose.train.owner", train=place)
        about = tuple(each.journey.key for each in one.blocked)
        told.append(Question(id=f"unblock-{one.train}", text=said, meta=meta, about=about))
    return tuple(told)


def _cost(scribe: Scribe, found: Finding) -> tuple[Question, ...]:
    words = scribe.words
    name = getattr(found.facts["stream"], "text", "")
    about = tuple(f"value_stream:{one.id}" for one in scribe.numbers.book.portfolio.value_streams if one.name == name)
    said = words.say("propose.cost", stream=foreign(name))
    return (Question(id=found.id, text=said, meta=words.say("propose.finance"), about=about),)


def _theme_of(scribe: Scribe, id: str) -> Theme | None:
    return next((one.theme for one in scribe.numbers.themes if one.theme.id == id), None)


_Builder = Callable[[Scribe, Finding], tuple[Question, ...]]
_BY_KIND: Mapping[str, tuple[_Builder, str]] = {
    "source_failed": (_wait, "quality#freshness"),
    "project_unread": (_wait, "quality#freshness"),
    "items_missing": (_wait, "quality#freshness"),
    "status_worse": (_theme, "overview#value"),
    "theme_off_track": (_theme, "overview#value"),
    "guardrail_out": (_guardrail, "guardrails"),
    "guardrail_notice": (_guardrail, "guardrails"),
    "over_limit": (_limit, "kanban#flow"),
    "dates_missed": (_dates, "flow#forecast"),
    "late_unestimated": (_bare, "flow#forecast"),
    "late_costly": (_late, "flow#forecast"),
    "board_stuck": (_stuck, "kanban#epics"),
    "mvp_undecided": (_pivots, "kanban#epics"),
    "hypothesis_verdict": (_bets, "ledger#hypotheses"),
    "unmeasured_value": (_bets, "ledger#hypotheses"),
    "train_blocked": (_train, "risks#blocked"),
    "dependency_late": (lambda scribe, _: dependencies.asked(scribe)[:1], "risks#dependencies"),
    "risk_unowned": (lambda scribe, _: risks.asked(scribe)[:1], "risks#risks"),
    "cost_over": (_cost, "guardrails#money"),
}  # what asks, and the page that argues it
