"""The shape of vmo.yaml; one model a block."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, field_validator, model_validator

from config import values
from config.audiences import AudienceBlock, RestrictedBlock
from config.forecasts import ForecastsBlock
from config.governance import GovernanceBlock
from config.kpis import EndpointBlock, KpiBlock
from config.operators import OperatorsBlock, WebhookBlock
from config.portfolio import (
    Block,
    FundingBlock,
    GuardrailsBlock,
    KanbanBlock,
    Match,
    PortfolioBlock,
    ScenarioBlock,
    ThemeBlock,
    ValueName,
    ValueStreamBlock,
)
from config.targets import ConfluenceBlock, S3Block
from config.values import (
    Domain,
    Duration,
    EndpointUrl,
    Listening,
    Locale,
    Name,
    Number,
    OneOrMore,
    OrText,
    Path,
    Recipient,
    SecretReference,
    Text,
    Url,
    When,
    Whole,
    YesNo,
    said,
)

StateName = Literal["new", "waiting", "active", "done", "cancelled", "ignore"]
Pack = Literal[
    "overview", "flow", "theme", "stream", "kanban", "review", "guardrails", "risks", "quality", "audit", "kickoff",
    "digest", "ledger",
]  # fmt: skip
Texts = Annotated[tuple[Text, ...], OneOrMore()]


class FieldBlock(Block):
    """A tracker's field."""

    field: Text
    """The field's name or id."""
    scale: Whole = 1
    """What to multiply its numbers by: 1000 for a field in thousands."""


class KindRule(Block):
    """Which kind of work an item is."""

    when: Match | None = None
    """What the item must show; nothing said: every item."""
    kind: Name
    """feature, defect, risk, debt, enabler, or a kind of your own."""


class BlockedBlock(Block):
    """What says that an item is blocked."""

    flags: YesNo = True
    """Does the tracker's own impediment flag count?"""
    states: Texts = ()
    """Statuses that mean blocked."""
    fields: dict[Text, Texts] = Field(default_factory=dict)
    """Fields by name, and what they say when the item is blocked."""


class ResolutionsBlock(Block):
    """What resolutions mean."""

    cancelled: Texts = ()
    """Resolutions that mean the work was given up."""


class EntraBlock(Block):
    """A service principal of Microsoft Entra: its access tokens last an hour and are renewed by themselves."""

    tenant: Text
    """The directory (tenant) id of your organisation."""
    client_id: Text
    """The application (client) id."""
    client_secret: SecretReference
    """Where its secret is kept: env:NAME, file:PATH or keyring:SERVICE/USER."""
    token_url: Url | None = None
    """Another token endpoint, for trying things out; only with allow_insecure or allow_private."""


class AtlassianBlock(Block):
    """A service account of Atlassian, or an app that a person has signed in to; its access tokens last an hour."""

    client_id: Text
    """The id that Atlassian shows for the credential."""
    client_secret: SecretReference
    """Where its secret is kept: env:NAME, file:PATH or keyring:SERVICE/USER."""
    refresh_token: SecretReference | None = None
    """Where the first refresh token is kept (OAuth 2.0 3LO); nothing said: a service account, which needs none."""
    keep: Path | None = None
    """With refresh_token: the file in which we keep the tokens that follow it, for each may be used once."""
    token_url: Url | None = None
    """Another token endpoint, for trying things out; only with allow_insecure or allow_private."""

    @model_validator(mode="after")
    def _kept_if_it_rotates(self) -> AtlassianBlock:
        if (self.refresh_token is None) != (self.keep is None):
            raise ValueError(
                "`refresh_token` and `keep` go together: each refresh token may be used once, and brings the next"
            )
        return self


class _Source(Block):
    """What holds for every tracker."""

    url: Url
    """The tracker's address."""
    token: SecretReference | None = None
    """Where its token is kept: env:NAME, file:PATH or keyring:SERVICE/USER. Needed, unless `oauth` stands here."""
    levels: dict[Name, Texts] = Field(default_factory=dict)
    """Which types of items are epics, features and stories. Items of other types count nowhere, and are listed."""
    fields: dict[ValueName, Annotated[FieldBlock, OrText("field")]] = Field(default_factory=dict)
    """Where the numbers of an item are kept: a field's name, or {field, scale}."""
    states: dict[StateName, Texts] = Field(default_factory=dict)
    """What statuses mean, by name or id; what is not listed follows the tracker's own category."""
    kinds: tuple[KindRule, ...] = ()
    """Flow distribution: the first rule that matches says the kind."""
    blocked: BlockedBlock | None = None
    """What says that an item is blocked; the block of the same name further out where nothing is said."""
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

    @model_validator(mode="after")
    def _one_meaning_each(self) -> _Source:
        _refuse_twice("status", self.states)
        _refuse_twice("type", self.levels)
        return self

    @field_validator("kinds")
    @classmethod
    def _every_rule_can_match(cls, rules: tuple[KindRule, ...]) -> tuple[KindRule, ...]:
        for number, rule in enumerate(rules[:-1], start=1):
            if rule.when is None:
                raise ValueError(f"rule {number} takes every item, so that the rules after it never match; put it last")
        return rules


class JiraSource(_Source):
    """A Jira, Cloud or Data Center: which of them is asked of the server."""

    kind: Literal["jira"]
    """jira or azure_devops."""
    oauth: AtlassianBlock | None = None
    """OAuth 2.0 in place of `token` (Jira Cloud)."""
    user: Text | None = None
    """The e-mail address that the token belongs to (Cloud); none for a personal access token (Data Center)."""
    scope: Text | None = None
    """Which items, in JQL; all that the token may see where nothing is said."""
    resolutions: ResolutionsBlock | None = None
    """What resolutions mean."""


class AreaScope(Block):
    """Which projects, and which part of them."""

    projects: Texts = ()
    """Projects by name; all that the token may see where nothing is said."""
    area: Text | None = None
    """An area path: only it and what is below it."""


class AzureDevOpsSource(_Source):
    """An Azure DevOps, Services or Server."""

    kind: Literal["azure_devops"]
    """jira or azure_devops."""
    oauth: EntraBlock | None = None
    """OAuth 2.0 in place of `token` (Azure DevOps Services)."""
    user: Text | None = None
    """Rarely needed: the account that the token belongs to."""
    scope: AreaScope | None = None
    """Which items: {projects, area}."""


RiskFieldName = Literal[
    "probability", "impact", "residual_probability", "residual_impact", "roam", "owner", "accepted_by", "next_step"
]  # fmt: skip


RatingName = Literal["probability", "impact", "residual_probability", "residual_impact"]


class RiskFieldBlock(Block):
    """A tracker's field that tells something of a risk."""

    field: Text
    """The field's name or id."""
    scale: Whole = 1
    """What to multiply its numbers by: 1000 for an impact in thousands."""
    percent: YesNo = False
    """Is a probability of 30 meant as 30 %? Nothing said: it is a share of 1, such as 0.3, and 30 is refused."""
    source: Text | None = None
    """The source whose items bear it; any where nothing is said."""


class RisksBlock(Block):
    """Which items are risks, and where their numbers are kept."""

    match: Annotated[tuple[Match, ...], OneOrMore()] = ()
    """Which items are risks. Those whose type is at no level count in no flow."""
    fields: dict[RiskFieldName, Annotated[tuple[Annotated[RiskFieldBlock, OrText("field")], ...], OneOrMore()]] = Field(
        default_factory=dict
    )
    """A field's name, {field, scale, percent, source}, or a list; nothing said of the owner: the assignee."""
    scales: dict[RatingName, dict[Text, Number]] = Field(default_factory=dict)
    """Numbers for words: {probability: {low: 0.1, high: 0.7}, impact: {high: 500_000}}; what is left follows them."""
    roam: dict[Literal["resolved", "owned", "accepted", "mitigated"], Texts] = Field(default_factory=dict)
    """Statuses or field values for each of resolved, owned, accepted, mitigated. A risk that is done is resolved."""

    @model_validator(mode="after")
    def _shares_and_amounts(self) -> RisksBlock:
        for name, scale in self.scales.items():
            for word, number in scale.items():
                if number < 0 or (name.endswith("probability") and number > 1):
                    wanted = "a share from 0 to 1" if name.endswith("probability") else "0 or more"
                    raise ValueError(f"scales.{name}.{word}: expected {wanted}, found {number}")
        _refuse_twice("word", self.roam)
        return self


class DependenciesBlock(Block):
    """What counts as a dependency: one item must be finished before another goes on."""

    links: Texts = ()
    """Types of links that mean it; every link that blocks where nothing is said. The outward end goes first."""
    fields: Texts = ()
    """Fields that hold the keys of what an item waits for, in whichever tracker: SHOP-12; AB#340, or jira/SHOP-12."""


class ReportBlock(Block):
    """An edition: which packs, to whom, when."""

    packs: Annotated[tuple[Pack, ...], OneOrMore()] = Field(min_length=1)
    """What it is made of, such as digest and overview."""
    to: Annotated[tuple[Recipient, ...], OneOrMore()] = ()
    """Recipients, one bare address each; none: it is published, not mailed."""
    locale: Locale | None = None
    """Its language; the portfolio's first where nothing is said."""
    when: When | None = None
    """When it is due, such as Mon 07:00; nothing said: only when asked for."""
    audience: Name | None = None
    """The audience it is for. Nothing said: the whole portfolio, but for what is restricted."""


class SyncBlock(Block):
    """When to read from the trackers."""

    when: When | None = None
    """How often to read what changed; every 15 minutes where nothing is said."""
    presence_sweep: When | None = None
    """When to look whether every item is still there; daily 02:00 where nothing is said."""
    full_check: When | None = None
    """When to read everything again; Sun 03:00 where nothing is said."""
    stale_after: Duration | None = None
    """From which age on figures are called stale; 24 hours where nothing is said."""


class MailBlock(Block):
    """The mail server."""

    host: Text
    """Its name."""
    port: Whole | None = None
    """Its port; 587 for starttls and 465 for implicit where nothing is said."""
    tls: Literal["starttls", "implicit", "none"] = "starttls"
    """How the connection is secured. none is only for a relay on this machine."""
    user: Text | None = None
    """Who signs in."""
    password: SecretReference | None = None
    """Where the password is kept."""
    from_: Recipient = Field(alias="from")
    """The sender's address."""
    reply_to: Recipient | None = None
    """Where answers go; to the sender where nothing is said."""
    unsubscribe: EndpointUrl | None = None
    """An https address at which readers take themselves off the list; a mail to `reply_to` where nothing is said."""
    ca_bundle: Path | None = None
    """A file of certificates to trust in place of the system's."""
    people: dict[Recipient, Text] = Field(default_factory=dict)
    """Whose address it is, by the name that trackers and files use: their digest begins with what waits for them."""
    domains: tuple[Domain, ...] = ()
    """The only domains that mails go to, such as example.com; any where nothing is said. A subdomain is another one."""

    @model_validator(mode="after")
    def _safe(self) -> MailBlock:
        if self.tls == "none" and self.host not in ("localhost", "127.0.0.1", "::1"):
            raise ValueError("tls: none is only for a relay on this machine; use starttls or implicit")
        if (self.user is None) != (self.password is None):
            raise ValueError("`user` and `password` go together")
        if self.port is not None and self.port > 65_535:
            raise ValueError(f"there is no port {self.port}")
        return self


class ServeBlock(Block):
    """The long-running service."""

    listen: Listening | None = None
    """Where GET /health is answered, such as 127.0.0.1:8080; nowhere where nothing is said."""


class ChatBlock(Block):
    """A channel of Teams or Slack that hears of each new edition: its headline, its period and where it is."""

    kind: Literal["teams", "slack"]
    """teams (an incoming webhook of Workflows) or slack (an incoming webhook)."""
    url: SecretReference
    """Where the webhook's address is kept, which is a secret: env:NAME, file:PATH or keyring:SERVICE/USER."""
    locale: Locale | None = None
    """The language of the message; the portfolio's first where nothing is said."""
    audience: Name | None = None
    """The audience whose editions it hears of. Nothing said: those of reports without an audience, and no others."""
    allow_insecure: YesNo = False
    """Accept plain http and an IP address: for a relay on this machine."""


class PublishBlock(Block):
    """Where editions are published, and where people find them."""

    folder: Path | None = None
    """The folder; vmo-reports beside this file where nothing is said."""
    base_url: Url | None = None
    """Where a web server shows that folder; mails link to it, and without it they attach the pages."""
    chat: tuple[ChatBlock, ...] = ()
    """Channels of Teams or Slack that hear of each new edition that is made when it is due."""
    s3: S3Block | None = None
    """A bucket that gets each new edition that is made when it is due, and what leads to it."""
    confluence: ConfluenceBlock | None = None
    """A space of Confluence whose pages tell the newest edition that was made when it was due."""


class StoreBlock(Block):
    """Where what was read is kept."""

    url: Text = "sqlite:///vmo-data/vmo.db"
    """sqlite:///PATH or postgresql+psycopg://USER@HOST/DATABASE."""
    password: SecretReference | None = None
    """Where the database's password is kept."""

    @field_validator("url")
    @classmethod
    def _known_and_without_password(cls, url: str) -> str:
        if not url.startswith(("sqlite:///", "postgresql+psycopg://")):
            raise ValueError("expected sqlite:///PATH or postgresql+psycopg://USER@HOST/DATABASE")
        authority = url.split("://", 1)[1].split("/", 1)[0]
        if ":" in authority.rpartition("@")[0] or "password=" in url.lower():
            raise ValueError("a password must not be written here; write store: {url: ..., password: env:NAME}")
        return url


class FilesBlock(Block):
    """CSV files, by path beside this file; each is read under its own name where it is there."""

    budgets: Path | None = None
    """value_stream,period,amount and, where it is told, currency; budgets.csv where nothing is said."""
    actuals: Path | None = None
    """value_stream,period,amount,closed_on and, where it is told, currency; actuals.csv where nothing is said."""
    votes: Path | None = None
    """value_stream or theme, period, share or votes; votes.csv where nothing is said."""
    dependencies: Path | None = None
    """before,after,due,note; dependencies.csv where nothing is said."""
    decisions: Path | None = None
    """id,date,meeting,decision,owner,due,item,edition,approves; decisions.csv where nothing is said."""
    objectives: Path | None = None
    """increment,train,team,objective,committed,planned_bv,actual_bv,planned_on,scored_on; else objectives.csv."""


AnySource = Annotated[JiraSource | AzureDevOpsSource, Field(discriminator="kind")]


class Document(Block):
    """vmo.yaml, whole."""

    portfolio: PortfolioBlock
    """What holds for the whole portfolio."""
    sources: dict[Name, AnySource] = Field(min_length=1)
    """The trackers, each under a name of your choice."""
    value_streams: dict[Name, ValueStreamBlock] = Field(default_factory=dict)
    """Value streams with their trains, budgets and owners."""
    themes: dict[Name, ThemeBlock] = Field(default_factory=dict)
    """Strategic themes, in the order in which they are tried."""
    kpis: dict[Name, KpiBlock] = Field(default_factory=dict)
    """Measured quantities."""
    guardrails: GuardrailsBlock | None = None
    """What was agreed about where the money goes and who decides."""
    funding: FundingBlock | None = None
    """How money is attributed, when its periods close, and what is a candidate for capitalisation."""
    kanban: KanbanBlock | None = None
    """The portfolio kanban."""
    forecasts: ForecastsBlock = ForecastsBlock()
    """What forecasts of dates assume where the trackers do not tell."""
    scenarios: tuple[ScenarioBlock, ...] = ()
    """Shifts of capacity that the review plays through; one of 10% towards the intended shares where none is given."""
    blocked: BlockedBlock | None = None
    """What says that an item is blocked, in every source."""
    risks: RisksBlock | None = None
    """Which items are risks."""
    dependencies: DependenciesBlock | None = None
    """What counts as a dependency."""
    governance: GovernanceBlock | None = None
    """What every item must show."""
    restricted: dict[Name, RestrictedBlock] = Field(default_factory=dict)
    """What only some may see, each part under a name of your choice."""
    audiences: dict[Name, AudienceBlock] = Field(default_factory=dict)
    """Who may see which part of the portfolio."""
    reports: dict[Name, ReportBlock] = Field(default_factory=dict)
    """Editions: which packs, to whom, when."""
    publish: PublishBlock = PublishBlock()
    """Where editions are published, and where people find them."""
    sync: SyncBlock = SyncBlock()
    """When to read from the trackers."""
    mail: MailBlock | None = None
    """The mail server."""
    operators: OperatorsBlock | None = None
    """Who is told when a person must act."""
    serve: ServeBlock = ServeBlock()
    """The long-running service."""
    store: Annotated[StoreBlock, OrText("url")] = StoreBlock()
    """Where what was read is kept: an address, or {url, password}."""
    files: FilesBlock = FilesBlock()
    """Where the CSV files are."""


def _refuse_twice(noun: str, lists: dict[Any, tuple[str, ...]]) -> None:
    seen: dict[str, str] = {}
    for meaning, words in lists.items():
        for word in words:
            if seen.setdefault(word.casefold(), meaning) != meaning:
                raise ValueError(
                    f"{noun} {said(word)} is in {seen[word.casefold()]} and in {meaning}; keep one of them"
                )


def source_problems(source: JiraSource | AzureDevOpsSource) -> list[tuple[str, str]]:
    """What makes a source's address unsafe, or its credentials unclear: (setting, message) pairs."""
    return [*_credential_problems(source), *address_problems(source)]


def address_problems(
    asked: JiraSource | AzureDevOpsSource | EndpointBlock | WebhookBlock | ConfluenceBlock,
) -> list[tuple[str, str]]:
    """What makes an address unsafe to ask: (setting, message) pairs."""
    problems: list[tuple[str, str]] = []
    if values.scheme_of(asked.url) == "http" and not asked.allow_insecure:
        problems.append(
            ("url", "plain http would show the token to the network; use https, or say allow_insecure: true")
        )
    address = values.address_of(asked.url)
    if address is not None and (address.is_link_local or address.is_multicast or address.is_unspecified):
        problems.append(("url", "no tracker lives at such an address"))
    elif address is not None and address.is_loopback and not (asked.allow_insecure or asked.allow_private):
        problems.append(("url", "an address on this machine; if that is meant, say allow_insecure: true"))
    elif address is not None and not address.is_loopback and not asked.allow_private:
        problems.append(("url", "an IP address in place of a name; if that is meant, say allow_private: true"))
    host = values.host_of(asked.url)
    if (not host.isascii() or "xn--" in host.lower()) and not asked.allow_international:
        message = "the host has letters that may look like another's; if that is meant, say allow_international: true"
        problems.append(("url", message))
    return problems


def _credential_problems(source: JiraSource | AzureDevOpsSource) -> list[tuple[str, str]]:
    if source.oauth is None:
        if source.token is None:
            return [("token", "missing: Where its token is kept: env:NAME, file:PATH or keyring:SERVICE/USER")]
        return []
    problems: list[tuple[str, str]] = []
    if source.token is not None:
        problems.append(("oauth", "a source has either `token` or `oauth`; remove one of them"))
    if source.user is not None:
        problems.append(("user", "with `oauth` the account is known already; remove `user`"))
    trying = source.allow_insecure or source.allow_private
    if source.oauth.token_url is not None and not trying:
        problems.append(("oauth", "`token_url` is only for sources with allow_insecure or allow_private; remove it"))
    host = values.host_of(source.url).lower()
    if isinstance(source, JiraSource) and host != "api.atlassian.com" and not trying:
        problems.append(
            ("url", "with `oauth`, Jira Cloud answers only at https://api.atlassian.com/ex/jira/CLOUD-ID; write that")
        )
    if isinstance(source, AzureDevOpsSource) and not (
        host == "dev.azure.com" or host.endswith(".visualstudio.com") or trying
    ):
        problems.append(
            ("url", "`oauth` is for Azure DevOps Services (https://dev.azure.com/ORGANISATION); a server needs `token`")
        )
    return problems
