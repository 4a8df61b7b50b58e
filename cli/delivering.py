"""`vmo send` and `vmo mail`: hand editions over, at most once to each recipient, and say what became of them."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, tzinfo
from email.message import EmailMessage
from email.utils import format_datetime
from pathlib import Path
from urllib.parse import quote
from zoneinfo import ZoneInfo

from cli import clock, logs
from cli.chatting import is_channel, retry_channels, tell_channels
from cli.going_back import refuse_age
from cli.issuing import BY_HAND, is_corrected_by, issued_last
from cli.narrowing import is_made_for
from cli.outcome import CommandError, ExitCode
from cli.places import place_of
from cli.progress import Reporter, shown
from cli.recording import first_mails
from cli.setting_aside import outcome, tell
from cli.targets import bring_again, bring_to_targets, has_targets, is_target, retry_targets
from cli.telling import report_named
from cli.terminal import plain
from cli.turns import names_of
from cli.workspace import Workspace, open_workspace
from config import meaning
from config.load import Settings
from config.secrets import SecretUnavailableError
from reports.deliver.mail import Delivery, MailServerError, Outcome, Server, send
from reports.deliver.mirror import Mirror
from reports.editions import mail_file
from reports.render.mail import Mail, Sender, attachable, message
from reports.words.catalogue import Words
from sync.store.reading import Edition

TOO_LATE = timedelta(hours=24)  # a mail older than this is not sent any more
_PORTS = {"starttls": 587, "implicit": 465, "none": 25}
_SECURITY = {"starttls": "starttls", "implicit": "tls", "none": "none"}
_CORRECTED = "a correction is there, and goes out in its place"
_HELD = ("claimed", "data_started", "unknown", "refused", "expired")


@dataclass(frozen=True, kw_only=True)
class Parcel:
    """What every recipient of a report gets: the mail, and the pages that go with it.

    `letters` is the name by which its Message-IDs are known; `own` are the mails of those for whom something waits, by
    address in small letters; `informed` those whom a former revision has reached, or may have.
    """

    letters: str
    mail: Mail
    pages: tuple[tuple[str, bytes], ...]
    zone: tzinfo
    own: Mapping[str, Mail] = field(default_factory=dict)
    informed: Collection[str] = ()

    def addressed(self, sender: Sender, recipient: str) -> EmailMessage:
        """The message to a recipient. Its date is in the portfolio's zone, as everything that it says."""
        sent_at = format_datetime(clock.now().astimezone(self.zone))
        mail = self.own.get(recipient.casefold(), self.mail)
        if recipient.casefold() in self.informed:
            mail = mail.as_correction()
        return message(
            mail, sender=sender, recipient=recipient, sent_at=sent_at, report=self.letters, attachments=self.pages
        )  # fmt: skip

    def without_pages(self, edition: Edition) -> Parcel:
        """For a server that takes no mail so large: the mail alone, which says where its pages are."""
        words = Words(locale=self.mail.locale, year=edition.published_at.year, zone=ZoneInfo("UTC"))
        line = words.text("mail.left_out", edition=self.mail.edition)
        own = {address: mail.with_line(line) for address, mail in self.own.items()}
        return replace(self, mail=self.mail.with_line(line), pages=(), own=own)


class RelayMissingError(CommandError):
    """The settings name no mail server, or its password cannot be opened."""


def run_send(config: Path, *, report: str, dry_run: bool, verbose: bool) -> ExitCode:
    """Hand the newest edition of a report over: to targets, channels and recipients, those who have it left out.

    Of a period that was corrected that is the last revision, which goes to whoever had a former one, too. A report that
    was renamed hands over what it has published by its former names.
    """
    logs.set_up(verbose=verbose, as_json=False)
    with open_workspace(config, write=True) as workspace, shown() as reporter:
        chosen = _report(workspace, report)
        edition = _issued_last(workspace, *names_of(workspace, chosen), audience=chosen.audience)
        if not chosen.to and (dry_run or not has_targets(workspace)):
            raise CommandError(f"{chosen.name} has no recipients; name them with `to`", code=ExitCode.WRONG_USAGE)
        tell(workspace.settings, reporter.say)
        if dry_run:
            return outcome(workspace.settings, _write_mails(workspace, chosen, edition, reporter))
        if not workspace.store.may_mail():
            raise CommandError(
                f"store {workspace.store.place} is new and mails nothing yet; start it with `vmo run --first-run`"
            )
        refuse_age(workspace)
        if chosen.to:
            relay(workspace.settings)  # what is missing ends the command before anything is claimed
        return outcome(workspace.settings, deliver(workspace, chosen, edition, reporter=reporter))


def deliver(workspace: Workspace, report: meaning.Report, edition: Edition, *, reporter: Reporter) -> ExitCode:
    """Bring an edition to its targets, tell channels, and mail it where it has recipients.

    A target or channel that fails is said and tried again; it makes no edition a failure. Targets come first, for
    they may be what the links of messages lead to.
    """
    bring_to_targets(workspace, edition, reporter=reporter)
    tell_channels(workspace, edition, reporter=reporter)
    return hand_over(workspace, report, edition, reporter) if report.to else ExitCode.DONE


def hand_over(workspace: Workspace, report: meaning.Report, edition: Edition, reporter: Reporter) -> ExitCode:
    """One transaction for each recipient, each step written down before it is taken. Nobody is skipped silently."""
    outcomes = _hand_over(workspace, report, edition, report.to, reporter)
    if all(outcomes):
        return ExitCode.DONE
    return ExitCode.PARTLY if any(outcomes) else ExitCode.FAILED


def _hand_over(
    workspace: Workspace, report: meaning.Report, edition: Edition, to: Sequence[str], reporter: Reporter
) -> list[bool]:
    parcel, sender = _parcel(workspace, edition, report), _sender(workspace.settings)
    entered = {one.recipient.casefold(): one.recipient for one in workspace.store.mails(edition_id=edition.edition_id)}
    recipients = [entered.get(one.casefold(), one) for one in to]
    letters = {one: parcel.addressed(sender, one)["Message-ID"] for one in recipients}
    workspace.store.enter_mails(edition.edition_id, letters, clock.now())
    added = _added(workspace, edition)
    return [_one(workspace, parcel, edition, recipient, reporter, added=added) for recipient in recipients]


def retry(workspace: Workspace, reporter: Reporter, *, before: datetime | None = None) -> list[bool]:
    """Take up mails that were deferred: the newest edition of each report only, and only within a day.

    Those that were tried after `before` are left for the next time. Whoever still waits for a revision that was
    corrected meanwhile gets the correction in its place. What is not asked for any more waits for its day, too; a
    report that was renamed is asked for by its new name.
    Returns for each mail tried whether it was accepted; one that cannot even be tried holds up no other.
    """
    now, outcomes = clock.now(), []
    retry_targets(workspace, reporter, newest_since=now - TOO_LATE, before=before)
    retry_channels(workspace, reporter, newest_since=now - TOO_LATE)
    for held in workspace.store.mails(states=("claimed",)):
        if is_channel(held.recipient) or is_target(held.recipient):
            continue
        edition = workspace.store.edition(held.edition_id)
        report = _report_now(workspace, edition, held.recipient) if edition else None
        is_asked = report is not None and _asks_for(report, held.recipient)
        is_late = now - held.claimed_at > TOO_LATE
        if edition is None or (is_late and not is_asked):
            workspace.store.mark_mail(held.edition_id, held.recipient, "superseded", now, reply="no longer asked for")
        elif not _is_or_corrects(latest := _issued_last_of(workspace, edition, report), edition):
            workspace.store.mark_mail(held.edition_id, held.recipient, "superseded", now, reply="a newer one is there")
        elif report is None or not is_asked:
            continue  # a report that is out of the settings for an hour is asked for again
        elif is_late:
            workspace.store.mark_mail(held.edition_id, held.recipient, "expired", now, reply=held.reply)
            reporter.say(f"mail of {held.edition_id} to {held.recipient} expired: {held.reply}")
            outcomes.append(False)
        elif before is None or held.at <= before:
            try:
                if latest.edition_id != edition.edition_id:
                    outcomes += _hand_over(workspace, report, latest, [held.recipient], reporter)
                    workspace.store.mark_mail(held.edition_id, held.recipient, "superseded", now, reply=_CORRECTED)
                    continue
                parcel = _parcel(workspace, edition, report)
                added = _added(workspace, edition)
                outcomes.append(_one(workspace, parcel, edition, held.recipient, reporter, added=added))
            except CommandError as error:
                outcomes.append(False)
                reporter.say(f"mail of {held.edition_id} to {held.recipient}: {error}")
    return outcomes


def run_mail_list(config: Path) -> ExitCode:
    """List the mails that need a look."""
    with open_workspace(config) as workspace:
        mails = workspace.store.mails(states=_HELD)
        for mail in mails:
            attempts = "1 attempt" if mail.attempts == 1 else f"{mail.attempts} attempts"
            print(f"{mail.state:<12} {mail.edition_id} to {mail.recipient}, {attempts}: {plain(mail.reply)}")
        if not mails:
            print("no mail is held or in doubt")
    return ExitCode.DONE


def run_mail_resend(config: Path, *, edition: str, recipient: str, verbose: bool) -> ExitCode:
    """A person decides: the mail in doubt did not arrive. It goes out again with the same Message-ID."""
    logs.set_up(verbose=verbose, as_json=False)
    with open_workspace(config, write=True) as workspace, shown() as reporter:
        kept = workspace.store.edition(edition)
        if is_channel(recipient):
            raise CommandError(f"{recipient} is a channel; it hears of the next edition", code=ExitCode.WRONG_USAGE)
        if kept is None:
            raise CommandError(f"there is no edition {edition}; see `vmo mail list`", code=ExitCode.WRONG_USAGE)
        refuse_age(workspace)
        if is_target(recipient):
            return _bring_again(workspace, kept, recipient, reporter)
        report = _report_now(workspace, kept, recipient) or _report(workspace, kept.report)
        if report.audience and recipient.casefold() not in map(str.casefold, report.to):
            raise CommandError(
                f"{recipient} is no recipient of {report.name} any more, which is for the audience {report.audience}; "
                "name the address under `to`, or drop the mail with `vmo mail drop`"
            )
        latest = _issued_last_of(workspace, kept, report)
        if is_corrected_by(kept, latest):
            raise CommandError(
                f"{edition} was corrected and is not mailed any more; "
                f"`vmo send {report.name}` mails {latest.edition_id}"
            )
        parcel = _parcel(workspace, kept, report)
        relay(workspace.settings)  # what is missing ends the command before the mail is taken up
        if not workspace.store.mark_mail(edition, recipient, "claimed", clock.now(), reply="resent"):
            raise CommandError(f"no mail of {edition} to {recipient} is held or in doubt; see `vmo mail list`")
        letter = parcel.addressed(_sender(workspace.settings), recipient)["Message-ID"]
        with suppress(OSError):  # it says what it said, then, and nothing is sent
            _mirror(workspace).write(letter, "claimed", at=clock.now().isoformat())
        done = _one(workspace, parcel, kept, recipient, reporter, added=_added(workspace, kept))
    return ExitCode.DONE if done else ExitCode.FAILED


def _bring_again(workspace: Workspace, edition: Edition, target: str, reporter: Reporter) -> ExitCode:
    if all(one.recipient != target for one in workspace.store.mails(edition_id=edition.edition_id, states=_HELD)):
        raise CommandError(f"nothing of {edition.edition_id} to {target} is held; see `vmo mail list`")
    done = bring_again(workspace, edition, target, reporter)
    if done is None:
        raise CommandError(f"the settings have no target {target} any more", code=ExitCode.WRONG_USAGE)
    return ExitCode.DONE if done else ExitCode.FAILED


def run_mail_drop(config: Path, *, edition: str, recipient: str) -> ExitCode:
    """A person decides: the mail shall not go out any more."""
    with open_workspace(config, write=True) as workspace:
        if not workspace.store.mark_mail(edition, recipient, "superseded", clock.now(), reply="dropped by hand"):
            raise CommandError(f"no mail of {edition} to {recipient} is held; see `vmo mail list`")
        print(f"the mail of {edition} to {recipient} will not be sent")
    return ExitCode.DONE


def relay(settings: Settings) -> Server:
    """The mail server as the settings name it. Raises RelayMissingError where it, or its password, is missing."""
    block = settings.document.mail
    if block is None:
        raise _no_relay()
    password = None
    if block.password is not None:
        try:
            secret = settings.secret(block.password)
        except SecretUnavailableError as error:
            raise RelayMissingError(f"mail.password: {error}", code=ExitCode.WRONG_USAGE) from error
        logs.hide(secret.forms(user=block.user))
        password = secret.reveal()
    return Server(
        host=block.host,
        port=block.port or _PORTS[block.tls],
        security=_SECURITY[block.tls],
        user=block.user,
        password=password,
        ca_file=None if block.ca_bundle is None else str(settings.folder / str(block.ca_bundle)),
    )


def _one(
    workspace: Workspace,
    parcel: Parcel,
    edition: Edition,
    recipient: str,
    reporter: Reporter,
    *,
    added: Collection[str],
) -> bool:
    """Send to one recipient; True when it has the mail, now or from before. The ledger is ahead of every step.

    What hinders us all alike (no password, a certificate not valid) leaves the mail claimed: it is tried again.
    """
    store, sender = workspace.store, _sender(workspace.settings)
    built = parcel.addressed(sender, recipient)
    lighter = parcel.without_pages(edition) if parcel.pages else None
    if not store.claim_mail(edition.edition_id, recipient, built["Message-ID"], clock.now()):
        before = {one.recipient: one for one in store.mails(edition_id=edition.edition_id)}[recipient]
        reporter.say(f"{edition.edition_id} to {recipient}: {before.state} before, not sent again")
        return before.state == "accepted"

    if (known := _known_to_mirror(workspace, built["Message-ID"])) is not None:
        store.mark_mail(edition.edition_id, recipient, "data_started", clock.now())
        _settle(workspace, edition, recipient, known, "as mails.jsonl beside the store has it; the store had forgotten")
        reporter.say(f"{edition.edition_id} to {recipient}: {known} before, not sent again")
        return known == "accepted"

    def journal(state: str) -> None:
        if not store.mark_mail(edition.edition_id, recipient, state, clock.now()):
            raise CommandError(f"the mail of {edition.edition_id} to {recipient} was taken by another process")
        try:
            _mirror(workspace).write(built["Message-ID"], state, at=clock.now().isoformat())
        except OSError as error:
            _settle(workspace, edition, recipient, "claimed", "mails.jsonl beside the store cannot be written")
            raise CommandError(
                f"mails.jsonl beside the store cannot be written ({error.strerror}), so nothing is mailed; mend it"
            ) from error

    def settled(told: Delivery) -> None:
        state = {Outcome.DEFERRED: "claimed"}.get(told.outcome, told.outcome.value)
        _settle(workspace, edition, recipient, state, told.detail)
        with suppress(OSError):  # it says data_started then, and that is enough to send nothing twice
            _mirror(workspace).write(built["Message-ID"], state, at=clock.now().isoformat())

    try:
        server = relay(workspace.settings)
        told = send(
            built,
            server=server,
            sender=sender.address,
            recipient=recipient,
            journal=journal,
            settled=settled,
            lighter=None if lighter is None else lighter.addressed(sender, recipient),
        )
    except (MailServerError, RelayMissingError) as error:
        _settle(workspace, edition, recipient, "claimed", str(error))
        reporter.say(f"{edition.edition_id} to {recipient}: not sent, tried again at the next run; "
                     f"mail: {logs.redacted(str(error))}")  # fmt: skip
        return False
    word = "deferred, tried again at the next run" if told.outcome is Outcome.DEFERRED else told.outcome.value
    new = "; the first mail of this report to this address" if recipient.casefold() in added else ""
    reporter.say(f"{edition.edition_id} to {recipient}: {word} ({logs.redacted(told.detail)}){new}")
    return told.outcome is Outcome.ACCEPTED


def _added(workspace: Workspace, edition: Edition) -> set[str]:
    """The recipients of an edition, in small letters, whom its report was mailed without before."""
    reports = {one.edition_id: one.report for one in workspace.store.editions()}
    found = first_mails(workspace.store.mails(), reports)
    return {recipient for edition_id, recipient in found if edition_id == edition.edition_id}


def _mirror(workspace: Workspace) -> Mirror:
    """The ledger's second copy: beside a store that is a file, else where such a file would be."""
    url = meaning.store_url(workspace.settings)
    is_file = url.startswith("sqlite:///")
    folder = Path(url.removeprefix("sqlite:///")).parent if is_file else workspace.settings.folder / "vmo-data"
    return Mirror(folder / "mails.jsonl")


def _known_to_mirror(workspace: Workspace, message_id: str) -> str | None:
    """What the ledger's second copy says became of a message that the store would send; None: it may be sent."""
    try:
        return _mirror(workspace).outcome(message_id)
    except OSError as error:
        raise CommandError(
            f"mails.jsonl beside the store cannot be read ({error.strerror}), so nothing is mailed; mend it"
        ) from error


def _settle(workspace: Workspace, edition: Edition, recipient: str, state: str, reply: str) -> None:
    workspace.store.mark_mail(edition.edition_id, recipient, state, clock.now(), reply=logs.redacted(reply))


def _parcel(workspace: Workspace, edition: Edition, report: meaning.Report) -> Parcel:
    """The mail, and with it the report's other pages where no server shows them to its readers.

    Raises CommandError where the edition was made for others than the report is for now, before anything is claimed.
    """
    if not is_made_for(edition, workspace.settings, report.audience):
        is_theirs = edition.audience == (report.audience or "")
        why = (
            "what they may see has changed since"
            if is_theirs
            else f"reports.{report.name} is for {_whom(report.audience)} now"
        )
        raise CommandError(
            f"{edition.edition_id} was made for {_whom(edition.audience)}, and {why}; "
            "its next edition is mailed, and this one is not"
        )
    has_server = workspace.settings.document.publish.base_url is not None
    former = {one.edition_id for one in workspace.store.editions(edition.report) if is_corrected_by(one, edition)}
    folder = place_of(workspace, edition)
    common, own = _common_mail(folder, report), {}
    for recipient in report.to:
        person = meaning.person_at(workspace.settings, recipient)
        if person is not None and (mail := _mail(folder, report, person=person)) is not None:
            own[recipient.casefold()] = mail if former else mail.as_first()
    pages = () if has_server else tuple(attachable(_pages(folder, report)))
    return Parcel(
        letters=_letters(workspace, edition),
        mail=common if former else common.as_first(),
        pages=pages,
        zone=meaning.calendar(workspace.settings).zone,
        own=own,
        informed=_informed(workspace, former),
    )


def _letters(workspace: Workspace, edition: Edition) -> str:
    """The name by which the mails of an edition are known: its report, and whom it is for where others had it first.

    Who has had the report as it was for everybody is mailed what it is for them now: that is no second copy.
    """
    had_before = any(
        (one.period_key, one.revision) == (edition.period_key, edition.revision)
        and one.audience != edition.audience
        and one.published_at < edition.published_at
        for one in workspace.store.editions(edition.report)
    )
    return f"{edition.report}@{edition.audience}" if had_before else edition.report


def _informed(workspace: Workspace, former: Collection[str]) -> set[str]:
    """Whom a former revision has reached, or may have, as the same report; in small letters."""
    if not former:
        return set()
    return {
        one.recipient.casefold()
        for one in workspace.store.mails(states=("accepted", "unknown"))
        if one.edition_id in former
    }


def _whom(audience: str | None) -> str:
    return f"the audience {audience}" if audience else "everybody"


def _pages(folder: Path, report: meaning.Report) -> list[tuple[str, bytes]]:
    """The pages of the report's packs in its language, as published, but for the digest that the mail itself is."""
    paths = [
        path
        for pack in report.packs
        if pack != "digest"
        for pattern in (f"{pack}.{report.locale}.html", f"{pack}-*.{report.locale}.html")
        for path in sorted(folder.glob(pattern))
    ]
    try:
        return [(path.name, path.read_bytes()) for path in paths]
    except OSError as error:
        raise CommandError(f"{folder} cannot be read: {error.strerror}; {_publish_again(report)}") from error


def _common_mail(folder: Path, report: meaning.Report) -> Mail:
    """The mail as it was published with its edition, in the report's language."""
    mail = _mail(folder, report)
    if mail is None:
        raise CommandError(f"{folder / mail_file(report.locale)} is not there any more; {_publish_again(report)}")
    return mail


def _mail(folder: Path, report: meaning.Report, *, person: str | None = None) -> Mail | None:
    """The mail of the edition, or one person's of it; None: there is none, since nothing waits for them."""
    path = folder / mail_file(report.locale, person=person)
    try:
        return Mail.from_json(path.read_text("utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError, json.JSONDecodeError) as error:
        raise CommandError(f"{path} cannot be read ({type(error).__name__}); {_publish_again(report)}") from error


def _publish_again(report: meaning.Report) -> str:
    return f"publish again with `vmo report --report {report.name}`"


def _write_mails(workspace: Workspace, report: meaning.Report, edition: Edition, reporter: Reporter) -> ExitCode:
    """What would be sent, as files that a mail program opens."""
    sender, parcel = _sender(workspace.settings), _parcel(workspace, edition, report)
    folder = workspace.settings.folder / "vmo-mails" / edition.edition_id.replace("/", "-")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for number, recipient in enumerate(report.to, start=1):
            built = parcel.addressed(sender, recipient)
            path = folder / f"{number}.eml"
            path.write_bytes(built.as_bytes())
            reporter.say(f"would send to {recipient}: {path}")
    except OSError as error:
        raise CommandError(f"{folder} cannot be written: {error.strerror}; check its owner and mode") from error
    return ExitCode.DONE


def _no_relay() -> RelayMissingError:
    return RelayMissingError("there are recipients, but no `mail` block in the settings", code=ExitCode.WRONG_USAGE)


def _report(workspace: Workspace, name: str) -> meaning.Report:
    """A report by its name, or the first one that has this pack and recipients."""
    reports = meaning.reports(workspace.settings)
    for report in reports:
        if report.name == name:
            return report
    for report in reports:
        if name in report.packs and report.to:
            return report
    return report_named(workspace, name)


def _report_now(workspace: Workspace, edition: Edition, recipient: str) -> meaning.Report | None:
    """The report of an edition, by the name that it has now; where several come from it, the one that the recipient
    is named by.
    """
    reports = meaning.reports(workspace.settings)
    named = [one for one in reports if one.name == edition.report]
    found = named or [one for one in reports if edition.report in names_of(workspace, one)]
    return max(found, key=lambda one: _asks_for(one, recipient), default=None)


def _asks_for(report: meaning.Report, recipient: str) -> bool:
    return recipient.casefold() in map(str.casefold, report.to)


def _is_or_corrects(latest: Edition, edition: Edition) -> bool:
    return latest.edition_id == edition.edition_id or is_corrected_by(edition, latest)


def _issued_last(workspace: Workspace, report: str, *more: str, audience: str | None) -> Edition:
    """The newest edition for those whom the report is for, or else, to say so, for those whom it was for.

    `more`: names by which it went before; of two that are the same, the one by its name now.
    """
    made = [one for name in (report, *more) for one in workspace.store.editions(name)]
    found = issued_last(made, audience=audience or "") or issued_last(made, audience=None)
    if found is None:
        raise CommandError(
            f"no edition of {report} has been published yet; `vmo run` does it when it is due{_if_renamed(workspace)}"
        )
    return found


def _if_renamed(workspace: Workspace) -> str:
    """What a run takes over for a report that was renamed, where reports that are gone have published something."""
    kept = {BY_HAND, *(one.name for one in meaning.reports(workspace.settings))}
    gone = sorted({one.report for one in workspace.store.editions()} - kept)
    return f", and takes over what {' or '.join(gone)} has published, if that was its name before" if gone else ""


def _issued_last_of(workspace: Workspace, edition: Edition, report: meaning.Report | None) -> Edition:
    """What an edition is held against: the newest of its report, for whom that is now where the settings have it."""
    if report is None:
        return _issued_last(workspace, edition.report, audience=edition.audience)
    former = () if report.name == edition.report else (edition.report,)
    return _issued_last(workspace, report.name, *former, audience=report.audience)


def _sender(settings: Settings) -> Sender:
    block = settings.document.mail
    if block is None:
        raise _no_relay()
    reply_to = block.reply_to or block.from_
    return Sender(
        address=block.from_,
        name=f"VMO, {settings.document.portfolio.name}",
        reply_to=reply_to,
        unsubscribe=block.unsubscribe or f"mailto:{quote(reply_to, safe='@')}?subject=unsubscribe",
    )
