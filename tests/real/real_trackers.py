"""Real issues served as a Jira Cloud over loopback, and a folder in which `vmo` is typed as a person would."""

from __future__ import annotations

import csv
import gzip
import json
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from connectors.sandbox.jira_cloud import JiraCloudSandbox

Json = Any

PAYLOADS = Path(__file__).parent.parent / "payloads"
VMO = Path(sys.executable).with_name("vmo")


@dataclass(frozen=True, kw_only=True)
class Office:
    """One folder with a vmo.yaml. `settings` is the file that commands use: the draft, once there is one."""

    folder: Path
    secrets: Mapping[str, str]

    def vmo(self, *command: str, settings: str = "draft.yaml", codes: Sequence[int] = (0,)) -> str:
        """Run a command to its end and return what it printed; it must end with one of `codes`."""
        done = subprocess.run(
            [VMO, "--config", settings, *command],
            cwd=self.folder,
            env={**self.secrets, "PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"},
            capture_output=True,
            text=True,
            encoding="utf-8",
            check=False,
            timeout=120,
        )
        assert done.returncode in codes, f"vmo {' '.join(command)}: {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def gather(self) -> None:
        """Draft settings from what the trackers show, and bring the items home with them."""
        self.vmo("discover", "--out", "draft.yaml", settings="vmo.yaml")
        self.vmo("sync")

    def status(self) -> str:
        """What `vmo status` says. It may end with 3, since a new store mails nothing before somebody said so."""
        return self.vmo("status", codes=(0, 3))

    def table(self, name: str) -> list[dict[str, str]]:
        """The rows of `vmo export`, read back from the file it wrote."""
        path = self.folder / f"{name}.csv"
        if not path.exists():
            self.vmo("export", name, "--format", "csv", "--out", path.name)
        with path.open(newline="", encoding="utf-8") as file:
            return list(csv.DictReader(file))

    def pages(self, *options: str) -> dict[str, str]:
        """Publish the overview and return its pages: "en.html", "en.md", "fr.html", "fr.md"."""
        out = "pages" + "".join(options)
        self.vmo("report", "overview", *options, "--out", out)
        found = (self.folder / out).rglob("latest/overview.*")
        return {path.name.removeprefix("overview."): path.read_text(encoding="utf-8") for path in found}


@contextmanager
def office(folder: Path, **trackers: Sequence[Json]) -> Iterator[Office]:
    """Serve each tracker's issues, and write the smallest vmo.yaml that reaches them all."""
    statuses = json.loads((PAYLOADS / "jira" / "jirametrics-statuses.json").read_text(encoding="utf-8"))
    with ExitStack() as running:
        sources, secrets = "", {}
        for name, issues in trackers.items():
            own = statuses if any(issue["key"].startswith("SP-") for issue in issues) else ()
            server = running.enter_context(JiraCloudSandbox.from_issues(issues, now=_now, statuses=own))
            secrets[f"{name.upper()}_TOKEN"] = server.token
            sources += (
                f"  {name}: {{kind: jira, url: '{server.url}', user: '{server.user}', "
                f"token: 'env:{name.upper()}_TOKEN', allow_insecure: true}}\n"
            )
        (folder / "vmo.yaml").write_text(
            "portfolio: {name: Real work, timezone: Etc/UTC, currency: EUR, locales: [en, fr]}\n\n"
            f"sources:\n{sources}",
            encoding="utf-8",
        )
        yield Office(folder=folder, secrets=secrets)


def key_figures(markdown: str) -> dict[str, float | None]:
    """The key figures of a Markdown overview, in English or French: title -> number now, None where unknown."""
    lines = markdown.splitlines()
    begin = next(number for number, line in enumerate(lines) if line in ("## Key figures", "## Chiffres clés"))
    figures: dict[str, float | None] = {}
    for line in lines[begin + 4 :]:
        if not line.startswith("|"):
            break
        title, now = line.strip("|").split("|")[:2]
        number = re.match(r"\d+(\.\d+)?", now.strip().replace("\\", "").replace(",", "."))
        figures[title.strip()] = float(number[0]) if number else None
    return figures


def jirametrics_issues() -> tuple[list[Json], list[Json]]:
    """Twelve issues of two sites, whose keys clash: as they were gathered, the second site begins with its own SP-1."""
    lines = (PAYLOADS / "jira" / "jirametrics-issues.jsonl").read_text(encoding="utf-8").splitlines()
    issues = [json.loads(line) for line in lines]
    second = next(place for place, issue in enumerate(issues) if place and issue["key"] == issues[0]["key"])
    return issues[:second], issues[second:]


def aloy_issues() -> list[Json]:
    """1,499 issues of one project, 2012 to 2021, without changelogs."""
    with gzip.open(PAYLOADS / "jira" / "titanium-ALOY-issues.jsonl.gz", "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def agile_metrics_issues() -> list[Json]:
    """Twenty issues, 2021, with whole changelogs."""
    issues: list[Json] = json.loads((PAYLOADS / "agile-metrics" / "search_issues.json").read_text(encoding="utf-8"))
    return issues


def by_key(rows: Iterable[Mapping[str, str]]) -> dict[str, Mapping[str, str]]:
    return {row["key"]: row for row in rows}


def _now() -> datetime:
    return datetime.now(UTC)
