"""`vmo explain`, held to the export and to the pages: the items it names are those behind the numbers."""

from __future__ import annotations

import json
import re
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from time import sleep
from types import SimpleNamespace
from typing import Any, cast
from zoneinfo import ZoneInfo

import pytest

from cli import clock, explaining, former
from cli.explaining import standings
from cli.explaining.numbers import behind, question, tell
from cli.explaining.say import local
from cli.reading import Told, facts_of, read_all
from cli.telling import book_of
from cli.workspace import Workspace, open_workspace
from domain.journey import Journey
from domain.period import Period, last_complete_week, month, week_label
from domain.work_item import ItemId
from metrics import catalogue, newest
from metrics.alignment import item_days
from metrics.catalogue import METRICS
from metrics.journeys import holds
from metrics.membership import Facts, Number, take_apart
from metrics.selection import Scope, at_level
from metrics.timeline import lineage
from reports.contents import ALONE, PAGES, TODAY, Looker, printed, stem
from reports.packs import PACKS
from reports.reckoning import Reckoning, reckon
from tests.cli.program import vmo
from tests.cli.small_company import SECRETS, a_folder, small_trackers
from tests.release.conftest import BEGAN, published
from tests.release.edition import Published, tree

__all__ = ["published"]


def told_and_reckoned(folder: Path) -> tuple[Told, Reckoning]:
    with open_workspace(folder / "vmo.yaml") as workspace:
        told = former.read_all(workspace, now=clock.now())  # type: ignore[attr-defined]  # as the commands read it
        return told, reckon(book_of(workspace, told, now=clock.now()))


DATA = (Path(__file__).parents[2] / "docs" / "data.md").read_text("utf-8")
WITHOUT_ROWS = {
    name
    for line in re.findall(r"^\| (`.+?`) \| .*`vmo explain`", DATA, re.MULTILINE)
    for name in re.findall(r"`(\w+)`", line)
} | {"forecast_coverage", "forecast_brier", "spend_adjustment"}  # nothing was foretold yet, and no month was closed


def last_month(told: Told) -> Period:
    return month(month(told.calendar.day(told.as_of)).start - timedelta(days=1))


def rows_of(folder: Path, table: str) -> list[dict[str, Any]]:
    ended = vmo("export", table, "--format", "jsonl", folder=folder)
    assert ended.code == 0, ended
    return [json.loads(line) for line in ended.out.splitlines()]


def explained(folder: Path, *words: str) -> dict[str, Any]:
    ended = vmo("explain", *words, "--json", folder=folder)
    assert (ended.code, ended.err) == (0, ""), ended
    found: dict[str, Any] = json.loads(ended.out)
    return found


def _of_item(folder: Path, key: str) -> dict[str, Any]:
    ended = vmo("explain", key, "--json", folder=folder)
    assert (ended.code, ended.err) == (0, ""), ended
    (found,) = json.loads(ended.out)
    return dict(found)


@pytest.fixture(scope="module")
def readings() -> dict[object, Told]:
    """What was read of the demo, by what was asked."""
    return {}


@pytest.fixture(scope="module")
def reckoned() -> list[tuple[Told, Reckoning, Facts]]:
    """What is told of the demo, its numbers and what numbers may rest on: worked once for all that only read them."""
    return []


@pytest.fixture
def demo(published: Published, readings: dict[object, Told], monkeypatch: pytest.MonkeyPatch) -> Path:
    """What `vmo demo` left behind an hour ago: value streams, trains, themes with key results and benefits, two
    trackers. It is only read: others look at it too. So whatever is asked of it again is not read again."""
    monkeypatch.setattr(clock, "now", lambda: BEGAN + timedelta(hours=1))

    def read(workspace: Workspace, **asked: Any) -> Told:
        key = (workspace.settings.digest, *sorted(asked.items()))
        if key not in readings:
            readings[key] = read_all(workspace, **asked)
        return readings[key]

    for module in (explaining, former, standings):
        monkeypatch.setattr(module, "read_all", read)
    return published.home


@pytest.fixture
def all_of_demo(demo: Path, reckoned: list[tuple[Told, Reckoning, Facts]]) -> tuple[Told, Reckoning, Facts]:
    if not reckoned:
        told, numbers = told_and_reckoned(demo)
        reckoned.append((told, numbers, facts_of(told)))
    return reckoned[0]


def test_every_number_of_a_month_and_of_today_is_made_of_what_the_export_says(
    demo: Path, all_of_demo: tuple[Told, Reckoning, Facts]
) -> None:
    told, _, facts = all_of_demo
    period, week = last_month(told), last_complete_week(told.calendar.day(told.as_of))
    every = rows_of(demo, "metrics")
    of_today = [
        row
        for row in every
        if catalogue.of(row["metric"]).id in ("work_item_age", *newest.OF_A_SCOPE, *newest.OF_THE_WHOLE)
    ]
    rows = [
        row
        for row in every
        if (row["period_start"], row["period_end"]) == (period.start.isoformat(), period.end.isoformat())
    ]

    # Of the parts every fifth row, whichever those are: what is asked of one is asked of all.
    chosen = [row for number, row in enumerate(rows) if row["scope"] == "portfolio" or number % 5 == 0]

    for row, asked in (*((row, period) for row in chosen), *((row, week) for row in of_today)):
        levels = [row["level"]] if row["level"] else []
        told_of = take_apart(row["metric"], facts, scope=Scope(row["scope"]), period=asked, levels=levels)
        (number,) = [one for one in told_of if (one.metric, one.scope) == (row["metric"], row["scope"])]

        value = None if number.value is None else float(number.value)
        assert value == (None if row["value"] is None else pytest.approx(row["value"])), row
        assert (number.n_used, number.n_in_scope) == (row["n_used"], row["n_in_scope"]), row
        assert (number.period.start, number.period.end) == tuple(
            date.fromisoformat(row[name]) for name in ("period_start", "period_end")
        )
        assert {why: len(parts) for why, parts in number.left_out.items()} == json.loads(row["excluded"]), row
        assert asked is week or number.of == "readings" or len(number.counted) == number.n_used, row
    assert {catalogue.of(row["metric"]).id for row in every} | WITHOUT_ROWS == set(METRICS)
    assert len(of_today) > 100
    kinds = {row["scope"].partition(":")[0] for row in chosen}
    names = {row["metric"].partition(":")[0].partition("_p")[0] for row in chosen}
    assert kinds == {"portfolio", "theme", "value_stream", "train"}
    assert names >= {"throughput", "flow_time", "flow_efficiency", "flow_share", "theme_focus", "key_result", "benefit"}
    assert len(chosen) > 300


def test_throughput_names_the_items_that_the_flow_export_says_finished(synced: Path) -> None:
    told, _ = told_and_reckoned(synced)
    period = last_month(told)

    found = explained(synced, "throughput", "--period", f"{period.start:%Y-%m}", "--level", "story")

    (number,) = found["numbers"]
    flow = [
        row["key"]
        for row in rows_of(synced, "flow")
        if row["level"] == "story"
        and row["finished_at"] is not None
        and told.calendar.day(datetime.fromisoformat(row["finished_at"])) in period
    ]
    assert sorted(part["name"] for part in number["counted"]) == sorted(flow)
    assert flow


OF_A_QUARTER = {"board_flow", "board_conversion", "board_kills"}  # rare in a week
LAST_QUARTER = "2026-Q3"
# Nothing is left lying, no month was told otherwise since, and no date that was foretold has come yet.
NOT_IN_THE_DEMO = {"forgotten_work", "spend_adjustment", "forecast_coverage", "forecast_brier"}


def test_every_metric_is_told_to_a_person_in_both_languages_and_to_a_program(
    all_of_demo: tuple[Told, Reckoning, Facts],
) -> None:
    told, _, facts = all_of_demo
    hollow, marked = set(), set()

    for metric in METRICS:
        period = LAST_QUARTER if metric in OF_A_QUARTER else None
        asked = question(metric, told, scope="portfolio", period=period, level=None, past=None)
        found = behind(asked, facts)
        said = {locale: tell(asked, told, found, locale=locale, limit=2) for locale in ("en", "fr")}

        for locale, one in said.items():
            written = "\n".join(one.lines)
            assert written.startswith(f"{METRICS[metric].name[locale]} ({metric}, d"), metric
            assert "None" not in written, (metric, written)
            assert "explain." not in written, (metric, written)
        data = json.loads(json.dumps(said["fr"].data))
        assert data["metric"] == metric
        assert {"formula", "unit", "minimum_sample", "as_of", "numbers"} <= set(data)
        for one in data["numbers"]:
            parts = one["counted"] or [each for kept in one["left_out"] for each in kept["items"]]
            listed = sum(query["items"] for query in one["queries"] if query["kind"] == "list")
            assert listed <= len({(part["source"], part["external_id"]) for part in parts}), metric
        hollow |= set() if any(one["n_in_scope"] for one in data["numbers"]) else {metric}
        marked |= {metric for one in found for part in one.counted if part.mark}
        if metric in ("scenario", "choice", "outcome_date"):
            assert "there was nothing to compute it from" not in "\n".join(said["en"].lines), metric
            assert not re.search(r"\(−?[01]\s(incident|minute|seconde)s\)", "\n".join(said["fr"].lines)), metric
    assert hollow == NOT_IN_THE_DEMO
    assert {"scenario", "board_conversion", "risk_hygiene", "governance", "dependency_health"} <= marked


def test_the_items_an_edition_counts_are_those_its_pages_were_made_from(synced: Path) -> None:
    told, numbers = told_and_reckoned(synced)
    flow = numbers.flow
    assert flow is not None
    counted: dict[tuple[str, Period], set[ItemId]] = {}
    whole = facts_of(told)
    for journey in told.journeys:
        looker = Looker(journey, whole, facts_of(told, lineage(journey, told.journeys)))
        for number in printed(numbers, journey):
            if number.metric in (*ALONE, *TODAY) and number.level in (flow.level, None):
                for one in looker.standing(number):
                    if one.part is not None and number.scope.kind == "portfolio":
                        counted.setdefault((one.metric, one.period), set()).add(journey.id)

    def keys(metric: str, period: Period) -> set[str]:
        return {numbers.items[item].key for item in counted.get((metric, period), set())}

    today = Period(numbers.today, numbers.today + timedelta(days=1))
    assert [len(keys("throughput", week)) for week in flow.weeks] == list(flow.weekly_counts)
    assert keys("flow_time_p85", flow.window) == set(flow.time.keys)
    for period, time in zip(flow.months, flow.monthly_times, strict=True):
        assert keys("flow_time_p85", period) == set(time.keys)
    assert keys("flow_load", today) == set(flow.load.keys)
    assert keys("work_item_age", today) == {one.key for one in flow.ages.items}
    assert keys("flow_efficiency", flow.window) == set(flow.efficiency.keys)
    for kind, items in flow.distribution.items.items():
        assert keys(f"flow_distribution:{kind}", flow.window) == set(items)
    worked = item_days(at_level(told.journeys, flow.level), period=flow.window, calendar=told.calendar)
    assert keys("alignment_flow", flow.window) == {one.key for one, _ in worked}
    for theme in told.portfolio.themes:
        serving = {one.key for one, _ in worked if one.placement.themes.get(theme.id)}
        assert keys(f"flow_share:{theme.id}", flow.window) == serving
    for defect in numbers.defects:
        assert keys(f"data_quality:{defect.rule}", flow.window) | keys(f"data_quality:{defect.rule}", today) == set(
            defect.keys
        ), defect.rule


def of_every_kind(told: Told) -> list[Journey]:
    """An item of each kind that an explanation may differ for."""
    risks = told.hazards.register.ids
    waiting = {one.after for one in told.hazards.edges}
    claimed = {one.item for theme in told.portfolio.themes for one in theme.benefits}
    kinds = {
        kind: one
        for one in told.journeys
        for kind in (
            (one.placement.level, one.flow_state),
            (one.placement.level, one.placement.value_stream),
            (one.placement.level, one.excluded_reason),
            (one.placement.level, bool(one.placement.themes), one.started_at is None, one.is_open),
            ("risk", one.id in risks, one.is_open),
            ("waits", one.placement.level, one.id in waiting),
            ("blocked", one.placement.level, bool(one.spans.blocked) and one.is_open),
            ("gone", one.removed_at is not None),
            ("bet on", one.key if one.key in claimed else None),
            *([("epic in", one.status)] if one.placement.level == "epic" else []),
        )
    }
    return list({one.id: one for one in kinds.values()}.values())


def test_what_an_item_is_told_is_what_each_number_names(all_of_demo: tuple[Told, Reckoning, Facts]) -> None:
    told, numbers, whole = all_of_demo
    sample = of_every_kind(told)
    named: dict[tuple[str, str | None, str, Period], list[Number]] = {}  # as `vmo explain METRIC` names it
    differing, kinds = [], set()

    for journey in sample:
        looker = Looker(journey, whole, facts_of(told, lineage(journey, told.journeys)))
        for number in printed(numbers, journey, packs=PACKS):
            found = looker.standing(number)
            of_metric = []
            for period in number.periods:
                asked = (number.metric, number.level, number.scope.name, period)
                if asked not in named:
                    levels = [number.level] if number.level is not None else ["epic", "feature", "story"]
                    named[asked] = take_apart(number.metric, whole, scope=number.scope, period=period, levels=levels)
                of_metric += [one for each in named[asked] for one in counted_or_left_out(journey, each)]
            said = sorted((one.metric, one.reason or "", "" if one.part is None else one.part.mark) for one in found)
            if said != sorted(of_metric):
                differing.append((journey.key, number, said, of_metric))
            kinds |= {stem(number.metric)} if found else set()

    assert not differing, "\n".join(map(str, differing))
    assert len(sample) > 30
    assert set(PAGES) - kinds == NAMED_OF_NO_ITEM


# In a demo of one edition no promise has come due, nothing is left lying, and no version was released; of money there
# is enough to tell what serves no theme, so that no page prints alignment.
NAMED_OF_NO_ITEM = {
    "forecast_coverage", "forecast_brier", "forgotten_work", "alignment_items", "alignment_flow", "release_age",
}  # fmt: skip


def counted_or_left_out(journey: Journey, number: Number) -> list[tuple[str, str, str]]:
    counted = [part for part in number.counted if part.item == journey.id and part.mark != "elsewhere"]
    reasons = [why for why, parts in number.left_out.items() if any(part.item == journey.id for part in parts)]
    return [(number.metric, "", part.mark) for part in counted] + [(number.metric, why, "") for why in reasons]


NOT_PRINTED = {"lead_time", "spend_total", "choice"}  # in the export alone; choices are told of three epics


def test_no_number_that_counts_items_is_forgotten_when_an_item_is_told(
    all_of_demo: tuple[Told, Reckoning, Facts],
) -> None:
    _, _, whole = all_of_demo
    levels = ["epic", "feature", "story"]
    quarter = Period(date(2026, 7, 1), date(2026, 10, 1))

    of_items = {
        metric
        for metric in METRICS
        if any(
            part.item is not None
            for number in take_apart(metric, whole, scope=Scope(), period=quarter, levels=levels)
            for part in (*number.counted, *(one for parts in number.left_out.values() for one in parts))
        )
    }

    assert of_items - set(PAGES) == NOT_PRINTED


def test_the_pages_that_are_named_say_how_the_number_is_computed(published: Published) -> None:
    by_name = {metric.name["en"]: id for id, metric in METRICS.items()}
    defined: dict[str, set[str]] = {}
    for pack in PACKS:
        for page in published.pages(pack, "en"):
            names = {"".join(one.itertext()) for one in tree(page).iter("dt")}
            defined.setdefault(pack, set()).update(by_name[name] for name in names if name in by_name)

    said = {(metric, pack) for pack, metrics in defined.items() for metric in metrics}

    everywhere = {("trust", pack) for pack in PACKS}
    without_money = {(f"alignment_{by}", pack) for by in ("flow", "items") for pack in PACKS}  # not in the demo
    printed_on = {(metric, pack) for metric, packs in PAGES.items() for pack in packs}
    assert printed_on - said - without_money == set()
    assert {pair for pair in said - printed_on if pair[0] in PAGES} <= everywhere


def test_an_item_says_where_it_counts_in_the_newest_edition(synced: Path) -> None:
    assert vmo("report", folder=synced).code == 0
    _, numbers = told_and_reckoned(synced)
    assert numbers.flow is not None
    key = numbers.flow.time.keys[0]

    ended = vmo("explain", key, folder=synced)
    data = _of_item(synced, key)["edition"]

    assert f"in the numbers of edition {week_label(numbers.week).lower()}/pages, as of " in ended.out
    assert f"throughput ({numbers.flow.level}): counted in " in ended.out
    level = numbers.flow.level
    assert f"    not in flow_load ({level}), work_item_age ({level}): it is done since " in ended.out

    assert f"not in waste ({level}): it was not given up in them" in ended.out
    assert {row["counted"] for row in data["counts"] if row["metric"] == "throughput"} == {True}


def test_an_item_tells_its_timeline_in_local_time_and_what_moved_it(synced: Path) -> None:
    told, _ = told_and_reckoned(synced)
    moved = next(one for one in told.held if one.item.previous_keys)

    ended = vmo("explain", moved.item.key, folder=synced)

    assert f"timeline ({told.calendar.zone.key}); created " in ended.out
    assert "other moves (when it was true; when we learned it)" in ended.out
    assert f"key: {moved.item.previous_keys[0]} -> " in ended.out
    assert "  clock\n" in ended.out


def test_the_hour_that_a_clock_shows_twice_is_told_with_its_distance_from_utc() -> None:
    paris = cast(Told, SimpleNamespace(calendar=SimpleNamespace(zone=ZoneInfo("Europe/Paris"))))
    midnight = datetime(2026, 10, 25, tzinfo=UTC)

    told = [local(midnight + timedelta(minutes=30 + 60 * hour), paris) for hour in range(-1, 3)]

    assert told == ["2026-10-25 01:30", "2026-10-25 02:30+02:00", "2026-10-25 02:30+01:00", "2026-10-25 03:30"]


def test_blocked_and_paused_time_is_told_with_its_days(synced: Path) -> None:
    told, _ = told_and_reckoned(synced)
    blocked = next(one for one in told.journeys if one.spans.blocked and one.spans.blocked > 60)

    ended = vmo("explain", blocked.key, folder=synced)

    assert "    blocked 20" in ended.out, ended.out
    assert "each hour counted once: " in ended.out


def ended(journey: Journey, told: Told) -> datetime:
    return journey.finished_at or journey.cancelled_at or journey.removed_at or told.as_of


def test_what_blocks_an_item_by_a_link_is_named_in_its_timeline(
    demo: Path, all_of_demo: tuple[Told, Reckoning, Facts]
) -> None:
    told, _, _ = all_of_demo
    with open_workspace(demo / "vmo.yaml") as workspace:
        linked = workspace.store.blockings(told.held)
    blocked = [
        (journey.key, blocking.blocker)
        for journey in told.journeys
        for blocking in linked.get(journey.id, ())
        for since, until in holds(blocking, workflow=told.workflow, as_of=told.as_of)
        if journey.spans.blocked and max(since, journey.created_at) < min(until or told.as_of, ended(journey, told))
    ]
    key, blocker = blocked[0]
    assert blocker is not None

    shown = vmo("explain", key, folder=demo)

    spans = [line for line in shown.out.splitlines() if line.startswith("    blocked 20")]
    assert any(blocker.item.key in line.rpartition(": ")[2].split(", ") for line in spans), shown.out
    assert any(blocker.item.key in span["by"] for span in _of_item(demo, key)["blocked"])


def test_an_edition_is_told_by_the_settings_it_was_made_with(synced: Path) -> None:
    assert vmo("report", folder=synced).code == 0
    then = explained(synced, "flow_share:second", "--edition", _edition(synced))
    path = synced / "vmo.yaml"
    path.write_text(path.read_text("utf-8").replace("{source: stores}", "{label: nobody-has-it}"), encoding="utf-8")

    now = explained(synced, "flow_share:second")
    again = explained(synced, "flow_share:second", "--edition", _edition(synced))

    assert [one["value"] for one in now["numbers"]] != [one["value"] for one in again["numbers"]]
    assert again["numbers"] == then["numbers"]
    assert again["doubts"] == []
    assert again["edition"] == _edition(synced)


def test_an_edition_whose_pages_are_gone_is_told_with_a_doubt(synced: Path) -> None:
    assert vmo("report", folder=synced).code == 0
    edition = _edition(synced)
    for path in (synced / "vmo-reports").rglob("manifest.json"):
        path.unlink()

    ended = vmo("explain", "throughput", "--edition", edition, folder=synced)

    assert ended.code == 0
    assert "  ! " in ended.out
    assert "is gone" in ended.out


def test_an_edition_made_by_other_definitions_is_told_with_a_doubt(synced: Path) -> None:
    assert vmo("report", folder=synced).code == 0
    for path in (synced / "vmo-reports").rglob("manifest.json"):
        manifest = json.loads(path.read_text("utf-8"))
        path.write_text(json.dumps(manifest | {"definitions_version": 1}), encoding="utf-8")

    ended = vmo("explain", "flow_efficiency", "--edition", _edition(synced), folder=synced)

    assert ended.code == 0
    assert f"by definitions of version 1, and is told by those of version {catalogue.VERSION}" in ended.out


def _edition(folder: Path) -> str:
    with open_workspace(folder / "vmo.yaml") as workspace:
        return workspace.store.editions()[0].edition_id


def a_month_that_is_over() -> str:
    """In which the small company finished something in both trackers; what is in progress differs from day to day."""
    return f"{datetime.now(UTC) - timedelta(days=40):%Y-%m}"


def test_queries_list_the_items_of_each_tracker(synced: Path) -> None:
    (done,) = explained(synced, "throughput", "--level", "story", "--period", a_month_that_is_over())["numbers"]

    listed = [one for one in done["queries"] if one["kind"] == "list"]
    assert {one["language"] for one in listed} == {"JQL", "WIQL"}
    assert sum(one["items"] for one in listed) == len(done["counted"]) - done["gone_from_tracker"]
    for part in done["counted"]:
        number = part["name"].removeprefix("AB#")
        assert any(number in one["text"] for one in listed), part


def test_a_number_that_too_few_items_stand_behind_says_so(synced: Path) -> None:
    ended = vmo("explain", "flow_time_p95", "--level", "epic", folder=synced)

    assert "not known (" in ended.out
    assert "percentile 95 is shown from 20 on)" in ended.out


def test_a_list_is_cut_only_when_asked(synced: Path) -> None:
    asked = ("explain", "throughput", "--level", "story", "--period", a_month_that_is_over())
    whole = vmo(*asked, folder=synced).out
    cut = vmo(*asked, "--limit", "1", folder=synced).out

    (line,) = [line for line in whole.splitlines() if line.startswith("  counted, ")]
    (short,) = [line for line in cut.splitlines() if line.startswith("  counted, ")]
    assert line.count(",") > 2
    assert " more" not in line
    assert short.endswith(" more")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        pytest.param(("velocity",), "neither an item we hold nor a metric", id="a metric nobody has"),
        pytest.param(("flow_time", "--scope", "theme:x"), "there is no scope 'theme:x'", id="a scope"),
        pytest.param(("flow_time", "--level", "saga"), "nothing is at a level 'saga'", id="a level"),
        pytest.param(("flow_time", "--period", "Q3"), "neither a week like 2026-W47", id="a period"),
        pytest.param(("flow_time", "--period", "2026-13"), "neither a week like 2026-W47", id="a month 13"),
        pytest.param(("flow_time", "--period", "2999-01"), "is not over on", id="a period to come"),
        pytest.param(("flow_time", "--edition", "1999-w01"), "there is no edition '1999-w01'", id="an edition"),
        pytest.param(("flow_time", "--locale", "de"), "no words in 'de'", id="a language"),
        pytest.param(("flow_distribution:gold",), "there is no 'flow_distribution:gold' here", id="a kind"),
    ],
)
def test_what_does_not_exist_is_named_with_what_does(synced: Path, words: tuple[str, ...], said: str) -> None:
    ended = vmo("explain", *words, folder=synced)

    assert ended.code == 2
    assert ended.out == ""
    assert said in ended.message


@pytest.mark.parametrize(
    ("metric", "level", "own"),
    [
        pytest.param("forecast_when", "story", "epic", id="dates"),
        pytest.param("forecast_how_many", "epic", "story", id="how many"),
        pytest.param("load_capacity", "feature", "story", id="load"),
        pytest.param("board_load", "story", "epic", id="the board"),
    ],
)
def test_a_level_that_a_number_is_not_of_is_refused_with_the_one_it_is_of(
    demo: Path, metric: str, level: str, own: str
) -> None:
    ended = vmo("explain", metric, "--level", level, folder=demo)

    assert (ended.code, ended.out) == (2, "")
    assert ended.message == f"{metric} is of level {own}, and not of level {level}; ask without --level"


def test_options_of_a_metric_are_refused_for_an_item(synced: Path) -> None:
    told, _ = told_and_reckoned(synced)

    ended = vmo("explain", told.held[0].item.key, "--period", "2026-01", folder=synced)

    assert ended.code == 2
    assert "--period goes with a metric" in ended.message


def test_an_item_is_found_and_told_before_anything_was_published(synced: Path) -> None:
    told, _ = told_and_reckoned(synced)

    ended = vmo("explain", told.held[0].item.key, folder=synced)

    assert ended.code == 0
    assert "no edition is published yet; as of now" in ended.out


def test_a_named_week_is_the_week_of_that_name(synced: Path) -> None:
    found = explained(synced, "throughput", "--period", "2026-W10")

    assert {(one["period_start"], one["period_end"]) for one in found["numbers"]} == {
        (date(2026, 3, 2).isoformat(), date(2026, 3, 9).isoformat())
    }


def test_an_item_is_explained_in_french_with_every_kind_of_history(
    demo: Path, all_of_demo: tuple[Told, Reckoning, Facts]
) -> None:
    told, _, _ = all_of_demo
    kinds = {
        kind: one.key
        for one in told.journeys
        for kind in (
            (one.flow_state, one.clock),
            one.excluded_reason,
            one.reopen_count > 0,
            one.placement.level is None,
        )
    }
    english = (" counted in ", "started ", "finished ", "left out of", "not in ", " days", "value stream", "level ")

    for key in sorted(set(kinds.values())):
        ended = vmo("explain", key, "--locale", "fr", folder=demo)

        assert ended.code == 0, ended
        ours = [line for line in ended.out.splitlines()[2:] if "décidé par" not in line]
        assert not [(line, one) for line in ours for one in english if one in f"{line.strip()} "], key
        assert "chaîne de valeur" in ended.out
        assert "horloge" in ended.out


def test_an_item_in_a_language_that_nobody_speaks_is_refused(synced: Path) -> None:
    told, _ = told_and_reckoned(synced)

    ended = vmo("explain", told.held[0].item.key, "--locale", "de", folder=synced)

    assert ended.code == 2
    assert "no words in 'de'; there are en, fr" in ended.message


def test_finished_work_that_got_another_parent_says_whose_theme_it_has_and_why(tmp_path: Path) -> None:
    with small_trackers() as trackers:
        site, folder = trackers.jira.site, a_folder(tmp_path, trackers)
        vmo("sync", folder=folder, env=SECRETS)
        finished = next(
            one
            for one in site.issues.values()
            if one.parent_id is not None
            and site.issues[one.parent_id].key == trackers.epic
            and site.statuses[one.status_id].category == "done"
        )
        site.reparent(finished, None, int(datetime.now(UTC).timestamp() * 1000))
        sleep(1)
        vmo("sync", folder=folder, env=SECRETS)

        in_english = vmo("explain", finished.key, folder=folder).out
        in_french = vmo("explain", finished.key, "--locale", "fr", folder=folder).out

    assert f"inherited: {finished.key} -> {trackers.epic}" in in_english
    assert f"by its parent when it finished, {trackers.epic}; now its parent is none" in in_english
    assert f"par son parent au moment où il a été terminé, {trackers.epic}" in in_french
