"""Past figures that read differently today: what was told, what it is now, and the items that made the difference."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal

from domain.closed import ClosedFigure
from domain.journey import Journey
from domain.period import Period, month
from domain.strategy import Kpi
from domain.work_item import ItemId
from metrics import catalogue
from metrics.restatement import Restated
from metrics.standings import CAPACITY, KINDS, KPI
from reports.page import Block, Cell, Column, Empty, Entry, Exhibit, Paragraph, Row, Section, Span, Table, Text, joined
from reports.restated import retold
from reports.sections import money
from reports.sections.scribe import Scribe, text
from reports.sections.set_aside import notice
from reports.words.catalogue import foreign

MOST = 12  # items named for one reason
WEEK = 7
DATA = ".csv"  # how files of data end; figures of the flow rest on the settings alone


def restatements(scribe: Scribe) -> Section:
    """Every figure that differs, or that none does, and how many were held against today's."""
    words, told = scribe.words, retold(scribe.numbers)
    blocks: list[Block] = []
    if told.figures:
        by_id = {one.id: one for one in scribe.numbers.book.journeys}
        heads = ("figure", "period", "was", "now", "why")
        table = Table(
            caption=words.text("restated.caption"),
            columns=tuple(Column(head=words.text(f"restated.{one}"), numeric=one in ("was", "now")) for one in heads),
            rows=tuple(_row(scribe, one, by_id) for one in told.figures),
            name="restated",
        )
        note = words.say("restated.note", n=scribe.numbers.book.past.compared)
        blocks.append(Exhibit(table=table, notes=(note, *_data(scribe, told.figures))))
    elif scribe.numbers.book.past.compared:
        blocks.append(Paragraph(text=words.say("restated.flow.none", n=scribe.numbers.book.past.compared)))
    else:
        blocks.append(Paragraph(text=words.say("restated.first.text")))
    if (changed := money.changed_months(scribe)) is not None:
        blocks.append(changed)
    elif told.months:
        blocks.append(Paragraph(text=words.say("money.closed.still", n=told.months)))
    unread = joined([notice(scribe, "budgets"), notice(scribe, "actuals")])
    if not told.compared:
        blocks = [Empty(title=headline(scribe), text=unread or words.say("restated.first.text"))]
    elif unread:
        blocks.append(Paragraph(text=unread))
    return Section(
        id="restated",
        question=words.text("restated.question"),
        headline=headline(scribe),
        blocks=tuple(blocks),
        long=bool(told.figures),
    )


def headline(scribe: Scribe) -> Text:
    """How many figures of closed periods read differently today, in the one wording of every page."""
    words, told = scribe.words, retold(scribe.numbers)
    if not told.compared:
        is_unread = not scribe.numbers.book.portfolio.funding.is_told
        return words.say("restated.aside" if is_unread else "restated.first")
    if not told.differing:
        return words.say("restated.none", n=told.compared)
    return words.say("restated.head", n=told.differing, total=words.whole(told.compared))


def in_short(scribe: Scribe) -> Text:
    """The same as a sentence, with a link to the page that lists them; without one where nothing can be compared."""
    words = scribe.words
    link = Span(text=words.text("restated.link"), href=f"restatement.{words.locale}.html")
    said = headline(scribe)
    if not retold(scribe.numbers).compared:
        return (*said, Span(text="."))
    return (*said, Span(text=words.text("restated.colon")), link, Span(text="."))


def entry(scribe: Scribe) -> list[Entry]:
    """One line among the changes of the week, with a link to the page; none where every figure of the flow stands.

    What changed in closed months of money alone is told with the money: it stays for the year.
    """
    if not retold(scribe.numbers).figures:
        return []
    return [Entry(label=scribe.words.text("restated.label"), text=in_short(scribe))]


def _row(scribe: Scribe, one: Restated, by_id: Mapping[ItemId, Journey]) -> Row:
    words = scribe.words
    name, whose = _named(scribe, one.now)
    edition = words.say("restated.edition", edition=one.first.edition, day=words.day(one.first.published_at.date()))
    return Row(
        cells=(
            Cell(text=name, note=whose, width=6),
            Cell(text=text(_period(scribe, one.now.period)), width=2),
            Cell(text=_value(scribe, one.first.figure), note=edition, width=2),
            Cell(text=_value(scribe, one.now), width=2),
            Cell(text=_why(scribe, one, by_id), width=6),
        )
    )


def _named(scribe: Scribe, figure: ClosedFigure) -> tuple[Text, Text]:
    """What a figure is, and whose: of a level, a KPI, a train, a kind of work, or the whole portfolio."""
    words = scribe.words
    if figure.metric == KPI:
        return foreign(_kpi(scribe, figure).name), words.say("restated.kpi")
    name = text(catalogue.of(figure.metric).name[words.locale])
    if figure.metric == CAPACITY:
        train, _, kind = figure.level.rpartition("/")
        known = f"guardrails.kind.{kind}"
        work: Text = words.say(known) if words.has(known) else foreign(kind)
        return name, (*work, Span(text=", "), *foreign(train)) if train else work
    if figure.metric in KINDS:
        return name, foreign(figure.level) if figure.level else words.say("restated.whole")
    return name, words.say(f"level.{figure.level}.many")


def _kpi(scribe: Scribe, figure: ClosedFigure) -> Kpi:
    known = {one.id: one for one in scribe.numbers.book.portfolio.kpis}
    return known.get(figure.level, Kpi(id=figure.level, name=figure.level))


def _data(scribe: Scribe, figures: Iterable[Restated]) -> list[Text]:
    """The files of data that changed since any figure of the flow was told first: none of those rests on one."""
    of_flow = [one for one in figures if one.now.metric not in KINDS]
    names = sorted({name for one in of_flow for name in one.first.changed if name.endswith(DATA)})
    if not names:
        return []
    return [
        scribe.words.say("restated.files", n=len(names), files=scribe.words.listed([foreign(one) for one in names]))
    ]


def _is_data_alone(changed: Sequence[str]) -> bool:
    """Did files of data change, and no other?"""
    return bool(changed) and all(name.endswith(DATA) for name in changed)


def _period(scribe: Scribe, period: Period) -> str:
    if (period.end - period.start).days == WEEK:
        return scribe.words.text("week", n=str(period.start.isocalendar().week))
    if period == month(period.start):
        return scribe.words.month_year(period.start)
    return scribe.numbers.book.calendar.increment_of(period.start).name


def _value(scribe: Scribe, figure: ClosedFigure) -> Text:
    if figure.value is None:
        return scribe.words.say("unknown")
    if figure.metric == KPI:
        return text(scribe.words.measure(figure.value, _kpi(scribe, figure).unit))
    unit = catalogue.of(figure.metric).unit
    if unit == "days":
        return scribe.words.say("days", n=int(figure.value))
    if unit == "%":
        return text(scribe.words.percent(figure.value / 100, places=1))
    if unit == "money":
        return text(scribe.words.money(int(figure.value), scribe.numbers.book.portfolio.currency))
    return text(scribe.words.number(Decimal(figure.value), places=0))


def _why(scribe: Scribe, one: Restated, by_id: Mapping[ItemId, Journey]) -> Text:
    words, book = scribe.words, scribe.numbers.book
    texts: list[Text] = []
    for why, items in one.items.items():
        known = [by_id[item] for item in items if item in by_id]
        unknown = [foreign(item.external_id) for item in items if item not in by_id]
        named = scribe.items(known, most=MOST) if known else words.listed(unknown[:MOST])
        texts.append(words.say(f"restated.why.{why}", n=len(items), items=named))
    if one.now.metric in KINDS:
        texts.append(words.say(f"restated.why.{one.now.metric}"))
    if one.first.config_digest != book.config_digest and not _is_data_alone(one.first.changed):
        texts.append(words.say("restated.why.settings"))
    if one.first.definitions_version != book.definitions_version:
        texts.append(words.say("restated.why.definitions"))
    joined: list[Span] = []
    for index, said in enumerate(texts):
        joined += ([Span(text=" ")] if index else []) + list(said)
    return tuple(joined)
