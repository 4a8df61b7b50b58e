"""One page a strategic theme. Will the outcome arrive, which epics carry it, is it worth its cost?"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from decimal import ROUND_HALF_UP, Decimal

from domain.strategy import Theme
from metrics.key_results import latest
from reports.charts.shapes import Sparkline
from reports.findings import capitalised, findings
from reports.packs import shell
from reports.page import Definition, KeyFigure, Page, Section, Span, Text, joined, plain
from reports.reckoning import Reckoning, ThemeScore
from reports.sections import (
    arrivals,
    changes,
    crossings,
    decisions,
    epics,
    forecast,
    outcome,
    proposals,
    themes,
    threats,
    trust,
    worth,
)
from reports.sections.figures import not_measured
from reports.sections.scribe import Scribe, text
from reports.sponsor import own
from reports.words.catalogue import Words, foreign
from reports.words.foreign import one_line

MOST_FIGURES = 5
MOST_DECISIONS = 4
KINDS = ("committed", "aspirational", "direction_only")


def theme(numbers: Reckoning, score: ThemeScore, locale: str) -> Page:
    """The page of one theme in one language."""
    words = Words(locale=locale, year=numbers.today.year, zone=numbers.book.calendar.zone)
    scribe = Scribe(numbers, words)
    book = numbers.book
    found = book.once("findings", lambda: findings(numbers))
    asked = proposals.of_theme(scribe, found, score)
    alone = Scribe(own(numbers, score), words)
    mend = trust.to_mend(alone)
    told = trust.trust(alone)
    sections: list[Section] = [
        outcome.outcome(scribe, score),
        epics.epics(scribe, score),
        worth.worth(scribe, score),
        threats.threats(scribe, score),
        changes.changes(
            alone,
            dates=[
                *crossings.verdicts(scribe, score.theme.id),
                *forecast.dates_moved(scribe, theme=score.theme.id),
                *threats.entries(scribe, score),
            ],
            with_past=False,
        ),
        told if mend is None else replace(told, blocks=(*told.blocks, mend)),
    ]
    top = _figures(scribe, score)
    return shell.page(
        scribe,
        report="theme",
        slug=score.theme.id,
        title=words.text(
            "title.theme",
            theme=one_line(score.theme.name, 60),
            portfolio=one_line(book.portfolio.name, 60),
            issue=shell.issue(scribe),
        ),
        name=foreign(score.theme.name),
        name_facts=_agreed(scribe, score.theme),
        headline=_headline(scribe, score),
        standfirst=_standfirst(scribe, score),
        waiting=(),
        decisions_title=decisions.first(scribe, len(asked), shown=MOST_DECISIONS),
        decisions=asked[:MOST_DECISIONS],
        decisions_more=decisions.more(scribe, asked[MOST_DECISIONS:]),
        figures=top,
        figures_key="figures.key.theme",
        sections=sections,
    )


def _agreed(scribe: Scribe, theme: Theme) -> Text:
    """Its horizon, its key results' days from first to last, what sort they are, and the days it is in effect."""
    words, told = scribe.words, theme.key_results
    said: list[Text] = [text(theme.horizon)] if theme.horizon else []
    if told:
        first, last = min(one.starts for one in told), max(one.due for one in told)
        said.append(words.say("theme.agreed.days", first=words.month_year(first), last=words.month_year(last)))
        kinds = Counter(one.kind for one in told)
        sorts = words.listed([words.say(f"theme.agreed.{kind}", n=kinds[kind]) for kind in KINDS if kinds[kind]])
        said.append(words.say("theme.agreed.results", sorts=sorts))
    ends = {"from": theme.effective_from, "to": theme.effective_to}
    if known := {name: words.full_day(day) for name, day in ends.items() if day is not None}:
        said.append(words.say(f"theme.agreed.effect.{'_'.join(known)}", **known))
    return joined(said, " · ")


def _headline(scribe: Scribe, score: ThemeScore) -> Text:
    """Where the lead outcome is now and when it arrives against its due date; without a date, against its plan."""
    if (dated := arrivals.headline(scribe, score)) is not None:
        return dated
    words, leading = scribe.words, score.lead
    if leading is None:
        return words.say("theme.headline.none")
    if leading.score is None or leading.reading is None or leading.key_result.target is None:
        return words.say(f"theme.headline.{'unread' if leading.reason == 'file_unread' else 'unknown'}")
    result, unit = foreign(leading.key_result.name), leading.key_result.unit
    value, target = words.measure(leading.reading.value, unit), words.measure(leading.key_result.target, unit)
    behind = _points(leading.pace_points)
    if leading.status == "achieved":
        return capitalised(words.say("theme.headline.reached", result=result, value=value))
    planned = outcome.planned(leading)
    if behind >= 0 or planned is None:
        return capitalised(words.say("theme.headline.good", result=result, value=value, target=target))
    return capitalised(
        words.say("theme.headline", result=result, value=value, target=target, planned=words.measure(planned, unit))
    )


def _standfirst(scribe: Scribe, score: ThemeScore) -> Text:
    words, objective = scribe.words, score.objective
    if objective.score is None or objective.elapsed is None:
        key = "theme.standfirst.unknown" if objective.n_in_scope else "theme.standfirst.none"
        spans = words.say(key, of=objective.n_in_scope)
        if "file_unread" in objective.excluded:
            spans = words.say("theme.standfirst.unread", n=objective.n_in_scope)
    else:
        spans = words.say(
            "theme.standfirst",
            share=words.percent(objective.score),
            plan=words.percent(objective.elapsed),
            n=objective.on_track,
            of=objective.n_in_scope,
        )
    day = themes.ended_on(scribe, score.theme)
    over = "" if day is None else ".ended"
    if score.share is not None:
        spans = (*spans, *words.say(f"theme.standfirst.flow{over}", share=scribe.share(score.share)))
    return spans if day is None else joined([words.say("theme.standfirst.ended", day=words.full_day(day)), spans])


def _figures(scribe: Scribe, score: ThemeScore) -> tuple[KeyFigure, ...]:
    """The lead outcome, its likely date, key results, spend, value measured; where one is not told, what is known.

    Without money the share of the flow, without a date the way covered, and then the open epics.
    """
    wanted = [_outcome(scribe, score), arrivals.figure(scribe, score), _results(scribe, score),
              worth.spend_figure(scribe, score), worth.value_figure(scribe, score)]  # fmt: skip
    figures = [one for one in wanted if one is not None]
    others = [_share(scribe, score), _way(scribe, score), _epics(scribe, score)]
    spare = [one for one in others if one is not None][: MOST_FIGURES - len(figures)]
    return (*figures, *spare)


def _outcome(scribe: Scribe, score: ThemeScore) -> KeyFigure | None:
    words, leading = scribe.words, score.lead
    if leading is None:
        return None
    result = leading.key_result
    reading = leading.reading
    trend = words.say(f"unscored.{'no_reading' if result.is_read else 'file_unread'}")
    if reading is not None and leading.previous is not None:
        trend = words.say(
            "figure.outcome.trend",
            day=words.day(reading.day),
            before=words.measure(leading.previous.value, result.unit),
        )
    elif reading is not None:
        trend = words.say("figure.outcome.trend.first", day=words.day(reading.day))
    readings = latest(scribe.numbers.book.readings, kpi=result.kpi, today=scribe.numbers.today)[:13][::-1]
    return KeyFigure(
        id="outcome",
        title=one_line(result.name, 60),
        value=words.text("unknown") if reading is None else words.measure(reading.value, result.unit),
        versus=words.text("figure.no_target")
        if result.target is None
        else words.text(
            "figure.outcome.versus", target=words.measure(result.target, result.unit), due=words.day(result.due)
        ),
        chart=Sparkline(
            values=tuple(float(one.value) for one in readings),
            target=None if result.target is None else float(result.target),
        )
        if readings
        else None,
        trend=trend,
        definition=scribe.definition("key_result"),
    )


def _way(scribe: Scribe, score: ThemeScore) -> KeyFigure | None:
    words, objective = scribe.words, score.objective
    if objective.score is None or objective.elapsed is None:
        return None
    points = score.behind or 0
    name = "even" if points == 0 else "behind" if points > 0 else "ahead"
    if name == "even":
        trend = words.say("figure.way.trend.even")
    else:
        trend = words.say(f"figure.way.trend.{name}", n=abs(points))
    status, word = scribe.status(objective.status)
    tone = {"good": "good", "bad": "bad"}.get(status.value, "flat")
    return KeyFigure(
        id="way",
        title=words.text("figure.way"),
        value=words.percent(objective.score),
        versus=words.text("figure.way.versus", plan=words.percent(objective.elapsed)),
        trend=(Span(text=f"{word}.", tone=tone), Span(text=" "), *trend),
        definition=scribe.definition("objective"),
    )


def _results(scribe: Scribe, score: ThemeScore) -> KeyFigure | None:
    words, objective = scribe.words, score.objective
    if not objective.n_in_scope:
        return None
    moved = objective.on_track - score.before.on_track
    change = "same" if moved == 0 else "up" if moved > 0 else "down"
    trend = words.say(f"figure.key_results.{change}", n=abs(moved)) if objective.n_used else ()
    unread = len(objective.excluded.get("file_unread", ()))
    trend = joined([trend, not_measured(scribe, objective.n_in_scope - objective.n_used - unread, unread=unread)])
    return KeyFigure(
        id="key_results",
        title=words.text("figure.key_results"),
        value=words.whole(objective.on_track) if objective.n_used else words.text("unknown"),
        unit=words.text("figure.key_results.of", n=objective.n_in_scope) if objective.n_used else "",
        versus=words.text("figure.key_results.versus"),
        trend=trend,
        definition=scribe.definition("key_result"),
    )


def _share(scribe: Scribe, score: ThemeScore) -> KeyFigure | None:
    words, flow = scribe.words, scribe.numbers.flow
    if score.share is None or scribe.numbers.shares is None or flow is None:
        return None
    return KeyFigure(
        id="share",
        title=words.text("figure.share"),
        value=scribe.share(score.share),
        versus=words.text("figure.share.versus", share=words.percent(score.intended))
        if score.intended is not None
        else plain(capitalised(themes.intention(scribe, score))),
        trend=words.say(
            "figure.share.trend",
            n=scribe.numbers.shares.n_used,
            counts=scribe.count(scribe.numbers.shares.n_used),
        ),
        definition=scribe.definition("flow_share"),
    )


def _epics(scribe: Scribe, score: ThemeScore) -> KeyFigure:
    words = scribe.words
    started = sum(one.started_at is not None for one in score.open_epics)
    return KeyFigure(
        id="epics",
        title=words.text("figure.epics"),
        value=words.whole(len(score.open_epics)),
        versus=words.text("figure.epics.versus", n=started),
        trend=words.say("figure.epics.trend", n=epics.finished_epics(scribe, score)),
        definition=Definition(id="open_epics", name=words.text("figure.epics"), text=words.say("figure.epics.how")),
    )


def _points(points: Decimal | None) -> int:
    return 0 if points is None else int(points.quantize(Decimal(1), ROUND_HALF_UP))
