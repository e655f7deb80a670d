"""What takes the place of a product that was ordered."""

from commands.master.packagings.counting import columns_of
from models.master.catalog import Product, measure_of
from models.trade.orders.lines import OrderLine
from models.trade.orders.tables import Order


def substitute(order: Order, line: OrderLine, product: Product) -> None:
    """Let a line bring another product, which is agreed on; both are counted in one unit.

    It has packagings of its own: the line is not counted in those of the other any more. What was
    ordered first stays known, unless it is what comes again. Taxes were stated for that: they are
    not known any more.
    """
    order.taxed = order.taxed_without = None
    first = line.replaced_product_id or line.product_id
    line.replaced_product_id = None if first == product.id else first
    no_packaging = columns_of(None) | columns_of(None, "tolerance_")
    for name, value in {**measure_of(product), **no_packaging}.items():
        setattr(line, name, value)
