"""Documents that clients name: registered ones, automatic ones, and what a key may send."""

import hashlib
from dataclasses import replace
from typing import Any

import httpx
import pytest

from kit.limits import Limits
from models.access.viewers import READS, SCOPES, Actor, Documents, Scope, Viewer
from resolvers.running.context import Context, Terms
from resolvers.running.process import Process
from schema.schema import schema
from tests import make
from tests.guard import counted
from tests.make.master import channels, parties
from tests.make.running import staff

VIEWER = "query Who { viewer { name } }"
UPSERT = """
mutation Products($input: ProductsUpsertInput!) {
  productsUpsert(input: $input) { results { status } userErrors { code } }
}
"""
REGISTER = """
mutation ($input: DocumentsRegisterInput!) {
  documentsRegister(input: $input) { ids userErrors { code field message } }
}
"""
RELAY = "4e0d05a7e1ab0b4e3c6ec8b5ad0a1c56"
"""An id as Relay's compiler makes it by default: MD5, in hexadecimal digits."""


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


async def registered(ask: make.Ask, *documents: dict[str, str]) -> dict[str, Any]:
    outcome: dict[str, Any] = (await ask(REGISTER, input={"documents": documents}))[
        "documentsRegister"
    ]
    return outcome


async def post(ask: make.Ask, **body: Any) -> dict[str, Any]:
    headers = {"Authorization": f"Bearer {ask.token}"}
    response = await ask.client.post("/graphql", json=body, headers=headers)
    answer: dict[str, Any] = response.json()
    return answer


def code(answer: dict[str, Any]) -> str:
    (error,) = answer["errors"]
    return str(error["extensions"]["code"])


def forms(text: str) -> list[dict[str, Any]]:
    """Return the ways in which a registered document may be named."""
    persisted = {"version": 1, "sha256Hash": sha256(text)}
    return [
        {"documentId": f"sha256:{sha256(text)}"},
        {"documentId": f"sha256:{sha256(text).upper()}"},
        {"documentId": sha256(text), "query": None},
        {"documentId": RELAY},
        {"id": RELAY},
        {"doc_id": RELAY, "query": ""},
        {"extensions": {"persistedQuery": persisted}},
    ]


async def test_a_registered_document_is_named_in_every_usual_way(ask) -> None:
    outcome = await registered(ask, {"id": RELAY, "text": VIEWER})
    assert outcome == {"ids": [f"sha256:{sha256(VIEWER)}"], "userErrors": []}
    for form in forms(VIEWER):
        assert (await post(ask, **form)).get("data") == {"viewer": {"name": "staff"}}, form


async def test_a_registered_query_is_named_by_get_too(ask) -> None:
    await registered(ask, {"text": VIEWER}, {"text": UPSERT})
    headers = {"Authorization": f"Bearer {ask.token}"}

    async def got(text: str) -> httpx.Response:
        params = {"documentId": f"sha256:{sha256(text)}", "variables": '{"documentId": "x"}'}
        return await ask.client.get("/graphql", params=params, headers=headers)

    assert (await got(VIEWER)).json()["data"] == {"viewer": {"name": "staff"}}
    assert (await got(UPSERT)).status_code == 405


async def test_a_named_mutation_takes_its_variables(ask) -> None:
    await registered(ask, {"text": UPSERT})
    named = {"documentId": f"sha256:{sha256(UPSERT)}", "operationName": "Products"}
    products = {"input": {"products": [{"sku": "BOLT", "name": "Bolt"}]}}
    answer = await post(ask, **named, variables=products)
    assert answer["data"]["productsUpsert"]["results"] == [{"status": "CREATED"}]


@pytest.mark.parametrize("form", forms("{ __typename }"), ids=str)
async def test_an_unknown_document_is_told_in_apollos_words(ask, form: dict[str, Any]) -> None:
    answer = await post(ask, **form)
    assert code(answer) == "PERSISTED_QUERY_NOT_FOUND"
    assert answer["errors"][0]["message"] == "PersistedQueryNotFound"
    assert "data" not in answer


@pytest.mark.parametrize(
    "body",
    [
        {"documentId": 5},
        {"documentId": ["a"]},
        {"documentId": "a\0b"},
        {"extensions": {"persistedQuery": 5}},
        {"extensions": {"persistedQuery": {"version": 2, "sha256Hash": "a"}}},
        {"extensions": {"persistedQuery": {"version": 1}}},
        {"extensions": {"persistedQuery": {"version": 1, "sha256Hash": 5}}, "query": VIEWER},
        {"extensions": {"persistedQuery": {"version": 1, "sha256Hash": "0" * 64}}, "query": VIEWER},
    ],
    ids=str,
)
async def test_a_name_of_a_wrong_form_is_refused(ask, body: dict[str, Any]) -> None:
    assert code(await post(ask, **body)) == "BAD_USER_INPUT"


async def test_automatic_documents_are_remembered_for_their_hash(ask) -> None:
    persisted = {"persistedQuery": {"version": 1, "sha256Hash": sha256(VIEWER)}}
    assert code(await post(ask, extensions=persisted)) == "PERSISTED_QUERY_NOT_FOUND"
    first = await post(ask, extensions=persisted, query=VIEWER)
    assert first["data"] == (await post(ask, extensions=persisted))["data"]


async def test_another_company_does_not_learn_what_one_has_sent(ask, world) -> None:
    persisted = {"persistedQuery": {"version": 1, "sha256Hash": sha256(VIEWER)}}
    company = await parties.company(world)
    one, same = [ask.by(await world.key(Actor.BUYER, company)) for _ in range(2)]
    other = ask.by(await world.key(Actor.BUYER, await parties.company(world)))
    shop = ask.by(await world.key(Actor.STOREFRONT, await channels.channel(world)))
    await post(one, extensions=persisted, query=VIEWER)
    assert (await post(same, extensions=persisted))["data"]
    for stranger in (other, shop, ask):
        assert code(await post(stranger, extensions=persisted)) == "PERSISTED_QUERY_NOT_FOUND"


async def test_each_payer_pays_for_a_document_whoever_sent_it_before(ask, world) -> None:
    text = f"{{ products(first: 7) {{ nodes {{ sku }} }} }} # {'y' * 5_000}"
    other = ask.by((await make.world(world.database, world.clock)).token)
    shop = ask.by(await world.key(Actor.STOREFRONT, await channels.channel(world)))
    costs = []
    for viewer in (ask, other, shop):
        answers = [await post(viewer, query=text) for _ in range(2)]
        paid = [answer["extensions"]["cost"] for answer in answers]
        costs.append([cost.get("planningCost") for cost in paid])
    assert costs == [costs[0]] * 3
    assert costs[0][0] >= 5
    assert costs[0][1] is None


async def test_an_error_quotes_a_bounded_part_of_what_was_sent(ask) -> None:
    answer = await post(ask, query=VIEWER, operationName="N" * 900_000)
    (error,) = answer["errors"]
    assert len(error["message"]) == 2_000
    assert answer["extensions"]["cost"]["actualQueryCost"] > 0


async def test_another_merchant_knows_neither_sort(ask, world) -> None:
    persisted = {"persistedQuery": {"version": 1, "sha256Hash": sha256("{ __typename }")}}
    await post(ask, extensions=persisted, query="{ __typename }")
    await registered(ask, {"id": RELAY, "text": VIEWER})
    assert (await post(ask, documentId=RELAY))["data"]
    other = ask.by((await make.world(world.database, world.clock)).token)
    for body in ({"documentId": RELAY}, {"extensions": persisted}):
        assert code(await post(other, **body)) == "PERSISTED_QUERY_NOT_FOUND"
    assert (await registered(other, {"id": RELAY, "text": "{ __typename }"}))["userErrors"] == []
    assert (await post(other, documentId=RELAY))["data"] == {"__typename": "Query"}
    assert (await post(ask, documentId=RELAY))["data"] == {"viewer": {"name": "staff"}}


async def test_a_document_is_read_once_by_a_process(ask, world) -> None:
    await registered(ask, {"id": RELAY, "text": "{ __typename }"})
    with counted(world.database.engine) as statements:
        for _ in range(3):
            await post(ask, id=RELAY)
    assert len([it for it in statements if "documents" in it]) == 1


@pytest.mark.harmless(
    "documentsRegister", "It keeps the text of operations; no row of business changes."
)
async def test_what_is_registered_never_changes(ask) -> None:
    first = await registered(ask, {"id": "Who", "text": VIEWER})
    again = await registered(ask, {"id": "Who", "text": VIEWER}, {"text": VIEWER})
    assert again == {"ids": first["ids"] * 2, "userErrors": []}
    refused = await registered(ask, {"text": UPSERT}, {"id": "Who", "text": UPSERT})
    (problem,) = refused["userErrors"]
    assert (problem["code"], problem["field"]) == ("TAKEN", ["input", "documents", "1", "id"])
    assert code(await post(ask, documentId=sha256(UPSERT))) == "PERSISTED_QUERY_NOT_FOUND"


@pytest.mark.parametrize(
    ("documents", "problem", "field"),
    [
        ([{"text": VIEWER}, {"text": "{ viewer { nam } }"}], "INVALID", ["1", "text"]),
        ([{"text": "{"}], "INVALID", ["0", "text"]),
        ([{"text": "{ " + "viewer { name } " * 26 + "}"}], "INVALID", ["0", "text"]),
        ([{"text": "#" * 20_481}], "TOO_LONG", ["0", "text"]),
        ([{"id": "0" * 64, "text": VIEWER}], "INVALID", ["0", "id"]),
        ([{"id": "A", "text": VIEWER}, {"id": "A", "text": UPSERT}], "TAKEN", ["1", "id"]),
        ([{"text": VIEWER}] * 251, "TOO_MANY_ITEMS", []),
        ([{"id": "a\0b", "text": VIEWER}], "INVALID_CHARACTER", ["0", "id"]),
        ([{"text": "# a\0b\n{ __typename }"}], "INVALID", ["0", "text"]),
    ],
    ids=["validation", "syntax", "limits", "length", "hash", "twice", "many", "NUL", "NUL in text"],
)
async def test_what_could_not_run_is_not_registered(ask, documents, problem, field) -> None:
    outcome = await registered(ask, *documents)
    assert outcome["ids"] is None
    assert [it["code"] for it in outcome["userErrors"]] == [problem]
    assert outcome["userErrors"][0]["field"] == ["input", "documents", *field]
    assert "Did you mean" not in str(outcome)


async def test_registering_needs_its_scope(world) -> None:
    outcome = await make_ask(world, replace(staff(world), scopes=READS))(
        REGISTER, {"input": {"documents": [{"text": VIEWER}]}}
    )
    assert outcome.errors[0].extensions["code"] == "FORBIDDEN"


def make_ask(world: make.World, viewer: Viewer) -> Any:
    """Return what asks as a viewer, in a process of its own."""
    process = Process(world.database)

    async def send(
        query: str | None, variables: dict[str, Any] | None = None, **extensions: Any
    ) -> Any:
        terms = Terms(limits=Limits(deadline=120, statement=60).own(viewer.limits))
        context = Context(viewer, world.database, world.clock, terms=terms, process=process)
        return await schema.execute(
            query, variables, context, operation_extensions=extensions or None
        )

    return send


@pytest.mark.parametrize("mode", [Documents.REGISTERED, Documents.REGISTERED_AND_EXPLORE])
async def test_a_key_that_is_kept_to_registered_documents_runs_them(ask, world, mode) -> None:
    await registered(ask, {"text": UPSERT}, {"text": VIEWER})
    send = make_ask(world, replace(staff(world), documents=mode))
    products = {"input": {"products": [{"sku": "BOLT", "name": "Bolt"}]}}
    written = await send(None, products, documentId=sha256(UPSERT))
    assert written.data["productsUpsert"]["results"] == [{"status": "CREATED"}]
    hashed = {"version": 1, "sha256Hash": sha256(VIEWER)}
    assert (await send(None, persistedQuery=hashed)).data is not None


async def test_a_key_that_is_kept_to_registered_documents_runs_no_other(world) -> None:
    free = make_ask(world, staff(world))
    hashed = {"version": 1, "sha256Hash": sha256(VIEWER)}
    assert (await free(VIEWER, persistedQuery=hashed)).data is not None
    send = make_ask(world, replace(staff(world), documents=Documents.REGISTERED))
    for query, extensions, expected in (
        (VIEWER, {}, "DOCUMENT_NOT_REGISTERED"),
        ("{ __schema { types { name } } }", {}, "DOCUMENT_NOT_REGISTERED"),
        (VIEWER, {"persistedQuery": hashed}, "DOCUMENT_NOT_REGISTERED"),
        (None, {"persistedQuery": hashed}, "PERSISTED_QUERY_NOT_FOUND"),
        (None, {"documentId": sha256(VIEWER)}, "PERSISTED_QUERY_NOT_FOUND"),
    ):
        answer = await send(query, **extensions)
        assert [it.extensions["code"] for it in answer.errors] == [expected]


async def test_what_a_free_key_has_shown_is_trusted_by_no_other(world) -> None:
    """Both keys ask the same process."""
    process, key = Process(world.database), staff(world)
    hashed = {"persistedQuery": {"version": 1, "sha256Hash": sha256(UPSERT)}}
    answers = []
    for query, mode in ((UPSERT, Documents.ANY), *((None, mode) for mode in Documents)):
        viewer = replace(key, documents=mode)
        context = Context(viewer, world.database, world.clock, process=process)
        found = await schema.execute(
            query, {"input": {"products": []}}, context, operation_extensions=hashed
        )
        answers.append(found.errors and found.errors[0].extensions["code"])
    assert answers == [None, None, "PERSISTED_QUERY_NOT_FOUND", "PERSISTED_QUERY_NOT_FOUND"]


async def test_a_key_that_explores_reads_with_any_document_and_writes_with_none(world) -> None:
    send = make_ask(world, replace(staff(world), documents=Documents.REGISTERED_AND_EXPLORE))
    assert (await send("{ __schema { queryType { name } } viewer { name } }")).errors is None
    refused = await send(UPSERT, {"input": {"products": []}})
    assert [it.extensions["code"] for it in refused.errors] == ["DOCUMENT_NOT_REGISTERED"]


async def test_a_looked_up_document_keeps_to_the_limits_of_the_key(ask, world) -> None:
    await registered(ask, {"text": VIEWER})
    send = make_ask(world, replace(staff(world), limits={"source": 10}))
    answer = await send(None, documentId=sha256(VIEWER))
    assert "10 is the most" in answer.errors[0].message


async def test_an_automatic_document_that_is_too_long_is_not_remembered(ask) -> None:
    long = VIEWER + " " * 20_480
    persisted = {"persistedQuery": {"version": 1, "sha256Hash": sha256(long)}}
    assert code(await post(ask, query=long, extensions=persisted)) == "GRAPHQL_VALIDATION_FAILED"
    assert code(await post(ask, extensions=persisted)) == "PERSISTED_QUERY_NOT_FOUND"


def test_only_staff_registers_unless_told_otherwise() -> None:
    assert [actor for actor in Actor if Scope.DOCUMENTS_MANAGE in SCOPES[actor]] == [Actor.STAFF]
