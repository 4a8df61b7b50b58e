"""Values as people write them: 40%, 5 points, 35 days, 12_000_000, "Mon 07:00". Each is read from text, once.

Every reader takes what YAML gave (text, a tuple or a mapping) and raises ValueError with what was expected.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from pathlib import PurePath
from typing import Annotated, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler, WithJsonSchema
from pydantic_core import CoreSchema, core_schema
from urllib3.exceptions import LocationParseError
from urllib3.util import parse_url

from config import schedule as schedules
from config import secrets
from config.mistakes import did_you_mean

NAME_PATTERN = r"^[a-z0-9][a-z0-9_-]{0,63}$"
RESERVED = {"con", "prn", "aux", "nul", *(f"{device}{n}" for device in ("com", "lpt") for n in range(1, 10))}
LOCALES = ("en", "fr")
_SECRET_NAMES = {"token", "access_token", "api_key", "apikey", "key", "sig", "signature", "password", "secret"}


def said(value: Any) -> str:
    """What was found, in words that never repeat a long or broken text whole."""
    if isinstance(value, tuple | list):
        return "a list"
    if isinstance(value, dict):
        return "a block of settings"
    if value is None:
        return "nothing"
    text = "".join(letter if letter.isprintable() else "?" for letter in str(value))
    return f'"{text}"' if len(text) <= 60 else f'"{text[:57]}..."'


@dataclass(frozen=True)
class Written:
    """A value written as text: how it is read, and what is expected, in words."""

    reader: Callable[[str], Any]
    expected: str

    def read(self, value: Any) -> Any:
        if isinstance(value, tuple | dict) or value is None:
            raise ValueError(f"expected {self.expected}, found {said(value)}")
        return self.reader(value) if isinstance(value, str) else value

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_before_validator_function(self.read, handler(source))


@dataclass(frozen=True)
class OneOrMore:
    """A list whose only entry may stand alone."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_before_validator_function(_listed, handler(source))

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        many = handler(schema)
        return {"anyOf": [many["items"], many]}


@dataclass(frozen=True)
class OrText:
    """A block of which one setting, the named one, may stand alone as text."""

    setting: str

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_before_validator_function(self._block, handler(source))

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return {"anyOf": [{"type": "string"}, handler(schema)]}

    def _block(self, value: Any) -> Any:
        return {self.setting: value} if isinstance(value, str) else value


def text(words: str) -> str:
    """Text on one line, not empty."""
    if not words.strip():
        raise ValueError("expected text, found nothing")
    if any(ord(letter) < 32 or ord(letter) == 127 for letter in words.rstrip("\n")):
        raise ValueError("expected text on one line, without control characters")
    return words.strip()


def name(words: str) -> str:
    """A short name that is safe as a file's name."""
    if re.fullmatch(NAME_PATTERN, words) is None:
        raise ValueError(
            f"a name must be 1 to 64 of a-z, 0-9, - and _ and begin with a letter or digit, found {said(words)}"
        )
    if words in RESERVED:
        raise ValueError(f'"{words}" is a device on some systems; choose another name')
    return words


def yes_or_no(words: str) -> bool:
    meanings = {"true": True, "yes": True, "false": False, "no": False}
    if words.lower() not in meanings:
        raise ValueError(f"expected true or false, found {said(words)}")
    return meanings[words.lower()]


def decimal(words: str) -> Decimal:
    """12_000_000 or -3.5; never 3,5."""
    if re.fullmatch(r"-?\d+(_\d{3})*(\.\d+)?", words) is None:
        hint = "; use a dot for decimals" if re.fullmatch(r"-?\d+,\d+", words) else ""
        raise ValueError(f"expected a number such as 12_000_000 or 3.5, found {said(words)}{hint}")
    return Decimal(words.replace("_", ""))


def whole(words: str) -> int:
    """A whole number from 1 on."""
    number = decimal(words)
    if number != int(number) or number < 1:
        raise ValueError(f"expected a whole number from 1 on, found {said(words)}")
    return int(number)


def share(words: str) -> Decimal:
    """40% as 0.40. A bare number is refused: 0.4 and 40 would both be guesses."""
    match = re.fullmatch(r"(\d+(?:\.\d+)?) ?%", words.strip())
    if match is None or Decimal(match[1]) > 100:
        raise ValueError(f"expected a share from 0% to 100%, such as 40%, found {said(words)}")
    return Decimal(match[1]) / 100


def percent(share: Decimal | int) -> str:
    """0.4 as 40%."""
    return f"{(Decimal(share) * 100).normalize():f}%"


def points(words: str) -> Decimal:
    """5 points, of a hundred."""
    match = re.fullmatch(r"(\d+(?:\.\d+)?) ?points?", words.strip())
    if match is None or Decimal(match[1]) > 100:
        raise ValueError(f'expected percentage points such as "5 points", found {said(words)}')
    return Decimal(match[1])


def so_many_points(points: Decimal) -> str:
    """5 as 5 points."""
    return f"{points.normalize():f} {'point' if points == 1 else 'points'}"


def duration(words: str) -> timedelta:
    match = re.fullmatch(r"(\d+) (minute|hour|day|week)s?", words.strip())
    if match is None or not 0 < int(match[1]) <= 10_000:
        raise ValueError(f"expected a length of time such as 24 hours or 35 days, found {said(words)}")
    return timedelta(**{f"{match[2]}s": int(match[1])})


def day(words: str) -> date:
    """2026-09-28."""
    if re.fullmatch(r"\d{4}-\d{2}-\d{2}", words):
        try:
            return date.fromisoformat(words)
        except ValueError:
            raise ValueError(f"there is no such day: {words}; expected one such as 2026-09-28") from None
    raise ValueError(f"expected a day such as 2026-09-28, found {said(words)}")


def zone(words: str) -> ZoneInfo:
    try:
        return ZoneInfo(words)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        near = did_you_mean(words, available_timezones())
        raise ValueError(f"expected a time zone such as Europe/Paris, found {said(words)}{near}") from None


def currency(words: str) -> str:
    from babel import Locale  # noqa: PLC0415 - slow to import, and rarely the first thing asked

    if words not in Locale("en").currencies:
        raise ValueError(f"expected a currency's three letters, such as EUR, found {said(words)}")
    return words


def locale(words: str) -> str:
    if words not in LOCALES:
        raise ValueError(f"expected {' or '.join(LOCALES)}, found {said(words)}")
    return words


def holiday(words: str) -> str | date:
    """A country (FR), a part of one (FR-57), or a day."""
    if re.match(r"\d", words):
        return day(words)
    from holidays import list_supported_countries  # noqa: PLC0415 - slow to import

    country, _, part = words.partition("-")
    supported = list_supported_countries(include_aliases=False)
    if country not in supported:
        raise ValueError(
            f"expected a country's two letters, such as FR, or a day such as 2026-12-24, found {said(words)}"
        )
    if part and part not in supported[country]:
        known = ", ".join(supported[country]) or "none"
        raise ValueError(f'{country} has no part "{part}"; known: {known}')
    return words


def recipient(words: str) -> str:
    """One address, bare: no name, no list, nothing that a mail server could read as two."""
    local, at, host = words.rpartition("@")
    atoms = r"[A-Za-z0-9!#$%&'*+/=?^_{|}~-]+"
    good = at and re.fullmatch(rf"{atoms}(\.{atoms})*", local) and _DOMAIN.fullmatch(host)
    if not good or len(words) > 254 or len(local) > 64:
        raise ValueError(f"expected one bare address such as lpm@example.com, found {said(words)}")
    return words


def domain(words: str) -> str:
    """What stands behind the @ of an address, in small letters."""
    if not _DOMAIN.fullmatch(words) or len(words) > 253:
        raise ValueError(f"expected what stands behind the @ of addresses, such as example.com, found {said(words)}")
    return words.lower()


def base_url(words: str) -> str:
    """The address of a tracker: scheme, host, perhaps a port and a context path.

    Parsed by the library that dials it, since two parsers may see two hosts in one text. Whether plain http or an
    address in place of a host name is acceptable depends on the source's other settings, and is checked there.
    """
    if re.search(r"[\s\\\x00-\x1f\x7f]", words):
        raise ValueError("an address must hold no spaces, backslashes or control characters")
    try:
        parsed = parse_url(words)
    except LocationParseError:
        raise ValueError("expected an address such as https://example.atlassian.net") from None
    if parsed.auth is not None or "@" in words:
        raise ValueError("an address must hold no user or password; use `user:` and `token:`")
    if parsed.scheme not in ("https", "http") or not parsed.host:
        raise ValueError("expected an address such as https://example.atlassian.net")
    if parsed.query is not None or parsed.fragment is not None or "%" in words or "/.." in words:
        raise ValueError("expected only scheme, host and path; remove what follows `?` or `#`, and any `%` or `..`")
    host = parsed.host.strip("[]")
    labels = host.rstrip(".").split(".")
    if ":" not in host and _is_number(labels[-1]) and not re.fullmatch(r"\d{1,3}(\.\d{1,3}){3}", host):
        raise ValueError("the host is a number in disguise; write its name")
    return words.rstrip("/")


def endpoint_url(words: str) -> str:
    """The whole address of an answer: as that of a tracker, and perhaps a query, in which no secret stands."""
    address, mark, query = words.partition("?")
    base_url(address)
    if re.search(r"[\[\]{}]", address):
        raise ValueError("an address must hold no brackets or braces")
    if "#" in query or not re.fullmatch(r"[A-Za-z0-9._~!$'()*,;:@/?&=+%-]*", query):
        raise ValueError("a query may hold letters, digits and %-escapes; remove `#` and whatever follows it")
    names = {part.partition("=")[0].lower() for part in query.split("&")}
    if secret := names & {
        "token",
        "access_token",
        "api_key",
        "apikey",
        "key",
        "sig",
        "signature",
        "password",
        "secret",
    }:
        raise ValueError(f"a secret must not stand in an address (`{min(secret)}`); use `token: env:NAME`")
    path = parse_url(address).path
    return address + ("" if path else "/") + mark + query


def pointer(words: str) -> str:
    """A JSON pointer (RFC 6901): /data/0/value."""
    if words != "" and re.fullmatch(r"(/([^~/]|~[01])*)+", words) is None:
        raise ValueError(f"expected a JSON pointer such as /data/0/value, found {said(words)}")
    return words


def address_of(url: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """The IP address that stands in a URL in place of a host name; None: it is a name."""
    host = (parse_url(url).host or "").strip("[]")
    try:
        found = ipaddress.ip_address(host)
    except ValueError:
        return ipaddress.ip_address("127.0.0.1") if host.rstrip(".").endswith("localhost") else None
    return getattr(found, "ipv4_mapped", None) or found


def host_of(url: str) -> str:
    return parse_url(url).host or ""


def scheme_of(url: str) -> str:
    return parse_url(url).scheme or ""


def listening(words: str) -> str:
    """host:port to listen on."""
    match = re.fullmatch(r"(?:\[([0-9a-f:]+)\]|([A-Za-z0-9.-]+)):(\d{1,5})", words)
    if match is None or int(match[3]) > 65535:
        raise ValueError(f"expected host:port such as 127.0.0.1:8080, found {said(words)}")
    return words


def path(words: str) -> PurePath:
    if "\0" in words or not words.strip():
        raise ValueError("expected the path of a file")
    return PurePath(words)


def _is_number(label: str) -> bool:
    return re.fullmatch(r"\d+|0x[0-9a-f]*", label) is not None


def _listed(value: Any) -> Any:
    return value if isinstance(value, tuple) else (value,)


def shaped(pattern: str, **more: Any) -> WithJsonSchema:
    return WithJsonSchema({"type": "string", "pattern": pattern, **more})


_DOMAIN = re.compile(r"(?!-)[A-Za-z0-9-]{1,63}(?<!-)(\.(?!-)[A-Za-z0-9-]{1,63}(?<!-))*")
_NUMBER = WithJsonSchema({"anyOf": [{"type": "number"}, {"type": "string", "pattern": r"^-?\d+(_\d{3})*(\.\d+)?$"}]})
_WHOLE = WithJsonSchema(
    {"anyOf": [{"type": "integer", "minimum": 1}, {"type": "string", "pattern": r"^\d+(_\d{3})*$"}]}
)
_PLAIN = WithJsonSchema({"type": ["string", "number", "boolean"]})  # an editor reads `Bug: 7` as a number; we as text
_REFERENCE = shaped(r"^(env:[A-Za-z_][A-Za-z0-9_]*|file:.+|keyring:[^/]+/.+)$")

Text = Annotated[str, Written(text, "text"), _PLAIN]
Name = Annotated[str, Written(name, "a name"), shaped(NAME_PATTERN)]
YesNo = Annotated[bool, Written(yes_or_no, "true or false"), WithJsonSchema({"enum": [True, False, "yes", "no"]})]
Number = Annotated[Decimal, Written(decimal, "a number"), _NUMBER]
Whole = Annotated[int, Written(whole, "a whole number"), _WHOLE]
Share = Annotated[Decimal, Written(share, "a share such as 40%"), shaped(r"^\d+(\.\d+)? ?%$")]
Points = Annotated[Decimal, Written(points, 'points such as "5 points"'), shaped(r"^\d+(\.\d+)? ?points?$")]
Duration = Annotated[
    timedelta, Written(duration, "a length of time such as 35 days"), shaped(r"^\d+ (minute|hour|day|week)s?$")
]
Day = Annotated[date, Written(day, "a day such as 2026-09-28"), shaped(r"^\d{4}-\d{2}-\d{2}$")]
Zone = Annotated[ZoneInfo, Written(zone, "a time zone"), WithJsonSchema({"type": "string"})]
Currency = Annotated[str, Written(currency, "a currency"), shaped(r"^[A-Z]{3}$")]
Locale = Annotated[str, Written(locale, "a language"), WithJsonSchema({"enum": list(LOCALES)})]
Holiday = Annotated[str | date, Written(holiday, "a country or a day"), WithJsonSchema({"type": "string"})]
Recipient = Annotated[str, Written(recipient, "one address"), WithJsonSchema({"type": "string", "format": "email"})]
Domain = Annotated[str, Written(domain, "a domain"), WithJsonSchema({"type": "string", "format": "hostname"})]
Url = Annotated[str, Written(base_url, "an address"), WithJsonSchema({"type": "string", "format": "uri"})]
EndpointUrl = Annotated[str, Written(endpoint_url, "an address"), WithJsonSchema({"type": "string", "format": "uri"})]
Pointer = Annotated[str, Written(pointer, "a JSON pointer such as /data/0/value"), shaped(r"^(/.*)?$")]
Listening = Annotated[str, Written(listening, "host:port"), shaped(r":\d{1,5}$")]
Path = Annotated[PurePath, Written(path, "the path of a file"), WithJsonSchema({"type": "string"})]
When = Annotated[
    schedules.Schedule, Written(schedules.schedule, "when, such as Mon 07:00"), WithJsonSchema({"type": "string"})
]
SecretReference = Annotated[secrets.Reference, Written(secrets.reference, "a reference such as env:NAME"), _REFERENCE]
