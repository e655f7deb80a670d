"""Parties written in bulk from the merchant's system of record, and where they take goods in."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import ARRAY, Text, Uuid, and_, any_, func, literal

from commands.master.parties.inputs import (
    AddressUpsert,
    ContactUpsert,
    PartiesUpsert,
    PartyUpsert,
    check_parties,
)
from commands.master.parties.roles import check_kept
from commands.master.receiving import kept_hours
from commands.writing.transaction import Outcome, Writing, check_known, missing
from commands.writing.upserts.items import UpsertColumns, item_of, locked_rows, put, results, status
from commands.writing.verbs import verb
from kit.errors import Code, Path, Refusals, Refused
from kit.inputs import check_payable
from models.access.viewers import Scope
from models.base.acts import Act
from models.base.events import Event
from models.base.payloads import ColumnName
from models.events.master.parties import PartyCreated, PartyUpdated
from models.master.channels import Channel
from models.master.parties import Address, Contact, Party

Child = TypeVar("Child", Contact, Address)
Changed = dict[UUID, list[UUID]]
"""Party id -> ids of its contacts or addresses that were written."""


Pair = tuple[Party, PartyUpsert]


@verb(
    Act(Scope.MASTER_DATA_WRITE),
    "Create or change up to 250 parties by number, with their contacts and addresses.",
)
async def upsert_all(writing: Writing, command: PartiesUpsert) -> Outcome:
    """Write parties by number, their contacts and addresses by code.

    A change of a contact or an address is one of its party. An address that becomes the default
    takes the place of the one before. Refused: DUPLICATE when a key stands twice, or two
    addresses of a party are its default; INVALID_WINDOW when receiving hours overlap; INVALID for
    limits in two currencies; SCALE_EXCEEDED for parts of their minor unit; NOT_FOUND for a channel;
    IN_USE for a role that is used and left out.
    """
    inputs = command.parties
    channels = await _channels(writing, inputs)
    check_parties(inputs)
    found = await locked_rows(writing, Party, "number", (it.number for it in inputs))
    await check_kept(writing, found, inputs)
    refusals, items = Refusals(), list[UpsertColumns]()
    for place, each in enumerate(inputs):
        with refusals:
            limits = _limits(found.get(each.number), each, ("parties", place))
            items.append(_party(each, channels).also(limits))
    refusals.end()
    written = [
        put(writing, Party, found.get(each.number), item)
        for each, item in zip(inputs, items, strict=True)
    ]
    await writing.session.flush()
    pairs = [(row, it) for (row, _), it in zip(written, inputs, strict=True)]
    contacts = await _put_all(writing, Contact, [(row, it.contacts) for row, it in pairs])
    await _free_defaults(writing, pairs)
    addresses = await _put_all(writing, Address, [(row, it.addresses) for row, it in pairs])
    statuses = [
        status(
            writing,
            _updated(row, fields, contacts, addresses)
            if row.number in found
            else PartyCreated(row.id),
        )
        for row, fields in written
    ]
    return results("party_id", [row for row, _ in pairs], statuses)


def _updated(
    row: Party, fields: Sequence[str], contacts: Changed, addresses: Changed
) -> Event | None:
    """Return what happened to a party that was there before, None where nothing did."""
    changed = PartyUpdated(
        row.id,
        fields=tuple(map(ColumnName, fields)),
        contacts=tuple(contacts[row.id]),
        addresses=tuple(addresses[row.id]),
    )
    return changed if changed.fields or changed.contacts or changed.addresses else None


async def ship_to(
    writing: Writing, party_id: UUID | None, address_id: UUID | None, path: Path
) -> Address | None:
    """Return the named address of the party; without an id its default address, if it has one.

    party_id: None for a guest, who has no addresses. Refused: NOT_FOUND at the path for an
    address that is unknown or another party's.
    """
    rows = writing.seen(Address).where(Address.party_id == party_id)
    if address_id is None:
        return (await writing.session.scalars(rows.where(Address.is_default))).one_or_none()
    address = (await writing.session.scalars(rows.where(Address.id == address_id))).one_or_none()
    if address is None:
        raise missing(Address, path)
    return address


async def _channels(writing: Writing, inputs: Sequence[PartyUpsert]) -> Mapping[str, UUID]:
    """Return code -> id of the channels that parties name. Refused: NOT_FOUND."""
    codes = {code for it in inputs for code in it.channel_codes or ()}
    found = await writing.by_key(Channel, "code", codes)
    paths = (
        (code, ("parties", place, "channel_codes", number))
        for place, each in enumerate(inputs)
        for number, code in enumerate(each.channel_codes or ())
    )
    check_known(Channel, found, paths)
    return {code: row.id for code, row in found.items()}


_LIMITS = ("approval_limit", "approval_limit_per_day")
_COLUMNS: Mapping[str, Mapping[str, Any]] = {
    name: {} for name in ("contacts", "addresses", *_LIMITS)
}
"""Fields that are no columns of their own."""


def _party(item: PartyUpsert, channels: Mapping[str, UUID]) -> UpsertColumns:
    """Return the columns of a party without its limits. channels: code -> id."""
    ids = sorted(channels[it] for it in item.channel_codes or ())
    return item_of(item, {**_COLUMNS, "channel_codes": {"channel_ids": ids}})


def _limits(row: Party | None, item: PartyUpsert, path: Path) -> dict[str, Any]:
    """Return both limits with their one currency: what is left out stays.

    Refused: INVALID, SCALE_EXCEEDED.
    """
    fields = [name for name in _LIMITS if name in item.model_fields_set]
    limits = {name: getattr(row, name, None) for name in _LIMITS}
    currencies = set()
    if any(limits[name] is not None for name in _LIMITS if name not in fields):
        currencies.add(getattr(row, "approval_currency", None))
    for name in fields:
        limit = getattr(item, name)
        if limit is not None:
            check_payable(limit.amount, limit.currency, (*path, name, "amount"))
            currencies.add(limit.currency)
        limits[name] = limit and limit.amount
    if len(currencies) > 1:
        where = (*path, fields[-1], "currency")
        raise Refused(Code.INVALID, "Both limits have one currency.", where)
    return {**limits, "approval_currency": next(iter(currencies), None)}


def _columns(item: ContactUpsert | AddressUpsert, party_id: UUID) -> UpsertColumns:
    as_columns = {}
    if isinstance(item, AddressUpsert):
        as_columns["receiving_hours"] = {"receiving_hours": kept_hours(item.receiving_hours)}
    return item_of(item, as_columns).also({"party_id": party_id})


async def _put_all(
    writing: Writing,
    entity: type[Child],
    inputs: Sequence[tuple[Party, Sequence[ContactUpsert | AddressUpsert]]],
) -> Changed:
    """Write the contacts or addresses of all parties by party and code."""
    wanted = {
        (party.id, it.code): _columns(it, party.id) for party, items in inputs for it in items
    }
    known = await _known(writing, entity, wanted)
    changed: Changed = defaultdict(list)
    for (party_id, code), values in wanted.items():
        old = known.get((party_id, code))
        row, fields = put(writing, entity, old, values)
        if fields:
            changed[party_id].append(row.id)
    await writing.session.flush()
    return changed


async def _free_defaults(writing: Writing, pairs: Sequence[Pair]) -> None:
    """Take the flag from addresses whose place as the default another one takes."""
    defaults = {row.id: to.code for row, it in pairs for to in it.addresses if to.is_default}
    ids = literal(sorted(defaults), ARRAY(Uuid()))
    mine = writing.seen(Address).where(Address.party_id == any_(ids), Address.is_default)
    for address in await writing.all(mine) if defaults else ():
        address.is_default = address.code == defaults[address.party_id]
    await writing.session.flush()


async def _known(
    writing: Writing, entity: type[Child], wanted: Collection[tuple[UUID, str]]
) -> dict[tuple[UUID, str], Child]:
    """Read contacts or addresses by party and code; the parties are locked already."""
    if not wanted:
        return {}
    parties, codes = zip(*sorted(wanted), strict=True)
    both = literal(list(parties), ARRAY(Uuid())), literal(list(codes), ARRAY(Text()))
    pairs = func.unnest(*both).table_valued("party_id", "code", name="wanted").render_derived()
    rows = writing.seen(entity).join(
        pairs, and_(entity.party_id == pairs.c.party_id, entity.code == pairs.c.code)
    )
    return {(row.party_id, row.code): row for row in await writing.all(rows)}
