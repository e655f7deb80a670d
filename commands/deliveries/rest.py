"""What is left of an order beside its deliveries, where its policy says that nothing may be."""

from collections.abc import Mapping
from decimal import Decimal

from commands.orders import lines
from commands.writing import Writing
from models.journal import Aggregate
from models.orders import Order, OrderLine


async def cancel(writing: Writing, order: Order, rest: Mapping[OrderLine, Decimal]) -> None:
    """Cancel quantities of a locked order that are in no delivery. rest: line -> quantity."""
    open_rest = {line: quantity for line, quantity in rest.items() if quantity > 0}
    if not open_rest:
        return
    await lines.cancel(writing, order, open_rest)
    order.version += 1
    told = [{"line_no": it.line_no, "quantity": str(open_rest[it])} for it in open_rest]
    writing.record(Aggregate.ORDER, order.id, "order.lines_cancelled", lines=told)
