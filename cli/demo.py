"""`vmo demo`: two sandbox trackers, and the same way to the reports as in production."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cli import clock, logs
from cli.gathering import gather, outcome_of
from cli.issuing import BY_HAND
from cli.measuring import ask_endpoints
from cli.outcome import CommandError, ExitCode
from cli.progress import Reporter, shown
from cli.telling import publish
from cli.workspace import open_workspace
from connectors.sandbox.azure_devops import AzureDevOpsSandbox
from connectors.sandbox.company import Company, make_company
from connectors.sandbox.configuration import AZURE_TOKEN, JIRA_TOKEN, restate, write_configuration
from connectors.sandbox.jira_cloud import JiraCloudSandbox
from connectors.sandbox.measures import MeasuresSandbox
from reports.packs import ON_REQUEST

SIZES = ("demo", "large")
MARK = ".vmo-demo"  # a folder with this file in it is ours to replace


def run_demo(out: Path, *, size: str, verbose: bool) -> ExitCode:
    """Make the sample company, sync it from its two trackers, publish, and say what to open."""
    if size not in SIZES:
        raise CommandError(f"there is no size {size!r}; known are {', '.join(SIZES)}", code=ExitCode.WRONG_USAGE)
    logs.set_up(verbose=verbose, as_json=False)
    _clear(out)
    began = clock.monotonic()
    with shown() as reporter:
        reporter.say("1 of 4  Inventing a company and two years of its work ...")
        company = make_company(clock.now().date(), size=size)
        with _trackers(company, out, reporter):
            outcome = _gather(out, reporter)
        restate(company, out)  # a month that was closed before this is told, so that its late bill is an adjustment
        _tell(out, reporter, began=began)
    return outcome


@contextmanager
def _trackers(company: Company, out: Path, reporter: Reporter) -> Iterator[None]:
    """Both trackers and an address with a KPI, over loopback HTTP, and the settings that point at them."""
    with (
        JiraCloudSandbox(company.jira, now=clock.now) as jira,
        AzureDevOpsSandbox(company.azure, now=clock.now) as azure,
        MeasuresSandbox(company.today, now=clock.now) as measures,
    ):
        reporter.say(f"2 of 4  Two sandbox trackers answer: a Jira at {jira.url}, an Azure DevOps at {azure.url}")
        store_url = "sqlite:///vmo-data/vmo.db"
        write_configuration(
            company, out, jira_url=jira.url, ado_url=azure.url, store_url=store_url, kpi_url=measures.url
        )
        os.environ |= {JIRA_TOKEN: jira.token, AZURE_TOKEN: azure.token}
        yield


def _gather(out: Path, reporter: Reporter) -> ExitCode:
    with open_workspace(out / "vmo.yaml", write=True, first_run=True) as workspace:
        reporter.say("3 of 4  Syncing both, read-only, through the same connectors as in production ...")
        records = gather(workspace, workspace.source_names, reporter, sweep=workspace.source_names)
        return outcome_of([*records, *ask_endpoints(workspace, reporter)])


def _tell(out: Path, reporter: Reporter, *, began: float) -> None:
    with open_workspace(out / "vmo.yaml", write=True) as workspace:
        reporter.say("4 of 4  Measuring and publishing, in English and French ...")
        release = publish(workspace, now=clock.now(), report=BY_HAND, packs=ON_REQUEST, sample=True)
    reporter.say(f"Done in {clock.monotonic() - began:.0f} s. Open:")
    for path in release.pages:
        reporter.say(f"  {path}")
    reporter.say(f"Ask it why: .venv/bin/vmo --config {out / 'vmo.yaml'} explain {release.example}")


def _clear(out: Path) -> None:
    """Make room: an earlier demo is replaced, anything else is left alone and refused."""
    if out.exists() and any(out.iterdir()) and not (out / MARK).exists():
        raise CommandError(
            f"{out} holds something that is not a demo; name another folder with --out", code=ExitCode.WRONG_USAGE
        )
    try:
        if out.exists():
            shutil.rmtree(out)
        out.mkdir(parents=True)
        (out / MARK).touch()
    except OSError as error:
        raise CommandError(f"{out} cannot be written: {error.strerror}; name another folder with --out") from error
