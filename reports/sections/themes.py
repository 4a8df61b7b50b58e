"""Are we getting the value? Themes against their plan, and how the flow is shared between them."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

from domain.strategy import KeyResult, Theme
from domain.themes import days_in_effect
from metrics.alignment import UNALIGNED
from metrics.key_results import KeyResultScore
from reports.charts.shapes import Bullet, Mark, ShareBar, Shares, Tokens
from reports.page import Cell, Column, Empty, Exhibit, Figure, Row, Section, Span, Table, Text, joined, plain
from reports.reckoning import ThemeScore
from reports.sections.arrivals import is_late
from reports.sections.benefits import in_short
from reports.sections.months import in_months
from reports.sections.scribe import Scribe, row, text
from reports.sponsor import arrivals
from reports.words.catalogue import foreign
from reports.words.foreign import one_line


def themes(scribe: Scribe, *, theme_page: dict[str, str]) -> Section:
    """Each theme: status, lead outcome, key results, share of the flow, open epics. `theme_page` links its page."""
    words, numbers = scribe.words, scribe.numbers
    if not numbers.themes:
        nothing = Empty(title=words.say("value.empty.title"), text=words.say("value.empty.text"))
        return Section(
            id="value", question=words.text("value.question"), headline=words.say("value.empty.head"), blocks=(nothing,)
        )
    table = Table(
        caption=words.text("value.caption"),
        name="themes",
        columns=(
            Column(head=words.text("head.theme")),
            Column(head=words.text("head.status")),
            Column(head=words.text("head.lead_outcome")),
            Column(head=words.text("head.key_results")),
            Column(head=words.text("head.flow_share"), numeric=True),
            Column(head=words.text("head.open_epics"), numeric=True),
        ),
        rows=tuple(_row(scribe, one, theme_page.get(one.theme.id)) for one in _by_need(numbers.themes)),
    )
    exhibit = Exhibit(
        table=table,
        key=((Mark.ACTUAL, words.text("key.actual")), (Mark.TICK, words.text("key.plan"))),
        definition=scribe.definition("key_result"),
    )
    summed = ("benefit_portfolio", "benefit_total") if numbers.realised is not None else ()
    return Section(
        id="value",
        question=words.text("value.question"),
        headline=headline(scribe),
        intro=in_short(scribe),
        blocks=(exhibit,),
        definitions=tuple(one for name in summed if (one := scribe.definition(name)) is not None),
    )


def headline(scribe: Scribe) -> Text:
    """How many themes are where their plan has them, which of these will be late all the same, and who is behind."""
    words, measured = scribe.words, [one for one in scribe.numbers.themes if one.objective.score is not None]
    if not measured:
        name = "unmeasured" if scribe.numbers.declared else "undeclared"
        name = "unread" if scribe.numbers.unread_results else name
        return words.say(f"value.{name}", n=len(scribe.numbers.themes))
    well = [one for one in measured if one.objective.status == "on_track"]
    n = sum(is_late(scribe, one) for one in well)
    late = words.text("value.late.all") if n == len(well) else words.text("value.late.some", n=n)
    end = ".late" if n else ""
    if len(well) == len(measured):
        return words.say(f"value.all_on_course{end}", n=len(well), late=late)
    worst = min(measured, key=lambda one: one.objective.pace_points or Decimal(0))
    return words.say(
        f"value.mixed{end}",
        n=len(well),
        late=late,
        theme=foreign(worst.theme.name),
        points=worst.behind or 0,
    )


def flow_shares(scribe: Scribe, *, columns: int = 6) -> Figure | None:
    """Which theme the work in progress serves, against what was intended; None without any flow."""
    words, shares, flow = scribe.words, scribe.numbers.shares, scribe.numbers.flow
    percent = scribe.numbers.share_percent
    if shares is None or flow is None or not percent or not scribe.numbers.book.portfolio.themes:
        return None
    told = [one for one in scribe.numbers.book.portfolio.themes if days_in_effect(one, flow.window)]
    unaligned = percent[UNALIGNED]
    ordered = sorted(told, key=lambda one: -percent.get(one.id, Decimal(0)))
    bars = [_bar(scribe, one, percent.get(one.id, Decimal(0)), shares.intended.get(one.id)) for one in ordered]
    if unaligned or not bars:
        bars.append(_bar(scribe, None, unaligned, None))
    apart = shares.distance_points
    rows = [
        row(named(scribe, one), scribe.share(percent.get(one.id, Decimal(0))), _intended(scribe, one.id))
        for one in ordered
    ]
    rows.append(row(words.text("shares.unaligned"), scribe.share(unaligned), ""))
    return Figure(
        title=words.say("shares.title", share=scribe.share(100 - unaligned)),
        subtitle=words.say("shares.subtitle", level=scribe.level(), period=words.period(flow.window)),
        chart=Shares(
            bars=tuple(bars),
            label=words.text("shares.alt", share=scribe.share(100 - unaligned), n=len(told)),
        ),
        key=(
            (Mark.ACTUAL, words.text("key.share")),
            *([(Mark.LIMIT, words.text("key.intended"))] if shares.intended else []),
        ),
        notes=(words.say("shares.distance", points=words.number(apart, places=0)),) if apart is not None else (),
        definition=scribe.definition("flow_share"),
        data=Table(
            caption=words.text("shares.caption"),
            columns=(
                Column(head=words.text("head.theme")),
                Column(head=words.text("head.flow_share"), numeric=True),
                Column(head=words.text("head.intended"), numeric=True),
            ),
            rows=tuple(rows),
        ),
        columns=columns,
    )


def outcome_cell(scribe: Scribe, score: KeyResultScore | None, *, width: int = 3) -> Cell:
    """Progress as a bullet, with where it stands in words."""
    words = scribe.words
    if score is None or score.score is None or score.reading is None or score.key_result.target is None:
        return Cell(text=words.say("unknown"), note=_why_unscored(scribe, score), width=width)
    return Cell(
        chart=Bullet(
            actual=float(score.score),
            expected=float(score.elapsed),
            label=words.text("bullet", share=words.percent(score.score), plan=words.percent(score.elapsed)),
        ),
        note=_aim(scribe, score.key_result, score.reading.value),
        width=width,
    )


def _aim(scribe: Scribe, result: KeyResult, value: Decimal) -> Text:
    """What was measured, beside the target; of milestones, how many were reached."""
    words, steps = scribe.words, result.milestones
    if steps == 1:
        return words.say("aiming.milestone" if value >= 1 else "aiming.milestone.open")
    if steps is not None:
        return words.say("aiming.milestones", n=int(value), total=words.whole(steps))
    assert result.target is not None
    target = words.measure(result.target, result.unit)
    return words.say("aiming", value=words.measure(value, result.unit), target=target)


def _by_need(scores: tuple[ThemeScore, ...]) -> list[ThemeScore]:
    """As declared: the portfolio's own order of importance."""
    return list(scores)


def _row(scribe: Scribe, score: ThemeScore, page: str | None) -> Row:
    words = scribe.words
    status, word = scribe.status(score.objective.status if score.objective.n_in_scope else "undeclared")
    before = score.before.status
    was = (
        words.say("status.unchanged")
        if before == score.objective.status
        else words.say("status.was", before=words.text(f"status.{before}"))
    )
    if (points := score.behind) is not None:
        pace = words.say("status.pace" if points > 0 else "status.ahead", n=abs(points))
        over = words.say("status.over", n=n) if (n := score.objective.n_used) > 1 else ()
        was = (*pace, *over, Span(text=", "), *was)
    total, well = score.objective.n_in_scope, score.objective.on_track
    return Row(
        anchor=f"theme-{score.theme.id}",
        cells=(
            Cell(
                text=(Span(text=one_line(score.theme.name), foreign=True, href=page),),
                note=foreign(score.theme.objective) if score.theme.objective else (),
            ),
            Cell(text=text(word), status=status, note=was if score.objective.score is not None else (), width=3),
            _lead_cell(scribe, score),
            Cell(
                chart=Tokens(filled=well, total=total) if score.objective.n_used else None,
                note=words.say("of", n=well, total=total)
                if score.objective.n_used
                else words.say("unknown" if total else "none"),
                width=3,
            ),
            Cell(
                text=words.say("unknown") if score.share is None else text(scribe.share(score.share)),
                note=intention(scribe, score),
                width=3,
            ),
            Cell(text=text(words.whole(len(score.open_epics))), width=3),
        ),
    )


def intention(scribe: Scribe, score: ThemeScore) -> Text:
    """What is intended of the flow that is told; of a theme that has begun since, what is from its first day on."""
    words, theme, flow = scribe.words, score.theme, scribe.numbers.flow
    if score.intended is not None:
        return words.say("intended", share=words.percent(score.intended))
    begins = theme.effective_from
    if theme.target_share is None or begins is None or flow is None or begins < flow.window.end:
        return words.say("no_intention")
    return words.say("intended.from", share=words.percent(theme.target_share), day=words.day(begins))


def _lead_cell(scribe: Scribe, score: ThemeScore) -> Cell:
    """The lead outcome, and when it is likely to arrive: a theme may be on its plan today and still come late."""
    leading, cell = score.lead, outcome_cell(scribe, score.lead)
    if leading is None or leading.score is None:
        return cell
    words, told = scribe.words, arrivals(scribe.numbers, score)[leading.key_result.id]
    if told.reached or told.refused is not None:
        return cell
    name = "value.likely" if told.dates else "value.unlikely"
    return replace(cell, note=(*cell.note, *words.say(name, dates=in_months(words, told.dates))))


def _why_unscored(scribe: Scribe, score: KeyResultScore | None) -> Text:
    return scribe.words.say(f"unscored.{score.reason if score and score.reason else 'none'}")


def named(scribe: Scribe, theme: Theme) -> Text:
    """A theme by its name, and when it ended where it has."""
    return joined([linked(scribe, theme), ended(scribe, theme)], separator=", ")


def linked(scribe: Scribe, theme: Theme) -> Text:
    """A theme by its name; of one that has ended, which no list of themes has any more, as a link to its page."""
    page = None if ended_on(scribe, theme) is None else page_of(scribe, theme.id)
    return (Span(text=one_line(theme.name), foreign=True, href=page),)


def page_of(scribe: Scribe, id: str) -> str | None:
    """The page of a theme that has one, in the language of this page."""
    is_told = any(one.theme.id == id for one in scribe.numbers.paged)
    return f"theme-{id}.{scribe.words.locale}.html" if is_told else None


def ended(scribe: Scribe, theme: Theme) -> Text:
    """That a theme is over, and since when; nothing of one that is in effect or to come."""
    day = ended_on(scribe, theme)
    return () if day is None else scribe.words.say("shares.ended", day=scribe.words.day(day))


def ended_on(scribe: Scribe, theme: Theme) -> date | None:
    """The last day of a theme that is over."""
    last = theme.effective_to
    return last if last is not None and last < scribe.numbers.today else None


def _bar(scribe: Scribe, theme: Theme | None, percent: Decimal, intended: Decimal | None) -> ShareBar:
    words = scribe.words
    aside = [] if intended is None else [words.text("intended", share=words.percent(intended))]
    aside += [plain(end)] if theme is not None and (end := ended(scribe, theme)) else []
    return ShareBar(
        name=one_line(words.text("shares.unaligned") if theme is None else theme.name, 60),
        value=float(percent / 100),
        intended=None if intended is None else float(intended),
        words=scribe.share(percent),
        detail=", ".join(aside),
    )


def _intended(scribe: Scribe, theme: str) -> str:
    shares = scribe.numbers.shares
    intended = shares.intended.get(theme) if shares else None
    return scribe.words.text("no_intention") if intended is None else scribe.words.percent(intended)
