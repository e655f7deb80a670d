"""Parties: written in bulk from the merchant's system of record, and looked up by commands."""

from uuid import UUID

from commands.writing import Writing, missing
from kit.errors import Path
from models.parties import Address


async def ship_to(
    writing: Writing, party_id: UUID | None, address_id: UUID | None, path: Path
) -> Address | None:
    """Return the named address of the party; without an id its default address, if it has one.

    party_id: None for a guest, who has no addresses. Refused: NOT_FOUND at the path for an
    address that is unknown or another party's.
    """
    rows = writing.seen(Address).where(Address.party_id == party_id)
    if address_id is None:
        return (await writing.session.scalars(rows.where(Address.is_default))).one_or_none()
    address = (await writing.session.scalars(rows.where(Address.id == address_id))).one_or_none()
    if address is None:
        raise missing(Address, path)
    return address
