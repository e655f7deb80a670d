"""Settling a contract: the account of what was called off against what had to be."""

from functools import partial
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field

from commands.trade.contracts.account import reckon
from commands.trade.contracts.life import ContractStep, lock_contract
from commands.writing.stops import check_stops
from commands.writing.transaction import Outcome, Writing
from commands.writing.verbs import verb
from kit.errors import Code, Path, Refused
from kit.ids import Names
from models.events.trade.contracts import ContractSettled
from models.trade.codes import TradeCode
from models.trade.contracts import acts
from models.trade.contracts.states import EndOfLife
from models.trade.contracts.tables import Contract, ContractLine

_PATH: Path = ("contract_id",)


class ContractSettle(ContractStep):
    """Close the account of a contract that is terminated or past its last day."""

    successor_id: Annotated[UUID, Names("Contract")] | None = Field(
        None,
        description="Under `endOfLife: CARRY_OVER`: the contract with the same party to which what"
        " remains goes over, added to its lines of the same products: ACTIVE, and not past its last"
        " day.",
    )


@verb(
    acts.SETTLE,
    "Close the account of a contract that is TERMINATED or past its last day, once no call-off of"
    " it is open. What is missing to the minimum of each line is recorded, with what is invoiced"
    " for it under INVOICE_SHORTFALL; under CARRY_OVER what remains goes over to the successor;"
    " under DELIVER_REST nothing of the targets may remain. A later cancellation is reckoned anew.",
)
async def settle(writing: Writing, command: ContractSettle) -> Outcome:
    """Close the account as the contract's end of life says (K2, K11, K12).

    Refused: WRONG_STATE also under DELIVER_REST while something remains, OPEN_CALL_OFFS, INVALID
    for a successor that is missing or not wanted, NOT_FOUND, PARTY_MISMATCH and INVALID_CURRENCY
    for another party's or currency's, OUTSIDE_VALIDITY for one that is over, NOT_ON_CONTRACT where
    it lacks a product, OUT_OF_RANGE where its sizes of call-offs do not reach what it must take.
    """
    contract = await lock_contract(writing, command, settle)
    writing.refusals.end()
    if not acts.OVER.test(writing, contract):
        text = f"The contract {contract.number} lasts until {contract.valid_to}."
        raise Refused(Code.WRONG_STATE, text, _PATH)
    known = {
        acts.OPEN_CALL_OFFS: partial(_open, contract),
        acts.UNDELIVERED_REST: partial(_remains, contract),
    }
    await check_stops(writing, contract, settle.act.stopped_by, _PATH, known)
    if command.successor_id is not None and contract.end_of_life is not EndOfLife.CARRY_OVER:
        text = f"What remains of {contract.number} goes over to no other contract."
        raise Refused(Code.INVALID, text, ("successor_id",))
    if command.successor_id is not None:
        await writing.get(Contract, {command.successor_id: ("successor_id",)})
    contract.successor_id = command.successor_id
    rows = await writing.among(ContractLine, "contract_id", [contract.id], "line_no")
    await reckon(writing, contract, rows)
    contract.state = acts.SETTLE.becomes
    contract.settled_at = writing.now
    contract.version += 1
    writing.record(ContractSettled(contract.id))
    await writing.session.flush()
    return {"contract_id": contract.id}


def _open(contract: Contract, _lines: Any) -> Refused:
    text = f"Call-offs of {contract.number} are open: deliver or cancel them first."
    return Refused(TradeCode.OPEN_CALL_OFFS, text, _PATH)


def _remains(contract: Contract, _lines: Any) -> Refused:
    text = f"What remains of {contract.number} is to be delivered: call it off first."
    return Refused(Code.WRONG_STATE, text, _PATH)
