"""Preflight, census, probe and the ways in which a server says no, against a collection that answers by script."""

from __future__ import annotations

import logging
import os
import signal
import stat
import subprocess
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from connectors.azure_devops import questions
from connectors.azure_devops.client import AzureDevOps, census_query, connect
from connectors.base import (
    AccessDeniedError,
    Batch,
    Presence,
    SettingsError,
    TrackerError,
    TrackerUnavailableError,
    UnreadableAnswerError,
)
from domain.work_item import StatusCategory
from tests.connectors.azure_devops.scripted_collection import (
    NOW,
    TOKEN,
    Store,
    a_revision,
    a_type,
    collection,
)
from tests.connectors.scripted_server import Reply, Seen, html_answer, json_answer, serving

TREES = [
    {"id": 1, "name": "Claims", "structureType": "area", "children": [{"id": 2, "name": "Motor", "children": []}]},
    {
        "id": 10, "name": "Claims", "structureType": "iteration",
        "children": [
            {"id": 11, "name": "PI 1", "children": [
                {"id": 12, "name": "Sprint 1",
                 "attributes": {"startDate": "2026-10-05T00:00:00Z", "finishDate": "2026-10-18T00:00:00Z"}},
                {"id": 13, "name": "Sprint 2",
                 "attributes": {"startDate": "2026-10-26T00:00:00Z", "finishDate": "2026-11-08T00:00:00Z"}},
            ]},
            {"id": 14, "name": "Later", "attributes": {"startDate": None, "finishDate": None}},
        ],
    },
]  # fmt: skip


def test_preflight_tells_who_we_are_and_what_we_may_see() -> None:
    with collection(nodes=TREES) as site:
        seen = site.connector().preflight()

    assert seen.product == "Azure DevOps Server 7.1"
    assert (seen.identity, seen.identity_name) == ("u-1", "Reporting")
    assert [(scope.id, scope.name, scope.state) for scope in seen.scopes] == [("p-1", "Claims", "live")]
    assert seen.server_time == NOW
    assert seen.warnings == ()


def test_the_first_batch_brings_what_each_state_means() -> None:
    with collection() as site:
        batch = first_batch(site.connector())

    categories = {status.status_id: status.category for status in batch.statuses}
    assert categories["Claims/User Story/New"] is StatusCategory.NEW
    assert categories["Claims/Bug/Resolved"] is StatusCategory.RESOLVED
    assert categories["Claims/Bug/Removed"] is StatusCategory.REMOVED


def test_iterations_are_named_by_their_path_and_keep_their_days() -> None:
    with collection(nodes=TREES) as site:
        sprints = first_batch(site.connector()).sprints

    assert [(one.id, one.name, one.state) for one in sprints] == [
        ("11", "Claims\\PI 1", "future"),
        ("14", "Claims\\Later", "future"),
        ("12", "Claims\\PI 1\\Sprint 1", "closed"),
        ("13", "Claims\\PI 1\\Sprint 2", "active"),
    ]
    assert (sprints[2].starts_on, sprints[2].ends_on) == (date(2026, 10, 5), date(2026, 10, 18))
    assert sprints[1].starts_on is None


@pytest.mark.parametrize(
    "reply",
    [
        html_answer(status=203),
        html_answer(status=200),
        html_answer(status=302, Location="https://spsprodweu1.example/_signin?realm=dev.azure.com"),
        json_answer({"message": "TF400813: not authorized"}, status=401),
        Reply(status=200, headers={"Content-Type": "application/json"}),
    ],
    ids=["203 page", "200 page", "302 to a sign-in page", "401", "200 empty"],
)
@pytest.mark.parametrize("place", ["/_apis", "/_apis/projects"], ids=["at the first look", "at the projects"])
def test_a_wrong_token_is_an_access_problem_however_the_server_says_so(reply: Reply, place: str) -> None:
    with collection(fault=lambda seen: reply if seen.path.endswith(place) else None) as site:
        with pytest.raises(AccessDeniedError) as caught:
            site.connector().preflight()

        assert len([seen for seen in site.server.seen if seen.path.endswith(place)]) == 1
    assert str(caught.value).startswith("claims: ")
    assert TOKEN not in str(caught.value)


def test_a_token_that_sees_no_project_is_an_access_problem() -> None:
    with collection(projects=[]) as site, pytest.raises(AccessDeniedError, match="no project at all"):
        site.connector().preflight()


@pytest.mark.parametrize("told", [{}, [], {"authenticatedUser": {"id": None}}], ids=["nothing", "a list", "no id"])
def test_an_answer_that_does_not_say_who_we_are_pins_nobody(told: Any) -> None:
    def nobody(seen: Seen) -> Reply | None:
        return json_answer(told) if seen.path.endswith("/ConnectionData") else None

    with collection(fault=nobody) as site, pytest.raises(UnreadableAnswerError, match="does not say who we are"):
        site.connector().preflight()


def test_an_answer_as_to_a_stranger_is_an_access_problem() -> None:
    stranger = {"authenticatedUser": {"id": "aaaaaaaa-aaaa-aaaa-aaaa-aaaaaaaaaaaa", "providerDisplayName": "Anonymous"}}

    def public(seen: Seen) -> Reply | None:
        return json_answer(stranger) if seen.path.endswith("/ConnectionData") else None

    with collection(fault=public) as site, pytest.raises(AccessDeniedError, match="stranger"):
        site.connector().preflight()


def test_a_project_that_is_misspelt_is_named_with_its_neighbour() -> None:
    with collection() as site, pytest.raises(SettingsError, match="did you mean “Claims”"):
        site.connector(projects=("Clams",)).preflight()


def test_one_lost_project_of_several_is_told_and_the_others_are_read() -> None:
    with collection(revisions=[a_revision(7, 1)]) as site:
        connector = site.connector(projects=("Claims", "Motor"))
        seen = connector.preflight()
        store = Store()
        store.sync(connector)

    assert [(scope.name, scope.state) for scope in seen.scopes] == [("Claims", "live"), ("Motor", "access_lost")]
    assert any("Motor" in warning for warning in seen.warnings)
    assert store.items.keys() == {"7"}


def test_states_that_may_not_be_seen_are_a_warning_and_no_item_is_read_without_them(
    caplog: pytest.LogCaptureFixture,
) -> None:
    def denied(seen: Seen) -> Reply | None:
        return json_answer({"message": "no"}, status=403) if seen.path.lower().endswith("/workitemtypes") else None

    store = Store()
    with collection(revisions=[a_revision(7, 1)], fault=denied) as site, pytest.raises(AccessDeniedError):
        store.sync(site.connector())

    assert "claims: the states of Claims are not known" in caplog.text
    assert store.items == {}
    assert store.cursor is None


def test_states_are_asked_for_one_type_at_a_time_where_the_types_come_without() -> None:
    with collection(types=[{"name": "User Story"}, {"name": "Bug & Co"}]) as site:
        batch = first_batch(site.connector())

        assert [one.path for one in site.server.asked("/states")] == [
            "/Claims/_apis/wit/workItemTypes/User%20Story/states",
            "/Claims/_apis/wit/workItemTypes/Bug%20%26%20Co/states",
        ]
    assert "Claims/Bug & Co/New" in {status.status_id for status in batch.statuses}


def test_a_field_of_the_settings_that_is_nowhere_is_named_with_its_neighbour() -> None:
    with collection() as site, pytest.raises(SettingsError, match=r"“Busines Value”.*did you mean"):
        first_batch(site.connector(value_fields={"business_value": "Busines Value"}))


def test_a_field_that_only_other_sources_have_stops_nothing(caplog: pytest.LogCaptureFixture) -> None:
    with collection() as site:
        first_batch(site.connector(text_fields=("Strategic theme",), shared_fields=frozenset({"Strategic theme"})))

    assert "no field “Strategic theme” here" in caplog.text


def test_fields_are_named_as_the_form_shows_them() -> None:
    fields: dict[str, Any] = {
        "Microsoft__VSTS__Common__BusinessValue": 8,
        "Custom__CostEstimate": 1.5,
        "Custom__Theme": "Settle fast",
    }
    offered = [
        {"name": "Cost (k€)", "referenceName": "Custom.CostEstimate", "type": "double"},
        {"name": "Strategic theme", "referenceName": "Custom.Theme", "type": "string"},
    ]
    store = Store()
    with collection(revisions=[a_revision(7, 1, **fields)]) as site:
        site.fields += offered
        connector = site.connector(
            value_fields={"cost_estimate": "Cost (k€)"},
            value_scales={"cost_estimate": 1000},
            text_fields=("Strategic theme",),
        )
        connector.preflight()
        store.sync(connector)

    assert store.items["7"].values == {"business_value": 8, "cost_estimate": 1500}
    assert store.items["7"].fields == {"Strategic theme": "Settle fast"}


def test_settings_that_name_what_is_never_asked_for_are_told_so_with_every_run() -> None:
    store = Store()
    names = ("Description", "Created By", "Custom.Story", "Custom.EpicOwner", "Title")
    with collection(revisions=[a_revision(7, 1)]) as site:
        site.fields += [
            {"name": "Description", "referenceName": "System.Description", "type": "html"},
            {"name": "Created By", "referenceName": "System.CreatedBy", "type": "string", "isIdentity": True},
            {"name": "Story", "referenceName": "Custom.Story", "type": "plainText"},
            {"name": "Epic owner", "referenceName": "Custom.EpicOwner", "type": "string", "isIdentity": True},
        ]
        runs = [store.sync(site.connector(text_fields=names)) for _ in range(2)]
        looked = site.connector(text_fields=names).inspect(items=5)

    for told in (*([one for batch in run for one in batch.warnings] for run in runs), looked.sample.warnings):
        assert [one.partition("”")[0] for one in told] == [
            f"claims: the field “{name}" for name in ("Description", "Created By", "Custom.Story")
        ]


def test_a_field_whose_reference_name_tells_nothing_is_read_again_without_a_request() -> None:
    reference = "Custom.9f2c8e5a-0b1d-4c57-a1a1-3f4b5c6d7e8f"
    revision = a_revision(7, 1)
    revision["fields"][reference] = 21
    store = Store()
    with collection(revisions=[revision]) as site:
        site.fields.append({"name": "Valeur métier", "referenceName": reference, "type": "integer"})
        store.sync(site.connector())
        assert "business_value" not in store.items["7"].values

        connector = site.connector(value_fields={"business_value": "Valeur métier"})
        reading = connector.read(list(store.raws("7")), {"Valeur métier": reference})

        assert connector.requests_made() == 0
    assert reading.item.values == {"business_value": 21}


def test_an_area_that_is_nowhere_is_named_with_its_neighbour() -> None:
    with collection(nodes=TREES) as site, pytest.raises(SettingsError, match=r"did you mean “Claims\\Motor”"):
        first_batch(site.connector(area="Claims\\Moter"))


def test_a_census_of_an_area_or_with_a_field_that_is_nowhere_is_no_census() -> None:
    wrong: list[dict[str, Any]] = [{"area": "Claims\\Moter"}, {"value_fields": {"business_value": "Busines Value"}}]
    for changed in wrong:
        with collection(nodes=TREES) as site, pytest.raises(SettingsError, match="did you mean"):
            list(site.connector(**changed).census())


def test_an_address_that_is_no_organisation_says_so() -> None:
    with collection(without=frozenset({"projects"})) as site, pytest.raises(SettingsError, match="no such address"):
        site.connector().preflight()


def test_a_server_that_begins_after_our_version_says_so() -> None:
    with collection(version="9.0", min_version="8.0") as site, pytest.raises(SettingsError, match="newer vmo"):
        site.connector().preflight()


@pytest.mark.parametrize(
    ("version", "accepted"),
    [("5.0", "5.0"), ("5.1", "5.1"), ("6.0", "6.0"), ("7.0", "7.0"), ("7.1", "7.1-preview.1")],
    ids=["Server 2019", "Server 2019 Update 1", "Server 2020", "Server 2022", "Server 2022.1 and Services"],
)
def test_agrees_with_every_server_on_a_version(version: str, accepted: str) -> None:
    store = Store()
    with collection(revisions=[a_revision(7, 1)], version=version) as site:
        connector = site.connector()
        product = connector.preflight().product
        store.sync(connector)

        stream = site.server.asked("/wit/reporting/workItemRevisions")[0]
        assert stream.headers["Accept"] == f"application/json;api-version={accepted}"
    assert product == f"Azure DevOps Server {version}"
    assert "7" in store.items


def test_a_collection_below_a_path_is_asked_below_it() -> None:
    store = Store()
    with collection(revisions=[a_revision(7, 1)], prefix="/tfs/DefaultCollection") as site:
        store.sync(site.connector())

        assert all(seen.path.lower().startswith("/tfs/defaultcollection/_apis") or "/_apis/" in seen.path
                   for seen in site.server.seen)  # fmt: skip
        assert store.items["7"].url == f"{site.server.url}/tfs/DefaultCollection/Claims/_workitems/edit/7"


def test_an_address_that_a_server_lacks_switches_a_feature_off() -> None:
    with collection(without=frozenset({"ConnectionData", "backlogConfiguration"})) as site:
        connector = site.connector()
        seen = connector.preflight()
        found = connector.discovery()

    assert seen.identity == ""
    assert found.types


def test_resource_areas_that_name_another_host_are_refused() -> None:
    with serving([json_answer({"count": 0, "value": []})]) as elsewhere:
        area = {"id": "5264459e-e5e0-4bd8-b118-0985e68a4ec5", "name": "wit", "locationUrl": "http://localhost:1/x"}
        area["locationUrl"] = elsewhere.url.replace("127.0.0.1", "localhost") + "/fabrikam"
        with collection(resource_areas=[area]) as site, pytest.raises(SettingsError, match="another host"):
            site.connector().preflight()

        assert elsewhere.seen == []


def test_resource_areas_that_lack_ours_send_nobody_elsewhere() -> None:
    area = {"id": "11111111-e5e0-4bd8-b118-0985e68a4ec5", "name": "build", "locationUrl": "https://builds.example/x"}
    with collection(resource_areas=[area]) as site:
        seen = site.connector().preflight()

    assert seen.scopes


def test_every_request_is_one_of_the_reads_we_make() -> None:
    with collection(revisions=[a_revision(7, 1)], nodes=TREES) as site:
        connector = site.connector()
        connector.preflight()
        Store().sync(connector)
        list(connector.census())
        connector.probe(["7", "8"])

        posts = {seen.path.rpartition("/")[2] for seen in site.server.seen if seen.method == "POST"}
        assert {seen.method for seen in site.server.seen} == {"GET", "POST", "OPTIONS"}
        assert posts == {"workItemRevisions", "wiql", "workItemsBatch"}
        assert connector.requests_made() == len(site.server.seen)


def test_a_busy_server_is_asked_again_after_the_time_it_named() -> None:
    busy = iter([json_answer({"message": "TF400733"}, status=429, Retry_After="7"), None])

    def throttled(seen: Seen) -> Reply | None:
        return next(busy, None) if seen.path.endswith("/wit/fields") else None

    with collection(fault=throttled) as site:
        first_batch(site.connector())

        assert site.slept == [7.0]


def test_a_server_that_slows_us_on_a_good_answer_is_obeyed() -> None:
    def slows(seen: Seen) -> Reply | None:
        if seen.path.endswith("/wit/fields"):
            return json_answer({"count": len(site.fields), "value": site.fields}, Retry_After="3")
        return None

    with collection(fault=slows) as site:
        first_batch(site.connector())

        assert site.slept == [3.0]


def test_a_server_in_trouble_is_tried_five_times() -> None:
    with collection(
        fault=lambda seen: json_answer({}, status=503) if seen.path.endswith("/wit/fields") else None
    ) as site:
        with pytest.raises(TrackerUnavailableError):
            first_batch(site.connector())

        assert len(site.server.asked("/wit/fields")) == 5


@pytest.mark.parametrize(
    "body", [{}, [], "x", {"value": None}, {"value": [1]}], ids=["nothing", "list", "text", "null", "numbers"]
)
def test_an_answer_of_another_shape_is_an_error_wherever_it_comes(body: Any) -> None:
    for place in ("/projects", "/wit/fields", "/wit/workItemTypes", "/wit/classificationNodes"):
        with collection(fault=answering(body, at=place)) as site, pytest.raises(UnreadableAnswerError):
            first_batch(site.connector())


def test_a_locations_answer_of_another_shape_is_an_error() -> None:
    bodies: list[Any] = [{}, [], {"value": None}, {"count": 1, "value": [{"id": None}]}]
    for body in bodies:
        with collection(fault=answering(body, at="/_apis")) as site, pytest.raises(TrackerError):
            site.connector().preflight()


def test_the_census_names_every_item_by_windows_of_ids(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("connectors.azure_devops.client.LARGEST_QUERY", 3)
    projects = [{"id": "p-1", "name": "Claims"}, {"id": "p-2", "name": "L'Été 1 & Co"}]
    revisions = [a_revision(one, 1, TeamProject="Claims" if one % 2 else "L'Été 1 & Co") for one in range(1, 11)]
    with collection(revisions=revisions, projects=projects) as site:
        windows = [list(ids) for ids in site.connector().census()]

        queries = site.server.asked("/wiql")
        assert all(seen.query["$top"] == ["3"] and seen.query["timePrecision"] == ["true"] for seen in queries)
        assert "/L%27%C3%89t%C3%A9%201%20%26%20Co/_apis/wit/wiql" in {seen.path for seen in queries}
    assert windows == [["1", "3", "5"], ["7", "9"], ["2", "4", "6"], ["8", "10"]]


def test_the_query_of_a_census_quotes_names_and_stays_below_an_area() -> None:
    query = census_query("L'Été", "L'Été\\Motor\\", 40)

    assert query == (
        "SELECT [System.Id] FROM WorkItems WHERE [System.TeamProject] = 'L''Été' "
        "AND [System.AreaPath] UNDER 'L''Été\\Motor' AND [System.Id] > 40 ORDER BY [System.Id]"
    )


def test_a_census_that_cannot_be_read_to_its_end_is_no_census() -> None:
    bodies: list[Any] = [{}, {"workItems": None}, {"workItems": [{}]}]
    for body in bodies:
        with collection(fault=answering(body, at="/wiql")) as site, pytest.raises(UnreadableAnswerError):
            list(site.connector().census())


def test_a_probe_tells_what_is_there_elsewhere_in_the_bin_and_nowhere() -> None:
    projects = [{"id": "p-1", "name": "Claims"}, {"id": "p-2", "name": "Motor"}]
    revisions = [a_revision(1, 1), a_revision(2, 1, TeamProject="Motor"), a_revision(3, 1, IsDeleted=True)]
    with collection(revisions=revisions, projects=projects, recycle_bin=[3]) as site:
        found = site.connector(projects=("Claims",)).probe(["1", "2", "3", "4"])

        assert site.server.asked("/workItemsBatch")[0].json["errorPolicy"] == "omit"
    assert found == {
        "1": Presence.THERE, "2": Presence.ELSEWHERE, "3": Presence.RECYCLED, "4": Presence.ABSENT
    }  # fmt: skip


def test_a_probe_of_many_asks_by_batches_of_two_hundred() -> None:
    with collection() as site:
        found = site.connector().probe([str(one) for one in range(1, 402)])

        assert [len(seen.json["ids"]) for seen in site.server.asked("/workItemsBatch")] == [200, 200, 1]
    assert set(found.values()) == {Presence.ABSENT}


def test_a_project_with_spaces_and_umlauts_is_encoded_once() -> None:
    name = "Schäden & Co 100%"
    store = Store()
    with collection(revisions=[a_revision(7, 1, TeamProject=name)], projects=[{"id": "p-1", "name": name}]) as site:
        connector = site.connector()
        connector.preflight()
        store.sync(connector)

        assert store.items["7"].url.removeprefix(site.server.url) == (
            "/Sch%C3%A4den%20%26%20Co%20100%25/_workitems/edit/7"
        )
        assert (
            site.server.asked("/workItemTypes")[0].path == "/Sch%C3%A4den%20%26%20Co%20100%25/_apis/wit/workItemTypes"
        )
    assert store.items["7"].status_category is StatusCategory.NEW


def test_a_disabled_type_keeps_its_states_for_the_items_that_have_them() -> None:
    kind = a_type("Risk") | {"isDisabled": True}
    with collection(types=[kind], revisions=[a_revision(7, 1, WorkItemType="Risk")]) as site:
        store = Store()
        store.sync(site.connector())

    assert store.items["7"].status_category is StatusCategory.NEW


def test_a_token_is_in_no_message_and_no_log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)

    def echoes(seen: Seen) -> Reply | None:
        return json_answer({"message": f"bad token {TOKEN}"}, status=401) if seen.path.endswith("/projects") else None

    with collection(fault=echoes) as site, pytest.raises(AccessDeniedError) as caught:
        site.connector().preflight()

    assert TOKEN not in f"{caught.value}{caught.value.__cause__}{caplog.text}"


def test_a_plain_address_is_refused_before_anything_is_asked() -> None:
    with collection() as site, pytest.raises(SettingsError, match="https"):
        connect(site.settings(allow_insecure=False), **site.world())


def test_a_netrc_for_the_host_does_not_replace_our_token(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login someone password else\n")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
    with collection() as site:
        site.connector().preflight()

        sent = {seen.headers["Authorization"] for seen in site.server.seen}
        assert sent == {"Basic OmFkby10ZXN0LXRva2VuLTVhMWM="}  # ":" and the token


def test_a_server_that_was_replaced_is_asked_for_its_locations_again() -> None:
    with collection(version="6.0") as site:
        site.connector().preflight()
        site.version = "7.1"

        assert site.connector().preflight().product == "Azure DevOps Server 7.1"


def test_works_without_a_place_to_write_leaves_no_file_and_the_environment_as_it_was(tmp_path: Path) -> None:
    home, temporary, ours = tmp_path / "home", tmp_path / "temporary", Path(questions.__file__).parent
    home.mkdir()
    temporary.mkdir()
    home.chmod(stat.S_IRUSR | stat.S_IXUSR)
    there = sorted(ours.iterdir())
    program = (
        "import os, signal; before = dict(os.environ)\n"
        "from connectors.azure_devops.questions import _package\n"
        "caches = _package('azure.devops._file_cache')\n"
        "for cache in (caches.OPTIONS_CACHE, caches.RESOURCE_CACHE):\n"
        "    cache['https://tracker.example.com'] = [1]\n"
        "    assert cache['https://tracker.example.com'] == [1]\n"
        "print(dict(os.environ) == before, flush=True)\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    environment = {"HOME": str(home), "PATH": os.environ["PATH"], "TMPDIR": str(temporary)}

    ended = subprocess.run(
        [sys.executable, "-B", "-c", program], env=environment, stdout=subprocess.PIPE, text=True, check=False
    )

    assert (ended.returncode, ended.stdout) == (-signal.SIGKILL, "True\n")
    assert list(home.iterdir()) == []
    assert list(temporary.iterdir()) == []
    assert sorted(ours.iterdir()) == there


def first_batch(connector: AzureDevOps) -> Batch:
    return next(iter(connector.changes_since(None, Store())))


def answering(body: Any, *, at: str) -> Callable[[Seen], Reply | None]:
    return lambda seen: json_answer(body) if seen.path.endswith(at) else None
