"""Prices are the merchant's: products have list prices, and only PRICES_STATE states others.

Staff's keys that place or import orders go on stating prices. Whoever else did cannot any more.
"""

import sqlalchemy as sa
from alembic import op

from migrations import walls

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

FORGETS = {"order_lines.unit_price", "api_keys.scopes"}
"""A price that nobody knows was 0 before; PRICES_STATE was nobody's, and then is of staff again."""
WHOLE = "num_nulls(list_price, list_currency) IN (0, 2) AND coalesce(list_price, 0) >= 0"
STATED = "'ORDERS_PLACE' = ANY(scopes) OR 'ORDERS_IMPORT' = ANY(scopes)"
UNPRICED = "UPDATE order_lines SET unit_price = 0 WHERE unit_price IS NULL"


def upgrade() -> None:
    """Apply."""
    op.add_column("products", sa.Column("list_price", sa.Numeric(18, 6)))
    op.add_column("products", sa.Column("list_currency", sa.Text()))
    op.create_check_constraint(op.f("ck_products_list_price_whole"), "products", WHOLE)
    op.add_column(
        "channels",
        sa.Column("takes_unpriced", sa.Boolean(), server_default="false", nullable=False),
    )
    op.alter_column("order_lines", "unit_price", nullable=True)
    walls.for_each_merchant(
        "UPDATE api_keys SET scopes = scopes || ARRAY['PRICES_STATE']"
        f" WHERE actor = 'STAFF' AND ({STATED})"
    )


def downgrade() -> None:
    """Undo. What has no price yet costs nothing then."""
    removed = "UPDATE api_keys SET scopes = array_remove(scopes, 'PRICES_STATE')"
    for change in (removed, UNPRICED):
        walls.for_each_merchant(change)
    op.alter_column("order_lines", "unit_price", nullable=False)
    op.drop_column("channels", "takes_unpriced")
    op.drop_constraint(op.f("ck_products_list_price_whole"), "products")
    op.drop_column("products", "list_price")
    op.drop_column("products", "list_currency")
