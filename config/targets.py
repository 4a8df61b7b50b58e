"""Where editions go beside their folder."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import model_validator

from config import values
from config.portfolio import Block
from config.values import Path, SecretReference, Text, Url, Written, YesNo, said

_REGION = r"(?=.*[a-z])[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?"  # the client takes no - at its ends, nor a number
_HOST = re.compile(r"(?:(?!-)[A-Za-z0-9-]{1,63}(?<!-)\.)*(?!-)[A-Za-z0-9-]{1,63}(?<!-)\.?")


def bucket(words: str) -> str:
    """The name of a bucket, which becomes part of an address."""
    if re.fullmatch(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]", words) is None or ".." in words:
        raise ValueError(f"expected a bucket's name, such as vmo-reports, found {said(words)}")
    return words


def prefix(words: str) -> str:
    """What stands before every key, without slashes at its ends."""
    parts = words.strip("/").split("/")
    if not all(re.fullmatch(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,99}", part) for part in parts):
        raise ValueError(f"expected a prefix such as teams/vmo, of letters, digits, - . _ and /, found {said(words)}")
    return "/".join(parts)


def region(words: str) -> str:
    """The name of a region, which becomes part of an address."""
    if re.fullmatch(_REGION, words) is None:
        raise ValueError(f"expected a region such as eu-central-1, found {said(words)}")
    return words


def space_key(words: str) -> str:
    """The key of a space; ~ begins that of a person."""
    if re.fullmatch(r"~?[A-Za-z0-9._-]{1,255}", words) is None:
        raise ValueError(f"expected a space's key, such as VMO, found {said(words)}")
    return words


BucketName = Annotated[str, Written(bucket, "a bucket's name"), values.shaped(r"^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$")]
KeyPrefix = Annotated[str, Written(prefix, "a prefix such as teams/vmo"), values.shaped(r"^/?[A-Za-z0-9._/-]+$")]
SpaceKey = Annotated[str, Written(space_key, "a space's key"), values.shaped(r"^~?[A-Za-z0-9._-]{1,255}$")]
Region = Annotated[str, Written(region, "a region such as eu-central-1"), values.shaped(f"^{_REGION}$")]


class S3Block(Block):
    """A bucket of S3, or of a store that speaks it, that holds what the folder holds. Needs `pip install 'vmo[s3]'`."""

    bucket: BucketName
    """The bucket's name. It must be there already."""
    prefix: KeyPrefix | None = None
    """What stands before every key, such as teams/vmo; nothing where nothing is said."""
    region: Region | None = None
    """Its region, such as eu-central-1. Needed, unless `endpoint` stands here."""
    endpoint: Url | None = None
    """The store's address, where it is not Amazon's."""
    access_key: SecretReference
    """Where the id of the access key is kept: env:NAME, file:PATH or keyring:SERVICE/USER."""
    secret_key: SecretReference
    """Where the secret access key is kept. Nothing of AWS_... variables, ~/.aws or the machine's role is ever used."""
    ca_bundle: Path | None = None
    """A file of certificates to trust in place of those that come with the client."""
    allow_insecure: YesNo = False
    """Accept plain http and an IP address in `endpoint`: for a store on your own network."""

    @model_validator(mode="after")
    def _somewhere(self) -> S3Block:
        if self.region is None and self.endpoint is None:
            raise ValueError("the bucket is nowhere yet: name its `region`, or the `endpoint` of another store")
        return self


class ConfluenceBlock(Block):
    """A space of Confluence in which each pack of the reports has a page, in each language."""

    url: Url
    """Its address; https://SITE.atlassian.net/wiki for a Cloud."""
    space: SpaceKey
    """The key of the space, such as VMO."""
    parent: Text
    """The title of the page under which ours stand; it must be there already."""
    kind: Literal["cloud", "data_center"]
    """cloud or data_center."""
    user: Text | None = None
    """The e-mail address that the token belongs to (Cloud); none for a personal access token (Data Center)."""
    token: SecretReference
    """Where its token is kept: env:NAME, file:PATH or keyring:SERVICE/USER. It may write pages; no tracker's may."""
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
    def _as_its_kind_asks(self) -> ConfluenceBlock:
        if self.kind == "cloud" and self.user is None:
            raise ValueError("a Cloud asks whose token it is: name the e-mail address as `user`")
        is_site = values.host_of(self.url).lower().endswith(".atlassian.net")
        if is_site and not self.url.endswith("/wiki"):
            raise ValueError("a Cloud's Confluence is at https://SITE.atlassian.net/wiki; beside it is Jira")
        return self


def s3_problems(block: S3Block) -> list[tuple[str, str]]:
    """What makes the address of a store unsafe, or one that the client does not take: (setting, message) pairs."""
    if block.endpoint is None:
        return []
    host = values.host_of(block.endpoint)
    if host.isascii() and values.address_of(block.endpoint) is None and _HOST.fullmatch(host) is None:
        message = f"a host's name has letters, digits and - (at neither end), found {said(host)}; name another"
        return [("endpoint", message)]
    if block.allow_insecure:
        return []
    problems: list[tuple[str, str]] = []
    if values.scheme_of(block.endpoint) == "http":
        message = "plain http would show the editions to the network; use https, or say allow_insecure: true"
        problems.append(("endpoint", message))
    if values.address_of(block.endpoint) is not None:
        message = "an IP address in place of a name, or this machine; if that is meant, say allow_insecure: true"
        problems.append(("endpoint", message))
    if not host.isascii() or "xn--" in host.lower():
        problems.append(("endpoint", "the host has letters that may look like another's; write a name of a to z"))
    return problems
