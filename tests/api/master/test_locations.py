"""Warehouses, stores and distributors over GraphQL."""

import pytest

from kit.ids import new_id, to_global
from models.access.viewers import Actor
from tests import make
from tests.guard import counted
from tests.make import refusals
from tests.make.master.locations import location
from tests.make.master.parties import carrier, party

UPSERT = """
mutation ($input: LocationsUpsertInput!) {
  locationsUpsert(input: $input) {
    results { status userErrors { code field } location { id code provider { number } } }
    userErrors { code field }
  }
}
"""
LOCATION = """
query ($id: ID, $code: String) {
  location(id: $id, code: $code) {
    id code name kind gln place { line1 line2 city } timeZone provider { number } isActive
    timeline(first: 9) { nodes { type } }
  }
}
"""
LOCATIONS = """
query ($first: Int = 50, $filter: LocationFilter, $sort: LocationSort) {
  locations(first: $first, filter: $filter, sort: $sort) {
    nodes { code provider { number } timeline(first: 1) { nodes { type } } }
    totalCount
  }
}
"""


def _location(**fields):
    return {"code": "L", "name": "Lager 🏭 מחסן", "timeZone": "Europe/Warsaw"} | fields


async def _upsert(ask, *locations):
    return (await ask(UPSERT, input={"locations": list(locations)}))["locationsUpsert"]


async def _statuses(ask, *locations):
    return [it["status"] for it in (await _upsert(ask, *locations))["results"]]


async def _provider(world, **fields):
    made = await party(world, roles=["FULFILMENT_PROVIDER"], **fields)
    return to_global("Party", made)


async def test_a_location_is_shown_as_it_was_written(ask, world):
    whole = _location(
        kind="FULFILMENT_CENTRE",
        gln="4012345000009",
        place={"line1": "Halle 4", "city": "Łódź", "country": "PL"},
        providerId=await _provider(world, number="3PL"),
        isActive=False,
    )
    assert await _statuses(ask, whole) == ["CREATED"]
    shown = (await ask(LOCATION, code="L"))["location"]
    for name in ("code", "name", "kind", "gln", "timeZone", "isActive"):
        assert shown[name] == whole[name]
    assert shown["place"] == {"line1": "Halle 4", "line2": None, "city": "Łódź"}
    assert shown["provider"] == {"number": "3PL"}
    assert (await ask(LOCATION, id=shown["id"]))["location"] == shown


async def test_locations_are_created_then_unchanged_then_updated(ask):
    place = {"line1": "Halle 4", "city": "Łódź", "country": "PL"}
    assert await _statuses(ask, _location(place=place)) == ["CREATED"]
    assert await _statuses(ask, _location(place=place)) == ["UNCHANGED"]
    other = _location(place=place | {"line2": "Tor 2"})
    assert await _statuses(ask, other, _location(code="M")) == ["UPDATED", "CREATED"]
    shown = (await ask(LOCATION, code="L"))["location"]
    types = [it["type"] for it in shown["timeline"]["nodes"]]
    assert types == ["location.created", "location.updated"]


@pytest.mark.parametrize(
    ("fields", "code", "path"),
    [
        ({"gln": "4012345000000"}, "INVALID_CHECK_DIGIT", "gln"),
        ({"timeZone": "Europe/Nowhere"}, "INVALID_TIME_ZONE", "timeZone"),
        ({"name": "\0"}, "INVALID_CHARACTER", "name"),
        ({"name": "x" * 100_000}, "TOO_LONG", "name"),
        ({"code": ""}, "BLANK", "code"),
        ({"providerId": "nonsense"}, "INVALID_ID", "providerId"),
        ({"providerId": to_global("Location", new_id())}, "INVALID_ID", "providerId"),
        ({"providerId": to_global("Party", new_id())}, "NOT_FOUND", "providerId"),
    ],
)
async def test_wrong_input_is_refused_with_its_path(ask, fields, code, path):
    answer = await _upsert(ask, _location(code="OTHER"), _location(**fields))
    assert refusals(answer) == [{"code": code, "field": ["input", "locations", "1", path]}]
    assert (await ask(LOCATIONS))["locations"]["totalCount"] == 1


async def test_a_provider_of_another_merchant_is_an_unknown_one(ask, database, clock):
    foreign = await _provider(await make.world(database, clock))
    errors = refusals(await _upsert(ask, _location(providerId=foreign)))
    unknown = to_global("Party", new_id())
    assert refusals(await _upsert(ask, _location(providerId=unknown))) == errors
    assert errors[0]["code"] == "NOT_FOUND"


async def test_a_bulk_call_takes_1_to_250_locations_each_code_once(ask):
    many = [_location(code=f"{number:03}") for number in range(251)]
    for locations, code, field in (
        ([], "TOO_FEW_ITEMS", []),
        (many, "TOO_MANY_ITEMS", []),
        ([*many[:2], many[0]], "DUPLICATE", ["2", "code"]),
    ):
        answer = await _upsert(ask, *locations)
        assert refusals(answer) == [{"code": code, "field": ["input", "locations", *field]}]
    assert set(await _statuses(ask, *many[2:250])) == {"CREATED"}


@pytest.mark.parametrize(
    ("values", "codes"),
    [
        ({"kind": "STORE"}, ["S1"]),
        ({"codePrefix": "W"}, ["W1", "W2"]),
        ({"gln": "4012345000009"}, ["W2"]),
        ({"isActive": False}, ["S1"]),
        ({"isActive": True, "kind": "STORE"}, []),
    ],
)
async def test_locations_are_found_by_what_a_filter_says(ask, values, codes):
    await _upsert(
        ask,
        _location(code="W2", gln="4012345000009"),
        _location(code="W1"),
        _location(code="S1", kind="STORE", isActive=False),
    )
    found = (await ask(LOCATIONS, filter=values))["locations"]
    assert [it["code"] for it in found["nodes"]] == codes
    backwards = (await ask(LOCATIONS, filter=values, sort="CODE_DESC"))["locations"]
    assert [it["code"] for it in backwards["nodes"]] == codes[::-1]


async def test_locations_are_found_by_their_provider(ask, world):
    one, other = await _provider(world), await _provider(world)
    await _upsert(ask, _location(code="1", providerId=one), _location(code="2", providerId=other))
    found = (await ask(LOCATIONS, filter={"providerId": other}))["locations"]["nodes"]
    assert [it["code"] for it in found] == ["2"]


async def test_statements_do_not_grow_with_the_number_of_locations(ask, world, database, plans):
    provider = await _provider(world)
    many = [_location(code=f"{number:02}", providerId=provider) for number in range(20)]
    writes, reads = [], []
    for values in (many[:1], many):
        with counted(database.engine) as sent:
            await _upsert(ask, *values)
        writes.append(len(sent))
    for first in (1, 20):
        with counted(database.engine) as sent:
            await ask(LOCATIONS, first=first)
        reads.append(len(sent))
    assert writes[0] == writes[1]
    # All at once; or the page, its count, providers, timelines.
    assert reads == ([1, 1] if plans else [4, 4])


async def test_each_actor_sees_its_own_locations(ask, world, database, clock):
    own, other = await location(world, code="OWN"), await location(world, code="OTHER")
    warehouse = ask.by(await world.key(Actor.WAREHOUSE, own))
    assert [it["code"] for it in (await warehouse(LOCATIONS))["locations"]["nodes"]] == ["OWN"]
    assert (await warehouse(LOCATION, id=to_global("Location", other)))["location"] is None
    driver = ask.by(await world.key(Actor.CARRIER, await carrier(world)))
    assert (await driver(LOCATIONS))["locations"]["totalCount"] == 0
    stranger = ask.by((await make.world(database, clock)).token)
    assert (await stranger(LOCATION, id=to_global("Location", own)))["location"] is None
    assert (await stranger(LOCATION, code="OWN"))["location"] is None
    refused = await warehouse.answer(UPSERT, input={"locations": [_location()]})
    assert refused["errors"][0]["extensions"]["code"] == "FORBIDDEN"
