"""The palette of the pages and the mails: every word can be read, every status told apart, in light and in dark.

Contrast: WCAG 2.2, 1.4.3 and 1.4.11. Distance: CIEDE2000 under normal sight and under simulated protanopia and
deuteranopia (Viénot, Brettel and Mollon 1999).
"""

from __future__ import annotations

import math
import re
from itertools import combinations

import pytest

from reports.render.environment import template_text

TEXT = ("ink", "ink-2", "ink-3", "link", "good", "warn-text", "bad")
MARKS = ("actual", "focus", "good", "warn", "bad")
STATUS = ("good", "warn", "bad")
SEEN = ("normal", "protan", "deutan")

Colour = tuple[float, float, float]


def themes() -> dict[str, dict[str, str]]:
    """The colours of each scheme by name, as the stylesheet declares them; dark ones stand over the light ones."""
    css = template_text("report.css")
    light, dark = css.split("prefers-color-scheme: dark", 1)
    dark = dark[: dark.index("}")]
    declared = [dict(re.findall(r"--([\w-]+):\s*(#[0-9a-fA-F]{6})", one)) for one in (light, dark)]
    return {"light": declared[0], "dark": {**declared[0], **declared[1]}}


def linear(colour: str) -> Colour:
    red, green, blue = (int(colour[index : index + 2], 16) / 255 for index in (1, 3, 5))
    return _linear(red), _linear(green), _linear(blue)


def _linear(channel: float) -> float:
    return float(channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4)


def contrast(one: str, other: str) -> float:
    darker, lighter = sorted(
        0.2126 * red + 0.7152 * green + 0.0722 * blue for red, green, blue in map(linear, (one, other))
    )
    return (lighter + 0.05) / (darker + 0.05)


def seen(colour: str, by: str) -> Colour:
    """The colour as someone with the deficiency sees it, in linear light."""
    red, green, blue = linear(colour)
    if by == "normal":
        return red, green, blue
    long = 17.8824 * red + 43.5161 * green + 4.11935 * blue
    medium = 3.45565 * red + 27.1554 * green + 3.86714 * blue
    short = 0.0299566 * red + 0.184309 * green + 1.46709 * blue
    if by == "protan":
        long = 2.02344 * medium - 2.52581 * short
    else:
        medium = 0.494207 * long + 1.24827 * short
    back = (
        0.0809444479 * long - 0.130504409 * medium + 0.116721066 * short,
        -0.0102485335 * long + 0.0540193266 * medium - 0.113614708 * short,
        -0.000365296938 * long - 0.00412161469 * medium + 0.693511405 * short,
    )
    held = [min(1.0, max(0.0, one)) for one in back]
    return held[0], held[1], held[2]


def lab(colour: Colour) -> Colour:
    red, green, blue = colour

    def bent(value: float) -> float:
        return float(value ** (1 / 3) if value > 0.008856 else 7.787 * value + 16 / 116)

    x = bent((0.4124 * red + 0.3576 * green + 0.1805 * blue) / 0.95047)
    y = bent(0.2126 * red + 0.7152 * green + 0.0722 * blue)
    z = bent((0.0193 * red + 0.1192 * green + 0.9505 * blue) / 1.08883)
    return 116 * y - 16, 500 * (x - y), 200 * (y - z)


def distance(one: Colour, other: Colour) -> float:
    """CIEDE2000 of two colours in CIELAB."""
    light_1, a_1, b_1 = one
    light_2, a_2, b_2 = other
    mean_chroma = (math.hypot(a_1, b_1) + math.hypot(a_2, b_2)) / 2
    stretch = 1.5 - 0.5 * math.sqrt(mean_chroma**7 / (mean_chroma**7 + 25**7))
    a_1, a_2 = a_1 * stretch, a_2 * stretch
    chroma_1, chroma_2 = math.hypot(a_1, b_1), math.hypot(a_2, b_2)
    hue_1, hue_2 = (math.degrees(math.atan2(b, a)) % 360 for a, b in ((a_1, b_1), (a_2, b_2)))
    turn = (hue_2 - hue_1 + 180) % 360 - 180 if chroma_1 * chroma_2 else 0.0
    hue = (hue_1 + turn / 2) % 360 if chroma_1 * chroma_2 else hue_1 + hue_2
    light, chroma = (light_1 + light_2) / 2, (chroma_1 + chroma_2) / 2
    tint = (
        1
        - 0.17 * math.cos(math.radians(hue - 30))
        + 0.24 * math.cos(math.radians(2 * hue))
        + 0.32 * math.cos(math.radians(3 * hue + 6))
        - 0.2 * math.cos(math.radians(4 * hue - 63))
    )
    by_light = (light_2 - light_1) / (1 + 0.015 * (light - 50) ** 2 / math.sqrt(20 + (light - 50) ** 2))
    by_chroma = (chroma_2 - chroma_1) / (1 + 0.045 * chroma)
    by_hue = 2 * math.sqrt(chroma_1 * chroma_2) * math.sin(math.radians(turn / 2)) / (1 + 0.015 * chroma * tint)
    bend = (
        -2
        * math.sqrt(chroma**7 / (chroma**7 + 25**7))
        * math.sin(math.radians(60 * math.exp(-(((hue - 275) / 25) ** 2))))
    )
    return math.sqrt(by_light**2 + by_chroma**2 + by_hue**2 + bend * by_chroma * by_hue)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("ground", ["paper", "wash"])
def test_every_text_colour_can_be_read(scheme: str, ground: str) -> None:
    colours = themes()[scheme]

    found = {name: contrast(colours[name], colours[ground]) for name in TEXT}

    assert min(found.values()) >= 4.5, found


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_mark_that_carries_meaning_stands_out(scheme: str) -> None:
    colours = themes()[scheme]

    found = {name: contrast(colours[name], colours["paper"]) for name in MARKS}

    assert min(found.values()) >= 3, found


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("by", SEEN)
def test_statuses_are_told_apart_by_everyone(scheme: str, by: str) -> None:
    colours = {name: lab(seen(themes()[scheme][name], by)) for name in STATUS}

    found = {pair: distance(colours[pair[0]], colours[pair[1]]) for pair in combinations(STATUS, 2)}

    assert min(found.values()) >= 15, found


def test_the_distance_is_that_of_the_published_example() -> None:
    # Sharma, Wu and Dalal 2005, table 1, pair 1
    assert distance((50.0, 2.6772, -79.7751), (50.0, 0.0, -82.7485)) == pytest.approx(2.0425, abs=0.0001)


def test_the_mail_uses_no_colour_of_its_own_for_words() -> None:
    light = set(themes()["light"].values())

    told = set(re.findall(r"[^-]color:\s*(#[0-9a-fA-F]{6})", template_text("mail.css")))

    assert told <= light | {"#ffffff"}
