"""What an epic lacks to move on, what today's order costs, and what waiting costs in money."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from domain.board import FIELD, VALUE, WORDS, Policy
from metrics.order import Placed, Priced
from metrics.policies import Checked
from reports.board import BoardNumbers
from reports.page import Block, Cell, Column, Exhibit, Paragraph, Row, Section, Span, Table, Text
from reports.sections.board import state_text
from reports.sections.dense import beside
from reports.sections.scribe import Scribe, brief
from reports.words.catalogue import foreign
from reports.words.numbers import whole_money

MOST_GAPS = 15
MOST_ORDERED = 40
MOST_PRICED = 30
HALF_A_PERCENT = Decimal("0.005")  # less reads as none


def policies(scribe: Scribe, board: BoardNumbers) -> Section:
    """What each epic lacks: what it should have had already first; and the policies that nobody can check here."""
    words, found = scribe.words, board.policies
    blocks: list[Block] = []
    is_agreed = board.kanban.board.is_agreed
    if not is_agreed:
        blocks.append(Paragraph(text=words.say("board.policies.proposed")))
    lacking = sorted(found.incomplete, key=lambda one: (not one.slipped, -len(one.gaps), one.standing.journey.key))
    if lacking:
        files = {"file": beside("kanban-epics"), "done": beside("kanban-done")}
        left = len(lacking) - MOST_GAPS
        notes = [words.say("board.policies.more", n=left, **files)] if left > 0 else []
        table = Table(
            caption=words.text("board.policies.caption"),
            name="board-gaps",
            columns=(
                Column(head=words.text("head.epic")),
                Column(head=words.text("head.state")),
                Column(head=words.text("board.head.slipped")),
                Column(head=words.text("board.head.lacks")),
                Column(head=words.text("head.mend")),
            ),
            rows=tuple(_gap_row(scribe, one) for one in lacking[:MOST_GAPS]),
        )
        blocks.append(Exhibit(table=table, notes=tuple(notes), definition=scribe.definition("exit_policies")))
    blocks += [Paragraph(text=_unread(scribe, epic)) for epic in found.unread]
    if found.unseen:
        told: list[Text] = [
            words.say("board.policies.of", policy=policy_text(scribe, policy), state=state_text(scribe, state))
            for state, policy in found.unseen
        ]
        blocks.append(Paragraph(text=words.say("board.policies.unseen", policies=words.listed(told))))
    if not blocks:
        blocks.append(Paragraph(text=words.say("board.policies.nothing")))
    slipped = len(found.slipped)
    if slipped and is_agreed:
        head = words.say("board.policies.head.slipped", n=slipped, of=found.n_used)
    elif lacking:
        head = words.say("board.policies.head", n=len(lacking), of=found.n_used)
    elif found.n_used:
        head = words.say("board.policies.head.met", n=found.n_used)
    else:
        head = words.say("board.policies.head.none")
    return Section(
        id="policies",
        question=words.text("board.policies.question"),
        headline=head,
        blocks=tuple(blocks),
        long=True,
        definitions=tuple(one for name in ("exit_policies",) if (one := scribe.definition(name)) is not None),
    )


def _unread(scribe: Scribe, one: Checked) -> Text:
    """What an epic may have by a decision on a line that is set aside, and which line that is."""
    words, key = scribe.words, one.standing.journey.key
    place = foreign(scribe.numbers.book.unread.of(key) or "")
    policies = words.listed([policy_text(scribe, policy) for policy in one.unread])
    return words.say("board.policies.unread", epic=scribe.key(key), policies=policies, place=place)


def policy_text(scribe: Scribe, policy: Policy) -> Text:
    """A policy as its author wrote it, else in our words."""
    if policy.says:
        return foreign(policy.says)
    if policy.check in (FIELD, VALUE):
        name = foreign(policy.of) if policy.check == FIELD else scribe.words.say(f"value.{policy.of}")
        return scribe.words.say(f"policy.{policy.check}", name=name)
    return scribe.words.say("unknown" if policy.check == WORDS else f"policy.{policy.check}")


def _mend(scribe: Scribe, policy: Policy, key: str) -> Text:
    name: Text = ()
    if policy.check in (FIELD, VALUE):
        name = foreign(policy.of) if policy.check == FIELD else scribe.words.say(f"value.{policy.of}")
    return scribe.words.say(f"policy.{policy.check}.mend", name=name, key=foreign(key))


def _gap_row(scribe: Scribe, one: Checked) -> Row:
    words, epic = scribe.words, scribe.numbers.items[one.standing.journey.id]
    own = [policy_text(scribe, gap.policy) for gap in one.gaps if not gap.has_left]
    slipped: list[Text] = [
        words.say("board.policies.of", policy=policy_text(scribe, gap.policy), state=state_text(scribe, gap.state))
        for gap in one.slipped
    ]
    mends = list(dict.fromkeys(_mend(scribe, gap.policy, epic.key) for gap in one.gaps))
    return Row(
        cells=(
            Cell(text=foreign(brief(epic.title)), note=scribe.item(epic), width=6),
            Cell(text=state_text(scribe, one.standing.state)),
            Cell(text=words.listed(slipped) if slipped else words.say("none"), width=6),
            Cell(text=words.listed(own) if own else words.say("none"), width=6),
            Cell(text=_sentences(mends), width=6),
        )
    )


def _sentences(texts: list[Text]) -> Text:
    spans: list[Span] = []
    for one in texts:
        if spans:
            spans.append(Span(text=" "))
        spans.extend(one)
    return tuple(spans)


def order(scribe: Scribe, board: BoardNumbers) -> Section:
    """Today's order beside the best one and its price; how far the scores can be believed; delay in money."""
    words, found = scribe.words, board.order
    blocks: list[Block] = []
    if found.epics:
        table = Table(
            caption=words.text("board.order.caption"),
            name="board-order",
            columns=(
                Column(head=words.text("head.epic")),
                Column(head=words.text("head.state")),
                *(
                    Column(head=words.text(f"board.head.{name}"), numeric=True)
                    for name in ("now", "best", "wsjf", "delay", "size")
                ),
            ),
            rows=tuple(_order_row(scribe, board, one) for one in found.epics[:MOST_ORDERED]),
        )
        notes = [words.say(f"board.order.by.{found.by}"), _costs(scribe, board), *_hygiene(scribe, board)]
        if len(found.epics) > MOST_ORDERED:
            left = len(found.epics) - MOST_ORDERED
            notes.append(words.say("board.epics.more", n=left, file=beside("kanban-order")))
        notes.append(scribe.left_out(found.excluded))
        blocks.append(
            Exhibit(table=table, notes=tuple(one for one in notes if one), definition=scribe.definition("order_price"))
        )
    else:
        blocks.append(Paragraph(text=words.say("board.order.empty")))
    blocks += _money(scribe, board)
    return Section(
        id="order",
        question=words.text("board.order.question"),
        headline=_headline(scribe, board),
        blocks=tuple(blocks),
        long=True,
        definitions=tuple(
            one
            for name in ("wsjf", "stale_scores", "queue_cost")
            if (one := scribe.definition(name)) is not None
        ),
    )  # fmt: skip


def _headline(scribe: Scribe, board: BoardNumbers) -> Text:
    words, price = scribe.words, board.order.price
    if price is None:
        return words.say("board.order.head.none")
    if price < HALF_A_PERCENT:
        return words.say("board.order.head.best", n=board.order.n_used)
    return words.say(f"board.order.head.{board.order.by}", share=words.percent(price), n=board.order.n_used)


def _costs(scribe: Scribe, board: BoardNumbers) -> Text:
    words, found = scribe.words, board.order
    if found.price is None:
        return ()
    return words.say(
        "board.order.costs",
        now=words.whole(int(found.cost_now)),
        best=words.whole(int(found.cost_best)),
    )


def _hygiene(scribe: Scribe, board: BoardNumbers) -> list[Text]:
    """What weakens the scores: the stale ones by key, and columns that do not tell apart."""
    words, found = scribe.words, board.hygiene
    notes: list[Text] = []
    for name, keys in (("old", found.old), ("outgrown", found.outgrown)):
        if keys:
            journeys = [one for key in keys if (one := scribe.numbers.by_key.get(key)) is not None]
            notes.append(words.say(f"board.hygiene.{name}", n=len(keys), items=scribe.items(journeys, most=8)))
    for name, doubt, n in found.doubts:
        notes.append(words.say(f"board.hygiene.{doubt}", column=words.say(f"value.{name}"), n=n))
    return notes


def _order_row(scribe: Scribe, board: BoardNumbers, one: Placed) -> Row:
    words, epic = scribe.words, scribe.numbers.items[one.journey.id]
    state = board.kanban.board.of(epic.status)
    return Row(
        cells=(
            Cell(text=foreign(brief(epic.title)), note=scribe.item(epic), width=6),
            Cell(text=state_text(scribe, state) if state is not None else words.say("unknown")),
            Cell(text=(Span(text=words.whole(one.now)),)),
            Cell(text=(Span(text=words.whole(one.best), strong=one.best < one.now),)),
            Cell(text=(Span(text=words.number(one.job.score, places=2)),)),
            Cell(text=(Span(text=words.number(one.job.cost_of_delay, places=0)),)),
            Cell(text=(Span(text=words.number(one.job.size, places=0)),)),
        )
    )


def _money(scribe: Scribe, board: BoardNumbers) -> list[Block]:
    """Epics whose delay has a price; where none has, how one is set."""
    words, found = scribe.words, board.delays
    told = [one for one in found.epics if one.journey.is_open or one.cost]
    if not told:
        return [Paragraph(text=words.say("board.money.none"))]
    table = Table(
        caption=words.text("board.money.caption"),
        name="board-money",
        columns=(
            Column(head=words.text("head.epic")),
            Column(head=words.text("board.head.rate")),
            Column(head=words.text("board.head.needed")),
            Column(head=words.text("board.head.done")),
            *(Column(head=words.text(f"board.head.{name}"), numeric=True) for name in ("cost", "queue", "cd3")),
        ),
        rows=(
            *(_money_row(scribe, one) for one in told[:MOST_PRICED]),
            *([_total(scribe, told)] if len(told) > 1 and len(told) <= MOST_PRICED else []),
        ),
    )
    notes = [
        words.say("board.money.assumes"),
        words.say("board.money.unpriced", n=len(found.excluded["no_price"])) if found.excluded else (),
    ]
    return [
        Exhibit(
            table=table, notes=tuple(one for one in notes if one), definition=scribe.definition("cost_of_delay")
        )
    ]  # fmt: skip


def _money_row(scribe: Scribe, one: Priced) -> Row:
    words, epic = scribe.words, scribe.numbers.items[one.journey.id]
    delay, currency = one.delay, scribe.numbers.book.portfolio.currency
    amount = delay.at_once if delay.at_once is not None else delay.per_week or 0
    rate = words.say(f"board.profile.{delay.profile}", amount=words.exact_money(amount, currency))
    done = words.day(one.done_on) if one.done_on is not None else words.text("unknown")
    note = words.say("board.money.forecast") if one.is_forecast and one.done_on is not None else ()
    return Row(
        cells=(
            Cell(text=foreign(brief(epic.title)), note=scribe.item(epic), width=6),
            Cell(text=rate, width=3),
            Cell(text=(Span(text=words.day(one.needed)),) if one.needed is not None else words.say("unknown"), width=3),
            Cell(text=(Span(text=done),), note=note, width=3),
            Cell(text=_amount(scribe, one.cost), width=3),
            Cell(
                text=_amount(scribe, one.queue) if one.approved_on is not None else words.say("board.not_queued"),
                note=words.say("board.approved", day=words.day(one.approved_on)) if one.approved_on is not None else (),
                width=3,
            ),
            Cell(
                text=_amount(scribe, None if one.cd3 is None else int(one.cd3)),
                note=words.say("board.weeks", n=delay.weeks) if delay.weeks is not None else (),
                width=3,
            ),
        )
    )


def _total(scribe: Scribe, told: list[Priced]) -> Row:
    queued = [one for one in told if one.approved_on is not None]
    return Row(
        cells=(
            Cell(text=scribe.words.say("board.total"), width=6),
            Cell(),
            Cell(),
            Cell(),
            _sum(scribe, {one.journey.key: one.cost for one in told}),
            _sum(scribe, {one.journey.key: one.queue for one in queued})
            if queued
            else Cell(text=scribe.words.say("board.total.not_queued"), width=3),
            Cell(),
        ),
        total=True,
    )


def _sum(scribe: Scribe, amounts: Mapping[str, int | None]) -> Cell:
    """What amounts add up to; at least so much where one is not known, with the epics that are left out."""
    known = [one for one in amounts.values() if one is not None]
    if not known or len(known) == len(amounts):
        return Cell(text=_amount(scribe, sum(known) if known else None), width=3)
    left = [journey for key, one in amounts.items() if one is None and (journey := scribe.numbers.by_key.get(key))]
    return Cell(
        text=scribe.words.say("board.total.least", amount=_amount(scribe, sum(known))),
        note=scribe.words.say("board.total.without", items=scribe.items(left)),
        width=3,
    )


def _amount(scribe: Scribe, minor: int | None) -> Text:
    words = scribe.words
    if minor is None:
        return words.say("unknown")
    return (Span(text=whole_money(minor, scribe.numbers.book.portfolio.currency, words.locale)),)
