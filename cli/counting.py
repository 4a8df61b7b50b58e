"""The rows of flow: counted over the columns of kept journeys, or item by item where those cannot be believed."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import datetime
from typing import TYPE_CHECKING

from cli.reading import read_all, tracing_of
from config import meaning
from domain.workflow import Workflow
from metrics import table
from sync.store.faults import StoreError

if TYPE_CHECKING:
    from cli.workspace import Workspace
    from domain.audiences import Audience

MEMORY = "600MB"  # what DuckDB may take before it writes to disk


class _SlowlyError(Exception):
    """Columns would not say what the plain functions say; the message says why, and what mends it."""


def flow_rows(workspace: Workspace, *, now: datetime, audience: Audience | None = None) -> Iterator[table.Row]:
    """The rows of flow as of now, the same either way; standard error says why they are computed the slow way."""
    why = "what an audience may see is decided item by item"
    if audience is None:
        try:
            return _over_columns(workspace, now=now)
        except _SlowlyError as error:
            why = str(error)
    print(f"computed the slow way, item by item: {why}", file=sys.stderr)
    told = read_all(workspace, now=now, audience=audience)
    return table.flow_metric_rows(
        told.journeys,
        portfolio=told.portfolio,
        calendar=told.calendar,
        as_of=told.as_of,
        waiting_known=told.waiting_known,
    )


def _over_columns(workspace: Workspace, *, now: datetime) -> Iterator[table.Row]:
    """All is counted before this returns. Raises _SlowlyError where that cannot be done."""
    import duckdb  # noqa: PLC0415 - 50 MB that few commands need

    from metrics import columns  # noqa: PLC0415
    from sync.store.columns import pour_current  # noqa: PLC0415

    settings, store = workspace.settings, workspace.store
    portfolio, calendar = meaning.portfolio(settings), meaning.calendar(settings)
    workflow = Workflow(rules=meaning.state_rules(settings), statuses=store.statuses())
    waiting_known = {name for name in workspace.source_names if workflow.has_waiting_states(name)}
    with ExitStack() as opened:
        try:
            spill = opened.enter_context(tempfile.TemporaryDirectory(prefix="vmo-export-"))  # ours alone to read
            connection = opened.enter_context(
                duckdb.connect(config={"memory_limit": MEMORY, "threads": 2, "temp_directory": spill})
            )
            connection.execute("SET preserve_insertion_order = false")
            is_current = pour_current(
                store,
                connection,
                tracing=tracing_of(settings, on=calendar.day(now)),
                sources=workspace.source_names,
                stays_at=portfolio.board.level if portfolio.board.states else None,
            )
            if not is_current:
                raise _SlowlyError(
                    "items or settings have changed since journeys were last kept; the next `vmo sync` keeps them anew"
                )
            columns.prepare(
                connection, calendar=calendar, as_of=now, waiting_known=waiting_known, board=portfolio.board
            )
            return columns.flow_metric_rows(connection, portfolio=portfolio, calendar=calendar, as_of=now)
        except columns.RingOfParentsError as error:
            raise _SlowlyError(f"{error}; mend their parents in the tracker") from error
        except columns.KeptLaterError as error:
            raise _SlowlyError(
                "something is dated later than now; mend its date in the tracker, or the clock"
            ) from error
        except StoreError as error:
            raise _SlowlyError(str(error)) from error
        except (duckdb.IOException, duckdb.OutOfMemoryException, OSError) as error:
            what = (str(error).splitlines() or [type(error).__name__])[0]
            raise _SlowlyError(f"{what}; make room in {tempfile.gettempdir()}, or name another TMPDIR") from error
