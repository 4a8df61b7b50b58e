"""A stand-in for S3: keeps objects, looks at signatures and digests, and fails as it is told."""

from __future__ import annotations

import base64
import hashlib
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from posixpath import dirname, join, normpath
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit
from xml.sax.saxutils import escape

from tests.cli.listening import listening

KEY, SECRET = "CANARYKEY7F21", "canary/s3+secret-9d31aa07c4"
CODES = {
    301: "PermanentRedirect", 307: "TemporaryRedirect", 400: "AuthorizationHeaderMalformed", 403: "AccessDenied",
    404: "NoSuchBucket", 429: "SlowDown", 503: "SlowDown",
}  # fmt: skip
PAGE = 40  # keys in one answer to a question for a list


@dataclass(frozen=True, kw_only=True)
class Asked:
    """One request as it came."""

    method: str
    key: str
    headers: dict[str, str]


@dataclass
class ObjectStore:
    """`fault` is asked before each request is served: a status to answer, 0 to hang up, None to serve it."""

    objects: dict[str, bytes] = field(default_factory=dict)
    headers: dict[str, dict[str, str]] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)
    fault: Callable[[int, Asked], int | None] = lambda _, __: None
    written: Callable[[], None] = lambda: None
    encrypts: bool = False  # its ETags are no digests, then
    troubles: list[str] = field(default_factory=list)
    port: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def etag(self, key: str) -> str:
        plain = hashlib.md5(self.objects[key]).hexdigest()
        return plain[::-1] if self.encrypts else plain

    def puts(self) -> list[str]:
        return [one.key for one in self.asked if one.method == "PUT"]

    def dangling(self) -> list[str]:
        """Links that lead nowhere, of every page that can be reached from an archive or a feed, which come last."""
        open_, seen, broken = (
            [key for key in self.objects if re.search(r"(index|feed)\.\w+\.\w+$", key)],
            set[str](),
            [],
        )
        while open_:
            key = open_.pop()
            if key in seen:
                continue
            seen.add(key)
            for href in re.findall(r'href="([^"#?:]+)[#?"]', self.objects[key].decode("utf-8", "replace")):
                led = normpath(join(dirname(key), unquote(href)))
                if led in self.objects:
                    open_ += [led] if led.endswith(".html") else []
                elif not re.search(r"/(index|feed)\.\w+\.\w+$", led):
                    broken.append(f"{key} -> {led}")
        return broken


@contextmanager
def an_object_store() -> Iterator[ObjectStore]:
    told, lock = ObjectStore(), threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def serve(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            parts = urlsplit(self.path)
            asked = Asked(
                method=self.command,
                key=unquote(parts.path).removeprefix("/reports").removeprefix("/"),
                headers={name.lower(): value for name, value in self.headers.items()},
            )
            with lock:
                told.asked.append(asked)
                fault = told.fault(len(told.asked), asked)
                if fault == 0:
                    self.close_connection = True
                    return
                if fault is not None:
                    self.answer(fault, code=CODES.get(fault, "InternalError"))
                    return
                told.troubles += troubles(asked, body)
                getattr(self, self.command.lower())(asked, body, parse_qs(parts.query))
                if self.command in ("PUT", "DELETE"):
                    told.written()

        do_GET = do_PUT = do_DELETE = serve  # noqa: N815 - names that the server asks for

        def get(self, asked: Asked, _: bytes, query: dict[str, list[str]]) -> None:
            if asked.key:
                if asked.key not in told.objects:
                    self.answer(404, code="NoSuchKey")
                    return
                self.answer(200, told.objects[asked.key], ETag=f'"{told.etag(asked.key)}"')
                return
            after = query.get("continuation-token", [""])[0]
            keys = sorted(key for key in told.objects if key.startswith(query["prefix"][0]) and key > after)
            entries = "".join(
                f"<Contents><Key>{escape(key)}</Key><Size>{len(told.objects[key])}</Size>"
                f"<ETag>&quot;{told.etag(key)}&quot;</ETag></Contents>"
                for key in keys[:PAGE]
            )
            more = f"<NextContinuationToken>{keys[PAGE - 1]}</NextContinuationToken>" if len(keys) > PAGE else ""
            truncated = str(len(keys) > PAGE).lower()
            text = f"<ListBucketResult><IsTruncated>{truncated}</IsTruncated>{more}{entries}</ListBucketResult>"
            self.answer(200, text.encode())

        def put(self, asked: Asked, body: bytes, _: dict[str, list[str]]) -> None:
            is_there = asked.key in told.objects
            wanted = asked.headers.get("if-match", "").strip('"')
            if (is_there and asked.headers.get("if-none-match") == "*") or (wanted and wanted != told.etag(asked.key)):
                self.answer(412, code="PreconditionFailed")
                return
            told.objects[asked.key], told.headers[asked.key] = body, asked.headers
            self.answer(200, ETag=f'"{told.etag(asked.key)}"')

        def delete(self, asked: Asked, _: bytes, __: dict[str, list[str]]) -> None:
            told.objects.pop(asked.key, None)
            self.answer(204)

        def answer(self, status: int, body: bytes = b"", *, code: str = "", **headers: str) -> None:
            if code:  # as S3 does, with what was signed in it
                body = f"<Error><Code>{code}</Code><AWSAccessKeyId>{KEY}</AWSAccessKeyId></Error>".encode()
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            if status != 204:
                self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *arguments: Any) -> None:
            """Say nothing."""

    with listening(Handler) as told.port:
        yield told


def troubles(asked: Asked, body: bytes) -> Iterator[str]:
    """What a store would not take, or what must never be asked of it."""
    signed = re.fullmatch(
        rf"AWS4-HMAC-SHA256 Credential={KEY}/\d{{8}}/[a-z0-9-]+/s3/aws4_request, SignedHeaders=([a-z0-9;-]+), "
        r"Signature=[0-9a-f]{64}",
        asked.headers.get("authorization", ""),
    )
    if signed is None or asked.headers.get("x-amz-content-sha256") != hashlib.sha256(body).hexdigest():
        yield f"{asked.method} {asked.key} is not signed with its content"
    if asked.method == "PUT":
        digest = base64.b64encode(hashlib.md5(body).digest()).decode()
        if asked.headers.get("content-md5") != digest:
            yield f"{asked.key} carries no digest"
        if signed is None or not {"content-md5", "host"} <= set(signed[1].split(";")):
            yield f"{asked.key}: its digest is not signed"
