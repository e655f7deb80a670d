"""Opening balances: what another system counted before we did, of contracts that are taken over."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field
from sqlalchemy import select

from commands.master.catalog import check_scale
from commands.trade.contracts.life import check_contract_state
from commands.trade.releases.accounts.account import Account, ReleasePlace, begun
from commands.trade.releases.findings.anew import judge_anew
from commands.trade.releases.force import Force
from commands.trade.releases.known import KnownLines, by_id, locked_places
from commands.trade.releases.named import check_address
from commands.writing.transaction import Outcome, Writing, missing
from commands.writing.verbs import verb
from kit.errors import Code, Refusals, Refused
from kit.ids import Names, new_id
from kit.inputs import Command, Day, Each, Input, QuantityOrZero, Reference
from models.access.viewers import Scope
from models.base.acts import Act
from models.base.visibility import seen_by
from models.events.trade.releases import ContractAccountOpened
from models.master.catalog import Product
from models.master.parties import Address
from models.trade.codes import TradeCode
from models.trade.contracts.states import LIVING_CONTRACTS
from models.trade.contracts.tables import Contract, ContractLine
from models.trade.releases.tables import AccountPeriod, Release
from models.trade.releases.words import ReleaseState


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
        " period, an earlier one moves the day of the newest one, unless the customer has said"
        " that. That of the newest period, or the contract's first day, when left out.",
    )
    issued: QuantityOrZero = Field(description="What was issued since then: our cumulative.")
    received: QuantityOrZero = Field(description="What of that had arrived, at most `issued`.")


class AccountsOpen(Command):
    """Up to 250 opening balances."""

    accounts: Each[OpeningBalance] = Field(description="The balances; each place once.")


@verb(
    Act(Scope.CONTRACTS_WRITE),
    "Say what another system has counted of contracts that are taken over: cumulative quantities"
    " issued and received, for each place. They are no call-offs: contract lines agree on what is"
    " left. What is there already is replaced, and what was on its way beside quantities without"
    " that, and what was found by what was issued, is counted anew; one that is refused stops no"
    " other.",
)
async def open_all(writing: Writing, command: AccountsOpen) -> Outcome:
    """Open accounts, by the same statements for any number of them.

    Refused: of an item NOT_FOUND, WRONG_STATE for a contract that has ended, NOT_ON_CONTRACT,
    SCALE_EXCEEDED, OUT_OF_RANGE for more received than issued, INVALID_DATE for a day that has not
    come, one before that of which the customer says that it counts from it, or one not after the
    first day of the period before, DUPLICATE for a place that stands in the call already.
    """
    known = await locked_places(writing, map(ReleasePlace.of, command.accounts))
    products = await writing.records(Product, "id", {it.product_id for it in known.lines.values()})
    ship_tos = {it.ship_to_id for it in command.accounts if it.ship_to_id is not None}
    addresses = by_id(await writing.records(Address, "id", ship_tos))
    after = await _movable(writing, known, command.accounts)
    force, results, before = Force(writing, known), list[dict[str, Any]](), dict(known.accounts)
    for place, item in enumerate(command.accounts):
        await writing.room(1)
        try:
            results.append(_open(force, item, by_id(products), addresses, after))
        except Refused as refused:
            problems = [it.below(("accounts", place)) for it in refused.problems]
            results.append({"account_id": None, "status": "REFUSED", "problems": problems})
    moved = {key: it for key, it in before.items() if known.accounts[key] != it}
    await judge_anew(force, moved)
    return {"results": results}


def _open(
    force: Force,
    item: OpeningBalance,
    products: Mapping[UUID, Product],
    addresses: Mapping[UUID, Address],
    after: Mapping[UUID, date],
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
        account = _counting(before, contract, item, force.writing.now, after)
    refusals.end()
    status = "CREATED" if before is None else "UPDATED"
    opened = account.opened(item.issued, item.received)
    if opened == before:
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
    before: Account | None,
    contract: Contract,
    item: OpeningBalance,
    now: datetime,
    after: Mapping[UUID, date],
) -> Account:
    """Return the account as it counts. after: of `_movable`. Refused: INVALID_DATE."""
    path = ("starts_on",)
    if item.starts_on is not None and begun(item.starts_on, contract, now) is None:
        raise Refused(Code.INVALID_DATE, "This day has not come yet.", path)
    if before is None:
        return Account(new_id(), new_id(), item.starts_on or contract.valid_from, is_new=True)
    if item.starts_on is None or item.starts_on >= before.starts_on:
        return before.counting_from(item.starts_on)
    if before.id not in after:
        text = f"Its customer says that it counts from {before.starts_on}."
        raise Refused(Code.INVALID_DATE, text, path)
    if item.starts_on <= after[before.id]:
        text = f"The period before counts from {after[before.id]}: this one begins after that."
        raise Refused(Code.INVALID_DATE, text, path)
    return replace(before, starts_on=item.starts_on)


async def _movable(
    writing: Writing, known: KnownLines, items: Sequence[OpeningBalance]
) -> Mapping[UUID, date]:
    """Return the accounts whose newest period may begin on an earlier day, which is to be after.

    Of those for which items name an earlier one: an account that was opened wrong is mended so. One
    of which the customer has said its day is not among them.
    """
    named = ((known.accounts.get(ReleasePlace.of(it)), it.starts_on) for it in items)
    wanted = {of.id: of.period_id for of, day in named if of and day and day < of.starts_on}
    if not wanted:
        return {}
    stated = (
        select(AccountPeriod.id)
        .distinct()
        .join(Release, Release.period_id == AccountPeriod.id)
        .where(
            *seen_by(writing.viewer, AccountPeriod),
            *seen_by(writing.viewer, Release),
            AccountPeriod.id.in_(wanted.values()),
            Release.counted_from == AccountPeriod.starts_on,
            Release.state.in_((ReleaseState.ACTIVE, ReleaseState.SUPERSEDED)),
        )
    )
    fixed = set(await writing.session.scalars(stated))
    after = {key: date.min for key, period_id in wanted.items() if period_id not in fixed}
    for each in await writing.records(AccountPeriod, "account_id", list(after)):
        if each.id != wanted[each.account_id]:
            after[each.account_id] = max(after[each.account_id], each.starts_on)
    return after
