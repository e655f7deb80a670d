"""Tracking numbers of what is on its way: those stay its own, since carriers let numbers rest.

Parcels of one customer may share a number; nobody gets what is told of another customer's parcel by
giving its number to one of its own.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ARRAY, DateTime, Text, Uuid, any_, bindparam, select

from commands.fulfilment.parcels.inputs import ParcelPack
from commands.writing.transaction import Writing
from kit.db.statements import Statement
from kit.errors import Code, Path, Problem, Refused
from models.base.guards import guards
from models.base.tasks import is_among
from models.fulfilment.deliveries.tables import Delivery
from models.fulfilment.parcels import Parcel, TrackingNumber, compared
from models.fulfilment.tracking.standing import NUMBERED_WITHIN, TERMINAL, has_left


class Holder(NamedTuple):
    """A delivery that has a number. customer: a party, or the address of a guest.

    carrier_id: whose number it is, None where that is not known. is_packed: whether a parcel was
    packed with it, and no report has added it. has_left: whether the delivery has.
    """

    delivery_id: UUID
    customer: Any
    carrier_id: UUID | None
    is_packed: bool
    has_left: bool

    def is_on_its_way_with(self, carrier_id: UUID | None) -> bool:
        """Tell whether it was packed under its number, and has left, perhaps with a carrier."""
        is_its = None in {self.carrier_id, carrier_id} or self.carrier_id == carrier_id
        return self.is_packed and self.has_left and is_its


async def holders_of(
    writing: Writing, numbers: Collection[str], at: datetime
) -> Mapping[str, Sequence[Holder]]:
    """Return number, as it is compared -> deliveries of live parcels that have it at an instant.

    Whoever sees them.
    """
    found: defaultdict[str, list[Holder]] = defaultdict(list)
    if numbers:
        values = {**writing.parameters, "keys": sorted(numbers), "since": at - NUMBERED_WITHIN}
        for number, party_id, address, *row in await writing.session.rows(_HOLDERS, values):
            delivery_id, carrier_id, is_packed, has_left = row
            holder = Holder(delivery_id, party_id or address, carrier_id, is_packed, has_left)
            found[str(number)].append(holder)
    return found


_HOLDERS = Statement(
    select(
        TrackingNumber.number_compared,
        Delivery.party_id,
        Delivery.ship_to,
        Delivery.id.label("delivery_id"),
        TrackingNumber.carrier_id,
        (TrackingNumber.added_at <= Parcel.packed_at).label("is_packed"),
        has_left(Parcel, Delivery).label("has_left"),
    )
    .distinct()
    .join(Parcel, Parcel.id == TrackingNumber.parcel_id)
    .join(Delivery, Delivery.id == Parcel.delivery_id)
    .where(
        *(
            table.merchant_id == bindparam("merchant", type_=Uuid())
            for table in (TrackingNumber, Parcel, Delivery)
        ),
        TrackingNumber.number_compared == any_(bindparam("keys", type_=ARRAY(Text()))),
        TrackingNumber.added_at > bindparam("since", type_=DateTime(timezone=True)),
        ~TrackingNumber.is_voided,
        ~is_among(Parcel.status, TERMINAL),
    )
)


def customer_of(delivery: Delivery) -> Any:
    """Return to whom a delivery goes, as of `Holder`."""
    return delivery.party_id or delivery.ship_to


@guards("P2")
def check_numbers(
    delivery: Delivery,
    parcels: Sequence[ParcelPack],
    holders: Mapping[str, Sequence[Holder]],
) -> None:
    """Refused: TAKEN for numbers of parcels of which another customer's is on its way."""
    customer, problems = customer_of(delivery), list[Problem]()
    for no, parcel in enumerate(parcels):
        for place, number in enumerate(parcel.tracking_numbers):
            others = (it for it in holders.get(compared(number), ()) if it.customer != customer)
            if any(it.is_on_its_way_with(parcel.carrier_id) for it in others):
                path = ("parcels", no, "tracking_numbers", place)
                problems.append(Problem(Code.TAKEN, _TAKEN, path))
    if problems:
        raise Refused.of(problems)


@guards("P2")
def check_added(parcel: Parcel, customer: Any, holders: Sequence[Holder], path: Path) -> None:
    """Refused: TAKEN for a number that is reported of a parcel, and is another one's.

    That is one of another customer, or one that is known to be another carrier's.
    """
    own = {None, parcel.carrier_id}
    beside = [it for it in holders if it.delivery_id != parcel.delivery_id]
    if any(it.customer != customer or it.carrier_id not in own for it in beside):
        raise Refused(Code.TAKEN, _TAKEN, path)


_TAKEN = "A parcel on its way has this number."
