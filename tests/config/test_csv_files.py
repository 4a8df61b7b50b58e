from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from config.csv_files import readings
from tests.config.settings_files import SMALLEST, a_folder, loaded, mistakes

STRATEGY = SMALLEST + (
    "value_streams:\n  policy: {name: Policy, budget: {2026: 100}, trains: {Cedre: {match: {label: cedre}}}}\n"
    "kpis:\n  nps: {name: NPS}\n"
)


def test_rows_of_every_file_are_read(tmp_path: Path) -> None:
    path = a_folder(
        tmp_path,
        STRATEGY,
        budgets="value_stream,period,amount\npolicy,2027,12_000_000\n",
        readings="kpi,date,value,source\nnps,2026-09-01,-12.5,survey\n\n",
        decisions="id,date,meeting,decision,owner,due,item,edition,question\n"
        'D1,2026-09-01,LPM,"Fund CLM-12, in part",T. Marchetti,,CLM-12,,\n'
        "D2,2026-09-02,LPM,,T. Marchetti,2026-10-01,,,Stop CLM-14?\n",
        objectives="increment,train,team,objective,committed,planned_bv,actual_bv\nPI 1,Cedre,A,Faster,yes,8,\n",
    )

    settings = loaded(path)

    assert (settings.budgets[0].period, settings.budgets[0].amount) == ("2027", Decimal(12_000_000))
    assert (settings.readings[0].day, settings.readings[0].value) == (date(2026, 9, 1), Decimal("-12.5"))
    assert [(row.question, row.taken) for row in settings.decisions] == [
        ("Fund CLM-12, in part", "Fund CLM-12, in part"),
        ("Stop CLM-14?", None),
    ]
    assert (settings.objectives[0].committed, settings.objectives[0].planned_bv) == (True, Decimal(8))
    assert settings.objectives[0].actual_bv is None


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        pytest.param(
            "readings",
            "kpi,date,value\nnsp,2026-09-01,1\n",
            '2: kpi: there is no KPI "nsp"; did you mean "nps"?',
            id="an unknown KPI",
        ),
        pytest.param(
            "readings",
            "kpi,date,value\nnps,01/09/2026,1\n",
            '2: date: expected a day such as 2026-09-28, found "01/09/2026"',
            id="a day in another order",
        ),
        pytest.param(
            "readings",
            "kpi,date,value\nnps,2026-02-30,1\n",
            "2: date: there is no such day: 2026-02-30; expected one such as 2026-09-28",
            id="no day",
        ),
        pytest.param(
            "readings",
            'kpi,date,value\nnps,2026-09-01,"1,5"\n',
            '2: value: expected a number such as 12_000_000 or 3.5, found "1,5"; use a dot for decimals',
            id="a decimal comma",
        ),
        pytest.param(
            "readings", "kpi,date,value\nnps,2026-09-01,\n", "2: value: empty; a value is needed", id="no value"
        ),
        pytest.param(
            "readings",
            "kpi,date,value\nnps,2026-09-01,NaN\n",
            '2: value: expected a number such as 12_000_000 or 3.5, found "NaN"',
            id="not a number",
        ),
        pytest.param(
            "readings",
            "kpi,date,value\nnps,2026-09-01,1\nnps,2026-09-01,2\n",
            "3: a reading of this KPI and day is already in readings.csv, line 2, with another value; neither counts, "
            "keep one",
            id="a reading twice",
        ),
        pytest.param(
            "readings",
            "kpi,date,value\nnps,2026-09-01\n",
            "2: expected 3 cells, found 2; a comma within a cell needs quotes",
            id="a cell too few",
        ),
        pytest.param(
            "readings",
            "kpi,date,valeu\nnps,2026-09-01,1\n",
            '1: valeu: unknown column; did you mean "value"?',
            id="a misspelt column",
        ),
        pytest.param(
            "readings", "kpi;date;value\n", "1: the columns are parted by semicolons; save with commas", id="semicolons"
        ),
        pytest.param("readings", "", "1: empty; expected the columns kpi,date,value,source", id="an empty file"),
        pytest.param(
            "readings",
            b"kpi,date,value,source\nnps,2026-09-01,1,caf\xe9\n",
            '2: not UTF-8; in Excel, save as "CSV UTF-8"',
            id="another encoding",
        ),
        pytest.param(
            "readings",
            "kpi,date,value\nnps,2026-09-01,\0\n",
            "2: a control character; is it really a CSV file? Save it as one",
            id="a nul",
        ),
        pytest.param(
            "readings",
            'kpi,date,value,source\nnps,2026-09-01,1,"a\n',
            "2: not CSV: unexpected end of data; a quote may be left open, here or above",
            id="a quote left open",
        ),
        pytest.param(
            "budgets",
            "value_stream,period,amount\npolcy,2027,1\n",
            '2: value_stream: there is no value stream "polcy"; did you mean "policy"?',
            id="no value stream",
        ),
        pytest.param(
            "budgets",
            "value_stream,period,amount\npolicy,27,1\n",
            '2: period: expected a year (2026), quarter (2026-Q1), month (2026-03) or planning interval, found "27"',
            id="no period",
        ),
        pytest.param(
            "budgets",
            "value_stream,period,amount\npolicy,2027,-1\n",
            "2: amount: a budget is not negative; write what may be spent",
            id="less than nothing",
        ),
        pytest.param(
            "budgets",
            "value_stream,period,amount\npolicy,2026,1\n",
            "2: a budget for this period is already in vmo.yaml; keep one",
            id="a budget twice",
        ),
        pytest.param(
            "decisions",
            "id,date,meeting,decision,owner\nD1,2026-09-01,LPM,,X\n",
            "2: decision: empty; say what was decided, or in a column `question` what waits",
            id="nothing decided",
        ),
        pytest.param(
            "decisions",
            "id,date,meeting,decision,owner\nD1,2026-09-01,LPM,a,X\nD1,2026-09-01,LPM,a,X\n",
            "3: a decision of this id is already in decisions.csv, line 2; keep one",
            id="a decision twice",
        ),
        pytest.param(
            "decisions",
            "id,date,meeting,decision,owner,due\nD1,2026-09-01,LPM,a,X,2026-08-01\n",
            "2: due: due (2026-08-01) before it was asked (2026-09-01); mend one of the two days",
            id="due before it was asked",
        ),
        pytest.param(
            "objectives",
            "increment,train,team,objective,committed,planned_bv,actual_bv\nPI 1,Cedar,A,B,yes,8,\n",
            '2: train: there is no train "Cedar"; did you mean "Cedre"?',
            id="no train",
        ),
        pytest.param(
            "objectives",
            "increment,train,team,objective,committed,planned_bv,actual_bv\nPI 1,Cedre,A,B,yes,80,\n",
            '2: planned_bv: expected a business value, a whole number from 1 to 10, found "80"',
            id="too much value",
        ),
        pytest.param(
            "objectives",
            "increment,train,team,objective,committed,planned_bv,actual_bv\nPI 1,Cedre,A,B,yes,0,\n",
            '2: planned_bv: expected a business value, a whole number from 1 to 10, found "0"',
            id="no value planned",
        ),
        pytest.param(
            "objectives",
            "increment,train,team,objective,committed,planned_bv,actual_bv\nPI 1,Cedre,A,B,yes,8,7.5\n",
            '2: actual_bv: expected a business value, a whole number from 0 to 10, found "7.5"',
            id="half a value",
        ),
        pytest.param(
            "objectives",
            "increment,train,team,objective,committed,planned_bv,actual_bv\nPI 1,Cedre,A,B,yes,8,\n"
            "PI 1,Cedre,a,b,no,5,\n",
            "3: this objective of the team and increment is already in objectives.csv, line 2; keep one",
            id="an objective twice",
        ),
        pytest.param(
            "objectives",
            "increment,train,team,objective,committed,planned_bv,actual_bv\nPI 1,Cedre,A,B,maybe,8,\n",
            '2: committed: expected true or false, found "maybe"',
            id="perhaps committed",
        ),
    ],
)
def test_a_mistake_in_a_file_is_told_with_its_line(
    tmp_path: Path, name: str, content: str | bytes, expected: str
) -> None:
    path = a_folder(tmp_path, STRATEGY, **{name: content})

    assert [line for line in mistakes(path) if "missing column" not in line] == [f"{name}.csv:{expected}"]


def test_a_missing_column_is_told(tmp_path: Path) -> None:
    path = a_folder(tmp_path, STRATEGY, readings="kpi,date\nnps,2026-09-01\n")

    assert mistakes(path) == ["readings.csv:1: value: missing column; add it to the first line"]


def test_a_file_of_excel_is_read() -> None:
    rows, found = readings(b"\xef\xbb\xbfkpi,date,value,source\r\nnps,2026-09-01,1,survey\r\n", file="readings.csv")

    assert found == []
    assert rows[0].source == "survey"


def test_a_cell_over_several_lines_keeps_the_line_numbers_right() -> None:
    content = 'kpi,date,value,source\nnps,2026-09-01,1,"two\nlines"\nnps,2026-13-01,1,x\n'

    _, found = readings(content.encode(), file="readings.csv")

    assert [(mistake.line, mistake.path) for mistake in found] == [(2, "source"), (4, "date")]
