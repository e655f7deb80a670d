"""What a call-off takes: lines of a contract, and the deliveries that bring them."""

from typing import Annotated
from uuid import UUID

from pydantic import Field

from commands.fulfilment.deliveries.places import DeliveryTerms
from commands.master.packagings.counting import Quantified
from commands.trade.contracts.times import Window
from commands.trade.orders.fields import Recipient
from commands.writing.verbs import DryRun
from kit.ids import Names
from kit.inputs import LARGEST_BULK, Bulk, ExactAmount, Note, Quantity, Reference
from models.master.catalog import Unit


class CallOffLine(Quantified):
    """How much of one contract line, and when."""

    contract_line_id: Annotated[UUID, Names("ContractLine")] = Field(
        description="The contract line; two lines may name one product, so the line is named."
    )
    quantity: Quantity = Field(description="How much, in `unit` or in `packaging`.")
    expected_unit_price: ExactAmount | None = Field(
        None,
        description="What its customer was shown: where the contract says another price, the"
        " call-off is refused with it in `userErrors`.",
    )
    unit: Unit | None = Field(
        None,
        description="Unit of the quantity, the product's own when left out. Grams and kilograms,"
        " litres and cubic metres are converted exactly, others are refused. Not with `packaging`.",
    )
    window: Window | None = Field(
        None, description="When this line is to arrive; else the window of the call-off."
    )
    schedule_line_id: Annotated[UUID, Names("ScheduleLine")] | None = Field(
        None, description="The line of an active release that is answered."
    )
    external_reference: Reference | None = Field(
        None, description="The line's number in the sender's system."
    )


class CallOffPartLine(Quantified):
    """What a delivery takes of one line of the call-off."""

    line_no: int = Field(ge=1, description="The line: 1 for the first of the call-off's lines.")
    quantity: Quantity = Field(description="How much of it, in the product's unit or `packaging`.")


class CallOffPart(DeliveryTerms):
    """One delivery to be, planned together with the call-off."""

    lines: Bulk[CallOffPartLine] = Field(description="What it takes; each line once.")


class ContractCallOff(DryRun):
    """An order of kind CALL_OFF that draws on a contract."""

    contract_id: Annotated[UUID, Names("Contract")] = Field(description="The contract.")
    channel_id: Annotated[UUID, Names("Channel")] = Field(description="Where it was called off.")
    party_id: Annotated[UUID, Names("Party")] | None = Field(
        None, description="Who calls off, to be sure: it must be the contract's party."
    )
    lines: Bulk[CallOffLine] = Field(description="What is called off.")
    window: Window | None = Field(
        None, description="When the goods are to arrive; for lines without a window of their own."
    )
    window_override: Note | None = Field(
        None,
        description="Why a window, also of `deliveries`, may lie outside of the address's receiving"
        " hours; shown to the customer.",
    )
    ship_to_id: Annotated[UUID, Names("Address")] | None = Field(
        None, description="One of the contract's addresses; its first when left out."
    )
    recipient: Recipient | None = Field(None, description="Who takes the goods in.")
    buyer_contact_id: Annotated[UUID, Names("Contact")] | None = Field(
        None, description="Who at the party called off; the contact of your key when left out."
    )
    purchase_order_number: Reference | None = Field(
        None, description="The customer's own number of this call-off."
    )
    external_reference: Reference | None = Field(
        None, description="Its number in the channel's system; unique per channel and party."
    )
    note: Note | None = Field(None, description="A note for people.")
    deliveries: list[CallOffPart] = Field(
        [],
        max_length=LARGEST_BULK,
        description="Deliveries to plan at once, to addresses of the contract and within its"
        " validity; what they do not take can be planned later.",
    )
