"""Forecasts are kept as they were published, once, and scored when their items end; on both databases."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta

import pytest

from domain.promises import DUE, FINISHED, WHEN, WITHDRAWN, Ending, Foretold, Promise
from domain.work_item import ItemId
from sync.store import Edition, Store, StoreError, care, open_store, opening
from tests.sync.fakes import NOON, FakeClock
from tests.sync.test_ledgers import EDITION

TODAY = NOON.date()
A, B = ItemId("jira", "1"), ItemId("ado", "2")
LATER = TODAY + timedelta(days=30)


@pytest.fixture
def store(store_url: str) -> Iterator[Store]:
    with open_store(store_url, now=FakeClock().now) as opened:
        yield opened


def a_promise(item: ItemId = A, *, kind: str = WHEN, percentile: int = 85, day: date | None = LATER) -> Promise:
    return Promise(
        item=item,
        key=f"KEY-{item.external_id}",
        kind=kind,
        percentile=percentile,
        day=day,
        done_trials=6_000 if kind == DUE else None,
        trials=10_000,
        refused=None if day is not None else "unknown_size",
    )


def foretold(*promises: Promise, days: int = 0, in_hindsight: bool = False) -> Foretold:
    """As of so many days after NOON, and published then."""
    at = NOON + timedelta(days=days)
    return Foretold(
        as_of=at.date(),
        known_at=at,
        published_at=at,
        seed=2**32 - 1,
        definition_version=1,
        digest="d",
        plan={"as_of": at.date().isoformat(), "epics": [{"id": "jira/1", "after": []}], "growth": [100]},
        promises=promises or (a_promise(),),
        in_hindsight=in_hindsight,
    )


def edition(name: str, told: Foretold) -> Edition:
    return replace(EDITION, edition_id=name, published_at=told.published_at, known_at=told.known_at)


def keep(store: Store, name: str, told: Foretold) -> None:
    store.record_edition(edition(name, told), foretold=told)


def test_what_was_foretold_is_read_as_it_was_kept(store: Store) -> None:
    told = foretold(a_promise(B, kind=DUE, percentile=0), a_promise(A, day=None), a_promise(A, percentile=50))

    keep(store, "w10/pages", told)

    found = store.foretold("w10/pages")
    assert found is not None
    assert set(found.promises) == set(told.promises)
    assert replace(found, promises=told.promises) == replace(told, edition="w10/pages")
    assert store.foretold("w11/pages") is None


def test_an_edition_is_kept_once_and_what_it_foretold_stays(store: Store) -> None:
    keep(store, "w10/pages", foretold())

    keep(store, "w10/pages", foretold(a_promise(day=LATER + timedelta(days=9)), a_promise(B)))

    found = store.foretold("w10/pages")
    assert found is not None
    assert [one.day for one in found.promises] == [LATER]


def test_an_edition_whose_forecasts_cannot_be_kept_is_not_entered_either(store: Store) -> None:
    broken = foretold(replace(a_promise(), trials=None))  # type: ignore[arg-type] # as a bug would

    with pytest.raises(StoreError):
        store.record_edition(edition("w10/pages", broken), foretold=broken)

    assert store.edition("w10/pages") is None
    assert store.foretold("w10/pages") is None


def test_an_audience_is_told_of_what_its_own_editions_foretold(store: Store) -> None:
    told = foretold(a_promise(A), a_promise(B))
    store.record_edition(replace(edition("w10@board/board", told), audience="board"), foretold=told)
    keep(store, "w11/pages", foretold(a_promise(A), days=7))

    def first(audience: str | None) -> set[tuple[str, ItemId]]:
        given = store.first_promises(known_at=NOON + timedelta(days=8), audience=audience)
        return {(one.edition, one.promise.item) for one in given}

    def former(audience: str | None) -> str | None:
        found = store.foretold_before(
            TODAY + timedelta(days=9), known_at=NOON + timedelta(days=9), audience=audience
        )  # fmt: skip
        return None if found is None else found.edition

    assert first("") == {("w11/pages", A)}
    assert first("board") == {("w10@board/board", A), ("w10@board/board", B)}
    assert first("shop") == set()
    assert first(None) == first("board")
    assert [former(one) for one in ("", "board", "shop", None)] == ["w11/pages", "w10@board/board", None, "w11/pages"]


def test_the_last_edition_of_an_earlier_day_is_the_former_one(store: Store) -> None:
    for name, days in (("w10/pages", 0), ("w11/pages", 7), ("w11-r2/pages", 8)):
        keep(store, name, foretold(days=days))

    keep(store, "w11/told-anew", foretold(days=7, in_hindsight=True))
    keep(store, "out-0badcafe~w11/pages", foretold(days=8))  # somebody's preview

    def before(days: int, known_at_days: int = 8) -> str | None:
        found = store.foretold_before(TODAY + timedelta(days=days), known_at=NOON + timedelta(days=known_at_days))
        return None if found is None else found.edition

    assert before(9) == "w11-r2/pages"
    assert before(8) == "w11/pages"  # published again on the same day, it is compared with the same one
    assert before(9, known_at_days=7) == "w11/pages"  # as it would have been told then
    assert before(0) is None


def test_the_first_that_was_told_of_each_item_counts_and_nothing_in_hindsight(store: Store) -> None:
    early = LATER - timedelta(days=9)
    keep(store, "w08/pages", foretold(a_promise(day=early), days=-14, in_hindsight=True))
    keep(store, "w09/pages", foretold(a_promise(day=None), days=-7))
    keep(store, "out-0badcafe~w09/pages", foretold(a_promise(day=early), days=-7))  # somebody's preview
    keep(store, "w10/pages", foretold(a_promise(), a_promise(percentile=50, day=early)))
    keep(store, "w10/weekly", foretold(a_promise(), a_promise(percentile=50, day=early)))
    keep(store, "w11/pages", foretold(a_promise(day=early), a_promise(kind=DUE, percentile=0), days=7))

    found = store.first_promises(known_at=NOON + timedelta(days=7))

    assert [(one.edition, one.promise.kind, one.promise.percentile) for one in found] == [
        ("w11/pages", DUE, 0),
        ("w10/pages", WHEN, 50),
        ("w10/pages", WHEN, 85),
    ]
    assert {one.as_of for one in store.first_promises(known_at=NOON)} == {TODAY}


def test_a_kept_plan_that_is_not_what_was_kept_is_found(store: Store) -> None:
    told = foretold()
    right = hashlib.sha256(json.dumps(told.plan, sort_keys=True).encode()).hexdigest()
    keep(store, "w10/pages", replace(told, digest=right))
    good = {finding.subject: finding.good for finding in care.check(store)}
    keep(store, "w11/pages", foretold(days=7))

    found = {finding.subject: finding for finding in care.check(store)}

    assert good["forecasts"]
    assert not found["forecasts"].good
    assert "w11/pages" in found["forecasts"].words


class TestScores:
    def scored(self, store: Store) -> dict[tuple[str, str, int], bool | None]:
        return {(one.edition, one.promise.key, one.promise.percentile): one.kept for one in store.outcomes()}

    def test_are_entered_when_an_item_ends(self, store: Store) -> None:
        early = LATER - timedelta(days=9)
        keep(store, "w10/pages", foretold(a_promise(), a_promise(percentile=50, day=early), a_promise(B)))

        said = store.score_forecasts({A: Ending(how=FINISHED, day=LATER)}, now=NOON)

        assert said == 1
        assert self.scored(store) == {("w10/pages", "KEY-1", 85): True, ("w10/pages", "KEY-1", 50): False}

    def test_are_entered_once(self, store: Store) -> None:
        keep(store, "w10/pages", foretold())
        endings = {A: Ending(how=FINISHED, day=LATER), ItemId("jira", "9"): Ending(how=FINISHED, day=LATER)}

        assert [store.score_forecasts(endings, now=NOON) for _ in range(2)] == [1, 0]

    def test_go_with_the_end_that_is_no_end_any_more(self, store: Store) -> None:
        keep(store, "w10/pages", foretold())
        store.score_forecasts({A: Ending(how=FINISHED, day=LATER)}, now=NOON)

        assert store.score_forecasts({}, now=NOON) == 1
        assert self.scored(store) == {}
        assert store.score_forecasts({A: Ending(how=FINISHED, day=LATER + timedelta(days=1))}, now=NOON) == 1
        assert self.scored(store) == {("w10/pages", "KEY-1", 85): False}

    def test_of_what_was_given_up_or_never_dated_are_neither(self, store: Store) -> None:
        keep(store, "w10/pages", foretold(a_promise(), a_promise(B, day=None)))

        store.score_forecasts(
            {A: Ending(how=WITHDRAWN, day=TODAY), B: Ending(how=FINISHED, day=TODAY)}, now=NOON
        )  # fmt: skip

        assert set(self.scored(store).values()) == {None}

    def test_of_what_was_given_up_after_its_day_had_passed_are_misses(self, store: Store) -> None:
        keep(store, "w10/pages", foretold())

        store.score_forecasts({A: Ending(how=WITHDRAWN, day=LATER + timedelta(days=1))}, now=NOON)

        assert set(self.scored(store).values()) == {False}

    def test_come_for_what_was_kept_after_its_item_had_ended(self, store: Store) -> None:
        """An edition published again as of an earlier day foretells what has ended since."""
        endings = {A: Ending(how=FINISHED, day=LATER)}
        keep(store, "w10/pages", foretold())
        store.score_forecasts(endings, now=NOON)
        keep(store, "w09/pages", foretold(days=-7, in_hindsight=True))

        store.score_forecasts(endings, now=NOON)

        assert {name for name, *_ in self.scored(store)} == {"w10/pages", "w09/pages"}


def test_a_store_of_before_is_upgraded_and_keeps_what_it_holds(store_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = FakeClock()
    with monkeypatch.context() as then:
        then.setattr(opening, "REVISIONS", opening.REVISIONS[: opening.REVISIONS.index("0005")])
        then.setattr(opening, "_refuse_other_tables", lambda *_, **__: None)
        with open_store(store_url, now=clock.now) as opened:
            opened.record_edition(EDITION)

    with open_store(store_url, now=clock.now) as again:
        keep(again, "w11/pages", foretold(days=7))

        assert [one.edition_id for one in again.editions()] == ["w11/pages", EDITION.edition_id]
        assert again.foretold("w11/pages") is not None
