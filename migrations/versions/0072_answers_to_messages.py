"""Answers to messages: which message an interchange of ours answers, beside its interchange."""

from alembic import op
import sqlalchemy as sa

revision = "0072"
down_revision = "0068"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.add_column("outgoing_interchanges", sa.Column("message_id", sa.Uuid(), nullable=True))
    op.create_foreign_key(
        op.f("fk_outgoing_interchanges_message_id"),
        "outgoing_interchanges",
        "interchange_messages",
        ["merchant_id", "message_id"],
        ["merchant_id", "id"],
        ondelete="RESTRICT",
    )
    op.create_index(
        "ix_outgoing_interchanges_message_id",
        "outgoing_interchanges",
        ["merchant_id", "message_id"],
        unique=False,
    )


def downgrade() -> None:
    """Undo."""
    op.drop_index("ix_outgoing_interchanges_message_id", table_name="outgoing_interchanges")
    op.drop_constraint("fk_outgoing_interchanges_message_id", "outgoing_interchanges")
    op.drop_column("outgoing_interchanges", "message_id")
