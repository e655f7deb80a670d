"""What is issued of a contract line is what left and was neither lost nor came back.

What took the place of something that arrived after all is counted, and the journal tells it.
"""

from alembic import op

from migrations import walls

revision = "0067"
down_revision = "0066"
branch_labels = None
depends_on = None

HELD = "nullif(current_setting('app.merchant'), '')::uuid"
WITHIN = "ck_contract_lines_shipped_within_called_off"
ISSUED = f"""
SELECT line.contract_line_id AS id, sum(part.shipped - part.lost - part.refused) AS issued
FROM order_lines line JOIN delivery_lines part
    ON part.merchant_id = {HELD} AND part.order_line_id = line.id
WHERE line.merchant_id = {HELD} AND line.contract_line_id IS NOT NULL GROUP BY 1
"""
COUNT = f"""
WITH moved AS (
    SELECT agreed.contract_id AS key, agreed.id, found.issued - agreed.shipped AS more
    FROM ({ISSUED}) found JOIN contract_lines agreed
        ON agreed.merchant_id = {HELD} AND agreed.id = found.id
    WHERE found.issued <> agreed.shipped
), entries AS (
    SELECT key, row_number() OVER (ORDER BY key) AS place,
        jsonb_object_agg(id, jsonb_build_object('shipped', trim_scale(more)::text)) AS moved
    FROM moved GROUP BY 1
), counted AS (
    UPDATE merchant_counters SET value = value + (SELECT count(*) FROM entries)
    WHERE merchant_id = {HELD} AND name = 'JOURNAL' AND EXISTS (SELECT FROM entries)
    RETURNING value
), corrected AS (
    UPDATE contract_lines line SET shipped = line.shipped + moved.more FROM moved
    WHERE line.merchant_id = {HELD} AND line.id = moved.id
)
INSERT INTO journal (merchant_id, id, position, aggregate, aggregate_id, sequence, type,
    occurred_at, recorded_at, actor, actor_name, actor_key_id, payload, payload_version)
SELECT {HELD}, gen_random_uuid(), counted.value - (SELECT count(*) FROM entries) + place,
    'CONTRACT', key, (SELECT coalesce(max(sequence), 0) + 1 FROM journal
        WHERE merchant_id = {HELD} AND aggregate_id = key),
    'contract.progressed', now(), now(), 'STAFF', 'migration 0067',
    '00000000-0000-0000-0000-000000000000', jsonb_build_object('moved', moved), 1
FROM entries, counted
"""
FORGET = f"""
UPDATE contract_lines agreed SET shipped = found.shipped FROM (
    SELECT contract_line_id, sum(shipped) AS shipped FROM order_lines
    WHERE merchant_id = {HELD} AND contract_line_id IS NOT NULL GROUP BY 1) found
WHERE agreed.merchant_id = {HELD} AND agreed.id = found.contract_line_id
    AND agreed.shipped <> found.shipped
"""


def upgrade() -> None:
    """Apply."""
    op.drop_constraint(op.f(WITHIN), "contract_lines")
    walls.for_each_merchant(COUNT)


def downgrade() -> None:
    """Undo; of what arrived beside its replacement that is issued which the orders count."""
    walls.for_each_merchant(FORGET)
    op.create_check_constraint(op.f(WITHIN), "contract_lines", "shipped <= called_off")
