"""When sprints begin, to the instant, and how they were told before their names or their days were told otherwise."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

# Compared byte by byte on both databases.
_WORD = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    op.add_column("sprints", sa.Column("starts_at", sa.BigInteger(), nullable=True))
    op.create_table(
        "former_sprints",
        sa.Column("source", _WORD, nullable=False),
        sa.Column("sprint_id", _WORD, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("state", _WORD, nullable=False),
        sa.Column("starts_on", _WORD, nullable=True),
        sa.Column("ends_on", _WORD, nullable=True),
        sa.Column("completed_at", sa.BigInteger(), nullable=True),
        sa.Column("board", sa.Text(), nullable=True),
        sa.Column("known_at", sa.BigInteger(), nullable=False),
        sa.Column("starts_at", sa.BigInteger(), nullable=True),
        sa.Column("known_until", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("source", "sprint_id", "known_until"),
    )
