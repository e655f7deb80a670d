"""Notifications: what people are told by mail, when they want to be, and how mails look."""

from alembic import op
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from migrations import walls

revision = "0062"
down_revision = "0059"
branch_labels = None
depends_on = None

_SETTINGS = {
    "colour_form": "colour ~ '^#[0-9a-f]{6}$'",
    "gather_minutes_range": "gather_minutes BETWEEN 0 AND 1440",
    "quiet_whole": "(quiet_from IS NULL) = (quiet_until IS NULL)",
}


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "notification_mails",
        sa.Column("merchant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("leased_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("attempts", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("merchant_id", "id", name=op.f("pk_notification_mails")),
    )
    op.create_index(
        "ix_notification_mails_next_at",
        "notification_mails",
        ["merchant_id", "next_at"],
        unique=False,
    )
    op.create_table(
        "notification_preferences",
        sa.Column("merchant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("contact_id", sa.Uuid(), nullable=True),
        sa.Column("address", sa.Text(), nullable=True),
        sa.Column("is_staff", sa.Boolean(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("timing", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('ORDER_CANCELLED', 'APPROVAL_AWAITED', 'ORDER_CONFIRMED', 'CALL_OFF_CONFIRMED', 'DELIVERY_DELIVERED', 'DELIVERY_PARTLY_DELIVERED', 'DELIVERY_ATTEMPT_FAILED', 'DELIVERY_AT_THE_DOOR', 'DELIVERY_DISPATCHED', 'DELIVERY_PLANNED', 'DELIVERY_RESCHEDULED', 'ORDER_CHANGED', 'CONTRACT_SHORTFALL')",
            name=op.f("ck_notification_preferences_kind_known"),
        ),
        sa.CheckConstraint(
            "timing IN ('NOW', 'DAILY', 'NEVER')",
            name=op.f("ck_notification_preferences_timing_known"),
        ),
        sa.CheckConstraint(
            "NOT is_staff OR contact_id IS NULL",
            name=op.f("ck_notification_preferences_staff_by_address"),
        ),
        sa.CheckConstraint(
            "num_nonnulls(contact_id, address) <= 1",
            name=op.f("ck_notification_preferences_of_one"),
        ),
        sa.ForeignKeyConstraint(
            ["merchant_id", "contact_id"],
            ["contacts.merchant_id", "contacts.id"],
            name=op.f("fk_notification_preferences_contact_id"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("merchant_id", "id", name=op.f("pk_notification_preferences")),
        sa.UniqueConstraint(
            "merchant_id", "address", "kind", name=op.f("uq_notification_preferences_address")
        ),
        sa.UniqueConstraint(
            "merchant_id", "contact_id", "kind", name=op.f("uq_notification_preferences_contact")
        ),
    )
    op.create_index(
        "ix_notification_preferences_id",
        "notification_preferences",
        ["merchant_id", "id"],
        unique=False,
        postgresql_where=sa.text("is_staff"),
    )
    op.create_table(
        "notifications",
        sa.Column("merchant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("contact_id", sa.Uuid(), nullable=True),
        sa.Column("address", sa.Text(), nullable=True),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("time_zone", sa.Text(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=True),
        sa.Column("delivery_id", sa.Uuid(), nullable=True),
        sa.Column("contract_id", sa.Uuid(), nullable=True),
        sa.Column("entry_id", sa.Uuid(), nullable=False),
        sa.Column("mail_id", sa.Uuid(), nullable=False),
        sa.Column("is_daily", sa.Boolean(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("code", sa.BigInteger(), nullable=True),
        sa.Column("message_id", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(state = 'SENT') = (sent_at IS NOT NULL)", name=op.f("ck_notifications_sent_whole")
        ),
        sa.CheckConstraint(
            "(state IN ('FAILED', 'SUPPRESSED')) = (reason IS NOT NULL)",
            name=op.f("ck_notifications_reason_whole"),
        ),
        sa.CheckConstraint(
            "kind IN ('ORDER_CANCELLED', 'APPROVAL_AWAITED', 'ORDER_CONFIRMED', 'CALL_OFF_CONFIRMED', 'DELIVERY_DELIVERED', 'DELIVERY_PARTLY_DELIVERED', 'DELIVERY_ATTEMPT_FAILED', 'DELIVERY_AT_THE_DOOR', 'DELIVERY_DISPATCHED', 'DELIVERY_PLANNED', 'DELIVERY_RESCHEDULED', 'ORDER_CHANGED', 'CONTRACT_SHORTFALL')",
            name=op.f("ck_notifications_kind_known"),
        ),
        sa.CheckConstraint(
            "language IN ('en', 'de', 'pl', 'nl', 'fil')",
            name=op.f("ck_notifications_language_known"),
        ),
        sa.CheckConstraint(
            "reason IN ('OVERTAKEN', 'NOT_WANTED', 'FORGOTTEN', 'BAD_ADDRESS', 'REFUSED', 'UNREACHABLE')",
            name=op.f("ck_notifications_reason_known"),
        ),
        sa.CheckConstraint(
            "state IN ('PENDING', 'SENT', 'FAILED', 'SUPPRESSED')",
            name=op.f("ck_notifications_state_known"),
        ),
        sa.CheckConstraint(
            "num_nonnulls(order_id, contract_id) = 1", name=op.f("ck_notifications_about_something")
        ),
        sa.ForeignKeyConstraint(
            ["merchant_id", "contact_id"],
            ["contacts.merchant_id", "contacts.id"],
            name=op.f("fk_notifications_contact_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["merchant_id", "contract_id"],
            ["contracts.merchant_id", "contracts.id"],
            name=op.f("fk_notifications_contract_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["merchant_id", "delivery_id"],
            ["deliveries.merchant_id", "deliveries.id"],
            name=op.f("fk_notifications_delivery_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["merchant_id", "order_id"],
            ["orders.merchant_id", "orders.id"],
            name=op.f("fk_notifications_order_id"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("merchant_id", "id", name=op.f("pk_notifications")),
        sa.UniqueConstraint(
            "merchant_id", "entry_id", "address", "kind", name=op.f("uq_notifications_entry")
        ),
    )
    op.create_index(
        "ix_notifications_contact_id", "notifications", ["merchant_id", "contact_id"], unique=False
    )
    op.create_index(
        "ix_notifications_contract_id",
        "notifications",
        ["merchant_id", "contract_id"],
        unique=False,
    )
    op.create_index(
        "ix_notifications_created_at_id",
        "notifications",
        ["merchant_id", "created_at", "id"],
        unique=False,
    )
    op.create_index(
        "ix_notifications_delivery_id",
        "notifications",
        ["merchant_id", "delivery_id"],
        unique=False,
    )
    op.create_index(
        "ix_notifications_mail_id", "notifications", ["merchant_id", "mail_id"], unique=False
    )
    op.create_index(
        "ix_notifications_order_id", "notifications", ["merchant_id", "order_id"], unique=False
    )
    op.create_index(
        "ix_notifications_pending",
        "notifications",
        ["merchant_id", "address"],
        unique=False,
        postgresql_where=sa.text("state = 'PENDING'"),
    )
    op.create_index(
        "ix_notifications_state_created_at_id",
        "notifications",
        ["merchant_id", "state", "created_at", "id"],
        unique=False,
    )
    op.add_column("merchant_settings", sa.Column("logo_url", sa.Text(), nullable=True))
    op.add_column("merchant_settings", sa.Column("colour", sa.Text(), nullable=True))
    op.add_column("merchant_settings", sa.Column("gather_minutes", sa.BigInteger(), nullable=True))
    op.add_column("merchant_settings", sa.Column("quiet_from", sa.Text(), nullable=True))
    op.add_column("merchant_settings", sa.Column("quiet_until", sa.Text(), nullable=True))
    for name, rule in _SETTINGS.items():
        op.create_check_constraint(op.f(f"ck_merchant_settings_{name}"), "merchant_settings", rule)
    walls.build("notification_mails")
    walls.build("notification_preferences")
    walls.build("notifications")
    walls.show_without_merchant("notification_mails")


def downgrade() -> None:
    """Undo."""
    for name in _SETTINGS:
        op.drop_constraint(op.f(f"ck_merchant_settings_{name}"), "merchant_settings")
    op.drop_column("merchant_settings", "quiet_until")
    op.drop_column("merchant_settings", "quiet_from")
    op.drop_column("merchant_settings", "gather_minutes")
    op.drop_column("merchant_settings", "colour")
    op.drop_column("merchant_settings", "logo_url")
    op.drop_index("ix_notifications_state_created_at_id", table_name="notifications")
    op.drop_index(
        "ix_notifications_pending",
        table_name="notifications",
        postgresql_where=sa.text("state = 'PENDING'"),
    )
    op.drop_index("ix_notifications_order_id", table_name="notifications")
    op.drop_index("ix_notifications_mail_id", table_name="notifications")
    op.drop_index("ix_notifications_delivery_id", table_name="notifications")
    op.drop_index("ix_notifications_created_at_id", table_name="notifications")
    op.drop_index("ix_notifications_contract_id", table_name="notifications")
    op.drop_index("ix_notifications_contact_id", table_name="notifications")
    op.drop_table("notifications")
    op.drop_index(
        "ix_notification_preferences_id",
        table_name="notification_preferences",
        postgresql_where=sa.text("is_staff"),
    )
    op.drop_table("notification_preferences")
    op.drop_index("ix_notification_mails_next_at", table_name="notification_mails")
    op.drop_table("notification_mails")
