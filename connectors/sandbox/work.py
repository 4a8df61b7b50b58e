"""A piece of work before any tracker has written it down, and the places where it can live."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from connectors.sandbox.vocabulary import Vocabulary


@dataclass(frozen=True, slots=True, kw_only=True)
class Team:
    """A team: where its work lives. `project` is a Jira key or an Azure DevOps project name, `area` an area path."""

    name: str
    tracker: str  # jira or azure_devops
    project: str
    area: str
    stream: str
    iterates: bool  # in two-week sprints


@dataclass(frozen=True, slots=True, kw_only=True)
class Theme:
    """A strategic theme as the generator needs it. `teams`: who works on it, `in_trouble`: slow and late."""

    id: str
    name: str
    words: Vocabulary
    teams: tuple[Team, ...]
    epics: int
    in_trouble: bool = False


@dataclass(slots=True)
class Event:
    """Something that happens to a piece of work. `moment` is in working days.

    `kind`: state, assign, flag, labels, parent, type, project, due, blocks, relates, value; `value` accordingly.
    """

    moment: float
    kind: str
    value: Any
    detail: str | None = None  # state: the resolution; value: which


@dataclass(slots=True)
class Work:
    """One epic, feature, story, sub-task or risk, and all that ever happens to it, the future included."""

    level: str
    type: str
    title: str
    team: Team
    created: float
    state: str
    parent: Work | None = None
    theme: Theme | None = None
    labels: tuple[str, ...] = ()
    owner: str | None = None
    due: float | None = None
    values: dict[str, Any] = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)
    started: float | None = None
    finished: float | None = None  # may be in the future
    number: int = 0  # the tracker's id, once it has written the work down
    key: str = ""


# what each tracker calls the steps of each level
JIRA_STATES = {
    "epic": {"new": "Funnel", "reviewing": "Reviewing", "analysing": "Analysing", "approved": "Approved",
             "doing": "Implementing", "done": "Done", "cancelled": "Won't Do"},
    "feature": {"new": "To Do", "doing": "In Progress", "ready": "Ready for review", "waiting": "Waiting for customer",
                "done": "Done", "cancelled": "Won't Do"},
    "story": {"new": "To Do", "doing": "In Progress", "ready": "Ready for review", "review": "In Review",
              "waiting": "Waiting for customer", "done": "Done", "cancelled": "Won't Do"},
    "risk": {"new": "Identified", "doing": "Mitigating", "done": "Closed", "cancelled": "Won't Do"},
}  # fmt: skip
AZURE_STATES = {
    "epic": {"new": "New", "reviewing": "Reviewing", "analysing": "Analysing", "approved": "Approved",
             "doing": "Implementing", "done": "Closed", "cancelled": "Removed"},
    "feature": {"new": "New", "doing": "Active", "ready": "Ready for review", "waiting": "Waiting for customer",
                "done": "Closed", "cancelled": "Removed"},
    "story": {"new": "New", "doing": "Active", "ready": "Ready for review", "review": "Resolved",
              "waiting": "Waiting for customer", "done": "Closed", "cancelled": "Removed"},
    "risk": {"new": "Identified", "doing": "Mitigating", "done": "Closed", "cancelled": "Removed"},
}  # fmt: skip


def state_name(team: Team, level: str, step: str) -> str:
    """What the team's tracker calls a step: ("story", "doing") is "In Progress" or "Active"."""
    names = JIRA_STATES if team.tracker == "jira" else AZURE_STATES
    return names["story" if level == "subtask" else level][step]
