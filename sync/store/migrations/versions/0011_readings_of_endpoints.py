"""What the endpoints of KPIs answered, and since when they do not."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

# Compared byte by byte on both databases.
_WORD = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "kpi_readings",
        sa.Column("kpi", _WORD, nullable=False),
        sa.Column("day", _WORD, nullable=False),
        sa.Column("known_at", sa.BigInteger(), nullable=False),
        sa.Column("value", _WORD, nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("kpi", "day", "known_at"),
    )
    op.create_table(
        "kpi_answers",
        sa.Column("kpi", _WORD, nullable=False),
        sa.Column("known_at", sa.BigInteger(), nullable=False),
        sa.Column("trouble", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("kpi", "known_at"),
    )
