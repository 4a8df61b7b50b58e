"""What the money was spent on beside themes: investment horizons, and kinds of work."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal

from domain.funding import SpendLine
from metrics.alignment import UNALIGNED
from metrics.distribution import percentages
from metrics.guardrails import HORIZONS
from metrics.spend import IDLE, by_horizon, by_kind
from reports.findings.engine import Name
from reports.findings.guardrails import kind_named
from reports.money import Funds, StreamFunds
from reports.page import Cell, Column, Exhibit, Row, Table, Text
from reports.sections.scribe import Scribe, row, text
from reports.words.catalogue import foreign
from reports.words.foreign import one_line

MOST_STREAMS = 5  # with the part, the whole, its share and what was agreed: ten columns at most
LONGEST_NAME = 40
NO_HORIZON = "none"
APART = (NO_HORIZON, UNALIGNED, IDLE)  # money of no horizon


def purposes(scribe: Scribe, told: Funds) -> tuple[Exhibit, ...]:
    """Spend by horizon beside what was agreed, and by kind of work; those that have taken any."""
    found = []
    if any(one not in APART for one in _amounts(told, by_horizon)):
        found.append(_horizons(scribe, told))
    if any(one != IDLE for one in _amounts(told, by_kind)):
        found.append(_kinds(scribe, told))
    return tuple(found)


def _horizons(scribe: Scribe, told: Funds) -> Exhibit:
    words, agreed = scribe.words, scribe.numbers.book.portfolio.guardrails.horizons
    amounts = _amounts(told, by_horizon)
    known = [one for one in HORIZONS if one in amounts or one in agreed]
    shares = percentages({one: Decimal(amounts.get(one, 0)) for one in known})
    rows = [
        _row(
            scribe,
            told,
            by_horizon,
            one,
            name=text(words.text(f"horizon.{one}")),
            more=[scribe.share(shares[one]), *([words.percent(agreed.get(one, Decimal(0)))] if agreed else [])],
        )
        for one in known
    ]
    rest = [one for one in APART if amounts.get(one)]
    blank = words.text("guardrails.nothing")
    rows += [
        _row(scribe, told, by_horizon, one, name=words.say(f"purposes.{one}"), more=[blank] * (2 if agreed else 1))
        for one in rest
    ]
    return _exhibit(
        scribe,
        told,
        "horizon",
        rows,
        heads=("share", "agreed") if agreed else ("share",),
        whole=[blank] * (2 if agreed else 1),
        notes=[
            words.say("purposes.horizon.note"),
            words.say("purposes.nothing"),
            words.say("purposes.horizon.agreed") if agreed else (),
        ],
    )


def _kinds(scribe: Scribe, told: Funds) -> Exhibit:
    amounts = _amounts(told, by_kind)
    names = sorted(amounts, key=lambda one: (one == IDLE, -amounts[one], one))
    shares = percentages({one: Decimal(amounts[one]) for one in names})
    rows = [
        _row(scribe, told, by_kind, one, name=_kind(scribe, one), more=[scribe.share(shares[one])]) for one in names
    ]
    return _exhibit(
        scribe, told, "kind", rows, heads=("share",), whole=[scribe.share(sum(shares.values(), Decimal()))], notes=[]
    )


def _exhibit(
    scribe: Scribe,
    told: Funds,
    what: str,
    rows: list[Row],
    *,
    heads: Sequence[str],
    whole: Sequence[str],
    notes: Iterable[Text],
) -> Exhibit:
    words = scribe.words
    sums = [sum(one.by_theme.values()) for one in _streams(told)]
    total = row(words.say("money.total"), *(_said(scribe, one) for one in (*sums, told.spent)), *whole, total=True)
    return Exhibit(
        table=Table(
            caption=words.text(f"purposes.{what}.caption"),
            name=f"spend-{what}",
            columns=(
                Column(head=words.text(f"purposes.{what}.head")),
                *(Column(head=one_line(one.stream.name, LONGEST_NAME), numeric=True) for one in _streams(told)),
                Column(head=words.text("money.col.total"), numeric=True),
                *(Column(head=words.text(f"purposes.col.{one}"), numeric=True) for one in heads),
            ),
            rows=(*rows, total),
        ),
        notes=tuple(note for note in notes if note),
        definition=scribe.definition(f"spend_{what}"),
    )


def _row(
    scribe: Scribe,
    told: Funds,
    parted: Callable[[Iterable[SpendLine]], dict[str, int]],
    part: str,
    *,
    name: Text,
    more: Sequence[str],
) -> Row:
    amounts = [parted(one.spent.lines).get(part, 0) for one in _streams(told)]
    whole = _amounts(told, parted).get(part, 0)
    said = [_said(scribe, one) for one in (*amounts, whole)]
    return Row(cells=(Cell(text=name), *(Cell(text=text(one)) for one in (*said, *more))))


def _amounts(told: Funds, parted: Callable[[Iterable[SpendLine]], dict[str, int]]) -> dict[str, int]:
    return {
        part: amount
        for part, amount in parted(line for one in told.streams for line in one.spent.lines).items()
        if amount
    }


def _streams(told: Funds) -> Sequence[StreamFunds]:
    """Those with a column of their own."""
    return told.streams if len(told.streams) <= MOST_STREAMS else ()


def _kind(scribe: Scribe, kind: str) -> Text:
    if kind == IDLE:
        return scribe.words.say("purposes.idle")
    named = kind_named(kind)
    return foreign(named.text) if isinstance(named, Name) else scribe.words.say(f"kind.{kind}")


def _said(scribe: Scribe, amount: int) -> str:
    """Compact money in a cell: 0 is none."""
    return scribe.words.money(amount, scribe.numbers.book.portfolio.currency) if amount else "0"
