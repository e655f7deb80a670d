"""Who is signed in to the portal, and the operations of its pages."""

import sqlalchemy as sa
from alembic import op

from migrations import walls

revision = "0120"
down_revision = "0116"
branch_labels = None
depends_on = None

FORGETS = {"due.kind"}
"""Nobody is signed in before."""
_KINDS = (
    *("LAPSE_ORDERS", "EXPIRE_AMENDMENTS", "READ_MESSAGES", "READ_LONG_MESSAGES"),
    *("FORGET_ANSWERS", "FORGET_BUCKETS", "FORGET_WEBHOOK_MESSAGES", "TELL_ENDS"),
    *("CALL_OFF_FOUND", "COUNT_FOUND"),
)
HELD = "nullif(current_setting('app.merchant'), '')::uuid"
_UNNOTED = f"DELETE FROM due WHERE kind = 'FORGET_SESSIONS' AND merchant_id = {HELD}"


def _know(*kinds: str) -> None:
    name = op.f("ck_due_kind_known")
    op.drop_constraint(name, "due")
    op.create_check_constraint(name, "due", "kind IN ('" + "', '".join(kinds) + "')")


def upgrade() -> None:
    """Apply."""
    _know(*_KINDS, "FORGET_SESSIONS")
    op.create_table(
        "page_documents",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("registered_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "key = 'sha256:' || encode(sha256(convert_to(text, 'UTF8')), 'hex')",
            name=op.f("ck_page_documents_key_of_text"),
        ),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_page_documents")),
    )
    op.create_table(
        "portal_sessions",
        sa.Column("merchant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("bound_to", sa.Uuid(), nullable=True),
        sa.Column("role", sa.Text(), nullable=True),
        sa.Column("contact_id", sa.Uuid(), nullable=True),
        sa.Column("key_id", sa.Uuid(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("scopes", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("secret_sha256", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(actor = 'BUYER') = (role IS NOT NULL)", name=op.f("ck_portal_sessions_role_of_buyers")
        ),
        sa.CheckConstraint(
            "(actor = 'STAFF') = (bound_to IS NULL)",
            name=op.f("ck_portal_sessions_bound_unless_staff"),
        ),
        sa.CheckConstraint(
            "actor IN ('STAFF', 'BUYER', 'STOREFRONT', 'WAREHOUSE', 'CARRIER')",
            name=op.f("ck_portal_sessions_actor_known"),
        ),
        sa.CheckConstraint(
            "contact_id IS NULL OR actor = 'BUYER'",
            name=op.f("ck_portal_sessions_contact_of_buyers"),
        ),
        sa.CheckConstraint(
            "length(secret_sha256) = 32", name=op.f("ck_portal_sessions_hash_is_sha256")
        ),
        sa.CheckConstraint(
            "role IN ('BUYER', 'APPROVER', 'VIEWER')", name=op.f("ck_portal_sessions_role_known")
        ),
        sa.ForeignKeyConstraint(
            ["merchant_id", "contact_id"],
            ["contacts.merchant_id", "contacts.id"],
            name=op.f("fk_portal_sessions_contact_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("merchant_id", "id", name=op.f("pk_portal_sessions")),
    )
    op.create_index(
        "ix_portal_sessions_ends_at", "portal_sessions", ["merchant_id", "ends_at"], unique=False
    )
    op.create_index(
        "ix_portal_sessions_contact_id",
        "portal_sessions",
        ["merchant_id", "contact_id"],
        unique=False,
    )
    op.create_table(
        "session_holders",
        sa.Column("merchant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("key_id", sa.Uuid(), nullable=False),
        sa.Column("provider_sid", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(
            ["merchant_id", "id"],
            ["portal_sessions.merchant_id", "portal_sessions.id"],
            name=op.f("fk_session_holders_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("merchant_id", "id", name=op.f("pk_session_holders")),
    )
    for column in ("key_id", "provider_sid"):
        op.create_index(f"ix_session_holders_{column}", "session_holders", [column], unique=False)
    walls.build("portal_sessions")
    walls.build("session_holders")
    walls.show_without_merchant("session_holders")


def downgrade() -> None:
    """Undo."""
    op.drop_table("session_holders")
    op.drop_table("portal_sessions")
    op.drop_table("page_documents")
    walls.for_each_merchant(_UNNOTED)
    _know(*_KINDS)
