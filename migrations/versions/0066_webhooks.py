"""Webhooks: endpoints that are told what happens, their secrets, and what is sent to each."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from migrations import walls

revision = "0066"
down_revision = "0062"
branch_labels = None
depends_on = None

FORGETS = {"api_keys.scopes"}
"""Nobody has webhooks before."""
LANES = "webhook_lanes"
TABLES = ("webhooks", LANES, "webhook_messages", "webhook_secrets", "webhook_attempts")
UNSCOPED = "UPDATE api_keys SET scopes = array_remove(scopes, 'WEBHOOKS_MANAGE')"


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "webhooks",
        sa.Column("merchant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("party_id", sa.Uuid(), nullable=True),
        sa.Column("scopes", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("role", sa.Text(), nullable=True),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("event_types", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("triggers", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("conditions", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("document", sa.Text(), nullable=True),
        sa.Column("per_second", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("state_since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("disabled_for", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("after_position", sa.BigInteger(), nullable=False),
        sa.Column("replay_after", sa.BigInteger(), nullable=True),
        sa.Column("replay_to", sa.BigInteger(), nullable=True),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "(state = 'DISABLED') = (disabled_for IS NOT NULL)",
            name=op.f("ck_webhooks_disabled_for_something"),
        ),
        sa.CheckConstraint(
            "disabled_for IN ('GONE', 'FAILING')", name=op.f("ck_webhooks_disabled_for_known")
        ),
        sa.CheckConstraint(
            "role IN ('BUYER', 'APPROVER', 'VIEWER')", name=op.f("ck_webhooks_role_known")
        ),
        sa.CheckConstraint(
            "state IN ('ACTIVE', 'PAUSED', 'DISABLED', 'DELETED')",
            name=op.f("ck_webhooks_state_known"),
        ),
        sa.CheckConstraint(
            "(party_id IS NULL) = (role IS NULL)", name=op.f("ck_webhooks_role_of_clients")
        ),
        sa.CheckConstraint(
            "(replay_after IS NULL) = (replay_to IS NULL)", name=op.f("ck_webhooks_replay_whole")
        ),
        sa.CheckConstraint("per_second > 0", name=op.f("ck_webhooks_per_second_positive")),
        sa.ForeignKeyConstraint(
            ["merchant_id", "party_id"],
            ["parties.merchant_id", "parties.id"],
            name=op.f("fk_webhooks_party_id"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("merchant_id", "id", name=op.f("pk_webhooks")),
    )
    op.create_index("ix_webhooks_party_id", "webhooks", ["merchant_id", "party_id"], unique=False)
    op.create_index("ix_webhooks_state", "webhooks", ["merchant_id", "state"], unique=False)
    op.create_table(
        "webhook_lanes",
        sa.Column("merchant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("leased_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("leased_by", sa.Uuid(), nullable=True),
        sa.Column("failures", sa.BigInteger(), nullable=False),
        sa.Column("failing_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("is_open", sa.Boolean(), nullable=False),
        sa.CheckConstraint(
            "(failures = 0) = (failing_since IS NULL)", name=op.f("ck_webhook_lanes_failing_whole")
        ),
        sa.CheckConstraint("failures >= 0", name=op.f("ck_webhook_lanes_failures_counted")),
        sa.ForeignKeyConstraint(
            ["merchant_id", "id"],
            ["webhooks.merchant_id", "webhooks.id"],
            name=op.f("fk_webhook_lanes_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("merchant_id", "id", name=op.f("pk_webhook_lanes")),
    )
    op.create_index(
        "ix_webhook_lanes_next_at",
        "webhook_lanes",
        ["next_at"],
        unique=False,
        postgresql_where="next_at IS NOT NULL",
    )
    op.create_table(
        "webhook_messages",
        sa.Column("merchant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("webhook_id", sa.Uuid(), nullable=False),
        sa.Column("entry_id", sa.Uuid(), nullable=True),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("aggregate", sa.Text(), nullable=False),
        sa.Column("aggregate_id", sa.Uuid(), nullable=False),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("attempts", sa.BigInteger(), nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("is_replay", sa.Boolean(), nullable=False),
        sa.Column("body", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "(state = 'PENDING') = (settled_at IS NULL)",
            name=op.f("ck_webhook_messages_settled_whole"),
        ),
        sa.CheckConstraint(
            "state IN ('PENDING', 'DELIVERED', 'FAILED', 'WITHDRAWN')",
            name=op.f("ck_webhook_messages_state_known"),
        ),
        sa.ForeignKeyConstraint(
            ["merchant_id", "entry_id"],
            ["journal.merchant_id", "journal.id"],
            name=op.f("fk_webhook_messages_entry_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["merchant_id", "webhook_id"],
            ["webhooks.merchant_id", "webhooks.id"],
            name=op.f("fk_webhook_messages_webhook_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("merchant_id", "id", name=op.f("pk_webhook_messages")),
    )
    op.create_index(
        "ix_webhook_messages_due",
        "webhook_messages",
        ["merchant_id", "webhook_id", "next_at", "position"],
        unique=False,
        postgresql_where="state = 'PENDING'",
    )
    op.create_index(
        "ix_webhook_messages_entry_id",
        "webhook_messages",
        ["merchant_id", "entry_id"],
        unique=False,
    )
    op.create_index(
        "ix_webhook_messages_in_order",
        "webhook_messages",
        ["merchant_id", "webhook_id", "aggregate_id", "position", "id"],
        unique=False,
        postgresql_where="state = 'PENDING'",
    )
    op.create_index(
        "ix_webhook_messages_created_at_id",
        "webhook_messages",
        ["merchant_id", "created_at", "id"],
        unique=False,
    )
    op.create_index(
        "ix_webhook_messages_webhook_id_created_at_id",
        "webhook_messages",
        ["merchant_id", "webhook_id", "created_at", "id"],
        unique=False,
    )
    op.create_table(
        "webhook_secrets",
        sa.Column("merchant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("webhook_id", sa.Uuid(), nullable=False),
        sa.Column("secret", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("length(secret) = 32", name=op.f("ck_webhook_secrets_length")),
        sa.ForeignKeyConstraint(
            ["merchant_id", "webhook_id"],
            ["webhooks.merchant_id", "webhooks.id"],
            name=op.f("fk_webhook_secrets_webhook_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("merchant_id", "id", name=op.f("pk_webhook_secrets")),
    )
    op.create_index(
        "ix_webhook_secrets_webhook_id_created_at",
        "webhook_secrets",
        ["merchant_id", "webhook_id", "created_at"],
        unique=False,
    )
    op.create_table(
        "webhook_attempts",
        sa.Column("merchant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("webhook_id", sa.Uuid(), nullable=False),
        sa.Column("message_id", sa.Uuid(), nullable=False),
        sa.Column("attempted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("duration_ms", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.BigInteger(), nullable=True),
        sa.Column("fault", sa.Text(), nullable=True),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "fault IN ('FORBIDDEN', 'UNRESOLVED', 'UNREACHABLE', 'UNTRUSTED', 'LATE', 'BROKEN')",
            name=op.f("ck_webhook_attempts_fault_known"),
        ),
        sa.CheckConstraint(
            "(status IS NULL) = (fault IS NOT NULL)",
            name=op.f("ck_webhook_attempts_answered_or_not"),
        ),
        sa.ForeignKeyConstraint(
            ["merchant_id", "message_id"],
            ["webhook_messages.merchant_id", "webhook_messages.id"],
            name=op.f("fk_webhook_attempts_message_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["merchant_id", "webhook_id"],
            ["webhooks.merchant_id", "webhooks.id"],
            name=op.f("fk_webhook_attempts_webhook_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("merchant_id", "id", name=op.f("pk_webhook_attempts")),
    )
    op.create_index(
        "ix_webhook_attempts_attempted_at_id",
        "webhook_attempts",
        ["merchant_id", "attempted_at", "id"],
        unique=False,
    )
    op.create_index(
        "ix_webhook_attempts_message_id_attempted_at_id",
        "webhook_attempts",
        ["merchant_id", "message_id", "attempted_at", "id"],
        unique=False,
    )
    op.create_index(
        "ix_webhook_attempts_webhook_id_attempted_at_id",
        "webhook_attempts",
        ["merchant_id", "webhook_id", "attempted_at", "id"],
        unique=False,
    )
    for table in TABLES:
        walls.build(table)
    walls.show_without_merchant(LANES)


def downgrade() -> None:
    """Undo."""
    walls.for_each_merchant(UNSCOPED)
    for table in reversed(TABLES):
        op.drop_table(table)
