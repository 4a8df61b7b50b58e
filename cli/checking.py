"""`vmo check`: settings, credentials, what the tokens may see, the store, the mail server; one line each."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from importlib.util import find_spec
from pathlib import Path
from smtplib import SMTPException

from cli import clock, logs
from cli.outcome import CommandError, ExitCode, no_known_shape
from cli.setting_aside import names, without
from cli.terminal import plain
from cli.turns import UNSCHEDULED, is_scheduled
from cli.workspace import database_url, load_settings, source_settings
from config import meaning
from config.load import Settings
from config.mistakes import did_you_mean
from config.secrets import Reference, SecretUnavailableError
from connectors import connect
from connectors.base import IMPOSSIBLE_SHAPES, Inspection, Preflight, TrackerError, Unread
from domain.trust import Suspension
from domain.work_item import HistoryState
from reports.deliver.mail import MailServerError
from reports.deliver.mail import connect as connect_mail
from reports.deliver.s3 import EXTRA_MISSING
from reports.packs import PACKS
from sync import plan, presence, unread
from sync.store.faults import StoreBusyError, StoreError, StoreMissingError
from sync.store.reading import SourceState
from sync.store.rights import note_rights
from sync.store.store import open_store

LOOKED_AT = 20  # items whose histories are read
NAMED_PROJECTS = 12
CLOCK_TOLERANCE = timedelta(minutes=2)


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One line of the check. A warning needs a look and fails nothing."""

    subject: str
    good: bool
    words: str
    warning: bool = False


def run_check(config: Path, *, verbose: bool) -> ExitCode:
    """Print one line for each thing that must work, with the mend where it does not; every mistake in CSV files."""
    logs.set_up(verbose=verbose, as_json=False)
    settings = load_settings(config)
    print(f"ok       settings: {settings.path}; sources: {len(settings.document.sources)}, "
          f"themes: {len(settings.document.themes)}, KPI readings: {len(settings.readings)}")  # fmt: skip
    for mistake in settings.mistakes:
        print(f"FAILED   {plain(str(mistake))}")
    for aside in settings.set_aside:
        print(f"set aside {names(aside)}: {without(aside)}")
    failed = False
    seen: dict[str, Inspection] = {}
    for finding in _findings(settings, seen):
        mark = "warning" if finding.warning else "ok" if finding.good else "FAILED"
        print(f"{mark:<8} {finding.subject}: {finding.words}")
        failed = failed or not finding.good
    if settings.set_aside:
        return ExitCode.WRONG_USAGE
    return ExitCode.FAILED if failed else ExitCode.DONE


def _findings(settings: Settings, seen: dict[str, Inspection]) -> Iterator[Finding]:
    """`seen` is filled with what was seen of each source that answered."""
    for name in settings.document.sources:
        yield from _source(settings, name, seen)
    yield _store(settings, seen)
    yield from _mail(settings)
    yield from _targets(settings)
    yield from _not_yet(settings)
    yield from _idle(settings)


def _source(settings: Settings, name: str, all_seen: dict[str, Inspection]) -> Iterator[Finding]:
    """Who we are there, what each project shows, whether histories can be read, and what a person should look at."""
    state, held = _held(settings, name)
    try:
        connector = connect(
            source_settings(settings, name),
            now=clock.now,
            monotonic=clock.monotonic,
            sleep=clock.Sleeper(),
            random=clock.jitter,
        )
        try:
            if state is not None:
                plan.refuse_other_tracker(state, connector.settings)
            seen = connector.preflight()
            ahead = seen.server_time - clock.now()
            looked = connector.inspect(items=LOOKED_AT)
            exact = [] if looked.is_estimate else [count for count in looked.visible.values() if count is not None]
            is_whole = len(exact) == len(looked.visible)
            visible = sum(exact) if is_whole else sum(len(ids) for ids in connector.census())
            refused = connector.unread()
        finally:
            connector.close()
    except (TrackerError, CommandError) as error:
        yield Finding(subject=name, good=False, words=str(error).removeprefix(f"{name}: "))
        return
    except IMPOSSIBLE_SHAPES as error:
        yield Finding(subject=name, good=False, words=no_known_shape(error))
        return
    who = seen.identity_name or seen.identity or "an account that it does not name"
    another = _another_account(state, seen)
    words = f"{seen.product}, as {who}; {_zone_words(seen, settings)}" if another is None else another
    yield Finding(subject=name, good=another is None, words=words)
    if abs(ahead) >= CLOCK_TOLERANCE:
        minutes = round(abs(ahead).total_seconds() / 60)
        words = (
            f"its clock is {minutes} min {'ahead of' if ahead > timedelta() else 'behind'} ours; one of them is wrong"
        )
        yield Finding(subject=name, good=True, words=words, warning=True)
    yield _visible(name, seen, looked, visible=visible, refused={one.id for one in refused})
    for words in unread.refusals(refused):
        yield Finding(subject=name, good=False, words=words)
    if visible:
        yield _histories(name, looked)
        yield _rights(name, seen, looked)
        if another is None:  # else they are those of nobody who reads for us
            all_seen[name] = looked
    renamed = [] if state is None else _renamed(state, seen, refused, held=held)
    for one in renamed:
        words = unread.sentence(name, one).removeprefix(f"{name}: ")
        yield Finding(subject=name, good=True, words=words, warning=True)
    told = tuple(f"{name}: project {one.key} is in the scope, but" for one in renamed)  # the source knows no more
    for warning in (*seen.warnings, *looked.sample.warnings):
        if not warning.startswith(told):
            yield Finding(subject=name, good=True, words=warning.removeprefix(f"{name}: "), warning=True)


def _held(settings: Settings, name: str) -> tuple[SourceState | None, Mapping[str, int]]:
    """How a source stood after its last run, and how much of each project is held; nothing before the first."""
    try:
        with open_store(database_url(settings), now=clock.now, write=False) as store:
            return store.state(name), {scope: counts["held"] for scope, counts in store.holdings(name).items()}
    except (StoreError, CommandError):  # `_store` says why
        return None, {}


def _another_account(state: SourceState | None, seen: Preflight) -> str | None:
    """What a sync would say of a token that belongs to another account than the one that has read so far."""
    if state is None:
        return None
    try:
        plan.refuse_changed_identity(
            state.source, pinned=state.identity, found=seen.identity, found_name=seen.identity_name
        )
    except plan.IdentityChangedError as error:
        return str(error).removeprefix(f"{state.source}: ")
    return None


def _renamed(
    state: SourceState, seen: Preflight, refused: Sequence[Unread], *, held: Mapping[str, int]
) -> list[Suspension]:
    """The projects that the source calls otherwise by now than the settings do."""
    roster = presence.merge_roster(state.roster, seen.scopes, names_projects=seen.names_projects)
    found = unread.out_of_reach(
        roster, asked=seen.scopes, refused=refused, held=held, before=state.suspensions, at=clock.now()
    )
    return [one for one in found if one.state == presence.NO_LONGER_ASKED]


def _zone_words(seen: Preflight, settings: Settings) -> str:
    ours = settings.document.portfolio.timezone.key
    if seen.server_zone is None:
        return f"it names no time zone; days are counted in {ours}"
    return f"its time zone is {seen.server_zone}, days are counted in {ours}"


def _visible(name: str, seen: Preflight, looked: Inspection, *, visible: int, refused: Collection[str]) -> Finding:
    """What the token shows, project by project; empty ones first among the names, for they surprise."""
    live = [scope for scope in seen.scopes if scope.state == "live" and scope.id not in refused]
    if visible == 0:
        words = f"it sees no items in {len(live)} projects: check `scope` and what the token may see"
        return Finding(subject=name, good=False, words=words)
    about = "about " if looked.is_estimate else ""
    counted = [(scope.key, looked.visible.get(scope.id)) for scope in live]
    told = [
        f"{key} not told" if count is None else f"{key} {about if count else ''}{count:,}" for key, count in counted
    ]
    rest = f" and {len(told) - NAMED_PROJECTS} more" if len(told) > NAMED_PROJECTS else ""
    words = f"sees {visible:,} items in {len(live)} projects: {', '.join(told[:NAMED_PROJECTS])}{rest}"
    if empty := [key for key, count in counted if count == 0]:
        words += f"; nothing at all in {', '.join(empty[:NAMED_PROJECTS])}: check what the token may see there"
    return Finding(subject=name, good=True, words=words, warning=bool(empty))


def _histories(name: str, looked: Inspection) -> Finding:
    """Can histories be read? Shown on the items changed last: does each lead to the state in which the item stands?"""
    states = looked.sample.histories
    count = len(looked.sample.items)
    if count == 0:
        words = "no item could be looked at closely, so nobody knows yet whether histories can be read"
        return Finding(subject=name, good=True, words=words, warning=True)
    whole = sum(1 for item in looked.sample.items if states.get(item.external_id) is HistoryState.COMPLETE)
    broken = [item.key for item in looked.sample.items if states.get(item.external_id) is HistoryState.GAP]
    if not any(change.field == "status" and change.from_value is not None for change in looked.sample.changes):
        words = (
            f"none of the {count} items changed last shows a change of state: flow cannot be measured; "
            "check that the token may read histories"
        )
        return Finding(subject=name, good=False, words=words)
    words = f"histories can be read: of the {count} items changed last, {whole} have one that leads to where they stand"
    if broken:
        words += f"; not so {', '.join(broken[:3])}{f' and {len(broken) - 3} more' if len(broken) > 3 else ''}"
    if aside := looked.sample.unreadable:
        words += f"; {len(aside)} could not be read, the first because: {aside[0][1]}"
    return Finding(subject=name, good=True, words=words, warning=bool(broken or aside))


def _rights(name: str, seen: Preflight, looked: Inspection) -> Finding:
    """Could the token write? We never do, but whoever steals it might."""
    if looked.may_write is None and seen.product.startswith("Azure DevOps"):
        words = (
            "whether this token could write cannot be seen: no answer of Azure DevOps names a token's scopes; make it "
            "with Work Items (Read) alone, vso.work, and with no other scope"
        )
    elif looked.may_write is None:
        words = "the tracker does not tell whether this token could write: make it with read scopes alone"
    elif looked.may_write:
        words = (
            "this token's owner may change items; vmo only reads, but whoever got hold of the token could write: "
            "use an account that may browse and no more, or a token with read scopes alone"
        )
    else:
        words = f"this token's owner may change none of the {looked.asked_of} items looked at, as it should be"
    return Finding(subject=name, good=True, words=words, warning=looked.may_write is True)


def _store(settings: Settings, seen: Mapping[str, Inspection]) -> Finding:
    """Can it be opened? What was seen of the tokens is written down there, for the page of governance and audit."""
    try:
        with open_store(database_url(settings), now=clock.now, write=False) as store:
            words = f"{store.place}; instance {store.instance_id()}"
        if seen:
            words += _kept(settings, seen)
        return Finding(subject="store", good=True, words=words)
    except StoreMissingError as error:
        return Finding(subject="store", good=True, words=f"{error} (the first sync makes it)")
    except (StoreError, CommandError) as error:
        return Finding(subject="store", good=False, words=str(error))


def _kept(settings: Settings, seen: Mapping[str, Inspection]) -> str:
    """Keep what was seen of the tokens, where no other process writes to the store."""
    try:
        with open_store(database_url(settings), now=clock.now) as store:
            for name, looked in seen.items():
                note_rights(store, name, may_write=looked.may_write, asked_of=looked.asked_of, at=clock.now())
    except StoreBusyError as error:
        return f"; what was seen of the tokens could not be kept for the audit page: {error}"
    return "; what was seen of the tokens is kept for the audit page"


def _mail(settings: Settings) -> Iterator[Finding]:
    block = settings.document.mail
    if block is None:
        if any(report.to for report in meaning.reports(settings)):
            yield Finding(subject="mail", good=False, words="reports have recipients, but there is no `mail` block")
        return
    from cli.delivering import relay  # noqa: PLC0415 - reading the relay needs its secret

    try:
        server = relay(settings)
        connection = connect_mail(server)
        connection.quit()
    except (MailServerError, CommandError) as error:
        yield Finding(subject="mail", good=False, words=str(error))
    except (OSError, SMTPException) as error:
        words = f"{block.host} cannot be reached ({type(error).__name__}); check `mail.host` and `mail.port`"
        yield Finding(subject="mail", good=False, words=words)
    else:
        user = f"as {server.user}" if server.user else "without a login"
        yield Finding(subject="mail", good=True, words=f"{server.host}:{server.port}, {server.security}, {user}")


def _targets(settings: Settings) -> Iterator[Finding]:
    """Can the secrets of targets be opened, and is the client there? Nothing is asked of them, for nothing is due."""
    s3, wiki = settings.document.publish.s3, settings.document.publish.confluence
    kept: dict[str, tuple[Reference, ...]] = {}
    if s3 is not None:
        kept["publish.s3"] = (s3.access_key, s3.secret_key)
    if wiki is not None:
        kept["publish.confluence"] = (wiki.token,)
    for subject, references in kept.items():
        try:
            for one in references:
                settings.secret(one)
        except SecretUnavailableError as error:
            yield Finding(subject=subject, good=False, words=str(error))
            continue
        if subject == "publish.s3" and find_spec("boto3") is None:
            yield Finding(subject=subject, good=False, words=EXTRA_MISSING)
        else:
            yield Finding(
                subject=subject, good=True, words="its secrets can be opened; it is asked when an edition is due"
            )


def _not_yet(settings: Settings) -> Iterator[Finding]:
    """Settings that are understood and that this version does nothing about: better said here than missed later."""
    for report in meaning.reports(settings):
        if missing := [pack for pack in report.packs if pack not in PACKS]:
            words = f"this version has no pack {', '.join(missing)}, so it cannot be made; known are {', '.join(PACKS)}"
            yield Finding(subject=f"reports.{report.name}", good=False, words=words)


def _idle(settings: Settings) -> Iterator[Finding]:
    """Settings that are right and change nothing, or nothing yet: whoever wrote them may have meant another."""
    if not is_scheduled(settings):
        yield Finding(subject="reports", good=True, words=UNSCHEDULED, warning=True)
    document = settings.document
    kanban, today = document.kanban, clock.now().astimezone(document.portfolio.timezone).date()
    if kanban is not None and kanban.mvp is not None and kanban.mvp == list(kanban.states)[-1]:
        words = f"no epic goes on from {kanban.mvp}, the last state: nobody is ever asked whether its MVP proved itself"
        yield Finding(subject="kanban.mvp", good=True, words=words, warning=True)
    for number, change in enumerate(document.portfolio.process_changes):
        if change.on > today:
            words = f"{change.on} has not come yet: until then, no usual range begins with it"
            subject = f"portfolio.process_changes.{number}"
            yield Finding(subject=subject, good=True, words=words, warning=True)
    named = {one.type for one in document.forecasts.sizes if one.type is not None}
    known = _types(settings) if named else set()
    for type in sorted(named) if known else ():
        if type.casefold() not in {one.casefold() for one in known}:
            words = plain(f"no item that is held is of type {type}{did_you_mean(type, known)}")
            yield Finding(subject="forecasts.sizes", good=True, words=words, warning=True)


def _types(settings: Settings) -> set[str]:
    """The types of the items that are held; none where the store cannot tell, which `_store` says."""
    try:
        with open_store(database_url(settings), now=clock.now, write=False) as store:
            return store.types()
    except (StoreError, CommandError):
        return set()
