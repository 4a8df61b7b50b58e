"""Figures of closed periods in the manifests of editions: what each told first, written down and read again."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from cli.setting_aside import FILES
from domain.audiences import Sight
from domain.closed import ClosedFigure, FirstTold
from domain.period import Period
from domain.work_item import ItemId
from metrics.standings import KINDS
from sync.store.reading import Configuration, Edition

CLOSED = "closed"  # their place in a manifest


def first_told(
    earlier: Iterable[Edition],
    *,
    sight: Sight | None = None,
    files: Mapping[str, str] | None = None,
    named: Collection[str] | None = None,
    kept: Iterable[Configuration] = (),
) -> dict[tuple[str, str, Period], FirstTold]:
    """Each figure as the first of some earlier editions told it, which are those of one audience, the oldest first.

    `files` are those of today by name with their digests, and `kept` the states that the store has of them: what
    changed is said of each figure, and only of those `named`, where it is told which may be. Figures that rest on an
    item that is hidden from the audience by now are passed over, and so are those of KPIs, trains and risks once
    anything is hidden: their very names may say too much.
    """
    found: dict[tuple[str, str, Period], FirstTold] = {}
    states = list(kept)
    for edition in earlier:
        changed = _changed(edition, files=files or {}, states=states) if edition.manifest.get(CLOSED) else ()
        changed = tuple(one for one in changed if named is None or one in named)
        for told in edition.manifest.get(CLOSED, ()):
            figure = _read(told)
            if sight is not None and (figure.metric in KINDS or not sight.hidden.isdisjoint(figure.counted)):
                continue
            found.setdefault(
                figure.name,
                FirstTold(
                    figure=figure,
                    edition=edition.folder,
                    published_at=edition.published_at,
                    config_digest=str(edition.manifest["config_digest"]),
                    definitions_version=int(edition.manifest["definitions_version"]),
                    changed=changed,
                ),
            )
    return found


def _changed(edition: Edition, *, files: Mapping[str, str], states: Sequence[Configuration]) -> tuple[str, ...]:
    """The files that are others than those of an edition. An older one did not keep which they were: the store did."""
    if (told := edition.manifest.get(FILES)) is not None:
        return tuple(sorted(name for name in {*told, *files} if told.get(name) != files.get(name)))
    then = {one.name: one.digest for one in states if one.first_seen_at <= edition.published_at}
    return tuple(sorted(name for name, digest in files.items() if then.get(name) != digest))


def written(figures: Iterable[ClosedFigure]) -> list[dict[str, Any]]:
    """The figures as plain values."""
    return [
        {
            "metric": one.metric,
            "level": one.level,
            "start": one.period.start.isoformat(),
            "end": one.period.end.isoformat(),
            "value": None if one.value is None else str(one.value),
            "items": [[*item, amount] for item, amount in one.counted.items()],
        }
        for one in figures
    ]


def _read(told: Mapping[str, Any]) -> ClosedFigure:
    return ClosedFigure(
        metric=told["metric"],
        level=told["level"],
        period=Period(date.fromisoformat(told["start"]), date.fromisoformat(told["end"])),
        value=None if told["value"] is None else Decimal(told["value"]),
        counted={ItemId(source, external_id): amount for source, external_id, amount in told["items"]},
    )
