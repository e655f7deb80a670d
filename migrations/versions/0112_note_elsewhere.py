"""A delivery note of ours that is of another place or contract line is found."""

from alembic import op

from migrations import walls

revision = "0112"
down_revision = "0114"
branch_labels = None
depends_on = None

BEFORE = (
    *("CONTRACT_OVER", "CONTRACT_SUSPENDED", "CUMULATIVE_FELL", "EXCEEDS_MAX", "FIRM_ZONE"),
    *("GO_AHEAD_FELL", "ISSUED_AHEAD", "JUMP", "LOT_MULTIPLE", "NEW_PERIOD", "NEW_PLACE"),
    *("NOTHING_TO_UPDATE", "OUTDATED", "OUTSIDE_VALIDITY", "PERIOD_WENT_BACK"),
    *("RECEIVED_ABOVE_ISSUED", "REPEATED", "UNKNOWN_NOTE", "UNKNOWN_PLACE"),
)
NEW = "NOTE_ELSEWHERE"
OURS = "merchant_id = nullif(current_setting('app.merchant'), '')::uuid"


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
    _codes(tuple(sorted((*BEFORE, NEW))))


def downgrade() -> None:
    """Undo; notes of other places are found no more."""
    walls.for_each_merchant(f"DELETE FROM release_findings WHERE code = '{NEW}' AND {OURS}")
    walls.for_each_merchant(
        f"UPDATE contracts SET holding_findings = array_remove(holding_findings, '{NEW}')"
        f" WHERE {OURS} AND '{NEW}' = ANY(holding_findings)"
    )
    _codes(BEFORE)
