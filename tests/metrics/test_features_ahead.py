"""When each feature will be done. Definition 3.4, with features in the place of epics."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from domain.forecasting import AssumedSize, Forecasting
from domain.journey import Journey
from domain.work_item import FlowState, ItemId
from metrics.forecasts.features import FeaturesAhead, features_ahead
from metrics.forecasts.situation import Situation
from tests.builders import SOURCE, a_calendar, a_source_trust
from tests.metrics.test_planning import a_story, an_epic, finished
from tests.reports.test_forecasts_on_pages import NOW


def a_feature(key: str = "F", *, due: str | None = "2026-06-03", parent: str | None = None) -> Journey:
    """An open feature in progress, due on a day."""
    base = an_epic(key, due=due) if due else an_epic(key)
    placement = replace(base.placement, level="feature")
    return replace(base, placement=placement, parent_id=ItemId(SOURCE, parent) if parent else None)


def ahead(
    *journeys: Journey, before: dict[str, Sequence[str]] | None = None, agreed: Forecasting | None = None
) -> FeaturesAhead | None:
    situation = Situation(
        journeys=journeys,
        parents={one.id: one.parent_id for one in journeys if one.parent_id is not None},
        predecessors={
            ItemId(SOURCE, id): tuple(ItemId(SOURCE, one) for one in others) for id, others in (before or {}).items()
        },
        calendar=a_calendar(),
        as_of=NOW,
        portfolio="claims",
        sources=[replace(a_source_trust(), complete_at=NOW)],
        agreed=agreed or Forecasting(),
    )
    return features_ahead(situation, until=date(2026, 6, 30))


def stories(count: int, parent: str, *, first: int = 0) -> list[Journey]:
    return [a_story(f"S-{n}", parent=parent) for n in range(first, first + count)]


def done(parent: str = "F-0") -> list[Journey]:
    """One story of a feature a working day, and that feature, finished."""
    whole = a_feature(parent, due=None)
    return [*(replace(one, parent_id=ItemId(SOURCE, parent)) for one in finished(60)), whole]


def test_a_feature_is_done_when_its_people_have_finished_the_items_left_below_it() -> None:
    """One item a working day and two left: the second day, Wednesday the third of June, surely."""
    found = ahead(a_feature(), *stories(2, "F"), *done())
    assert found is not None

    ((item, one),) = found.due(by=date(2026, 6, 30))

    assert item.key == "F"
    assert (one.epic.remaining, one.dates) == (2, {50: date(2026, 6, 3), 70: date(2026, 6, 3), 85: date(2026, 6, 3),
                                                  95: date(2026, 6, 3)})  # fmt: skip
    assert one.likelihood is not None
    assert (one.likelihood.share, one.likelihood.is_over) == (1.0, True)


def test_features_share_what_is_finished_with_those_beside_them() -> None:
    alone = ahead(a_feature(), *stories(2, "F"), *done())
    beside = ahead(a_feature(), a_feature("G"), *stories(2, "F"), *stories(2, "G", first=2), *done())
    assert alone is not None
    assert beside is not None

    shares = [one.likelihood.share for found in (alone, beside) for item, one in found.due(by=date(2026, 6, 30))
              if item.key == "F" and one.likelihood is not None]  # fmt: skip

    assert shares[0] == 1.0
    assert shares[1] < 0.5


def test_a_long_queue_behind_what_is_due_is_not_played_and_takes_nothing_from_it() -> None:
    later = [a_feature(f"Q-{n}", due=f"2027-01-{n:02d}") for n in range(1, 29)]
    queue = [replace(one, flow_state=FlowState.NEW, started_at=None) for one in later]
    work = [one for n in range(1, 29) for one in stories(1, f"Q-{n}", first=100 + n)]
    others = [a_feature("O", due=None)]
    elsewhere = [replace(one, placement=replace(one.placement, train="Other")) for one in others]

    short = ahead(a_feature(), *stories(2, "F"), *done())
    long = ahead(a_feature(), *queue, *elsewhere, *stories(2, "F"), *work, *done())
    assert short is not None
    assert long is not None

    (before,), (after,) = short.due(by=date(2026, 6, 30)), long.due(by=date(2026, 6, 30))
    assert before[1].dates == after[1].dates
    assert sorted(long.features) == [f"{SOURCE}/{name}" for name in ("F", "F-0", "Q-1")]


def test_epics_stand_in_nobodys_way() -> None:
    found = ahead(an_epic(), a_feature(parent="E"), *stories(2, "F"), *done(), before={"F": ("E",)})
    assert found is not None

    ((_, one),) = found.due(by=date(2026, 6, 30))

    assert one.refused is None
    assert "E" not in found.features


def test_a_feature_waits_for_the_feature_that_blocks_it() -> None:
    found = ahead(
        a_feature(), a_feature("G"), *stories(1, "F"), *stories(3, "G", first=1), *done(), before={"F": ("G",)}
    )
    assert found is not None

    dates = {item.key: one.dates[50] for item, one in found.due(by=date(2026, 6, 30))}

    assert dates["F"] > dates["G"]


def test_where_nothing_lies_below_features_nothing_is_forecast_of_them() -> None:
    assert ahead(an_epic(), a_feature()) is None
    assert ahead(a_feature(), replace(a_story("S-1", parent="F"), flow_state=FlowState.IGNORE)) is None


def test_a_feature_that_is_not_split_has_the_size_that_was_agreed_of_features_and_not_of_epics() -> None:
    agreed = Forecasting(
        sizes=(AssumedSize(level="epic", least=900, most=900), AssumedSize(level="feature", least=2, most=2))
    )

    found = ahead(a_feature(), *done(), agreed=agreed)

    assert found is not None
    assert found.forecasts.plan.sizes == {"epic Story": (2,)}
    # One item each working day, from Tuesday on.
    assert found.forecasts.epics[0].dates[50] == date(2026, 6, 3)
