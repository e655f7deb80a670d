"""Packagings of products, and what is counted in them; their numbers (GTIN) name one thing each."""

import sqlalchemy as sa
from alembic import op

from migrations import walls

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

TABLE = "packagings"
COUNTING = (
    "order_lines",
    "contract_lines",
    "schedule_lines",
    "delivery_lines",
    "parcel_contents",
    "receipt_lines",
    "price_list_entries",
)
NUMBER = sa.text("lpad(gtin, 14, '0'::text)")


def upgrade() -> None:
    """Apply."""
    op.create_table(
        TABLE,
        sa.Column("merchant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("gtin", sa.Text()),
        sa.Column("content", sa.Numeric(18, 6), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("product_id", sa.Uuid(), nullable=False),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.Column("scale", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("content > 0", name=op.f("ck_packagings_content_positive")),
        sa.PrimaryKeyConstraint("merchant_id", "id", name=op.f("pk_packagings")),
        sa.UniqueConstraint("merchant_id", "product_id", "code", name=op.f("uq_packagings_code")),
        sa.UniqueConstraint("merchant_id", "id", "content", name=op.f("uq_packagings_content")),
        sa.ForeignKeyConstraint(
            ["merchant_id", "product_id", "unit", "scale"],
            [f"products.{it}" for it in ("merchant_id", "id", "unit", "scale")],
            name=op.f("fk_packagings_product_id"),
            ondelete="RESTRICT",
        ),
    )
    op.create_index(
        "uq_packagings_gtin", TABLE, ["merchant_id", NUMBER], unique=True
    )
    op.create_index("ix_products_gtin", "products", ["merchant_id", NUMBER])
    walls.build(TABLE)
    for table in (TABLE, *COUNTING):
        _count_in_packagings(table)


def _count_in_packagings(table: str) -> None:
    op.add_column(table, sa.Column("packaging_id", sa.Uuid()))
    op.add_column(table, sa.Column("packaging_content", sa.Numeric(18, 6)))
    whole = "num_nulls(packaging_id, packaging_content) IN (0, 2)"
    op.create_check_constraint(op.f(f"ck_{table}_packaging_whole"), table, whole)
    op.create_index(
        f"ix_{table}_packaging_id",
        table,
        ["merchant_id", "packaging_id"],
        postgresql_where=sa.text("packaging_id IS NOT NULL"),
    )
    op.create_foreign_key(
        op.f(f"fk_{table}_packaging_id"),
        table,
        TABLE,
        ["merchant_id", "packaging_id", "packaging_content"],
        ["merchant_id", "id", "content"],
        ondelete="RESTRICT",
    )


def downgrade() -> None:
    """Undo. What was counted in packagings stays as a quantity in the product's unit."""
    for table in COUNTING:
        op.drop_column(table, "packaging_content")
        op.drop_column(table, "packaging_id")
    op.drop_table(TABLE)
    op.drop_index("ix_products_gtin", "products")
