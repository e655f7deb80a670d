"""Parties: companies and persons that order, carry, supply or fulfil."""

from typing import Annotated
from uuid import UUID

from models.access.viewers import Actor
from models.base.events import Created, Payload, Updated, event
from models.base.payloads import IdOf
from models.master.parties import Party


@event("party.created", Party)
class PartyCreated(Created):
    """It was written for the first time."""


def _without_codes(payload: Payload) -> Payload:
    """Upcast version 1, which told codes of contacts and addresses, chosen by people."""
    return {"fields": payload["fields"], "contacts": [], "addresses": []}


@event(
    "party.updated",
    Party,
    _without_codes,
    untold=(Actor.BUYER, Actor.STOREFRONT, Actor.WAREHOUSE),
)
class PartyUpdated(Updated):
    """It was changed, or one of its contacts or addresses."""

    contacts: Annotated[
        tuple[Annotated[UUID, IdOf("Contact")], ...], "Its contacts that were written."
    ]
    addresses: Annotated[
        tuple[Annotated[UUID, IdOf("Address")], ...], "Its addresses that were written."
    ]
