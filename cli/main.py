"""The commands. Each imports what it needs when it runs, so that `vmo --help` answers at once."""

from __future__ import annotations

import io
import os
import sys
import traceback
from datetime import date, datetime
from pathlib import Path
from typing import Annotated

import typer

from cli.outcome import CommandError, ExitCode

app = typer.Typer(
    name="vmo",
    help="Sync epics, features and flow history from Jira and Azure DevOps; publish the reports a VMO decides from.",
    epilog="No credentials yet? vmo demo. Exit codes: 0 done, 1 failed, 2 wrong usage or settings, 3 partly done.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
)
mail_app = typer.Typer(help="Mails that are held or whose fate is unknown.", no_args_is_help=True)
db_app = typer.Typer(help="The store's own care.", no_args_is_help=True)
app.add_typer(mail_app, name="mail")
app.add_typer(db_app, name="db")

ConfigOption = Annotated[
    Path | None, typer.Option("--config", metavar="FILE", help="Settings file; default vmo.yaml, or VMO_CONFIG.")
]

EditionOfMail = Annotated[str, typer.Argument(metavar="EDITION", help="Its edition, as `vmo mail list` has it.")]
RecipientOfMail = Annotated[
    str, typer.Argument(metavar="RECIPIENT", help="Its address, channel or target, as `vmo mail list` has it.")
]


class _Chosen:
    """What stands before the command: `vmo --config FILE sync`."""

    config: Path | None = None
    verbose: bool = False


@app.callback()
def _before(
    config: ConfigOption = None,
    verbose: Annotated[bool, typer.Option("--verbose", help="Say more in the log.")] = False,
    version: Annotated[bool, typer.Option("--version", help="Print the version and leave.")] = False,
) -> None:
    if version:
        from cli.version import VERSION  # noqa: PLC0415

        typer.echo(f"vmo {VERSION}")
        raise typer.Exit
    _Chosen.config = config
    _Chosen.verbose = verbose


def config_path(given: Path | None) -> Path:
    return given or _Chosen.config or Path(os.environ.get("VMO_CONFIG", "vmo.yaml"))


@app.command(epilog="Example: vmo demo --size large --out /tmp/vmo-demo")
def demo(
    out: Annotated[Path, typer.Option("--out", help="Folder for settings, store and reports.")] = Path("vmo-demo"),
    size: Annotated[str, typer.Option("--size", help="demo: about 3,000 items; large: 50,000.")] = "demo",
) -> None:
    """Run the main job on two sandbox trackers: no credentials, no network."""
    from cli.demo import run_demo  # noqa: PLC0415

    _leave(run_demo(out, size=size, verbose=_Chosen.verbose))


@app.command(epilog="Example: vmo init --folder portfolio")
def init(
    folder: Annotated[Path, typer.Option("--folder", help="Where to write.")] = Path(),
) -> None:
    """Write a commented starter vmo.yaml, with its CSV files and its JSON Schema."""
    from cli.starting import run_init  # noqa: PLC0415

    _leave(run_init(folder))


@app.command(epilog="Example: vmo check")
def check(config: ConfigOption = None) -> None:
    """Check settings, credentials, what the tokens may see, the store and the mail server; one line each."""
    from cli.checking import run_check  # noqa: PLC0415

    _leave(run_check(config_path(config), verbose=_Chosen.verbose))


@app.command(epilog="Example: vmo discover --out draft.yaml")
def discover(
    config: ConfigOption = None,
    source: Annotated[str | None, typer.Option("--source", help="Only this source.")] = None,
    out: Annotated[Path | None, typer.Option("--out", help="Write the drafted settings here.")] = None,
) -> None:
    """Look into the sources and draft the mapping and value streams, with a confidence and evidence for each guess."""
    from cli.discovering import run_discover  # noqa: PLC0415

    _leave(run_discover(config_path(config), only=source, out=out, verbose=_Chosen.verbose))


@app.command(epilog="Example: vmo sync --source claims")
def sync(
    config: ConfigOption = None,
    source: Annotated[str | None, typer.Option("--source", help="Only this source.")] = None,
    full: Annotated[
        bool, typer.Option("--full", help="Read everything again; one that was interrupted goes on.")
    ] = False,
    sweep: Annotated[bool, typer.Option("--sweep", help="Also count what is there, to find what is gone.")] = False,
) -> None:
    """Pull what changed since the last sync, and prove that it is complete."""
    from cli.gathering import run_sync  # noqa: PLC0415

    _leave(run_sync(config_path(config), only=source, full=full, sweep=sweep, verbose=_Chosen.verbose))


@app.command(epilog="Example: vmo report overview --locale fr --as-of 2026-09-30")
def report(
    packs: Annotated[
        list[str] | None,
        typer.Argument(help="Pages to name at the end: overview, theme, digest."),
    ] = None,
    config: ConfigOption = None,
    as_of: Annotated[str | None, typer.Option("--as-of", metavar="DATE", help="As things stood on this day.")] = None,
    known_at: Annotated[
        str | None, typer.Option("--known-at", metavar="INSTANT", help="With what was known then (ISO 8601).")
    ] = None,
    locale: Annotated[
        list[str] | None, typer.Option("--locale", help="en or fr; the portfolio's when not given.")
    ] = None,
    out: Annotated[Path | None, typer.Option("--out", help="Folder to publish into.")] = None,
    audience: Annotated[
        str | None, typer.Option("--audience", help="For this audience; all that is not restricted when not given.")
    ] = None,
    report: Annotated[
        str | None,
        typer.Option("--report", help="As an edition of this report, for its audience; corrects what is there."),
    ] = None,
) -> None:
    """Publish an edition of the reports as HTML and Markdown; always whole, since its pages link to each other."""
    from cli.telling import run_report  # noqa: PLC0415

    code = run_report(
        config_path(config),
        packs=packs or None,
        as_of=_day(as_of),
        known_at=_instant(known_at),
        locales=locale,
        out=out,
        audience=audience,
        report=report,
        verbose=_Chosen.verbose,
    )
    _leave(code)


@app.command(epilog="Example: vmo send digest --dry-run")
def send(
    pack: Annotated[str, typer.Argument(help="The report, as named under `reports:`, or the pack that it mails.")],
    config: ConfigOption = None,
    dry_run: Annotated[
        bool,
        typer.Option("--dry-run", help="Write each mail to vmo-mails/EDITION/N.eml beside vmo.yaml; send nothing."),
    ] = False,
) -> None:
    """Mail the newest published edition, or its correction, to its recipients, and bring it to targets and channels."""
    from cli.delivering import run_send  # noqa: PLC0415

    _leave(run_send(config_path(config), report=pack, dry_run=dry_run, verbose=_Chosen.verbose))


@app.command(epilog="Example: */15 * * * * vmo --config /etc/vmo/vmo.yaml run")
def run(
    config: ConfigOption = None,
    first_run: Annotated[
        bool, typer.Option("--first-run", help="Let a new or replaced store publish and mail from now on.")
    ] = False,
) -> None:
    """Sync, publish and mail what is due, once: for cron and systemd timers."""
    from cli.service import run_once  # noqa: PLC0415

    _leave(run_once(config_path(config), first_run=first_run, verbose=_Chosen.verbose))


@app.command(epilog="Example: vmo serve")
def serve(
    config: ConfigOption = None,
    first_run: Annotated[
        bool, typer.Option("--first-run", help="Let a new or replaced store publish and mail from now on.")
    ] = False,
) -> None:
    """Keep the schedule until SIGTERM: sync, publish, mail."""
    from cli.service import run_service  # noqa: PLC0415

    _leave(run_service(config_path(config), first_run=first_run, verbose=_Chosen.verbose))


@app.command(epilog="Example: vmo status --json")
def status(
    config: ConfigOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
) -> None:
    """Say how fresh each source is, what ran, what runs next, and what is open."""
    from cli.status import run_status  # noqa: PLC0415

    _leave(run_status(config_path(config), as_json=as_json))


@app.command(epilog="Example: vmo explain CLM-412; vmo explain flow_time --scope theme:settle-fast --period 2026-11")
def explain(
    what: Annotated[
        str, typer.Argument(metavar="ITEM|METRIC", help="An item's key, or a metric's id or its name in the export.")
    ],
    config: ConfigOption = None,
    scope: Annotated[
        str | None, typer.Option("--scope", help="portfolio (the default), theme:ID, value_stream:ID or train:ID.")
    ] = None,
    period: Annotated[
        str | None, typer.Option("--period", help="A week (2026-W47) or month (2026-11); the last complete week.")
    ] = None,
    level: Annotated[str | None, typer.Option("--level", help="epic, feature or story; all of them.")] = None,
    edition: Annotated[
        str | None,
        typer.Option("--edition", metavar="ID", help="As a published edition told it; an item: the newest one's."),
    ] = None,
    locale: Annotated[str | None, typer.Option("--locale", help="In en or fr.")] = None,
    limit: Annotated[
        int | None, typer.Option("--limit", min=1, help="Name so many items of each list; all when not given.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
) -> None:
    """Say why an item is mapped, counted or left out where it is; or which items make a number, and how to list them.

    Items of a number are named with their queries in JQL or WIQL, so that anyone can look at them in the tracker.
    """
    from cli.explaining import run_explain  # noqa: PLC0415

    code = run_explain(
        config_path(config),
        what=what,
        scope=scope,
        period=period,
        level=level,
        edition=edition,
        locale=locale,
        limit=limit,
        as_json=as_json,
    )
    _leave(code)


@app.command(epilog="Example: vmo verify 2026-W47")
def verify(
    edition: Annotated[
        str, typer.Argument(metavar="EDITION", help="Its id (2026-w47/weekly), or its folder: the newest of it.")
    ],
    config: ConfigOption = None,
) -> None:
    """Make a published edition again from what was known then, and say whether it still holds, byte for byte."""
    from cli.verifying import run_verify  # noqa: PLC0415

    _leave(run_verify(config_path(config), edition=edition, verbose=_Chosen.verbose))


@app.command(epilog="Example: vmo export flow --format csv --out flow.csv")
def export(
    table: Annotated[str, typer.Argument(help="items, changes, flow or metrics.")],
    config: ConfigOption = None,
    fmt: Annotated[str, typer.Option("--format", help="jsonl, csv or parquet.")] = "csv",
    out: Annotated[Path | None, typer.Option("--out", help="File to write; standard output if not given.")] = None,
    states: Annotated[bool, typer.Option("--states", help="With flow: one row for each state, in seconds.")] = False,
    flow: Annotated[
        bool,
        typer.Option(
            "--flow",
            help="With metrics: throughput, flow and lead time, load, cumulative flow, balance, waste, efficiency, "
            "distribution and alignment alone, whose rows a million items give in a minute.",
        ),
    ] = False,
    audience: Annotated[
        str | None, typer.Option("--audience", help="Only what it may see; the whole store when not given.")
    ] = None,
) -> None:
    """Write the data that other programs rely on, for Excel, Power BI and notebooks: of the whole store."""
    from cli.exporting import run_export  # noqa: PLC0415

    code = run_export(config_path(config), table=table, fmt=fmt, out=out, states=states, flow=flow, audience=audience)
    _leave(code)


@app.command(epilog="Example: vmo confirm claims identity")
def confirm(
    source: Annotated[str, typer.Argument(help="The source, as named in the settings.")],
    what: Annotated[str, typer.Argument(help="identity: the token's owner changed. vanished: many items really went.")],
    config: ConfigOption = None,
) -> None:
    """Confirm, as a person, what vmo refuses to believe by itself."""
    from cli.gathering import run_confirm  # noqa: PLC0415

    _leave(run_confirm(config_path(config), source=source, what=what))


@mail_app.command("list", epilog="Example: vmo mail list")
def mail_list(config: ConfigOption = None) -> None:
    """List mails that are held or of unknown outcome."""
    from cli.delivering import run_mail_list  # noqa: PLC0415

    _leave(run_mail_list(config_path(config)))


@mail_app.command("resend", epilog="Example: vmo mail resend 2026-W47/weekly lead@example.com")
def mail_resend(edition: EditionOfMail, recipient: RecipientOfMail, config: ConfigOption = None) -> None:
    """Send a mail once more that was refused, came too late, still waits or is in doubt; with the same Message-ID."""
    from cli.delivering import run_mail_resend  # noqa: PLC0415

    _leave(run_mail_resend(config_path(config), edition=edition, recipient=recipient, verbose=_Chosen.verbose))


@mail_app.command("drop", epilog="Example: vmo mail drop 2026-W47/weekly lead@example.com")
def mail_drop(edition: EditionOfMail, recipient: RecipientOfMail, config: ConfigOption = None) -> None:
    """Let a held mail go: it will not be sent."""
    from cli.delivering import run_mail_drop  # noqa: PLC0415

    _leave(run_mail_drop(config_path(config), edition=edition, recipient=recipient))


@db_app.command("upgrade", epilog="Example: vmo db upgrade")
def db_upgrade(config: ConfigOption = None) -> None:
    """Bring the store to this version's schema."""
    from cli.starting import run_upgrade  # noqa: PLC0415

    _leave(run_upgrade(config_path(config)))


@db_app.command("check", epilog="Example: vmo db check")
def db_check(config: ConfigOption = None) -> None:
    """Look at every page, item and raw answer of the store: is it still what was written?"""
    from cli.storekeeping import run_db_check  # noqa: PLC0415

    _leave(run_db_check(config_path(config)))


@db_app.command("restored", epilog="Example: vmo db restored")
def db_restored(config: ConfigOption = None) -> None:
    """Say that the store was brought back from a backup: nothing that was due by now is made or mailed again."""
    from cli.going_back import run_db_restored  # noqa: PLC0415

    _leave(run_db_restored(config_path(config)))


@db_app.command("backup", epilog="Example: vmo db backup --out /backup/vmo.db")
def db_backup(
    config: ConfigOption = None,
    out: Annotated[
        Path | None, typer.Option("--out", help="File to write; vmo-backup-INSTANT.db here when not given.")
    ] = None,
) -> None:
    """Copy an SQLite store into one file, while it is in use, and check the copy."""
    from cli.storekeeping import run_db_backup  # noqa: PLC0415

    _leave(run_db_backup(config_path(config), out=out))


def _day(text: str | None) -> date | None:
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise CommandError(f"{text!r} is not a date; write it as 2026-09-30", code=ExitCode.WRONG_USAGE) from None


def _instant(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        instant = datetime.min  # noqa: DTZ901 - naive on purpose: refused below
    if instant.tzinfo is None:
        raise CommandError(
            f"{text!r} is not an instant; write it as 2026-09-30T18:00:00+02:00", code=ExitCode.WRONG_USAGE
        )
    return instant


def _leave(code: ExitCode) -> None:
    if code is not ExitCode.DONE:
        raise typer.Exit(int(code))


def main() -> None:
    """Run the program; the only place that turns an error into an exit code."""
    os.umask(0o077)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a terminal that lacks a letter is no reason to fail
    try:
        app(standalone_mode=True)
    except CommandError as error:
        _say_last(str(error))
        sys.exit(int(error.code))
    except KeyboardInterrupt:
        _say_last("stopped; what was committed is kept, the next run goes on from there")
        sys.exit(int(ExitCode.FAILED))
    except BrokenPipeError:  # whoever read our output has read enough
        sys.stderr.close()
        sys.exit(int(ExitCode.FAILED))
    except Exception as error:  # the last resort: no trace with secrets in it, and never a success
        if _Chosen.verbose:
            _say_last("".join(traceback.format_exception(error)))
        _say_last(
            f"something unforeseen went wrong ({type(error).__name__}: {error}); "
            "nothing half-done was kept; `vmo --verbose` shows where"
        )
        sys.exit(int(ExitCode.FAILED))


def _say_last(words: str) -> None:
    from cli.logs import redacted  # noqa: PLC0415

    typer.echo(f"vmo: {redacted(words)}", err=True)
