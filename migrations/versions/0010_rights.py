"""What signs tokens of orders stands behind the second wall, in a table of its own."""

import sqlalchemy as sa
from alembic import op

from migrations import walls

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

TABLE = "merchant_secrets"
FILL = f"INSERT INTO {TABLE} SELECT id, id, token_secret FROM merchants"
BACK = f"""
UPDATE merchants SET token_secret = {TABLE}.token_secret FROM {TABLE}
WHERE {TABLE}.merchant_id = merchants.id
"""


def upgrade() -> None:
    """Apply."""
    op.create_table(
        TABLE,
        sa.Column("merchant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("token_secret", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("merchant_id", "id", name=op.f(f"pk_{TABLE}")),
        sa.CheckConstraint("id = merchant_id", name=op.f(f"ck_{TABLE}_one_a_merchant")),
        sa.CheckConstraint("length(token_secret) = 32", name=op.f(f"ck_{TABLE}_length")),
    )
    op.execute(FILL)
    walls.build(TABLE)
    op.drop_column("merchants", "token_secret")


def downgrade() -> None:
    """Undo."""
    op.add_column("merchants", sa.Column("token_secret", sa.LargeBinary()))
    op.execute(f"ALTER TABLE {TABLE} NO FORCE ROW LEVEL SECURITY")
    op.execute(BACK)
    op.alter_column("merchants", "token_secret", nullable=False)
    length = op.f("ck_merchants_token_secret_length")
    op.create_check_constraint(length, "merchants", "length(token_secret) = 32")
    op.drop_table(TABLE)
