"""Lines of orders that change, and those that are taken out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any
from uuid import UUID

from commands.master.catalog import check_active
from commands.master.packagings.counting import Counted, Packagings, check_used, packagings_of
from commands.trade.orders.amounts import check_line, check_may_state
from commands.trade.orders.drafts import LineDraft
from commands.trade.orders.references import References
from commands.trade.orders.revisions.inputs import OrderLineUpdate, OrderUpdate
from commands.trade.orders.revisions.revise import Gone, LineTarget
from commands.trade.orders.revisions.standing import AsItIs, LineAsItIs, StandingOrders, kept
from commands.trade.orders.revisions.steps import StandingPrices
from commands.writing.transaction import Writing, missing
from kit.errors import Code, Path, Refusals, Refused
from kit.inputs import refuse_duplicates
from models.base.guards import guards
from models.master.catalog import Product
from models.trade.codes import TradeCode
from models.trade.orders.lines import OrderLine


def priced_anew(standing: StandingOrders, item: OrderUpdate) -> list[LineAsItIs]:
    """Return the lines of an order whose price is asked anew, as they are and as they become."""
    rows = {it.id: it for it in standing.lines(item.order_id)}
    found = ((rows.get(each.line_id), each) for each in item.lines)
    return [
        line
        for row, each in found
        if row is not None and _is_revised(row, each)
        for line in (LineAsItIs.of(row), _with_its_price(row, each))
    ]


def _is_revised(row: OrderLine, item: OrderLineUpdate) -> bool:
    """Tell whether the merchant's price is asked: by null, or of so much as there is now."""
    if "unit_price" in item.model_fields_set:
        return item.unit_price is None
    return item.quantity is not None and not row.price_stated


def _with_its_price(row: OrderLine, item: OrderLineUpdate) -> LineAsItIs:
    """Return a line as it becomes, for its price."""
    line = LineAsItIs.of(row)
    if item.quantity is None:
        return line
    return line.model_copy(update={"quantity": item.quantity, "packaging": item.packaging})


@dataclass(frozen=True)
class LineChanges:
    """What changes of lines that are there is checked with.

    references: with what `priced_anew` asks.
    """

    standing: StandingOrders
    references: References
    products: Mapping[UUID, Product]
    packagings: Packagings

    @classmethod
    async def read(
        cls,
        writing: Writing,
        standing: StandingOrders,
        references: References,
        items: Sequence[OrderUpdate],
    ) -> "LineChanges":
        """Read the products and packagings of lines that change."""
        rows = {it.id: it for order_id in standing.orders for it in standing.lines(order_id)}
        named = [
            (rows[each.line_id].product_id, each)
            for item in items
            for each in item.lines
            if each.line_id in rows
        ]
        products = await writing.by_key(Product, "id", {product for product, _ in named})
        return cls(standing, references, products, await packagings_of(writing, named))

    def targets(
        self, writing: Writing, item: OrderUpdate, refusals: Refusals
    ) -> tuple[list[LineTarget], list[Gone]]:
        """Return what the lines of an order become, and those that go.

        Noted among the refusals, of lines that stay as they are then: NOT_FOUND, DUPLICATE, and as
        `ordersUpdate` of a line.
        """
        rows = {it.id: it for it in self.standing.lines(item.order_id)}
        drafts, paths = dict[UUID, LineDraft](), dict[UUID, Path]()
        with refusals:
            refuse_duplicates((it.line_id for it in item.lines), ("lines",), "line_id")
        with refusals:
            refuse_duplicates(item.remove_line_ids, ("remove_line_ids",))
        for number, each in enumerate(item.lines):
            with refusals:
                path = ("lines", number)
                paths[each.line_id] = path
                if each.line_id not in rows:
                    raise missing(OrderLine, (*path, "line_id"))
                drafts[each.line_id] = self._draft(writing, rows[each.line_id], each, path)
        gone: list[Gone] = []
        for number, line_id in enumerate(item.remove_line_ids):
            with refusals:
                path = ("remove_line_ids", number)
                gone.append((_removed(rows, line_id, paths, path), path))
        away = set(item.remove_line_ids)
        rows = {key: row for key, row in rows.items() if key not in away}
        kept_path: Path = ("lines",)
        lines: list[LineTarget] = [
            (row, drafts.get(key) or kept(row), paths.get(key, kept_path))
            for key, row in rows.items()
        ]
        return lines, gone

    def _draft(
        self, writing: Writing, row: OrderLine, item: OrderLineUpdate, path: Path
    ) -> LineDraft:
        """Return what a line becomes. Refused: with paths below `path`."""
        refusals, product = Refusals(path), self.products[row.product_id]
        sent = item.model_fields_set
        stated = {it for it in sent if getattr(item, it) is not None}
        values: dict[str, Any] = {name: getattr(item, name) for name in _STATED & stated}
        if sent.intersection(_DISCOUNTS):
            # Who says one of them, or takes it away, says both.
            values |= {it: getattr(item, it) or Decimal(0) for it in _DISCOUNTS}
        if "substitution_allowed" in sent:
            values["substitution_allowed"] = bool(item.substitution_allowed)
        if "external_reference" in sent:
            values["external_reference"] = item.external_reference
        away = {it for it in sent.intersection(_DISCOUNTS) if getattr(row, it)}
        for name in sorted((_STATED & stated) | away):
            with refusals:
                check_may_state(writing, name)
        if "window" in item.model_fields_set:
            values["window"] = item.window
        with refusals:
            values |= self._quantity(row, item)
        with refusals:
            values |= self._price(writing, row, item)
        draft = replace(kept(row), product=product, **values)
        with refusals:
            check_line(draft, draft.unit_price, row.currency)
        refusals.end()
        return draft

    def _quantity(self, row: OrderLine, item: OrderLineUpdate) -> dict[str, Any]:
        """Return how much is ordered now, if said. Refused: as `Packagings`, `_check_more`."""
        if item.quantity is None:
            return {}
        product = self.products[row.product_id]
        quantity = self.packagings(product, item)
        _check_more(row, product, quantity)
        return {"quantity": quantity.amount, "packaging": quantity.packaging}

    def _price(self, writing: Writing, row: OrderLine, item: OrderLineUpdate) -> dict[str, Any]:
        """Return whose a line's price is, and the merchant's where it is asked for another step.

        Refused: PRICE_UNKNOWN.
        """
        if not _is_revised(row, item):
            return {"price_stated": row.price_stated or item.unit_price is not None}
        order, line = AsItIs.of(self.standing.orders[row.order_id]), _with_its_price(row, item)
        known = StandingPrices(writing, self.standing, self.references)
        if "unit_price" not in item.model_fields_set and known.stays(row, order, line):
            return {"price_stated": False}
        found = self.references.priced(writing, order, line)
        if found.unit_price is None and row.unit_price is not None:
            text = f"{found.product.sku} has no price here."
            name = "unit_price" if item.quantity is None else "quantity"
            raise Refused(TradeCode.PRICE_UNKNOWN, text, (name,))
        return {"unit_price": found.unit_price, "price_stated": False}


@guards("O18")
def _check_more(row: OrderLine, product: Product, quantity: Counted) -> None:
    """Refused: WRONG_STATE for more of what is inactive; less of it may be ordered, or as much."""
    is_more, packaging, refusals = quantity.amount > row.ordered, quantity.packaging, Refusals()
    with refusals:
        if is_more:
            check_active(product, ("quantity",))
    with refusals:
        if packaging is not None and (is_more or packaging.id != row.packaging_id):
            check_used(packaging, ("packaging",))
    refusals.end()


def _removed(
    rows: Mapping[UUID, OrderLine], line_id: UUID, changed: Mapping[UUID, Path], path: Path
) -> OrderLine:
    """Return a line that is taken out. Refused: NOT_FOUND, DUPLICATE for one that changes, too."""
    if line_id not in rows:
        raise missing(OrderLine, path)
    if line_id in changed:
        raise Refused(Code.DUPLICATE, "This line is changed as well, by `lines`.", path)
    return rows[line_id]


_DISCOUNTS = ("discount_percent", "discount_amount")
_STATED = {"unit_price", *_DISCOUNTS}
"""Fields that need the scope PRICES_STATE."""
