"""Which edition it is: the id that its schedule gives it, the reports it is filed under, which a report issued last."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta

from cli.places import place_of
from cli.workspace import Workspace
from config import meaning
from config.schedule import Schedule
from domain.calendar import Calendar
from domain.rhythm import Rhythm, increment_label, label, looks_back, period_of, rhythm_of, slot_label, told
from sync.due import newest_due, periods
from sync.store.reading import Edition

BY_HAND = "pages"  # the name under which editions published by hand are kept
ROW = "row"  # in the manifest of an edition: the report by whose row its news are news
BESIDE = "beside"  # in the manifest of an edition: those that read the same but for a pack that was asked for
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def edition_id(schedule: Schedule | None, *, at: datetime, calendar: Calendar) -> str:
    """2026-W47, or what else the schedule makes of it; without one editions are weekly.

    An edition answers the newest turn that was due by then, however late it is made: what Sunday at 23:00 owes is
    told of the same week on Monday, and is not what next Sunday owes.
    """
    turn = None if schedule is None else newest_due(schedule, at=at, zone=calendar.zone)
    if schedule is None or turn is None:
        return id_looking_back(schedule, as_of=at, calendar=calendar)
    if schedule.rhythm is Rhythm.SLOT:
        return slot_label(turn.due_at)
    if schedule.rhythm is Rhythm.INCREMENT:
        return turn.period_key
    period = period_of(turn.period_key)
    assert period is not None
    return label(schedule.rhythm, told(schedule.rhythm, period.start))


def id_looking_back(schedule: Schedule | None, *, as_of: datetime, calendar: Calendar) -> str:
    """The id of what tells of an earlier instant: it answers no turn, and is of what was over by then."""
    rhythm = Rhythm.WEEK if schedule is None else schedule.rhythm
    if rhythm is Rhythm.SLOT:
        assert schedule is not None
        assert schedule.every is not None
        return slot_label(_EPOCH + (as_of - _EPOCH) // schedule.every * schedule.every)
    if rhythm is Rhythm.DAY:
        return label(rhythm, told(rhythm, calendar.day(as_of)))
    today = calendar.day(as_of + timedelta(seconds=1))  # a period's last microsecond counts as its end
    if rhythm is Rhythm.INCREMENT:
        assert schedule is not None
        over = [one for one in schedule.increments if one.period.end <= today]
        newest_over = max(over, key=lambda one: one.period.end, default=None)
        return (
            own_day(as_of, calendar=calendar)
            if newest_over is None
            else increment_label(newest_over, schedule.increments)
        )
    return label(rhythm, told(rhythm, today))


def own_day(as_of: datetime, *, calendar: Calendar) -> str:
    """The id of an edition of the day it tells of, whatever the schedule: 2026-12-03."""
    return label(Rhythm.DAY, told(Rhythm.DAY, calendar.day(as_of)))


def own_name(as_of: datetime, reports: Sequence[meaning.Report], *, audience: str | None, calendar: Calendar) -> str:
    """The id of what corrects nothing and is corrected by nothing: its own day, or its minute where a report of the
    audience has its own edition of that day, or will have it.
    """
    day, around = own_day(as_of, calendar=calendar), timedelta(days=2)
    daily = [one for one in _schedules(reports, audience=audience) if one.rhythm is Rhythm.DAY]
    turns = (
        turn.period_key
        for one in daily
        for turn in periods(one, report="", after=as_of - around, until=as_of + around, zone=calendar.zone)
    )
    return slot_label(as_of) if day in turns else day


def of_the_same_turn(editions: Iterable[Edition], when: Schedule, *, at: datetime, calendar: Calendar) -> list[Edition]:
    """Those that answer the turn which one of this schedule would answer at an instant: they have its name, or were
    published since that turn was due.
    """
    name, turn = edition_id(when, at=at, calendar=calendar), newest_due(when, at=at, zone=calendar.zone)
    return [
        one
        for one in editions
        if one.period_key == name or (turn is not None and turn.due_at <= one.published_at <= at)
    ]


def by_hand(reports: Sequence[meaning.Report], *, audience: str | None) -> Schedule | None:
    """The schedule that an edition by hand follows: that of the audience's reports, the weekly one where there is one.

    So it corrects the edition that its readers have.
    """
    theirs = _schedules(reports, audience=audience)
    weekly = [one for one in theirs if one.rhythm is Rhythm.WEEK]
    return next(iter([*weekly, *theirs]), None)


def _schedules(reports: Sequence[meaning.Report], *, audience: str | None) -> list[Schedule]:
    return [one.when for one in reports if one.when is not None and (one.audience or "") == (audience or "")]


def filed_under(workspace: Workspace, edition: Edition) -> list[str]:
    """The reports that an edition is filed under: its own, and each that had a revision of it which this one corrects,
    but for those that are for other readers by now.

    One by hand is filed among those by hand only where it corrects no other report's.
    """
    readers = {one.name: one.audience or "" for one in meaning.reports(workspace.settings)}
    place = place_of(workspace, edition).parent.resolve()
    former = {
        one.report
        for one in workspace.store.editions()
        if (one.period_key, one.audience) == (edition.period_key, edition.audience)
        and one.revision < edition.revision
        and readers.get(one.report, edition.audience) == edition.audience
        and place_of(workspace, one).parent.resolve() == place
    }
    others = sorted(former - {edition.report})
    if edition.report == BY_HAND and others and BY_HAND not in former:
        return others
    return [edition.report, *others]


def is_corrected_by(former: Edition, other: Edition) -> bool:
    """Is the other a later revision of the same edition?"""
    same = (former.period_key, former.audience) == (other.period_key, other.audience)
    return same and former.revision < other.revision


def is_as_it_came(edition: Edition) -> bool:
    """Was it published for readers, of the time in which it was made? A preview was not, nor what looks back."""
    return not edition.is_preview and not looks_back(edition.period_key)


def history(
    editions: Iterable[Edition], *, before: datetime, of_other_than: str, audience: str = ""
) -> tuple[Edition, ...]:
    """What an audience was told before an instant, the oldest first, of other periods: those of the same one are
    corrections of each other, and no history; what was made beside it for one more pack said nothing else. Nor is a
    preview, of which nobody was told, or what looks back.
    """
    told = (
        one
        for one in editions
        if one.published_at < before
        and one.audience == audience
        and of_other_than not in (one.period_key, *one.manifest.get(BESIDE, ()))
        and is_as_it_came(one)
    )
    return tuple(sorted(told, key=lambda one: one.published_at))


def own_row(
    editions: Sequence[Edition],
    reports: Sequence[meaning.Report],
    *,
    report: str,
    audience: str,
    of: str,
    before: datetime,
) -> tuple[Edition, ...]:
    """The history by which the news of an edition are news: of reports that have its schedule, and of what belongs to
    no report, as by hand, what has a name of its rhythm. The first of such a row has all that its audience was told.

    So a weekly report tells what a daily one has told already, and a correction what its first revision told.
    """
    first = (
        one.published_at for one in editions if (one.period_key, one.audience) == (of, audience) and not one.is_preview
    )
    told = history(editions, before=min([before, *first]), of_other_than=of, audience=audience)
    schedules = {one.name: one.when for one in reports}
    when = schedules[report] if report in schedules else by_hand(reports, audience=audience)
    if when is None:
        return told
    row = (
        one
        for one in told
        if (schedules[one.report] == when if one.report in schedules else rhythm_of(one.period_key) is when.rhythm)
    )
    return tuple(row) or told


def issued_last(editions: Iterable[Edition], *, audience: str | None) -> Edition | None:
    """Of a report's editions for an audience the last revision of the period that was published last.

    A correction of an older period is published later than the newest period, and is none the newer for it.
    `audience`: whom the report is for today ("": nobody in particular); None: all for whom it ever was.
    """
    every = [one for one in editions if audience is None or one.audience == audience]
    first: dict[str, datetime] = {}
    for one in every:
        first[one.period_key] = min(one.published_at, first.get(one.period_key, one.published_at))
    return max(every, key=lambda one: (first[one.period_key], one.revision, one.published_at), default=None)
