"""What is promised, what became of it, and why a date moved; and what an increment brings."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from domain.calendar import Increment
from domain.journey import Journey
from domain.period import Period
from domain.promises import DUE, FINISHED, WHEN, WITHDRAWN, Ending, Foretold, Given, Promise
from domain.work_item import FlowState, ItemId
from metrics.calibration import brier, coverage
from metrics.forecasts.deliveries import deliveries, increment_ahead, together
from metrics.forecasts.how_many import HowMany, sanity
from metrics.forecasts.keeping import endings, foretold, moves, told
from metrics.forecasts.plan import from_dict
from metrics.forecasts.planning import Planned
from metrics.forecasts.samples import Refusal
from metrics.forecasts.when import Forecast, Forecasts, forecast
from tests.builders import SOURCE, a_calendar, a_moment
from tests.metrics.test_planning import NOW, TODAY, a_story, an_epic, finished, planned

EPIC = ItemId(SOURCE, "E")
DAY = timedelta(days=1)


def keep(found: Planned, *, published_late: bool = False) -> Foretold:
    at = NOW + 2 * DAY if published_late else NOW
    return foretold(found, forecast(found.plan), known_at=NOW, published_at=at, calendar=a_calendar())


def a_plan(*more: Journey, left: int = 9, due: str = "2026-07-01") -> Planned:
    """An epic with so many stories left, at a story a working day."""
    return planned(an_epic(due=due), *(a_story(f"S-{n}") for n in range(left)), *finished(50), *more)


class TestWhatIsPromised:
    def test_is_every_day_and_likelihood_of_every_epic_and_the_plan(self) -> None:
        found = a_plan()

        kept = keep(found)

        assert [(one.kind, one.percentile, one.day) for one in kept.promises] == [
            *((WHEN, p, date(2026, 6, 12)) for p in (50, 70, 85, 95)),
            (DUE, 0, date(2026, 7, 1)),
        ]
        assert kept.promises[-1].done_trials == kept.promises[-1].trials
        assert from_dict(kept.plan) == found.plan
        assert (kept.as_of, kept.seed, kept.in_hindsight) == (TODAY, found.plan.seed, False)

    def test_is_nothing_of_what_is_finished_and_only_lacks_its_closing(self) -> None:
        assert keep(a_plan(left=0)).promises == ()

    def test_is_no_likelihood_of_a_due_date_that_has_passed(self) -> None:
        assert {one.kind for one in keep(a_plan(due="2026-05-31")).promises} == {WHEN}

    def test_says_why_there_is_no_day(self) -> None:
        kept = keep(planned(an_epic(), a_story("S-1")))

        assert {(one.day, one.refused) for one in kept.promises} == {(None, "nothing_finished")}

    def test_is_in_hindsight_when_it_is_published_later(self) -> None:
        assert keep(a_plan(), published_late=True).in_hindsight

    def test_is_the_same_for_ever(self) -> None:
        assert keep(a_plan()) == keep(a_plan())


class TestWhatBecameOfIt:
    def given(self, item: ItemId = EPIC, *, day: date = TODAY + 20 * DAY) -> list[Given]:
        due = Promise(item=item, key="E", kind=DUE, percentile=0, day=day, done_trials=80, trials=100)
        when = Promise(item=item, key="E", kind=WHEN, percentile=85, day=day, trials=100)
        return [Given(edition="w23", as_of=TODAY, promise=one) for one in (due, when)]

    def test_is_told_by_the_day_on_which_the_epic_was_finished(self) -> None:
        done = an_epic(finished="2026-06-21")

        one, *more = told(self.given(), [done], calendar=a_calendar(), read_at={SOURCE: a_moment("2026-09-01T09:00")})

        assert not more
        assert coverage([one], percentile=85, today=date(2026, 9, 1)).hits == 1
        assert brier([one], today=date(2026, 9, 1)).score == pytest.approx(0.04)

    def test_is_kept_on_the_very_day_as_the_calendar_of_its_value_stream_has_days(self) -> None:
        """Late on the day in Chicago, where it was done; in UTC it is the next day."""
        done = an_epic(finished="2026-06-22T03:00", value_stream="claims")
        calendar = replace(a_calendar(), streams={"claims": a_calendar("America/Chicago")})

        found = told(self.given(), [done], calendar=calendar, read_at={SOURCE: a_moment("2026-09-01T09:00")})

        assert coverage(found, percentile=85, today=date(2026, 9, 1)).hits == 1
        assert endings([done], calendar=calendar) == {EPIC: Ending(how=FINISHED, day=date(2026, 6, 21))}

    def test_is_not_missed_while_its_day_goes_on_where_its_value_stream_is(self) -> None:
        """Half past one in the portfolio, where it is the day after; in Chicago the day of the promise is not over."""
        given, at = self.given(day=date(2026, 6, 21)), a_moment("2026-06-22T01:30")
        calendar = replace(a_calendar(), streams={"claims": a_calendar("America/Chicago")})
        later = a_moment("2026-06-22T05:00")  # midnight in Chicago

        verdicts = [
            coverage(
                told(given, [an_epic(value_stream=stream)], calendar=calendar, read_at={SOURCE: now}),
                percentile=85,
                today=calendar.day(now),
            )
            for stream, now in (("claims", at), ("elsewhere", at), ("claims", later))
        ]

        assert [len(one.missed) for one in verdicts] == [0, 1, 1]
        assert list(verdicts[0].excluded) == ["pending"]

    def test_is_not_known_of_days_on_which_its_source_was_not_read(self) -> None:
        found = told(
            self.given(), [an_epic()], calendar=a_calendar(), read_at={SOURCE: a_moment((TODAY + 20 * DAY).isoformat())}
        )

        scored = coverage(found, percentile=85, today=date(2026, 9, 1))

        assert (scored.resolved, dict(scored.excluded)) == (0, {"pending": (f"{SOURCE}/E",)})

    @pytest.mark.parametrize(
        "journeys",
        [
            pytest.param([an_epic(removed="2026-06-05")], id="removed"),
            pytest.param([replace(an_epic(), cancelled_at=NOW + DAY, flow_state=FlowState.CANCELLED)], id="given up"),
            pytest.param([], id="its source has left the settings"),
        ],
    )
    def test_counts_neither_way_when_nobody_can_say_any_more(self, journeys: list[Journey]) -> None:
        found = told(self.given(), journeys, calendar=a_calendar(), read_at={SOURCE: a_moment("2026-09-01T09:00")})

        scored = coverage(found, percentile=85, today=date(2026, 9, 1))

        assert (scored.resolved, list(scored.excluded)) == (0, ["cancelled"])

    def test_ends_are_those_of_epics(self) -> None:
        epics = [an_epic("A", finished="2026-05-05"), an_epic("B", removed="2026-05-06"), an_epic("C")]

        found = endings([*epics, a_story("S", "2026-05-07")], calendar=a_calendar())

        assert found == {
            ItemId(SOURCE, "A"): Ending(how=FINISHED, day=date(2026, 5, 5)),
            ItemId(SOURCE, "B"): Ending(how=WITHDRAWN, day=date(2026, 5, 6)),
        }


class TestWhyItMoved:
    def test_is_said_in_parts_that_add_up(self) -> None:
        former, after = keep(a_plan()), a_plan(left=14)

        (one,) = moves(former, after, forecast(after.plan), journeys=[an_epic()], levels=(85,))

        assert one.parts == {
            "draws": 0,
            "scope": 7,
            "throughput": 0,
            "order": 0,
            "predecessor": 0,
            "lateness": 0,
            "calendar": 0,
        }
        assert one.days == 7

    def test_begins_with_what_moved_furthest(self) -> None:
        def both(left: int) -> Planned:
            more = (a_story(f"T-{n}", parent="F", train="other") for n in range(2))
            done = finished(50, parent="F", prefix="O", train="other")
            return a_plan(an_epic("F"), *more, *done, left=left)

        former, after = keep(both(9)), both(14)

        found = moves(former, after, forecast(after.plan), journeys=[], levels=(85,))

        assert [(one.id, one.days) for one in found] == [(f"{SOURCE}/E", 7), (f"{SOURCE}/F", 0)]

    def test_is_not_asked_of_what_is_new_or_done(self) -> None:
        former, after = keep(a_plan()), a_plan(left=0)

        assert moves(former, after, forecast(after.plan), journeys=[], levels=(85,)) == ()


class TestDeliveries:
    CALENDAR = replace(
        a_calendar(),
        increments=(
            Increment(name="PI 1", period=Period(date(2026, 4, 1), date(2026, 6, 20))),
            Increment(name="PI 2", period=Period(date(2026, 6, 20), date(2026, 9, 1))),
        ),
    )

    @pytest.mark.parametrize(("day", "name"), [(date(2026, 6, 18), "PI 1"), (date(2026, 6, 19), "PI 2")])
    def test_are_those_of_the_increment_that_tomorrow_is_in(self, day: date, name: str) -> None:
        assert increment_ahead(self.CALENDAR, day).name == name

    def test_are_how_many_by_its_end_beside_as_many_days_before(self) -> None:
        increment = increment_ahead(self.CALENDAR, TODAY)

        (whole,) = deliveries(a_plan(), increment=increment)

        assert whole.found.at_least == {50: 14, 70: 14, 85: 14, 95: 14}  # working days until Friday 19 June
        assert whole.last == Period(date(2026, 5, 14), date(2026, 6, 1))
        assert whole.actual == 12  # working days of those eighteen
        assert whole.sanity is not None
        assert not whole.sanity.is_alarming

    def test_of_several_are_told_of_all_together_and_of_each(self) -> None:
        found = a_plan(an_epic("F"), *finished(50, parent="F", prefix="O", train="Azur"))

        names = [one.name for one in deliveries(found, increment=increment_ahead(self.CALENDAR, TODAY))]

        assert names == ["portfolio", f"source:{SOURCE}", "train:Azur"]

    def test_a_promise_of_twice_as_much_as_the_last_window_had_is_asked_about(self) -> None:
        """T26."""
        found = HowMany(as_of=TODAY, by=TODAY + 30 * DAY, at_least={50: 81})

        alarm, calm = sanity(found, actual=39), sanity(found, actual=41)

        assert alarm is not None
        assert calm is not None
        assert round(alarm.ratio or 0, 2) == 2.08
        assert (alarm.is_alarming, calm.is_alarming) == (True, False)

    def test_no_alarm_is_given_where_not_all_of_the_last_window_is_known(self) -> None:
        young = [replace(one, created_at=NOW - 40 * DAY) for one in (a_story("S-1"), *finished(20))]
        increment = Increment(name="PI", period=Period(date(2026, 4, 1), date(2026, 8, 1)))

        (whole,) = deliveries(planned(an_epic(), *young), increment=increment)

        assert (whole.actual, whole.sanity) == (None, None)


class TestTogether:
    def due(self, **parts: float) -> Forecast:
        """An epic that is due, with the likelihood of each team's part."""
        one = forecast(a_plan().plan, until=date(2026, 7, 1)).epics[0]
        return replace(one, parts=parts)

    def of(self, *epics: Forecast) -> Forecasts:
        return replace(forecast(a_plan().plan, until=date(2026, 7, 1)), epics=epics)

    def test_is_the_worst_of_each_team_and_then_the_product(self) -> None:
        """T13."""
        found = together(self.of(self.due(one=0.90, other=0.80), self.due(other=0.95)))

        assert found is not None
        assert found.share == pytest.approx(0.72)
        assert found.bound == pytest.approx(0.80)

    def test_is_not_known_where_one_of_them_is_not(self) -> None:
        lost = replace(self.due(), refused=Refusal(reason="unknown_size"))

        found = together(self.of(self.due(one=0.9), lost))

        assert found is not None
        assert (found.share, found.bound, len(found.unknown)) == (None, None, 1)

    def test_what_only_waits_for_another_epic_is_as_likely_as_that_one(self) -> None:
        """Its own work is finished, and yet it is not delivered before the other."""
        other = an_epic("LATER")
        stories = [a_story(f"L-{n}", parent="LATER") for n in range(60)]
        waiting = planned(
            an_epic(due="2026-06-30"), other, *stories, *finished(50), predecessors={"E": ["LATER"]}
        )  # fmt: skip

        found = together(forecast(waiting.plan, until=date(2026, 6, 30)))

        assert found is not None
        assert (found.share, found.bound, found.unknown) == (0, 0, ())

    def test_is_of_the_epics_that_are_due_by_then(self) -> None:
        before, after = a_plan(due="2026-06-30"), a_plan(due="2026-07-01")

        assert together(forecast(before.plan, until=date(2026, 6, 30))) is not None
        assert together(forecast(after.plan, until=date(2026, 6, 30))) is None
