"""The strategy as people write it: themes, value streams, KPIs, guardrails, the portfolio kanban."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from config.values import (
    Currency,
    Day,
    Duration,
    Holiday,
    Locale,
    Name,
    Number,
    OneOrMore,
    OrText,
    Points,
    Share,
    Text,
    Whole,
    Zone,
    percent,
    so_many_points,
)
from config.values import said as found
from domain.strategy import FlowTolerances, PaceTolerances

Horizon = Literal["H0", "H1", "H2", "H3"]
ValueName = Literal[
    "business_value", "time_criticality", "risk_reduction", "job_size", "cost_estimate", "story_points",
    "delay_per_week", "mvp_cost", "mvp_spend",
]  # fmt: skip
Check = Literal[
    "owner", "theme", "due", "estimate", "hypothesis", "indicator", "business_case", "wsjf", "parts", "decision",
    "approved", "go", "mvp", "verdict",
]  # fmt: skip


class Block(BaseModel):
    """A block of settings: nothing in it is guessed, and nothing unknown is passed over."""

    model_config = ConfigDict(
        strict=True, extra="forbid", frozen=True, use_attribute_docstrings=True, arbitrary_types_allowed=True
    )


class Match(Block):
    """What an item must show to match. Every part that is given must hold; capitals do not matter."""

    source: Text | None = None
    """The name of a source."""
    label: Text | None = None
    """A label (Jira) or tag (Azure DevOps)."""
    component: Text | None = None
    """A component (Jira)."""
    field: Text | None = None
    """The name of a field, together with `is`."""
    is_: Text | None = Field(default=None, alias="is")
    """What the field must say, together with `field`."""
    under: Text | None = None
    """The key of an item: it, and everything below it."""
    area: Text | None = None
    """An area path (Azure DevOps), and everything below it."""
    project: Text | None = None
    """A project's key (Jira) or name (Azure DevOps)."""
    type: Text | None = None
    """A type of item, such as Bug."""
    team: Text | None = None
    """A team."""

    @model_validator(mode="after")
    def _says_something(self) -> Match:
        if not self.model_fields_set - {"share"}:
            raise ValueError("expected something to match, such as label: theme-settle")
        if (self.field is None) != (self.is_ is None):
            raise ValueError("`field` and `is` go together: {field: Strategic theme, is: Settle fast}")
        return self


class ThemeMatch(Match):
    """What an item must show to serve a theme, and how much of its work does."""

    share: Share | None = None
    """How much of the item's work goes to the theme; all of it where nothing is said."""

    @field_validator("share")
    @classmethod
    def _more_than_nothing(cls, share: object) -> object:
        if share == 0:
            raise ValueError("a share of 0% gives nothing; remove the rule")
        return share


class Span(Block):
    """Days from the first to the last, both included."""

    starts: Day
    """The first day."""
    ends: Day
    """The last day."""

    @model_validator(mode="after")
    def _in_order(self) -> Span:
        if self.ends < self.starts:
            raise ValueError(f"it ends ({self.ends}) before it starts ({self.starts})")
        return self


class IncrementBlock(Span):
    """A planning interval."""

    name: Text
    """What people call it, such as PI 26.4."""


class ProcessChangeBlock(Block):
    """A change of how work is done, from which on another range is usual."""

    on: Day
    """From which day on."""
    name: Text
    """What it was, as pages say it: One board for all trains."""


class PortfolioBlock(Block):
    """What holds for the whole portfolio."""

    name: Text
    """The portfolio's name, as headings say it."""
    timezone: Zone
    """Where a day begins and ends, such as Europe/Paris."""
    currency: Currency
    """The currency of every amount, such as EUR."""
    locales: Annotated[tuple[Locale, ...], OneOrMore()] = ("en",)
    """The languages of reports; the first is the one to fall back to."""
    holidays: Annotated[tuple[Holiday, ...], OneOrMore()] = ()
    """Days that are not worked: a country (FR), a part of one (FR-57), days, or a list of these."""
    start: Literal["first", "last"] = "first"
    """Which start of an item counts that was put back: the first, as the customer sees it, or the last."""
    days: Literal["calendar_inclusive", "working_days"] = "calendar_inclusive"
    """How days of flow time, lead time and age are counted, first and last included: all of them, or those worked."""
    increments: tuple[IncrementBlock, ...] = ()
    """Planning intervals; quarters where none are given."""
    process_changes: tuple[ProcessChangeBlock, ...] = ()
    """Since the newest of them usual ranges are those of its first 12 weeks or months, and stay so; where none \
is named, they are those of the first 12 that a chart shows."""
    year: Span | None = None
    """The budget year, where it is not the calendar's."""


class KeyResultBlock(Block):
    """A measure with where it began, where it should end, and by when."""

    name: Text
    """What is measured, in words."""
    unit: Text = ""
    """The unit, such as days or %."""
    kind: Literal["committed", "aspirational", "direction_only"] = "aspirational"
    """committed must be met whole; aspirational is good from 70% on; direction_only is shown, not graded."""
    baseline: Number | None = None
    """Where it began. Nothing said: not known."""
    target: Number | None = None
    """Where it should end; none for direction_only."""
    starts: Day | None = None
    """When the baseline was measured. Nothing said: the theme's `from`, or else one year before `due`."""
    due: Day
    """By when."""
    kpi: Name | None = None
    """The KPI that measures it."""
    weight: Number | None = None
    """How much it counts in its objective; 1 where nothing is said."""
    milestones: Whole | None = None
    """In place of baseline and target: how many steps it has, 1 for what is reached or not; its KPI counts them."""

    @model_validator(mode="after")
    def _can_be_scored(self) -> KeyResultBlock:
        if self.milestones is not None:
            if self.milestones < 1:
                raise ValueError("milestones must be 1 or more")
            if self.baseline is not None or self.target is not None or self.kind == "direction_only":
                raise ValueError("milestones stand in place of baseline and target; say either the one or the other")
        elif self.kind != "direction_only" and self.target is None:
            raise ValueError("a target is missing; without one, say kind: direction_only")
        if self.target is not None and self.target == self.baseline:
            raise ValueError("target and baseline are the same, so there is nothing to reach")
        if self.starts is not None and self.due <= self.starts:
            raise ValueError(f"it is due ({self.due}) before it starts ({self.starts})")
        if self.weight is not None and self.weight <= 0:
            raise ValueError("a weight must be more than 0")
        return self


class ObjectiveBlock(Block):
    """What a theme wants to reach, and how one would know."""

    name: Text | None = None
    """The objective in words; the theme's name where nothing is said."""
    key_results: tuple[KeyResultBlock, ...] = ()
    """How one would know."""


class IndicatorBlock(Block):
    """A leading indicator: what a KPI must have reached by a day for the hypothesis to be confirmed."""

    kpi: Name
    """The KPI that measures it."""
    baseline: Number
    """The KPI before the work."""
    target: Number
    """What confirms the hypothesis."""
    starts: Day | None = None
    """The day of the baseline; that of the benefit where nothing is said."""
    by: Day
    """By when."""
    refuted_below: Share | None = None
    """Less of the way than this by that day refutes it; 50% where nothing is said."""

    @model_validator(mode="after")
    def _can_be_judged(self) -> IndicatorBlock:
        if self.target == self.baseline:
            raise ValueError("target and baseline are the same, so there is nothing to reach")
        if self.starts is not None and self.by <= self.starts:
            raise ValueError(f"it is to be reached ({self.by}) before it starts ({self.starts})")
        return self


class BenefitBlock(Block):
    """A benefit that was promised, and the KPI that will show it: with an epic, a benefit hypothesis."""

    name: Text
    """The benefit in words."""
    kpi: Name
    """The KPI that measures it."""
    baseline: Number
    """The KPI before the work."""
    target: Number
    """The KPI once the benefit is whole."""
    starts: Day
    """The day of the baseline."""
    due: Day
    """When it should be whole."""
    item: Text | None = None
    """The key of the epic that claims it."""
    planned_amount: Number | None = None
    """What it is worth when whole, in the portfolio's currency."""
    indicators: tuple[IndicatorBlock, ...] = ()
    """Leading indicators: what tells early whether it will come."""
    profile: Literal["linear", "ramp", "step"] = "linear"
    """How it is expected to come: evenly; slowly at first (the square of the time gone); or all on its due date."""
    share: Share | None = None
    """The epic's part of a benefit that several epics claim by one KPI; their shares add up to 100%."""
    approved: Day | None = None
    """When it was approved; its forecast is compared with what came 6, 12 and 24 months later."""
    forecast: dict[Literal["6", "12", "24"], Number] = Field(default_factory=dict)
    """What was foretold at its approval, by months after it; by its profile where nothing is said."""
    retired: Day | None = None
    """From when on it is written off, or has ended, and counts no longer."""

    @model_validator(mode="after")
    def _can_be_measured(self) -> BenefitBlock:
        if self.target == self.baseline:
            raise ValueError("target and baseline are the same, so there is nothing to reach")
        if self.due <= self.starts:
            raise ValueError(f"it is due ({self.due}) before it starts ({self.starts})")
        for indicator in self.indicators:
            if indicator.starts is None and indicator.by <= self.starts:
                raise ValueError(f"an indicator is to be reached ({indicator.by}) before it starts ({self.starts})")
        if self.share is not None and self.item is None:
            raise ValueError("a `share` is an epic's part of a benefit; name the epic with `item`")
        if self.forecast and self.approved is None:
            raise ValueError("a `forecast` counts from the day of approval; add `approved`")
        if self.forecast and self.planned_amount is None:
            raise ValueError("a `forecast` is compared with amounts; add `planned_amount`")
        return self


class ThemeBlock(Block):
    """A strategic theme."""

    name: Text
    """The theme as people say it."""
    horizon: Horizon | None = None
    """The investment horizon."""
    sponsor: Text | None = None
    """Who answers for it."""
    target_share: Share | None = None
    """How much of the flow it should get. The shares of themes in effect on the same day add up to 100 % at most."""
    objective: Annotated[ObjectiveBlock, OrText("name")] | None = None
    """What it wants to reach: a sentence, or a name with key results."""
    match: Annotated[tuple[ThemeMatch, ...], OneOrMore()] = ()
    """Which items serve it. Themes are tried in the order of the file; an item's own match beats an inherited one."""
    from_: Day | None = Field(default=None, alias="from")
    """The first day on which it is in effect. Work of earlier days keeps the themes of those days."""
    until: Day | None = None
    """The last day on which it is in effect. What served it until then stays its own."""
    benefits: tuple[BenefitBlock, ...] = ()
    """What it promises to bring."""

    @model_validator(mode="after")
    def _in_order(self) -> ThemeBlock:
        if self.from_ is not None and self.until is not None and self.until < self.from_:
            raise ValueError(f"it ends ({self.until}) before it begins ({self.from_})")
        return self


class TrainBlock(Block):
    """An Agile Release Train: the teams that deliver together."""

    match: Annotated[tuple[Match, ...], OneOrMore()] = ()
    """Which items are its work; one match, or a list of which one must hold."""


class ValueStreamBlock(Block):
    """A value stream, with its trains, budget and owner."""

    name: Text
    """The value stream as people say it."""
    trains: dict[Text, TrainBlock] = Field(default_factory=dict)
    """Its trains by name; the first whose match holds takes the item."""
    match: Annotated[tuple[Match, ...], OneOrMore()] = ()
    """Items that belong to it but to none of its trains."""
    budget: dict[Text, Number] = Field(default_factory=dict)
    """The budget by year (2026), quarter (2026-Q1), month (2026-03) or planning interval."""
    owner: Text | None = None
    """Who answers for it."""
    timezone: Zone | None = None
    """Where the days of its items begin and end; the portfolio's where nothing is said."""
    holidays: Annotated[tuple[Holiday, ...], OneOrMore()] | None = None
    """Days that its people do not work, in place of the portfolio's; [] for none."""


class HorizonShares(Block):
    """Shares by investment horizon, and how far off is still fine."""

    H0: Share | None = None
    """Retiring."""
    H1: Share | None = None
    """Investing in and extracting from what is there."""
    H2: Share | None = None
    """Emerging."""
    H3: Share | None = None
    """Evaluating."""
    tolerance: Points | None = None
    """How far a share may be off; 5 points where nothing is said."""


class ApprovalBlock(Block):
    """When an initiative needs a decision before work begins."""

    threshold: Number
    """From which cost estimate on, in the portfolio's currency."""
    job_size: Number | None = None
    """From which job size on, whatever the cost estimate; none where nothing is said."""
    approving_states: Annotated[tuple[Text, ...], OneOrMore()] = ()
    """Tracker statuses that mean: approved."""
    before: Text = "implementing"
    """The portfolio state that must not be entered without."""
    near: Share | None = None
    """How far under the threshold an estimate is near it; 10% where nothing is said."""
    split_within: Duration | None = None
    """How close in time two near it under one parent look like one that was split; 30 days where nothing is said."""

    @model_validator(mode="after")
    def _can_be_passed(self) -> ApprovalBlock:
        for name, least in (("threshold", self.threshold), ("job_size", self.job_size)):
            if least is not None and least <= 0:
                raise ValueError(f"a {name} must be more than 0")
        _whole_days(self.split_within)
        return self


class EngagementBlock(Block):
    """How business owners are expected to take part."""

    least: Share
    """The least share of objectives planned and scored in time, and of epics in work with an active owner."""
    scored_within: Duration | None = None
    """How many working days after an increment its objectives are scored; 5 days where nothing is said."""
    active_within: Duration | None = None
    """How lately something must have happened to an epic in work; 30 days where nothing is said."""
    decided_within: Duration | None = None
    """How long a decision may wait; 14 days where nothing is said."""

    @model_validator(mode="after")
    def _counts_days(self) -> EngagementBlock:
        _whole_days(self.scored_within, self.active_within, self.decided_within)
        return self


def _whole_days(*lengths: timedelta | None) -> None:
    """Raises ValueError for a length of time that is not one of whole days."""
    for length in lengths:
        if length is not None and (length < timedelta(days=1) or length % timedelta(days=1)):
            raise ValueError("expected whole days, at least 1 day")


class FlowBlock(Block):
    """From which shares on the flow is told otherwise."""

    without_start: Share | None = None
    """Of what finished: if more was never seen to start, flow time is told as not representative, and if more has no \
flow time, the flow as not stable; 15% where nothing is said."""
    constraint: Share | None = None
    """Of the time in progress: from where on a state is the constraint, if work piles up in it; 40% where nothing is \
said."""
    act: Share | None = None
    """Of the time in progress: from where on pages ask to act on the constraint; 60% where nothing is said."""

    @model_validator(mode="after")
    def _observed_before_it_is_acted_on(self) -> FlowBlock:
        if self.constraint == 0:
            raise ValueError("from 0% on every state is the constraint; expected more than 0%")
        usual = FlowTolerances()
        constraint = usual.constraint if self.constraint is None else self.constraint
        act = usual.act if self.act is None else self.act
        if act < constraint:
            said, mend = ("", "raise") if self.act is not None else (" where nothing is said", "name")
            raise ValueError(
                f"act ({percent(act)}{said}) is less than constraint ({percent(constraint)}): a state is observed "
                f"before it is acted on; {mend} act"
            )
        return self


class PaceBlock(Block):
    """How far behind its plan an outcome may be before its due date: key results, objectives and benefits."""

    on_track: Points | None = None
    """Up to so many points behind it is on track; 5 points where nothing is said."""
    at_risk: Points | None = None
    """Up to so many points behind it is at risk, and beyond off track; 15 points where nothing is said."""

    @model_validator(mode="after")
    def _at_risk_before_it_is_off_track(self) -> PaceBlock:
        usual = PaceTolerances()
        on_track = usual.on_track_points if self.on_track is None else self.on_track
        at_risk = usual.at_risk_points if self.at_risk is None else self.at_risk
        if at_risk < on_track:
            said, mend = ("", "raise") if self.at_risk is not None else (" where nothing is said", "name")
            raise ValueError(
                f"at_risk ({so_many_points(at_risk)}{said}) is less than on_track ({so_many_points(on_track)}): "
                f"an outcome is at risk before it is off track; {mend} at_risk"
            )
        return self


class GuardrailsBlock(Block):
    """What was agreed about where the money goes and who decides."""

    horizons: HorizonShares | None = None
    """The agreed share of each horizon."""
    capacity: dict[Name, Share] = Field(default_factory=dict)
    """The agreed share of each kind of work: feature, enabler, debt ..."""
    approval: ApprovalBlock | None = None
    """Significant initiatives."""
    engagement: EngagementBlock | None = None
    """Business owners."""
    wip: dict[Text, Whole] = Field(default_factory=dict)
    """The most epics that a portfolio state may hold."""
    service_levels: dict[Name, Duration] = Field(default_factory=dict)
    """Days within which an item of a level is expected to finish once begun: {story: 10 days, feature: 8 weeks}."""
    flow: FlowBlock | None = None
    """From which shares on the flow is told otherwise."""
    pace: PaceBlock | None = None
    """How far behind its plan an outcome may be."""
    measured_within: Duration | None = None
    """How long after its first leading indicator was due a hypothesis whose epic is done may lack a measurement; 30 \
days where nothing is said."""

    @field_validator("measured_within")
    @classmethod
    def _in_whole_days(cls, length: timedelta | None) -> timedelta | None:
        _whole_days(length)
        return length


class PolicyBlock(Block):
    """One thing that must be there before an epic leaves a portfolio state: words alone, or what we can look at.

    What `check` takes: owner, theme, due (a date), estimate (cost or size), hypothesis (a benefit that names the epic),
    indicator (the benefit's KPI is measured, or its day lies ahead), business_case (a benefit with an amount, and a
    cost), wsjf (all four scores), parts (something below it), decision (taken, in the decision log), approved (an
    approving status was visited), go (approved or decided), verdict (of one that is done: the readings have judged its
    hypothesis, or a decision was taken since). mvp is told as what nobody can check here.
    """

    says: Text | None = None
    """The policy in words. Words alone are told, and called what they are: nothing that we can check."""
    check: Check | None = None
    """What must be there; see above."""
    field: Text | None = None
    """A field of the tracker that must be filled."""
    value: ValueName | None = None
    """A number of the epic that must be there, by our name for it."""

    @model_validator(mode="after")
    def _one_way(self) -> PolicyBlock:
        ways = [name for name in ("check", "field", "value") if getattr(self, name) is not None]
        if len(ways) > 1:
            raise ValueError(f"{' and '.join(ways)} in one policy; write one for each")
        if not ways and self.says is None:
            raise ValueError("expected words, or one of check, field and value")
        return self


class DelayBlock(Block):
    """What an epic's being late costs, in the portfolio's currency."""

    item: Text
    """The key of the epic."""
    profile: Literal["linear", "peak_unaffected", "fixed_date"] = "linear"
    """How the cost runs: every week the same, a peak that comes later, or all of it when the date is missed."""
    per_week: Number | None = None
    """What a week costs."""
    at_once: Number | None = None
    """With fixed_date: what missing the date costs."""
    needed: Day | None = None
    """By when it is needed; its due date in the tracker where nothing is said."""
    weeks: Whole | None = None
    """How many weeks its work takes, so that cost of delay can be held against duration (CD3)."""

    @model_validator(mode="after")
    def _priced(self) -> DelayBlock:
        wanted, other = ("at_once", "per_week") if self.profile == "fixed_date" else ("per_week", "at_once")
        if getattr(self, wanted) is None or getattr(self, other) is not None:
            raise ValueError(f"{self.profile} takes {wanted}, and not {other}")
        if (getattr(self, wanted) or 0) <= 0:
            raise ValueError(f"{wanted} must be more than 0")
        return self


class KanbanBlock(Block):
    """The portfolio kanban: which tracker statuses make a portfolio state, and what was agreed about them.

    The most epics that a state may hold stand in `guardrails: wip`.
    """

    level: Name = "epic"
    """The level whose items are on the board."""
    states: dict[Name, Annotated[tuple[Text, ...], OneOrMore()]] = Field(default_factory=dict)
    """Portfolio state (funnel, reviewing, analysing, ready, implementing, done ...) to tracker statuses, in order. \
Lead time begins with the first entry into the first of them."""
    exit_policies: dict[Name, Annotated[tuple[Annotated[PolicyBlock, OrText("says")], ...], OneOrMore()]] = Field(
        default_factory=dict
    )
    """What must be there before an epic leaves a portfolio state. Nothing said: what SAFe asks, as a proposal."""
    begins: Name | None = None
    """The state with which work begins; `guardrails: approval: before`, or implementing, where nothing is said."""
    mvp: Name | None = None
    """The state in which an epic proves itself before it goes on; that of the name mvp where nothing is said."""
    rank: Annotated[tuple[Text, ...], OneOrMore()] = ()
    """Fields that hold the order of epics; the tracker's own rank where nothing is said, as it was when the item was \
read; `vmo sync --full` reads all."""
    stuck_after: Duration | None = None
    """An epic older in its state than 85% of those that left it is stuck when nothing has left for so long; 28 days."""
    delays: tuple[DelayBlock, ...] = ()
    """What being late costs, epic by epic; `fields: delay_per_week` of a source gives it for all."""

    @model_validator(mode="after")
    def _one_place_each(self) -> KanbanBlock:
        seen: dict[str, str] = {}
        for state, statuses in self.states.items():
            for status in statuses:
                if seen.setdefault(status.casefold(), state) != state:
                    raise ValueError(f"status {found(status)} is in {seen[status.casefold()]} and in {state}; keep one")
        items = [one.item.casefold() for one in self.delays]
        for one in self.delays:
            if items.count(one.item.casefold()) > 1:
                raise ValueError(f"two delays of {found(one.item)}; keep one")
        return self

    @field_validator("stuck_after")
    @classmethod
    def _whole_days(cls, length: timedelta | None) -> timedelta | None:
        if length is not None and (length < timedelta(days=1) or length % timedelta(days=1)):
            raise ValueError("expected whole days, such as 28 days")
        return length


class CapitalisationBlock(Block):
    """Which work is a candidate for capitalisation: evidence for whoever decides it, and no accounting."""

    kinds: Annotated[tuple[Name, ...], OneOrMore()] = ("feature", "enabler")
    """Which kinds of work are."""
    after: Name = "implementing"
    """From which portfolio state of its epic on."""
    method: Literal["item_days", "count", "size"] = "item_days"
    """What shares are measured by: days in progress, the number of items, or their size."""


class FundingBlock(Block):
    """How money is attributed, when its periods close, and what is a candidate for capitalisation."""

    level: Name | None = None
    """Whose item-days divide the money; feature where there are any, then story, then epic, where nothing is said."""
    closes_after: Duration | None = None
    """How long after its end a month closes where actuals.csv does not say when; never where nothing is said."""
    readings_apart: Points | None = None
    """By how much the share of a theme may differ between item-days, count and size before all three are told; 10 \
points where nothing is said."""
    capitalisation: CapitalisationBlock | None = None
    """Which work is a candidate; no candidates are told where nothing is said."""


class ScenarioBlock(Block):
    """A shift of capacity from one theme to another, which the review pack plays through."""

    from_: Text = Field(alias="from")
    """The theme that gives."""
    to: Text
    """The theme that takes."""
    share: Share
    """How much of what is finished for the theme that gives moves, such as 10%."""

    @model_validator(mode="after")
    def _moves_something(self) -> ScenarioBlock:
        if self.from_ == self.to:
            raise ValueError(f"it moves {found(self.to)} to itself; name two themes")
        if not 0 < self.share < 1:
            raise ValueError("a shift is more than 0% and less than 100%, such as 10%")
        return self
