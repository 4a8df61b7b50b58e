"""What does a theme cost, and what does it bring? Its spend, its share of the work, its benefits and bets."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from metrics.alignment import intended_shares
from metrics.commitment import Commitment
from metrics.predictability import Objective, Predictability, predictability
from reports.ledger import ledger
from reports.page import Block, Empty, KeyFigure, Paragraph, Section, Text, joined
from reports.reckoning import ThemeScore
from reports.sections import benefits
from reports.sections import ledger as bets
from reports.sections.scribe import Scribe, brief
from reports.sponsor import Spent, gained, spent
from reports.words.catalogue import foreign

MOST_GAPS = 3  # objectives that came out elsewhere than planned
FINE = Decimal(10_000)  # units of a currency, below which thousands are too coarse


def worth(scribe: Scribe, score: ThemeScore) -> Section:
    """What was spent and what a step of the outcome cost, benefits in points and in money, what became of each bet."""
    words = scribe.words
    paid = spent(scribe.numbers, score.theme.id)
    promised, told = benefits.benefits(scribe, score), ledger(scribe.numbers, score.theme.id)
    placed = bets.bets(scribe, told, only_judged=True)
    blocks: list[Block] = [*promised.blocks] if promised is not None else [_unpromised(scribe)]
    said = [placed.intro] if placed is not None else []
    said += [words.say("theme.due.none")] if placed is not None and not told.due else []
    judged = [one for one in placed.blocks if not isinstance(one, Paragraph)] if placed is not None else []
    said += [one.text for one in placed.blocks if isinstance(one, Paragraph)] if placed is not None else []
    blocks += [*([Paragraph(text=joined(said))] if said else []), *judged]
    blocks += [Paragraph(text=one) for one in _objectives(scribe, score) if one]
    defined = [
        *(scribe.definition(name) for name in ("spend", "benefit_portfolio", "benefit_total")),
        scribe.definition("predictability") if _increment(scribe, score) is not None else None,
        *(placed.definitions if placed is not None else ()),
    ]
    return Section(
        id="money",
        question=words.text("worth.question"),
        headline=headline(scribe, score),
        intro=joined([*_spending(scribe, score, paid), *([promised.intro] if promised is not None else [])]),
        blocks=tuple(blocks),
        long=True,
        definitions=tuple(one for one in defined if one is not None),
    )  # fmt: skip


def _objectives(scribe: Scribe, score: ThemeScore) -> list[Text]:
    """What the objectives that name the theme brought of what was planned, and which came out furthest from it."""
    words, one = scribe.words, _increment(scribe, score)
    if one is None:
        return []
    kept = [each for each in one.objectives if each.theme == score.theme.id]
    found = predictability(kept)
    said = _brought(scribe, found, kept, increment=foreign(one.increment.name))
    pending = words.say("worth.objectives.pending", n=len(found.pending)) if found.pending else ()
    gone = words.say("worth.objectives.gone", n=len(found.gone)) if found.gone else ()
    by_key = {each.key: each for each in kept}
    apart = [
        words.say(
            "worth.objectives.gap",
            objective=foreign(brief(key.partition(": ")[2])),
            train=foreign(by_key[key].train),
            actual=by_key[key].planned + gap,
            planned=by_key[key].planned,
        )
        for key, gap in found.gaps[:MOST_GAPS]
        if gap
    ]
    furthest = words.say("worth.objectives.furthest", objectives=words.listed(apart)) if apart else ()
    return [joined([said, gone, pending, furthest])]


def _brought(scribe: Scribe, found: Predictability, kept: Sequence[Objective], *, increment: Text) -> Text:
    """What objectives brought of their plan; where not all can be held against it, the plan, and what some brought.

    What was added later is in what they brought and in no commitment: it is told beside both.
    """
    words, n = scribe.words, len(kept)
    added = [one.planned for one in kept if not one.committed]
    later = words.say("worth.objectives.later", n=len(added), points=sum(added)) if added else ()
    if found.percent is not None:
        return words.say(
            "worth.objectives.committed" if added else "worth.objectives",
            n=n,
            increment=increment,
            actual=found.actual,
            planned=found.planned,
            share=scribe.share(found.percent),
            later=later,
        )
    kind = "uncommitted" if not found.planned else "plan.committed" if added else "plan"
    said = words.say(
        f"worth.objectives.{kind}",
        n=n,
        increment=increment,
        planned=found.planned,
        all=found.planned + sum(added),
        later=later,
    )
    judged = words.say("worth.objectives.judged", n=found.n_used, actual=found.actual) if found.n_used else ()
    return joined([said, judged])


def _increment(scribe: Scribe, score: ThemeScore) -> Commitment | None:
    """The last increment that has begun with objectives that name the theme, one of them scored where any is."""
    begun = [
        one
        for one in scribe.numbers.book.commitments
        if one.increment.period.start <= scribe.numbers.today
        and any(each.theme == score.theme.id for each in one.objectives)
    ]
    scored = [
        one for one in begun if any(each.actual is not None for each in one.objectives if each.theme == score.theme.id)
    ]
    found = scored or begun
    return found[-1] if found else None


def spend_figure(scribe: Scribe, score: ThemeScore) -> KeyFigure | None:
    """What was spent on a theme this year, or its even share of the budget; None where no money is told."""
    words, paid = scribe.words, spent(scribe.numbers, score.theme.id)
    if paid is None or paid.percent is None:
        return None
    share = scribe.share(paid.percent)
    calendar = scribe.numbers.book.calendar
    intended = intended_shares([score.theme], period=paid.so_far, calendar=calendar).get(score.theme.id)
    key = "figure.spend.even" if paid.is_even else "figure.spend"
    return KeyFigure(
        id="spend",
        title=words.text(key, year=str(paid.year.start.year)),
        value=_money(scribe, paid.amount),
        versus=words.text(f"{key}.versus.none", share=share)
        if intended is None
        else words.text(f"{key}.versus", share=share, intended=words.percent(intended)),
        trend=words.say("figure.spend.part", even=_money(scribe, paid.even))
        if paid.even and not paid.is_even
        else words.say(f"{key}.trend"),
        definition=scribe.definition("spend"),
    )


def value_figure(scribe: Scribe, score: ThemeScore) -> KeyFigure:
    """What was measured of a theme's value, beside what was planned by now; or that it is not valued, and why."""
    words, whole = scribe.words, score.realised
    definition = scribe.definition("benefit_portfolio")
    title = words.text("figure.value")
    if whole is None or not any(one.benefit.planned_amount for one in score.benefits):
        why = "figure.value.undeclared" if not score.benefits else "figure.value.unpriced"
        return KeyFigure(id="value", title=title, value=words.text("benefits.not_valued"), trend=words.say(why),
                         definition=definition)  # fmt: skip
    missing = whole.n_in_scope - whole.n_used
    trend = words.say("figure.value.trend") if not missing else words.say("figure.value.missing", n=missing)
    if not whole.used:
        planned = sum((one.expected_amount or Decimal(0) for one in score.benefits), Decimal(0))
        return KeyFigure(
            id="value", title=title, value=words.text("unknown"), definition=definition, trend=trend,
            versus=words.text("figure.value.versus", planned=_money(scribe, planned)),
        )  # fmt: skip
    return KeyFigure(
        id="value",
        title=title,
        value=_money(scribe, whole.realised_amount),
        versus=words.text("figure.value.versus", planned=_money(scribe, whole.planned_to_date)),
        trend=trend,
        definition=definition,
    )


def _spending(scribe: Scribe, score: ThemeScore, paid: Spent | None) -> list[Text]:
    """What a step of the lead outcome cost this year; how much of the spend belongs to no epic, or is adjustments."""
    if paid is None:
        return []
    words, loose = scribe.words, paid.by_epic.get(None, 0)
    said = [_unit_cost(scribe, score, paid)]
    key = "worth.loose.even" if paid.is_even else "worth.loose"
    said += [words.say(key, amount=_money(scribe, loose))] if loose else []
    return said + ([words.say("worth.adjusted", amount=_money(scribe, paid.adjusted))] if paid.adjusted else [])


def _unit_cost(scribe: Scribe, score: ThemeScore, paid: Spent) -> Text:
    """The year's spend for each unit that the lead outcome moved towards its target; why not, where it did not."""
    words, leading, even = scribe.words, score.lead, ".even" if paid.is_even else ""
    if leading is None:
        return words.say(f"worth.unit.none{even}")
    found = gained(scribe.numbers, leading, since=paid.year.start)
    if found is None:
        return words.say("worth.unit.unread")
    result, year = leading.key_result, str(paid.year.start.year)
    if found.amount <= 0:
        return words.say("worth.unit.away", result=foreign(result.name), year=year)
    return words.say(
        f"worth.unit{even}",
        result=foreign(result.name),
        moved=words.say("worth.points", number=words.number(found.amount))
        if result.unit == "%"
        else words.measure(found.amount, result.unit),
        amount=_finely(scribe, Decimal(paid.amount) / found.amount),
        one=words.say("worth.point") if result.unit == "%" else words.measure(Decimal(1), result.unit),
    )


def headline(scribe: Scribe, score: ThemeScore) -> Text:
    """What was spent beside the value that was measured of it; without money told, the value alone."""
    words, whole = scribe.words, score.realised
    paid, promised = spent(scribe.numbers, score.theme.id), benefits.benefits(scribe, score)
    if promised is None or whole is None:
        return words.say("worth.head.undeclared")
    if paid is None:
        return promised.headline
    key = "worth.cost.even" if paid.is_even else "worth.cost"
    cost = words.say(key, amount=_money(scribe, paid.amount), year=str(paid.year.start.year))
    if not any(one.benefit.planned_amount for one in score.benefits):
        return words.say("worth.head.unvalued", cost=cost)
    if not whole.used:
        return words.say("worth.head.unknown", cost=cost)
    value, planned = _money(scribe, whole.realised_amount), _money(scribe, whole.planned_to_date)
    return words.say("worth.head", cost=cost, value=value, planned=planned)


def _unpromised(scribe: Scribe) -> Empty:
    words = scribe.words
    return Empty(title=words.say("worth.unpromised"), text=words.say("worth.unpromised.text"))


def _finely(scribe: Scribe, amount: Decimal) -> str:
    """Small amounts to the unit of the currency: a thousand would hide most of them."""
    digits = scribe.numbers.book.portfolio.guardrails.money_digits
    if amount >= FINE.scaleb(digits):
        return _money(scribe, amount)
    whole = int(amount.scaleb(-digits).to_integral_value()) * 10**digits
    return scribe.words.exact_money(whole, scribe.numbers.book.portfolio.currency)


def _money(scribe: Scribe, amount: Decimal | int) -> str:
    return scribe.words.money(amount, scribe.numbers.book.portfolio.currency)
