"""What crossed a line since the last edition: guardrails left and kept again, risks raised and resolved, verdicts."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

from domain.period import Period
from metrics.alignment import item_days
from metrics.guardrails import Mix, horizon_mix
from metrics.selection import at_level
from reports.guardrails import guardrails
from reports.hazards import dangers
from reports.ledger import ledger
from reports.page import Entry
from reports.reckoning import Reckoning
from reports.sections import risks
from reports.sections.scribe import Scribe
from reports.words.catalogue import foreign

MOST = 3  # of one kind that are named
COMING = timedelta(days=14)  # in which a verdict is due that is told beforehand


def crossings(scribe: Scribe) -> list[Entry]:
    """One line for each; of many of a kind the first, and how many more there are."""
    return [
        *_few(scribe, "guardrail", [*_horizons(scribe), *_initiatives(scribe)]),
        *_few(scribe, "verdict", list(_verdicts(scribe))),
        *_few(scribe, "verdict", list(_due(scribe))),
        *_few(scribe, "risk", list(_risks(scribe))),
    ]


def _few(scribe: Scribe, kind: str, every: list[Entry]) -> list[Entry]:
    left = len(every) - MOST
    if left <= 0:
        return every
    label = scribe.words.text(f"crossings.{kind}.label")
    return [*every[:MOST], Entry(label=label, text=scribe.words.say("crossings.more", n=left))]


def _horizons(scribe: Scribe) -> Iterator[Entry]:
    """Which horizon is outside its range in the quarter until now, and was inside before, or the reverse.

    Where one gets more, others get less: the one that is furthest from its plan speaks for them.
    """
    words, now, before = scribe.words, guardrails(scribe.numbers).horizons, _mix_before(scribe.numbers)
    if now is None or before is None or now.unjudged is not None or before.unjudged is not None:
        return
    left = [part for part in now.breaches if part not in before.breaches]
    kept = [part for part in before.breaches if part not in now.breaches]
    for key, parts in (("out", left), ("in", kept)):
        for part in parts[:1]:
            yield Entry(
                label=words.text("crossings.guardrail.label"),
                text=words.say(
                    f"crossings.horizon.{key}",
                    part=words.text(f"horizon.{part}"),
                    share=words.percent(now.percent[part] / 100, places=1),
                    before=words.percent(before.percent[part] / 100, places=1),
                ),
            )


def _mix_before(numbers: Reckoning) -> Mix | None:
    """The horizons of a quarter that ended as the edition's week or longer period began."""
    return numbers.book.once("horizons before", lambda: _measured(numbers))


def _measured(numbers: Reckoning) -> Mix | None:
    found = guardrails(numbers)
    if found.level is None or not numbers.book.portfolio.guardrails.horizons:
        return None
    start = numbers.changes.period.start
    worked = item_days(
        at_level(numbers.book.journeys, found.level),
        period=Period(start - timedelta(days=found.window.length_days), start),
        calendar=numbers.book.calendar,
    )
    return horizon_mix(worked, themes=numbers.book.portfolio.themes, guardrails=numbers.book.portfolio.guardrails)


def _initiatives(scribe: Scribe) -> Iterator[Entry]:
    """Begun without the approval that it needs, and approved after it had begun."""
    words, book = scribe.words, scribe.numbers.book
    for one in guardrails(scribe.numbers).initiatives.significant:
        begun = one.is_breach and one.needed_at is not None and _is_new(scribe, book.calendar.day(one.needed_at))
        late = one.verdict == "approved_late" and one.approval is not None
        mended = late and one.approval is not None and _is_new(scribe, book.calendar.day(one.approval.at))
        if begun or mended:
            key = "crossings.initiative" if begun else "crossings.initiative.approved"
            epic = scribe.item(one.journey, with_title=True)
            yield Entry(label=words.text("crossings.guardrail.label"), text=words.say(key, epic=epic))


def _verdicts(scribe: Scribe) -> Iterator[Entry]:
    words = scribe.words
    for one in ledger(scribe.numbers).settled:
        if one.settled_on is not None and _is_new(scribe, one.settled_on):
            said = words.say(f"crossings.verdict.{one.verdict}", name=foreign(one.benefit.name))
            yield Entry(label=words.text("crossings.verdict.label"), text=said)


def _due(scribe: Scribe) -> Iterator[Entry]:
    words, today = scribe.words, scribe.numbers.today
    for one in ledger(scribe.numbers).due:
        if one.next_due is not None and today <= one.next_due <= today + COMING:
            said = words.say("crossings.due", name=foreign(one.benefit.name), day=words.day(one.next_due))
            yield Entry(label=words.text("crossings.due.label"), text=said)


def _risks(scribe: Scribe) -> Iterator[Entry]:
    words, told = scribe.words, dangers(scribe.numbers)
    for key, found in (("raised", told.raised), ("resolved", told.resolved)):
        for one in found:
            yield Entry(label=words.text(f"crossings.risk.{key}"), text=risks.named(scribe, told, one))


def _is_new(scribe: Scribe, day: date) -> bool:
    """Did it happen in the edition's period, or since, until its instant?"""
    return scribe.numbers.changes.period.start <= day <= scribe.numbers.today
