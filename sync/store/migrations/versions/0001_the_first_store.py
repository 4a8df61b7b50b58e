"""The first store."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

# Compared byte by byte on both databases.
_WORD = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "changes",
        sa.Column("source", _WORD, nullable=False),
        sa.Column("external_id", _WORD, nullable=False),
        sa.Column("change_id", _WORD, nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("field", _WORD, nullable=False),
        sa.Column("occurred_at", sa.BigInteger(), nullable=False),
        sa.Column("known_at", sa.BigInteger(), nullable=False),
        sa.Column("from_value", sa.Text(), nullable=True),
        sa.Column("to_value", sa.Text(), nullable=True),
        sa.Column("from_id", sa.Text(), nullable=True),
        sa.Column("to_id", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("source", "external_id", "change_id"),
    )
    op.create_index(
        "changes_in_order", "changes", ["source", "external_id", "occurred_at", "sequence", "change_id"], unique=False
    )

    op.create_table(
        "configurations",
        sa.Column("name", _WORD, nullable=False),
        sa.Column("digest", _WORD, nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("first_seen_at", sa.BigInteger(), nullable=False),
        sa.Column("seen_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", "digest"),
    )
    op.create_table(
        "confirmations",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("source", _WORD, nullable=False),
        sa.Column("subject", _WORD, nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("confirmed_at", sa.BigInteger(), nullable=False),
        sa.Column("used_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "due",
        sa.Column("report", _WORD, nullable=False),
        sa.Column("period_key", _WORD, nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("claimed_at", sa.BigInteger(), nullable=False),
        sa.Column("finished_at", sa.BigInteger(), nullable=True),
        sa.Column("state", _WORD, nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("report", "period_key"),
    )
    op.create_table(
        "editions",
        sa.Column("edition_id", _WORD, nullable=False),
        sa.Column("report", _WORD, nullable=False),
        sa.Column("period_key", _WORD, nullable=False),
        sa.Column("audience", _WORD, nullable=False),
        sa.Column("locale", _WORD, nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("digest", _WORD, nullable=False),
        sa.Column("known_at", sa.BigInteger(), nullable=False),
        sa.Column("published_at", sa.BigInteger(), nullable=False),
        sa.Column("program_version", _WORD, nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("manifest", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("edition_id"),
    )
    op.create_index("editions_by_report", "editions", ["report", "published_at"], unique=False)

    op.create_table(
        "instance",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("instance_id", _WORD, nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("first_run_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "item_links",
        sa.Column("source", _WORD, nullable=False),
        sa.Column("from_id", _WORD, nullable=False),
        sa.Column("to_id", _WORD, nullable=False),
        sa.Column("kind", _WORD, nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.Column("known_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("source", "from_id", "to_id", "kind"),
    )
    op.create_index("item_links_to", "item_links", ["source", "to_id", "kind"], unique=False)

    op.create_table(
        "items",
        sa.Column("source", _WORD, nullable=False),
        sa.Column("external_id", _WORD, nullable=False),
        sa.Column("key", _WORD, nullable=False),
        sa.Column("previous_keys", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("project", _WORD, nullable=False),
        sa.Column("project_id", _WORD, nullable=False),
        sa.Column("type", _WORD, nullable=False),
        sa.Column("type_rank", sa.Integer(), nullable=True),
        sa.Column("status", _WORD, nullable=False),
        sa.Column("status_id", _WORD, nullable=False),
        sa.Column("status_category", _WORD, nullable=False),
        sa.Column("resolution", _WORD, nullable=True),
        sa.Column("parent_id", _WORD, nullable=True),
        sa.Column("labels", sa.Text(), nullable=False),
        sa.Column("components", sa.Text(), nullable=False),
        sa.Column("area", _WORD, nullable=True),
        sa.Column("iteration", _WORD, nullable=True),
        sa.Column("team", _WORD, nullable=True),
        sa.Column("owner", sa.Text(), nullable=True),
        sa.Column("flagged", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.Column("resolved_at", sa.BigInteger(), nullable=True),
        sa.Column("starts_on", _WORD, nullable=True),
        sa.Column("due_on", _WORD, nullable=True),
        sa.Column("revision", sa.Integer(), nullable=True),
        sa.Column("quantities", sa.Text(), nullable=False),
        sa.Column("fields", sa.Text(), nullable=False),
        sa.Column("links", sa.Text(), nullable=False),
        sa.Column("history", _WORD, nullable=False),
        sa.Column("digest", _WORD, nullable=False),
        sa.Column("first_known_at", sa.BigInteger(), nullable=False),
        sa.Column("known_at", sa.BigInteger(), nullable=False),
        sa.Column("missing_since", sa.BigInteger(), nullable=True),
        sa.Column("strikes", sa.Integer(), nullable=False),
        sa.Column("struck_at", sa.BigInteger(), nullable=True),
        sa.Column("struck_by", sa.Text(), nullable=False),
        sa.Column("removed_at", sa.BigInteger(), nullable=True),
        sa.Column("removed_reason", _WORD, nullable=True),
        sa.PrimaryKeyConstraint("source", "external_id"),
    )
    op.create_index("items_by_key", "items", ["key"], unique=False)
    op.create_index("items_by_update", "items", ["source", "updated_at"], unique=False)

    op.create_table(
        "queue_chunks",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("source", _WORD, nullable=False),
        sa.Column("external_ids", sa.Text(), nullable=False),
        sa.Column("done", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("queue_chunks_open", "queue_chunks", ["source", "done", "id"], unique=False)

    op.create_table(
        "raws",
        sa.Column("source", _WORD, nullable=False),
        sa.Column("external_id", _WORD, nullable=False),
        sa.Column("kind", _WORD, nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("known_at", sa.BigInteger(), nullable=False),
        sa.Column("guard_revision", sa.Integer(), nullable=True),
        sa.Column("guard_updated_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("source", "external_id", "kind"),
    )
    op.create_table(
        "runs",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("source", _WORD, nullable=False),
        sa.Column("kind", _WORD, nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=False),
        sa.Column("finished_at", sa.BigInteger(), nullable=True),
        sa.Column("seconds", sa.Integer(), nullable=True),
        sa.Column("outcome", _WORD, nullable=False),
        sa.Column("sentence", sa.Text(), nullable=False),
        sa.Column("warnings", sa.Text(), nullable=False),
        sa.Column("batches", sa.Integer(), nullable=False),
        sa.Column("items", sa.Integer(), nullable=False),
        sa.Column("changes", sa.Integer(), nullable=False),
        sa.Column("requests", sa.Integer(), nullable=False),
        sa.Column("unreadable", sa.Integer(), nullable=False),
        sa.Column("cleaned", sa.Integer(), nullable=False),
        sa.Column("held", sa.Integer(), nullable=True),
        sa.Column("declared", sa.Integer(), nullable=True),
        sa.Column("missing", sa.Integer(), nullable=True),
        sa.Column("unheld", sa.Integer(), nullable=True),
        sa.Column("tombstoned", sa.Integer(), nullable=True),
        sa.Column("returned", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("runs_by_source", "runs", ["source", "id"], unique=False)

    op.create_table(
        "source_states",
        sa.Column("source", _WORD, nullable=False),
        sa.Column("kind", _WORD, nullable=False),
        sa.Column("base_url", sa.Text(), nullable=False),
        sa.Column("product", sa.Text(), nullable=True),
        sa.Column("identity", _WORD, nullable=True),
        sa.Column("identity_name", sa.Text(), nullable=True),
        sa.Column("pending_identity", _WORD, nullable=True),
        sa.Column("pending_identity_name", sa.Text(), nullable=True),
        sa.Column("server_zone", sa.Text(), nullable=True),
        sa.Column("roster", sa.Text(), nullable=False),
        sa.Column("cursor", sa.Text(), nullable=True),
        sa.Column("reading_digest", _WORD, nullable=True),
        sa.Column("attempted_at", sa.BigInteger(), nullable=True),
        sa.Column("complete_at", sa.BigInteger(), nullable=True),
        sa.Column("full_at", sa.BigInteger(), nullable=True),
        sa.Column("full_since", sa.BigInteger(), nullable=True),
        sa.Column("outcome", _WORD, nullable=False),
        sa.Column("problems", sa.Text(), nullable=False),
        sa.Column("census_at", sa.BigInteger(), nullable=True),
        sa.Column("swept_at", sa.BigInteger(), nullable=True),
        sa.Column("declared", sa.Integer(), nullable=True),
        sa.Column("census_problems", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("source"),
    )
    op.create_table(
        "sprints",
        sa.Column("source", _WORD, nullable=False),
        sa.Column("sprint_id", _WORD, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("state", _WORD, nullable=False),
        sa.Column("starts_on", _WORD, nullable=True),
        sa.Column("ends_on", _WORD, nullable=True),
        sa.Column("completed_at", sa.BigInteger(), nullable=True),
        sa.Column("board", sa.Text(), nullable=True),
        sa.Column("known_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("source", "sprint_id"),
    )
    op.create_table(
        "statuses",
        sa.Column("source", _WORD, nullable=False),
        sa.Column("status_id", _WORD, nullable=False),
        sa.Column("name", _WORD, nullable=False),
        sa.Column("category", _WORD, nullable=False),
        sa.Column("known_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("source", "status_id"),
    )
    op.create_table(
        "unreadable",
        sa.Column("source", _WORD, nullable=False),
        sa.Column("external_id", _WORD, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("first_seen_at", sa.BigInteger(), nullable=False),
        sa.Column("seen_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("source", "external_id"),
    )
    op.create_table(
        "mails",
        sa.Column("edition_id", _WORD, nullable=False),
        sa.Column("recipient", _WORD, nullable=False),
        sa.Column("message_id", _WORD, nullable=False),
        sa.Column("state", _WORD, nullable=False),
        sa.Column("claimed_at", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("reply", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["edition_id"],
            ["editions.edition_id"],
        ),
        sa.PrimaryKeyConstraint("edition_id", "recipient"),
    )
