"""Contacts say what they look after."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY

revision = "0121"
down_revision = "0120"
branch_labels = None
depends_on = None

FORGETS = {"contacts.duties"}
KNOWN = "duties <@ ARRAY['PURCHASING', 'APPROVAL', 'GOODS_IN', 'CONTRACTS', 'INTERFACES']"


def upgrade() -> None:
    """Apply: nobody has any yet."""
    column = sa.Column[list[str]]("duties", ARRAY(sa.Text()), server_default="{}", nullable=False)
    op.add_column("contacts", column)
    op.create_check_constraint(op.f("ck_contacts_duties_known"), "contacts", KNOWN)


def downgrade() -> None:
    """Undo."""
    op.drop_constraint(op.f("ck_contacts_duties_known"), "contacts")
    op.drop_column("contacts", "duties")
