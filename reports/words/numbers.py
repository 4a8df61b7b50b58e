"""Numbers as people say them, in English (en-GB) and French (fr-FR)."""

from __future__ import annotations

import re
from decimal import ROUND_HALF_UP, Decimal

from reports.words.foreign import one_line

LONGEST_UNIT = 24
MINUS = "\u2212"
NARROW = "\u202f"  # between thousands and before %, in French
FIXED = "\u00a0"  # between a number and its unit

_PLURAL = re.compile(r"[a-zà-ÿ]{2,}[^siu\W]s")  # incidents, magasins; not mois, stress or bonus

_WORDS = {
    "en": ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"),
    "fr": ("aucun", "un", "deux", "trois", "quatre", "cinq", "six", "sept", "huit", "neuf"),
}
_SYMBOLS = {"EUR": "€", "GBP": "£", "USD": "$"}


def in_words(count: int, locale: str, *, feminine: bool = False) -> str:
    """Small counts as words, from ten on as digits. French has one of them in two genders."""
    if feminine and count == 1 and locale == "fr":
        return "une"
    words = _WORDS[locale]
    return words[count] if 0 < count < len(words) else whole(count, locale)


def whole(value: int, locale: str) -> str:
    """1,840 in English; 1 840 with a narrow space in French."""
    digits = f"{abs(value):,}"
    if locale == "fr":
        digits = digits.replace(",", NARROW)
    return (MINUS if value < 0 else "") + digits


def decimal(value: Decimal | float, locale: str, *, places: int | None = None) -> str:
    """A number with so many places; without `places`, as many as it needs, two at most."""
    exact = value if isinstance(value, Decimal) else Decimal(repr(value))
    rounded = exact.quantize(Decimal(1).scaleb(-(2 if places is None else places)), rounding=ROUND_HALF_UP)
    text = f"{abs(rounded):,f}"
    if places is None and "." in text:
        text = text.rstrip("0").rstrip(".")
    if locale == "fr":
        text = text.replace(",", "\x00").replace(".", ",").replace("\x00", NARROW)
    return (MINUS if rounded < 0 else "") + text


def percent(share: Decimal | float, locale: str, *, places: int = 0) -> str:
    """A share of one as a percentage."""
    exact = share if isinstance(share, Decimal) else Decimal(repr(share))
    text = decimal(exact * 100, locale, places=places)
    return f"{text}{NARROW}%" if locale == "fr" else f"{text}%"


def difference(value: Decimal | float, locale: str, *, places: int | None = None) -> str:
    """Signed, except that a zero difference is 0."""
    text = decimal(value, locale, places=places)
    is_zero = not any(digit in text for digit in "123456789")
    if is_zero:
        return "0"
    return text if text.startswith(MINUS) else f"+{text}"


def money(minor_units: int, currency: str, locale: str) -> str:
    """Compact money from minor units, of which a currency may have none: €42.9m, €250k; 42,9 M€, 250 k€."""
    from babel.numbers import get_currency_precision  # noqa: PLC0415 - slow to import

    symbol = _SYMBOLS.get(currency, currency)
    units = Decimal(minor_units).scaleb(-get_currency_precision(currency))
    sign = MINUS if units < 0 else ""
    size = abs(units)
    if size >= 999_500:
        number, scale = decimal(size / 1_000_000, locale, places=1), "m"
    elif size >= 1_000:
        number, scale = decimal(size / 1_000, locale, places=0), "k"
    else:
        number, scale = decimal(size, locale, places=0), ""
    if locale == "fr":
        return f"{sign}{number}{FIXED}{scale.upper() if scale == 'm' else scale}{symbol}"
    return f"{sign}{symbol}{number}{scale}" if len(symbol) == 1 else f"{sign}{symbol} {number}{scale}"


def exact_money(minor_units: int, currency: str, locale: str) -> str:
    """Money to the last minor unit, those of a whole amount left out: €1,234,567, €0.34; 1 234 567 €."""
    from babel.numbers import get_currency_precision  # noqa: PLC0415 - slow to import

    symbol, places = _SYMBOLS.get(currency, currency), get_currency_precision(currency)
    units = Decimal(minor_units).scaleb(-places)
    sign = MINUS if units < 0 else ""
    is_whole = units == units.to_integral_value()
    number = whole(int(abs(units)), locale) if is_whole else decimal(abs(units), locale, places=places)
    if locale == "fr":
        return f"{sign}{number}{FIXED}{symbol}"
    return f"{sign}{symbol}{number}" if len(symbol) == 1 else f"{sign}{symbol} {number}"


def whole_money(minor_units: int, currency: str, locale: str) -> str:
    """Money in whole units, the half upwards: €1,234,568; 1 234 568 €. What is less than a half is 0."""
    from babel.numbers import get_currency_precision  # noqa: PLC0415 - slow to import

    one = 10 ** int(get_currency_precision(currency))
    size = (2 * abs(minor_units) + one) // (2 * one) * one
    return exact_money(-size if minor_units < 0 else size, currency, locale) if size else "0"


def spoken_unit(unit: str, value: Decimal, locale: str) -> str:
    """A value with the unit its owner gave it; days agree in number, and money is written as money."""
    number = decimal(value, locale)
    unit = one_line(unit, LONGEST_UNIT)
    if (symbol := _SYMBOLS.get(unit, unit)) in _SYMBOLS.values():
        size = decimal(abs(value), locale, places=0 if value == value.to_integral_value() else 2)
        sign = MINUS if value < 0 else ""
        return f"{sign}{size}{FIXED}{symbol}" if locale == "fr" else f"{sign}{symbol}{size}"
    if unit in ("%", "percent"):
        return f"{number}{NARROW}%" if locale == "fr" else f"{number}%"
    if unit in ("day", "days", "jour", "jours"):
        singular = value == 1 or (locale == "fr" and abs(value) < 2)
        word = ("jour" if singular else "jours") if locale == "fr" else ("day" if singular else "days")
        return f"{number}{FIXED if locale == 'fr' else ' '}{word}"
    if not unit:
        return number
    if abs(value) < 2 if locale == "fr" else abs(value) == 1:
        unit = _one(unit)
    return f"{number}{FIXED if locale == 'fr' else ' '}{unit}"


def _one(unit: str) -> str:
    """A unit that its owner wrote in the plural, for a single one; any other is left as it is."""
    if unit.endswith("ies"):
        return f"{unit[:-3]}y"
    return unit[:-1] if _PLURAL.fullmatch(unit) else unit
