"""The strategic portfolio review. What did we learn, what do we fund, continue, stop?"""

from __future__ import annotations

from dataclasses import replace

from reports.findings import findings, headline, standfirst
from reports.ledger import ledger
from reports.packs import shell
from reports.page import Page, Question, Section, Status, Text
from reports.reckoning import Reckoning, ThemeScore
from reports.restated import retold
from reports.review import next_review, off_plan, outcomes
from reports.sections import (
    decisions,
    figures,
    lamps,
    mixes,
    money,
    proposals,
    restatement,
    risks,
    sheets,
    shifts,
    themes,
)
from reports.sections import guardrails as fences
from reports.sections import ledger as bets
from reports.sections import review as sections
from reports.sections.scribe import Scribe
from reports.words.catalogue import Words, foreign

MOST_OFF_PLAN = 3  # themes with a sheet of their own: the pack has twelve at most


def review(numbers: Reckoning, locale: str) -> Page:
    """The pack in one language: a point of the agenda is a page, opens with its finding and ends with a proposal."""
    scribe = Scribe(numbers, Words(locale=locale, year=numbers.today.year, zone=numbers.book.calendar.zone))
    words = scribe.words
    found = findings(numbers)
    is_stale = bool(numbers.stale_sources)
    said, used = headline(found, words, is_stale=is_stale)
    asked = proposals.asked(scribe, found, most=decisions.EVERY)
    told = proposals.with_ways(scribe, asked[: decisions.MOST_ASKED])
    top = figures.key_figures(scribe)
    points = [
        sections.closing(sections.since(scribe), _since(scribe)),
        _joined(sections.closing(sections.calibration(scribe), _on_forecasts(scribe))),
        _joined(sections.closing(restatement.restatements(scribe), _on_past(scribe))),
        *(sections.closing(sheets.off_its_plan(scribe, one), _on_theme(scribe, one))
          for one in off_plan(numbers)[:MOST_OFF_PLAN]),
        sections.closing(_themes(scribe, locale), _on_themes(scribe)),
        _joined(sections.closing(sections.waterfall(scribe), _on_value(scribe))),
        sections.closing(bets.bets(scribe, ledger(numbers), with_theme=True, only_judged=True) or bets.no_bets(scribe),
                         sections.on_bets(scribe)),
        sections.closing(_money(scribe, locale), _on_money(scribe)),
        _joined(sections.closing(replace(mixes.horizons(scribe), question=words.text("review.horizons.question")),
                                 _on_horizons(scribe))),
        sections.closing(sheets.entering(scribe), sheets.on_candidates(scribe, asked)),
        _joined(sections.closing(shifts.scenarios(scribe),
                                 shifts.proposal(scribe, asked, told=told) or _nothing(scribe))),
        sections.closing(replace(risks.to_accept(scribe), question=words.text("review.risks.question")),
                         sections.on_risks(scribe)),
        _joined(sections.closing(sections.ahead(scribe), _next(scribe))),
        sections.closing(sections.form(scribe, asked), words.say("review.propose.record")),
    ]  # fmt: skip
    whole = sections.closing(sections.in_one_page(scribe), _whole(scribe, asked))
    agenda = sections.closing(sections.agenda(scribe, asked, points, told=told), _order(scribe, asked))
    return shell.page(
        scribe,
        report="review",
        headline=said,
        standfirst=standfirst(found, words, used=used, is_stale=is_stale),
        waiting=numbers.waiting,
        decisions_title=decisions.first(scribe, len(asked)),
        decisions=asked[: decisions.MOST],
        decisions_more=proposals.elsewhere(scribe, asked, is_review=True),
        defined=shell.defined(told),
        figures=top,
        figures_data=figures.figures_data(scribe),
        standing=lamps.standing(scribe),
        sections=[whole, agenda, *points],
        landscape=True,
    )


def _joined(section: Section) -> Section:
    """A short point of the agenda, on the sheet of the one before."""
    return replace(section, joins=True)


def _themes(scribe: Scribe, locale: str) -> Section:
    """Every theme in one table, those that are off track or at risk first."""
    pages = {one.theme.id: f"theme-{one.theme.id}.{locale}.html" for one in scribe.numbers.themes}
    return replace(themes.themes(scribe, theme_page=pages), question=scribe.words.text("review.themes.question"))


def _money(scribe: Scribe, locale: str) -> Section:
    """The guardrails with links to their page, and the year's money in its figures."""
    words = scribe.words
    page = f"guardrails.{locale}.html"
    told = lamps.in_short(scribe, page=page)
    cost = money.money_figures(scribe)
    section = told or Section(
        id="guardrails",
        question=words.text("guardrails.question"),
        headline=words.say("guardrails.not_agreed"),
    )
    return replace(section, blocks=(*section.blocks, *sections.in_facts(scribe, cost, page=page)))


def _whole(scribe: Scribe, asked: tuple[Question, ...]) -> Text:
    return scribe.words.say("review.propose.whole", n=len(asked)) if asked else _nothing(scribe)


def _order(scribe: Scribe, asked: tuple[Question, ...]) -> Text:
    return scribe.words.say("review.propose.order", n=len(asked)) if asked else _nothing(scribe)


def _nothing(scribe: Scribe) -> Text:
    return scribe.words.say("review.propose.nothing", owner=scribe.words.say("review.owner.lpm"))


def _since(scribe: Scribe) -> Text:
    idle = [one for one in outcomes(scribe.numbers) if one.kind == "still"]
    if not idle:
        return _nothing(scribe)
    return scribe.words.say("review.propose.since", n=len(idle), owner=foreign(idle[0].decision.owner))


def _on_theme(scribe: Scribe, score: ThemeScore) -> Text:
    """Off track: go on, change course or stop. At risk: go on, and say next time how the gap has closed."""
    words = scribe.words
    owner = foreign(score.theme.sponsor) if score.theme.sponsor else words.say("review.owner.sponsor")
    name = "at_risk" if score.objective.status == "at_risk" else "off_track"
    return words.say(f"review.propose.theme.{name}", theme=foreign(score.theme.name), owner=owner)


def _on_themes(scribe: Scribe) -> Text:
    words = scribe.words
    off = [one for one in scribe.numbers.themes if one.objective.status in ("off_track", "missed")]
    if not scribe.numbers.themes:
        return _nothing(scribe)
    if not off:
        name = "on" if scribe.numbers.measured else "unknown" if scribe.numbers.declared else "undeclared"
        return words.say(f"review.propose.themes.{name}")
    worst = min(off, key=lambda one: one.objective.pace_points or 0)
    owner = foreign(worst.theme.sponsor) if worst.theme.sponsor else words.say("review.owner.sponsor")
    return words.say("review.propose.themes", n=len(off), theme=foreign(worst.theme.name), owner=owner)


def _on_value(scribe: Scribe) -> Text:
    """The theme that is furthest behind what its benefits should have brought by now."""
    words = scribe.words
    behind = [(one, one.realised) for one in scribe.numbers.themes if one.realised is not None]
    short = {one.theme.id: whole.planned_to_date - whole.realised_amount for one, whole in behind}
    worst = max((one for one, _ in behind), key=lambda one: short[one.theme.id], default=None)
    if worst is None or short[worst.theme.id] <= 0:
        return _nothing(scribe)
    owner = foreign(worst.theme.sponsor) if worst.theme.sponsor else words.say("review.owner.sponsor")
    amount = bets.money(scribe, short[worst.theme.id])
    return words.say("review.propose.value", theme=foreign(worst.theme.name), amount=amount, owner=owner)


def _on_money(scribe: Scribe) -> Text:
    """As many breaches as the lamps above show; where there is none, an answer to what is noticed."""
    if breached := sum(one.status is Status.BAD for one in lamps.lamps(scribe)):
        return scribe.words.say("review.propose.guardrails", n=breached)
    return scribe.words.say("review.propose.guardrails.noticed") if fences.asked(scribe) else _nothing(scribe)


def _on_horizons(scribe: Scribe) -> Text:
    told = next((one for one in fences.asked(scribe) if one.id == "horizons"), None)
    return scribe.words.say("review.propose.horizons", asked=told.text) if told is not None else _nothing(scribe)


def _on_forecasts(scribe: Scribe) -> Text:
    ahead = scribe.numbers.book.outlook
    verdicts = {one.verdict for one in ahead.coverage if one.percentile == 85} if ahead is not None else set()
    if "over_confident" in verdicts:
        return scribe.words.say("review.propose.told.over_confident")
    return scribe.words.say("review.propose.told" if "as_promised" in verdicts else "review.propose.told.unproven")


def _next(scribe: Scribe) -> Text:
    return scribe.words.say("review.propose.next", day=scribe.words.full_day(next_review(scribe.numbers)))


def _on_past(scribe: Scribe) -> Text:
    n = retold(scribe.numbers).differing
    return scribe.words.say("review.propose.restated", n=n) if n else _nothing(scribe)
