"""From journeys to a plan: what is left, who does it, in which order, and when nothing can be said."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.calendar import Calendar
from domain.forecasting import AssumedSize, Forecasting
from domain.journey import Journey
from domain.period import Period
from domain.trust import SourceTrust
from domain.work_item import RANK, FlowState, ItemId
from metrics.forecasts.plan import Epic, Work, from_dict, to_dict
from metrics.forecasts.planning import PORTFOLIO, Planned, plan_of, who
from metrics.forecasts.samples import Refusal, Samples
from metrics.forecasts.situation import Situation
from metrics.forecasts.when import Forecast, forecast
from tests.builders import SOURCE, a_calendar, a_journey, a_source_trust

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)  # a Monday
TODAY = NOW.date()
TEAM = f"source:{SOURCE}"


def an_epic(key: str = "E", started: str | None = "2026-03-01", **more: str) -> Journey:
    return a_journey(started, key=key, level="epic", created="2026-01-05", **more)  # type: ignore[arg-type]


def a_story(key: str, finished: str | None = None, *, parent: str | None = "E", **more: str) -> Journey:
    started = finished or "2026-05-04"
    return a_journey(started, finished, key=key, parent=parent, created="2026-01-05", **more)  # type: ignore[arg-type]


def finished(n: int, *, parent: str | None = "E", prefix: str = "D", **more: str) -> list[Journey]:
    """So many stories, one finished each working day before this one, the last of them on Friday."""
    days = [day for ahead in range(1, 200) if (day := TODAY - timedelta(days=ahead)).weekday() < 5][:n]
    return [a_story(f"{prefix}-{day}", f"{day}T10:00", parent=parent, **more) for day in days]


def planned(
    *journeys: Journey,
    predecessors: Mapping[str, Sequence[str]] | None = None,
    sources: Sequence[SourceTrust] = (),
    trials: int = 400,
    as_of: datetime = NOW,
    calendar: Calendar | None = None,
    agreed: Forecasting | None = None,
) -> Planned:
    situation = Situation(
        journeys=journeys,
        parents={one.id: one.parent_id for one in journeys if one.parent_id is not None},
        predecessors={
            ItemId(SOURCE, after): tuple(ItemId(SOURCE, one) for one in before)
            for after, before in (predecessors or {}).items()
        },
        calendar=calendar or a_calendar(),
        as_of=as_of,
        portfolio="claims",
        sources=sources,
        agreed=agreed or Forecasting(),
    )
    return plan_of(situation, trials=trials)


def epic_of(found: Planned, key: str = "E") -> Epic:
    return next(one for one in found.plan.epics if one.id == f"{SOURCE}/{key}")


def ranked(
    key: str, started: str | None, *, rank: str = "", due: str | None = None, source: str = SOURCE,
    fields: Mapping[str, str] | None = None,
) -> Journey:  # fmt: skip
    held = {**(fields or {}), **({RANK: rank} if rank else {})}
    epic = an_epic(key, started) if due is None else an_epic(key, started, due=due)
    return replace(epic, id=ItemId(source, key), fields=held)


def order_of(found: Planned) -> list[str]:
    return [one.id.partition("/")[2] for one in found.plan.epics]


def told(found: Planned, key: str = "E") -> Forecast:
    one = forecast(found.plan).of(f"{SOURCE}/{key}")
    assert one is not None
    return one


class TestWhatIsLeft:
    def test_is_what_is_neither_finished_nor_given_up_nor_removed(self) -> None:
        dropped = replace(a_story("S-2"), flow_state=FlowState.CANCELLED)
        gone = a_story("S-3", removed="2026-05-20")
        ignored = replace(a_story("S-4"), flow_state=FlowState.IGNORE)

        found = planned(an_epic(), a_story("S-1"), dropped, gone, ignored, a_story("S-5", "2026-05-05"))

        assert epic_of(found).work == {TEAM: Work(remaining=1, done=1)}
        assert [one.key for one in found.open_work[f"{SOURCE}/E"]] == ["S-1"]

    def test_leaves_out_what_nobody_began_under_a_feature_that_is_done(self) -> None:
        feature = a_journey("2026-03-01", "2026-04-01", key="F", level="feature", parent="E")
        left = replace(a_story("S-1", parent="F"), excluded_reason="left_behind")

        assert epic_of(planned(an_epic(), feature, left, a_story("S-2"))).remaining == 1

    def test_includes_what_is_in_a_status_that_nobody_mapped(self) -> None:
        unknown = replace(a_story("S-1"), flow_state=FlowState.UNKNOWN)

        assert epic_of(planned(an_epic(), unknown)).remaining == 1

    def test_counts_what_was_finished_and_removed_later_as_done(self) -> None:
        found = planned(an_epic(), a_story("S-1", "2026-05-05", removed="2026-05-20"), a_story("S-2"))

        assert epic_of(found).work == {TEAM: Work(remaining=1, done=1)}

    def test_is_found_below_the_features_too(self) -> None:
        feature = a_journey("2026-03-01", key="F", level="feature", parent="E")

        found = planned(an_epic(), feature, a_story("S-1", parent="F"), a_story("S-2", parent="E"))

        assert epic_of(found).remaining == 2
        assert epic_of(found).unsplit == 0

    def test_belongs_to_the_train_that_an_item_belongs_to(self) -> None:
        one, other = a_story("S-1", train="Azur"), a_story("S-2", value_stream="stores")

        assert sorted(epic_of(planned(an_epic(), one, other)).work) == ["train:Azur", "value_stream:stores"]

    def test_is_nothing_where_all_is_finished_and_nobody_has_closed_the_epic(self) -> None:
        found = planned(an_epic(), *finished(40))

        assert told(found).is_done

    def test_is_not_known_where_no_item_is_left_and_features_are_open(self) -> None:
        feature = a_journey("2026-03-01", key="F", level="feature", parent="E")
        done = a_journey("2026-03-01", "2026-05-29", key="G", level="feature", parent="E")
        below = [*finished(20, parent="F"), *finished(20, parent="G", prefix="G")]

        open_still = planned(an_epic(due="2026-06-30"), feature, done, *below)
        closed = planned(an_epic(due="2026-06-30"), done, *below)

        assert told(open_still).refused == Refusal(reason="unclosed", subject="1")
        assert not told(open_still).is_done
        assert told(open_still).likelihood is None
        assert from_dict(to_dict(open_still.plan)) == open_still.plan
        assert told(closed).is_done

    def test_of_an_epic_within_an_epic_is_the_inner_one_s_and_the_outer_one_waits(self) -> None:
        inner = replace(an_epic("I"), parent_id=ItemId(SOURCE, "E"))

        found = planned(an_epic(), inner, a_story("S-1", parent="I"), *finished(40, parent="I"))

        assert epic_of(found, "I").remaining == 1
        assert epic_of(found).remaining == 0
        assert epic_of(found).after == (f"{SOURCE}/I",)
        assert told(found).dates == told(found, "I").dates


class TestWhatIsNotSplit:
    def sized(self, n: int, *, level: str, type: str = "Story") -> list[Journey]:
        """So many finished ones of a level, the first with one finished story, the next with two ..."""
        found = []
        for size in range(1, n + 1):
            top = a_journey("2026-01-05", "2026-04-01", key=f"{level}-{size}", level=level)
            found.append(replace(top, type=type))
            found += [a_story(f"{level}-{size}-{i}", "2026-03-02", parent=top.key) for i in range(size)]
        return found

    def test_has_the_size_of_finished_ones_of_its_type(self) -> None:
        found = planned(an_epic(), *self.sized(10, level="epic"), *finished(40, parent="epic-1"))

        assert epic_of(found).work[TEAM].unsplit == {"epic Story": 1}
        assert found.plan.sizes["epic Story"] == (2, 3, 4, 5, 6, 7, 8, 9, 10, 41)
        assert told(found).is_assumed
        assert told(found).dates

    def test_has_no_date_where_fewer_than_ten_of_its_type_were_finished(self) -> None:
        found = planned(an_epic(), *self.sized(9, level="epic"), *finished(40, parent="epic-1"))

        assert told(found).refused == Refusal(reason="unknown_size", subject="epic Story")
        assert not told(found).dates

    def test_has_a_size_of_the_range_that_was_agreed_where_fewer_than_ten_of_its_type_were_finished(self) -> None:
        agreed = Forecasting(
            sizes=(
                AssumedSize(level="feature", least=1, most=1),
                AssumedSize(level="epic", type="Enabler", least=99, most=99),
                AssumedSize(level="epic", type="story", least=3, most=5),
            )
        )

        found = planned(an_epic(), *self.sized(9, level="epic"), *finished(60, parent="epic-1"), agreed=agreed)

        assert found.plan.sizes == {"epic Story": (3, 4, 5)}
        assert found.plan.assumed == {"epic Story"}
        assert from_dict(to_dict(found.plan)) == found.plan
        # One item each working day, from Tuesday on: 3 are done on Thursday, 4 on Friday, 5 on Monday.
        assert {p: day.isoformat() for p, day in told(found).dates.items() if p in (50, 95)} == {
            50: "2026-06-05",
            95: "2026-06-08",
        }

    def test_is_drawn_from_finished_ones_and_not_from_the_range_where_there_are_ten(self) -> None:
        agreed = Forecasting(sizes=(AssumedSize(level="epic", least=99, most=99),))

        found = planned(an_epic(), *self.sized(10, level="epic"), *finished(40, parent="epic-1"), agreed=agreed)

        assert found.plan.sizes["epic Story"] == (2, 3, 4, 5, 6, 7, 8, 9, 10, 41)
        assert not found.plan.assumed

    def test_is_not_guessed_from_another_type_or_level(self) -> None:
        features, enablers = self.sized(12, level="feature"), self.sized(12, level="epic", type="Enabler")

        found = planned(an_epic(), *features, *enablers, *finished(40, parent="epic-1"))

        assert sorted(found.plan.sizes) == ["epic Enabler", "feature Story"]
        assert told(found).refused == Refusal(reason="unknown_size", subject="epic Story")

    def test_may_be_one_feature_of_an_epic_that_is_split_otherwise(self) -> None:
        bare = a_journey("2026-03-01", key="F", level="feature", parent="E")
        done = a_journey("2026-03-01", "2026-04-01", key="G", level="feature", parent="E")

        found = planned(an_epic(), bare, done, a_story("S-1"))

        assert epic_of(found).work == {TEAM: Work(remaining=1, unsplit={"feature Story": 1})}


class TestHowItGrows:
    """Epics from 5 January to 5 May: their quarters are 4 February, 6 March and 5 April."""

    def grown(self, n: int, *more: Journey) -> list[Journey]:
        """So many epics with four stories from the beginning and two from 1 April, all finished in the end."""
        found = list(more)
        for i in range(n):
            found.append(an_epic(f"D{i}", "2026-01-05", finished="2026-05-05"))
            found += [a_story(f"D{i}-{j}", "2026-04-20", parent=f"D{i}") for j in range(4)]
            found += [self.born("2026-04-01", f"D{i}-late{j}", parent=f"D{i}") for j in range(2)]
        return found

    def born(self, day: str, key: str, *, parent: str) -> Journey:
        one = a_story(key, "2026-04-20", parent=parent)
        return replace(one, created_at=datetime.fromisoformat(f"{day}T00:00+00:00"))

    def test_is_what_was_finished_later_by_what_was_open_then(self) -> None:
        found = planned(an_epic(), a_story("S-1"), *self.grown(10))

        assert found.plan.growth == (*(100,) * 10, *(150,) * 20)

    def test_is_not_guessed_from_fewer_than_ten(self) -> None:
        assert planned(an_epic(), a_story("S-1"), *self.grown(9)).plan.growth == (100,)

    def test_leaves_out_what_came_of_a_feature_that_was_there_for_that_has_a_size_of_its_own(self) -> None:
        feature = replace(
            a_journey("2026-04-02", "2026-05-01", key="F", level="feature", parent="D0"),
            created_at=datetime(2026, 1, 5, tzinfo=UTC),
        )
        split = [self.born("2026-04-02", f"F-{j}", parent="F") for j in range(4)]

        found = planned(an_epic(), a_story("S-1"), *self.grown(10, feature, *split))

        assert found.plan.growth == (*(100,) * 10, *(150,) * 20)

    def test_is_less_where_some_of_what_was_open_was_given_up(self) -> None:
        dropped = [
            replace(
                a_story(f"X{i}", parent=f"D{i}"),
                flow_state=FlowState.CANCELLED,
                cancelled_at=datetime(2026, 4, 10, tzinfo=UTC),
            )
            for i in range(10)
        ]

        found = planned(an_epic(), a_story("S-1"), *self.grown(10), *dropped)

        assert found.plan.growth == (*(86,) * 10, *(120,) * 20)

    def test_makes_dates_later(self) -> None:
        work = [an_epic(), *(a_story(f"S-{n}") for n in range(10)), *finished(60)]

        calm, growing = planned(*work), planned(*work, *self.grown(10))

        assert told(growing).dates[85] > told(calm).dates[85]


class TestWhoFinishesHowMuch:
    def test_is_a_sample_of_the_sixty_days_before_today_without_free_days(self) -> None:
        found = planned(an_epic(), a_story("S-1"), *finished(60))

        team = found.plan.teams[TEAM]
        assert isinstance(team.samples, Samples)
        assert team.samples.window.end == TODAY
        assert team.samples.window.length_days == 60
        assert set(team.samples.counts) == {1}

    def test_is_told_by_the_days_of_its_value_stream_and_no_date_falls_on_its_free_days(self) -> None:
        """In Chicago it is still Sunday evening; it is free on the first Monday of May and on the day to come."""
        own = a_calendar("America/Chicago", holidays=["2026-05-04", "2026-06-02"])
        done = [
            replace(one, finished_at=one.finished_at and one.finished_at + timedelta(hours=15))
            for one in finished(60, value_stream="claims")
            if one.finished_at and one.finished_at.date().day != 4
        ]

        found = planned(
            an_epic(value_stream="claims"), a_story("S-1", value_stream="claims"), *done,
            calendar=replace(a_calendar(), streams={"claims": own}),
        )  # fmt: skip

        team = found.plan.teams["value_stream:claims"]
        assert isinstance(team.samples, Samples)
        assert team.samples.counts[0] == 1  # no day without a finish among them
        assert told(found).dates[85] == date(2026, 6, 3)

    def test_leaves_work_out_that_belongs_to_no_epic_for_it_goes_on_beside(self) -> None:
        """Else a team that spends half of its days on upkeep would promise twice of what it can."""
        found = planned(an_epic(), a_story("S-1"), *finished(30), *finished(30, parent=None, prefix="U"))

        by_epics, all_of_it = found.plan.teams[TEAM].samples, found.everyone[TEAM].samples
        assert isinstance(by_epics, Samples)
        assert isinstance(all_of_it, Samples)
        assert (by_epics.items, all_of_it.items) == (30, 60)
        assert found.everyone[PORTFOLIO] == found.everyone[TEAM]

    def test_ends_with_the_last_complete_reading_for_a_day_nobody_read_is_no_day_without_a_finish(self) -> None:
        read_at = datetime(2026, 5, 20, 9, tzinfo=UTC)
        source = replace(a_source_trust(), complete_at=read_at)
        told_of = [one for one in finished(60) if one.finished_at is not None and one.finished_at < read_at]

        found = planned(an_epic(), a_story("S-1"), *told_of, sources=[source])

        team = found.plan.teams[TEAM]
        assert isinstance(team.samples, Samples)
        assert team.samples.window.end == date(2026, 5, 20)
        assert 0 not in team.samples.counts

    def test_dates_stay_where_they_are_while_a_source_is_not_read(self) -> None:
        """Nothing is known that was not known before, so nothing moves, neither way."""
        read_at = datetime(2026, 5, 20, 9, tzinfo=UTC)
        source = replace(a_source_trust(), complete_at=read_at)
        work = [an_epic(), *(a_story(f"S-{n}") for n in range(20))]
        work += [one for one in finished(60) if one.finished_at is not None and one.finished_at < read_at]

        then, now = planned(*work, sources=[source], as_of=read_at), planned(*work, sources=[source])

        assert now.plan.teams[TEAM].read_on == date(2026, 5, 20)
        assert told(now).dates == told(then).dates
        assert now.plan == from_dict(to_dict(now.plan))

    def test_is_refused_where_the_source_was_never_read_completely(self) -> None:
        source = replace(a_source_trust(), complete_at=None)

        found = planned(an_epic(), a_story("S-1"), *finished(60), sources=[source])

        assert told(found).refused == Refusal(reason="unread", subject=TEAM)

    @pytest.mark.parametrize(
        ("done", "reason"),
        [
            pytest.param([], "nothing_finished", id="nothing was finished"),
            pytest.param(finished(4), "too_little_history", id="on too few days"),
        ],
    )
    def test_is_refused_with_its_reason(self, done: Iterable[Journey], reason: str) -> None:
        found = planned(an_epic(), a_story("S-1"), *done)

        assert told(found).refused == Refusal(reason=reason, subject=TEAM)


class TestTheOrder:
    def test_is_what_is_in_progress_then_by_due_date_then_by_age(self) -> None:
        epics = [
            an_epic("LATER", None),
            an_epic("SOON", None, due="2026-09-01"),
            an_epic("OLD", "2026-02-01"),
            an_epic("YOUNG", "2026-04-01"),
            an_epic("DUE", "2026-05-01", due="2026-08-01"),
        ]

        assert order_of(planned(*epics)) == ["DUE", "OLD", "YOUNG", "SOON", "LATER"]

    def test_within_one_tracker_is_its_rank_and_by_dates_what_has_none(self) -> None:
        epics = [
            ranked("LATER", None, rank="0|i00002:"),
            ranked("SOON", None, rank="0|i00002:i", due="2026-09-01"),
            ranked("BARE", None, due="2026-10-01"),
            ranked("FIRST", None, rank="0|i00001:"),
            ranked("BEGUN", "2026-04-01", rank="0|i00009:"),
        ]

        assert order_of(planned(*epics)) == ["BEGUN", "FIRST", "BARE", "LATER", "SOON"]
        assert order_of(planned(*epics[::-1])) == ["BEGUN", "FIRST", "BARE", "LATER", "SOON"]
        by_dates = planned(*epics, agreed=Forecasting(order="dates"))
        assert order_of(by_dates) == ["BEGUN", "SOON", "BARE", "FIRST", "LATER"]

    def test_is_by_dates_while_ranks_of_two_buckets_were_read_at_different_times(self) -> None:
        epics = [
            ranked("B", None, rank="1|i00001:", due="2026-08-02"),
            ranked("A", None, rank="0|i00009:", due="2026-08-01"),
        ]

        assert order_of(planned(*epics)) == ["A", "B"]

    def test_of_two_trackers_is_each_by_its_own_rank_in_the_places_that_dates_give_it(self) -> None:
        epics = [
            ranked("J-1", None, rank="0|i00009:", due="2026-07-01"),
            ranked("A-1", None, rank="1000", due="2026-07-02", source="azure"),
            ranked("J-2", None, rank="0|i00001:", due="2026-07-03"),
            ranked("A-2", None, rank="999.5", due="2026-07-04", source="azure"),
        ]

        assert order_of(planned(*epics)) == ["J-2", "A-2", "J-1", "A-1"]

    def test_is_what_the_fields_of_the_board_say_where_that_was_agreed(self) -> None:
        epics = [
            ranked("A", None, rank="1", fields={"Our order": "2"}),
            ranked("B", None, rank="2", fields={"Our order": "1"}),
        ]

        assert order_of(planned(*epics)) == ["A", "B"]
        assert order_of(planned(*epics, agreed=Forecasting(order="kanban", rank=("our ORDER",)))) == ["B", "A"]

    def test_as_many_epics_share_a_team_as_are_in_progress_with_work_left(self) -> None:
        epics = [an_epic("A"), an_epic("B"), an_epic("C", None), an_epic("D")]
        stories = [a_story("S-1", parent="A"), a_story("S-2", parent="B"), a_story("S-3", parent="C")]

        found = planned(*epics, *stories, *finished(30, parent="D"))

        assert found.plan.teams[TEAM].wip == 2

    def test_an_epic_waits_for_open_epics_that_block_it(self) -> None:
        epics = [an_epic("A"), an_epic("B"), an_epic("C"), a_journey("2026-01-05", "2026-02-01", key="D", level="epic")]
        stories = [a_story(f"S-{key}", parent=key) for key in "ABC"]

        found = planned(*epics, *stories, *finished(30, parent="D"), predecessors={"B": ["A", "D", "S-C"]})

        assert epic_of(found, "B").after == (f"{SOURCE}/A",)
        assert told(found, "B").dates[85] >= told(found, "A").dates[85]

    @pytest.mark.parametrize("before", ["ELSEWHERE-1", "LOST"])
    def test_an_epic_that_waits_for_the_unknown_has_a_date_only_as_if_it_did_not(self, before: str) -> None:
        lost = replace(an_epic("LOST"), flow_state=FlowState.UNKNOWN)

        found = planned(an_epic(), lost, a_story("S-1"), *finished(60), predecessors={"E": [before]})

        one = told(found)
        assert one.refused == Refusal(reason="predecessor_unknown", subject=f"{SOURCE}/{before}")
        assert not one.dates
        assert one.alone

    def test_names_epics_in_a_status_that_nobody_mapped(self) -> None:
        found = planned(an_epic(), replace(an_epic("LOST"), flow_state=FlowState.UNKNOWN))

        assert found.unmapped == ("LOST",)


EVERY = [an_epic("A"), an_epic("B", None), *(a_story(f"S-{n}", parent="A") for n in range(3)), *finished(35)]


class TestTheSame:
    @settings(max_examples=25, deadline=None)
    @given(st.permutations(EVERY))
    def test_whichever_way_the_journeys_come(self, journeys: list[Journey]) -> None:
        assert to_dict(planned(*journeys).plan) == to_dict(planned(*EVERY).plan)

    def test_after_it_was_kept_and_read_again(self) -> None:
        plan = planned(an_epic(due="2026-09-01"), a_story("S-1"), *finished(30)).plan

        assert from_dict(to_dict(plan)) == plan

    def test_has_samples_of_the_window_that_was_agreed(self) -> None:
        found = planned(an_epic(), a_story("S-1"), *finished(80), agreed=Forecasting(window_days=90))
        usual = planned(an_epic(), a_story("S-1"), *finished(80))

        for plan, days in ((found.plan, 90), (usual.plan, 60)):
            samples = plan.teams[TEAM].samples
            assert isinstance(samples, Samples)
            assert samples.window == Period(TODAY - timedelta(days=days), TODAY)
        assert found.window_days == 90

    def test_has_the_seed_that_was_agreed(self) -> None:
        assert planned(an_epic(), agreed=Forecasting(seed=7)).plan.seed == 7

    def test_nothing_at_all_is_a_plan_too(self) -> None:
        found = planned()

        assert forecast(found.plan).epics == ()
        assert found.everyone == {}

    def test_people_are_named_as_scopes_are(self) -> None:
        assert who(a_journey(train="Azur", value_stream="shop")) == "train:Azur"
