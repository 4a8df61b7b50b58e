"""The guardrails over a real store: breaches with the events that prove them, and files whose versions are kept."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from cli import clock
from cli.issuing import BY_HAND
from cli.reading import read_all
from cli.telling import book_of, remembered
from cli.workspace import open_workspace
from metrics.guardrails import initiatives
from metrics.selection import at_level
from tests.cli.program import vmo
from tests.cli.small_company import yesterday

AGREED = """
kanban:
  states: {{ready: [Approved], implementing: [Implementing], done: [Done, Closed]}}
guardrails:
  approval: {{threshold: 1, job_size: 1, approving_states: [{approving}], before: implementing}}
  flow: {{constraint: 55%}}
"""


def agree(folder: Path, *, approving: str) -> None:
    settings = folder / "vmo.yaml"
    text = settings.read_text(encoding="utf-8") + AGREED.format(approving=approving)
    text = text.replace(
        "levels: {epic: [Initiative]", "fields: {cost_estimate: customfield_10105}\n    levels: {epic: [Initiative]"
    )
    settings.write_text(text, encoding="utf-8")


def explained(folder: Path, *words: str) -> dict[str, Any]:
    ended = vmo("explain", *words, "--json", folder=folder)
    assert (ended.code, ended.err) == (0, ""), ended
    found: dict[str, Any] = json.loads(ended.out)
    return found


def judged(folder: Path, **asked: Any) -> dict[str, str]:
    """Each significant epic's verdict, by its key."""
    with open_workspace(folder / "vmo.yaml") as workspace:
        told = read_all(workspace, now=clock.now(), **asked)
        found = initiatives(
            at_level(told.journeys, "epic"),
            changes=told.initiative_changes,
            decisions=told.decisions,
            guardrails=told.portfolio.guardrails,
            calendar=told.calendar,
            as_of=told.as_of,
        )
    return {one.journey.key: one.verdict for one in found.significant}


def test_each_breach_names_the_change_in_the_trackers_history_that_proves_it(synced: Path) -> None:
    agree(synced, approving="Nobody says this")
    ended = vmo("export", "changes", "--format", "jsonl", folder=synced)
    changes = [json.loads(line) for line in ended.out.splitlines()]

    number = explained(synced, "significant_initiatives")["numbers"][0]
    said = vmo("explain", "significant_initiatives", folder=synced).out

    breaches = [one for one in number["counted"] if one["mark"] == "unapproved"]
    assert breaches
    assert number["value"] == len(breaches)
    for breach in breaches:
        proof = breach["proof"]
        (change,) = [
            one
            for one in changes
            if (one["key"], one["field"], one["to_value"]) == (breach["name"], "status", "Implementing")
            and datetime.fromisoformat(one["occurred_at"]) == datetime.fromisoformat(proof["occurred_at"])
        ]
        assert (proof["before"], proof["after"]) == (change["from_value"], "Implementing")
        assert datetime.fromisoformat(proof["known_at"]) == datetime.fromisoformat(change["known_at"])
        assert f"{breach['name']}" in said
    assert "status Approved → Implementing on" in said
    assert "the constraint from 55% on (from 60%: act)" in explained(synced, "bottleneck")["formula"]


def test_the_same_epics_are_approved_where_their_status_approves(synced: Path) -> None:
    agree(synced, approving="Approved")

    verdicts = judged(synced)

    assert verdicts
    assert set(verdicts.values()) <= {"approved", "waiting", "no_estimate"}
    assert "approved" in verdicts.values()


def test_before_the_sync_nothing_was_known_and_as_of_before_the_beginning_nothing_had_begun(synced: Path) -> None:
    agree(synced, approving="Nobody says this")
    with open_workspace(synced / "vmo.yaml") as workspace:
        first = min(run.started_at for run in workspace.store.runs())

    assert judged(synced, known_at=first - timedelta(days=1)) == {}
    assert "unapproved" not in judged(synced, as_of=first - timedelta(days=800)).values()
    assert judged(synced, known_at=clock.now()) == judged(synced)


def test_when_a_value_was_planned_is_told_by_the_versions_of_the_file(synced: Path) -> None:
    head = "increment,train,team,objective,committed,planned_bv,actual_bv\n"
    for row in ("PI 1,Cedre,A,Faster,yes,,\n", "PI 1,Cedre,A,Faster,yes,8,\n"):
        (synced / "objectives.csv").write_text(head + row, encoding="utf-8")
        with open_workspace(synced / "vmo.yaml", write=True):
            pass

    with open_workspace(synced / "vmo.yaml") as workspace:
        (told,) = read_all(workspace, now=clock.now()).objectives

    assert told.planned is not None
    assert told.planned.missing_at is not None
    assert told.planned.missing_at < told.planned.first_at
    assert told.scored is None


def test_an_edition_with_guardrails_is_made_again_byte_for_byte(synced: Path) -> None:
    agree(synced, approving="Approved")
    head = "id,date,meeting,decision,owner,question\n"
    (synced / "decisions.csv").write_text(f"{head}D-1,{yesterday()},Review,,A,Begin?\n", encoding="utf-8")
    assert vmo("report", folder=synced).code == 0
    (synced / "decisions.csv").write_text(f"{head}D-1,{yesterday()},Review,Yes,A,Begin?\n", encoding="utf-8")
    assert vmo("report", folder=synced).code == 0

    with open_workspace(synced / "vmo.yaml") as workspace:
        editions = [one.edition_id for one in workspace.store.editions()]
    settings = synced / "vmo.yaml"
    loosened = settings.read_text(encoding="utf-8").replace("job_size: 1,", "job_size: 9,").replace("55%", "45%")
    weekly = "reports: {weekly: {packs: [digest], to: [], when: Mon 07:00}}\n"
    settings.write_text(loosened + weekly, encoding="utf-8")
    with open_workspace(settings, write=True) as workspace:
        daily = replace(workspace.store.editions()[0], edition_id="2026-12-01/daily", period_key="2026-12-01")
        workspace.store.record_edition(replace(daily, published_at=clock.now(),
                                               manifest={"config_digest": workspace.settings.digest}))  # fmt: skip
        told = read_all(workspace, now=clock.now())
        book = book_of(workspace, told, now=clock.now(), edition="2999-W01")  # of a week after the two
        book = remembered(workspace, told, book, report=BY_HAND).book
        before = book.agreed_before

    assert (told.portfolio.guardrails.approval_size, told.portfolio.guardrails.flow.constraint) == (
        Decimal(9),
        Decimal("0.45"),
    )
    assert before is not None
    assert book.apart_before == Decimal(10)
    assert (before.approval_size, before.flow.constraint) == (Decimal(1), Decimal("0.55"))  # as the store keeps it
    assert len(editions) == 2
    for edition in editions:
        ended = vmo("verify", edition, folder=synced)
        assert ended.code == 0, ended
