"""Serial numbers: each of a product lies in one parcel of all that stand packed at one time."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple, TypeAlias
from uuid import UUID

from commands.fulfilment.parcels.inputs import ParcelPack
from kit.errors import Code, Problem, Refused
from models.base.guards import guards
from models.master.catalog import Product

Unit: TypeAlias = tuple[UUID, str]
"""A product and a serial number of it."""


class Stood(NamedTuple):
    """Since when something is packed. until: when it left, or was cancelled; None if it did not."""

    since: datetime
    until: datetime | None

    def meets(self, other: "Stood") -> bool:
        """Tell whether both stood packed at one time."""
        first, later = sorted((self, other), key=lambda it: it.since)
        return first.since == later.since or first.until is None or later.since < first.until


@dataclass
class PackedSerials:
    """What lies in parcels of deliveries: unit -> when it was packed in each."""

    packed: defaultdict[Unit, list[Stood]] = field(default_factory=lambda: defaultdict(list))

    def add(self, units: Collection[Unit], stood: Stood) -> None:
        """Add what lies in the parcels of a delivery."""
        for unit in units:
            self.packed[unit].append(stood)

    def has(self, unit: Unit, stood: Stood) -> bool:
        """Tell whether something was packed elsewhere meanwhile."""
        return any(map(stood.meets, self.packed.get(unit, ())))


@guards("D19", instead=frozenset())
def check_apart(
    parcels: Sequence[ParcelPack],
    products: Mapping[UUID, Product],
    others: PackedSerials,
    stood: Stood,
) -> Collection[Unit]:
    """Look whether each serial number of a product lies in one parcel. Refused: DUPLICATE.

    products: by line of the delivery. others: what lies elsewhere. Returns what lies in these.
    """
    own, problems = set[Unit](), list[Problem]()
    for place, parcel in enumerate(parcels):
        for number, each in enumerate(parcel.contents):
            for serial_no, serial in enumerate(each.serial_numbers):
                unit = (products[each.delivery_line_id].id, serial)
                if unit in own or others.has(unit, stood):
                    path = ("parcels", place, "contents", number, "serial_numbers", serial_no)
                    problems.append(Problem(Code.DUPLICATE, f"{serial} is packed twice.", path))
                own.add(unit)
    if problems:
        raise Refused.of(problems)
    return own
