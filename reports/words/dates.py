"""Dates, weeks and times as people say them."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

from domain.period import Period

_MONTHS = {
    "en": ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
           "November", "December"),
    "fr": ("janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre",
           "novembre", "décembre"),
}  # fmt: skip
_SHORT = {
    "en": ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"),
    "fr": ("janv.", "févr.", "mars", "avr.", "mai", "juin", "juil.", "août", "sept.", "oct.", "nov.", "déc."),
}
_WEEKDAYS = {
    "en": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
    "fr": ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche"),
}
_SHORT_WEEKDAYS = {
    "en": ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"),
    "fr": ("lun.", "mar.", "mer.", "jeu.", "ven.", "sam.", "dim."),
}


def day_number(day: int, locale: str) -> str:
    """The first of a month is « 1er » in French."""
    return "1er" if locale == "fr" and day == 1 else str(day)


def short(day: date, locale: str, *, year: int, weekday: bool = False) -> str:
    """27 Nov; 27 Nov 2027 when the year is not the page's; Fri 27 Nov for meetings."""
    text = f"{day_number(day.day, locale)} {_SHORT[locale][day.month - 1]}"
    if day.year != year:
        text += f" {day.year}"
    return f"{_SHORT_WEEKDAYS[locale][day.weekday()]} {text}" if weekday else text


def full(day: date, locale: str, *, weekday: bool = False) -> str:
    """22 November 2026; Sunday 22 November 2026."""
    text = f"{day_number(day.day, locale)} {_MONTHS[locale][day.month - 1]} {day.year}"
    return f"{_WEEKDAYS[locale][day.weekday()]} {text}" if weekday else text


def month_year(day: date, locale: str) -> str:
    return f"{_SHORT[locale][day.month - 1]} {day.year}"


def month_full(day: date, locale: str) -> str:
    """November 2026; novembre 2026."""
    return f"{_MONTHS[locale][day.month - 1]} {day.year}"


def month_short(day: date, locale: str) -> str:
    return _SHORT[locale][day.month - 1]


def span(period: Period, locale: str) -> str:
    """16 to 22 November 2026; du 16 au 22 novembre 2026. Months and years are said once where they agree."""
    first, last = period.start, period.last_day
    left = day_number(first.day, locale)
    if (first.year, first.month) != (last.year, last.month):
        left += f" {_MONTHS[locale][first.month - 1]}"
    if first.year != last.year:
        left += f" {first.year}"
    return f"du {left} au {full(last, locale)}" if locale == "fr" else f"{left} to {full(last, locale)}"


def clock(instant: datetime, zone: ZoneInfo, locale: str, *, with_zone: bool = False) -> str:
    """23:40 CET in English, 23 h 40 in French."""
    local = instant.astimezone(zone)
    if locale == "fr":
        return f"{local.hour} h {local.minute:02d}" if local.minute else f"{local.hour} h"
    return f"{local:%H:%M} {local.tzname()}" if with_zone else f"{local:%H:%M}"


def moment(instant: datetime, zone: ZoneInfo, locale: str) -> str:
    """Sunday 22 November 2026, 23:40 CET."""
    local = instant.astimezone(zone)
    return f"{full(local.date(), locale, weekday=True)}, {clock(instant, zone, locale, with_zone=True)}"


def age(seconds: float, locale: str) -> str:
    """How long ago, in the largest unit that says enough: 2 h 05 min, 3 days."""
    minutes = int(seconds // 60)
    if minutes < 60:
        return f"{minutes} min"
    hours, rest = divmod(minutes, 60)
    if hours < 48:
        return f"{hours} h {rest:02d}" + ("" if locale == "fr" else " min")
    days = hours // 24
    return f"{days} jours" if locale == "fr" else f"{days} days"
