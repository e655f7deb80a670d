"""What holds for an operation over HTTP holds for it on a socket and in a stream."""

from collections.abc import Callable
from typing import Any

import pytest

from kit.ids import from_global, new_id, to_global
from kit.limits import Bounds
from models.access.viewers import Actor, Documents, Scope, Viewer
from resolvers.running.lanes import Lanes
from tests.make import Ask, World
from tests.make.master import channels
from tests.make.running import until
from tests.make.sweeps.endings import cancel
from tests.make.trade import orders
from tests.transport.client import STATUS, Served

WHO = "query Who { viewer { actor } }"
REGISTER = """
mutation ($input: DocumentsRegisterInput!) { documentsRegister(input: $input) { ids } }
"""
PRODUCTS = """
mutation ($input: ProductsUpsertInput!) { productsUpsert(input: $input) { userErrors { code } } }
"""
PLACE = "mutation ($input: OrderPlaceInput!) { orderPlace(input: $input) { accessToken } }"
ORDERS = "{ orders(first: 5) { totalCount } }"
JOURNAL = "{ journal(first: 50) { nodes { type address } } }"
Carrier = Callable[..., Any]


@pytest.fixture(params=["socket", "stream"])
def carried(request: pytest.FixtureRequest, served: Served) -> Carrier:
    """Give the first result of an operation; order_token: as a storefront sends it."""

    async def by_socket(token: str, order_token: str | None, payload: Any) -> Any:
        fields = {"token": token, "abruf-order-token": order_token}
        async with served.socket() as socket:
            await socket.send({"type": "connection_init", "payload": fields})
            assert (await socket.next())["type"] == "connection_ack"
            await socket.send({"id": "1", "type": "subscribe", "payload": payload})
            message = await socket.next()
        return message["payload"] if message["type"] == "next" else {"errors": message["payload"]}

    async def by_stream(token: str, order_token: str | None, payload: Any) -> Any:
        headers = {"Abruf-Order-Token": order_token} if order_token else {}
        async with served.sent(token, payload, headers) as (_, events):
            return (await anext(events))[1]

    way = by_socket if request.param == "socket" else by_stream

    async def first(token: str, order_token: str | None = None, **payload: Any) -> Any:
        return await way(token, order_token, payload)

    return first


def refusal(result: Any) -> dict[str, Any]:
    """Return the extensions of the one error of an operation that was not executed."""
    (error,) = result["errors"]
    assert result.get("data") is None
    return error["extensions"]


async def test_a_registered_document_is_named_and_others_are_refused(
    world: World, ask: Ask, carried: Carrier
) -> None:
    answer = await ask(REGISTER, input={"documents": [{"text": WHO}]})
    (name,) = answer["documentsRegister"]["ids"]
    bound = await world.key(Actor.STAFF, documents=Documents.REGISTERED)
    persisted = {"persistedQuery": {"version": 1, "sha256Hash": name.removeprefix("sha256:")}}
    for form in ({"documentId": name}, {"id": name}, {"extensions": persisted}):
        assert (await carried(bound, **form))["data"] == {"viewer": {"actor": "STAFF"}}
    assert refusal(await carried(bound, query=WHO.replace("Who", "Other")))
    assert refusal(await carried(bound, documentId=f"sha256:{'0' * 64}"))


async def test_a_registered_subscription_is_named(world: World, ask: Ask, carried: Carrier) -> None:
    answer = await ask(REGISTER, input={"documents": [{"text": STATUS}]})
    (name,) = answer["documentsRegister"]["ids"]
    fields = {"id": (await orders.order(world, ask))["id"], "after": 0}
    result = await carried(world.token, documentId=name, variables=fields)
    assert result["data"]["orderStatusChanged"]["type"] == "order.placed"


async def test_a_storefront_sees_and_follows_the_order_whose_token_it_sends(
    world: World, ask: Ask, carried: Carrier
) -> None:
    channel = await channels.channel(world)
    fields = await orders.order_input(
        world, ask, guest={"name": "Jan"}, channelId=to_global("Channel", channel)
    )
    token = (await ask(PLACE, input=fields))["orderPlace"]["accessToken"]
    (order,) = (await ask("{ orders(first: 1) { nodes { id } } }"))["orders"]["nodes"]
    shop, follow = await world.key(Actor.STOREFRONT, channel), {"id": order["id"], "after": 0}
    counts = [(await carried(shop, it, query=ORDERS))["data"]["orders"] for it in (None, token)]
    assert counts == [{"totalCount": 0}, {"totalCount": 1}]
    seen = (await carried(shop, token, query=STATUS, variables=follow))["data"]
    assert seen["orderStatusChanged"]["order"] == {"id": order["id"], "state": "CONFIRMED"}
    missing = refusal(await carried(shop, query=STATUS, variables=follow))
    assert missing["userErrorCode"] == "NOT_FOUND"


async def test_an_error_in_a_result_names_the_request(world: World, carried: Carrier) -> None:
    failed = await carried(
        world.token, query='{ viewer { actor } orders(after: "x") { totalCount } }'
    )
    assert failed["errors"][0]["path"] == ["orders"]
    assert failed["extensions"]["requestId"]
    fine = await carried(world.token, query="{ viewer { actor } }")
    assert "requestId" not in fine["extensions"]


async def test_an_operation_without_its_scope_is_forbidden(
    world: World, ask: Ask, carried: Carrier
) -> None:
    order = await orders.order(world, ask)
    reads = await world.key(Actor.STAFF, scopes=[Scope.MASTER_DATA_READ])
    found = refusal(await carried(reads, query=STATUS, variables={"id": order["id"]}))
    assert found["code"] == "FORBIDDEN"
    assert refusal(await carried(reads, query=ORDERS))["missingScopes"] == ["ORDERS_READ"]


async def test_an_operation_is_charged_and_an_empty_bucket_throttles(
    served: Served, world: World, carried: Carrier
) -> None:
    served.limit(bucket=2, restore=1)
    left = [(await carried(world.token, query=WHO))["extensions"]["cost"] for _ in range(2)]
    assert [it["throttleStatus"]["currentlyAvailable"] for it in left] == [1, 0]
    found = refusal(await carried(world.token, query=WHO))
    assert (found["code"], found["retryAfter"]) == ("THROTTLED", 1)


async def test_events_wait_for_a_turn_of_their_company_and_hold_none_in_between(
    served: Served, world: World, ask: Ask
) -> None:
    order = await orders.order(world, ask)
    company, fields = from_global(order["party"]["id"])[1], {"id": order["id"], "after": 0}
    buyer = await world.key(Actor.BUYER, company)
    lanes = served.endpoint.lanes = Lanes(Bounds(at_once=1, waiting=2))
    colleague = Viewer(world.merchant_id, Actor.BUYER, new_id(), "colleague", bound_to=company)
    async with (
        served.socket(buyer) as socket,
        served.stream(buyer, STATUS, **fields) as (_, events),
    ):
        await anext(events)
        await socket.subscribe("1", STATUS, **fields)
        await socket.next()
        async with lanes.slot(colleague):
            await cancel(ask, order)
            await until(lambda: lanes.is_full(colleague))
        found = [(await socket.next())["payload"], (await anext(events))[1]]
    assert [it["data"]["orderStatusChanged"]["type"] for it in found] == 2 * [
        "order.lines_cancelled"
    ]
    await until(lambda: lanes.lanes == 0)


async def test_a_document_that_asks_too_much_is_refused(
    served: Served, world: World, carried: Carrier
) -> None:
    served.limit(depth=1)
    assert refusal(await carried(world.token, query=WHO))["maximum"] == 1


@pytest.mark.parametrize(
    "payload",
    [{"query": WHO, "operationName": "Nobody"}, {"query": "fragment F on Query { __typename }"}],
    ids=["unknown name", "no operation"],
)
async def test_what_names_no_operation_has_the_code_that_http_gives(
    world: World, served: Served, carried: Carrier, payload: dict[str, str]
) -> None:
    headers = {"Authorization": f"Bearer {world.token}"}
    (error,) = (await served.client.post("/graphql", json=payload, headers=headers)).json()[
        "errors"
    ]
    assert refusal(await carried(world.token, **payload)) == error["extensions"]


async def test_the_journal_tells_from_where_a_change_came(
    world: World, ask: Ask, carried: Carrier
) -> None:
    fields = {"input": {"products": [{"sku": "S-1", "name": "Bolt"}]}}
    result = await carried(world.token, query=PRODUCTS, variables=fields)
    assert result["data"]["productsUpsert"]["userErrors"] == []
    (entry,) = (await ask(JOURNAL))["journal"]["nodes"]
    assert entry["address"] == "127.0.0.1"
