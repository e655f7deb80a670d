"""Tracking numbers of what is on its way: those stay its own, since carriers let numbers rest.

Parcels of one customer may share a number; nobody gets what is told of another customer's parcel by
giving its number to one of its own. That is asked when parcels are packed and when they leave, and
of those of one call between each other. Of two calls at once that let parcels have one number, the
second waits for the first, be the number new to both.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
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
    or_,
    select,
)

from commands.fulfilment.parcels.inputs import ParcelPack
from commands.writing.counters import each_in_line, stand_in_lines
from commands.writing.transaction import Writing
from kit.db.statements import Statement
from kit.errors import Code, Path, Problem, Refused
from models.base.guards import guards
from models.base.tasks import is_among
from models.fulfilment.deliveries.customers import customer_columns, customer_of
from models.fulfilment.deliveries.tables import Delivery
from models.fulfilment.deliveries.ways import (
    NUMBERED_WITHIN,
    ended_at,
    has_packed_number,
    left_at,
)
from models.fulfilment.parcels import WITH_CARRIER, Parcel, TrackingNumber, compared


class Travel(NamedTuple):
    """When something is on its way: since it left, until it arrived, None while it has not."""

    since: datetime
    until: datetime | None


class PackedNumber(NamedTuple):
    """A number that a parcel was packed with, as it is compared. carrier_id, added_at: of it."""

    number: str
    carrier_id: UUID | None
    added_at: datetime


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


async def holders_of(writing: Writing, numbers: Collection[str], at: datetime) -> Holders:
    """Return deliveries that have numbers at an instant, or later, whoever sees them.

    What was at its end by then does not have its number, nor what got it long before.
    """
    found = Holders(list)
    if numbers:
        values = {"keys": sorted(numbers), "since": at - NUMBERED_WITHIN, "at": at}
        for row in await writing.session.rows(_HOLDERS, {**writing.parameters, **values}):
            number, party_id, place, order_id, delivery_id, *more = row
            customer = customer_of(party_id, place, order_id)
            found[str(number)].append(Holder(delivery_id, customer, *more))
    return found


async def holders_from_now(writing: Writing, numbers: Collection[str], at: datetime) -> Holders:
    """Return the same, and let nobody else give these numbers to anything meanwhile."""
    await stand_in_lines(writing, _LINE, numbers)
    return await holders_of(writing, numbers, at)


_MERCHANT = bindparam("merchant", type_=Uuid())


def _of_merchant(*tables: Any) -> list[ColumnElement[bool]]:
    return [it.merchant_id == _MERCHANT for it in tables]


_INSTANT, _IDS = DateTime(timezone=True), ARRAY(Uuid())
_ENDED_AT = ended_at(Parcel)
_NAMED = bindparam("keys", type_=ARRAY(Text()))

_HOLDERS = Statement(
    select(
        TrackingNumber.number_compared,
        *customer_columns(_MERCHANT),
        Delivery.id.label("delivery_id"),
        TrackingNumber.carrier_id,
        TrackingNumber.added_at,
        has_packed_number(TrackingNumber, Parcel).label("is_packed"),
        left_at(Parcel, Delivery).label("left_at"),
        _ENDED_AT.label("ended_at"),
    )
    .distinct()
    .join(Parcel, Parcel.id == TrackingNumber.parcel_id)
    .join(Delivery, Delivery.id == Parcel.delivery_id)
    .where(*_of_merchant(TrackingNumber, Parcel, Delivery))
    .where(TrackingNumber.number_compared == any_(_NAMED), ~TrackingNumber.is_voided)
    .where(TrackingNumber.added_at > bindparam("since", type_=_INSTANT))
    .where(or_(_ENDED_AT.is_(None), bindparam("at", type_=_INSTANT) < _ENDED_AT))
)


_LINE = "tracking numbers "
_HOLD_THEIRS = Statement(
    each_in_line(
        select(
            TrackingNumber.number_compared,
            Parcel.delivery_id,
            TrackingNumber.carrier_id,
            TrackingNumber.added_at,
        )
        .join(Parcel, has_packed_number(TrackingNumber, Parcel))
        .where(*_of_merchant(TrackingNumber, Parcel))
        .where(Parcel.delivery_id == any_(bindparam("own", type_=_IDS)))
        .where(~is_among(Parcel.status, WITH_CARRIER)),
        "number_compared",
        _LINE,
    )
)


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
    if any(it.left_at is not None for it in packed):
        return await holders_from_now(writing, numbers, first)
    return await holders_of(writing, numbers, first)


class Leaving(NamedTuple):
    """A delivery that leaves, and to whom it goes. is_refused: it stays for another reason."""

    customer: Any
    at: datetime
    is_refused: bool


async def numbers_here(
    writing: Writing, delivery_ids: Collection[UUID]
) -> Mapping[UUID, Sequence[PackedNumber]]:
    """Return delivery -> the numbers of its parcels that its carrier does not have.

    Nobody else lets anything leave with them meanwhile.
    """
    found = defaultdict[UUID, list[PackedNumber]](list)
    values = {**writing.parameters, "own": list(delivery_ids)}
    for number, delivery_id, carrier_id, added_at, _ in await writing.session.rows(
        _HOLD_THEIRS, values
    ):
        found[delivery_id].append(PackedNumber(number, carrier_id, added_at))
    return found


@guards("P2", instead={})
def find_shared(
    leaving: Mapping[UUID, Leaving], numbers: Mapping[UUID, Sequence[PackedNumber]]
) -> dict[UUID, Refused]:
    """Return which deliveries may not leave with the others of a call: TAKEN.

    Of those that meet, who leaves first has the number; of those that leave at the same time who
    stands first. numbers: as of `numbers_here`.
    """
    holders, found = Holders(list), dict[UUID, Refused]()
    for key in sorted((it for it in leaving if it in numbers), key=lambda key: leaving[key].at):
        customer, at, is_refused = leaving[key]
        taken = [
            number
            for number, carrier_id, _ in numbers[key]
            for holder in holders[number]
            if holder.is_met(Travel(at, None), customer, carrier_id)
        ]
        if taken:
            found[key] = taken_by_another(taken[0], ("delivery_id",))
        elif not is_refused:
            for number, carrier_id, added_at in numbers[key]:
                its = (key, customer, carrier_id, added_at)
                holder = Holder(*its, is_packed=True, left_at=at, ended_at=None)
                holders[number].append(holder)
    return found


def taken_by_another(number: str, path: Path) -> Refused:
    """Return the refusal of what would leave with the number of another customer's parcel."""
    text = f"Another parcel on its way has the number {number}: pack it with its own."
    return Refused(Code.TAKEN, text, path)


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
