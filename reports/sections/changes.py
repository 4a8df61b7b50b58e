"""What changed in the week, or in the longer period of the edition, one line a change."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal

from domain.journey import Journey
from domain.period import Period
from domain.rhythm import Rhythm, rhythm_of
from metrics.key_results import KeyResultScore, progress
from reports.findings import capitalised, closed
from reports.page import Changes, Entry, Section, Span, Text, joined
from reports.reckoning import Behind, behind, is_unread
from reports.sections import restatement
from reports.sections.scribe import Scribe
from reports.words.catalogue import foreign

MOST = 4  # entries of one kind that are named
LEVELS = ("epic", "feature")


def changes(
    scribe: Scribe, *, dates: Sequence[Entry] = (), most: int = MOST, more: Text = (), with_past: bool = True
) -> Section:
    """Statuses that moved, then what was finished, given up, begun and removed, the highest levels first.

    `dates` are forecasts that moved, and whatever else moved of which no other section of the page tells; `most`
    entries of one kind are named, and `more` says where the others are. `with_past`: past figures of the portfolio
    that read differently today are told, too.
    """
    words, week = scribe.words, scribe.numbers.changes
    entries = [
        *_statuses(scribe, most),
        *(restatement.entry(scribe) if with_past else []),
        *dates,
        *_named(scribe, "finished", _high(week.finished), most),
        *_named(scribe, "cancelled", _high(week.cancelled), most),
        *_named(scribe, "removed", week.removed, most),
        *_named(scribe, "started", _high(week.started), most),
    ]
    counts = words.say(
        key(scribe, "changes.counts"),
        finished=scribe.counted(week.finished),
        started=scribe.counted(week.started),
        cancelled=scribe.counted(week.cancelled),
    )
    if not entries:
        entries = [_quiet(scribe)]
    said = () if week.is_unread and not (week.finished or week.started or week.cancelled) else counts
    return Section(
        id="changes",
        question=words.text("changes.question", period=words.period(week.period)),
        headline=_headline(scribe),
        blocks=(Changes(entries=tuple(entries), more=joined([said, more])),),
        half=7,
    )


def _headline(scribe: Scribe) -> Text:
    words, week = scribe.words, scribe.numbers.changes
    counts = scribe.counted(week.finished)
    if week.finished:
        return words.parted(
            [words.say("changes.head", n=len(week.finished), counts=counts), unread(scribe, week.behind)]
        )
    if week.is_unread:
        return never_read(scribe, week.behind)
    if week.behind:
        return words.parted([words.say("changes.head.none.known"), unread(scribe, week.behind)])
    return words.say(key(scribe, "changes.head.none"))


def _quiet(scribe: Scribe) -> Entry:
    """That nothing moved, or that nobody has looked whether anything did."""
    words, week = scribe.words, scribe.numbers.changes
    if week.is_unread:
        return unread_entry(scribe, week.behind, is_unread=True)
    name = "changes.quiet.known" if week.behind else "changes.quiet"
    return Entry(label=words.text("changes.quiet.label"), text=words.say(name))


def so_far(scribe: Scribe, said: Text, *, since: date) -> Text:
    """What was found since a day, and until when it is known; where no tracker was read since, that alone."""
    late, nothing = _since(scribe, since)
    return never_read(scribe, late) if nothing else scribe.words.parted([said, unread(scribe, late)])


def quiet_since(scribe: Scribe, said: Text, *, since: date) -> Entry:
    """A line that says that nothing was found since a day, or that not all of it was read."""
    late, nothing = _since(scribe, since)
    if late:
        return unread_entry(scribe, late, is_unread=nothing)
    return Entry(label=scribe.words.text("changes.quiet.label"), text=said)


def _since(scribe: Scribe, since: date) -> tuple[Sequence[Behind], bool]:
    """The trackers of which not all is known since a day, and whether nothing is."""
    book, today = scribe.numbers.book, scribe.numbers.today
    if since >= today:
        return (), False
    late = behind(book, Period(since, today))
    return late, is_unread(book, Period(since, today), late)


def unread(scribe: Scribe, late: Sequence[Behind]) -> Text:
    """Until when what some trackers hold is known, as a clause; nothing where all is known."""
    words = scribe.words
    said = []
    for day in sorted({one.day for one in late}, key=lambda day: day or date.min):
        sources = words.listed([foreign(one.source) for one in late if one.day == day])
        name = "changes.unread" if day is not None else "changes.unread.never"
        said.append(words.say(name, sources=sources, day="" if day is None else words.day(day)))
    return words.say("changes.unread.after", sources=words.listed(said)) if said else ()


def unread_entry(scribe: Scribe, late: Sequence[Behind], *, is_unread: bool) -> Entry:
    """The same as a line among what changed, where nothing else is."""
    words, day = scribe.words, _last_read(late)
    if not is_unread:
        said = closed(capitalised(unread(scribe, late)))
    elif day is None:
        said = words.say("changes.unread.text.never")
    else:
        said = words.say("changes.unread.text", day=words.day(day))
    return Entry(label=words.text("changes.unread.label"), text=said)


def never_read(scribe: Scribe, late: Sequence[Behind]) -> Text:
    """That nothing is known of a period since no tracker was read in it."""
    words, day = scribe.words, _last_read(late)
    return words.say("changes.head.never") if day is None else words.say("changes.head.unread", day=words.day(day))


def _last_read(late: Sequence[Behind]) -> date | None:
    return max((one.day for one in late if one.day is not None), default=None)


def key(scribe: Scribe, name: str) -> str:
    """The sentence, or another where the edition is of no week: what it says of one holds of the edition's days."""
    return name if rhythm_of(scribe.numbers.book.edition.id) is Rhythm.WEEK else f"{name}.other"


def _statuses(scribe: Scribe, most: int) -> list[Entry]:
    words, entries = scribe.words, []
    for score in scribe.numbers.themes:
        now, before = score.objective.status, score.before.status
        if now != before and None not in (score.objective.score, score.before.score):
            text = words.say(
                "changes.status",
                theme=foreign(score.theme.name),
                now=words.text(f"status.{now}"),
                before=words.text(f"status.{before}"),
            )
            entries.append(Entry(label=words.text(key(scribe, "changes.status.label")), text=text))
    return [*entries, *_readings(scribe, most)]


def _readings(scribe: Scribe, most: int) -> list[Entry]:
    """New readings: those that went the wrong way, then those that moved most; the others are counted."""
    words = scribe.words
    fresh = [
        (now, before)
        for score in scribe.numbers.themes
        for now, before in zip(score.objective.key_results, score.before.key_results, strict=True)
        if now.reading is not None and before.reading is not None and now.reading.day > before.reading.day
    ]
    fresh.sort(key=lambda pair: (_moved(*pair) >= 0, -abs(_moved(*pair))))
    label = words.text(key(scribe, "changes.reading.label"))
    entries = [Entry(label=label, text=_reading(scribe, now, before)) for now, before in fresh[:most]]
    if len(fresh) > most:
        entries.append(Entry(label=label, text=words.say("changes.reading.more", n=len(fresh) - most)))
    return entries


def _moved(now: KeyResultScore, before: KeyResultScore) -> Decimal:
    """How much of the way a key result moved towards its target; 0 where it has none."""
    result = now.key_result
    if now.reading is None or before.reading is None or result.baseline is None or result.target is None:
        return Decimal(0)
    way = progress(
        baseline=Decimal(0), target=result.target - result.baseline, value=now.reading.value - before.reading.value
    )
    return way or Decimal(0)


def _reading(scribe: Scribe, now: KeyResultScore, before: KeyResultScore) -> Text:
    words, result = scribe.words, now.key_result
    assert now.reading is not None
    assert before.reading is not None
    value, former = (words.measure(one.value, result.unit) for one in (now.reading, before.reading))
    key = "changes.reading" if value != former else "changes.reading.same"
    return words.say(key, result=foreign(result.name), value=value, before=former)


def _named(scribe: Scribe, kind: str, journeys: Iterable[Journey], most: int) -> list[Entry]:
    every = list(journeys)
    words = scribe.words
    label = words.text(f"changes.{kind}.label")
    entries = [Entry(label=label, text=_line(scribe, one, kind)) for one in every[:most]]
    if len(every) > most:
        rest = every[most:]
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
