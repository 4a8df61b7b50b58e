"""Channels of Teams and Slack: each hears once of each edition, and what fails there holds up nothing else."""

from __future__ import annotations

from datetime import datetime

from cli import clock, logs
from cli.issuing import is_corrected_by, issued_last
from cli.narrowing import is_made_for
from cli.places import place_of
from cli.progress import Reporter
from cli.workspace import Workspace
from config import meaning
from config.secrets import SecretUnavailableError
from config.settings import ChatBlock
from reports.deliver.chat import Channel, Notice, WebhookError, tell
from reports.deliver.mail import Outcome
from reports.editions import read_manifest
from reports.render.archive import data_as_of, first_page, root_of
from reports.words.catalogue import Words
from sync.store.reading import Edition, Mail

_HEARD = ("data_started", "accepted", "refused", "unknown")  # in doubt it is not told twice
PREFIX = "chat:"  # of a channel in the ledger, where no address of a mail can begin so


def is_channel(recipient: str) -> bool:
    """Is this line of the ledger that of a channel, and not of a person's mail?"""
    return recipient.startswith(PREFIX)


def tell_channels(workspace: Workspace, edition: Edition, *, reporter: Reporter) -> None:
    """Tell every channel of the edition's audience, but those that have heard of it by whatever report. Raises nothing.

    A channel without an audience hears of editions without one.
    """
    for chat in workspace.settings.document.publish.chat:
        is_theirs = is_made_for(edition, workspace.settings, chat.audience)
        if is_theirs and not _has_heard(workspace, edition, _ledger_name(chat)):
            _tell(workspace, chat, edition, reporter)


def retry_channels(workspace: Workspace, reporter: Reporter, *, newest_since: datetime) -> None:
    """Take up what was deferred, as long as its edition is its report's newest and was claimed since."""
    chats = {_ledger_name(chat): chat for chat in workspace.settings.document.publish.chat}
    for held in workspace.store.mails(states=("claimed",)):
        if not is_channel(held.recipient):
            continue
        edition, chat = workspace.store.edition(held.edition_id), chats.get(held.recipient)
        if edition is None or chat is None or edition.audience != (chat.audience or ""):
            _supersede(workspace, held, "no longer asked for")
        elif not is_made_for(edition, workspace.settings, chat.audience):
            _supersede(workspace, held, "what its readers may see has changed")
        elif (latest := _issued_last(workspace, edition)) is not None and latest != edition:
            _supersede(workspace, held, "a newer one is there")
            if is_corrected_by(edition, latest) and not _has_heard(workspace, latest, held.recipient):
                _tell(workspace, chat, latest, reporter)
        elif _has_heard(workspace, edition, held.recipient):
            _supersede(workspace, held, "it has heard by another report")
        elif held.claimed_at < newest_since:
            workspace.store.mark_mail(held.edition_id, held.recipient, "expired", clock.now(), reply=held.reply)
            reporter.say(f"{held.edition_id} to {held.recipient}: expired, {held.reply}")
        else:
            _tell(workspace, chat, edition, reporter)


def _issued_last(workspace: Workspace, edition: Edition) -> Edition | None:
    return issued_last(workspace.store.editions(edition.report), audience=edition.audience)


def _supersede(workspace: Workspace, held: Mail, why: str) -> None:
    workspace.store.mark_mail(held.edition_id, held.recipient, "superseded", clock.now(), reply=why)


def _ledger_name(chat: ChatBlock) -> str:
    """By the reference: the address behind it is a secret, and may be renewed."""
    return f"{PREFIX}{chat.kind}:{chat.url}"


def _has_heard(workspace: Workspace, edition: Edition, channel: str) -> bool:
    folder = edition.edition_id.rpartition("/")[0]
    return any(
        one.recipient == channel and one.edition_id.rpartition("/")[0] == folder and one.state in _HEARD
        for one in workspace.store.mails()
    )


def _tell(workspace: Workspace, chat: ChatBlock, edition: Edition, reporter: Reporter) -> None:
    store, channel = workspace.store, _ledger_name(chat)
    if not store.claim_mail(edition.edition_id, channel, f"<{edition.edition_id}/{channel}>", clock.now()):
        return

    def journal(state: str) -> None:
        store.mark_mail(edition.edition_id, channel, state, clock.now())

    try:
        outcome, detail = tell(
            _notice(workspace, edition, chat), channel=_channel(workspace, chat), journal=journal
        )  # fmt: skip
    except (WebhookError, SecretUnavailableError, OSError) as error:
        outcome, detail = Outcome.DEFERRED, logs.redacted(str(error))
    state = "claimed" if outcome is Outcome.DEFERRED else outcome.value
    store.mark_mail(edition.edition_id, channel, state, clock.now(), reply=detail)
    again = ", tried again at the next run" if outcome is Outcome.DEFERRED else ""
    reporter.say(f"{edition.edition_id} to {channel}: {outcome.value}{again} ({detail})")


def _channel(workspace: Workspace, chat: ChatBlock) -> Channel:
    secret = workspace.settings.secret(chat.url)
    url = secret.reveal()
    logs.hide(secret.forms())
    logs.hide(part for part in (url.partition("://")[2].partition("/")[2], url.partition("?")[2]) if len(part) > 8)
    return Channel(kind=chat.kind, url=url, allow_insecure=chat.allow_insecure)


def _notice(workspace: Workspace, edition: Edition, chat: ChatBlock) -> Notice:
    """What the edition's manifest says. Raises FileNotFoundError where it is gone."""
    folder = place_of(workspace, edition)
    manifest = read_manifest(folder)
    if manifest is None:
        raise FileNotFoundError(f"{folder} holds no edition any more; publish again with `vmo report`")
    document, calendar = workspace.settings.document, meaning.calendar(workspace.settings)
    locale = chat.locale or document.portfolio.locales[0]
    day = calendar.day(datetime.fromisoformat(manifest["as_of"]))
    words = Words(locale=locale, year=day.year, zone=calendar.zone)
    page = first_page(manifest, locale) or ""
    base = document.publish.base_url
    is_correction = manifest["revision"] > 1
    return Notice(
        headline=manifest["headlines"].get(page) or edition.manifest["headline"],
        summary=f"{manifest['portfolio_name']} · "
        + words.text(
            "feed.summary", edition=manifest["edition"], day=words.full_day(calendar.day(data_as_of(manifest)))
        )
        + (f" {words.text('feed.revision', n=manifest['revision'])}" if is_correction else ""),
        href=f"{base.rstrip('/')}/r/{root_of(manifest)}/{folder.name}/{page}" if base and page else "",
        label=words.text("chat.open"),
    )
