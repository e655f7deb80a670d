"""What releases that come in name: products, packagings, addresses and delivery notes."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, cast
from uuid import UUID

from commands.master.packagings.counting import Packagings, packagings_of
from commands.trade.releases.accounts import Account, Counting, ReleasePlace, issued_of
from commands.trade.releases.inputs import ReleaseContent
from commands.trade.releases.known import KnownLines, by_id
from commands.writing.transaction import Writing, missing
from kit.ids import new_id
from models.base.tables import entity_named
from models.master.catalog import Product
from models.master.parties import Address
from models.trade.contracts.tables import Contract


@dataclass(frozen=True)
class NamedRows:
    """What releases name, by id. deliveries: number -> the one whose note is named.

    issued: what is issued where a customer says what it has received, of accounts that are there.
    """

    products: Mapping[UUID, Product]
    packagings: Packagings
    addresses: Mapping[UUID, Address]
    deliveries: Mapping[str, Any]
    issued: Mapping[Counting, Decimal]

    def account(self, known: KnownLines, contract: Contract, item: ReleaseContent) -> Account:
        """Return the account of an item's place, one to be where there is none.

        Refused: NOT_FOUND for an address that is not the party's.
        """
        check_address(self.addresses, contract, item.ship_to_id)
        there = known.accounts.get(ReleasePlace.of(item))
        return there or Account(new_id(), new_id(), contract.valid_from, is_new=True)

    def left_at(self, contract: Contract, notes: Iterable[str]) -> datetime | None:
        """Return when the newest delivery left of those whose notes are named, None for none."""
        named = (self.delivery(contract, it) for it in notes)
        return max((it.dispatched_at for it in named if it and it.dispatched_at), default=None)

    def delivery(self, contract: Contract, note: str) -> Any:
        """Return our delivery with a number, to a contract's party; None where there is none."""
        found = self.deliveries.get(note)
        return found if found is not None and found.party_id == contract.party_id else None


def check_address(
    addresses: Mapping[UUID, Address], contract: Contract, address_id: UUID | None
) -> None:
    """Refused: NOT_FOUND for an address that is not the party's."""
    address = None if address_id is None else addresses.get(address_id)
    if address_id is not None and (address is None or address.party_id != contract.party_id):
        raise missing(Address, ("ship_to_id",))


async def named_by(
    writing: Writing, known: KnownLines, items: Sequence[ReleaseContent]
) -> NamedRows:
    """Read what items name, by the same statements for any number of them."""
    products = {it.product_id for it in known.lines.values()}
    product_of = {key: it.product_id for key, it in known.lines.items()}
    counted = [(product_of.get(it.contract_line_id), each) for it in items for each in it.lines]
    ship_tos = {it.ship_to_id for it in items if it.ship_to_id is not None}
    return NamedRows(
        by_id(await writing.records(Product, "id", products)),
        await packagings_of(writing, counted),
        by_id(await writing.records(Address, "id", ship_tos)),
        await _deliveries(writing, items),
        await _issued(writing, known, items),
    )


async def _issued(
    writing: Writing, known: KnownLines, items: Sequence[ReleaseContent]
) -> Mapping[Counting, Decimal]:
    """Return what is issued where customers say what they have received."""
    telling = [it for it in items if it.cumulative_received is not None]
    found = ((known.accounts.get(ReleasePlace.of(it)), it.counted_from) for it in telling)
    return await issued_of(writing, [it.counting_from(day) for it, day in found if it is not None])


async def _deliveries(writing: Writing, items: Sequence[ReleaseContent]) -> dict[str, Any]:
    """Return number -> the delivery whose note items name, by one statement where they name any."""
    notes = {note for it in items for note in it.notes}
    rows = await writing.records(entity_named("Delivery"), "number", sorted(notes))
    return {row.number: row for row in cast("Sequence[Any]", rows)}
