"""How long ago was anything released? Definition 3.6."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from domain.journey import Journey
from domain.work_item import RELEASED
from metrics.releases import ReleaseAge, release_age
from tests.builders import a_journey

TODAY = date(2026, 3, 9)


def of(key: str, released: str = "", *, level: str = "story") -> Journey:
    return replace(a_journey(key=key, level=level), fields={RELEASED: released} if released else {})


def test_the_newest_release_of_any_level_is_the_one_whose_age_counts() -> None:
    items = [of("A", "2026-02-02"), of("B", "2026-02-02; 2026-03-02", level="epic"), of("C"), of("D", "2026-03-02")]

    found = release_age(items, today=TODAY)

    assert found == ReleaseAge(days=7, released_on=date(2026, 3, 2), keys=("B", "D"), n_used=3, n_in_scope=4)


@pytest.mark.parametrize(
    ("released", "days"),
    [
        pytest.param("2026-03-09", 0, id="released today"),
        pytest.param("2026-03-02; 2026-03-16", 7, id="the next one is to come"),
        pytest.param("2026-03-16", None, id="none has come yet"),
        pytest.param("", None, id="none is known"),
    ],
)
def test_what_is_not_known_is_no_age_of_none(released: str, days: int | None) -> None:
    assert release_age([of("A", released)], today=TODAY).days == days
