"""The records of an audit, row by row: decisions, rulings, settings, readings, editions, mails."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime

from metrics.governance import Ruling
from reports.governance import rulings
from reports.reckoning import Reckoning
from reports.render.csv import Value

DECISIONS = ("id", "date", "meeting", "question", "decision", "owner", "due", "item", "edition", "edition_is_known")
RULINGS = (
    "rule", "rule_name", "rule_owner", "source", "key", "verdict", "lacks", "unknown", "event_field", "event_before",
    "event_after", "event_at", "event_learned_at", "decision", "exception_until", "exception_owner", "exception_reason",
)  # fmt: skip
EXCEPTIONS = ("rule", "item", "until", "owner", "reason", "has_expired", "is_looked_at")
SETTINGS = ("file", "first_seen_at", "digest", "setting", "before", "after")
READINGS = (
    "id", "source", "kind", "started_at", "finished_at", "outcome", "items", "changes", "sentence"
)  # fmt: skip
EDITIONS = ("id", "report", "period", "revision", "published_at", "known_at", "digest", "version")
MAILS = ("edition", "recipient_masked", "outcome", "at", "attempts")


def known_editions(numbers: Reckoning) -> dict[str, str]:
    """The folder of each published edition, the newest revision of it, by every name that people use for it."""
    found: dict[str, str] = {}
    for one in reversed(numbers.book.records.editions):
        for name in (one.id, one.folder, one.period):
            found[name.casefold()] = one.folder
    return found


def _decisions(numbers: Reckoning) -> Iterator[Sequence[Value]]:
    known = known_editions(numbers)
    for one in numbers.book.decisions:
        told = "" if one.edition is None else _truth(one.edition.casefold() in known)
        due = None if one.due is None else one.due.isoformat()
        yield (one.id, one.asked_on.isoformat(), one.meeting, one.question, one.decision, one.owner, due, one.item,
               one.edition, told)  # fmt: skip


def _rulings(numbers: Reckoning) -> Iterator[Sequence[Value]]:
    for result in rulings(numbers):
        for one in result.rulings:
            event, excepted = one.proof, one.exemption
            yield (
                result.rule.id, result.rule.name, result.rule.owner, one.journey.id.source, one.journey.key,
                one.verdict, _lacks(one), "; ".join(one.unknown),
                *((event.field, event.before, event.after, _at(event.occurred_at), _at(event.known_at))
                  if event is not None else (None,) * 5),
                one.record,
                *((excepted.until.isoformat(), excepted.owner, excepted.reason) if excepted else (None,) * 3),
            )  # fmt: skip


def _exceptions(numbers: Reckoning) -> Iterator[Sequence[Value]]:
    for result in rulings(numbers):
        for one in result.rule.exemptions:
            yield (result.rule.id, one.item, one.until.isoformat(), one.owner, one.reason,
                   _truth(one.until < numbers.today), _truth(one not in result.idle))  # fmt: skip


def _settings(numbers: Reckoning) -> Iterator[Sequence[Value]]:
    for one in numbers.book.records.changes:
        yield one.file, _at(one.seen_at), one.digest, one.path, one.before, one.after


def _readings(numbers: Reckoning) -> Iterator[Sequence[Value]]:
    for one in numbers.book.records.readings:
        yield (one.id, one.source, one.kind, _at(one.started_at), _at(one.finished_at), one.outcome, one.items,
               one.changes, one.sentence)  # fmt: skip


def _editions(numbers: Reckoning) -> Iterator[Sequence[Value]]:
    for one in numbers.book.records.editions:
        yield (one.id, one.report, one.period, one.revision, _at(one.published_at), _at(one.known_at), one.digest,
               one.version)  # fmt: skip


def _mails(numbers: Reckoning) -> Iterator[Sequence[Value]]:
    for one in numbers.book.records.mails:
        yield one.edition, one.recipient, one.state, _at(one.at), one.attempts


def _lacks(ruling: Ruling) -> str:
    return "; ".join(f"{one.kind} {one.name}".strip() for one in ruling.lacks)


def _truth(is_so: bool) -> str:
    return "yes" if is_so else "no"


def _at(instant: datetime | None) -> str | None:
    return None if instant is None else instant.isoformat()


TABLES: Mapping[str, tuple[Sequence[str], Callable[[Reckoning], Iterable[Sequence[Value]]]]] = {
    "audit-decisions": (DECISIONS, _decisions),
    "audit-editions": (EDITIONS, _editions),
    "audit-exceptions": (EXCEPTIONS, _exceptions),
    "audit-mails": (MAILS, _mails),
    "audit-readings": (READINGS, _readings),
    "audit-rulings": (RULINGS, _rulings),
    "audit-settings": (SETTINGS, _settings),
}
