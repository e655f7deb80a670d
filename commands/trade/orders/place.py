"""Placing an order: from one shop, portal or desk, to come now or later."""

from dataclasses import replace
from typing import Annotated
from uuid import UUID

from pydantic import Field

from commands.master.channels import check_channel
from commands.trade.contracts.times import AgreedPlace, check_ahead, windows_of
from commands.trade.orders.approvals import awaited
from commands.trade.orders.compose import check_priced, check_products, compose, destination_of
from commands.trade.orders.drafts import Draft, create
from commands.trade.orders.fields import LineFields, OrderFields, OrderLines
from commands.trade.orders.references import References, check_free, customer, read
from commands.writing.transaction import Outcome, Writing
from commands.writing.verbs import verb
from kit.errors import Code, Refusals, Refused
from kit.ids import Names
from kit.inputs import Command, Note
from models.access.viewers import Scope
from models.base.acts import Act
from models.events.trade.orders import OrderWindowOverridden
from models.master.channels import Channel
from models.master.parties import Party
from models.master.prices.precedence import PRECEDENCE
from models.trade.contracts.states import TimeRule


class OrderLinePlace(LineFields):
    """One line of an order: a product, and how much of it."""

    product_id: Annotated[UUID, Names("Product")] = Field(description="What is ordered.")


class OrderPlace(OrderFields, Command):
    """An order of a party or a guest."""

    channel_id: Annotated[UUID, Names("Channel")] = Field(description="Where it was ordered.")
    window_override: Note | None = Field(
        None,
        description="Why a window may lie outside of the address's receiving hours; shown to the"
        " customer.",
    )
    lines: OrderLines[OrderLinePlace] = Field(
        description="What is ordered; two lines that differ only in quantity are refused."
    )


@verb(
    Act(Scope.ORDERS_PLACE),
    "Place an order. It is CONFIRMED, or PENDING_APPROVAL where its channel or its company"
    f" demands that: see `Order.awaitingApprovalOf`. {PRECEDENCE}",
)
async def place(writing: Writing, command: OrderPlace) -> Outcome:
    """Place an order; where its channel or its company demands approval, it waits for that.

    Refused: GUESTS_NOT_ALLOWED by the channel, INVALID_WINDOW for a window and INVALID_DATE for a
    date that has passed, OUTSIDE_RECEIVING_HOURS (D6), WRONG_STATE for an inactive channel,
    product or packaging, TAKEN for an
    external reference that the customer used in the channel before; PRICE_UNKNOWN unless the
    channel lets such an order wait for the merchant; PRICE_CHANGED, INVALID, NOT_FOUND,
    NOT_ALLOWED, DUPLICATE, OUT_OF_RANGE and SCALE_EXCEEDED for what the order says.
    """
    references = await read(writing, [(command, command.lines)])
    draft, overridden = await _checked(writing, references, command)
    channel, party = references.demand(Channel, command), customer(writing, references, command)
    waits = await awaited(writing, channel, party, draft)
    draft = replace(draft, awaiting=waits, window_override=command.window_override)
    (order_id,) = await create(writing, [draft])
    if overridden:
        writing.record(OrderWindowOverridden(order_id, rules=tuple(sorted(overridden))))
    return {"order_id": order_id}


async def _checked(
    writing: Writing, references: References, command: OrderPlace
) -> tuple[Draft, frozenset[TimeRule]]:
    """Return the order to be, and the rules that its windows override. Refused: as `place`."""
    ordering = _ordering(writing, references, command)
    if ordering is not None:
        # Before anything is told of prices: those of another channel are not the buyer's.
        check_channel(writing, *ordering)
    await writing.room(len(command.lines))
    refusals, overridden = Refusals(), frozenset[TimeRule]()
    with refusals:
        _check_future(writing, command)
    with refusals:
        draft = compose(writing, references, command, command.lines)
        with refusals:
            check_products(draft.lines, command.lines)
        with refusals:
            if not references.demand(Channel, command).takes_unpriced:
                check_priced(draft)
    if ordering is not None:
        channel, party = ordering
        with refusals:
            overridden = _check_hours(references, party, command)
        with refusals:
            await check_free(writing, channel.id, party.id if party else None, command)
    refusals.end()
    return draft, overridden


def _ordering(
    writing: Writing, references: References, command: OrderPlace
) -> tuple[Channel, Party | None] | None:
    """Return over which channel who orders; what of that is not there, `compose` tells."""
    unknown = Refusals()
    with unknown:
        party = customer(writing, references, command)
        return references.demand(Channel, command), party
    return None


def _check_hours(
    references: References, party: Party | None, command: OrderPlace
) -> frozenset[TimeRule]:
    """Return the rules that its windows override. Refused: OUTSIDE_RECEIVING_HOURS (D6), D10.

    Where the address is not there, `compose` tells that.
    """
    unknown, address_id = Refusals(), None
    with unknown:
        address_id, _ = destination_of(references, party, command)
    address, why = references.address(address_id), command.window_override
    arrival = AgreedPlace(address, override=why, not_by=command.cancel_if_not_by)
    refusals, found = Refusals(), set[TimeRule]()
    for path, window in windows_of(command, command.lines):
        with refusals:
            found |= arrival.check(window, (*path, "window"))
    refusals.end()
    return frozenset(found)


def _check_future(writing: Writing, command: OrderPlace) -> None:
    refusals = Refusals()
    for path, window in windows_of(command, command.lines):
        with refusals:
            check_ahead(writing, window, path)
    with refusals:
        if command.cancel_if_not_by is not None and command.cancel_if_not_by <= writing.now:
            raise Refused(Code.INVALID_DATE, "This instant has passed.", ("cancel_if_not_by",))
    refusals.end()
