"""Companies are told some weeks before that their contracts end."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID, uuid5

from commands.messages.notifications.addressed import Notice
from commands.messages.notifications.note import tell
from commands.trade.contracts.life import is_end_near
from commands.writing.transaction import Writing
from models.messages.notifications import NotificationKind
from models.trade.contracts.states import IN_FORCE
from models.trade.contracts.tables import Contract


async def tell_ends(writing: Writing, due: Sequence[UUID]) -> Mapping[UUID, datetime]:
    """Note who is told of contracts in force whose end is near. due: the contracts."""
    found = await writing.by_key(Contract, "id", due)
    ending = [it for it in found.values() if it.state in IN_FORCE and is_end_near(it, writing.now)]
    kind = NotificationKind.CONTRACT_ENDS
    await tell(writing, [Notice(_entry_of(it), kind, contract=it) for it in ending])
    return {}


def _entry_of(contract: Contract) -> UUID:
    """Return what stands for an entry of the journal: an end is told once, however often due."""
    return uuid5(contract.id, contract.valid_to.isoformat())
