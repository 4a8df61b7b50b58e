"""A finding, its sentence, and the headline that is composed of the strongest."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

from reports.page import Span, Text, plain
from reports.reckoning import Reckoning
from reports.words.catalogue import Part, Words, foreign
from reports.words.foreign import one_line
from reports.words.states import state_words

LONGEST = {"en": 22, "fr": 24}  # words of a headline
LONGEST_NAME = 80  # characters of a name within a sentence
MOST_NUMBERS = 2
BASE = {
    "source_failed": 100,
    "project_unread": 97,
    "items_missing": 95,
    "decision_due": 80,
    "status_worse": 70,
    "guardrail_out": 65,
    "theme_off_track": 60,
    "train_blocked": 56,
    "unmeasured_value": 55,
    "over_limit": 55,
    "date_slip": 60,
    "dates_missed": 58,
    "late_costly": 54,
    "late_unestimated": 39,
    "dates_kept": 40,
    "constraint": 38,
    "board_stuck": 48,
    "mvp_undecided": 52,
    "policy_slipped": 42,
    "queue_cost": 41,
    "order_price": 36,
    "board_unmapped": 26,
    "cost_over": 55,
    "signal_bad": 50,
    "signal_good": 45,
    "theme_at_risk": 42,
    "overdue_age": 40,
    "themes_on_track": 40,
    "guardrail_notice": 30,
    "cost_under": 40,
    "hypothesis_verdict": 40,
    "double_claim": 30,
    "coverage_low": 25,
    "key_result_stale": 25,
    "kpi_stale": 22,
    "quiet": 0,
    "board_quiet": 21,
}
UNTRUSTED = ("source_failed", "project_unread", "items_missing")  # nothing good is told beside them, and nothing asked
QUIET_BELOW = 20
GOOD_ENOUGH = 40


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One thing that may be worth a sentence. `facts` are its values, said only when a language is known.

    `source` is the tracker it is about; `uses_flow` says that its numbers come from the trackers' items, so that a
    stale tracker keeps it out of the headline.
    """

    id: str
    kind: str
    subject: str
    severity: int
    as_of: datetime
    facts: Mapping[str, object] = field(default_factory=dict)
    items: tuple[str, ...] = ()
    since: date | None = None
    source: str | None = None
    is_good: bool = False
    needs_decision: bool = False
    uses_flow: bool = False
    variant: str = ""

    @property
    def message(self) -> str:
        return f"{self.kind}.{self.variant}" if self.variant else self.kind


@dataclass(frozen=True, slots=True)
class Name:
    """A name that its owner chose: a theme, a tracker, a key result."""

    text: str


@dataclass(frozen=True, slots=True)
class Amount:
    value: Decimal
    unit: str


@dataclass(frozen=True, slots=True)
class Money:
    """An amount in minor units."""

    amount: int
    currency: str


@dataclass(frozen=True, slots=True)
class Percent:
    """A share, 0 to 1, and to how many places of a percent it is told."""

    share: Decimal | float
    places: int = 1


@dataclass(frozen=True, slots=True)
class Level:
    name: str


@dataclass(frozen=True, slots=True)
class State:
    """A state of the portfolio kanban, by the name that the settings give it."""

    name: str


@dataclass(frozen=True, slots=True)
class Term:
    """A word of ours, by its key in the catalogue of words."""

    key: str


def headline(found: Sequence[Finding], words: Words, *, is_stale: bool) -> tuple[Text, tuple[Finding, ...]]:
    """The sentence a reader could repeat, and the findings it is made of.

    The best good news if there is any, in contrast to the worst, and what is asked; in a quiet week, that it is one. It
    has at most 22 words in English and 24 in French, and at most two numbers; what does not fit is left out, the asking
    first. Where all that was found rests on items that are old, the worst of it is told beside the notice that says so.
    """
    usable = _usable(found, is_stale=is_stale) or list(found)
    worst = next((one for one in usable if not one.is_good and one.kind != "decision_due"), None)
    good = next((one for one in usable if one.is_good and one.severity >= GOOD_ENOUGH), None)
    asked = next((one for one in usable if one.kind == "decision_due"), None)
    if worst is not None and worst.kind in UNTRUSTED:
        good = asked = None
    if worst is None and asked is None:
        good = next((one for one in usable if one.message == "quiet"), good)
    if worst is None and good is None:
        good = next((one for one in usable if one.is_good), None)
    candidates = [
        (good, worst, asked), (None, worst, asked), (good, worst, None), (good, None, asked), (None, worst, None),
        (good, None, None), (None, None, asked),
    ]  # fmt: skip
    for parts in candidates:
        kept = tuple(one for one in parts if one is not None)
        lost_worst = worst is not None and worst not in kept
        if kept and not lost_worst:
            text = _composed(parts, words, longest_name=None)
            if fits(text, words):
                return text, kept
    kept = tuple(one for one in ((worst or good or asked),) if one is not None)
    return _composed((None, kept[0], None), words, longest_name=40), kept


def fits(text: Text, words: Words) -> bool:
    """Is this short enough for a headline?"""
    ours = " ".join(span.text for span in text if not span.foreign)
    numbers_said = len(re.findall(r"\d[\d.,\u202f]*", ours))
    spoken = [word for word in plain(text).split() if any(map(str.isalnum, word))]  # « and » are no words
    return len(spoken) <= LONGEST[words.locale] and numbers_said <= MOST_NUMBERS


def sentence(finding: Finding, words: Words) -> Text:
    """The finding as a whole sentence with its number, closed by a full stop."""
    return closed(capitalised(words.say(f"finding.{finding.message}.long", **_parts(finding, words, None))))


def clause(finding: Finding, words: Words, *, longest_name: int | None = None) -> Text:
    """The finding in a few words, to stand inside a headline."""
    return words.say(f"finding.{finding.message}.short", **_parts(finding, words, longest_name))


def standfirst(found: Sequence[Finding], words: Words, *, used: Sequence[Finding], is_stale: bool) -> Text:
    """The numbers behind the headline and the next findings: three sentences."""
    usable = _usable(found, is_stale=is_stale)
    leading = [one for one in used if one.kind not in ("decision_due", "quiet")]
    others = [one for one in usable if one not in used and one.kind not in ("decision_due", "quiet")]
    chosen = [*leading, *others][:3] or list(usable[:1])
    spans: list[Span] = []
    for one in chosen:
        if spans:
            spans.append(Span(text=" "))
        spans.extend(sentence(one, words))
    return tuple(spans)


def capitalised(text: Text) -> Text:
    """The first of our own letters in upper case."""
    if not text or text[0].foreign or not text[0].text:
        return text
    first = text[0]
    raised = first.text[:1].upper() + first.text[1:]
    return (Span(text=raised, strong=first.strong, href=first.href, tone=first.tone), *text[1:])


def closed(text: Text) -> Text:
    """With a full stop, unless it ends with one: « ven. 4 déc. » gets no second."""
    return text if not text or plain(text).endswith((".", "!", "?", "…")) else (*text, Span(text="."))


def _usable(found: Sequence[Finding], *, is_stale: bool) -> list[Finding]:
    """Without what rests on items that are old, or mostly not here."""
    untrusted = is_stale or any(one.kind in UNTRUSTED for one in found)
    return [one for one in found if not (untrusted and one.uses_flow)]


def _composed(
    parts: tuple[Finding | None, Finding | None, Finding | None], words: Words, *, longest_name: int | None
) -> Text:
    good, worst, asked = (one and clause(one, words, longest_name=longest_name) for one in parts)
    text = words.say("headline.contrast", good=good, bad=worst) if good and worst else worst or good or ()
    if asked:
        text = words.say("headline.asked", text=text, asked=asked) if text else asked
    return capitalised(text)


def _parts(finding: Finding, words: Words, longest_name: int | None) -> dict[str, Part]:
    return {name: _said(value, words, longest_name) for name, value in finding.facts.items()}


def _said(value: object, words: Words, longest_name: int | None) -> Part:  # noqa: PLR0911  # one kind of value a line
    if isinstance(value, Name):
        return foreign(one_line(value.text, longest_name or LONGEST_NAME))
    if isinstance(value, Amount):
        return words.measure(value.value, value.unit)
    if isinstance(value, Money):
        return words.money(value.amount, value.currency)
    if isinstance(value, Percent):
        return words.percent(value.share, places=value.places)
    if isinstance(value, State):
        return state_words(value.name, words)
    if isinstance(value, Term):
        return words.text(value.key)
    if isinstance(value, Level):
        return words.text(f"level.{value.name}.many")
    if isinstance(value, datetime):
        return words.day(value.astimezone(words.zone).date())
    if isinstance(value, date):
        return words.day(value, weekday=True)
    if isinstance(value, int | str):
        return value
    raise TypeError(f"a finding cannot say a {type(value).__name__}")


def finding(
    reckoning: Reckoning, kind: str, *, subject: str, severity: int | None = None, variant: str = "", **more: object
) -> Finding:
    values: dict[str, object] = {"is_good": False, **more}
    build: Callable[..., Finding] = Finding
    return build(
        id=f"{kind}:{subject}",
        kind=kind,
        subject=subject,
        severity=BASE[kind] if severity is None else severity,
        as_of=reckoning.book.as_of,
        variant=variant,
        **values,
    )
