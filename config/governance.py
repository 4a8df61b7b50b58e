"""Governance as people write it: rules that items must keep, and exceptions with an end."""

from __future__ import annotations

from typing import Annotated

from pydantic import model_validator

from config.portfolio import Block, Match
from config.values import Day, Name, Number, OneOrMore, Text, YesNo

Texts = Annotated[tuple[Text, ...], OneOrMore()]


class ExceptionBlock(Block):
    """An item that a rule need not hold for, up to a day."""

    item: Text
    """The item's key."""
    until: Day
    """The last day on which the exception counts."""
    owner: Text
    """Who answers for it."""
    reason: Text
    """Why, in words."""


class GovernanceRule(Block):
    """A rule that items must keep: requires, approved, segregated or ceiling says what they must show."""

    name: Text
    """The rule in words."""
    level: Name = "epic"
    """The level whose items it is about."""
    when: Match | None = None
    """For which items; all of the level where nothing is said."""
    threshold: Number | None = None
    """Only for items whose cost estimate is at least this, in the portfolio's currency."""
    requires: Texts = ()
    """Fields that must be filled: owner, due_on, cost_estimate, job_size ... or a field of the tracker by its name."""
    before: Text | None = None
    """The portfolio state that must not be entered without; nothing said: it must be there now."""
    approved: YesNo = False
    """Must an approving status have been entered, or a decision about the item have been taken? Needs `before`."""
    approving_states: Texts = ()
    """Tracker statuses that mean: approved; those of guardrails.approval where nothing is said."""
    segregated: YesNo = False
    """Must somebody else have decided than the item's own owner?"""
    ceiling: Number | None = None
    """The highest cost estimate, in the portfolio's currency."""
    owner: Text | None = None
    """Who answers for the rule."""
    exceptions: tuple[ExceptionBlock, ...] = ()
    """Items that it need not hold for, each with its end, its owner and its reason."""

    @model_validator(mode="after")
    def _asks_for_something(self) -> GovernanceRule:
        if not (self.requires or self.approved or self.segregated or self.ceiling is not None):
            raise ValueError("it asks for nothing; say at least one of requires, approved, segregated, ceiling")
        if self.approved and self.before is None:
            raise ValueError("`approved` needs `before`: the portfolio state that must not be entered without")
        return self


class GovernanceBlock(Block):
    """What items must show."""

    rules: tuple[GovernanceRule, ...] = ()
    """The rules."""
