"""Buyers of an identity provider order over their company's channels, like those with keys."""

from typing import Any

import httpx

from kit.ids import to_global
from server import application
from tests import make
from tests.make.issuer import Provider, key
from tests.make.master import channels, parties
from tests.make.trade import orders
from transport.serving import Serving

CLAIMS = {"party": "WEBER", "scope": "ORDERS_PLACE ORDERS_READ MASTER_DATA_READ JOURNAL_READ"}


async def test_a_claim_opens_no_channel_that_its_company_has_not(
    world: make.World, ask: make.Ask, database: make.Walled, clock: make.Clock
) -> None:
    company = await parties.company(world, number="WEBER")
    own, other = [to_global("Channel", await channels.channel(world)) for _ in range(2)]
    await parties.allow(world, to_global("Party", company), own)
    (bolt,) = await orders.products(ask, "BOLT")
    signing = key("a")
    with Provider(clock, signing).serving() as provider:
        app = application(Serving(database, clock=clock, issuers=[provider.configured()]))
        transport = httpx.ASGITransport(app)
        token = provider.token(signing, merchant=str(world.merchant_id), **CLAIMS)
        async with httpx.AsyncClient(transport=transport, base_url="http://abruf") as client:
            buyer = make.Ask(client, token)

            async def place(channel: str) -> list[dict[str, Any]]:
                lines = [{"productId": bolt, "quantity": "1"}]
                values = {"channelId": channel, "currency": "EUR", "lines": lines}
                answer = await buyer(orders.PLACE, input=values)
                return [(it["code"], it["field"][-1]) for it in answer["orderPlace"]["userErrors"]]

            assert await place(other) == [("NOT_ALLOWED", "channelId")]
            assert await place(own) == []
