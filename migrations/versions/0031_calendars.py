"""Calendars: when the merchant, a location, a party or a carrier's service works."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from migrations import walls

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None

TABLE = "calendars"
CHECKS = {
    "of_one": "num_nonnulls(location_id, party_id) <= 1",
    "service_of_a_party": "service IS NULL OR party_id IS NOT NULL",
    "holidays_whole": "holiday_subdivision IS NULL OR holiday_country IS NOT NULL",
    "transit_days_in_range": "transit_days BETWEEN 0 AND 366",
}


def upgrade() -> None:
    """Apply."""
    op.create_table(
        TABLE,
        sa.Column("merchant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("location_id", sa.Uuid()),
        sa.Column("party_id", sa.Uuid()),
        sa.Column("service", sa.Text()),
        sa.Column("time_zone", sa.Text(), nullable=False),
        sa.Column("hours", postgresql.JSONB(), nullable=False),
        sa.Column("holiday_country", sa.Text()),
        sa.Column("holiday_subdivision", sa.Text()),
        sa.Column("closures", postgresql.JSONB(), nullable=False),
        sa.Column("transit_days", sa.BigInteger()),
        *(sa.CheckConstraint(it, name=op.f(f"ck_{TABLE}_{name}")) for name, it in CHECKS.items()),
        sa.PrimaryKeyConstraint("merchant_id", "id", name=op.f(f"pk_{TABLE}")),
        sa.UniqueConstraint("merchant_id", "code", name=op.f(f"uq_{TABLE}_code")),
        sa.UniqueConstraint(
            "merchant_id",
            "party_id",
            "location_id",
            "service",
            name=op.f(f"uq_{TABLE}_whose"),
            postgresql_nulls_not_distinct=True,
        ),
        *(
            sa.ForeignKeyConstraint(
                ["merchant_id", column],
                [f"{table}.merchant_id", f"{table}.id"],
                name=op.f(f"fk_{TABLE}_{column}"),
                ondelete="RESTRICT",
            )
            for column, table in (("location_id", "locations"), ("party_id", "parties"))
        ),
    )
    op.create_index(f"ix_{TABLE}_location_id", TABLE, ["merchant_id", "location_id"])
    walls.build(TABLE)


def downgrade() -> None:
    """Undo."""
    op.drop_table(TABLE)
