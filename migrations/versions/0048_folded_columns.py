"""What people look for, as it is compared: in columns, since only those are found behind the wall.

Row-level security takes no condition into an index that may tell what it is given, as trigrams and
LIKE do; the beginnings of texts it does. So every such column stands a second time, without capitals
and accents, in the order of its code points.
"""

import sqlalchemy as sa
from alembic import op

revision = "0048"
down_revision = "0047"
branch_labels = None
depends_on = None

FOLDED = r"""
CREATE FUNCTION folded(plain text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
SELECT translate(
    replace(replace(replace(
        lower(regexp_replace(normalize(plain, NFKD), '[\u0300-\u036f]', '', 'g')),
    'ß', 'ss'), 'æ', 'ae'), 'œ', 'oe'),
    'øđðłħı', 'oddlhi')
$$
"""
COLUMNS = {
    "orders": ("number", "purchase_order_number", "external_reference"),
    "contracts": ("number", "purchase_order_number"),
    "deliveries": ("number", "external_reference"),
    "products": ("sku", "name"),
    "parties": ("number", "name"),
    "contacts": ("name",),
}
NULLABLE = {"purchase_order_number", "external_reference"}
DUE = "coalesce(window_latest, '9999-12-31 00:00:00+00'::timestamptz)"


def upgrade() -> None:
    """Apply."""
    op.execute(FOLDED)
    for table, names in COLUMNS.items():
        for name in names:
            column = sa.Column(
                f"{name}_folded",
                sa.Text(collation="C"),
                sa.Computed(f"folded({name})", persisted=True),
                nullable=name in NULLABLE,
            )
            op.add_column(table, column)
            op.create_index(
                f"ix_{table}_{name}_folded_id",
                table,
                ["merchant_id", f"{name}_folded", "id"],
            )
    due = sa.Column(
        "due_at", sa.DateTime(timezone=True), sa.Computed(DUE, persisted=True), nullable=False
    )
    op.add_column("orders", due)
    for columns in (["due_at", "id"], ["party_id", "due_at", "id"], ["ship_to_id", "placed_at", "id"]):
        op.create_index(f"ix_orders_{'_'.join(columns)}", "orders", ["merchant_id", *columns])
    op.drop_index("ix_orders_ship_to_id", "orders")


def downgrade() -> None:
    """Undo."""
    op.create_index("ix_orders_ship_to_id", "orders", ["merchant_id", "ship_to_id"])
    op.drop_index("ix_orders_ship_to_id_placed_at_id", "orders")
    op.drop_column("orders", "due_at")
    for table, names in COLUMNS.items():
        for name in names:
            op.drop_column(table, f"{name}_folded")
    op.execute("DROP FUNCTION folded(text)")
