"""Price lists: written in bulk from the merchant's system of record."""

from collections.abc import Mapping, Sequence
from typing import Self
from uuid import UUID

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from commands.master.parties.roles import check_role, held
from commands.writing.transaction import Outcome, Writing, check_known
from commands.writing.upserts.items import (
    UpsertColumns,
    UpsertEvents,
    item_of,
    locked_rows,
    results,
    upsert,
)
from commands.writing.verbs import verb
from kit.errors import Code, Path, Refusals, Refused
from kit.inputs import Command, Currency, Day, Each, Name, Reference, Upsert, refuse_duplicates
from models.access.viewers import Scope
from models.base.acts import Act
from models.events.master.prices import PriceListCreated, PriceListUpdated
from models.master.channels import Channel
from models.master.parties import Party, PartyRole
from models.master.prices.precedence import PRECEDENCE
from models.master.prices.tables import PriceList

_EVENTS = UpsertEvents(PriceListCreated, PriceListUpdated)
_WHOSE = ("party_number", "party_group", "channel_code")
_FOR_ONE = "A price list is for a party, for a group or for a channel."
_IN_ORDER = "A price list does not end before it starts."


class PriceListUpsert(Upsert):
    """One price list, known by its code: of a party, of a group of them, or of a channel.

    Whose it is stays, where none of the three is given.
    """

    code: Reference = Field(description="The merchant's own code; the key of the upsert.")
    name: Name = Field(description="Name for people.")
    currency: Currency = Field(description="Currency of its prices; it stays.")
    party_number: Reference | None = Field(None, description="The party that pays these prices.")
    party_group: Reference | None = Field(
        None, description="The parties that pay them: all of this `priceGroup`."
    )
    channel_code: Reference | None = Field(
        None, description="The channel over which whoever orders pays them."
    )
    valid_from: Day = Field(description="First day of validity, as the merchant counts days.")
    valid_to: Day | None = Field(
        None, description="Last day of validity, included; null for no end."
    )

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        if self.says_whose and sum(getattr(self, name) is not None for name in _WHOSE) != 1:
            raise PydanticCustomError(Code.INVALID.value, "{text}", {"text": _FOR_ONE})
        if self.valid_to is not None and self.valid_to < self.valid_from:
            raise PydanticCustomError(Code.INVALID_DATE.value, "{text}", {"text": _IN_ORDER})
        return self

    @property
    def says_whose(self) -> bool:
        """Tell whether it says for whom the list is."""
        return not self.model_fields_set.isdisjoint(_WHOSE)


class PriceListsUpsert(Command):
    """Up to 250 price lists."""

    price_lists: Each[PriceListUpsert] = Field(description="The price lists; each code once.")


@verb(
    Act(Scope.MASTER_DATA_WRITE),
    f"Create or change up to 250 price lists by code. {PRECEDENCE}",
)
async def upsert_all(writing: Writing, command: PriceListsUpsert) -> Outcome:
    """Write price lists by code.

    Refused: DUPLICATE when a code stands twice, NOT_FOUND for a party or channel, INVALID for
    a party that is no customer, for another currency than the list has, and for a new list of
    nobody; INVALID_DATE.
    """
    inputs = command.price_lists
    await _check_lists(writing, inputs)
    parties = await _parties(writing, inputs)
    channels = await _channels(writing, inputs)
    refuse_duplicates((it.code for it in inputs), ("price_lists",), "code")
    items = [_columns(it, parties, channels) for it in inputs]
    written = await upsert(writing, PriceList, _EVENTS, "code", items, ("price_lists",))
    return results("price_list_id", *written)


def _columns(
    one: PriceListUpsert, parties: Mapping[str | None, UUID], channels: Mapping[str | None, UUID]
) -> UpsertColumns:
    whose = {
        "party_id": parties.get(one.party_number),
        "party_group": one.party_group,
        "channel_id": channels.get(one.channel_code),
    }
    item = item_of(one, {name: {} for name in _WHOSE})
    return item.also(whose) if one.says_whose else item


async def _check_lists(writing: Writing, inputs: Sequence[PriceListUpsert]) -> None:
    """Lock the lists that are there and look whether what inputs leave out fits. Refused."""
    known = await locked_rows(writing, PriceList, "code", (it.code for it in inputs))
    refusals = Refusals()
    for place, each in enumerate(inputs):
        with refusals:
            _check_list(known.get(each.code), each, ("price_lists", place))
    refusals.end()


def _check_list(row: PriceList | None, each: PriceListUpsert, path: Path) -> None:
    """Refused: INVALID for another currency and for a new list of nobody, INVALID_DATE."""
    if row is None and not each.says_whose:
        raise Refused(Code.INVALID, _FOR_ONE, path)
    if row is not None and row.currency != each.currency:
        text = f"{each.code} has prices in {row.currency}; that stays."
        raise Refused(Code.INVALID, text, (*path, "currency"))
    if row is not None and "valid_to" not in each.model_fields_set:
        _check_ends(each.valid_from, row.valid_to, path)


def _check_ends(first: Day, last: Day | None, path: Path) -> None:
    if last is not None and last < first:
        raise Refused(Code.INVALID_DATE, _IN_ORDER, (*path, "valid_from"))


async def _parties(
    writing: Writing, inputs: Sequence[PriceListUpsert]
) -> Mapping[str | None, UUID]:
    """Return number -> id of the customers that lists are for. Refused: NOT_FOUND, INVALID."""
    wanted = _named(inputs, "party_number")
    found = {it.number: it for it in await held(writing, {"number": {name for name, _ in wanted}})}
    check_known(Party, found, wanted)
    refusals = Refusals()
    for name, path in wanted:
        with refusals:
            check_role(found[name], PartyRole.CUSTOMER, path)
    refusals.end()
    return {name: row.id for name, row in found.items()}


async def _channels(
    writing: Writing, inputs: Sequence[PriceListUpsert]
) -> Mapping[str | None, UUID]:
    """Return code -> id of the channels that lists are for. Refused: NOT_FOUND."""
    wanted = _named(inputs, "channel_code")
    found = await writing.by_key(Channel, "code", {name for name, _ in wanted})
    check_known(Channel, found, wanted)
    return {name: row.id for name, row in found.items()}


def _named(inputs: Sequence[PriceListUpsert], field: str) -> list[tuple[str, Path]]:
    """Return what lists name in a field, with its paths."""
    names = [getattr(it, field) for it in inputs]
    return [
        (name, ("price_lists", place, field))
        for place, name in enumerate(names)
        if name is not None
    ]
