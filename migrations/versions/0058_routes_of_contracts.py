"""Contracts say from where their goods leave as a rule, and with whom; those that are there do not.

What is scheduled by then keeps the days on which it leaves and arrives.
"""

import sqlalchemy as sa
from alembic import op

revision = "0058"
down_revision = "0056"
branch_labels = None
depends_on = None

_RULE = "service IS NULL OR carrier_id IS NOT NULL"


def upgrade() -> None:
    """Apply."""
    for name, table in (("location_id", "locations"), ("carrier_id", "parties")):
        op.add_column("contracts", sa.Column(name, sa.Uuid()))
        op.create_foreign_key(
            op.f(f"fk_contracts_{name}"),
            "contracts",
            table,
            ["merchant_id", name],
            ["merchant_id", "id"],
            ondelete="RESTRICT",
        )
        op.create_index(op.f(f"ix_contracts_{name}"), "contracts", ["merchant_id", name])
    op.add_column("contracts", sa.Column("service", sa.Text()))
    op.create_check_constraint(op.f("ck_contracts_service_of_a_carrier"), "contracts", _RULE)


def downgrade() -> None:
    """Undo."""
    op.drop_constraint(op.f("ck_contracts_service_of_a_carrier"), "contracts", type_="check")
    op.drop_column("contracts", "service")
    for name in ("carrier_id", "location_id"):
        op.drop_index(op.f(f"ix_contracts_{name}"), "contracts")
        op.drop_constraint(
            op.f(f"fk_contracts_{name}"), "contracts", type_="foreignkey"
        )
        op.drop_column("contracts", name)
