"""Messages know whose party they are of; answers of ours may be replaced before they leave."""

import sqlalchemy as sa
from alembic import op

from migrations import walls

revision = "0078"
down_revision = "0077"
branch_labels = None
depends_on = None

MESSAGES, OUTGOING = "interchange_messages", "outgoing_interchanges"
INDEX, KEY = f"ix_{MESSAGES}_party_id", f"fk_{MESSAGES}_party_id"
STATES = f"ck_{OUTGOING}_state_known"
REPLACED = """
UPDATE outgoing_interchanges SET state = 'SENT', sent_at = created_at
WHERE merchant_id = nullif(current_setting('app.merchant'), '')::uuid AND state = 'REPLACED'
"""


def _allow(*states: str) -> None:
    op.drop_constraint(op.f(STATES), OUTGOING)
    listed = ", ".join(f"'{it}'" for it in states)
    op.create_check_constraint(op.f(STATES), OUTGOING, f"state IN ({listed})")


def upgrade() -> None:
    """Apply: of messages that are there nobody knows the party; they are read as before."""
    op.add_column(MESSAGES, sa.Column("party_id", sa.Uuid()))
    op.create_foreign_key(
        op.f(KEY),
        MESSAGES,
        "parties",
        ["merchant_id", "party_id"],
        ["merchant_id", "id"],
        ondelete="RESTRICT",
    )
    op.create_index(INDEX, MESSAGES, ["merchant_id", "party_id"])
    _allow("PENDING", "SENT", "REPLACED")


def downgrade() -> None:
    """Undo: what was replaced must not leave any more."""
    walls.for_each_merchant(REPLACED)
    _allow("PENDING", "SENT")
    op.drop_index(INDEX, MESSAGES)
    op.drop_constraint(op.f(KEY), MESSAGES)
    op.drop_column(MESSAGES, "party_id")
