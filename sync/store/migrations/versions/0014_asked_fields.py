"""For which fields each item was asked: one that was read without a field is no item that lacks it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

# Compared byte by byte on both databases.
_WORD = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "asked_fields",
        sa.Column("digest", _WORD, nullable=False),
        sa.Column("fields", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("digest"),
    )
    for table in ("items", "former_items"):  # of former ones it is not kept: what counts is what is known today
        op.add_column(table, sa.Column("asked", _WORD, nullable=True))
    op.add_column("source_states", sa.Column("named", sa.Text(), nullable=True))
    op.add_column("source_states", sa.Column("named_once", sa.Text(), nullable=True))
    op.add_column("source_states", sa.Column("read_anew_at", sa.BigInteger(), nullable=True))
