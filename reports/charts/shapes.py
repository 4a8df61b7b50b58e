"""What can be drawn, as plain data. Sections choose one of these; `drawing` knows how it looks."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Mark(StrEnum):
    """The marks a key explains."""

    ACTUAL = "ac"
    PREVIOUS = "py"
    PLAN = "pl"
    TICK = "tick"
    LIMIT = "limit"
    OVER = "over"
    BETTER = "better"
    BAND = "band"
    DOT = "dot"
    LINE = "line"
    PLAN_LINE = "linepl"
    TARGET = "target"
    HATCH = "hatch"
    FAN = "fan"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sparkline:
    """A trend the size of a word. None is a gap; `band` is the usual range."""

    values: tuple[float | None, ...]
    band: tuple[float, float] | None = None
    target: float | None = None
    tone: str = "flat"  # good or bad colours the last point: a real change only


@dataclass(frozen=True, slots=True, kw_only=True)
class Bullet:
    """Share of the way from baseline to target, and where the plan says we should be; both 0 to 1."""

    actual: float
    expected: float | None
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Tokens:
    """So many of so many, one ring each: filled when it holds."""

    filled: int
    total: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AgeDot:
    """An open item; `over` its line, and `named` where it is one of those that are to be told by key."""

    age_days: int
    key: str
    over: bool
    named: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class AgeLine:
    """A percentile of finished items, said in words on the line."""

    age_days: int
    words: str
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Ageing:
    """Each open item in its state, against what finished ones took.

    `bands` are of the states: the ages that half and 85 % of finished items had when they left it; None: not known.
    """

    states: tuple[tuple[str, tuple[AgeDot, ...]], ...]
    bands: tuple[tuple[int, int] | None, ...] = ()
    lines: tuple[AgeLine, ...]
    axis: str
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """One period of a series; `value` None is a gap, `signal` names the side a real change is on."""

    name: str
    value: float | None
    tick: str = ""  # written under the axis where not empty
    signal: str | None = None  # good or bad
    written: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Process:
    """A rhythm over time with its usual range: straight segments, or columns for counts."""

    points: tuple[Point, ...]
    mean: float | None
    band: tuple[float, float] | None
    axis: str
    label: str
    columns: bool = False
    mean_words: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class OutcomePoint:
    offset: float  # 0 to 1 along the time axis
    value: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """Readings of a key result over time against its straight plan and its target."""

    readings: tuple[OutcomePoint, ...]
    plan: tuple[OutcomePoint, ...]
    target: float
    ticks: tuple[tuple[float, str], ...]
    axis: str
    label: str
    last_words: str
    target_words: str
    plan_word: str
    marks: tuple[tuple[float, str], ...] = ()  # values on the y axis and how they are written
    fan: tuple[float, float] | None = None  # where on the time axis half and 85 % of all trials are at the target
    events: tuple[tuple[float, str], ...] = ()  # what was finished when, by its key


@dataclass(frozen=True, slots=True, kw_only=True)
class ShareBar:
    """One of several shares; `pale` where it is time that went by with nothing done."""

    name: str
    value: float  # 0 to 1
    intended: float | None
    words: str
    detail: str = ""
    out: bool = False
    pale: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Shares:
    """Bars on one scale of 0 to 100 %, with a tick where intended."""

    bars: tuple[ShareBar, ...]
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RangeMark:
    """A share and the range that was agreed for it, all 0 to 1; `actual` None: not known."""

    name: str
    low: float
    high: float
    actual: float | None
    words: str
    detail: str
    out: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranges:
    """Shares on their agreed ranges, on one scale from 0."""

    marks: tuple[RangeMark, ...]
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitRow:
    name: str
    count: int
    limit: int | None
    words: str
    oldest: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Units:
    """One square per item, a row per state, a tick at its limit."""

    rows: tuple[UnitRow, ...]
    oldest_head: str
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StripDot:
    value: float
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Strip:
    """Too few to summarise: every item, labelled."""

    dots: tuple[StripDot, ...]
    axis: str
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Cumulative:
    """Lines that rise from one evening to the next: what began, what of it was worked on, what is done, what left.

    What lies between the first and the third is in progress. `behind_begun` and `behind_done` hang from their lines:
    what they count that is no longer so.
    """

    begun: tuple[int, ...]
    worked: tuple[int, ...]
    done: tuple[int, ...]
    left: tuple[int, ...]
    behind_begun: tuple[int, ...]
    behind_done: tuple[int, ...]
    ticks: tuple[str, ...]
    words: tuple[str, str, str]  # of begun, done and left, where their lines end
    axis: str
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ComingsRow:
    name: str
    weeks: tuple[tuple[int, int], ...]  # entered, left
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Comings:
    """What entered and what left each state, two bars a week."""

    rows: tuple[ComingsRow, ...]
    ticks: tuple[str, ...]
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MoneyColumn:
    """One month: planned, spent, foretold for the rest of it. None: not known. `words` are said above it."""

    tick: str
    plan: float | None
    actual: float | None
    ahead: float | None
    words: str
    difference: float | None
    difference_words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """Spending month by month: the plan as an outline, what was spent before it; how far it is off, above."""

    columns: tuple[MoneyColumn, ...]
    above: str  # what the upper tier shows
    below: str
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Diverging:
    """A difference on the scale of its column; `reach` is the largest of them. More spent than planned is bad."""

    value: float
    reach: float


@dataclass(frozen=True, slots=True, kw_only=True)
class MoneyBar:
    """What was spent of one thing and where it will end, beside its plan; `reach` is the largest of its column.

    None: not known, and not drawn.
    """

    plan: float | None
    actual: float | None
    forecast: float | None
    reach: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """When something is likely done, on the days of its column: each is a share of the way, 0 to 1.

    `first` is the day of 50 %, `last` that of 85 %, None where that is not foreseen; `due` None: no date is agreed.
    """

    first: float
    last: float | None
    due: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A step of a waterfall: by how much it moves the total, or, with `is_total`, where it stands.

    `is_neutral`: neither good nor bad, as what is not due yet.
    """

    name: str
    value: float
    words: str
    is_total: bool = False
    is_neutral: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Waterfall:
    """What moved one total to another, a row a step. A step up is bad, as of spending, unless `more_is_good`."""

    steps: tuple[Step, ...]
    label: str
    more_is_good: bool = False


Chart = (
    Sparkline
    | Bullet
    | Tokens
    | Diverging
    | MoneyBar
    | Interval
    | Ageing
    | Process
    | Outcome
    | Shares
    | Ranges
    | Units
    | Strip
    | Cumulative
    | Comings
    | Columns
    | Waterfall
)
