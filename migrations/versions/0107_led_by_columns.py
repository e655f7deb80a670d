"""What filters ask for leads to its rows: by indexes that go on in the order of the list."""

import sqlalchemy as sa
from alembic import op

revision = "0107"
down_revision = "0106"
branch_labels = None
depends_on = None

INDEXES = {
    "orders": (("kind", "placed_at", "id"),),
    "deliveries": (("channel_id", "window_latest", "id"), ("state", "window_latest", "id")),
    "parties": (
        ("kind", "number", "id"),
        ("kind", "name", "id"),
        ("gln", "id"),
        ("vat_id", "id"),
    ),
    "products": (("is_active", "sku", "id"), ("is_active", "name_folded", "id")),
}
PARTIAL = {
    "ix_orders_owing_due_at_id": ("orders", ("due_at", "id"), "is_owing"),
    "ix_products_own_gtin": ("products", ("gtin",), "gtin IS NOT NULL"),
}
"""Indexes over some rows: table, columns, which."""
CHANNEL = "ix_deliveries_channel_id"


def upgrade() -> None:
    """Apply."""
    for table, ways in INDEXES.items():
        for way in ways:
            op.create_index(_name(table, way), table, ["merchant_id", *way])
    for name, (table, some, rows) in PARTIAL.items():
        op.create_index(name, table, ["merchant_id", *some], postgresql_where=sa.text(rows))
    op.drop_index(CHANNEL, "deliveries")


def downgrade() -> None:
    """Undo."""
    op.create_index(CHANNEL, "deliveries", ["merchant_id", "channel_id"])
    for name, (table, *_) in PARTIAL.items():
        op.drop_index(name, table)
    for table, ways in INDEXES.items():
        for way in ways:
            op.drop_index(_name(table, way), table)


def _name(table: str, way: tuple[str, ...]) -> str:
    return "_".join(("ix", table, *way))[:54]
