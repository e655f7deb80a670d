"""Customers propose another window for an order, where its channel lets them; none of those there does."""

import sqlalchemy as sa
from alembic import op

revision = "0054"
down_revision = "0053"
branch_labels = None
depends_on = None

TEXTS = ("proposed_zone", "proposal_reason", "proposal_answer", "proposal_answer_reason")

RULES = {
    "proposed_whole": (
        "num_nulls(proposed_earliest, proposed_latest, proposed_zone) IN (0, 3)"
        " AND (proposed_earliest IS NULL OR proposed_earliest < proposed_latest)"
    ),
    "proposal_answer_known": "proposal_answer IN ('ACCEPTED', 'DECLINED')",
    "answer_of_proposal": "proposal_answer IS NULL OR proposed_latest IS NOT NULL",
}


def upgrade() -> None:
    """Apply."""
    op.add_column(
        "channels",
        sa.Column("reschedulable", sa.Boolean(), server_default="false", nullable=False),
    )
    for name in ("proposed_earliest", "proposed_latest"):
        op.add_column("orders", sa.Column(name, sa.DateTime(timezone=True)))
    for name in TEXTS:
        op.add_column("orders", sa.Column(name, sa.Text()))
    for name, rule in RULES.items():
        op.create_check_constraint(op.f(f"ck_orders_{name}"), "orders", rule)


def downgrade() -> None:
    """Undo."""
    for name in RULES:
        op.drop_constraint(op.f(f"ck_orders_{name}"), "orders", type_="check")
    for name in (*reversed(TEXTS), "proposed_latest", "proposed_earliest"):
        op.drop_column("orders", name)
    op.drop_column("channels", "reschedulable")
