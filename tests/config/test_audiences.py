from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from config import narrowing
from config.load import load
from config.mistakes import ConfigurationError
from domain.audiences import Audience, Sight
from domain.strategy import Matcher, Objective
from domain.work_item import ItemId
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


@pytest.mark.parametrize(
    ("said", "instead", "is_other"),
    [
        pytest.param("label: deal", "label: merger", True, id="rule of a theme"),
        pytest.param("label: sold", "label: bought", True, id="rule of a value stream"),
        pytest.param("label: crew", "label: us", True, id="rule of a train"),
        pytest.param("label: seen", "label: open", False, id="rule of what nobody is barred from"),
        pytest.param("name: Merger", "name: Big merger", False, id="name"),
        pytest.param("name: Merger", "name: Merger, until: 2026-06-30", True, id="last day of a theme"),
        pytest.param(
            "name: Open", "name: Open, from: 2026-07-01", True, id="first day of another, which it may lose to"
        ),
    ],
)
def test_rules_by_which_items_come_to_what_is_restricted_are_part_of_what_may_be_seen(
    tmp_path: Path, said: str, instead: str, is_other: bool
) -> None:
    text = """\
themes: {merger: {name: Merger, match: [{label: deal}]}, open: {name: Open, match: [{label: seen}]}}
value_streams: {sale: {name: Sale, match: [{label: sold}], trains: {Crew: {match: [{label: crew}]}}}}
restricted: {deal: {themes: [merger], value_streams: [sale]}}
audiences: {board: {sees: [deal]}}
"""
    before = loaded(a_folder(tmp_path, SMALLEST + text))
    after = loaded(a_folder(tmp_path, SMALLEST + text.replace(said, instead)))

    assert (narrowing.rights(before, None) != narrowing.rights(after, None)) is is_other
    assert narrowing.rights(before, "board") == narrowing.rights(after, "board")


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


def test_what_an_audience_does_not_see_is_in_none_of_its_settings(tmp_path: Path) -> None:
    more = """\
themes:
  open: {name: Open, target_share: 40%, match: [{label: open}, {under: M-1}]}
  merger: {name: Merger, objective: {key_results: [{name: R, baseline: 1, target: 2, due: 2027-01-01, kpi: synergies}]}}
value_streams:
  seen: {name: Seen, budget: {"2026": 1}}
  part: {name: Part, budget: {"2026": 2}}
kpis: {synergies: {name: Synergies}, nps: {name: NPS}}
guardrails: {horizons: {H1: 60%, H2: 40%}, service_levels: {story: 10 days}}
scenarios: [{from: open, to: merger, share: 10%}]
"""
    votes = "theme,value_stream,period,share\nopen,,2026,40%\nmerger,,2026,60%\n,seen,2026,50%\nopen,,2025,100%\n"
    costs = "value_stream,period,amount\nseen,2026-01,1\npart,2026-01,2\n"
    settings = loaded(a_folder(tmp_path, SMALLEST + more, votes=votes, actuals=costs))
    hidden = ItemId("claims", "1")
    sight = Sight(
        audience=Audience(), hidden=frozenset({hidden}), themes=frozenset({"merger"}), broken=frozenset({"part"}),
        held=frozenset({hidden}), bearers={"m-1": frozenset({hidden})},
    )  # fmt: skip

    barred = narrowing.narrowed(settings, sight, carried={}, rules={})
    scoped = narrowing.narrowed(
        settings, replace(sight, audience=Audience(scopes=(Matcher(label="open"),))), carried={}, rules={}
    )  # fmt: skip

    assert list(barred.document.themes) == ["open"]
    assert [one.label for one in barred.document.themes["open"].match] == ["open"]
    assert list(barred.document.kpis) == ["nps"]  # of the other, only what is hidden speaks
    assert {name: dict(one.budget) for name, one in barred.document.value_streams.items()} == {
        "seen": {"2026": 1}, "part": {},
    }  # fmt: skip
    assert [row.value_stream for row in barred.actuals] == ["seen"]
    assert [(row.theme, row.value_stream, row.period) for row in barred.votes] == [
        (None, "seen", "2026"), ("open", None, "2025"),
    ]  # fmt: skip  # the rest of the other ballot would say what the merger got
    assert barred.document.scenarios == ()
    trains = (("Open", "us", False), ("Merger", "us", True), ("Open", "Merger crew", True))
    lost = replace(sight, trains=frozenset({("part", "Merger")}), teams=frozenset({"merger crew"}))
    for train, team, is_lost in trains:
        aim = Objective(increment="PI 1", train=train, team=team, objective="Aim", committed=True,
                        planned_bv=None, actual_bv=None)  # fmt: skip
        assert narrowing.objectives_seen([aim], lost) == (() if is_lost else (aim,))
        assert narrowing.objectives_seen([replace(aim, theme="merger")], lost) == (() if is_lost else (aim,))
    assert barred.document.guardrails == settings.document.guardrails
    assert list(scoped.document.kpis) == []
    assert scoped.document.themes["open"].target_share is None
    assert scoped.document.guardrails is not None
    assert scoped.document.guardrails.horizons is None
    assert list(scoped.document.guardrails.service_levels) == ["story"]
