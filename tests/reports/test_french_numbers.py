"""In French, what is counted is in the singular below two, with decimals or without; in English it is not."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest

from reports.words.catalogue import Words


def words(locale: str) -> Words:
    return Words(locale=locale, year=2026, zone=ZoneInfo("Europe/Paris"))


@pytest.mark.parametrize(
    ("locale", "key", "number", "said"),
    [
        pytest.param("fr", "stream.days", "1,5", "1,5 jour", id="below two"),
        pytest.param("fr", "stream.days", "0,0", "0,0 jour", id="none"),
        pytest.param("fr", "stream.days", "2,0", "2,0 jours", id="two"),
        pytest.param("fr", "stream.days", "11,5", "11,5 jours", id="eleven begins with a one"),
        pytest.param("en", "stream.days", "1.5", "1.5 days", id="English"),
    ],
)
def test_days_agree_with_their_number(locale: str, key: str, number: str, said: str) -> None:
    assert words(locale).text(key, days=number) == said


def test_points_agree_within_a_sentence() -> None:
    said = words("fr").text("money.readings.close", points="0,8")

    assert said.startswith("Selon les jours,")
    assert "ne diffère pas de plus de 0,8 point : une lecture suffit." in said
