"""Rows of forecasts: what each edition foretold, and what became of it. Inside the caller's transaction."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Connection, RowMapping, and_, false, func, select

from domain.promises import Ending, Foretold, Given, Outcome, Promise, outcome
from domain.work_item import ItemId
from sync.store import writing
from sync.store.instants import micros, moment
from sync.store.packing import pack, unpack
from sync.store.rows import Cleaner
from sync.store.tables import EDITIONS, ELSEWHERE, FORECAST_OUTCOMES, FORECAST_PLANS, FORECASTS


def keep(connection: Connection, foretold: Foretold, *, edition_id: str) -> bool:
    """Keep the plan and the forecasts of an edition; False where they are kept already, and then stay as they are."""
    told = {
        "edition_id": edition_id,
        "as_of": foretold.as_of.isoformat(),
        "known_at": micros(foretold.known_at),
        "seed": foretold.seed,
        "definition_version": foretold.definition_version,
    }
    plan = told | {
        "published_at": micros(foretold.published_at),
        "in_hindsight": foretold.in_hindsight,
        "digest": foretold.digest,
        "body": pack(dict(foretold.plan)),
    }
    if not writing.insert_if_new(connection, FORECAST_PLANS, plan):
        return False
    clean = Cleaner()
    writing.insert_missing(connection, FORECASTS, [_row(one, clean=clean) | told for one in foretold.promises])
    return True


def read(connection: Connection, edition_id: str) -> Foretold | None:
    """What an edition foretold; its forecasts by item, kind and percentile."""
    query = select(FORECAST_PLANS).where(FORECAST_PLANS.c.edition_id == edition_id)
    plan = connection.execute(query).mappings().first()
    if plan is None:
        return None
    body = unpack(plan["body"])
    assert isinstance(body, dict)
    kept = select(FORECASTS).where(FORECASTS.c.edition_id == edition_id).order_by(*FORECASTS.primary_key)
    return Foretold(
        edition=edition_id,
        as_of=date.fromisoformat(plan["as_of"]),
        known_at=moment(plan["known_at"]),
        published_at=moment(plan["published_at"]),
        seed=plan["seed"],
        definition_version=plan["definition_version"],
        digest=plan["digest"],
        plan=body,
        in_hindsight=bool(plan["in_hindsight"]),
        promises=tuple(_promise(row) for row in connection.execute(kept).mappings()),
    )


def newest_before(connection: Connection, day: date, *, published_by: int, audience: str | None = None) -> str | None:
    """The edition that spoke last, of those that spoke of an earlier day, on that day, and were published by then.

    `audience`: of the editions that are its own; None: of all.
    """
    query = (
        select(FORECAST_PLANS.c.edition_id)
        .where(
            FORECAST_PLANS.c.as_of < day.isoformat(),
            FORECAST_PLANS.c.published_at <= published_by,
            FORECAST_PLANS.c.in_hindsight == false(),
            *_told_to(audience),
        )
        .order_by(
            FORECAST_PLANS.c.as_of.desc(), FORECAST_PLANS.c.published_at.desc(), FORECAST_PLANS.c.edition_id.desc()
        )
        .limit(1)
    )
    found: str | None = connection.execute(query).scalar_one_or_none()
    return found


def first_given(connection: Connection, *, published_by: int, audience: str | None = None) -> list[Given]:
    """Of each item and kind what was told first, by the first edition of that day, in the order of items.

    `audience`: by the editions that are its own; None: by any.
    """
    told = (
        FORECASTS.join(FORECAST_PLANS, FORECASTS.c.edition_id == FORECAST_PLANS.c.edition_id)
    )  # fmt: skip
    counts = and_(
        FORECAST_PLANS.c.in_hindsight == false(),
        FORECAST_PLANS.c.published_at <= published_by,
        FORECASTS.c.day.is_not(None),
        *_told_to(audience),
    )
    of = (FORECASTS.c.source, FORECASTS.c.external_id, FORECASTS.c.kind)
    first = (
        select(*of, func.min(FORECAST_PLANS.c.published_at).label("published_at"))
        .select_from(told)
        .where(counts)
        .group_by(*of)
        .subquery()
    )
    same = and_(
        *(FORECASTS.c[column.name] == first.c[column.name] for column in of),
        FORECAST_PLANS.c.published_at == first.c.published_at,
    )
    query = select(FORECASTS).select_from(told.join(first, same)).where(counts)
    query = query.order_by(*of, FORECASTS.c.percentile, FORECASTS.c.edition_id)
    found: dict[tuple[Any, ...], Given] = {}
    for row in connection.execute(query).mappings():
        name = (row["source"], row["external_id"], row["kind"], row["percentile"])
        found.setdefault(name, _given(row))
    return list(found.values())


def score(connection: Connection, endings: Mapping[ItemId, Ending], *, at: int) -> int:
    """Enter the outcomes of what has ended since, take away those of what goes on again; return of how many items."""
    told = _counted(connection, FORECASTS)
    scored = _scored(connection)
    changed = 0
    for item, many in told.items():
        ending = endings.get(item)
        if scored.get(item) == (None if ending is None else (ending.how, ending.day.isoformat(), many)):
            continue
        changed += 1
        mine = and_(FORECAST_OUTCOMES.c.source == item.source, FORECAST_OUTCOMES.c.external_id == item.external_id)
        connection.execute(FORECAST_OUTCOMES.delete().where(mine))
        if ending is not None:
            query = select(FORECASTS).where(
                FORECASTS.c.source == item.source, FORECASTS.c.external_id == item.external_id
            )
            found = [outcome(_given(row), ending) for row in connection.execute(query).mappings()]
            writing.insert_missing(connection, FORECAST_OUTCOMES, [_outcome_row(one, at=at) for one in found])
    return changed


def outcomes(connection: Connection) -> list[Outcome]:
    """What became of each forecast whose item has ended, by edition and item."""
    keys = [column.name for column in FORECASTS.primary_key]
    same = and_(*(FORECASTS.c[name] == FORECAST_OUTCOMES.c[name] for name in keys))
    ends = (FORECAST_OUTCOMES.c.ended, FORECAST_OUTCOMES.c.ended_on, FORECAST_OUTCOMES.c.kept)
    query = select(FORECASTS, *ends).select_from(FORECASTS.join(FORECAST_OUTCOMES, same))
    return [
        Outcome(
            edition=row["edition_id"],
            promise=_promise(row),
            ending=Ending(how=row["ended"], day=date.fromisoformat(row["ended_on"])),
            kept=None if row["kept"] is None else bool(row["kept"]),
        )
        for row in connection.execute(query.order_by(*FORECASTS.primary_key)).mappings()
    ]


def _told_to(audience: str | None) -> list[ColumnElement[bool]]:
    """Plans of the editions of an audience; "" of those without one. Of previews nobody was told."""
    told = [~FORECAST_PLANS.c.edition_id.contains(ELSEWHERE, autoescape=True)]
    if audience is None:
        return told
    of_others = select(EDITIONS.c.edition_id).where(EDITIONS.c.audience != audience)
    return [*told, FORECAST_PLANS.c.edition_id.not_in(of_others)]


def _counted(connection: Connection, table: Any) -> dict[ItemId, int]:
    """How many forecasts were told of each item, by item."""
    of = (table.c.source, table.c.external_id)
    query = select(*of, func.count().label("many")).group_by(*of).order_by(*of)
    return {ItemId(row["source"], row["external_id"]): row["many"] for row in connection.execute(query).mappings()}


def _scored(connection: Connection) -> dict[ItemId, tuple[str, str, int]]:
    """How each item has ended, as its outcomes say, and how many they are."""
    of = tuple(FORECAST_OUTCOMES.c[name] for name in ("source", "external_id", "ended", "ended_on"))
    query = select(*of, func.count().label("many")).group_by(*of)
    return {
        ItemId(row["source"], row["external_id"]): (row["ended"], row["ended_on"], row["many"])
        for row in connection.execute(query).mappings()
    }


def _row(promise: Promise, *, clean: Cleaner) -> dict[str, Any]:
    return {
        "source": promise.item.source,
        "external_id": promise.item.external_id,
        "kind": promise.kind,
        "percentile": promise.percentile,
        "key": clean.text(promise.key),
        "day": None if promise.day is None else promise.day.isoformat(),
        "done_trials": promise.done_trials,
        "trials": promise.trials,
        "refused": promise.refused,
    }


def _outcome_row(one: Outcome, *, at: int) -> dict[str, Any]:
    return {
        "edition_id": one.edition,
        "source": one.promise.item.source,
        "external_id": one.promise.item.external_id,
        "kind": one.promise.kind,
        "percentile": one.promise.percentile,
        "ended": one.ending.how,
        "ended_on": one.ending.day.isoformat(),
        "kept": one.kept,
        "scored_at": at,
    }


def _given(row: RowMapping) -> Given:
    return Given(edition=row["edition_id"], as_of=date.fromisoformat(row["as_of"]), promise=_promise(row))


def _promise(row: RowMapping) -> Promise:
    return Promise(
        item=ItemId(row["source"], row["external_id"]),
        key=row["key"],
        kind=row["kind"],
        percentile=row["percentile"],
        day=None if row["day"] is None else date.fromisoformat(row["day"]),
        done_trials=row["done_trials"],
        trials=row["trials"],
        refused=row["refused"],
    )
