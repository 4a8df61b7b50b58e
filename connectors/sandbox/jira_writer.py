"""Writes a company's work into a Jira, event by event."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from functools import cache
from hashlib import sha256
from typing import Any

from connectors.sandbox import jira_site
from connectors.sandbox.jira_site import (
    CUSTOM_FIELDS,
    SYSTEM_FIELDS,
    Board,
    Field,
    Issue,
    IssueType,
    JiraSite,
    Named,
    Person,
    Project,
    Sprint,
    Status,
)
from connectors.sandbox.measures import IN_TRACKER
from connectors.sandbox.work import Event, Team, Work, state_name
from connectors.sandbox.working_time import WorkingTime

_TEXT = "com.atlassian.jira.plugin.system.customfieldtypes:textfield"
_FLOAT = "com.atlassian.jira.plugin.system.customfieldtypes:float"
PROBABILITY = "customfield_10107"
IMPACT = "customfield_10108"
RESIDUAL_PROBABILITY = "customfield_10109"
RESIDUAL_IMPACT = "customfield_10110"
ROAM = "customfield_10111"
ACCEPTED_BY = "customfield_10112"
NEXT_STEP = "customfield_10113"
ORDERS_ON_NEW_CORE = "customfield_10114"
_RISK_FIELDS = (
    Field(id=PROBABILITY, name="Probability", type="number", custom=_FLOAT),
    Field(id=IMPACT, name="Impact (k€)", type="number", custom=_FLOAT),
    Field(id=RESIDUAL_PROBABILITY, name="Residual probability", type="number", custom=_FLOAT),
    Field(id=RESIDUAL_IMPACT, name="Residual impact (k€)", type="number", custom=_FLOAT),
    Field(id=ROAM, name="ROAM", type="string", custom=_TEXT),
    Field(id=ACCEPTED_BY, name="Accepted by", type="string", custom=_TEXT),
    Field(id=NEXT_STEP, name="Next step", type="string", custom=_TEXT),
)
_MEASURE_FIELDS = (Field(id=ORDERS_ON_NEW_CORE, name=IN_TRACKER["orders_on_new_core"], type="number", custom=_FLOAT),)
_FIELD_OF = {
    "business_value": jira_site.BUSINESS_VALUE,
    "time_criticality": jira_site.TIME_CRITICALITY,
    "risk_reduction": jira_site.RISK_REDUCTION,
    "job_size": jira_site.JOB_SIZE,
    "cost_estimate": jira_site.COST,
    "story_points": jira_site.STORY_POINTS,
    "probability": PROBABILITY,
    "impact": IMPACT,
    "residual_probability": RESIDUAL_PROBABILITY,
    "residual_impact": RESIDUAL_IMPACT,
    "roam": ROAM,
    "accepted_by": ACCEPTED_BY,
    "next_step": NEXT_STEP,
    "orders_on_new_core": ORDERS_ON_NEW_CORE,
}
_TYPE_OF = {"epic": "Initiative", "feature": "Epic", "subtask": "Sub-task", "risk": "Risk"}
_STATUSES = (
    Status(id=10_001, name="To Do", category="new"),
    Status(id=10_002, name="In Progress", category="indeterminate"),
    Status(id=10_003, name="Ready for review", category="indeterminate"),
    Status(id=10_004, name="In Review", category="indeterminate"),
    Status(id=10_005, name="Waiting for customer", category="indeterminate"),
    Status(id=10_006, name="Done", category="done"),
    Status(id=10_007, name="Won't Do", category="done"),
    Status(id=10_011, name="Funnel", category="new"),
    Status(id=10_012, name="Reviewing", category="new"),
    Status(id=10_013, name="Analysing", category="new"),
    Status(id=10_014, name="Approved", category="new"),
    Status(id=10_015, name="Implementing", category="indeterminate"),
    Status(id=10_021, name="Identified", category="new"),
    Status(id=10_022, name="Mitigating", category="indeterminate"),
    Status(id=10_023, name="Closed", category="done"),
)
_TYPES = (
    IssueType(id=10_101, name="Initiative", level=2),
    IssueType(id=10_102, name="Epic", level=1),
    IssueType(id=10_103, name="Story", level=0),
    IssueType(id=10_104, name="Task", level=0),
    IssueType(id=10_105, name="Bug", level=0),
    IssueType(id=10_106, name="Risk", level=0),
    IssueType(id=10_107, name="Sub-task", level=-1),
)
_PRIORITIES = tuple(Named(number, name) for number, name in enumerate(("Highest", "High", "Medium", "Low"), 1))
_RESOLUTIONS = tuple(
    Named(10_000 + number, name) for number, name in enumerate(("Done", "Won't Do", "Duplicate", "Cannot Reproduce"))
)
_PROJECTS = {"SHOP": "Online shop", "LOY": "Loyalty and service", "SUP": "Supply chain"}
_STORY_STATUSES = (10_001, 10_002, 10_003, 10_004, 10_005, 10_006, 10_007)
_BY_TYPE = {
    10_101: (10_011, 10_012, 10_013, 10_014, 10_015, 10_006, 10_007),
    10_102: _STORY_STATUSES,
    10_103: _STORY_STATUSES,
    10_104: _STORY_STATUSES,
    10_105: _STORY_STATUSES,
    10_106: (10_021, 10_022, 10_023, 10_007),
    10_107: _STORY_STATUSES,
}
_DAY = 86_400_000


@cache
def person(name: str) -> Person:
    """The account of a name; the same name is the same account."""
    return Person(sha256(name.encode()).hexdigest()[:24], name)


def write_jira(works: Iterable[Work], *, time: WorkingTime) -> JiraSite:
    """A Jira that holds these works; events from the company's today on have not happened."""
    site = JiraSite(
        title="Tressande",
        zone="Europe/Paris",
        statuses=_STATUSES,
        types=_TYPES,
        priorities=_PRIORITIES,
        resolutions=_RESOLUTIONS,
        fields=(*SYSTEM_FIELDS, *CUSTOM_FIELDS, *_RISK_FIELDS, *_MEASURE_FIELDS),
        owner=person("VMO reader"),
    )
    for place, (key, name) in enumerate(_PROJECTS.items()):
        lead = person(f"{name} lead")
        site.projects[10_000 + place] = Project(id=10_000 + place, key=key, name=name, lead=lead, statuses=_BY_TYPE)
    sprints = _add_boards(site, time)
    mine = list(works)
    for work in mine:
        _create(site, work, time)
    for work in mine:
        _live(site, work, time, sprints)
    site.number_histories()
    return site


def _add_boards(site: JiraSite, time: WorkingTime) -> Mapping[str, list[Sprint]]:
    """A board a project; scrum boards have a sprint every two weeks, from the first Monday to a few after today."""
    columns = (
        ("To Do", (10_001,)),
        ("In Progress", (10_002, 10_005)),
        ("Review", (10_003, 10_004)),
        ("Done", (10_006, 10_007)),
    )
    first = datetime.combine(time.day(0.0), datetime.min.time(), UTC)
    first += timedelta(days=-first.weekday(), hours=8)
    now = time.at(time.now)
    sprints: dict[str, list[Sprint]] = {}
    for board_id, project in enumerate(site.projects.values(), 1):
        kind = "kanban" if project.key == "SUP" else "scrum"
        name = f"{project.name} board"
        site.boards[board_id] = Board(id=board_id, name=name, type=kind, project_id=project.id, columns=columns)
        sprints[project.key] = []
        begins, number = int(first.timestamp() * 1000), 1
        while kind == "scrum" and begins < now + 28 * _DAY:
            ends = begins + 14 * _DAY
            state = "closed" if ends <= now else "active" if begins <= now else "future"
            sprint = Sprint(
                id=100 * board_id + number,
                board_id=board_id,
                name=f"{project.key} Sprint {number}",
                state=state,
                starts=begins,
                ends=ends,
                completed=ends + 3_600_000 if state == "closed" else None,
            )
            site.sprints[sprint.id] = sprint
            sprints[project.key].append(sprint)
            begins, number = ends, number + 1
    return sprints


def _create(site: JiraSite, work: Work, time: WorkingTime) -> None:
    values: dict[str, Any] = {_FIELD_OF[name]: value for name, value in work.values.items() if name in _FIELD_OF}
    if "strategic_theme" in work.values:
        values[jira_site.STRATEGIC_THEME] = _option(work.values["strategic_theme"])
    if work.due is not None and work.started is not None and work.level == "epic":
        values[jira_site.TARGET_START] = time.day(work.started).isoformat()
        values[jira_site.TARGET_END] = time.day(work.due).isoformat()
    values[jira_site.TEAM] = {"id": sha256(work.team.name.encode()).hexdigest()[:12], "name": work.team.name}
    issue = site.create(
        project=work.team.project,
        type=_TYPE_OF.get(work.level, work.type),
        summary=work.title,
        status=state_name(work.team, work.level, "new"),
        at=time.at(work.created),
        reporter=person(f"{work.team.name} product owner"),
        assignee=person(work.owner) if work.owner else None,
        parent=None if work.parent is None else site.issue(work.parent.number),
        labels=work.labels,
        values=values,
        priority_id=2 if work.type == "Bug" else 3,
        due=time.day(work.due).isoformat() if work.due is not None else None,
    )
    work.number, work.key = issue.id, issue.key


def _live(site: JiraSite, work: Work, time: WorkingTime, sprints: Mapping[str, list[Sprint]]) -> None:
    issue, actor = site.issue(work.number), person(f"{work.team.name} team")
    if work.team.iterates and work.level == "story" and work.started is not None:
        _sprint(site, issue, work, sprints[work.team.project], time)
    for event in sorted(work.events, key=lambda one: one.moment):
        if event.moment >= time.now:
            break
        at = max(time.at(event.moment), issue.created + 60_000)
        _happen(site, issue, work, event, at, actor, time)
    work.key = issue.key


def _happen(  # noqa: PLR0917 - where, what, when and by whom
    site: JiraSite, issue: Issue, work: Work, event: Event, at: int, actor: Person, time: WorkingTime
) -> None:
    if event.kind == "state":
        resolution = event.detail
        site.transition(issue, state_name(work.team, work.level, event.value), at, resolution=resolution, author=actor)
    elif event.kind == "flag":
        site.flag(issue, event.value, at, author=actor)
    elif event.kind == "labels":
        site.relabel(issue, event.value, at, author=actor)
    elif event.kind == "parent":
        _reparent(site, issue, event.value, at, actor)
    elif event.kind == "type":
        site.retype(issue, event.value, at, author=actor)
    elif event.kind == "project":
        team: Team = event.value
        site.move(issue, team.project, at, author=actor)
    elif event.kind == "due":
        site.reschedule(issue, time.day(event.value).isoformat(), at, author=actor)
    elif event.kind == "value" and event.detail in _FIELD_OF:
        site.set_value(issue, _FIELD_OF[event.detail], event.value, at, author=actor)
    elif event.kind == "blocks" and event.value.number:
        site.link(issue, site.issue(event.value.number), at)
    elif event.kind == "relates" and event.value.number:
        site.link(issue, site.issue(event.value.number), at, type="Relates")


def _reparent(site: JiraSite, issue: Issue, parent: Work, at: int, actor: Person) -> None:
    """Only to a parent that was there by then."""
    if parent.number and site.issue(parent.number).created < at:
        site.reparent(issue, site.issue(parent.number), at, author=actor)


def _sprint(site: JiraSite, issue: Issue, work: Work, sprints: list[Sprint], time: WorkingTime) -> None:
    """Planned into the sprint in which it begins, carried over into at most two more."""
    assert work.started is not None
    if work.started >= time.now:
        return
    begins, now = time.at(work.started), time.at(time.now)
    ends = now if work.finished is None or work.finished >= time.now else time.at(work.finished)
    touched = [one for one in sprints if one.starts < ends and one.ends > begins and one.starts < now][:3]
    for place, sprint in enumerate(touched):
        at = max(begins - 600_000 if place == 0 else sprint.starts, issue.created + 30_000)
        site.plan(issue, tuple(one.id for one in touched[: place + 1]), at, author=person(f"{work.team.name} team"))


def _option(value: str) -> dict[str, str]:
    return {"id": str(20_000 + int(sha256(value.encode()).hexdigest()[:4], 16) % 10_000), "value": value}
