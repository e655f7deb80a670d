"""Notifications may fail because their mail could not be written."""

from alembic import op

from migrations import walls

revision = "0082"
down_revision = "0081"
branch_labels = None
depends_on = None

FORGETS = {"notifications.reason"}
_NAME, _TABLE = "ck_notifications_reason_known", "notifications"
_BEFORE = (
    "'OVERTAKEN', 'NOT_WANTED', 'FORGOTTEN', 'BAD_ADDRESS', 'REFUSED', 'UNREACHABLE'"
)
_KNOWN_BEFORE = "UPDATE notifications SET reason = 'UNREACHABLE' WHERE reason = 'UNWRITTEN'"


def upgrade() -> None:
    """Apply."""
    op.drop_constraint(op.f(_NAME), _TABLE)
    op.create_check_constraint(op.f(_NAME), _TABLE, f"reason IN ({_BEFORE}, 'UNWRITTEN')")


def downgrade() -> None:
    """Undo."""
    walls.for_each_merchant(_KNOWN_BEFORE)
    op.drop_constraint(op.f(_NAME), _TABLE)
    op.create_check_constraint(op.f(_NAME), _TABLE, f"reason IN ({_BEFORE})")
