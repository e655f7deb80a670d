"""Orders are looked at when room comes for what was found; those in which something waits, now."""

from alembic import op

from migrations import walls

revision = "0105"
down_revision = "0104"
branch_labels = None
depends_on = None

_KINDS = (
    *("LAPSE_ORDERS", "EXPIRE_AMENDMENTS", "READ_MESSAGES", "READ_LONG_MESSAGES"),
    *("FORGET_ANSWERS", "FORGET_BUCKETS", "FORGET_WEBHOOK_MESSAGES", "TELL_ENDS"),
    "CALL_OFF_FOUND",
)
HELD = "nullif(current_setting('app.merchant'), '')::uuid"
_WAITING = f"""
INSERT INTO due (merchant_id, id, due_at, kind, subject)
SELECT merchant_id, gen_random_uuid(), now(), 'COUNT_FOUND', order_id FROM (
    SELECT DISTINCT line.merchant_id, line.order_id FROM order_lines line
    JOIN delivery_lines part ON part.order_line_id = line.id
    WHERE line.merchant_id = {HELD} AND part.merchant_id = {HELD} AND line.owed_again > 0
        AND part.owed_again > part.lost + part.refused
        AND (line.waived > 0 OR line.ordered - line.cancelled + line.over_tolerance > line.planned)
) waiting
"""


def _know(*kinds: str) -> None:
    name = op.f("ck_due_kind_known")
    op.drop_constraint(name, "due")
    op.create_check_constraint(name, "due", "kind IN ('" + "', '".join(kinds) + "')")


def upgrade() -> None:
    """Apply."""
    _know(*_KINDS, "COUNT_FOUND")
    walls.for_each_merchant(_WAITING)


def downgrade() -> None:
    """Undo."""
    walls.for_each_merchant(f"DELETE FROM due WHERE kind = 'COUNT_FOUND' AND merchant_id = {HELD}")
    _know(*_KINDS)
