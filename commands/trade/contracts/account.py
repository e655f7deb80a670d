"""The account of a contract that has ended: what is missing, and where what remains goes."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import ROUND_FLOOR, Decimal
from uuid import UUID

from sqlalchemy.orm.attributes import flag_modified

from commands.trade.contracts import counters
from commands.trade.contracts.lines import check_agreed_terms, reachable
from commands.trade.contracts.times import outside
from commands.writing.transaction import Writing
from kit.errors import Code, Path, Refused
from kit.ids import new_id
from kit.standards.money import rounded
from models.base.guards import guards
from models.events.trade.contracts import ContractAmended, ContractCarriedOver, ContractFellShort
from models.trade.codes import TradeCode
from models.trade.contracts import acts
from models.trade.contracts.states import ContractState, EndOfLife
from models.trade.contracts.tables import Contract, ContractLine, Shortfall

_PATH: Path = ("successor_id",)
Missing = Mapping[ContractLine, tuple[Decimal, Decimal]]
"""Line -> what remains of its target, and how much of that its minimum wants."""


async def give_back(writing: Writing, contract_id: UUID, amounts: Mapping[UUID, Decimal]) -> None:
    """Give back to a contract what a call-off does not want any more (K5). amounts: by line id.

    Where its account is closed already, it is reckoned anew.
    """
    contract = (await writing.lock(Contract, {contract_id: ()}))[contract_id]
    lines = await counters.move(writing, {key: {"called_off": -it} for key, it in amounts.items()})
    if contract.state is ContractState.SETTLED:
        await reckon(writing, contract, list(lines.values()), amounts)


def takes_again(line: ContractLine) -> Decimal:
    """Return how much of a locked line may be called off again that was given back (K1, K12).

    What went over to another contract is called off of that one.
    """
    step, taken = Decimal(1).scaleb(-line.scale), line.called_off + line.carried_over
    return max(line.ceiling - taken, Decimal(0)).quantize(step, ROUND_FLOOR)


async def call_off_again(
    writing: Writing, contract: Contract, lines: Sequence[ContractLine]
) -> None:
    """Reckon the account of a locked contract anew, of which more is called off than before."""
    if contract.state is ContractState.SETTLED:
        await _fall_short(writing, contract, lines)


async def reckon(
    writing: Writing,
    contract: Contract,
    lines: Sequence[ContractLine],
    given_back: Mapping[UUID, Decimal] | None = None,
) -> None:
    """Tell what a locked contract misses, or let it go over to its successor (K2, K12).

    given_back: line id -> what was called off when it was settled and is not any more; None where
    it is being settled. What is given back later goes over while the successor still takes it.
    Refused: as `_successor`.
    """
    missing = _missing(lines, given_back)
    if not missing:
        return
    if contract.end_of_life is EndOfLife.CARRY_OVER and (
        given_back is None or await _still_takes(writing, contract)
    ):
        await _carry_over(writing, contract, missing)
    else:
        await _fall_short(writing, contract, list(missing))


def _missing(lines: Sequence[ContractLine], given_back: Mapping[UUID, Decimal] | None) -> Missing:
    found = {}
    for line in lines:
        uncalled, least = _of_line(line, line.called_off)
        if given_back is not None:
            before = _of_line(line, line.called_off + given_back[line.id])
            # What has gone over before is not missing again.
            uncalled = min(uncalled - before[0], uncalled - line.carried_over)
            least = max(min(least - before[1], least - line.carried_least), Decimal(0))
        if uncalled > 0:
            found[line] = uncalled, least
    return found


def _of_line(line: ContractLine, called_off: Decimal) -> tuple[Decimal, Decimal]:
    none = Decimal(0)
    return max(line.target_quantity - called_off, none), max(line.owed - called_off, none)


async def _fall_short(writing: Writing, contract: Contract, lines: Sequence[ContractLine]) -> None:
    ids = [line.id for line in lines]
    rows = await writing.among(Shortfall, "contract_line_id", ids, "contract_line_id")
    there = {row.contract_line_id: row for row in rows}
    for line in lines:
        quantity = max(line.owed - line.called_off - line.carried_least, Decimal(0))
        row = there.get(line.id)
        if quantity == (row.quantity if row else 0):
            continue
        fell_short = ContractFellShort(line.contract_id, line_no=line.line_no, quantity=quantity)
        writing.record(fell_short)
        if quantity == 0:
            await writing.session.delete(row)
            continue
        if row is None:
            row = Shortfall(
                merchant_id=line.merchant_id,
                id=new_id(),
                contract_id=line.contract_id,
                contract_line_id=line.id,
                currency=line.currency,
            )
            writing.session.add(row)
        row.owed, row.called_off, row.quantity = line.owed, line.called_off, quantity
        row.settled_at = writing.now
        if contract.end_of_life is EndOfLife.INVOICE_SHORTFALL:
            row.amount = rounded(quantity * line.unit_price, line.currency).amount


async def _carry_over(writing: Writing, contract: Contract, missing: Missing) -> None:
    successor = await _successor(writing, contract)
    rows = await writing.among(ContractLine, "contract_id", [successor.id], "id", lock=True)
    lines = {line.product_id: line for line in sorted(rows, key=_line_no, reverse=True)}
    carried: dict[UUID, Decimal] = {}
    for line, (uncalled, least) in missing.items():
        into = lines.get(line.product_id)
        if into is None or into.unit is not line.unit:
            text = f"{successor.number} agrees on no line like line {line.line_no}."
            raise Refused(TradeCode.NOT_ON_CONTRACT, text, _PATH)
        into.target_quantity += uncalled
        if into.max_quantity is not None:
            into.max_quantity += uncalled
        if least:
            into.min_quantity = (into.min_quantity or Decimal(0)) + least
        carried[line.id] = carried.get(line.id, Decimal(0)) + uncalled
        line.carried_over += uncalled
        line.carried_least += least
        # So that one statement writes all such lines.
        flag_modified(line, "carried_least")
        _check_takes(into)
    counters.room_came(writing, (lines[line.product_id] for line in missing))
    numbers = {lines[line.product_id].line_no for line in missing}
    successor.version += 1
    writing.record(ContractAmended(successor.id, fields=(), lines=tuple(sorted(numbers)), added=0))
    writing.record(ContractCarriedOver(contract.id, successor_id=successor.id, lines=carried))


def _check_takes(line: ContractLine) -> None:
    """Refused: OUT_OF_RANGE and EXCEEDS_MAX at the successor, whose lines were not sent."""
    try:
        check_agreed_terms(line, (), ())
        reachable(line, (), ())
    except Refused as refused:
        raise Refused.of([replace(it, path=_PATH) for it in refused.problems]) from refused


async def _still_takes(writing: Writing, contract: Contract) -> bool:
    """Tell whether the successor of a settled contract takes what is given back of it later."""
    if contract.successor_id is None:
        return False
    successor = (await writing.lock(Contract, {contract.successor_id: ()}))[contract.successor_id]
    return successor.state is ContractState.ACTIVE and acts.LASTING.test(writing, successor)


def _line_no(line: ContractLine) -> int:
    return line.line_no


@guards("K12")
async def _successor(writing: Writing, contract: Contract) -> Contract:
    """Lock the contract to which another one's rest goes over.

    Refused: INVALID where none is named, NOT_FOUND, PARTY_MISMATCH, INVALID_CURRENCY, WRONG_STATE
    and OUTSIDE_VALIDITY for one from which nothing can be called off, now or later.
    """
    if contract.successor_id is None:
        text = f"Something remains of {contract.number}: say to which contract it goes over."
        raise Refused(Code.INVALID, text, _PATH)
    found = await writing.lock(Contract, {contract.successor_id: _PATH})
    successor = found[contract.successor_id]
    if successor.party_id != contract.party_id:
        text = f"The contract {successor.number} is with another party."
        raise Refused(TradeCode.PARTY_MISMATCH, text, _PATH)
    if successor.currency != contract.currency:
        text = f"The contract {successor.number} is in {successor.currency}."
        raise Refused(Code.INVALID_CURRENCY, text, _PATH)
    if successor.id == contract.id or successor.state is not ContractState.ACTIVE:
        state = successor.state.value
        text = f"The contract {successor.number} is {state}, not another ACTIVE one."
        raise Refused(Code.WRONG_STATE, text, _PATH)
    if not acts.LASTING.test(writing, successor):
        raise outside(successor, _PATH)
    return successor
