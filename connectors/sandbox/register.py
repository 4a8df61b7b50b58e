"""What Tressande keeps of its risks, and what waits for what across its two trackers. Nothing here is drawn by lot."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, timedelta

from connectors.sandbox.work import Event, Work

_STEPS = (
    "Rehearse it with the team on call",
    "Ask the supplier for a written answer",
    "Decide at the next portfolio sync",
    "Train two more people",
    "Measure under load before peak season",
)


def keep_register(works: Sequence[Work], *, now: float) -> None:
    """Say of each risk what was decided, what is left of it and what comes next; and what its work is.

    Of each theme, two risks run their course, two are being mitigated, and the fifth stands for one thing that a
    register shows: owned, accepted, owned by nobody, sorted by nobody, estimated by nobody.
    """
    risks = [work for work in works if work.level == "risk"]
    for number, risk in enumerate(risks):
        theme, place = divmod(number, 5)
        risk.values["next_step"] = _STEPS[(theme + place) % len(_STEPS)]
        if place < 4:
            _mitigate(risk, works, number, now=now, is_linked=(theme, place) != (1, 3), is_told=place != 3)
        else:
            _decide(risk, theme, now=now)


def dependencies(works: Iterable[Work], *, today: date, now: float) -> list[tuple[str, str, str, str]]:
    """before, after, due and note of epics that wait for each other across trackers: one late, one with time left."""
    epics = [work for work in works if work.level == "epic" and work.key and not _is_given_up(work)]
    open_now = [one for one in epics if one.started is not None and one.started < now < (one.finished or 0.0)]
    slow = max((one for one in open_now if _is_of(one, "core", "jira")), key=lambda one: one.finished or 0.0)
    near = min((one for one in open_now if _is_of(one, "loyalty", "jira")), key=lambda one: one.finished or 0.0)
    done = max((one for one in epics if _is_of(one, "checkout", "azure_devops") and (one.finished or now) < now),
               key=lambda one: one.finished or 0.0)  # fmt: skip
    ahead = [one for one in epics if one.started is None and one.team.tracker == "azure_devops"]
    here = [one for one in epics if one.started is None and one.team.tracker == "jira"]
    soon, later = (today + timedelta(days=days) for days in (21, 400))
    return [
        (slow.key, ahead[0].key, soon.isoformat(), "the stores read prices from the new core"),
        (near.key, ahead[1].key, later.isoformat(), "one customer number in shop and stores"),
        (done.key, here[0].key, "", ""),
    ]


def _mitigate(risk: Work, works: Sequence[Work], number: int, *, now: float, is_linked: bool, is_told: bool) -> None:
    risk.due = now + 12
    risk.events.append(Event(max(now - 15, risk.created + 0.6), "due", now + 12 + 5 * (number % 4)))
    if is_told:
        risk.values["residual_probability"] = 0.1
        risk.values["residual_impact"] = risk.values["impact"] // 2
    mine = [one for one in works if _could_mitigate(one, risk, now=now)]
    if mine and is_linked:
        work = max(mine, key=lambda one: one.created)
        risk.events.append(Event(max(risk.created, work.created) + 0.5, "relates", work))


def block(works: Sequence[Work], *, now: float) -> None:
    """Two stories stand still: one behind a flag, one behind another story."""
    open_now = [one for one in works if one.level == "story" and _is_under_way(one, now=now)]
    here = [one for one in open_now if one.team.name == "Checkout"]
    there = [one for one in open_now if one.team.project == "SUP"]
    if here:
        here[-1].events.append(Event(now - 2, "flag", True))
    if len(there) > 1:
        first, waits = there[-2:]
        first.events.append(Event(max(now - 3, first.created + 0.4, waits.created + 0.4), "blocks", waits))


def _is_under_way(work: Work, *, now: float) -> bool:
    return work.started is not None and work.started < now < (work.finished or 0.0) and not _is_given_up(work)


def _could_mitigate(work: Work, risk: Work, *, now: float) -> bool:
    """A feature of the same tracker, that is open now and stays so."""
    is_near = work.level == "feature" and work.team.tracker == risk.team.tracker
    return is_near and _is_under_way(work, now=now)


def _decide(risk: Work, theme: int, *, now: float) -> None:
    risk.due = now + 25
    if theme not in (2, 3):
        risk.events.append(Event(max(now - 11, risk.created + 0.6), "due", now + 30))
    if theme == 0:
        risk.values["roam"] = "Owned"
    elif theme == 1:
        risk.values |= {"roam": "Accepted", "accepted_by": "Portfolio review"}
    elif theme == 2:
        risk.values |= {"roam": "Owned", "probability": 0.7, "impact": 800}
        risk.owner = None
    elif theme == 3:
        risk.due = now - 8
        del risk.values["next_step"]
    else:
        del risk.values["impact"]


def _is_given_up(work: Work) -> bool:
    return any(event.kind == "state" and event.value == "cancelled" for event in work.events)


def _is_of(work: Work, theme: str, tracker: str) -> bool:
    return work.theme is not None and work.theme.id == theme and work.team.tracker == tracker
