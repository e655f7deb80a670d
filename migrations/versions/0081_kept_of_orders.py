"""Orders keep what filters ask of their lines and deliveries; open and late rows are indexed."""

import sqlalchemy as sa
from alembic import op

from migrations import walls

revision = "0081"
down_revision = "0080"
branch_labels = None
depends_on = None

HELD = "nullif(current_setting('app.merchant'), '')::uuid"
DUE = "coalesce(line.agreed_latest, line.window_latest, orders.window_latest)"
LATE = f"""
SELECT EXISTS (SELECT FROM order_lines line JOIN delivery_lines part
    ON part.merchant_id = {HELD} AND part.order_line_id = line.id AND part.shipped > 0
JOIN deliveries delivery ON delivery.merchant_id = {HELD} AND delivery.id = part.delivery_id
WHERE line.merchant_id = {HELD} AND line.order_id = orders.id AND delivery.dispatched_at > {DUE})
"""
TOLD = f"""
SELECT CASE
        WHEN bool_or(delivered > 0) AND bool_and(delivered >= ordered - cancelled)
            AND bool_or(return_received > 0)
            THEN CASE WHEN bool_and(return_received >= ordered - cancelled) THEN 'RETURNED'
                ELSE 'PARTIALLY_RETURNED' END
        WHEN bool_or(delivered > 0) AND bool_and(delivered >= ordered - cancelled) THEN 'DELIVERED'
        WHEN bool_or(delivered > 0) THEN 'PARTIALLY_DELIVERED'
        WHEN bool_or(shipped > 0) AND bool_and(shipped >= ordered - cancelled) THEN 'SHIPPED'
        WHEN bool_or(shipped > 0) THEN 'PARTIALLY_SHIPPED'
        ELSE 'UNFULFILLED' END AS status,
    coalesce(bool_or(backordered > 0), false) AS backordered,
    coalesce(bool_or(ordered - cancelled - shipped > 0), false) AS owing,
    min({DUE}) FILTER (WHERE ordered - cancelled - shipped > 0) AS due
FROM order_lines line WHERE line.merchant_id = {HELD} AND line.order_id = orders.id
"""
OWES = "orders.state IN ('PENDING_APPROVAL', 'CONFIRMED')"
FILL = f"""
UPDATE orders SET fulfilment_status = found.status, is_backordered = found.backordered,
    is_owing = found.owing, overdue_from = found.due, left_late = found.late
FROM (SELECT orders.id, status, backordered, owing AND {OWES} AS owing,
        CASE WHEN {OWES} THEN due END AS due, ({LATE}) AS late
    FROM orders CROSS JOIN LATERAL ({TOLD}) told WHERE orders.merchant_id = {HELD}) found
WHERE orders.merchant_id = {HELD} AND orders.id = found.id
"""
AMONG = {
    "owing": "is_owing",
    "backordered": "is_backordered",
    "late": "left_late OR overdue_from IS NOT NULL",
}
STATUSES = (
    "'UNFULFILLED', 'PARTIALLY_SHIPPED', 'SHIPPED', 'PARTIALLY_DELIVERED', 'DELIVERED',"
    " 'PARTIALLY_RETURNED', 'RETURNED'"
)
FLAGS = {"is_owing": "true", "is_backordered": "false", "left_late": "false"}
DELIVERIES = {
    "open": "state IN ('DISPATCHED', 'PACKED', 'PARTIALLY_DELIVERED', 'PICKING', 'PLANNED',"
    " 'RELEASED')",
    "late": "state NOT IN ('CANCELLED', 'RESHIPPED')"
    " AND (delivered_at IS NULL OR delivered_at > window_latest)",
}


def upgrade() -> None:
    """Apply."""
    status: sa.Column[str] = sa.Column(
        "fulfilment_status", sa.Text(), server_default="UNFULFILLED", nullable=False
    )
    op.add_column("orders", status)
    for name, default in FLAGS.items():
        flag: sa.Column[bool] = sa.Column(name, sa.Boolean(), server_default=default, nullable=False)
        op.add_column("orders", flag)
    op.add_column("orders", sa.Column("overdue_from", sa.DateTime(timezone=True)))
    walls.for_each_merchant(FILL)
    op.create_check_constraint(
        op.f("ck_orders_fulfilment_status_known"), "orders", f"fulfilment_status IN ({STATUSES})"
    )
    op.create_index(
        "ix_orders_fulfilment_status_placed_at_id",
        "orders",
        ["merchant_id", "fulfilment_status", "placed_at", "id"],
    )
    for name, rows in AMONG.items():
        op.create_index(
            f"ix_orders_{name}_placed_at_id",
            "orders",
            ["merchant_id", "placed_at", "id"],
            postgresql_where=sa.text(rows),
        )
    for name, rows in DELIVERIES.items():
        op.create_index(
            f"ix_deliveries_{name}_window_latest_id",
            "deliveries",
            ["merchant_id", "window_latest", "id"],
            postgresql_where=sa.text(rows),
        )


def downgrade() -> None:
    """Undo."""
    for name in DELIVERIES:
        op.drop_index(f"ix_deliveries_{name}_window_latest_id", "deliveries")
    for name in AMONG:
        op.drop_index(f"ix_orders_{name}_placed_at_id", "orders")
    op.drop_index("ix_orders_fulfilment_status_placed_at_id", "orders")
    op.drop_constraint(op.f("ck_orders_fulfilment_status_known"), "orders", type_="check")
    for name in ("overdue_from", *FLAGS, "fulfilment_status"):
        op.drop_column("orders", name)
