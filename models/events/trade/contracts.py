"""What the journal tells of contracts; `models.events.trade.releases` has what releases do."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated
from uuid import UUID

from models.base.events import Event, Moving, Progressed, event, without
from models.base.payloads import ColumnName, IdOf
from models.trade.contracts.tables import Contract


@event("contract.created", Contract)
class ContractCreated(Event):
    """It was written, as a draft."""

    lines: Annotated[int, "How many lines it has."]


@event("contract.amended", Contract)
class ContractAmended(Event):
    """Both sides agreed on something else."""

    fields: Annotated[tuple[ColumnName, ...], "The contract's own columns that were written."]
    lines: Annotated[tuple[int, ...], "Numbers of the lines that were changed."]
    added: Annotated[int, "How many lines were added."]


@event("contract.activated", Contract, without("reason"))
class ContractActivated(Event):
    """It is in force."""


@event("contract.suspended", Contract, without("reason"))
class ContractSuspended(Event):
    """Nothing may be called off for a time."""


@event("contract.resumed", Contract, without("reason"))
class ContractResumed(Event):
    """It is in force again."""


@event("contract.terminated", Contract, without("reason"))
class ContractTerminated(Event):
    """It ended before its time."""


@event("contract.called_off", Contract)
class ContractCalledOff(Moving):
    """An order was placed on it."""

    order_id: Annotated[UUID, IdOf("Order"), "The order."]
    lines: Annotated[
        Mapping[Annotated[UUID, IdOf("ContractLine")], Decimal],
        "Contract line → what was called off, in the line's unit.",
    ]


@event("contract.fell_short", Contract)
class ContractFellShort(Event):
    """Less was called off of a line than had to be, or not any more."""

    line_no: Annotated[int, "The line's number in its contract."]
    quantity: Annotated[
        Decimal, "How much is missing, in the line's unit; 0 where it arrived after all."
    ]


@event("contract.carried_over", Contract)
class ContractCarriedOver(Event):
    """What remained of it went over to another one."""

    successor_id: Annotated[UUID, IdOf("Contract"), "The other contract."]
    lines: Annotated[
        Mapping[Annotated[UUID, IdOf("ContractLine")], Decimal],
        "Contract line → what remained of its target, in the line's unit.",
    ]


@event("contract.settled", Contract)
class ContractSettled(Event):
    """Its account is closed."""


@event("contract.progressed", Contract)
class ContractProgressed(Progressed):
    """Counters of its lines were moved, and nothing else happened to it."""
