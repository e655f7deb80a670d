"""Variants of products, what they need on their way, and what locations and methods can handle."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from kit.standards.un import HAZARD_CLASSES
from migrations import walls

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

TABLE = "method_handling"
METHODS = ("PARCEL", "EXPRESS", "FREIGHT", "COURIER", "LOCKER", "SHOP_PICKUP", "NEIGHBOUR")
CELSIUS = sa.Numeric(5, 1)


def _listed(words: tuple[str, ...]) -> str:
    return ", ".join(f"'{it}'" for it in words)


CARRYING = {
    "keeps_whole": "num_nulls(keeps_from_c, keeps_to_c) IN (0, 2) AND keeps_from_c <= keeps_to_c",
    "hazard_classes_known": f"hazard_classes <@ ARRAY[{_listed(HAZARD_CLASSES)}]",
}
NEEDING = {
    "keep_whole": "num_nulls(keep_from_c, keep_to_c) IN (0, 2) AND keep_from_c <= keep_to_c",
    "dangerous_goods_whole": "num_nulls(un_number, hazard_class) IN (0, 2)",
    "hazard_class_known": f"hazard_class IN ({_listed(HAZARD_CLASSES)})",
}


def _flag(name: str) -> sa.Column[bool]:
    return sa.Column(name, sa.Boolean(), server_default="false", nullable=False)


def _carrying() -> list[sa.Column[Any]]:
    return [
        sa.Column("keeps_from_c", CELSIUS),
        sa.Column("keeps_to_c", CELSIUS),
        sa.Column("hazard_classes", ARRAY(sa.Text()), server_default="{}", nullable=False),
        _flag("takes_high_value"),
        _flag("takes_oversize"),
    ]


def _needing() -> list[sa.Column[Any]]:
    return [
        sa.Column("keep_from_c", CELSIUS),
        sa.Column("keep_to_c", CELSIUS),
        sa.Column("un_number", sa.Text()),
        sa.Column("hazard_class", sa.Text()),
        _flag("is_high_value"),
        _flag("is_oversize"),
    ]


def upgrade() -> None:
    """Apply."""
    op.create_table(
        TABLE,
        sa.Column("merchant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("method", sa.Text(), nullable=False),
        *_carrying(),
        sa.CheckConstraint(
            f"method IN ({_listed(METHODS)})", name=op.f("ck_method_handling_method_known")
        ),
        sa.PrimaryKeyConstraint("merchant_id", "id", name=op.f("pk_method_handling")),
        sa.UniqueConstraint("merchant_id", "method", name=op.f("uq_method_handling_method")),
    )
    walls.build(TABLE)
    for column in _carrying():
        op.add_column("locations", column)
    for column in _needing():
        op.add_column("products", column)
    op.add_column("products", sa.Column("variant_of_id", sa.Uuid()))
    op.add_column("products", sa.Column("options", JSONB(), server_default="[]", nullable=False))
    op.create_foreign_key(
        op.f("fk_products_variant_of_id"),
        "products",
        "products",
        ["merchant_id", "variant_of_id"],
        ["merchant_id", "id"],
        ondelete="RESTRICT",
    )
    op.create_index(
        "ix_products_variant_of_id",
        "products",
        ["merchant_id", "variant_of_id"],
        postgresql_where=sa.text("variant_of_id IS NOT NULL"),
    )
    for table, rules in ((TABLE, CARRYING), ("locations", CARRYING), ("products", NEEDING)):
        for name, sql in rules.items():
            op.create_check_constraint(op.f(f"ck_{table}_{name}"), table, sql)


def downgrade() -> None:
    """Undo."""
    for name in ("options", "variant_of_id", *(it.name for it in _needing())):
        op.drop_column("products", name)
    for column in _carrying():
        op.drop_column("locations", column.name)
    op.drop_table(TABLE)
