"""Price lists of parties, groups of parties and channels, valid on days of the merchant's."""

import sqlalchemy as sa
from alembic import op

from migrations import walls

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

LISTS, ENTRIES = "price_lists", "price_list_entries"
PRICE = sa.Numeric(18, 6)


def upgrade() -> None:
    """Apply."""
    zone = sa.Column("time_zone", sa.Text(), server_default="UTC", nullable=False)
    op.add_column("merchants", zone)
    op.create_check_constraint(op.f("ck_merchants_time_zone_there"), "merchants", "time_zone <> ''")
    op.add_column("parties", sa.Column("price_group", sa.Text()))
    _create_lists()
    _create_entries()
    walls.build(LISTS)
    walls.build(ENTRIES)


def _create_lists() -> None:
    op.create_table(
        LISTS,
        sa.Column("merchant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("party_id", sa.Uuid()),
        sa.Column("party_group", sa.Text()),
        sa.Column("channel_id", sa.Uuid()),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date()),
        sa.CheckConstraint(
            "num_nonnulls(party_id, party_group, channel_id) = 1",
            name=op.f("ck_price_lists_for_one"),
        ),
        sa.CheckConstraint(
            "valid_from <= valid_to", name=op.f("ck_price_lists_validity_ordered")
        ),
        _to("parties", LISTS, "party_id"),
        _to("channels", LISTS, "channel_id"),
        sa.PrimaryKeyConstraint("merchant_id", "id", name=op.f("pk_price_lists")),
        sa.UniqueConstraint("merchant_id", "code", name=op.f("uq_price_lists_code")),
    )
    for column in ("party_id", "party_group", "channel_id"):
        op.create_index(f"ix_price_lists_{column}", LISTS, ["merchant_id", column])


def _create_entries() -> None:
    op.create_table(
        ENTRIES,
        sa.Column("merchant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("price_list_id", sa.Uuid(), nullable=False),
        sa.Column("product_id", sa.Uuid(), nullable=False),
        sa.Column("from_quantity", PRICE, nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("unit_price", PRICE, nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.CheckConstraint(
            "from_quantity >= 0", name=op.f("ck_price_list_entries_from_quantity_not_negative")
        ),
        sa.CheckConstraint(
            "unit_price >= 0", name=op.f("ck_price_list_entries_price_not_negative")
        ),
        _to(LISTS, ENTRIES, "price_list_id"),
        _to("products", ENTRIES, "product_id"),
        sa.PrimaryKeyConstraint("merchant_id", "id", name=op.f("pk_price_list_entries")),
        sa.UniqueConstraint(
            "merchant_id",
            "price_list_id",
            "product_id",
            "from_quantity",
            name=op.f("uq_price_list_entries_step"),
        ),
    )
    op.create_index("ix_price_list_entries_product_id", ENTRIES, ["merchant_id", "product_id"])


def _to(table: str, of: str, column: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["merchant_id", column],
        [f"{table}.merchant_id", f"{table}.id"],
        name=op.f(f"fk_{of}_{column}"),
        ondelete="RESTRICT",
    )


def downgrade() -> None:
    """Undo."""
    op.drop_table(ENTRIES)
    op.drop_table(LISTS)
    op.drop_column("parties", "price_group")
    op.drop_constraint(op.f("ck_merchants_time_zone_there"), "merchants")
    op.drop_column("merchants", "time_zone")
