"""What is wrong in a CSV file is set aside and told with its mend; the rest goes on, and nothing is learned from it."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from pathlib import Path

import pytest

from cli import clock
from cli.reading import read_all
from cli.workspace import open_workspace
from tests.cli.program import vmo
from tests.cli.small_company import SECRETS, yesterday
from tests.cli.test_closing import fund, kept, last_month

KPIS = "kpis:\n  nps: {name: NPS, readings: nps.csv}\n"
READINGS = f"kpi,date,value\nnps,{yesterday()},31\nnps,2026-13-45,32\n"
MEND = "there is no such day: 2026-13-45; expected one such as 2026-09-28"


def say(folder: Path, more: str) -> None:
    settings = folder / "vmo.yaml"
    settings.write_text(settings.read_text("utf-8") + more, encoding="utf-8")


def page(folder: Path, name: str) -> str:
    """A page of the newest edition, as text without tags."""
    (found,) = folder.glob(f"vmo-reports/r/*/latest/{name}.html")
    return " ".join(re.sub("<[^>]+>", " ", found.read_text("utf-8")).split())


@pytest.fixture
def misdated(synced: Path) -> Path:
    """A day that does not exist stands in one of two lines of a KPI's file."""
    say(synced, KPIS)
    (synced / "nps.csv").write_text(READINGS, encoding="utf-8")
    return synced


def test_a_wrong_day_of_a_kpi_sets_its_line_aside_and_the_report_goes_on(misdated: Path) -> None:
    ended = vmo("report", "overview", folder=misdated)

    assert ended.code == 3, ended
    assert f"nps.csv:3: date: {MEND}" in ended.out
    manifest = json.loads(next(misdated.glob("vmo-reports/r/*/latest/manifest.json")).read_text("utf-8"))
    assert manifest["counts"]["readings"] == 1
    assert manifest["set_aside"][0]["mistakes"][0]["line"] == 3
    for name in ("overview.en", "quality.en", "audit.en"):
        assert MEND in page(misdated, name), name
    french = page(misdated, "overview.fr")
    assert "nps.csv n’est pas lue. À corriger, ligne 3, date" in french
    assert "le 2026-13-45 n’existe pas au calendrier" in french
    mail = json.loads(next(misdated.glob("vmo-reports/r/*/latest/digest.en.mail.json")).read_text("utf-8"))
    assert MEND in mail["text"]


def test_every_command_says_it_and_none_is_stopped(misdated: Path) -> None:
    synced, checked, run = (vmo(word, folder=misdated, env=SECRETS) for word in ("sync", "check", "run"))
    status = vmo("status", folder=misdated)

    assert [one.code for one in (synced, checked, run, status)] == [3, 2, 3, 3]
    (line,) = [line for line in synced.out.splitlines() if "set aside" in line]
    assert "nps.csv:3" in line
    assert f"FAILED   nps.csv:3: date: {MEND}" in checked.out
    assert "stores:" in checked.out
    assert MEND in run.out
    assert "nps.csv:3" in status.out.partition("Open problems:")[2]


def test_a_decision_that_nobody_can_read_may_be_waiting(synced: Path) -> None:
    log = "id,date,meeting,decision,owner,question\nD-1,soon,Board,,Ada,Go on?\n"
    (synced / "decisions.csv").write_text(log, encoding="utf-8")

    assert vmo("report", folder=synced).code == 3

    assert "Nobody can say whether a decision is waiting" in page(synced, "overview.en")
    assert "Une ligne de decisions.csv n’est pas lue." in page(synced, "overview.fr")


def test_who_asks_of_an_item_is_told_which_files_are_not_read(synced: Path) -> None:
    (synced / "dependencies.csv").write_text("before;after\n", encoding="utf-8")
    key = next(word for word in vmo("export", "items", folder=synced).out.split(",") if re.fullmatch(r"SUP-\d+", word))

    explained = vmo("explain", key, folder=synced)

    assert explained.err.startswith("set aside: dependencies.csv (first dependencies.csv:1)")


# --- nothing is learned from what is set aside


def break_(path: Path) -> bytes:
    """Write a word where an amount stands in the last line; return what stood in the file."""
    before = path.read_bytes()
    path.write_bytes(re.sub(rb",\d+(,[^,\n]*)?\n$", rb",many\1\n", before))
    assert path.read_bytes() != before
    return before


@pytest.mark.parametrize("command", ["sync", "report"])
def test_no_month_closes_while_a_file_of_money_is_set_aside(synced: Path, command: str) -> None:
    fund(synced)
    budgets = synced / "budgets.csv"
    budgets.write_text(f"value_stream,period,amount\nshop,{last_month().year},many\n", encoding="utf-8")

    ended = vmo(command, folder=synced, env=SECRETS)

    assert ended.code == 3, ended
    assert "budgets.csv" in ended.out
    assert kept(synced) == []
    budgets.unlink()
    assert vmo(command, folder=synced, env=SECRETS).code == 0
    assert len(kept(synced)) == 1


def test_costs_set_aside_change_no_closed_month_and_end_no_year(synced: Path) -> None:
    fund(synced)
    more = f"shop,{last_month().year},2400000\n"
    (synced / "budgets.csv").write_text(f"value_stream,period,amount\n{more}", encoding="utf-8")
    assert vmo("report", folder=synced).code == 0
    before = kept(synced)
    break_(synced / "actuals.csv")

    assert vmo("report", folder=synced).code == 3

    assert kept(synced) == before
    data = next((synced / "vmo-reports").rglob("latest/data/adjustments.csv")).read_text("utf-8-sig")
    assert len(data.splitlines()) == 1
    assert "No budget and no cost is told" in page(synced, "guardrails.en")
    assert "€0" not in page(synced, "guardrails.en")
    with open_workspace(synced / "vmo.yaml") as workspace:
        newest, first = workspace.store.editions()
        assert "year" in first.manifest
        assert "year" not in newest.manifest


def committed(folder: Path) -> list[tuple[str, bool, str | None]]:
    """What was committed, by objective: whether it was, and why it was dropped."""
    with open_workspace(folder / "vmo.yaml", write=True) as workspace:
        told = read_all(workspace, now=clock.now())
    return [(one.key, one.committed, one.dropped_because) for each in told.commitments for one in each.objectives]


def test_objectives_set_aside_drop_nothing_and_are_no_plan(synced: Path) -> None:
    settings = (synced / "vmo.yaml").read_text("utf-8")
    starts, ends = yesterday() - timedelta(days=7), yesterday() + timedelta(days=70)
    increments = f"increments: [{{name: PI 1, starts: {starts}, ends: {ends}}}], locales"
    (synced / "vmo.yaml").write_text(settings.replace("locales", increments, 1), encoding="utf-8")
    head, file = "increment,train,team,objective,committed,planned_bv,actual_bv\n", synced / "objectives.csv"
    rows = [f"PI 1,Cedre,A,{name},yes,8,\n" for name in ("Faster", "Safer")]

    file.write_text(f"{head}{rows[1]}{rows[1]}", encoding="utf-8")  # twice, and Faster is not there
    broken = committed(synced)
    file.write_text(head + "".join(rows), encoding="utf-8")
    mended = committed(synced)
    file.write_text(f"{head}{rows[1]}PI 1,Cedre,A,Faster,yes,eight,\n", encoding="utf-8")
    broken_again = committed(synced)
    file.write_text(head + "".join(rows), encoding="utf-8")

    assert (broken, broken_again) == ([], [])
    assert mended == [("A: Faster", True, None), ("A: Safer", True, None)]
    assert committed(synced) == mended


def test_what_is_foretold_without_a_dependency_is_held_against_nobody(synced: Path) -> None:
    (synced / "dependencies.csv").write_text("before,after,due\nA-1,A-2,soon\n", encoding="utf-8")

    assert vmo("report", folder=synced).code == 3

    with open_workspace(synced / "vmo.yaml") as workspace:
        (edition,) = workspace.store.editions()
        foretold = workspace.store.foretold(edition.edition_id)
        assert foretold is not None
        assert foretold.in_hindsight
        assert workspace.store.first_promises(known_at=clock.now()) == []


def test_an_edition_with_something_set_aside_is_made_again_byte_for_byte(misdated: Path) -> None:
    fund(misdated)
    good = break_(misdated / "actuals.csv")
    (misdated / "objectives.csv").mkdir()  # cannot be read, and leaves no byte behind
    say(misdated, "files: {votes: votes.csv}\n")  # which is not there
    assert vmo("report", folder=misdated).code == 3
    (misdated / "objectives.csv").rmdir()
    (misdated / "actuals.csv").write_bytes(good)
    (misdated / "nps.csv").write_text(READINGS.replace("13-45", "10-31"), encoding="utf-8")
    (misdated / "votes.csv").write_text("period,theme,share\n2026,first,10%\n", encoding="utf-8")
    assert vmo("report", folder=misdated).code == 0
    with open_workspace(misdated / "vmo.yaml") as workspace:
        editions = [one.edition_id for one in workspace.store.editions()]

    for edition in editions:
        ended = vmo("verify", edition, folder=misdated)
        assert (ended.code, ended.out.splitlines()[1:]) == (0, ["it holds"]), ended
