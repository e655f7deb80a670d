"""Parties as they are read, with their contacts and addresses."""

from collections.abc import Iterable
from enum import Enum
from typing import Any
from uuid import UUID

from pydantic import Field
from sqlalchemy import ColumnElement, select

from kit.db.database import Database
from kit.inputs import Reference
from loaders.master.receiving import openings_in
from loaders.reading.filters import Beginning, Contained, Filter, among, begins, contains, is_called
from loaders.reading.leading import Leads
from loaders.reading.pages import Paged, Sorted
from loaders.reading.relations import ByList, Many, One, Reader
from models.master.channels import Channel
from models.master.parties import Address, Contact, Party, PartyKind, PartyRole

by_id = One(Party)
by_number = One(Party, "number")
contact_by_id = One(Contact)
address_by_id = One(Address)
contacts = Many(Contact, "party_id", order_by=("code",), typical=2)
addresses = Many(Address, "party_id", order_by=("code",), typical=3)
channels = ByList(Party, "channel_ids", Channel, order_by="code", typical=5)
openings = openings_in("receiving_hours")


class PartySort(Enum):
    """Orders of a party list."""

    NUMBER = "NUMBER"
    NUMBER_DESC = "NUMBER_DESC"
    NAME = "NAME"
    NAME_DESC = "NAME_DESC"


class PartyFilter(Filter):
    """Which parties to list."""

    kind: PartyKind | None = Field(None, description="Businesses or private persons.")
    role: PartyRole | None = Field(None, description="Has this role, maybe among others.")
    number_prefix: Beginning | None = Field(None, description="Number begins with this.")
    name_contains: Contained | None = Field(None, description="Name contains this, in any case.")
    gln: Reference | None = Field(None, description="GLN is this.")
    vat_id: Reference | None = Field(None, description="VAT identification number is this.")


def _matching(_reader: Reader, party: Any, filter_by: PartyFilter) -> Iterable[ColumnElement[bool]]:
    if filter_by.role is not None:
        yield among(party.roles, filter_by.role)
    if filter_by.number_prefix is not None:
        yield begins(party.number_folded, filter_by.number_prefix)
    if filter_by.name_contains is not None:
        yield contains(party.name_folded, filter_by.name_contains)
    for name in ("kind", "gln", "vat_id"):
        if (value := getattr(filter_by, name)) is not None:
            yield getattr(party, name) == value


every = Paged(
    Party,
    {
        PartySort.NUMBER: Sorted("number"),
        PartySort.NUMBER_DESC: Sorted("number", descending=True),
        PartySort.NAME: Sorted("name"),
        PartySort.NAME_DESC: Sorted("name", descending=True),
    },
    matching=_matching,
    leads=Leads({"kind": "kind"}),
)


async def customer_id(database: Database, merchant: UUID, called: str) -> UUID | None:
    """Return a merchant's customer with an id or a number, None where there is none."""
    reads = database.reading(merchant)
    try:
        found = select(Party.id).where(
            Party.merchant_id == merchant,
            is_called(called, Party.id, Party.number),
            Party.roles.contains([PartyRole.CUSTOMER]),
        )
        return next((row.id for row in await reads.rows(found)), None)
    finally:
        await reads.close()


async def contact_id(database: Database, merchant: UUID, party: UUID, code: str) -> UUID | None:
    """Return the contact of a party with a code, None where there is none."""
    reads = database.reading(merchant)
    try:
        own = (Contact.merchant_id == merchant, Contact.party_id == party, Contact.code == code)
        return next((row.id for row in await reads.rows(select(Contact.id).where(*own))), None)
    finally:
        await reads.close()
