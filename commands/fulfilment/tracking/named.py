"""The parcels that reports name: by id, by SSCC, or by a tracking number that several may have.

Parcels that share a number are one consignment of one customer, and what is reported of the number
is reported of each of them. Carriers use numbers again: what was at its end before another parcel
got its number, or got it long before, does not have it any more; only what happened before that end
is its own. What happened more than a day before a parcel got the number is of who had it then, if
anybody had. Once some of those that share it have left, be it that their carrier tells so, the
others are not meant: what stands in the house does not arrive. While parcels of several carriers or
customers are on their way with one number, nobody knows whose a report means that names neither the
carrier nor a parcel by another key.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ARRAY, Text, Uuid, any_, bindparam, column, func, or_, select, true

from commands.fulfilment.tracking.reports import TrackingReport
from commands.writing.transaction import Writing, missing
from kit.clock import CLOCKS_APART
from kit.db.statements import Statement
from kit.errors import Code, Refused
from models.access.viewers import Actor, anyone
from models.base.records import columns, record
from models.base.visibility import merchant, seen_by
from models.fulfilment.deliveries.customers import customer_columns, customer_of
from models.fulfilment.deliveries.tables import Delivery
from models.fulfilment.deliveries.ways import TERMINAL, has_left
from models.fulfilment.parcels import Parcel, TrackingNumber, compared
from models.fulfilment.tracking.standing import has_shared


async def find_parcels(
    writing: Writing, reports: Sequence[TrackingReport]
) -> tuple[dict[int, list[Parcel]], dict[int, Refused]]:
    """Return position -> its parcels, and position -> why it has none."""
    numbered = await _read_numbered(writing, reports)
    voided = await _read_voided(writing, reports, numbered)
    ids = [it.parcel_id for it in reports if it.parcel_id is not None]
    by_id = await writing.by_key(Parcel, "id", ids)
    by_sscc = await writing.by_key(Parcel, "sscc", {it.sscc for it in reports if it.sscc})
    found, refused = {}, {}
    for place, report in enumerate(reports):
        try:
            if report.tracking_number is not None:
                own = _of_carrier(report, numbered[compared(report.tracking_number)])
                named = _with_number(place, report, own) or voided[_number_of(report)]
            else:
                parcel = (
                    by_id.get(report.parcel_id) if report.parcel_id else by_sscc.get(report.sscc)
                )
                named = [] if parcel is None else [parcel]
            if not named:
                raise missing(Parcel, ("events", place, report.key))
            found[place] = named
        except Refused as refusal:
            refused[place] = refusal
    return found, refused


class _Numbered(NamedTuple):
    """A parcel that has a number, since when, and the number's carrier where it is known.

    customer: to whom it goes, as of `customer_of`.
    """

    carrier_id: UUID | None
    added_at: datetime
    customer: Any
    has_left: bool
    parcel: Parcel


async def _read_numbered(
    writing: Writing, reports: Sequence[TrackingReport]
) -> Mapping[str, list[_Numbered]]:
    wanted = {compared(it.tracking_number) for it in reports if it.tracking_number is not None}
    found: defaultdict[str, list[_Numbered]] = defaultdict(list)
    if wanted:
        statement, parameters = (
            _numbered(writing.viewer.actor),
            {**writing.parameters, "keys": sorted(wanted)},
        )
        for number, carrier_id, added_at, *more in await writing.session.rows(
            statement, parameters
        ):
            party_id, address, order_id, is_gone, *parcel = more
            goes_to = customer_of(party_id, address, order_id)
            its = record(Parcel)._make(parcel)
            found[compared(number)].append(_Numbered(carrier_id, added_at, goes_to, is_gone, its))
    return found


@cache
def _numbered(actor: Actor) -> Statement:
    """Build the statement of `_read_numbered`: of parcels that are not voided."""
    number, viewer = TrackingNumber, anyone(actor)
    own = (number.number, number.carrier_id, number.added_at)
    of = (it.label(f"its_{it.key}") for it in own)
    return Statement(
        select(
            *of,
            *customer_columns(merchant(viewer)),
            has_left(Parcel, Delivery).label("has_left"),
            *columns(Parcel),
        )
        .join(Parcel, Parcel.id == number.parcel_id)
        .join(Delivery, Delivery.id == Parcel.delivery_id)
        .where(Delivery.merchant_id == merchant(viewer))
        .where(*seen_by(viewer, number), *seen_by(viewer, Parcel))
        .where(number.number_compared == any_(bindparam("keys", type_=ARRAY(Text()))))
        .where(~number.is_voided)
        .order_by(Parcel.packing, Parcel.parcel_no, Parcel.id)
    )


_Named = tuple[str, UUID | None]
"""A number as it is compared, and the carrier whose it is where a report says that."""


def _number_of(report: TrackingReport) -> _Named:
    return compared(report.tracking_number or ""), report.carrier_id


async def _read_voided(
    writing: Writing,
    reports: Sequence[TrackingReport],
    numbered: Mapping[str, Sequence[_Numbered]],
) -> Mapping[_Named, list[Parcel]]:
    """Return, for numbers that no parcel has any more, the voided one that had it last."""
    found: defaultdict[_Named, list[Parcel]] = defaultdict(list)
    wanted = {
        _number_of(report)
        for report in reports
        if report.tracking_number
        and not _of_carrier(report, numbered[compared(report.tracking_number)])
    }
    if wanted:
        keys, carriers = zip(*wanted, strict=True)
        values = {**writing.parameters, "keys": [*keys], "carriers": [*carriers]}
        statement = _last_voided(writing.viewer.actor)
        for key, carrier_id, *parcel in await writing.session.rows(statement, values):
            found[key, carrier_id].append(record(Parcel)._make(parcel))
    return found


@cache
def _last_voided(actor: Actor) -> Statement:
    """Build the statement of `_read_voided`: of each number the last row."""
    number, viewer = TrackingNumber, anyone(actor)
    names = (column("key", Text()), column("carrier", Uuid()))
    listed = func.unnest(
        bindparam("keys", type_=ARRAY(Text())), bindparam("carriers", type_=ARRAY(Uuid()))
    )
    wanted = listed.table_valued(*names, name="wanted").render_derived()
    carrier = wanted.c.carrier
    is_its = or_(carrier.is_(None), number.carrier_id.is_(None), number.carrier_id == carrier)
    last = (
        select(*columns(Parcel))
        .join(number, number.parcel_id == Parcel.id)
        .where(*seen_by(viewer, number), *seen_by(viewer, Parcel))
        .where(number.number_compared == wanted.c.key, number.is_voided, is_its)
        .order_by(number.added_at.desc(), Parcel.id.desc())
        .limit(1)
        .correlate(wanted)
        .lateral("last")
    )
    return Statement(select(*wanted.c, *last.c).select_from(wanted.join(last, true())))


def _of_carrier(report: TrackingReport, numbers: Sequence[_Numbered]) -> list[_Numbered]:
    """Return those that may be of the carrier that a report names.

    A number whose carrier is not known is its parcel's carrier's, or any partner's.
    """
    carriers = {None, report.carrier_id}
    return [it for it in numbers if report.carrier_id is None or it.carrier_id in carriers]


def _with_number(place: int, report: TrackingReport, numbers: Sequence[_Numbered]) -> list[Parcel]:
    """Return the parcels that have the number. numbers: those of its carrier.

    Refused: INVALID where parcels of several carriers or customers are on their way with it.
    """
    live = [it for it in numbers if it.added_at - CLOCKS_APART <= report.occurred_at] or numbers
    if not live:
        return []
    newest = max(it.added_at for it in live)
    sharing = _sharing(live, newest)
    over = [it for it in live if it not in sharing]
    rivals = [it for it in _open(over) if has_shared(it.parcel, it.added_at, newest)]
    ways = [it for it in over if it.parcel.status in TERMINAL]
    if ended := [it for it in ways if report.occurred_at <= it.parcel.status_at]:
        # It is history of who had the number before: sent again, or come late.
        newest = min(ended, key=lambda it: it.parcel.status_at).added_at
        sharing, rivals = _sharing([it for it in over if it.added_at <= newest], newest), []
    gone = [it for it in rivals if it.has_left]
    if gone and not any(it.has_left for it in sharing):
        # What has left is meant, and not who has got the number in the house since.
        newest = max(it.added_at for it in gone)
        sharing = _sharing([it for it in over if it.added_at <= newest], newest)
        rivals = [it for it in gone if it not in sharing]
    left = [it for it in sharing if it.has_left]
    meant = _open(sharing) or sharing
    carriers = {it.carrier_id for it in meant} - {None}
    are_several = len(carriers) > 1 or any(it.customer != meant[0].customer for it in meant)
    if are_several or any(it.has_left or not left for it in rivals):
        raise Refused(Code.INVALID, _SEVERAL, ("events", place, report.key))
    own = {None, *carriers}
    both = (it for it in left or sharing if it.customer == meant[0].customer)
    return [it.parcel for it in both if it.carrier_id in own]


_SEVERAL = (
    "Parcels of several carriers or customers are on their way with this number; name the carrier,"
    " or the parcel by another key."
)


def _open(numbers: Sequence[_Numbered]) -> list[_Numbered]:
    """Return those whose way is not over."""
    return [it for it in numbers if it.parcel.status not in TERMINAL]


def _sharing(numbers: Sequence[_Numbered], newest: datetime) -> list[_Numbered]:
    """Return those that share the number with who got it at an instant; of one customer."""
    of = [it.customer for it in numbers if it.added_at == newest]
    shared = (it for it in numbers if has_shared(it.parcel, it.added_at, newest))
    return [it for it in shared if it.added_at == newest or it.customer in of]
