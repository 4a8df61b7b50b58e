"""KPIs from an endpoint and from a tracker's field, through a real sync; a failure stops nothing, tells no secret."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime
from pathlib import Path

from cli.reading import Told, read_all
from cli.workspace import open_workspace
from tests.cli.program import Ended, vmo
from tests.cli.small_company import SECRETS, Trackers, a_folder
from tests.connectors.scripted_server import Reply, Seen, html_answer, json_answer, serving

CANARY = "canary-kpi-77e0aa41"
ENV = SECRETS | {"DWH": CANARY}


def settings(url: str, trackers: Trackers) -> str:
    return (
        "kpis:\n"
        f"  nps: {{endpoint: {{url: '{url}/kpi/nps', value: /value, date: /day, token: env:DWH, "
        "allow_insecure: true}}\n"
        f"  cost: {{field: 'Cost (k€)', item: {trackers.epic}}}\n"
    )


def told(folder: Path) -> Told:
    with open_workspace(folder / "vmo.yaml") as workspace:
        return read_all(workspace, now=datetime.now(UTC))


def sync(folder: Path) -> Ended:
    return vmo("sync", folder=folder, env=ENV)


def test_an_endpoint_and_a_field_are_read_with_the_trackers(trackers: Trackers, tmp_path: Path) -> None:
    day = datetime.now(UTC).date().isoformat()
    with serving(lambda _: json_answer({"value": 42.5, "day": day})) as server:
        folder = a_folder(tmp_path / "portfolio", trackers, settings(server.url, trackers))

        ended = sync(folder)

        assert ended.code == 0, ended
        assert f"kpis.nps: 42.5 of {day}, new" in ended.out + ended.err
        found = told(folder)
        by_kpi = {one.kpi: one for one in found.readings}
        assert (str(by_kpi["nps"].value), by_kpi["nps"].source) == ("42.5", f"{server.url}/kpi/nps")
        assert by_kpi["nps"].known_at is not None
        assert by_kpi["cost"].source == f"Cost (k€) of {trackers.epic}"
        assert by_kpi["cost"].value > 0
        assert "as we hold it" in (again := sync(folder)).out + again.err


def test_an_endpoint_that_fails_stops_no_tracker_and_keeps_what_it_gave(trackers: Trackers, tmp_path: Path) -> None:
    day = datetime.now(UTC).date().isoformat()
    answers = iter([json_answer({"value": 42, "day": day})])

    def careless(seen: Seen) -> Reply:
        return next(answers, None) or html_answer(f"<html>{seen.headers['Authorization']}</html>")

    with serving(careless) as server:
        folder = a_folder(tmp_path / "portfolio", trackers, settings(server.url, trackers))
        assert sync(folder).code == 0

        ended = sync(folder)

        assert ended.code == 3, ended
        said = ended.out + ended.err
        assert "shop: " in said
        assert "kpis.nps: 127.0.0.1 answered a web page where data was expected" in said
        assert "its earlier readings stay as they are" in said
        found = told(folder)
        assert [str(one.value) for one in found.readings if one.kpi == "nps"] == ["42"]
        assert [one.kpi for one in found.silences] == ["nps"]
        status = vmo("status", folder=folder, env=ENV)
        assert "kpis.nps: 127.0.0.1 answered a web page" in status.out
        assert vmo("report", folder=folder, env=ENV).code == 0
        page = next((folder / "vmo-reports").rglob("ledger.en.html")).read_text("utf-8")
        assert "no reading from its endpoint since" in page
        everything = [said, status.out, page, *(one.read_bytes().decode("latin-1") for one in folder.rglob("*.db*"))]
        assert not any(CANARY in text for text in everything)


def test_a_secret_that_cannot_be_opened_stops_no_tracker(trackers: Trackers, tmp_path: Path) -> None:
    with serving(lambda _: json_answer({"value": 42, "day": "2026-01-01"})) as server:
        folder = a_folder(tmp_path / "portfolio", trackers, settings(server.url, trackers))

        ended = vmo("sync", folder=folder, env=SECRETS)

        assert ended.code == 3
        assert "kpis.nps: endpoint.token: " in ended.out + ended.err
        assert server.seen == []


def test_a_sync_of_one_source_asks_no_endpoint(trackers: Trackers, tmp_path: Path) -> None:
    with serving(lambda _: json_answer({"value": 42, "day": "2026-01-01"})) as server:
        folder = a_folder(tmp_path / "portfolio", trackers, settings(server.url, trackers))

        assert vmo("sync", "--source", "shop", folder=folder, env=ENV).code == 0

        assert server.seen == []


def test_explain_and_the_export_tell_the_same_of_the_ledger(trackers: Trackers, tmp_path: Path) -> None:
    benefit = (
        f"      - {{name: Worth it, kpi: cost, item: {trackers.epic}, baseline: 0, target: 10_000, starts: 2026-01-01, "
        "due: 2027-12-31, planned_amount: 1000, indicators: [{kpi: cost, baseline: 0, target: 1, by: 2027-06-30}]}\n"
    )
    yaml = trackers.settings().replace("  second:", f"  third:\n    name: Third\n    benefits:\n{benefit}  second:")
    folder = tmp_path / "portfolio"
    folder.mkdir()
    (folder / "vmo.yaml").write_text(yaml + f"kpis: {{cost: {{field: 'Cost (k€)', item: {trackers.epic}}}}}\n", "utf-8")
    assert sync(folder).code == 0

    exported = vmo("export", "metrics", "--format", "csv", folder=folder, env=ENV)
    rows = [row for row in csv.DictReader(io.StringIO(exported.out)) if row["metric"] == "verdicts:confirmed"]
    explained = vmo("explain", "verdicts:confirmed", folder=folder, env=ENV)
    amount = vmo("explain", "benefit_amount:planned_total", folder=folder, env=ENV)

    assert {row["value"] for row in rows} <= {"0", "1"}
    assert rows
    assert explained.code == amount.code == 0, (explained, amount)
    assert "Verdicts" in explained.out
    assert "€1,000" in amount.out
