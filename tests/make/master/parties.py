"""Companies, persons and carriers."""

from typing import Any
from uuid import UUID

from sqlalchemy import text

from commands.master.parties.inputs import PartiesUpsert
from commands.master.parties.upsert import upsert_all
from kit.ids import Names, new_id
from tests.make import World
from tests.make.running import run

PLACE = {"line1": "Ringstr. 1", "postal_code": "50667", "city": "Köln", "country": "DE"}


def address(code: str = "MAIN", **fields: Any) -> dict[str, Any]:
    """Return the input of a company's default address, open at any time."""
    valid = {"code": code, "place": PLACE, "time_zone": "Europe/Berlin", "is_default": True}
    return valid | fields


EVERY_ROLE = ["CUSTOMER", "CARRIER", "SUPPLIER", "FULFILMENT_PROVIDER"]


async def party(world: World, **fields: Any) -> UUID:
    valid = {"number": f"P-{new_id().hex[-12:]}", "name": "Party"}
    outcome = await run(world, upsert_all, PartiesUpsert, parties=[valid | fields])
    return outcome["results"][0]["party_id"]


async def company(world: World, **fields: Any) -> UUID:
    """Make a company with a contact and one default address that is always open."""
    valid: dict[str, Any] = {
        "name": "Maschinenbau Weber GmbH",
        "contacts": [{"code": "ANNA", "name": "Anna Weber"}],
        "addresses": [address()],
    }
    return await party(world, **valid | fields)


async def person(world: World, **fields: Any) -> UUID:
    """Make a private person without an address."""
    return await party(world, **{"kind": "PERSON", "name": "Jan Kowalski"} | fields)


async def carrier(world: World, **fields: Any) -> UUID:
    return await party(world, **{"roles": ["CARRIER"], "name": "Speedy Express"} | fields)


async def allow(world: World, party_id: str | None, channel_id: str) -> None:
    """Let the buyers of a party order over a channel; ids are global ones."""
    own = {"party": key_of("Party", party_id), "channel": key_of("Channel", channel_id)}
    if None not in own.values():
        # As an operator: no entry tells of it.
        async with world.database.owner.writing(world.merchant_id) as session:
            await session.execute(text(_ALLOW), {**own, "merchant": world.merchant_id})


def key_of(type_name: str, global_id: str | None) -> UUID | None:
    """Return the key that a global id of the type has."""
    return Names(type_name).find(global_id or "")


_ALLOW = """
UPDATE parties SET channel_ids = channel_ids || CAST(:channel AS uuid)
WHERE parties.merchant_id = :merchant AND parties.id = :party
    AND NOT CAST(:channel AS uuid) = ANY(channel_ids)
"""
