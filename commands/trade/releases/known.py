"""What is known of contract lines before releases of them are taken in, read for all at once."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ARRAY, Uuid, any_, literal

from commands.master.packagings.counting import Packagings, packagings_of
from commands.trade.contracts.life import check_in_force
from commands.trade.contracts.times import outside
from commands.trade.releases.inputs import ReleaseContent
from commands.trade.releases.schedule import Schedule, schedule_that_stands
from commands.writing.transaction import Writing, missing
from kit.errors import Refused
from kit.ids import new_id
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


_NOTHING = StandingRelease(None, None)


@dataclass
class Account:
    """An account with its newest period: there, or None and to be.

    received: what its customer told last that it has received, as in that period's row.
    """

    id: UUID
    period_id: UUID
    received: Decimal = Decimal(0)
    received_reference: str | None = None
    period: AccountPeriod | None = None

    @property
    def figures(self) -> dict[str, Any]:
        """Return the columns of its period that a customer says."""
        return {"received": self.received, "received_reference": self.received_reference}


@dataclass(frozen=True)
class KnownLines:
    """Locked contracts and lines, and what they stand for, by id.

    accounts: place -> its account. active: contract line -> (account, type) -> what stands.
    """

    contracts: Mapping[UUID, Contract]
    lines: Mapping[UUID, ContractLine]
    products: Mapping[UUID, Product]
    packagings: Packagings
    addresses: Mapping[UUID, Address]
    accounts: dict[ReleasePlace, Account]
    active: Mapping[UUID, dict[tuple[UUID, ReleaseType], StandingRelease]]

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
        return self.accounts.get(ReleasePlace.of(item)) or Account(new_id(), new_id())

    def standing(self, line_id: UUID, account: Account, type_: ReleaseType) -> StandingRelease:
        """Return what stands for an account."""
        return self.active[line_id].get((account.id, type_), _NOTHING)

    def last_received(self, line: ContractLine, account: Account) -> Decimal:
        """Return what an account's customer told last, or what receipts have made of it."""
        return line.received if self._is_alone(line, account) else account.received

    def known_received(self, line: ContractLine, account: Account) -> Decimal:
        """Return what is known to have been received where the customer says nothing."""
        if self._is_alone(line, account):
            return max(line.received, line.delivered)
        return account.received

    def all_received(self, line: ContractLine) -> Decimal:
        """Return what the customer says of all of a line's accounts."""
        return sum((it.received for it in self._of(line)), Decimal(0))

    def _of(self, line: ContractLine) -> list[Account]:
        return [it for place, it in self.accounts.items() if place.contract_line_id == line.id]

    def _is_alone(self, line: ContractLine, account: Account) -> bool:
        """Tell whether an account counts all of a line: it names no place, and no other does."""
        whole = self.accounts.get(ReleasePlace(line.id, None, None), account)
        return account is whole and all(it is account for it in self._of(line))

    def _check_address(self, contract: Contract, address_id: UUID) -> None:
        address = self.addresses.get(address_id)
        if address is None or address.party_id != contract.party_id:
            raise missing(Address, ("ship_to_id",))
        if contract.ship_to_ids and address_id not in contract.ship_to_ids:
            text = f"{contract.number} does not list this address."
            raise Refused(TradeCode.NOT_ON_CONTRACT, text, ("ship_to_id",))

    def released(self, line_id: UUID) -> Decimal:
        """Return up to where a line's active releases ask: of all places, the further type each."""
        upto: defaultdict[UUID, Decimal] = defaultdict(Decimal)
        for (account, _), standing in self.active[line_id].items():
            if standing.schedule is not None:
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
        await _active(writing, list(product_of)),
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
    figures = (period.received, period.received_reference)
    return Account(period.account_id, period.id, *figures, period)


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
        standing = StandingRelease(release, schedule_that_stands(release, lines[release.id]))
        active[release.contract_line_id][release.account_id, release.type] = standing
    return active
