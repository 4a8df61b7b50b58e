"""What the settings mean, in the nouns that the rest of the house shares."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

from config import csv_files
from config import portfolio as blocks
from config.kpis import KpiBlock
from config.load import Settings
from config.schedule import Schedule, schedule
from config.secrets import Reference
from config.settings import (
    AtlassianBlock,
    AzureDevOpsSource,
    BlockedBlock,
    DependenciesBlock,
    EntraBlock,
    JiraSource,
    RisksBlock,
)
from domain.board import DEFAULT_POLICIES, FIELD, STUCK_AFTER_DAYS, VALUE, WORDS, Board, Delay, Policy
from domain.calendar import Calendar, DayCount, Increment
from domain.forecasting import WINDOW_DAYS, AssumedSize, Forecasting
from domain.funding import Actual, CapitalRule, Funding, Vote, in_minor_units
from domain.governance import OWN, VALUES, Exemption, Rule
from domain.journey import StartPolicy
from domain.matching import field_names
from domain.period import Period
from domain.placing import KindRule, PlacingRules
from domain.precedence import ListedDependency, PrecedenceRules, link_type
from domain.risks import RiskField, RiskRules
from domain.set_aside import MONEY
from domain.strategy import (
    Benefit,
    Decision,
    Engagement,
    FieldKpi,
    FlowTolerances,
    Guardrails,
    Indicator,
    KeyResult,
    Kpi,
    Matcher,
    Objective,
    PaceTolerances,
    Portfolio,
    ProcessChange,
    Reading,
    Shift,
    Theme,
    ThemeRule,
    Train,
    ValueStream,
)
from domain.work_item import FlowState
from domain.workflow import StateRules

HOLIDAY_YEARS = range(2000, 2051)
STALE_AFTER = timedelta(hours=24)
KPI_STALE_AFTER = timedelta(days=35)
REFUTED_BELOW = Decimal("0.5")
TOLERANCE_POINTS = Decimal(5)
APART_POINTS = Decimal(10)
MVP = "mvp"  # what SAFe calls the state in which an epic proves itself
BEGINS = "implementing"  # what SAFe calls the state with which work begins
NEAR_SHARE = Decimal("0.1")
SPLIT_WITHIN, ACTIVE_WITHIN, DECIDED_WITHIN = timedelta(days=30), timedelta(days=30), timedelta(days=14)
SCORED_WITHIN = timedelta(days=5)  # working days
MEASURED_WITHIN = timedelta(days=30)
SYNC_EVERY, SWEEP, FULL_CHECK = schedule("every 15 minutes"), schedule("daily 02:00"), schedule("Sun 03:00")


@dataclass(frozen=True, kw_only=True)
class OAuth:
    """How access tokens are got; secrets are still references, and the path is absolute. `tenant`: of Entra."""

    client_id: str
    client_secret: Reference
    tenant: str | None
    refresh_token: Reference | None
    keep: str | None
    token_url: str | None


@dataclass(frozen=True, kw_only=True)
class Source:
    """What a connector must be told of a source; secrets are still references. Paths are absolute.

    Either `token` or `oauth` is there.
    """

    name: str
    kind: str  # jira | azure_devops
    url: str
    user: str | None
    token: Reference | None
    oauth: OAuth | None
    jql: str | None
    projects: tuple[str, ...]
    area: str | None
    value_fields: Mapping[str, str]
    value_scales: Mapping[str, int]
    text_fields: tuple[str, ...]
    shared_fields: frozenset[str]  # names of fields that only rules for every source ask for: a source may lack one
    blocked_flags: bool
    blocked_fields: Mapping[str, tuple[str, ...]]
    allow_insecure: bool
    allow_private: bool
    ca_bundle: str | None
    proxy: str | None


@dataclass(frozen=True, kw_only=True)
class Endpoint:
    """An address that is asked for a KPI. Its secret is still a reference, its path absolute."""

    kpi: str
    url: str
    value: str
    date: str | None
    token: Reference | None
    allow_insecure: bool
    allow_private: bool
    ca_bundle: str | None
    proxy: str | None


@dataclass(frozen=True, kw_only=True)
class Webhook:
    """An address that operators are told at. Its secret is still a reference, its path absolute."""

    url: str
    token: Reference | None
    allow_insecure: bool
    allow_private: bool
    ca_bundle: str | None
    proxy: str | None


@dataclass(frozen=True, kw_only=True)
class SyncPlan:
    """When to read from the trackers, and from which age on figures are stale."""

    when: Schedule
    presence_sweep: Schedule
    full_check: Schedule
    stale_after: timedelta


@dataclass(frozen=True, kw_only=True)
class Report:
    """An edition that is owed: which packs, in which language, to whom, when (None: only when asked for)."""

    name: str
    packs: tuple[str, ...]
    to: tuple[str, ...]
    locale: str
    when: Schedule | None
    audience: str | None


def portfolio(settings: Settings) -> Portfolio:
    """The whole of what the VMO has declared. Amounts become minor units of the portfolio's currency."""
    document, unread = settings.document, _unread_kpis(settings)
    return Portfolio(
        id=_slug(document.portfolio.name),
        name=document.portfolio.name,
        currency=document.portfolio.currency,
        locales=document.portfolio.locales,
        themes=tuple(_theme(id, block, settings, unread=unread) for id, block in document.themes.items()),
        value_streams=tuple(_value_stream(id, block, settings) for id, block in document.value_streams.items()),
        kpis=tuple(_kpi(id, block, is_read=id not in unread) for id, block in document.kpis.items()),
        guardrails=_guardrails(settings),
        funding=_funding(settings),
        year=None if document.portfolio.year is None else _period(document.portfolio.year),
        board=board(settings),
        forecasting=_forecasting(settings),
        process_changes=tuple(ProcessChange(on=each.on, name=each.name) for each in document.portfolio.process_changes),
        scenarios=tuple(Shift(gives=each.from_, takes=each.to, share=each.share) for each in document.scenarios),
    )


def calendar(settings: Settings) -> Calendar:
    """The portfolio's days, and those of value streams that differ. Holidays of a country are those of 2000 to 2050."""
    block = settings.document.portfolio
    portfolio = Calendar(
        zone=block.timezone,
        holidays=frozenset(_holidays(block.holidays)),
        increments=tuple(Increment(name=each.name, period=_period(each)) for each in block.increments),
        count=DayCount(block.days),
    )
    own = {
        id: replace(
            portfolio,
            zone=stream.timezone or portfolio.zone,
            holidays=portfolio.holidays if stream.holidays is None else frozenset(_holidays(stream.holidays)),
        )
        for id, stream in settings.document.value_streams.items()
        if stream.timezone is not None or stream.holidays is not None
    }
    return replace(portfolio, streams=own)


def start_policy(settings: Settings) -> StartPolicy:
    """Which start of an item counts."""
    return StartPolicy(settings.document.portfolio.start)


def state_rules(settings: Settings) -> dict[str, StateRules]:
    """What each source's statuses mean, by source."""
    return {name: _state_rules(source, settings) for name, source in settings.document.sources.items()}


def placing_rules(settings: Settings) -> PlacingRules:
    """Where items belong."""
    return PlacingRules(
        levels={name: _levels(source) for name, source in settings.document.sources.items()},
        kinds={name: _kinds(source) for name, source in settings.document.sources.items()},
        value_streams=portfolio(settings).value_streams,
    )


def readings(settings: Settings) -> tuple[Reading, ...]:
    """The readings of all KPIs, oldest first."""
    rows = (
        Reading(kpi=row.kpi, day=row.day, value=row.value, source=row.source or row.file) for row in settings.readings
    )
    return tuple(sorted(rows, key=lambda reading: (reading.kpi, reading.day)))


def endpoints(settings: Settings) -> tuple[Endpoint, ...]:
    """The addresses that are asked for KPIs, in the order of the file."""
    return tuple(
        Endpoint(
            kpi=name,
            url=block.endpoint.url,
            value=block.endpoint.value,
            date=block.endpoint.date,
            token=block.endpoint.token,
            allow_insecure=block.endpoint.allow_insecure,
            allow_private=block.endpoint.allow_private,
            ca_bundle=None
            if block.endpoint.ca_bundle is None
            else str(_absolute(settings.folder, block.endpoint.ca_bundle)),
            proxy=block.endpoint.proxy,
        )
        for name, block in settings.document.kpis.items()
        if block.endpoint is not None
    )


def field_kpis(settings: Settings) -> tuple[FieldKpi, ...]:
    """The KPIs whose readings are the history of a tracker's field, in the order of the file."""
    return tuple(
        FieldKpi(
            kpi=name,
            field=block.field,
            item=block.item,
            matchers=tuple(matcher(match) for match in block.match),
            combine=block.combine,
        )
        for name, block in settings.document.kpis.items()
        if block.field is not None
    )


def decisions(settings: Settings) -> tuple[Decision, ...]:
    """The decision log, in the order of the file."""
    return tuple(
        Decision(
            id=row.id,
            asked_on=row.asked_on,
            meeting=row.meeting,
            question=row.question,
            decision=row.taken,
            owner=row.owner,
            due=row.due,
            item=row.item,
            edition=row.edition,
            approves=row.approves,
        )
        for row in settings.decisions
    )


def risk_rules(settings: Settings) -> RiskRules:
    """Which items are risks, and how they are read; without a block, none is."""
    block = settings.document.risks or RisksBlock()
    return RiskRules(
        matchers=tuple(matcher(match) for match in block.match),
        fields={
            told: tuple(
                RiskField(field=one.field, scale=one.scale, is_percent=one.percent, source=one.source) for one in fields
            )
            for told, fields in block.fields.items()
        },
        scales={
            told: {word.casefold(): number for word, number in scale.items()} for told, scale in block.scales.items()
        },
        roam={word.casefold(): place for place, words in block.roam.items() for word in words},
        minor_per_unit=minor_units(Decimal(1), settings.document.portfolio.currency),
    )


def precedence_rules(settings: Settings) -> PrecedenceRules:
    """What counts as a dependency."""
    block = settings.document.dependencies or DependenciesBlock()
    return PrecedenceRules(
        links=frozenset(map(link_type, block.links)),
        fields=block.fields,
        listed=tuple(
            ListedDependency(
                file=row.file, line=row.line, before=row.before, after=row.after, needed_on=row.due, note=row.note
            )
            for row in settings.dependencies
        ),
    )


def objectives(settings: Settings) -> tuple[Objective, ...]:
    """The teams' objectives, in the order of the file."""
    return stated(settings.objectives)


def stated(rows: Iterable[csv_files.ObjectiveRow]) -> tuple[Objective, ...]:
    """The objectives of the rows of a file."""
    return tuple(
        Objective(
            increment=row.increment,
            train=row.train,
            team=row.team,
            objective=row.objective,
            committed=row.committed,
            planned_bv=row.planned_bv,
            actual_bv=row.actual_bv,
            planned_on=row.planned_on,
            scored_on=row.scored_on,
            dropped=row.dropped,
            theme=row.theme,
        )
        for row in rows
    )


def board(settings: Settings) -> Board:
    """The portfolio kanban; without states where none is configured."""
    document = settings.document
    approval = document.guardrails.approval if document.guardrails is not None else None
    block, approving = document.kanban, () if approval is None else approval.approving_states
    one = minor_units(Decimal(1), document.portfolio.currency)
    if block is None:
        return Board(approving=approving, minor_units=one)
    begins = (block.begins, None if approval is None else approval.before, BEGINS)
    return Board(
        level=block.level,
        states=tuple(block.states),
        by_status={status.casefold(): state for state, statuses in block.states.items() for status in statuses},
        commits=next((name for name in begins if name in block.states), None),
        mvp=block.mvp or next((name for name in block.states if name.casefold() == MVP), None),
        approving=approving,
        policies={state: tuple(map(_policy, policies)) for state, policies in block.exit_policies.items()}
        or {state: policies for state, policies in DEFAULT_POLICIES.items() if state in block.states},
        is_agreed=bool(block.exit_policies),
        rank=block.rank,
        stuck_after=STUCK_AFTER_DAYS if block.stuck_after is None else block.stuck_after.days,
        delays=tuple(_delay(each, currency=document.portfolio.currency) for each in block.delays),
        minor_units=one,
    )


def _forecasting(settings: Settings) -> Forecasting:
    block, kanban = settings.document.forecasts, settings.document.kanban
    return Forecasting(
        order=block.order,
        rank=kanban.rank if block.order == "kanban" and kanban is not None else (),
        sizes=tuple(AssumedSize(level=one.level, type=one.type, least=one.from_, most=one.to) for one in block.sizes),
        seed=block.seed,
        window_days=WINDOW_DAYS if block.window is None else block.window.days,
    )


def governance(settings: Settings) -> tuple[Rule, ...]:
    """The rules that items must keep, in the order of the file."""
    block, guardrails = settings.document.governance, settings.document.guardrails
    agreed = guardrails.approval.approving_states if guardrails is not None and guardrails.approval is not None else ()
    found: list[Rule] = []
    for each in block.rules if block is not None else ():
        slug = _slug(each.name)
        taken = sum(one.id == slug or one.id.startswith(f"{slug}-") for one in found)
        states = () if each.before is None else _statuses_of(each.before, settings)
        found.append(
            Rule(
                id=f"{slug}-{taken + 1}" if taken else slug,
                name=each.name,
                level=each.level,
                matcher=None if each.when is None else matcher(each.when),
                threshold=each.threshold,
                requires=each.requires,
                before=each.before,
                states=frozenset(one.casefold() for one in states),
                approved=each.approved,
                approving_states=frozenset(one.casefold() for one in each.approving_states or agreed),
                segregated=each.segregated,
                ceiling=each.ceiling,
                owner=each.owner,
                exemptions=tuple(
                    Exemption(item=one.item, until=one.until, owner=one.owner, reason=one.reason)
                    for one in each.exceptions
                ),
            )
        )
    return tuple(found)


def sources(settings: Settings) -> tuple[Source, ...]:
    """What each connector must be told, in the order of the file."""
    return tuple(_source(name, source, settings) for name, source in settings.document.sources.items())


def people(settings: Settings, *, audience: str = "") -> tuple[str, ...]:
    """Who gets the digest with what waits for them first, by name; of an audience those who belong to it."""
    mail, readers = settings.document.mail, settings.document.audiences.get(audience)
    belonging = {one.casefold() for one in readers.recipients} if readers is not None else set()
    named = {} if mail is None else mail.people
    return tuple(sorted({name for one, name in named.items() if not belonging or one.casefold() in belonging}))


def person_at(settings: Settings, address: str) -> str | None:
    """Whose address it is; None: nobody says."""
    block = settings.document.mail
    named = {} if block is None else {one.casefold(): name for one, name in block.people.items()}
    return named.get(address.casefold())


def sync_plan(settings: Settings) -> SyncPlan:
    """When to read from the trackers, with what holds where nothing is said."""
    block, increments = settings.document.sync, calendar(settings).increments
    return SyncPlan(
        when=among(block.when or SYNC_EVERY, increments),
        presence_sweep=among(block.presence_sweep or SWEEP, increments),
        full_check=among(block.full_check or FULL_CHECK, increments),
        stale_after=block.stale_after or STALE_AFTER,
    )


def reports(settings: Settings) -> tuple[Report, ...]:
    """The editions that are owed, in the order of the file."""
    first = settings.document.portfolio.locales[0]
    increments = calendar(settings).increments
    return tuple(
        Report(
            name=name,
            packs=tuple(block.packs),
            to=block.to,
            locale=block.locale or first,
            when=block.when if block.when is None else among(block.when, increments),
            audience=block.audience,
        )
        for name, block in settings.document.reports.items()
    )


def among(when: Schedule, increments: tuple[Increment, ...]) -> Schedule:
    """A schedule that follows planning intervals, with them; those of a portfolio that names none are its quarters."""
    if when.first_of != "increment":
        return when
    return replace(when, increments=increments) if increments else replace(when, first_of="quarter")


def operators(settings: Settings) -> tuple[str, ...]:
    """The mail addresses of those who are told when a person must act."""
    block = settings.document.operators
    return () if block is None else tuple({one.casefold(): one for one in block.mail}.values())


def webhook(settings: Settings) -> Webhook | None:
    """The address that is told when a person must act."""
    block = None if settings.document.operators is None else settings.document.operators.webhook
    if block is None:
        return None
    return Webhook(
        url=block.url,
        token=block.token,
        allow_insecure=block.allow_insecure,
        allow_private=block.allow_private,
        ca_bundle=None if block.ca_bundle is None else str(_absolute(settings.folder, block.ca_bundle)),
        proxy=block.proxy,
    )


def store_url(settings: Settings) -> str:
    """The store's address, with a relative SQLite path made absolute from the settings' folder. Holds no password."""
    url = settings.document.store.url
    if not url.startswith("sqlite:///"):
        return url
    path = settings.folder.absolute() / url.removeprefix("sqlite:///")
    return f"sqlite:///{path}"


def minor_units(amount: Decimal, currency: str) -> int:
    """12.50 EUR as 1250. Finer amounts than the currency has are rounded half to even."""
    return in_minor_units(amount, digits=_digits(currency))


def _digits(currency: str) -> int:
    """How many digits the minor unit of a currency has: 2 of EUR, 0 of JPY."""
    from babel.numbers import get_currency_precision  # noqa: PLC0415 - slow to import

    return int(get_currency_precision(currency))


def _theme(id: str, block: blocks.ThemeBlock, settings: Settings, *, unread: Collection[str]) -> Theme:
    objective = block.objective or blocks.ObjectiveBlock()
    return Theme(
        id=id,
        name=block.name,
        horizon=block.horizon,
        sponsor=block.sponsor,
        target_share=block.target_share,
        objective=objective.name,
        key_results=tuple(
            _key_result(f"{id}.{number}", each, begun=block.from_, unread=unread)
            for number, each in enumerate(objective.key_results, start=1)
        ),
        rules=tuple(_theme_rule(match) for match in block.match),
        effective_from=block.from_,
        effective_to=block.until,
        benefits=tuple(
            _benefit(f"{id}.benefit-{number}", each, currency=settings.document.portfolio.currency, unread=unread)
            for number, each in enumerate(block.benefits, start=1)
        ),
    )


def _theme_rule(match: blocks.ThemeMatch) -> ThemeRule:
    return ThemeRule(matcher=matcher(match), share=Decimal(1) if match.share is None else match.share)


def _unread_kpis(settings: Settings) -> frozenset[str]:
    """The KPIs of whose files something is set aside: what is not known of them may stand there."""
    aside = {one.file for one in settings.set_aside if one.tells == "readings"}
    return frozenset(
        id
        for id, block in settings.document.kpis.items()
        if aside and block.field is None and block.endpoint is None and str(block.readings or "readings.csv") in aside
    )


def _key_result(id: str, block: blocks.KeyResultBlock, *, begun: date | None, unread: Collection[str]) -> KeyResult:
    steps = block.milestones
    kind = "committed" if steps is not None and "kind" not in block.model_fields_set else block.kind
    return KeyResult(
        id=id,
        name=block.name,
        unit=block.unit,
        kind=kind,
        baseline=block.baseline if steps is None else Decimal(0),
        target=block.target if steps is None else Decimal(steps),
        milestones=steps,
        starts=block.starts or _start(begun, due=block.due),
        due=block.due,
        kpi=block.kpi,
        weight=Decimal(1) if block.weight is None else block.weight,
        is_read=block.kpi not in unread,
    )


def _start(begun: date | None, *, due: date) -> date:
    """The theme's first day where it is before `due`, or else a year before."""
    if begun is not None and begun < due:
        return begun
    leap_day = (due.month, due.day) == (2, 29)
    return due.replace(year=due.year - 1, day=28 if leap_day else due.day)


def _benefit(id: str, block: blocks.BenefitBlock, *, currency: str, unread: Collection[str]) -> Benefit:
    return Benefit(
        id=id,
        name=block.name,
        kpi=block.kpi,
        baseline=block.baseline,
        target=block.target,
        starts=block.starts,
        due=block.due,
        item=block.item,
        planned_amount=None if block.planned_amount is None else minor_units(block.planned_amount, currency),
        indicators=tuple(_indicator(each, begun=block.starts, unread=unread) for each in block.indicators),
        profile=block.profile,
        share=block.share,
        approved_on=block.approved,
        forecast={int(months): minor_units(amount, currency) for months, amount in block.forecast.items()},
        retired_on=block.retired,
        is_read=block.kpi not in unread,
    )


def _indicator(block: blocks.IndicatorBlock, *, begun: date, unread: Collection[str]) -> Indicator:
    return Indicator(
        kpi=block.kpi,
        baseline=block.baseline,
        target=block.target,
        starts=block.starts or begun,
        by=block.by,
        refuted_below=REFUTED_BELOW if block.refuted_below is None else block.refuted_below,
        is_read=block.kpi not in unread,
    )


def _value_stream(id: str, block: blocks.ValueStreamBlock, settings: Settings) -> ValueStream:
    currency = settings.document.portfolio.currency
    budget = {period: minor_units(amount, currency) for period, amount in block.budget.items()}
    budget |= {row.period: minor_units(row.amount, currency) for row in settings.budgets if row.value_stream == id}
    if "budgets" in settings.untold:
        budget = {}  # what vmo.yaml says may be a part of it
    return ValueStream(
        id=id,
        name=block.name,
        owner=block.owner,
        trains=tuple(
            Train(name=name, matchers=tuple(matcher(match) for match in train.match))
            for name, train in block.trains.items()
        ),
        matchers=tuple(matcher(match) for match in block.match),
        budget=budget,
    )


def _kpi(id: str, block: KpiBlock, *, is_read: bool) -> Kpi:
    words = id.replace("_", " ").replace("-", " ")
    return Kpi(
        id=id,
        name=block.name or words[0].upper() + words[1:],
        unit=block.unit,
        lens=block.lens,
        business_result=block.business_result,
        stale_after=block.stale_after or KPI_STALE_AFTER,
        is_read=is_read,
    )


def _guardrails(settings: Settings) -> Guardrails:
    block = settings.document.guardrails or blocks.GuardrailsBlock()
    horizons = block.horizons or blocks.HorizonShares()
    approval = block.approval
    shares = {"H0": horizons.H0, "H1": horizons.H1, "H2": horizons.H2, "H3": horizons.H3}
    return Guardrails(
        horizons={name: share for name, share in shares.items() if share is not None},
        capacity=block.capacity,
        tolerance_points=TOLERANCE_POINTS if horizons.tolerance is None else horizons.tolerance,
        approval_threshold=None
        if approval is None
        else minor_units(approval.threshold, settings.document.portfolio.currency),
        approval_size=None if approval is None else approval.job_size,
        approving_states=() if approval is None else approval.approving_states,
        implementing_states=_statuses_of("implementing" if approval is None else approval.before, settings),
        wip=block.wip,
        service_days={level: expected.days for level, expected in block.service_levels.items()},
        near_share=NEAR_SHARE if approval is None or approval.near is None else approval.near,
        split_within_days=_days(None if approval is None else approval.split_within, SPLIT_WITHIN),
        board_level="epic" if settings.document.kanban is None else settings.document.kanban.level,
        money_digits=_digits(settings.document.portfolio.currency),
        engagement=_engagement(block.engagement),
        flow=_flow(block.flow),
        pace=_pace(block.pace),
        measured_within_days=_days(block.measured_within, MEASURED_WITHIN),
        kanban=board(settings).by_status,
    )


def _engagement(block: blocks.EngagementBlock | None) -> Engagement:
    if block is None:
        return Engagement()
    return Engagement(
        least_share=block.least,
        scored_within_days=_days(block.scored_within, SCORED_WITHIN),
        active_within_days=_days(block.active_within, ACTIVE_WITHIN),
        decided_within_days=_days(block.decided_within, DECIDED_WITHIN),
    )


def _flow(block: blocks.FlowBlock | None) -> FlowTolerances:
    said = {} if block is None else {name: getattr(block, name) for name in ("without_start", "constraint", "act")}
    return replace(FlowTolerances(), **{name: share for name, share in said.items() if share is not None})


def _pace(block: blocks.PaceBlock | None) -> PaceTolerances:
    said = {} if block is None else {"on_track_points": block.on_track, "at_risk_points": block.at_risk}
    return replace(PaceTolerances(), **{name: points for name, points in said.items() if points is not None})


def _days(said: timedelta | None, usual: timedelta) -> int:
    return (usual if said is None else said).days


def _funding(settings: Settings) -> Funding:
    block = settings.document.funding or blocks.FundingBlock()
    currency = settings.document.portfolio.currency
    return Funding(
        level=block.level,
        closes_after=None if block.closes_after is None else block.closes_after.days,
        is_told=MONEY.isdisjoint(settings.untold),
        apart_points=APART_POINTS if block.readings_apart is None else block.readings_apart,
        actuals=tuple(
            Actual(
                value_stream=row.value_stream,
                period=row.period,
                amount=minor_units(row.amount, currency),
                closed_on=row.closed_on,
            )
            for row in settings.actuals
        ),
        votes=tuple(_votes(settings)),
        capital=None if block.capitalisation is None else _capital(block.capitalisation, settings),
    )


def _votes(settings: Settings) -> Iterator[Vote]:
    """Votes as parts of all those cast for the same period and the same kind of subject."""
    cast: dict[tuple[bool, str], Decimal] = {}
    for row in settings.votes:
        ballot = (row.theme is None, row.period)
        cast[ballot] = cast.get(ballot, Decimal(0)) + (row.votes or 0)
    for row in settings.votes:
        whole = cast[row.theme is None, row.period]
        share = row.share if row.share is not None else (row.votes or Decimal(0)) / whole if whole else Decimal(0)
        subject = f"value_stream:{row.value_stream}" if row.theme is None else f"theme:{row.theme}"
        yield Vote(subject=subject, period=row.period, share=share)


def _capital(block: blocks.CapitalisationBlock, settings: Settings) -> CapitalRule:
    """The rule with the statuses of its state and of all states that follow it."""
    states = settings.document.kanban.states if settings.document.kanban is not None else {}
    order = list(states)
    later = order[order.index(block.after) :] if block.after in states else []
    statuses = frozenset(status.lower() for state in later for status in states[state])
    return CapitalRule(method=block.method, kinds=block.kinds, after=block.after, statuses=statuses)


def _statuses_of(state: str, settings: Settings) -> tuple[str, ...]:
    """The tracker's statuses of a portfolio state; without a kanban the state is itself a status."""
    board = settings.document.kanban
    return (state,) if board is None else board.states.get(state, (state,))


def _policy(block: blocks.PolicyBlock) -> Policy:
    says = block.says or ""
    if block.field is not None:
        return Policy(check=FIELD, of=block.field, says=says)
    if block.value is not None:
        return Policy(check=VALUE, of=block.value, says=says)
    return Policy(check=block.check or WORDS, says=says)


def _delay(block: blocks.DelayBlock, *, currency: str) -> Delay:
    return Delay(
        item=block.item,
        profile=block.profile,
        per_week=None if block.per_week is None else minor_units(block.per_week, currency),
        at_once=None if block.at_once is None else minor_units(block.at_once, currency),
        needed=block.needed,
        weeks=block.weeks,
    )


def _board_fields(settings: Settings) -> tuple[str, ...]:
    """Fields that the portfolio kanban asks of every source."""
    block = settings.document.kanban
    if block is None:
        return ()
    asked = (one.field for policies in block.exit_policies.values() for one in policies)
    return tuple(dict.fromkeys([*block.rank, *(name for name in asked if name is not None)]))


def _holidays(entries: Iterable[str | date]) -> Iterator[date]:
    for entry in entries:
        if isinstance(entry, date):
            yield entry
        else:
            from holidays import country_holidays  # noqa: PLC0415 - slow to import

            country, _, part = entry.partition("-")
            yield from country_holidays(country, subdiv=part or None, years=HOLIDAY_YEARS)


def _period(span: blocks.Span) -> Period:
    return Period(span.starts, span.ends + timedelta(days=1))


def _state_rules(source: JiraSource | AzureDevOpsSource, settings: Settings) -> StateRules:
    states = {word.lower(): FlowState(meaning) for meaning, words in source.states.items() for word in words}
    resolutions = source.resolutions.cancelled if isinstance(source, JiraSource) and source.resolutions else ()
    return StateRules(
        states=states,
        cancelled_resolutions=frozenset(word.lower() for word in resolutions),
        blocked_states=frozenset(word.lower() for word in _blocked(source, settings).states),
    )


def _blocked(source: JiraSource | AzureDevOpsSource, settings: Settings) -> BlockedBlock:
    return source.blocked or settings.document.blocked or BlockedBlock()


def _levels(source: JiraSource | AzureDevOpsSource) -> dict[str, str]:
    return {type.casefold(): level for level, types in source.levels.items() for type in types}


def _kinds(source: JiraSource | AzureDevOpsSource) -> tuple[KindRule, ...]:
    return tuple(
        KindRule(matcher=None if rule.when is None else matcher(rule.when), kind=rule.kind) for rule in source.kinds
    )


def matcher(match: blocks.Match) -> Matcher:
    """A match of the settings, as the rest of the house asks it."""
    return Matcher(
        source=match.source,
        label=match.label,
        component=match.component,
        field=match.field,
        value=match.is_,
        under=match.under,
        area=match.area,
        project=match.project,
        type=match.type,
        team=match.team,
    )


def _source(name: str, source: JiraSource | AzureDevOpsSource, settings: Settings) -> Source:
    blocked = _blocked(source, settings)
    area_scope = source.scope if isinstance(source, AzureDevOpsSource) else None
    return Source(
        name=name,
        kind=source.kind,
        url=source.url,
        user=source.user,
        token=source.token,
        oauth=_oauth(source.oauth, settings),
        jql=source.scope if isinstance(source, JiraSource) else None,
        projects=area_scope.projects if area_scope else (),
        area=area_scope.area if area_scope else None,
        value_fields={ours: block.field for ours, block in source.fields.items()},
        value_scales={ours: block.scale for ours, block in source.fields.items() if block.scale != 1},
        text_fields=tuple(
            dict.fromkeys(
                [
                    *field_names(_rules_asking(name, settings)),
                    *_hazard_fields(name, settings),
                    *_board_fields(settings),
                    *_kpi_fields(name, settings),
                ]
            )
        ),
        shared_fields=_shared_fields(name, source, settings),
        blocked_flags=blocked.flags,
        blocked_fields=blocked.fields,
        allow_insecure=source.allow_insecure,
        allow_private=source.allow_private,
        ca_bundle=None if source.ca_bundle is None else str(_absolute(settings.folder, source.ca_bundle)),
        proxy=source.proxy,
    )


def _oauth(block: EntraBlock | AtlassianBlock | None, settings: Settings) -> OAuth | None:
    if block is None:
        return None
    rotates = block if isinstance(block, AtlassianBlock) and block.keep is not None else None
    return OAuth(
        client_id=block.client_id,
        client_secret=block.client_secret,
        tenant=block.tenant if isinstance(block, EntraBlock) else None,
        refresh_token=rotates.refresh_token if rotates else None,
        keep=str(_absolute(settings.folder, rotates.keep)) if rotates and rotates.keep else None,
        token_url=block.token_url,
    )


def _shared_fields(name: str, source: JiraSource | AzureDevOpsSource, settings: Settings) -> frozenset[str]:
    """Fields that no setting asks of this source in particular. With one source, each is asked of it in particular."""
    if len(settings.document.sources) == 1:
        return frozenset()
    asking = _rules_asking(name, settings)
    kpi_fields = _kpi_fields(name, settings)
    own = {
        *(named for named, is_own in kpi_fields.items() if is_own),
        *field_names([rule for rule in asking if rule.source == name]),
        *field_names([matcher(rule.when) for rule in source.kinds if rule.when is not None]),
        *(source.blocked.fields if source.blocked else ()),
        *(block.field for block in source.fields.values()),
        *_hazard_fields(name, settings, only_own=True),
    }
    every = {
        *field_names(asking),
        *_board_fields(settings),
        *_blocked(source, settings).fields,
        *_hazard_fields(name, settings),
        *kpi_fields,
    }
    return frozenset(every - own)


def _hazard_fields(name: str, settings: Settings, *, only_own: bool = False) -> tuple[str, ...]:
    """Fields of this source's items that tell of risks and dependencies; `only_own`: that are asked of it alone."""
    document = settings.document
    risks = [one for told in document.risks.fields.values() for one in told] if document.risks else []
    found = [one.field for one in risks if one.source == name or (one.source is None and not only_own)]
    if document.dependencies is not None and not only_own:
        found += document.dependencies.fields
    return tuple(found)


def _kpi_fields(name: str, settings: Settings) -> dict[str, bool]:
    """The fields that are KPIs of this source's items, and whether they are asked of it in particular."""
    found: dict[str, bool] = {}
    for kpi in field_kpis(settings):
        named = {rule.source for rule in kpi.matchers} or {None}
        if name in named or None in named:
            found[kpi.field] = found.get(kpi.field, False) or name in named
    return found


def _rules_asking(name: str, settings: Settings) -> list[Matcher]:
    """Every rule that asks this source's items something."""
    document = settings.document
    rules: list[blocks.Match] = [match for theme in document.themes.values() for match in theme.match]
    for stream in document.value_streams.values():
        rules += [*stream.match, *(match for train in stream.trains.values() for match in train.match)]
    rules += [rule.when for rule in document.sources[name].kinds if rule.when is not None]
    rules += document.risks.match if document.risks is not None else ()
    for restricted in document.restricted.values():
        rules += restricted.match
    for audience in document.audiences.values():
        rules += audience.scopes
    governed = document.governance.rules if document.governance is not None else ()
    rules += [rule.when for rule in governed if rule.when is not None]
    asked = [*(matcher(rule) for rule in rules), *_required_fields(settings)]
    return [rule for rule in asked if rule.source in (None, name)]


def _required_fields(settings: Settings) -> Iterator[Matcher]:
    """The tracker's fields that governance requires, as rules that ask for them."""
    governed = settings.document.governance.rules if settings.document.governance is not None else ()
    for rule in governed:
        source = None if rule.when is None else rule.when.source
        for name in rule.requires:
            if name not in OWN and name not in VALUES:
                yield Matcher(source=source, field=name, value="")


def _absolute(folder: Path, name: object) -> Path:
    return (folder / str(name)).absolute()


def _slug(name: str) -> str:
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:64].strip("-") or "portfolio"
