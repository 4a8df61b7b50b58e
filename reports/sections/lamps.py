"""The four guardrails at a glance: whether each holds, and the number it rests on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from metrics.guardrails import Mix
from metrics.guardrails.initiatives import UNREAD
from reports.findings import capitalised, closed
from reports.guardrails import Guardrails, guardrails
from reports.page import Cell, Column, Exhibit, Fact, Facts, KeyFigure, Row, Section, Span, Status, Table, Text, joined
from reports.sections.initiatives import money, unjudged
from reports.sections.mixes import increment_named, points, policy
from reports.sections.scribe import Scribe, text
from reports.sections.set_aside import unread_file

LAMP = "lamp-"  # before the id of one among the figures that manifests keep


@dataclass(frozen=True, kw_only=True)
class Lamp:
    """One guardrail at a glance: whether it holds, the number it rests on, and what that number is of."""

    id: str
    status: Status
    number: str
    of: Text
    metric: str
    versus: str


def lamps(scribe: Scribe) -> tuple[Lamp, ...]:
    """The four, in their order."""
    found = guardrails(scribe.numbers)
    return (
        _horizon_lamp(scribe, found),
        _capacity_lamp(scribe, found),
        _initiative_lamp(scribe, found),
        _owner_lamp(scribe, found),
    )


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


def facts(scribe: Scribe, *, page: str) -> Facts | None:
    """The four in a row, each leading to its evidence; None where no guardrail is agreed."""
    words = scribe.words
    if not guardrails(scribe.numbers).is_agreed:
        return None
    told = tuple(
        Fact(
            name=words.text(f"guardrails.name.{one.id}"),
            value=words.say(f"guardrails.status.{one.status}"),
            note=joined([text(one.number), one.of], " · "),
            status=one.status,
            href=f"{page}#{one.id}",
        )
        for one in lamps(scribe)
    )
    return Facts(facts=told, abreast=len(told))


def verdict(scribe: Scribe) -> Text:
    """How many are breached, or that all hold, to stand within a sentence; nothing where none is agreed."""
    words = scribe.words
    if not guardrails(scribe.numbers).is_agreed:
        return ()
    judged = [one for one in lamps(scribe) if one.status is not Status.NONE]
    out = [one for one in judged if one.status is Status.BAD]
    if out:
        return words.say("guardrails.verdict.out", n=len(out))
    return words.say("guardrails.verdict.hold", n=len(judged)) if judged else words.say("guardrails.verdict.untold")


def figures(scribe: Scribe) -> tuple[KeyFigure, ...]:
    """The four lamps as the figures on top of the pack."""
    words = scribe.words
    return tuple(
        KeyFigure(
            id=one.id,
            title=words.text(f"guardrails.name.{one.id}"),
            value=one.number,
            versus=one.versus,
            trend=(
                Span(text=f"{words.text(f'guardrails.status.{one.status}')}.", tone=_tone(one.status)),
                Span(text=" "),
                *closed(capitalised(one.of)),
            ),
            definition=scribe.definition(one.metric),
        )
        for one in lamps(scribe)
    )


def standing(scribe: Scribe) -> tuple[KeyFigure, ...]:
    """How each stands and the number it rests on, for who compares two revisions; nothing where none is agreed."""
    words = scribe.words
    if not guardrails(scribe.numbers).is_agreed:
        return ()
    return tuple(
        KeyFigure(
            id=f"{LAMP}{one.id}",
            title=words.text(f"guardrails.name.{one.id}"),
            value=words.text(f"guardrails.status.{one.status}")
            if one.number == words.text("unknown")
            else words.text(
                "guardrails.standing", status=words.text(f"guardrails.status.{one.status}"), number=one.number
            ),
        )
        for one in lamps(scribe)
    )


def _horizon_lamp(scribe: Scribe, found: Guardrails) -> Lamp:
    words, mix = scribe.words, found.horizons
    if mix is None or mix.unjudged is not None:
        reason = "no_plan" if mix is None or not mix.plan else mix.unjudged
        return Lamp(
            id="horizons",
            status=Status.NONE,
            number=words.text("unknown"),
            of=words.say(f"guardrails.unjudged.{reason}"),
            metric="horizon_distance",
            versus=_ranged(scribe, mix),
        )
    status = Status.BAD if mix.breaches else Status.GOOD
    key = "guardrails.lamp.horizons" if mix.breaches else "guardrails.lamp.horizons.none"
    of = words.say(key, n=len(mix.breaches), of=len(mix.percent))
    return Lamp(
        id="horizons",
        status=status,
        number=points(scribe, mix),
        of=of,
        metric="horizon_distance",
        versus=_ranged(scribe, mix),
    )


def _capacity_lamp(scribe: Scribe, found: Guardrails) -> Lamp:
    words = scribe.words
    judged = [one for one in found.allocated if one.judged.unjudged is None]
    if not judged:
        reason = "no_plan" if not policy(scribe).capacity else "few_items"
        return Lamp(
            id="capacity",
            status=Status.NONE,
            number=words.text("unknown"),
            of=words.say(f"guardrails.unjudged.{reason}"),
            metric="capacity_distance",
            versus=words.text("figure.no_target"),
        )
    out = len(found.capacity_out)
    key = f"{'capacity' if found.capacity[1:] else 'capacity_whole'}{'.out' if out else ''}"
    return Lamp(
        id="capacity",
        status=Status.BAD if out else Status.GOOD,
        number=words.text("of", n=out or len(judged), total=len(judged)),
        of=words.say(f"guardrails.lamp.{key}", increment=increment_named(found)),
        metric="capacity_distance",
        versus=_ranged(scribe, judged[0].judged),
    )


def _initiative_lamp(scribe: Scribe, found: Guardrails) -> Lamp:
    words, told = scribe.words, found.initiatives
    if not found.has_threshold or not told.n_items:
        why = "no_epics" if found.has_threshold else "no_threshold"
        return Lamp(
            id="initiatives",
            status=Status.NONE,
            number=words.text("unknown"),
            of=words.say(f"guardrails.unjudged.{why}"),
            metric="significant_initiatives",
            versus=_none_from(scribe) if found.has_threshold else words.text("figure.no_target"),
        )
    open_ones = [
        one for one in told.significant if one.journey.is_open and one.verdict not in ("waiting", "no_estimate")
    ]
    lost = unjudged(told)
    unread = told.excluded.get(UNREAD, ())
    is_known = bool(open_ones) or not (lost or unread)
    status = Status.BAD if told.breaches else Status.GOOD if is_known else Status.NONE
    if status is Status.GOOD and (told.splits or told.unestimated or told.overspent or told.excluded):
        status = Status.WARN
    of = [words.say("guardrails.lamp.initiatives", n=len(open_ones))] if is_known else []
    of += [words.say("guardrails.lamp.unread", n=len(unread))] if unread else []
    of += [words.say("guardrails.lamp.unjudged", n=lost)] if lost else []
    of += [words.say("guardrails.lamp.splits", n=len(told.splits))] if told.splits else []
    return Lamp(
        id="initiatives",
        status=status,
        number=words.whole(len(told.breaches)) if is_known else words.text("unknown"),
        of=joined(of),
        metric="significant_initiatives",
        versus=_none_from(scribe),
    )


def _owner_lamp(scribe: Scribe, found: Guardrails) -> Lamp:
    """Without objectives, or with their file unread, epics alone can tell that it does not hold, never that it does."""
    words, told = scribe.words, found.engaged
    file = unread_file(scribe, "objectives")
    known = {name: one.share for name, one in told.shares.items() if one.share is not None}
    least = told.least_share
    versus = (
        words.text("figure.no_target")
        if least is None
        else words.text("guardrails.versus.owners", share=words.percent(least))
    )
    lacking = (
        words.say("guardrails.unjudged.owners_aside", file=file)
        if file
        else ()
        if told.has_objectives
        else words.say("guardrails.unjudged.no_objectives")
    )
    untold = any(one.share is None and one.n_in_scope for one in told.shares.values())
    unrecorded = words.say("guardrails.lamp.owners.untold") if untold else ()
    old = words.say("guardrails.lamp.old", n=len(told.old)) if told.old else ()
    if not known or (lacking and not told.below):
        return Lamp(
            id="owners",
            status=Status.NONE,
            number=words.text("unknown"),
            of=joined([lacking, unrecorded, old]),
            metric="owner_engagement",
            versus=versus,
        )
    worst = min(known, key=lambda name: known[name])
    status = Status.BAD if told.below else Status.WARN if told.old or untold else Status.GOOD
    if told.least_share is None and status is Status.GOOD:
        status = Status.NONE
    of = joined([words.say(f"guardrails.lamp.owners.{worst}"), lacking, unrecorded, old])
    return Lamp(
        id="owners", status=status, number=words.percent(known[worst]), of=of, metric="owner_engagement", versus=versus
    )


def _ranged(scribe: Scribe, mix: Mix | None) -> str:
    words = scribe.words
    if mix is None or not mix.plan:
        return words.text("figure.no_target")
    return words.text("guardrails.versus.range", points=words.number(mix.tolerance_points))


def _none_from(scribe: Scribe) -> str:
    words, threshold = scribe.words, policy(scribe).approval_threshold
    if threshold is None:
        return words.text("figure.no_target")
    return words.text("guardrails.versus.initiatives", amount=money(scribe, threshold))


def _lamps_headline(scribe: Scribe, told: Sequence[Lamp]) -> Text:
    words = scribe.words
    out = [one for one in told if one.status is Status.BAD]
    if out:
        names = words.listed([words.say(f"guardrails.inline.{one.id}") for one in out])
        return words.say("guardrails.out", n=len(out), names=names)
    judged = [one for one in told if one.status is not Status.NONE]
    return words.say("guardrails.hold", n=len(judged)) if judged else words.say("guardrails.untold")


def _tone(status: Status) -> str:
    return {"good": "good", "bad": "bad"}.get(status.value, "flat")
