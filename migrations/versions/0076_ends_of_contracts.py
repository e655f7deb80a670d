"""Companies are told that contracts end, and that little is left of them."""

from alembic import op

from migrations import walls

revision = "0076"
down_revision = "0075"
branch_labels = None
depends_on = None

_KINDS = (
    *("ORDER_CANCELLED", "APPROVAL_AWAITED", "ORDER_CONFIRMED", "CALL_OFF_CONFIRMED"),
    *("DELIVERY_DELIVERED", "DELIVERY_PARTLY_DELIVERED", "DELIVERY_ATTEMPT_FAILED"),
    *("DELIVERY_AT_THE_DOOR", "DELIVERY_DISPATCHED", "DELIVERY_PLANNED", "DELIVERY_RESCHEDULED"),
    *("ORDER_CHANGED", "CONTRACT_SHORTFALL"),
)
_DUES = (
    *("LAPSE_ORDERS", "EXPIRE_AMENDMENTS", "READ_MESSAGES", "READ_LONG_MESSAGES"),
    *("FORGET_ANSWERS", "FORGET_BUCKETS", "FORGET_WEBHOOK_MESSAGES"),
)
_NEW = ("CONTRACT_ENDS", "CONTRACT_RUNS_LOW")
_TABLES = ("notifications", "notification_preferences")


def _know(table: str, *kinds: str) -> None:
    name = op.f(f"ck_{table}_kind_known")
    op.drop_constraint(name, table)
    op.create_check_constraint(name, table, "kind IN ('" + "', '".join(kinds) + "')")


def upgrade() -> None:
    """Apply."""
    for table in _TABLES:
        _know(table, *_KINDS, *_NEW, "WEBHOOK_DISABLED")
    _know("due", *_DUES, "TELL_ENDS")


def downgrade() -> None:
    """Undo, but for what is due: a former worker asks only for kinds that it knows."""
    named = "', '".join(_NEW)
    for table in _TABLES:
        walls.for_each_merchant(f"DELETE FROM {table} WHERE kind IN ('{named}')")  # noqa: S608 -- names of ours.
        _know(table, *_KINDS, "WEBHOOK_DISABLED")
