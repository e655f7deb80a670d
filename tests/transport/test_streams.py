"""GraphQL over server-sent events, one connection an operation."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import update

from kit.ids import to_global
from models.access.keys import ApiKey
from models.access.tokens import token_parts
from models.access.viewers import Actor, Scope
from resolvers.running.context import Context
from tests.make.feed import Feed
from tests.make.fulfilment import deliveries
from tests.make.master import parties
from tests.make.running import until
from tests.make.sweeps.endings import cancel, revoke
from tests.make.trade import orders
from tests.transport.client import STATUS, Served, results_with_data
from transport.http.accepted import GRAPHQL_JSON
from transport.live.presence import CHECK_S, FRESH_AT_A_LOOK
from transport.live.streams import EventStream

TYPENAME = "{ __typename }"
CHANGED = "subscription { changed { cursor } }"
ENDED = {"message": "The token has ended.", "extensions": {"code": "UNAUTHENTICATED"}}


async def test_a_query_is_one_event_and_the_end(served: Served, world):
    async with served.stream(world.token, TYPENAME) as (response, events):
        assert response.headers["content-type"] == "text/event-stream; charset=utf-8"
        assert response.headers["cache-control"] == "no-cache, no-transform"
        assert response.headers["x-accel-buffering"] == "no"
        (event, data), end = [it async for it in events]
    assert (event, data["data"]) == ("next", {"__typename": "Query"})
    assert end == ("complete", None)


async def test_lines_end_as_every_client_reads_them(served: Served, world):
    async with served.stream(world.token, TYPENAME) as (response, _):
        body = await response.aread()
    assert b"\r" not in body
    assert body.endswith(b"event: complete\ndata:\n\n")


async def test_events_are_sent_until_the_order_ends(served: Served, world, ask):
    order = await orders.order(world, ask)
    async with served.stream(world.token, STATUS, id=order["id"], after=0) as (_, events):
        found = [await anext(events)]
        await cancel(ask, order)
        found += [it async for it in events]
    assert [event for event, _ in found] == ["next", "next", "next", "complete"]
    types = [data["data"]["orderStatusChanged"]["type"] for _, data in found[:-1]]
    assert types == ["order.placed", "order.lines_cancelled", "order.cancelled"]


@pytest.mark.usefixtures("uncollected")
async def test_nothing_of_an_event_is_kept_once_it_is_sent(served: Served, world, ask):
    order = await orders.order(world, ask)
    async with served.stream(world.token, STATUS, id=order["id"], after=0) as (_, events):
        await anext(events)
        assert results_with_data() == []


async def test_holds_payments_and_responses_are_sent_too(served: Served, world, ask):
    order = await orders.order(world, ask)
    own, line = {"orderId": order["id"]}, {"lineId": order["lines"][0]["id"]}
    report = {"reference": "R-1", "state": "PAID", "occurredAt": "2026-03-01T00:00:00Z"}
    for verb, more in (
        ("orderHold", {"reason": "OTHER", "owner": "Somebody"}),
        ("orderRecordPayment", report),
        ("orderConfirm", {"lines": [line | {"response": "ACCEPTED"}]}),
    ):
        takes = f"{verb[0].upper()}{verb[1:]}Input"
        document = (
            f"mutation ($input: {takes}!) {{ {verb}(input: $input) {{ userErrors {{ code }} }} }}"
        )
        assert await ask(document, input=own | more) == {verb: {"userErrors": []}}
    async with served.stream(world.token, STATUS, id=order["id"], after=1) as (_, events):
        found = [(await anext(events))[1]["data"]["orderStatusChanged"]["type"] for _ in range(3)]
    assert found == ["order.held", "order.payment_recorded", "order.responded"]


@pytest.mark.parametrize("accept", ["application/json", GRAPHQL_JSON, "*/*", "application/*"])
async def test_who_takes_json_too_gets_json(served: Served, world, accept):
    both = f"text/event-stream, {accept};q=0.5"
    async with served.stream(world.token, TYPENAME, both) as (response, _):
        assert response.headers["content-type"].partition(";")[0] in {accept, "application/json"}
        await response.aread()
        assert response.json()["data"] == {"__typename": "Query"}


@pytest.mark.parametrize(("accept", "status"), [("application/json", 200), (GRAPHQL_JSON, 400)])
async def test_a_subscription_without_a_stream_is_refused(served, world, ask, accept, status):
    order = await orders.order(world, ask)
    async with served.stream(world.token, STATUS, accept, id=order["id"]) as (response, _):
        assert response.status_code == status
        await response.aread()
        (error,) = response.json()["errors"]
    assert "text/event-stream" in error["message"]
    assert error["extensions"]["code"] == "BAD_USER_INPUT"


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ("{ nothing }", "GRAPHQL_VALIDATION_FAILED"),
        ("{", "GRAPHQL_PARSE_FAILED"),
        ("", "BAD_USER_INPUT"),
    ],
)
async def test_what_cannot_be_executed_is_told_in_the_stream(served: Served, world, wrong, code):
    async with served.stream(world.token, wrong) as (response, events):
        assert response.status_code == 200
        (event, data), end = [it async for it in events]
    assert (event, end) == ("next", ("complete", None))
    assert data["errors"][0]["extensions"]["code"] == code


async def test_without_a_token_no_stream_begins(served: Served):
    async with served.stream("abruf_x", TYPENAME) as (response, _):
        assert response.status_code == 401


async def test_a_client_that_hangs_up_ends_its_subscription(served: Served, world, ask):
    order = await orders.order(world, ask)
    following, pool = served.endpoint.process.following, world.database.engine.pool
    async with served.stream(world.token, STATUS, id=order["id"], after=0) as (_, events):
        await anext(events)
        assert following.position_of(world.merchant_id) is not None
    await until(lambda: following.position_of(world.merchant_id) is None)
    await until(lambda: served.endpoint.places.count == 0)
    await until(lambda: pool.checkedout() == 0)


async def test_a_client_that_hangs_up_while_it_waits_for_its_turn_is_no_fault(
    served: Served, world, caplog, monkeypatch
):
    waits = asyncio.Event()

    async def wait(_: Context) -> None:
        waits.set()
        await asyncio.Event().wait()

    monkeypatch.setattr(Context, "enter", wait)
    async with served.stream(world.token, TYPENAME):
        await waits.wait()
    await until(lambda: served.endpoint.places.count == 0)
    assert [it.getMessage() for it in caplog.records if it.levelname == "ERROR"] == []


async def test_nothing_is_held_while_a_subscription_waits(served: Served, world, ask):
    order = await orders.order(world, ask)
    async with served.stream(world.token, STATUS, id=order["id"], after=0) as (_, events):
        await anext(events)
        await until(lambda: world.database.engine.pool.checkedout() == 0)


async def test_a_silent_stream_is_kept_alive(served: Served, world, ask, monkeypatch):
    monkeypatch.setattr(EventStream, "ping_s", 0.001)
    order = await orders.order(world, ask)
    async with served.stream(world.token, STATUS, id=order["id"]) as (response, _):
        async for line in response.aiter_lines():
            if line == ":":
                break


async def test_a_revoked_key_gets_no_further_event(served: Served, world, ask):
    order, token = await orders.order(world, ask), await world.key(Actor.STAFF)
    async with served.stream(token, STATUS, id=order["id"], after=0) as (_, events):
        await anext(events)
        await revoke(world, token)
        await cancel(ask, order)
        assert [it async for it in events] == [("next", {"errors": [ENDED]}), ("complete", None)]


async def test_a_token_that_ends_ends_a_silent_stream(served: Served, world, ask):
    served.endpoint.check_s = 0.001
    order, token = await orders.order(world, ask), await world.key(Actor.STAFF)
    async with served.stream(token, STATUS, id=order["id"]) as (_, events):
        await revoke(world, token)
        assert [it async for it in events] == [("next", {"errors": [ENDED]}), ("complete", None)]


async def test_a_key_that_may_less_than_before_ends_a_silent_stream_within_five_seconds(
    served: Served, world
):
    assert timedelta(seconds=CHECK_S) + FRESH_AT_A_LOOK < timedelta(seconds=5)
    served.endpoint.check_s = 0.001
    token, following = await world.key(Actor.STAFF), served.endpoint.process.following
    own = (ApiKey.merchant_id == world.merchant_id, ApiKey.id == token_parts(token)[0])
    less = update(ApiKey).where(*own).values(scopes=[Scope.ORDERS_READ])
    async with served.stream(token, CHANGED) as (_, events):
        await until(lambda: following.position_of(world.merchant_id) is not None)
        async with world.database.owner.writing(world.merchant_id) as session:
            assert (await session.execute(less)).rowcount == 1
        world.clock.advance(seconds=FRESH_AT_A_LOOK.total_seconds())
        assert [it async for it in events] == [("next", {"errors": [ENDED]}), ("complete", None)]


async def test_a_key_has_so_many_streams(served: Served, world, ask):
    order = await orders.order(world, ask)
    served.limit(connections=1)
    async with served.stream(world.token, STATUS, id=order["id"], after=0) as (_, events):
        await anext(events)
        async with served.stream(world.token, TYPENAME) as (response, _):
            assert response.status_code == 429
            assert response.headers["retry-after"] == "5"
            await response.aread()
            assert response.json()["errors"][0]["extensions"]["code"] == "THROTTLED"


async def test_a_server_that_stops_ends_streams_for_another_to_go_on(served, world, ask):
    order = await orders.order(world, ask)
    async with served.stream(world.token, STATUS, id=order["id"], after=0) as (_, events):
        await anext(events)
        assert (await served.client.get("/readyz")).status_code == 200
        served.draining.begin()
        assert [it async for it in events] == []
    assert (await served.client.get("/readyz")).status_code == 503
    assert (await served.client.get("/livez")).status_code == 200


async def test_what_is_reported_of_a_parcel_reaches_who_follows_its_order(served, world, ask):
    order = await orders.order(world, ask)
    carrier = to_global("Party", await parties.carrier(world, number="FAST"))
    sent = await deliveries.dispatched(world, ask, order, {"carrierId": carrier})
    (parcel,) = sent["parcels"]
    typed = STATUS.replace("position type", "position type event { __typename type }")
    async with served.stream(world.token, typed, id=order["id"]) as (_, events):
        # What is reported before the stream follows is told by the order itself.
        await until(
            lambda: served.endpoint.process.following.position_of(world.merchant_id) is not None
        )
        report = {"sscc": parcel["sscc"], "status": "IN_TRANSIT"}
        (result,) = await Feed(ask, world).results(Feed(ask, world).event(**report))
        assert result["userErrors"] == []
        _, data = await anext(events)
        change = data["data"]["orderStatusChanged"]
        assert change["type"] == "parcel.in_transit"
        assert change["event"] == {"__typename": "ParcelInTransit", "type": "PARCEL_IN_TRANSIT"}
        assert change["order"]["id"] == order["id"]


async def test_the_stream_of_a_closed_order_ends(served: Served, world, ask):
    order = await orders.order(world, ask)
    async with served.stream(world.token, STATUS, id=order["id"], after=0) as (_, events):
        await anext(events)
        close = "mutation ($it: OrderCloseInput!) { orderClose(input: $it) { order { state } } }"
        await ask(close, it={"orderId": order["id"]})
        found = [it async for it in events]
    assert found[-2][1]["data"]["orderStatusChanged"]["type"] == "order.closed"
    assert found[-1] == ("complete", None)
    async with served.stream(world.token, STATUS, id=order["id"], after=0) as (_, events):
        again = [event async for event, _ in events]
    assert again == ["next", *(event for event, _ in found)]
