"""What blocks items may be named by a key it bore once: such items are found by it, and noted when they arrive."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_RENAMED = "previous_keys <> '[]'"  # as few items are
_BLOCKED = "SELECT b.source, b.external_id FROM blockings b WHERE b.source = {0}.source AND b.name IN ({1})"
_SQLITE_KEYS = "SELECT k.value FROM json_each({0}.previous_keys) k"
_POSTGRESQL_KEYS = "SELECT jsonb_array_elements_text({0}.previous_keys::jsonb)"
_NOT_NOTED = "NOT EXISTS (SELECT 1 FROM untraced u WHERE u.source = t.source AND u.external_id = t.external_id)"


def upgrade() -> None:
    op.create_index(
        "items_renamed",
        "items",
        ["source", "external_id"],
        unique=False,
        sqlite_where=sa.text(_RENAMED),
        postgresql_where=sa.text(_RENAMED),
    )
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    keys = _SQLITE_KEYS if is_sqlite else _POSTGRESQL_KEYS
    every = _BLOCKED.format("i", keys.format("i")).replace(" WHERE ", f" JOIN items i ON i.{_RENAMED} WHERE ")
    op.execute(_note(every))  # journeys that were traced without them
    noted = _note(_BLOCKED.format("NEW", keys.format("NEW")))
    if is_sqlite:
        was_renamed = "NEW.previous_keys IS NOT OLD.previous_keys"
        op.execute(
            f"CREATE TRIGGER items_renamed_inserted AFTER INSERT ON items WHEN NEW.{_RENAMED} BEGIN {noted}; END"
        )
        op.execute(f"CREATE TRIGGER items_renamed_updated AFTER UPDATE ON items WHEN {was_renamed} BEGIN {noted}; END")
    else:
        op.execute(
            "CREATE FUNCTION note_items_renamed() RETURNS trigger LANGUAGE plpgsql AS $$ "
            f"BEGIN {noted}; RETURN NULL; END $$"
        )
        was_renamed = "NEW.previous_keys IS DISTINCT FROM OLD.previous_keys"
        for past, event, when in (("inserted", "INSERT", f"NEW.{_RENAMED}"), ("updated", "UPDATE", was_renamed)):
            op.execute(
                f"CREATE TRIGGER items_renamed_{past} AFTER {event} ON items FOR EACH ROW WHEN ({when}) "
                "EXECUTE FUNCTION note_items_renamed()"
            )


def _note(touched: str) -> str:
    return (
        f"INSERT INTO untraced (source, external_id) SELECT DISTINCT t.source, t.external_id FROM ({touched}) t "  # noqa: S608  # names of ours
        f"WHERE {_NOT_NOTED}"
    )
