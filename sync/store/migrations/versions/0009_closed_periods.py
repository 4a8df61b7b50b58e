"""How the money of closed periods was attributed when they were first told; from then on it stays."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

# Compared byte by byte on both databases.
_WORD = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "closed_spend",
        sa.Column("value_stream", _WORD, nullable=False),
        sa.Column("name", _WORD, nullable=False),
        sa.Column("starts", _WORD, nullable=False),
        sa.Column("ends", _WORD, nullable=False),
        sa.Column("closed_on", _WORD, nullable=False),
        sa.Column("known_at", sa.BigInteger(), nullable=False),
        sa.Column("kept_at", sa.BigInteger(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("basis", _WORD, nullable=False),
        sa.Column("level", _WORD, nullable=False),
        sa.Column("definition_version", sa.Integer(), nullable=False),
        sa.Column("digest", _WORD, nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("value_stream", "name"),
    )
