"""The value ledger, one page for the whole portfolio. Was it worth it, what does nobody know, what must be decided?"""

from __future__ import annotations

from dataclasses import replace

from reports.ledger import Ledger, ledger
from reports.packs import shell
from reports.page import KeyFigure, Page, Text, joined, plain
from reports.reckoning import Reckoning
from reports.sections import benefits, decisions
from reports.sections import ledger as sections
from reports.sections.scribe import Scribe
from reports.words.catalogue import Words
from reports.words.foreign import one_line


def value_ledger(numbers: Reckoning, locale: str) -> Page:
    """The page in one language."""
    scribe = Scribe(numbers, Words(locale=locale, year=numbers.today.year, zone=numbers.book.calendar.zone))
    told = ledger(numbers)
    keys = {one.benefit.item.casefold() for one in told.hypotheses if one.benefit.item is not None}
    logged = decisions.concerning(numbers.waiting, lambda key: key.casefold() in keys)
    asked = (*sections.asks(scribe, told), *decisions.questions(scribe, logged, most=decisions.EVERY))
    page = shell.page(
        scribe,
        report="ledger",
        headline=_headline(scribe, told),
        standfirst=_standfirst(scribe, told),
        waiting=logged,
        figures=_figures(scribe, told),
        figures_key="figures.key.ledger",
        sections=(
            sections.bets(scribe, told, with_theme=True) or sections.no_bets(scribe),
            sections.due(scribe, told),
            sections.accuracy(scribe, told),
            sections.seen(scribe, told),
            sections.readings(scribe, told),
        ),
    )
    if not asked:
        return page
    title = decisions.first(scribe, len(asked))
    left = decisions.more(scribe, asked[decisions.MOST :])
    return replace(page, decisions_title=title, decisions=asked[: decisions.MOST], decisions_more=left)


def _headline(scribe: Scribe, told: Ledger) -> Text:
    """What nobody measured before what nobody decided before how many bets are settled."""
    words = scribe.words
    undecided = [one for one in told.undecided if one.verdict == "refuted"]
    if told.unmeasured:
        return words.say("ledger.headline.unmeasured", n=len(told.unmeasured))
    if undecided:
        return words.say("ledger.headline.refuted", n=len(undecided))
    if told.unread_bets:
        return words.say("ledger.headline.unread", n=len(told.unread_bets))
    if told.settled:
        counts = {name: words.whole(len(told.verdicts[name])) for name in ("confirmed", "refuted")}
        of = words.whole(len(told.hypotheses))
        return words.say("ledger.headline.settled", n=len(told.settled), of=of, **counts)
    return (
        words.say("ledger.headline.open", n=len(told.hypotheses))
        if told.hypotheses
        else words.say("ledger.headline.none")
    )


def _standfirst(scribe: Scribe, told: Ledger) -> Text:
    said = sections.in_figures(scribe, told) if told.hypotheses else ()
    shares = benefits.in_short(scribe)
    return joined([shares, said])


def _figures(scribe: Scribe, told: Ledger) -> tuple[KeyFigure, ...]:
    """Value realised, hypotheses confirmed, value not measured, verdicts due, KPIs up to date."""
    figures = (_realised(scribe, told), *_hypotheses(scribe, told), _fresh(scribe, told))
    return tuple(one for one in figures if one is not None)


def _realised(scribe: Scribe, told: Ledger) -> KeyFigure | None:
    words, whole = scribe.words, told.realised
    if whole is None or whole.of_total is None:
        return None
    versus = words.text("figure.realised.versus.early")
    if whole.to_date is not None:
        versus = words.text("figure.realised.versus", to_date=words.percent(whole.to_date))
    return KeyFigure(
        id="realised",
        title=words.text("figure.realised"),
        value=plain(sections.money(scribe, whole.realised_amount)),
        versus=versus,
        trend=joined(
            [
                words.say(
                    "figure.realised.trend",
                    of_total=words.percent(whole.of_total),
                    total=sections.money(scribe, whole.planned_total),
                ),
                benefits.on_old(scribe, whole),
            ]
        ),
        definition=scribe.definition("benefit_amount"),
    )


def _hypotheses(scribe: Scribe, told: Ledger) -> tuple[KeyFigure, ...]:
    words, counts = scribe.words, told.verdicts
    if not told.hypotheses:
        return ()
    confirmed, refuted = len(counts["confirmed"]), len(counts["refuted"])
    rest = len(told.hypotheses) - confirmed - refuted
    first = told.due[0].next_due if told.due else None
    return (
        KeyFigure(
            id="verdicts",
            title=words.text("figure.verdicts"),
            value=words.whole(confirmed),
            unit=words.text("figure.verdicts.of", n=len(told.hypotheses)),
            versus=words.text("figure.verdicts.versus", n=refuted),
            trend=words.say("figure.verdicts.trend", n=rest),
            definition=scribe.definition("verdicts"),
        ),
        KeyFigure(
            id="unmeasured",
            title=words.text("figure.unmeasured"),
            value=words.whole(len(told.unmeasured)) if told.judged or not told.unread_bets else words.text("unknown"),
            versus=words.text("figure.unmeasured.versus"),
            trend=_unmeasured(scribe, told),
            definition=scribe.definition("unmeasured_value"),
        ),
        KeyFigure(
            id="due",
            title=words.text("figure.due"),
            value=words.whole(len(told.due)),
            versus=words.text("figure.due.versus"),
            trend=words.say("figure.due.next", day=words.day(first)) if first else words.say("figure.due.none"),
            definition=scribe.definition("hypothesis"),
        ),
    )


def _fresh(scribe: Scribe, told: Ledger) -> KeyFigure | None:
    words = scribe.words
    if not told.freshness:
        return None
    names = {kpi.id: kpi.name for kpi in scribe.numbers.book.portfolio.kpis}
    stale = ", ".join(one_line(names[one.kpi], 40) for one in told.stale[:3])
    return KeyFigure(
        id="fresh",
        title=words.text("figure.fresh"),
        value=words.whole(sum(one.reason is None for one in told.freshness)),
        unit=words.text("figure.fresh.of", n=len(told.freshness)),
        versus=words.text("figure.fresh.versus"),
        trend=_aged(scribe, told, stale),
        definition=scribe.definition("kpi_freshness"),
    )


def _aged(scribe: Scribe, told: Ledger, stale: str) -> Text:
    """Which KPIs are stale, and of how many the file is not read."""
    words = scribe.words
    said = [words.say("figure.fresh.stale", names=stale)] if stale else []
    if told.unread_kpis:
        said.append(words.say("figure.fresh.unread", n=len(told.unread_kpis)))
    return joined(said) if said else words.say("figure.fresh.all")


def _unmeasured(scribe: Scribe, told: Ledger) -> Text:
    """What was planned of what nobody measured; or why there is nothing of the kind."""
    words = scribe.words
    unread = words.say("figure.unmeasured.unread", n=len(told.unread_bets)) if told.unread_bets else ()
    if told.unmeasured and told.unmeasured_amount is None:
        return joined([words.say("figure.unmeasured.unvalued"), unread])
    if told.unmeasured:
        amount = sections.money(scribe, told.unmeasured_amount or 0)
        return joined([words.say("figure.unmeasured.trend", amount=amount), unread])
    if unread:
        return unread
    finished = [one for one in told.hypotheses if one.epic is not None and one.epic.finished_at is not None]
    if bare := [one for one in finished if not one.judgements]:
        return words.say("figure.unmeasured.bare", n=len(bare))
    return words.say("figure.unmeasured.none" if finished else "figure.unmeasured.early")
