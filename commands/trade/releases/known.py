"""What is known of contract lines before releases of them are taken in, read for all at once."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, NamedTuple, cast
from uuid import UUID

from sqlalchemy import ARRAY, Uuid, any_, literal

from commands.master.packagings.counting import Packagings, packagings_of
from commands.trade.contracts.life import check_in_force
from commands.trade.contracts.times import outside
from commands.trade.releases.inputs import ReleaseContent
from commands.trade.releases.schedule import Schedule, schedule_that_stands
from commands.trade.releases.transit import Transit, transits_of
from commands.writing.transaction import Writing, missing
from kit.errors import Refused
from kit.ids import new_id
from models.base.tables import entity_named
from models.master.catalog import Product
from models.master.parties import Address
from models.trade.codes import TradeCode
from models.trade.contracts import acts
from models.trade.contracts.tables import Contract, ContractLine
from models.trade.releases.tables import AccountPeriod, CumulativeAccount, Release, ScheduleLine
from models.trade.releases.words import ReleaseState, ReleaseType


class ReleasePlace(NamedTuple):
    """What one release is for, beside its type."""

    contract_line_id: UUID
    ship_to_id: UUID | None
    unloading_point: str | None

    @classmethod
    def of(cls, it: Any) -> "ReleasePlace":
        """Return the place of an item or of an account."""
        return cls(it.contract_line_id, it.ship_to_id, it.unloading_point)


class StandingRelease(NamedTuple):
    """An active release with its schedule; release is None for one that is written only now."""

    release: Release | None
    schedule: Schedule | None
    period_id: UUID | None = None


_NOTHING = StandingRelease(None, None)


@dataclass(frozen=True)
class Account:
    """An account with its newest period. received: what its customer told last of it.

    is_new: the account is to be; period: as it is there, None for one that is to be.
    """

    id: UUID
    period_id: UUID
    starts_on: date
    received: Decimal = Decimal(0)
    received_reference: str | None = None
    counted_until: datetime | None = None
    period: AccountPeriod | None = None
    is_new: bool = False

    @property
    def figures(self) -> dict[str, Any]:
        """Return the columns of its period that a customer tells."""
        names = ("received", "received_reference", "counted_until")
        return {name: getattr(self, name) for name in names}

    def counting_from(self, day: date | None) -> "Account":
        """Return it with a new period where its customer counts from a later day than before.

        Refused: RELEASE_OUTDATED for an earlier day.
        """
        if day is None or day == self.starts_on:
            return self
        if self.is_new or day > self.starts_on:
            return Account(self.id, new_id(), day, is_new=self.is_new)
        text = f"It has counted from {self.starts_on.isoformat()} already."
        raise Refused(TradeCode.RELEASE_OUTDATED, text, ("counted_from",))


@dataclass(frozen=True)
class KnownLines:
    """Locked contracts and lines, and what they stand for, by id.

    accounts: place -> its account. deliveries: number -> the one whose note is named. active:
    contract line -> (account, type) -> what stands. transits: party -> how goods get to it.
    """

    contracts: Mapping[UUID, Contract]
    lines: Mapping[UUID, ContractLine]
    products: Mapping[UUID, Product]
    packagings: Packagings
    addresses: Mapping[UUID, Address]
    accounts: dict[ReleasePlace, Account]
    deliveries: Mapping[str, Any]
    active: Mapping[UUID, dict[tuple[UUID, ReleaseType], StandingRelease]]
    transits: Mapping[UUID, Transit]

    def line(self, writing: Writing, line_id: UUID) -> tuple[Contract, ContractLine]:
        """Return a line that takes releases.

        Refused: NOT_FOUND, CONTRACT_SUSPENDED, WRONG_STATE, OUTSIDE_VALIDITY.
        """
        path = ("contract_line_id",)
        line = self.lines.get(line_id)
        if line is None:
            raise missing(ContractLine, path)
        contract = self.contracts[line.contract_id]
        check_in_force(contract, path)
        if not acts.LASTING.test(writing, contract):
            raise outside(contract, path)
        return contract, line

    def contract_of(self, place: ReleasePlace) -> Contract:
        """Return the contract of a place."""
        return self.contracts[self.lines[place.contract_line_id].contract_id]

    def account(self, contract: Contract, item: ReleaseContent) -> Account:
        """Return the account of an item's place, one to be where there is none.

        Refused: NOT_FOUND and NOT_ON_CONTRACT for its address.
        """
        if item.ship_to_id is not None:
            self._check_address(contract, item.ship_to_id)
        place = ReleasePlace.of(item)
        if place in self.accounts:
            return self.accounts[place]
        return Account(new_id(), new_id(), contract.valid_from, is_new=True)

    def standing(self, line_id: UUID, account: Account, type_: ReleaseType) -> StandingRelease:
        """Return what stands for an account."""
        return self.active[line_id].get((account.id, type_), _NOTHING)

    def known_received(self, line: ContractLine, account: Account) -> Decimal:
        """Return what is known to have been received where the customer tells nothing."""
        if self._is_alone(line, account):
            return max(line.received, line.delivered)
        return account.received

    def all_received(self, line: ContractLine) -> Decimal:
        """Return what the customer tells of all of a line's accounts."""
        return sum((it.received for it in self._of(line)), Decimal(0))

    def _of(self, line: ContractLine) -> list[Account]:
        return [it for place, it in self.accounts.items() if place.contract_line_id == line.id]

    def _is_alone(self, line: ContractLine, account: Account) -> bool:
        """Tell whether an account counts all of a line, at all places and from its first day."""
        whole = ReleasePlace(line.id, None, None)
        places = (it for it in self.accounts if it.contract_line_id == line.id)
        is_whole = all(place == whole for place in places)
        return is_whole and account.starts_on <= self.contracts[line.contract_id].valid_from

    def left_at(self, contract: Contract, item: ReleaseContent) -> datetime | None:
        """Return when the newest delivery left whose note an item names, None for none."""
        notes = [it.delivery_note for it in item.last_receipts]
        notes += [item.last_receipt_reference] if item.last_receipt_reference else []
        named = (self.delivery(contract, it) for it in notes)
        return max((it.dispatched_at for it in named if it and it.dispatched_at), default=None)

    def delivery(self, contract: Contract, note: str) -> Any:
        """Return our delivery with a number, to a contract's party; None where there is none."""
        found = self.deliveries.get(note)
        return found if found is not None and found.party_id == contract.party_id else None

    def _check_address(self, contract: Contract, address_id: UUID) -> None:
        address = self.addresses.get(address_id)
        if address is None or address.party_id != contract.party_id:
            raise missing(Address, ("ship_to_id",))
        if contract.ship_to_ids and address_id not in contract.ship_to_ids:
            text = f"{contract.number} does not list this address."
            raise Refused(TradeCode.NOT_ON_CONTRACT, text, ("ship_to_id",))

    def released(self, line_id: UUID) -> Decimal:
        """Return up to where a line's active releases ask: of all places, the further type each.

        Of a place, those count that count from the day from which it counts now.
        """
        periods = {it.period_id for it in self.accounts.values()}
        upto: defaultdict[UUID, Decimal] = defaultdict(Decimal)
        for (account, _), standing in self.active[line_id].items():
            if standing.schedule is not None and standing.period_id in periods:
                upto[account] = max(upto[account], standing.schedule.released)
        return sum(upto.values(), Decimal(0))


async def known_of(writing: Writing, items: Sequence[ReleaseContent]) -> KnownLines:
    """Lock the contracts of items, then their lines, in id order; read what stands."""
    wanted = {it.contract_line_id for it in items}
    found = await writing.among(ContractLine, "id", wanted)
    contract_ids = {it.contract_id for it in found}
    contracts = await writing.among(Contract, "id", contract_ids, "id", lock=True)
    lines = await writing.among(ContractLine, "id", [it.id for it in found], "id", lock=True)
    products = await writing.records(Product, "id", {it.product_id for it in lines})
    product_of = {it.id: it.product_id for it in lines}
    named = [(product_of.get(it.contract_line_id), each) for it in items for each in it.lines]
    ship_tos = {it.ship_to_id for it in items if it.ship_to_id is not None}
    addresses = await writing.records(Address, "id", ship_tos)
    return KnownLines(
        _by_id(contracts),
        _by_id(lines),
        _by_id(products),
        await packagings_of(writing, named),
        _by_id(addresses),
        await _accounts(writing, list(product_of)),
        await _deliveries(writing, items),
        await _active(writing, list(product_of)),
        await transits_of(writing, {it.party_id for it in contracts}),
    )


def _by_id(rows: Iterable[Any]) -> dict[UUID, Any]:
    return {it.id: it for it in rows}


async def _accounts(writing: Writing, line_ids: Sequence[UUID]) -> dict[ReleasePlace, Account]:
    """Return the accounts of contract lines, by two statements for all."""
    rows = await writing.records(CumulativeAccount, "contract_line_id", line_ids)
    newest: dict[UUID, AccountPeriod] = {}
    for each in await writing.records(AccountPeriod, "account_id", [it.id for it in rows]):
        known = newest.get(each.account_id, each)
        newest[each.account_id] = max(each, known, key=lambda it: it.starts_on)
    return {ReleasePlace.of(it): _account(newest[it.id]) for it in rows}


def _account(period: AccountPeriod) -> Account:
    figures = (period.received, period.received_reference, period.counted_until)
    return Account(period.account_id, period.id, period.starts_on, *figures, period)


async def _deliveries(writing: Writing, items: Sequence[ReleaseContent]) -> dict[str, Any]:
    """Return number -> the delivery whose note items name, by one statement where they name any."""
    notes = {each.delivery_note for it in items for each in it.last_receipts}
    notes |= {it.last_receipt_reference for it in items if it.last_receipt_reference}
    rows = await writing.records(entity_named("Delivery"), "number", sorted(notes))
    return {row.number: row for row in cast("Sequence[Any]", rows)}


async def _active(
    writing: Writing, line_ids: Sequence[UUID]
) -> Mapping[UUID, dict[tuple[UUID, ReleaseType], StandingRelease]]:
    """Return what stands of each contract line, by two statements for all."""
    rows = writing.seen(Release).where(
        Release.contract_line_id == any_(literal(line_ids, ARRAY(Uuid()))),
        Release.state == ReleaseState.ACTIVE,
    )
    releases = await writing.all(rows)
    lines: defaultdict[UUID, list[ScheduleLine]] = defaultdict(list)
    for each in await writing.records(ScheduleLine, "release_id", [it.id for it in releases]):
        lines[each.release_id].append(each)
    active: dict[UUID, dict[tuple[UUID, ReleaseType], StandingRelease]] = {
        it: {} for it in line_ids
    }
    for release in releases:
        schedule = schedule_that_stands(release, lines[release.id])
        standing = StandingRelease(release, schedule, release.period_id)
        active[release.contract_line_id][release.account_id, release.type] = standing
    return active
