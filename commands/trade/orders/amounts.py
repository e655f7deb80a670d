"""What an order costs beside its prices: discounts, charges and taxes, stated and never computed.

UN/EDIFACT D.01B tells discount and charges in ALC and MOA, taxes in TAX and MOA; UBL 2.1 in
AllowanceCharge and TaxSubtotal.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

from pydantic import Field

from commands.trade.orders.approvals import check_raised
from commands.trade.orders.drafts import Draft, LineDraft
from commands.trade.orders.fields import LineFields, OrderCharge, OrderFields, OrderTax
from commands.trade.orders.lines import lines_of, net_of_order, not_paid, settle_payment
from commands.trade.orders.states import VersionedOrderCommand, locked
from commands.writing.transaction import Outcome, Writing
from commands.writing.verbs import verb
from kit.errors import Code, Path, Refusals, Refused
from kit.inputs import LARGEST_BULK, Input, check_payable, refuse_duplicates
from kit.standards.money import rounded, spread
from models.access.viewers import Scope
from models.base.payloads import ColumnName
from models.events.trade.orders import OrderAmountsStated
from models.trade.codes import TradeCode
from models.trade.orders import acts
from models.trade.orders.states import TAXED
from models.trade.orders.tables import Order


def check_stated(writing: Writing, fields: OrderFields) -> None:
    """Refused: NOT_ALLOWED for who states a discount, charges or taxes and may not.

    INVALID for a discount in two ways, SCALE_EXCEEDED for parts of a minor unit, DUPLICATE for a
    kind of charge that stands twice, and as `check_amounts`.
    """
    stated = ("discount_percent", "discount_amount", "charges", "taxes")
    refusals = Refusals()
    for name in stated:
        with refusals:
            if getattr(fields, name):
                check_may_state(writing, name)
    with refusals:
        if fields.discount_percent is not None and fields.discount_amount is not None:
            text = "Say the discount as a percentage or as an amount, not as both."
            raise Refused(Code.INVALID, text, ("discount_amount",))
        check_payable(fields.discount_amount, fields.currency, ("discount_amount",))
    with refusals:
        check_amounts(fields.charges, fields.taxes, fields.currency)
    refusals.end()


def check_amounts(charges: Sequence[OrderCharge], taxes: Sequence[OrderTax], currency: str) -> None:
    """Refused: SCALE_EXCEEDED for parts of a minor unit, and DUPLICATE for what stands twice.

    OUT_OF_RANGE for a rate that a tax category has not, or an amount without a rate.
    """
    refusals = Refusals()
    for name, amounts in _amounts(charges, taxes):
        for place, amount in enumerate(amounts):
            with refusals:
                check_payable(amount, currency, (name, place, "amount"))
    with refusals:
        refuse_duplicates((it.kind for it in charges), ("charges",))
    with refusals:
        refuse_duplicates(((it.category, it.rate) for it in taxes), ("taxes",))
    with refusals:
        _check_rates(taxes)
    refusals.end()


def _amounts(
    charges: Sequence[OrderCharge], taxes: Sequence[OrderTax]
) -> Iterator[tuple[str, list[Decimal]]]:
    yield "charges", [it.amount for it in charges]
    yield "taxes", [it.amount for it in taxes]


def _check_rates(taxes: Sequence[OrderTax]) -> None:
    """Refused: OUT_OF_RANGE.

    By UNTDID 5305 as EN 16931 uses it (BR-S-05, BR-Z-05 and their like): only what is taxed at the
    standard rate has a rate, and without one there is no amount.
    """
    refusals = Refusals()
    for place, tax in enumerate(taxes):
        with refusals:
            if (tax.rate > 0) != (tax.category in TAXED):
                rate = "a rate above 0" if tax.category in TAXED else "the rate 0"
                text = f"{tax.category} has {rate}."
                raise Refused(Code.OUT_OF_RANGE, text, ("taxes", place, "rate"))
            if tax.rate == 0 and tax.amount > 0:
                text = "At the rate 0 nothing is due."
                raise Refused(Code.OUT_OF_RANGE, text, ("taxes", place, "amount"))
    refusals.end()


def check_may_state(writing: Writing, name: str) -> None:
    """Refused: NOT_ALLOWED for a field that needs the scope PRICES_STATE."""
    if not writing.viewer.may(Scope.PRICES_STATE):
        text = f"Your key lacks the scope {Scope.PRICES_STATE}, which this needs."
        raise Refused(Code.NOT_ALLOWED, text, (name,))


def check_line(line: LineFields | LineDraft, unit_price: Decimal | None, currency: str) -> None:
    """Check a line's discount as an amount; unit_price: None where nobody knows it.

    Refused: INVALID for a discount in two ways, SCALE_EXCEEDED for parts of a minor unit,
    PRICE_UNKNOWN without a price, OUT_OF_RANGE for more than the line costs.
    """
    amount, path = line.discount_amount, ("discount_amount",)
    if not amount:
        return
    if line.discount_percent:
        text = "Say the discount as a percentage or as an amount, not as both."
        raise Refused(Code.INVALID, text, path)
    check_payable(amount, currency, path)
    if unit_price is None:
        raise Refused(TradeCode.PRICE_UNKNOWN, "A discount is taken off a known price.", path)
    if amount > line.quantity * unit_price:
        raise Refused(Code.OUT_OF_RANGE, "The discount is more than the line costs.", path)


def with_amounts(draft: Draft, fields: OrderFields) -> Draft:
    """Return a draft with discount, charges and taxes; its lines bear the discount already."""
    return replace(
        draft,
        discount_percent=fields.discount_percent,
        discount_amount=fields.discount_amount,
        charges=kept(fields.charges),
        taxes=kept(fields.taxes),
        charged=sum((it.amount for it in fields.charges), Decimal(0)),
        taxed=sum((it.amount for it in fields.taxes), Decimal(0)) if fields.taxes else None,
    )


def kept(items: Sequence[Any]) -> list[dict[str, Any]]:
    """Return amounts as the order keeps them."""
    return [it.model_dump(mode="json") for it in items]


AMOUNTS: Mapping[str, type[Input]] = {"charges": OrderCharge, "taxes": OrderTax}
"""Column of an order -> what each item of it says."""


def same_amounts(column: str, old: Sequence[Any], new: Sequence[Any]) -> bool:
    """Tell whether kept amounts are the same, however many zeros they were written with."""
    read = AMOUNTS[column].model_validate
    return [read(it) for it in old] == [read(it) for it in new]


def with_discount(lines: Sequence[LineDraft], fields: OrderFields | Order) -> Sequence[LineDraft]:
    """Spread the discount of an order over its lines.

    Refused: PRICE_UNKNOWN for a discount while a line has no price, OUT_OF_RANGE for one of more
    than the lines cost; of an order that is there, without a field: the discount is none of what
    is sent.
    """
    name = "discount_amount" if fields.discount_percent is None else "discount_percent"
    stated = getattr(fields, name)
    path: Path = () if isinstance(fields, Order) else (name,)
    if not stated:
        return [replace(it, order_discount=Decimal(0)) if it.order_discount else it for it in lines]
    nets = [line.net for line in lines if line.net is not None]
    if len(nets) != len(lines):
        text = "The discount of an order needs the prices of all of its lines."
        raise Refused(TradeCode.PRICE_UNKNOWN, text, path)
    net = sum(nets, Decimal(0))
    exact: Decimal = stated if name == "discount_amount" else net * stated / 100
    discount = rounded(exact, fields.currency).amount
    if discount > rounded(net, fields.currency).amount:
        text = "The discount of the order is more than its lines cost."
        raise Refused(Code.OUT_OF_RANGE, text, path)
    shares = spread(discount, nets, fields.currency)
    return [replace(line, order_discount=it) for line, it in zip(lines, shares, strict=True)]


class OrderStateAmounts(VersionedOrderCommand):
    """Charges and taxes of an order as they are now; what is left out stays."""

    charges: list[OrderCharge] | None = Field(
        None,
        max_length=LARGEST_BULK,
        description="All that is charged beside the lines, each kind once; empty for nothing.",
    )
    taxes: list[OrderTax] | None = Field(
        None,
        max_length=LARGEST_BULK,
        description="All of its taxes, one for each category and rate; empty where nobody states"
        " any.",
    )


@verb(
    acts.STATE_AMOUNTS,
    "State charges and taxes of an order anew, as after a cancellation or an amendment: its totals"
    " are known again, and a part of its payment that covers them is all of it."
    " What staff add to a company's order waits for none of its approvers.",
)
async def state_amounts(writing: Writing, command: OrderStateAmounts) -> Outcome:
    """Put amounts in the place of those that were stated before.

    Nothing happens where they are those. Where a buyer raises a waiting order above what it may
    order alone, its company must approve that, too.
    Refused: NOT_FOUND, VERSION_CONFLICT, WRONG_STATE, INVALID where nothing is stated,
    SCALE_EXCEEDED, DUPLICATE and OUT_OF_RANGE as `orderPlace`, NOT_ALLOWED where a buyer raises a
    confirmed order above what it may order alone.
    """
    order = await locked(writing, command, state_amounts)
    if command.charges is None and command.taxes is None:
        raise Refused(Code.INVALID, "State charges or taxes.", ("taxes",))
    check_amounts(command.charges or (), command.taxes or (), order.currency)
    writing.refusals.end()
    columns = _columns(command)
    if _are_there(order, command, columns):
        return {"order_id": order.id}
    lines = (await lines_of(writing, [order.id])).values()
    before = order.charged
    for name, value in columns.items():
        setattr(order, name, value)
    if command.taxes is not None:
        order.taxed_without = not_paid(lines)
    if order.charged > before:
        await check_raised(writing, order, net_of_order(order, lines))
    await settle_payment(writing, order, lines)
    order.version += 1
    names = [it for it in ("charges", "taxes") if getattr(command, it) is not None]
    writing.record(OrderAmountsStated(order.id, amounts=tuple(map(ColumnName, names))))
    return {"order_id": order.id}


def _are_there(order: Order, command: OrderStateAmounts, columns: Mapping[str, Any]) -> bool:
    """Tell whether the order has these amounts, however many zeros they were written with."""
    sums = (
        getattr(order, it) == columns.get(it, getattr(order, it)) for it in ("charged", "taxed")
    )
    stated = (it for it in AMOUNTS if getattr(command, it) is not None)
    return all(same_amounts(it, getattr(order, it), columns[it]) for it in stated) and all(sums)


def _columns(command: OrderStateAmounts) -> dict[str, Any]:
    """Return the columns of the amounts that are stated."""
    columns: dict[str, Any] = {}
    if command.charges is not None:
        charged = sum((it.amount for it in command.charges), Decimal(0))
        columns |= {"charges": kept(command.charges), "charged": charged}
    if command.taxes is not None:
        taxed = sum((it.amount for it in command.taxes), Decimal(0))
        columns |= {"taxes": kept(command.taxes), "taxed": taxed if command.taxes else None}
    return columns
