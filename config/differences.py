"""What changed between two versions of a settings file, by the setting's path. No secret and no address is told."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from config import yaml_text

HIDDEN = "•••"
LONGEST = 160  # characters of a value
# Settings that hold secrets: what is written there is told only where it is a reference to where the secret is kept.
SECRET = ("token", "password", "client_secret", "refresh_token", "secret", "access_key", "secret_key")
KEYS = {"id": ("id",), "kpi": ("kpi", "date"), "value_stream": ("value_stream", "period")}  # first column -> its key

_REFERENCE = re.compile(r"(env|file|keyring):\S+")
_ADDRESS = re.compile(r"([A-Za-z0-9._%+-])[A-Za-z0-9._%+-]*@([A-Za-z0-9.-]+)")
_USER_OF_URL = re.compile(r"(?<=://)[^/@\s]+@")


@dataclass(frozen=True, kw_only=True)
class Difference:
    """A setting before and after. None: it was not there, or is no more."""

    path: str
    before: str | None
    after: str | None


def differences(name: str, before: bytes, after: bytes) -> list[Difference]:
    """What differs, in the order of the newer file; comments and order do not count."""
    is_table = name.casefold().endswith(".csv")
    old, new = (_csv(one) if is_table else _yaml(one, name) for one in (before, after))
    paths = [*new, *(path for path in old if path not in new)]
    return [
        Difference(path=path, before=_told(path, old.get(path)), after=_told(path, new.get(path)))
        for path in paths
        if old.get(path) != new.get(path)
    ]


def masked(address: str) -> str:
    """A mail address of which the domain can be told: a…@example.com."""
    return _ADDRESS.sub(r"\1…@\2", address)


def _told(path: str, value: str | None) -> str | None:
    """The value as it may be told."""
    if value is None:
        return None
    last = re.split(r"[.\[ ]", path)[-1].casefold()
    if any(last == word or last.endswith(f"_{word}") for word in SECRET) and not _REFERENCE.fullmatch(value):
        return HIDDEN
    shown = masked(_USER_OF_URL.sub(f"{HIDDEN}@", value))
    return shown if len(shown) <= LONGEST else f"{shown[: LONGEST - 1]}…"


def _yaml(content: bytes, name: str) -> dict[str, str]:
    marked, _ = yaml_text.read(content, file=name)
    return dict(_leaves(marked.data, ""))


def _leaves(value: yaml_text.Plain, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for name, each in value.items():
            yield from _leaves(each, f"{path}.{name}" if path else name)
    elif isinstance(value, tuple) and all(isinstance(each, str) for each in value):
        yield path, ", ".join(str(each) for each in value)
    elif isinstance(value, tuple):
        for number, each in enumerate(value):
            yield from _leaves(each, f"{path}[{_named(each, number)}]")
    elif value is not None:
        yield path, value


def _named(entry: yaml_text.Plain, number: int) -> str:
    """An entry of a list is known by its name, where it has one: what is put before it moves nothing."""
    name = entry.get("name") if isinstance(entry, dict) else None
    return name if isinstance(name, str) else str(number + 1)


def _csv(content: bytes) -> dict[str, str]:
    """The cells of each row by the row's key and the column; rows without a key of their own by all that they say."""
    rows = list(csv.reader(io.StringIO(content.decode("utf-8-sig", "replace"))))
    if not rows:
        return {}
    header = [cell.strip() for cell in rows[0]]
    key = [header.index(column) for column in KEYS.get(header[0], ()) if column in header]
    found: dict[str, str] = {}
    seen: Counter[str] = Counter()
    for row in (one for one in rows[1:] if any(one)):
        cells = [*row, *[""] * (len(header) - len(row))]
        if not key:
            whole = ", ".join(cells)
            seen[whole] += 1
            found[_apart(f"{whole[:LONGEST]}", seen[whole])] = whole
            continue
        named = " ".join(cells[place] for place in key)
        seen[named] += 1
        named = _apart(named, seen[named])
        for place, column in enumerate(header):
            if place not in key and cells[place]:
                found[f"{named}.{column}"] = cells[place]
    return found


def _apart(name: str, time: int) -> str:
    return name if time == 1 else f"{name} ({time})"
