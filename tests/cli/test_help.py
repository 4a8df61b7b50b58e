"""What a person sees who asks for help: quickly, and with an example for every command."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer.main

from cli.main import app
from tests.cli.program import vmo, vmo_alone

HEAVY = ("jira", "azure", "requests", "sqlalchemy", "sqlmodel", "duckdb", "babel", "jinja2", "pydantic", "apscheduler")


def every_command() -> list[tuple[str, ...]]:
    return list(_under(typer.main.get_command(app), ()))


def _under(command: Any, words: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """Typer brings its own copy of click in some versions, so a group is known by what it has."""
    inner = getattr(command, "commands", None)
    if inner is None:
        yield words
    else:
        for name, one in inner.items():
            yield from _under(one, (*words, name))


@pytest.mark.parametrize("words", every_command(), ids=" ".join)
def test_every_command_explains_itself_with_an_example(words: tuple[str, ...], tmp_path: Path) -> None:
    ended = vmo(*words, "--help", folder=tmp_path)

    assert ended.code == 0
    example = ended.out.partition("Example:")[2]
    assert "vmo " in example
    assert " ".join(words) in " ".join(example.split())


@pytest.mark.parametrize("words", every_command(), ids=" ".join)
def test_every_word_that_a_command_takes_is_explained(words: tuple[str, ...]) -> None:
    command: Any = typer.main.get_command(app)
    for word in words:
        command = command.commands[word]

    assert [one.name for one in command.params if not getattr(one, "help", None)] == []


def test_help_lists_every_command_and_the_exit_codes(tmp_path: Path) -> None:
    ended = vmo_alone("--help", folder=tmp_path)

    assert ended.code == 0
    for words in every_command():
        assert f" {words[0]} " in ended.out
    for code in ("0 done", "1 failed", "2 wrong usage", "3 partly done"):
        assert code in " ".join(ended.out.replace("│", " ").split())


def test_help_imports_nothing_heavy(tmp_path: Path) -> None:
    asked = (
        "import sys; sys.argv = ['vmo', '--help']; from cli.main import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "print('\\n'.join(sys.modules), file=sys.stderr)"
    )

    told = subprocess.run([sys.executable, "-c", asked], cwd=tmp_path, capture_output=True, text=True, check=True)

    loaded = {line.partition(".")[0] for line in told.stderr.splitlines()}
    assert "typer" in loaded
    assert loaded.isdisjoint(HEAVY)


@pytest.mark.parametrize(
    "words", [("frobnicate",), ("sync", "--fulll"), ("explain",), ("demo", "--size", "huge")], ids=" ".join
)
def test_wrong_usage_is_told_with_code_two(words: tuple[str, ...], tmp_path: Path) -> None:
    ended = vmo(*words, folder=tmp_path)

    assert ended.code == 2
    assert ended.err.strip()
    assert "Traceback" not in ended.err
    assert not list(tmp_path.iterdir())
