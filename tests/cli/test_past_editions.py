"""A past day is told without what files say of later days."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from cli.reading import Told, read_all
from cli.workspace import open_workspace
from tests.cli.small_company import yesterday
from tests.cli.test_closing import STREAMS, last_month

TRAINED = "  trained: {name: Trained, trains: {Azur: {match: [{label: azur}]}}}\n"


def a_company(folder: Path) -> None:
    """A month and an increment that ended with it: closed and scored lately, on a day on which a decision was asked."""
    begins, ends = last_month(), (last_month() + timedelta(days=32)).replace(day=1) - timedelta(days=1)
    late = yesterday() - timedelta(days=1) if yesterday().day > 2 else yesterday()
    settings = folder / "vmo.yaml"
    text = settings.read_text(encoding="utf-8").replace(
        "locales: [en, fr]}", f"locales: [en, fr], increments: [{{name: PI 1, starts: {begins}, ends: {ends}}}]}}"
    )
    streams = STREAMS.format(year=begins.year).replace("funding:", f"{TRAINED}funding:")
    settings.write_text(text + streams, encoding="utf-8")
    files = {
        "actuals.csv": f"value_stream,period,amount,closed_on\nstores,{begins:%Y-%m},1000,{late}\n",
        "decisions.csv": f"id,date,meeting,decision,owner,question\nD-1,{late},Review,,A,Begin?\n",
        "objectives.csv": "increment,train,team,objective,committed,planned_bv,actual_bv,planned_on,scored_on\n"
        f"PI 1,Azur,A,Faster,yes,8,6,{begins},{late}\n",
    }
    for name, body in files.items():
        (folder / name).write_text(body, encoding="utf-8")


def told(folder: Path, day: date) -> Told:
    with open_workspace(folder / "vmo.yaml") as workspace:
        at = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
        return read_all(workspace, now=datetime.now(UTC), as_of=at)


def test_a_past_day_knows_nothing_of_what_was_asked_scored_and_closed_later(synced: Path) -> None:
    a_company(synced)
    before = told(synced, last_month() + timedelta(days=9))
    after = told(synced, yesterday())

    assert [len(one.decisions) for one in (before, after)] == [0, 1]
    assert [len(one.portfolio.funding.actuals) for one in (before, after)] == [0, 1]
    assert [one.commitments[0].objectives[0].actual for one in (before, after)] == [None, 6]
