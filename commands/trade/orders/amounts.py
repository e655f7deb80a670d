"""What an order costs beside its prices: discounts, charges and taxes, stated and never computed.

UN/EDIFACT D.01B tells discount and charges in ALC and MOA, taxes in TAX and MOA; UBL 2.1 in
AllowanceCharge and TaxSubtotal.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

from commands.trade.orders.drafts import Draft, LineDraft
from commands.trade.orders.fields import LineFields, OrderFields, OrderTax
from commands.writing.transaction import Writing
from kit.errors import Code, Path, Problem, Refused
from kit.inputs import refuse_duplicates
from kit.standards.money import is_payable, minor_unit, rounded, spread
from models.access.viewers import Scope
from models.trade.codes import TradeCode
from models.trade.orders.states import TAXED


def check_stated(writing: Writing, fields: OrderFields) -> None:
    """Refused: NOT_ALLOWED for who states a discount, charges or taxes and may not.

    INVALID for a discount in two ways, SCALE_EXCEEDED for parts of a minor unit, DUPLICATE for a
    kind of charge that stands twice, and as `check_taxes`.
    """
    stated = ("discount_percent", "discount_amount", "charges", "taxes")
    for name in stated:
        if getattr(fields, name):
            check_may_state(writing, name)
    if fields.discount_percent is not None and fields.discount_amount is not None:
        text = "Say the discount as a percentage or as an amount, not as both."
        raise Refused(Code.INVALID, text, ("discount_amount",))
    broken = [it for it in _amounts(fields) if not is_payable(it[1], fields.currency)]
    if broken:
        raise Refused.of([_too_fine(fields.currency, path) for path, _ in broken])
    refuse_duplicates((it.kind for it in fields.charges), ("charges",))
    check_taxes(fields.taxes)


def check_taxes(taxes: Sequence[OrderTax]) -> None:
    """Refused: DUPLICATE for a tax that stands twice, OUT_OF_RANGE for a rate of another category.

    By UNTDID 5305 as EN 16931 uses it (BR-S-05, BR-Z-05 and their like): only what is taxed at the
    standard rate has a rate, and without one there is no amount.
    """
    refuse_duplicates(((it.category, it.rate) for it in taxes), ("taxes",))
    for place, tax in enumerate(taxes):
        if (tax.rate > 0) != (tax.category in TAXED):
            text = f"{tax.category} has {'a rate above' if tax.category in TAXED else 'the rate'} 0."
            raise Refused(Code.OUT_OF_RANGE, text, ("taxes", place, "rate"))
        if tax.rate == 0 and tax.amount > 0:
            text = "At the rate 0 nothing is due."
            raise Refused(Code.OUT_OF_RANGE, text, ("taxes", place, "amount"))


def check_may_state(writing: Writing, name: str) -> None:
    """Refused: NOT_ALLOWED for a field that needs the scope PRICES_STATE."""
    if not writing.viewer.may(Scope.PRICES_STATE):
        text = f"Your key lacks the scope {Scope.PRICES_STATE}, which this needs."
        raise Refused(Code.NOT_ALLOWED, text, (name,))


def _amounts(fields: OrderFields) -> Iterator[tuple[Path, Decimal]]:
    """Yield every amount of an order, with its path."""
    if fields.discount_amount is not None:
        yield ("discount_amount",), fields.discount_amount
    for name in ("charges", "taxes"):
        for place, each in enumerate(getattr(fields, name)):
            yield (name, place, "amount"), each.amount


def _too_fine(currency: str, path: Path) -> Problem:
    text = f"The least amount of {currency} is {minor_unit(currency):f}."
    return Problem(Code.SCALE_EXCEEDED, text, path)


def check_line(line: LineFields, unit_price: Decimal | None, currency: str) -> None:
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
    if not is_payable(amount, currency):
        raise Refused.of([_too_fine(currency, path)])
    if unit_price is None:
        raise Refused(TradeCode.PRICE_UNKNOWN, "A discount is taken off a known price.", path)
    if amount > line.quantity * unit_price:
        raise Refused(Code.OUT_OF_RANGE, "The discount is more than the line costs.", path)


def with_amounts(draft: Draft, fields: OrderFields) -> Draft:
    """Return a draft with discount, charges and taxes, the discount spread over its lines.

    Refused: PRICE_UNKNOWN for a discount while a line has no price, OUT_OF_RANGE for a discount of
    more than the lines cost.
    """
    return replace(
        draft,
        lines=_spread(draft.lines, fields),
        discount_percent=fields.discount_percent,
        discount_amount=fields.discount_amount,
        charges=_kept(fields.charges),
        taxes=_kept(fields.taxes),
        charged=sum((it.amount for it in fields.charges), Decimal(0)),
        taxed=sum((it.amount for it in fields.taxes), Decimal(0)) if fields.taxes else None,
    )


def _kept(items: Sequence[Any]) -> list[dict[str, Any]]:
    """Return amounts as the order keeps them."""
    return [it.model_dump(mode="json") for it in items]


def _spread(lines: Sequence[LineDraft], fields: OrderFields) -> Sequence[LineDraft]:
    name = "discount_amount" if fields.discount_percent is None else "discount_percent"
    stated = getattr(fields, name)
    if not stated:
        return lines
    nets = [line.net for line in lines if line.net is not None]
    if len(nets) != len(lines):
        text = "The discount of an order needs the prices of all of its lines."
        raise Refused(TradeCode.PRICE_UNKNOWN, text, (name,))
    net = sum(nets, Decimal(0))
    exact: Decimal = stated if name == "discount_amount" else net * stated / 100
    discount = rounded(exact, fields.currency).amount
    if discount > rounded(net, fields.currency).amount:
        raise Refused(Code.OUT_OF_RANGE, "The discount is more than the lines cost.", (name,))
    shares = spread(discount, nets, fields.currency)
    return [replace(line, order_discount=it) for line, it in zip(lines, shares, strict=True)]
