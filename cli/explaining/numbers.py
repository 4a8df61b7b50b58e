"""A metric explained: its definition, its value, every item behind it, and the queries that list them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from itertools import groupby
from typing import Any

from cli.explaining.say import Say, local
from cli.explaining.told import Explained
from cli.former import Past
from cli.outcome import CommandError, ExitCode
from cli.reading import Told, facts_of
from cli.terminal import plain
from domain import period as periods
from domain.funding import period_named
from domain.period import Period, last_complete_week, week_label
from domain.rhythm import Rhythm, period_of, rhythm_of
from metrics import catalogue, reasons
from metrics.guardrails import Event
from metrics.membership import Fact, Facts, Number, Part, take_apart
from metrics.percentiles import shown
from metrics.selection import Scope
from reports import queries
from reports.queries import Query
from reports.words import numbers as spoken
from reports.words.catalogue import LOCALES, Words
from reports.words.typography import french

STRATEGY = frozenset({"key_result", "objective", "benefit", "benefit_portfolio"})  # of themes, and of no other scope


@dataclass(frozen=True, kw_only=True)
class Question:
    """Which number is meant. `past` is the edition that told it; None: as of now.

    `named` are the options that were given, of `--period` and `--level`: what is asked for is obeyed or refused.
    """

    name: str
    scope: Scope
    period: Period
    levels: Sequence[str]
    past: Past | None
    named: frozenset[str] = frozenset()


def question(
    name: str, told: Told, *, scope: str, period: str | None, level: str | None, past: Past | None
) -> Question:
    """Check what was asked against this portfolio. Raises CommandError with what it has."""
    kept = _scope(scope, told)
    if catalogue.of(name).id in STRATEGY and kept.kind not in ("portfolio", "theme"):
        raise CommandError(
            f"{name} belongs to themes, and a {kept.kind.replace('_', ' ')} has none of its own; "
            "ask with --scope theme:ID, or for the whole portfolio",
            code=ExitCode.WRONG_USAGE,
        )
    return Question(
        name=name,
        scope=kept,
        period=_period(period, told, past),
        levels=_levels(level, told),
        past=past,
        named=frozenset(option for option, given in (("--period", period), ("--level", level)) if given is not None),
    )


def explain(asked: Question, told: Told, *, locale: str, limit: int | None) -> Explained:
    """The numbers of a question in words and as data. Raises CommandError for a language nobody speaks here."""
    refuse_unspoken(locale)
    return tell(asked, told, behind(asked, facts_of(told)), locale=locale, limit=limit)


def behind(asked: Question, facts: Facts) -> list[Number]:
    """The numbers of a question, taken apart. Raises CommandError for what is not there, or cannot be obeyed."""
    found = take_apart(asked.name, facts, scope=asked.scope, period=asked.period, levels=asked.levels)
    if not found and catalogue.of(asked.name).id != asked.name:
        every = take_apart(
            catalogue.of(asked.name).id, facts, scope=asked.scope, period=asked.period, levels=asked.levels
        )
        if every:
            names = sorted({one.metric for one in every})
            raise CommandError(f"there is no {asked.name!r} here; there are {', '.join(names)}",
                               code=ExitCode.WRONG_USAGE)  # fmt: skip
    _refuse_what_is_not_obeyed(asked, found or _of_any_level(asked, facts))
    return found


def _of_any_level(asked: Question, facts: Facts) -> list[Number]:
    """Where there is nothing at the level that was asked for, the numbers of others; none where no level was named."""
    if "--level" not in asked.named:
        return []
    every = sorted({one.placement.level for one in facts.journeys if one.placement.level is not None})
    return take_apart(asked.name, facts, scope=asked.scope, period=asked.period, levels=every)


def tell(asked: Question, told: Told, found: Sequence[Number], *, locale: str, limit: int | None) -> Explained:
    """Those numbers in words and as data."""
    words = Words(locale=locale, year=told.calendar.day(told.as_of).year, zone=told.calendar.zone)
    teller = _Teller(asked, told, words=words, limit=limit)
    return Explained(lines=teller.lines(found), data=teller.data(found))


def refuse_unspoken(locale: str) -> None:
    """Raise CommandError for a language nobody speaks here."""
    if locale not in LOCALES:
        raise CommandError(f"no words in {locale!r}; there are {', '.join(LOCALES)}", code=ExitCode.WRONG_USAGE)


def _refuse_what_is_not_obeyed(asked: Question, found: Sequence[Number]) -> None:
    """Raise CommandError where a number is of another time, or of other levels, than was asked for."""
    if "--period" in asked.named and any(one.period.end > asked.period.end for one in found):
        raise CommandError(
            f"{asked.name} is told as of one day, and of no period that is over; ask without --period, or with "
            "--edition for what a former edition told",
            code=ExitCode.WRONG_USAGE,
        )
    wrong = {one.level for one in found} - set(asked.levels)
    if "--level" in asked.named and wrong:
        of = ", ".join(sorted(f"level {level}" for level in wrong if level)) or "all levels together"
        raise CommandError(
            f"{asked.name} is of {of}, and not of level {asked.levels[0]}; ask without --level",
            code=ExitCode.WRONG_USAGE,
        )


class _Teller:
    """Says numbers in one language."""

    def __init__(self, asked: Question, told: Told, *, words: Words, limit: int | None) -> None:
        self.asked = asked
        self.told = told
        self.words = words
        self.limit = limit
        self.metric = catalogue.of(asked.name, told.portfolio)
        self._journeys = {one.id: one for one in told.journeys}
        self._sources = {one.source: one for one in told.trust}
        self._projects = {one.item.id: one.item.project for one in told.held}
        self._of_items = Say(words, currency=told.portfolio.currency)

    # --- in words

    def lines(self, found: Sequence[Number]) -> list[str]:
        lines = [*self._definition(), ""]
        if not found:
            lines.append(self._say("nothing", scope=self.asked.scope.name, period=self._when(self.asked.period)))
        for _, group in groupby(found, key=_behind):
            lines += self._numbers(list(group))
            lines.append("")
        return lines[:-1] if lines[-1] == "" else lines

    def _definition(self) -> list[str]:
        metric, locale, say = self.metric, self.words.locale, self._say
        unit = self._unit(metric.unit) or say("unit.series")
        said = [
            f"{metric.name[locale]} ({say('definition', id=metric.id, version=str(metric.version))})",
            f"  {metric.question[locale]}",
            f"  {metric.formula[locale]}",
            f"  {say('counts', what=metric.includes[locale])}",
            f"  {say('leaves_out', what=metric.excludes[locale])}",
            f"  {say('unit', unit=unit, better=say(f'better.{metric.better}'))}",
            f"  {say('sample', n=metric.minimum_sample)}",
            f"  {say('source', source=metric.source)}",
        ]
        return [*said, *(f"  {line}" for line in self._as_of())]

    def _as_of(self) -> list[str]:
        at = local(self.told.as_of, self.told)
        if self.asked.past is None:
            return [self._say("as_of", at=at)]
        edition = self.asked.past.edition
        known = local(edition.known_at, self.told)
        told = self._say("as_of.edition", edition=edition.edition_id, at=at, known=known)
        return [told, *(f"! {doubt}" for doubt in self._doubts())]

    def _doubts(self) -> list[str]:
        """What could not be told as the edition did."""
        if self.asked.past is None:
            return []
        now = ["how complete the sources are is told as of today; the edition's own page has what it was then"]
        return [*self.asked.past.doubts, *(now if self.metric.id == "trust" else [])]

    def _numbers(self, group: Sequence[Number]) -> list[str]:
        """Numbers that rest on the same items, and then these."""
        lines = [self._value(number) for number in group]
        first = group[0]
        about = first.metric.partition(":")[2]
        if self.metric.id in _CHECKS and about:
            lines.append(f"  {self._typeset(self.words.text(f'{_CHECKS[self.metric.id]}.{about}'))}")
        lines.append(f"  {self._say('rests_on', used=first.n_used, whole=first.n_in_scope, what=self._of(first))}")
        lines += [
            f"  {self._fact(name, value)}" for name, value in first.facts.items() if value != "" and name != "state"
        ]
        for mark, counted in _by_mark(first).items():
            lines.append(f"  {self._listed(self._counted(first, mark), counted)}")
        for reason, parts in first.left_out.items():
            label = self._say("left_out", reason=reason, meaning=reasons.words(reason, self.words.locale))
            lines.append(f"  {self._listed(label, parts)}")
        return lines + self._queries(first)

    def _value(self, number: Number) -> str:
        where = ", ".join(part for part in (number.scope, number.level) if part)
        head = f"{number.metric}, {plain(where)}, {self._when(number.period)}"
        if said := self._instead(number):
            return f"{head}{self._colon} {said}"
        if number.value is None:
            return f"{head}{self._colon} {self._say('unknown')} ({_gate(number, self.words)})"
        if number.unit == "money":
            said = spoken.exact_money(int(number.value), self.told.portfolio.currency, self.words.locale)
            return f"{head}{self._colon} {said}"
        return f"{head}{self._colon} {self._measured(Decimal(str(number.value)), number.unit)}"

    def _instead(self, number: Number) -> str | None:
        """What is told in the place of a value, where there is more to tell than that it is not known."""
        told = number.instead or (number.facts.get("state") == "to_be_closed" and "to_be_closed")
        return self._say(f"instead.{told}") if told and told != "refused" else None

    def _counted(self, number: Number, mark: str) -> str:
        if number.metric.startswith("data_quality"):
            return self._say("at_fault", what=plain(mark))
        return self._say(f"counted.{mark}") if mark else self._say("counted")

    def _listed(self, label: str, parts: Sequence[Part]) -> str:
        if not parts:
            return f"{label}{self._colon} {self.words.text('none')}"
        kept = parts[: self.limit] if self.limit else parts
        if self.metric.id == "trust" and parts[0].item is None and parts[0].unit == "%":
            kept = [replace(part, name=self._typeset(self.words.text(f"trust.{part.name}"))) for part in kept]
        names = ", ".join(self._part(part) for part in kept)
        more = self.words.text("items.more", n=len(parts) - len(kept)) if len(parts) > len(kept) else ""
        return f"{label}, {len(parts)}{self._colon} {names}{more}"

    def _part(self, part: Part) -> str:
        proof = "" if part.proof is None else f", {self._proof(part.proof)}"
        need = self._of_items.need(part)
        return f"{self._amounted(part)}{proof}{f', {need}' if need else ''}"

    def _proof(self, event: Event) -> str:
        """The change in an item's history that shows it, and when we learned of it."""
        told = {
            "field": event.field,
            "before": plain(event.before) if event.before else self.words.text("explain.proof.created"),
            "after": plain(event.after or ""),
            "at": local(event.occurred_at, self.told),
        }
        if event.known_at is None:
            return self._say("proof", **told)
        return self._say("proof.known", **told, known=local(event.known_at, self.told))

    def _amounted(self, part: Part) -> str:
        if part.amount is None:
            return plain(part.name)
        said = self._measured(Decimal(str(part.amount)), part.unit)
        return f"{plain(part.name)} ({said})"

    def _measured(self, value: Decimal, unit: str) -> str:
        """A number with its unit."""
        if unit == "money":
            return spoken.exact_money(int(value), self.told.portfolio.currency, self.words.locale)
        said = spoken.decimal(value, self.words.locale)
        if unit == "%":
            return f"{said}\u202f%" if self.words.locale == "fr" else f"{said}%"
        if unit and not self.words.has(f"explain.unit.{unit}"):  # that of a KPI
            return plain(spoken.spoken_unit(unit, value, self.words.locale))
        is_whole = value == value.to_integral_value()
        n = int(value) if is_whole or self.words.locale == "fr" else 2
        return f"{said} {self._unit(unit, n=n)}".rstrip() if unit else said

    def _fact(self, name: str, value: Fact) -> str:
        stem, _, about = name.partition(":")
        label = self._say(f"fact.{stem}", name=plain(about))
        if name == "weakest":
            said = self._typeset(self.words.text(f"trust.{value}"))
        elif isinstance(value, date):
            said = value.isoformat()
        elif name == "seed":  # a name, no number
            said = str(value)
        elif name in ("inherited_from", "increment"):
            said = plain(str(value))
        elif isinstance(value, str):
            said = self._say(f"word.{value}")
        elif name.endswith("_amount") or name.startswith("planned_to"):
            said = spoken.exact_money(int(value), self.told.portfolio.currency, self.words.locale)
        else:
            said = spoken.decimal(Decimal(str(value)), self.words.locale)
        return f"{label}{self._colon} {said}"

    def _queries(self, number: Number) -> list[str]:
        lines: list[str] = []
        exact, wide, gone = self._asked_of_trackers(number)
        if exact:
            lines.append(f"  {self._say('queries')}")
            lines += self._query_lines(exact)
        if gone:
            lines.append(f"  {self._say('gone', n=gone)}")
        if wide:
            lines.append(f"  {self._say('moved')}")
            lines += self._query_lines(wide)
        return lines

    def _query_lines(self, asked: Sequence[Query]) -> list[str]:
        lines = []
        for one in asked:
            listed = f", {self._say('query.items', n=one.items)}" if one.items else ""
            lines.append(f"    {one.source}, {one.language}{listed}{self._colon} {plain(one.text)}")
            if one.url is not None:
                lines.append(f"      {plain(one.url)}")
        return lines

    def _asked_of_trackers(self, number: Number) -> tuple[list[Query], list[Query], int]:
        """The exact queries, the wider ones, and how many items are gone from their tracker."""
        every = [*number.counted, *(part for parts in number.left_out.values() for part in parts)]
        kept = [part.item for part in (number.counted or every) if part.mark != "elsewhere"]
        items = [self._journeys[item] for item in dict.fromkeys(kept) if item is not None]
        exact = queries.listing(items, self._sources)
        wide: list[Query] = []
        if self.metric.id in queries.FINISHED:
            inside: dict[str, list[str]] = {}
            for part in every:
                if part.item is not None:
                    inside.setdefault(part.item.source, []).append(self._projects[part.item])
            wide = queries.moved(inside, self._sources, period=number.period)
        return exact, wide, sum(one.removed_at is not None for one in items)

    def _of(self, number: Number) -> str:
        return self.words.text(f"explain.of.{number.of}")

    def _unit(self, unit: str, *, n: int = 2) -> str:
        """Our own units in words; those of a KPI are its author's."""
        key = f"explain.unit.{unit}"
        return self._say(f"unit.{unit}", n=n) if unit and self.words.has(key) else plain(unit)

    def _when(self, period: Period) -> str:
        if period.length_days == 1:
            return period.start.isoformat()
        name = _name(period)
        span = self._say("span", start=period.start.isoformat(), end=period.last_day.isoformat())
        return f"{name} ({span})" if name else span

    def _say(self, key: str, **parts: Any) -> str:
        return self._typeset(self.words.text(f"explain.{key}", **parts))

    def _typeset(self, text: str) -> str:
        return french(text) if self.words.locale == "fr" else text

    @property
    def _colon(self) -> str:
        return "\u00a0:" if self.words.locale == "fr" else ":"

    # --- for programs

    def data(self, found: Sequence[Number]) -> dict[str, Any]:
        metric, past = self.metric, self.asked.past
        locale = self.words.locale
        return {
            "metric": metric.id,
            "definition_version": metric.version,
            "name": metric.name[locale],
            "question": metric.question[locale],
            "formula": metric.formula[locale],
            "includes": metric.includes[locale],
            "excludes": metric.excludes[locale],
            "unit": metric.unit,
            "better": metric.better,
            "precision": metric.precision,
            "minimum_sample": metric.minimum_sample,
            "source": metric.source,
            "as_of": self.told.as_of.isoformat(),
            "edition": past.edition.edition_id if past is not None else None,
            "known_at": past.edition.known_at.isoformat() if past is not None else None,
            "doubts": self._doubts(),
            "numbers": [self._number(number) for number in found],
        }

    def _why_unknown(self, number: Number) -> str | None:
        if said := self._instead(number):
            return said
        return _gate(number, self.words) if number.value is None else None

    def _number(self, number: Number) -> dict[str, Any]:
        exact, wide, gone = self._asked_of_trackers(number)
        return {
            "metric": number.metric,
            "level": number.level,
            "scope": number.scope,
            "period_start": number.period.start.isoformat(),
            "period_end": number.period.end.isoformat(),
            "value": as_json(number.value),
            "unit": number.unit,
            "n_used": number.n_used,
            "n_in_scope": number.n_in_scope,
            "why_unknown": self._why_unknown(number),
            "of": number.of,
            "counted": [_part(part) for part in number.counted],
            "left_out": [
                {
                    "reason": reason,
                    "meaning": reasons.words(reason, self.words.locale),
                    "n": len(parts),
                    "items": [_part(part) for part in parts],
                }
                for reason, parts in number.left_out.items()
            ],
            "facts": {name: as_json(value) for name, value in number.facts.items()},
            "gone_from_tracker": gone,
            "queries": [
                {
                    "kind": one.kind,
                    "source": one.source,
                    "language": one.language,
                    "text": one.text,
                    "url": one.url,
                    "items": one.items,
                }
                for one in (*exact, *wide)
            ],
        }


def as_json(value: Any) -> Any:
    """A number as JSON has it: whole where it is whole."""
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    return value.isoformat() if isinstance(value, date) else value


def _part(part: Part) -> dict[str, Any]:
    item = part.item
    return {
        "name": part.name,
        "source": item.source if item is not None else None,
        "external_id": item.external_id if item is not None else None,
        "amount": as_json(part.amount),
        "unit": part.unit,
        "mark": part.mark,
        "needed_on": as_json(part.needed_on),
        "need_from": part.need_from,
        "proof": None
        if part.proof is None
        else {
            "field": part.proof.field,
            "before": part.proof.before,
            "after": part.proof.after,
            "occurred_at": part.proof.occurred_at.isoformat(),
            "known_at": None if part.proof.known_at is None else part.proof.known_at.isoformat(),
        },
    }


def _behind(number: Number) -> object:
    """Numbers with the same things behind them are told together."""
    return number.level, number.scope, number.period, number.counted, number.left_out, number.facts


def _by_mark(number: Number) -> Mapping[str, list[Part]]:
    """What is counted, by how. Shares of records name only what they miss."""
    found: dict[str, list[Part]] = {}
    for part in number.counted:
        found.setdefault(part.mark, []).append(part)
    return found if found or number.n_used else {"": []}


def _gate(number: Number, words: Words) -> str:
    """Why a number is not shown."""
    least = catalogue.of(number.metric).minimum_sample
    name = number.metric
    if name.startswith(("flow_time_p", "lead_time_p", "pace_p", "board_age_p", "board_stay_p")):
        p = int(name.partition(":")[0].rpartition("p")[2])
        if p not in shown(number.n_used):
            return words.text("explain.gate.percentile", n=number.n_used, p=str(p), least=str(_LEAST[p]))
    if number.instead == "refused":
        return reasons.words(next(iter(number.left_out)), words.locale)
    if number.n_used < least:
        return words.text("explain.gate.sample", n=number.n_used, least=str(least))
    return words.text("explain.gate.nothing")


_CHECKS = {"trust": "trust", "data_quality": "rule"}  # metric -> how the words of its parts begin
_LEAST = {50: 5, 85: 10, 95: 20}


def _name(period: Period) -> str:
    if period == periods.iso_week(period.start):
        return week_label(period)
    return f"{period.start:%Y-%m}" if period == periods.month(period.start) else ""


def _scope(name: str, told: Told) -> Scope:
    known = [
        "portfolio",
        *(f"theme:{theme.id}" for theme in told.portfolio.themes),
        *(f"value_stream:{stream.id}" for stream in told.portfolio.value_streams),
        *(f"train:{train.name}" for stream in told.portfolio.value_streams for train in stream.trains),
    ]
    if name not in known:
        raise CommandError(f"there is no scope {name!r}; this portfolio has {', '.join(known)}",
                           code=ExitCode.WRONG_USAGE)  # fmt: skip
    return Scope(name)


def _period(name: str | None, told: Told, past: Past | None) -> Period:
    """A complete week, month, quarter, year or planning interval.

    Where none is named, the last complete week; of an edition of a week that one, though it was made late.
    """
    today = told.calendar.day(told.as_of + timedelta(microseconds=1))
    newest = last_complete_week(today)
    if name is None:
        key = "" if past is None else past.edition.period_key
        own = period_of(key) if rhythm_of(key) is Rhythm.WEEK else None
        return own if own is not None and own.end <= newest.end else newest
    try:
        found = period_named(name.strip(), increments=told.calendar.increments, year=told.portfolio.year)
        found = found or periods.named(name)
    except ValueError as error:
        raise CommandError(f"--period: {error}", code=ExitCode.WRONG_USAGE) from None
    if found.end > today:
        raise CommandError(
            f"{name} is not over on {today}, and an unfinished period is never used; the last complete week is "
            f"{week_label(newest)}",
            code=ExitCode.WRONG_USAGE,
        )
    return found


def _levels(level: str | None, told: Told) -> list[str]:
    known = sorted({one.placement.level for one in told.journeys if one.placement.level is not None})
    if level is None:
        return known
    if level not in known:
        raise CommandError(f"nothing is at a level {level!r}; there are {', '.join(known) or 'none'}",
                           code=ExitCode.WRONG_USAGE)  # fmt: skip
    return [level]
