"""What an edition said of the year's end is kept with it, and told to the editions of later periods."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from cli.issuing import history
from cli.workspace import open_workspace
from cli.year_ends import years_told
from config import meaning
from domain.funding import YearTold
from tests.cli.program import vmo
from tests.cli.small_company import yesterday
from tests.cli.test_closing import STREAMS


def cost(folder: Path, amount: int) -> None:
    """Give the small company value streams, and a cost of this year to date."""
    settings, year = folder / "vmo.yaml", yesterday().year
    text = settings.read_text(encoding="utf-8")
    if "value_streams:" not in text:
        settings.write_text(text + STREAMS.format(year=year), encoding="utf-8")
    (folder / "actuals.csv").write_text(f"value_stream,period,amount\nstores,{year},{amount}\n", encoding="utf-8")


def told(folder: Path, *, audience: str = "", other_than: str = "", currency: str = "EUR") -> Sequence[YearTold]:
    with open_workspace(folder / "vmo.yaml") as workspace:
        earlier = history(
            workspace.store.editions(), before=datetime.now(UTC), of_other_than=other_than, audience=audience
        )
        return years_told(earlier, currency=currency, calendar=meaning.calendar(workspace.settings))


def in_an_earlier_week(folder: Path, *, on: str) -> None:
    """Make the edition in the store one of another week, which told of the year on a day."""
    with sqlite3.connect(folder / "vmo-data" / "vmo.db") as store:
        store.execute(
            "UPDATE editions SET period_key = '2020-W01', edition_id = '2020-w01/pages', "
            "manifest = json_set(manifest, '$.year.as_of', ?)",
            (on,),
        )


def test_an_edition_keeps_where_it_said_that_the_year_would_end(synced: Path) -> None:
    cost(synced, 1_000_000)

    assert vmo("report", folder=synced).code == 0

    (found,) = told(synced)
    assert found.year.start.year == yesterday().year
    assert found.told_on >= yesterday()
    early = yesterday().timetuple().tm_yday * 8 < found.year.length_days
    assert (found.forecast is None) == early
    assert told(synced, other_than=found.edition) == ()
    assert told(synced, audience="board") == ()
    assert told(synced, currency="CHF") == ()


def test_a_report_in_hindsight_is_no_history(synced: Path) -> None:
    cost(synced, 1_000_000)

    assert vmo("report", "--as-of", f"{yesterday()}", folder=synced).code == 0

    assert told(synced) == ()


def test_without_costs_there_is_nothing_to_look_back_on(synced: Path) -> None:
    assert vmo("report", folder=synced).code == 0

    assert told(synced) == ()


def test_the_same_edition_again_is_the_same_though_the_first_told_of_the_year(synced: Path) -> None:
    cost(synced, 1_000_000)
    vmo("report", folder=synced)

    ended = vmo("report", folder=synced)

    assert "already published, unchanged" in ended.out


def test_a_later_edition_shows_what_the_earlier_one_said(synced: Path) -> None:
    cost(synced, 1_000_000)
    vmo("report", folder=synced)
    in_an_earlier_week(synced, on=f"{yesterday().year}-01-20T12:00:00+00:00")
    cost(synced, 1_200_000)

    vmo("report", folder=synced)

    latest = synced / "vmo-reports" / "r" / "small" / "latest"
    table = (latest / "data" / "forecast-history.csv").read_text("utf-8-sig")
    assert ("published,2020-W01" in table) == (yesterday().month > 1)  # once January is over
    checks = (latest / "data" / "quality-checks.csv").read_text("utf-8-sig").splitlines()[1:]
    assert all(line.split(",")[1:3] == line.split(",")[3:5] and ",2020-W01," in line for line in checks)
    assert "Since then: since edition 2020-W01" in (latest / "quality.en.md").read_text("utf-8").replace("\\", "")


def test_a_later_edition_holds_though_an_earlier_month_told_of_the_same_year(synced: Path) -> None:
    cost(synced, 1_000_000)
    vmo("report", folder=synced)
    in_an_earlier_week(synced, on=f"{yesterday().year}-01-20T12:00:00+00:00")
    vmo("report", folder=synced)

    (later,) = [one.edition for one in told(synced) if one.edition != "2020-W01"]
    ended = vmo("verify", later, folder=synced)

    assert (ended.code, ended.out.splitlines()[1:]) == (0, ["it holds"]), ended
