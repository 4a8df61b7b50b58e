"""`vmo report`: read the store in one moment, measure, publish."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import partial
from pathlib import Path

from cli import clock, logs
from cli.closing import keep_closed
from cli.former import settings_of
from cli.going_back import at_work, keep_age
from cli.issuing import (
    BESIDE,
    BY_HAND,
    ROW,
    by_hand,
    edition_id,
    filed_under,
    history,
    id_looking_back,
    issued_last,
    own_name,
    own_row,
)
from cli.narrowing import RIGHTS, audience_of, refuse_unread
from cli.noticing import FOUND, seen
from cli.outcome import CommandError, ExitCode
from cli.places import folder_of, is_gone, place_of
from cli.progress import Reporter, shown
from cli.quality_told import CHECKS, checks_of, checks_told
from cli.reading import Told, read_all
from cli.recording import records_of
from cli.restating import CLOSED, first_told, written
from cli.setting_aside import FILES, digests, outcome, tell
from cli.turns import FIRST
from cli.version import VERSION, wording
from cli.workspace import Workspace, open_workspace
from cli.year_ends import YEAR, year_told, years_told
from config import meaning
from config.load import Settings
from config.narrowing import rights
from config.schedule import Schedule
from domain.audiences import Audience
from domain.closed import ClosedFigure, FirstTold
from domain.period import Period, last_complete_week
from domain.rhythm import instant_label, slot_label
from domain.strategy import Portfolio
from domain.work_item import ItemId
from metrics import standings
from metrics.forecasts.keeping import endings, foretold
from metrics.forecasts.situation import Situation
from metrics.restatement import closed_figures, looked_back, restated
from reports import editions
from reports.book import Book, Past
from reports.book import Edition as Issue
from reports.outlook import Outlook, look_ahead
from reports.packs import ON_REQUEST, PACKS, REGULAR
from sync.due import newest_due
from sync.garbage import searched_seldom
from sync.store.reading import Edition
from sync.store.tables import ELSEWHERE

LOOKED_BACK = timedelta(weeks=13)  # the records that an edition tells begin so long before its end


@dataclass(frozen=True, kw_only=True)
class Release:
    """A publication, and its line in the store. `pages` in reading order; `example` is an item worth explaining."""

    edition: Edition
    published: editions.Published
    pages: tuple[Path, ...]
    example: str


@dataclass(frozen=True, kw_only=True)
class Memory:
    """A `book` with what former editions said, the figures that are `closed` now, and how each was told first."""

    book: Book
    closed: tuple[ClosedFigure, ...]
    former: Mapping[tuple[str, str, Period], FirstTold]


def run_report(
    config: Path,
    *,
    packs: Sequence[str] | None,
    as_of: date | None,
    known_at: datetime | None,
    locales: Sequence[str] | None,
    out: Path | None,
    audience: str | None = None,
    report: str | None = None,
    verbose: bool,
) -> ExitCode:
    """Publish an edition, whole, since its pages link to each other, and name the pages that were asked for.

    Only reads the trackers' data that is already here. `audience`: what it may see; None: all that is not restricted.
    `report`: the one whose edition it is, so that it follows that one's schedule and audience.
    """
    logs.set_up(verbose=verbose, as_json=False)
    for name in packs or ():
        _refuse_unknown(name)
    with open_workspace(config, write=True) as workspace, shown() as reporter:
        chosen = None if report is None else report_named(workspace, report)
        if chosen is not None and audience is not None and audience != chosen.audience:
            raise CommandError(
                f"reports.{chosen.name} is for {chosen.audience or 'everybody'}; leave out --audience",
                code=ExitCode.WRONG_USAGE,
            )
        theirs = chosen.audience if chosen is not None else audience
        spoken = workspace.settings.document.portfolio.locales
        for locale in locales or ():
            if locale not in spoken:
                raise CommandError(
                    f"the portfolio does not speak {locale!r}; its locales are {', '.join(spoken)}",
                    code=ExitCode.WRONG_USAGE,
                )
        now, age = clock.now(), keep_age(workspace)
        if known_at is not None and known_at > now:
            raise CommandError(f"{known_at.isoformat()} has not come yet; a report can only tell what was known",
                               code=ExitCode.WRONG_USAGE)  # fmt: skip
        release = publish(
            workspace,
            now=now,
            report=BY_HAND if chosen is None else chosen.name,
            audience=theirs,
            when=by_hand(meaning.reports(workspace.settings), audience=theirs) if chosen is None else chosen.when,
            as_of=_instant(workspace, as_of, now=now),
            known_at=known_at,
            out=out,
            packs=(*(packs or ()), *(chosen.packs if chosen is not None else ())),
            on_top=() if chosen is None else [name for name in packs or () if name not in chosen.packs],
        )
        _say(release, reporter)
        stands = _stands(workspace, release, audience=theirs) if as_of is None and known_at is None else None
        if stands is not None:
            reporter.say(f"  {stands}")
        for name in _corrected(workspace, release):
            reporter.say(f"  it corrects what readers of {name} have; `vmo send {name}` mails it to them")
        for path in _asked_for(release, packs=packs or REGULAR, locales=locales or spoken):
            reporter.say(f"  {path}")
        if age is not None:
            reporter.say(f"  {age}")
        tell(workspace.settings, reporter.say)
        return outcome(workspace.settings, ExitCode.DONE)


def publish_report(
    workspace: Workspace,
    report: meaning.Report,
    *,
    now: datetime,
    reporter: Reporter,
    due_at: datetime | None = None,
) -> Release:
    """Publish the edition of a configured report. All pages are published together, since they link to each other.

    `due_at`: when it was owed; where nothing is said, by now.
    """
    for name in report.packs:
        _refuse_unknown(name)
    release = publish(
        workspace, now=now, report=report.name, packs=packs_of_turn(report, meaning.reports(workspace.settings)),
        audience=report.audience, when=report.when, due_at=due_at, is_turn=True,
    )  # fmt: skip
    _say(release, reporter)
    return release


def publish(
    workspace: Workspace,
    *,
    now: datetime,
    report: str,
    as_of: datetime | None = None,
    known_at: datetime | None = None,
    out: Path | None = None,
    packs: Sequence[str] = (),
    on_top: Collection[str] = (),
    sample: bool = False,
    audience: str | None = None,
    when: Schedule | None = None,
    due_at: datetime | None = None,
    is_turn: bool = False,
) -> Release:
    """Read, measure and publish; write the edition down. `packs` may name some that are only made when asked for, and
    `on_top` those of them that do not belong to the report.

    What the store keeps of the present rests on the whole portfolio, whoever the edition is for: where its audience
    sees less, everything is read twice. Raises CommandError when the folder cannot be written, or when there is nothing
    that the audience may see.
    """
    with searched_seldom(), nullcontext() if is_turn else at_work(workspace, now=now):
        return _publish(
            workspace,
            now=now,
            report=report,
            as_of=as_of,
            known_at=known_at,
            out=out,
            packs=packs,
            on_top=on_top,
            sample=sample,
            audience=audience,
            when=when,
            due_at=due_at,
            is_turn=is_turn,
        )


def _publish(
    workspace: Workspace,
    *,
    now: datetime,
    report: str,
    as_of: datetime | None,
    known_at: datetime | None,
    out: Path | None,
    packs: Sequence[str],
    on_top: Collection[str],
    sample: bool,
    audience: str | None,
    when: Schedule | None,
    due_at: datetime | None,
    is_turn: bool,
) -> Release:
    readers = audience_of(workspace.settings, audience)
    refuse_unread(workspace, readers)
    looks_back = (as_of is not None and as_of != now) or known_at is not None  # and keeps nothing
    whole = told = read_all(
        workspace, now=now, as_of=as_of, known_at=known_at, audience=readers if readers.is_whole else None
    )
    if not told.held:
        raise CommandError("the store holds no items yet, so there is nothing to report; run `vmo sync` first")
    if not looks_back:
        whole = told = keep_closed(workspace, told)
    if not readers.is_whole:
        told = read_all(workspace, now=now, as_of=as_of, known_at=known_at, audience=readers)
        if not told.held:
            raise CommandError(_nothing_to_see(workspace, readers))
    folder = out or folder_of(workspace)
    is_elsewhere = _is_elsewhere(workspace, folder)
    book = book_of(workspace, told, now=now, sample=sample)
    name_looking_back = instant_label(book.as_of if as_of is not None and as_of != now else None, known_at)
    issues = (
        (Issue(id=name_looking_back, looks_back=True),)  # answers no turn, and corrects nothing
        if looks_back
        else _issues(
            workspace,
            book,
            folder,
            report=report,
            when=when,
            due_at=due_at,
            is_turn=is_turn,
            is_more=any(name in ON_REQUEST for name in on_top),
        )
    )
    for issue in issues:
        memory = remembered(workspace, told, replace(book, edition=issue), report=report)
        issued = replace(memory.book, wording=wording())
        lost = _lost(workspace, issue.id, readers.name, folder=folder)
        if told.as_of == now and known_at is None:
            issued = replace(issued, in_store={one.source: one.held for one in told.trust})
        try:
            published = editions.publish(
                issued, folder, packs=(*REGULAR, *(name for name in ON_REQUEST if name in packs)),
                tells_former=_may_be_quoted(workspace, issue.id, readers, folder=folder),
                may_correct=issue is issues[-1] or not is_turn, may_add=issue is issues[-1],
                lost=max((one.revision for one in lost), default=0),
            )  # fmt: skip
        except editions.OtherContentError:
            continue
        except editions.PublishError as error:
            raise CommandError(str(error)) from error
        book = issued
        break
    is_beside = not is_turn and issue is not issues[0]  # of one that reads the same
    is_nobodys = looks_back or is_elsewhere  # no report's edition, then, and mailed to nobody
    edition = _entry(
        workspace, published, report=BY_HAND if is_nobodys or is_beside else report, audience=readers.name,
        known_at=told.known_at, now=now, locales=told.portfolio.locales, is_elsewhere=is_elsewhere,
    )  # fmt: skip
    beside = {RIGHTS: rights(workspace.settings, readers.name), FILES: digests(workspace.settings), ROW: report}
    edition = replace(edition, manifest={**edition.manifest, **beside})
    if not is_turn and (passed := [one.id for one in issues[: issues.index(issue)]]):
        edition = replace(edition, manifest={**edition.manifest, BESIDE: passed})
    if told.as_of == now and known_at is None:  # what is told in hindsight is nothing that anybody is held to
        new = [one for one in memory.closed if one.name not in memory.former]
        made_by = {
            "config_digest": book.config_digest,
            "definitions_version": book.definitions_version,
        }
        year = {} if (end := year_told(book)) is None else {YEAR: end}
        found = (editions.read_manifest(published.folder) or {}).get(FOUND, [])
        told_now = {CLOSED: written(new), CHECKS: checks_of(book), **year, FOUND: found}
        edition = replace(edition, manifest={**edition.manifest, **made_by, **told_now})
    first, *more = (
        replace(edition, report=name, edition_id=f"{edition.edition_id.rpartition('/')[0]}/{name}")
        for name in ([BY_HAND] if is_nobodys else filed_under(workspace, edition))
    )
    _keep(workspace, first, told=told, whole=whole, book=book, now=now, is_retold=known_at is not None)
    for one in more:
        workspace.store.record_edition(one)
    kept = workspace.store.edition(first.edition_id)
    return Release(edition=kept or first, published=published, pages=_first_pages(published), example=_example(told))


def _issues(
    workspace: Workspace,
    book: Book,
    folder: Path,
    *,
    report: str,
    when: Schedule | None,
    due_at: datetime | None,
    is_turn: bool,
    is_more: bool,
) -> tuple[Issue, ...]:
    """Which edition a book is, the names to be tried in order: a turn may correct what is there only under the last.

    A turn has the first of these names that is free, or that another report has for the same turn with the same
    content: of its period, of its own day, of its minute. What the report, a process of it that died, or somebody by
    hand on that day has published of the period since the turn was due is corrected.

    What nobody's schedule asked for has the name of its period until that was published as of another day: what
    happened meanwhile makes no page wrong that readers have. Nor does a pack that somebody asks for beside pages that
    read the same: it comes with the next of these names, and is no report's. With `--report` that report's edition of
    its last turn is corrected on purpose, whatever name it has, but by no pack that `is_more` than it asks for.
    """
    calendar = book.calendar
    named = edition_id(when, at=due_at or book.as_of, calendar=calendar)
    turn = None if when is None else newest_due(when, at=book.as_of, zone=calendar.zone)
    own = own_name(book.as_of, meaning.reports(workspace.settings), audience=book.audience, calendar=calendar)
    others = (Issue(id=own), Issue(id=slot_label(book.as_of))) if is_more else ()
    if report != BY_HAND:
        made = [one for one in workspace.store.editions(report) if one.audience == book.audience]
        last = issued_last(made, audience=book.audience)
        if last is not None and not is_turn and turn is not None and last.published_at >= turn.due_at:
            return (Issue(id=last.period_key), *others)
        if not is_turn or named in {one.period_key for one in made}:
            return (Issue(id=named), *others)
    if not is_turn:
        former = _newest_told(workspace, book, named, folder=folder)
        is_other = former is not None and calendar.day(former) != calendar.day(book.as_of)
        names = dict.fromkeys((*(() if is_other else (named,)), own, slot_label(book.as_of)))
        return tuple(Issue(id=name) for name in names)
    owed_at = due_at or (None if turn is None else turn.due_at)  # a first edition answers the turn that was due last
    shared: list[Issue] = []
    for name in (named, own):
        former = _newest_told(workspace, book, name, folder=folder)
        if former is None:
            return (*shared, Issue(id=name))
        known = workspace.store.editions()
        theirs = {one.report for one in known if (one.period_key, one.audience) == (name, book.audience)
                  and not one.is_preview}  # fmt: skip
        is_by_hand = name == named and theirs <= {report, BY_HAND} and calendar.day(former) == calendar.day(book.as_of)
        is_own = theirs == {report} or (not theirs and _has_died(workspace, report, due_at=due_at, former=former))
        if owed_at is not None and former >= owed_at:
            if is_by_hand or is_own:
                return (*shared, Issue(id=name))
            if theirs - {BY_HAND}:
                shared.append(Issue(id=name))
    return (*shared, Issue(id=slot_label(book.as_of)))


def _newest_told(workspace: Workspace, book: Book, name: str, *, folder: Path) -> datetime | None:
    """As of when the newest revision of an edition tells, also where its folder is gone; None: nobody has made one."""
    there = editions.newest_published(replace(book, edition=Issue(id=name)), folder)
    gone = [one.known_at for one in _lost(workspace, name, book.audience, folder=folder)]
    return max(gone if there is None else [*gone, there], default=None)


def _has_died(workspace: Workspace, report: str, *, due_at: datetime | None, former: datetime) -> bool:
    """Was a turn claimed when a folder was published that the store knows nothing of?"""
    return any(
        row.claimed_at <= former
        for row in workspace.store.due(report)
        if (row.period_key == FIRST if due_at is None else row.due_at == due_at)
    )


def packs_of_turn(report: meaning.Report, reports: Iterable[meaning.Report]) -> tuple[str, ...]:
    """The packs of a report and of those that share its turns and its readers, so that they share an edition, too."""
    same = (one.packs for one in reports if (one.when, one.audience) == (report.when, report.audience))
    return tuple(dict.fromkeys((*report.packs, *(pack for packs in same for pack in packs))))


def _may_be_quoted(workspace: Workspace, period_key: str, readers: Audience, *, folder: Path) -> bool:
    """May readers see what the former revision of an edition said: was it made for those who may see what they may?"""
    today = rights(workspace.settings, readers.name)
    place = (folder / "r").resolve()
    former = [
        one
        for one in workspace.store.editions()
        if (one.period_key, one.audience) == (period_key, readers.name)
        and place_of(workspace, one).parent.parent.resolve() == place
    ]
    if not former:  # another store has published it: nobody knows who was to see it
        return not today
    last = max(former, key=lambda one: (one.revision, one.published_at))
    return bool(last.manifest.get(RIGHTS, "") == today)


def _lost(workspace: Workspace, period_key: str, audience: str, *, folder: Path) -> list[Edition]:
    """The revisions of an edition that the store knows, and that no folder has any more."""
    if _is_elsewhere(workspace, folder):
        return []
    return [
        one
        for one in workspace.store.editions()
        if (one.period_key, one.audience) == (period_key, audience) and not one.is_preview and is_gone(workspace, one)
    ]


def _is_elsewhere(workspace: Workspace, folder: Path) -> bool:
    return folder.resolve() != folder_of(workspace).resolve()


def report_named(workspace: Workspace, name: str) -> meaning.Report:
    """A report of the settings. Raises CommandError for a name that they do not have."""
    reports = meaning.reports(workspace.settings)
    for one in reports:
        if one.name == name:
            return one
    known = ", ".join(one.name for one in reports) or "none"
    raise CommandError(f"there is no report {name!r}; the settings have {known}", code=ExitCode.WRONG_USAGE)


def _nothing_to_see(workspace: Workspace, readers: Audience) -> str:
    """Why an edition that would tell of nothing is not made, and what to do."""
    file = workspace.settings.path.name
    if not readers.name:
        return (
            f"{file}: restricted: everything that the store holds is restricted, and this report names no audience, so "
            "its edition would be empty; give it an `audience`, or restrict less"
        )
    return (
        f"{file}: audiences.{readers.name}: nothing that the store holds is open to it, so its edition would be empty; "
        "look at its `scopes` and `sees`, and at `restricted`"
    )


def _keep(
    workspace: Workspace, edition: Edition, *, told: Told, whole: Told, book: Book, now: datetime, is_retold: bool
) -> None:
    """Enter the edition with all that it foretold; and, where it tells of today, what became of former forecasts.

    What is told anew, as it would have been with what was known once, proves nothing of our forecasts; nor does what
    was foretold without a dependency that is set aside. Those of every audience are scored, by the `whole` of the
    portfolio.
    """
    ahead = book.outlook
    assert ahead is not None
    kept = foretold(
        ahead.planned, ahead.forecasts, known_at=told.known_at, published_at=now, calendar=told.calendar
    )  # fmt: skip
    if is_retold:
        kept = replace(kept, in_hindsight=True)
    looks_back = kept.in_hindsight
    if any(one.tells == "dependencies" for one in told.set_aside):
        kept = replace(kept, in_hindsight=True)
    workspace.store.record_edition(edition, foretold=kept)
    if not looks_back:
        workspace.store.score_forecasts(endings(whole.journeys, calendar=whole.calendar), now=now)


def remembered(workspace: Workspace, told: Told, book: Book, *, report: str) -> Memory:
    """A book with what lies ahead, and with what former editions said: all of it, whenever it is told.

    `report`: whose edition it is, for what is new is so to its readers.
    """
    closed = [
        *closed_figures(told.journeys, today=told.calendar.day(told.as_of), calendar=told.calendar),
        *(_standings(told) if told.sight is None else ()),  # of a part, none of these was ever told
    ]
    known = workspace.store.editions()
    before = partial(history, known, of_other_than=book.edition.id, audience=book.audience)
    earlier, known_then = before(before=book.published_at), before(before=told.known_at)
    former = first_told(
        earlier,
        sight=told.sight,
        files=digests(workspace.settings),
        named=None if told.sight is None else _files_of_all(workspace.settings),
        kept=workspace.store.configurations(),
    )
    may_be_quoted = rights(workspace.settings, book.audience)
    row = own_row(
        known, meaning.reports(workspace.settings), report=report, audience=book.audience, of=book.edition.id,
        before=book.published_at,
    )  # fmt: skip
    agreed = _agreed_before(workspace, book, row)
    return Memory(
        book=replace(
            book,
            outlook=outlook_of(told),
            past=past_of(told, closed, former.values()),
            years_told=years_told(known_then, currency=told.portfolio.currency, calendar=told.calendar),
            checks_told=checks_told(known_then, may_be_quoted=may_be_quoted, calendar=told.calendar),
            seen=seen(row, calendar=told.calendar),
            agreed_before=None if agreed is None else agreed.guardrails,
            apart_before=None if agreed is None else agreed.funding.apart_points,
        ),
        closed=tuple(closed),
        former=former,
    )


def _agreed_before(workspace: Workspace, book: Book, row: Sequence[Edition]) -> Portfolio | None:
    """What the settings of the edition before agreed, of the same row; None: what they do today."""
    last = next((one for one in reversed(row) if "config_digest" in one.manifest), None)
    if last is None or last.manifest["config_digest"] == book.config_digest:
        return None
    settings = settings_of(workspace, last, wanted=str(last.manifest["config_digest"]))
    return None if settings is None else meaning.portfolio(settings)


def _files_of_all(settings: Settings) -> set[str]:
    """The files but those of single KPIs, whose very names may say too much to whom a part is hidden."""
    of_kpis = {str(one.readings) for one in settings.document.kpis.values() if one.readings is not None}
    return {name for name in settings.files if name not in of_kpis}


def _standings(told: Told) -> list[ClosedFigure]:
    return standings.standings(
        told.portfolio,
        readings=told.readings,
        commitments=told.commitments,
        register=told.hazards.register,
        journeys=told.journeys,
        today=told.calendar.day(told.as_of),
        calendar=told.calendar,
    )


def past_of(told: Told, closed: Iterable[ClosedFigure], former: Iterable[FirstTold]) -> Past:
    """What became of the figures that former editions told of closed periods."""
    today = told.calendar.day(told.as_of)
    of_flow = set(looked_back(today))
    of_others = standings.looked_back(today, commitments=told.commitments, calendar=told.calendar)
    aside = {one.tells for one in told.set_aside}  # what a file cannot tell today is no change
    held = [
        one
        for one in former
        if one.figure.period in (of_others if one.figure.metric in standings.KINDS else of_flow)
        and not aside.intersection(standings.RESTS_ON.get(one.figure.metric, ()))
    ]
    return Past(compared=len(held), restated=tuple(restated(held, closed, told.journeys)))


def outlook_of(told: Told) -> Outlook:
    """What lies ahead of a portfolio as it was told."""
    situation = Situation(
        journeys=told.journeys,
        parents=told.grown.parents,
        predecessors=told.hazards.waits.predecessors(),
        calendar=told.calendar,
        as_of=told.as_of,
        portfolio=told.portfolio.id,
        sources=told.trust,
        agreed=told.portfolio.forecasting,
    )
    return look_ahead(situation, given=told.given, former=told.former)


def book_of(
    workspace: Workspace, told: Told, *, now: datetime, edition: str | None = None, sample: bool = False
) -> Book:
    """What the reports may know of a portfolio as it was told, but for what lies ahead, which takes its time.

    `edition` is its id; without one, that of the week.
    """
    week = last_complete_week(told.calendar.day(told.as_of + timedelta(seconds=1)))
    return Book(
        portfolio=told.portfolio,
        calendar=told.calendar,
        policy=told.policy,
        journeys=told.journeys,
        readings=told.readings,
        decisions=told.decisions,
        governed=told.governed,
        records=records_of(
            workspace.store,
            since=told.calendar.start_of(week.end - LOOKED_BACK),
            at=now,
            audience=told.audience,
            sight=told.sight,
        ),
        objectives=told.objectives,
        commitments=told.commitments,
        initiative_changes=told.initiative_changes,
        closed=told.closed,
        silences=told.silences,
        measured=told.measured,
        marks=_marks(told),
        trust=told.trust,
        assignments=told.assignments,
        as_of=told.as_of,
        published_at=now,
        edition=Issue(id=edition or id_looking_back(None, as_of=told.as_of, calendar=told.calendar)),
        config_digest=workspace.settings.digest,
        waiting_known=told.waiting_known,
        hazards=told.hazards,
        scored_at=told.scored_at,
        flagged_at=told.flagged_at,
        held=told.counted,
        workflow=told.workflow,
        sample=sample,
        audience=told.audience or "",
        is_part=told.sight is not None and bool(told.sight.audience.scopes),
        withholds_money=told.sight is not None and bool(told.sight.broken),
        brand=f"VMO, {told.portfolio.name}",
        base_url=workspace.settings.document.publish.base_url,
        people=meaning.people(workspace.settings, audience=told.audience or ""),
        code_version=VERSION,
        set_aside=told.set_aside,
    )


def _marks(told: Told) -> dict[ItemId, tuple[tuple[str, str], ...]]:
    """The labels and the area of each epic: what may say to which theme one without belongs."""
    epics = {one.id for one in told.journeys if one.placement.level == "epic"}
    return {
        one.item.id: (
            *(("label", label) for label in one.item.labels),
            *((("area", one.item.area),) if one.item.area is not None else ()),
        )
        for one in told.counted
        if one.item.id in epics
    }


def _entry(
    workspace: Workspace,
    published: editions.Published,
    *,
    report: str,
    audience: str,
    known_at: datetime,
    now: datetime,
    locales: Sequence[str],
    is_elsewhere: bool,
) -> Edition:
    """Its line in the store. `is_elsewhere`: not in the folder of the settings, and its id says so."""
    name = f"{published.edition.folder}{f'@{audience}' if audience else ''}/{report}"
    if is_elsewhere:
        place = str(published.folder.parent.resolve())
        known = workspace.store.edition(_elsewhere(place, name))
        is_gone = known is not None and known.digest != published.digest  # somebody has removed what it was
        name = _elsewhere(f"{place} {published.digest}" if is_gone else place, name)
    return Edition(
        edition_id=name,
        report=report,
        period_key=published.edition.id,
        audience=audience,
        locale=" ".join(locales),
        revision=published.edition.revision,
        digest=published.digest,
        known_at=known_at,
        published_at=now,
        program_version=VERSION,
        path=str(published.folder.absolute()),  # whatever folder the next command is started in
        manifest={"headline": published.headline, "files": [path.name for path in published.files]},
    )


def _elsewhere(place: str, name: str) -> str:
    return f"out-{hashlib.sha256(place.encode()).hexdigest()[:8]}{ELSEWHERE}{name}"


def _first_pages(published: editions.Published) -> tuple[Path, ...]:
    pages = sorted(path for path in published.files if path.suffix == ".html")
    return tuple(sorted(pages, key=lambda path: (not path.name.startswith("overview"), path.name)))


def _asked_for(release: Release, *, packs: Sequence[str], locales: Sequence[str]) -> list[Path]:
    """The pages of some packs in some languages, in reading order."""

    def is_wanted(path: Path) -> bool:
        stem, locale, _ = path.name.rsplit(".", 2)
        return locale in locales and any(stem == pack or stem.startswith(f"{pack}-") for pack in packs)

    return [path for path in release.pages if is_wanted(path)]


def _example(told: Told) -> str:
    """An item in progress that serves a theme by inheritance, or else any."""
    for journey in told.journeys:
        if journey.is_open and journey.started_at is not None and told.assignments[journey.id].inherited:
            return journey.key
    return told.held[0].item.key


def _corrected(workspace: Workspace, release: Release) -> list[str]:
    """The reports with recipients that a revision was filed under."""
    place = release.edition.edition_id.rpartition("/")[0]
    is_correction = release.published.is_new and release.edition.revision > 1
    return [
        one.name
        for one in meaning.reports(workspace.settings)
        if is_correction and one.to and workspace.store.edition(f"{place}/{one.name}") is not None
    ]


def _stands(workspace: Workspace, release: Release, *, audience: str | None) -> str | None:
    """Which edition of a report was not corrected by one that is of its own day, and how it would be."""
    reports = meaning.reports(workspace.settings)
    when = by_hand(reports, audience=audience)
    calendar = meaning.calendar(workspace.settings)
    if when is None or release.edition.report != BY_HAND or release.published.edition.revision > 1:
        return None
    named = edition_id(when, at=release.edition.published_at, calendar=calendar)
    followed = next(one.name for one in reports if one.when == when and (one.audience or "") == (audience or ""))
    if named == release.edition.period_key:
        return None
    return f"{named} stays as it was published; `vmo report --report {followed}` corrects it"


def _instant(workspace: Workspace, day: date | None, *, now: datetime) -> datetime:
    """The last instant of a local day, or now where the day is not over. Raises CommandError for a day to come."""
    if day is None:
        return now
    calendar = meaning.calendar(workspace.settings)
    if day > calendar.day(now):
        raise CommandError(f"{day} has not come yet; a report can only look back", code=ExitCode.WRONG_USAGE)
    return min(calendar.end_of(day) - timedelta(microseconds=1), now)


def _refuse_unknown(pack: str) -> None:
    if pack not in PACKS:
        raise CommandError(f"this version has no pack {pack!r}; it has {', '.join(PACKS)}", code=ExitCode.WRONG_USAGE)


def _say(release: Release, reporter: Reporter) -> None:
    what = "published" if release.published.is_new else "already published, unchanged:"
    reporter.say(f"{what} {release.edition.edition_id}: {release.published.headline}")
    reporter.say(f"  {release.published.folder}")
