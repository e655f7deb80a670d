r"""Lines of orders know when they were ordered; texts are folded without final sigma and blanks.

A final sigma is a sigma, and a run of blanks one blank. Of what is there, the rows that this
changes are folded anew.
"""

import sqlalchemy as sa
from alembic import op

from migrations import walls

revision = "0098"
down_revision = "0097"
branch_labels = None
depends_on = None

LINES, PLACED, OWING = "order_lines", "ix_order_lines_placed_at_id", "ordered - cancelled - shipped > 0"
HELD = "nullif(current_setting('app.merchant'), '')::uuid"
FILL = f"""
UPDATE order_lines line SET placed_at = placed.placed_at FROM orders placed
WHERE line.merchant_id = {HELD} AND placed.merchant_id = {HELD} AND placed.id = line.order_id
"""
FOLDED = r"""
CREATE OR REPLACE FUNCTION folded(plain text) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
SELECT translate(
    replace(replace(replace(
        lower(regexp_replace({plain}, '[\u0300-\u036f]', '', 'g')),
    'ß', 'ss'), 'æ', 'ae'), 'œ', 'oe'),
    U&'øđðłħı{more}', U&'oddlhi{same}')
$$
"""
NOW = FOLDED.format(
    plain=r"regexp_replace(normalize(plain, NFKD), '\s+', ' ', 'g')", more=r"\03C2", same=r"\03C3"
)
BEFORE = FOLDED.format(plain="normalize(plain, NFKD)", more="", same="")
SURNAME = r"regexp_replace(guest ->> 'name', '^(.*\S)\s+(\S+)$', '\2 \1')"
TEXTS = {
    "orders": ("number", "purchase_order_number", "external_reference"),
    "contracts": ("number", "purchase_order_number"),
    "deliveries": ("number", "external_reference"),
    "products": ("sku", "name"),
    "parties": ("number", "name"),
    "contacts": ("name",),
}
GUESTS = {"guest_name": "guest ->> 'name'", "guest_surname": SURNAME}


def upgrade() -> None:
    """Apply."""
    op.add_column(LINES, sa.Column("placed_at", sa.DateTime(timezone=True)))
    walls.for_each_merchant(FILL)
    op.alter_column(LINES, "placed_at", nullable=False)
    op.drop_index("ix_order_lines_id", LINES)
    columns = ["merchant_id", "placed_at", "id"]
    op.create_index(PLACED, LINES, columns)
    op.create_index(
        "ix_order_lines_owing_placed_at_id", LINES, columns, postgresql_where=sa.text(OWING)
    )
    op.execute(NOW)
    _fold_anew()


def downgrade() -> None:
    """Undo."""
    op.execute(BEFORE)
    _fold_anew()
    op.drop_column(LINES, "placed_at")
    op.create_index(
        "ix_order_lines_id", LINES, ["merchant_id", "id"], postgresql_where=sa.text(OWING)
    )


def _fold_anew() -> None:
    """Fold what stands otherwise than it is folded now: a column that is set is made again."""
    for table, names in TEXTS.items():
        of = dict(zip(names, names, strict=True)) | (GUESTS if table == "orders" else {})
        odd = " OR ".join(f"{it}_folded <> folded({plain})" for it, plain in of.items())
        setting = [*names, *(["guest"] if table == "orders" else [])]
        again = ", ".join(f"{it} = {it}" for it in setting)
        walls.for_each_merchant(
            f"UPDATE {table} SET {again} WHERE merchant_id = {HELD} AND ({odd})"
        )
