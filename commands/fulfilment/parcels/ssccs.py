"""SSCCs of parcels: given, and then nobody else's, or generated under the merchant's prefix.

Who generates some keeps the merchant's others from that until the commit. So those of a packing of
many parcels are generated when all else is written. Numbers may be left out: no parcel needs its
neighbour's.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import partial
from uuid import UUID

from sqlalchemy import Uuid, bindparam, select

from commands.fulfilment.parcels.inputs import Packing, ParcelPack
from commands.writing.counters import raised
from commands.writing.rows import WrittenRow, write_rows
from commands.writing.transaction import Writing
from kit.errors import Code, Path, Problem, Refused
from kit.loop.work import SLICE
from kit.standards import gs1
from models.access.keys import CounterName, Merchant, MerchantCounter
from models.base.tables import fixed
from models.base.visibility import merchant
from models.fulfilment.parcels import Parcel, ParcelStatus


async def check_unused(
    writing: Writing,
    named: Mapping[int, Sequence[ParcelPack]],
    deliveries: Mapping[int, UUID],
    refused: Mapping[int, Refused],
) -> dict[int, Refused]:
    """Return why packings are refused of which another parcel has an SSCC, here or anywhere.

    What is voided has it no more, nor what the packing voids: that is packed anew under its label.
    named: their parcels, by position; deliveries: of which they are. refused: those that are not
    packed, whatever is found.
    """
    ssccs = {
        place: {no: it.sscc for no, it in enumerate(parcels) if it.sscc is not None}
        for place, parcels in named.items()
    }
    every = {sscc for of in ssccs.values() for sscc in of.values()}
    # An SSCC is one parcel's in the whole world, also where that is another warehouse's.
    holders = await writing.for_all().by_key(Parcel, "sscc", every)
    holder_of = {
        sscc: it.delivery_id for sscc, it in holders.items() if it.status != ParcelStatus.VOIDED
    }
    used: dict[str, int] = {}
    found: dict[int, Refused] = {}
    for place in sorted(ssccs, key=lambda it: (it in refused, it)):
        taken = [
            Problem(Code.TAKEN, "Another parcel has this SSCC.", ("parcels", no, "sscc"))
            for no, sscc in ssccs[place].items()
            if holder_of.get(sscc, deliveries[place]) != deliveries[place]
            or used.setdefault(sscc, place) != place
        ]
        if taken:
            found[place] = Refused.of(taken)
    return found


async def ssccs_of(
    writing: Writing, packings: Mapping[int, Packing], refused: dict[int, Refused]
) -> dict[int, list[str | None]]:
    """Return the SSCC of each parcel: given, generated, or none (yet: `generate_last`)."""
    wanting = {
        place: [number for number, it in enumerate(of.parcels) if it.generate_sscc]
        for place, of in packings.items()
    }
    named = {it.sscc for of in packings.values() for it in of.parcels if it.sscc is not None}
    count = sum(map(len, wanting.values()))
    fresh: Iterable[str | None] = ()
    try:
        if _are_many(packings.values()):
            await _check_left(writing, count)
            fresh = [None] * count
        elif count:
            fresh = await _generated(writing, named, count)
    except Refused as why:
        for place, numbers in wanting.items():
            if numbers:
                path: Path = ("parcels", numbers[0], "generate_sscc")
                refused[place] = Refused(why.code, why.message, path)
    following = iter(fresh)
    return {
        place: [next(following) if it.generate_sscc else it.sscc for it in of.parcels]
        for place, of in packings.items()
        if place not in refused
    }


def generate_last(writing: Writing, parcel_ids: Sequence[UUID]) -> None:
    """Let parcels that are written get an SSCC at the end."""
    if parcel_ids:
        writing.at_end.append(partial(_generate, writing, parcel_ids))


async def _generate(writing: Writing, parcel_ids: Sequence[UUID]) -> None:
    """Generate the SSCCs of parcels that are written. Refused: OUT_OF_RANGE."""
    drawn = await _generated(writing, (), len(parcel_ids))
    pairs = zip(map(WrittenRow, parcel_ids), drawn, strict=True)
    await write_rows(writing, {}, {Parcel: [(it, {"sscc": sscc}) for it, sscc in pairs]})


def _are_many(packings: Iterable[Packing]) -> bool:
    """Tell whether so much is to be written that SSCCs are generated after it."""
    return sum(len(it.parcels) + sum(map(len, it.contents)) for it in packings) > SLICE


async def _check_left(writing: Writing, how_many: int) -> None:
    """Refused: NOT_ALLOWED, OUT_OF_RANGE where so many cannot be generated as it stands."""
    if how_many:
        last = await writing.session.scalar(_LAST, writing.parameters)
        _drawn(await _prefix(writing), [(last or 0) + how_many])


_LAST = select(MerchantCounter.value).where(
    MerchantCounter.merchant_id == bindparam("merchant", type_=Uuid()),
    MerchantCounter.name == fixed(CounterName.SSCC),
)


async def _generated(writing: Writing, named: Collection[str], how_many: int) -> list[str]:
    """Return the next free SSCCs under the merchant's prefix, which others may also have used.

    named: that this call gives to other parcels. Refused: NOT_ALLOWED, OUT_OF_RANGE.
    """
    prefix = await _prefix(writing)
    fresh: list[str] = []
    while len(fresh) < how_many:
        lacking = how_many - len(fresh)
        last = await raised(writing, CounterName.SSCC, lacking)
        drawn = _drawn(prefix, range(last - lacking + 1, last + 1))
        used = {*named, *await writing.for_all().by_key(Parcel, "sscc", drawn)}
        fresh += [sscc for sscc in drawn if sscc not in used]
    return fresh


async def _prefix(writing: Writing) -> str:
    """Return the merchant's prefix. Refused: NOT_ALLOWED where it has none."""
    own = select(Merchant.gs1_company_prefix).where(Merchant.id == merchant(writing.viewer))
    prefix: str | None = (await writing.session.execute(own)).scalar_one()
    if prefix is None:
        raise Refused(Code.NOT_ALLOWED, "The merchant has no GS1 company prefix.")
    return prefix


def _drawn(prefix: str, serials: Iterable[int]) -> list[str]:
    """Return the SSCCs of serial numbers. Refused: OUT_OF_RANGE."""
    try:
        return [gs1.sscc(prefix, it) for it in serials]
    except ValueError as error:
        text = "The merchant's GS1 company prefix has no number left."
        raise Refused(Code.OUT_OF_RANGE, text) from error
