"""Buyers are told that goods of their orders come later than wanted."""

from alembic import op

from migrations import walls

revision = "0114"
down_revision = "0111"
branch_labels = None
depends_on = None

_ORDERS = (
    *("ORDER_CANCELLED", "APPROVAL_AWAITED", "ORDER_CONFIRMED", "CALL_OFF_CONFIRMED"),
    *("DELIVERY_DELIVERED", "DELIVERY_PARTLY_DELIVERED", "DELIVERY_ATTEMPT_FAILED"),
    *("DELIVERY_AT_THE_DOOR", "DELIVERY_DISPATCHED", "DELIVERY_PLANNED", "DELIVERY_RESCHEDULED"),
    "ORDER_CHANGED",
)
_OTHERS = ("CONTRACT_SHORTFALL", "CONTRACT_ENDS", "CONTRACT_RUNS_LOW", "WEBHOOK_DISABLED")
_NEW = "ORDER_BACKORDERED"
_TABLES = ("notifications", "notification_preferences")


def _know(table: str, *kinds: str) -> None:
    name = op.f(f"ck_{table}_kind_known")
    op.drop_constraint(name, table)
    op.create_check_constraint(name, table, "kind IN ('" + "', '".join(kinds) + "')")


def upgrade() -> None:
    """Apply."""
    for table in _TABLES:
        _know(table, *_ORDERS, _NEW, *_OTHERS)


def downgrade() -> None:
    """Undo."""
    for table in _TABLES:
        walls.for_each_merchant(f"DELETE FROM {table} WHERE kind = '{_NEW}'")  # noqa: S608 -- names of ours.
        _know(table, *_ORDERS, *_OTHERS)
