"""A server that is killed in the middle of its work: every order exists exactly once afterwards."""

import asyncio
from pathlib import Path
from typing import Any

import httpx

from tests.run.abruf import Abruf, Launch

CALLS = 50
SETUP = """
mutation ($product: ProductsUpsertInput!, $channel: ChannelsUpsertInput!) {
  productsUpsert(input: $product) { results { product { id } } }
  channelsUpsert(input: $channel) { results { channel { id } } }
}
"""
PLACE = """
mutation ($input: OrderPlaceInput!) {
  orderPlace(input: $input) { order { number } userErrors { code field } }
}
"""
PLACED = """
query ($channel: ID!) {
  orders(first: 250, filter: { channelId: $channel }) {
    totalCount
    nodes { number externalReference lines { ordered } timeline(first: 9) { totalCount } }
  }
}
"""


def _goods(abruf: Abruf) -> tuple[str, str]:
    """Make what orders need; returns the ids of a channel and a product."""
    made = abruf.ask(
        SETUP,
        product={"products": [{"sku": "CRASH", "name": "Crash helmet"}]},
        channel={
            "channels": [
                {
                    "code": "crash",
                    "name": "Crash",
                    "kind": "WEB_SHOP",
                    "guestsAllowed": True,
                    "deliveryMethods": ["PARCEL"],
                }
            ]
        },
    )
    (channel,) = made["channelsUpsert"]["results"]
    (product,) = made["productsUpsert"]["results"]
    return channel["channel"]["id"], product["product"]["id"]


def _inputs(channel: str, product: str) -> list[dict[str, Any]]:
    line = {"productId": product, "quantity": "2", "unitPrice": "9.5"}
    return [
        {
            "channelId": channel,
            "currency": "EUR",
            "guest": {"name": "Ada"},
            "shipTo": {"line1": "Ring 1", "city": "Ulm", "country": "DE"},
            "externalReference": f"crash-{number}",
            "lines": [line],
            "idempotencyKey": f"crash-{number}",
        }
        for number in range(CALLS)
    ]


async def _place_all(abruf: Abruf, inputs: list[dict[str, Any]], kill_after: int | None) -> int:
    """Send all calls at once; kill the server after so many answers. Returns how many answered."""
    answered = 0
    headers = {"Authorization": f"Bearer {abruf.tokens['staff']}"}

    async def one(client: httpx.AsyncClient, fields: dict[str, Any]) -> None:
        nonlocal answered
        try:
            response = await client.post(
                "/graphql", json={"query": PLACE, "variables": {"input": fields}}, headers=headers
            )
        except httpx.TransportError:
            return
        assert response.json()["data"]["orderPlace"]["userErrors"] == []
        answered += 1
        if answered == kill_after:
            abruf.process.kill()

    limits = httpx.Limits(max_connections=CALLS)
    async with httpx.AsyncClient(base_url=abruf.origin, limits=limits, timeout=60) as client:
        await asyncio.gather(*(one(client, fields) for fields in inputs))
    return answered


def test_every_order_exists_once_after_a_kill_and_a_retry(used: Path, launch: Launch):
    first = launch(used)
    first.wait_until_ready()
    tokens, (channel, product) = first.tokens, _goods(first)
    inputs = _inputs(channel, product)
    assert asyncio.run(_place_all(first, inputs, kill_after=10)) < CALLS
    first.process.communicate(timeout=60)

    second = launch(used)
    second.wait_until_ready()
    assert second.tokens == tokens
    assert asyncio.run(_place_all(second, inputs, kill_after=None)) == CALLS
    orders = second.ask(PLACED, channel=channel)["orders"]
    assert orders["totalCount"] == CALLS
    assert {it["externalReference"] for it in orders["nodes"]} == {
        it["externalReference"] for it in inputs
    }
    assert len({it["number"] for it in orders["nodes"]}) == CALLS
    for order in orders["nodes"]:
        assert [it["ordered"] for it in order["lines"]] == ["2"]
        assert order["timeline"]["totalCount"] == 1
