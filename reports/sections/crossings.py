"""What crossed a line since the last edition: guardrails left and kept again, risks raised and resolved, verdicts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from decimal import Decimal

from domain.period import Period
from domain.strategy import Guardrails
from metrics.alignment import item_days
from metrics.guardrails import Mix, horizon_mix
from metrics.selection import at_level
from reports.findings import closed
from reports.guardrails import capacity_before, engaged_before, guardrails
from reports.hazards import dangers
from reports.ledger import ledger
from reports.page import Entry, Text, joined
from reports.reckoning import Reckoning
from reports.sections import risks
from reports.sections.mixes import kind_text
from reports.sections.scribe import Scribe
from reports.words.catalogue import foreign

MOST = 3  # of one kind that are named
COMING = timedelta(days=14)  # in which a verdict is due that is told beforehand


def crossings(scribe: Scribe) -> list[Entry]:
    """One line for each; of many of a kind the first, and how many more there are."""
    mixes, owners = [*_horizons(scribe), *_capacity(scribe)], [*_owners(scribe)]
    agreed = _agreed(scribe, mixes=bool(mixes), owners=bool(owners))
    return [
        *_few(scribe, "guardrail", [*mixes, *_initiatives(scribe), *owners, *agreed]),
        *_few(scribe, "flow", list(_flow(scribe))),
        *_few(scribe, "pace", list(_pace(scribe))),
        *_measuring(scribe),
        *_apart(scribe),
        *_few(scribe, "verdict", list(_verdicts(scribe))),
        *_few(scribe, "verdict", list(_due(scribe))),
        *_few(scribe, "risk", list(_risks(scribe))),
    ]


def verdicts(scribe: Scribe, theme: str) -> list[Entry]:
    """The verdicts on the hypotheses of one theme, a line each."""
    return _few(scribe, "verdict", list(_verdicts(scribe, theme)))


def _few(scribe: Scribe, kind: str, every: list[Entry]) -> list[Entry]:
    left = len(every) - MOST
    if left <= 0:
        return every
    label = scribe.words.text(f"crossings.{kind}.label")
    return [*every[:MOST], Entry(label=label, text=scribe.words.say("crossings.more", n=left))]


def _horizons(scribe: Scribe) -> Iterator[Entry]:
    """Which horizon is outside its range in the quarter until now, and was inside before, or the reverse.

    Where one gets more, others get less: the one that is furthest from its plan speaks for them.
    """
    words, now, before = scribe.words, guardrails(scribe.numbers).horizons, _mix_before(scribe.numbers)
    if now is not None and before is not None:
        for key, part in _crossed(now, before):
            said = words.say(
                f"crossings.horizon.{key}", part=words.text(f"horizon.{part}"), **_shares(scribe, now, before, part)
            )
            yield _entry(scribe, said, *_mix_agreed(scribe, now, before, part))


def _capacity(scribe: Scribe) -> Iterator[Entry]:
    """The same of each train's kinds of work, in the increment that is held against the allocation."""
    words, former = scribe.words, _capacity_before(scribe.numbers)
    for one in guardrails(scribe.numbers).allocated:
        now, before = one.judged, former.get(one.train)
        if before is None:
            continue
        for key, part in _crossed(now, before):
            said = words.say(
                f"crossings.capacity.{key}",
                train=words.say("crossings.whole") if one.train is None else foreign(one.train),
                part=kind_text(scribe, part),
                **_shares(scribe, now, before, part),
            )
            yield _entry(scribe, said, *_mix_agreed(scribe, now, before, part))


def _crossed(now: Mix, before: Mix) -> Iterator[tuple[str, str]]:
    """The part that left its range, and the one that is inside again; none where a mix is not judged."""
    if now.unjudged is None and before.unjudged is None:
        for key, out, other in (("out", now, before), ("in", before, now)):
            yield from [(key, part) for part in out.breaches if part not in other.breaches][:1]


def _shares(scribe: Scribe, now: Mix, before: Mix, part: str) -> dict[str, str]:
    return {
        name: scribe.words.percent(mix.percent.get(part, Decimal(0)) / 100, places=1)
        for name, mix in (("share", now), ("before", before))
    }


def _mix_agreed(scribe: Scribe, now: Mix, before: Mix, part: str) -> Iterator[Text]:
    """How the range of a part was changed in the settings, sentence by sentence; nothing where it was not."""
    plan = tuple(one.plan.get(part, Decimal(0)) for one in (before, now))
    if plan[0] != plan[1]:
        told = [scribe.words.percent(one, places=1) for one in plan]
        yield scribe.words.say("crossings.agreed.plan", before=told[0], now=told[1])
    if said := _tolerance(scribe, "crossings.agreed.tolerance"):
        yield said


def _tolerance(scribe: Scribe, name: str) -> Text:
    """That the tolerance of both mixes was changed since the last edition; else nothing."""
    words, book = scribe.words, scribe.numbers.book
    before, now = _agreed_before(scribe.numbers).tolerance_points, book.portfolio.guardrails.tolerance_points
    if before == now:
        return ()
    told = [_points(scribe, one) for one in (before, now)]
    key = f"{name}.{'wider' if now > before else 'narrower'}"
    return words.say(key, n=_many(now), before=told[0], now=told[1])


def _owners(scribe: Scribe) -> Iterator[Entry]:
    """Where business owners take part less than agreed now and did not before, or the reverse."""
    words, now = scribe.words, guardrails(scribe.numbers).engaged
    before = engaged_before(scribe.numbers, agreed=_agreed_before(scribe.numbers), day=_eve(scribe.numbers))
    for name, one in now.shares.items():
        if one.share is None or before.shares[name].share is None or None in (now.least_share, before.least_share):
            continue
        if (name in now.below) == (name in before.below):
            continue
        key = f"guardrails.owners.head.{name}" if name in now.below else f"crossings.owners.{name}"
        said = words.say(key, share=words.percent(one.share), least=words.percent(now.least_share or 0))
        yield _entry(scribe, closed(said), _least(scribe, "crossings.agreed.least"))


def _least(scribe: Scribe, name: str) -> Text:
    """That the share that business owners must reach was changed since the last edition; else nothing."""
    words, book = scribe.words, scribe.numbers.book
    before = _agreed_before(scribe.numbers).engagement.least_share
    now = book.portfolio.guardrails.engagement.least_share
    if before is None or before == now:
        return ()
    if now is None:
        return words.say("crossings.changed.least.gone", before=words.percent(before))
    return words.say(
        f"{name}.{'raised' if now > before else 'lowered'}", before=words.percent(before), now=words.percent(now)
    )


def _agreed(scribe: Scribe, *, mixes: bool, owners: bool) -> Iterator[Entry]:
    """What was agreed otherwise since the last edition, and no crossing has said: `mixes` and `owners` have."""
    words, before, now = scribe.words, _agreed_before(scribe.numbers), scribe.numbers.book.portfolio.guardrails
    for name, former, plan in (
        ("horizons", before.horizons, now.horizons),
        ("capacity", before.capacity, now.capacity),
    ):
        if former and former != plan:
            yield _entry(scribe, words.say(f"crossings.changed.{name}{'' if plan else '.gone'}"))
    if (
        not mixes
        and (before.horizons or before.capacity)
        and (said := _tolerance(scribe, "crossings.changed.tolerance"))
    ):
        yield _entry(scribe, said)
    if not owners and (said := _least(scribe, "crossings.changed.least")):
        yield _entry(scribe, said)


def _flow(scribe: Scribe) -> Iterator[Entry]:
    """From which shares on the flow is told otherwise than in the last edition, because it was agreed so."""
    words, before = scribe.words, _agreed_before(scribe.numbers).flow
    now = scribe.numbers.book.portfolio.guardrails.flow
    for name in ("constraint", "act", "without_start"):
        former, share = getattr(before, name), getattr(now, name)
        if former != share:
            said = words.say(f"crossings.flow.{name}", before=scribe.agreed(former), now=scribe.agreed(share))
            yield Entry(label=words.text("crossings.flow.label"), text=said)


def _pace(scribe: Scribe) -> Iterator[Entry]:
    """How far behind its plan an outcome may be otherwise than in the last edition, because it was agreed so."""
    words, before = scribe.words, _agreed_before(scribe.numbers).pace
    now = scribe.numbers.book.portfolio.guardrails.pace
    for name in ("on_track", "at_risk"):
        points = [getattr(one, f"{name}_points") for one in (before, now)]
        if points[0] != points[1]:
            told = [_points(scribe, one) for one in points]
            said = words.say(f"crossings.pace.{name}", n=_many(points[1]), before=told[0], now=told[1])
            yield Entry(label=words.text("crossings.pace.label"), text=said)


def _measuring(scribe: Scribe) -> Iterator[Entry]:
    """When value is told as not measured, where that was agreed otherwise in the last edition."""
    words, before = scribe.words, _agreed_before(scribe.numbers).measured_within_days
    now = scribe.numbers.book.portfolio.guardrails.measured_within_days
    if before != now:
        told = [words.text("days", n=one) for one in (before, now)]
        said = words.say("crossings.value.measured", before=told[0], now=told[1])
        yield Entry(label=words.text("crossings.value.label"), text=said)


def _apart(scribe: Scribe) -> Iterator[Entry]:
    """By how much the readings of money may differ before all are told, where that was agreed otherwise."""
    words, book = scribe.words, scribe.numbers.book
    now = book.portfolio.funding.apart_points
    if book.apart_before not in (None, now) and not book.withholds_money:
        before = _points(scribe, book.apart_before or Decimal(0))
        said = words.say("crossings.money.apart", n=_many(now), before=before, now=_points(scribe, now))
        yield Entry(label=words.text("crossings.money.label"), text=said)


def _points(scribe: Scribe, points: Decimal) -> str:
    """Points that the settings name, as exactly as they do."""
    return scribe.words.number(points, places=max(0, -int(points.normalize().as_tuple().exponent)))


def _many(points: Decimal) -> int:
    """One point is singular; one and a half are as many."""
    return 1 if points == 1 else 2


def _entry(scribe: Scribe, *said: Text) -> Entry:
    return Entry(label=scribe.words.text("crossings.guardrail.label"), text=joined(list(said)))


def _agreed_before(numbers: Reckoning) -> Guardrails:
    """What was agreed when the last edition was made; what is agreed now, where no one knows."""
    return numbers.book.agreed_before or numbers.book.portfolio.guardrails


def _eve(numbers: Reckoning) -> date:
    """The day before the edition's week or longer period: the last of which the last edition told."""
    return numbers.changes.period.start - timedelta(days=1)


def _mix_before(numbers: Reckoning) -> Mix | None:
    """The horizons of a quarter that ended as the edition's week or longer period began."""
    return numbers.book.once("horizons before", lambda: _measured(numbers))


def _measured(numbers: Reckoning) -> Mix | None:
    found, agreed = guardrails(numbers), _agreed_before(numbers)
    if found.level is None or not agreed.horizons:
        return None
    start = numbers.changes.period.start
    worked = item_days(
        at_level(numbers.book.journeys, found.level),
        period=Period(start - timedelta(days=found.window.length_days), start),
        calendar=numbers.book.calendar,
    )
    return horizon_mix(worked, themes=numbers.book.portfolio.themes, guardrails=agreed)


def _capacity_before(numbers: Reckoning) -> Mapping[str | None, Mix]:
    return numbers.book.once(
        "capacity before",
        lambda: capacity_before(numbers, agreed=_agreed_before(numbers), day=numbers.changes.period.start),
    )


def _initiatives(scribe: Scribe) -> Iterator[Entry]:
    """Begun without the approval that it needs, and approved after it had begun."""
    words, book = scribe.words, scribe.numbers.book
    for one in guardrails(scribe.numbers).initiatives.significant:
        begun = one.is_breach and one.needed_at is not None and _is_new(scribe, book.calendar.day(one.needed_at))
        late = one.verdict == "approved_late" and one.approval is not None
        mended = late and one.approval is not None and _is_new(scribe, book.calendar.day(one.approval.at))
        if begun or mended:
            key = "crossings.initiative" if begun else "crossings.initiative.approved"
            epic = scribe.item(one.journey, with_title=True)
            yield Entry(label=words.text("crossings.guardrail.label"), text=words.say(key, epic=epic))


def _verdicts(scribe: Scribe, theme: str | None = None) -> Iterator[Entry]:
    words = scribe.words
    for one in ledger(scribe.numbers, theme).settled:
        if one.settled_on is not None and _is_new(scribe, one.settled_on):
            said = words.say(f"crossings.verdict.{one.verdict}", name=foreign(one.benefit.name))
            yield Entry(label=words.text("crossings.verdict.label"), text=said)


def _due(scribe: Scribe) -> Iterator[Entry]:
    words, today = scribe.words, scribe.numbers.today
    for one in ledger(scribe.numbers).due:
        if one.next_due is not None and today <= one.next_due <= today + COMING:
            said = words.say("crossings.due", name=foreign(one.benefit.name), day=words.day(one.next_due))
            yield Entry(label=words.text("crossings.due.label"), text=said)


def _risks(scribe: Scribe) -> Iterator[Entry]:
    words, told = scribe.words, dangers(scribe.numbers)
    for key, found in (("raised", told.raised), ("resolved", told.resolved)):
        for one in found:
            yield Entry(label=words.text(f"crossings.risk.{key}"), text=risks.named(scribe, told, one))


def _is_new(scribe: Scribe, day: date) -> bool:
    """Did it happen in the edition's period, or since, until its instant?"""
    return scribe.numbers.changes.period.start <= day <= scribe.numbers.today
