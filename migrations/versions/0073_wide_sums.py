"""Wide sums: what customers say of any number of places fits, whatever it is."""

from alembic import op
import sqlalchemy as sa

revision = "0073"
down_revision = "0072"
branch_labels = None
depends_on = None

_SUMS = {"contract_lines": ("released", "received"), "release_findings": ("expected", "found")}

_MOST = "999999999999.999999"


def upgrade() -> None:
    """Apply; no row is written anew."""
    for table, names in _SUMS.items():
        for name in names:
            op.alter_column(table, name, type_=sa.Numeric(24, 6))


def downgrade() -> None:
    """Undo. A sum that is too large for what it was is the largest of those."""
    for table, names in _SUMS.items():
        for name in names:
            held = f"CASE WHEN {name} > {_MOST} THEN {_MOST} ELSE {name} END"
            op.alter_column(table, name, type_=sa.Numeric(18, 6), postgresql_using=held)
