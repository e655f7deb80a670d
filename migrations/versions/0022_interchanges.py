"""Interchanges with partners: profiles, the inbox, the outbox."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from migrations import walls

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

FORGETS = {"api_keys.scopes"}
"""Nobody exchanges messages before."""
TABLES = (
    "partner_profiles",
    "interchanges",
    "interchange_messages",
    "outgoing_interchanges",
    "interchange_contents",
)
UNSCOPED = """
UPDATE api_keys SET scopes = array_remove(array_remove(scopes, 'MESSAGES_READ'), 'MESSAGES_WRITE')
"""


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "partner_profiles",
        sa.Column("merchant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("identification", sa.Text(), nullable=False),
        sa.Column("qualifier", sa.Text(), nullable=False),
        sa.Column("own_identification", sa.Text(), nullable=True),
        sa.Column("own_qualifier", sa.Text(), nullable=True),
        sa.Column("party_id", sa.Uuid(), nullable=True),
        sa.Column("charset", sa.Text(), nullable=True),
        sa.Column("service_characters", sa.Text(), nullable=True),
        sa.Column("has_line_breaks", sa.Boolean(), nullable=False),
        sa.Column("acknowledgement", sa.Text(), nullable=False),
        sa.Column("reference_prefix", sa.Text(), nullable=False),
        sa.Column("references_used", sa.BigInteger(), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.CheckConstraint(
            "acknowledgement IN ('ALWAYS', 'ON_REQUEST', 'NEVER')",
            name=op.f("ck_partner_profiles_acknowledgement_known"),
        ),
        sa.CheckConstraint(
            "charset IN ('UNOA', 'UNOB', 'UNOC', 'UNOD', 'UNOE', 'UNOF', 'UNOG', 'UNOH', 'UNOI', 'UNOJ', 'UNOK', 'UNOL', 'UNOW', 'UNOY')",
            name=op.f("ck_partner_profiles_charset_known"),
        ),
        sa.CheckConstraint(
            "(own_identification IS NULL) = (own_qualifier IS NULL)",
            name=op.f("ck_partner_profiles_own_whole"),
        ),
        sa.CheckConstraint(
            "length(service_characters) = 6",
            name=op.f("ck_partner_profiles_service_characters_six"),
        ),
        sa.CheckConstraint(
            "references_used >= 0", name=op.f("ck_partner_profiles_references_used_counted")
        ),
        sa.ForeignKeyConstraint(
            ["merchant_id", "party_id"],
            ["parties.merchant_id", "parties.id"],
            name=op.f("fk_partner_profiles_party_id"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("merchant_id", "id", name=op.f("pk_partner_profiles")),
        sa.UniqueConstraint("merchant_id", "code", name=op.f("uq_partner_profiles_code")),
        sa.UniqueConstraint(
            "merchant_id",
            "identification",
            "qualifier",
            name=op.f("uq_partner_profiles_identification"),
        ),
    )
    op.create_index(
        "ix_partner_profiles_party_id",
        "partner_profiles",
        ["merchant_id", "party_id"],
        unique=False,
    )
    op.create_table(
        "interchanges",
        sa.Column("merchant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("file_name", sa.Text(), nullable=True),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("partner_id", sa.Uuid(), nullable=True),
        sa.Column("sender", sa.Text(), nullable=True),
        sa.Column("sender_qualifier", sa.Text(), nullable=True),
        sa.Column("recipient", sa.Text(), nullable=True),
        sa.Column("recipient_qualifier", sa.Text(), nullable=True),
        sa.Column("reference", sa.Text(), nullable=True),
        sa.Column("prepared", sa.Text(), nullable=True),
        sa.Column("syntax", sa.Text(), nullable=True),
        sa.Column("application", sa.Text(), nullable=True),
        sa.Column("wants_answer", sa.Boolean(), nullable=False),
        sa.Column("is_test", sa.Boolean(), nullable=False),
        sa.Column("codec", sa.Text(), nullable=False),
        sa.Column("service_characters", sa.Text(), nullable=False),
        sa.Column("findings", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.CheckConstraint(
            "source IN ('UPLOAD', 'FOLDER')", name=op.f("ck_interchanges_source_known")
        ),
        sa.CheckConstraint(
            "state IN ('HELD', 'ACCEPTED', 'REJECTED', 'TESTED')",
            name=op.f("ck_interchanges_state_known"),
        ),
        sa.CheckConstraint(
            "state NOT IN ('ACCEPTED', 'TESTED') OR partner_id IS NOT NULL",
            name=op.f("ck_interchanges_of_a_partner"),
        ),
        sa.ForeignKeyConstraint(
            ["merchant_id", "partner_id"],
            ["partner_profiles.merchant_id", "partner_profiles.id"],
            name=op.f("fk_interchanges_partner_id"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("merchant_id", "id", name=op.f("pk_interchanges")),
        sa.UniqueConstraint("merchant_id", "sha256", name=op.f("uq_interchanges_content")),
    )
    op.create_index(
        "ix_interchanges_partner_id_reference",
        "interchanges",
        ["merchant_id", "partner_id", "reference"],
        unique=False,
    )
    op.create_index(
        "ix_interchanges_received_at_id",
        "interchanges",
        ["merchant_id", "received_at", "id"],
        unique=False,
    )
    op.create_index(
        "ix_interchanges_state_received_at_id",
        "interchanges",
        ["merchant_id", "state", "received_at", "id"],
        unique=False,
    )
    op.create_table(
        "interchange_messages",
        sa.Column("merchant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("interchange_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("release", sa.Text(), nullable=False),
        sa.Column("agency", sa.Text(), nullable=False),
        sa.Column("association", sa.Text(), nullable=False),
        sa.Column("group_reference", sa.Text(), nullable=True),
        sa.Column("start", sa.BigInteger(), nullable=False),
        sa.Column("length", sa.BigInteger(), nullable=False),
        sa.Column("segment_count", sa.BigInteger(), nullable=False),
        sa.Column("fate", sa.Text(), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("findings", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.CheckConstraint(
            "fate IN ('WAITING', 'READ', 'UNREAD', 'REFUSED', 'FAILED', 'BROKEN', 'TESTED')",
            name=op.f("ck_interchange_messages_fate_known"),
        ),
        sa.ForeignKeyConstraint(
            ["merchant_id", "interchange_id"],
            ["interchanges.merchant_id", "interchanges.id"],
            name=op.f("fk_interchange_messages_interchange_id"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("merchant_id", "id", name=op.f("pk_interchange_messages")),
        sa.UniqueConstraint(
            "merchant_id", "interchange_id", "number", name=op.f("uq_interchange_messages_number")
        ),
    )
    op.create_index(
        "ix_interchange_messages_fate_received_at_id",
        "interchange_messages",
        ["merchant_id", "fate", "received_at", "id"],
        unique=False,
    )
    op.create_index(
        "ix_interchange_messages_received_at_id",
        "interchange_messages",
        ["merchant_id", "received_at", "id"],
        unique=False,
    )
    op.create_table(
        "outgoing_interchanges",
        sa.Column("merchant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("partner_id", sa.Uuid(), nullable=False),
        sa.Column("answers_id", sa.Uuid(), nullable=True),
        sa.Column("message_type", sa.Text(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("is_test", sa.Boolean(), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(state = 'SENT') = (sent_at IS NOT NULL)",
            name=op.f("ck_outgoing_interchanges_sent_whole"),
        ),
        sa.CheckConstraint(
            "state IN ('PENDING', 'SENT')", name=op.f("ck_outgoing_interchanges_state_known")
        ),
        sa.ForeignKeyConstraint(
            ["merchant_id", "answers_id"],
            ["interchanges.merchant_id", "interchanges.id"],
            name=op.f("fk_outgoing_interchanges_answers_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["merchant_id", "partner_id"],
            ["partner_profiles.merchant_id", "partner_profiles.id"],
            name=op.f("fk_outgoing_interchanges_partner_id"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("merchant_id", "id", name=op.f("pk_outgoing_interchanges")),
        sa.UniqueConstraint(
            "merchant_id",
            "partner_id",
            "reference",
            name=op.f("uq_outgoing_interchanges_reference"),
        ),
    )
    op.create_index(
        "ix_outgoing_interchanges_answers_id",
        "outgoing_interchanges",
        ["merchant_id", "answers_id"],
        unique=False,
    )
    op.create_index(
        "ix_outgoing_interchanges_state_created_at_id",
        "outgoing_interchanges",
        ["merchant_id", "state", "created_at", "id"],
        unique=False,
    )
    op.create_table(
        "interchange_contents",
        sa.Column("merchant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("interchange_id", sa.Uuid(), nullable=True),
        sa.Column("outgoing_id", sa.Uuid(), nullable=True),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint(
            "coalesce(interchange_id, outgoing_id) = id",
            name=op.f("ck_interchange_contents_of_one"),
        ),
        sa.CheckConstraint(
            "num_nonnulls(interchange_id, outgoing_id) = 1",
            name=op.f("ck_interchange_contents_of_one_only"),
        ),
        sa.ForeignKeyConstraint(
            ["merchant_id", "interchange_id"],
            ["interchanges.merchant_id", "interchanges.id"],
            name=op.f("fk_interchange_contents_interchange_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["merchant_id", "outgoing_id"],
            ["outgoing_interchanges.merchant_id", "outgoing_interchanges.id"],
            name=op.f("fk_interchange_contents_outgoing_id"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("merchant_id", "id", name=op.f("pk_interchange_contents")),
    )
    op.create_index(
        "ix_interchange_contents_interchange_id",
        "interchange_contents",
        ["merchant_id", "interchange_id"],
        unique=False,
    )
    op.create_index(
        "ix_interchange_contents_outgoing_id",
        "interchange_contents",
        ["merchant_id", "outgoing_id"],
        unique=False,
    )
    for table in TABLES:
        walls.build(table)


def downgrade() -> None:
    """Undo."""
    walls.for_each_merchant(UNSCOPED)
    for table in reversed(TABLES):
        op.drop_table(table)
