"""What is wrong in a CSV file is said in French with its mend, and sends no reader to a command that speaks English."""

# ruff: noqa: E501  # a file's lines stand as they are written

from __future__ import annotations

from pathlib import Path
from zoneinfo import ZoneInfo

from reports.page import plain
from reports.words.catalogue import Words
from reports.words.mistakes import mended
from tests.config.settings_files import SMALLEST, a_folder, loaded

FRENCH = Words(locale="fr", year=2026, zone=ZoneInfo("Europe/Paris"))
STRATEGY = SMALLEST + (
    "value_streams:\n  policy: {name: Policy, budget: {2026: 100}, trains: {Cedre: {match: {label: cedre}}}}\n"
    "kpis: {nps: {name: NPS}, churn: {readings: churn.csv}, cost: {readings: cost.csv}, calls: {readings: calls.csv}, "
    "mood: {readings: mood.csv}, speed: {readings: gone.csv}}\n"
)
GOALS = "increment,train,team,objective,committed,planned_bv,actual_bv,planned_on\n"
FILES: dict[str, str | bytes] = {
    "budgets": "value_stream,period,amount,currency\npolicy,2026,1,\npolcy,2027,1,\npolicy,2028,-1,\npolicy,2029,1 EUR,\n"
    "policy,2030,x,\npolicy,2031,1,USD\npolicy,20x6,1,\npolicy,2026-Q1,500,\npolicy,2032,2.5,\npolicy,2032,2.5,\n",
    "actuals": "value_stream,period,amount,closed_on\npolicy,2026-01,1,2026-01-20\npolicy,2026-Q1,1,\npolicy,2026-01,1,\n",
    "votes": "period,value_stream,theme,share,votes\n2027,policy,x,50%,\n2027,policy,,,\n2028,policy,,150%,\n"
    "2029,policy,,,-1\n2030,,legacy,10%,\n2026,policy,,,3\n2026,policy,,10%,\n",
    "readings": "kpi,date,value\nnps,2026-13-01,1\nnps,2026-02-30,1\nnsp,2026-01-01,1\nnps,soon,\nnps,2026-01-03,\"1,5\"\n"
    "nps,2026-01-04,1\nnps,2026-01-04,1\nnps,2026-01-05,1\nnps,2026-01-05,2\nnps,2026-01-06\nzzz,2026-01-07,1\n",
    "decisions": "id,date,meeting,decision,owner,due,approves\nD1,2026-01-02,LPM,,A,,\nD2,2026-01-02,LPM,Yes,A,2026-01-01,\n"
    "D2,2026-01-02,LPM,Yes,A,,perhaps\n",
    "dependencies": "before,after\nA-1,A-1\nA-1,A-2\nA-1,A-2\n",
    "objectives": f"{GOALS}PI 1,Cedr,A,B,yes,11,,\nPI 1,Cedre,A,C,yes,,,2026-01-01\nPI 1,Cedre,A,D,no,8,,\nPI 1,Cedre,A,D,no,8,,\n",
    "churn": "kpi,dat,value\n",
    "cost": "kpi;date;value\n",
    "calls": b"kpi,date,value\nnps,2026-01-01,\xff\n",
    "mood": 'kpi,date,value\nnps,2026-01-01,"1\n',
}  # fmt: skip


def test_every_mistake_of_a_file_is_said_in_french_with_its_mend(tmp_path: Path) -> None:
    found = {one.message for one in loaded(a_folder(tmp_path, STRATEGY, **FILES)).mistakes}

    french = {message: mended(message, FRENCH) for message in sorted(found)}

    assert len(found) > 35, found
    assert [message for message, said in french.items() if said is None] == []
    said = {plain(one or ()) for one in french.values()}
    assert "« soon » n’est pas un jour ; écrivez-le ainsi : 2026-09-28" in said
    assert "la somme de 2026-Q1 dépasse le montant de 2026 ; corrigez les montants" in said


def test_a_mistake_of_a_form_that_is_not_known_is_left_to_the_command() -> None:
    assert mended("the stars are not right", FRENCH) is None
