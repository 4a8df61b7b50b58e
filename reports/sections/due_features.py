"""Features that are due in the increment, each with how likely it is done by its day."""

from __future__ import annotations

from metrics.forecasts.when import Forecast
from reports.outlook import EVEN
from reports.page import Block, Cell, Column, Exhibit, Paragraph, Row, Table, Text
from reports.sections import forecast
from reports.sections.scribe import Scribe, brief, text
from reports.streams import Stream
from reports.words.catalogue import foreign

MOST = 20


def due_features(scribe: Scribe, told: Stream, last: str) -> list[Block]:
    """The table, and in a sentence how many will rather miss their day; nothing where no feature is forecast."""
    words, outlook = scribe.words, scribe.numbers.book.outlook
    if outlook is None or outlook.features is None:
        return []
    if not told.due_features:
        return [Paragraph(text=words.say("due_features.none", day=last))]
    today = outlook.features.forecasts.plan.as_of
    rows = []
    for item, one in told.due_features[:MOST]:
        assert item.due_on is not None
        rows.append(
            Row(
                cells=(
                    Cell(text=foreign(brief(item.title)), note=scribe.item(item), width=6),
                    Cell(text=foreign(item.placement.train) if item.placement.train else words.say("unknown")),
                    Cell(text=text(words.day(item.due_on))),
                    Cell(text=_left(scribe, one)),
                    forecast.dated(scribe, one, due_on=item.due_on, as_of=today),
                )
            )
        )
    more = len(told.due_features) - MOST
    notes = [
        words.say("due_features.note"),
        *forecast.assumed(scribe, outlook.features.forecasts.plan, [one for _, one in told.due_features[:MOST]]),
        words.say("increments.due.more", n=more) if more > 0 else (),
        scribe.shaky(""),
    ]
    heads = (
        words.text("level.feature.Many"), words.text("head.train"), words.text("head.due"),
        words.text("due_features.left"), words.text("head.likely_date"),
    )  # fmt: skip
    return [
        Paragraph(text=_in_short(scribe, told, last)),
        Exhibit(
            table=Table(
                caption=words.text("due_features.caption", day=last),
                name="due-features",
                columns=tuple(Column(head=head, numeric=place == 3) for place, head in enumerate(heads)),
                rows=tuple(rows),
            ),
            notes=tuple(note for note in notes if note),
            definition=scribe.definition("forecast_when"),
        ),
    ]


def unlikely(told: Stream) -> int:
    """How many of them are overdue, or will rather miss their day than meet it."""
    open_ones = [one for _, one in told.due_features if not one.is_done]
    return sum(one.likelihood is not None and one.likelihood.share < EVEN for one in open_ones)


def _in_short(scribe: Scribe, told: Stream, last: str) -> Text:
    words, late, n = scribe.words, unlikely(told), len(told.due_features)
    unknown = any(one.likelihood is None for _, one in told.due_features if not one.is_done)
    if late:
        return words.say("due_features.late", n=n, late=words.say("due_features.late.of", n=late), day=last)
    return words.say("due_features.unknown" if unknown else "due_features.likely", n=n, day=last)


def _left(scribe: Scribe, one: Forecast) -> Text:
    """The items left below it; or that nobody has split it."""
    if one.is_assumed and not one.epic.remaining:
        return scribe.words.say("due_features.unsplit")
    return text(scribe.words.whole(one.epic.remaining))
