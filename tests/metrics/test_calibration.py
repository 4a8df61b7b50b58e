"""Do forecasts come true as often as they say? Definition 3.4, calibration."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from metrics.calibration import Told, brier, coverage, one_sided

PUBLISHED = date(2026, 3, 2)
PROMISED = date(2026, 4, 1)
TODAY = date(2026, 6, 1)
DAY = timedelta(days=1)


def a_forecast(
    id: str = "A",
    *,
    finished: date | None = None,
    promised: date | None = PROMISED,
    as_of: date = PUBLISHED,
    due_on: date | None = None,
    likelihood: float | None = None,
    withdrawn: date | None = None,
    known_until: date | None = None,
) -> Told:
    return Told(
        id=id,
        as_of=as_of,
        dates={} if promised is None else {85: promised},
        due_on=due_on,
        likelihood=likelihood,
        finished_on=finished,
        withdrawn_on=withdrawn,
        known_until=known_until,
    )


def some(hits: int, n: int) -> list[Told]:
    return [a_forecast(f"E{i:02d}", finished=PROMISED if i < hits else PROMISED + DAY) for i in range(n)]


class TestCoverage:
    def test_is_the_share_of_dates_that_were_met(self) -> None:
        """T25."""
        found = coverage(some(14, 20), percentile=85, today=TODAY)

        assert (found.hits, found.resolved, found.share) == (14, 20, 0.7)
        assert found.p_value == pytest.approx(0.067, abs=0.0005)
        assert found.verdict == "optimistic"

    @pytest.mark.parametrize(
        ("hits", "n", "verdict"),
        [
            pytest.param(13, 20, "over_confident", id="so few by chance less than once in twenty"),
            pytest.param(6, 10, "over_confident", id="by chance 4.997 times in a hundred"),
            pytest.param(45, 59, "optimistic", id="by chance 5.1 times in a hundred"),
            pytest.param(17, 20, "as_promised", id="exactly as told"),
            pytest.param(20, 20, "as_promised", id="better than told"),
            pytest.param(0, 4, "too_few", id="too few to say"),
        ],
    )
    def test_is_judged_by_how_likely_so_few_hits_are(self, hits: int, n: int, verdict: str) -> None:
        assert coverage(some(hits, n), percentile=85, today=TODAY).verdict == verdict

    def test_an_item_counts_once_with_its_first_forecast(self) -> None:
        first = a_forecast(finished=PROMISED + DAY)
        second = a_forecast(finished=PROMISED + DAY, as_of=PUBLISHED + 7 * DAY, promised=PROMISED + 7 * DAY)

        found = coverage([second, first], percentile=85, today=TODAY)

        assert (found.hits, found.resolved) == (0, 1)

    def test_a_date_that_passed_without_its_item_is_a_miss(self) -> None:
        found = coverage([a_forecast()], percentile=85, today=PROMISED + DAY)

        assert (found.hits, found.resolved) == (0, 1)

    def test_a_lucky_one_waits_for_its_day_like_the_others(self) -> None:
        """Counted when they finish, those who finish early would be all that is counted, and every one a hit."""
        early = a_forecast(finished=PUBLISHED + DAY)

        found = coverage([early], percentile=85, today=PROMISED)

        assert (found.resolved, found.share, found.excluded) == (0, None, {"pending": ("A",)})

    def test_leaves_out_what_can_never_be_told(self) -> None:
        found = coverage(
            [a_forecast("A", withdrawn=PROMISED), a_forecast("B", promised=None)], percentile=85, today=TODAY
        )

        assert found.excluded == {"cancelled": ("A",), "no_date": ("B",)}
        assert (found.n_used, found.n_in_scope, found.p_value) == (0, 2, None)

    def test_giving_up_what_is_late_already_does_not_undo_the_miss(self) -> None:
        found = coverage([a_forecast(withdrawn=PROMISED + DAY)], percentile=85, today=TODAY)

        assert (found.hits, found.resolved, found.excluded) == (0, 1, {})

    @pytest.mark.parametrize(
        ("until", "resolved"),
        [
            pytest.param(PROMISED, 0, id="its last reading was on that day"),
            pytest.param(PROMISED + DAY, 1, id="its last reading was on the day after"),
        ],
    )
    def test_days_on_which_a_source_was_not_read_count_neither_way(self, until: date, resolved: int) -> None:
        found = coverage([a_forecast(known_until=until)], percentile=85, today=TODAY)

        assert found.resolved == resolved


class TestBrier:
    DUE = date(2026, 4, 15)

    def test_is_the_mean_squared_distance_from_what_happened(self) -> None:
        met = a_forecast("A", finished=self.DUE, due_on=self.DUE, likelihood=0.9)
        missed = a_forecast("B", finished=self.DUE + DAY, due_on=self.DUE, likelihood=0.6)

        found = brier([met, missed], today=TODAY)

        assert found.score == pytest.approx(0.185)
        assert found.n_used == 2

    def test_counts_what_is_overdue_and_waits_for_what_is_not(self) -> None:
        overdue = a_forecast("A", due_on=self.DUE, likelihood=0.5)
        pending = a_forecast("B", due_on=TODAY, likelihood=0.5)

        found = brier([overdue, pending], today=TODAY)

        assert (found.score, found.n_used, found.excluded) == (0.25, 1, {"pending": ("B",)})

    def test_has_no_score_without_any(self) -> None:
        assert brier([a_forecast()], today=TODAY).score is None


def test_the_chance_of_so_few_is_exact() -> None:
    assert one_sided(20, 20, 85) == 1.0
    assert one_sided(0, 2, 50) == 0.25
