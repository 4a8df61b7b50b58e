"""Azure DevOps: servers of every age, hosts that are none of ours, homes that cannot be written; as whole runs."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from tests.connectors.azure_devops.azure_house import House, house
from tests.connectors.azure_devops.scripted_collection import TOKEN, a_link, a_revision, a_type, collection
from tests.connectors.scripted_server import Reply, Seen, json_answer, serving
from tests.faults.catalogue import case

WORK_ITEMS = "5264459e-e5e0-4bd8-b118-0985e68a4ec5"  # the area of work item tracking
BUILDS = "965220d5-5bb9-42cf-8d67-9b146df2a5a4"


@case("E082")
def test_resource_areas_without_ours_send_nobody_elsewhere(tmp_path: Path) -> None:
    with serving(lambda _: json_answer({})) as elsewhere:
        foreign = elsewhere.url.replace("127.0.0.1", "localhost")
        areas = [{"id": BUILDS, "name": "build", "locationUrl": foreign}]
        with house(tmp_path, revisions=[a_revision(7, 1)], resource_areas=areas) as at:
            run = at.sync()

            assert (run.outcome, set(at.items)) == ("ok", {"7"})
            assert elsewhere.seen == []
            assert hosts(at) == {at.site.server.url.removeprefix("http://")}


@case("E082")
def test_work_items_at_a_foreign_host_get_no_request(tmp_path: Path) -> None:
    with serving(lambda _: json_answer({})) as elsewhere:
        foreign = elsewhere.url.replace("127.0.0.1", "localhost")
        areas = [{"id": WORK_ITEMS, "name": "wit", "locationUrl": foreign}]
        with house(tmp_path, revisions=[a_revision(7, 1)], resource_areas=areas) as at:
            run = at.sync()

            assert (run.outcome, at.items, at.cursor) == ("failed", {}, None)
            assert "another host" in run.sentence
            assert elsewhere.seen == []
            assert hosts(at) == {at.site.server.url.removeprefix("http://")}


def hosts(at: House) -> set[str]:
    return {seen.headers["Host"] for seen in at.site.server.seen}


A_WHOLE_RUN = """
import sys
from datetime import UTC, datetime
from connectors.azure_devops.client import connect
from connectors.base import SourceSettings
from sync.engine import sync_source
from sync.store import open_store

url, token, folder = sys.argv[1:]
now = lambda: datetime(2026, 11, 1, 12, tzinfo=UTC)
settings = SourceSettings(name="claims", kind="azure_devops", url=url, token=token, allow_insecure=True)
client = connect(settings, now=now, monotonic=lambda: 0.0, sleep=lambda _: None, random=lambda: 0.5)
with open_store(f"sqlite:///{folder}/vmo.db", now=now) as store:
    run = sync_source(client, store, now=now, monotonic=lambda: 0.0, stop=lambda: False, progress=lambda _: None)
    print(run.outcome, sorted(held.item.key for held in store.held_items()), run.sentence)
"""


@case("E083")
def test_two_processes_sync_at_once_from_a_home_that_is_read_only_and_holds_another_servers_cache(
    tmp_path: Path,
) -> None:
    with collection(revisions=[a_revision(7, 1), a_revision(8, 1)], page=1) as site:
        home = a_home_with_a_stale_cache(tmp_path, site.server.url)
        environment = {"HOME": str(home), "PATH": os.environ["PATH"], "TMPDIR": str(tmp_path)}
        runs = []
        for name in ("one", "two"):
            (tmp_path / name).mkdir()
            asked = [sys.executable, "-c", A_WHOLE_RUN, site.server.url, TOKEN, str(tmp_path / name)]
            runs.append(subprocess.Popen(asked, env=environment, stdout=subprocess.PIPE, text=True))
        said = [run.communicate()[0] for run in runs]

        assert [one.startswith("ok ['AB#7', 'AB#8']") for one in said] == [True, True], said
        assert len([seen for seen in site.server.seen if seen.method == "OPTIONS"]) == 2
        assert sorted(path.name for path in home.rglob("*") if path.is_file()) == ["options.json", "resources.json"]


def a_home_with_a_stale_cache(folder: Path, url: str) -> Path:
    """A home in which the package left, for this very address, the locations of a server that had none of ours."""
    cache = folder / "home" / ".azure-devops" / "python-sdk" / "cache"
    cache.mkdir(parents=True)
    for name in ("options.json", "resources.json"):
        (cache / name).write_text(json.dumps({url.lower(): []}))
    for path in (cache, folder / "home"):
        path.chmod(stat.S_IRUSR | stat.S_IXUSR)
    return folder / "home"


@case("E084")
@pytest.mark.parametrize(
    ("version", "accepted"),
    [("5.0", "5.0"), ("5.1", "5.1"), ("6.0", "6.0"), ("7.0", "7.0"), ("7.1", "7.1-preview")],
    ids=["Server 2019", "Server 2019.1", "Server 2020", "Server 2022", "Services"],
)
def test_every_server_is_asked_in_its_own_version(tmp_path: Path, version: str, accepted: str) -> None:
    links = [a_link(8, 7, at="2026-03-02T10:00:00Z")]
    with house(tmp_path, revisions=[a_revision(7, 1), a_revision(8, 1)], links=links, version=version) as at:
        run = at.sync()
        swept = at.sweep()

        assert (run.outcome, swept.outcome, swept.unheld) == ("ok", "ok", 0)
        assert at.items["7"].item.parent_id == "8"
        versions = {seen.headers["Accept"].partition("api-version=")[2] for seen in at.asked("/workItemRevisions")}
        assert {one.rpartition(".")[0] if "preview" in one else one for one in versions} == {accepted}


@case("E084")
@pytest.mark.parametrize(
    "lacking",
    ["classificationNodes", "workItemLinks", "ConnectionData", "recycleBin", "workItemsBatch", "workItems"],
)
def test_an_address_that_a_server_lacks_switches_a_feature_off_and_fails_nothing(tmp_path: Path, lacking: str) -> None:
    lacks = frozenset({lacking})
    with house(tmp_path, revisions=[a_revision(7, 1, Parent=8), a_revision(8, 1)], without=lacks) as at:
        run = at.sync()
        at.site.fault = lambda seen: json_answer({"workItems": [{"id": 8}]}) if seen.path.endswith("/wiql") else None
        swept = at.sweep()

        assert (run.outcome, swept.outcome) == ("ok", "ok")
        assert set(at.items) == {"7", "8"}
        assert at.items["7"].item.parent_id == "8"  # by System.Parent where no links are told
        assert at.items["7"].removed_reason is None


@case("E089")
def test_a_project_with_spaces_and_umlauts_is_encoded_once(tmp_path: Path) -> None:
    name = "Schäden & Größe 100%"
    revisions = [a_revision(7, 1, TeamProject=name, AreaPath=name)]
    parts: dict[str, Any] = {"projects": [{"id": "p-1", "name": name}], "types": [a_type("User Story")]}
    with house(tmp_path, revisions=revisions, **parts) as at:
        run = at.sync(projects=(name,))
        swept = at.sweep(projects=(name,))

        once = "/" + quote(name, safe="")
        below = {seen.path.partition("/_apis")[0] for seen in at.site.server.seen}
        assert (run.outcome, swept.declared, swept.unheld) == ("ok", 1, 0)
        assert below == {"", once}
        assert at.items["7"].item.url == f"{at.site.server.url}{once}/_workitems/edit/7"
        assert f"'{name}'" in at.asked("/wit/wiql")[0].json["query"]


def test_a_page_that_cannot_be_read_is_asked_for_again_by_the_next_run(tmp_path: Path) -> None:
    def odd(seen: Seen) -> Reply | None:
        if seen.query.get("continuationToken") == ["r;2"]:
            return json_answer({"values": [{"id": 9, "rev": 1}], "continuationToken": "r;3", "isLastBatch": False})
        return None

    with house(tmp_path, revisions=[a_revision(one, 1) for one in (7, 8, 9, 10)], page=1, fault=odd) as at:
        run = at.sync()
        half = (run.outcome, set(at.items), at.cursor["rev_token"])
        at.site.fault = lambda _: None
        healthy = at.sync()

        assert half == ("failed", {"7", "8"}, "r;2")
        assert (healthy.outcome, set(at.items)) == ("ok", {"7", "8", "9", "10"})


def test_a_server_in_trouble_in_the_middle_leaves_whole_pages(tmp_path: Path) -> None:
    def broken(seen: Seen) -> Reply | None:
        if seen.query.get("continuationToken") == ["r;2"]:
            return json_answer({"message": "TF400898"}, status=500)
        return None

    with house(tmp_path, revisions=[a_revision(one, 1) for one in (7, 8, 9, 10)], page=1, fault=broken) as at:
        run = at.sync()
        half = (run.outcome, set(at.items), at.cursor["rev_token"])
        at.site.fault = lambda _: None
        healthy = at.sync()

        assert half == ("partial", {"7", "8"}, "r;2")
        assert (healthy.outcome, set(at.items)) == ("ok", {"7", "8", "9", "10"})
