"""An edition made again beside the published one: where do they differ?"""

from __future__ import annotations

import difflib
import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from reports.data import in_common
from reports.editions import MANIFEST, read_manifest

_NUMBER = re.compile(r"[-−]?\d+(?:[.,\u00a0\u202f\u2009]\d+)*")
_IN_NUMBERS = str.maketrans({"−": "-", ",": ".", "\u00a0": "", "\u202f": "", "\u2009": ""})


def retold(folder: Path, again: Mapping[str, bytes], *, to_the_byte: bool) -> list[str]:
    """Where an edition made again differs from the published one: a sentence for each place, none where it holds.

    Without `to_the_byte` only what is counted is compared: key figures by their numbers, and the rows of data behind
    the pages in the columns that both have. Another state of the program may say the same in other words, laid out
    otherwise, and more.
    """
    manifest = read_manifest(folder) or {"files": {}}
    made = json.loads(again[MANIFEST])
    found: list[str] = []
    for name, digest in manifest["files"].items():
        if name not in again:
            found.append(f"{name} is not made any more")
        elif made["files"][name] != digest:
            found += _figures(name, was=manifest, now=made, to_the_byte=to_the_byte)
            before = _read(folder / name)
            found += _bytes(name, before, again[name]) if to_the_byte else _rows(name, before, again[name])
    added = made["files"].keys() - manifest["files"].keys() if to_the_byte else ()
    return [*found, *(f"{name} was not published" for name in sorted(added))]


def _figures(name: str, *, was: Mapping[str, Any], now: Mapping[str, Any], to_the_byte: bool) -> Iterator[str]:
    figures = now["figures"].get(name, {})
    for figure, before in was.get("figures", {}).get(name, {}).items():
        value = figures.get(figure)
        if value is None:
            yield f"{name}: {figure} was “{before}” and is not told any more"
        elif before != value and (to_the_byte or _numbers(before) != _numbers(value)):
            yield f"{name}: {figure} was “{before}” and is “{value}”"


def _bytes(name: str, before: bytes, again: bytes) -> Iterator[str]:
    if not name.endswith(".md"):
        yield f"{name}: made again it has other bytes"
        return
    was, now = (text.decode("utf-8", "replace").splitlines() for text in (before, again))
    for line in difflib.unified_diff(was, now, lineterm="", n=0):
        if line[:1] in "+-" and line[:3] not in ("+++", "---"):
            yield f"{name}: {'was' if line[0] == '-' else 'is '} {line[1:]}"


def _rows(name: str, before: bytes, again: bytes) -> Iterator[str]:
    """The rows of data that are not made again, and those in their place. More rows alone are no difference."""
    if name.endswith(".csv"):
        was, now = in_common(before, again)
        gone = list(_without(was, now))
        yield from (f"{name}: was {line}" for line in gone)
        yield from (f"{name}: is  {line}" for line in (_without(now, was) if gone else ()))


def _without(rows: Sequence[str], others: Iterable[str]) -> Iterator[str]:
    left = Counter(others)
    for row in rows:
        if left[row]:
            left[row] -= 1
        else:
            yield row


def _numbers(text: str) -> tuple[str, ...]:
    return tuple(one.translate(_IN_NUMBERS) for one in _NUMBER.findall(text))


def _read(path: Path) -> bytes:
    return path.read_bytes() if path.is_file() else b""
