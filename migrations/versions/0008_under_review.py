"""A hold may be UNDER_REVIEW, which is also what others read of the merchant's own reasons."""

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

NAME = "ck_holds_reason_known"
BEFORE = (
    "FRAUD",
    "ADDRESS",
    "PAYMENT",
    "SHIPPING_METHOD",
    "CUSTOMER_REQUEST",
    "OPERATOR",
    "OTHER",
)


def _know(reasons: tuple[str, ...]) -> None:
    values = ", ".join(f"'{reason}'" for reason in reasons)
    op.drop_constraint(op.f(NAME), "holds")
    op.create_check_constraint(op.f(NAME), "holds", f"reason IN ({values})")


def upgrade() -> None:
    """Apply."""
    _know((*BEFORE, "UNDER_REVIEW"))


def downgrade() -> None:
    """Undo. What was held under review is held for another reason."""
    op.execute(
        "DO $$ DECLARE merchant uuid; BEGIN"
        " FOR merchant IN SELECT id FROM merchants LOOP"
        " PERFORM set_merchant(merchant);"
        " UPDATE holds SET reason = 'OTHER' WHERE reason = 'UNDER_REVIEW';"
        " END LOOP; PERFORM set_merchant(NULL); END $$"
    )
    _know(BEFORE)
