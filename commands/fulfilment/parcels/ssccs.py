"""SSCCs of parcels: given, and then nobody else's, or generated under the merchant's prefix.

Who generates some keeps the merchant's others from that until the commit. So those of a packing of
many parcels are generated when all else is written. Numbers may be left out: no parcel needs its
neighbour's.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from uuid import UUID

from sqlalchemy import ARRAY, Text, Uuid, any_, bindparam, null, select, update

from commands.fulfilment.parcels.inputs import Packing, ParcelPack
from commands.writing.counters import raised
from commands.writing.rows import WrittenRow, write_rows
from commands.writing.transaction import Writing
from kit.db.statements import Statement
from kit.errors import Code, Problem, Refused
from kit.loop.work import SLICE
from kit.standards import gs1
from models.access.keys import CounterName, Merchant, MerchantCounter
from models.base.tables import fixed
from models.base.visibility import merchant
from models.fulfilment.parcels import Parcel, ParcelStatus


@dataclass(frozen=True)
class StatedSsccs:
    """SSCCs that packings state. named: delivery and parcels of each, by position.

    holders: SSCC -> the delivery of the parcel that has it and is not voided.
    """

    named: Mapping[int, tuple[UUID, Sequence[ParcelPack]]]
    holders: Mapping[str, UUID]

    @classmethod
    async def read(
        cls, writing: Writing, named: Mapping[int, tuple[UUID, Sequence[ParcelPack]]]
    ) -> "StatedSsccs":
        """Read who has them."""
        every = {it.sscc for _, parcels in named.values() for it in parcels if it.sscc is not None}
        # An SSCC is one parcel's in the whole world, also where that is another warehouse's.
        there = await writing.for_all().by_key(Parcel, "sscc", every)
        live = (it for it in there.values() if it.status is not ParcelStatus.VOIDED)
        return cls(named, {it.sscc: it.delivery_id for it in live if it.sscc is not None})

    def taken(self, refused: Collection[int]) -> dict[int, Refused]:
        """Return why packings are refused of which another parcel has an SSCC, here or anywhere.

        A voided parcel leaves its own to who is packed under it now, and so does one of a delivery
        that is packed anew, itself. refused: those that are not packed, whatever is found.
        """
        packed = {self.named[it][0]: it for it in self.named if it not in refused}
        first, found = self._first(refused), defaultdict[int, set[int]](set)
        relying = defaultdict[int, list[tuple[int, int]]](list)
        for place, no, sscc in self._each():
            own = self.named[place][0]
            holder = self.holders.get(sscc, own)
            if first[sscc] != place or not (holder == own or holder in packed):
                found[place].add(no)
            elif holder != own:
                relying[packed[holder]].append((place, no))
        waiting = list(found)
        while waiting:
            for place, no in relying.pop(waiting.pop(), ()):
                if place not in found:
                    waiting.append(place)
                found[place].add(no)
        text = "Another parcel has this SSCC."
        return {
            place: Refused.of(
                [Problem(Code.TAKEN, text, ("parcels", no, "sscc")) for no in sorted(numbers)]
            )
            for place, numbers in sorted(found.items())
        }

    def _first(self, refused: Collection[int]) -> Mapping[str, int]:
        """Return SSCC -> who gets it: who has it already, the first one, one that is refused."""

        def rank(stated: tuple[int, int, str]) -> tuple[bool, bool, int]:
            place, _, sscc = stated
            return self.holders.get(sscc) != self.named[place][0], place in refused, place

        first: dict[str, int] = {}
        for place, _, sscc in sorted(self._each(), key=rank):
            first.setdefault(sscc, place)
        return first

    def _each(self) -> Iterator[tuple[int, int, str]]:
        """Yield position, number of the parcel, SSCC."""
        for place, (_, parcels) in self.named.items():
            for no, parcel in enumerate(parcels):
                if parcel.sscc is not None:
                    yield place, no, parcel.sscc


async def leave(writing: Writing, packings: Iterable[Packing]) -> None:
    """Let voided parcels leave their SSCCs to those that are packed under them now."""
    stated = [it.sscc for of in packings for it in of.parcels if it.sscc is not None]
    if stated:
        await writing.session.rows(_LEAVE, {**writing.parameters, "keys": stated})


_LEAVE = Statement(
    update(Parcel)
    .where(
        Parcel.merchant_id == bindparam("merchant", type_=Uuid()),
        Parcel.sscc == any_(bindparam("keys", type_=ARRAY(Text()))),
        Parcel.status == fixed(ParcelStatus.VOIDED),
    )
    .values(sscc=null())
    .returning(Parcel.id)
)


async def check_generated(
    writing: Writing, named: Mapping[int, Sequence[ParcelPack]]
) -> dict[int, Refused]:
    """Return why packings are refused for which no SSCC can be generated. named: as above."""
    try:
        wanting = _wanting(named)
        await _check_left(writing, 1 if any(wanting.values()) else 0)
    except Refused as why:
        return _ungenerated(wanting, why)
    return {}


def _wanting(named: Mapping[int, Sequence[ParcelPack]]) -> dict[int, list[int]]:
    """Return which of the parcels want an SSCC."""
    return {
        place: [number for number, it in enumerate(parcels) if it.generate_sscc]
        for place, parcels in named.items()
    }


def _ungenerated(wanting: Mapping[int, Sequence[int]], why: Refused) -> dict[int, Refused]:
    return {
        place: Refused(why.code, why.message, ("parcels", numbers[0], "generate_sscc"))
        for place, numbers in wanting.items()
        if numbers
    }


async def ssccs_of(
    writing: Writing, packings: Mapping[int, Packing], refused: dict[int, Refused]
) -> dict[int, list[str | None]]:
    """Return the SSCC of each parcel: given, generated, or none (yet: `generate_last`)."""
    wanting = _wanting({place: it.parcels for place, it in packings.items()})
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
        refused |= _ungenerated(wanting, why)
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

    They are looked for in growing blocks: whoever has used thousands of them stops nobody.
    named: that this call gives to other parcels. Refused: NOT_ALLOWED, OUT_OF_RANGE.
    """
    prefix = await _prefix(writing)
    last = await raised(writing, CounterName.SSCC, how_many)
    upto, block = last - how_many, how_many
    fresh: list[str] = []
    while len(fresh) < how_many:
        # What does not fit is told by the first number that does not.
        ends = min(upto + block, max(gs1.last_serial(prefix), upto + 1))
        drawn = _drawn(prefix, range(upto + 1, ends + 1))
        used = {*named, *await _used(writing, drawn)}
        for sscc in drawn:
            upto += 1
            if sscc not in used:
                fresh.append(sscc)
                if len(fresh) == how_many:
                    break
        block = min(block * _WIDER, _WIDEST)
    if upto > last:
        await raised(writing, CounterName.SSCC, upto - last)
    return fresh


_WIDER, _WIDEST = 16, 16_384
"""How a block of serial numbers grows where those before it are used."""
_USED = Statement(
    select(Parcel.sscc).where(
        Parcel.merchant_id == bindparam("merchant", type_=Uuid()),
        Parcel.sscc == any_(bindparam("keys", type_=ARRAY(Text()))),
    )
)


async def _used(writing: Writing, ssccs: Sequence[str]) -> set[str]:
    """Return those of SSCCs that parcels have, whoever sees them."""
    rows = await writing.session.rows(_USED, {**writing.parameters, "keys": list(ssccs)})
    return {str(sscc) for (sscc,) in rows}


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
