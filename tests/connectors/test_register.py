"""What a walk remembers of every issue: a dictionary's answers in a tenth of its room."""

from __future__ import annotations

import tracemalloc
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.register import Keys, Numbers, Register


def test_answers_as_a_dictionary_does() -> None:
    random = Random(7)
    register, dictionary = Register(), dict[int, int]()

    for _ in range(20_000):
        number, beside = random.choice((random.randrange(-50, 9_000), random.randrange(1 << 62))), random.randrange(99)
        register[number] = dictionary[number] = beside

    assert len(register) == len(dictionary)
    assert dict(register.items()) == dictionary
    assert all(register.get(number) == dictionary.get(number) for number in range(-100, 9_100))


def test_a_hundred_thousand_issues_take_two_megabytes() -> None:
    random = Random(7)
    places = random.sample(range(100_000), 100_000)
    register, keys = Register(), Keys()
    tracemalloc.start()

    for place in places:
        register[10_000 + place] = 0
        keys.learn(f"CLM-{place + 1}", str(10_000 + place))

    assert tracemalloc.get_traced_memory()[0] < 2_500_000
    tracemalloc.stop()


@pytest.mark.parametrize(
    ("key", "issue_id"),
    [
        pytest.param("CLM-12", "10012", id="as Jira gives them"),
        pytest.param("CLM-12", "0", id="zero is an id"),
        pytest.param("CLM-12", "010012", id="an id with a zero before it"),
        pytest.param("CLM-012", "10012", id="a key with a zero before it"),
        pytest.param("CLM-12", "issue-7", id="an id that is no number"),
        pytest.param("CLM-12", "9" * 30, id="an id beyond 64 bits"),
        pytest.param("Ä_1-١٢", "10012", id="digits of another script"),
        pytest.param("none", "10012", id="no key at all"),
        pytest.param("CLM-12", None, id="a key that leads nowhere"),
    ],
)
def test_every_key_leads_to_the_id_that_it_was_given(key: str, issue_id: str | None) -> None:
    keys = Keys()
    keys.learn("CLM-11", "10011")

    keys.learn(key, issue_id)

    assert key in keys
    assert keys.get(key) == issue_id
    assert keys.get("CLM-11") == "10011"


def test_what_is_learnt_last_counts() -> None:
    keys = Keys()

    for issue_id in ("issue-7", "10012", None, "10013"):
        keys.learn("CLM-12", issue_id)

    assert keys.get("CLM-12") == "10013"


@pytest.mark.parametrize("key", ["CLM-13", "PAY-12", "CLM-012", "clm-12", "CLM"])
def test_another_key_is_not_known(key: str) -> None:
    keys = Keys()

    keys.learn("CLM-12", "10012")

    assert key not in keys
    assert keys.get(key) is None


@given(st.lists(st.integers(0, 20_000)))
def test_numbers_are_a_set(numbers: list[int]) -> None:
    found = Numbers()
    for number in numbers:
        found.add(number)

    assert len(found) == len(set(numbers))
    assert {number for number in range(20_001) if number in found} == set(numbers)
