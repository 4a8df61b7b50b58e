"""Alembic's entry: it works on the connection and transaction it is handed, never on a URL of its own."""

from __future__ import annotations

from alembic import context

from sync.store.tables import METADATA

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    render_as_batch=True,
    transaction_per_migration=False,
)
context.run_migrations()
