"""Goods go where they can be handled: one rule for all verbs from plan to dispatch, and offers."""

from typing import Any

import pytest

from kit.ids import to_global
from tests import make
from tests.guard import counted
from tests.make.fulfilment import deliveries
from tests.make.master import locations
from tests.make.trade import contracts, orders

METHODS = """
mutation ($input: MethodHandlingsUpsertInput!) {
  methodHandlingsUpsert(input: $input) { userErrors { code } }
}
"""
PAINT = {"unNumber": "UN1263", "hazardClass": "3"}
COLD = {"keepFromC": "2", "keepToC": "8"}
NOWHERE = [
    ("LOCATION_NOT_ALLOWED", "deliveries.0.locationId"),
    ("METHOD_NOT_ALLOWED", "deliveries.0.method"),
]
"""Neither the place nor the method can handle it."""
NEEDS = {
    "temperature": (COLD, {"keepsFromC": "2", "keepsToC": "7"}),
    "dangerous goods": (PAINT, {"hazardClasses": ["3", "8"]}),
    "high value": ({"isHighValue": True}, {"takesHighValue": True}),
    "oversize": ({"isOversize": True}, {"takesOversize": True}),
}
"""Kind of need -> handling of a product, capabilities that are enough."""
TOO_LITTLE = {
    "temperature": {"keepsFromC": "2", "keepsToC": "9"},
    "dangerous goods": {"hazardClasses": ["8"]},
    "high value": {"takesOversize": True},
    "oversize": {"takesHighValue": True},
}


def snake(fields: dict[str, Any]) -> dict[str, Any]:
    """Return fields under the names of commands."""
    words = {"keepsFromC": "keeps_from_c", "keepsToC": "keeps_to_c"}
    words |= {"hazardClasses": "hazard_classes", "takesHighValue": "takes_high_value"}
    words |= {"takesOversize": "takes_oversize"}
    return {words[name]: value for name, value in fields.items()}


async def _location(world: make.World, code: str, **handling: Any) -> str:
    made = await locations.location(world, code=code, handling=snake(handling))
    return to_global("Location", made)


async def _method(ask: make.Ask, method: str, **handling: Any) -> None:
    values = {"methodHandlings": [{"method": method, **handling}]}
    assert (await ask(METHODS, input=values))["methodHandlingsUpsert"]["userErrors"] == []


async def _order(world: make.World, ask: make.Ask, **handling: Any) -> dict[str, Any]:
    (product,) = await orders.products(ask, "PAINT", handling=handling)
    return await orders.order(world, ask, lines=[orders.line(product)])


async def _planned(
    world: make.World, ask: make.Ask, order: dict[str, Any], location: str
) -> list[tuple[str, str]]:
    part = await deliveries.part(world, order, locationId=location)
    return await deliveries.refusals(ask, "deliveryPlan", deliveries=[part])


@pytest.mark.gate("D14", "deliveryPlan")
@pytest.mark.parametrize("need", NEEDS)
async def test_a_plan_needs_a_location_and_a_method_that_can(world, ask, need):
    handling, enough = NEEDS[need]
    order = await _order(world, ask, **handling)
    plain = await _location(world, "PLAIN")
    little = await _location(world, "LITTLE", **TOO_LITTLE[need])
    able = await _location(world, "ABLE", **enough)
    for location in (plain, little):
        refused = await _planned(world, ask, order, location)
        assert refused == NOWHERE
    for capabilities in ({}, TOO_LITTLE[need]):
        await _method(ask, "PARCEL", **capabilities)
        refused = await _planned(world, ask, order, able)
        assert refused == [("METHOD_NOT_ALLOWED", "deliveries.0.method")]
    await _method(ask, "PARCEL", **enough)
    assert await _planned(world, ask, order, able) == []


async def test_a_refusal_names_what_would_do(world, ask):
    order = await _order(world, ask, **PAINT)
    plain = await _location(world, "PLAIN")
    able = await _location(world, "ABLE", hazardClasses=["3"])
    await _method(ask, "FREIGHT", hazardClasses=["3"])
    for location, words in ((plain, "what would do: ABLE."), (able, "what would do: FREIGHT.")):
        part = await deliveries.part(world, order, locationId=location)
        payload = await deliveries.act(ask, "deliveryPlan", deliveries=[part])
        messages = [it["message"] for it in payload["userErrors"]]
        assert all("DANGEROUS_GOODS" in it for it in messages)
        assert any(words in it for it in messages)


@pytest.mark.gate("D14", "deliveryMove", "deliverySplit")
async def test_a_move_and_a_split_go_where_the_goods_can_be_handled(world, ask):
    order = await _order(world, ask, **PAINT)
    plain = await _location(world, "PLAIN")
    able, other = [await _location(world, it, hazardClasses=["3"]) for it in ("ABLE", "OTHER")]
    await _method(ask, "PARCEL", hazardClasses=["3"])
    delivery = await deliveries.planned(world, ask, order, locationId=able)
    own = {"deliveryId": delivery["id"]}
    part = {"lines": deliveries.contents(delivery, "4")}
    for verb, fields in (("deliveryMove", own), ("deliverySplit", own | part)):
        refused = await deliveries.refusals(ask, verb, **fields, locationId=plain)
        assert refused == [("LOCATION_NOT_ALLOWED", "locationId")]
        assert await deliveries.refusals(ask, verb, **fields, locationId=other) == []


@pytest.mark.gate(
    "D14",
    "deliveryRelease",
    "deliveriesRelease",
    "locationsUpsert",
    "methodHandlingsUpsert",
    "productsUpsert",
)
@pytest.mark.parametrize("need", NEEDS)
async def test_a_release_asks_again_and_is_offered_only_where_it_can(world, ask, need):
    handling, enough = NEEDS[need]
    order = await _order(world, ask)
    able = await _location(world, "ABLE", **enough)
    delivery = await deliveries.planned(world, ask, order, locationId=able)

    async def found() -> tuple[bool, list[str]]:
        now = await deliveries.read(ask, delivery)
        codes = await deliveries.refusals(
            ask, "deliveryRelease", deliveryId=delivery["id"], expectedVersion=now["version"]
        )
        return "RELEASE" in now["availableActions"], [code for code, _ in codes]

    await orders.products(ask, "PAINT", handling=handling)
    await _method(ask, "PARCEL", **TOO_LITTLE[need])
    assert await found() == (False, ["METHOD_NOT_ALLOWED"])
    await _method(ask, "PARCEL", **enough)
    await locations.location(world, code="ABLE", handling=snake(TOO_LITTLE[need]))
    assert await found() == (False, ["LOCATION_NOT_ALLOWED"])
    await locations.location(world, code="ABLE", handling=snake(enough))
    assert await found() == (True, [])


@pytest.mark.gate("D14", "deliveryPack", "deliveriesPack", "deliveryDispatch", "deliveriesDispatch")
async def test_what_needs_more_since_its_release_is_asked_again_where_it_is_packed_and_leaves(
    world, ask
):
    order = await _order(world, ask)
    able = await _location(world, "ABLE", hazardClasses=["3"])
    delivery = await deliveries.released(world, ask, order, locationId=able)
    await orders.products(ask, "PAINT", handling=PAINT)
    own = {"deliveryId": delivery["id"]}
    parcel = {"generateSscc": True, "contents": deliveries.contents(delivery)}
    pack = own | {"parcels": [parcel]}

    async def found(verb: str, **fields: Any) -> tuple[bool, list[str]]:
        action = verb.removeprefix("delivery").upper()
        is_offered = action in (await deliveries.read(ask, delivery))["availableActions"]
        return is_offered, [code for code, _ in await deliveries.refusals(ask, verb, **fields)]

    assert await found("deliveryPack", **pack) == (False, ["METHOD_NOT_ALLOWED"])
    await _method(ask, "PARCEL", hazardClasses=["3"])
    await locations.location(world, code="ABLE", handling={"hazard_classes": []})
    assert await found("deliveryPack", **pack) == (False, ["LOCATION_NOT_ALLOWED"])
    await locations.location(world, code="ABLE", handling={"hazard_classes": ["3"]})
    assert await found("deliveryPack", **pack) == (True, [])
    # What lies where it cannot lie any more may leave; nobody takes what its method cannot carry.
    await locations.location(world, code="ABLE", handling={"hazard_classes": []})
    await _method(ask, "PARCEL", hazardClasses=[])
    assert await found("deliveryDispatch", **own) == (False, ["METHOD_NOT_ALLOWED"])
    await _method(ask, "PARCEL", hazardClasses=["3"])
    assert await found("deliveryDispatch", **own) == (True, [])


async def test_a_call_off_plans_by_the_same_rule(world, ask):
    (paint,) = await orders.products(ask, "PAINT", handling=PAINT)
    contract = await contracts.contract(world, ask, lines=[contracts.line(paint)])
    plain = await _location(world, "PLAIN")
    part = {"locationId": plain, "lines": [{"lineNo": 1, "quantity": "5"}]}
    payload = await contracts.try_call_off(world, ask, contract, "10", deliveries=[part])
    assert contracts.codes(payload) == NOWHERE


async def test_what_needs_handling_costs_one_statement_for_any_number(world, ask, database):
    able = await _location(world, "ABLE", hazardClasses=["3"])
    await _method(ask, "PARCEL", hazardClasses=["3"])
    sent = {}
    for count, handling in ((1, {}), (1, PAINT), (5, PAINT)):
        order = await _order(world, ask, **handling)
        share = deliveries.lines(order, "2")
        part = await deliveries.part(world, order, locationId=able, lines=share)
        with counted(database.engine) as statements:
            await deliveries.done(ask, "deliveryPlan", deliveries=[part] * count)
        sent[count, bool(handling)] = len(statements)
    assert sent[5, True] == sent[1, True] == sent[1, False] + 1
