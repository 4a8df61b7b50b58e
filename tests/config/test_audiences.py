from __future__ import annotations

from pathlib import Path

import pytest

from config import narrowing
from config.load import load
from config.mistakes import ConfigurationError
from domain.strategy import Matcher
from tests.config.settings_files import SMALLEST, a_folder, loaded

DEAL = """\
themes: {merger: {name: Merger}, open: {name: Open}}
restricted:
  deal: {match: {label: secret}, themes: [merger]}
  pay: {match: [{project: PAY}]}
"""
MAIL = "mail: {host: localhost, tls: none, from: vmo@example.com}\n"


def mistakes(folder: Path, more: str) -> str:
    with pytest.raises(ConfigurationError) as caught:
        load(a_folder(folder, SMALLEST + more), environ={})
    return "\n".join(map(str, caught.value.mistakes))


def test_a_report_without_an_audience_is_barred_from_everything_that_is_restricted(tmp_path: Path) -> None:
    settings = loaded(a_folder(tmp_path, SMALLEST + DEAL + "audiences: {board: {sees: [deal]}}\n"))

    nobody, board = narrowing.audience(settings, None), narrowing.audience(settings, "board")

    assert [one.name for one in nobody.barred] == ["deal", "pay"]
    assert nobody.barred[0].matchers == (Matcher(label="secret"),)
    assert nobody.barred_names("themes") == {"merger"}
    assert [one.name for one in board.barred] == ["pay"]
    assert narrowing.audience(loaded(a_folder(tmp_path)), None).is_whole
    with pytest.raises(KeyError):
        narrowing.audience(settings, "nobody")


def test_what_an_audience_may_see_must_be_said(tmp_path: Path) -> None:
    found = mistakes(tmp_path, DEAL + "audiences:\n  board: {recipients: [a@example.com]}\n")

    assert "vmo.yaml:13: audiences.board: an audience needs `scopes` (what it may see) or `sees`" in found


def test_names_that_are_nearly_right_would_hide_nothing_and_are_refused(tmp_path: Path) -> None:
    more = DEAL.replace("themes: [merger]", "themes: [mergr], kpis: [deals], decisions: [D-1]")

    found = mistakes(
        tmp_path,
        more + "audiences: {board: {sees: [deel]}}\npublish: {chat: [{kind: slack, url: env:A, audience: bord}]}\n",
    )

    assert 'restricted.deal.themes[0]: there is no theme "mergr"; did you mean "merger"?' in found
    assert 'restricted.deal.kpis[0]: there is no KPI "deals"' in found
    assert 'restricted.deal.decisions[0]: there is no decision "D-1"; write its id as decisions.csv has it' in found
    assert 'audiences.board.sees[0]: there is no restricted part "deel"; did you mean "deal"?' in found
    assert 'publish.chat[0].audience: there is no audience "bord"; did you mean "board"?' in found


def test_a_restriction_restricts_something(tmp_path: Path) -> None:
    assert "restricted.deal: it restricts nothing" in mistakes(tmp_path, "restricted: {deal: {}}\n")


def test_nobody_is_mailed_who_does_not_belong_to_the_audience(tmp_path: Path) -> None:
    more = DEAL + MAIL + "audiences: {board: {sees: [deal], recipients: [Ada@example.com]}}\n"

    found = mistakes(
        tmp_path,
        more + "reports:\n  b:\n    packs: [digest]\n    audience: board\n    to: [ada@example.com, eve@example.com]\n",
    )

    assert found == (
        "vmo.yaml:18: reports.b.to[1]: eve@example.com does not belong to the audience board; "
        "add the address to audiences.board.recipients, or take it from here"
    )


def test_who_belongs_to_an_audience_must_be_said_before_it_is_mailed_what_is_restricted(tmp_path: Path) -> None:
    more = DEAL + MAIL + "audiences: {board: {sees: [deal]}, shop: {scopes: {project: SHOP}}}\nreports:\n"
    reports = "  {name}: {{packs: [digest], audience: {name}, to: [ada@example.com]}}\n"

    found = mistakes(tmp_path, more + reports.format(name="board") + reports.format(name="shop"))

    assert found == (
        "vmo.yaml:15: reports.board.to: it is mailed what is restricted, and nobody says who belongs to board; "
        "list them under audiences.board.recipients"
    )
