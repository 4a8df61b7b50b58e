"""Audiences as people write them: what only some may see, who sees what, and who belongs to whom."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, model_validator

from config.portfolio import Block, Match
from config.values import Name, OneOrMore, Recipient, Text

Names = Annotated[tuple[Name, ...], OneOrMore()]


class RestrictedBlock(Block):
    """What only audiences that name it may see. Once there is one, whoever is not named sees only the rest."""

    match: Annotated[tuple[Match, ...], OneOrMore()] = ()
    """Items, and everything below them."""
    themes: Names = ()
    """Themes by name, and every item that serves one of them, on whichever day."""
    value_streams: Names = ()
    """Value streams by name, with their money, and every item in them."""
    kpis: Names = ()
    """KPIs by name, with their readings and every benefit and key result that they measure."""
    decisions: Annotated[tuple[Text, ...], OneOrMore()] = ()
    """Decisions by id; those about a restricted item need not be named."""

    @model_validator(mode="after")
    def _restricts_something(self) -> RestrictedBlock:
        if not self.model_fields_set:
            raise ValueError("it restricts nothing; say match, themes, value_streams, kpis or decisions")
        return self


class AudienceBlock(Block):
    """Who may see which part of the portfolio."""

    scopes: Annotated[tuple[Match, ...], OneOrMore()] = Field(default=(), min_length=1)
    """What it may see; everything else stays out of its editions. Nothing said: all that is not restricted."""
    sees: Names = ()
    """What it may see of what is restricted, by name; nothing of it where nothing is said."""
    recipients: Annotated[tuple[Recipient, ...], OneOrMore()] = ()
    """Who belongs to it. Its reports are mailed to nobody else; needed for mails to an audience with `sees`."""

    @model_validator(mode="after")
    def _sees_something(self) -> AudienceBlock:
        if not (self.scopes or self.sees):
            raise ValueError(
                "an audience needs `scopes` (what it may see) or `sees` (what is restricted and open to it); "
                "a report without an audience has all that is not restricted"
            )
        return self
