"""An external reference is one order's of a party in a channel, not of the whole channel.

Whatever was unique before is so still: no row is in the way. Texts stay as they are written; form
NFC and the refusal of invisible characters are for what comes from now on.
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

from migrations import walls

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

NAME = "uq_orders_external_reference"
BEFORE = ("merchant_id", "channel_id", "external_reference")
AGAIN = """
UPDATE orders SET external_reference = NULL WHERE id IN (
    SELECT id FROM (
        SELECT id, row_number() OVER (
            PARTITION BY merchant_id, channel_id, external_reference ORDER BY id
        ) AS place FROM orders WHERE external_reference IS NOT NULL
    ) AS numbered WHERE place > 1
)
"""


def _unique(*columns: str, **options: Any) -> None:
    given = sa.text("external_reference IS NOT NULL")
    op.drop_index(NAME, "orders")
    op.create_index(NAME, "orders", columns, unique=True, postgresql_where=given, **options)


def upgrade() -> None:
    """Apply."""
    _unique(*BEFORE, "party_id", postgresql_nulls_not_distinct=True)


def downgrade() -> None:
    """Undo. Of several orders with one reference in a channel, the first one keeps it."""
    walls.for_each_merchant(AGAIN)
    _unique(*BEFORE)
