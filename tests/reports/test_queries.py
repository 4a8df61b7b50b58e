"""Queries for the trackers: exact, split at what a browser opens, and never steered by foreign words."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from urllib.parse import parse_qs, urlsplit
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.sandbox import jql, wiql
from domain.journey import Journey
from domain.period import Period
from domain.trust import SourceTrust
from domain.work_item import ItemId
from reports.links import LONGEST_QUERY
from reports.queries import jql_text, listing, moved, wiql_text
from tests.builders import a_journey, a_source_trust

JIRA = replace(a_source_trust("shop"), base_url="https://shop.example/")
AZURE = replace(a_source_trust("core"), kind="Azure DevOps", base_url="https://dev.example/org")
SOURCES = {"shop": JIRA, "core": AZURE}
WEEK = Period(date(2026, 11, 16), date(2026, 11, 23))


def in_jira(*keys: str) -> list[Journey]:
    return [a_journey("2026-03-02", key=key, source="shop") for key in keys]


def in_azure(*numbers: int, removed: str | None = None) -> list[Journey]:
    return [
        replace(
            a_journey("2026-03-02", key=f"AB#{number}", source="core", removed=removed),
            id=ItemId("core", str(number)),
            url=f"https://dev.example/org/Policy%20Core/_workitems/edit/{number}",
        )
        for number in numbers
    ]


def found_by_jql(text: str, keys: list[str]) -> list[str]:
    """Which keys the sandbox's Jira finds."""
    words: jql.Words[str] = jql.Words(
        values=lambda field: (lambda key: [key.lower()]) if field == "key" else None,
        instants=lambda _: lambda _: None,
        known=lambda _, value: value in keys,
        now=datetime(2026, 11, 27, tzinfo=UTC),
        zone=ZoneInfo("UTC"),
    )
    query = jql.parse(text, words)
    return [key for key in keys if query.matches(key)]


def found_by_wiql(text: str, numbers: list[int]) -> list[int]:
    query = wiql.parse(text, macros={}, time_precision=False)
    return [number for number in numbers if query.matches({"System.Id": number})]


def test_a_list_in_jira_names_exactly_the_items() -> None:
    (query,) = listing(in_jira("CLM-10", "CLM-9", "ABC-2"), SOURCES)

    assert (query.source, query.language, query.items) == ("shop", "JQL", 3)
    assert query.text == 'key in ("ABC-2", "CLM-9", "CLM-10") ORDER BY key'
    assert found_by_jql(query.text, ["CLM-9", "CLM-10", "CLM-11", "ABC-2"]) == ["CLM-9", "CLM-10", "ABC-2"]


def test_a_list_in_azure_devops_names_exactly_the_items_and_opens_in_their_project() -> None:
    (query,) = listing(in_azure(12, 3), SOURCES)

    assert query.language == "WIQL"
    assert found_by_wiql(query.text, [3, 4, 12]) == [3, 12]
    assert query.url is not None
    assert query.url.startswith("https://dev.example/org/Policy%20Core/_workitems?_a=query&wiql=SELECT")
    assert parse_qs(urlsplit(query.url).query)["wiql"] == [query.text]


def test_a_link_carries_the_whole_query() -> None:
    (query,) = listing(in_jira("CLM-1"), SOURCES)

    assert query.url is not None
    assert query.url.startswith("https://shop.example/issues/?jql=")
    assert parse_qs(urlsplit(query.url).query)["jql"] == [query.text]


@pytest.mark.parametrize(
    "journeys",
    [in_jira(*(f"LONGPROJECTKEY-{n}" for n in range(1, 1001))), in_azure(*range(1_000_001, 1_001_001))],
    ids=["Jira", "Azure DevOps"],
)
def test_a_long_list_becomes_several_that_each_can_be_opened(journeys: list[Journey]) -> None:
    asked = listing(journeys, SOURCES)

    assert sum(one.items for one in asked) == 1000
    assert len(asked) > 1
    assert all(one.url is not None and len(one.url) <= LONGEST_QUERY for one in asked)
    assert all(len(one.url or "") > LONGEST_QUERY * 0.8 for one in asked[:-1])  # no more parts than are needed


def test_each_tracker_is_asked_for_its_own_items() -> None:
    asked = listing([*in_jira("CLM-1"), *in_azure(7)], SOURCES)

    assert [(one.source, one.language, one.items) for one in asked] == [("core", "WIQL", 1), ("shop", "JQL", 1)]


def test_what_is_gone_from_its_tracker_is_in_no_query() -> None:
    assert listing(in_azure(7, removed="2026-03-09"), SOURCES) == []


def test_a_source_that_is_no_longer_configured_is_asked_nothing() -> None:
    assert listing(in_jira("CLM-1"), {"core": AZURE}) == []


def test_a_source_without_a_plain_address_gets_text_and_no_link() -> None:
    odd = replace(JIRA, base_url="javascript:alert(1)")

    (query,) = listing(in_jira("CLM-1"), {"shop": odd})

    assert query.url is None
    assert "CLM-1" in query.text


def test_what_moved_in_a_period_is_asked_by_project_and_days() -> None:
    core, shop = moved({"shop": ["CLM", "CLM"], "core": ["Policy Core"]}, SOURCES, period=WEEK)

    assert shop.text == (
        'project in ("CLM") AND status CHANGED DURING ("2026-11-16 00:00", "2026-11-22 23:59") ORDER BY key'
    )
    assert "WHERE [System.TeamProject] IN ('Policy Core') AND [System.ChangedDate] >= '2026-11-16' " in core.text


HOSTILE = [
    pytest.param('CLM") OR project is not EMPTY OR project in ("x', id="a quote that would end the string"),
    pytest.param("O'Brien') OR [System.Id] > 0 OR [System.TeamProject] IN ('x", id="an apostrophe that would end it"),
    pytest.param("back\\\\slash\\\\", id="backslashes at its end"),
    pytest.param('\\\\" OR 1=1', id="a backslash before a quote"),
    pytest.param("two\nlines\r\u2028and more", id="line ends"),
    pytest.param("Équipe « été » 東京 100 %", id="letters of the world"),
]


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_project_name_stays_one_value(name: str) -> None:
    in_one_line = " ".join(name.replace("\r", " ").split("\n")).replace("\u2028", " ")

    core, shop = moved({"shop": [name], "core": [name]}, SOURCES, period=WEEK)

    assert jql._tokens(shop.text)[3] == ("quoted", in_one_line)
    assert [value for _, value in jql._tokens(shop.text)[4:7]] == [")", "AND", "status"]
    seen = wiql.parse(core.text.replace("[System.ChangedDate] >= '2026-11-16'", "[System.Id] = 1"), macros={},
                      time_precision=False)  # fmt: skip
    assert seen.matches({"System.TeamProject": in_one_line, "System.Id": 1})
    assert not seen.matches({"System.TeamProject": "another", "System.Id": 1})


@given(st.text())
def test_any_text_comes_back_out_of_a_jql_string(words: str) -> None:
    ((kind, value),) = jql._tokens(jql_text(words))

    assert kind == "quoted"
    assert len(value) == len(words)
    assert all(told in (meant, " ") for told, meant in zip(value, words, strict=True))


@given(st.text())
def test_any_text_is_one_wiql_string(words: str) -> None:
    text = wiql_text(words)

    assert text.startswith("'")
    assert text.endswith("'")
    assert "'" not in text[1:-1].replace("''", "")
    assert not {"\n", "\r", "\x00"} & set(text)


def test_an_unknown_kind_of_source_is_no_reason_to_fail() -> None:
    other: SourceTrust = replace(AZURE, source="other")

    assert listing(in_jira("CLM-1"), {"other": other}) == []
