"""Journeys, kept as they were traced; and a list, which the database itself keeps, of those that have become stale."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

# Compared byte by byte on both databases.
_WORD = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")

# What a journey or a place may depend on. The rest is for showing, or is what we know of an item beside its content.
_SEEN = (
    "source", "external_id", "key", "previous_keys", "project", "project_id", "type", "type_rank", "status",
    "status_id", "status_category", "resolution", "parent_id", "labels", "components", "area", "iteration", "team",
    "flagged", "created_at", "updated_at", "resolved_at", "starts_on", "due_on", "revision", "quantities", "fields",
    "links", "history", "removed_at", "removed_reason",
)  # fmt: skip


def upgrade() -> None:
    op.create_table(
        "journeys",
        sa.Column("source", _WORD, nullable=False),
        sa.Column("external_id", _WORD, nullable=False),
        sa.Column("traced_with", _WORD, nullable=False),
        sa.Column("placed_with", _WORD, nullable=True),
        sa.Column("place", sa.BigInteger(), nullable=True),
        sa.Column("shown", sa.BigInteger(), nullable=True),
        sa.Column("settled_at", sa.BigInteger(), nullable=False),
        sa.Column("parent_id", _WORD, nullable=True),
        sa.Column("counted_parent_id", _WORD, nullable=True),
        sa.Column("counted_type", _WORD, nullable=False),
        sa.Column("state", sa.Integer(), nullable=False),
        sa.Column("visits", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.Column("first_started_at", sa.BigInteger(), nullable=True),
        sa.Column("last_started_at", sa.BigInteger(), nullable=True),
        sa.Column("started_at", sa.BigInteger(), nullable=True),
        sa.Column("finished_at", sa.BigInteger(), nullable=True),
        sa.Column("cancelled_at", sa.BigInteger(), nullable=True),
        sa.Column("removed_at", sa.BigInteger(), nullable=True),
        sa.Column("first_active_at", sa.BigInteger(), nullable=True),
        sa.Column("first_done_at", sa.BigInteger(), nullable=True),
        sa.Column("loaded_from", sa.BigInteger(), nullable=True),
        sa.Column("loaded_until", sa.BigInteger(), nullable=True),
        sa.Column("more_loads", sa.Text(), nullable=True),
        sa.Column("reopen_count", sa.Integer(), nullable=False),
        sa.Column("is_blocked", sa.Boolean(), nullable=False),
        sa.Column("has_unmapped", sa.Boolean(), nullable=False),
        sa.Column("excluded_reason", _WORD, nullable=True),
        sa.Column("active_seconds", sa.BigInteger(), nullable=False),
        sa.Column("waiting_seconds", sa.BigInteger(), nullable=False),
        sa.Column("blocked_seconds", sa.BigInteger(), nullable=False),
        sa.Column("paused_seconds", sa.BigInteger(), nullable=False),
        sa.Column("idle_done_seconds", sa.BigInteger(), nullable=False),
        sa.Column("stays", sa.Text(), nullable=False),
        sa.Column("seconds", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("source", "external_id"),
    )
    op.create_index("journeys_by_counted_parent", "journeys", ["source", "counted_parent_id"], unique=False)
    op.create_table(
        "untraced",
        sa.Column("source", _WORD, nullable=False),
        sa.Column("external_id", _WORD, nullable=False),
        sa.PrimaryKeyConstraint("source", "external_id"),
    )
    op.create_table(
        "places",
        sa.Column("place", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("level", _WORD, nullable=True),
        sa.Column("kind", _WORD, nullable=False),
        sa.Column("value_stream", _WORD, nullable=True),
        sa.Column("train", _WORD, nullable=True),
        sa.Column("team", _WORD, nullable=True),
        sa.Column("themes", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("place"),
    )
    if op.get_bind().dialect.name == "sqlite":
        _watch_on_sqlite()
    else:
        _watch_on_postgresql()


def _watch_on_sqlite() -> None:
    """One trigger for each table and way of changing it: journeys of what it touches are to be traced again."""
    other = " OR ".join(f"NEW.{name} IS NOT OLD.{name}" for name in _SEEN)
    for table, when in (("items", f"WHEN {other}"), ("changes", "")):
        op.execute(f"CREATE TRIGGER {table}_inserted AFTER INSERT ON {table} BEGIN {_noted('NEW')}; END")
        op.execute(
            f"CREATE TRIGGER {table}_updated AFTER UPDATE ON {table} {when} BEGIN {_noted('OLD')}; {_noted('NEW')}; END"
        )
        op.execute(f"CREATE TRIGGER {table}_deleted AFTER DELETE ON {table} BEGIN {_noted('OLD')}; END")


def _noted(row: str) -> str:
    # An INSERT OR IGNORE would be overruled by the ON CONFLICT of the statement that fires the trigger.
    return (
        f"INSERT INTO untraced (source, external_id) SELECT {row}.source, {row}.external_id WHERE NOT EXISTS "  # noqa: S608
        f"(SELECT 1 FROM untraced WHERE source = {row}.source AND external_id = {row}.external_id)"
    )


def _watch_on_postgresql() -> None:
    """The same once a statement, over all rows that it touched."""
    other = " OR ".join(f"fresh.{name} IS DISTINCT FROM stale.{name}" for name in _SEEN)
    both = "SELECT source, external_id FROM fresh UNION SELECT source, external_id FROM stale"
    moved = (
        "SELECT fresh.source, fresh.external_id FROM fresh LEFT JOIN stale USING (source, external_id) "  # noqa: S608
        f"WHERE stale.source IS NULL OR {other} "
        "UNION SELECT stale.source, stale.external_id FROM stale LEFT JOIN fresh USING (source, external_id) "
        "WHERE fresh.source IS NULL"
    )
    for table, updated in (("items", moved), ("changes", both)):
        for event, seen, rows in (
            ("insert", "NEW TABLE AS fresh", "SELECT source, external_id FROM fresh"),
            ("update", "OLD TABLE AS stale NEW TABLE AS fresh", updated),
            ("delete", "OLD TABLE AS stale", "SELECT source, external_id FROM stale"),
        ):
            past = f"{event}d" if event.endswith("e") else f"{event}ed"
            op.execute(
                f"CREATE FUNCTION note_{table}_{past}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "  # noqa: S608
                f"INSERT INTO untraced (source, external_id) SELECT DISTINCT source, external_id FROM ({rows}) touched "
                "ON CONFLICT DO NOTHING; RETURN NULL; END $$"
            )
            op.execute(
                f"CREATE TRIGGER {table}_{past} AFTER {event.upper()} ON {table} REFERENCING {seen} "
                f"FOR EACH STATEMENT EXECUTE FUNCTION note_{table}_{past}()"
            )
