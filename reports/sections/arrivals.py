"""When the outcomes of a theme are likely to arrive, in words: a figure, a headline, a clause."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal

from metrics import reasons
from metrics.arrival import Arrival
from metrics.key_results import KeyResultScore
from reports.findings import capitalised
from reports.page import KeyFigure, Text
from reports.reckoning import ThemeScore
from reports.sections.forecast import likely_share
from reports.sections.months import in_months
from reports.sections.scribe import Scribe
from reports.sponsor import arrivals
from reports.words.catalogue import foreign, toned

MONTH = Decimal("30.4375")  # days
LIKELY, EVEN = 0.85, 0.5


def of_lead(scribe: Scribe, score: ThemeScore) -> tuple[KeyResultScore, Arrival] | None:
    """The key result that speaks for a theme, with its likely date."""
    leading = score.lead
    return None if leading is None else (leading, arrivals(scribe.numbers, score)[leading.key_result.id])


def is_late(scribe: Scribe, score: ThemeScore) -> bool:
    """Will the lead outcome rather miss its due date than meet it?"""
    found = of_lead(scribe, score)
    if found is None:
        return False
    _, told = found
    return told.by_due is not None and told.by_due < EVEN


def headline(scribe: Scribe, score: ThemeScore) -> Text | None:
    """Where the lead outcome is, and when it arrives against its due date; None where no date can be told."""
    found = of_lead(scribe, score)
    if found is None:
        return None
    leading, told = found
    words, result = scribe.words, leading.key_result
    if told.refused is not None or told.reached or leading.reading is None or result.target is None:
        return None
    parts: dict[str, Text | str | int] = {
        "result": foreign(result.name),
        "value": words.measure(leading.reading.value, result.unit),
        "target": words.measure(result.target, result.unit),
        "due": words.day(result.due),
    }
    name, first, last = _lateness(told)
    if last is not None:
        parts["n"] = last
    if first is not None:
        parts["first"] = words.text("theme.months", n=first)
    return capitalised(words.say(f"theme.headline.{name}", **parts))


def _lateness(told: Arrival) -> tuple[str, int | None, int | None]:
    """How a headline tells it, and the months after the due date that it names."""
    due, half, most = told.key_result.due, told.dates.get(50), told.dates.get(85)
    if half is None:
        return "away" if _is_away(told) else "slow", None, None
    first = months_late(due, half)
    if most is None:
        return "open", None, max(first, 1)
    last = months_late(due, most)
    if not first or first == last:
        return "in_time" if not last else "maybe" if not first else "late", None, last or None
    return "late.range", first, last


def figure(scribe: Scribe, score: ThemeScore) -> KeyFigure | None:
    """The likely date of the lead outcome, against its due date."""
    found = of_lead(scribe, score)
    if found is None:
        return None
    leading, told = found
    words, due = scribe.words, scribe.words.day(leading.key_result.due)
    trend: Text = ()
    if told.is_missed:
        trend = toned(words.say("figure.arrival.missed"), "bad")
    elif told.by_due is not None:
        trend = words.say("figure.arrival.chance", chance=likely_share(scribe, told.by_due))
        trend = toned(trend, "good" if told.by_due >= LIKELY else "bad" if told.by_due < EVEN else "flat")
    elif told.refused is not None:
        trend = words.say("figure.arrival.refused", why=reasons.words(told.refused, words.locale))
    return KeyFigure(
        id="arrival",
        title=words.text("figure.arrival"),
        value=_value(scribe, told),
        versus=words.text("figure.arrival.versus", due=due),
        trend=trend or words.say("figure.arrival.reached"),
        definition=scribe.definition("outcome_date"),
    )


def in_short(scribe: Scribe, score: ThemeScore) -> Text:
    """The likely date of the lead outcome in a clause: the range, and how likely that is in time."""
    words, found = scribe.words, of_lead(scribe, score)
    if found is None:
        return words.say("option.theme.unknown")
    leading, told = found
    if told.reached:
        return words.say("option.theme.reached")
    if told.refused is not None:
        return words.say("option.theme.unknown")
    if 50 not in told.dates:
        return words.say("option.theme.never")
    return against_due(
        scribe, span(scribe, told.dates), told.by_due or 0, due=leading.key_result.due, is_missed=told.is_missed
    )


def against_due(scribe: Scribe, outlook: Text, share: float, *, due: date, is_missed: bool) -> Text:
    """An outlook in a clause, and how likely it is by a due date; or that this has passed."""
    words = scribe.words
    if is_missed:
        return words.say("option.missed", outlook=outlook, due=words.day(due))
    return words.say("option.by_due", outlook=outlook, chance=likely_share(scribe, share), due=words.day(due))


def of_result(scribe: Scribe, told: Arrival) -> Text:
    """The likely dates of one key result, for a table."""
    if told.reached or told.refused is not None:
        return ()
    words = scribe.words
    return words.say("theme.result.likely", range=span(scribe, told.dates)) if told.dates else words.say(
        "theme.result.never"
    )  # fmt: skip


def span(scribe: Scribe, dates: Mapping[int, date]) -> Text:
    """From the 50 to the 85 % date, in days."""
    words, half, most = scribe.words, dates.get(50), dates.get(85)
    if half is None:
        return words.say("unknown")
    if most is None:
        return words.say("forecast.range.open", first=words.day(half))
    return words.say("forecast.range", first=words.first_day(half, most), last=words.day(most))


def months_late(due: date, day: date) -> int:
    """Whole months after the due date, at least one where it is later at all: two weeks late is one month late."""
    days = (day - due).days
    return 0 if days <= 0 else max(1, int((Decimal(days) / MONTH).to_integral_value()))


def _value(scribe: Scribe, told: Arrival) -> str:
    if told.reached or told.refused is not None:
        return scribe.words.text("figure.arrival.there" if told.reached else "figure.arrival.early")
    return in_months(scribe.words, told.dates)


def _is_away(told: Arrival) -> bool:
    """Do the stretches lead away from the target on the whole, or nowhere?"""
    result = told.key_result
    assert result.target is not None and result.baseline is not None
    sign = 1 if result.target > result.baseline else -1
    return sign * sum((change for _, change in told.stretches), Decimal(0)) <= 0
