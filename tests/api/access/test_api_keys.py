"""API keys over the API: made, listed, rotated, revoked, and remembered for five seconds."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import event, select

from kit.ids import from_global, new_id, to_global
from kit.limits import DEFAULT_LIMITS
from models.access.keys import IdempotencyKey
from models.access.viewers import READS, Actor, CompanyRole, Documents, Scope
from tests import make
from tests.guard import looks_up_a_key
from tests.make import reasons
from tests.make.master import channels, locations, parties
from tests.make.scene import OF_PARTY
from tests.make.trade import orders
from transport.identity.authentication import Authentication
from transport.identity.holders import FRESH
from workers.access.keys import Uses

CREATE = """
mutation ($input: ApiKeyCreateInput!) {
  apiKeyCreate(input: $input) {
    token
    apiKey {
      id name actor role scopes documents prefix createdAt expiresAt revokedAt lastUsedAt
      limits { limit value } party { number } contact { id } channel { code } location { code }
      timeline(first: 9) { nodes { type payload } }
    }
    userErrors { code field message }
  }
}
"""
REVOKE = """
mutation ($input: ApiKeyRevokeInput!) {
  apiKeyRevoke(input: $input) {
    apiKey { revokedAt timeline(first: 9) { nodes { type } } } userErrors { code field }
  }
}
"""
KEYS = """{ apiKeys(first: 50) { totalCount nodes {
  id name actor prefix scopes revokedAt lastUsedAt party { number } channel { code }
} } }"""
ORDERED_BY = "query ($id: ID!) { order(id: $id) { buyerContact { id } } }"
VIEWER = "{ viewer { name actor scopes } }"


async def made(ask: make.Ask, **fields: Any) -> dict[str, Any]:
    """Make a key; return its payload."""
    answer = (await ask(CREATE, input={"actor": "STAFF", **fields}))["apiKeyCreate"]
    assert answer["userErrors"] == []
    return answer


async def refused(ask: make.Ask, **fields: Any) -> list[tuple[str, str]]:
    """Return codes and fields with which a key is refused."""
    answer = (await ask(CREATE, input=fields))["apiKeyCreate"]
    assert (answer["token"], answer["apiKey"]) == (None, None)
    return reasons(answer["userErrors"])


async def status(ask: make.Ask) -> int:
    """Return the HTTP status that a token gets."""
    headers = {"Authorization": f"Bearer {ask.token}"}
    answer = await ask.client.post("/graphql", json={"query": VIEWER}, headers=headers)
    return answer.status_code


PORTAL = {
    "name": "Portal",
    "actor": "BUYER",
    "role": "APPROVER",
    "scopes": ["ORDERS_APPROVE", "ORDERS_READ"],
    "documents": "REGISTERED_AND_EXPLORE",
    "createdAt": "2026-03-02T09:00:00+00:00",
    "expiresAt": "2027-01-01T00:00:00+00:00",
    "revokedAt": None,
    "lastUsedAt": None,
    "limits": [{"limit": "depth", "value": 9}],
    "party": {"number": "K-1"},
    "contact": None,
    "channel": None,
    "location": None,
}


async def test_a_key_shows_its_secret_once_and_everything_else_always(ask, world):
    company = await parties.company(world, number="K-1")
    answer = await made(
        ask,
        name="Portal",
        actor="BUYER",
        partyId=to_global("Party", company),
        role="APPROVER",
        scopes=["ORDERS_READ", "ORDERS_APPROVE"],
        expiresAt="2027-01-01T00:00:00+00:00",
        limits=[{"limit": "depth", "value": 9}],
        documents="REGISTERED_AND_EXPLORE",
    )
    key, token = answer["apiKey"], answer["token"]
    assert token.startswith(f"{key['prefix']}_")
    (created,) = key.pop("timeline")["nodes"]
    assert key == PORTAL | {"id": key["id"], "prefix": key["prefix"]}
    assert created["type"] == "api_key.created"
    secret = token.rpartition("_")[2]
    assert secret not in str(created)
    assert secret not in str(await ask(KEYS))
    viewer = (await ask.by(token)(VIEWER))["viewer"]
    assert viewer == {
        "name": "Portal",
        "actor": "BUYER",
        "scopes": ["ORDERS_READ", "ORDERS_APPROVE"],
    }


async def test_a_buyers_key_may_be_one_persons(ask, world):
    own, other = [to_global("Party", await parties.company(world)) for _ in range(2)]
    carrier = to_global("Party", await parties.carrier(world))
    shown = [(await ask(OF_PARTY, id=it))["party"] for it in (own, other)]
    anna, bert = [it["contacts"][0]["id"] for it in shown]
    buyer = {"actor": "BUYER", "partyId": own}
    wrong = [
        (buyer | {"contactId": bert}, "INVALID"),
        (buyer | {"contactId": to_global("Contact", new_id())}, "NOT_FOUND"),
        ({"actor": "STAFF", "contactId": anna}, "INVALID"),
        ({"actor": "CARRIER", "partyId": carrier, "contactId": anna}, "INVALID"),
    ]
    for fields, code in wrong:
        assert await refused(ask, **fields) == [(code, "contactId")]
    answer = await made(ask, **buyer, contactId=anna)
    assert answer["apiKey"]["contact"] == {"id": anna}
    (created,) = answer["apiKey"]["timeline"]["nodes"]
    assert created["payload"]["contact_id"] == str(from_global(anna)[1])
    by = ask.by(answer["token"])
    shown = await by("{ viewer { contact { id name } } }")
    assert shown["viewer"]["contact"] == {"id": anna, "name": "Anna Weber"}
    assert (await ask("{ viewer { contact { id } } }"))["viewer"] == {"contact": None}
    # What it orders, this person has ordered.
    placed = await orders.order(world, by, partyId=own)
    node = await ask(ORDERED_BY, id=placed["id"])
    assert node["order"] == {"buyerContact": {"id": anna}}


async def test_the_viewer_is_told_all_that_its_key_says(ask, world, database, clock):
    company = to_global("Party", await parties.company(world))
    answer = await made(
        ask,
        actor="BUYER",
        partyId=company,
        role="VIEWER",
        expiresAt="2026-03-03T00:00:00Z",
        limits=[{"limit": "cost", "value": 7}],
        documents="REGISTERED_AND_EXPLORE",
    )
    viewer = await Authentication(database, clock, Uses()).viewer(answer["token"])
    assert viewer is not None
    assert (viewer.role, viewer.documents) == (
        CompanyRole.VIEWER,
        Documents.REGISTERED_AND_EXPLORE,
    )
    assert (viewer.limits, viewer.scopes) == ({"cost": 7}, READS)
    assert viewer.expires_at == datetime(2026, 3, 3, tzinfo=UTC)
    assert viewer.bound_to == from_global(company)[1]


async def test_the_viewer_tells_its_company_and_its_channels(ask, world):
    shops = [await channels.channel(world, code=code) for code in ("WEB", "EDI", "POS")]
    company = await parties.company(world, number="K-1", channel_codes=["WEB", "EDI"])
    carrier = await parties.carrier(world, number="DHL")
    place = await locations.location(world)

    async def shown(actor, to=None, **more):
        by = ask.by(await world.key(actor, to, **more))
        viewer = (await by("{ viewer { company { number } channels { code } } }"))["viewer"]
        return viewer["company"], [it["code"] for it in viewer["channels"]]

    assert await shown(Actor.BUYER, company) == ({"number": "K-1"}, ["EDI", "WEB"])
    assert await shown(Actor.BUYER, company, role=CompanyRole.VIEWER) == (
        {"number": "K-1"},
        ["EDI", "WEB"],
    )
    assert await shown(Actor.STOREFRONT, shops[2]) == (None, ["POS"])
    assert await shown(Actor.CARRIER, carrier) == ({"number": "DHL"}, [])
    assert await shown(Actor.WAREHOUSE, place) == (None, [])
    assert await shown(Actor.STAFF) == (None, [])


async def test_a_repetition_makes_one_key_and_keeps_no_secret(ask, database, world):
    first = await made(ask, name="Once", idempotencyKey="k-1")
    again = await made(ask, name="Once", idempotencyKey="k-1")
    assert again["apiKey"]["id"] == first["apiKey"]["id"]
    assert (first["token"] is None, again["token"]) == (False, None)
    async with database.writing(world.merchant_id) as session:
        own = IdempotencyKey.merchant_id == world.merchant_id
        kept = await session.scalar(select(IdempotencyKey.outcome).where(own))
    assert kept == {"api_key_id": str(from_global(first["apiKey"]["id"])[1]), "token": None}


@pytest.mark.parametrize(
    ("actor", "field"),
    [
        ("BUYER", "partyId"),
        ("STOREFRONT", "channelId"),
        ("WAREHOUSE", "locationId"),
        ("CARRIER", "partyId"),
    ],
)
async def test_a_key_is_bound_to_what_its_actor_needs(ask, world, database, clock, actor, field):
    async def bound(world: make.World) -> str:
        """Make what the actor is bound to and give its global id."""
        made = {
            "BUYER": parties.company,
            "CARRIER": parties.carrier,
            "STOREFRONT": channels.channel,
            "WAREHOUSE": locations.location,
        }[actor]
        kind = field.removesuffix("Id").capitalize()
        return to_global(kind, await made(world))

    own = await bound(world)
    token = (await made(ask, actor=actor, **{field: own}))["token"]
    assert (await ask.by(token)(VIEWER))["viewer"]["actor"] == actor
    (error,) = (await ask(CREATE, input={"actor": actor}))["apiKeyCreate"]["userErrors"]
    assert reasons([error]) == [("INVALID", field)]
    assert error["message"] == f"A {actor} is bound by {field}."
    other = next(it for it in ("channelId", "locationId") if it != field)
    unknown = to_global("Channel" if other == "channelId" else "Location", new_id())
    both = {field: own, other: unknown}
    assert await refused(ask, actor=actor, **both) == [("INVALID", other)]
    foreign = await bound(await make.world(database, clock))
    assert await refused(ask, actor=actor, **{field: foreign}) == [("NOT_FOUND", field)]
    assert await refused(ask, actor="STAFF", **{field: own}) == [("INVALID", field)]


@pytest.mark.gate("R1", "apiKeyCreate")
async def test_a_buyers_company_is_a_customer_and_a_carriers_a_carrier(ask, world):
    company, carrier = await parties.company(world), await parties.carrier(world)
    for actor, party in (("BUYER", carrier), ("CARRIER", company)):
        fields = {"actor": actor, "partyId": to_global("Party", party)}
        assert await refused(ask, **fields) == [("NOT_FOUND", "partyId")]


async def test_nobody_gives_more_than_they_have(ask, world):
    narrow = ask.by(
        await world.key(
            Actor.STAFF,
            scopes=[*READS, Scope.KEYS_MANAGE, Scope.ORDERS_PLACE],
            limits={"depth": 8},
        )
    )
    own = {"actor": "STAFF", "scopes": ["ORDERS_READ"]}
    beyond = {**own, "scopes": ["ORDERS_READ", "ORDERS_MANAGE"]}
    assert await refused(narrow, **beyond) == [("NOT_ALLOWED", "scopes.1")]
    del beyond["scopes"]
    assert await refused(narrow, **beyond) == [("NOT_ALLOWED", "scopes")]
    deeper = own | {"limits": [{"limit": "depth", "value": 9}]}
    assert await refused(narrow, **deeper) == [("OUT_OF_RANGE", "limits.0.value")]
    assert (await made(narrow, **own))["apiKey"]["limits"] == [{"limit": "depth", "value": 8}]


async def test_a_key_for_registered_documents_makes_none_for_any(ask, world):
    register = "mutation ($input: DocumentsRegisterInput!) { documentsRegister(input: $input) {"
    answer = await ask(f"{register} ids }} }}", input={"documents": [{"text": CREATE}]})
    (name,) = answer["documentsRegister"]["ids"]
    kept = await world.key(Actor.STAFF, documents=Documents.REGISTERED)
    sent = {"documentId": name, "variables": {"input": {"actor": "STAFF", "documents": "ANY"}}}
    headers = {"Authorization": f"Bearer {kept}"}
    response = await ask.client.post("/graphql", json=sent, headers=headers)
    (problem,) = response.json()["data"]["apiKeyCreate"]["userErrors"]
    assert (problem["code"], problem["field"]) == ("NOT_ALLOWED", ["input", "documents"])


async def test_a_key_gets_no_more_than_its_actor_may_have(ask, world):
    company = to_global("Party", await parties.company(world))
    buyer = {"actor": "BUYER", "partyId": company}
    assert await refused(ask, **buyer, scopes=["KEYS_MANAGE"]) == [("INVALID", "scopes.0")]
    assert await refused(ask, **buyer, scopes=["ORDERS_APPROVE"]) == [("INVALID", "scopes.0")]
    viewing = {**buyer, "role": "VIEWER", "scopes": ["ORDERS_READ", "ORDERS_PLACE"]}
    assert await refused(ask, **viewing) == [("INVALID", "scopes.1")]
    assert await refused(ask, actor="STAFF", role="BUYER") == [("INVALID", "role")]


async def test_only_operators_give_more_than_the_server_allows(ask):
    most = {"limit": "aliases", "value": DEFAULT_LIMITS.aliases}
    assert (await made(ask, limits=[most]))["apiKey"]["limits"] == [most]
    more = most | {"value": DEFAULT_LIMITS.aliases + 1}
    assert await refused(ask, actor="STAFF", limits=[more]) == [("OUT_OF_RANGE", "limits.0.value")]
    twice = await refused(ask, actor="STAFF", limits=[most, most])
    assert twice == [("DUPLICATE", "limits.1.limit")]
    unknown = await refused(ask, actor="STAFF", limits=[{"limit": "speed", "value": 1}])
    assert unknown == [("INVALID", "limits.0.limit")]


async def test_a_key_ends_when_it_expires_also_while_it_is_remembered(ask, clock):
    ends = (clock() + timedelta(seconds=2)).isoformat()
    holder = ask.by((await made(ask, expiresAt=ends))["token"])
    assert await status(holder) == 200
    clock.advance(seconds=2)
    assert await status(holder) == 401
    assert await refused(ask, actor="STAFF", expiresAt=ends) == [("INVALID_DATE", "expiresAt")]


@pytest.mark.harmless("apiKeyRevoke", "It takes rights away; no row of business changes.")
async def test_a_key_is_rotated_without_a_gap(ask, clock):
    old = await made(ask, name="Shop")
    new = await made(ask, name="Shop")
    assert [await status(ask.by(it["token"])) for it in (old, new)] == [200, 200]
    answer = (await ask(REVOKE, input={"apiKeyId": old["apiKey"]["id"]}))["apiKeyRevoke"]
    assert answer["apiKey"]["revokedAt"] == clock().isoformat()
    clock.advance(seconds=FRESH.total_seconds())
    assert [await status(ask.by(it["token"])) for it in (old, new)] == [401, 200]


async def test_a_revocation_counts_after_five_seconds_on_every_process(ask, world, database, clock):
    others = [Authentication(database, clock, Uses()) for _ in range(3)]
    key = await made(ask)
    assert all([await it.viewer(key["token"]) for it in others])
    for _ in range(2):
        again = await ask(REVOKE, input={"apiKeyId": key["apiKey"]["id"]})
        assert again["apiKeyRevoke"]["apiKey"]["timeline"]["nodes"] == [
            {"type": "api_key.created"},
            {"type": "api_key.revoked"},
        ]
    clock.advance(seconds=5)
    assert [await it.viewer(key["token"]) for it in others] == [None] * 3
    del world


async def test_a_key_costs_one_statement_in_five_seconds(ask, database, clock):
    looked: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_others: Any) -> None:
        if looks_up_a_key(statement):
            looked.append(statement)

    event.listen(database.keyless.sync_engine, "before_cursor_execute", note)
    try:
        for _ in range(5):
            assert await status(ask) == 200
            clock.advance(seconds=1)
        assert len(looked) == 1
        assert await status(ask) == 200
        assert len(looked) == 2
        clock.advance(seconds=-3600)
        assert await status(ask) == 200
        assert len(looked) == 3, "a clock that was set back trusts nothing"
    finally:
        event.remove(database.keyless.sync_engine, "before_cursor_execute", note)


@pytest.mark.parametrize("wrong", ["", "x", "abruf_1_2", "ü", "\udc80", "{key}0", "{other}"])
async def test_what_is_no_token_is_nobody(database, clock, world, wrong):
    authentication = Authentication(database, clock, Uses())
    assert await authentication.viewer(world.token) is not None
    key_id = world.token.rpartition("_")[0]
    fields = wrong.format(key=world.token, other=f"{key_id}_{'0' * 64}")
    assert await authentication.viewer(fields) is None


async def test_only_staff_with_the_scope_manage_keys(ask, world):
    company = await parties.company(world)
    reading = ask.by(await world.key(Actor.STAFF, scopes=[Scope.ORDERS_READ]))
    buyer = ask.by(await world.key(Actor.BUYER, company, scopes=list(Scope)))
    key = (await made(ask))["apiKey"]
    for who in (reading, buyer):
        for document, fields in (
            (CREATE, {"actor": "STAFF"}),
            (REVOKE, {"apiKeyId": key["id"]}),
        ):
            answer = await who.answer(document, input=fields)
            assert answer["errors"][0]["extensions"]["code"] == "FORBIDDEN"
        listed = await who.answer(KEYS)
        assert "KEYS_MANAGE" in listed["errors"][0]["extensions"]["missingScopes"]
    node = "query ($id: ID!) { node(id: $id) { id } }"
    assert (await buyer(node, id=key["id"]))["node"] is None


async def test_another_merchants_key_is_not_there(ask, database, clock):
    key = (await made(ask))["apiKey"]
    stranger = ask.by((await make.world(database, clock)).token)
    answer = (await stranger(REVOKE, input={"apiKeyId": key["id"]}))["apiKeyRevoke"]
    assert [it["code"] for it in answer["userErrors"]] == ["NOT_FOUND"]
    assert key["id"] not in str(await stranger(KEYS))
    assert (await stranger(KEYS))["apiKeys"]["totalCount"] == 1
