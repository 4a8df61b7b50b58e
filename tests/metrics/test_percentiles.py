from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metrics.percentiles import gated, percentile, shown

DATA = [1, 2, 2, 3, 4, 5, 8, 13, 21, 34]


@pytest.mark.parametrize(("p", "value"), [(50, 4), (85, 21), (95, 34), (100, 34)])
def test_a_percentile_is_the_value_at_its_nearest_rank(p: int, value: int) -> None:
    """T6, the rank function alone."""
    assert percentile(DATA, p) == value


@pytest.mark.parametrize(
    ("n", "percentiles"),
    [(0, ()), (4, ()), (5, (50,)), (9, (50,)), (10, (50, 85)), (19, (50, 85)), (20, (50, 85, 95))],
)
def test_a_small_sample_shows_fewer_percentiles(n: int, percentiles: tuple[int, ...]) -> None:
    assert shown(n) == percentiles


def test_the_gate_says_unknown_rather_than_a_bold_number() -> None:
    assert gated(DATA, 85) == 21
    assert gated(DATA, 95) is None
    assert gated(DATA[:4], 50) is None
    assert gated([], 50) is None


def test_no_data_has_no_percentile() -> None:
    with pytest.raises(ValueError, match="no data"):
        percentile([], 50)


@given(st.lists(st.integers(0, 1000), min_size=1), st.integers(1, 100))
def test_a_percentile_is_always_a_value_that_happened_and_covers_its_share(values: list[int], p: int) -> None:
    ascending = sorted(values)

    value = percentile(ascending, p)

    assert value in values
    assert sum(one <= value for one in values) * 100 >= p * len(values)
    assert sum(one < value for one in values) * 100 < p * len(values)
