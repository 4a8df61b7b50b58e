"""How far a reading again has come, and with which settings: one that was stopped goes on, or begins with others. And
with which settings a sync last left no item unread.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

# Compared byte by byte on both databases.
_WORD = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    op.add_column("source_states", sa.Column("rereading_digest", _WORD, nullable=True))
    op.add_column("source_states", sa.Column("reread_upto", _WORD, nullable=True))
    op.add_column("source_states", sa.Column("walked_digest", _WORD, nullable=True))
