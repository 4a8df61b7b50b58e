"""Typed values out of JSON."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from connectors.base import UnreadableAnswerError, UnreadableItemError
from connectors.reading import Fields, day_of, json_of, moment_of, number_of, object_list

INSTANT = datetime(2024, 11, 29, 10, 44, 51, tzinfo=UTC)


@pytest.mark.parametrize(
    "written",
    [
        1732877091,
        1732877091000,
        "2024-11-29T10:44:51Z",
        "2024-11-29T11:44:51+0100",
        "2024-11-29T11:44:51.000+01:00",
        "2024-11-29T10:44:51.0000000Z",
        "2024-11-29T10:44:51",
        "2024-11-29 07:14:51-0330",
    ],
)
def test_one_instant_is_read_however_it_is_written(written: Any) -> None:
    assert moment_of(written) == INSTANT


def test_seven_digits_of_a_second_are_cut_to_six() -> None:
    assert moment_of("2024-11-29T10:44:51.4570009Z") == INSTANT.replace(microsecond=457000)


@pytest.mark.parametrize(
    "written",
    ["", "yesterday", "2024-13-01T00:00:00Z", True, None, [], 10**30, "2024-11-29T25:00Z", "2024-11-29T24:00:00Z"],
)
def test_what_is_no_instant_is_refused(written: Any) -> None:
    with pytest.raises(ValueError):  # noqa: PT011, RUF100  # whatever its words
        moment_of(written)


def test_a_day_is_never_shifted_to_another_zone() -> None:
    assert day_of("2026-09-28T00:00:00.000Z") == date(2026, 9, 28)


@pytest.mark.parametrize(
    ("written", "number"), [(5, "5"), ("5", "5"), ("1.25", "1.25"), (Decimal("0.1"), "0.1"), (0.1, "0.1")]
)
def test_numbers_are_exact(written: Any, number: str) -> None:
    assert number_of(written) == Decimal(number)


@pytest.mark.parametrize("written", [True, "high", "1e400", Decimal("1e400"), float("nan"), float("inf"), {}, None])
def test_what_is_no_number_is_refused(written: Any) -> None:
    with pytest.raises(ValueError, match="not a number"):
        number_of(written)


def test_json_numbers_stay_exact() -> None:
    assert json_of(b'{"cost": 0.1, "points": 5}') == {"cost": Decimal("0.1"), "points": 5}


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        pytest.param(b'{"a": 1, "a": 2}', "names a key twice", id="a key twice"),
        pytest.param(b"", "not JSON", id="empty"),
        pytest.param(b'{"a": ', "not JSON", id="cut short"),
        pytest.param('{"a": "é"}'.encode("latin-1"), "not UTF-8", id="Latin-1"),
        pytest.param('{"a": 1}'.encode("utf-16"), "not UTF-8", id="UTF-16"),
        pytest.param(b"[" * 65 + b"]" * 65, "64 levels", id="65 levels"),
        pytest.param(b"[" * 100_000 + b"]" * 100_000, "64 levels", id="100,000 levels"),
    ],
)
def test_a_body_that_is_not_strict_json_is_refused(body: bytes, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        json_of(body)


@pytest.mark.parametrize("written", [b"NaN", b"-Infinity", b"1e999", b"9" * 5_000])
def test_a_number_that_nobody_can_hold_spoils_its_own_value_and_no_other(written: bytes) -> None:
    body = json_of(b'{"odd": ' + written + b', "points": 5}')

    assert body["points"] == 5
    with pytest.raises(ValueError, match="not a number"):
        number_of(body["odd"])


def test_a_byte_order_mark_is_tolerated() -> None:
    assert json_of(b'\xef\xbb\xbf{"a": 1}') == {"a": 1}


def test_brackets_inside_texts_do_not_count_as_depth() -> None:
    assert json_of(b'{"a": "' + b"[" * 500 + b'"}') == {"a": "[" * 500}


def test_sixty_four_levels_are_allowed() -> None:
    assert json_of(b"[" * 64 + b"]" * 64)


def test_characters_that_no_database_takes_are_replaced() -> None:
    assert json_of(rb'{"a": "x\u0000y\ud800z"}') == {"a": "x\ufffdy\ufffdz"}


def test_a_pair_of_surrogates_is_one_good_character() -> None:
    assert json_of(rb'{"a": "\ud83d\ude00"}') == {"a": "😀"}


def test_a_missing_value_is_named_with_its_path() -> None:
    read = Fields({"fields": {"status": None}}, who="claims: CLM-1")

    with pytest.raises(UnreadableItemError, match="claims: CLM-1: expected text at fields/status/name, found nothing"):
        read.text("fields/status/name")


@pytest.mark.parametrize(
    ("method", "value"),
    [("text", {}), ("moment", "soon"), ("whole", "5"), ("texts", "one"), ("objects", [1]), ("optional_number", "many")],
)
def test_a_value_of_another_type_is_never_coerced(method: str, value: Any) -> None:
    with pytest.raises(UnreadableItemError, match=r"expected .* at a, found"):
        getattr(Fields({"a": value}, who="x"), method)("a")


def test_a_complaint_does_not_quote_what_it_found() -> None:
    with pytest.raises(UnreadableItemError) as caught:
        Fields({"a": "a secret title"}, who="x").moment("a")

    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("body", [None, {}, [], {"issues": None}, {"issues": {}}, {"issues": [1]}], ids=repr)
def test_an_answer_must_carry_its_list(body: Any) -> None:
    with pytest.raises(UnreadableAnswerError, match="list “issues”"):
        object_list(body, "issues", who="claims")
