"""Where the work goes, against what was agreed: horizons, and the capacity of each train."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from domain.strategy import Guardrails as Agreed
from domain.strategy import ValueStream
from metrics.guardrails import HORIZONS, Mix
from reports.charts.shapes import Mark, RangeMark, Ranges
from reports.findings import capitalised
from reports.findings.engine import Name
from reports.findings.guardrails import kind_named
from reports.guardrails import Capacity, Guardrails, guardrails
from reports.guardrails import of_stream as guardrails_of_stream
from reports.page import Cell, Column, Empty, Exhibit, Figure, Row, Section, Status, Table, Text
from reports.sections.scribe import Scribe, row, text
from reports.words.catalogue import foreign
from reports.words.numbers import difference


def horizons(scribe: Scribe) -> Section:
    words, mix = scribe.words, guardrails(scribe.numbers).horizons
    head = words.text("guardrails.horizons.question")
    figure = horizon_marks(scribe)
    if mix is None or figure is None:
        empty = Empty(title=words.say("guardrails.horizons.none"), text=words.say("guardrails.horizons.none.text"))
        return Section(id="horizons", question=head, headline=words.say("guardrails.horizons.none"), blocks=(empty,))
    distance = scribe.definition("horizon_distance")
    return Section(
        id="horizons",
        question=head,
        headline=_mix_headline(scribe, "horizons", mix, _horizon_names(scribe, mix)),
        blocks=(figure,),
        definitions=(distance,) if distance is not None else (),
    )


def horizon_marks(scribe: Scribe, *, columns: int = 12) -> Figure | None:
    """C8: the share of each horizon inside or outside its range; None while nothing was worked on."""
    words, found = scribe.words, guardrails(scribe.numbers)
    mix = found.horizons
    if mix is None or not mix.item_days:
        return None
    names = _horizon_names(scribe, mix)
    return Figure(
        title=_mix_title(scribe, mix, names),
        subtitle=words.say(
            "guardrails.horizons.subtitle",
            n=mix.n_used,
            counts=scribe.count(mix.n_used),
            period=words.period(found.window),
        ),
        alt=_mix_alt(scribe, mix, names),
        chart=Ranges(
            marks=tuple(_mark(scribe, mix, one, name) for one, name in names.items()),
            label=_mix_alt(scribe, mix, names),
        ),
        key=_range_key(scribe, mix),
        notes=tuple(one for one in (_unjudged(scribe, mix), _told(scribe, mix)) if one),
        definition=scribe.definition("horizon_share"),
        data=_mix_table(scribe, mix, names, caption=words.text("guardrails.horizons.caption")),
        columns=columns,
    )


def capacity(scribe: Scribe) -> Section:
    """The whole portfolio against its allocation, then planned and actual of each train."""
    return _allocated(scribe, guardrails(scribe.numbers), "guardrails")


def of_stream(scribe: Scribe, stream: ValueStream) -> Section:
    """The same of one value stream and its trains."""
    return _allocated(scribe, guardrails_of_stream(scribe.numbers, stream), "stream_capacity")


def _allocated(scribe: Scribe, found: Guardrails, whole_as: str) -> Section:
    """`whole_as`: in which words the whole is told."""
    words = scribe.words
    question = words.text(f"{whole_as}.capacity.question")
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
            f"{whole_as}.capacity.subtitle",
            counts=scribe.words.say(f"count.{found.capacity_level}", n=whole.n_used),
            increment=increment_named(found),
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
        blocks=(figure, _trains(scribe, found, kinds, names, whole=words.say(f"{whole_as}.whole"))),
        long=True,
        definitions=(distance,) if distance is not None else (),
    )


def _trains(scribe: Scribe, found: Guardrails, kinds: Sequence[str], names: dict[str, str], *, whole: Text) -> Exhibit:
    """Each train, the furthest off first, and the whole; or the train alone where it is the whole."""
    words = scribe.words
    plan = found.capacity[0].judged.plan
    rows = []
    if plan:
        planned = [Cell(text=text(words.percent(plan.get(kind, Decimal(0)), places=1))) for kind in kinds]
        rows.append(
            Row(
                cells=(
                    Cell(text=words.say("guardrails.allocated"), width=6),
                    *planned,
                    Cell(text=text("0")),
                    _blank(scribe),
                )
            )
        )
    shown = found.capacity[1:] if len(found.capacity) == 2 else (*_by_distance(found.capacity[1:]), found.capacity[0])
    for one in shown:
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
                    Cell(
                        text=whole if one.train is None else foreign(one.train),
                        note=text(word),
                        status=status,
                        width=6,
                    ),
                    *cells,
                    Cell(text=_distance(scribe, mix)),
                    Cell(text=_distance(scribe, now)) if one.last is not None else _blank(scribe),
                ),
                total=one.train is None,
            )
        )
    return Exhibit(
        table=Table(
            caption=words.text("guardrails.trains.caption", increment=increment_named(found)),
            name="allocation",
            columns=(
                Column(head=words.text("head.train")),
                *(Column(head=names[kind], numeric=True) for kind in kinds),
                Column(head=words.text("head.distance"), numeric=True),
                Column(head=words.text("head.so_far", increment=found.running.name), numeric=True),
            ),
            rows=tuple(rows),
        ),
        notes=(words.say("guardrails.trains.note", level=words.text(f"level.{found.capacity_level}.many")),),
        definition=scribe.definition("capacity_distance"),
    )


def _horizon_names(scribe: Scribe, mix: Mix) -> dict[str, str]:
    return {one: scribe.words.text(f"horizon.{one}") for one in HORIZONS if one in mix.percent}


def _mix_headline(scribe: Scribe, name: str, mix: Mix, names: dict[str, str]) -> Text:
    words = scribe.words
    if mix.unjudged is not None:
        return words.say(f"guardrails.{name}.head.unjudged")
    if not mix.breaches:
        return words.say(f"guardrails.{name}.head.good", distance=points(scribe, mix))
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
        "stream_capacity.head.one" if len(judged) == 1 else "guardrails.capacity.head",
        n=len(found.capacity_out),
        of=len(judged),
        train=train_named(scribe, worst),
        part=_inline(scribe, part),
        share=scribe.share(worst.judged.percent[part]),
        plan=words.percent(worst.judged.plan.get(part, Decimal(0))),
    )


def _mix_title(scribe: Scribe, mix: Mix, names: dict[str, str]) -> Text:
    words = scribe.words
    if mix.unjudged is not None:
        most = max(mix.percent, key=lambda one: mix.percent[one])
        return words.say("guardrails.mix.most", part=names[most], share=scribe.share(mix.percent[most]))
    return words.say(
        "guardrails.mix.out" if mix.breaches else "guardrails.mix.inside",
        n=len(mix.breaches),
        of=len(mix.percent),
        distance=points(scribe, mix),
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
        "guardrails.range",
        low=scribe.words.number(100 * low),
        high=scribe.words.percent(high, places=_places(100 * high)),
    )


def _places(value: Decimal) -> int:
    return 0 if value == value.to_integral_value() else 1


def _range_key(scribe: Scribe, mix: Mix) -> tuple[tuple[Mark, str], ...]:
    words = scribe.words
    key = [(Mark.BAND, words.text("guardrails.key.range"))] if mix.plan else []
    key.append((Mark.DOT, words.text("guardrails.key.inside" if mix.plan else "key.done")))
    return (*key, (Mark.OVER, words.text("guardrails.key.out"))) if mix.breaches else tuple(key)


def _mix_table(scribe: Scribe, mix: Mix, names: dict[str, str], *, caption: str) -> Table:
    words = scribe.words
    heads = ("mix_part", "item_days", "share", "plan", "points_off")
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
        columns=tuple(Column(head=words.text(f"head.{name}"), numeric=name != "mix_part") for name in heads),
        rows=tuple(rows),
    )


def _off(scribe: Scribe, mix: Mix, part: str) -> str:
    off = mix.deviations.get(part)
    return "" if off is None else difference(off, scribe.words.locale, places=1)


def points(scribe: Scribe, mix: Mix) -> str:
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
        [scribe.words.say(f"guardrails.reason.{reason}", n=len(keys)) for reason, keys in mix.excluded.items()]
    )
    said = scribe.words.say("guardrails.told", share=scribe.words.percent(mix.told_share))
    return (*said, *scribe.words.say("guardrails.told.why", why=why)) if mix.excluded else said


def _verdict(scribe: Scribe, mix: Mix) -> tuple[Status, str]:
    status = Status.NONE if mix.unjudged is not None else Status.BAD if mix.breaches else Status.GOOD
    return status, scribe.words.text(f"guardrails.status.{status}")


def _by_distance(found: Sequence[Capacity]) -> list[Capacity]:
    return sorted(found, key=lambda one: (-(one.judged.distance_points or 0), one.train or ""))


def train_named(scribe: Scribe, one: Capacity) -> Text:
    return scribe.words.say("guardrails.whole") if one.train is None else foreign(one.train)


def increment_named(found: Guardrails) -> Text:
    """The increment that capacity is judged for."""
    shown = found.running if found.last is None else found.last
    return foreign(shown.name)


def _order(scribe: Scribe, kind: str) -> tuple[Decimal, str]:
    return -policy(scribe).capacity.get(kind, Decimal(0)), kind


def _kind(scribe: Scribe, kind: str) -> str:
    named = kind_named(kind)
    return named.text if isinstance(named, Name) else scribe.words.text(f"kind.{kind}")


def _inline(scribe: Scribe, kind: str) -> str:
    """The kind within a sentence."""
    named = kind_named(kind)
    return named.text if isinstance(named, Name) else scribe.words.text(named.key)


def kind_text(scribe: Scribe, kind: str) -> Text:
    """The same, marked as a word of the settings where it is none of ours."""
    named = kind_named(kind)
    return foreign(named.text) if isinstance(named, Name) else scribe.words.say(named.key)


def _blank(scribe: Scribe) -> Cell:
    return Cell(text=scribe.words.say("guardrails.nothing"))


def policy(scribe: Scribe) -> Agreed:
    """What was agreed."""
    return scribe.numbers.book.portfolio.guardrails
