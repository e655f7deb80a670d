"""Tracking numbers of what is on its way: those stay its own, since carriers let numbers rest.

Parcels of one customer may share a number; nobody gets what is told of another customer's parcel by
giving its number to one of its own.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, MutableMapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ARRAY, DateTime, Text, Uuid, any_, bindparam, case, or_, select

from commands.fulfilment.parcels.inputs import ParcelPack
from commands.writing.transaction import Writing
from kit.db.statements import Statement
from kit.errors import Code, Path, Problem, Refused
from models.base.guards import guards
from models.base.tasks import is_among
from models.fulfilment.deliveries.tables import Delivery
from models.fulfilment.parcels import Parcel, TrackingNumber, compared
from models.fulfilment.tracking.standing import NUMBERED_WITHIN, TERMINAL, left_at


class Holder(NamedTuple):
    """A delivery that has a number. customer: a party, or the address of a guest.

    carrier_id: whose number it is, None where that is not known. added_at: since when it has it.
    is_packed: whether a parcel was packed with it, and no report has added it. left_at: when it
    left, None while it is here. ended_at: when its way was over, None while it is not.
    """

    delivery_id: UUID
    customer: Any
    carrier_id: UUID | None
    added_at: datetime
    is_packed: bool
    left_at: datetime | None
    ended_at: datetime | None

    def is_on_its_way(self, at: datetime, carrier_id: UUID | None) -> bool:
        """Tell whether it, packed under its number, was on its way then, perhaps with a carrier."""
        is_its = None in {self.carrier_id, carrier_id} or self.carrier_id == carrier_id
        has_left = self.left_at is not None and self.left_at <= at
        is_over = self.ended_at is not None and self.ended_at <= at
        has_it = at - NUMBERED_WITHIN < self.added_at
        return self.is_packed and has_left and not is_over and has_it and is_its


async def holders_of(
    writing: Writing, numbers: Collection[str], at: datetime
) -> defaultdict[str, list[Holder]]:
    """Return number, as it is compared -> deliveries that have it at an instant, or later.

    Whoever sees them. What was at its end by then does not have it.
    """
    found: defaultdict[str, list[Holder]] = defaultdict(list)
    if numbers:
        values = {"keys": sorted(numbers), "since": at - NUMBERED_WITHIN, "at": at}
        values |= writing.parameters
        for number, party_id, address, *row in await writing.session.rows(_HOLDERS, values):
            delivery_id, *more = row
            found[str(number)].append(Holder(delivery_id, party_id or address, *more))
    return found


_INSTANT = DateTime(timezone=True)
_ENDED_AT = case((is_among(Parcel.status, TERMINAL), Parcel.status_at))

_HOLDERS = Statement(
    select(
        TrackingNumber.number_compared,
        Delivery.party_id,
        Delivery.ship_to,
        Delivery.id.label("delivery_id"),
        TrackingNumber.carrier_id,
        TrackingNumber.added_at,
        (TrackingNumber.added_at <= Parcel.packed_at).label("is_packed"),
        left_at(Parcel, Delivery).label("left_at"),
        _ENDED_AT.label("ended_at"),
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
        TrackingNumber.added_at > bindparam("since", type_=_INSTANT),
        ~TrackingNumber.is_voided,
        or_(_ENDED_AT.is_(None), bindparam("at", type_=_INSTANT) < _ENDED_AT),
    )
)


def customer_of(delivery: Delivery) -> Any:
    """Return to whom a delivery goes, as of `Holder`."""
    return delivery.party_id or delivery.ship_to


def hold_numbers(
    delivery: Delivery,
    parcels: Sequence[ParcelPack],
    holders: MutableMapping[str, list[Holder]],
    packed_at: datetime,
    left_at: datetime,
    arrived_at: datetime | None,
) -> None:
    """Let a delivery that has left have the numbers of its parcels, until it arrived if it did."""
    for parcel in parcels:
        its = Holder(
            delivery.id,
            customer_of(delivery),
            parcel.carrier_id,
            packed_at,
            is_packed=True,
            left_at=left_at,
            ended_at=arrived_at,
        )
        for number in parcel.tracking_numbers:
            holders[compared(number)].append(its)


@guards("P2")
def check_numbers(
    delivery: Delivery,
    parcels: Sequence[ParcelPack],
    holders: Mapping[str, Sequence[Holder]],
    at: datetime,
) -> None:
    """Refused: TAKEN for numbers of parcels of which another customer's was on its way then."""
    customer, problems = customer_of(delivery), list[Problem]()
    for no, parcel in enumerate(parcels):
        for place, number in enumerate(parcel.tracking_numbers):
            others = (it for it in holders.get(compared(number), ()) if it.customer != customer)
            if any(it.is_on_its_way(at, parcel.carrier_id) for it in others):
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
