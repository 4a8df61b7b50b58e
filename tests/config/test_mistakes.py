from __future__ import annotations

import pytest

from config.mistakes import ConfigurationError, Mistake, did_you_mean


def test_a_mistake_reads_as_its_place_and_its_mend() -> None:
    mistake = Mistake("vmo.yaml", 17, "sources.claims.tokn", 'unknown setting; did you mean "token"?')

    assert str(mistake) == 'vmo.yaml:17: sources.claims.tokn: unknown setting; did you mean "token"?'
    assert str(Mistake("vmo.yaml", 1, "", "the file is empty")) == "vmo.yaml:1: the file is empty"


@pytest.mark.parametrize("hidden", ["a\nvmo.yaml:1: forged", "a\x1b[31m", "a\u202eb", "a" * 10_000])
def test_a_mistake_stays_on_one_line_whatever_a_name_holds(hidden: str) -> None:
    shown = str(Mistake("vmo.yaml", 1, f"reports.{hidden}", "a name must be short"))

    assert shown.isprintable()
    assert len(shown) < 300


def test_mistakes_come_in_the_order_of_the_file_and_each_once() -> None:
    first, second = Mistake("vmo.yaml", 2, "a", "x"), Mistake("vmo.yaml", 10, "b", "y")

    error = ConfigurationError([second, first, second])

    assert error.mistakes == (first, second)
    assert str(error) == "vmo.yaml:2: a: x\nvmo.yaml:10: b: y"


def test_a_thousand_mistakes_are_not_all_read_out() -> None:
    error = ConfigurationError(Mistake("readings.csv", line, "date", "x") for line in range(1, 1_001))

    assert len(error.mistakes) == 1_000
    assert str(error).splitlines()[-1] == "... and 900 more"
    assert len(str(error).splitlines()) == 101


@pytest.mark.parametrize(
    ("word", "mend"),
    [("tokn", '; did you mean "token"?'), ("TOKEN", '; did you mean "token"?'), ("colour", "")],
)
def test_only_a_near_name_is_suggested(word: str, mend: str) -> None:
    assert did_you_mean(word, ["token", "user"]) == mend
