"""`vmo check`: settings, credentials, what the tokens may see, the store, the mail server; one line each."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from smtplib import SMTPException

from cli import clock, logs
from cli.outcome import CommandError, ExitCode
from cli.workspace import database_url, load_settings, source_settings
from config import meaning
from config.load import Settings
from connectors import connect
from connectors.base import TrackerError
from reports.deliver.mail import MailServerError
from reports.deliver.mail import connect as connect_mail
from reports.packs import PACKS
from sync.store.faults import StoreError, StoreMissingError
from sync.store.store import open_store


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One line of the check. A warning needs a look and fails nothing."""

    subject: str
    good: bool
    words: str
    warning: bool = False


def run_check(config: Path, *, verbose: bool) -> ExitCode:
    """Print one line for each thing that must work, with the mend where it does not."""
    logs.set_up(verbose=verbose, as_json=False)
    settings = load_settings(config)
    print(f"ok       settings: {settings.path}; sources: {len(settings.document.sources)}, "
          f"themes: {len(settings.document.themes)}, KPI readings: {len(settings.readings)}")  # fmt: skip
    failed = False
    for finding in _findings(settings):
        mark = "warning" if finding.warning else "ok" if finding.good else "FAILED"
        print(f"{mark:<8} {finding.subject}: {finding.words}")
        failed = failed or not finding.good
    return ExitCode.FAILED if failed else ExitCode.DONE


def _findings(settings: Settings) -> Iterator[Finding]:
    for name in settings.document.sources:
        yield from _source(settings, name)
    yield _store(settings)
    yield from _mail(settings)
    yield from _not_yet(settings)


def _source(settings: Settings, name: str) -> Iterator[Finding]:
    try:
        connector = connect(
            source_settings(settings, name),
            now=clock.now,
            monotonic=clock.monotonic,
            sleep=clock.Sleeper(),
            random=clock.jitter,
        )
        try:
            seen = connector.preflight()
            visible = sum(len(ids) for ids in connector.census())
        finally:
            connector.close()
    except (TrackerError, CommandError) as error:
        yield Finding(subject=name, good=False, words=str(error).removeprefix(f"{name}: "))
        return
    live = [scope.key for scope in seen.scopes if scope.state == "live"]
    words = f"{seen.product}, as {seen.identity_name}; sees {visible:,} items in {len(live)} projects"
    if seen.server_zone:
        words += f"; its time zone is {seen.server_zone}"
    if visible == 0:
        words += "; nothing is in scope: check `scope` and what the token may see"
    yield Finding(subject=name, good=visible > 0, words=words)
    for warning in seen.warnings:
        yield Finding(subject=name, good=True, words=warning, warning=True)


def _store(settings: Settings) -> Finding:
    try:
        with open_store(database_url(settings), now=clock.now, write=False) as store:
            words = f"{store.place}; instance {store.instance_id()}"
            return Finding(subject="store", good=True, words=words)
    except StoreMissingError as error:
        return Finding(subject="store", good=True, words=f"{error} (the first sync makes it)")
    except (StoreError, CommandError) as error:
        return Finding(subject="store", good=False, words=str(error))


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


def _not_yet(settings: Settings) -> Iterator[Finding]:
    """Settings that are understood and that this version does nothing about: better said here than missed later."""
    for report in meaning.reports(settings):
        if missing := [pack for pack in report.packs if pack not in PACKS]:
            words = f"this version has no pack {', '.join(missing)}, so it cannot be made; known are {', '.join(PACKS)}"
            yield Finding(subject=f"reports.{report.name}", good=False, words=words)
    document = settings.document
    idle = [name for name in ("risks", "dependencies", "governance") if getattr(document, name) is not None]
    idle += ["audiences"] if document.audiences else []
    idle += ["serve.listen"] if document.serve.listen is not None else []
    if idle:
        words = f"{', '.join(idle)}: understood, but this version does nothing with it yet"
        yield Finding(subject="settings", good=True, words=words, warning=True)
