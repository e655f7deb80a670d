"""Lines keep the unit and scale of their product, which stay what they were once anything has them."""

import sqlalchemy as sa
from alembic import op

from migrations import walls

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

TABLES = ("order_lines", "contract_lines", "price_list_entries")
MEASURE = "uq_products_measure"
FILL = """
UPDATE {table} SET unit = products.unit, scale = products.scale FROM products
WHERE {table}.merchant_id = nullif(current_setting('app.merchant'), '')::uuid
    AND products.merchant_id = {table}.merchant_id AND products.id = {table}.product_id
"""


def upgrade() -> None:
    """Apply."""
    op.create_unique_constraint(op.f(MEASURE), "products", ["merchant_id", "id", "unit", "scale"])
    for table in TABLES:
        op.add_column(table, sa.Column("unit", sa.Text()))
        op.add_column(table, sa.Column("scale", sa.BigInteger()))
        walls.for_each_merchant(FILL.format(table=table))
        op.alter_column(table, "unit", nullable=False)
        op.alter_column(table, "scale", nullable=False)
        _point(table, "unit", "scale")


def _point(table: str, *repeated: str) -> None:
    """Point at products, and repeat columns of theirs."""
    name = op.f(f"fk_{table}_product_id")
    op.drop_constraint(name, table)
    columns = ["merchant_id", "product_id", *repeated]
    there = ["merchant_id", "id", *repeated]
    op.create_foreign_key(name, table, "products", columns, there, ondelete="RESTRICT")


def downgrade() -> None:
    """Undo."""
    for table in TABLES:
        _point(table)
        op.drop_column(table, "scale")
        op.drop_column(table, "unit")
    op.drop_constraint(op.f(MEASURE), "products")
