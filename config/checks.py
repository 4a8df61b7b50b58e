"""What no single setting can know: names that must exist elsewhere, shares that must add up."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from config import values
from config.mistakes import Mistake, did_you_mean, or_known
from config.portfolio import Match
from config.settings import address_problems, source_problems
from config.targets import s3_problems
from config.yaml_text import Marked, Path, dotted
from domain.calendar import Increment
from domain.funding import contradiction, period_named
from domain.period import Period
from domain.strategy import Theme
from domain.themes import is_in_effect, stretches

if TYPE_CHECKING:
    from config.csv_files import ActualRow, BudgetRow
    from config.load import Settings

LEVELS = ("epic", "feature", "story")
HOLDS = 1  # a whole


def of_settings(
    settings: Settings, marked: Marked, *, decisions: Collection[str] | None, former: bool = False
) -> list[Mistake]:
    """Every mistake between settings of vmo.yaml. `marked` holds all of the file, good and bad.

    `decisions` are the ids that stand in the decision log, on good lines and on bad ones; None: it cannot be read.
    `former`: those of a past edition, read apart from the files beside them.
    """
    return list(_Looking(settings, marked, decisions=decisions, former=former).yaml())


def of_rows(settings: Settings, marked: Marked) -> list[Mistake]:
    """Every mistake between the rows of CSV files, and between them and vmo.yaml. `settings` has the rows that could
    be read."""
    return list(_Looking(settings, marked).csv())


def contested(settings: Settings) -> set[tuple[str, int]]:
    """File and line of each reading beside which another value stands for the same KPI and day: nobody knows which."""
    told = _told_readings(settings)
    return {(row.file, row.line) for row in settings.readings if len(told[row.kpi, row.day]) > 1}


class _Looking:
    def __init__(
        self, settings: Settings, marked: Marked, *, decisions: Collection[str] | None = None, former: bool = False
    ) -> None:
        self._settings, self._document, self._marked = settings, settings.document, marked
        self._file = settings.path.name
        self._decisions = decisions
        self._is_former = former

    def yaml(self) -> Iterator[Mistake]:
        for looked in (
            self._sources(), self._references(), self._shares(), self._service_levels(), self._increments(),
            self._kanban(), self._governance(), self._reports(), self._budget_periods(), self._funding(),
            self._scenarios(), self._endpoints(), self._claims(), self._operators(), self._restricted(),
            self._audiences(), self._domains(), self._targets(), self._forecasts(),
        ):  # fmt: skip
            for path, message in looked:
                place = self._marked.place(path, keep_last=message.startswith("missing"))
                yield Mistake(self._file, self._marked.line(place), dotted(place), message)

    def csv(self) -> Iterator[Mistake]:
        yield from self._budget_rows()
        yield from self._actual_rows()
        yield from self._vote_rows()
        yield from self._reading_rows()
        yield from self._decision_rows()
        yield from self._dependency_rows()
        yield from self._objective_rows()

    def _declared(self, block: str) -> list[str]:
        """Names as the file gives them, of good and of bad entries: a name that exists is never called unknown."""
        said = self._marked.data.get(block)
        return list(said) if isinstance(said, dict) else []

    def _missing(self, place: Path, bundle: PurePath | None) -> Iterator[tuple[Path, str]]:
        """A file of certificates that is not there; settings of former days are read elsewhere, and ask nobody."""
        if bundle is not None and not self._is_former and not (self._settings.folder / bundle).is_file():
            yield place, f"there is no file {self._settings.folder / bundle}"

    def _sources(self) -> Iterator[tuple[Path, str]]:
        for name, source in self._document.sources.items():
            place: Path = ("sources", name)
            if name not in self._declared("sources"):
                continue
            for setting, message in source_problems(source):
                if setting != "token" or self._says_nothing_of_credentials(name):
                    yield (*place, setting), message
            yield from self._missing((*place, "ca_bundle"), source.ca_bundle)
            for level in source.levels:
                near = did_you_mean(level, LEVELS)
                if level not in LEVELS and near:
                    yield (*place, "levels", level), f"a level of your own{near}"

    def _says_nothing_of_credentials(self, source: str) -> bool:
        """Not even something that could not be read, or under a name that is nearly right: that is told elsewhere."""
        said: Any = self._marked.data["sources"]
        names = list(said[source]) if isinstance(said[source], dict) else []
        known = ("token", "oauth")
        return not any(
            said[source][name] is not None if name in known else did_you_mean(str(name), known) for name in names
        )

    def _references(self) -> Iterator[tuple[Path, str]]:
        for place, match in self._matches():
            if match.source is not None:
                yield from self._unknown((*place, "source"), match.source, "sources", "source")
        for theme, block in self._document.themes.items():
            results = block.objective.key_results if block.objective else ()
            for number, result in enumerate(results):
                if result.kpi is not None:
                    place = ("themes", theme, "objective", "key_results", number, "kpi")
                    yield from self._unknown(place, result.kpi, "kpis", "KPI")
            for number, benefit in enumerate(block.benefits):
                benefit_place: Path = ("themes", theme, "benefits", number)
                yield from self._unknown((*benefit_place, "kpi"), benefit.kpi, "kpis", "KPI")
                for position, indicator in enumerate(benefit.indicators):
                    yield from self._unknown(
                        (*benefit_place, "indicators", position, "kpi"), indicator.kpi, "kpis", "KPI"
                    )
        for told, risk_fields in (self._document.risks.fields if self._document.risks else {}).items():
            for number, risk_field in enumerate(risk_fields):
                if risk_field.source is not None:
                    risk_place: Path = ("risks", "fields", told, number, "source")
                    yield from self._unknown(risk_place, risk_field.source, "sources", "source")
        for name, report in self._document.reports.items():
            if report.audience is not None:
                yield from self._unknown(("reports", name, "audience"), report.audience, "audiences", "audience")

    def _unknown(self, place: Path, word: str, block: str, noun: str) -> Iterator[tuple[Path, str]]:
        known = self._declared(block)
        if word not in known:
            near = did_you_mean(word, known)
            mend = near or (f"; known: {', '.join(known)}" if known else f"; declare it under `{block}:`")
            yield place, f"there is no {noun} {values.said(word)}{mend}"

    def _matches(self) -> Iterator[tuple[Path, Match]]:
        """Every match of the file with its place."""
        document = self._document
        for theme, block in document.themes.items():
            yield from _numbered(("themes", theme, "match"), block.match)
        for stream, value_stream in document.value_streams.items():
            yield from _numbered(("value_streams", stream, "match"), value_stream.match)
            for train, train_block in value_stream.trains.items():
                yield from _numbered(("value_streams", stream, "trains", train, "match"), train_block.match)
        for source, source_block in document.sources.items():
            for number, rule in enumerate(source_block.kinds):
                if rule.when is not None:
                    yield ("sources", source, "kinds", number, "when"), rule.when
        for kpi, kpi_block in document.kpis.items():
            yield from _numbered(("kpis", kpi, "match"), kpi_block.match)
        if document.risks is not None:
            yield from _numbered(("risks", "match"), document.risks.match)
        for restricted, restricted_block in document.restricted.items():
            yield from _numbered(("restricted", restricted, "match"), restricted_block.match)
        for audience, audience_block in document.audiences.items():
            yield from _numbered(("audiences", audience, "scopes"), audience_block.scopes)
        for number, governance in enumerate(document.governance.rules if document.governance else ()):
            if governance.when is not None:
                yield ("governance", "rules", number, "when"), governance.when

    def _shares(self) -> Iterator[tuple[Path, str]]:
        yield from self._target_shares()
        guardrails = self._document.guardrails
        if guardrails is None:
            return
        if guardrails.horizons is not None:
            horizons = (guardrails.horizons.H0, guardrails.horizons.H1, guardrails.horizons.H2, guardrails.horizons.H3)
            said = [share for share in horizons if share is not None]
            if sum(said) != HOLDS and said:
                yield ("guardrails", "horizons"), f"the shares add up to {values.percent(sum(said))}, not to 100%"
        said = list(guardrails.capacity.values())
        if said and sum(said) != HOLDS:
            yield ("guardrails", "capacity"), f"the shares add up to {values.percent(sum(said))}, not to 100%"

    def _target_shares(self) -> Iterator[tuple[Path, str]]:
        """More than the whole is intended on no day; themes that follow each other share none."""
        shares = {id: block.target_share for id, block in self._document.themes.items() if block.target_share}
        dated = [
            Theme(id=id, name=id, effective_from=block.from_, effective_to=block.until)
            for id, block in self._document.themes.items()
            if id in shares
        ]
        for days in stretches(dated):
            theirs = {one.id: shares[one.id] for one in dated if is_in_effect(one, days.start)}
            total = sum(theirs.values(), Decimal(0))
            if total > HOLDS:
                of, when = (f" of {', '.join(theirs)}", f" {span}") if (span := _span(days)) else ("", "")
                said = f"the target shares{of} add up to {values.percent(total)}{when}"
                yield ("themes",), f"{said}; they may add up to 100%"

    def _endpoints(self) -> Iterator[tuple[Path, str]]:
        for name, kpi in self._document.kpis.items():
            if kpi.endpoint is None:
                continue
            place: Path = ("kpis", name, "endpoint")
            for setting, message in address_problems(kpi.endpoint):
                yield (*place, setting), message
            yield from self._missing((*place, "ca_bundle"), kpi.endpoint.ca_bundle)

    def _operators(self) -> Iterator[tuple[Path, str]]:
        operators = self._document.operators
        if operators is None:
            return
        if operators.mail and "mail" not in self._declared_blocks():
            yield ("operators", "mail"), "there are operators to mail but no mail server; add a `mail:` block"
        if (webhook := operators.webhook) is not None:
            for setting, message in address_problems(webhook):
                yield ("operators", "webhook", setting), message
            yield from self._missing(("operators", "webhook", "ca_bundle"), webhook.ca_bundle)

    def _targets(self) -> Iterator[tuple[Path, str]]:
        s3, confluence = self._document.publish.s3, self._document.publish.confluence
        problems = {
            "s3": [] if s3 is None else s3_problems(s3),
            "confluence": [] if confluence is None else address_problems(confluence),
        }
        for name, found in problems.items():
            for setting, message in found:
                yield ("publish", name, setting), message
        bundles = {
            "s3": None if s3 is None else s3.ca_bundle,
            "confluence": None if confluence is None else confluence.ca_bundle,
        }
        for name, bundle in bundles.items():
            yield from self._missing(("publish", name, "ca_bundle"), bundle)

    def _claims(self) -> Iterator[tuple[Path, str]]:
        """Shares of what several epics claim by one KPI: all of them say theirs, or none, and they make a whole."""
        claims: dict[str, list[tuple[Path, str, Decimal | None]]] = {}
        for theme, block in self._document.themes.items():
            for number, benefit in enumerate(block.benefits):
                if benefit.item is not None:
                    place: Path = ("themes", theme, "benefits", number)
                    claims.setdefault(benefit.kpi, []).append((place, benefit.item.casefold(), benefit.share))
        for kpi, claimed in claims.items():
            shares = [share for _, _, share in claimed if share is not None]
            if not shares:
                continue
            total = sum(shares, Decimal(0))
            for place, _, share in claimed:
                if share is None:
                    yield place, f"others who claim {kpi} say their share of it; add `share`"
            if len(shares) == len(claimed) and total != HOLDS:
                place = claimed[-1][0]
                yield (
                    (*place, "share"),
                    f"the shares of those who claim {kpi} add up to {values.percent(total)}, not to 100%",
                )

    def _service_levels(self) -> Iterator[tuple[Path, str]]:
        guardrails = self._document.guardrails
        for level, expected in (guardrails.service_levels if guardrails is not None else {}).items():
            place: Path = ("guardrails", "service_levels", level)
            if level not in LEVELS:
                near = did_you_mean(level, LEVELS) or f"; known: {', '.join(LEVELS)}"
                yield place, f"there is no level {values.said(level)}{near}"
            elif expected < timedelta(days=1) or expected % timedelta(days=1):
                yield place, "flow time is counted in whole days: expected at least 1 day, without a part of one"

    def _increments(self) -> Iterator[tuple[Path, str]]:
        seen: list[tuple[Any, Any, str]] = []
        for number, increment in enumerate(self._document.portfolio.increments):
            place: Path = ("portfolio", "increments", number)
            for starts, ends, name in seen:
                if increment.name == name:
                    yield (*place, "name"), f"there are two increments of the name {values.said(name)}"
                if increment.starts <= ends and starts <= increment.ends:
                    yield (*place, "starts"), f"it overlaps {name} ({starts} to {ends})"
            seen.append((increment.starts, increment.ends, increment.name))

    def _kanban(self) -> Iterator[tuple[Path, str]]:
        kanban, guardrails = self._document.kanban, self._document.guardrails
        if kanban is None or not kanban.states:
            return
        known = list(kanban.states)
        wanted: list[tuple[Path, str]] = [(("kanban", "exit_policies", state), state) for state in kanban.exit_policies]
        if kanban.begins is not None:
            wanted.append((("kanban", "begins"), kanban.begins))
        if kanban.mvp is not None:
            wanted.append((("kanban", "mvp"), kanban.mvp))
        if guardrails is not None:
            wanted += [(("guardrails", "wip", state), state) for state in guardrails.wip]
            if guardrails.approval is not None:
                wanted.append((("guardrails", "approval", "before"), guardrails.approval.before))
        for place, state in wanted:
            if state not in known:
                near = did_you_mean(state, known) or f"; known: {', '.join(known)}"
                yield place, f"the kanban has no state {values.said(state)}{near}"

    def _forecasts(self) -> Iterator[tuple[Path, str]]:
        kanban = self._document.kanban
        if self._document.forecasts.order == "kanban" and (kanban is None or not kanban.rank):
            yield ("forecasts", "order"), "`kanban: rank` names no field that holds an order; name one, or say dates"

    def _governance(self) -> Iterator[tuple[Path, str]]:
        kanban, guardrails = self._document.kanban, self._document.guardrails
        known = list(kanban.states) if kanban is not None else []
        approving = guardrails.approval.approving_states if guardrails and guardrails.approval else ()
        levels = {*LEVELS, *(level for source in self._document.sources.values() for level in source.levels)}
        seen: set[str] = set()
        for number, rule in enumerate(self._document.governance.rules if self._document.governance else ()):
            place: Path = ("governance", "rules", number)
            if rule.name.casefold() in seen:
                yield (*place, "name"), f"there are two rules of the name {values.said(rule.name)}"
            seen.add(rule.name.casefold())
            if rule.level not in levels:
                near = did_you_mean(rule.level, sorted(levels)) or f"; known: {', '.join(sorted(levels))}"
                yield (*place, "level"), f"there is no level {values.said(rule.level)}{near}"
            if rule.before is not None and known and rule.before not in known:
                near = did_you_mean(rule.before, known) or f"; known: {', '.join(known)}"
                yield (*place, "before"), f"the kanban has no state {values.said(rule.before)}{near}"
            if rule.approved and not rule.approving_states and not approving and self._decisions == set():
                yield (
                    (*place, "approved"),
                    (
                        "nothing says what approves: name approving_states here or under guardrails.approval, "
                        "or keep decisions in decisions.csv"
                    ),
                )

    def _reports(self) -> Iterator[tuple[Path, str]]:
        for name, report in self._document.reports.items():
            folded = [address.casefold() for address in report.to]
            for number, address in enumerate(folded):
                if address in folded[:number]:
                    yield ("reports", name, "to", number), "this address is already in the list"
            if report.to and "mail" not in self._declared_blocks():
                yield ("reports", name, "to"), "there are recipients but no mail server; add a `mail:` block"
            for number, pack in enumerate(report.packs):
                if pack in report.packs[:number]:
                    yield ("reports", name, "packs", number), f"{pack} is already in the list"

    def _restricted(self) -> Iterator[tuple[Path, str]]:
        """What is restricted must be there: a name that is nearly right would hide nothing."""
        for name, block in self._document.restricted.items():
            place: Path = ("restricted", name)
            for setting, noun in (
                ("themes", "theme"), ("value_streams", "value stream"), ("kpis", "KPI")
            ):  # fmt: skip
                for number, word in enumerate(getattr(block, setting)):
                    yield from self._unknown((*place, setting, number), word, setting, noun)
            for number, id in enumerate(block.decisions):
                if self._decisions is not None and id not in self._decisions:  # of a log that is not read none is told
                    near = did_you_mean(id, self._decisions) or "; write its id as decisions.csv has it"
                    yield (*place, "decisions", number), f"there is no decision {values.said(id)}{near}"

    def _audiences(self) -> Iterator[tuple[Path, str]]:
        """Names that exist, and mails that stay within an audience."""
        document = self._document
        for name, block in document.audiences.items():
            for number, word in enumerate(block.sees):
                place: Path = ("audiences", name, "sees", number)
                yield from self._unknown(place, word, "restricted", "restricted part")
        for number, chat in enumerate(document.publish.chat):
            if chat.audience is not None:
                yield from self._unknown(
                    ("publish", "chat", number, "audience"), chat.audience, "audiences", "audience"
                )
        for name, report in document.reports.items():
            readers = document.audiences.get(report.audience or "")
            if readers is None:
                continue
            if readers.sees and report.to and not readers.recipients:
                message = (
                    f"it is mailed what is restricted, and nobody says who belongs to {report.audience}; "
                    f"list them under audiences.{report.audience}.recipients"
                )
                yield ("reports", name, "to"), message
            belonging = {address.casefold() for address in readers.recipients}
            for number, address in enumerate(report.to):
                if belonging and address.casefold() not in belonging:
                    message = (
                        f"{address} does not belong to the audience {report.audience}; "
                        f"add the address to audiences.{report.audience}.recipients, or take it from here"
                    )
                    yield ("reports", name, "to", number), message

    def _domains(self) -> Iterator[tuple[Path, str]]:
        """Every address that something may be mailed to is of a domain that the settings allow."""
        document = self._document
        allowed = document.mail.domains if document.mail is not None else ()
        if not allowed:
            return
        lists: list[tuple[Path, Iterable[str]]] = [
            *((("reports", name, "to"), report.to) for name, report in document.reports.items()),
            *((("audiences", name, "recipients"), block.recipients) for name, block in document.audiences.items()),
        ]
        if document.operators is not None:
            lists.append((("operators", "mail"), document.operators.mail))
        for place, addresses in lists:
            for number, address in enumerate(addresses):
                if address.rpartition("@")[2].lower() not in allowed:
                    message = (
                        f"{address} is of a domain that mails do not go to; "
                        f"mend the address, or add the domain to mail.domains (now {', '.join(allowed)})"
                    )
                    yield (*place, number), message

    def _declared_blocks(self) -> Iterable[str]:
        return self._marked.data.keys()

    def _budget_periods(self) -> Iterator[tuple[Path, str]]:
        for name, stream in self._document.value_streams.items():
            for period, amount in stream.budget.items():
                place: Path = ("value_streams", name, "budget", period)
                if message := self._period_problem(period):
                    yield place, message
                if amount < 0:
                    yield place, "a budget is not negative"

            said = {
                period: (found, amount) for period, amount in stream.budget.items() if (found := self._named(period))
            }
            for period in said:
                if message := contradiction(said, period):
                    yield ("value_streams", name, "budget", period), message

    def _named(self, period: str) -> Period | None:
        block = self._document.portfolio
        increments = [
            Increment(name=one.name, period=Period(one.starts, one.ends + timedelta(days=1)))
            for one in block.increments
        ]
        year = None if block.year is None else Period(block.year.starts, block.year.ends + timedelta(days=1))
        return period_named(period, increments=increments, year=year)

    def _funding(self) -> Iterator[tuple[Path, str]]:
        funding, kanban = self._document.funding, self._document.kanban
        if funding is None:
            return
        levels = [level for name in self._document.sources.values() for level in name.levels]
        if funding.level is not None and levels and funding.level not in levels:
            near = did_you_mean(funding.level, levels) or f"; known: {', '.join(dict.fromkeys(levels))}"
            yield ("funding", "level"), f"no source has a level {values.said(funding.level)}{near}"
        if funding.closes_after is not None and funding.closes_after % timedelta(days=1):
            yield ("funding", "closes_after"), "months close on a day: expected whole days, such as 10 days"
        rule = funding.capitalisation
        if rule is None:
            return
        states = list(kanban.states) if kanban is not None else []
        if rule.after not in states:
            near = did_you_mean(rule.after, states) or (f"; known: {', '.join(states)}" if states else "")
            mend = near or "; declare it under `kanban: states:`"
            yield ("funding", "capitalisation", "after"), f"the kanban has no state {values.said(rule.after)}{mend}"

    def _scenarios(self) -> Iterator[tuple[Path, str]]:
        known = list(self._document.themes)
        for number, one in enumerate(self._document.scenarios):
            for setting, name in (("from", one.from_), ("to", one.to)):
                if name not in known:
                    near = did_you_mean(name, known) or (f"; known: {', '.join(known)}" if known else "; declare it")
                    yield ("scenarios", number, setting), f"there is no theme {values.said(name)}{near}"

    def _period_problem(self, period: str) -> str | None:
        increments = [increment.name for increment in self._document.portfolio.increments]
        if period in increments or re.fullmatch(r"\d{4}(-Q[1-4]|-(0[1-9]|1[0-2]))?", period):
            return None
        near = did_you_mean(period, increments)
        shapes = "a year (2026), quarter (2026-Q1), month (2026-03) or planning interval"
        return f"expected {shapes}, found {values.said(period)}{near}"

    def _budget_rows(self) -> Iterator[Mistake]:
        seen: dict[tuple[str, str], str] = {
            (name, period): self._file
            for name, stream in self._document.value_streams.items()
            for period in stream.budget
        }
        for row in self._settings.budgets:
            yield from self._stream_problem(row)
            if message := self._period_problem(row.period):
                yield Mistake(row.file, row.line, "period", message)
            if row.amount < 0:
                yield Mistake(row.file, row.line, "amount", "a budget is not negative; write what may be spent")
            yield from self._currency(row)
            yield from _twice(seen, (row.value_stream, row.period), row.file, row.line, "a budget for this period")
        yield from self._contradictions(self._settings.budgets, self._budgets_of_settings())

    def _budgets_of_settings(self) -> dict[str, dict[str, tuple[Period, Decimal]]]:
        """What vmo.yaml says of each stream's budget, by name of its period."""
        return {
            name: {
                period: (found, amount) for period, amount in stream.budget.items() if (found := self._named(period))
            }
            for name, stream in self._document.value_streams.items()
        }

    def _contradictions(
        self, rows: Iterable[BudgetRow | ActualRow], known: dict[str, dict[str, tuple[Period, Decimal]]]
    ) -> Iterator[Mistake]:
        """Amounts of one stream that cannot both hold: days told twice, and parts that are not their whole."""
        for row in rows:
            before = known.setdefault(row.value_stream, {})
            found = self._named(row.period)
            if found is None or row.period in before:
                continue
            before[row.period] = (found, row.amount)
            if message := contradiction(before, row.period):
                yield Mistake(row.file, row.line, "period", message)

    def _currency(self, row: BudgetRow | ActualRow) -> Iterator[Mistake]:
        ours = self._document.portfolio.currency
        if row.currency is not None and row.currency.upper() != ours:
            message = (
                f"the amount is in {values.said(row.currency)}, and the portfolio's amounts are in {ours}; "
                f"write it in {ours}, and keep the rate and its day beside the file"
            )
            yield Mistake(row.file, row.line, "currency", message)

    def _actual_rows(self) -> Iterator[Mistake]:
        streams = self._declared("value_streams")
        seen: dict[tuple[str, str], str] = {}
        days: dict[str, list[_Told]] = {}
        for row in self._settings.actuals:
            yield from self._stream_problem(row)
            if message := self._period_problem(row.period):
                yield Mistake(row.file, row.line, "period", message)
            yield from self._currency(row)
            yield from _twice(seen, (row.value_stream, row.period), row.file, row.line, "the cost of this period")
            found = self._named(row.period)
            if found is None or row.value_stream not in streams:
                continue
            if row.closed_on is not None and row.closed_on < found.end:
                message = (
                    f"a period closes after its last day, which is {found.last_day}; leave the cell empty till then"
                )
                yield Mistake(row.file, row.line, "closed_on", message)
            told = days.setdefault(row.value_stream, [])
            for other in told:
                if found.start < other.period.end and other.period.start < found.end and other.name != row.period:
                    message = f"its days are those of {other.name} too (line {other.line}); keep one of them"
                    yield Mistake(row.file, row.line, "period", message)
            told.append(_Told(row.period, found, row.line))

    def _stream_problem(self, row: BudgetRow | ActualRow) -> Iterator[Mistake]:
        streams = self._declared("value_streams")
        if row.value_stream not in streams:
            mend = or_known(row.value_stream, streams, block="value_streams")
            message = f"there is no value stream {values.said(row.value_stream)}{mend}"
            yield Mistake(row.file, row.line, "value_stream", message)

    def _vote_rows(self) -> Iterator[Mistake]:
        seen: dict[tuple[str, str], str] = {}
        ballots: dict[tuple[str, str], tuple[str, Decimal]] = {}
        for row in self._settings.votes:
            column, block, noun = (
                ("value_stream", "value_streams", "value stream") if row.theme is None else ("theme", "themes", "theme")
            )
            subject = row.value_stream or row.theme or ""
            known = self._declared(block)
            if subject not in known:
                message = f"there is no {noun} {values.said(subject)}{or_known(subject, known, block=block)}"
                yield Mistake(row.file, row.line, column, message)
            if message := self._period_problem(row.period) or "":
                yield Mistake(row.file, row.line, "period", message)
            if row.votes is not None and row.votes < 0:
                yield Mistake(row.file, row.line, "votes", "a number of votes is not negative; write 0 or more")
            yield from _twice(
                seen, (f"{column} {subject}", row.period), row.file, row.line, "a vote for it and this period"
            )
            ballot = (column, row.period)
            way = "votes" if row.share is None else "share"
            before, whole = ballots.get(ballot, (way, Decimal(0)))
            if before != way:
                message = f"of {row.period} others say {before}; say the same for all {noun}s"
                yield Mistake(row.file, row.line, way, message)
            whole += row.share or 0
            if whole > HOLDS:
                message = (
                    f"with it the shares of {row.period} add up to {values.percent(whole)}; they may add up to 100%"
                )
                yield Mistake(row.file, row.line, "share", message)
            ballots[ballot] = (before, whole)

    def _reading_rows(self) -> Iterator[Mistake]:
        kpis, told = self._declared("kpis"), _told_readings(self._settings)
        seen: dict[tuple[str, str], str] = {}
        for row in self._settings.readings:
            if row.kpi not in kpis:
                message = f"there is no KPI {values.said(row.kpi)}{or_known(row.kpi, kpis, block='kpis')}"
                yield Mistake(row.file, row.line, "kpi", message)
            key = (row.kpi, row.day.isoformat())
            noun = "a reading of this KPI and day"
            if len(told[row.kpi, row.day]) > 1 and key in seen:
                message = f"{noun} is already in {seen[key]}, with another value; neither counts, keep one"
                yield Mistake(row.file, row.line, "", message)
                continue
            yield from _twice(seen, key, row.file, row.line, noun)

    def _decision_rows(self) -> Iterator[Mistake]:
        seen: dict[tuple[str, str], str] = {}
        for row in self._settings.decisions:
            names = (row.item,) if row.item is not None else ()
            for one in _twice(seen, (row.id, ""), row.file, row.line, "a decision of this id"):
                yield replace(one, names=names)
            if row.due is not None and row.due < row.asked_on:
                message = f"due ({row.due}) before it was asked ({row.asked_on}); mend one of the two days"
                yield Mistake(row.file, row.line, "due", message, names=names)

    def _dependency_rows(self) -> Iterator[Mistake]:
        """Keys are looked for where the items are known: in the report, which sets aside those that nobody holds."""
        seen: dict[tuple[str, str], str] = {}
        for row in self._settings.dependencies:
            pair = (row.before.casefold(), row.after.casefold())
            yield from _twice(seen, pair, row.file, row.line, "this dependency")

    def _objective_rows(self) -> Iterator[Mistake]:
        trains = [train for stream in self._document.value_streams.values() for train in stream.trains]
        seen: dict[tuple[str, str], str] = {}
        for row in self._settings.objectives:
            if trains and row.train not in trains:
                mend = or_known(row.train, trains, block="trains")
                yield Mistake(row.file, row.line, "train", f"there is no train {values.said(row.train)}{mend}")
            if row.theme is not None and row.theme not in self._declared("themes"):
                mend = or_known(row.theme, self._document.themes, block="themes")
                yield Mistake(row.file, row.line, "theme", f"there is no theme {values.said(row.theme)}{mend}")
            whose, what = (
                f"{row.increment} {row.train} {row.team}".casefold(),
                " ".join(row.objective.casefold().split()),
            )
            yield from _twice(seen, (whose, what), row.file, row.line, "this objective of the team and increment")


@dataclass(frozen=True)
class _Told:
    """A period that a line of a file speaks of."""

    name: str
    period: Period
    line: int


def _told_readings(settings: Settings) -> dict[tuple[str, date], set[Decimal]]:
    """The values that rows give for each KPI and day."""
    found: dict[tuple[str, date], set[Decimal]] = {}
    for row in settings.readings:
        found.setdefault((row.kpi, row.day), set()).add(row.value)
    return found


def _span(days: Period) -> str:
    """From and until when, in words; nothing of all days."""
    begin = [] if days.start == date.min else [f"from {days.start}"]
    return " ".join([*begin, *([] if days.end == date.max else [f"until {days.last_day}"])])


def _numbered(place: Path, matches: Iterable[Match]) -> Iterator[tuple[Path, Match]]:
    for number, match in enumerate(matches):
        yield (*place, number), match


def _twice(
    seen: dict[tuple[str, str], str], key: tuple[str, str], file: str, line: int, noun: str
) -> Iterator[Mistake]:
    if key in seen:
        yield Mistake(file, line, "", f"{noun} is already in {seen[key]}; keep one")
    seen.setdefault(key, f"{file}, line {line}")
