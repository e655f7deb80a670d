"""From what a client says to a checked draft: the rules of every order, placed or imported."""

from collections.abc import Sequence
from uuid import UUID

from commands.master.catalog import check_scale
from commands.trade.orders.drafts import Draft, LineDraft
from commands.trade.orders.fields import LineFields, OrderFields, check_shape
from commands.trade.orders.references import References, customer
from commands.writing.transaction import Writing
from kit.errors import Refused
from kit.inputs import Place, refuse_duplicates
from models.master.catalog import Product
from models.master.channels import Channel
from models.master.parties import Address, Contact, Party


def compose(
    writing: Writing, references: References, fields: OrderFields, lines: Sequence[LineFields]
) -> Draft:
    """Return the draft, placed now and confirmed, of an order whose references have been read.

    Refused: INVALID, NOT_FOUND, NOT_ALLOWED, DUPLICATE, SCALE_EXCEEDED, with the path inside the
    order.
    """
    check_shape(fields)
    party = customer(writing, references, fields)
    contact = references.of_party(Contact, party, fields)
    ship_to_id, ship_to = _ship_to(references, party, fields)
    return Draft(
        channel_id=references.demand(Channel, fields).id,
        currency=fields.currency,
        placed_at=writing.now,
        lines=_lines(references, lines),
        kind=fields.kind,
        party_id=party.id if party else None,
        guest=fields.guest,
        buyer_contact_id=contact.id if contact else None,
        purchase_order_number=fields.purchase_order_number,
        external_reference=fields.external_reference,
        delivery_policy=fields.delivery_policy,
        cancel_if_not_by=fields.cancel_if_not_by,
        ship_to_id=ship_to_id,
        ship_to=ship_to,
        recipient=fields.recipient,
        window=fields.window,
        note=fields.note,
    )


def _ship_to(
    references: References, party: Party | None, fields: OrderFields
) -> tuple[UUID | None, Place | None]:
    """Return where the goods go: the address as it is today, so that a later change leaves it."""
    if fields.ship_to is not None:
        return None, fields.ship_to
    address = references.of_party(Address, party, fields)
    if address is None and party is not None:
        address = references.default_address(party)
    return (None, None) if address is None else (address.id, Place(**address.place))


def _lines(references: References, lines: Sequence[LineFields]) -> list[LineDraft]:
    refuse_duplicates((it.external_reference for it in lines), ("lines",), "external_reference")
    drafts = [_line(references, line, number) for number, line in enumerate(lines)]
    refuse_duplicates(map(_but_quantity, drafts), ("lines",))
    return drafts


def _line(references: References, line: LineFields, number: int) -> LineDraft:
    path = ("lines", number)
    try:
        product = references.demand(Product, line)
    except Refused as refused:
        raise Refused.of([it.below(path) for it in refused.problems]) from refused
    check_scale(product, line.quantity, (*path, "quantity"))
    return LineDraft(
        product,
        line.quantity,
        line.unit_price,
        line.discount_percent,
        line.window,
        line.substitution_allowed,
        line.external_reference,
    )


def _but_quantity(line: LineDraft) -> tuple[object, ...]:
    """Return what tells lines apart: the same product twice is no mistake at another price."""
    terms = (line.unit_price, line.discount_percent, line.substitution_allowed)
    return (line.product.id, *terms, line.window, line.external_reference)
