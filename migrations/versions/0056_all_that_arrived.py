"""What arrived of an order line is delivered, also beside what had taken its place.

What had arrived so before is counted, and the journal tells it.
"""

from alembic import op

from migrations import walls

revision = "0056"
down_revision = "0055"
branch_labels = None
depends_on = None

HELD = "nullif(current_setting('app.merchant'), '')::uuid"
PROGRESS = "shipped <= packed AND packed <= picked AND picked <= planned"
BESIDE = f"""
SELECT line.id, line.order_id, line.contract_line_id, sum(part.delivered) - line.delivered AS more
FROM order_lines line JOIN delivery_lines part
    ON part.merchant_id = {HELD} AND part.order_line_id = line.id
WHERE line.merchant_id = {HELD} AND EXISTS (
    SELECT FROM delivery_lines its WHERE its.merchant_id = {HELD}
    AND its.order_line_id = line.id AND its.owed_again > its.lost + its.refused)
GROUP BY line.merchant_id, line.id HAVING sum(part.delivered) > line.delivered
"""
COUNT = f"""
WITH found AS ({BESIDE}), moved AS (
    SELECT order_id AS key, 'ORDER' AS aggregate, id, more FROM found
    UNION ALL SELECT agreed.contract_id, 'CONTRACT', agreed.id, sum(found.more) FROM found
    JOIN contract_lines agreed
        ON agreed.merchant_id = {HELD} AND agreed.id = found.contract_line_id GROUP BY 1, 2, 3
), entries AS (
    SELECT aggregate, key, row_number() OVER (ORDER BY aggregate, key) AS place,
        jsonb_object_agg(id, jsonb_build_object('delivered', trim_scale(more)::text)) AS moved
    FROM moved GROUP BY 1, 2
), reached AS (
    SELECT line.order_id, CASE WHEN bool_and(line.delivered + coalesce(found.more, 0)
        >= line.ordered - line.cancelled) THEN 'DELIVERED' ELSE 'PARTIALLY_DELIVERED' END AS status
    FROM order_lines line LEFT JOIN found ON found.id = line.id
    WHERE line.merchant_id = {HELD} AND line.order_id IN (SELECT order_id FROM found) GROUP BY 1
), counted AS (
    UPDATE merchant_counters SET value = value + (SELECT count(*) FROM entries)
    WHERE merchant_id = {HELD} AND name = 'JOURNAL' RETURNING value
), of_orders AS (
    UPDATE order_lines line SET delivered = line.delivered + found.more FROM found
    WHERE line.merchant_id = {HELD} AND line.id = found.id
), of_contracts AS (
    UPDATE contract_lines line SET delivered = line.delivered + moved.more FROM moved
    WHERE line.merchant_id = {HELD} AND line.id = moved.id AND moved.aggregate = 'CONTRACT'
)
INSERT INTO journal (merchant_id, id, position, aggregate, aggregate_id, sequence, type,
    occurred_at, recorded_at, actor, actor_name, actor_key_id, payload, payload_version)
SELECT {HELD}, gen_random_uuid(), counted.value - (SELECT count(*) FROM entries) + place,
    aggregate, key, (SELECT coalesce(max(sequence), 0) + 1 FROM journal
        WHERE merchant_id = {HELD} AND aggregate_id = key),
    CASE status WHEN 'DELIVERED' THEN 'order.delivered'
        WHEN 'PARTIALLY_DELIVERED' THEN 'order.partially_delivered'
        ELSE 'contract.progressed' END,
    now(), now(), 'STAFF', 'migration 0056', '00000000-0000-0000-0000-000000000000',
    jsonb_build_object('moved', moved), 1
FROM entries LEFT JOIN reached ON reached.order_id = entries.key, counted
"""
FORGET = f"""
WITH beyond AS (
    SELECT id, contract_line_id, delivered - shipped AS more FROM order_lines
    WHERE merchant_id = {HELD} AND delivered > shipped
), of_orders AS (
    UPDATE order_lines SET delivered = shipped WHERE merchant_id = {HELD} AND delivered > shipped
)
UPDATE contract_lines line SET delivered = line.delivered - beyond.more
FROM (SELECT contract_line_id, sum(more) AS more FROM beyond GROUP BY 1) beyond
WHERE line.merchant_id = {HELD} AND line.id = beyond.contract_line_id
"""


def _keep(table: str, dropped: str, kept: str, rule: str) -> None:
    op.drop_constraint(op.f(f"ck_{table}_{dropped}"), table)
    op.create_check_constraint(op.f(f"ck_{table}_{kept}"), table, rule)


def upgrade() -> None:
    """Apply."""
    _keep("order_lines", "o2_progress", "o2_progress", PROGRESS)
    within = "shipped <= called_off"
    _keep("contract_lines", "delivered_within_shipped", "shipped_within_called_off", within)
    walls.for_each_merchant(COUNT)


def downgrade() -> None:
    """Undo; what arrived beside its replacement is delivered as far as it is shipped."""
    walls.for_each_merchant(FORGET)
    within = "delivered <= shipped AND shipped <= called_off"
    _keep("contract_lines", "shipped_within_called_off", "delivered_within_shipped", within)
    _keep("order_lines", "o2_progress", "o2_progress", f"delivered <= shipped AND {PROGRESS}")
