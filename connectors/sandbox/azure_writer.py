"""Writes a company's work into an Azure DevOps organisation, event by event."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

from connectors.sandbox.azure_site import (
    RELATED,
    SUCCESSOR,
    AzureProject,
    AzureSite,
    Node,
    Person,
    State,
    Team,
    WorkItem,
    WorkItemType,
)
from connectors.sandbox.strategy import LOGISTICS, STORES
from connectors.sandbox.work import Event, Work, state_name
from connectors.sandbox.working_time import WorkingTime

_FIELD_OF = {
    "business_value": "Microsoft.VSTS.Common.BusinessValue",
    "time_criticality": "Microsoft.VSTS.Common.TimeCriticality",
    "risk_reduction": "Custom.RiskReduction",
    "job_size": "Microsoft.VSTS.Scheduling.Effort",
    "story_points": "Microsoft.VSTS.Scheduling.StoryPoints",
    "strategic_theme": "Custom.StrategicTheme",
    "probability": "Custom.Probability",
    "residual_probability": "Custom.ResidualProbability",
    "roam": "Custom.Roam",
    "accepted_by": "Custom.AcceptedBy",
    "next_step": "Custom.NextStep",
}
_AMOUNTS = {
    "cost_estimate": "Custom.CostEstimate", "impact": "Custom.Impact", "residual_impact": "Custom.ResidualImpact",
}  # fmt: skip
_TYPE_OF = {"epic": "Epic", "feature": "Feature", "risk": "Risk"}
_STORY = (
    State("New", "Proposed"),
    State("Active", "InProgress"),
    State("Ready for review", "InProgress"),
    State("Waiting for customer", "InProgress"),
    State("Resolved", "Resolved"),
    State("Closed", "Completed"),
    State("Removed", "Removed"),
)
_TYPES = (
    WorkItemType(
        name="Epic",
        reference="Microsoft.VSTS.WorkItemTypes.Epic",
        states=(
            State("New", "Proposed"),
            State("Reviewing", "Proposed"),
            State("Analysing", "Proposed"),
            State("Approved", "Proposed"),
            State("Implementing", "InProgress"),
            State("Closed", "Completed"),
            State("Removed", "Removed"),
        ),
        level=2,
    ),
    WorkItemType(name="Feature", reference="Microsoft.VSTS.WorkItemTypes.Feature", states=_STORY, level=1),
    WorkItemType(name="User Story", reference="Microsoft.VSTS.WorkItemTypes.UserStory", states=_STORY, level=0),
    WorkItemType(name="Bug", reference="Microsoft.VSTS.WorkItemTypes.Bug", states=_STORY, level=0),
    WorkItemType(
        name="Risk",
        reference="Tressande.Risk",
        states=(
            State("Identified", "Proposed"),
            State("Mitigating", "InProgress"),
            State("Closed", "Completed"),
            State("Removed", "Removed"),
        ),
        level=None,
    ),
)
_TEAMS = {STORES: ("Checkout", "Shelf"), LOGISTICS: ("Warehouse", "Delivery")}


def write_azure(works: Iterable[Work], *, time: WorkingTime) -> AzureSite:
    """An organisation that holds these works; events from the company's today on have not happened."""
    site = AzureSite(organisation="tressande", owner=Person("VMO reader"))
    for place, (name, teams) in enumerate(_TEAMS.items(), 1):
        site.projects[name] = AzureProject(
            name=name,
            types=_TYPES,
            teams=tuple(Team(name=team, areas=(f"{name}\\{team}",)) for team in teams),
            areas=tuple(Node(100 * place + n, path) for n, path in enumerate((name, *(f"{name}\\{t}" for t in teams)))),
            iterations=tuple(_iterations(name, 1_000 * place, time)),
        )
    mine = list(works)
    for work in mine:
        _create(site, work, time)
    for work in mine:
        _live(site, work, time)
    site.order_streams()
    return site


def _iterations(project: str, first_id: int, time: WorkingTime) -> Iterable[Node]:
    """The root, then two weeks each from the first Monday to a few after today, each ending on a Friday."""
    yield Node(first_id, project)
    begins = time.day(0.0) - timedelta(days=time.day(0.0).weekday())
    number = 1
    while begins < time.day(time.now + 20):
        ends = begins + timedelta(days=11)
        yield Node(first_id + number, f"{project}\\Iteration {number}", begins.isoformat(), ends.isoformat())
        begins, number = begins + timedelta(days=14), number + 1


def _create(site: AzureSite, work: Work, time: WorkingTime) -> None:
    values: dict[str, Any] = {_FIELD_OF[name]: value for name, value in work.values.items() if name in _FIELD_OF}
    for name, field in _AMOUNTS.items():
        if name in work.values:
            values[field] = work.values[name] * 1_000  # Azure DevOps holds euros, Jira thousands of euros
    if work.due is not None:
        values["Microsoft.VSTS.Scheduling.TargetDate"] = _midnight(time.day(work.due))
    if work.started is not None and work.level == "epic":
        values["Microsoft.VSTS.Scheduling.StartDate"] = _midnight(time.day(work.started))
    kind = _TYPE_OF.get(work.level) or ("Bug" if work.type == "Bug" else "User Story")
    made = site.create(
        project=work.team.project,
        type=kind,
        title=work.title,
        state=state_name(work.team, work.level, "new"),
        at=time.at(work.created),
        area=work.team.area,
        by=Person(f"{work.team.name} product owner"),
        assignee=Person(work.owner) if work.owner else None,
        parent=None if work.parent is None else site.item(work.parent.number),
        tags=work.labels,
        values=values,
    )
    work.number, work.key = made.id, f"AB#{made.id}"


def _live(site: AzureSite, work: Work, time: WorkingTime) -> None:
    item, actor = site.item(work.number), Person(f"{work.team.name} team")
    created = int(item.fields["System.CreatedDate"])
    events = list(work.events)
    if work.level == "story" and work.started is not None:
        events.append(Event(max(work.started - 0.01, work.created + 0.01), "iterate", None))
    for event in sorted(events, key=lambda one: one.moment):
        if event.moment >= time.now:
            break
        _happen(site, item, work, event, max(time.at(event.moment), created + 60_000), actor, time)


def _happen(  # noqa: PLR0917 - where, what, when and by whom
    site: AzureSite, item: WorkItem, work: Work, event: Event, at: int, actor: Person, time: WorkingTime
) -> None:
    if event.kind == "state":
        site.move_state(item, state_name(work.team, work.level, event.value), at, by=actor)
    elif event.kind == "flag":
        site.save(item, at, {"Microsoft.VSTS.CMMI.Blocked": "Yes" if event.value else "No"}, by=actor)
    elif event.kind == "labels":
        site.retag(item, event.value, at, by=actor)
    elif event.kind == "parent":
        if event.value.number and site.item(event.value.number).revisions[0].at < at:
            site.reparent(item, site.item(event.value.number), at, by=actor)
    elif event.kind == "type":
        site.retype(item, "Bug" if event.value == "Bug" else "User Story", at, by=actor)
    elif event.kind == "project":
        site.move(item, event.value.project, at, area=event.value.area, by=actor)
    elif event.kind == "due":
        due = {"Microsoft.VSTS.Scheduling.TargetDate": _midnight(time.day(event.value))}
        site.save(item, at, due, by=actor)
    elif event.kind == "blocks" and event.value.number:
        site.link(item, site.item(event.value.number), SUCCESSOR, at, by=actor)
    elif event.kind == "relates" and event.value.number:
        site.link(item, site.item(event.value.number), RELATED, at, by=actor)
    elif event.kind == "iterate":
        _iterate(site, item, at, actor, time.day(event.moment))


def _iterate(site: AzureSite, item: WorkItem, at: int, actor: Person, day: date) -> None:
    for node in site.projects[item.project].iterations[1:]:
        if node.starts and node.ends and node.starts <= day.isoformat() <= node.ends:
            site.iterate(item, node.path, at, by=actor)


def _midnight(day: date) -> int:
    return (day - date(1970, 1, 1)).days * 86_400_000
