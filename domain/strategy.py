"""Themes, objectives, value streams, KPIs and guardrails: the strategy that work is measured against."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal

from domain.board import Board
from domain.forecasting import Forecasting
from domain.funding import Funding, in_minor_units
from domain.period import Period


@dataclass(frozen=True, kw_only=True)
class Matcher:
    """What an item must show to match. Every part that is given must hold; text is compared without case.

    `area` also matches everything below that area path; `under` matches the named item and all below it.
    """

    source: str | None = None
    label: str | None = None
    component: str | None = None
    field: str | None = None
    value: str | None = None  # with `field`: `is:` in the settings
    under: str | None = None  # an item key
    area: str | None = None
    project: str | None = None
    type: str | None = None
    team: str | None = None

    def words(self) -> str:
        """The rule as its author wrote it, for explanations: "label theme-settle"."""
        parts = []
        for name in ("source", "label", "component", "under", "area", "project", "type", "team"):
            if (wanted := getattr(self, name)) is not None:
                parts.append(f"{name} {wanted}")
        if self.field is not None:
            parts.append(f"{self.field} is {self.value}")
        return ", ".join(parts)


@dataclass(frozen=True, kw_only=True)
class ThemeRule:
    """A matcher, and the share of the item's work that it gives to the theme (1 is all of it)."""

    matcher: Matcher
    share: Decimal = Decimal(1)


@dataclass(frozen=True, kw_only=True)
class KeyResult:
    """A measure with where it began, where it should end, and by when.

    `is_read`, of this and of all that a KPI measures: nothing of the file with its readings is set aside, so that what
    nobody reads there was not measured.

    `kind`: committed, aspirational or direction_only (a trend without a target). `due` ends it, `starts` begins it.
    `milestones`: it goes from none to so many, in whole steps; None: it is measured on a scale.
    """

    id: str
    name: str
    unit: str
    milestones: int | None = None
    kind: str = "aspirational"
    baseline: Decimal | None
    target: Decimal | None
    starts: date
    due: date
    kpi: str | None
    weight: Decimal = Decimal(1)
    is_read: bool = True


@dataclass(frozen=True, kw_only=True)
class Theme:
    """A strategic theme: the differentiating business objective that epics serve (SAFe)."""

    id: str
    name: str
    horizon: str | None = None  # H0, H1, H2, H3
    sponsor: str | None = None
    target_share: Decimal | None = None  # intended share of flow, 0 to 1
    objective: str | None = None
    key_results: tuple[KeyResult, ...] = ()
    rules: tuple[ThemeRule, ...] = ()
    effective_from: date | None = None
    effective_to: date | None = None
    benefits: tuple[Benefit, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Indicator:
    """A leading indicator of a benefit hypothesis: what a KPI must have reached by a day for it to be confirmed.

    Its baseline was measured on `starts`. Once the day has passed, less than `refuted_below` (0 to 1) of the way
    refutes it.
    """

    kpi: str
    baseline: Decimal
    target: Decimal
    starts: date
    by: date
    refuted_below: Decimal = Decimal("0.5")
    is_read: bool = True


@dataclass(frozen=True, kw_only=True)
class Benefit:
    """Planned value, measured by a KPI: a benefit hypothesis of a theme or an epic.

    `planned_amount` is what full realisation is worth, in minor units of the portfolio's currency; None: not valued.
    `profile` says how it is expected to come: linear, ramp or step. `share` is the part of a benefit that several epics
    claim together. `forecast` holds what was foretold at its approval, in minor units by months after `approved_on`.
    """

    id: str
    name: str
    kpi: str
    baseline: Decimal
    target: Decimal
    starts: date
    due: date
    item: str | None = None  # the epic that claims it, by key
    planned_amount: int | None = None
    indicators: tuple[Indicator, ...] = ()
    profile: str = "linear"
    share: Decimal | None = None  # 0 to 1; None: it is claimed whole
    approved_on: date | None = None
    forecast: Mapping[int, int] = field(default_factory=dict, hash=False)
    retired_on: date | None = None  # written off, or ended: from then on it is no longer counted
    is_read: bool = True


@dataclass(frozen=True, kw_only=True)
class Kpi:
    """A measured quantity; its readings come from a file, a field or an endpoint."""

    id: str
    name: str
    unit: str = ""
    lens: str | None = None  # current_value, unrealised_value, ability_to_innovate, time_to_market
    business_result: str | None = None  # value, cost, quality, happiness (Flow Framework)
    stale_after: timedelta = timedelta(days=35)
    is_read: bool = True


@dataclass(frozen=True, kw_only=True)
class FieldKpi:
    """A KPI whose readings are the history of a tracker's field: of one item, or of all that a matcher holds for.

    `combine`: sum or mean, of the values that several items carry.
    """

    kpi: str
    field: str
    item: str | None = None  # a key
    matchers: tuple[Matcher, ...] = ()
    combine: str = "sum"


@dataclass(frozen=True, kw_only=True, order=True)
class Reading:
    """What a KPI was on a day, and who says so.

    `origin`: file, field (of a tracker) or endpoint. `known_at` is when we learned it; None: it stands in a file, which
    is kept whole with its instant.
    """

    kpi: str
    day: date
    value: Decimal
    source: str  # provenance: as the file gives it, the field and its items, or the address that was asked
    origin: str = field(default="file", compare=False)
    known_at: datetime | None = field(default=None, compare=False)


@dataclass(frozen=True, kw_only=True)
class Silence:
    """The endpoint of a KPI gives no reading: since when, and why, in one line for whoever runs the server."""

    kpi: str
    since: datetime
    trouble: str


@dataclass(frozen=True, kw_only=True)
class Train:
    """An Agile Release Train: the first matcher that holds takes the item."""

    name: str
    matchers: tuple[Matcher, ...]


@dataclass(frozen=True, kw_only=True)
class ValueStream:
    """A value stream with its trains and its budget, in minor units, by the year's or increment's name.

    `matchers` take what belongs to the stream but to none of its trains.
    """

    id: str
    name: str
    owner: str | None = None
    trains: tuple[Train, ...] = ()
    matchers: tuple[Matcher, ...] = ()
    budget: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Decision:
    """A decision that waits or was taken. `decision` None: it waits.

    `approves` says whether it lets its item begin; None: the log does not say. `seen` is when we saw it taken, and
    `waited_until` the last instant at which we saw it wait.
    """

    id: str
    asked_on: date
    meeting: str
    question: str
    decision: str | None
    owner: str
    due: date | None
    item: str | None
    edition: str | None = None
    approves: bool | None = None
    seen: Seen | None = None
    waited_until: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class Seen:
    """When something that a file says was first seen there. All instants are aware and in UTC.

    `missing_at` is the last instant at which we know that the file did not say it; None: no older file is kept.
    """

    first_at: datetime
    missing_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class Objective:
    """A team's objective for an increment. Business values are None where nobody has said them yet.

    `planned_on` and `scored_on` are the days that the file gives for them; `planned` and `scored`, when we saw them.
    `dropped` says why it was given up on the way; None: it was not. `theme` is the id of the theme that it serves.
    """

    increment: str
    train: str
    team: str
    objective: str
    committed: bool
    planned_bv: Decimal | None
    actual_bv: Decimal | None
    planned_on: date | None = None
    scored_on: date | None = None
    planned: Seen | None = None
    scored: Seen | None = None
    dropped: str | None = None
    theme: str | None = None

    @property
    def place(self) -> tuple[str, str, str, str]:
        """What tells it from all others."""
        return self.increment, self.train, self.team, self.objective


@dataclass(frozen=True, kw_only=True)
class Engagement:
    """What was agreed about how business owners take part. `least_share` None: nothing is agreed, only told."""

    least_share: Decimal | None = None
    scored_within_days: int = 5  # working days
    active_within_days: int = 30
    decided_within_days: int = 14


@dataclass(frozen=True, kw_only=True)
class FlowTolerances:
    """From which shares (0 to 1) on the flow is told otherwise.

    More than `without_start` of what finished never seen to start: flow time is not representative; as much without a
    flow time: Little's law does not hold. A state with `constraint` of the time in progress may be the constraint; with
    `act` of it somebody should act.
    """

    without_start: Decimal = Decimal("0.15")
    constraint: Decimal = Decimal("0.4")
    act: Decimal = Decimal("0.6")


@dataclass(frozen=True, kw_only=True)
class PaceTolerances:
    """How many points an outcome may be behind its plan before its due date: so far on track, so far at risk."""

    on_track_points: Decimal = Decimal(5)
    at_risk_points: Decimal = Decimal(15)


@dataclass(frozen=True, kw_only=True)
class Guardrails:
    """What was agreed. Shares are 0 to 1; `service_days` are the days expected of an item, by level.

    `board_level` is that of the initiatives. Two of them that are at most `near_share` under the threshold, under one
    parent and `split_within_days` of each other, look like one that was split. `money_digits` are those of the minor
    unit of the portfolio's currency.
    Value whose epic is done is unmeasured `measured_within_days` after its first leading indicator was due.
    `wip` limits states of the portfolio kanban; `kanban` says which of them a status (lower-cased) belongs to. Where
    there is no kanban, a state is a status.
    """

    horizons: Mapping[str, Decimal] = field(default_factory=dict)
    capacity: Mapping[str, Decimal] = field(default_factory=dict)
    tolerance_points: Decimal = Decimal(5)
    approval_threshold: int | None = None  # minor units
    approval_size: Decimal | None = None  # job size
    approving_states: tuple[str, ...] = ()
    implementing_states: tuple[str, ...] = ()
    near_share: Decimal = Decimal("0.1")
    split_within_days: int = 30
    board_level: str = "epic"
    money_digits: int = 2
    engagement: Engagement = field(default_factory=Engagement)
    wip: Mapping[str, int] = field(default_factory=dict)
    service_days: Mapping[str, int] = field(default_factory=dict)
    flow: FlowTolerances = field(default_factory=FlowTolerances)
    pace: PaceTolerances = field(default_factory=PaceTolerances)
    measured_within_days: int = 30
    kanban: Mapping[str, str] = field(default_factory=dict)

    def minor(self, amount: Decimal | None) -> int | None:
        """What an item says that it costs, or is to cost, in minor units; None where it does not."""
        return None if amount is None else in_minor_units(amount, digits=self.money_digits)

    def limited(self, status: str) -> str | None:
        """The state with a limit that a status belongs to, as the settings spell it; None: no limit holds for it."""
        state = self.kanban.get(status.casefold(), "") if self.kanban else status
        return next((name for name in self.wip if name.casefold() == state.casefold()), None)


@dataclass(frozen=True, kw_only=True)
class Shift:
    """What if: a share (0 to 1) of what is finished for the theme that gives were finished for the one that takes."""

    gives: str
    takes: str
    share: Decimal


@dataclass(frozen=True, kw_only=True)
class ProcessChange:
    """A day from which on work goes another way, so that what was usual before is no measure any more."""

    on: date
    name: str


@dataclass(frozen=True, kw_only=True)
class Portfolio:
    """The whole of what the VMO has declared."""

    id: str
    name: str
    currency: str
    locales: tuple[str, ...]
    themes: tuple[Theme, ...] = ()
    value_streams: tuple[ValueStream, ...] = ()
    kpis: tuple[Kpi, ...] = ()
    guardrails: Guardrails = field(default_factory=Guardrails)
    funding: Funding = field(default_factory=Funding)
    year: Period | None = None
    scenarios: tuple[Shift, ...] = ()
    board: Board = field(default_factory=Board)
    forecasting: Forecasting = field(default_factory=Forecasting)
    process_changes: tuple[ProcessChange, ...] = ()

    def trains_of(self, scope: str) -> frozenset[str] | None:
        """The trains of a scope, such as `value_stream:claims`; None: all of them. A theme has none of its own."""
        kind, _, id = scope.partition(":")
        if kind == "portfolio":
            return None
        if kind == "train":
            return frozenset({id})
        streams = [one for one in self.value_streams if kind == "value_stream" and one.id == id]
        return frozenset(train.name for stream in streams for train in stream.trains)
