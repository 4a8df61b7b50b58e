"""KPIs as people write them, and where their readings come from: a file, a tracker's field, an endpoint."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import model_validator

from config.portfolio import Block, Match
from config.values import (
    Duration,
    EndpointUrl,
    OneOrMore,
    OrText,
    Path,
    Pointer,
    SecretReference,
    Text,
    Url,
    YesNo,
)


class EndpointBlock(Block):
    """An address that answers a KPI's newest value as JSON. It is asked with GET at each sync, and no other."""

    url: EndpointUrl
    """The address, whole. Only its host is asked, and no redirect is followed."""
    value: Pointer
    """Where the value stands in the answer, as a JSON pointer: /data/0/value."""
    date: Pointer | None = None
    """Where the day stands that the value is of, as a day or an instant; the day of asking where nothing is said."""
    token: SecretReference | None = None
    """Where the bearer token is kept that it asks for: env:NAME, file:PATH or keyring:SERVICE/USER."""
    allow_insecure: YesNo = False
    """Accept plain http, and an address on this machine."""
    allow_private: YesNo = False
    """Accept an IP address in place of a host's name (on-premise)."""
    allow_international: YesNo = False
    """Accept a host with letters beyond a to z, which may look like another host."""
    ca_bundle: Path | None = None
    """A file of certificates to trust in place of the system's."""
    proxy: Url | None = None
    """The proxy to go through; proxies of the environment are never used."""


class KpiBlock(Block):
    """A measured quantity; its readings come from a CSV file, an endpoint or a field of a tracker."""

    name: Text | None = None
    """What is measured, in words; the KPI's own name where nothing is said."""
    unit: Text = ""
    """The unit."""
    readings: Path | None = None
    """The CSV file with its readings (kpi,date,value,source), beside this file; readings.csv where nothing is said."""
    endpoint: Annotated[EndpointBlock, OrText("url")] | None = None
    """An address that is asked for its value at each sync. Of one day, a reading of the CSV file goes before it."""
    field: Text | None = None
    """The tracker's field whose history is its readings, together with `item` or `match`."""
    item: Text | None = None
    """With `field`: the key of the item that carries it."""
    match: Annotated[tuple[Match, ...], OneOrMore()] = ()
    """With `field`: the items that carry it, in place of `item`."""
    combine: Literal["sum", "mean"] = "sum"
    """With `match`: how the values of several items become one."""
    lens: Literal["current_value", "unrealised_value", "ability_to_innovate", "time_to_market"] | None = None
    """The Evidence-Based Management area it speaks to."""
    business_result: Literal["value", "cost", "quality", "happiness"] | None = None
    """The business result of the Flow Framework that it speaks to."""
    stale_after: Duration | None = None
    """How old the newest reading may be; 35 days where nothing is said."""

    @model_validator(mode="after")
    def _says_where(self) -> KpiBlock:
        if self.field is None and (self.item is not None or self.match):
            raise ValueError("`item` and `match` say who carries a `field`; add it: {field: NPS, item: ABC-12}")
        if self.field is not None and (self.item is None) == (not self.match):
            raise ValueError("a `field` needs either `item` (one key) or `match` (rules): {field: NPS, item: ABC-12}")
        if self.field is not None and self.endpoint is not None:
            raise ValueError("readings come from a `field` or from an `endpoint`, not from both; remove one of them")
        return self
