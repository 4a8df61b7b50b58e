from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.yaml_text import MOST_BYTES, Marked, dotted, read


def told(content: str | bytes) -> list[str]:
    raw = content.encode() if isinstance(content, str) else content
    return [str(mistake) for mistake in read(raw, file="vmo.yaml")[1]]


def understood(content: str) -> Marked:
    marked, mistakes = read(content.encode(), file="vmo.yaml")
    assert mistakes == []
    return marked


def test_every_scalar_is_text() -> None:
    marked = understood("a: NO\nb: 1.10\nc: 0o17\nd: 2026-09-28\ne: true\nf: null\ng: 12_000\nh: 1:30\ni: ~\nj: .inf\n")

    assert tuple(marked.data.values()) == (
        "NO",
        "1.10",
        "0o17",
        "2026-09-28",
        "true",
        "null",
        "12_000",
        "1:30",
        "~",
        ".inf",
    )


def test_an_empty_setting_is_left_out_and_an_empty_text_is_not() -> None:
    marked = understood("a:\nb: ''\nc: [x, '']\n")

    assert marked.data == {"b": "", "c": ("x", "")}


def test_every_value_knows_its_line() -> None:
    marked = understood("a:\n  b:\n    - c: 1\n      d: 2\n    - e\n")

    assert marked.line(("a", "b", 0, "d")) == 4
    assert marked.line(("a", "b", 1)) == 5
    assert marked.line(("a", "b", 0, "nowhere")) == 3
    assert marked.line(("nowhere",)) == 1


def test_a_path_reads_as_people_write_it() -> None:
    assert dotted(("themes", "settle-fast", "match", 0, "label")) == "themes.settle-fast.match[0].label"


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        pytest.param(
            "a: 1\nb:\n  c: 1\n  c: 2\n",
            "vmo.yaml:4: b.c: said twice, first in line 3; keep one of them",
            id="a key said twice",
        ),
        pytest.param(
            "a: 1\nb: !!python/object/apply:os.system [echo]\n",
            "vmo.yaml:2: YAML tags (a word that begins with `!`) are not accepted; remove it or quote it",
            id="an object of Python",
        ),
        pytest.param(
            "a: !!str 1\n",
            "vmo.yaml:1: YAML tags (a word that begins with `!`) are not accepted; remove it or quote it",
            id="a harmless tag",
        ),
        pytest.param(
            "a: ! x\n",
            "vmo.yaml:1: YAML tags (a word that begins with `!`) are not accepted; remove it or quote it",
            id="a bare tag",
        ),
        pytest.param(
            "a: {b: 1\nc: 2\n",
            "vmo.yaml:2: not YAML: expected ',' or '}', but got ':'; mend the line or the one above",
            id="a brace left open",
        ),
        pytest.param(
            "a: 1\n\tb: 2\n",
            "vmo.yaml:2: not YAML: found character '\\t' that cannot start any token; mend the line or the one above",
            id="a tab",
        ),
        pytest.param(
            "a: *nowhere\n",
            "vmo.yaml:1: not YAML: found undefined alias; mend the line or the one above",
            id="an anchor that is not there",
        ),
        pytest.param("a: &a [*a]\n", "vmo.yaml:1: a[0]: an anchor that holds itself", id="an anchor that holds itself"),
        pytest.param("a: &a {b: *a}\n", "vmo.yaml:1: a.b: an anchor that holds itself", id="a block that holds itself"),
        pytest.param(
            "a: &a {x: 1}\nb:\n  <<: *a\n",
            "vmo.yaml:3: b: merging with `<<` is not accepted; write the settings out, or use an anchor for one value",
            id="a merge",
        ),
        pytest.param("? [a, b]\n: 1\n", "vmo.yaml:1: a setting's name must be a word", id="a list as a name"),
        pytest.param(
            "a: 1\n---\nb: 2\n",
            "vmo.yaml:2: a second document begins here; one file holds one (remove the `---`)",
            id="two documents",
        ),
        pytest.param(
            "- a\n- b\n", "vmo.yaml:1: expected settings such as `portfolio:`, found something else", id="a list"
        ),
        pytest.param("hello", "vmo.yaml:1: expected settings such as `portfolio:`, found something else", id="a word"),
        pytest.param("", "vmo.yaml:1: the file is empty; `vmo init` writes one to begin with", id="nothing"),
        pytest.param(
            "# only a comment\n", "vmo.yaml:1: the file is empty; `vmo init` writes one to begin with", id="a comment"
        ),
        pytest.param("a: 1\nb: \x07\n", "vmo.yaml:2: a control character; remove it", id="a bell"),
        pytest.param("a: 1\nb: \x00\n", "vmo.yaml:2: a control character; remove it", id="a nul"),
        pytest.param("[" * 10_000, "vmo.yaml:1: blocks inside blocks, more than 24 deep", id="very deep"),
        pytest.param("{a: " * 10_000, "vmo.yaml:1: blocks inside blocks, more than 24 deep", id="deep in another way"),
    ],
)
def test_hostile_and_broken_text_is_refused_with_its_line(content: str, expected: str) -> None:
    assert told(content) == [expected]


@pytest.mark.parametrize("mark", ["*", "&", "!", "!x!", "%", "@", "`", "|", "["])
def test_a_secret_that_begins_like_yaml_is_not_repeated(mark: str) -> None:
    found = told(f"token: {mark}sekret-0815\nuser: [\n")

    assert found
    assert "sekret" not in " ".join(found)


def test_bytes_that_are_not_utf_8_are_refused_with_their_line() -> None:
    assert told(b"a: 1\nb: caf\xe9\n") == ["vmo.yaml:2: not UTF-8 text; save the file as UTF-8"]


def test_a_byte_order_mark_is_tolerated() -> None:
    assert understood("\ufeffa: 1\n").data == {"a": "1"}


def test_a_huge_file_is_refused_before_it_is_read() -> None:
    assert told(b"a" * (MOST_BYTES + 1)) == ["vmo.yaml:1: the file has 1,000,001 bytes; settings may have 1,000,000"]


def test_anchors_that_stand_for_billions_of_values_are_refused() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 10)]

    found = told("\n".join(lines))

    assert len(found) == 1
    assert "anchors make more than 100,000 values" in found[0]


@given(st.text(alphabet=st.sampled_from("ab:-[]{}&*!|>'\"#%@ \n\t,?<~0")))
def test_no_text_does_more_than_be_refused(content: str) -> None:
    marked, mistakes = read(content.encode(), file="vmo.yaml")

    assert marked.data or mistakes or marked.lines or re.search(r"\{\s*\}", content)
    assert all(mistake.line >= 1 for mistake in mistakes)
