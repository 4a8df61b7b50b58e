"""The one template environment: everything is escaped, nothing undefined passes, templates run in a sandbox."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from jinja2 import FunctionLoader, StrictUndefined
from jinja2.sandbox import ImmutableSandboxedEnvironment

from reports.page import plain


@cache
def environment() -> ImmutableSandboxedEnvironment:
    """Autoescape is on for every template, whatever its name."""
    found = ImmutableSandboxedEnvironment(
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
