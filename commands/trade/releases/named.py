"""What releases that come in name: products, packagings, addresses and delivery notes."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Text, any_, literal, or_

from commands.master.packagings.counting import Packagings, packagings_of
from commands.trade.releases.accounts.account import (
    Account,
    Counting,
    LeftQuantities,
    ReceivedReport,
    ReleasePlace,
    begun,
)
from commands.trade.releases.accounts.sums import NotedPart, left_of, noted_parts
from commands.trade.releases.inputs import ReleaseContent, ToldReceipt
from commands.trade.releases.known import KnownLines, by_id
from commands.trade.releases.transit import Transit, receiving_address, receiving_addresses
from commands.writing.transaction import Writing, missing
from kit.ids import new_id
from kit.standards.written import spelled_number
from models.access.keys import PREFIXES, CounterName
from models.base.tables import entity_named
from models.master.catalog import Product
from models.master.parties import Address
from models.trade.contracts.tables import Contract, ContractLine
from models.trade.releases.tables import CumulativeAccount, LastReceipt


@dataclass(frozen=True)
class NamedRows:
    """What releases name, by id. deliveries: note -> those that it may name, of all customers.

    new: the accounts of places that have none yet; beside: the places that their lines have.
    receipts: release in force or waiting -> what it told of receipts, where an item tells of some.
    left: what has left for accounts since the days from which releases count, and since the
    instants of which they tell. parts: delivery that a note names -> what it brings.
    """

    products: Mapping[UUID, Product]
    packagings: Packagings
    addresses: Mapping[UUID, Address]
    deliveries: Mapping[str, Sequence[Any]]
    new: Mapping[ReleasePlace, Account]
    beside: Mapping[UUID, Sequence[ReleasePlace]]
    receipts: Mapping[UUID, frozenset[Any]]
    left: dict[Counting, LeftQuantities] = field(default_factory=dict)
    parts: defaultdict[UUID, list[NotedPart]] = field(default_factory=lambda: defaultdict(list))

    def account(self, known: KnownLines, contract: Contract, item: ReleaseContent) -> Account:
        """Return the account of an item's place, one to be where there is none.

        Refused: NOT_FOUND for an address that is not the party's.
        """
        check_address(self.addresses, contract, item.ship_to_id)
        place = ReleasePlace.of(item)
        return known.accounts.get(place) or self.new[place]

    def report(self, contract: Contract, item: ReleaseContent, at: datetime) -> ReceivedReport:
        """Return what an item says of receipts, by a figure or by notes of deliveries of ours.

        A figure of a period that has not begun says nothing. at: when it was received.
        """
        found = (self.delivery(contract, it) for it in item.notes)
        named = [it for it in found if it is not None]
        left = (it.dispatched_at for it in named if it.dispatched_at)
        reported, until = item.cumulative_received, max(left, default=None)
        if item.counted_from is not None and begun(item.counted_from, contract, at) is None:
            reported = None
        of = item.calculated_at or item.issued_at or at
        stated_at = ReceivedReport.instant(contract, of, at, until)
        waiting = (it for it in named if not it.dispatched_at and not it.cancelled_at)
        coming = frozenset(it.id for it in waiting if reported is None)
        tells = reported is not None or until is not None or bool(coming)
        is_noted = bool(named)
        return ReceivedReport(tells, reported, item.last_note, until, stated_at, is_noted, coming)

    def transit(self, known: KnownLines, line: ContractLine, item: ReleaseContent) -> Transit:
        """Return how goods of a line get to an item's place."""
        contract = known.contracts[line.contract_id]
        address = receiving_address(contract, item.ship_to_id, self.addresses)
        return known.transits[contract.id].to(address)

    def left_before(self, account: Account, as_of: datetime) -> Decimal:
        """Return what had left for an account by an instant."""
        left = self.left[account.counting].since(as_of)
        return left.named + left.unnamed

    def delivery(self, contract: Contract, note: str) -> Any:
        """Return our delivery to a contract's party that a note names; None for none or several."""
        found = self.may_name(contract, note)
        return found[0] if len(found) == 1 else None

    def may_name(self, contract: Contract, note: str) -> list[Any]:
        """Return our deliveries to a contract's party that a note may name.

        One that has it as its number, letter by letter, is meant by nothing else.
        """
        its = [it for it in self.deliveries.get(note, ()) if it.party_id == contract.party_id]
        return [it for it in its if it.number == note] or its


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
    new = _new(known, items)
    named = NamedRows(
        by_id(await writing.records(Product, "id", products)),
        await packagings_of(writing, counted),
        await receiving_addresses(writing, known.contracts.values(), ship_tos),
        await _deliveries(writing, items),
        new,
        await _beside(writing, known, new),
        await _receipts(writing, known, items),
    )
    for each in await noted_parts(writing, _noted(known, named, items), _places(new)):
        named.parts[each.delivery_id].append(each)
    named.left.update(await _left(writing, known, named, items))
    return named


def _noted(known: KnownLines, named: NamedRows, items: Iterable[ReleaseContent]) -> set[UUID]:
    """Return the deliveries that items name of lines that are there."""
    lines = ((known.lines.get(it.contract_line_id), it.notes) for it in items)
    notes = ((known.contracts[it.contract_id], note) for it, of in lines if it for note in of)
    found = (named.delivery(*it) for it in notes)
    return {it.id for it in found if it is not None}


def _places(new: Mapping[ReleasePlace, Account]) -> dict[UUID, ReleasePlace]:
    return {it.id: place for place, it in new.items()}


def _new(known: KnownLines, items: Iterable[ReleaseContent]) -> dict[ReleasePlace, Account]:
    """Return an account to be of each place that has none, of lines that are there."""
    places = {ReleasePlace.of(it) for it in items} - known.accounts.keys()
    days = {key: known.contracts[it.contract_id].valid_from for key, it in known.lines.items()}
    return {
        place: Account(new_id(), new_id(), days[place.contract_line_id], is_new=True)
        for place in places
        if place.contract_line_id in days
    }


async def _beside(
    writing: Writing, known: KnownLines, new: Iterable[ReleasePlace]
) -> Mapping[UUID, Sequence[ReleasePlace]]:
    """Return the places that lines of new ones have: one statement where they have any."""
    lines = {it.contract_line_id for it in new if known.sums[it.contract_line_id].accounts}
    found = defaultdict[UUID, list[ReleasePlace]](list)
    for each in await writing.records(CumulativeAccount, "contract_line_id", lines):
        found[each.contract_line_id].append(ReleasePlace.of(each))
    return found


async def _receipts(
    writing: Writing, known: KnownLines, items: Sequence[ReleaseContent]
) -> Mapping[UUID, frozenset[Any]]:
    """Return what releases that stand told of receipts, by one statement where items tell some."""
    if not any(it.receipts for it in items):
        return {}
    found = defaultdict[UUID, list[LastReceipt]](list)
    for each in await writing.records(LastReceipt, "release_id", known.release_ids):
        found[each.release_id].append(each)
    return {key: receipts_of(some) for key, some in found.items()}


def receipts_of(receipts: Iterable[ToldReceipt | LastReceipt]) -> frozenset[Any]:
    """Return what is told of receipts, to be compared."""
    return frozenset(tuple(getattr(it, name) for name in _COMPARED) for it in receipts)


_COMPARED = ("delivery_note", "quantity", "received_on", "dispatched_on")


async def _left(
    writing: Writing, known: KnownLines, named: NamedRows, items: Iterable[ReleaseContent]
) -> dict[Counting, LeftQuantities]:
    """Return what has left for accounts of items, since all days and instants that they name."""
    accounts = {**named.new, **known.accounts}
    days, instants = (defaultdict[ReleasePlace, set[Any]](set) for _ in range(2))
    coming = set[UUID]()
    for item in items:
        place = ReleasePlace.of(item)
        if place in accounts:
            contract = known.contracts[known.lines[place.contract_line_id].contract_id]
            account, at = accounts[place], item.received(writing.now)
            report = named.report(contract, item, at)
            coming |= report.coming
            day = begun(item.counted_from, contract, at)
            counts = account.counting_from(day)
            days[place] |= {account.starts_on, counts.starts_on}
            instants[place] |= account.instants | counts.instants
            instants[place] |= {report.counted_until, report.stated_at}
            instants[place] |= {item.stated_as_of(writing.now), at}
    wanted = {
        (accounts[place].id, day): instants[place] for place, some in days.items() for day in some
    }
    found = await left_of(writing, wanted, _places(named.new))
    _count_coming(found, [part for it in coming for part in named.parts[it]])
    return found


def _count_coming(found: Mapping[Counting, LeftQuantities], parts: Sequence[NotedPart]) -> None:
    """Note what is coming for accounts that was not counted in by then. parts: of that."""
    for (account_id, day), left in found.items():
        own = [it for it in parts if it.account_id == account_id]
        counted_in = {it.delivery_id for it in own if it.named_since == day}
        left.coming.update(
            {it.delivery_id: it.quantity for it in own if it.delivery_id not in counted_in}
        )


async def _deliveries(
    writing: Writing, items: Sequence[ReleaseContent]
) -> Mapping[str, Sequence[Any]]:
    """Return note -> deliveries that it may name, by one statement where items name any.

    Those whose number it spells, as customers write it, or that had it in another system.
    """
    spelled = {
        it: spelled_number(PREFIXES[CounterName.DELIVERY], it) for of in items for it in of.notes
    }
    if not spelled:
        return {}
    delivery: Any = entity_named("Delivery")
    numbers = sorted({*spelled, *filter(None, spelled.values())})
    wanted = (literal(it, ARRAY(Text())) for it in (numbers, sorted(spelled)))
    columns = delivery.number, delivery.external_reference
    is_wanted = (it == any_(some) for it, some in zip(columns, wanted, strict=True))
    rows = await writing.all(writing.seen(delivery).where(or_(*is_wanted)))
    return {
        note: [it for it in rows if note in {it.number, it.external_reference} or it.number == own]
        for note, own in spelled.items()
    }
