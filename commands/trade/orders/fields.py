"""What clients say about an order, whether it is placed now or imported from a back office."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, TypeVar
from uuid import UUID

from pydantic import BeforeValidator, Field
from pydantic_core import PydanticCustomError

from commands.access.settings import Email
from commands.master.packagings.counting import Quantified
from commands.trade.contracts.times import Window
from kit.errors import Code, Problem, Refused
from kit.ids import Names
from kit.inputs import (
    IN_ITS_DECIMALS,
    LARGEST_BULK,
    Currency,
    Emptied,
    ExactAmount,
    Input,
    Instant,
    Name,
    Note,
    Percent,
    Place,
    Quantity,
    Reference,
    Short,
)
from models.trade.orders.states import ChargeKind, DeliveryPolicy, OrderKind, TaxCategory


def _goes_on(lines: object) -> object:
    if isinstance(lines, list) and len(lines) > LARGEST_BULK:
        text = (
            f"There must be at most {LARGEST_BULK} of these; an order of more is placed or imported"
            " with its first lines, and goes on by orderAddLines."
        )
        raise PydanticCustomError(Code.TOO_MANY_ITEMS.value, "{text}", {"text": text})
    return lines


Line = TypeVar("Line")
OrderLines = Annotated[
    list[Line], Field(min_length=1, max_length=LARGEST_BULK), BeforeValidator(_goes_on)
]
"""Lines of an order, of which there may be more than one call takes."""


class Recipient(Input):
    """The person who takes a delivery in."""

    name: Name = Field(description="Name of the person.")
    department: Name | None = Field(None, description="Department of the company.")
    building: Name | None = Field(None, description="Building, gate or ramp.")
    phone: Short | None = Field(None, description="Telephone number.")
    email: Email | None = Field(None, description="E-mail address.")


class OrderCharge(Input):
    """What an order is charged for beside its lines, before tax."""

    kind: ChargeKind = Field(description="What for.")
    amount: ExactAmount = Field(description=f"How much, {IN_ITS_DECIMALS}.")


class OrderTax(Input):
    """A tax of an order, as whoever sells has computed it."""

    category: TaxCategory = Field(description="What kind of tax it is.")
    rate: Percent = Field(
        description="Its rate in percent: more than 0 for STANDARD, which reduced rates are, too;"
        " 0 for all others."
    )
    amount: ExactAmount = Field(description=f"How much, {IN_ITS_DECIMALS}; 0 where the rate is.")


class LineFields(Quantified):
    """What every line of an order says beside its product."""

    quantity: Quantity = Field(
        description="How much, in the product's unit and scale or in `packaging`."
    )
    unit_price: ExactAmount | None = Field(
        None,
        description="Price of one unit before discount, stated by whom the scope `PRICES_STATE`"
        " allows that; when left out, the merchant's price. Without the scope it must be that.",
    )
    expected_unit_price: ExactAmount | None = Field(
        None,
        description="What its customer was shown: where one unit costs anything else, the order is"
        " refused with the price in `userErrors`.",
    )
    discount_percent: Annotated[Percent, Emptied()] = Field(
        Decimal(0),
        description="Percent taken off the unit price, with the scope `PRICES_STATE`; 0 when left"
        " out.",
    )
    discount_amount: ExactAmount | None = Field(
        None,
        description="The same as an amount off the whole line, as a back office imports it, instead"
        f" of `discountPercent`: {IN_ITS_DECIMALS}.",
    )
    window: Window | None = Field(
        None, description="When this line is to arrive, where it differs from the order."
    )
    substitution_allowed: Annotated[bool, Emptied()] = Field(
        default=False, description="Whether another product may be sent instead."
    )
    external_reference: Reference | None = Field(
        None, description="The line's number in the sender's system; once in an order."
    )


class OrderFields(Input):
    """What every order says beside its channel and lines."""

    currency: Currency = Field(description="Currency of all prices.")
    kind: OrderKind = Field(
        OrderKind.STANDARD,
        description="STANDARD or, with the scope `PRICES_STATE`, SAMPLE or REPLACEMENT; a CALL_OFF"
        " is placed on its contract.",
    )
    party_id: Annotated[UUID, Names("Party")] | None = Field(
        None, description="The customer; a buyer's own company when left out."
    )
    guest: Recipient | None = Field(
        None, description="Who orders without an account, instead of a party."
    )
    buyer_contact_id: Annotated[UUID, Names("Contact")] | None = Field(
        None, description="Who at the party ordered; the contact of your key when left out."
    )
    ship_to_id: Annotated[UUID, Names("Address")] | None = Field(
        None, description="Address of the party; its default address when left out."
    )
    ship_to: Place | None = Field(None, description="A free address, instead of the party's.")
    recipient: Recipient | None = Field(None, description="Who takes the goods in.")
    window: Window | None = Field(None, description="When the goods are to arrive.")
    delivery_policy: Annotated[DeliveryPolicy, Emptied()] = Field(
        DeliveryPolicy.PARTIAL_BACKORDER, description="Whether it may come in parts."
    )
    cancel_if_not_by: Instant | None = Field(
        None, description="With the policy CANCEL_IF_NOT_BY, and only then: the last instant."
    )
    purchase_order_number: Reference | None = Field(
        None, description="The customer's own order number."
    )
    external_reference: Reference | None = Field(
        None,
        description="The order's number in the channel's system; unique per channel and"
        " party, where all guests count as one.",
    )
    note: Note | None = Field(None, description="A note for people.")
    discount_percent: Percent | None = Field(
        None,
        description="Percent taken off the net of all lines, with the scope `PRICES_STATE`: rounded"
        " half up to the currency's minor unit, then spread over the lines by what they cost.",
    )
    discount_amount: ExactAmount | None = Field(
        None,
        description=f"The same as an amount, instead of `discountPercent`: {IN_ITS_DECIMALS}.",
    )
    charges: Annotated[list[OrderCharge], Emptied()] = Field(
        [],
        max_length=LARGEST_BULK,
        description="What is charged beside the lines, each kind once, with the scope"
        " `PRICES_STATE`.",
    )
    taxes: Annotated[list[OrderTax], Emptied()] = Field(
        [],
        max_length=LARGEST_BULK,
        description="Its taxes, one for each category and rate, with the scope `PRICES_STATE`; they"
        " are never computed.",
    )

    def ordered_at(self, now: datetime) -> datetime:
        """Return when it was ordered; its prices are those of that instant."""
        return now


def check_fields(fields: OrderFields) -> None:
    """Refused: INVALID where fields of an order exclude or demand each other."""
    dated = fields.delivery_policy is DeliveryPolicy.CANCEL_IF_NOT_BY
    broken = {
        "kind": fields.kind is OrderKind.CALL_OFF and "Call-offs are placed on their contract.",
        "ship_to": fields.ship_to is not None
        and (fields.ship_to_id or getattr(fields, "ship_to_address_code", None)) is not None
        and "Give an address of the party or a free one, not both.",
        "cancel_if_not_by": dated == (fields.cancel_if_not_by is None)
        and "This goes with the delivery policy CANCEL_IF_NOT_BY, and only with it.",
    }
    problems = [Problem(Code.INVALID, text, (name,)) for name, text in broken.items() if text]
    if problems:
        raise Refused.of(problems)
