"""What orders keep of others, for rows that are written without commands."""

from uuid import UUID

from sqlalchemy import select

from commands.writing import kept
from kit.db.sessions import Session
from models.trade.orders.tables import Order

_PARTS = tuple((Order, number) for number in range(len(Order.__kept__)))


async def keep(session: Session, merchant_id: UUID) -> None:
    """Write it for all orders of a merchant."""
    await session.flush()
    own = select(Order.id).where(Order.merchant_id == merchant_id)
    keys = (await session.scalars(own)).all()
    values = {"merchant_id": merchant_id, "kept_orders": keys}
    await session.rows(kept.alone(_PARTS), values)
