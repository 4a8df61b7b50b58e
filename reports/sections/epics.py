"""Which epics carry a theme, how old they are, how far their features have come."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from domain.journey import Journey
from domain.work_item import FlowState, ItemId
from metrics.age import ages
from metrics.flow_time import flow_days, flow_time
from metrics.selection import at_level, calendar_of
from reports.page import Cell, Column, Empty, Exhibit, Row, Section, Span, Status, Table, Text
from reports.reckoning import LEVELS, ThemeScore
from reports.sections.forecast import likely_date, unproven
from reports.sections.scribe import Scribe, brief
from reports.words.catalogue import foreign

MOST = 40


def epics(scribe: Scribe, score: ThemeScore) -> Section:
    """Open epics, oldest first, then those finished in the quarter; each with state, age, features and owner."""
    words, numbers = scribe.words, scribe.numbers
    kept = _kept(scribe, score)
    question = words.text("theme.epics.question")
    if not kept:
        nothing = Empty(title=words.say("theme.epics.empty"), text=words.say("theme.epics.empty.text"))
        return Section(id="epics", question=question, headline=words.say("theme.epics.head.none"), blocks=(nothing,))
    children = numbers.book.once("children", lambda: _children(numbers.book.journeys))
    taken = flow_time(
        at_level(numbers.book.journeys, "epic"),
        finished_in=numbers.flow.window if numbers.flow else numbers.week,
        calendar=numbers.book.calendar,
    )
    aged = {
        one.journey.id: one
        for one in ages(
            score.open_epics, as_of=numbers.book.as_of, calendar=numbers.book.calendar, finished=taken
        ).items
    }
    limit = taken.p85_days
    old = {name for name, one in aged.items() if limit is not None and one.days > limit}
    ordered = sorted(kept, key=lambda one: (not one.is_open, -(aged[one.id].days if one.id in aged else 0), one.key))
    rows = tuple(
        _row(scribe, one, aged[one.id].days if one.id in aged else None, children.get(one.id, []), is_old=one.id in old)
        for one in ordered[:MOST]
    )
    n = len(score.open_epics)
    if old:
        head = words.say("theme.epics.head.old", n=len(old), total=n)
    else:
        head = words.say("theme.epics.head", n=n) if n else words.say("theme.epics.head.none")
    ahead = numbers.book.outlook
    doubt = unproven(scribe)
    table = Table(
        caption=words.text("theme.epics.caption"),
        name="epics",
        columns=(
            Column(head=words.text("head.epic")),
            Column(head=words.text("head.state")),
            Column(head=words.text("head.age"), numeric=True),
            Column(head=words.text("head.children"), numeric=True),
            *((Column(head=words.text("head.likely_date")),) if ahead is not None else ()),
            Column(head=words.text("head.owner")),
        ),
        rows=rows,
    )
    return Section(
        id="epics",
        question=question,
        headline=head,
        blocks=(Exhibit(table=table, notes=(doubt,) if doubt else (), definition=scribe.definition("work_item_age")),),
        long=True,
        definitions=(likely,)
        if ahead is not None and (likely := scribe.definition("forecast_when")) is not None
        else (),
    )


def _kept(scribe: Scribe, score: ThemeScore) -> list[Journey]:
    numbers = scribe.numbers
    window = numbers.flow.window if numbers.flow else numbers.week
    calendar = numbers.book.calendar
    done = [
        one
        for one in at_level(numbers.book.journeys, "epic")
        if one.placement.themes.get(score.theme.id)
        and one.finished_at is not None
        and one.finished_at >= calendar_of(one, calendar).start_of(window.start)
    ]
    return [*score.open_epics, *done]


def finished_epics(scribe: Scribe, score: ThemeScore) -> int:
    """How many epics of the theme finished in the quarter."""
    return len(_kept(scribe, score)) - len(score.open_epics)


def _children(journeys: Iterable[Journey]) -> dict[ItemId, list[Journey]]:
    found: dict[ItemId, list[Journey]] = defaultdict(list)
    for one in journeys:
        if one.parent_id is not None and one.removed_at is None and one.flow_state is not FlowState.CANCELLED:
            found[one.parent_id].append(one)
    return found


def _row(scribe: Scribe, epic: Journey, days: int | None, features: list[Journey], *, is_old: bool) -> Row:
    words, numbers = scribe.words, scribe.numbers
    below = next((kept for level in LEVELS if (kept := at_level(features, level))), [])
    done = [one for one in below if one.finished_at is not None]
    note: list[Span] = [*scribe.item(epic)]
    if epic.is_blocked:
        note += [Span(text=", "), *words.say("theme.epics.blocked")]
    if epic.finished_at is not None:
        taken = flow_days(epic, calendar=numbers.book.calendar)
        age: Text = words.say("theme.epics.took", n=taken) if taken is not None else words.say("unknown")
    else:
        age = words.say("days", n=days) if days is not None else words.say("theme.epics.not_started")
    state = Cell(text=foreign(epic.status), status=Status.GOOD if epic.finished_at is not None else None, width=3)
    if is_old:
        state = Cell(text=foreign(epic.status), status=Status.WARN, note=words.say("theme.epics.over"), width=3)
    return Row(
        anchor=f"item-{epic.id.source}-{epic.id.external_id}".lower(),
        cells=(
            Cell(text=foreign(brief(epic.title)), note=tuple(note)),
            state,
            Cell(text=age, width=3),
            Cell(
                text=words.say("theme.epics.open", n=len(done), total=scribe.counted(below))
                if below
                else words.say("none"),
                width=3,
            ),
            *_likely(scribe, epic),
            Cell(text=foreign(epic.owner) if epic.owner else words.say("none"), width=3),
        ),
    )


def _likely(scribe: Scribe, epic: Journey) -> tuple[Cell, ...]:
    """The dates that an epic will be done by, and its due date beside them; none where nobody has looked ahead."""
    ahead = scribe.numbers.book.outlook
    return () if ahead is None else (likely_date(scribe, epic),)
