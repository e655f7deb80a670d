"""A key of a buyer may be one person's: a contact of the company that it is bound to."""

import sqlalchemy as sa
from alembic import op

from migrations import walls

revision = "0094"
down_revision = "0091"
branch_labels = None
depends_on = None

FORGETS = {"api_keys.contact_id"}
_TELL = """
UPDATE journal SET payload = '{"contact_id": null}' || payload, payload_version = 3
WHERE type = 'api_key.created' AND payload_version = 2
"""
_UNTELL = """
UPDATE journal SET payload = payload - 'contact_id', payload_version = 2
WHERE type = 'api_key.created' AND payload_version = 3
"""


def upgrade() -> None:
    """Apply."""
    op.add_column("api_keys", sa.Column("contact_id", sa.Uuid()))
    op.create_check_constraint(
        op.f("ck_api_keys_contact_of_buyers"), "api_keys", "contact_id IS NULL OR actor = 'BUYER'"
    )
    walls.for_each_merchant(_TELL)


def downgrade() -> None:
    """Undo."""
    walls.for_each_merchant(_UNTELL)
    op.drop_column("api_keys", "contact_id")
