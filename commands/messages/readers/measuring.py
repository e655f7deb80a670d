"""Quantities of an article in the unit of our product, whatever unit its customer writes."""

from dataclasses import dataclass
from decimal import Decimal

from kit.standards.edifact.faults import Fault, Faulty, Finding
from kit.standards.schedules.habits import Habits
from kit.standards.schedules.messages import (
    ArticleSchedule,
    CountedReceipt,
    GoAhead,
    PlannedQuantity,
    Remainder,
)
from models.master.catalog import Product

_COUNTED = {"LIN": "QTY"}
"""Segment of an article -> those that count it, where they are of one kind."""


@dataclass(frozen=True)
class Measuring:
    """Counts what is said of an article. Without a unit it is in the product's own."""

    product: Product
    habits: Habits
    article: ArticleSchedule

    def of(self, item: PlannedQuantity | CountedReceipt | GoAhead | Remainder) -> Decimal:
        """Return a quantity in the product's unit. Faulty: UNIT_MISMATCH."""
        return self._counted(item.quantity, item.unit, item.segment)

    @property
    def received(self) -> Decimal | None:
        """Return what was received, likewise."""
        number = self.article.received
        unit, segment = self.article.received_unit, self.article.segment
        return None if number is None else self._counted(number, unit, segment)

    def odd(self, receipt: CountedReceipt, quantity: Decimal) -> Finding:
        """Return that a receipt's quantity is too fine, and not taken in."""
        text = (
            f"Its last receipt {receipt.note} has {quantity.normalize():f}, which is finer than its"
            " product is counted: it is taken in without a quantity."
        )
        offset, tag = self.article.offset, self._tag(receipt.segment)
        return Finding(Fault.ODD_RECEIPT, text, offset, tag, receipt.segment)

    def _counted(self, quantity: Decimal, unit: str, segment: int) -> Decimal:
        if not unit:
            return quantity
        code = self.habits.meaning("UNIT", unit) or unit
        counted = self.product.counted_by_code(quantity, code)
        if counted is None:
            named = ", ".join(self.article.articles.values())
            text = f"{named}: {unit!r} cannot be counted in {self.product.unit.value}."
            offset, tag = self.article.offset, self._tag(segment)
            raise Faulty(Finding(Fault.UNIT_MISMATCH, text, offset, tag, segment))
        return counted

    def _tag(self, segment: int) -> str | None:
        own = self.article
        return own.tag if segment == own.segment else _COUNTED.get(own.tag)
