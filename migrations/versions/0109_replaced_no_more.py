"""What is RESHIPPED though nothing replaces it whole any more is as it was told before.

Its state follows from its lines and its receipt, as it does where less of a replacement is planned
since; the journal tells it.
"""

from migrations import walls

revision = "0109"
down_revision = "0108"
branch_labels = None
depends_on = None

HELD = "nullif(current_setting('app.merchant'), '')::uuid"
BROUGHT = f"""
SELECT its.reships_id AS id, part.order_line_id, sum(part.planned) AS planned
FROM deliveries its JOIN delivery_lines part
    ON part.merchant_id = {HELD} AND part.delivery_id = its.id
WHERE its.merchant_id = {HELD} AND its.reships_id IS NOT NULL AND its.state <> 'CANCELLED'
GROUP BY 1, 2
"""
SUMS = f"""
SELECT old.id, sum(part.shipped) AS shipped, sum(part.delivered) AS delivered,
    sum(part.refused) AS refused, sum(part.lost) AS lost
FROM deliveries old
JOIN delivery_lines part ON part.merchant_id = {HELD} AND part.delivery_id = old.id
LEFT JOIN brought ON brought.id = old.id AND brought.order_line_id = part.order_line_id
WHERE old.merchant_id = {HELD} AND old.state = 'RESHIPPED' GROUP BY 1
HAVING coalesce(sum(brought.planned), 0) = 0
    OR bool_or(part.owed_again > coalesce(brought.planned, 0))
"""
CORRECT = f"""
WITH brought AS ({BROUGHT}), sums AS ({SUMS}), known AS (
    SELECT sums.*, (SELECT max(received_at) FROM receipts
        WHERE merchant_id = {HELD} AND delivery_id = sums.id) AS received_at,
        (SELECT max(status_at) FROM parcels
        WHERE merchant_id = {HELD} AND delivery_id = sums.id AND status <> 'VOIDED') AS reported_at
    FROM sums
), becoming AS (
    SELECT id, row_number() OVER (ORDER BY id) AS place,
        coalesce(received_at, reported_at) AS at,
        CASE WHEN delivered > 0 AND delivered = shipped THEN 'DELIVERED'
            WHEN delivered > 0 THEN 'PARTIALLY_DELIVERED'
            WHEN delivered + refused + lost < shipped THEN 'DISPATCHED'
            WHEN received_at IS NOT NULL THEN 'FAILED'
            WHEN refused = shipped THEN 'RETURNED_TO_SENDER'
            WHEN lost = shipped THEN 'LOST' ELSE 'FAILED' END AS state
    FROM known
), counted AS (
    UPDATE merchant_counters SET value = value + (SELECT count(*) FROM becoming)
    WHERE merchant_id = {HELD} AND name = 'JOURNAL' AND EXISTS (SELECT FROM becoming)
    RETURNING value
), corrected AS (
    UPDATE deliveries old SET state = becoming.state, version = old.version + 1,
        delivered_at = CASE becoming.state WHEN 'DELIVERED' THEN at END
    FROM becoming WHERE old.merchant_id = {HELD} AND old.id = becoming.id
)
INSERT INTO journal (merchant_id, id, position, aggregate, aggregate_id, sequence, type,
    occurred_at, recorded_at, actor, actor_name, actor_key_id, payload, payload_version)
SELECT {HELD}, gen_random_uuid(), counted.value - (SELECT count(*) FROM becoming) + place,
    'DELIVERY', becoming.id, (SELECT coalesce(max(sequence), 0) + 1 FROM journal
        WHERE merchant_id = {HELD} AND aggregate_id = becoming.id),
    CASE state WHEN 'DELIVERED' THEN 'delivery.delivered' ELSE 'delivery.arrival_corrected' END,
    CASE state WHEN 'DELIVERED' THEN at ELSE now() END, now(), 'STAFF', 'migration 0109',
    '00000000-0000-0000-0000-000000000000', NOTHING || CASE state WHEN 'DELIVERED' THEN '{{}}'
        ELSE jsonb_build_object('state', state) END,
    CASE state WHEN 'DELIVERED' THEN 1 ELSE 2 END
FROM becoming, counted
""".replace("NOTHING", """'{"delivered": {}, "refused": {}, "lost": {}}'::jsonb""")


def upgrade() -> None:
    """Apply."""
    walls.for_each_merchant(CORRECT)


def downgrade() -> None:
    """Undo nothing: the former release would have told it so, too."""
