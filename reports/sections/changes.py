"""What changed this week, one line a change."""

from __future__ import annotations

from collections.abc import Iterable

from domain.journey import Journey
from reports.page import Changes, Entry, Section, Span, Text
from reports.sections.scribe import Scribe
from reports.words.catalogue import foreign

MOST = 4  # entries of one kind that are named
LEVELS = ("epic", "feature")


def changes(scribe: Scribe) -> Section:
    """Statuses that moved, then what was finished, given up, begun and removed, the highest levels first."""
    words, week = scribe.words, scribe.numbers.changes
    entries = [
        *_statuses(scribe),
        *_named(scribe, "finished", _high(week.finished)),
        *_named(scribe, "cancelled", _high(week.cancelled)),
        *_named(scribe, "removed", week.removed),
        *_named(scribe, "started", _high(week.started)),
    ]
    counts = words.say("changes.counts", n=len(week.finished), started=len(week.started), cancelled=len(week.cancelled))
    if not entries:
        entries = [Entry(label=words.text("changes.quiet.label"), text=words.say("changes.quiet"))]
    return Section(
        id="changes",
        question=words.text("changes.question", period=words.period(week.period)),
        headline=_headline(scribe),
        blocks=(Changes(entries=tuple(entries), more=counts),),
        half=7,
    )


def _headline(scribe: Scribe) -> Text:
    words, week = scribe.words, scribe.numbers.changes
    epics = [one for one in week.finished if one.placement.level == "epic"]
    if epics:
        return words.say("changes.head.epics", n=len(epics), all=len(week.finished))
    if week.finished:
        return words.say("changes.head.items", n=len(week.finished))
    return words.say("changes.head.none")


def _statuses(scribe: Scribe) -> list[Entry]:
    words, entries = scribe.words, []
    for score in scribe.numbers.themes:
        now, before = score.objective.status, score.before.status
        if now != before and "too_early" not in (now, before):
            text = words.say(
                "changes.status",
                theme=foreign(score.theme.name),
                now=words.text(f"status.{now}"),
                before=words.text(f"status.{before}"),
            )
            entries.append(Entry(label=words.text("changes.status.label"), text=text))
    for score in scribe.numbers.themes:
        earlier = {one.key_result.id: one for one in score.before.key_results}
        for one in score.objective.key_results:
            old = earlier[one.key_result.id].reading
            if one.reading is not None and old is not None and one.reading.day > old.day:
                text = words.say(
                    "changes.reading",
                    result=foreign(one.key_result.name),
                    value=words.measure(one.reading.value, one.key_result.unit),
                    before=words.measure(old.value, one.key_result.unit),
                )
                entries.append(Entry(label=words.text("changes.reading.label"), text=text))
    return entries


def _named(scribe: Scribe, kind: str, journeys: Iterable[Journey]) -> list[Entry]:
    every = list(journeys)
    words = scribe.words
    label = words.text(f"changes.{kind}.label")
    entries = [Entry(label=label, text=_line(scribe, one, kind)) for one in every[:MOST]]
    if len(every) > MOST:
        rest = every[MOST:]
        spans: list[Span] = [*words.say(f"changes.{kind}.more", n=len(rest))]
        if lists := scribe.lists(rest):
            spans += [Span(text=" "), *lists]
        entries.append(Entry(label=label, text=tuple(spans)))
    return entries


def _line(scribe: Scribe, journey: Journey, kind: str) -> Text:
    spans: list[Span] = [*scribe.item(journey, with_title=True)]
    if kind == "removed" and journey.removed_reason:
        name = f"removed.{journey.removed_reason}"
        if scribe.words.has(name):
            spans += scribe.words.say(name)
    return tuple(spans)


def _high(journeys: Iterable[Journey]) -> list[Journey]:
    """Epics, then features; stories are counted, not named."""
    kept = [one for one in journeys if one.placement.level in LEVELS]
    return sorted(kept, key=lambda one: LEVELS.index(one.placement.level or ""))
