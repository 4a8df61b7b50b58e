"""Numbers, dates and French typography as people write them; both catalogues say the same things."""

from __future__ import annotations

import ast
import re
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from string import Formatter
from zoneinfo import ZoneInfo

import pytest

import reports
from domain.period import Period
from reports.page import Span, Text, plain
from reports.words import dates, en, fr, numbers
from reports.words.catalogue import Words, foreign
from reports.words.typography import french, in_markup, in_words

PARIS = ZoneInfo("Europe/Paris")
ROOT = Path(reports.__file__ or "").parent


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        pytest.param(numbers.whole(1840, "en"), "1,840", id="thousands in English"),
        pytest.param(numbers.whole(1840, "fr"), "1\u202f840", id="thousands in French"),
        pytest.param(numbers.decimal(Decimal("11.4"), "fr"), "11,4", id="decimals in French"),
        pytest.param(numbers.decimal(Decimal("-0.3"), "en"), "\u22120.3", id="a real minus"),
        pytest.param(numbers.percent(Decimal("0.84"), "fr"), "84\u202f%", id="percent in French"),
        pytest.param(numbers.percent(0.855, "en"), "86%", id="percent in English"),
        pytest.param(numbers.money(4_290_000_000, "EUR", "en"), "€42.9m", id="millions in English"),
        pytest.param(numbers.money(4_290_000_000, "EUR", "fr"), "42,9\u00a0M€", id="millions in French"),
        pytest.param(numbers.money(25_000_000, "EUR", "fr"), "250\u00a0k€", id="thousands of euros"),
        pytest.param(numbers.exact_money(1_150_000, "EUR", "en"), "€11,500", id="euros to the unit"),
        pytest.param(numbers.exact_money(-1_150_000, "EUR", "fr"), "\u221211\u202f500\u00a0€", id="euros à l’unité"),
        pytest.param(numbers.difference(Decimal("1.6"), "fr"), "+1,6", id="a difference"),
        pytest.param(numbers.difference(0.0, "en"), "0", id="no difference"),
        pytest.param(numbers.in_words(3, "fr"), "trois", id="small counts in words"),
        pytest.param(numbers.spoken_unit("incidents", Decimal(1), "en"), "1 incident", id="one of a unit"),
        pytest.param(numbers.spoken_unit("incidents", Decimal("1.4"), "fr"), "1,4\u00a0incident", id="moins de deux"),
        pytest.param(numbers.spoken_unit("stories", Decimal(1), "en"), "1 story", id="one story"),
        pytest.param(numbers.spoken_unit("incidents", Decimal(-1), "en"), "−1 incident", id="one less"),
        pytest.param(numbers.spoken_unit("EUR", Decimal("6.6"), "en"), "€6.60", id="money with cents"),
        pytest.param(numbers.spoken_unit("€", Decimal(-1200), "en"), "−€1,200", id="whole money"),
        pytest.param(numbers.spoken_unit("EUR", Decimal("6.6"), "fr"), "6,60\u00a0€", id="argent"),
        pytest.param(numbers.spoken_unit("mois", Decimal(1), "fr"), "1\u00a0mois", id="un mois"),
        pytest.param(numbers.spoken_unit("incidents", Decimal(2), "en"), "2 incidents", id="two of a unit"),
        pytest.param(numbers.in_words(12, "en"), "12", id="large counts in digits"),
        pytest.param(dates.short(date(2026, 11, 27), "en", year=2026, weekday=True), "Fri 27 Nov", id="a meeting"),
        pytest.param(dates.short(date(2026, 12, 4), "fr", year=2026, weekday=True), "ven. 4 déc.", id="une réunion"),
        pytest.param(dates.full(date(2026, 12, 1), "fr"), "1er décembre 2026", id="the first in French"),
        pytest.param(dates.short(date(2027, 6, 30), "en", year=2026), "30 Jun 2027", id="another year"),
        pytest.param(
            dates.span(Period(date(2026, 11, 16), date(2026, 11, 23)), "fr"), "du 16 au 22 novembre 2026", id="a week"
        ),
        pytest.param(
            dates.span(Period(date(2026, 12, 28), date(2027, 1, 4)), "en"),
            "28 December 2026 to 3 January 2027",
            id="a week over two years",
        ),
        pytest.param(dates.clock(datetime(2026, 11, 22, 22, 40, tzinfo=UTC), PARIS, "fr"), "23 h 40", id="heure"),
        pytest.param(
            dates.clock(datetime(2026, 11, 22, 22, 40, tzinfo=UTC), PARIS, "en", with_zone=True),
            "23:40 CET",
            id="time with zone",
        ),
    ],
)
def test_says_numbers_and_dates_as_people_do(said: str, expected: str) -> None:
    assert said == expected


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("Cible : 85 % ; est-ce tout ?", "Cible\u00a0: 85\u202f%\u202f; est-ce tout\u202f?"),
        ("« À risque »", "«\u00a0À risque\u00a0»"),
        ("l'âge de 12 jours", "l\u2019âge de 12\u00a0jours"),
        ("le 1er décembre", "le 1er\u00a0décembre"),
        ("23 h 40", "23\u00a0h\u00a040"),
        ("https://example.com/a?b=1;c", "https://example.com/a?b=1;c"),
    ],
)
def test_sets_french_by_its_own_rules(typed: str, expected: str) -> None:
    assert french(typed) == expected


def test_leaves_addresses_foreign_words_and_styles_alone() -> None:
    markup = '<style>a : b</style><p>Cible : 5 <a href="/x : y">ici !</a> <bdi>a : b !</bdi></p>'

    said = in_markup(markup, "fr")

    assert "<style>a : b</style>" in said
    assert 'href="/x : y"' in said
    assert "<bdi>a : b !</bdi>" in said
    assert "Cible\u00a0: 5" in said
    assert "ici\u202f!" in said
    assert in_words("Voir : [ici](https://x.example/a%20:b) !", "fr").endswith("(https://x.example/a%20:b)\u202f!")


def test_never_changes_english() -> None:
    assert in_markup("<p>Why ? 50 %</p>", "en") == "<p>Why ? 50 %</p>"


def test_no_two_subjects_say_the_same_key() -> None:
    for language in (en, fr):
        keys = [key for part in language.PARTS for key in part.MESSAGES]

        assert len(keys) == len(set(keys)), language.__name__


def test_both_catalogues_have_the_same_messages_with_the_same_parts() -> None:
    assert set(en.MESSAGES) == set(fr.MESSAGES)
    for key, message in en.MESSAGES.items():
        assert parts_of(fr.MESSAGES[key]) <= parts_of(message), key


def test_every_message_is_read_somewhere() -> None:
    """Its key stands in the code, begins with one that does, or fits a name that is put together there."""
    written, parts = keys_in_code()
    fits = re.compile("|".join(parts))

    unread = [key for key in en.MESSAGES if not (fits.fullmatch(key) or written.intersection(beginnings(key)))]

    assert unread == []


def test_chooses_the_plural_by_each_language() -> None:
    english, french_words = (Words(locale=one, year=2026, zone=PARIS) for one in ("en", "fr"))

    assert english.text("days", n=0) == "0 days"
    assert french_words.text("days", n=0) == "0 jour"
    assert english.text("decisions.waiting", n=3) == "Three decisions are waiting"


def test_never_reads_foreign_words_as_a_message() -> None:
    words = Words(locale="en", year=2026, zone=PARIS)

    said = words.say("changes.reading", result=foreign("{n} **x**"), value="{0}", before="1")

    assert plain(said) == "{n} **x**: {0}, after 1."


def keys_in_code() -> tuple[set[str], set[str]]:
    """What may be keys in the program and its templates: whole ones, and patterns of those that are put together."""
    catalogues = [ROOT / "words" / one for one in ("en", "fr")]
    files = [*ROOT.rglob("*.py"), *(ROOT.parent / "cli").rglob("*.py")]
    code = [one.read_text("utf-8") for one in files if one.parent not in catalogues]
    pages = "".join(one.read_text("utf-8") for one in (ROOT / "templates").glob("*.html"))
    whole = set(re.findall(r"""["']([a-z_.]+)["']""", pages))
    patterns = {r"mistake\..*"}  # each is the form of a mistake, and found by that
    for node in (node for one in code for node in ast.walk(ast.parse(one))):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            whole.add(node.value)
        elif isinstance(node, ast.JoinedStr):
            told = [str(one.value) if isinstance(one, ast.Constant) else "" for one in node.values]
            if any("." in one and re.search("[a-z]{3}", one) for one in told):
                patterns.add("".join(re.escape(one) or r"[\w.]*" for one in told))
    return whole, patterns


def beginnings(key: str) -> list[str]:
    """The key, and what of it a longer one may be put together from: two parts at least."""
    parts = key.split(".")
    return [".".join(parts[:n]) for n in range(min(2, len(parts)), len(parts) + 1)]


def parts_of(message: str | tuple[str, str]) -> set[str]:
    texts = (message,) if isinstance(message, str) else message
    return {name for text in texts for _, name, _, _ in Formatter().parse(text) if name}


def test_a_sentence_that_ends_with_an_abbreviation_gets_no_second_full_stop() -> None:
    words = Words(locale="fr", year=2026, zone=PARIS)

    said = words.text("board.stop.why", days="154 jours", n=33, since=words.day(date(2026, 11, 4)))

    assert said.endswith("depuis le 4 nov.")
    assert not said.endswith("..")


FRENCH = Words(locale="fr", year=2026, zone=PARIS)
FEMININE = [
    "date",
    "décision",
    "dépendance",
    "échéance",
    "édition",
    "entrée",
    "équipe",
    "étape",
    "exception",
    "hypothèse",
    "lecture",
    "lettre",
    "ligne",
    "page",
    "personne",
    "proposition",
    "question",
    "règle",
    "réserve",
    "semaine",
    "source",
    "tâche",
    "valeur",
    "version",
    "d’entre",
]


def test_one_of_a_feminine_noun_is_une_in_french() -> None:
    wrong = [
        key
        for key, message in fr.MESSAGES.items()
        for text in ((message,) if isinstance(message, str) else message[:1])
        if re.search(rf"\{{\w+:[wW]\}} (?:autre )?(?:{'|'.join(FEMININE)})\b", text)
    ]

    assert wrong == []
    assert FRENCH.text("audit.settings.head", n=1).startswith("Une valeur")
    assert FRENCH.text("finding.exception_expired.short", n=1) == "une exception a expiré"
    assert FRENCH.text("finding.exception_expired.short", n=2).startswith("deux exceptions")


def test_a_list_that_names_some_ends_with_how_many_more() -> None:
    named: list[Text] = [(Span(text=name),) for name in ("a", "b", "c")]

    assert plain(FRENCH.listed(named)) == "a, b et c"
    assert plain(FRENCH.listed(named, more=2)) == "a, b, c et 2 autres"
    assert plain(Words(locale="en", year=2026, zone=PARIS).listed(named, more=1)) == "a, b, c and 1 more"


@pytest.mark.parametrize(
    ("n", "told"),
    [(1, "The one guardrail that can be judged holds"), (2, "Both guardrails that can be judged hold"),
     (3, "All three guardrails that can be judged hold")],
)  # fmt: skip
def test_all_two_are_both(n: int, told: str) -> None:
    words = Words(locale="en", year=2026, zone=ZoneInfo("UTC"))
    assert words.text("guardrails.hold", n=n) == told
    whole = words.say("finding.dates_kept.long", n=n)
    assert n != 2 or (whole[0].text, whole[0].strong) == ("both", True)
