"""A suspended contract goes on, and with it releases that wait for nothing else."""

from commands.trade.contracts.life import ContractStep, enter, lock_contract, note_end
from commands.trade.releases.accounts.account import ReleasePlace
from commands.trade.releases.findings.anew import judge_anew
from commands.trade.releases.force import Force
from commands.trade.releases.known import locked_places
from commands.writing.transaction import Outcome, Writing
from commands.writing.verbs import verb
from models.events.trade.contracts import ContractResumed
from models.trade.contracts import acts
from models.trade.releases.tables import CumulativeAccount, Release
from models.trade.releases.words import ReleaseState


class ContractResume(ContractStep):
    """Allow call-offs again."""


@verb(
    acts.RESUME,
    "Let a SUSPENDED contract go on. A release that waits, and for which an opening balance was"
    " written meanwhile, comes into force where it waits for nothing else.",
)
async def resume(writing: Writing, command: ContractResume) -> Outcome:
    """Let a suspended contract go on. Refused: WRONG_STATE."""
    contract = await lock_contract(writing, command, resume)
    note_end(writing, contract)
    done = enter(writing, contract, acts.RESUME.becomes, ContractResumed(contract.id))
    waiting = await writing.among(Release, "contract_id", [contract.id])
    account_ids = {it.account_id for it in waiting if it.state is ReleaseState.RECEIVED}
    accounts = await writing.records(CumulativeAccount, "id", account_ids)
    if accounts:
        known = await locked_places(writing, map(ReleasePlace.of, accounts))
        await judge_anew(Force(writing, known), dict(known.accounts))
    return done
