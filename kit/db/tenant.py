"""Into the second wall: a connection or a transaction shows and takes rows of one merchant only.

docs/decisions/0011-row-level-security.md gives the reasons.
"""

import asyncio
from typing import Any
from uuid import UUID

from sqlalchemy import Uuid, bindparam, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession
from sqlalchemy.pool import PoolProxiedConnection
from sqlalchemy.util.concurrency import greenlet_spawn

from kit.db.pool import HELD_MERCHANT

_FOR_THE_TRANSACTION = text("SELECT set_merchant(:merchant)").bindparams(
    bindparam("merchant", type_=Uuid())
)


async def set_merchant(within: AsyncSession | AsyncConnection, merchant_id: UUID | None) -> None:
    """Let the rest of the transaction see and write one merchant's rows, or none's."""
    await within.execute(_FOR_THE_TRANSACTION, {"merchant": merchant_id})


def holds(pooled: PoolProxiedConnection, merchant_id: UUID | None) -> bool:
    """Tell whether a connection holds a merchant (None: no merchant) for its session."""
    return HELD_MERCHANT in pooled.info and pooled.info[HELD_MERCHANT] == merchant_id


async def hold_merchant(pooled: PoolProxiedConnection, merchant_id: UUID | None) -> None:
    """Let an autocommit connection see one merchant's rows until it is told otherwise.

    The driver sends it as one message, without preparing a statement. A connection where it fails
    or is cancelled half-way is thrown away; nothing is noted before it is done.
    """
    if holds(pooled, merchant_id):
        return
    pooled.info.pop(HELD_MERCHANT, None)
    driver: Any = pooled.driver_connection
    try:
        await driver.execute(f"SET app.merchant = '{merchant_id or ''}'")
    except BaseException:
        await asyncio.shield(greenlet_spawn(pooled.invalidate))
        raise
    pooled.info[HELD_MERCHANT] = merchant_id
