"""Are the rules of governance kept, what proves it, and which exceptions stand?"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from metrics.governance import Lack, RuleResult, Ruling, totals
from metrics.guardrails import Event
from reports.governance import rulings
from reports.page import Cell, Column, Empty, Exhibit, Paragraph, Row, Section, Status, Table, Text, joined
from reports.sections.dense import ROWS, anchor, more
from reports.sections.scribe import Scribe, text
from reports.words.catalogue import foreign

SHOWN = ("broken", "excepted")  # item by item; those that cannot be judged, together by reason
PASSED_BY = ("finished_before", "given_up", "removed", "below_threshold")
STATUS = {"broken": Status.BAD, "excepted": Status.WARN, "unknown": Status.NONE, "kept": Status.GOOD}
FIELDS = (
    "owner", "due_on", "starts_on", "labels", "components", "team", "parent", "resolution", "business_value",
    "time_criticality", "risk_reduction", "job_size", "cost_estimate", "story_points", "status",
)  # fmt: skip


def rules(scribe: Scribe) -> Section:
    """Each rule with its counts, then each item that breaks one, is excepted, or cannot be judged."""
    words, found = scribe.words, rulings(scribe.numbers)
    if not found:
        nothing = Empty(title=words.say("governance.none"), text=words.say("governance.none.text"))
        return Section(
            id="rules",
            question=words.text("governance.question"),
            headline=words.say("governance.none"),
            blocks=(nothing,),
        )
    told = [one for result in found for one in result.rulings if one.verdict in SHOWN]
    told.sort(key=lambda one: SHOWN.index(one.verdict))
    doubtful = [(result, one) for result in found for one in _by_reason(result)]
    blocks: list[Exhibit | Paragraph] = [
        Exhibit(table=_rules(scribe, found), definition=scribe.definition("governance"))
    ]
    if told or doubtful:
        notes = (words.say("governance.note"), *more(scribe, len(told), "audit-rulings"))
        blocks.append(Exhibit(table=_rulings(scribe, told[:ROWS], doubtful), notes=notes))
    if any(one.rule.exemptions for one in found):
        blocks.append(Exhibit(table=_exceptions(scribe, found)))
    return Section(
        id="rules",
        question=words.text("governance.question"),
        headline=headline(scribe),
        blocks=tuple(blocks),
        long=True,
    )


def headline(scribe: Scribe) -> Text:
    """How many items break a rule, or that none does, with how many were judged."""
    words, found = scribe.words, rulings(scribe.numbers)
    counts = totals(found)
    broken = len({one.journey.id for result in found for one in result.broken})
    if broken:
        return words.say("governance.head.broken", n=broken, rules=sum(bool(one.broken) for one in found))
    if not sum(one.n_used for one in found):
        return words.say("governance.head.unjudged")
    judged = words.whole(counts["kept"] + counts["excepted"])
    if counts["unknown"]:
        return words.say("governance.head.partly", n=counts["unknown"], judged=judged)
    return words.say("governance.head.kept", n=len(found), judged=judged)


def _rules(scribe: Scribe, found: Sequence[RuleResult]) -> Table:
    words = scribe.words
    verdicts = ("broken", "excepted", "unknown", "kept", "waiting")
    return Table(
        caption=words.text("governance.caption.rules"),
        name="rules",
        columns=(
            Column(head=words.text("governance.rule")),
            *(Column(head=words.text(f"governance.{one}.head"), numeric=True) for one in verdicts),
        ),
        rows=tuple(
            Row(
                anchor=anchor("rule", one.rule.id),
                cells=(
                    Cell(text=foreign(one.rule.name), note=_asks(scribe, one)),
                    *(Cell(text=text(words.whole(len(one.having(verdict))))) for verdict in verdicts),
                ),
            )
            for one in found
        ),
    )


def _asks(scribe: Scribe, result: RuleResult) -> Text:
    """What a rule asks for, and who answers for it."""
    words, rule = scribe.words, result.rule
    parts: list[Text] = [words.say("governance.asks.field", field=field(scribe, one)) for one in rule.requires]
    if rule.approved:
        parts.append(words.say("governance.asks.approved"))
    if rule.segregated:
        parts.append(words.say("governance.asks.segregated"))
    currency = scribe.numbers.book.portfolio.currency
    if rule.ceiling is not None:
        parts.append(words.say("governance.asks.ceiling", amount=f"{words.number(rule.ceiling)} {currency}"))
    said = [words.listed(parts)]
    when = words.say("governance.asks.before", state=foreign(rule.before)) if rule.before else ()
    said.append(when or words.say("governance.asks.now"))
    if rule.threshold is not None:
        said.append(words.say("governance.asks.threshold", amount=f"{words.number(rule.threshold)} {currency}"))
    owner = words.say("governance.asks.owner", owner=foreign(rule.owner)) if rule.owner else ()
    return joined([joined(said, ", "), owner, _passed_by(scribe, result)], ". ")


def _passed_by(scribe: Scribe, result: RuleResult) -> Text:
    """How many items of its level a rule does not look at, by why: with those of the row, they are all."""
    words = scribe.words
    parts = [
        words.say(f"governance.passed_by.{why}", n=len(result.passed_by[why]))
        for why in PASSED_BY
        if why in result.passed_by
    ]
    return words.say("governance.passed_by", parts=words.listed(parts)) if parts else ()


def _by_reason(result: RuleResult) -> list[tuple[tuple[str, ...], list[Ruling]]]:
    """The items of a rule that cannot be judged, by why not."""
    found: dict[tuple[str, ...], list[Ruling]] = {}
    for one in result.having("unknown"):
        found.setdefault(one.unknown, []).append(one)
    return sorted(found.items())


def _rulings(
    scribe: Scribe, told: list[Ruling], doubtful: list[tuple[RuleResult, tuple[tuple[str, ...], list[Ruling]]]]
) -> Table:
    words = scribe.words
    heads = ("item", "verdict", "rule", "why", "proof", "exception")
    return Table(
        caption=words.text("governance.caption.rulings"),
        name="rulings",
        columns=tuple(Column(head=words.text(f"governance.{one}")) for one in heads),
        rows=(
            *(_ruling(scribe, one) for one in told),
            *(_doubt(scribe, result, why, kept) for result, (why, kept) in doubtful),
        ),
    )


def _ruling(scribe: Scribe, one: Ruling) -> Row:
    words = scribe.words
    why = [lack(scribe, each) for each in one.lacks] + [words.say(f"governance.unknown.{each}") for each in one.unknown]
    why += [words.say("governance.given_up")] if one.journey.cancelled_at is not None else []
    proof = one.proof or next((each.event for each in one.lacks if each.event is not None), None)
    return Row(
        anchor=anchor("ruling", one.rule.id, one.journey.id.source, one.journey.id.external_id),
        cells=(
            Cell(text=scribe.item(one.journey, with_title=True), width=6),
            Cell(text=words.say(f"governance.{one.verdict}"), status=STATUS[one.verdict], width=3),
            Cell(text=foreign(one.rule.name), width=3),
            Cell(text=joined(why), width=6),
            Cell(text=event(scribe, proof) if proof is not None else words.say("governance.no_proof"), width=6),
            Cell(text=_exception(scribe, one), width=6),
        ),
    )


def _doubt(scribe: Scribe, result: RuleResult, why: tuple[str, ...], kept: list[Ruling]) -> Row:
    words = scribe.words
    journeys = [one.journey for one in kept]
    return Row(
        anchor=anchor("unknown", result.rule.id, *why),
        cells=(
            Cell(text=scribe.items(journeys, most=8), note=scribe.lists(journeys), width=6),
            Cell(text=words.say("governance.unknown"), status=Status.NONE, width=3),
            Cell(text=foreign(result.rule.name), width=3),
            Cell(text=joined([words.say(f"governance.unknown.{one}") for one in why]), width=6),
            Cell(text=words.say("none"), width=6),
            Cell(text=text(words.text("governance.no_exception")), width=6),
        ),
    )


def lack(scribe: Scribe, one: Lack) -> Text:
    """What is missing, and since when it is there after all."""
    words = scribe.words
    if one.kind == "field":
        said = words.say("governance.lack.field", field=field(scribe, one.name))
        if one.mended_at is not None:
            return joined([said, words.say("governance.lack.mended", day=_day(scribe, one.mended_at))])
        return said
    day = "" if one.mended_at is None else _day(scribe, one.mended_at)
    return words.say(f"governance.lack.{one.kind}", decision=foreign(one.name), day=day)


def event(scribe: Scribe, one: Event) -> Text:
    """The change in an item's history that proves a ruling, and when we learned of it."""
    words = scribe.words
    told: dict[str, Text | str] = {
        "field": field(scribe, one.field),
        "after": foreign(one.after or ""),
        "at": words.moment(one.occurred_at),
    }
    key = "governance.event.emptied" if not one.after else "governance.event" if one.before else "governance.event.new"
    said = words.say(key, before=foreign(one.before or ""), **told)
    if one.known_at is None:
        return said
    return joined([said, words.say("governance.event.known", at=words.moment(one.known_at))])


def field(scribe: Scribe, name: str) -> Text:
    """A field of ours in words, one of the tracker by its name."""
    return text(scribe.words.text(f"governance.field.{name}")) if name in FIELDS else foreign(name)


def _exception(scribe: Scribe, one: Ruling) -> Text:
    words, given = scribe.words, one.exemption
    if given is None:
        return text(words.text("governance.no_exception"))
    key = "governance.expired_on" if one.has_expired else "governance.until"
    return words.say(key, day=words.full_day(given.until), owner=foreign(given.owner), reason=foreign(given.reason))


def _exceptions(scribe: Scribe, found: Sequence[RuleResult]) -> Table:
    words, today = scribe.words, scribe.numbers.today
    rows: list[Row] = []
    for result in found:
        for one in result.rule.exemptions:
            is_over = one.until < today
            state = "expired" if is_over else "idle" if one in result.idle else "standing"
            rows.append(
                Row(
                    anchor=anchor("exception", result.rule.id, one.item, one.until.isoformat()),
                    cells=(
                        Cell(text=scribe.key(one.item)),
                        Cell(
                            text=words.say(f"governance.exception.{state}"),
                            status=Status.BAD if is_over else Status.NONE,
                            width=3,
                        ),
                        Cell(text=text(words.full_day(one.until)), width=3),
                        Cell(text=foreign(one.owner), width=3),
                        Cell(text=foreign(result.rule.name), width=3),
                        Cell(text=foreign(one.reason), width=6),
                    ),
                )
            )
    heads = ("item", "state", "until.head", "owner", "rule", "reason")
    return Table(
        caption=words.text("governance.caption.exceptions"),
        name="exceptions",
        columns=tuple(Column(head=words.text(f"governance.{one}")) for one in heads),
        rows=tuple(rows),
    )


def _day(scribe: Scribe, at: datetime) -> str:
    return scribe.words.day(scribe.numbers.book.calendar.day(at))
