"""Where the links of a page lead: the same page with other addresses, or with none."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, is_dataclass, replace
from typing import TypeVar, cast

from reports.page import Page

T = TypeVar("T")


def led(part: T, lead: Callable[[str], str | None]) -> T:
    """The same page, or part of one, with every link as `lead` says; None: the words stay, and lead nowhere."""
    if isinstance(part, tuple):
        return cast("T", tuple(led(one, lead) for one in part))
    if not is_dataclass(part) or isinstance(part, type) or type(part).__module__ != Page.__module__:
        return part
    others = {}
    for one in fields(part):
        was = getattr(part, one.name)
        now = (None if was is None else lead(was)) if one.name == "href" else led(was, lead)
        if now is not was and now != was:
            others[one.name] = now
    return cast("T", replace(part, **others)) if others else part
