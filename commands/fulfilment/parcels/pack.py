"""Parcels: what a packing makes, with numbers that are nobody else's, and what it voids."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from operator import attrgetter
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Uuid, any_, bindparam, literal, update

from commands.fulfilment.parcels.inputs import Packing, ParcelPack
from commands.fulfilment.parcels.ssccs import StatedSsccs, generate_last, leave, ssccs_of
from commands.master.parties.roles import HeldParty, check_role, held
from commands.writing.rows import change_rows, write_rows
from commands.writing.transaction import Writing, missing
from kit.errors import Path, Refusals, Refused
from kit.ids import new_id
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


@dataclass(frozen=True)
class Packable:
    """Packings that may be made, by position. ssccs: of their parcels. refused: why others may not.

    lineage: which new parcels (by their places) come from which old ones.
    """

    packings: Mapping[int, Packing]
    ssccs: Mapping[int, Sequence[str | None]]
    lineage: Mapping[int, Sequence[tuple[int, UUID]]]
    refused: Mapping[int, Refused]


async def prepare(
    writing: Writing, packings: Mapping[int, Packing], stated: StatedSsccs
) -> Packable:
    """Look whether packings may be made, and find the numbers of their parcels.

    stated: SSCCs of these, and of others that are not made. Refusals: NOT_ALLOWED and OUT_OF_RANGE
    when no SSCC can be generated, TAKEN for one that what is not packed keeps. Refused:
    TOO_MANY_ITEMS for more pairs of new and old parcels that share a line than one call may touch.
    """
    refused: dict[int, Refused] = {}
    ssccs = await ssccs_of(writing, packings, refused)
    left_out = {place for place in stated.named if place not in packings or place in refused}
    refused = {
        place: it for place, it in stated.taken(left_out).items() if place in ssccs
    } | refused
    good = {place: it for place, it in packings.items() if place not in refused}
    before = await _lines_in(writing, [it.delivery_id for it in good.values()])
    lineage = {
        place: _lineage(it.parcels, before.get(it.delivery_id, {})) for place, it in good.items()
    }
    writing.extent.touch(sum(map(len, lineage.values())), ("parcels",))
    return Packable(good, ssccs, lineage, refused)


async def pack(writing: Writing, prepared: Packable) -> dict[int, list[UUID]]:
    """Write the parcels of packings by one statement; void those of the packings before (P5).

    Returns place -> ids of its parcels.
    """
    if not prepared.packings:
        return {}
    await void(writing, *(it.delivery_id for it in prepared.packings.values()))
    rows, made = _Rows(), dict[int, list[UUID]]()
    for place, packing in prepared.packings.items():
        made[place] = [new_id() for _ in packing.parcels]
        for no, (parcel, sscc) in enumerate(
            zip(packing.parcels, prepared.ssccs[place], strict=True)
        ):
            await writing.room(1 + len(parcel.contents))
            rows.add(writing, packing, made[place], no, sscc)
            happened = ParcelPacked(made[place][no], delivery_id=packing.delivery_id)
            writing.record(happened, packing.at)
        rows.lineage += [
            {**_own(writing), "parcel_id": made[place][new], "repacked_from_id": old}
            for new, old in prepared.lineage[place]
        ]
    await writing.session.flush()
    await leave(writing, prepared.packings.values())
    await write_rows(
        writing,
        {
            Parcel: rows.parcels,
            TrackingNumber: rows.numbers,
            ParcelContent: rows.contents,
            ParcelLineage: rows.lineage,
        },
    )
    generate_last(writing, rows.unnumbered)
    return made


@dataclass
class _Rows:
    """What is to be written of packings. unnumbered: parcels that get their SSCC at the end."""

    parcels: list[dict[str, Any]] = field(default_factory=list)
    numbers: list[dict[str, Any]] = field(default_factory=list)
    contents: list[dict[str, Any]] = field(default_factory=list)
    lineage: list[dict[str, Any]] = field(default_factory=list)
    unnumbered: list[UUID] = field(default_factory=list)

    def add(
        self, writing: Writing, packing: Packing, ids: Sequence[UUID], no: int, sscc: str | None
    ) -> None:
        """Add a parcel and what is in it. ids: of all parcels of the packing. no: its place."""
        parcel, key = packing.parcels[no], ids[no]
        if parcel.generate_sscc and sscc is None:
            self.unnumbered.append(key)
        self.parcels.append(
            {
                "merchant_id": writing.viewer.merchant_id,
                "id": key,
                "delivery_id": packing.delivery_id,
                "packing": packing.number,
                "parcel_no": no + 1,
                "sscc": sscc,
                "parent_id": None if parcel.parent is None else ids[parcel.parent],
                "status": ParcelStatus.PACKED,
                "is_delayed": False,
                "status_at": packing.at,
                "packed_at": packing.at,
                **parcel.model_dump(include=_COPIED),
            }
        )
        added: dict[str, Any] = {"parcel_id": key, "carrier_id": parcel.carrier_id}
        added |= {"added_at": packing.at, "is_voided": False}
        self.numbers += [
            {**_own(writing), **added, "number": number} for number in parcel.tracking_numbers
        ]
        self.contents += [
            {
                **_own(writing),
                "parcel_id": key,
                "quantity": quantity.amount,
                **each.model_dump(exclude={"quantity", "packaging"}),
                **quantity.columns,
            }
            for each, quantity in zip(parcel.contents, packing.contents[no], strict=True)
        ]


def _own(writing: Writing) -> dict[str, Any]:
    return {"merchant_id": writing.viewer.merchant_id, "id": new_id()}


async def void(writing: Writing, *delivery_ids: UUID) -> None:
    """Void the parcels of deliveries that still count."""
    await void_each(writing, await living(writing, delivery_ids))


async def living(writing: Writing, delivery_ids: Collection[UUID]) -> Sequence[Parcel]:
    """Return the parcels of deliveries that still count."""
    rows = writing.seen(Parcel).where(
        Parcel.delivery_id == any_(literal(list(delivery_ids), ARRAY(Uuid()))),
        Parcel.status != ParcelStatus.VOIDED,
    )
    return await writing.all(rows.order_by(Parcel.delivery_id, Parcel.parcel_no))


async def void_each(writing: Writing, parcels: Sequence[Parcel]) -> None:
    """Void parcels."""
    now = {"status_at": writing.now, "voided_at": writing.now}
    await change_rows(
        writing, {Parcel: [(it, {"status": ParcelStatus.VOIDED, **now}) for it in parcels]}
    )
    if parcels:
        values = {"merchant": writing.viewer.merchant_id, "keys": [it.id for it in parcels]}
        await writing.session.execute(_NUMBERS_VOIDED, values)
    for parcel in parcels:
        writing.record(ParcelVoided(parcel.id))


_NUMBERS_VOIDED = (
    update(TrackingNumber)
    .where(
        TrackingNumber.merchant_id == bindparam("merchant", type_=Uuid()),
        TrackingNumber.parcel_id == any_(bindparam("keys", type_=ARRAY(Uuid()))),
    )
    .values(is_voided=True)
    .execution_options(synchronize_session=False)
)


async def carriers_of(
    writing: Writing, named: Iterable[Sequence[ParcelPack]]
) -> Mapping[UUID, HeldParty]:
    """Return the parties that parcels name as their carriers, held, by id."""
    ids = {it.carrier_id for of in named for it in of if it.carrier_id}
    return {it.id: it for it in await held(writing, {"id": ids})}


def check_carriers(parcels: Sequence[ParcelPack], known: Mapping[UUID, HeldParty]) -> None:
    """Refused: NOT_FOUND and INVALID for what is no carrier."""
    refusals = Refusals()
    for number, each in enumerate(parcels):
        path: Path = ("parcels", number, "carrier_id")
        with refusals:
            if each.carrier_id and each.carrier_id not in known:
                raise missing(Party, path)
            if each.carrier_id:
                check_role(known[each.carrier_id], PartyRole.CARRIER, path)
    refusals.end()


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


async def _lines_in(
    writing: Writing, delivery_ids: Collection[UUID]
) -> dict[UUID, dict[UUID, set[UUID]]]:
    """Return delivery -> each of its parcels that still counts -> the delivery lines in it."""
    parcels = await writing.records(Parcel, "delivery_id", delivery_ids)
    live = [it for it in parcels if it.status is not ParcelStatus.VOIDED]
    found: defaultdict[UUID, dict[UUID, set[UUID]]] = defaultdict(dict)
    of: dict[UUID, set[UUID]] = {}
    for parcel in sorted(live, key=attrgetter("parcel_no")):
        of[parcel.id] = found[parcel.delivery_id][parcel.id] = set()
    for content in await writing.records(ParcelContent, "parcel_id", of):
        of[content.parcel_id].add(content.delivery_line_id)
    return found
