"""The life of a contract: into force, stopped, resumed, ended."""

from typing import Annotated
from uuid import UUID

from pydantic import Field
from sqlalchemy import exists, func, select

from commands.writing.transaction import Outcome, Writing, check_version
from kit.errors import Code, Path, Refused
from kit.ids import Names
from kit.inputs import Command, Note
from models.access.journal import Aggregate
from models.base.visibility import seen_by
from models.trade.codes import TradeCode
from models.trade.contracts.states import NEXT_STATES, ContractState
from models.trade.contracts.tables import Contract
from models.trade.orders.states import OPEN_STATES
from models.trade.orders.tables import Order, OrderLine


class ContractStep(Command):
    """What every change of one contract takes."""

    contract_id: Annotated[UUID, Names("Contract")] = Field(description="The contract.")
    expected_version: int | None = Field(
        None, description="Refuse unless the contract still has this version."
    )


class ContractActivate(ContractStep):
    """Put a draft into force."""


class ContractSuspend(ContractStep):
    """Stop call-offs for a time."""

    reason: Note | None = Field(None, description="Why, for people.")


class ContractResume(ContractStep):
    """Allow call-offs again."""


class ContractTerminate(ContractStep):
    """End a contract before its time."""

    reason: Note | None = Field(None, description="Why, for people.")
    keep_call_offs: bool = Field(
        default=False, description="Open call-offs are fulfilled nevertheless."
    )


async def lock_contract(writing: Writing, command: ContractStep) -> Contract:
    """Lock the contract of a command. Refused: NOT_FOUND, VERSION_CONFLICT."""
    path = ("contract_id",)
    contract = (await writing.lock(Contract, {command.contract_id: path}))[command.contract_id]
    check_version(contract, command.expected_version)
    return contract


async def activate(writing: Writing, command: ContractActivate) -> Outcome:
    """Put a draft into force. Refused: WRONG_STATE."""
    contract = await lock_contract(writing, command)
    if contract.state is not ContractState.DRAFT:
        raise wrong_state(contract)
    contract.activated_at = writing.now
    return _enter(writing, contract, ContractState.ACTIVE, "contract.activated")


async def suspend(writing: Writing, command: ContractSuspend) -> Outcome:
    """Stop an active contract. Refused: WRONG_STATE."""
    contract = await lock_contract(writing, command)
    return _enter(writing, contract, ContractState.SUSPENDED, "contract.suspended", command.reason)


async def resume(writing: Writing, command: ContractResume) -> Outcome:
    """Let a suspended contract go on. Refused: WRONG_STATE."""
    contract = await lock_contract(writing, command)
    if contract.state is not ContractState.SUSPENDED:
        raise wrong_state(contract)
    return _enter(writing, contract, ContractState.ACTIVE, "contract.resumed")


async def terminate(writing: Writing, command: ContractTerminate) -> Outcome:
    """End a contract. Refused: WRONG_STATE; OPEN_CALL_OFFS unless they are kept."""
    contract = await lock_contract(writing, command)
    still_open = 0 if command.keep_call_offs else await _open_call_offs(writing, contract)
    if still_open:
        text = f"{still_open} call-offs are open: cancel them, or keep them by keepCallOffs."
        raise Refused(TradeCode.OPEN_CALL_OFFS, text, ("keep_call_offs",))
    contract.terminated_at = writing.now
    return _enter(
        writing, contract, ContractState.TERMINATED, "contract.terminated", command.reason
    )


def wrong_state(contract: Contract, path: Path = ("contract_id",)) -> Refused:
    """Return the refusal of what the contract's state does not allow."""
    text = f"The contract {contract.number} is {contract.state.value}."
    return Refused(Code.WRONG_STATE, text, path)


def check_in_force(contract: Contract, path: Path) -> None:
    """Refused: CONTRACT_SUSPENDED; WRONG_STATE for a contract that is not yet or no more active."""
    if contract.state is ContractState.SUSPENDED:
        text = f"The contract {contract.number} is suspended."
        raise Refused(TradeCode.CONTRACT_SUSPENDED, text, path)
    if contract.state is not ContractState.ACTIVE:
        raise wrong_state(contract, path)


def _enter(
    writing: Writing, contract: Contract, state: ContractState, what: str, reason: str | None = None
) -> Outcome:
    """Change the state. Refused: WRONG_STATE when there is no way from the present one."""
    if state not in NEXT_STATES[contract.state]:
        raise wrong_state(contract)
    contract.state = state
    contract.version += 1
    writing.record(Aggregate.CONTRACT, contract.id, what, reason=reason)
    return {"contract_id": contract.id}


async def _open_call_offs(writing: Writing, contract: Contract) -> int:
    """Count call-offs that still owe goods; none can come while the contract is locked."""
    viewer, rows = writing.viewer, select(func.count()).select_from(Order)
    owing = exists().where(
        OrderLine.order_id == Order.id, OrderLine.open_quantity > 0, *seen_by(viewer, OrderLine)
    )
    counted = rows.where(
        Order.contract_id == contract.id,
        Order.state.in_(OPEN_STATES),
        owing,
        *seen_by(viewer, Order),
    )
    return (await writing.session.execute(counted)).scalar_one()
