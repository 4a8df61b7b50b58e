"""Keep a bucket of S3, or of a store that speaks it, like the folder of editions.

    list ──> compare ──> put what is new ──> put what leads to it ──> remove what latest has no more
             (refused before anything is written, where other bytes stand under a permanent address)

Doing it again is harmless: what is there already is not sent, so that whoever was stopped goes on. What stands under a
permanent address is never replaced, but for the banner that points to a correction. The address and the keys are those
of the settings alone: nothing of the environment, of ~/.aws or of a machine's role is asked.
"""

from __future__ import annotations

import base64
import hashlib
import os
import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from urllib3.util import parse_url

from reports.deliver.mail import Outcome
from reports.deliver.shelf import NotAsPublishedError, Piece, left_over, pieces
from reports.editions import LATEST, as_published

EXTRA_MISSING = "the s3 extra is not installed; pip install 'vmo[s3]'"
CONNECT_SECONDS = 5.0
READ_SECONDS = 20.0
MOST_LISTED = 1_000_000  # objects; a list without end is no list
_CODE = re.compile(r"[A-Za-z0-9]{1,60}")
_LATER = ("SlowDown", "RequestTimeout", "ServiceUnavailable", "InternalError", "ConditionalRequestConflict",
          "OperationAborted", "RequestTimeTooSkewed")  # fmt: skip
_MENDS = {
    "AccessDenied": "let its key list the bucket, and read, write and (below latest) delete objects",
    "InvalidAccessKeyId": "check access_key",
    "SignatureDoesNotMatch": "check secret_key",
    "NoSuchBucket": "check bucket, region and endpoint",
    "AuthorizationHeaderMalformed": "check region",
    "PermanentRedirect": "check region and endpoint",
    "NotImplemented": "it does not know If-None-Match, without which what is published could be overwritten; "
    "take a store that does",
    "BadDigest": "what arrived is not what was sent; look for a proxy in between",
}


@dataclass(frozen=True, kw_only=True)
class Bucket:
    """Where to. The two keys are the secrets themselves; `endpoint` None: Amazon's own."""

    name: str
    prefix: str
    region: str
    endpoint: str | None
    access_key: str = field(repr=False)
    secret_key: str = field(repr=False)
    ca_bundle: str | None = None

    @property
    def address(self) -> str:
        return self.endpoint or f"https://s3.{self.region}.amazonaws.com"


@dataclass(frozen=True, kw_only=True)
class Held:
    """An object that is there."""

    etag: str
    size: int


class _RefusedError(Exception):
    """A person must act."""


class _LaterError(Exception):
    """It may go through another time."""


def put_up(
    root: Path,
    *,
    edition: str,
    bucket: Bucket,
    may_go_on: Callable[[], bool],
    left_out: Collection[str] = (),
) -> tuple[Outcome, str]:
    """Bring a portfolio's root to the bucket, the edition (by its folder) first; say what became of it.

    `may_go_on` is asked before each request; what is left then is done another time. `left_out` are the folders of
    former editions that do not go there.
    """
    try:
        from botocore.exceptions import BotoCoreError  # noqa: PLC0415 - an optional extra

        client = _client(bucket, portfolio=root.name)
    except ImportError:
        return Outcome.DEFERRED, EXTRA_MISSING
    except (ValueError, BotoCoreError):
        return Outcome.REFUSED, "publish.s3: endpoint or region is no valid address; check both"
    store = _Store(client, bucket, portfolio=root.name, may_go_on=may_go_on)
    try:
        wanted = pieces(root, edition, left_out=left_out)
        there = store.listed()
        new = sorted(_new(store, wanted, there), key=_turn)  # refuses before anything is written
        for piece, former in new:
            store.put(piece, former)
        gone = left_over(there, wanted)
        for key in gone:
            store.remove(key)
    except (_RefusedError, NotAsPublishedError) as error:
        return Outcome.REFUSED, str(error)
    except _LaterError as error:
        return Outcome.DEFERRED, f"{error}; {store.written} files are up, the rest follows"
    finally:
        client.close()
    return Outcome.ACCEPTED, f"{len(wanted)} files are there, {len(new)} of them new or renewed"


def _new(
    store: _Store, wanted: Sequence[Piece], there: Mapping[str, Held]
) -> Iterator[tuple[Piece, Held | None]]:  # fmt: skip
    """The files to be written, in their order, each with the object that it replaces."""
    for piece in wanted:
        held = there.get(piece.key)
        if held is None:
            yield piece, None
        elif piece.is_former and held.size == piece.path.stat().st_size:
            continue  # compared when it was the newest
        else:
            data = piece.read()
            if held.etag != hashlib.md5(data, usedforsecurity=False).hexdigest() and (
                not piece.is_permanent or _has_to_change(piece, data, store.read(piece.key, most=2 * len(data)))
            ):
                yield piece, held


def _turn(write: tuple[Piece, Held | None]) -> int:
    """Editions come first; within latest what is added before what may lead to it; archive and feeds come last."""
    piece, former = write
    if piece.is_permanent:
        return 0
    return (1 if former is None else 2) if piece.key.startswith(f"{LATEST}/") else 3


def _has_to_change(piece: Piece, ours: bytes, theirs: bytes) -> bool:
    """Does a page lack the banner that points to its correction? Raises where it says anything else."""
    if as_published(theirs) != as_published(ours):
        raise _RefusedError(
            f"{piece.key} is there with other content, and what is published is never overwritten; find out who "
            "else publishes there, or name another prefix"
        )
    return ours != theirs and as_published(ours) != ours


class _Store:
    """The requests, each in words of ours when it fails."""

    def __init__(self, client: Any, bucket: Bucket, *, portfolio: str, may_go_on: Callable[[], bool]) -> None:
        self.written = 0
        self._client = client
        self._name = bucket.name
        self._root = _root(bucket, portfolio)
        self._may_go_on = may_go_on

    def listed(self) -> dict[str, Held]:
        """What is there already, by key below the portfolio's root."""
        found: dict[str, Held] = {}
        more: dict[str, str] = {}
        while True:
            with self._asking("the list of what is there"):
                answer = self._client.list_objects_v2(Bucket=self._name, Prefix=self._root, **more)
            before = len(found)
            for one in answer.get("Contents", ()):
                key = one["Key"].removeprefix(self._root)
                found[key] = Held(etag=one.get("ETag", "").strip('"'), size=one["Size"])
            if not answer.get("IsTruncated"):
                return found
            if len(found) == before or len(found) > MOST_LISTED:
                raise _LaterError("the bucket's list goes in circles")
            more = {"ContinuationToken": answer.get("NextContinuationToken", "")}

    def read(self, key: str, *, most: int) -> bytes:
        with self._asking(f"a look at {key}"):
            body: bytes = self._client.get_object(Bucket=self._name, Key=self._root + key)["Body"].read(most + 65_536)
            return body

    def put(self, piece: Piece, former: Held | None) -> None:
        """Write a file, a permanent one only where nothing stands, or what we compared with. The store checks it."""
        data = piece.read()
        digest = hashlib.md5(data, usedforsecurity=False).digest()  # what every store checks; the signature has SHA-256
        guard: dict[str, str] = {}
        if piece.is_permanent:
            guard = {"IfNoneMatch": "*"} if former is None else {"IfMatch": f'"{former.etag}"'}
        else:
            guard = {"CacheControl": "no-cache"}
        try:
            with self._asking(f"the write of {piece.key}"):
                self._client.put_object(
                    Bucket=self._name,
                    Key=self._root + piece.key,
                    Body=data,
                    ContentMD5=base64.b64encode(digest).decode(),
                    ContentType=piece.content_type,
                    **guard,
                )
        except _TakenError:
            if _has_to_change(piece, data, self.read(piece.key, most=2 * len(data))):
                raise _LaterError(f"{piece.key} was changed meanwhile") from None
        self.written += 1

    def remove(self, key: str) -> None:
        with self._asking(f"the removal of {key}"):
            self._client.delete_object(Bucket=self._name, Key=self._root + key)

    @contextmanager
    def _asking(self, what: str) -> Iterator[None]:
        """One request. Whatever goes wrong is told by its code alone: its text may hold what we signed with."""
        from botocore import exceptions  # noqa: PLC0415 - an optional extra
        from urllib3.exceptions import HTTPError  # noqa: PLC0415

        if not self._may_go_on():
            raise _LaterError("the time for it is over")
        try:
            yield
        except exceptions.ClientError as error:
            raise self._told(error.response, what) from None
        except exceptions.SSLError:
            raise _LaterError("the certificate of the store cannot be verified; check ca_bundle") from None
        except (exceptions.ConnectTimeoutError, exceptions.ReadTimeoutError):
            raise _LaterError(f"no answer in time to {what}") from None
        except (exceptions.ConnectionError, exceptions.HTTPClientError, HTTPError, OSError):
            raise _LaterError(f"the connection to the store was lost at {what}, or there is none") from None
        except exceptions.BotoCoreError as error:
            raise _LaterError(f"what answers is no object store ({type(error).__name__}); check endpoint") from None

    def _told(self, answer: Mapping[str, Any], what: str) -> Exception:
        status = int(answer.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
        found = str(answer.get("Error", {}).get("Code", ""))
        code = found if _CODE.fullmatch(found) else ""
        told = f"{status} {code}".strip() if code != str(status) else code
        if status == 412:
            return _TakenError()
        if code == "NotImplemented" or (code not in _LATER and status not in (408, 429) and status < 500):
            mend = _MENDS.get(code, _MENDS["AccessDenied"] if status == 403 else "check publish.s3")
            return _RefusedError(f"bucket {self._name} refuses {what} ({told}); {mend}")
        return _LaterError(f"the store answers {told} to {what}")


class _TakenError(Exception):
    """Something stands there already, or something else than we compared with."""


def _root(bucket: Bucket, portfolio: str) -> str:
    return f"{bucket.prefix}/r/{portfolio}/" if bucket.prefix else f"r/{portfolio}/"


def _client(bucket: Bucket, *, portfolio: str) -> Any:
    """A client that knows the settings and nothing else, and lets nothing out but what a copy of the folder needs."""
    import boto3  # noqa: PLC0415 - an optional extra
    import botocore.session  # noqa: PLC0415
    from botocore.config import Config  # noqa: PLC0415
    from botocore.configprovider import (  # noqa: PLC0415
        BOTOCORE_DEFAUT_SESSION_VARIABLES,
        DEFAULT_PROXIES_CONFIG_VARS,
        DEFAULT_S3_CONFIG_VARS,
    )

    session = botocore.session.Session()
    known = session.get_component("config_store")
    for name, told in BOTOCORE_DEFAUT_SESSION_VARIABLES.items():
        known.set_config_variable(name, told[2])  # its default: neither the environment nor a file is asked
    for name in (*DEFAULT_S3_CONFIG_VARS, *DEFAULT_PROXIES_CONFIG_VARS):
        known.set_config_variable(name, None)
    for name in ("config_file", "credentials_file"):
        known.set_config_variable(name, os.devnull)
    client = boto3.Session(botocore_session=session).client(
        "s3",
        region_name=bucket.region,
        endpoint_url=bucket.address,
        aws_access_key_id=bucket.access_key,
        aws_secret_access_key=bucket.secret_key,
        verify=bucket.ca_bundle or True,
        config=Config(
            signature_version="s3v4",
            connect_timeout=CONNECT_SECONDS,
            read_timeout=READ_SECONDS,
            retries={"total_max_attempts": 1, "mode": "standard"},
            proxies={},
            request_checksum_calculation="when_required",  # many stores know no other digest than Content-MD5
            response_checksum_validation="when_required",
            s3={
                "addressing_style": "virtual" if bucket.endpoint is None and "." not in bucket.name else "path",
                "payload_signing_enabled": True,
            },
        ),
    )
    client.meta.events.register("before-send.s3", _guard(bucket, portfolio))
    return client


def _guard(bucket: Bucket, portfolio: str) -> Callable[..., None]:
    """Let out only what goes to this bucket: reads, writes below the portfolio's root, removals below latest."""
    at = parse_url(bucket.address)
    base = (at.path or "").rstrip("/")
    bases = {(at.netloc, f"{base}/{bucket.name}"), (f"{bucket.name}.{at.netloc}", base)}
    root = _root(bucket, portfolio)
    below = {"GET": ("", root), "PUT": (root,), "DELETE": (f"{root}{LATEST}/",)}

    def look(request: Any, **_: Any) -> None:
        asked = parse_url(request.url)
        for host, path in bases:
            rest = (asked.path or "").removeprefix(path)
            is_below = (asked.path or "").startswith(path)
            if asked.scheme == at.scheme and asked.netloc == host and is_below:
                key = rest.removeprefix("/")
                if any(key == one if not one else key.startswith(one) for one in below.get(request.method, ())):
                    return
        raise _RefusedError("the store sends us elsewhere, and we follow nobody; check region and endpoint")

    return look
