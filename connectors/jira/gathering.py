"""Issues and their histories, gathered into the rows of one batch."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from connectors.base import IMPOSSIBLE_SHAPES, Json, Raw, SourceSettings, Sprint, UnreadableAnswerError
from connectors.jira.fields import SiteFields
from connectors.jira.mapping import Vocabulary, history_raw, item_raw, read_issue, sprints_of
from domain.change import Change
from domain.work_item import HistoryState, Status, StatusCategory, WorkItem


@dataclass(kw_only=True)
class Gathered:
    """The rows of one batch, in the order of the issues."""

    items: list[WorkItem] = field(default_factory=list)
    histories: dict[str, HistoryState] = field(default_factory=dict)
    changes: list[Change] = field(default_factory=list)
    raws: list[Raw] = field(default_factory=list)
    statuses: dict[str, Status] = field(default_factory=dict)
    sprints: dict[str, Sprint] = field(default_factory=dict)
    unreadable: list[tuple[str, str]] = field(default_factory=list)

    @property
    def gaps(self) -> tuple[str, ...]:
        """Ids of the items whose changes do not lead to where they stand."""
        return tuple(item_id for item_id, state in self.histories.items() if state is HistoryState.GAP)


def gather(
    issues: Iterable[Json],
    histories: Mapping[str, Sequence[Json]],
    *,
    settings: SourceSettings,
    base_url: str,
    fields: SiteFields,
    parents: Mapping[str, str] | None = None,
    claimed: Mapping[str, int] | None = None,
    listed: Collection[str] = (),
) -> Gathered:
    """Read every issue; one that cannot be read is set aside with the reason, raw answer kept, the rest goes on.

    `histories` are keyed by issue id; those of issues that are not here are left alone. `parents` maps an issue to
    its resolved parent's id, `claimed` to how many histories the tracker says there are. `listed` are the ids of the
    statuses that the site lists: one that only histories name has been deleted there, and is told with its last name.
    """
    found = Gathered()
    deleted: dict[str, tuple[datetime, str]] = {}
    vocabularies: dict[int, Vocabulary] = {}
    site = fields
    for issue in issues:
        issue_id = str(issue.get("id"))
        raws: list[Raw] = []
        try:
            fields = site.of_project(_project_id(issue))
            vocabulary = vocabularies.get(id(fields)) or vocabularies.setdefault(
                id(fields), Vocabulary(settings, fields)
            )
            raws.append(
                item_raw(
                    issue,
                    base_url=base_url,
                    fields=fields,
                    parent_id=(parents or {}).get(issue_id),
                    history_total=(claimed or {}).get(issue_id),
                )
            )
            kept = [
                history_raw(issue_id, each, fields=fields, ordinal=n)
                for n, each in enumerate(histories.get(issue_id, ()))
            ]
            raws += {raw.kind: raw for raw in kept}.values()
            reading = read_issue(raws, settings=settings, fields=fields, vocabulary=vocabulary)
            sprints = list(sprints_of(issue, fields))
        except UnreadableAnswerError as trouble:
            found.unreadable.append((issue_id, str(trouble)))
            found.raws += raws
            continue
        except IMPOSSIBLE_SHAPES as trouble:
            kind = type(trouble).__name__
            found.unreadable.append(
                (issue_id, f"{settings.name}: issue {issue_id} has a value of no known shape ({kind})")
            )
            found.raws += raws
            continue
        item = reading.item
        found.items.append(item)
        found.statuses[item.status_id] = Status(
            source=item.source, status_id=item.status_id, name=item.status, category=item.status_category
        )
        found.histories[issue_id] = reading.history
        found.changes += reading.changes
        for at, status_id, name in _statuses_named(reading.changes):
            if status_id not in listed and (status_id not in deleted or at >= deleted[status_id][0]):
                deleted[status_id] = (at, name)
        found.raws += raws
        found.sprints.update((sprint.id, sprint) for sprint in sprints)
    for status_id, (_, name) in deleted.items():
        unknown = Status(source=settings.name, status_id=status_id, name=name, category=StatusCategory.UNKNOWN)
        found.statuses.setdefault(status_id, unknown)
    return found


def _statuses_named(changes: Iterable[Change]) -> Iterator[tuple[datetime, str, str]]:
    for change in changes:
        if change.field == "status":
            for status_id, name in ((change.from_id, change.from_value), (change.to_id, change.to_value)):
                if status_id is not None and name is not None:
                    yield change.occurred_at, status_id, name


def _project_id(issue: Json) -> str:
    project = (issue.get("fields") or {}).get("project")
    return str(project.get("id") or "") if isinstance(project, Mapping) else ""
