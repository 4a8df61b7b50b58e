"""What is true today: what the trackers hold, what statuses mean, how work flows, what lies forgotten, first limits."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from domain.work_item import FlowState
from metrics.baseline import ENDED, UNTOUCHED_DAYS, Candidates, Lying, StatusUse, Stock
from metrics.behaviour import UsualRange
from metrics.distribution import percentages
from metrics.quality import Defect
from reports.baseline import Baseline, LevelFlow, baseline, open_states, snippet
from reports.page import (
    Block,
    Cell,
    Code,
    Column,
    Definition,
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
from reports.sections.scribe import Scribe, brief, row, text
from reports.words.catalogue import foreign

MOST_STOCKS = 40
MOST_STATUSES = 40
MOST_LYING = 25
MOST_PARTS = 6
SURE = Decimal("0.9")  # visits that behave as a status says, below which its meaning is doubtful
# Who can mend what a rule finds.
ROLES = {
    "unmapped_status": "vmo", "no_level": "vmo", "ignored": "vmo", "orphan": "owner", "missing_owner": "owner",
    "missing_size": "owner", "done_parent_open_children": "team", "started_child_unstarted_parent": "team",
    "finished_without_start": "team", "parent_circle": "team", "history_gap": "admin", "no_history": "admin",
    "moved_before_creation": "admin", "future_date": "admin",
}  # fmt: skip
ORDER = ("vmo", "admin", "owner", "team")


def figures(scribe: Scribe) -> tuple[KeyFigure, ...]:
    """What is held, what is in progress, what lies forgotten, and how far statuses are confirmed."""
    words, told = scribe.words, baseline(scribe.numbers)
    judged = [one for found in told.lying.values() for one in found]
    aged = sum(one.is_aged for one in judged)
    confirmed = len(told.uses) - len(told.unconfirmed)
    return (
        KeyFigure(
            id="held",
            title=words.text("figure.held"),
            value=words.whole(told.items),
            versus=words.text("figure.held.versus", n=len({one.source for one in told.stocks})),
            trend=words.say("figure.held.levelless", n=told.levelless)
            if told.levelless
            else words.say("figure.held.levelled"),
            definition=Definition(id="held", name=words.text("figure.held"), text=words.say("figure.held.how")),
        ),
        KeyFigure(
            id="in_progress",
            title=words.text("figure.in_progress"),
            value=words.whole(told.in_progress),
            versus=words.text("figure.in_progress.versus"),
            trend=words.say("figure.in_progress.aged", n=aged),
            definition=scribe.definition("work_item_age"),
        ),
        KeyFigure(
            id="forgotten",
            title=words.text("figure.forgotten"),
            value=words.whole(len(told.forgotten)) if len(told.unjudged) < len(told.flows) else words.text("unknown"),
            versus=words.text("figure.forgotten.versus", days=str(UNTOUCHED_DAYS)),
            trend=_how_forgotten(scribe, told),
            definition=scribe.definition("forgotten_work"),
        ),
        KeyFigure(
            id="confirmed",
            title=words.text("figure.confirmed"),
            value=words.whole(confirmed),
            unit=words.text("figure.confirmed.of", n=len(told.uses)),
            versus=words.text("figure.confirmed.versus"),
            trend=words.say("figure.confirmed.open", n=len(told.unconfirmed))
            if told.unconfirmed
            else words.say("figure.confirmed.all"),
            definition=scribe.definition("status_agreement"),
        ),
    )


def _how_forgotten(scribe: Scribe, told: Baseline) -> Text:
    """Of which levels nothing can be called old; else how old the oldest is, or that there is none."""
    words = scribe.words
    if told.unjudged:
        return words.say("figure.forgotten.unjudged", levels=_levels(scribe, told.unjudged))
    if told.forgotten:
        return words.say("figure.forgotten.oldest", days=words.say("days", n=max(one.days for one in told.forgotten)))
    return words.say("figure.forgotten.none")


def asked(scribe: Scribe) -> tuple[Question, ...]:
    """What the sponsor has to say before the first real report."""
    words, told = scribe.words, baseline(scribe.numbers)
    found = []
    if told.forgotten:
        found.append(("forgotten", {"n": len(told.forgotten)}))
    elif aged := sum(one.is_aged for lying in told.lying.values() for one in lying):
        found.append(("aged", {"n": aged}))
    doubtful = [one for one in told.uses if _is_doubtful(one)]
    if doubtful:
        found.append(("statuses", {"n": len(doubtful)}))
    if not told.draft.is_empty:
        found.append(("limits", {}))
    if not scribe.numbers.book.portfolio.value_streams and told.candidates:
        found.append(("streams", {}))
    if not scribe.numbers.book.portfolio.themes:
        found.append(("themes", {}))
    return tuple(
        Question(id=name, text=words.say(f"kickoff.ask.{name}", **parts), meta=words.say(f"kickoff.ask.{name}.meta"))
        for name, parts in found
    )


def stocks(scribe: Scribe) -> Section:
    """The inventory: tracker, project, type, and what the statuses mean."""
    words, told = scribe.words, baseline(scribe.numbers)
    shown = sorted(told.stocks, key=lambda one: (-one.items, one.source, one.project, one.type))[:MOST_STOCKS]
    heads = ("source", "type", "level", "new", "going", "done", "given_up", "untold", "oldest", "newest")
    table = Table(
        caption=words.text("kickoff.stocks.caption"),
        name="facts",
        columns=_columns(scribe, heads, numeric=heads[3:8]),
        rows=tuple(_stock(scribe, one) for one in shown),
    )
    rest = len(told.stocks) - len(shown)
    note = words.say("kickoff.stocks.more", n=rest) if rest else ()
    return Section(
        id="inventory",
        question=words.text("kickoff.stocks.question"),
        headline=words.say(
            "kickoff.stocks.head",
            items=words.whole(told.items),
            trackers=words.text("kickoff.trackers", n=len({one.source for one in told.stocks})),
            projects=words.text("kickoff.projects", n=len({(one.source, one.project) for one in told.stocks})),
        ),
        blocks=(Exhibit(table=table, notes=(note,) if note else ()),),
        long=True,
    )


def _stock(scribe: Scribe, one: Stock) -> Row:
    words = scribe.words
    level = words.text(f"level.{one.level}.one") if one.level else words.text("kickoff.no_level")
    return Row(
        cells=(
            Cell(text=foreign(one.source), note=foreign(one.project) if one.project else (), width=4),
            Cell(text=foreign(one.type)),
            Cell(text=text(level), status=None if one.level else Status.WARN),
            *(Cell(text=text(words.whole(count))) for count in open_states(one)),
            Cell(text=text(words.full_day(one.oldest)), width=3),
            Cell(text=text(words.full_day(one.newest)), width=3),
        )
    )


def statuses(scribe: Scribe) -> Section:
    """Each status: what it is taken to mean, who says so, and how much of its history behaves like that."""
    words, told = scribe.words, baseline(scribe.numbers)
    shown = sorted(told.uses, key=lambda one: -one.visits)[:MOST_STATUSES]
    kept = [one for one in told.uses if one in shown]
    heads = ("status", "source", "meaning", "said_by", "time_spent", "now_there", "agreement")
    doubtful = [one for one in told.uses if _is_doubtful(one)]
    rest = len(told.uses) - len(kept)
    notes = [words.say("kickoff.statuses.note")]
    if rest:
        notes.append(words.say("kickoff.statuses.more", n=rest))
    blocks: tuple[Block, ...] = (
        Exhibit(
            table=Table(
                caption=words.text("kickoff.statuses.caption"),
                name="facts",
                columns=_columns(scribe, heads, numeric=("time_spent", "now_there", "agreement")),
                rows=tuple(_use(scribe, one) for one in kept),
            ),
            notes=tuple(notes),
            definition=scribe.definition("status_agreement"),
        ),
    )
    if not told.uses:
        blocks = (_empty(scribe, "statuses"),)
    return Section(
        id="workflows",
        question=words.text("kickoff.statuses.question"),
        headline=words.say("kickoff.statuses.head", n=len(doubtful), total=words.whole(len(told.uses)))
        if doubtful
        else words.say("kickoff.statuses.good" if told.uses else "kickoff.statuses.none"),
        blocks=blocks,
        long=True,
    )


def _is_doubtful(one: StatusUse) -> bool:
    """Nobody says what it means, or a tenth of its visits behave otherwise and no setting stands by it."""
    if one.said_by == "nobody" or one.meaning is FlowState.UNKNOWN:
        return True
    return one.said_by == "category" and one.confidence is not None and one.confidence < SURE


def _use(scribe: Scribe, one: StatusUse) -> Row:
    words = scribe.words
    told = one.confidence
    evidence = words.say("kickoff.visits", agreeing=words.whole(one.agreeing or 0), n=one.visits)
    return Row(
        cells=(
            Cell(text=foreign(one.name)),
            Cell(text=foreign(one.source)),
            Cell(text=words.say(f"kickoff.means.{one.meaning}")),
            Cell(text=words.say(f"kickoff.said.{one.said_by}")),
            Cell(text=words.say("kickoff.ended") if one.meaning in ENDED else words.say("kickoff.days", n=one.days)),
            Cell(text=text(words.whole(one.items_now))),
            Cell(
                text=text(scribe.checked(float(told))) if told is not None else words.say("unknown"),
                note=evidence if told is not None else (),
                status=Status.WARN if _is_doubtful(one) else None,
                width=3,
            ),
        )
    )


def levels(scribe: Scribe) -> Section:
    """Which types make a level, and how much of it hangs below the level above."""
    words, told = scribe.words, baseline(scribe.numbers)
    heads = ("level", "types", "items", "has_parent", "astray", "parent_unknown", "no_parent")
    rows = []
    for place, one in enumerate(told.covers):
        is_top = place == 0
        share = one.share
        rows.append(
            Row(
                cells=(
                    Cell(text=text(words.text(f"level.{one.level}.Many"))),
                    Cell(text=words.listed([foreign(each) for each in one.types]), width=4),
                    Cell(text=text(words.whole(one.items))),
                    Cell(
                        text=words.say("kickoff.top")
                        if is_top or share is None
                        else (*text(scribe.checked(float(share))),),
                        note=() if is_top else words.say("of", n=one.held, total=one.items),
                        status=None if is_top or share is None or share >= SURE else Status.WARN,
                    ),
                    *(Cell(text=text(words.whole(count))) for count in (one.astray, one.unknown, one.none)),
                )
            )
        )
    below = told.covers[1:]
    weak = min((one for one in below if one.share is not None), key=lambda one: one.share or 0, default=None)
    notes = (words.say("kickoff.levels.levelless", n=told.levelless),) if told.levelless else ()
    table = Table(
        caption=words.text("kickoff.levels.caption"),
        name="facts",
        columns=_columns(scribe, heads, numeric=heads[2:]),
        rows=tuple(rows),
    )
    headline = words.say("kickoff.levels.one")
    if weak is not None and weak.share is not None:
        many = words.text(f"level.{weak.level}.many")
        headline = words.say("kickoff.levels.head", share=scribe.checked(float(weak.share)), many=many)
    return Section(
        id="levels",
        question=words.text("kickoff.levels.question"),
        headline=headline,
        blocks=(Exhibit(table=table, notes=notes),) if rows else (_empty(scribe, "levels"),),
    )


def flows(scribe: Scribe) -> Section:
    """Throughput, flow time and load, level by level, each with its usual range."""
    words, told = scribe.words, baseline(scribe.numbers)
    heads = ("level", "finished_week", "usual", "flow_time_p50", "flow_time_p85", "load_now", "usual_load")
    table = Table(
        caption=words.text("kickoff.flows.caption"),
        name="facts",
        columns=_columns(scribe, heads, numeric=heads[1:]),
        rows=tuple(_flow(scribe, one) for one in told.flows),
    )
    notes = [words.say("kickoff.flows.note"), *(one for one in (scribe.unstable(), scribe.without()) if one)]
    measured = next((one for one in told.flows if one.level == told.level), None)
    headline = words.say("kickoff.flows.unknown")
    if measured is not None and measured.time.p85_days is not None:
        headline = words.say(
            "kickoff.flows.head", many=words.text(f"level.{measured.level}.many"), n=measured.time.p85_days
        )
    definitions = [scribe.definition(name) for name in ("throughput", "flow_time", "flow_load", "usual_range")]
    return Section(
        id="flow",
        question=words.text("kickoff.flows.question"),
        headline=headline,
        blocks=(Exhibit(table=table, notes=tuple(notes)),) if told.flows else (_empty(scribe, "flows"),),
        definitions=tuple(one for one in definitions if one is not None),
    )


def _flow(scribe: Scribe, one: LevelFlow) -> Row:
    words = scribe.words
    count, weeks = sum(one.counts), one.weeks_known
    mean = words.number(Decimal(count) / weeks, places=1) if weeks else words.text("unknown")
    return Row(
        cells=(
            Cell(text=text(words.text(f"level.{one.level}.Many"))),
            Cell(text=text(mean), note=words.say("kickoff.in_weeks", n=count, weeks=str(weeks))),
            Cell(text=_range(scribe, one.usual), width=3),
            *(
                Cell(
                    text=words.say("unknown") if days is None else words.say("kickoff.days", n=days),
                    note=words.say("kickoff.of_finished", n=one.time.n_used),
                    width=3,
                )
                for days in (one.time.p50_days, one.time.p85_days)
            ),
            Cell(text=text(words.whole(one.loads[-1]))),
            Cell(text=_range(scribe, one.usual_load), width=3),
        )
    )


def _range(scribe: Scribe, usual: UsualRange) -> Text:
    words, limits = scribe.words, usual.limits
    if limits is None:
        return words.say("kickoff.range.none")
    low = words.number(max(0.0, limits.lower or 0.0), places=1)
    return words.say("kickoff.range", low=low, high=words.number(limits.upper, places=1))


def forgotten(scribe: Scribe) -> Section:
    """Work in progress that is very old, untouched, or both."""
    words, told = scribe.words, baseline(scribe.numbers)
    every = sorted(
        (one for found in told.lying.values() for one in found),
        key=lambda one: (not one.is_forgotten, not one.is_aged, -one.days, one.journey.key),
    )
    shown, rest = every[:MOST_LYING], every[MOST_LYING:]
    heads = ("item", "level", "state", "age", "untouched", "verdict")
    notes: list[Text] = []
    if rest:
        notes.append(
            joined([words.say("kickoff.lying.more", n=len(rest)), scribe.lists([one.journey for one in rest])])
        )
    if told.unjudged:
        notes.append(words.say("kickoff.lying.unjudged", levels=_levels(scribe, told.unjudged)))
    blocks: tuple[Block, ...] = (
        Exhibit(
            table=Table(
                caption=words.text("kickoff.lying.caption"),
                name="facts",
                columns=_columns(scribe, heads, numeric=("age", "untouched")),
                rows=tuple(_lying(scribe, one) for one in shown),
            ),
            notes=tuple(notes),
            definition=scribe.definition("forgotten_work"),
        ),
    )
    count = len(told.forgotten)
    name = "head" if count else "aged" if every else "none"
    return Section(
        id="forgotten",
        question=words.text("kickoff.lying.question"),
        headline=words.say(f"kickoff.lying.{name}", n=count or len(every))
        if every
        else words.say("kickoff.lying.none"),
        blocks=blocks if every else (_empty(scribe, "lying"),),
        long=True,
    )


def _lying(scribe: Scribe, one: Lying) -> Row:
    words, journey = scribe.words, one.journey
    verdict = "forgotten" if one.is_forgotten else "aged" if one.is_aged else "untouched"
    return Row(
        cells=(
            Cell(text=scribe.item(journey), note=foreign(brief(journey.title)), width=6),
            Cell(text=text(words.text(f"level.{journey.placement.level}.one"))),
            Cell(text=foreign(journey.status)),
            Cell(text=words.say("kickoff.days", n=one.days)),
            Cell(text=words.say("kickoff.days", n=one.untouched_days)),
            Cell(
                text=words.say(f"kickoff.verdict.{verdict}"),
                status=Status.BAD if one.is_forgotten else Status.WARN,
                width=3,
            ),
        )
    )


def streams(scribe: Scribe) -> Section:
    """Along what the work could be cut into value streams, with the share of work of each part."""
    words, told = scribe.words, baseline(scribe.numbers)
    rows = [each for one in told.candidates for each in _parts(scribe, one)]
    heads = ("along", "part", "share", "items")
    best = max(told.candidates, key=lambda one: (one.kind != "project", one.total - one.bare), default=None)
    headline = words.say("kickoff.streams.none")
    if best is not None:
        share = words.percent(Decimal(float(1 - best.bare / best.total)))
        headline = words.say(f"kickoff.streams.head.{best.kind}", share=share, n=len(best.item_days))
    exhibit = Exhibit(
        table=Table(
            caption=words.text("kickoff.streams.caption"),
            name="facts",
            columns=_columns(scribe, heads, numeric=("share", "items")),
            rows=tuple(rows),
        ),
        notes=(words.say("kickoff.streams.note", period=words.period(told.window)),),
        definition=scribe.definition("flow_share"),
    )
    return Section(
        id="streams",
        question=words.text("kickoff.streams.question"),
        headline=headline,
        blocks=(exhibit,) if rows else (_empty(scribe, "streams"),),
        long=True,
    )


def _parts(scribe: Scribe, one: Candidates) -> Iterable[Row]:
    """The largest parts of one kind of mark, then the rest and what bears none: they add up to the whole."""
    words = scribe.words
    names = list(one.item_days)
    shown, rest = names[:MOST_PARTS], names[MOST_PARTS:]
    days = {f"= {name}": one.item_days[name] for name in shown}
    days |= {"rest": sum((one.item_days[name] for name in rest), start=one.total * 0), "bare": one.total * 0 + one.bare}
    percent = percentages(days)
    along = words.say(f"kickoff.along.{one.kind}")
    for name in shown:
        yield row(along, foreign(name), scribe.share(percent[f"= {name}"]), words.whole(one.items[name]))
    if rest:
        yield row(along, words.say("kickoff.part.rest", n=len(rest)), scribe.share(percent["rest"]), "")
    if one.bare:
        yield row(along, words.say("kickoff.part.bare"), scribe.share(percent["bare"]), "")


def alignment(scribe: Scribe) -> Section:
    """How much of the work serves a theme today."""
    words, numbers = scribe.words, scribe.numbers
    themes = numbers.book.portfolio.themes
    if not themes or not numbers.share_percent:
        return Section(
            id="alignment",
            question=words.text("kickoff.alignment.question"),
            headline=words.say("kickoff.alignment.none" if not themes else "trust.aligned.unknown"),
            blocks=(_empty(scribe, "alignment" if not themes else "flows"),),
        )
    names = {one.id: one.name for one in themes}
    rows = [
        row(
            foreign(names[name]) if name in names else words.say("kickoff.alignment.unaligned"),
            scribe.share(share),
        )
        for name, share in sorted(numbers.share_percent.items(), key=lambda one: (one[0] not in names, -one[1], one[0]))
    ]
    table = Table(
        caption=words.text("kickoff.alignment.caption"),
        name="facts",
        columns=_columns(scribe, ("theme", "share"), numeric=("share",)),
        rows=tuple(rows),
    )
    share = numbers.aligned_percent
    return Section(
        id="alignment",
        question=words.text("kickoff.alignment.question"),
        headline=words.say("kickoff.alignment.head", share=scribe.share(share))
        if share is not None
        else words.say("trust.aligned.unknown"),
        blocks=(Exhibit(table=table, definition=scribe.definition("flow_share")),),
    )


def limits(scribe: Scribe) -> Section:
    """First limits, from what was: lines for the settings, and where each comes from."""
    words, told = scribe.words, baseline(scribe.numbers)
    draft = told.draft
    notes = []
    if draft.wip:
        notes.append(words.say("kickoff.limits.wip", period=words.period(told.window)))
    if draft.service_days:
        notes.append(words.say("kickoff.limits.service"))
    if draft.capacity:
        notes.append(words.say("kickoff.limits.capacity", period=words.period(told.window)))
    name = "horizons" if draft.horizons else "no_horizons"
    notes += [words.say(f"kickoff.limits.{name}"), words.say("kickoff.limits.paste")]
    blocks: tuple[Block, ...] = (
        Code(label=words.text("kickoff.limits.label"), lines=snippet(draft)),
        *(Paragraph(text=one) for one in notes),
    )
    found = [scribe.definition(one) for one in ("flow_load", "service_level", "horizon_share", "capacity_share")]
    return Section(
        id="limits",
        question=words.text("kickoff.limits.question"),
        headline=words.say("kickoff.limits.none" if draft.is_empty else "kickoff.limits.head"),
        blocks=(_empty(scribe, "limits"),) if draft.is_empty else blocks,
        definitions=tuple(one for one in found if one is not None),
        long=True,
    )


def backlog(scribe: Scribe) -> Section:
    """What to mend in the trackers and the settings, by who can."""
    words, found = scribe.words, scribe.numbers.defects
    ordered = sorted(found, key=lambda one: (ORDER.index(ROLES.get(one.rule, "team")), -len(one.journeys), one.rule))
    heads = ("role", "finding", "items", "share", "oldest", "mend")
    table = Table(
        caption=words.text("kickoff.backlog.caption"),
        name="facts",
        columns=_columns(scribe, heads, numeric=("items", "share")),
        rows=tuple(_defect(scribe, one) for one in ordered),
    )
    return Section(
        id="backlog",
        question=words.text("kickoff.backlog.question"),
        headline=words.say("kickoff.backlog.head", n=len(found)) if found else words.say("kickoff.backlog.none"),
        blocks=(Exhibit(table=table, definition=scribe.definition("data_quality")),)
        if found
        else (_empty(scribe, "backlog"),),
        long=True,
    )


def _defect(scribe: Scribe, one: Defect) -> Row:
    words = scribe.words
    links = scribe.lists(one.journeys) or scribe.items(one.journeys, most=5)
    return Row(
        cells=(
            Cell(text=words.say(f"kickoff.role.{ROLES.get(one.rule, 'team')}"), width=3),
            Cell(text=words.say(f"rule.{one.rule}"), note=words.say(f"rule.{one.rule}.why"), width=6),
            Cell(text=text(words.whole(len(one.journeys)))),
            Cell(text=text(scribe.checked(one.share)) if one.share is not None else words.say("unknown")),
            Cell(text=scribe.item(one.journeys[0]), width=3),
            Cell(text=words.say(f"rule.{one.rule}.mend"), note=links, width=6),
        )
    )


def headline(scribe: Scribe) -> Text:
    """The finding: what is forgotten; else what is very old; else what is in progress."""
    words, told = scribe.words, baseline(scribe.numbers)
    if told.forgotten:
        return words.say("kickoff.headline.forgotten", n=len(told.forgotten), total=words.whole(told.in_progress))
    aged = sum(one.is_aged for found in told.lying.values() for one in found)
    if aged:
        return words.say("kickoff.headline.aged", n=aged, total=words.whole(told.in_progress))
    return words.say("kickoff.headline.quiet", n=told.in_progress, items=words.whole(told.items))


def standfirst(scribe: Scribe) -> Text:
    """The flow of the measured level, what statuses rest on, and what the page is made from."""
    words, told = scribe.words, baseline(scribe.numbers)
    parts: list[Text] = []
    measured = next((one for one in told.flows if one.level == told.level), None)
    if measured is not None and measured.time.p85_days is not None and measured.time.p50_days is not None:
        parts.append(
            words.say(
                "kickoff.standfirst.flow",
                many=words.text(f"level.{measured.level}.many"),
                half=words.text("kickoff.in_days", n=measured.time.p50_days),
                most=words.text("kickoff.in_days", n=measured.time.p85_days),
            )
        )
    if told.unconfirmed:
        parts.append(
            words.say("kickoff.standfirst.statuses", n=len(told.unconfirmed), total=words.whole(len(told.uses)))
        )
    parts.append(words.say("kickoff.standfirst.made"))
    return joined(parts)


def _columns(scribe: Scribe, heads: Iterable[str], *, numeric: Iterable[str]) -> tuple[Column, ...]:
    right = set(numeric)
    return tuple(Column(head=scribe.words.text(f"kickoff.head.{name}"), numeric=name in right) for name in heads)


def _empty(scribe: Scribe, name: str) -> Empty:
    return Empty(title=scribe.words.say(f"kickoff.empty.{name}.title"), text=scribe.words.say(f"kickoff.empty.{name}"))


def _levels(scribe: Scribe, names: Iterable[str]) -> Text:
    return scribe.words.listed([text(scribe.words.text(f"level.{name}.many")) for name in names])
