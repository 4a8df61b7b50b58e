"""The settings described from their models: a JSON Schema for editors, a page for people."""

from __future__ import annotations

import inspect
import json
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from config import csv_files
from config.schedule import SHAPES
from config.settings import AzureDevOpsSource, Document, JiraSource
from config.values import OneOrMore, OrText, Written

SCHEMA_FILE = "vmo.schema.json"

Annotation = tuple[Any, tuple[Any, ...]]  # a type, and what `Annotated` adds to it


def json_schema() -> dict[str, Any]:
    """The JSON Schema of vmo.yaml, as an editor needs it."""
    schema: dict[str, Any] = _tidied(Document.model_json_schema(by_alias=True))
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema, "title": "vmo.yaml"}


def reference_markdown() -> str:
    """The configuration reference: every block, every setting, what it takes and what it means."""
    parts = [_INTRODUCTION, *(_section(name, model) for name, model in _sections()), _csv_section()]
    return "\n\n".join(parts) + "\n"


def _tidied(schema: Any) -> Any:
    """Without what editors do not use; and with every misspelt name shown as a mistake."""
    if isinstance(schema, list):
        return [_tidied(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    is_names = all(isinstance(value, dict) for value in schema.values()) and "type" not in schema
    dropped = () if is_names else ("title", "discriminator", "default")
    tidy = {key: _tidied(value) for key, value in schema.items() if key not in dropped}
    if "patternProperties" in tidy or "propertyNames" in tidy:
        tidy.setdefault("additionalProperties", False)
    return tidy


def _sections() -> Iterator[tuple[str, type[BaseModel]]]:
    """Every block once, in the order of the file, each before the blocks within it."""
    told: set[type[BaseModel]] = set()
    waiting: list[tuple[str, type[BaseModel]]] = [("vmo.yaml", Document)]
    while waiting:
        name, model = waiting.pop(0)
        if model in told:
            continue
        told.add(model)
        yield name, model
        within = [
            (_path(name, key, field, block), block) for key, field in _fields(model) for block in _blocks(_of(field))
        ]
        waiting = [*within, *waiting] if model is not Document else within


def _fields(model: type[BaseModel]) -> Iterator[tuple[str, FieldInfo]]:
    for name, field in model.model_fields.items():
        yield field.alias or name, field


def _path(above: str, key: str, field: FieldInfo, block: type[BaseModel]) -> str:
    name = key if above == "vmo.yaml" else f"{above}.{key}"
    if get_origin(field.annotation) is dict:
        name += ".NAME"
    kinds = {JiraSource: " (jira)", AzureDevOpsSource: " (azure_devops)"}
    return name + kinds.get(block, "")


def _section(name: str, model: type[BaseModel]) -> str:
    rows = [_row(key, field) for key, field in _fields(model)]
    heading = f"## `{name}`\n\n{inspect.cleandoc(model.__doc__ or '')}\n\n"
    return heading + "\n".join(("| setting | takes | meaning |", "|---|---|---|", *rows))


def _row(key: str, field: FieldInfo) -> str:
    needed = "; needed" if field.is_required() else ""
    return f"| `{key}` | {_words(_of(field))}{needed} | {_cell(field.description or '')} |"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _of(field: FieldInfo) -> Annotation:
    return field.annotation, tuple(field.metadata)


def _opened(annotation: Any) -> Annotation:
    if get_origin(annotation) is Annotated:
        kind, *more = get_args(annotation)
        return kind, tuple(more)
    return annotation, ()


def _options(kind: Any) -> list[Any]:
    is_union = get_origin(kind) in (Union, types.UnionType)
    return [each for each in get_args(kind) if each is not type(None)] if is_union else [kind]


def _words(annotation: Annotation) -> str:
    """What a setting takes, in words: "a share such as 40%", "one or more: text"."""
    kind, added = annotation
    written = next((each.expected for each in added if isinstance(each, Written)), None)
    if written is not None:
        return _cell(written)
    may_be_text = "text, or " if any(isinstance(each, OrText) for each in added) else ""
    options = [_opened(each) for each in _options(kind)]
    if len(options) > 1 or options[0] != (kind, ()):
        return may_be_text + " or ".join(dict.fromkeys(_words(each) for each in options))
    origin: Any = get_origin(kind)
    if origin is tuple:
        many = "one or more" if any(isinstance(each, OneOrMore) for each in added) else "a list"
        return f"{many}: {_words(_opened(get_args(kind)[0]))}"
    if origin is dict:
        names, value = (_words(_opened(each)) for each in get_args(kind))
        return f"by name ({names}): {value}" if names.startswith("`") else f"by name: {value}"
    if origin is Literal:
        return ", ".join(f"`{word}`" for word in get_args(kind))
    return f"{may_be_text}a block, see below"


def _blocks(annotation: Annotation) -> Iterator[type[BaseModel]]:
    kind, _ = annotation
    for each, _ in (_opened(option) for option in _options(kind)):
        if isinstance(each, type) and issubclass(each, BaseModel):
            yield each
        elif not _is_literal(each):
            for inner in get_args(each):
                yield from _blocks(_opened(inner))


def _is_literal(kind: Any) -> bool:
    origin: Any = get_origin(kind)
    return origin is Literal


def _csv_section() -> str:
    files = (
        csv_files.budgets,
        csv_files.actuals,
        csv_files.votes,
        csv_files.readings,
        csv_files.decisions,
        csv_files.dependencies,
        csv_files.objectives,
    )
    rows = [f"| `{read.__name__}.csv` | {(read.__doc__ or '').strip()} |" for read in files]
    return _CSV_INTRODUCTION + "\n\n" + "\n".join(("| file | columns |", "|---|---|", *rows))


_INTRODUCTION = f"""\
# Configuration reference

Everything is set in one file, `vmo.yaml`, and in CSV files beside it. This page is made from the program itself.

- Every value is read as it is written: `NO` is a name and `1.10` keeps its nought.
- Nothing unknown is passed over. All mistakes are told at once, each with its file, its line, what was expected and,
  where one is near, the name that was probably meant. A mistake in `vmo.yaml` stops every command; one in a CSV file
  sets that file aside, or the line (see below), and the rest goes on.
- Secrets are never written here. `env:NAME` takes one from the environment, `file:PATH` from a file that only its
  owner may read (mode 0600), `keyring:SERVICE/USER` from the system's keyring (`pip install 'vmo[keyring]'`).
- Paths begin at the folder of `vmo.yaml`.
- A time is the portfolio's own: {SHAPES}. Cron lines are refused, since programs disagree about their weekdays.
- YAML tags and `<<` are refused; an anchor (`&name`, `*name`) may stand for what is said twice.

How items find their theme: themes are tried in the order of the file. A match of the item's own beats one inherited
from its parent, and a nearer parent's beats a farther one's. Among an item's own matches the first that gives the whole
wins; without one, each theme's first match gives its share until 100 % are given. What is left is unaligned.
`under: KEY` is a match of the named item, inherited by everything below it; together with another part it asks each
item below for that part. `vmo explain ITEM` tells which rule decided, and which came next.

A theme may begin and end (`from`, `until`), and rewrites nothing by it. Finished, cancelled or removed work belongs
to the themes in effect on the day it ended, open work to those in effect today, and its parents are asked on that
same day. Each is a day of the item's value stream: where that lies in another time zone than the portfolio, its work
turns to the next theme some hours earlier or later than the rest. Item-days (alignment, shares of the flow, spend,
horizons) belong to the themes in effect on each day: an item that worked 10 days under one theme and 5 under the next
gives 10 and 5. What is told of open work on an earlier day (its load, the board) is told under the theme that it has
today. `vmo explain ITEM` tells the themes by day where they differ."""

_CSV_INTRODUCTION = """\
## CSV files

UTF-8, columns parted by commas, days as 2026-09-28, decimals with a dot. A file of the name below is read where it lies
beside `vmo.yaml`; `files:` and a KPI's `readings:` name others. In `decisions.csv` a row whose `question` is filled and
whose `decision` is empty waits for its decision.

What is wrong in these files stops nothing else. It is set aside and told: `vmo check` names every mistake with its
file, line, column and mend, every command that rests on the files names the first ones and ends with code 3,
`vmo status` lists the files, and every page has a notice until they are mended.

- A line alone is set aside where rows stand for themselves: readings, decisions, dependencies. Of two readings of one
  KPI and day with different values neither counts.
- The whole file is set aside where its rows add up to something (budgets, actuals, votes, objectives), for the sum of a
  part is a wrong number; and any file whose header, encoding or size is wrong, or that is named and cannot be read.
- Without budgets or actuals no money is told: neither zero nor a part of it.
- Nothing is learned from what is set aside: no month closes and no adjustment is booked, no objective counts as
  dropped, and forecasts that were made without a dependency are held against nobody.
"""


def _write() -> None:
    root = Path(__file__).parents[1]
    schema = json.dumps(json_schema(), indent=1, ensure_ascii=False)
    (root / "config" / "starter" / SCHEMA_FILE).write_text(f"{schema}\n", encoding="utf-8")
    (root / "docs" / "configuration.md").write_text(reference_markdown(), encoding="utf-8")


if __name__ == "__main__":
    _write()
