"""Who keeps vmo running, and how they are told when a person must act."""

from __future__ import annotations

from typing import Annotated

from config.portfolio import Block
from config.values import EndpointUrl, OneOrMore, OrText, Path, Recipient, SecretReference, Url, YesNo


class WebhookBlock(Block):
    """An address that is told by POST, as JSON: {"portfolio", "text", "troubles": [{"key", "sentence"}]}."""

    url: EndpointUrl
    """The address, whole. Only its host is asked, and no redirect is followed."""
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


class OperatorsBlock(Block):
    """Who is told, once for each trouble, when an edition or a mail did not come about or a source is stale."""

    mail: Annotated[tuple[Recipient, ...], OneOrMore()] = ()
    """Addresses, one bare address each; they are told through the mail server of `mail`."""
    webhook: Annotated[WebhookBlock, OrText("url")] | None = None
    """An address that is told, too: for where the mail server is the trouble."""
