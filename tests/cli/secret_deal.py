"""A small company with a deal that few may know of: a word is planted wherever people or trackers can write one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from unittest import mock

from connectors.sandbox import jira_writer
from connectors.sandbox.azure_devops import AzureDevOpsSandbox
from connectors.sandbox.azure_writer import write_azure
from connectors.sandbox.company import Company, make_company
from connectors.sandbox.jira_cloud import JiraCloudSandbox
from connectors.sandbox.jira_writer import write_jira
from connectors.sandbox.work import Event, Work
from tests.cli.program import vmo
from tests.cli.small_company import ADO_TOKEN, JIRA_TOKEN, SECRETS, Trackers, Wall

WORD = "zanzibarq"
PROJECT = WORD.upper()
RESTRICTED = """
restricted:
  deal:
    match: [{label: zanzibarq-label}]
    themes: [zanzibarq-theme]
    value_streams: [zanzibarq-stream]
    kpis: [zanzibarq-kpi]
    decisions: [ZANZIBARQ-D2]
"""
MORE = """
value_streams:
  retail: {{name: Retail, trains: {{Retail train: {{match: [{{source: stores}}]}}}}, budget: {{"{year}": 400000}}}}
  zanzibarq-stream:
    name: Zanzibarq stream
    owner: Zanzibarq owner
    trains: {{Zanzibarq train: {{match: [{{project: ZANZIBARQ}}]}}}}
    budget: {{"{year}": 777000}}
kpis:
  nps: {{name: Recommendation, unit: points}}
  zanzibarq-kpi: {{name: Zanzibarq synergies, unit: zanzibarqs}}
  deal-size: {{name: Zanzibarq size, field: Job size, item: "{deal}"}}
governance:
  rules:
    - {{name: Zanzibarq rule, level: epic, when: {{label: zanzibarq-label}}, requires: [due_on]}}
    - name: An owner for every epic
      level: epic
      requires: [owner]
      exceptions: [{{item: "{deal}", until: {later}, owner: Zanzibarq boss, reason: Zanzibarq reason}}]
kanban: {{states: {{funnel: [Funnel, New], implementing: [Implementing]}}}}
scenarios: [{{from: first, to: zanzibarq-theme, share: 10%}}, {{from: first, to: second, share: 10%}}]
dependencies: {{}}
sync: {{stale_after: 60 days}}
"""
THEME = """themes:
  zanzibarq-theme:
    name: Zanzibarq theme
    sponsor: Zanzibarq sponsor
    match: [{{project: ZANZIBARQ}}]
    objective: {{name: Zanzibarq objective, key_results: [{{name: Zanzibarq result, baseline: 1, target: 9,
      due: {later}, kpi: zanzibarq-kpi}}]}}
    benefits: [{{name: Zanzibarq benefit, kpi: zanzibarq-kpi, baseline: 1, target: 9, starts: {earlier}, due: {later},
      item: "{deal}", planned_amount: 666000}}]
"""
RULE = "  second: {name: Second theme, match: [{source: stores}]}\n"
BENEFIT = """  second:
    name: Second theme
    match: [{{source: stores}}]
    benefits: [{{name: Zanzibarq mixed, kpi: nps, baseline: 1, target: 9, starts: {earlier}, due: {later},
      item: "{deal}"}}, {{name: Open benefit, kpi: nps, baseline: 1, target: 9, starts: {earlier}, due: {later}}}]
"""
UNMIXED = """  second:
    name: Second theme
    match: [{{source: stores}}]
    benefits: [{{name: Open benefit, kpi: nps, baseline: 1, target: 9, starts: {earlier}, due: {later}}}]
"""
LESS = """
value_streams: {retail: {name: Retail, trains: {Retail train: {match: [{source: stores}]}}}}
kpis: {nps: {name: Recommendation, unit: points}}
governance: {rules: [{name: An owner for every epic, level: epic, requires: [owner]}]}
kanban: {states: {funnel: [Funnel, New], implementing: [Implementing]}}
scenarios: [{from: first, to: second, share: 10%}]
dependencies: {}
sync: {stale_after: 60 days}
"""


@dataclass(frozen=True)
class Deal:
    """Trackers that hold it. `hidden` are the keys of its items, `open_key` one of an epic that everybody may see."""

    trackers: Trackers
    hidden: tuple[str, ...]
    open_key: str

    @property
    def key(self) -> str:
        return next(key for key in self.hidden if key.startswith(PROJECT))

    def write(self, folder: Path, more: str = "", *, restricted: str = RESTRICTED) -> Path:
        """Settings and files that speak of the deal in every way they can."""
        folder.mkdir(parents=True, exist_ok=True)
        today = datetime.now(UTC).date()
        days = {"later": today + timedelta(days=90), "earlier": today - timedelta(days=90), "year": today.year}
        text = self._settings(**days).replace("themes:\n", THEME.format(deal=self.key, **days))
        text = text.replace(RULE, BENEFIT.format(deal=self.key, **days))
        text += MORE.format(deal=self.key, **days)
        (folder / "vmo.yaml").write_text(text + restricted + more, encoding="utf-8")
        self._files(folder, today=today.isoformat(), due=str(days["earlier"]))
        return folder

    def write_without(self, folder: Path, more: str = "") -> Path:
        """The same where nobody ever heard of the deal; the money of what holds a part of it is not told, either."""
        folder.mkdir(parents=True, exist_ok=True)
        today = datetime.now(UTC).date()
        days = {"later": today + timedelta(days=90), "earlier": today - timedelta(days=90), "year": today.year}
        text = self._settings(**days).replace(RULE, UNMIXED.format(**days)) + LESS
        (folder / "vmo.yaml").write_text(text + more, encoding="utf-8")
        for path in folder.glob("*.csv"):
            lines = path.read_text("utf-8").splitlines(keepends=True)
            path.write_text("".join(one for one in lines if self._is_open(one)), encoding="utf-8")
        return folder

    def _is_open(self, line: str) -> bool:
        return WORD not in line.casefold() and not line.startswith(("first,", "retail,"))

    def _settings(self, **days: object) -> str:
        increment = "increments: [{{name: PI 1, starts: {earlier}, ends: {later}}}]".format(**days)
        return self.trackers.settings().replace("locales: [en, fr]", f"locales: [en, fr], {increment}")

    def _files(self, folder: Path, *, today: str, due: str) -> None:
        rows = {
            "decisions.csv": (
                "id,date,meeting,question,decision,owner,due,item",
                f"ZANZIBARQ-D1,{due},Zanzibarq meeting,Zanzibarq go?,,Zanzibarq boss,{today},{self.key}",
                f"ZANZIBARQ-D2,{due},Zanzibarq meeting,Zanzibarq buy?,,Zanzibarq boss,{today},",
                f"ZANZIBARQ-D3,{due},Zanzibarq meeting,,Zanzibarq stopped,Zanzibarq boss,,ZANZIBARQ-99999",
                f"OPEN-1,{due},Board,Go on?,,Ada,{today},{self.open_key}",
            ),
            "dependencies.csv": (
                "before,after,due,note",
                f"{self.key},{self.open_key},{due},Zanzibarq note",
                f"ZANZIBARQ-88888,{self.open_key},{due},Zanzibarq other note",
            ),
            "readings.csv": (
                "kpi,date,value,source",
                f"zanzibarq-kpi,{due},4,Zanzibarq ledger",
                f"nps,{due},5,survey",
            ),
            "objectives.csv": (
                "increment,train,team,objective,committed,planned_bv,actual_bv",
                "PI 1,Zanzibarq train,Zanzibarq crew,Zanzibarq aim,yes,8,",
                "PI 1,Retail train,Shelf,Open aim,yes,5,",
            ),
            "votes.csv": (
                "theme,period,share",
                f"zanzibarq-theme,{today[:4]},60%",
                f"first,{today[:4]},40%",
            ),
            "actuals.csv": (
                "value_stream,period,amount",
                f"zanzibarq-stream,{today[:4]}-01,55000",
                f"retail,{today[:4]}-01,33000",
            ),
        }
        for name, lines in rows.items():
            (folder / name).write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")

    def told_in(self, told: bytes) -> list[str]:
        """What bytes tell of the deal: the word that was planted, and the keys of those items that lack it."""
        text = told.decode("utf-8", "replace").casefold()
        numbers = "|".join(key.removeprefix("AB#") for key in self.hidden if key.startswith("AB#"))
        planted = re.compile(rf"{WORD}|(?:ab#|/edit/|/workitems/)(?:{numbers})(?!\d)|\bin \([^)]*\b(?:{numbers})\b")
        return [text[max(0, at.start() - 60) : at.end() + 60] for at in planted.finditer(text)]


@contextmanager
def a_secret_deal() -> Iterator[Deal]:
    """A Jira epic in a project of its own, an Azure epic among others, and links between them and what is open."""
    company = make_company(datetime.now(UTC).date() - timedelta(days=1))
    jira, azure = _trees(company, "jira"), _trees(company, "azure_devops")
    for number, work in enumerate((*jira[1], *azure[1])):
        work.title = f"Zanzibarq title {number}"
        work.owner = work.owner and "Zanzibarq Person"
        work.labels = (*work.labels, "zanzibarq-tag" if work.parent else "zanzibarq-label")
        if work.team.tracker == "jira":
            work.team = replace(work.team, name="Zanzibarq crew", project=PROJECT, iterates=False)
            work.events = [one for one in work.events if one.kind not in ("project", "relates")]
    for open_tree, hidden_tree in ((jira[0], jira[1]), (azure[0], azure[1])):
        _block(company, by=hidden_tree[-1], what=open_tree[-1])
        _block(company, by=open_tree[-2], what=hidden_tree[-2])
    projects = {**jira_writer._PROJECTS, PROJECT: "Zanzibarq project"}
    wall = Wall()
    with mock.patch.object(jira_writer, "_PROJECTS", projects):
        written = write_jira(_in_order(company, jira), time=company.time)
    with (
        JiraCloudSandbox(written, now=wall.now, token=JIRA_TOKEN) as jira_server,
        AzureDevOpsSandbox(
            write_azure(_in_order(company, azure), time=company.time), now=wall.now, token=ADO_TOKEN
        ) as azure_server,
    ):
        open_key = jira[0][0].key
        trackers = Trackers(jira=jira_server, azure=azure_server, epic=open_key, wall=wall)
        hidden = tuple(work.key for work in (*jira[1], *azure[1]))
        yield Deal(trackers=trackers, hidden=hidden, open_key=open_key)


def synced_with(deal: Deal, folder: Path) -> Path:
    deal.write(folder)
    ended = vmo("sync", folder=folder, env=SECRETS)
    assert ended.code == 0, ended
    return folder


def _block(company: Company, *, by: Work, what: Work) -> None:
    """From shortly after both were written down on, one blocks the other; nothing has ended either."""
    for work in (by, what):
        work.events = [one for one in work.events if one.kind != "state" or one.value not in ("done", "cancelled")]
    at = max(by.created, what.created) + 0.5
    by.events.append(Event(min(at, company.time.now - 1), "blocks", what))


def _trees(company: Company, tracker: str) -> list[list[Work]]:
    """Two epics of a tracker with all that is under them, neither small nor large, the epic first."""
    epics = [work for work in company.works if work.level == "epic" and work.team.tracker == tracker]
    trees = [[epic, *(work for work in company.works if _top(work) is epic and work is not epic)] for epic in epics]
    fit = [one for one in trees if 12 <= len(one) <= 30 and any(work.finished for work in one)]
    chosen = fit[-2:]
    known = {id(work) for tree in chosen for work in tree}
    for tree in chosen:
        for work in tree:
            work.events = [one for one in work.events if not isinstance(one.value, Work) or id(one.value) in known]
    return chosen


def _in_order(company: Company, trees: list[list[Work]]) -> list[Work]:
    """As they were created."""
    known = {id(work) for tree in trees for work in tree}
    return [work for work in company.works if id(work) in known]


def _top(work: Work) -> Work:
    while work.parent is not None:
        work = work.parent
    return work
