"""Do business owners take part? By value stream and train."""

from __future__ import annotations

from collections.abc import Iterable

from metrics.guardrails import Engaged
from reports.guardrails import guardrails
from reports.page import Cell, Column, Exhibit, Row, Section, Span, Status, Table, Text
from reports.sections.mixes import policy
from reports.sections.scribe import Scribe, text
from reports.sections.set_aside import unread_file
from reports.words.catalogue import foreign

MOST_NAMED = 5


def owners(scribe: Scribe) -> Section:
    """Objectives planned and scored in time, epics with an active owner, decisions that wait; by stream and train."""
    words, found = scribe.words, guardrails(scribe.numbers)
    whole = found.engaged
    heads = ("stream_train", "planned", "scored", "active", "old_decisions")
    by_train, streams = dict(found.by_train), scribe.numbers.book.portfolio.value_streams
    rows: list[Row] = []
    for stream, (_, told) in zip(streams, found.engaged_streams, strict=True):
        rows.append(_engaged(scribe, (Span(text=stream.name, foreign=True, strong=True),), told))
        rows += [_engaged(scribe, foreign(one.name), by_train[one.name], part=True) for one in stream.trains]
    rows.append(_engaged(scribe, words.say("guardrails.whole"), whole, total=True))
    exhibit = Exhibit(
        table=Table(
            caption=words.text("guardrails.owners.caption"),
            name="owners",
            columns=tuple(Column(head=words.text(f"head.{name}"), numeric=name != "stream_train") for name in heads),
            rows=tuple(rows),
        ),
        notes=tuple(_owner_notes(scribe, whole)),
        definition=scribe.definition("owner_engagement"),
    )
    old = scribe.definition("old_decisions")
    return Section(
        id="owners",
        question=words.text("guardrails.owners.question"),
        headline=_owner_headline(scribe, whole),
        blocks=(exhibit,),
        definitions=(old,) if old is not None else (),
    )


def _engaged(scribe: Scribe, name: Text, one: Engaged, *, total: bool = False, part: bool = False) -> Row:
    return Row(
        cells=(
            Cell(text=name, width=6),
            *(_in_time(scribe, one, key) for key in ("planned", "scored", "active")),
            _old(scribe, one),
        ),
        total=total,
        part=part,
    )


def _old(scribe: Scribe, one: Engaged) -> Cell:
    """Decisions that wait for too long; nobody knows of any where none is logged, taken or not."""
    words, old = scribe.words, one.old
    if not scribe.numbers.book.decisions:
        file = unread_file(scribe, "decisions")
        note = words.say("guardrails.owners.aside", file=file) if file else words.say("guardrails.owners.no_log")
        return Cell(text=words.say("unknown"), note=note)
    return Cell(
        text=text(words.whole(len(old))),
        note=foreign(", ".join(each.id for each in old[:MOST_NAMED])) if old else (),
        status=Status.WARN if old else None,
    )


def _in_time(scribe: Scribe, one: Engaged, key: str) -> Cell:
    words, share = scribe.words, one.shares[key]
    if share.share is None:
        file = () if share.excluded or key == "active" else unread_file(scribe, "objectives")
        if file:
            return Cell(text=words.say("unknown"), note=words.say("guardrails.owners.aside", file=file))
        reason = "not_recorded" if share.excluded else "nothing"
        return Cell(text=words.say("unknown"), note=words.say(f"guardrails.owners.{reason}"))
    note = words.say("of", n=len(share.met), total=share.n_used)
    if share.excluded:
        note = (*note, *words.say("guardrails.owners.untold", n=share.n_in_scope - share.n_used))
    return Cell(text=text(words.percent(share.share)), note=note, status=Status.BAD if key in one.below else None)


def _owner_notes(scribe: Scribe, whole: Engaged) -> Iterable[Text]:
    words, agreed = scribe.words, policy(scribe).engagement
    if whole.planned_in is not None:
        yield words.say("guardrails.owners.planned_in", increment=foreign(whole.planned_in.name))
    if whole.scored_in is not None:
        yield words.say(
            "guardrails.owners.scored_in", increment=foreign(whole.scored_in.name), n=agreed.scored_within_days
        )
    yield words.say("guardrails.owners.active_in", n=agreed.active_within_days)
    yield words.say("guardrails.owners.decided_in", n=agreed.decided_within_days)
    if whole.active.missed:
        lost = [scribe.numbers.by_key[key] for key in whole.active.missed if key in scribe.numbers.by_key]
        yield words.say("guardrails.owners.idle", epics=scribe.items(lost), n=len(lost))


def _owner_headline(scribe: Scribe, whole: Engaged) -> Text:
    words = scribe.words
    if whole.below:
        worst = min(whole.below, key=lambda name: whole.shares[name].share or 0)
        share = whole.shares[worst].share
        assert share is not None
        assert whole.least_share is not None
        return words.say(
            f"guardrails.owners.head.{worst}", share=words.percent(share), least=words.percent(whole.least_share)
        )
    if file := unread_file(scribe, "objectives"):
        return words.say("guardrails.owners.head.aside", file=file)
    if not whole.has_objectives:
        return words.say("guardrails.owners.head.no_objectives")
    if whole.old:
        return words.say("guardrails.owners.head.old", n=len(whole.old))
    if all(one.share is None for one in whole.shares.values()):
        return words.say("guardrails.owners.head.unknown")
    return words.say("guardrails.owners.head.good")
