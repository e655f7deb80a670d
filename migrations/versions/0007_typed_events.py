"""The journal knows any aggregate, and holds no free text any more.

What people wrote of contracts and orders moves to their rows; payloads that lose it become version
2 of their event, as `models` writes it.
"""

import sqlalchemy as sa
from alembic import op

from migrations import walls

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

AGGREGATES = ["PARTY", "LOCATION", "CHANNEL", "PRODUCT", "CONTRACT", "RELEASE", "ORDER"]
AGGREGATES += ["DELIVERY", "PARCEL", "API_KEY"]
KEPT = {
    "contracts": (
        "state_reason",
        "('contract.suspended', 'contract.resumed', 'contract.terminated')",
    ),
    "orders": ("cancel_reason", "('order.lines_cancelled')"),
}
"""Table -> its new column, and the events whose last one says what stands there."""
KEEP = """
UPDATE {table} AS it SET {column} = last.reason FROM (
    SELECT DISTINCT ON (aggregate_id) aggregate_id, payload ->> 'reason' AS reason FROM journal
    WHERE type IN {types} AND payload ? 'reason' ORDER BY aggregate_id, sequence DESC
) AS last WHERE last.aggregate_id = it.id AND last.reason IS NOT NULL
"""
DROPPED = {
    "name": "'api_key.created', 'api_key.revoked'",
    "reason": "'order.rejected', 'order.lines_cancelled', 'contract.activated',"
    " 'contract.suspended', 'contract.resumed', 'contract.terminated'",
    "override": "'delivery.rescheduled'",
}
"""Field -> events that no longer tell it."""
DROP = """
UPDATE journal SET payload = payload - '{field}', payload_version = 2
WHERE type IN ({types}) AND payload_version = 1
"""
HOLDS = """
UPDATE journal SET payload_version = 2, payload = jsonb_build_object(
    'reason', payload -> 'reason',
    'hold_id', (
        SELECT id FROM holds WHERE subject_id = aggregate_id
        AND reason = payload ->> 'reason' AND owner = payload ->> 'owner'
        AND CASE WHEN type LIKE '%.held' THEN placed_at ELSE released_at END = occurred_at
        ORDER BY id LIMIT 1
    )
) WHERE payload_version = 1 AND type IN
    ('order.held', 'order.hold_released', 'delivery.held', 'delivery.hold_released')
"""
NUMBERS = """
UPDATE journal SET payload_version = 2, payload = jsonb_build_object('tracking_number_id', (
    SELECT id FROM tracking_numbers
    WHERE parcel_id = aggregate_id AND number = payload ->> 'number'
)) WHERE payload_version = 1 AND type = 'parcel.tracking_number_added'
"""
PARTIES = """
UPDATE journal SET payload_version = 2, payload = jsonb_build_object(
    'fields', payload -> 'fields',
    'contacts', coalesce((SELECT jsonb_agg(id ORDER BY id) FROM contacts
        WHERE party_id = aggregate_id AND payload -> 'contacts' ? code), '[]'),
    'addresses', coalesce((SELECT jsonb_agg(id ORDER BY id) FROM addresses
        WHERE party_id = aggregate_id AND payload -> 'addresses' ? code), '[]')
) WHERE payload_version = 1 AND type = 'party.updated'
"""


def upgrade() -> None:
    """Apply."""
    op.drop_constraint(op.f("ck_journal_aggregate_known"), "journal")
    for table, (column, types) in KEPT.items():
        op.add_column(table, sa.Column(column, sa.Text()))
        walls.for_each_merchant(KEEP.format(table=table, column=column, types=types))
    for field, types in DROPPED.items():
        walls.for_each_merchant(DROP.format(field=field, types=types))
    for change in (HOLDS, NUMBERS, PARTIES):
        walls.for_each_merchant(change)


def downgrade() -> None:
    """Undo, but for the payloads: erased is erased, and nobody before read their versions."""
    for table, (column, _) in KEPT.items():
        op.drop_column(table, column)
    values = ", ".join(f"'{it}'" for it in AGGREGATES)
    known = op.f("ck_journal_aggregate_known")
    # What is told of nouns that came later stays told.
    op.create_check_constraint(
        known, "journal", f"aggregate IN ({values})", postgresql_not_valid=True
    )
