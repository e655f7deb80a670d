"""What a release brings."""

from typing import Annotated
from uuid import UUID

from pydantic import Field

from commands.master.packagings.counting import Quantified
from kit.ids import Names
from kit.inputs import (
    Bulk,
    Command,
    Instant,
    QuantityOrZero,
    Reference,
    Window,
)
from models.trade.releases import Commitment, ReleaseFunction, ReleaseType

_LARGEST_NUMBER = 2_147_483_647


class ReleaseLine(Quantified):
    """One quantity at one time."""

    window: Window = Field(description="When it is to arrive; its start tells the line.")
    quantity: QuantityOrZero = Field(
        description="How much, in the product's unit or `packaging`; 0 takes the line of this start"
        " out."
    )
    commitment: Commitment = Field(Commitment.FORECAST, description="How binding it is.")


class ContractRelease(Command):
    """One schedule message (DELFOR or DELJIT) for one contract line."""

    contract_line_id: Annotated[UUID, Names("ContractLine")] = Field(
        description="The contract line."
    )
    type: ReleaseType = Field(description="Forecast or just in time.")
    release_no: int = Field(
        gt=0,
        le=_LARGEST_NUMBER,
        description="The customer's number; higher than any before of this line and type.",
    )
    function: ReleaseFunction = Field(
        ReleaseFunction.REPLACE, description="The whole schedule, or changes of single lines."
    )
    horizon_start: Instant | None = Field(None, description="Start of the horizon.")
    horizon_end: Instant | None = Field(None, description="End of the horizon.")
    cumulative_received: QuantityOrZero | None = Field(
        None,
        description="What the customer has received in all; when left out, the last such figure,"
        " or what is known to be delivered if that is more.",
    )
    correction: bool = Field(
        default=False, description="The cumulative received may be lower than the last one."
    )
    last_receipt_reference: Reference | None = Field(
        None, description="Delivery note of the last receipt that is counted in."
    )
    supplier_consent: bool = Field(
        default=False, description="Firm quantities may fall in the firm zone; staff only."
    )
    lines: Bulk[ReleaseLine] = Field(description="The schedule, each window start once.")
