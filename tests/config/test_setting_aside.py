"""Which rows are set aside with a mistake in a CSV file, and what stays."""

from __future__ import annotations

from pathlib import Path

import pytest

from config import meaning
from config.load import Settings
from config.mistakes import ConfigurationError
from domain.set_aside import unread_decisions
from tests.config.settings_files import SMALLEST, a_folder, loaded

STRATEGY = SMALLEST + (
    "value_streams:\n  policy: {name: Policy, budget: {2025: 100}}\nkpis: {nps: {}, churn: {readings: churn.csv}}\n"
)
NPS = "kpi,date,value\n"
LOG = "id,date,meeting,decision,owner\n"


def read(folder: Path, more: str = "", **files: str | bytes) -> Settings:
    given: dict[str, str | bytes] = {"churn": NPS, **files}
    return loaded(a_folder(folder, STRATEGY + more, **given))


def aside(settings: Settings) -> list[tuple[str, bool, int]]:
    """Each file that is set aside, whether as a whole, and of how many lines."""
    return [(one.file, one.is_whole, one.lines) for one in settings.set_aside]


def test_a_line_that_stands_alone_is_set_aside_alone(tmp_path: Path) -> None:
    settings = read(
        tmp_path,
        readings=f"{NPS}nps,2026-09-01,1\nnsp,2026-09-02,2\nnps,2026-09-03,x\n",
        decisions=f"{LOG}D-1,2026-09-01,Board,Yes,A\nD-2,soon,Board,Yes,A\n",
        dependencies="before,after\nA-1,A-1\nA-1,A-2\n",
    )

    assert aside(settings) == [("decisions.csv", False, 1), ("dependencies.csv", False, 1), ("readings.csv", False, 2)]
    assert [row.line for row in settings.readings] == [2]
    assert [row.line for row in settings.decisions] == [2]
    assert [row.line for row in settings.dependencies] == [3]


def test_a_decision_that_is_not_read_still_says_of_which_items_it_may_speak(tmp_path: Path) -> None:
    log = "id,date,meeting,decision,owner,due,item\n"
    lines = (
        "D-1,2026-09-01,Board,Yes,A,,CLM-1\n"
        "D-2,soon,Board,Yes,A,,CLM-2\n"
        "D-1,2026-09-02,Board,Yes,A,,CLM-3\n"
        "D-4,2026-09-03,Board,Yes, go,A,,AB#44\n"
        "D-5,never,Board,Yes,A,,\n"
    )

    some = unread_decisions(read(tmp_path, decisions=log + lines).set_aside)
    none = unread_decisions(read(tmp_path, decisions="id;date\n" + lines).set_aside)

    told = {key: some.of(key) for key in ("CLM-1", "clm-2", "CLM-3", "AB#44", "CLM-9")}
    assert told == {
        "CLM-1": None, "clm-2": "decisions.csv:3", "CLM-3": "decisions.csv:4", "AB#44": "decisions.csv:5",
        "CLM-9": None,
    }  # fmt: skip
    assert none.of("CLM-9") == "decisions.csv:1"


@pytest.mark.parametrize(
    ("files", "unread"),
    [
        ({"readings": f"{NPS}nps,2026-09-01,1\n"}, set()),
        ({"readings": f"{NPS}nps,soon,1\n"}, {"nps", "shown"}),
        ({"readings": "kpi;date\n"}, {"nps", "shown"}),
        ({"churn": f"{NPS}churn,2026-09-01,much\n"}, {"churn"}),
    ],
)
def test_what_a_kpi_measures_knows_whether_all_of_its_file_is_read(
    tmp_path: Path, files: dict[str, str], unread: set[str]
) -> None:
    measured = "baseline: 1, target: 2, due: 2027-06-30"
    early = "[{kpi: %s, baseline: 1, target: 2, by: 2026-12-31}]"
    bet = f"{{name: B, kpi: %s, starts: 2026-01-01, {measured}, indicators: {early}}}"
    aim = f"{{name: A, unit: x, kpi: %s, {measured}}}"
    kpis = ("nps", "churn", "shown", "field")
    themes = "".join(
        f"  {kpi}: {{name: T, objective: {{name: O, key_results: [{aim % kpi}]}}, benefits: [{bet % (kpi, kpi)}]}}\n"
        for kpi in kpis
    )
    text = STRATEGY.replace("kpis: {", "kpis: {shown: {}, field: {field: NPS, item: CLM-1}, ") + f"themes:\n{themes}"

    portfolio = meaning.portfolio(loaded(a_folder(tmp_path, text, **{"churn": NPS, **files})))

    told = [
        {one.id for one in portfolio.kpis if not one.is_read},
        {one.id for one in portfolio.themes if not one.key_results[0].is_read},
        {one.id for one in portfolio.themes if not one.benefits[0].is_read},
        {one.id for one in portfolio.themes if not one.benefits[0].indicators[0].is_read},
    ]
    assert told == [unread] * 4


@pytest.mark.parametrize("name", ["budgets", "actuals", "votes", "objectives"])
def test_a_file_whose_rows_add_up_is_set_aside_as_a_whole(tmp_path: Path, name: str) -> None:
    good, bad = {
        "budgets": ("value_stream,period,amount\npolicy,2027,1\n", "policy,2028,x\n"),
        "actuals": ("value_stream,period,amount\npolicy,2027,1\n", "polcy,2028,1\n"),
        "votes": ("period,value_stream,share\n2027,policy,50%\n", "2027,policy,60%\n"),
        "objectives": (
            "increment,train,team,objective,committed,planned_bv,actual_bv\nPI 1,T,A,B,yes,1,\n",
            "PI 1,T,A,C,perhaps,1,\n",
        ),
    }[name]

    whole, broken = read(tmp_path, **{name: good}), read(tmp_path, **{name: good + bad})

    assert len(getattr(whole, name)) == 1
    assert getattr(broken, name) == ()
    assert [(one.file, one.is_whole) for one in broken.set_aside] == [(f"{name}.csv", True)]
    assert meaning.portfolio(broken).funding.is_told == (name not in ("budgets", "actuals"))
    assert meaning.portfolio(broken).value_streams[0].budget == ({} if name == "budgets" else {"2025": 100_00})


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"kpi,date\nnps,2026-09-01\n", id="a column is missing"),
        pytest.param(b"kpi,date,value,source\nnps,2026-09-01,1,x\nnps,2026-09-02,1,\xe9\n", id="another encoding"),
        pytest.param(b'kpi,date,value,source\nnps,2026-09-01,1,x\nnps,2026-09-02,1,"x\n', id="a quote left open"),
        pytest.param(b"kpi,date,value,source\nnps,2026-09-01,1\nnps,2026-09-02,1\n", id="every line lacks a cell"),
    ],
)
def test_a_file_that_is_no_such_table_is_set_aside_as_a_whole_and_its_neighbour_is_read(
    tmp_path: Path, content: bytes
) -> None:
    settings = read(tmp_path, readings=content, churn=f"{NPS}churn,2026-09-01,1\n")

    assert [row.kpi for row in settings.readings] == ["churn"]
    assert aside(settings) == [("readings.csv", True, 1)]


def test_a_file_that_is_named_and_not_there_is_set_aside_at_the_setting_that_names_it(tmp_path: Path) -> None:
    settings = read(tmp_path, "files: {actuals: costs.csv}\n")

    assert aside(settings) == [("costs.csv", True, 1)]
    assert settings.mistakes[0].path == "files.actuals"
    assert not meaning.portfolio(settings).funding.is_told


def test_of_two_values_for_one_day_neither_counts_and_of_two_equal_ones_the_first(tmp_path: Path) -> None:
    rows = "nps,2026-09-01,1\nnps,2026-09-01,2\nnps,2026-09-02,3\nnps,2026-09-02,3\n"

    settings = read(tmp_path, readings=NPS + rows)

    assert [row.line for row in settings.readings] == [4]


def test_a_restricted_decision_on_a_bad_line_is_known_and_one_that_nobody_wrote_is_not(tmp_path: Path) -> None:
    log = f"{LOG}D-1,soon,Board,Yes,A\n"

    assert aside(read(tmp_path, "restricted: {deal: {decisions: [D-1]}}\n", decisions=log))
    with pytest.raises(ConfigurationError, match='there is no decision "D-7"'):
        read(tmp_path, "restricted: {deal: {decisions: [D-7]}}\n", decisions=log)


def test_mistakes_of_the_settings_themselves_still_refuse_and_name_those_of_files_too(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError) as caught:
        read(tmp_path, "reporst: {}\n", readings=f"{NPS}nps,soon,1\n")

    assert [one.file for one in caught.value.mistakes] == ["readings.csv", "vmo.yaml"]


def test_a_currency_is_one_mistake_though_other_lines_leave_its_cell_out(tmp_path: Path) -> None:
    rows = "policy,2026,1,USD\npolicy,2027,1\npolicy,2028,1\n"

    settings = read(tmp_path, budgets=f"value_stream,period,amount,currency\n{rows}")

    assert [(one.line, one.path) for one in settings.mistakes] == [(2, "currency")]


def test_a_file_that_is_named_twice_is_set_aside_for_both(tmp_path: Path) -> None:
    money = "value_stream,period,amount\npolicy,2027,1\npolcy,2028,1\n"

    settings = read(tmp_path, "files: {budgets: money.csv, actuals: money.csv}\n", money=money)

    assert {one.tells for one in settings.set_aside} == {"budgets", "actuals"}
    assert (settings.budgets, settings.actuals) == ((), ())
