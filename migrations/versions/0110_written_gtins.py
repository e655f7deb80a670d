"""GTINs are looked for as they are written: row-level security lets no index of `lpad` be used."""

import sqlalchemy as sa
from alembic import op

revision = "0110"
down_revision = "0109"
branch_labels = None
depends_on = None

NUMBER = sa.text("lpad(gtin, 14, '0'::text)")


def upgrade() -> None:
    """Apply."""
    op.create_index("ix_packagings_gtin", "packagings", ["merchant_id", "gtin"])
    op.drop_index("ix_products_gtin", "products")


def downgrade() -> None:
    """Undo."""
    op.create_index("ix_products_gtin", "products", ["merchant_id", NUMBER])
    op.drop_index("ix_packagings_gtin", "packagings")
