"""Channels over GraphQL."""

import pytest

from kit.ids import to_global
from models.access.viewers import Actor
from tests import make
from tests.guard import counted
from tests.make import refusals
from tests.make.master.channels import channel

UPSERT = """
mutation ($input: ChannelsUpsertInput!) {
  channelsUpsert(input: $input) {
    results { status userErrors { code field } channel { id code deliveryMethods } }
    userErrors { code field }
  }
}
"""
CHANNEL = """
query ($id: ID, $code: String) {
  channel(id: $id, code: $code) {
    id code name kind guestsAllowed approvalRequired deliveryMethods isActive
    timeline(first: 9) { nodes { type } }
  }
}
"""
CHANNELS = """
query ($first: Int = 50, $filter: ChannelFilter, $sort: ChannelSort) {
  channels(first: $first, filter: $filter, sort: $sort) {
    nodes { code timeline(first: 1) { nodes { type } } }
    totalCount
  }
}
"""


def _channel(**fields):
    valid = {"code": "SHOP", "name": "Shop 🛒 חנות", "kind": "WEB_SHOP"}
    return valid | {"deliveryMethods": ["PARCEL", "LOCKER"]} | fields


async def _upsert(ask, *channels):
    return (await ask(UPSERT, input={"channels": list(channels)}))["channelsUpsert"]


async def _statuses(ask, *channels):
    return [it["status"] for it in (await _upsert(ask, *channels))["results"]]


async def test_a_channel_is_shown_as_it_was_written(ask):
    whole = _channel(guestsAllowed=True, approvalRequired=True, isActive=False)
    assert await _statuses(ask, whole) == ["CREATED"]
    shown = (await ask(CHANNEL, code="SHOP"))["channel"]
    assert sorted(shown["deliveryMethods"]) == ["LOCKER", "PARCEL"]
    for name in ("code", "name", "kind", "guestsAllowed", "approvalRequired", "isActive"):
        assert shown[name] == whole[name]
    assert (await ask(CHANNEL, id=shown["id"]))["channel"] == shown


async def test_a_new_channel_is_active_without_guests_and_approval(ask):
    await _upsert(ask, _channel())
    shown = (await ask(CHANNEL, code="SHOP"))["channel"]
    flags = (shown["isActive"], shown["guestsAllowed"], shown["approvalRequired"])
    assert flags == (True, False, False)


async def test_channels_are_created_then_unchanged_then_updated(ask):
    assert await _statuses(ask, _channel()) == ["CREATED"]
    assert await _statuses(ask, _channel(deliveryMethods=["LOCKER", "PARCEL"])) == ["UNCHANGED"]
    assert await _statuses(ask, _channel(deliveryMethods=["PARCEL"])) == ["UPDATED"]
    shown = (await ask(CHANNEL, code="SHOP"))["channel"]
    types = [it["type"] for it in shown["timeline"]["nodes"]]
    assert types == ["channel.created", "channel.updated"]


@pytest.mark.parametrize(
    ("fields", "code", "path"),
    [
        ({"deliveryMethods": []}, "TOO_FEW_ITEMS", "deliveryMethods"),
        ({"name": "\0"}, "INVALID_CHARACTER", "name"),
        ({"name": "x" * 100_000}, "TOO_LONG", "name"),
        ({"code": " "}, "BLANK", "code"),
        ({"code": "OTHER"}, "DUPLICATE", "code"),
    ],
)
async def test_wrong_input_is_refused_with_its_path(ask, fields, code, path):
    answer = await _upsert(ask, _channel(code="OTHER"), _channel(**fields))
    assert refusals(answer) == [{"code": code, "field": ["input", "channels", "1", path]}]
    assert (await ask(CHANNELS))["channels"]["totalCount"] == 1


async def test_a_bulk_call_takes_1_to_250_channels(ask):
    many = [_channel(code=f"{number:03}") for number in range(251)]
    for channels, code in (([], "TOO_FEW_ITEMS"), (many, "TOO_MANY_ITEMS")):
        answer = await _upsert(ask, *channels)
        assert answer["userErrors"] == [{"code": code, "field": ["input", "channels"]}]
    assert set(await _statuses(ask, *many[:250])) == {"CREATED"}


@pytest.mark.parametrize(
    ("values", "codes"),
    [
        ({"kind": "EDI"}, ["E"]),
        ({"codePrefix": "S"}, ["S1", "S2"]),
        ({"guestsAllowed": True}, ["S1"]),
        ({"isActive": False}, ["E"]),
    ],
)
async def test_channels_are_found_by_what_a_filter_says(ask, values, codes):
    await _upsert(
        ask,
        _channel(code="S2"),
        _channel(code="S1", guestsAllowed=True),
        _channel(code="E", kind="EDI", isActive=False),
    )
    found = (await ask(CHANNELS, filter=values))["channels"]
    assert [it["code"] for it in found["nodes"]] == codes
    backwards = (await ask(CHANNELS, filter=values, sort="CODE_DESC"))["channels"]
    assert [it["code"] for it in backwards["nodes"]] == codes[::-1]


async def test_statements_do_not_grow_with_the_number_of_channels(ask, database, plans):
    many = [_channel(code=f"{number:02}") for number in range(20)]
    writes, reads = [], []
    for values in (many[:1], many):
        with counted(database.engine) as sent:
            await _upsert(ask, *values)
        writes.append(len(sent))
    for first in (1, 20):
        with counted(database.engine) as sent:
            await ask(CHANNELS, first=first)
        reads.append(len(sent))
    assert writes[0] == writes[1]
    # All at once; or the page, its count, timelines.
    assert reads == ([1, 1] if plans else [3, 3])


async def test_a_storefront_sees_its_own_channel(ask, world, database, clock):
    own, other = await channel(world, code="OWN"), await channel(world, code="OTHER")
    shop = ask.by(await world.key(Actor.STOREFRONT, own))
    assert [it["code"] for it in (await shop(CHANNELS))["channels"]["nodes"]] == ["OWN"]
    assert (await shop(CHANNEL, id=to_global("Channel", other)))["channel"] is None
    stranger = ask.by((await make.world(database, clock)).token)
    assert (await stranger(CHANNEL, id=to_global("Channel", own)))["channel"] is None
    assert (await stranger(CHANNEL, code="OWN"))["channel"] is None
    refused = await shop.answer(UPSERT, input={"channels": [_channel()]})
    assert refused["errors"][0]["extensions"]["code"] == "FORBIDDEN"
