"""Parcels: what a packing makes, with numbers that are nobody else's, and what it voids."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from operator import attrgetter
from uuid import UUID

from sqlalchemy import ARRAY, Uuid, any_, literal, select

from commands.fulfilment.parcels.inputs import ParcelPack
from commands.master.packagings.counting import Counted
from commands.master.parties.roles import check_role
from commands.writing.counters import raised
from commands.writing.transaction import Writing
from kit.errors import Code, Path, Refused
from kit.ids import new_id
from kit.standards import gs1
from models.access.keys import CounterName, Merchant
from models.base.visibility import merchant
from models.events.fulfilment.parcels import ParcelPacked, ParcelVoided
from models.fulfilment.parcels import (
    Parcel,
    ParcelContent,
    ParcelLineage,
    ParcelStatus,
    TrackingNumber,
)
from models.master.parties import Party, PartyRole

_COPIED = {
    "carrier_id",
    "service",
    "label_reference",
    "weight_g",
    "length_mm",
    "width_mm",
    "height_mm",
}


async def pack(
    writing: Writing,
    delivery_id: UUID,
    packing: int,
    parcels: Sequence[ParcelPack],
    contents: Sequence[Sequence[Counted]],
    path: Path,
) -> list[Parcel]:
    """Write the parcels of a delivery's packing; void those of the packing before (P5).

    contents: of each parcel, how much each of its contents is.

    Refused: NOT_FOUND and INVALID for what is no carrier, TAKEN for another parcel's SSCC,
    NOT_ALLOWED and OUT_OF_RANGE when no SSCC can be generated, TOO_MANY_ITEMS for more pairs of new
    and old parcels that share a line than one call may touch.
    """
    await _check_carriers(writing, parcels, path)
    ssccs = await _ssccs(writing, parcels, path)
    before = await _lines_in(writing, delivery_id)
    lineage = _lineage(parcels, before)
    writing.extent.touch(len(lineage), path)
    await void(writing, delivery_id)
    made: list[Parcel] = []
    for place, (each, sscc) in enumerate(zip(parcels, ssccs, strict=True)):
        made.append(
            Parcel(
                merchant_id=writing.viewer.merchant_id,
                id=new_id(),
                delivery_id=delivery_id,
                packing=packing,
                parcel_no=place + 1,
                sscc=sscc,
                parent_id=None if each.parent is None else made[each.parent].id,
                status=ParcelStatus.PACKED,
                status_at=writing.now,
                packed_at=writing.now,
                **each.model_dump(include=_COPIED),
            )
        )
    for parcel in made:
        writing.session.add(parcel)
        writing.record(ParcelPacked(parcel.id, delivery_id=delivery_id))
    await writing.session.flush()
    for parcel, item, quantities in zip(made, parcels, contents, strict=True):
        writing.session.add_all(_numbers(writing, parcel, item))
        writing.session.add_all(_contents(parcel, item, quantities))
    writing.session.add_all(
        ParcelLineage(
            merchant_id=writing.viewer.merchant_id, parcel_id=made[place].id, repacked_from_id=old
        )
        for place, old in lineage
    )
    await writing.session.flush()
    return made


async def void(writing: Writing, *delivery_ids: UUID) -> None:
    """Void the parcels of deliveries that still count."""
    rows = writing.seen(Parcel).where(
        Parcel.delivery_id == any_(literal(delivery_ids, ARRAY(Uuid()))),
        Parcel.status != ParcelStatus.VOIDED,
    )
    for parcel in await writing.all(rows.order_by(Parcel.delivery_id, Parcel.parcel_no)):
        parcel.status = ParcelStatus.VOIDED
        parcel.status_at = parcel.voided_at = writing.now
        writing.record(ParcelVoided(parcel.id))


async def _check_carriers(writing: Writing, parcels: Sequence[ParcelPack], path: Path) -> None:
    paths = {
        each.carrier_id: (*path, place, "carrier_id")
        for place, each in enumerate(parcels)
        if each.carrier_id is not None
    }
    for key, party in (await writing.get(Party, paths)).items():
        check_role(party, PartyRole.CARRIER, paths[key])


async def _ssccs(writing: Writing, parcels: Sequence[ParcelPack], path: Path) -> list[str | None]:
    """Return the SSCC of each parcel: given, generated, or none."""
    named = {it.sscc: (*path, i, "sscc") for i, it in enumerate(parcels) if it.sscc is not None}
    # An SSCC is one parcel's in the whole world, also where that is another warehouse's.
    for sscc in await writing.for_all().by_key(Parcel, "sscc", named):
        raise Refused(Code.TAKEN, "Another parcel has this SSCC.", named[sscc])
    wanting = [place for place, it in enumerate(parcels) if it.generate_sscc]
    if not wanting:
        return [it.sscc for it in parcels]
    fresh = iter(await _generated(writing, named, len(wanting), (*path, wanting[0])))
    return [next(fresh) if it.generate_sscc else it.sscc for it in parcels]


async def _generated(
    writing: Writing, named: Collection[str], how_many: int, path: Path
) -> list[str]:
    """Return the next free SSCCs under the merchant's prefix, which others may also have used."""
    own = select(Merchant.gs1_company_prefix).where(Merchant.id == merchant(writing.viewer))
    prefix = (await writing.session.execute(own)).scalar_one()
    if prefix is None:
        text = "The merchant has no GS1 company prefix."
        raise Refused(Code.NOT_ALLOWED, text, (*path, "generate_sscc"))
    fresh: list[str] = []
    while len(fresh) < how_many:
        missing = how_many - len(fresh)
        last = await raised(writing, CounterName.SSCC, missing)
        try:
            drawn = [gs1.sscc(prefix, last - it) for it in reversed(range(missing))]
        except ValueError as error:
            text = "The merchant's GS1 company prefix has no number left."
            raise Refused(Code.OUT_OF_RANGE, text, (*path, "generate_sscc")) from error
        used = {*named, *await writing.for_all().by_key(Parcel, "sscc", drawn)}
        fresh += [sscc for sscc in drawn if sscc not in used]
    return fresh


def _numbers(writing: Writing, parcel: Parcel, pack: ParcelPack) -> list[TrackingNumber]:
    return [
        TrackingNumber(
            merchant_id=parcel.merchant_id,
            parcel_id=parcel.id,
            carrier_id=pack.carrier_id,
            number=number,
            added_at=writing.now,
        )
        for number in pack.tracking_numbers
    ]


def _contents(
    parcel: Parcel, pack: ParcelPack, quantities: Sequence[Counted]
) -> list[ParcelContent]:
    return [
        ParcelContent(
            merchant_id=parcel.merchant_id,
            parcel_id=parcel.id,
            quantity=quantity.amount,
            **each.model_dump(exclude={"quantity", "packaging"}),
            **quantity.columns,
        )
        for each, quantity in zip(pack.contents, quantities, strict=True)
    ]


def _lineage(
    parcels: Sequence[ParcelPack], before: Mapping[UUID, set[UUID]]
) -> list[tuple[int, UUID]]:
    """Return from which parcels new ones are repacked: those that held some of the same lines.

    What carries parcels only comes from what carried parcels only. before: parcel -> its lines.
    Returns pairs: the position of a new parcel, the id of an old one.
    """
    held: defaultdict[UUID | None, list[UUID]] = defaultdict(list)
    for parcel_id, lines in before.items():
        for line_id in lines or (None,):
            held[line_id].append(parcel_id)
    return [
        (place, parcel_id)
        for place, each in enumerate(parcels)
        for parcel_id in dict.fromkeys(
            old
            for line_id in {content.delivery_line_id for content in each.contents} or (None,)
            for old in held[line_id]
        )
    ]


async def _lines_in(writing: Writing, delivery_id: UUID) -> Mapping[UUID, set[UUID]]:
    """Return id of each parcel of a delivery that still counts -> the delivery lines in it."""
    parcels = await writing.records(Parcel, "delivery_id", [delivery_id])
    parcels = sorted(parcels, key=attrgetter("parcel_no"))
    found: dict[UUID, set[UUID]] = {
        it.id: set() for it in parcels if it.status is not ParcelStatus.VOIDED
    }
    for content in await writing.records(ParcelContent, "parcel_id", found):
        found[content.parcel_id].add(content.delivery_line_id)
    return found
