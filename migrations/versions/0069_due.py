"""What is due: a row for each thing that is to be looked at when its time has come."""

import sqlalchemy as sa
from alembic import op

from migrations import walls

revision = "0069"
down_revision = "0067"
branch_labels = None
depends_on = None

_KINDS = (
    *("LAPSE_ORDERS", "EXPIRE_AMENDMENTS", "READ_MESSAGES", "READ_LONG_MESSAGES"),
    *("FORGET_ANSWERS", "FORGET_BUCKETS", "FORGET_WEBHOOK_MESSAGES"),
)
_NEW = "INSERT INTO due (merchant_id, id, due_at, kind, subject) SELECT "
_LAPSE = (
    _NEW + "merchant_id, gen_random_uuid(), cancel_if_not_by, 'LAPSE_ORDERS', id FROM orders"
    " WHERE cancel_if_not_by IS NOT NULL AND state IN ('PENDING_APPROVAL', 'CONFIRMED')"
)
_EXPIRE = (
    _NEW + "merchant_id, gen_random_uuid(), answer_by, 'EXPIRE_AMENDMENTS', order_id"
    " FROM (SELECT DISTINCT merchant_id, order_id, answer_by FROM order_lines"
    " WHERE answer_by IS NOT NULL) AS amended"
)
_READ = (
    _NEW + "merchant_id, gen_random_uuid(), now(), 'READ_MESSAGES', partner_id"
    " FROM (SELECT DISTINCT i.merchant_id, i.partner_id FROM interchange_messages m"
    " JOIN interchanges i ON i.merchant_id = m.merchant_id AND i.id = m.interchange_id"
    " WHERE m.fate = 'WAITING') AS waiting"
)
_FORGET = (
    _NEW + "merchant_id, gen_random_uuid(), hour, '{kind}', merchant_id"
    " FROM (SELECT DISTINCT merchant_id, date_trunc('hour', {ends} - interval '1 microsecond', 'UTC')"
    " + interval '2 hours'"
    " AS hour FROM {table}) AS ending"
)
_WEBHOOKS = (
    _NEW + "merchant_id, gen_random_uuid(), now(), 'FORGET_WEBHOOK_MESSAGES', id FROM webhooks"
)


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "due",
        sa.Column("merchant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("subject", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('" + "', '".join(_KINDS) + "')", name=op.f("ck_due_kind_known")
        ),
        sa.PrimaryKeyConstraint("merchant_id", "id", name=op.f("pk_due")),
    )
    op.create_index("ix_due_due_at", "due", ["due_at", "merchant_id", "kind"], unique=False)
    op.create_index("ix_due_kind_due_at", "due", ["merchant_id", "kind", "due_at"], unique=False)
    walls.build("due")
    walls.show_without_merchant("due")
    for change in (
        _LAPSE,
        _EXPIRE,
        _READ,
        _FORGET.format(kind="FORGET_ANSWERS", ends="expires_at", table="idempotency_keys"),
        _FORGET.format(kind="FORGET_BUCKETS", ends="full_at", table="cost_buckets"),
        _WEBHOOKS,
    ):
        walls.for_each_merchant(change)
    op.drop_index("ix_orders_cancel_if_not_by", table_name="orders")


def downgrade() -> None:
    """Undo."""
    op.create_index(
        "ix_orders_cancel_if_not_by",
        "orders",
        ["merchant_id", "cancel_if_not_by"],
        unique=False,
        postgresql_where=sa.text("cancel_if_not_by IS NOT NULL"),
    )
    op.drop_table("due")
