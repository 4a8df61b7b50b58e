"""The portfolio kanban: states against limits, what came and went, each epic with its next gate, what moved back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from metrics.forecasts.planning import name_of
from metrics.kanban import NOT_MAPPED, BoardState, Standing
from metrics.policies import has_business_case
from reports.board import BoardNumbers, Proposal
from reports.charts.shapes import AgeDot, Ageing, Comings, ComingsRow, Mark, UnitRow, Units
from reports.findings import Finding, capitalised, clause
from reports.ledger import lacks_hypothesis
from reports.page import (
    Block,
    Cell,
    Changes,
    Column,
    Entry,
    Exhibit,
    Figure,
    Paragraph,
    Question,
    Row,
    Section,
    Span,
    Status,
    Table,
    Text,
    joined,
    plain,
)
from reports.sections.changes import so_far
from reports.sections.decisions import questions
from reports.sections.dense import beside
from reports.sections.dependencies import awaited
from reports.sections.scribe import Scribe, brief, row
from reports.sections.themes import page_of
from reports.words.catalogue import foreign
from reports.words.foreign import one_line
from reports.words.states import state_words

MOST_EPICS = 100
MOST_DOTS = 6
MOST_MOVED = 20
RATES_FROM = 5  # exits from which on a rate is told as a share


def state_text(scribe: Scribe, name: str) -> Text:
    """A state of the board as a reader says it; the row of unmapped statuses among them."""
    return scribe.words.say("board.not_mapped") if name == NOT_MAPPED else state_words(name, scribe.words)


def proposals(scribe: Scribe, board: BoardNumbers) -> tuple[Question, ...]:
    """What the meeting is asked: decisions that wait about its epics, then pull, pause, pivot, stop; all of it."""
    held = {one.journey.id for one in board.kanban.standing}
    here = [
        one
        for one in scribe.numbers.waiting
        if one.item is not None and (found := scribe.numbers.by_key.get(one.item)) is not None and found.id in held
    ]
    return (
        *questions(scribe, tuple(here), most=len(here)),
        *(_question(scribe, board, number) for number in range(len(board.proposals))),
    )


def about(scribe: Scribe, board: BoardNumbers, *, kind: str, state: str) -> tuple[Question, ...]:
    """What the board proposes of one kind for one state."""
    return tuple(
        _question(scribe, board, number)
        for number, one in enumerate(board.proposals)
        if one.kind == kind and one.state.name.casefold() == state.casefold()
    )


def pulled(scribe: Scribe, board: BoardNumbers) -> tuple[Question, ...]:
    """The epic that the board asks to pull into work; nothing where its people have no room."""
    return tuple(_question(scribe, board, number) for number, one in enumerate(board.proposals) if one.kind == "pull")


def pivots(scribe: Scribe, board: BoardNumbers) -> tuple[Question, ...]:
    """The epics of which the board asks whether to persevere, pivot or stop."""
    return tuple(_question(scribe, board, number) for number, one in enumerate(board.proposals) if one.kind == "pivot")


def _question(scribe: Scribe, board: BoardNumbers, number: int) -> Question:
    one = board.proposals[number]
    return Question(
        id=f"{one.kind}-{number + 1}",
        text=_proposal(scribe, one),
        meta=_meta(scribe, board, one),
        about=tuple(epic.key for epic in one.epics),
    )


def _proposal(scribe: Scribe, one: Proposal) -> Text:
    epics = scribe.items([scribe.numbers.items[epic.id] for epic in one.epics], most=MOST_DOTS)
    name = "pull.bet" if one.kind == "pull" and lacks_hypothesis(scribe.numbers, one.epics[0]) else one.kind
    return scribe.words.say(f"board.{name}", n=len(one.epics), state=state_text(scribe, one.state.name), epics=epics)


def _meta(scribe: Scribe, board: BoardNumbers, one: Proposal) -> Text:
    """Who answers for it, where, and why it is proposed; the meeting itself where several answer, or nobody."""
    owners = {scribe.numbers.items[epic.id].owner for epic in one.epics if one.kind != "hold"}
    owner = owners.pop() if len(owners) == 1 else None
    who = scribe.words.say("propose.owner", owner=foreign(owner)) if owner else scribe.words.say("propose.lpm")
    return joined([who, _why(scribe, board, one)], separator=" ")


def _why(scribe: Scribe, board: BoardNumbers, one: Proposal) -> Text:
    words, state = scribe.words, one.state
    if one.kind == "pull":
        score = board.scores.get(one.epics[0].id)
        told = words.number(score, places=1) if score is not None else words.text("unknown")
        room = "board.pull.why" if state.limit is None else "board.pull.why.limit"
        return joined([words.say(room, score=told, n=len(state.held), limit=state.limit or 0), _load(scribe, one)])
    if one.kind == "hold":
        return _load(scribe, one)
    if one.kind == "pivot":
        day = words.day(one.since) if one.since is not None else words.text("unknown")
        is_bare = lacks_hypothesis(scribe.numbers, one.epics[0])
        return words.say("board.pivot.why.none" if is_bare else "board.pivot.why", day=day)
    if one.kind == "pause":
        return words.say("board.pause.why", n=len(state.held), limit=state.limit or 0)
    since = words.day(state.last_left_on) if state.last_left_on is not None else words.text("unknown")
    key = "board.stop.why" if state.last_left_on is not None else "board.stop.why.never"
    why = words.say(key, days=words.text("days", n=one.days), n=state.stay(85) or 0, since=since)
    return joined([why, awaited(scribe, one.epics[0].id)])


def _load(scribe: Scribe, one: Proposal) -> Text:
    """How much is in progress where the epic would be worked on, beside what usually is; nothing while unknown."""
    words, numbers = scribe.words, scribe.numbers
    stream = numbers.items[one.epics[0].id].placement.value_stream
    flow = numbers.flow_within(stream)
    if flow is None or flow.load_range.limits is None or flow.load_range.change is None:
        return ()
    names = {each.id: each.name for each in numbers.book.portfolio.value_streams}
    mean = flow.load_range.limits.mean
    return words.say(
        f"board.{one.kind}.load",
        stream=foreign(names[stream]) if stream in names else words.say("forecast.whole"),
        n=words.say(f"count.{flow.level}", n=flow.load.n_used),
        usual=words.number(mean, places=0 if mean >= 10 else 1),
    )


def limits(scribe: Scribe, board: BoardNumbers, found: list[Finding]) -> Section:
    """States against their limits, ages, comings and goings, and the same as a table."""
    words = scribe.words
    about = next((one for one in found if one.kind in ("over_limit", "board_stuck")), None)
    lost = len(board.kanban.not_mapped)
    quiet = (
        words.say("board.limits.unmapped", n=lost) if lost else words.say("board.limits.quiet", n=board.kanban.n_used)
    )
    head = capitalised(clause(about, words)) if about else quiet
    blocks: list[Block] = [
        _units(scribe, board),
        *_ageing(scribe, board),
        _comings(scribe, board),
        _table(scribe, board),
    ]
    names = ("board_flow", "board_conversion", "board_kills", "board_stay", "board_stuck")
    return Section(
        id="flow",
        question=words.text("board.limits.question"),
        headline=head,
        blocks=tuple(blocks),
        definitions=tuple(one for name in names if (one := scribe.definition(name)) is not None),
    )


def _shown(board: BoardNumbers) -> list[BoardState]:
    """The states in order; that of unmapped statuses where there are any. Done is no place to stand."""
    return [one for one in board.kanban.states if one.held or one.name != NOT_MAPPED]


def _standing_states(board: BoardNumbers) -> list[BoardState]:
    return [one for one in _shown(board) if one.held or one.name != board.kanban.board.states[-1]]


def _units(scribe: Scribe, board: BoardNumbers) -> Figure:
    words = scribe.words
    states = _standing_states(board)
    over = sum(one.over for one in states)
    rows, data = [], []
    is_told = board.kanban.is_told
    for one in states:
        load = board.kanban.load(one.name)
        number = words.text("unknown") if load is None else words.whole(load)
        said = words.text("board.of", n=load, limit=one.limit) if load is not None and one.limit is not None else ""
        if one.over:
            said += words.text("limits.over", n=one.over)
        oldest = max(one.ages, default=None)
        rows.append(
            UnitRow(
                name=one_line(plain(state_text(scribe, one.name)), 60),
                count=len(one.held),
                limit=one.limit,
                words=said or number,
                oldest="" if oldest is None else words.whole(oldest),
            )
        )
        limit = words.text("no_limit") if one.limit is None else words.whole(one.limit)
        data.append(row(state_text(scribe, one.name), number, limit))
    label = words.text("board.units.alt", n=over, epics=board.kanban.n_used)
    lost = board.kanban.not_mapped
    notes = [
        words.say("board.unmapped.note", n=len(lost), statuses=_statuses(scribe, lost)) if lost else (),
        scribe.left_out(board.kanban.excluded),
    ]
    return Figure(
        title=_kept(scribe, states, is_told=is_told),
        subtitle=words.say("board.units.subtitle", day=words.full_day(scribe.numbers.today)),
        alt=label,
        chart=Units(rows=tuple(rows), oldest_head=words.text("board.oldest"), label=label),
        key=(
            (Mark.ACTUAL, words.text("level.epic.one")),
            *([(Mark.OVER, words.text("key.over"))] if over else []),
            (Mark.LIMIT, words.text("key.limit")),
        ),
        notes=tuple(one for one in notes if one),
        definition=scribe.definition("board_load"),
        data=Table(
            caption=words.text("board.units.subtitle", day=words.full_day(scribe.numbers.today)),
            columns=(
                Column(head=words.text("head.state")),
                Column(head=words.text("level.epic.Many"), numeric=True),
                Column(head=words.text("head.limit"), numeric=True),
            ),
            rows=tuple(data),
        ),
        columns=6,
    )


def _kept(scribe: Scribe, states: Sequence[BoardState], *, is_told: bool) -> Text:
    """How many are over a limit; that all are kept, that nobody knows, or that none is agreed."""
    words = scribe.words
    if over := sum(one.over for one in states):
        return words.say("limits.title.over", n=over)
    if all(one.limit is None for one in states):
        return words.say("limits.title.none")
    return words.say("limits.title" if is_told else "limits.title.unknown")


def _statuses(scribe: Scribe, lost: tuple[Standing, ...]) -> Text:
    names = sorted({one.journey.status for one in lost})
    return scribe.words.listed([foreign(name) for name in names[:MOST_DOTS]])


def _ageing(scribe: Scribe, board: BoardNumbers) -> list[Figure]:
    """Days in the state, epic by epic, over the days that half and 85 % of those stayed that left it."""
    words = scribe.words
    states = [one for one in _standing_states(board) if one.ages]
    if not states:
        return []
    old = [one for state in states for one in state.old]
    named = {one.journey.id for one in sorted(old, key=lambda one: -(one.days or 0))[:MOST_DOTS]}
    label = words.text("board.ageing.alt", n=sum(len(one.ages) for one in states), old=len(old))
    bands = tuple(_band(one) for one in states)
    return [
        Figure(
            title=words.say("board.ageing.title", n=len(old)) if old else words.say("board.ageing.title.none"),
            subtitle=words.say("board.ageing.subtitle"),
            alt=label,
            chart=Ageing(
                states=tuple(
                    (
                        one_line(plain(state_text(scribe, state.name)), 60),
                        tuple(
                            AgeDot(
                                age_days=one.days, key=one.journey.key, over=one in old, named=one.journey.id in named
                            )
                            for one in state.held
                            if one.days is not None
                        ),
                    )
                    for state in states
                ),
                bands=bands,
                lines=(),
                axis=words.text("board.ageing.axis"),
                label=label,
            ),
            key=((Mark.BAND, words.text("board.key.stay")),) if any(bands) else (),
            definition=scribe.definition("board_age"),
            data=Table(
                caption=words.text("board.ageing.subtitle"),
                columns=(
                    Column(head=words.text("head.state")),
                    Column(head=words.text("board.head.stay"), numeric=True),
                    Column(head=words.text("ageing.ages")),
                ),
                rows=tuple(
                    row(
                        state_text(scribe, one.name),
                        _days(scribe, one.stay(85), len(one.stays)),
                        ", ".join(map(str, one.ages[:60])),
                    )
                    for one in states
                ),
            ),
            columns=6,
        )
    ]


def _band(state: BoardState) -> tuple[int, int] | None:
    half, most = state.stay(50), state.stay(85)
    return (half, most) if half is not None and most is not None else None


def _comings(scribe: Scribe, board: BoardNumbers) -> Figure:
    words = scribe.words
    states = _shown(board)
    entered, left = (sum(len(getattr(one, name)) for one in states) for name in ("entered", "left"))
    label = words.text("board.comings.alt", entered=entered, left=left)
    ticks = tuple(
        words.month(week.start) if place == 0 or week.start.month != board.weeks[place - 1].start.month else ""
        for place, week in enumerate(board.weeks)
    )
    silent = [one for one in states if not one.left and one.held and one.name in board.kanban.board.early[1:]]
    moving = all(board.kanban.state(name).left for name in board.kanban.board.early)
    title = (
        words.say("board.comings.title.still", states=words.listed([state_text(scribe, one.name) for one in silent]))
        if silent
        else words.say(
            "board.comings.title" if moving else "board.comings.title.done",
            n=len(board.kanban.state(board.kanban.board.states[-1]).entered),
        )
    )
    return Figure(
        title=capitalised(title),
        subtitle=words.say("board.comings.subtitle", period=words.period(board.kanban.period)),
        alt=label,
        chart=Comings(
            rows=tuple(
                ComingsRow(
                    name=one_line(plain(state_text(scribe, one.name)), 60),
                    weeks=board.moved[one.name],
                    words=words.text("board.comings.sum", entered=len(one.entered), left=len(one.left)),
                )
                for one in states
            ),
            ticks=ticks,
            label=label,
        ),
        key=((Mark.PREVIOUS, words.text("board.key.entered")), (Mark.ACTUAL, words.text("board.key.left"))),
        definition=scribe.definition("board_flow"),
        data=Table(
            caption=words.text("board.comings.caption"),
            columns=(
                Column(head=words.text("head.week")),
                *(Column(head=plain(state_text(scribe, one.name)), numeric=True) for one in states),
            ),
            rows=tuple(
                row(
                    words.period(week),
                    *(words.text("board.pair", entered=one[0], left=one[1]) for one in _pairs(board, states, place)),
                )
                for place, week in enumerate(board.weeks)
            ),
        ),
    )


def _pairs(board: BoardNumbers, states: list[BoardState], place: int) -> list[tuple[int, int]]:
    return [board.moved[one.name][place] for one in states]


def _table(scribe: Scribe, board: BoardNumbers) -> Exhibit:
    words = scribe.words
    columns = ("half_age", "most_age", "stay", "entered", "exited", "on", "killed", "back")
    table = Table(
        caption=words.text("board.table.caption"),
        name="board",
        columns=(
            Column(head=words.text("head.state")),
            *(Column(head=words.text(f"board.head.{name}"), numeric=True) for name in columns),
        ),
        rows=tuple(_state_row(scribe, one) for one in _shown(board)),
    )
    early, late = len(board.kanban.killed_early), len(board.kanban.killed_late)
    notes = [
        words.say("board.kills.early", n=early) if early else (),
        words.say("board.kills.late", n=late) if late else (),
        words.say("board.table.gate"),
    ]
    return Exhibit(table=table, notes=tuple(one for one in notes if one), definition=scribe.definition("board_flow"))


def _state_row(scribe: Scribe, one: BoardState) -> Row:
    words = scribe.words
    return row(
        state_text(scribe, one.name),
        _days(scribe, one.age(50), len(one.ages)), _days(scribe, one.age(85), len(one.ages)),
        _days(scribe, one.stay(85), len(one.stays)), words.whole(len(one.entered)), words.whole(len(one.left)),
        _rate(scribe, len(one.went("forward")), len(one.left)), _rate(scribe, len(one.went("killed")), len(one.left)),
        words.whole(len(one.went("back"))),
    )  # fmt: skip


def _rate(scribe: Scribe, n: int, of: int) -> str:
    """So many, and their share where it rests on enough."""
    words = scribe.words
    if of < RATES_FROM:
        return words.whole(n)
    return f"{words.whole(n)} ({words.percent(n / of)})"


def _days(scribe: Scribe, days: int | None, of: int) -> str:
    """A percentile of so many; too few, or none at all, where the sample gate shows none."""
    if days is not None:
        return scribe.words.whole(days)
    return scribe.words.text("board.few" if of else "none")


def epics(scribe: Scribe, board: BoardNumbers) -> Section:
    """One row an epic, grouped by state from work back to the funnel, the longest in its state first."""
    words = scribe.words
    names = [one.name for one in reversed(board.kanban.states)]
    ordered = sorted(board.kanban.standing, key=lambda one: names.index(one.state))
    columns = ("state", "age", "owner", "gate", "case", "wsjf", "blocked")
    table = Table(
        caption=words.text("board.epics.caption"),
        name="board-epics",
        columns=(
            Column(head=words.text("head.epic")),
            *(Column(head=words.text(f"board.head.{name}"), numeric=name in ("wsjf",)) for name in columns),
        ),
        rows=tuple(_epic_row(scribe, board, one) for one in ordered[:MOST_EPICS]),
    )
    stuck, blocked = len(board.stuck), sum(one.journey.is_blocked for one in ordered)
    if stuck:
        head = words.say("board.epics.head.stuck", n=stuck, of=len(ordered))
    else:
        head = words.say("board.epics.head", n=len(ordered), blocked=blocked)
    left = len(ordered) - MOST_EPICS
    more = words.say("board.epics.more", n=left, file=beside("kanban-epics")) if left > 0 else ()
    notes = tuple(one for one in (more, words.say("board.epics.case")) if one)
    return Section(
        id="epics",
        question=words.text("board.epics.question"),
        headline=head,
        blocks=(Exhibit(table=table, notes=notes, definition=scribe.definition("board_age")),),
        long=True,
        definitions=tuple(one for name in ("wsjf",) if (one := scribe.definition(name)) is not None),
    )


def _epic_row(scribe: Scribe, board: BoardNumbers, one: Standing) -> Row:
    words, epic = scribe.words, scribe.numbers.items[one.journey.id]
    score = board.scores.get(epic.id)
    days = words.say("unknown") if one.days is None else words.say("days", n=one.days)
    tone = Status.BAD if one.is_stuck else Status.WARN if one.is_old else None
    has_case = has_business_case(one.journey, board.seen)
    return Row(
        cells=(
            Cell(
                text=foreign(brief(epic.title)), note=joined([scribe.item(epic), _theme(scribe, one)], " · "), width=6
            ),
            Cell(text=state_text(scribe, one.state)),
            Cell(text=days, note=words.say("board.in_all", n=one.total_days), status=tone),
            Cell(text=foreign(epic.owner) if epic.owner else words.say("none")),
            _gate(scribe, board, one),
            Cell(text=words.say("board.yes" if has_case else "board.no")),
            Cell(
                text=(Span(text=words.number(score, places=1)),) if score is not None else words.say("board.unscored")
            ),
            Cell(text=_blocked(scribe, one)),
        ),
        anchor=f"item-{epic.key}".lower() if epic.key.replace("-", "").isalnum() else None,
    )


def _theme(scribe: Scribe, one: Standing) -> Text:
    """The theme that has most of the epic, as a link to its page where it has one."""
    shares = one.journey.placement.themes
    names = {theme.id: theme.name for theme in scribe.numbers.book.portfolio.themes}
    serving = [id for id, share in shares.items() if share and id in names]
    if not serving:
        return scribe.words.say("board.no_theme")
    id = max(serving, key=lambda one: shares[one])
    return (Span(text=one_line(names[id], 60), foreign=True, href=page_of(scribe, id)),)


def _gate(scribe: Scribe, board: BoardNumbers, one: Standing) -> Cell:
    """The state that comes next, the day that is set for it, and how much the epic lacks until then."""
    words, states = scribe.words, board.kanban.board.states
    if one.state == NOT_MAPPED:
        return Cell(text=words.say("unknown"), width=4)
    place = states.index(one.state)
    following = states[place + 1] if place + 1 < len(states) else one.state
    decision = next(
        (each for each in scribe.numbers.waiting if each.item == scribe.numbers.items[one.journey.id].key and each.due),
        None,
    )
    when: list[Text] = []
    is_overdue = False
    if decision is not None and decision.due is not None:
        when.append(words.say("board.gate.decision", day=words.day(decision.due)))
    if _is_finished(scribe, one):
        when.append(words.say("gates.finished"))
    elif one.journey.due_on is not None:
        is_overdue = one.journey.due_on < scribe.numbers.today
        key = "gates.overdue" if is_overdue else "board.gate.due" if following == states[-1] else "gates.done_by"
        when.append(words.say(key, day=words.day(one.journey.due_on)))
    checked = next((each for each in board.policies.epics if each.standing.journey.id == one.journey.id), None)
    lacking = words.say("board.gate.lacks", n=len(checked.gaps)) if checked is not None and checked.gaps else ()
    return Cell(
        text=state_text(scribe, following),
        note=scribe.words.parted([*when, *([lacking] if lacking else [])]),
        status=Status.BAD if is_overdue else None,
        width=4,
    )


def _is_finished(scribe: Scribe, one: Standing) -> bool:
    """Is all below it done, though nobody has closed it?"""
    ahead = scribe.numbers.book.outlook
    told = None if ahead is None else ahead.forecasts.of(name_of(one.journey.id))
    return told is not None and told.is_done


def _blocked(scribe: Scribe, one: Standing) -> Text:
    if not one.journey.is_blocked:
        return scribe.words.say("board.no")
    since = scribe.numbers.book.flagged_at.get(one.journey.id)
    if since is None:
        return scribe.words.say("board.blocked.unknown")
    return (Span(text=scribe.words.day(since.astimezone(scribe.words.zone).date())),)


def moved(scribe: Scribe, board: BoardNumbers) -> Section:
    """What moved backwards and what was given up in the quarter, and whether that was in time."""
    words, kanban = scribe.words, board.kanban
    entries = [
        Entry(
            label=words.text("board.moved.back"),
            text=words.say(
                "board.moved.from_to",
                epic=scribe.item(scribe.numbers.items[one.journey.id], with_title=True),
                before=state_text(scribe, one.state),
                after=state_text(scribe, one.to),
                day=words.day(one.left_on) if one.left_on is not None else words.text("unknown"),
            ),
        )
        for one in kanban.moved_back
    ]
    for label, stays in (("healthy", kanban.killed_early), ("waste", kanban.killed_late)):
        entries += [
            Entry(
                label=words.text(f"board.moved.{label}"),
                text=words.say(
                    "board.moved.killed",
                    epic=scribe.item(scribe.numbers.items[one.journey.id], with_title=True),
                    before=state_text(scribe, one.state),
                    day=words.day(one.left_on) if one.left_on is not None else words.text("unknown"),
                    n=one.days or 0,
                ),
            )
            for one in stays
        ]
    back, killed = len(kanban.moved_back), len(kanban.killed_early) + len(kanban.killed_late)
    told = [words.say(f"board.moved.{name}.n", n=n) for name, n in (("back", back), ("killed", killed)) if n]
    head = (
        capitalised(words.say("board.moved.head", told=words.listed(told)))
        if told
        else so_far(scribe, words.say("board.moved.none"), since=scribe.numbers.today - timedelta(weeks=13))
    )
    more = words.say("items.unshown", n=len(entries) - MOST_MOVED) if len(entries) > MOST_MOVED else ()
    block: Block = (
        Changes(entries=tuple(entries[:MOST_MOVED]), more=more)
        if entries
        else Paragraph(text=words.say("board.moved.none.text"))
    )
    return Section(
        id="changes",
        question=words.text("board.moved.question"),
        headline=head,
        blocks=(block,),
        definitions=tuple(one for name in ("board_kills",) if (one := scribe.definition(name)) is not None),
    )
