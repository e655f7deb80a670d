"""What changes in orders that are there."""

from typing import Annotated
from uuid import UUID

from pydantic import Field

from commands.master.packagings.counting import Quantified
from commands.trade.contracts.times import Window
from commands.trade.orders.fields import OrderLines
from commands.trade.orders.revisions.imports import OrderLineImport
from commands.trade.orders.states import VersionedOrderCommand
from kit.ids import Names
from kit.inputs import (
    LARGEST_BULK,
    Command,
    Each,
    ExactAmount,
    Input,
    Note,
    Percent,
    Quantity,
    Reference,
)


class OrderLineUpdate(Quantified):
    """What a line of an order becomes; what is left out stays, and null takes it away."""

    line_id: Annotated[UUID, Names("OrderLine")] = Field(description="A line of the order.")
    quantity: Quantity | None = Field(
        None,
        description="How much is ordered now, in the product's unit or in `packaging`. A price that"
        " was stated stays, and so does one of the merchant, unless another step of its scale says"
        " the price of so much: then it is that, at the instant of the order, as far as price lists"
        " and products tell it today.",
    )
    unit_price: ExactAmount | None = Field(
        None,
        description="Price of one unit before discount, with the scope `PRICES_STATE`; null for the"
        " merchant's, at the instant of the order.",
    )
    discount_percent: Percent | None = Field(
        None, description="Percent taken off it, with the scope `PRICES_STATE`; null for none."
    )
    discount_amount: ExactAmount | None = Field(
        None,
        description="Amount off the whole line instead, with the scope `PRICES_STATE`; null for"
        " none.",
    )
    window: Window | None = Field(
        None, description="When it is to arrive; null for when the order is."
    )
    substitution_allowed: bool | None = Field(
        None, description="Whether another product may be sent instead."
    )
    external_reference: Reference | None = Field(
        None, description="The line's number in the sender's system."
    )


class OrderUpdate(Input):
    """What changes in one order."""

    order_id: Annotated[UUID, Names("Order")] = Field(description="The order.")
    expected_version: int | None = Field(
        None, description="Refuse unless the order still has this version."
    )
    lines: list[OrderLineUpdate] = Field(
        [], max_length=LARGEST_BULK, description="Lines that change, each once."
    )
    add_lines: list[OrderLineImport] = Field(
        [], max_length=LARGEST_BULK, description="Lines that are new."
    )
    remove_line_ids: list[Annotated[UUID, Names("OrderLine")]] = Field(
        [],
        max_length=LARGEST_BULK,
        description="Lines that are taken out; of them, nothing is ordered any more.",
    )
    window_override: Note | None = Field(
        None,
        description="Why new windows may lie outside of the address's receiving hours, or have"
        " passed; shown to the customer.",
    )


class OrdersUpdate(Command):
    """Up to 250 orders."""

    orders: Each[OrderUpdate] = Field(description="The orders, each once.")


class OrderAddLines(VersionedOrderCommand):
    """Further lines of one order."""

    lines: OrderLines[OrderLineImport] = Field(description="The lines; an order has at most 2,000.")
    window_override: Note | None = Field(
        None,
        description="Why new windows may lie outside of the address's receiving hours, or have"
        " passed; shown to the customer.",
    )
