"""What a collection says of its fields, types and states: asked for once a day, and kept in the cursor until then."""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from connectors.azure_devops.mapping import status_id
from connectors.base import Json, ids_asked
from connectors.reading import moment_of

LASTS = timedelta(hours=24)

TypeTable = Mapping[str, Mapping[str, str]]  # type -> state -> the tracker's word for its category


@dataclass(frozen=True, kw_only=True)
class Look:
    """`fields` are those to ask for, `named` the settings' field names as reference names, `types` go by project.

    `marks_deletions`: the collection offers System.IsDeleted. `unseen`: visible projects whose types may not be read;
    `refused`, those of them of which items were met or asked for, `to_try`, others that were refused for the first
    time. `nodes`: the paths of areas and iterations by the ids of their nodes.
    """

    asked_at: datetime
    fields: tuple[str, ...]
    marks_deletions: bool
    named: Mapping[str, str] = field(default_factory=dict)
    types: Mapping[str, TypeTable] = field(default_factory=dict)
    unseen: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()
    to_try: tuple[str, ...] = ()
    nodes: Mapping[str, str] = field(default_factory=dict)

    def serves(self, *, at: datetime, projects: Iterable[str], names: Iterable[str]) -> bool:
        """Is it young enough, and does it know every project in scope and every field that the settings name?"""
        known = {*self.types, *self.unseen}
        return timedelta() <= at - self.asked_at < LASTS and known >= set(projects) and set(names) == set(self.named)

    @property
    def ids(self) -> Mapping[str, str]:
        """What the settings' names stand for, "" for what is not asked for."""
        return ids_asked(self.named, self.fields)

    def kept(self) -> Json:
        """As JSON values. Projects that share a process share its table, so that a large collection stays small."""
        tables: list[TypeTable] = []
        places: dict[str, int] = {}
        for project, table in self.types.items():
            if table not in tables:
                tables.append(table)
            places[project] = tables.index(table)
        return {
            "asked_at": self.asked_at.isoformat(),
            "fields": list(self.fields),
            "marks_deletions": self.marks_deletions,
            "named": dict(self.named),
            "tables": tables,
            "projects": places,
            "unseen": list(self.unseen),
            "refused": list(self.refused),
            "to_try": list(self.to_try),
            "nodes": _packed(self.nodes),
        }


def look_of(kept: Json) -> Look | None:
    """Read a look back from `Look.kept`; None for what is none, which only costs asking again."""
    if not isinstance(kept, Mapping):
        return None
    try:
        return Look(
            asked_at=moment_of(kept["asked_at"]),
            fields=tuple(kept["fields"]),
            marks_deletions=bool(kept["marks_deletions"]),
            named=kept["named"],
            types={project: kept["tables"][place] for project, place in kept["projects"].items()},
            unseen=tuple(kept["unseen"]),
            refused=tuple(kept.get("refused", ())),
            to_try=tuple(kept.get("to_try", ())),
            nodes=_unpacked(kept["nodes"]),
        )
    except (KeyError, IndexError, TypeError, ValueError, AttributeError, zlib.error):
        return None


def renamed(before: Mapping[str, str], now: Mapping[str, str]) -> dict[str, str]:
    """The nodes whose path has changed, by id, with the path they have now: renamed, or moved below another node."""
    return {node: path for node, path in now.items() if before.get(node, path) != path}


def highest(paths: Iterable[str]) -> list[str]:
    """Those of the paths that lie below none of the others: Claims\\Motor, and not Claims\\Motor\\Fleet."""
    found: list[str] = []
    for path in sorted(set(paths)):
        if not any(path.startswith(above + "\\") for above in found):
            found.append(path)
    return found


def table_of(types: Iterable[Mapping[str, Json]]) -> TypeTable:
    """What each state of each type means to the tracker."""
    return {
        str(kind["name"]): {str(state["name"]): str(state.get("category") or "") for state in kind.get("states") or ()}
        for kind in types
    }


def categories_in(project: str, table: TypeTable) -> dict[str, str]:
    """The same by status id."""
    return {status_id(project, kind, state): word for kind, states in table.items() for state, word in states.items()}


def _packed(nodes: Mapping[str, str]) -> str:
    """Thousands of paths have much in common, and the cursor is written with every page."""
    return base64.b64encode(zlib.compress(json.dumps(dict(nodes), sort_keys=True).encode())).decode()


def _unpacked(text: str) -> dict[str, str]:
    return dict(json.loads(zlib.decompress(base64.b64decode(text))))
