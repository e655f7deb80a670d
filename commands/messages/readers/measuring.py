"""Quantities of an article in the unit of our product, whatever unit its customer writes."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from commands.trade.releases.inputs import RecordedRelease
from kit.errors import Refused
from kit.inputs import camel
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

_INFORMING = frozenset(
    {
        "cumulative_received",
        "engineering_revision",
        "material_go_ahead",
        "packaging_instruction",
        "planner",
        "production_go_ahead",
        "rest_of_forecast",
    }
)
"""Fields of a release without which its schedule says the same."""
_HORIZON = ("horizon_start", "horizon_end")
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

    def figure(self, item: GoAhead | Remainder | None) -> Decimal | None:
        """Return a quantity that informs only; one that cannot be counted is left out, and told."""
        return None if item is None else self._figure(item.quantity, item.unit, item.segment)

    @property
    def received(self) -> Decimal | None:
        """Return what was received, likewise."""
        number = self.article.received
        unit, segment = self.article.received_unit, self.article.segment
        return None if number is None else self._figure(number, unit, segment)

    def recorded(self, values: Mapping[str, Any]) -> RecordedRelease:
        """Return what is recorded; what informs only and is no such value is left out, and told.

        Refused: what else is wrong.
        """
        start, end = (values[it] for it in _HORIZON)
        wrong = dict[str, str]()
        if start is not None and end is not None and end < start:
            wrong = dict.fromkeys(_HORIZON, "A horizon ends after it starts.")
        try:
            found = RecordedRelease.read(_without(values, wrong))
        except Refused as refused:
            odd = {str(it.path[0]): it.message for it in refused.problems}
            if not odd.keys() <= _INFORMING:
                raise
            wrong |= odd
            found = RecordedRelease.read(_without(values, wrong))
        for name, why in wrong.items():
            text = f"{camel(name)} is left out: {why}"
            self._tell(text, self.article.segment)
        return found

    def odd(self, receipt: CountedReceipt, quantity: Decimal) -> Finding:
        """Return that a receipt's quantity is too fine, and not taken in."""
        text = (
            f"Its last receipt {receipt.note} has {quantity.normalize():f}, which is finer than its"
            " product is counted: it is taken in without a quantity."
        )
        offset, tag = self.article.offset, self._tag(receipt.segment)
        return Finding(Fault.ODD_RECEIPT, text, offset, tag, receipt.segment)

    def _figure(self, quantity: Decimal, unit: str, segment: int) -> Decimal | None:
        try:
            counted = self._counted(quantity, unit, segment)
        except Faulty as faulty:
            self._tell(f"{faulty.finding.text} It informs only, and is left out.", segment)
            return None
        if not self.product.fits(counted):
            text = f"{counted.normalize():f} is finer than its product is counted: it is left out."
            self._tell(text, segment)
            return None
        return counted

    def _tell(self, text: str, segment: int) -> None:
        finding = Finding(Fault.ODD_FIGURE, text, self.article.offset, self._tag(segment), segment)
        self.article.findings.append(finding)

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


def _without(values: Mapping[str, Any], names: Collection[str]) -> dict[str, Any]:
    return {name: it for name, it in values.items() if name not in names}
