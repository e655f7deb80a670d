"""Tracking numbers of what is on its way: those stay its own, since carriers let numbers rest.

Parcels of one customer may share a number; nobody gets what is told of another customer's parcel by
giving its number to one of its own. That is asked when parcels are packed and when they leave, and
of those of one call between each other.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    DateTime,
    Text,
    Uuid,
    any_,
    bindparam,
    case,
    or_,
    select,
)
from sqlalchemy.orm import aliased

from commands.fulfilment.parcels.inputs import ParcelPack
from commands.writing.transaction import Writing
from kit.db.statements import Statement
from kit.errors import Code, Path, Problem, Refused
from models.base.guards import guards
from models.base.tasks import is_among
from models.fulfilment.deliveries.customers import customer_columns, customer_of
from models.fulfilment.deliveries.tables import Delivery
from models.fulfilment.parcels import Parcel, TrackingNumber, compared
from models.fulfilment.tracking.standing import NUMBERED_WITHIN, TERMINAL, left_at


class Travel(NamedTuple):
    """When something is on its way: since it left, until it arrived, None while it has not."""

    since: datetime
    until: datetime | None


class Holder(NamedTuple):
    """A delivery that has a number. customer: as of `customer_of`.

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

    def is_met(self, way: Travel, customer: Any, carrier_id: UUID | None) -> bool:
        """Tell whether another customer's way meets its own, where both have the number.

        It was packed under the number, perhaps of that carrier. way: an instant, where it begins
        and ends at once.
        """
        if self.left_at is None or not self.is_packed or self.customer == customer:
            return False
        is_its = None in {self.carrier_id, carrier_id} or self.carrier_id == carrier_id
        is_first = self.left_at <= way.since
        has_left = is_first or way.until is None or self.left_at < way.until
        is_over = self.ended_at is not None and self.ended_at <= way.since
        has_it = way.since - NUMBERED_WITHIN < self.added_at
        return has_left and not is_over and has_it and is_its


Holders = defaultdict[str, list[Holder]]
"""Number, as it is compared -> who has it."""


async def holders_of(
    writing: Writing, numbers: Collection[str], at: datetime, own: Collection[UUID] = ()
) -> Holders:
    """Return deliveries that have numbers at an instant, or later, whoever sees them.

    What was at its end by then does not have its number, nor what got it long before, but for some
    deliveries (`own`).
    """
    found = Holders(list)
    if numbers:
        values = {"keys": sorted(numbers), "since": at - NUMBERED_WITHIN, "at": at}
        values |= {**writing.parameters, "own": list(own)}
        for row in await writing.session.rows(_HOLDERS, values):
            number, party_id, place, order_id, delivery_id, *more = row
            customer = customer_of(party_id, place, order_id)
            found[str(number)].append(Holder(delivery_id, customer, *more))
    return found


_MERCHANT = bindparam("merchant", type_=Uuid())


def _of_merchant(*tables: Any) -> list[ColumnElement[bool]]:
    return [it.merchant_id == _MERCHANT for it in tables]


_INSTANT, _IDS = DateTime(timezone=True), ARRAY(Uuid())
_ENDED_AT = case((is_among(Parcel.status, TERMINAL), Parcel.status_at))
_IS_OWN = Parcel.delivery_id == any_(bindparam("own", type_=_IDS))
_IS_NAMED = TrackingNumber.number_compared == any_(bindparam("keys", type_=ARRAY(Text())))
_IS_LATELY = or_(TrackingNumber.added_at > bindparam("since", type_=_INSTANT), _IS_OWN)

_HOLDERS = Statement(
    select(
        TrackingNumber.number_compared,
        *customer_columns(_MERCHANT),
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
    .where(*_of_merchant(TrackingNumber, Parcel, Delivery))
    .where(_IS_NAMED, _IS_LATELY, ~TrackingNumber.is_voided)
    .where(or_(_ENDED_AT.is_(None), bindparam("at", type_=_INSTANT) < _ENDED_AT))
)


def _locking(is_meant: ColumnElement[bool]) -> Statement:
    """Build what locks numbers in id order: who lets parcels leave with them waits for others."""
    rows = select(TrackingNumber.number_compared, Parcel.delivery_id)
    rows = rows.join(Parcel, Parcel.id == TrackingNumber.parcel_id)
    rows = rows.where(*_of_merchant(TrackingNumber, Parcel), is_meant, _IS_LATELY)
    rows = rows.where(~TrackingNumber.is_voided).order_by(TrackingNumber.id)
    return Statement(rows.with_for_update(of=TrackingNumber))


def _theirs() -> Any:
    """Build the numbers of the deliveries under `own`."""
    number, parcel = aliased(TrackingNumber), aliased(Parcel)
    rows = select(number.number_compared).join(parcel, parcel.id == number.parcel_id)
    rows = rows.where(*_of_merchant(number, parcel), ~number.is_voided)
    return rows.where(parcel.delivery_id == any_(bindparam("own", type_=_IDS)))


_LOCK = _locking(_IS_NAMED)
_LOCK_THEIRS = _locking(TrackingNumber.number_compared.in_(_theirs()))


async def customers_of(writing: Writing, delivery_ids: Collection[UUID]) -> dict[UUID, Any]:
    """Return delivery id -> its customer."""
    values = {**writing.parameters, "own": list(delivery_ids)}
    rows = await writing.session.rows(_CUSTOMERS, values)
    return {key: customer_of(*of) for key, *of in rows}


_CUSTOMERS = Statement(
    select(Delivery.id, *customer_columns(_MERCHANT))
    .where(*_of_merchant(Delivery))
    .where(Delivery.id == any_(bindparam("own", type_=_IDS)))
)


class Numbered(NamedTuple):
    """Parcels of a delivery that were packed, and to whom they go.

    left_at: when they left, if they did. ended_at: when their way was over, if it is.
    """

    delivery_id: UUID
    customer: Any
    parcels: Sequence[ParcelPack]
    packed_at: datetime
    left_at: datetime | None
    ended_at: datetime | None

    @property
    def ways(self) -> list[Travel]:
        """When nobody else's way may meet theirs: as they are packed, and on their own."""
        packed = Travel(self.packed_at, self.packed_at)
        return [packed] if self.left_at is None else [packed, Travel(self.left_at, self.ended_at)]

    @property
    def numbers(self) -> Iterator[tuple[str, UUID | None, Path]]:
        """Their numbers as they are compared, each with its carrier and path."""
        for no, parcel in enumerate(self.parcels):
            for place, number in enumerate(parcel.tracking_numbers):
                path = ("parcels", no, "tracking_numbers", place)
                yield compared(number), parcel.carrier_id, path

    def hold(self, holders: Holders) -> None:
        """Have the numbers; what stands here has them as if it had left.

        Nobody could tell who of one call had them first, where both leave.
        """
        for number, carrier_id, _ in self.numbers:
            its = (self.delivery_id, self.customer, carrier_id, self.packed_at)
            since = self.left_at or self.packed_at
            holder = Holder(*its, is_packed=True, left_at=since, ended_at=self.ended_at)
            holders[number].append(holder)


@guards("P2", instead={})
async def find_meeting(
    writing: Writing, packed: Mapping[int, Numbered], staying: Collection[int]
) -> dict[int, Refused]:
    """Return what may not be packed as it is: TAKEN, another customer's parcel is on its way.

    That is when it was packed, or while it was on its way itself. packed: by position; of those
    that meet, who was packed first has the number. staying: positions of what is refused anyway.
    """
    holders, found = await _holders_beside(writing, [*packed.values()]), dict[int, Refused]()
    for place in sorted(packed, key=lambda place: packed[place].packed_at):
        each = packed[place]
        problems = [
            Problem(Code.TAKEN, _TAKEN, path)
            for number, carrier_id, path in each.numbers
            if any(
                holder.is_met(way, each.customer, carrier_id)
                for holder in holders[number]
                for way in each.ways
            )
        ]
        if problems:
            found[place] = Refused.of(problems)
        elif place not in staying:
            each.hold(holders)
    return found


async def _holders_beside(writing: Writing, packed: Sequence[Numbered]) -> Holders:
    """Return who has the numbers of parcels when these are packed, or later.

    Where these have left, nobody else lets parcels leave with their numbers meanwhile.
    """
    numbers = {number for each in packed for number, *_ in each.numbers}
    first = min([writing.now, *(each.packed_at for each in packed)])
    if numbers and any(it.left_at is not None for it in packed):
        values = {"keys": sorted(numbers), "since": first - NUMBERED_WITHIN, "own": []}
        await writing.session.rows(_LOCK, {**writing.parameters, **values})
    return await holders_of(writing, numbers, first)


@guards("P2", instead={})
async def find_taken(
    writing: Writing, leaving: Mapping[UUID, datetime], staying: Collection[UUID]
) -> dict[UUID, Refused]:
    """Return which deliveries may not leave: TAKEN, another customer's is on its way as they are.

    leaving: when each does; of those that meet, who leaves first has the number. staying: those of
    them that are refused anyway. What its carrier has, left before.
    """
    values = {**writing.parameters, "own": list(leaving)}
    since = min(leaving.values(), default=writing.now)
    shared, found = defaultdict[str, set[UUID]](set), dict[UUID, Refused]()
    locked = await writing.session.rows(_LOCK_THEIRS, values | {"since": since - NUMBERED_WITHIN})
    for number, delivery_id in locked:
        shared[number].add(delivery_id)
    numbers = [number for number, of in shared.items() if len(of) > 1]
    holders = await holders_of(writing, numbers, since, leaving)
    here = defaultdict[UUID, list[tuple[str, Holder]]](list)
    for number, of in holders.items():
        for each in of:
            if each.delivery_id in leaving and each.is_packed and each.left_at is None:
                here[each.delivery_id].append((number, each))
    for key in sorted(leaving, key=lambda key: leaving[key]):
        at = leaving[key]
        taken = [number for number, own in here[key] if _is_taken(own, at, holders[number])]
        if taken:
            text = f"Another parcel on its way has the number {taken[0]}: pack it with its own."
            found[key] = Refused(Code.TAKEN, text, ("delivery_id",))
        elif key not in staying:
            for number, own in here[key]:
                holders[number].append(own._replace(left_at=at))
    return found


def _is_taken(holder: Holder, at: datetime, beside: Iterable[Holder]) -> bool:
    way = Travel(at, holder.ended_at)
    return any(it.is_met(way, holder.customer, holder.carrier_id) for it in beside)


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
