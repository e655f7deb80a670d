"""People are told of webhooks that were disabled."""

import sqlalchemy as sa
from alembic import op

from migrations import walls

revision = "0071"
down_revision = "0070"
branch_labels = None
depends_on = None

_BEFORE = (
    *("ORDER_CANCELLED", "APPROVAL_AWAITED", "ORDER_CONFIRMED", "CALL_OFF_CONFIRMED"),
    *("DELIVERY_DELIVERED", "DELIVERY_PARTLY_DELIVERED", "DELIVERY_ATTEMPT_FAILED"),
    *("DELIVERY_AT_THE_DOOR", "DELIVERY_DISPATCHED", "DELIVERY_PLANNED", "DELIVERY_RESCHEDULED"),
    *("ORDER_CHANGED", "CONTRACT_SHORTFALL"),
)
_TABLES = ("notifications", "notification_preferences")
_ABOUT = "ck_notifications_about_something"


def _know(*kinds: str) -> None:
    for table in _TABLES:
        name = op.f(f"ck_{table}_kind_known")
        op.drop_constraint(name, table)
        op.create_check_constraint(name, table, "kind IN ('" + "', '".join(kinds) + "')")


def _be_about(*columns: str) -> None:
    op.drop_constraint(op.f(_ABOUT), "notifications")
    rule = f"num_nonnulls({', '.join(columns)}) = 1"
    op.create_check_constraint(op.f(_ABOUT), "notifications", rule)


def upgrade() -> None:
    """Apply."""
    op.add_column("notifications", sa.Column("webhook_id", sa.Uuid(), nullable=True))
    op.create_foreign_key(
        op.f("fk_notifications_webhook_id"),
        "notifications",
        "webhooks",
        ["merchant_id", "webhook_id"],
        ["merchant_id", "id"],
        ondelete="CASCADE",
    )
    op.create_index(
        "ix_notifications_webhook_id", "notifications", ["merchant_id", "webhook_id"], unique=False
    )
    _know(*_BEFORE, "WEBHOOK_DISABLED")
    _be_about("order_id", "contract_id", "webhook_id")


def downgrade() -> None:
    """Undo."""
    for table in _TABLES:
        walls.for_each_merchant(f"DELETE FROM {table} WHERE kind = 'WEBHOOK_DISABLED'")  # noqa: S608 -- names of ours.
    _be_about("order_id", "contract_id")
    _know(*_BEFORE)
    op.drop_column("notifications", "webhook_id")
