"""Pages that go in circles, end early, overlap or shift: what is held is right, or the run calls itself not whole."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from connectors.azure_devops import client as azure_client
from connectors.jira import cloud
from connectors.sandbox.loopback import Fault, RecordedRequest, Response, answer
from sync.store import RunRecord
from tests.faults.catalogue import case
from tests.faults.trackers import (
    AZURE,
    CLOUD,
    DATA_CENTER,
    KINDS,
    AzureTracker,
    CloudTracker,
    DataCenterTracker,
    Tracker,
    a_tracker,
    the_law_holds,
)
from tests.faults.wires import somebody_else

Alter = Callable[[RecordedRequest, Response], Response]


@pytest.fixture
def tracker(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Tracker]:
    with a_tracker(request.param, tmp_path) as made:
        yield made


each = pytest.mark.parametrize("tracker", KINDS, indirect=True)
with_tokens = pytest.mark.parametrize(
    ("tracker", "place"),
    [(CLOUD, "middle page"), (CLOUD, "history"), (AZURE, "first page"), (AZURE, "middle page"), (AZURE, "links")],
    indirect=["tracker"],
)
NAMES = ("nextPageToken", "continuationToken")


def token_of(page: dict[str, Any]) -> str | None:
    return next((str(page[name]) for name in NAMES if name in page), None)


def with_token(page: dict[str, Any], token: str) -> dict[str, Any]:
    """The page as one that is not the last and goes on at `token`."""
    if "isLastBatch" in page:
        return {**page, "continuationToken": token, "isLastBatch": False}
    return {**page, "nextPageToken": token} | ({"isLast": False} if "issues" in page else {})


def emptied(page: dict[str, Any]) -> dict[str, Any]:
    return {name: [] if isinstance(value, list) else value for name, value in page.items()}


def asked_at(tracker: Tracker, place: str) -> int:
    path, _ = tracker.place(place)
    return len([one for one in tracker.server.requests if Fault(path=path, times=None).fits(one)])


# --- tokens


@case("G01")
@with_tokens
def test_a_token_that_comes_again_ends_the_walk_at_once(tracker: Tracker, place: str) -> None:
    given: list[str] = []
    told: dict[str, Response] = {}  # of each walk: change logs of two blocks are asked for at once

    def again(request: RecordedRequest, healthy: Response) -> Response:
        walk = str(request.json().get("issueIdsOrKeys")) if request.body else ""
        if healthy.status != 200:  # no tracker knows the token that was made up for its last page
            healthy = told[walk]
        page = healthy.json()
        token = token_of(page) or "the end"
        given.append(token)
        first = token_of(told[walk].json()) if walk in told else token
        told[walk] = healthy.with_json(with_token(page, str(first)))
        return told[walk]

    tracker.fails(place, alter=again, times=None)

    record = the_law_holds(tracker, outcomes=("failed", "partial"), own_tokens=False)

    assert "circles" in record.sentence or "same token again" in record.sentence
    assert len(given) <= (3 * cloud.LANES if tracker.kind == CLOUD and place == "history" else 2)


@case("G02")
@pytest.mark.parametrize(
    ("tracker", "place"),
    [(CLOUD, "middle page"), (CLOUD, "history"), (AZURE, "first page"), (AZURE, "links")],
    indirect=["tracker"],
)
def test_tokens_that_go_in_a_circle_of_three_are_noticed(tracker: Tracker, place: str) -> None:
    given: list[str] = []

    def in_circles(request: RecordedRequest, healthy: Response) -> Response:
        token = f"token-{len(given) % 3}"
        given.append(token)
        return healthy.with_json(with_token(healthy.json(), token))

    tracker.fails(place, alter=in_circles, times=None)

    def run() -> RunRecord:
        tracker.server.intercept = _forgiving(tracker)
        return tracker.sync()

    record = the_law_holds(tracker, outcomes=("failed", "partial"), run=run, own_tokens=False)

    assert "circles" in record.sentence or "same token again" in record.sentence
    assert len(given) <= 4 * (cloud.LANES if tracker.kind == CLOUD and place == "history" else 1)


def _forgiving(tracker: Tracker) -> Callable[[RecordedRequest], Response | None]:
    """A server that takes tokens it never gave for the beginning, but keeps the faults that are set."""

    def answer_one(request: RecordedRequest) -> Response | None:
        body = request.json() if request.method == "POST" else {}
        token = str(body.get("nextPageToken") or request.first("continuationToken"))
        if not token.startswith("token-"):
            return None
        plain = {name: value for name, value in body.items() if name != "nextPageToken"}
        query = {name: value for name, value in request.query.items() if name != "continuationToken"}
        sent = replace(request, query=query, body=json.dumps(plain).encode() if plain else request.body)
        healthy = tracker.server._healthy(sent)
        for fault in tracker.server.faults:
            if fault.alter is not None and fault.fits(sent):
                return fault.alter(sent, healthy)
        return healthy

    return answer_one


@case("G03")
@pytest.mark.parametrize(("empty", "outcomes"), [(8, ("ok",)), (40, ("failed", "partial"))], ids=["eight", "no end"])
@pytest.mark.parametrize(
    ("tracker", "place"), [(CLOUD, "middle page"), (AZURE, "middle page"), (AZURE, "links")], indirect=["tracker"]
)
def test_empty_pages_are_borne_up_to_ten(tracker: Tracker, place: str, empty: int, outcomes: tuple[str, ...]) -> None:
    """The page that should have come comes after `empty` empty ones, each with a token of its own."""
    path, skip = tracker.place(place)
    waiting: list[RecordedRequest] = []
    seen = [0]

    def puts_off(request: RecordedRequest) -> Response | None:
        if not Fault(path=path, times=None).fits(request):
            return None
        seen[0] += 1
        if seen[0] <= skip or len(waiting) > empty:
            return None
        waiting.append(request)
        healthy = tracker.server._healthy(waiting[0])
        if len(waiting) > empty:
            return healthy
        return healthy.with_json(with_token(emptied(healthy.json()), f"token-{len(waiting)}"))

    tracker.server.intercept = puts_off

    record = the_law_holds(tracker, outcomes=outcomes, own_tokens=False)

    assert record.outcome == "ok" or len(waiting) <= 12


@case("G04")
@pytest.mark.parametrize("tracker", [CLOUD], indirect=True)
@pytest.mark.parametrize(
    ("says", "outcomes"),
    [
        ({"isLast": True, "nextPageToken": "stale"}, ("ok",)),
        ({"isLast": None}, ("ok",)),
        ({"isLast": False}, ("failed", "partial")),
    ],
    ids=["the last, with a token", "neither", "not the last, without a token"],
)
def test_the_last_page_is_known_by_its_missing_token_or_by_its_own_word(
    tracker: Tracker, says: dict[str, Any], outcomes: tuple[str, ...]
) -> None:
    def told(_: RecordedRequest, healthy: Response) -> Response:
        page = {name: value for name, value in healthy.json().items() if name != "isLast"}
        return healthy.with_json(page | {name: value for name, value in says.items() if value is not None})

    tracker.fails("last page", alter=told, times=None)

    the_law_holds(tracker, outcomes=outcomes, own_tokens=False)


# --- sizes


@case("G05", "G06")
@pytest.mark.parametrize("size", [2, 7])
@each
def test_the_server_decides_how_long_a_page_is(tracker: Tracker, size: int) -> None:
    if isinstance(tracker, CloudTracker):
        tracker.server.key_page = tracker.server.search_page = tracker.server.changelog_page = size
    elif isinstance(tracker, DataCenterTracker):
        tracker.server.page_limit = size
    elif isinstance(tracker, AzureTracker):
        tracker.server.revision_page = tracker.server.link_page = size

    record = tracker.sync()

    assert record.outcome == "ok"
    assert {name: len(rows) for name, rows in tracker.dump().items()} == {
        name: len(rows) for name, rows in tracker.undisturbed().told.items()
    }
    assert tracker.dump()["items"] == tracker.undisturbed().told["items"]


@pytest.mark.parametrize("tracker", [DATA_CENTER], indirect=True)
def test_counts_that_are_wrong_and_never_the_same_do_not_keep_a_walk_from_ending(tracker: Tracker) -> None:
    records: list[RunRecord] = []

    def too_many(_: RecordedRequest, healthy: Response) -> Response:
        told = healthy.json()
        return healthy.with_json(told | {"total": told["total"] + 2 + len(records) % 2} if "total" in told else told)

    tracker.server.faults.append(Fault(path="/rest/api/2/search$", times=None, alter=too_many))

    for _ in range(5):
        records.append(tracker.sync())
        tracker.clock.pass_(hours=1)

    assert [record.outcome for record in records] == ["partial", "partial", "partial", "ok", "ok"]
    assert "more than it gives" in " ".join(records[3].warnings)


@case("G05")
@pytest.mark.parametrize("tracker", [DATA_CENTER], indirect=True)
def test_a_server_that_gives_one_row_a_page_is_read_to_its_end(tracker: Tracker) -> None:
    assert isinstance(tracker, DataCenterTracker)
    tracker.server.page_limit = 1

    record = tracker.sync()

    assert (record.outcome, record.declared) == ("ok", len(tracker.items()))
    assert tracker.dump()["items"] == tracker.undisturbed().told["items"]


@case("G05")
@pytest.mark.parametrize(("tracker", "place"), [(CLOUD, "first page"), (AZURE, "middle page")], indirect=["tracker"])
def test_a_page_much_shorter_than_its_neighbours_does_not_end_the_walk(tracker: Tracker, place: str) -> None:
    sizes = iter([1, 3, 1, 4, 2, 1, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4])

    def next_size(_: RecordedRequest) -> Response | None:
        size = next(sizes, 4)
        if isinstance(tracker, CloudTracker):
            tracker.server.key_page = size
        elif isinstance(tracker, AzureTracker):
            tracker.server.revision_page = tracker.server.link_page = size
        return None

    tracker.server.intercept = next_size

    assert tracker.sync().outcome == "ok"
    assert tracker.dump()["items"] == tracker.undisturbed().told["items"]


# --- things that move


@case("G07")
@pytest.mark.parametrize("number", [0, 3, 10])
@each
def test_an_item_that_changes_its_place_during_the_walk_hides_nobody(tracker: Tracker, number: int) -> None:
    path, skip = tracker.place("middle page")

    def touched(_: RecordedRequest, __: Response) -> Response:
        tracker.edit(number, "Touched on the way")
        return tracker.server._healthy(tracker.server.requests[-1])

    tracker.server.faults.append(Fault(path=path, skip=skip, alter=touched))

    first = tracker.sync()
    held = set(tracker.titles())
    tracker.clock.pass_(minutes=5)
    second = tracker.sync()

    assert (first.outcome, second.outcome) == ("ok", "ok")
    assert held == set(tracker.items())
    assert tracker.titles()[tracker.items()[number]] == "Touched on the way"


@case("G08")
@each
def test_an_item_on_two_pages_is_one_row_and_the_newest_wins(tracker: Tracker) -> None:
    assert tracker.sync().outcome == "ok"
    tracker.clock.pass_(hours=1)
    for number in range(8):
        tracker.edit(number, f"First {number}")
    pages: list[Any] = []
    name = "values" if tracker.kind == AZURE else "issues"

    def overlapping(_: RecordedRequest, healthy: Response) -> Response:
        page = healthy.json()
        pages.append(page[name])
        if len(pages) != 2:
            return healthy
        older = pages[0][:1]
        return healthy.with_json({**page, name: [*older, *page[name]]})

    tracker.clock.pass_(minutes=1)
    path, _ = tracker.place("first page")
    tracker.server.faults.append(Fault(path=path, times=None, alter=overlapping))
    if isinstance(tracker, AzureTracker):
        tracker.server.revision_page = 3

    record = tracker.sync()

    assert len(pages) > 1
    assert record.outcome == "ok"
    assert len(tracker.item_rows) == 11
    assert sorted(one for one in tracker.titles().values() if one.startswith("First")) == [
        f"First {number}" for number in range(8)
    ]


@case("G09")
@pytest.mark.parametrize(
    ("tracker", "place"),
    [(CLOUD, "first page"), (DATA_CENTER, "first page"), (AZURE, "first page"), (AZURE, "links")],
    indirect=["tracker"],
)
def test_a_second_page_that_is_the_first_one_again_is_noticed(tracker: Tracker, place: str) -> None:
    path, _ = tracker.place(place)
    first: list[Response] = []

    def repeated(_: RecordedRequest, healthy: Response) -> Response:
        first.append(healthy)
        return first[0] if len(first) > 1 else healthy

    tracker.server.faults.append(Fault(path=path, times=None, alter=repeated))

    the_law_holds(tracker, outcomes=("failed", "partial"), own_tokens=False)

    assert len(first) <= 30


@case("G10")
@pytest.mark.parametrize("status", [400, 410])
@pytest.mark.parametrize(
    ("tracker", "place"),
    [(CLOUD, "middle page"), (CLOUD, "history"), (AZURE, "middle page"), (AZURE, "links")],
    indirect=["tracker"],
)
def test_a_token_that_is_no_longer_known_ends_the_walk_and_the_next_goes_on_from_what_was_committed(
    tracker: Tracker, place: str, status: int
) -> None:
    words = "The provided next page token is invalid or expired."
    refusal = answer({"errorMessages": [words], "errors": {}, "message": words}, status=status)
    tracker.fails(place, response=refusal, times=None)

    the_law_holds(tracker, outcomes=("failed", "partial"))


@case("G11")
@pytest.mark.parametrize("tracker", [AZURE], indirect=True)
def test_a_census_beyond_the_limit_of_a_query_is_asked_in_windows(
    tracker: AzureTracker, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert tracker.sync().outcome == "ok"
    tracker.server.result_limit = 4
    monkeypatch.setattr(azure_client, "LARGEST_QUERY", 3)

    record = tracker.sweep()

    assert (record.outcome, record.declared, record.missing) == ("ok", 11, 0)


@case("G12")
@pytest.mark.parametrize("tracker", [DATA_CENTER], indirect=True)
def test_a_walk_that_yields_less_than_was_counted_is_not_whole(tracker: Tracker) -> None:
    def claims_more(_: RecordedRequest, healthy: Response) -> Response:
        page = healthy.json()
        return healthy.with_json({**page, "total": page["total"] + 100})

    tracker.server.faults.append(Fault(path="/rest/api/2/search$", times=None, alter=claims_more))
    swept: list[RunRecord] = []

    def run() -> RunRecord:
        record = tracker.sync()
        swept.append(tracker.sweep())
        return record

    the_law_holds(tracker, outcomes=("failed", "partial"), run=run, own_tokens=False)

    assert swept[0].outcome == "deferred"


@case("G12")
@pytest.mark.parametrize("tracker", [CLOUD], indirect=True)
def test_a_project_that_counts_more_than_the_walk_found_is_told_and_nothing_is_taken_for_gone(
    tracker: CloudTracker,
) -> None:
    hidden = [tracker.add(f"Not in the index {number}") for number in range(12)]
    tracker.hide(*range(11, 23))

    record = tracker.sync()

    assert "by its tracker's own count" in record.sentence
    assert tracker.sweep().tombstoned == 0
    tracker.show_all()
    tracker.healthy().sync()
    assert set(hidden) <= set(tracker.titles())


@case("G13")
@each
def test_rows_in_no_order_make_the_same_set(tracker: Tracker) -> None:
    dice = random.Random(7)

    def shuffled(_: RecordedRequest, healthy: Response) -> Response:
        page = healthy.json()
        for name in ("issues", "issueChangeLogs", "values"):
            if name in page:
                dice.shuffle(page[name])
        return healthy.with_json(page)

    for path in ("/search", "bulkfetch$", "/reporting/"):
        tracker.server.faults.append(Fault(path=path, times=None, alter=shuffled))

    record = tracker.sync()

    assert record.outcome == "ok"
    assert tracker.dump()["items"] == tracker.undisturbed().told["items"]
    assert tracker.dump()["changes"] == tracker.undisturbed().told["changes"]


@case("G14")
@pytest.mark.parametrize("tracker", [CLOUD], indirect=True)
def test_a_change_log_that_is_given_a_hundred_at_a_time_is_read_to_its_end(tracker: CloudTracker) -> None:
    for _ in range(205):
        tracker.clock.pass_(minutes=1)
        tracker.transition(4)
    refused = answer({"errorMessages": ["scope does not match"]}, status=403)
    tracker.server.faults.append(Fault(path="/changelog/bulkfetch$", times=None, response=refused))

    record = tracker.sync()

    issue = tracker.site.issues[int(tracker.items()[4])]
    assert record.outcome == "ok"
    held = [row for row in tracker.dump()["changes"] if tracker.items()[4] in row and "status" in row]
    assert len(held) == len([one for one in issue.histories if one.items[0].field == "status"]) > 205


@case("G15")
@each
def test_a_link_to_the_next_page_at_another_host_is_not_followed(tracker: Tracker) -> None:
    with somebody_else() as other:
        there = f"http://127.0.0.1:{other.port}"

        def elsewhere(_: RecordedRequest, healthy: Response) -> Response:
            page = healthy.json()
            if not isinstance(page, dict):
                return healthy
            links = {
                "nextLink": f"{there}/_apis/x?continuationToken=7",
                "nextPage": there,
                "self": there,
                "next": there,
            }
            return healthy.with_json({**page, **links})

        tracker.server.faults.append(
            Fault(path="/(search|project|reporting|issue|changelog)", times=None, alter=elsewhere)
        )

        record = the_law_holds(tracker, outcomes=("ok",))

    assert record.requests == len(tracker.undisturbed().asked)
    assert other.heard == []
