"""What a merchant says of itself: its currency, its language, where its clients get help."""

import sqlalchemy as sa
from alembic import op

from migrations import walls

revision = "0047"
down_revision = "0046"
branch_labels = None
depends_on = None

TABLE = "merchant_settings"


def upgrade() -> None:
    """Apply."""
    op.create_table(
        TABLE,
        sa.Column("merchant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        *(
            sa.Column(name, sa.Text())
            for name in ("currency", "language", "support_email", "support_phone")
        ),
        sa.CheckConstraint("id = merchant_id", name=op.f(f"ck_{TABLE}_one_a_merchant")),
        sa.PrimaryKeyConstraint("merchant_id", "id", name=op.f(f"pk_{TABLE}")),
    )
    walls.build(TABLE)


def downgrade() -> None:
    """Undo."""
    op.drop_table(TABLE)
