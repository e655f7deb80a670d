"""A release that says it was issued in time to come waits, and those there count as received then."""

from alembic import op

from migrations import walls

revision = "0052"
down_revision = "0051"
branch_labels = None
depends_on = None

BEFORE = (
    *("CONTRACT_OVER", "CONTRACT_SUSPENDED", "CUMULATIVE_FELL", "EXCEEDS_MAX", "FIRM_ZONE"),
    *("GO_AHEAD_FELL", "JUMP", "LOT_MULTIPLE", "NEW_PERIOD", "NEW_PLACE", "NOTHING_TO_UPDATE"),
    *("OUTDATED", "OUTSIDE_VALIDITY", "PERIOD_WENT_BACK", "RECEIVED_ABOVE_ISSUED", "REPEATED"),
    *("UNKNOWN_NOTE", "UNKNOWN_PLACE"),
)
NOW = tuple(sorted((*BEFORE, "ISSUED_AHEAD")))
# Else nothing newer would ever take the place of one that is in force.
RECEIVE = """
UPDATE releases SET issued_at = received_at
WHERE merchant_id = nullif(current_setting('app.merchant'), '')::uuid
AND issued_at > received_at + interval '1 day'
"""


def _codes(codes: tuple[str, ...]) -> None:
    known = ", ".join(f"'{it}'" for it in codes)
    rules = (
        ("release_findings", "code_known", f"code IN ({known})"),
        ("contracts", "holding_findings_known", f"holding_findings <@ ARRAY[{known}]"),
    )
    for table, rule, condition in rules:
        name = op.f(f"ck_{table}_{rule}")
        op.drop_constraint(name, table)
        op.create_check_constraint(name, table, condition)


def upgrade() -> None:
    """Apply."""
    _codes(NOW)
    walls.for_each_merchant(RECEIVE)


def downgrade() -> None:
    """Undo; what was found of times to come is found no more."""
    walls.for_each_merchant(
        "DELETE FROM release_findings WHERE code = 'ISSUED_AHEAD'"
        " AND merchant_id = nullif(current_setting('app.merchant'), '')::uuid"
    )
    walls.for_each_merchant(
        "UPDATE contracts SET holding_findings = array_remove(holding_findings, 'ISSUED_AHEAD')"
        " WHERE merchant_id = nullif(current_setting('app.merchant'), '')::uuid"
        " AND 'ISSUED_AHEAD' = ANY(holding_findings)"
    )
    _codes(BEFORE)
