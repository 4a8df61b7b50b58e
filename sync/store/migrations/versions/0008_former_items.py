"""Items as they were when an edition told of them: the database itself keeps what a sync then overwrites."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

# Compared byte by byte on both databases.
_WORD = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
_WORDS = (
    "source", "external_id", "key", "project", "project_id", "type", "status", "status_id", "status_category",
    "resolution", "parent_id", "area", "iteration", "team", "starts_on", "due_on", "history", "digest",
    "removed_reason",
)  # fmt: skip
_TEXTS = (
    "previous_keys", "url", "title", "labels", "components", "owner", "quantities", "fields", "links", "struck_by",
)  # fmt: skip
_INSTANTS = (
    "created_at", "updated_at", "resolved_at", "first_known_at", "known_at", "missing_since", "struck_at", "removed_at",
)  # fmt: skip
_COUNTS = ("type_rank", "revision", "strikes")
_UNKNOWN = frozenset(
    ("resolution", "parent_id", "area", "iteration", "team", "starts_on", "due_on", "removed_reason", "owner",
     "resolved_at", "missing_since", "struck_at", "removed_at", "type_rank", "revision")
)  # fmt: skip
_COLUMNS = (*_WORDS, *_TEXTS, *_INSTANTS, *_COUNTS, "flagged")


def upgrade() -> None:
    op.create_table(
        "former_items",
        *(_column(name, kind) for names, kind in (
            (_WORDS, _WORD), (_TEXTS, sa.Text()), (_INSTANTS, sa.BigInteger()), (_COUNTS, sa.Integer()),
            (("flagged",), sa.Boolean()),
        ) for name in names),
        sa.Column("known_until", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("source", "external_id", "known_until"),
    )  # fmt: skip
    op.create_index("editions_by_knowledge", "editions", ["known_at"], unique=False)
    names = ", ".join(_COLUMNS)
    keep = (
        f"INSERT INTO former_items ({names}, known_until) "  # noqa: S608  # names of ours
        f"SELECT {', '.join(f'OLD.{name}' for name in _COLUMNS)}, NEW.known_at "
        "WHERE EXISTS (SELECT 1 FROM editions e WHERE e.known_at >= OLD.known_at)"
    )
    if op.get_bind().dialect.name == "sqlite":
        op.execute(
            "CREATE TRIGGER items_kept AFTER UPDATE ON items WHEN NEW.digest IS NOT OLD.digest "
            f"AND NEW.known_at > OLD.known_at BEGIN {keep}; END"
        )
    else:
        op.execute(
            "CREATE FUNCTION keep_former_item() RETURNS trigger LANGUAGE plpgsql AS $$ "
            f"BEGIN {keep}; RETURN NULL; END $$"
        )
        op.execute(
            "CREATE TRIGGER items_kept AFTER UPDATE ON items FOR EACH ROW WHEN (NEW.digest IS DISTINCT FROM OLD.digest "
            "AND NEW.known_at > OLD.known_at) EXECUTE FUNCTION keep_former_item()"
        )


def _column(name: str, kind: sa.types.TypeEngine[Any]) -> sa.Column[Any]:
    return sa.Column(name, kind, nullable=name in _UNKNOWN)
