from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from config.load import load
from config.reference import SCHEMA_FILE, json_schema, reference_markdown
from config.starter import FILES, StarterExistsError, write_starter
from tests.config.settings_files import SMALLEST, WHOLE, mistakes

ROOT = Path(__file__).parents[2]


def as_an_editor_reads(text: str) -> Any:
    """YAML values as JSON has them; days are text there."""
    return json.loads(json.dumps(yaml.safe_load(text), default=str))


def test_the_starter_is_whole_and_loads(tmp_path: Path) -> None:
    written = write_starter(tmp_path / "new")

    settings = load(tmp_path / "new" / "vmo.yaml", environ={})

    assert [path.name for path in written] == list(FILES)
    assert list(settings.document.sources) == ["jira"]
    assert settings.readings == ()


def test_every_setting_that_is_commented_out_works_when_it_is_not(tmp_path: Path) -> None:
    write_starter(tmp_path)
    path = tmp_path / "vmo.yaml"

    text = re.sub(r"^# (?!yaml-language-server)", "", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
    path.write_text(text, encoding="utf-8")

    assert mistakes(path) == []
    document = load(path, environ={}).document
    assert document.model_fields_set >= {"themes", "kpis", "value_streams", "guardrails", "kanban", "mail", "sync"}
    assert list(document.sources) == ["jira", "azure"]


def test_the_starter_never_overwrites_settings(tmp_path: Path) -> None:
    (tmp_path / "vmo.yaml").write_text(SMALLEST, encoding="utf-8")

    with pytest.raises(StarterExistsError, match="is there already"):
        write_starter(tmp_path)

    assert (tmp_path / "vmo.yaml").read_text(encoding="utf-8") == SMALLEST
    assert not (tmp_path / "readings.csv").exists()


def test_the_starter_leaves_csv_files_as_they_are(tmp_path: Path) -> None:
    (tmp_path / "readings.csv").write_text("kpi,date,value\n", encoding="utf-8")

    write_starter(tmp_path)

    assert (tmp_path / "readings.csv").read_text(encoding="utf-8") == "kpi,date,value\n"


def test_the_first_line_points_editors_to_the_schema_beside_it(tmp_path: Path) -> None:
    write_starter(tmp_path)

    first = (tmp_path / "vmo.yaml").read_text(encoding="utf-8").splitlines()[0]

    assert first == f"# yaml-language-server: $schema=./{SCHEMA_FILE}"
    assert (tmp_path / SCHEMA_FILE).is_file()


def test_the_schema_that_ships_is_that_of_the_models() -> None:
    shipped = (ROOT / "config" / "starter" / SCHEMA_FILE).read_text(encoding="utf-8")

    assert json.loads(shipped) == json_schema(), "write it anew: python -m config.reference"


def test_the_reference_that_ships_is_that_of_the_models() -> None:
    shipped = (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")

    assert shipped == reference_markdown(), "write it anew: python -m config.reference"


def test_every_setting_has_its_meaning_in_the_reference() -> None:
    rows = [line for line in reference_markdown().splitlines() if line.startswith("| `")]

    assert len(rows) > 150
    assert all(re.fullmatch(r"\| `[^`]+` \| .+ \| .+ \||\| `\w+\.csv` \| .+ \|", row) for row in rows)


@pytest.mark.parametrize("text", [SMALLEST, WHOLE], ids=["the smallest", "the whole"])
def test_an_editor_finds_nothing_wrong_with_good_settings(text: str) -> None:
    validator = jsonschema.Draft202012Validator(json_schema())
    validator.check_schema(json_schema())

    assert [error.message for error in validator.iter_errors(as_an_editor_reads(text))] == []


@pytest.mark.parametrize(
    ("said", "instead"),
    [
        pytest.param("tolerance: 5 points", "tolerence: 5 points", id="a misspelt setting"),
        pytest.param("token: env:ADO_TOKEN", "token: sekret-0815", id="a secret"),
        pytest.param("target_share: 40%", "target_share: 0.4", id="a share without %"),
        pytest.param("  weekly:", "  Weekly Report:", id="a name with capitals and spaces"),
        pytest.param("packs: [review]", "packs: [preview]", id="a misspelt pack"),
        pytest.param("kind: azure_devops", "kind: azure", id="a misspelt kind"),
    ],
)
def test_an_editor_shows_mistakes(said: str, instead: str) -> None:
    assert WHOLE.count(said) == 1
    text = WHOLE.replace(said, instead)

    errors = list(jsonschema.Draft202012Validator(json_schema()).iter_errors(as_an_editor_reads(text)))

    assert errors
