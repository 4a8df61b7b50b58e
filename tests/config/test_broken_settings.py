"""Whatever is done to the file, what comes out is settings or mistakes with a place: never a crash, never a secret."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as trying
from hypothesis import strategies as st

from config.load import load
from config.mistakes import ConfigurationError
from tests.config.settings_files import WHOLE, the_whole

LINES = WHOLE.splitlines()
VALUES = [
    "",
    "x",
    "[]",
    "{}",
    "[x, {y: z}]",
    "{x: {y: [z]}}",
    "[[[]]]",
    "-1",
    "40%",
    "2026-09-28",
    "'\\u202e'",
    "999999999999",
    "null",
]


@st.composite
def broken(draw: st.DrawFn) -> str:
    """vmo.yaml with some lines gone, moved, or saying something else."""
    lines = list(LINES)
    for _ in range(draw(st.integers(1, 4))):
        number = draw(st.integers(0, len(lines) - 1))
        name, colon, _ = lines[number].partition(":")
        match draw(st.sampled_from(["drop", "twice", "indent", "say", "cut"])):
            case "drop":
                del lines[number]
            case "twice":
                lines.insert(number, lines[number])
            case "indent":
                lines[number] = "  " + lines[number]
            case "say" if colon:
                lines[number] = f"{name}: {draw(st.sampled_from(VALUES))}"
            case _:
                lines[number] = lines[number][: draw(st.integers(0, len(lines[number])))]
    return "\n".join(lines)


@trying(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(yaml=broken())
def test_broken_settings_are_told_and_never_crash(yaml: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = the_whole(Path(folder), yaml)
        try:
            found = load(path, environ={})
        except ConfigurationError as error:
            last = len(yaml.splitlines()) + 1
            assert error.mistakes
            assert all(mistake.message for mistake in error.mistakes)
            assert all(1 <= mistake.line <= last for mistake in error.mistakes if mistake.file == "vmo.yaml")
        else:
            assert found.document.sources


@pytest.mark.parametrize(
    "said", ["sekret-0815", "{a: sekret-0815}", "[sekret-0815]", "https://a:sekret-0815@x.example"]
)
@pytest.mark.parametrize(
    "number", [n for n, line in enumerate(LINES) if line.strip().startswith(("token:", "url:", "store:"))]
)
def test_what_stands_where_a_secret_could_stand_is_not_repeated(tmp_path: Path, number: int, said: str) -> None:
    name, _, _ = LINES[number].partition(":")
    path = the_whole(tmp_path, "\n".join([*LINES[:number], f"{name}: {said}", *LINES[number + 1 :]]))

    with pytest.raises(ConfigurationError) as caught:
        load(path, environ={})

    assert "0815" not in str(caught.value)
