"""`docs/data.md` does what it says: its commands, its notebook, its columns, its query for Power BI."""

from __future__ import annotations

import contextlib
import csv
import io
import re
from pathlib import Path
from typing import Any

import pytest

from domain import tables
from reports.data import described
from tests.cli.program import vmo

PAGE = (Path(__file__).parents[2] / "docs" / "data.md").read_text(encoding="utf-8")
M_TYPES = {"text": "type text", "json": "type text", "day": "type date", "whole": "Int64.Type", "number": "type number"}


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


@pytest.fixture
def exported(synced: Path) -> Path:
    """The folder in which somebody typed the commands of the page."""
    for line in blocks("console")[0].splitlines():
        ended = vmo(*line.removeprefix("vmo ").split(), folder=synced)
        assert (ended.code, ended.out, ended.err) == (0, "", ""), line
    return synced


def test_the_notebook_computes_the_numbers_of_the_metrics_table(exported: Path) -> None:
    names: dict[str, Any] = {}

    with contextlib.chdir(exported), contextlib.redirect_stdout(io.StringIO()) as printed:
        for code in blocks("python"):
            exec(compile(code, "docs/data.md", "exec"), names)

    is_missing = names["pd"].isna

    def same(one: Any, other: Any) -> bool:
        return bool(is_missing(other) if is_missing(one) else one == other)

    by_month, months, in_sql = names["by_month"], names["months"], names["in_sql"]
    assert printed.getvalue()
    compared = 0
    for month, row in months.iterrows():
        if month not in by_month.index:
            assert row["n_used"] == 0
            continue
        mine = by_month.loc[month]
        assert mine["size"] == row["n_used"]
        assert same(mine["within"], row["value"])
        compared += not is_missing(row["value"])
    assert compared > 0
    told = {month: (finished, within) for month, finished, within in in_sql}
    for month, row in by_month.iterrows():
        finished, within = told[month]
        assert finished == row["size"]
        assert same(within, row["within"])
    assert names["moves"] > 100


def test_instants_are_aware_in_the_notebook(exported: Path) -> None:
    names: dict[str, Any] = {}

    with contextlib.chdir(exported), contextlib.redirect_stdout(io.StringIO()):
        exec(compile(blocks("python")[0], "docs/data.md", "exec"), names)

    assert str(names["flow"]["finished_at"].dtype).endswith("UTC]")
    assert names["flow"]["key"].notna().all()


@pytest.mark.parametrize("table", tables.COLUMNS)
def test_the_page_tells_every_column(table: str) -> None:
    # write it again: python -c "from domain.tables import described; print(described('items'))"
    assert f"<!-- columns: {table} -->\n\n{tables.described(table)}\n" in PAGE


@pytest.mark.parametrize("table", tables.COLUMNS)
def test_every_column_says_what_it_means(table: str) -> None:
    for column in tables.COLUMNS[table]:
        assert column.type in ("text", "json", "instant", "day", "whole", "number", "truth")
        assert column.meaning
        assert column.type != "whole" or column.unit or column.name == "definition_version"


def test_the_query_for_power_bi_types_every_column_of_the_metrics() -> None:
    (typed,) = re.findall(r"TransformColumnTypes\(Empty, \{(.*?)\}, \"en-US\"\)", PAGE, re.DOTALL)

    told = re.findall(r'\{"(\w+)", ([\w. ]+)\}', typed)

    assert told == [(column.name, M_TYPES[column.type]) for column in tables.COLUMNS["metrics"]]


def test_never_empty_columns_are_never_empty(exported: Path) -> None:
    for name, table in (("items", "items"), ("flow", "flow"), ("states", "flow_states"), ("metrics", "metrics")):
        with (exported / f"{name}.csv").open(encoding="utf-8", newline="") as stream:
            rows = list(csv.DictReader(stream))
        for column in tables.COLUMNS[table]:
            if not column.null:
                assert all(row[column.name] != "" for row in rows), (name, column.name)


def test_the_tables_beside_the_pages_are_described_with_all_their_columns() -> None:
    # write it again: python -c "from reports.data import described; print(described())"
    assert described() in PAGE
