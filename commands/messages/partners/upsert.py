"""Partners are written in bulk: how each of them writes, and how it is answered."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from typing import Any
from uuid import UUID

from commands.messages.partners.inputs import PartnerProfilesUpsert, PartnerProfileUpsert
from commands.writing.transaction import Outcome, Writing, check_known
from commands.writing.upserts.items import UpsertColumns, UpsertEvents, item_of, results, upsert
from commands.writing.verbs import verb
from kit.errors import Path
from kit.inputs import refuse_duplicates
from models.access.viewers import Scope
from models.base.acts import Act
from models.events.messages.partners import PartnerProfileCreated, PartnerProfileUpdated
from models.master.catalog import Product
from models.master.parties import Address, Party
from models.messages.partners import PartnerProfile

_NUMBERED = ("article_numbers", "place_codes")
_EVENTS = UpsertEvents(PartnerProfileCreated, PartnerProfileUpdated)


@verb(
    Act(Scope.MESSAGES_WRITE),
    "Write partners: what they call themselves, how they write, and how they are answered.",
)
async def upsert_all(writing: Writing, command: PartnerProfilesUpsert) -> Outcome:
    """Write partners.

    Refused: DUPLICATE, TAKEN for an identification, NOT_FOUND for a party, an article and a place
    of ours.
    """
    partners = command.partner_profiles
    numbers = [it.party_number for it in partners if it.party_number is not None]
    parties = await writing.by_key(Party, "number", numbers)
    named = enumerate(it.party_number for it in partners)
    paths = ((number, ("partner_profiles", place, "party_number")) for place, number in named)
    with writing.refusals:
        check_known(Party, parties, paths)
    with writing.refusals:
        refuse_duplicates((it.code for it in partners), ("partner_profiles",), "code")
    with writing.refusals:
        names = ((it.identification, it.qualifier) for it in partners)
        refuse_duplicates(names, ("partner_profiles",), "identification")
    for place, one in enumerate(partners):
        with writing.refusals:
            codes = ((it.element, it.code) for it in one.schedule_codes)
            refuse_duplicates(codes, ("partner_profiles", place, "schedule_codes"), "code")
        for name in _NUMBERED:
            with writing.refusals:
                theirs = (it.theirs for it in getattr(one, name))
                refuse_duplicates(theirs, ("partner_profiles", place, name), "theirs")
    await _check_ours(writing, partners, parties)
    writing.refusals.end()
    items = [_columns(it, parties.get(it.party_number)) for it in partners]
    path, own = ("partner_profiles",), {"identification": "identification"}
    written = await upsert(writing, PartnerProfile, _EVENTS, "code", items, path, **own)
    return results("partner_profile_id", *written)


async def _check_ours(
    writing: Writing, partners: Sequence[PartnerProfileUpsert], parties: Mapping[Any, Party]
) -> None:
    """Note what is called otherwise and is nothing of ours: it would have no effect.

    Places are addresses of the party, of the one that a profile names already where none is said;
    those that a profile has stay, and must be addresses of the new one where only that is said.
    """
    skus = {it.ours for one in partners for it in one.article_numbers}
    products = await writing.by_key(Product, "sku", skus)
    articles = (_ours(partners, place, "article_numbers") for place in range(len(partners)))
    with writing.refusals:
        check_known(Product, products, chain.from_iterable(articles))
    named = {"party_number", "place_codes"}
    theirs = {it.code: it for it in partners if named & it.model_fields_set}
    there = await writing.by_key(PartnerProfile, "code", list(theirs))
    of = {code: _party(one, parties, there.get(code)) for code, one in theirs.items()}
    wanted = [
        (party_id, list(_places(partners, place, there.get(one.code), party_id)))
        for place, one in enumerate(partners)
        if (party_id := of.get(one.code)) is not None
    ]
    known, some = defaultdict[UUID, set[str]](set), {its for its, places in wanted if places}
    for address in await writing.records(Address, "party_id", some):
        known[address.party_id].add(address.code)
    for party_id, places in wanted:
        with writing.refusals:
            check_known(Address, known[party_id], places)


def _party(
    one: PartnerProfileUpsert, parties: Mapping[Any, Party], there: PartnerProfile | None
) -> UUID | None:
    """Return whose addresses a partner's places are, None where nobody is named."""
    if "party_number" not in one.model_fields_set:
        return None if there is None else there.party_id
    party = parties.get(one.party_number)
    return None if party is None else party.id


def _places(
    partners: Sequence[PartnerProfileUpsert],
    place: int,
    there: PartnerProfile | None,
    party_id: UUID,
) -> Iterator[tuple[Any, Path]]:
    """Yield the codes that must be addresses of a partner's party, with paths."""
    if there is None or "place_codes" in partners[place].model_fields_set:
        yield from _ours(partners, place, "place_codes")
    elif there.party_id != party_id:
        for each in there.place_codes:
            yield each["ours"], ("partner_profiles", place, "party_number")


def _ours(
    partners: Sequence[PartnerProfileUpsert], place: int, name: str
) -> Iterator[tuple[Any, Path]]:
    for number, each in enumerate(getattr(partners[place], name)):
        yield each.ours, ("partner_profiles", place, name, number, "ours")


def _columns(one: PartnerProfileUpsert, party: Party | None) -> UpsertColumns:
    own = one.own_identification
    as_columns: dict[str, Mapping[str, Any]] = {
        "party_number": {"party_id": None if party is None else party.id},
        "own_identification": {
            "own_identification": own,
            "own_qualifier": None if own is None else one.own_qualifier or "",
        },
        "own_qualifier": {},
        **{
            name: {name: [it.model_dump(mode="json") for it in getattr(one, name)]}
            for name in ("schedule_codes", *_NUMBERED)
        },
        **{name: {name: getattr(one, name) or ""} for name in ("qualifier", "reference_prefix")},
    }
    return item_of(one, as_columns)
