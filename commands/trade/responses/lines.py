"""The lines of a response: what is said to each, with what that names."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated
from uuid import UUID

from pydantic import Field

from commands.master.packagings.counting import (
    Packagings,
    Quantified,
    check_used,
    packagings_of,
)
from commands.trade.contracts.times import Window
from commands.writing.transaction import Writing, check_known, missing
from kit.errors import Code, Path, Refused
from kit.ids import Names
from kit.inputs import Note, Quantity, QuantityOrZero
from models.master.catalog import Product
from models.master.packagings import Packaging
from models.trade.orders.lines import OrderLine
from models.trade.orders.states import LineResponse


class LineConfirm(Quantified):
    """What the merchant says to one line."""

    line_id: Annotated[UUID, Names("OrderLine")] = Field(description="A line of the order.")
    response: LineResponse = Field(description="Accepted, amended or rejected.")
    window: Window | None = Field(
        None, description="When it is promised; of an amendment, when it is offered."
    )
    over_tolerance: QuantityOrZero | None = Field(
        None,
        description="Of an acceptance: how much more than ordered may be delivered, from now on, in"
        " the product's unit or `packaging`; a call-off's contract says that.",
    )
    quantity: Quantity | None = Field(
        None, description="Of an amendment: how much can be had, less than what is wanted."
    )
    product_id: Annotated[UUID, Names("Product")] | None = Field(
        None,
        description="Of an amendment: what is offered instead, in the same unit and at the same"
        " price; only while no delivery has taken anything of the line.",
    )
    reason: Note | None = Field(
        None, description="Why; shown to the customer. A rejection needs one."
    )


@dataclass(frozen=True)
class AnsweredLine:
    """A line with what is said to it, and what is offered instead, by product id. path: of it.

    fields: with quantities in the product's unit. packaging: in which they were counted.
    """

    line: OrderLine
    fields: LineConfirm
    packaging: Packaging | None
    products: Mapping[UUID, Product]
    path: Path

    def refused(self, code: str, message: str, field: str) -> Refused:
        """Return a refusal at one field."""
        return Refused(code, message, (*self.path, field))

    @property
    def offered(self) -> Product:
        """Return what the line is to bring."""
        return self.products[self.fields.product_id or self.line.product_id]

    @property
    def is_agreed(self) -> bool:
        """Tell whether it is an amendment that its customer has allowed with the order.

        That is another product at the same price, and nothing else.
        """
        fields = self.fields
        return (
            self.line.substitution_allowed
            and fields.product_id is not None
            and fields.quantity is None
            and fields.window is None
        )

    @property
    def waits(self) -> bool:
        """Tell whether it is an amendment that its customer has to answer."""
        return self.fields.response is LineResponse.AMENDED and not self.is_agreed

    @property
    def wanted(self) -> Decimal:
        """What is ordered and not cancelled."""
        return self.line.ordered - self.line.cancelled


@dataclass(frozen=True)
class NamedByResponse:
    """What a response names: lines of its order, products and packagings."""

    lines: Mapping[UUID, OrderLine]
    products: Mapping[UUID, Product]
    packagings: Packagings

    def answered(self, fields: LineConfirm, path: Path) -> AnsweredLine:
        """Return a line with what is said to it. Refused: NOT_FOUND, WRONG_STATE."""
        line = self.lines.get(fields.line_id)
        if line is None:
            raise missing(OrderLine, (*path, "line_id"))
        if not line.open_quantity:
            text = f"Nothing of line {line.line_no} is open."
            raise Refused(Code.WRONG_STATE, text, (*path, "line_id"))
        check_known(Product, self.products, [(fields.product_id, (*path, "product_id"))])
        offered = self.products[fields.product_id or line.product_id]
        in_units, packaging = _in_units(fields, offered, self.packagings, path)
        return AnsweredLine(line, in_units, packaging, self.products, path)


async def named_by_responses(
    writing: Writing, stated: Sequence[LineConfirm], lines: Mapping[UUID, OrderLine]
) -> NamedByResponse:
    """Read what a response names. lines: of its order."""
    substitutes = {it.product_id for it in stated if it.product_id is not None}
    ordered = {it.product_id for it in lines.values()}
    products = await writing.by_key(Product, "id", ordered | substitutes)
    counted = (
        (item.product_id or lines[item.line_id].product_id, item)
        for item in stated
        if item.line_id in lines
    )
    return NamedByResponse(lines, products, await packagings_of(writing, counted))


def _in_units(
    fields: LineConfirm, product: Product, packagings: Packagings, path: Path
) -> tuple[LineConfirm, Packaging | None]:
    """Return what is said with quantities in the product's unit, and in what they were counted.

    Refused: as `Packagings`; WRONG_STATE for a packaging that is not active.
    """
    if fields.packaging is None:
        return fields, None
    names = ("quantity", "over_tolerance")
    stated = [name for name in names if getattr(fields, name) is not None]
    amounts = {name: packagings(product, fields, name, path).amount for name in stated}
    packaging = packagings.named(product.id, fields)
    check_used(packaging, (*path, "packaging"))
    return fields.model_copy(update={**amounts, "packaging": None}), packaging
