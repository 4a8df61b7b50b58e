"""What reports are told: journeys that syncs kept are the same as journeys traced from the changes."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from cli import reading
from cli.reading import Told, read_all
from cli.workspace import open_workspace
from metrics import journeys
from metrics.quality import defects
from sync.store.instants import micros
from sync.store.rows import Cleaner
from sync.store.writing import save_sprints


def told(folder: Path, as_of: datetime, **options: Any) -> Told:
    with open_workspace(folder / "vmo.yaml") as workspace:
        return read_all(workspace, now=datetime.now(UTC), as_of=as_of, **options)


@pytest.mark.parametrize("ago", [timedelta(), timedelta(days=45), timedelta(days=400)])
def test_kept_journeys_tell_what_tracing_tells(synced: Path, ago: timedelta, monkeypatch: pytest.MonkeyPatch) -> None:
    as_of = datetime.now(UTC) - ago

    kept = told(synced, as_of)

    monkeypatch.setattr(reading, "_kept", lambda *_, **__: iter(()))
    traced = told(synced, as_of)
    assert kept.journeys == traced.journeys
    assert [list(one.spans.per_state) for one in kept.journeys] == [
        list(one.spans.per_state) for one in traced.journeys
    ]
    assert kept.assignments == traced.assignments


def test_rules_of_governance_are_told_of_a_day_before_some_items_were_written_down(synced: Path) -> None:
    settings = synced / "vmo.yaml"
    rule = "governance: {rules: [{name: An owner, level: epic, requires: [owner]}]}\n"
    settings.write_text(settings.read_text("utf-8") + rule, encoding="utf-8")

    now, then = (told(synced, datetime.now(UTC) - ago) for ago in (timedelta(), timedelta(days=150)))

    assert 0 < len(then.governed.subjects) < len(now.governed.subjects)


def test_after_a_sync_nothing_is_traced_to_tell_of_now(synced: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise AssertionError("traced")

    monkeypatch.setattr(journeys, "trace", refuse)

    assert told(synced, datetime.now(UTC)).journeys


def test_what_was_known_at_an_earlier_instant_is_traced_from_what_was_known(synced: Path) -> None:
    now = datetime.now(UTC)

    earlier = told(synced, now, known_at=now - timedelta(days=1))

    assert earlier.journeys == []


def test_what_looks_back_judges_by_the_rules_of_governance_only_what_was_there_by_then(synced: Path) -> None:
    settings = synced / "vmo.yaml"
    settings.write_text(
        settings.read_text("utf-8")
        + "governance: {rules: [{name: Stories have an owner, level: story, requires: owner, owner: C. Vasseur}]}\n",
        "utf-8",
    )

    earlier, now = (told(synced, datetime.now(UTC) - timedelta(days=ago)) for ago in (45, 0))

    assert set(earlier.governed.subjects) <= {one.id for one in earlier.journeys}
    assert 0 < len(earlier.governed.subjects) < len(now.governed.subjects)


def test_what_looks_back_knows_of_no_touch_after_its_day(synced: Path) -> None:
    as_of = datetime.now(UTC) - timedelta(days=45)

    then = told(synced, as_of)

    assert max(one.updated_at for one in then.journeys) <= as_of
    assert not [
        one.rule for one in defects(then.journeys, portfolio_level="epic", as_of=as_of) if one.rule == "future_date"
    ]


def test_when_an_iteration_began_is_told_as_it_was_known_then(synced: Path) -> None:
    now = datetime.now(UTC)
    today = now.astimezone(ZoneInfo("Europe/Paris")).date()
    before = plans(synced, now)
    with open_workspace(synced / "vmo.yaml", write=True) as workspace:
        for source, told_by in workspace.store.sprints().items():
            later = [replace(one, starts_on=today, starts_at=now) for one in told_by]
            workspace.store.write(
                partial(save_sprints, sprints=later, source=source, known_at=micros(now) + 1, clean=Cleaner())
            )

    after, then = plans(synced, now), plans(synced, now, known_at=now)

    assert before and then == before
    assert set(after.values()) == {today}


def plans(folder: Path, now: datetime, **options: Any) -> dict[str, date]:
    return {one.key: one.planned_on for one in told(folder, now, **options).journeys if one.planned_on is not None}
