"""A drawing surface that knows how wide its words are and never lets two of them overlap."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from functools import cache
from html import escape
from importlib.resources import files

from reports.words.foreign import one_line

SIZE = 13  # px; nothing in a chart is set smaller


@cache
def _advances() -> dict[str, dict[str, int]]:
    """Advance widths of the embedded face at both weights, in thousandths of the size."""
    text = files("reports.templates").joinpath("fonts/advances.json").read_text("utf-8")
    return {weight: dict(widths) for weight, widths in json.loads(text).items()}


def text_width(text: str, *, size: float = SIZE, bold: bool = False) -> float:
    """How wide the text is in px when set in the embedded face. What the face lacks counts as an em."""
    widths = _advances()["semibold" if bold else "regular"]
    return sum(widths.get(character, 1000) for character in text) * size / 1000


def shortened(text: str, width: float, *, bold: bool = False) -> str:
    """The text, cut with an ellipsis where it is wider than `width` px."""
    text = text[: int(width)]  # no letter is narrower than a px
    if text_width(text, bold=bold) <= width:
        return text
    while text and text_width(text.rstrip() + "…", bold=bold) > width:
        text = text[:-1]
    return text.rstrip() + "…"


def number(value: float) -> str:
    """Coordinates with one decimal at most."""
    text = f"{value:.1f}"
    return (
        (text.rstrip("0").rstrip(".") if "." in text else text).replace("-0", "0")
        if abs(value) < 0.05
        else (text.rstrip("0").rstrip("."))
    )


@dataclass(frozen=True, slots=True)
class Box:
    left: float
    top: float
    right: float
    bottom: float

    def meets(self, other: Box) -> bool:
        return (
            self.left < other.right and other.left < self.right and self.top < other.bottom and other.top < self.bottom
        )


@dataclass
class Canvas:
    """One SVG drawing. Colours come from classes, so that light, dark and print restyle the same markup."""

    width: float
    height: float
    label: str | None = None
    css: str = ""
    parts: list[str] = field(default_factory=list)
    boxes: list[Box] = field(default_factory=list)

    def rect(self, x: float, y: float, width: float, height: float, css: str) -> None:
        across = number(max(width, 0))
        self.path(f"M{number(x)} {number(y)}h{across}v{number(max(height, 0))}h-{across}z", css)

    def line(self, x1: float, y1: float, x2: float, y2: float, css: str) -> None:
        to = f"V{number(y2)}" if x1 == x2 else f"H{number(x2)}" if y1 == y2 else f"L{number(x2)} {number(y2)}"
        self.path(f"M{number(x1)} {number(y1)}{to}", css)

    def polyline(self, points: list[tuple[float, float]], css: str) -> None:
        drawn = "L".join(f"{number(x)} {number(y)}" for x, y in points)
        self.path(f"M{drawn}", css)

    def area(self, upper: list[tuple[float, float]], lower: list[tuple[float, float]], css: str) -> None:
        """The surface between two lines over the same places."""
        drawn = "L".join(f"{number(x)} {number(y)}" for x, y in [*upper, *reversed(lower)])
        self.path(f"M{drawn}Z", css)

    def path(self, drawn: str, css: str) -> None:
        """A shape; shapes of one class that follow each other are one element, since a page has hundreds."""
        head, tail = f'<path class="{css}" d="', '"/>'
        if self.parts and self.parts[-1].startswith(head):
            self.parts[-1] = f"{self.parts[-1].removesuffix(tail)}{drawn}{tail}"
        else:
            self.parts.append(f"{head}{drawn}{tail}")

    def circle(self, x: float, y: float, radius: float, css: str) -> None:
        self.parts.append(f'<circle class="{css}" cx="{number(x)}" cy="{number(y)}" r="{number(radius)}"/>')

    def text(self, x: float, y: float, words: str, css: str = "") -> None:
        """Set words with their baseline at y; `end` and `mid` in the class anchor them."""
        words = one_line(words)
        self.boxes.append(self.box(x, y, words, css))
        attribute = f' class="{css}"' if css else ""
        self.parts.append(f'<text{attribute} x="{number(x)}" y="{number(y)}">{escape(words)}</text>')

    def text_if_free(self, x: float, y: float, words: str, css: str = "") -> bool:
        """Set words where they cover no other words and stay inside; say whether they were set."""
        box = self.box(x, y, words, css)
        inside = box.left >= -0.5 and box.right <= self.width + 0.5 and box.top >= -1
        if not inside or any(box.meets(other) for other in self.boxes):
            return False
        self.text(x, y, words, css)
        return True

    def box(self, x: float, y: float, words: str, css: str) -> Box:
        """Where words would stand."""
        names = css.split()
        size = 14 if "lg" in names else SIZE
        width = text_width(words, size=size, bold="strong" in names or "b" in names or "g" in names)
        left = x - width if "end" in names else x - width / 2 if "mid" in names else x
        return Box(left, y - size * 0.78, left + width, y + size * 0.22)

    def markup(self) -> str:
        """The drawing as one <svg> element; without a label it is hidden from assistive technology."""
        spoken = (
            f'role="img" aria-label="{escape(one_line(self.label), quote=True)}"'
            if self.label
            else 'aria-hidden="true"'
        )
        css = f' class="{self.css}"' if self.css else ""
        size = f'width="{number(self.width)}" height="{number(self.height)}"'
        view = f'viewBox="0 0 {number(self.width)} {number(self.height)}"'
        return f"<svg{css} {spoken} {view} {size}>" + "".join(self.parts) + "</svg>"
