"""The life of a contract: into force, stopped, ended; that it goes on stands with releases."""

from collections.abc import Collection
from datetime import datetime, time, timedelta
from enum import StrEnum
from typing import Annotated
from uuid import UUID
from zoneinfo import ZoneInfo

from pydantic import Field

from commands.writing.stops import check_stops
from commands.writing.transaction import Outcome, Writing, check_state, check_version
from commands.writing.verbs import AnyVerb, verb
from kit.errors import Path, Refused
from kit.ids import Names
from kit.inputs import Command, Note
from models.access.dues import DueKind
from models.base.events import Event
from models.base.guards import guards
from models.events.trade.contracts import (
    ContractActivated,
    ContractSuspended,
    ContractTerminated,
)
from models.trade.codes import TradeCode
from models.trade.contracts import acts
from models.trade.contracts.states import IN_FORCE, ContractState
from models.trade.contracts.tables import Contract

NEAR_END = timedelta(days=30)
"""Before its last day a company is told that its contract ends."""


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


class ContractTerminate(ContractStep):
    """End a contract before its time."""

    reason: Note | None = Field(None, description="Why, for people.")
    keep_call_offs: bool = Field(
        default=False, description="Open call-offs are fulfilled nevertheless."
    )


async def lock_contract(writing: Writing, command: ContractStep, verb: AnyVerb) -> Contract:
    """Lock the contract of a command. Refused: NOT_FOUND, then as `locked`."""
    path = ("contract_id",)
    contract = (await writing.lock(Contract, {command.contract_id: path}))[command.contract_id]
    with writing.refusals:
        check_version(contract.version, command.expected_version)
    with writing.refusals:
        check_contract_state(contract, verb.act.states, path)
    return contract


@verb(
    acts.ACTIVATE,
    "Put a DRAFT into force.",
)
async def activate(writing: Writing, command: ContractActivate) -> Outcome:
    """Put a draft into force. Refused: WRONG_STATE."""
    contract = await lock_contract(writing, command, activate)
    contract.activated_at = writing.now
    if end_near_at(contract) > writing.now:
        note_end(writing, contract)
    return enter(writing, contract, acts.ACTIVATE.becomes, ContractActivated(contract.id))


@verb(
    acts.SUSPEND,
    "Stop call-offs and releases for a time.",
)
async def suspend(writing: Writing, command: ContractSuspend) -> Outcome:
    """Stop an active contract. Refused: WRONG_STATE."""
    contract = await lock_contract(writing, command, suspend)
    suspended = ContractSuspended(contract.id)
    return enter(writing, contract, acts.SUSPEND.becomes, suspended, command.reason)


@verb(
    acts.TERMINATE,
    "End a contract before its time; open call-offs must be cancelled or kept explicitly.",
)
async def terminate(writing: Writing, command: ContractTerminate) -> Outcome:
    """End a contract. Refused: WRONG_STATE; OPEN_CALL_OFFS unless they are kept."""
    contract = await lock_contract(writing, command, terminate)
    if not command.keep_call_offs:
        await check_call_offs(writing, contract)
    contract.terminated_at = writing.now
    terminated = ContractTerminated(contract.id)
    return enter(writing, contract, acts.TERMINATE.becomes, terminated, command.reason)


def end_near_at(contract: Contract) -> datetime:
    """Return when its company is told that a contract ends: some weeks before its last day."""
    day = contract.valid_to - NEAR_END
    return datetime.combine(day, time(), ZoneInfo(contract.time_zone))


def is_end_near(contract: Contract, now: datetime) -> bool:
    """Tell whether its company is told now that a contract ends; not once it has ended."""
    today = now.astimezone(ZoneInfo(contract.time_zone)).date()
    return end_near_at(contract) <= now and today <= contract.valid_to


def note_end(writing: Writing, contract: Contract) -> None:
    """Let a contract be looked at before it ends, at once where that is soon."""
    writing.later(DueKind.TELL_ENDS, contract.id, max(end_near_at(contract), writing.now))


def check_contract_state(contract: Contract, states: Collection[StrEnum], path: Path) -> None:
    """Refused: WRONG_STATE for a contract in none of the states that it must be in."""
    check_state(contract, states, path, f"The contract {contract.number}")


def check_in_force(contract: Contract, path: Path) -> None:
    """Refused: CONTRACT_SUSPENDED; WRONG_STATE for a contract that is not yet or no more active."""
    if contract.state is ContractState.SUSPENDED:
        text = f"The contract {contract.number} is suspended."
        raise Refused(TradeCode.CONTRACT_SUSPENDED, text, path)
    check_contract_state(contract, IN_FORCE, path)


def enter(
    writing: Writing,
    contract: Contract,
    state: ContractState,
    happened: Event,
    reason: str | None = None,
) -> Outcome:
    """Change the state of a contract that the verb has found in the right one."""
    contract.state, contract.state_reason = state, reason
    contract.version += 1
    writing.record(happened)
    return {"contract_id": contract.id}


@guards("K11")
async def check_call_offs(writing: Writing, contract: Contract) -> None:
    """Refused: OPEN_CALL_OFFS before a contract ends; none can come while it is locked (K11)."""
    text = f"Call-offs of {contract.number} are open: cancel them, or keep them by keepCallOffs."
    still_open = Refused(TradeCode.OPEN_CALL_OFFS, text, ("keep_call_offs",))
    known = {acts.OPEN_CALL_OFFS: lambda _lines: still_open}
    await check_stops(writing, contract, (acts.OPEN_CALL_OFFS,), ("contract_id",), known)


@guards("K3")
async def check_stray(writing: Writing, contract: Contract) -> None:
    """Refused: OPEN_CALL_OFFS where what is called off comes outside the validity (K3)."""
    text = (
        f"Call-offs of {contract.number} were made or come before {contract.valid_from}, or come"
        f" after {contract.valid_to}: cancel or reschedule them, or keep them by keepCallOffs."
    )
    stray = Refused(TradeCode.OPEN_CALL_OFFS, text, ("keep_call_offs",))
    known = {acts.STRAY_CALL_OFFS: lambda _lines: stray}
    await check_stops(writing, contract, (acts.STRAY_CALL_OFFS,), ("contract_id",), known)
