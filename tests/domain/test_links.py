"""When a link that blocks stood: by a stream's words, by an item's changes, or by what it bears."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import pytest

from domain.change import Change
from domain.links import Blocking, LinkWord, blocker_names, blockings, direction
from domain.work_item import HistoryState, Link
from tests.builders import SOURCE, Told, a_moment, an_item

CREATED = "2026-01-01"
OTHER = an_item(key="PAY-2")


def bearing(item: Told, *links: tuple[str, str], kind: str = "blocked_by") -> Told:
    told = tuple(Link(kind=kind, to_id=to_id, to_key=key) for to_id, key in links)
    return replace(item, held=replace(item.held, item=replace(item.held.item, links=told)))


def linked(at: str, *, came: str | None = None, went: str | None = None, key: str = "PAY-2") -> Change:
    """A change as Jira tells of links: "This issue is blocked by PAY-2"."""
    return Change(
        source=SOURCE, external_id="PAY-1", change_id=f"{at}:0", sequence=0, field="links", occurred_at=a_moment(at),
        from_value=f"This issue {went} {key}" if went else None, to_value=f"This issue {came} {key}" if came else None,
        from_id=key if went else None, to_id=key if came else None, known_at=a_moment(at),
    )  # fmt: skip


def a_word(at: str, *, active: bool = True, other: str = "PAY-2", known: str | None = None) -> LinkWord:
    return LinkWord(SOURCE, other, "PAY-1", "blocks", active, a_moment(at), a_moment(known or at))


def found(
    item: Told, changes: Iterable[Change] = (), *, words: Iterable[LinkWord] = (), known_at: str | None = None
) -> list[tuple[str, str, str | None]]:
    told = blockings(
        item.held, changes, words=words, others=[(OTHER.held, ())], known_at=a_moment(known_at) if known_at else None
    )
    return [
        (one.name, one.since.date().isoformat(), one.until.date().isoformat() if one.until else None) for one in told
    ]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("This issue is blocked by", "blocked_by"),
        ("depends on", "blocked_by"),
        ("is dependent on", "blocked_by"),
        ("est bloquée par", "blocked_by"),
        ("dépend de", "blocked_by"),
        ("This issue blocks", "blocks"),
        ("is depended on by", "blocks"),
        ("is a dependency of", "blocks"),
        ("bloque", "blocks"),
        ("relates to", None),
        ("is cloned by", None),
    ],
)
def test_the_words_of_a_link_say_who_blocks_whom(words: str, expected: str | None) -> None:
    assert direction(words) == expected


def test_a_link_stands_from_the_change_that_made_it_to_the_one_that_ended_it() -> None:
    changes = [
        linked("2026-02-01", came="is blocked by"), linked("2026-02-05", went="is blocked by"),
        linked("2026-02-09", came="is blocked by"),
    ]  # fmt: skip

    assert found(bearing(an_item(), ("PAY-2", "PAY-2")), changes) == [
        ("PAY-2", "2026-02-01", "2026-02-05"),
        ("PAY-2", "2026-02-09", None),
    ]


def test_what_an_item_blocks_does_not_block_it() -> None:
    item = bearing(an_item(), ("PAY-2", "PAY-2"), kind="blocks")

    changes = [linked("2026-02-01", came="blocks"), linked("2026-02-02", came="blocks", key="PAY-3")]
    assert found(item, [*changes, linked("2026-02-03", came="relates to")]) == []
    assert blocker_names(item.held, changes, ()) == set()


def test_a_link_whose_end_alone_was_seen_stood_since_the_item_was_created() -> None:
    assert found(an_item(), [linked("2026-02-05", went="is blocked by")]) == [("PAY-2", CREATED, "2026-02-05")]


def test_a_link_that_no_change_tells_of_stands_since_the_item_was_created() -> None:
    assert found(bearing(an_item(), ("PAY-2", "PAY-2"))) == [("PAY-2", CREATED, None)]


def test_of_a_link_without_history_we_know_that_it_stood_when_the_item_was_last_touched() -> None:
    item = bearing(an_item(history=HistoryState.GAP, updated="2026-02-20"), ("PAY-2", "PAY-2"))

    assert found(item) == [("PAY-2", "2026-02-20", None)]


def test_a_link_that_is_gone_though_no_change_ended_it_went_by_the_time_the_item_was_last_touched() -> None:
    item = an_item(updated="2026-02-20")

    assert found(item, [linked("2026-02-01", came="is blocked by")]) == [("PAY-2", "2026-02-01", "2026-02-20")]


def test_a_link_of_another_name_is_told_by_its_type_and_dated_by_its_changes() -> None:
    item = bearing(an_item(), ("PAY-2", "PAY-2"))

    assert found(item, [linked("2026-02-01", came="has to be done after")]) == [("PAY-2", "2026-02-01", None)]


def test_a_blocker_is_one_by_its_key_its_former_key_and_its_id() -> None:
    moved = replace(OTHER.held, item=replace(OTHER.held.item, external_id="10002", previous_keys=("OLD-7",)))
    item = bearing(an_item(), ("10002", "PAY-2"))
    changes = [linked("2026-02-01", came="is blocked by", key="OLD-7")]

    told = blockings(item.held, changes, others=[(moved, ())])

    assert told == (Blocking(name="10002", since=a_moment("2026-02-01"), until=None, blocker=moved),)
    assert blocker_names(item.held, changes, ()) == {"10002", "PAY-2", "OLD-7"}


def test_a_stream_tells_when_a_link_came_and_went_and_is_believed_before_anything_else() -> None:
    item = bearing(an_item(), ("PAY-2", "PAY-2"))
    words = [a_word("2026-02-01"), a_word("2026-02-04", active=False), a_word("2026-02-08"), a_word("2026-02-09")]

    assert found(item, words=words) == [("PAY-2", "2026-02-01", "2026-02-04"), ("PAY-2", "2026-02-08", None)]


def test_a_link_of_which_a_stream_told_only_the_end_is_not_dated() -> None:
    assert found(an_item(), words=[a_word("2026-02-04", active=False)]) == []


def test_what_a_stream_told_later_was_not_known_before() -> None:
    item = bearing(an_item(), ("PAY-2", "PAY-2"))  # as it is now
    words = [a_word("2026-02-01"), a_word("2026-02-04", active=False, known="2026-02-10")]

    assert found(item, words=words, known_at="2026-02-09") == [("PAY-2", "2026-02-01", None)]
    assert found(item, words=words, known_at="2026-01-31") == []


def test_a_link_that_was_learned_of_later_did_not_stand_before() -> None:
    item = bearing(an_item(updated="2026-02-20"), ("PAY-2", "PAY-2"))
    changes = [linked("2026-02-10", came="is blocked by")]

    assert found(item, changes, known_at="2026-02-09") == []


def test_no_item_blocks_itself() -> None:
    item = bearing(an_item(), ("PAY-1", "PAY-1"))

    assert found(item, [linked("2026-02-01", came="is blocked by", key="PAY-1")]) == []
