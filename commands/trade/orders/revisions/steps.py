"""Whether a line whose quantity changes keeps its price: while the same step of a scale says it."""

from dataclasses import dataclass

from commands.trade.orders.fields import LineFields, OrderFields
from commands.trade.orders.references import References
from commands.trade.orders.revisions.standing import AsItIs, LineAsItIs, StandingOrders
from commands.writing.transaction import Writing
from models.trade.orders.lines import OrderLine


@dataclass(frozen=True)
class StandingPrices:
    """Prices of the merchant's that lines have. references: with what lines ask as they are."""

    writing: Writing
    standing: StandingOrders
    references: References

    def stays(self, row: OrderLine, fields: OrderFields, line: LineFields) -> bool:
        """Tell whether a line keeps its price as it becomes what is said of it.

        So it does while what is known today says the price of both quantities in one place: what
        was written since its order does not reprice it.
        """
        if row.unit_price is None:
            return False
        order = AsItIs.of(self.standing.orders[row.order_id])
        before = self.references.priced(self.writing, order, LineAsItIs.of(row))
        return before.is_of_step(self.references.priced(self.writing, fields, line))
