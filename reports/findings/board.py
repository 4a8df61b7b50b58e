"""What the rules find on the portfolio kanban: what is stuck, what slipped through, what its order costs."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from decimal import Decimal

from reports.findings.engine import Finding, Money, Name, Percent, State, finding
from reports.reckoning import Reckoning

DEAR = Decimal("0.10")  # of what the best order costs: from then on today's is worth a sentence
KINDS = frozenset(
    {"over_limit", "board_stuck", "mvp_undecided", "policy_slipped", "queue_cost", "order_price", "board_unmapped"}
)


def _stuck(reckoning: Reckoning) -> list[Finding]:
    board = reckoning.board
    if board is None or not board.stuck:
        return []
    oldest = board.stuck[0]
    return [
        finding(
            reckoning,
            "board_stuck",
            subject=oldest.state,
            uses_flow=True,
            needs_decision=True,
            since=oldest.since,
            items=tuple(one.journey.key for one in board.stuck),
            facts={
                "n": len(board.stuck),
                "state": State(oldest.state),
                "epic": Name(oldest.journey.key),
                "days": oldest.days or 0,
            },
        )
    ]


def _pivots(reckoning: Reckoning) -> list[Finding]:
    """MVPs that are finished, of which nobody has said whether to persevere."""
    board = reckoning.board
    found = [one for one in board.proposals if one.kind == "pivot"] if board is not None else []
    if not found:
        return []
    epics = [one.epics[0] for one in found]
    return [
        finding(
            reckoning,
            "mvp_undecided",
            subject="mvp",
            uses_flow=True,
            needs_decision=True,
            since=found[0].since,
            items=tuple(one.key for one in epics),
            facts={"n": len(found), "epic": Name(epics[0].title)},
        )
    ]


def _policies(reckoning: Reckoning) -> list[Finding]:
    """Epics that came further than agreed. Nobody agreed on policies that are only proposed."""
    board = reckoning.board
    if board is None or not board.kanban.board.is_agreed or not board.policies.slipped:
        return []
    slipped = board.policies.slipped
    return [
        finding(
            reckoning,
            "policy_slipped",
            subject="policies",
            items=tuple(one.standing.journey.key for one in slipped),
            facts={"n": len(slipped), "of": board.policies.n_used},
        )
    ]


def _order(reckoning: Reckoning) -> list[Finding]:
    board = reckoning.board
    price = board.order.price if board is not None else None
    if board is None or price is None or price < DEAR:
        return []
    facts = {"share": Percent(price, places=0), "n": board.order.n_used}
    items = tuple(one.journey.key for one in board.order.epics)
    return [finding(reckoning, "order_price", subject="order", variant=board.order.by, facts=facts, items=items)]


def _queue(reckoning: Reckoning) -> list[Finding]:
    board = reckoning.board
    total = board.delays.queue_total if board is not None else None
    if board is None or not total:
        return []
    queue, is_least = [one for one in board.delays.queue if one.queue != 0], board.delays.is_least
    items = tuple(sorted({*(one.journey.key for one in queue), *board.delays.unpriced}))
    currency = reckoning.book.portfolio.currency
    return [
        finding(
            reckoning,
            "queue_cost",
            subject="queue",
            uses_flow=True,
            since=min(one.approved_on for one in queue if one.approved_on is not None),
            variant="least" if is_least else "",
            items=items,
            facts={"n": len(items), "amount": Money(total, currency)},
        )
    ]


def _unmapped(reckoning: Reckoning) -> list[Finding]:
    board = reckoning.board
    if board is None or not board.kanban.not_mapped:
        return []
    lost = board.kanban.not_mapped
    keys = tuple(one.journey.key for one in lost)
    return [finding(reckoning, "board_unmapped", subject="not_mapped", facts={"n": len(lost)}, items=keys)]


RULES: tuple[Callable[[Reckoning], Iterable[Finding]], ...] = (_stuck, _pivots, _policies, _order, _queue, _unmapped)
