"""Attempts to send to a webhook may fail because the body could not be written."""

from alembic import op

from migrations import walls

revision = "0070"
down_revision = "0069"
branch_labels = None
depends_on = None

FORGETS = {"webhook_attempts.fault"}
_NAME, _TABLE = "ck_webhook_attempts_fault_known", "webhook_attempts"
_BEFORE = "'FORBIDDEN', 'UNRESOLVED', 'UNREACHABLE', 'UNTRUSTED', 'LATE', 'BROKEN'"
_KNOWN_BEFORE = "UPDATE webhook_attempts SET fault = 'BROKEN' WHERE fault = 'UNWRITTEN'"


def upgrade() -> None:
    """Apply."""
    op.drop_constraint(op.f(_NAME), _TABLE)
    op.create_check_constraint(op.f(_NAME), _TABLE, f"fault IN ({_BEFORE}, 'UNWRITTEN')")


def downgrade() -> None:
    """Undo."""
    walls.for_each_merchant(_KNOWN_BEFORE)
    op.drop_constraint(op.f(_NAME), _TABLE)
    op.create_check_constraint(op.f(_NAME), _TABLE, f"fault IN ({_BEFORE})")
