"""Where an order goes, and two writers of one party."""

import asyncio
from uuid import UUID

import pytest

from commands.master.parties.inputs import PartiesUpsert
from commands.master.parties.upsert import ship_to, upsert_all
from commands.writing.transaction import Writing
from kit.errors import Code, Refused
from kit.ids import new_id
from tests import make
from tests.make.master.parties import address, company, person
from tests.make.running import run, staff

AT = ("ship_to_id",)


async def _ship_to(world: make.World, party_id: UUID | None, address_id: UUID | None):
    async with world.database.writing(world.merchant_id) as session:
        writing = Writing(session, staff(world), world.clock())
        found = await ship_to(writing, party_id, address_id, AT)
        return found and (found.id, found.code)


async def test_an_order_goes_to_the_named_address_or_else_to_the_default(world):
    party_id = await company(world, number="N", name="N", addresses=[address("GATE")])
    gate = await _ship_to(world, party_id, None)
    await company(world, number="N", name="N", addresses=[address("MAIN")])
    main = await _ship_to(world, party_id, None)
    assert (gate[1], main[1]) == ("GATE", "MAIN")
    assert await _ship_to(world, party_id, gate[0]) == gate
    assert await _ship_to(world, party_id, main[0]) == main


async def test_a_guest_and_a_party_without_a_default_have_no_address(world):
    party_id = await company(world, addresses=[address(is_default=False)])
    assert await _ship_to(world, party_id, None) is None
    assert await _ship_to(world, await person(world), None) is None
    assert await _ship_to(world, None, None) is None


async def test_another_partys_address_is_not_found(world, database, clock):
    mine, other = await company(world), await company(world)
    foreign = await make.world(database, clock)
    theirs, _ = await _ship_to(foreign, await company(foreign), None)
    others, _ = await _ship_to(world, other, None)
    for party_id, address_id in ((mine, others), (None, others), (mine, theirs), (mine, new_id())):
        with pytest.raises(Refused) as refused:
            await _ship_to(world, party_id, address_id)
        assert (refused.value.code, refused.value.path) == (Code.NOT_FOUND, AT)


async def test_two_writers_of_a_new_party_make_one(world):
    whole = {"number": "N", "name": "Name", "addresses": [address()]}
    calls = [run(world, upsert_all, PartiesUpsert, parties=[whole]) for _ in range(8)]
    results = [outcome["results"][0] for outcome in await asyncio.gather(*calls)]
    assert sorted(it["status"] for it in results) == ["CREATED", *["UNCHANGED"] * 7]
    assert len({it["party_id"] for it in results}) == 1


async def test_writers_of_different_defaults_leave_one(world):
    party_id = await company(world, number="N", name="N")
    calls = [
        run(
            world,
            upsert_all,
            PartiesUpsert,
            parties=[{"number": "N", "name": "N", "addresses": [address(f"A{number}")]}],
        )
        for number in range(6)
    ]
    outcomes = await asyncio.gather(*calls)
    assert [it["results"][0]["status"] for it in outcomes] == ["UPDATED"] * 6
    _, code = await _ship_to(world, party_id, None)
    assert code.startswith("A")
