"""The one template environment: everything is escaped, nothing undefined passes, templates run in a sandbox."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Any

from jinja2 import FunctionLoader, StrictUndefined
from jinja2.sandbox import ImmutableSandboxedEnvironment

from reports.page import plain


class _Sandbox(ImmutableSandboxedEnvironment):
    """Asks once what may be read of a kind of thing: the answer hangs on the kind and on the name alone."""

    def __init__(self, **named: Any) -> None:
        super().__init__(**named)
        self._is_safe: dict[tuple[type, str], bool] = {}

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        asked = (type(obj), attr)
        if asked not in self._is_safe:
            self._is_safe[asked] = super().is_safe_attribute(obj, attr, value)
        return self._is_safe[asked]


@cache
def environment() -> ImmutableSandboxedEnvironment:
    """Autoescape is on for every template, whatever its name."""
    found = _Sandbox(
        loader=FunctionLoader(template_text),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    found.filters["plain"] = plain
    return found


def template_text(name: str) -> str:
    """A template, as packaged. Raises FileNotFoundError for one that does not exist."""
    return files("reports.templates").joinpath(name).read_text("utf-8")


def safe_href(href: str) -> bool:
    """Only web addresses and places beside or inside the page."""
    if href.startswith(("https://", "http://")):
        return True
    head = href.split("/", 1)[0].split("?", 1)[0].split("#", 1)[0]
    return ":" not in head and not href.startswith(("//", "\\"))
