"""Accounts know what had arrived before they counted, and up to where customers have counted."""

import sqlalchemy as sa
from alembic import op

from migrations import walls

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None

PERIODS, RECEIPTS = "account_periods", "last_receipts"
QUANTITY = sa.Numeric(18, 6)


def _check(least: str) -> None:
    op.create_check_constraint(
        op.f(f"ck_{PERIODS}_counters_not_negative"), PERIODS, f"least({least}) >= 0"
    )


def upgrade() -> None:
    """Apply."""
    op.drop_constraint(op.f(f"ck_{PERIODS}_counters_not_negative"), PERIODS)
    op.add_column(
        PERIODS, sa.Column("opening_received", QUANTITY, server_default="0", nullable=False)
    )
    op.alter_column(PERIODS, "opening_received", server_default=None)
    op.add_column(PERIODS, sa.Column("counted_until", sa.DateTime(timezone=True)))
    _check("opening, opening_received, received")
    op.create_table(
        RECEIPTS,
        sa.Column("merchant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("release_id", sa.Uuid(), nullable=False),
        sa.Column("delivery_note", sa.Text(), nullable=False),
        sa.Column("quantity", QUANTITY),
        sa.Column("received_on", sa.Date()),
        sa.Column("dispatched_on", sa.Date()),
        sa.Column("delivery_id", sa.Uuid()),
        sa.CheckConstraint(
            "least(quantity) >= 0", name=op.f(f"ck_{RECEIPTS}_counters_not_negative")
        ),
        sa.PrimaryKeyConstraint("merchant_id", "id", name=op.f(f"pk_{RECEIPTS}")),
        *(
            sa.ForeignKeyConstraint(
                ["merchant_id", column],
                [f"{there}.merchant_id", f"{there}.id"],
                name=op.f(f"fk_{RECEIPTS}_{column}"),
                ondelete="RESTRICT",
            )
            for column, there in (("release_id", "releases"), ("delivery_id", "deliveries"))
        ),
    )
    for column in ("release_id", "delivery_id"):
        op.create_index(f"ix_{RECEIPTS}_{column}", RECEIPTS, ["merchant_id", column])
    walls.build(RECEIPTS)


def downgrade() -> None:
    """Undo."""
    op.drop_table(RECEIPTS)
    op.drop_constraint(op.f(f"ck_{PERIODS}_counters_not_negative"), PERIODS)
    op.drop_column(PERIODS, "counted_until")
    op.drop_column(PERIODS, "opening_received")
    _check("opening, received")
