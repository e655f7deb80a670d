"""`graphql-transport-ws`: the protocol's rules, and what follows when they are broken."""

import gc
import json
import logging
from contextlib import AsyncExitStack
from datetime import timedelta
from typing import Any

import pytest
from starlette.websockets import WebSocket, WebSocketState
from strawberry.http.exceptions import WebSocketDisconnected
from websockets.exceptions import InvalidStatus

from kit.ids import new_id, to_global
from models.access.viewers import Actor
from tests.make.counting import statements
from tests.make.fulfilment import deliveries
from tests.make.master import locations, parties
from tests.make.running import until
from tests.make.sweeps.endings import cancel, revoke
from tests.make.trade import orders
from tests.transport.client import ORIGIN, STATUS, Served, Socket, results_with_data
from transport.live.presence import CHECK_S, FRESH_AT_A_LOOK
from transport.live.sockets import Handler, Sockets

TYPENAME = {"query": "{ __typename }"}
HOLD = "mutation ($input: OrderHoldInput!) { orderHold(input: $input) { order { version } } }"
STATE = "query ($id: ID!) { order(id: $id) { state } }"


def changed(message: dict[str, Any]) -> dict[str, Any]:
    return message["payload"]["data"]["orderStatusChanged"]


async def refused(socket: Socket, query: str, **variables: Any) -> list[dict[str, Any]]:
    """Return the errors that an operation is refused with."""
    await socket.subscribe("refused", query, **variables)
    message = await socket.next()
    assert message["type"] == "error"
    return message["payload"]


async def test_a_query_is_answered_in_text(served: Served, world):
    async with served.socket(world.token) as socket:
        await socket.subscribe("1", "{ viewer { actor } }")
        answer = await socket.next()
        assert answer["payload"]["data"] == {"viewer": {"actor": "STAFF"}}
        assert await socket.next() == {"id": "1", "type": "complete"}


async def test_events_are_sent_as_they_happen_with_the_order_read_afresh(served, world, ask):
    order = await orders.order(world, ask)
    async with served.socket(world.token) as socket:
        await socket.subscribe("1", STATUS, id=order["id"], after=0)
        first = changed(await socket.next())
        assert first["type"] == "order.placed"
        assert first["order"] == {"id": order["id"], "state": "CONFIRMED"}
        await cancel(ask, order)
        found = [changed(await socket.next()) for _ in range(2)]
        assert [it["type"] for it in found] == ["order.lines_cancelled", "order.cancelled"]
        assert {it["order"]["state"] for it in found} == {"CANCELLED"}
        assert await socket.next() == {"id": "1", "type": "complete"}
        await socket.subscribe("1", STATUS, id=order["id"], after=found[0]["position"])
        assert changed(await socket.next()) == found[1]
        assert await socket.next() == {"id": "1", "type": "complete"}


async def test_a_warehouse_follows_an_order_without_its_prices(served, world, ask):
    location = await locations.location(world)
    order = await orders.order(world, ask)
    await deliveries.planned(world, ask, order, locationId=to_global("Location", location))
    warehouse = await world.key(Actor.WAREHOUSE, location)
    priced = STATUS.replace("state", "net { amount } lines { net { amount } discountPercent }")
    found = []
    for token in (warehouse, world.token):
        async with served.socket(token) as socket:
            await socket.subscribe("1", priced, id=order["id"], after=0)
            found.append(changed(await socket.next())["order"])
    hidden = {"net": None, "discountPercent": None}
    assert found[0] == {"id": order["id"], "net": None, "lines": [hidden, hidden]}
    assert found[1]["net"] == {"amount": "35"}


async def test_what_leaves_the_status_alone_is_told_too(served, world, ask):
    order = await orders.order(world, ask)
    async with served.socket(world.token) as socket:
        await socket.subscribe("1", STATUS, id=order["id"], after=0)
        assert changed(await socket.next())["type"] == "order.placed"
        held = {"orderId": order["id"], "reason": "FRAUD", "owner": "fraud desk"}
        await ask(HOLD, input=held)
        await cancel(ask, order)
        types = [changed(await socket.next())["type"] for _ in range(2)]
        assert types == ["order.held", "order.lines_cancelled"]


@pytest.mark.usefixtures("uncollected")
async def test_nothing_of_an_event_is_kept_once_it_is_sent(served, world, ask):
    order = await orders.order(world, ask)
    async with served.socket(world.token) as socket:
        await socket.subscribe("1", STATUS, id=order["id"], after=0)
        await socket.next()
        assert results_with_data() == []


async def test_each_operation_reads_afresh(served, world, ask):
    order = await orders.order(world, ask)
    async with served.socket(world.token) as socket:
        states = []
        for _ in range(2):
            await socket.subscribe("1", STATE, id=order["id"])
            states.append((await socket.next())["payload"]["data"]["order"]["state"])
            assert (await socket.next())["type"] == "complete"
            if len(states) == 1:
                await cancel(ask, order)
        assert states == ["CONFIRMED", "CANCELLED"]


async def test_a_foreign_order_is_answered_like_a_missing_one(served, world, ask):
    order = await orders.order(world, ask)
    stranger = await world.key(Actor.BUYER, await parties.company(world, name="Stranger"))
    async with served.socket(stranger) as socket:
        request = (order["id"], to_global("Order", new_id()), to_global("Party", new_id()), "x")
        answers = [await refused(socket, STATUS, id=it) for it in request]
    assert answers[0][0]["extensions"]["userErrorCode"] == "NOT_FOUND"
    assert all(it == answers[0] for it in answers)


async def test_an_operation_that_is_refused_leaves_the_socket_open(served, world):
    async with served.socket(world.token) as socket:
        for wrong in ("{ nothing }", "{", "#" * 30_000):
            (error,) = await refused(socket, wrong)
            assert error["extensions"]["code"].startswith("GRAPHQL_")
        (error,) = await refused(socket, "")
        assert error["extensions"]["code"] == "BAD_USER_INPUT"
        (error,) = await refused(socket, STATUS.replace("$id: ID!", "$id: ID"))
        assert "Did you mean" not in error["message"]
        await socket.subscribe("1", **TYPENAME)
        assert (await socket.next())["type"] == "next"


async def test_limits_and_deadlines_hold_on_a_socket_too(served, world):
    async with served.socket(world.token) as socket:
        served.limit(depth=1)
        (error,) = await refused(socket, "{ viewer { actor } }")
        assert error["extensions"]["maximum"] == 1
        served.limit(depth=15, deadline=0)
        (error,) = await refused(socket, "{ products(first: 1) { nodes { id } } }")
        assert error["extensions"]["code"] == "TIMEOUT"


async def test_early_complete_ends_a_subscription_and_frees_its_id(served, world, ask):
    order = await orders.order(world, ask)
    async with served.socket(world.token) as socket:
        await socket.subscribe("1", STATUS, id=order["id"], after=0)
        await socket.next()
        await socket.send({"id": "1", "type": "complete"})
        await socket.subscribe("1", **TYPENAME)
        assert (await socket.next())["payload"]["data"] == {"__typename": "Query"}
    following = served.endpoint.process.following
    await until(lambda: following.position_of(world.merchant_id) is None)


async def test_a_key_has_operations_of_its_own_number(served: Served, world, ask):
    order = await orders.order(world, ask)
    async with served.socket(await world.key(Actor.STAFF, limits={"subscriptions": 1})) as socket:
        await socket.subscribe("1", STATUS, id=order["id"])
        (error,) = await refused(socket, **TYPENAME)
        assert error["extensions"] == {"code": "THROTTLED"}


async def test_nothing_is_kept_of_operations_that_were_refused_or_ended_at_once(
    served: Served, world, ask
):
    order = await orders.order(world, ask)
    served.limit(subscriptions=1)
    async with served.socket(world.token) as socket:
        for key in map(str, range(50)):
            await socket.subscribe(key, STATUS, id=order["id"])
            await socket.send({"id": key, "type": "complete"})
        await socket.subscribe("last", STATUS, id=order["id"], after=0)
        while (await socket.next())["type"] != "next":
            pass
        for _ in range(50):
            await refused(socket, **TYPENAME)
        (handler,) = [it for it in gc.get_objects() if type(it) is Handler and it.operations]
        assert handler._extensions == {}  # noqa: SLF001 -- memory has no other face.


@pytest.mark.parametrize(
    "message",
    [
        *("nope{", "[]", "null", "1", '"x"', b"\x01\x02", '{"type": 7}', '{"type": "nope"}'),
        '{"type": "connection_init", "payload": 3}',
        '{"type": "subscribe", "payload": {"query": "{ __typename }"}}',
        '{"type": "complete", "id": 7}',
        *(
            json.dumps({"id": "1", "type": "subscribe", "payload": payload})
            for payload in ("x", None, {}, {"query": 7}, {**TYPENAME, "variables": [1]})
        ),
    ],
)
@pytest.mark.parametrize("known", [True, False])
async def test_what_is_no_message_closes_with_4400(served, world, caplog, message, known):
    async with served.socket(world.token if known else None) as socket:
        await socket.send(message)
        assert await socket.closed() == 4400
    assert caplog.text == ""


async def test_the_order_of_the_protocol_is_kept(served, world, ask):
    order = await orders.order(world, ask)
    async with served.socket() as socket:
        await socket.subscribe("1", **TYPENAME)
        assert await socket.closed() == 4401
    async with served.socket(world.token) as socket:
        await socket.send({"type": "connection_init"})
        assert await socket.closed() == 4429
    async with served.socket(world.token) as socket:
        await socket.subscribe("1", STATUS, id=order["id"])
        await socket.subscribe("1", STATUS, id=order["id"])
        assert await socket.closed() == 4409
    async with served.socket() as socket:
        await socket.send({"type": "ping"})
        assert await socket.next() == {"type": "pong"}


@pytest.mark.parametrize("protocols", [["graphql-ws"], ["foo"], None])
async def test_only_the_one_protocol_is_spoken(served, protocols):
    async with served.socket(subprotocols=protocols) as socket:
        assert await socket.closed() == 4406


async def test_who_does_not_begin_is_sent_away(served):
    served.endpoint.sockets.connection_init_wait_timeout = timedelta(0)
    async with served.socket() as socket:
        assert await socket.closed() == 4408


async def test_a_frame_that_is_too_large_closes_with_1009(served, world):
    async with served.socket(world.token) as socket:
        await socket.send({"type": "ping", "payload": {"x": "y" * 100_000}})
        assert await socket.closed() == 1009


async def test_pages_of_other_origins_are_refused_unless_they_are_listed(served, world):
    own = str(served.client.base_url).rstrip("/")
    for origin in (own, ORIGIN, None):
        async with served.socket(world.token, origin=origin):
            pass
    for origin in ("https://evil.example", "null", "http://portal.example"):
        with pytest.raises(InvalidStatus) as refusal:
            async with served.socket(origin=origin):
                pass
        assert refusal.value.response.status_code == 403


async def test_a_token_comes_with_the_first_message_or_the_handshake(served, world):
    header = f"Bearer {world.token}"
    for handshake, payload in (
        ({}, {"token": world.token}),
        ({}, {"Authorization": header}),
        ({}, {"authorization": header}),
        ({"Authorization": header}, {}),
        ({"Authorization": header}, None),
    ):
        async with served.socket(additional_headers=handshake) as socket:
            await socket.send({"type": "connection_init", "payload": payload})
            assert await socket.next() == {"type": "connection_ack"}


@pytest.mark.parametrize("token", [None, "", "x", "abruf_x_y", 7])
async def test_without_a_good_token_the_socket_closes_with_4403(served, token):
    async with served.socket() as socket:
        await socket.send({"type": "connection_init", "payload": {"token": token}})
        assert await socket.closed() == 4403


async def test_who_hangs_up_with_a_wrong_token_leaves_nothing_in_the_log(served, caplog):
    state = served.server.server_state
    for _ in range(3):
        async with served.socket() as socket:
            await socket.send({"type": "connection_init", "payload": {"token": "abruf_none"}})
            socket.connection.transport.abort()
        await until(lambda: not state.tasks)
    assert [it for it in caplog.records if it.levelno >= logging.WARNING] == []


async def test_a_revoked_key_gets_no_further_event(served, world, ask):
    order, token = await orders.order(world, ask), await world.key(Actor.STAFF)
    async with served.socket(token) as socket:
        await socket.subscribe("1", STATUS, id=order["id"], after=0)
        await socket.next()
        await revoke(world, token)
        await cancel(ask, order)
        assert await socket.until_end() == (4403, [])


async def test_a_token_that_ends_ends_a_silent_socket(served, world):
    served.endpoint.check_s = 0.001
    token = await world.key(Actor.STAFF)
    async with served.socket(token) as socket:
        await revoke(world, token)
        assert await socket.closed() == 4403


async def test_a_revoked_key_starts_nothing(served, world):
    token = await world.key(Actor.STAFF)
    async with served.socket(token) as socket:
        await revoke(world, token)
        await socket.subscribe("1", **TYPENAME)
        assert await socket.until_end() == (4403, [])


async def test_a_key_has_so_many_connections_and_a_socket_so_many_operations(served, world, ask):
    order = await orders.order(world, ask)
    served.limit(connections=1, subscriptions=1)
    async with served.socket(world.token) as socket:
        await socket.subscribe("1", STATUS, id=order["id"])
        (error,) = await refused(socket, **TYPENAME)
        assert error["extensions"] == {"code": "THROTTLED"}
        async with served.socket() as another:
            await another.send({"type": "connection_init", "payload": {"token": world.token}})
            assert await another.closed() == 1013
    await until(lambda: not served.endpoint.places.count)
    async with served.socket(world.token):
        pass


async def test_a_silent_socket_ends_within_five_seconds_and_many_cost_one_statement(served, world):
    assert CHECK_S + FRESH_AT_A_LOOK.total_seconds() < 5
    served.endpoint.check_s = 0.001
    token = await world.key(Actor.STAFF)
    async with AsyncExitStack() as sockets:
        silent = [await sockets.enter_async_context(served.socket(token)) for _ in range(20)]
        with statements(world.database) as request:
            await revoke(world, token, after=FRESH_AT_A_LOOK)
            assert [await it.closed() for it in silent] == [4403] * 20
    assert len(request) <= 2


async def test_a_key_that_expires_ends_its_silent_socket(served, world, clock):
    served.endpoint.check_s = 0.001
    token = await world.key(Actor.STAFF, expires_at=clock() + timedelta(seconds=1))
    async with served.socket(token) as socket:
        clock.advance(seconds=1)
        assert await socket.closed() == 4403


async def test_who_hangs_up_before_an_answer_is_no_exception_in_the_log(caplog):
    handler = Handler.__new__(Handler)
    await handler.handle_task_exception(WebSocketDisconnected())
    assert caplog.records == []
    await handler.handle_task_exception(ValueError())
    assert len(caplog.records) == 1


async def test_who_is_told_something_when_it_is_gone_leaves_no_exception_either():
    """Neither the first that is sent, which finds it out, nor what follows it."""

    async def send(_message: object) -> None:
        raise OSError

    socket = WebSocket({"type": "websocket"}, send, send)
    socket.application_state = WebSocketState.CONNECTED
    handler = Handler.__new__(Handler)
    handler.websocket, handler._unsent = Sockets.websocket_adapter_class(None, None, socket), 0  # noqa: SLF001 -- as `handle` does.
    for _ in range(2):
        with pytest.raises(WebSocketDisconnected):
            await handler._send_text(b"{}")  # noqa: SLF001 -- what all messages go through.
        await handler.websocket.close(4409, "An id is used twice.")
