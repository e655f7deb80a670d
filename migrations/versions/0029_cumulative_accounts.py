"""Releases are for a place, have a text as number, and say what customers send.

What is stored stays in force: each contract line that has releases gets one account without a
place, whose period begins with the contract.
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

from migrations import walls

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None

FORGETS = {"releases.state"}
ACCOUNTS, PERIODS, RELEASES, LINES = (
    "cumulative_accounts", "account_periods", "releases", "schedule_lines"
)
HELD = "nullif(current_setting('app.merchant'), '')::uuid"
QUANTITY, TEXT, INSTANT = sa.Numeric(18, 6), sa.Text(), sa.DateTime(timezone=True)
SAID: dict[str, sa.types.TypeEngine[Any]] = {
    "point_of_use": TEXT,
    "engineering_revision": TEXT,
    "packaging_instruction": TEXT,
    "planner": TEXT,
    "production_go_ahead": QUANTITY,
    "production_go_ahead_until": sa.Date(),
    "material_go_ahead": QUANTITY,
    "material_go_ahead_until": sa.Date(),
    "calculated_at": INSTANT,
}
NEEDED: dict[str, sa.types.TypeEngine[Any]] = {
    "account_id": sa.Uuid(),
    "period_id": sa.Uuid(),
    "number": TEXT,
    "issued_at": INSTANT,
}
OF_LINES = {"kind": "'SCHEDULED'", "bucket": "'PERIOD'", "date_meaning": "'ARRIVAL'"}
KNOWN = {
    "kind": "'BACKLOG', 'IMMEDIATE', 'SCHEDULED'",
    "bucket": "'DAY', 'WEEK', 'MONTH', 'PERIOD', 'FLEXIBLE'",
    "date_meaning": "'ARRIVAL', 'SHIPMENT'",
}
COUNT = f"""
INSERT INTO cumulative_accounts (merchant_id, id, contract_line_id)
SELECT DISTINCT {HELD}, line.id, line.id FROM contract_lines line
JOIN releases ON releases.merchant_id = {HELD} AND releases.contract_line_id = line.id
WHERE line.merchant_id = {HELD};
INSERT INTO account_periods
    (merchant_id, id, account_id, starts_on, opening, received, received_reference)
SELECT {HELD}, line.id, line.id, contracts.valid_from, 0, line.received, line.received_reference
FROM cumulative_accounts account
JOIN contract_lines line ON line.merchant_id = {HELD} AND line.id = account.contract_line_id
JOIN contracts ON contracts.merchant_id = {HELD} AND contracts.id = line.contract_id
WHERE account.merchant_id = {HELD};
UPDATE releases SET account_id = contract_line_id, period_id = contract_line_id,
    number = release_no::text, issued_at = received_at WHERE merchant_id = {HELD};
WITH placed AS (
    SELECT id, row_number() OVER (PARTITION BY release_id ORDER BY window_earliest, line_no)
        AS place FROM schedule_lines WHERE merchant_id = {HELD}
)
UPDATE schedule_lines line SET line_no = placed.place FROM placed
WHERE line.merchant_id = {HELD} AND placed.id = line.id AND placed.place <> line.line_no
"""
FORGET = f"""
WITH told AS (
    SELECT id, contract_line_id, type, number, state = 'ACTIVE' AS is_active, row_number() OVER (
            PARTITION BY contract_line_id, type, state ORDER BY issued_at DESC, received_at DESC, id
        ) AS place, count(*) OVER (PARTITION BY contract_line_id, type, number) AS named,
        row_number() OVER (
            PARTITION BY contract_line_id, type ORDER BY issued_at, received_at, id
        ) AS turn
    FROM releases WHERE merchant_id = {HELD}
)
UPDATE releases SET
    state = CASE WHEN is_active AND place > 1 THEN 'SUPERSEDED' ELSE state END,
    release_no = CASE WHEN named > 1 OR told.number !~ '^[1-9][0-9]{{0,8}}$' THEN 1000000000 + turn
        ELSE told.number::bigint END
FROM told WHERE merchant_id = {HELD} AND told.id = releases.id
"""


def _each(changes: str) -> None:
    for change in changes.split(";\n"):
        walls.for_each_merchant(change)


def _own() -> tuple[sa.Column[object], ...]:
    return tuple(sa.Column(it, sa.Uuid(), nullable=False) for it in ("merchant_id", "id"))


def _to(table: str, column: str, there: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["merchant_id", column],
        [f"{there}.merchant_id", f"{there}.id"],
        name=op.f(f"fk_{table}_{column}"),
        ondelete="RESTRICT",
    )


def _add_tables() -> None:
    op.create_table(
        ACCOUNTS,
        *_own(),
        sa.Column("contract_line_id", sa.Uuid(), nullable=False),
        sa.Column("ship_to_id", sa.Uuid()),
        sa.Column("unloading_point", TEXT),
        sa.PrimaryKeyConstraint("merchant_id", "id", name=op.f(f"pk_{ACCOUNTS}")),
        sa.UniqueConstraint(
            "merchant_id", "contract_line_id", "ship_to_id", "unloading_point",
            name=op.f(f"uq_{ACCOUNTS}_place"), postgresql_nulls_not_distinct=True,
        ),
        _to(ACCOUNTS, "contract_line_id", "contract_lines"),
        _to(ACCOUNTS, "ship_to_id", "addresses"),
    )
    op.create_index(f"ix_{ACCOUNTS}_ship_to_id", ACCOUNTS, ["merchant_id", "ship_to_id"])
    op.create_table(
        PERIODS,
        *_own(),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("opening", QUANTITY, nullable=False),
        sa.Column("received", QUANTITY, nullable=False),
        sa.Column("received_reference", TEXT),
        sa.CheckConstraint(
            "least(opening, received) >= 0", name=op.f(f"ck_{PERIODS}_counters_not_negative")
        ),
        sa.PrimaryKeyConstraint("merchant_id", "id", name=op.f(f"pk_{PERIODS}")),
        sa.UniqueConstraint(
            "merchant_id", "account_id", "starts_on", name=op.f(f"uq_{PERIODS}_start")
        ),
        _to(PERIODS, "account_id", ACCOUNTS),
    )
    for table in (ACCOUNTS, PERIODS):
        walls.build(table)


def upgrade() -> None:
    """Apply."""
    _add_tables()
    for name, kind in {**SAID, **NEEDED}.items():
        op.add_column(RELEASES, sa.Column(name, kind))
    op.drop_constraint(op.f("uq_schedule_lines_line_no"), LINES)
    _each(COUNT)
    op.create_unique_constraint(
        op.f("uq_schedule_lines_line_no"), LINES, ["merchant_id", "release_id", "line_no"]
    )
    for name in NEEDED:
        op.alter_column(RELEASES, name, nullable=False)
    op.drop_index("uq_releases_one_active", RELEASES)
    # Its constraints go with it.
    op.drop_column(RELEASES, "release_no")
    op.drop_constraint(op.f("ck_releases_counters_not_negative"), RELEASES)
    op.create_check_constraint(
        op.f("ck_releases_counters_not_negative"), RELEASES,
        "least(cumulative_received, production_go_ahead, material_go_ahead) >= 0",
    )
    for name, there in (("account_id", ACCOUNTS), ("period_id", PERIODS)):
        op.create_foreign_key(
            op.f(f"fk_{RELEASES}_{name}"), RELEASES, there, ["merchant_id", name],
            ["merchant_id", "id"], ondelete="RESTRICT",
        )
    for name in ("account_id", "period_id", "contract_line_id"):
        op.create_index(f"ix_{RELEASES}_{name}", RELEASES, ["merchant_id", name])
    _activate("account_id")
    for name, default in OF_LINES.items():
        op.add_column(LINES, sa.Column(name, TEXT, server_default=sa.text(default), nullable=False))
        op.alter_column(LINES, name, server_default=None)
        op.create_check_constraint(
            op.f(f"ck_{LINES}_{name}_known"), LINES, f"{name} IN ({KNOWN[name]})"
        )
    op.add_column(
        LINES, sa.Column("transit_days", sa.BigInteger(), server_default="0", nullable=False)
    )
    op.alter_column(LINES, "transit_days", server_default=None)
    op.create_check_constraint(
        op.f(f"ck_{LINES}_transit_days_in_range"), LINES, "transit_days BETWEEN 0 AND 366"
    )
    for name in ("pattern", "code"):
        op.add_column(LINES, sa.Column(name, TEXT))


def _activate(of: str) -> None:
    op.create_index(
        "uq_releases_one_active", RELEASES, ["merchant_id", of, "type"],
        unique=True, postgresql_where=sa.text("state = 'ACTIVE'"),
    )


def downgrade() -> None:
    """Undo. Of several places of a line the newest release stays in force; texts get numbers."""
    for name in (*OF_LINES, "transit_days", "pattern", "code"):
        op.drop_column(LINES, name)
    op.add_column(RELEASES, sa.Column("release_no", sa.BigInteger()))
    op.drop_index("uq_releases_one_active", RELEASES)
    walls.for_each_merchant(FORGET)
    op.alter_column(RELEASES, "release_no", nullable=False)
    op.create_check_constraint(op.f("ck_releases_release_no_positive"), RELEASES, "release_no > 0")
    op.create_unique_constraint(
        op.f("uq_releases_release_no"), RELEASES,
        ["merchant_id", "contract_line_id", "type", "release_no"],
    )
    op.drop_index(f"ix_{RELEASES}_contract_line_id", RELEASES)
    _activate("contract_line_id")
    op.drop_constraint(op.f("ck_releases_counters_not_negative"), RELEASES)
    for name in (*SAID, *NEEDED):
        op.drop_column(RELEASES, name)
    op.create_check_constraint(
        op.f("ck_releases_counters_not_negative"), RELEASES, "least(cumulative_received) >= 0"
    )
    op.drop_table(PERIODS)
    op.drop_table(ACCOUNTS)
