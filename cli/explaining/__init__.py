"""`vmo explain`: why an item is mapped, counted or left out where it is, and which items make a number."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from cli import clock, former
from cli.explaining import items, numbers
from cli.outcome import CommandError, ExitCode
from cli.reading import Told, read_all
from cli.setting_aside import in_one_line
from cli.workspace import open_workspace
from metrics import catalogue


def run_explain(
    config: Path,
    *,
    what: str,
    scope: str | None,
    period: str | None,
    level: str | None,
    edition: str | None,
    locale: str | None,
    limit: int | None,
    as_json: bool,
) -> ExitCode:
    """Explain an item by its key (today's or a former one), or a metric by its id or its name in the export."""
    with open_workspace(config) as workspace:
        found = [held for held in workspace.store.items_called(what) if held.item.source in workspace.source_names]
        if found:
            _refuse_of_item(what, scope=scope, period=period, level=level, limit=limit)
            numbers.refuse_unspoken(locale or "en")
            told = read_all(workspace, now=clock.now())
            then = former.edition_named(workspace, edition) or former.of_newest_period(workspace)
            explained = [
                items.explain(held, told, workspace=workspace, edition=then, locale=locale or "en") for held in found
            ]
            print(json.dumps([one.data for one in explained], ensure_ascii=False, indent=1) if as_json
                  else "\n\n".join("\n".join(one.lines) for one in explained))  # fmt: skip
            _tell_set_aside(told)
            return ExitCode.DONE
        _refuse_unknown(what)
        chosen = former.edition_named(workspace, edition)
        past = former.as_told(workspace, chosen) if chosen is not None else None
        told = past.told if past is not None else read_all(workspace, now=clock.now())
        question = numbers.question(what, told, scope=scope or "portfolio", period=period, level=level, past=past)
        number = numbers.explain(question, told, locale=locale or "en", limit=limit)
        print(json.dumps(number.data, ensure_ascii=False, indent=1) if as_json else "\n".join(number.lines))
        _tell_set_aside(told)
    return ExitCode.DONE


def _tell_set_aside(told: Told) -> None:
    if (line := in_one_line(told.set_aside)) is not None:
        print(line, file=sys.stderr)


def _refuse_of_item(what: str, **given: object) -> None:
    """Options that say which number is meant go with a metric."""
    wrong = [name for name, value in given.items() if value is not None]
    if wrong:
        raise CommandError(
            f"{what} is an item, and {', '.join(f'--{name}' for name in wrong)} goes with a metric; "
            "an item is explained in every number of an edition",
            code=ExitCode.WRONG_USAGE,
        )


def _refuse_unknown(name: str) -> None:
    try:
        catalogue.of(name)
    except KeyError:
        raise CommandError(
            f"{name!r} is neither an item we hold nor a metric; metrics are {', '.join(catalogue.METRICS)}",
            code=ExitCode.WRONG_USAGE,
        ) from None
