"""Forecasts of published editions: kept once, the same again, compared with the next, and explained."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from cli import clock
from cli.outcome import ExitCode
from domain.period import last_complete_week, week_label
from domain.promises import WHEN
from metrics.forecasts.keeping import digest
from metrics.forecasts.plan import from_dict
from metrics.forecasts.when import forecast
from sync.store import Store, open_store
from tests.cli.program import vmo
from tests.cli.small_company import SECRETS, Trackers, yesterday


@contextmanager
def the_store(folder: Path) -> Iterator[Store]:
    (path,) = folder.rglob("vmo.db")
    with open_store(f"sqlite:///{path}", now=clock.now, write=False) as store:
        yield store


def page(folder: Path, *, edition: str = "latest", locale: str = "en") -> str:
    return (folder / "vmo-reports" / "r" / "small" / edition / f"flow.{locale}.md").read_text("utf-8")


def test_a_published_edition_keeps_its_plan_and_forecasts_once(synced: Path) -> None:
    for _ in range(2):
        assert vmo("report", folder=synced, env=SECRETS).code == 0

    with the_store(synced) as store:
        (edition,) = store.editions()
        kept = store.foretold(edition.edition_id)
    assert kept is not None
    assert kept.promises
    assert not kept.in_hindsight
    plan = from_dict(kept.plan)
    assert digest(plan) == kept.digest
    again = {id: one.dates for one in forecast(plan).epics for id in [one.id]}
    promised = {(f"{one.item.source}/{one.item.external_id}", one.percentile): one.day for one in kept.promises
                if one.kind == WHEN}  # fmt: skip
    assert promised == {(id, p): again[id].get(p) for id, p in promised}


def test_the_same_store_gives_the_same_page(synced: Path, tmp_path: Path) -> None:
    day = yesterday().isoformat()
    for name in ("one", "two"):
        assert vmo("report", "--as-of", day, "--out", tmp_path / name, folder=synced).code == 0

    one, two = (
        next((tmp_path / name).rglob("latest/flow.fr.md")).read_text("utf-8").partition("Quand sera-ce")[2]
        for name in ("one", "two")
    )
    assert one.partition("published")[0]
    assert one.partition("published")[0] == two.partition("published")[0]


def test_the_next_edition_says_why_dates_moved(
    synced: Path, trackers: Trackers, monkeypatch: pytest.MonkeyPatch
) -> None:
    vmo("report", folder=synced)
    assert "from the next edition on" in page(synced)
    trackers.wall.ahead = timedelta(days=8)
    monkeypatch.setattr("cli.clock.now", trackers.wall.now)
    assert vmo("sync", folder=synced, env=SECRETS).code == 0

    ended = vmo("report", folder=synced)

    assert ended.code == 0, ended
    assert "from the next edition on" not in page(synced)
    assert "since" in page(synced).partition("When will it be done?")[2]


def test_what_is_told_in_hindsight_is_kept_and_proves_nothing(synced: Path) -> None:
    day = (yesterday() - timedelta(weeks=4)).isoformat()

    assert vmo("report", "--as-of", day, folder=synced).code == 0

    with the_store(synced) as store:
        (edition,) = store.editions()
        kept = store.foretold(edition.edition_id)
        assert kept is not None
        assert kept.in_hindsight
        assert store.first_promises(known_at=clock.now()) == []


@pytest.mark.parametrize("metric", ["forecast_when", "forecast_how_many", "forecast_coverage", "forecast_brier"])
@pytest.mark.parametrize("locale", ["en", "fr"])
def test_every_forecast_is_explained(synced: Path, metric: str, locale: str) -> None:
    ended = vmo("explain", metric, "--locale", locale, folder=synced)

    assert ended.code == 0, ended
    assert metric in ended.out


def test_an_explained_date_is_the_one_on_the_page(synced: Path, trackers: Trackers) -> None:
    vmo("report", folder=synced)
    with the_store(synced) as store:
        (edition,) = store.editions()
        kept = store.foretold(edition.edition_id)
    assert kept is not None
    dated = next(one for one in kept.promises if one.kind == WHEN and one.percentile == 85 and one.day is not None)

    ended = vmo("explain", f"forecast_when:{dated.key}", "--edition", edition.edition_id, folder=synced)

    assert ended.code == 0, ended
    assert f"85% by: {dated.day}" in ended.out


@pytest.mark.parametrize("metric", ["forecast_when", "forecast_how_many", "wsjf", "forecast_look_back"])
def test_a_forecast_of_a_period_that_is_over_is_refused(synced: Path, metric: str) -> None:
    week = week_label(last_complete_week(clock.now().date()))

    ended = vmo("explain", metric, "--period", week, folder=synced)

    assert ended.code == ExitCode.WRONG_USAGE, ended
    assert f"{metric} is told as of one day" in ended.err


@pytest.mark.parametrize(
    ("metric", "of"), [("forecast_when", "level epic"), ("forecast_look_back", "all levels together")]
)
def test_a_forecast_of_another_level_is_refused(synced: Path, metric: str, of: str) -> None:
    ended = vmo("explain", metric, "--level", "story", folder=synced)

    assert ended.code == ExitCode.WRONG_USAGE, ended
    assert f"{metric} is of {of}, and not of level story" in ended.err
    if metric == "forecast_when":
        assert vmo("explain", metric, "--level", "epic", folder=synced).code == 0
