"""What waits for what, across trains and trackers; and what is blocked now."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from domain.work_item import ItemId
from metrics.dependencies import Dependency, Health, Likely
from metrics.hazards import likely_days
from metrics.main_flow import LEVELS
from reports.hazards import Dangers, Pair, dangers
from reports.page import (
    Block,
    Cell,
    Column,
    Empty,
    Exhibit,
    KeyFigure,
    Paragraph,
    Question,
    Row,
    Section,
    Status,
    Table,
    Text,
    joined,
)
from reports.sections.scribe import Scribe, row, text
from reports.sections.set_aside import notice, unknown
from reports.words.catalogue import foreign
from reports.words.foreign import one_line
from reports.words.states import state_words

MOST_TRAINS = 12
MOST_PAIRS = 20
MOST_ROWS = 20
MOST_NAMED = 10
ORDER = (
    Health.LATE, Health.BROKEN, Health.CYCLE, Health.AT_RISK, Health.UNKNOWN, Health.OK, Health.RESOLVED, Health.STALE,
)  # fmt: skip
STATUSES = {
    Health.LATE: Status.BAD, Health.BROKEN: Status.BAD, Health.CYCLE: Status.BAD, Health.AT_RISK: Status.WARN,
    Health.STALE: Status.WARN, Health.OK: Status.GOOD, Health.RESOLVED: Status.GOOD,
}  # fmt: skip
LATE_MARK = "■"


def dependencies(scribe: Scribe) -> Section:
    """Who waits for whom, what is needed soon, how links stand, and what could not be read."""
    words, told = scribe.words, dangers(scribe.numbers)
    edges = told.dependencies.edges
    blocks: list[Block] = []
    if edges:
        likely = _likely(scribe)
        pressing = sorted(
            {*told.standing(Health.LATE, Health.AT_RISK, Health.BROKEN, Health.CYCLE), *told.soon},
            key=lambda one: (ORDER.index(one.health), one.edge.after, one.edge.before),
        )
        blocks += [_matrix(scribe, told)] if told.pairs else []
        blocks += [_listed(scribe, told, pressing, likely)] if pressing else []
        blocks.append(_standing(scribe, told))
        blocks += [Paragraph(text=one) for one in (*_rings(scribe, told), *_conflicts(scribe, told)) if one]
    else:
        blocks.append(nothing_waits(scribe))
    if told.facts.unresolved:
        blocks.append(_unresolved(scribe, told))
    return Section(
        id="dependencies",
        question=words.text("dependencies.question"),
        headline=headline(scribe),
        intro=_soon(scribe, told) if edges else (),
        blocks=tuple(blocks),
        long=True,
    )


def nothing_waits(scribe: Scribe) -> Empty:
    """That no dependency was found and how to name some; where their file is not read, that some may stand there."""
    words = scribe.words
    if unread := unknown(scribe, "dependencies"):
        return Empty(title=unread, text=notice(scribe, "dependencies"))
    return Empty(title=words.say("dependencies.empty.title"), text=words.say("dependencies.empty"))


def headline(scribe: Scribe) -> Text:
    """How many come too late, or were passed over; or that none is late."""
    words, told = scribe.words, dangers(scribe.numbers)
    late, broken = told.standing(Health.LATE), told.standing(Health.BROKEN)
    if not told.dependencies.edges:
        return unknown(scribe, "dependencies") or words.say("dependencies.head.none")
    if late:
        return words.say("dependencies.head.late", n=len(late), total=len(told.dependencies.edges))
    if broken:
        return words.say("dependencies.head.broken", n=len(broken), total=len(told.dependencies.edges))
    if told.standing(Health.CYCLE):
        return words.say("dependencies.head.cycle", n=len(told.dependencies.rings))
    return words.say("dependencies.head.good", n=len(told.dependencies.edges))


def blocked(scribe: Scribe) -> Section:
    """Items that are blocked now, by cause, and the days they lost."""
    words, told = scribe.words, dangers(scribe.numbers)
    found = told.blocked
    blocks: list[Block] = []
    if found:
        causes = Counter(one.cause for one in found)
        rows = [
            Row(
                cells=(
                    Cell(text=scribe.item(one.journey), note=foreign(one_line(one.journey.title, 90)), width=6),
                    Cell(text=_cause(scribe, one.cause, one.others), width=4),
                    Cell(text=foreign(one.journey.placement.train or ""), width=2),
                    Cell(text=text(words.whole(one.days_lost))),
                )
            )
            for one in found[:MOST_ROWS]
        ]
        summed = [
            words.say("blocked.cause.sum", n=n, cause=words.text(f"blocked.cause.{cause}"),
                      days=words.text("days", n=sum(one.days_lost for one in found if one.cause == cause)))
            for cause, n in causes.most_common()
        ]  # fmt: skip
        more = words.say("blocked.more", n=len(found) - MOST_ROWS) if len(found) > MOST_ROWS else ()
        blocks.append(
            Exhibit(
                table=Table(
                    caption=words.text("blocked.caption"),
                    name="blocked",
                    columns=tuple(
                        Column(head=words.text(f"head.{name}"), numeric=name == "days_lost")
                        for name in ("item", "cause", "train", "days_lost")
                    ),
                    rows=tuple(rows),
                ),
                notes=tuple(one for one in (joined(summed), more) if one),
                definition=scribe.definition("blocked_now"),
            )
        )
    else:
        blocks.append(Empty(title=words.say("blocked.empty.title"), text=words.say("blocked.empty")))
    return Section(
        id="blocked",
        question=words.text("blocked.question"),
        headline=stopped(scribe),
        blocks=tuple(blocks),
        long=True,
    )


def stopped(scribe: Scribe) -> Text:
    """How many items are blocked, and the days that they lost."""
    words, found = scribe.words, dangers(scribe.numbers).blocked
    if not found:
        return words.say("blocked.head.none")
    return words.say("blocked.head", n=len(found), days=words.text("days", n=sum(one.days_lost for one in found)))


def figures(scribe: Scribe) -> tuple[KeyFigure, ...]:
    """Late dependencies, how many are in time or done, and what is blocked."""
    words, told = scribe.words, dangers(scribe.numbers)
    every = told.dependencies
    late, across = told.standing(Health.LATE), every.across_trains.edges
    unknown = len(told.standing(Health.UNKNOWN))
    definition = scribe.definition("dependency_health")
    return (
        KeyFigure(
            id="late",
            title=words.text("figure.late"),
            value=words.whole(len(late)),
            versus=words.text("figure.late.versus", n=len(every.edges)),
            trend=words.say("figure.late.across", n=sum(one.crosses_trains for one in late), total=len(across)),
            definition=definition,
        ),
        KeyFigure(
            id="health",
            title=words.text("figure.health"),
            value=words.text("unknown") if every.share is None else words.percent(every.share),
            versus=words.text("figure.health.versus"),
            trend=words.say("figure.health.unknown", n=unknown) if unknown else words.say("figure.health.all"),
            definition=definition,
        ),
        KeyFigure(
            id="blocked",
            title=words.text("figure.blocked"),
            value=words.whole(len(told.blocked)),
            versus=words.text("figure.blocked.versus"),
            trend=words.say(
                "figure.blocked.days", days=words.text("days", n=sum(one.days_lost for one in told.blocked))
            ),
            definition=scribe.definition("blocked_now"),
        ),
    )


def asked(scribe: Scribe) -> tuple[Question, ...]:
    """What to do about each dependency that comes late: the date, the scope, or the order."""
    words, told = scribe.words, dangers(scribe.numbers)
    likely = _likely(scribe)
    questions = []
    for one in told.late:
        before, after = _name(scribe, one.edge.before), _name(scribe, one.edge.after)
        need, found = one.edge.needed_on, likely.get(one.edge.before)
        assert need is not None
        asked_by = "dependencies.ask.meta.forecast" if one.edge.need_from == "forecast" else "dependencies.ask.meta"
        meta = words.say(asked_by, needed=words.day(need), likely=_range(scribe, found))
        questions.append(
            Question(
                id=f"wait-{one.edge.after.external_id}-{one.edge.before.external_id}",
                text=words.say("dependencies.ask", before=before, after=after),
                meta=joined(
                    [
                        meta,
                        _owner(scribe, one.edge.before),
                        _after(scribe, one.edge.after, likely),
                        scribe.words.listed(_keys(scribe, one)),
                    ]
                ),
                about=tuple(
                    journey.key
                    for end in (one.edge.before, one.edge.after)
                    if (journey := scribe.numbers.items.get(end)) is not None
                ),
            )
        )
    return tuple(questions)


def awaited(scribe: Scribe, item: ItemId) -> Text:
    """What an item waits for that comes late, each with when it is likely done; nothing where nothing does."""
    words, likely = scribe.words, _likely(scribe)
    told = [
        words.say(
            "dependencies.awaited.one",
            item=scribe.item(before),
            likely=_range(scribe, likely.get(one.edge.before)),
        )
        for one in dangers(scribe.numbers).standing(Health.LATE)
        if one.edge.after == item and (before := scribe.numbers.items.get(one.edge.before)) is not None
    ]
    return words.say("dependencies.awaited", items=words.listed(told)) if told else ()


def cells(scribe: Scribe, one: Dependency) -> tuple[Cell, ...]:
    """What gives, what needs it, by when, when it is likely done, and how that stands."""
    return _row(scribe, one, _likely(scribe))


def needed(scribe: Scribe, one: Dependency) -> Cell:
    """By when; and that the forecast says so, where nobody planned it."""
    words, need = scribe.words, one.edge.needed_on
    if need is None:
        return Cell(text=words.say("unknown"))
    is_forecast = one.edge.need_from == "forecast"
    return Cell(text=text(words.day(need)), note=words.say("dependencies.need.forecast") if is_forecast else ())


def said(scribe: Scribe, key: str) -> Cell:
    return Cell(text=scribe.words.say(key), width=6)


def _row(scribe: Scribe, one: Dependency, likely: dict[ItemId, Likely]) -> tuple[Cell, ...]:
    words, note = scribe.words, one.edge.note
    return (
        _end(scribe, one.edge.before),
        _end(scribe, one.edge.after),
        needed(scribe, one),
        Cell(text=_range(scribe, likely.get(one.edge.before))),
        Cell(
            text=words.say(f"dependencies.health.{one.health.value}"),
            status=STATUSES.get(one.health),
            note=foreign(one_line(note, 90)) if note else (),
            width=4,
        ),
    )


def _owner(scribe: Scribe, item: ItemId) -> Text:
    """Who answers for an epic; nothing where nobody does, and for items below epics."""
    journey = scribe.numbers.items.get(item)
    if journey is None or not journey.owner or journey.placement.level != "epic":
        return ()
    return scribe.words.say("dependencies.ask.owner", owner=foreign(one_line(journey.owner, 60)))


def _after(scribe: Scribe, item: ItemId, likely: dict[ItemId, Likely]) -> Text:
    """Where what waits stands itself, while nobody has begun it: hurrying for it may not be worth it yet."""
    journey = scribe.numbers.items.get(item)
    if journey is None or journey.started_at is not None or not journey.is_open:
        return ()
    board = scribe.numbers.book.portfolio.board
    state = board.of(journey.status) if journey.placement.level == board.level else None
    status = foreign(journey.status) if state is None else state_words(state, scribe.words)
    return scribe.words.say("dependencies.ask.after", status=status, likely=_range(scribe, likely.get(item)))


def _soon(scribe: Scribe, told: Dangers) -> Text:
    words, day = scribe.words, scribe.words.day(told.horizon)
    return words.say("dependencies.soon", n=len(told.soon), day=day) if told.soon else words.say(
        "dependencies.soon.none", day=day
    )  # fmt: skip


def _matrix(scribe: Scribe, told: Dangers) -> Exhibit:
    """Giving train by needing train; above twelve trains the busiest pairs."""
    words = scribe.words
    trains = {name for pair in told.pairs for name in (pair.gives, pair.needs)}
    marked = words.say("dependencies.matrix.key", mark=LATE_MARK)
    if len(trains) > MOST_TRAINS:
        shown = told.pairs[:MOST_PAIRS]
        return Exhibit(
            table=Table(
                caption=words.text("dependencies.pairs.caption", n=len(shown)),
                name="pairs",
                columns=tuple(
                    Column(head=words.text(f"head.{name}"), numeric=name in ("open", "late"))
                    for name in ("gives", "needs", "open", "late")
                ),
                rows=tuple(
                    row(_train(scribe, one.gives), _train(scribe, one.needs), words.whole(one.count),
                        words.whole(one.late))
                    for one in shown
                ),
            ),
            notes=(words.say("dependencies.pairs.note", trains=len(trains), pairs=len(told.pairs)),),
            definition=scribe.definition("dependency_health"),
        )  # fmt: skip
    gives = sorted({one.gives for one in told.pairs}, key=_in_order)
    needs = sorted({one.needs for one in told.pairs}, key=_in_order)
    cells = {(one.gives, one.needs): one for one in told.pairs}
    rows = [
        Row(
            cells=(
                Cell(text=_train(scribe, giver), width=6),
                *(_count(scribe, [cells[giver, needer]] if (giver, needer) in cells else []) for needer in needs),
                _count(scribe, [one for one in told.pairs if one.gives == giver]),
            )
        )
        for giver in gives
    ]
    total = Row(
        cells=(
            Cell(text=words.say("dependencies.total"), width=6),
            *(_count(scribe, [one for one in told.pairs if one.needs == needer]) for needer in needs),
            _count(scribe, told.pairs),
        ),
        total=True,
    )
    return Exhibit(
        table=Table(
            caption=words.text("dependencies.matrix.caption"),
            name="matrix",
            columns=(
                Column(head=words.text("head.gives_needs")),
                *(
                    Column(head=one_line(name, 40) if name else words.text("dependencies.no_train"), numeric=True)
                    for name in needs
                ),
                Column(head=words.text("dependencies.total"), numeric=True),
            ),
            rows=(*rows, total),
        ),
        notes=(marked,),
        definition=scribe.definition("dependency_health"),
    )


def _count(scribe: Scribe, pairs: Sequence[Pair]) -> Cell:
    """How many, and how many of them come late: shape and number, never colour alone."""
    count, late = sum(one.count for one in pairs), sum(one.late for one in pairs)
    words = scribe.words
    return Cell(text=text(words.whole(count) if not late else f"{words.whole(count)} {LATE_MARK}{words.whole(late)}"))


def _listed(
    scribe: Scribe, told: Dangers, edges: Sequence[Dependency], likely: dict[ItemId, Likely]
) -> Exhibit:  # fmt: skip
    words = scribe.words
    rows = [Row(cells=_row(scribe, one, likely)) for one in edges[:MOST_ROWS]]
    more = words.say("dependencies.more", n=len(edges) - MOST_ROWS) if len(edges) > MOST_ROWS else ()
    is_forecast = any(one.edge.need_from == "forecast" for one in edges[:MOST_ROWS])
    return Exhibit(
        table=Table(
            caption=words.text("dependencies.caption", day=words.day(told.horizon)),
            name="waits",
            columns=tuple(
                Column(head=words.text(f"head.{name}")) for name in ("gives", "needs", "needed", "likely", "status")
            ),
            rows=tuple(rows),
        ),
        notes=tuple(
            one for one in (more, words.say("dependencies.need.note") if is_forecast else (), scribe.without()) if one
        ),
        definition=scribe.definition("dependency_health"),
    )


def _standing(scribe: Scribe, told: Dangers) -> Exhibit:
    """How links stand, by the level of what waits, and of all those that cross trains."""
    words = scribe.words
    level_of = {one.id: one.placement.level for one in scribe.numbers.book.journeys}
    groups: list[tuple[str, Sequence[Dependency]]] = [
        (
            words.text(f"level.{level}.Many"),
            [one for one in told.dependencies.edges if level_of[one.edge.after] == level],
        )
        for level in LEVELS
    ]
    others = [one for one in told.dependencies.edges if level_of[one.edge.after] not in LEVELS]
    groups += [(words.text("dependencies.other_level"), others)] if others else []
    groups.append((words.text("dependencies.across"), told.dependencies.across_trains.edges))
    rows = []
    for name, edges in groups:
        if not edges:
            continue
        counts = Counter(one.health for one in edges)
        good = counts[Health.RESOLVED] + counts[Health.OK]
        rows.append(
            row(name, *(words.whole(counts[one]) for one in ORDER), words.percent(good / len(edges)))
        )  # fmt: skip
    return Exhibit(
        table=Table(
            caption=words.text("dependencies.standing.caption"),
            name="standing",
            columns=(
                Column(head=words.text("head.level")),
                *(Column(head=words.text(f"dependencies.health.{one.value}"), numeric=True) for one in ORDER),
                Column(head=words.text("head.healthy"), numeric=True),
            ),
            rows=tuple(rows),
        ),
        notes=(words.say("dependencies.standing.note"),),
        definition=scribe.definition("dependency_health"),
    )


def _rings(scribe: Scribe, told: Dangers) -> list[Text]:
    words = scribe.words
    return [
        words.say(
            "dependencies.ring",
            n=len(ring),
            items=scribe.items(
                [scribe.numbers.items[id] for id in ring if id in scribe.numbers.items], most=MOST_NAMED
            ),
        )
        for ring in told.dependencies.rings[:MOST_NAMED]
    ]


def _conflicts(scribe: Scribe, told: Dangers) -> list[Text]:
    """Predecessors that are planned into a later iteration than what waits for them."""
    found = told.dependencies.date_conflicts
    if not found:
        return []
    words = scribe.words
    pairs: list[Text] = [
        words.say("dependencies.pair", before=_key(scribe, one.edge.before), after=_key(scribe, one.edge.after))
        for one in found[:MOST_NAMED]
    ]
    named = words.listed(pairs, more=len(found) - len(pairs))
    return [words.say("dependencies.conflict", n=len(found), pairs=named)]


def _unresolved(scribe: Scribe, told: Dangers) -> Exhibit:
    """Names that lead nowhere: where they stand, what is wrong, how it is mended."""
    words, lost = scribe.words, told.facts.unresolved
    return Exhibit(
        table=Table(
            caption=words.text("dependencies.unresolved.caption", n=len(lost)),
            name="facts",
            columns=tuple(Column(head=words.text(f"head.{name}")) for name in ("where", "named", "mend")),
            rows=tuple(
                row(foreign(one.where), foreign(one.name), words.text(f"dependencies.unresolved.{one.reason}"))
                for one in lost[:MOST_ROWS]
            ),
        ),
        notes=(words.say("dependencies.more", n=len(lost) - MOST_ROWS),) if len(lost) > MOST_ROWS else (),
    )


def _cause(scribe: Scribe, cause: str, others: Sequence[ItemId]) -> Text:
    words = scribe.words
    if cause != "item":
        return words.say(f"blocked.by.{cause}")
    return words.say("blocked.by.item", items=scribe.items([scribe.numbers.items[id] for id in others], most=3))


def _likely(scribe: Scribe) -> dict[ItemId, Likely]:
    ahead = scribe.numbers.book.outlook
    return {} if ahead is None else likely_days(ahead.planned, ahead.forecasts)


def _range(scribe: Scribe, likely: Likely | None) -> Text:
    """The days by which it is done with 50 and 85 %: a range, never one day."""
    words = scribe.words
    if likely is None or likely.p50 is None:
        return words.say("unknown")
    if likely.p85 is None:
        return words.say("forecast.range.open", first=words.day(likely.p50))
    return words.say(
        "forecast.range", first=words.first_day(likely.p50, likely.p85), last=words.day(likely.p85)
    )  # fmt: skip


def _end(scribe: Scribe, item: ItemId) -> Cell:
    journey = scribe.numbers.items.get(item)
    if journey is None:
        return Cell(text=foreign(item.external_id), note=scribe.words.say("dependencies.not_held"), width=6)
    train = journey.placement.train
    title = foreign(one_line(journey.title, 70))
    where = (*title, *text(", "), *foreign(train)) if train else title
    return Cell(text=scribe.item(journey), note=where, width=6)


def _key(scribe: Scribe, item: ItemId) -> Text:
    journey = scribe.numbers.items.get(item)
    return foreign(item.external_id) if journey is None else scribe.item(journey)


def _keys(scribe: Scribe, one: Dependency) -> list[Text]:
    return [_key(scribe, one.edge.before), _key(scribe, one.edge.after)]


def _name(scribe: Scribe, item: ItemId) -> Text:
    journey = scribe.numbers.items.get(item)
    return foreign(item.external_id if journey is None else one_line(journey.title, 80))


def _train(scribe: Scribe, name: str | None) -> Text:
    return foreign(name) if name else scribe.words.say("dependencies.no_train")


def _in_order(name: str | None) -> tuple[bool, str]:
    return name is None, name or ""
