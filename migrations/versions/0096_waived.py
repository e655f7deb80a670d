"""What was cancelled of what was lost or came back counts again when it arrives after all.

Of orders that are there, the deliveries tell what is owed again, and the journal how much of that
was open when something was cancelled.
"""

import sqlalchemy as sa
from alembic import op

from migrations import walls

revision = "0096"
down_revision = "0095"
branch_labels = None
depends_on = None

LINES, PARTS = "order_lines", "delivery_lines"
COUNTED = ("planned", "picked", "packed", "shipped", "delivered", "lost", "refused")
OF_LINES = ("cancelled", "reserved", "backordered", *COUNTED)
RETURNED = ("return_requested", "return_received", "written_off")
HELD = "nullif(current_setting('app.merchant'), '')::uuid"
FILL = f"""
WITH owed AS (
    SELECT order_line_id AS id, order_id, sum(owed_again) AS again FROM delivery_lines
    WHERE merchant_id = {HELD} AND owed_again > 0 GROUP BY 1, 2
), told AS (
    SELECT owed.id, entry.position, moved.counter, moved.amount::numeric AS amount
    FROM owed JOIN order_lines line ON line.merchant_id = {HELD} AND line.id = owed.id
    JOIN journal entry ON entry.merchant_id = {HELD} AND entry.aggregate_id = owed.order_id,
        jsonb_each_text(entry.payload -> 'moved' -> owed.id::text) AS moved (counter, amount)
    WHERE line.cancelled > 0
), steps AS (
    SELECT id, position,
        coalesce(sum(amount) FILTER (WHERE counter = 'cancelled'), 0) AS cancelled,
        coalesce(sum(amount) FILTER (WHERE counter = 'ordered'), 0)
            - coalesce(sum(amount) FILTER (WHERE counter = 'planned'), 0) AS wanted,
        coalesce(sum(amount) FILTER (WHERE counter IN ('lost', 'refused')), 0) AS gone
    FROM told GROUP BY 1, 2
), known AS (
    SELECT id, cancelled, sum(gone) OVER upto AS gone,
        sum(wanted - cancelled) OVER upto + cancelled AS open
    FROM steps WINDOW upto AS (PARTITION BY id ORDER BY position)
), waived AS (
    SELECT id, sum(greatest(cancelled - greatest(open - gone, 0), 0)) AS of_it FROM known
    WHERE cancelled > 0 GROUP BY 1
)
UPDATE order_lines line SET owed_again = owed.again,
    waived = least(coalesce(waived.of_it, 0), line.cancelled, owed.again)
FROM owed LEFT JOIN waived ON waived.id = owed.id
WHERE line.merchant_id = {HELD} AND line.id = owed.id
"""


def _check(table: str, name: str, sql: str) -> None:
    op.create_check_constraint(op.f(f"ck_{table}_{name}"), table, sql)


def _drop(table: str, name: str) -> None:
    op.drop_constraint(op.f(f"ck_{table}_{name}"), table)


def _not_negative(table: str, *counters: str) -> None:
    _drop(table, "counters_not_negative")
    _check(table, "counters_not_negative", f"least({', '.join(counters)}) >= 0")


def _add(table: str, *names: str) -> None:
    for name in names:
        op.add_column(
            table, sa.Column(name, sa.Numeric(18, 6), server_default="0", nullable=False)
        )


def upgrade() -> None:
    """Apply."""
    _add(LINES, "owed_again", "waived")
    _add(PARTS, "restored")
    walls.for_each_merchant(FILL)
    _not_negative(LINES, *OF_LINES, *RETURNED, "owed_again", "waived")
    _check(LINES, "d21_waived", "waived <= least(cancelled, owed_again)")
    _not_negative(PARTS, *COUNTED, "owed_again", "restored")
    _drop(PARTS, "owed_again_was_shipped")
    _check(PARTS, "owed_again_was_shipped", "owed_again + restored <= shipped")


def downgrade() -> None:
    """Undo."""
    _drop(PARTS, "owed_again_was_shipped")
    _check(PARTS, "owed_again_was_shipped", "owed_again <= shipped")
    _drop(LINES, "d21_waived")
    _not_negative(LINES, *OF_LINES, *RETURNED)
    _not_negative(PARTS, *COUNTED, "owed_again")
    op.drop_column(PARTS, "restored")
    op.drop_column(LINES, "waived")
    op.drop_column(LINES, "owed_again")
