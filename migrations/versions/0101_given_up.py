"""Order lines know what was cancelled of what was lost, whether it has arrived since or not.

Lines of deliveries told how much of them took its place: that follows from the sums now.
"""

import sqlalchemy as sa
from alembic import op

from migrations import walls

revision = "0101"
down_revision = "0100"
branch_labels = None
depends_on = None

LINES, PARTS = "order_lines", "delivery_lines"
COUNTED = ("planned", "picked", "packed", "shipped", "delivered", "lost", "refused")
OF_LINES = ("cancelled", "reserved", "backordered", *COUNTED)
RETURNED = ("return_requested", "return_received", "written_off")
HELD = "nullif(current_setting('app.merchant'), '')::uuid"
FILL = f"""
UPDATE order_lines line SET given_up = line.waived + coalesce((
    SELECT sum(part.restored) FROM delivery_lines part
    WHERE part.merchant_id = {HELD} AND part.order_line_id = line.id
), 0)
WHERE line.merchant_id = {HELD} AND (line.waived > 0 OR EXISTS (
    SELECT FROM delivery_lines part
    WHERE part.merchant_id = {HELD} AND part.order_line_id = line.id AND part.restored > 0
))
"""


def _check(table: str, name: str, sql: str) -> None:
    op.create_check_constraint(op.f(f"ck_{table}_{name}"), table, sql)


def _drop(table: str, name: str) -> None:
    op.drop_constraint(op.f(f"ck_{table}_{name}"), table)


def _not_negative(table: str, *counters: str) -> None:
    _drop(table, "counters_not_negative")
    _check(table, "counters_not_negative", f"least({', '.join(counters)}) >= 0")


def _add(table: str, name: str) -> None:
    op.add_column(table, sa.Column(name, sa.Numeric(18, 6), server_default="0", nullable=False))


def upgrade() -> None:
    """Apply."""
    _add(LINES, "given_up")
    walls.for_each_merchant(FILL)
    _not_negative(LINES, *OF_LINES, *RETURNED, "owed_again", "given_up", "waived")
    _drop(LINES, "d21_waived")
    _check(LINES, "d21_waived", "waived <= least(cancelled, owed_again, given_up)")
    _drop(PARTS, "owed_again_was_shipped")
    _check(PARTS, "owed_again_was_shipped", "owed_again <= shipped")
    _not_negative(PARTS, *COUNTED, "owed_again")
    op.drop_column(PARTS, "restored")


def downgrade() -> None:
    """Undo."""
    _add(PARTS, "restored")
    _not_negative(PARTS, *COUNTED, "owed_again", "restored")
    _drop(PARTS, "owed_again_was_shipped")
    _check(PARTS, "owed_again_was_shipped", "owed_again + restored <= shipped")
    _drop(LINES, "d21_waived")
    _check(LINES, "d21_waived", "waived <= least(cancelled, owed_again)")
    _not_negative(LINES, *OF_LINES, *RETURNED, "owed_again", "waived")
    op.drop_column(LINES, "given_up")
