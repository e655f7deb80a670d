"""Opening balances: what another system counted before we did, of contracts that are taken over."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field

from commands.master.catalog import check_scale
from commands.trade.contracts.life import check_contract_state
from commands.trade.releases.accounts.account import Account, ReleasePlace, begun
from commands.trade.releases.force import Force
from commands.trade.releases.known import KnownLines, by_id, locked_places
from commands.trade.releases.named import check_address
from commands.writing.rows import write_rows
from commands.writing.transaction import Outcome, Writing, missing
from commands.writing.verbs import verb
from kit.errors import Code, Refusals, Refused
from kit.ids import Names, new_id
from kit.inputs import Command, Day, Each, Input, QuantityOrZero, Reference
from models.access.viewers import Scope
from models.base.acts import Act
from models.events.trade.releases import ContractAccountOpened
from models.master.catalog import Product
from models.master.parties import Address
from models.trade.codes import TradeCode
from models.trade.contracts.states import LIVING_CONTRACTS
from models.trade.contracts.tables import Contract, ContractLine


class OpeningBalance(Input):
    """What was counted for a contract line and place before we count, in the product's unit."""

    contract_line_id: Annotated[UUID, Names("ContractLine")] = Field(
        description="The contract line."
    )
    ship_to_id: Annotated[UUID, Names("Address")] | None = Field(
        None, description="The plant: an address of the contract's party that it lists, if it does."
    )
    unloading_point: Reference | None = Field(None, description="Where it is unloaded there.")
    starts_on: Day | None = Field(
        None,
        description="The day from which it was counted: a later one than before begins a new"
        " period. That of the newest period, or the contract's first day, when left out.",
    )
    issued: QuantityOrZero = Field(description="What was issued since then: our cumulative.")
    received: QuantityOrZero = Field(description="What of that had arrived, at most `issued`.")


class AccountsOpen(Command):
    """Up to 250 opening balances."""

    accounts: Each[OpeningBalance] = Field(description="The balances; each place once.")


@verb(
    Act(Scope.CONTRACTS_WRITE),
    "Say what another system has counted of contracts that are taken over: cumulative quantities"
    " issued and received, for each place. What is there already is replaced; one that is refused"
    " stops no other.",
)
async def open_all(writing: Writing, command: AccountsOpen) -> Outcome:
    """Open accounts, by the same statements for any number of them.

    Refused: of an item NOT_FOUND, WRONG_STATE for a contract that has ended, NOT_ON_CONTRACT,
    SCALE_EXCEEDED, OUT_OF_RANGE for more received than issued, INVALID_DATE for a day before that
    from which it counts already, or one that has not come, DUPLICATE for a place that stands in the
    call already.
    """
    known = await locked_places(writing, map(ReleasePlace.of, command.accounts))
    products = await writing.records(Product, "id", {it.product_id for it in known.lines.values()})
    ship_tos = {it.ship_to_id for it in command.accounts if it.ship_to_id is not None}
    addresses = by_id(await writing.records(Address, "id", ship_tos))
    force, results = Force(writing, known), list[dict[str, Any]]()
    for place, item in enumerate(command.accounts):
        await writing.room(1)
        try:
            results.append(_open(force, item, by_id(products), addresses))
        except Refused as refused:
            problems = [it.below(("accounts", place)) for it in refused.problems]
            results.append({"account_id": None, "status": "REFUSED", "problems": problems})
    await force.change()
    await write_rows(writing, force.new, force.reported)
    return {"results": results}


def _open(
    force: Force,
    item: OpeningBalance,
    products: Mapping[UUID, Product],
    addresses: Mapping[UUID, Address],
) -> dict[str, Any]:
    """Open one account and return its result. Refused: as `accountsOpen`."""
    known, place = force.known, ReleasePlace.of(item)
    contract, line = _line(known, item)
    before = known.accounts.get(place)
    refusals = Refusals()
    with refusals:
        _check_place(contract, item, addresses)
    with refusals:
        _check_sums(products[line.product_id], item)
    with refusals:
        if place in force.accounts:
            raise Refused(Code.DUPLICATE, "This place stands twice.", ("contract_line_id",))
        account = _counting(before, contract, item, force.writing.now)
    refusals.end()
    status = "CREATED" if before is None else "UPDATED"
    opened = replace(account, opening=item.issued, opening_received=item.received)
    if account.period is not None and opened == account:
        return {"account_id": account.id, "status": "UNCHANGED", "problems": []}
    force.keep(place, opened)
    if before is not None and account.period is None:
        force.lines[line.id] = line
    force.writing.record(
        ContractAccountOpened(
            contract.id,
            line_no=line.line_no,
            account_id=account.id,
            starts_on=account.starts_on,
            issued=item.issued,
            received=item.received,
        )
    )
    return {"account_id": account.id, "status": status, "problems": []}


def _check_place(
    contract: Contract, item: OpeningBalance, addresses: Mapping[UUID, Address]
) -> None:
    """Refused: NOT_FOUND, NOT_ON_CONTRACT."""
    check_address(addresses, contract, item.ship_to_id)
    if contract.ship_to_ids and item.ship_to_id not in {None, *contract.ship_to_ids}:
        text = f"{contract.number} does not list this address."
        raise Refused(TradeCode.NOT_ON_CONTRACT, text, ("ship_to_id",))


def _check_sums(product: Product, item: OpeningBalance) -> None:
    """Refused: SCALE_EXCEEDED, OUT_OF_RANGE."""
    refusals = Refusals()
    for name in ("issued", "received"):
        with refusals:
            check_scale(product, getattr(item, name), (name,))
    with refusals:
        if item.received > item.issued:
            text = "No more has arrived than was issued."
            raise Refused(Code.OUT_OF_RANGE, text, ("received",))
    refusals.end()


def _line(known: KnownLines, item: OpeningBalance) -> tuple[Contract, ContractLine]:
    """Return the line of a balance. Refused: NOT_FOUND, WRONG_STATE."""
    path = ("contract_line_id",)
    line = known.lines.get(item.contract_line_id)
    if line is None:
        raise missing(ContractLine, path)
    contract = known.contracts[line.contract_id]
    check_contract_state(contract, LIVING_CONTRACTS, path)
    return contract, line


def _counting(
    before: Account | None, contract: Contract, item: OpeningBalance, now: datetime
) -> Account:
    """Return the account as it counts. Refused: INVALID_DATE."""
    if before is None:
        day = item.starts_on or contract.valid_from
        return Account(new_id(), new_id(), day, is_new=True)
    if item.starts_on is not None and item.starts_on < before.starts_on:
        text = f"It has counted from {before.starts_on} already."
        raise Refused(Code.INVALID_DATE, text, ("starts_on",))
    if item.starts_on is not None and begun(item.starts_on, contract, now) is None:
        raise Refused(Code.INVALID_DATE, "This day has not come yet.", ("starts_on",))
    return before.counting_from(item.starts_on)
