"""Merchants and customers by what an identity provider's tokens call them."""

from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, select

from kit.database import Database
from models.keys import Merchant
from models.parties import Party, PartyRole


def _is(text: str, by_id: Any, by_key: Any) -> ColumnElement[bool]:
    """Compare with the id where the text has the form of one, else with the business key."""
    try:
        value = UUID(text)
    except ValueError:
        return by_key == text  # type: ignore[no-any-return]
    return by_id == value  # type: ignore[no-any-return]


async def merchant_id(database: Database, called: str) -> UUID | None:
    """Return the merchant with an id or a slug, None where there is none."""
    reads = database.reading(None)
    try:
        found = select(Merchant.id).where(_is(called, Merchant.id, Merchant.slug))
        return next((row.id for row in await reads.rows(found)), None)
    finally:
        await reads.close()


async def customer_id(database: Database, merchant: UUID, called: str) -> UUID | None:
    """Return a merchant's customer with an id or a number, None where there is none."""
    reads = database.reading(merchant)
    try:
        found = select(Party.id).where(
            Party.merchant_id == merchant,
            _is(called, Party.id, Party.number),
            Party.roles.contains([PartyRole.CUSTOMER]),
        )
        return next((row.id for row in await reads.rows(found)), None)
    finally:
        await reads.close()
