"""Where the links of a page lead: the same page with other addresses, or with none."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, is_dataclass, replace
from functools import cache
from operator import is_
from typing import Any, TypeVar, cast

from reports.page import Page

T = TypeVar("T")


def led(part: T, lead: Callable[[str], str | None]) -> T:
    """The same page, or part of one, with every link as `lead` says; None: the words stay, and lead nowhere.

    What has no link that leads elsewhere is handed back itself, so that nothing is compared with a copy.
    """
    if isinstance(part, tuple):
        now = tuple(led(one, lead) for one in part)
        return part if all(map(is_, now, part)) else cast("T", now)
    kind: type[Any] = type(part)
    others = {}
    for name in _parts(kind):  # type: ignore[arg-type]  # a class can be hashed, whatever mypy says
        was = getattr(part, name)
        if name == "href":
            address = None if was is None else lead(was)
            if address != was:
                others[name] = address
        elif (found := led(was, lead)) is not was:
            others[name] = found
    return replace(part, **others) if others else part  # type: ignore[type-var]  # only a page has parts


@cache
def _parts(kind: type[Any]) -> tuple[str, ...]:
    """What a part of a page is made of; nothing where it is none."""
    return tuple(one.name for one in fields(kind)) if is_dataclass(kind) and kind.__module__ == Page.__module__ else ()
