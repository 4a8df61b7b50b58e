"""What blocks items: every word on a link, and whose journeys depend on whom, which the database itself notes."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

# Compared byte by byte on both databases.
_WORD = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")

# As migration 0004 has it: what a journey or a place may depend on.
_SEEN = (
    "source", "external_id", "key", "previous_keys", "project", "project_id", "type", "type_rank", "status",
    "status_id", "status_category", "resolution", "parent_id", "labels", "components", "area", "iteration", "team",
    "flagged", "created_at", "updated_at", "resolved_at", "starts_on", "due_on", "revision", "quantities", "fields",
    "links", "history", "removed_at", "removed_reason",
)  # fmt: skip
_HISTORY = "('status', 'resolution')"  # of a blocker


def upgrade() -> None:
    op.create_table(
        "link_words",
        sa.Column("source", _WORD, nullable=False),
        sa.Column("to_id", _WORD, nullable=False),
        sa.Column("from_id", _WORD, nullable=False),
        sa.Column("kind", _WORD, nullable=False),
        sa.Column("changed_at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("known_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("source", "to_id", "from_id", "kind", "changed_at"),
    )
    op.execute(
        "INSERT INTO link_words (source, to_id, from_id, kind, changed_at, active, known_at) "
        "SELECT source, to_id, from_id, kind, changed_at, active, known_at FROM item_links WHERE kind = 'blocks'"
    )
    op.create_table(
        "blockings",
        sa.Column("source", _WORD, nullable=False),
        sa.Column("name", _WORD, nullable=False),
        sa.Column("external_id", _WORD, nullable=False),
        sa.PrimaryKeyConstraint("source", "name", "external_id"),
    )
    op.create_index("blockings_by_item", "blockings", ["source", "external_id"], unique=False)
    if op.get_bind().dialect.name == "sqlite":
        _watch_on_sqlite()
    else:
        _watch_on_postgresql()


def _watch_on_sqlite() -> None:
    other = " OR ".join(f"NEW.{name} IS NOT OLD.{name}" for name in _SEEN)
    for table, when in (("items", f"WHEN {other}"), ("changes", "")):
        for done in ("inserted", "updated", "deleted"):
            op.execute(f"DROP TRIGGER {table}_{done}")
        old, new = (_noted(row, table) for row in ("OLD", "NEW"))
        op.execute(f"CREATE TRIGGER {table}_inserted AFTER INSERT ON {table} BEGIN {new} END")
        op.execute(f"CREATE TRIGGER {table}_updated AFTER UPDATE ON {table} {when} BEGIN {old} {new} END")
        op.execute(f"CREATE TRIGGER {table}_deleted AFTER DELETE ON {table} BEGIN {old} END")
    old, new = (_note(f"SELECT {row}.source AS source, {row}.to_id AS external_id") for row in ("OLD", "NEW"))
    op.execute(f"CREATE TRIGGER link_words_inserted AFTER INSERT ON link_words BEGIN {new} END")
    op.execute(f"CREATE TRIGGER link_words_updated AFTER UPDATE ON link_words BEGIN {old} {new} END")
    op.execute(f"CREATE TRIGGER link_words_deleted AFTER DELETE ON link_words BEGIN {old} END")


def _noted(row: str, table: str) -> str:
    """The item itself, and every item whose journey depends on it: as a blocker, by its id or by its key."""
    names = f"IN ({row}.external_id, {row}.key)" if table == "items" else f"= {row}.external_id"
    blocked = f"SELECT b.source, b.external_id FROM blockings b WHERE b.source = {row}.source AND b.name {names}"  # noqa: S608
    if table == "changes":
        blocked += f" AND {row}.field IN {_HISTORY}"
    return _note(f"SELECT {row}.source AS source, {row}.external_id AS external_id") + " " + _note(blocked)


def _note(touched: str) -> str:
    # An INSERT OR IGNORE would be overruled by the ON CONFLICT of the statement that fires the trigger.
    return (
        f"INSERT INTO untraced (source, external_id) SELECT DISTINCT t.source, t.external_id FROM ({touched}) t "  # noqa: S608
        "WHERE NOT EXISTS (SELECT 1 FROM untraced u WHERE u.source = t.source AND u.external_id = t.external_id);"
    )


def _watch_on_postgresql() -> None:
    other = " OR ".join(f"fresh.{name} IS DISTINCT FROM stale.{name}" for name in _SEEN)
    moved = (
        "SELECT fresh.source, fresh.external_id, fresh.key, stale.key AS former "  # noqa: S608  # names of ours
        "FROM fresh LEFT JOIN stale USING (source, external_id) "
        f"WHERE stale.source IS NULL OR {other} "
        "UNION ALL SELECT stale.source, stale.external_id, stale.key, NULL FROM stale "
        "LEFT JOIN fresh USING (source, external_id) WHERE fresh.source IS NULL"
    )
    for event, past, seen, rows in (
        ("insert", "inserted", "NEW TABLE AS fresh", "SELECT source, external_id, key, NULL AS former FROM fresh"),
        ("update", "updated", "OLD TABLE AS stale NEW TABLE AS fresh", moved),
        ("delete", "deleted", "OLD TABLE AS stale", "SELECT source, external_id, key, NULL AS former FROM stale"),
    ):
        names = ("external_id", "key", "former")
        _replace("items", past, rows, names)
        both = "SELECT * FROM fresh UNION ALL SELECT * FROM stale"
        every = {"insert": "SELECT * FROM fresh", "update": both, "delete": "SELECT * FROM stale"}[event]
        _replace("changes", past, every, ("external_id",), only=f"WHERE touched.field IN {_HISTORY}")
        _replace("link_words", past, every.replace("*", "source, to_id AS external_id"), ())
        op.execute(
            f"CREATE TRIGGER link_words_{past} AFTER {event.upper()} ON link_words REFERENCING {seen} "
            f"FOR EACH STATEMENT EXECUTE FUNCTION note_link_words_{past}()"
        )


def _replace(table: str, past: str, rows: str, names: tuple[str, ...], *, only: str = "") -> None:
    asked = ["SELECT source, external_id FROM touched"]
    asked += [
        "SELECT b.source, b.external_id FROM touched JOIN blockings b "  # noqa: S608  # names of ours
        f"ON b.source = touched.source AND b.name = touched.{name} {only}"
        for name in names
    ]
    op.execute(
        f"CREATE OR REPLACE FUNCTION note_{table}_{past}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        f"WITH touched AS ({rows}) INSERT INTO untraced (source, external_id) {' UNION '.join(asked)} "
        "ON CONFLICT DO NOTHING; RETURN NULL; END $$"
    )
