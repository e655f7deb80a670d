"""Orders in bulk from a back office: history as well as what came in a minute ago."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field

from commands.trade.orders.compose import check_priced, compose
from commands.trade.orders.drafts import Draft, create
from commands.trade.orders.fields import LineFields, OrderFields
from commands.trade.orders.references import OrderKey, References, customer, read, taken
from commands.writing.transaction import Outcome, Writing
from commands.writing.verbs import verb
from kit.errors import Code, Problem, Refused
from kit.ids import Names
from kit.inputs import Bulk, Command, Each, Instant, Reference
from models.access.viewers import Scope
from models.base.acts import Act
from models.master.channels import Channel


class OrderLineImport(LineFields):
    """One line of an imported order; its product by id or by SKU."""

    product_id: Annotated[UUID, Names("Product")] | None = Field(
        None, description="What was ordered; or say `productSku`."
    )
    product_sku: Reference | None = Field(None, description="SKU of what was ordered.")


class OrderImport(OrderFields):
    """One order from a back office, known by channel, customer and external reference."""

    external_reference: Reference = Field(
        description="The order's number in the channel's system; the key of the import."
    )
    placed_at: Instant = Field(description="When it was ordered; not in the future.")
    channel_id: Annotated[UUID, Names("Channel")] | None = Field(
        None, description="Where it was ordered; or say `channelCode`."
    )
    channel_code: Reference | None = Field(None, description="Code of the channel.")
    party_number: Reference | None = Field(None, description="Number of the party.")
    buyer_contact_code: Reference | None = Field(
        None, description="Code of the party's contact who ordered."
    )
    ship_to_address_code: Reference | None = Field(None, description="Code of the party's address.")
    lines: Bulk[OrderLineImport] = Field(
        description="What was ordered; two lines that differ only in quantity are refused."
    )

    def ordered_at(self, now: datetime) -> datetime:
        """Return when it was placed."""
        del now
        return self.placed_at


class OrdersImport(Command):
    """Up to 250 orders."""

    orders: Each[OrderImport] = Field(description="The orders.")


@verb(
    Act(Scope.ORDERS_IMPORT),
    "Take over up to 250 orders from another system, each known by channel, customer and external"
    " reference: one that is there already is left alone, one that is refused stops no other."
    " Dates may have passed, channels and products may be inactive, no approval is asked.",
)
async def import_all(writing: Writing, command: OrdersImport) -> Outcome:
    """Create the orders that are not there yet; one that is refused does not stop the others.

    What has happened is taken as it was: dates may have passed, channels and products may be
    inactive, and no approval is asked. Prices that are left out are those of that instant. Problems
    of an item, with their path in the whole input: as `compose`, PRICE_UNKNOWN, DUPLICATE for an
    order that stands twice, INVALID_DATE for the future.
    """
    orders = command.orders
    references = await read(writing, [(it, it.lines) for it in orders])
    there = await taken(writing, references.ids(Channel), {it.external_reference for it in orders})
    results: list[dict[str, Any]] = []
    drafts: dict[int, Draft] = {}
    seen: set[OrderKey] = set()
    for place, item in enumerate(orders):
        try:
            key = _key(writing, references, item, seen)
            if key not in there:
                drafts[place] = _draft(writing, references, item)
            seen.add(key)
            results.append(_result("UNCHANGED", there.get(key)))
        except Refused as refused:
            problems = [it.below(("orders", place)) for it in refused.problems]
            results.append(_result("REFUSED", None, problems))
    for place, order_id in zip(drafts, await create(writing, list(drafts.values())), strict=True):
        results[place] = _result("CREATED", order_id)
    return {"results": results}


def _result(status: str, order_id: UUID | None, problems: Sequence[Problem] = ()) -> dict[str, Any]:
    return {"order_id": order_id, "status": status, "problems": list(problems)}


def _key(
    writing: Writing, references: References, item: OrderImport, seen: set[OrderKey]
) -> OrderKey:
    """Return what the order is known by, which is none of `seen`.

    Refused: as `customer`, DUPLICATE.
    """
    channel, party = references.demand(Channel, item), customer(writing, references, item)
    key = (channel.id, party.id if party else None, item.external_reference)
    if key in seen:
        text = "This order stands twice in one input."
        raise Refused(Code.DUPLICATE, text, ("external_reference",))
    return key


def _draft(writing: Writing, references: References, item: OrderImport) -> Draft:
    if item.placed_at > writing.now:
        raise Refused(Code.INVALID_DATE, "An imported order was placed already.", ("placed_at",))
    draft = compose(writing, references, item, item.lines)
    check_priced(draft)
    return draft
