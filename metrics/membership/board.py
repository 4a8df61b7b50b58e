"""The portfolio kanban, taken apart."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from functools import partial

from domain.period import Period
from metrics.kanban import BoardState, PortfolioKanban, Stay, portfolio_kanban
from metrics.membership.asking import Asked, Level, Number, Part, today
from metrics.membership.order import likely_by_item
from metrics.order import Delays, Priced, delays, families, hygiene, order
from metrics.policies import evidence, exit_policies
from metrics.selection import count
from metrics.wsjf import Urgency

PERCENTILES = (50, 85)


def _load(asked: Asked) -> Iterator[Number]:
    for here, board in _boards(asked):
        for state in board.states:
            yield here.number(
                f"board_load:{state.name}",
                board.load(state.name),
                used=len(state.held),
                in_scope=len(state.held) + count(board.left_out(state.name)),
                counted=tuple(here.part(one.journey.key) for one in state.held),
                left_out=here.left_out(board.left_out(state.name)),
                facts={"limit": state.limit} if state.limit is not None else {},
            )


def _flow(asked: Asked) -> Iterator[Number]:
    for here, board in _boards(asked):
        for state in board.states:
            for way, moves in (("entered", state.entered), ("left", state.left)):
                yield here.number(
                    f"board_flow:{way}:{state.name}",
                    len(moves),
                    used=len(moves),
                    in_scope=len(moves),
                    counted=tuple(here.part(one.journey.key, mark=one.went if way == "left" else "") for one in moves),
                )


def _conversion(asked: Asked) -> Iterator[Number]:
    yield from _rates(asked, "board_conversion", lambda state: state.conversion)


def _kills(asked: Asked) -> Iterator[Number]:
    yield from _rates(asked, "board_kills", lambda state: state.kill_rate)


def _rates(asked: Asked, name: str, rate: Callable[[BoardState], float | None]) -> Iterator[Number]:
    for here, board in _boards(asked):
        for state in board.states:
            share = rate(state)
            yield here.number(
                f"{name}:{state.name}",
                None if share is None else round(share * 100, 4),
                used=len(state.left),
                in_scope=len(state.left),
                counted=tuple(_moved(here, one) for one in state.left),
            )


def _age(asked: Asked) -> Iterator[Number]:
    for here, board in _boards(asked, now=True):
        for state in board.states:
            for p in PERCENTILES:
                yield here.number(
                    f"board_age_p{p}:{state.name}",
                    state.age(p),
                    used=len(state.ages),
                    in_scope=len(state.held),
                    period=today(asked),
                    counted=tuple(
                        here.part(one.journey.key, amount=one.days, unit="days", mark="old_here" if one.is_old else "")
                        for one in state.held
                        if one.days is not None
                    ),
                    left_out=_untold(here, state),
                )


def _stay(asked: Asked) -> Iterator[Number]:
    for here, board in _boards(asked, now=True):
        for state in board.states:
            for p in PERCENTILES:
                yield here.number(
                    f"board_stay_p{p}:{state.name}",
                    state.stay(p),
                    used=len(state.stays),
                    in_scope=len(state.stays),
                    period=board.period,
                    of="days",
                    counted=tuple(Part(name=str(days), amount=days, unit="days") for days in state.stays),
                )


def _stuck(asked: Asked) -> Iterator[Number]:
    for here, board in _boards(asked, now=True):
        stuck = [one for state in board.states for one in state.stuck]
        known = board.n_used > len(board.not_mapped)
        yield here.number(
            "board_stuck",
            len(stuck) if known or not board.n_in_scope else None,
            used=len(stuck),
            in_scope=board.n_in_scope,
            period=today(asked),
            counted=tuple(here.part(one.journey.key, amount=one.days, unit="days") for one in stuck),
            left_out=here.left_out(board.excluded),
        )


def _policies(asked: Asked) -> Iterator[Number]:
    for here, board in _boards(asked, now=True):
        facts = asked.facts
        found = exit_policies(
            board,
            seen=evidence(
                facts.portfolio,
                readings=facts.readings,
                decisions=facts.decisions,
                journeys=facts.journeys,
                today=board.day,
                unread=facts.unread,
            ),
        )
        yield here.number(
            "exit_policies",
            None if found.share is None else round(found.share * 100, 4),
            used=found.n_used,
            in_scope=found.n_in_scope,
            period=today(asked),
            counted=tuple(
                here.part(one.standing.journey.key, mark="lacking" if one.gaps else "") for one in found.epics
            ),
            left_out=here.left_out(found.excluded),
        )


def _stale(asked: Asked) -> Iterator[Number]:
    for here in _levels(asked):
        found = hygiene(
            here.journeys,
            scored_at=asked.facts.scored_at,
            family=asked.facts.once("families", work=lambda: families(asked.facts.journeys)),
            calendar=asked.calendar,
            today=asked.calendar.day(asked.facts.as_of),
        )
        yield here.number(
            "stale_scores",
            found.n_stale,
            used=found.n_used,
            in_scope=found.n_in_scope,
            period=today(asked),
            counted=tuple(
                here.part(key, mark="outgrown" if key in found.outgrown else "old_score") for key in found.stale
            ),
            left_out=here.left_out(found.excluded),
            facts={f"{doubt}:{name}": n for name, doubt, n in found.doubts},
        )


def _order(asked: Asked) -> Iterator[Number]:
    """The items come in today's order; the amount of each is its place in the best one."""
    for here in _levels(asked):
        found = order(here.journeys, board=asked.facts.portfolio.board)
        yield here.number(
            "order_price",
            None if found.price is None else round(found.price * 100, 2),
            used=found.n_used,
            in_scope=found.n_in_scope,
            period=today(asked),
            counted=tuple(here.part(one.journey.key, amount=one.best) for one in found.epics),
            left_out=here.left_out(found.excluded),
            facts={"order_by": found.by, "order_now": found.cost_now, "order_best": found.cost_best},
        )


def _delay(asked: Asked) -> Iterator[Number]:
    for here, found in _delays(asked):
        yield here.number(
            "cost_of_delay",
            found.total,
            used=len(found.epics),
            in_scope=found.n_in_scope,
            period=today(asked),
            counted=tuple(_priced(here, one) for one in found.epics),
            left_out=here.left_out(found.excluded),
        )


def _queue(asked: Asked) -> Iterator[Number]:
    for here, found in _delays(asked):
        queue = found.queue
        yield here.number(
            "queue_cost",
            found.queue_total,
            used=len(queue),
            in_scope=len(found.waiting),
            period=today(asked),
            left_out=here.left_out({"no_price": found.unpriced} if found.unpriced else {}),
            counted=tuple(
                here.part(one.journey.key, amount=one.queue, unit="money" if one.queue is not None else "")
                for one in queue
            ),
        )


def _levels(asked: Asked) -> Iterator[Level]:
    """The level that stands on the board, where it is asked for."""
    board = asked.facts.portfolio.board
    yield from (here for here in asked.at_levels() if here.level == board.level)


def _boards(asked: Asked, *, now: bool = False) -> Iterator[tuple[Level, PortfolioKanban]]:
    """The board at the end of the period, or as of today over the year before."""
    day = asked.calendar.day(asked.facts.as_of)
    tomorrow = day + timedelta(days=1)
    period = Period(tomorrow - timedelta(weeks=52), tomorrow) if now else asked.period
    for here in _levels(asked):
        if not asked.facts.portfolio.board.states:
            continue
        work = partial(
            portfolio_kanban,
            here.journeys,
            board=asked.facts.portfolio.board,
            day=day if now else period.last_day,
            period=period,
            calendar=asked.calendar,
            limits=asked.facts.portfolio.guardrails.wip,
            is_now=now,
        )
        yield here, asked.facts.once("board now", here.level, asked.scope.name, work=work) if now else work()


def _delays(asked: Asked) -> Iterator[tuple[Level, Delays]]:
    board = asked.facts.portfolio.board
    for here in _levels(asked):
        is_priced = board.delays or any("delay_per_week" in one.values for one in here.journeys)
        likely = {id: one.p85 for id, one in likely_by_item(asked).items() if one.p85 is not None} if is_priced else {}
        # settings name an epic by its key, which two trackers may share: then it is the name given here that differs
        keys = {one.id: one.key for one in asked.facts.journeys}
        priced = tuple(
            replace(one, item=here_key)
            for one in board.delays
            for here_key, journey in here.named.items()
            if keys[journey.id].casefold() == one.item.casefold()
        )
        yield (
            here,
            delays(
                here.journeys,
                board=replace(board, delays=priced),
                likely=likely,
                decisions=asked.facts.decisions,
                calendar=asked.calendar,
                today=asked.calendar.day(asked.facts.as_of),
            ),
        )


def _moved(here: Level, stay: Stay) -> Part:
    return here.part(stay.journey.key, mark=stay.went)


def _priced(here: Level, one: Priced) -> Part:
    mark = "fixed_date" if one.delay.profile == Urgency.FIXED_DATE else "forecast" if one.is_forecast else ""
    return here.part(
        one.journey.key, amount=one.cost, unit="money" if one.cost is not None else "", mark=mark
    )  # fmt: skip


def _untold(here: Level, state: BoardState) -> dict[str, tuple[Part, ...]]:
    untold: Sequence[str] = [one.journey.key for one in state.held if one.days is None]
    return {"no_history": here.parts(untold)} if untold else {}


HOW: Mapping[str, Callable[[Asked], Iterator[Number]]] = {
    "board_load": _load,
    "board_flow": _flow,
    "board_conversion": _conversion,
    "board_kills": _kills,
    "board_age": _age,
    "board_stay": _stay,
    "board_stuck": _stuck,
    "exit_policies": _policies,
    "stale_scores": _stale,
    "order_price": _order,
    "cost_of_delay": _delay,
    "queue_cost": _queue,
}
