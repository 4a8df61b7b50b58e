"""The records: what was decided, what the settings were, what was read, published and sent."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date

from domain.records import Reading, SettingChange
from domain.strategy import Decision
from reports.data.audit import known_editions
from reports.page import Block, Cell, Column, Empty, Exhibit, Paragraph, Row, Section, Span, Status, Table, Text, joined
from reports.sections import restatement
from reports.sections.dense import ROWS, anchor, more
from reports.sections.scribe import Scribe, text
from reports.sections.set_aside import notice, unknown
from reports.words.catalogue import foreign

DIGITS = 12  # of a digest on the page; the file has all of it


def decisions(scribe: Scribe) -> Section:
    """Every decision of the log, the newest first, tied to the edition it was taken from."""
    words, log = scribe.words, sorted(scribe.numbers.book.decisions, key=lambda one: (one.asked_on, one.id))[::-1]
    unread = notice(scribe, "decisions")
    if not log:
        return _empty(scribe, "decisions", because=unread, headline=decisions_headline(scribe))
    known = known_editions(scribe.numbers)
    heads = ("id", "date", "decision", "owner", "due", "state", "item", "edition")
    rows = tuple(_decision(scribe, one, known) for one in log[:ROWS])
    lost = sum(one.edition is not None and one.edition.casefold() not in known for one in log)
    notes = [*more(scribe, len(log), "audit-decisions")]
    if lost:
        notes.insert(0, words.say("audit.decisions.lost", n=lost))
    if unread:
        notes.insert(0, unread)
    return Section(
        id="decisions",
        question=words.text("audit.decisions.question"),
        headline=decisions_headline(scribe),
        blocks=(Exhibit(table=_table(scribe, "decisions", heads, rows), notes=tuple(notes)),),
        long=True,
    )


def decisions_headline(scribe: Scribe) -> Text:
    """How many were taken and wait, and how many of those are late; as far as the log is read."""
    words, log, unread = scribe.words, scribe.numbers.book.decisions, unknown(scribe, "decisions")
    if not log:
        return unread or words.say("audit.decisions.empty")
    part = words.say("aside.read_of_log") if unread else ()
    waiting = [one for one in log if one.decision is None]
    late = [one for one in waiting if _is_late(scribe, one)]
    if late:
        return (*words.say("audit.decisions.late", n=len(late), total=words.whole(len(log))), *part)
    return (*words.say("audit.decisions.head", n=len(log), waiting=words.whole(len(waiting))), *part)


def settings(scribe: Scribe) -> Section:
    """What changed in the settings, value by value, with the first edition that was made with it."""
    words, records = scribe.words, scribe.numbers.book.records
    if not records.is_whole:
        return _empty(scribe, "settings", said="settings.hidden")
    if not records.versions:
        return _empty(scribe, "settings")
    heads = ("seen", "file", "setting", "before", "after", "first_edition")
    numbered: Counter[str] = Counter()
    rows: list[Row] = []
    for one in records.changes[:ROWS]:
        numbered[one.digest] += 1
        rows.append(_change(scribe, one, numbered[one.digest]))
    versions = tuple(
        Row(
            anchor=anchor("version", one.file, one.digest[:DIGITS]),
            cells=(
                Cell(text=text(words.moment(one.seen_at))),
                Cell(text=foreign(one.file)),
                Cell(text=foreign(one.digest[:DIGITS])),
                Cell(
                    text=words.say("audit.first_kept")
                    if one.differences is None
                    else words.say("audit.differences", n=one.differences)
                ),
            ),
        )
        for one in records.versions[:ROWS]
    )
    blocks: list[Block] = []
    if rows:
        notes = (words.say("audit.settings.note"), *more(scribe, len(records.changes), "audit-settings"))
        blocks.append(Exhibit(table=_table(scribe, "settings", heads, tuple(rows)), notes=notes))
    blocks.append(Exhibit(table=_table(scribe, "versions", ("seen", "file", "digest", "what"), versions)))
    key = "audit.settings.head" if records.changes else "audit.settings.same"
    return Section(
        id="settings",
        question=words.text("audit.settings.question"),
        headline=words.say(key, n=len(records.changes)),
        blocks=tuple(blocks),
        long=True,
    )


def readings(scribe: Scribe) -> Section:
    """Readings by month and source, then each that failed or was partial."""
    words, told = scribe.words, scribe.numbers.book.records.readings
    if not told:
        return _empty(scribe, "readings")
    bad = [one for one in told if one.outcome != "ok"]
    months = tuple(_month(scribe, source, month, kept) for (source, month), kept in _by_month(scribe, told).items())
    counted = _table(scribe, "months", ("source", "month", "readings", "whole", "failed"), months)
    blocks = [Exhibit(table=counted, notes=more(scribe, len(told), "audit-readings"))]
    if bad:
        rows = tuple(
            Row(
                anchor=anchor("run", str(one.id)),
                cells=(
                    Cell(text=text(words.moment(one.finished_at))),
                    Cell(text=foreign(one.source)),
                    Cell(text=words.say(f"audit.kind.{one.kind}")),
                    Cell(text=words.say(f"audit.outcome.{one.outcome}"), status=Status.WARN),
                    Cell(text=foreign(one.sentence), width=6),
                ),
            )
            for one in bad[:ROWS]
        )
        failures = _table(scribe, "failures", ("ended", "source", "kind", "outcome", "said"), rows)
        blocks.append(
            Exhibit(table=failures, notes=more(scribe, len(bad), "audit-readings") if len(bad) > ROWS else ())
        )
    key = "audit.readings.bad" if bad else "audit.readings.good"
    return Section(
        id="readings",
        question=words.text("audit.readings.question"),
        headline=words.say(key, n=len(bad) or len(told), total=words.whole(len(told))),
        blocks=tuple(blocks),
        long=True,
    )


def editions(scribe: Scribe) -> Section:
    """What was published before this page, with digests and revisions, and what was mailed of it."""
    words, records = scribe.words, scribe.numbers.book.records
    if not records.editions:
        nothing = Empty(title=words.say("audit.editions.empty"), text=words.say("audit.editions.empty.text"))
        blocks: list[Block] = [nothing]
    else:
        rows = tuple(
            Row(
                anchor=anchor("edition", one.id),
                cells=(
                    Cell(text=_edition(scribe, one.id, one.folder)),
                    Cell(text=text(words.moment(one.published_at))),
                    Cell(text=text(words.moment(one.known_at))),
                    Cell(text=text(str(one.revision))),
                    Cell(text=foreign(one.digest[:DIGITS])),
                    Cell(text=foreign(one.version)),
                ),
            )
            for one in records.editions[:ROWS]
        )
        heads = ("edition", "published", "known", "revision", "digest", "version")
        notes = (words.say("audit.editions.note"), *more(scribe, len(records.editions), "audit-editions"))
        blocks = [Exhibit(table=_table(scribe, "editions", heads, rows), notes=notes)]
    blocks.append(Paragraph(text=restatement.in_short(scribe)))
    return Section(
        id="editions",
        question=words.text("audit.editions.question"),
        headline=words.say("audit.editions.head", n=len(records.editions))
        if records.editions
        else words.say("audit.editions.empty"),
        blocks=tuple(blocks),
        long=True,
    )


def mails(scribe: Scribe) -> Section:
    """Each mail of the period with its outcome; recipients are masked."""
    words, told = scribe.words, scribe.numbers.book.records.mails
    if not told:
        return _empty(scribe, "mails")
    digests = {one.id: one.digest for one in scribe.numbers.book.records.editions}
    bad = sum(one.state in ("refused", "expired", "unknown") for one in told)
    rows = tuple(
        Row(
            anchor=anchor("mail", one.edition, one.recipient, str(number)),
            cells=(
                Cell(text=text(words.moment(one.at))),
                Cell(text=foreign(one.edition)),
                Cell(text=foreign(one.recipient), note=words.say("audit.mail.first") if one.is_first else ()),
                Cell(text=words.say(f"audit.mail.{one.state}")),
                Cell(text=foreign(digests.get(one.edition, "")[:DIGITS])),
            ),
        )
        for number, one in enumerate(told[:ROWS])
    )
    table = _table(scribe, "mails", ("ended", "edition", "recipient", "outcome", "digest"), rows)
    return Section(
        id="mails",
        question=words.text("audit.mails.question"),
        headline=words.say("audit.mails.bad", n=bad) if bad else words.say("audit.mails.good", n=len(told)),
        blocks=(Exhibit(table=table, notes=more(scribe, len(told), "audit-mails")),),
        long=True,
    )


def access(scribe: Scribe) -> Section:
    """What could be read, what was removed or is held back, what people confirmed, and how long it is kept."""
    words, book = scribe.words, scribe.numbers.book
    rows: list[Row] = []
    for source in book.trust:
        suspended = {one.scope_id: one.why for one in source.suspended}
        vanished = {one.scope_id for one in source.suspended if not one.is_unread}
        for scope in source.scopes:
            state = "suspended" if scope.scope_id in vanished else scope.state
            rows.append(
                Row(
                    anchor=anchor("scope", source.source, scope.scope_id),
                    cells=(
                        Cell(text=foreign(scope.key), note=foreign(source.source)),
                        Cell(text=words.say(f"audit.scope.{state}"), note=foreign(suspended.get(scope.scope_id, ""))),
                        Cell(text=text(words.whole(scope.held))),
                        Cell(text=text(words.whole(scope.removed))),
                        Cell(text=text(words.whole(scope.out_of_scope))),
                    ),
                )
            )
    removed = sum(sum(one.removed.values()) for one in book.trust)
    confirmed: list[Text] = [
        words.say(f"audit.confirmed.{one.subject}", source=foreign(one.source), at=words.moment(one.confirmed_at))
        for one in book.records.confirmed
    ]
    blocks: list[Block] = []
    if rows:
        heads = ("project", "access", "held", "removed", "left")
        blocks.append(Exhibit(table=_table(scribe, "scopes", heads, tuple(rows[:ROWS]))))
    blocks += [Paragraph(text=one) for one in (*_rights(scribe), *confirmed)]
    blocks.append(Paragraph(text=words.say("audit.retention")))
    return Section(
        id="access",
        question=words.text("audit.access.question"),
        headline=words.say("audit.access.head", n=removed) if removed else words.say("audit.access.head.none"),
        blocks=tuple(blocks),
        long=True,
    )


def _rights(scribe: Scribe) -> list[Text]:
    """Whether the token of each tracker could write, as far as that was looked at."""
    words, found = scribe.words, scribe.numbers.book.records.rights
    if not found:
        return [words.say("audit.rights.never")]
    return [
        words.say(f"audit.rights.{one.state}", source=foreign(one.source), at=words.moment(one.seen_at), n=one.asked_of)
        for one in found
    ]


def _decision(scribe: Scribe, one: Decision, known: dict[str, str]) -> Row:
    words = scribe.words
    said = foreign(one.decision) if one.decision is not None else foreign(one.question)
    state = "taken" if one.decision is not None else "late" if _is_late(scribe, one) else "open"
    about = [foreign(one.question)] if one.decision is not None and one.question else []
    return Row(
        anchor=anchor("decision", one.id),
        cells=(
            Cell(text=foreign(one.id)),
            Cell(text=text(words.full_day(one.asked_on)), note=foreign(one.meeting), width=3),
            Cell(text=said, note=joined(about), width=6),
            Cell(text=foreign(one.owner), width=3),
            Cell(text=text(words.full_day(one.due)) if one.due is not None else words.say("audit.no_due"), width=3),
            Cell(
                text=words.say(f"audit.decision.{state}"),
                status={"taken": Status.GOOD, "late": Status.BAD}.get(state, Status.NONE),
            ),
            Cell(text=scribe.key(one.item) if one.item else words.say("none")),
            Cell(text=_from(scribe, one, known), width=3),
        ),
    )


def _from(scribe: Scribe, one: Decision, known: dict[str, str]) -> Text:
    """The edition that a decision was taken from, with a link where it was published."""
    if one.edition is None:
        return scribe.words.say("audit.edition.unnamed")
    folder = known.get(one.edition.casefold())
    if folder is None:
        return joined([foreign(one.edition), scribe.words.say("audit.edition.unknown")], ": ")
    return _edition(scribe, one.edition, folder)


def _edition(scribe: Scribe, name: str, folder: str) -> Text:
    return (Span(text=name, foreign=True, href=f"../{folder}/overview.{scribe.words.locale}.html"),)


def _is_late(scribe: Scribe, one: Decision) -> bool:
    return one.decision is None and one.due is not None and one.due < scribe.numbers.today


def _change(scribe: Scribe, one: SettingChange, number: int) -> Row:
    words = scribe.words
    after = [each for each in scribe.numbers.book.records.editions if each.published_at >= one.seen_at]
    first = after[-1] if after else None  # the newest stands first
    return Row(
        anchor=anchor("change", one.file, one.digest[:DIGITS], str(number)),
        cells=(
            Cell(text=text(words.moment(one.seen_at)), width=3),
            Cell(text=foreign(one.file), width=3),
            Cell(text=foreign(one.path), width=6),
            Cell(text=words.say("audit.nothing") if one.before is None else foreign(one.before), width=3),
            Cell(text=words.say("audit.nothing") if one.after is None else foreign(one.after), width=3),
            Cell(text=_edition(scribe, first.id, first.folder) if first is not None else words.say("audit.this")),
        ),
    )


def _by_month(scribe: Scribe, told: Sequence[Reading]) -> dict[tuple[str, date], list[Reading]]:
    found: dict[tuple[str, date], list[Reading]] = {}
    for one in told:
        month = scribe.numbers.book.calendar.day(one.finished_at).replace(day=1)
        found.setdefault((one.source, month), []).append(one)
    return dict(sorted(found.items(), key=lambda pair: (pair[0][0], pair[0][1]), reverse=False))


def _month(scribe: Scribe, source: str, month: date, kept: Sequence[Reading]) -> Row:
    words = scribe.words
    whole = sum(one.outcome == "ok" for one in kept)
    return Row(
        anchor=anchor("readings", source, f"{month:%Y-%m}"),
        cells=(
            Cell(text=foreign(source)),
            Cell(text=text(words.month_year(month))),
            *(Cell(text=text(words.whole(n))) for n in (len(kept), whole, len(kept) - whole)),
        ),
    )


NUMERIC = frozenset({"readings", "whole", "failed", "revision", "held", "removed", "left"})


def _table(scribe: Scribe, name: str, heads: Sequence[str], rows: tuple[Row, ...]) -> Table:
    words = scribe.words
    return Table(
        caption=words.text(f"audit.caption.{name}"),
        name=f"log-{name}",
        columns=tuple(Column(head=words.text(f"audit.head.{one}"), numeric=one in NUMERIC) for one in heads),
        rows=rows,
    )


def _empty(
    scribe: Scribe, subject: str, *, said: str | None = None, headline: Text = (), because: Text = ()
) -> Section:
    """A record that holds nothing; `because` of what is not read, where something might stand in it."""
    words, why = scribe.words, said or f"{subject}.empty"
    headline = headline or words.say(f"audit.{why}")
    return Section(
        id=subject,
        question=words.text(f"audit.{subject}.question"),
        headline=headline,
        blocks=(Empty(title=headline, text=because or words.say(f"audit.{why}.text")),),
    )
