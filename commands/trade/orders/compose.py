"""From what a client says to a checked draft: the rules of every order, placed or imported."""

from collections.abc import Sequence
from decimal import Decimal
from functools import partial
from uuid import UUID

from commands.master.catalog import check_active
from commands.master.packagings.counting import Counted, check_used
from commands.master.prices.pricing import Priced
from commands.trade.orders.amounts import (
    check_line,
    check_may_state,
    check_stated,
    with_amounts,
    with_discount,
)
from commands.trade.orders.drafts import Draft, LineDraft
from commands.trade.orders.fields import LineFields, OrderFields, check_fields
from commands.trade.orders.references import References, customer, reference_of
from commands.writing.transaction import Writing
from kit.errors import Code, Refusals, Refused
from kit.inputs import Place, refuse_duplicates
from kit.standards.money import Amount
from models.access.viewers import Scope
from models.base.guards import guards
from models.master.catalog import Product
from models.master.channels import Channel
from models.master.parties import Address, Contact, Party
from models.trade.codes import TradeCode
from models.trade.orders.states import OrderKind


def compose(
    writing: Writing, references: References, fields: OrderFields, lines: Sequence[LineFields]
) -> Draft:
    """Return the draft, confirmed, of an order whose references have been read.

    Refused: INVALID, NOT_FOUND, NOT_ALLOWED, GUESTS_NOT_ALLOWED, DUPLICATE, SCALE_EXCEEDED,
    PRICE_CHANGED; PRICE_UNKNOWN and OUT_OF_RANGE for discounts; with the path inside the order.

    All are told at once, but for what hangs on what is refused: contacts and addresses are those of
    the party, prices those of channel and party, and a discount of the order is taken off all of
    its lines.
    """
    refusals, named = Refusals(), Refusals()
    for check in (check_fields, partial(_check_kind, writing), partial(check_stated, writing)):
        with refusals:
            check(fields)
    with named:
        channel = references.demand(Channel, fields)
        with named:
            _check_guest(channel, fields)
    with named:
        party = customer(writing, references, fields)
        with refusals:
            contact = references.of_party(Contact, party, fields)
        with refusals:
            ship_to_id, ship_to = destination_of(references, party, fields)
    is_priced = not named.problems
    refusals.problems += named.problems
    with refusals:
        drafts = lines_to_be(writing, references, fields, lines, is_priced=is_priced)
        if is_priced or all(it.unit_price is not None for it in drafts):
            drafts = with_discount(drafts, fields)
    refusals.end()
    draft = Draft(
        **{name: getattr(fields, name) for name in _AS_STATED},
        channel_id=channel.id,
        placed_at=fields.ordered_at(writing.now),
        lines=drafts,
        party_id=party.id if party else None,
        buyer_contact_id=contact.id if contact else writing.viewer.contact_id,
        ship_to_id=ship_to_id,
        ship_to=ship_to,
    )
    return with_amounts(draft, fields)


_AS_STATED = (
    *("kind", "currency", "guest", "recipient", "window", "note", "delivery_policy"),
    *("cancel_if_not_by", "purchase_order_number", "external_reference"),
)
"""What of a draft is as its input says."""


@guards("R2")
def _check_guest(channel: Channel, fields: OrderFields) -> None:
    if fields.guest is not None and not channel.guests_allowed:
        text = f"The channel {channel.code} takes no guests."
        raise Refused(TradeCode.GUESTS_NOT_ALLOWED, text, ("guest",))


def destination_of(
    references: References, party: Party | None, fields: OrderFields
) -> tuple[UUID | None, Place | None]:
    """Return where the goods go: the address as it is today, so that a later change leaves it."""
    if fields.ship_to is not None:
        return None, fields.ship_to
    address = references.of_party(Address, party, fields)
    if address is None and party is not None:
        address = references.default_address(party)
    return (None, None) if address is None else (address.id, Place(**address.place))


def _check_kind(writing: Writing, fields: OrderFields) -> None:
    if fields.kind is not OrderKind.STANDARD and not writing.viewer.may(Scope.PRICES_STATE):
        text = f"Your key lacks the scope {Scope.PRICES_STATE}, which other kinds of orders need."
        raise Refused(Code.NOT_ALLOWED, text, ("kind",))


def lines_to_be(
    writing: Writing,
    references: References,
    order: OrderFields,
    lines: Sequence[LineFields],
    *,
    is_priced: bool = True,
) -> Sequence[LineDraft]:
    """Return the lines to be. Refused: as `compose`, all that is wrong with them at once.

    is_priced: whether it is known whose prices count; only stated ones are looked at otherwise.
    """
    refusals = Refusals()
    drafts = lines_as_far(writing, references, order, lines, refusals, is_priced=is_priced)
    refusals.end()
    return [it for it in drafts if it is not None]


def lines_as_far(
    writing: Writing,
    references: References,
    order: OrderFields,
    lines: Sequence[LineFields],
    refusals: Refusals,
    *,
    is_priced: bool = True,
) -> Sequence[LineDraft | None]:
    """Return the lines to be, None for one that is refused. Refusals: as of `lines_to_be`."""
    drafts = list[LineDraft | None]()
    with refusals:
        refuse_duplicates((it.external_reference for it in lines), ("lines",), "external_reference")
    for number, line in enumerate(lines):
        drafts.append(None)
        with refusals:
            refusals.above = ("lines", number)
            drafts[-1] = _one(writing, references, order, line, is_priced=is_priced)
    refusals.above = ()
    terms = (it and _but_quantity(it, line) for it, line in zip(drafts, lines, strict=True))
    with refusals:
        refuse_duplicates(terms, ("lines",))
    return drafts


def _one(
    writing: Writing,
    references: References,
    order: OrderFields,
    line: LineFields,
    *,
    is_priced: bool,
) -> LineDraft:
    """Return one line to be. Refused: as `compose`, its quantity and its price at once."""
    refusals = Refusals()
    with refusals:
        found = references.priced(writing, order, line)
        with refusals:
            quantity = references.packagings(found.product, line)
        with refusals:
            price = line.unit_price
            if is_priced:
                price = _price(writing, order, line, found.unit_price)
            if is_priced or price is not None:
                check_line(line, price, order.currency)
    refusals.end()
    return _line(found, line, quantity, price)


def _price(
    writing: Writing, order: OrderFields, line: LineFields, ours: Decimal | None
) -> Decimal | None:
    """Return what one unit costs, None where nobody knows; ours: what the merchant asks.

    Refused: NOT_ALLOWED for who states a discount or another price and may not, PRICE_CHANGED when
    something else was expected, PRICE_UNKNOWN when something was and nobody knows it.
    """
    refusals = Refusals()
    if not writing.viewer.may(Scope.PRICES_STATE):
        for name in ("discount_percent", "discount_amount"):
            if getattr(line, name):
                with refusals:
                    check_may_state(writing, name)
        if line.unit_price not in {None, ours}:
            known = _price_text(ours, order.currency)
            why = f"{known} Only the scope {Scope.PRICES_STATE} states others."
            with refusals:
                raise _refused(Code.NOT_ALLOWED, why, "unit_price", ours, order.currency)
    refusals.end()
    price = ours if line.unit_price is None else line.unit_price
    check_expected(line.expected_unit_price, price, order.currency)
    return price


def check_expected(expected: Decimal | None, price: Decimal | None, currency: str) -> None:
    """Refused: PRICE_CHANGED when one unit costs something else than its customer was shown.

    PRICE_UNKNOWN when nobody knows what it costs.
    """
    if expected not in {None, price}:
        code = TradeCode.PRICE_UNKNOWN if price is None else TradeCode.PRICE_CHANGED
        why = _price_text(price, currency)
        raise _refused(code, why, "expected_unit_price", price, currency)


def _refused(code: str, why: str, field: str, price: Decimal | None, currency: str) -> Refused:
    """Return the refusal of a price, with ours."""
    return Refused(code, why, (field,), price=None if price is None else Amount(price, currency))


def _price_text(price: Decimal | None, currency: str) -> str:
    if price is None:
        return "No price of this is known."
    return f"One unit costs {price.normalize():f} {currency}."


def check_priced(draft: Draft) -> None:
    """Refused: PRICE_UNKNOWN for every line without a price."""
    refusals = Refusals()
    for place, line in enumerate(draft.lines):
        refusals.above = ("lines", place)
        with refusals:
            check_unit_price(line, draft.currency)
    refusals.end()


@guards("O18")
def check_products(drafts: Sequence[LineDraft | None], lines: Sequence[LineFields]) -> None:
    """Refused: WRONG_STATE for every new line of an inactive product or packaging."""
    refusals = Refusals()
    for place, (draft, line) in enumerate(zip(drafts, lines, strict=True)):
        if draft is None:
            continue
        refusals.above = ("lines", place)
        name = reference_of(Product, line)
        with refusals:
            check_active(draft.product, (name.field,) if name else ())
        with refusals:
            check_used(draft.packaging, ("packaging",))
    refusals.end()


def check_unit_price(line: LineDraft, currency: str) -> None:
    """Refused: PRICE_UNKNOWN for a line without a price."""
    if line.unit_price is None:
        text = f"{line.product.sku} has no price in {currency}."
        raise Refused(TradeCode.PRICE_UNKNOWN, text)


def _line(
    found: Priced, line: LineFields, quantity: Counted, unit_price: Decimal | None
) -> LineDraft:
    return LineDraft(
        found.product,
        quantity.amount,
        unit_price,
        quantity.packaging,
        line.discount_percent,
        line.window,
        line.substitution_allowed,
        line.external_reference,
        discount_amount=line.discount_amount or Decimal(0),
        price_stated=line.unit_price not in {None, found.unit_price},
    )


def _but_quantity(draft: LineDraft, line: LineFields) -> tuple[object, ...]:
    """Return what tells lines apart: the same product twice is no mistake at another price."""
    terms = (line.packaging, line.unit_price, line.discount_percent, line.discount_amount)
    may = line.substitution_allowed
    return (draft.product.id, *terms, may, line.window, line.external_reference)
