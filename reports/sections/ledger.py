"""Was it worth it? Hypotheses with their verdicts, what is due, which lenses see, where readings come from: 3.6."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from decimal import Decimal

from domain.strategy import Kpi, Reading
from domain.work_item import FlowState
from metrics import reasons
from metrics.distribution import Distribution
from metrics.key_results import latest
from metrics.ledger import DUE_SOON, Accuracy, Freshness, Hypothesis, Judgement
from metrics.lenses import Lens
from metrics.releases import release_age
from metrics.selection import at_level
from metrics.unplanned import Unplanned, unplanned_share
from reports.book import Book
from reports.findings import closed
from reports.ledger import Ledger
from reports.page import (
    Block,
    Cell,
    Column,
    Empty,
    Exhibit,
    Paragraph,
    Question,
    Row,
    Section,
    Status,
    Table,
    Text,
    joined,
)
from reports.reckoning import Flow
from reports.sections.scribe import Scribe, brief, text
from reports.words.catalogue import foreign

MOST = 30
KPI_HEADS = ("kpi", "value", "age_allowed", "provenance")
VERDICTS = {"confirmed": Status.GOOD, "refuted": Status.BAD, "inconclusive": Status.NONE}
_AGED = {None: "fresh", "file_unread": "unread"}  # how recent a KPI is, by why it is not; stale otherwise
_SPENT = ("debt", "defect")  # kinds of work that leave less room to innovate


def bets(scribe: Scribe, told: Ledger, *, with_theme: bool = False, only_judged: bool = False) -> Section | None:
    """Each hypothesis with its indicators, verdict and the decision that followed; None where there is none.

    `only_judged`: those that no indicator can judge, and of which nothing was decided, are named below the table.
    """
    words = scribe.words
    question = words.text("ledger.hypotheses.question")
    if not told.hypotheses:
        return None
    heads = ("epic", "hypothesis", "indicators", "verdict", "decision", "owner")
    bare = [one for one in told.hypotheses if only_judged and not one.judgements and one.decision is None]
    table = Table(
        caption=words.text("ledger.hypotheses.caption"),
        name="bets",
        columns=tuple(Column(head=words.text(f"head.{name}")) for name in heads),
        rows=tuple(_bet(scribe, one, with_theme=with_theme) for one in _ordered(told)[:MOST] if one not in bare),
    )
    notes = [words.say("ledger.definition.note")] if table.rows else []
    if bare:
        names = [(*foreign(one.benefit.name), *_at(scribe, one)) for one in bare]
        notes.append(words.say("ledger.bare", n=len(bare), names=words.listed(names)))
    notes += _claims(scribe, told)
    blocks: list[Block] = [Exhibit(table=table, notes=tuple(notes), definition=scribe.definition("hypothesis"))]
    if not table.rows:
        blocks = [Paragraph(text=joined(notes))]
    if told.due and not with_theme:
        blocks.append(_due_table(scribe, told, with_theme=False))
    summed = ("benefit_portfolio", "benefit_total") if with_theme else ()  # told above all of them
    extra = [scribe.definition(name) for name in ("unmeasured_value", "verdicts", *summed)]
    return Section(
        id="hypotheses",
        question=question,
        headline=_head(scribe, told),
        intro=in_figures(scribe, told),
        blocks=tuple(blocks),
        long=True,
        definitions=tuple(one for one in extra if one is not None),
    )


def no_bets(scribe: Scribe) -> Section:
    """That none is declared, and who can do so."""
    words = scribe.words
    nothing = Empty(title=words.say("ledger.hypotheses.empty"), text=words.say("ledger.hypotheses.empty.text"))
    question = words.text("ledger.hypotheses.question")
    return Section(id="hypotheses", question=question, headline=words.say("ledger.headline.none"), blocks=(nothing,))


def due(scribe: Scribe, told: Ledger) -> Section:
    """The verdicts of the next 60 days."""
    words = scribe.words
    question = words.text("ledger.due.question")
    if not told.hypotheses:
        nothing = Empty(title=words.say("ledger.hypotheses.empty"), text=words.say("ledger.hypotheses.empty.text"))
        return Section(id="due", question=question, headline=words.say("ledger.due.head.unset"), blocks=(nothing,))
    if not told.due:
        nothing = Empty(title=words.say("ledger.due.empty"), text=words.say("ledger.due.empty.text"))
        return Section(id="due", question=question, headline=words.say("ledger.due.head.none"), blocks=(nothing,))
    return Section(
        id="due",
        question=question,
        headline=words.say("ledger.due.head", n=len(told.due)),
        blocks=(_due_table(scribe, told, with_theme=True),),
    )


def seen(scribe: Scribe, told: Ledger) -> Section:
    """The eight lenses; one without a fresh KPI is printed empty."""
    words = scribe.words
    empty = [one for one in told.lenses if not one.fresh and not _fed(scribe, one)]
    head = words.say("ledger.lenses.head" if empty else "ledger.lenses.head.all", n=len(empty), of=len(told.lenses))
    table = Table(
        caption=words.text("ledger.lenses.caption"),
        name="lenses",
        columns=tuple(Column(head=words.text(f"head.{name}")) for name in ("lens", "kpis", "fresh")),
        rows=tuple(_lens(scribe, one) for one in told.lenses),
    )
    return Section(
        id="lenses",
        question=words.text("ledger.lenses.question"),
        headline=head if told.freshness else words.say("ledger.lenses.head.unset"),
        blocks=(Exhibit(table=table, definition=scribe.definition("kpi_freshness")),),
        definitions=tuple(
            one for name in ("unplanned_share", "release_age") if (one := scribe.definition(name)) is not None
        ),
        long=True,
    )


def accuracy(scribe: Scribe, told: Ledger) -> Section:
    """What benefits brought 6, 12 and 24 months after their approval, beside what was foretold."""
    words = scribe.words
    question = words.text("ledger.accuracy.question")
    known = [one for one in told.accuracy if one.n_in_scope]
    if not known:
        nothing = Empty(title=words.say("ledger.accuracy.empty"), text=words.say("ledger.accuracy.empty.text"))
        head = words.say("ledger.accuracy.head.none")
        return Section(id="accuracy", question=question, headline=head, blocks=(nothing,))
    best = next((one for one in reversed(known) if one.share is not None), None)
    head = words.say("ledger.accuracy.head.unknown")
    if best is not None and best.share is not None:
        head = words.say("ledger.accuracy.head", share=words.percent(best.share), months=str(best.months))
    heads = ("after", "foretold", "brought", "accuracy", "rests_on")
    table = Table(
        caption=words.text("ledger.accuracy.caption"),
        name="accuracy",
        columns=tuple(Column(head=words.text(f"head.{name}"), numeric=name != "after") for name in heads),
        rows=tuple(_accuracy(scribe, one) for one in known),
    )
    every = [one for theme in scribe.numbers.book.portfolio.themes for one in theme.benefits]
    names = {one.id: one.name for one in every}
    notes = tuple(
        words.say(
            "ledger.accuracy.left_out",
            months=words.say("ledger.months", n=each.months),
            names=_named(scribe, [names[id] for id in ids]),
            why=reasons.words(reason, words.locale),
        )
        for each in known
        for reason, ids in each.excluded.items()
    )
    return Section(
        id="accuracy",
        question=question,
        headline=head,
        blocks=(Exhibit(table=table, notes=notes, definition=scribe.definition("forecast_accuracy")),),
    )


def readings(scribe: Scribe, told: Ledger) -> Section:
    """Every KPI with its newest reading, its age, and who says so."""
    words, book = scribe.words, scribe.numbers.book
    question = words.text("ledger.kpis.question")
    if not told.freshness:
        nothing = Empty(title=words.say("ledger.kpis.empty"), text=words.say("ledger.kpis.empty.text"))
        head = words.say("ledger.kpis.empty")
        return Section(id="kpis", question=question, headline=head, blocks=(nothing,))
    kpis = {one.id: one for one in book.portfolio.kpis}
    ordered = sorted(told.freshness, key=lambda one: not one.is_stale)
    table = Table(
        caption=words.text("ledger.kpis.caption"),
        name="measures",
        columns=tuple(
            Column(head=words.text(f"head.{name}")) for name in ("kpi", "value", "age_allowed", "provenance")
        ),
        rows=tuple(_kpi(scribe, one, kpis[one.kpi]) for one in ordered),
    )
    head = words.say("ledger.kpis.head.fresh")
    if told.stale or told.unread_kpis:
        kind, found = ("stale", told.stale) if told.stale else ("unread", told.unread_kpis)
        head = words.say(f"ledger.kpis.head.{kind}", n=len(found))
    odd = [
        words.say("ledger.kpi.unreadable", item=scribe.key(key), said=foreign(said))
        for one in book.measured
        for key, said in one.unreadable
    ]
    return Section(
        id="kpis",
        question=question,
        headline=head,
        blocks=(Exhibit(table=table, notes=tuple(odd[:MOST]), definition=scribe.definition("kpi_freshness")),),
        long=True,
    )


def asks(scribe: Scribe, told: Ledger) -> tuple[Question, ...]:
    """What somebody must decide: measure what nobody measured, and what follows from a verdict."""
    words = scribe.words
    found = []
    for one in (*told.unmeasured, *told.undecided):
        kind = "measure" if one.is_unmeasured else str(one.verdict)
        parts: dict[str, Text | str] = {"name": foreign(one.benefit.name)}
        if kind == "measure" and one.realisation.planned_amount is None:
            kind = "measure.unvalued"
        elif kind == "measure":
            parts["amount"] = money(scribe, one.realisation.planned_amount or 0)
        meta = words.say("ledger.ask.meta", owner=_owner(scribe, one))
        if one.epic is not None:
            meta = joined([meta, scribe.item(one.epic)])
        about = (f"theme:{one.theme}", *((one.benefit.item,) if one.benefit.item is not None else ()))
        found.append(Question(id=one.benefit.id, text=words.say(f"ledger.ask.{kind}", **parts), meta=meta, about=about))
    return tuple(found)


def in_figures(scribe: Scribe, told: Ledger) -> Text:
    """How many hypotheses have each verdict of the table; what rests on value nobody measured."""
    words, counts = scribe.words, Counter(_told_as(one) for one in told.hypotheses)
    counted = [
        words.say(f"ledger.standfirst.{name}", n=counts[name])
        for name in (*VERDICTS, "not_measured", "no_verdict")
        if name in VERDICTS or counts[name]
    ]
    said = [closed(words.listed(counted))]
    if told.unmeasured and told.unmeasured_amount:
        amount = money(scribe, told.unmeasured_amount)
        said.append(words.say("ledger.standfirst.unmeasured", n=len(told.unmeasured), amount=amount))
    if told.due:
        said.append(words.say("ledger.standfirst.due", n=len(told.due)))
    return joined(said)


def money(scribe: Scribe, amount: Decimal | int) -> Text:
    return text(scribe.words.money(amount, scribe.numbers.book.portfolio.currency))


def _ordered(told: Ledger) -> list[Hypothesis]:
    """What somebody must look at comes first: not measured, refuted, undecided; then by date."""

    def rank(one: Hypothesis) -> tuple[int, str]:
        order = 0 if one.is_unmeasured else 1 if one.verdict == "refuted" else 2 if one.is_settled else 3
        return order, (one.next_due or told.today).isoformat()

    return sorted(told.hypotheses, key=rank)


def _head(scribe: Scribe, told: Ledger) -> Text:
    words = scribe.words
    kinds = ("unmeasured", "undecided", "unread", "settled")
    for name, kept in zip(kinds, (told.unmeasured, told.undecided, told.unread_bets, told.settled), strict=True):
        if kept:
            return words.say(f"ledger.hypotheses.head.{name}", n=len(kept))
    return words.say("ledger.hypotheses.head.open", n=len(told.hypotheses))


def _bet(scribe: Scribe, one: Hypothesis, *, with_theme: bool) -> Row:
    words, benefit = scribe.words, one.benefit
    if one.epic is not None:
        epic, item = foreign(brief(one.epic.title)), scribe.item(one.epic)
    elif benefit.item is not None:
        epic, item = foreign(benefit.item), words.say("ledger.not_held")
    else:
        epic, item = words.say("ledger.no_epic"), ()
    worth: Text = words.say("benefits.not_valued")
    if one.realisation.planned_amount is not None:
        worth = money(scribe, one.realisation.planned_amount)
    state = words.say(f"ledger.state.{_state(one)}")
    themes = {theme.id: theme.name for theme in scribe.numbers.book.portfolio.themes}
    notes = [worth, state, *([foreign(themes[one.theme])] if with_theme else [])]
    return Row(
        cells=(
            Cell(text=epic, note=item),
            Cell(text=foreign(benefit.name), note=joined(notes, separator=" · "), width=3),
            _indicators(scribe, one),
            verdict(scribe, one),
            _decision(scribe, one),
            Cell(text=_owner(scribe, one)),
        )
    )


def _state(one: Hypothesis) -> str:
    """Its state; or that its epic was given up, where nobody has retired the benefit yet."""
    if one.state == "retired" and one.benefit.retired_on is None and one.epic is not None:
        return "given_up" if one.epic.flow_state is FlowState.CANCELLED or one.epic.removed_at else one.state
    return one.state


def _at(scribe: Scribe, one: Hypothesis) -> Text:
    return () if one.epic is None else (*text(" ("), *scribe.item(one.epic), *text(")"))


def _indicators(scribe: Scribe, one: Hypothesis) -> Cell:
    words = scribe.words
    if not one.judgements:
        return Cell(text=words.say("ledger.no_indicator"), width=3)
    said = [_indicator(scribe, each) for each in one.judgements]
    return Cell(text=said[0], note=joined(said[1:], separator=words.text("ledger.separator")), width=3)


def _indicator(scribe: Scribe, one: Judgement) -> Text:
    words = scribe.words
    kpi = _kpi_of(scribe, one.indicator.kpi)
    unit = kpi.unit if kpi is not None else ""
    parts: dict[str, Text | str] = {
        "kpi": foreign(kpi.name if kpi is not None else one.indicator.kpi),
        "target": words.measure(one.indicator.target, unit),
        "day": words.day(one.indicator.by),
    }
    if one.reading is None:
        if one.reason == "file_unread":
            return words.say("ledger.indicator.unread", **parts)
        later = latest(scribe.numbers.book.readings, kpi=one.indicator.kpi, today=scribe.numbers.today)
        if not later or later[0].day <= one.indicator.by:
            return words.say("ledger.indicator.none", **parts)
        told = {"value": words.measure(later[0].value, unit), "read": words.day(later[0].day)}
        return words.say("ledger.indicator.later", **told, **parts)
    return words.say("ledger.indicator", value=words.number(one.reading.value), **parts)


def _told_as(one: Hypothesis) -> str:
    """Its verdict as the table names it."""
    if one.verdict is None:
        return "no_verdict"
    return "not_measured" if one.is_unmeasured else one.verdict


def verdict(scribe: Scribe, one: Hypothesis) -> Cell:
    words = scribe.words
    if one.verdict is None:
        return Cell(
            text=words.say("ledger.verdict.none"), note=words.say("ledger.no_indicator"), status=Status.NONE, width=3
        )
    if one.is_unmeasured:
        first = min(each.indicator.by for each in one.judgements)
        note = words.say("ledger.unmeasured", day=words.day(first))
        return Cell(text=words.say("ledger.verdict.unmeasured"), note=note, status=Status.WARN, width=3)
    if one.settled_on is not None:
        note = words.say("ledger.since", day=words.day(one.settled_on))
    elif one.reason == "not_due" and one.next_due is not None:
        note = words.say("ledger.reason.not_due", day=words.day(one.next_due))
    else:
        note = words.say(f"ledger.reason.{one.reason}")
    return Cell(text=words.say(f"ledger.verdict.{one.verdict}"), note=note, status=VERDICTS[one.verdict], width=3)


def _decision(scribe: Scribe, one: Hypothesis) -> Cell:
    words = scribe.words
    if one.decision is not None and one.decision.decision is not None:
        day = words.day(one.decision.asked_on)
        note = words.say("ledger.decided.note", day=day, owner=foreign(one.decision.owner))
        return Cell(text=foreign(one.decision.decision), note=note, width=3)
    if one.is_unmeasured:
        return Cell(text=words.say("ledger.measure"), status=Status.WARN, width=3)
    if one.waiting is not None:
        return Cell(text=words.say("ledger.asked", question=foreign(one.waiting.question)), width=3)
    if one.is_settled and one.state != "retired":
        place = scribe.numbers.book.unread.of(one.benefit.item or "")
        said = words.say("ledger.unread", place=foreign(place)) if place else words.say("ledger.undecided")
        return Cell(text=said, status=Status.WARN, width=3)
    return Cell(text=words.say("ledger.not_settled"), width=3)


def _owner(scribe: Scribe, one: Hypothesis) -> Text:
    """Who answers for it: the epic's owner, or else the theme's sponsor."""
    if one.epic is not None and one.epic.owner:
        return foreign(one.epic.owner)
    sponsor = next((each.sponsor for each in scribe.numbers.book.portfolio.themes if each.id == one.theme), None)
    return foreign(sponsor) if sponsor else scribe.words.say("none")


def _claims(scribe: Scribe, told: Ledger) -> Iterable[Text]:
    """Which benefits claim the same, and which share one."""
    words = scribe.words
    every = [one for theme in scribe.numbers.book.portfolio.themes for one in theme.benefits]
    names = {one.id: one.name for one in every}
    for ids in told.claims.values():
        yield words.say("ledger.double_claim", names=_named(scribe, [names[one] for one in ids]))
    split: dict[str, list[str]] = {}
    mine = {one.benefit.kpi for one in told.hypotheses if one.benefit.share is not None}
    for one in every:
        if one.share is not None and one.kpi in mine and one.kpi not in told.claims:
            split.setdefault(one.kpi, []).append(one.name)
    for shared in split.values():
        yield words.say("ledger.split", names=_named(scribe, shared))


def _named(scribe: Scribe, names: Sequence[str]) -> Text:
    return scribe.words.listed([scribe.words.say("benefits.named", name=foreign(one)) for one in names])


def _due_table(scribe: Scribe, told: Ledger, *, with_theme: bool) -> Exhibit:
    words = scribe.words
    themes = {theme.id: theme.name for theme in scribe.numbers.book.portfolio.themes}
    heads = ("due", "hypothesis", "indicator", *(("theme_name",) if with_theme else ()), "owner")
    last = told.today + DUE_SOON
    rows = [
        (each.indicator.by, one, each)
        for one in told.due
        for each in one.judgements
        if each.reason == "not_due" and each.indicator.by <= last
    ]
    rows.sort(key=lambda row: (row[0], row[1].benefit.id))
    return Exhibit(
        table=Table(
            caption=words.text("ledger.due.caption"),
            name="due",
            columns=tuple(Column(head=words.text(f"head.{name}")) for name in heads),
            rows=tuple(
                Row(
                    cells=(
                        Cell(text=text(words.day(day))),
                        Cell(
                            text=foreign(one.benefit.name),
                            note=() if one.epic is None else scribe.item(one.epic),
                            width=4,
                        ),
                        Cell(text=_indicator(scribe, each), width=4),
                        *((Cell(text=foreign(themes[one.theme])),) if with_theme else ()),
                        Cell(text=_owner(scribe, one)),
                    )
                )
                for day, one, each in rows[:MOST]
            ),
        ),
        definition=scribe.definition("verdicts"),
    )


def _lens(scribe: Scribe, one: Lens) -> Row:
    words, fed = scribe.words, _fed(scribe, one)
    said: list[Text] = []
    for each in one.fresh:
        kpi = _kpi_of(scribe, each.kpi)
        assert kpi is not None
        assert each.reading is not None
        value = words.measure(each.reading.value, kpi.unit)
        said.append(words.say("lens.kpi", kpi=foreign(kpi.name), value=value, day=words.day(each.reading.day)))
    said += fed
    empty = words.say("lens.stale" if one.kpis else "lens.empty")
    if one.kpis and not all(each.is_read for each in one.kpis):
        empty = words.say("lens.unread")
    return Row(
        cells=(
            Cell(text=words.say(f"lens.{one.name}"), note=words.say(f"lens.{one.framework}")),
            Cell(
                text=joined(said, separator=words.text("ledger.separator")) if said else empty,
                note=_unfed(scribe, one),
                width=6,
            ),
            Cell(
                text=words.say("lens.count", n=len(one.fresh), of=len(one.kpis)),
                status=Status.NONE if not said else None,
                note=words.say("lens.fed") if fed else (),
            ),
        )
    )


def _fed(scribe: Scribe, one: Lens) -> list[Text]:
    """What flow itself says through two of the lenses: time to market, and the room that is left to innovate."""
    words, flow = scribe.words, scribe.numbers.flow
    if one.name == "time_to_market":
        days = None if flow is None else flow.time.p85_days
        timed = [words.say("lens.flow_time", level=scribe.level(), n=days)] if days is not None else []
        return [*timed, *_released(scribe)]
    if one.name != "ability_to_innovate" or flow is None:
        return []
    spent, late = _spent(flow.distribution), unplanned_of(scribe.numbers.book, flow)
    said = [words.say("lens.debt", share=scribe.share(spent), level=scribe.level())] if spent is not None else []
    if late.share is not None:
        share = words.percent(late.share, places=1)
        said.append(words.say("lens.unplanned", share=share, n=late.n_used, level=scribe.level()))
    return said


def _unfed(scribe: Scribe, one: Lens) -> Text:
    """What flow could say through a lens, and does not know."""
    flow = scribe.numbers.flow
    if one.name == "time_to_market" and not _released(scribe):
        return scribe.words.say("lens.release.unknown")
    if one.name == "ability_to_innovate" and flow is not None and unplanned_of(scribe.numbers.book, flow).share is None:
        return scribe.words.say("lens.unplanned.unknown")
    return ()


def unplanned_of(book: Book, flow: Flow) -> Unplanned:
    """How much of what the flow finished had nobody planned."""
    return book.once(
        "unplanned",
        lambda: unplanned_share(at_level(book.journeys, flow.level), finished_in=flow.window, calendar=book.calendar),
    )


def _released(scribe: Scribe) -> list[Text]:
    """When anything was released last; nothing where no release is known."""
    numbers, words = scribe.numbers, scribe.words
    found = numbers.book.once("release age", lambda: release_age(numbers.book.journeys, today=numbers.today))
    if found.days is None or found.released_on is None:
        return []
    return [words.say("lens.release", n=found.days, day=words.day(found.released_on))]


def _spent(kinds: Distribution) -> Decimal | None:
    percent = kinds.percent
    return sum((percent.get(name, Decimal(0)) for name in _SPENT), Decimal(0)) if percent else None


def _accuracy(scribe: Scribe, one: Accuracy) -> Row:
    words = scribe.words
    return Row(
        cells=(
            Cell(text=words.say("ledger.months", n=one.months)),
            Cell(text=money(scribe, one.forecast) if one.n_used else words.say("unknown")),
            Cell(text=money(scribe, one.actual) if one.n_used else words.say("unknown")),
            Cell(text=words.say("unknown") if one.share is None else text(words.percent(one.share))),
            Cell(text=words.say("lens.count", n=one.n_used, of=one.n_in_scope)),
        )
    )


def _kpi(scribe: Scribe, one: Freshness, kpi: Kpi) -> Row:
    words, reading = scribe.words, one.reading
    silence = next((each for each in scribe.numbers.book.silences if each.kpi == kpi.id), None)
    note = words.say("ledger.kpi.silent", moment=words.moment(silence.since)) if silence is not None else ()
    if reading is None or one.age is None:
        age: Text = words.say("ledger.kpi.none" if one.is_read else "ledger.kpi.file_unread")
        origin: Text = words.say("none")
    else:
        age = words.say("ledger.kpi.age", n=one.age.days, most=str(kpi.stale_after.days))
        origin = _origin(scribe, reading)
    return Row(
        cells=(
            Cell(text=foreign(kpi.name)),
            Cell(
                text=words.say("unknown") if reading is None else text(words.measure(reading.value, kpi.unit)),
                note=text(words.day(reading.day)) if reading is not None else (),
            ),
            Cell(
                text=words.say(f"ledger.kpi.{_AGED.get(one.reason, 'stale')}"),
                status=Status.WARN if one.is_stale else Status.GOOD,
                note=age,
                width=3,
            ),
            Cell(text=origin, note=note, width=4),
        )
    )


def _origin(scribe: Scribe, reading: Reading) -> Text:
    """Who says so: a file, an endpoint and when, or a tracker's field of some items, each of them a link."""
    words, source = scribe.words, reading.source
    parts: dict[str, Text | str] = {"source": foreign(source)}
    if reading.known_at is not None and reading.origin == "endpoint":
        parts["moment"] = words.moment(reading.known_at)
    if reading.origin == "field":
        name, _, keys = source.rpartition(" of ")
        named = [scribe.key(one) for one in keys.split(", ")]
        parts = {"field": foreign(name), "items": words.listed(named[:MOST], more=len(named) - len(named[:MOST]))}
    return words.say(f"ledger.kpi.{reading.origin}", **parts)


def _kpi_of(scribe: Scribe, id: str) -> Kpi | None:
    return next((one for one in scribe.numbers.book.portfolio.kpis if one.id == id), None)
