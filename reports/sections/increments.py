"""What the trains of a value stream committed to and brought, what is due, and whom they wait for."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date

from metrics.commitment import Commitment
from metrics.dependencies import Dependency, Health
from metrics.forecasts.load_capacity import LoadCapacity
from metrics.forecasts.when import Forecast
from metrics.predictability import Objective, Predictability, by_team, by_train, predictability
from reports.findings import capitalised, closed
from reports.outlook import EVEN, Outlook
from reports.page import Block, Cell, Column, Empty, Exhibit, Row, Section, Span, Status, Table, Text, joined
from reports.sections import due_features, forecast
from reports.sections.dependencies import ORDER, STATUSES, needed, nothing_waits
from reports.sections.scribe import Scribe, brief, text
from reports.sections.set_aside import unknown, unread_file
from reports.streams import Stream
from reports.words.catalogue import foreign

MOST_OBJECTIVES = 40
MOST_DUE = 20
MOST_WAITS = 20
BANDS = {"healthy": Status.GOOD, "over_committed": Status.BAD, "under_committed": Status.WARN}


def objectives(scribe: Scribe, told: Stream) -> Section:
    """Objectives of the last increment that was scored, and of the one that goes on."""
    words = scribe.words
    blocks: list[Block] = []
    for one in (told.scored, told.current):
        if one is not None and (one is not told.scored or one is not told.current or not blocks):
            blocks += [_teams(scribe, told, one), _each(scribe, told, one)]
    if not blocks:
        blocks.append(
            Empty(title=words.say("increments.aside.title"), text=words.say("increments.aside.text", file=file))
            if (file := unread_file(scribe, "objectives"))
            else Empty(title=words.say("increments.empty.title"), text=words.say("increments.empty.text"))
        )
    return Section(
        id="objectives",
        question=words.text("increments.question"),
        headline=brought(scribe, told),
        blocks=tuple(blocks),
        long=True,
    )


def brought(scribe: Scribe, told: Stream) -> Text:
    """What the trains brought of what they committed, in a sentence."""
    words = scribe.words
    one = told.scored or told.current
    if one is None:
        file = unread_file(scribe, "objectives")
        return words.say("increments.head.aside", file=file) if file else words.say("increments.head.none")
    found, increment = one.of(told.trains), foreign(one.increment.name)
    if found.percent is None:
        for name, unknown in (("gone", found.gone), ("pending", found.pending)):
            if unknown:
                return words.say(f"increments.head.{name}", n=len(unknown), increment=increment)
        return words.say("increments.head.uncommitted", increment=increment)
    return words.say(
        f"increments.head.{found.band}", increment=increment, share=scribe.share(found.percent), actual=found.actual,
        planned=found.planned,
    )  # fmt: skip


def ahead(scribe: Scribe, told: Stream) -> Section | None:
    """What is due by the end of the increment and how likely it is, and whether it can be done at all."""
    words, outlook = scribe.words, scribe.numbers.book.outlook
    if outlook is None:
        return None
    last = words.day(outlook.increment.period.last_day)
    unlikely = _unlikely(outlook, told)
    blocks: list[Block] = []
    if told.due:
        blocks.append(_due(scribe, told, last))
    else:
        blocks.append(Empty(title=words.say("increments.due.none"), text=words.say("increments.due.none.text")))
    blocks += due_features.due_features(scribe, told, last)
    if told.loads:
        blocks.append(_loads(scribe, told, last))
    return Section(
        id="ahead",
        question=words.text("increments.ahead.question"),
        headline=_ahead(scribe, told, last, unlikely=unlikely),
        intro=_by_number(scribe, told) if unlikely or due_features.unlikely(told) else (),
        blocks=tuple(blocks),
        long=True,
    )


def waits(scribe: Scribe, told: Stream, *, pages: dict[str, str]) -> Section:
    """Dependencies given and taken, and those between its own trains. `pages` are those of the streams, by train."""
    words = scribe.words
    blocks: list[Block] = []
    for kind, edges in (("taken", told.taken), ("given", told.given), ("inside", told.inside)):
        if edges:
            blocks.append(_waits(scribe, kind, edges, pages=pages))
    unread = unknown(scribe, "dependencies")
    headline, intro = _who_waits(scribe, told) if blocks else (unread or words.say("increments.waits.none"), ())
    if not blocks:
        blocks.append(nothing_waits(scribe))
    return Section(
        id="dependencies",
        question=words.text("dependencies.question"),
        headline=headline,
        intro=intro,
        blocks=tuple(blocks),
        long=True,
    )


def _teams(scribe: Scribe, told: Stream, one: Commitment) -> Exhibit:
    """Each train with its teams, and the whole stream where it has several trains."""
    words = scribe.words
    kept = one.within(told.trains)
    rows: list[Row] = []
    for train, whole in by_train(kept).items():
        theirs = [each for each in kept if each.train == train]
        rows.append(_brought(scribe, words.text("increments.train", train=train), theirs, whole, is_train=True))
        rows += [
            _brought(scribe, team, [each for each in theirs if each.team == team], found)
            for team, found in by_team(theirs).items()
        ]
    if len({each.train for each in kept}) > 1:
        rows.append(_brought(scribe, words.text("increments.all"), kept, predictability(kept), total=True))
    return Exhibit(
        table=Table(
            caption=words.text(
                "increments.teams.caption", increment=one.increment.name, period=words.period(one.increment.period)
            ),
            columns=(
                Column(head=words.text("head.increments.who", increment=one.increment.name)),
                *(
                    Column(head=words.text(f"head.increments.{name}"), numeric=name != "predictability")
                    for name in ("committed", "brought", "later", "predictability")
                ),
            ),
            rows=tuple(rows),
        ),
        notes=tuple(
            note
            for note in (
                words.say("increments.frozen", day=words.day(one.increment.period.start))
                if one.known_on is None
                else words.say("increments.known_on", day=words.day(one.known_on)),
                words.say("increments.band"),
                _unplanned(scribe, one, told),
            )
            if note
        ),
        definition=scribe.definition("predictability"),
    )


def _unplanned(scribe: Scribe, one: Commitment, told: Stream) -> Text:
    teams = {each.team for each in one.within(told.trains)}
    named: list[Text] = [foreign(key) for key in one.unplanned if key.partition(": ")[0] in teams]
    return scribe.words.say("increments.unplanned", objectives=scribe.words.listed(named)) if named else ()


def _brought(
    scribe: Scribe,
    name: str,
    kept: Iterable[Objective],
    found: Predictability,
    *,
    is_train: bool = False,
    total: bool = False,
) -> Row:
    words = scribe.words
    later = sum(1 for one in kept if not one.committed)
    if found.percent is not None and found.band is not None:
        verdict = Cell(
            text=text(scribe.share(found.percent)),
            note=words.say(f"increments.band.{found.band}"),
            status=BANDS[found.band],
            width=4,
        )
    elif found.gone or found.pending:
        verdict = Cell(text=unscored(scribe, found), width=4)
    else:
        verdict = Cell(text=words.say("increments.nothing_committed"), width=4)
    nothing = words.text("unknown" if found.gone else "increments.not_yet")
    brought = words.whole(found.actual) if found.keys else nothing
    return Row(
        cells=(
            Cell(text=(Span(text=name, foreign=True, strong=is_train),), width=6),
            Cell(text=text(words.whole(found.planned))),
            Cell(text=text(brought)),
            Cell(text=text(words.whole(later))),
            verdict,
        ),
        total=total,
        part=not (is_train or total),
    )


def unscored(scribe: Scribe, found: Predictability) -> Text:
    """How many objectives leave the whole without a percentage, and why."""
    told = (("gone", found.gone), ("pending", found.pending))
    return joined([scribe.words.say(f"increments.{name}", n=len(keys)) for name, keys in told if keys], separator=", ")


def _each(scribe: Scribe, told: Stream, one: Commitment) -> Exhibit:
    """Each objective, those furthest from their plan first."""
    words = scribe.words
    kept = sorted(one.within(told.trains), key=lambda each: (-_gap(each), each.train, each.team, each.key))
    more = len(kept) - MOST_OBJECTIVES
    return Exhibit(
        table=Table(
            caption=words.text("increments.each.caption", increment=one.increment.name),
            columns=(
                Column(head=words.text("head.increments.objective", increment=one.increment.name)),
                *(
                    Column(head=words.text(f"head.increments.{name}"), numeric=name != "remark")
                    for name in ("planned", "actual", "remark")
                ),
            ),
            rows=tuple(
                Row(
                    cells=(
                        Cell(
                            text=foreign(brief(each.key.partition(": ")[2])),
                            note=foreign(f"{each.train}, {each.team}"),
                            width=6,
                        ),
                        Cell(text=text(words.whole(each.planned))),
                        Cell(text=text(_actual(scribe, each))),
                        Cell(text=_remark(scribe, each), width=6),
                    )
                )
                for each in kept[:MOST_OBJECTIVES]
            ),
        ),
        notes=(words.say("increments.each.more", n=more),) if more > 0 else (),
    )


def _gap(one: Objective) -> int:
    actual = 0 if one.dropped_because is not None else one.actual
    return 0 if actual is None else abs(actual - one.planned)


def _actual(scribe: Scribe, one: Objective) -> str:
    if one.dropped_because is not None:
        return scribe.words.whole(0)
    if one.actual is None:
        return scribe.words.text("unknown" if one.is_gone else "increments.not_yet")
    return scribe.words.whole(one.actual)


def _remark(scribe: Scribe, one: Objective) -> Text:
    words = scribe.words
    said: list[Text] = []
    if not one.committed:
        said.append(words.say("increments.remark.uncommitted"))
    if one.is_gone:
        said.append(words.say("increments.remark.gone"))
    if one.dropped_because is not None:
        said.append(words.say("increments.remark.dropped", why=foreign(one.dropped_because)))
    return joined(said) or words.say("none")


def _unlikely(outlook: Outlook, told: Stream) -> int:
    """How many due epics are overdue, or will rather miss their day than meet it."""
    today = outlook.planned.plan.as_of
    return sum(_is_late(one, outlook.epic(one).due_on, today=today) for one in told.due)


def _is_late(one: Forecast, due_on: date | None, *, today: date) -> bool:
    """Is it overdue, or will it rather miss its day than meet it?"""
    if one.is_done or due_on is None:
        return False
    return due_on < today or (one.likelihood is not None and one.likelihood.share < EVEN)


def _by_number(scribe: Scribe, told: Stream) -> Text:
    """The load of the stream beside what it will finish, where both are known and it is not over-committed."""
    words, whole = scribe.words, _whole(told)
    if whole is None or whole.is_over_committed:
        return ()
    return words.say(
        "increments.ahead.number", n=len(whole.items), planned=words.whole(len(whole.items)),
        capacity=words.whole(whole.capacity or 0),
    )  # fmt: skip


def _whole(told: Stream) -> LoadCapacity | None:
    """The load of the whole stream, where it has any and its capacity is known."""
    whole = told.loads[0] if told.loads else None
    return whole if whole is not None and whole.ratio is not None and whole.items else None


def _ahead(scribe: Scribe, told: Stream, last: str, *, unlikely: int) -> Text:
    """Whether what is due can be done: more than can be, or epics that will not be, or else how much is due."""
    words, whole = scribe.words, _whole(told)
    if not (whole is not None and whole.is_over_committed):
        if unlikely:
            return words.say("increments.ahead.unlikely", n=unlikely, day=last)
        if features := due_features.unlikely(told):
            return words.say("due_features.head", n=features, day=last)
    if whole is not None:
        return words.say(
            f"increments.ahead.{'over' if whole.is_over_committed else 'can'}",
            planned=words.whole(len(whole.items)),
            capacity=words.whole(whole.capacity or 0),
            day=last,
        )
    return words.say("increments.ahead.due" if told.due else "increments.due.none", n=len(told.due), day=last)


def _due(scribe: Scribe, told: Stream, last: str) -> Exhibit:
    words, outlook = scribe.words, scribe.numbers.book.outlook
    assert outlook is not None
    rows = []
    for one in told.due[:MOST_DUE]:
        epic = outlook.epic(one)
        assert epic.due_on is not None
        rows.append(
            Row(
                cells=(
                    Cell(text=foreign(brief(epic.title)), note=scribe.item(epic), width=6),
                    Cell(text=text(words.day(epic.due_on))),
                    forecast.likely_date(scribe, epic),
                )
            )
        )
    more = len(told.due) - MOST_DUE
    return Exhibit(
        table=Table(
            caption=words.text("increments.due.caption", day=last),
            columns=(
                Column(head=words.text("level.epic.Many")),
                Column(head=words.text("head.due")),
                Column(head=words.text("head.likely_date")),
            ),
            rows=tuple(rows),
        ),
        notes=tuple(
            one
            for one in (
                forecast.doubts(scribe, page=""),
                words.say("increments.due.more", n=more) if more > 0 else (),
            )
            if one
        ),
        definition=scribe.definition("forecast_when"),
    )


def _loads(scribe: Scribe, told: Stream, last: str) -> Exhibit:
    words, loads = scribe.words, told.loads
    unsplit = sum(len(one.unsplit) for one in loads if one.scope.kind == "value_stream")
    return Exhibit(
        table=Table(
            caption=words.text("increments.load.caption", day=last),
            columns=tuple(
                Column(head=words.text(f"head.increments.{name}"), numeric=name not in ("load_of", "all"))
                for name in ("load_of", "load", "capacity", "ratio", "all")
            ),
            rows=tuple(_load(scribe, told, one) for one in loads),
        ),
        notes=(words.say("increments.load.unsplit", n=unsplit),) if unsplit else (),
        definition=scribe.definition("load_capacity"),
    )


def _load(scribe: Scribe, told: Stream, one: LoadCapacity) -> Row:
    words = scribe.words
    kind, _, id = one.scope.name.partition(":")
    who = words.text("increments.all") if kind == "value_stream" else words.text("increments.train", train=id)
    planned = Cell(text=text(words.whole(len(one.items))))
    first = Cell(text=foreign(who), width=6)
    if one.found.refused is not None or one.capacity is None:
        refused = one.found.refused
        said = words.say("unknown")
        if refused is not None:
            said = forecast.why(scribe, replace(refused, subject=refused.subject or one.scope.name))
        unknown = Cell(text=words.say("unknown"))
        return Row(cells=(first, planned, unknown, unknown, Cell(text=said, width=6)))
    ratio = words.text("unknown") if one.ratio is None else words.number(round(one.ratio, 2), places=2)
    if not one.items:
        verdict = Cell(text=words.say("increments.load.nothing"), width=6)
    else:
        over = one.is_over_committed or not one.capacity
        late = () if over else _but_late(scribe, told, one)
        verdict = Cell(
            text=words.say("increments.load.all", share=forecast.likely_share(scribe, one.finish_all or 0.0)),
            note=late or words.say("increments.load.over" if over else "increments.load.can"),
            status=Status.BAD if over else Status.WARN if late else Status.GOOD,
            width=6,
        )
    return Row(cells=(first, planned, Cell(text=text(words.whole(one.capacity))), Cell(text=text(ratio)), verdict))


def _but_late(scribe: Scribe, told: Stream, one: LoadCapacity) -> Text:
    """That due epics its items are in, or features of its own, come late however well the numbers fit; else nothing.

    An epic that is due later has items here where a feature of it is due: its own day is no matter of this increment.
    Those of other value streams are told apart: they are not in the table of what is due here.
    """
    words, outlook = scribe.words, scribe.numbers.book.outlook
    assert outlook is not None
    today, planned = outlook.planned.plan.as_of, {each.id for each in one.items}
    epics = [
        each
        for each in outlook.forecasts.epics
        if (due_on := outlook.epic(each).due_on) is not None
        and due_on <= one.by
        and _is_late(each, due_on, today=today)
        and any(item.id in planned for item in outlook.planned.open_work[each.id])
    ]
    if epics:
        ours = {each.id for each in told.due}
        theirs = sum(each.id not in ours for each in epics)
        late = words.say("increments.load.late", n=len(epics))
        return (*late, *words.say("increments.load.late.theirs", n=theirs)) if theirs else late
    features = [
        item for item, each in told.due_features if one.scope.holds(item) and _is_late(each, item.due_on, today=today)
    ]
    return words.say("increments.load.late.features", n=len(features)) if features else ()


def _who_waits(scribe: Scribe, told: Stream) -> tuple[Text, Text]:
    """That some between its own trains come too late, then who waits for how many; or only the latter."""
    words = scribe.words
    counts = {
        "taken": len({one.edge.before for one in told.taken}),
        "given": len({one.edge.before for one in told.given}),
        "inside": len(told.inside),
    }
    said = [words.say(f"increments.waits.head.{kind}", n=n) for kind, n in counts.items() if n]
    who = capitalised(words.listed(said))
    late = sum(one.health is Health.LATE for one in told.inside)
    return (words.say("increments.waits.late", n=late), closed(who)) if late else (who, ())


def _waits(scribe: Scribe, kind: str, edges: Iterable[Dependency], *, pages: dict[str, str]) -> Exhibit:
    words, numbers = scribe.words, scribe.numbers
    every = sorted(edges, key=lambda one: (ORDER.index(one.health), one.edge.after, one.edge.before))
    rows = []
    for one in every[:MOST_WAITS]:
        before, after = numbers.items.get(one.edge.before), numbers.items.get(one.edge.after)
        other = before if kind == "taken" else after
        train = other.placement.train if other is not None else None
        rows.append(
            Row(
                cells=(
                    Cell(
                        text=scribe.item(before) if before is not None else foreign(one.edge.before.external_id),
                        note=foreign(brief(before.title)) if before is not None else (),
                        width=6,
                    ),
                    Cell(
                        text=scribe.item(after) if after is not None else foreign(one.edge.after.external_id),
                        note=foreign(brief(after.title)) if after is not None else (),
                        width=6,
                    ),
                    Cell(
                        text=(Span(text=train, foreign=True, href=pages.get(train)),)
                        if train is not None
                        else words.say("dependencies.no_train"),
                    ),
                    needed(scribe, one),
                    Cell(
                        text=words.say(f"dependencies.health.{one.health}"),
                        status=STATUSES.get(one.health, Status.NONE),
                    ),
                )
            )
        )
    more = len(every) - MOST_WAITS
    return Exhibit(
        table=Table(
            caption=words.text(f"increments.waits.{kind}"),
            columns=tuple(
                Column(head=words.text(name))
                for name in (
                    f"head.increments.{kind}", "head.increments.then", "head.increments.other_train", "head.needed",
                    "head.increments.stands",
                )
            ),
            rows=tuple(rows),
        ),
        notes=(words.say("increments.waits.more", n=more),) if more > 0 else (),
        definition=scribe.definition("dependency_health"),
    )  # fmt: skip
