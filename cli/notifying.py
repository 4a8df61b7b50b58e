"""Tell operators, by mail or webhook, when a person must act: once for each trouble, not at every run.

What was told stands in the due ledger, a row for each channel and trouble; what could not be told is tried again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from functools import partial

from cli import clock, logs
from cli.delivering import relay
from cli.going_back import kept_age
from cli.outcome import CommandError
from cli.progress import Reporter
from cli.reading import read_trust
from cli.setting_aside import problems
from cli.status import is_put_off, not_taken_over, put_off
from cli.storekeeping import LOOK
from cli.terminal import plain
from cli.turns import named
from cli.workspace import Workspace
from config import meaning
from config.secrets import SecretUnavailableError
from connectors.base import TrackerError
from reports.deliver.mail import MailServerError, Outcome, send
from sync.due import local
from sync.unread import what_to_do

RECENT = timedelta(days=7)  # an older trouble is no news to whoever names operators today
MOST = 20  # troubles told in one notice; the others are counted
NOTICE = "notice to {}"  # in the due ledger; reports have no spaces in their names
_OPEN = ("claimed", "refused", "unknown", "expired")


class _NotToldError(Exception):
    """A channel could not be used; the sentence holds no secret."""


@dataclass(frozen=True, kw_only=True)
class Trouble:
    """Something that a person must see to. The key names this one occurrence, so that it is told once."""

    key: str
    sentence: str


def troubles(workspace: Workspace, *, now: datetime) -> list[Trouble]:
    """Editions that were not made, mails that are refused, unknown, expired or put off for long, sources that are
    stale, files that are set aside, settings that were not taken over, a store that went back."""
    found = [*_editions(workspace, now=now), *_mails(workspace, now=now), *_sources(workspace, now=now)]
    return [*found, *_files(workspace), *_settings(workspace), *_store(workspace)]


def notify(workspace: Workspace, reporter: Reporter) -> None:
    """Tell each channel what it was not told yet. A channel that fails is tried again at the next run."""
    channels = _channels(workspace)
    if not channels or not workspace.store.may_mail() or workspace.timekeeper.doubt() is not None:
        return
    found = troubles(workspace, now=clock.now())
    for name, tell in channels.items():
        known = {row.period_key: row.state for row in workspace.store.due(NOTICE.format(name))}
        if new := [one for one in found if known.get(one.key) != "done"]:
            _tell(workspace, name, tell, new, reporter, is_first=not any(one.key in known for one in new))


def _tell(
    workspace: Workspace,
    name: str,
    tell: Callable[[Sequence[Trouble]], None],
    new: Sequence[Trouble],
    reporter: Reporter,
    *,
    is_first: bool,
) -> None:
    store, channel, state = workspace.store, NOTICE.format(name), "done"
    for one in new:
        store.claim_due(channel, one.key, clock.now())
    try:
        tell(new)
    except _NotToldError as error:
        state = "failed"
        if is_first:
            reporter.say(f"operators: {name} could not be told, tried again at the next run; {error}")
    for one in new:
        store.finish_due(channel, one.key, state, clock.now())


def _channels(workspace: Workspace) -> dict[str, Callable[[Sequence[Trouble]], None]]:
    channels: dict[str, Callable[[Sequence[Trouble]], None]] = {
        one: partial(_by_mail, workspace, one) for one in meaning.operators(workspace.settings)
    }
    if (webhook := meaning.webhook(workspace.settings)) is not None:
        channels["the webhook"] = partial(_by_webhook, workspace, webhook)
    return channels


def _editions(workspace: Workspace, *, now: datetime) -> Iterator[Trouble]:
    zone = meaning.calendar(workspace.settings).zone
    for name in (*(report.name for report in meaning.reports(workspace.settings)), LOOK):
        for row in workspace.store.due(name):
            if row.state in ("failed", "missed") and now - row.due_at <= RECENT:
                what = f"{name} {row.period_key}"
                turn = what if name == LOOK else named(name, row.period_key, row.due_at, zone)
                words = f"{turn} was not made: {row.state}{f' ({row.note})' if row.note else ''}; see `vmo status`"
                yield Trouble(key=f"{what} {row.state}", sentence=words)


def _mails(workspace: Workspace, *, now: datetime) -> Iterator[Trouble]:
    zone = meaning.calendar(workspace.settings).zone
    for mail in workspace.store.mails(states=_OPEN):
        key = f"mail {mail.edition_id} {mail.recipient} {mail.state}"
        if is_put_off(mail, now=now):
            yield Trouble(key=key, sentence=f"the {put_off(mail, zone=zone)}; see `vmo mail list`")
        elif mail.state != "claimed" and now - mail.at <= RECENT:
            words = f"the mail of {mail.edition_id} to {mail.recipient} is {mail.state}: {mail.reply or 'no reply'}"
            yield Trouble(key=key, sentence=f"{words}; see `vmo mail list`")


def _sources(workspace: Workspace, *, now: datetime) -> Iterator[Trouble]:
    zone = meaning.calendar(workspace.settings).zone
    for one in read_trust(workspace.settings, workspace.store):
        if one.complete_at is not None and one.is_stale(now):
            since, at = one.complete_at.isoformat(timespec="minutes"), local(one.complete_at, zone)
            words = f"{one.source} is stale: it was last read completely at {at}; see `vmo status`"
            yield Trouble(key=f"stale {one.source} {since}", sentence=words)
        if one.complete_at is None and one.outcome == "failed":
            why = " ".join(one.problems[:1]).removeprefix(f"{one.source}: ") or "its last try failed"
            yield Trouble(key=f"never {one.source}", sentence=f"{one.source} was never read completely: {why}")
        for hidden in one.unread:
            since = hidden.since.isoformat(timespec="minutes")
            words = f"{one.source}: {hidden.why}; {what_to_do(one.source, hidden)}"
            yield Trouble(key=f"unread {one.source} {hidden.scope_id} {since}", sentence=words)


def _files(workspace: Workspace) -> Iterator[Trouble]:
    """Each file with mistakes, once as long as it stays as it is."""
    settings = workspace.settings
    for one, sentence in zip(settings.set_aside, problems(settings), strict=True):
        content = hashlib.sha256(settings.files.get(one.file, b"")).hexdigest()[:16]
        yield Trouble(key=f"set aside {one.file} {one.place} {content}", sentence=sentence)


def _settings(workspace: Workspace) -> Iterator[Trouble]:
    if (refused := workspace.refused) is not None:
        mark = hashlib.sha256(refused.encode()).hexdigest()[:16]
        yield Trouble(key=f"settings {mark}", sentence=not_taken_over(refused))


def _store(workspace: Workspace) -> Iterator[Trouble]:
    if (age := kept_age(workspace)) is not None:
        yield Trouble(key=f"store {hashlib.sha256(age.encode()).hexdigest()[:16]}", sentence=age)


def _lines(found: Sequence[Trouble]) -> list[str]:
    told = [plain(logs.redacted(one.sentence)) for one in found[:MOST]]
    return told if len(found) <= MOST else [*told, f"and {len(found) - MOST} more"]


def _by_mail(workspace: Workspace, operator: str, found: Sequence[Trouble]) -> None:
    block = workspace.settings.document.mail
    if block is None:
        raise _NotToldError("the settings have no `mail` block")
    count = "1 thing needs" if len(found) == 1 else f"{len(found)} things need"
    digest = hashlib.sha256("\n".join([operator.casefold(), *(one.key for one in found)]).encode()).hexdigest()
    message = EmailMessage(policy=SMTP)
    message["From"], message["To"] = block.from_, operator
    message["Subject"] = f"vmo: {count} a person"
    message["Date"] = format_datetime(clock.now())
    message["Message-ID"] = f"<{digest[:40]}@{parseaddr(block.from_)[1].rpartition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"
    foot = "Each of these is told once. `vmo status` and `vmo mail list` say how things stand."
    message.set_content("\n\n".join([f"{workspace.settings.document.portfolio.name}:", *_lines(found), foot]) + "\n")
    try:
        told = send(
            message, server=relay(workspace.settings), sender=block.from_, recipient=operator, journal=lambda _: None
        )
    except (MailServerError, CommandError) as error:
        raise _NotToldError(logs.redacted(str(error))) from error
    if told.outcome not in (Outcome.ACCEPTED, Outcome.UNKNOWN):
        raise _NotToldError(f"{told.outcome.value} ({logs.redacted(told.detail)})")


def _by_webhook(workspace: Workspace, webhook: meaning.Webhook, found: Sequence[Trouble]) -> None:
    from connectors.webhook import WebhookSettings, tell  # noqa: PLC0415 - slow to import

    token = ""
    if webhook.token is not None:
        try:
            secret = workspace.settings.secret(webhook.token)
        except SecretUnavailableError as error:
            raise _NotToldError(f"operators.webhook.token: {error}") from error
        logs.hide(secret.forms())
        token = secret.reveal()
    lines = _lines(found)
    body = {
        "portfolio": workspace.settings.document.portfolio.name,
        "text": "\n".join(lines),
        "troubles": [{"key": one.key, "sentence": line} for one, line in zip(found[:MOST], lines, strict=False)],
    }
    try:
        tell(
            WebhookSettings(
                url=webhook.url,
                token=token,
                allow_insecure=webhook.allow_insecure,
                allow_private=webhook.allow_private,
                ca_bundle=webhook.ca_bundle,
                proxy=webhook.proxy,
            ),
            body,
            now=clock.now,
            monotonic=clock.monotonic,
            sleep=workspace.sleep,
            random=clock.jitter,
        )
    except TrackerError as error:
        raise _NotToldError(logs.redacted(str(error))) from error
