"""Partners have numbers of their own, want answers on content; messages know their releases."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from migrations import walls

revision = "0039"
down_revision = "0037"
branch_labels = None
depends_on = None

PARTNERS, LINKS = "partner_profiles", "message_releases"
ANSWERS = "content_answer IN ('ALWAYS', 'ON_FINDINGS', 'NEVER')"


def upgrade() -> None:
    """Apply."""
    op.add_column(
        PARTNERS, sa.Column("content_answer", sa.Text(), server_default="NEVER", nullable=False)
    )
    op.create_check_constraint(op.f(f"ck_{PARTNERS}_content_answer_known"), PARTNERS, ANSWERS)
    for name in ("article_numbers", "place_codes"):
        op.add_column(
            PARTNERS, sa.Column(name, postgresql.JSONB(), server_default="[]", nullable=False)
        )
    op.create_table(
        LINKS,
        *(
            sa.Column(name, sa.Uuid(), nullable=False)
            for name in ("merchant_id", "id", "message_id", "release_id")
        ),
        sa.PrimaryKeyConstraint("merchant_id", "id", name=op.f(f"pk_{LINKS}")),
        *(
            sa.ForeignKeyConstraint(
                ["merchant_id", column],
                [f"{there}.merchant_id", f"{there}.id"],
                name=op.f(f"fk_{LINKS}_{column}"),
                ondelete="RESTRICT",
            )
            for column, there in (
                ("message_id", "interchange_messages"),
                ("release_id", "releases"),
            )
        ),
        sa.UniqueConstraint("merchant_id", "release_id", name=op.f(f"uq_{LINKS}_release")),
    )
    op.create_index(f"ix_{LINKS}_message_id", LINKS, ["merchant_id", "message_id"])
    walls.build(LINKS)


def downgrade() -> None:
    """Undo."""
    op.drop_table(LINKS)
    for name in ("place_codes", "article_numbers", "content_answer"):
        op.drop_column(PARTNERS, name)
