"""The audit trail: who did what, when, from where and under which key; for staff alone."""

from dataclasses import replace

import httpx
import pytest

from kit.config import from_environment
from kit.ids import from_global, to_global
from models.access.viewers import Actor
from resolvers.running.context import Context
from schema.schema import schema
from server import application
from tests.make import Ask, World
from tests.make import world as another_world
from tests.make.master import channels, parties
from tests.make.messages import hooks
from tests.make.running import staff
from tests.make.trade import orders
from transport.serving import Serving

UPSERT = """
mutation ($input: ProductsUpsertInput!) {
  productsUpsert(input: $input) { results { product { id } } userErrors { code } }
}
"""
JOURNAL = """
query ($filter: JournalFilter, $sort: JournalSort) {
  journal(first: 50, filter: $filter, sort: $sort) {
    totalCount
    nodes {
      position sequence type actor actorName actorKeyId actorSubject address idempotencyKey
      objectId occurredAt recordedAt payload
    }
  }
}
"""
TIMELINE = "{ products(first: 1) { nodes { timeline(first: 1) { nodes { address } } } } }"
ADDRESS = "2001:db8::7"


def _from(database, clock, host: str | None) -> httpx.AsyncClient:
    """Return a client at an address; without one, behind a Unix socket."""
    app = application(Serving(database, clock=clock))

    async def socket(scope, receive, send) -> None:
        await app({**scope, "client": host and (host, 1)}, receive, send)

    return httpx.AsyncClient(transport=httpx.ASGITransport(socket), base_url="http://abruf")


async def _journal(ask: Ask, **filter_by: object) -> list[dict[str, object]]:
    return (await ask(JOURNAL, filter=filter_by, sort="OLDEST_FIRST"))["journal"]["nodes"]


def _products(*skus: str, **more: str) -> dict[str, object]:
    return {"products": [{"sku": sku, "name": sku} for sku in skus], **more}


async def test_an_entry_tells_who_did_what_when_from_where_and_under_which_key(
    database, world: World, clock
) -> None:
    async with _from(database, clock, ADDRESS) as client:
        ask = Ask(client, world.token)
        made = await ask(UPSERT, input=_products("NUT", idempotencyKey="once"))
        (entry,) = await _journal(ask)
        product = made["productsUpsert"]["results"][0]["product"]["id"]
        assert (await ask(f'{{ node(id: "{entry["objectId"]}") {{ id }} }}'))["node"] == {
            "id": product
        }
    assert from_global(entry.pop("actorKeyId"))[0] == "ApiKey"
    assert entry == {
        "position": 1,
        "sequence": 1,
        "type": "product.created",
        "actor": "STAFF",
        "actorName": "staff",
        "actorSubject": None,
        "address": ADDRESS,
        "idempotencyKey": "once",
        "objectId": product,
        "occurredAt": clock().isoformat(),
        "recordedAt": clock().isoformat(),
        "payload": {},
    }


@pytest.mark.parametrize("host", [None, "some text", "a\0b", "fe80::1%" + "x" * 1000])
async def test_what_is_no_address_is_not_kept(database, world: World, clock, host) -> None:
    async with _from(database, clock, host) as client:
        ask = Ask(client, world.token)
        await ask(UPSERT, input=_products("NUT"))
        (entry,) = await _journal(ask)
    assert entry["address"] in {None, "fe80::1"}


async def test_a_client_cannot_say_by_itself_where_it_is(ask: Ask) -> None:
    await ask.with_headers({"X-Forwarded-For": ADDRESS})(UPSERT, input=_products("NUT"))
    assert [it["address"] for it in await _journal(ask)] == ["127.0.0.1"]


async def test_what_an_identity_providers_user_does_bears_its_subject(
    database, world: World, clock, ask: Ask
) -> None:
    user = replace(staff(world), subject="https://id.example|u-1")
    context = Context(user, database, clock)
    done = await schema.execute(UPSERT, {"input": _products("NUT")}, context_value=context)
    assert done.errors is None
    (entry,) = await _journal(ask, actorSubject=user.subject)
    assert (entry["actorKeyId"], entry["actorSubject"]) == (None, user.subject)


async def test_it_is_filtered_by_object_key_address_kind_and_time(
    world: World, ask: Ask, clock
) -> None:
    colleague = ask.by(await world.key(Actor.STAFF))
    await ask(UPSERT, input=_products("NUT", "BOLT"))
    clock.advance(hours=1)
    again = {"products": [{"sku": "NUT", "name": "Nut M8"}], "idempotencyKey": "again"}
    await colleague(UPSERT, input=again)
    made, _, changed = await _journal(ask)
    assert [made, changed] == await _journal(ask, objectId=made["objectId"])
    assert [changed] == await _journal(ask, actorKeyId=changed["actorKeyId"])
    assert [changed] == await _journal(ask, idempotencyKey="again")
    assert [changed] == await _journal(ask, types=["product.updated"])
    assert [changed] == await _journal(ask, recordedFrom=clock().isoformat())
    assert len(await _journal(ask, recordedTo=clock().isoformat())) == 2
    assert len(await _journal(ask, address="127.0.0.1")) == 3
    newest = (await ask(JOURNAL))["journal"]
    assert [it["position"] for it in newest["nodes"]] == [3, 2, 1]
    assert newest["totalCount"] == 3


async def test_a_filter_by_what_has_no_journal_is_refused(world: World, ask: Ask) -> None:
    answer = await ask.answer(JOURNAL, filter={"objectId": to_global("Shop", world.merchant_id)})
    assert answer["errors"][0]["extensions"]["code"] == "BAD_USER_INPUT"


MISSPELT = {
    "ORDER_PLACED": "order.placed",
    "order.palced": "order.placed",
    "delivery.dispatchd": "delivery.dispatched",
    "order.*": "order.held",
    "x" * 100: "api_key.created",
}
"""What names no event -> what does, and is nearest."""
SENT = """
query ($journal: JournalFilter, $attempts: WebhookAttemptFilter, $messages: WebhookMessageFilter) {
  journal(first: 1, filter: $journal) { totalCount }
  webhookAttempts(first: 1, filter: $attempts) { totalCount }
  webhooks(first: 9) { nodes { messages(first: 1, filter: $messages) { totalCount } } }
}
"""


@pytest.mark.parametrize("argument", ["journal", "attempts", "messages"])
@pytest.mark.parametrize(("wrong", "near"), MISSPELT.items())
async def test_a_filter_by_what_is_no_event_names_the_nearest(
    ask: Ask, argument: str, wrong: str, near: str
) -> None:
    await hooks.created(ask)
    (error,) = (await ask.answer(SENT, **{argument: {"types": [near, wrong]}}))["errors"]
    assert error["extensions"]["argument"] == ["filter", "types"]
    assert error["message"].endswith(f"There is no event `{wrong}`; `{near}` is the nearest.")


async def test_what_is_refused_leaves_no_trace(ask: Ask) -> None:
    answer = await ask(UPSERT, input=_products(idempotencyKey="none"))
    assert answer["productsUpsert"]["userErrors"] != []
    assert await _journal(ask) == []


async def test_a_repeated_call_leaves_no_second_trace(ask: Ask) -> None:
    for _ in range(2):
        await ask(UPSERT, input=_products("NUT", idempotencyKey="once"))
    assert len(await _journal(ask)) == 1


async def test_only_staff_reads_it(world: World, ask: Ask) -> None:
    order = await orders.order(world, ask)
    bound_to = {
        Actor.BUYER: from_global(order["party"]["id"])[1],
        Actor.STOREFRONT: from_global(order["channel"]["id"])[1],
        Actor.WAREHOUSE: from_global(order["channel"]["id"])[1],
        Actor.CARRIER: await parties.carrier(world),
    }
    for actor, key in bound_to.items():
        other = ask.by(await world.key(actor, key))
        assert (await other(JOURNAL))["journal"] == {"totalCount": 0, "nodes": []}
    assert len(await _journal(ask)) > 0


async def test_a_timeline_tells_nobody_from_where(ask: Ask) -> None:
    answer = await ask.answer(TIMELINE)
    assert answer["errors"][0]["extensions"]["code"] == "GRAPHQL_VALIDATION_FAILED"


async def test_another_merchants_trail_is_not_seen(database, clock, ask: Ask) -> None:
    other = await another_world(database, clock)
    await channels.channel(other)
    await ask.by(other.token)(UPSERT, input=_products("NUT"))
    assert await _journal(ask) == []


def test_trusted_proxies_are_addresses_or_networks() -> None:
    assert from_environment({}).trusted_proxies == ()
    found = {"ABRUF_TRUSTED_PROXIES": "10.0.0.1, 2001:db8::/32"}
    assert from_environment(found).trusted_proxies == ("10.0.0.1", "2001:db8::/32")
    for wrong in ("*", "proxy.example", "10.0.0.1/33"):
        with pytest.raises(SystemExit, match="ABRUF_TRUSTED_PROXIES"):
            from_environment({"ABRUF_TRUSTED_PROXIES": wrong})
