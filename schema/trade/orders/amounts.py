"""What an order costs, for clients: its totals, charges and taxes."""

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import strawberry

from kit.inputs import IN_ITS_DECIMALS
from models.access.viewers import Scope
from schema.graphql import values
from schema.graphql.scopes import Requires
from schema.trade.orders.enums import ChargeKind, TaxCategory


@strawberry.type(
    description="What an order comes to. What was cancelled does not count; every amount is"
    f" {IN_ITS_DECIMALS}.",
    directives=[Requires(scope=Scope.ORDERS_READ)],
)
class OrderTotals:
    """The record of loaders.trade.orders.totals."""

    lines: values.Money = values.money(
        "lines",
        "Its lines after their own discounts, added exactly and rounded half up once (EDIFACT MOA"
        " 79).",
    )
    discount: values.Money = values.money(
        "discount",
        "What its own discount takes off that: the sum of `OrderLine.orderDiscount` (MOA 260).",
    )
    charges: values.Money = values.money(
        "charges",
        "Its charges, as they were stated, whatever part of it was cancelled; 0 once nothing of it"
        " is wanted (MOA 259).",
    )
    net: values.Money = values.money(
        "net", "`lines` less `discount`, with `charges`, before taxes (MOA 125)."
    )
    taxes: values.Money | None = values.money(
        "taxes",
        "Its taxes, as they were stated; null where nobody has stated any, and since a part of it"
        " was cancelled, or more was ordered, because nothing is computed (MOA 176).",
    )
    gross: values.Money | None = values.money(
        "gross", "`net` with `taxes`; null where these are (MOA 86)."
    )


@strawberry.type(
    description="What an order is charged for beside its lines.",
    directives=[Requires(scope=Scope.ORDERS_READ)],
)
class OrderCharge:
    """One object of `Order.charges`."""

    kind: ChargeKind = strawberry.field(description="What for.")
    amount: values.Money = values.money("amount", "How much, before tax.")


@strawberry.type(
    description="A tax of an order, as whoever sells has stated it.",
    directives=[Requires(scope=Scope.ORDERS_READ)],
)
class OrderTax:
    """One object of `Order.taxes`."""

    category: TaxCategory = strawberry.field(description="What kind of tax it is.")
    rate: Decimal = strawberry.field(description="Its rate in percent.")
    amount: values.Money = values.money("amount", "How much.")


def kept(
    listed: Sequence[Mapping[str, str]] | None, currency: str, **read: Callable[[str], Any]
) -> list[Any]:
    """Return amounts that an order keeps as JSON. read: their names -> how each is read."""
    return [
        SimpleNamespace(currency=currency, **{name: of(each[name]) for name, of in read.items()})
        for each in listed or ()
    ]
