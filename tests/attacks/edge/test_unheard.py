"""Long payloads of mutations where there is no room for them: it is told that they were written."""

import json
from typing import Any

import httpx
from websockets.asyncio.client import connect

from tests.attacks.edge.conftest import Host, Serve
from tests.attacks.edge.test_unread import FIELDS
from transport.http.holdings import SMALL

UPSERT = f"""
mutation ($input: ProductsUpsertInput!) {{
  productsUpsert(input: $input) {{ results {{ product {{ {FIELDS} }} }} }}
}}
"""
COUNT = {"query": "{ products(first: 1) { totalCount } }"}
ITEMS = 100


def upsert(group: str) -> dict[str, Any]:
    """Return a mutation whose payload has some 300 kB."""
    fields = [{"sku": f"{group}{number}", "name": "n" * 100} for number in range(ITEMS)]
    return {"query": UPSERT, "variables": {"input": {"products": fields}}}


async def of_http(host: Host, wanted: dict[str, Any]) -> Any:
    found = await host.ask(wanted, Accept="application/graphql-response+json")
    assert (found.status, "retry-after" in found.headers) == (200, False)
    return found.body


async def of_stream(host: Host, wanted: dict[str, Any]) -> Any:
    headers = {"Authorization": f"Bearer {host.token}", "Accept": "text/event-stream"}
    async with httpx.AsyncClient(trust_env=False, timeout=60) as client:
        found = await client.post(
            f"http://127.0.0.1:{host.port}/graphql", json=wanted, headers=headers
        )
    (event,) = (it for it in found.text.splitlines() if it.startswith("data: {"))
    return json.loads(event.removeprefix("data: "))


async def of_socket(host: Host, wanted: dict[str, Any]) -> Any:
    address = f"ws://127.0.0.1:{host.port}/graphql"
    async with connect(address, subprotocols=["graphql-transport-ws"], max_size=None) as socket:
        for each in (
            {"type": "connection_init", "payload": {"token": host.token}},
            {"type": "subscribe", "id": "1", "payload": wanted},
        ):
            await socket.send(json.dumps(each))
        found = [json.loads(await socket.recv()) for _ in range(3)]
    assert [it["type"] for it in found] == ["connection_ack", "next", "complete"]
    return found[1]["payload"]


async def test_a_long_payload_without_room_is_told_to_be_written(serve: Serve):
    """However it is asked; once, and no client that repeats what was refused repeats it."""
    async with serve(answers=0) as host:
        for count, way in enumerate((of_http, of_stream, of_socket), 1):
            body = await way(host, upsert(way.__name__))
            (error,) = body["errors"]
            assert (body["data"], error["extensions"]) == (
                None,
                {"code": "OUTCOME_UNKNOWN", "written": True},
            )
            assert len(json.dumps(body)) < SMALL
            there = await host.ask(COUNT)
            assert there.body["data"]["products"]["totalCount"] == count * ITEMS


async def test_a_long_payload_with_room_is_told(serve: Serve):
    async with serve() as host:
        for way in (of_http, of_stream, of_socket):
            body = await way(host, upsert(way.__name__))
            assert len(body["data"]["productsUpsert"]["results"]) == ITEMS
            assert len(json.dumps(body)) > SMALL
