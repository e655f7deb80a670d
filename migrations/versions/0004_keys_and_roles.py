"""Keys over the API, roles of buyers, approvals, access tokens of orders."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from migrations import walls

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

FORGETS = {"api_keys.scopes"}
"""Who manages orders approves them again, whatever was taken from the key."""

AGGREGATES = ["PARTY", "LOCATION", "CHANNEL", "PRODUCT", "CONTRACT", "RELEASE", "ORDER"]
AGGREGATES += ["DELIVERY", "PARCEL", "API_KEY"]
AWAITED = "UPDATE orders SET awaiting_approval_of = '{MERCHANT}' WHERE state = 'PENDING_APPROVAL'"
UNKNOWN = "DELETE FROM journal WHERE aggregate = 'API_KEY'"
SECRET = "uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid())"
APPROVERS = """
UPDATE api_keys SET scopes = scopes || 'ORDERS_APPROVE'::text
WHERE 'ORDERS_MANAGE' = ANY (scopes)
"""


def upgrade() -> None:
    """Apply."""
    _widen_merchants()
    _widen_keys()
    _widen_orders()
    _know_aggregates(AGGREGATES)


def _widen_merchants() -> None:
    op.add_column("merchants", sa.Column("token_secret", sa.LargeBinary()))
    op.execute(f"UPDATE merchants SET token_secret = {SECRET}")
    op.alter_column("merchants", "token_secret", nullable=False)
    _check("merchants", "token_secret_length", "length(token_secret) = 32")


def _widen_keys() -> None:
    """Keep what keys can do: who managed orders could approve them."""
    op.add_column("api_keys", sa.Column("last_used_at", sa.DateTime(timezone=True)))
    op.add_column("api_keys", sa.Column("role", sa.Text()))
    limits = sa.Column("limits", postgresql.JSONB(), server_default="{}", nullable=False)
    op.add_column("api_keys", limits)
    documents = sa.Column("documents", sa.Text(), server_default="ANY", nullable=False)
    op.add_column("api_keys", documents)
    op.execute("UPDATE api_keys SET role = 'BUYER' WHERE actor = 'BUYER'")
    op.execute(APPROVERS)
    _check("api_keys", "role_known", "role IN ('BUYER', 'APPROVER', 'VIEWER')")
    _check("api_keys", "role_of_buyers", "(actor = 'BUYER') = (role IS NOT NULL)")
    known = "documents IN ('ANY', 'REGISTERED', 'REGISTERED_AND_EXPLORE')"
    _check("api_keys", "documents_known", known)
    walls.build("api_keys")
    walls.show_without_merchant("api_keys")


def _widen_orders() -> None:
    awaited: sa.Column[list[str]] = sa.Column("awaiting_approval_of", sa.ARRAY(sa.Text()), server_default="{}")
    awaited.nullable = False
    op.add_column("orders", awaited)
    walls.for_each_merchant(AWAITED)
    _check("orders", "approval_known", "awaiting_approval_of <@ ARRAY['MERCHANT', 'COMPANY']")
    waits = "(state = 'PENDING_APPROVAL') = (cardinality(awaiting_approval_of) > 0)"
    _check("orders", "approval_awaited", waits)
    op.add_column("parties", sa.Column("approval_limit", sa.Numeric(18, 6)))
    op.add_column("parties", sa.Column("approval_currency", sa.Text()))
    whole = "num_nulls(approval_limit, approval_currency) IN (0, 2)"
    _check("parties", "approval_limit_whole", f"{whole} AND coalesce(approval_limit, 0) >= 0")


def _check(table: str, name: str, rule: str) -> None:
    op.create_check_constraint(op.f(f"ck_{table}_{name}"), table, rule)


def _know_aggregates(known: list[str]) -> None:
    op.drop_constraint(op.f("ck_journal_aggregate_known"), "journal")
    values = ", ".join(f"'{it}'" for it in known)
    # What is told of nouns that came later stays told.
    rule = f"aggregate IN ({values})"
    name = op.f("ck_journal_aggregate_known")
    op.create_check_constraint(name, "journal", rule, postgresql_not_valid=True)


def downgrade() -> None:
    """Undo."""
    walls.for_each_merchant(UNKNOWN)
    _know_aggregates(AGGREGATES[:-1])
    op.drop_column("parties", "approval_currency")
    op.drop_column("parties", "approval_limit")
    op.drop_column("orders", "awaiting_approval_of")
    for policy in ("merchant", "nobody"):
        op.execute(f"DROP POLICY {policy} ON api_keys")
    op.execute("ALTER TABLE api_keys NO FORCE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE api_keys DISABLE ROW LEVEL SECURITY")
    known = "ARRAY['ORDERS_APPROVE', 'KEYS_MANAGE']"
    op.execute(f"UPDATE api_keys SET scopes = ARRAY(SELECT unnest(scopes) EXCEPT SELECT unnest({known}))")
    for column in ("documents", "limits", "role", "last_used_at"):
        op.drop_column("api_keys", column)
    op.drop_column("merchants", "token_secret")
