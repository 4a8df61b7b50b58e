"""Secrets, by reference only: `env:NAME`, `file:PATH`, `keyring:SERVICE/USER`."""

from __future__ import annotations

import base64
import os
import re
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, quote_plus

MOST_BYTES = 65_536


class SecretUnavailableError(Exception):
    """A person must provide the secret. The message names the reference and the mend, never the secret."""


@dataclass(frozen=True)
class Reference:
    """Where a secret is kept. `scheme` is env, file or keyring."""

    scheme: str
    place: str

    def __str__(self) -> str:
        return f"{self.scheme}:{self.place}"


class Secret:
    """A secret's text, which shows itself to nobody who does not ask for it by name."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """The text itself; for the one call that sends it."""
        return self._text

    def forms(self, *, user: str | None = None) -> tuple[str, ...]:
        """Every form in which the secret may turn up in a log: plain, base64, Basic, URL-encoded; longest first.

        With a user, also the Basic form of that user; without one, that of an empty user (Azure DevOps).
        """
        plain = self._text
        names = {"", user or ""}
        basics = {_base64(f"{name}:{plain}") for name in names}
        forms = {plain, _base64(plain), quote(plain, safe=""), quote(plain), quote_plus(plain), *basics}
        forms |= {form.rstrip("=") for form in forms}
        return tuple(sorted(forms, key=lambda form: (-len(form), form)))

    def __repr__(self) -> str:
        return "Secret(***)"

    def __str__(self) -> str:
        return "***"

    def __format__(self, specification: str) -> str:
        return format("***", specification)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._text == self._text

    def __hash__(self) -> int:
        return hash(("Secret", self._text))

    def __reduce__(self) -> tuple[object, ...]:
        raise TypeError("a secret is never pickled")


def reference(words: str) -> Reference:
    """Read a reference. Raises ValueError, without the text: it may be the secret itself."""
    scheme, _, place = words.partition(":")
    if scheme == "env" and re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", place):
        return Reference(scheme, place)
    if scheme == "file" and place and "\0" not in place:
        return Reference(scheme, place)
    if scheme == "keyring" and re.fullmatch(r"[^/]+/.+", place):
        return Reference(scheme, place)
    if scheme in ("env", "file", "keyring"):
        raise ValueError(f"not a whole reference; expected {_SHAPES[scheme]}")
    raise ValueError(
        "a secret must not be written here; put it into the environment or a file, and write "
        f"{_SHAPES['env']}, {_SHAPES['file']} or {_SHAPES['keyring']}"
    )


def open_secret(kept: Reference, *, environ: Mapping[str, str], folder: Path) -> Secret:
    """Return the secret that a reference points to, read anew each time so that rotation needs no restart.

    `folder` is where relative paths begin. Raises SecretUnavailableError.
    """
    if kept.scheme == "env":
        text = environ.get(kept.place)
        if text is None:
            raise SecretUnavailableError(f"{kept}: the environment has no {kept.place}; set it before starting vmo")
    elif kept.scheme == "file":
        text = _from_file(kept, folder / Path(kept.place).expanduser())
    else:
        text = _from_keyring(kept)
    text = text.rstrip("\r\n")
    if not text.strip():
        raise SecretUnavailableError(f"{kept}: it is empty; put the secret there")
    if any(ord(letter) < 32 for letter in text):
        raise SecretUnavailableError(f"{kept}: it holds a line break or control character; keep the secret on one line")
    return Secret(text)


def _from_file(kept: Reference, path: Path) -> str:
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except OSError as error:
        raise SecretUnavailableError(f"{kept}: cannot read the file: {error.strerror}") from None
    try:
        found = os.fstat(descriptor).st_mode
        if not stat.S_ISREG(found):
            raise SecretUnavailableError(f"{kept}: not a regular file")
        if found & 0o077:
            mode = stat.S_IMODE(found)
            raise SecretUnavailableError(f"{kept}: others may read it (mode {mode:04o}); chmod 0600 {path}")
        content = os.read(descriptor, MOST_BYTES + 1)
    finally:
        os.close(descriptor)
    if len(content) > MOST_BYTES:
        raise SecretUnavailableError(f"{kept}: the file is too large for a secret")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise SecretUnavailableError(f"{kept}: not UTF-8 text") from None


def _from_keyring(kept: Reference) -> str:
    try:
        import keyring  # noqa: PLC0415 - an optional extra
    except ImportError:
        message = f"{kept}: the keyring extra is not installed; pip install 'vmo[keyring]'"
        raise SecretUnavailableError(message) from None
    service, _, user = kept.place.partition("/")
    try:
        text = keyring.get_password(service, user)
    except Exception as error:  # a backend may raise anything; its text may hold anything
        message = f"{kept}: the keyring cannot be opened ({type(error).__name__})"
        raise SecretUnavailableError(message) from None
    if text is None:
        raise SecretUnavailableError(f"{kept}: the keyring holds nothing there; keyring set {service} {user}")
    return str(text)


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


_SHAPES = {"env": "env:NAME", "file": "file:PATH", "keyring": "keyring:SERVICE/USER"}
