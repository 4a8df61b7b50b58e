"""Where editions go beside their folder: each target has a line in the ledger, and what fails there holds up nothing.

Doing it again is harmless, so what was interrupted or put off is simply done again; nothing is ever in doubt.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import partial
from pathlib import Path

from cli import clock, logs
from cli.issuing import is_corrected_by, issued_last
from cli.narrowing import is_made_for
from cli.places import folder_of, place_of
from cli.progress import Reporter
from cli.workspace import Workspace
from config import meaning, values
from config.secrets import Reference, SecretUnavailableError
from config.targets import ConfluenceBlock, S3Block
from reports.deliver.mail import Outcome
from reports.deliver.s3 import Bucket, put_up
from sync.store.reading import Edition

SECONDS = 180.0  # for one attempt; what is left is done at the next
_S3, _CONFLUENCE = "s3:", "confluence:"  # of a target in the ledger, where no address of a mail can begin so

Send = Callable[[Workspace, Edition], tuple[Outcome, str]]


def is_target(recipient: str) -> bool:
    """Is this line of the ledger that of a target, and not of a person's mail?"""
    return recipient.startswith((_S3, _CONFLUENCE))


def has_targets(workspace: Workspace) -> bool:
    """Do the settings name any place beside the folder where editions go?"""
    return bool(_targets(workspace))


def bring_to_targets(workspace: Workspace, edition: Edition, *, reporter: Reporter) -> None:
    """Bring an edition to every target of the settings, those left out that have it or refused it. Raises nothing.

    An edition for an audience stays in the folder: a target shows what it has to whoever may look there.
    """
    if edition.audience:
        return
    for name, send in _targets(workspace).items():
        if not _is_settled(workspace, edition, name):
            _bring(workspace, edition, name, send, reporter)


def retry_targets(
    workspace: Workspace, reporter: Reporter, *, newest_since: datetime, before: datetime | None = None
) -> None:
    """Take up what was put off or interrupted, as long as its edition is its report's newest and was claimed since.

    What was tried after `before` is left for the next time.
    """
    targets, store = _targets(workspace), workspace.store
    for held in store.mails(states=("claimed", "unknown")):
        if not is_target(held.recipient):
            continue
        edition, send = store.edition(held.edition_id), targets.get(held.recipient)
        if edition is None or send is None:
            store.mark_mail(held.edition_id, held.recipient, "superseded", clock.now(), reply="no longer asked for")
        elif (latest := issued_last(store.editions(edition.report), audience="")) is not None and latest != edition:
            store.mark_mail(held.edition_id, held.recipient, "superseded", clock.now(), reply="a newer one is there")
            if is_corrected_by(edition, latest) and not _is_settled(workspace, latest, held.recipient):
                _bring(workspace, latest, held.recipient, send, reporter)
        elif _is_settled(workspace, edition, held.recipient):
            said = "it is there by another report"
            store.mark_mail(held.edition_id, held.recipient, "superseded", clock.now(), reply=said)
        elif held.claimed_at < newest_since:
            store.mark_mail(held.edition_id, held.recipient, "expired", clock.now(), reply=held.reply)
            reporter.say(f"{held.edition_id} to {held.recipient}: expired, {held.reply}")
        elif before is None or held.at <= before:
            _bring(workspace, edition, held.recipient, send, reporter)


def bring_again(workspace: Workspace, edition: Edition, target: str, reporter: Reporter) -> bool | None:
    """A person has mended what stood in the way. True: it is there now; None: the settings have no such target."""
    send = _targets(workspace).get(target)
    if send is None:
        return None
    workspace.store.mark_mail(edition.edition_id, target, "claimed", clock.now(), reply="again")
    return _bring(workspace, edition, target, send, reporter)


def _targets(workspace: Workspace) -> dict[str, Send]:
    """Each target by its line in the ledger."""
    found: dict[str, Send] = {}
    if (s3 := workspace.settings.document.publish.s3) is not None:
        found[f"{_S3}{s3.bucket}{f'/{s3.prefix}' if s3.prefix else ''}"] = partial(_to_s3, s3)
    if (wiki := workspace.settings.document.publish.confluence) is not None:
        found[f"{_CONFLUENCE}{values.host_of(wiki.url)}/{wiki.space}"] = partial(_to_confluence, wiki)
    return found


def _is_settled(workspace: Workspace, edition: Edition, target: str) -> bool:
    """Is the edition there, by whatever report, or was it refused? Then a person acts, and asks for it again."""
    folder = edition.edition_id.rpartition("/")[0]
    return any(
        one.recipient == target and one.edition_id.rpartition("/")[0] == folder and one.state in ("accepted", "refused")
        for one in workspace.store.mails()
    )


def _bring(workspace: Workspace, edition: Edition, target: str, send: Send, reporter: Reporter) -> bool:
    """One attempt. The line stays claimed until it is over, so that the next run takes up what was killed."""
    store, now = workspace.store, clock.now
    if place_of(workspace, edition).parent.resolve() != _root(workspace):
        reporter.say(f"{edition.edition_id} is not in the folder of the settings any more, so {target} does not get it")
        store.mark_mail(edition.edition_id, target, "superseded", now(), reply="no longer in the folder")
        return False
    letter = f"<{edition.edition_id}/{target}>"
    if not store.claim_mail(edition.edition_id, target, letter, now()):  # a process died at its last step
        store.mark_mail(edition.edition_id, target, "claimed", now())
        store.claim_mail(edition.edition_id, target, letter, now())
    if not is_made_for(edition, workspace.settings, None):
        said = "made before what its readers may see changed"
        reporter.say(f"{edition.edition_id} was {said}, so {target} does not get it")
        store.mark_mail(edition.edition_id, target, "superseded", now(), reply=said)
        return False
    try:
        outcome, told = send(workspace, edition)
    except (SecretUnavailableError, OSError) as error:
        outcome, told = Outcome.DEFERRED, str(error)
    except Exception as error:  # whatever it is, it holds up no mail; its text may hold a secret
        outcome, told = Outcome.DEFERRED, type(error).__name__
    detail = logs.redacted(told)
    if outcome is Outcome.DEFERRED:
        store.mark_mail(edition.edition_id, target, "claimed", now(), reply=detail)
    else:
        store.mark_mail(edition.edition_id, target, "data_started", now())
        store.mark_mail(edition.edition_id, target, outcome.value, now(), reply=detail)
    again = ", tried again at the next run" if outcome is Outcome.DEFERRED else ""
    reporter.say(f"{edition.edition_id} to {target}: {outcome.value}{again} ({detail})")
    return outcome is Outcome.ACCEPTED


def _root(workspace: Workspace) -> Path:
    """The root of the editions that are for nobody in particular; those for an audience have roots of their own."""
    return (folder_of(workspace) / "r" / meaning.portfolio(workspace.settings).id).resolve()


def _to_s3(block: S3Block, workspace: Workspace, edition: Edition) -> tuple[Outcome, str]:
    until = clock.monotonic() + SECONDS
    folder = place_of(workspace, edition)
    return put_up(
        folder.parent,
        edition=folder.name,
        bucket=Bucket(
            name=block.bucket,
            prefix=block.prefix or "",
            region=block.region or "us-east-1",
            endpoint=block.endpoint,
            access_key=_opened(workspace, "s3.access_key", block.access_key),
            secret_key=_opened(workspace, "s3.secret_key", block.secret_key),
            ca_bundle=None if block.ca_bundle is None else str(workspace.settings.folder / str(block.ca_bundle)),
        ),
        may_go_on=lambda: not workspace.sleep.is_woken and clock.monotonic() < until,
        left_out=_made_before(workspace),
    )


def _made_before(workspace: Workspace) -> frozenset[str]:
    """Folders of editions whose readers might see something else then. An audience's have roots of their own."""
    of_others = (one for one in workspace.store.editions() if not is_made_for(one, workspace.settings, None))
    paths = [place_of(workspace, one) for one in of_others]
    return frozenset(one.name for one in paths if one.parent.resolve() == _root(workspace))


def _to_confluence(block: ConfluenceBlock, workspace: Workspace, edition: Edition) -> tuple[Outcome, str]:
    from cli.wiki import keep_wiki  # noqa: PLC0415 - slow to import

    token = _opened(workspace, "confluence.token", block.token, user=block.user)
    return keep_wiki(workspace, block, edition, token=token, seconds=SECONDS)


def _opened(workspace: Workspace, setting: str, kept: Reference, *, user: str | None = None) -> str:
    try:
        secret = workspace.settings.secret(kept)
    except SecretUnavailableError as error:
        raise SecretUnavailableError(f"publish.{setting}: {error}") from None
    logs.hide(secret.forms(user=user))
    return secret.reveal()
