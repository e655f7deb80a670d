"""Companies, persons and carriers."""

from typing import Any
from uuid import UUID

from commands.master.parties.inputs import PartiesUpsert
from commands.master.parties.upsert import upsert_all
from kit.ids import new_id
from tests.make import World
from tests.make.running import run

PLACE = {"line1": "Ringstr. 1", "postal_code": "50667", "city": "Köln", "country": "DE"}


def address(code: str = "MAIN", **fields: Any) -> dict[str, Any]:
    """Return the input of a company's default address, open at any time."""
    valid = {"code": code, "place": PLACE, "time_zone": "Europe/Berlin", "is_default": True}
    return valid | fields


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
