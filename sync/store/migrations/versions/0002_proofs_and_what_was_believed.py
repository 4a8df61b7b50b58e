"""Proofs of completeness, tombstones, mends, and changes as they were believed before they were told otherwise."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

# Compared byte by byte on both databases.
_WORD = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    op.add_column("runs", sa.Column("mended", sa.Integer(), nullable=True))
    op.add_column("source_states", sa.Column("suspensions", sa.Text(), nullable=True))
    op.add_column("source_states", sa.Column("sweep_asked_at", sa.BigInteger(), nullable=True))
    op.create_table(
        "proofs",
        sa.Column("source", _WORD, nullable=False),
        sa.Column("scope_id", _WORD, nullable=False),
        sa.Column("run_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("proven_at", sa.BigInteger(), nullable=False),
        sa.Column("scope_key", _WORD, nullable=False),
        sa.Column("scope_state", _WORD, nullable=False),
        sa.Column("declared", sa.Integer(), nullable=True),
        sa.Column("declared_at", sa.BigInteger(), nullable=True),
        sa.Column("declared_by", _WORD, nullable=True),
        sa.Column("uncounted", sa.Integer(), nullable=True),
        sa.Column("held", sa.Integer(), nullable=False),
        sa.Column("missing", sa.Integer(), nullable=False),
        sa.Column("removed", sa.Integer(), nullable=False),
        sa.Column("out_of_scope", sa.Integer(), nullable=False),
        sa.Column("unheld", sa.Integer(), nullable=True),
        sa.Column("complete", sa.Integer(), nullable=False),
        sa.Column("bare", sa.Integer(), nullable=False),
        sa.Column("gaps", sa.Integer(), nullable=False),
        sa.Column("incomplete", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("source", "scope_id", "run_id"),
    )
    op.create_table(
        "mends",
        sa.Column("run_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("source", _WORD, nullable=False),
        sa.Column("external_id", _WORD, nullable=False),
        sa.Column("mended_at", sa.BigInteger(), nullable=False),
        sa.Column("differences", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("run_id", "source", "external_id"),
    )
    op.create_table(
        "removals",
        sa.Column("source", _WORD, nullable=False),
        sa.Column("external_id", _WORD, nullable=False),
        sa.Column("removed_at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("reason", _WORD, nullable=False),
        sa.Column("sweeps", sa.Text(), nullable=False),
        sa.Column("look", _WORD, nullable=False),
        sa.Column("returned_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("source", "external_id", "removed_at"),
    )
    op.create_table(
        "former_changes",
        sa.Column("source", _WORD, nullable=False),
        sa.Column("external_id", _WORD, nullable=False),
        sa.Column("change_id", _WORD, nullable=False),
        sa.Column("known_until", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("field", _WORD, nullable=False),
        sa.Column("occurred_at", sa.BigInteger(), nullable=False),
        sa.Column("known_at", sa.BigInteger(), nullable=False),
        sa.Column("from_value", sa.Text(), nullable=True),
        sa.Column("to_value", sa.Text(), nullable=True),
        sa.Column("from_id", sa.Text(), nullable=True),
        sa.Column("to_id", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("source", "external_id", "change_id", "known_until"),
    )
