"""What could stop a theme: its risks, and who waits for whom, into it and out of it."""

from __future__ import annotations

from metrics.dependencies import Health
from reports.findings import capitalised, closed
from reports.hazards import dangers
from reports.page import Block, Column, Empty, Entry, Exhibit, Paragraph, Row, Section, Table, Text
from reports.reckoning import ThemeScore
from reports.sections import dependencies, risks
from reports.sections.scribe import Scribe
from reports.sections.set_aside import notice, unknown
from reports.sponsor import INSIDE, INWARD, OUTWARD, Waiting, settled, waits
from reports.sponsor import risks as threatening

MOST = 5


def threats(scribe: Scribe, score: ThemeScore) -> Section:
    """The five largest risks, then dependencies: what the theme waits for first, the late ones before the others."""
    words, numbers = scribe.words, scribe.numbers
    found, waiting = threatening(numbers, score.theme.id), waits(numbers, score.theme.id)
    blocks: list[Block] = []
    if found:
        more = (words.say("threats.more", n=len(found) - MOST),) if len(found) > MOST else ()
        blocks.append(risks.brief(scribe, found[:MOST], notes=more))
    if waiting:
        blocks.append(_waits(scribe, waiting))
    if waiting and not found:
        name = "none" if dangers(numbers).facts.has_risk_rules else "unset"
        blocks.append(Paragraph(text=words.say(f"threats.risks.{name}")))
    if found and not waiting:
        blocks.append(Paragraph(text=notice(scribe, "dependencies") or words.say("threats.waits.none")))
    if not found and not waiting:
        known = dangers(numbers).facts.has_risk_rules
        said = words.say("threats.none.text" if known else "threats.risks.unset")
        unread = unknown(scribe, "dependencies") if known else ()
        title = unread or words.say("threats.none" if known else "threats.head.unset")
        blocks = [Empty(title=title, text=notice(scribe, "dependencies") if unread else said)]
    return Section(
        id="risk",
        question=words.text("threats.question"),
        headline=headline(scribe, score),
        blocks=tuple(blocks),
        long=True,
        definitions=tuple(one for one in (scribe.definition("dependency_health"),) if one is not None and waiting),
    )


def entries(scribe: Scribe, score: ThemeScore) -> list[Entry]:
    """Risks of a theme that were resolved or raised since the last edition, a line each."""
    words, told = scribe.words, dangers(scribe.numbers)
    return [
        Entry(label=words.text(f"risks.settled.{kind}"), text=risks.named(scribe, told, one))
        for kind, one in settled(scribe.numbers, score.theme.id)[:MOST]
    ]


def headline(scribe: Scribe, score: ThemeScore) -> Text:
    """What its open risks may cost, and how many dependencies come late, or are open."""
    words, numbers = scribe.words, scribe.numbers
    found, waiting = threatening(numbers, score.theme.id), waits(numbers, score.theme.id)
    late = [one for one in waiting if one.dependency.health is Health.LATE]
    amount = sum(one.amount or 0 for one in found)
    exposed = (
        words.say("threats.head.risks", n=len(found), amount=risks.money(scribe, amount))
        if amount
        else words.say("threats.head.unrated", n=len(found))
        if found
        else words.say("threats.head.none" if dangers(numbers).facts.has_risk_rules else "threats.head.unset")
    )
    if late:
        return words.say("glance.both", first=exposed, second=words.say("threats.head.late", n=len(late)))
    if waiting:
        return words.say("glance.both", first=exposed, second=words.say("threats.head.waits", n=len(waiting)))
    return exposed


def _waits(scribe: Scribe, waiting: tuple[Waiting, ...]) -> Exhibit:
    words = scribe.words
    ways = (INWARD, INSIDE, OUTWARD)
    ordered = sorted(
        waiting, key=lambda one: (ways.index(one.way), dependencies.ORDER.index(one.dependency.health),
                                  one.dependency.edge.after, one.dependency.edge.before)
    )  # fmt: skip
    rows: list[Row] = []
    for one in ordered[: 2 * MOST]:
        cells = dependencies.cells(scribe, one.dependency)
        rows.append(Row(cells=(dependencies.said(scribe, f"threats.way.{one.way}"), *cells)))
    counts = [words.say(f"threats.count.{way}", n=n) for way in ways if (n := sum(one.way == way for one in waiting))]
    more = (words.say("dependencies.more", n=len(waiting) - len(rows)),) if len(waiting) > len(rows) else ()
    return Exhibit(
        table=Table(
            caption=words.text("threats.waits.caption"),
            name="theme-waits",
            columns=tuple(
                Column(head=words.text(f"head.{name}"))
                for name in ("way_of_wait", "gives", "needs", "needed", "likely", "status")
            ),
            rows=tuple(rows),
        ),
        notes=(capitalised(closed(words.listed(counts))), *more),
    )
