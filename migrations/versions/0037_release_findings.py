"""Releases are taken in whatever they say: findings, consent, and what of them cannot be met."""

from typing import Any

import sqlalchemy as sa
from alembic import op

from migrations import walls

revision = "0037"
down_revision = "0036"
branch_labels = None
depends_on = None

CONTRACTS, RELEASES, FINDINGS, ANSWERS = (
    "contracts", "releases", "release_findings", "release_answer_lines"
)
CODES = (
    *("CONTRACT_OVER", "CONTRACT_SUSPENDED", "CUMULATIVE_FELL", "EXCEEDS_MAX", "FIRM_ZONE"),
    *("GO_AHEAD_FELL", "JUMP", "LOT_MULTIPLE", "NEW_PERIOD", "NEW_PLACE", "NOTHING_TO_UPDATE"),
    *("OUTDATED", "OUTSIDE_VALIDITY", "PERIOD_WENT_BACK", "RECEIVED_ABOVE_ISSUED", "REPEATED"),
    *("UNKNOWN_NOTE", "UNKNOWN_PLACE"),
)
KNOWN = ", ".join(f"'{it}'" for it in CODES)
USUAL = "{CUMULATIVE_FELL,FIRM_ZONE,NOTHING_TO_UPDATE,PERIOD_WENT_BACK,UNKNOWN_PLACE}"
QUANTITY, TEXT, INSTANT = sa.Numeric(18, 6), sa.Text(), sa.DateTime(timezone=True)
ADDED: dict[str, sa.types.TypeEngine[Any]] = {
    "counted_from": sa.Date(),
    "counted_until": INSTANT,
    "state_reason": TEXT,
    "answered_at": INSTANT,
}
LISTED = ("state", "received_at")


def _own() -> tuple[sa.Column[object], ...]:
    names = ("merchant_id", "id", "release_id")
    return tuple(sa.Column(it, sa.Uuid(), nullable=False) for it in names)


def _rules(table: str) -> tuple[sa.Constraint, ...]:
    return (
        sa.PrimaryKeyConstraint("merchant_id", "id", name=op.f(f"pk_{table}")),
        sa.UniqueConstraint("merchant_id", "release_id", "place", name=op.f(f"uq_{table}_place")),
        _to(table, "release_id", RELEASES),
    )


def _to(table: str, column: str, there: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["merchant_id", column],
        [f"{there}.merchant_id", f"{there}.id"],
        name=op.f(f"fk_{table}_{column}"),
        ondelete="RESTRICT",
    )


def _add_tables() -> None:
    op.create_table(
        FINDINGS,
        *_own(),
        sa.Column("place", sa.BigInteger(), nullable=False),
        sa.Column("code", TEXT, nullable=False),
        sa.Column("line_no", sa.BigInteger()),
        sa.Column("day", sa.Date()),
        sa.Column("expected", QUANTITY),
        sa.Column("found", QUANTITY),
        sa.Column("text", TEXT, nullable=False),
        sa.Column("is_holding", sa.Boolean(), nullable=False),
        sa.Column("consented_at", INSTANT),
        sa.CheckConstraint(f"code IN ({KNOWN})", name=op.f(f"ck_{FINDINGS}_code_known")),
        *_rules(FINDINGS),
    )
    op.create_table(
        ANSWERS,
        *_own(),
        sa.Column("schedule_line_id", sa.Uuid(), nullable=False),
        sa.Column("place", sa.BigInteger(), nullable=False),
        sa.Column("quantity", QUANTITY, nullable=False),
        sa.Column("day", sa.Date()),
        sa.Column("reason", TEXT),
        sa.CheckConstraint(
            "least(quantity) >= 0", name=op.f(f"ck_{ANSWERS}_counters_not_negative")
        ),
        sa.CheckConstraint(
            "(quantity > 0) = (day IS NOT NULL)", name=op.f(f"ck_{ANSWERS}_day_of_what_comes")
        ),
        *_rules(ANSWERS),
        _to(ANSWERS, "schedule_line_id", "schedule_lines"),
    )
    op.create_index(
        f"ix_{ANSWERS}_schedule_line_id", ANSWERS, ["merchant_id", "schedule_line_id"]
    )
    for table in (FINDINGS, ANSWERS):
        walls.build(table)


def upgrade() -> None:
    """Apply. Contracts get the usual rule; what stands in force stays so."""
    for column in (
        sa.Column("holding_findings", sa.ARRAY(TEXT), server_default=USUAL),
        sa.Column("jump_percent", sa.Numeric(9, 6), server_default="50"),
    ):
        op.add_column(CONTRACTS, column)
        op.alter_column(CONTRACTS, column.name, server_default=None)
    op.alter_column(CONTRACTS, "holding_findings", nullable=False)
    op.create_check_constraint(
        op.f("ck_contracts_holding_findings_known"),
        CONTRACTS,
        f"holding_findings <@ ARRAY[{KNOWN}]",
    )
    op.create_check_constraint(
        op.f("ck_contracts_jump_not_negative"), CONTRACTS, "jump_percent >= 0"
    )
    for name, kind in ADDED.items():
        op.add_column(RELEASES, sa.Column(name, kind))
    op.add_column(
        RELEASES, sa.Column("tells_received", sa.Boolean(), server_default="true", nullable=False)
    )
    op.alter_column(RELEASES, "tells_received", server_default=None)
    op.create_index(
        "uq_releases_one_received", RELEASES, ["merchant_id", "account_id", "type"],
        unique=True, postgresql_where=sa.text("state = 'RECEIVED'"),
    )
    for name in LISTED:
        op.create_index(f"ix_releases_{name}_id", RELEASES, ["merchant_id", name, "id"])
    _add_tables()


def downgrade() -> None:
    """Undo. What waits for consent, or was rejected, stays so and is told without its reasons."""
    op.drop_table(ANSWERS)
    op.drop_table(FINDINGS)
    for name in LISTED:
        op.drop_index(f"ix_releases_{name}_id", RELEASES)
    op.drop_index("uq_releases_one_received", RELEASES)
    for name in (*ADDED, "tells_received"):
        op.drop_column(RELEASES, name)
    for name in ("holding_findings", "jump_percent"):
        op.drop_column(CONTRACTS, name)
