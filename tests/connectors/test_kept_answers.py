"""What kept answers are read as, under the number that names it: stores read theirs again when it is raised."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from connectors.azure_devops.mapping import read_again
from connectors.base import Reading, SourceSettings
from connectors.jira.mapping import history_raw, item_raw, read_issue
from connectors.reading import json_of
from sync.plan import READING
from tests.connectors.azure_devops.test_azure_mapping import PAYLOADS, VOCABULARY, read, sample
from tests.connectors.jira.test_jira_mapping import FIELDS, START, a_history, an_answer
from tests.real.real_trackers import aloy_issues, jirametrics_issues

READ_SO = {
    7: "474ba135c1ec0d36",
    8: "474ba135c1ec0d36",
    9: "474ba135c1ec0d36",
}  # reading -> digest of what the answers below are read as
JIRA = SourceSettings(
    name="claims", kind="jira", url="https://example.test", token="t",
    value_fields={"business_value": "Business Value"}, text_fields=("Theme", "Impediment", "fixVersions"),
    blocked_fields={"Impediment": ("Waiting",)},
)  # fmt: skip
WHOLE = an_answer(
    parent={"id": "900", "key": "CLM-900"}, labels=["a", "b"], components=[{"id": "10", "name": "API"}],
    resolution={"name": "Done"}, resolutiondate="2026-03-09T10:00:00.000+0100", duedate="2026-04-01",
    assignee={"displayName": "Somebody"}, cf_sprint=[{"id": 11, "name": "Sprint 11", "state": "active"}],
    cf_flag=[{"value": "Impediment"}], cf_points=5, cf_value=8, cf_start="2026-03-02", cf_rank="0|i000ct:4",
    cf_theme={"value": "Europe", "child": {"value": "France"}}, cf_state={"value": "Waiting"},
    cf_team={"id": "t-1", "name": "Rockets"},
    fixVersions=[{"name": "2.0", "released": True, "releaseDate": "2026-03-09"}, {"name": "3.0", "released": False}],
    issuelinks=[{"type": {"name": "Blocks", "inward": "is blocked by", "outward": "blocks"},
                 "outwardIssue": {"id": "7", "key": "CLM-7"}}],
)  # fmt: skip


def test_a_changed_reading_has_a_number_of_its_own() -> None:
    told = json.dumps([asdict(one) for one in _readings()], sort_keys=True, default=str)

    digest = hashlib.sha256(told.encode()).hexdigest()[:16]

    assert READ_SO.get(READING) == digest, (
        f"reading {READING} no longer reads the same answers as it did; stores read again what they hold only when the "
        "number is another: raise READING in sync/plan.py and add it here with this digest, "
        f"{digest}. The digest of a number that was released stays, unless only the answers here were changed"
    )


def _readings() -> Iterator[Reading]:
    """Of real answers and of one that has all fields, each read as kept ones are."""
    first, second = jirametrics_issues()
    for issue in (*first, *second, *aloy_issues()[::25]):
        yield _jira(issue, *issue.get("changelog", {}).get("histories", ()))
    points = {"field": "Points", "fieldId": "cf_points", "fieldtype": "custom", "fromString": "3", "toString": "5"}
    yield _jira(WHOLE, a_history(1, START), a_history(2, points))
    of_a_bug = sample("workitem-revisions.json")["value"]
    for revisions in (of_a_bug, *([item] for item in json_of((PAYLOADS / "workitems.json").read_bytes())["value"])):
        record, _ = read(*revisions)
        yield read_again(record, revisions, VOCABULARY)


def _jira(issue: Any, *histories: Any) -> Reading:
    raws = [item_raw(issue, base_url="https://example.test", fields=FIELDS)]
    raws += [history_raw(raws[0].external_id, one, fields=FIELDS) for one in histories]
    named = {name: FIELDS.id_of(name) or name for name in JIRA.named_fields}
    return read_issue(raws, settings=JIRA, fields=named)
