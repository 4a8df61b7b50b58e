"""What the rules find in risks and dependencies."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from datetime import date
from types import SimpleNamespace

from domain.work_item import ItemId
from metrics.dependencies import Dependency, Likely
from metrics.hazards import likely_days
from metrics.risk import Risk
from reports.findings.engine import BASE, Finding, Money, Name, finding
from reports.hazards import Dangers, blocked_trains, dangers
from reports.reckoning import Reckoning

GROWN = 10  # percent by which the exposure must grow since the month's end before it is news
LATE, UNOWNED, GROWN_BY, CYCLE, OVERDUE, LARGEST = 55, 46, 44, 42, 38, 30
MOST = 5


def _late(reckoning: Reckoning) -> list[Finding]:
    """Dependencies whose predecessor is more likely than not done after it is needed."""
    late = dangers(reckoning).late
    if not late:
        return []
    first = late[0]
    starts = _starts_later(reckoning, first)
    return [
        finding(
            reckoning,
            "dependency_late",
            subject="dependencies",
            variant="forecast" if first.edge.need_from == "forecast" else "" if starts is None else "anyway",
            severity=LATE,
            uses_flow=True,
            needs_decision=True,
            items=tuple(_key(reckoning, one.edge.before) for one in late),
            facts={
                "n": len(late),
                "before": Name(_title(reckoning, first.edge.before)),
                "after": Name(_title(reckoning, first.edge.after)),
                "needed": first.edge.needed_on,
                "days": late_by(reckoning, first),
                **({} if starts is None else {"starts": starts}),
            },
        )
    ]


def _starts_later(reckoning: Reckoning, one: Dependency) -> date | None:
    """The day by which half of the trials begin what waits, if it waited for nothing; None: in time to need it."""
    found, need = _likely(reckoning).get(one.edge.after), one.edge.needed_on
    starts = None if found is None else found.starts_on
    return starts if starts is not None and need is not None and starts > need else None


def _blocked_trains(reckoning: Reckoning) -> list[Finding]:
    """A train most of whose work stands still, and what most of it waits for: the one with most of it."""
    found = blocked_trains(reckoning)
    if not found:
        return []
    first = found[0]
    facts: dict[str, object] = {"train": Name(first.train), "n": len(first.blocked), "of": first.in_progress}
    if first.blocker is not None:
        facts |= {"item": Name(first.blocker.key), "title": Name(first.blocker.title), "waiting": first.waiting}
    return [
        finding(
            reckoning,
            "train_blocked",
            subject=first.train,
            variant="" if first.blocker is not None else "unknown",
            severity=BASE["train_blocked"],
            uses_flow=True,
            needs_decision=True,
            items=tuple(one.journey.key for one in first.blocked),
            facts=facts,
        )
    ]


def _cycles(reckoning: Reckoning) -> list[Finding]:
    rings = dangers(reckoning).dependencies.rings
    if not rings:
        return []
    items = tuple(_key(reckoning, one) for one in rings[0])
    facts = {"n": len(rings[0]), "rings": len(rings), "item": Name(items[0])}
    return [
        finding(
            reckoning, "dependency_cycle", subject="cycles", severity=CYCLE, uses_flow=True, items=items, facts=facts
        )
    ]


def _unowned(reckoning: Reckoning) -> list[Finding]:
    """Open risks that nobody answers for."""
    found = dangers(reckoning).unowned
    if not found:
        return []
    return [
        finding(
            reckoning,
            "risk_unowned",
            subject="risks",
            severity=UNOWNED,
            uses_flow=True,
            needs_decision=True,
            variant="" if _worth(found) else "unrated",
            since=min(one.raised_on for one in found),
            items=tuple(one.key for one in found),
            facts={
                "n": len(found),
                "risk": Name(_title_of(reckoning, found[0])),
                "amount": _money(reckoning, _worth(found)),
            },
        )
    ]


def _grown(reckoning: Reckoning) -> list[Finding]:
    """The exposure, where it is clearly more than at the end of the last month."""
    monthly = dangers(reckoning).monthly
    if len(monthly) < 2:
        return []
    (before_day, before), (_, now) = monthly[-2:]
    if not before.amount or now.amount * 100 <= before.amount * (100 + GROWN):
        return []
    facts = {
        "amount": _money(reckoning, now.amount),
        "before": _money(reckoning, before.amount),
        "day": before_day,
    }
    return [finding(reckoning, "risk_grown", subject="exposure", severity=GROWN_BY, uses_flow=True, facts=facts)]


def _overdue(reckoning: Reckoning) -> list[Finding]:
    """Open risks past their own date."""
    found = dangers(reckoning).faulty("overdue")
    if not found:
        return []
    facts = {"n": len(found), "risk": Name(_title_of(reckoning, found[0])), "due": found[0].due_on}
    keys = tuple(one.key for one in found)
    return [
        finding(reckoning, "risk_overdue", subject="overdue", severity=OVERDUE, uses_flow=True, items=keys, facts=facts)
    ]


def _largest(reckoning: Reckoning) -> list[Finding]:
    """Where the five largest risks lie. Every register has a largest one: this is news on its own page alone."""
    told = dangers(reckoning)
    top = [one for one in told.risks[:MOST] if one.amount]
    if not top:
        return []
    oldest = max((told.today - one.raised_on).days for one in top)
    place, n = _place(reckoning, told, top)
    facts: dict[str, object] = {
        "n": n,
        "of": len(top),
        "days": oldest,
        "amount": _money(reckoning, told.exposure.amount),
        "risk": Name(_title_of(reckoning, top[0])),
        "largest": _money(reckoning, top[0].amount or 0),
    }
    if place is not None:
        facts["place"] = Name(place)
    variant = "" if place is not None and len(top) == MOST and n > 1 else "one"
    return [
        finding(
            reckoning, "risk_largest", subject="largest", severity=LARGEST, uses_flow=True, variant=variant, facts=facts
        )
    ]


RULES: tuple[Callable[[Reckoning], Iterable[Finding]], ...] = (
    _late,
    _blocked_trains,
    _cycles,
    _unowned,
    _grown,
    _overdue,
)
ON_ITS_PAGE = SimpleNamespace(RULES=(_largest,))


def late_by(reckoning: Reckoning, one: Dependency) -> int:
    """Days from the need to the day that half of the trials reach."""
    found = _likely(reckoning).get(one.edge.before)
    if found is None or found.p50 is None or one.edge.needed_on is None:
        return 0
    return (found.p50 - one.edge.needed_on).days


def _likely(reckoning: Reckoning) -> dict[ItemId, Likely]:
    ahead = reckoning.book.outlook
    return {} if ahead is None else likely_days(ahead.planned, ahead.forecasts)


def _place(reckoning: Reckoning, told: Dangers, top: list[Risk]) -> tuple[str | None, int]:
    """The theme that most of these risks sit on, or else the train; the first in its name's order of equal ones."""
    names = {one.id: one.name for one in reckoning.book.portfolio.themes}
    places: Counter[str] = Counter()
    for risk in top:
        placement = told.recorded(risk).journey.placement
        for theme in placement.themes:
            places[names.get(theme, theme)] += 1
        if not placement.themes and placement.train is not None:
            places[placement.train] += 1
    return min(places.items(), key=lambda pair: (-pair[1], pair[0])) if places else (None, 0)


def _worth(risks: Iterable[Risk]) -> int:
    return sum(one.amount or 0 for one in risks)


def _money(reckoning: Reckoning, amount: int) -> Money:
    return Money(amount, reckoning.book.portfolio.currency)


def _title_of(reckoning: Reckoning, risk: Risk) -> str:
    return risk.key if risk.id is None else _title(reckoning, risk.id)


def _title(reckoning: Reckoning, item: ItemId) -> str:
    journey = reckoning.items.get(item)
    return journey.title if journey is not None else item.external_id


def _key(reckoning: Reckoning, item: ItemId) -> str:
    journey = reckoning.items.get(item)
    return journey.key if journey is not None else item.external_id
