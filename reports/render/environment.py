"""The one template environment: everything is escaped, nothing undefined passes, templates run in a sandbox."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from jinja2 import FunctionLoader, StrictUndefined
from jinja2.sandbox import ImmutableSandboxedEnvironment

from reports.page import Span, Text, plain

_FORBIDDEN = dict.fromkeys(
    [code for code in range(32) if code not in (9, 10)]
    + [0x7F, 0xFEFF, 0xFFFE, 0xFFFF]
    + list(range(0x80, 0xA0))
    + list(range(0x202A, 0x202F))  # embeddings and overrides of the writing direction
    + list(range(0x2066, 0x206A))  # isolates
    + [0x200E, 0x200F, 0x061C]
    + list(range(0xD800, 0xE000))  # halves of characters
)


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


def clean(text: str) -> str:
    """Foreign text without control characters, halves of characters, or marks that turn the writing direction."""
    return text.translate(_FORBIDDEN)


def cleaned(text: Text) -> Text:
    """Every run of a text, cleaned."""
    return tuple(
        Span(text=clean(span.text), strong=span.strong, foreign=span.foreign, href=span.href, tone=span.tone)
        for span in text
    )


def safe_href(href: str) -> bool:
    """Only web addresses and places beside or inside the page."""
    if href.startswith(("https://", "http://")):
        return True
    head = href.split("/", 1)[0].split("?", 1)[0].split("#", 1)[0]
    return ":" not in head and not href.startswith(("//", "\\"))
