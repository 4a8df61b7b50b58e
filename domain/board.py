"""The portfolio kanban as it was agreed: its states, what an epic needs to leave each, what waiting costs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from types import MappingProxyType

WORDS, FIELD, VALUE = "words", "field", "value"
# What we can look at by name. An MVP that is described nobody can check by what a tracker shows: that is told as such.
CHECKS = (
    "owner", "theme", "due", "estimate", "hypothesis", "indicator", "business_case", "wsjf", "parts",
    "decision", "approved", "go", "mvp", "verdict",
)  # fmt: skip
UNSEEN = frozenset({WORDS, "mvp"})


@dataclass(frozen=True, kw_only=True)
class Policy:
    """One thing that must be there before an epic leaves a state.

    `check` is one of CHECKS, `field` or `value` (then `of` names it), or `words`. `says`: as people wrote it; "": the
    check's own words.
    """

    check: str
    of: str = ""
    says: str = ""

    @property
    def can_be_checked(self) -> bool:
        return self.check not in UNSEEN


@dataclass(frozen=True, kw_only=True)
class Delay:
    """What an epic's being late costs, in minor units: each week, or `at_once` when a fixed date is missed.

    `profile`: linear, peak_unaffected or fixed_date. `needed` None: its due date. `weeks`: how long its work takes.
    """

    item: str
    profile: str = "linear"
    per_week: int | None = None
    at_once: int | None = None
    needed: date | None = None
    weeks: int | None = None


# What SAFe asks of an epic before it moves on, by the names that it gives the states.
DEFAULT_POLICIES: Mapping[str, tuple[Policy, ...]] = MappingProxyType(
    {
        state: tuple(Policy(check=check) for check in checks)
        for state, checks in {
            "reviewing": ("hypothesis", "estimate"),
            "analysing": ("business_case", "wsjf", "mvp"),
            "ready": ("go",),
            "implementing": ("owner", "estimate", "indicator"),
            "done": ("verdict",),
        }.items()
    }
)
STUCK_AFTER_DAYS = 28


@dataclass(frozen=True, kw_only=True)
class Board:
    """The portfolio kanban: its states in order, and which statuses (lower-cased) make them. No states: none is set up.

    `commits` is the state with which work begins: before it an epic may be given up without loss. `approving` are the
    statuses that mean: approved. `is_agreed`: the policies are the portfolio's own.
    `mvp` is the state in which an epic proves itself before it goes on; None: there is none.
    `rank`: fields that hold the order; the tracker's own rank where none is named. Nothing must have left a state for
    `stuck_after` days until we call an epic stuck in it.
    """

    level: str = "epic"
    states: tuple[str, ...] = ()
    by_status: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    commits: str | None = None
    mvp: str | None = None
    approving: tuple[str, ...] = ()
    policies: Mapping[str, tuple[Policy, ...]] = field(default_factory=lambda: MappingProxyType({}))
    is_agreed: bool = False
    rank: tuple[str, ...] = ()
    stuck_after: int = STUCK_AFTER_DAYS
    delays: tuple[Delay, ...] = ()
    minor_units: int = 100  # of the portfolio's currency: what one of it is in amounts

    def of(self, status: str) -> str | None:
        """The portfolio state of a tracker's status; None: nobody mapped it."""
        return self.by_status.get(status.casefold())

    @property
    def early(self) -> tuple[str, ...]:
        """The states before work begins; without such a state, all but the last."""
        return self.states[: self.states.index(self.commits)] if self.commits else self.states[:-1]
