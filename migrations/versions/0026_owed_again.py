"""What was lost or came back is owed again, and deliveries that bring it.

What confirmed orders have lost before is open again as well, and the journal tells so; orders that
are over stay as they are.
"""

import sqlalchemy as sa
from alembic import op

from migrations import walls

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

LINES, PARTS, DELIVERIES = "order_lines", "delivery_lines", "deliveries"
COUNTED = ("planned", "picked", "packed", "shipped", "delivered", "lost", "refused")
GONE = COUNTED[:4]
HELD = "nullif(current_setting('app.merchant'), '')::uuid"
OWE = f"""
UPDATE contract_lines agreed SET shipped = agreed.shipped - line.owed
FROM (SELECT line.contract_line_id, sum(line.lost + line.refused) AS owed FROM order_lines line
    JOIN orders ON orders.merchant_id = {HELD} AND orders.id = line.order_id
    WHERE line.merchant_id = {HELD} AND orders.state = 'CONFIRMED' GROUP BY 1) line
WHERE agreed.merchant_id = {HELD} AND line.contract_line_id = agreed.id AND line.owed > 0;
UPDATE delivery_lines part SET owed_again = part.lost + part.refused FROM order_lines line, orders
WHERE part.merchant_id = {HELD} AND line.merchant_id = {HELD} AND orders.merchant_id = {HELD}
    AND line.id = part.order_line_id AND orders.id = part.order_id
    AND (orders.state = 'CONFIRMED' OR line.lost + line.refused < (
        SELECT sum(its.lost + its.refused) FROM delivery_lines its
        WHERE its.merchant_id = {HELD} AND its.order_line_id = line.id));
UPDATE order_lines line SET {", ".join(f"{it} = line.{it} - line.lost - line.refused" for it in GONE)}
FROM orders WHERE line.merchant_id = {HELD} AND orders.merchant_id = {HELD}
    AND orders.id = line.order_id AND orders.state = 'CONFIRMED' AND line.lost + line.refused > 0;
UPDATE order_lines line SET lost = part.lost, refused = part.refused
FROM (SELECT order_line_id, sum(lost) AS lost, sum(refused) AS refused FROM delivery_lines
    WHERE merchant_id = {HELD} GROUP BY 1) part
WHERE line.merchant_id = {HELD} AND part.order_line_id = line.id
    AND (line.lost, line.refused) <> (part.lost, part.refused)
"""
TELL = f"""
WITH told AS (
    SELECT line.key::uuid AS line_id, counter.key AS counter, sum(counter.value::numeric) AS total
    FROM journal, jsonb_each(payload -> 'moved') line, jsonb_each_text(line.value) counter
    WHERE merchant_id = {HELD} GROUP BY 1, 2
), now AS (
    SELECT 'ORDER' AS aggregate, order_id AS key, id, counter, value FROM order_lines,
        LATERAL (VALUES {", ".join(f"('{it}', {it})" for it in GONE)}) AS each (counter, value)
    WHERE merchant_id = {HELD}
    UNION ALL
    SELECT 'CONTRACT', contract_id, id, 'shipped', shipped FROM contract_lines
    WHERE merchant_id = {HELD}
), moved AS (
    SELECT aggregate, key, now.id, jsonb_object_agg(now.counter,
        trim_scale(now.value - total)::text) AS counters
    FROM now JOIN told ON told.line_id = now.id AND told.counter = now.counter
    WHERE now.value <> total GROUP BY 1, 2, 3
), entries AS (
    SELECT aggregate, key, jsonb_object_agg(id, counters) AS moved,
        row_number() OVER (ORDER BY aggregate, key) AS place FROM moved GROUP BY 1, 2
), counted AS (
    UPDATE merchant_counters SET value = value + (SELECT count(*) FROM entries)
    WHERE merchant_id = {HELD} AND name = 'JOURNAL' RETURNING value
)
INSERT INTO journal (merchant_id, id, position, aggregate, aggregate_id, sequence, type,
    occurred_at, recorded_at, actor, actor_name, actor_key_id, payload, payload_version)
SELECT {HELD}, gen_random_uuid(), counted.value - (SELECT count(*) FROM entries) + place,
    aggregate, key, (SELECT coalesce(max(sequence), 0) + 1 FROM journal
        WHERE merchant_id = {HELD} AND aggregate_id = key),
    lower(aggregate) || '.progressed', now(), now(), 'STAFF', 'migration 0026',
    '00000000-0000-0000-0000-000000000000', jsonb_build_object('moved', moved), 1
FROM entries, counted
"""
ROOM = f"""(SELECT part.order_line_id, greatest(least(sum(part.owed_again),
        max(line.ordered - line.cancelled + line.over_tolerance - line.planned)), 0) AS fits
    FROM delivery_lines part
    JOIN order_lines line ON line.merchant_id = {HELD} AND line.id = part.order_line_id
    WHERE part.merchant_id = {HELD} AND part.owed_again > 0 GROUP BY 1)"""
FORGET = f"""
UPDATE contract_lines agreed SET shipped = agreed.shipped + room.fits
FROM (SELECT line.contract_line_id, sum(room.fits) AS fits FROM {ROOM} room
    JOIN order_lines line ON line.merchant_id = {HELD} AND line.id = room.order_line_id
    GROUP BY 1) room
WHERE agreed.merchant_id = {HELD} AND room.contract_line_id = agreed.id;
UPDATE order_lines line SET lost = least(line.lost, room.fits),
    refused = least(line.refused, room.fits - least(line.lost, room.fits)),
    {", ".join(f"{it} = line.{it} + room.fits" for it in GONE)}
FROM {ROOM} room WHERE line.merchant_id = {HELD} AND room.order_line_id = line.id
"""


def _check(table: str, name: str, sql: str) -> None:
    op.create_check_constraint(op.f(f"ck_{table}_{name}"), table, sql)


def _drop(table: str, name: str) -> None:
    op.drop_constraint(op.f(f"ck_{table}_{name}"), table)


def _each(changes: str) -> None:
    for change in changes.split(";\n"):
        if change.strip():
            walls.for_each_merchant(change)


def upgrade() -> None:
    """Apply."""
    op.add_column(
        PARTS, sa.Column("owed_again", sa.Numeric(18, 6), server_default="0", nullable=False)
    )
    _drop(PARTS, "counters_not_negative")
    _drop(LINES, "o2_progress")
    _each(OWE)
    walls.for_each_merchant(TELL)
    _check(PARTS, "counters_not_negative", f"least({', '.join((*COUNTED, 'owed_again'))}) >= 0")
    _check(PARTS, "owed_again_was_shipped", "owed_again <= shipped")
    progress = "delivered <= shipped AND shipped <= packed AND packed <= picked"
    _check(LINES, "o2_progress", f"{progress} AND picked <= planned")
    op.add_column(DELIVERIES, sa.Column("reships_id", sa.Uuid()))
    op.create_index(
        "ix_deliveries_reships_id",
        DELIVERIES,
        ["merchant_id", "reships_id"],
        postgresql_where=sa.text("reships_id IS NOT NULL"),
    )
    op.create_foreign_key(
        op.f("fk_deliveries_reships_id"),
        DELIVERIES,
        DELIVERIES,
        ["merchant_id", "reships_id"],
        ["merchant_id", "id"],
        ondelete="RESTRICT",
    )


def downgrade() -> None:
    """Undo. What was lost and replaced since then is not known as lost any more."""
    op.drop_column(DELIVERIES, "reships_id")
    _drop(LINES, "o2_progress")
    _each(FORGET)
    progress = "delivered + lost + refused <= shipped AND shipped <= packed AND packed <= picked"
    _check(LINES, "o2_progress", f"{progress} AND picked <= planned")
    _drop(PARTS, "owed_again_was_shipped")
    _drop(PARTS, "counters_not_negative")
    op.drop_column(PARTS, "owed_again")
    _check(PARTS, "counters_not_negative", f"least({', '.join(COUNTED)}) >= 0")
