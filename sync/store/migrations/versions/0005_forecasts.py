"""Forecasts as they were published, the plans that they were told from, and what became of them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

# Compared byte by byte on both databases.
_WORD = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "forecast_plans",
        sa.Column("edition_id", _WORD, nullable=False),
        sa.Column("as_of", _WORD, nullable=False),
        sa.Column("known_at", sa.BigInteger(), nullable=False),
        sa.Column("published_at", sa.BigInteger(), nullable=False),
        sa.Column("seed", sa.BigInteger(), nullable=False),
        sa.Column("definition_version", sa.Integer(), nullable=False),
        sa.Column("in_hindsight", sa.Boolean(), nullable=False),
        sa.Column("digest", _WORD, nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("edition_id"),
    )
    op.create_index("forecast_plans_by_day", "forecast_plans", ["as_of", "published_at"], unique=False)
    op.create_table(
        "forecasts",
        sa.Column("edition_id", _WORD, nullable=False),
        sa.Column("source", _WORD, nullable=False),
        sa.Column("external_id", _WORD, nullable=False),
        sa.Column("kind", _WORD, nullable=False),
        sa.Column("percentile", sa.Integer(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("day", _WORD, nullable=True),
        sa.Column("done_trials", sa.Integer(), nullable=True),
        sa.Column("trials", sa.Integer(), nullable=False),
        sa.Column("refused", _WORD, nullable=True),
        sa.Column("as_of", _WORD, nullable=False),
        sa.Column("known_at", sa.BigInteger(), nullable=False),
        sa.Column("seed", sa.BigInteger(), nullable=False),
        sa.Column("definition_version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["edition_id"], ["forecast_plans.edition_id"]),
        sa.PrimaryKeyConstraint("edition_id", "source", "external_id", "kind", "percentile"),
    )
    op.create_index("forecasts_by_item", "forecasts", ["source", "external_id", "kind", "as_of"], unique=False)
    op.create_table(
        "forecast_outcomes",
        sa.Column("edition_id", _WORD, nullable=False),
        sa.Column("source", _WORD, nullable=False),
        sa.Column("external_id", _WORD, nullable=False),
        sa.Column("kind", _WORD, nullable=False),
        sa.Column("percentile", sa.Integer(), nullable=False),
        sa.Column("ended", _WORD, nullable=False),
        sa.Column("ended_on", _WORD, nullable=False),
        sa.Column("kept", sa.Boolean(), nullable=True),
        sa.Column("scored_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("edition_id", "source", "external_id", "kind", "percentile"),
    )
    op.create_index("forecast_outcomes_by_item", "forecast_outcomes", ["source", "external_id"], unique=False)
