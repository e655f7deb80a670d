"""Deliveries that are recorded again: found by their references, and compared with what is sent."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Any, TypeAlias
from uuid import UUID

from commands.fulfilment.deliveries.locking import grouped
from commands.fulfilment.tracking.history.inputs import STEPS, RecordedDelivery, RecordedParcel
from commands.fulfilment.tracking.history.known import NamedByRecords
from commands.master.packagings.counting import Packagings, packagings_of
from commands.writing.transaction import Writing
from commands.writing.upserts.differences import difference
from kit.errors import Code, Path, Problem, Refused
from kit.inputs import camel
from models.fulfilment.deliveries.tables import Delivery, DeliveryLine
from models.fulfilment.parcels import Parcel, ParcelContent, TrackingNumber, compared
from models.master.catalog import Product

DeliveryKey: TypeAlias = tuple[UUID, str]
"""Channel and external reference of a delivery."""
_FIELDS = (
    *("location_id", "method", "incoterm", "promised_at", "fulfil_at", "fulfil_by"),
    *("completes_order", "window_override", "ship_to_id", *STEPS, "cancelled_at"),
)
"""Fields of a delivery that are columns of its row."""
_OF_PARCELS = (
    *("sscc", "carrier_id", "service", "label_reference"),
    *("weight_g", "length_mm", "width_mm", "height_mm"),
)
"""The same of a parcel."""
_Differences: TypeAlias = Iterator[tuple[Path, str]]
"""Where the input says something else, and what is other there."""


def delivery_key(item: RecordedDelivery, known: NamedByRecords) -> DeliveryKey | None:
    """Return by what a delivery is known, None where it is by nothing, or has an odd line."""
    orders = known.orders_of(item)
    if item.external_reference is None or not orders:
        return None
    return orders[0].channel_id, item.external_reference


@dataclass(frozen=True)
class RecordedBefore:
    """Deliveries that are there, by what they are known by, and what belongs to each, by its id.

    contents: by parcel. products: by order line. packagings: those that inputs name.
    """

    deliveries: Mapping[DeliveryKey, Any]
    lines: Mapping[UUID, Sequence[Any]]
    parcels: Mapping[UUID, Sequence[Any]]
    numbers: Mapping[UUID, Sequence[Any]]
    contents: Mapping[UUID, Sequence[Any]]
    products: Mapping[UUID, Product]
    packagings: Packagings

    @classmethod
    async def read(
        cls, writing: Writing, items: Sequence[RecordedDelivery], known: NamedByRecords
    ) -> "RecordedBefore":
        """Read what items with references name, one statement a table; none where none has one."""
        keys = {place: delivery_key(item, known) for place, item in enumerate(items)}
        wanted = {key[1] for key in keys.values() if key is not None}
        rows = await writing.records(Delivery, "external_reference", sorted(wanted))
        there: dict[Any, Any] = {(it.channel_id, it.external_reference): it for it in rows}
        ids = [it.id for it in rows]
        everything = writing.for_all()
        lines = await everything.records(DeliveryLine, "delivery_id", ids)
        every = await everything.records(Parcel, "delivery_id", ids)
        packing = {it.id: it.packing for it in rows}
        parcels = [it for it in every if it.packing == packing[it.delivery_id]]
        parcels.sort(key=attrgetter("parcel_no"))
        held = [it.id for it in parcels]
        inputs: list[Any] = []
        for place, item in enumerate(items):
            if keys[place] in there:
                inputs += item.lines
                inputs += (content for parcel in item.parcels for content in parcel.contents)
        of = known.lines
        counted = [each for each in inputs if each.order_line_id in of]
        named = [(of[each.order_line_id].product_id, each) for each in counted]
        products = await writing.by_key(Product, "id", {product_id for product_id, _ in named})
        return cls(
            there,
            grouped(lines, "delivery_id"),
            grouped(parcels, "delivery_id"),
            grouped(await everything.records(TrackingNumber, "parcel_id", held), "parcel_id"),
            grouped(await everything.records(ParcelContent, "parcel_id", held), "parcel_id"),
            {
                key: products[line.product_id]
                for key, line in known.lines.items()
                if line.product_id in products
            },
            await packagings_of(writing, named),
        )

    def find(self, item: RecordedDelivery, known: NamedByRecords) -> Any:
        """Return the delivery that is sent again, None for a new one.

        Refused: WRONG_STATE for each difference in what the item says.
        """
        key = delivery_key(item, known)
        delivery = None if key is None else self.deliveries.get(key)
        if delivery is not None:
            self._check(item, delivery)
        return delivery

    def _check(self, item: RecordedDelivery, delivery: Any) -> None:
        every = (
            self._of_delivery(item, delivery),
            self._of_lines(item, delivery),
            self._of_parcels(item, delivery),
        )
        problems = [
            Problem(Code.WRONG_STATE, f"{delivery.number} is there already, and {what}.", path)
            for of in every
            for path, what in of
        ]
        if problems:
            raise Refused.of(problems)

    def _of_delivery(self, item: RecordedDelivery, delivery: Any) -> _Differences:
        yield from _of_fields(item, delivery, _FIELDS)
        for name in ("ship_to", "recipient"):
            value = getattr(item, name)
            if value is not None and value.model_dump() != getattr(delivery, name):
                yield (name,), f"{camel(name)} is another there"
        if item.window is not None:
            for name in ("earliest", "latest"):
                old, new = getattr(delivery, f"window_{name}"), getattr(item.window, name)
                if old != new:
                    yield ("window", name), difference(name, old, new)

    def _of_lines(self, item: RecordedDelivery, delivery: Any) -> _Differences:
        planned = {it.order_line_id: it.planned for it in self.lines.get(delivery.id, ())}
        for number, line in enumerate(item.lines):
            path, old = ("lines", number), planned.pop(line.order_line_id, None)
            if old is None:
                yield (*path, "order_line_id"), "brings nothing of this line"
                continue
            new = self._amount(line)
            if old != new:
                yield (*path, "quantity"), difference("quantity", old, new)
        if planned:
            yield ("lines",), f"brings {len(planned)} more"

    def _amount(self, each: Any) -> Any:
        """Return how much an input says, in the product's unit; None for what is no quantity."""
        product = self.products.get(each.order_line_id)
        try:
            return product and self.packagings(product, each).amount
        except Refused:
            return None

    def _of_parcels(self, item: RecordedDelivery, delivery: Any) -> _Differences:
        there = self.parcels.get(delivery.id, ())
        if not item.parcels or not delivery.packing:
            return
        if len(there) != len(item.parcels):
            yield ("parcels",), f"has {len(there)} parcels there, not {len(item.parcels)}"
            return
        of_line = {it.id: it.order_line_id for it in self.lines.get(delivery.id, ())}
        for place, (sent, parcel) in enumerate(zip(item.parcels, there, strict=True)):
            for path, what in self._of_parcel(sent, parcel, of_line):
                yield ("parcels", place, *path), what

    def _of_parcel(
        self, sent: RecordedParcel, parcel: Any, of_line: Mapping[UUID, UUID]
    ) -> _Differences:
        yield from _of_fields(sent, parcel, _OF_PARCELS)
        numbers = {compared(it.number) for it in self.numbers.get(parcel.id, ())}
        if not numbers.issuperset(map(compared, sent.tracking_numbers)):
            yield ("tracking_numbers",), "trackingNumbers are others there"
        old = Counter(
            (of_line[each.delivery_line_id], each.quantity, each.lot, tuple(each.serial_numbers))
            for each in self.contents.get(parcel.id, ())
        )
        new = Counter(
            (each.order_line_id, self._amount(each), each.lot, tuple(each.serial_numbers))
            for each in sent.contents
        )
        if old != new:
            yield ("contents",), "contents are others there"


def _of_fields(item: Any, row: Any, names: Iterable[str]) -> _Differences:
    """Yield the fields that an input gives and a row has otherwise."""
    for name in names:
        value = getattr(item, name)
        if name in item.model_fields_set and value is not None and value != getattr(row, name):
            yield (name,), difference(name, getattr(row, name), value)
