"""What is cancelled leaves the tolerance on the rest, and a new day counts for what is open."""

import sqlalchemy as sa
from alembic import op

from migrations import walls

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

FORGETS = {"order_lines.cancelled"}
TABLE, NAME = "order_lines", "ck_order_lines_o4_cancelled"
LESS = """
UPDATE order_lines SET cancelled = ordered - least(ordered, shipped)
WHERE merchant_id = nullif(current_setting('app.merchant'), '')::uuid
    AND cancelled > ordered - least(ordered, shipped)
"""


def upgrade() -> None:
    """Apply; whatever kept the rule before keeps this one."""
    op.drop_constraint(op.f(NAME), TABLE, type_="check")
    op.create_check_constraint(
        op.f(NAME), TABLE, "cancelled <= ordered AND (cancelled < ordered OR shipped = 0)"
    )
    instants, days = sa.ARRAY(sa.DateTime(timezone=True)), sa.ARRAY(sa.Date())
    for name, kind in (("agreed_at", instants), ("wanted_before", days)):
        op.add_column(TABLE, sa.Column(name, kind, server_default="{}", nullable=False))
    op.create_check_constraint(
        op.f("ck_order_lines_agreed_days"), TABLE, "cardinality(agreed_at) = cardinality(wanted_before)"
    )


def downgrade() -> None:
    """Undo; what was shipped in a tolerance was not cancelled before."""
    op.drop_constraint(op.f("ck_order_lines_agreed_days"), TABLE, type_="check")
    for name in ("wanted_before", "agreed_at"):
        op.drop_column(TABLE, name)
    op.drop_constraint(op.f(NAME), TABLE, type_="check")
    walls.for_each_merchant(LESS)
    op.create_check_constraint(
        op.f(NAME), TABLE, "cancelled <= ordered - least(ordered, shipped)"
    )
