"""Changes come by the million, nearly all of items that are noted as stale already: then nothing is begun for them."""

from __future__ import annotations

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

# Of a blocker, as migration 0006 has it.
_IS_SEEN = "NEW.field IN ('status', 'resolution')"
_ITSELF = "SELECT NEW.source AS source, NEW.external_id AS external_id"
_BLOCKED = "FROM blockings b WHERE b.source = NEW.source AND b.name = NEW.external_id"


def upgrade() -> None:
    """The same is noted as before. PostgreSQL notes once a statement, which costs next to nothing."""
    if op.get_bind().dialect.name != "sqlite":
        return
    op.execute("DROP TRIGGER changes_inserted")
    op.execute(
        "CREATE TRIGGER changes_inserted AFTER INSERT ON changes WHEN NOT EXISTS "  # noqa: S608  # names of ours
        "(SELECT 1 FROM untraced u WHERE u.source = NEW.source AND u.external_id = NEW.external_id) "
        f"OR ({_IS_SEEN} AND EXISTS (SELECT 1 {_BLOCKED})) "
        f"BEGIN {_note(_ITSELF)} {_note(f'SELECT b.source, b.external_id {_BLOCKED} AND {_IS_SEEN}')} END"
    )


def _note(touched: str) -> str:
    # An INSERT OR IGNORE would be overruled by the ON CONFLICT of the statement that fires the trigger.
    return (
        f"INSERT INTO untraced (source, external_id) SELECT DISTINCT t.source, t.external_id FROM ({touched}) t "  # noqa: S608  # names of ours
        "WHERE NOT EXISTS (SELECT 1 FROM untraced u WHERE u.source = t.source AND u.external_id = t.external_id);"
    )
