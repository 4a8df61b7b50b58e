"""Was every large initiative approved before it began? Each with the event that proves it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from domain.work_item import FlowState
from metrics import reasons
from metrics.guardrails import Event, Initiative, Initiatives
from metrics.guardrails.initiatives import UNREAD
from metrics.selection import Excluded
from reports.guardrails import Guardrails, guardrails
from reports.page import Cell, Column, Empty, Exhibit, Paragraph, Row, Section, Status, Table, Text, joined
from reports.sections.mixes import policy
from reports.sections.scribe import MOST_ITEMS, Scribe, text
from reports.words.catalogue import foreign

MOST_ROWS = 40  # initiatives and decisions that a table writes out


_RANK = {"unapproved": 0, "no_estimate": 1, "approved_late": 2, "approved": 3, "waiting": 4}


_STATUS = {
    "unapproved": Status.BAD,
    "no_estimate": Status.WARN,
    "approved_late": Status.WARN,
    "approved": Status.GOOD,
    "waiting": Status.NONE,
}


def significant(scribe: Scribe) -> Section:
    """Every epic over the threshold that is in work or waits, and those that ended without approval."""
    words, found = scribe.words, guardrails(scribe.numbers)
    question = words.text("guardrails.initiatives.question")
    told = found.initiatives
    if not found.has_threshold:
        empty = Empty(
            title=words.say("guardrails.initiatives.none"), text=words.say("guardrails.initiatives.none.text")
        )
        headline = words.say("guardrails.initiatives.none")
        return Section(id="initiatives", question=question, headline=headline, blocks=(empty,))
    shown = [one for one in told.significant if _is_shown(one)]
    shown.sort(key=lambda one: (_RANK[one.verdict], not one.journey.is_open, -(one.amount or 0), one.journey.key))
    blocks: list[Exhibit | Paragraph | Empty] = []
    if shown:
        blocks.append(_initiative_table(scribe, shown))
    elif UNREAD not in told.excluded:
        lost = _left_out(scribe, told.excluded) if told.excluded else ()
        blocks.append(Empty(title=_initiative_headline(scribe, found), text=joined([_threshold(scribe), lost])))
    blocks += [Paragraph(text=one) for one in _notices(scribe)]
    return Section(
        id="initiatives",
        question=question,
        headline=_initiative_headline(scribe, found),
        intro=_threshold(scribe) if shown else (),
        blocks=tuple(blocks),
        long=True,
    )


def unjudged(told: Initiatives) -> int:
    """How many in work, as far as anybody knows, cannot be held against the threshold.

    They have no estimate, a history with holes, or a status that nobody mapped.
    """
    lost = [one for reason, some in told.untold.items() if reason != UNREAD for one in some]
    return len(told.unestimated) + sum(one.is_open or one.flow_state is FlowState.UNKNOWN for one in lost)


def _initiative_table(scribe: Scribe, shown: Sequence[Initiative]) -> Exhibit:
    words = scribe.words
    heads = ("epic", "amount", "began", "approved_by")
    rest = len(shown) - MOST_ROWS
    notes = [words.say("guardrails.initiatives.role"), words.say("guardrails.initiatives.log")]
    if rest > 0:
        notes.insert(0, words.say("guardrails.initiatives.more", n=rest))
    ended = sum(not _is_shown(one) for one in guardrails(scribe.numbers).initiatives.significant)
    if ended:
        notes.insert(0, words.say("guardrails.initiatives.ended", n=ended))
    untraced = {
        reason: keys
        for reason, keys in guardrails(scribe.numbers).initiatives.excluded.items()
        if reason != UNREAD  # these are told below the table, line by line
    }
    if untraced:
        notes.insert(0, _left_out(scribe, untraced))
    return Exhibit(
        table=Table(
            caption=words.text("guardrails.initiatives.caption"),
            name="initiatives",
            columns=tuple(Column(head=words.text(f"head.{name}"), numeric=name == "amount") for name in heads),
            rows=tuple(_initiative(scribe, one) for one in shown[:MOST_ROWS]),
        ),
        notes=tuple(notes),
        definition=scribe.definition("significant_initiatives"),
    )


def _initiative(scribe: Scribe, one: Initiative) -> Row:
    words = scribe.words
    size = () if one.size is None else words.say("guardrails.size", size=words.number(one.size))
    over = one.overspent
    spent = () if over is None else words.say("guardrails.overspent", amount=money(scribe, over))
    owner = foreign(one.journey.owner) if one.journey.owner else words.say("guardrails.nobody")
    began = words.say("guardrails.not_begun") if one.needed_at is None else text(day(scribe, one.needed_at))
    return Row(
        cells=(
            Cell(text=scribe.item(one.journey, with_title=True), note=owner, width=6),
            Cell(
                text=words.say("guardrails.not_estimated") if one.amount is None else text(money(scribe, one.amount)),
                note=joined([size, spent], ", "),
                width=3,
            ),
            Cell(text=began, note=_event(scribe, one.event), width=3),
            _approval(scribe, one),
        ),
        anchor=f"item-{one.journey.key}",
    )


def _approval(scribe: Scribe, one: Initiative) -> Cell:
    """Who or what approved it and when, or that it was begun without; the shape beside the word."""
    words, approval = scribe.words, one.approval
    status = _STATUS[one.verdict]
    if approval is None:
        return Cell(text=words.say(f"guardrails.verdict.{one.verdict}"), status=status, width=6)
    if approval.kind == "status":
        by = words.say("guardrails.by.status", status=foreign(approval.name), day=day(scribe, approval.at))
    else:
        by = words.say(
            "guardrails.by.decision",
            id=foreign(approval.name),
            owner=foreign(approval.by or ""),
            day=day(scribe, approval.at),
            words=foreign(approval.words or ""),
        )
    late = words.say("guardrails.recorded_late") if approval.recorded_late else ()
    note = joined([words.say(f"guardrails.verdict.{one.verdict}"), late], ", ")
    return Cell(
        text=by, note=note, status=Status.WARN if approval.recorded_late and status is Status.GOOD else status, width=6
    )


def _event(scribe: Scribe, event: Event | None) -> Text:
    """The change that proves it, and when we learned of it."""
    if event is None:
        return ()
    words = scribe.words
    if event.field == "status":
        before = foreign(event.before) if event.before else words.say("guardrails.created")
        what = words.say("guardrails.event", before=before, after=foreign(event.after or ""))
    else:
        what = words.say(
            "guardrails.event.estimate",
            before=_estimate(scribe, event.before),
            after=_estimate(scribe, event.after),
        )
    if event.known_at is None:
        return what
    return (*what, *words.say("guardrails.learned", moment=_moment(scribe, event.known_at)))


def _notices(scribe: Scribe) -> list[Text]:
    words, found = scribe.words, guardrails(scribe.numbers).initiatives
    told = [_unread(scribe, key) for key in found.excluded.get(UNREAD, ())]
    for split in found.splits:
        parent = scribe.numbers.items.get(split.parent)
        told.append(
            words.say(
                "guardrails.split",
                n=len(split.journeys),
                epics=words.listed([scribe.item(one, with_title=True) for one in split.journeys]),
                parent=scribe.item(parent) if parent is not None else foreign(split.parent.external_id),
                amount=money(scribe, split.amount),
                threshold=money(scribe, policy(scribe).approval_threshold or 0),
            )
        )
    if found.unestimated:
        told.append(
            words.say(
                "guardrails.unestimated",
                n=len(found.unestimated),
                epics=scribe.items([one.journey for one in found.unestimated]),
            )
        )
    return told


def _unread(scribe: Scribe, key: str) -> Text:
    """Of an epic that a line may approve which is set aside: which line that is."""
    place = foreign(scribe.numbers.book.unread.of(key) or "")
    return scribe.words.say("guardrails.unread", epic=scribe.key(key), place=place)


def _initiative_headline(scribe: Scribe, found: Guardrails) -> Text:
    words, told = scribe.words, found.initiatives
    if told.breaches:
        first = told.breaches[0]
        amount = sum(one.amount or 0 for one in told.breaches)
        return words.say(
            "guardrails.initiatives.head",
            n=len(told.breaches),
            epic=foreign(first.journey.title),
            amount=money(scribe, amount),
        )
    if not told.n_items:
        return words.say("guardrails.initiatives.head.empty")
    if unread := told.excluded.get(UNREAD):
        return words.say("guardrails.initiatives.head.unread", n=len(unread))
    begun = [one for one in told.significant if one.verdict in ("approved", "approved_late") and one.journey.is_open]
    if lost := unjudged(told):
        return words.say("guardrails.initiatives.head.unjudged", n=lost)
    return (
        words.say("guardrails.initiatives.head.good", n=len(begun))
        if begun
        else words.say("guardrails.initiatives.quiet")
    )


def _left_out(scribe: Scribe, excluded: Excluded) -> Text:
    words = scribe.words
    said = [
        words.say(
            "guardrails.untraced",
            n=len(keys),
            why=reasons.words(reason, words.locale),
            epics=words.listed([scribe.key(key) for key in keys[:MOST_ITEMS]], more=max(0, len(keys) - MOST_ITEMS)),
        )
        for reason, keys in excluded.items()
    ]
    return joined(said)


def _is_shown(one: Initiative) -> bool:
    """What is open, and what ended without approval: what ended well is counted."""
    return one.journey.is_open or one.verdict in ("unapproved", "approved_late")


def _threshold(scribe: Scribe) -> Text:
    agreed, words = policy(scribe), scribe.words
    said = []
    if agreed.approval_threshold is not None:
        said.append(words.say("guardrails.threshold.cost", amount=money(scribe, agreed.approval_threshold)))
    if agreed.approval_size is not None:
        said.append(words.say("guardrails.threshold.size", size=words.number(agreed.approval_size)))
    return words.say("guardrails.threshold", threshold=words.listed(said))


def _estimate(scribe: Scribe, said: str | None) -> Text:
    return foreign(said) if said else scribe.words.say("guardrails.not_estimated")


def money(scribe: Scribe, amount: int) -> str:
    return scribe.words.money(amount, scribe.numbers.book.portfolio.currency)


def _moment(scribe: Scribe, at: datetime) -> str:
    return f"{day(scribe, at)}, {scribe.words.clock(at)}"


def day(scribe: Scribe, at: datetime | None) -> str:
    return scribe.words.text("unknown") if at is None else scribe.words.day(scribe.numbers.book.calendar.day(at))
