from __future__ import annotations

import base64
import copy
import os
import pickle
import sys
import types
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from config.secrets import Reference, Secret, SecretUnavailableError, open_secret, reference


def opened(words: str, folder: Path, environ: Mapping[str, str] | None = None) -> str:
    return open_secret(reference(words), environ=environ or {}, folder=folder).reveal()


def a_secret_file(folder: Path, content: bytes, mode: int = 0o600) -> Path:
    path = folder / "token"
    path.write_bytes(content)
    path.chmod(mode)
    return path


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("env:JIRA_TOKEN", Reference("env", "JIRA_TOKEN")),
        ("file:/run/secrets/jira", Reference("file", "/run/secrets/jira")),
        ("keyring:vmo/jira token", Reference("keyring", "vmo/jira token")),
    ],
)
def test_a_reference_says_where_a_secret_is_kept(words: str, expected: Reference) -> None:
    assert reference(words) == expected
    assert str(expected) == words


@pytest.mark.parametrize(
    "words", ["sekret-0815", "env:", "env:se-kret-0815", "file:", "keyring:sekret-0815", "vault:sekret-0815", ""]
)
def test_what_is_no_reference_is_refused_without_repeating_it(words: str) -> None:
    with pytest.raises(ValueError, match=r"env:NAME|file:PATH|keyring:SERVICE/USER") as caught:
        reference(words)

    assert "0815" not in str(caught.value)


def test_the_environment_that_was_told_is_asked(tmp_path: Path) -> None:
    assert opened("env:TOKEN", tmp_path, {"TOKEN": "abc"}) == "abc"


@pytest.mark.parametrize("content", [b"abc", b"abc\n", b"abc\r\n", b"\xef\xbb\xbfabc\n"])
def test_a_file_gives_its_only_line(tmp_path: Path, content: bytes) -> None:
    a_secret_file(tmp_path, content)

    assert opened("file:token", tmp_path) == "abc"


def test_a_rotated_file_is_read_anew(tmp_path: Path) -> None:
    kept = reference("file:token")
    a_secret_file(tmp_path, b"old")
    before = open_secret(kept, environ={}, folder=tmp_path)

    a_secret_file(tmp_path, b"new")

    assert before.reveal() == "old"
    assert open_secret(kept, environ={}, folder=tmp_path).reveal() == "new"


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o660, 0o601])
def test_a_file_that_others_may_read_is_refused(tmp_path: Path, mode: int) -> None:
    a_secret_file(tmp_path, b"sekret-0815", mode)

    with pytest.raises(SecretUnavailableError, match="chmod 0600") as caught:
        opened("file:token", tmp_path)

    assert "0815" not in str(caught.value)


@pytest.mark.parametrize("content", [b"", b"\n", b"  \n", b"ab\ncd\n", b"caf\xe9", b"a\x00b", b"x" * 70_000])
def test_a_file_that_holds_no_single_secret_is_refused(tmp_path: Path, content: bytes) -> None:
    a_secret_file(tmp_path, content)

    with pytest.raises(SecretUnavailableError, match="file:token"):
        opened("file:token", tmp_path)


@pytest.mark.parametrize("words", ["env:NOWHERE", "file:nowhere", "file:."])
def test_a_secret_that_is_not_there_says_where_it_was_looked_for(tmp_path: Path, words: str) -> None:
    with pytest.raises(SecretUnavailableError, match=words.rstrip(".")):
        opened(words, tmp_path)


def test_a_pipe_in_place_of_a_file_does_not_hang(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "token", 0o600)

    with pytest.raises(SecretUnavailableError, match="not a regular file"):
        opened("file:token", tmp_path)


def test_without_the_keyring_extra_the_mend_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "keyring", None)

    with pytest.raises(SecretUnavailableError, match=r"pip install 'vmo\[keyring\]'"):
        opened("keyring:vmo/jira", tmp_path)


def test_a_keyring_is_asked_for_service_and_user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    held = {("vmo", "jira"): "abc"}
    ring = types.SimpleNamespace(get_password=lambda service, user: held.get((service, user)))
    monkeypatch.setitem(sys.modules, "keyring", ring)

    assert opened("keyring:vmo/jira", tmp_path) == "abc"
    with pytest.raises(SecretUnavailableError, match="holds nothing there"):
        opened("keyring:vmo/ado", tmp_path)


def test_a_keyring_that_fails_says_so_without_its_own_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(service: str, user: str) -> str:
        raise RuntimeError("sekret-0815 is locked")

    monkeypatch.setitem(sys.modules, "keyring", types.SimpleNamespace(get_password=fail))

    with pytest.raises(SecretUnavailableError, match="RuntimeError") as caught:
        opened("keyring:vmo/jira", tmp_path)

    assert "0815" not in str(caught.value)
    assert caught.value.__suppress_context__


def test_a_secret_does_not_show_itself() -> None:
    secret = Secret("sekret-0815")

    shown = f"{secret} {secret!r} {[secret]} {secret:>20} {vars(Secret).keys()}"

    assert "0815" not in shown
    assert "***" in shown


@pytest.mark.parametrize("act", [pickle.dumps, copy.deepcopy])
def test_a_secret_is_never_pickled(act: Callable[[Secret], object]) -> None:
    with pytest.raises(TypeError, match="never pickled"):
        act(Secret("sekret-0815"))


def test_every_form_in_which_a_secret_may_turn_up_is_named() -> None:
    secret = Secret("a b/c+d=ü")

    forms = secret.forms(user="vmo@example.com")

    assert forms[0] == max(forms, key=len)
    assert {
        "a b/c+d=ü",
        base64.b64encode("a b/c+d=ü".encode()).decode(),
        base64.b64encode("vmo@example.com:a b/c+d=ü".encode()).decode(),
        base64.b64encode(":a b/c+d=ü".encode()).decode(),
        "a%20b%2Fc%2Bd%3D%C3%BC",
        "a+b%2Fc%2Bd%3D%C3%BC",
    } <= set(forms)
