"""The four guardrails in SAFe's order: horizons, capacity, significant initiatives, business owners."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from domain.strategy import Guardrails as Agreed
from metrics import reasons
from metrics.guardrails import HORIZONS, Engaged, Event, Initiative, Mix
from metrics.selection import Excluded
from reports.charts.shapes import Mark, RangeMark, Ranges
from reports.findings import capitalised
from reports.findings.engine import Name
from reports.findings.guardrails import kind_named
from reports.guardrails import Capacity, Guardrails, guardrails
from reports.page import (
    Cell,
    Column,
    Empty,
    Exhibit,
    Figure,
    KeyFigure,
    Paragraph,
    Question,
    Row,
    Section,
    Span,
    Status,
    Table,
    Text,
    joined,
)
from reports.sections.scribe import Scribe, row, text
from reports.words.catalogue import foreign
from reports.words.numbers import difference

MOST_ROWS = 40  # initiatives and decisions that a table writes out
MOST_NAMED = 5


@dataclass(frozen=True, kw_only=True)
class Lamp:
    """One guardrail at a glance: whether it holds, the number it rests on, and what that number is of."""

    id: str
    status: Status
    number: str
    of: Text
    metric: str


def lamps(scribe: Scribe) -> tuple[Lamp, ...]:
    """The four, in their order."""
    found = guardrails(scribe.numbers)
    return (_horizon_lamp(scribe, found), _capacity_lamp(scribe, found), _initiative_lamp(scribe, found),
            _owner_lamp(scribe, found))  # fmt: skip


def in_short(scribe: Scribe, *, page: str) -> Section | None:
    """The four lamps for the overview, each a line; None where no guardrail is agreed."""
    words = scribe.words
    if not guardrails(scribe.numbers).is_agreed:
        return None
    told = lamps(scribe)
    table = Table(
        caption=words.text("guardrails.caption"),
        name="guardrails",
        columns=tuple(Column(head=words.text(f"head.{name}")) for name in ("guardrail", "status", "measured")),
        rows=tuple(
            Row(
                cells=(
                    Cell(text=(Span(text=words.text(f"guardrails.name.{one.id}"), href=f"{page}#{one.id}"),), width=6),
                    Cell(text=words.say(f"guardrails.status.{one.status}"), status=one.status, width=2),
                    Cell(text=text(one.number), note=one.of, width=4),
                )
            )
            for one in told
        ),
    )
    return Section(
        id="guardrails",
        question=words.text("guardrails.question"),
        headline=_lamps_headline(scribe, told),
        blocks=(Exhibit(table=table),),
    )


def figures(scribe: Scribe) -> tuple[KeyFigure, ...]:
    """The four lamps as the figures on top of the pack."""
    words = scribe.words
    return tuple(
        KeyFigure(
            id=one.id,
            title=words.text(f"guardrails.name.{one.id}"),
            value=one.number,
            trend=(Span(text=f"{words.text(f'guardrails.status.{one.status}')}.", tone=_tone(one.status)), Span(text=" "),
                   *one.of),
            definition=scribe.definition(one.metric),
        )
        for one in lamps(scribe)
    )  # fmt: skip


def asked(scribe: Scribe) -> tuple[Question, ...]:
    """What the breaches ask for, where no decision of the log asks it already."""
    words, found = scribe.words, guardrails(scribe.numbers)
    waiting = {one.item for one in scribe.numbers.waiting}
    questions = [
        Question(
            id=f"approve-{one.journey.key}",
            text=words.say("guardrails.ask.initiative", epic=scribe.item(one.journey, with_title=True)),
            meta=words.say(
                "guardrails.ask.initiative.meta",
                owner=foreign(one.journey.owner) if one.journey.owner else words.say("guardrails.nobody"),
                day=_day(scribe, one.needed_at),
            ),
        )
        for one in found.initiatives.breaches
        if one.journey.key not in waiting
    ]
    mix = found.horizons
    if mix is not None and mix.breaches:
        high = max(mix.deviations, key=lambda one: mix.deviations[one])
        low = min(mix.deviations, key=lambda one: mix.deviations[one])
        questions.append(
            Question(
                id="horizons",
                text=words.say(
                    "guardrails.ask.horizons",
                    high=words.text(f"horizon.{high}"),
                    low=words.text(f"horizon.{low}"),
                ),
                meta=words.say("guardrails.ask.review"),
            )
        )
    if found.capacity_out:
        out = found.capacity_out
        trains = words.listed([_train(scribe, one) for one in out[:MOST_NAMED]])
        questions.append(
            Question(
                id="capacity",
                text=words.say("guardrails.ask.capacity", n=len(out), trains=trains),
                meta=words.say("guardrails.ask.review"),
            )
        )
    for split in found.initiatives.splits:
        questions.append(
            Question(
                id=f"split-{split.parent.external_id}",
                text=words.say("guardrails.ask.split", epics=scribe.items(split.journeys)),
                meta=words.say("guardrails.ask.review"),
            )
        )
    return tuple(questions)


# --- guardrail 1


def horizons(scribe: Scribe) -> Section:
    words, found = scribe.words, guardrails(scribe.numbers)
    mix = found.horizons
    head = words.text("guardrails.horizons.question")
    if mix is None or not mix.item_days:
        empty = Empty(title=words.say("guardrails.horizons.none"), text=words.say("guardrails.horizons.none.text"))
        return Section(id="horizons", question=head, headline=words.say("guardrails.horizons.none"), blocks=(empty,))
    parts = [one for one in HORIZONS if one in mix.percent]
    names = {one: words.text(f"horizon.{one}") for one in parts}
    figure = Figure(
        title=_mix_title(scribe, mix, names),
        subtitle=words.say(
            "guardrails.horizons.subtitle",
            n=mix.n_used,
            counts=scribe.count(mix.n_used),
            period=words.period(found.window),
        ),
        alt=_mix_alt(scribe, mix, names),
        chart=Ranges(marks=tuple(_mark(scribe, mix, one, names[one]) for one in parts), label=_mix_alt(scribe, mix, names)),
        key=_range_key(scribe, mix),
        notes=tuple(one for one in (_unjudged(scribe, mix), _told(scribe, mix)) if one),
        definition=scribe.definition("horizon_share"),
        data=_mix_table(scribe, mix, names, caption=words.text("guardrails.horizons.caption")),
    )  # fmt: skip
    distance = scribe.definition("horizon_distance")
    return Section(
        id="horizons",
        question=head,
        headline=_mix_headline(scribe, "horizons", mix, names),
        blocks=(figure,),
        definitions=(distance,) if distance is not None else (),
    )


# --- guardrail 2


def capacity(scribe: Scribe) -> Section:
    """The whole portfolio against its allocation, then planned and actual of each train."""
    words, found = scribe.words, guardrails(scribe.numbers)
    question = words.text("guardrails.capacity.question")
    kinds = sorted(
        {kind for one in found.capacity for kind in one.judged.percent}, key=lambda kind: _order(scribe, kind)
    )
    if not kinds or not any(one.judged.item_days for one in found.capacity):
        empty = Empty(title=words.say("guardrails.capacity.none"), text=words.say("guardrails.capacity.none.text"))
        return Section(
            id="capacity", question=question, headline=words.say("guardrails.capacity.none"), blocks=(empty,)
        )
    whole = found.capacity[0].judged
    names = {kind: _kind(scribe, kind) for kind in kinds}
    figure = Figure(
        title=_mix_title(scribe, whole, names),
        subtitle=words.say(
            "guardrails.capacity.subtitle", counts=scribe.count(whole.n_used), increment=_increment(scribe, found)
        ),
        alt=_mix_alt(scribe, whole, names),
        chart=Ranges(
            marks=tuple(_mark(scribe, whole, one, names[one]) for one in kinds), label=_mix_alt(scribe, whole, names)
        ),
        key=_range_key(scribe, whole),
        notes=tuple(one for one in (_unjudged(scribe, whole), _told(scribe, whole)) if one),
        definition=scribe.definition("capacity_share"),
        data=_mix_table(scribe, whole, names, caption=words.text("guardrails.capacity.caption")),
    )
    distance = scribe.definition("capacity_distance")
    return Section(
        id="capacity",
        question=question,
        headline=_capacity_headline(scribe, found),
        blocks=(figure, _trains(scribe, found, kinds, names)),
        long=True,
        definitions=(distance,) if distance is not None else (),
    )


def _trains(scribe: Scribe, found: Guardrails, kinds: Sequence[str], names: dict[str, str]) -> Exhibit:
    words = scribe.words
    plan = found.capacity[0].judged.plan
    rows = []
    if plan:
        planned = [Cell(text=text(words.percent(plan.get(kind, Decimal(0)), places=1))) for kind in kinds]
        rows.append(
            Row(cells=(Cell(text=words.say("guardrails.allocated"), width=6), *planned, Cell(text=text("0")), _blank(scribe)))
        )  # fmt: skip
    for one in (*_by_distance(found.capacity[1:]), found.capacity[0]):
        mix, now = one.judged, one.running
        cells = [
            Cell(
                text=text(scribe.share(mix.percent.get(kind, Decimal(0)))) if mix.item_days else words.say("unknown"),
                note=text(_off(scribe, mix, kind)),
                status=Status.BAD if kind in mix.breaches else None,
            )
            for kind in kinds
        ]
        status, word = _verdict(scribe, mix)
        rows.append(
            Row(
                cells=(
                    Cell(text=_train(scribe, one), note=text(word), status=status, width=6),
                    *cells,
                    Cell(text=_distance(scribe, mix)),
                    Cell(text=_distance(scribe, now)) if one.last is not None else _blank(scribe),
                ),
                total=one.train is None,
            )
        )  # fmt: skip
    return Exhibit(
        table=Table(
            caption=words.text("guardrails.trains.caption", increment=_increment(scribe, found)),
            name="allocation",
            columns=(
                Column(head=words.text("head.train")),
                *(Column(head=names[kind], numeric=True) for kind in kinds),
                Column(head=words.text("head.distance"), numeric=True),
                Column(head=words.text("head.so_far", increment=found.running.name), numeric=True),
            ),
            rows=tuple(rows),
        ),
        notes=(words.say("guardrails.trains.note", level=scribe.level()),),
        definition=scribe.definition("capacity_distance"),
    )


# --- guardrail 3


def significant(scribe: Scribe) -> Section:
    """Every epic over the threshold that is in work or waits, and those that ended without approval."""
    words, found = scribe.words, guardrails(scribe.numbers)
    question = words.text("guardrails.initiatives.question")
    told = found.initiatives
    if not found.has_threshold:
        empty = Empty(
            title=words.say("guardrails.initiatives.none"), text=words.say("guardrails.initiatives.none.text")
        )
        headline = words.say("guardrails.initiatives.none")
        return Section(id="initiatives", question=question, headline=headline, blocks=(empty,))
    shown = [one for one in told.significant if _is_shown(one)]
    shown.sort(key=lambda one: (_RANK[one.verdict], not one.journey.is_open, -(one.amount or 0), one.journey.key))
    blocks: list[Exhibit | Paragraph | Empty] = []
    if shown:
        blocks.append(_initiative_table(scribe, shown))
    else:
        blocks.append(Empty(title=words.say("guardrails.initiatives.quiet"), text=_threshold(scribe)))
    blocks += [Paragraph(text=one) for one in _notices(scribe)]
    return Section(
        id="initiatives",
        question=question,
        headline=_initiative_headline(scribe, found),
        intro=_threshold(scribe) if shown else (),
        blocks=tuple(blocks),
        long=True,
    )


def _initiative_table(scribe: Scribe, shown: Sequence[Initiative]) -> Exhibit:
    words = scribe.words
    heads = ("epic", "amount", "began", "approved_by")
    rest = len(shown) - MOST_ROWS
    notes = [words.say("guardrails.initiatives.role"), words.say("guardrails.initiatives.log")]
    if rest > 0:
        notes.insert(0, words.say("guardrails.initiatives.more", n=rest))
    ended = sum(not _is_shown(one) for one in guardrails(scribe.numbers).initiatives.significant)
    if ended:
        notes.insert(0, words.say("guardrails.initiatives.ended", n=ended))
    if lost := guardrails(scribe.numbers).initiatives.excluded:
        notes.insert(0, _left_out(scribe, lost))
    return Exhibit(
        table=Table(
            caption=words.text("guardrails.initiatives.caption"),
            name="initiatives",
            columns=tuple(Column(head=words.text(f"head.{name}"), numeric=name == "amount") for name in heads),
            rows=tuple(_initiative(scribe, one) for one in shown[:MOST_ROWS]),
        ),
        notes=tuple(notes),
        definition=scribe.definition("significant_initiatives"),
    )


def _initiative(scribe: Scribe, one: Initiative) -> Row:
    words = scribe.words
    size = () if one.size is None else words.say("guardrails.size", size=words.number(one.size))
    over = one.overspent
    spent = () if over is None else words.say("guardrails.overspent", amount=_money(scribe, over))
    owner = foreign(one.journey.owner) if one.journey.owner else words.say("guardrails.nobody")
    began = words.say("guardrails.not_begun") if one.needed_at is None else text(_day(scribe, one.needed_at))
    return Row(
        cells=(
            Cell(text=scribe.item(one.journey, with_title=True), note=owner, width=6),
            Cell(
                text=words.say("guardrails.not_estimated") if one.amount is None else text(_money(scribe, one.amount)),
                note=joined([size, spent], ", "),
            ),
            Cell(text=began, note=_event(scribe, one.event)),
            _approval(scribe, one),
        ),
        anchor=f"item-{one.journey.key}",
    )


def _approval(scribe: Scribe, one: Initiative) -> Cell:
    """Who or what approved it and when, or that it was begun without; the shape beside the word."""
    words, approval = scribe.words, one.approval
    status = _STATUS[one.verdict]
    if approval is None:
        return Cell(text=words.say(f"guardrails.verdict.{one.verdict}"), status=status, width=4)
    if approval.kind == "status":
        by = words.say("guardrails.by.status", status=foreign(approval.name), day=_day(scribe, approval.at))
    else:
        by = words.say(
            "guardrails.by.decision",
            id=foreign(approval.name),
            owner=foreign(approval.by or ""),
            day=_day(scribe, approval.at),
            words=foreign(approval.words or ""),
        )
    late = words.say("guardrails.recorded_late") if approval.recorded_late else ()
    note = joined([words.say(f"guardrails.verdict.{one.verdict}"), late], ", ")
    return Cell(text=by, note=note, status=Status.WARN if approval.recorded_late and status is Status.GOOD else status,
                width=4)  # fmt: skip


def _event(scribe: Scribe, event: Event | None) -> Text:
    """The change that proves it, and when we learned of it."""
    if event is None:
        return ()
    words = scribe.words
    if event.field == "status":
        before = foreign(event.before) if event.before else words.say("guardrails.created")
        what = words.say("guardrails.event", before=before, after=foreign(event.after or ""))
    else:
        what = words.say(
            "guardrails.event.estimate",
            before=_estimate(scribe, event.before),
            after=_estimate(scribe, event.after),
        )
    if event.known_at is None:
        return what
    return (*what, *words.say("guardrails.learned", moment=words.moment(event.known_at)))


def _notices(scribe: Scribe) -> list[Text]:
    words, found = scribe.words, guardrails(scribe.numbers).initiatives
    told = []
    for split in found.splits:
        parent = scribe.numbers.items.get(split.parent)
        told.append(
            words.say(
                "guardrails.split",
                n=len(split.journeys),
                epics=scribe.items(split.journeys),
                parent=scribe.item(parent) if parent is not None else foreign(split.parent.external_id),
                amount=_money(scribe, split.amount),
                threshold=_money(scribe, _agreed(scribe).approval_threshold or 0),
            )
        )
    if found.unestimated:
        told.append(
            words.say(
                "guardrails.unestimated",
                n=len(found.unestimated),
                epics=scribe.items([one.journey for one in found.unestimated]),
            )
        )
    return told


# --- guardrail 4


def owners(scribe: Scribe) -> Section:
    """Objectives planned and scored in time, epics with an active owner, decisions that wait; by train."""
    words, found = scribe.words, guardrails(scribe.numbers)
    whole = found.engaged
    heads = ("train", "planned", "scored", "active", "old_decisions")
    rows = [_engaged(scribe, foreign(train), one) for train, one in found.by_train]
    rows.append(_engaged(scribe, words.say("guardrails.whole"), whole, total=True))
    exhibit = Exhibit(
        table=Table(
            caption=words.text("guardrails.owners.caption"),
            name="owners",
            columns=tuple(Column(head=words.text(f"head.{name}"), numeric=name != "train") for name in heads),
            rows=tuple(rows),
        ),
        notes=tuple(_owner_notes(scribe, whole)),
        definition=scribe.definition("owner_engagement"),
    )
    old = scribe.definition("old_decisions")
    return Section(
        id="owners",
        question=words.text("guardrails.owners.question"),
        headline=_owner_headline(scribe, whole),
        blocks=(exhibit,),
        definitions=(old,) if old is not None else (),
    )


def _engaged(scribe: Scribe, name: Text, one: Engaged, *, total: bool = False) -> Row:
    words = scribe.words
    old = one.old
    note = text(", ".join(each.id for each in old[:MOST_NAMED])) if old else ()
    return Row(
        cells=(
            Cell(text=name, width=6),
            *(_in_time(scribe, one, key) for key in ("planned", "scored", "active")),
            Cell(
                text=text(words.whole(len(old))),
                note=tuple(Span(text=span.text, foreign=True) for span in note),
                status=Status.WARN if old else None,
            ),
        ),
        total=total,
    )


def _in_time(scribe: Scribe, one: Engaged, key: str) -> Cell:
    words, share = scribe.words, one.shares[key]
    if share.share is None:
        reason = "not_recorded" if share.excluded else "nothing"
        return Cell(text=words.say("unknown"), note=words.say(f"guardrails.owners.{reason}"))
    note = words.say("of", n=len(share.met), total=share.n_used)
    if share.excluded:
        note = (*note, *words.say("guardrails.owners.untold", n=share.n_in_scope - share.n_used))
    return Cell(
        text=text(words.percent(share.share)), note=note, status=Status.BAD if key in one.below else None
    )  # fmt: skip


def _owner_notes(scribe: Scribe, whole: Engaged) -> Iterable[Text]:
    words, agreed = scribe.words, _agreed(scribe).engagement
    if whole.planned_in is not None:
        yield words.say("guardrails.owners.planned_in", increment=foreign(whole.planned_in.name))
    if whole.scored_in is not None:
        yield words.say(
            "guardrails.owners.scored_in", increment=foreign(whole.scored_in.name), n=agreed.scored_within_days
        )
    yield words.say("guardrails.owners.active_in", n=agreed.active_within_days)
    yield words.say("guardrails.owners.decided_in", n=agreed.decided_within_days)
    if whole.active.missed:
        lost = [scribe.numbers.by_key[key] for key in whole.active.missed if key in scribe.numbers.by_key]
        yield words.say("guardrails.owners.idle", epics=scribe.items(lost), n=len(lost))


# --- what is assumed


def assumptions(scribe: Scribe) -> Section:
    """What an auditor must know to rely on these pages."""
    words, found = scribe.words, guardrails(scribe.numbers)
    keys = ["weight", "unknown", "increments", "approval", "dates", "attendance"]
    if not found.has_threshold:
        keys.remove("approval")
    return Section(
        id="assumptions",
        question=words.text("guardrails.assumptions.question"),
        headline=words.say("guardrails.assumptions.head"),
        blocks=tuple(Paragraph(text=words.say(f"guardrails.assumptions.{key}")) for key in keys),
    )


# --- the lamps


def _horizon_lamp(scribe: Scribe, found: Guardrails) -> Lamp:
    words, mix = scribe.words, found.horizons
    if mix is None or mix.unjudged is not None:
        reason = "no_plan" if mix is None or not mix.plan else mix.unjudged
        return Lamp(id="horizons", status=Status.NONE, number=words.text("unknown"),
                    of=words.say(f"guardrails.unjudged.{reason}"), metric="horizon_distance")  # fmt: skip
    status = Status.BAD if mix.breaches else Status.GOOD
    of = words.say("guardrails.lamp.horizons", n=len(mix.breaches), of=len([one for one in mix.percent]))
    return Lamp(id="horizons", status=status, number=_points(scribe, mix), of=of, metric="horizon_distance")


def _capacity_lamp(scribe: Scribe, found: Guardrails) -> Lamp:
    words = scribe.words
    judged = [one for one in found.allocated if one.judged.unjudged is None]
    if not judged:
        reason = "no_plan" if not _agreed(scribe).capacity else "few_items"
        return Lamp(id="capacity", status=Status.NONE, number=words.text("unknown"),
                    of=words.say(f"guardrails.unjudged.{reason}"), metric="capacity_distance")  # fmt: skip
    out = len(found.capacity_out)
    key = "capacity" if found.capacity[1:] else "capacity_whole"
    return Lamp(
        id="capacity",
        status=Status.BAD if out else Status.GOOD,
        number=words.text("of", n=len(judged) - out, total=len(judged)),
        of=words.say(f"guardrails.lamp.{key}", increment=_increment(scribe, found)),
        metric="capacity_distance",
    )


def _initiative_lamp(scribe: Scribe, found: Guardrails) -> Lamp:
    words, told = scribe.words, found.initiatives
    if not found.has_threshold:
        return Lamp(id="initiatives", status=Status.NONE, number=words.text("unknown"),
                    of=words.say("guardrails.unjudged.no_threshold"), metric="significant_initiatives")  # fmt: skip
    open_ones = [
        one for one in told.significant if one.journey.is_open and one.verdict not in ("waiting", "no_estimate")
    ]
    status = Status.BAD if told.breaches else Status.GOOD
    if status is Status.GOOD and (told.splits or told.unestimated or told.overspent or told.excluded):
        status = Status.WARN
    of = words.say("guardrails.lamp.initiatives", n=len(open_ones))
    more = [words.say("guardrails.lamp.splits", n=len(told.splits))] if told.splits else []
    return Lamp(
        id="initiatives",
        status=status,
        number=words.whole(len(told.breaches)),
        of=joined([of, *more]),
        metric="significant_initiatives",
    )


def _owner_lamp(scribe: Scribe, found: Guardrails) -> Lamp:
    words, told = scribe.words, found.engaged
    known = {name: one.share for name, one in told.shares.items() if one.share is not None}
    if not known:
        return Lamp(id="owners", status=Status.NONE, number=words.text("unknown"),
                    of=words.say("guardrails.unjudged.no_owners"), metric="owner_engagement")  # fmt: skip
    worst = min(known, key=lambda name: known[name])
    status = Status.BAD if told.below else Status.WARN if told.old else Status.GOOD
    if told.least_share is None and status is Status.GOOD:
        status = Status.NONE
    of = words.say(f"guardrails.lamp.owners.{worst}")
    if told.old:
        of = joined([of, words.say("guardrails.lamp.old", n=len(told.old))])
    return Lamp(id="owners", status=status, number=words.percent(known[worst]), of=of, metric="owner_engagement")


def _lamps_headline(scribe: Scribe, told: Sequence[Lamp]) -> Text:
    words = scribe.words
    out = [one for one in told if one.status is Status.BAD]
    if out:
        names = words.listed([words.say(f"guardrails.inline.{one.id}") for one in out])
        return words.say("guardrails.out", n=len(out), names=names)
    judged = [one for one in told if one.status is not Status.NONE]
    return words.say("guardrails.hold", n=len(judged)) if judged else words.say("guardrails.untold")


# --- words for mixes


def _mix_headline(scribe: Scribe, name: str, mix: Mix, names: dict[str, str]) -> Text:
    words = scribe.words
    if mix.unjudged is not None:
        return words.say(f"guardrails.{name}.head.unjudged")
    if not mix.breaches:
        return words.say(f"guardrails.{name}.head.good", distance=_points(scribe, mix))
    worst = mix.breaches[0]
    key = "low" if mix.deviations[worst] < 0 else "high"
    said = words.say(
        f"guardrails.head.{key}",
        part=names[worst],
        share=scribe.share(mix.percent[worst]),
        range=_range(scribe, mix, worst),
    )
    return capitalised(said)


def _capacity_headline(scribe: Scribe, found: Guardrails) -> Text:
    words = scribe.words
    judged = [one for one in found.allocated if one.judged.unjudged is None]
    if not judged:
        return words.say("guardrails.capacity.head.unjudged")
    if not found.capacity_out:
        return words.say("guardrails.capacity.head.good", n=len(judged))
    worst = found.capacity_out[0]
    part = worst.judged.breaches[0]
    return words.say(
        "guardrails.capacity.head",
        n=len(found.capacity_out),
        of=len(judged),
        train=_train(scribe, worst),
        part=_kind(scribe, part),
        share=scribe.share(worst.judged.percent[part]),
        plan=words.percent(worst.judged.plan.get(part, Decimal(0))),
    )


def _initiative_headline(scribe: Scribe, found: Guardrails) -> Text:
    words, told = scribe.words, found.initiatives
    if told.breaches:
        first = told.breaches[0]
        amount = sum(one.amount or 0 for one in told.breaches)
        return words.say(
            "guardrails.initiatives.head",
            n=len(told.breaches),
            epic=foreign(first.journey.title),
            amount=_money(scribe, amount),
        )
    begun = [one for one in told.significant if one.verdict in ("approved", "approved_late") and one.journey.is_open]
    return words.say("guardrails.initiatives.head.good", n=len(begun)) if begun else words.say(
        "guardrails.initiatives.quiet"
    )  # fmt: skip


def _owner_headline(scribe: Scribe, whole: Engaged) -> Text:
    words = scribe.words
    if whole.below:
        worst = min(whole.below, key=lambda name: whole.shares[name].share or 0)
        share = whole.shares[worst].share
        assert share is not None
        assert whole.least_share is not None
        return words.say(
            f"guardrails.owners.head.{worst}", share=words.percent(share), least=words.percent(whole.least_share)
        )
    if whole.old:
        return words.say("guardrails.owners.head.old", n=len(whole.old))
    if all(one.share is None for one in whole.shares.values()):
        return words.say("guardrails.owners.head.unknown")
    return words.say("guardrails.owners.head.good")


def _mix_title(scribe: Scribe, mix: Mix, names: dict[str, str]) -> Text:
    words = scribe.words
    if mix.unjudged is not None:
        most = max(mix.percent, key=lambda one: mix.percent[one])
        return words.say("guardrails.mix.most", part=names[most], share=scribe.share(mix.percent[most]))
    return words.say(
        "guardrails.mix.out" if mix.breaches else "guardrails.mix.inside",
        n=len(mix.breaches),
        of=len(mix.percent),
        distance=_points(scribe, mix),
    )


def _mix_alt(scribe: Scribe, mix: Mix, names: dict[str, str]) -> str:
    words = scribe.words
    said = [text(f"{names[one]} {scribe.share(mix.percent[one])}") for one in names if one in mix.percent]
    return words.text("guardrails.mix.alt", parts=words.listed(said))


def _mark(scribe: Scribe, mix: Mix, part: str, name: str) -> RangeMark:
    low, high = _bounds(mix, part)
    return RangeMark(
        name=name,
        low=float(low),
        high=float(high),
        actual=float(mix.percent.get(part, Decimal(0)) / 100),
        words=scribe.share(mix.percent.get(part, Decimal(0))),
        detail=_range(scribe, mix, part) if mix.plan else "",
        out=part in mix.breaches,
    )


def _bounds(mix: Mix, part: str) -> tuple[Decimal, Decimal]:
    if not mix.plan:
        return Decimal(0), Decimal(0)
    plan, tolerance = mix.plan.get(part, Decimal(0)), mix.tolerance_points / 100
    return max(plan - tolerance, Decimal(0)), min(plan + tolerance, Decimal(1))


def _range(scribe: Scribe, mix: Mix, part: str) -> str:
    low, high = _bounds(mix, part)
    return scribe.words.text(
        "guardrails.range", low=scribe.words.number(100 * low), high=scribe.words.percent(high, places=_places(100 * high))
    )  # fmt: skip


def _places(value: Decimal) -> int:
    return 0 if value == value.to_integral_value() else 1


def _range_key(scribe: Scribe, mix: Mix) -> tuple[tuple[Mark, str], ...]:
    words = scribe.words
    key = [(Mark.BAND, words.text("guardrails.key.range"))] if mix.plan else []
    key.append((Mark.DOT, words.text("guardrails.key.inside" if mix.plan else "key.done")))
    return (*key, (Mark.OVER, words.text("guardrails.key.out"))) if mix.breaches else tuple(key)


def _mix_table(scribe: Scribe, mix: Mix, names: dict[str, str], *, caption: str) -> Table:
    words = scribe.words
    heads = ("part", "item_days", "share", "plan", "points_off")
    rows = [
        row(
            text(name),
            words.number(mix.item_days.get(part, Decimal(0)), places=1),
            scribe.share(mix.percent.get(part, Decimal(0))),
            words.percent(mix.plan.get(part, Decimal(0)), places=1) if mix.plan else words.text("unknown"),
            _off(scribe, mix, part) or words.text("unknown"),
        )
        for part, name in names.items()
    ]
    rows.append(
        row(
            words.say("guardrails.untold_days"),
            words.number(mix.untold_days, places=1),
            "",
            "",
            "",
        )
    )
    return Table(
        caption=caption,
        columns=tuple(Column(head=words.text(f"head.{name}"), numeric=name != "part") for name in heads),
        rows=tuple(rows),
    )


def _off(scribe: Scribe, mix: Mix, part: str) -> str:
    off = mix.deviations.get(part)
    return "" if off is None else difference(off, scribe.words.locale, places=1)


def _points(scribe: Scribe, mix: Mix) -> str:
    distance = mix.distance_points
    if distance is None:
        return scribe.words.text("unknown")
    return scribe.words.text("guardrails.points", points=scribe.words.number(distance, places=1))


def _distance(scribe: Scribe, mix: Mix) -> Text:
    distance = mix.distance_points
    return scribe.words.say("unknown") if distance is None else text(scribe.words.number(distance, places=1))


def _unjudged(scribe: Scribe, mix: Mix) -> Text:
    return scribe.words.say(f"guardrails.unjudged.{mix.unjudged}") if mix.unjudged is not None else ()


def _told(scribe: Scribe, mix: Mix) -> Text:
    """How much of the work the shares speak of, where it is not all."""
    if mix.told_share is None or not mix.untold_days:
        return ()
    why = scribe.words.listed(
        [
            scribe.words.say(f"guardrails.reason.{reason}", n=len(keys))
            for reason, keys in mix.excluded.items()
        ]
    )  # fmt: skip
    said = scribe.words.say("guardrails.told", share=scribe.words.percent(mix.told_share))
    return (*said, *scribe.words.say("guardrails.told.why", why=why)) if mix.excluded else said


def _left_out(scribe: Scribe, excluded: Excluded) -> Text:
    words = scribe.words
    said = [
        words.say("guardrails.untraced", n=len(keys), why=reasons.words(reason, words.locale), epics=words.listed([scribe.key(key) for key in keys]))
        for reason, keys in excluded.items()
    ]  # fmt: skip
    return joined(said)


def _verdict(scribe: Scribe, mix: Mix) -> tuple[Status, str]:
    status = Status.NONE if mix.unjudged is not None else Status.BAD if mix.breaches else Status.GOOD
    return status, scribe.words.text(f"guardrails.status.{status}")


def _by_distance(found: Sequence[Capacity]) -> list[Capacity]:
    return sorted(found, key=lambda one: (-(one.judged.distance_points or 0), one.train or ""))


def _train(scribe: Scribe, one: Capacity) -> Text:
    return scribe.words.say("guardrails.whole") if one.train is None else foreign(one.train)


def _increment(scribe: Scribe, found: Guardrails) -> Text:
    shown = found.running if found.last is None else found.last
    return foreign(shown.name)


def _order(scribe: Scribe, kind: str) -> tuple[Decimal, str]:
    return -_agreed(scribe).capacity.get(kind, Decimal(0)), kind


def _kind(scribe: Scribe, kind: str) -> str:
    named = kind_named(kind)
    return named.text if isinstance(named, Name) else scribe.words.text(f"kind.{kind}")


def _blank(scribe: Scribe) -> Cell:
    return Cell(text=scribe.words.say("guardrails.nothing"))


# --- words for initiatives

_RANK = {"unapproved": 0, "no_estimate": 1, "approved_late": 2, "approved": 3, "waiting": 4}
_STATUS = {
    "unapproved": Status.BAD,
    "no_estimate": Status.WARN,
    "approved_late": Status.WARN,
    "approved": Status.GOOD,
    "waiting": Status.NONE,
}


def _is_shown(one: Initiative) -> bool:
    """What is open, and what ended without approval: what ended well is counted."""
    return one.journey.is_open or one.verdict in ("unapproved", "approved_late")


def _threshold(scribe: Scribe) -> Text:
    agreed, words = _agreed(scribe), scribe.words
    said = []
    if agreed.approval_threshold is not None:
        said.append(words.say("guardrails.threshold.cost", amount=_money(scribe, agreed.approval_threshold)))
    if agreed.approval_size is not None:
        said.append(words.say("guardrails.threshold.size", size=words.number(agreed.approval_size)))
    return words.say("guardrails.threshold", threshold=words.listed(said))


def _estimate(scribe: Scribe, said: str | None) -> Text:
    return foreign(said) if said else scribe.words.say("guardrails.not_estimated")


def _money(scribe: Scribe, amount: int) -> str:
    return scribe.words.money(amount, scribe.numbers.book.portfolio.currency)


def _day(scribe: Scribe, at: datetime | None) -> str:
    return scribe.words.text("unknown") if at is None else scribe.words.day(scribe.numbers.book.calendar.day(at))


def _agreed(scribe: Scribe) -> Agreed:
    return scribe.numbers.book.portfolio.guardrails


def _tone(status: Status) -> str:
    return {"good": "good", "bad": "bad"}.get(status.value, "flat")
