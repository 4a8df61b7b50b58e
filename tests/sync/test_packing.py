"""Kept answers read back as they were, whoever packed them, and take little room."""

from __future__ import annotations

import json
import zlib
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.store.packing import UnpackableError, decompressed, pack, pack_all, unpack

HISTORY: dict[str, Any] = {
    "id": "1000001",
    "created": 1705568400000,
    "items": [
        {
            "field": "status", "fieldtype": "jira", "from": "1", "fromString": "To Do", "to": "3",
            "toString": "In review", "fieldId": "status",
        }
    ],
}  # fmt: skip
plain = (
    st.none() | st.booleans() | st.integers() | st.text() | st.floats(allow_nan=False, allow_infinity=False)
    | st.decimals()
)  # fmt: skip
bodies = st.recursive(plain, lambda part: st.lists(part) | st.dictionaries(st.text(), part), max_leaves=30)


@given(bodies)
def test_whatever_json_says_reads_back_the_same(body: Any) -> None:
    assert repr(unpack(pack(body))) == repr(body)


@pytest.mark.parametrize(
    "body",
    [2**64, -(2**63) - 1, "\ud800 alone", {"nested": ["é", "\x00", 10**30]}, Decimal("0.10"), "x" * 100_000],
    ids=["beyond 64 bits", "below 64 bits", "a lone surrogate", "among others", "a decimal", "long"],
)
def test_what_one_writer_refuses_the_other_writes(body: Any) -> None:
    assert unpack(pack(body)) == body


def test_many_read_back_in_their_order() -> None:
    assert [unpack(packed) for packed in pack_all(range(1_000))] == list(range(1_000))
    assert pack_all([]) == []


def test_reads_what_earlier_versions_packed() -> None:
    told = json.dumps(HISTORY, separators=(",", ":")).encode("ascii")
    small = zlib.compressobj(wbits=12, memLevel=5)

    assert unpack(zlib.compress(told)) == HISTORY
    assert unpack(small.compress(told) + small.flush()) == HISTORY


def test_the_words_are_those_that_stores_were_packed_with() -> None:
    """Whoever changes a word of the dictionary makes every store unreadable."""
    packed = bytes.fromhex(
        "0128b52ffd24ab0501006030353536383472657669657706002eeb6060112541aa3043ae98601413390896ccd402"
    )

    assert unpack(packed) == HISTORY


def test_a_history_takes_half_the_room() -> None:
    told = json.dumps(HISTORY, separators=(",", ":")).encode("ascii")

    assert len(pack(HISTORY)) * 2 < len(zlib.compress(told))


@pytest.mark.parametrize("cut", [0, 1, 3, 7, 20, -1])
def test_what_is_cut_short_is_no_answer(cut: int) -> None:
    with pytest.raises(UnpackableError):
        decompressed(pack(HISTORY)[:cut])


@pytest.mark.parametrize("place", range(0, 40, 3))
def test_what_was_changed_on_the_disk_is_no_answer(place: int) -> None:
    packed = bytearray(pack(HISTORY))
    packed[place] ^= 0x10

    with pytest.raises(UnpackableError):
        decompressed(bytes(packed))
