"""What filters of the journal, of messages, releases, prices and contracts ask for leads to it.

Attempts of webhooks know of what they tell, and whether they have failed.
"""

from collections.abc import Mapping, Sequence

import sqlalchemy as sa
from alembic import op

from migrations import walls

revision = "0115"
down_revision = "0113"
branch_labels = None
depends_on = None

Ways = Mapping[str, Sequence[tuple[str, ...]]]
"""Table -> columns of each index."""
INDEXES: Ways = {
    "journal": [("type", "position")],
    "webhook_messages": [
        ("webhook_id", "state", "created_at", "id"),
        ("webhook_id", "type", "created_at", "id"),
    ],
    "webhook_attempts": [("type", "attempted_at", "id"), ("is_failed", "attempted_at", "id")],
    "interchanges": [(it, "received_at", "id") for it in ("partner_id", "reference", "is_test")],
    "interchange_messages": [("type", "received_at", "id")],
    "outgoing_interchanges": [("created_at", "id"), ("partner_id", "created_at", "id")],
    "releases": [
        *(
            (of, order, "id")
            for of in ("contract_id", "contract_line_id", "type")
            for order in ("state", "received_at")
        ),
        ("state", "received_at", "id"),
    ],
    "price_list_entries": [
        ("price_list_id", "unit_price", "id"),
        ("price_list_id", "is_active", "product_id", "id"),
    ],
    "contracts": [("purchase_order_number",), ("valid_to", "id"), ("created_at", "id")],
}
SOME: Ways = {
    "journal": [(it, "position") for it in ("actor_subject", "address", "idempotency_key")],
    "webhook_attempts": [("fault", "attempted_at", "id")],
}
"""Indexes over the rows that have a value of the first column."""
FORMER: Ways = {"releases": [("contract_id",), ("contract_line_id",)]}
"""Indexes with whose columns others begin now."""
FAILED = sa.Computed("(status BETWEEN 200 AND 299) IS NOT TRUE", persisted=True)
HELD = "nullif(current_setting('app.merchant'), '')::uuid"
FILL = f"""
UPDATE webhook_attempts SET type = sent.type FROM webhook_messages sent
WHERE webhook_attempts.merchant_id = {HELD} AND sent.merchant_id = {HELD}
    AND sent.id = message_id
"""


def upgrade() -> None:
    """Apply."""
    op.add_column("webhook_attempts", sa.Column("type", sa.Text()))
    walls.for_each_merchant(FILL)
    op.add_column("webhook_attempts", sa.Column("is_failed", sa.Boolean(), FAILED, nullable=False))
    for table, ways in SOME.items():
        for way in ways:
            some = sa.text(f"{way[0]} IS NOT NULL")
            op.create_index(_name(table, way), table, ["merchant_id", *way], postgresql_where=some)
    _build(INDEXES)
    _drop(FORMER)


def downgrade() -> None:
    """Undo."""
    _build(FORMER)
    for indexes in (INDEXES, SOME):
        _drop(indexes)
    for column in ("is_failed", "type"):
        op.drop_column("webhook_attempts", column)


def _build(indexes: Ways) -> None:
    for table, ways in indexes.items():
        for way in ways:
            op.create_index(_name(table, way), table, ["merchant_id", *way])


def _drop(indexes: Ways) -> None:
    for table, ways in indexes.items():
        for way in ways:
            op.drop_index(_name(table, way), table)


def _name(table: str, way: tuple[str, ...]) -> str:
    return "_".join(("ix", table, *way))[:54]
