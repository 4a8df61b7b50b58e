"""What must be mended so that the other pages can be believed: rule by rule, then by who can mend it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import timedelta

from domain.journey import Journey
from domain.trust import ChecksTold
from domain.work_item import ItemId
from metrics import reasons
from metrics.alignment import is_orphan
from metrics.contradictions import contradictions
from metrics.dependencies import Health
from metrics.main_flow import LEVELS
from metrics.quality import Defect
from metrics.trust import RIBBON_BELOW, Share, is_low
from reports.hazards import dangers
from reports.links import by_source
from reports.page import Block, Cell, Column, Empty, Exhibit, Paragraph, Row, Section, Span, Status, Table, Text, joined
from reports.queries import Query, listing
from reports.reckoning import Reckoning, checked
from reports.sections.dense import ROWS, anchor
from reports.sections.scribe import Scribe, text
from reports.sections.trust import unread_names
from reports.words.catalogue import foreign

MOST = 8  # items named in one row
TARGET = 1.0
SETTINGS_ONLY = ("unmapped_status", "no_level", "ignored")  # mended in the settings, by the VMO
LONGEST_QUERY = 700  # characters of a query to paste; a longer one is cut into parts, of which the first stands here
RECENT = timedelta(days=30)


def weak(scribe: Scribe) -> Section | None:
    """The shares under what is wanted, the weakest first, each with its items and their repair; None: all are met."""
    words, numbers = scribe.words, scribe.numbers
    low = sorted(
        (share, name)
        for name, share in numbers.trust.shares.items()
        if share is not None and is_low(share) and name != "complete"  # a tracker's, told with its reading
    )
    if not low:
        return None
    rows = []
    for share, name in low:
        told: Share = getattr(numbers.trust, name)
        kept = [numbers.by_key[key] for key in told.missing if key in numbers.by_key]
        rows.append(
            Row(
                anchor=anchor("weak", name),
                cells=(
                    Cell(text=words.say(f"trust.{name}"), width=4),
                    Cell(text=text(scribe.checked(share)), note=words.say("of", n=told.n_used, total=told.n_in_scope)),
                    Cell(text=text(words.whole(len(kept)))),
                    Cell(text=scribe.items(kept, most=MOST), note=scribe.lists(kept), width=6),
                    Cell(text=words.say(f"quality.weak.{name}"), width=6),
                ),
            )
        )
    return Section(
        id="weak",
        question=words.text("quality.weak.question"),
        headline=words.say("quality.weak.head", n=len(rows), target=words.percent(RIBBON_BELOW)),
        blocks=(
            Exhibit(
                table=_table(scribe, "weak", ("rule", "share", "n", "items", "mend"), rows),
                definition=scribe.definition("trust"),
            ),
        ),
        long=True,
    )


def freshness(scribe: Scribe) -> Section:
    """How far behind each tracker is, and how often it could not be read in 30 days."""
    words, book = scribe.words, scribe.numbers.book
    since = book.published_at - RECENT
    rows = []
    for one in book.trust:
        readings = [each for each in book.records.readings if each.source == one.source and each.finished_at >= since]
        failed = sum(each.outcome != "ok" for each in readings)
        behind = None if one.complete_at is None else (book.as_of - one.complete_at).total_seconds()
        rows.append(
            Row(
                anchor=anchor("tracker", one.source),
                cells=(
                    Cell(text=foreign(one.source), note=text(one.kind)),
                    Cell(text=text(words.moment(one.complete_at)) if one.complete_at else words.say("fresh.never")),
                    Cell(
                        text=words.say("unknown") if behind is None else text(words.age(max(behind, 0))),
                        status=Status.BAD if one.is_stale(book.as_of) else Status.GOOD,
                    ),
                    Cell(text=words.say("of", n=failed, total=len(readings)) if readings else words.say("unknown")),
                    Cell(text=text(words.whole(one.held)), note=unread_names(scribe, one)),
                    Cell(text=words.say("unknown") if one.declared is None else text(words.whole(one.declared))),
                ),
            )
        )
    stale = len(scribe.numbers.stale_sources)
    unread = sum(len(one.unread) for one in book.trust)
    head = words.say("quality.fresh.stale", n=stale) if stale else words.say("quality.fresh.good", n=len(rows))
    return Section(
        id="freshness",
        is_passing=True,
        question=words.text("quality.fresh.question"),
        headline=words.say("quality.fresh.unread", n=unread) if unread else head,
        blocks=(
            Exhibit(
                table=_table(scribe, "freshness", ("tracker", "complete", "behind", "failed", "held", "declared"), rows)
            ),
        ),
    )


def coverage(scribe: Scribe) -> Section:
    """Every rule: how many items it looks at, how many pass, and which number the others distort."""
    words, found, former = scribe.words, checked(scribe.numbers.book), scribe.numbers.book.checks_told
    rows = []
    for one in found:
        passing = one.n_in_scope - len(one.journeys)
        share = None if not one.n_in_scope else passing / one.n_in_scope
        status = Status.NONE if share is None else Status.GOOD if share >= TARGET else Status.WARN
        rows.append(
            Row(
                anchor=anchor("check", one.rule),
                cells=(
                    Cell(text=words.say(f"rule.{one.rule}")),
                    Cell(text=text(words.whole(one.n_in_scope))),
                    Cell(text=text(words.whole(passing))),
                    Cell(
                        text=words.say("quality.not_evaluated") if share is None else text(scribe.checked(share)),
                        status=status,
                    ),
                    *((_trend(scribe, one, former),) if former is not None else ()),
                    Cell(text=words.say(f"quality.distorts.{one.rule}"), width=6),
                ),
            )
        )
    untold = [one for one in found if not one.n_in_scope]
    notes = [words.say("quality.coverage.note")]
    if former is None:
        notes.append(words.say("quality.trend.first"))
    else:
        told = words.say("quality.trend.since", edition=foreign(former.edition), day=words.day(former.told_on))
        notes.append(told)
    heads = ("rule", "concerned", "passing", "share", *(("trend",) if former is not None else ()), "distorts")
    if untold:
        notes.append(words.say("quality.untold", n=len(untold)))
    kept = sum(1 for one in found if one.n_in_scope and not one.journeys)
    judged = len(found) - len(untold)
    return Section(
        id="coverage",
        question=words.text("quality.coverage.question"),
        headline=words.say("quality.coverage.head", n=kept, total=words.whole(judged)),
        blocks=(
            Exhibit(
                table=_table(scribe, "coverage", heads, rows),
                notes=tuple(notes),
                definition=scribe.definition("data_quality"),
            ),
        ),
        long=True,
    )


def _trend(scribe: Scribe, one: Defect, former: ChecksTold) -> Cell:
    """How many items failed the check when the last edition told of it, beside today's; a shape only for a change."""
    words = scribe.words
    if one.rule not in former.passing or not one.n_in_scope:
        return Cell(text=words.say("quality.trend.untold"), width=3)
    passing, looked_at = former.passing[one.rule]
    moved = len(one.journeys) - (looked_at - passing)
    if not moved:
        return Cell(text=words.say("quality.trend.same"), width=3)
    name = "more" if moved > 0 else "fewer"
    return Cell(
        text=words.say(f"quality.trend.{name}", n=abs(moved)),
        status=Status.WARN if moved > 0 else Status.GOOD,
        width=3,
    )


def to_fix(scribe: Scribe) -> Section:
    """Items to mend by who answers for them: the owner of the epic above, else of the value stream; with a query."""
    words, grouped = scribe.words, repairs(scribe.numbers)
    if not grouped:
        nothing = Empty(title=words.say("quality.fix.none"), text=words.say("quality.fix.none.text"))
        return Section(id="fix", question=words.text("fix.question"), headline=words.say("quality.fix.none"),
                       blocks=(nothing,))  # fmt: skip
    rows = [
        _fix(scribe, owner, rule, kept)
        for (owner, rule), kept in sorted(grouped.items(), key=lambda pair: (pair[0][0] == "", *pair[0]))
    ]
    notes = [words.say("quality.fix.note")]
    if len(rows) > ROWS:
        notes.append(words.say("quality.fix.more", n=len(rows) - ROWS))
    items = {one.id for kept in grouped.values() for one in kept}
    return Section(
        id="fix",
        question=words.text("fix.question"),
        headline=words.say("quality.fix.head", n=len(items)),
        blocks=(
            Exhibit(table=_table(scribe, "fix", ("owner", "rule", "n", "items", "mend"), rows[:ROWS]),
                    notes=tuple(notes)),
        ),
        long=True,
    )  # fmt: skip


def repairs(numbers: Reckoning) -> dict[tuple[str, str], list[Journey]]:
    """What is to be mended, by who answers for it and by the check that finds fault; "": nobody is named."""
    grouped: dict[tuple[str, str], list[Journey]] = {}
    for defect in numbers.defects:
        if defect.rule == "ignored":
            continue
        for journey in defect.journeys:
            owner = "" if defect.rule in SETTINGS_ONLY else responsible(numbers, journey)
            grouped.setdefault((owner, defect.rule), []).append(journey)
    return grouped


def responsible(numbers: Reckoning, journey: Journey) -> str:
    """Who answers for an item: the owner of the epic it hangs below, or of its value stream; "": nobody is named."""
    here: Journey | None = journey
    seen: set[ItemId] = set()
    while here is not None and here.id not in seen:
        if here.placement.level == "epic" and here.owner:
            return here.owner
        seen.add(here.id)
        here = numbers.items.get(here.parent_id) if here.parent_id else None
    streams = {one.id: one.owner or "" for one in numbers.book.portfolio.value_streams}
    return streams.get(journey.placement.value_stream or "", "")


def alignment(scribe: Scribe) -> Section:
    """How much is tied to a theme, level by level, in each value stream."""
    words, book = scribe.words, scribe.numbers.book
    if not book.portfolio.themes:
        nothing = Empty(title=words.say("quality.alignment.none"), text=words.say("quality.alignment.none.text"))
        return Section(id="alignment", question=words.text("quality.alignment.question"),
                       headline=words.say("quality.alignment.none"), blocks=(nothing,))  # fmt: skip
    streams: list[tuple[str | None, Text]] = [(one.id, foreign(one.name)) for one in book.portfolio.value_streams]
    streams.append((None, words.say("quality.no_stream")))
    quarter = scribe.numbers.flow.window if scribe.numbers.flow is not None else scribe.numbers.week
    begin, end = book.calendar.start_of(quarter.start), book.calendar.start_of(quarter.end)
    live = [one for one in book.journeys if one.removed_at is None and one.placement.level in LEVELS]
    rows = []
    for id, name in streams:
        here = [one for one in live if one.placement.value_stream == id]
        if not here:
            continue
        is_open = [one for one in here if one.is_open]
        done = [one for one in here if one.finished_at is not None and begin <= one.finished_at < end]
        cells = [_tied(scribe, [one for one in is_open if one.placement.level == level]) for level in LEVELS]
        rows.append(Row(anchor=anchor("aligned", id or "none"),
                        cells=(Cell(text=name), *cells, _tied(scribe, done))))  # fmt: skip
    open_epics = [one for one in live if one.is_open and one.placement.level == "epic"]
    tied = sum(not is_orphan(one) for one in open_epics)
    return Section(
        id="alignment",
        question=words.text("quality.alignment.question"),
        headline=words.say("quality.alignment.head", n=tied, total=words.whole(len(open_epics))),
        blocks=(
            Exhibit(
                table=_table(scribe, "alignment", ("stream", "epic", "feature", "story", "finished"), rows),
                notes=(words.say("quality.alignment.note"),),
            ),
        ),
    )


def contradicting(scribe: Scribe) -> Section:
    """What the records say in two ways at once."""
    words, numbers = scribe.words, scribe.numbers
    book = numbers.book
    against = book.once(
        f"contradictions at {book.published_at.isoformat()}", lambda: contradictions(checked(book), book.journeys)
    )
    found = [(one.rule, one.journeys) for one in against]
    stale = [numbers.items[one.edge.after] for one in dangers(numbers).standing(Health.STALE)
             if one.edge.after in numbers.items]  # fmt: skip
    if stale:
        found.append(("blocked_by_closed", tuple({one.id: one for one in stale}.values())))
    if not found:
        nothing = Empty(title=words.say("quality.contradictions.none"), text=words.say("quality.contradictions.why"))
        return Section(id="contradictions", question=words.text("quality.contradictions.question"),
                       headline=words.say("quality.contradictions.none"), blocks=(nothing,))  # fmt: skip
    rows = [
        Row(
            anchor=anchor("contradiction", rule),
            cells=(
                Cell(text=words.say(f"rule.{rule}")),
                Cell(text=text(words.whole(len(kept)))),
                Cell(text=scribe.items(kept, most=MOST), note=scribe.lists(kept), width=6),
                Cell(text=words.say(f"rule.{rule}.mend"), width=6),
            ),
        )
        for rule, kept in found
    ]
    items = {one.id for _, kept in found for one in kept}
    return Section(
        id="contradictions",
        question=words.text("quality.contradictions.question"),
        headline=words.say("quality.contradictions.head", n=len(items)),
        blocks=(Exhibit(table=_table(scribe, "contradictions", ("rule", "n", "items", "mend"), rows)),),
        long=True,
    )


def left_out(scribe: Scribe) -> Section:
    """What every report leaves out and why, and the names that the settings do not know."""
    words, numbers = scribe.words, scribe.numbers
    counted = Counter(
        (one.excluded_reason, one.placement.level or "none")
        for one in numbers.book.journeys
        if one.excluded_reason is not None
    )
    names = sorted({reason for reason, _ in counted})
    rows = [
        Row(
            anchor=anchor("excluded", name),
            cells=(
                Cell(text=text(reasons.words(name, words.locale))),
                *(Cell(text=text(words.whole(counted[name, level]))) for level in (*LEVELS, "none")),
            ),
        )
        for name in names
    ]
    blocks: list[Block] = []
    if rows:
        heads = ("reason", "epic", "feature", "story", "no_level")
        blocks.append(Exhibit(table=_table(scribe, "excluded", heads, rows)))
    blocks += [Paragraph(text=one) for one in _unknown_names(scribe)]
    total = sum(counted.values())
    if not blocks:
        blocks.append(Empty(title=words.say("quality.left_out.none"), text=words.say("quality.left_out.why")))
    return Section(
        id="left-out",
        question=words.text("quality.left_out.question"),
        headline=words.say("quality.left_out.head", n=total) if total else words.say("quality.left_out.none"),
        blocks=tuple(blocks),
    )


def _unknown_names(scribe: Scribe) -> Iterable[Text]:
    """Statuses and types that are at no place in the settings, and fields that no item shows."""
    words, by_rule = scribe.words, {one.rule: one for one in scribe.numbers.defects}
    for rule in ("unmapped_status", "no_level"):
        if rule in by_rule:
            named = Counter(by_rule[rule].details.values()).most_common(20)
            said: list[Text] = [(*foreign(name), Span(text=f" ({words.whole(n)})")) for name, n in named]
            yield words.say(f"quality.{rule}", names=words.listed(said))
    governed = scribe.numbers.book.governed
    unseen = sorted({(one.item.source, name) for one in governed.subjects.values() for name in one.unseen})
    if unseen:
        yield words.say("quality.field_unseen",
                        names=words.listed([(*foreign(name), Span(text=" ("), *foreign(source), Span(text=")"))
                                            for source, name in unseen]))  # fmt: skip


def _fix(scribe: Scribe, owner: str, rule: str, kept: Sequence[Journey]) -> Row:
    words = scribe.words
    named = foreign(owner) if owner else words.say("quality.vmo" if rule in SETTINGS_ONLY else "quality.nobody")
    in_all = {source: len(items) for source, items in by_source(kept).items()}
    queries: list[Text] = [
        (*_queried(scribe, one, of=in_all[one.source]), Span(text=one.text, foreign=True))
        for one in listing(kept[: MOST * 4], scribe.numbers.sources)
        if len(one.text) <= LONGEST_QUERY
    ]
    lists = scribe.lists(kept)
    return Row(
        anchor=anchor("fix", owner or "nobody", rule),
        cells=(
            Cell(text=named),
            Cell(text=words.say(f"rule.{rule}"), width=3),
            Cell(text=text(words.whole(len(kept)))),
            Cell(text=scribe.items(kept, most=MOST), note=joined([lists, *queries], " · "), width=6),
            Cell(text=words.say(f"rule.{rule}.mend"), width=6),
        ),
    )


def _queried(scribe: Scribe, one: Query, *, of: int) -> Text:
    """What stands before a query to paste: its language, and how many of the items it lists where that is not all."""
    words = scribe.words
    label = Span(text=one.language, strong=True)
    if one.items == of:
        return (label, Span(text=" "))
    return (label, *words.say("quality.query.part", some=words.whole(one.items), whole=words.whole(of)))


def _tied(scribe: Scribe, kept: Sequence[Journey]) -> Cell:
    words = scribe.words
    if not kept:
        return Cell(text=words.say("none"))
    tied = sum(not is_orphan(one) for one in kept)
    return Cell(text=text(scribe.checked(tied / len(kept))), note=words.say("of", n=tied, total=len(kept)))


NUMERIC = frozenset({"held", "share", "declared", "concerned", "passing", "n", "epic", "feature", "story", "no_level"})


def _table(scribe: Scribe, name: str, heads: Sequence[str], rows: Iterable[Row]) -> Table:
    words = scribe.words
    return Table(
        caption=words.text(f"quality.caption.{name}"),
        name=f"log-{name}",
        columns=tuple(Column(head=words.text(f"quality.head.{one}"), numeric=one in NUMERIC) for one in heads),
        rows=tuple(rows),
    )
