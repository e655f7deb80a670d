"""Webhooks are managed by their owners: staff, and clients for themselves."""

from typing import Any

import pytest

from commands.messages.webhooks import manage
from models.access.viewers import READS, Actor, Scope, allowed
from tests import make
from tests.make.messages import hooks
from tests.make.messages.hooks import refused
from tests.make.scene import scene

WEBHOOKS = """
{ webhooks(first: 50) { nodes {
  id url eventTypes triggers conditions { field values } document perSecond state position waiting
  failures failingSince isProbed disabledFor party { id } messages(first: 5) { nodes {
    name type state attempts body position tried(first: 5) { nodes { status fault answer } }
  } }
} } }
"""


async def listed(ask: make.Ask) -> list[dict[str, Any]]:
    return (await ask(WEBHOOKS))["webhooks"]["nodes"]


@pytest.mark.harmless("webhookCreate", "What others are told changes no row of business.")
@pytest.mark.harmless("webhookUpdate", "What others are told changes no row of business.")
@pytest.mark.harmless("webhookDelete", "What others are told changes no row of business.")
@pytest.mark.harmless("webhookRotateSecret", "What others are told changes no row of business.")
@pytest.mark.harmless("webhookPause", "What others are told changes no row of business.")
@pytest.mark.harmless("webhookResume", "What others are told changes no row of business.")
async def test_a_webhook_lives_and_shows_each_secret_once(ask) -> None:
    made = await hooks.created(ask, eventTypes=["order.*"], perSecond=5, idempotencyKey="K")
    assert made["secret"].startswith("whsec_")
    again = (await ask(hooks.CREATE, input=_same("K")))["webhookCreate"]
    assert (again["secret"], again["webhook"]["id"]) == (None, made["id"])
    own = {"webhookId": made["id"]}
    rotated = await hooks.done(ask, "webhookRotateSecret", "secret", **own)
    assert rotated["secret"] not in {None, made["secret"]}
    changed = await hooks.done(
        ask, "webhookUpdate", "webhook { version eventTypes perSecond }", **own, triggers=["state"]
    )
    expected = {"version": 2, "eventTypes": ["order.*"], "perSecond": 5}
    assert changed["webhook"] == expected
    assert await refused(ask, "webhookUpdate", **own, expectedVersion=1) == [
        ("VERSION_CONFLICT", "expectedVersion")
    ]
    for verb, state in (
        ("webhookPause", "PAUSED"),
        ("webhookResume", "ACTIVE"),
        ("webhookDelete", "DELETED"),
    ):
        assert (await hooks.done(ask, verb, **own))["webhook"]["state"] == state
    assert await refused(ask, "webhookPause", **own) == [("WRONG_STATE", "webhookId")]
    assert await refused(ask, "webhookDelete", **own) == [("WRONG_STATE", "webhookId")]


def _same(key: str) -> dict[str, Any]:
    terms = {"url": hooks.URL, "eventTypes": ["order.*"], "perSecond": 5}
    return {**terms, "idempotencyKey": key}


DOCUMENTS = {
    "query ($id: ID!) { node(id: $id) { id } }": [],
    "query ($id: ID!) { node(id: $id) { ...N } } fragment N on Node { id }": [],
    "query ($id: [ID!]!) { nodes(ids: $id) { id } }": [("INVALID", "document")],
    "query ($id: ID!, $n: Int!) { node(id: $id) { id } orders(first: $n) { nodes { id } } }": [
        ("INVALID", "document")
    ],
    "{ viewer { name } }": [("INVALID", "document")],
    "query A($id: ID!) { node(id: $id) { id } } query B { viewer { name } }": [
        ("INVALID", "document")
    ],
    "mutation ($id: ID!) { webhookTest(input: {webhookId: $id}) { webhook { id } } }": [
        ("INVALID", "document")
    ],
}


async def test_only_what_can_be_sent_is_taken(ask) -> None:
    assert await refused(
        ask,
        url="https://169.254.169.254/latest",
        eventTypes=["order.placed", "order.placed", "order.flown"],
    ) == [("INVALID", "eventTypes.2"), ("DUPLICATE", "eventTypes.1")]
    assert await refused(ask, url="http://example.com/", eventTypes=["*"]) == [("INVALID", "url")]
    assert await refused(ask, url="https://10.0.0.1/", eventTypes=["*"]) == [("INVALID", "url")]
    fine = {"url": hooks.URL, "eventTypes": ["order.*", "order.*"]}
    wrong = {"triggers": ["colour"], "conditions": [{"field": "colour", "values": ["red"]}]}
    assert await refused(ask, **fine, **wrong, document="none") == [
        ("DUPLICATE", "eventTypes.1"),
        ("INVALID", "triggers.0"),
        ("INVALID", "conditions.0.field"),
        ("NOT_FOUND", "document"),
    ]
    register = "mutation ($input: DocumentsRegisterInput!) { documentsRegister(input: $input) {"
    texts = [{"text": it} for it in DOCUMENTS]
    ids = await ask(f"{register} ids userErrors {{ message }} }} }}", input={"documents": texts})
    assert ids["documentsRegister"]["userErrors"] == []
    for (text, expected), name in zip(
        DOCUMENTS.items(), ids["documentsRegister"]["ids"], strict=True
    ):
        found = await refused(ask, url=hooks.URL, eventTypes=["*"], document=name)
        assert found == expected, text


async def test_a_misspelt_event_is_told_with_the_nearest(ask) -> None:
    request = """mutation ($input: WebhookCreateInput!) {
      webhookCreate(input: $input) { userErrors { field message } } }"""
    answer = await ask(request, input={"url": hooks.URL, "eventTypes": ["*", "ORDER_PLACED"]})
    assert answer["webhookCreate"]["userErrors"] == [
        {
            "field": ["input", "eventTypes", "1"],
            "message": "There is no such event; `order.placed` is the nearest, `order.*` and `*`"
            " mean all.",
        }
    ]


async def test_a_client_manages_its_own_and_learns_no_position(world, ask) -> None:
    here = await scene(world, ask)
    scopes = sorted(allowed(Actor.BUYER))
    buyer = ask.by(await world.key(Actor.BUYER, here.company, scopes=scopes))
    staffs = await hooks.created(ask)
    own = await hooks.created(buyer, eventTypes=["order.*", "delivery.*"])
    assert [it["id"] for it in await listed(ask)] == [staffs["id"], own["id"]]
    (seen,) = await listed(buyer)
    assert (seen["id"], seen["position"], seen["party"]["id"]) == (own["id"], None, here.party)
    for verb in ("webhookPause", "webhookRotateSecret", "webhookTest", "webhookDelete"):
        assert await refused(buyer, verb, webhookId=staffs["id"]) == [("NOT_FOUND", "webhookId")]
    replay = {"webhookId": own["id"], "afterPosition": 0}
    assert await refused(buyer, "webhookReplay", **replay) == [("NOT_ALLOWED", "afterPosition")]
    denied = {"url": hooks.URL, "eventTypes": ["interchange.received", "order.placed"]}
    assert await refused(buyer, **denied) == [("NOT_ALLOWED", "eventTypes.0")]
    plain = ask.by(await world.key(Actor.BUYER, here.company))
    answer = await plain.answer(WEBHOOKS)
    assert answer["errors"][0]["extensions"]["code"] == "FORBIDDEN"


@pytest.mark.parametrize(
    ("types", "field", "values", "wrong"),
    [
        (["order.held"], "reason", ["FRAUD", "NOREASON", "None", "null"], [1, 2, 3]),
        (["order.placed"], "lines", ["2", "many", "2.5"], [1, 2]),
        (["order.responded"], "latest", ["null", "2026-03-01T00:00:00Z"], []),
        (["order.held", "webhook.disabled"], "reason", ["GONE", "FRAUD", "gone"], [2]),
    ],
)
async def test_a_condition_names_values_that_an_event_may_say(
    ask, types, field, values, wrong
) -> None:
    conditions = [{"field": field, "values": values}]
    found = await refused(ask, url=hooks.URL, eventTypes=types, conditions=conditions)
    assert found == [("INVALID", f"conditions.0.values.{place}") for place in wrong]


@pytest.mark.parametrize(
    ("terms", "refusal"),
    [
        ({"since": "2099-01-01T00:00:00Z"}, ("INVALID_DATE", "since")),
        (
            {"since": "2026-03-01T00:00:00Z", "until": "2026-02-01T00:00:00Z"},
            ("INVALID_WINDOW", "until"),
        ),
        ({"afterPosition": 10**9}, ("OUT_OF_RANGE", "afterPosition")),
    ],
)
async def test_a_replay_that_can_bring_nothing_is_refused(ask, terms, refusal) -> None:
    hook = await hooks.created(ask)
    assert await refused(ask, "webhookReplay", webhookId=hook["id"], **terms) == [refusal]


async def test_an_endpoint_is_told_no_more_than_who_wrote_it_may_read(world, ask) -> None:
    scopes = sorted({*READS, Scope.WEBHOOKS_MANAGE} - {Scope.CONTRACTS_READ})
    less = ask.by(await world.key(Actor.STAFF, scopes=scopes))
    denied = {"url": hooks.URL, "eventTypes": ["contract.*", "order.*"]}
    assert await refused(less, **denied) == [("NOT_ALLOWED", "eventTypes.0")]
    made = await hooks.created(ask, eventTypes=["contract.*", "order.*"])
    changes = {"webhookId": made["id"], "url": f"{hooks.URL}/2"}
    assert await refused(less, "webhookUpdate", **changes) == [("NOT_ALLOWED", "eventTypes.0")]


async def test_there_are_so_many_webhooks_at_most(ask, monkeypatch) -> None:
    monkeypatch.setattr(manage, "MOST_WEBHOOKS", 1)
    await hooks.created(ask)
    assert await refused(ask, url=hooks.URL, eventTypes=["*"]) == [("TOO_MANY_ITEMS", "")]
