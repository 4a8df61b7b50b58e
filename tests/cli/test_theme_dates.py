"""A theme that ends or begins, through the real program: what was told of days that are over stays as it was."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from cli.reading import read_all
from cli.workspace import open_workspace
from tests.cli.program import vmo
from tests.cli.small_company import SECRETS, Trackers, a_folder, small_trackers, yesterday

BY_ITEM = ("throughput", "flow_time_", "lead_time_", "flow_efficiency", "alignment_items", "flow_distribution")
BY_DAY = ("flow_share", "alignment_flow", "theme_focus", "horizon_", "spend", "capacity_")
MORE = """
value_streams:
  shop: {{name: Shop, match: [{{source: shop}}], budget: {{{year}: 3_650_000}}}}
  stores: {{name: Stores, match: [{{source: stores}}], budget: {{{year}: 3_650_000}}}}
"""
RESTRICTED = """
restricted: {plan: {themes: [first]}, other: {kpis: [nps]}}
kpis: {nps: {name: Promoters, unit: points}}
audiences: {board: {sees: [other]}}
"""
Rows = dict[tuple[str, ...], tuple[str, ...]]


@pytest.fixture(scope="module")
def trackers() -> Iterator[Trackers]:
    with small_trackers() as found:
        yield found


@pytest.fixture(scope="module")
def folder(trackers: Trackers, tmp_path_factory: pytest.TempPathFactory) -> Path:
    found = a_folder(tmp_path_factory.mktemp("dated"), trackers, MORE.format(year=yesterday().year))
    assert vmo("sync", folder=found, env=SECRETS).code == 0
    return found


def dated(folder: Path, first: str, *, more: str = "") -> None:
    """Give the first theme dates, and put themes after it."""
    path = folder / "vmo.yaml"
    lines = path.read_text("utf-8").splitlines()
    place = next(n for n, line in enumerate(lines) if line.startswith("  first: {"))
    match = lines[place].partition("match: ")[2].rstrip("}") + "}"
    kept = [line for line in lines if not line.startswith("  next: {")]
    kept[place] = f"  first: {{name: First theme, horizon: H1, target_share: 30%,{first} match: {match}}}"
    kept[place] = kept[place].replace("}]}}", "}]}")
    if more:
        kept.insert(
            place + 1,
            f"  next: {{name: Next, horizon: H2, target_share: 80%, {more}, match: {match}}}".replace("}]}}", "}]}"),
        )
    path.write_text("\n".join(kept) + "\n", encoding="utf-8")


def exported(folder: Path, *more: str) -> Rows:
    """The rows of metrics: what was measured, and its value, counts and reasons."""
    out = folder / "metrics.csv"
    ended = vmo("export", "metrics", *more, "--out", out, folder=folder)
    assert (ended.code, ended.err) == (0, "")
    with out.open(encoding="utf-8", newline="") as stream:
        return {
            (row["metric"], row["level"], row["scope"], row["period_start"], row["period_end"]): (
                row["value"], row["n_used"], row["n_in_scope"], row["excluded"],
            )
            for row in csv.DictReader(stream)
        }  # fmt: skip


def told_of(rows: Rows, *names: str, until: date) -> Rows:
    """The rows of these metrics for periods that ended by a day."""
    return {
        where: value
        for where, value in rows.items()
        if where[0].startswith(names) and where[4] <= until.isoformat() and ":next" not in f"{where[0]} {where[2]}"
    }


def late_on(day: date) -> datetime:
    """An instant late on a day of the portfolio."""
    return datetime(day.year, day.month, day.day, 20, 0, tzinfo=UTC)


def test_what_is_over_stays_when_a_theme_ends_and_another_follows(folder: Path) -> None:
    dated(folder, "")
    before = exported(folder)
    last = yesterday()
    dated(folder, f" until: {last},", more=f"from: {last + timedelta(days=1)}")

    after = exported(folder)

    for names in (BY_ITEM, BY_DAY):
        told = told_of(before, *names, until=last + timedelta(days=1))
        assert told == told_of(after, *names, until=last + timedelta(days=1))
        assert {where[0] for where in told} >= (
            {"throughput"} if names is BY_ITEM else {"flow_share:first", "spend:first"}
        )
    assert any(float(value[0] or 0) > 0 for where, value in told.items() if where[0] == "spend:first")


def test_flow_over_columns_says_the_same_of_themes_with_dates(folder: Path) -> None:
    turn = yesterday() - timedelta(days=45)
    dated(folder, f" until: {turn},", more=f"from: {turn + timedelta(days=1)}")
    assert vmo("sync", folder=folder, env=SECRETS).code == 0

    over_columns = exported(folder, "--flow")  # whatever is computed the slow way says so

    whole = exported(folder)
    assert over_columns == {where: whole[where] for where in over_columns}
    shares = {where[0] for where, value in over_columns.items() if float(value[0] or 0) > 0}
    assert {"flow_share:first", "flow_share:next"} <= shares


def test_open_work_has_the_theme_of_the_day_that_is_told_of(folder: Path) -> None:
    last = yesterday()
    dated(folder, f" until: {last},")
    now = datetime.now(UTC)

    with ExitStack() as opened:
        workspace = opened.enter_context(open_workspace(folder / "vmo.yaml"))
        today = read_all(workspace, now=now)
        then = read_all(workspace, now=now, as_of=late_on(last))

    first_then = {one.id for one in then.journeys if "first" in one.placement.themes}
    first_now = {one.id for one in today.journeys if "first" in one.placement.themes}
    is_open = {one.id for one in today.journeys if one.is_open}
    assert first_now == first_then - is_open
    assert first_then & is_open


def test_an_item_says_which_theme_it_has_on_which_days(trackers: Trackers, folder: Path) -> None:
    last = yesterday()
    dated(folder, f" until: {last},", more=f"from: {last + timedelta(days=1)}")

    said = vmo("explain", trackers.epic, folder=folder).out
    (told,) = json.loads(vmo("explain", trackers.epic, "--json", folder=folder).out)

    assert f"until {last}: first 100%" in said
    assert f"from {last + timedelta(days=1)}: next 100%" in said
    assert told["themes_by_day"] == [
        {"from": None, "until": last.isoformat(), "themes": {"first": 1.0}},
        {"from": (last + timedelta(days=1)).isoformat(), "until": None, "themes": {"next": 1.0}},
    ]


def links(folder: Path) -> set[str]:
    """The pages of themes that any page leads to."""
    pages = (folder / "vmo-reports").rglob("*.en.html")
    return {name for page in pages for name in re.findall(r"theme-[a-z-]+\.en\.html", page.read_text("utf-8"))}


def test_pages_say_that_a_theme_has_ended_and_what_it_did(folder: Path) -> None:
    last = yesterday() - timedelta(days=10)
    dated(folder, f" until: {last},", more=f"from: {yesterday() + timedelta(days=400)}")

    assert vmo("report", folder=folder).code == 0

    page = max((folder / "vmo-reports").rglob("flow.en.md")).read_text("utf-8")
    assert "[First theme](theme-first.en.html), ended on" in page
    assert "Next" not in page
    assert "theme-first.en.html" in links(folder)
    assert links(folder) <= {one.name for one in (folder / "vmo-reports").rglob("theme-*.html")}


def test_who_may_not_see_a_theme_does_not_see_what_it_was(trackers: Trackers, folder: Path) -> None:
    last = yesterday()
    dated(folder, f" until: {last},", more=f"from: {last + timedelta(days=1)}")
    path = folder / "vmo.yaml"
    kept = path.read_text("utf-8")
    path.write_text(kept + RESTRICTED, encoding="utf-8")

    seen = vmo("export", "items", "--audience", "board", folder=folder)
    path.write_text(kept, encoding="utf-8")

    assert seen.code == 0
    assert trackers.epic not in seen.out
    assert "stores" in seen.out
