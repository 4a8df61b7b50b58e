"""What the kept versions of a CSV file tell of when something was first said."""

from __future__ import annotations

from datetime import UTC, date, datetime

from config.versions import Version, believed, with_decisions, with_objectives
from domain.strategy import Decision, Objective, Seen

HEAD = "increment,train,team,objective,committed,planned_bv,actual_bv\n"
LOG = "id,date,meeting,decision,owner,question\n"


def day(number: int) -> datetime:
    return datetime(2026, 3, number, 9, tzinfo=UTC)


def a_version(body: str, *, first: int, last: int) -> Version:
    return Version(body=body.encode(), first_seen_at=day(first), seen_at=day(last))


def an_objective() -> Objective:
    return Objective(
        increment="PI 1", train="Cedre", team="A", objective="Faster", committed=True, planned_bv=None, actual_bv=None
    )


def a_decision(taken: str | None = "Yes") -> Decision:
    return Decision(
        id="D-1", asked_on=date(2026, 3, 1), meeting="Review", question="Begin?", decision=taken, owner="A", due=None,
        item="PAY-1",
    )  # fmt: skip


def test_a_value_is_seen_first_in_the_first_version_that_says_it() -> None:
    versions = [
        a_version(HEAD, first=1, last=4),
        a_version(f"{HEAD}PI 1,Cedre,A,Faster,yes,,\n", first=5, last=8),
        a_version(f"{HEAD}PI 1,Cedre,A,Faster,yes,8,\n", first=9, last=12),
        a_version(f"{HEAD}PI 1,Cedre,A,Faster,yes,8,6\n", first=13, last=20),
    ]

    (found,) = with_objectives([an_objective()], versions)

    assert found.planned == Seen(first_at=day(9), missing_at=day(8))
    assert found.scored == Seen(first_at=day(13), missing_at=day(12))


def test_what_the_first_version_says_may_be_older_than_it() -> None:
    (found,) = with_objectives([an_objective()], [a_version(f"{HEAD}PI 1,Cedre,A,Faster,yes,8,\n", first=9, last=12)])

    assert found.planned == Seen(first_at=day(9))
    assert found.scored is None


def test_a_version_that_came_back_later_proves_nothing_of_later() -> None:
    versions = [
        a_version(HEAD, first=1, last=15),  # the file was put back on the 15th
        a_version(f"{HEAD}PI 1,Cedre,A,Faster,yes,8,\n", first=9, last=20),
    ]

    (found,) = with_objectives([an_objective()], versions)

    assert found.planned == Seen(first_at=day(9), missing_at=day(1))


def test_a_decision_that_was_seen_to_wait_was_taken_after_that() -> None:
    versions = [
        a_version(f"{LOG}D-1,2026-03-01,Review,,A,Begin?\n", first=2, last=7),
        a_version(f"{LOG}D-1,2026-03-01,Review,Yes,A,Begin?\n", first=8, last=9),
    ]

    taken, waiting = with_decisions([a_decision(), a_decision(None)], versions)

    assert (taken.seen, taken.waited_until) == (Seen(first_at=day(8), missing_at=day(7)), day(7))
    assert (waiting.seen, waiting.waited_until) == (None, None)


def test_a_decision_that_appeared_taken_was_never_seen_to_wait() -> None:
    versions = [
        a_version(LOG, first=2, last=7),
        a_version(f"{LOG}D-1,2026-03-01,Review,Yes,A,Begin?\n", first=8, last=9),
    ]

    (taken,) = with_decisions([a_decision()], versions)

    assert (taken.seen, taken.waited_until) == (Seen(first_at=day(8), missing_at=day(7)), None)


def test_a_version_with_a_mistake_is_no_proof_that_something_was_not_there() -> None:
    broken = f"{HEAD}PI 1,Cedre,A,Faster,yes,eight,\nPI 1,Cedre,A,Safer,yes,5,\n"
    versions = [
        a_version(HEAD, first=1, last=4),
        a_version(broken, first=5, last=8),
        a_version(f"{HEAD}PI 1,Cedre,A,Faster,yes,8,\n", first=9, last=12),
    ]

    (found,) = with_objectives([an_objective()], versions)

    assert found.planned == Seen(first_at=day(9), missing_at=day(4))
    assert [one.first_seen_at for one in believed(versions)] == [day(1), day(9)]


def test_a_decision_on_a_bad_line_may_have_been_taken_by_then() -> None:
    versions = [
        a_version(f"{LOG}D-2,2026-03-01,Review,Yes,A,\n", first=2, last=3),
        a_version(f"{LOG}D-1,soon,Review,Yes,A,\nD-2,2026-03-01,Review,Yes,A,\n", first=4, last=7),
        a_version(f"{LOG}D-1,2026-03-01,Review,Yes,A,\n", first=8, last=9),
    ]

    (taken,) = with_decisions([a_decision()], versions)

    assert taken.seen == Seen(first_at=day(8), missing_at=day(3))


def test_a_version_that_cannot_be_read_says_nothing() -> None:
    (found,) = with_objectives([an_objective()], [a_version("what is this", first=1, last=2)])

    assert (found.planned, found.scored) == (None, None)
