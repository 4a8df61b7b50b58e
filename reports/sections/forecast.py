"""When will it be done, how many by then, why did dates move, and do our forecasts come true? Definition 3.4."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

from domain.journey import Journey
from metrics.forecasts.deliveries import Delivery
from metrics.forecasts.looking_back import LookedBack
from metrics.forecasts.moved import Moved
from metrics.forecasts.plan import Plan
from metrics.forecasts.planning import PORTFOLIO, name_of
from metrics.forecasts.samples import Refusal
from metrics.forecasts.when import Forecast, Likelihood
from metrics.percentiles import percentile
from reports.findings import capitalised, closed
from reports.findings.late import asked_apart
from reports.money import epic_costs
from reports.outlook import EVEN, LIKELY, Outlook, read_until
from reports.page import (
    Block,
    Cell,
    Column,
    Definition,
    Entry,
    Exhibit,
    Paragraph,
    Row,
    Section,
    Status,
    Table,
    Text,
    joined,
)
from reports.sections.scribe import Scribe, brief, text
from reports.words.catalogue import Part, emphasised, foreign

MOST = 20
MOST_IN_SHORT = 60  # of those further down, with their dates in a line
MOST_MOVED = 8
MOST_TOLD = 3  # among other changes


def forecast(scribe: Scribe) -> Section | None:
    """The open epics and their dates, the increment, what moved, and what came true; None where no epic is open."""
    ahead = scribe.numbers.book.outlook
    if ahead is None or not ahead.forecasts.epics:
        return None
    words = scribe.words
    blocks: list[Block] = [Paragraph(text=one) for one in (doubts(scribe, page=""),) if one]
    blocks += [Paragraph(text=_looking_back(scribe, one)) for one in ahead.looked_back if _is_told(ahead, one)]
    blocks += [_epics(scribe, ahead), *_increment(scribe, ahead), *_moved(scribe, ahead)]
    if not unproven(scribe):
        blocks.append(Paragraph(text=_came_true(scribe, ahead)))
    extra = [scribe.definition(name) for name in ("forecast_look_back", "forecast_coverage", "forecast_brier")]
    return Section(
        id="forecast",
        question=words.text("forecast.question"),
        headline=_headline(scribe, ahead),
        intro=joined([_apart(scribe, ahead), _together(scribe, ahead)]),
        blocks=tuple(blocks),
        long=True,
        definitions=(*(one for one in extra if one is not None), *_cost(scribe)),
    )


def _cost(scribe: Scribe) -> tuple[Definition, ...]:
    """What the cost of an epic is, where any money is told: the decisions about late ones name it."""
    if epic_costs(scribe.numbers.book) is None:
        return ()
    words = scribe.words
    return (Definition(id="epic_cost", name=words.text("cost.name"), text=words.say("cost.how")),)


def in_short(scribe: Scribe) -> Text:
    """How the due dates stand, in a strong sentence, and how likely all of the increment are met; nothing without."""
    ahead = scribe.numbers.book.outlook
    if ahead is None or not ahead.forecasts.epics:
        return ()
    said = closed(_headline(scribe, ahead))
    return joined([tuple(emphasised(one) for one in said), _together(scribe, ahead)])


def dates_moved(scribe: Scribe, *, theme: str | None = None) -> list[Entry]:
    """The 85 % dates that moved furthest since the last edition, one line each, and why; the others are counted.

    `theme`: of its epics alone.
    """
    words, ahead = scribe.words, scribe.numbers.book.outlook
    found = [one for one in ahead.really_moved if one.days is not None] if ahead is not None else []
    if ahead is not None and theme is not None:
        found = [one for one in found if ahead.planned.epics[one.id].placement.themes.get(theme)]
    if ahead is None or not found:
        return []
    label = words.text("forecast.changes.label")
    entries = [Entry(label=label, text=_line(scribe, one, ahead.planned.epics[one.id])) for one in found[:MOST_TOLD]]
    if len(found) > MOST_TOLD:
        entries.append(Entry(label=label, text=words.say("forecast.changes.more", n=len(found) - MOST_TOLD)))
    entries[-1] = replace(entries[-1], text=joined([entries[-1].text, scribe.shaky()]))
    return entries


def date_range(scribe: Scribe, one: Forecast) -> Text:
    """The days by which an epic is done with 50 and 85 %: a range, never one day; or that it is not known."""
    words = scribe.words
    if 50 not in one.dates:
        return words.say("unknown")
    if 85 not in one.dates:
        return words.say("forecast.range.open", first=words.day(one.dates[50]))
    first, last = one.dates[50], one.dates[85]
    return words.say("forecast.range", first=words.first_day(first, last), last=words.day(last))


def likely_date(scribe: Scribe, epic: Journey, *, with_due: bool = True) -> Cell:
    """When an epic will be done, as one cell: the range, and how likely that meets its due date.

    `with_due`: the due date is named, since no other cell does.
    """
    words, ahead = scribe.words, scribe.numbers.book.outlook
    one = ahead.forecasts.of(name_of(epic.id)) if ahead is not None else None
    if ahead is None or one is None:
        return Cell(text=words.say("unknown" if epic.is_open else "forecast.nothing_left"), width=6)
    return dated(scribe, one, due_on=epic.due_on, as_of=ahead.planned.plan.as_of, with_due=with_due)


def dated(scribe: Scribe, one: Forecast, *, due_on: date | None, as_of: date, with_due: bool = True) -> Cell:
    """A forecast as one cell: the range, and how likely that meets a due date; or why there is none."""
    words = scribe.words
    if one.is_done:
        return Cell(text=words.say("forecast.finished"), note=words.say("forecast.finished.note"), width=6)
    if one.refused is not None:
        return Cell(text=words.say("forecast.too_early"), note=why(scribe, one.refused), width=6)
    likely = _likelihood(scribe, one.likelihood, as_of=as_of)
    if due_on is None:
        return Cell(text=date_range(scribe, one), width=6)
    note = words.say("forecast.due", day=words.day(due_on), likely=likely.text) if with_due else likely.text
    return Cell(text=date_range(scribe, one), note=note, status=likely.status, width=6)


def unproven(scribe: Scribe) -> Text:
    """What a reader must know before any date: that our forecasts were not put to the test, or failed it.

    Nothing where the 85 % dates came true as promised, and where there is no date to doubt.
    """
    ahead = scribe.numbers.book.outlook
    if ahead is None or not ahead.dated:
        return ()
    return () if ahead.is_proven else _came_true(scribe, ahead)


def doubts(scribe: Scribe, *, page: str | None = None) -> Text:
    """What a reader must know before any date: `unproven`, and that the flow it rests on is not stable."""
    ahead = scribe.numbers.book.outlook
    is_dated = ahead is not None and bool(ahead.dated)
    return joined([unproven(scribe), scribe.shaky(page) if is_dated else ()])


def why(scribe: Scribe, refusal: Refusal) -> Text:
    """Why there is no date, in a clause."""
    ahead = scribe.numbers.book.outlook
    names = {id: one.key for id, one in ahead.planned.epics.items()} if ahead is not None else {}
    subject = refusal.subject
    if refusal.reason in ("cycle", "predecessor_unknown"):
        keys = [names.get(name, name.partition("/")[2]) for name in subject.split(", ")]
        return scribe.words.say(
            f"forecast.why.{refusal.reason}", items=scribe.words.listed([scribe.key(k) for k in keys])
        )
    if refusal.reason == "unknown_size":
        return scribe.words.say("forecast.why.unknown_size", kind=foreign(subject.partition(" ")[2] or subject))
    if refusal.reason == "unclosed":
        return scribe.words.say("forecast.why.unclosed", n=int(subject))
    days = scribe.words.whole(scribe.numbers.book.portfolio.forecasting.window_days)
    return scribe.words.say(f"forecast.why.{refusal.reason}", who=people(scribe, subject), days=days)


def assumed(scribe: Scribe, plan: Plan, shown: Iterable[Forecast]) -> list[Text]:
    """Where the sizes come from of what is not split: from finished ones, or of which types from the settings."""
    kinds = {kind for one in shown for work in one.epic.work.values() for kind, count in work.unsplit.items() if count}
    words = scribe.words
    drawn = [words.say("forecast.note.assumed")] if kinds & (plan.sizes.keys() - plan.assumed) else []
    return drawn + [
        words.say(
            "forecast.note.ranged",
            kind=foreign(kind.partition(" ")[2]),
            least=words.whole(min(plan.sizes[kind])),
            most=words.whole(max(plan.sizes[kind])),
        )
        for kind in sorted(kinds & plan.assumed)
    ]


def people(scribe: Scribe, name: str) -> Text:
    """Who works, as their name is said."""
    kind, _, about = name.partition(":")
    if name == PORTFOLIO:
        return scribe.words.say("forecast.whole")
    streams = {one.id: one.name for one in scribe.numbers.book.portfolio.value_streams}
    return foreign(streams.get(about, about) if kind == "value_stream" else about)


def _headline(scribe: Scribe, ahead: Outlook) -> Text:
    words = scribe.words
    if not any(one.dates for one in ahead.forecasts.epics):
        return words.say("forecast.head.none")
    if ahead.late:
        if len(ahead.late) == len(ahead.due):
            return words.say("forecast.head.late.all", n=len(ahead.late))
        return words.say("forecast.head.late", n=len(ahead.late), total=len(ahead.due))
    if ahead.due:
        return words.say("forecast.head.due", n=len(ahead.due))
    return words.say("forecast.head.dated", n=len(ahead.dated))


def _apart(scribe: Scribe, ahead: Outlook) -> Text:
    """Which late epics have a question of their own: the decision about the others counts fewer than are late."""
    own = asked_apart(scribe.numbers)
    late = [ahead.epic(one) for one in ahead.late]
    apart = [one for one in late if one.key in own]
    if not apart or len(late) == 1:
        return ()
    epics = scribe.items(apart, most=MOST_TOLD)
    return scribe.words.say("forecast.apart", n=len(apart), late=len(late), epics=epics)


def _together(scribe: Scribe, ahead: Outlook) -> Text:
    """How likely all epics are that are due by the end of the increment, of those whose work is not finished."""
    words, found = scribe.words, ahead.together
    if found is None:
        return ()
    name = foreign(ahead.increment.name)
    left = [id for id in found.epics if (one := ahead.forecasts.of(id)) is None or not one.is_done]
    parts: dict[str, Part] = {"n": len(left or found.epics), "name": name, "day": words.day(found.by)}
    if found.unknown:
        lost = [scribe.item(ahead.planned.epics[id]) for id in found.unknown]
        return words.say("forecast.together.unknown", **parts, items=words.listed(lost))
    if found.share is None or found.bound is None:
        return words.say("forecast.together.done", **parts)
    share, bound = likely_share(scribe, found.share), likely_share(scribe, found.bound)
    bound = bound[:1].upper() + bound[1:]  # it begins a sentence
    return capitalised(words.say("forecast.together", **parts, share=share, bound=bound))


def _is_told(ahead: Outlook, one: LookedBack) -> bool:
    """Is there an epic with a date of this group today?"""
    return any(each.epic.group == one.group for each in ahead.dated)


def _looking_back(scribe: Scribe, one: LookedBack) -> Text:
    """How often such dates would have been met in the last year, and what that does to those of today."""
    words = scribe.words
    what, months = words.text(f"forecast.back.{one.group}"), words.whole(one.months)
    if one.share is None:
        return words.say("forecast.back.none", what=what, months=months)
    if one.verdict == "too_few":
        return words.say(
            "forecast.back.too_few",
            n=one.resolved,
            what=what,
            months=months,
            epics=words.say("count.epic", n=one.epics),
        )
    said = words.say("forecast.back", n=one.resolved, what=what, months=months, share=words.percent(float(one.share)))
    chance = likely_share(scribe, one.p_value or 0)
    if not one.late:
        return (*said, *words.say(f"forecast.back.{one.verdict}", chance=chance))
    days = one.late.get(85)
    if days is None:
        return (*said, *words.say("forecast.back.unknown", chance=chance))
    return (*said, *words.say("forecast.back.later", n=days, chance=chance))


def _epics(scribe: Scribe, ahead: Outlook) -> Exhibit:
    words = scribe.words
    shown = ahead.pressing[:MOST] or ahead.forecasts.epics[:MOST]
    rest = [one for one in ahead.forecasts.epics if one not in shown]
    plan = ahead.planned.plan
    order = joined([words.say(f"forecast.note.order.{ahead.planned.ordered_by}"), words.say("forecast.note.order")])
    notes = [order, _growth(scribe, plan.growth), words.say("forecast.back.note"), *assumed(scribe, plan, shown)]
    if any(one.refused is not None and one.refused.reason == "unknown_size" for one in ahead.forecasts.epics):
        notes.append(words.say("forecast.note.unknown"))
    if any(len(one.parts) > 1 for one in shown):
        notes.append(words.say("forecast.note.teams"))
    late = [words.say("forecast.read", who=people(scribe, name), day=words.day(day))
            for name, day in sorted(read_until(ahead.planned).items())]  # fmt: skip
    if late:
        notes.append(words.say("forecast.note.read", people=words.listed(late)))
    if rest:
        notes.append(words.say("forecast.note.rest", n=len(rest), items=_in_short(scribe, ahead, rest)))
    if ahead.planned.unmapped:
        keys = words.listed([scribe.key(key) for key in ahead.planned.unmapped])
        notes.append(words.say("forecast.note.unmapped", n=len(ahead.planned.unmapped), items=keys))
    notes.append(
        words.say(
            "forecast.note.seed",
            n=plan.trials,
            seed=str(plan.seed),
            days=words.text("forecast.note.days", n=ahead.planned.window_days),
        )
    )
    return Exhibit(
        table=Table(
            caption=words.text("forecast.caption", day=words.full_day(plan.as_of)),
            name="forecast",
            columns=(
                Column(head=words.text("head.epic")),
                Column(head=words.text("head.due")),
                Column(head=words.text("head.likelihood")),
                Column(head=words.text("head.by50")),
                Column(head=words.text("head.by85")),
            ),
            rows=tuple(_row(scribe, ahead, one) for one in shown),
        ),
        notes=tuple(notes),
        definition=scribe.definition("forecast_when"),
    )


def _growth(scribe: Scribe, growth: Sequence[int]) -> Text:
    """How what is left is taken to grow; or that nothing is added."""
    if tuple(growth) == (100,):
        return scribe.words.say("forecast.note.growth")
    half, most = (scribe.words.percent(Decimal(percentile(growth, p)) / 100) for p in (50, 85))
    return scribe.words.say("forecast.note.grown", half=half, most=most)


def _in_short(scribe: Scribe, ahead: Outlook, rest: Sequence[Forecast]) -> Text:
    """Epics with their dates, in a line."""
    words = scribe.words
    told = [
        (*scribe.item(ahead.epic(one)), *text(" ("), *date_range(scribe, one), *text(")"))
        for one in rest[:MOST_IN_SHORT]
    ]
    more = words.say("items.more", n=len(rest) - MOST_IN_SHORT) if len(rest) > MOST_IN_SHORT else ()
    return (*joined(told, ", "), *more)


def _row(scribe: Scribe, ahead: Outlook, one: Forecast) -> Row:
    words, epic = scribe.words, ahead.epic(one)
    due = text(words.day(epic.due_on)) if epic.due_on is not None else words.say("forecast.no_due")
    first = Cell(text=foreign(brief(epic.title)), note=(*scribe.item(epic), *_left(scribe, one)))
    if one.is_done:
        closed = Cell(text=words.say("forecast.finished"), note=words.say("forecast.finished.note"), width=6)
        return Row(
            cells=(
                first,
                Cell(text=due),
                Cell(text=words.say("forecast.to_close"), status=Status.WARN),
                closed,
                Cell(text=words.say("forecast.nothing_left")),
            )
        )
    if one.refused is not None:
        none = Cell(text=words.say("forecast.too_early"), note=_refused(scribe, one, one.refused), width=6)
        return Row(
            cells=(first, Cell(text=due), Cell(text=words.say("unknown")), none, Cell(text=words.say("unknown")))
        )
    return Row(
        cells=(
            first,
            Cell(text=due),
            _likelihood(scribe, one.likelihood, as_of=ahead.planned.plan.as_of),
            Cell(text=_by_then(scribe, ahead, one, 50), note=_also(scribe, one, 70), width=3),
            Cell(text=_by_then(scribe, ahead, one, 85), note=_further(scribe, one), width=3),
        )
    )


def _left(scribe: Scribe, one: Forecast) -> Text:
    """What is left of an epic, after its key."""
    words = scribe.words
    if not one.epic.remaining:
        return words.say("forecast.unsplit") if one.is_assumed else ()
    left = words.say(f"count.{_level(scribe)}", n=one.epic.remaining)
    return words.say("forecast.left.more" if one.is_assumed else "forecast.left", left=left)


def _refused(scribe: Scribe, one: Forecast, refusal: Refusal) -> Text:
    words = scribe.words
    said = [why(scribe, refusal)]
    for name, told in (("alone", one.alone), ("known", one.known_only)):
        if 50 in told and 85 in told:
            dates = {"first": words.day(told[50]), "last": words.day(told[85])}
            said.append(words.say(f"forecast.{name}.only", **dates))
            break
    return words.parted(said)


def _likelihood(scribe: Scribe, likely: Likelihood | None, *, as_of: date) -> Cell:
    words = scribe.words
    if likely is None:
        return Cell(text=words.say("forecast.nothing_due"))
    if likely.by < as_of:
        return Cell(text=words.say("forecast.overdue"), status=Status.BAD)
    status = Status.GOOD if likely.share >= LIKELY else Status.WARN if likely.share >= EVEN else Status.BAD
    return Cell(text=text(likely_share(scribe, likely.share)), status=status)


def likely_share(scribe: Scribe, share: float) -> str:
    """A likelihood as it may be read: never certain while anything remains, never better than it is."""
    words = scribe.words
    if share > 0.95:
        return words.text("forecast.over", share=words.percent(0.95))
    if share < 0.01:
        return words.text("forecast.under", share=words.percent(0.01))
    return words.percent(Decimal(int(Decimal(repr(share)) * 100)) / 100)


def _day(scribe: Scribe, day: date | None) -> Text:
    return scribe.words.say("forecast.never") if day is None else text(scribe.words.day(day))


def _by_then(scribe: Scribe, ahead: Outlook, one: Forecast, p: int) -> Text:
    """The day of a percentile; where it has none, whether for want of time or of knowledge."""
    if p not in one.dates and ahead.lateness(one).get(p, 0) is None:
        return scribe.words.say("forecast.unlearnt")
    return _day(scribe, one.dates.get(p))


def _also(scribe: Scribe, one: Forecast, p: int) -> Text:
    words = scribe.words
    if p not in one.dates:
        return ()
    return words.say("forecast.also", share=words.percent(p / 100), day=words.day(one.dates[p]))


def _further(scribe: Scribe, one: Forecast) -> Text:
    """The 95 % day; the 85 % one without waiting for other epics, of what is split alone, and if all teams rise alike,
    where they differ.
    """
    words = scribe.words
    said = [_also(scribe, one, 95)]
    promised = one.dates.get(85)
    if (alone := one.alone.get(85)) is not None and one.epic.after and alone != promised:
        said.append(words.say("forecast.alone", day=words.day(alone)))
    is_partly_split = one.is_assumed and one.epic.remaining
    if is_partly_split and (known := one.known_only.get(85)) is not None and known != promised:
        said.append(words.say("forecast.known", day=words.day(known)))
    if (bound := one.together.get(85)) is not None and promised is not None and promised - bound > timedelta(days=1):
        said.append(words.say("forecast.bound", day=words.day(bound)))
    return joined([one for one in said if one], ", ")


def _increment(scribe: Scribe, ahead: Outlook) -> Iterable[Block]:
    """How many items by the end of the increment, beside what the same time before had."""
    words, level = scribe.words, _level(scribe)
    if not ahead.deliveries:
        return
    whole, by = ahead.deliveries[0], ahead.increment.period.last_day
    days = (by - ahead.planned.plan.as_of).days
    parts: dict[str, Part] = {"name": foreign(ahead.increment.name), "day": words.day(by)}
    if whole.found.refused is not None:
        clause = why(scribe, _about(whole.found.refused, whole.name))
        yield Paragraph(text=words.say("forecast.many.refused", **parts, why=clause))
    else:
        least, most = whole.found.at_least[85], whole.found.at_least[50]
        counts = words.say(f"count.{level}", n=least)
        said = words.say("forecast.many", **parts, counts=counts, most=most)
        if whole.actual is not None:
            said = (*said, *words.say("forecast.many.before", n=days, actual=whole.actual))
        yield Paragraph(text=said)
    alarms = [one for one in ahead.deliveries if one.sanity is not None and one.sanity.is_alarming]
    notes = [words.say("forecast.many.note")]
    if alarms:
        told = words.listed([people(scribe, one.name) for one in alarms])
        notes.insert(0, words.say("forecast.many.alarm", n=len(alarms), people=told))
    yield Exhibit(
        table=Table(
            caption=words.text(
                "forecast.many.caption",
                level=words.text(f"level.{level}.Many"),
                name=foreign(ahead.increment.name),
                day=words.full_day(by),
            ),
            name="many",
            columns=(
                Column(head=words.text("head.who")),
                Column(head=words.text("head.many50"), numeric=True),
                Column(head=words.text("head.many85"), numeric=True),
                Column(head=words.text("head.many95"), numeric=True),
                Column(head=words.text("head.last", n=days), numeric=True),
            ),
            rows=tuple(_delivered(scribe, one) for one in ahead.deliveries),
        ),
        notes=tuple(notes),
        definition=scribe.definition("forecast_how_many"),
    )


def _delivered(scribe: Scribe, one: Delivery) -> Row:
    words = scribe.words
    name = Cell(text=people(scribe, one.name))
    is_odd = one.sanity is not None and one.sanity.is_alarming
    last = Cell(
        text=words.say("unknown") if one.actual is None else text(words.whole(one.actual)),
        note=words.say("forecast.many.odd") if is_odd else (),
        status=Status.WARN if is_odd else None,
    )
    if one.found.refused is not None:
        none = Cell(text=words.say("forecast.too_early"), note=why(scribe, _about(one.found.refused, one.name)))
        return Row(cells=(name, none, Cell(text=words.say("unknown")), Cell(text=words.say("unknown")), last))
    counts = (Cell(text=words.say("forecast.at_least", n=one.found.at_least[p])) for p in (50, 85, 95))
    return Row(cells=(name, *counts, last))


def _about(refusal: Refusal, name: str) -> Refusal:
    return Refusal(reason=refusal.reason, subject=refusal.subject or name)


def _moved(scribe: Scribe, ahead: Outlook) -> Iterable[Block]:
    """Why dates differ from those of the last edition."""
    words, former = scribe.words, ahead.former
    if former is None:
        yield Paragraph(text=words.say("forecast.moved.first"))
        return
    since = words.day(former.as_of)
    found = ahead.really_moved
    if not found:
        yield Paragraph(text=words.say("forecast.moved.none", day=since))
        return
    worst = max(found, key=lambda one: one.days or 0)
    if worst.days is not None and worst.days > 0:
        yield Paragraph(
            text=words.say(
                "forecast.moved",
                n=len(found),
                day=since,
                item=scribe.item(ahead.planned.epics[worst.id]),
                by=_by(scribe, worst.days),
            )
        )
    else:
        yield Paragraph(text=words.say("forecast.moved.closer", n=len(found), day=since))
    notes = [words.say("forecast.moved.note")]
    if len(found) > MOST_MOVED:
        rest = [ahead.planned.epics[one.id] for one in found[MOST_MOVED:]]
        notes.append(words.say("forecast.moved.more", n=len(rest), items=scribe.items(rest)))
    yield Exhibit(
        table=Table(
            caption=words.text("forecast.moved.caption", day=words.full_day(former.as_of)),
            name="moved",
            columns=(
                Column(head=words.text("head.epic")),
                Column(head=words.text("head.before")),
                Column(head=words.text("head.now")),
                Column(head=words.text("head.moved_by")),
                Column(head=words.text("head.because")),
            ),
            rows=tuple(_move(scribe, one, ahead.planned.epics[one.id]) for one in found[:MOST_MOVED]),
        ),
        notes=tuple(notes),
    )


def _move(scribe: Scribe, one: Moved, epic: Journey) -> Row:
    words = scribe.words
    by = words.say("unknown") if one.days is None else _by(scribe, one.days)
    status = None if not one.days else Status.BAD if one.days > 0 else Status.GOOD
    return Row(
        cells=(
            Cell(text=foreign(brief(epic.title)), note=scribe.item(epic)),
            Cell(text=_day(scribe, one.before)),
            Cell(text=_day(scribe, one.after)),
            Cell(text=by, status=status),
            Cell(text=_because(scribe, one), width=6),
        )
    )


def _line(scribe: Scribe, one: Moved, epic: Journey) -> Text:
    """A move in a sentence."""
    return scribe.words.say(
        "forecast.changes",
        item=scribe.item(epic, with_title=True),
        before=_day(scribe, one.before),
        after=_day(scribe, one.after),
        why=_because(scribe, one),
    )


def _because(scribe: Scribe, one: Moved) -> Text:
    """The parts of a move, the largest first; or why it cannot be taken apart."""
    words = scribe.words
    if one.refused is not None:
        return words.say(f"forecast.moved.{one.refused.reason}")
    parts = sorted(((days, name) for name, days in one.parts.items() if days), key=lambda pair: -abs(pair[0]))
    told = [
        words.say("forecast.part", name=words.text(f"forecast.part.{name}"), days=_by(scribe, days))
        for days, name in parts
    ]
    return joined(told, ", ")


def _by(scribe: Scribe, days: int) -> Text:
    key = "forecast.days.later" if days > 0 else "forecast.days.earlier" if days < 0 else "forecast.days.same"
    return scribe.words.say(key, n=abs(days))


def _came_true(scribe: Scribe, ahead: Outlook) -> Text:
    """How many of the dates that were told were met, and what that says."""
    words = scribe.words
    said: list[Text] = []
    for one in ahead.coverage:
        if one.percentile in (50, 85) and one.resolved:
            said.append(
                words.say(
                    f"forecast.true.{one.verdict}",
                    n=one.resolved,
                    hits=one.hits,
                    told=words.percent(one.percentile / 100),
                    share=words.percent(one.hits / one.resolved),
                )
            )
    if not said:
        pending = max((len(one.excluded.get("pending", ())) for one in ahead.coverage), default=0)
        said.append(words.say("forecast.true.pending", n=pending) if pending else words.say("forecast.true.none"))
    if ahead.brier.score is not None:
        score = words.number(ahead.brier.score, places=2)
        said.append(words.say("forecast.true.brier", n=ahead.brier.n_used, score=score))
    return joined(said)


def _level(scribe: Scribe) -> str:
    ahead = scribe.numbers.book.outlook
    return (ahead.planned.level if ahead is not None else None) or "story"
