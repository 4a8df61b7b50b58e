"""The portfolio kanban, before each portfolio sync. What moves, what is stuck, what may start?"""

from __future__ import annotations

from reports.board import BoardNumbers
from reports.charts.shapes import Sparkline
from reports.findings import Finding, finding, findings, headline, standfirst
from reports.findings import board as rules
from reports.packs import shell
from reports.page import Empty, KeyFigure, Page, Section, Text
from reports.reckoning import Reckoning
from reports.sections import board, decisions, finished, order, trust
from reports.sections.scribe import Scribe
from reports.words.catalogue import Words

MOST_SHOWN = 6
BESIDE = ("source_failed", "project_unread")  # what every page tells first


def kanban(numbers: Reckoning, locale: str) -> Page:
    """The page in one language; without a kanban in the settings it says how one is set up."""
    words = Words(locale=locale, year=numbers.today.year, zone=numbers.book.calendar.zone)
    scribe = Scribe(numbers, words)
    told = numbers.board
    if told is None:
        return _empty(scribe)
    found = _about(numbers)
    is_stale = bool(numbers.stale_sources)
    said, used = headline(found, words, is_stale=is_stale)
    asked = board.proposals(scribe, told)
    return shell.page(
        scribe,
        report="kanban",
        headline=said,
        standfirst=standfirst(found, words, used=used, is_stale=is_stale),
        waiting=(),
        figures=_figures(scribe),
        figures_key="board.figures.key",
        sections=[
            board.limits(scribe, told, found),
            board.epics(scribe, told),
            order.policies(scribe, told),
            order.order(scribe, told),
            board.moved(scribe, told),
            finished.finished_epics(scribe, told),
            trust.trust(scribe),
        ],
        decisions_title=decisions.first(scribe, len(asked), shown=MOST_SHOWN),
        decisions=asked[:MOST_SHOWN],
        decisions_more=decisions.more(scribe, asked[MOST_SHOWN:]),
    )


def _about(numbers: Reckoning) -> list[Finding]:
    """What was found about the board; that nothing was where nothing was."""
    found = [one for one in findings(numbers) if one.kind in rules.KINDS or one.kind in BESIDE]
    if not any(one.kind in rules.KINDS for one in found) and numbers.board is not None:
        quiet = finding(
            numbers, "board_quiet", subject="board", is_good=True, facts={"n": numbers.board.kanban.n_used}
        )  # fmt: skip
        found.append(quiet)
    return found


def _queued(scribe: Scribe, told: BoardNumbers) -> str:
    """What waiting approved has cost; at least so much where that is not known of all that wait."""
    words, total = scribe.words, told.delays.queue_total
    if total is None:
        return words.text("unknown")
    amount = words.money(total, scribe.numbers.book.portfolio.currency)
    return words.text("board.total.least", amount=amount) if told.delays.is_least else amount


def _figures(scribe: Scribe) -> tuple[KeyFigure, ...]:
    """Epics on the board, those over a limit, those stuck, those that lack something, the price of the order."""
    words, told = scribe.words, scribe.numbers.board
    assert told is not None
    stuck = len(told.stuck)
    entered = [sum(told.moved[name][week][0] for name in told.moved) for week in range(len(told.weeks))]
    price, lacking = told.order.price, len(told.policies.incomplete)
    stale = told.hygiene.n_stale
    patience = words.text("days", n=told.kanban.board.stuck_after)
    unknown, is_told = words.text("unknown"), told.kanban.is_told
    over = words.text(
        "board.figure.load.versus" if is_told else "board.figure.load.versus.unknown",
        n=sum(one.over for one in told.kanban.states),
    )
    figures = [
        _figure(scribe, "load", words.whole(told.kanban.n_used), versus=over,
                trend=words.say("board.figure.load.trend", n=sum(entered)), definition="board_load",
                points=tuple(map(float, entered))),
        _figure(scribe, "stuck", words.whole(stuck) if is_told else unknown,
                versus=words.text("board.figure.stuck.versus", days=patience),
                trend=words.say("board.figure.stuck.trend", n=sum(len(one.old) for one in told.kanban.states))
                if is_told else words.say("board.figure.stuck.trend.unknown"),
                definition="board_stuck"),
        _figure(scribe, "policies", words.whole(lacking) if is_told or told.policies.n_used else unknown,
                versus=words.text("board.figure.policies.versus", n=told.policies.n_used),
                trend=words.say("board.figure.policies.trend", n=len(told.policies.slipped)),
                definition="exit_policies"),
        _figure(scribe, "order", words.text("unknown") if price is None else f"+{words.percent(price)}",
                versus=words.text("board.figure.order.versus"),
                trend=words.say("board.figure.order.unscored") if stale is None
                else words.say("board.figure.order.trend", n=stale), definition="order_price"),
        _figure(scribe, "queue",
                _queued(scribe, told),
                versus=words.text("board.figure.queue.versus", n=len(told.delays.waiting)),
                trend=words.say("board.figure.queue.trend", n=len(told.delays.excluded.get("no_price", ()))),
                definition="queue_cost"),
    ]  # fmt: skip
    return tuple(figures)


def _figure(
    scribe: Scribe,
    id: str,
    value: str,
    *,
    versus: str,
    trend: Text,
    definition: str,
    points: tuple[float, ...] = (),
) -> KeyFigure:
    return KeyFigure(
        id=id,
        title=scribe.words.text(f"board.figure.{id}"),
        value=value,
        versus=versus,
        chart=Sparkline(values=points) if points else None,
        trend=trend,
        definition=scribe.definition(definition),
    )


def _empty(scribe: Scribe) -> Page:
    words = scribe.words
    nothing = Empty(title=words.say("board.empty.title"), text=words.say("board.empty.text"))
    return shell.page(
        scribe,
        report="kanban",
        headline=words.say("board.empty.head"),
        standfirst=words.say("board.empty.standfirst"),
        waiting=(),
        figures=(),
        sections=[
            Section(
                id="flow",
                question=words.text("board.limits.question"),
                headline=words.say("board.empty.head"),
                blocks=(nothing,),
            )
        ],
    )
