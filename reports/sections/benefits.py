"""Does the value arrive that a theme has promised? Its benefits, in points and in money: definition 3.6."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from domain.strategy import Benefit, Kpi
from metrics.benefits import PortfolioRealisation, Realisation
from reports.ledger import ledger, on_old_readings
from reports.page import Cell, Column, Exhibit, Row, Section, Table, Text, joined, plain
from reports.reckoning import ThemeScore
from reports.sections.scribe import Scribe, text
from reports.words.catalogue import foreign

HEADS = ("benefit", "kpi_now", "way", "realised", "status", "planned_value", "realised_value")
NUMERIC = ("realised", "planned_value", "realised_value")


def benefits(scribe: Scribe, score: ThemeScore) -> Section | None:
    """The benefits of a theme and what they have brought; None where it declares none."""
    words, whole = scribe.words, score.realised
    if whole is None:
        return None
    kpis = {one.id: one for one in scribe.numbers.book.portfolio.kpis}
    exhibit = Exhibit(
        table=Table(
            caption=words.text("benefits.caption"),
            name="benefits",
            columns=tuple(Column(head=words.text(f"head.{name}"), numeric=name in NUMERIC) for name in HEADS),
            rows=tuple(_benefit(scribe, one, kpis.get(one.benefit.kpi)) for one in score.benefits),
        ),
        notes=_notes(scribe, score, whole),
        definition=scribe.definition("benefit"),
    )
    summed = [scribe.definition(name) for name in ("benefit_portfolio", "benefit_total")]
    return Section(
        id="benefits",
        question=words.text("benefits.question"),
        headline=_headline(scribe, whole),
        intro=shares_realised(scribe, whole),
        blocks=(exhibit,),
        definitions=tuple(one for one in summed if one is not None),
    )


def shares_realised(scribe: Scribe, whole: PortfolioRealisation | None) -> Text:
    """What was realised of the plan to date and of the whole plan: both, and both named. Nothing without benefits."""
    words = scribe.words
    if whole is None:
        return ()
    if whole.of_total is None:
        return words.say("benefits.shares.unknown")
    parts = {"of_total": words.percent(whole.of_total), "total": plain(_money(scribe, whole.planned_total))}
    if whole.to_date is None:
        return words.say("benefits.shares.early", **parts)
    return words.say("benefits.shares", to_date=words.percent(whole.to_date), **parts)


def in_short(scribe: Scribe) -> Text:
    """The shares over all themes in a sentence, how many benefits they leave out, and what nobody ever measured."""
    whole = scribe.numbers.realised
    missing = 0 if whole is None else whole.n_in_scope - whole.n_used
    unmeasured = ledger(scribe.numbers).unmeasured_amount or Decimal(0)
    names = [name for name, told in (("uncounted", missing), ("unmeasured", unmeasured)) if told]
    amount = _money(scribe, unmeasured)
    left_out = scribe.words.say(f"benefits.{'.'.join(names)}", n=missing, amount=amount) if names else ()
    return joined([shares_realised(scribe, whole), left_out])


def _headline(scribe: Scribe, whole: PortfolioRealisation) -> Text:
    """What the benefits have brought, beside what was planned to date."""
    words, realised = scribe.words, whole.realised_amount
    if whole.of_total is None:
        return words.say("benefits.head.unknown")
    planned = _money(scribe, whole.planned_to_date)
    if whole.to_date is None:
        return words.say("benefits.head.early", total=_money(scribe, whole.planned_total))
    if realised < 0:
        return words.say("benefits.head.less", lost=_money(scribe, -realised), planned=planned)
    if realised == 0:
        return words.say("benefits.head.none", planned=planned)
    ahead = "benefits.head.more" if realised > whole.planned_to_date else "benefits.head"
    return words.say(ahead, realised=_money(scribe, realised), planned=planned)


def _benefit(scribe: Scribe, one: Realisation, kpi: Kpi | None) -> Row:
    words, benefit = scribe.words, one.benefit
    pace = scribe.numbers.book.portfolio.guardrails.pace
    status, word = scribe.status("not_begun" if _is_ahead(scribe, benefit) else one.status(pace))
    is_worse = one.realised is not None and one.realised < 0
    unit = kpi.unit if kpi else ""
    is_money = unit == scribe.numbers.book.portfolio.currency
    return Row(
        cells=(
            Cell(text=foreign(benefit.name), note=_due(scribe, benefit)),
            _now(scribe, one, kpi),
            Cell(
                text=words.say(
                    "benefits.way",
                    baseline=words.measure(benefit.baseline, unit) if is_money else words.number(benefit.baseline),
                    target=words.measure(benefit.target, unit),
                )
            ),
            Cell(
                text=words.say("unknown") if one.realised is None else text(words.percent(one.realised)),
                note=words.say("benefits.expected", share=words.percent(one.expected)),
            ),
            Cell(text=text(word), status=status, note=words.say("benefits.worse") if is_worse else ()),
            _planned(scribe, one),
            _realised(scribe, one),
        )
    )


def _now(scribe: Scribe, one: Realisation, kpi: Kpi | None) -> Cell:
    """The newest reading, of which KPI, and of which day."""
    words, name = scribe.words, foreign(kpi.name if kpi else one.benefit.kpi)
    if one.reading is None:
        said = "benefits.file_unread" if one.reason == "file_unread" else "benefits.unread"
        return Cell(text=words.say("unknown"), note=words.say(said, kpi=name))
    value = words.measure(one.reading.value, kpi.unit if kpi else "")
    is_stale = kpi is not None and kpi.is_read and scribe.numbers.today - one.reading.day > kpi.stale_after
    told = "benefits.read.stale" if is_stale else "benefits.read"
    return Cell(text=text(value), note=words.say(told, kpi=name, day=words.day(one.reading.day)))


def _due(scribe: Scribe, benefit: Benefit) -> Text:
    words = scribe.words
    if _is_ahead(scribe, benefit):
        return words.say("benefits.begins", day=words.day(benefit.starts))
    if benefit.item is None:
        return words.say("benefits.by", day=words.day(benefit.due))
    return words.say("benefits.claimed", day=words.day(benefit.due), item=scribe.key(benefit.item))


def _planned(scribe: Scribe, one: Realisation) -> Cell:
    words, planned, by_now = scribe.words, one.planned_amount, one.expected_amount
    if planned is None or by_now is None:
        return Cell(text=words.say("benefits.not_valued"))
    return Cell(text=_money(scribe, planned), note=words.say("benefits.to_date", amount=_money(scribe, by_now)))


def _realised(scribe: Scribe, one: Realisation) -> Cell:
    if one.realised_amount is not None:
        return Cell(text=_money(scribe, one.realised_amount))
    return Cell(text=scribe.words.say("benefits.not_valued" if one.benefit.planned_amount is None else "unknown"))


def _notes(scribe: Scribe, score: ThemeScore, whole: PortfolioRealisation) -> tuple[Text, ...]:
    """Which benefits the sum leaves out and why, and which claim the same KPI."""
    words, names = scribe.words, {one.benefit.id: one.benefit.name for one in score.benefits}
    ahead = tuple(one.benefit.id for one in score.benefits if _is_ahead(scribe, one.benefit))
    reasons = [
        words.say(f"benefits.reason.{reason}", n=len(ids), names=_named(scribe, (names[one] for one in ids)))
        for reason, ids in (*whole.excluded.items(), ("not_begun", ahead))
        if ids
    ]
    left_out = (words.say("benefits.left_out", reasons=words.listed(reasons)),) if reasons else ()
    claimed = (
        words.say("benefits.double_claim", names=_named(scribe, (names[one] for one in ids)))
        for ids in whole.double_claims.values()
    )
    old = on_old(scribe, whole, named=True)
    return (*left_out, *claimed, *((old,) if old else ()))


def on_old(scribe: Scribe, whole: PortfolioRealisation, *, named: bool = False) -> Text:
    """What of the sum rests on readings that are too old, with the benefits by name where that is wanted."""
    found = on_old_readings(scribe.numbers, whole)
    if not found:
        return ()
    amount = _money(scribe, sum((one.realised_amount or Decimal(0) for one in found), Decimal(0)))
    if not named:
        return scribe.words.say("benefits.stale.short", amount=amount)
    return scribe.words.say("benefits.stale", amount=amount, names=_named(scribe, (one.benefit.name for one in found)))


def _named(scribe: Scribe, names: Iterable[str]) -> Text:
    return scribe.words.listed([scribe.words.say("benefits.named", name=foreign(one)) for one in names])


def _is_ahead(scribe: Scribe, benefit: Benefit) -> bool:
    return benefit.starts > scribe.numbers.today


def _money(scribe: Scribe, amount: Decimal | int) -> Text:
    return text(scribe.words.money(amount, scribe.numbers.book.portfolio.currency))
