"""What keys may still spend, and the documents that they may name."""

import sqlalchemy as sa
from alembic import op

from migrations import walls

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "cost_buckets",
        sa.Column("merchant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("full_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("merchant_id", "id", name=op.f("pk_cost_buckets")),
    )
    op.create_table(
        "trusted_documents",
        sa.Column("merchant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("registered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("registered_by", sa.Uuid(), nullable=True),
        sa.PrimaryKeyConstraint("merchant_id", "id", name=op.f("pk_trusted_documents")),
        sa.UniqueConstraint("merchant_id", "key", name=op.f("uq_trusted_documents_key")),
    )
    walls.build("cost_buckets")
    walls.build("trusted_documents")


def downgrade() -> None:
    """Undo."""
    op.drop_table("trusted_documents")
    op.drop_table("cost_buckets")
