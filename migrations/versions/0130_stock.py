"""Stock: which products it is kept of, how much lies where, and the movements of it."""

import sqlalchemy as sa
from alembic import op

from migrations import walls

revision = "0130"
down_revision = "0121"
branch_labels = None
depends_on = None

_QUANTITY = sa.Numeric(precision=18, scale=6)
_REASONS = ("OPENING", "ARRIVED", "FOUND", "LEFT", "LOST", "BROKEN", "EXPIRED", "USED")
_OF_MOVEMENTS = (("recorded_at",), ("location_id", "recorded_at"), ("product_id", "recorded_at"))


def _levels() -> None:
    op.create_table(
        "stock_levels",
        sa.Column("merchant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("location_id", sa.Uuid(), nullable=False),
        sa.Column("stock_keeping", sa.Text(), nullable=False),
        sa.Column("on_hand", _QUANTITY, server_default="0", nullable=False),
        sa.Column("safety", _QUANTITY, server_default="0", nullable=False),
        sa.Column("last_number", sa.BigInteger(), nullable=False),
        sa.Column("moved_at", sa.DateTime(timezone=True)),
        sa.Column("product_id", sa.Uuid(), nullable=False),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.Column("scale", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("stock_keeping = 'TRACKED'", name=op.f("ck_stock_levels_tracked")),
        sa.CheckConstraint(
            "(last_number = 0) = (moved_at IS NULL)", name=op.f("ck_stock_levels_moved_whole")
        ),
        sa.CheckConstraint(
            "least(on_hand, safety, last_number) >= 0",
            name=op.f("ck_stock_levels_counters_not_negative"),
        ),
        sa.ForeignKeyConstraint(
            ["merchant_id", "location_id"],
            ["locations.merchant_id", "locations.id"],
            name=op.f("fk_stock_levels_location_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["merchant_id", "product_id", "unit", "scale", "stock_keeping"],
            [
                *("products.merchant_id", "products.id", "products.unit", "products.scale"),
                "products.stock_keeping",
            ],
            name=op.f("fk_stock_levels_product_id"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("merchant_id", "id", name=op.f("pk_stock_levels")),
        sa.UniqueConstraint(
            *("merchant_id", "id", "product_id", "location_id"),
            name=op.f("uq_stock_levels_of_movements"),
        ),
        sa.UniqueConstraint(
            "merchant_id", "product_id", "location_id", name=op.f("uq_stock_levels_place")
        ),
    )
    for columns in (("product_id", "id"), ("location_id", "product_id", "id")):
        name = f"ix_stock_levels_{'_'.join(columns)}"
        op.create_index(name, "stock_levels", ["merchant_id", *columns])


def _movements() -> None:
    reasons = "', '".join(_REASONS)
    op.create_table(
        "stock_movements",
        sa.Column("merchant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("level_id", sa.Uuid(), nullable=False),
        sa.Column("product_id", sa.Uuid(), nullable=False),
        sa.Column("location_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("quantity", _QUANTITY, nullable=False),
        sa.Column("on_hand", _QUANTITY, nullable=False),
        sa.Column("note", sa.Text()),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("kind IN ('ADJUST')", name=op.f("ck_stock_movements_kind_known")),
        sa.CheckConstraint(
            f"reason IN ('{reasons}')", name=op.f("ck_stock_movements_reason_known")
        ),
        sa.CheckConstraint("number > 0", name=op.f("ck_stock_movements_number_positive")),
        sa.CheckConstraint("on_hand >= 0", name=op.f("ck_stock_movements_on_hand_not_negative")),
        sa.CheckConstraint("quantity <> 0", name=op.f("ck_stock_movements_moves")),
        sa.ForeignKeyConstraint(
            ["merchant_id", "level_id", "product_id", "location_id"],
            [
                *("stock_levels.merchant_id", "stock_levels.id"),
                *("stock_levels.product_id", "stock_levels.location_id"),
            ],
            name=op.f("fk_stock_movements_level_id"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("merchant_id", "id", name=op.f("pk_stock_movements")),
        sa.UniqueConstraint(
            "merchant_id", "level_id", "number", name=op.f("uq_stock_movements_number")
        ),
    )
    for columns in _OF_MOVEMENTS:
        name = f"ix_stock_movements_{'_'.join(columns)}_id"
        op.create_index(name, "stock_movements", ["merchant_id", *columns, "id"])
    op.create_index(
        "ix_stock_movements_level_id_recorded_at_number",
        "stock_movements",
        ["merchant_id", "level_id", "recorded_at", "number"],
    )


def upgrade() -> None:
    """Apply."""
    op.add_column(
        "products", sa.Column("stock_keeping", sa.Text(), server_default="NONE", nullable=False)
    )
    op.create_check_constraint(
        op.f("ck_products_stock_keeping_known"),
        "products",
        "stock_keeping IN ('NONE', 'TRACKED')",
    )
    op.create_unique_constraint(
        op.f("uq_products_stock"),
        "products",
        ["merchant_id", "id", "unit", "scale", "stock_keeping"],
    )
    _levels()
    _movements()
    walls.build("stock_levels")
    walls.build("stock_movements")


def downgrade() -> None:
    """Undo."""
    op.drop_table("stock_movements")
    op.drop_table("stock_levels")
    op.drop_constraint(op.f("uq_products_stock"), "products")
    op.drop_constraint(op.f("ck_products_stock_keeping_known"), "products")
    op.drop_column("products", "stock_keeping")
